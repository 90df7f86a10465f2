//! `cargo xtask bench`: what a request costs the gateway, beside other proxies, in interleaved rounds on one machine.

mod attacks;
mod beside;
mod chance;
mod code;
mod controls;
mod envoy;
mod field;
mod growth;
mod haproxy;
mod load;
mod logs;
mod machine;
mod nginx;
mod palisade;
mod pem;
mod report;
mod request;
mod review;
mod sample;
mod traffic;
mod training;
mod way;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use identity::Algorithm;

use crate::failure::{Failure, Outcome, because};
use crate::say::{self, FAINT, styled};
use crate::{release, steps, trained, workspace};
use field::{Contender, Field};
use load::Plan;
use sample::Sample;

/// Goes before the gateway that is measured, on the command line of the copy of this program that does the work.
const INNER: &str = "--inner=";

/// What `cargo xtask bench` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// What else to measure, instead of the cost beside others
    #[command(subcommand)]
    mode: Option<Mode>,
    /// Rounds over all contenders
    #[arg(long, default_value_t = 5, global = true)]
    rounds: usize,
    /// Requests a round
    #[arg(long, default_value_t = 40_000, global = true)]
    requests: usize,
    /// Connections that are kept open
    #[arg(long, default_value_t = 32, global = true)]
    connections: usize,
    /// Callers, each with a token
    #[arg(long, default_value_t = 100, global = true)]
    principals: usize,
    /// How tokens are signed
    #[arg(long, value_enum, default_value = "rs256", global = true)]
    algorithm: Signing,
    /// Only contenders whose name has one of these words in it
    #[arg(long, value_delimiter = ',', global = true)]
    only: Vec<String>,
    /// Put the result into bench/RESULTS.md
    #[arg(long, global = true)]
    write: bool,
    /// The gateway that is measured; set on the copy of this program that does the work
    #[arg(long, hide = true, global = true)]
    inner: Option<PathBuf>,
}

#[derive(Debug, Clone, PartialEq, Eq, clap::Subcommand)]
enum Mode {
    /// What each control costs alone, and all together
    Controls,
    /// Operations 10 to 10,000, principals 1 to 100,000, bodies 200 B to 1 MB
    Growth,
    /// What becomes of floods, bombs and slowness, and of honest callers meanwhile
    Attacks,
    /// What a review of documents takes, beside linters of others
    Review {
        /// The documents, OpenAPI
        documents: Vec<PathBuf>,
    },
    /// Lines of logs that `discover` reads a second, beside GoAccess, awk and jq
    Logs {
        /// Lines of each format
        #[arg(long, default_value_t = 300_000)]
        lines: usize,
    },
    /// Bytes of captures that `discover` reads a second, beside tshark
    Traffic,
    /// Lines of source code that `discover` reads a second, beside programs that count or search them
    Code {
        /// Copies of each program in the tree
        #[arg(long, default_value_t = 25)]
        copies: usize,
    },
    /// Some of everything, for the compiler to watch
    #[command(hide = true)]
    Training,
}

/// How the tokens of the load are signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Signing {
    Rs256,
    Es256,
}

impl From<Signing> for Algorithm {
    fn from(signing: Signing) -> Self {
        match signing {
            Signing::Rs256 => Self::Rs256,
            Signing::Es256 => Self::Es256,
        }
    }
}

impl Arguments {
    fn wants(&self, name: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|word| name.contains(word.as_str()))
    }
}

pub(crate) fn run(arguments: &Arguments) -> Outcome<()> {
    let Some(program) = &arguments.inner else { return run_release(arguments) };
    match &arguments.mode {
        None => compare(arguments, program),
        Some(Mode::Controls) => controls::run(arguments, program),
        Some(Mode::Growth) => growth::run(arguments, program),
        Some(Mode::Attacks) => attacks::run(arguments, program),
        Some(Mode::Review { documents }) => review::run(arguments, program, documents),
        Some(Mode::Logs { lines }) => logs::run(arguments, program, *lines),
        Some(Mode::Traffic) => traffic::run(arguments, program),
        Some(Mode::Code { copies }) => code::run(arguments, program, *copies),
        Some(Mode::Training) => training::run(arguments, program),
    }
}

/// Puts `program`, a gateway that is watched, under load.
pub(crate) fn train(program: &Path) -> Outcome<()> {
    inner(&["bench".into(), "training".into(), "--requests=4000".into()], program)
}

/// Runs this program, optimised, on the last core, and leaves the first to whoever is measured.
fn run_release(arguments: &Arguments) -> Outcome<()> {
    if arguments.mode.is_some()
        || field::CONTENDERS.iter().any(|(name, _)| name.contains("palisade") && arguments.wants(name))
    {
        trained::build()?;
    }
    let typed: Vec<OsString> = std::env::args_os().skip(1).collect();
    inner(&typed, &trained::path()?)
}

/// Runs this program once more, optimised, and tells it which gateway to measure.
fn inner(arguments: &[OsString], gateway: &Path) -> Outcome<()> {
    let program = release::quick("xtask")?;
    let mut command = machine::on_core(machine::load_core(), &program);
    let mut inner = OsString::from(INNER);
    inner.push(gateway);
    steps::run(command.args(arguments).arg(inner).current_dir(workspace::root()))
}

fn compare(arguments: &Arguments, program: &Path) -> Outcome<()> {
    let plan = Plan::mixed(arguments.principals, arguments.algorithm.into())?;
    let field = Field::open(&plan, program)?;
    let contenders = contenders(&field, arguments)?;
    let mut samples: Vec<Vec<Sample>> = contenders.iter().map(|_| Vec::new()).collect();
    for round in 1..=arguments.rounds {
        for (contender, samples) in contenders.iter().zip(&mut samples) {
            let sample = sample::take(contender, &plan, arguments.requests, arguments.connections)?;
            let line =
                format!("round {round}/{}  {:<26} {}", arguments.rounds, contender.name, sample.line());
            say::progress(&styled(FAINT, &line));
            samples.push(sample);
        }
    }
    let report = report::comparison(arguments, &contenders, &samples);
    say::result(&report);
    if arguments.write { write("comparison", &report) } else { Ok(()) }
}

fn contenders(field: &Field, arguments: &Arguments) -> Outcome<Vec<Contender>> {
    let mut contenders = Vec::new();
    for (name, start) in field::CONTENDERS {
        if arguments.wants(name) {
            contenders.push(start(name, field)?);
        }
    }
    if contenders.is_empty() {
        return Err(Failure::new("`--only` leaves no contender").help(field::names()));
    }
    Ok(contenders)
}

/// Puts `text` between the marks of `section` in the file of results.
fn write(section: &str, text: &str) -> Outcome<()> {
    let path = workspace::root().join("bench/RESULTS.md");
    let kept =
        std::fs::read_to_string(&path).map_err(because(format!("cannot read `{}`", path.display())))?;
    let (open, close) = (format!("<!-- {section} -->"), format!("<!-- /{section} -->"));
    let parts = kept.split_once(&open).and_then(|(before, rest)| Some((before, rest.split_once(&close)?.1)));
    let Some((before, after)) = parts else {
        return Err(Failure::new(format!("`{}` has no marks `{open}` and `{close}`", path.display())));
    };
    let text = format!("{before}{open}\n{text}\n{close}{after}");
    std::fs::write(&path, text).map_err(because(format!("cannot write `{}`", path.display())))?;
    say::progress("wrote bench/RESULTS.md");
    Ok(())
}

/// A command line of this benchmark, as typed.
fn command_line() -> String {
    let words = std::env::args().skip(1).filter(|word| !word.starts_with(INNER));
    std::iter::once("cargo xtask".to_owned()).chain(words).collect::<Vec<_>>().join(" ")
}

/// A program that is told where to write, started on the core of whoever is measured.
fn contender_command(program: &Path) -> Command {
    machine::on_core(machine::contender_core(), program)
}
