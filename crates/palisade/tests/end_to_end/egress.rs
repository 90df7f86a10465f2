//! Applications that call a third party through the program: over real TLS, with a credential that they never hold.

use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex};

use aws_lc_rs::digest::{SHA256, digest};
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::{Value, json};

use crate::authority::{Authority, Issued};
use crate::client::{Answer, Client, ask, field};
use crate::gateway::{Gateway, Signal};
use crate::stage::Stage;

/// What the third party is shown.
const CANARY: &str = "c4nary-sk-live-0123456789";

/// The document of the third party: it wants a token, which no application has.
const SPEC: &str = "
openapi: 3.1.0
info: { title: Payments, version: '1' }
security: [{ secret-key: [] }]
paths:
  /v1/charges:
    get:
      responses:
        '200': &charge
          description: ok
          content:
            application/json:
              schema: { type: object, required: [id], properties: { id: { type: string }, amount: { type: integer } } }
  /v1/wrong: { get: { responses: { '200': *charge } } }
  /v1/large: { get: { responses: { '200': *charge } } }
  /v1/slow: { get: { responses: { '200': *charge } } }
  /v1/echo: { get: { responses: { '200': *charge } } }
  /v1/fails: { get: { responses: { '200': *charge } } }
  /v1/inside: { get: { responses: { '303': { description: there } } } }
  /v1/outside: { get: { responses: { '303': { description: there } } } }
components:
  securitySchemes:
    secret-key: { type: http, scheme: bearer }
";

/// A third party, and the heads of all requests that reached it.
pub(crate) struct ThirdParty {
    pub(crate) address: SocketAddr,
    seen: Arc<Mutex<Vec<String>>>,
}

impl ThirdParty {
    fn start(issued: &Issued) -> ThirdParty {
        ThirdParty::answering(issued, answer)
    }

    /// One that answers as `answer` does, by the head of the request, its body and the own address; never where that says
    /// nothing.
    pub(crate) fn answering<A>(issued: &Issued, answer: A) -> ThirdParty
    where
        A: Fn(&str, &[u8], SocketAddr) -> Option<String> + Send + Sync + 'static,
    {
        let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![issued.certificate.clone()], issued.key())
            .unwrap();
        let (config, listener) = (Arc::new(config), TcpListener::bind("127.0.0.1:0").unwrap());
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (shared, answer) = (Arc::clone(&seen), Arc::new(answer));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (config, seen, answer) = (Arc::clone(&config), Arc::clone(&shared), Arc::clone(&answer));
                std::thread::spawn(move || {
                    let tls = ServerConnection::new(config).unwrap();
                    let mut client = Client::over(StreamOwned::new(tls, stream.unwrap()));
                    while let Some(head) = client.head() {
                        seen.lock().unwrap().push(head.clone());
                        let length =
                            field(&head, "content-length").map_or(0, |length| length.parse().unwrap());
                        let body = client.take(length).unwrap();
                        match answer(&head, &body, address) {
                            Some(answer) => client.try_send(answer.as_bytes()),
                            None => true,
                        };
                    }
                });
            }
        });
        ThirdParty { address, seen }
    }

    pub(crate) fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }
}

/// What it answers to a request; nothing, ever, where it is slow.
fn answer(head: &str, _body: &[u8], own: SocketAddr) -> Option<String> {
    let port = own.port();
    let json = |status: &str, body: &str| {
        format!(
            "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
    };
    let to =
        |place: &str| format!("HTTP/1.1 303 See Other\r\nLocation: {place}\r\nContent-Length: 0\r\n\r\n");
    let sent = field(head, "authorization").unwrap_or_default();
    Some(match head.split([' ', '?']).nth(1).unwrap_or_default() {
        "/v1/wrong" => json("200 OK", "{\"amount\":5}"),
        "/v1/large" => json("200 OK", &format!("{{\"id\":\"{}\"}}", "a".repeat(8192))),
        "/v1/slow" => return None,
        "/v1/echo" => json("200 OK", &format!("{{\"id\":\"{sent}\"}}")),
        "/v1/fails" => json("500 Internal Server Error", &format!("{{\"error\":\"bad key {sent}\"}}")),
        "/v1/inside" => to(&format!("https://localhost:{port}/v1/charges?limit=1")),
        "/v1/outside" => to("https://elsewhere.example/v1/charges"),
        _ => json("200 OK", "{\"id\":\"ch_1\",\"amount\":5}"),
    })
}

/// Orders that are protected, and payments that are called.
pub(crate) struct House {
    pub(crate) stage: Stage,
    pub(crate) third_party: ThirdParty,
}

impl House {
    fn new() -> House {
        let authority = Authority::new("public");
        let issued = authority.issue("localhost", 1);
        House::with(&authority, &issued)
    }

    pub(crate) fn with(authority: &Authority, issued: &Issued) -> House {
        House::before(authority, ThirdParty::start(issued))
    }

    /// Before a third party that the authority vouches for.
    pub(crate) fn before(authority: &Authority, third_party: ThirdParty) -> House {
        let mut stage = Stage::new();
        stage.write("payments.yaml", SPEC);
        stage.write("ca.pem", &authority.pem());
        stage.write("payments.key", &format!("{CANARY}\n"));
        let client = |name: &str| {
            let key = digest(&SHA256, format!("key-of-{name}").as_bytes());
            let hex: String = key.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
            json!({ "name": name, "sha256": hex })
        };
        stage.config["identity"] = json!({ "api-keys": { "clients": [client("shop"), client("kiosk")] } });
        stage.config["listen"] =
            json!([{ "address": "127.0.0.1:0" }, { "address": "127.0.0.1:0", "egress": true }]);
        stage.config["limits"] = json!({ "answer-bytes-max": "4KiB" });
        let payments = json!({
            "name": "payments",
            "spec": "payments.yaml",
            "upstream": { "url": format!("https://localhost:{}", third_party.address.port()), "tls": { "ca": "ca.pem" } },
            "egress": {
                "private": true,
                "credential": { "prefix": "Bearer ", "secret": { "file": "payments.key" } },
            },
            "controls": { "egress": { "callers": ["shop"] } },
        });
        stage.config["apis"].as_array_mut().unwrap().push(payments);
        House { stage, third_party }
    }

    /// What `palisade check` says.
    pub(crate) fn checked(&self) -> String {
        self.stage.write_config();
        let output = self.stage.palisade(&["check", "-c", "palisade.yaml"]);
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// A request as an application sends it, which knows the gateway by the name of the third party.
    fn request(&self, target: &str, fields: &[(&str, &str)]) -> Vec<u8> {
        let port = self.third_party.address.port();
        let mut head = format!("GET {target} HTTP/1.1\r\nHost: localhost:{port}\r\n");
        for (name, value) in fields {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        (head + "\r\n").into_bytes()
    }

    pub(crate) fn call(&self, gateway: &Gateway, target: &str) -> Answer {
        ask(gateway.addresses[1], &self.request(target, &[("X-Api-Key", "key-of-shop")]))
    }
}

pub(crate) fn refused(answer: &Answer) -> (u16, String) {
    (answer.status, answer.problem())
}

fn detail(house: &House, answer: &Answer) -> Value {
    house.stage.record(answer.field("x-request-id").unwrap())["denial"].clone()
}

#[test]
fn the_third_party_gets_the_credential_and_nothing_that_the_application_shows() {
    let house = House::new();
    let gateway = house.stage.start();
    let fields = [
        ("X-Api-Key", "key-of-shop"),
        ("Authorization", "Bearer of-the-application"),
        ("Cookie", "session=inside"),
        ("DPoP", "inside"),
        ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
        ("baggage", "user=inside"),
        ("X-Request-Id", "call-1"),
        ("Accept", "application/json"),
    ];
    let answer = ask(gateway.addresses[1], &house.request("/v1/charges", &fields));
    assert_eq!((answer.status, answer.json()), (200, json!({ "id": "ch_1", "amount": 5 })), "{answer:?}");
    let seen = house.third_party.seen();
    assert_eq!(seen.len(), 1);
    let sent = |name| field(&seen[0], name);
    assert_eq!(sent("authorization"), Some(format!("Bearer {CANARY}").as_str()));
    assert_eq!(sent("host"), Some(format!("localhost:{}", house.third_party.address.port()).as_str()));
    assert_eq!((sent("x-request-id"), sent("accept")), (Some("call-1"), Some("application/json")));
    for name in ["x-api-key", "cookie", "dpop", "traceparent", "tracestate", "baggage", "forwarded"] {
        assert_eq!(sent(name), None, "{}", seen[0]);
    }
    assert!(!seen[0].contains("inside") && !seen[0].contains("application\r\n"), "{}", seen[0]);
    let record = house.stage.record("call-1");
    assert_eq!(
        (&record["operation"]["api"], &record["principal"]["id"]),
        (&json!("payments"), &json!("shop"))
    );

    let other = ask(gateway.addresses[1], &house.request("/v1/charges", &[("X-Api-Key", "key-of-kiosk")]));
    assert_eq!(refused(&other), (403, "not-permitted".to_owned()));
    let nobody = ask(gateway.addresses[1], &house.request("/v1/charges", &[]));
    assert_eq!(refused(&nobody), (401, "unauthenticated".to_owned()));
    let undeclared = house.call(&gateway, "/v1/refunds");
    assert_eq!(refused(&undeclared), (404, "undeclared-operation".to_owned()));
    assert_eq!(house.third_party.seen().len(), 1);
}

#[test]
fn neither_side_serves_the_other_s_apis_whatever_is_loaded_later() {
    let mut house = House::new();
    let mut gateway = house.stage.start();
    let key = [("X-Api-Key", "key-of-shop")];
    let check = |house: &House, gateway: &Gateway| {
        let from_outside = ask(gateway.addresses[0], &house.request("/v1/charges", &key));
        assert_eq!(refused(&from_outside), (404, "undeclared-operation".to_owned()));
        let backward = ask(gateway.addresses[1], &house.request("/status", &key));
        assert_eq!(refused(&backward), (404, "undeclared-operation".to_owned()));
        let text = String::from_utf8(house.request("/status", &key)).unwrap();
        let elsewhere = ask(gateway.addresses[1], text.replace("localhost", "api.example").as_bytes());
        assert_eq!(refused(&elsewhere), (421, "undeclared-host".to_owned()));
    };
    check(&house, &gateway);
    assert_eq!(house.call(&gateway, "/v1/charges").status, 200);
    house.stage.config["listen"] =
        json!([{ "address": "127.0.0.1:0", "egress": true }, { "address": "127.0.0.1:0" }]);
    house.stage.write_config();
    gateway.signal(Signal::HUP);
    gateway.wait_for("reloaded");
    check(&house, &gateway);
    assert_eq!((house.third_party.seen().len(), house.stage.upstream.seen().len()), (1, 0));
}

#[test]
fn applications_that_know_the_gateway_as_a_proxy_name_the_third_party_themselves() {
    let house = House::new();
    let gateway = house.stage.start();
    let port = house.third_party.address.port();
    let through = |line: &str, host: &str| {
        let text = format!("{line} HTTP/1.1\r\nHost: {host}\r\nX-Api-Key: key-of-shop\r\n\r\n");
        ask(gateway.addresses[1], text.as_bytes())
    };
    let own = format!("localhost:{port}");
    assert_eq!(through(&format!("GET http://{own}/v1/charges"), &own).status, 200);
    let other = through("GET http://elsewhere.example/v1/charges", "elsewhere.example");
    assert_eq!(refused(&other), (421, "undeclared-host".to_owned()));
    let mismatch = through(&format!("GET http://{own}/v1/charges"), "elsewhere.example");
    assert_eq!(refused(&mismatch), (400, "host-mismatch".to_owned()));
    let tunnel = through(&format!("CONNECT {own}"), &own);
    assert_eq!(refused(&tunnel), (501, "method-not-implemented".to_owned()));
    assert_eq!(house.third_party.seen().len(), 1);
}

#[test]
fn what_the_third_party_answers_is_bounded_and_held_against_its_document() {
    let house = House::new();
    let gateway = house.stage.start();
    let check = |target: &str, status: u16, reason: &str, control: &str| {
        let answer = house.call(&gateway, target);
        assert_eq!(refused(&answer), (status, reason.to_owned()), "{target}");
        assert_eq!(detail(&house, &answer)["control"], control, "{target}");
    };
    check("/v1/wrong", 502, "answer-invalid", "response-schema");
    check("/v1/large", 502, "answer-too-large", "egress");
    check("/v1/outside", 502, "redirect-refused", "egress");
    check("/v1/echo", 502, "answer-leaks", "egress");
    let inside = house.call(&gateway, "/v1/inside");
    assert_eq!((inside.status, inside.field("location")), (303, Some("/v1/charges?limit=1")), "{inside:?}");
}

#[test]
fn a_third_party_that_does_not_answer_is_not_waited_for() {
    let mut house = House::new();
    house.stage.config["limits"]["upstream-response-timeout"] = json!("300ms");
    let gateway = house.stage.start();
    assert_eq!(refused(&house.call(&gateway, "/v1/slow")), (504, "upstream-timeout".to_owned()));
}

#[test]
fn a_third_party_that_cannot_prove_who_it_is_gets_nothing() {
    let authority = Authority::new("public");
    for (name, issued) in [
        ("another authority", Authority::new("public").issue("localhost", 1)),
        ("another name", authority.issue("partner.example", 1)),
        ("expired", authority.issue_until("localhost", 1, 2021)),
    ] {
        let house = House::with(&authority, &issued);
        let gateway = house.stage.start();
        let answer = house.call(&gateway, "/v1/charges");
        assert_eq!(refused(&answer), (502, "upstream-unreachable".to_owned()), "{name}");
        assert_eq!(detail(&house, &answer)["detail"], "tls handshake failed", "{name}");
        assert!(house.third_party.seen().is_empty(), "{name}");
    }
}

#[test]
fn a_name_that_leads_inside_is_not_followed() {
    let mut house = House::new();
    house.stage.config["apis"][1]["egress"]["private"] = json!(false);
    let gateway = house.stage.start();
    let answer = house.call(&gateway, "/v1/charges");
    assert_eq!(refused(&answer), (502, "upstream-unreachable".to_owned()));
    assert_eq!(detail(&house, &answer)["detail"], "no public address");
    assert!(house.third_party.seen().is_empty());
    for url in
        ["https://127.0.0.1:8443", "https://[::1]", "https://169.254.169.254", "http://api.payments.example"]
    {
        house.stage.config["apis"][1]["upstream"] = json!(url);
        let said = house.checked();
        assert!(said.contains("a third party is called at public addresses and over TLS"), "{url}\n{said}");
    }
}

#[test]
fn the_credential_is_nowhere_but_at_the_third_party_and_is_loaded_anew() {
    const NEXT: &str = "c4nary-sk-next-0123456789";
    let house = House::new();
    house.stage.write_config();
    let run = ["run", "-c", "palisade.yaml"];
    let mut gateway = Gateway::start(house.stage.command(&run).env("PALISADE_LOG", "debug,h2=info"));
    let absent = |place: &str, bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes);
        assert!(!text.contains("c4nary"), "the credential is in {place}:\n{text}");
    };
    let targets =
        ["/v1/charges", "/v1/echo", "/v1/fails", "/v1/wrong", "/v1/outside", "/v1/inside", "/v1/other"];
    for target in targets {
        absent(target, format!("{:?}", house.call(&gateway, target)).as_bytes());
    }
    for page in ["/healthz", "/readyz", "/metrics", "/snapshot"] {
        absent(page, &gateway.page(page).body);
    }
    house.stage.write("payments.key", NEXT);
    gateway.wait_for("reloaded");
    assert_eq!(house.call(&gateway, "/v1/charges").status, 200);
    let seen = house.third_party.seen();
    let sent: Vec<_> =
        [&seen[0], &seen[seen.len() - 1]].map(|head| field(head, "authorization").unwrap()).into();
    assert_eq!(sent, [format!("Bearer {CANARY}"), format!("Bearer {NEXT}")]);
    // One that cannot be used changes nothing, and is not shown either.
    house.stage.write("payments.key", "c4nary");
    gateway.wait_for("nothing was changed");
    assert!(gateway.said().contains("a credential of less than 8 bytes"), "{}", gateway.said());
    assert_eq!(house.call(&gateway, "/v1/charges").status, 200);
    absent("`palisade check`", house.checked().as_bytes());
    let port = house.third_party.address.port();
    house.stage.write("payments.key", NEXT);
    let url = format!("https://localhost:{port}/v1/charges");
    let explained = house.stage.palisade(&[
        "explain",
        "--egress",
        "GET",
        &url,
        "-c",
        "palisade.yaml",
        "-H",
        "X-Api-Key: key-of-shop",
    ]);
    assert!(explained.status.success(), "{explained:?}");
    absent("`palisade explain`", &[explained.stdout, explained.stderr].concat());
    for format in ["text", "json"] {
        let output = house.stage.palisade(&["log", "--data", "data", "--format", format]);
        assert!(output.stdout.len() > targets.len());
        absent("`palisade log`", &[output.stdout, output.stderr].concat());
    }
    absent("what it says", gateway.stop().as_bytes());
    for segment in house.stage.segments() {
        absent("the log", &std::fs::read(&segment).unwrap());
    }
}

#[test]
fn what_makes_no_sense_is_said() {
    let mut house = House::new();
    house.stage.config["listen"] = json!([{ "address": "127.0.0.1:0" }]);
    let said = house.checked();
    assert!(said.contains("no listener takes calls to `payments`"), "{said}");
    house.stage.config["listen"] =
        json!([{ "address": "127.0.0.1:0", "egress": true, "decisions": { "for": "traefik" } }]);
    let said = house.checked();
    assert!(said.contains("nothing is decided for another proxy where third parties are called"), "{said}");
    house.stage.config["apis"][1]["upstream"] = json!({ "urls": ["https://a.example", "https://b.example"] });
    let said = house.checked();
    assert!(said.contains("a third party has several origins"), "{said}");
    house.stage.config["apis"].as_array_mut().unwrap().pop();
    house.stage.config["listen"] = json!([{ "address": "127.0.0.1:0", "egress": true }]);
    let said = house.checked();
    assert!(said.contains("no third party can be called through this listener"), "{said}");
}

#[test]
fn the_example_is_one() {
    let example = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/examples/egress/palisade.yaml");
    let stage = Stage::new();
    let run = |arguments: &[&str]| stage.command(arguments).env("PAYMENTS_KEY", CANARY).output().unwrap();
    let checked = run(&["check", "-c", example, "--fail-on", "warning"]);
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stdout));
    let url = "https://api.payments.example/v1/charges/ch_1";
    let explained = run(&["explain", "--egress", "GET", url, "-c", example]);
    let said = String::from_utf8_lossy(&explained.stdout).into_owned();
    assert!(said.contains("refused with 401: unauthenticated by egress"), "{said}");
    let inward = run(&["explain", "GET", url, "-c", example]);
    let said = String::from_utf8_lossy(&inward.stdout).into_owned();
    assert!(said.contains("refused with 421: undeclared-host"), "{said}");
}
