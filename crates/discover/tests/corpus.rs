//! Real lines of many products: the share that is read right, pinned by product. Skipped with a word where they are absent.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

use discover::logs::{ALL, Entry, Formats, LineReader};
use discover::{Line, unwrap};
use serde_json::Value;

const LOGS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/corpus/logs");

/// Products whose lines tell of requests, how many lines there are, and how many of them are read right. Those that are not
/// have patterns of their own, or come without the line that names their columns.
const EXPECTED: &[(&str, usize, usize)] = &[
    ("crowdsec/cpanel-logs", 3, 3),
    ("crowdsec/envoy-logs", 10, 10),
    ("crowdsec/fastly-logs", 4, 4),
    ("crowdsec/haproxy-logs", 3, 3),
    ("crowdsec/nginx-logs", 93, 93),
    ("crowdsec/nginx-proxy-manager-logs", 24, 24),
    ("crowdsec/traefik-logs", 13, 13),
    ("crowdsec/zoraxy-logs", 13, 13),
    ("fail2ban/apache-badbots", 4, 4),
    ("fail2ban/apache-fakegooglebot", 3, 1),
    ("fail2ban/nginx-bad-request", 8, 8),
    ("fail2ban/nginx-botsearch", 8, 8),
    ("fail2ban/php-url-fopen", 1, 1),
    ("fail2ban/traefik-auth", 6, 6),
    ("matomo/caddy_json", 3, 3),
    ("matomo/common", 1, 1),
    ("matomo/common_encoding_big5", 1, 1),
    ("matomo/common_vhost", 1, 1),
    ("matomo/custom_regex_custom_date", 1, 0),
    ("matomo/gandi", 2, 2),
    ("matomo/haproxy", 1, 1),
    ("matomo/icecast2", 1, 1),
    ("matomo/ncsa_extended", 1, 1),
    ("matomo/netscaler", 1, 0),
    ("matomo/splitted_date_and_time", 1, 0),
];

fn corpus(file: &str) -> Option<Vec<u8>> {
    let path = Path::new(LOGS).join(file);
    let bytes = std::fs::read(&path).ok();
    if bytes.is_none() {
        println!("skipped: no `{}`", path.display());
    }
    bytes
}

/// What a case is called, if its line tells of a request.
fn product(case: &Value) -> Option<String> {
    let of = |name: &str| case[name].as_str().unwrap().to_owned();
    let is_request = match of("schema").as_str() {
        "crowdsec" => case["expected"]["meta.log_type"] == "http_access-log",
        "detect-format" => true,
        _ => {
            [
                "apache-badbots",
                "apache-fakegooglebot",
                "nginx-bad-request",
                "nginx-botsearch",
                "php-url-fopen",
                "traefik-auth",
            ]
            .contains(&of("format").as_str())
                && !of("line").contains(" [error] ")
        }
    };
    is_request.then(|| format!("{}/{}", of("src"), of("format")))
}

/// Names of what a case expects, and what the line says of it.
fn said(line: &Line<'_>) -> [(&'static [&'static str], Option<String>); 8] {
    let text = |value: &Option<std::borrow::Cow<'_, str>>| value.as_ref().map(ToString::to_string);
    let target = line.path.as_ref().map(|path| match &line.query {
        Some(query) => format!("{path}?{query}"),
        None => path.to_string(),
    });
    [
        (&["remote_addr", "meta.source_ip", "host"], line.client.map(|client| client.to_string())),
        (&["verb", "meta.http_verb", "meta.verb"], text(&line.method)),
        (&["request", "meta.http_path"], target),
        (&["status", "meta.http_status"], line.status.map(|status| status.to_string())),
        (&["body_bytes_sent", "bytes_sent"], line.bytes.map(|bytes| bytes.to_string())),
        (&["target_fqdn", "meta.target_fqdn"], text(&line.host)),
        (&["http_user_agent"], text(&line.user_agent)),
        (&["remote_user"], text(&line.user)),
    ]
}

/// Whether the line is read as the case expects it. What came and was no request has neither method nor path for us.
fn is_right(case: &Value, line: &Line<'_>) -> Result<(), String> {
    let expected = &case["expected"];
    let was_request = expected["verb"].is_string() || line.is_request();
    for (names, said) in said(line) {
        let wanted = names
            .iter()
            .find_map(|name| expected[*name].as_str())
            .filter(|wanted| !["-", "", "_"].contains(wanted));
        let is_text_of_nonsense = !was_request && names.contains(&"request");
        if let Some(wanted) = wanted
            && !is_text_of_nonsense
            && said.as_deref() != Some(wanted)
        {
            return Err(format!("{names:?} is {said:?}, not `{wanted}`"));
        }
    }
    if line.time.is_some() { Ok(()) } else { Err("no time".to_owned()) }
}

#[test]
fn the_share_that_is_read_right_does_not_shrink() {
    let Some(bytes) = corpus("log_parse_cases.json") else { return };
    let cases: Vec<Value> = serde_json::from_slice(&bytes).unwrap();
    let formats = Formats::of(ALL);
    let mut shares: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    let mut requests_elsewhere = 0;
    for case in &cases {
        let text = unwrap(case["line"].as_str().unwrap());
        let mut reader = LineReader::new(&formats);
        let entry = reader.read(&text);
        let Some(product) = product(case) else {
            if let Entry::Request(id, line) = entry {
                println!("also read, by {id}: {} {}: {line}", case["format"], case["case"]);
                requests_elsewhere += 1;
            }
            continue;
        };
        let (total, right) = shares.entry(product).or_default();
        *total += 1;
        let result = match &entry {
            Entry::Request(_, line) => is_right(case, line),
            _ => Err("not read".to_owned()),
        };
        match result {
            Ok(()) => *right += 1,
            Err(why) => println!("{} {}: {why}\n    {text}", case["format"], case["case"]),
        }
    }
    let (mut all, mut all_right) = (0, 0);
    for (product, (total, right)) in &shares {
        println!("{product:<45} {right:>4} of {total}");
        (all, all_right) = (all + total, all_right + right);
    }
    println!("{all_right} of {all} read right; {requests_elsewhere} more lines read as requests");
    let found: Vec<(&str, usize, usize)> =
        shares.iter().map(|(product, (total, right))| (product.as_str(), *total, *right)).collect();
    assert_eq!(found, EXPECTED);
}

#[test]
fn every_line_of_a_real_combined_log_is_read() {
    let Some(bytes) = corpus("apache_combined_10k.log.gz") else { return };
    let mut text = String::new();
    flate2::read::GzDecoder::new(&bytes[..]).read_to_string(&mut text).unwrap();
    let formats = Formats::of(ALL);
    let mut reader = LineReader::new(&formats);
    let mut counts = [0, 0];
    for line in text.lines() {
        match reader.read(line) {
            Entry::Request("combined", line) if line.is_request() && line.time.is_some() => counts[0] += 1,
            entry => {
                println!("{entry:?}\n    {line}");
                counts[1] += 1;
            }
        }
    }
    assert_eq!(counts, [10_000, 0]);
}
