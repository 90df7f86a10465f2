//! What was answered stays on record, however the process ends.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::mpsc::{Sender, channel};

use crate::client::{Client, DEADLINE, get};
use crate::gateway::Signal;
use crate::stage::Stage;

/// Connections of the load.
const CALLERS: usize = 4;

/// Answers that are awaited before the process is killed under load.
const ANSWERS_MIN: usize = 400;

/// Asks again and again until the connection breaks, and reports each request whose answer came whole.
fn call(address: SocketAddr, caller: usize, answered: &Sender<String>) {
    let mut client = Client::connect(address);
    for number in 0.. {
        let id = format!("caller-{caller}-{number}");
        // Every other request is refused: refusals are answers too.
        let target = if number % 2 == 0 { "/status" } else { "/secret" };
        let is_sent = client.try_send(&get(target, &[("X-Request-Id", &id)]));
        let Some(answer) = client.try_answer().filter(|_| is_sent) else { return };
        assert_eq!(answer.field("x-request-id"), Some(id.as_str()));
        answered.send(id).unwrap();
    }
}

/// Runs load against a gateway and kills it in the middle; the ids of all requests that were answered.
fn answered_before_the_kill(stage: &Stage) -> BTreeSet<String> {
    let gateway = stage.start();
    let address = gateway.address();
    let (sender, answers) = channel();
    let callers: Vec<_> = (0..CALLERS)
        .map(|caller| {
            let sender = sender.clone();
            std::thread::spawn(move || call(address, caller, &sender))
        })
        .collect();
    drop(sender);
    let mut answered: BTreeSet<String> =
        (0..ANSWERS_MIN).map(|_| answers.recv_timeout(DEADLINE).unwrap()).collect();
    gateway.signal(Signal::KILL);
    callers.into_iter().for_each(|caller| caller.join().unwrap());
    assert!(!gateway.wait().0.success());
    answered.extend(answers.iter());
    answered
}

fn recorded(stage: &Stage) -> BTreeSet<String> {
    let records = stage.log();
    let ids: BTreeSet<String> =
        records.iter().map(|record| record["request_id"].as_str().unwrap().to_owned()).collect();
    assert_eq!(ids.len(), records.len(), "a request has one record");
    ids
}

/// Cuts the last record of a segment that was being written in two; the number of bytes that are left of it is unknown.
fn tear(segment: &Path) {
    let mut bytes = std::fs::read(segment).unwrap();
    let end = bytes.iter().rposition(|&byte| byte != 0).unwrap() + 1;
    bytes[end - 20..end].fill(0);
    std::fs::write(segment, bytes).unwrap();
}

/// The segment in which most was written.
fn fullest(stage: &Stage) -> std::path::PathBuf {
    let used = |path: &std::path::PathBuf| {
        std::fs::read(path).unwrap().iter().rposition(|&byte| byte != 0).unwrap_or(0)
    };
    stage.segments().into_iter().max_by_key(used).unwrap()
}

#[test]
fn every_answer_that_a_caller_saw_is_on_record_after_kill_9_under_load() {
    let mut stage = Stage::new();
    stage.config["workers"] = 2.into();
    let answered = answered_before_the_kill(&stage);
    assert!(answered.len() >= ANSWERS_MIN);
    let missing: Vec<_> = answered.difference(&recorded(&stage)).cloned().collect();
    assert_eq!(missing, [""; 0], "answered, and not on record");

    let gateway = stage.start();
    let after = gateway.get("/status");
    assert_eq!(after.status, 200);
    let recorded = recorded(&stage);
    assert!(recorded.is_superset(&answered), "a restart loses nothing");
    assert!(recorded.contains(after.field("x-request-id").unwrap()), "and goes on");
}

#[test]
fn a_torn_record_is_cut_off_at_the_next_start_and_the_start_says_so() {
    let stage = Stage::new();
    answered_before_the_kill(&stage);
    let before = recorded(&stage);
    let segment = fullest(&stage);
    tear(&segment);

    let mut gateway = stage.start();
    let said = gateway.said().to_owned();
    let (torn, whole): (Vec<&str>, Vec<&str>) = said
        .lines()
        .filter(|line| line.starts_with("repaired "))
        .partition(|line| line.contains(segment.file_name().unwrap().to_str().unwrap()));
    assert_eq!(torn.len(), 1, "{said}");
    assert!(torn[0].ends_with(" bytes of a torn record were cut off"), "{said}");
    assert!(whole.iter().all(|line| line.ends_with(" records kept")), "{said}");
    assert_eq!(gateway.get("/status").status, 200);
    drop(gateway);

    let after = recorded(&stage);
    let lost = before.difference(&after).count();
    // The torn record is an exchange or the end of its answer.
    assert!(lost <= 1, "{lost} records are gone with one torn");
}

#[test]
fn two_gateways_never_share_a_data_folder() {
    let stage = Stage::new();
    let gateway = stage.start();
    let output = stage.palisade(&["run", "-c", "palisade.yaml"]);
    assert_eq!(output.status.code(), Some(3));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("error: "), "{said}");
    assert!(said.contains("data/exchanges"), "{said}");
    assert_eq!(gateway.get("/status").status, 200, "the first is not disturbed");
}
