//! Questions that no proxy asks: played by hand, to see what a listener for decisions makes of them.

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http2::handshake;
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde_json::json;

use crate::asking::stage;
use crate::client::{Answer, Client, get, request};
use crate::gateway::Gateway;

/// The fields of a question of nginx about `GET /status`, and those of Traefik.
const OF_NGINX: &[(&str, &str)] = &[
    ("X-Original-Method", "GET"),
    ("X-Original-URI", "/status"),
    ("X-Original-Host", "api.example"),
    ("X-Original-Body", ";"),
    ("X-Forwarded-For", "192.0.2.7"),
    ("X-Forwarded-Proto", "https"),
];
const OF_TRAEFIK: &[(&str, &str)] = &[
    ("X-Forwarded-Method", "GET"),
    ("X-Forwarded-Uri", "/status"),
    ("X-Forwarded-Host", "api.example"),
    ("X-Forwarded-For", "192.0.2.7"),
    ("X-Forwarded-Proto", "https"),
];

/// `good` with these fields in place of its own of the same names.
fn with<'a>(good: &[(&'a str, &'a str)], fields: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let is_replaced = |name: &str| fields.iter().any(|(other, _)| *other == name);
    let kept = good.iter().filter(|(name, _)| !is_replaced(name));
    kept.chain(fields).copied().collect()
}

fn ask(gateway: &Gateway, fields: &[(&str, &str)]) -> Answer {
    gateway.ask(&get("/decide", fields))
}

#[test]
fn whatever_is_no_question_is_not_served() {
    for asker in ["envoy", "nginx", "traefik"] {
        let stage = stage(asker, "withheld");
        let gateway = stage.start();
        let bearer = stage.issuer.bearer("orders:read");
        for ordinary in [
            get("/status", &[]),
            get("/orders", &[("Authorization", &bearer)]),
            get("/", &[]),
            get("http://api.example/status", &[]),
            request(
                "POST",
                "/envoy.service.auth.v3.Authorization/Check",
                &[("Content-Type", "application/grpc")],
                b"x",
            ),
        ] {
            let answer = gateway.ask(&ordinary);
            assert_eq!((answer.status, answer.problem().as_str()), (404, "undeclared-operation"), "{asker}");
        }
        assert!(gateway.ask(b"GET /decide HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n").status >= 400);
        let records = stage.log();
        assert!(
            records.iter().all(|record| record["decided_for"] == asker && record["verdict"] == "refused")
        );
        assert_eq!((records.len(), stage.upstream.seen().len()), (6, 0));
        gateway.stop();
    }
}

#[test]
fn a_question_that_leaves_something_open_is_refused() {
    for (asker, good, status) in [("nginx", OF_NGINX, 403), ("traefik", OF_TRAEFIK, 400)] {
        let stage = stage(asker, "withheld");
        let gateway = stage.start();
        assert_eq!(ask(&gateway, good).status, 200, "{asker}");
        for index in 0..good.len() {
            let mut fields = good.to_vec();
            let twice = [good, &[(good[index].0, "/orders")]].concat();
            fields.remove(index);
            for fields in [fields, twice] {
                let answer = ask(&gateway, &fields);
                assert_eq!(answer.status, status, "{fields:?}");
                let problem: serde_json::Value = answer.json();
                assert_eq!(problem["type"], "urn:palisade:problem:malformed-question", "{fields:?}");
            }
        }
        let malformed = format!("palisade_decisions_total{{proxy=\"{asker}\",decision=\"malformed\"}}");
        assert_eq!(gateway.metric(&malformed), 2 * good.len() as u64);
        gateway.stop();
    }
}

#[test]
fn a_path_in_another_spelling_than_the_one_that_is_judged_is_refused() {
    let stage = stage("traefik", "withheld");
    let gateway = stage.start();
    let bearer = stage.issuer.bearer("orders:read");
    for (target, status) in [
        ("/status/../orders", 400),
        ("/./orders", 400),
        ("//orders", 400),
        ("/%6frders", 400),
        ("/status/%2e%2e/orders", 400),
        ("/orders/%2e", 400),
        ("/orders;a=1", 404),
        ("/orders", 200),
        ("/orders?limit=7", 200),
    ] {
        let fields = with(OF_TRAEFIK, &[("X-Forwarded-Uri", target), ("Authorization", &bearer)]);
        assert_eq!(ask(&gateway, &fields).status, status, "{target}");
    }
}

#[test]
fn whom_a_request_is_from_is_the_proxy_s_last_word() {
    let mut stage = stage("nginx", "withheld");
    stage.config["controls"] = json!({ "ip-limit": { "rate": "1/h", "burst": 1 } });
    let gateway = stage.start();
    let answer = |of: &str| ask(&gateway, &with(OF_NGINX, &[("X-Forwarded-For", of)]));
    assert_eq!((answer("192.0.2.7").status, answer("192.0.2.8").status), (200, 200));
    let limited = answer("6.6.6.6, 192.0.2.7");
    assert_eq!((limited.status, limited.field("x-palisade-status")), (403, Some("429")));
    assert!(limited.field("retry-after").is_some(), "{limited:?}");
    assert_eq!(limited.json()["status"], 429);
}

#[test]
fn a_control_that_answers_itself_is_no_yes() {
    for (asker, good) in [("nginx", OF_NGINX), ("traefik", OF_TRAEFIK)] {
        let mut stage = stage(asker, "withheld");
        stage.config["controls"] = json!({ "cors": { "allowed-origins": ["https://shop.example"] } });
        let gateway = stage.start();
        let method = if asker == "nginx" { "X-Original-Method" } else { "X-Forwarded-Method" };
        let preflight = [
            (method, "OPTIONS"),
            ("Origin", "https://shop.example"),
            ("Access-Control-Request-Method", "GET"),
        ];
        assert_eq!(ask(&gateway, &with(good, &preflight)).status, 403, "{asker}");
        let simple = ask(&gateway, &with(good, &[("Origin", "https://shop.example")]));
        assert_eq!(simple.status, 200);
        assert_eq!(simple.field("access-control-allow-origin"), Some("https://shop.example"));
        gateway.stop();
    }
}

#[test]
fn nobody_else_may_ask() {
    let mut stage = stage("nginx", "withheld");
    stage.config["listen"][0]["decisions"]["trusted"] = json!(["192.0.2.0/24"]);
    let gateway = stage.start();
    let mut client = Client::connect(gateway.address());
    client.try_send(&get("/decide", OF_NGINX));
    assert_eq!(client.rest(), b"");
    assert_eq!(gateway.metric("palisade_connections_refused_total"), 1);
    gateway.stop();
    assert_eq!(stage.log(), Vec::<serde_json::Value>::new());
}

/// Posts `message` to Envoy's method; status, gRPC status in the head, and what follows.
async fn grpc(
    gateway: &Gateway,
    path: &str,
    message: Vec<u8>,
) -> (u16, Option<String>, Bytes, Option<String>) {
    let stream = tokio::net::TcpStream::connect(gateway.address()).await.unwrap();
    let (mut sender, connection) = handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let request = http::Request::post(format!("http://palisade{path}"))
        .header("content-type", "application/grpc")
        .body(Full::new(Bytes::from(message)))
        .unwrap();
    let answer = sender.send_request(request).await.unwrap();
    let status = answer.status().as_u16();
    let text = |value: &http::HeaderValue| value.to_str().unwrap().to_owned();
    let in_head = answer.headers().get("grpc-status").map(text);
    let body = answer.into_body().collect().await.unwrap();
    let in_trailers = body.trailers().and_then(|trailers| trailers.get("grpc-status")).map(text);
    (status, in_head, body.to_bytes(), in_trailers)
}

#[tokio::test]
async fn a_message_that_is_not_understood_is_an_error_and_never_ok() {
    const CHECK: &str = "/envoy.service.auth.v3.Authorization/Check";
    let stage = stage("envoy", "sent");
    let gateway = stage.start();
    let framed = |flag: u8, message: &[u8]| {
        let length = u32::try_from(message.len()).unwrap().to_be_bytes();
        [&[flag], &length[..], message].concat()
    };
    let empty = [
        framed(0, b""),
        framed(0, b"\xff\xff"),
        framed(0, b"\x0a\x02\x08\x01"),
        framed(1, b""),
        Vec::new(),
        b"\0\0\0\0\x09ab".to_vec(),
        [framed(0, b""), framed(0, b"")].concat(),
    ];
    for message in &empty {
        let (status, in_head, body, in_trailers) = grpc(&gateway, CHECK, message.clone()).await;
        assert_eq!((status, in_head.as_deref(), in_trailers), (200, Some("3"), None), "{message:?}");
        assert!(body.is_empty());
    }
    let (status, in_head, ..) =
        grpc(&gateway, "/envoy.service.auth.v2.Authorization/Check", framed(0, b"")).await;
    assert_eq!((status, in_head), (404, None));
    let records = stage.log();
    assert_eq!(records.len(), empty.len() + 1);
    assert!(records.iter().all(|record| record["decided_for"] == "envoy" && record["verdict"] == "refused"));
    assert_eq!(records[0]["denial"]["reason"], "malformed-question");
}

#[test]
fn what_cannot_be_enforced_is_said() {
    let mut stage = stage("nginx", "withheld");
    stage.config["controls"] = json!({ "concurrency": { "requests-max": 4 } });
    stage.write_config();
    let output = stage.palisade(&["check", "-c", "palisade.yaml"]);
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{said}");
    let gap =
        "`request-schema` is not enforced for nginx on 2 of 9 operations of `orders`: bodies are not seen";
    assert!(said.contains(gap), "{said}");
    let mut gateway = stage.start();
    let of_start = gateway.said().to_owned();
    for control in ["concurrency", "leak", "request-schema", "security-headers"] {
        assert!(of_start.contains(&format!("not for nginx {control} ")), "{control} in {of_start}");
    }
    assert!(of_start.contains("deciding for nginx on http://"), "{of_start}");
    let decisions = gateway.page("/snapshot").json()["decisions"].clone();
    assert_eq!((&decisions[0]["for"], &decisions[0]["listen"]), (&json!("nginx"), &json!(0)));
    let gaps = decisions[0]["not_enforced"].as_array().unwrap();
    let bodies = gaps.iter().find(|gap| gap["control"] == "request-schema").unwrap();
    assert_eq!(bodies["operations"][0], json!({ "api": "orders", "method": "POST", "path": "/orders" }));
}

#[test]
fn a_listener_that_cannot_do_what_it_says_stops_the_start() {
    for (extra, expected) in [
        (
            json!({ "decisions": { "for": "nginx", "bodies": "sent" } }),
            "nginx sends no bodies with its questions",
        ),
        (
            json!({ "decisions": { "for": "envoy" }, "proxies": { "trusted": [], "client": "forwarded" } }),
            "`proxies` means nothing here",
        ),
    ] {
        let mut stage = stage("nginx", "withheld");
        for (key, value) in extra.as_object().unwrap() {
            stage.config["listen"][0][key] = value.clone();
        }
        stage.write_config();
        let output = stage.palisade(&["check", "-c", "palisade.yaml"]);
        let said = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.code() == Some(2) && said.contains(expected), "{said}");
    }
    let mut stage = stage("envoy", "sent");
    stage.config["listen"][0]["decisions"]["trusted"] = json!(["127.0.0.1", "10.0.0.0/8"]);
    stage.write_config();
    let said = String::from_utf8(stage.palisade(&["check", "-c", "palisade.yaml"]).stdout).unwrap();
    assert!(
        said.contains("warning: whoever sends from a trusted address of another machine can ask"),
        "{said}"
    );
}

#[test]
fn the_listeners_of_the_documentation_are_accepted() {
    for example in [
        include_str!("../../../../../docs/examples/decisions/envoy.yaml"),
        include_str!("../../../../../docs/examples/decisions/nginx.conf"),
        include_str!("../../../../../docs/examples/decisions/traefik.yaml"),
    ] {
        let listen = example.lines().find_map(|line| line.strip_prefix("# Palisade: ")).unwrap();
        let stage = crate::stage::Stage::new();
        let apis = "apis: [{ name: orders, spec: openapi.yaml, upstream: 'http://127.0.0.1:9000' }]";
        stage.write("palisade.yaml", &format!("version: 1\n{listen}\n{apis}\n"));
        let output = stage.palisade(&["check", "-c", "palisade.yaml"]);
        let said = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(0), "{said}");
        assert!(said.contains("is not enforced for"), "{said}");
    }
}
