//! How strongly, and how long ago, a caller has authenticated.

use serde_json::{Value, json};

use super::gateway::{Gateway, NOW, token};

const PATHS: &str = "
/payments:
  post: { security: [{ token: [] }], responses: { '200': { description: ok } } }
";

/// What becomes of a caller with these claims under `settings`: the verdict, and for a refusal its detail.
#[track_caller]
fn check(settings: &str, claims: &Value, expected: &str) {
    let gateway = Gateway::new(PATHS, settings);
    let seen = gateway.serve(&format!("POST /payments HTTP/1.1\nAuthorization: Bearer {}\n", token(claims)));
    let detail = seen.denial.as_ref().map(|denial| format!(": {}", denial.detail)).unwrap_or_default();
    assert_eq!(format!("{}{detail}", seen.verdict), expected, "{settings} {claims}");
}

#[test]
fn one_of_the_ways_that_are_asked_for_will_do() {
    let settings = "step-up: { acr: ['urn:example:otp', '2'] }";
    let another = "401 step-up-required: another `acr` is asked for";
    check(settings, &json!({ "acr": "urn:example:otp", "auth_time": 0 }), "allowed");
    check(settings, &json!({ "acr": "2" }), "allowed");
    for acr in
        [json!("urn:example:otp2"), json!("urn:example:OTP"), json!(""), json!(2), json!(["2"]), Value::Null]
    {
        check(settings, &json!({ "acr": acr }), another);
    }
}

#[test]
fn authentication_is_good_to_the_last_second_of_its_age() {
    let settings = "step-up: { max-age: 5min }";
    let (old, none) = (
        "401 step-up-required: `auth_time` is too long ago",
        "401 step-up-required: the token has no `auth_time`",
    );
    let now = NOW.as_secs();
    for (auth_time, expected) in [
        (json!(now), "allowed"),
        (json!(now - 300), "allowed"),
        (json!(now as f64 - 299.5), "allowed"),
        (json!(now - 301), old),
        (json!(0), old),
        (json!(-1), none),
        (json!(now.to_string()), none),
        (Value::Null, none),
    ] {
        check(settings, &json!({ "auth_time": auth_time }), expected);
    }
    check(settings, &json!({ "auth_time": 1e300 }), "allowed");
    check("step-up: { mode: shadow, max-age: 5min }", &json!({ "auth_time": 0 }), "allowed");
}

#[test]
fn without_a_token_nobody_has_authenticated() {
    let gateway = Gateway::new(PATHS, "{ jwt: off, scope: off, step-up: { max-age: 5min } }");
    let seen = gateway.serve("POST /payments HTTP/1.1\n");
    assert_eq!((seen.verdict.as_str(), seen.control), ("401 unauthenticated", "step-up"));
    assert_eq!(
        seen.denial.unwrap().challenges.iter().map(ToString::to_string).collect::<Vec<_>>(),
        [r#"Bearer realm="palisade", error="insufficient_user_authentication", max_age="300""#]
    );
}

#[test]
fn what_asks_for_nothing_or_cannot_be_said_is_an_error() {
    for (settings, expected) in [
        ("step-up: {}", "neither `acr` nor `max-age`"),
        ("step-up: { acr: [] }", "neither `acr` nor `max-age`"),
        ("step-up: { acr: ['two words'] }", "no challenge can name"),
        ("step-up: { acr: ['\"'] }", "no challenge can name"),
        ("step-up: { acr: [''] }", "no challenge can name"),
    ] {
        let problems = Gateway::problems(PATHS, settings);
        assert!(
            problems.iter().any(|problem| problem.message.contains(expected)),
            "{settings}: {problems:?}"
        );
    }
}
