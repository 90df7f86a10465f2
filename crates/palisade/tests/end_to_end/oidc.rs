//! The gateway against an OpenID provider that others have made: discovery, rotation, introspection, revocation, DPoP.
//!
//! `cargo xtask test` installs the provider where there is npm; without it, these tests say so and prove nothing.

use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Instant;

use serde_json::{Value, json};

use crate::bound::{self, Holder};
use crate::client::{Answer, DEADLINE, get};
use crate::gateway::Gateway;
use crate::stage::Stage;

const SCRIPT: &str = include_str!("oidc/provider.mjs");

/// Client `shop` with the secret of the script, and client `gateway`.
const SECRET: &str = "a-secret-of-32-characters-or-more";

/// The running provider; it ends when this is dropped.
struct Provider {
    issuer: String,
    child: Child,
    lines: BufReader<ChildStdout>,
}

impl Provider {
    /// Starts it; nothing where it is not installed.
    fn start() -> Option<Provider> {
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
        let folder = target.join("tools/oidc-provider");
        if !folder.join("node_modules/oidc-provider").is_dir() {
            println!("skipped: no OpenID provider in `{}`", folder.display());
            return None;
        }
        // What is not in a file looks for its modules in the current folder.
        let mut command = Command::new("node");
        command.args(["--input-type=module", "--eval", SCRIPT]).current_dir(folder);
        let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let Ok(mut child) = piped.spawn() else {
            println!("skipped: no node");
            return None;
        };
        let lines = BufReader::new(child.stdout.take().unwrap());
        let mut provider = Provider { issuer: String::new(), child, lines };
        provider.issuer = provider.line("issuer ");
        Some(provider)
    }

    /// The rest of the next line that begins with `mark`.
    fn line(&mut self, mark: &str) -> String {
        loop {
            let mut line = String::new();
            assert_ne!(self.lines.read_line(&mut line).unwrap(), 0, "the provider ended");
            if let Some(rest) = line.strip_prefix(mark) {
                return rest.trim_end().to_owned();
            }
        }
    }

    fn rotate(&mut self) {
        self.child.stdin.as_mut().unwrap().write_all(b"rotate\n").unwrap();
        self.line("rotated");
    }

    /// Posts a form as the client `shop`.
    fn post(&self, path: &str, form: &str, proof: Option<&str>) -> Answer {
        let host = self.issuer.strip_prefix("http://").unwrap();
        let form = format!("{form}&client_id=shop&client_secret={SECRET}");
        let proof = proof.map(|proof| format!("DPoP: {proof}\r\n")).unwrap_or_default();
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/x-www-form-urlencoded\r\n{proof}\
             Content-Length: {}\r\n\r\n{form}",
            form.len()
        );
        let address: SocketAddr = host.parse().unwrap();
        crate::client::ask(address, head.as_bytes())
    }

    /// A token for orders, `signed` or `opaque`.
    fn token(&self, kind: &str, proof: Option<&str>) -> String {
        let resource = format!("https%3A%2F%2Forders.example%2F{kind}");
        let form = format!("grant_type=client_credentials&scope=orders%3Aread&resource={resource}");
        let answer = self.post("/token", &form, proof);
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()["access_token"].as_str().unwrap().to_owned()
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        // It may have ended by itself.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// A stage that trusts the provider and asks it about opaque tokens.
fn stage(provider: &Provider) -> Stage {
    let mut stage = Stage::new();
    stage.config["identity"]["issuers"] = json!([{
        "issuer": provider.issuer,
        "audiences": ["orders"],
        "access-tokens-only": true,
        "introspection": { "client-id": "gateway", "client-secret": { "file": "secret" }, "cache-max": "1s" },
    }]);
    stage.write("secret", SECRET);
    stage
}

fn ask(gateway: &Gateway, token: &str) -> Answer {
    gateway.ask(&get("/orders", &[("Authorization", &format!("Bearer {token}"))]))
}

/// Asks until the status is `status`.
#[track_caller]
fn wait_for(gateway: &Gateway, token: &str, status: u16) {
    let began = Instant::now();
    loop {
        let answer = ask(gateway, token);
        if answer.status == status {
            return;
        }
        assert!(began.elapsed() < DEADLINE, "{answer:?}");
    }
}

/// Slower than others: tokens may ask for keys again only ten seconds after the last fetch.
#[test]
fn its_keys_are_found_and_found_again_when_they_are_rotated() {
    let Some(mut provider) = Provider::start() else { return };
    let stage = stage(&provider);
    let gateway = stage.start();
    let old = provider.token("signed", None);
    assert_eq!(ask(&gateway, &old).status, 200);
    provider.rotate();
    let new = provider.token("signed", None);
    wait_for(&gateway, &new, 200);
    assert_eq!(ask(&gateway, &old).problem(), "invalid-token");
    let record: Value = stage.log().into_iter().find(|record| record["principal"]["id"] == "shop").unwrap();
    assert_eq!(record["principal"]["issuer"], provider.issuer.as_str());
}

#[test]
fn it_is_asked_about_opaque_tokens_and_its_revocations_are_seen() {
    let Some(provider) = Provider::start() else { return };
    let stage = stage(&provider);
    let gateway = stage.start();
    let token = provider.token("opaque", None);
    assert_eq!(ask(&gateway, &token).status, 200);
    assert_eq!(ask(&gateway, "made-up").problem(), "invalid-token");
    let answer = provider.post("/token/revocation", &format!("token={token}"), None);
    assert_eq!(answer.status, 200, "{answer:?}");
    wait_for(&gateway, &token, 401);
    assert_eq!(
        stage.upstream.seen().len(),
        stage.log().iter().filter(|record| record["response"]["status"] == 200).count()
    );
}

#[test]
fn its_bound_tokens_are_good_with_their_proofs_alone() {
    let Some(provider) = Provider::start() else { return };
    let (stage, holder) = (stage(&provider), Holder::new());
    let gateway = stage.start();
    for kind in ["signed", "opaque"] {
        let claims = json!({
            "jti": format!("at-the-provider-{kind}"), "htm": "POST", "htu": format!("{}/token", provider.issuer),
            "iat": stage.issuer.claims("")["iat"],
        });
        let token = provider.token(kind, Some(&holder.signed(&claims)));
        assert_eq!(ask(&gateway, &token).problem(), "invalid-token", "{kind}");
        let proof = holder.proof(&stage, &token, kind, None);
        let answer = bound::ask(&gateway, &token, &proof);
        assert_eq!(answer.status, 200, "{kind}: {answer:?}");
        assert_eq!(bound::ask(&gateway, &token, &proof).problem(), "invalid-proof", "{kind}");
        let stranger = Holder::new().proof(&stage, &token, "stranger", None);
        assert_eq!(bound::ask(&gateway, &token, &stranger).problem(), "invalid-proof", "{kind}");
    }
}
