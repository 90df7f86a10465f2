//! Any bytes as settings: reading ends, a refusal says why and where, and what is accepted is what serde_json accepts.
#![no_main]

use std::collections::BTreeMap;

use libfuzzer_sys::fuzz_target;
use serde::{Deserialize, Serialize};
use spec::{Document, Limits, deserialize};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    name: String,
    #[serde(default)]
    count: u16,
    #[serde(default)]
    ratio: Option<f64>,
    #[serde(default)]
    choice: Option<Choice>,
    #[serde(default)]
    tags: Vec<Tag>,
    #[serde(default)]
    nested: BTreeMap<String, Settings>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Choice {
    Off,
    Only(i32),
    Both { left: bool, right: bool },
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged, expecting = "expected a number or a word")]
enum Tag {
    Number(u64),
    Word(String),
}

fuzz_target!(|bytes: &[u8]| {
    let limits = Limits { bytes_max: 1 << 16, depth_max: 50, nodes_max: 2000, aliases_max: 100 };
    let (document, _) = Document::parse("a.yaml", bytes, &limits);
    match deserialize::<Settings>(&document, document.root()) {
        // The twin takes minus zero for a float, and so for no integer.
        Ok(_) if document.source().contains("-0") => {}
        Ok(settings) => {
            let twin = serde_json::from_value::<Settings>(document.root().to_value());
            assert_eq!(settings, twin.expect("the twin accepts it too"));
        }
        Err(problems) => {
            assert!(!problems.is_empty() && problems.len() <= 100);
            for problem in problems {
                let position = problem.position.expect("a place");
                assert!(position.span.1 <= document.source().len());
                // A key of the input may well be called so.
                let names_a_type = |word| problem.message.contains(word) && !document.source().contains(word);
                assert!(!names_a_type("Settings") && !names_a_type("struct"));
            }
        }
    }
});
