//! Loading again while requests come: open connections see the new rules, and what cannot be used changes nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use serde_json::json;

use crate::client::{Client, get};
use crate::gateway::{Gateway, Signal};
use crate::issuer::fresh_key;
use crate::stage::{SPEC, Stage};

/// Connections of the load.
const CALLERS: usize = 4;

/// Asks for `/status` on open connections until it is ended.
struct Load {
    is_over: Arc<AtomicBool>,
    callers: Vec<JoinHandle<usize>>,
}

impl Load {
    fn start(gateway: &Gateway) -> Load {
        let is_over = Arc::new(AtomicBool::new(false));
        let call = |_| {
            let (mut client, is_over) = (Client::connect(gateway.address()), Arc::clone(&is_over));
            std::thread::spawn(move || {
                let mut answers = 0;
                while !is_over.load(Ordering::Relaxed) {
                    let answer = client.ask(&get("/status", &[]));
                    assert_eq!(answer.status, 200, "{answer:?}");
                    assert_eq!(answer.field("connection"), None, "{answer:?}");
                    answers += 1;
                }
                answers
            })
        };
        let callers = (0..CALLERS).map(call).collect();
        Load { is_over, callers }
    }

    /// Every request of every connection was answered with 200, and no connection ended.
    fn end(self) {
        self.is_over.store(true, Ordering::Relaxed);
        for caller in self.callers {
            assert!(caller.join().unwrap() > 0);
        }
    }
}

fn spec_with(path: &str) -> String {
    SPEC.replace(
        "  /status:\n",
        &format!("  {path}:\n    get: {{ security: [], responses: {{}} }}\n  /status:\n"),
    )
}

#[test]
fn a_signal_reloads_everything_and_open_connections_see_it_at_once() {
    let stage = Stage::new();
    let mut gateway = stage.start();
    let mut open = Client::connect(gateway.address());
    assert_eq!(open.ask(&get("/added", &[])).status, 404);
    let load = Load::start(&gateway);

    stage.write("openapi.yaml", &spec_with("/added"));
    gateway.signal(Signal::HUP);
    gateway.wait_for("reloading: SIGHUP");
    gateway.wait_for("reloaded");
    assert_eq!(open.ask(&get("/added", &[])).status, 200);

    stage.write("openapi.yaml", SPEC);
    gateway.signal(Signal::HUP);
    gateway.wait_for("reloading: SIGHUP");
    gateway.wait_for("reloaded");
    assert_eq!(open.ask(&get("/added", &[])).problem(), "undeclared-operation");
    load.end();
}

#[test]
fn a_changed_file_is_enough_whichever_it_is() {
    let mut stage = Stage::new();
    let mut gateway = stage.start();
    let load = Load::start(&gateway);
    let mut open = Client::connect(gateway.address());
    let old = stage.issuer.bearer("orders:read");
    let ask_with = |open: &mut Client, bearer: &str| open.ask(&get("/orders", &[("Authorization", bearer)]));
    assert_eq!(ask_with(&mut open, &old).status, 200);

    stage.write("openapi.yaml", &spec_with("/added"));
    gateway.wait_for("reloading: openapi.yaml changed");
    gateway.wait_for("reloaded");
    assert_eq!(open.ask(&get("/added", &[])).status, 200);

    stage.issuer.key = fresh_key("second");
    let new = stage.issuer.bearer("orders:read");
    assert_eq!(ask_with(&mut open, &new).problem(), "invalid-token");
    stage.write("jwks.json", &stage.issuer.key_set());
    gateway.wait_for("reloading: jwks.json changed");
    gateway.wait_for("reloaded");
    assert_eq!(ask_with(&mut open, &new).status, 200);
    assert_eq!(ask_with(&mut open, &old).problem(), "invalid-token");

    assert_eq!(open.ask(&get("/secret", &[])).status, 404);
    stage.config["controls"] = json!({ "undeclared": "shadow", "jwt": "shadow", "scope": "shadow" });
    stage.write_config();
    gateway.wait_for("reloading: palisade.yaml changed");
    gateway.wait_for("reloaded");
    assert_eq!(open.ask(&get("/secret", &[])).status, 200);
    load.end();
}

#[test]
fn a_file_that_cannot_be_used_changes_nothing_and_is_pointed_at() {
    let stage = Stage::new();
    let mut gateway = stage.start();
    let load = Load::start(&gateway);
    let mut open = Client::connect(gateway.address());

    let bad_spec = SPEC.replace("limit, in: query", "limit, in: nowhere");
    let line = 1 + SPEC.lines().position(|line| line.contains("name: limit")).unwrap();
    let bad_config =
        serde_json::to_string_pretty(&stage.config).unwrap().replace("\"workers\"", "\"werkers\"");
    let config_line = 1 + bad_config.lines().position(|line| line.contains("werkers")).unwrap();
    let good_config = serde_json::to_string_pretty(&stage.config).unwrap();
    let cases = [
        ("openapi.yaml", bad_spec.as_str(), format!("openapi.yaml:{line}:"), SPEC),
        ("palisade.yaml", &bad_config, format!("palisade.yaml:{config_line}:"), &good_config),
    ];
    for (file, bad, position, good) in cases {
        stage.write(file, bad);
        gateway.wait_for(&position);
        gateway.wait_for("nothing was changed; the last good config stays in force");
        assert_eq!(open.ask(&get("/status", &[])).status, 200);
        assert_eq!(open.ask(&get("/secret", &[])).status, 404);
        stage.write(file, good);
        gateway.wait_for("reloaded");
        assert_eq!(gateway.page("/healthz").status, 200);
    }
    assert!(
        gateway.said().contains("did you mean") || gateway.said().contains("workers"),
        "{}",
        gateway.said()
    );
    load.end();
}

#[test]
fn keys_that_cannot_be_read_any_more_leave_the_old_ones_in_force() {
    let stage = Stage::new();
    let mut gateway = stage.start();
    let bearer = stage.issuer.bearer("orders:read");
    stage.write("jwks.json", "{ \"keys\": [");
    gateway.wait_for("reloading: jwks.json changed");
    gateway.wait_for("the last ones stay in use");
    gateway.wait_for("reloaded");
    let answer = gateway.ask(&get("/orders", &[("Authorization", &bearer)]));
    assert_eq!(answer.status, 200, "{answer:?}\n{}", gateway.said());
}
