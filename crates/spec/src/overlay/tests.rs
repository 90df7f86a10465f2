//! Overlays: what each action does, and what it says where it cannot.

use serde_json::{Value, json};

use super::{overlay, parse, select};
use crate::document::{Document, Limits};

fn document(file: &str, text: &str) -> Document {
    let (document, problems) = Document::parse(file, text, &Limits::default());
    assert!(problems.is_empty(), "{problems:?}");
    document
}

fn laid_over(base: &str, actions: &str) -> (Document, Vec<String>) {
    let over = document(
        "over.yaml",
        &format!("overlay: 1.0.0\ninfo: {{title: t, version: v}}\nactions:\n{actions}"),
    );
    let (document, problems) = overlay(document("base.yaml", base), &over);
    (document, problems.iter().map(ToString::to_string).collect())
}

#[track_caller]
fn check(base: &str, actions: &str, expected: &Value, problems: &[&str]) {
    let (document, found) = laid_over(base, actions);
    assert_eq!(document.root().to_value(), *expected, "{actions}");
    assert_eq!(found, problems, "{actions}");
}

#[test]
fn updates_merge_objects_append_items_and_replace_the_rest() {
    let base = "a: {b: 1, c: {d: [1], e: x}}\nl: [1, 2]\n";
    check(
        base,
        "- {target: $.a, update: {b: 2, c: {d: [2], f: y}, g: {h: 1}}}",
        &json!({"a": {"b": 2, "c": {"d": [1, 2], "e": "x", "f": "y"}, "g": {"h": 1}}, "l": [1, 2]}),
        &[],
    );
    check(
        base,
        "- {target: $.l, update: 3}",
        &json!({"a": {"b": 1, "c": {"d": [1], "e": "x"}}, "l": [1, 2, 3]}),
        &[],
    );
    check(
        base,
        "- {target: $.l, update: [3, 4]}",
        &json!({"a": {"b": 1, "c": {"d": [1], "e": "x"}}, "l": [1, 2, 3, 4]}),
        &[],
    );
    check(
        base,
        "- {target: $.a.b, update: z}",
        &json!({"a": {"b": "z", "c": {"d": [1], "e": "x"}}, "l": [1, 2]}),
        &[],
    );
    check(base, "- {target: $, update: {a: 5}}", &json!({"a": 5, "l": [1, 2]}), &[]);
}

#[test]
fn removals_take_members_and_items_away() {
    check(
        "a: {b: 1, c: 2}\nl: [1, 2, 3]\n",
        "- {target: $.a.b, remove: true}\n- {target: '$.l[0,2]', remove: true}",
        &json!({"a": {"c": 2}, "l": [2]}),
        &[],
    );
    check("a: {b: {b: 1}}\n", "- {target: $..b, remove: true}", &json!({"a": {}}), &[]);
    check("a: 1\n", "- {target: $.a, remove: true, update: 5}", &json!({}), &[]);
}

#[test]
fn actions_see_what_those_before_them_did() {
    check(
        "paths: {/a: {get: {}}, /b: {get: {}, post: {}}}\n",
        "- target: $.paths.*.get\n  update: {x-palisade: {mode: shadow}}\n- target: $.paths..x-palisade\n  update: {more: [1]}\n- target: $.paths['/b'].post\n  remove: true\n",
        &json!({"paths": {"/a": {"get": {"x-palisade": {"mode": "shadow", "more": [1]}}}, "/b": {"get": {"x-palisade": {"mode": "shadow", "more": [1]}}}}}),
        &[],
    );
    let all = json!({"a": {"n": 1, "a": {"n": 1, "a": {"n": 1}}}});
    check("a: {a: {a: 1}}\n", "- {target: $..a, update: {n: 1}}", &all, &[]);
}

#[test]
fn every_node_keeps_the_file_and_place_it_came_from() {
    let (document, _) = laid_over(
        "paths:\n  /é:\n    get: {a: \"x\\ty\"}\n",
        "- target: $.paths.*.get\n  update:\n    x-palisade: {b: \"z\\tw\"}\n",
    );
    let place = |pointer: &str| {
        let position = document.position(document.root().pointer(pointer).unwrap());
        (position.file.to_string(), position.line, position.column, position.pointer)
    };
    assert_eq!(place("/paths/~1é/get/a"), ("base.yaml".into(), 3, 14, "/paths/~1é/get/a".into()));
    let pointer = "/paths/~1é/get/x-palisade/b";
    assert_eq!(place(pointer), ("over.yaml".into(), 6, 21, pointer.into()));
    let node = document.root().pointer(pointer).unwrap();
    let span = document.position(node).span;
    assert_eq!(document.source_of("over.yaml").unwrap().get(span.0..span.1), Some("\"z\\tw\""));
    assert_eq!(document.root().pointer("/paths/~1é/get/a").unwrap().as_str(), Some("x\ty"));
    assert_eq!(node.as_str(), Some("z\tw"));
    assert!(!document.source().contains("overlay"));
}

#[test]
fn an_action_that_cannot_be_applied_is_said_and_left_out() {
    let base = "a: {b: 1}\n";
    let same = json!({"a": {"b": 1}});
    check(base, "- {target: $.z, update: {}}", &same, &["over.yaml:4:12: `$.z` matches nothing"]);
    check(
        base,
        "- {target: $, remove: true}",
        &same,
        &["over.yaml:4:12: the whole document cannot be removed"],
    );
    check(
        base,
        "- {target: $.a, update: 5}",
        &same,
        &["over.yaml:4:12: the update of an object must be an object"],
    );
    check(
        base,
        "- {target: '$.a[', update: 5}",
        &same,
        &["over.yaml:4:12: not a JSONPath: expected a name in quotes, a number, `*` or `?` at character 5"],
    );
    check(
        base,
        "- {target: $.a}",
        &same,
        &["over.yaml:4:3: neither `update` nor `remove: true` says what to do"],
    );
    check(base, "- {target: $.a, updat: {}}", &same, &["over.yaml:4:17: unknown key `updat`"]);
    check(base, "- {update: {}}", &same, &["over.yaml:4:3: `target` is missing"]);
    let (_, problems) =
        overlay(document("base.yaml", base), &document("over.yaml", "overlay: 2.0\nactions: 5\n"));
    assert_eq!(problems.len(), 2);
}

#[test]
fn large_objects_stay_searchable_after_a_merge() {
    let members: String = (0..40).map(|number| format!("k{number}: {{v: {number}}}\n")).collect();
    let update: String = (30..80).map(|number| format!("    k{number}: {{w: {number}}}\n")).collect();
    let (document, problems) = laid_over(&members, &format!("- target: $\n  update:\n{update}"));
    assert_eq!(problems, [""; 0]);
    assert_eq!(document.root().len(), 80);
    for number in 0..80 {
        let node = document.root().get(&format!("k{number}")).unwrap();
        assert_eq!(node.get("v").is_some(), number < 40);
        assert_eq!(node.get("w").is_some(), number >= 30);
    }
}

#[test]
fn growth_is_bounded() {
    let base = format!("l: [{}]\n", "{},".repeat(3000));
    let update = format!("{{u: [{}]}}", "1,".repeat(3000));
    let (document, problems) = laid_over(&base, &format!("- {{target: '$.l[*]', update: {update}}}"));
    assert_eq!(problems, ["over.yaml:4:3: the result would be too large"]);
    assert_eq!(document.root().pointer("/l/0").unwrap().len(), 0);
    let deep = format!("{{a: {}1{}}}", "[".repeat(200), "]".repeat(200));
    let update =
        format!("- {{target: '$..[?@==1]', update: {}1{}}}\n", "[".repeat(200), "]".repeat(200)).repeat(4);
    let (_, problems) = laid_over(&deep, &update);
    assert!(problems.iter().any(|problem| problem.ends_with("nested too deep")), "{problems:?}");
    let wide = super::tests::document("w.yaml", &format!("{}{}", "[".repeat(200), "]".repeat(200)));
    assert!(
        select::select(wide.root(), &parse::path(&"..*".repeat(8).replacen("..", "$..", 1)).unwrap())
            .is_none()
    );
}

#[test]
fn paths_select_as_the_rfc_says() {
    let text = r#"{"o": {"j j": {"k.k": 3}}, "'": {"@": 2}, "a": [3, 5, 1, 2, 4, 6, {"b": "j"}, {"b": "k"}, {"b": {}}, {"b": "kilo"}],
        "s": ["a","b","c","d","e","f","g"], "e": "f", "n": null, "p": {"q": 1, "r": 2}, "x-y": true}"#;
    let document = document("a.json", text);
    let root = document.root();
    let cases = [
        ("$", root.to_value().to_string()),
        ("$.o['j j']['k.k']", "3".into()),
        ("$['\\'']['@']", "2".into()),
        ("$['o'][*] ", "?".into()),
        ("$.x-y", "true".into()),
        ("$.a[-1].b", "\"kilo\"".into()),
        ("$.s[1:3]", "\"b\" \"c\"".into()),
        ("$.s[5:]", "\"f\" \"g\"".into()),
        ("$.s[1:5:2]", "\"b\" \"d\"".into()),
        ("$.s[5:1:-2]", "\"f\" \"d\"".into()),
        ("$.s[::-1]", "\"g\" \"f\" \"e\" \"d\" \"c\" \"b\" \"a\"".into()),
        ("$.s[0, 3, 99]", "\"a\" \"d\"".into()),
        ("$.s[::0]", "".into()),
        ("$.a[?@.b == 'kilo']", r#"{"b":"kilo"}"#.into()),
        ("$.a[?@>3.5]", "5 4 6".into()),
        ("$.a[?@.b]", r#"{"b":"j"} {"b":"k"} {"b":{}} {"b":"kilo"}"#.into()),
        ("$.a[?@<2 || @.b == \"k\"]", r#"1 {"b":"k"}"#.into()),
        ("$.a[?match(@.b, '[jk]')]", r#"{"b":"j"} {"b":"k"}"#.into()),
        ("$.a[?search(@.b, '[jk]')]", r#"{"b":"j"} {"b":"k"} {"b":"kilo"}"#.into()),
        ("$.a[?!@.b && !(@ >= 3)]", "1 2".into()),
        ("$.a[?length(@.b) == 4]", r#"{"b":"kilo"}"#.into()),
        ("$[?count(@.*) == 1]", r#"{"j j":{"k.k":3}} {"@":2}"#.into()),
        ("$.p[?@ == $.p.q]", "1".into()),
        ("$..q", "1".into()),
        ("$..['q','r']", "1 2".into()),
        ("$[?@ == null]", "null".into()),
        ("$.a[?@.z == @.y].b", r#""j" "k" {} "kilo""#.into()),
        ("$.p[?@ != $.none]", "1 2".into()),
        ("$.e[0]", "".into()),
        ("$['\\u0065']", "\"f\"".into()),
    ];
    for (path, expected) in cases {
        let Ok(parsed) = parse::path(path) else {
            assert_eq!(expected, "?", "{path}");
            continue;
        };
        let found = select::select(root, &parsed).unwrap();
        let found: Vec<String> = found.iter().map(|node| node.to_value().to_string()).collect();
        assert_eq!(found.join(" "), expected, "{path}");
    }
}

#[test]
fn what_is_no_path_is_refused() {
    for path in [
        "",
        "a",
        "$.",
        "$..",
        "$[",
        "$[]",
        "$['a]",
        "$[01]",
        "$[-0]",
        "$.a[?]",
        "$[?@.a ==]",
        "$[?@.*==1]",
        "$[?1]",
        "$[?match(@.a, @.b)]",
        "$[?match(@.a, '(')]",
        "$[9007199254740993]",
        "$.1",
        "$a",
        "$['\\x']",
        "$['\\ud800']",
        "$[?@ == 01]",
        "$[1,]",
        "$[?(@.a]",
    ] {
        assert!(parse::path(path).is_err(), "{path}");
    }
    assert!(parse::path(&format!("$[?{}@.a{}]", "(".repeat(5000), ")".repeat(5000))).is_err());
    assert!(parse::path(&format!("$[?{}@.a{}]", "(".repeat(500), ")".repeat(500))).is_err());
    assert!(parse::path(&format!("$[?{}", "!(".repeat(500))).is_err());
}
