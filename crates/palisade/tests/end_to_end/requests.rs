//! One request at a time: what passes, what is refused and how, what the backend sees and what is recorded.

use crate::client::{Client, get, request};
use crate::gateway::Gateway;
use crate::issuer::AUDIENCE;
use crate::stage::Stage;

/// Asks everything that decides differently, and holds answers, backend and log against each other.
fn check(stage: &Stage, gateway: &Gateway) {
    let read = stage.issuer.bearer("orders:read");
    let write = stage.issuer.bearer("orders:write");
    let json = ("Content-Type", "application/json");
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

    let created =
        client.ask(&request("POST", "/orders", &[("Authorization", &write), json], b"{\"item\":\"tea\"}"));
    assert_eq!(created.status, 200, "{created:?}");

    let refused = [
        ("unauthenticated", 401, get("/orders", &[])),
        ("invalid-token", 401, get("/orders", &[("Authorization", "Bearer a.b.c")])),
        ("insufficient-scope", 403, get("/orders", &[("Authorization", &write)])),
        ("undeclared-operation", 404, get("/secret", &[("Authorization", &read)])),
        ("method-not-allowed", 405, request("DELETE", "/orders", &[("Authorization", &read)], b"")),
        ("undeclared-parameter", 400, get("/orders?debug=1", &[("Authorization", &read)])),
        ("parameter-invalid", 400, get("/orders?limit=101", &[("Authorization", &read)])),
        (
            "body-invalid",
            400,
            request("POST", "/orders", &[("Authorization", &write), json], b"{\"item\":1}"),
        ),
    ];
    let mut expected = vec![
        (passed.field("x-request-id").unwrap().to_owned(), "forwarded", 200, None),
        (created.field("x-request-id").unwrap().to_owned(), "forwarded", 200, None),
    ];
    for (reason, status, request) in refused {
        let answer = client.ask(&request);
        assert_eq!((answer.problem().as_str(), answer.status), (reason, status), "{answer:?}");
        let challenge = answer.field("www-authenticate");
        match reason {
            // RFC 6750 section 3.1: a request without credentials learns no error code.
            "unauthenticated" => {
                let challenge = challenge.unwrap();
                assert!(challenge.starts_with("Bearer realm="), "{challenge}");
                assert!(!challenge.contains("error"), "{challenge}");
            }
            "invalid-token" => {
                assert!(challenge.unwrap().contains("error=\"invalid_token\""), "{challenge:?}")
            }
            "insufficient-scope" => assert_eq!(
                challenge,
                Some("Bearer realm=\"palisade\", error=\"insufficient_scope\", scope=\"orders:read\"")
            ),
            _ => assert_eq!(challenge, None),
        }
        let request_id = answer.field("x-request-id").unwrap().to_owned();
        expected.push((request_id, "refused", status, Some(reason)));
    }

    let seen = stage.upstream.seen();
    let targets: Vec<&str> = seen.iter().map(|seen| seen.target()).collect();
    assert_eq!(targets, ["/orders?limit=5", "/orders"], "only what passed reaches the backend, and once");
    let first = &seen[0];
    assert_eq!(first.field("x-request-id"), passed.field("x-request-id"));
    assert_eq!(first.field("traceparent").unwrap().len(), 55, "{first:?}");
    assert_eq!(first.field("forwarded"), Some("for=127.0.0.1;host=api.example;proto=http"));
    assert_eq!(first.field("authorization"), Some(read.as_str()));
    for name in ["x-forwarded-for", "x-user-id", "x-secret-hop", "te", "connection", "keep-alive"] {
        assert_eq!(first.field(name), None, "{name} in {first:?}");
    }
    assert!(!first.head.contains("6.6.6.6"), "{first:?}");
    assert_eq!(seen[1].body, b"{\"item\":\"tea\"}");

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
fn a_config_file_protects_an_api() {
    let stage = Stage::new();
    let mut gateway = stage.start();
    assert!(gateway.said().contains("protecting orders: 9 operations\n"), "{}", gateway.said());
    check(&stage, &gateway);
}
