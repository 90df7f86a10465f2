//! The programs of the workspace, built as they are run.

use std::path::PathBuf;

use crate::failure::Outcome;
use crate::say;
use crate::steps::run;
use crate::workspace::{cargo, target};

/// The profile of what is run here and not released: nearly as fast, and built in a third of the time.
const QUICK: &str = "quick";

/// Builds the program of `package` to run it at once, and says so, since it takes minutes the first time.
pub(crate) fn quick(package: &str) -> Outcome<PathBuf> {
    say::progress(&format!(
        "building `{package}`, profile `{QUICK}` (minutes the first time, seconds after)"
    ));
    run(&mut cargo(&["build", "--profile", QUICK, "--locked", "--package", package]))?;
    Ok(target().join(QUICK).join(package))
}
