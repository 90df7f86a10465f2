//! Limits by address, caller and requests in flight.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use super::gateway::{Gateway, NOW, check, feeds};
use crate::feeds::Feeds;
use crate::geography::AutonomousSystems;
use crate::geography::tests::systems;

const PATHS: &str = "
/orders:
  get: { security: [{}, { token: [] }, { key: [] }], responses: { '200': { description: ok } } }
/items:
  get: { security: [{}, { token: [] }], responses: { '200': { description: ok } } }
";

const ORDERS: &str = "GET /orders HTTP/1.1\n";
const ITEMS: &str = "GET /items HTTP/1.1\n";

fn by(name: &str) -> String {
    format!("GET /orders HTTP/1.1\nAuthorization: Bearer {{token {name}}}\n")
}

#[test]
fn an_address_gets_its_burst_and_then_its_rate() {
    let mut gateway = Gateway::new(PATHS, "ip-limit: { rate: 1/s, burst: 2 }");
    assert!(gateway.serve(ORDERS).is_allowed());
    assert!(gateway.serve(ITEMS).is_allowed(), "all operations share it");
    let refused = gateway.serve(ORDERS);
    assert_eq!(refused.verdict, "429 ip-limited");
    assert_eq!(refused.denial.unwrap().retry_after_secs, Some(1));
    assert_eq!(gateway.serve("GET /nowhere HTTP/1.1\n").verdict, "429 ip-limited", "probing counts as well");
    gateway.now = NOW.plus(Duration::from_secs(1));
    assert!(gateway.serve(ORDERS).is_allowed());
    assert!(!gateway.serve(ORDERS).is_allowed());
}

#[test]
fn ipv6_is_counted_by_64_bits_and_mapped_ipv4_as_ipv4() {
    let mut gateway = Gateway::new(PATHS, "ip-limit: { rate: 1/s, burst: 1 }");
    let mut from = |address: &str| {
        gateway.client = address.parse::<IpAddr>().unwrap();
        gateway.serve(ORDERS).verdict
    };
    assert_eq!(from("2001:db8::1"), "allowed");
    assert_eq!(from("2001:db8::ffff:0:0:2"), "429 ip-limited");
    assert_eq!(from("2001:db8:0:1::1"), "allowed");
    assert_eq!(from("198.51.100.7"), "allowed");
    assert_eq!(from("::ffff:198.51.100.7"), "429 ip-limited");
    assert_eq!(from("198.51.100.8"), "allowed");
}

#[test]
fn nothing_is_limited_unless_configured_and_that_is_said() {
    let gateway = Gateway::new(PATHS, "");
    assert!(gateway.gaps().contains("nothing limits what one address may send"));
    assert!(gateway.gaps().contains("nothing limits how often one caller may call"));
    let seen = gateway.serve(ORDERS);
    assert!(seen.said.iter().all(|(id, _)| !["ip-limit", "rate-limit", "concurrency"].contains(id)));
    assert!(seen.header("ratelimit").is_none());
}

#[test]
fn limits_that_cannot_work_are_errors() {
    for settings in [
        "ip-limit: {}",
        "ip-limit: { rate: 1/d, burst: 40 }",
        "ip-limit: { rate: 1/s, burst: 0 }",
        "rate-limit: {}",
        "rate-limit: { limits: [{ rate: 5/s, burst: 2, cost: 3 }] }",
        "rate-limit: { limits: [{ rate: 5/s, cost: 0 }] }",
        "rate-limit: { limits: [{ rate: 5/s, name: 'two words' }] }",
        "rate-limit: { limits: [{ rate: 5/s, key: [ipp] }] }",
        "concurrency: {}",
        "concurrency: { requests-max: 0 }",
    ] {
        let problems = Gateway::problems(PATHS, settings);
        assert!(
            problems.iter().any(|problem| problem.severity == model::Severity::Error),
            "{settings}: {problems:?}"
        );
    }
}

#[test]
fn a_caller_s_limit_follows_the_caller_and_not_the_address() {
    let mut gateway = Gateway::new(PATHS, "rate-limit: { limits: [{ rate: 60/min, burst: 1 }] }");
    assert!(gateway.serve(&by("alice")).is_allowed());
    gateway.client = "203.0.113.9".parse().unwrap();
    assert_eq!(gateway.serve(&by("alice")).verdict, "429 rate-limited");
    assert!(gateway.serve(&by("bob")).is_allowed());
    assert!(gateway.serve(ORDERS).is_allowed(), "nobody counts by address");
    assert_eq!(gateway.serve(ORDERS).verdict, "429 rate-limited");
    assert!(gateway.serve("GET /orders HTTP/1.1\nX-Api-Key: {key shop}\n").is_allowed());
    assert_eq!(gateway.serve("GET /orders HTTP/1.1\nX-Api-Key: {key shop}\n").verdict, "429 rate-limited");
    assert!(gateway.serve("GET /orders HTTP/1.1\nX-Api-Key: {key kiosk}\n").is_allowed());
}

#[test]
fn a_limit_of_an_api_is_shared_unless_the_operation_is_in_its_key() {
    let shared = Gateway::new(PATHS, "rate-limit: { limits: [{ key: [ip], rate: 60/min, burst: 1 }] }");
    assert!(shared.serve(ORDERS).is_allowed());
    assert_eq!(shared.serve(ITEMS).verdict, "429 rate-limited");
    let apart =
        Gateway::new(PATHS, "rate-limit: { limits: [{ key: [ip, operation], rate: 60/min, burst: 1 }] }");
    assert!(apart.serve(ORDERS).is_allowed());
    assert!(apart.serve(ITEMS).is_allowed());
    assert_eq!(apart.serve(ITEMS).verdict, "429 rate-limited");
}

#[test]
fn a_limit_of_an_operation_counts_that_operation_and_names_can_join_two() {
    let paths = |first: &str, second: &str| {
        format!(
            "
/orders:
  get: {{ security: [], x-palisade: {{ rate-limit: {first} }}, responses: {{}} }}
/items:
  get: {{ security: [], x-palisade: {{ rate-limit: {second} }}, responses: {{}} }}
"
        )
    };
    let limit = "{ limits: [{ key: [ip], rate: 60/min, burst: 1 }] }";
    let apart = Gateway::new(&paths(limit, limit), "");
    assert!(apart.serve(ORDERS).is_allowed());
    assert!(apart.serve(ITEMS).is_allowed());
    assert!(!apart.serve(ITEMS).is_allowed());
    let named = "{ limits: [{ key: [ip], rate: 60/min, burst: 1, name: reads }] }";
    let joined = Gateway::new(&paths(named, named), "");
    assert!(joined.serve(ORDERS).is_allowed());
    assert_eq!(joined.serve(ITEMS).verdict, "429 rate-limited");
}

#[test]
fn claims_and_combinations_make_keys() {
    let gateway =
        Gateway::new(PATHS, "rate-limit: { limits: [{ key: ['claim:tenant'], rate: 60/min, burst: 1 }] }");
    assert!(gateway.serve(&by("alice")).is_allowed());
    assert!(!gateway.serve(&by("alice")).is_allowed());
    assert!(gateway.serve(&by("bob")).is_allowed());
    let absent =
        Gateway::new(PATHS, "rate-limit: { limits: [{ key: ['claim:nothing'], rate: 60/min, burst: 1 }] }");
    assert!(absent.serve(&by("alice")).is_allowed());
    assert!(!absent.serve(&by("bob")).is_allowed(), "without the claim the address counts");
}

#[test]
fn every_key_alone_and_in_combination_tells_apart_what_it_names() {
    let key = "X-Api-Key: {key shop}\n";
    let other_key = "X-Api-Key: {key kiosk}\n";
    let token = |name: &str| format!("Authorization: Bearer {{token {name}}}\n");
    let orders = |fields: &str| format!("{ORDERS}{fields}");
    // What shares the bucket of the first request, and what has one of its own.
    for (keys, first, same, other) in [
        ("[ip]", orders(key), orders(other_key), None),
        ("[client]", orders(key), orders(key), Some(orders(other_key))),
        ("[principal]", orders(&token("alice")), orders(&token("alice")), Some(orders(&token("bob")))),
        ("[operation]", orders(&token("alice")), orders(&token("bob")), Some(ITEMS.to_owned())),
        ("['claim:tenant']", orders(&token("alice")), orders(&token("alice")), Some(orders(&token("bob")))),
        (
            "[principal, operation]",
            orders(&token("alice")),
            orders(&token("alice")),
            Some(format!("{ITEMS}{}", token("alice"))),
        ),
        (
            "[ip, 'claim:tenant']",
            orders(&token("alice")),
            orders(&token("alice")),
            Some(orders(&token("bob"))),
        ),
        ("[]", orders(&token("alice")), ITEMS.to_owned(), None),
    ] {
        let settings = format!("rate-limit: {{ limits: [{{ key: {keys}, rate: 60/min, burst: 1 }}] }}");
        let gateway = Gateway::new(PATHS, &settings);
        assert!(gateway.serve(&first).is_allowed(), "{keys}");
        assert_eq!(gateway.serve(&same).verdict, "429 rate-limited", "{keys}");
        if let Some(other) = other {
            assert!(gateway.serve(&other).is_allowed(), "{keys}");
        }
    }
    let mut gateway = Gateway::new(PATHS, "rate-limit: { limits: [{ key: [ip], rate: 60/min, burst: 1 }] }");
    assert!(gateway.serve(ORDERS).is_allowed());
    gateway.client = "203.0.113.9".parse::<IpAddr>().unwrap();
    assert!(gateway.serve(ORDERS).is_allowed(), "another address");
}

#[test]
fn every_answer_tells_the_tightest_limit() {
    let settings = "
rate-limit:
  limits:
  - { key: [ip], rate: 100/min, name: slow }
  - { key: [ip], rate: 10/s, burst: 4, cost: 2, name: quick }
";
    let gateway = Gateway::new(PATHS, settings);
    let first = gateway.serve(ORDERS);
    assert_eq!(first.header("ratelimit-policy"), Some(r#""slow";q=100;w=60, "quick";q=2;w=1"#));
    assert_eq!(first.header("ratelimit"), Some(r#""quick";r=1;t=1"#));
    assert_eq!(gateway.serve(ORDERS).header("ratelimit"), Some(r#""quick";r=0;t=1"#));
    let refused = gateway.serve(ORDERS);
    assert_eq!(refused.verdict, "429 rate-limited");
    assert_eq!(refused.header("ratelimit"), Some(r#""quick";r=0;t=1"#));
    let denial = refused.denial.unwrap();
    assert_eq!((denial.retry_after_secs, denial.detail.as_str()), (Some(1), "limit `quick`"));
    assert!(refused.headers.keys().all(|name| !name.as_str().starts_with("x-ratelimit")));
}

#[test]
fn default_names_tell_limits_apart() {
    let settings =
        "rate-limit: { limits: [{ rate: 9/s }, { rate: 99/min }, { key: [ip, operation], rate: 8/s }] }";
    let seen = Gateway::new(PATHS, settings).serve(ORDERS);
    let policy = seen.header("ratelimit-policy").unwrap();
    assert_eq!(policy, r#""principal";q=9;w=1, "principal-2";q=99;w=60, "ip-operation";q=8;w=1"#);
}

#[test]
fn only_so_many_requests_are_in_flight_by_operation_and_caller() {
    let settings = "concurrency: { requests-max: 2 }";
    let gateway = Gateway::new(PATHS, settings);
    let three = [ORDERS, ORDERS, ORDERS].join("###\n");
    let refused = gateway.serve(&three);
    assert_eq!(refused.verdict, "503 concurrency-limited");
    assert_eq!(refused.denial.unwrap().retry_after_secs, Some(1));
    assert!(gateway.serve(ORDERS).is_allowed(), "places come back");
    check(PATHS, settings, &[ORDERS, ORDERS, ITEMS].join("###\n"), "allowed");
    let by_caller = "concurrency: { requests-max: 1, key: [principal] }";
    check(PATHS, by_caller, &[by("alice"), by("bob")].join("###\n"), "allowed");
    check(PATHS, by_caller, &[by("alice"), by("alice")].join("###\n"), "503 concurrency-limited");
}

const LOGIN: &str = "
/login:
  post:
    security: []
    requestBody:
      content:
        application/json: { schema: { type: object, properties: { user: { type: string } } } }
        application/x-www-form-urlencoded: { schema: { type: object, properties: { user: { type: string } } } }
    x-palisade: { rate-limit: { limits: [LIMIT] } }
    responses: {}
/orders/{id}:
  get:
    parameters:
      - { name: id, in: path, required: true, schema: { type: string } }
      - { name: also, in: query, schema: { type: array, items: { type: string } } }
    security: [{ token: [] }]
    x-palisade: { rate-limit: { limits: [ORDERS] } }
    responses: {}
";

fn login(limit: &str) -> Gateway {
    Gateway::new(&LOGIN.replace("LIMIT", limit).replace("ORDERS", "{ rate: 1000/s }"), "")
}

fn orders(limit: &str) -> Gateway {
    Gateway::new(&LOGIN.replace("LIMIT", "{ rate: 1000/s }").replace("ORDERS", limit), "")
}

#[test]
fn an_account_is_tried_no_more_often_from_many_addresses_than_from_one() {
    let mut gateway = login("{ value: { body: /user }, rate: 1/min, burst: 2 }");
    let mut at = |host: u8, body: &str| {
        gateway.client = IpAddr::from([203, 0, 113, host]);
        gateway.serve(&format!("POST /login HTTP/1.1\nContent-Type: application/json\n\n{body}")).verdict
    };
    assert_eq!(at(1, r#"{"user":"alice"}"#), "allowed");
    assert_eq!(at(2, r#"{"user":" ALICE "}"#), "allowed");
    assert_eq!(at(3, r#"{"user":"alice"}"#), "429 rate-limited");
    assert_eq!(at(3, r#"{"user":"bob"}"#), "allowed", "another account is another bucket");
    for _ in 0..2 {
        assert_eq!(at(4, "{}"), "allowed");
    }
    assert_eq!(at(4, "{}"), "429 rate-limited", "who names nobody counts by address");
    assert_eq!(at(5, "{}"), "allowed");
}

#[test]
fn a_form_names_an_account_as_json_does() {
    let gateway = login("{ value: { body: /user }, rate: 1/min, burst: 1 }");
    let form = |body: &str| {
        let head = "POST /login HTTP/1.1\nContent-Type: application/x-www-form-urlencoded";
        gateway.serve(&format!("{head}\n\n{body}")).verdict
    };
    let json = "POST /login HTTP/1.1\nContent-Type: application/json\n\n{\"user\":\"a b\"}";
    assert_eq!(form("user=a+b&other=1"), "allowed");
    assert_eq!(gateway.serve(json).verdict, "429 rate-limited");
    assert_eq!(form("user=c&user=a%20b"), "429 rate-limited", "each value counts");
}

#[test]
fn an_object_is_read_again_for_nothing_and_different_ones_use_the_limit_up() {
    let mut gateway = orders("{ distinct: { path: id }, rate: 1/min, burst: 2 }");
    let mut read = |id: &str, name: &str, secs: u64| {
        gateway.now = NOW.plus(Duration::from_secs(secs));
        let seen = gateway.serve(&by(name).replace("/orders", &format!("/orders/{id}")));
        (seen.verdict.clone(), seen.header("ratelimit").unwrap_or_default().to_owned())
    };
    let left =
        |count: u8, secs: u16| ("allowed".to_owned(), format!("\"principal-distinct\";r={count};t={secs}"));
    assert_eq!(read("1", "alice", 0), left(1, 60));
    for _ in 0..10 {
        assert_eq!(read("1", "alice", 0), left(1, 60));
    }
    assert_eq!(read("2", "alice", 0), left(0, 60));
    assert_eq!(read("3", "alice", 0).0, "429 rate-limited");
    assert_eq!(read("3", "alice", 0).0, "429 rate-limited", "what was refused was not seen");
    assert_eq!(read("1", "alice", 0).0, "allowed");
    assert_eq!(read("3", "bob", 0).0, "allowed", "each caller has a limit of its own");
    assert_eq!(read("3", "alice", 61).0, "allowed");
    assert_eq!(read("1", "alice", 121).0, "allowed", "once the limit is back it is new again");
    assert_eq!(read("2", "alice", 121).0, "429 rate-limited");
}

#[test]
fn several_values_count_each_and_a_request_names_no_more_than_a_hundred() {
    let gateway = orders("{ distinct: { query: also }, rate: 100/h, burst: 3 }");
    let read = |ids: std::ops::Range<u32>| {
        let query: Vec<String> = ids.map(|id| format!("also={id}")).collect();
        gateway.serve(&by("alice").replace("/orders", &format!("/orders/1?{}", query.join("&")))).verdict
    };
    assert_eq!(read(0..3), "allowed");
    assert_eq!(read(0..3), "allowed");
    assert_eq!(read(2..4), "429 rate-limited");
    assert_eq!(read(0..101), "429 rate-limited");
}

#[test]
fn a_place_that_the_operation_does_not_have_is_an_error() {
    for (limit, expected) in [
        ("{ rate: 1/s, value: { body: /mail } }", "the body declares no member `mail`"),
        ("{ rate: 1/s, distinct: { path: id } }", "the path has no parameter `id`"),
        ("{ rate: 1/s, value: {} }", "a place is one of"),
        ("{ rate: 1/s, value: { body: /user }, distinct: { body: /user } }", "one of `value` and `distinct`"),
    ] {
        let paths = LOGIN.replace("LIMIT", limit).replace("ORDERS", "{ rate: 1/s }");
        let problems = Gateway::problems(&paths, "");
        assert!(problems.iter().any(|problem| problem.message.contains(expected)), "{limit}: {problems:?}");
    }
}

#[test]
fn a_network_is_24_bits_of_ipv4_and_48_of_ipv6() {
    let mut gateway =
        Gateway::new(PATHS, "rate-limit: { limits: [{ key: [network], rate: 1/s, burst: 1 }] }");
    let mut from = |address: &str| {
        gateway.client = address.parse::<IpAddr>().unwrap();
        gateway.serve(ORDERS).verdict
    };
    assert_eq!(from("198.51.100.7"), "allowed");
    assert_eq!(from("::ffff:198.51.100.8"), "429 rate-limited");
    assert_eq!(from("198.51.101.7"), "allowed");
    assert_eq!(from("2001:db8:1:2::1"), "allowed");
    assert_eq!(from("2001:db8:1:3::1"), "429 rate-limited");
    assert_eq!(from("2001:db8:2:2::1"), "allowed");
}

#[test]
fn a_hoster_is_all_of_its_networks() {
    let networks = systems(&[("198.51.100.0/24", 64496), ("203.0.113.0/24", 64496), ("192.0.2.0/24", 64497)]);
    let feeds = Feeds { systems: Some(Arc::new(AutonomousSystems::new(networks).unwrap())), ..feeds() };
    let settings = "rate-limit: { limits: [{ key: [asn], rate: 1/s, burst: 1 }] }";
    let mut gateway = Gateway::with_feeds(PATHS, settings, &feeds);
    let mut from = |address: &str| {
        gateway.client = address.parse::<IpAddr>().unwrap();
        gateway.serve(ORDERS).verdict
    };
    assert_eq!(from("198.51.100.7"), "allowed");
    assert_eq!(from("203.0.113.9"), "429 rate-limited");
    assert_eq!(from("192.0.2.1"), "allowed");
    // Of none that is known: its network counts.
    assert_eq!(from("2001:db8:1:2::1"), "allowed");
    assert_eq!(from("2001:db8:1:3::1"), "429 rate-limited");
    assert_eq!(from("2001:db8:2:2::1"), "allowed");
}

#[test]
fn nothing_is_counted_by_systems_that_no_database_knows() {
    for settings in [
        "rate-limit: { limits: [{ key: [ip, asn], rate: 1/s }] }",
        "concurrency: { requests-max: 1, key: [asn] }",
        "flow: { flows: { order: { steps: [GET /orders], budget: { asn: 1/h } } } }",
    ] {
        let problems = Gateway::problems(PATHS, settings);
        let expected = "no database says which autonomous system an address belongs to";
        assert!(problems.iter().any(|problem| problem.message == expected), "{settings}: {problems:?}");
    }
}
