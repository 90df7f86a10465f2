//! What was in the files, as it is said on standard error.

use discover::{FileReport, Written};

/// What things are called that differ between logs and recorded traffic.
#[derive(Debug)]
pub(super) struct Words {
    /// What files are made of.
    pub(super) records: &'static str,
    /// What those are that cannot be read.
    unknown: &'static str,
    /// What is said where no file tells of a request.
    pub(super) no_request: &'static str,
}

impl Words {
    /// Those for files that are so written.
    pub(super) fn of(written: Written<'_>) -> Words {
        match written {
            Written::Lines(_) => Words {
                records: "lines",
                unknown: "like no format",
                no_request: "error: no line tells of a request\n  help: say how lines are made with `--pattern`; `palisade discover traffic` reads recorded traffic\n",
            },
            Written::Traffic(_) => Words {
                records: "records",
                unknown: "damaged",
                no_request: "error: no file tells of a request\n  help: `palisade discover logs` reads access logs\n",
            },
        }
    }
}

/// What was in the files: one line each where something could not be read, and one for all of them.
pub(super) fn text<'f>(files: impl Iterator<Item = (&'f String, &'f FileReport)>, words: &Words) -> String {
    let (names, files): (Vec<&String>, Vec<&FileReport>) = files.unzip();
    let mut text = String::new();
    for (name, file) in names.iter().zip(&files) {
        let name = name.escape_debug();
        if let Some(fault) = &file.fault {
            text.push_str(&format!("warning: `{name}` was not read to its end: {fault}\n"));
        }
        if file.dropped > 0 {
            let count = file.dropped;
            text.push_str(&format!(
                "warning: {count} packets of `{name}` came faster than they were taken\n"
            ));
        }
        if file.unknown > 0 {
            text.push_str(&format!(
                "warning: {} of {} {} of `{name}` are {}\n",
                file.unknown, file.lines, words.records, words.unknown
            ));
            for (number, line) in &file.shown {
                text.push_str(&format!("  {number}: {}\n", line.escape_debug()));
            }
        }
    }
    let count = |of: fn(&FileReport) -> u64| files.iter().map(|file| of(file)).sum::<u64>();
    let requests = count(|file| file.formats.values().sum());
    let mut formats: Vec<&str> = files.iter().flat_map(|file| file.formats.keys().copied()).collect();
    formats.sort_unstable();
    formats.dedup();
    text.push_str(&format!(
        "{} {}, {requests} requests, {} {}; {} of {} files; formats: {}\n",
        count(|file| file.lines),
        words.records,
        count(|file| file.unknown),
        words.unknown,
        files.iter().filter(|file| !file.formats.is_empty()).count(),
        files.len(),
        if formats.is_empty() { "none".to_owned() } else { formats.join(", ") },
    ));
    text
}
