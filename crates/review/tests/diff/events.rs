//! Documents of AsyncAPI: those that say the same differ in nothing, and what is planted is found.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::{Map, Value, json};

use crate::changed::{returned, sent};
use crate::corpus::{diff, library, library_of, lines, of_messages, value};
use crate::random::Random;
use crate::twin;

fn check(path: &Path, what: &str, one: &Value, other: &Value) {
    let (one, other) =
        (library_of("one.json", &one.to_string()), library_of("other.json", &other.to_string()));
    for (old, new) in [(&one, &other), (&other, &one)] {
        let review = diff(old, new);
        assert_eq!(review.judged.documents, 1, "{what}: {}: {:?}", path.display(), review.not_judged);
        let found = lines(&review.findings);
        assert!(found.is_empty(), "{what}: {}: {found:#?}", path.display());
    }
}

/// What `value` refers to in `document`, put in its place, ten levels deep; what refers to itself stays.
fn inlined(value: &Value, document: &Value, depth: usize) -> Value {
    let reference = value.get("$ref").and_then(Value::as_str).and_then(|text| text.strip_prefix('#'));
    if let Some(target) = reference.and_then(|pointer| document.pointer(pointer)).filter(|_| depth < 10) {
        return inlined(target, document, depth + 1);
    }
    match value {
        Value::Object(members) => {
            let below = |(name, value): (&String, &Value)| (name.clone(), inlined(value, document, depth));
            Value::Object(members.iter().map(below).collect())
        }
        Value::Array(items) => items.iter().map(|item| inlined(item, document, depth)).collect(),
        other => other.clone(),
    }
}

/// A document with what is shared put where it is used. Which channel an operation is on stays a reference.
fn in_place(document: &Value) -> Value {
    let mut whole = document.clone();
    let parts = ["servers", "channels", "operations"];
    for key in parts {
        for (name, part) in document[key].as_object().into_iter().flatten() {
            let mut part = match part.get("$ref").and_then(Value::as_str) {
                Some(reference) => document.pointer(&reference[1..]).unwrap().clone(),
                None => part.clone(),
            };
            for (member, value) in part.as_object_mut().unwrap() {
                let is_link = ["channel", "messages", "reply", "servers"].contains(&member.as_str());
                if key != "operations" && member != "servers" || !is_link {
                    *value = inlined(value, document, 0);
                }
            }
            whole[key][name] = part;
        }
    }
    whole
}

/// A document of 3.x in the words of 2.6; nothing for what those have no words for.
fn in_2(document: &Value) -> Option<Value> {
    let text = document.to_string();
    if text.contains("\"reply\"") || text.contains("\"address\":null") {
        return None;
    }
    let whole = inlined(document, document, 0);
    let mut old = json!({ "asyncapi": "2.6.0", "info": document["info"], "channels": {}, "servers": {} });
    if let Some(media) = document.get("defaultContentType") {
        old["defaultContentType"] = media.clone();
    }
    let mut schemes = Map::new();
    for (name, server) in whole["servers"].as_object().into_iter().flatten() {
        let mut server = server.clone();
        let (host, path) =
            (server["host"].as_str().unwrap(), server["pathname"].as_str().unwrap_or_default());
        server["url"] = json!(format!("{host}{path}"));
        server.as_object_mut().unwrap().retain(|key, _| key != "host" && key != "pathname");
        security_in_2(&mut server, &mut schemes);
        old["servers"][name] = server;
    }
    for (name, channel) in whole["channels"].as_object().into_iter().flatten() {
        let address = channel["address"].as_str().unwrap_or(name);
        let mut second = json!({});
        second["bindings"] = channel["bindings"].clone();
        for (name, parameter) in channel["parameters"].as_object().into_iter().flatten() {
            let mut schema = json!({ "type": "string" });
            if let Some(values) = parameter.get("enum") {
                schema["enum"] = values.clone();
            }
            second["parameters"][name] = json!({ "schema": schema });
        }
        for (own, operation) in document["operations"].as_object().into_iter().flatten() {
            if operation["channel"]["$ref"] != json!(format!("#/channels/{}", name.replace('/', "~1"))) {
                continue;
            }
            let operation = &whole["operations"][own];
            let messages: Vec<Value> = match operation.get("messages").and_then(Value::as_array) {
                Some(messages) => messages.clone(),
                None => channel["messages"]
                    .as_object()
                    .into_iter()
                    .flatten()
                    .map(|(_, one)| one.clone())
                    .collect(),
            };
            let messages: Vec<Value> = messages.into_iter().map(message_in_2).collect();
            let mut second_operation = json!({ "message": { "oneOf": messages } });
            second_operation["security"] = operation["security"].clone();
            security_in_2(&mut second_operation, &mut schemes);
            let action = if operation["action"] == "send" { "subscribe" } else { "publish" };
            if second.get(action).is_some() {
                return None;
            }
            second[action] = second_operation;
        }
        old["channels"][address] = second;
    }
    old["components"]["securitySchemes"] = Value::Object(schemes);
    Some(old)
}

/// Since 3.0 a schema may stand beside the name of its language.
fn message_in_2(mut message: Value) -> Value {
    for key in ["payload", "headers"] {
        if let Some(schema) = message.get(key).and_then(|described| described.get("schema")).cloned() {
            let language = message[key]["schemaFormat"].clone();
            message[key] = schema;
            if key == "payload" {
                message["schemaFormat"] = language;
            }
        }
    }
    message
}

fn security_in_2(holder: &mut Value, schemes: &mut Map<String, Value>) {
    let Some(listed) = holder.get("security").and_then(Value::as_array).cloned() else {
        holder.as_object_mut().unwrap().remove("security");
        return;
    };
    let mut alternatives = Vec::new();
    for scheme in listed {
        let name = format!("s{}", schemes.len());
        let scopes = scheme.get("scopes").cloned().unwrap_or(json!([]));
        alternatives.push(json!({ name.clone(): scopes }));
        schemes.insert(name, scheme);
    }
    holder["security"] = json!(alternatives);
}

#[test]
fn documents_that_say_the_same_differ_in_nothing() {
    let mut in_words_of_2 = 0;
    for path in of_messages() {
        let found = diff(&library(&path), &library(&path)).findings;
        assert!(found.is_empty(), "{}: {:#?}", path.display(), lines(&found));
        let document = value(&path);
        let (yaml, json) = (library(&path), library_of("a.json", &document.to_string()));
        for (old, new) in [(&yaml, &json), (&json, &yaml)] {
            let found = diff(old, new).findings;
            assert!(found.is_empty(), "{}: {:#?}", path.display(), lines(&found));
        }
        let mut random = Random(path.as_os_str().len() as u64);
        check(&path, "shuffled", &document, &twin::shuffled(&document, &mut random));
        check(&path, "in place", &document, &in_place(&document));
        if let Some(second) = in_2(&document) {
            check(&path, "in 2.6", &document, &second);
            check(&path, "in 2.6 itself", &second, &second);
            in_words_of_2 += 1;
        }
    }
    println!("{in_words_of_2} documents in the words of 2.6");
}

/// Two versions of a document with one message, in 3.x, or in 2.x.
fn with(action: &str, payload: &Value) -> [Value; 2] {
    let message = json!({ "payload": { "type": "object", "properties": { "zz": payload } } });
    let third = json!({
        "asyncapi": "3.0.0", "info": { "title": "t", "version": "1" },
        "channels": { "c": { "address": "c", "messages": { "m": message } } },
        "operations": { "o": { "action": action, "channel": { "$ref": "#/channels/c" } } },
    });
    let key = if action == "send" { "subscribe" } else { "publish" };
    let second = json!({
        "asyncapi": "2.6.0", "info": { "title": "t", "version": "1" },
        "channels": { "c": { key: { "message": message } } },
    });
    [third, second]
}

/// What is found where a schema becomes another is found of messages too, received ones as bodies and sent ones as answers.
#[test]
fn what_is_planted_into_messages_is_found() {
    for (action, planted) in [("receive", sent()), ("send", returned())] {
        for planted in planted {
            for old in with(action, &planted.old) {
                for new in with(action, &planted.new) {
                    let (old, new) =
                        (library_of("old.json", &old.to_string()), library_of("new.json", &new.to_string()));
                    let found = diff(&old, &new).findings;
                    let kinds: BTreeSet<&str> = found.iter().map(|finding| finding.rule).collect();
                    let expected: BTreeSet<&str> = planted.kinds.iter().copied().collect();
                    assert_eq!(
                        kinds,
                        expected,
                        "{action} {} {}: {:#?}",
                        planted.old,
                        planted.new,
                        lines(&found)
                    );
                }
            }
        }
    }
}

/// `rules` are found from `old` to `new`, and nothing else.
fn finds(old: &str, new: &str, rules: &[&str]) {
    let head = "asyncapi: 3.0.0\ninfo: { title: t, version: '1' }\n";
    let library = |text: &str| {
        let head = if text.trim_start().starts_with("asyncapi") { "" } else { head };
        library_of("a.yaml", &format!("{head}{}", text.trim_start()))
    };
    let found = diff(&library(old), &library(new)).findings;
    let kinds: Vec<&str> = found.iter().map(|finding| finding.rule).collect();
    assert_eq!(kinds, rules, "{:#?}", lines(&found));
}

#[test]
fn a_requirement_that_moves_between_server_and_operation_is_no_change() {
    let server = "
servers: { a: { host: a.example, protocol: kafka, security: [{ type: X509 }] } }
channels: { c: { address: c } }
operations: { o: { action: receive, channel: { $ref: '#/channels/c' } } }
";
    let operation = "
servers: { a: { host: a.example, protocol: kafka-secure } }
channels: { c: { address: c } }
operations: { o: { action: receive, channel: { $ref: '#/channels/c' }, security: [{ type: X509 }] } }
";
    finds(server, operation, &[]);
    finds(operation, server, &[]);
    let both = operation.replace("kafka-secure }", "kafka-secure, security: [{ type: scramSha256 }] }");
    finds(&both, operation, &["dropped-requirement"]);
    finds(&both, server, &["dropped-requirement", "dropped-requirement"]);
    finds(
        &both,
        &both.replace("scramSha256", "plain"),
        &["stricter-authentication", "weaker-authentication"],
    );
    finds(&both, &both.replace(", security: [{ type: X509 }]", ""), &["dropped-requirement"]);
}

#[test]
fn messages_are_compared_with_what_goes_the_same_way_on_their_channel() {
    let one = "
channels: { c: { address: c, messages: { a: { payload: { const: a } }, b: { payload: { const: b } } } } }
operations: { o: { action: receive, channel: { $ref: '#/channels/c' } } }
";
    let two = "
channels: { c: { address: c, messages: { a: { payload: { const: a } }, b: { payload: { const: b } } } } }
operations:
  p: { action: receive, channel: { $ref: '#/channels/c' }, messages: [{ $ref: '#/channels/c/messages/b' }] }
  q: { action: receive, channel: { $ref: '#/channels/c' }, messages: [{ $ref: '#/channels/c/messages/a' }] }
";
    finds(one, two, &[]);
    finds(two, one, &[]);
    finds(
        two,
        &two.replace("  q: {", "  q: { x-y: 1, ").replace("messages/a'", "messages/b'"),
        &["removed-message"],
    );
    finds(
        one,
        &two.replace("messages/a' }] }", "messages/a' }], security: [{ type: plain }] }"),
        &["stricter-authentication"],
    );
}

#[test]
fn two_addresses_may_share_a_channel() {
    let shared = "
asyncapi: 2.6.0
info: { title: t, version: '1' }
channels: { a: { $ref: '#/components/channels/C' }, b: { $ref: '#/components/channels/C' } }
components: { channels: { C: { publish: { message: { payload: { type: string } } } } } }
";
    let apart = "
asyncapi: 2.6.0
info: { title: t, version: '1' }
channels:
  a: { publish: { message: { payload: { type: string } } } }
  b: { publish: { message: { payload: { type: string } } } }
";
    finds(shared, apart, &[]);
    finds(apart, shared, &[]);
    finds(shared, &apart.replace("  b: {", "  c: {"), &["removed-channel"]);
}

#[test]
fn headers_and_missing_schemas_are_compared() {
    let of = |message: &str| {
        format!(
            "channels: {{ c: {{ address: c, messages: {{ m: {message} }} }} }}\n\
             operations: {{ o: {{ action: receive, channel: {{ $ref: '#/channels/c' }} }} }}\n"
        )
    };
    let (bare, bound) = (of("{}"), of("{ payload: { type: string, maxLength: 9 } }"));
    finds(&bare, &bound, &["narrower-type", "stricter-bound"]);
    finds(&bound, &bare, &["wider-type"]);
    let headers = of("{ headers: { type: object, required: [key], properties: { key: { type: string } } } }");
    finds(&bare, &headers, &["narrower-type", "required-property"]);
    let by_trait = of(
        "{ traits: [{ headers: { type: object, required: [key], properties: { key: { type: string } } } }] }",
    );
    finds(&headers, &by_trait, &[]);
}

#[test]
fn requests_are_no_version_of_messages() {
    let openapi = library_of("a.yaml", "openapi: 3.1.0\ninfo: { title: t, version: '1' }\npaths: {}");
    let asyncapi = library_of("b.yaml", "asyncapi: 3.0.0\ninfo: { title: t, version: '1' }\nchannels: {}");
    for (old, new, message) in [
        (&openapi, &asyncapi, "a document of AsyncAPI is no version of one of OpenAPI"),
        (&asyncapi, &openapi, "a document of OpenAPI is no version of one of AsyncAPI"),
    ] {
        let review = diff(old, new);
        assert_eq!(review.judged.documents, 0);
        assert_eq!(review.not_judged.iter().map(|said| said.message.as_str()).collect::<Vec<_>>(), [message]);
    }
}
