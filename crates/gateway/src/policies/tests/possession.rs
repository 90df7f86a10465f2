//! Tokens that are bound to a key or a certificate, and tokens that were revoked.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use identity::issue::SigningKey;
use identity::proof::{ProofRules, Proofs};
use identity::revocation::{Revocation, Revocations, Revoked};
use identity::{Algorithm, ClientCertificate, Thumbprint};
use serde_json::{Value, json};

use super::gateway::{Gateway, NOW, Seen, feeds, token};
use crate::denial::{BearerError, Challenge, DpopError};
use crate::feeds::Feeds;

const PATHS: &str = "
/orders:
  get: { security: [{ token: [] }], responses: { '200': { description: ok } } }
";

static CLIENT: LazyLock<SigningKey> =
    LazyLock::new(|| SigningKey::generate(Algorithm::Es256, "unused").unwrap());

fn base64url(bytes: &[u8]) -> String {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let bit = |at: usize| bytes.get(at / 8).is_some_and(|byte| byte >> (7 - at % 8) & 1 == 1);
    let letter = |at| ALPHABET[(0..6).fold(0, |sum, step| sum << 1 | usize::from(bit(at + step)))];
    (0..bytes.len() * 8).step_by(6).map(|at| char::from(letter(at))).collect()
}

fn sha256(bytes: &[u8]) -> String {
    base64url(digest(&SHA256, bytes).as_ref())
}

fn jwk() -> Value {
    let jwk = CLIENT.public_jwk();
    json!({"crv": jwk["crv"], "kty": jwk["kty"], "x": jwk["x"], "y": jwk["y"]})
}

/// RFC 7638: the members in order, which is how they stand in `jwk`.
fn thumbprint() -> String {
    sha256(jwk().to_string().as_bytes())
}

/// A token that is bound to the client's key.
fn bound() -> String {
    token(&json!({"cnf": {"jkt": thumbprint()}}))
}

/// A proof for `GET https://api.example/orders` with `token`, changed by `claims`.
fn proof(token: &str, claims: &Value) -> String {
    let header = json!({"typ": "dpop+jwt", "alg": "ES256", "jwk": jwk()});
    let mut all = json!({
        "jti": "1", "htm": "GET", "htu": "https://api.example/orders", "iat": NOW.as_secs(),
        "ath": sha256(token.as_bytes()),
    });
    all.as_object_mut().unwrap().extend(claims.as_object().unwrap().clone());
    CLIENT.sign_parts(&header.to_string(), &all.to_string()).unwrap()
}

fn request(fields: &[String]) -> String {
    format!("GET /orders HTTP/1.1\n{}\n", fields.join("\n"))
}

/// The same, by a token under `scheme` and these proofs.
fn sent(scheme: &str, token: &str, proofs: &[String]) -> String {
    let proofs = proofs.iter().map(|proof| format!("DPoP: {proof}"));
    request(&std::iter::once(format!("Authorization: {scheme} {token}")).chain(proofs).collect::<Vec<_>>())
}

#[track_caller]
fn check(seen: &Seen, verdict: &str, challenges: &[Challenge]) {
    assert_eq!(seen.verdict, verdict, "{:?}", seen.denial);
    assert_eq!(seen.denial.as_ref().map_or(&[][..], |denial| &denial.challenges), challenges);
}

fn dpop(error: DpopError) -> [Challenge; 1] {
    [Challenge::Dpop { error: Some(error) }]
}

#[test]
fn a_token_bound_to_a_key_is_good_with_its_proof_and_only_once() {
    let gateway = Gateway::new(PATHS, "");
    let (token, good) = (bound(), sent("DPoP", &bound(), &[proof(&bound(), &json!({}))]));
    assert_eq!(token, bound(), "the issuer's signatures are deterministic");
    let seen = gateway.serve(&good);
    check(&seen, "allowed", &[]);
    assert_eq!(seen.principal.as_deref(), Some("alice"));
    // Another worker would not accept it either.
    check(&gateway.serve(&good), "401 invalid-proof", &dpop(DpopError::InvalidProof));
    let another = sent("dpop", &token, &[proof(&token, &json!({"jti": "2"}))]);
    check(&gateway.serve(&another), "allowed", &[]);
}

#[test]
fn a_bound_token_without_its_proof_is_refused_whatever_the_settings() {
    for settings in ["", "jwt: { sender-constrained: off }", "jwt: { sender-constrained: required }"] {
        let gateway = Gateway::new(PATHS, settings);
        let bearer = gateway.serve(&sent("Bearer", &bound(), &[proof(&bound(), &json!({}))]));
        check(&bearer, "401 invalid-token", &dpop(DpopError::InvalidToken));
        let invalid = dpop(DpopError::InvalidProof);
        check(&gateway.serve(&sent("DPoP", &bound(), &[])), "401 invalid-proof", &invalid);
        let twice = [proof(&bound(), &json!({"jti": "2"})), proof(&bound(), &json!({"jti": "3"}))];
        check(&gateway.serve(&sent("DPoP", &bound(), &twice)), "401 invalid-proof", &invalid);
        for claims in [
            json!({"htm": "POST"}),
            json!({"htu": "http://api.example/orders"}),
            json!({"htu": "https://other.example/orders"}),
            json!({"htu": "https://api.example/orders/1"}),
            json!({"ath": sha256(b"other")}),
            json!({"iat": NOW.as_secs() - 60}),
        ] {
            let seen = gateway.serve(&sent("DPoP", &bound(), &[proof(&bound(), &claims)]));
            check(&seen, "401 invalid-proof", &invalid);
        }
        let unprovable = token(&json!({"cnf": {"kid": "1"}}));
        assert_eq!(gateway.serve(&sent("Bearer", &unprovable, &[])).verdict, "401 invalid-token");
    }
}

#[test]
fn a_token_bound_to_nothing_is_refused_where_it_must_be_bound() {
    let unbound = token(&json!({}));
    for settings in ["", "jwt: { sender-constrained: optional }"] {
        check(&Gateway::new(PATHS, settings).serve(&sent("Bearer", &unbound, &[])), "allowed", &[]);
        let seen =
            Gateway::new(PATHS, settings).serve(&sent("DPoP", &unbound, &[proof(&unbound, &json!({}))]));
        check(&seen, "401 invalid-token", &dpop(DpopError::InvalidToken));
    }
    let required = Gateway::new(PATHS, "jwt: { sender-constrained: required }");
    check(
        &required.serve(&sent("Bearer", &unbound, &[])),
        "401 invalid-token",
        &dpop(DpopError::InvalidToken),
    );
    let none = required.serve("GET /orders HTTP/1.1\n");
    check(&none, "401 unauthenticated", &[Challenge::Dpop { error: None }, Challenge::TOKEN]);
    let off = Gateway::new(PATHS, "").serve("GET /orders HTTP/1.1\n");
    check(&off, "401 unauthenticated", &[Challenge::TOKEN]);
}

#[test]
fn a_token_bound_to_a_certificate_is_good_on_its_connection_alone() {
    let own = Thumbprint::of_certificate(b"own");
    let certificate =
        |thumbprint| Some(Arc::new(ClientCertificate { thumbprint, service: None, names: Vec::new() }));
    let bound = token(&json!({"cnf": {"x5t#S256": own.to_string()}}));
    for settings in ["", "jwt: { sender-constrained: required }"] {
        let mut gateway = Gateway::new(PATHS, settings);
        let refused = [Challenge::bearer(BearerError::InvalidToken)];
        check(&gateway.serve(&sent("Bearer", &bound, &[])), "401 invalid-token", &refused);
        gateway.certificate = certificate(Thumbprint::of_certificate(b"other"));
        check(&gateway.serve(&sent("Bearer", &bound, &[])), "401 invalid-token", &refused);
        gateway.certificate = certificate(own);
        check(&gateway.serve(&sent("Bearer", &bound, &[])), "allowed", &[]);
    }
    let both = token(&json!({"cnf": {"x5t#S256": own.to_string(), "jkt": thumbprint()}}));
    let mut gateway = Gateway::new(PATHS, "");
    let proven = sent("DPoP", &both, &[proof(&both, &json!({}))]);
    assert_eq!(gateway.serve(&proven).verdict, "401 invalid-token", "the certificate is missing");
    gateway.certificate = certificate(own);
    assert_eq!(
        gateway.serve(&sent("Bearer", &both, &[])).verdict,
        "401 invalid-token",
        "the proof is missing"
    );
    assert_eq!(gateway.serve(&proven).verdict, "allowed");
}

#[test]
fn a_nonce_is_given_with_the_refusal_that_asks_for_it_and_renewed_with_an_answer() {
    let proofs = Arc::new(Proofs::new(
        ProofRules { needs_nonce: true, age_max: Duration::from_secs(120) },
        0,
        &[7; 32],
    ));
    let mut gateway = Gateway::with_feeds(PATHS, "", &Feeds { proofs: Arc::clone(&proofs), ..feeds() });
    let bound = bound();
    let ask =
        |gateway: &Gateway, claims: &Value| gateway.serve(&sent("DPoP", &bound, &[proof(&bound, claims)]));
    let seen = ask(&gateway, &json!({}));
    check(&seen, "401 nonce-required", &dpop(DpopError::UseNonce));
    let nonce = seen.header("dpop-nonce").unwrap().to_owned();
    assert_eq!(nonce, proofs.nonce(NOW));
    let seen = ask(&gateway, &json!({"nonce": nonce}));
    check(&seen, "allowed", &[]);
    assert_eq!(seen.header("dpop-nonce"), None, "it is still the one to use");
    gateway.now = NOW.plus(Duration::from_secs(60));
    let seen = ask(&gateway, &json!({"nonce": nonce, "jti": "2"}));
    check(&seen, "allowed", &[]);
    assert_eq!(seen.header("dpop-nonce"), Some(proofs.nonce(gateway.now).as_str()));
    let shadow = Gateway::with_feeds(PATHS, "{ jwt: shadow, scope: shadow }", &Feeds { proofs, ..feeds() });
    let seen = ask(&shadow, &json!({"jti": "3"}));
    assert_eq!((seen.verdict.as_str(), seen.header("dpop-nonce")), ("allowed", None));
}

#[test]
fn what_is_revoked_is_refused_although_it_was_accepted_a_moment_ago() {
    let revoke = |what| {
        let revocation = Revocation { what, issuer: None, until: None };
        Feeds { revocations: Arc::new(Revocations::new(vec![revocation], NOW)), ..feeds() }
    };
    let sent = sent("Bearer", &token(&json!({"jti": "7"})), &[]);
    let worker = crate::policy::WorkerState::default();
    let before = feeds();
    check(&Gateway::with_feeds(PATHS, "", &before).serve_on(&worker, &sent), "allowed", &[]);
    for what in [Revoked::Token("7".to_owned()), Revoked::Subject("alice".to_owned(), None)] {
        let after = Feeds { verifier: before.verifier.clone(), ..revoke(what) };
        let seen = Gateway::with_feeds(PATHS, "", &after).serve_on(&worker, &sent);
        check(&seen, "401 invalid-token", &[Challenge::bearer(BearerError::InvalidToken)]);
        assert_eq!(seen.denial.unwrap().detail.as_str(), "the token is revoked");
        assert_eq!(seen.principal, None);
    }
    let other = revoke(Revoked::Token("8".to_owned()));
    check(&Gateway::with_feeds(PATHS, "", &other).serve(&sent), "allowed", &[]);
}
