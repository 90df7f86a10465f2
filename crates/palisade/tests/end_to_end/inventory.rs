//! `palisade inventory`: what runs of `discover` leave there, what people say, and what is taken back.

mod data;
mod fed;
mod told;

use std::process::Output;

use serde_json::Value;

use crate::stage::Stage;

const SPEC: &str = "
openapi: 3.1.0
info:
  title: orders
  version: '1'
  summary: Orders of tea, from the cart to the door.
  contact: { name: team tea }
servers: [{ url: 'https://shop.example/v1' }]
paths:
  /orders/{id}:
    parameters: [{ name: id, in: path, required: true, schema: { type: integer } }]
    get: { responses: { '200': { description: ok } } }
    delete: { responses: { '204': { description: gone } } }
  /reports:
    get: { deprecated: true, responses: { '200': { description: ok } } }
";

/// A line as nginx writes them by default.
fn line(minute: u32, target: &str) -> String {
    format!(
        "192.0.2.7 - - [27/Nov/2026:10:{minute:02}:00 +0000] \"GET {target} HTTP/1.1\" 200 15 \"-\" \"curl/8\"\n"
    )
}

fn lines(minute: u32) -> String {
    let mut text: String = (0..30).map(|id| line(minute, &format!("/v1/orders/{id}"))).collect();
    text.push_str(&line(minute, "/v1/reports"));
    text.push_str(&line(minute, "/v1/debug"));
    text
}

fn run(stage: &Stage, arguments: &[&str]) -> Output {
    stage.command(arguments).env_remove("PALISADE_INVENTORY").env("USER", "tester").output().unwrap()
}

/// Standard output of a run that ends well.
fn said(stage: &Stage, arguments: &[&str]) -> String {
    let output = run(stage, arguments);
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

fn noted(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Operations as `status api method path count`.
fn listed(stage: &Stage, arguments: &[&str]) -> Vec<String> {
    let text = said(stage, &[&["inventory", "list", "--format", "json"], arguments].concat());
    let document: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(document["schema_version"], 1);
    let count = |operation: &Value| {
        let sources = operation["sources"].as_array().unwrap().iter();
        sources.map(|source| source["count"].as_u64().unwrap_or(0)).sum::<u64>()
    };
    let name = |operation: &Value, key: &str| operation[key].as_str().unwrap().to_owned();
    let operations = document["operations"].as_array().unwrap().iter();
    operations
        .map(|operation| {
            let names = ["status", "api", "method", "path"].map(|key| name(operation, key));
            format!("{} {}", names.join(" "), count(operation))
        })
        .collect()
}

#[test]
fn runs_are_merged_and_no_file_counts_twice() {
    let stage = Stage::new();
    stage.write("access.log", &lines(1));
    stage.write("spec.yaml", SPEC);
    let missing = run(&stage, &["inventory", "list"]);
    assert_eq!(missing.status.code(), Some(3));
    assert!(noted(&missing).contains("there is no inventory `palisade-data/inventory.db`"), "{missing:?}");

    let dry = run(&stage, &["discover", "logs", "access.log", "--spec", "spec.yaml", "--dry-run"]);
    assert!(dry.status.success() && !stage.path("palisade-data").exists(), "{dry:?}");

    let first = run(&stage, &["discover", "logs", "access.log"]);
    assert!(noted(&first).contains("inventory: 3 new operations, 3 of them shadow; 0 changed"), "{first:?}");
    assert_eq!(
        listed(&stage, &[]),
        [
            "shadow unknown-host GET /v1/debug 1",
            "shadow unknown-host GET /v1/orders/{orderId} 30",
            "shadow unknown-host GET /v1/reports 1",
        ]
    );
    let again = run(&stage, &["discover", "logs", "access.log", "--spec", "spec.yaml"]);
    assert!(noted(&again).contains("counted before: 1 of 1 files"), "{again:?}");
    assert_eq!(again.stdout, dry.stdout, "what is printed is what the file says, counted or not");
    let expected = |count: u64| {
        [
            format!("shadow orders GET /v1/debug {count}"),
            "orphan orders DELETE /v1/orders/{id} 0".to_owned(),
            format!("declared orders GET /v1/orders/{{id}} {}", 30 * count),
            format!("zombie orders GET /v1/reports {count}"),
        ]
    };
    assert_eq!(listed(&stage, &[]), expected(1), "a specification that comes late takes what is its");

    // The log grows, and is rotated and packed.
    stage.write("access.log", &(lines(1) + &lines(2)));
    let grown = run(&stage, &["discover", "logs", "access.log", "--spec", "spec.yaml"]);
    assert!(noted(&grown).contains("0 of 1 files, and 1 up to where they have grown"), "{grown:?}");
    assert_eq!(listed(&stage, &[]), expected(2));
    let zipped = std::process::Command::new("gzip").arg(stage.path("access.log")).status().unwrap();
    assert!(zipped.success());
    said(&stage, &["discover", "logs", "access.log.gz"]);
    assert_eq!(listed(&stage, &["--api", "orders"]), expected(2));
    assert_eq!(listed(&stage, &["--status", "zombie"]), [&*expected(2)[3]]);
    let shadow = said(&stage, &["inventory", "shadow"]);
    assert!(shadow.contains("/v1/debug") && !shadow.contains("/v1/reports"), "{shadow}");
    let failed = run(&stage, &["inventory", "list", "--fail-on", "shadow"]);
    assert_eq!(failed.status.code(), Some(1));
    let none = run(&stage, &["inventory", "list", "--status", "zombie", "--fail-on", "shadow"]);
    assert_eq!(none.status.code(), Some(0));
}

#[test]
fn a_table_of_people_has_first_and_last_times_and_the_other_forms_the_same_rows() {
    let stage = Stage::new();
    stage.write("access.log", &(lines(1) + &lines(9)));
    said(&stage, &["discover", "logs", "access.log"]);
    let text = said(&stage, &["inventory", "list"]);
    let debug = text.lines().find(|line| line.ends_with("GET /v1/debug")).unwrap();
    let words: Vec<&str> = debug.split_whitespace().collect();
    assert_eq!(words[..3], ["unknown-host", "shadow", "2"]);
    assert_eq!(words[3..6], ["2/0/0/0", "2026-11-27T10:01", "2026-11-27T10:09"]);
    assert_eq!(words[6..], ["log", "GET", "/v1/debug"]);
    let csv = said(&stage, &["inventory", "list", "--format", "csv"]);
    let row = "unknown-host,shadow,2,2/0/0/0,2026-11-27T10:01,2026-11-27T10:09,log,GET /v1/debug\r\n";
    assert!(csv.contains(row), "{csv}");
    let markdown = said(&stage, &["inventory", "list", "--format", "markdown"]);
    assert_eq!(markdown.lines().count(), 2 + 3, "{markdown}");
}

#[test]
fn what_people_say_is_remembered_with_who_and_why_and_can_be_taken_back() {
    let stage = Stage::new();
    stage.write("access.log", &lines(1));
    stage.write("spec.yaml", SPEC);
    said(&stage, &["discover", "logs", "access.log", "--spec", "spec.yaml"]);
    let told = said(
        &stage,
        &["inventory", "set", "orders", "lifecycle=retired", "--why", "replaced", "--by", "ann"],
    );
    assert!(told.contains("ann: `orders` lifecycle: nothing -> retired (replaced)"), "{told}");
    let zombie = "orders GET /v1/orders/{id}: declared -> zombie, which follows from";
    assert!(told.contains(zombie), "{told}");
    let number = told.split_whitespace().next().unwrap().to_owned();
    let undone = said(&stage, &["inventory", "undo", &number]);
    assert!(
        undone
            .contains(&format!("tester: `orders` lifecycle: retired -> nothing, which takes {number} back"))
    );
    assert!(undone.contains("orders GET /v1/orders/{id}: zombie -> declared"), "{undone}");
    let confirmed = said(&stage, &["inventory", "confirm", "orders", "owner"]);
    assert!(confirmed.contains("`orders` owner: nothing -> team tea"), "{confirmed}");

    let before = listed(&stage, &[]);
    let changes = said(&stage, &["inventory", "changes", "--format", "json"]);
    let events: Vec<Value> = changes.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let read = events.iter().find(|event| event["kind"] == "read" && event["of"] == "log").unwrap();
    assert_eq!((&read["who"], &read["requests"]), (&"tester".into(), &32.into()));
    let ids: Vec<u64> = events.iter().map(|event| event["id"].as_u64().unwrap()).collect();
    assert_eq!(ids, (1..=ids.len() as u64).collect::<Vec<_>>());
    said(&stage, &["inventory", "undo", &read["id"].to_string()]);
    assert_eq!(
        listed(&stage, &[]).iter().filter(|line| line.ends_with(" 0")).count(),
        3,
        "only what is declared is left"
    );
    said(&stage, &["discover", "logs", "access.log", "--spec", "spec.yaml"]);
    assert_eq!(listed(&stage, &[]), before, "what was taken back may be read again");

    for (arguments, code, words) in [
        (&["set", "orders", "owner"][..], 2, "it is written as in `owner=team-orders`"),
        (&["set", "orders", "visibility=secret"], 2, "it is one of public, partner, internal"),
        (&["set", "order", "owner=x"], 2, "there is no API `order`"),
        (&["confirm", "orders", "owner"], 2, "nothing is proposed of `orders`"),
        (&["confirm", "orders", "ower"], 2, "there is no field `ower`"),
        (&["undo", "9999"], 2, "there is no change 9999"),
        (&["undo", &number], 2, "was changed again since"),
        (&["undo", "2"], 2, "it follows from event 1"),
        (&["gaps", "--api", "order", "--fail-on"], 2, "there is no API `order`"),
        (&["list", "--api", "order"], 2, "there is no API `order`"),
        (&["export", "csv", "--output", "no/such.csv"], 3, "`no/such.csv` cannot be written"),
    ] {
        let refused = run(&stage, &[&["inventory"], arguments].concat());
        assert_eq!(refused.status.code(), Some(code), "{arguments:?}: {refused:?}");
        assert!(noted(&refused).contains(words), "{arguments:?}: {refused:?}");
    }
}

#[test]
fn of_what_follows_from_a_change_the_first_is_said() {
    let stage = Stage::new();
    let names = ["a", "b", "c", "d", "e"];
    let paths = names.iter().flat_map(|name| names.map(|other| format!("/{name}/x{other}")));
    stage.write("access.log", &paths.map(|path| line(1, &path)).collect::<String>());
    said(&stage, &["discover", "logs", "access.log"]);
    let undone = said(&stage, &["inventory", "undo", "1"]);
    let lines: Vec<&str> = undone.lines().collect();
    assert_eq!(lines.len(), 23, "{undone}");
    assert!(lines[0].starts_with("27 ") && lines[20].starts_with("47 "), "{undone}");
    assert_eq!(lines[21], "and 5 operations more, up to 52");
    assert_eq!(lines[22], "  `palisade inventory changes --after 47` prints them");
}

#[test]
fn two_runs_at_once_and_one_that_is_killed_leave_a_whole_inventory() {
    let stage = Stage::new();
    let names: Vec<String> = (0..16).map(|number| format!("{number}.log")).collect();
    for (number, name) in names.iter().enumerate() {
        stage.write(name, &lines(number as u32));
    }
    let discover = |name: &str| {
        let mut command = stage.command(&["discover", "logs", name]);
        command
            .env_remove("PALISADE_INVENTORY")
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null());
        command.spawn().unwrap()
    };
    let running: Vec<_> = names.iter().map(|name| discover(name)).collect();
    for mut child in running {
        assert!(child.wait().unwrap().success());
    }
    let all = listed(&stage, &[]);
    assert_eq!(all[1], "shadow unknown-host GET /v1/orders/{orderId} 480");
    for name in ["a.log", "b.log", "c.log"] {
        stage.write(name, &lines(30 + u32::from(name.as_bytes()[0] - b'a')));
        let mut child = discover(name);
        child.kill().unwrap();
        child.wait().unwrap();
        let count = |line: &str| line.rsplit(' ').next().unwrap().parse::<u64>().unwrap();
        let now = listed(&stage, &[]);
        let debug = count(&now[0]);
        assert_eq!(count(&now[1]), 30 * debug, "a run counts whole or not at all: {now:?}");
    }
}

#[test]
fn calls_stand_with_the_operation_whose_path_it_is() {
    let stage = Stage::new();
    let spec = "openapi: 3.1.0\ninfo: { title: orders, version: '1' }\nservers: [{ url: /v1 }]\npaths:\n\
                \x20 /admin/orders: { get: { responses: { '200': { description: ok } } } }\n\
                \x20 /orders: { get: { responses: { '200': { description: ok } } } }\n";
    stage.write("spec.yaml", spec);
    stage.write("access.log", &(line(1, "/v1/admin/orders") + &line(1, "/v1/orders").repeat(7)));
    said(&stage, &["discover", "logs", "access.log", "--spec", "spec.yaml"]);
    let asked = ["review", "spec.yaml", "--rule", "unauthenticated-read", "--format", "json", "--inventory"];
    let reviewed = run(&stage, &[&asked[..], &["palisade-data/inventory.db"]].concat());
    let document: Value = serde_json::from_slice(&reviewed.stdout).unwrap();
    let findings = document["findings"].as_array().unwrap().iter();
    let calls = findings.map(|finding| (&finding["operation"]["path"], &finding["evidence"]["requests"]));
    let calls: Vec<String> = calls.map(|(path, requests)| format!("{path} {requests}")).collect();
    assert_eq!(calls, ["\"/admin/orders\" \"1\"", "\"/orders\" \"7\""]);
}

#[test]
fn a_review_tells_what_documents_declare() {
    let stage = Stage::new();
    stage.write("spec.yaml", SPEC);
    let events = "asyncapi: 3.0.0\ninfo: { title: events, version: '1' }\nchannels: { paid: { address: orders/paid } }\n\
                  operations: { tell: { action: send, channel: { $ref: '#/channels/paid' } } }\n";
    stage.write("events.yaml", events);
    let reviewed = run(&stage, &["review", "spec.yaml", "events.yaml"]);
    assert!(!stage.path("palisade-data").exists(), "{reviewed:?}");
    let told =
        run(&stage, &["review", "spec.yaml", "events.yaml", "--inventory", "palisade-data/inventory.db"]);
    assert!(noted(&told).contains("inventory: 4 new operations, 0 of them shadow"), "{told:?}");
    assert_eq!(told.stdout, reviewed.stdout);
    assert_eq!(told.status.code(), reviewed.status.code());
    assert_eq!(listed(&stage, &["--status", "orphan"]).len(), 3);
    assert_eq!(listed(&stage, &["--api", "events"]), ["declared events SEND orders/paid 0"]);

    // What is known of calls stands with the findings of their operations.
    stage.write("access.log", &lines(1));
    said(&stage, &["discover", "logs", "access.log", "--spec", "spec.yaml"]);
    let asked = [
        "review",
        "spec.yaml",
        "--rule",
        "unauthenticated-read",
        "--inventory",
        "palisade-data/inventory.db",
    ];
    let text = String::from_utf8(run(&stage, &asked).stdout).unwrap();
    let (first, second) = text.split_once("(called 30 times, last on 2026-11-27)").unwrap();
    assert!(!first.contains("called") && second.contains("(called 1 time, last on 2026-11-27)"), "{text}");
    let findings: Value =
        serde_json::from_slice(&run(&stage, &[&asked[..], &["--format", "json"]].concat()).stdout).unwrap();
    let requests: Vec<&str> = findings["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|finding| finding["evidence"]["requests"].as_str())
        .collect();
    assert_eq!(requests, ["30", "1"]);
}
