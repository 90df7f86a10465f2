//! Puts an exchange on record and turns its outcome into the answer: nothing leaves before its record stands.

use std::rc::Rc;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use model::{
    Client, Completion, ControlOutcome, Denied, ExchangeId, Leak, OperationKey, Record, RequestFacts,
    ResponseFacts, SCHEMA_VERSION, Timing, Verdict,
};
use smallvec::SmallVec;
use tokio::time::Instant;

use super::answer_body::{AnswerBody, Streamed};
use super::body::Progress;
use super::filter::Filter;
use super::going::Going;
use super::serve::{Admission, Answer, Finished, Forwarded, Worker};
use super::tunnel::{Bounds, Tunnel};
use super::upstream::Exchange;
use crate::config::WhenFull;
use crate::denial::{Denial, Reason};
use crate::grpc;
use crate::metrics::Open;
use crate::policy::{Context, Permit};
use crate::respond::{change, respond, respond_grpc};

pub(super) const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Longest path that a record keeps, in bytes.
const PATH_BYTES_MAX: usize = 2048;

/// The status on record of a request whose caller left before the answer: nobody got one, and HTTP has no name for that.
/// Other servers log the same number.
const CALLER_LEFT: u16 = 499;

/// The status on record of a request that another proxy sends on: nobody here sees its answer.
const ELSEWHERE: u16 = 0;

/// An exchange that was begun, and goes on record even if its caller leaves: the backend may have acted on it, and the
/// HTTP library drops whatever waits on a connection or stream that is gone.
pub(super) struct Begun<'r> {
    pub worker: &'r Worker,
    pub going: Going<'r>,
    pub cx: Context<'r>,
    pub is_recorded: bool,
}

/// How an exchange ended, as the record has it.
struct Ended<'r> {
    response: ResponseFacts,
    verdict: Verdict,
    denial: Option<&'r Denial>,
}

/// What must happen when the backend's answer has ended: its permits are given back, and its end goes on record, where
/// it is not what the record of the exchange says already.
pub(super) struct OnEnd {
    worker: Rc<Worker>,
    id: ExchangeId,
    /// All of it was there when the exchange was recorded.
    was_whole: bool,
    started: Instant,
    request: Rc<Progress>,
    /// What of the request was counted when the answer began.
    request_bytes: u64,
    _open: Option<Open>,
    _permits: SmallVec<[Permit; 1]>,
}

impl OnEnd {
    /// Records the end of an answer of which `bytes` were passed on, and what `filter` read on its way, if it did.
    pub(super) fn record(self, bytes: u64, is_whole: bool, filter: Option<&Filter>) {
        let metrics = &self.worker.shared.metrics;
        metrics.response_bytes.inc_by(bytes);
        metrics.request_bytes.inc_by(self.request.bytes.get().saturating_sub(self.request_bytes));
        if self.was_whole && is_whole {
            return;
        }
        let completion = Completion {
            id: self.id,
            bytes,
            request_bytes: self.request.bytes.get(),
            duration_us: micros(self.started.elapsed()),
            aborted: !is_whole,
            said: filter.map(Filter::outcome),
        };
        if let Some((control, fault)) = filter.and_then(Filter::fault) {
            tracing::warn!(id = %self.id, control, fault, "an answer could not be read as it passed");
        }
        if let Err(error) = self.worker.writer.borrow_mut().append(Record::Completion(&completion)) {
            tracing::warn!(%error, id = %self.id, "the end of an answer could not be recorded");
        }
    }
}

impl Worker {
    /// Records the exchange, and makes the answer.
    pub(super) fn finish(
        self: &Rc<Self>,
        begun: &mut Begun<'_>,
        outcome: Result<Answer, Denial>,
    ) -> Finished {
        let outcome = self.recorded(&begun.going, &begun.cx, outcome);
        begun.is_recorded = true;
        let (going, cx) = (&begun.going, &mut begun.cx);
        self.count(going, &outcome);
        let permits = std::mem::take(&mut cx.permits);
        let mut answer_fields = std::mem::take(&mut cx.answer_fields);
        let mut admission = None;
        let mut answer = match outcome {
            Err(denial) => refusal(&denial, &going.request_id, cx.headers),
            Ok(Answer::Admitted(fields)) => {
                let answer_fields = std::mem::take(&mut answer_fields);
                admission = Some(Box::new(Admission { fields, answer_fields }));
                Response::new(AnswerBody::Whole(Bytes::new()))
            }
            Ok(Answer::Given(status)) => {
                let mut answer = Response::new(AnswerBody::Whole(Bytes::new()));
                *answer.status_mut() = status;
                answer
            }
            Ok(Answer::Forwarded(forwarded)) => self.passed_on(going, forwarded, permits),
        };
        let headers = answer.headers_mut();
        change(headers, answer_fields);
        if let Ok(value) = HeaderValue::from_str(&going.request_id) {
            headers.insert(X_REQUEST_ID, value);
        }
        let redirects_max = going.third_party().map_or(0, |third_party| third_party.redirects_max);
        Finished { answer, admission, delay: None, redirects_max }
    }

    /// Puts the exchange on record. One that cannot be recorded is refused, unless the config says to serve it.
    fn recorded(
        &self,
        going: &Going<'_>,
        cx: &Context<'_>,
        outcome: Result<Answer, Denial>,
    ) -> Result<Answer, Denial> {
        let exchange = exchange(going, cx, Ended::of(going, &outcome));
        match self.writer.borrow_mut().append(Record::Exchange(&exchange)) {
            Ok(()) => outcome,
            Err(error) => {
                self.shared.metrics.exchanges_unrecorded.inc();
                tracing::error!(%error, id = %going.id, "an exchange could not be recorded");
                match (going.snapshot.when_full, outcome) {
                    (WhenFull::Refuse, Ok(_)) => Err(Denial::fixed(
                        Reason::LogUnavailable,
                        "protocol",
                        "the exchange log took no record",
                    )),
                    (_, outcome) => outcome,
                }
            }
        }
    }

    fn count(&self, going: &Going<'_>, outcome: &Result<Answer, Denial>) {
        self.shared.metrics.request_bytes.inc_by(going.request_progress.bytes.get());
        if let Some((_, plan)) = going.plan {
            match outcome {
                Ok(_) => {
                    plan.counters.forwarded.inc();
                }
                Err(denial) => plan.counters.refused(denial.reason),
            }
        }
    }

    /// The backend's answer, on its way.
    fn passed_on(
        self: &Rc<Self>,
        going: &Going<'_>,
        forwarded: Forwarded,
        permits: SmallVec<[Permit; 1]>,
    ) -> Response<AnswerBody> {
        let Forwarded { head, held, exchange, filter } = forwarded;
        let progress = &going.request_progress;
        let is_tunnel = head.status == StatusCode::SWITCHING_PROTOCOLS;
        let on_end = OnEnd {
            worker: Rc::clone(self),
            id: going.id,
            was_whole: exchange.is_whole() && !is_tunnel && filter.is_none(),
            started: going.started,
            request: Rc::clone(progress),
            request_bytes: progress.bytes.get(),
            _open: if is_tunnel {
                Some(self.shared.metrics.tunnel())
            } else {
                exchange.is_endless().then(|| self.shared.metrics.event_stream())
            },
            _permits: permits,
        };
        let mut answer = Response::new(match exchange {
            Exchange::Http1(exchange) if is_tunnel => {
                let bounds = Bounds::of(&going.snapshot.limits, going.started);
                AnswerBody::Tunnel(Box::new(Tunnel::new(exchange, bounds, Rc::clone(progress), on_end)))
            }
            exchange => AnswerBody::Streamed(Box::new(Streamed::new(exchange, held, filter, on_end))),
        });
        *answer.status_mut() = head.status;
        *answer.headers_mut() = head.headers;
        answer
    }
}

impl Drop for Begun<'_> {
    fn drop(&mut self) {
        if self.is_recorded {
            return;
        }
        let going = &self.going;
        // Once it was decided it was on its way.
        let verdict = if going.decided.is_some() { Verdict::Forwarded } else { Verdict::Refused };
        let response = ResponseFacts { status: CALLER_LEFT, bytes: Some(0), whole: false };
        let ended = Ended { response, verdict, denial: None };
        let exchange = exchange(going, &self.cx, ended);
        if let Err(error) = self.worker.writer.borrow_mut().append(Record::Exchange(&exchange)) {
            self.worker.shared.metrics.exchanges_unrecorded.inc();
            tracing::error!(%error, id = %going.id, "an exchange could not be recorded");
        }
    }
}

impl<'r> Ended<'r> {
    fn of(going: &Going<'_>, outcome: &'r Result<Answer, Denial>) -> Ended<'r> {
        let own = |status: StatusCode, bytes| ResponseFacts { status: status.as_u16(), bytes, whole: false };
        let (response, verdict) = match outcome {
            Ok(Answer::Admitted(_)) => {
                let response = ResponseFacts { status: ELSEWHERE, bytes: None, whole: false };
                (response, Verdict::Forwarded)
            }
            // A refused answer came of a request that the backend has seen.
            Err(denial) if going.is_answered => (own(denial.status(), None), Verdict::Forwarded),
            Err(denial) => (own(denial.status(), None), Verdict::Refused),
            Ok(Answer::Given(status)) => (own(*status, Some(0)), Verdict::Refused),
            Ok(Answer::Forwarded(Forwarded { head, held, exchange, filter })) => {
                let is_tunnel = head.status == StatusCode::SWITCHING_PROTOCOLS;
                let is_known = !is_tunnel && !filter.as_ref().is_some_and(|filter| filter.is_enforced());
                let bytes = exchange.body_bytes().filter(|_| is_known);
                let bytes = bytes.map(|bytes| bytes + held.bytes().len() as u64);
                let whole = exchange.is_whole() && !is_tunnel && filter.is_none();
                (ResponseFacts { status: head.status.as_u16(), bytes, whole }, Verdict::Forwarded)
            }
        };
        Ended { response, verdict, denial: outcome.as_ref().err() }
    }
}

/// The exchange as it is recorded, borrowing everything.
fn exchange<'r>(going: &'r Going<'_>, cx: &'r Context<'_>, ended: Ended<'r>) -> model::Exchange<'r> {
    let now = Instant::now();
    model::Exchange {
        schema_version: SCHEMA_VERSION,
        id: going.id,
        request_id: (&*going.request_id).into(),
        time: cx.now,
        client: Client { ip: cx.client },
        principal: cx.caller.principal(),
        request: RequestFacts {
            method: cx.method.as_str().into(),
            host: cx.host.into(),
            path: cut(cx.path).into(),
            bytes: going.request_progress.bytes.get(),
            // What was refused tells nothing of what there is.
            undeclared: match (going.plan, ended.verdict) {
                (Some((_, plan)), Verdict::Forwarded) => plan.query_names.of(cx.query),
                _ => Vec::new(),
            },
        },
        operation: cx.operation.map(|key| OperationKey {
            api: (&*key.api).into(),
            method: (&*key.method).into(),
            path: (&*key.path).into(),
        }),
        response: ended.response,
        verdict: ended.verdict,
        decided_for: going.connection.asker.map(|asker| asker.as_str().into()),
        denial: ended.denial.map(|denial| Denied {
            reason: denial.reason.as_str().into(),
            control: denial.control.into(),
            detail: denial.detail.as_str().into(),
        }),
        controls: going.trace.iter().map(control).collect(),
        timing_us: Timing {
            total: micros(now - going.started),
            decide: micros(going.decided.unwrap_or(now) - going.started),
            upstream: micros(going.upstream),
        },
        leaks: going.leaks.iter().map(leak).collect(),
    }
}

fn leak<'r>(leak: &'r Leak<'_>) -> Leak<'r> {
    Leak { class: (&*leak.class).into(), pointer: (&*leak.pointer).into() }
}

fn control(said: &crate::pipeline::Said) -> ControlOutcome<'_> {
    ControlOutcome {
        id: said.id.into(),
        mode: said.mode,
        outcome: said.outcome(),
        reason: said.denied.as_ref().map(|denial| denial.reason.as_str().into()),
    }
}

fn refusal(denial: &Denial, request_id: &str, asked: &HeaderMap) -> Response<AnswerBody> {
    let (status, headers, body): (StatusCode, HeaderMap, Bytes) = match grpc::is_call(asked) {
        true => respond_grpc(denial),
        false => respond(denial, request_id),
    };
    let mut answer = Response::new(AnswerBody::Whole(body));
    *answer.status_mut() = status;
    *answer.headers_mut() = headers;
    answer
}

fn cut(path: &str) -> &str {
    path.get(..PATH_BYTES_MAX.min(path.len())).unwrap_or_default()
}

fn micros(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
