//! Keys, tokens and scopes.

use std::sync::Arc;

use identity::feed::{FeedTiming, KeyFeed, KeySource};
use identity::{Algorithms, Issuer, Verifier};

use super::gateway::{Gateway, check, feeds};
use crate::denial::{BearerError, Challenge};
use crate::feeds::Feeds;

fn paths(security: &str) -> String {
    format!("\n/orders:\n  get: {{ security: {security}, responses: {{ '200': {{ description: ok }} }} }}\n")
}

fn sensitive(security: &str) -> String {
    paths(security).replace("responses", "x-palisade: { sensitive: true }, responses")
}

fn get(headers: &[&str]) -> String {
    format!("GET /orders HTTP/1.1\n{}\n", headers.join("\n")).trim_end().to_owned() + "\n"
}

const KEY: &str = "X-Api-Key: {key shop}";
const ALICE: &str = "Authorization: Bearer {token alice orders:read}";

#[track_caller]
fn judge(security: &str, headers: &[&str], expected: &str) {
    check(&paths(security), "", &get(headers), expected);
}

#[test]
fn one_alternative_must_be_satisfied_whole() {
    let both = "[{ token: [], key: [] }]";
    judge(both, &[ALICE, KEY], "allowed");
    judge(both, &[ALICE], "401 unauthenticated");
    judge(both, &[KEY], "401 unauthenticated");
    let either = "[{ token: [] }, { key: [] }]";
    judge(either, &[ALICE], "allowed");
    judge(either, &[KEY], "allowed");
    judge(either, &[], "401 unauthenticated");
    let anybody = "[{}, { token: [] }]";
    judge(anybody, &[], "allowed");
    judge("[]", &[], "allowed");
}

#[test]
fn what_is_sent_must_be_good_even_where_nothing_is_needed() {
    for security in ["[]", "[{}]", "[{}, { token: [] }]"] {
        judge(security, &["Authorization: Bearer {expired-token alice}"], "401 invalid-token");
        judge(security, &["Authorization: Bearer nonsense"], "401 invalid-token");
        judge(security, &["X-Api-Key: guessed"], "401 unauthenticated");
        judge(security, &["Authorization: Basic YTpi"], "allowed");
    }
}

#[test]
fn a_key_names_its_client_and_a_token_its_subject() {
    let gateway = Gateway::new(&paths("[{ key: [] }, { token: [] }]"), "");
    assert_eq!(gateway.serve(&get(&[KEY])).principal.as_deref(), Some("shop"));
    assert_eq!(gateway.serve(&get(&[ALICE])).principal.as_deref(), Some("alice"));
    assert_eq!(gateway.serve(&get(&["X-Api-Key: guessed"])).principal, None);
}

#[test]
fn a_key_alone_is_never_enough_for_what_is_sensitive() {
    let check = |security: &str, headers: &[&str], expected: &str| {
        check(&sensitive(security), "", &get(headers), expected)
    };
    check("[{ key: [] }, { token: [] }]", &[KEY], "403 key-not-sufficient");
    check("[{ key: [] }, { token: [] }]", &[KEY, ALICE], "allowed");
    check("[{ key: [] }, { token: [] }]", &[KEY, "Authorization: Basic YTpi"], "401 unauthenticated");
    check("[{ key: [] }]", &[KEY], "403 key-not-sufficient");
    check("[{ key: [] }]", &[KEY, "Authorization: Bearer nonsense"], "403 key-not-sufficient");
    check("[{}]", &[], "401 unauthenticated");
    for mode in ["shadow", "off"] {
        let paths = sensitive("[{ key: [] }, { token: [] }]");
        for value in ["Bearer nonsense", "Basic YTpi"] {
            let request = get(&[KEY, &format!("Authorization: {value}")]);
            super::gateway::check(&paths, &format!("jwt: {mode}"), &request, "401 unauthenticated");
        }
    }
    let gaps = Gateway::new(&sensitive("[{ key: [] }]"), "").gaps();
    assert!(gaps.contains("nobody can call it"), "{gaps}");
}

#[test]
fn keys_in_urls_are_refused() {
    let seen = |target: &str, security: &str| {
        let gateway = Gateway::new(&paths(security), "undeclared: { query: allow }");
        gateway.serve(&format!("GET {target} HTTP/1.1\nX-Api-Key: {{key shop}}\n")).verdict
    };
    assert_eq!(seen("/orders?x-api-key={key shop}", "[{ key: [] }]"), "400 key-in-url");
    assert_eq!(seen("/orders?api_key={key shop}", "[{ key: [] }]"), "400 key-in-url");
    assert_eq!(seen("/orders?api_key=other", "[{ key: [] }]"), "allowed");
    assert_eq!(seen("/orders?appid=anything", "[{ url-key: [] }]"), "400 key-in-url");
    assert_eq!(seen("/orders", "[{ url-key: [] }]"), "allowed");
    assert_eq!(seen("/orders?access_token=abc", "[{ key: [] }]"), "400 key-in-url");
    let gaps = Gateway::new(&paths("[{ url-key: [] }]"), "").gaps();
    assert!(gaps.contains("query parameter `appid`") && gaps.contains("header `x-api-key`"), "{gaps}");
}

#[test]
fn repeated_or_mixed_credentials_are_refused() {
    judge("[{ key: [] }]", &[KEY, KEY], "400 credential-malformed");
    judge("[{ token: [] }]", &[ALICE, ALICE], "400 credential-malformed");
    for value in ["Bearer", "Bearer ", "Bearer a b"] {
        let seen =
            Gateway::new(&paths("[{ token: [] }]"), "").serve(&get(&[&format!("Authorization: {value}")]));
        assert_eq!(seen.verdict, "400 credential-malformed", "{value}");
        assert_eq!(seen.denial.unwrap().challenges, [Challenge::bearer(BearerError::InvalidRequest)]);
    }
    judge("[{ token: [] }]", &["authorization: bEaReR {token alice}"], "allowed");
}

#[test]
fn a_401_challenges_for_everything_that_would_do() {
    let challenges = |paths: &str, settings: &str, headers: &[&str]| {
        let denial = Gateway::new(paths, settings).serve(&get(headers)).denial.unwrap();
        assert_eq!(denial.reason.status(), 401, "{paths} {headers:?}");
        denial
            .challenges
            .iter()
            .map(|one| one.to_string().replace(" realm=\"palisade\"", ""))
            .collect::<Vec<_>>()
    };
    let asked = |security: &str, headers: &[&str]| challenges(&paths(security), "", headers);
    let key = "ApiKey, header=\"x-api-key\"";
    assert_eq!(asked("[{ key: [] }]", &[]), [key]);
    assert_eq!(asked("[{ key: [] }]", &["X-Api-Key: guessed"]), [key]);
    assert_eq!(asked("[{ url-key: [] }]", &[]), [key]);
    assert_eq!(asked("[{ token: [] }]", &[]), ["Bearer"]);
    assert_eq!(asked("[{ oauth: [a] }, { key: [] }]", &[]), ["Bearer", key]);
    assert_eq!(asked("[{ key: [], token: [] }]", &[]), ["Bearer", key]);
    assert_eq!(
        asked("[{ token: [] }]", &["Authorization: Bearer nonsense"]),
        ["Bearer, error=\"invalid_token\""]
    );
    assert_eq!(asked("[]", &["X-Api-Key: guessed"]), [key], "also where nothing is needed");
    assert_eq!(asked("[{ basic: [] }]", &[]), ["Bearer"], "nobody gets in, and a 401 must say something");
    assert_eq!(
        challenges(&sensitive("[{ token: [] }, { key: [] }]"), "", &[]),
        ["Bearer"],
        "no key is enough"
    );
    assert_eq!(challenges(&paths("[{ oauth: [a] }]"), "jwt: off", &[]), ["Bearer, scope=\"a\""]);
    assert_eq!(
        challenges(&paths("[{ oauth: [a] }, { key: [] }]"), "jwt: off", &[]),
        ["Bearer, scope=\"a\"", key]
    );
}

#[test]
fn a_token_in_a_form_is_refused() {
    let paths = "
/orders:
  post:
    security: [{}, { token: [] }]
    requestBody: { content: { application/x-www-form-urlencoded: { schema: { type: object } } } }
    responses: { '200': { description: ok } }
";
    let post = |body: &str| {
        let length = body.len();
        format!(
            "POST /orders HTTP/1.1\nContent-Type: application/x-www-form-urlencoded\nContent-Length: {length}\n\n{body}\n"
        )
    };
    check(paths, "", &post("a=b"), "allowed");
    check(paths, "", &post("a=b&access_token=x"), "400 credential-malformed");
    check(paths, "", &post("a=b&access%5Ftoken=x"), "400 credential-malformed");
    check(paths, "", &post("access_tokens=x"), "allowed");
}

#[test]
fn the_config_may_ask_for_more_or_less_than_the_specification() {
    check(&paths("[]"), "jwt: { required: true }", &get(&[]), "401 unauthenticated");
    check(&paths("[]"), "jwt: { required: true }", &get(&[ALICE]), "allowed");
    check(&paths("[{ token: [] }]"), "{ jwt: { required: false }, scope: off }", &get(&[]), "allowed");
    check(
        &paths("[{ token: [] }]"),
        "{ jwt: { required: false }, scope: off }",
        &get(&["Authorization: Bearer x"]),
        "401 invalid-token",
    );
    let listed = "jwt: { issuers: ['https://issuer.example'] }";
    check(&paths("[{ token: [] }]"), listed, &get(&[ALICE]), "allowed");
    let problems =
        Gateway::problems(&paths("[{ token: [] }]"), "jwt: { issuers: ['https://other.example'] }");
    assert!(
        problems.iter().any(|problem| problem.message.contains("is no configured issuer")),
        "{problems:?}"
    );
}

#[test]
fn schemes_that_cannot_be_checked_let_nobody_in() {
    for scheme in ["basic", "session"] {
        let security = format!("[{{ {scheme}: [] }}]");
        judge(&security, &["Authorization: Basic YTpi", "Cookie: sid=1"], "401 unauthenticated");
        judge(&format!("[{{ {scheme}: [] }}, {{ token: [] }}]"), &[ALICE], "allowed");
        let gaps = Gateway::new(&paths(&security), "").gaps();
        assert!(gaps.contains(&format!("`{scheme}` (")), "{gaps}");
    }
    let problems = Gateway::problems(&paths("[{ missing: [] }]"), "");
    assert!(
        problems.iter().any(|problem| problem.message.contains("no security scheme is called")),
        "{problems:?}"
    );
}

#[test]
fn nothing_said_about_security_is_said_at_the_start() {
    let paths = "\n/orders:\n  get: { responses: { '200': { description: ok } } }\n";
    let gateway = Gateway::new(paths, "");
    assert!(gateway.serve(&get(&[])).is_allowed());
    assert!(gateway.gaps().contains("does not say who may call"), "{}", gateway.gaps());
    assert!(!Gateway::new(&self::paths("[]"), "").gaps().contains("does not say who may call"));
}

#[test]
fn without_keys_or_issuers_nobody_gets_in_and_the_gap_says_what_to_do() {
    let none = Feeds { verifier: None, api_keys: None, ..feeds() };
    let key = Gateway::with_feeds(&paths("[{ key: [] }]"), "", &none);
    assert_eq!(key.serve(&get(&[KEY])).verdict, "401 unauthenticated");
    assert!(key.gaps().contains("add `identity: { api-keys: … }`"), "{}", key.gaps());
    let token = Gateway::with_feeds(&paths("[{ token: [] }]"), "", &none);
    assert_eq!(token.serve(&get(&[ALICE])).verdict, "503 keys-unavailable");
    assert_eq!(token.serve(&get(&[])).verdict, "401 unauthenticated");
    assert!(token.gaps().contains("add `identity: { issuers: … }`"), "{}", token.gaps());
}

#[test]
fn keys_that_were_never_fetched_are_not_the_caller_s_fault() {
    let source = KeySource::File("/nonexistent/jwks.json".into());
    let feed = Arc::new(KeyFeed::new(source, Algorithms::ALL, FeedTiming::default()));
    let issuer = Issuer::new("https://issuer.example", vec!["orders-api".to_owned()]);
    let verifier = Verifier::new(vec![(issuer, feed)]).unwrap();
    let feeds = Feeds { verifier: Some(Arc::new(verifier)), ..feeds() };
    let seen = Gateway::with_feeds(&paths("[{ token: [] }]"), "", &feeds).serve(&get(&[ALICE]));
    assert_eq!(seen.verdict, "503 keys-unavailable");
    assert!(seen.denial.unwrap().retry_after_secs.is_some());
}

#[test]
fn scopes_are_alternatives_of_sets() {
    let security = "[{ oauth: ['orders:read', 'orders:all'] }, { oauth: [admin] }]";
    let with = |scopes: &str| get(&[&format!("Authorization: Bearer {{token alice {scopes}}}")]);
    check(&paths(security), "", &with("orders:read orders:all"), "allowed");
    check(&paths(security), "", &with("admin"), "allowed");
    check(&paths(security), "", &with("orders:read"), "403 insufficient-scope");
    check(&paths(security), "", &with("ADMIN"), "403 insufficient-scope");
    let seen = Gateway::new(&paths(security), "").serve(&with("orders:read"));
    let scopes = vec!["orders:read".to_owned(), "orders:all".to_owned()];
    let challenge = Challenge::Bearer { error: Some(BearerError::InsufficientScope), scopes };
    assert_eq!(seen.denial.unwrap().challenges, [challenge]);
    check(&paths("[{ oauth: [] }]"), "scope: { scopes: [beta] }", &with("other"), "403 insufficient-scope");
    check(&paths("[{ oauth: [] }]"), "scope: { scopes: [beta] }", &with("beta"), "allowed");
    check(&paths("[{ oauth: [a] }, { key: [] }]"), "", &get(&[KEY]), "allowed");
}

#[test]
fn keys_in_shadow_or_off_are_not_judged_by_jwt_instead() {
    for mode in ["shadow", "off"] {
        check(&paths("[{ key: [] }]"), &format!("api-key: {mode}"), &get(&[]), "allowed");
        check(
            &paths("[{ key: [], token: [] }]"),
            &format!("api-key: {mode}"),
            &get(&[]),
            "401 unauthenticated",
        );
    }
}

#[test]
fn scope_keeps_an_operation_closed_that_jwt_leaves_open() {
    for mode in ["shadow", "off"] {
        check(&paths("[{ oauth: [a] }]"), &format!("jwt: {mode}"), &get(&[]), "401 unauthenticated");
    }
}

#[test]
fn no_refusal_repeats_a_credential() {
    for headers in [
        ["Authorization: Bearer canary.canary.canary", ""],
        ["X-Api-Key: canary", ""],
        ["Authorization: Bearer canary canary", ""],
    ] {
        let seen = Gateway::new(&paths("[{ token: [] }, { key: [] }]"), "").serve(&get(&headers[..1]));
        assert!(!seen.is_allowed());
        assert!(!format!("{seen:?}").contains("canary"), "{seen:?}");
    }
}
