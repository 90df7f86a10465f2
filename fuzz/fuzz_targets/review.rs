//! Any bytes as an API document: the review ends, and each finding lies in the node that it is about.
#![no_main]

use libfuzzer_sys::fuzz_target;
use spec::{Document, Library, Limits};

fuzz_target!(|bytes: &[u8]| {
    let limits = Limits { bytes_max: 1 << 20, depth_max: 100, nodes_max: 10_000, aliases_max: 1000 };
    let (document, _) = Document::parse("a.yaml", bytes, &limits);
    let library = Library::of(document);
    let review = review::review(&library, review::ALL, "2026-01-01".parse().expect("a day"));
    for finding in &review.findings {
        let at = &finding.position;
        let document = &library.documents()[0];
        let node = document.root().pointer(&at.pointer).expect("a node");
        let (start, end) = node.span();
        let start = document.entry_of(node).map_or(start, |entry| entry.key_span.0);
        assert!(start <= at.span.0 && at.span.1 <= end.max(at.span.0), "{finding:?}");
        assert!(review::ALL.iter().any(|rule| rule.id == finding.rule));
    }
});
