//! What `palisade discover logs` finds in real files: learned, declared, forgotten, packed, broken.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use crate::client::request;
use crate::stage::Stage;

const SPEC: &str = "
openapi: 3.1.0
info: { title: orders, version: '1' }
servers: [{ url: /v1 }]
paths:
  /orders/{id}:
    parameters: [{ name: id, in: path, required: true, schema: { type: integer } }]
    get: { responses: { '200': { description: ok } } }
    delete: { responses: { '204': { description: gone } } }
  /reports:
    get: { deprecated: true, responses: { '200': { description: ok } } }
";

/// Lines as nginx writes them by default.
fn lines() -> String {
    let line = |target: &str, status: u16| {
        format!(
            "192.0.2.7 - - [27/Nov/2026:10:00:00 +0000] \"GET {target} HTTP/1.1\" {status} 15 \"-\" \"curl/8\"\n"
        )
    };
    let mut text = String::new();
    for number in 0..60 {
        text.push_str(&line(&format!("/v1/orders/{number}"), 200));
        text.push_str(&line(&format!("/internal/users/{number}"), 200));
    }
    text.push_str(&line("/v1/reports", 200));
    text.push_str(&line("/debug", 200));
    text.push_str(&line("/wp-login.php", 404));
    text + "no line of any log\n"
}

/// The operations as `status method path`, and the whole document.
fn discovered(stage: &Stage, arguments: &[&str]) -> (i32, Vec<String>, Value) {
    let output = stage.palisade(&[&["discover", "logs", "--format", "json"], arguments].concat());
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    let text = |operation: &Value, name: &str| operation[name].as_str().unwrap_or("-").to_owned();
    let operations = document["operations"].as_array().unwrap().iter();
    let lines = operations
        .map(|operation| ["status", "method", "path"].map(|name| text(operation, name)).join(" "))
        .collect();
    (output.status.code().unwrap(), lines, document)
}

#[test]
fn what_logs_tell_of_is_held_against_what_is_declared() {
    let stage = Stage::new();
    stage.write("access.log", &lines());
    stage.write("spec.yaml", SPEC);
    let (code, operations, document) =
        discovered(&stage, &["access.log", "--spec", "spec.yaml", "--fail-on", "shadow"]);
    assert_eq!(
        operations,
        [
            "shadow GET /debug",
            "shadow GET /internal/users/{userId}",
            "zombie GET /v1/reports",
            "orphan DELETE /v1/orders/{id}",
            "declared GET /v1/orders/{id}",
        ]
    );
    assert_eq!(code, 1);
    assert_eq!(document["unanswered"]["requests"], 1, "what nobody answers is no operation");
    assert_eq!(
        document["not_read"],
        json!([{ "file": "access.log", "lines": 1, "first": [{ "line": 124, "text": "no line of any log" }] }])
    );
    let users = &document["operations"][1];
    assert_eq!(users["parameters"], json!([{ "name": "userId", "in": "path", "type": "integer" }]));
    assert_eq!(users["sources"][0]["count"], 60);
    let clean = stage.palisade(&["discover", "logs", "access.log"]);
    assert_eq!(clean.status.code(), Some(0));
    let table = String::from_utf8(clean.stdout).unwrap();
    assert!(table.contains("GET /v1/orders/{orderId}") && table.contains("4 operations"), "{table}");
    let said = String::from_utf8(clean.stderr).unwrap();
    assert!(said.contains("124 lines, 123 requests, 1 like no format"), "{said}");
}

#[test]
fn what_was_learned_is_a_document_that_can_be_enforced() {
    let stage = Stage::new();
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(lines().as_bytes()).unwrap();
    std::fs::write(stage.path("access.log.gz"), packed.finish().unwrap()).unwrap();
    let (code, operations, _) = discovered(&stage, &["access.log.gz", "--openapi", "learned.json"]);
    assert_eq!(code, 0);
    let upstream = "http://127.0.0.1:9";
    let checked = stage.palisade(&["check", "--spec", "learned.json", "--upstream", upstream]);
    assert!(checked.status.success(), "{checked:?}");
    let again = discovered(&stage, &["access.log.gz", "--spec", "learned.json", "--fail-on", "shadow"]);
    assert_eq!(again.0, 0, "{:?}", again.1);
    let declared = |line: &String| line.replacen('-', "declared", 1);
    assert_eq!(again.1, operations.iter().map(declared).collect::<Vec<_>>());
}

#[test]
fn what_a_specification_lacks_is_an_overlay_after_which_it_lacks_nothing() {
    let stage = Stage::new();
    stage.write("access.log", &lines());
    stage.write("spec.yaml", SPEC);
    let overlay = ["access.log", "--spec", "spec.yaml", "--overlay", "learned.overlay.yaml"];
    let output = stage.palisade(&[&["discover", "logs", "--dry-run"][..], &overlay].concat());
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("additions to `learned.overlay.yaml`"), "{said}");
    assert!(said.contains("not in it: `GET /debug`: it is not below a path"), "{said}");
    let written = std::fs::read_to_string(stage.path("learned.overlay.yaml")).unwrap();
    assert!(written.starts_with("# Made by `palisade discover --overlay`"), "{written}");
    let checked = stage.palisade(&[
        "check",
        "--spec",
        "spec.yaml",
        "--overlay",
        "learned.overlay.yaml",
        "--upstream",
        "http://127.0.0.1:9",
    ]);
    assert!(checked.status.success(), "{checked:?}");

    stage.write("learned.overlay.yaml", "overlay: 1.0.0\n");
    let refused = stage.palisade(&[&["discover", "logs", "--dry-run"][..], &overlay].concat());
    assert_eq!(refused.status.code(), Some(3), "{refused:?}");
    assert_eq!(std::fs::read_to_string(stage.path("learned.overlay.yaml")).unwrap(), "overlay: 1.0.0\n");
    let two = [&overlay[..], &["--spec", "spec.yaml"]].concat();
    let refused = stage.palisade(&[&["discover", "logs", "--dry-run"][..], &two].concat());
    assert_eq!(refused.status.code(), Some(2), "{refused:?}");
}

#[test]
fn what_cannot_be_used_is_said() {
    let stage = Stage::new();
    stage.write("access.log", &lines());
    stage.write("other.log", "nothing that is known\n");
    stage.write("broken.yaml", "openapi: 3.1.0\npaths: [\n");
    for (arguments, code, said) in [
        (&["missing.log"][..], 3, "missing.log"),
        (&["other.log"], 3, "no line tells of a request"),
        (&["access.log", "--spec", "broken.yaml"], 2, "broken.yaml"),
        (&["access.log", "--pattern", "$nonsense$remote_addr"], 2, "the pattern"),
    ] {
        let output = stage.palisade(&[&["discover", "logs"], arguments].concat());
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {output:?}");
        assert!(String::from_utf8_lossy(&output.stderr).contains(said), "{arguments:?}: {output:?}");
    }
}

/// A recording of orders: each is made, and the list asked for once.
fn recording() -> String {
    let entry = |method: &str, path: &str, asked: Option<Value>, status: u16, answered: Value| {
        let mut request =
            json!({ "method": method, "url": format!("https://shop.example{path}"), "headers": [] });
        if let Some(asked) = asked {
            request["postData"] = json!({ "mimeType": "application/json", "text": asked.to_string() });
        }
        let content = json!({ "mimeType": "application/json", "text": answered.to_string() });
        json!({ "request": request, "response": { "status": status, "headers": [], "content": content } })
    };
    let states = ["open", "paid"];
    let mut entries: Vec<Value> = (0..60)
        .map(|number| {
            let asked =
                json!({ "item": format!("thing {number}"), "count": number, "state": states[number % 2] });
            let answered = json!({ "id": number, "contactEmail": format!("ada{number}@shop.example") });
            entry("POST", "/orders", Some(asked), 201, answered)
        })
        .collect();
    entries.push(entry("POST", "/orders", Some(json!({ "item": 7 })), 422, json!({ "title": "no" })));
    json!({ "log": { "version": "1.2", "entries": entries } }).to_string()
}

#[test]
fn what_was_learned_of_bodies_is_told_and_can_be_enforced_at_once() {
    let mut stage = Stage::new();
    stage.write("session.har", &recording());
    let arguments =
        ["discover", "traffic", "session.har", "--dry-run", "--format", "json", "--openapi", "learned.json"];
    let output = stage.palisade(&arguments);
    assert!(output.status.success(), "{output:?}");
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    let fields = document["operations"][0]["fields"].as_array().unwrap();
    let told = |of: &str, pointer: &str| {
        fields.iter().find(|field| field["of"] == of && field["pointer"] == pointer).unwrap().clone()
    };
    assert_eq!(told("request", "/count")["types"], json!(["integer"]));
    assert_eq!(
        told("201", "/contactEmail")["classes"],
        json!([
            { "class": "personal", "evidence": "name" },
            { "class": "personal", "evidence": "values", "found": "email", "count": 60 }
        ])
    );
    assert!(!String::from_utf8_lossy(&output.stdout).contains("ada1@shop.example"));
    let learned: Value =
        serde_json::from_str(&std::fs::read_to_string(stage.path("learned.json")).unwrap()).unwrap();
    let schema =
        learned.pointer("/paths/~1orders/post/requestBody/content/application~1json/schema").unwrap();
    assert_eq!(schema["required"], json!(["count", "item", "state"]), "what was refused is no example");
    assert_eq!(schema["properties"]["state"]["enum"], json!(["open", "paid"]));
    stage.config["apis"][0]["spec"] = json!("learned.json");
    stage.config["apis"][0]["hosts"] = json!(["api.example"]);
    let gateway = stage.start();
    let post = |body: &str| {
        gateway.ask(&request("POST", "/orders", &[("Content-Type", "application/json")], body.as_bytes()))
    };
    assert_eq!(post(r#"{"item":"pen","count":1000,"state":"paid"}"#).status, 200);
    assert_eq!(post(r#"{"item":"pen","count":"1","state":"paid"}"#).problem(), "body-invalid");
    assert_eq!(post(r#"{"item":"pen","count":1,"state":"stolen"}"#).problem(), "body-invalid");
    assert_eq!(gateway.get("/debug").status, 404);
}
