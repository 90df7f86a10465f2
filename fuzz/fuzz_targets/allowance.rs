//! Any text as an allowance: it takes out what its rule finds at its place until its day, and nothing else.
#![no_main]

use libfuzzer_sys::fuzz_target;
use review::{Allowance, Date};
use spec::{Document, Library, Limits};

const BEFORE: &str =
    r#"{"openapi":"3.1.0","info":{"title":"a","version":"1"},"paths":{"/a":{"x-palisade-allow":"#;
const AFTER: &str = r#","post":{"responses":{}},"get":{"responses":{}}},"/ab":{"post":{"responses":{}}}}}"#;

/// Rule and place of what is found where `text` is the allowance of `/a`, and how much was allowed.
fn found(text: &str, today: Date) -> (Vec<(&'static str, String)>, usize) {
    let text = serde_json::to_string(text).expect("a text");
    let source = format!("{BEFORE}{text}{AFTER}");
    let (document, problems) = Document::parse("a.json", source, &Limits::default());
    assert_eq!(problems, []);
    let review = review::review(&Library::of(document), review::ALL, today);
    let found = review.findings.into_iter().map(|finding| (finding.rule, finding.position.pointer));
    (found.collect(), review.judged.allowed)
}

fuzz_target!(|text: &str| {
    let today: Date = "2026-11-27".parse().expect("a day");
    let (mut expected, _) = found("", today);
    let all = expected.len();
    if let Ok(allowance) = Allowance::parse(text) {
        assert!(
            [allowance.rule, allowance.reason].iter().all(|part| !part.is_empty() && text.contains(part))
        );
        assert!(text.contains(&allowance.until.to_string()));
        let is_allowed = |pointer: &str| pointer == "/paths/~1a" || pointer.starts_with("/paths/~1a/");
        expected.retain(|(rule, pointer)| {
            *rule != allowance.rule || allowance.until < today || !is_allowed(pointer)
        });
    }
    let allowed = all - expected.len();
    assert_eq!(found(text, today), (expected, allowed));
});
