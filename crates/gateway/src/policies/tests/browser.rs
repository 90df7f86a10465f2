//! Origins, preflights and what they are told.

use super::gateway::{Gateway, check};

const PATHS: &str = "
/orders:
  get: { security: [{ token: [] }], responses: { '200': { description: ok } } }
  delete: { security: [{ token: [] }], responses: { '204': { description: gone } } }
";

const ONE: &str = "cors: { allowed-origins: ['https://shop.example'], headers: [Content-Type], expose: [ETag], credentials: true }";

const TOKEN: &str = "Authorization: Bearer {token alice}\n";

fn preflight(origin: &str, more: &str) -> String {
    format!("OPTIONS /orders HTTP/1.1\nOrigin: {origin}\nAccess-Control-Request-Method: GET\n{more}")
}

#[test]
fn a_preflight_is_answered_without_credentials() {
    let seen = Gateway::new(PATHS, ONE).serve(&preflight("https://shop.example", ""));
    assert_eq!(seen.verdict, "answered 204");
    assert_eq!(seen.header("access-control-allow-origin"), Some("https://shop.example"));
    assert_eq!(seen.header("access-control-allow-methods"), Some("GET"));
    assert_eq!(seen.header("access-control-allow-headers"), Some("content-type"));
    assert_eq!(seen.header("access-control-allow-credentials"), Some("true"));
    assert_eq!(seen.header("access-control-max-age"), Some("600"));
    assert!(seen.header("vary").unwrap().starts_with("origin, "));
    assert!(seen.said.iter().all(|(id, _)| *id != "jwt"), "nothing later looks at it");
}

#[test]
fn a_preflight_for_more_than_is_allowed_is_refused_and_told_nothing() {
    let gateway = Gateway::new(PATHS, ONE);
    let header = "Access-Control-Request-Headers: content-type, x-admin\n";
    for request in [
        preflight("https://evil.example", ""),
        preflight("null", ""),
        preflight("https://shop.example.evil.example", ""),
        preflight("http://shop.example", ""),
        preflight("https://shop.example", header),
        preflight("https://shop.example", "Origin: https://evil.example\n"),
    ] {
        let seen = gateway.serve(&request);
        assert_eq!(seen.verdict, "403 cors-refused", "{request}");
        assert!(seen.header("access-control-allow-methods").is_none());
        assert!(!format!("{:?}", seen.headers).contains("evil"), "{request}");
    }
    let only_get = "cors: { allowed-origins: ['https://shop.example'], methods: [DELETE] }";
    check(PATHS, only_get, &preflight("https://shop.example", ""), "403 cors-refused");
    check(
        PATHS,
        ONE,
        &preflight("https://shop.example", "Access-Control-Request-Headers: Content-Type,accept\n"),
        "answered 204",
    );
}

#[test]
fn calls_are_judged_by_origin_and_still_need_a_token() {
    let gateway = Gateway::new(PATHS, ONE);
    let call = |origin: &str, more: &str| gateway.serve(&format!("GET /orders HTTP/1.1\n{origin}{more}"));
    let seen = call("Origin: https://shop.example\n", TOKEN);
    assert_eq!(seen.verdict, "allowed");
    assert_eq!(seen.header("access-control-allow-origin"), Some("https://shop.example"));
    assert_eq!(seen.header("access-control-expose-headers"), Some("etag"));
    assert_eq!(seen.header("vary"), Some("origin"));
    assert_eq!(call("Origin: https://evil.example\n", TOKEN).verdict, "403 cors-refused");
    assert_eq!(call("Origin: https://shop.example\n", "").verdict, "401 unauthenticated");
    let own = call("Origin: https://api.example\n", TOKEN);
    assert_eq!((own.verdict.as_str(), own.header("access-control-allow-origin")), ("allowed", None));
    let without = call("", TOKEN);
    assert_eq!((without.verdict.as_str(), without.header("vary")), ("allowed", Some("origin")));
}

#[test]
fn any_origin_is_said_as_such_and_never_reflected() {
    let gateway = Gateway::new(PATHS, "cors: { allowed-origins: ['*'] }");
    let seen = gateway.serve(&preflight("https://somewhere.example", ""));
    assert_eq!(seen.header("access-control-allow-origin"), Some("*"));
    assert_eq!(seen.header("access-control-allow-credentials"), None);
}

#[test]
fn a_preflight_is_judged_by_the_operation_that_it_asks_for() {
    let paths = "
/orders:
  get:
    security: [{ token: [] }]
    x-palisade: { cors: { allowed-origins: ['https://shop.example'] } }
    responses: { '200': { description: ok } }
  put:
    x-palisade: { cors: { allowed-origins: ['https://admin.example'], headers: [if-match] } }
    responses: { '200': { description: ok } }
  delete:
    x-palisade: { cors: off }
    responses: { '204': { description: gone } }
  options:
    x-palisade: { cors: { allowed-origins: ['https://options.example'] } }
    responses: { '204': { description: from the backend } }
";
    let asks = |gateway: &Gateway, method: &str, origin: &str, more: &str| {
        let origin = format!("Origin: https://{origin}.example\nAccess-Control-Request-Method: {method}\n");
        let seen = gateway.serve(&format!("OPTIONS /orders HTTP/1.1\n{origin}{more}"));
        (seen.verdict.clone(), seen.header("access-control-allow-methods").map(str::to_owned))
    };
    let given = |method: &str| ("answered 204".to_owned(), Some(method.to_owned()));
    let refused = || ("403 cors-refused".to_owned(), None);
    let at_operations = Gateway::new(paths, "");
    for (method, origin, expected) in [
        ("GET", "shop", given("GET")),
        ("GET", "admin", refused()),
        ("PUT", "admin", given("PUT")),
        ("PUT", "shop", refused()),
        ("OPTIONS", "options", given("OPTIONS")),
        ("PATCH", "options", refused()),
        ("DELETE", "shop", ("allowed".to_owned(), None)),
    ] {
        assert_eq!(asks(&at_operations, method, origin, ""), expected, "{method} {origin}");
    }
    let field = "Access-Control-Request-Headers: if-match\n";
    assert_eq!(asks(&at_operations, "PUT", "admin", field), given("PUT"));
    assert_eq!(asks(&at_operations, "GET", "shop", field), refused());
    let without_options = paths.split("  options:").next().unwrap();
    let everywhere = Gateway::new(without_options, "cors: { allowed-origins: ['https://site.example'] }");
    assert_eq!(asks(&everywhere, "GET", "shop", ""), given("GET"));
    let off = asks(&everywhere, "DELETE", "site", "");
    assert_eq!(off, ("405 method-not-allowed".to_owned(), None), "what is off is nobody's to allow");
}

#[test]
fn two_questions_at_once_are_no_preflight() {
    let second = "Access-Control-Request-Method: DELETE\n";
    check(PATHS, ONE, &preflight("https://shop.example", second), "405 method-not-allowed");
    let without_origin = "OPTIONS /orders HTTP/1.1\nAccess-Control-Request-Method: GET\n";
    check(PATHS, ONE, without_origin, "405 method-not-allowed");
}

#[test]
fn preflights_count_for_the_limit_of_their_address() {
    let gateway = Gateway::new(PATHS, &format!("{ONE}\nip-limit: {{ rate: 1/s, burst: 1 }}"));
    assert_eq!(gateway.serve(&preflight("https://shop.example", "")).verdict, "answered 204");
    assert_eq!(gateway.serve(&preflight("https://shop.example", "")).verdict, "429 ip-limited");
}

#[test]
fn a_method_that_needs_no_preflight_is_refused_all_the_same() {
    let settings = "cors: { allowed-origins: ['https://shop.example'], methods: [DELETE] }";
    let call = |method: &str| format!("{method} /orders HTTP/1.1\nOrigin: https://shop.example\n{TOKEN}");
    check(PATHS, settings, &call("GET"), "403 cors-refused");
    check(PATHS, settings, &call("DELETE"), "allowed");
}

#[test]
fn in_shadow_nothing_of_it_reaches_the_answer() {
    let settings = ONE.replace("cors: {", "cors: { mode: shadow,");
    let gateway = Gateway::new(PATHS, &settings);
    let seen = gateway.serve(&preflight("https://shop.example", ""));
    assert_eq!((seen.verdict.as_str(), seen.headers.len()), ("405 method-not-allowed", 0));
    let seen = gateway.serve(&format!("GET /orders HTTP/1.1\nOrigin: https://evil.example\n{TOKEN}"));
    assert_eq!((seen.verdict.as_str(), seen.headers.len()), ("allowed", 0));
    assert!(seen.said.contains(&("cors", Some("cors-refused".to_owned()))), "{:?}", seen.said);
}

#[test]
fn without_settings_a_preflight_is_an_undeclared_method() {
    let seen = Gateway::new(PATHS, "").serve(&preflight("https://shop.example", ""));
    assert_eq!(seen.verdict, "405 method-not-allowed");
    assert_eq!(seen.denial.unwrap().allow, ["GET", "DELETE"]);
    assert!(seen.headers.is_empty());
}

#[test]
fn origins_that_no_browser_sends_are_errors() {
    for origins in [
        "[]",
        "['*', 'https://a.example']",
        "['https://a.example/']",
        "['a.example']",
        "['https://A.example']",
        "['null']",
        "['https://a.example:443']",
        "['ftp://a.example']",
        "['https://*.example']",
        "['https://u@a.example']",
    ] {
        let problems = Gateway::problems(PATHS, &format!("cors: {{ allowed-origins: {origins} }}"));
        let is_wrong = problems.iter().any(|problem| problem.severity == model::Severity::Error);
        assert!(is_wrong, "{origins}: {problems:?}");
    }
    let problems = Gateway::problems(PATHS, "cors: { allowed-origins: ['*'], credentials: true }");
    assert!(problems[0].message.contains("would let any site act for the user"));
}
