//! Reports in SARIF, held against its JSON Schema, with what the schema cannot say: that what is referred to is there.
//!
//! `cargo xtask test` installs the schema where there is npm; without it, these tests say so and prove nothing.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;
use std::process::Stdio;

use jsonschema::{Draft, Validator};
use serde_json::{Value, json};

use crate::stage::Stage;

/// Documents of requests and of messages in which many rules find something.
const DOCUMENTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/seeds/review");

const RULESET: &str = "\
extends: missing.yaml
rules:
  team-title: { severity: error, given: $.info, then: { field: x-team, function: truthy } }
  team-channels: { given: '$.channels[*]', then: { field: x-team, function: truthy } }
  other: { given: $, then: { function: mine } }
";

const OLD: &str = "\
openapi: 3.1.0
info: { title: Orders, version: '1' }
servers: [{ url: 'https://api.example' }]
paths:
  /orders:
    get: { security: [{ token: [] }], responses: { '200': { description: ok } } }
    delete: { security: [{ token: [] }], responses: { '204': { description: gone } } }
components: { securitySchemes: { token: { type: http, scheme: bearer } } }
";

/// The schema; nothing where it is not installed.
fn schema() -> Option<Validator> {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let folder = target.join("tools/sarif/node_modules/@microsoft/jest-sarif/lib/schemas");
    let Ok(text) = std::fs::read(folder.join("sarif-2.1.0-rtm.5.json")) else {
        println!("skipped: no schema of SARIF in `{}`", folder.display());
        return None;
    };
    let mut schema: Value = serde_json::from_slice(&text).unwrap();
    // A bracket in it is no regular expression to a strict reader, and we name no language.
    for part in ["run", "toolComponent"] {
        let language = schema.pointer_mut(&format!("/definitions/{part}/properties/language")).unwrap();
        language.as_object_mut().unwrap().remove("pattern").unwrap();
    }
    // It is of draft 4, in which `uri-reference` means nothing yet.
    let options = jsonschema::options().with_draft(Draft::Draft7).should_validate_formats(true);
    Some(options.offline().build(&schema).unwrap())
}

/// Asserts that `log` is valid, and returns the rules that found something.
fn check(schema: &Validator, log: &[u8]) -> BTreeSet<String> {
    let log: Value = serde_json::from_slice(log).unwrap();
    let faults: Vec<String> =
        schema.iter_errors(&log).map(|fault| format!("{}: {fault}", fault.instance_path())).collect();
    assert_eq!(faults, [""; 0]);
    let [run] = &log["runs"].as_array().unwrap()[..] else { panic!("one run: {log}") };
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    let ids: BTreeSet<&str> = rules.iter().map(|rule| rule["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), rules.len(), "each rule is described once");
    let results = run["results"].as_array().unwrap();
    for result in results {
        let id = result["ruleId"].as_str().unwrap();
        match result["ruleIndex"].as_u64() {
            Some(index) => assert_eq!(rules[usize::try_from(index).unwrap()]["id"], id),
            None => assert!(!ids.contains(id), "{id}"),
        }
        let region = &result["locations"][0]["physicalLocation"]["region"];
        let (start, end) = (region["startColumn"].as_u64().unwrap(), &region["endColumn"]);
        assert!(end.as_u64().is_none_or(|end| start <= end), "{region}");
    }
    results.iter().map(|result| result["ruleId"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_review_is_valid_sarif_whatever_was_found_and_said() {
    let Some(schema) = schema() else { return };
    let stage = Stage::new();
    stage.write("team.yaml", RULESET);
    let reviewed = |arguments: &[&str]| {
        let arguments = [&["review", "--format", "sarif"], arguments].concat();
        check(&schema, &stage.palisade(&arguments).stdout)
    };
    let found = reviewed(&[DOCUMENTS]);
    assert!(found.len() > 30, "{found:?}");
    for rule in ["unauthenticated-write", "wildcard-channel"] {
        assert!(found.contains(rule), "{found:?}");
    }
    let found = reviewed(&[DOCUMENTS, "--ruleset", "team.yaml"]);
    assert!(found.contains("team-title") && found.contains("team-channels"), "{found:?}");
    // Names that are no URI, and places that are not in one line.
    stage.write("a b%:[ü].yaml", &OLD.replace("title: Orders", "title: \"Orders\n  😀\""));
    stage.write("flow.json", "{\"openapi\": \"3.1.0\",\n\"info\": {\"title\": \"\u{1F600}\", \"version\": \"1\"},\n\"paths\": {\"/a\u{1F600}\": {\"post\": {}}}}");
    let folder = stage.path("");
    assert!(!reviewed(&["a b%:[ü].yaml", "flow.json"]).is_empty());
    assert!(!reviewed(&[folder.join("flow.json").to_str().unwrap()]).is_empty());
    for unjudged in ["missing.yaml", "team.yaml"] {
        assert!(reviewed(&[unjudged]).is_empty());
    }
    let mut child = stage.command(&["review", "--format", "sarif", "-"]);
    let mut child = child.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(OLD.as_bytes()).unwrap();
    assert!(!check(&schema, &child.wait_with_output().unwrap().stdout).is_empty());
}

#[test]
fn a_comparison_is_valid_sarif() {
    let Some(schema) = schema() else { return };
    let stage = Stage::new();
    stage.write("old.yaml", OLD);
    stage.write("new.yaml", &OLD.replace("get: { security: [{ token: [] }]", "get: { security: []"));
    stage.write("less.yaml", &OLD.replace("    delete:", "    # palisade-allow: x\n    x-delete:"));
    let compared = |old: &str, new: &str| {
        check(&schema, &stage.palisade(&["diff", "--format", "sarif", old, new]).stdout)
    };
    assert_eq!(compared("old.yaml", "old.yaml"), BTreeSet::new());
    assert!(compared("old.yaml", "new.yaml").contains("opened-operation"));
    assert!(compared("old.yaml", "less.yaml").contains("removed-operation"));
    assert_eq!(compared("old.yaml", "missing.yaml"), BTreeSet::new());
}

/// A test that finds every report valid must be able to find one that is not.
#[test]
fn the_schema_refuses_what_is_no_sarif() {
    let Some(schema) = schema() else { return };
    let log = |result: Value| {
        let run = json!({ "tool": { "driver": { "name": "a" } }, "results": [result] });
        json!({ "version": "2.1.0", "runs": [run] })
    };
    let located = |uri: &str, column: u64| {
        let region = json!({ "startLine": 1, "startColumn": column });
        let place = json!({ "artifactLocation": { "uri": uri }, "region": region });
        log(json!({ "message": { "text": "a" }, "locations": [{ "physicalLocation": place }] }))
    };
    assert!(schema.is_valid(&located("a.yaml", 1)));
    for wrong in [
        located("a b.yaml", 1),
        located("a.yaml", 0),
        log(json!({ "message": {} })),
        log(json!({ "message": { "text": "a" }, "level": "fatal" })),
        log(json!({ "message": { "text": "a" }, "surprise": 1 })),
    ] {
        assert!(!schema.is_valid(&wrong), "{wrong}");
    }
}
