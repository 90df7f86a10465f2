//! Tokens that only their issuer can say anything of.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use identity::fetch::{KeyClient, PlainHttp};
use identity::introspection::{Answer, Introspector, Settings};
use identity::revocation::{Revocation, Revocations, Revoked};
use identity::{Issuer, TokenError, Verified};
use model::Secret;
use serde_json::json;

use super::gateway::{Gateway, feeds, token};
use crate::denial::{BearerError, Challenge};
use crate::feeds::Feeds;
use crate::policy::WorkerState;

const PATHS: &str = "
/orders:
  get: { security: [{ token: ['orders:read'] }], responses: { '200': { description: ok } } }
";

const OPAQUE: &str = "GET /orders HTTP/1.1\nAuthorization: Bearer 2YotnFZFEjr1zCsicMWpAA\n";

/// Feeds with an issuer that could be asked; who asks is played by each test.
fn asking() -> Feeds {
    let settings = Settings {
        issuer: Issuer::new("https://issuer.example", vec!["orders-api".to_owned()]),
        endpoint: None,
        client_id: "gateway".to_owned(),
        client_secret: Secret::new("secret"),
        cache_max: Duration::from_secs(60),
        aud_optional: false,
    };
    let client = KeyClient::new(None, PlainHttp::LoopbackOnly).unwrap();
    Feeds { introspector: Some(Arc::new(Introspector::new(settings, client).unwrap())), ..feeds() }
}

/// What an issuer says of a good token: the same as a signed one of `feeds` would.
fn good(feeds: &Feeds, claims: &serde_json::Value) -> Answer {
    let verifier = feeds.verifier.as_ref().unwrap();
    let Verified { claims, valid_until, .. } =
        verifier.verify(token(claims).as_bytes(), super::gateway::NOW).unwrap();
    Ok(Arc::new(Verified { claims, valid_until, key_id: None, algorithm: None }))
}

fn gateway(feeds: &Feeds, settings: &str, answers: Vec<Answer>) -> Gateway {
    let gateway = Gateway::with_feeds(PATHS, settings, feeds);
    gateway.looked_up.replace(answers);
    gateway
}

#[test]
fn an_answer_stands_for_the_token_and_is_asked_for_once() {
    let feeds = asking();
    let claims = json!({"scope": "orders:read"});
    let gateway = gateway(&feeds, "", vec![good(&feeds, &claims)]);
    let worker = WorkerState::default();
    for _ in 0..3 {
        let seen = gateway.serve_on(&worker, OPAQUE);
        assert_eq!((seen.verdict.as_str(), seen.principal.as_deref()), ("allowed", Some("alice")));
        let ids: BTreeSet<_> = seen.said.iter().map(|(id, _)| *id).collect();
        assert_eq!(ids.len(), seen.said.len(), "each control says its word once: {:?}", seen.said);
    }
    assert!(gateway.looked_up.borrow().is_empty());
}

#[test]
fn what_is_said_is_judged_like_any_token() {
    let feeds = asking();
    let check = |answer: Answer, settings: &str, expected: &str| {
        let seen = gateway(&feeds, settings, vec![answer]).serve(OPAQUE);
        assert_eq!(seen.verdict, expected);
        seen
    };
    check(good(&feeds, &json!({"scope": "other"})), "", "403 insufficient-scope");
    // Of those whom an issuer knows, one is blocked here.
    let seen = check(good(&feeds, &json!({"scope": "orders:read", "sub": "mallory"})), "", "403 blocked");
    assert_eq!(seen.said.iter().filter(|(id, _)| *id == "block").count(), 1, "{:?}", seen.said);
    let bound = json!({"scope": "orders:read", "cnf": {"kid": "1"}});
    check(good(&feeds, &bound), "", "401 invalid-token");
    let good = || good(&feeds, &json!({"scope": "orders:read", "jti": "7"}));
    check(good(), "jwt: { sender-constrained: required }", "401 invalid-token");
    let refused = check(Err(TokenError::Inactive), "", "401 invalid-token");
    assert_eq!(refused.denial.unwrap().challenges, [Challenge::bearer(BearerError::InvalidToken)]);
    let revocation = Revocation { what: Revoked::Token("7".to_owned()), issuer: None, until: None };
    let revoked = Revocations::new(vec![revocation], super::gateway::NOW);
    let feeds = Feeds { revocations: Arc::new(revoked), ..feeds.clone() };
    assert_eq!(gateway(&feeds, "", vec![good()]).serve(OPAQUE).verdict, "401 invalid-token");
}

#[test]
fn while_nobody_can_be_asked_nobody_is_let_in() {
    let feeds = asking();
    let gateway = gateway(&feeds, "", vec![Err(TokenError::IntrospectionUnavailable); 2]);
    let worker = WorkerState::default();
    for _ in 0..2 {
        let seen = gateway.serve_on(&worker, OPAQUE);
        assert_eq!(seen.verdict, "503 introspection-unavailable");
        assert!(seen.denial.unwrap().retry_after_secs.is_some());
    }
    assert!(gateway.looked_up.borrow().is_empty(), "no answer is no answer to remember");
}

#[test]
fn in_shadow_the_answer_is_said_and_does_not_stand() {
    let feeds = asking();
    let seen = gateway(&feeds, "{ jwt: shadow, scope: off }", vec![Err(TokenError::Inactive)]).serve(OPAQUE);
    assert_eq!(seen.verdict, "allowed");
    assert!(seen.said.contains(&("jwt", Some("invalid-token".to_owned()))), "{:?}", seen.said);
}

#[test]
fn signed_tokens_are_shown_to_nobody_and_opaque_ones_refused_where_nobody_is_asked() {
    let feeds = asking();
    // A gateway without an answer to give would panic.
    let seen = gateway(&feeds, "", Vec::new())
        .serve("GET /orders HTTP/1.1\nAuthorization: Bearer {token alice orders:read}\n");
    assert_eq!(seen.verdict, "allowed");
    let expired = gateway(&feeds, "", Vec::new())
        .serve("GET /orders HTTP/1.1\nAuthorization: Bearer {expired-token alice}\n");
    assert_eq!(expired.verdict, "401 invalid-token");
    let nobody = Gateway::new(PATHS, "").serve(OPAQUE);
    assert_eq!(nobody.verdict, "401 invalid-token");
}
