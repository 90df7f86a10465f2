//! What Cedar policies let through.

use super::gateway::{CEDAR, Gateway, token};
use serde_json::json;

const PATHS: &str = "
/orders/{id}:
  get:
    security: []
    parameters:
    - { name: id, in: path, required: true, schema: { type: integer } }
    - { name: limit, in: query, required: true, schema: { type: integer } }
    - { name: price, in: query, schema: { type: number } }
    responses: { '200': { description: ok } }
  put:
    security: []
    parameters:
    - { name: id, in: path, required: true, schema: { type: integer } }
    requestBody:
      content:
        application/json:
          schema: { type: object, required: [size], properties: { size: { type: integer }, tags: { type: array, items: { type: string } } } }
        text/plain: {}
    responses: { '200': { description: ok } }
";

/// Other controls would say more of what is wrong with a request; here only Cedar speaks.
const ALONE: &str = "{ request-schema: off, undeclared: off }";

fn gateway(policies: &str) -> Gateway {
    Gateway::new(&format!("{PATHS}{CEDAR}{policies}"), ALONE)
}

/// The verdict, and for a refusal its detail.
#[track_caller]
fn check(policies: &str, request: &str, expected: &str) {
    let seen = gateway(policies).serve(request);
    let detail = seen.denial.as_ref().map(|denial| format!(": {}", denial.detail)).unwrap_or_default();
    assert_eq!(format!("{}{detail}", seen.verdict), expected, "{policies}\n{request}");
}

const GET: &str = "GET /orders/7?limit=1 HTTP/1.1\nHost: api.example\n";

#[test]
fn what_nobody_permits_is_refused_and_forbidding_wins() {
    let any = "permit (principal, action, resource);";
    check(any, GET, "allowed");
    check(
        "forbid (principal is Client, action, resource);",
        GET,
        "403 not-permitted: no policy permits this to anybody",
    );
    check("permit (principal is User, action, resource);", GET, "403 not-permitted: no policy permits it");
    check(
        &format!(
            "{any}\n@id(\"closed\") forbid (principal, action, resource);\nforbid (principal, action in Action::\"read\", resource);"
        ),
        GET,
        "403 not-permitted: forbidden by `closed`, `policy.cedar:3`",
    );
    check(
        any,
        "GET /other HTTP/1.1\nHost: api.example\n",
        "403 not-permitted: no policy can speak of what the contract does not declare",
    );
}

#[test]
fn an_error_in_a_policy_refuses_whichever_way_it_would_have_decided() {
    let any = "permit (principal, action, resource);";
    for effect in ["permit", "forbid"] {
        let overflow = format!(
            "{any}\n@id(\"sum\") {effect} (principal, action in Action::\"read\", resource) when {{ resource.path.id + 9223372036854775807 > 0 }};"
        );
        check(&overflow, GET, "403 not-permitted: `sum` cannot be evaluated");
        check(
            &overflow,
            "GET /orders/0?limit=1 HTTP/1.1\nHost: a\n",
            match effect {
                "permit" => "allowed",
                _ => "403 not-permitted: forbidden by `sum`",
            },
        );
    }
}

#[test]
fn what_a_policy_reads_must_be_there_and_of_its_type() {
    let get = "permit (principal, action in Action::\"read\", resource) when { resource.path.id == 7 && resource.query.limit <= 5 };";
    check(get, GET, "allowed");
    check(get, "GET /orders/7?limit=5 HTTP/1.1\n", "allowed");
    check(get, "GET /orders/7?limit=6 HTTP/1.1\n", "403 not-permitted: no policy permits it");
    check(get, "GET /orders/8?limit=1 HTTP/1.1\n", "403 not-permitted: no policy permits it");
    check(get, "GET /orders/7 HTTP/1.1\n", "400 parameter-invalid: `limit`: is missing");
    check(get, "GET /orders/x?limit=1 HTTP/1.1\n", "400 parameter-invalid: path `id`: is not of its type");
    check(
        get,
        "GET /orders/7?limit=1&limit=1 HTTP/1.1\n",
        "400 parameter-invalid: query `limit`: occurs more than once",
    );
    check(
        get,
        "GET /orders/9223372036854775808?limit=1 HTTP/1.1\n",
        "400 parameter-invalid: `id`: is not of its type",
    );
    // What none reads is for others to judge.
    check("permit (principal, action, resource);", "GET /orders/x HTTP/1.1\n", "allowed");
    let price = "permit (principal, action in Action::\"read\", resource) when { resource.query has price && resource.query.price.lessThan(decimal(\"12.5\")) };";
    for (price_said, verdict) in [
        ("12.49", "allowed"),
        ("12", "allowed"),
        ("12.5", "403 not-permitted: no policy permits it"),
        ("12.49999", "400 parameter-invalid: `price`: is not of its type"),
        ("1e30", "400 parameter-invalid: `price`: is not of its type"),
        (
            "99999999999999999",
            "403 not-permitted: a value that the policies read is none that they can compare",
        ),
    ] {
        check(price, &format!("GET /orders/7?price={price_said} HTTP/1.1\n"), verdict);
    }
}

#[test]
fn a_part_that_no_parameter_stands_in_is_not_there() {
    let policies = "permit (principal, action, resource);
forbid (principal, action, resource) when { resource has query && resource.query has limit && resource.query.limit == 9 };";
    check(policies, "PUT /orders/7 HTTP/1.1\nHost: api.example\n", "allowed");
    check(policies, GET, "allowed");
    let nine = "GET /orders/7?limit=9 HTTP/1.1\nHost: api.example\n";
    check(policies, nine, "403 not-permitted: forbidden by `policy.cedar:2`");
    let policies = "permit (principal, action, resource) when { !(resource has query) };";
    check(policies, "PUT /orders/7 HTTP/1.1\nHost: api.example\n", "allowed");
    check(policies, GET, "403 not-permitted: no policy permits it");
}

#[test]
fn bodies_are_read_where_a_policy_asks() {
    let put = "permit (principal, action in Action::\"write\", resource) when { resource has body && resource.body.size < 10 && !(resource.body has tags && resource.body.tags.contains(\"old\")) };";
    let with = |media: &str, body: &str| format!("PUT /orders/7 HTTP/1.1\nContent-Type: {media}\n\n{body}");
    let json = |body: &str| with("application/json", body);
    check(put, &json(r#"{"size":9,"tags":["new"],"more":{}}"#), "allowed");
    check(put, &json(r#"{"size":10}"#), "403 not-permitted: no policy permits it");
    check(put, &json(r#"{"size":9,"tags":["new","old"]}"#), "403 not-permitted: no policy permits it");
    check(put, &json(r#"{"size":9,"tags":["new",1]}"#), "400 body-invalid: body `/tags`: is not as declared");
    check(put, &json(r#"{"size":9.5}"#), "400 body-invalid: body `/size`: is not as declared");
    check(put, &json(r#"{"size":null}"#), "400 body-invalid: body `/size`: is not as declared");
    check(put, &json("[]"), "400 body-invalid: the body is no object");
    check(
        put,
        &json(r#"{"size":9,"size":1}"#),
        "400 body-malformed: member name that the object already has",
    );
    check(
        put,
        &with("text/plain", "size 9"),
        "403 not-permitted: a policy reads the body, which is not JSON",
    );
    check(put, "PUT /orders/7 HTTP/1.1\n", "403 not-permitted: no policy permits it");
    check("permit (principal, action, resource);", &with("text/plain", "size 9"), "allowed");
}

#[test]
fn who_calls_is_known_by_what_is_proven() {
    let secured = |security: &str| PATHS.replace("security: []", &format!("security: {security}"));
    let serve = |security: &str, policy: &str, fields: &str| {
        let gateway = Gateway::new(&format!("{}{CEDAR}{policy}", secured(security)), ALONE);
        gateway.serve(&format!("GET /orders/7?limit=1 HTTP/1.1\nHost: api.example\n{fields}")).verdict
    };
    let bearer = |claims: serde_json::Value| format!("Authorization: Bearer {}\n", token(&claims));
    let tokens = "[{ token: [] }]";
    let alice = r#"permit (principal == User::"alice", action, resource) when { principal.issuer == "https://issuer.example" };"#;
    assert_eq!(serve(tokens, alice, &bearer(json!({}))), "allowed");
    assert_eq!(serve(tokens, alice, &bearer(json!({ "sub": "bob" }))), "403 not-permitted");
    // RFC 9068 section 2.2: the client itself, whatever it is called.
    assert_eq!(serve(tokens, alice, &bearer(json!({ "client_id": "alice" }))), "403 not-permitted");
    let service = r#"permit (principal == Service::"batch", action, resource) when { principal.scopes.containsAll(["a", "b"]) };"#;
    let batch = |scope: &str| bearer(json!({ "sub": "batch", "client_id": "batch", "scope": scope }));
    assert_eq!(serve(tokens, service, &batch("b a c")), "allowed");
    assert_eq!(serve(tokens, service, &batch("a")), "403 not-permitted");
    let shop = r#"permit (principal == Client::"shop", action, resource);"#;
    assert_eq!(serve("[{ key: [] }]", shop, "X-Api-Key: {key shop}\n"), "allowed");
    assert_eq!(serve("[{ key: [] }]", shop, "X-Api-Key: {key kiosk}\n"), "403 not-permitted");
    let anybody = "permit (principal is Anonymous, action, resource);";
    assert_eq!(serve("[]", anybody, ""), "allowed");
    let mesh = r#"permit (principal == Service::"spiffe://a/b", action, resource) when { context has service && context.service == principal.id };"#;
    assert_eq!(serve("[{ service: [] }]", mesh, "Client-Certificate: spiffe://a/b\n"), "allowed");
    assert_eq!(serve("[{ service: [] }]", mesh, "Client-Certificate: spiffe://a/c\n"), "403 not-permitted");
}

#[test]
fn claims_are_of_their_type_or_the_request_is_refused() {
    let policy = r#"permit (principal is User, action, resource)
when { (principal.claims has groups && principal.claims.groups.contains("red")) || (principal.claims has level && principal.claims.level > 3) };"#;
    let gateway = Gateway::new(
        &format!("{}{CEDAR}{policy}", PATHS.replace("security: []", "security: [{ token: [] }]")),
        ALONE,
    );
    for (claims, expected) in [
        (json!({ "groups": ["blue", "red"] }), ""),
        (json!({ "groups": "red" }), ""),
        (json!({ "groups": "red blue" }), "no policy permits it"),
        (json!({ "groups": ["red", 7] }), "the claim `groups` is not of its type"),
        (json!({ "groups": null, "level": 4 }), ""),
        (json!({ "level": 3 }), "no policy permits it"),
        (json!({ "groups": ["red"], "level": "4" }), "the claim `level` is not of its type"),
        // Nothing reads it.
        (json!({ "groups": ["red"], "tenant": 7 }), ""),
    ] {
        let seen = gateway.serve(&format!("{GET}Authorization: Bearer {}\n", token(&claims)));
        let detail = seen.denial.map(|denial| denial.detail.to_string()).unwrap_or_default();
        assert_eq!(detail, expected, "{claims}");
    }
}

#[test]
fn circumstances_count() {
    let policy = r#"permit (principal, action, resource)
when { context.ip.isInRange(ip("192.0.2.0/24")) && context.time < datetime("2025-11-25") && context.method == "GET"
       && context.scheme == "https" && context.host == "api.example" };"#;
    check(policy, GET, "allowed");
    check(policy, &format!("{GET}Client-Address: 192.0.3.1\n"), "403 not-permitted: no policy permits it");
    let mut later = gateway(policy);
    later.now = model::Timestamp::from_secs(1_764_100_000);
    assert_eq!(later.serve(GET).verdict, "403 not-permitted");
}

#[test]
fn the_control_without_policies_is_an_error_and_an_operation_that_nobody_may_call_a_warning() {
    let said = |paths: &str, settings: &str| {
        Gateway::problems(paths, settings).iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    };
    assert!(said(PATHS, "cedar: enforce").contains("`cedar` is on, and the api names no policies"));
    assert_eq!(said(PATHS, "cedar: off"), "");
    let some = format!("{PATHS}{CEDAR}permit (principal, action in Action::\"read\", resource);");
    let warned = said(&some, ALONE);
    assert!(warned.contains("no policy permits `PUT /orders/{id}`, so nobody may call it"), "{warned}");
    assert!(!warned.contains("GET"), "{warned}");
}
