//! `cargo xtask codegen`: the reference under docs/reference, printed by the binary itself, so that it cannot drift.

use std::path::PathBuf;
use std::process::Stdio;

use crate::failure::{Failure, Outcome, because};
use crate::say;
use crate::workspace::{cargo, root};

/// What the binary prints with `palisade reference WHAT`, and the file that keeps it.
const PAGES: &[(&str, &str)] = &[
    ("config-schema", "docs/reference/config.schema.json"),
    ("config", "docs/reference/config.md"),
    ("policies", "docs/reference/policies.md"),
    ("rules", "docs/reference/rules.md"),
    ("changes", "docs/reference/changes.md"),
    ("frameworks", "docs/reference/frameworks.md"),
    ("gaps", "docs/reference/gaps.md"),
    ("configs", "docs/reference/configs.md"),
    ("cli", "docs/reference/cli.md"),
];

/// What `cargo xtask codegen` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Write nothing; fail if a file is stale
    #[arg(long)]
    check: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Outcome<()> {
    let mut stale = Vec::new();
    for (what, path) in PAGES {
        let text = page(what)?;
        let file = root().join(path);
        if std::fs::read(&file).is_ok_and(|kept| kept == text) {
            continue;
        }
        if arguments.check {
            stale.push(*path);
        } else {
            write(&file, &text)?;
            say::result(&format!("wrote {path}"));
        }
    }
    if stale.is_empty() {
        return Ok(());
    }
    Err(Failure::new(format!("stale: {}", stale.join(", ")))
        .help("run `cargo xtask codegen` and commit the result"))
}

fn page(what: &str) -> Outcome<Vec<u8>> {
    let output = cargo(&["run", "--quiet", "--locked", "--package", "palisade", "--", "reference", what])
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(because("cannot start cargo"))?;
    if output.status.success() && !output.stdout.is_empty() {
        return Ok(output.stdout);
    }
    Err(Failure::new(format!("`palisade reference {what}` printed no page: {}", output.status)))
}

fn write(file: &PathBuf, text: &[u8]) -> Outcome<()> {
    let folder = file.parent().unwrap_or(root());
    std::fs::create_dir_all(folder).map_err(because(format!("cannot make `{}`", folder.display())))?;
    std::fs::write(file, text).map_err(because(format!("cannot write `{}`", file.display())))
}
