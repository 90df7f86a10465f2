//! Taking an event back, which is an event of its own.

use model::inventory::{Change, Edit, Event, Inventory, SourceId, What};

use super::Stamp;
use super::edit::{Draft, Refusal, say};

/// Takes back what `event` changed. What was counted since by others stays.
///
/// # Errors
/// Where that cannot be done without taking back more.
pub fn undo(inventory: &Inventory, event: &Event, stamp: &Stamp) -> Result<Edit, Refusal> {
    let mut draft = Draft::new(inventory, stamp);
    let cause = match &event.what {
        What::Status { cause, .. } => return Err(Refusal::Follows(*cause)),
        What::Merged { .. } => return Err(Refusal::Merged),
        What::Fact { api, field, before, after } => {
            if inventory.facts.get(&(api.clone(), *field)) != after.as_ref() {
                return Err(Refusal::ChangedSince);
            }
            say(&mut draft, (api, *field), before.clone(), Some(event.id))
        }
        What::Read { source, .. } | What::Restored { source } => {
            count(&mut draft, *source, true)?;
            draft.event(What::Withdrawn { source: *source }, Some(event.id))
        }
        What::Withdrawn { source } => {
            count(&mut draft, *source, false)?;
            draft.event(What::Restored { source: *source }, Some(event.id))
        }
    };
    Ok(draft.finish(cause))
}

fn count(draft: &mut Draft<'_>, id: SourceId, is_withdrawn: bool) -> Result<(), Refusal> {
    let Some(source) = draft.after.sources.get(&id).cloned() else { return Err(Refusal::Merged) };
    if source.is_withdrawn == is_withdrawn {
        return Err(Refusal::Undone);
    }
    draft.change(Change::Source(model::inventory::Source { is_withdrawn, ..source }));
    Ok(())
}
