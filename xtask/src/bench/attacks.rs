//! What becomes of attacks on the gateway's memory and time, and of the honest callers meanwhile.

mod crowd;
mod http1;
mod http2;

use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use identity::Algorithm;

use super::field::{Contender, Field};
use super::load::{Latencies, Plan};
use super::{Arguments, palisade, report, write};
use crate::failure::{Failure, Outcome, because};
use crate::say::{self, FAINT, styled};

/// Requests of the honest callers between two looks at whether the attack is over.
const HONEST_REQUESTS: usize = 100;
/// Connections of the honest callers, on each of which one request is under way.
const HONEST_CONNECTIONS: usize = 2;
/// Between two looks at the gateway's memory.
const LOOK_AGAIN: Duration = Duration::from_millis(20);
/// Files that this program and the gateway each have open at most.
const FILES_MAX: u64 = 12_000;

/// What an attack works with.
#[derive(Debug)]
struct Target {
    address: SocketAddr,
    /// Method and target of a request that is admitted, and the fields that it takes, each with its line end.
    read: String,
    /// The same for one that has a body.
    write: String,
}

/// Attacks the target, and says what became of it.
type Attack = fn(&Target) -> Outcome<String>;

const ATTACKS: &[(&str, Attack)] = &[
    ("10,000 idle connections", http1::idle),
    ("slow heads, 1,000 connections", http1::slow_heads),
    ("slow bodies, 1,000 connections", http1::slow_bodies),
    ("bodies that lack a byte, 200 connections", http1::unended_bodies),
    ("readers that do not read, 500 connections", http1::slow_readers),
    ("heads of 1 MiB", http1::header_bombs),
    ("gzip bombs, 1,000:1", http1::gzip_bombs),
    ("declared lengths that never come", http1::declared_lengths),
    ("HTTP/2 rapid reset", http2::rapid_reset),
    ("HPACK bombs, 1,000:1", http2::hpack_bombs),
    ("HTTP/2 streams without a window", http2::closed_windows),
];

/// What one attack came to.
#[derive(Debug)]
struct Row {
    name: &'static str,
    became: String,
    before_mb: f64,
    most_mb: f64,
    after_mb: f64,
    honest: Latencies,
}

pub(super) fn run(arguments: &Arguments, program: &Path) -> Outcome<()> {
    let files = files_max()?;
    if files < FILES_MAX {
        let failure = Failure::new(format!("{files} open files are too few for this many connections"));
        return Err(failure.help(format!("`ulimit -n {FILES_MAX}` first")));
    }
    let plan = Plan::mixed(arguments.principals, Algorithm::Es256)?;
    let mut rows = Vec::new();
    for (name, attack) in ATTACKS.iter().filter(|(name, _)| arguments.wants(name)) {
        let field = Field::open(&plan, program)?;
        let row = one(name, *attack, &plan, &palisade::start_attacked(&field)?)?;
        say::progress(&styled(FAINT, &row.line()));
        rows.push(row);
    }
    let text = table(&rows, arguments);
    say::result(&text);
    if arguments.write { write("attacks", &text) } else { Ok(()) }
}

/// Attacks a gateway of its own, which honest callers ask all the while.
fn one(name: &'static str, attack: Attack, plan: &Plan, contender: &Contender) -> Outcome<Row> {
    let during = |failure: Failure| failure.during(name);
    let honest = || plan.send(contender.address, &contender.way, HONEST_REQUESTS, HONEST_CONNECTIONS);
    let resident_mb = || contender.process.usage().map(|usage| usage.resident_bytes as f64 / 1e6);
    honest().map_err(during)?;
    let (read, write) = plan.heads();
    let target = Target { address: contender.address, read, write };
    let before_mb = resident_mb()?;
    let is_over = AtomicBool::new(false);
    let (became, latencies, most_mb) = std::thread::scope(|scope| {
        let asking = scope.spawn(|| {
            let mut all = honest()?;
            while !is_over.load(Ordering::Relaxed) {
                all = all.and(honest()?);
            }
            Ok(all)
        });
        let looking = scope.spawn(|| {
            let mut most = before_mb;
            while !is_over.load(Ordering::Relaxed) {
                most = resident_mb()?.max(most);
                std::thread::sleep(LOOK_AGAIN);
            }
            Ok(most)
        });
        let became = attack(&target);
        is_over.store(true, Ordering::Relaxed);
        let panicked = |_| Failure::new("a thread of the benchmark panicked");
        (became, asking.join().map_err(panicked).flatten(), looking.join().map_err(panicked).flatten())
    });
    let (became, honest_latencies) = (became.map_err(during)?, latencies.map_err(during)?);
    honest().map_err(during)?;
    Ok(Row { name, became, before_mb, most_mb: most_mb?, after_mb: resident_mb()?, honest: honest_latencies })
}

impl Row {
    fn line(&self) -> String {
        format!(
            "| {} | {} | {:.0} | {:.0} | {:.0} | {:.1} | {:.1} |",
            self.name,
            self.became,
            self.before_mb,
            self.most_mb,
            self.after_mb,
            self.honest.quantile(0.5).as_secs_f64() * 1e3,
            self.honest.quantile(0.99).as_secs_f64() * 1e3,
        )
    }
}

fn table(rows: &[Row], arguments: &Arguments) -> String {
    let mut text =
        "| attack | what became of it | MB before | at most | after | honest p50 ms | honest p99 ms |\n\
                    |---|---|---:|---:|---:|---:|---:|\n"
            .to_owned();
    for row in rows {
        text.push_str(&row.line());
        text.push('\n');
    }
    format!("{text}\n{}", report::attack_circumstances(arguments)).trim_end().to_owned()
}

/// How long something took, as a reader wants it.
fn seconds(since: Instant) -> String {
    format!("{:.1} s", since.elapsed().as_secs_f64())
}

/// Files that this process, and those that it starts, may have open.
fn files_max() -> Outcome<u64> {
    let limits = std::fs::read_to_string("/proc/self/limits").map_err(because("cannot read the limits"))?;
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"));
    let soft = line.and_then(|line| line.split_whitespace().next()).unwrap_or_default();
    Ok(if soft == "unlimited" { u64::MAX } else { soft.parse().unwrap_or(0) })
}
