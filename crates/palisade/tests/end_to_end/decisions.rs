//! Decisions for proxies that others have made: what they let through, what they refuse, and what they must not be told.

mod asked;
mod through;

use serde_json::{Value, json};

use crate::asking::{Proxy, stage};
use crate::client::{get, request};
use crate::gateway::Gateway;
use crate::stage::Stage;

const JSON: (&str, &str) = ("Content-Type", "application/json");

/// What each real proxy must do alike: the requests, the status that its caller gets, and whether the backend sees them.
fn check_common(stage: &Stage, gateway: &Gateway, proxy: &Proxy, asker: &str) {
    proxy.wait_for(200);
    let bearer = stage.issuer.bearer("orders:read");
    let before = stage.upstream.seen().len();
    let ask = |fields: &[(&str, &str)], target: &str| {
        let answer = proxy.ask(&get(target, fields));
        (answer.status, answer)
    };
    let hostile =
        [("X-User", "root"), ("X-Forwarded-User", "root"), ("X-User-Id", "1"), ("Forwarded", "for=6.6.6.6")];
    let fields = [&[("Authorization", bearer.as_str())], &hostile[..]].concat();
    let (status, answer) = ask(&fields, "/orders?limit=7");
    assert_eq!(status, 200, "{answer:?}");
    assert_eq!(answer.json()["ok"], true);
    let seen = stage.upstream.seen().pop().unwrap();
    assert_eq!(seen.target(), "/orders?limit=7");
    assert_eq!(seen.field("authorization"), Some(bearer.as_str()), "{seen:?}");
    for (name, _) in hostile {
        assert_eq!(seen.field(name), None, "{seen:?}");
    }
    let refused = [
        (401, get("/orders", &[])),
        (401, get("/orders", &[("Authorization", "Bearer x.y.z")])),
        (403, request("POST", "/orders", &[("Authorization", &bearer), JSON], b"{\"item\":\"tea\"}")),
        (400, get("/orders?limit=0", &[("Authorization", &bearer)])),
        (404, get("/nowhere", &[])),
        (405, request("DELETE", "/status", &[], b"")),
    ];
    for (expected, asked) in &refused {
        let answer = proxy.ask(asked);
        assert_eq!(answer.status, *expected, "{}\n{answer:?}", String::from_utf8_lossy(asked));
    }
    assert!(proxy.ask(&refused[0].1).field("www-authenticate").is_some());
    assert_eq!(stage.upstream.seen().len(), before + 1, "nothing that was refused went on");
    // Envoy gives every request an id of its own.
    let record = stage.record(seen.field("x-request-id").unwrap());
    assert_eq!(record["decided_for"], asker);
    assert_eq!((&record["verdict"], &record["response"]), (&json!("forwarded"), &json!({ "status": 0 })));
    assert_eq!((&record["client"]["ip"], &record["principal"]["id"]), (&json!("127.0.0.1"), &json!("alice")));
    assert_eq!(record["operation"]["path"], "/orders");
    let statuses: Vec<Value> = stage
        .log()
        .iter()
        .filter(|record| record["verdict"] == "refused")
        .map(|record| record["response"]["status"].clone())
        .collect();
    assert_eq!(statuses, [401, 401, 403, 400, 404, 405, 401]);
    let metric = |decision| {
        gateway.metric(&format!("palisade_decisions_total{{proxy=\"{asker}\",decision=\"{decision}\"}}"))
    };
    assert_eq!((metric("refused"), metric("malformed")), (7, 0));
    assert!(metric("allowed") >= 2);
}

#[test]
fn nginx_sends_on_what_may_go_on_and_nothing_else() {
    let stage = stage("nginx", "withheld");
    let gateway = stage.start();
    let Some(proxy) = Proxy::nginx(&stage, gateway.address()) else { return };
    check_common(&stage, &gateway, &proxy, "nginx");
}

#[test]
fn envoy_sends_on_what_may_go_on_and_nothing_else() {
    let stage = stage("envoy", "sent");
    let gateway = stage.start();
    let Some(proxy) = Proxy::envoy(&stage, gateway.address(), |config| config) else { return };
    check_common(&stage, &gateway, &proxy, "envoy");
}

#[test]
fn traefik_sends_on_what_may_go_on_and_nothing_else() {
    let stage = stage("traefik", "sent");
    let gateway = stage.start();
    let Some(proxy) = Proxy::traefik(&stage, gateway.address()) else { return };
    check_common(&stage, &gateway, &proxy, "traefik");
}

/// A secret that callers, and Envoy for them, say wherever they can.
const CANARY: &str = "c4nary-d0-n0t-write";

#[test]
fn a_secret_that_is_asked_about_is_written_nowhere() {
    let stage = stage("envoy", "sent");
    stage.write_config();
    let mut command = stage.command(&["run", "-c", "palisade.yaml"]);
    let gateway = Gateway::start(command.env("PALISADE_LOG", "debug,h2=info"));
    let Some(proxy) = Proxy::envoy(&stage, gateway.address(), |config| config) else { return };
    let mut claims = stage.issuer.claims("orders:read orders:write");
    claims["jti"] = CANARY.into();
    let bearer = format!("Bearer {}", stage.issuer.key.sign("at+jwt", &claims).unwrap());
    let payload = bearer.split('.').nth(1).unwrap().to_owned();
    let body = json!({ "item": CANARY, "password": CANARY }).to_string();
    let (cookie, target) = (format!("a={CANARY}"), format!("/orders?limit={CANARY}"));
    for (status, asked) in [
        (200, get("/orders", &[("Authorization", &bearer), ("Cookie", &cookie)])),
        (400, get(&target, &[("Authorization", &bearer)])),
        (400, request("POST", "/orders", &[("Authorization", &bearer), JSON], body.as_bytes())),
        (401, get("/orders", &[("Authorization", &format!("Bearer {CANARY}"))])),
        (401, get("/partner", &[("X-Api-Key", CANARY)])),
    ] {
        let answer = proxy.ask(&asked);
        assert_eq!(answer.status, status, "{answer:?}");
        assert!(!format!("{answer:?}").contains(CANARY));
    }
    let said = gateway.stop();
    let mut places = vec![("what it says", said.into_bytes())];
    places.extend(stage.segments().iter().map(|segment| ("the log", std::fs::read(segment).unwrap())));
    for (place, bytes) in places {
        for secret in [CANARY, &payload] {
            let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!found, "{secret} is in {place}");
        }
    }
    let text = stage.palisade(&["log", "--data", "data", "--last", "5"]);
    let text = String::from_utf8(text.stdout).unwrap();
    let first = text.lines().next().unwrap();
    assert!(first.contains(" --- forwarded") && first.ends_with("/orders  for envoy"), "{text}");
}
