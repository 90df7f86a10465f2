//! `palisade discover logs`: the operations that logs tell of, and how they stand to what is declared.

mod operations;
mod progress;
mod table;

use std::path::Path;
use std::thread;

use discover::logs::{ALL, Formats};
use discover::{FileReport, LearnLimits, Pattern, Progress, Read, Reading, Source, sources};
use model::{Problem, Severity};
use spec::{Contract, Document, Library, LibraryLimits, Location};

use crate::cli::{DiscoverLogs, Exit};
use crate::load::read_file;
use crate::output::{self, Format, Look, problems};
use operations::Listed;

/// Largest document that a specification refers to, in bytes.
const DOCUMENT_BYTES_MAX: usize = 64 << 20;

/// Reads the logs that the arguments name, and says what they tell.
pub(crate) fn run(arguments: &DiscoverLogs) -> Exit {
    let (contracts, documents, mut wrong) = contracts(&arguments.spec);
    let formats = match arguments.pattern.as_deref().map(Pattern::parse) {
        None => Formats::of(ALL),
        Some(Ok(pattern)) => Formats::own(pattern),
        Some(Err(fault)) => {
            wrong.push(Problem::error(format!("the pattern {fault}")));
            Formats::of(&[])
        }
    };
    if wrong.iter().any(|problem| problem.severity == Severity::Error) {
        return problems::refuse(wrong, &documents, arguments.format);
    }
    let (sources, missing) = sources(&arguments.paths);
    if !missing.is_empty() {
        return fail(&problems::text(missing, &|_| None, Look::of_stderr()));
    }
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let workers = arguments.workers.map_or(cores, usize::from);
    let limits = LearnLimits::default();
    let reading = Reading { formats: &formats, contracts: &contracts, limits, workers };
    let read = read(&reading, &sources);
    let told = told(&sources, &read);
    if output::report(&told).is_err() {
        return Exit::Failed;
    }
    if read.files.iter().all(|file| file.formats.is_empty()) {
        return fail("error: no line tells of a request\n  help: say how lines are made with `--pattern`\n");
    }
    let files: Vec<String> = sources.into_iter().map(|source| source.name).collect();
    finish(arguments, &contracts, &files, &read)
}

fn finish(arguments: &DiscoverLogs, contracts: &[Contract], files: &[String], read: &Read) -> Exit {
    if let Some(path) = &arguments.openapi {
        let document = discover::openapi(&read.findings.lesson.operations);
        let written = serde_json::to_string_pretty(&document)
            .map_err(std::io::Error::other)
            .and_then(|text| std::fs::write(path, text + "\n"));
        if let Err(error) = written {
            return fail(&format!("error: `{}` cannot be written: {error}\n", path.display()));
        }
    }
    let listed = operations::listed(contracts, &read.findings, files);
    let is_found = |status| listed.iter().any(|operation: &Listed| operation.status == Some(status));
    let exit = if arguments.fail_on.iter().copied().any(is_found) { Exit::Findings } else { Exit::Clean };
    let text = match arguments.format {
        Format::Text => Ok(table::text(&listed, &read.findings, Look::of_stdout())),
        Format::Json => operations::json(&listed, files, read),
    };
    match text.map(|text| output::print(&text)) {
        Ok(Ok(())) => exit,
        Ok(Err(_)) | Err(_) => Exit::Failed,
    }
}

/// Reads, and says how far it is on a terminal.
fn read(reading: &Reading<'_>, sources: &[Source]) -> Read {
    let progress = Progress::default();
    let total: Option<u64> = sources.iter().map(Source::length).sum();
    progress::shown(&progress, total, || reading.read(sources, &progress))
}

/// What was in the files: one line each where something could not be read, and one for all of them.
fn told(sources: &[Source], read: &Read) -> String {
    let mut text = String::new();
    for (source, file) in sources.iter().zip(&read.files) {
        let name = source.name.escape_debug();
        if let Some(fault) = &file.fault {
            text.push_str(&format!("warning: `{name}` was not read to its end: {fault}\n"));
        }
        if file.unknown > 0 {
            text.push_str(&format!(
                "warning: {} of {} lines of `{name}` are like no format\n",
                file.unknown, file.lines
            ));
            for (number, line) in &file.shown {
                text.push_str(&format!("  {number}: {}\n", line.escape_debug()));
            }
        }
    }
    let count = |of: fn(&FileReport) -> u64| read.files.iter().map(of).sum::<u64>();
    let requests = count(|file| file.formats.values().sum());
    let mut formats: Vec<&str> = read.files.iter().flat_map(|file| file.formats.keys().copied()).collect();
    formats.sort_unstable();
    formats.dedup();
    text.push_str(&format!(
        "{} lines, {requests} requests, {} like no format; {} of {} files; formats: {}\n",
        count(|file| file.lines),
        count(|file| file.unknown),
        read.files.iter().filter(|file| !file.formats.is_empty()).count(),
        read.files.len(),
        if formats.is_empty() { "none".to_owned() } else { formats.join(", ") },
    ));
    text
}

/// What the specifications declare, their documents, and what is wrong with them.
fn contracts(paths: &[std::path::PathBuf]) -> (Vec<Contract>, Vec<Document>, Vec<Problem>) {
    let (mut contracts, mut documents, mut problems) = (Vec::new(), Vec::new(), Vec::new());
    for path in paths {
        let name = path.to_string_lossy();
        let bytes = match read_file(path) {
            Ok(bytes) => bytes,
            Err(error) => {
                problems.push(Problem::error(format!("`{name}` cannot be read: {error}")));
                continue;
            }
        };
        let (document, parsing) = Document::parse(&name, bytes, &spec::Limits::default());
        let folder = path.parent().unwrap_or(Path::new("")).to_path_buf();
        let load = |location: Location<'_>| match location {
            Location::File(file) => spec::read_below(&folder, file, DOCUMENT_BYTES_MAX),
            Location::Url(_) => Err(std::io::ErrorKind::Unsupported.into()),
        };
        let (library, loading) = Library::load(document, &LibraryLimits::default(), &load);
        let (contract, compiling) = spec::compile(&library);
        documents.extend(library.documents().iter().cloned());
        problems.extend(parsing.into_iter().chain(loading).chain(compiling));
        contracts.push(contract);
    }
    (contracts, documents, problems)
}

fn fail(message: &str) -> Exit {
    match output::report(message) {
        Ok(()) | Err(_) => Exit::Failed,
    }
}
