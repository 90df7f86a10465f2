//! Judges the body of a request as a whole, before any of it goes on.

use std::rc::Rc;

use super::body::{BodyError, Bounded, Progress, RequestBody, Source, Transit};
use super::held::{Budget, HeldBody, Spent};
use super::serve::Going;
use crate::content;
use crate::denial::{Denial, Reason};
use crate::pipeline::{Admitted, Pending};
use crate::policy::Context;

/// Judges the body, read whole; or that there is none to be read, where the proxy that asks keeps it.
pub(super) async fn judge(
    going: &mut Going<'_>,
    cx: &mut Context<'_>,
    pending: Pending<'_>,
    body: Source,
    (transit, budget): (Transit, Budget<'_>),
) -> Result<(Admitted, RequestBody), Denial> {
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
    let judged = read.as_ref().map(|read| read.body(&plan.json_limits));
    let judged = judged.as_ref().map_err(|denial| *denial);
    let admitted = pending.body(cx, judged, &mut going.trace)?;
    drop(read);
    let whole = kept.unwrap_or_default();
    Ok((admitted, if whole.is_empty() { RequestBody::Empty } else { RequestBody::Whole(whole) }))
}

/// Refuses a body that is known to be larger than what may pass.
pub(super) fn check_length(body: &Source, transit: Transit) -> Result<(), Denial> {
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
