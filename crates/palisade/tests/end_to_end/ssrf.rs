//! URLs in requests, through the program: which of them reach the backend, and what of the others is on record.

use crate::client::request;
use crate::stage::Stage;

const SPEC: &str = "
openapi: 3.1.0
info: { title: Hooks, version: 1.0.0 }
security: []
paths:
  /hooks:
    post:
      x-palisade: { ssrf: { schemes: [https, http], refuse: ['*.nip.io'], resolve: false } }
      parameters: [{ name: return_url, in: query, schema: { type: string } }]
      requestBody:
        content:
          application/json:
            schema: { type: object, properties: { target: { type: string, format: uri-reference } } }
      responses: { '201': { description: created } }
  /callbacks:
    post:
      x-palisade: { ssrf: { schemes: [http], ports: [9], hosts: [localhost, nowhere.invalid] } }
      parameters: [{ name: url, in: query, schema: { type: string } }]
      responses: { '201': { description: created } }
  /inside:
    post:
      x-palisade: { ssrf: { schemes: [http], ports: [9], internal: [localhost] } }
      parameters: [{ name: url, in: query, schema: { type: string } }]
      responses: { '201': { description: created } }
";

#[test]
fn names_that_pass_by_their_spelling_are_refused_by_where_they_lead() {
    let stage = Stage::new();
    stage.write("openapi.yaml", SPEC);
    let gateway = stage.start();
    let post = |target: &str| gateway.ask(&request("POST", target, &[], b""));
    let refused = |target: &str| {
        let answer = post(target);
        assert_eq!((answer.status, answer.problem().as_str()), (400, "url-refused"), "{target}");
        let record = stage.record(answer.field("x-request-id").unwrap());
        assert_eq!(record["denial"]["control"], "ssrf");
        record["denial"]["detail"].as_str().unwrap().to_owned()
    };
    let inside = "`url` in the query: a name that leads to an address that is not public";
    for _ in 0..2 {
        assert_eq!(refused("/callbacks?url=http://localhost:9/"), inside);
    }
    // How long it takes to say so is up to the resolver of this machine.
    let nowhere = refused("/callbacks?url=http://nowhere.invalid:9/");
    assert!(nowhere.contains("a name that cannot be looked up") || nowhere.contains("in time"), "{nowhere}");
    let spelling = "`url` in the query: an address in another spelling than four decimal numbers";
    assert_eq!(refused("/callbacks?url=http://2130706433:9/"), spelling);
    assert_eq!(stage.upstream.seen().len(), 0);
    let answer = post("/inside?url=http://localhost:9/");
    assert!(answer.status < 300, "{answer:?}");
    assert_eq!(stage.upstream.seen().len(), 1, "whoever lists it knows where it leads");
}

#[test]
fn urls_that_lead_inside_never_reach_the_backend() {
    let stage = Stage::new();
    stage.write("openapi.yaml", SPEC);
    let gateway = stage.start();
    let post = |target: &str, url: &str| {
        let body = serde_json::json!({ "target": url }).to_string();
        gateway.ask(&request("POST", target, &[("Content-Type", "application/json")], body.as_bytes()))
    };
    let good = post("/hooks?return_url=https%3A%2F%2Fshop.example%2F", "http://partner.example/hook?a=b");
    assert!(good.status < 300, "{good:?}");
    assert_eq!(stage.upstream.seen().len(), 1);
    for url in [
        "http://169.254.169.254/latest/meta-data/",
        "http://2852039166/",
        "http://0xa9.0xfe.0xa9.0xfe/",
        "http://0251.0376.0251.0376/",
        "http://127.1/",
        "http://0/",
        "http://127.0.0.1./",
        "http://[::ffff:169.254.169.254]/",
        "http://[64:ff9b::7f00:1]/",
        "http://partner.example@127.0.0.1/",
        "http://partner.example\\@127.0.0.1/",
        "http://１２７.０.０.１/",
        "http://127。0。0。1/",
        "http://127.0.0.1\t/",
        "http://%31%32%37.0.0.1/",
        "http://localhost/",
        "http://metadata.google.internal/",
        "http://10.0.0.1.nip.io/",
        "http://partner.example:6379/",
        "gopher://partner.example/",
        "//127.0.0.1/",
    ] {
        let answer = post("/hooks", url);
        assert_eq!((answer.status, answer.problem().as_str()), (400, "url-refused"), "{url}");
        let record = stage.record(answer.field("x-request-id").unwrap()).to_string();
        assert!(record.contains("ssrf") && record.contains("`/target` in the body: "), "{record}");
        assert!(!record.contains(url), "{record}");
    }
    let answer = post("/hooks?return_url=https%3A%2F%2F10.0.0.1", "https://partner.example/");
    assert_eq!((answer.status, answer.problem().as_str()), (400, "url-refused"));
    assert_eq!(stage.upstream.seen().len(), 1, "nothing that was refused got through");
    let explained =
        stage.palisade(&["explain", "-c", "palisade.yaml", "POST", "/hooks?return_url=http://0177.1/"]);
    let said = String::from_utf8(explained.stdout).unwrap();
    assert!(said.contains("refused with 400: url-refused by ssrf"), "{said}");
    assert!(!said.contains("`http://0177.1/`"), "{said}");
}
