//! One round of one contender: what it used, by the kernel's count, and how long its callers waited.

use std::time::Duration;

use super::field::Contender;
use super::load::Plan;
use crate::failure::Outcome;

/// Requests before the clock starts, as a share of those measured.
const WARM_UP_SHARE: usize = 5;

/// What one round measured.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sample {
    /// Processor time a request, in microseconds, in user and kernel mode over all threads.
    pub(super) processor_us: f64,
    /// Half of the requests were answered within this.
    pub(super) p50: Duration,
    /// 99 of a hundred requests were answered within this.
    pub(super) p99: Duration,
    pub(super) requests_s: f64,
    pub(super) resident_mb: f64,
}

pub(super) fn take(
    contender: &Contender,
    plan: &Plan,
    requests: usize,
    connections: usize,
) -> Outcome<Sample> {
    let during = |failure: crate::failure::Failure| failure.during(contender.name);
    let send = |requests, connections| {
        plan.send(contender.address, &contender.way, requests, connections).map_err(during)
    };
    // Steps of a flow come one after the other: before many ask at once, one reads.
    send(1, 1)?;
    send(requests.div_ceil(WARM_UP_SHARE), connections)?;
    let before = contender.process.usage()?;
    let latencies = send(requests, connections)?;
    let after = contender.process.usage()?;
    let used = after.processor.saturating_sub(before.processor);
    Ok(Sample {
        processor_us: used.as_secs_f64() * 1e6 / requests as f64,
        p50: latencies.quantile(0.5),
        p99: latencies.quantile(0.99),
        requests_s: requests as f64 / latencies.whole.as_secs_f64(),
        resident_mb: after.resident_bytes as f64 / 1e6,
    })
}

impl Sample {
    /// For the progress of a run.
    pub(super) fn line(&self) -> String {
        format!(
            "{:6.2} µs CPU/request  p50 {:5} µs  p99 {:6} µs  {:7.0}/s  {:6.1} MB",
            self.processor_us,
            self.p50.as_micros(),
            self.p99.as_micros(),
            self.requests_s,
            self.resident_mb
        )
    }
}
