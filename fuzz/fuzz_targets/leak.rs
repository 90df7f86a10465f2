//! Any bytes as an answer: what is found lies within it, and of JSON each place has a pointer that leads to it.
#![no_main]

use leak::{Classes, Hit, locate, scan};
use libfuzzer_sys::fuzz_target;
use spec::{JsonLimits, parse_json};

fuzz_target!(|bytes: &[u8]| {
    let mut hits: Vec<Hit> = Vec::new();
    scan(bytes, Classes::ALL, &mut |hit| hits.push(hit));
    for hit in &hits {
        assert!(hit.range.start < hit.range.end && hit.range.end <= bytes.len(), "{hit:?}");
    }
    let mut offsets: Vec<usize> = hits.iter().map(|hit| hit.range.start).collect();
    offsets.sort_unstable();
    let located = locate(bytes, &offsets);
    assert_eq!(located.len(), offsets.len());
    if parse_json(bytes, &JsonLimits::default()).is_ok() {
        for (offset, located) in offsets.iter().zip(&located) {
            let Some(located) = located else { continue };
            assert!(located.value.contains(offset) || located.value.start == offset + 1, "{located:?}");
        }
    }
});
