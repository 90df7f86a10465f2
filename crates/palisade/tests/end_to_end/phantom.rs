//! Tokens of the inside: what the backend gets, the keys that verify it, and their rotation.

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;
use std::time::Instant;

use identity::{Algorithms, Jws, KeySet};
use serde_json::{Value, json};

use crate::client::{DEADLINE, get};
use crate::gateway::Gateway;
use crate::stage::Stage;

const KEYS: &str = "data/identity/signing-keys.json";

fn stage(rotation: &str) -> Stage {
    let mut stage = Stage::new();
    stage.config["identity"]["internal"] =
        json!({ "issuer": "https://palisade.internal", "lifetime": "60s", "rotation": rotation });
    stage.config["apis"][0]["controls"] = json!({ "phantom-token": { "audience": "orders-backend" } });
    stage
}

/// Asks for orders, and returns the token that the backend got.
fn inside(stage: &Stage, gateway: &Gateway) -> String {
    let outside = stage.issuer.bearer("orders:read");
    let answer = gateway.ask(&get("/orders", &[("Authorization", &outside)]));
    assert_eq!(answer.status, 200, "{answer:?}");
    let seen = stage.upstream.seen().pop().unwrap();
    assert!(!seen.head.contains(&outside), "{seen:?}");
    seen.field("authorization").unwrap().strip_prefix("Bearer ").unwrap().to_owned()
}

fn published(gateway: &Gateway) -> Value {
    let page = gateway.page("/jwks.json");
    assert_eq!((page.status, page.field("content-type")), (200, Some("application/jwk-set+json")));
    assert!(!String::from_utf8_lossy(&page.body).contains("\"d\""));
    page.json()
}

/// What a token says, once a published key has made its signature; and the name of that key.
fn verified(keys: &Value, token: &str) -> (Value, String) {
    let jws = Jws::parse(token.as_bytes()).unwrap();
    assert_eq!(jws.verify(&KeySet::parse(keys.to_string().as_bytes(), Algorithms::ALL).unwrap()), Ok(()));
    (serde_json::from_slice(&jws.payload).unwrap(), jws.header.key_id.unwrap())
}

#[test]
fn the_backend_gets_a_token_that_the_admin_listener_s_keys_verify() {
    let stage = stage("24h");
    let gateway = stage.start();
    let token = inside(&stage, &gateway);
    let (claims, key) = verified(&published(&gateway), &token);
    assert_eq!(claims["iss"], "https://palisade.internal");
    assert_eq!(claims["aud"], "orders-backend");
    assert_eq!((&claims["sub"], &claims["sub_iss"]), (&json!("alice"), &json!("https://login.example")));
    assert_eq!(claims["scope"], "orders:read");
    assert_eq!(claims["act"], json!({ "sub": "https://palisade.internal" }));
    assert_eq!(claims["exp"].as_u64().unwrap() - claims["iat"].as_u64().unwrap(), 60);
    // What needs nobody goes on without anything of the outside.
    let answer = gateway.ask(&get("/status", &[("Authorization", "Basic YTpi"), ("DPoP", "x.y.z")]));
    assert_eq!(answer.status, 200);
    let seen = stage.upstream.seen().pop().unwrap();
    assert_eq!((seen.field("authorization"), seen.field("dpop")), (None, None), "{seen:?}");

    let mode = std::fs::metadata(stage.path(KEYS)).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    drop(gateway);
    let again = stage.start();
    assert_eq!(verified(&published(&again), &inside(&stage, &again)).1, key, "keys outlive a restart");
}

#[test]
fn keys_are_rotated_without_a_token_that_nobody_can_verify() {
    let stage = stage("4s");
    let gateway = stage.start();
    let (began, mut signers) = (Instant::now(), BTreeSet::new());
    while signers.len() < 2 {
        assert!(began.elapsed() < DEADLINE, "the keys are not rotated");
        let token = inside(&stage, &gateway);
        signers.insert(verified(&published(&gateway), &token).1);
    }
    let kept = std::fs::read_to_string(stage.path(KEYS)).unwrap();
    assert_eq!(kept.matches("pkcs8").count(), published(&gateway)["keys"].as_array().unwrap().len());
}

#[test]
fn keys_that_cannot_be_read_stop_the_start_and_are_not_replaced() {
    let stage = stage("24h");
    drop(stage.start());
    stage.write(KEYS, "{\"keys\":[]}");
    stage.write_config();
    let output = stage.palisade(&["run", "-c", "palisade.yaml"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains("signing-keys.json`: there must be 1 to 16 signing keys"), "{said}");
    assert_eq!(std::fs::read_to_string(stage.path(KEYS)).unwrap(), "{\"keys\":[]}");
}

#[test]
fn nothing_is_exchanged_without_an_issuer_of_the_inside() {
    let mut stage = stage("24h");
    stage.config["identity"].as_object_mut().unwrap().remove("internal");
    stage.write_config();
    let output = stage.palisade(&["check", "-c", "palisade.yaml"]);
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(!output.status.success() && said.contains("nobody signs tokens for the inside"), "{said}");
    assert!(!stage.path("data").exists(), "a check leaves nothing behind");
}
