//! Documents that a specification refers to on the network: fetched from hosts that the config allows, and from no other.

use serde_json::json;

use crate::issuer::Provider;
use crate::stage::{SPEC, Stage};

/// A specification whose one schema is on `provider`, and which leads on to another there.
fn spec(provider: &Provider) -> String {
    let schema = "schema:\n              type: object\n";
    assert!(SPEC.contains(schema));
    SPEC.replace(
        &SPEC[SPEC.find(schema).unwrap()..SPEC.find("      responses: { \"201\"").unwrap()],
        &format!("schema: {{ $ref: '{}/shared/order.yaml#/Order' }}\n", provider.url),
    )
}

fn stage(provider: &Provider, hosts: &[&str]) -> Stage {
    let mut stage = Stage::new();
    stage.write("openapi.yaml", &spec(provider));
    stage.config["apis"][0]["reference-hosts"] = json!(hosts);
    stage.write_config();
    stage
}

fn host(provider: &Provider) -> &str {
    provider.url.strip_prefix("http://").unwrap()
}

/// What `check` prints where it ends with 2.
fn refused(stage: &Stage) -> String {
    let output = stage.palisade(&["check", "-c", "palisade.yaml"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(2), "{text}");
    let line = 1 + spec_line(stage);
    assert!(text.contains(&format!("openapi.yaml:{line}:")), "it says where: {text}");
    text
}

fn spec_line(stage: &Stage) -> usize {
    let text = std::fs::read_to_string(stage.path("openapi.yaml")).unwrap();
    text.lines().position(|line| line.contains("order.yaml")).unwrap()
}

#[test]
fn an_allowed_host_is_asked_and_what_it_says_is_enforced() {
    let provider = Provider::start();
    provider
        .serve("/shared/order.yaml", "Order:\n  type: object\n  properties: { item: { $ref: item.json } }\n");
    provider.serve("/shared/item.json", "{ \"type\": \"string\", \"maxLength\": 3 }");
    let stage = stage(&provider, &[host(&provider)]);
    let mut gateway = stage.start();
    assert_eq!(provider.fetches(), ["/shared/order.yaml", "/shared/item.json"]);
    let bearer = stage.issuer.bearer("orders:write");
    let post = |item: &str| {
        let body = json!({ "item": item }).to_string();
        let request = format!(
            "POST /orders HTTP/1.1\r\nHost: a\r\nAuthorization: {bearer}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        gateway.ask(request.as_bytes()).status
    };
    assert_eq!(post("tea"), 200);
    assert_eq!(post("coffee"), 400);

    // Loading again asks again, and a host that is down changes nothing.
    provider.serve("/shared/item.json", "{ \"type\": \"string\", \"maxLength\": 6 }");
    gateway.signal(crate::gateway::Signal::HUP);
    gateway.wait_for("reloaded");
    provider.go_down();
    gateway.signal(crate::gateway::Signal::HUP);
    gateway.wait_for("the host answered 503");
    gateway.wait_for("nothing was changed");
    let request = gateway.page("/healthz");
    assert_eq!(request.status, 200);
}

#[test]
fn no_host_is_asked_unless_it_is_allowed_by_its_port_too() {
    let provider = Provider::start();
    provider.serve("/shared/order.yaml", "Order: { type: object }\n");
    for hosts in [&[][..], &["localhost"], &["127.0.0.1"], &["127.0.0.1:1"]] {
        let text = refused(&stage(&provider, hosts));
        assert!(text.contains("from which nothing may be fetched"), "{text}");
        assert!(text.contains("`reference-hosts`"), "it says what to do: {text}");
    }
    assert_eq!(provider.fetches(), [""; 0]);
}

#[test]
fn what_cannot_be_fetched_is_said_with_its_reason() {
    let provider = Provider::start();
    let stage = stage(&provider, &[host(&provider)]);
    let text = refused(&stage);
    assert!(text.contains("cannot be read: the host answered 404"), "{text}");

    provider.serve("/shared/order.yaml", &"x".repeat((16 << 20) + 1));
    let text = refused(&stage);
    assert!(text.contains("larger than 16777216 bytes"), "{text}");

    provider.redirect("/shared/order.yaml", "/elsewhere.yaml");
    provider.serve("/elsewhere.yaml", "Order: { type: object }\n");
    let text = refused(&stage);
    assert!(text.contains("the host answered 302"), "{text}");
    assert!(!provider.fetches().contains(&"/elsewhere.yaml".to_owned()));

    provider.serve("/shared/order.yaml", "Order: [\n");
    let output = stage.palisade(&["check", "-c", "palisade.yaml"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert!(text.contains(&format!("{}/shared/order.yaml:", provider.url)), "{text}");
}
