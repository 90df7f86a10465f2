//! `palisade inventory`: what is known of every API, what is not, and who said so.

mod change;
mod changes;
mod export;
mod gaps;
mod kept;
mod list;
mod show;
mod table;

use crate::cli::{Exit, Inventory, InventoryCommand};
use crate::output;
pub(crate) use kept::{Fault, Kept, author, news};
pub(crate) use table::{Cell, Table};

/// Does what the arguments say.
pub(crate) fn run(arguments: &Inventory) -> Exit {
    let done = match &arguments.what {
        InventoryCommand::List(arguments) => list::list(arguments),
        InventoryCommand::Shadow(arguments) => list::shadow(arguments),
        InventoryCommand::Set(arguments) => change::set(arguments),
        InventoryCommand::Confirm(arguments) => change::confirm(arguments),
        InventoryCommand::Changes(arguments) => changes::changes(arguments),
        InventoryCommand::Show(arguments) => show::show(arguments),
        InventoryCommand::Gaps(arguments) => gaps::gaps(arguments),
        InventoryCommand::Export(arguments) => export::export(arguments),
        InventoryCommand::Undo(arguments) => change::undo(arguments),
    };
    match done {
        Ok(exit) => exit,
        Err(fault) => match output::report(&fault.to_string()) {
            Ok(()) | Err(_) => fault.exit(),
        },
    }
}
