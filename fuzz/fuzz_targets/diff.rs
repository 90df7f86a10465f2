//! Any two documents as versions of one: comparing ends, each finding lies in one of them, and none differs from itself.
#![no_main]

use libfuzzer_sys::fuzz_target;
use review::{CHANGES, Date};
use spec::{Document, Library, Limits};

/// Between the old version and the new one.
const FENCE: &[u8] = b"\n======\n";

fuzz_target!(|bytes: &[u8]| {
    let fence = bytes.windows(FENCE.len()).position(|window| window == FENCE);
    let Some(fence) = fence else { return };
    let limits = Limits { bytes_max: 1 << 16, depth_max: 50, nodes_max: 5000, aliases_max: 100 };
    let library = |file, bytes: &[u8]| Library::of(Document::parse(file, bytes, &limits).0);
    let (old, new) =
        (library("old.yaml", &bytes[..fence]), library("new.yaml", &bytes[fence + FENCE.len()..]));
    let day: Date = "2026-01-01".parse().expect("a day");
    for version in [&old, &new] {
        assert_eq!(review::diff(version, version, CHANGES, day).findings, []);
    }
    for finding in review::diff(&old, &new, CHANGES, day).findings {
        let at = &finding.position;
        let document =
            [&old, &new].into_iter().flat_map(Library::documents).find(|one| one.file() == &*at.file);
        let document = document.expect("one of the two");
        assert!(document.root().pointer(&at.pointer).is_some(), "{finding:?}");
        assert!(document.source().get(at.span.0..at.span.1).is_some(), "{finding:?}");
        assert!(CHANGES.iter().any(|change| change.id == finding.rule));
    }
});
