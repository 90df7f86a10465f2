//! `cargo xtask test`: every check, in the order in which a mistake is cheapest to learn of.

use std::process::{Command, ExitCode};
use std::time::Instant;

const STEPS: &[(&str, &[&str])] = &[
    ("format", &["fmt", "--all", "--check"]),
    ("lints", &["clippy", "--workspace", "--all-targets", "--quiet", "--", "--deny", "warnings"]),
    ("tests", &["test", "--workspace", "--quiet"]),
];

/// Runs the steps one after another and stops at the first that fails.
pub(crate) fn run() -> ExitCode {
    for (name, arguments) in STEPS {
        eprintln!("── {name}: cargo {}", arguments.join(" "));
        let started = Instant::now();
        let status = Command::new(env!("CARGO")).args(*arguments).status();
        let seconds = started.elapsed().as_secs();
        match status {
            Ok(status) if status.success() => eprintln!("── {name}: passed in {seconds} s"),
            Ok(status) => {
                eprintln!("── {name}: failed after {seconds} s ({status})");
                return ExitCode::FAILURE;
            }
            Err(error) => {
                eprintln!("── {name}: `cargo` could not be started: {error}");
                return ExitCode::from(3);
            }
        }
    }
    ExitCode::SUCCESS
}
