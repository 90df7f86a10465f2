//! Takes the body of a request as it is to go on: judged as a whole before any of it does, or as it comes.

use std::rc::Rc;

use super::body::{BodyError, Bounded, Progress, RequestBody, Source, Transit};
use super::going::Going;
use super::held::{Budget, HeldBody, Spent};
use crate::content;
use crate::denial::{Denial, Reason};
use crate::pipeline::{Judged, Pending};
use crate::policy::Context;

/// The body as it goes on, once the policies that must see it whole have.
pub(super) async fn take<'s>(
    going: &mut Going<'_>,
    cx: &mut Context<'_>,
    judged: Judged<'s>,
    body: Source,
    (transit, budget): (Transit, Budget<'_>),
) -> Result<(Judged<'s>, RequestBody), Denial> {
    match judged {
        Judged::Body(pending) => judge(going, cx, pending, body, (transit, budget)).await,
        judged if going.connection.asker.is_some() => {
            check_length(&body, transit)?;
            Ok((judged, RequestBody::Empty))
        }
        judged if body.is_at_end() => Ok((judged, RequestBody::Empty)),
        judged => {
            let streamed = Bounded::new(body, transit, Rc::clone(&going.request_progress));
            Ok((judged, RequestBody::Streamed(Box::new(streamed))))
        }
    }
}

/// Judges the body, read whole; or that there is none to be read, where the proxy that asks keeps it.
async fn judge<'s>(
    going: &mut Going<'_>,
    cx: &mut Context<'_>,
    pending: Pending<'s>,
    body: Source,
    (transit, budget): (Transit, Budget<'_>),
) -> Result<(Judged<'s>, RequestBody), Denial> {
    let kept = match body {
        Source::Unseen => {
            let unseen = cut_off(BodyError::Withheld);
            return Ok((pending.unseen(cx, &unseen, &mut going.trace), RequestBody::Empty));
        }
        Source::Kept(error) => Err(cut_off(error)),
        body => Ok(read_whole(body, (transit, budget), &going.request_progress).await?),
    };
    let Some((_, plan)) = going.plan else {
        return Err(going.snapshot.nowhere(going.connection.side, cx.host));
    };
    let (ratio_max, bytes_max) = (going.snapshot.limits.decompression_ratio_max, plan.body_bytes_max);
    let read = kept.as_ref().map_err(Denial::clone);
    let read = read.and_then(|whole| content::read(cx.headers, whole.bytes(), bytes_max, ratio_max));
    let body = read.as_ref().map(|read| read.body(&plan.json_limits));
    let judged = pending.body(cx, body.as_ref().map_err(|denial| *denial), &mut going.trace)?;
    drop(body);
    drop(read);
    let whole = kept.unwrap_or_default();
    Ok((judged, if whole.is_empty() { RequestBody::Empty } else { RequestBody::Whole(whole) }))
}

/// Refuses a body that is known to be larger than what may pass.
fn check_length(body: &Source, transit: Transit) -> Result<(), Denial> {
    match body.bytes() {
        Some(bytes) if bytes > transit.bytes_max => {
            Err(Denial::fixed(Reason::BodyTooLarge, "body-limits", "content-length is above the limit"))
        }
        _ => Ok(()),
    }
}

/// Reads a body that policies judge as a whole, under the same bounds as one that streams.
async fn read_whole(
    body: Source,
    (transit, budget): (Transit, Budget<'_>),
    progress: &Rc<Progress>,
) -> Result<HeldBody, Denial> {
    check_length(&body, transit)?;
    Bounded::new(body, transit, Rc::clone(progress)).whole(budget).await.map_err(cut_off)
}

/// A body that ended before its time, as a refusal.
pub(super) fn cut_off(error: BodyError) -> Denial {
    match error {
        BodyError::TooLarge => Denial::fixed(Reason::BodyTooLarge, "body-limits", "larger than the limit"),
        BodyError::Timeout => Denial::fixed(Reason::RequestTimeout, "protocol", "the body came too slowly"),
        BodyError::Refused(fault) => fault.denial(),
        BodyError::Broken => Denial::fixed(Reason::MalformedRequest, "protocol", "the body was cut off"),
        BodyError::Withheld => {
            Denial::fixed(Reason::BodyWithheld, "body-limits", "the proxy that asks did not send the body")
        }
        BodyError::Overloaded => Spent.denial("body-limits"),
    }
}
