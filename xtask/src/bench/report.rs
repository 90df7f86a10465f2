//! Numbers as a table that says what they mean, where they were taken, and how to take them again.

use super::field::{CONTENDERS, Contender, ENVOY, NGINX};
use super::nginx::ANSWER_BYTES;
use super::sample::Sample;
use super::{Arguments, command_line, machine};

/// Median, least and most of one number over the rounds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Spread {
    pub(super) least: f64,
    pub(super) median: f64,
    pub(super) most: f64,
}

impl Spread {
    pub(super) fn of(numbers: impl Iterator<Item = f64>) -> Self {
        let mut numbers: Vec<f64> = numbers.collect();
        numbers.sort_by(f64::total_cmp);
        let at = |index: usize| numbers.get(index).copied().unwrap_or(f64::NAN);
        Self { least: at(0), median: at(numbers.len() / 2), most: at(numbers.len().saturating_sub(1)) }
    }
}

/// The table of all contenders.
pub(super) fn comparison(arguments: &Arguments, contenders: &[Contender], samples: &[Vec<Sample>]) -> String {
    let base = |name: &str| {
        let index = contenders.iter().position(|contender| contender.name == name);
        index.and_then(|index| samples.get(index)).map(Vec::as_slice)
    };
    let (nginx, envoy) = (base(NGINX), base(ENVOY));
    let mut text = String::from(
        "| | CPU µs a request (least to most) | of nginx | of Envoy | p50 µs | p99 µs | requests/s | memory MB |\n\
         |---|---:|---:|---:|---:|---:|---:|---:|\n",
    );
    for (contender, samples) in contenders.iter().zip(samples) {
        let cpu = Spread::of(samples.iter().map(|sample| sample.processor_us));
        let median = |number: fn(&Sample) -> f64| Spread::of(samples.iter().map(number)).median;
        let row = format!(
            "| {} | {:.1} ({:.1} to {:.1}) | {} | {} | {:.0} | {:.0} | {:.0} | {:.1} |\n",
            contender.name,
            cpu.median,
            cpu.least,
            cpu.most,
            ratio(samples, nginx),
            ratio(samples, envoy),
            median(|sample| sample.p50.as_secs_f64() * 1e6),
            median(|sample| sample.p99.as_secs_f64() * 1e6),
            median(|sample| sample.requests_s),
            median(|sample| sample.resident_mb),
        );
        text.push_str(&row);
    }
    text.push('\n');
    text.push_str(&circumstances(arguments));
    for contender in contenders {
        text.push_str(&format!("- {}: {}\n", contender.name, contender.version));
    }
    let missing =
        CONTENDERS.iter().filter(|(name, _)| contenders.iter().all(|contender| contender.name != *name));
    for (name, _) in missing {
        text.push_str(&format!("- {name}: not run\n"));
    }
    text.trim_end().to_owned()
}

/// What a reader of the growth table needs.
pub(super) fn growth_circumstances(arguments: &Arguments) -> String {
    format!(
        "- command: `{}`\n{}- load: at least {} requests a row (fewer of large bodies) over {} connections; every \
         control of requests on, ES256 tokens of 100 callers where the row says nothing else\n- one worker, on core {}; load and \
         backend on core {}\n",
        command_line(),
        machine::facts(),
        arguments.requests,
        arguments.connections,
        machine::contender_core(),
        machine::load_core(),
    )
}

/// What a reader of the table of attacks needs.
pub(super) fn attack_circumstances(arguments: &Arguments) -> String {
    format!(
        "- command: `{}`\n{}- a gateway of its own for each attack, every control of requests on, limits as they are by \
         default but for `connections-max: 11000`; attackers come from 127.0.0.2 and on, 900 connections each\n- \
         honest callers: one request after another on two connections, {} callers with ES256 tokens; they share core {} \
         with the attackers and the backend, so their times are also those of a busy machine\n- one worker, on core {}\n",
        command_line(),
        machine::facts(),
        arguments.principals,
        machine::load_core(),
        machine::contender_core(),
    )
}

/// What a reader needs to take the numbers again.
pub(super) fn circumstances(arguments: &Arguments) -> String {
    format!(
        "- command: `{}`\n{}- load: {} rounds of {} requests over {} connections, {} callers with {:?} tokens; nine \
         reads of a {ANSWER_BYTES}-byte answer to one write\n- each program on one worker, on core {}; load and \
         backend on core {}\n",
        command_line(),
        machine::facts(),
        arguments.rounds,
        arguments.requests,
        arguments.connections,
        arguments.principals,
        arguments.algorithm,
        machine::contender_core(),
        machine::load_core(),
    )
}

/// Processor time as a share of what `base` took, round by round, so that a machine that slows down in the middle of a run
/// falls out: the median of the rounds.
pub(super) fn ratio(samples: &[Sample], base: Option<&[Sample]>) -> String {
    let Some(base) = base else { return "-".to_owned() };
    let shares = samples.iter().zip(base).map(|(sample, base)| sample.processor_us / base.processor_us);
    format!("{:.2} ×", Spread::of(shares).median)
}

#[test]
fn a_spread_is_of_all_rounds_and_a_ratio_of_each() {
    let samples = |all: [f64; 3]| {
        all.map(|processor_us| Sample {
            processor_us,
            p50: std::time::Duration::ZERO,
            p99: std::time::Duration::ZERO,
            requests_s: 0.0,
            resident_mb: 0.0,
        })
    };
    let (base, twice) = (samples([3.0, 1.0, 2.0]), samples([6.0, 2.0, 5.0]));
    let spread = Spread::of(base.iter().map(|sample| sample.processor_us));
    assert_eq!(spread, Spread { least: 1.0, median: 2.0, most: 3.0 });
    assert_eq!(ratio(&twice, Some(&base)), "2.00 ×");
    assert_eq!(ratio(&twice, None), "-");
}
