//! The gateway, bare and with every control, from a config file as a user writes it.

use std::path::Path;

use super::field::{Contender, Field};
use super::load::{AUDIENCE, ISSUER};
use super::way::{self, Way};
use super::{contender_command, machine};
use crate::failure::{Outcome, because};
use crate::gateway::Gateway;

/// The controls of requests, which a bare gateway has off. It still records every request.
const REQUEST_CONTROLS: &[&str] = &[
    "api-key",
    "body-limits",
    "concurrency",
    "cors",
    "ip-limit",
    "jwt",
    "rate-limit",
    "request-schema",
    "scope",
    "undeclared",
];

/// The controls of answers.
const ANSWER_CONTROLS: &[&str] =
    &["error-answers", "fields", "leak", "lifecycle", "object", "response-schema", "security-headers"];

/// Every control that is on unless it is turned off, or that a row of [`super::controls`] turns on.
pub(super) const ALL_CONTROLS: &[&str] = &[
    "body-limits",
    "concurrency",
    "error-answers",
    "fields",
    "ip-limit",
    "jwt",
    "leak",
    "object",
    "rate-limit",
    "request-schema",
    "response-schema",
    "scope",
    "security-headers",
    "undeclared",
];

/// Every answer against its schema, and searched for what should not leave.
const ANSWERS: &str = "      response-schema: enforce
      leak: { action: report }
";

/// Limits that count every request and refuse none.
const LIMITS: &str = "      ip-limit: { rate: 1000000/s, burst: 1000000 }
      concurrency: { requests-max: 10000 }
      rate-limit:
        limits:
          - { key: [principal], rate: 1000000/s, burst: 1000000 }
          - { key: [client, operation], rate: 1000000/s, burst: 1000000 }
          - { key: [ip], rate: 1000000/s, burst: 1000000 }
      body-limits: { bytes: 4MiB, nodes: 1000000, array: 100000 }
";

/// What stands beside the controls of an API that names policies.
pub(super) const CEDAR: &str = "    cedar: { policies: [orders.cedar] }\n";

const POLICIES: &str = r#"@id("readers-read")
permit (principal, action in Action::"read", resource)
when { principal.scopes.contains("orders:read") };

@id("writers-write")
permit (principal, action in Action::"write", resource)
when { principal.scopes.contains("orders:write") };

@id("nobody-from-there")
forbid (principal, action, resource)
when { context.ip.isInRange(ip("203.0.113.0/24")) || (resource has path && resource.path.id == 1000000000) };
"#;

/// Whose an order is says the path, and the caller's token.
const OWNERS: &str = "overlay: 1.0.0
info: { title: Owners, version: 1.0.0 }
actions:
  - target: $.paths['/orders/{id}'].get
    update: { x-palisade: { object-access: { owner: { path: id, claim: order } } } }
";

/// Every control off.
pub(super) fn start_bare(name: &'static str, field: &Field) -> Outcome<Contender> {
    start(name, field, "bare", &(off(REQUEST_CONTROLS) + &off(ANSWER_CONTROLS)), 2)
}

/// Every control of requests on: token, scopes, four limits, parameters and bodies against the schema, and the durable
/// record.
pub(super) fn start_requests(name: &'static str, field: &Field) -> Outcome<Contender> {
    start(name, field, "requests", &(LIMITS.to_owned() + &off(ANSWER_CONTROLS)), 2)
}

/// The controls of requests on, and Cedar asked as well: of three policies two can speak of an operation, and between them
/// read scopes, a parameter of the path and the caller's address.
pub(super) fn start_cedar(name: &'static str, field: &Field) -> Outcome<Contender> {
    start(name, field, "cedar", &(LIMITS.to_owned() + &off(ANSWER_CONTROLS) + CEDAR), 2)
}

/// The controls of answers on as well.
pub(super) fn start_answers(name: &'static str, field: &Field) -> Outcome<Contender> {
    start(name, field, "answers", &(LIMITS.to_owned() + ANSWERS), 2)
}

/// Every control of requests on, for an API of this many collections.
pub(super) fn start_grown(field: &Field, collections: usize) -> Outcome<Contender> {
    start("palisade", field, "grown", &(LIMITS.to_owned() + &off(ANSWER_CONTROLS)), collections)
}

/// Where requests come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Door {
    /// HTTP/1.1 in the clear.
    Http1,
    /// HTTP/2 in the clear.
    Http2,
    /// HTTP/1.1 over TLS.
    Tls,
    /// As the first, for documents of GraphQL.
    GraphQl,
    /// As the first, on a listener for calls to third parties.
    Egress,
}

/// The controls of `on`, with these settings, and no others.
pub(super) fn start_controls(
    name: &'static str,
    field: &Field,
    number: usize,
    (on, settings): (&[&str], &str),
    door: Door,
) -> Outcome<Contender> {
    let others = REQUEST_CONTROLS.iter().chain(ANSWER_CONTROLS).copied();
    let others: Vec<&str> = others.filter(|control| !on.contains(control)).collect();
    start_behind(door, name, field, &format!("controls-{number}"), &(off(&others) + settings), 2)
}

/// As with the controls of requests, and with room for more connections than a default config gives.
pub(super) fn start_attacked(field: &Field) -> Outcome<Contender> {
    let controls = LIMITS.to_owned() + &off(ANSWER_CONTROLS) + "limits: { connections-max: 11000 }\n";
    start("palisade", field, "attacked", &controls, 2)
}

fn off(controls: &[&str]) -> String {
    controls.iter().fold(String::new(), |text, control| text + &format!("      {control}: off\n"))
}

fn start(
    name: &'static str,
    field: &Field,
    kind: &str,
    controls: &str,
    collections: usize,
) -> Outcome<Contender> {
    start_behind(Door::Http1, name, field, kind, controls, collections)
}

fn start_behind(
    door: Door,
    name: &'static str,
    field: &Field,
    kind: &str,
    controls: &str,
    collections: usize,
) -> Outcome<Contender> {
    let folder = field.folder.join(format!("palisade-{kind}"));
    if folder.exists() {
        std::fs::remove_dir_all(&folder).map_err(because(format!("cannot empty `{}`", folder.display())))?;
    }
    std::fs::create_dir_all(&folder).map_err(because(format!("cannot make `{}`", folder.display())))?;
    let (certificate, key, tls) = way::certificate()?;
    let files = [
        ("openapi.yaml", specification(collections)),
        ("jwks.json", field.key_set.to_string()),
        ("orders.cedar", POLICIES.to_owned()),
        ("owners.overlay.yaml", OWNERS.to_owned()),
        ("gateway.pem", certificate),
        ("gateway.key", key),
        ("credential", "partner-3f9c1d77".to_owned()),
        ("palisade.yaml", config(field, controls, door)),
    ];
    for (file, text) in files {
        write(&folder.join(file), &text)?;
    }
    let version = machine::said(&field.gateway.display().to_string(), &["--version"]);
    let gateway = Gateway::start(contender_command(&field.gateway), &folder.join("palisade.yaml"))?;
    let way = match door {
        Door::Http1 | Door::Egress => Way::Http1,
        Door::Http2 => Way::Http2,
        Door::Tls => tls,
        Door::GraphQl => Way::GraphQl,
    };
    Ok(Contender { name, version, address: gateway.address, way, process: gateway.process })
}

fn write(path: &Path, text: &str) -> Outcome<()> {
    std::fs::write(path, text).map_err(because(format!("cannot write `{}`", path.display())))
}

fn config(field: &Field, controls: &str, door: Door) -> String {
    let listener = match door {
        Door::Http1 | Door::Http2 | Door::GraphQl => "",
        Door::Tls => ", tls: { certificates: [{ certificate: gateway.pem, key: gateway.key }] }",
        Door::Egress => ", egress: true",
    };
    format!(
        "version: 1
listen: [{{ address: 127.0.0.1:0{listener} }}]
admin: {{ address: 127.0.0.1:0 }}
data: {{ directory: data, bytes-max: 256MiB }}
workers: 1
identity:
  issuers: [{{ issuer: {ISSUER}, audiences: [{AUDIENCE}], keys: {{ file: jwks.json }} }}]
  internal: {{ issuer: https://inside.example }}
apis:
  - name: orders
    spec: openapi.yaml
    upstream: http://{}
    controls:
{controls}",
        field.backend
    )
}

/// Path of the collection with this number, base path included. The first is the orders.
pub(super) fn collection(number: usize) -> String {
    if number == 0 { "/v1/orders".to_owned() } else { format!("/v1/things-{number}") }
}

/// An API of this many collections with one operation on their members; one can be written to.
fn specification(collections: usize) -> String {
    let mut text = String::from(HEAD);
    for number in 0..collections {
        let path = collection(number);
        let path = path.trim_start_matches("/v1");
        text.push_str(&format!("  {path}/{{id}}:\n{MEMBER}"));
    }
    text.push_str(TAIL);
    text
}

const HEAD: &str = "openapi: 3.1.0
info: { title: Orders, version: 1.0.0 }
servers: [{ url: /v1 }]
security: [{ tokens: ['orders:read'] }]
paths:
  /orders:
    post:
      security: [{ tokens: ['orders:write'] }]
      requestBody:
        required: true
        content: { application/json: { schema: { $ref: '#/components/schemas/NewOrder' } } }
      responses: { '200': { $ref: '#/components/responses/Order' } }
  /graphql:
    post:
      requestBody: { required: true, content: { application/json: {} } }
      responses: { '200': { $ref: '#/components/responses/Order' } }
";

const MEMBER: &str = "    get:
      parameters:
        - { name: id, in: path, required: true, schema: { type: integer, minimum: 1, maximum: 1000000000 } }
        - { name: expand, in: query, schema: { type: string, enum: [items, customer] } }
      responses: { '200': { $ref: '#/components/responses/Order' } }
";

const TAIL: &str = "components:
  securitySchemes:
    tokens:
      type: oauth2
      flows:
        clientCredentials:
          tokenUrl: https://issuer.example/token
          scopes: { 'orders:read': see, 'orders:write': place }
  responses:
    Order:
      description: an order
      content: { application/json: { schema: { $ref: '#/components/schemas/Order' } } }
  schemas:
    Order:
      type: object
      additionalProperties: false
      required: [id, status, items]
      properties:
        id: { type: integer, minimum: 1 }
        status: { type: string, enum: [open, paid, sent] }
        customer: { type: string, maxLength: 40 }
        total: { type: integer }
        currency: { type: string, pattern: '^[A-Z]{3}$' }
        note: { type: string, maxLength: 1000 }
        items:
          type: array
          maxItems: 1000
          items:
            type: object
            additionalProperties: false
            required: [sku, quantity]
            properties:
              sku: { type: string, pattern: '^[A-Z]{3}-[0-9]{4}$', maxLength: 8 }
              quantity: { type: integer, minimum: 1, maximum: 99 }
              price: { type: integer, minimum: 0 }
    NewOrder:
      type: object
      additionalProperties: false
      required: [items]
      properties:
        items:
          type: array
          minItems: 1
          maxItems: 100000
          items:
            type: object
            additionalProperties: false
            required: [sku, quantity]
            properties:
              sku: { type: string, pattern: '^[A-Z]{3}-[0-9]{4}$', maxLength: 8 }
              quantity: { type: integer, minimum: 1, maximum: 99 }
              note: { type: string, maxLength: 200 }
";
