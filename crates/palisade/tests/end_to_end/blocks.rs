//! Blocks in an incident: set and lifted over the admin listener, at once, and still there after a restart.

use std::os::unix::fs::PermissionsExt;

use aws_lc_rs::digest::{SHA256, digest};
use serde_json::{Value, json};

use crate::client::{Answer, Client, get};
use crate::gateway::{Gateway, Signal};
use crate::stage::Stage;

const KEY: &str = "the-key-of-the-shop-0123456789";

/// A stage with an API client `shop`, and requests that are from whom `X-Forwarded-For` says.
fn stage() -> Stage {
    let mut stage = Stage::new();
    let hex: String =
        digest(&SHA256, KEY.as_bytes()).as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    stage.config["identity"]["api-keys"] = json!({ "clients": [{ "name": "shop", "sha256": hex }] });
    stage.config["listen"][0]["proxies"] = json!({ "trusted": ["127.0.0.1"], "client": "x-forwarded-for" });
    stage
}

/// Sends a change to the admin listener; its answer.
fn change(gateway: &Gateway, line: &str, body: &Value) -> Answer {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let fields = "Host: localhost\r\nContent-Type: application/json";
    let request = format!("{line} HTTP/1.1\r\n{fields}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    Client::connect(gateway.admin).ask(request.as_bytes())
}

fn set(gateway: &Gateway, block: &Value) -> u64 {
    let answer = change(gateway, "POST /blocks", block);
    assert_eq!(answer.status, 201, "{answer:?}");
    answer.json()["id"].as_u64().unwrap()
}

fn lift(gateway: &Gateway, id: u64) {
    assert_eq!(change(gateway, &format!("DELETE /blocks/{id}"), &Value::Null).status, 204);
}

/// One block over an open connection: the request that it is about, and one that it is not about.
#[track_caller]
fn check(gateway: &Gateway, block: &Value, blocked: &[u8], other: &[u8]) {
    let mut client = Client::connect(gateway.address());
    assert_eq!(client.ask(blocked).status, 200, "{block}");
    let id = set(gateway, block);
    let answer = client.ask(blocked);
    assert_eq!((answer.status, answer.problem().as_str()), (403, "blocked"), "{block}");
    let told = format!("{answer:?}");
    assert!(!told.contains("incident 7") && !told.contains("night shift"), "{told}");
    assert_eq!(client.ask(other).status, 200, "{block}");
    lift(gateway, id);
    assert_eq!(client.ask(blocked).status, 200, "{block}");
}

#[test]
fn a_block_counts_at_once_on_open_connections_until_it_is_lifted() {
    let stage = stage();
    let gateway = stage.start();
    let from = |address: &str| get("/status", &[("X-Forwarded-For", address)]);
    let bearer = stage.issuer.bearer("orders:read");
    let as_alice = get("/orders", &[("Authorization", &bearer)]);
    let as_shop = get("/partner", &[("X-Api-Key", KEY)]);
    let block = |key: &str, value: &str| json!({ key: value, "reason": "incident 7", "by": "night shift" });
    check(&gateway, &block("address", "192.0.2.7"), &from("192.0.2.7"), &from("192.0.2.8"));
    check(&gateway, &block("address", "2001:db8::/32"), &from("2001:db8:1::1"), &from("2001:db9::1"));
    check(&gateway, &block("principal", "alice"), &as_alice, &as_shop);
    check(&gateway, &block("client", "shop"), &as_shop, &as_alice);
    assert_eq!(gateway.metric(r#"palisade_refusals_total{api="orders",reason="blocked"}"#), 4);
    gateway.stop();
    let denied: Vec<Value> =
        stage.log().iter().filter(|record| record["response"]["status"] == 403).cloned().collect();
    let details: Vec<&str> =
        denied.iter().map(|record| record["denial"]["detail"].as_str().unwrap()).collect();
    let said = |what: &str| format!("the {what} is blocked by night shift: incident 7");
    assert_eq!(details, ["address", "address", "principal", "client"].map(said));
    for record in &denied {
        assert_eq!(
            (&record["denial"]["control"], &record["denial"]["reason"]),
            (&json!("block"), &json!("blocked"))
        );
    }
    assert_eq!(denied[2]["principal"]["id"], "alice");
    assert_eq!(stage.upstream.seen().len(), 12, "no backend sees a blocked request");
}

#[test]
fn blocks_outlive_reload_death_and_restart() {
    let mut stage = stage();
    let far = "2100-01-01T00:00:00Z";
    let past = json!({ "client": "shop", "reason": "over", "until": "2001-01-01T00:00:00Z" });
    stage.config["blocks"] =
        json!([{ "address": "198.51.100.0/24", "reason": "floods", "until": far }, past]);
    let mut gateway = stage.start();
    let status = |gateway: &Gateway, address: &str| {
        gateway.ask(&get("/status", &[("X-Forwarded-For", address)])).status
    };
    let statuses = |gateway: &Gateway| {
        ["192.0.2.7", "198.51.100.9", "192.0.2.8"].map(|address| status(gateway, address))
    };
    assert_eq!(statuses(&gateway), [200, 403, 200]);
    assert_eq!(gateway.ask(&get("/partner", &[("X-Api-Key", KEY)])).status, 200, "that block is over");
    assert_eq!(change(&gateway, "POST /blocks", &past).status, 400);
    let id = set(&gateway, &json!({ "address": "192.0.2.7", "reason": "probes", "until": far }));
    assert_eq!(statuses(&gateway), [403, 403, 200]);
    gateway.signal(Signal::HUP);
    gateway.wait_for("reloaded");
    assert_eq!(statuses(&gateway), [403, 403, 200]);
    let file = stage.path("data/blocks/blocks.json");
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    gateway.signal(Signal::KILL);
    assert!(!gateway.wait().0.success());

    stage.config["blocks"] = json!([]);
    let gateway = stage.start();
    assert_eq!(statuses(&gateway), [403, 200, 200], "the config no longer says so");
    let page = gateway.page("/blocks").json();
    let kept = json!({
        "id": id, "source": "admin", "address": "192.0.2.7/32", "reason": "probes", "until": "2100-01-01T00:00:00.000000Z",
    });
    assert_eq!(page["blocks"], json!([kept]));
    let explained = |address: &str| {
        let arguments =
            ["explain", "-c", "palisade.yaml", "--format", "json", "--ip", address, "GET", "/status"];
        let output = stage.palisade(&arguments);
        serde_json::from_slice::<Value>(&output.stdout).unwrap()["denial"].clone()
    };
    let denial =
        json!({ "reason": "blocked", "control": "block", "detail": "the address is blocked: probes" });
    assert_eq!((explained("192.0.2.7"), explained("192.0.2.8")), (denial, Value::Null));
    lift(&gateway, id);
    assert_eq!(statuses(&gateway), [200, 200, 200]);
    gateway.stop();
    assert_eq!(statuses(&stage.start()), [200, 200, 200], "what was lifted does not come back");
}

#[test]
fn a_file_of_blocks_that_cannot_be_read_stops_the_start() {
    let stage = stage();
    std::fs::create_dir_all(stage.path("data/blocks")).unwrap();
    stage.write("data/blocks/blocks.json", "{ torn");
    stage.write_config();
    for arguments in
        [&["run", "-c", "palisade.yaml"][..], &["explain", "-c", "palisade.yaml", "GET", "/status"]]
    {
        let output = stage.palisade(arguments);
        assert_eq!(output.status.code(), Some(3), "{output:?}");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(said.contains("data/blocks/blocks.json"), "{said}");
    }
}

#[test]
fn a_list_blocks_its_networks_and_is_loaded_again_when_it_changes() {
    let mut stage = stage();
    stage.config["block-lists"] = json!([{ "file": "drop.txt", "reason": "of bad name" }]);
    stage.write("drop.txt", "; a list\n192.0.2.0/24 ; one\n");
    let mut gateway = stage.start();
    let statuses = |gateway: &Gateway| {
        ["192.0.2.7", "198.51.100.9"]
            .map(|address| gateway.ask(&get("/status", &[("X-Forwarded-For", address)])).status)
    };
    assert_eq!(statuses(&gateway), [403, 200]);
    stage.write("drop.txt", "198.51.100.0/24\nnot a network\n");
    gateway.wait_for("`not a network` in line 2");
    assert_eq!(statuses(&gateway), [403, 200], "a list that cannot be read changes nothing");
    stage.write("drop.txt", "198.51.100.0/24\n");
    gateway.wait_for("reloaded");
    assert_eq!(statuses(&gateway), [200, 403]);
    gateway.stop();
    let details: Vec<Value> = stage
        .log()
        .iter()
        .filter_map(|record| record.get("denial").map(|denial| denial["detail"].clone()))
        .collect();
    assert_eq!(details[0], "the address is blocked by drop.txt: of bad name");
}
