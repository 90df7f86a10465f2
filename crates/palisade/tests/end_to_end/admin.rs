//! The admin listener of the running program, which nothing but itself answers for.

use serde_json::{Value, json};

use crate::client::{Client, get};
use crate::stage::Stage;

#[test]
fn counters_move_with_requests_and_a_reload_resets_none() {
    let stage = Stage::new();
    let mut gateway = stage.start();
    let forwarded =
        r#"palisade_requests_total{api="orders",method="GET",path="/status",verdict="forwarded"}"#;
    let refused = r#"palisade_refusals_total{api="orders",reason="unauthenticated"}"#;
    assert_eq!((gateway.metric(forwarded), gateway.metric(refused)), (0, 0));
    for _ in 0..3 {
        assert_eq!(gateway.get("/status").status, 200);
    }
    assert_eq!(gateway.get("/orders").status, 401);
    assert_eq!((gateway.metric(forwarded), gateway.metric(refused)), (3, 1));
    assert_eq!(gateway.metric("palisade_response_body_bytes_total"), 33);
    gateway.signal(crate::gateway::Signal::HUP);
    gateway.wait_for("reloaded");
    assert_eq!(gateway.get("/status").status, 200);
    assert_eq!((gateway.metric(forwarded), gateway.metric(refused)), (4, 1));
}

#[test]
fn the_snapshot_lists_operations_and_their_controls() {
    let mut stage = Stage::new();
    stage.config["controls"] = json!({ "scope": "shadow" });
    let mut gateway = stage.start();
    let page = gateway.page("/snapshot").json();
    assert_eq!((&page["schema_version"], &page["generation"]), (&json!(1), &json!(1)));
    let operations = page["apis"][0]["operations"].as_array().unwrap();
    let keys: Vec<&Value> = operations.iter().map(|operation| &operation["operation"]).collect();
    assert_eq!(keys.len(), 9);
    let orders = keys.iter().position(|key| key["method"] == "GET" && key["path"] == "/orders").unwrap();
    let controls = operations[orders]["controls"].as_array().unwrap();
    assert!(controls.contains(&json!({ "id": "jwt", "mode": "enforce" })), "{controls:?}");
    assert!(controls.contains(&json!({ "id": "scope", "mode": "shadow" })), "{controls:?}");
    let upload = keys.iter().position(|key| key["path"] == "/upload").unwrap();
    assert_eq!(operations[upload]["body_bytes_max"], 64);
    gateway.signal(crate::gateway::Signal::HUP);
    gateway.wait_for("reloaded");
    assert_eq!(gateway.page("/snapshot").json()["generation"], 2);
}

#[test]
fn it_answers_on_its_own_port_only_and_to_its_own_names_only() {
    let stage = Stage::new();
    let gateway = stage.start();
    for page in ["/healthz", "/readyz", "/metrics", "/snapshot"] {
        let answer = gateway.page(page);
        assert_eq!(answer.status, 200, "{page}: {answer:?}");
        let on_data_port = gateway.get(page);
        assert_eq!(on_data_port.problem(), "undeclared-operation", "{page}");
        let foreign = Client::connect(gateway.admin).ask(&get(page, &[]));
        assert_eq!(foreign.status, 421, "{page}: {foreign:?}");
        assert!(!String::from_utf8_lossy(&foreign.body).contains("orders"), "{foreign:?}");
    }
    assert!(stage.upstream.seen().is_empty());
    let on_admin_port =
        Client::connect(gateway.admin).ask(b"GET /status HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assert_eq!(on_admin_port.status, 404, "no request is forwarded from there");
    assert_eq!(stage.log().len(), 4);
}

#[test]
fn an_address_that_others_can_reach_must_be_meant() {
    let mut stage = Stage::new();
    stage.config["admin"] = json!({ "address": "0.0.0.0:0" });
    stage.write_config();
    let output = stage.palisade(&["run", "-c", "palisade.yaml"]);
    assert_eq!(output.status.code(), Some(3));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("is not loopback; set `admin.public` to mean it"), "{said}");
    stage.config["admin"]["public"] = true.into();
    assert_eq!(stage.start().get("/status").status, 200);
}
