//! Tokens that come, are renewed in time, expire and fail, from a host on this machine and a clock that is only moved on.

use std::sync::Mutex as Lock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::*;
use crate::fetch::server::{Reply, Server};

const START: Timestamp = Timestamp::from_secs(1_764_000_000);

fn settings(url: &str, scopes: &[&str]) -> Settings {
    Settings {
        name: "payments".to_owned(),
        token_url: url.parse().unwrap(),
        client_id: "gateway:1".to_owned(),
        client_secret: Secret::new("s%cret"),
        scopes: scopes.iter().map(|scope| (*scope).to_owned()).collect(),
        authorities: None,
    }
}

/// A server, the tokens that it gives, and the time.
struct House {
    server: Server,
    tokens: ClientTokens,
    now: Lock<Timestamp>,
}

impl House {
    async fn new(scopes: &[&str]) -> House {
        let server = Server::start(None).await;
        let tokens = ClientTokens::new(settings(&server.url("/token"), scopes)).unwrap();
        House { server, tokens, now: Lock::new(START) }
    }

    fn gives(&self, members: &Value) {
        self.server.set("/token", Reply::ok(&members.to_string()));
    }

    fn pass(&self, secs: u64) {
        let mut now = self.now.lock().unwrap();
        *now = now.plus(Duration::from_secs(secs));
    }

    async fn refresh(&self) -> Result<(), ClientTokenError> {
        self.tokens.refresh(&|| *self.now.lock().unwrap()).await
    }

    fn shown(&self) -> Option<String> {
        let token = self.tokens.token(*self.now.lock().unwrap());
        token.map(|token| String::from_utf8(token.value.expose().to_vec()).unwrap())
    }

    fn asked(&self) -> usize {
        self.server.posts("/token")
    }
}

fn token(value: &str, secs: u64) -> Value {
    json!({ "access_token": value, "token_type": "bearer", "expires_in": secs })
}

#[tokio::test]
async fn a_token_is_asked_for_as_the_standard_says() {
    let house = House::new(&["charges:read", "charges:write"]).await;
    assert_eq!(house.shown(), None);
    house.gives(&token("first-token", 100));
    house.refresh().await.unwrap();
    assert_eq!(house.shown().as_deref(), Some("first-token"));
    assert_eq!(
        house.server.last_body(),
        "grant_type=client_credentials&scope=charges%3Aread%20charges%3Awrite"
    );
    let basic = format!("authorization: basic {}", STANDARD.encode("gateway%3A1:s%25cret")).to_lowercase();
    assert!(house.server.last_head().to_lowercase().contains(&basic), "RFC 6749 section 2.3.1");
    let without = House::new(&[]).await;
    without.gives(&token("first-token", 100));
    without.refresh().await.unwrap();
    assert_eq!(without.server.last_body(), "grant_type=client_credentials");
}

#[tokio::test]
async fn a_token_is_renewed_before_it_expires_and_not_shown_after() {
    let house = House::new(&[]).await;
    house.gives(&token("first-token", 100));
    house.refresh().await.unwrap();
    house.pass(67);
    house.refresh().await.unwrap();
    assert_eq!(house.asked(), 1, "three quarters of its life, and up to a tenth less");
    house.pass(8);
    house.gives(&token("second-token", 100));
    house.refresh().await.unwrap();
    assert_eq!((house.asked(), house.shown().as_deref()), (2, Some("second-token")));
    let holds = |text: &str| house.tokens.any(|value| value == text.as_bytes());
    assert!(holds("first-token") && holds("second-token") && !holds("third-token"));
    house.server.set("/token", Reply::new(500, &[], ""));
    house.pass(80);
    assert!(house.refresh().await.is_err());
    assert_eq!(house.shown().as_deref(), Some("second-token"), "it still lives");
    house.pass(10);
    assert_eq!(house.shown(), None);
}

#[tokio::test]
async fn what_is_no_token_to_show_is_refused_and_named_nowhere() {
    let house = House::new(&[]).await;
    for (reply, expected) in [
        (Reply::new(401, &[], r#"{"error":"invalid_client"}"#), "the host answered 401"),
        (Reply::new(302, &["location: http://127.0.0.1:9/"], ""), "the host answered 302"),
        (Reply::ok("canary-token"), "is no strict JSON object"),
        (Reply::ok("\"canary-token\""), "is no strict JSON object"),
        (Reply::ok(r#"{"access_token":"canary-token"}"#), "no token of the type `Bearer`"),
        (Reply::ok(r#"{"access_token":"canary-token","token_type":"mac"}"#), "no token of the type `Bearer`"),
        (Reply::ok(r#"{"token_type":"Bearer"}"#), "no `access_token`"),
        (Reply::ok(r#"{"token_type":"Bearer","access_token":"short"}"#), "shorter than 8 bytes"),
        (Reply::ok(r#"{"token_type":"Bearer","access_token":"canary token"}"#), "cannot be sent"),
        (Reply::ok(r#"{"token_type":"Bearer","access_token":"canary\r\ntoken"}"#), "cannot be sent"),
        (
            Reply::ok(r#"{"token_type":"Bearer","access_token":"canary-token","expires_in":0}"#),
            "whole number",
        ),
        (
            Reply::ok(r#"{"token_type":"Bearer","access_token":"canary-token","expires_in":-1}"#),
            "whole number",
        ),
        (
            Reply::ok(r#"{"token_type":"Bearer","access_token":"canary-token","expires_in":"9"}"#),
            "whole number",
        ),
    ] {
        house.server.set("/token", reply);
        let said = house.refresh().await.unwrap_err().to_string();
        assert!(said.contains(expected) && !said.contains("canary"), "{said}");
        assert_eq!(house.shown(), None);
    }
    let text = format!("{:?}", house.tokens);
    assert!(!text.contains("s%cret") && !text.contains("czM") && !text.contains("Basic"), "{text}");
}

#[tokio::test]
async fn a_token_that_says_nothing_of_its_end_lives_for_five_minutes() {
    let house = House::new(&[]).await;
    house.gives(&json!({ "access_token": "first-token", "token_type": "Bearer" }));
    house.refresh().await.unwrap();
    house.pass(289);
    assert!(house.shown().is_some());
    house.pass(1);
    assert!(house.shown().is_none());
}

#[tokio::test]
async fn a_failure_is_tried_again_until_there_is_a_token() {
    let house = House::new(&[]).await;
    house.server.set("/token", Reply::new(503, &[], ""));
    let clock = || *house.now.lock().unwrap();
    let test = async {
        while house.asked() == 0 {
            tokio::task::yield_now().await;
        }
        house.gives(&token("first-token", 100));
        while house.shown().is_none() {
            tokio::task::yield_now().await;
        }
        assert_eq!(house.asked(), 2);
    };
    tokio::select! {
        () = house.tokens.run(&clock) => {}
        done = timeout(Duration::from_secs(20), test) => done.unwrap(),
    }
}

#[test]
fn a_secret_is_sent_nowhere_in_the_clear() {
    let refused = |url: &str| ClientTokens::new(settings(url, &[])).unwrap_err().to_string();
    assert!(refused("http://issuer.example/token").contains("plain http is only allowed on this machine"));
    assert!(refused("https://user@issuer.example/token").contains("without a user name"));
    assert!(refused("/token").contains("must be https"));
    let unusable =
        Settings { authorities: Some(b"none".to_vec()), ..settings("https://issuer.example/", &[]) };
    assert!(matches!(ClientTokens::new(unusable), Err(SetupError::Tls(_))));
}

#[tokio::test]
async fn only_the_same_settings_keep_a_token() {
    let house = House::new(&["a"]).await;
    let url = house.server.url("/token");
    assert!(house.tokens.is_of(&settings(&url, &["a"])));
    assert!(!house.tokens.is_of(&settings(&url, &["b"])));
    assert!(!house.tokens.is_of(&settings(&house.server.url("/other"), &["a"])));
    let other = Settings { client_secret: Secret::new("other"), ..settings(&url, &["a"]) };
    assert!(!house.tokens.is_of(&other));
}
