//! What real proxies make of bodies, limits, hostile callers and a gateway that is gone.

use std::time::Instant;

use serde_json::json;

use crate::asking::{Proxy, stage};
use crate::authority::Authority;
use crate::client::{DEADLINE, get, request};

const JSON: (&str, &str) = ("Content-Type", "application/json");

#[test]
fn bodies_are_judged_through_envoy_and_traefik() {
    for asker in ["envoy", "traefik"] {
        let stage = stage(asker, "sent");
        let gateway = stage.start();
        let started = match asker {
            "envoy" => Proxy::envoy(&stage, gateway.address(), |config| config),
            _ => Proxy::traefik(&stage, gateway.address()),
        };
        let Some(proxy) = started else { continue };
        proxy.wait_for(200);
        let bearer = stage.issuer.bearer("orders:write");
        let post =
            |body: &[u8]| proxy.ask(&request("POST", "/orders", &[("Authorization", &bearer), JSON], body));
        assert_eq!(post(b"{\"item\":\"tea\"}").status, 200, "{asker}");
        assert_eq!(stage.upstream.seen().pop().unwrap().body, b"{\"item\":\"tea\"}");
        let before = stage.upstream.seen().len();
        for bad in [&b"{\"item\":7}"[..], b"{\"item\":\"tea\",\"admin\":true}", b"{", b""] {
            let answer = post(bad);
            assert_eq!(answer.status, 400, "{asker} {bad:?}: {answer:?}");
            answer.problem();
        }
        let chunked = format!(
            "POST /orders HTTP/1.1\r\nHost: api.example\r\nAuthorization: {bearer}\r\nContent-Type: application/json\r\n\
             Transfer-Encoding: chunked\r\n\r\n9\r\n{{\"item\":7\r\n1\r\n}}\r\n0\r\n\r\n"
        );
        assert_eq!(proxy.ask(chunked.as_bytes()).status, 400, "{asker}");
        // More than this operation allows, though nothing reads it.
        let large = request("POST", "/upload", &[("Content-Type", "application/octet-stream")], &[7; 65]);
        assert_eq!(proxy.ask(&large).status, 413, "{asker}");
        assert_eq!(stage.upstream.seen().len(), before);
        let small = request("POST", "/upload", &[("Content-Type", "application/octet-stream")], &[7; 64]);
        assert_eq!(proxy.ask(&small).status, 200, "{asker}");
    }
}

#[test]
fn a_body_that_envoy_sends_in_part_is_refused_where_it_must_be_seen() {
    let stage = stage("envoy", "sent");
    let gateway = stage.start();
    let small = |config: String| config.replace("max_request_bytes: 1048576", "max_request_bytes: 16");
    let Some(proxy) = Proxy::envoy(&stage, gateway.address(), small) else { return };
    let bearer = stage.issuer.bearer("orders:write");
    let body = b"{\"item\":\"a very long name of tea\"}";
    let answer = proxy.ask(&request("POST", "/orders", &[("Authorization", &bearer), JSON], body));
    assert_eq!((answer.status, answer.problem().as_str()), (413, "body-too-large"));
    let whole =
        proxy.ask(&request("POST", "/orders", &[("Authorization", &bearer), JSON], b"{\"item\":\"tea\"}"));
    assert_eq!(whole.status, 200, "{whole:?}");
    // Nothing reads it, so a part is enough; its length is known.
    let upload = request("POST", "/upload", &[("Content-Type", "application/octet-stream")], &[7; 60]);
    assert_eq!(proxy.ask(&upload).status, 200);
    // A caller cannot speak for Envoy.
    let lie = [("Authorization", bearer.as_str()), JSON, ("X-Envoy-Auth-Partial-Body", "false")];
    assert_eq!(proxy.ask(&request("POST", "/orders", &lie, body)).status, 413);
    assert_eq!(stage.upstream.seen().len(), 2);
}

#[test]
fn a_body_that_envoy_keeps_is_refused_where_it_must_be_seen() {
    let stage = stage("envoy", "sent");
    let gateway = stage.start();
    let without = |config: String| {
        let kept = config.lines().filter(|line| !line.trim_start().starts_with("with_request_body"));
        kept.collect::<Vec<_>>().join("\n")
    };
    let Some(proxy) = Proxy::envoy(&stage, gateway.address(), without) else { return };
    let bearer = stage.issuer.bearer("orders:write orders:read");
    let fields = [("Authorization", bearer.as_str()), JSON];
    let answer = proxy.ask(&request("POST", "/orders", &fields, b"{\"item\":\"tea\"}"));
    assert_eq!((answer.status, answer.problem().as_str()), (403, "body-withheld"));
    assert_eq!(proxy.ask(&get("/orders", &fields[..1])).status, 200);
    assert_eq!(stage.upstream.seen().len(), 1);
}

#[test]
fn nginx_keeps_bodies_which_are_refused_or_go_unseen_as_the_config_says() {
    for (bodies, expected) in [("withheld", 403), ("unseen", 200)] {
        let stage = stage("nginx", bodies);
        let gateway = stage.start();
        let Some(proxy) = Proxy::nginx(&stage, gateway.address()) else { return };
        let bearer = stage.issuer.bearer("orders:write");
        let post = |target: &str, body: &[u8]| {
            proxy.ask(&request("POST", target, &[("Authorization", &bearer), JSON], body)).status
        };
        assert_eq!(post("/orders", b"{\"item\":7}"), expected, "{bodies}");
        assert_eq!(post("/orders?limit=1", b"{\"item\":7}"), 400, "what is seen is judged all the same");
        let record = stage.log().into_iter().find(|record| record["request"]["method"] == "POST").unwrap();
        let controls = record["controls"].as_array().unwrap();
        let said = controls.iter().find(|said| said["reason"] == "body-withheld").unwrap();
        assert_eq!(said["outcome"], "denied");
        assert_eq!(said["mode"], if bodies == "unseen" { "shadow" } else { "enforce" });
        assert_eq!(stage.upstream.seen().len(), usize::from(bodies == "unseen"));
    }
}

#[test]
fn a_limit_is_one_limit_whichever_way_a_caller_comes() {
    let mut stage = stage("envoy", "sent");
    stage.config["controls"] = json!({ "ip-limit": { "rate": "1/h", "burst": 2 } });
    let listen = stage.config["listen"].as_array_mut().unwrap();
    listen.push(json!({ "address": "127.0.0.1:0" }));
    let gateway = stage.start();
    let Some(proxy) = Proxy::envoy(&stage, gateway.address(), |config| config) else { return };
    let ask = |fields: &[(&str, &str)]| proxy.ask(&get("/status", fields));
    let first = ask(&[]);
    assert_eq!(first.status, 200);
    assert_eq!(crate::client::ask(gateway.addresses[1], &get("/status", &[])).status, 200);
    // What a caller says of itself makes it nobody else.
    let limited = ask(&[("X-Forwarded-For", "192.0.2.9")]);
    assert_eq!((limited.status, limited.problem().as_str()), (429, "ip-limited"));
    assert!(limited.field("retry-after").is_some());
}

#[test]
fn a_path_that_envoy_passes_on_as_it_came_is_refused() {
    let stage = stage("envoy", "sent");
    let gateway = stage.start();
    let raw = |config: String| {
        config
            .replace("normalize_path: true", "normalize_path: false")
            .replace("merge_slashes: true", "merge_slashes: false")
    };
    let Some(proxy) = Proxy::envoy(&stage, gateway.address(), raw) else { return };
    for target in ["/status/../orders", "/status/..%2forders", "//status", "/%73tatus", "/orders/../status"] {
        assert_eq!(proxy.ask(&get(target, &[])).status, 400, "{target}");
    }
    assert_eq!(stage.upstream.seen().len(), 0);
}

#[test]
fn a_path_that_envoy_normalises_is_judged_and_sent_on_as_it_then_is() {
    let stage = stage("envoy", "sent");
    let gateway = stage.start();
    let Some(proxy) = Proxy::envoy(&stage, gateway.address(), |config| config) else { return };
    assert_eq!(proxy.ask(&get("/status/../orders", &[])).status, 401, "it is `/orders`");
    assert_eq!(proxy.ask(&get("/orders/../status", &[])).status, 200, "it is `/status`");
    assert_eq!(stage.upstream.seen()[0].target(), "/status");
}

#[test]
fn a_caller_cannot_describe_another_request_than_its_own() {
    for asker in ["nginx", "traefik"] {
        let stage = stage(asker, "withheld");
        let gateway = stage.start();
        let started = match asker {
            "nginx" => Proxy::nginx(&stage, gateway.address()),
            _ => Proxy::traefik(&stage, gateway.address()),
        };
        let Some(proxy) = started else { continue };
        proxy.wait_for(200);
        let before = stage.upstream.seen().len();
        let lies = [
            ("X-Original-URI", "/status"),
            ("X-Original-Method", "GET"),
            ("X-Original-Host", "api.example"),
            ("X-Original-Body", ";"),
            ("X-Forwarded-Uri", "/status"),
            ("X-Forwarded-Method", "GET"),
            ("X-Forwarded-For", "192.0.2.9"),
        ];
        for (name, value) in lies {
            for fields in [&[(name, value)][..], &[(name, value), (name, value)]] {
                assert_eq!(proxy.ask(&get("/orders", fields)).status, 401, "{asker} {fields:?}");
            }
        }
        for name in ["X-HTTP-Method-Override", "X-Original-URL", "X-Rewrite-URL"] {
            let answer = proxy.ask(&get("/status", &[(name, "DELETE")]));
            assert_eq!(answer.status, 400, "{asker} {name}: {answer:?}");
        }
        assert_eq!(stage.upstream.seen().len(), before);
        let ips: Vec<_> = stage.log().into_iter().map(|record| record["client"]["ip"].clone()).collect();
        assert!(ips.iter().all(|ip| ip == "127.0.0.1"), "{ips:?}");
    }
}

#[test]
fn without_a_decision_nothing_goes_on() {
    for (asker, expected) in [("envoy", 503), ("nginx", 500), ("traefik", 500)] {
        let stage = stage(asker, "withheld");
        let gateway = stage.start();
        let started = match asker {
            "envoy" => Proxy::envoy(&stage, gateway.address(), |config| config),
            "nginx" => Proxy::nginx(&stage, gateway.address()),
            _ => Proxy::traefik(&stage, gateway.address()),
        };
        let Some(proxy) = started else { continue };
        proxy.wait_for(200);
        gateway.stop();
        let before = stage.upstream.seen().len();
        let began = Instant::now();
        let answer = proxy.ask(&get("/status", &[]));
        assert_eq!(answer.status, expected, "{asker}: {answer:?}");
        assert!(began.elapsed() < DEADLINE);
        assert_eq!(stage.upstream.seen().len(), before, "{asker}");
    }
}

#[test]
fn the_backend_behind_another_proxy_gets_a_token_of_the_inside() {
    for asker in ["envoy", "nginx", "traefik"] {
        let mut stage = stage(asker, if asker == "nginx" { "withheld" } else { "sent" });
        stage.config["identity"]["internal"] = json!({ "issuer": "https://palisade.internal" });
        stage.config["controls"] = json!({ "phantom-token": { "audience": "orders-backend" } });
        let gateway = stage.start();
        let started = match asker {
            "envoy" => Proxy::envoy(&stage, gateway.address(), |config| config),
            "nginx" => Proxy::nginx(&stage, gateway.address()),
            _ => Proxy::traefik(&stage, gateway.address()),
        };
        let Some(proxy) = started else { continue };
        proxy.wait_for(200);
        let outside = stage.issuer.bearer("orders:read");
        assert_eq!(proxy.ask(&get("/orders", &[("Authorization", &outside)])).status, 200, "{asker}");
        let seen = stage.upstream.seen().pop().unwrap();
        let inside = seen.field("authorization").unwrap();
        assert!(inside.starts_with("Bearer ") && inside != outside, "{asker}: {seen:?}");
        assert!(!seen.head.contains(&outside), "{asker}: {seen:?}");
        // What needs nobody goes on without anything of the outside.
        assert_eq!(proxy.ask(&get("/status", &[("Authorization", "Basic YTpi")])).status, 200, "{asker}");
        assert_eq!(stage.upstream.seen().pop().unwrap().field("authorization"), None, "{asker}");
    }
}

#[test]
fn envoy_s_caller_gets_the_whole_answer() {
    let mut stage = stage("envoy", "sent");
    stage.config["controls"] = json!({
        "cors": { "allowed-origins": ["https://shop.example"] },
        "rate-limit": { "limits": [{ "key": ["ip"], "rate": "100/h" }] },
    });
    let gateway = stage.start();
    let Some(proxy) = Proxy::envoy(&stage, gateway.address(), |config| config) else { return };
    let origin = ("Origin", "https://shop.example");
    let preflight =
        proxy.ask(&request("OPTIONS", "/orders", &[origin, ("Access-Control-Request-Method", "GET")], b""));
    assert_eq!(preflight.status, 204, "{preflight:?}");
    assert_eq!(preflight.field("access-control-allow-origin"), Some("https://shop.example"));
    let answer = proxy.ask(&get("/status", &[origin]));
    assert_eq!(answer.status, 200);
    assert_eq!(answer.field("access-control-allow-origin"), Some("https://shop.example"));
    assert!(answer.field("ratelimit").is_some(), "{answer:?}");
    assert_eq!(stage.upstream.seen().len(), 1, "a preflight is answered and goes nowhere");
}

/// How Envoy speaks to the gateway over TLS, with a certificate of its own.
const TLS: &str = r#"
      transport_socket:
        name: envoy.transport_sockets.tls
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext
          sni: palisade.example
          common_tls_context:
            alpn_protocols: [h2]
            tls_certificates: [{ certificate_chain: { filename: envoy.pem }, private_key: { filename: envoy.key } }]
            validation_context:
              trusted_ca: { filename: authority.pem }
              match_typed_subject_alt_names: [{ san_type: DNS, matcher: { exact: palisade.example } }]
"#;

#[test]
fn envoy_asks_over_tls_with_a_certificate_and_not_without() {
    let (authority, stranger) = (Authority::new("own"), Authority::new("stranger"));
    for (vouches, expected) in [(&authority, 200), (&stranger, 503)] {
        let mut stage = stage("envoy", "sent");
        let (own, proxy) = (authority.issue("palisade.example", 1), vouches.issue("spiffe://prod/envoy", 2));
        for (name, text) in [
            ("own.pem", own.pem),
            ("own.key", own.key_pem),
            ("envoy.pem", proxy.pem),
            ("envoy.key", proxy.key_pem),
            ("authority.pem", authority.pem()),
        ] {
            stage.write(name, &text);
        }
        stage.config["listen"][0]["tls"] = json!({
            "certificates": [{ "certificate": "own.pem", "key": "own.key" }],
            "clients": { "ca": "authority.pem" },
        });
        let gateway = stage.start();
        let folder = stage.path("").display().to_string();
        let over_tls = |config: String| {
            let mark = "          explicit_http_config: { http2_protocol_options: {} }\n";
            let tls = TLS.replace("filename: ", &format!("filename: {folder}"));
            assert!(config.contains(mark));
            config.replace(mark, &format!("{mark}{}\n", tls.trim_matches('\n')))
        };
        let Some(envoy) = Proxy::envoy(&stage, gateway.address(), over_tls) else { return };
        let answer = envoy.ask(&get("/status", &[]));
        assert_eq!(answer.status, expected, "{answer:?}");
        assert_eq!(stage.upstream.seen().len(), usize::from(expected == 200));
    }
}
