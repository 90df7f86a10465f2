//! Callers who leave before they are answered: what they did is on record all the same.

use bytes::Bytes;
use http_body_util::Empty;
use hyper::client::conn::http2::handshake;
use hyper_util::rt::{TokioExecutor, TokioIo};

use crate::client::{Client, get, request};
use crate::stage::Stage;

/// Waits until the request is on record, lets the backend answer it after all, and looks at the record.
fn check(stage: &Stage, gateway: crate::gateway::Gateway, verdict: &str) {
    stage.wait_for_record("departed");
    stage.upstream.release();
    gateway.stop();
    let record = stage.record("departed");
    assert_eq!(record["verdict"], verdict, "{record}");
    assert_eq!(record["response"]["status"], 499, "{record}");
    assert_eq!(record["denial"], serde_json::Value::Null, "{record}");
}

#[test]
fn a_request_that_the_backend_has_is_on_record_though_its_caller_left() {
    let stage = Stage::new();
    let gateway = stage.start();
    let mut client = Client::connect(gateway.address());
    client.send(&get("/slow", &[("X-Request-Id", "departed")]));
    stage.upstream.wait_for(1);
    drop(client);
    check(&stage, gateway, "forwarded");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_stream_that_is_reset_is_on_record() {
    let stage = Stage::new();
    let gateway = stage.start();
    let stream = tokio::net::TcpStream::connect(gateway.address()).await.unwrap();
    let (mut sender, connection) =
        handshake::<_, _, Empty<Bytes>>(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    // How it ends is of no interest.
    tokio::spawn(async move { drop(connection.await) });
    let request = http::Request::get("http://a.example/slow").header("x-request-id", "departed");
    let answer = sender.send_request(request.body(Empty::new()).unwrap());
    let answer = tokio::spawn(answer);
    stage.upstream.wait_for(1);
    // Dropping what waits for the answer resets the stream.
    answer.abort();
    assert!(answer.await.unwrap_err().is_cancelled());
    // The connection outlives the stream, and its requests are in order.
    let next = http::Request::get("http://a.example/status").body(Empty::new()).unwrap();
    assert_eq!(sender.send_request(next).await.unwrap().status(), 200);
    check(&stage, gateway, "forwarded");
}

#[test]
fn a_request_that_was_being_judged_is_on_record_too() {
    let stage = Stage::new();
    let gateway = stage.start();
    let bearer = stage.issuer.bearer("orders:write");
    let fields = [
        ("Authorization", bearer.as_str()),
        ("Content-Type", "application/json"),
        ("Content-Length", "100"),
        ("Expect", "100-continue"),
        ("X-Request-Id", "departed"),
    ];
    let mut client = Client::connect(gateway.address());
    client.send(&request("POST", "/orders", &fields, b""));
    // It is judged by its head alone so far: the body is asked for.
    assert!(client.head().unwrap().starts_with("HTTP/1.1 100 "));
    drop(client);
    gateway.stop();
    let record = stage.record("departed");
    assert_eq!(record["verdict"], "refused", "{record}");
    assert_eq!(record["principal"]["id"], "alice", "{record}");
    assert_eq!(stage.upstream.seen().len(), 0);
}
