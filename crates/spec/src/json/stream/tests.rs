//! The reader of parts, against the reader of wholes.

use proptest::prelude::{ProptestConfig, Strategy, any, prop_assert_eq, prop_oneof, proptest};

use super::*;
use crate::json::parse;

const LIMITS: JsonLimits = JsonLimits {
    depth_max: 8,
    nodes_max: usize::MAX,
    string_bytes_max: 64,
    number_bytes_max: 64,
    array_items_max: usize::MAX,
    object_members_max: usize::MAX,
};

/// The pieces of a text that comes in parts of the lengths that `cuts` says, a line each, and how it ended.
fn pieces(text: &[u8], mut cuts: impl Iterator<Item = usize>) -> (Vec<String>, Result<(), JsonError>) {
    let (mut found, mut raw) = (Vec::new(), Vec::new());
    let mut sink = |piece: Piece<'_>| {
        raw.extend_from_slice(match piece {
            Piece::Name { raw, name } => {
                found.push(format!("name {name}"));
                raw
            }
            Piece::Text { raw, begins, .. } => {
                if begins {
                    found.push("text ".to_owned());
                }
                if let Some(text) = found.last_mut() {
                    text.push_str(&String::from_utf8_lossy(raw));
                }
                raw
            }
            Piece::Word(raw) | Piece::Open(raw) | Piece::Close(raw) => {
                found.push(String::from_utf8_lossy(raw).into_owned());
                raw
            }
            Piece::Space(raw) | Piece::Colon(raw) | Piece::Comma(raw) => raw,
        });
    };
    let mut stream = JsonStream::new(&LIMITS);
    let mut rest = text;
    let mut ended = Ok(());
    while !rest.is_empty() && ended.is_ok() {
        let (part, after) = rest.split_at(cuts.next().unwrap_or(rest.len()).clamp(1, rest.len()));
        ended = stream.push(part, &mut sink);
        rest = after;
    }
    let ended = ended.and_then(|()| stream.finish(&mut sink));
    match ended {
        Ok(()) => assert_eq!(raw, text),
        Err(_) => assert!(text.starts_with(&raw), "{text:?}: {raw:?}"),
    }
    (found, ended)
}

#[track_caller]
fn check(text: &str, expected: Result<&[&str], (JsonErrorKind, usize)>) {
    for length in [1, 2, 3, 5, usize::MAX] {
        let (found, ended) = pieces(text.as_bytes(), std::iter::repeat(length));
        let found = ended.map(|()| found).map_err(|error| (error.kind, error.offset));
        let expected = expected.map(|pieces| pieces.iter().map(|piece| (*piece).to_owned()).collect());
        assert_eq!(found, expected, "{text} in parts of {length}");
    }
}

#[test]
fn each_piece_is_whole_however_the_text_is_cut() {
    check(
        r#" {"a\u00e9\ud83e\udd80" : [1.50, true,"x\n\ud83e\udd80é🦀", {}], "a":-0} "#,
        Ok(&[
            "{",
            "name aé🦀",
            "[",
            "1.50",
            "true",
            r#"text "x\n\ud83e\udd80é🦀""#,
            "{",
            "}",
            "]",
            "name a",
            "-0",
            "}",
        ]),
    );
    check("12", Ok(&["12"]));
    check(r#""""#, Ok(&[r#"text """#]));
    check("", Err((JsonErrorKind::UnexpectedEnd, 0)));
    check("[1,", Err((JsonErrorKind::UnexpectedEnd, 3)));
    check(r#"{"a"#, Err((JsonErrorKind::UnexpectedEnd, 3)));
    check(r#"["a"#, Err((JsonErrorKind::UnexpectedEnd, 3)));
    check("[1 2]", Err((JsonErrorKind::ExpectedComma, 3)));
    check("[1}", Err((JsonErrorKind::ExpectedComma, 2)));
    check(r#"{"a" 1}"#, Err((JsonErrorKind::ExpectedColon, 5)));
    check("{a:1}", Err((JsonErrorKind::ExpectedName, 1)));
    check("1 2", Err((JsonErrorKind::TrailingData, 2)));
    check("[nul]", Err((JsonErrorKind::ExpectedValue, 1)));
    check("[01]", Err((JsonErrorKind::InvalidNumber, 1)));
    check("[1e400]", Err((JsonErrorKind::NumberOutOfRange, 1)));
    check("[\"a\nb\"]", Err((JsonErrorKind::ControlCharacter, 3)));
    check(r#"["\ud800\u0041 and more"]"#, Err((JsonErrorKind::LoneSurrogate, 2)));
}

#[test]
fn what_must_be_held_is_limited() {
    let check = |text: String, kind| {
        let found = pieces(text.as_bytes(), std::iter::repeat(7)).1;
        assert_eq!(found.map_err(|error| error.kind), kind, "{text}");
    };
    check(format!("{}{}", "[".repeat(8), "]".repeat(8)), Ok(()));
    check("[".repeat(9), Err(JsonErrorKind::TooDeep));
    check(format!(r#"{{"{}":1}}"#, "n".repeat(64)), Ok(()));
    check(format!(r#"{{"{}"#, "n".repeat(65)), Err(JsonErrorKind::StringTooLong));
    check(format!(r#"{{"{}"#, r"\u00e9".repeat(40)), Err(JsonErrorKind::StringTooLong));
    check(format!("[{}", "1".repeat(65)), Err(JsonErrorKind::NumberTooLong));
    check(format!(r#"["{}"]"#, "n".repeat(5000)), Ok(()));
}

fn text() -> impl Strategy<Value = Vec<u8>> {
    let token = prop_oneof![
        8 => "[\\[\\]{},: ]",
        4 => r#""[a-bé🦀]{0,3}""#,
        2 => r#""(\\n|\\u00e9|\\ud83e\\udd80|a|\\u12|\\ud800){0,3}"?"#,
        3 => "(1|-2.5e3|true|false|null|01|nul)",
    ];
    let valid = proptest::collection::vec(any::<u8>(), 0..60).prop_map(|bytes| nested(&bytes).into_bytes());
    let tokens = proptest::collection::vec(token, 0..20).prop_map(|tokens| tokens.concat().into_bytes());
    (prop_oneof![2 => valid, 1 => tokens], any::<Option<(usize, u8)>>()).prop_map(|(mut text, broken)| {
        if let Some((at, byte)) = broken.filter(|_| !text.is_empty()) {
            let at = at % text.len();
            text[at] = byte;
        }
        text
    })
}

/// Some JSON text that the bytes stand for.
fn nested(bytes: &[u8]) -> String {
    let (mut text, mut ends) = (String::new(), Vec::new());
    let mut bytes = bytes.iter();
    loop {
        let byte = bytes.next().copied().unwrap_or(0);
        if ends.last() == Some(&'}') {
            text.push_str(&format!("\"k{}\\u00e9\" : ", byte % 3));
        }
        match byte % 5 {
            3 if ends.len() < 7 => {
                text.push_str("[ ");
                ends.push(']');
                continue;
            }
            4 if ends.len() < 7 => {
                text.push('{');
                ends.push('}');
                continue;
            }
            2 => text.push_str("\"é\\n🦀\""),
            _ => text.push_str("-1.5"),
        }
        while bytes.len() == 0 || byte % 7 == 0 {
            match ends.pop() {
                Some(end) => text.push(end),
                None => return text,
            }
            if byte % 7 == 0 && bytes.len() > 0 {
                break;
            }
        }
        if ends.is_empty() {
            return text;
        }
        text.push(',');
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_text_is_read_alike_whole_and_in_parts(
        text in text(),
        cuts in proptest::collection::vec(1_usize..9, 0..80),
    ) {
        let whole = parse(&text, &LIMITS);
        let in_parts = pieces(&text, cuts.into_iter());
        let at_once = pieces(&text, std::iter::empty());
        match whole.map(drop).map_err(|error| error.kind) {
            Err(JsonErrorKind::DuplicateName | JsonErrorKind::StringTooLong) => {}
            expected => prop_assert_eq!(in_parts.1.is_ok(), expected.is_ok(), "{:?} {:?}", expected, text),
        }
        prop_assert_eq!(in_parts.1.is_ok(), at_once.1.is_ok());
        // Of a text that is none, too, what stands before the fault is told alike.
        prop_assert_eq!(in_parts.0, at_once.0);
    }
}
