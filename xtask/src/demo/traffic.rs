//! The short stream of honest and hostile requests that the demo plays.

use identity::Algorithm;
use serde_json::json;

use super::attempt::{Attempt, Expected};
use super::issuer::Issuer;
use super::stage::{PARTNER_KEY, Stage};
use crate::failure::Outcome;
use crate::tokens::{Signer, now, with};

use Expected::{Forwarded, ForwardedWithout, KeptBy, NotSeen, RefusedBy};

/// Requests of the burst: more than the limit lets through at once.
const BURST: usize = 60;
/// A body over the limit that the overlay sets for orders.
const OVERSIZED_BYTES: usize = 20_000;

const ORDER: &str = r#"{"items":[{"sku":"TEA-0001","quantity":2}]}"#;

const MOVED: &str = r#"{"email":"alice@shop.example"}"#;

/// Everything that is tried, in order.
pub(super) fn all(stage: &Stage) -> Outcome<Vec<Attempt>> {
    let issuer = &stage.issuer;
    let mut attempts = honest(issuer)?;
    attempts.extend(objects(issuer)?);
    attempts.extend(tokens(issuer)?);
    attempts.extend(operations(issuer)?);
    attempts.extend(bodies(issuer)?);
    attempts.extend(wire(issuer)?);
    attempts.extend(keys());
    attempts.push(burst(issuer)?);
    Ok(attempts)
}

fn honest(issuer: &Issuer) -> Outcome<Vec<Attempt>> {
    let alice = issuer.token("alice")?;
    Ok(vec![
        get("anyone asks whether the shop is open", "/v1/status", "", Forwarded),
        get("alice lists orders", "/v1/orders?status=paid", &bearer(&alice), Forwarded),
        get("alice reads her order", "/v1/orders/1", &bearer(&alice), Forwarded),
        post("alice places an order", "POST /v1/orders", &bearer(&alice), ORDER, Forwarded),
        get("a partner reads the catalogue with its key", "/v1/catalogue", &key(PARTNER_KEY), Forwarded),
        get("alice reads her user", "/v1/users/1", &bearer(&alice), ForwardedWithout("password_hash")),
    ])
}

fn objects(issuer: &Issuer) -> Outcome<Vec<Attempt>> {
    let alice = bearer(&issuer.token("alice")?);
    let bob = bearer(&issuer.token("bob")?);
    let (not_hers, kept) = (RefusedBy(&["object-access"]), KeptBy(&["object"]));
    Ok(vec![
        get("bob reads alice's order", "/v1/orders/1", &bob, kept),
        get("bob reads an order that does not exist", "/v1/orders/999", &bob, kept),
        get("alice reads bob's user", "/v1/users/2", &alice, not_hers),
        post("alice gives bob's user her own address", "PATCH /v1/users/2", &alice, MOVED, not_hers),
        post("alice cancels bob's order", "DELETE /v1/orders/3", &alice, "", NotSeen),
    ])
}

fn tokens(issuer: &Issuer) -> Outcome<Vec<Attempt>> {
    let jwt = RefusedBy(&["jwt"]);
    let expired = with(issuer.claims("alice"), "exp", json!(now() - 3_600));
    let elsewhere = with(issuer.claims("alice"), "aud", json!("billing"));
    let none = issuer.signer.sign_nothing(&issuer.claims("root"))?;
    let forged = Signer::generate(Algorithm::Es256)?.sign(&issuer.claims("root"))?;
    let scope = RefusedBy(&["scope"]);
    let bob = bearer(&issuer.token("bob")?);
    Ok(vec![
        get("nobody, without a token", "/v1/orders/1", "", jwt),
        get("a token that has expired", "/v1/orders/1", &bearer(&issuer.signer.sign(&expired)?), jwt),
        get("a token for another service", "/v1/orders/1", &bearer(&issuer.signer.sign(&elsewhere)?), jwt),
        get("a token without a signature (alg: none)", "/v1/admin/users", &bearer(&none), jwt),
        get("a token signed with somebody else's key", "/v1/admin/users", &bearer(&forged), jwt),
        post("bob, who may only read, places an order", "POST /v1/orders", &bob, ORDER, scope),
        get("bob lists every user", "/v1/admin/users", &bob, scope),
    ])
}

fn operations(issuer: &Issuer) -> Outcome<Vec<Attempt>> {
    let alice = bearer(&issuer.token("alice")?);
    let undeclared = RefusedBy(&["undeclared"]);
    let xml = format!("{alice}content-type: text/xml\r\n");
    Ok(vec![
        get("a debug page that nobody declared", "/debug/env", &alice, undeclared),
        post("a method that nobody declared", "PUT /v1/orders/1", &alice, "{}", undeclared),
        get("a query parameter that nobody declared", "/v1/orders?debug=true", &alice, undeclared),
        raw("a content type that nobody declared", "POST /v1/orders", &xml, "<order/>", undeclared),
    ])
}

fn bodies(issuer: &Issuer) -> Outcome<Vec<Attempt>> {
    let alice = bearer(&issuer.token("alice")?);
    let schema = RefusedBy(&["request-schema"]);
    let shape = RefusedBy(&["body-limits", "request-schema"]);
    let negative = r#"{"items":[{"sku":"TEA-0001","quantity":-1}]}"#;
    let role = r#"{"name":"alice","role":"admin"}"#;
    let twice = r#"{"items":[{"sku":"TEA-0001","quantity":1,"quantity":99}]}"#;
    let long = format!(r#"{{"items":[],"note":"{}"}}"#, "a".repeat(OVERSIZED_BYTES));
    let deep = format!("{}{}", "[".repeat(4_000), "]".repeat(4_000));
    Ok(vec![
        post("an order for minus one tin of tea", "POST /v1/orders", &alice, negative, schema),
        post("alice makes herself an administrator", "PATCH /v1/users/1", &alice, role, schema),
        get("an id that is a piece of SQL", "/v1/orders/1%20OR%201=1", &alice, schema),
        post("a member twice, for parsers to disagree on", "POST /v1/orders", &alice, twice, shape),
        post("an order of 20 kB", "POST /v1/orders", &alice, &long, RefusedBy(&["body-limits"])),
        post("an order four thousand brackets deep", "POST /v1/orders", &alice, &deep, shape),
    ])
}

fn wire(issuer: &Issuer) -> Outcome<Vec<Attempt>> {
    let alice = bearer(&issuer.token("alice")?);
    let protocol = RefusedBy(&["protocol"]);
    let path = RefusedBy(&["protocol", "undeclared", "request-schema"]);
    let smuggled = "POST /v1/orders HTTP/1.1\r\nhost: shop\r\ncontent-type: application/json\r\n\
        content-length: 4\r\ntransfer-encoding: chunked\r\n";
    let smuggled = format!("{smuggled}{alice}\r\n0\r\n\r\nGET /debug/env HTTP/1.1\r\nhost: shop\r\n\r\n");
    let hosts = format!("GET /v1/status HTTP/1.1\r\nhost: shop\r\nhost: admin.internal\r\n{alice}\r\n");
    Ok(vec![
        get("a way out of the API by dots", "/v1/status/../../debug/env", &alice, path),
        get("the same, with the slashes encoded", "/v1/orders/..%2f..%2fdebug%2fenv", &alice, path),
        bytes("a second request hidden in the first", "POST /v1/orders (CL + TE)", &smuggled, protocol),
        bytes("two hosts", "GET /v1/status (Host twice)", &hosts, protocol),
    ])
}

fn keys() -> Vec<Attempt> {
    let url = format!("/v1/catalogue?x-api-key={PARTNER_KEY}");
    let by_key = RefusedBy(&["api-key", "jwt"]);
    vec![
        get("a key in the URL, where logs keep it", &url, "", RefusedBy(&["api-key", "undeclared"])),
        get("a key that nobody gave out", "/v1/catalogue", &key("guess"), by_key),
        post("a key alone, to pay an order back", "POST /v1/orders/2/refund", &key(PARTNER_KEY), "", by_key),
    ]
}

fn burst(issuer: &Issuer) -> Outcome<Attempt> {
    let mallory = bearer(&issuer.token("mallory")?);
    let attempt =
        get("mallory copies the catalogue, quickly", "/v1/catalogue", &mallory, RefusedBy(&["rate-limit"]));
    Ok(Attempt { times: BURST, shown: format!("GET /v1/catalogue × {BURST}"), ..attempt })
}

fn get(what: &'static str, target: &str, fields: &str, expected: Expected) -> Attempt {
    let request = format!("GET {target} HTTP/1.1\r\nhost: shop\r\nconnection: close\r\n{fields}\r\n");
    bytes(what, &format!("GET {target}"), &request, expected)
}

fn post(what: &'static str, line: &str, fields: &str, body: &str, expected: Expected) -> Attempt {
    let typed = if body.is_empty() { "" } else { "content-type: application/json\r\n" };
    raw(what, line, &format!("{fields}{typed}"), body, expected)
}

fn raw(what: &'static str, line: &str, fields: &str, body: &str, expected: Expected) -> Attempt {
    let length = body.len();
    let head =
        format!("{line} HTTP/1.1\r\nhost: shop\r\nconnection: close\r\ncontent-length: {length}\r\n{fields}");
    bytes(what, line, &format!("{head}\r\n{body}"), expected)
}

fn bytes(what: &'static str, shown: &str, request: &str, expected: Expected) -> Attempt {
    Attempt { what, shown: shown.to_owned(), request: request.as_bytes().to_vec(), times: 1, expected }
}

fn bearer(token: &str) -> String {
    format!("authorization: Bearer {token}\r\n")
}

fn key(key: &str) -> String {
    format!("x-api-key: {key}\r\n")
}
