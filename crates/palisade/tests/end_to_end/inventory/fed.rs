//! The inventory that a running gateway tells of what it sees, however it ends.

use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::time::Instant;

use serde_json::{Value, json};

use super::{listed, run, said};
use crate::client::DEADLINE;
use crate::gateway::{Gateway, Signal};
use crate::stage::Stage;

fn stage() -> Stage {
    let mut stage = Stage::new();
    // The store is beside the config, the data folder where the program runs: here the same.
    stage.config["inventory"] =
        json!({ "store": { "file": "palisade-data/inventory.db" }, "interval": "100ms" });
    stage.config["controls"] = json!({ "undeclared": { "mode": "shadow" } });
    stage
}

fn ask(gateway: &Gateway, target: &str, count: usize) {
    for _ in 0..count {
        assert_eq!(gateway.get(target).status, 200, "{target}");
    }
}

/// Waits until an operation is listed; each look is a run of the program, which is pause enough.
fn wait_for(stage: &Stage, line: &str) {
    let deadline = Instant::now() + DEADLINE;
    loop {
        let is_there = stage.path("palisade-data/inventory.db").exists();
        let lines = if is_there && run(stage, &["inventory", "list"]).status.success() {
            listed(stage, &[])
        } else {
            Vec::new()
        };
        if lines.iter().any(|known| known == line) {
            return;
        }
        assert!(Instant::now() < deadline, "no `{line}` in {lines:?}");
    }
}

#[test]
fn what_the_gateway_sees_is_in_the_inventory_once_however_it_ends() {
    let stage = stage();
    let gateway = stage.start();
    wait_for(&stage, "orphan Orders GET /status 0");
    ask(&gateway, "/status?password=a&verbose=sesame", 3);
    ask(&gateway, "/debug?level=sesame&91e0c77a5f=1", 2);
    wait_for(&stage, "declared Orders GET /status 3");
    wait_for(&stage, "shadow api.example GET /debug 2");
    assert_eq!(gateway.metric("palisade_inventory_shadow_operations_total"), 1);
    ask(&gateway, "/status", 4);
    gateway.signal(Signal::KILL);
    gateway.wait();

    let gateway = stage.start();
    ask(&gateway, "/debug", 1);
    wait_for(&stage, "shadow api.example GET /debug 3");
    wait_for(&stage, "declared Orders GET /status 7");
    ask(&gateway, "/status", 1);
    gateway.stop();
    let end = listed(&stage, &[]);
    assert!(end.iter().any(|line| line == "declared Orders GET /status 8"), "{end:?}");

    let gaps = said(&stage, &["inventory", "gaps", "--kind", "undeclared-parameter", "--format", "csv"]);
    assert!(gaps.contains("`GET /status` is called with `verbose`, which it does not declare"), "{gaps}");
    let all = said(&stage, &["inventory", "list", "--format", "json"]);
    assert!(all.contains("\"level\""), "{all}");
    assert!(!all.contains("sesame") && !all.contains("91e0c77a5f"), "{all}");
}

#[test]
fn a_shadow_operation_is_told_while_the_gateway_runs() {
    let stage = stage();
    let gateway = stage.start();
    wait_for(&stage, "orphan Orders GET /status 0");
    let mut command = stage.command(&["inventory", "changes", "--follow", "--format", "json"]);
    let mut following = command.env_remove("PALISADE_INVENTORY").stdout(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(following.stdout.take().unwrap()).lines();
    ask(&gateway, "/forgotten", 1);
    let mut events = lines.map(|line| serde_json::from_str::<Value>(&line.unwrap()).unwrap());
    let shadow = events.find(|event| event["after"] == "shadow").unwrap();
    drop(events);
    ask(&gateway, "/another", 1);
    assert!(following.wait().unwrap().success(), "it ends where nobody reads any more");
    assert_eq!(shadow["operation"]["path"], "/forgotten");
    assert_eq!((&shadow["who"], &shadow["kind"]), (&json!("palisade run"), &json!("status")));
}

#[test]
fn a_gateway_whose_inventory_cannot_be_told_serves_all_the_same_and_says_so() {
    let mut stage = stage();
    stage.write("no-database", "text\n");
    stage.config["inventory"]["store"] = json!({ "file": "no-database/inventory.db" });
    let mut gateway = stage.start();
    gateway.wait_for("the inventory is not told");
    ask(&gateway, "/status", 1);
    drop(gateway);
    stage.config["inventory"]["store"] = json!({ "postgres": { "env": "PALISADE_NO_SUCH_URL" } });
    stage.write_config();
    let checked = stage.palisade(&["check", "-c", "palisade.yaml"]);
    assert_eq!(checked.status.code(), Some(2));
    let said = String::from_utf8_lossy(&checked.stdout).into_owned();
    assert!(said.contains("there is no environment variable `PALISADE_NO_SUCH_URL`"), "{said}");
}

#[test]
fn a_gateway_that_takes_over_goes_on_where_the_other_had_told_to() {
    let mut stage = stage();
    stage.config["inventory"]["interval"] = json!("2s");
    let mut last = stage.start();
    wait_for(&stage, "orphan Orders GET /status 0");
    for _ in 0..2 {
        ask(&last, "/status", 5);
        let next = Gateway::start(&mut stage.command(&["run", "-c", "palisade.yaml", "--take-over"]));
        ask(&next, "/status", 5);
        let (status, said) = last.wait();
        assert!(status.success(), "{said}");
        last = next;
    }
    last.stop();
    let end = listed(&stage, &[]);
    assert!(end.iter().any(|line| line == "declared Orders GET /status 20"), "{end:?}");
}
