//! Documents and what they ask for, and a slow twin that spreads every fragment before it counts.

use std::fmt::Write;

use proptest::collection::vec;
use proptest::prelude::*;
use spec::{JsonLimits, parse_json};

use super::*;

fn measured(text: &str, variables: &str, tokens_max: usize) -> Result<Measures, Fault> {
    let sizes = ["first", "limit"].map(str::to_owned);
    let json = parse_json(variables.as_bytes(), &JsonLimits::default()).unwrap();
    measure(text, Some(json.root()), Reading { sizes: &sizes, tokens_max })
}

/// Compares depth, complexity, aliases and fields at the root.
#[track_caller]
fn check(text: &str, variables: &str, expected: [u64; 4]) {
    let measures = measured(text, variables, 1000).unwrap_or_else(|fault| panic!("{text}: {fault}"));
    let numbers = [measures.depth, measures.complexity, measures.aliases, measures.root_fields];
    assert_eq!(numbers, expected, "{text} {variables}");
}

#[track_caller]
fn refused(text: &str, expected: &str) {
    assert_eq!(measured(text, "{}", 1000).unwrap_err().to_string(), expected, "{text:?}");
}

#[test]
fn fields_are_counted_by_depth_and_number() {
    check("{ a }", "{}", [1, 1, 0, 1]);
    check("{ a b c }", "{}", [1, 3, 0, 3]);
    check("query Q { a { b { c } d } }", "{}", [3, 4, 0, 1]);
    check("{ x: a y: b { z: c } d }", "{}", [2, 4, 3, 3]);
    check("{ a { ... on T { b { c } } ... @include(if: true) { d } ... { e } } }", "{}", [3, 5, 0, 1]);
    check("{ ... { a b } c }", "{}", [1, 3, 0, 3]);
}

#[test]
fn lists_count_by_their_items() {
    check("{ a(first: 50) { b } }", "{}", [2, 100, 0, 1]);
    check("{ a(first: 50) }", "{}", [1, 50, 0, 1]);
    check("{ a(first: 10) { b(limit: 5) { c } } }", "{}", [3, 110, 0, 1]);
    check("{ a(first: 2, limit: 7) { b } }", "{}", [2, 14, 0, 1]);
    check("{ a(first: 0) { b } }", "{}", [2, 2, 0, 1]);
    check("{ a(first: null) { b } }", "{}", [2, 2, 0, 1]);
    check("{ a(first: \"50\", Limit: 50, last: 50) { b } }", "{}", [2, 2, 0, 1]);
    check("{ a(page: { first: 50, after: [] }) { b } }", "{}", [2, 100, 0, 1]);
    check("{ a(pages: [{ first: 3 }, { limit: [50] }]) { b } }", "{}", [2, 100, 0, 1]);
    check("{ a(first: 1.5e1) }", "{}", [1, 15, 0, 1]);
    check("{ a(first: 99999999999999999999) { b } c }", "{}", [2, u64::MAX, 0, 2]);
    check("{ a(first: -1) }", "{}", [1, u64::MAX, 0, 1]);
    check("{ a @d(first: 50, n: $n) b(first: 2) }", r#"{"n":{"first":50}}"#, [1, 3, 0, 2]);
}

#[test]
fn variables_say_how_many_items_there_are() {
    let text = "query ($n: Int = 3, $p: Page) { a(first: $n) a(page: $p) b(other: $n) }";
    check(text, "{}", [1, 5, 0, 3]);
    check(text, r#"{"n":10}"#, [1, 12, 0, 3]);
    check(text, r#"{"n":null}"#, [1, 3, 0, 3]);
    check(text, r#"{"n":"10"}"#, [1, 12, 0, 3]);
    check(text, r#"{"n":1e1,"p":{"first":20}}"#, [1, 31, 0, 3]);
    check(text, r#"{"p":{"deep":[{"limit":20}],"n":99}}"#, [1, 24, 0, 3]);
    check(text, r#"{"n":"all"}"#, [1, 3, 0, 3]);
    check(text, r#"{"n":-1}"#, [1, u64::MAX, 0, 3]);
    check("query ($p: Page = { limit: 9 }) { a(page: $p) }", "{}", [1, 9, 0, 1]);
    check("{ a(page: { first: $n }) b(x: [$n]) }", r#"{"n":4}"#, [1, 5, 0, 2]);
    // Each operation has its own default; only the server knows which it runs.
    check(
        "query A($n: Int = 2) { ...F } query B($n: Int = 8) { ...F } fragment F on T { a(first: $n) }",
        "{}",
        [1, 8, 0, 1],
    );
}

#[test]
fn fragments_count_where_they_are_spread() {
    let text = "{ ...F b { ...F } } fragment F on T { x: a(first: 4) { ...G } } fragment G on T { c d }";
    check(text, "{}", [3, 25, 2, 2]);
    check("fragment F on T { a } { ...F ...F @skip(if: false) }", "{}", [1, 2, 0, 2]);
    // What is not spread asks for nothing.
    check("{ a } fragment F on T { b { c } }", "{}", [1, 1, 0, 1]);
}

#[test]
fn the_operation_that_asks_for_most_counts() {
    let text = "query A { a b c } mutation B { x: d { e { f } } } subscription C { g }";
    check(text, "{}", [3, 3, 1, 3]);
    let operations = measured(text, "{}", 1000).unwrap().operations;
    assert_eq!(operations, [OperationType::Query, OperationType::Mutation, OperationType::Subscription]);
}

#[test]
fn a_bomb_of_fragments_takes_no_longer_than_its_text() {
    let mut text = "{ ...F0 }".to_owned();
    for level in 0..100 {
        write!(text, " fragment F{level} on T {{ a {{ ...F{0} ...F{0} }} }}", level + 1).unwrap();
    }
    text.push_str(" fragment F100 on T { a }");
    let measures = measured(&text, "{}", 10_000).unwrap();
    assert_eq!((measures.depth, measures.complexity, measures.root_fields), (101, u64::MAX, 1));
    // A chain of thousands needs no stack.
    let mut chain = "{ ...F0 }".to_owned();
    for level in 0..5000 {
        write!(chain, " fragment F{level} on T {{ ...F{} }}", level + 1).unwrap();
    }
    chain.push_str(" fragment F5000 on T { a }");
    assert_eq!(measured(&chain, "{}", 100_000).unwrap().complexity, 1);
}

#[test]
fn fragments_that_cannot_be_spread_are_refused() {
    refused("{ ...F } fragment F on T { ...F }", "a fragment spreads itself at byte 30");
    refused(
        "{ a } fragment F on T { b { ...G } } fragment G on T { ...F }",
        "a fragment spreads itself at byte 58",
    );
    refused("{ ...F }", "a fragment that is not there is spread at byte 5");
    refused(
        "{ ...F } fragment F on T { a } fragment F on T { b }",
        "a second fragment of one name at byte 47",
    );
    refused("fragment F on T { a }", "no operation at byte 0");
}

#[test]
fn introspection_and_directives_are_seen_wherever_they_stand() {
    for (text, expected) in [
        ("{ a { __typename } }", false),
        ("{ x: __schema { types { name } } }", true),
        ("{ a } fragment F on T { ... { __type(name: \"T\") { name } } }", true),
        ("{ __schema: a }", false),
        ("{ a(__schema: __schema) # __schema\n b(x: \"__type\") }", false),
    ] {
        assert_eq!(measured(text, "{}", 100).unwrap().has_introspection, expected, "{text}");
    }
    let text = "query ($a: T @b) @c(d: 1) { a @e @f ...G @h } fragment G on T @i { j ... @k { l } }";
    let measures = measured(text, "{}", 100).unwrap();
    assert_eq!((measures.directives, measures.fragments), (7, 1));
}

#[test]
fn the_whole_grammar_of_executable_documents_is_read() {
    let text = "\u{feff}\"what it does\" query Q(\"\"\"the \\\"\"\" x\"\"\" $a: [[Int!]!]! = [1, -2.5e+3 0], $b: I = {c: {}, d: []}) \
                { a(b: \"\\u00e4\\u{1F600}\\n\", c: \"\", d: \"\"\"\n\"a\" \\ \"\"\", e: [ENUM true null $a], f: {g: $b}) # end\r\n , b,,c }";
    check(text, "{}", [1, 3, 0, 3]);
    check("{query mutation fragment on:on true null}", "{}", [1, 6, 1, 6]);
}

#[test]
fn what_is_no_executable_document_is_refused() {
    for (text, expected) in [
        ("", "a name should stand here at byte 0"),
        ("# {a}", "a name should stand here at byte 5"),
        ("{ }", "a name should stand here at byte 2"),
        ("{ a", "a name should stand here at byte 3"),
        ("{ a }}", "a name should stand here at byte 5"),
        ("{ a() }", "a name should stand here at byte 4"),
        ("{ a { } }", "a name should stand here at byte 6"),
        ("type T { a: Int }", "an operation or a fragment should begin here at byte 5"),
        ("\"described\" { a }", "a name should stand here at byte 12"),
        ("query () { a }", "a variable should stand here at byte 7"),
        ("query ($a: Int = $b) { a }", "a value should stand here at byte 17"),
        ("fragment on on T { a }", "a fragment is not called `on` at byte 12"),
        ("fragment F { a }", "a name should stand here at byte 11"),
        ("fragment F($a: Int) on T { a }", "a name should stand here at byte 10"),
        ("{ a(b: ) }", "a value should stand here at byte 7"),
        ("{ a(b: 01) }", "a number that does not end at byte 7"),
        ("{ a(b: 1.) }", "a number without digits at byte 7"),
        ("{ a(b: 1x) }", "a number that does not end at byte 7"),
        ("{ a(b: +1) }", "no token begins so at byte 7"),
        ("{ a .. b }", "no token begins so at byte 4"),
        ("{ ä }", "no token begins so at byte 2"),
        ("{ a(b: \"c\nd\") }", "a control character in a string at byte 7"),
        ("{ a(b: \"\\x\") }", "an escape that there is not at byte 7"),
        ("{ a(b: \"\\u12\") }", "an escape that there is not at byte 7"),
        ("{ a(b: \"\\u{}\") }", "an escape that there is not at byte 7"),
        ("{ a(b: \"c) }", "a string that does not end at byte 7"),
        ("{ a(b: \"\\", "an escape that there is not at byte 7"),
        ("{ a(b: \"\"\"c\"\") }", "a string that does not end at byte 7"),
        ("{ a(b: \"\"\"\u{1}\"\"\") }", "a control character in a string at byte 7"),
        // A reader for which a line separator ends the comment sees another field.
        ("{ a # \u{2028} __schema\n }", "a comment of which readers see different ends at byte 4"),
        ("{ a # \u{85} b\n }", "a comment of which readers see different ends at byte 4"),
    ] {
        refused(text, expected);
    }
}

#[test]
fn what_input_can_grow_is_bounded() {
    let nested = |levels: usize| format!("{}a{}", "{ a ".repeat(levels), " }".repeat(levels));
    assert_eq!(measured(&nested(100), "{}", 1000).unwrap().depth, 100);
    refused(&nested(NESTING_MAX + 2), "nested too deep to be read at byte 404");
    refused(&format!("{{ a(b: {}", "[".repeat(500)), "nested too deep to be read at byte 108");
    refused(&format!("{{ a(b: {}", "{c:".repeat(300)), "nested too deep to be read at byte 308");
    refused(&format!("query ($a: {}", "[".repeat(500)), "nested too deep to be read at byte 112");
    assert!(measured("{ a b }", "{}", 4).is_ok());
    assert_eq!(measured("{ a b }", "{}", 3), Err(Fault::TooManyTokens));
}

/// A selection, for the twin.
#[derive(Debug, Clone)]
enum Selection {
    Field {
        size: u8,
        is_alias: bool,
        inside: Vec<Selection>,
    },
    Inline(Vec<Selection>),
    /// The fragment so many after this one, around the end.
    Spread(u8),
}

fn selections() -> impl Strategy<Value = Vec<Selection>> {
    let leaf = prop_oneof![
        (0_u8..4, any::<bool>()).prop_map(|(size, is_alias)| Selection::Field {
            size,
            is_alias,
            inside: vec![]
        }),
        (0_u8..6).prop_map(Selection::Spread),
    ];
    let set = leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            (0_u8..4, any::<bool>(), vec(inner.clone(), 0..4))
                .prop_map(|(size, is_alias, inside)| Selection::Field { size, is_alias, inside }),
            vec(inner, 1..4).prop_map(Selection::Inline),
        ]
    });
    vec(set, 1..4)
}

fn write_set(text: &mut String, set: &[Selection]) {
    text.push('{');
    for selection in set {
        match selection {
            Selection::Field { size, is_alias, inside } => {
                text.push_str(if *is_alias { "x:a" } else { " a" });
                write!(text, "(first:{size})").unwrap();
                if !inside.is_empty() {
                    write_set(text, inside);
                }
            }
            Selection::Inline(inside) => {
                text.push_str("...on T");
                write_set(text, inside);
            }
            Selection::Spread(fragment) => write!(text, "...F{fragment} ").unwrap(),
        }
    }
    text.push('}');
}

/// Depth, complexity, aliases and fields of a set, with every fragment spread anew; nothing where that has no end.
fn twin(set: &[Selection], fragments: &[Vec<Selection>], around: &[u8]) -> Option<[u64; 4]> {
    let mut sum = [0, 0, 0, 0];
    for selection in set {
        let [depth, complexity, aliases, fields] = match selection {
            Selection::Field { size, is_alias, inside } => {
                let [depth, complexity, aliases, _] = twin(inside, fragments, around)?;
                [depth + 1, u64::from(*size).max(1) * (complexity + 1), aliases + u64::from(*is_alias), 1]
            }
            Selection::Inline(inside) => twin(inside, fragments, around)?,
            Selection::Spread(fragment) if around.contains(fragment) => return None,
            Selection::Spread(fragment) => {
                twin(fragments.get(usize::from(*fragment))?, fragments, &[around, &[*fragment]].concat())?
            }
        };
        sum = [sum[0].max(depth), sum[1] + complexity, sum[2] + aliases, sum[3] + fields];
    }
    Some(sum)
}

proptest! {
    #[test]
    fn counting_each_fragment_once_is_counting_it_wherever_it_is_spread(
        set in selections(),
        fragments in vec(selections(), 0..5),
    ) {
        let mut text = String::new();
        write_set(&mut text, &set);
        for (index, fragment) in fragments.iter().enumerate() {
            write!(text, " fragment F{index} on T ").unwrap();
            write_set(&mut text, fragment);
        }
        let expected = (0..fragments.len() as u8)
            .map(|index| twin(&fragments[usize::from(index)], &fragments, &[index]))
            .collect::<Option<Vec<_>>>()
            .and_then(|_| twin(&set, &fragments, &[]));
        let measures = measured(&text, "{}", 100_000);
        let actual = measures.as_ref().ok().map(|measures| {
            [measures.depth, measures.complexity, measures.aliases, measures.root_fields]
        });
        prop_assert_eq!(actual, expected, "{} {:?}", text, measures);
    }

    #[test]
    fn any_text_is_measured_or_refused(text in "[{}()\\[\\]a:$\"\\\\.@!# \n\u{2028}0-1]{0,60}") {
        if let Ok(measures) = measured(&text, "{}", 1000) {
            prop_assert!(measures.depth >= 1 && measures.complexity >= measures.root_fields, "{}", text);
        }
    }
}
