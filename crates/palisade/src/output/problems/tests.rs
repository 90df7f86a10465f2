//! Drawn problems, compared whole.

use std::cell::Cell;
use std::sync::Arc;

use super::*;

const SPEC: &str = "openapi: 3.1.0\npaths:\n  /orders:\n    get: { securty: [] }\n    post: 7\n";

/// The place of the first `needle` in `source`.
fn place(file: &str, source: &str, needle: &str) -> Position {
    let start = source.find(needle).unwrap();
    let (before, _) = source.split_at(start);
    Position {
        file: Arc::from(file),
        span: (start, start + needle.len()),
        line: before.matches('\n').count() + 1,
        column: before.rsplit('\n').next().unwrap().chars().count() + 1,
        pointer: "/paths/~1orders".to_owned(),
    }
}

fn drawn(problems: Vec<Problem>, source: &str, look: Look) -> String {
    text(problems, &|_| Some(source.to_owned()), look)
}

fn check(problems: Vec<Problem>, source: &str, expected: &str) {
    assert_eq!(drawn(problems, source, Look::PLAIN), expected.trim_start_matches('\n'));
}

#[test]
fn a_problem_stands_under_its_line_with_place_caret_and_help() {
    let problem = Problem::error("unknown key `securty`").at(place("api/orders.yaml", SPEC, "securty"));
    check(
        vec![problem.help("did you mean `security`?")],
        SPEC,
        "
error: unknown key `securty`
 --> api/orders.yaml:4:12
  |
4 |     get: { securty: [] }
  |            ^^^^^^^
  |
  = help: did you mean `security`?

1 error
",
    );
}

#[test]
fn problems_are_sorted_by_place_and_said_once() {
    let late = Problem::warning("an operation is an object").at(place("a.yaml", SPEC, "7"));
    let early = Problem::error("unknown key `securty`").at(place("a.yaml", SPEC, "securty"));
    let placeless = Problem::error("`--audience` is missing");
    check(
        vec![late.clone(), early, placeless, late],
        SPEC,
        "
error: `--audience` is missing

error: unknown key `securty`
 --> a.yaml:4:12
  |
4 |     get: { securty: [] }
  |            ^^^^^^^

warning: an operation is an object
 --> a.yaml:5:11
  |
5 |     post: 7
  |           ^

2 errors, 1 warning
",
    );
}

#[test]
fn a_value_over_several_lines_is_marked_on_its_first() {
    let problem = Problem::error("no operation has a response").at(place(
        "a.yaml",
        SPEC,
        "/orders:\n    get: { securty: [] }\n    post: 7",
    ));
    check(
        vec![problem],
        SPEC,
        "
error: no operation has a response
 --> a.yaml:3:3
  |
3 |   /orders:
  |   ^^^^^^^^

1 error
",
    );
}

#[test]
fn a_wide_line_is_cut_around_the_caret_and_keeps_its_column() {
    let source =
        format!("{{\"a\":\"{}\",\"securty\":[],\"b\":\"{}\"}}", "x".repeat(5_000), "é".repeat(5_000));
    let problem = Problem::error("unknown key `securty`").at(place("a.json", &source, "securty"));
    let text = drawn(vec![problem], &source, Look { color: false, width: 60 });
    assert_eq!(
        text,
        "error: unknown key `securty`
 --> a.json:1:5010
  |
1 | …xxxxxxxxx\",\"securty\":[],\"b\":\"ééééééééééééééééééééé…
  |              ^^^^^^^

1 error
"
    );
}

#[test]
fn a_place_that_is_no_longer_in_the_file_is_named_without_a_line() {
    let problem = Problem::error("unknown key `securty`").at(place("a.yaml", SPEC, "securty"));
    let expected = "error: unknown key `securty`\n --> a.yaml:4:12\n\n1 error\n";
    assert_eq!(drawn(vec![problem.clone()], "short", Look::PLAIN), expected);
    assert_eq!(text(vec![problem.clone()], &|_| None, Look::PLAIN), expected);
    let inside_a_character = "€".repeat(40);
    assert!(!inside_a_character.is_char_boundary(problem.position.as_ref().unwrap().span.0));
    assert_eq!(drawn(vec![problem], &inside_a_character, Look::PLAIN), expected);
}

#[test]
fn a_document_does_not_steer_the_terminal() {
    let source = "a: \u{1b}[31m\u{202e}b\n";
    let problem =
        Problem::error("unknown key `\u{1b}[2Jx`\nerror: forged").at(place("\u{1b}[1m", source, "b"));
    let text = drawn(vec![problem.help("\u{7}ring")], source, Look::PLAIN);
    for control in ['\u{1b}', '\u{202e}', '\u{7}'] {
        assert!(!text.contains(control), "{text:?}");
    }
    assert_eq!(text.lines().filter(|line| line.starts_with("error")).count(), 1, "{text}");
}

#[test]
fn of_too_many_the_most_severe_are_drawn_and_the_rest_is_counted() {
    let mut problems: Vec<Problem> =
        (0..60).map(|n| Problem::warning(format!("warning number {n:02}"))).collect();
    problems.extend((0..3).map(|n| Problem::error(format!("error number {n}"))));
    let text = drawn(problems.clone(), "", Look::PLAIN);
    assert_eq!(text.matches("error: error number").count(), 3);
    assert_eq!(text.matches("warning: warning number").count(), 47);
    let end = "13 warnings more are not drawn; `palisade check --format json` prints all of them\n\
               3 errors, 60 warnings\n";
    assert!(text.ends_with(end), "{text}");
    assert_eq!(json(problems).unwrap().matches("\"message\"").count(), 63);
}

#[test]
fn a_file_is_read_once_however_many_problems_it_has() {
    let reads = Cell::new(0);
    let problems =
        ["securty", "7", "get"].map(|needle| Problem::error(needle).at(place("a.yaml", SPEC, needle)));
    let sources = |_: &str| {
        reads.set(reads.get() + 1);
        Some(SPEC.to_owned())
    };
    let drawn = text(problems.to_vec(), &sources, Look::PLAIN);
    assert_eq!((reads.get(), drawn.matches("-->").count()), (1, 3));
}

#[test]
fn no_problems_are_no_text() {
    assert_eq!(drawn(Vec::new(), "", Look::PLAIN), "");
}

#[test]
fn colours_are_only_drawn_where_asked_for() {
    let problem = Problem::error("unknown key `securty`").at(place("a.yaml", SPEC, "securty"));
    assert!(drawn(vec![problem.clone()], SPEC, Look { color: true, width: 80 }).contains("\u{1b}["));
    assert!(!drawn(vec![problem], SPEC, Look { color: false, width: 80 }).contains("\u{1b}["));
}

#[test]
fn the_json_form_is_stable() {
    let problem =
        Problem::error("unknown key `securty`").at(place("a.yaml", SPEC, "securty")).help("drop it");
    let text = json(vec![problem, Problem::warning("no issuer")]).unwrap();
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        value,
        serde_json::json!({
            "schema_version": 1,
            "tool": { "name": "palisade", "version": env!("CARGO_PKG_VERSION") },
            "problems": [
                { "severity": "warning", "message": "no issuer" },
                {
                    "severity": "error",
                    "message": "unknown key `securty`",
                    "help": "drop it",
                    "file": "a.yaml",
                    "line": 4,
                    "column": 12,
                    "pointer": "/paths/~1orders"
                }
            ]
        })
    );
}
