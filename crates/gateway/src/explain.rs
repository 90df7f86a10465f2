//! What would become of a request, by the very code that decides in earnest.

use std::net::IpAddr;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, Version};
use identity::TokenError;
use model::{Denied, Mode, OperationKey, Outcome, Timestamp};
use serde::Serialize;
use smallvec::SmallVec;

use crate::content;
use crate::denial::{Denial, Reason};
use crate::normalize::{self, Scheme};
use crate::pipeline::{Judged, Trace};
use crate::policy::{AnswerField, Authorization, Caller, Context, WorkerState};
use crate::respond::{change, respond};
use crate::snapshot::{Found, Plan, Snapshot};
use crate::third_party::Side;

/// A request that is not sent.
#[derive(Debug)]
pub struct Question {
    /// The side of the listener that would take it.
    pub side: Side,
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
    /// Every control in force or in shadow, in order.
    pub controls: Vec<ControlSaid>,
    /// The limits on the operation.
    pub limits: Vec<LimitSet>,
    /// What would become of the request.
    pub outcome: RequestOutcome,
    /// The status of the gateway's answer; 0 where the backend would answer.
    pub status: u16,
    /// Why it would be refused; absent where it would not.
    pub denial: Option<Denied<'static>>,
    /// What the gateway would say in the answer's header fields, by name, beside what the backend says if it is asked.
    pub answer_fields: Vec<SaidField>,
    /// Beginnings of the names of fields that would be dropped from the backend's answer.
    pub dropped_fields: Vec<&'static str>,
}

/// What would become of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum RequestOutcome {
    /// The backend would get it.
    Forwarded,
    /// A control would answer it in the backend's place, as it does a preflight.
    Answered,
    /// A control would refuse it.
    Refused,
}

/// One control's part.
#[derive(Debug, Serialize)]
pub struct ControlSaid {
    /// The control's id in the catalogue.
    pub id: &'static str,
    /// How it is applied.
    pub mode: Mode,
    /// What it said; absent where it was not asked, since another had decided before.
    pub outcome: Option<Outcome>,
    /// Why it denied, as a [`Denied::reason`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<&'static str>,
    /// What exactly, without any of the request's own text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// One limit on an operation.
#[derive(Debug, Serialize)]
pub struct LimitSet {
    /// The control that applies it.
    pub control: &'static str,
    /// The limit in words.
    pub limit: String,
}

/// One header field of an answer.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct SaidField {
    /// Its name, lowercase.
    pub name: String,
    /// Its value.
    pub value: String,
}

/// What was found out on the way.
#[derive(Default)]
struct Findings {
    trace: Trace,
    operation: Option<OperationKey<'static>>,
    controls: Vec<ControlSaid>,
    limits: Vec<LimitSet>,
    fields: SmallVec<[AnswerField; 4]>,
    answered: Option<StatusCode>,
}

/// Takes `question` through `snapshot`, sending nothing and recording nothing.
pub fn explain(snapshot: &Snapshot, mut question: Question) -> Explained {
    let mut findings = Findings::default();
    complete(&mut question);
    let denial = judge(snapshot, &mut question, &mut findings).err();
    let Findings { trace, operation, mut controls, limits, fields, answered } = findings;
    for said in trace {
        let Some(control) = controls.iter_mut().find(|control| control.id == said.id) else { continue };
        control.outcome = Some(said.outcome());
        control.reason = said.denied.as_ref().map(|denial| denial.reason.as_str());
        control.detail = said.denied.map(|denial| denial.detail.to_string()).filter(|text| !text.is_empty());
    }
    let (outcome, status, mut headers) = match (&denial, answered) {
        (Some(denial), _) => {
            let (status, headers, _) = respond(denial, "");
            (RequestOutcome::Refused, status.as_u16(), headers)
        }
        (None, Some(status)) => (RequestOutcome::Answered, status.as_u16(), HeaderMap::new()),
        (None, None) => (RequestOutcome::Forwarded, 0, HeaderMap::new()),
    };
    let dropped = |field: &AnswerField| match field {
        AnswerField::Drop(prefix) if outcome == RequestOutcome::Forwarded => Some(*prefix),
        _ => None,
    };
    let dropped_fields = fields.iter().filter_map(dropped).collect();
    change(&mut headers, fields);
    let said = |(name, value): (&HeaderName, &HeaderValue)| SaidField {
        name: name.to_string(),
        value: String::from_utf8_lossy(value.as_bytes()).into_owned(),
    };
    let mut answer_fields: Vec<SaidField> = headers.iter().map(said).collect();
    answer_fields.sort_by(|a, b| a.name.cmp(&b.name));
    Explained {
        schema_version: model::SCHEMA_VERSION,
        operation,
        controls,
        limits,
        outcome,
        status,
        denial: denial.map(|denial| Denied {
            reason: denial.reason.as_str().into(),
            control: denial.control.into(),
            detail: denial.detail.as_str().to_owned().into(),
        }),
        answer_fields,
        dropped_fields,
    }
}

impl Findings {
    /// Takes up what is in force on the operation, before any of it is asked.
    fn found(&mut self, found: &Found<'_, '_>) {
        self.operation = found.declared.then(|| found.plan.key.clone());
        for step in found.plan.pipeline.steps() {
            let (id, mode) = (step.id, step.mode);
            self.controls.push(ControlSaid { id, mode, outcome: None, reason: None, detail: None });
            let limits = step.policy.limits().into_iter();
            self.limits.extend(limits.map(|limit| LimitSet { control: id, limit }));
        }
    }
}

/// Gives the request the fields that a client would send by itself.
fn complete(question: &mut Question) {
    let host = question.uri.authority().map_or("localhost", |authority| authority.as_str());
    if let (false, Ok(host)) = (question.headers.contains_key(http::header::HOST), host.parse()) {
        question.headers.insert(http::header::HOST, host);
    }
}

fn judge(snapshot: &Snapshot, question: &mut Question, findings: &mut Findings) -> Result<(), Denial> {
    let limits = &snapshot.limits;
    normalize::inbound(&mut question.headers, &snapshot.identity_headers)?;
    let scheme = if question.uri.scheme_str() == Some("https") { Scheme::Https } else { Scheme::Http };
    let target = normalize::target(&question.method, &question.uri, limits.target_bytes_max.as_usize())?;
    let host = normalize::host(Version::HTTP_11, &question.uri, &question.headers, scheme)?;
    let host = host.map(|host| host.as_str().to_owned()).unwrap_or_default();
    let found: Found<'_, '_> = snapshot
        .find((question.side, host.as_str()), &question.method, &question.headers, &target.path)
        .ok_or_else(|| snapshot.nowhere(question.side, &host))?;
    findings.found(&found);
    let worker = WorkerState::default();
    let mut cx = Context {
        now: question.now,
        client: question.client,
        systems: snapshot.systems.as_deref(),
        scheme,
        certificate: None,
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
        authorization: Authorization::default(),
        lookup: None,
        looked_up: None,
        names: Vec::new(),
        permits: SmallVec::new(),
        worker: &worker,
    };
    let whole = Bytes::from(std::mem::take(&mut question.body));
    let verdict = decide(snapshot, found.plan, &mut cx, &whole, &mut findings.trace);
    let verdict = verdict.and_then(|()| match &found.api.third_party {
        Some(third_party) => third_party.query(cx.query).map(drop),
        None => Ok(()),
    });
    findings.fields = cx.answer_fields;
    findings.answered = cx.answer;
    verdict
}

fn decide(
    snapshot: &Snapshot,
    plan: &Plan,
    cx: &mut Context<'_>,
    whole: &Bytes,
    trace: &mut Trace,
) -> Result<(), Denial> {
    let mut judged = plan.pipeline.head(cx, trace)?;
    if let Judged::Introspect(waiting) = judged {
        // Nothing is sent to answer a question, so nothing is asked of an issuer either.
        judged = waiting.answered(cx, trace, Err(TokenError::IntrospectionUnavailable))?;
    }
    if cx.answer.is_none() && whole.len() > plan.body_bytes_max {
        return Err(Denial::fixed(Reason::BodyTooLarge, "body-limits", "larger than the limit"));
    }
    // Nor is it looked up where names lead.
    let Judged::Body(pending) = judged else { return Ok(()) };
    let ratio_max = snapshot.limits.decompression_ratio_max;
    let read = content::read(cx.headers, whole, plan.body_bytes_max, ratio_max);
    let body = read.as_ref().map(|read| read.body(&plan.json_limits));
    pending.body(cx, body.as_ref().map_err(|denial| *denial), trace).map(|_judged| ())
}
