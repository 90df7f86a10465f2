//! Flows: what leads to the next step, when, for whom, and how often to the end.

use std::time::Duration;

use super::gateway::{Gateway, NOW, Seen};

const PATHS: &str = "
/seats:
  post: { operationId: reserve, security: [{ token: [] }], responses: { '201': { description: ok } } }
/details/{id}:
  put:
    security: [{ token: [] }]
    parameters: [{ name: id, in: path, required: true, schema: { type: integer } }]
    responses: { '204': { description: ok } }
/orders:
  post:
    security: [{ token: [] }]
    requestBody: { content: { application/json: { schema: { type: object, required: [n] } } } }
    responses: { '201': { description: ok } }
/open:
  get: { security: [], responses: { '200': { description: ok } } }
  post: { security: [], responses: { '200': { description: ok } } }
";

const STEPS: &str = "steps: [reserve, 'PUT /details/{id}', POST /orders]";

struct Flow(Gateway);

impl Flow {
    #[track_caller]
    fn new(settings: &str) -> Flow {
        Flow(Gateway::new(PATHS, &format!("flow: {settings}")))
    }

    /// What becomes of a request `secs` after the start, which the backend answers with `status`.
    fn ask(&mut self, secs: u64, request: &str, status: u16) -> Seen {
        self.0.now = NOW.plus(Duration::from_secs(secs));
        let (head, rest) = request.split_once('\n').unwrap_or((request, ""));
        let body = if rest.is_empty() { "" } else { rest };
        self.0.serve(&format!("{head} HTTP/1.1\n{body}<<< backend\nHTTP/1.1 {status} X\n\n"))
    }

    /// The same by a caller with a token, as a verdict.
    fn by(&mut self, caller: &str, secs: u64, step: &str, status: u16) -> String {
        let token = format!("Authorization: Bearer {{token {caller}}}\n");
        let request = match step {
            "reserve" => format!("POST /seats\n{token}"),
            "details" => format!("PUT /details/1\n{token}"),
            "order" => format!("POST /orders\n{token}"),
            "order with body" => {
                format!("POST /orders\n{token}Content-Type: application/json\n\n{{\"n\":1}}")
            }
            "order badly" => format!("POST /orders\n{token}Content-Type: application/json\n\n{{}}"),
            other => panic!("{other}"),
        };
        self.ask(secs, &request, status).verdict
    }
}

#[test]
fn steps_come_in_order_and_only_what_was_done_counts() {
    let mut flow = Flow::new(&format!("{{ flows: {{ buy: {{ {STEPS} }} }} }}"));
    assert_eq!(flow.by("alice", 0, "details", 204), "409 flow-order");
    assert_eq!(flow.by("alice", 0, "reserve", 503), "allowed");
    assert_eq!(flow.by("alice", 0, "details", 204), "409 flow-order");
    assert_eq!(flow.by("alice", 1, "reserve", 201), "allowed");
    assert_eq!(flow.by("alice", 1, "order", 201), "409 flow-order");
    assert_eq!(flow.by("bob", 1, "details", 204), "409 flow-order");
    assert_eq!(flow.by("alice", 2, "details", 204), "allowed");
    assert_eq!(flow.by("alice", 3, "details", 204), "allowed");
    assert_eq!(flow.by("alice", 3, "reserve", 201), "allowed");
    assert_eq!(flow.by("alice", 4, "order", 201), "allowed");
    assert_eq!(flow.by("alice", 5, "order", 201), "409 flow-order");
    assert_eq!(flow.by("alice", 5, "details", 204), "409 flow-order");
}

#[test]
fn the_end_is_given_back_where_the_backend_did_not_do_it() {
    let mut flow = Flow::new("{ flows: { buy: { steps: [reserve, POST /orders] } } }");
    assert_eq!(flow.by("alice", 0, "reserve", 201), "allowed");
    assert_eq!(flow.by("alice", 1, "order with body", 402), "allowed");
    assert_eq!(flow.by("alice", 2, "order badly", 201), "400 body-invalid");
    assert_eq!(flow.by("alice", 3, "order with body", 500), "allowed");
    assert_eq!(flow.by("alice", 4, "order with body", 201), "allowed");
    assert_eq!(flow.by("alice", 5, "order with body", 201), "409 flow-order");
}

#[test]
fn of_two_requests_for_the_end_at_once_one_gets_it() {
    let flow = Flow::new("{ flows: { buy: { steps: [reserve, POST /orders] } } }").0;
    let alice = "Authorization: Bearer {token alice}\n";
    let begin = format!("POST /seats HTTP/1.1\n{alice}<<< backend\nHTTP/1.1 201 X\n\n");
    assert!(flow.serve(&begin).is_allowed());
    // Without an answer.
    let order = format!("POST /orders HTTP/1.1\n{alice}");
    assert!(flow.serve(&order).is_allowed());
    let seen = flow.serve(&order);
    assert_eq!((seen.verdict.as_str(), seen.control), ("409 flow-order", "flow"));
    assert!(flow.serve(&begin).is_allowed());
    assert!(flow.serve(&order).is_allowed(), "begun anew");
}

#[test]
fn a_flow_without_an_end_goes_on_until_its_steps_are_too_old() {
    let mut flow =
        Flow::new("{ flows: { buy: { steps: [reserve, POST /orders], once: false, within: 60s } } }");
    assert_eq!(flow.by("alice", 0, "reserve", 201), "allowed");
    assert_eq!(flow.by("alice", 60, "order", 201), "allowed");
    assert_eq!(flow.by("alice", 120, "order", 201), "allowed");
    assert_eq!(flow.by("alice", 181, "order", 201), "409 flow-order");
}

#[test]
fn a_step_is_neither_too_late_nor_too_soon() {
    let mut flow = Flow::new(&format!("{{ flows: {{ buy: {{ {STEPS}, within: 60s, pause: 5s }} }} }}"));
    assert_eq!(flow.by("alice", 0, "reserve", 201), "allowed");
    let token = "Authorization: Bearer {token alice}\n";
    let seen = flow.ask(2, &format!("PUT /details/1\n{token}"), 204);
    assert_eq!((seen.verdict.as_str(), seen.control), ("429 flow-too-soon", "flow"));
    assert_eq!(seen.denial.unwrap().retry_after_secs, Some(3));
    assert_eq!(flow.by("alice", 5, "details", 204), "allowed");
    assert_eq!(flow.by("alice", 6, "details", 204), "allowed", "again, which moves its time");
    assert_eq!(flow.by("alice", 10, "order", 201), "429 flow-too-soon");
    assert_eq!(flow.by("alice", 66, "order", 503), "allowed");
    let seen = flow.ask(67, &format!("POST /orders\n{token}"), 201);
    assert_eq!(
        seen.denial.unwrap().detail.as_str(),
        "flow `buy`, step 3: the step before it was too long ago"
    );
}

#[test]
fn the_end_is_had_as_often_as_each_budget_says() {
    let mut flow = Flow::new(
        "{ flows: { buy: { steps: [POST /open], once: true, budget: { ip: 3/h, device: 1/h } } }, device: { cookie: did } }",
    );
    let mut ask = |address: &str, cookie: &str| {
        let seen = flow.ask(0, &format!("POST /open\nClient-Address: {address}\n{cookie}"), 200);
        match seen.denial {
            Some(denial) => {
                assert_eq!(
                    (denial.reason.as_str(), denial.retry_after_secs.is_some()),
                    ("flow-budget", true)
                );
                denial.detail.as_str().to_owned()
            }
            None => seen.verdict,
        }
    };
    let (device, address) =
        ("flow `buy`: the budget by `device` is spent", "flow `buy`: the budget by `ip` is spent");
    assert_eq!(ask("192.0.2.1", "Cookie: a=b; did=one\n"), "allowed");
    assert_eq!(ask("192.0.2.2", "Cookie: did=one\n"), device);
    assert_eq!(ask("192.0.2.2", "Cookie: did=two; did=three\n"), "allowed", "it says two things: by address");
    assert_eq!(ask("192.0.2.2", ""), device, "it says nothing: the same");
    assert_eq!(ask("192.0.2.1", "Cookie: did=four\n"), "allowed");
    assert_eq!(ask("192.0.2.1", "Cookie: xdid=five;did=six\n"), "allowed");
    assert_eq!(ask("192.0.2.1", "Cookie: did=seven\n"), address, "whoever has many devices has one address");
}

#[test]
fn what_a_budget_refuses_takes_no_step() {
    let mut flow =
        Flow::new("{ flows: { buy: { steps: [reserve, POST /orders], budget: { principal: 1/min } } } }");
    for (secs, expected) in [(0, "allowed"), (1, "429 flow-budget"), (100, "allowed")] {
        assert_eq!(flow.by("alice", secs, "reserve", 201), "allowed");
        assert_eq!(flow.by("alice", secs, "order", 201), expected);
    }
    assert_eq!(flow.by("alice", 101, "reserve", 201), "allowed");
    assert_eq!(flow.by("alice", 102, "order", 201), "429 flow-budget");
    assert_eq!(flow.by("alice", 170, "order", 201), "allowed", "the step was given back");
}

#[test]
fn an_operation_may_be_a_step_of_several_flows() {
    let mut flow = Flow::new(
        "{ flows: { a: { steps: [reserve, POST /orders] }, b: { steps: ['PUT /details/{id}', POST /orders] } } }",
    );
    assert_eq!(flow.by("alice", 0, "reserve", 201), "allowed");
    assert_eq!(flow.by("alice", 0, "order", 201), "409 flow-order");
    assert_eq!(flow.by("alice", 0, "details", 204), "allowed");
    assert_eq!(flow.by("alice", 0, "order", 201), "allowed");
    assert_eq!(flow.by("alice", 0, "order", 201), "409 flow-order");
}

#[test]
fn who_does_the_steps_is_as_configured() {
    let mut flow = Flow::new(
        "{ flows: { buy: { steps: [GET /open, POST /open], by: device } }, device: { header: X-Device } }",
    );
    assert_eq!(flow.ask(0, "GET /open\nX-Device: one\n", 200).verdict, "allowed");
    assert_eq!(flow.ask(0, "POST /open\nX-Device: two\n", 200).verdict, "409 flow-order");
    assert_eq!(flow.ask(0, "POST /open\n", 200).verdict, "409 flow-order");
    assert_eq!(flow.ask(0, "POST /open\nX-Device: one\nClient-Address: 192.0.2.9\n", 200).verdict, "allowed");
}

#[test]
fn a_shadow_says_what_would_be_and_changes_nothing() {
    let mut flow = Flow::new("{ mode: shadow, flows: { buy: { steps: [GET /open, POST /open] } } }");
    for (request, expected) in [
        ("POST /open", Some("flow-order")),
        ("GET /open", None),
        ("POST /open", None),
        ("POST /open", Some("flow-order")),
    ] {
        let seen = flow.ask(0, request, 200);
        assert!(seen.is_allowed());
        let said = seen.said.iter().find(|(id, _)| *id == "flow").unwrap();
        assert_eq!(said.1.as_deref(), expected, "{request}");
    }
}

#[test]
fn settings_that_cannot_work_are_problems_with_a_place() {
    for (settings, expected) in [
        ("{ flows: { a: { steps: [] } } }", "the flow `a` takes 1 to 32 `steps`"),
        ("{ flows: { a: {} } }", "steps"),
        ("{ flows: { a: { steps: [POST /nowhere] } } }", "no operation is called `POST /nowhere`"),
        ("{ flows: { a: { steps: [reserve, POST /seats] } } }", "`POST /seats` is two steps of the flow `a`"),
        ("{ flows: { a: { steps: [reserve], by: operation } } }", "`operation` is nobody"),
        ("{ flows: { a: { steps: [reserve], by: device } } }", "nothing tells devices apart"),
        (
            "{ flows: { a: { steps: [reserve], budget: { device: 1/h } } }, device: { cookie: a } }",
            "a `budget` by `device` alone bounds nobody",
        ),
        ("{ flows: { a: { steps: [reserve], budget: { principal: 40/d, ip: often } } } }", "rate"),
        ("{ flows: { a: { steps: [reserve], by: device } }, device: { cookie: 'a b' } }", "`a b` is no name"),
        ("{ flows: { a: { steps: [reserve] } }, device: { query: a } }", "query"),
        ("{ flows: { a: { steps: [reserve], pauze: 2s } } }", "pauze"),
    ] {
        let problems = Gateway::problems(PATHS, &format!("flow: {settings}"));
        let problem = problems.iter().find(|problem| format!("{problem:?}").contains(expected));
        assert!(problem.is_some_and(|problem| problem.position.is_some()), "{settings}: {problems:?}");
    }
}

#[test]
fn it_is_on_for_its_steps_alone_and_says_what_it_holds_them_to() {
    let flow =
        Flow::new(&format!("{{ flows: {{ buy: {{ {STEPS}, pause: 2s, budget: {{ principal: 3/h }} }} }} }}"));
    let seen = flow.0.serve("GET /open HTTP/1.1\n");
    assert!(seen.said.iter().all(|(id, _)| *id != "flow"));
    assert_eq!(
        flow.0.limits(2, "flow"),
        [
            "`buy`: step 3 by principal, 2s to 1800s after `PUT /details/{id}`, once",
            "`buy`: 3/h by principal",
        ]
    );
}
