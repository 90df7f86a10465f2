//! What becomes of requests when the log takes no more records, and when it does again.

use std::time::Instant;

use serde_json::json;

use crate::client::{Client, DEADLINE, get};
use crate::gateway::Gateway;
use crate::stage::Stage;

const UNRECORDED: &str = "palisade_exchanges_unrecorded_total";

/// A gateway whose log can make no further segment: its folder is in another place.
fn stage(when_full: &str) -> (Stage, Gateway) {
    let mut stage = Stage::new();
    stage.config["data"] = json!({ "directory": "data", "segment": "256KiB", "when-full": when_full });
    let gateway = stage.start();
    std::fs::rename(stage.path("data/exchanges"), stage.path("data/away")).unwrap();
    (stage, gateway)
}

/// Asks until `is_over`, and returns how often that was.
fn ask_until(gateway: &Gateway, mut is_over: impl FnMut(u16) -> bool) -> usize {
    let mut client = Client::connect(gateway.address());
    let deadline = Instant::now() + DEADLINE;
    for asked in 1.. {
        assert!(Instant::now() < deadline, "asked {asked} times");
        if is_over(client.ask(&get("/status", &[])).status) {
            return asked;
        }
    }
    0
}

#[test]
fn a_request_that_cannot_be_recorded_is_refused_until_it_can_be() {
    let (stage, mut gateway) = stage("refuse");
    let asked = ask_until(&gateway, |status| status == 503);
    let answer = gateway.get("/status");
    assert_eq!(answer.problem(), "log-unavailable");
    assert_eq!(stage.upstream.seen().len(), asked - 1, "what is refused never reaches the backend");
    gateway.wait_for("no further log segment");
    let ready = gateway.page("/readyz");
    assert_eq!(ready.status, 503);
    assert!(ready.json()["reasons"][0].as_str().unwrap().starts_with("exchange log: "), "{ready:?}");

    std::fs::rename(stage.path("data/away"), stage.path("data/exchanges")).unwrap();
    ask_until(&gateway, |status| status == 200);
    let deadline = Instant::now() + DEADLINE;
    while gateway.page("/readyz").status != 200 {
        assert!(Instant::now() < deadline, "it is never ready again");
    }
    let served = stage.upstream.seen().len();
    let recorded = stage.log().iter().filter(|record| record["verdict"] == "forwarded").count();
    assert_eq!(recorded, served, "everything that was served is on record");
}

#[test]
fn a_request_that_cannot_be_recorded_is_served_and_counted_where_that_is_wanted() {
    let (stage, gateway) = stage("serve");
    ask_until(&gateway, |status| {
        assert_eq!(status, 200);
        gateway.metric(UNRECORDED) > 0
    });
    let (before, served) = (gateway.metric(UNRECORDED), stage.upstream.seen().len());
    assert_eq!(gateway.get("/status").status, 200);
    assert_eq!(gateway.metric(UNRECORDED), before + 1);
    assert_eq!(stage.upstream.seen().len(), served + 1);
    assert_eq!(gateway.page("/readyz").status, 503);
}

#[test]
fn the_oldest_records_go_when_the_log_is_as_large_as_it_may_be() {
    let mut stage = Stage::new();
    stage.config["data"] = json!({ "directory": "data", "segment": "256KiB", "bytes-max": "300KiB" });
    let gateway = stage.start();
    let first = gateway.get("/status").field("x-request-id").unwrap().to_owned();
    let mut count = 0;
    ask_until(&gateway, |_| {
        count += 1;
        // Segments are deleted in the background.
        count % 500 == 0 && stage.log().iter().all(|record| record["request_id"] != first)
    });
    let last = gateway.get("/status").field("x-request-id").unwrap().to_owned();
    stage.record(&last);
    gateway.stop();
    let bytes: u64 = stage.segments().iter().map(|path| path.metadata().unwrap().len()).sum();
    assert!(bytes < 1 << 20, "{bytes} bytes are kept");
}

#[test]
fn a_data_folder_that_cannot_be_made_stops_the_start() {
    let mut stage = Stage::new();
    stage.write("file", "no folder");
    stage.config["data"]["directory"] = "file/data".into();
    stage.write_config();
    let output = stage.palisade(&["run", "-c", "palisade.yaml"]);
    assert_eq!(output.status.code(), Some(3));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("file/data"), "{said}");
}
