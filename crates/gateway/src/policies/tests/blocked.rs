//! Who is refused for being blocked, and from when on.

use std::sync::Arc;

use serde_json::json;

use super::gateway::{Gateway, NOW, Seen, feeds, token};
use crate::blocks::{Block, BlockFeed, Blocks};
use crate::denial::Reason;
use crate::feeds::Feeds;

const PATHS: &str = "
/orders:
  get: { security: [{ token: [] }], responses: { '200': { description: ok } } }
/menu:
  get: { security: [{ key: [] }, { service: [] }, {}], responses: { '200': { description: ok } } }
";

/// Feeds without a block, and where blocks are set.
fn unblocked() -> Feeds {
    Feeds { blocks: BlockFeed::default(), ..feeds() }
}

fn set(feeds: &Feeds, entries: &[serde_json::Value]) {
    let blocks = entries.iter().map(|entry| serde_json::from_value::<Block>(entry.clone()).unwrap());
    feeds.blocks.live.store(Arc::new(Blocks::new(blocks, NOW)));
}

fn detail(seen: &Seen) -> &str {
    seen.denial.as_ref().map_or("", |denial| denial.detail.as_str())
}

#[test]
fn a_block_counts_from_the_next_request_on_and_no_longer_than_it_stands() {
    let feeds = unblocked();
    let mut gateway = Gateway::with_feeds(PATHS, "", &feeds);
    let request = "GET /orders HTTP/1.1\nAuthorization: Bearer {token alice}\n";
    assert_eq!(gateway.serve(request).verdict, "allowed");
    set(&feeds, &[json!({ "principal": "alice", "reason": "fraud", "until": "2025-11-24T16:01:00Z" })]);
    let seen = gateway.serve(request);
    assert_eq!((seen.verdict.as_str(), seen.control), ("403 blocked", "block"));
    assert_eq!(detail(&seen), "the principal is blocked: fraud");
    assert_eq!(seen.principal.as_deref(), Some("alice"), "the record says who it was");
    let other = "GET /orders HTTP/1.1\nAuthorization: Bearer {token bob}\n";
    assert_eq!(gateway.serve(other).verdict, "allowed");
    gateway.now = NOW.plus(std::time::Duration::from_secs(60));
    assert_eq!(gateway.serve(request).verdict, "allowed");
    gateway.now = NOW;
    set(&feeds, &[]);
    assert_eq!(gateway.serve(request).verdict, "allowed");
}

#[test]
fn an_address_is_refused_before_its_credentials_are_looked_at_and_a_caller_after() {
    let feeds = unblocked();
    set(
        &feeds,
        &[
            json!({ "address": "192.0.2.1", "reason": "floods" }),
            json!({ "principal": "alice", "reason": "fraud" }),
        ],
    );
    let mut gateway = Gateway::with_feeds(PATHS, "", &feeds);
    let seen = gateway.serve("GET /orders HTTP/1.1\nAuthorization: Bearer garbage\n");
    assert_eq!(seen.verdict, "403 blocked");
    assert_eq!(seen.said, [("block", Some("blocked".to_owned()))]);
    gateway.client = "::ffff:192.0.2.1".parse().unwrap();
    assert_eq!(gateway.serve("GET /nothing HTTP/1.1\n").verdict, "403 blocked");
    gateway.client = "192.0.2.2".parse().unwrap();
    assert_eq!(gateway.serve("GET /nothing HTTP/1.1\n").verdict, "404 undeclared-operation");
    // A name that is not proven blocks nobody.
    let expired = "GET /orders HTTP/1.1\nAuthorization: Bearer {expired-token alice}\n";
    assert_eq!(gateway.serve(expired).verdict, "401 invalid-token");
    let seen = gateway.serve("GET /orders HTTP/1.1\nAuthorization: Bearer {token alice}\n");
    assert_eq!(seen.verdict, "403 blocked");
    assert!(seen.said.iter().all(|(id, _)| *id != "scope" && *id != "rate-limit"), "{:?}", seen.said);
}

#[test]
fn each_proven_name_of_a_caller_counts() {
    let of_issuer = |issuer: &str| json!({ "principal": "alice", "issuer": issuer, "reason": "r" });
    let both = token(&json!({ "client_id": "kiosk" }));
    let with_key = format!("GET /orders HTTP/1.1\nAuthorization: Bearer {both}\nX-Api-Key: {{key shop}}\n");
    let certified =
        format!("GET /orders HTTP/1.1\nAuthorization: Bearer {both}\nClient-Certificate: spiffe://a/b\n");
    let key = "GET /menu HTTP/1.1\nX-Api-Key: {key shop}\n";
    let service = "GET /menu HTTP/1.1\nClient-Certificate: spiffe://a/b\n";
    for (entry, request, expected) in [
        (of_issuer("https://issuer.example"), with_key.as_str(), "403 blocked"),
        (of_issuer("https://other.example"), &with_key, "allowed"),
        (json!({ "client": "kiosk", "reason": "r" }), &with_key, "403 blocked"),
        (json!({ "client": "alice", "reason": "r" }), &with_key, "allowed"),
        (json!({ "client": "shop", "reason": "r" }), key, "403 blocked"),
        (json!({ "principal": "shop", "reason": "r" }), key, "403 blocked"),
        (json!({ "client": "kiosk", "reason": "r" }), key, "allowed"),
        (json!({ "principal": "spiffe://a/b", "reason": "r" }), service, "403 blocked"),
        (json!({ "principal": "spiffe://a/b", "reason": "r" }), &certified, "403 blocked"),
        (json!({ "principal": "spiffe://a/c", "reason": "r" }), &certified, "allowed"),
        (json!({ "client": "kiosk", "reason": "r" }), "GET /menu HTTP/1.1\n", "allowed"),
    ] {
        let feeds = unblocked();
        set(&feeds, std::slice::from_ref(&entry));
        let seen = Gateway::with_feeds(PATHS, "", &feeds).serve(request);
        assert_eq!(seen.verdict, expected, "{entry}\n{request}");
    }
}

#[test]
fn the_caller_is_not_told_why() {
    let feeds = unblocked();
    let entry = json!({ "address": "192.0.2.1", "reason": "under investigation", "by": "ann" });
    set(&feeds, &[entry]);
    let denial = Gateway::with_feeds(PATHS, "", &feeds).serve("GET /menu HTTP/1.1\n").denial.unwrap();
    assert_eq!(denial.detail.as_str(), "the address is blocked by ann: under investigation");
    assert_eq!((denial.reason, denial.retry_after_secs), (Reason::Blocked, None));
    let (_, headers, body) = crate::respond::respond(&denial, "id");
    let told = format!("{headers:?} {}", String::from_utf8_lossy(&body));
    assert!(told.contains("blocked") && !told.contains("investigation") && !told.contains("ann"), "{told}");
    assert!(!told.contains("192.0.2.1"), "{told}");
}

#[test]
fn in_shadow_a_blocked_caller_is_only_on_record() {
    let feeds = unblocked();
    set(&feeds, &[json!({ "principal": "alice", "reason": "fraud" })]);
    let gateway = Gateway::with_feeds(PATHS, "block: shadow", &feeds);
    let seen = gateway.serve("GET /orders HTTP/1.1\nAuthorization: Bearer {token alice}\n");
    assert_eq!(seen.verdict, "allowed");
    assert_eq!(seen.said[0], ("block", Some("blocked".to_owned())));
}

#[test]
fn what_administrators_do_is_done_from_their_networks() {
    let paths = "
/admin:
  get:
    security: []
    x-palisade: { block: { networks: { allow: [10.0.0.0/8, '2001:db8::/32'], refuse: [10.66.0.0/16] } } }
    responses: {}
/menu: { get: { security: [], responses: {} } }
";
    let mut gateway = Gateway::with_feeds(paths, "", &unblocked());
    for (address, expected) in [
        ("10.0.0.1", "allowed"),
        ("::ffff:10.255.255.255", "allowed"),
        ("2001:db8:ffff::1", "allowed"),
        ("10.66.0.1", "403 blocked: a network that is refused"),
        ("11.0.0.1", "403 blocked: a network that is not let in"),
        ("2001:db9::1", "403 blocked: a network that is not let in"),
    ] {
        gateway.client = address.parse().unwrap();
        let seen = gateway.serve("GET /admin HTTP/1.1\n");
        let detail = if seen.denial.is_some() { format!(": {}", detail(&seen)) } else { String::new() };
        assert_eq!(format!("{}{detail}", seen.verdict), expected, "{address}");
        assert_eq!(gateway.serve("GET /menu HTTP/1.1\n").verdict, "allowed");
    }
    let problems = Gateway::problems(paths, "block: { networks: {} }");
    assert!(problems.iter().any(|problem| problem.message == "`networks` names none"), "{problems:?}");
}
