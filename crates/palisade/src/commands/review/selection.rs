//! Which rules are asked, and what is said where a name is none.

use std::io;

use super::settings::{Refused, Settings};
use crate::cli::Exit;
use crate::output;
use crate::output::Look;
use crate::output::problems::{self, Sources};

/// Whether the rule called `id` is asked: one of those that are `named`, where any are, else one that the config has on;
/// never one of those to `skip`.
pub(in crate::commands) fn is_asked(
    named: &[String],
    skip: &[String],
    settings: &Settings,
    id: &str,
) -> bool {
    let has = |ids: &[String]| ids.iter().any(|known| known == id);
    let is_on = if named.is_empty() { settings.is_on(id) } else { has(named) };
    is_on && !has(skip)
}

/// Says that nothing of this `kind` is called `id`, and what was probably meant.
pub(in crate::commands) fn refused(kind: &str, id: &str, near: Option<&'static str>) -> io::Result<Exit> {
    let near = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
    output::report(&format!("error: no {kind} is called `{id}`{near}\n")).map(|()| Exit::Usage)
}

/// Says what is wrong with the config.
pub(in crate::commands) fn refused_config(refused: Refused) -> io::Result<Exit> {
    let Refused { problems, document } = refused;
    let source = |file: &str| document.as_ref()?.source_of(file).map(str::to_owned);
    let sources: &Sources<'_> = &source;
    output::report(&problems::text(problems, sources, Look::of_stderr())).map(|()| Exit::Usage)
}
