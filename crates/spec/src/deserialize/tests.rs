//! Nodes into Rust values: what is read, and where what cannot be read is.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::deserialize;
use crate::document::{Document, Limits};

#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    version: u32,
    listen: Vec<Listener>,
    #[serde(default)]
    mode: Mode,
    #[serde(default)]
    codes: BTreeMap<u16, String>,
    ratio: Option<f64>,
    #[serde(default)]
    keys: Vec<Keys>,
    #[serde(default)]
    pair: Option<(String, bool)>,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Listener {
    address: String,
    #[serde(default)]
    tls: Option<Tls>,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Tls {
    certificate: Name,
    port: u16,
}

#[derive(Debug, PartialEq, Deserialize)]
struct Name(String);

#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Mode {
    #[default]
    Enforce,
    Shadow,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Keys {
    None,
    File(String),
    Url { at: String, every: u64 },
}

#[track_caller]
fn fails(text: &str, expected: &[&str]) {
    let (document, problems) = Document::parse("c.yaml", text, &Limits::default());
    assert!(problems.is_empty(), "{problems:?}");
    let problems = deserialize::<Config>(&document, document.root()).expect_err(text);
    let found: Vec<String> = problems.iter().map(ToString::to_string).collect();
    assert_eq!(found, expected, "{text}");
}

#[test]
fn structs_enums_maps_and_options_are_read() {
    let text = "version: 1\nlisten:\n- address: a\n- {address: b, tls: {certificate: c, port: 443}}\nmode: shadow\n\
                codes: {200: ok, 404: gone}\nratio: 1\nkeys: [none, {file: f}, {url: {at: u, every: 5}}]\npair: [x, true]\n";
    let (document, _) = Document::parse("c.yaml", text, &Limits::default());
    let config: Config = deserialize(&document, document.root()).unwrap();
    let tls = Tls { certificate: Name("c".into()), port: 443 };
    let expected = Config {
        version: 1,
        listen: vec![
            Listener { address: "a".into(), tls: None },
            Listener { address: "b".into(), tls: Some(tls) },
        ],
        mode: Mode::Shadow,
        codes: BTreeMap::from([(200, "ok".into()), (404, "gone".into())]),
        ratio: Some(1.0),
        keys: vec![Keys::None, Keys::File("f".into()), Keys::Url { at: "u".into(), every: 5 }],
        pair: Some(("x".into(), true)),
    };
    assert_eq!(config, expected);
}

#[test]
fn every_problem_is_said_at_once_with_its_place() {
    fails(
        "version: one\nlisten:\n- adress: a\n- address: b\n  tls: {certificate: 5, port: 70000, x: 1}\nmode: shadw\nnonsense: 1\n",
        &[
            "c.yaml:1:10: expected a whole number, not negative, found a string",
            "c.yaml:3:3: unknown key `adress` (help: did you mean `address`?)",
            "c.yaml:5:22: expected a string, found the number `5` (help: write it in quotes)",
            "c.yaml:5:31: expected a whole number from 0 to 65535, found the number `70000`",
            "c.yaml:5:38: unknown key `x` (help: expected one of `certificate`, `port`)",
            "c.yaml:6:7: unknown value `shadw` (help: did you mean `shadow`?)",
            "c.yaml:7:1: unknown key `nonsense` (help: expected one of `version`, `listen`, `mode`, `codes`, `ratio`, `keys`, `pair`)",
        ],
    );
}

#[test]
fn what_is_missing_is_said_of_the_mapping_that_lacks_it() {
    fails("listen: []\n", &["c.yaml:1:1: `version` is missing"]);
    fails("version: 1\nlisten:\n- tls: {port: 1}\n", &["c.yaml:3:8: `certificate` is missing"]);
    fails("version: 1\nlisten: {}\n", &["c.yaml:2:9: expected a list, found a mapping"]);
    fails("[]", &["c.yaml:1:1: expected a mapping, found a list"]);
    fails("version: 1\nlisten:\n", &["c.yaml:2:7: expected a list, found nothing"]);
}

#[test]
fn choices_name_what_may_be_chosen() {
    fails(
        "version: 1\nlisten: []\nkeys: [fil]\n",
        &["c.yaml:3:8: unknown value `fil` (help: did you mean `file`?)"],
    );
    fails(
        "version: 1\nlisten: []\nkeys: [{uri: 1}]\n",
        &["c.yaml:3:9: unknown value `uri` (help: did you mean `url`?)"],
    );
    fails(
        "version: 1\nlisten: []\nkeys: [file]\n",
        &["c.yaml:3:8: `file` needs a value (help: write `file: …`)"],
    );
    fails("version: 1\nlisten: []\nkeys: [{none: 1}]\n", &["c.yaml:3:15: `none` takes no value"]);
    fails(
        "version: 1\nlisten: []\nkeys: [5]\n",
        &[
            "c.yaml:3:8: expected a name or a mapping with one key (help: expected one of `none`, `file`, `url`)",
        ],
    );
    fails(
        "version: 1\nlisten: []\ncodes: {ok: x}\n",
        &["c.yaml:3:9: expected a whole number from 0 to 65535, found a string"],
    );
}

#[test]
fn a_string_in_the_wrong_place_is_never_quoted() {
    let (document, _) =
        Document::parse("c.yaml", "version: hunter2\nlisten: hunter2\nratio: hunter2\n", &Limits::default());
    let problems = deserialize::<Config>(&document, document.root()).unwrap_err();
    assert_eq!(problems.len(), 3);
    assert!(!format!("{problems:?}").contains("hunter2"));
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
enum Tagged {
    Jwt { issuer: String },
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(untagged, expecting = "expected a number or a mapping with `kind`")]
enum Either {
    Number(u64),
    Tagged(Tagged),
}

#[test]
fn tagged_and_untagged_choices_are_placed_as_near_as_serde_allows() {
    let check = |text: &str| {
        let (document, _) = Document::parse("c.yaml", text, &Limits::default());
        deserialize::<BTreeMap<String, Either>>(&document, document.root())
            .map_err(|problems| problems[0].to_string())
    };
    let jwt = Either::Tagged(Tagged::Jwt { issuer: "i".into() });
    let expected = BTreeMap::from([("a".to_owned(), Either::Number(1)), ("b".to_owned(), jwt)]);
    assert_eq!(check("a: 1\nb: {kind: jwt, issuer: i}\n"), Ok(expected));
    assert_eq!(check("a: []\n"), Err("c.yaml:1:4: expected a number or a mapping with `kind`".to_owned()));
    let (document, _) = Document::parse("c.yaml", "- {kind: jwt, isuer: i}", &Limits::default());
    let problems = deserialize::<Vec<Tagged>>(&document, document.root()).unwrap_err();
    assert_eq!(problems[0].to_string(), "c.yaml:1:15: unknown key `isuer` (help: did you mean `issuer`?)");
}
