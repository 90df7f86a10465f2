//! What the inventory tells: facts and risk, gaps, and what other tools read.

use serde_json::{Value, json};

use super::{SPEC, line, lines, noted, run, said};
use crate::stage::Stage;

/// An inventory of one API with most that can be wrong.
fn taken() -> Stage {
    let stage = Stage::new();
    let mut log = lines(1);
    log.push_str(&line(2, "/v1/orders/7?debug=1"));
    log.push_str(&line(3, "/v1/orders/7").replace("GET", "PATCH"));
    stage.write("access.log", &log);
    stage.write("spec.yaml", SPEC);
    said(&stage, &["discover", "logs", "access.log", "--spec", "spec.yaml"]);
    stage
}

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn an_api_is_shown_with_what_is_proposed_what_is_missing_and_every_point_of_its_risk() {
    let stage = taken();
    let text = said(&stage, &["inventory", "show", "orders"]);
    let row = |name: &str| text.lines().find(|line| line.starts_with(name)).unwrap().to_owned();
    assert!(row("owner").contains("team tea?") && row("owner").contains("proposed by spec.yaml:7"), "{text}");
    assert!(row("purpose").contains("Orders of tea, from the cart to the door.?"), "{text}");
    assert!(row("visibility").contains("nobody says"), "{text}");
    assert!(
        text.contains("\n34 requests of at least 1 addresses, 2026-11-27T10:01 to 2026-11-27T10:03\n"),
        "{text}"
    );
    let shown = parsed(&said(&stage, &["inventory", "show", "orders", "--format", "json"]));
    let risk = &shown["api"]["risk"];
    let parts = risk["parts"].as_array().unwrap();
    let sum: u64 = parts.iter().map(|part| part["points"].as_u64().unwrap()).sum();
    assert_eq!(risk["points"].as_u64(), Some(sum));
    assert!(text.contains(&format!("Risk: {sum} of 100")), "{text}");
    let reasons: Vec<&str> = parts.iter().map(|part| part["reason"].as_str().unwrap()).collect();
    assert!(
        reasons.contains(&"shadow: 1 at 8 each") && reasons.contains(&"zombie: 1 at 6 each"),
        "{reasons:?}"
    );

    said(
        &stage,
        &["inventory", "set", "orders", "owner=tea", "visibility=internal", "lifecycle=active", "data=none"],
    );
    let after = parsed(&said(&stage, &["inventory", "show", "orders", "--format", "json"]));
    assert!(after["api"]["risk"]["points"].as_u64() < Some(sum));
    assert_eq!(after["api"]["facts"]["owner"], json!({ "value": "tea", "confirmed": true }));
    let all = said(&stage, &["inventory", "show"]);
    assert!(all.lines().any(|line| line.starts_with("orders ") && line.ends_with("tea")), "{all}");
    assert_eq!(run(&stage, &["inventory", "show", "order"]).status.code(), Some(2));
}

#[test]
fn gaps_are_listed_with_why_and_what_to_do_and_can_fail_a_build() {
    let stage = taken();
    let gaps = parsed(&said(&stage, &["inventory", "gaps", "--format", "json"]));
    let told: Vec<String> = gaps["gaps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|gap| format!("{}: {}", gap["kind"].as_str().unwrap(), gap["message"].as_str().unwrap()))
        .collect();
    assert_eq!(
        told,
        [
            "missing-fact: nobody says of it: visibility",
            "missing-fact: nobody says of it: lifecycle",
            "missing-fact: nobody says of it: authentication",
            "missing-fact: nobody says of it: data",
            "orphan: `DELETE /v1/orders/{id}` is declared, and was never called",
            "shadow: `GET /v1/debug` is called and not declared",
            "undeclared-method: `PATCH /v1/orders/{id}` is there, and the specification declares other methods of its path alone",
            "undeclared-parameter: `GET /v1/orders/{id}` is called with `debug`, which it does not declare",
            "zombie: `GET /v1/reports` is deprecated or retired, and was called 1 times, last 2026-11-27T10:01:00.000000Z",
        ]
    );
    assert_eq!(gaps["gaps"][5]["file"], "access.log");
    let text = said(&stage, &["inventory", "gaps", "--kind", "shadow"]);
    assert!(
        text.contains("access.log:32") && text.contains("declare it, or take it out of service"),
        "{text}"
    );
    assert_eq!(run(&stage, &["inventory", "gaps", "--kind", "shadow", "--fail-on"]).status.code(), Some(1));
    assert_eq!(
        run(&stage, &["inventory", "gaps", "--kind", "weak-twin", "--fail-on"]).status.code(),
        Some(0)
    );
    let unknown = run(&stage, &["inventory", "gaps", "--kind", "shadows"]);
    assert_eq!(unknown.status.code(), Some(2));
    assert!(noted(&unknown).contains("there is no kind of gap `shadows`"), "{unknown:?}");
    assert!(said(&stage, &["inventory", "gaps", "--list"]).contains("open-in-practice"));
}

#[test]
fn other_tools_read_what_is_exported() {
    let stage = taken();
    said(&stage, &["inventory", "set", "orders", "data=payment", "visibility=public", "owner=Team Tea"]);
    said(&stage, &["inventory", "export", "openapi", "--api", "orders", "--output", "all.json"]);
    let checked = stage.palisade(&["check", "--spec", "all.json", "--upstream", "http://127.0.0.1:9"]);
    assert!(checked.status.success(), "{checked:?}");
    let clean = run(
        &stage,
        &["discover", "logs", "access.log", "--spec", "all.json", "--dry-run", "--fail-on", "shadow"],
    );
    assert_eq!(clean.status.code(), Some(0), "{clean:?}");

    let bom = parsed(&said(&stage, &["inventory", "export", "cyclonedx"]));
    assert_eq!((&bom["bomFormat"], &bom["specVersion"]), (&json!("CycloneDX"), &json!("1.6")));
    let service = &bom["services"][0];
    assert_eq!(service["provider"], json!({ "name": "Team Tea" }));
    assert_eq!(service["data"], json!([{ "flow": "unknown", "classification": "payment" }]));
    assert_eq!(service["endpoints"][1], "https://shop.example/v1/orders/%7Bid%7D");

    let entity = said(&stage, &["inventory", "export", "backstage"]);
    for line in [
        "apiVersion: \"backstage.io/v1alpha1\"",
        "kind: \"API\"",
        "  name: \"orders\"",
        "  owner: \"team-tea\"",
        "    palisade/unconfirmed: \"purpose\"",
    ] {
        assert!(entity.lines().any(|known| known == line), "{line}: {entity}");
    }
    assert!(said(&stage, &["inventory", "export", "csv"]).contains("orders,"));
    assert_eq!(run(&stage, &["inventory", "export", "csv", "--api", "none"]).status.code(), Some(2));
}
