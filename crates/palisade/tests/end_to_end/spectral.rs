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

const DOCUMENTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/corpus/openapi/real");

/// How many documents are compared, the smallest first: Spectral takes seconds for each.
const COUNT: usize = 8;

/// A rule, and the JSON pointer of what it found.
type Found = BTreeSet<(String, String)>;

#[test]
fn a_ruleset_finds_what_spectral_finds_with_it() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("tools/spectral");
    let program = folder.join("node_modules/.bin/spectral");
    let Ok(entries) = std::fs::read_dir(DOCUMENTS) else {
        println!("skipped: no documents at {DOCUMENTS}");
        return;
    };
    if !program.is_file() {
        println!("skipped: no Spectral in `{}`", folder.display());
        return;
    }
    let mut files: Vec<(u64, PathBuf)> = entries
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.metadata().unwrap().len(), entry.path()))
        .filter(|(_, path)| path.extension().is_some_and(|end| end == "json"))
        .collect();
    files.sort();
    let stage = Stage::new();
    stage.write("team.yaml", RULESET);
    let (mut alike, mut differing) = (0, Vec::new());
    for (_, file) in files.iter().step_by(6).take(COUNT) {
        let (ours, theirs) = (ours(&stage, file), theirs(&stage, &program, file));
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

fn ours(stage: &Stage, file: &Path) -> Found {
    let arguments = ["review", "--ruleset", "team.yaml", "--format", "json", file.to_str().unwrap()];
    let report: Value = serde_json::from_slice(&stage.palisade(&arguments).stdout).unwrap();
    let said = report["not_judged"].to_string();
    assert!(!said.contains("team.yaml"), "the whole ruleset is run: {said}");
    let findings = report["findings"].as_array().unwrap().iter();
    let found = findings.map(|found| (text(&found["rule"]), text(&found["pointer"])));
    found.filter(|(rule, _)| is_of_team(rule)).collect()
}

fn theirs(stage: &Stage, program: &Path, file: &Path) -> Found {
    let mut command = Command::new(program);
    command.args(["lint", "--quiet", "--format", "json", "--ruleset"]).arg(stage.path("team.yaml")).arg(file);
    let output = command.output().unwrap();
    let results: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
    let token = |token: &Value| token.as_str().map_or_else(|| token.to_string(), str::to_owned);
    let pointer = |path: &Value| -> String {
        let tokens = path.as_array().unwrap().iter().map(token);
        tokens.map(|token| format!("/{}", token.replace('~', "~0").replace('/', "~1"))).collect()
    };
    let results = results.as_array().unwrap().iter();
    let found = results.map(|result| (text(&result["code"]), pointer(&result["path"])));
    found.filter(|(rule, _)| is_of_team(rule)).collect()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// Whether the ruleset names the rule: what Spectral says of its own beside that is left out.
fn is_of_team(rule: &str) -> bool {
    RULESET.lines().any(|line| line.trim_start().strip_prefix(rule).is_some_and(|rest| rest.starts_with(':')))
}
