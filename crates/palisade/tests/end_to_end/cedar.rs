//! Cedar through the program: what reaches the backend, what is on record, what `check` points at, and loading again.

use serde_json::{Value, json};

use crate::client::{get, request};
use crate::gateway::Gateway;
use crate::stage::Stage;

const SPEC: &str = "
openapi: 3.1.0
info: { title: Orders, version: 1.0.0 }
security: [{ tokens: [] }]
paths:
  /customers/{customerId}/orders:
    parameters:
      - { name: customerId, in: path, required: true, schema: { type: string } }
    get:
      operationId: listOrders
      responses: { '200': { description: ok } }
    post:
      operationId: placeOrder
      requestBody:
        required: true
        content:
          application/json:
            schema: { type: object, required: [quantity], properties: { quantity: { type: integer } } }
      responses: { '200': { description: ok } }
  /status:
    get: { operationId: status, security: [], responses: { '200': { description: ok } } }
components:
  securitySchemes: { tokens: { type: http, scheme: bearer } }
";

const POLICIES: &str = r#"
permit (principal, action == Action::"status", resource);

@id("own-orders")
permit (principal is User, action in [Action::"listOrders", Action::"placeOrder"], resource)
when { resource.path.customerId == principal.id };

@id("no-bulk")
forbid (principal, action == Action::"placeOrder", resource)
when { resource.body.quantity > 100 || !(principal has claims.groups && principal.claims.groups.contains("buyers")) };
"#;

fn stage(policies: &str) -> Stage {
    let mut stage = Stage::new();
    stage.write("openapi.yaml", SPEC);
    stage.write("orders.cedar", policies);
    stage.config["apis"][0]["cedar"] =
        json!({ "policies": ["orders.cedar"], "claims": { "groups": "strings" } });
    stage
}

#[test]
fn only_what_a_policy_permits_and_none_forbids_reaches_the_backend() {
    let stage = stage(POLICIES);
    let gateway = stage.start();
    let mut claims = stage.issuer.claims("");
    claims["groups"] = json!(["buyers"]);
    let buyer = format!("Bearer {}", stage.issuer.key.sign("at+jwt", &claims).unwrap());
    let reader = stage.issuer.bearer("");
    let list = |target: &str| gateway.ask(&get(target, &[("Authorization", &reader)]));
    let place = |bearer: &str, body: &str| {
        let fields = [("Authorization", bearer), ("Content-Type", "application/json")];
        gateway.ask(&request("POST", "/customers/alice/orders", &fields, body.as_bytes()))
    };
    assert_eq!(gateway.get("/status").status, 200);
    assert_eq!(list("/customers/%61lice/orders").status, 200);
    assert_eq!(place(&buyer, r#"{"quantity":100}"#).status, 200);
    assert_eq!(stage.upstream.seen().len(), 3);
    for (answer, status, problem, detail) in [
        (list("/customers/mallory/orders"), 403, "not-permitted", "no policy permits it"),
        (place(&buyer, r#"{"quantity":987654321}"#), 403, "not-permitted", "forbidden by `no-bulk`"),
        (place(&reader, r#"{"quantity":1}"#), 403, "not-permitted", "forbidden by `no-bulk`"),
        (place(&buyer, "{}"), 400, "body-invalid", "body `/quantity`: is not as declared"),
    ] {
        assert_eq!((answer.status, answer.problem().as_str()), (status, problem), "{answer:?}");
        let record = stage.record(answer.field("x-request-id").unwrap()).to_string();
        assert!(record.contains("\"cedar\"") && record.contains(detail), "{record}");
        assert!(!record.contains("987654321") && !record.contains("buyers"), "{record}");
        let body = String::from_utf8(answer.body).unwrap();
        assert!(!body.contains("no-bulk") && !body.contains("permits"), "{body}");
    }
    assert_eq!(stage.upstream.seen().len(), 3, "nothing that was refused got through");
}

#[test]
fn what_is_wrong_with_a_policy_is_pointed_at() {
    let wrong = r#"permit (principal is User, action == Action::"listOrder", resource);
permit (principal, action == Action::"listOrders", resource)
when { resource.path.customer == "alice" };
"#;
    let stage = stage(wrong);
    stage.write_config();
    let output = stage.palisade(&["check", "-c", "palisade.yaml"]);
    assert_eq!(output.status.code(), Some(2));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        text.contains("orders.cedar:1:38") && text.contains("did you mean `Action::\"listOrders\"`?"),
        "{text}"
    );
    assert!(
        text.contains("orders.cedar:3:8") && text.contains("resource.path.customer == \"alice\""),
        "{text}"
    );
    assert!(text.contains("^^^^^^"), "{text}");
    assert!(!text.contains("nobody may call"), "{text}");

    stage.write("orders.cedar", "permit (principal, action, resource) when { principal. };");
    let output = stage.palisade(&["check", "-c", "palisade.yaml", "--format", "json"]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (&report["problems"][0]["file"], &report["problems"][0]["line"]),
        (&json!("orders.cedar"), &json!(1))
    );
    assert_eq!(report["problems"][0]["column"], 56, "{report}");

    stage.write("orders.cedar", "permit (principal, action == Action::\"status\", resource);");
    let output = stage.palisade(&["check", "-c", "palisade.yaml", "--fail-on", "warning"]);
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("no policy permits `listOrders`, so nobody may call it"), "{text}");
    assert!(!text.contains("`status`"), "{text}");
}

#[test]
fn a_changed_policy_is_in_force_and_a_bad_one_changes_nothing() {
    let stage = stage(POLICIES);
    let mut gateway = stage.start();
    let bearer = stage.issuer.bearer("");
    let list =
        |gateway: &Gateway| gateway.ask(&get("/customers/bob/orders", &[("Authorization", &bearer)])).status;
    assert_eq!(list(&gateway), 403);
    stage.write("orders.cedar", "permit (principal is User, action == Action::\"listOrders\", resource);");
    gateway.wait_for("reloading: orders.cedar changed");
    gateway.wait_for("reloaded");
    assert_eq!(list(&gateway), 200);
    stage.write("orders.cedar", "permit (principal is Usher, action, resource);");
    gateway.wait_for("orders.cedar:1:");
    gateway.wait_for("nothing was changed; the last good config stays in force");
    assert_eq!(list(&gateway), 200);
}

#[test]
fn the_schema_is_printed_and_explain_says_which_policy_forbids() {
    let mut stage = stage(POLICIES);
    stage.write_config();
    let output = stage.palisade(&["cedar-schema", "-c", "palisade.yaml"]);
    assert!(output.status.success(), "{output:?}");
    let schema = String::from_utf8(output.stdout).unwrap();
    for line in [
        "type Claims = { groups?: Set<String> };",
        "action \"listOrders\" in [\"read\"] appliesTo {",
        "  entity placeOrder = { path: { customerId: String }, body: { quantity: Long } };",
    ] {
        assert!(schema.contains(line), "{schema}");
    }
    let output = stage.palisade(&["cedar-schema", "-c", "palisade.yaml", "--api", "other"]);
    assert_eq!(output.status.code(), Some(2));

    let bearer = format!("Authorization: {}", stage.issuer.bearer(""));
    let explain = |stage: &Stage| {
        let arguments = ["explain", "GET", "/customers/bob/orders", "-c", "palisade.yaml", "-H", &bearer];
        String::from_utf8(stage.palisade(&arguments).stdout).unwrap()
    };
    let text = explain(&stage);
    assert!(text.contains("refused with 403: not-permitted by cedar"), "{text}");
    assert!(text.contains("no policy permits it"), "{text}");
    stage.config["controls"] = json!({ "cedar": "shadow" });
    stage.write_config();
    let text = explain(&stage);
    assert!(
        text.contains("verdict    forwarded") && text.contains("not-permitted: no policy permits it"),
        "{text}"
    );
}
