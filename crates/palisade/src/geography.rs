//! Reads the database of countries, and says where it is missed.

use std::sync::Arc;

use gateway::config::Config;
use gateway::{Blocks, Feeds, Geography};
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
    let Some(geography) = geography else {
        let set = before.is_some_and(|feeds| feeds.blocks.live.load().has_countries());
        if blocks.has_countries() || set {
            let place = root.get("blocks").filter(|_| !set).unwrap_or(root);
            let message = "a country is blocked, and no database says which addresses are of it";
            let problem = loaded.document.problem(Severity::Error, place, message);
            problems.push(problem.help("name one, as in `geography: { database: countries.mmdb }`"));
        }
        return None;
    };
    let path = loaded.folder.join(&geography.database);
    let place = root.get("geography").and_then(|geography| geography.get("database")).unwrap_or(root);
    let mut wrong = |error: &dyn std::fmt::Display| {
        let message = format!("`{}` is no database of countries: {error}", path.display());
        problems.push(loaded.document.problem(Severity::Error, place, message));
    };
    let bytes = read_file(&path).map_err(|error| wrong(&error)).ok()?;
    Geography::new(bytes).map_err(|error| wrong(&error)).ok().map(Arc::new)
}
