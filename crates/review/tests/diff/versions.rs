//! Versions of real documents, and documents that have nothing to do with each other: how many changes of each kind there
//! are is kept, each lies in what it is about, and nothing stops the comparison.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

use model::Finding;
use spec::Library;

use crate::corpus::{diff, each, library, paths};

/// How many findings each kind has, by pair.
const KEPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/diff/versions.txt");

/// The older version and the newer one.
const PAIRS: &[(&str, &str)] = &[
    ("adyen.com__CheckoutService.json", "adyen.com__CheckoutService-v71.json"),
    ("adyen.com__ManagementService.json", "adyen.com__ManagementService-v3.json"),
    ("adyen.com__TransferService.json", "adyen.com__TransferService-v4.json"),
];

/// The place of a finding is inside the member or item that its pointer names, in the version that it says.
fn lies_in_its_node(finding: &Finding, old: &Library, new: &Library) {
    let at = &finding.position;
    let library = if finding.evidence.contains(&("version", "old".to_owned())) { old } else { new };
    let document = library.documents().iter().find(|document| document.file() == &*at.file).unwrap();
    let node = document.root().pointer(&at.pointer).unwrap_or_else(|| panic!("{finding:?}"));
    let (start, end) = node.span();
    let start = document.entry_of(node).map_or(start, |entry| entry.key_span.0);
    assert!(start <= at.span.0 && at.span.1 <= end.max(at.span.0), "{finding:?}");
}

#[test]
fn versions_have_as_many_changes_as_were_kept() {
    let real = paths("real");
    let Some(folder) = real.first().and_then(|path| path.parent()) else { return };
    let mut text = String::new();
    for (old, new) in PAIRS {
        let found = diff(&library(&folder.join(old)), &library(&folder.join(new))).findings;
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for finding in &found {
            *counts.entry(finding.rule).or_default() += 1;
        }
        for (kind, count) in counts {
            writeln!(text, "{new} {kind} {count}").unwrap();
        }
    }
    if std::env::var_os("PALISADE_KEEP").is_some() {
        std::fs::write(KEPT, &text).unwrap();
    }
    let kept = std::fs::read_to_string(KEPT).unwrap_or_default();
    assert!(text == kept, "set PALISADE_KEEP to keep them, and read the difference");
}

#[test]
fn documents_that_have_nothing_in_common_are_compared() {
    let mut all = paths("torture");
    all.extend(paths("examples-yaml"));
    let next = |path: &Path| {
        let place = all.iter().position(|known| known == path).unwrap();
        all[(place + 1) % all.len()].clone()
    };
    each(&all, |path| {
        let (old, new) = (library(path), library(&next(path)));
        for finding in diff(&old, &new).findings {
            lies_in_its_node(&finding, &old, &new);
        }
    });
}
