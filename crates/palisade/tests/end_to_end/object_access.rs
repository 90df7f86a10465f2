//! Ownership by the request, through the program: what reaches the backend, what callers see, and what is on record.

use serde_json::json;

use crate::client::request;
use crate::stage::Stage;

const SPEC: &str = "
openapi: 3.1.0
info: { title: Orders, version: 1.0.0 }
security: [{ tokens: [] }]
paths:
  /customers/{customerId}/orders/{orderId}:
    put:
      x-palisade:
        object-access:
          id: { path: orderId }
          also: [{ query: orderId }, { body: /orderId }]
          owner: { path: customerId, claim: sub }
          tenant: { body: /team, claim: groups }
          denied: not-found
      parameters:
        - { name: customerId, in: path, required: true, schema: { type: string } }
        - { name: orderId, in: path, required: true, schema: { type: integer } }
        - { name: orderId, in: query, schema: { type: integer } }
      requestBody:
        content:
          application/json:
            schema: { type: object, properties: { orderId: { type: integer }, team: { type: string } } }
      responses: { '200': { description: ok } }
components:
  securitySchemes: { tokens: { type: http, scheme: bearer } }
";

#[test]
fn only_what_names_the_caller_reaches_the_backend() {
    let stage = Stage::new();
    stage.write("openapi.yaml", SPEC);
    let gateway = stage.start();
    let mut claims = stage.issuer.claims("");
    claims["groups"] = json!(["red", "blue"]);
    let bearer = format!("Bearer {}", stage.issuer.key.sign("at+jwt", &claims).unwrap());
    let put = |target: &str, body: &str| {
        let fields = [("Authorization", bearer.as_str()), ("Content-Type", "application/json")];
        gateway.ask(&request("PUT", target, &fields, body.as_bytes()))
    };
    let own = put("/customers/%61lice/orders/7?orderId=7", r#"{"orderId":7,"team":"blue"}"#);
    assert_eq!(own.status, 200, "{own:?}");
    assert_eq!(stage.upstream.seen().len(), 1);
    for (target, body, status, problem, detail) in [
        (
            "/customers/mallory/orders/7",
            r#"{"team":"blue"}"#,
            404,
            "no-such-object",
            "`owner`: the value is not what the claim says",
        ),
        (
            "/customers/alice/orders/7",
            r#"{"team":"green"}"#,
            404,
            "no-such-object",
            "`tenant`: the value is not what the claim says",
        ),
        (
            "/customers/alice/orders/7",
            "{}",
            404,
            "no-such-object",
            "`tenant`: the request does not say whose it is",
        ),
        (
            "/customers/alice/orders/7",
            "",
            404,
            "no-such-object",
            "`tenant`: the request does not say whose it is",
        ),
        (
            "/customers/alice/orders/7",
            r#"{"orderId":8,"team":"blue"}"#,
            400,
            "ambiguous-object",
            "`id`: two values disagree",
        ),
        (
            "/customers/alice/orders/7?orderId=8",
            r#"{"team":"blue"}"#,
            400,
            "ambiguous-object",
            "`id`: two values disagree",
        ),
    ] {
        let answer = put(target, body);
        assert_eq!((answer.status, answer.problem().as_str()), (status, problem), "{target} {body}");
        let record = stage.record(answer.field("x-request-id").unwrap()).to_string();
        assert!(record.contains("object-access") && record.contains(detail), "{record}");
        assert!(!record.contains("green"), "{record}");
    }
    assert_eq!(stage.upstream.seen().len(), 1, "nothing that was refused got through");
}
