//! Holds the backend's answer back while its policies judge it: what is held is never partly sent.

use std::future::poll_fn;
use std::task::Poll;

use http::header::CONTENT_LENGTH;
use spec::JsonLimits;

use super::filter::Filter;
use super::going::Going;
use super::held::Budget;
use super::serve::Forwarded;
use crate::content;
use crate::denial::{Denial, Reason};
use crate::normalize::Scheme;
use crate::policy::{Answer, Context, Hold};
use crate::snapshot::Plan;

/// A body that says that it is no longer than this, in bytes, is held even where it could be read as it passes: a fault in it
/// can still be answered then.
const SHORT_BYTES_MAX: u64 = 64 << 10;

/// Takes the answer through the stages that come after the backend; what they found out goes to `cx` and `going`.
pub(super) async fn answer(
    going: &mut Going<'_>,
    cx: &mut Context<'_>,
    mut forwarded: Forwarded,
    budget: Budget<'_>,
) -> Result<Forwarded, Denial> {
    let Some((_, plan)) = going.plan.filter(|(_, plan)| plan.pipeline.judges_answers()) else {
        return Ok(forwarded);
    };
    let mut headers = std::mem::take(&mut forwarded.head.headers);
    let is_encrypted = going.connection.scheme == Scheme::Https;
    let has_body = !forwarded.exchange.is_at_end();
    let mut answer = Answer::new(forwarded.head.status, &headers, has_body, is_encrypted);
    let judged = judge(going, cx, plan, &mut answer, (&mut forwarded, budget)).await;
    let Answer { fields, leaks, .. } = answer;
    cx.answer_fields.extend(fields);
    going.leaks = leaks;
    let body = judged?;
    if body.is_some() || forwarded.filter.as_ref().is_some_and(|filter| filter.is_enforced()) {
        headers.remove(CONTENT_LENGTH);
    }
    if let Some(body) = body {
        forwarded.held.replace(body, budget).map_err(|spent| spent.denial("upstream"))?;
    }
    forwarded.head.headers = headers;
    Ok(forwarded)
}

/// The body that takes the place of the backend's, if any does. What must read it as it passes goes to `forwarded`.
async fn judge(
    going: &mut Going<'_>,
    cx: &Context<'_>,
    plan: &Plan,
    answer: &mut Answer<'_>,
    (forwarded, budget): (&mut Forwarded, Budget<'_>),
) -> Result<Option<Vec<u8>>, Denial> {
    let hold = plan.pipeline.answer_head(cx, answer, &mut going.trace)?;
    if hold == Hold::No {
        return Ok(None);
    }
    let limits = &going.snapshot.limits;
    let ratio_max = limits.decompression_ratio_max;
    let bytes_max = limits.answer_bytes_max.as_usize();
    let short_max = SHORT_BYTES_MAX.min(bytes_max as u64);
    let is_short = forwarded.exchange.body_bytes().is_some_and(|bytes| bytes <= short_max);
    if hold > Hold::Passed || is_short {
        let json_limits = JsonLimits::default();
        let holding = hold_body(forwarded, bytes_max, budget);
        let unheld = match tokio::time::timeout(limits.body_timeout.0, holding).await {
            Ok(unheld) => unheld?,
            Err(_) => {
                return Err(Denial::fixed(Reason::UpstreamTimeout, "upstream", "the body came too slowly"));
            }
        };
        let read = match unheld {
            None => content::read(answer.headers, forwarded.held.bytes(), bytes_max, ratio_max),
            Some(denial) => Err(denial),
        };
        let body = read.as_ref().map(|read| read.body(&json_limits));
        let judged = plan.pipeline.answer_body(
            cx,
            answer,
            body.as_ref().map_err(|denial| *denial),
            &mut going.trace,
        )?;
        if body.is_ok() {
            return Ok(judged.body);
        }
    }
    let passing = plan.pipeline.passing(cx, answer, &mut going.trace)?;
    forwarded.filter = passing.map(|passing| Box::new(Filter::new(passing, ratio_max)));
    Ok(None)
}

/// Reads the body into memory; why not all of it, once it is more than `bytes_max`, or than there is room for.
async fn hold_body(
    forwarded: &mut Forwarded,
    bytes_max: usize,
    budget: Budget<'_>,
) -> Result<Option<Denial>, Denial> {
    let Forwarded { held, exchange, .. } = forwarded;
    let known = exchange.body_bytes();
    if known.is_some_and(|bytes| bytes > bytes_max as u64) {
        return Ok(Some(Denial::answer_too_large(bytes_max)));
    }
    let known = known.and_then(|bytes| usize::try_from(bytes).ok()).unwrap_or(0);
    if let Err(spent) = held.reserve(known, budget) {
        return Ok(Some(spent.denial("upstream")));
    }
    loop {
        let more = poll_fn(|cx| match held.append(budget, |out| exchange.poll_body(cx, out)) {
            Ok(more) => more.map(Ok),
            Err(spent) => Poll::Ready(Err(spent)),
        });
        let more = match more.await {
            Ok(more) => more,
            Err(spent) => return Ok(Some(spent.denial("upstream"))),
        };
        if held.bytes().len() > bytes_max {
            return Ok(Some(Denial::answer_too_large(bytes_max)));
        }
        if !more.map_err(|failure| Going::failed(&failure))? {
            return Ok(None);
        }
    }
}
