//! `palisade inventory export`: the inventory as other tools read it.

mod backstage;
mod cyclonedx;
mod openapi;

use discover::gaps::gaps;
use model::inventory::Api;

use super::kept::{Fault, Kept, all_are_there};
use super::list::json_text;
use super::show::{Summed, table};
use crate::cli::{Exit, ExportFormat, InventoryExport};
use crate::output;

/// Writes the inventory.
pub(super) fn export(arguments: &InventoryExport) -> Result<Exit, Fault> {
    let catalog = Kept::open_existing(&arguments.place)?.catalog()?;
    all_are_there(&catalog, &arguments.api)?;
    let gaps = gaps(&catalog);
    let is_wanted = |api: &&Api| arguments.api.is_empty() || arguments.api.contains(&api.name);
    let summed: Vec<Summed<'_>> =
        catalog.apis.iter().filter(is_wanted).map(|api| Summed::of(api, &gaps)).collect();
    let text = match (arguments.format, &summed[..]) {
        (ExportFormat::Backstage, summed) => backstage::text(summed)?,
        (ExportFormat::Cyclonedx, summed) => json_text(&cyclonedx::document(summed))?,
        (ExportFormat::Openapi, [one]) => json_text(&openapi::document(one.api))?,
        (ExportFormat::Openapi, several) => {
            let count = several.len();
            let said =
                format!("a document is of one API, and there are {count}\n  help: name it with `--api`");
            return Err(Fault::Unknown(said));
        }
        (ExportFormat::Csv, summed) => table(summed).csv(),
    };
    match &arguments.output {
        Some(path) => std::fs::write(path, text).map_err(|error| Fault::File(path.clone(), error))?,
        None => output::print(&text)?,
    }
    Ok(Exit::Clean)
}
