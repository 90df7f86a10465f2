//! The programs of the workspace, built as they are run.

use std::path::PathBuf;

use crate::failure::Outcome;
use crate::say;
use crate::steps::run;
use crate::workspace::{cargo, target};

/// How a program is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Profile {
    /// As users install it.
    Release,
    /// Nearly as fast, in a third of the time.
    Quick,
}

impl Profile {
    fn name(self) -> &'static str {
        match self {
            Profile::Release => "release",
            Profile::Quick => "quick",
        }
    }
}

/// Where the program of `package` lies once it is built.
pub(crate) fn path(package: &str, profile: Profile) -> PathBuf {
    target().join(profile.name()).join(package)
}

/// Builds the program of `package`, and says so, since it takes minutes the first time.
pub(crate) fn build(package: &str, profile: Profile) -> Outcome<PathBuf> {
    let name = profile.name();
    say::progress(&format!("building `{package}`, profile `{name}` (minutes the first time, seconds after)"));
    run(&mut cargo(&["build", "--profile", name, "--locked", "--package", package]))?;
    Ok(path(package, profile))
}
