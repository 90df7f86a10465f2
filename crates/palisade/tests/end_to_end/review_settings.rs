//! What the config and the command line say of the review: rules, severities, what fails, and baselines.

use std::process::Output;

use serde_json::{Value, json};

use crate::stage::Stage;

const BAD: &str = "\
openapi: 3.1.0
info: { title: Orders, version: '1' }
servers: [{ url: 'http://api.example/v1' }]
paths:
  /orders:
    post: { responses: { '201': { description: made } } }
components: { securitySchemes: { token: { type: http, scheme: bearer } } }
";

fn check(output: &Output, status: i32) -> (String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(status), "{stdout}{stderr}");
    (stdout, stderr)
}

/// Severities by rule.
fn severities(stage: &Stage, arguments: &[&str], status: i32) -> Vec<(String, String)> {
    let arguments = [&["review", "--format", "json"], arguments].concat();
    let report: Value = serde_json::from_str(&check(&stage.palisade(&arguments), status).0).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let findings = report["findings"].as_array().unwrap().iter();
    findings.map(|finding| (text(&finding["rule"]), text(&finding["severity"]))).collect()
}

fn has(found: &[(String, String)], rule: &str, severity: &str) -> bool {
    found.contains(&(rule.to_owned(), severity.to_owned()))
}

fn names(found: &[(String, String)], rule: &str) -> bool {
    found.iter().any(|(found, _)| found == rule)
}

fn stage(review: &Value) -> Stage {
    let mut stage = Stage::new();
    stage.write("bad.yaml", BAD);
    stage.config["review"] = review.clone();
    stage.write_config();
    stage
}

#[test]
fn the_config_in_the_folder_says_which_rules_and_how_severely() {
    let stage = stage(
        &json!({ "rules": { "plain-http": "note", "unauthenticated-write": "off", "missing-429": "error" } }),
    );
    let found = severities(&stage, &["bad.yaml"], 1);
    assert!(has(&found, "plain-http", "note") && has(&found, "missing-429", "error"), "{found:?}");
    assert!(!names(&found, "unauthenticated-write"), "{found:?}");
    let found = severities(&stage, &["bad.yaml", "--rule", "unauthenticated-write"], 1);
    assert_eq!(found, [("unauthenticated-write".to_owned(), "error".to_owned())], "asked for by name");
    let found = severities(&stage, &["bad.yaml", "--skip", "missing-429"], 0);
    assert!(!names(&found, "missing-429") && names(&found, "plain-http"), "{found:?}");
    // Another config, and one beside the document that is named.
    stage.write("other.yaml", "review: { rules: { missing-429: 'off' } }\n");
    let found = severities(&stage, &["bad.yaml", "-c", "other.yaml"], 1);
    assert!(names(&found, "unauthenticated-write") && !names(&found, "missing-429"), "{found:?}");
    std::fs::create_dir(stage.path("apis")).unwrap();
    for (from, to) in [("other.yaml", "apis/palisade.yaml"), ("bad.yaml", "apis/bad.yaml")] {
        std::fs::copy(stage.path(from), stage.path(to)).unwrap();
    }
    std::fs::remove_file(stage.path("palisade.yaml")).unwrap();
    let found = severities(&stage, &["apis/bad.yaml"], 1);
    assert!(names(&found, "unauthenticated-write") && !names(&found, "missing-429"), "{found:?}");
}

#[test]
fn some_files_have_severities_of_their_own() {
    let review = json!({
        "rules": { "plain-http": "off" },
        "files": [
            { "match": "**/*.yaml", "rules": { "plain-http": "warning" } },
            { "match": "inner/**", "rules": { "plain-http": "note", "unauthenticated-write": "off" } },
        ],
    });
    let stage = stage(&review);
    std::fs::create_dir(stage.path("inner")).unwrap();
    stage.write("inner/bad.yaml", BAD);
    assert!(has(&severities(&stage, &["bad.yaml"], 1), "plain-http", "warning"));
    let found = severities(&stage, &["inner/bad.yaml"], 0);
    assert!(has(&found, "plain-http", "note") && !names(&found, "unauthenticated-write"), "{found:?}");
}

#[test]
fn the_config_says_what_fails_and_what_is_known() {
    let stage = stage(
        &json!({ "fail-on": "note", "baseline": "known.json", "rules": { "unauthenticated-write": "note" } }),
    );
    check(&stage.palisade(&["review", "bad.yaml", "--update-baseline"]), 0);
    assert_eq!(severities(&stage, &["bad.yaml"], 0), []);
    stage.write("known.json", "{ \"schema_version\": 1, \"command\": \"review\", \"findings\": [] }");
    severities(&stage, &["bad.yaml", "--rule", "missing-owner"], 1);
    severities(&stage, &["bad.yaml", "--rule", "missing-owner", "--fail-on", "error"], 0);
    stage.write("palisade.yaml", "review: {}\n");
    let (_, stderr) = check(&stage.palisade(&["review", "bad.yaml", "--update-baseline"]), 2);
    assert_eq!(stderr, "error: no baseline is named, by `--baseline` or in the config\n");
}

#[test]
fn review_and_diff_have_a_baseline_each() {
    let stage = stage(&json!({ "baseline": "known.json", "diff-baseline": "changes.json" }));
    stage.write("less.yaml", &BAD.replace("/orders:", "/others:"));
    stage.write("none.yaml", "review: {}\n");
    check(&stage.palisade(&["diff", "bad.yaml", "less.yaml", "--config", "none.yaml"]), 1);
    check(&stage.palisade(&["diff", "bad.yaml", "less.yaml", "--update-baseline"]), 0);
    check(&stage.palisade(&["diff", "bad.yaml", "less.yaml"]), 0);
    check(&stage.palisade(&["review", "bad.yaml", "--update-baseline"]), 0);
    assert_eq!(severities(&stage, &["bad.yaml"], 0), []);
    let others = ["diff", "bad.yaml", "less.yaml", "--baseline", "known.json", "--update-baseline"];
    let (_, stderr) = check(&stage.palisade(&others), 2);
    assert_eq!(stderr, "error: `known.json` is a baseline of `palisade review`\n");
}

#[test]
fn scores_are_of_what_the_config_leaves() {
    let row = |rules: Value| {
        let stage = stage(&json!({ "rules": rules }));
        let output = stage.palisade(&["review", "bad.yaml", "--format", "json", "--rule", "plain-http"]);
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        report["scores"][0]["rows"][7].clone()
    };
    assert_eq!(row(json!({}))["score"], 50.0);
    assert_eq!(row(json!({ "plain-http": "note" }))["score"], 95.0);
}

#[test]
fn diff_reads_the_same_section() {
    let stage = stage(&json!({ "rules": { "removed-operation": "note" } }));
    stage.write(
        "less.yaml",
        &BAD.replace("  /orders:\n    post: { responses: { '201': { description: made } } }\n", "  {}\n"),
    );
    check(&stage.palisade(&["diff", "bad.yaml", "less.yaml"]), 0);
    std::fs::remove_file(stage.path("palisade.yaml")).unwrap();
    check(&stage.palisade(&["diff", "bad.yaml", "less.yaml"]), 1);
}

#[test]
fn what_the_config_gets_wrong_is_said_with_its_place() {
    let mut stage = stage(&json!({}));
    stage.write("palisade.yaml", "version: 1\nreview:\n  rules:\n    plain-htp: note\n  fail_on: error\n");
    let (stdout, stderr) = check(&stage.palisade(&["review", "bad.yaml"]), 2);
    assert_eq!(stdout, "");
    for part in [
        "no rule is called `plain-htp`",
        "did you mean `plain-http`?",
        "palisade.yaml:4:5",
        "palisade.yaml:5:3",
        "`fail-on`",
    ] {
        assert!(stderr.contains(part), "{part}: {stderr}");
    }
    // The gateway does not look at it, so for it a wrong name is a warning.
    stage.config["review"] = json!({ "rules": { "plain-htp": "note" } });
    stage.write_config();
    let arguments = ["check", "-c", "palisade.yaml", "--format", "json", "--fail-on", "warning"];
    let report: Value = serde_json::from_str(&check(&stage.palisade(&arguments), 1).0).unwrap();
    let problem = &report["problems"][0];
    assert_eq!(
        (&problem["severity"], &problem["help"]),
        (&json!("warning"), &json!("did you mean `plain-http`?"))
    );
    for arguments in
        [["review", "bad.yaml", "--skip", "plain-htp"], ["review", "bad.yaml", "--rule", "plain-htp"]]
    {
        stage.write("palisade.yaml", "version: 1\n");
        let (_, stderr) = check(&stage.palisade(&arguments), 2);
        assert_eq!(stderr, "error: no rule is called `plain-htp`; did you mean `plain-http`?\n");
    }
}

#[test]
fn a_baseline_says_what_was_not_judged_and_is_kept_where_a_document_could_not_be() {
    let stage = Stage::new();
    let arguments = ["review", "bad.yaml", "--baseline", "known.json", "--update-baseline"];
    stage.write("bad.yaml", &BAD.replace("description: made", "$ref: '#/none'"));
    let (_, stderr) = check(&stage.palisade(&arguments), 0);
    assert!(stderr.contains("`#/none` leads to nothing in its document"), "{stderr}");
    assert!(stderr.ends_with("not judged, and so not in it: 1 thing, said above\n"), "{stderr}");
    let kept = std::fs::read(stage.path("known.json")).unwrap();
    let (_, stderr) = check(&stage.palisade(&[&arguments[..], &["missing.yaml"]].concat()), 2);
    assert!(
        stderr.ends_with("error: `known.json` is not written, since not all could be judged\n"),
        "{stderr}"
    );
    assert_eq!(std::fs::read(stage.path("known.json")).unwrap(), kept);
}
