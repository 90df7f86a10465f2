//! `palisade discover config`: what gateways are configured to let through, and how that stands to what is declared.

mod routes;
mod table;

use discover::Progress;
use discover::config::{ConfigFindings, read};
use discover::inventory::{Stamp, catalog, take_in};
use discover::owners::Repositories;
use model::inventory::{Catalog, Inventory, Report};
use model::{Problem, Severity};

use super::{declared, fail, missing, owners, progress, refuse, taken_in};
use crate::cli::{DiscoverConfig, Exit};
use crate::commands::inventory::author;
use crate::output::{self, Format, Look, problems};

/// Reads the configs that the arguments name, and says what they let through.
pub(crate) fn config(arguments: &DiscoverConfig) -> Exit {
    let DiscoverConfig { paths, outcome, .. } = arguments;
    let declared = declared(&outcome.spec);
    if declared.problems.iter().any(|problem| problem.severity == Severity::Error) {
        return problems::refuse(declared.problems.clone(), &declared.documents(), outcome.format);
    }
    let missing: Vec<Problem> = missing(paths);
    if !missing.is_empty() {
        return fail(&problems::text(missing, &|_| None, Look::of_stderr()));
    }
    let done = Progress::default();
    let findings = progress::shown(&done, None, "files", || read(paths, &done));
    if output::report(&table::told(&findings)).is_err() {
        return Exit::Failed;
    }
    if findings.formats.is_empty() {
        return fail("error: no file is a config of a known gateway\n");
    }
    let stamp = author(&outcome.author);
    let mut told = declared.reports;
    told.push(findings.report(&name(paths)));
    let owners = if outcome.dry_run {
        Vec::new()
    } else {
        owners::proposed(&told, paths, &mut Repositories::default())
    };
    let reports = [told.as_slice(), &owners].concat();
    match taken_in(outcome, &stamp, &reports).map(|text| output::report(&text)) {
        Ok(Ok(())) => {}
        Ok(Err(_)) => return Exit::Failed,
        Err(fault) => return refuse(&fault),
    }
    finish(arguments, &findings, &catalog_of(&told, &stamp))
}

/// What the source is called: its first path, and how many more there are.
fn name(paths: &[std::path::PathBuf]) -> String {
    let first = paths.first().map(|path| path.display().to_string()).unwrap_or_default();
    match paths.len() {
        0 | 1 => first,
        more => format!("{first} and {} more", more - 1),
    }
}

/// What follows from these reports alone.
fn catalog_of(reports: &[Report], stamp: &Stamp) -> Catalog {
    let mut inventory = Inventory::default();
    for report in reports {
        let edit = take_in(&inventory, report, stamp);
        edit.into_iter().flat_map(|edit| edit.changes).for_each(|change| inventory.apply(&change));
    }
    catalog(&inventory)
}

fn finish(arguments: &DiscoverConfig, findings: &ConfigFindings, catalog: &Catalog) -> Exit {
    let listed = routes::listed(catalog, !arguments.outcome.spec.is_empty());
    let is_found = |status| listed.has(status);
    let exit = if arguments.fail_on.iter().copied().any(is_found) { Exit::Findings } else { Exit::Clean };
    let text = match arguments.outcome.format {
        Format::Text => Ok(table::text(&listed, Look::of_stdout())),
        Format::Json => routes::json(&listed, findings),
    };
    match text.map(|text| output::print(&text)) {
        Ok(Ok(())) => exit,
        Ok(Err(_)) | Err(_) => Exit::Failed,
    }
}
