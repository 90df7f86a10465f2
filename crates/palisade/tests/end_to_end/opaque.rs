//! Opaque tokens: their issuer is asked over real HTTP, once for all who wait, and believed for a stated time.

use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use serde_json::{Value, json};

use crate::client::{Answer, Client, DEADLINE, field, get};
use crate::gateway::Gateway;
use crate::issuer::AUDIENCE;
use crate::stage::Stage;

/// An issuer that is asked; it answers until the test's process ends.
#[derive(Debug, Clone, Default)]
struct Asked {
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    /// What is said of every token; nothing, and it answers 503.
    says: Option<Value>,
    /// Heads and bodies of the questions.
    questions: Vec<(String, String)>,
}

impl Asked {
    /// Its address, and the issuer.
    fn start() -> (String, Asked) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Asked::default();
        let own = asked.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut client = Client::over(stream.unwrap());
                while let Some(head) = client.head() {
                    let length = field(&head, "content-length").map_or(0, |length| length.parse().unwrap());
                    let body = client.take(length).unwrap();
                    let answer = own.answer(head, String::from_utf8(body).unwrap());
                    client.try_send(answer.as_bytes());
                }
            }
        });
        (url, asked)
    }

    fn answer(&self, head: String, body: String) -> String {
        let mut state = self.state.lock().unwrap();
        state.questions.push((head, body));
        let (status, body) = match &state.says {
            Some(says) => ("200 OK", says.to_string()),
            None => ("503 Service Unavailable", String::new()),
        };
        format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n{body}", body.len())
    }

    fn say(&self, says: Option<Value>) {
        self.state.lock().unwrap().says = says;
    }

    fn questions(&self) -> Vec<(String, String)> {
        self.state.lock().unwrap().questions.clone()
    }
}

fn stage(cache_max: &str) -> (Stage, Asked) {
    let (url, asked) = Asked::start();
    let mut stage = Stage::new();
    stage.config["identity"]["issuers"][0]["introspection"] = json!({
        "endpoint": { "url": format!("{url}/introspect") },
        "client-id": "gateway",
        "client-secret": { "file": "secret" },
        "cache-max": cache_max,
    });
    stage.write("secret", "canary-of-the-gateway\n");
    asked.say(Some(active(&stage)));
    (stage, asked)
}

fn active(stage: &Stage) -> Value {
    let mut says = stage.issuer.claims("orders:read");
    says["active"] = true.into();
    assert_eq!(says["aud"], AUDIENCE);
    says
}

fn ask(gateway: &Gateway, token: &str) -> Answer {
    gateway.ask(&get("/orders", &[("Authorization", &format!("Bearer {token}"))]))
}

#[test]
fn an_issuer_is_asked_once_about_a_token_and_never_about_a_signed_one() {
    let (mut stage, asked) = stage("60s");
    stage.config["workers"] = json!(2);
    let gateway = stage.start();
    for _ in 0..10 {
        assert_eq!(ask(&gateway, "canary-token").status, 200);
    }
    let (head, body) = asked.questions()[0].clone();
    assert!(head.starts_with("POST /introspect HTTP/1.1\r\n"), "{head}");
    assert_eq!(body, "token=canary-token&token_type_hint=access_token");
    assert_eq!(ask(&gateway, &stage.issuer.token("orders:read")).status, 200);
    assert_eq!(asked.questions().len(), 1);
    asked.say(Some(json!({ "active": false })));
    assert_eq!(ask(&gateway, "other").problem(), "invalid-token");
    let said = gateway.stop();
    let written = format!("{said}{:?}", stage.log());
    assert!(!written.contains("canary-token") && !written.contains("canary-of-the-gateway"), "{written}");
}

#[test]
fn a_revocation_is_seen_within_the_stated_time() {
    let (stage, asked) = stage("1s");
    let gateway = stage.start();
    assert_eq!(ask(&gateway, "token").status, 200);
    asked.say(Some(json!({ "active": false })));
    let began = Instant::now();
    while ask(&gateway, "token").status == 200 {
        assert!(began.elapsed() < DEADLINE, "it is still accepted");
    }
    assert_eq!(ask(&gateway, "token").problem(), "invalid-token");
}

#[test]
fn without_its_issuer_an_opaque_token_is_refused_and_a_signed_one_is_not() {
    let (stage, asked) = stage("60s");
    asked.say(None);
    let gateway = stage.start();
    let refused = ask(&gateway, "token");
    assert_eq!((refused.status, refused.problem().as_str()), (503, "introspection-unavailable"));
    assert_eq!(refused.field("retry-after"), Some("5"));
    assert_eq!(ask(&gateway, &stage.issuer.token("orders:read")).status, 200);
    asked.say(Some(active(&stage)));
    let began = Instant::now();
    while ask(&gateway, "token").status != 200 {
        assert!(began.elapsed() < DEADLINE, "it is still refused");
    }
}

#[test]
fn two_issuers_cannot_both_be_asked() {
    let (mut stage, _) = stage("60s");
    let mut other = stage.config["identity"]["issuers"][0].clone();
    other["issuer"] = "https://other.example".into();
    stage.config["identity"]["issuers"].as_array_mut().unwrap().push(other);
    stage.write_config();
    let output = stage.palisade(&["check", "-c", "palisade.yaml"]);
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(!output.status.success() && said.contains("have `introspection`"), "{said}");
}
