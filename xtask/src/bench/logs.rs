//! How many lines of logs are read a second, beside GoAccess, awk and jq, on one core.

mod formats;

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use super::beside::{self, Input, Reader};
use super::request::{CLIENTS, OPERATIONS, Requests};
use super::{Arguments, machine, write};
use crate::failure::{Outcome, because};
use crate::say;
use crate::tools;
use formats::{Counter, FORMATS, Format};

/// Panels of GoAccess that tell of neither requests nor statuses.
const OTHER_PANELS: &[&str] = &[
    "VISITORS",
    "REQUESTS_STATIC",
    "NOT_FOUND",
    "HOSTS",
    "OS",
    "BROWSERS",
    "VISIT_TIMES",
    "VIRTUAL_HOSTS",
    "REFERRERS",
    "REFERRING_SITES",
    "KEYPHRASES",
    "GEO_LOCATION",
    "REMOTE_USER",
    "CACHE_STATUS",
    "MIME_TYPE",
    "TLS_TYPE",
];

/// Prints how often each key came; a script of awk before it counts them.
const COUNTS: &str = "END { for (key in counts) print counts[key], key }";

pub(super) fn run(arguments: &Arguments, program: &Path, lines: usize) -> Outcome<()> {
    let mut table = beside::head("format", "lines/s", "requests");
    for format in FORMATS.iter().filter(|format| arguments.wants(format.name)) {
        table.push_str(&measured(arguments, program, format, lines)?);
    }
    let report = format!("{table}\n{}", beside::circumstances(arguments, &notes(lines)));
    say::result(&report);
    if arguments.write { write("logs", report.trim_end()) } else { Ok(()) }
}

/// The rows of one format, whose file is removed again.
fn measured(arguments: &Arguments, program: &Path, format: &Format, lines: usize) -> Outcome<String> {
    let path = beside::folder()?.join("access.log");
    let bytes =
        generate(&path, format, lines).map_err(because(format!("cannot write `{}`", path.display())))?;
    let input = Input { name: format.name, bytes, amount: lines as f64 };
    let rows = beside::rows(&input, &mut readers(program, format, &path)?, arguments.rounds)?;
    std::fs::remove_file(&path).map_err(because(format!("cannot remove `{}`", path.display())))?;
    Ok(rows)
}

/// Writes a log of so many requests; how many bytes it has.
fn generate(path: &Path, format: &Format, lines: usize) -> std::io::Result<u64> {
    let mut file = BufWriter::new(File::create(path)?);
    file.write_all(format.head.as_bytes())?;
    for request in Requests::default().take(lines) {
        let line = (format.line)(&request);
        writeln!(file, "{line}")?;
    }
    file.flush()?;
    Ok(file.get_ref().metadata()?.len())
}

fn readers(program: &Path, format: &Format, log: &Path) -> Outcome<Vec<Reader>> {
    let own = ["discover", "logs", "--dry-run", "--workers", "1", "--format", "json"];
    let mut readers = vec![Reader {
        name: "palisade discover logs",
        command: beside::command(program, &own),
        found: beside::requests_of_palisade,
    }];
    let goaccess = tools::debian("goaccess", "goaccess")?;
    let quiet = ["--no-global-config", "--no-progress", "--no-query-string", "--output=json"];
    for (name, ignored) in
        [("goaccess, all panels", &[][..]), ("goaccess, requests and statuses", OTHER_PANELS)]
    {
        let mut command = beside::command(&goaccess, &quiet);
        command.args(format.goaccess).args(ignored.iter().map(|panel| format!("--ignore-panel={panel}")));
        readers.push(Reader { name, command, found: of_goaccess });
    }
    match format.counter {
        Counter::Awk(script) => {
            for (name, package) in [("mawk", "mawk"), ("gawk", "gawk")] {
                let command =
                    beside::command(&tools::debian(name, package)?, &[&format!("{script} {COUNTS}")]);
                readers.push(Reader { name, command, found: of_counts });
            }
        }
        Counter::Jq(filter) => {
            tools::debian("jq", "jq")?;
            let count = format!("mawk '{{ counts[$0]++ }} {COUNTS}'");
            let script = format!("jq --raw-output '{filter}' \"$0\" | {count}");
            let command = beside::command(&tools::debian("sh", "dash")?, &["-c", &script]);
            readers.push(Reader { name: "jq, counted by mawk", command, found: of_counts });
        }
    }
    for reader in &mut readers {
        reader.command.arg(log);
    }
    Ok(readers)
}

fn of_goaccess(printed: &str) -> Option<u64> {
    let report: serde_json::Value = serde_json::from_str(printed).ok()?;
    report.pointer("/general/valid_requests")?.as_u64()
}

fn of_counts(printed: &str) -> Option<u64> {
    printed.lines().map(|line| line.split_once(' ')?.0.parse::<u64>().ok()).sum()
}

fn notes(lines: usize) -> Vec<String> {
    vec![
        format!(
            "each file has {lines} lines, generated, the same in each run: {} operations, most of them with ids in the path, of \
             {CLIENTS} clients; one line in a hundred asks for what is not there",
            OPERATIONS.len()
        ),
        "palisade discover logs: finds out which format each line is in, checks and takes all of it in (time, client, credentials, \
         query), learns templates of paths, and counts by operation; `--dry-run`, one worker"
            .to_owned(),
        format!(
            "goaccess, all panels: {}; is told the format; counts paths as they are, and visitors, hosts, browsers, systems and \
             referrers beside them; learns no templates",
            machine::said("goaccess", &["--version"]).trim_end_matches('.')
        ),
        "goaccess, requests and statuses: the same without the other panels, `--ignore-panel` for each".to_owned(),
        format!(
            "mawk, gawk: {}; {}; a script for the one format, which takes columns by their number, checks nothing, and counts by \
             method, path without query, and status",
            machine::said("mawk", &["-W", "version"]),
            machine::said("gawk", &["--version"])
        ),
        format!(
            "jq, counted by mawk: {}; takes three members of each object, which mawk counts",
            machine::said("jq", &["--version"])
        ),
    ]
}

#[test]
fn what_programs_found_is_read_from_what_they_print() {
    assert_eq!(of_goaccess(r#"{"general":{"valid_requests":7}}"#), Some(7));
    assert_eq!(of_counts("3 GET /a 200\n4 GET /b 200\n"), Some(7));
    assert_eq!(of_counts("GET /a 200\n"), None);
}
