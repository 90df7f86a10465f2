//! From which countries callers are let in.

use std::sync::Arc;

use serde_json::json;

use super::gateway::{Gateway, NOW, feeds};
use crate::blocks::{Block, BlockFeed, Blocks};
use crate::feeds::Feeds;

const PATHS: &str = "
/menu:
  get: { security: [], responses: { '200': { description: ok } } }
/votes:
  get: { x-palisade: { block: { countries: { allow: [AT] } } }, security: [], responses: { '200': { description: ok } } }
";

/// Of Germany, of Austria, of North Korea, which is blocked, and of none.
const ADDRESSES: [&str; 4] = ["192.0.2.9", "198.51.100.1", "198.51.100.200", "2001:db8::1"];

/// Why each of them is refused, if it is.
fn said(gateway: &Gateway, path: &str) -> [String; 4] {
    ADDRESSES.map(|address| {
        let seen = gateway.serve(&format!("GET {path} HTTP/1.1\nClient-Address: {address}\n"));
        seen.denial.map(|denial| denial.detail.as_str().to_owned()).unwrap_or_default()
    })
}

const BLOCKED: &str = "the country is blocked: sanctions";
const UNKNOWN: &str = "no country is known of the address";
const OUTSIDE: &str = "a country that is not let in";
const REFUSED: &str = "a country that is refused";

#[test]
fn countries_are_let_in_as_configured() {
    for (settings, expected) in [
        ("", ["", "", BLOCKED, ""]),
        ("block: { countries: { allow: [DE] } }", ["", OUTSIDE, BLOCKED, UNKNOWN]),
        ("block: { countries: { allow: [DE, KP], unknown: allow } }", ["", OUTSIDE, BLOCKED, ""]),
        ("block: { countries: { refuse: [AT] } }", ["", REFUSED, BLOCKED, ""]),
        ("block: { countries: { refuse: [AT], unknown: refuse } }", ["", REFUSED, BLOCKED, UNKNOWN]),
        ("block: { countries: { unknown: refuse } }", ["", "", BLOCKED, UNKNOWN]),
    ] {
        assert_eq!(said(&Gateway::new(PATHS, settings), "/menu"), expected, "{settings}");
    }
    assert_eq!(said(&Gateway::new(PATHS, ""), "/votes"), [OUTSIDE, "", BLOCKED, UNKNOWN]);
}

#[test]
fn a_country_is_blocked_from_the_next_request_on_until_its_time() {
    let feeds = feeds();
    let mut gateway = Gateway::with_feeds(PATHS, "", &feeds);
    let until = "2025-11-24T16:01:00Z";
    let block: Block =
        serde_json::from_value(json!({ "country": "DE", "reason": "floods", "until": until })).unwrap();
    feeds.blocks.live.store(Arc::new(Blocks::new([block], NOW)));
    assert_eq!(said(&gateway, "/menu"), ["the country is blocked: floods", "", BLOCKED, ""]);
    gateway.now = NOW.plus(std::time::Duration::from_secs(60));
    assert_eq!(said(&gateway, "/menu"), ["", "", BLOCKED, ""]);
}

#[test]
fn without_a_database_nobody_gets_past_a_block_of_a_country() {
    let feeds = feeds();
    let feeds = Feeds { blocks: BlockFeed { geography: None, ..feeds.blocks.clone() }, ..feeds };
    // The settings of `/votes` cannot be judged, and are a problem.
    let paths = PATHS.replace("x-palisade", "x-other");
    let expected = "a country is blocked, and no database says of which one the address is";
    assert_eq!(said(&Gateway::with_feeds(&paths, "", &feeds), "/menu"), [expected; 4]);
}

#[test]
fn settings_that_cannot_work_are_problems_with_a_place() {
    for (settings, expected) in [
        ("{ countries: {} }", "`countries` names none"),
        ("{ countries: { allow: [DE], refuse: [AT] } }", "`countries` takes one of `allow` and `refuse`"),
        ("{ countries: { allow: [Germany] } }", "the two capital letters of a country"),
        ("{ countries: { deny: [DE] } }", "deny"),
    ] {
        let problems = Gateway::problems(PATHS, &format!("block: {settings}"));
        let problem = problems.iter().find(|problem| format!("{problem}").contains(expected));
        assert!(problem.is_some_and(|problem| problem.position.is_some()), "{settings}: {problems:?}");
    }
}
