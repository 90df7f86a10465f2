//! Any text as a ruleset, over any document: it ends, and each finding is of one of its rules and lies in the document.
#![no_main]

use std::io;
use std::path::Path;

use libfuzzer_sys::fuzz_target;
use review::Ruleset;
use spec::{Document, Library, Limits};

/// Between the ruleset and the document.
const FENCE: &str = "\n======\n";

fn nothing(_: &Path) -> io::Result<Vec<u8>> {
    Err(io::ErrorKind::NotFound.into())
}

fuzz_target!(|text: &str| {
    let Some((ruleset, source)) = text.split_once(FENCE) else { return };
    let limits = Limits { bytes_max: 1 << 16, depth_max: 50, nodes_max: 500, aliases_max: 50 };
    let (ruleset, _) = Document::parse("rules.yaml", ruleset, &limits);
    let (ruleset, problems) = Ruleset::load(ruleset, Path::new("/"), &nothing);
    assert!(problems.iter().all(|problem| problem.position.is_some()), "{problems:?}");
    let ids: Vec<&str> = ruleset.ids().collect();
    let (document, _) = Document::parse("a.yaml", source, &limits);
    let library = Library::of(document);
    let (findings, left_out) = ruleset.findings(&library);
    assert!(left_out.iter().all(|id| ids.contains(id)));
    for finding in &findings {
        let at = &finding.position;
        let document = &library.documents()[0];
        let node = document.root().pointer(&at.pointer).expect("a node");
        let span = node.span();
        let key = document.entry_of(node).map_or(span, |entry| entry.key_span);
        assert!(span.0.min(key.0) <= at.span.0 && at.span.1 <= span.1.max(key.1), "{finding:?}");
        assert!(document.source().get(at.span.0..at.span.1).is_some() && ids.contains(&finding.rule));
    }
});
