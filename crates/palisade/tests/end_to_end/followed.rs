//! Logs that go on: `palisade discover logs --follow` and standard input tell the inventory of each line once, however they end.

use std::fs::OpenOptions;
use std::io::Write;
use std::process::Stdio;
use std::time::Instant;

use serde_json::Value;

use crate::client::DEADLINE;
use crate::gateway::{Process, Signal};
use crate::stage::Stage;

const SPEC: &str = "
openapi: 3.1.0
info: { title: orders, version: '1' }
paths:
  /orders/{id}:
    parameters: [{ name: id, in: path, required: true, schema: { type: integer } }]
    get: { responses: { '200': { description: ok } } }
";

/// Lines as nginx writes them by default, of orders with these numbers.
fn orders(numbers: std::ops::Range<u32>) -> String {
    numbers.map(|number| line(&format!("/orders/{number}"))).collect()
}

fn line(target: &str) -> String {
    format!("192.0.2.7 - - [27/Nov/2026:10:00:00 +0000] \"GET {target} HTTP/1.1\" 200 15 \"-\" \"curl/8\"\n")
}

fn append(stage: &Stage, name: &str, text: &str) {
    let mut options = OpenOptions::new();
    options.create(true).append(true).open(stage.path(name)).unwrap().write_all(text.as_bytes()).unwrap();
}

fn start(stage: &Stage, arguments: &[&str], stdin: Stdio) -> Process {
    let mut command = stage.command(&[&["discover", "logs", "--every", "20ms"], arguments].concat());
    Process::start(command.env_remove("PALISADE_INVENTORY"), stdin)
}

fn follow(stage: &Stage, arguments: &[&str]) -> Process {
    let mut process = start(stage, &[&["--follow"], arguments].concat(), Stdio::null());
    process.wait_for("following");
    process
}

/// Requests of the one operation that the inventory has, and how many sources tell of it.
fn counted(stage: &Stage) -> (u64, usize) {
    if !stage.path("palisade-data/inventory.db").exists() {
        return (0, 0);
    }
    let mut command = stage.command(&["inventory", "list", "--format", "json"]);
    let output = command.env_remove("PALISADE_INVENTORY").output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    let operations = document["operations"].as_array().unwrap();
    assert!(operations.len() < 2, "{operations:?}");
    let sources = operations.first().map(|operation| operation["sources"].as_array().unwrap().as_slice());
    let sources = sources.unwrap_or_default();
    (sources.iter().map(|source| source["count"].as_u64().unwrap_or(0)).sum(), sources.len())
}

/// Waits until the inventory has so many requests; each look is a run of the program, which is pause enough.
fn wait_for(stage: &Stage, expected: u64) {
    let deadline = Instant::now() + DEADLINE;
    while counted(stage).0 != expected {
        assert!(Instant::now() < deadline, "{:?} in place of {expected}", counted(stage));
    }
}

fn stop(process: Process) -> String {
    process.signal(Signal::TERM);
    let (status, said) = process.wait();
    assert!(status.success(), "{said}");
    said
}

#[test]
fn what_is_written_is_told_once_whatever_becomes_of_the_log_and_of_the_program() {
    let stage = Stage::new();
    append(&stage, "logs.access", &orders(0..3));
    std::fs::create_dir(stage.path("logs")).unwrap();
    append(&stage, "logs/access.log", &orders(0..10));
    let process = follow(&stage, &["logs"]);
    wait_for(&stage, 10);
    append(&stage, "logs/access.log", &orders(10..14));
    wait_for(&stage, 14);
    // Rotated: its program goes on to write to the old one for a while.
    std::fs::rename(stage.path("logs/access.log"), stage.path("logs/access.log.1")).unwrap();
    append(&stage, "logs/access.log.1", &orders(14..16));
    append(&stage, "logs/access.log", &orders(16..20));
    wait_for(&stage, 20);
    append(&stage, "logs/other.log", &(orders(20..25) + "192.0.2.7 - - [27/No"));
    wait_for(&stage, 25);
    // Emptied.
    std::fs::write(stage.path("logs/access.log"), orders(50..52)).unwrap();
    wait_for(&stage, 27);
    process.signal(Signal::KILL);
    process.wait();
    append(
        &stage,
        "logs/other.log",
        "v/2026:10:00:00 +0000] \"GET /orders/1 HTTP/1.1\" 200 15 \"-\" \"curl/8\"\n",
    );
    let zipped = std::process::Command::new("gzip").arg(stage.path("logs/access.log.1")).status().unwrap();
    assert!(zipped.success());

    let process = follow(&stage, &["logs", "logs/*.gz"]);
    wait_for(&stage, 28);
    append(&stage, "logs/access.log", &orders(60..63));
    let said = stop(process);
    assert!(said.contains("4 requests"), "the last was told: {said}");
    assert!(said.contains("1 operations"), "{said}");
    assert_eq!(counted(&stage), (31, 2), "a source each time that it was started");

    let once =
        stage.command(&["discover", "logs", "logs"]).env_remove("PALISADE_INVENTORY").output().unwrap();
    assert!(String::from_utf8_lossy(&once.stderr).contains("counted before: 3 of 3 files"), "{once:?}");
    assert_eq!(counted(&stage).0, 31);
}

#[test]
fn a_line_that_another_run_counts_meanwhile_counts_once() {
    let stage = Stage::new();
    append(&stage, "access.log", &orders(0..10));
    let mut command = stage.command(&["discover", "logs", "--follow", "--every", "1h", "access.log"]);
    let mut slow = Process::start(command.env_remove("PALISADE_INVENTORY"), Stdio::null());
    slow.wait_for("following 1 files");
    let once = || {
        let mut command = stage.command(&["discover", "logs", "access.log"]);
        let output = command.env_remove("PALISADE_INVENTORY").output().unwrap();
        assert!(output.status.success(), "{output:?}");
    };
    once();
    append(&stage, "access.log", &orders(10..14));
    once();
    assert_eq!(counted(&stage).0, 14);
    append(&stage, "access.log", &orders(14..15));
    let said = stop(slow);
    assert!(said.contains("another run has counted the same log meanwhile"), "{said}");
    assert!(said.contains("15 lines, 1 requests, 0 like no format; 1 of 1 files"), "{said}");
    assert_eq!(counted(&stage).0, 15, "{said}");

    // Two that follow it.
    let (first, second) = (follow(&stage, &["access.log"]), follow(&stage, &["access.log"]));
    for number in 0..5 {
        append(&stage, "access.log", &orders(20 + number..21 + number));
        wait_for(&stage, 16 + u64::from(number));
    }
    stop(first);
    stop(second);
    assert_eq!(counted(&stage).0, 20);
}

#[test]
fn standard_input_is_told_while_it_goes_on() {
    let stage = Stage::new();
    let mut process = start(&stage, &["-"], Stdio::piped());
    let mut input = process.stdin();
    input.write_all(orders(0..5).as_bytes()).unwrap();
    wait_for(&stage, 5);
    input.write_all(orders(5..7).as_bytes()).unwrap();
    wait_for(&stage, 7);
    input.write_all(orders(7..8).trim_end().as_bytes()).unwrap();
    drop(input);
    let (status, said) = process.wait();
    assert!(status.success(), "{said}");
    assert!(said.contains("8 lines, 8 requests, 0 like no format"), "{said}");
    assert_eq!(counted(&stage), (8, 1));

    // A pipe that stays open is no reason to go on.
    let mut process = start(&stage, &["-", "--follow"], Stdio::piped());
    process.wait_for("following 0 files");
    let mut input = process.stdin();
    input.write_all(orders(0..2).as_bytes()).unwrap();
    wait_for(&stage, 10);
    input.write_all(orders(0..1).as_bytes()).unwrap();
    let said = stop(process);
    assert!(said.contains("3 lines, 3 requests"), "{said}");
    assert_eq!(counted(&stage), (11, 2));
}

#[test]
fn what_follows_goes_on_beside_what_others_take_in_and_take_back() {
    let stage = Stage::new();
    append(&stage, "access.log", &orders(0..10));
    let process = follow(&stage, &["access.log"]);
    wait_for(&stage, 10);
    let run = |arguments: &[&str]| {
        let output = stage.command(arguments).env_remove("PALISADE_INVENTORY").output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    // So many runs that the oldest are added up, the one that follows among them.
    for number in 0..70 {
        stage.write("one.log", &orders(1000 + number..1001 + number));
        run(&["discover", "logs", "one.log"]);
    }
    append(&stage, "access.log", &orders(10..15));
    wait_for(&stage, 85);
    let changes = run(&["inventory", "changes", "--format", "json"]);
    let mut events = changes.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let own = events.rfind(|event| event["kind"] == "read" && event["name"] == "access.log").unwrap();
    run(&["inventory", "undo", &own["id"].to_string()]);
    wait_for(&stage, 80);
    append(&stage, "access.log", &orders(15..18));
    wait_for(&stage, 83);
    stop(process);
    assert_eq!(counted(&stage).0, 83);
}

#[test]
fn a_shadow_ends_what_follows_where_it_is_to_fail_on_one() {
    let stage = Stage::new();
    stage.write("spec.yaml", SPEC);
    append(&stage, "access.log", &orders(0..3));
    let arguments = ["access.log", "--spec", "spec.yaml", "--fail-on", "shadow", "--fail-on", "orphan"];
    let mut process = follow(&stage, &arguments);
    process.wait_for("3 requests");
    append(&stage, "access.log", &line("/debug"));
    let (status, said) = process.wait();
    assert_eq!(status.code(), Some(1), "{said}");
    assert!(said.contains("1 shadow"), "{said}");
    let process = follow(&stage, &["access.log", "--spec", "spec.yaml", "--fail-on", "orphan", "--dry-run"]);
    assert!(stop(process).contains("4 lines, 4 requests"));
}

#[test]
fn what_cannot_be_followed_is_said() {
    let stage = Stage::new();
    for (arguments, code, said) in [
        (&["missing.log", "--follow"][..], 3, "`missing.log` cannot be read"),
        (&["no/such/*.log", "--follow"], 3, "cannot be read"),
        (&[".", "--follow", "--every", "0s"], 2, "a duration is a whole number above zero"),
    ] {
        let output = stage.palisade(&[&["discover", "logs"], arguments].concat());
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {output:?}");
        assert!(String::from_utf8_lossy(&output.stderr).contains(said), "{arguments:?}: {output:?}");
    }
}
