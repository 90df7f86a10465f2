//! Any text as a config of nginx: nothing panics, lines come in order, and what is let through stands on one of them.
#![no_main]

use discover::config::{Directive, of_texts, parse_directives};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let lines = text.lines().count() as u64 + 1;
    let (directives, fault) = parse_directives(text);
    assert!(fault.is_none_or(|fault| fault.line <= lines));
    in_order(&directives, 1, lines);
    let findings = of_texts(&[("nginx.conf".to_owned(), text.to_owned())]);
    assert!(findings.exposures.iter().all(|exposure| exposure.gateway == "nginx"));
});

/// Whether each directive begins where the one before it does, or later.
fn in_order(directives: &[Directive], from: u64, lines: u64) {
    let mut last = from;
    for directive in directives {
        assert!((last..=lines).contains(&directive.line));
        last = directive.line;
        in_order(directive.block.as_deref().unwrap_or_default(), last, lines);
    }
}
