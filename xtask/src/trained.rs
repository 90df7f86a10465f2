//! The gateway as it is released: built once to watch what it does under load, and again for what was seen.
//!
//! The path of a request runs through much code that each request touches once. A compiler that knows which of it runs lays
//! that out side by side and moves the rest away (profile-guided optimisation).

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use crate::failure::{Failure, Outcome, because};
use crate::steps;
use crate::workspace::{cargo, target};
use crate::{bench, say};

pub(crate) fn run() -> Outcome<()> {
    say::result(&build()?.display().to_string());
    Ok(())
}

/// Where the released program lies once it is built.
pub(crate) fn path() -> Outcome<PathBuf> {
    Ok(program("trained", &host()?))
}

/// Builds it. The training is repeated where the program has changed since.
pub(crate) fn build() -> Outcome<PathBuf> {
    let (host, tool) = (host()?, merging_tool()?);
    let folder = target().join("training");
    let (seen, profile) = (folder.join("seen"), folder.join("palisade.profdata"));
    say::progress("building `palisade` to watch it (about 10 minutes on two cores the first time)");
    let watched = compile("watched", &host, &format!("-Cprofile-generate={}", seen.display()))?;
    if changed(&profile) < changed(&watched) {
        if seen.exists() {
            std::fs::remove_dir_all(&seen).map_err(because(format!("cannot empty `{}`", seen.display())))?;
        }
        bench::train(&watched)?;
        steps::run(Command::new(tool).arg("merge").arg("--output").arg(&profile).arg(&seen))?;
    }
    say::progress("building `palisade` for what was seen (about 10 minutes on two cores the first time)");
    compile("trained", &host, &format!("-Cprofile-use={}", profile.display()))
}

/// Builds the release profile with a flag of the compiler, in a folder of its own. Where a target is named, the flag is not
/// for what runs while building.
fn compile(folder: &str, host: &str, flag: &str) -> Outcome<PathBuf> {
    let mut build = cargo(&["build", "--release", "--locked", "--package", "palisade", "--target", host]);
    build.arg("--target-dir").arg(target().join(folder));
    // Unlike `RUSTFLAGS`, this may hold spaces.
    steps::run(build.env("CARGO_ENCODED_RUSTFLAGS", flag))?;
    Ok(program(folder, host))
}

fn program(folder: &str, host: &str) -> PathBuf {
    target().join(folder).join(host).join("release/palisade")
}

/// When a file was written, the beginning of time where there is none.
fn changed(path: &Path) -> SystemTime {
    let written = std::fs::metadata(path).and_then(|metadata| metadata.modified());
    written.unwrap_or(SystemTime::UNIX_EPOCH)
}

/// The compiler's own tool for what it was told to watch, installed where it is missing. Another release reads other files.
fn merging_tool() -> Outcome<PathBuf> {
    let folder = PathBuf::from(said_by_rustc(&["--print", "target-libdir"])?);
    let tool = folder.with_file_name("bin").join("llvm-profdata");
    if !tool.is_file() {
        say::progress("installing llvm-tools with rustup");
        let failed = |failure: Failure| {
            Failure::new(format!("`{}` is missing and could not be installed: {failure}", tool.display()))
                .help("rustup component add llvm-tools; or, slower, cargo build --release")
        };
        steps::run(Command::new("rustup").args(["component", "add", "llvm-tools"])).map_err(failed)?;
    }
    Ok(tool)
}

/// The machine as the compiler names it.
fn host() -> Outcome<String> {
    let said = said_by_rustc(&["--version", "--verbose"])?;
    let host = said.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).ok_or_else(|| Failure::new("`rustc --version --verbose` names no host"))
}

fn said_by_rustc(arguments: &[&str]) -> Outcome<String> {
    let output = Command::new("rustc").args(arguments).output().map_err(because("cannot start `rustc`"))?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
