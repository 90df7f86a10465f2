//! Requests as bytes, several of one kind to an attempt.

use crate::demo::attempt::{Attempt, Expected};

pub(super) fn gets(what: &'static str, targets: &[&str], fields: &str, expected: Expected) -> Attempt {
    let request =
        |target| format!("GET {target} HTTP/1.1\r\nhost: shop\r\nconnection: close\r\n{fields}\r\n");
    let line = format!("GET {}", targets.first().unwrap_or(&""));
    attempt(what, &line, targets.iter().map(request), expected)
}

pub(super) fn posts(
    what: &'static str,
    path: &str,
    fields: &str,
    bodies: &[&str],
    expected: Expected,
) -> Attempt {
    json(what, &format!("POST {path}"), fields, bodies, expected)
}

pub(super) fn patches(
    what: &'static str,
    path: &str,
    fields: &str,
    bodies: &[&str],
    expected: Expected,
) -> Attempt {
    json(what, &format!("PATCH {path}"), fields, bodies, expected)
}

pub(super) fn delete(what: &'static str, path: &str, fields: &str, expected: Expected) -> Attempt {
    raw(what, &format!("DELETE {path}"), fields, &[""], expected)
}

/// An empty body has no type.
fn json(what: &'static str, line: &str, fields: &str, bodies: &[&str], expected: Expected) -> Attempt {
    let request = |body: &&str| {
        let typed = if body.is_empty() { "" } else { "content-type: application/json\r\n" };
        with_body(line, &format!("{fields}{typed}"), body)
    };
    attempt(what, line, bodies.iter().map(request), expected)
}

pub(super) fn raw(
    what: &'static str,
    line: &str,
    fields: &str,
    bodies: &[&str],
    expected: Expected,
) -> Attempt {
    attempt(what, line, bodies.iter().map(|body| with_body(line, fields, body)), expected)
}

pub(super) fn bytes(what: &'static str, shown: &str, request: String, expected: Expected) -> Attempt {
    attempt(what, shown, std::iter::once(request), expected)
}

fn attempt(
    what: &'static str,
    line: &str,
    requests: impl Iterator<Item = String>,
    expected: Expected,
) -> Attempt {
    let requests: Vec<Vec<u8>> = requests.map(String::into_bytes).collect();
    let shown = match requests.len() {
        1 => line.to_owned(),
        times => format!("{line} × {times}"),
    };
    Attempt { what, shown, requests, expected }
}

fn with_body(line: &str, fields: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "{line} HTTP/1.1\r\nhost: shop\r\nconnection: close\r\ncontent-length: {length}\r\n{fields}\r\n{body}"
    )
}

pub(super) fn bearer(token: &str) -> String {
    format!("authorization: Bearer {token}\r\n")
}

pub(super) fn key(key: &str) -> String {
    format!("x-api-key: {key}\r\n")
}
