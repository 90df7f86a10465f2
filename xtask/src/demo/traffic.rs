//! The short stream of honest and hostile requests that the demo plays.
//!
//! Together they notice each change of the demo's policy: `cargo xtask mutants` tries every one.

mod requests;
mod values;

use std::time::Duration;

use identity::Algorithm;
use serde_json::json;

use super::attempt::{Attempt, Expected};
use super::issuer::Issuer;
use super::orders::{BANNER, CARD};
use super::policy::PARTNER_KEY;
use crate::failure::Outcome;
use crate::tokens::{Signer, now, with};
use requests::{bearer, bytes, delete, gets, key, patches, posts, raw};

use Expected::{Forwarded, ForwardedWithout, KeptBy, LimitedBy, NotSeen, RefusedBy};

/// Requests of the burst: more than the limit lets through at once.
const BURST: usize = 60;
/// What the config lets through at once, and after how long one more.
const AT_ONCE: (usize, Duration) = (40, Duration::from_secs(3));

const ORDER: &str = r#"{"items":[{"sku":"TEA-0001","quantity":2}]}"#;

const MOVED: &str = r#"{"email":"dave@shop.example"}"#;

/// What no caller sees of a user.
const HASH: &str = "password_hash";

/// Everything that is tried, in order.
pub(super) fn all(issuer: &Issuer) -> Outcome<Vec<Attempt>> {
    let mut attempts = honest(issuer)?;
    attempts.extend(objects(issuer)?);
    attempts.extend(tokens(issuer)?);
    attempts.extend(scopes(issuer)?);
    attempts.extend(operations(issuer)?);
    attempts.extend(values::all(issuer)?);
    attempts.extend(wire(issuer)?);
    attempts.extend(keys());
    attempts.push(burst(issuer)?);
    Ok(attempts)
}

/// Each operation, by somebody who may do that and nothing else.
fn honest(issuer: &Issuer) -> Outcome<Vec<Attempt>> {
    let [alice, bob, carol, dave, root] =
        ["alice", "bob", "carol", "dave", "root"].map(|name| issuer.token(name).map(|token| bearer(&token)));
    let (alice, bob, carol, dave) = (alice?, bob?, carol?, dave?);
    let changes = [r#"{"name":"Dave"}"#, MOVED];
    Ok(vec![
        gets("anyone asks whether the shop is open", &["/v1/status"], "", ForwardedWithout(BANNER)),
        gets("a partner reads the catalogue with its key", &["/v1/catalogue"], &key(PARTNER_KEY), Forwarded),
        gets("bob reads it with his token", &["/v1/catalogue"], &bob, Forwarded),
        gets("alice lists orders of every kind", values::LISTS, &alice, ForwardedWithout(CARD)),
        gets("alice reads her order", &["/v1/orders/1"], &alice, ForwardedWithout(CARD)),
        gets("bob reads his", &["/v1/orders/2"], &bob, ForwardedWithout(CARD)),
        posts("carol places an order", "/v1/orders", &carol, &[ORDER], Forwarded),
        posts("carol pays an order back", "/v1/orders/2/refund", &carol, &[""], Forwarded),
        gets("dave reads his user", &["/v1/users/6"], &dave, ForwardedWithout(HASH)),
        patches("dave changes his name, and moves", "/v1/users/6", &dave, &changes, ForwardedWithout(HASH)),
        gets("root lists every user", &["/v1/admin/users"], &root?, ForwardedWithout(HASH)),
    ])
}

fn objects(issuer: &Issuer) -> Outcome<Vec<Attempt>> {
    let bob = bearer(&issuer.token("bob")?);
    let carol = bearer(&issuer.token("carol")?);
    let dave = bearer(&issuer.token("dave")?);
    let not_his = RefusedBy("object-access", "not-yours");
    let kept = KeptBy("object", "no-such-object");
    let failed = KeptBy("error-answers", "error-answer");
    Ok(vec![
        gets("bob reads alice's order", &["/v1/orders/1"], &bob, kept),
        gets("bob reads an order that does not exist", &["/v1/orders/999"], &bob, kept),
        gets("dave reads bob's user", &["/v1/users/2"], &dave, not_his),
        patches("dave gives bob's user his own address", "/v1/users/2", &dave, &[MOVED], not_his),
        posts("carol pays back what was never paid", "/v1/orders/4/refund", &carol, &[""], failed),
        delete("carol cancels bob's order", "/v1/orders/3", &carol, NotSeen),
    ])
}

fn tokens(issuer: &Issuer) -> Outcome<Vec<Attempt>> {
    let (missing, bad) = (RefusedBy("jwt", "unauthenticated"), RefusedBy("jwt", "invalid-token"));
    let expired = with(issuer.claims("alice"), "exp", json!(now() - 3_600));
    let elsewhere = with(issuer.claims("alice"), "aud", json!("billing"));
    let none = issuer.signer.sign_nothing(&issuer.claims("root"))?;
    let forged = Signer::generate(Algorithm::Es256)?.sign(&issuer.claims("root"))?;
    let (expired, elsewhere) = (issuer.signer.sign(&expired)?, issuer.signer.sign(&elsewhere)?);
    let eve = bearer(&issuer.token("eve")?);
    let (order, users) = (&["/v1/orders/1"], &["/v1/admin/users"]);
    let reads = &["/v1/catalogue", "/v1/orders", "/v1/orders/1", "/v1/users/1", "/v1/admin/users"];
    Ok(vec![
        gets("nobody, without a token", reads, "", missing),
        posts("nobody places an order", "/v1/orders", "", &[ORDER], missing),
        posts("nobody pays one back", "/v1/orders/2/refund", "", &[""], missing),
        delete("nobody cancels one", "/v1/orders/2", "", missing),
        patches("nobody moves", "/v1/users/6", "", &[MOVED], missing),
        gets("a token that has expired", order, &bearer(&expired), bad),
        gets("a token for another service", order, &bearer(&elsewhere), bad),
        gets("a token without a signature (alg: none)", users, &bearer(&none), bad),
        gets("a token signed with somebody else's key", users, &bearer(&forged), bad),
        gets("eve, whose token was stolen", &["/v1/catalogue"], &eve, RefusedBy("block", "blocked")),
    ])
}

/// Each operation, by somebody who may do other things.
fn scopes(issuer: &Issuer) -> Outcome<Vec<Attempt>> {
    let scope = RefusedBy("scope", "insufficient-scope");
    let bob = bearer(&issuer.token("bob")?);
    let dave = bearer(&issuer.token("dave")?);
    let orders = &["/v1/catalogue", "/v1/orders", "/v1/orders/1"];
    Ok(vec![
        gets("dave, who sees users alone, looks at orders", orders, &dave, scope),
        posts("bob, who may only read, places an order", "/v1/orders", &bob, &[ORDER], scope),
        posts("bob pays an order back", "/v1/orders/2/refund", &bob, &[""], scope),
        delete("bob cancels his order", "/v1/orders/2", &bob, scope),
        gets("bob looks at his user", &["/v1/users/2"], &bob, scope),
        patches("bob changes it", "/v1/users/2", &bob, &[MOVED], scope),
        gets("bob lists every user", &["/v1/admin/users"], &bob, scope),
    ])
}

fn operations(issuer: &Issuer) -> Outcome<Vec<Attempt>> {
    let alice = bearer(&issuer.token("alice")?);
    let undeclared = |reason| RefusedBy("undeclared", reason);
    let xml = format!("{alice}content-type: text/xml\r\n");
    let (page, query) = (undeclared("undeclared-operation"), undeclared("undeclared-parameter"));
    let (put, typed) = (undeclared("method-not-allowed"), undeclared("unsupported-media-type"));
    Ok(vec![
        gets("a debug page that nobody declared", &["/debug/env"], &alice, page),
        raw("a method that nobody declared", "PUT /v1/orders/1", &alice, &["{}"], put),
        gets("a query parameter that nobody declared", &["/v1/orders?debug=true"], &alice, query),
        raw("a content type that nobody declared", "POST /v1/orders", &xml, &["<order/>"], typed),
    ])
}

fn wire(issuer: &Issuer) -> Outcome<Vec<Attempt>> {
    let alice = bearer(&issuer.token("alice")?);
    let protocol = |reason| RefusedBy("protocol", reason);
    let smuggled = "POST /v1/orders HTTP/1.1\r\nhost: shop\r\ncontent-type: application/json\r\n\
        content-length: 4\r\ntransfer-encoding: chunked\r\n";
    let smuggled = format!("{smuggled}{alice}\r\n0\r\n\r\nGET /debug/env HTTP/1.1\r\nhost: shop\r\n\r\n");
    let hosts = format!("GET /v1/status HTTP/1.1\r\nhost: shop\r\nhost: admin.internal\r\n{alice}\r\n");
    let outside = RefusedBy("undeclared", "undeclared-operation");
    let (path, framing, host) =
        (protocol("ambiguous-path"), protocol("ambiguous-framing"), protocol("host-mismatch"));
    let encoded = &["/v1/orders/..%2f..%2fdebug%2fenv"];
    Ok(vec![
        gets("a way out of the API by dots", &["/v1/status/../../debug/env"], &alice, outside),
        gets("the same, with the slashes encoded", encoded, &alice, path),
        bytes("a second request hidden in the first", "POST /v1/orders (CL + TE)", smuggled, framing),
        bytes("two hosts", "GET /v1/status (Host twice)", hosts, host),
    ])
}

fn keys() -> Vec<Attempt> {
    let url = format!("/v1/catalogue?x-api-key={PARTNER_KEY}");
    let in_url = RefusedBy("undeclared", "undeclared-parameter");
    let by_key = |reason| RefusedBy("api-key", reason);
    let alone = by_key("key-not-sufficient");
    vec![
        gets("a key in the URL, where logs keep it", &[&url], "", in_url),
        gets("a key that nobody gave out", &["/v1/catalogue"], &key("guess"), by_key("unauthenticated")),
        posts("a key alone, to pay an order back", "/v1/orders/2/refund", &key(PARTNER_KEY), &[""], alone),
    ]
}

fn burst(issuer: &Issuer) -> Outcome<Attempt> {
    let mallory = bearer(&issuer.token("mallory")?);
    let (at_once, every) = AT_ONCE;
    let limited = LimitedBy("rate-limit", at_once, every);
    Ok(gets("mallory copies the catalogue, quickly", &["/v1/catalogue"; BURST], &mallory, limited))
}
