//! One request on its way: what is asked, what decides it, what has become of it, and what the backend is told.

use std::rc::Rc;
use std::time::Duration;

use http::request::Parts;
use model::{ExchangeId, Leak};
use tokio::time::Instant;

use super::body::{Progress, Transit};
use super::http1::AsksWebSocket;
use super::serve::Connection;
use super::upstream::Failure;
use super::whole;
use crate::config::Limits;
use crate::denial::{Denial, Reason};
use crate::normalize::{self, Target};
use crate::pipeline::Trace;
use crate::policy::{Authorization, Hold};
use crate::snapshot::{Plan, Snapshot};
use crate::third_party::ThirdParty;
use crate::websocket::Offer;

/// How one request goes: what it is decided by, and what has happened so far.
pub(super) struct Going<'a> {
    pub id: ExchangeId,
    pub request_id: Box<str>,
    pub started: Instant,
    pub snapshot: &'a Snapshot,
    /// The API's place in the snapshot, and the plan that decides.
    pub plan: Option<(usize, &'a Plan)>,
    pub connection: Connection,
    pub trace: Trace,
    pub request_progress: Rc<Progress>,
    pub decided: Option<Instant>,
    pub upstream: Duration,
    /// The backend has answered, whatever becomes of that.
    pub is_answered: bool,
    /// The WebSocket that is asked for.
    pub offer: Option<Rc<Offer>>,
    /// What its answer gives away.
    pub leaks: Vec<Leak<'static>>,
}

/// What is asked for, in its one spelling.
#[derive(Default)]
pub(super) struct Asked<'a> {
    pub host: Option<normalize::Host<'a>>,
    pub target: Target<'a>,
}

impl<'a> Asked<'a> {
    pub(super) fn read(
        parts: &'a Parts,
        connection: &Connection,
        limits: &Limits,
    ) -> Result<Asked<'a>, Denial> {
        let target = normalize::target(&parts.method, &parts.uri, limits.target_bytes_max.as_usize())?;
        if connection.asker.is_some() && target.path != parts.uri.path() {
            let detail = "the proxy that asks would send the path on in another spelling than the one judged";
            return Err(Denial::protocol(Reason::AmbiguousPath, detail));
        }
        let host = normalize::host(parts.version, &parts.uri, &parts.headers, connection.scheme)?;
        Ok(Asked { host, target })
    }

    /// The host and its port, empty where none is named.
    pub(super) fn host_text(&self) -> &str {
        self.host.as_ref().map_or("", normalize::Host::as_str)
    }
}

impl<'a> Going<'a> {
    pub(super) fn new(
        id: ExchangeId,
        started: Instant,
        parts: &Parts,
        snapshot: &'a Snapshot,
        plan: Option<(usize, &'a Plan)>,
        connection: Connection,
    ) -> Going<'a> {
        let request_id = match normalize::request_id(&parts.headers) {
            Some(request_id) => request_id.into(),
            None => id.to_string().into(),
        };
        Going {
            id,
            request_id,
            started,
            snapshot,
            plan,
            connection,
            trace: Trace::new(),
            request_progress: Rc::default(),
            decided: None,
            upstream: Duration::ZERO,
            is_answered: false,
            offer: None,
            leaks: Vec::new(),
        }
    }

    /// The third party that the request is for.
    pub(super) fn third_party(&self) -> Option<&'a ThirdParty> {
        let (api_index, _) = self.plan?;
        self.snapshot.apis.get(api_index)?.third_party.as_deref()
    }

    pub(super) fn transit(&self, plan: &Plan) -> Transit {
        let limits = &self.snapshot.limits;
        let (idle, whole) = match plan.is_grpc {
            // Either side of a call may go on for as long as the other.
            true => (limits.stream_idle_timeout, limits.stream_lifetime_max),
            false => (limits.body_idle_timeout, limits.body_timeout),
        };
        Transit { bytes_max: plan.body_bytes_max as u64, idle: idle.0, deadline: self.started + whole.0 }
    }

    /// A failed exchange as a refusal: the caller's fault where its body was cut off, the backend's otherwise.
    pub(super) fn failed(failure: &Failure) -> Denial {
        match failure {
            Failure::Unavailable => {
                let mut denial =
                    Denial::fixed(Reason::UpstreamUnavailable, "upstream", "every backend fails");
                denial.retry_after_secs = Some(1);
                denial
            }
            Failure::Unreachable(why) => Denial::fixed(Reason::UpstreamUnreachable, "upstream", why),
            Failure::Timeout => Denial::fixed(Reason::UpstreamTimeout, "upstream", "no answer in time"),
            Failure::Malformed => {
                Denial::fixed(Reason::UpstreamMalformed, "upstream", "the answer is not http")
            }
            Failure::RequestBody(error) => whole::cut_off(*error),
        }
    }
}

/// The WebSocket that a request asks for, where its operation is one.
pub(super) fn offered(parts: &Parts, plan: &Plan) -> Result<Option<Rc<Offer>>, Denial> {
    if parts.extensions.get::<AsksWebSocket>().is_none() {
        return Ok(None);
    }
    if !plan.is_websocket {
        let detail = "an upgrade that the operation does not declare";
        return Err(Denial::protocol(Reason::UpgradeRefused, detail));
    }
    Offer::read(&parts.headers).map(|offer| Some(Rc::new(offer)))
}

/// What the backend is told of a request.
pub(super) fn facts<'f>(
    going: &Going<'f>,
    asked: &'f Asked<'_>,
    authorization: &'f Authorization,
    holds: Hold,
) -> normalize::Facts<'f> {
    let third_party = going.third_party();
    normalize::Facts {
        id: going.id,
        client: going.connection.ip,
        host: third_party.map(|third_party| &third_party.host).or(asked.host.as_ref()),
        scheme: going.connection.scheme,
        authorization: match authorization {
            Authorization::AsSent => None,
            Authorization::Nothing => Some(None),
            Authorization::Instead(value) => Some(Some(value)),
        },
        holds,
        third_party,
        token: None,
    }
}
