//! Documents: positions, limits, and what stays of broken ones.

use std::path::{Path, PathBuf};

use model::{Problem, Severity};
use proptest::prelude::{Just, ProptestConfig, Strategy, any, prop, prop_oneof, proptest};
use serde_json::{Value, json};

use super::{Document, Limits};
use crate::tree::Kind;

const CORPUS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/corpus");

fn parse(file: &str, text: &str) -> (Document, Vec<String>) {
    let (document, problems) = Document::parse(file, text, &Limits::default());
    for problem in &problems {
        assert_inside(problem, document.source());
    }
    (document, problems.iter().map(Problem::to_string).collect())
}

fn assert_inside(problem: &Problem, source: &str) {
    let position = problem.position.as_ref().expect("every problem of a document has a place");
    assert!(position.span.0 <= position.span.1 && position.span.1 <= source.len(), "{problem:?}");
    let lines = source.split('\n').count();
    assert!((1..=lines).contains(&position.line), "{problem:?}");
    let line = source.split('\n').nth(position.line - 1).unwrap();
    assert!((1..=line.chars().count() + 1).contains(&position.column), "{problem:?}");
}

#[track_caller]
fn check(file: &str, text: &str, expected: &Value, problems: &[&str]) {
    let (document, found) = parse(file, text);
    assert_eq!(document.root().to_value(), *expected, "{text}\n{found:?}");
    assert_eq!(found, problems, "{text}");
}

fn yaml(text: &str, expected: &Value, problems: &[&str]) {
    check("a.yaml", text, expected, problems);
}

#[test]
fn yaml_scalars_keys_and_collections_become_json() {
    yaml(
        "a: 1\nb: [x, 'y', \"z\\n\"]\nc:\n  - d: ~\n  -\n",
        &json!({"a": 1, "b": ["x", "y", "z\n"], "c": [{"d": null}, null]}),
        &[],
    );
    yaml(
        "200: ok\n3.0: v\ntrue: t\n~: n\n? q\n: r\n",
        &json!({"200": "ok", "3.0": "v", "true": "t", "~": "n", "q": "r"}),
        &[],
    );
    yaml(
        "a: yes\nb: on\nc: 0x10\nd: !!str 5\ne: !!int '7'\n",
        &json!({"a": "yes", "b": "on", "c": 16, "d": "5", "e": 7}),
        &[],
    );
    yaml("a: |\n  one\n  two\nb: >-\n  one\n  two\n", &json!({"a": "one\ntwo\n", "b": "one two"}), &[]);
}

#[test]
fn yaml_aliases_and_merge_keys_are_expanded() {
    yaml("a: &x {k: 1}\nb: *x\nc: [*x]\n", &json!({"a": {"k": 1}, "b": {"k": 1}, "c": [{"k": 1}]}), &[]);
    yaml(
        "base: &b {a: 1, b: 2}\nmore: &m {b: 3, c: 4}\none:\n  <<: *b\n  a: 9\ntwo:\n  <<: [*b, *m]\n",
        &json!({"base": {"a": 1, "b": 2}, "more": {"b": 3, "c": 4}, "one": {"a": 9, "b": 2}, "two": {"a": 1, "b": 2, "c": 4}}),
        &[],
    );
    yaml("a: {'<<': {b: 1}}", &json!({"a": {"<<": {"b": 1}}}), &[]);
    yaml("a: &k key\n*k : 1\n", &json!({"a": "key", "key": 1}), &[]);
}

#[test]
fn what_yaml_has_and_json_has_not_is_said() {
    yaml(
        "a: 1\nb: 2\na: 3\n",
        &json!({"a": 1, "b": 2}),
        &["a.yaml:3:1: key that the mapping already has (help: only the first is used; remove one of them)"],
    );
    yaml("a: *x\n", &json!({"a": null}), &["a.yaml:1:4: alias `*x` names no anchor before it"]);
    yaml("a: &x [*x]\n", &json!({"a": [null]}), &["a.yaml:1:8: alias of a node that contains it"]);
    yaml(
        "[a, b]: 1\nc: 2\n",
        &json!({"c": 2}),
        &["a.yaml:1:1: a key that is a list or a mapping has no meaning in JSON"],
    );
    yaml("a: .inf\n", &json!({"a": ".inf"}), &["a.yaml:1:4: `.inf` is no number in JSON; taken as a string"]);
    yaml("a: 1\n---\nb: 2\n", &json!({"a": 1}), &["a.yaml:2:1: only the first document of a file is used"]);
    yaml("a: !thing 1\n", &json!({"a": 1}), &["a.yaml:1:11: tag `!thing` is ignored"]);
    yaml("a:\n  <<: 5\n", &json!({"a": {}}), &["a.yaml:2:7: `<<` merges a mapping or a list of mappings"]);
    yaml("", &json!(null), &["a.yaml:1:1: the file is empty"]);
}

#[test]
fn what_comes_before_a_fault_is_kept() {
    let (document, problems) = parse("a.yaml", "info:\n  title: T\npaths:\n  /a: [1, 2\n  /b: 3\n");
    assert_eq!(document.root().pointer("/info/title").unwrap().as_str(), Some("T"));
    assert_eq!(problems.len(), 1, "{problems:?}");

    let j = |text: &str, expected: Value, problems: &[&str]| check("a.json", text, &expected, problems);
    j(
        r#"{"a": 1, "b": [1, 2"#,
        json!({"a": 1, "b": [1, 2]}),
        &["a.json:1:20: the text ends too early (help: the file may be cut off; what comes before is used)"],
    );
    j(
        "{\"a\": 1\n \"b\": 2}",
        json!({"a": 1, "b": 2}),
        &["a.json:2:2: expected `,` or the end of the array or object"],
    );
    j(
        r#"{"a": [1, 2,], }"#,
        json!({"a": [1, 2]}),
        &[
            "a.json:1:13: `,` before the end of the array or object",
            "a.json:1:16: `,` before the end of the array or object",
        ],
    );
    j(r#"{"a": , "b": 1}"#, json!({"b": 1}), &["a.json:1:7: expected a value"]);
    j(
        r#"{"a": 01, b: tru}"#,
        json!({"a": "01", "b": "tru"}),
        &[
            "a.json:1:7: not a number as JSON writes it",
            "a.json:1:11: expected a member name in double quotes",
            "a.json:1:14: expected a value",
        ],
    );
    j(
        r#"{"a": [1, {"b": 2], "c": 3}"#,
        json!({"a": [1, {"b": 2}], "c": 3}),
        &["a.json:1:18: expected `,` or the end of the array or object"],
    );
    j(
        r#"{"a": 1, "a": 2}"#,
        json!({"a": 1}),
        &[
            "a.json:1:10: member name that the object already has (help: only the first is used; remove one of them)",
        ],
    );
    j(
        "{\"a\": \"x\n, \"b\": \"\\q\\ud800\"} x",
        json!({"a": "x", "b": "\\q\u{fffd}"}),
        &[
            "a.json:1:9: control character in a string that is not escaped",
            "a.json:2:9: escape that JSON does not know",
            "a.json:2:11: escaped half of a surrogate pair",
            "a.json:2:20: text after the end of the value",
        ],
    );
}

#[test]
fn flow_mappings_are_read_as_yaml_unless_the_file_says_json() {
    yaml("{a: 1, b: [x]}", &json!({"a": 1, "b": ["x"]}), &[]);
    let (_, problems) = parse("a.json", "{a: 1}");
    assert_eq!(problems.len(), 1);
}

#[test]
fn positions_count_characters_and_skip_the_byte_order_mark() {
    let (document, problems) = parse("a.yaml", "\u{feff}é: ü\nx/y~:\n  - {ä: ö}\n");
    assert!(problems.is_empty(), "{problems:?}");
    let node = document.root().pointer("/x~1y~0/0/ä").unwrap();
    assert_eq!(node.as_str(), Some("ö"));
    let position = document.position(node);
    assert_eq!((position.line, position.column, position.pointer.as_str()), (3, 9, "/x~1y~0/0/ä"));
    let entry = document.root().entries().next().unwrap();
    let position = document.key_position(&entry);
    assert_eq!((position.line, position.column, position.span), (1, 1, (3, 5)));
    let json = parse("a.json", "\u{feff}{\"a\": 1}").0;
    assert_eq!(json.position(json.root().get("a").unwrap()).column, 7);
    let list = document.root().get("x/y~").unwrap();
    assert_eq!(document.source().get(list.span().0..list.span().1).unwrap(), "- {ä: ö}");
}

#[test]
fn bytes_that_are_no_utf8_are_said_and_replaced() {
    let (document, problems) = Document::parse("a.yaml", b"a: x\xffy\nb: 1\n", &Limits::default());
    assert_eq!(document.root().to_value(), json!({"a": "x\u{fffd}y", "b": 1}));
    assert_eq!(problems.len(), 1);
    assert_eq!(problems[0].position.as_ref().unwrap().column, 5);
}

#[test]
fn limits_hold_and_are_said() {
    let tight = Limits { bytes_max: 2000, depth_max: 10, nodes_max: 100, aliases_max: 5 };
    let mut bomb = String::from("a0: &a0 [x, x, x]\n");
    for level in 1..20 {
        bomb.push_str(&format!("a{level}: &a{level} [*a{0}, *a{0}, *a{0}]\n", level - 1));
    }
    let deep_flow = "[".repeat(1500);
    let deep_block = "- ".repeat(900);
    let many = format!("[{}]", "1,".repeat(900));
    for text in [&bomb, &deep_flow, &deep_block, &many, &"x".repeat(3000)] {
        let (document, problems) = Document::parse("a.yaml", text.as_str(), &tight);
        assert!(problems.iter().any(|problem| problem.severity == Severity::Error), "{text}");
        assert!(document.tree().len() <= 110, "{}", document.tree().len());
    }
    let (document, problems) = Document::parse("a.yaml", bomb.as_str(), &Limits::default());
    assert!(!problems.is_empty());
    assert!(document.tree().len() <= 4_000_100);
    for text in ["[".repeat(100_000), "{\"a\":".repeat(100_000), "- ".repeat(100_000), "{a: ".repeat(100_000)]
    {
        let (_, problems) = parse("a.yaml", &text);
        assert!(!problems.is_empty());
    }
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            if entry.file_type().unwrap().is_dir() {
                folders.push(entry.path())
            } else {
                files.push(entry.path())
            }
        }
    }
    files.sort();
    files
}

#[test]
fn the_corpus_is_read_whole_and_its_twins_are_equal() {
    let folder = Path::new(CORPUS).join("openapi");
    if !folder.is_dir() {
        println!("skipped: no corpus");
        return;
    }
    for file in files_below(&folder) {
        let bytes = std::fs::read(&file).unwrap();
        let name = file.display().to_string();
        let (document, problems) = Document::parse(&name, bytes.as_slice(), &Limits::default());
        for problem in &problems {
            assert_inside(problem, document.source());
        }
        let real = name.contains("/real/") || name.contains("/examples-");
        assert!(!real || problems.is_empty(), "{problems:?}");
        if real && name.ends_with(".json") {
            assert_eq!(
                document.root().to_value(),
                serde_json::from_slice::<Value>(&bytes).unwrap(),
                "{name}"
            );
        }
        // Of these two, the YAML form has members that the JSON form never got.
        let unlike = name.ends_with("/tictactoe.yaml") || name.ends_with("/uber.yaml");
        let has_twin = name.contains("/examples-yaml/") && !unlike;
        if let Some(twin) = has_twin.then(|| name.replace("yaml", "json")) {
            let twin_bytes = std::fs::read(&twin).unwrap();
            let (twin, _) = Document::parse(&twin, twin_bytes, &Limits::default());
            // They name each other with the ending of their own format.
            let text = document.root().to_value().to_string().replace(".yaml", ".json");
            let twin_text = twin.root().to_value().to_string();
            assert!(text == twin_text, "{name}");
        }
    }
}

/// Counts the nodes of `document`, each of which its pointer and its path lead to.
fn found_by_their_pointers(document: &Document) -> usize {
    let mut left = vec![(document.root(), None)];
    let mut seen = 0;
    while let Some((node, entry)) = left.pop() {
        seen += 1;
        let pointer = document.pointer(node);
        assert!(document.root().pointer(&pointer).unwrap().is(node), "{pointer}");
        assert_eq!(document.path(node).len(), pointer.matches('/').count(), "{pointer}");
        assert!(document.path(node).last().is_none_or(|last| last.is(node)), "{pointer}");
        let found = document.entry_of(node).map(|entry| (entry.key, entry.key_span));
        assert_eq!(found, entry, "{pointer}");
        left.extend(node.items().map(|item| (item, None)));
        left.extend(node.entries().map(|entry| (entry.value, Some((entry.key, entry.key_span)))));
    }
    seen
}

#[test]
fn every_node_is_found_by_its_pointer() {
    let text = "a: {b: [1, {'c/d': 2}], '': 3}\ne~f: [[], {}]\n";
    let (document, _) = parse("a.yaml", text);
    assert_eq!(found_by_their_pointers(&document), 10);
    assert_eq!(document.root().kind(), Kind::Object);
    assert!(document.root().pointer("/a/b/01").is_none() && document.root().pointer("a").is_none());
}

fn yaml_soup() -> impl Strategy<Value = String> {
    let token = prop_oneof![
        Just("a: "),
        Just("- "),
        Just("\n"),
        Just("  "),
        Just("["),
        Just("]"),
        Just("{"),
        Just("}"),
        Just(","),
        Just("&x "),
        Just("*x"),
        Just("<<: "),
        Just("\""),
        Just("'"),
        Just("? "),
        Just("|\n"),
        Just("# "),
        Just("!!str "),
        Just("---\n"),
        Just("é"),
        Just("0x1"),
        Just(": "),
        Just("%YAML 1.2\n"),
        Just("\t"),
    ];
    prop::collection::vec(token, 0..40).prop_map(|tokens| tokens.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_survived_and_every_problem_has_its_place(text in yaml_soup()) {
        for (file, text) in [("a.yaml", &text), ("a.json", &format!("{{{text}"))] {
            let (document, _) = parse(file, text);
            document.root().to_value();
            found_by_their_pointers(&document);
        }
    }

    #[test]
    fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let (document, problems) = Document::parse("a", bytes.as_slice(), &Limits::default());
        for problem in &problems {
            assert_inside(problem, document.source());
        }
    }
}

#[test]
fn what_once_troubled_a_fuzzer_is_survived() {
    let seeds = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/seeds");
    for target in ["document", "body", "deserialize", "overlay"] {
        let files = files_below(&Path::new(seeds).join(target));
        assert!(!files.is_empty(), "{target}");
        for file in files {
            let bytes = std::fs::read(&file).unwrap();
            for name in ["a.yaml", "a.json"] {
                let (document, problems) = Document::parse(name, bytes.as_slice(), &Limits::default());
                problems.iter().for_each(|problem| assert_inside(problem, document.source()));
                document.root().to_value();
                let (_, problems) = crate::overlay::overlay(document.clone(), &document);
                assert!(problems.iter().all(|problem| problem.position.is_some()));
            }
            drop(crate::json::parse(&bytes, &crate::json::JsonLimits::default()));
        }
    }
}
