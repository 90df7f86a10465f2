//! `palisade discover code`: the routes that programs have, and how they stand to what is declared.

mod routes;
mod table;

use std::io;
use std::thread;

use discover::Progress;
use discover::code::{CodeFindings, CodeReading};
use model::{Problem, Severity};

use super::{Declared, declared, fail, progress};
use crate::cli::{DiscoverCode, Exit};
use crate::output::{self, Format, Look, problems};

/// Reads the source code that the arguments name, and says which routes it has.
pub(crate) fn code(arguments: &DiscoverCode) -> Exit {
    let Declared { contracts, documents, problems: wrong, .. } = declared(&arguments.spec);
    if wrong.iter().any(|problem| problem.severity == Severity::Error) {
        return problems::refuse(wrong, &documents, arguments.format);
    }
    let missing = arguments.paths.iter().filter_map(|path| {
        let error = std::fs::metadata(path).err()?;
        Some(Problem::error(format!("`{}` cannot be read: {error}", path.display())))
    });
    let missing: Vec<Problem> = missing.collect();
    if !missing.is_empty() {
        return fail(&problems::text(missing, &|_| None, Look::of_stderr()));
    }
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let reading = CodeReading { workers: arguments.workers.map_or(cores, usize::from) };
    let done = Progress::default();
    let findings = progress::shown(&done, None, "lines", || reading.read(&arguments.paths, &done));
    if output::report(&table::told(&findings)).is_err() {
        return Exit::Failed;
    }
    if findings.languages.is_empty() {
        return fail("error: no file is source code of a known language\n");
    }
    let listed = routes::listed(&contracts, &findings.routes);
    if let Err(error) = written(arguments, &findings) {
        return fail(&error);
    }
    let is_found = |status| listed.iter().any(|route: &routes::Listed<'_>| route.status == Some(status));
    let exit = if arguments.fail_on.iter().copied().any(is_found) { Exit::Findings } else { Exit::Clean };
    let text = match arguments.format {
        Format::Text => Ok(table::text(&listed, Look::of_stdout())),
        Format::Json => routes::json(&listed, &findings),
    };
    match text.map(|text| output::print(&text)) {
        Ok(Ok(())) => exit,
        Ok(Err(_)) | Err(_) => Exit::Failed,
    }
}

fn written(arguments: &DiscoverCode, findings: &CodeFindings) -> Result<(), String> {
    let Some(path) = &arguments.openapi else { return Ok(()) };
    let document = discover::code::openapi(&findings.routes);
    serde_json::to_string_pretty(&document)
        .map_err(io::Error::other)
        .and_then(|text| std::fs::write(path, text + "\n"))
        .map_err(|error| format!("error: `{}` cannot be written: {error}\n", path.display()))
}
