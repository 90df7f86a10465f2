//! The same ruleset over the same real documents, by us and by Spectral: the same rules find something at the same places.
//!
//! `cargo xtask test` installs Spectral where there is npm; without it, or without the documents, this test says so and proves
//! nothing.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::stage::Stage;

const RULESET: &str = include_str!("spectral/team.yaml");

const OVERRIDES: &str = include_str!("spectral/overrides.yaml");

const DOCUMENTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/corpus/openapi/real");

/// How many documents are compared, the smallest first: Spectral takes seconds for each.
const COUNT: usize = 8;

/// A rule, the JSON pointer of what it found, and how severe that is.
type Found = BTreeSet<(String, String, String)>;

#[test]
fn a_ruleset_finds_what_spectral_finds_with_it() {
    let program = program();
    let Ok(entries) = std::fs::read_dir(DOCUMENTS) else {
        println!("skipped: no documents at {DOCUMENTS}");
        return;
    };
    if !program.is_file() {
        println!("skipped: no Spectral at `{}`", program.display());
        return;
    }
    let mut files: Vec<(u64, PathBuf)> = entries
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.metadata().unwrap().len(), entry.path()))
        .filter(|(_, path)| path.extension().is_some_and(|end| end == "json"))
        .collect();
    files.sort();
    let stage = Stage::new();
    let ruleset = Ruleset { stage: &stage, file: "team.yaml", text: RULESET };
    stage.write(ruleset.file, RULESET);
    let (mut alike, mut differing) = (0, Vec::new());
    for (_, file) in files.iter().step_by(6).take(COUNT) {
        let (ours, theirs) = (ours(&ruleset, file), theirs(&ruleset, &program, file));
        alike += ours.intersection(&theirs).count();
        differing.extend(
            ours.symmetric_difference(&theirs)
                .map(|found| (file.file_name().unwrap().to_owned(), found.clone())),
        );
    }
    println!("{alike} findings alike");
    assert_eq!(differing, []);
    assert!(alike > 50, "{alike}");
}

/// Files match, and places in them, as they do for Spectral: below the ruleset's folder, beside it, and hidden.
#[test]
fn overrides_are_for_the_documents_that_they_are_for_in_spectral() {
    let program = program();
    if !program.is_file() {
        println!("skipped: no Spectral at `{}`", program.display());
        return;
    }
    let stage = Stage::new();
    let ruleset = Ruleset { stage: &stage, file: "rules/team.yaml", text: OVERRIDES };
    let document = "openapi: 3.1.0\ninfo: { title: t, version: '1' }\n\
        paths: { /a: { get: { responses: {} } }, '/a/{id}': { get: { responses: {} } } }\n";
    let files = [
        "rules/api.yaml",
        "rules/v1/api.yaml",
        "rules/v1/.api.yaml",
        "rules/.v1/api.yaml",
        "rules/v2/a/b/api.yaml",
        "v1/api.yaml",
        "v3/old.yaml",
        "api.json",
    ];
    for folder in ["rules/v1", "rules/.v1", "rules/v2/a/b", "v1", "v3"] {
        std::fs::create_dir_all(stage.path(folder)).unwrap();
    }
    stage.write(ruleset.file, OVERRIDES);
    let mut different = BTreeSet::new();
    for file in files {
        stage.write(file, document);
        let (ours, theirs) = (ours(&ruleset, Path::new(file)), theirs(&ruleset, &program, Path::new(file)));
        assert_eq!(ours, theirs, "{file}");
        different.insert(ours);
    }
    assert!(different.len() > 5, "{different:#?}");
}

fn program() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("tools/spectral");
    folder.join("node_modules/.bin/spectral")
}

/// A ruleset, and where it stands.
struct Ruleset<'a> {
    stage: &'a Stage,
    file: &'a str,
    text: &'a str,
}

fn ours(Ruleset { stage, file: ruleset, text: rules }: &Ruleset<'_>, file: &Path) -> Found {
    let arguments = ["review", "--ruleset", ruleset, "--format", "json", file.to_str().unwrap()];
    let report: Value = serde_json::from_slice(&stage.palisade(&arguments).stdout).unwrap();
    let said = report["not_judged"].to_string();
    assert!(!said.contains(ruleset), "the whole ruleset is run: {said}");
    let findings = report["findings"].as_array().unwrap().iter();
    let found =
        findings.map(|found| (text(&found["rule"]), text(&found["pointer"]), text(&found["severity"])));
    found.filter(|(rule, ..)| is_of_team(rules, rule)).collect()
}

fn theirs(Ruleset { stage, file: ruleset, text: rules }: &Ruleset<'_>, program: &Path, file: &Path) -> Found {
    let mut command = Command::new(program);
    command.args(["lint", "--quiet", "--format", "json", "--ruleset"]).arg(stage.path(ruleset));
    command.arg(stage.path(file.to_str().unwrap()));
    let output = command.output().unwrap();
    let results: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
    let token = |token: &Value| token.as_str().map_or_else(|| token.to_string(), str::to_owned);
    let pointer = |path: &Value| -> String {
        let tokens = path.as_array().unwrap().iter().map(token);
        tokens.map(|token| format!("/{}", token.replace('~', "~0").replace('/', "~1"))).collect()
    };
    let results = results.as_array().unwrap().iter();
    let severity =
        |result: &Value| ["error", "warning", "note", "note"].get(result["severity"].as_u64()? as usize);
    let found = results.map(|result| {
        (text(&result["code"]), pointer(&result["path"]), (*severity(result).unwrap()).to_owned())
    });
    found.filter(|(rule, ..)| is_of_team(rules, rule)).collect()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// Whether the ruleset names the rule: what Spectral says of its own beside that is left out.
fn is_of_team(ruleset: &str, rule: &str) -> bool {
    ruleset.lines().any(|line| line.trim_start().strip_prefix(rule).is_some_and(|rest| rest.starts_with(':')))
}
