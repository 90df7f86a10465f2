//! `palisade discover`: what logs, recorded traffic, code and configs tell of, and how it stands to what is declared.

mod code;
mod compared;
mod config;
mod ending;
mod fields;
mod interface;
mod live;
mod operations;
mod overlay;
mod owners;
mod progress;
mod secrets;
mod table;
mod taking;
mod teller;
mod told;
mod unread;

use std::path::Path;

use discover::inventory::Stamp;
use discover::logs::{ALL, Formats};
use discover::{KeyLog, LearnLimits, Pattern, Progress, Read, Reading, Source, Written, sources};
use model::inventory::{Report, SourceKind};
use model::{Problem, Severity};
use spec::{Contract, Document, Library, LibraryLimits, Location};

use crate::cli::{DiscoverLogs, DiscoverTraffic, Discovery, Exit, Outcome};
use crate::commands::inventory::{Fault, Kept, news};
use crate::load::read_file;
use crate::output::{self, Format, Look, problems};
pub(crate) use code::code;
pub(crate) use config::config;
use live::{Listened, Live};
use operations::Listed;
pub(crate) use secrets::secrets;
use taking::Taking;
use told::Words;

/// Largest document that a specification refers to, in bytes.
const DOCUMENT_BYTES_MAX: usize = 64 << 20;

/// Reads the logs that the arguments name, and says what they tell.
pub(crate) fn logs(arguments: &DiscoverLogs) -> Exit {
    let mut wrong = Vec::new();
    let formats = match arguments.pattern.as_deref().map(Pattern::parse) {
        None => Formats::of(ALL),
        Some(Ok(pattern)) => Formats::own(pattern),
        Some(Err(fault)) => {
            wrong.push(Problem::error(format!("the pattern {fault}")));
            Formats::of(&[])
        }
    };
    let followed = arguments.follow.then_some(&formats);
    let DiscoverLogs { discovery, paths, .. } = arguments;
    let written = Written::Lines(&formats);
    discover(&Live { discovery, written, paths, followed, listened: None }, wrong)
}

/// Reads the recorded traffic that the arguments name, or listens to their interface, and says what it tells.
pub(crate) fn traffic(arguments: &DiscoverTraffic) -> Exit {
    let DiscoverTraffic { discovery, paths, interface, keylog, duration } = arguments;
    let mut keys = KeyLog::default();
    if let Some(name) = interface {
        let listened = Listened { name, keylog, duration: duration.map(|span| span.0) };
        let written = Written::Traffic(&keys);
        let live = Live { discovery, written, paths, followed: None, listened: Some(listened) };
        return discover(&live, Vec::new());
    }
    let mut wrong = Vec::new();
    for path in keylog {
        match read_file(path) {
            Ok(bytes) => keys.add(&String::from_utf8_lossy(&bytes)),
            Err(error) => {
                wrong.push(Problem::error(format!("`{}` cannot be read: {error}", path.display())));
            }
        }
    }
    if wrong.is_empty() && keys.is_empty() && !keylog.is_empty() {
        let help = "a line is `CLIENT_RANDOM`, `CLIENT_TRAFFIC_SECRET_0` or `SERVER_TRAFFIC_SECRET_0` with two hexadecimal numbers";
        wrong.push(Problem::error("the key log has no keys").help(help));
    }
    let written = Written::Traffic(&keys);
    discover(&Live { discovery, written, paths, followed: None, listened: None }, wrong)
}

fn discover(live: &Live<'_>, mut wrong: Vec<Problem>) -> Exit {
    let Live { discovery, written, paths, .. } = *live;
    let declared = declared(&discovery.outcome.spec);
    wrong.extend(declared.problems.iter().cloned());
    if discovery.overlay.is_some() && declared.contracts.len() > 1 {
        let help = "name one specification, and run again for the next";
        wrong.push(Problem::error("an overlay is of one document").help(help));
    }
    if wrong.iter().any(|problem| problem.severity == Severity::Error) {
        return problems::refuse(wrong, &declared.documents(), discovery.outcome.format);
    }
    let is_stream = paths.iter().all(|path| path == Path::new("-"));
    if live.goes_on() || is_stream {
        return live::run(live, &declared);
    }
    let (sources, missing) = sources(paths);
    if !missing.is_empty() {
        return fail(&problems::text(missing, &|_| None, Look::of_stderr()));
    }
    read_once(discovery, written, &declared, &sources)
}

/// Reads what is there, and no more.
fn read_once(discovery: &Discovery, written: Written<'_>, declared: &Declared, sources: &[Source]) -> Exit {
    let workers = discovery.workers.count();
    let kind = match written {
        Written::Lines(_) => SourceKind::Log,
        Written::Traffic(_) => SourceKind::Traffic,
    };
    let taking = match Taking::begin(&discovery.outcome, kind, sources, workers) {
        Ok(taking) => taking,
        Err(fault) => return refuse(&fault),
    };
    let Declared { contracts, reports, .. } = declared;
    let counted = taking.as_ref().map(Taking::counted).unwrap_or_default();
    let limits = LearnLimits::default();
    let reading = Reading { written, contracts, limits, workers, counted: &counted };
    let words = Words::of(written);
    let read = read(&reading, sources, &words);
    let files: Vec<String> = sources.iter().map(|source| source.name.clone()).collect();
    if output::report(&told::text(files.iter().zip(&read.files), &words)).is_err() {
        return Exit::Failed;
    }
    if read.files.iter().all(|file| file.formats.is_empty()) {
        return fail(words.no_request);
    }
    if let Some(taking) = taking {
        let fresh = read.fresh.as_ref().unwrap_or(&read.findings);
        match taking.finish(reports, contracts, fresh, &files).map(|text| output::report(&text)) {
            Ok(Ok(())) => {}
            Ok(Err(_)) => return Exit::Failed,
            Err(fault) => return refuse(&fault),
        }
    }
    conclude(discovery, declared, &files, &read)
}

/// Writes and prints what was found in all.
fn conclude(discovery: &Discovery, declared: &Declared, files: &[String], read: &Read) -> Exit {
    if let (Some(file), Some(library), Some(contract)) =
        (&discovery.overlay, declared.libraries.first(), declared.contracts.first())
    {
        match overlay::write(file, library, contract, &read.findings).map(|said| output::report(&said)) {
            Ok(Ok(())) => {}
            Ok(Err(_)) => return Exit::Failed,
            Err(error) => {
                return fail(&format!("error: `{}` cannot be written: {error}\n", file.display()));
            }
        }
    }
    finish(discovery, &declared.contracts, files, read)
}

fn refuse(fault: &Fault) -> Exit {
    match output::report(&fault.to_string()) {
        Ok(()) | Err(_) => fault.exit(),
    }
}

fn finish(discovery: &Discovery, contracts: &[Contract], files: &[String], read: &Read) -> Exit {
    let document = || discover::openapi(&read.findings.lesson.operations);
    if let Err(error) = written(discovery.openapi.as_deref(), document) {
        return fail(&error);
    }
    let listed = operations::listed(contracts, &read.findings, files);
    let is_found = |status| listed.iter().any(|operation: &Listed| operation.status == Some(status));
    let exit = if discovery.fail_on.iter().copied().any(is_found) { Exit::Findings } else { Exit::Clean };
    let text = match discovery.outcome.format {
        Format::Text => Ok(table::text(&listed, &read.findings, Look::of_stdout())),
        Format::Json => operations::json(&listed, files, read),
    };
    match text.map(|text| output::print(&text)) {
        Ok(Ok(())) => exit,
        Ok(Err(_)) | Err(_) => Exit::Failed,
    }
}

/// Writes what was found as a document where the user says so.
fn written(path: Option<&Path>, document: impl FnOnce() -> serde_json::Value) -> Result<(), String> {
    let Some(path) = path else { return Ok(()) };
    serde_json::to_string_pretty(&document())
        .map_err(std::io::Error::other)
        .and_then(|text| std::fs::write(path, text + "\n"))
        .map_err(|error| format!("error: `{}` cannot be written: {error}\n", path.display()))
}

/// Reads, and says how far it is on a terminal.
fn read(reading: &Reading<'_>, sources: &[Source], words: &Words) -> Read {
    let progress = Progress::default();
    let total: Option<u64> = sources.iter().map(Source::length).sum();
    progress::shown(&progress, total, words.records, || reading.read(sources, &progress))
}

/// What specifications declare, for requests to be held against and for the inventory.
#[derive(Default)]
struct Declared {
    contracts: Vec<Contract>,
    /// What each tells, in the same order.
    reports: Vec<Report>,
    /// The documents of each, in the same order.
    libraries: Vec<Library>,
    /// What is wrong with them.
    problems: Vec<Problem>,
}

impl Declared {
    fn documents(&self) -> Vec<Document> {
        self.libraries.iter().flat_map(|library| library.documents().iter().cloned()).collect()
    }
}

fn declared(paths: &[std::path::PathBuf]) -> Declared {
    let Declared { mut contracts, mut reports, mut libraries, mut problems } = Declared::default();
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
        problems.extend(parsing.into_iter().chain(loading).chain(compiling));
        reports.push(discover::inventory::declared(&contract, &library));
        contracts.push(contract);
        libraries.push(library);
    }
    Declared { contracts, reports, libraries, problems }
}

/// Takes `reports` into the inventory, unless it is to be left as it is, and says what is new there.
fn taken_in(outcome: &Outcome, stamp: &Stamp, reports: &[Report]) -> Result<String, Fault> {
    if outcome.dry_run {
        return Ok(String::new());
    }
    let edits = Kept::open(&outcome.place)?.take_in(reports, stamp)?;
    Ok(news(&edits) + "\n")
}

/// What is wrong with paths that cannot be looked at.
fn missing(paths: &[std::path::PathBuf]) -> Vec<Problem> {
    let missing = paths.iter().filter_map(|path| {
        let error = std::fs::metadata(path).err()?;
        Some(Problem::error(format!("`{}` cannot be read: {error}", path.display())))
    });
    missing.collect()
}

fn fail(message: &str) -> Exit {
    match output::report(message) {
        Ok(()) | Err(_) => Exit::Failed,
    }
}
