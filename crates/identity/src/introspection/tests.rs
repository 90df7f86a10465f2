//! Answers that come, are believed, grow old, fail and lie, from a host on this machine and a clock that is only moved on.

use std::sync::Mutex;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use tokio::time::advance;

use super::*;
use crate::fetch::PlainHttp;
use crate::fetch::server::{Reply, Server};

const START: Timestamp = Timestamp::from_secs(1_764_000_000);

/// An issuer, what it says, and the time.
struct House {
    server: Server,
    introspector: Arc<Introspector>,
    now: Mutex<Timestamp>,
}

impl House {
    async fn new(change: impl FnOnce(&Server, &mut Settings)) -> House {
        let server = Server::start(None).await;
        let mut settings = Settings {
            issuer: Issuer::new(server.url(""), vec!["orders".into()]),
            endpoint: Some(server.url("/introspect").parse().unwrap()),
            client_id: "gateway:1".to_owned(),
            client_secret: Secret::new("s%cret"),
            cache_max: Duration::from_secs(60),
            aud_optional: false,
        };
        change(&server, &mut settings);
        let client = KeyClient::new(None, PlainHttp::LoopbackOnly).unwrap();
        let introspector = Arc::new(Introspector::new(settings, client).unwrap());
        House { server, introspector, now: Mutex::new(START) }
    }

    /// What is said of every token from here on, beside what is usual.
    fn says(&self, change: &Value) {
        let now = START.as_secs();
        let mut members = json!({
            "active": true, "iss": self.server.url(""), "aud": "orders", "sub": "alice", "scope": "read write",
            "client_id": "app", "exp": now + 3600, "iat": now, "token_type": "Bearer",
        });
        for (name, value) in change.as_object().unwrap() {
            members[name] = value.clone();
        }
        members.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        self.server.set("/introspect", Reply::ok(&members.to_string()));
    }

    fn pass(&self, secs: u64) {
        let mut now = self.now.lock().unwrap();
        *now = now.plus(Duration::from_secs(secs));
    }

    async fn ask(&self, token: &str) -> Answer {
        self.introspector.ask(token.as_bytes(), &|| *self.now.lock().unwrap()).await
    }

    /// Asks about a token that nobody asked about before.
    async fn check(&self, change: &Value, expected: Result<(), TokenError>) {
        self.says(change);
        let token = format!("token-{change}");
        assert_eq!(self.ask(&token).await.map(|_| ()), expected, "{change}");
    }

    fn hits(&self) -> usize {
        self.server.posts("/introspect")
    }
}

#[tokio::test]
async fn the_issuer_is_asked_as_the_standard_says() {
    let house = House::new(|_, _| {}).await;
    house.says(&json!({}));
    let verified = house.ask("2YotnF/ZFE+jr1").await.unwrap();
    assert_eq!(verified.claims.subject.as_deref(), Some("alice"));
    assert!(verified.claims.has_scope("write"));
    assert_eq!((verified.key_id.as_deref(), verified.algorithm), (None, None));
    assert_eq!(verified.valid_until, START.plus(Duration::from_secs(60)));
    let head = house.server.last_head().to_lowercase();
    // `gateway:1` and `s%cret`, each encoded as a form before they are joined (RFC 6749 section 2.3.1).
    let basic = format!("authorization: basic {}", STANDARD.encode("gateway%3A1:s%25cret")).to_lowercase();
    assert!(head.starts_with("post /introspect http/1.1\r\n") && head.contains(&basic), "{head}");
    assert!(head.contains("content-type: application/x-www-form-urlencoded"), "{head}");
    assert_eq!(house.server.last_body(), "token=2YotnF%2FZFE%2Bjr1&token_type_hint=access_token");
}

#[tokio::test]
async fn an_answer_is_believed_for_the_stated_time_and_no_longer_than_the_token_lives() {
    let house = House::new(|_, _| {}).await;
    house.says(&json!({}));
    assert!(house.ask("a").await.is_ok());
    house.says(&json!({"active": false}));
    house.pass(59);
    assert!(house.ask("a").await.is_ok());
    assert_eq!(house.hits(), 1);
    house.pass(1);
    assert_eq!(house.ask("a").await.unwrap_err(), TokenError::Inactive);
    assert_eq!(house.hits(), 2);

    let now = house.now.lock().unwrap().as_secs();
    house.says(&json!({"exp": now + 5}));
    let short = house.ask("b").await.unwrap();
    assert_eq!(short.valid_until, Timestamp::from_secs(now + 35), "the clock's skew included");
    let longest = House::new(|_, settings| settings.cache_max = Duration::from_secs(86_400)).await;
    longest.says(&json!({"exp": null}));
    assert_eq!(longest.ask("a").await.unwrap().valid_until, START.plus(CACHE_MAX));
}

#[tokio::test]
async fn a_refusal_is_believed_for_a_moment() {
    let house = House::new(|_, _| {}).await;
    house.server.set("/introspect", Reply::ok(r#"{"active":false}"#));
    for _ in 0..20 {
        assert_eq!(house.ask("a").await.unwrap_err(), TokenError::Inactive);
    }
    assert_eq!(house.hits(), 1);
    house.pass(10);
    house.says(&json!({}));
    assert!(house.ask("a").await.is_ok());
}

#[tokio::test]
async fn all_who_wait_for_one_token_ask_once() {
    let house = Arc::new(House::new(|_, _| {}).await);
    house.says(&json!({}));
    let mut waiting = tokio::task::JoinSet::new();
    for number in 0..40 {
        let house = Arc::clone(&house);
        waiting.spawn(async move { house.ask(if number % 2 == 0 { "a" } else { "b" }).await.is_ok() });
    }
    while let Some(answer) = waiting.join_next().await {
        assert!(answer.unwrap());
    }
    assert_eq!(house.hits(), 2);
}

#[tokio::test(start_paused = true)]
async fn whoever_leaves_lets_the_next_ask() {
    let house = Arc::new(House::new(|_, _| {}).await);
    house.server.set("/introspect", Reply::raw("HTTP/1.1 200 OK\r\n").held());
    let first = Arc::clone(&house);
    let first = tokio::spawn(async move { first.ask("a").await });
    while house.hits() == 0 {
        tokio::task::yield_now().await;
    }
    house.says(&json!({}));
    let second = Arc::clone(&house);
    let second = tokio::spawn(async move { second.ask("a").await });
    tokio::task::yield_now().await;
    first.abort();
    assert!(second.await.unwrap().is_ok());
    assert_eq!(house.hits(), 2);
}

#[tokio::test]
async fn without_a_usable_answer_nothing_is_accepted() {
    let house = House::new(|_, _| {}).await;
    for reply in [
        Reply::new(503, &[], "down"),
        Reply::new(401, &[], r#"{"active":true}"#),
        Reply::new(302, &["location: /other"], ""),
        Reply::ok("<html></html>"),
        Reply::ok("{}"),
        Reply::ok(r#"{"active":"true"}"#),
        Reply::ok(r#"{"active":true,"active":false}"#),
        Reply::ok(&format!(r#"{{"active":true,"x":"{}"}}"#, "x".repeat(ANSWER_BYTES_MAX))),
        Reply::raw("HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{"),
    ] {
        house.server.set("/introspect", reply);
        assert_eq!(house.ask("a").await.unwrap_err(), TokenError::IntrospectionUnavailable);
        house.pass(1);
    }
    let before = house.hits();
    house.says(&json!({}));
    assert!(house.ask("a").await.is_ok(), "a failure is not believed for long");
    assert_eq!(house.hits(), before + 1);
}

#[tokio::test(start_paused = true)]
async fn an_issuer_that_does_not_answer_is_given_up() {
    let house = House::new(|_, _| {}).await;
    house.server.set("/introspect", Reply::raw("").held());
    let began = tokio::time::Instant::now();
    assert_eq!(house.ask("a").await.unwrap_err(), TokenError::IntrospectionUnavailable);
    assert!(began.elapsed() >= ASK_TIMEOUT && began.elapsed() < ASK_TIMEOUT * 2);
    advance(Duration::from_millis(1)).await;
    assert_eq!(house.ask("a").await.unwrap_err(), TokenError::IntrospectionUnavailable);
    assert_eq!(house.hits(), 1, "nobody asks again at once");
}

#[tokio::test]
async fn what_is_said_is_held_against_the_issuer() {
    let (house, now) = (House::new(|_, _| {}).await, START.as_secs());
    house.check(&json!({}), Ok(())).await;
    house.check(&json!({"iss": null}), Ok(())).await;
    house.check(&json!({"token_type": "DPoP"}), Ok(())).await;
    house.check(&json!({"token_type": null}), Ok(())).await;
    house.check(&json!({"token_type": "refresh_token"}), Err(TokenError::WrongType)).await;
    house.check(&json!({"iss": "https://other.example"}), Err(TokenError::UnknownIssuer)).await;
    house.check(&json!({"aud": "billing"}), Err(TokenError::WrongAudience)).await;
    house.check(&json!({"aud": null}), Err(TokenError::MissingClaim("aud"))).await;
    house.check(&json!({"exp": now - 30}), Err(TokenError::Expired)).await;
    house.check(&json!({"exp": "soon"}), Err(TokenError::InvalidClaim("exp"))).await;
    house.check(&json!({"nbf": now + 31}), Err(TokenError::NotYetValid)).await;
    house.check(&json!({"cnf": {"jkt": "short"}}), Err(TokenError::InvalidClaim("cnf"))).await;
    let lenient = House::new(|_, settings| settings.aud_optional = true).await;
    lenient.check(&json!({"aud": null}), Ok(())).await;
    lenient.check(&json!({"aud": "billing"}), Err(TokenError::WrongAudience)).await;
    let long = "x".repeat(TOKEN_BYTES_MAX + 1);
    assert_eq!(house.ask(&long).await.unwrap_err(), TokenError::TooLarge);
}

#[tokio::test]
async fn the_endpoint_is_found_in_the_metadata_and_found_again_when_it_moves() {
    let house = House::new(|_, settings| settings.endpoint = None).await;
    let metadata = |path: &str| {
        let text = json!({"issuer": house.server.url(""), "introspection_endpoint": house.server.url(path)});
        house.server.set("/.well-known/openid-configuration", Reply::ok(&text.to_string()));
    };
    assert_eq!(house.ask("a").await.unwrap_err(), TokenError::IntrospectionUnavailable);
    metadata("/introspect");
    house.says(&json!({}));
    house.pass(1);
    assert!(house.ask("a").await.is_ok() && house.ask("b").await.is_ok());
    assert_eq!(house.server.hits("/.well-known/openid-configuration"), 2);
    metadata("/moved");
    house.server.set("/introspect", Reply::new(404, &[], ""));
    assert_eq!(house.ask("c").await.unwrap_err(), TokenError::IntrospectionUnavailable);
    house.server.set("/moved", Reply::ok(r#"{"active":false}"#));
    house.pass(1);
    assert_eq!(house.ask("c").await.unwrap_err(), TokenError::Inactive);
}

#[test]
fn no_secret_is_printed() {
    let settings = Settings {
        issuer: Issuer::new("https://issuer.example", vec!["orders".into()]),
        endpoint: None,
        client_id: "gateway".to_owned(),
        client_secret: Secret::new("canary"),
        cache_max: Duration::from_secs(60),
        aud_optional: false,
    };
    let client = KeyClient::new(None, PlainHttp::LoopbackOnly).unwrap();
    let text = format!("{:?}", Introspector::new(settings, client).unwrap());
    assert!(!text.contains("canary") && !text.contains(&STANDARD.encode("gateway:canary")), "{text}");
}
