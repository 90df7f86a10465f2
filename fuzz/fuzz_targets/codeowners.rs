//! Any text as CODEOWNERS, and its first line as a path: nothing panics, and what is found stands on a line that is there.
#![no_main]

use discover::owners::CodeOwners;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let (path, rules) = text.split_once('\n').unwrap_or((text, ""));
    let found = CodeOwners::parse(rules);
    if let Some((owners, line)) = found.of(path) {
        assert!(!owners.is_empty());
        assert!((1..=rules.lines().count() as u64).contains(&line));
    }
});
