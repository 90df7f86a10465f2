//! Any bytes as an answer that comes in parts: what is hidden is gone, however they are cut, and what is left is JSON.
#![no_main]

use std::sync::Arc;

use gateway::sieve::{Fate, Hidden, Hiding, Sieve, Target};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use spec::{JsonLimits, parse_json};

fuzz_target!(|input: (u8, &[u8])| {
    let (part_bytes, text) = input;
    let hiding = |target, fate| Hiding { target, scopes: Vec::new(), fate };
    let rules: Arc<[Hiding]> = Arc::new([
        hiding(Target::Name("r".to_owned()), Fate::Remove),
        hiding(Target::at("/*/m"), Fate::Mask),
    ]);
    let sieved = |part_bytes: usize| {
        let mut sieve = Sieve::new(Hidden::from(&rules, |_| false).expect("both rules hide"));
        let mut out = Vec::new();
        let read = text.chunks(part_bytes).try_for_each(|part| sieve.push(part, &mut out));
        (read.and_then(|()| sieve.finish(&mut out)).is_ok(), out)
    };
    let (is_read, whole) = sieved(text.len().max(1));
    assert_eq!(sieved(usize::from(part_bytes).max(1)), (is_read, whole.clone()));
    if parse_json(text, &JsonLimits::default()).is_ok() {
        // Only a name may be longer than it allows.
        assert!(is_read || text.len() > 64 << 10);
    }
    if is_read {
        let left: Value = serde_json::from_slice(&whole).expect("what is left is JSON");
        assert!(!has_member(&left, "r"));
    }
});

fn has_member(value: &Value, name: &str) -> bool {
    match value {
        Value::Array(items) => items.iter().any(|item| has_member(item, name)),
        Value::Object(members) => members.iter().any(|(own, value)| own == name || has_member(value, name)),
        _ => false,
    }
}
