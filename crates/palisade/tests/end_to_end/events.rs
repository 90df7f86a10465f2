//! Event streams through the program: each event passes as it comes, for as long as the stream's own limits say.

use serde_json::json;

use crate::client::{Client, get};
use crate::gateway::Gateway;
use crate::stage::{SPEC, Stage};

/// The API with an event stream, under these limits.
fn stage(limits: serde_json::Value) -> Stage {
    let mut stage = Stage::new();
    let events =
        "  /events:\n    get: { security: [], responses: { \"200\": { description: ok } } }\n  /slow:\n";
    stage.write("openapi.yaml", &SPEC.replacen("  /slow:\n", events, 1));
    stage.config["limits"] = limits;
    stage
}

/// A stream whose first event has come.
fn open(gateway: &Gateway) -> Client {
    let mut client = Client::connect(gateway.address());
    client.send(&get("/events", &[("X-Request-Id", "events")]));
    let head = client.head().unwrap();
    assert!(head.starts_with("HTTP/1.1 200 ") && head.contains("text/event-stream"), "{head}");
    assert_eq!(client.take(14).unwrap(), b"9\r\ndata: 1\n\n\r\n");
    client
}

#[test]
fn an_event_may_be_awaited_for_longer_than_other_bytes() {
    let stage = stage(json!({ "body-idle-timeout": "50ms" }));
    let gateway = stage.start();
    let mut events = open(&gateway);
    assert_eq!(gateway.metric("palisade_event_streams"), 1);
    let mut other = Client::connect(gateway.address());
    other.send(&get("/streamed", &[]));
    // Begun later and cut already.
    assert!(other.rest().ends_with(b"first "));
    stage.upstream.release();
    assert_eq!(events.take(19).unwrap(), b"9\r\ndata: 2\n\n\r\n0\r\n\r\n");
    gateway.stop();
    assert_eq!(stage.record("events")["aborted"], false);
}

#[test]
fn a_stream_ends_when_no_event_comes_or_when_it_is_too_old() {
    for limit in ["stream-idle-timeout", "stream-lifetime-max"] {
        let stage = stage(json!({ limit: "50ms" }));
        let gateway = stage.start();
        assert_eq!(open(&gateway).rest(), b"", "{limit}");
        gateway.stop();
        assert_eq!(stage.record("events")["aborted"], true, "{limit}");
    }
}
