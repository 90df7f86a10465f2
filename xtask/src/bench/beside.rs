//! Programs that read the same input one after the other, in interleaved rounds on one core: what each takes of Palisade's.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::report::Spread;
use super::{Arguments, command_line, contender_command, machine};
use crate::failure::{Failure, Outcome, because};
use crate::process::{Run, run_to_end};
use crate::say::{self, FAINT, styled};
use crate::workspace::target;

/// A program that reads the input.
#[derive(Debug)]
pub(super) struct Reader {
    pub(super) name: &'static str,
    pub(super) command: Command,
    /// How many of what is looked for are in what it printed.
    pub(super) found: fn(&str) -> Option<u64>,
}

/// What all of them read.
#[derive(Debug)]
pub(super) struct Input {
    pub(super) name: &'static str,
    pub(super) bytes: u64,
    /// How much of what speed is told in.
    pub(super) amount: f64,
}

/// A folder for generated input and for what programs print.
pub(super) fn folder() -> Outcome<PathBuf> {
    let folder = target().join("bench");
    std::fs::create_dir_all(&folder).map_err(because(format!("cannot make `{}`", folder.display())))?;
    Ok(folder)
}

/// A program of a contender, which speaks no language of people.
pub(super) fn command(program: &Path, arguments: &[&str]) -> Command {
    let mut command = contender_command(program);
    command.args(arguments).env("LC_ALL", "C");
    command
}

/// The head of a table of [`rows`], with the words for the input, for speed and for what is found.
pub(super) fn head(input: &str, speed: &str, found: &str) -> String {
    format!(
        "| {input} | program | CPU, of palisade | {speed} a core (least to most) | {found} | memory MB | of palisade |\n\
         |---|---|---:|---:|---:|---:|---:|\n"
    )
}

/// Lets all of `readers`, of which the first is Palisade, read `input` in turn: a row of each.
pub(super) fn rows(input: &Input, readers: &mut [Reader], rounds: usize) -> Outcome<String> {
    let output = folder()?.join("printed");
    let mut runs: Vec<Vec<Run>> = readers.iter().map(|_| Vec::new()).collect();
    let mut found = Vec::new();
    for round in 1..=rounds {
        for (reader, runs) in readers.iter_mut().zip(&mut runs) {
            let run = one(reader, &output)?;
            let line = format!(
                "round {round}/{rounds}  {:<14} {:<28} {:7.2} s CPU  {:7.1} MB",
                input.name,
                reader.name,
                run.processor.as_secs_f64(),
                run.peak_bytes as f64 / 1e6,
            );
            say::progress(&styled(FAINT, &line));
            runs.push(run);
            if round == 1 {
                found.push((reader.found)(&printed(&output)?));
            }
        }
    }
    let own = runs.first().map(Vec::as_slice).unwrap_or_default();
    let rows = readers.iter().zip(&runs).zip(found);
    Ok(rows.map(|((reader, runs), found)| row(input, reader, (runs, own), found)).collect())
}

fn one(reader: &mut Reader, output: &Path) -> Outcome<Run> {
    let file = File::create(output).map_err(because(format!("cannot write `{}`", output.display())))?;
    let run = run_to_end(reader.name, &mut reader.command, file.into())?;
    if run.status.success() {
        return Ok(run);
    }
    Err(Failure::new(format!("{} ended with {}", reader.name, run.status))
        .help(format!("run it alone: {:?}", reader.command)))
}

fn printed(output: &Path) -> Outcome<String> {
    let bytes = std::fs::read(output).map_err(because(format!("cannot read `{}`", output.display())))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn row(input: &Input, reader: &Reader, (runs, own): (&[Run], &[Run]), found: Option<u64>) -> String {
    let seconds = |run: &Run| run.processor.as_secs_f64();
    let megabytes = |runs: &[Run]| Spread::of(runs.iter().map(|run| run.peak_bytes as f64 / 1e6)).median;
    let ratio = Spread::of(runs.iter().zip(own).map(|(run, own)| seconds(run) / seconds(own))).median;
    let speed = Spread::of(runs.iter().map(|run| input.amount / seconds(run)));
    format!(
        "| {}, {} MB | {} | {ratio:.2} × | {} ({} to {}) | {} | {:.0} | {:.1} × |\n",
        input.name,
        input.bytes / 1_000_000,
        reader.name,
        digits(speed.median),
        digits(speed.least),
        digits(speed.most),
        found.map_or_else(|| "-".to_owned(), |found| found.to_string()),
        megabytes(runs),
        megabytes(runs) / megabytes(own),
    )
}

/// Three digits of a number, as precise as such numbers are.
fn digits(number: f64) -> String {
    if number >= 1000.0 {
        let unit = 10_f64.powf(number.log10().floor() - 2.0);
        return format!("{:.0}", (number / unit).round() * unit);
    }
    if number >= 100.0 { format!("{number:.0}") } else { format!("{number:.1}") }
}

/// Requests that a report of Palisade tells of: those of operations, and those that are of none.
pub(super) fn requests_of_palisade(printed: &str) -> Option<u64> {
    let report: serde_json::Value = serde_json::from_str(printed).ok()?;
    let operations = report.get("operations")?.as_array()?.iter();
    let sources = operations.filter_map(|operation| operation.get("sources")?.as_array()).flatten();
    let counted: u64 = sources.filter_map(|source| source.get("count")?.as_u64()).sum();
    let of_none =
        ["requests", "no_request", "not_kept"].map(|name| report.get("unanswered")?.get(name)?.as_u64());
    Some(counted + of_none.into_iter().flatten().sum::<u64>())
}

/// What a reader needs to take the numbers again; each of `others` says what a program does and does not do.
pub(super) fn circumstances(arguments: &Arguments, others: &[String]) -> String {
    let mut text = format!(
        "- command: `{}`\n{}- {} rounds; each program on core {}, from its start to its end: CPU time in user and kernel mode \
         over all its threads and processes, by the kernel's own count; memory is the most that was resident\n",
        command_line(),
        machine::facts(),
        arguments.rounds,
        machine::contender_core(),
    );
    for other in others {
        text.push_str(&format!("- {other}\n"));
    }
    text
}

#[test]
fn numbers_have_three_digits() {
    let all = [1_234_567.0, 999.9, 99.96, 3.16];
    assert_eq!(all.map(digits), ["1230000", "1000", "100.0", "3.2"]);
}

#[test]
fn requests_are_read_from_what_palisade_prints() {
    let report = r#"{"operations":[{"sources":[{"kind":"traffic","count":3}]},{"sources":[{"kind":"spec"}]}],
        "unanswered":{"requests":2,"paths":9,"no_request":1,"not_kept":0}}"#;
    assert_eq!(requests_of_palisade(report), Some(6));
    assert_eq!(requests_of_palisade("{}"), None);
}
