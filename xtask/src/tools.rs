//! Programs that a task needs beside cargo, installed where they are missing, with a word on what is installed.

use std::process::{Command, Stdio};

use crate::failure::Outcome;
use crate::say;
use crate::steps::run;
use crate::workspace::cargo;

/// The release of cargo-deny whose findings we know.
const CARGO_DENY: &str = "^0.20";

/// Whether cargo-nextest is there; without it `cargo test` runs the same tests.
pub(crate) fn has_nextest() -> bool {
    answers(cargo(&["nextest", "--version"]))
}

/// Installs cargo-deny if it is missing.
pub(crate) fn cargo_deny() -> Outcome<()> {
    if answers(cargo(&["deny", "--version"])) {
        return Ok(());
    }
    say::progress("   installing cargo-deny with `cargo install` (about 5 minutes on two cores)");
    run(&mut cargo(&["install", "cargo-deny", "--version", CARGO_DENY, "--locked", "--quiet"]))
}

/// Whether a command starts and ends well; what it prints is thrown away.
fn answers(mut command: Command) -> bool {
    let quiet = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    quiet.status().is_ok_and(|status| status.success())
}
