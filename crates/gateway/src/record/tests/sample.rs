//! Exchanges, and a log without its background threads, for the tests beside this file.

use std::borrow::Cow;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use model::{
    Client, Completion, ControlOutcome, Exchange, ExchangeId, Mode, OperationKey, Outcome, Principal,
    PrincipalKind, Record, RequestFacts, ResponseFacts, SCHEMA_VERSION, Timestamp, Timing, Verdict,
};

use crate::record::keeper::Shared;
use crate::record::log::{prepare, writers};
use crate::record::{Entry, Reader, Repair, Settings, Writer};

/// Small segments, so that few records fill one.
pub(super) const SEGMENT_BYTES: usize = 256 * 1024;

pub(super) fn settings() -> Settings {
    Settings { segment_bytes: SEGMENT_BYTES, ..Settings::default() }
}

/// When exchange `number` was asked.
pub(super) fn time(number: u64) -> Timestamp {
    Timestamp::from_micros(1_764_000_000_000_000 + number * 1000)
}

pub(super) fn id(number: u64) -> ExchangeId {
    ExchangeId::new(time(number), u128::from(number))
}

/// An exchange of common size: a caller with a token, eight controls.
pub(super) fn exchange(number: u64) -> Exchange<'static> {
    let controls = ["protocol", "ip-limit", "undeclared", "jwt", "scope", "rate-limit", "body-limits"];
    Exchange {
        schema_version: SCHEMA_VERSION,
        id: id(number),
        request_id: Cow::Owned(format!("request-{number}")),
        time: time(number),
        client: Client { ip: [10, 1, 2, 3].into() },
        principal: Principal {
            kind: PrincipalKind::User,
            id: Some("alice@example.com".into()),
            issuer: Some("https://issuer.example.com/".into()),
            client: Some("web-shop".into()),
        },
        request: RequestFacts {
            method: "GET".into(),
            host: "api.example.com".into(),
            path: "/v1/customers/8127361/orders/42".into(),
            bytes: 0,
            undeclared: Vec::new(),
        },
        operation: Some(OperationKey {
            api: "orders".into(),
            method: "GET".into(),
            path: "/v1/customers/{customer}/orders/{order}".into(),
        }),
        response: ResponseFacts { status: 200, bytes: Some(588), whole: false },
        verdict: Verdict::Forwarded,
        decided_for: None,
        denial: None,
        controls: controls
            .into_iter()
            .chain(["request-schema"])
            .map(|id| ControlOutcome {
                id: id.into(),
                mode: Mode::Enforce,
                outcome: Outcome::Allowed,
                reason: None,
            })
            .collect(),
        timing_us: Timing { total: 900, decide: 40, upstream: 800 },
        leaks: Vec::new(),
    }
}

pub(super) fn completion(number: u64) -> Completion {
    Completion { id: id(number), bytes: 588, request_bytes: 0, duration_us: 1200, aborted: false, said: None }
}

pub(super) fn append(writer: &mut Writer, numbers: impl IntoIterator<Item = u64>) {
    for number in numbers {
        writer.append(Record::Exchange(&exchange(number))).unwrap();
    }
}

/// A log whose background work is done only when the test says so.
pub(super) struct Quiet {
    pub(super) shared: Arc<Shared>,
    pub(super) writers: Vec<Writer>,
    pub(super) repairs: Vec<Repair>,
    pub(super) lock: File,
}

pub(super) fn quiet(directory: &Path, settings: Settings, workers: usize) -> Quiet {
    let (shared, lock, repairs) = prepare(directory, settings, workers, None).unwrap();
    let writers = writers(&shared, &thread::current());
    Quiet { shared, writers, repairs, lock }
}

impl Quiet {
    /// Ends like a process that is killed: nothing is sealed.
    pub(super) fn die(self) {
        // What is forgotten stays open, which the files of a process that has ended do not.
        for station in &self.shared.stations {
            let tracks = [
                station.live.lock().unwrap().clone(),
                station.spare.lock().unwrap().as_ref().map(|segment| Arc::clone(segment.track())),
            ];
            tracks.iter().flatten().for_each(|track| track.file.unlock().unwrap());
            station.retired.lock().unwrap().iter().for_each(|segment| segment.track().file.unlock().unwrap());
        }
        for writer in self.writers {
            std::mem::forget(writer);
        }
    }
}

/// Every exchange that can be read from `directory`, in order.
pub(super) fn entries(directory: &Path) -> Vec<Entry> {
    Reader::open(directory).unwrap().map(|entry| entry.unwrap()).collect()
}

/// The request ids that can be read from `directory`, as numbers, in order.
pub(super) fn numbers(directory: &Path) -> Vec<u64> {
    entries(directory).iter().map(number).collect()
}

pub(super) fn number(entry: &Entry) -> u64 {
    let exchange = entry.exchange().unwrap();
    exchange.request_id.strip_prefix("request-").unwrap().parse().unwrap()
}

/// Far in the future of every sample, but not so far that age deletes anything.
pub(super) fn later() -> Timestamp {
    time(0).plus(Duration::from_secs(1))
}
