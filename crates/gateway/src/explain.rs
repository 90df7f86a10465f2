//! What would become of a request, by the very code that decides in earnest.

use std::net::IpAddr;

use bytes::Bytes;
use http::{HeaderMap, Method, Uri, Version};
use model::{ControlOutcome, Denied, OperationKey, Timestamp};
use serde::Serialize;
use smallvec::SmallVec;

use crate::content;
use crate::denial::{Denial, Reason};
use crate::normalize::{self, Scheme};
use crate::pipeline::{Judged, Trace};
use crate::policy::{Body, Caller, Context, WorkerState};
use crate::snapshot::{Found, Snapshot};

/// A request that is not sent.
#[derive(Debug)]
pub struct Question {
    /// Its method.
    pub method: Method,
    /// Its address, or its path alone.
    pub uri: Uri,
    /// Its header fields; `Host` is taken from the address where there is none.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Vec<u8>,
    /// Where it comes from.
    pub client: IpAddr,
    /// When.
    pub now: Timestamp,
}

/// The answer: which operation, which controls, which verdict and why.
#[derive(Debug, Serialize)]
pub struct Explained {
    /// [`model::SCHEMA_VERSION`].
    pub schema_version: u32,
    /// The operation; absent where no contract declares one.
    pub operation: Option<OperationKey<'static>>,
    /// Every control that ran, in order.
    pub controls: Vec<ControlOutcome<'static>>,
    /// The status of the refusal; 0 where the backend would answer.
    pub status: u16,
    /// Why it would be refused; absent where it would be forwarded.
    pub denial: Option<Denied<'static>>,
}

/// Takes `question` through `snapshot`, sending nothing and recording nothing.
pub fn explain(snapshot: &Snapshot, mut question: Question) -> Explained {
    let mut trace = Trace::new();
    let mut operation = None;
    complete(&mut question);
    let verdict = judge(snapshot, &mut question, &mut trace, &mut operation);
    let denial = verdict.err();
    Explained {
        schema_version: model::SCHEMA_VERSION,
        operation,
        controls: trace
            .iter()
            .map(|said| ControlOutcome {
                id: said.id.into(),
                mode: said.mode,
                outcome: said.outcome(),
                reason: said.denied.as_ref().map(|denial| denial.reason.as_str().into()),
            })
            .collect(),
        status: denial.as_ref().map_or(0, |denial| denial.reason.status().as_u16()),
        denial: denial.map(|denial| Denied {
            reason: denial.reason.as_str().into(),
            control: denial.control.into(),
            detail: denial.detail.as_str().to_owned().into(),
        }),
    }
}

/// Gives the request the fields that a client would send by itself.
fn complete(question: &mut Question) {
    let host = question.uri.authority().map_or("localhost", |authority| authority.as_str());
    if let (false, Ok(host)) = (question.headers.contains_key(http::header::HOST), host.parse()) {
        question.headers.insert(http::header::HOST, host);
    }
}

fn judge(
    snapshot: &Snapshot,
    question: &mut Question,
    trace: &mut Trace,
    operation: &mut Option<OperationKey<'static>>,
) -> Result<(), Denial> {
    let limits = &snapshot.limits;
    normalize::inbound(&mut question.headers, &snapshot.identity_headers)?;
    let scheme = if question.uri.scheme_str() == Some("https") { Scheme::Https } else { Scheme::Http };
    let target = normalize::target(&question.method, &question.uri, limits.target_bytes_max.as_usize())?;
    let host = normalize::host(Version::HTTP_11, &question.uri, &question.headers, scheme)?;
    let host = host.map(|host| host.to_string()).unwrap_or_default();
    let found: Found<'_, '_> = snapshot
        .find(&host, &question.method, &question.headers, &target.path)
        .ok_or_else(|| snapshot.nowhere(&host))?;
    *operation = found.declared.then(|| found.plan.key.clone());
    let worker = WorkerState::default();
    let mut cx = Context {
        now: question.now,
        client: question.client,
        method: &question.method,
        host: &host,
        path: &target.path,
        query: target.query.as_deref(),
        has_matrix: target.has_matrix,
        headers: &question.headers,
        has_body: !question.body.is_empty(),
        operation: found.declared.then_some(&found.plan.key),
        captures: &found.captures,
        path_methods: &found.methods,
        caller: Caller::default(),
        answer_fields: SmallVec::new(),
        answer: None,
        permits: SmallVec::new(),
        worker: &worker,
    };
    let judged = found.plan.pipeline.head(&mut cx, trace)?;
    let bytes_max = found.plan.body_bytes_max;
    if cx.answer.is_none() && question.body.len() > bytes_max {
        return Err(Denial::fixed(Reason::BodyTooLarge, "body-limits", "larger than the limit"));
    }
    let Judged::Body(pending) = judged else { return Ok(()) };
    let whole = Bytes::from(std::mem::take(&mut question.body));
    let unpacked = content::decoded(cx.headers, &whole, bytes_max, limits.decompression_ratio_max)?;
    let (content_type, media_type) = content::content_type(cx.headers)?;
    let body = Body::new(&unpacked, content_type, &media_type, &found.plan.json_limits);
    pending.body(&mut cx, &body, trace).map(|_admitted| ())
}
