//! The registry, and every example in the documentation of every kind.

mod abroad;
mod answers;
mod authentications;
mod blocked;
mod browser;
mod callers;
mod certificates;
mod egress;
mod flows;
mod gateway;
mod limits;
mod messages;
mod objects;
mod opaque;
mod permits;
mod phantom;
mod possession;
mod proofs;
mod queries;
mod slowed;
mod urls;

use std::path::Path;

use super::{ALL, ControlsSchema, kind};
use crate::policy::Stage;
use gateway::{CEDAR, Gateway, Seen, check};

#[test]
fn ids_are_sorted_plain_and_those_of_the_catalogue() {
    assert!(ALL.is_sorted_by(|a, b| a.id < b.id));
    for kind in ALL {
        assert!(kind.id.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'), "{}", kind.id);
        assert!(model::control(kind.id).is_some(), "{} is not in the catalogue", kind.id);
    }
    let elsewhere = ["protocol", "upstream"];
    for control in model::CONTROLS {
        assert!(
            elsewhere.contains(&control.id) || kind(control.id).is_ok(),
            "nothing enforces {}",
            control.id
        );
    }
}

#[test]
fn every_file_is_a_kind_of_its_name() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/policies");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut names: Vec<String> = files
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .map(|path| path.file_stem().unwrap().to_str().unwrap().replace('_', "-"))
        .filter(|name| name != "tests")
        .collect();
    names.sort();
    assert_eq!(names, ALL.iter().map(|kind| kind.id).collect::<Vec<_>>());
}

#[test]
fn an_unknown_id_is_told_the_nearest() {
    assert_eq!(kind("jwt").unwrap().stage, Stage::Identify);
    assert_eq!(kind("ratelimit").unwrap_err(), Some("rate-limit"));
    assert_eq!(kind("banana").unwrap_err(), None);
}

#[test]
fn the_schema_of_controls_has_every_kind_and_its_mode() {
    let schema = schemars::schema_for!(ControlsSchema).to_value();
    assert_eq!(schema["additionalProperties"], false);
    let properties = schema["properties"].as_object().unwrap();
    assert!(properties.keys().eq(ALL.iter().map(|kind| kind.id)));
    for (id, property) in properties {
        assert_eq!(property["anyOf"][0]["enum"], serde_json::json!(["enforce", "shadow", "off"]), "{id}");
        let settings = &property["anyOf"][1];
        assert_eq!(settings["additionalProperties"], false, "{id}");
        assert!(settings["properties"].get("mode").is_some(), "{id}");
    }
}

/// One fenced block of a kind's documentation.
struct Block<'d> {
    info: &'d str,
    text: String,
}

fn blocks(doc: &str) -> Vec<Block<'_>> {
    let mut blocks = Vec::new();
    let mut open: Option<Block<'_>> = None;
    for line in doc.lines() {
        match (line.strip_prefix("~~~"), open.take()) {
            (Some(info), None) => open = Some(Block { info, text: String::new() }),
            (Some(_), Some(block)) => blocks.push(block),
            (None, Some(mut block)) => {
                block.text.push_str(line);
                block.text.push('\n');
                open = Some(block);
            }
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "an example is not closed");
    blocks
}

/// The paths of the examples, and the policies beside them where there are any.
fn paths(blocks: &[Block<'_>]) -> Option<String> {
    let text = |info: &str| blocks.iter().find(|block| block.info == info).map(|block| block.text.as_str());
    let policies = text("cedar").map(|policies| format!("{CEDAR}{policies}")).unwrap_or_default();
    Some(format!("{}{policies}", text("yaml operation")?))
}

/// An example without what the caller gets, and that.
fn example(text: &str) -> (&str, Option<&str>) {
    match text.split_once(">>> caller\n") {
        Some((served, caller)) => (served, Some(caller)),
        None => (text, None),
    }
}

/// Compares what the caller gets: header lines that are there, names behind `!` that are not, an empty line, the body.
fn gets(seen: &Seen, expected: &str, text: &str) {
    let (head, body) = expected.split_once("\n\n").unwrap();
    for line in head.lines() {
        match (line.strip_prefix('!'), line.split_once(": ")) {
            (Some(name), _) => assert_eq!(seen.header(name), None, "{text}"),
            (None, Some((name, value))) => assert_eq!(seen.header(name), Some(value), "{text}"),
            (None, None) => panic!("{line} is no field"),
        }
    }
    assert_eq!(seen.body.as_deref(), Some(body.trim_end_matches('\n')), "{text}");
}

#[test]
fn every_kind_proves_its_documentation() {
    for kind in ALL {
        let blocks = blocks(kind.doc);
        let text =
            |info: &str| blocks.iter().find(|block| block.info == info).map(|block| block.text.as_str());
        let paths = paths(&blocks).unwrap_or_else(|| panic!("{} has no operation", kind.id));
        let settings = text("yaml settings").unwrap_or_default();
        let (mut allowed, mut refused, mut answered, mut delayed) = (0, 0, 0, 0);
        for block in blocks.iter().filter(|block| block.info.starts_with("http")) {
            let (served, caller) = example(&block.text);
            if let Some(expected) = block.info.strip_prefix("http delayed by ") {
                delayed += 1;
                let delay = Gateway::new(&paths, settings).serve_each(served).delay;
                let delay = delay.map_or("nothing".to_owned(), |delay| format!("{delay:?}"));
                assert_eq!(delay, expected, "{}:\n{}", kind.id, block.text);
                continue;
            }
            let seen = Gateway::new(&paths, settings).serve(served);
            match block.info.strip_prefix("http refused ") {
                Some(expected) => {
                    refused += 1;
                    assert_eq!(seen.verdict, expected, "{}:\n{}", kind.id, block.text);
                    assert_eq!(seen.control, kind.id, "{}", block.text);
                }
                None => {
                    allowed += 1;
                    assert_eq!(block.info, "http allowed");
                    assert!(seen.is_allowed(), "{}: {}\n{}", kind.id, seen.verdict, block.text);
                    if let Some(caller) = caller {
                        answered += 1;
                        gets(&seen, caller, &block.text);
                    }
                }
            }
        }
        let proofs = if kind.stage == Stage::Headers { answered } else { refused + delayed };
        assert!(allowed > 0 && proofs > 0, "{} needs an allowed and a refused example", kind.id);
        assert!(kind.doc.contains("When this is wrong: "), "{}", kind.id);
    }
}

#[test]
fn what_is_refused_in_force_is_only_said_in_shadow_and_not_even_that_when_off() {
    // The settings of `lifecycle` are dates of single operations, which stand before a mode for all.
    for kind in ALL.iter().filter(|kind| kind.id != "lifecycle") {
        let blocks = blocks(kind.doc);
        let text =
            |info: &str| blocks.iter().find(|block| block.info == info).map(|block| block.text.as_str());
        let paths = paths(&blocks).unwrap_or_default();
        let settings = text("yaml settings").unwrap_or_default();
        for block in blocks.iter().filter(|block| block.info.starts_with("http refused")) {
            let served = example(&block.text).0;
            let shadow = Gateway::with_mode(&paths, settings, kind.id, "shadow").serve(served);
            assert_ne!(shadow.control, kind.id, "{}", block.text);
            let said = shadow
                .said
                .iter()
                .find(|(id, _)| *id == kind.id)
                .unwrap_or_else(|| panic!("{} did not run", kind.id));
            let reason = said.1.clone().unwrap_or_default();
            assert_eq!(block.info.split(' ').nth(3), Some(reason.as_str()), "{}", block.text);
            let off = Gateway::with_mode(&paths, settings, kind.id, "off").serve(served);
            assert!(off.said.iter().all(|(id, _)| *id != kind.id) && off.control != kind.id);
        }
    }
}

const ANY: &str = "
/orders/{id}:
  get:
    security: [{ token: ['orders:read'] }]
    parameters:
    - { name: id, in: path, required: true, schema: { type: integer } }
    responses: { '200': { description: ok } }
";

#[test]
fn an_error_inside_a_policy_is_a_refusal() {
    // A cache that is in use, which no request can bring about.
    let gateway = Gateway::new(ANY, "");
    let worker = crate::policy::WorkerState::default();
    let in_use = worker.tokens.borrow_mut();
    let seen = gateway
        .serve_on(&worker, "GET /orders/1 HTTP/1.1\nAuthorization: Bearer {token alice orders:read}\n");
    assert_eq!((seen.verdict.as_str(), seen.control), ("500 internal", "jwt"));
    drop(in_use);
    let seen = gateway
        .serve_on(&worker, "GET /orders/1 HTTP/1.1\nAuthorization: Bearer {token alice orders:read}\n");
    assert_eq!(seen.verdict, "allowed");
    // Text that cannot be read.
    for settings in
        ["", "undeclared: { query: allow }", "{ undeclared: { query: allow }, jwt: off, scope: off }"]
    {
        let request = "GET /orders/1?%zz=a HTTP/1.1\nAuthorization: Bearer {token alice orders:read}\n";
        check(
            ANY,
            settings,
            request,
            if settings.is_empty() { "400 undeclared-parameter" } else { "400 parameter-invalid" },
        );
    }
}

#[test]
fn settings_with_unknown_keys_are_problems_with_a_place() {
    for (settings, expected) in [
        ("cors: { allowed-origin: ['https://a.example'] }", "allowed-origin"),
        ("rate-limit: { limits: [{ rate: 10/min, brust: 3 }] }", "brust"),
        ("ip-limit: { rate: fast }", "rate"),
        ("body-limits: { bytes: 1GiB }", "bytes"),
    ] {
        let problems = Gateway::problems(ANY, settings);
        let problem = problems.iter().find(|problem| format!("{problem}").contains(expected));
        let problem = problem.unwrap_or_else(|| panic!("{settings}: {problems:?}"));
        assert!(problem.position.is_some(), "{settings}: {problem}");
    }
}
