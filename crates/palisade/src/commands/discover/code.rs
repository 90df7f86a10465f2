//! `palisade discover code`: the routes that programs have, and how they stand to what is declared.

mod routes;
mod table;

use std::path::{Path, PathBuf};

use discover::Progress;
use discover::code::{ApiDocument, CodeFindings, CodeReading, DocumentKind, Route};
use discover::inventory::{declared_messages, declared_services, served};
use discover::owners::Repositories;
use model::inventory::Report;
use model::{Problem, Severity};
use spec::{Contract, Document, Library};

use super::{Declared, declared, fail, missing, owners, progress, refuse, taken_in, written};
use crate::cli::{DiscoverCode, Exit};
use crate::commands::inventory::author;
use crate::load::read_file;
use crate::output::{self, Format, Look, problems};

/// Reads the source code that the arguments name, and says which routes it has.
pub(crate) fn code(arguments: &DiscoverCode) -> Exit {
    let DiscoverCode { paths, outcome, workers, .. } = arguments;
    let named = declared(&outcome.spec);
    if named.problems.iter().any(|problem| problem.severity == Severity::Error) {
        return problems::refuse(named.problems.clone(), &named.documents(), outcome.format);
    }
    let missing: Vec<Problem> = missing(paths);
    if !missing.is_empty() {
        return fail(&problems::text(missing, &|_| None, Look::of_stderr()));
    }
    let reading = CodeReading { workers: workers.count() };
    let done = Progress::default();
    let findings = progress::shown(&done, None, "lines", || reading.read(paths, &done));
    let (declared, noted) = match outcome.spec.is_empty() {
        true => of_tree(&findings.documents),
        false => (named, String::new()),
    };
    if output::report(&(table::told(&findings) + &noted)).is_err() {
        return Exit::Failed;
    }
    if findings.languages.is_empty() {
        return fail("error: no file is source code of a known language\n");
    }
    let owners = if outcome.dry_run { Vec::new() } else { owned(&declared.reports, paths) };
    let told = told(paths, &findings.routes);
    let others = findings.documents.iter().filter_map(of_other_kind);
    let reports: Vec<Report> = declared.reports.into_iter().chain(told).chain(owners).chain(others).collect();
    match taken_in(outcome, &author(&outcome.author), &reports).map(|news| output::report(&news)) {
        Ok(Ok(())) => finish(arguments, &declared.contracts, &findings),
        Ok(Err(_)) => Exit::Failed,
        Err(fault) => refuse(&fault),
    }
}

fn finish(arguments: &DiscoverCode, contracts: &[Contract], findings: &CodeFindings) -> Exit {
    let DiscoverCode { outcome, openapi, fail_on, .. } = arguments;
    if let Err(error) = written(openapi.as_deref(), || discover::code::openapi(&findings.routes)) {
        return fail(&error);
    }
    if contracts.is_empty() && !fail_on.is_empty() {
        let help = "name a document with `--spec`";
        let problem = Problem::error("nothing is declared: no file below the paths is an OpenAPI document");
        return problems::refuse(vec![problem.help(help)], &[], Format::Text);
    }
    let listed = routes::listed(contracts, &findings.routes);
    let is_found = |status| listed.iter().any(|route: &routes::Listed<'_>| route.status == Some(status));
    let exit = if fail_on.iter().copied().any(is_found) { Exit::Findings } else { Exit::Clean };
    let text = match outcome.format {
        Format::Text => Ok(table::text(&listed, Look::of_stdout())),
        Format::Json => routes::json(&listed, findings),
    };
    match text.map(|text| output::print(&text)) {
        Ok(Ok(())) => exit,
        Ok(Err(_)) | Err(_) => Exit::Failed,
    }
}

/// What the OpenAPI documents of the tree declare, and what is said of them. Nobody named them, so that one which cannot be
/// used is passed over.
fn of_tree(documents: &[ApiDocument]) -> (Declared, String) {
    let mut all = Declared::default();
    let mut noted = String::new();
    for document in documents.iter().filter(|document| document.kind == DocumentKind::OpenApi) {
        let file = document.file.escape_debug();
        let one = declared(std::slice::from_ref(&document.path));
        let mut errors = one.problems.iter().filter(|problem| problem.severity == Severity::Error);
        if let Some(error) = errors.next() {
            let message = error.message.escape_debug();
            noted.push_str(&format!("warning: `{file}` cannot be used as a specification: {message}\n"));
            continue;
        }
        noted.push_str(&format!("declared is what `{file}` declares\n"));
        all.contracts.extend(one.contracts);
        all.reports.extend(one.reports);
    }
    (all, noted)
}

/// What a document tells that is no contract of requests: of AsyncAPI or of gRPC. Nobody named it, so that one which cannot be
/// read is passed over.
fn of_other_kind(document: &ApiDocument) -> Option<Report> {
    let bytes = read_file(&document.path).ok()?;
    match document.kind {
        DocumentKind::AsyncApi => {
            let (document, _) = Document::parse(&document.file, bytes, &spec::Limits::default());
            Some(declared_messages(&Library::of(document)))
        }
        DocumentKind::Protobuf => Some(declared_services(&document.file, std::str::from_utf8(&bytes).ok()?)),
        DocumentKind::OpenApi | DocumentKind::GraphQl => None,
    }
}

/// Who is proposed as the owner of what is declared; where nothing is, of what each path has.
fn owned(declared: &[Report], paths: &[PathBuf]) -> Vec<Report> {
    let mut repositories = Repositories::default();
    let mut reports = owners::proposed(declared, paths, &mut repositories);
    if declared.is_empty() {
        let of_each = paths.iter().filter_map(|path| owners::of_api(&name(path), path, &mut repositories));
        reports.extend(of_each);
    }
    reports
}

/// What each path tells: routes of files below several of them are those of the innermost.
fn told(paths: &[PathBuf], routes: &[Route]) -> Vec<Report> {
    let roots: Vec<&Path> = paths.iter().map(|path| path.strip_prefix(".").unwrap_or(path)).collect();
    let root_of = |route: &&Route| {
        let above = roots.iter().enumerate().filter(|(_, root)| Path::new(&route.file).starts_with(root));
        above.max_by_key(|(_, root)| root.components().count()).map(|(number, _)| number)
    };
    let each = paths.iter().enumerate().map(|(number, path)| {
        served(&name(path), routes.iter().filter(|route| root_of(route) == Some(number)))
    });
    each.collect()
}

/// What a path is called as a source. `.` means another folder in each place, so that the folder's own name stands for it.
fn name(path: &Path) -> String {
    let plain = path.strip_prefix(".").unwrap_or(path);
    let is_relative = plain.file_name().is_none();
    let whole = if is_relative { path.canonicalize().ok() } else { None };
    let own = whole.as_deref().and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned());
    own.unwrap_or_else(|| plain.components().collect::<PathBuf>().display().to_string())
}
