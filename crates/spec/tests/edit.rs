//! Changes in the text of documents: what is meant, and nothing else.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use serde_json::{Value, json};
use spec::{Change, Document, Edit, Limits, OverlayAction, is_own_text, overlay_text, patched, patches};

fn document(file: &str, text: &str) -> Document {
    Document::parse(file, text, &Limits::default()).0
}

fn edit(document: &Document, pointer: &str, change: Change) -> Edit {
    Edit { node: document.root().pointer(pointer).unwrap().index(), change }
}

fn edited(text: &str, changes: &[(&str, Change)]) -> Option<String> {
    let document = document("a.yaml", text);
    let edits: Vec<Edit> =
        changes.iter().map(|(pointer, change)| edit(&document, pointer, change.clone())).collect();
    patched(text, &patches(&document, &edits).ok()?)
}

fn added(key: &str, value: Value) -> Change {
    Change::Add(key.to_owned(), value)
}

#[track_caller]
fn check(text: &str, changes: &[(&str, Change)], expected: &str) {
    assert_eq!(edited(text, changes).as_deref(), Some(expected));
}

#[test]
fn block_mappings_get_lines() {
    let change = [("/a", added("max", json!(1)))];
    check("a:\n  b: 1 # one\n\n  # of c\nc: 2\n", &change, "a:\n  b: 1 # one\n  max: 1\n\n  # of c\nc: 2\n");
    check("a:\r\n    b: 1\r\n", &change, "a:\r\n    b: 1\r\n    max: 1\r\n");
    check("a:\n  b: 'x\n    y'", &change, "a:\n  b: 'x\n    y'\n  max: 1");
    check("a:\n  b: |\n    x\n    y\n\nc: 1\n", &change, "a:\n  b: |\n    x\n    y\n  max: 1\n\nc: 1\n");
    check("a:\n  b:\nc: 1\n", &change, "a:\n  b:\n  max: 1\nc: 1\n");
    check("a:\n  b: { c: 1 } # d\n", &change, "a:\n  b: { c: 1 } # d\n  max: 1\n");
    check("a:\n  \"b\": 1\n", &change, "a:\n  \"b\": 1\n  \"max\": 1\n");
    check(
        "- x: 1\n  y:\n  - z\n- w: 2\n",
        &[("/0", added("max", json!(1)))],
        "- x: 1\n  y:\n  - z\n  max: 1\n- w: 2\n",
    );
}

#[test]
fn objects_in_braces_get_members() {
    let change = [("/a", added("max", json!(1)))];
    check("a: { b: 1 } # c\n", &change, "a: { b: 1, max: 1 } # c\n");
    check("a: {}\n", &change, "a: { max: 1 }\n");
    check("a: {b: 1,}\n", &change, "a: {b: 1, max: 1}\n");
    check("a: {\n  b: 1 # one\n  }\n", &change, "a: {\n  b: 1, # one\n  max: 1\n  }\n");
    check("{\"a\":{\"b\":1}}", &change, "{\"a\":{\"b\":1,\"max\":1}}");
    check("a: {b: 1, b: 2}\n", &change, "a: {b: 1, max: 1, b: 2}\n");
    check("a: {\n  b: 1, # one\n  # two\n  }\n", &change, "a: {\n  b: 1, # one\n  max: 1\n  # two\n  }\n");
    check("{\"a\":{}}", &change, "{\"a\":{\"max\": 1}}");
    check(
        "{\n  \"a\": {\n    \"b\": 1\n  }\n}\n",
        &change,
        "{\n  \"a\": {\n    \"b\": 1,\n    \"max\": 1\n  }\n}\n",
    );
    check(
        "{\n  \"a\": {\n    \"b\": 1\n  }\n}\n",
        &[("/a", added("c", json!({ "d": { "e": 1 } })))],
        "{\n  \"a\": {\n    \"b\": 1,\n    \"c\": {\n      \"d\": { \"e\": 1 }\n    }\n  }\n}\n",
    );
}

#[test]
fn scalars_keep_their_quotes() {
    let https = |pointer| [(pointer, Change::Replace(json!("https://a.example")))];
    check("u: http://a.example # x\n", &https("/u"), "u: https://a.example # x\n");
    check("u: 'http://a.example'\n", &https("/u"), "u: 'https://a.example'\n");
    check("[\"http://a.example\"]", &https("/0"), "[\"https://a.example\"]");
    check("{\"u\": true}", &[("/u", Change::Replace(json!(false)))], "{\"u\": false}");
    check("u: {} # x\n", &[("/u", Change::Replace(json!(false)))], "u: false # x\n");
}

#[test]
fn members_are_merged_and_the_innermost_comes_first() {
    check(
        "a:\n  b: 1",
        &[
            ("/a", added("c", json!({ "d": 1 }))),
            ("/a", added("c", json!({ "e": 2 }))),
            ("/a", added("c", json!({ "d": 3 }))),
            ("", added("f", json!({ "'401'": { "x": "#/y" } }))),
        ],
        "a:\n  b: 1\n  c: { d: 1, e: 2 }\nf:\n  '''401''': { x: '#/y' }",
    );
}

#[test]
fn what_an_alias_repeats_is_left_alone() {
    let text = "a: &x\n  b: 1\nc: *x\nd:\n  <<: *x\n  e: 1\n";
    assert_eq!(edited(text, &[("/c", added("max", json!(1)))]), None);
    assert_eq!(edited(text, &[("/a", added("max", json!(1)))]), None, "it would change `c` too");
    check(text, &[("/d", added("max", json!(1)))], "a: &x\n  b: 1\nc: *x\nd:\n  <<: *x\n  e: 1\n  max: 1\n");
    let document = document("a.yaml", text);
    let is_own = |pointer| is_own_text(&document, document.root().pointer(pointer).unwrap());
    assert!(is_own("/a/b") && is_own("/d/e") && !is_own("/c") && !is_own("/c/b"));
}

#[test]
fn an_overlay_says_the_same_as_the_patches() {
    let text = "servers: [http]\npaths:\n  /a b's:\n    get: { x-y: { z: {} } }\n";
    let document = document("api/a.yaml", text);
    let edits = [
        edit(&document, "/servers/0", Change::Replace(json!("https"))),
        edit(&document, "/paths/~1a b's/get/x-y", added("401", json!({ "$ref": "#/r" }))),
        edit(&document, "/paths/~1a b's/get/x-y/z", Change::Replace(json!(false))),
    ];
    let actions: Vec<OverlayAction<'_>> =
        edits.iter().map(|edit| OverlayAction { edit, description: "why: `x`".to_owned() }).collect();
    let overlay = overlay_text(&document, "Fixes of A", &actions);
    assert!(overlay.contains("extends: a.yaml\n"), "{overlay}");
    assert!(overlay.contains("- target: \"$.paths['/a b\\\\'s'].get['x-y']\"\n"), "{overlay}");
    let (overlay, problems) = Document::parse("o.yaml", overlay.as_str(), &Limits::default());
    assert_eq!(problems, []);
    let changed = patched(text, &patches(&document, &edits).unwrap()).unwrap();
    let (laid, problems) = spec::overlay(document, &overlay);
    assert_eq!(problems, []);
    assert_eq!(laid.root().to_value(), self::document("a.yaml", &changed).root().to_value());
}

/// What is meant by one edit; nothing where what it is about is gone, or no object.
fn meant(mut root: Value, pointer: &str, change: &Change) -> Option<Value> {
    let at = root.pointer_mut(pointer)?;
    match change {
        Change::Replace(value) => *at = value.clone(),
        Change::Add(key, value) => lacking(at.as_object_mut()?, key, value),
    }
    Some(root)
}

fn lacking(members: &mut serde_json::Map<String, Value>, key: &str, value: &Value) {
    let known = members.entry(key).or_insert_with(|| value.clone());
    if let (Some(known), Some(more)) = (known.as_object_mut(), value.as_object()) {
        more.iter().for_each(|(key, value)| lacking(known, key, value));
    }
}

/// The seeds of the fuzzer, whole and with pieces cut out of the document, by each of its edits and by all of them.
#[test]
fn what_is_written_says_what_was_meant_however_broken_the_document() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/seeds/edit");
    let mut written = 0;
    for seed in std::fs::read_dir(folder).unwrap() {
        let seed = std::fs::read_to_string(seed.unwrap().path()).unwrap();
        let (text, lines) = seed.split_once("\n======\n").unwrap();
        let changes: Vec<(&str, Change)> = lines
            .lines()
            .map(|line| {
                let [pointer, key, text] = line.split('\t').collect::<Vec<_>>()[..] else { panic!("{line}") };
                let value = serde_json::from_str(text).unwrap_or_else(|_| Value::from(text));
                let added = !key.is_empty();
                (pointer, if added { self::added(key, value) } else { Change::Replace(value) })
            })
            .collect();
        let each = changes.chunks(1).chain([&changes[..]]);
        for (changes, at, length) in each.flat_map(|changes| {
            (0..text.len()).flat_map(move |at| [0, 1, 9].map(|length| (changes, at, length)))
        }) {
            let (Some(before), after) = (text.get(..at), text.get(at + length..)) else { continue };
            let text = format!("{before}{}", after.unwrap_or_default());
            let document = document("a.yaml", &text);
            let is_there = |(pointer, _): &&(&str, Change)| document.root().pointer(pointer).is_some();
            let changes: Vec<(&str, Change)> = changes.iter().filter(is_there).cloned().collect();
            let Some(edited) = edited(&text, &changes) else { continue };
            let expected = changes
                .iter()
                .try_fold(document.root().to_value(), |root, (pointer, change)| meant(root, pointer, change));
            assert_eq!(Some(self::document("a.yaml", &edited).root().to_value()), expected, "{text}");
            written += usize::from(edited != text);
        }
    }
    assert!(written > 1000, "{written}");
}
