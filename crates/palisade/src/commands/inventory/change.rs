//! `palisade inventory set`, `confirm` and `undo`: what people say, and take back.

use discover::inventory::{confirm as confirmed, set as said, undo as undone};
use model::inventory::{Change, Edit, Event, What};

use super::kept::{Fault, Kept, author};
use crate::cli::{Exit, InventoryConfirm, InventorySet, InventoryUndo, Said};
use crate::output;

/// Of so many operations it is said what became of them; `palisade inventory changes` has all.
const FOLLOWED_SHOWN_MAX: usize = 20;

/// Takes down facts.
pub(super) fn set(arguments: &InventorySet) -> Result<Exit, Fault> {
    let facts: Vec<_> = arguments.facts.iter().map(|Said(field, fact)| (*field, fact.clone())).collect();
    let stamp = author(&arguments.author);
    let mut kept = Kept::open_existing(&arguments.place)?;
    let edit =
        kept.update(|inventory| said(inventory, &arguments.name, &facts, &stamp).map_err(Fault::Refused))?;
    tell(edit.as_ref())
}

/// Confirms what is proposed.
pub(super) fn confirm(arguments: &InventoryConfirm) -> Result<Exit, Fault> {
    let stamp = author(&arguments.author);
    let mut kept = Kept::open_existing(&arguments.place)?;
    let edit = kept.update(|inventory| {
        confirmed(inventory, &arguments.name, &arguments.fields, &stamp).map(Some).map_err(Fault::Refused)
    })?;
    tell(edit.as_ref())
}

/// Takes a change back.
pub(super) fn undo(arguments: &InventoryUndo) -> Result<Exit, Fault> {
    let stamp = author(&arguments.author);
    let mut kept = Kept::open_existing(&arguments.place)?;
    let id = arguments.event;
    let event = kept.ask(|store| store.event(id))?;
    let event = event.ok_or_else(|| Fault::Unknown(format!("there is no change {id}")))?;
    let edit =
        kept.update(|inventory| undone(inventory, &event, &stamp).map(Some).map_err(Fault::Refused))?;
    tell(edit.as_ref())
}

/// Says what was changed, in one line each, and of what follows from it the first.
fn tell(edit: Option<&Edit>) -> Result<Exit, Fault> {
    let events = edit.into_iter().flat_map(|edit| &edit.changes).filter_map(|change| match change {
        Change::Event(event) => Some(event),
        _ => None,
    });
    let (followed, said): (Vec<&Event>, Vec<&Event>) =
        events.partition(|event| matches!(event.what, What::Status { .. }));
    let shown = followed.iter().take(FOLLOWED_SHOWN_MAX);
    let mut text: String = said.iter().chain(shown).map(|event| line(event)).collect();
    if text.is_empty() {
        text.push_str("nothing changes\n");
    }
    if let (Some(next), Some(last)) = (followed.get(FOLLOWED_SHOWN_MAX), followed.last()) {
        let count = followed.len() - FOLLOWED_SHOWN_MAX;
        text.push_str(&format!("and {count} operations more, up to {}\n", last.id));
        text.push_str(&format!("  `palisade inventory changes --after {}` prints them\n", next.id - 1));
    }
    output::print(&text)?;
    Ok(Exit::Clean)
}

/// One event in words: its number, when, who, what, and why.
pub(super) fn line(event: &Event) -> String {
    let Event { id, at, who, why, what, undoes } = event;
    let time: String = at.to_string().chars().take(19).collect();
    let what = what_in_words(what);
    let undoes = undoes.map(|undone| format!(", which takes {undone} back")).unwrap_or_default();
    let why = why.as_deref().map(|why| format!(" ({why})")).unwrap_or_default();
    let text = format!("{id}  {time}Z  {who}: {what}{undoes}{why}");
    text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect::<String>() + "\n"
}

fn what_in_words(what: &What) -> String {
    fn or_nothing(value: Option<impl ToString>) -> String {
        value.map_or_else(|| "nothing".to_owned(), |value| value.to_string())
    }
    use model::inventory::Word;
    match what {
        What::Read { source, of, name, operations, requests } => format!(
            "read {} `{name}` as source {source}: {operations} operations, {requests} requests",
            of.name()
        ),
        What::Withdrawn { source } => format!("source {source} does not count any more"),
        What::Restored { source } => format!("source {source} counts again"),
        What::Merged { source, count } => format!("{count} old sources were added to source {source}"),
        What::Fact { api, field, before, after } => format!(
            "`{api}` {}: {} -> {}",
            field.name(),
            or_nothing(before.as_ref()),
            or_nothing(after.as_ref())
        ),
        What::Status { operation, before, after, cause } => {
            let name = |status: &Option<model::inventory::Status>| or_nothing(status.map(Word::name));
            format!("{operation}: {} -> {}, which follows from {cause}", name(before), name(after))
        }
    }
}
