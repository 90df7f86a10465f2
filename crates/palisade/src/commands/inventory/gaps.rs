//! `palisade inventory gaps`: what does not fit together, why it matters and what to do.

use discover::gaps::{ALL, Gap, gaps as found};
use model::OperationKey;
use model::inventory::{At, Place};
use serde::Serialize;

use super::kept::{Fault, Kept, all_are_there};
use super::list::json_text;
use super::table::{Cell, Table};
use crate::cli::{Exit, InventoryFormat, InventoryGaps};
use crate::output::problems::Tool;
use crate::output::{self, Look};

/// Shows gaps, or the kinds of them.
pub(super) fn gaps(arguments: &InventoryGaps) -> Result<Exit, Fault> {
    if arguments.list {
        output::print(&kinds().text(Look::of_stdout()))?;
        return Ok(Exit::Clean);
    }
    if let Some(unknown) = arguments.kind.iter().find(|id| !ALL.iter().any(|kind| kind.id == **id)) {
        return Err(Fault::Unknown(format!(
            "there is no kind of gap `{unknown}`\n  help: `--list` prints them"
        )));
    }
    let view = &arguments.view;
    let catalog = Kept::open_existing(&view.place)?.catalog()?;
    all_are_there(&catalog, &view.api)?;
    let all = found(&catalog);
    let wanted: Vec<&Gap> = all
        .iter()
        .filter(|gap| view.api.is_empty() || view.api.contains(&gap.api))
        .filter(|gap| arguments.kind.is_empty() || arguments.kind.iter().any(|id| id == gap.kind.id))
        .collect();
    output::print(&match view.format {
        InventoryFormat::Text => text(&wanted),
        InventoryFormat::Markdown => table(&wanted).markdown(),
        InventoryFormat::Csv => table(&wanted).csv(),
        InventoryFormat::Json => json(&wanted)?,
    })?;
    Ok(if arguments.fail_on && !wanted.is_empty() { Exit::Findings } else { Exit::Clean })
}

fn kinds() -> Table<3> {
    let rows =
        ALL.iter().map(|kind| [Cell::of(kind.id), Cell::of(&kind.points.to_string()), Cell::of(kind.title)]);
    Table { head: ["kind", "#points", "what it is"], rows: rows.collect() }
}

/// One line each.
pub(super) fn table(gaps: &[&Gap]) -> Table<4> {
    let rows = gaps.iter().map(|gap| {
        let place = gap.found.place.as_ref().map(at).unwrap_or_default();
        [Cell::of(&gap.api), Cell::of(gap.kind.id), Cell::of(&place), Cell::of(&gap.found.message)]
    });
    Table { head: ["api", "gap", "place", "what"], rows: rows.collect() }
}

fn at(place: &Place) -> String {
    let (At::Line(number) | At::Entry(number) | At::Packet(number)) = place.at;
    format!("{}:{number}", place.file)
}

/// The table, and under it why each kind matters and what to do.
fn text(gaps: &[&Gap]) -> String {
    let mut text = table(gaps).text(Look::of_stdout());
    text.push('\n');
    for kind in ALL.iter().filter(|kind| gaps.iter().any(|gap| gap.kind.id == kind.id)) {
        text.push_str(&format!("{}: {}. {}\n  {}\n", kind.id, kind.title, kind.why, kind.fix));
    }
    let s = if gaps.len() == 1 { "" } else { "s" };
    text + &format!("{} gap{s}\n", gaps.len())
}

/// A gap in JSON.
#[derive(Serialize)]
pub(super) struct Shown<'g> {
    kind: &'static str,
    api: &'g str,
    #[serde(skip_serializing_if = "Option::is_none")]
    operation: Option<&'g OperationKey<'static>>,
    message: &'g str,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    place: Option<&'g Place>,
    why: &'static str,
    fix: &'static str,
}

impl<'g> Shown<'g> {
    pub(super) fn of(gap: &'g Gap) -> Shown<'g> {
        Shown {
            kind: gap.kind.id,
            api: &gap.api,
            operation: gap.found.operation.as_ref(),
            message: &gap.found.message,
            place: gap.found.place.as_ref(),
            why: gap.kind.why,
            fix: gap.kind.fix,
        }
    }
}

fn json(gaps: &[&Gap]) -> Result<String, Fault> {
    #[derive(Serialize)]
    struct Report<'g> {
        schema_version: u32,
        tool: Tool,
        gaps: Vec<Shown<'g>>,
    }
    let gaps = gaps.iter().map(|gap| Shown::of(gap)).collect();
    json_text(&Report { schema_version: model::SCHEMA_VERSION, tool: Tool::THIS, gaps })
}
