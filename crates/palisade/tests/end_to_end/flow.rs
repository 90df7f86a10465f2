//! Flows through the program: order, one end for many who ask at once, and what stands over a reload.

use serde_json::json;

use crate::client::{Answer, Client, request};
use crate::gateway::Signal;
use crate::stage::Stage;

const SPEC: &str = "
openapi: 3.1.0
info: { title: Shop, version: 1.0.0 }
components: { securitySchemes: { token: { type: http, scheme: bearer } } }
security: [{ token: [] }]
paths:
  /cart:
    post: { operationId: fill, responses: { '200': { description: ok } } }
  /slow:
    post: { operationId: pay, responses: { '200': { description: ok } } }
";

fn stage() -> Stage {
    let mut stage = Stage::new();
    stage.write("openapi.yaml", SPEC);
    stage.config["workers"] = json!(2);
    stage.config["apis"][0]["controls"] = json!({ "flow": {
        "flows": { "purchase": { "steps": ["fill", "POST /slow"], "budget": { "principal": "2/h" } } },
    } });
    stage
}

fn check(answer: &Answer, status: u16, reason: &str) {
    assert_eq!((answer.status, answer.problem().as_str()), (status, reason));
}

#[test]
fn the_end_of_a_flow_is_had_once_for_each_time_that_its_steps_were_done() {
    let stage = stage();
    let gateway = stage.start();
    let bearer = stage.issuer.bearer("");
    let send = |target: &str| request("POST", target, &[("Authorization", bearer.as_str())], b"");
    check(&gateway.ask(&send("/slow")), 409, "flow-order");
    assert_eq!(gateway.ask(&send("/cart")).status, 200);

    // One of them is with the backend, on whichever worker, while the others are refused.
    let mut clients: Vec<Client> = (0..8).map(|_| Client::connect(gateway.address())).collect();
    for client in &mut clients {
        client.send(&send("/slow"));
    }
    stage.upstream.wait_for(2);
    for _ in 0..8 {
        check(&gateway.ask(&send("/slow")), 409, "flow-order");
    }
    stage.upstream.release();
    let mut statuses: Vec<u16> = clients.iter_mut().map(|client| client.answer().status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409, 409, 409, 409, 409, 409, 409]);
    assert_eq!(stage.upstream.seen().len(), 2);

    check(&gateway.ask(&send("/slow")), 409, "flow-order");
    for (status, reason) in [(200, ""), (429, "flow-budget")] {
        assert_eq!(gateway.ask(&send("/cart")).status, 200);
        let answer = gateway.ask(&send("/slow"));
        assert_eq!(answer.status, status, "{answer:?}");
        if status == 429 {
            check(&answer, status, reason);
            assert!(answer.field("retry-after").is_some());
            let record = stage.record(answer.field("x-request-id").unwrap());
            assert_eq!(record["denial"]["detail"], "flow `purchase`: the budget by `principal` is spent");
        }
    }
}

#[test]
fn who_hangs_up_on_the_end_begins_anew() {
    let stage = stage();
    let gateway = stage.start();
    let bearer = stage.issuer.bearer("");
    let send = |target: &str| request("POST", target, &[("Authorization", bearer.as_str())], b"");
    assert_eq!(gateway.ask(&send("/cart")).status, 200);
    let mut hasty = Client::connect(gateway.address());
    hasty.send(&send("/slow"));
    stage.upstream.wait_for(2);
    drop(hasty);
    stage.upstream.release();
    // Whether it was done nobody knows, so it is not done again.
    check(&gateway.ask(&send("/slow")), 409, "flow-order");
    assert_eq!(gateway.ask(&send("/cart")).status, 200);
    assert_eq!(gateway.ask(&send("/slow")).status, 200);
}

#[test]
fn steps_that_were_done_stand_over_a_reload() {
    let stage = stage();
    stage.upstream.release();
    let mut gateway = stage.start();
    let bearer = stage.issuer.bearer("");
    let send = |target: &str| request("POST", target, &[("Authorization", bearer.as_str())], b"");
    assert_eq!(gateway.ask(&send("/cart")).status, 200);
    gateway.signal(Signal::HUP);
    gateway.wait_for("reloading: SIGHUP");
    gateway.wait_for("reloaded");
    assert_eq!(gateway.ask(&send("/slow")).status, 200);
    let snapshot = String::from_utf8(gateway.page("/snapshot").body).unwrap();
    assert_eq!(snapshot.matches(r#"{"id":"flow","mode":"enforce"}"#).count(), 2, "{snapshot}");
    let explained = stage.palisade(&["explain", "-c", "palisade.yaml", "POST", "/slow"]);
    let said = String::from_utf8(explained.stdout).unwrap();
    assert!(said.contains("`purchase`: step 2 by principal, 1800s after `fill`, once"), "{said}");
    assert!(said.contains("`purchase`: 2/h by principal"), "{said}");
}
