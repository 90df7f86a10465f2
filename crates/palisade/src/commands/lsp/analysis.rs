//! What there is to say of one document and of what it refers to, and where in the editor's terms.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use model::{Finding, Problem, Severity};
use review::{Asked, Fix};
use serde_json::{Value, json};
use spec::{Document, Edit, Library, LibraryLimits, Location, Patch, read_below};

use super::super::review::fix::editable;
use super::super::review::{FILE_BYTES_MAX, today};
use super::config::Config;
use super::open::{Documents, Open, uri_of};
use super::position::{Encoding, Lines, Position, Range};
use super::protocol::{Diagnostic, FIX_ALL, QUICK_FIX};

/// The most that is shown of one file; how many more there are is said.
const DIAGNOSTICS_MAX: usize = 1000;

/// The most findings of one place for which fixes are offered.
const ACTIONS_MAX: usize = 20;

/// A document that stands for itself: an API, or a config.
#[derive(Debug)]
pub(super) struct Analysis {
    /// The document, and what it refers to.
    library: Library,
    findings: Vec<Finding>,
    problems: Vec<Problem>,
    /// What the config says of it; nothing of a config.
    config: Config,
    /// The URI of each file by the name that positions call it.
    uris: BTreeMap<String, String>,
}

impl Analysis {
    /// Looks at an open document; nothing for one that is neither an API document nor a config.
    pub(super) fn of(uri: &str, open: &Open, documents: &Documents) -> Option<Analysis> {
        let name =
            open.path.as_ref().map_or_else(|| uri.to_owned(), |path| path.to_string_lossy().into_owned());
        let (document, mut problems) = Document::parse(&name, open.text.as_str(), &spec::Limits::default());
        let says = |key: &str| document.root().get(key).is_some();
        let is_api = ["openapi", "swagger", "asyncapi"].iter().any(|key| says(key));
        if !is_api && !says("apis") {
            return None;
        }
        if !is_api {
            let (document, _, more) = gateway::read_config(document);
            problems.extend(more);
            let uris = BTreeMap::from([(name, uri.to_owned())]);
            let (library, findings, config) = (Library::of(document), Vec::new(), Config::default());
            return Some(Analysis { library, findings, problems, config, uris });
        }
        let (library, more) = library(document, open, documents);
        problems.extend(more);
        let config = Config::of(open.path.as_deref(), documents);
        let keep = |finding: &mut Finding| config.keep(&name, finding);
        let asked = Asked { rules: &config.rules(), rulesets: &[], keep: &keep };
        let review = review::review_with(&library, &asked, today());
        problems.extend(review.not_judged);
        if let (Some(problem), Some(document)) = (&config.problem, library.document(0)) {
            problems.push(document.problem(Severity::Warning, document.root(), problem));
        }
        let uri_of_file = |document: &Document| {
            let path = Path::new(document.file());
            documents.at(path).map_or_else(|| uri_of(path), |(uri, _)| uri.to_owned())
        };
        let others = library.documents().iter().skip(1);
        let mut uris: BTreeMap<String, String> =
            others.map(|document| (document.file().to_owned(), uri_of_file(document))).collect();
        uris.insert(name, uri.to_owned());
        Some(Analysis { library, findings: review.findings, problems, config, uris })
    }

    /// Whether it depends on the file at `path`.
    pub(super) fn refers_to(&self, path: &Path) -> bool {
        self.config.is_at(path) || self.library.paths().iter().any(|known| known == path)
    }

    /// What is shown, by the URI of its file; of each file that was looked at, also where that is nothing.
    pub(super) fn diagnostics(&self, encoding: Encoding) -> BTreeMap<String, Vec<Diagnostic>> {
        let mut shown = BTreeMap::new();
        for document in self.library.documents() {
            let Some(uri) = self.uris.get(document.file()) else { continue };
            let lines = Lines::of(document.source(), encoding);
            let is_here = |file: &str| file == document.file();
            let problems = self.problems.iter().filter_map(|problem| {
                let position = problem.position.as_ref().filter(|position| is_here(&position.file))?;
                let range = lines.range(position.span);
                Some(Diagnostic::new(
                    range,
                    problem.severity,
                    None,
                    &problem.message,
                    problem.help.as_deref(),
                ))
            });
            let findings = self.findings.iter().filter(|finding| is_here(&finding.position.file));
            let findings = findings.map(|finding| self.diagnostic(finding, &lines));
            let mut all: Vec<Diagnostic> = problems.chain(findings).collect();
            if all.len() > DIAGNOSTICS_MAX {
                let more = all.len() - DIAGNOSTICS_MAX;
                all.truncate(DIAGNOSTICS_MAX);
                let message = format!("{more} more are not shown; `palisade review` prints them all");
                all.push(Diagnostic::new(lines.range((0, 0)), Severity::Note, None, &message, None));
            }
            shown.insert(uri.clone(), all);
        }
        shown
    }

    /// The rules that found something at a place, each once.
    pub(super) fn rules_at(&self, uri: &str, position: Position, encoding: Encoding) -> Vec<&'static str> {
        let point = Range { start: position, end: position };
        let mut rules: Vec<&'static str> =
            self.findings_in(uri, point, encoding).iter().map(|(finding, _)| finding.rule).collect();
        rules.dedup();
        rules
    }

    /// What mends findings in a range.
    pub(super) fn actions(&self, uri: &str, range: Range, encoding: Encoding) -> Vec<Value> {
        let found = self.findings_in(uri, range, encoding);
        let findings: Vec<Finding> =
            found.iter().take(ACTIONS_MAX).map(|(finding, _)| (*finding).clone()).collect();
        let fixes = review::fixes(&self.library, &findings);
        let actions = fixes.into_iter().zip(found).filter_map(|(fix, (finding, diagnostic))| {
            let fix = fix?;
            let document = self.library.document(fix.document)?;
            let lines = Lines::of(document.source(), encoding);
            let patches = spec::patches(document, &fix.edits).ok()?;
            let edits = text_edits(&patches, &lines);
            let uri = self.uris.get(document.file())?;
            let confirm = if fix.is_assumed { " (assumed: confirm it)" } else { "" };
            Some(json!({
                "title": format!("{}: {}{confirm}", finding.rule, fix.title),
                "kind": QUICK_FIX,
                "diagnostics": [diagnostic],
                "isPreferred": !fix.is_assumed,
                "edit": { "changes": { uri.clone(): edits } },
            }))
        });
        actions.collect()
    }

    /// What mends every finding in a file for which nobody has to decide, and nothing has to be assumed, at once.
    pub(super) fn fix_all(&self, uri: &str, encoding: Encoding) -> Option<Value> {
        let document = self.document_at(uri)?;
        let fixes = review::fixes(&self.library, &self.findings);
        let is_here = |fix: &&Fix| {
            !fix.is_assumed
                && self.library.document(fix.document).is_some_and(|other| std::ptr::eq(other, document))
        };
        let fixes: Vec<&Fix> = fixes.iter().flatten().filter(is_here).collect();
        let together: Vec<&Fix> =
            editable(document, &fixes).into_iter().filter_map(|number| fixes.get(number).copied()).collect();
        if together.is_empty() {
            return None;
        }
        let edits: Vec<Edit> = together.iter().flat_map(|fix| fix.edits.iter().cloned()).collect();
        let lines = Lines::of(document.source(), encoding);
        Some(json!({
            "title": "palisade: mend all that nobody has to decide",
            "kind": FIX_ALL,
            "edit": { "changes": { uri: text_edits(&spec::patches(document, &edits).ok()?, &lines) } },
        }))
    }

    /// A finding as it is shown: what the baseline knows, as a hint.
    fn diagnostic(&self, finding: &Finding, lines: &Lines<'_>) -> Diagnostic {
        let range = lines.range(finding.position.span);
        let shown =
            Diagnostic::new(range, finding.severity, Some(finding.rule), &finding.message, Some(finding.fix));
        if self.config.knows(finding) { shown.into_hint() } else { shown }
    }

    fn document_at(&self, uri: &str) -> Option<&Document> {
        let is_meant =
            |document: &&Document| self.uris.get(document.file()).is_some_and(|known| known == uri);
        self.library.documents().iter().find(is_meant)
    }

    /// The findings in a file that touch a range.
    fn findings_in(&self, uri: &str, range: Range, encoding: Encoding) -> Vec<(&Finding, Diagnostic)> {
        let Some(document) = self.document_at(uri) else { return Vec::new() };
        let lines = Lines::of(document.source(), encoding);
        let here = self.findings.iter().filter(|finding| &*finding.position.file == document.file());
        let found = here.map(|finding| (finding, self.diagnostic(finding, &lines)));
        found.filter(|(_, shown)| shown.range.start <= range.end && range.start <= shown.range.end).collect()
    }
}

fn text_edits(patches: &[Patch], lines: &Lines<'_>) -> Vec<Value> {
    let edit = |patch: &Patch| json!({ "range": lines.range(patch.span), "newText": patch.text });
    patches.iter().map(edit).collect()
}

/// The document with the files that it refers to, at or below its folder: as they are in the editor, else on the disk.
fn library(document: Document, open: &Open, documents: &Documents) -> (Library, Vec<Problem>) {
    let Some(folder) = open.path.as_deref().and_then(Path::parent) else {
        return (Library::of(document), Vec::new());
    };
    let loader = |location: Location<'_>| match location {
        Location::File(file) => match documents.at(file) {
            Some((_, open)) => Ok(open.text.clone().into_bytes()),
            None => read_below(folder, file, FILE_BYTES_MAX),
        },
        Location::Url(_) => Err(io::ErrorKind::Unsupported.into()),
    };
    Library::load(document, &LibraryLimits::default(), &loader)
}
