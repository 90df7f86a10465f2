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
    assert!(stderr.contains("34 records, 33 requests, 1 damaged; 1 of 1 files; formats: har"), "{stderr}");
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

/// A pcap file of what a client at a port and a server say in turn, in packets of raw IP.
fn capture(port: u16, turns: &[(bool, &[u8])]) -> Vec<u8> {
    let mut said = [1_u32, 1];
    let mut file: Vec<u8> = [0xa1b2_c3d4_u32, 0x0004_0002, 0, 0, 65_535, 101]
        .iter()
        .flat_map(|word| word.to_le_bytes())
        .collect();
    let begin: [(bool, &[u8]); 1] = [(true, b"")];
    for (is_client, payload) in begin.iter().chain(turns) {
        let (own, other) = if *is_client { (0, 1) } else { (1, 0) };
        let ends = [port, 443];
        let addresses = [[10, 0, 0, 1], [10, 0, 0, 2]];
        let is_first = payload.is_empty();
        let mut packet = vec![0x45, 0];
        packet.extend((40 + payload.len() as u16).to_be_bytes());
        packet.extend([0, 0, 0, 0, 64, 6, 0, 0]);
        packet.extend(addresses[own].iter().chain(&addresses[other]));
        packet.extend(ends[own].to_be_bytes());
        packet.extend(ends[other].to_be_bytes());
        packet.extend(if is_first { 0 } else { said[own] }.to_be_bytes());
        packet.extend(said[other].to_be_bytes());
        packet.extend([0x50, if is_first { 0x02 } else { 0x10 }, 0, 0, 0, 0, 0, 0]);
        packet.extend(*payload);
        said[own] += payload.len() as u32;
        for word in [1_760_104_536, 0, packet.len() as u32, packet.len() as u32] {
            file.extend(word.to_le_bytes());
        }
        file.extend(packet);
    }
    file
}

/// The first message of a client of TLS, as a real one writes it.
fn client_hello() -> Vec<u8> {
    let config = rustls::ClientConfig::builder().with_root_certificates(rustls::RootCertStore::empty());
    let mut config = config.with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec()];
    let name = "secret.example".try_into().unwrap();
    let mut client = rustls::ClientConnection::new(std::sync::Arc::new(config), name).unwrap();
    let mut hello = Vec::new();
    client.write_tls(&mut hello).unwrap();
    hello
}

#[test]
fn captured_packets_tell_of_operations_and_of_encrypted_hosts() {
    let stage = Stage::new();
    let asked = b"GET /v1/orders/7 HTTP/1.1\r\nHost: shop.example\r\nX-Api-Key: canary-key\r\n\r\n";
    let answered = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";
    std::fs::write(stage.path("clear.pcap"), capture(40_000, &[(true, asked), (false, answered)])).unwrap();
    std::fs::write(stage.path("encrypted.pcap"), capture(40_001, &[(true, &client_hello())])).unwrap();
    let (code, stdout, stderr) = discovered(&stage, &["clear.pcap", "encrypted.pcap", "--format", "json"]);
    assert_eq!(code, 0, "{stderr}");
    let document: Value = serde_json::from_str(&stdout).unwrap();
    let operation = &document["operations"][0];
    assert_eq!(operation["path"], "/v1/orders/{orderId}");
    assert_eq!(operation["authentication"], json!(["api-key"]));
    let source = &operation["sources"][0];
    assert_eq!((&source["file"], &source["packet"]), (&json!("clear.pcap"), &json!(2)));
    let host = &document["hosts"][0];
    assert_eq!((&host["name"], &host["evidence"]), (&json!("secret.example"), &json!("sni")));
    assert_eq!((&host["protocols"], &host["sources"][0]["packet"]), (&json!(["h2"]), &json!(2)));
    assert!(stderr.contains("5 records, 1 requests, 0 damaged; 2 of 2 files; formats: pcap"), "{stderr}");
    stage.write("keys.log", "# nothing\n");
    for keys in ["keys.log", "none.log"] {
        let (code, _, stderr) = discovered(&stage, &["encrypted.pcap", "--keylog", keys]);
        assert_eq!(code, 2, "{stderr}");
        assert!(
            stderr.contains(if keys == "none.log" { "`none.log` cannot be read" } else { "has no keys" }),
            "{stderr}"
        );
    }
    let (_, table, _) = discovered(&stage, &["encrypted.pcap"]);
    assert!(table.contains("secret.example:443  1 connection (sni, h2)"), "{table}");
}
