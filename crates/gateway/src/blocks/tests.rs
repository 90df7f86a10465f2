//! What blocks count, against a list that is searched from one end to the other.

use proptest::prelude::*;

use super::*;

const NOW: Timestamp = Timestamp::from_secs(1000);

fn block(text: &str) -> Block {
    serde_json::from_str(text).unwrap()
}

fn table(entries: &[&str]) -> Blocks {
    Blocks::new(entries.iter().map(|entry| block(entry)), NOW)
}

fn reason(block: Option<&Block>) -> Option<&str> {
    block.map(|block| block.reason.as_str())
}

#[test]
fn a_principal_is_blocked_by_its_id_and_where_wanted_its_issuer() {
    let blocks = table(&[
        r#"{ "principal": "mallory", "reason": "any" }"#,
        r#"{ "principal": "eve", "issuer": "https://a.example", "reason": "one" }"#,
    ]);
    let check = |id: &str, issuer: Option<&str>, expected: Option<&str>| {
        assert_eq!(reason(blocks.of_principal(id, issuer, NOW)), expected, "{id} {issuer:?}");
    };
    check("mallory", None, Some("any"));
    check("mallory", Some("https://b.example"), Some("any"));
    check("Mallory", None, None);
    check("eve", Some("https://a.example"), Some("one"));
    check("eve", Some("https://b.example"), None);
    check("eve", None, None);
    assert_eq!(blocks.of_client("mallory", NOW), None);
}

#[test]
fn a_block_counts_until_its_time_and_the_next_of_the_same_name_after_it() {
    let entries = [
        r#"{ "client": "shop", "reason": "first", "until": "1970-01-01T00:20:00Z" }"#,
        r#"{ "client": "shop", "reason": "second", "until": "1970-01-01T00:25:00Z" }"#,
        r#"{ "address": "192.0.2.7", "reason": "over", "until": "1970-01-01T00:16:40Z" }"#,
    ];
    let blocks = table(&entries);
    let of_shop = |secs| reason(blocks.of_client("shop", Timestamp::from_secs(secs)));
    assert_eq!(
        [1000, 1199, 1200, 1499, 1500].map(of_shop),
        [Some("first"), Some("first"), Some("second"), Some("second"), None]
    );
    assert_eq!(blocks.all().len(), 2, "what is over is left out");
    assert_eq!(blocks.of_address("192.0.2.7".parse().unwrap(), NOW), None);
    assert_eq!(blocks.of_principal("shop", None, NOW), None);
}

#[test]
fn an_entry_that_is_in_doubt_is_an_error() {
    let long = format!(r#"{{ "client": "{}", "reason": "r" }}"#, "a".repeat(513));
    for (entry, expected) in [
        (r#"{ "reason": "r" }"#, "expected one of"),
        (r#"{ "client": "a", "principal": "a", "reason": "r" }"#, "expected one of"),
        (r#"{ "client": "a", "issuer": "i", "reason": "r" }"#, "`issuer` beside a `principal`"),
        (r#"{ "address": "192.0.2.7", "issuer": "i", "reason": "r" }"#, "`issuer` beside a `principal`"),
        (r#"{ "client": "a" }"#, "reason"),
        (r#"{ "client": "a", "reason": "" }"#, "a `reason` of 1 to 256"),
        (r#"{ "client": "a", "reason": "a\nb" }"#, "a `reason` of 1 to 256"),
        (r#"{ "client": "", "reason": "r" }"#, "expected names"),
        (&long, "expected names"),
        (r#"{ "client": "a", "reason": "r", "by": "\u0007" }"#, "expected a `by`"),
        (r#"{ "address": "192.0.2.7/24", "reason": "r" }"#, "no bits set after its prefix"),
        (r#"{ "client": "a", "reason": "r", "until": "tomorrow" }"#, "as year"),
        (r#"{ "client": "a", "reason": "r", "for": "1h" }"#, "unknown field `for`"),
    ] {
        let error = serde_json::from_str::<Block>(entry).unwrap_err().to_string();
        assert!(error.contains(expected), "{entry}: {error}");
    }
}

#[test]
fn a_block_is_written_as_it_is_read() {
    for entry in [
        r#"{"principal":"a","issuer":"i","reason":"r","until":"2030-01-01T00:00:00.000000Z","by":"b"}"#,
        r#"{"client":"a","reason":"r"}"#,
        r#"{"address":"192.0.2.0/24","reason":"r"}"#,
    ] {
        assert_eq!(serde_json::to_string(&block(entry)).unwrap(), entry);
    }
    let said = block(r#"{"client":"secret-name","reason":"leaked key","by":"ann"}"#).to_string();
    assert_eq!(said, "the client is blocked by ann: leaked key");
}

fn address() -> impl Strategy<Value = IpAddr> {
    // Few enough bits differ that networks are hit.
    prop_oneof![
        (0_u32..8, 0_u32..4).prop_map(|(high, low)| IpAddr::from((high << 29 | low).to_be_bytes())),
        (0_u128..8, 0_u128..4).prop_map(|(high, low)| IpAddr::from((high << 125 | low).to_be_bytes())),
        (0_u32..8).prop_map(|high| IpAddr::V6(std::net::Ipv4Addr::from_bits(high << 29).to_ipv6_mapped())),
    ]
}

proptest! {
    #[test]
    fn an_address_is_blocked_where_some_network_contains_it(
        networks in prop::collection::vec((address(), 0_u8..=128), 0..8),
        asked in address(),
    ) {
        let networks: Vec<Network> =
            networks.into_iter().filter_map(|(address, bits)| Network::around(address.to_canonical(), bits)).collect();
        let blocks = networks.iter().map(|&address| Block {
            what: Blocked::Network { address },
            reason: "r".to_owned(),
            until: None,
            by: None,
        });
        let is_blocked = Blocks::new(blocks, NOW).of_address(asked, NOW).is_some();
        prop_assert_eq!(is_blocked, networks.iter().any(|network| network.contains(asked)));
    }
}
