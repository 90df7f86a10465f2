//! The framing against messages that made real parsers, servers and proxies disagree.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeMap;
use std::path::Path;

use gateway::normalize::{self, TARGET_BYTES_MAX};
use gateway::wire::{Framing, WireLimits};
use http::{Method, Uri};
use serde_json::Value;

/// Plain requests that llhttp's strict mode takes and the gateway refuses, and why.
const STRICTER: &[(&str, &str)] = &[
    // `0.0.0.0=5000` is a registered name by RFC 3986 alone, and no host that anybody can look up.
    ("curl GET", "host-mismatch"),
    ("Firefox GET", "host-mismatch"),
    // A byte of Latin-1: some servers trim such bytes as spaces.
    ("255 ASCII in header value", "malformed-request"),
    // Protocols that are not HTTP.
    ("SOURCE request with ICE", "malformed-request"),
    ("ANNOUNCE request with RTSP", "malformed-request"),
    // Trailer fields come after every decision on the head; some servers merge them into it.
    ("Trailing headers", "ambiguous-framing"),
    // Chunk extensions mean nothing, and have hidden line ends.
    ("Chunk extensions quoting", "ambiguous-framing"),
    ("on_chunk_extension_name", "ambiguous-framing"),
    // A fragment (RFC 9112 3.2 has none in a target); their codings would be refused with 501.
    ("POST with `chunked` as last transfer-encoding", "malformed-request"),
    ("POST with `chunked` as last transfer-encoding (multiple headers)", "malformed-request"),
    ("Fragment in URI", "malformed-request"),
    // A quote is no character of a URI (RFC 3986 2).
    ("Quotes in URI", "malformed-request"),
    // User information in a target (RFC 9110 4.2.4).
    ("`host:port` and basic auth", "host-mismatch"),
];

/// What llhttp refuses and the framing lets pass: a method of RTSP is a token, which no contract declares.
const LEFT_TO_THE_CONTRACT: &[&str] = &["HTTP protocol and ANNOUNCE method"];

/// What came of a whole input: `clean`, `more` for a message that has not ended, or the reason of refusal.
fn outcome(input: &[u8]) -> &'static str {
    let mut framing = Framing::new(WireLimits::default());
    let whole = framing.advance(input);
    let mut bytewise = Framing::new(WireLimits::default());
    let mut released = 0;
    for end in 0..=input.len() {
        released += bytewise.advance(&input[released..end.max(released)]).released;
    }
    assert_eq!(released, whole.released, "{:?}", String::from_utf8_lossy(input));
    match whole.fault {
        Some(fault) => fault.reason.as_str(),
        None if whole.released == input.len() && framing.is_between_messages() => "clean",
        None => "more",
    }
}

fn cases(file: &str) -> Option<Vec<Value>> {
    let path = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/corpus/http")).join(file);
    let Ok(text) = std::fs::read(&path) else {
        println!("skipped: no corpus `{file}`");
        return None;
    };
    Some(serde_json::from_slice(&text).unwrap())
}

#[test]
fn llhttp_what_is_an_error_is_never_taken_and_the_rest_is_or_has_a_reason() {
    let Some(cases) = cases("llhttp_cases.json") else { return };
    let mut counts = BTreeMap::new();
    let mut stricter = Vec::new();
    for case in &cases {
        let kind = case["meta"]["type"].as_str().unwrap_or_default();
        let name = case["name"].as_str().unwrap();
        if !kind.starts_with("request") {
            continue;
        }
        let outcome = outcome(&message(case["http"].as_str().unwrap()));
        let is_taken = outcome == "clean" || outcome == "more";
        let said = match (kind, case["error"].as_bool().unwrap()) {
            ("request" | "request-finish", false) if is_taken => "taken",
            ("request" | "request-finish", false) => {
                stricter.push((name, outcome));
                "stricter"
            }
            // A lenient mode takes it: nothing that a strict parser should.
            (_, false) => {
                assert!(!is_taken, "{name}: {outcome}");
                "lenient, refused"
            }
            (_, true) if LEFT_TO_THE_CONTRACT.contains(&name) => "left to the contract",
            // The input stops before the end of the line that is wrong; nothing of it is released.
            (_, true) if outcome == "more" => "error, held back",
            (_, true) => {
                assert!(!is_taken, "{name}: {outcome}");
                "error, refused"
            }
        };
        *counts.entry(said).or_insert(0) += 1;
    }
    stricter.sort_unstable();
    let mut expected = STRICTER.to_vec();
    expected.sort_unstable();
    assert_eq!(stricter, expected);
    let expected = [
        ("error, held back", 2),
        ("error, refused", 49),
        ("left to the contract", 1),
        ("lenient, refused", 13),
        ("stricter", 13),
        ("taken", 41),
    ];
    assert_eq!(counts, BTreeMap::from(expected));
}

#[test]
fn garden_nothing_that_servers_disagree_on_is_taken() {
    let Some(cases) = cases("garden_trophies.json") else { return };
    let mut reasons = BTreeMap::new();
    for case in &cases {
        let hex = case["hex"].as_str().unwrap().as_bytes();
        let octets = hex.chunks(2).map(|pair| std::str::from_utf8(pair).unwrap());
        let bytes: Vec<u8> = octets.map(|octet| u8::from_str_radix(octet, 16).unwrap()).collect();
        *reasons.entry(outcome(&bytes)).or_insert(0) += 1;
    }
    let expected = [
        ("ambiguous-framing", 16),
        ("host-mismatch", 2),
        ("malformed-request", 17),
        ("unsupported-transfer-coding", 1),
        ("unsupported-version", 1),
    ];
    assert_eq!(reasons, BTreeMap::from(expected));
}

/// The bytes of one case: lines end with CRLF, escapes stand for what cannot be written, and a `Host` is added where
/// there is none, so that its absence is not all that is refused.
fn message(text: &str) -> Vec<u8> {
    let text = text.strip_suffix('\n').unwrap_or(text).replace("\\\n", "").replace('\n', "\r\n");
    let text = text.replace("\\r", "\r").replace("\\n", "\n").replace("\\t", "\t").replace("\\f", "\u{c}");
    let has_host = text.to_ascii_lowercase().contains("\nhost:");
    let text = if has_host { text } else { text.replace(" HTTP/1.1\r\n", " HTTP/1.1\r\nHost: a\r\n") };
    let mut bytes = Vec::new();
    let mut rest = text.as_str();
    while let Some(at) = rest.find("\\x") {
        let digits: String =
            rest.split_at(at + 2).1.chars().take_while(char::is_ascii_hexdigit).take(2).collect();
        bytes.extend_from_slice(rest.split_at(at).0.as_bytes());
        bytes.push(u8::from_str_radix(&digits, 16).unwrap());
        rest = rest.split_at(at + 2 + digits.len()).1;
    }
    bytes.extend_from_slice(rest.as_bytes());
    bytes
}

/// The inputs that the fuzz targets start from, and those that once broke them.
fn seeds(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/seeds")).join(target);
    let files = std::fs::read_dir(folder).unwrap();
    files.map(|file| std::fs::read(file.unwrap().path()).unwrap()).collect()
}

#[test]
fn seeds_of_the_framing_do_not_depend_on_how_they_are_cut() {
    let mut counts = BTreeMap::new();
    for seed in seeds("wire") {
        // The first byte is for the fuzz target's cuts.
        let (_, input) = seed.split_first().unwrap();
        *counts.entry(outcome(input)).or_insert(0) += 1;
    }
    assert!(counts.len() >= 3, "{counts:?}");
}

#[test]
fn seeds_of_the_normaliser_have_one_spelling() {
    let mut normal = 0;
    for seed in seeds("normalize") {
        let Ok(uri) = Uri::try_from(&seed[..]) else { continue };
        let Ok(once) = normalize::target(&Method::GET, &uri, TARGET_BYTES_MAX) else { continue };
        let path = once.path.parse::<Uri>().unwrap();
        assert_eq!(normalize::target(&Method::GET, &path, TARGET_BYTES_MAX).unwrap().path, once.path);
        normal += 1;
    }
    assert!(normal >= 2);
}
