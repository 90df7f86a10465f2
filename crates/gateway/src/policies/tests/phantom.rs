//! Tokens of the inside in place of the caller's.

use std::time::Duration;

use identity::{Algorithms, Jws, KeySet};
use serde_json::{Value, json};

use super::gateway::{Gateway, NOW, Seen, feeds, token};
use crate::feeds::Feeds;
use crate::policy::WorkerState;

const PATHS: &str = "
/orders:
  get: { security: [{}, { token: [] }, { key: [] }, { service: [] }], responses: { '200': { description: ok } } }
";

const SETTINGS: &str = "phantom-token: { audience: backend, claims: [tenant] }";

fn alice() -> String {
    let claims = json!({"scope": "a b", "client_id": "app", "tenant": "t1", "act": {"sub": "app"}});
    format!("GET /orders HTTP/1.1\nAuthorization: Bearer {}\n", token(&claims))
}

/// What the backend gets, once its signature is found good.
fn inside(feeds: &Feeds, seen: &Seen) -> Value {
    assert_eq!(seen.verdict, "allowed");
    let value = seen.authorization.clone().expect("another `Authorization` than was sent");
    let token = value.strip_prefix("Bearer ").expect(&value).to_owned();
    let published = feeds.internal.as_ref().unwrap().key_set().to_string();
    let jws = Jws::parse(token.as_bytes()).unwrap();
    assert_eq!(jws.verify(&KeySet::parse(published.as_bytes(), Algorithms::ALL).unwrap()), Ok(()));
    serde_json::from_slice(&jws.payload).unwrap()
}

#[test]
fn the_backend_gets_a_token_of_the_inside_and_never_the_caller_s() {
    let feeds = feeds();
    let gateway = Gateway::with_feeds(PATHS, SETTINGS, &feeds);
    let mut claims = inside(&feeds, &gateway.serve(&alice()));
    claims.as_object_mut().unwrap().remove("jti").unwrap();
    let now = NOW.as_secs();
    let expected = json!({
        "iss": "https://palisade.internal", "aud": "backend", "sub": "alice", "client_id": "app",
        "sub_iss": "https://issuer.example", "scope": "a b", "tenant": "t1", "iat": now, "exp": now + 60,
        "act": { "sub": "https://palisade.internal", "act": { "sub": "app" } },
    });
    assert_eq!(claims, expected);
    let service = gateway.serve("GET /orders HTTP/1.1\nClient-Certificate: spiffe://prod/billing\n");
    assert_eq!(inside(&feeds, &service)["sub"], "spiffe://prod/billing");
    for request in [
        "GET /orders HTTP/1.1\n",
        "GET /orders HTTP/1.1\nX-Api-Key: {key shop}\n",
        "GET /orders HTTP/1.1\nAuthorization: Basic YTpi\n",
    ] {
        let seen = gateway.serve(request);
        assert_eq!(
            (seen.verdict.as_str(), seen.authorization.as_deref()),
            ("allowed", Some("")),
            "{request}"
        );
    }
}

#[test]
fn one_token_is_made_for_all_requests_until_it_is_nearly_over() {
    let feeds = feeds();
    let mut gateway = Gateway::with_feeds(PATHS, SETTINGS, &feeds);
    let worker = WorkerState::default();
    let request = alice();
    let first = gateway.serve_on(&worker, &request).authorization;
    gateway.now = NOW.plus(Duration::from_secs(44));
    assert_eq!(gateway.serve_on(&worker, &request).authorization, first);
    let other = gateway.serve_on(&worker, "GET /orders HTTP/1.1\nAuthorization: Bearer {token bob}\n");
    assert_eq!(inside(&feeds, &other)["sub"], "bob");
    gateway.now = NOW.plus(Duration::from_secs(45));
    let second = gateway.serve_on(&worker, &request);
    assert_ne!(second.authorization, first);
    assert_eq!(inside(&feeds, &second)["exp"], NOW.as_secs() + 105);
    // Another audience is another token.
    let elsewhere = Gateway::with_feeds(PATHS, "phantom-token: { audience: other }", &feeds);
    assert_eq!(inside(&feeds, &elsewhere.serve_on(&worker, &request))["aud"], "other");
}

#[test]
fn nothing_is_exchanged_in_shadow_or_where_nobody_asked_for_it() {
    for settings in ["", "phantom-token: { audience: backend, mode: shadow }", "phantom-token: off"] {
        let seen = Gateway::new(PATHS, settings).serve(&alice());
        assert_eq!((seen.verdict.as_str(), seen.authorization), ("allowed", None), "{settings}");
    }
}

#[test]
fn without_an_audience_or_an_issuer_there_is_a_problem() {
    let problems = |settings: &str| format!("{:?}", Gateway::problems(PATHS, settings));
    assert!(problems("phantom-token: { claims: [a] }").contains("no audience"));
    assert!(problems("phantom-token: enforce").contains("no audience"));
}

#[test]
fn a_caller_who_proved_nothing_is_refused_where_that_is_required() {
    let gateway = Gateway::new(PATHS, "phantom-token: { audience: backend, required: true }");
    let none = gateway.serve("GET /orders HTTP/1.1\n");
    assert_eq!((none.verdict.as_str(), none.control), ("401 unauthenticated", "phantom-token"));
    assert_eq!(gateway.serve(&alice()).verdict, "allowed");
}
