//! Who may call a third party, and what becomes of its answers.

use super::gateway::{Gateway, Seen, check};

const CHARGES: &str = "
/charges:
  get:
    security: [{ basic: [] }, { url-key: [] }]
    responses:
      '200': { description: ok, content: { application/json: { schema: { type: object, required: [id] } }, text/event-stream: {} } }
      '201': { description: made }
      '302': { description: elsewhere }
      '303': { description: elsewhere, content: { application/json: { schema: { type: object } } } }
";

const CALLERS: &str = "egress: { callers: [shop, spiffe://prod/billing, alice] }";

fn answered(settings: &str, backend: &str) -> Seen {
    Gateway::new(CHARGES, settings).serve(&format!("GET /charges HTTP/1.1\n<<< backend\nHTTP/1.1 {backend}"))
}

#[track_caller]
fn answers(settings: &str, backend: &str, expected: &str) {
    assert_eq!(answered(settings, backend).verdict, expected, "{settings}\n{backend}");
}

#[track_caller]
fn redirected(settings: &str, location: &str, expected: Result<&str, ()>) {
    let seen = answered(settings, &format!("302 Found\nLocation: {location}\n\n"));
    match expected {
        Ok(location) => {
            assert_eq!((seen.verdict.as_str(), seen.header("location")), ("allowed", Some(location)))
        }
        Err(()) => assert_eq!(
            (seen.verdict.as_str(), seen.control),
            ("502 redirect-refused", "egress"),
            "{location}"
        ),
    }
}

#[test]
fn applications_are_known_by_key_certificate_or_client_and_not_by_a_user_s_name() {
    check(CHARGES, CALLERS, "GET /charges HTTP/1.1\nX-Api-Key: {key shop}\n", "allowed");
    check(CHARGES, CALLERS, "GET /charges HTTP/1.1\nClient-Certificate: spiffe://prod/billing\n", "allowed");
    check(
        CHARGES,
        CALLERS,
        "GET /charges HTTP/1.1\nClient-Certificate: spiffe://prod/other\n",
        "403 not-permitted",
    );
    check(CHARGES, CALLERS, "GET /charges HTTP/1.1\nX-Api-Key: {key kiosk}\n", "403 not-permitted");
    check(CHARGES, CALLERS, "GET /charges HTTP/1.1\n", "401 unauthenticated");
    // The token's subject is called as an application that may call.
    check(
        CHARGES,
        CALLERS,
        "GET /charges HTTP/1.1\nAuthorization: Bearer {token alice}\n",
        "401 unauthenticated",
    );
    let client = super::gateway::token(&serde_json::json!({ "client_id": "shop" }));
    let request = format!("GET /charges HTTP/1.1\nAuthorization: Bearer {client}\n");
    check(CHARGES, CALLERS, &request, "allowed");
}

#[test]
fn nobody_is_asked_for_what_the_third_party_asks_for() {
    let gateway = Gateway::new(CHARGES, "egress: enforce");
    assert_eq!(gateway.serve("GET /charges HTTP/1.1\n").verdict, "allowed");
    assert!(gateway.gaps().starts_with("no callers are named"), "{}", gateway.gaps());
    assert!(!gateway.gaps().contains("basic"), "{}", gateway.gaps());
    let named = Gateway::new(CHARGES, CALLERS);
    let gaps = named.gaps();
    assert!(!gaps.contains("callers") && !gaps.contains("basic"), "{gaps}");
    check(CHARGES, "egress: enforce", "GET /charges?appid=mine HTTP/1.1\n", "400 undeclared-parameter");
    check(CHARGES, "egress: enforce", "GET /other HTTP/1.1\n", "404 undeclared-operation");
}

#[test]
fn redirects_come_back_to_the_gateway_or_lead_where_the_list_says() {
    let settings = "egress: { redirects: ['*.docs.example'] }";
    for settings in [settings, "egress: enforce"] {
        redirected(settings, "https://api.example/charges/8", Ok("/charges/8"));
        redirected(settings, "/charges/8", Ok("/charges/8"));
        redirected(settings, "https://elsewhere.example/", Err(()));
        redirected(settings, "//elsewhere.example/", Err(()));
        redirected(settings, "http://api.example/charges/8", Err(()));
        redirected(settings, "https://api.example//elsewhere.example/", Err(()));
    }
    redirected(settings, "https://a.docs.example/x", Ok("https://a.docs.example/x"));
    redirected(settings, "http://a.docs.example/x", Err(()));
    redirected(settings, "https://a.docs.example:8443/x", Err(()));
    redirected(settings, "https://docs.example.elsewhere.example/x", Err(()));
    answers(
        settings,
        "302 Found\nLocation: /a\nLocation: https://a.docs.example/\n\n",
        "502 redirect-refused",
    );
    answers(settings, "302 Found\n\n", "allowed");
    // Something was made there, and nobody is sent.
    answers(settings, "201 Created\nLocation: https://elsewhere.example/charges/8\n\n", "allowed");
}

#[test]
fn an_answer_that_shows_the_credential_is_refused() {
    let shown = |head: &str, body: &str| format!("200 OK\nContent-Type: application/json\n{head}\n{body}\n");
    let good = shown("", "{\"id\": \"partner-secret-012345678\"}");
    answers(CALLERS, &good, "401 unauthenticated");
    answers("egress: enforce", &good, "allowed");
    let bad = shown("", "{\"id\": \"partner-secret-0123456789\"}");
    let seen = answered("egress: enforce", &bad);
    assert_eq!((seen.verdict.as_str(), seen.control), ("502 answer-leaks", "egress"));
    assert_eq!(seen.denial.unwrap().detail.as_str(), "the credential in the body");
    answers(
        "egress: enforce",
        &shown("X-Sent: a partner-secret-0123456789\n", "{\"id\": 1}"),
        "502 answer-leaks",
    );
    answers("egress: shadow", &bad, "allowed");
    // What cannot be read may show it.
    answers("egress: enforce", &shown("Content-Encoding: br\n", "xyz"), "502 answer-unreadable");
    answers("egress: enforce", "200 OK\nContent-Type: text/event-stream\n\ndata: 1\n", "allowed");
}

#[test]
fn its_answers_are_held_against_its_document_unless_that_is_set_otherwise() {
    let bad = "200 OK\nContent-Type: application/json\n\n{\"no\": 1}\n";
    let seen = answered("egress: enforce", bad);
    assert_eq!((seen.verdict.as_str(), seen.control), ("502 answer-invalid", "response-schema"));
    answers("{ egress: enforce, response-schema: shadow }", bad, "allowed");
    answers("egress: enforce", "418 I'm a teapot\n\n", "502 answer-invalid");
}

#[test]
fn no_token_of_the_inside_is_made_for_a_third_party() {
    let seen = Gateway::new(CHARGES, "{ egress: enforce, phantom-token: { audience: backend } }")
        .serve("GET /charges HTTP/1.1\nAuthorization: Bearer {token alice}\n");
    assert_eq!((seen.verdict.as_str(), seen.authorization), ("allowed", None));
    assert!(seen.said.iter().all(|(id, _)| *id != "phantom-token"));
}

#[test]
fn hosts_that_are_none_are_problems() {
    let problems = Gateway::problems(CHARGES, "egress: { redirects: ['https://docs.example'] }");
    assert!(
        problems.iter().any(|problem| problem.message == "`https://docs.example` is no host"),
        "{problems:?}"
    );
}
