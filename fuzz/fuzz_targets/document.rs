//! Any bytes as a document: reading ends within its limits, and every node and problem has its place in the text.
#![no_main]

use libfuzzer_sys::fuzz_target;
use spec::{Document, Limits};

fuzz_target!(|bytes: &[u8]| {
    let limits = Limits { bytes_max: 1 << 20, depth_max: 100, nodes_max: 10_000, aliases_max: 1000 };
    for file in ["a.yaml", "a.json"] {
        let (document, problems) = Document::parse(file, bytes, &limits);
        let length = document.source().len();
        for problem in &problems {
            let position = problem.position.as_ref().expect("a place");
            assert!(position.span.0 <= position.span.1 && position.span.1 <= length, "{problem:?}");
            assert!(position.line >= 1 && position.column >= 1, "{problem:?}");
        }
        let mut left = vec![document.root()];
        let mut count = 0;
        while let Some(node) = left.pop() {
            count += 1;
            let span = node.span();
            assert!(document.source().get(span.0..span.1).is_some());
            assert_eq!(node.entries().count() + node.items().count(), node.len());
            // Finding a place walks from the root, so not every one of many is asked for.
            if count < 100 {
                let pointer = document.pointer(node);
                assert!(document.root().pointer(&pointer).is_some_and(|found| found.is(node)), "{pointer}");
            }
            for entry in node.entries() {
                assert!(node.get(entry.key).is_some_and(|found| found.is(entry.value)), "{:?}", entry.key);
                left.push(entry.value);
            }
            left.extend(node.items());
        }
        assert!(count <= limits.nodes_max + 1);
        document.root().to_value();
    }
});
