//! The JSON Schema test suite, draft 2020-12, through the body parser and the validator of contracts.

use std::fs;
use std::path::{Path, PathBuf};

use jsonschema::{Draft, Registry};
use serde_json::{Value, json};

use super::instance::{Instance, InstanceJson, Slot};
use crate::json::{self, JsonLimits};

const CORPUS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/corpus/json-schema");

/// Passed and failed tests of some files.
#[derive(Default)]
struct Score {
    passed: usize,
    failed: Vec<String>,
}

fn corpus() -> Option<PathBuf> {
    let found = Path::new(CORPUS).is_dir().then(|| PathBuf::from(CORPUS));
    if found.is_none() {
        println!("skipped: no JSON Schema test suite at {CORPUS}");
    }
    found
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "json") {
            found.push(path);
        }
    }
}

fn value_of(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

/// The remote schemas under the addresses that the suite gives them.
fn remotes(corpus: &Path) -> Registry<'static> {
    let folder = corpus.join("remotes");
    let mut paths = Vec::new();
    files(&folder, &mut paths);
    let resources = paths.iter().filter_map(|path| {
        let name = path.strip_prefix(&folder).unwrap().to_str().unwrap();
        let foreign = name.starts_with("draft")
            && !name.starts_with("draft2020-12")
            && !name.starts_with("draft2019-09");
        let resource = Draft::Draft202012.create_resource(value_of(path));
        (!foreign).then(|| (format!("http://localhost:1234/{name}"), resource))
    });
    Registry::new().draft(Draft::Draft202012).extend(resources).unwrap().prepare().unwrap()
}

fn run(path: &Path, remotes: &Registry<'_>, formats: bool, score: &mut Score) {
    let file = path.file_stem().unwrap().to_str().unwrap();
    for group in value_of(path).as_array().unwrap() {
        let title = format!("{file}: {}", group["description"].as_str().unwrap());
        let options = jsonschema::options_for::<InstanceJson>()
            .offline()
            .with_draft(Draft::Draft202012)
            .with_registry(remotes)
            .with_pattern_options(jsonschema::PatternOptions::regex())
            .should_validate_formats(formats);
        // The schema stands alone under its own address; the table only leads to it.
        let mut schema = group["schema"].clone();
        let address = schema.get("$id").and_then(Value::as_str).unwrap_or("urn:suite:schema").to_owned();
        if let Value::Object(keywords) = &mut schema {
            keywords.entry("$id").or_insert_with(|| address.as_str().into());
        }
        let compiled = options.build(&schema);
        let compiled = match compiled {
            Ok(compiled) => compiled,
            Err(error) => {
                let tests = group["tests"].as_array().unwrap();
                score.failed.extend(tests.iter().map(|_| format!("{title}: does not compile: {error}")));
                continue;
            }
        };
        for test in group["tests"].as_array().unwrap() {
            let text = serde_json::to_vec(&test["data"]).unwrap();
            let body = json::parse(&text, &JsonLimits::default()).unwrap();
            let expected = test["valid"].as_bool().unwrap();
            let instance = Instance::Node(body.root());
            let agrees =
                compiled.is_valid(instance) == expected && compiled.validate(instance).is_ok() == expected;
            if agrees {
                score.passed += 1;
            } else {
                score.failed.push(format!("{title}: {}", test["description"].as_str().unwrap()));
            }
        }
    }
}

fn score(folder: &Path, remotes: &Registry<'_>, formats: bool) -> Score {
    let mut score = Score::default();
    let mut paths = Vec::new();
    files(folder, &mut paths);
    for path in paths.iter().filter(|path| path.parent() == Some(folder)) {
        run(path, remotes, formats, &mut score);
    }
    score
}

#[test]
fn every_required_test_of_the_suite_passes() {
    let Some(corpus) = corpus() else { return };
    let remotes = remotes(&corpus);
    let tests = corpus.join("tests/draft2020-12");
    let required = score(&tests, &remotes, false);
    assert!(required.failed.is_empty(), "{:#?}", required.failed);
    assert!(required.passed > 1000, "only {} tests were found", required.passed);
    for (folder, formats) in [("optional", false), ("optional/format", true)] {
        let optional = score(&tests.join(folder), &remotes, formats);
        let all = optional.passed + optional.failed.len();
        println!("{folder}: {} of {all} tests pass", optional.passed);
    }
}

#[test]
fn a_slot_of_the_table_checks_what_is_wrapped_for_it() {
    let schema = json!({
        "$defs": { "0": { "type": "integer" }, "1": { "required": ["a"], "properties": { "a": { "$ref": "#/$defs/0" } } } },
        "properties": { "0": { "$ref": "#/$defs/0" }, "1": { "$ref": "#/$defs/1" } },
        "additionalProperties": false,
    });
    let table = jsonschema::options_for::<InstanceJson>().offline().build(&schema).unwrap();
    let valid = |name: &str, value: &Value| {
        table.is_valid(Instance::Slot(&Slot { name, instance: Instance::Value(value) }))
    };
    assert!(valid("0", &json!(1)));
    assert!(!valid("0", &json!("1")));
    assert!(valid("1", &json!({ "a": 1 })));
    assert!(!valid("1", &json!({ "a": "1" })));
    assert!(!valid("1", &json!({})));
    assert!(!valid("2", &json!(1)));
}
