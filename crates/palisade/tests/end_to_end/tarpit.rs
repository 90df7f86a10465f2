//! Answers that wait: how long, how many, and that neither workers nor a stop wait with them.

use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::Empty;
use hyper::client::conn::http2::handshake;
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde_json::json;

use crate::client::{Client, get};
use crate::stage::Stage;

/// Longer than any test may take.
const LONG: &str = "60s";

/// A stage with one worker, on which the first refusal of an address is answered at once and others wait.
fn stage(delay: &str, delayed_max: u32) -> Stage {
    let mut stage = Stage::new();
    stage.config["limits"] = json!({ "delayed-max": delayed_max });
    stage.config["listen"][0]["proxies"] = json!({ "trusted": ["127.0.0.1"], "client": "x-forwarded-for" });
    stage.config["apis"][0]["controls"] =
        json!({ "tarpit": { "rate": "1/h", "delay": delay, "delay-max": delay } });
    stage
}

fn scan(address: &str, request_id: &str) -> Vec<u8> {
    get("/.env", &[("X-Forwarded-For", address), ("X-Request-Id", request_id)])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn an_answer_waits_over_either_protocol_and_is_the_same() {
    let stage = stage("300ms", 8);
    let gateway = stage.start();
    let mut client = Client::connect(gateway.address());
    let first = client.ask(&scan("192.0.2.1", "first"));
    let begun = Instant::now();
    let second = client.ask(&scan("192.0.2.1", "second"));
    assert!(begun.elapsed() >= Duration::from_millis(300));
    assert_eq!((first.status, second.status), (404, 404));
    let names = |head: &str| -> Vec<String> {
        head.lines().skip(1).filter_map(|line| Some(line.split_once(':')?.0.to_owned())).collect()
    };
    assert_eq!(names(&first.head), names(&second.head), "nothing says that it waited");
    // The connection goes on, and what is let through does not wait.
    assert_eq!(client.ask(&get("/status", &[("X-Forwarded-For", "192.0.2.1")])).status, 200);

    let stream = tokio::net::TcpStream::connect(gateway.address()).await.unwrap();
    let (mut sender, connection) =
        handshake::<_, _, Empty<Bytes>>(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    // How it ends is of no interest.
    tokio::spawn(async move { drop(connection.await) });
    let begun = Instant::now();
    let request = http::Request::get("http://a.example/.env").header("x-forwarded-for", "192.0.2.1");
    let answer = sender.send_request(request.body(Empty::new()).unwrap()).await.unwrap();
    assert_eq!(answer.status(), 404);
    assert!(begun.elapsed() >= Duration::from_millis(300));
    assert_eq!(gateway.metric("palisade_answers_delayed_total"), 2);
    gateway.stop();
    let outcome = |request_id: &str| {
        let record = stage.record(request_id);
        let controls = record["controls"].as_array().unwrap().clone();
        let own = controls.into_iter().find(|control| control["id"] == "tarpit").unwrap();
        (record["denial"]["reason"].as_str().unwrap().to_owned(), own["outcome"].as_str().unwrap().to_owned())
    };
    assert_eq!(outcome("first"), ("undeclared-operation".to_owned(), "allowed".to_owned()));
    assert_eq!(outcome("second"), ("undeclared-operation".to_owned(), "changed".to_owned()));
}

#[test]
fn no_worker_and_no_stop_waits_with_it_and_its_record_stands_before() {
    let stage = stage(LONG, 8);
    let gateway = stage.start();
    assert_eq!(gateway.ask(&scan("192.0.2.1", "first")).status, 404);
    let mut waiting = Client::connect(gateway.address());
    waiting.send(&scan("192.0.2.1", "second"));
    stage.wait_for_record("second");
    // The one worker serves others, the same address among them.
    for address in ["192.0.2.1", "192.0.2.2"] {
        assert_eq!(gateway.ask(&get("/status", &[("X-Forwarded-For", address)])).status, 200);
    }
    assert_eq!(gateway.ask(&scan("192.0.2.2", "other")).status, 404);
    // Whoever leaves meanwhile gives the place back.
    let mut hasty = Client::connect(gateway.address());
    hasty.send(&scan("192.0.2.2", "hasty"));
    stage.wait_for_record("hasty");
    drop(hasty);
    let begun = Instant::now();
    gateway.stop();
    assert!(begun.elapsed() < Duration::from_secs(30), "it is not drained");
    assert_eq!(waiting.answer().status, 404, "it is answered when the gateway stops");
}

#[test]
fn beyond_so_many_that_wait_answers_leave_at_once() {
    let stage = stage(LONG, 1);
    let gateway = stage.start();
    assert_eq!(gateway.ask(&scan("192.0.2.1", "first")).status, 404);
    let mut waiting = Client::connect(gateway.address());
    waiting.send(&scan("192.0.2.1", "waits"));
    stage.wait_for_record("waits");
    assert_eq!(gateway.ask(&scan("192.0.2.1", "third")).status, 404, "there is no place for it");
    assert_eq!(gateway.metric("palisade_answers_delayed_total"), 1);
    gateway.stop();
    assert_eq!(waiting.answer().status, 404);
}
