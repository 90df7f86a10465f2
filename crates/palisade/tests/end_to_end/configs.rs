//! What `palisade discover config` finds in real files, and what the inventory makes of it beside specifications and logs.

use serde_json::{Value, json};

use crate::stage::Stage;

const SPEC: &str = "
openapi: 3.1.0
info: { title: orders, version: '1' }
servers: [{ url: 'https://shop.example/v1' }]
paths:
  /orders/{id}:
    parameters: [{ name: id, in: path, required: true, schema: { type: integer } }]
    get: { responses: { '200': { description: ok } } }
    delete: { security: [{ token: [] }], responses: { '204': { description: gone } } }
  /reports:
    get: { deprecated: true, security: [], responses: { '200': { description: ok } } }
  /internal:
    get: { responses: { '200': { description: ok } } }
components: { securitySchemes: { token: { type: http, scheme: bearer } } }
";

const INGRESS: &str = "
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: shop }
spec:
  rules:
    - host: shop.example
      http:
        paths:
          - { path: /v1/orders, pathType: Prefix, backend: { service: { name: orders, port: { number: 80 } } } }
          - { path: /v1/reports, pathType: Exact, backend: { service: { name: orders, port: { number: 80 } } } }
          - { path: /debug, pathType: Prefix, backend: { service: { name: debug, port: { number: 80 } } } }
";

const CHART: &str = "kind: Ingress # networking.k8s.io/\nspec: {{ toYaml . }}\n{{- end }}\n";

/// Finds what the arguments say; the document.
fn discovered(stage: &Stage, arguments: &[&str]) -> (Option<i32>, Value, String) {
    let output = stage.palisade(&[&["discover", "config", "--format", "json"], arguments].concat());
    let said = String::from_utf8(output.stderr).unwrap();
    let document = serde_json::from_slice(&output.stdout).unwrap_or(Value::Null);
    (output.status.code(), document, said)
}

/// The members of each item, with spaces between them.
fn lines(items: &Value, members: &[&str]) -> Vec<String> {
    let text = |item: &Value, name: &str| match item.pointer(name).unwrap_or(&Value::Null) {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let items = items.as_array().unwrap().iter();
    items.map(|item| members.iter().map(|name| text(item, name)).collect::<Vec<_>>().join(" ")).collect()
}

#[test]
fn what_gateways_let_through_is_held_against_what_is_declared() {
    let stage = Stage::new();
    stage.write("spec.yaml", SPEC);
    std::fs::create_dir(stage.path("deploy")).unwrap();
    stage.write("deploy/ingress.yaml", INGRESS);
    stage.write("deploy/chart.yaml", CHART);
    let (code, document, said) =
        discovered(&stage, &["deploy", "--spec", "spec.yaml", "--fail-on", "shadow"]);
    assert_eq!(code, Some(1), "{said}");
    assert_eq!(
        lines(&document["exposures"], &["/status", "/api", "/paths/path", "/leads_to", "/line"]),
        [
            "shadow orders /debug debug 12",
            "declared orders /v1/orders orders 10",
            "declared orders /v1/reports orders 11",
        ]
    );
    assert_eq!(
        lines(&document["operations"], &["/status", "/method", "/path"]),
        [
            "orphan GET /v1/internal",
            "declared DELETE /v1/orders/{id}",
            "declared GET /v1/orders/{id}",
            "zombie GET /v1/reports",
        ]
    );
    assert_eq!(
        document["operations"][2]["sources"],
        json!([
            { "kind": "spec", "file": "spec.yaml", "line": 8 },
            { "kind": "config", "file": "deploy/ingress.yaml", "line": 10 },
        ])
    );
    assert!(document["not_read"][0]["fault"].as_str().unwrap().contains("helm template"), "{document}");
    assert!(said.contains("configs: 1 of kubernetes-ingress; 3 routes"), "{said}");
    let listed = stage.palisade(&["inventory", "gaps", "--format", "json"]);
    let gaps: Value = serde_json::from_slice(&listed.stdout).unwrap();
    let found = lines(&gaps["gaps"], &["/kind", "/message"]);
    for expected in [
        "open-exposure `GET /v1/orders/{id}` is let through by `* http://shop.example/v1/orders/**`, and nothing asks who calls",
        "undeclared-exposure `* http://shop.example/debug/**` is let through, nobody asks who calls, and nothing is declared behind it",
    ] {
        assert!(found.iter().any(|line| line == expected), "{expected}\n{found:#?}");
    }
    assert_eq!(found.iter().filter(|line| line.contains("-exposure ")).count(), 2, "{found:#?}");
}

#[test]
fn a_host_past_the_gateway_is_found_and_a_dry_run_leaves_the_inventory_alone() {
    let stage = Stage::new();
    stage.write("spec.yaml", SPEC);
    stage.write("ingress.yaml", INGRESS);
    let (code, _, _) = discovered(&stage, &["ingress.yaml", "--dry-run"]);
    assert_eq!((code, stage.path("palisade-data/inventory.db").exists()), (Some(0), false));
    let (code, _, _) = discovered(&stage, &["ingress.yaml", "--spec", "spec.yaml"]);
    assert_eq!(code, Some(0));
    let line = |host: &str| {
        format!(
            "{host} 192.0.2.7 - - [27/Nov/2026:10:00:00 +0000] \"GET /v1/orders/7 HTTP/1.1\" 200 15 \"-\" \"curl/8\"\n"
        )
    };
    stage.write("access.log", &(line("shop.example:443") + &line("backend.internal:80")));
    let logs = stage.palisade(&["discover", "logs", "access.log", "--spec", "spec.yaml"]);
    assert_eq!(logs.status.code(), Some(0), "{logs:?}");
    let listed = stage.palisade(&["inventory", "gaps", "--format", "json"]);
    let gaps: Value = serde_json::from_slice(&listed.stdout).unwrap();
    let found = lines(&gaps["gaps"], &["/kind", "/message"]);
    let expected = "unconfigured-host it is called at `backend.internal`, which no config of a gateway names";
    assert!(found.iter().any(|line| line == expected), "{found:#?}");
    let shown = stage.palisade(&["inventory", "show", "orders"]);
    let text = String::from_utf8(shown.stdout).unwrap();
    assert!(
        text.contains("let through: * http://shop.example/v1/orders/** (nobody asks who calls)"),
        "{text}"
    );
}

#[test]
fn owners_of_code_are_proposed_too() {
    let stage = Stage::new();
    std::fs::create_dir(stage.path("src")).unwrap();
    let app =
        "from flask import Flask\napp = Flask(__name__)\n@app.get('/debug')\ndef debug():\n    return ''\n";
    stage.write("src/app.py", app);
    stage.write("CODEOWNERS", "/src/ @shop/all\n/src @shop/code\n");
    git(&stage, "Ada", &["init", "--quiet"]);
    let owner = |name: &str| -> Vec<String> {
        let found = stage.palisade(&["discover", "code", "src"]);
        assert_eq!(found.status.code(), Some(0), "{found:?}");
        let shown = stage.palisade(&["inventory", "show", name, "--format", "json"]);
        let shown: Value = serde_json::from_slice(&shown.stdout).unwrap();
        lines(&shown["api"]["facts"]["owner"]["proposals"], &["/fact/value"])
    };
    assert_eq!(owner("src"), ["@shop/code"]);
    stage.write("src/openapi.yaml", SPEC);
    assert_eq!(owner("orders"), ["@shop/code"]);
}

/// Runs git in the folder of the stage as this author.
fn git(stage: &Stage, author: &str, arguments: &[&str]) {
    let identity =
        ["-c", &format!("user.name={author}"), "-c", "user.email=a@shop.example"].map(str::to_owned);
    let done = std::process::Command::new("git")
        .args(identity)
        .args(arguments)
        .current_dir(stage.path(""))
        .output()
        .unwrap();
    assert!(done.status.success(), "{done:?}");
}

#[test]
fn owners_are_proposed_by_what_the_repository_says() {
    let stage = Stage::new();
    std::fs::create_dir(stage.path("specs")).unwrap();
    stage.write("specs/orders.yaml", SPEC);
    stage.write("ingress.yaml", INGRESS);
    git(&stage, "Ada", &["init", "--quiet"]);
    git(&stage, "Ada", &["add", "."]);
    git(&stage, "Ada", &["commit", "--quiet", "-m", "first"]);
    let owners = |name: &str| -> Vec<String> {
        let arguments = ["ingress.yaml", "--spec", "specs/orders.yaml"];
        assert_eq!(discovered(&stage, &arguments).0, Some(0));
        let shown = stage.palisade(&["inventory", "show", name, "--format", "json"]);
        let shown: Value = serde_json::from_slice(&shown.stdout).unwrap();
        let owner = &shown["api"]["facts"]["owner"];
        assert_eq!(owner["confirmed"], false, "{shown}");
        lines(&owner["proposals"], &["/fact/value", "/place/file"])
    };
    assert_eq!(owners("orders"), ["Ada null"]);
    stage.write("CODEOWNERS", "* @shop/all\n/specs/ @shop/api\n");
    assert_eq!(owners("orders"), ["@shop/api CODEOWNERS", "Ada null"]);
    stage.write(
        "catalog-info.yaml",
        "kind: API\nmetadata: { name: o, description: What customers order. }\n\
         spec: { owner: group:tea, lifecycle: production, definition: { $text: ./specs/orders.yaml } }\n\
         ---\nkind: API\nmetadata: { name: ledger }\nspec: { owner: books }\n",
    );
    assert_eq!(owners("orders"), ["tea catalog-info.yaml", "@shop/api CODEOWNERS", "Ada null"]);
    assert_eq!(owners("ledger"), ["books catalog-info.yaml"]);
    // Another command that reads the specification again takes nothing away.
    let lines = "x - - [27/Nov/2026:10:00:00 +0000] \"GET /v1/reports HTTP/1.1\" 200 15 \"-\" \"curl/8\"\n";
    stage.write("access.log", lines);
    let logs = stage.palisade(&["discover", "logs", "access.log", "--spec", "specs/orders.yaml"]);
    assert_eq!(logs.status.code(), Some(0), "{logs:?}");
    assert_eq!(owners("orders").first().map(String::as_str), Some("tea catalog-info.yaml"));
}

#[test]
fn secrets_in_files_are_found_and_never_printed() {
    let stage = Stage::new();
    for folder in ["src", "tests", "node_modules"] {
        std::fs::create_dir(stage.path(folder)).unwrap();
    }
    let key = ["AKIA", "Q7RT2ZP9LK4XV8NM"].concat();
    let password = "h7Kq92xLm4vT";
    stage.write("src/app.py", &format!("import os\nKEY = \"{key}\"\nDB_PASSWORD = \"{password}\"\n"));
    stage.write("tests/app.py", &format!("DB_PASSWORD = \"{password}\"\n"));
    stage.write("node_modules/a.js", &format!("password = \"{password}\"\n"));
    stage.write(".env", "API_KEY=${API_KEY}\n");
    let run = |arguments: &[&str]| {
        let output = stage.palisade(&[&["discover", "secrets"], arguments].concat());
        let text = String::from_utf8([output.stdout.clone(), output.stderr].concat()).unwrap();
        assert!(!text.contains(&key) && !text.contains(password), "{text}");
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };
    let (code, text) = run(&[".", "--fail-on", "secret", "--format", "json"]);
    let document: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(code, Some(1));
    assert_eq!(
        lines(&document["secrets"], &["/class", "/name", "/in_test", "/file", "/line", "/column", "/masked"]),
        [
            "cloud-key KEY false src/app.py 2 8 AKIA… (20 characters)",
            "assigned-secret DB_PASSWORD false src/app.py 3 16 … (12 characters)",
            "assigned-secret DB_PASSWORD true tests/app.py 1 16 … (12 characters)",
        ]
    );
    assert_eq!(document["placeholders"], 0);
    let (code, text) = run(&["src"]);
    assert_eq!(code, Some(0));
    assert!(text.contains("2 secrets, 0 in tests and examples"), "{text}");
    assert_eq!(run(&["tests", "--fail-on", "secret"]).0, Some(0));
    assert_eq!(run(&["gone"]).0, Some(3));
}

#[test]
fn what_noir_found_is_held_against_what_is_declared() {
    let stage = Stage::new();
    stage.write("spec.yaml", SPEC);
    stage.write(
        "noir.json",
        r#"{"endpoints":[{"url":"/v1/orders/:id","method":"GET","details":{"code_paths":[{"path":"./a.cr","line":8}]}},
           {"url":"/debug","method":"GET"}]}"#,
    );
    let arguments =
        ["discover", "code", "noir.json", "--spec", "spec.yaml", "--fail-on", "shadow", "--format", "json"];
    let output = stage.palisade(&arguments);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    let found = lines(
        &document["operations"],
        &["/status", "/method", "/path", "/sources/0/file", "/sources/0/line"],
    );
    assert_eq!(found[0], "shadow GET /debug noir.json 2");
    assert!(found.contains(&"declared GET /v1/orders/{id} a.cr 8".to_owned()), "{found:?}");
}

#[test]
fn what_cannot_be_used_is_said() {
    let stage = Stage::new();
    std::fs::create_dir(stage.path("empty")).unwrap();
    stage.write("empty/a.yaml", "kind: Deployment\n");
    let (code, document, said) = discovered(&stage, &["empty"]);
    assert_eq!((code, document), (Some(3), Value::Null));
    assert!(said.contains("no file is a config of a known gateway"), "{said}");
    let (code, _, said) = discovered(&stage, &["missing.yaml"]);
    assert_eq!(code, Some(3));
    assert!(said.contains("`missing.yaml` cannot be read"), "{said}");
}
