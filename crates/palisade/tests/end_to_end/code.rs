//! What `palisade discover code` finds in a repository, against the document in it, and what the inventory keeps of that.

use std::process::Output;

use serde_json::{Value, json};

use crate::stage::Stage;

const SPEC: &str = "
openapi: 3.1.0
info: { title: shop, version: '1' }
servers: [{ url: /v1 }]
paths:
  /orders:
    get: { responses: { '200': { description: ok } } }
  /orders/{id}:
    parameters: [{ name: id, in: path, required: true, schema: { type: integer } }]
    get: { responses: { '200': { description: ok } } }
    delete: { responses: { '204': { description: gone } } }
";

/// A program of two files, of which one is mounted in the other.
fn write(stage: &Stage, orders: &str) {
    std::fs::create_dir_all(stage.path("shop/src")).unwrap();
    stage.write("shop/spec.yaml", SPEC);
    stage.write(
        "shop/src/app.js",
        "const express = require('express')\nconst app = express()\n\
         app.use('/v1/orders', require('./orders'))\napp.listen(3000)\n",
    );
    let beginning = "const router = require('express').Router()\nrouter.get('/', list)\nrouter.get('/:orderId', jwtAuth, one)\n";
    stage.write("shop/src/orders.js", &format!("{beginning}{orders}module.exports = router\n"));
}

fn run(stage: &Stage, arguments: &[&str]) -> Output {
    stage.command(arguments).env_remove("PALISADE_INVENTORY").env("USER", "tester").output().unwrap()
}

fn noted(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Operations of a document as `status method path`.
fn operations(document: &Value) -> Vec<String> {
    let word = |operation: &Value, key: &str| operation[key].as_str().unwrap_or("-").to_owned();
    let operations = document["operations"].as_array().unwrap().iter();
    operations
        .map(|operation| ["status", "method", "path"].map(|key| word(operation, key)).join(" "))
        .collect()
}

fn inventory(stage: &Stage) -> Value {
    let output = run(stage, &["inventory", "list", "--format", "json"]);
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn code_that_adds_a_route_without_a_specification_fails_and_the_inventory_says_where() {
    let stage = Stage::new();
    write(&stage, "router.post('/refund', refund)\n");
    let arguments =
        ["discover", "code", "shop", "--spec", "shop/spec.yaml", "--fail-on", "shadow", "--format", "json"];
    let dry = run(&stage, &[&arguments[..], &["--dry-run"]].concat());
    assert_eq!(dry.status.code(), Some(1), "{dry:?}");
    assert!(!stage.path("palisade-data").exists() && !noted(&dry).contains("inventory"), "{dry:?}");

    let first = run(&stage, &arguments);
    assert_eq!((first.status.code(), &first.stdout), (Some(1), &dry.stdout), "{first:?}");
    assert_eq!(
        operations(&serde_json::from_slice(&first.stdout).unwrap()),
        [
            "shadow POST /v1/orders/refund",
            "orphan DELETE /v1/orders/{id}",
            "declared GET /v1/orders",
            "declared GET /v1/orders/{orderId}",
        ]
    );
    assert!(noted(&first).contains("inventory: 4 new operations, 1 of them shadow"), "{first:?}");
    let kept = inventory(&stage);
    assert_eq!(
        operations(&kept),
        [
            "orphan GET /v1/orders",
            "shadow POST /v1/orders/refund",
            "orphan DELETE /v1/orders/{id}",
            "orphan GET /v1/orders/{id}",
        ],
        "what nobody calls is an orphan, in code or not"
    );
    let shadow = &kept["operations"][1];
    assert_eq!(shadow["api"], "shop");
    assert_eq!(shadow["sources"], json!([{ "kind": "code", "file": "shop/src/orders.js", "line": 4 }]));
    assert_eq!(kept["operations"][3]["authentication"], json!(["bearer-jwt"]));

    let again = run(&stage, &arguments);
    assert!(noted(&again).contains("inventory: 0 new operations, 0 of them shadow; 0 changed"), "{again:?}");
    let changes = |stage: &Stage| run(stage, &["inventory", "changes", "--format", "json"]).stdout;
    let before = changes(&stage);
    run(&stage, &arguments);
    assert_eq!(changes(&stage), before, "what tells the same leaves no trace");

    write(&stage, "");
    let mended = run(&stage, &arguments);
    assert_eq!(mended.status.code(), Some(0), "{mended:?}");
    assert_eq!(operations(&inventory(&stage)).len(), 3, "what code no longer has is gone");
}

#[test]
fn documents_of_the_tree_are_what_is_declared_unless_others_are_named() {
    let stage = Stage::new();
    write(&stage, "");
    stage.write("shop/broken.yaml", "openapi: 3.1.0\npaths: [\n");
    stage.write("shop/shop.proto", "service Shop { rpc Get (A) returns (B); }\n");
    let arguments = ["discover", "code", "shop", "--dry-run", "--format", "json", "--fail-on", "orphan"];
    let output = run(&stage, &arguments);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let said = noted(&output);
    assert!(said.contains("declared is what `shop/spec.yaml` declares"), "{said}");
    assert!(said.contains("`shop/broken.yaml` cannot be used as a specification"), "{said}");
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        document["documents"],
        json!([
            { "file": "shop/broken.yaml", "kind": "OpenAPI" },
            { "file": "shop/shop.proto", "kind": "Protocol Buffers", "operations": 1 },
            { "file": "shop/spec.yaml", "kind": "OpenAPI" }
        ])
    );
    assert_eq!(operations(&document)[0], "orphan DELETE /v1/orders/{id}");
    stage.write("other.yaml", "openapi: 3.1.0\ninfo: { title: other, version: '1' }\npaths: {}\n");
    let named = run(&stage, &[&arguments[..], &["--spec", "other.yaml"]].concat());
    assert_eq!(named.status.code(), Some(0), "{named:?}");
    assert!(!noted(&named).contains("declared is what"), "{named:?}");
    std::fs::remove_file(stage.path("shop/spec.yaml")).unwrap();
    let none = run(&stage, &arguments);
    assert_eq!(none.status.code(), Some(2), "what is held against nothing does not pass: {none:?}");
    assert!(noted(&none).contains("nothing is declared") && none.stdout.is_empty(), "{none:?}");
}
