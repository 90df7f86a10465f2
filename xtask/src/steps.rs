//! Named steps, run in order, each with its time; the first that fails ends the task and is named.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::failure::{Failure, Outcome, because};
use crate::say::{self, FAINT, GOOD, HEAD, styled};

/// The steps that have run.
#[derive(Debug)]
pub(crate) struct Steps {
    started: Instant,
    done: Vec<(String, Duration)>,
}

impl Steps {
    pub(crate) fn start() -> Self {
        Self { started: Instant::now(), done: Vec::new() }
    }

    /// Runs a step. What it prints goes to the terminal as it comes.
    pub(crate) fn run(&mut self, name: &str, step: impl FnOnce() -> Outcome<()>) -> Outcome<()> {
        say::progress(&styled(HEAD, &format!("── {name}")));
        let started = Instant::now();
        step().map_err(|failure| failure.during(name))?;
        let took = started.elapsed();
        say::progress(&styled(FAINT, &format!("   {name}: {}", time(took))));
        self.done.push((name.to_owned(), took));
        Ok(())
    }

    /// Runs a step that is one command.
    pub(crate) fn command(&mut self, name: &str, mut command: Command) -> Outcome<()> {
        self.run(name, || run(&mut command))
    }

    /// Says what ran and how long each took.
    pub(crate) fn finish(self) {
        say::progress("");
        for (name, took) in &self.done {
            say::progress(&format!("{} {name:<28} {:>8}", styled(GOOD, "ok"), time(*took)));
        }
        say::progress(&format!("{} {:<28} {:>8}", styled(GOOD, "ok"), "all", time(self.started.elapsed())));
    }
}

/// Runs a command with no standard input and waits for it.
pub(crate) fn run(command: &mut Command) -> Outcome<()> {
    let line = line(command);
    let status = command.stdin(Stdio::null()).status().map_err(because(format!("cannot start `{line}`")))?;
    if status.success() {
        return Ok(());
    }
    Err(Failure::new(format!("{status}")).help(format!("run it alone: {line}")))
}

/// A command as it would be typed.
fn line(command: &Command) -> String {
    let program = std::path::Path::new(command.get_program());
    let name = program.file_name().unwrap_or(program.as_os_str());
    let words = std::iter::once(name).chain(command.get_args());
    words.map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
}

fn time(took: Duration) -> String {
    let seconds = took.as_secs();
    if seconds < 60 {
        format!("{:.1} s", took.as_secs_f64())
    } else {
        format!("{} min {:02} s", seconds / 60, seconds % 60)
    }
}

#[test]
fn a_failed_step_is_named_with_its_command() {
    let mut steps = Steps::start();
    let mut command = Command::new("/bin/sh");
    command.args(["-c", "exit 3"]);
    let failure = steps.command("shell", command).expect_err("exit 3 fails");
    assert_eq!(failure.to_string(), "`shell` failed: exit status: 3");
    assert_eq!(failure.advice(), Some("run it alone: sh -c exit 3"));
    assert_eq!(time(Duration::from_secs(125)), "2 min 05 s");
}
