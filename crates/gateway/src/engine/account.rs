//! Puts an exchange on record and turns its outcome into the answer: nothing leaves before its record stands.

use std::rc::Rc;

use bytes::Bytes;
use http::header::CONNECTION;
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use hyper::body::Body as _;
use model::{
    Client, Completion, ControlOutcome, Denied, Exchange, OperationKey, Record, RequestFacts, ResponseFacts,
    SCHEMA_VERSION, Timing, Verdict,
};
use smallvec::SmallVec;
use tokio::time::Instant;

use super::body::{AnswerBody, Bounded, OnEnd, Progress, Streamed, Transit};
use super::framed::InFlight;
use super::serve::{Answer, Forwarded, Going, Worker};
use crate::config::WhenFull;
use crate::denial::{Denial, Reason};
use crate::policy::{Context, Permit};
use crate::respond::{change, respond};

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Longest path that a record keeps, in bytes.
const PATH_BYTES_MAX: usize = 2048;

/// The status on record of a request whose caller left before the answer: nobody got one, and HTTP has no name for that.
/// Other servers log the same number.
const CALLER_LEFT: u16 = 499;

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
    status: u16,
    bytes: Option<u64>,
    verdict: Verdict,
    denial: Option<&'r Denial>,
}

/// What is given back when an answer has ended.
struct Held {
    _permits: SmallVec<[Permit; 1]>,
    _in_flight: InFlight,
}

impl Worker {
    /// Records the exchange, and makes the answer.
    pub(super) fn finish(
        self: &Rc<Self>,
        begun: &mut Begun<'_>,
        outcome: Result<Answer, Denial>,
        in_flight: InFlight,
    ) -> Response<AnswerBody> {
        let outcome = self.recorded(&begun.going, &begun.cx, outcome);
        begun.is_recorded = true;
        let (going, cx) = (&begun.going, &mut begun.cx);
        self.count(going, &outcome);
        let permits = std::mem::take(&mut cx.permits);
        let mut answer = match outcome {
            Err(denial) => refusal(&denial, &going.request_id),
            Ok(Answer::Given(status)) => {
                let mut answer = Response::new(AnswerBody::Whole(None));
                *answer.status_mut() = status;
                answer
            }
            Ok(Answer::Forwarded(forwarded)) => {
                self.passed_on(going, forwarded, Held { _permits: permits, _in_flight: in_flight })
            }
        };
        let headers = answer.headers_mut();
        change(headers, std::mem::take(&mut cx.answer_fields));
        if let Ok(value) = HeaderValue::from_str(&going.request_id) {
            headers.insert(X_REQUEST_ID, value);
        }
        answer
    }

    /// Puts the exchange on record. One that cannot be recorded is refused, unless the config says to serve it.
    fn recorded(
        &self,
        going: &Going<'_>,
        cx: &Context<'_>,
        outcome: Result<Answer, Denial>,
    ) -> Result<Answer, Denial> {
        let exchange = exchange(going, cx, &Ended::of(&outcome));
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

    /// The backend's answer, on its way: hop-by-hop fields end here, its end becomes a completion record.
    fn passed_on(
        self: &Rc<Self>,
        going: &Going<'_>,
        forwarded: Forwarded,
        held: Held,
    ) -> Response<AnswerBody> {
        let (mut parts, body) = forwarded.response.into_parts();
        strip_hop_by_hop(&mut parts.headers);
        // The version is that of each connection, not of what travels over it (RFC 9110 2.5).
        parts.version = http::Version::HTTP_11;
        let transit =
            Transit { bytes_max: u64::MAX, idle: going.snapshot.limits.body_idle_timeout.0, deadline: None };
        let progress = Rc::new(Progress::default());
        progress.ended.set(body.is_end_stream());
        let body = Bounded::new(body, transit, progress);
        let on_end = self.on_end(going, held);
        let streamed = Streamed::new(body, Some(forwarded.lease), on_end);
        Response::from_parts(parts, AnswerBody::Streamed(Box::new(streamed)))
    }

    fn on_end(self: &Rc<Self>, going: &Going<'_>, held: Held) -> OnEnd {
        let (worker, id, started) = (Rc::clone(self), going.id, going.started);
        let request = Rc::clone(&going.request_progress);
        Box::new(move |progress: &Progress| {
            drop(held);
            let completion = Completion {
                id,
                bytes: progress.bytes.get(),
                request_bytes: request.bytes.get(),
                duration_us: micros(started.elapsed()),
                aborted: !progress.ended.get(),
            };
            worker.shared.metrics.response_bytes.inc_by(completion.bytes);
            if let Err(error) = worker.writer.borrow_mut().append(Record::Completion(&completion)) {
                tracing::warn!(%error, %id, "the end of an answer could not be recorded");
            }
        })
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
        let ended = Ended { status: CALLER_LEFT, bytes: Some(0), verdict, denial: None };
        let exchange = exchange(going, &self.cx, &ended);
        if let Err(error) = self.worker.writer.borrow_mut().append(Record::Exchange(&exchange)) {
            self.worker.shared.metrics.exchanges_unrecorded.inc();
            tracing::error!(%error, id = %going.id, "an exchange could not be recorded");
        }
    }
}

impl<'r> Ended<'r> {
    fn of(outcome: &'r Result<Answer, Denial>) -> Ended<'r> {
        let (status, bytes, verdict) = match outcome {
            Err(denial) => (denial.reason.status(), None, Verdict::Refused),
            Ok(Answer::Given(status)) => (*status, Some(0), Verdict::Refused),
            Ok(Answer::Forwarded(Forwarded { response, .. })) => {
                (response.status(), response.body().size_hint().exact(), Verdict::Forwarded)
            }
        };
        Ended { status: status.as_u16(), bytes, verdict, denial: outcome.as_ref().err() }
    }
}

/// The exchange as it is recorded, borrowing everything.
fn exchange<'r>(going: &'r Going<'_>, cx: &'r Context<'_>, ended: &Ended<'r>) -> Exchange<'r> {
    let now = Instant::now();
    Exchange {
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
        },
        operation: cx.operation.map(|key| OperationKey {
            api: (&*key.api).into(),
            method: (&*key.method).into(),
            path: (&*key.path).into(),
        }),
        response: ResponseFacts { status: ended.status, bytes: ended.bytes },
        verdict: ended.verdict,
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
        leaks: Vec::new(),
    }
}

fn control(said: &crate::pipeline::Said) -> ControlOutcome<'_> {
    ControlOutcome {
        id: said.id.into(),
        mode: said.mode,
        outcome: said.outcome(),
        reason: said.denied.as_ref().map(|denial| denial.reason.as_str().into()),
    }
}

fn refusal(denial: &Denial, request_id: &str) -> Response<AnswerBody> {
    let (status, headers, body): (StatusCode, HeaderMap, Bytes) = respond(denial, request_id);
    let mut answer = Response::new(AnswerBody::Whole(Some(body)));
    *answer.status_mut() = status;
    *answer.headers_mut() = headers;
    answer
}

/// Takes the fields of the backend's connection out of its answer (RFC 9110 7.6.1).
fn strip_hop_by_hop(headers: &mut HeaderMap) {
    let nominated: Vec<HeaderName> = headers
        .get_all(CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    for name in nominated {
        headers.remove(name);
    }
    for name in [
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-connection",
        "te",
        "transfer-encoding",
        "upgrade",
    ] {
        headers.remove(name);
    }
}

fn cut(path: &str) -> &str {
    path.get(..PATH_BYTES_MAX.min(path.len())).unwrap_or_default()
}

fn micros(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
