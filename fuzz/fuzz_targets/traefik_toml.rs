//! Any text as a config of Traefik in TOML: nothing panics, and what is let through stands on one of its lines.
#![no_main]

use discover::config::of_texts;
use libfuzzer_sys::fuzz_target;
use model::inventory::At;

fuzz_target!(|text: &str| {
    let lines = text.lines().count() as u64 + 1;
    let findings = of_texts(&[("dynamic.toml".to_owned(), text.to_owned())]);
    for exposure in &findings.exposures {
        assert!(matches!(exposure.place.at, At::Line(line) if (1..=lines).contains(&line)));
    }
});
