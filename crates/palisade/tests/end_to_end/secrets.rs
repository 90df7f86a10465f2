//! Secrets sent through the whole program, and looked for in everything that it writes or says.

use aws_lc_rs::digest::{SHA256, digest};
use serde_json::json;

use crate::client::{Client, get, request};
use crate::gateway::Signal;
use crate::stage::Stage;

/// Every secret has this in it, in one spelling or in its base64.
const CANARY: &str = "c4nary-d0-n0t-write";

/// What an occurrence looks like.
fn spellings(token: &str, forged: &str) -> Vec<String> {
    let signature = |token: &str| token.rsplit('.').next().unwrap().to_owned();
    let payload = |token: &str| token.split('.').nth(1).unwrap().to_owned();
    let percent = CANARY.replace('-', "%2D");
    vec![CANARY.to_owned(), percent, signature(token), payload(token), signature(forged), payload(forged)]
}

fn check_absent(place: &str, bytes: &[u8], spellings: &[String]) {
    for spelling in spellings {
        let found = bytes.windows(spelling.len()).any(|window| window == spelling.as_bytes());
        assert!(!found, "`{spelling}` is in {place}:\n{}", String::from_utf8_lossy(bytes));
    }
}

#[test]
fn a_secret_is_nowhere_but_at_the_backend() {
    let mut stage = Stage::new();
    let key = format!("key-{CANARY}");
    let hex: String =
        digest(&SHA256, key.as_bytes()).as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    stage.config["identity"]["api-keys"] = json!({ "clients": [{ "name": "shop", "sha256": hex }] });
    stage.write_config();
    let run = ["run", "-c", "palisade.yaml"];
    // What it logs for those who look for faults holds no secret either.
    let mut gateway =
        crate::gateway::Gateway::start(stage.command(&run).env("PALISADE_LOG", "debug,h2=info"));

    let mut claims = stage.issuer.claims("orders:read orders:write");
    claims["jti"] = CANARY.into();
    let token = stage.issuer.key.sign("at+jwt", &claims).unwrap();
    let forged = crate::issuer::fresh_key("first").sign("at+jwt", &claims).unwrap();
    let (bearer, forged_bearer) = (format!("Bearer {token}"), format!("Bearer {forged}"));
    let basic = format!("Basic {CANARY}");
    let password = format!("/status?password={CANARY}");
    let json_type = ("Content-Type", "application/json");
    let good_body = json!({ "item": CANARY }).to_string();
    let bad_body = json!({ "item": "tea", "password": CANARY }).to_string();
    let (cookie, proxy, query_key) =
        (format!("session={CANARY}"), format!("Basic {CANARY}"), format!("/partner?X-Api-Key={key}"));
    let requests = [
        (200, get("/orders", &[("Authorization", &bearer)])),
        (200, get("/partner", &[("X-Api-Key", &key)])),
        (200, get(&password, &[("Cookie", &cookie), ("Proxy-Authorization", &proxy)])),
        (200, request("POST", "/orders", &[("Authorization", &bearer), json_type], good_body.as_bytes())),
        (401, get("/orders", &[("Authorization", &forged_bearer)])),
        (401, get("/orders", &[("Authorization", &basic)])),
        (401, get("/orders", &[("Authorization", &format!("Bearer {CANARY}"))])),
        (401, get("/partner", &[("X-Api-Key", &format!("{key}x"))])),
        (400, get(&query_key, &[])),
        (400, get(&format!("/orders?access_token={token}"), &[])),
        (400, get(&format!("/orders?limit={CANARY}"), &[("Authorization", &bearer)])),
        (400, get(&format!("/orders?{CANARY}=1"), &[("Authorization", &bearer)])),
        (404, get(&format!("/secret?password={CANARY}"), &[])),
        (400, request("POST", "/orders", &[("Authorization", &bearer), json_type], bad_body.as_bytes())),
        (400, get("/status", &[("X-Bad", &format!("{CANARY}\u{1}"))])),
        (400, get("/status", &[("Authorization", &basic), ("Authorization", &bearer)])),
    ];
    let spellings = spellings(&token, &forged);
    for (status, request) in &requests {
        let answer = Client::connect(gateway.address()).ask(request);
        assert_eq!(answer.status, *status, "{}\n{answer:?}", String::from_utf8_lossy(request));
        check_absent("an answer", format!("{answer:?}").as_bytes(), &spellings);
    }
    let seen = stage.upstream.seen();
    assert_eq!(seen.len(), 4);
    assert_eq!(seen[0].field("authorization"), Some(bearer.as_str()), "the backend gets what is for it");
    assert_eq!(seen[2].target(), password);

    for page in ["/healthz", "/readyz", "/metrics", "/snapshot"] {
        check_absent(page, &gateway.page(page).body, &spellings);
    }
    for format in ["text", "json"] {
        let output = stage.palisade(&["log", "--data", "data", "--format", format]);
        assert_eq!(output.stdout.iter().filter(|&&byte| byte == b'\n').count(), requests.len());
        check_absent("`palisade log`", &[output.stdout, output.stderr].concat(), &spellings);
    }
    gateway.signal(Signal::HUP);
    gateway.wait_for("reloaded");
    check_absent("what it says", gateway.stop().as_bytes(), &spellings);
    let segments = stage.segments();
    assert!(!segments.is_empty());
    for segment in segments {
        let bytes = std::fs::read(&segment).unwrap();
        assert!(bytes.windows(5).any(|window| window == b"alice"), "the records are in there");
        check_absent("the log", &bytes, &spellings);
    }
}

#[test]
fn explain_and_check_repeat_no_secret_either() {
    let stage = Stage::new();
    stage.write_config();
    let bearer = format!("Authorization: Bearer {CANARY}");
    let target = format!("/orders?limit={CANARY}");
    let output = stage.palisade(&["explain", "GET", &target, "-c", "palisade.yaml", "-H", &bearer]);
    assert_eq!(output.status.code(), Some(1));
    check_absent("`explain`", &[output.stdout, output.stderr].concat(), &[CANARY.to_owned()]);
    let output = stage.palisade(&["explain", "GET", "/orders", "-c", "palisade.yaml", "-H", CANARY]);
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("a header field is written as"), "{said}");
}
