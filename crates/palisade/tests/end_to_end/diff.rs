//! `palisade diff` as a whole: what it compares, what it prints, and the status it ends with.

use std::io::Write;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

use crate::stage::Stage;

const OLD: &str = "\
openapi: 3.1.0
info: { title: Orders, version: '1' }
paths:
  /orders/{id}:
    get: { security: [{ token: [] }], responses: { '200': { description: ok } } }
    delete: { security: [{ token: [] }], responses: { '204': { description: gone } } }
components: { securitySchemes: { token: { type: http, scheme: bearer } } }
";

/// The same in Swagger 2.0, with other names.
const TWIN: &str = "\
swagger: '2.0'
info: { title: Orders, version: '1' }
security: [{ login: [] }]
paths:
  /orders/{order}:
    delete: { responses: { '204': { description: gone } } }
    get: { responses: { '200': { description: ok } } }
securityDefinitions: { login: { type: basic } }
";

fn check(output: &Output, status: i32) -> (String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(status), "{stdout}{stderr}");
    (stdout, stderr)
}

fn stage() -> Stage {
    let stage = Stage::new();
    stage.write("old.yaml", OLD);
    stage.write("new.yaml", &OLD.replace("get: { security: [{ token: [] }]", "get: { security: []"));
    stage
}

fn json(stage: &Stage, arguments: &[&str], status: i32) -> Value {
    let arguments = [&["diff", "--format", "json"], arguments].concat();
    serde_json::from_str(&check(&stage.palisade(&arguments), status).0).unwrap()
}

fn rules(report: &Value) -> Vec<&str> {
    report["findings"].as_array().unwrap().iter().map(|finding| finding["rule"].as_str().unwrap()).collect()
}

#[test]
fn what_became_worse_is_drawn_in_the_new_version_and_what_is_gone_in_the_old_one() {
    let stage = stage();
    let (stdout, stderr) = check(&stage.palisade(&["diff", "old.yaml", "new.yaml"]), 1);
    assert!(
        stdout.contains("error[opened-operation]: `GET /orders/{id}` lets anybody in, and did not before\n"),
        "{stdout}"
    );
    assert!(stdout.contains(" --> new.yaml:5:12\n"), "{stdout}");
    assert!(stdout.contains("\nfound: 1 error\n"), "{stdout}");
    assert_eq!(stderr, "");
    let report = json(&stage, &["new.yaml", "old.yaml"], 0);
    assert_eq!(rules(&report), ["stricter-authentication"]);
    let start = OLD.find("    delete").unwrap();
    let end = OLD.find("components").unwrap();
    stage.write("less.yaml", &format!("{}{}", &OLD[..start], &OLD[end..]));
    let report = json(&stage, &["old.yaml", "less.yaml"], 1);
    assert_eq!(rules(&report), ["removed-operation"]);
    let finding = &report["findings"][0];
    assert_eq!((&finding["file"], &finding["line"]), (&"old.yaml".into(), &6.into()));
    assert_eq!(finding["evidence"]["version"], "old");
    assert_eq!(finding["operation"]["method"], "DELETE");
}

#[test]
fn equal_documents_differ_in_nothing_whatever_their_version() {
    let stage = stage();
    stage.write("basic.yaml", &OLD.replace("scheme: bearer", "scheme: Basic"));
    stage.write("twin.yaml", TWIN);
    for (old, new) in [("old.yaml", "old.yaml"), ("basic.yaml", "twin.yaml"), ("twin.yaml", "basic.yaml")] {
        assert_eq!(rules(&json(&stage, &[old, new], 0)), [""; 0], "{old} {new}");
    }
}

/// Messages in 3.0, and in 2.6 with an open broker without TLS and a payload that is not bounded.
const MESSAGES: &str = "\
asyncapi: 3.0.0
info: { title: Orders, version: '1' }
servers:
  broker: { host: 'mq.example:8883', protocol: mqtts, security: [{ type: userPassword }] }
channels:
  orders: { address: 'orders/{id}', messages: { placed: { payload: { type: string, maxLength: 9 } } } }
operations: { place: { action: receive, channel: { $ref: '#/channels/orders' } } }
";

const OLDER: &str = "\
asyncapi: 2.6.0
info: { title: Orders, version: '1' }
servers:
  broker: { url: 'mq.example:1883', protocol: mqtt }
channels:
  orders/{order}: { publish: { message: { payload: { type: string } } } }
";

#[test]
fn messages_are_compared_whatever_their_version_and_are_none_of_requests() {
    let stage = stage();
    stage.write("third.yaml", MESSAGES);
    stage.write("second.yaml", OLDER);
    let report = json(&stage, &["third.yaml", "second.yaml"], 1);
    assert_eq!(rules(&report), ["opened-operation", "downgraded-server", "looser-bound"]);
    assert_eq!((&report["judged"]["channels"], &report["judged"]["messages"]), (&1.into(), &1.into()));
    assert_eq!(rules(&json(&stage, &["third.yaml", "third.yaml"], 0)), [""; 0]);
    let (stdout, _) =
        check(&stage.palisade(&["diff", "third.yaml", "third.yaml", "--rule", "looser-bound"]), 0);
    assert!(stdout.contains("1 channel, 1 message, 1 schema, by 1 rules\n"), "{stdout}");
    let (stdout, _) = check(&stage.palisade(&["diff", "old.yaml", "third.yaml"]), 2);
    assert!(stdout.contains("a document of AsyncAPI is no version of one of OpenAPI"), "{stdout}");
}

#[test]
fn kinds_are_chosen_and_an_unknown_one_is_refused() {
    let stage = stage();
    let of = |more: &[&str], status| {
        let report = json(&stage, &[&["old.yaml", "new.yaml"], more].concat(), status);
        (rules(&report).len(), report["judged"]["rules"].as_u64().unwrap())
    };
    assert_eq!(of(&["--rule", "dropped-scope"], 0), (0, 1));
    assert_eq!(of(&["--matter", "breaking"], 0).0, 0);
    assert_eq!(of(&["--matter", "security"], 1).0, 1);
    assert_eq!(of(&["--skip", "opened-operation"], 0).0, 0);
    let arguments = ["diff", "old.yaml", "new.yaml", "--skip", "opened-operations"];
    let (_, stderr) = check(&stage.palisade(&arguments), 2);
    assert_eq!(stderr, "error: no change is called `opened-operations`; did you mean `opened-operation`?\n");
}

#[test]
fn an_allowance_in_the_new_version_and_a_baseline_take_findings_out() {
    let stage = stage();
    let arguments = ["diff", "old.yaml", "new.yaml", "--baseline", "known.json"];
    check(&stage.palisade(&[&arguments[..], &["--update-baseline"]].concat()), 0);
    assert_eq!(json(&stage, &arguments[1..], 0)["judged"]["in_baseline"], 1);
    let allowed =
        "  # palisade-allow: opened-operation until 9999-01-31, it is public now\n  /orders/{id}:\n";
    let new = OLD.replace("get: { security: [{ token: [] }]", "get: { security: []");
    stage.write("new.yaml", &new.replace("  /orders/{id}:\n", allowed));
    assert_eq!(json(&stage, &["old.yaml", "new.yaml"], 0)["judged"]["allowed"], 1);
    // The review knows the names of changes, and says nothing of them.
    let (stdout, _) =
        check(&stage.palisade(&["review", "new.yaml", "--format", "json", "--fail-on", "error"]), 0);
    assert!(!stdout.contains("no rule is called"), "{stdout}");
}

#[test]
fn a_revision_of_git_and_standard_input_are_read() {
    let stage = stage();
    let git = |arguments: &[&str]| {
        let folder = stage.path("");
        let identity = ["-c", "user.name=a", "-c", "user.email=a@example.com"];
        let status = Command::new("git").current_dir(folder).args(identity).args(arguments).output().unwrap();
        assert!(status.status.success(), "{status:?}");
    };
    stage.write("shared.yaml", "Id: { type: string, maxLength: 9 }\n");
    let parameter = "  /orders/{id}:\n    parameters: [{ name: id, in: path, required: true, schema: { $ref: 'shared.yaml#/Id' } }]\n";
    stage.write("openapi.yaml", &OLD.replace("  /orders/{id}:\n", parameter));
    git(&["init", "--quiet"]);
    git(&["add", "openapi.yaml", "shared.yaml"]);
    git(&["commit", "--quiet", "-m", "first"]);
    stage.write("shared.yaml", "Id: { type: string, maxLength: 99 }\n");
    let report = json(&stage, &["git:HEAD:openapi.yaml", "openapi.yaml", "--fail-on", "warning"], 1);
    assert_eq!(rules(&report), ["looser-bound"]);
    assert_eq!(report["findings"][0]["file"], "shared.yaml");
    for missing in ["git:HEAD:none.yaml", "git:none:openapi.yaml", "none.yaml"] {
        let report = json(&stage, &[missing, "openapi.yaml"], 2);
        let said = report["not_judged"][0]["message"].as_str().unwrap();
        assert!(said.starts_with(&format!("`{missing}` cannot be read: ")), "{said}");
    }
    let mut child = stage.command(&["diff", "-", "new.yaml"]);
    let mut child = child.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(OLD.as_bytes()).unwrap();
    check(&child.wait_with_output().unwrap(), 1);
}

#[test]
fn every_format_has_the_change() {
    let stage = stage();
    for (format, part) in [
        ("sarif", "\"ruleId\": \"opened-operation\""),
        ("junit", "<testsuites name=\"palisade diff\""),
        ("github", "::error file=new.yaml,line=5,col=12,title=opened-operation::"),
        ("markdown", "## API diff\n"),
    ] {
        let (stdout, _) = check(&stage.palisade(&["diff", "old.yaml", "new.yaml", "--format", format]), 1);
        assert!(stdout.contains(part), "{stdout}");
    }
}

#[test]
fn kinds_are_listed_and_explained() {
    let stage = Stage::new();
    let (stdout, _) = check(&stage.palisade(&["diff", "--list"]), 0);
    assert!(stdout.lines().any(|line| line.starts_with("opened-operation ")), "{stdout}");
    let (stdout, _) = check(&stage.palisade(&["diff", "--explain", "looser-bound"]), 0);
    assert!(stdout.starts_with("# looser-bound\n") && stdout.contains("CWE-770"), "{stdout}");
    let (_, stderr) = check(&stage.palisade(&["diff", "--explain", "looser-bounds"]), 2);
    assert_eq!(stderr, "error: no change is called `looser-bounds`; did you mean `looser-bound`?\n");
    assert_eq!(check(&stage.palisade(&["diff", "old.yaml"]), 2).0, "");
}
