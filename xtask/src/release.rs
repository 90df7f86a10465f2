//! The product as its users run it: the release build of its binary.

use std::path::PathBuf;

use crate::failure::Outcome;
use crate::say;
use crate::steps::run;
use crate::workspace::{cargo, target};

/// Builds the release binary of `package`, and says so, since it takes minutes the first time.
pub(crate) fn build(package: &str) -> Outcome<PathBuf> {
    say::progress(&format!("building the release of `{package}` (minutes the first time, seconds after)"));
    run(&mut cargo(&["build", "--release", "--locked", "--package", package]))?;
    Ok(target().join("release").join(package))
}
