//! Any text as a GraphQL document: it is measured or refused, and what is ignored between tokens changes no number.
#![no_main]

use gateway::graphql::{Reading, measure};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let sizes = ["first".to_owned()];
    let reading = Reading { sizes: &sizes, tokens_max: 10_000 };
    let Ok(measures) = measure(text, None, reading) else { return };
    assert!(measures.depth >= 1 && measures.root_fields >= 1 && !measures.operations.is_empty());
    assert!(measures.complexity >= measures.depth && measures.complexity >= measures.root_fields);
    let spaced = format!(",#c\n\u{feff}{text}\n, #");
    assert_eq!(measure(&spaced, None, reading), Ok(measures));
});
