//! What the repository has for the CI of others: its steps are run as they stand, without the services that would run them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use spec::{Document, Limits};

use crate::stage::Stage;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

const OLD: &str = "\
openapi: 3.1.0
info: { title: Orders, version: '1', contact: { name: Orders } }
security: [{ token: [] }]
paths:
  /orders:
    get: { responses: { 2XX: { description: ok }, 4XX: { description: no } } }
components: { securitySchemes: { token: { type: http, scheme: bearer } } }
";

fn yaml(file: &str) -> Value {
    let bytes = std::fs::read(Path::new(ROOT).join(file)).unwrap();
    let (document, problems) = Document::parse(file, bytes, &Limits::default());
    assert_eq!(problems, []);
    document.root().to_value()
}

/// A repository whose last commit has a document, which has since been opened to anybody.
fn repository() -> Stage {
    let stage = Stage::new();
    stage.write("openapi.yaml", OLD);
    git(&stage, &["init", "--quiet"]);
    git(&stage, &["add", "openapi.yaml"]);
    git(&stage, &["commit", "--quiet", "-m", "first"]);
    stage.write("openapi.yaml", &OLD.replace("get: {", "get: { security: [],"));
    stage
}

fn git(stage: &Stage, arguments: &[&str]) {
    let identity = ["-c", "user.name=a", "-c", "user.email=a@example.com"];
    let mut command = Command::new("git");
    let output = command.current_dir(stage.path("")).args(identity).args(arguments).output().unwrap();
    assert!(output.status.success(), "{output:?}");
}

/// `PATH` with the program that is tested, and `more`, first.
fn path(more: Option<&Path>) -> std::ffi::OsString {
    let own = Path::new(env!("CARGO_BIN_EXE_palisade")).parent().unwrap();
    let before = std::env::var_os("PATH").unwrap();
    let folders = more.into_iter().chain([own]).map(Path::to_path_buf);
    std::env::join_paths(folders.chain(std::env::split_paths(&before))).unwrap()
}

fn check(output: &Output, status: i32) -> String {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(status), "{stdout}{stderr}");
    stdout
}

/// Runs the step of the action called `name`, with `inputs` in place of what they are by default.
fn step(stage: &Stage, name: &str, inputs: &[(&str, &str)]) -> Output {
    let action = yaml("action.yml");
    let steps = action["runs"]["steps"].as_array().unwrap();
    let step = steps.iter().find(|step| step["name"] == name).unwrap();
    let given: BTreeMap<&str, &str> = inputs.iter().copied().collect();
    let mut command = Command::new("bash");
    command.arg("-c").arg(step["run"].as_str().unwrap()).current_dir(stage.path("")).env("PATH", path(None));
    command.env("GITHUB_ACTION_PATH", ROOT).env("GITHUB_STEP_SUMMARY", stage.path("summary.md"));
    for (variable, value) in step["env"].as_object().into_iter().flatten() {
        let input = value.as_str().unwrap().trim_start_matches("${{ inputs.").trim_end_matches(" }}");
        let default = action["inputs"][input]["default"].as_str().unwrap();
        command.env(variable, given.get(input).copied().unwrap_or(default));
    }
    command.output().unwrap()
}

#[test]
fn the_action_has_what_actions_have_and_no_input_becomes_code() {
    let action = yaml("action.yml");
    let keys: Vec<&String> = action.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["name", "description", "inputs", "runs"]);
    assert_eq!(action["runs"]["using"], "composite");
    let mut used = Vec::new();
    for step in action["runs"]["steps"].as_array().unwrap() {
        assert_eq!(step["shell"], "bash");
        let run = step["run"].as_str().unwrap();
        assert!(!run.contains("${{"), "{run}: a value of somebody else would be code");
        let script = run.split('/').next_back().unwrap().trim_end_matches('"');
        assert!(Path::new(ROOT).join("ci").join(script).is_file(), "{script}");
        for value in step["env"].as_object().into_iter().flat_map(|env| env.values()) {
            let value = value.as_str().unwrap();
            used.push(value.strip_prefix("${{ inputs.").unwrap().strip_suffix(" }}").unwrap().to_owned());
        }
    }
    used.sort();
    used.dedup();
    let mut declared: Vec<String> = action["inputs"].as_object().unwrap().keys().cloned().collect();
    declared.sort();
    assert_eq!(used, declared);
    assert!(action["inputs"].as_object().unwrap().values().all(|input| input["description"].is_string()));
}

#[test]
fn the_action_reviews_and_compares() {
    let stage = repository();
    let inputs = [("specs", "openapi.yaml\n *.none.yaml"), ("sarif", "out.sarif"), ("fail-on", "note")];
    let stdout = check(&step(&stage, "Review", &[("specs", "openapi.yaml"), inputs[1], inputs[2]]), 1);
    assert!(stdout.contains("::notice file=openapi.yaml,line=6,"), "{stdout}");
    let sarif: Value = serde_json::from_slice(&std::fs::read(stage.path("out.sarif")).unwrap()).unwrap();
    assert!(!sarif["runs"][0]["results"].as_array().unwrap().is_empty());
    let summary = std::fs::read_to_string(stage.path("summary.md")).unwrap();
    assert!(summary.starts_with("## API review\n"), "{summary}");
    check(&step(&stage, "Review", &inputs), 2);
    let stdout = check(&step(&stage, "Diff", &[("base", "HEAD")]), 1);
    assert!(stdout.contains("::error file=openapi.yaml,line=6,col=12,title=opened-operation::"), "{stdout}");
    git(&stage, &["commit", "--quiet", "-am", "opened"]);
    let stdout = check(&step(&stage, "Diff", &[("base", "HEAD")]), 0);
    assert!(!stdout.contains("::error"), "{stdout}");
    check(&step(&stage, "Diff", &[("base", "none")]), 128);
}

#[test]
fn the_action_builds_the_program_where_there_is_none() {
    let stage = Stage::new();
    std::fs::create_dir_all(stage.path("bin")).unwrap();
    for (program, text) in [("cargo", "#!/bin/sh\necho \"$@\" >>\"$RUNNER_TEMP/asked\"\n"), ("bash", "")] {
        let file = stage.path("bin").join(program);
        if text.is_empty() {
            std::os::unix::fs::symlink("/bin/bash", file).unwrap();
        } else {
            std::fs::write(&file, text).unwrap();
            let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
            std::fs::set_permissions(&file, mode).unwrap();
        }
    }
    let install = |path: std::ffi::OsString| {
        let mut command = Command::new("/bin/bash");
        command.arg(Path::new(ROOT).join("ci/install.sh")).env("PATH", path);
        command.env("GITHUB_ACTION_PATH", "/action").env("RUNNER_TEMP", stage.path(""));
        check(&command.env("GITHUB_PATH", stage.path("path")).output().unwrap(), 0)
    };
    install(path(Some(&stage.path("bin"))));
    assert!(!stage.path("asked").exists(), "it is on the path");
    install(
        std::env::join_paths([stage.path("bin"), PathBuf::from("/usr/bin"), PathBuf::from("/bin")]).unwrap(),
    );
    let asked = std::fs::read_to_string(stage.path("asked")).unwrap();
    assert!(asked.starts_with("install --quiet --locked --path /action/crates/palisade --root "), "{asked}");
    let added = std::fs::read_to_string(stage.path("path")).unwrap();
    assert!(added.ends_with("palisade/bin\n"), "{added}");
}

/// Runs a job of the template as a runner does: each line, until one fails.
fn job(stage: &Stage, name: &str, more: &[(&str, &str)]) -> Output {
    let template = yaml("ci/gitlab.yml");
    assert_eq!(template[name]["extends"], ".palisade");
    let lines = [&template[".palisade"]["before_script"], &template[name]["script"]];
    let lines: Vec<&str> = lines
        .into_iter()
        .flat_map(|list| list.as_array().unwrap())
        .map(|line| line.as_str().unwrap())
        .collect();
    let mut command = Command::new("bash");
    command
        .args(["-eo", "pipefail", "-c", &lines.join("\n")])
        .current_dir(stage.path(""))
        .env("PATH", path(None));
    for (variable, value) in template["variables"].as_object().unwrap() {
        command.env(variable, value.as_str().unwrap());
    }
    command.envs(more.iter().copied()).output().unwrap()
}

#[test]
fn the_template_reviews_and_compares() {
    let stage = repository();
    check(&job(&stage, "palisade-review", &[]), 0);
    let stdout = check(&job(&stage, "palisade-review", &[("PALISADE_FAIL_ON", "note")]), 1);
    assert!(stdout.contains("unauthenticated-read"), "{stdout}");
    let report = std::fs::read_to_string(stage.path("palisade-review.xml")).unwrap();
    assert!(report.contains("<testsuites name=\"palisade review\""), "{report}");
    let stdout = check(&job(&stage, "palisade-diff", &[("CI_MERGE_REQUEST_DIFF_BASE_SHA", "HEAD")]), 1);
    assert!(stdout.contains("error[opened-operation]"), "{stdout}");
    assert!(stage.path("palisade-diff.xml").is_file());
}

#[test]
fn hooks_are_run_as_they_are_defined() {
    let stage = repository();
    let hooks = yaml(".pre-commit-hooks.yaml");
    for (hook, status) in [("palisade-review", 0), ("palisade-diff", 1)] {
        let hook = hooks.as_array().unwrap().iter().find(|known| known["id"] == hook).unwrap();
        assert_eq!(hook["language"], "system");
        let entry = hook["entry"].as_str().unwrap().strip_prefix("palisade ").unwrap();
        let arguments = hook.get("args").and_then(Value::as_array).into_iter().flatten();
        let arguments: Vec<&str> =
            [entry].into_iter().chain(arguments.filter_map(Value::as_str)).chain(["openapi.yaml"]).collect();
        check(&stage.palisade(&arguments), status);
    }
}

/// The folder of programs that `cargo xtask test` installs for these tests.
fn tools() -> Option<PathBuf> {
    let target = Path::new(env!("CARGO_BIN_EXE_palisade")).parent()?.parent()?;
    let folder = target.join("tools/ci/bin");
    let is_there = folder.join("pre-commit").is_file() && folder.join("check-jsonschema").is_file();
    if !is_there {
        println!("skipped: `cargo xtask test` installs pre-commit and check-jsonschema");
    }
    is_there.then_some(folder)
}

#[test]
fn files_are_what_their_schemas_ask_for() {
    let Some(tools) = tools() else { return };
    let check_schema = |schema: &str, file: &str| {
        let mut command = Command::new(tools.join("check-jsonschema"));
        command.args(["--builtin-schema", schema]).arg(Path::new(ROOT).join(file));
        check(&command.output().unwrap(), 0);
    };
    check_schema("vendor.github-actions", "action.yml");
    check_schema("vendor.gitlab-ci", "ci/gitlab.yml");
    let mut command = Command::new(tools.join("pre-commit"));
    command.arg("validate-manifest").arg(Path::new(ROOT).join(".pre-commit-hooks.yaml"));
    check(&command.output().unwrap(), 0);
}

#[test]
fn pre_commit_runs_the_hooks() {
    let Some(tools) = tools() else { return };
    let (stage, hooks) = (repository(), Stage::new());
    std::fs::copy(Path::new(ROOT).join(".pre-commit-hooks.yaml"), hooks.path(".pre-commit-hooks.yaml"))
        .unwrap();
    git(&hooks, &["init", "--quiet"]);
    git(&hooks, &["add", ".pre-commit-hooks.yaml"]);
    git(&hooks, &["commit", "--quiet", "-m", "hooks"]);
    git(&stage, &["add", "openapi.yaml"]);
    let run = |hook: &str, file: &str| {
        let mut command = Command::new(tools.join("pre-commit"));
        command.args(["try-repo"]).arg(hooks.path("")).args([hook, "--files", file]);
        command
            .current_dir(stage.path(""))
            .env("PATH", path(Some(&tools)))
            .env("PRE_COMMIT_HOME", stage.path("home"));
        command.output().unwrap()
    };
    check(&run("palisade-review", "openapi.yaml"), 0);
    let stdout = check(&run("palisade-diff", "openapi.yaml"), 1);
    assert!(stdout.contains("error[opened-operation]"), "{stdout}");
    stage.write("other.yaml", "a: 1\n");
    git(&stage, &["add", "other.yaml"]);
    let stdout = check(&run("palisade-review", "other.yaml"), 0);
    assert!(stdout.contains("(no files to check)"), "{stdout}");
}
