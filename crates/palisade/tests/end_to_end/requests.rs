//! One request at a time: what passes, what is refused and how, what the backend sees and what is recorded.

use crate::client::{Answer, Client, get, request};
use crate::gateway::Gateway;
use crate::issuer::AUDIENCE;
use crate::stage::Stage;

/// A request that is refused, with the status and the reason.
struct Refusal(u16, &'static str, Vec<u8>);

const JSON: (&str, &str) = ("Content-Type", "application/json");

/// Asks everything that decides differently, and holds answers, backend and log against each other.
fn check(stage: &Stage, gateway: &Gateway) {
    let read = stage.issuer.bearer("orders:read");
    let write = stage.issuer.bearer("orders:write");
    let mut client = Client::connect(gateway.address());
    let passed = client.ask(&get(
        "/orders?limit=5",
        &[
            ("Authorization", &read),
            ("X-Forwarded-For", "6.6.6.6"),
            ("X-User-Id", "root"),
            ("Forwarded", "for=6.6.6.6"),
            ("Connection", "x-secret-hop, keep-alive"),
            ("X-Secret-Hop", "1"),
            ("TE", "trailers"),
        ],
    ));
    assert_eq!(passed.status, 200, "{passed:?}");
    assert_eq!(passed.field("x-backend"), Some("yes"));
    assert_eq!((passed.field("x-hop"), passed.field("keep-alive")), (None, None));
    assert_eq!(passed.body, br#"{"ok":true}"#);
    let body = br#"{"item":"tea"}"#;
    let created = client.ask(&request("POST", "/orders", &[("Authorization", &write), JSON], body));
    assert_eq!(created.status, 200, "{created:?}");

    let mut expected = vec![
        (passed.field("x-request-id").unwrap().to_owned(), "forwarded", 200, None),
        (created.field("x-request-id").unwrap().to_owned(), "forwarded", 200, None),
    ];
    for Refusal(status, reason, request) in refusals(&read, &write) {
        let answer = client.ask(&request);
        assert_eq!((answer.status, answer.problem().as_str()), (status, reason), "{answer:?}");
        check_challenge(reason, answer.field("www-authenticate"));
        expected.push((answer.field("x-request-id").unwrap().to_owned(), "refused", status, Some(reason)));
    }
    check_arrivals(stage, &passed, &read);
    check_records(stage, &expected);
}

fn refusals(read: &str, write: &str) -> [Refusal; 8] {
    let (read, write) = (("Authorization", read), ("Authorization", write));
    let no_token = ("Authorization", "Bearer a.b.c");
    [
        Refusal(401, "unauthenticated", get("/orders", &[])),
        Refusal(401, "invalid-token", get("/orders", &[no_token])),
        Refusal(403, "insufficient-scope", get("/orders", &[write])),
        Refusal(404, "undeclared-operation", get("/secret", &[read])),
        Refusal(405, "method-not-allowed", request("DELETE", "/orders", &[read], b"")),
        Refusal(400, "undeclared-parameter", get("/orders?debug=1", &[read])),
        Refusal(400, "parameter-invalid", get("/orders?limit=101", &[read])),
        Refusal(400, "body-invalid", request("POST", "/orders", &[write, JSON], b"{\"item\":1}")),
    ]
}

/// RFC 6750 section 3.
fn check_challenge(reason: &str, challenge: Option<&str>) {
    match reason {
        // A request without credentials learns no error code (section 3.1).
        "unauthenticated" => {
            let challenge = challenge.unwrap();
            assert!(challenge.starts_with("Bearer realm="), "{challenge}");
            assert!(!challenge.contains("error"), "{challenge}");
        }
        "invalid-token" => assert!(challenge.unwrap().contains("error=\"invalid_token\""), "{challenge:?}"),
        "insufficient-scope" => assert_eq!(
            challenge,
            Some("Bearer realm=\"palisade\", error=\"insufficient_scope\", scope=\"orders:read\"")
        ),
        _ => assert_eq!(challenge, None, "{reason}"),
    }
}

/// What passed reached the backend once, as the gateway vouches for it, and nothing else did.
fn check_arrivals(stage: &Stage, passed: &Answer, bearer: &str) {
    let seen = stage.upstream.seen();
    let targets: Vec<&str> = seen.iter().map(|seen| seen.target()).collect();
    assert_eq!(targets, ["/orders?limit=5", "/orders"]);
    let first = &seen[0];
    assert_eq!(first.field("x-request-id"), passed.field("x-request-id"));
    assert_eq!(first.field("traceparent").unwrap().len(), 55, "{first:?}");
    assert_eq!(first.field("forwarded"), Some("for=127.0.0.1;host=api.example;proto=http"));
    assert_eq!(first.field("authorization"), Some(bearer));
    for name in ["x-forwarded-for", "x-user-id", "x-secret-hop", "te", "connection", "keep-alive"] {
        assert_eq!(first.field(name), None, "{name} in {first:?}");
    }
    assert!(!first.head.contains("6.6.6.6"), "{first:?}");
    assert_eq!(seen[1].body, br#"{"item":"tea"}"#);
}

/// One record each, in order: request id, verdict, status, reason.
fn check_records(stage: &Stage, expected: &[(String, &str, u16, Option<&str>)]) {
    let records = stage.log();
    let recorded: Vec<_> = records
        .iter()
        .map(|record| {
            (
                record["request_id"].as_str().unwrap().to_owned(),
                record["verdict"].as_str().unwrap(),
                u16::try_from(record["response"]["status"].as_u64().unwrap()).unwrap(),
                record["denial"]["reason"].as_str(),
            )
        })
        .collect();
    assert_eq!(recorded, expected);
    assert_eq!(records[0]["principal"]["id"], "alice");
    assert_eq!(records[0]["operation"]["path"], "/orders");
    assert_eq!(records[2]["principal"]["kind"], "anonymous");
}

#[test]
fn flags_alone_protect_an_api() {
    let stage = Stage::new();
    let upstream = format!("http://{}", stage.upstream.address);
    let arguments = [
        &["run", "--spec", "openapi.yaml", "--upstream", &upstream, "--issuer", &stage.issuer.url][..],
        &["--audience", AUDIENCE, "--jwks", "jwks.json", "--listen", "127.0.0.1:0"],
        &["--admin", "127.0.0.1:0", "--data", "data"],
    ];
    let mut gateway = Gateway::start(&mut stage.command(&arguments.concat()));
    assert!(gateway.said().contains("protecting openapi: 9 operations\n"), "{}", gateway.said());
    check(&stage, &gateway);
}

#[test]
fn what_is_logged_is_coloured_on_a_terminal_alone() {
    let stage = Stage::new();
    let upstream = format!("http://{}", stage.upstream.address);
    let arguments = [
        &["run", "--spec", "openapi.yaml", "--upstream", &upstream, "--issuer", "http://127.0.0.1:1"][..],
        &["--audience", AUDIENCE, "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--data", "data"],
    ];
    let mut gateway = Gateway::start(stage.command(&arguments.concat()).env_remove("NO_COLOR"));
    let said = gateway.said();
    assert!(said.contains("no keys; its tokens are refused until they come"), "{said}");
    assert!(!said.contains('\x1b'), "{said}");
}

#[test]
fn a_config_file_protects_an_api() {
    let stage = Stage::new();
    let mut gateway = stage.start();
    assert!(gateway.said().contains("protecting orders: 9 operations\n"), "{}", gateway.said());
    check(&stage, &gateway);
}
