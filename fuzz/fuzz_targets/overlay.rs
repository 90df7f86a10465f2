//! Any two documents, one laid over the other: it ends within its limits, and the result is a document like any other.
#![no_main]

use libfuzzer_sys::fuzz_target;
use spec::{Document, Limits, overlay};

/// Between the document and what is laid over it.
const FENCE: &[u8] = b"\n======\n";

fuzz_target!(|bytes: &[u8]| {
    let fence = bytes.windows(FENCE.len()).position(|window| window == FENCE);
    let Some(fence) = fence else { return };
    let (base, over) = (&bytes[..fence], &bytes[fence + FENCE.len()..]);
    let limits = Limits { bytes_max: 1 << 16, depth_max: 50, nodes_max: 500, aliases_max: 50 };
    let (base, _) = Document::parse("base.yaml", base, &limits);
    let (over, _) = Document::parse("over.yaml", over, &limits);
    let before = base.source().to_owned();
    let (result, _) = overlay(base, &over);
    assert_eq!(result.source(), before);
    let mut left = vec![result.root()];
    let mut count = 0;
    while let Some(node) = left.pop() {
        count += 1;
        assert_eq!(node.entries().count() + node.items().count(), node.len());
        if count < 50 {
            let position = result.position(node);
            let source = result.source_of(&position.file).expect("the text of its file");
            assert!(source.get(position.span.0..position.span.1).is_some(), "{position:?}");
            assert!(result.root().pointer(&position.pointer).is_some_and(|found| found.is(node)));
        }
        left.extend(node.entries().map(|entry| entry.value));
        left.extend(node.items());
    }
});
