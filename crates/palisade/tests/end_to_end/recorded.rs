//! What `palisade discover traffic` finds in recordings, and that it says nothing of what callers showed but its kind.

use serde_json::{Value, json};

use crate::stage::Stage;

/// The values of credentials, which nothing may print.
const SECRETS: &[&str] = &["eyJhbGciOiJub25lIn0", "canary-key", "canary-cookie", "canary-password"];

/// One entry of an HTTP Archive.
fn entry(method: &str, url: &str, status: u16, headers: &[(&str, &str)]) -> Value {
    let headers: Vec<Value> =
        headers.iter().map(|(name, value)| json!({ "name": name, "value": value })).collect();
    json!({
        "startedDateTime": "2026-11-27T10:00:00.000Z",
        "time": 3,
        "request": { "method": method, "url": url, "httpVersion": "HTTP/1.1", "headers": headers, "bodySize": 0 },
        "response": {
            "status": status,
            "headers": [],
            "content": { "size": 2, "mimeType": "application/json; charset=utf-8", "text": "{}" }
        }
    })
}

fn archive() -> String {
    let mut entries = Vec::new();
    for number in 0..30 {
        let bearer = [("Authorization", "Bearer eyJhbGciOiJub25lIn0.e30.")];
        let url = format!("https://shop.example/v1/orders/{number}?expand=items");
        entries.push(entry("GET", &url, 200, &bearer));
    }
    entries.push(entry("GET", "https://shop.example/debug?api_key=canary-key", 200, &[]));
    entries.push(entry(
        "GET",
        "https://a:canary-password@shop.example/debug",
        200,
        &[("Cookie", "canary-cookie")],
    ));
    entries.push(entry("GET", "https://shop.example/health", 200, &[]));
    entries.push(json!({ "request": "damaged" }));
    json!({ "log": { "version": "1.2", "entries": entries } }).to_string()
}

/// What the command writes to both of its outputs, and its status.
fn discovered(stage: &Stage, arguments: &[&str]) -> (i32, String, String) {
    let output = stage.palisade(&[&["discover", "traffic"], arguments].concat());
    let (stdout, stderr) =
        (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    for secret in SECRETS {
        assert!(!stdout.contains(secret) && !stderr.contains(secret), "`{secret}` was printed");
    }
    (output.status.code().unwrap(), stdout, stderr)
}

#[test]
fn an_archive_tells_of_operations_and_of_what_callers_showed() {
    let stage = Stage::new();
    stage.write("session.har", &archive());
    let (code, stdout, stderr) = discovered(&stage, &["session.har", "--format", "json"]);
    assert_eq!(code, 0);
    let document: Value = serde_json::from_str(&stdout).unwrap();
    let operations = document["operations"].as_array().unwrap().iter();
    let told: Vec<Value> = operations
        .map(|operation| json!([operation["method"], operation["path"], operation["authentication"]]))
        .collect();
    assert_eq!(
        told,
        [
            json!(["GET", "/debug", ["basic", "api-key", "cookie"]]),
            json!(["GET", "/health", ["none"]]),
            json!(["GET", "/v1/orders/{orderId}", ["bearer-jwt"]]),
        ]
    );
    let orders = &document["operations"][2];
    assert_eq!(orders["api"], "shop.example");
    assert_eq!(orders["content_types"], json!({ "request": [], "response": ["application/json"] }));
    assert_eq!(orders["sources"][0]["entry"], 1);
    assert_eq!(document["not_read"][0]["first"][0]["line"], 34);
    assert!(stderr.contains("34 entries, 33 requests, 1 damaged; 1 of 1 files; formats: har"), "{stderr}");
    let (_, table, _) = discovered(&stage, &["session.har"]);
    assert!(
        table.contains("bearer-jwt") && table.contains("GET shop.example/v1/orders/{orderId}"),
        "{table}"
    );
}

#[test]
fn a_recording_that_breaks_off_says_where() {
    let stage = Stage::new();
    let whole = archive();
    stage.write("cut.har", &whole[..whole.len() / 2]);
    let (code, stdout, stderr) = discovered(&stage, &["cut.har"]);
    assert_eq!(code, 0);
    assert!(stdout.contains("/v1/orders/{orderId}"), "{stdout}");
    let place = format!("`cut.har` was not read to its end: it breaks off at byte {}", whole.len() / 2);
    assert!(stderr.contains(&place), "{stderr}");
    stage.write("notes.txt", "GET / HTTP/1.1\n");
    let (code, _, stderr) = discovered(&stage, &["notes.txt"]);
    assert_eq!(code, 3);
    assert!(stderr.contains("no file tells of a request"), "{stderr}");
}
