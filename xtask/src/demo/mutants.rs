//! `cargo xtask mutants`: whether the demo's traffic notices each single change of the demo's policy.

mod change;
mod equivalent;
mod walk;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use serde_json::Value;

use super::attempt::Attempt;
use super::issuer::Issuer;
use super::policy::Policy;
use super::stage::{self, Backend};
use super::{traffic, wire};
use crate::failure::{Failure, Outcome, because};
use crate::gateway::{Gateway, address_of};
use crate::say::{self, BAD, FAINT, styled};
use crate::workspace;
use equivalent::EQUIVALENT;
use walk::Mutant;

/// Mutants that are tried at once; more processors than this do not make it faster.
const LANES_MAX: usize = 8;

/// What the program ends with where a config or a document cannot be used.
const UNUSABLE: i32 = 2;

/// What `cargo xtask mutants` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Use this `palisade` instead of building one
    #[arg(long, value_name = "PATH")]
    pub(crate) binary: Option<PathBuf>,
    /// Say of each change what noticed it
    #[arg(long)]
    pub(crate) list: bool,
}

/// What became of a mutant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// This attempt did not come as it should.
    Noticed(&'static str),
    /// The program does not start with it.
    NotLoaded,
    /// All came as it should.
    Unnoticed,
}

/// Where one mutant after the other is tried.
struct Lane<'l> {
    binary: &'l Path,
    folder: PathBuf,
    attempts: &'l [Attempt],
    backend: Backend,
}

pub(crate) fn run(arguments: &Arguments) -> Outcome<()> {
    let binary = super::binary(arguments.binary.as_deref())?;
    let started = Instant::now();
    let issuer = Issuer::start()?;
    let attempts = traffic::all(&issuer)?;
    let policy = Policy::of(&issuer.url);
    let mut lanes = Vec::new();
    for number in 0..std::thread::available_parallelism().map_or(1, usize::from).min(LANES_MAX) {
        let folder = workspace::target().join(format!("mutants/{number}"));
        lanes.push(Lane { binary: &binary, folder, attempts: &attempts, backend: Backend::start()? });
    }
    let first = lanes.first_mut().ok_or_else(|| Failure::new("there is no lane"))?;
    let in_force = first.unchanged(&walk::unchanged(&policy)?)?;
    let mutants = walk::all(&policy, &in_force)?;
    let fates = fates(lanes, &mutants)?;
    if arguments.list {
        for (mutant, fate) in mutants.iter().zip(&fates) {
            say::result(&format!("{} {}", mutant.line(), styled(FAINT, &fate.words())));
        }
    }
    judge(&mutants, &fates)?;
    let count = |is: fn(&Fate) -> bool| fates.iter().filter(|fate| is(fate)).count();
    say::result(&format!(
        "{} mutants, {} killed by the traffic, {} refused at the start, {} equivalent ({:.1} s)",
        mutants.len(),
        count(|fate| matches!(fate, Fate::Noticed(_))),
        count(|fate| *fate == Fate::NotLoaded),
        count(|fate| *fate == Fate::Unnoticed),
        started.elapsed().as_secs_f64()
    ));
    Ok(())
}

/// The fate of each mutant, in their order; each lane takes the next as soon as it is free.
fn fates(lanes: Vec<Lane<'_>>, mutants: &[Mutant]) -> Outcome<Vec<Fate>> {
    let next = AtomicUsize::new(0);
    let next = &next;
    let done: Vec<Outcome<Vec<(usize, Fate)>>> = std::thread::scope(|scope| {
        let work = |mut lane: Lane<'_>| {
            let mut fates = Vec::new();
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                let Some(mutant) = mutants.get(number) else { return Ok(fates) };
                let fate = lane.attempt(&mutant.policy).map_err(|failure| failure.during(&mutant.line()))?;
                fates.push((number, fate));
            }
        };
        let running: Vec<_> = lanes.into_iter().map(|lane| scope.spawn(move || work(lane))).collect();
        running
            .into_iter()
            .map(|lane| lane.join().unwrap_or_else(|_panic| Err(Failure::new("a lane broke off"))))
            .collect()
    });
    let mut all = Vec::new();
    for fates in done {
        all.extend(fates?);
    }
    all.sort_by_key(|(number, _)| *number);
    Ok(all.into_iter().map(|(_, fate)| fate).collect())
}

/// Every mutant that nothing notices is one that is known to change nothing, and the reverse.
fn judge(mutants: &[Mutant], fates: &[Fate]) -> Outcome<()> {
    let unnoticed: Vec<&Mutant> = mutants
        .iter()
        .zip(fates)
        .filter(|(_, fate)| **fate == Fate::Unnoticed)
        .map(|(mutant, _)| mutant)
        .collect();
    let survivors: Vec<&&Mutant> =
        unnoticed.iter().filter(|mutant| !EQUIVALENT.iter().any(|known| known.is(mutant))).collect();
    for survivor in &survivors {
        say::result(&format!("{} {}", styled(BAD, "survives"), survivor.line()));
    }
    let stale: Vec<_> =
        EQUIVALENT.iter().filter(|known| !unnoticed.iter().any(|mutant| known.is(mutant))).collect();
    for known in &stale {
        say::result(&format!("{} {}", styled(BAD, "listed as equivalent, and is not"), known.line()));
    }
    if survivors.is_empty() && stale.is_empty() {
        return Ok(());
    }
    let message = format!("{} changes of the demo's policy go unnoticed", survivors.len());
    Err(Failure::new(message).help("add an attempt to xtask/src/demo/traffic that it decides"))
}

impl Lane<'_> {
    /// Makes sure that all comes as it should where nothing is changed, and says which controls are in force then.
    fn unchanged(&mut self, policy: &Policy) -> Outcome<BTreeSet<String>> {
        let gateway = self.start(policy)?;
        if let Some(attempt) = self.surprise(&gateway)? {
            let message = format!("without any change, `{attempt}` does not come as it should");
            return Err(Failure::new(message).help("see what came of it: cargo xtask demo --exit"));
        }
        in_force(&gateway)
    }

    fn attempt(&mut self, policy: &Policy) -> Outcome<Fate> {
        match self.start(policy) {
            Ok(gateway) => Ok(self.surprise(&gateway)?.map_or(Fate::Unnoticed, Fate::Noticed)),
            Err(_) if self.is_unusable()? => Ok(Fate::NotLoaded),
            Err(failure) => Err(failure),
        }
    }

    fn start(&mut self, policy: &Policy) -> Outcome<Gateway> {
        self.backend.reopen()?;
        policy.write(&self.folder, &self.backend.url)?;
        stage::gateway(self.binary, &self.folder)
    }

    /// The first attempt that does not come as it should.
    fn surprise(&mut self, gateway: &Gateway) -> Outcome<Option<&'static str>> {
        for attempt in self.attempts {
            let decision = self.backend.behind(gateway.address, attempt.clone())?;
            if !decision.is_expected() {
                return Ok(Some(attempt.what));
            }
        }
        Ok(None)
    }

    /// Whether the program says that it cannot use the files.
    fn is_unusable(&self) -> Outcome<bool> {
        let mut check = Command::new(self.binary);
        check.arg("check").arg("--config").arg(stage::config(&self.folder)).current_dir(&self.folder);
        let quiet = check.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let status = quiet.status().map_err(because("cannot start `palisade check`"))?;
        Ok(status.code() == Some(UNUSABLE))
    }
}

/// Every control that is in force for some operation.
fn in_force(gateway: &Gateway) -> Outcome<BTreeSet<String>> {
    let request = b"GET /snapshot HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
    let answer = wire::exchange(address_of(&gateway.admin)?, request)?;
    let snapshot: Value =
        serde_json::from_slice(&answer.body).map_err(because("cannot read the snapshot"))?;
    let list =
        |value: &Value, name: &str| value.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    let operations = list(&snapshot, "apis").into_iter().flat_map(|api| list(&api, "operations"));
    let controls = operations.flat_map(|operation| list(&operation, "controls"));
    Ok(controls.filter_map(|control| control.get("id")?.as_str().map(str::to_owned)).collect())
}

impl Fate {
    fn words(self) -> String {
        match self {
            Fate::Noticed(attempt) => format!("noticed: {attempt}"),
            Fate::NotLoaded => "refused at the start".to_owned(),
            Fate::Unnoticed => "unnoticed".to_owned(),
        }
    }
}
