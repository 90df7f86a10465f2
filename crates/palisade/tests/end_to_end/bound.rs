//! Tokens that are bound to a key, and tokens that are taken back while the gateway runs.

use aws_lc_rs::digest::{SHA256, digest};
use identity::Algorithm;
use identity::issue::SigningKey;
use serde_json::{Value, json};

use crate::client::{Answer, get};
use crate::gateway::Gateway;
use crate::mtls::base64url;
use crate::stage::Stage;

/// A client with a key of its own.
pub(crate) struct Holder {
    key: SigningKey,
    jwk: Value,
}

impl Holder {
    pub(crate) fn new() -> Holder {
        let key = SigningKey::generate(Algorithm::Es256, "unused").unwrap();
        let public = key.public_jwk();
        let jwk = json!({"crv": "P-256", "kty": "EC", "x": public["x"], "y": public["y"]});
        Holder { key, jwk }
    }

    /// A token that is bound to the key.
    fn token(&self, stage: &Stage) -> String {
        let mut claims = stage.issuer.claims("orders:read");
        claims["cnf"] = json!({"jkt": base64url(digest(&SHA256, self.jwk.to_string().as_bytes()).as_ref())});
        stage.issuer.key.sign("at+jwt", &claims).unwrap()
    }

    /// A proof for `GET http://api.example/orders` with `token`.
    pub(crate) fn proof(&self, stage: &Stage, token: &str, id: &str, nonce: Option<&str>) -> String {
        let mut claims = json!({
            "jti": id, "htm": "GET", "htu": "http://api.example/orders", "iat": stage.issuer.claims("")["iat"],
            "ath": base64url(digest(&SHA256, token.as_bytes()).as_ref()),
        });
        if let Some(nonce) = nonce {
            claims["nonce"] = nonce.into();
        }
        self.signed(&claims)
    }

    /// A proof with these claims.
    pub(crate) fn signed(&self, claims: &Value) -> String {
        let header = json!({"typ": "dpop+jwt", "alg": "ES256", "jwk": self.jwk});
        self.key.sign_parts(&header.to_string(), &claims.to_string()).unwrap()
    }
}

pub(crate) fn ask(gateway: &Gateway, token: &str, proof: &str) -> Answer {
    gateway.ask(&get("/orders", &[("Authorization", &format!("DPoP {token}")), ("DPoP", proof)]))
}

#[test]
fn a_bound_token_is_good_with_a_proof_that_was_not_used_before() {
    let (mut stage, holder) = (Stage::new(), Holder::new());
    stage.config["workers"] = json!(2);
    let mut gateway = stage.start();
    let token = holder.token(&stage);
    let proof = holder.proof(&stage, &token, "1", None);
    assert_eq!(ask(&gateway, &token, &proof).status, 200);
    for _ in 0..8 {
        let again = ask(&gateway, &token, &proof);
        assert_eq!(again.problem(), "invalid-proof");
        assert!(again.field("www-authenticate").unwrap().contains("error=\"invalid_dpop_proof\""));
    }
    let bearer = format!("Bearer {token}");
    assert_eq!(gateway.ask(&get("/orders", &[("Authorization", &bearer)])).problem(), "invalid-token");
    // Loading again makes no used proof good again.
    stage.config["identity"]["dpop"] = json!({ "age-max": "90s" });
    stage.write_config();
    gateway.wait_for("reloaded");
    assert_eq!(ask(&gateway, &token, &proof).problem(), "invalid-proof");
    assert_eq!(ask(&gateway, &token, &holder.proof(&stage, &token, "2", None)).status, 200);
    assert_eq!(stage.upstream.seen().len(), 2);
}

#[test]
fn a_client_gets_the_nonce_that_it_is_asked_for() {
    let (mut stage, holder) = (Stage::new(), Holder::new());
    stage.config["identity"]["dpop"] = json!({ "nonce": "required" });
    let gateway = stage.start();
    let token = holder.token(&stage);
    let refused = ask(&gateway, &token, &holder.proof(&stage, &token, "1", None));
    assert_eq!((refused.status, refused.problem().as_str()), (401, "nonce-required"));
    assert!(refused.field("www-authenticate").unwrap().starts_with("DPoP "), "{refused:?}");
    assert!(refused.field("www-authenticate").unwrap().contains("error=\"use_dpop_nonce\""));
    let nonce = refused.field("dpop-nonce").unwrap();
    assert_eq!(ask(&gateway, &token, &holder.proof(&stage, &token, "2", Some(nonce))).status, 200);
}

#[test]
fn what_is_revoked_is_refused_as_soon_as_the_list_is_loaded() {
    let mut stage = Stage::new();
    stage.config["identity"]["revocations"] = json!("revoked.yaml");
    stage.write("revoked.yaml", "revoked: []\n");
    let mut gateway = stage.start();
    let bearer = stage.issuer.bearer("orders:read");
    let ask = |gateway: &Gateway| gateway.ask(&get("/orders", &[("Authorization", &bearer)]));
    assert_eq!(ask(&gateway).status, 200);
    stage.write("revoked.yaml", "revoked: [{ jti: '1', issuer: 'https://login.example' }]\n");
    gateway.wait_for("reloaded");
    assert_eq!(ask(&gateway).problem(), "invalid-token");
    // A list that cannot be read takes nothing back.
    stage.write("revoked.yaml", "revoked: [{ jti: '1', sub: alice }]\n");
    gateway.wait_for("nothing was changed; the last good config stays in force");
    assert_eq!(ask(&gateway).problem(), "invalid-token");
    stage.write("revoked.yaml", "revoked: [{ sub: bob }]\n");
    gateway.wait_for("reloaded");
    assert_eq!(ask(&gateway).status, 200);
}
