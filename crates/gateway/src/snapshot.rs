//! What runs: compiled from config and specifications, immutable, replaced as a whole.

use std::net::SocketAddr;
use std::sync::Arc;

use http::{HeaderMap, Method};
use model::OperationKey;
use smallvec::SmallVec;
use spec::{JsonLimits, OperationIndex, Router};

use crate::config::{Decisions, Limits, Listen, Proxies, WhenFull};
use crate::denial::{Denial, Reason};
use crate::engine::{Backends, ListenerTls};
use crate::geography::AutonomousSystems;
use crate::metrics::{DecisionCounters, OperationCounters};
use crate::normalize::IdentityHeaders;
use crate::pipeline::Pipeline;
use crate::preflight;
use crate::query_names::QueryNames;
use crate::third_party::{Side, ThirdParty};

/// Everything a worker needs to decide and forward requests.
#[derive(Debug)]
pub struct Snapshot {
    /// Which snapshot this is, counted from 1; pools and caches of another are not used with it.
    pub generation: u64,
    /// The bounds of the whole gateway.
    pub limits: Limits,
    /// The listeners, in the config's order.
    pub listeners: Vec<ListenerPlan>,
    /// What happens to requests that cannot be recorded.
    pub when_full: WhenFull,
    /// Header fields by which a caller could claim to be somebody; they are taken out of every request.
    pub identity_headers: IdentityHeaders,
    /// Which autonomous system an address belongs to; absent if no database is configured.
    pub systems: Option<Arc<AutonomousSystems>>,
    /// The APIs, in the config's order.
    pub apis: Vec<ApiPlan>,
}

/// Names a listener from one config to the next, whatever their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListenerKey {
    /// Its address as the config has it, whose port may be 0.
    address: SocketAddr,
    /// How many with the same address stand before it.
    before: usize,
}

/// How one listener takes connections.
#[derive(Debug)]
pub struct ListenerPlan {
    /// Which one it is.
    pub key: ListenerKey,
    /// Its TLS; absent for plain HTTP.
    pub tls: Option<ListenerTls>,
    /// The proxies before it.
    pub proxies: Option<Proxies>,
    /// For whom it decides; absent where it takes requests itself.
    pub decisions: Option<Deciding>,
}

/// A listener that decides for another proxy.
#[derive(Debug)]
pub struct Deciding {
    /// For whom, and how.
    pub settings: Decisions,
    /// Its metrics.
    pub counters: DecisionCounters,
}

/// One API as it is enforced.
#[derive(Debug)]
pub struct ApiPlan {
    /// Its name.
    pub name: Arc<str>,
    /// Lowercase hosts it answers to; empty for any.
    pub hosts: Vec<String>,
    /// Path prefixes it is served under; one of them empty where it is served at the root.
    pub base_paths: Vec<String>,
    /// Full path templates.
    pub router: Router,
    /// The operations, by the index that the router knows them by.
    pub operations: Vec<Plan>,
    /// What happens to requests below the base path that no operation declares.
    pub undeclared: Plan,
    /// The backends.
    pub upstream: Arc<Backends>,
    /// The third party that its one backend is; absent for an API that is protected.
    pub third_party: Option<Arc<ThirdParty>>,
}

/// How requests to one operation are decided.
#[derive(Debug)]
pub struct Plan {
    /// The operation.
    pub key: OperationKey<'static>,
    /// Its policies.
    pub pipeline: Pipeline,
    /// Largest request body in bytes.
    pub body_bytes_max: usize,
    /// How large a JSON body may grow.
    pub json_limits: JsonLimits,
    /// Whether it opens a WebSocket for who asks for one.
    pub is_websocket: bool,
    /// Whether it is a method of gRPC, by the type of its body.
    pub is_grpc: bool,
    /// Which names in the query go on record.
    pub query_names: QueryNames,
    /// What could not be enforced because nothing says how.
    pub gaps: Vec<String>,
    /// Its metrics.
    pub counters: OperationCounters,
}

/// Where a request belongs.
#[derive(Debug)]
pub struct Found<'s, 'p> {
    /// The API, by its place in the snapshot.
    pub api_index: usize,
    /// The API.
    pub api: &'s ApiPlan,
    /// How it is decided.
    pub plan: &'s Plan,
    /// Whether the contract declares the operation.
    pub declared: bool,
    /// Raw values of the template's parameters.
    pub captures: SmallVec<[&'p str; 4]>,
    /// The methods that the contract declares for the path; empty where it declares no such path.
    pub methods: SmallVec<[&'s Method; 8]>,
}

impl ListenerKey {
    /// The key of each listener of a config, in its order.
    pub fn of_each(listen: &[Listen]) -> impl Iterator<Item = ListenerKey> {
        listen.iter().enumerate().map(|(index, Listen { address, .. })| {
            let before = listen.iter().take(index).filter(|other| other.address == *address).count();
            ListenerKey { address: *address, before }
        })
    }
}

impl Snapshot {
    /// How the listener is to take connections; nothing where the config has it no more.
    pub(crate) fn listener(&self, key: ListenerKey) -> Option<&ListenerPlan> {
        self.listeners.iter().find(|listener| listener.key == key)
    }

    /// The API and operation of a request from `side`: the first API there that answers to the host and declares the path, else the
    /// first whose base path it lies under, whose undeclared plan then decides. A preflight belongs to the operation
    /// that it asks for, where a policy of that operation answers preflights.
    pub fn find<'s, 'p>(
        &'s self,
        (side, host): (Side, &str),
        method: &Method,
        headers: &HeaderMap,
        path: &'p str,
    ) -> Option<Found<'s, 'p>> {
        let asked = preflight::asked(method, headers);
        let mut below_base = None;
        for (api_index, api) in self.apis.iter().enumerate().filter(|(_, api)| api.answers_to(side, host)) {
            if let Some(found) = api.find(api_index, method, asked, path) {
                return Some(found);
            }
            if below_base.is_none() && api.base_paths.iter().any(|base| lies_below(path, base)) {
                below_base = Some((api_index, api));
            }
        }
        let (api_index, api) = below_base?;
        Some(api.undeclared(api_index, SmallVec::new()))
    }

    /// Whether redirects of any third party are followed.
    pub(crate) fn follows(&self) -> bool {
        let follows = |api: &ApiPlan| api.third_party.as_ref().is_some_and(|party| party.redirects_max > 0);
        self.apis.iter().any(follows)
    }

    /// Whether `host` is one of a third party.
    pub(crate) fn calls(&self, host: &str) -> bool {
        self.apis.iter().any(|api| api.answers_to(Side::Egress, host))
    }

    /// Why [`Snapshot::find`] found nothing for a request from `side` to `host`.
    pub fn nowhere(&self, side: Side, host: &str) -> Denial {
        if self.apis.iter().any(|api| api.answers_to(side, host)) {
            Denial::fixed(Reason::UndeclaredOperation, "undeclared", "no api is served under this path")
        } else {
            Denial::fixed(Reason::UndeclaredHost, "undeclared", "no api answers to this host")
        }
    }
}

impl ApiPlan {
    /// The side that it is served on.
    pub fn side(&self) -> Side {
        if self.third_party.is_some() { Side::Egress } else { Side::Ingress }
    }

    fn answers_to(&self, side: Side, host: &str) -> bool {
        let is_named = |own: &String| own == host || own.as_str() == without_port(host);
        self.side() == side && (self.hosts.is_empty() || self.hosts.iter().any(is_named))
    }

    fn find<'s, 'p>(
        &'s self,
        api_index: usize,
        method: &Method,
        asked: Option<&[u8]>,
        path: &'p str,
    ) -> Option<Found<'s, 'p>> {
        let matched = self.router.find(path)?;
        let methods = matched.route.methods.iter().map(|(method, _)| method).collect();
        let plan_of = |index: OperationIndex| self.operations.get(index.0 as usize);
        let is_asked = |method: &Method| asked.is_some_and(|asked| asked == method.as_str().as_bytes());
        let of_preflight = matched.route.methods.iter().find(|(method, _)| is_asked(method));
        let plan = of_preflight
            .and_then(|(_, index)| plan_of(*index))
            .filter(|plan| plan.pipeline.answers_preflights())
            .or_else(|| matched.route.operation(method).and_then(plan_of));
        Some(match plan {
            None => self.undeclared(api_index, methods),
            Some(plan) => Found {
                api_index,
                api: self,
                plan,
                declared: true,
                captures: matched.captures().collect(),
                methods,
            },
        })
    }

    fn undeclared<'s, 'p>(&'s self, api_index: usize, methods: SmallVec<[&'s Method; 8]>) -> Found<'s, 'p> {
        Found {
            api_index,
            api: self,
            plan: &self.undeclared,
            declared: false,
            captures: SmallVec::new(),
            methods,
        }
    }
}

/// Whether `path` is `base` or a path under it, segment by segment: `/v1x` is not below `/v1`.
fn lies_below(path: &str, base: &str) -> bool {
    path.strip_prefix(base).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn without_port(host: &str) -> &str {
    // An IPv6 literal is in brackets, so the last colon outside them begins the port.
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_path_ends_at_a_segment() {
        assert!(lies_below("/v1/orders", "/v1"));
        assert!(lies_below("/v1", "/v1"));
        assert!(lies_below("/anything", ""));
        assert!(!lies_below("/v10/orders", "/v1"));
        assert!(!lies_below("/v2", "/v1"));
    }

    #[test]
    fn a_port_is_no_part_of_a_name() {
        assert_eq!(without_port("api.example:8443"), "api.example");
        assert_eq!(without_port("[::1]:8443"), "[::1]");
        assert_eq!(without_port("[2001:db8::7]"), "[2001:db8::7]");
        assert_eq!(without_port("api.example"), "api.example");
    }
}
