//! `palisade review`: what is wrong with specifications, before any code is written.

pub(super) mod baseline;
pub(super) mod files;
pub(super) mod fix;
pub(super) mod outcome;
mod ruleset;
pub(super) mod selection;
pub(super) mod settings;
mod traffic;

use std::path::{Path, PathBuf};

use discover::inventory::{declared, declared_messages};
use jiff::Timestamp;
use model::{Finding, Problem};
use review::{Asked, Date, Page, Review, Rule, Ruleset};
use spec::{Document, Format, Library, LibraryLimits, Location, read_below};

use crate::cli::{self, Exit};
use crate::commands::inventory::{Fault, Kept, author, news};
use crate::output;
use crate::output::findings::Subject;
use crate::reference::rules as pages;
use files::Named;
use outcome::Wanted;
use settings::Settings;
pub(crate) use settings::unknown_rules;

/// Largest file that a specification may refer to, in bytes.
pub(super) const FILE_BYTES_MAX: usize = 32 << 20;

/// Reviews what the arguments name, or says what the rules are.
pub(crate) fn run(arguments: &cli::Review) -> Exit {
    let printed = if arguments.list {
        output::print(&pages::list()).map(|()| Exit::Clean)
    } else if let Some(id) = &arguments.explain {
        return explain(id);
    } else {
        reviewed(arguments)
    };
    printed.unwrap_or(Exit::Failed)
}

fn explain(id: &str) -> Exit {
    let said = match review::rule(id) {
        Ok(rule) => output::print(&pages::explained(rule)).map(|()| Exit::Clean),
        Err(near) => selection::refused("rule", id, near),
    };
    said.unwrap_or(Exit::Failed)
}

fn reviewed(arguments: &cli::Review) -> std::io::Result<Exit> {
    for id in arguments.rules.iter().chain(&arguments.skip) {
        if let Err(near) = review::rule(id) {
            return selection::refused("rule", id, near);
        }
    }
    let settings =
        match Settings::read(arguments.config.as_deref(), arguments.specs.first().map(String::as_str)) {
            Ok(settings) => settings,
            Err(refused) => return selection::refused_config(*refused),
        };
    let is_asked = |id: &str| selection::is_asked(&arguments.rules, &arguments.skip, &settings, id);
    let rules: Vec<&Rule> = review::ALL.iter().copied().filter(|rule| is_asked(rule.id)).collect();
    let (named, mut not_judged) = files::named(&arguments.specs);
    let (rulesets, problems) = ruleset::read(&arguments.ruleset);
    not_judged.extend(problems);
    let asked = (rules.as_slice(), rulesets.as_slice(), &settings, arguments.rules.as_slice());
    let today = today();
    let mut subjects: Vec<Subject> =
        named.into_iter().filter_map(|named| subject(named, asked, today, &mut not_judged)).collect();
    if let Some(inventory) = &arguments.inventory
        && let Err(fault) = declare(inventory, &mut subjects)
    {
        output::report(&fault.to_string())?;
        return Ok(fault.exit());
    }
    for Subject { review, .. } in &mut subjects {
        not_judged.append(&mut review.not_judged);
    }
    let page = |rule: &&Rule| Page { severity: settings.severity(rule.id, rule.severity), ..rule.page() };
    let wanted = Wanted {
        command: "review",
        may_be_empty: false,
        format: arguments.format,
        all: arguments.all,
        fail_on: settings.fail_on(arguments.fail_on),
        baseline: settings.baseline(arguments.baseline.as_deref()),
        update_baseline: arguments.update_baseline,
        fix: arguments.fix.clone(),
        rules: rules.iter().map(page).collect(),
    };
    outcome::end(wanted, subjects, not_judged)
}

/// Takes what documents declare into an inventory, and from it how often the operations of findings are called.
fn declare(inventory: &str, subjects: &mut [Subject]) -> Result<(), Fault> {
    let report = |subject: &Subject| {
        let library = &subject.library;
        let format = library.root().and_then(Format::of)?;
        Some(match format.is_asyncapi() {
            true => declared_messages(library),
            false => declared(&spec::compile(library).0, library),
        })
    };
    let reports: Vec<_> = subjects.iter().filter_map(report).collect();
    let by = std::env::var("USER").unwrap_or_else(|_unset| "unknown".to_owned());
    let place = cli::Place { inventory: inventory.to_owned() };
    let mut kept = Kept::open(&place)?;
    let edits = kept.take_in(&reports, &author(&cli::Author { by, why: None }))?;
    output::report(&format!("{}\n", news(&edits)))?;
    traffic::tell(&kept.catalog()?, subjects);
    Ok(())
}

/// The review of one file; nothing for one that was only found in a folder, and is no API document.
fn subject(
    named: Named,
    (rules, rulesets, settings, by_name): (&[&Rule], &[Ruleset], &Settings, &[String]),
    today: Date,
    not_judged: &mut Vec<Problem>,
) -> Option<Subject> {
    let Named { name, path, bytes, found } = named;
    let (document, problems) = Document::parse(&name, bytes, &spec::Limits::default());
    if found && !is_document(&document) {
        return None;
    }
    not_judged.extend(problems);
    let (library, problems) = library(document, path);
    not_judged.extend(problems);
    let keep = |finding: &mut Finding| settings.keep(&name, by_name, finding);
    let review: Review = review::review_with(&library, &Asked { rules, rulesets, keep: &keep }, today);
    Some(Subject { file: name, library, review, old: None })
}

/// Whether it says to be an API document.
pub(super) fn is_document(document: &Document) -> bool {
    ["openapi", "swagger", "asyncapi"].iter().any(|key| document.root().get(key).is_some())
}

/// The document with the files that it refers to: those at or below its folder, and none on a host.
pub(super) fn library(document: Document, path: Option<PathBuf>) -> (Library, Vec<Problem>) {
    let Some(path) = path else { return (Library::of(document), Vec::new()) };
    let folder = path.parent().unwrap_or(Path::new("")).to_owned();
    let loader = |location: Location<'_>| match location {
        Location::File(file) => read_below(&folder, file, FILE_BYTES_MAX),
        Location::Url(_) => Err(std::io::ErrorKind::Unsupported.into()),
    };
    Library::load(document, &LibraryLimits::default(), &loader)
}

/// The day in UTC, for allowances that end.
pub(super) fn today() -> Date {
    let text = Timestamp::now().strftime("%Y-%m-%d").to_string();
    text.parse().unwrap_or(Date::LAST)
}
