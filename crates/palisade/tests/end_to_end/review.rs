//! `palisade review` as a whole: what it reads, what it prints, and the status it ends with.

use std::io::Write;
use std::process::{Output, Stdio};

use serde_json::Value;

use crate::stage::Stage;

const BAD: &str = "\
openapi: 3.1.0
info: { title: Orders, version: '1' }
servers: [{ url: 'http://api.example/v1', x-internal: false, description: production }]
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

fn json(stage: &Stage, arguments: &[&str], status: i32) -> Value {
    let arguments = [&["review", "--format", "json"], arguments].concat();
    serde_json::from_str(&check(&stage.palisade(&arguments), status).0).unwrap()
}

fn rules(report: &Value) -> Vec<&str> {
    report["findings"].as_array().unwrap().iter().map(|finding| finding["rule"].as_str().unwrap()).collect()
}

#[test]
fn findings_are_drawn_and_fail_from_the_severity_that_was_asked_for() {
    let stage = Stage::new();
    stage.write("bad.yaml", BAD);
    let (stdout, stderr) = check(&stage.palisade(&["review", "bad.yaml"]), 1);
    assert!(stdout.contains("error[unauthenticated-write]: `POST /orders` lets anybody call\n"), "{stdout}");
    assert!(stdout.contains(" --> bad.yaml:6:5\n"), "{stdout}");
    assert!(stdout.contains("help: give the operation"), "{stdout}");
    assert!(stdout.contains("\njudged: 1 document, 1 operation, 0 schemas, by "), "{stdout}");
    assert_eq!(stderr, "");
    stage.write("bad.yaml", &BAD.replace("http:", "https:").replace("post:", "get:"));
    check(&stage.palisade(&["review", "bad.yaml"]), 0);
    check(&stage.palisade(&["review", "bad.yaml", "--fail-on", "warning"]), 1);
}

#[test]
fn folders_patterns_and_standard_input_are_read() {
    let stage = Stage::new();
    std::fs::create_dir_all(stage.path("apis/v1")).unwrap();
    stage.write("apis/v1/bad.yaml", BAD);
    stage.write("apis/other.json", "{\"a\": 1}");
    for specs in ["apis", "apis/**/*.yaml"] {
        let report = json(&stage, &[specs], 1);
        assert_eq!(report["judged"]["documents"], 1, "{report}");
        assert_eq!(report["findings"][0]["file"], "apis/v1/bad.yaml");
        assert!(rules(&report).contains(&"plain-http"), "{report}");
    }
    let mut child = stage.command(&["review", "--format", "json", "-"]);
    let mut child = child.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(BAD.as_bytes()).unwrap();
    let (stdout, _) = check(&child.wait_with_output().unwrap(), 1);
    let report: Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(report["findings"][0]["file"], "<stdin>");
}

#[test]
fn what_cannot_be_judged_is_said_and_ends_with_2() {
    let stage = Stage::new();
    stage.write("other.yaml", "a: 1\n");
    for (spec, message) in [("other.yaml", "the document says neither"), ("missing.yaml", "cannot be read")] {
        let report = json(&stage, &[spec], 2);
        let said = report["not_judged"][0]["message"].as_str().unwrap();
        assert!(said.contains(message), "{report}");
    }
    stage.write("messages.yaml", "asyncapi: 1.2.0\ninfo: { title: a, version: '1' }\nchannels: {}\n");
    std::fs::create_dir_all(stage.path("empty")).unwrap();
    for spec in ["messages.yaml", "empty"] {
        assert_eq!(
            json(&stage, &[spec], 2)["judged"]["documents"],
            0,
            "{spec}: nothing judged is no success"
        );
    }
    stage.write(
        "part.yaml",
        "openapi: 3.1.0\ninfo: {title: a, version: '1'}\npaths: { /a: { $ref: 'none.yaml' } }\n",
    );
    let report = json(&stage, &["part.yaml"], 0);
    assert_eq!(
        (&report["not_judged"][0]["line"], &report["not_judged"][0]["severity"]),
        (&3.into(), &"warning".into())
    );
    assert_eq!(check(&stage.palisade(&["review"]), 2).0, "");
}

const MESSAGES: &str = "\
asyncapi: 3.0.0
info: { title: Orders, version: '1', contact: { name: Orders } }
servers: { production: { host: 'broker.example:1883', protocol: mqtt } }
channels:
  orders:
    address: orders/{orderId}
    parameters: { orderId: {} }
    messages: { order: { payload: { type: object, properties: { note: { type: string } } } } }
operations:
  takeOrder: { action: receive, channel: { $ref: '#/channels/orders' } }
";

#[test]
fn documents_of_messages_are_judged_by_the_rules_about_them() {
    let stage = Stage::new();
    std::fs::create_dir_all(stage.path("apis/events")).unwrap();
    stage.write("apis/events/orders.yaml", MESSAGES);
    let report = json(&stage, &["apis"], 1);
    assert_eq!(
        rules(&report),
        ["unauthenticated-server", "plain-transport", "unbounded-string", "unrestricted-string"],
        "{report}"
    );
    let judged = &report["judged"];
    assert_eq!(
        (&judged["channels"], &judged["messages"], &judged["operations"]),
        (&1.into(), &1.into(), &1.into())
    );
    assert_eq!(report["not_judged"].as_array().unwrap().len(), 0, "{report}");
    let (stdout, _) = check(&stage.palisade(&["review", "apis"]), 1);
    let drawn =
        "error[plain-transport]: the server `production` is without TLS\n --> apis/events/orders.yaml:3:65\n";
    assert!(stdout.contains(drawn), "{stdout}");
    let counts = "\njudged: 1 document, 1 operation, 1 channel, 1 message, 2 schemas, by ";
    assert!(stdout.contains(counts), "{stdout}");
    // A rule about requests is no test that messages have passed.
    let (junit, _) = check(&stage.palisade(&["review", "apis", "--format", "junit"]), 1);
    assert!(junit.contains("name=\"plain-transport\"") && !junit.contains("name=\"missing-429\""), "{junit}");
    let (stdout, _) = check(&stage.palisade(&["review", "--explain", "plain-transport"]), 0);
    assert!(stdout.contains("\nAbout: AsyncAPI.\n"), "{stdout}");
}

#[test]
fn a_baseline_knows_what_was_there_and_not_what_is_new() {
    let stage = Stage::new();
    stage.write("bad.yaml", BAD);
    let with = ["bad.yaml", "--baseline", "known.json"];
    check(&stage.palisade(&[&["review"], &with[..]].concat()), 2);
    check(&stage.palisade(&[&["review"], &with[..], &["--update-baseline"]].concat()), 0);
    let report = json(&stage, &with, 0);
    assert_eq!(rules(&report), [""; 0]);
    assert!(report["judged"]["in_baseline"].as_u64().unwrap() > 2, "{report}");
    // Lines move, and one operation is new.
    stage.write(
        "bad.yaml",
        &BAD.replace(
            "paths:\n",
            "paths:\n  /new:\n    delete: { responses: { '204': { description: gone } } }\n",
        ),
    );
    let report = json(&stage, &with, 1);
    let found = report["findings"].as_array().unwrap();
    assert!(rules(&report).contains(&"unauthenticated-write"), "{report}");
    assert!(found.iter().all(|finding| finding["operation"]["path"] == "/new"), "{report}");
}

#[test]
fn rules_are_listed_and_explained() {
    let stage = Stage::new();
    let (stdout, _) = check(&stage.palisade(&["review", "--list"]), 0);
    assert!(stdout.lines().any(|line| line.starts_with("unauthenticated-write ")), "{stdout}");
    let (stdout, _) = check(&stage.palisade(&["review", "--explain", "plain-http"]), 0);
    assert!(stdout.starts_with("# plain-http\n") && stdout.contains("CWE-319"), "{stdout}");
    let (_, stderr) = check(&stage.palisade(&["review", "--explain", "plain-htp"]), 2);
    assert_eq!(stderr, "error: no rule is called `plain-htp`; did you mean `plain-http`?\n");
}

/// Findings of one kind, and one that only people can mend.
const MENDABLE: &str = "\
openapi: 3.1.0
info: { title: Orders, version: '1' } # of the shop
servers:
- url: 'http://api.example/v1' # the one
paths:
  /notes: { $ref: notes.yaml }
";

const NOTES: &str = "\
# read by many
get:
  security: []
  parameters:
  - { name: text, in: query, schema: { type: string } }
  responses: { '200': { description: ok } }
";

#[test]
fn fixes_are_an_overlay_beside_the_document_which_is_not_touched() {
    let stage = Stage::new();
    stage.write("api.yaml", MENDABLE);
    stage.write("notes.yaml", NOTES);
    let (_, stderr) = check(&stage.palisade(&["review", "api.yaml", "--fix", "--fail-on", "error"]), 0);
    let read = |name: &str| std::fs::read_to_string(stage.path(name)).unwrap();
    assert_eq!((read("api.yaml"), read("notes.yaml")), (MENDABLE.to_owned(), NOTES.to_owned()));
    assert!(
        stderr.contains("`api.fixes.overlay.yaml`\n")
            && stderr.contains("`notes.fixes.overlay.yaml`; 1 with"),
        "{stderr}"
    );
    let overlay = read("api.fixes.overlay.yaml");
    assert!(overlay.contains("- target: \"$.servers[0]\"\n  description: \"plain-http: "), "{overlay}");
    assert!(overlay.contains("\n  update: { url: https://api.example/v1 }\n"), "{overlay}");
    assert!(
        read("notes.fixes.overlay.yaml").contains("is assumed: confirm it"),
        "{}",
        read("notes.fixes.overlay.yaml")
    );
    // It is written again, and nothing else is written over.
    check(&stage.palisade(&["review", "api.yaml", "--fix"]), 0);
    for file in ["--fix=api.yaml", "--fix=notes.yaml"] {
        let (_, stderr) = check(&stage.palisade(&["review", "api.yaml", file]), 3);
        assert!(stderr.contains("is no overlay made by `--fix`"), "{stderr}");
    }
    assert_eq!((read("api.yaml"), read("notes.yaml")), (MENDABLE.to_owned(), NOTES.to_owned()));
    // The gateway's own reader of overlays makes of it what was meant.
    let spec = [
        "check",
        "--spec",
        "api.yaml",
        "--overlay",
        "api.fixes.overlay.yaml",
        "--upstream",
        "http://127.0.0.1:1",
    ];
    check(&stage.palisade(&spec), 0);
}

#[test]
fn an_overlay_is_of_no_document_of_messages() {
    let stage = Stage::new();
    let messages = "asyncapi: 3.0.0\ninfo: { title: t, version: '1' }\nchannels:\n  c: { address: c, messages: { m: { payload: { type: array, items: { type: boolean } } } } }\noperations: { o: { action: receive, channel: { $ref: '#/channels/c' } } }\n";
    stage.write("events.yaml", messages);
    let output = stage.palisade(&["review", "events.yaml", "--fix"]);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(3), "{stderr}");
    let said =
        "`events.yaml` is of AsyncAPI, and an Overlay is of OpenAPI alone; `--fix=in-place` mends it\n";
    assert_eq!(stderr, format!("error: {said}"));
    assert!(!stage.path("events.fixes.overlay.yaml").exists());
    // Beside one of OpenAPI it is left, and what was found in it is shown.
    stage.write(
        "requests.yaml",
        "openapi: 3.1.0\ninfo: { title: t, version: '1' }\nservers: [{ url: http://a.example }]\npaths: {}\n",
    );
    let output = stage.palisade(&["review", "events.yaml", "requests.yaml", "--fix"]);
    let (stdout, stderr) =
        (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert!(stderr.contains(said) && stderr.contains("`requests.fixes.overlay.yaml`"), "{stderr}");
    assert!(stdout.contains("unbounded-array") && !stdout.contains("plain-http"), "{stdout}");
    assert!(!stage.path("events.fixes.overlay.yaml").exists());
    stage.palisade(&["review", "events.yaml", "--fix=in-place"]);
    let mended = std::fs::read_to_string(stage.path("events.yaml")).unwrap();
    assert_eq!(mended, messages.replace("boolean } }", "boolean }, maxItems: 1000 }"));
}

#[test]
fn fixes_in_place_change_what_they_name_and_no_other_byte() {
    let stage = Stage::new();
    stage.write("api.yaml", MENDABLE);
    stage.write("notes.yaml", NOTES);
    check(&stage.palisade(&["review", "api.yaml", "--fix=in-place"]), 0);
    let read = |name: &str| std::fs::read_to_string(stage.path(name)).unwrap();
    assert_eq!(read("api.yaml"), MENDABLE.replace("'http:", "'https:"));
    let notes = read("notes.yaml");
    assert!(notes.starts_with("# read by many\nget:\n  security: []\n"), "{notes}");
    assert!(notes.contains("schema: { type: string, maxLength: 1000 } }\n"), "{notes}");
    let report = json(&stage, &["api.yaml", "--fix=in-place"], 0);
    let left = rules(&report);
    for rule in ["plain-http", "unbounded-string", "missing-429", "missing-500"] {
        assert!(!left.contains(&rule), "{left:?}");
    }
    assert_eq!(read("notes.yaml"), notes, "there was nothing left to mend");
    let (_, stderr) = check(&stage.palisade(&["review", "-", "--fix"]), 2);
    assert!(stderr.is_empty() || stderr.contains("nothing to mend"), "{stderr}");
}

#[test]
fn rules_of_a_team_are_asked_beside_those_that_are_built_in() {
    let stage = Stage::new();
    stage.write(
        "api.yaml",
        &format!("{MENDABLE}# palisade-allow: team-title until 2999-01-01, known\nx-a: 1\n"),
    );
    stage.write("notes.yaml", NOTES);
    stage.write(
        "team.yaml",
        "extends: base.yaml\nrules:\n  team-title: error\n  other: { given: $, then: { function: mine } }\n",
    );
    stage.write(
        "base.yaml",
        "rules:\n  team-title:\n    message: the title is `{{value}}`\n    given: $.info.title\n    \
         then: { function: pattern, functionOptions: { match: ^Shop } }\n",
    );
    let report = json(&stage, &["api.yaml", "--ruleset", "team.yaml"], 1);
    let finding =
        report["findings"].as_array().unwrap().iter().find(|found| found["rule"] == "team-title").unwrap();
    assert_eq!((&finding["severity"], &finding["pointer"]), (&"error".into(), &"/info/title".into()));
    assert_eq!(finding["message"], "the title is `Orders`");
    assert!(rules(&report).contains(&"plain-http"), "{report}");
    let said = report["not_judged"].to_string();
    assert!(said.contains("the rule `other` is not run: the function `mine`"), "{said}");
    assert!(said.contains("`team-title` is allowed here, and finds nothing"), "{said}");
    // In every form, and silenced as any other finding is.
    for format in ["text", "sarif", "junit", "github", "markdown"] {
        let (stdout, _) =
            check(&stage.palisade(&["review", "api.yaml", "--ruleset", "team.yaml", "--format", format]), 1);
        assert!(stdout.contains("team-title"), "{format}: {stdout}");
    }
    stage.write(
        "api.yaml",
        &MENDABLE.replace("# of the shop", "# palisade-allow: team-title until 2999-01-01, known"),
    );
    let report = json(&stage, &["api.yaml", "--ruleset", "team.yaml"], 1);
    assert!(!rules(&report).contains(&"team-title"), "{report}");
    check(&stage.palisade(&["review", "api.yaml", "--ruleset", "none.yaml"]), 2);
}
