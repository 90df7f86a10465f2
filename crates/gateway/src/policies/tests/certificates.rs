//! Services that prove who they are by the certificate of their connection.

use super::gateway::{Gateway, Seen, check, feeds};
use crate::denial::Challenge;
use crate::feeds::Feeds;

const BILLING: &str = "Client-Certificate: spiffe://prod/billing";
const KEY: &str = "X-Api-Key: {key shop}";
const ALICE: &str = "Authorization: Bearer {token alice a}";

fn paths(security: &str) -> String {
    format!("\n/orders:\n  get: {{ security: {security}, responses: {{ '200': {{ description: ok }} }} }}\n")
}

fn get(fields: &[&str]) -> String {
    format!("GET /orders HTTP/1.1\n{}\n", fields.join("\n")).trim_end().to_owned() + "\n"
}

#[track_caller]
fn judge(security: &str, fields: &[&str], expected: &str) {
    check(&paths(security), "", &get(fields), expected);
}

#[test]
fn a_certificate_is_one_alternative_among_others_and_satisfied_whole() {
    judge("[{ service: [] }]", &[BILLING], "allowed");
    judge("[{ service: [] }]", &[], "403 certificate-required");
    judge("[{ service: [] }]", &[KEY], "403 certificate-required");
    judge("[{ service: [] }]", &[ALICE], "403 certificate-required");
    judge("[{ service: [] }, {}]", &[], "allowed");
    let or_key = "[{ service: [] }, { key: [] }]";
    judge(or_key, &[BILLING], "allowed");
    judge(or_key, &[KEY], "allowed");
    judge(or_key, &[], "401 unauthenticated");
    let and_key = "[{ service: [], key: [] }]";
    judge(and_key, &[BILLING, KEY], "allowed");
    judge(and_key, &[BILLING], "401 unauthenticated");
    judge(and_key, &[KEY], "403 certificate-required");
    let or_token = "[{ service: [] }, { token: [a] }]";
    judge(or_token, &[BILLING], "allowed");
    judge(or_token, &[ALICE], "allowed");
    judge(or_token, &[], "401 unauthenticated");
    let and_token = "[{ service: [], token: [a] }]";
    judge(and_token, &[BILLING, ALICE], "allowed");
    judge(and_token, &[BILLING], "401 unauthenticated");
    judge(and_token, &[ALICE], "403 certificate-required");
    let mixed = "[{ service: [], token: [a] }, { key: [], token: [a] }]";
    judge(mixed, &[BILLING, ALICE], "allowed");
    judge(mixed, &[KEY, ALICE], "allowed");
    judge(mixed, &[ALICE], "403 insufficient-scope");
}

#[test]
fn other_ways_in_are_named_where_there_are_any() {
    let gateway = Gateway::new(&paths("[{ service: [] }, { key: [] }]"), "");
    let seen = gateway.serve(&get(&[]));
    let key = Challenge::ApiKey(http::HeaderName::from_static("x-api-key"));
    assert_eq!((seen.control, seen.denial.unwrap().challenges), ("mtls", vec![key]));
    let alone = Gateway::new(&paths("[{ service: [] }]"), "").serve(&get(&[]));
    assert!(alone.denial.unwrap().challenges.is_empty());
}

#[test]
fn a_certificate_authenticates_what_is_sensitive() {
    let sensitive =
        |security: &str| paths(security).replace("responses", "x-palisade: { sensitive: true }, responses");
    let judge = |security: &str, fields: &[&str], expected: &str| {
        check(&sensitive(security), "", &get(fields), expected);
    };
    judge("[{ service: [] }, { key: [] }]", &[BILLING], "allowed");
    judge("[{ service: [] }, { key: [] }]", &[KEY], "403 key-not-sufficient");
    judge("[{ service: [] }, { key: [] }]", &[], "403 certificate-required");
    judge("[{ service: [] }, { key: [] }]", &[BILLING, KEY], "allowed");
    judge("[{ service: [] }, { token: [] }]", &[BILLING], "allowed");
    judge("[{ service: [] }, {}]", &[], "403 certificate-required");
    judge("[{ token: [] }, {}]", &[BILLING], "401 unauthenticated");
}

#[test]
fn the_service_is_the_principal_unless_a_token_names_another() {
    let gateway = Gateway::new(&paths("[{}, { token: [] }]"), "");
    let principal = |seen: Seen| seen.principal;
    assert_eq!(principal(gateway.serve(&get(&[BILLING]))).as_deref(), Some("spiffe://prod/billing"));
    assert_eq!(principal(gateway.serve(&get(&[BILLING, ALICE]))).as_deref(), Some("alice"));
    assert_eq!(principal(gateway.serve(&get(&[BILLING, KEY]))).as_deref(), Some("spiffe://prod/billing"));
    assert_eq!(principal(gateway.serve(&get(&[]))), None);
}

#[test]
fn limits_count_for_each_service() {
    let limits = "rate-limit: { limits: [{ rate: 1/min, burst: 1, key: [principal] }] }";
    let gateway = Gateway::new(&paths("[{ service: [] }]"), limits);
    let other = "Client-Certificate: spiffe://prod/shop";
    assert_eq!(gateway.serve(&get(&[BILLING])).verdict, "allowed");
    assert_eq!(gateway.serve(&get(&[BILLING])).verdict, "429 rate-limited");
    assert_eq!(gateway.serve(&get(&[other])).verdict, "allowed");
}

#[test]
fn only_services_that_are_named_may_call() {
    let named = |pattern: &str, service: &str, expected: &str| {
        let settings = format!("mtls: {{ services: ['{pattern}'] }}");
        let request = get(&[&format!("Client-Certificate: {service}")]);
        check(&paths("[{ service: [] }]"), &settings, &request, expected);
    };
    named("spiffe://prod/billing", "spiffe://prod/billing", "allowed");
    named("spiffe://prod/billing", "spiffe://prod/billing2", "403 certificate-refused");
    named("spiffe://prod/billing", "spiffe://prod/Billing", "403 certificate-refused");
    named("spiffe://prod/*", "spiffe://prod/ns/billing", "allowed");
    named("spiffe://prod/*", "spiffe://production/billing", "403 certificate-refused");
    named("spiffe://prod/*", "spiffe://prod/", "403 certificate-refused");
    named("*.internal.example", "shop.internal.example", "allowed");
    named("*.internal.example", "a.shop.internal.example", "403 certificate-refused");
    named("*.internal.example", "internal.example", "403 certificate-refused");
    // Whoever may not call is refused also where no certificate is needed.
    let settings = "mtls: { services: ['spiffe://prod/shop'] }";
    check(&paths("[]"), settings, &get(&[BILLING]), "403 certificate-refused");
    check(&paths("[]"), settings, &get(&[]), "allowed");
    check(&paths("[]"), "mtls: { required: true }", &get(&[]), "403 certificate-required");
}

#[test]
fn where_no_listener_asks_that_is_said() {
    let feeds = Feeds { client_certificates: false, ..feeds() };
    let gateway = Gateway::with_feeds(&paths("[{ service: [] }]"), "", &feeds);
    assert!(gateway.gaps().contains("no listener asks clients for one"), "{}", gateway.gaps());
    assert_eq!(gateway.serve(&get(&[])).verdict, "403 certificate-required");
    assert!(!Gateway::new(&paths("[{ service: [] }]"), "").gaps().contains("certificate"));
}
