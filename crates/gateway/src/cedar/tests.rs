//! The schema of contracts, what is wrong with policies, and what is kept of them for an operation.

use std::path::Path;

use cedar_policy::Schema;
use spec::{Contract, Document, Library, Limits};

use super::*;

const SPEC: &str = "
openapi: 3.1.0
info: { title: Shop, version: '1' }
paths:
  /orders/{order-id}:
    parameters:
    - { name: order-id, in: path, required: true, schema: { type: string } }
    get:
      operationId: getOrder
      tags: [orders]
      parameters:
      - { name: expand, in: query, schema: { type: array, items: { type: string } } }
      - { name: odd, in: query, schema: { type: object } }
      responses: {}
    put:
      tags: [orders, stock]
      requestBody:
        content:
          application/json:
            schema:
              type: object
              required: [size, price]
              properties:
                size: { type: integer }
                price: { type: number }
                is gift: { type: boolean }
                to: { type: object, properties: { city: { type: string } } }
                any: {}
      responses: {}
  /read:
    get: { operationId: read, responses: {} }
  /string:
    get: { operationId: String, responses: {} }
";

fn contract(text: &str) -> Contract {
    let (document, problems) = Document::parse("spec.yaml", text, &Limits::default());
    assert_eq!(problems, []);
    spec::compile(&Library::of(document)).0
}

fn read(text: &str) -> (ApiPolicies, Vec<String>) {
    let claims = [("tenant".to_owned(), ClaimType::String), ("groups".to_owned(), ClaimType::Strings)].into();
    let (document, problems) = Document::plain("shop.cedar", text, &Limits::default());
    assert_eq!(problems, []);
    let (policies, problems) =
        ApiPolicies::new(&contract(SPEC), &claims, &[(Path::new("shop.cedar"), document)]);
    (policies, problems.iter().map(ToString::to_string).collect())
}

/// The only thing wrong with the policies, or that nothing is.
#[track_caller]
fn check(text: &str, expected: &str) {
    let (policies, problems) = read(text);
    assert_eq!(problems.join("\n"), expected, "{text}");
    assert_eq!(policies.is_whole(), expected.is_empty());
}

#[test]
fn the_schema_has_what_the_contract_names() {
    let contract = contract(SPEC);
    let text = cedar_schema(&contract, &[("https://a.example/tenant".to_owned(), ClaimType::String)].into());
    for part in [
        "type Claims = { \"https://a.example/tenant\"?: String };",
        "entity Anonymous = { scopes: Set<String> };",
        "action \"read\", \"tag:orders\", \"tag:stock\", \"write\";",
        "// GET /orders/{order-id}\naction \"getOrder\" in [\"read\", \"tag:orders\"] appliesTo {",
        "action \"PUT /orders/{order-id}\" in [\"write\", \"tag:orders\", \"tag:stock\"]",
        // The group of that name is another one.
        "action \"GET /read\" in [\"read\"]",
        "  entity getOrder = { path: { \"order-id\": String }, query: { expand?: Set<String> } };",
        "  entity PUT__orders__order_id_ = { path: { \"order-id\": String }, body?: { \"is gift\"?: Bool, price: decimal, \
         size: Long, to?: { city?: String } } };",
        "  entity String_ = {};",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    assert!(!text.contains("odd") && !text.contains("any"), "{text}");
    assert!(Schema::from_cedarschema_str(&text).is_ok());
}

#[test]
fn names_that_would_end_a_line_or_a_string_are_only_names() {
    let odd = SPEC
        .replace("operationId: getOrder", "operationId: \"a\\\"b\\nc\\u2028\"")
        .replace("operationId: String", "operationId: \"// 7\"");
    let odd = odd.replace("title: Shop", "title: \"Shop\\naction \\\"evil\\\";\"");
    let text = cedar_schema(&contract(&odd), &Default::default());
    let (schema, _) = Schema::from_cedarschema_str(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    assert!(schema.actions().all(|action| action.id().unescaped() != "evil"));
    assert!(schema.actions().any(|action| action.id().unescaped() == "a\"b\nc\u{2028}"));
}

#[test]
fn what_policies_say_is_held_against_the_contract() {
    check("permit (principal, action, resource);", "");
    check(
        "permit (principal, action == Action::\"getOrders\", resource);",
        "shop.cedar:1:30: for policy `shop.cedar:1`, unrecognized action `Action::\"getOrders\"` (help: did you mean \
         `Action::\"getOrder\"`?)",
    );
    let (_, problems) = read(
        "permit (principal, action == Action::\"getOrder\", resource)\nwhen { resource.query.expand.contains(\"a\") };",
    );
    assert!(
        problems[0].starts_with("shop.cedar:2:8: ") && problems[0].contains("query.expand"),
        "{problems:?}"
    );
    let (_, problems) = read("permit (principal, action, resource) when { principal.id == \"a\" };");
    assert!(problems.iter().any(|problem| problem.contains("`Anonymous`")), "{problems:?}");
    let (_, problems) =
        read("permit (principal is User, action, resource) when { principal.claims has other };\n");
    assert!(problems[0].contains("impossible"), "{problems:?}");
}

#[test]
fn what_is_no_policy_is_pointed_at() {
    let (_, problems) = read("// one\npermit (principal, action, resource) when { 1 + };");
    assert!(problems[0].starts_with("shop.cedar:2:"), "{problems:?}");
    check(
        "permit (principal == ?principal, action, resource);",
        "shop.cedar:1:1: a template decides nothing (help: write it as a policy: nothing fills in its slots)",
    );
    check(
        "@id(\"a\") permit (principal, action, resource);\n@id(\"a\")\nforbid (principal is Client, action, resource);",
        "shop.cedar:2:1: another policy is called `a` as well (help: give each an `@id` of its own)",
    );
}

#[test]
fn an_operation_keeps_what_can_speak_of_it() {
    let (policies, problems) = read(
        "// all\npermit (principal is User, action, resource);
@id(\"get\") permit (principal, action == Action::\"getOrder\", resource);
@id(\"stock\") forbid (principal is Client, action in [Action::\"tag:stock\"], resource);
@id(\"typed\") forbid (principal is Client, action, resource is Resource::getOrder) when { resource.path[\"order-id\"] == \"7\" };
@id(\"read\") permit (principal is Service, action in Action::\"read\", resource);",
    );
    assert_eq!(problems, Vec::<String>::new());
    let contract = contract(SPEC);
    let kept = |index: usize| {
        let slice = policies.slice(&contract.operations[index]).unwrap();
        assert!(slice.can_permit());
        slice.policy_ids().join(" ")
    };
    assert_eq!(kept(0), "get read shop.cedar:2 typed");
    assert_eq!(kept(1), "shop.cedar:2 stock");
    assert_eq!(kept(2), "read shop.cedar:2");
}

#[test]
fn a_body_is_asked_for_where_a_policy_that_is_kept_reads_it() {
    let (policies, _) = read(
        "permit (principal is User, action == Action::\"getOrder\", resource);
permit (principal is User, action == Action::\"PUT /orders/{order-id}\", resource) when { resource has body && resource.body.size < 7 };",
    );
    let contract = contract(SPEC);
    let reads = [0, 1, 2].map(|index| policies.slice(&contract.operations[index]).unwrap().reads_body());
    assert_eq!(reads, [false, true, false]);
    assert!(!policies.slice(&contract.operations[2]).unwrap().can_permit());
}
