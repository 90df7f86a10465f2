//! Source code: which routes a program has, by what its framework makes of calls, marks and files.

mod documents;
mod evaluate;
mod facts;
pub mod frameworks;
mod guard;
mod languages;
mod link;
mod meaning;
mod noir;
mod openapi;
mod requests;
mod syntax;
mod template;
mod unroll;
mod walk;

use std::collections::BTreeMap;

pub(crate) use documents::words_at;
pub use documents::{ApiDocument, DocumentKind};
use facts::Facts;
pub use facts::In;
use frameworks::{ALL, Framework};
pub(crate) use guard::ways;
use languages::Unread;
pub use openapi::openapi;
pub use walk::{CodeReading, Skipped};
pub(crate) use walk::{FOREIGN, is_test};

/// The largest file that is read, in bytes; programs that people write are smaller.
const FILE_BYTES_MAX: u64 = 2 << 20;

/// A route that a program has.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Route {
    /// Its path template, with `{name}` where values stand.
    pub path: String,
    /// Its method in upper case; `*` where it is for any.
    pub method: String,
    /// The id of the framework.
    pub framework: &'static str,
    /// What it is asked with.
    pub parameters: Vec<Parameter>,
    /// Names of fields of its body, as far as the code says them.
    pub body: Vec<String>,
    /// What stands guard before it, as the code calls it.
    pub guards: Vec<String>,
    /// The file that declares it.
    pub file: String,
    /// The line, counted from one.
    pub line: u32,
    /// Whether it is known to be served, and not by a router that nothing mounts.
    pub is_mounted: bool,
}

/// A parameter of a route.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Parameter {
    /// Where it stands.
    pub place: In,
    /// What it is called.
    pub name: String,
    /// Its type, where the code says it.
    pub kind: String,
}

/// A part of a program that was not understood.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unclear {
    /// The file.
    pub file: String,
    /// The line, counted from one.
    pub line: u32,
    /// What it is.
    pub what: String,
}

/// A file that was not read, or not all of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct NotRead {
    /// The file.
    pub file: String,
    /// Why.
    pub why: String,
}

/// What a tree of source code says.
#[derive(Debug, Clone, Default)]
pub struct CodeFindings {
    /// Its routes, by path and method.
    pub routes: Vec<Route>,
    /// Documents that describe APIs, by file.
    pub documents: Vec<ApiDocument>,
    /// What was not understood.
    pub unclear: Vec<Unclear>,
    /// What was not read.
    pub not_read: Vec<NotRead>,
    /// How many files there are of each language, and how many lines.
    pub languages: BTreeMap<&'static str, (u64, u64)>,
    /// What was passed over.
    pub skipped: Skipped,
}

/// Frameworks of [`ALL`], a bit for each.
type Set = u64;

/// One file, read: what each framework of the program finds in it.
#[derive(Debug, Default)]
struct Sheet {
    facts: Vec<(usize, Facts)>,
    language: Option<&'static str>,
    lines: u64,
    why_not: Option<&'static str>,
}

/// Frameworks that are named in a file.
fn named(path: &str, text: &str) -> Set {
    let Some(language) = languages::of(path) else { return 0 };
    let mut set = 0;
    for (index, framework) in ALL.iter().enumerate() {
        let is_of = framework.languages.contains(&language.name);
        if is_of && framework.marks.iter().any(|mark| text.contains(mark)) {
            set |= 1 << index;
        }
    }
    set
}

/// The sheet of one file of a program that uses `frameworks`.
fn sheet(path: &str, text: &str, frameworks: Set) -> Sheet {
    let Some(language) = languages::of(path) else { return Sheet::default() };
    let mut sheet =
        Sheet { language: Some(language.name), lines: text.lines().count() as u64, ..Sheet::default() };
    let fits = |index: usize, framework: &Framework| {
        frameworks & (1 << index) != 0 && framework.languages.contains(&language.name)
    };
    let fitting = ALL.iter().enumerate().filter(|(index, framework)| fits(*index, framework));
    let fitting: Vec<(usize, &'static Framework)> = fitting.map(|(index, one)| (index, *one)).collect();
    if fitting.is_empty() {
        return sheet;
    }
    match language.parse(text) {
        Ok(unit) => {
            if unit.is_damaged {
                sheet.why_not = Some("parts of it cannot be parsed, or are nested too deep");
            }
            for (index, framework) in fitting {
                sheet.facts.push((index, evaluate::evaluate(framework, path, &unit)));
            }
        }
        Err(Unread::Time) => sheet.why_not = Some("it takes too long to parse"),
        Err(Unread::Grammar) => sheet.why_not = Some("its grammar cannot be used"),
    }
    sheet
}

/// What all sheets say together.
fn findings(paths: &[String], sheets: Vec<Sheet>) -> CodeFindings {
    let mut findings = CodeFindings::default();
    let mut by_framework: BTreeMap<usize, Vec<(u32, Facts)>> = BTreeMap::new();
    for (number, (path, sheet)) in paths.iter().zip(sheets).enumerate() {
        if let Some(language) = sheet.language {
            let counts = findings.languages.entry(language).or_default();
            *counts = (counts.0 + 1, counts.1 + sheet.lines);
        }
        if let Some(why) = sheet.why_not {
            findings.not_read.push(NotRead { file: path.clone(), why: why.to_owned() });
        }
        for (framework, facts) in sheet.facts {
            let number = u32::try_from(number).unwrap_or(u32::MAX);
            by_framework.entry(framework).or_default().push((number, facts));
        }
    }
    for (framework, files) in by_framework {
        let Some(framework) = ALL.get(framework) else { continue };
        let (routes, unclear) = link::link(framework, &files, paths);
        findings.routes.extend(routes);
        findings.unclear.extend(unclear);
    }
    findings.routes.sort_unstable();
    findings.routes.dedup();
    findings.unclear.sort_unstable();
    findings.unclear.dedup();
    findings
}

/// What files say, of which paths and texts are given.
pub fn of_texts(files: &[(String, String)]) -> CodeFindings {
    let frameworks = files.iter().fold(0, |set, (path, text)| set | named(path, text));
    let sheets = files.iter().map(|(path, text)| sheet(path, text, frameworks)).collect();
    let paths: Vec<String> = files.iter().map(|(path, _)| path.clone()).collect();
    findings(&paths, sheets)
}
