//! Several backends: who gets a request, who is left alone, and what is sent again.

use std::net::TcpListener;

use serde_json::json;

use crate::client::{get, request};
use crate::stage::Stage;
use crate::upstream::Upstream;

/// An address at which nobody listens.
fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

fn url(upstream: &Upstream) -> String {
    format!("http://{}", upstream.address)
}

#[test]
fn requests_go_round_over_all_backends() {
    let mut stage = Stage::new();
    let second = Upstream::start();
    stage.config["apis"][0]["upstream"] = json!({ "urls": [url(&stage.upstream), url(&second)] });
    let gateway = stage.start();
    for _ in 0..6 {
        assert_eq!(gateway.get("/status").status, 200);
    }
    gateway.stop();
    assert_eq!((stage.upstream.seen().len(), second.seen().len()), (3, 3));
}

#[test]
fn a_request_that_reached_nobody_goes_to_another_backend_whatever_its_method() {
    let mut stage = Stage::new();
    let urls = [nobody(), url(&stage.upstream)];
    stage.config["apis"][0]["upstream"] = json!({ "urls": urls, "retries": 1 });
    let gateway = stage.start();
    let upload = request("POST", "/upload", &[("Content-Type", "application/octet-stream")], b"once");
    for _ in 0..4 {
        assert_eq!(gateway.ask(&upload).status, 200);
    }
    gateway.stop();
    let bodies: Vec<_> = stage.upstream.seen().into_iter().map(|seen| seen.body).collect();
    assert_eq!(bodies, [b"once"; 4]);
}

#[test]
fn without_retries_a_failure_is_the_caller_s_to_know() {
    let mut stage = Stage::new();
    let urls = [nobody(), url(&stage.upstream)];
    stage.config["apis"][0]["upstream"] = json!({ "urls": urls });
    let gateway = stage.start();
    let mut statuses: Vec<u16> = (0..4).map(|_| gateway.get("/status").status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 200, 502, 502]);
    gateway.stop();
}

#[test]
fn a_backend_that_fails_is_left_alone() {
    let mut stage = Stage::new();
    let urls = [nobody(), url(&stage.upstream)];
    stage.config["apis"][0]["upstream"] =
        json!({ "urls": urls, "ejection": { "failures": 2, "time": "1h" } });
    let gateway = stage.start();
    let statuses: Vec<u16> = (0..12).map(|_| gateway.get("/status").status).collect();
    assert_eq!(statuses.iter().filter(|&&status| status == 502).count(), 2, "{statuses:?}");
    assert!(statuses[5..].iter().all(|&status| status == 200), "{statuses:?}");
    gateway.stop();
}

#[test]
fn where_no_backend_is_left_callers_are_told_at_once() {
    let mut stage = Stage::new();
    stage.config["apis"][0]["upstream"] =
        json!({ "url": nobody(), "ejection": { "failures": 1, "time": "1h" } });
    let gateway = stage.start();
    assert_eq!(gateway.get("/status").problem(), "upstream-unreachable");
    let refused = gateway.ask(&get("/status", &[("X-Request-Id", "second")]));
    assert_eq!((refused.status, refused.problem().as_str()), (503, "upstream-unavailable"));
    assert_eq!(refused.field("retry-after"), Some("1"));
    gateway.stop();
    assert_eq!(stage.record("second")["denial"]["control"], "upstream");
}

#[test]
fn what_may_have_been_done_is_not_sent_again() {
    let mut stage = Stage::new();
    stage.config["apis"][0]["upstream"] = json!({ "url": url(&stage.upstream), "retries": 3 });
    let gateway = stage.start();
    // Its answer is none, but something came.
    assert_eq!(gateway.get("/broken").status, 502);
    gateway.stop();
    assert_eq!(stage.upstream.seen().len(), 1);
}

#[test]
fn a_backend_that_says_it_is_not_well_gets_no_requests_until_it_is() {
    let mut stage = Stage::new();
    let second = Upstream::start();
    stage.config["apis"][0]["upstream"] = json!({
        "urls": [url(&stage.upstream), url(&second)],
        "health": { "path": "/healthz", "interval": "10ms", "timeout": "5s", "healthy-after": 1, "unhealthy-after": 1 },
    });
    second.set_well(false);
    let gateway = stage.start();
    let unhealthy = "palisade_backends_unhealthy{api=\"orders\"}";
    while gateway.metric(unhealthy) != 1 {}
    let backends = &gateway.page("/snapshot").json()["apis"][0]["backends"];
    assert_eq!((&backends[0]["healthy"], &backends[1]["healthy"]), (&json!(true), &json!(false)));
    assert_eq!(gateway.page("/readyz").status, 200);
    let asked =
        |upstream: &Upstream| upstream.seen().iter().filter(|seen| seen.target() == "/status").count();
    for _ in 0..4 {
        assert_eq!(gateway.get("/status").status, 200);
    }
    assert_eq!((asked(&stage.upstream), asked(&second)), (4, 0));

    stage.upstream.set_well(false);
    while gateway.metric(unhealthy) != 2 {}
    let ready = gateway.page("/readyz");
    assert_eq!((ready.status, &ready.json()["reasons"]), (503, &json!(["no backend of `orders` is well"])));
    for _ in 0..2 {
        assert_eq!(gateway.get("/status").status, 200, "all of them get requests again");
    }
    assert_eq!((asked(&stage.upstream), asked(&second)), (5, 1));

    second.set_well(true);
    while gateway.metric(unhealthy) != 1 {}
    for _ in 0..2 {
        assert_eq!(gateway.get("/status").status, 200);
    }
    assert_eq!((asked(&stage.upstream), asked(&second)), (5, 3));
    gateway.stop();
}
