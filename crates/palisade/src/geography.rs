//! Reads the databases of countries and of autonomous systems, and says where that of countries is missed.

use std::fmt::Display;
use std::path::Path;
use std::sync::Arc;

use gateway::config::Config;
use gateway::{AutonomousSystems, Blocks, Feeds, Geography};
use model::{Problem, Severity};

use crate::load::{Loaded, read_file};

/// The database that the config names, if it names one. `blocks` are those of the config.
pub(crate) fn read(
    loaded: &Loaded,
    blocks: &Blocks,
    before: Option<&Feeds>,
    problems: &mut Vec<Problem>,
) -> Option<Arc<Geography>> {
    let root = loaded.document.root();
    let Config { geography, .. } = &loaded.config;
    if geography.as_ref().is_some_and(|named| named.database.is_none() && named.autonomous_systems.is_none())
    {
        let place = root.get("geography").unwrap_or(root);
        let problem = loaded.document.problem(Severity::Error, place, "`geography` names no database");
        problems.push(
            problem.help("name one, as in `database: countries.mmdb` or `autonomous-systems: asn.mmdb`"),
        );
    }
    let Some(file) = geography.as_ref().and_then(|geography| geography.database.as_ref()) else {
        let set = before.is_some_and(|feeds| feeds.blocks.live.load().has_countries());
        if blocks.has_countries() || set {
            let place = root.get("blocks").filter(|_| !set).unwrap_or(root);
            let message = "a country is blocked, and no database says which addresses are of it";
            let problem = loaded.document.problem(Severity::Error, place, message);
            problems.push(problem.help("name one, as in `geography: { database: countries.mmdb }`"));
        }
        return None;
    };
    open(loaded, "database", file, problems, Geography::new)
}

/// The database of autonomous systems that the config names, if it names one.
pub(crate) fn autonomous_systems(
    loaded: &Loaded,
    problems: &mut Vec<Problem>,
) -> Option<Arc<AutonomousSystems>> {
    let file = loaded.config.geography.as_ref()?.autonomous_systems.as_ref()?;
    open(loaded, "autonomous-systems", file, problems, AutonomousSystems::new)
}

fn open<T, E: Display>(
    loaded: &Loaded,
    key: &str,
    file: &Path,
    problems: &mut Vec<Problem>,
    new: fn(Vec<u8>) -> Result<T, E>,
) -> Option<Arc<T>> {
    let path = loaded.folder.join(file);
    let root = loaded.document.root();
    let place = root.get("geography").and_then(|geography| geography.get(key)).unwrap_or(root);
    let mut wrong = |error: &dyn Display| {
        let message = format!("`{}` cannot be used as `{key}`: {error}", path.display());
        problems.push(loaded.document.problem(Severity::Error, place, message));
    };
    let bytes = read_file(&path).map_err(|error| wrong(&error)).ok()?;
    new(bytes).map_err(|error| wrong(&error)).ok().map(Arc::new)
}
