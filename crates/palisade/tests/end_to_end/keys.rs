//! Keys that a provider serves: found, rotated, asked for with restraint, and kept while the provider is down.

use serde_json::json;

use crate::client::{Answer, Client, get};
use crate::gateway::{Gateway, Signal};
use crate::issuer::{AUDIENCE, Issuer, Provider, fresh_key};
use crate::stage::Stage;

const METADATA: &str = "/.well-known/openid-configuration";

/// A stage whose issuer is a provider that is up, with its keys where `keys` says.
fn stage(keys: impl Fn(&Provider) -> serde_json::Value) -> (Stage, Provider) {
    let (mut stage, provider) = (Stage::new(), Provider::start());
    stage.issuer = Issuer::new(&provider.url, "first");
    provider.publish(stage.issuer.key_set());
    stage.config["identity"]["issuers"] =
        json!([{ "issuer": provider.url, "audiences": [AUDIENCE], "keys": keys(&provider) }]);
    (stage, provider)
}

fn ask(gateway: &Gateway, bearer: &str) -> Answer {
    gateway.ask(&get("/orders", &[("Authorization", bearer)]))
}

#[test]
fn keys_are_found_by_discovery() {
    let (stage, provider) = stage(|_| json!("discovery"));
    let gateway = stage.start();
    assert_eq!(ask(&gateway, &stage.issuer.bearer("orders:read")).status, 200);
    assert_eq!(provider.fetches()[..2], [METADATA, "/jwks.json"]);

    let stranger = Issuer::new("https://stranger.example", "first");
    assert_eq!(ask(&gateway, &stranger.bearer("orders:read")).problem(), "invalid-token");
    let mut other_audience = stage.issuer.claims("orders:read");
    other_audience["aud"] = "invoices".into();
    let token = stage.issuer.key.sign("at+jwt", &other_audience).unwrap();
    assert_eq!(ask(&gateway, &format!("Bearer {token}")).problem(), "invalid-token");
    assert_eq!(stage.upstream.seen().len(), 1);
}

/// Slower than others: tokens may ask for keys again only ten seconds after the last fetch.
#[test]
fn a_rotated_key_is_fetched_once_however_many_tokens_ask_for_it() {
    let (mut stage, provider) = stage(|provider| json!({ "url": format!("{}/jwks.json", provider.url) }));
    let gateway = stage.start();
    let old = stage.issuer.bearer("orders:read");
    assert_eq!(ask(&gateway, &old).status, 200);
    // A start fetches before it listens, and the feed's own task as it begins.
    provider.wait_for(2);

    stage.issuer.key = fresh_key("second");
    provider.publish(stage.issuer.key_set());
    let new = stage.issuer.bearer("orders:read");
    for _ in 0..50 {
        assert_eq!(ask(&gateway, &new).problem(), "invalid-token");
        assert_eq!(ask(&gateway, &old).status, 200, "the old key serves until the new one is there");
    }
    assert_eq!(provider.fetches(), ["/jwks.json"; 2], "tokens cannot make the gateway ask at will");
    provider.wait_for(3);
    let mut client = Client::connect(gateway.address());
    let request = get("/orders", &[("Authorization", &new)]);
    // The answer was on its way when the provider counted it.
    let accepted = (0..1_000).any(|_| client.ask(&request).status == 200);
    assert!(accepted);
    assert_eq!(ask(&gateway, &old).problem(), "invalid-token", "the old key is gone with the set it was in");
    assert_eq!(provider.fetches(), ["/jwks.json"; 3]);
}

#[test]
fn keys_outlive_their_provider_and_a_reload_without_it() {
    let (stage, provider) = stage(|_| json!("discovery"));
    let mut gateway = stage.start();
    let bearer = stage.issuer.bearer("orders:read");
    assert_eq!(ask(&gateway, &bearer).status, 200);
    provider.go_down();
    gateway.signal(Signal::HUP);
    gateway.wait_for("no new keys; the last ones stay in use");
    gateway.wait_for("reloaded");
    assert_eq!(ask(&gateway, &bearer).status, 200);
    assert_eq!(gateway.page("/readyz").status, 200);
}

#[test]
fn a_start_without_keys_serves_what_needs_none_and_says_that_it_is_not_ready() {
    let (stage, provider) = stage(|_| json!("discovery"));
    provider.go_down();
    let mut gateway = stage.start();
    assert!(gateway.said().contains("its tokens are refused until they come"), "{}", gateway.said());
    let refused = ask(&gateway, &stage.issuer.bearer("orders:read"));
    assert_eq!((refused.status, refused.problem().as_str()), (503, "keys-unavailable"));
    assert_eq!(gateway.get("/status").status, 200);
    let ready = gateway.page("/readyz");
    assert_eq!(ready.status, 503);
    let reason = format!("no usable keys of issuer `{}`", provider.url);
    assert_eq!(ready.json()["reasons"], json!([reason]));
}
