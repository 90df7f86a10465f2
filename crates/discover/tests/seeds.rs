//! The seeds of the fuzz targets of configs, owners, templates and what is encrypted, whole and with pieces cut out.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::path::Path;

use discover::KeyLog;
use discover::config::{Alternatives, Directive, Term, of_texts, parse_directives, parse_rule};
use discover::owners::CodeOwners;
use discover::traffic::{Recording, Told};
use discover::{LearnLimits, Learner, Lesson, Line, Observation, Position};
use model::inventory::At;

/// The seeds of a target, and what is left of each when a piece is cut out.
fn cuts(target: &str) -> Vec<String> {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/seeds")).join(target);
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut cuts = Vec::new();
    for text in files.map(|path| std::fs::read_to_string(path).unwrap()) {
        for at in 0..text.len() {
            for length in [0, 1, 7, 40] {
                let rest = text.get(at + length..).unwrap_or_default();
                cuts.extend(text.get(..at).map(|begin| format!("{begin}{rest}")));
            }
        }
        cuts.extend((0..text.len()).filter_map(|at| text.get(..at).map(str::to_owned)));
    }
    assert!(cuts.len() > 100, "{target}");
    cuts
}

#[test]
fn any_text_is_read_as_a_config_of_nginx() {
    let mut let_through = 0;
    for text in cuts("nginx") {
        let lines = text.lines().count() as u64 + 1;
        let (directives, fault) = parse_directives(&text);
        assert!(fault.is_none_or(|fault| fault.line <= lines), "{text}");
        in_order(&directives, 1, lines);
        let findings = of_texts(&[("nginx.conf".to_owned(), text)]);
        assert!(findings.exposures.iter().all(|exposure| exposure.gateway == "nginx"));
        let_through += findings.exposures.len();
    }
    assert!(let_through > 1000, "{let_through}");
}

fn in_order(directives: &[Directive], from: u64, lines: u64) {
    let mut last = from;
    for directive in directives {
        assert!((last..=lines).contains(&directive.line), "{directive:?}");
        last = directive.line;
        in_order(directive.block.as_deref().unwrap_or_default(), last, lines);
    }
}

#[test]
fn any_text_is_read_as_a_config_in_toml() {
    let mut let_through = 0;
    for text in cuts("traefik_toml") {
        let lines = text.lines().count() as u64 + 1;
        let findings = of_texts(&[("dynamic.toml".to_owned(), text.clone())]);
        for exposure in &findings.exposures {
            let is_there = matches!(exposure.place.at, At::Line(line) if (1..=lines).contains(&line));
            assert!(is_there, "{exposure} {text}");
        }
        let_through += findings.exposures.len();
    }
    assert!(let_through > 100, "{let_through}");
}

/// What little room there is is soon full.
const LEARN_LIMITS: LearnLimits = LearnLimits { nodes: 64, hosts: 8, unanswered: 8, shapes: 64 };

/// Learns from lines `METHOD host/path status`.
fn learned(lines: &[&str]) -> Learner {
    let mut learner = Learner::new(LEARN_LIMITS);
    for (number, text) in lines.iter().enumerate() {
        let (request, status) = text.rsplit_once(' ').unwrap_or((text, ""));
        let (method, target) = request.split_once(' ').unwrap_or(("GET", request));
        let (host, path) = target.split_at(target.find('/').unwrap_or(0));
        let line = Line {
            method: Some(method.into()),
            host: Some(host.into()),
            path: Some(path.into()),
            status: status.parse().ok(),
            ..Line::default()
        };
        let place = discover::Place { file: 0, position: Position::Line(number as u64 + 1) };
        learner.observe(&Observation { line: &line, place });
    }
    learner
}

fn counted_once(lesson: &Lesson, requests: usize, text: &str) {
    let counted: u64 = lesson.operations.iter().map(|operation| operation.tally.count).sum();
    assert_eq!(counted + lesson.unanswered.0 + lesson.not_kept, requests as u64, "{text}");
}

#[test]
fn each_request_is_counted_once_whoever_learns_from_it() {
    let mut servers = 0;
    for text in cuts("templates") {
        let lines: Vec<&str> = text.lines().collect();
        let whole = learned(&lines).finish();
        counted_once(&whole, lines.len(), &text);
        let (one, other) = lines.split_at(lines.len() / 2);
        let mut together = learned(one);
        together.merge(learned(other));
        counted_once(&together.finish(), lines.len(), &text);
        servers += whole.operations.iter().filter(|operation| operation.host.contains('{')).count();
    }
    assert!(servers > 100, "{servers}");
}

#[test]
fn a_rule_that_is_written_out_comes_to_the_same() {
    let mut read = 0;
    for text in cuts("traefik_rule") {
        let Ok(alternatives) = parse_rule(&text) else { continue };
        assert!((1..=256).contains(&alternatives.len()), "{text}");
        assert_eq!(parse_rule(&written(&alternatives)).as_ref(), Ok(&alternatives), "{text}");
        read += 1;
    }
    assert!(read > 50, "{read}");
}

fn written(alternatives: &Alternatives) -> String {
    let value = |value: &String| format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""));
    let term = |term: &Term| {
        let values: Vec<String> = term.values.iter().map(value).collect();
        format!("{}{}({})", if term.is_denied { "!" } else { "" }, term.matcher, values.join(", "))
    };
    let all = |terms: &Vec<Term>| terms.iter().map(term).collect::<Vec<_>>().join(" && ");
    alternatives.iter().map(all).collect::<Vec<_>>().join(" || ")
}

#[test]
fn owners_stand_on_a_line_that_is_there() {
    let mut found = 0;
    for text in cuts("codeowners") {
        let (path, rules) = text.split_once('\n').unwrap_or((&text, ""));
        if let Some((owners, line)) = CodeOwners::parse(rules).of(path) {
            assert!(!owners.is_empty(), "{text}");
            assert!((1..=rules.lines().count() as u64).contains(&line), "{text}");
            found += 1;
        }
    }
    assert!(found > 100, "{found}");
}

/// Requests in a capture that stands behind the log of its keys and a zero.
fn decrypted(bytes: &[u8]) -> usize {
    let Some(end) = bytes.iter().position(|byte| *byte == 0) else { return 0 };
    let mut keys = KeyLog::default();
    keys.add(&String::from_utf8_lossy(&bytes[..end]));
    let Some(recording) = Recording::open(&bytes[end + 1..]).unwrap() else { return 0 };
    let mut requests = 0;
    drop(recording.read(&keys, &mut |told| requests += usize::from(matches!(told, Told::Request(..)))));
    requests
}

#[test]
fn what_is_encrypted_is_read_as_far_as_it_is_whole() {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/seeds/decryption"));
    let mut seeds = 0;
    for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        let bytes = std::fs::read(&path).unwrap();
        assert_eq!(decrypted(&bytes), 2, "{}", path.display());
        let mut at = [0; 3];
        for start in 0..bytes.len() {
            let changed = |byte: u8| [&bytes[..start], &[byte], &bytes[start + 1..]].concat();
            let cut = [&bytes[..start], bytes.get(start + 7..).unwrap_or_default()].concat();
            for bytes in [bytes[..start].to_vec(), cut, changed(!bytes[start])] {
                at[decrypted(&bytes)] += 1;
            }
        }
        assert!(at.iter().all(|count| *count > 0), "some are whole, some in part, some are not: {at:?}");
        seeds += 1;
    }
    assert!(seeds > 1, "{seeds}");
}
