//! Fixes of examples and of real documents: what they mend goes away, nothing comes, and nothing else changes.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use model::Finding;
use review::{FIXERS, Fix};
use spec::{Document, Edit, Library, LibraryLimits, Limits, Location, OverlayAction, patched, patches};

const CORPUS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/corpus/openapi");

/// Documents of the corpus that are larger than this are left out, in bytes: the mended ones are reviewed again twice.
const BYTES_MAX: usize = 200_000;

/// Of documents of this size each fix is made alone as well, in bytes.
const ALONE_BYTES_MAX: usize = 12_000;

/// Findings that go where another rule's are mended at the same place, since both ask for bounds.
const BESIDE: &[(&str, &str)] = &[
    ("unbounded-number", "integer-without-format"),
    ("unbounded-number", "unbounded-page"),
    ("unbounded-page", "unbounded-number"),
    ("unbounded-page", "integer-without-format"),
];

/// What is said of a whole document where not one answer describes an error, and goes with the first that does.
const OF_ALL_ANSWERS: (&str, &str) = ("error-without-schema", "/paths");

/// What closes an object needs one that has properties.
const COMPOSED: &str = "
components:
  schemas:
    User: { allOf: [{ properties: { name: { type: string } } }], type: object, unevaluatedProperties: true }
";

/// How often each rule has something at each place.
type Places = BTreeMap<(&'static str, String), usize>;

fn parsed(file: &str, text: &str) -> Document {
    Document::parse(file, text, &Limits::default()).0
}

fn reviewed(document: Document) -> (Library, Vec<Finding>) {
    let library = Library::of(document);
    let findings = review::review(&library, review::ALL, "2026-01-01".parse().unwrap()).findings;
    (library, findings)
}

fn places<'f>(findings: impl IntoIterator<Item = &'f Finding>) -> Places {
    let mut places = Places::new();
    for finding in findings {
        *places.entry((finding.rule, finding.position.pointer.clone())).or_default() += 1;
    }
    places
}

/// `from` without what is in `other`.
fn less(from: &Places, other: &Places) -> Vec<(&'static str, String)> {
    let left = |(place, count): (&(&'static str, String), &usize)| {
        (other.get(place).copied().unwrap_or_default() < *count).then(|| place.clone())
    };
    from.iter().filter_map(left).collect()
}

/// Lays the edits over the document as an overlay, and makes them in its text: both say the same.
fn mended(document: &Document, edits: &[Edit]) -> Document {
    let mut actions: Vec<OverlayAction<'_>> = Vec::new();
    for edit in edits {
        if !actions.iter().any(|known| known.edit == edit) {
            actions.push(OverlayAction { edit, description: "a reason: `x`".to_owned() });
        }
    }
    let overlay = spec::overlay_text(document, "fixes", &actions);
    let (overlay, problems) = Document::parse("overlay.yaml", overlay.as_str(), &Limits::default());
    assert_eq!(problems, []);
    let (laid, problems) = spec::overlay(document.clone(), &overlay);
    assert_eq!(problems, [], "{}", overlay.source());
    let patches = patches(document, edits).unwrap_or_else(|_| panic!("{}: not in its text", document.file()));
    let text = patched(document.source(), &patches).unwrap();
    let changed = parsed(document.file(), &text);
    assert_eq!(changed.root().to_value(), laid.root().to_value(), "{}", document.file());
    changed
}

/// Makes the fixes of these findings, and holds what is found then against what was found before.
fn check(document: &Document, before: &[Finding], fixed: &[(&Finding, &Fix)]) {
    let edits: Vec<Edit> = fixed.iter().flat_map(|(_, fix)| fix.edits.iter().cloned()).collect();
    let changed = mended(document, &edits);
    let (_, after) = reviewed(changed);
    let (before, after) = (places(before), places(&after));
    let file = document.file();
    assert_eq!(less(&after, &before), [], "{file}: new, by {:?}", fixed.first());
    let meant = places(fixed.iter().map(|(finding, _)| *finding));
    assert_eq!(less(&meant, &before), []);
    let gone = less(&before, &after);
    let left = meant.keys().find(|place| !gone.contains(place));
    assert_eq!(left, None, "{file}: still found");
    let beside = |(rule, pointer): &(&'static str, String)| {
        fixed.iter().any(|(finding, _)| {
            finding.position.pointer == *pointer && BESIDE.contains(&(finding.rule, rule))
        })
    };
    let is_meant = |place: &&(&'static str, String)| {
        meant.contains_key(place) || beside(place) || (place.0, place.1.as_str()) == OF_ALL_ANSWERS
    };
    let unmeant = gone.iter().find(|place| !is_meant(place));
    assert_eq!(unmeant, None, "{file}: gone, by {:?}", fixed.first());
}

/// Checks all fixes of a document at once and, if `alone`, each with those that make the same edits. Returns how many there
/// are of each rule.
fn check_document(document: Document, alone: bool) -> BTreeMap<&'static str, usize> {
    let (library, findings) = reviewed(document);
    let document = &library.documents()[0];
    let fixes = review::fixes(&library, &findings);
    let fixed: Vec<(&Finding, &Fix)> =
        findings.iter().zip(&fixes).filter_map(|(finding, fix)| Some((finding, fix.as_ref()?))).collect();
    let mut counts = BTreeMap::new();
    for (finding, _) in &fixed {
        *counts.entry(finding.rule).or_default() += 1;
    }
    if !fixed.is_empty() {
        check(document, &findings, &fixed);
    }
    for (_, fix) in fixed.iter().filter(|_| alone) {
        let same: Vec<_> = fixed.iter().copied().filter(|(_, other)| same_change(fix, other)).collect();
        check(document, &findings, &same);
    }
    counts
}

/// Whether two fixes change the same place in the same way.
fn same_change(one: &Fix, other: &Fix) -> bool {
    one.edits.first() == other.edits.first()
}

#[test]
fn each_fixer_is_of_a_rule() {
    assert!(FIXERS.is_sorted_by(|a, b| a.rule < b.rule));
    for fixer in FIXERS {
        assert!(review::rule(fixer.rule).is_ok(), "{}", fixer.rule);
        assert!(!fixer.what.ends_with('.'), "{}", fixer.rule);
    }
}

#[test]
fn examples_are_mended() {
    let mut mended = BTreeMap::new();
    for example in review::ALL.iter().flat_map(|rule| rule.bad.split("\n---\n")).chain([COMPOSED]) {
        let example = example.trim_start_matches('\n');
        let text = match example.starts_with("openapi:") || example.starts_with("swagger:") {
            true => example.to_owned(),
            false => format!("openapi: 3.1.0\ninfo: {{ title: Orders, version: '1' }}\n{example}"),
        };
        if !text.starts_with("asyncapi:") {
            for (rule, count) in check_document(parsed("example.yaml", &text), true) {
                *mended.entry(rule).or_insert(0) += count;
            }
        }
    }
    let never: Vec<_> =
        FIXERS.iter().map(|fixer| fixer.rule).filter(|rule| !mended.contains_key(rule)).collect();
    assert_eq!(never, [""; 0]);
}

fn files_below(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            files_below(&path, found);
        } else if path
            .extension()
            .is_some_and(|end| ["json", "yaml", "yml"].iter().any(|known| end == *known))
        {
            found.push(path);
        }
    }
}

#[test]
fn documents_are_mended() {
    if !Path::new(CORPUS).is_dir() {
        println!("skipped: no documents at {CORPUS}");
        return;
    }
    let mut paths = Vec::new();
    files_below(Path::new(CORPUS), &mut paths);
    let (mut documents, mut counts) = (0, BTreeMap::new());
    for path in paths.iter().filter(|path| path.file_name().unwrap() != "index.json") {
        let bytes = std::fs::read(path).unwrap();
        let Ok(text) = std::str::from_utf8(&bytes) else { continue };
        if bytes.len() > BYTES_MAX {
            continue;
        }
        let document = parsed(path.to_str().unwrap(), text);
        for (rule, count) in check_document(document, bytes.len() <= ALONE_BYTES_MAX) {
            *counts.entry(rule).or_insert(0) += count;
        }
        documents += 1;
    }
    println!("{documents} documents of at most {BYTES_MAX} bytes: {counts:#?}");
    assert!(documents > 100 && counts.len() > 10, "{documents} {counts:?}");
}

#[test]
fn a_file_that_is_referred_to_is_mended_itself() {
    let root = "openapi: 3.1.0\ninfo: { title: a, version: '1' }\npaths:\n  /a: { $ref: a.yaml }\n";
    let item = "get:\n  parameters:\n  - { name: q, in: query, schema: { type: string } } # free text\n  responses:\n    '200': { description: ok }\n";
    let loader = |location: Location<'_>| match location {
        Location::File(file) if file == Path::new("api/a.yaml") => Ok(item.as_bytes().to_vec()),
        _ => Err(std::io::ErrorKind::NotFound.into()),
    };
    let (library, problems) =
        Library::load(parsed("api/root.yaml", root), &LibraryLimits::default(), &loader);
    assert_eq!(problems, []);
    let findings = review::review(&library, review::ALL, "2026-01-01".parse().unwrap()).findings;
    let fixes = review::fixes(&library, &findings);
    let edits: Vec<Edit> = findings
        .iter()
        .zip(&fixes)
        .filter(|(finding, _)| ["unbounded-string", "missing-500"].contains(&finding.rule))
        .flat_map(|(_, fix)| {
            let fix = fix.as_ref().unwrap();
            assert_eq!(fix.document, 1);
            fix.edits.clone()
        })
        .collect();
    let document = &library.documents()[1];
    let text = patched(document.source(), &patches(document, &edits).unwrap()).unwrap();
    assert!(
        text.starts_with(&item.replace("{ type: string }", "{ type: string, maxLength: 1000 }")),
        "{text}"
    );
    assert!(text.contains("\n    '500':\n      description: Something broke.\n"), "{text}");
}
