//! A new process takes over from one that runs: no request is lost on the way, and none is missing in the log.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use serde_json::json;

use crate::client::{Client, get};
use crate::gateway::{Gateway, Signal};
use crate::stage::Stage;

/// Callers that open a connection for each request, and callers that keep theirs.
const CALLERS: usize = 4;
/// Requests that are answered between two take-overs, at least.
const REQUESTS: usize = 200;

/// Starts a gateway that takes over from the one that runs.
fn take_over(stage: &Stage) -> Gateway {
    Gateway::start(&mut stage.command(&["run", "-c", "palisade.yaml", "--take-over"]))
}

/// Asks until told to stop, on connections of its own; the ids of its requests.
fn ask(
    address: SocketAddr,
    caller: usize,
    keeps: bool,
    stop: &AtomicBool,
    answered: &AtomicUsize,
) -> Vec<String> {
    let mut ids = Vec::new();
    let mut kept = None;
    while !stop.load(Ordering::Relaxed) {
        let id = format!("caller-{caller}-{}", ids.len());
        let mut client = kept.take().unwrap_or_else(|| Client::connect(address));
        let answer = client.ask(&get("/status", &[("X-Request-Id", &id)]));
        assert_eq!(answer.status, 200, "{id}: {answer:?}");
        // Who is told that a connection ends opens another.
        if keeps && answer.field("connection") != Some("close") {
            kept = Some(client);
        }
        ids.push(id);
        answered.fetch_add(1, Ordering::Relaxed);
    }
    ids
}

fn wait_for_more(answered: &AtomicUsize) {
    let goal = answered.load(Ordering::Relaxed) + REQUESTS;
    while answered.load(Ordering::Relaxed) < goal {
        std::thread::yield_now();
    }
}

#[test]
fn two_take_overs_under_load_lose_no_request_and_no_record() {
    let mut stage = Stage::new();
    stage.config["workers"] = json!(2);
    let first = stage.start();
    let (address, admin) = (first.address(), first.admin);
    let (stop, answered) = (&AtomicBool::new(false), &AtomicUsize::new(0));
    let asked: Vec<String> = std::thread::scope(|scope| {
        let callers: Vec<_> = (0..2 * CALLERS)
            .map(|caller| scope.spawn(move || ask(address, caller, caller % 2 == 0, stop, answered)))
            .collect();
        let mut last = first;
        for _ in 0..2 {
            wait_for_more(answered);
            let next = take_over(&stage);
            assert_eq!((next.address(), next.admin), (address, admin));
            let (status, said) = last.wait();
            assert!(status.success() && said.contains("taken over"), "{status}: {said}");
            assert!(!said.contains("drain timeout"), "{said}");
            last = next;
        }
        wait_for_more(answered);
        stop.store(true, Ordering::Relaxed);
        let asked = callers.into_iter().flat_map(|caller| caller.join().unwrap()).collect();
        let said = last.stop();
        assert!(!said.contains("repaired"), "{said}");
        asked
    });
    let recorded: Vec<String> =
        stage.log().iter().map(|record| record["request_id"].as_str().unwrap().to_owned()).collect();
    assert_eq!(recorded.len(), asked.len(), "each is recorded once");
    assert_eq!(recorded.into_iter().collect::<BTreeSet<_>>(), asked.into_iter().collect::<BTreeSet<_>>());
}

#[test]
fn a_request_that_is_under_way_is_answered_by_the_one_that_has_it() {
    let stage = Stage::new();
    let first = stage.start();
    let mut waiting = Client::connect(first.address());
    waiting.send(&get("/slow", &[("X-Request-Id", "slow")]));
    stage.upstream.wait_for(1);
    let second = take_over(&stage);
    assert_eq!(second.get("/status").status, 200);
    assert_eq!(second.page("/readyz").status, 200);
    stage.upstream.release();
    assert_eq!(waiting.answer().status, 200);
    assert_eq!(first.wait().0.code(), Some(0));
    second.stop();
    assert_eq!(stage.record("slow")["response"]["status"], 200);
}

#[test]
fn one_that_cannot_start_takes_nothing_over() {
    let stage = Stage::new();
    let mut first = stage.start();
    let mode = |name: &str| stage.path(name).metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode("data/take-over"), 0o600);
    // An admin address that is not loopback is refused after all else was taken.
    let failed = stage.palisade(&["run", "-c", "palisade.yaml", "--take-over", "--admin", "0.0.0.0:0"]);
    assert_eq!(failed.status.code(), Some(3), "{failed:?}");
    first.wait_for("this one goes on");
    assert_eq!(first.get("/status").status, 200);
    let second = take_over(&stage);
    assert_eq!(first.wait().0.code(), Some(0));
    second.stop();
}

#[test]
fn where_nobody_runs_there_is_nothing_to_take_over() {
    let stage = Stage::new();
    stage.write_config();
    let run = || stage.palisade(&["run", "-c", "palisade.yaml", "--take-over"]);
    let said = |output: std::process::Output| String::from_utf8(output.stderr).unwrap();
    assert!(said(run()).contains("error: no gateway to take over from"), "{}", said(run()));
    assert!(said(run()).contains("\nhelp: name the data folder of the gateway that runs"), "{}", said(run()));
    let gateway = stage.start();
    gateway.signal(Signal::KILL);
    drop(gateway);
    assert!(said(run()).contains("error: no gateway to take over from"), "{}", said(run()));
}
