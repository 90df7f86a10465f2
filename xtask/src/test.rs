//! `cargo xtask test`: everything that a change must pass, the same on a desk and in CI.

use std::process::{Command, Stdio};

use crate::demo::mutants;
use crate::failure::{Failure, Outcome, because};
use crate::say;
use crate::steps::Steps;
use crate::tools;
use crate::workspace::{cargo, target};

/// Packages that must never be built into anything of ours: second providers of cryptography, and `rsa`, whose
/// private-key operations leak time.
const BANNED: &[&str] = &["ring", "openssl", "openssl-sys", "native-tls", "rsa"];

/// What `cargo xtask test` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Format, banned dependencies, tidy and unit tests only
    #[arg(long)]
    quick: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Outcome<()> {
    let mut steps = Steps::start();
    steps.command("format", cargo(&["fmt", "--all", "--check"]))?;
    steps.run("banned dependencies", banned)?;
    if arguments.quick {
        steps.command("tidy", cargo(&["test", "--quiet", "--locked", "--package", "xtask"]))?;
        steps.command("unit tests", unit_tests())?;
    } else {
        steps.run("licences and sources", licences)?;
        steps.command("lints", lints())?;
        steps.command("fuzz targets", fuzz())?;
        steps.run("OpenID provider", tools::oidc_provider)?;
        steps.run("language client", tools::editor)?;
        steps.run("Spectral", tools::spectral)?;
        steps.run("schema of SARIF", tools::sarif)?;
        steps.run("database of countries", tools::countries)?;
        steps.run("proxies", tools::proxies_if_possible)?;
        steps.run("PostgreSQL", tools::postgres_if_possible)?;
        steps.run("gRPC and WebSockets", tools::streams)?;
        steps.run("pre-commit and schemas of CI", tools::ci_if_possible)?;
        tests(&mut steps)?;
        steps.run("mutants of the demo", mutants_of_the_demo)?;
    }
    steps.finish();
    Ok(())
}

fn lints() -> Command {
    cargo(&["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"])
}

/// Fuzz targets rot unless they are compiled. They are run by hand, and past crashes are replayed by the ordinary tests.
fn fuzz() -> Command {
    cargo(&["check", "--locked", "--manifest-path", "fuzz/Cargo.toml", "--all-targets"])
}

fn unit_tests() -> Command {
    if tools::has_nextest() {
        cargo(&["nextest", "run", "--workspace", "--lib", "--bins", "--locked"])
    } else {
        cargo(&["test", "--workspace", "--lib", "--bins", "--locked"])
    }
}

/// All tests, tidy and the check of generated files among them. Documentation tests go first, so that the closing
/// line of the run is that of the many.
fn tests(steps: &mut Steps) -> Outcome<()> {
    if tools::has_nextest() {
        steps.command(
            "documentation tests",
            cargo(&["test", "--quiet", "--doc", "--workspace", "--locked"]),
        )?;
        steps.command("tests", cargo(&["nextest", "run", "--workspace", "--locked", "--no-fail-fast"]))
    } else {
        steps.command("tests", cargo(&["test", "--workspace", "--locked", "--no-fail-fast"]))
    }
}

/// With the program that the tests have just built.
fn mutants_of_the_demo() -> Outcome<()> {
    let binary = target().join("debug/palisade");
    mutants::run(&mutants::Arguments { binary: Some(binary), list: false })
}

/// Reads what is really built: a lock file also lists optional packages that nothing turns on.
fn banned() -> Outcome<()> {
    let output =
        cargo(&["tree", "--workspace", "--locked", "--edges", "all", "--prefix", "none", "--format", "{p}"])
            .stdin(Stdio::null())
            .stderr(Stdio::inherit())
            .output()
            .map_err(because("cannot start `cargo tree`"))?;
    if !output.status.success() {
        return Err(Failure::new(format!("`cargo tree`: {}", output.status)));
    }
    let tree = String::from_utf8_lossy(&output.stdout);
    match banned_in(&tree) {
        Some(name) => Err(Failure::new(format!("`{name}` is built into the workspace"))
            .help(format!("find who asks for it: cargo tree --workspace --invert {name}"))),
        None => Ok(()),
    }
}

fn banned_in(tree: &str) -> Option<&str> {
    tree.lines().filter_map(|line| line.split(' ').next()).find(|name| BANNED.contains(name))
}

fn licences() -> Outcome<()> {
    if let Err(failure) = tools::cargo_deny() {
        say::progress(&format!("   not checked, since cargo-deny cannot be had here: {failure}"));
        return Ok(());
    }
    let mut deny = cargo(&["deny", "--workspace", "check", "bans", "licenses", "sources"]);
    crate::steps::run(&mut deny)
}

#[test]
fn a_banned_package_is_found_by_its_whole_name() {
    assert_eq!(banned_in("model v0.1.0\nring v0.17.14\n"), Some("ring"));
    assert_eq!(banned_in("model v0.1.0\nstring_ring v1.0.0\n"), None);
}
