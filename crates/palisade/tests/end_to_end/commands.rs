//! Commands that end by themselves: what they print and the status they end with.

use std::process::Output;

use serde_json::{Value, json};

use crate::stage::{SPEC, Stage};

/// Status, reason and control; nothing where a request is forwarded.
type Refusal<'r> = Option<(u16, &'r str, &'r str)>;

fn check(output: &Output, status: i32) -> (String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(status), "{stdout}{stderr}");
    (stdout, stderr)
}

fn stage() -> Stage {
    let stage = Stage::new();
    stage.write_config();
    stage
}

#[test]
fn check_says_what_is_usable_and_ends_with_0() {
    let stage = stage();
    let (stdout, stderr) = check(&stage.palisade(&["check", "-c", "palisade.yaml"]), 0);
    assert!(stdout.ends_with("orders: 9 operations from openapi.yaml\n"), "{stdout}");
    assert_eq!(stderr, "");
    let (stdout, _) = check(&stage.palisade(&["check", "--spec", "openapi.yaml"]), 0);
    assert!(stdout.ends_with("openapi: 9 operations from openapi.yaml\n"), "{stdout}");
}

#[test]
fn check_ends_with_1_where_there_are_findings_and_with_2_where_run_would_not_start() {
    let stage = stage();
    // A pattern beyond what can be matched in linear time is not enforced, which is a warning.
    stage.write(
        "openapi.yaml",
        &SPEC.replace("item: { type: string }", "item: { type: string, pattern: '(?=a)b' }"),
    );
    let arguments = ["check", "-c", "palisade.yaml", "--format", "json", "--fail-on"];
    let with = |fail_on: &'static str| [&arguments[..], &[fail_on]].concat();
    let (stdout, _) = check(&stage.palisade(&with("warning")), 1);
    let report: Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(report["schema_version"], 1);
    assert_eq!(report["apis"], json!([{ "name": "orders", "spec": "openapi.yaml", "operations": 9 }]));
    assert_eq!((&report["counts"]["errors"], &report["counts"]["warnings"]), (&json!(0), &json!(1)));
    let line = 1 + SPEC.lines().position(|line| line.contains("item: { type: string }")).unwrap();
    assert_eq!(
        (&report["problems"][0]["file"], &report["problems"][0]["line"]),
        (&json!("openapi.yaml"), &json!(line))
    );
    check(&stage.palisade(&with("error")), 0);

    stage.write("openapi.yaml", "openapi: 3.1.0\ninfo: [\n");
    let (stdout, _) = check(&stage.palisade(&with("error")), 2);
    let report: Value = serde_json::from_str(&stdout).unwrap();
    assert!(report["counts"]["errors"].as_u64().unwrap() > 0, "{report}");
    assert_eq!(stage.palisade(&["run", "-c", "palisade.yaml"]).status.code(), Some(2));
}

/// Something is wrong in every corner of the config and of each file that it names, and all of it is said.
#[test]
fn check_says_every_problem_at_once() {
    let mut stage = Stage::new();
    let apis = [
        json!({ "name": "one", "spec": "one.yaml", "overlays": ["missing.overlay.yaml", "bad.overlay.yaml"], "upstream": "http://127.0.0.1:9/path" }),
        json!({ "name": "unread", "spec": "missing.yaml" }),
        json!({ "name": "two", "spec": "two.yaml", "upstream": "127.0.0.1:9", "werkers": 1,
            "controls": { "rate-limit": { "limits": "many" }, "jtw": "off" } }),
    ];
    stage.config["version"] = json!(2);
    stage.config["limits"] = json!({ "body-timeout": "soon", "no-such": 1 });
    stage.config["listen"] = json!([
        { "address": "nowhere" },
        { "address": "127.0.0.1:0", "tls": { "certificates": [
            { "certificate": "missing.pem", "key": "missing.key" },
            { "certificate": "openapi.yaml", "key": "openapi.yaml" },
        ] } },
    ]);
    stage.config["identity"] = json!({
        "issuers": [
            { "issuer": "https://a.example", "audiences": ["x"], "keys": { "file": "missing.jwks" } },
            { "issuer": "https://b.example", "audiences": ["x"], "keys": { "file": "bad.jwks" }, "algorithms": ["HS256"] },
        ],
        "api-keys": { "header": "not a name", "clients": [{ "name": "shop", "sha256": "abc" }] },
    });
    stage.config["apis"] = json!(apis);
    stage.write_config();
    stage.write("one.yaml", &SPEC.replace("limit, in: query", "limit, in: nowhere"));
    stage.write("two.yaml", &SPEC.replace("tokens: [orders:write]", "tokken: []"));
    stage.write("bad.overlay.yaml", "overlay: 7.0.0\nactions: []\n");
    stage.write("bad.jwks", "{ \"keys\": [\n{ \"kty\": \"oct\", \"k\": \"AAAA\" } ] }");
    let (stdout, _) = check(&stage.palisade(&["check", "-c", "palisade.yaml", "--format", "json"]), 2);
    let report: Value = serde_json::from_str(&stdout).unwrap();
    let said: Vec<String> = report["problems"].as_array().unwrap().iter().map(Value::to_string).collect();
    for (file, words) in [
        ("palisade.yaml", "`version: 1`"),
        ("palisade.yaml", "/limits/body-timeout"),
        ("palisade.yaml", "no-such"),
        ("palisade.yaml", "socket address"),
        ("palisade.yaml", "missing.pem"),
        ("palisade.yaml", "missing.key"),
        ("palisade.yaml", "PEM"),
        ("palisade.yaml", "missing.jwks"),
        ("palisade.yaml", "HS256"),
        ("palisade.yaml", "not a name"),
        ("palisade.yaml", "SHA-256"),
        ("bad.jwks", "key 0 of the set"),
        ("palisade.yaml", "missing.overlay.yaml"),
        ("bad.overlay.yaml", "only version 1"),
        ("palisade.yaml", "no path"),
        ("one.yaml", "no place that is known"),
        ("palisade.yaml", "`upstream` is missing"),
        ("palisade.yaml", "missing.yaml"),
        ("palisade.yaml", "werkers"),
        ("palisade.yaml", "did you mean `jwt`"),
        ("palisade.yaml", "/controls/rate-limit/limits"),
        ("palisade.yaml", "127.0.0.1:9` names no scheme"),
        ("two.yaml", "tokken"),
    ] {
        let found = said
            .iter()
            .any(|problem| problem.contains(words) && problem.contains(&format!("\"file\":\"{file}\"")));
        assert!(found, "nothing of `{words}` in {file}:\n{}", said.join("\n"));
    }
    assert_eq!(said.len(), 23, "and nothing that only follows from another:\n{}", said.join("\n"));
    let placed =
        report["problems"].as_array().unwrap().iter().all(|problem| problem["line"].as_u64() > Some(0));
    assert!(placed, "each says where:\n{}", said.join("\n"));
    // Those who run it are told as much, and nothing runs.
    let (_, stderr) = check(&stage.palisade(&["run", "-c", "palisade.yaml"]), 2);
    assert!(stderr.contains("werkers") && stderr.contains("tokken"), "{stderr}");
}

#[test]
fn wrong_usage_ends_with_2_and_what_cannot_be_done_with_3() {
    let stage = stage();
    for arguments in [
        &["check"][..],
        &["run", "-c", "palisade.yaml", "--spec", "openapi.yaml"],
        &["check", "-c", "missing.yaml"],
        &["explain", "GET", "/orders"],
        &["log", "--since", "yesterday"],
        &["flog"],
    ] {
        let (stdout, stderr) = check(&stage.palisade(arguments), 2);
        assert!(!(stdout + &stderr).is_empty(), "{arguments:?} says why");
    }
    let (_, stderr) = check(&stage.palisade(&["log", "--data", "nowhere"]), 3);
    assert!(stderr.contains("cannot read the exchange log in `nowhere/exchanges`"), "{stderr}");
    check(&stage.palisade(&["--version"]), 0);
    check(&stage.palisade(&["run", "--help"]), 0);
}

#[test]
fn what_is_wrong_with_a_flag_is_said_of_the_flag() {
    let stage = stage();
    let run =
        ["run", "--spec", "openapi.yaml", "--upstream", "http://127.0.0.1:9", "--listen", "127.0.0.1:0"];
    let with = |flag: &str, value: &'static str| {
        let mut arguments = run.to_vec();
        match arguments.iter().position(|argument| *argument == flag) {
            Some(at) => arguments[at + 1] = value,
            None => arguments.extend(["--issuer", "https://a.example", "--audience", "a", "--jwks", value]),
        }
        check(&stage.palisade(&arguments), 2).1
    };
    let not_there = "`missing` cannot be read: No such file or directory (os error 2)\n\n1 error\n";
    assert_eq!(with("--spec", "missing"), format!("error: --spec: {not_there}"));
    assert_eq!(with("--jwks", "missing"), format!("error: --jwks: {not_there}"));
    let said = with("--upstream", "http://127.0.0.1:9/api");
    assert!(said.starts_with("error: --upstream: an upstream has no path, query or user\n"), "{said}");
    assert!(said.contains("help: write an origin") && !said.contains("command line"), "{said}");
}

#[test]
fn explain_says_the_verdict_of_the_running_engine_and_sends_nothing() {
    let stage = stage();
    let read = format!("Authorization: Bearer {}", stage.issuer.token("orders:read"));
    let write = format!("Authorization: Bearer {}", stage.issuer.token("orders:write"));
    let json_type = "Content-Type: application/json";
    let cases: &[(&[&str], Refusal<'_>)] = &[
        (&["GET", "/status"], None),
        (&["GET", "/orders?limit=5", "-H", &read], None),
        (&["POST", "/orders", "-H", &write, "-H", json_type, "-d", "{\"item\":\"tea\"}"], None),
        (&["GET", "/orders"], Some((401, "unauthenticated", "jwt"))),
        (&["GET", "/orders", "-H", &write], Some((403, "insufficient-scope", "scope"))),
        (&["GET", "/secret"], Some((404, "undeclared-operation", "undeclared"))),
        (&["PUT", "/orders", "-H", &read], Some((405, "method-not-allowed", "undeclared"))),
        (&["GET", "/orders?limit=500", "-H", &read], Some((400, "parameter-invalid", "request-schema"))),
        (
            &["POST", "/orders", "-H", &write, "-H", json_type, "-d", "{}"],
            Some((400, "body-invalid", "request-schema")),
        ),
    ];
    let gateway = stage.start();
    for (arguments, refusal) in cases {
        let explain = [&["explain", "-c", "palisade.yaml", "--format", "json"], *arguments].concat();
        let (stdout, _) = check(&stage.palisade(&explain), if refusal.is_some() { 1 } else { 0 });
        let explained: Value = serde_json::from_str(&stdout).unwrap();
        let said = explained["denial"].as_object().map(|denial| {
            let status = u16::try_from(explained["status"].as_u64().unwrap()).unwrap();
            (status, denial["reason"].as_str().unwrap(), denial["control"].as_str().unwrap())
        });
        assert_eq!(said, *refusal, "{arguments:?}: {explained}");
        let text = [&["explain", "-c", "palisade.yaml"], *arguments].concat();
        let (stdout, _) = check(&stage.palisade(&text), if refusal.is_some() { 1 } else { 0 });
        let verdict = match refusal {
            None => "verdict    forwarded\n".to_owned(),
            Some((status, reason, control)) => {
                format!("verdict    refused with {status}: {reason} by {control}\n")
            }
        };
        assert!(stdout.contains(&verdict), "{stdout}");
    }
    assert!(stage.upstream.seen().is_empty(), "nothing is sent");
    assert!(stage.log().is_empty(), "nothing is recorded");
    assert_eq!(gateway.metric("palisade_refusals_total{api=\"orders\",reason=\"unauthenticated\"}"), 0);
}

#[test]
fn the_log_is_filtered_and_followed() {
    let stage = stage();
    let gateway = stage.start();
    for target in ["/status", "/secret", "/orders"] {
        gateway.get(target);
    }
    let count = |arguments: &[&str]| {
        let output = stage.palisade(&[&["log", "--data", "data", "--format", "json"], arguments].concat());
        check(&output, 0).0.lines().count()
    };
    assert_eq!(count(&[]), 3);
    assert_eq!(count(&["--verdict", "refused"]), 2);
    assert_eq!(count(&["--status", "404"]), 1);
    assert_eq!(count(&["--reason", "unauthenticated"]), 1);
    assert_eq!(count(&["--last", "1"]), 1);
    assert_eq!(count(&["--since", "1h", "--path", "/st"]), 1);
    assert_eq!(count(&["--ip", "10.0.0.1"]), 0);

    let (mut follower, lines) =
        crate::gateway::spawn(&mut stage.command(&["log", "--data", "data", "--follow"]));
    let next = || lines.recv_timeout(crate::client::DEADLINE).unwrap();
    for target in ["/status", "/secret", "/orders"] {
        let line = next();
        assert!(line.contains(target), "{line}");
    }
    gateway.get("/broken");
    let line = next();
    assert!(line.contains("/broken") && line.contains("502"), "{line}");
    follower.kill().unwrap();
    follower.wait().unwrap();
}
