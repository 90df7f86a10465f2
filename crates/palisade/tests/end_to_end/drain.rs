//! SIGTERM: what was begun is finished, nothing new is taken, and the end is a clean one.

use std::net::{SocketAddr, TcpStream};
use std::time::Instant;

use serde_json::json;

use crate::client::{Client, DEADLINE, get};
use crate::gateway::Signal;
use crate::stage::Stage;

/// Waits until nobody accepts connections on `address` any more.
fn wait_until_closed(address: SocketAddr) {
    let deadline = Instant::now() + DEADLINE;
    while TcpStream::connect(address).is_ok() {
        assert!(Instant::now() < deadline, "connections are still accepted");
        std::thread::yield_now();
    }
}

#[test]
fn requests_in_flight_are_finished_and_no_others_are_taken() {
    let stage = Stage::new();
    let mut gateway = stage.start();
    let mut idle = Client::connect(gateway.address());
    assert_eq!(idle.ask(&get("/status", &[])).status, 200);
    let mut waiting = Client::connect(gateway.address());
    waiting.send(&get("/slow", &[("X-Request-Id", "slow")]));
    let mut streaming = Client::connect(gateway.address());
    streaming.send(&get("/streamed", &[("X-Request-Id", "streamed")]));
    let head = streaming.head().unwrap();
    assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
    assert_eq!(streaming.take(6).unwrap(), b"first ");
    stage.upstream.wait_for(3);
    assert_eq!(gateway.page("/readyz").status, 200);

    gateway.signal(Signal::TERM);
    gateway.wait_for("stopping: ");
    assert_eq!(idle.rest(), b"", "an idle connection is closed");
    wait_until_closed(gateway.address());
    let ready = gateway.page("/readyz");
    assert_eq!((ready.status, &ready.json()["ready"]), (503, &json!(false)));
    assert_eq!(gateway.page("/healthz").status, 200, "it is alive while it drains");

    stage.upstream.release();
    let answer = waiting.answer();
    assert_eq!((answer.status, answer.body.as_slice()), (200, &b"slow"[..]));
    assert_eq!(waiting.rest(), b"");
    assert_eq!(streaming.take(5).unwrap(), b"after");
    let (status, said) = gateway.wait();
    assert_eq!(status.code(), Some(0), "{said}");
    for request_id in ["slow", "streamed"] {
        assert_eq!(stage.record(request_id)["response"]["status"], 200);
    }
    assert_eq!(stage.record("streamed")["aborted"], false);
}

#[test]
fn what_does_not_end_is_cut_at_the_drain_timeout() {
    let mut stage = Stage::new();
    stage.config["limits"] = json!({ "drain-timeout": "50ms" });
    let gateway = stage.start();
    let mut waiting = Client::connect(gateway.address());
    waiting.send(&get("/slow", &[]));
    stage.upstream.wait_for(1);
    gateway.signal(Signal::TERM);
    assert_eq!(waiting.rest(), b"");
    let (status, said) = gateway.wait();
    assert_eq!(status.code(), Some(0), "{said}");
    assert!(said.contains("cut at the drain timeout"), "{said}");
}

#[test]
fn an_interrupt_from_the_keyboard_stops_it_as_well() {
    let stage = Stage::new();
    let gateway = stage.start();
    gateway.signal(Signal::INT);
    assert_eq!(gateway.wait().0.code(), Some(0));
}
