//! Fields of bodies: which classes of data an API has, and which fields its specification does not declare.

use serde_json::{Value, json};

use super::{noted, run, said};
use crate::stage::Stage;

const SPEC: &str = "
openapi: 3.1.0
info: { title: customers, version: '1' }
servers: [{ url: 'https://shop.example' }]
paths:
  /customers/{id}:
    get:
      parameters: [{ name: id, in: path, required: true, schema: { type: integer } }]
      responses:
        '200':
          description: ok
          content:
            application/json:
              schema: { type: object, properties: { id: { type: integer }, town: { type: string } } }
";

fn entry(id: u32, status: u16, body: &Value) -> Value {
    json!({
        "startedDateTime": format!("2026-11-27T10:00:{id:02}.000Z"),
        "request": { "method": "GET", "url": format!("https://shop.example/customers/{id}"), "headers": [] },
        "response": {
            "status": status,
            "headers": [],
            "content": { "mimeType": "application/json", "text": body.to_string() },
        },
    })
}

#[test]
fn schemas_of_several_runs_are_one_that_is_enforced() {
    let stage = Stage::new();
    let archive = |entries: &[Value]| json!({ "log": { "version": "1.2", "entries": entries } }).to_string();
    let of_town: Vec<Value> =
        (1..=20).map(|id| entry(id, 200, &json!({ "id": id, "town": "Bath" }))).collect();
    let of_nobody: Vec<Value> =
        (21..=40).map(|id| entry(id, 200, &json!({ "id": id, "town": null }))).collect();
    stage.write("a.har", &archive(&of_town));
    stage.write("b.har", &archive(&of_nobody));
    said(&stage, &["discover", "traffic", "a.har"]);
    said(&stage, &["discover", "traffic", "b.har"]);
    said(&stage, &["inventory", "export", "openapi", "--output", "learned.json"]);
    let document: Value =
        serde_json::from_str(&std::fs::read_to_string(stage.path("learned.json")).unwrap()).unwrap();
    let operation = &document["paths"]["/customers/{customerId}"]["get"];
    assert_eq!(operation["x-confidence"], "high");
    assert_eq!(operation["parameters"][0]["schema"], json!({ "type": "integer" }));
    let media_type = &operation["responses"]["200"]["content"]["application/json"];
    assert_eq!(media_type["x-seen"], 40);
    assert_eq!(
        media_type["schema"],
        json!({
            "type": "object",
            "required": ["id", "town"],
            "properties": {
                "id": { "type": "integer", "x-data-classes": ["internal-id"] },
                "town": { "type": ["null", "string"] },
            },
        })
    );
    let checked = stage.palisade(&["check", "--spec", "learned.json", "--upstream", "http://127.0.0.1:9"]);
    assert!(checked.status.success(), "{checked:?}");
}

fn archive() -> String {
    let customer = |id: u32| json!({ "id": id, "town": "Bath", "note": "x", "contact": { "email": format!("anna{id}@example.com") } });
    let mut entries: Vec<Value> = (1..=20).map(|id| entry(id, 200, &customer(id))).collect();
    entries.push(entry(40, 404, &json!({ "title": "there is none" })));
    json!({ "log": { "version": "1.2", "creator": { "name": "t", "version": "1" }, "entries": entries } })
        .to_string()
}

#[test]
fn what_was_seen_in_bodies_is_proposed_and_what_is_not_declared_is_a_gap() {
    let stage = Stage::new();
    stage.write("session.har", &archive());
    stage.write("spec.yaml", SPEC);
    let taken = run(&stage, &["discover", "traffic", "session.har"]);
    assert!(taken.status.success(), "{taken:?}");
    let shown: Value =
        serde_json::from_str(&said(&stage, &["inventory", "show", "shop.example", "--format", "json"]))
            .unwrap();
    let data = &shown["api"]["facts"]["data"];
    assert_eq!((&data["value"], &data["confirmed"]), (&json!("personal,internal-id"), &json!(false)));
    let place = &data["proposals"][0]["place"];
    assert!(place["file"].as_str().unwrap().ends_with("session.har") && place["entry"] == 1, "{place}");

    let listed: Value =
        serde_json::from_str(&said(&stage, &["inventory", "list", "--format", "json"])).unwrap();
    let fields = listed["operations"][0]["fields"].as_array().unwrap();
    let pointers: Vec<&str> = fields.iter().map(|field| field["pointer"].as_str().unwrap()).collect();
    assert_eq!(pointers, ["/contact/email", "/id", "/note", "/town"]);
    assert_eq!((&fields[0]["in"], &fields[0]["statuses"]), (&json!("answer"), &json!([200])));
    assert!(fields[0]["classes"]["personal"].is_string(), "{}", fields[0]);

    // A document that comes late declares two of the four; of what an error says it declares nothing, and needs not to.
    assert!(
        noted(&run(&stage, &["review", "spec.yaml", "--inventory", "palisade-data/inventory.db"]))
            .contains("inventory")
    );
    let gaps = said(&stage, &["inventory", "gaps", "--format", "csv"]);
    let of_fields: Vec<&str> = gaps.lines().filter(|line| line.contains("undeclared-field")).collect();
    assert_eq!(of_fields.len(), 1, "{gaps}");
    let expected = "`GET /customers/{id}` answers 200 with `/contact/email`, `/note`, which it does not declare, of class personal";
    assert!(of_fields[0].contains(expected), "{}", of_fields[0]);
    assert!(!of_fields[0].contains("/title") && !of_fields[0].contains("anna"), "{}", of_fields[0]);
}
