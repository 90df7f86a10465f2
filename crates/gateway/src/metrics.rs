//! Counters of the gateway, made when a snapshot is compiled so that counting takes no lock.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use model::OperationKey;
use prometheus_client::encoding::{EncodeLabelSet, LabelSetEncoder};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use crate::config::Asker;
use crate::denial::Reason;

/// The gateway's metrics. They outlive every snapshot, so that a reload resets none.
#[derive(Debug, Default)]
pub struct Metrics {
    requests: Family<RequestLabels, Counter>,
    refusals: Family<RefusalLabels, Counter>,
    decisions: Family<DecisionLabels, Counter>,
    retiring: Family<CallerLabels, Counter>,
    retiring_callers: Arc<AtomicUsize>,
    unhealthy: Family<ApiLabels, Gauge>,
    tunnels: Gauge,
    event_streams: Gauge,
    /// Bytes that held bodies take, over all workers.
    pub held_bytes: Gauge,
    /// Answers that waited because their address is refused again and again.
    pub answers_delayed: Counter,
    /// Connections dropped because too many were open.
    pub connections_refused: Counter,
    /// Exchanges that were served though the log could not take their record.
    pub exchanges_unrecorded: Counter,
    /// Bytes of request bodies.
    pub request_bytes: Counter<u64, AtomicU64>,
    /// Bytes of answers.
    pub response_bytes: Counter<u64, AtomicU64>,
}

/// The counters of one operation.
#[derive(Debug, Clone)]
pub struct OperationCounters {
    /// Requests answered by the backend.
    pub forwarded: Counter,
    refused: Counter,
    /// Refusals of the whole API in the order of [`Reason::ALL`]: by operation they would be too many to keep.
    reasons: Arc<[Counter]>,
}

/// The counters of one listener that decides for another proxy.
#[derive(Debug, Clone)]
pub struct DecisionCounters {
    /// Requests that the proxy may send on.
    pub allowed: Counter,
    /// Requests that it may not.
    pub refused: Counter,
    /// What describes no request.
    pub malformed: Counter,
}

/// Who still calls an operation that is to go.
#[derive(Debug, Clone)]
pub struct Callers {
    family: Family<CallerLabels, Counter>,
    count: Arc<AtomicUsize>,
    operation: OperationKey<'static>,
}

/// Callers of all operations that are told apart; the rest are counted as one.
const CALLERS_MAX: usize = 4096;

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct CallerLabels {
    operation: OperationKey<'static>,
    client: String,
}

impl Callers {
    /// Counts a request of the client application `client`.
    pub fn called_by(&self, client: &str) {
        let labels =
            |client: &str| CallerLabels { operation: self.operation.clone(), client: client.to_owned() };
        let own = labels(client);
        if let Some(counter) = self.family.get(&own) {
            counter.inc();
        } else if self.count.fetch_add(1, Ordering::Relaxed) < CALLERS_MAX {
            self.family.get_or_create(&own).inc();
        } else {
            self.count.store(CALLERS_MAX, Ordering::Relaxed);
            self.family.get_or_create(&labels("others")).inc();
        }
    }
}

/// Counts something as open until it is dropped.
#[derive(Debug)]
pub struct Open(Gauge);

impl Open {
    fn new(gauge: &Gauge) -> Open {
        gauge.inc();
        Open(gauge.clone())
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.dec();
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct RequestLabels {
    operation: OperationKey<'static>,
    verdict: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct DecisionLabels {
    proxy: Asker,
    decision: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct ApiLabels {
    api: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct RefusalLabels {
    api: String,
    reason: Reason,
}

impl Metrics {
    /// Registers every metric under `palisade_`.
    pub fn register(&self, registry: &mut Registry) {
        let registry = registry.sub_registry_with_prefix("palisade");
        registry.register("requests", "Requests by operation and by who answered", self.requests.clone());
        registry.register(
            "refusals",
            "Requests answered by the gateway, by API and reason",
            self.refusals.clone(),
        );
        registry.register(
            "decisions",
            "Decisions for other proxies, by proxy and by what was decided",
            self.decisions.clone(),
        );
        registry.register(
            "retiring_requests",
            "Requests to deprecated operations that the backend answered, by client application",
            self.retiring.clone(),
        );
        registry.register(
            "backends_unhealthy",
            "Backends that say they are not well, by API",
            self.unhealthy.clone(),
        );
        registry.register("tunnels", "Tunnels of WebSockets that are open", self.tunnels.clone());
        registry.register("event_streams", "Event streams that are open", self.event_streams.clone());
        registry.register(
            "held_bytes",
            "Bytes of bodies held in memory to be judged",
            self.held_bytes.clone(),
        );
        registry.register(
            "answers_delayed",
            "Answers that waited because their address is refused again and again",
            self.answers_delayed.clone(),
        );
        registry.register(
            "connections_refused",
            "Connections dropped because too many were open",
            self.connections_refused.clone(),
        );
        registry.register(
            "exchanges_unrecorded",
            "Exchanges served though the log could not take their record",
            self.exchanges_unrecorded.clone(),
        );
        registry.register("request_body_bytes", "Bytes of request bodies", self.request_bytes.clone());
        registry.register("response_body_bytes", "Bytes of answers", self.response_bytes.clone());
    }

    /// The counters of an API's refusals, in the order of [`Reason::ALL`].
    pub fn refusals(&self, api: &str) -> Arc<[Counter]> {
        let counter =
            |&reason| self.refusals.get_or_create(&RefusalLabels { api: api.to_owned(), reason }).clone();
        Reason::ALL.iter().map(counter).collect()
    }

    /// The counters of a listener that `asker` asks.
    pub fn decisions(&self, asker: Asker) -> DecisionCounters {
        let counter =
            |decision| self.decisions.get_or_create(&DecisionLabels { proxy: asker, decision }).clone();
        DecisionCounters {
            allowed: counter("allowed"),
            refused: counter("refused"),
            malformed: counter("malformed"),
        }
    }

    /// How many backends of an API say that they are not well.
    pub fn unhealthy(&self, api: &str) -> Gauge {
        self.unhealthy.get_or_create(&ApiLabels { api: api.to_owned() }).clone()
    }

    /// Counts a tunnel as open until the value is dropped.
    pub fn tunnel(&self) -> Open {
        Open::new(&self.tunnels)
    }

    /// Counts an event stream as open until the value is dropped.
    pub fn event_stream(&self) -> Open {
        Open::new(&self.event_streams)
    }

    /// Who calls `operation`, which is to go.
    pub fn callers(&self, operation: &OperationKey<'static>) -> Callers {
        Callers {
            family: self.retiring.clone(),
            count: Arc::clone(&self.retiring_callers),
            operation: operation.clone(),
        }
    }

    /// The counters of `operation`, the same ones however often it is asked.
    pub fn operation(
        &self,
        operation: &OperationKey<'static>,
        reasons: &Arc<[Counter]>,
    ) -> OperationCounters {
        let counter = |verdict| {
            self.requests.get_or_create(&RequestLabels { operation: operation.clone(), verdict }).clone()
        };
        OperationCounters {
            forwarded: counter("forwarded"),
            refused: counter("refused"),
            reasons: Arc::clone(reasons),
        }
    }
}

impl OperationCounters {
    /// Counts a refusal.
    pub fn refused(&self, reason: Reason) {
        self.refused.inc();
        let at = Reason::ALL.iter().position(|&listed| listed == reason);
        if let Some(counter) = at.and_then(|at| self.reasons.get(at)) {
            counter.inc();
        }
    }
}

impl EncodeLabelSet for RequestLabels {
    fn encode(&self, encoder: &mut LabelSetEncoder<'_>) -> Result<(), std::fmt::Error> {
        [
            ("api", &*self.operation.api),
            ("method", &*self.operation.method),
            ("path", &*self.operation.path),
            ("verdict", self.verdict),
        ]
        .encode(encoder)
    }
}

impl EncodeLabelSet for DecisionLabels {
    fn encode(&self, encoder: &mut LabelSetEncoder<'_>) -> Result<(), std::fmt::Error> {
        [("proxy", self.proxy.as_str()), ("decision", self.decision)].encode(encoder)
    }
}

impl EncodeLabelSet for ApiLabels {
    fn encode(&self, encoder: &mut LabelSetEncoder<'_>) -> Result<(), std::fmt::Error> {
        [("api", self.api.as_str())].encode(encoder)
    }
}

impl EncodeLabelSet for CallerLabels {
    fn encode(&self, encoder: &mut LabelSetEncoder<'_>) -> Result<(), std::fmt::Error> {
        [
            ("api", &*self.operation.api),
            ("method", &*self.operation.method),
            ("path", &*self.operation.path),
            ("client", self.client.as_str()),
        ]
        .encode(encoder)
    }
}

impl EncodeLabelSet for RefusalLabels {
    fn encode(&self, encoder: &mut LabelSetEncoder<'_>) -> Result<(), std::fmt::Error> {
        [("api", self.api.as_str()), ("reason", self.reason.as_str())].encode(encoder)
    }
}
