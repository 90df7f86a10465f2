//! How long a review of a document takes, beside linters of others, in interleaved rounds.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::report::Spread;
use super::{Arguments, contender_command, machine, write};
use crate::failure::{Failure, Outcome, because};
use crate::process::{Run, run_to_end};
use crate::say::{self, FAINT, styled};
use crate::tools;

/// What Spectral is told to ask: its rules of the OWASP API Security Top 10.
const RULESET: &str = "extends: ['@stoplight/spectral-owasp-ruleset']\n";

const NAMES: [&str; 3] = ["palisade review", "spectral, OWASP ruleset", "redocly, recommended rules"];

/// Reviews each of `documents` with each of the programs, as often as there are rounds.
pub(super) fn run(arguments: &Arguments, program: &Path, documents: &[PathBuf]) -> Outcome<()> {
    if documents.is_empty() {
        return Err(Failure::new("no document to review").help("name some after `review`"));
    }
    let folder = tools::linters()?;
    let ruleset = folder.join("ruleset.yaml");
    std::fs::write(&ruleset, RULESET).map_err(because(format!("cannot write `{}`", ruleset.display())))?;
    let mut table =
        "| document | KB | program | seconds (least to most) | of palisade | memory MB | of palisade |\n\
                     |---|---:|---|---:|---:|---:|---:|\n"
            .to_owned();
    for document in documents {
        let mut runs = NAMES.map(|_| Vec::new());
        for round in 1..=arguments.rounds {
            for (name, runs) in NAMES.iter().zip(&mut runs) {
                let run = run_to_end(name, &mut command(name, program, &folder, document), Stdio::null())?;
                let line = format!(
                    "round {round}/{}  {name:<26} {:7.2} s  {:7.1} MB  {}",
                    arguments.rounds,
                    run.elapsed.as_secs_f64(),
                    run.peak_bytes as f64 / 1e6,
                    document.display(),
                );
                say::progress(&styled(FAINT, &line));
                runs.push(run);
            }
        }
        table.push_str(&rows(document, &runs)?);
    }
    let report = format!("{table}\n{}", circumstances(arguments, &folder));
    say::result(&report);
    if arguments.write { write("review", report.trim_end()) } else { Ok(()) }
}

fn command(name: &str, program: &Path, folder: &Path, document: &Path) -> Command {
    let installed = |name: &str| contender_command(&folder.join("node_modules/.bin").join(name));
    let mut command = match name {
        "palisade review" => contender_command(program),
        "spectral, OWASP ruleset" => installed("spectral"),
        _ => installed("redocly"),
    };
    match name {
        "palisade review" => command.args(["review", "--format", "json"]),
        "spectral, OWASP ruleset" => command
            .args(["lint", "--quiet", "--format", "json", "--ruleset"])
            .arg(folder.join("ruleset.yaml")),
        _ => command.args(["lint", "--format", "json"]),
    };
    command.arg(document);
    command
}

/// A row a program. One that does not end as programs end that found something has no numbers.
fn rows(document: &Path, runs: &[Vec<Run>; 3]) -> Outcome<String> {
    let bytes =
        std::fs::metadata(document).map_err(because(format!("cannot read `{}`", document.display())))?.len();
    let name = document.file_name().unwrap_or_default().to_string_lossy();
    let seconds = |runs: &[Run]| Spread::of(runs.iter().map(|run| run.elapsed.as_secs_f64()));
    let megabytes = |runs: &[Run]| Spread::of(runs.iter().map(|run| run.peak_bytes as f64 / 1e6)).median;
    let [own, ..] = runs;
    let mut text = String::new();
    for (program, runs) in NAMES.iter().zip(runs) {
        let (time, memory) = (seconds(runs), megabytes(runs));
        let failed = runs.iter().find(|run| !run.is_judged);
        text.push_str(&match failed {
            Some(run) => format!(
                "| {name} | {} | {program} | failed with {} after {:.2} | - | {memory:.0} | - |\n",
                bytes / 1000,
                run.status,
                time.median
            ),
            None => format!(
                "| {name} | {} | {program} | {:.2} ({:.2} to {:.2}) | {:.0} × | {memory:.0} | {:.1} × |\n",
                bytes / 1000,
                time.median,
                time.least,
                time.most,
                time.median / seconds(own).median,
                memory / megabytes(own),
            ),
        });
    }
    Ok(text)
}

fn circumstances(arguments: &Arguments, folder: &Path) -> String {
    let version = |name: &str| {
        let program = folder.join("node_modules/.bin").join(name);
        machine::said(&program.to_string_lossy(), &["--version"])
    };
    format!(
        "- command: `cargo xtask bench review --rounds {} DOCUMENT…`\n{}- each program on core {}, from its start to its end; memory \
         is the most that was resident\n- spectral: {}\n- redocly: {}\n",
        arguments.rounds,
        machine::facts(),
        machine::contender_core(),
        version("spectral"),
        version("redocly"),
    )
}
