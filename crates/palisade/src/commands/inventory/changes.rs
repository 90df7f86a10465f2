//! `palisade inventory changes`: what changed, and what changes.

use std::io::{ErrorKind, Write};
use std::time::Duration;

use model::inventory::Event;
use serde::Serialize;

use super::change::line;
use super::kept::{Fault, Kept};
use crate::cli::{Exit, InventoryChanges};
use crate::output::Format;

/// How often `--follow` looks for more.
const FOLLOW_INTERVAL: Duration = Duration::from_millis(500);

/// Prints events, in order.
pub(super) fn changes(arguments: &InventoryChanges) -> Result<Exit, Fault> {
    let mut kept = Kept::open_existing(&arguments.place)?;
    let mut after = arguments.after;
    loop {
        let events = kept.ask(|store| store.events(after))?;
        match events.last() {
            Some(last) => after = last.id,
            None if arguments.follow => std::thread::sleep(FOLLOW_INTERVAL),
            None => return Ok(Exit::Clean),
        }
        let is_wanted = |event: &&Event| {
            arguments.api.is_empty()
                || event.what.api().is_some_and(|api| arguments.api.iter().any(|name| name == api))
        };
        let mut text = String::new();
        for event in events.iter().filter(is_wanted) {
            text.push_str(&match arguments.format {
                Format::Text => line(event),
                Format::Json => json_line(event)?,
            });
        }
        match std::io::stdout().lock().write_all(text.as_bytes()) {
            // Whoever reads has seen enough, which ends what would go on without end.
            Err(error) if error.kind() == ErrorKind::BrokenPipe => return Ok(Exit::Clean),
            written => written?,
        }
    }
}

fn json_line(event: &Event) -> Result<String, Fault> {
    #[derive(Serialize)]
    struct Line<'e> {
        schema_version: u32,
        #[serde(flatten)]
        event: &'e Event,
    }
    let line = Line { schema_version: model::SCHEMA_VERSION, event };
    Ok(serde_json::to_string(&line).map_err(std::io::Error::other)? + "\n")
}
