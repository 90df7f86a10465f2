//! Decides for another proxy: its question becomes a request that is judged as any other, and sent nowhere.

use std::rc::Rc;

use bytes::{BufMut as _, Bytes, BytesMut};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, FORWARDED};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, Version};
use tokio::time::Instant;

use super::accept::wire_limits;
use super::answer_body::AnswerBody;
use super::body::{BodyError, Bounded, Progress, Source, Transit};
use super::held::Budget;
use super::serve::{Admission, Connection, Finished, Served, wall_clock};
use super::whole::cut_off;
use crate::config::{Asker, Bodies, Limits};
use crate::decisions::{self, Described, Question, envoy};
use crate::denial::{Denial, Reason};
use crate::normalize;
use crate::pipeline::Admitted;
use crate::respond::change;
use crate::snapshot::{Deciding, Snapshot};
use crate::wire::Fault;

/// What a proxy that takes no other status than 401 and 403 is told besides.
const X_PALISADE_STATUS: HeaderName = HeaderName::from_static("x-palisade-status");

/// Fields that the backend should get as the answer says them.
const GIVEN: &[&str] = &["authorization", "traceparent", "tracestate", "x-request-id"];

const GRPC_STATUS: HeaderName = HeaderName::from_static("grpc-status");
const GRPC: HeaderValue = HeaderValue::from_static("application/grpc");

/// gRPC's code for a message that cannot be understood.
const INVALID_ARGUMENT: HeaderValue = HeaderValue::from_static("3");
const OK: HeaderValue = HeaderValue::from_static("0");

/// The flag and the length before a message of gRPC.
const PREFIX_BYTES: usize = 5;

/// How many times the largest head a question may be beside a body: names and lengths of its own, and fields that are said
/// twice.
const HEADS_MAX: u64 = 4;

/// A question that was read, and what its answer needs to know of it.
struct Asked {
    connection: Connection,
    /// The fields as they were described; empty for proxies whose answer does not compare.
    sent: HeaderMap,
    request: Result<(Box<Parts>, Source), Denial>,
}

/// Answers a question, or whatever else came over the connection of a proxy that asks.
pub(super) async fn answer(
    served: &Served,
    asker: Asker,
    request: Result<(Box<Parts>, Source), Fault>,
) -> Response<AnswerBody> {
    let snapshot = served.worker.shared.snapshot.load_full();
    let plan = snapshot.listener(served.connection.listener);
    let deciding = plan.and_then(|plan| plan.decisions.as_ref());
    let (question, is_question) = match (request, deciding) {
        (Ok((parts, body)), Some(deciding)) if is_question(asker, &parts) => {
            (read(served, &snapshot, deciding, *parts, body).await, true)
        }
        (Ok(_), _) => {
            (Err(no_question("something else than the question of the proxy that asks here")), false)
        }
        (Err(fault), _) => (Err(fault.denial()), false),
    };
    // That there is no room to read it in says nothing against the question.
    let is_understood = question.as_ref().err().is_none_or(|denial| denial.reason == Reason::Overloaded);
    let Asked { connection, sent, request } = question.unwrap_or_else(|denial| Asked {
        connection: served.connection,
        sent: HeaderMap::new(),
        request: Err(denial),
    });
    let described = Served { worker: Rc::clone(&served.worker), connection, peer: None };
    let finished = served.worker.serve(&described, request).await;
    if let Some(deciding) = deciding {
        match (is_understood, &finished.admission) {
            (false, _) => deciding.counters.malformed.inc(),
            (true, None) => deciding.counters.refused.inc(),
            (true, Some(_)) => deciding.counters.allowed.inc(),
        };
    }
    match asker {
        _ if !is_question => finished.answer,
        Asker::Envoy if is_understood => of_envoy(finished, &sent),
        Asker::Envoy => not_understood(),
        Asker::Nginx => of_nginx(finished),
        Asker::Traefik => of_traefik(finished),
    }
}

/// The fields of an admitted request as its backend should get them from the proxy that asked, which itself accounts for
/// where the request came from.
pub(super) fn fields(_admitted: &Admitted, parts: &Parts, facts: &normalize::Facts<'_>) -> HeaderMap {
    let mut fields = HeaderMap::with_capacity(parts.headers.len() + 4);
    normalize::forwardable(&parts.headers, facts, |name, value| {
        let (name, value) = (HeaderName::try_from(name), HeaderValue::try_from(value.concat()));
        if let (Ok(name), Ok(value)) = (name, value) {
            fields.append(name, value);
        }
    });
    fields.remove(FORWARDED);
    fields
}

fn is_question(asker: Asker, parts: &Parts) -> bool {
    match asker {
        Asker::Envoy => {
            let is_grpc = parts
                .headers
                .get(CONTENT_TYPE)
                .is_some_and(|value| value.as_bytes().starts_with(GRPC.as_bytes()));
            parts.version == Version::HTTP_2
                && parts.method == Method::POST
                && parts.uri.path() == envoy::PATH
                && is_grpc
        }
        Asker::Nginx | Asker::Traefik => parts.uri.path() == decisions::PATH,
    }
}

fn no_question(detail: &'static str) -> Denial {
    Denial::protocol(Reason::UndeclaredOperation, detail)
}

/// Reads the question, and puts the request that it describes in the place of the one that it is.
async fn read(
    served: &Served,
    snapshot: &Snapshot,
    deciding: &Deciding,
    parts: Parts,
    body: Source,
) -> Result<Asked, Denial> {
    let Connection { ip, scheme, .. } = served.connection;
    let settings = &deciding.settings;
    if !settings.trusts(ip) {
        return Err(no_question("an address that may not ask any more"));
    }
    if let Some(peer) = &served.peer {
        let host = normalize::host(parts.version, &parts.uri, &parts.headers, scheme)?;
        peer.certificate(snapshot, host.as_ref(), wall_clock())?;
    }
    let limits = wire_limits(&snapshot.limits);
    match settings.asker {
        Asker::Envoy => {
            let budget = served.worker.budget(&snapshot.limits);
            let message = message(body, &snapshot.limits, budget).await?;
            let question = envoy::question(&message, settings.bodies, &limits)?;
            let sent = question.parts.headers.clone();
            Ok(Asked { sent, ..asked(served, settings.bodies, question, Source::Empty) })
        }
        Asker::Nginx | Asker::Traefik => {
            let is_enclosed = !body.is_at_end() && settings.bodies == Bodies::Sent;
            let question = decisions::of_subrequest(parts.headers, is_enclosed, ip, settings, &limits)?;
            Ok(asked(served, settings.bodies, question, body))
        }
    }
}

fn asked(served: &Served, bodies: Bodies, question: Question, enclosed: Source) -> Asked {
    let Question { parts, body, client, scheme } = question;
    let body = match body {
        Described::Nothing => Source::Empty,
        Described::Whole(bytes) => Source::Whole(bytes),
        Described::Enclosed => enclosed,
        Described::Kept | Described::Partial if bodies == Bodies::Unseen => Source::Unseen,
        Described::Kept => Source::Kept(BodyError::Withheld),
        Described::Partial => Source::Kept(BodyError::TooLarge),
    };
    let connection = Connection { ip: client, scheme, ..served.connection };
    Asked { connection, sent: HeaderMap::new(), request: Ok((Box::new(parts), body)) }
}

/// The one message of a unary call.
async fn message(body: Source, limits: &Limits, budget: Budget<'_>) -> Result<Bytes, Denial> {
    let transit = Transit {
        bytes_max: limits.body_bytes_max.0 + HEADS_MAX * limits.head_bytes_max.0,
        idle: limits.body_idle_timeout.0,
        deadline: Instant::now() + limits.body_timeout.0,
    };
    let whole = Bounded::new(body, transit, Rc::new(Progress::default())).whole(budget).await;
    let whole = whole.map_err(cut_off)?.shared();
    let (prefix, message) = whole.split_at_checked(PREFIX_BYTES).unwrap_or_default();
    let length = u32::try_from(message.len()).unwrap_or(u32::MAX).to_be_bytes();
    match prefix {
        // Of a compressed message the flag is 1; none was offered.
        [0, rest @ ..] if rest == length => Ok(whole.slice(PREFIX_BYTES..)),
        _ => Err(Denial::protocol(Reason::MalformedQuestion, "a message that is compressed or cut off")),
    }
}

fn of_envoy(finished: Finished, sent: &HeaderMap) -> Response<AnswerBody> {
    let Finished { answer, admission, .. } = finished;
    let message = match admission {
        Some(admission) => envoy::allowed(sent, &admission.fields, &admission.answer_fields),
        None => {
            let (head, body) = answer.into_parts();
            let body = if let AnswerBody::Whole(body) = body { body } else { Bytes::new() };
            envoy::refused(head.status, &head.headers, &body)
        }
    };
    let mut framed = BytesMut::with_capacity(PREFIX_BYTES + message.len());
    framed.put_u8(0);
    framed.put_u32(u32::try_from(message.len()).unwrap_or(u32::MAX));
    framed.put_slice(&message);
    let trailers = HeaderMap::from_iter([(GRPC_STATUS, OK)]);
    let mut answer = Response::new(AnswerBody::Message(framed.freeze(), Some(Box::new(trailers))));
    answer.headers_mut().insert(CONTENT_TYPE, GRPC);
    answer
}

fn not_understood() -> Response<AnswerBody> {
    let mut answer = Response::new(AnswerBody::Whole(Bytes::new()));
    answer.headers_mut().insert(CONTENT_TYPE, GRPC);
    answer.headers_mut().insert(GRPC_STATUS, INVALID_ARGUMENT);
    answer
}

/// What stands for an admitted request: an empty answer with what backend and caller should get.
fn admitted(admission: Admission, answer: &mut Response<AnswerBody>) {
    let Admission { fields, answer_fields } = admission;
    let headers = answer.headers_mut();
    change(headers, answer_fields);
    for (name, value) in fields.iter().filter(|(name, _)| GIVEN.contains(&name.as_str())) {
        headers.insert(name, value.clone());
    }
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
}

/// nginx takes 2xx, 401 and 403, and answers 500 to everything else.
fn of_nginx(finished: Finished) -> Response<AnswerBody> {
    let Finished { mut answer, admission, .. } = finished;
    match admission {
        Some(admission) => admitted(*admission, &mut answer),
        None => {
            let status = answer.status();
            answer.headers_mut().insert(X_PALISADE_STATUS, HeaderValue::from(status.as_u16()));
            if status != StatusCode::UNAUTHORIZED {
                *answer.status_mut() = StatusCode::FORBIDDEN;
            }
        }
    }
    answer
}

/// Traefik passes on whatever is not 2xx.
fn of_traefik(finished: Finished) -> Response<AnswerBody> {
    let Finished { mut answer, admission, .. } = finished;
    match admission {
        Some(admission) => admitted(*admission, &mut answer),
        // A control has answered in the backend's place, which Traefik would take for a yes.
        None if answer.status().is_success() => *answer.status_mut() = StatusCode::FORBIDDEN,
        None => {}
    }
    answer
}
