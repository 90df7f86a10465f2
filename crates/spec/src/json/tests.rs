//! The strict and the forgiving reading of JSON, against serde_json.

use jsonschema::json::{Json as _, Node as _};
use proptest::prelude::{Just, ProptestConfig, Strategy, any, prop, prop_assert_eq, prop_oneof, proptest};
use serde_json::Value;

use super::{JsonErrorKind, JsonLimits, SpannedJson, parse};

const LOOSE: JsonLimits = JsonLimits {
    depth_max: 100,
    nodes_max: usize::MAX,
    string_bytes_max: usize::MAX,
    number_bytes_max: usize::MAX,
    array_items_max: usize::MAX,
    object_members_max: usize::MAX,
};

#[track_caller]
fn check(text: &str, expected: Result<&str, (JsonErrorKind, usize)>) {
    let found = parse(text.as_bytes(), &LOOSE);
    let found =
        found.map(|json| json.root().to_value().to_string()).map_err(|error| (error.kind, error.offset));
    assert_eq!(found, expected.map(str::to_owned), "{text}");
}

#[test]
fn faults_are_named_where_they_show() {
    check(r#" {"a": [1, true, null, "x\u00e9\ud83e\udd80\n"]} "#, Ok(r#"{"a":[1,true,null,"xé🦀\n"]}"#));
    check("", Err((JsonErrorKind::UnexpectedEnd, 0)));
    check("[1,", Err((JsonErrorKind::UnexpectedEnd, 3)));
    check(r#"{"a""#, Err((JsonErrorKind::UnexpectedEnd, 4)));
    check(r#"{"a":}"#, Err((JsonErrorKind::ExpectedValue, 5)));
    check("[1,]", Err((JsonErrorKind::TrailingComma, 3)));
    check(r#"{"a":1,}"#, Err((JsonErrorKind::TrailingComma, 7)));
    check("[1 2]", Err((JsonErrorKind::ExpectedComma, 3)));
    check("[1}", Err((JsonErrorKind::ExpectedComma, 2)));
    check(r#"{"a" 1}"#, Err((JsonErrorKind::ExpectedColon, 5)));
    check("{a:1}", Err((JsonErrorKind::ExpectedName, 1)));
    check("1 2", Err((JsonErrorKind::TrailingData, 2)));
    check("nul", Err((JsonErrorKind::ExpectedValue, 0)));
    check("01", Err((JsonErrorKind::InvalidNumber, 0)));
    check("[1e400]", Err((JsonErrorKind::NumberOutOfRange, 1)));
    check("\u{feff}1", Err((JsonErrorKind::ByteOrderMark, 0)));
    check("\"a\nb\"", Err((JsonErrorKind::ControlCharacter, 2)));
    check(r#""a\x""#, Err((JsonErrorKind::InvalidEscape, 2)));
    check(r#""\ud800""#, Err((JsonErrorKind::LoneSurrogate, 1)));
    check(r#""\udc00\ud800""#, Err((JsonErrorKind::LoneSurrogate, 1)));
    check(r#""\ud800\u0041""#, Err((JsonErrorKind::LoneSurrogate, 1)));
    check(r#"{"a":1,"b":{"a":1},"\u0061":2}"#, Err((JsonErrorKind::DuplicateName, 19)));
    assert_eq!(parse(b"\"\xff\"", &LOOSE).unwrap_err().kind, JsonErrorKind::InvalidUtf8);
}

#[test]
fn repeated_names_are_found_among_few_and_many() {
    for count in [2, 16, 17, 18, 300] {
        let members: Vec<String> = (0..count).map(|number| format!("\"k{number}\":{number}")).collect();
        let text = format!("{{{}}}", members.join(","));
        let json = parse(text.as_bytes(), &LOOSE).unwrap();
        for number in 0..count {
            assert_eq!(json.root().get(&format!("k{number}")).unwrap().as_u64(), Some(number));
        }
        assert!(json.root().get("k").is_none());
        let repeated = format!("{{{},\"k1\":0}}", members.join(","));
        let error = parse(repeated.as_bytes(), &LOOSE).unwrap_err();
        assert_eq!((error.kind, error.offset), (JsonErrorKind::DuplicateName, text.len()));
    }
}

#[test]
fn every_limit_is_the_largest_size_accepted() {
    let limits = JsonLimits {
        depth_max: 2,
        nodes_max: 9,
        string_bytes_max: 3,
        number_bytes_max: 4,
        array_items_max: 3,
        object_members_max: 2,
    };
    let check = |text: &str, expected: Option<JsonErrorKind>| {
        assert_eq!(parse(text.as_bytes(), &limits).err().map(|error| error.kind), expected, "{text}");
    };
    check("[[1],{}]", None);
    check("[[[]]]", Some(JsonErrorKind::TooDeep));
    check("[1,2,3]", None);
    check("[1,2,3,4]", Some(JsonErrorKind::ArrayTooLong));
    check(r#"{"a":1,"b":2}"#, None);
    check(r#"{"a":1,"b":2,"c":3}"#, Some(JsonErrorKind::ObjectTooLarge));
    check(r#"["abc","\u0061\u0062\u0063"]"#, None);
    check(r#"["abcd"]"#, Some(JsonErrorKind::StringTooLong));
    check(r#"["abc\n"]"#, Some(JsonErrorKind::StringTooLong));
    check(r#"{"abcd":1}"#, Some(JsonErrorKind::StringTooLong));
    check("-123", None);
    check("12345", Some(JsonErrorKind::NumberTooLong));
    check(r#"[[1,2,3],[1,2,3]]"#, None);
    check(r#"[[1,2,3],[1,2,3],1]"#, Some(JsonErrorKind::TooManyNodes));
}

#[test]
fn nesting_never_exhausts_the_stack() {
    let limits = JsonLimits { depth_max: usize::MAX, ..LOOSE };
    for text in ["[".repeat(200_000), "{\"a\":".repeat(200_000)] {
        assert_eq!(parse(text.as_bytes(), &limits).unwrap_err().kind, JsonErrorKind::TooDeep);
    }
    let deep = format!("{}{}", "[".repeat(JsonLimits::DEPTH_CEILING), "]".repeat(JsonLimits::DEPTH_CEILING));
    parse(deep.as_bytes(), &limits).unwrap().root().to_value();
}

#[test]
fn a_schema_validator_reads_nodes_in_place() {
    let schema = serde_json::json!({
        "properties": {"n": {"type": "integer", "maximum": 10, "multipleOf": 2}, "s": {"enum": ["a", {"b": [1, null]}]},
            "l": {"uniqueItems": true}},
        "propertyNames": {"maxLength": 2}, "additionalProperties": {"const": 1.0}
    });
    let validator = jsonschema::options_for::<SpannedJson>().build(&schema).unwrap();
    let valid = |text: &str| validator.is_valid(parse(text.as_bytes(), &LOOSE).unwrap().root());
    for text in [
        r#"{"n": 1e1}"#,
        r#"{"n": 4.0, "x": 1}"#,
        r#"{"s": {"b": [1.0, null]}}"#,
        r#"{"l": [1, "1", [1]]}"#,
        r#"{"\u0078": 10e-1}"#,
    ] {
        assert!(valid(text), "{text}");
    }
    for text in [
        r#"{"n": 4.5}"#,
        r#"{"n": 12}"#,
        r#"{"n": 3}"#,
        r#"{"s": {"b": [1]}}"#,
        r#"{"l": [1, 1.0]}"#,
        r#"{"abc": 1}"#,
        r#"{"x": true}"#,
    ] {
        assert!(!valid(text), "{text}");
    }
}

#[test]
fn nodes_are_told_apart_by_their_identity() {
    let json = parse(br#"{"a": {"b": 1}, "c": []}"#, &LOOSE).unwrap();
    let (root, a) = (json.root(), json.root().get("a").unwrap());
    assert_eq!(a.identity(), json.root().pointer("/a").unwrap().identity());
    assert_ne!(a.identity(), root.identity());
    assert_ne!(a.identity(), root.get("c").unwrap().identity());
    assert_eq!(a.container_identity(), a.identity());
    assert_eq!(a.get("b").unwrap().container_identity(), None);
    let mut buffer = super::NameBuffer::default();
    for name in ["héllo", "", "second"] {
        SpannedJson::with_string_node(&mut buffer, name, |node| {
            assert_eq!(
                (node.as_str(), node.string_length()),
                (Some(name), Some(name.chars().count() as u64))
            );
        });
    }
}

/// Every rule by which a body is refused that `serde_json` takes.
fn is_stricter_rule(kind: JsonErrorKind) -> bool {
    kind == JsonErrorKind::DuplicateName
}

fn assert_agrees(bytes: &[u8]) {
    let twin = serde_json::from_slice::<Value>(bytes);
    match (parse(bytes, &LOOSE), twin) {
        (Ok(json), Ok(twin)) => assert_eq!(json.root().to_value(), twin),
        (Err(_), Err(_)) => {}
        (Err(error), Ok(_)) => assert!(is_stricter_rule(error.kind), "{error} in {bytes:?}"),
        (Ok(_), Err(error)) => panic!("accepted what the twin refuses ({error}): {bytes:?}"),
    }
}

#[test]
fn a_text_and_its_twin_agree_on_what_is_easily_got_wrong() {
    for text in [
        "-",
        "-0",
        "-0.0",
        "0e0",
        "1E+2",
        "9007199254740993",
        "18446744073709551616",
        "-9223372036854775809",
        "1e308",
        "1e309",
        "-1e309",
        "0.1e-400",
        "\"\\u0000\"",
        "\"\u{7f}\"",
        "\"\u{2028}\"",
        " 1",
        "\u{a0}1",
        "\u{b}1",
        "1\0",
        "[,]",
        "{,}",
        "[1,,2]",
        "\"\\ud83e\\udd80\"",
        "\"\\ud83e\\ud83e\"",
        "\"\\uD83E\\uDD80\"",
        "\"\\u12\"",
        "tru",
        "truefalse",
        "[true false]",
        "{\"a\":1 \"b\":2}",
        "\"",
        "\"\\",
        "\"\\u",
        "{\"",
        "[\"a\",]",
        "//",
        "/**/1",
        "NaN",
        "Infinity",
        "'a'",
        "0x1",
        "1.",
        ".1",
        "1.e1",
        "+1",
        "--1",
        "1e",
        "1e+",
    ] {
        assert_agrees(text.as_bytes());
    }
    assert_agrees("[".repeat(90).as_bytes());
    assert_agrees(format!("1{}", "0".repeat(309)).as_bytes());
    assert_agrees(format!("1{}.5", "0".repeat(400)).as_bytes());
    assert_agrees(format!("0.{}1", "0".repeat(400)).as_bytes());
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,8}".prop_map(Value::String),
    ];
    leaf.prop_recursive(5, 60, 20, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..20).prop_map(Value::Array),
            prop::collection::btree_map("[a-z\u{e9}\"\\\\]{0,3}", inner, 0..20)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn what_is_printed_is_read_back(value in value(), pretty in any::<bool>()) {
        let text = if pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) }.unwrap();
        let json = parse(text.as_bytes(), &LOOSE).unwrap();
        prop_assert_eq!(json.root().to_value(), value);
        let mut left = vec![json.root()];
        while let Some(node) = left.pop() {
            let (start, end) = node.span();
            prop_assert_eq!(&serde_json::from_str::<Value>(text.get(start..end).unwrap()).unwrap(), &node.to_value());
            left.extend(node.items());
            left.extend(node.entries().map(|entry| entry.value));
        }
    }

    #[test]
    fn a_damaged_text_is_judged_as_its_twin_judges_it(
        value in value(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), 0..4_u8, prop::sample::select(&b"{}[]\",:\\ u0e-.1tn\x00\xff\n"[..])), 1..4),
    ) {
        let mut bytes = value.to_string().into_bytes();
        for (place, how, byte) in damage {
            let at = place.index(bytes.len() + 1);
            match how {
                0 => bytes.insert(at, byte),
                1 if at < bytes.len() => bytes[at] = byte,
                2 if at < bytes.len() => { bytes.remove(at); }
                _ => bytes.truncate(at),
            }
        }
        assert_agrees(&bytes);
    }
}
