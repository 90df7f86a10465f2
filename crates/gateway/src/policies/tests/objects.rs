//! Whose an object is, as the request says it: places, claims, and what is not there.

use serde_json::{Value, json};

use super::gateway::{Gateway, Seen, token};

const ORDERS: &str = "
/tenants/{tenant}/orders/{orderId}:
  put:
    security: [{ token: [] }, {}]
    parameters:
    - { name: tenant, in: path, required: true, schema: { type: string } }
    - { name: orderId, in: path, required: true, schema: { type: string } }
    - { name: orderId, in: query, schema: { type: array, items: { type: string } } }
    - { name: customer, in: query, schema: { type: array, items: { type: string } } }
    - { name: X-Tenant, in: header, schema: { type: string } }
    requestBody:
      content:
        application/json:
          schema:
            type: object
            properties: { orderId: {}, customer: {}, lines: { type: array } }
    responses: { '200': { description: ok } }
";

fn ask(settings: &str, claims: Option<&Value>, target: &str, rest: &str) -> Seen {
    let authorization = claims.map(|claims| format!("Authorization: Bearer {}\n", token(claims)));
    let request = format!("PUT {target} HTTP/1.1\n{}{rest}", authorization.unwrap_or_default());
    Gateway::new(ORDERS, &format!("object-access: {settings}")).serve(&request)
}

#[track_caller]
fn check(settings: &str, claims: &Value, target: &str, rest: &str, expected: &str) {
    let seen = ask(settings, Some(claims), target, rest);
    assert_eq!(seen.verdict, expected, "{settings} {claims} {target} {rest}");
    assert_eq!(seen.control, if expected == "allowed" { "" } else { "object-access" });
}

fn json(body: &str) -> String {
    format!("Content-Type: application/json\n\n{body}\n")
}

#[test]
fn a_value_is_the_claim_or_one_of_it_once_it_is_decoded() {
    let tenant = "{ tenant: { path: tenant, claim: tid } }";
    for (claim, path, expected) in [
        (json!("t 1"), "t%201", "allowed"),
        (json!("t1"), "%74%31", "allowed"),
        (json!("t1"), "T1", "403 not-yours"),
        (json!("t1"), "t10", "403 not-yours"),
        (json!("t+1"), "t+1", "allowed"),
        (json!(7), "7", "allowed"),
        (json!(7), "07", "403 not-yours"),
        (json!(7), "7.0", "403 not-yours"),
        (json!(["t1", "t2", 3]), "t2", "allowed"),
        (json!(["t1", "t2", 3]), "3", "allowed"),
        (json!(["t1", ["t2"]]), "t2", "403 not-yours"),
        (json!([]), "t1", "403 not-yours"),
        (json!(null), "null", "403 not-yours"),
        (json!(true), "true", "403 not-yours"),
        (json!({ "t1": "t1" }), "t1", "403 not-yours"),
        (json!("t1"), "%ff", "403 not-yours"),
    ] {
        check(tenant, &json!({ "tid": claim }), &format!("/tenants/{path}/orders/7"), "", expected);
    }
    check(tenant, &json!({ "tenant": "t1" }), "/tenants/t1/orders/7", "", "403 not-yours");
    let seen = ask(tenant, None, "/tenants/t1/orders/7", "");
    assert_eq!(seen.verdict, "403 not-yours", "nobody has no claim");
}

#[test]
fn what_is_missing_or_said_twice_differently_is_refused() {
    let alice = json!({ "groups": ["alice", "bob"] });
    let owner = "{ owner: { query: customer, claim: groups } }";
    for (query, expected) in [
        ("?customer=alice", "allowed"),
        ("?customer=%61lice&customer=alice", "allowed"),
        ("?customer=alice&customer=bob", "403 not-yours"),
        ("?customer=alice&customer=", "403 not-yours"),
        ("?customer=alice&customer=eve", "403 not-yours"),
        ("?customer=alice,bob", "403 not-yours"),
        ("?customer=", "403 not-yours"),
        ("?customer", "403 not-yours"),
        ("", "403 not-yours"),
    ] {
        check(owner, &alice, &format!("/tenants/t/orders/7{query}"), "", expected);
    }
    check(owner, &json!({ "groups": "" }), "/tenants/t/orders/7?customer=", "", "403 not-yours");
    let header = "{ tenant: { header: x-tenant, claim: groups } }";
    check(header, &alice, "/tenants/t/orders/7", "X-Tenant: alice\n", "allowed");
    check(header, &alice, "/tenants/t/orders/7", "X-Tenant: alice\nX-Tenant: bob\n", "403 not-yours");
    check(header, &alice, "/tenants/t/orders/7", "", "403 not-yours");
}

#[test]
fn a_body_that_must_say_whose_it_is_is_there_and_says_so() {
    let owner = "{ owner: { body: /customer, claim: sub } }";
    let target = "/tenants/t/orders/7";
    check(owner, &json!({}), target, &json(r#"{"customer":"alice"}"#), "allowed");
    check(owner, &json!({}), target, &json(r#"{"customer":"\u0061lice"}"#), "allowed");
    check(owner, &json!({ "sub": "7" }), target, &json(r#"{"customer":7}"#), "allowed");
    for body in
        [r#"{"customer":"bob"}"#, r#"{"customer":["alice"]}"#, r#"{"customer":null}"#, "{}", "[]", "7"]
    {
        check(owner, &json!({}), target, &json(body), "403 not-yours");
    }
    check(owner, &json!({}), target, "", "403 not-yours");
    let every = "{ owner: { body: /lines/*/for, claim: sub } }";
    check(every, &json!({}), target, &json(r#"{"lines":[{"for":"alice"},{"for":"alice"}]}"#), "allowed");
    for body in [
        r#"{"lines":[{"for":"alice"},{"for":"bob"}]}"#,
        r#"{"lines":[{"for":"alice"},{}]}"#,
        r#"{"lines":[]}"#,
    ] {
        check(every, &json!({}), target, &json(body), "403 not-yours");
    }
    let lenient = "{ owner: { body: /customer, claim: sub } }\nundeclared: off\nrequest-schema: off";
    for (form, expected) in [
        ("customer=alice", "allowed"),
        ("customer=%61lice&other=1&customer=alice", "allowed"),
        ("customer=bob", "403 not-yours"),
        ("customer=alice&customer=bob", "403 not-yours"),
        ("customer=", "403 not-yours"),
        ("other=alice", "403 not-yours"),
        ("customer=%", "403 not-yours"),
    ] {
        let form = format!("Content-Type: application/x-www-form-urlencoded\n\n{form}");
        check(lenient, &json!({}), target, &form, expected);
    }
    check(lenient, &json!({}), target, "Content-Type: text/plain\n\ncustomer=alice", "403 not-yours");
}

#[test]
fn places_of_one_id_agree_where_they_are_there() {
    let id = "{ id: { path: orderId }, also: [{ query: orderId }, { body: /orderId }, { body: /lines/*/orderId }] }";
    let (target, both) = ("/tenants/t/orders/7", "/tenants/t/orders/7?orderId=7&orderId=%37");
    for (target, body, expected) in [
        (target, "", "allowed"),
        (both, "", "allowed"),
        (both, r#"{"orderId":7,"lines":[{"orderId":"7"},{}]}"#, "allowed"),
        (target, r#"{"orderId":8}"#, "400 ambiguous-object"),
        (target, r#"{"orderId":null}"#, "400 ambiguous-object"),
        (target, r#"{"orderId":[7]}"#, "400 ambiguous-object"),
        (target, r#"{"lines":[{"orderId":7},{"orderId":9}]}"#, "400 ambiguous-object"),
        ("/tenants/t/orders/7?orderId=8", "", "400 ambiguous-object"),
        ("/tenants/t/orders/7?orderId=7&orderId=8", "", "400 ambiguous-object"),
    ] {
        let rest = if body.is_empty() { String::new() } else { json(body) };
        check(id, &json!({}), target, &rest, expected);
    }
}

#[test]
fn the_record_names_the_rule_and_never_a_value() {
    let settings = "{ id: { path: orderId }, also: [{ query: orderId }], owner: { path: orderId, claim: sub }, tenant: { path: tenant, claim: tid } }";
    let claims = json!({ "sub": "secret-sub", "tid": "secret-tid" });
    for (target, expected) in [
        ("/tenants/secret-a/orders/secret-b", "`owner`: the value is not what the claim says"),
        ("/tenants/secret-a/orders/secret-sub", "`tenant`: the value is not what the claim says"),
        ("/tenants/secret-tid/orders/secret-sub?orderId=secret-c", "`id`: two values disagree"),
    ] {
        let denial = ask(settings, Some(&claims), target, "").denial.unwrap();
        assert_eq!(denial.detail.as_str(), expected);
        assert!(!denial.detail.as_str().contains("secret") && !denial.reason.title().contains("secret"));
    }
}

#[test]
fn places_that_the_contract_does_not_have_are_problems_with_a_place() {
    for (settings, expected) in [
        ("{ owner: { path: custmer, claim: sub } }", "the path has no parameter `custmer`"),
        ("{ owner: { query: tenant, claim: sub } }", "no parameter `tenant` is declared in the query"),
        ("{ owner: { header: x-owner, claim: sub } }", "no header field `x-owner` is declared"),
        ("{ id: { path: orderId }, also: [{ body: /oderId }] }", "the body declares no member `oderId`"),
        ("{ id: { path: orderId }, also: [{ body: orderId }] }", "`orderId` is no pointer"),
        ("{ id: { path: orderId, query: orderId } }", "a place is one of"),
        ("{ owner: { claim: sub } }", "a place is one of"),
        ("{ also: [{ query: orderId }], owner: { path: tenant, claim: sub } }", "`also` without `id`"),
        ("{ denied: not-found }", "has neither `id`, `owner` nor `tenant`"),
        ("{ owner: { path: tenant } }", "claim"),
    ] {
        let problems = Gateway::problems(ORDERS, &format!("object-access: {settings}"));
        let problem = problems.iter().find(|problem| problem.message.contains(expected));
        let problem = problem.unwrap_or_else(|| panic!("{settings}: {problems:?}"));
        assert!(problem.position.is_some(), "{settings}: {problem}");
    }
    let no_body = ORDERS.split("    requestBody").next().unwrap().to_owned()
        + "    responses: { '200': { description: ok } }\n";
    let problems = Gateway::problems(&no_body, "object-access: { owner: { body: /customer, claim: sub } }");
    assert!(
        problems.iter().any(|problem| problem.message.contains("neither JSON nor a form is declared")),
        "{problems:?}"
    );
}

#[test]
fn not_yours_and_does_not_exist_are_one_answer_if_so_configured() {
    let target = "/tenants/alice/orders/7";
    for (denied, status, expected) in [
        ("not-found", "404 Not Found", "404 no-such-object"),
        ("not-found", "403 Forbidden", "404 no-such-object"),
        ("not-found", "410 Gone", "404 no-such-object"),
        ("not-found", "409 Conflict", "allowed"),
        ("forbidden", "404 Not Found", "allowed"),
    ] {
        let settings = format!("{{ owner: {{ path: tenant, claim: sub }}, denied: {denied} }}");
        let seen = ask(&settings, Some(&json!({})), target, &format!("<<< backend\nHTTP/1.1 {status}\n\n"));
        assert_eq!(seen.verdict, expected, "{denied} {status}");
        let others = ask(&settings, Some(&json!({})), "/tenants/bob/orders/7", "");
        let own = if denied == "not-found" { "404 no-such-object" } else { "403 not-yours" };
        assert_eq!(others.verdict, own);
    }
}
