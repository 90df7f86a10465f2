//! What `palisade discover` takes of memory for logs and recordings that were written to take much.

use std::fs::{self, File};
use std::io::Write;
use std::process::Stdio;

use serde_json::{Value, json};

use crate::stage::Stage;

/// More than any of them may take, in KiB. Each would take several times as much if it were kept as it is.
const PEAK_KIB_MAX: u64 = 192 << 10;

/// What the program took at the most when it had read all `pieces` from its standard input, in KiB, and what it found.
fn read(what: &str, pieces: impl IntoIterator<Item = String>) -> (u64, Value) {
    let stage = Stage::new();
    let out = stage.path("out.json");
    let mut command = stage.command(&["discover", what, "--dry-run", "--format", "json", "-"]);
    let mut program = command
        .stdin(Stdio::piped())
        .stdout(File::create(&out).unwrap())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut input = program.stdin.take().unwrap();
    for piece in pieces {
        input.write_all(piece.as_bytes()).unwrap();
    }
    // All but what the pipe holds was read.
    let status = fs::read_to_string(format!("/proc/{}/status", program.id())).unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let peak = peak.trim().trim_end_matches(" kB").parse().unwrap();
    drop(input);
    program.wait().unwrap();
    (peak, serde_json::from_slice(&fs::read(out).unwrap()).unwrap_or_default())
}

/// A word of its own for each number.
fn word(number: usize) -> String {
    number.to_string().bytes().map(|digit| char::from(b"bcdfghlmnr"[usize::from(digit - b'0')])).collect()
}

fn line(method: &str, target: &str) -> String {
    format!(
        "192.0.2.7 - - [27/Nov/2026:10:00:00 +0000] \"{method} /{target} HTTP/1.1\" 200 15 \"-\" \"curl/8\"\n"
    )
}

fn requests(found: &Value) -> u64 {
    let operations = found["operations"].as_array().into_iter().flatten();
    operations.filter_map(|operation| operation["sources"][0]["count"].as_u64()).sum()
}

#[test]
fn a_line_without_end_is_passed_over() {
    let long = std::iter::repeat_n("x".repeat(1 << 20), 300);
    let (peak, found) = read("logs", long.chain(["\n".to_owned(), line("GET", "orders")]));
    assert!(peak < PEAK_KIB_MAX, "{peak} KiB");
    assert_eq!(requests(&found), 1);
}

#[test]
fn words_that_are_all_different_are_soon_values() {
    let (peak, found) =
        read("logs", (0..60_000).map(|number| line("GET", &format!("{0}.{0}/{0}", word(number)))));
    assert!(peak < PEAK_KIB_MAX, "{peak} KiB");
    assert_eq!(requests(&found), 60_000);
    assert!(found["operations"].as_array().unwrap().len() < 10, "{found}");
}

#[test]
fn bodies_are_looked_into_as_far_as_there_is_room() {
    let entry = |number: usize| {
        let of = |group: usize| (0..100).map(move |member| (word(number * 9999 + group * 100 + member), 1));
        let body: Value = (0..40).map(|group| (word(group), of(group).collect::<Value>())).collect();
        let request = json!({ "method": "GET", "url": format!("http://shop.example/{}/x", word(number)) });
        let content = json!({ "mimeType": "application/json", "text": body.to_string() });
        json!({ "request": request, "response": { "status": 200, "content": content } }).to_string() + ","
    };
    let begin = "{\"log\":{\"entries\":[".to_owned();
    let entries = (0..700).map(entry).chain(["{}]}}".to_owned()]);
    let (peak, found) = read("traffic", std::iter::once(begin).chain(entries));
    assert!(peak < PEAK_KIB_MAX, "{peak} KiB");
    assert!(requests(&found) > 600, "{found}");
}
