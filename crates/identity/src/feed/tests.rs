//! Keys that come, rotate, fail and grow stale, against a host on this machine and a clock that is only moved on.

use serde_json::json;
use tokio::time::advance;

use super::*;
use crate::algorithm::Algorithm;
use crate::error::TokenError;
use crate::fetch::PlainHttp;
use crate::fetch::server::{Reply, Server};
use crate::issue::{SigningKey, key_set};
use crate::verifier::{Issuer, Verifier};

const START: Timestamp = Timestamp::from_secs(1_764_000_000);

const TIMING: FeedTiming = FeedTiming {
    refresh: Duration::from_secs(300),
    refetch_min: Duration::from_secs(10),
    stale_max: Duration::from_secs(3600),
};

/// One issuer, its host, and a gateway's view of it.
struct House {
    server: Server,
    issuer: String,
    feed: Arc<KeyFeed>,
    verifier: Verifier,
    began: Instant,
}

fn key(id: &str) -> SigningKey {
    SigningKey::generate(Algorithm::Ed25519, id).unwrap()
}

fn client() -> KeyClient {
    KeyClient::new(None, PlainHttp::LoopbackOnly).unwrap()
}

impl House {
    /// A house whose host publishes `keys` by discovery; nothing is fetched yet.
    async fn new(keys: &[&SigningKey]) -> House {
        let server = Server::start(None).await;
        let issuer = server.url("/tenant");
        let metadata = json!({"issuer": issuer, "jwks_uri": server.url("/keys")}).to_string();
        server.set("/tenant/.well-known/openid-configuration", Reply::ok(&metadata));
        let feed = Arc::new(KeyFeed::new(KeySource::Discovery(issuer.clone()), Algorithms::ALL, TIMING));
        let own = Issuer::new(issuer.clone(), vec!["orders".into()]);
        let verifier = Verifier::new(vec![(own, feed.clone())]).unwrap();
        let house = House { server, issuer, feed, verifier, began: Instant::now() };
        house.publish(keys);
        house
    }

    fn publish(&self, keys: &[&SigningKey]) {
        self.server.set("/keys", Reply::ok(&key_set(keys).to_string()));
    }

    /// Starts the feed as the binary does.
    fn run(&self) {
        let (feed, began) = (self.feed.clone(), self.began);
        tokio::spawn(async move {
            let client = client();
            feed.run(&client, &move || START.plus(began.elapsed())).await;
        });
    }

    fn now(&self) -> Timestamp {
        START.plus(self.began.elapsed())
    }

    fn status(&self) -> FeedStatus {
        self.feed.status(self.now())
    }

    fn verify(&self, key: &SigningKey) -> Result<(), TokenError> {
        let now = self.now().as_secs();
        let claims = json!({"iss": self.issuer, "aud": "orders", "exp": now + 60});
        let token = key.sign("JWT", &claims).unwrap();
        self.verifier.verify(token.as_bytes(), self.now()).map(|_| ())
    }

    /// Lets `secs` pass; time stands still while the feed fetches, so that a slow machine changes nothing.
    async fn pass(&self, secs: u64) {
        for _ in 0..secs * 4 {
            advance(Duration::from_millis(250)).await;
            loop {
                for _ in 0..4 {
                    tokio::task::yield_now().await;
                }
                if self.feed.fetching.try_lock().is_ok() {
                    break;
                }
            }
        }
    }

    async fn refresh(&self) -> Result<Option<Duration>, FeedError> {
        let began = self.began;
        self.feed.refresh(&client(), &move || START.plus(began.elapsed())).await
    }
}

#[tokio::test(start_paused = true)]
async fn a_rotated_key_is_fetched_once_when_a_token_names_it() {
    let (old, new) = (key("old"), key("new"));
    let house = House::new(&[&old]).await;
    house.run();
    house.pass(20).await;
    assert_eq!(house.verify(&old), Ok(()));
    assert_eq!(house.server.hits("/keys"), 1);

    house.publish(&[&old, &new]);
    for _ in 0..50 {
        assert_eq!(house.verify(&new), Err(TokenError::UnknownKey));
    }
    house.pass(2).await;
    assert_eq!(house.verify(&new), Ok(()));
    assert_eq!(house.verify(&old), Ok(()));
    assert_eq!(house.server.hits("/keys"), 2);
    assert_eq!((house.status().keys, house.status().generation), (2, 2));
}

#[tokio::test(start_paused = true)]
async fn made_up_keys_cause_few_fetches_and_change_nothing() {
    let (own, forged) = (key("own"), key("forged"));
    let house = House::new(&[&own]).await;
    house.run();
    house.pass(1).await;
    for _ in 0..60 {
        assert_eq!(house.verify(&forged), Err(TokenError::UnknownKey));
        house.pass(1).await;
    }
    let hits = house.server.hits("/keys");
    assert!((5..=8).contains(&hits), "one in ten seconds, not {hits} in a minute");
    assert_eq!(house.status().generation, 1, "the same keys again end no cache");
}

#[tokio::test(start_paused = true)]
async fn keys_are_used_while_their_host_is_down_but_not_for_ever() {
    let own = key("own");
    let house = House::new(&[&own]).await;
    house.run();
    house.pass(1).await;
    house.server.set("/keys", Reply::new(503, &[], "down"));
    house.pass(3500).await;
    assert_eq!(house.verify(&own), Ok(()));
    let (_, reason) = house.status().last_failure.unwrap();
    assert!(reason.contains("503"), "{reason}");
    house.pass(110).await;
    assert_eq!(house.verify(&own), Err(TokenError::KeysUnavailable));
    assert!(!house.status().is_usable);

    house.publish(&[&own]);
    house.pass(15).await;
    assert_eq!(house.verify(&own), Ok(()), "a token that found no keys asked for them");
    assert!(house.status().last_failure.is_none() && house.status().is_usable);
}

#[tokio::test(start_paused = true)]
async fn keys_are_refreshed_at_the_interval_or_when_their_host_says() {
    let own = key("own");
    let house = House::new(&[&own]).await;
    house.run();
    house.pass(265).await;
    assert_eq!(house.server.hits("/keys"), 1);
    let keys = key_set(&[&own]).to_string();
    house.server.set("/keys", Reply::new(200, &["cache-control: max-age=100"], &keys));
    house.pass(40).await;
    assert_eq!(house.server.hits("/keys"), 2);
    house.pass(100).await;
    assert_eq!(house.server.hits("/keys"), 3);
    house.server.set("/keys", Reply::new(200, &["cache-control: max-age=0"], &keys));
    house.pass(100).await;
    let hits = house.server.hits("/keys");
    house.pass(180).await;
    assert!((2..=4).contains(&(house.server.hits("/keys") - hits)), "never more often than once a minute");
}

#[tokio::test(start_paused = true)]
async fn a_hostile_host_takes_no_key_away_and_adds_none() {
    let (own, other) = (key("own"), key("other"));
    let house = House::new(&[&own]).await;
    house.refresh().await.unwrap();
    let foreign = key_set(&[&other]).to_string();
    let private = json!({"keys": [own.public_jwk(), {"kty": "OKP", "crv": "Ed25519", "x": "AA", "d": "AA"}]});
    for (reply, reason) in [
        (Reply::ok(&" ".repeat(KEY_SET_BYTES_MAX + 1)), "the body is larger than 1048576 bytes"),
        (
            Reply::raw("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{").held(),
            "no complete answer within 10 s",
        ),
        (Reply::new(302, &["location: /other"], &foreign), "redirects are not followed"),
        (Reply::new(404, &[], &foreign), "404"),
        (Reply::ok("<html></html>"), "not strict JSON"),
        (Reply::ok(r#"{"keys":[]}"#), "none of the 0 keys"),
        (Reply::ok(&private.to_string()), "the key is private"),
    ] {
        house.server.set("/keys", reply);
        let error = house.refresh().await.unwrap_err().to_string();
        assert!(error.contains(reason) && error.contains(&house.server.url("/keys")), "{error}");
        assert_eq!(house.status().last_failure.unwrap().1.as_ref(), error);
        assert_eq!(house.verify(&own), Ok(()), "{reason}");
        assert_eq!(house.verify(&other), Err(TokenError::UnknownKey), "{reason}");
    }
    assert_eq!(house.status().generation, 1);
}

#[tokio::test(start_paused = true)]
async fn metadata_must_name_the_very_issuer_and_a_safe_place() {
    let own = key("own");
    let house = House::new(&[&own]).await;
    let keys = house.server.url("/keys");
    for (metadata, reason) in [
        (json!({"issuer": format!("{}/", house.issuer), "jwks_uri": keys}), "is not that of issuer"),
        (json!({"issuer": "https://other.example", "jwks_uri": keys}), "is not that of issuer"),
        (json!({"jwks_uri": keys}), "is not that of issuer"),
        (json!({"issuer": house.issuer}), "has no `jwks_uri`"),
        (json!({"issuer": house.issuer, "jwks_uri": "http://x y"}), "has a `jwks_uri` that is no URL"),
        (json!({"issuer": house.issuer, "jwks_uri": "/keys"}), "the URL must be https"),
        (json!({"issuer": house.issuer, "jwks_uri": "http://other.example/keys"}), "the URL must be https"),
        (
            json!({"issuer": house.issuer, "jwks_uri": "file:///etc/passwd"}),
            "has a `jwks_uri` that is no URL",
        ),
    ] {
        house.server.set("/tenant/.well-known/openid-configuration", Reply::ok(&metadata.to_string()));
        let error = house.refresh().await.unwrap_err().to_string();
        assert!(error.contains(reason), "{error}");
        assert_eq!(house.verify(&own), Err(TokenError::KeysUnavailable));
    }
    assert_eq!(house.server.hits("/keys"), 0);
}

#[tokio::test]
async fn a_file_is_read_again_when_asked_and_never_grows_stale() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.json");
    let write = |text: &str| std::fs::write(&path, text).unwrap();
    let feed = KeyFeed::new(KeySource::File(path.clone()), Algorithms::ALL, TIMING);
    let refresh = || async { feed.refresh(&client(), &|| START).await.map_err(|error| error.to_string()) };

    assert!(refresh().await.unwrap_err().starts_with(&format!("`{}`: ", path.display())));
    assert!(feed.keys(START).is_none());
    write(&key_set(&[&key("a")]).to_string());
    refresh().await.unwrap();
    assert_eq!(feed.keys(START).unwrap().len(), 1);
    write(&key_set(&[&key("a"), &key("b")]).to_string());
    refresh().await.unwrap();
    write("{");
    assert!(refresh().await.is_err());
    let much_later = START.plus(TIMING.stale_max * 1000);
    assert_eq!(feed.keys(much_later).unwrap().len(), 2);
    assert_eq!(feed.generation(), 2);
}

#[test]
fn jitter_only_shortens_and_by_a_tenth_at_most() {
    for _ in 0..1000 {
        let pause = jittered(Duration::from_secs(100));
        assert!((Duration::from_secs(90)..=Duration::from_secs(100)).contains(&pause), "{pause:?}");
    }
}
