//! Any text as a rule of Traefik: what it comes to is bounded, and written out as a rule it comes to the same.
#![no_main]

use discover::config::{Alternatives, Term, parse_rule};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let Ok(alternatives) = parse_rule(text) else { return };
    assert!((1..=256).contains(&alternatives.len()));
    assert_eq!(parse_rule(&written(&alternatives)).as_ref(), Ok(&alternatives));
});

fn written(alternatives: &Alternatives) -> String {
    let value = |value: &String| format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""));
    let term = |term: &Term| {
        let values: Vec<String> = term.values.iter().map(value).collect();
        format!("{}{}({})", if term.is_denied { "!" } else { "" }, term.matcher, values.join(", "))
    };
    let all = |terms: &Vec<Term>| terms.iter().map(term).collect::<Vec<_>>().join(" && ");
    alternatives.iter().map(all).collect::<Vec<_>>().join(" || ")
}
