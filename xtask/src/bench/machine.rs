//! The machine: its cores, who runs on which, and the facts that a reader of numbers needs.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::workspace::root;

/// The core of whoever is measured.
pub(super) fn contender_core() -> usize {
    0
}

/// The core of the load and of the backend: the last that this process may run on, which stays the same once it is
/// pinned there.
pub(super) fn load_core() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let allowed = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:"));
    let last = allowed.and_then(|list| list.rsplit(['-', ',']).next());
    last.and_then(|core| core.trim().parse().ok()).unwrap_or(0)
}

/// `program`, on one core.
pub(super) fn on_core(core: usize, program: &Path) -> Command {
    let mut command = Command::new("taskset");
    command.arg("--cpu-list").arg(core.to_string()).arg(program);
    command
}

/// Processor, cores, kernel, date and commit, as lines of a list.
pub(super) fn facts() -> String {
    let processors = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let models: Vec<&str> = processors
        .lines()
        .filter(|line| line.starts_with("model name"))
        .filter_map(|line| line.split_once(": "))
        .map(|(_, model)| model)
        .collect();
    let model = models.first().copied().unwrap_or("unknown processor");
    format!(
        "- machine: {model}, {} cores, Linux {}\n- date: {}\n- commit: {}\n",
        models.len(),
        said("uname", &["-r"]),
        said("date", &["--utc", "+%Y-%m-%d %H:%M UTC"]),
        said("git", &["describe", "--always", "--dirty"]),
    )
}

/// The first line that a program prints, on either output.
pub(super) fn said(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).current_dir(root()).stdin(Stdio::null()).output();
    let Ok(output) = output else { return "unknown".to_owned() };
    let text = if output.stdout.is_empty() { output.stderr } else { output.stdout };
    String::from_utf8_lossy(&text)
        .lines()
        .find(|line| !line.trim().is_empty())
        .unwrap_or("unknown")
        .trim()
        .to_owned()
}
