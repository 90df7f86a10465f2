//! Third parties that are shown a token, which the program gets from a real server over real TLS, and keeps at hand.

use std::sync::{Arc, Mutex};
use std::time::Instant;

use serde_json::json;

use crate::authority::Authority;
use crate::client::{DEADLINE, field};
use crate::egress::{House, ThirdParty, refused};
use crate::gateway::{Gateway, Signal};

/// The client's secret, and what every token begins with.
const SECRET: &str = "c4nary-client-secret";
const TOKEN: &str = "c4nary-token";

/// How long the tokens of these tests live, in seconds.
const LIFETIME: u64 = 3600;

/// What the server does, and the bodies of all requests for tokens.
#[derive(Default)]
struct State {
    is_down: bool,
    lifetime: Option<u64>,
    bodies: Vec<String>,
}

/// A third party, the server that gives tokens for it, and the gateway's config.
struct Tokens {
    house: House,
    server: ThirdParty,
    state: Arc<Mutex<State>>,
}

impl Tokens {
    fn new() -> Tokens {
        let authority = Authority::new("public");
        let issued = authority.issue("localhost", 1);
        let mut house = House::with(&authority, &issued);
        let state = Arc::<Mutex<State>>::default();
        let shared = Arc::clone(&state);
        let server = ThirdParty::answering(&issued, move |head, body, _| {
            assert!(head.starts_with("POST /token HTTP/1.1"), "{head}");
            let mut state = shared.lock().unwrap();
            if state.is_down {
                return Some("HTTP/1.1 503 Down\r\nContent-Length: 0\r\n\r\n".to_owned());
            }
            state.bodies.push(String::from_utf8(body.to_vec()).unwrap());
            let token = format!("{TOKEN}-{}", state.bodies.len());
            let lifetime = state.lifetime.unwrap_or(LIFETIME);
            let body =
                json!({ "access_token": token, "token_type": "Bearer", "expires_in": lifetime }).to_string();
            Some(format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len()))
        });
        house.stage.write("client.secret", &format!("{SECRET}\n"));
        house.stage.config["apis"][1]["egress"]["credential"] = json!({ "oauth": {
            "token-url": format!("https://localhost:{}/token", server.address.port()),
            "client-id": "gateway",
            "client-secret": { "file": "client.secret" },
            "scopes": ["charges:read", "charges:write"],
            "ca": "ca.pem",
        } });
        Tokens { house, server, state }
    }

    /// What the third party was last shown.
    fn shown(&self) -> String {
        let seen = self.house.third_party.seen();
        field(seen.last().unwrap(), "authorization").unwrap().to_owned()
    }

    fn asked(&self) -> usize {
        self.state.lock().unwrap().bodies.len()
    }

    fn start(&self) -> Gateway {
        self.house.stage.write_config();
        let run = ["run", "-c", "palisade.yaml"];
        Gateway::start(self.house.stage.command(&run).env("PALISADE_LOG", "debug,h2=info"))
    }
}

#[test]
fn the_third_party_is_shown_a_token_that_was_got_before_anybody_called() {
    let tokens = Tokens::new();
    let mut gateway = tokens.start();
    assert_eq!(
        tokens.state.lock().unwrap().bodies,
        ["grant_type=client_credentials&scope=charges%3Aread%20charges%3Awrite"]
    );
    let head = &tokens.server.seen()[0];
    assert!(field(head, "authorization").is_some_and(|value| value.starts_with("Basic ")), "{head}");
    for _ in 0..3 {
        assert_eq!(tokens.house.call(&gateway, "/v1/charges").status, 200);
        assert_eq!(tokens.shown(), format!("Bearer {TOKEN}-1"));
    }
    assert_eq!(refused(&tokens.house.call(&gateway, "/v1/echo")), (502, "answer-leaks".to_owned()));
    // Loading again while the server is down takes no token away.
    tokens.state.lock().unwrap().is_down = true;
    gateway.signal(Signal::HUP);
    gateway.wait_for("reloaded");
    assert_eq!(tokens.house.call(&gateway, "/v1/charges").status, 200);
    assert_eq!(tokens.shown(), format!("Bearer {TOKEN}-1"));
    assert_eq!(tokens.asked(), 1);
    let mut written: Vec<Vec<u8>> =
        ["/readyz", "/metrics", "/snapshot"].map(|page| gateway.page(page).body).into();
    written.push(tokens.house.checked().into_bytes());
    written.push(gateway.stop().into_bytes());
    written.extend(tokens.house.stage.segments().iter().map(|segment| std::fs::read(segment).unwrap()));
    for bytes in written {
        let text = String::from_utf8_lossy(&bytes);
        assert!(!text.contains("c4nary"), "{text}");
    }
}

#[test]
fn without_a_token_nothing_is_sent_until_there_is_one() {
    let tokens = Tokens::new();
    tokens.state.lock().unwrap().is_down = true;
    let gateway = tokens.start();
    let answer = tokens.house.call(&gateway, "/v1/charges");
    assert_eq!(refused(&answer), (503, "credential-unavailable".to_owned()));
    assert_eq!(answer.field("retry-after"), Some("5"));
    assert!(tokens.house.third_party.seen().is_empty());
    let not_ready = gateway.page("/readyz");
    assert_eq!(not_ready.status, 503, "{not_ready:?}");
    tokens.state.lock().unwrap().is_down = false;
    let began = Instant::now();
    while tokens.house.call(&gateway, "/v1/charges").status != 200 {
        assert!(began.elapsed() < DEADLINE, "no token came");
    }
    assert_eq!(tokens.shown(), format!("Bearer {TOKEN}-1"));
    assert_eq!(gateway.page("/readyz").status, 200);
}

#[test]
fn a_token_is_renewed_while_nobody_asks_for_it() {
    let tokens = Tokens::new();
    tokens.state.lock().unwrap().lifetime = Some(4);
    let gateway = tokens.start();
    assert_eq!(tokens.house.call(&gateway, "/v1/charges").status, 200);
    assert_eq!(tokens.shown(), format!("Bearer {TOKEN}-1"));
    let began = Instant::now();
    while tokens.asked() < 2 {
        std::thread::yield_now();
        assert!(began.elapsed() < DEADLINE, "no other token was got");
    }
    while tokens.shown() == format!("Bearer {TOKEN}-1") {
        tokens.house.call(&gateway, "/v1/charges");
        assert!(began.elapsed() < DEADLINE, "the other token is not shown");
    }
}

#[test]
fn what_cannot_be_asked_for_is_said() {
    let mut tokens = Tokens::new();
    let mut said = |change: &dyn Fn(&mut serde_json::Value), expected: &str| {
        let before = tokens.house.stage.config.clone();
        change(&mut tokens.house.stage.config["apis"][1]["egress"]["credential"]);
        let said = tokens.house.checked();
        assert!(said.contains(expected) && !said.contains("c4nary"), "{expected}\n{said}");
        tokens.house.stage.config = before;
    };
    said(
        &|credential| credential["oauth"]["token-url"] = json!("http://issuer.example/token"),
        "plain http is only allowed",
    );
    said(&|credential| credential["oauth"]["ca"] = json!("client.secret"), "root certificates");
    said(
        &|credential| credential["oauth"]["client-secret"] = json!({ "env": "PALISADE_NO_SUCH_SECRET" }),
        "no environment variable",
    );
    said(
        &|credential| credential["secret"] = json!({ "file": "client.secret" }),
        "write either `secret` or `oauth`",
    );
    said(&|credential| credential["query"] = json!("token"), "a token in the query");
}
