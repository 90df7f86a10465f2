//! Redirects of third parties that the program follows: each hop is judged as a call of its own, and shown nothing that is
//! for another.

use std::net::SocketAddr;

use serde_json::json;

use crate::authority::Authority;
use crate::client::{Answer, ask, field};
use crate::egress::{House, ThirdParty, refused};
use crate::gateway::Gateway;

/// What the other third party is shown.
const PARTNER: &str = "partner-sk-0123456789";

const SPEC: &str = "
openapi: 3.1.0
info: { title: Payments, version: '1' }
paths:
  /v1/charges:
    get:
      parameters: [{ name: a, in: query, schema: { type: string } }]
      responses:
        '200': &charge
          description: ok
          content: { application/json: { schema: { type: object, required: [id] } } }
  /v1/wrong: { get: { responses: { '200': *charge } } }
  /v1/moved/{where}:
    parameters: [{ name: where, in: path, required: true, schema: { type: string } }]
    get: { responses: { '302': { description: there } } }
    post:
      requestBody: { content: { application/json: { schema: { type: object } } } }
      responses: { '303': { description: there }, '307': { description: there } }
";

const PAYOUTS: &str = "
openapi: 3.1.0
info: { title: Payouts, version: '1' }
paths:
  /v1/payouts: { get: { responses: { '200': { description: ok, content: { text/plain: {} } } } } }
";

fn answer(head: &str, _body: &[u8], own: SocketAddr) -> Option<String> {
    let port = own.port();
    let path = head.split([' ', '?']).nth(1).unwrap_or_default();
    let status = match path.rsplit('/').next() {
        Some("kept") => "307 Temporary Redirect",
        _ if head.starts_with("POST") => "303 See Other",
        _ => "302 Found",
    };
    let to = |place: &str| format!("HTTP/1.1 {status}\r\nLocation: {place}\r\nContent-Length: 0\r\n\r\n");
    let json = |body: &str| {
        let length = body.len();
        format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}")
    };
    Some(match path {
        "/v1/charges" => json("{\"id\":\"ch_1\"}"),
        "/v1/wrong" => json("{}"),
        "/v1/moved/own" => to(&format!("https://localhost:{port}/v1/charges?a=b#c")),
        "/v1/moved/undeclared" => to("/v2/secret"),
        "/v1/moved/wrong" => to("/v1/wrong"),
        "/v1/moved/loop" => to("/v1/moved/loop"),
        "/v1/moved/partner" => to("https://partner.example/v1/payouts"),
        "/v1/moved/elsewhere" => to("https://elsewhere.example/v1/charges"),
        _ => to("/v1/charges"),
    })
}

fn payouts(_head: &str, _body: &[u8], _own: SocketAddr) -> Option<String> {
    Some("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok".to_owned())
}

/// Two third parties, of which the first leads to the second.
struct Houses {
    house: House,
    partner: ThirdParty,
}

impl Houses {
    fn new(redirects_max: u8) -> Houses {
        let authority = Authority::new("public");
        let issued = authority.issue("localhost", 1);
        let partner = ThirdParty::answering(&issued, payouts);
        let mut house = House::before(&authority, ThirdParty::answering(&issued, answer));
        house.stage.write("payments.yaml", SPEC);
        house.stage.write("payouts.yaml", PAYOUTS);
        house.stage.write("payouts.key", PARTNER);
        let apis = &mut house.stage.config["apis"];
        apis[1]["egress"]["redirects-max"] = json!(redirects_max);
        apis[1]["controls"]["egress"]["redirects"] = json!(["partner.example", "elsewhere.example"]);
        let payouts = json!({
            "name": "payouts",
            "spec": "payouts.yaml",
            "hosts": ["partner.example"],
            "upstream": { "url": format!("https://localhost:{}", partner.address.port()), "tls": { "ca": "ca.pem" } },
            "egress": { "private": true, "credential": { "prefix": "Bearer ", "secret": { "file": "payouts.key" } } },
            "controls": { "egress": { "callers": ["shop"] } },
        });
        apis.as_array_mut().unwrap().push(payouts);
        Houses { house, partner }
    }

    fn get(&self, gateway: &Gateway, target: &str) -> Answer {
        self.house.call(gateway, target)
    }

    fn post(&self, gateway: &Gateway, target: &str) -> Answer {
        let port = self.house.third_party.address.port();
        let head = format!(
            "POST {target} HTTP/1.1\r\nHost: localhost:{port}\r\nX-Api-Key: key-of-shop\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n"
        );
        ask(gateway.addresses[1], (head + "{\"a\":\"b\"}").as_bytes())
    }

    /// First lines of what reached the first third party since it was last looked at.
    fn seen(&self, from: &mut usize) -> Vec<String> {
        let heads = self.house.third_party.seen();
        let new = heads[*from..].iter().map(|head| head.lines().next().unwrap().to_owned()).collect();
        *from = heads.len();
        new
    }
}

#[test]
fn nothing_is_followed_unless_it_is_said() {
    let houses = Houses::new(0);
    let gateway = houses.house.stage.start();
    let answer = houses.get(&gateway, "/v1/moved/here");
    assert_eq!((answer.status, answer.field("location")), (302, Some("/v1/charges")));
    assert_eq!(houses.house.third_party.seen().len(), 1);
}

#[test]
fn a_hop_is_a_call_of_its_own() {
    let houses = Houses::new(2);
    let gateway = houses.house.stage.start();
    let mut from = 0;
    let answer = houses.get(&gateway, "/v1/moved/here");
    assert_eq!((answer.status, answer.json()), (200, json!({ "id": "ch_1" })), "{answer:?}");
    assert_eq!(houses.seen(&mut from), ["GET /v1/moved/here HTTP/1.1", "GET /v1/charges HTTP/1.1"]);
    let id = answer.field("x-request-id").unwrap();
    let records: Vec<_> =
        houses.house.stage.log().into_iter().filter(|record| record["request_id"] == id).collect();
    let paths: Vec<_> = records.iter().map(|record| record["request"]["path"].as_str().unwrap()).collect();
    assert_eq!(paths, ["/v1/moved/here", "/v1/charges"]);

    assert_eq!(houses.get(&gateway, "/v1/moved/own").status, 200);
    assert_eq!(houses.seen(&mut from)[1], "GET /v1/charges?a=b HTTP/1.1");
    assert_eq!(
        refused(&houses.get(&gateway, "/v1/moved/undeclared")),
        (404, "undeclared-operation".to_owned())
    );
    assert_eq!(houses.seen(&mut from), ["GET /v1/moved/undeclared HTTP/1.1"]);
    assert_eq!(refused(&houses.get(&gateway, "/v1/moved/wrong")), (502, "answer-invalid".to_owned()));
    houses.seen(&mut from);
    let looped = houses.get(&gateway, "/v1/moved/loop");
    assert_eq!((looped.status, looped.field("location")), (302, Some("/v1/moved/loop")));
    assert_eq!(houses.seen(&mut from).len(), 3, "the call, and two hops");
    let elsewhere = houses.get(&gateway, "/v1/moved/elsewhere");
    assert_eq!(elsewhere.field("location"), Some("https://elsewhere.example/v1/charges"));
    for head in houses.house.third_party.seen() {
        assert!(
            field(&head, "authorization").unwrap().starts_with("Bearer c4nary")
                && field(&head, "x-api-key").is_none()
        );
    }
}

#[test]
fn a_body_is_sent_once() {
    let houses = Houses::new(2);
    let gateway = houses.house.stage.start();
    let mut from = 0;
    assert_eq!(houses.post(&gateway, "/v1/moved/here").status, 200);
    assert_eq!(houses.seen(&mut from), ["POST /v1/moved/here HTTP/1.1", "GET /v1/charges HTTP/1.1"]);
    let hop = houses.house.third_party.seen().pop().unwrap();
    for name in ["content-type", "content-length", "transfer-encoding"] {
        assert_eq!(field(&hop, name), None, "{hop}");
    }
    let kept = houses.post(&gateway, "/v1/moved/kept");
    assert_eq!((kept.status, kept.field("location")), (307, Some("/v1/charges")));
    assert_eq!(houses.seen(&mut from).len(), 1);
}

#[test]
fn another_third_party_is_shown_its_own_credential_and_decides_who_may_call() {
    let mut houses = Houses::new(1);
    let gateway = houses.house.stage.start();
    let answer = houses.get(&gateway, "/v1/moved/partner");
    assert_eq!((answer.status, answer.body.as_slice()), (200, &b"ok"[..]), "{answer:?}");
    let head = houses.partner.seen().pop().unwrap();
    assert_eq!(field(&head, "authorization"), Some(format!("Bearer {PARTNER}").as_str()));
    assert!(!head.contains("c4nary") && field(&head, "x-api-key").is_none(), "{head}");
    assert!(houses.house.third_party.seen().iter().all(|head| !head.contains(PARTNER)));
    drop(gateway);
    houses.house.stage.config["apis"][2]["controls"]["egress"]["callers"] = json!(["kiosk"]);
    let gateway = houses.house.stage.start();
    assert_eq!(refused(&houses.get(&gateway, "/v1/moved/partner")), (403, "not-permitted".to_owned()));
    assert_eq!(houses.partner.seen().len(), 1);
}

#[test]
fn hops_without_end_cannot_be_set() {
    let mut houses = Houses::new(11);
    let said = houses.house.checked();
    assert!(said.contains("more than 10 redirects"), "{said}");
    houses.house.stage.config["apis"][1]["egress"]["redirects-max"] = json!(10);
    assert!(!houses.house.checked().contains("redirects"));
}
