//! `palisade inventory`: what may be said.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use model::inventory::{Fact, Field, Word};

use super::Status;

/// Where the inventory is kept, and who changes it.
#[derive(Debug, Args)]
pub(crate) struct Place {
    /// The inventory: a file of SQLite, which is made where it is not there, or a database of PostgreSQL
    #[arg(
        long,
        value_name = "FILE|postgres://…",
        env = "PALISADE_INVENTORY",
        hide_env_values = true,
        default_value = "palisade-data/inventory.db"
    )]
    pub(crate) inventory: String,
}

/// Who changes the inventory, and why.
#[derive(Debug, Args)]
pub(crate) struct Author {
    /// Who makes the change
    #[arg(long, value_name = "NAME", env = "USER", hide_env_values = true, default_value = "unknown")]
    pub(crate) by: String,
    /// Why
    #[arg(long, value_name = "TEXT")]
    pub(crate) why: Option<String>,
}

/// `palisade inventory`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  palisade inventory list
  palisade inventory set orders owner=team-orders
  palisade inventory changes --follow")]
pub(crate) struct Inventory {
    /// What to do with it.
    #[command(subcommand)]
    pub(crate) what: InventoryCommand,
}

/// What is done with the inventory.
#[derive(Debug, Subcommand)]
pub(crate) enum InventoryCommand {
    /// Every operation: what it is, how often it was called, and who tells of it.
    List(InventoryList),
    /// One line an API; of one API everything that is known, what is missing, and its risk, point by point.
    Show(InventoryShow),
    /// Say what is true of an API, which holds from then on, whatever sources propose.
    Set(InventorySet),
    /// Make what sources propose of an API a fact.
    Confirm(InventoryConfirm),
    /// What does not fit together, and what nobody said: where, why it matters, and what to do.
    Gaps(InventoryGaps),
    /// The operations that are called or in code, and that no specification declares.
    Shadow(InventoryShadow),
    /// What changed: when, who, why, and what was before.
    Changes(InventoryChanges),
    /// Take a change back, which is a change of its own.
    Undo(InventoryUndo),
    /// Write the inventory for other tools.
    Export(InventoryExport),
}

/// The form of what the inventory tells.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum InventoryFormat {
    /// For people.
    #[default]
    Text,
    /// For programs: stable, with a `schema_version`.
    Json,
    /// For tables.
    Csv,
    /// For documents and comments.
    Markdown,
}

/// What is shown of the inventory, and how.
#[derive(Debug, Args)]
pub(crate) struct InventoryView {
    /// Where it is.
    #[command(flatten)]
    pub(crate) place: Place,
    /// Of this API alone; may be repeated
    #[arg(long, value_name = "NAME")]
    pub(crate) api: Vec<String>,
    /// The form of the result
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub(crate) format: InventoryFormat,
}

/// `palisade inventory list`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  palisade inventory list
  palisade inventory list --api orders --status zombie
  palisade inventory list --format csv > operations.csv
  palisade inventory list --fail-on shadow

Ends with 0, with 1 where --fail-on finds something among what is listed, and with 3 where the inventory
cannot be read.")]
pub(crate) struct InventoryList {
    /// What is shown.
    #[command(flatten)]
    pub(crate) view: InventoryView,
    /// Of this status alone; may be repeated
    #[arg(long, value_enum, value_name = "STATUS")]
    pub(crate) status: Vec<Status>,
    /// End with 1 if there are operations of this status; may be repeated
    #[arg(long, value_enum, value_name = "STATUS")]
    pub(crate) fail_on: Vec<Status>,
}

/// `palisade inventory shadow`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  palisade inventory shadow
  palisade inventory shadow --format markdown

It is `list` for these alone. Ends with 0, and with 3 where the inventory cannot be read.")]
pub(crate) struct InventoryShadow {
    /// What is shown.
    #[command(flatten)]
    pub(crate) view: InventoryView,
}

/// `palisade inventory show`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  palisade inventory show
  palisade inventory show orders
  palisade inventory show orders --format json

What sources propose is marked with `?` until a person confirms it or says otherwise.")]
pub(crate) struct InventoryShow {
    /// The API; without it, all of them in one line each
    #[arg(value_name = "API")]
    pub(crate) name: Option<String>,
    /// Where it is.
    #[command(flatten)]
    pub(crate) place: Place,
    /// The form of the result
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub(crate) format: InventoryFormat,
}

/// `FIELD=VALUE`: what is said of one field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Said(pub(crate) Field, pub(crate) Option<Fact>);

/// `palisade inventory set`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  palisade inventory set orders owner=team-orders visibility=public
  palisade inventory set orders lifecycle=deprecated --why 'replaced by orders-v2'
  palisade inventory set orders data=personal,payment authentication=bearer-jwt
  palisade inventory set orders owner=

Fields are owner, purpose, visibility (public, partner, internal), lifecycle (draft, active, deprecated,
retired), authentication (none, or some of api-key, basic, cookie, bearer, bearer-jwt, bearer-opaque, mtls,
other) and data (none, or some of personal, payment, health, credential, internal-id). With nothing after
`=`, what was said is taken back, and what sources propose counts again.")]
pub(crate) struct InventorySet {
    /// The API
    #[arg(value_name = "API")]
    pub(crate) name: String,
    /// What is true of it
    #[arg(value_name = "FIELD=VALUE", required = true)]
    pub(crate) facts: Vec<Said>,
    /// Where it is.
    #[command(flatten)]
    pub(crate) place: Place,
    /// Who says so.
    #[command(flatten)]
    pub(crate) author: Author,
}

/// `palisade inventory confirm`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  palisade inventory confirm orders
  palisade inventory confirm orders owner purpose")]
pub(crate) struct InventoryConfirm {
    /// The API
    #[arg(value_name = "API")]
    pub(crate) name: String,
    /// Fields; without them, everything that is proposed
    #[arg(value_name = "FIELD", value_parser = field)]
    pub(crate) fields: Vec<Field>,
    /// Where it is.
    #[command(flatten)]
    pub(crate) place: Place,
    /// Who says so.
    #[command(flatten)]
    pub(crate) author: Author,
}

/// `palisade inventory gaps`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  palisade inventory gaps
  palisade inventory gaps --kind no-owner --kind shadow --fail-on
  palisade inventory gaps --list

Ends with 0, with 1 where --fail-on is there and a gap is shown, and with 3 where the inventory cannot be read.")]
pub(crate) struct InventoryGaps {
    /// What is shown.
    #[command(flatten)]
    pub(crate) view: InventoryView,
    /// Gaps of this kind alone; may be repeated
    #[arg(long, value_name = "KIND")]
    pub(crate) kind: Vec<String>,
    /// End with 1 if there is a gap among those that are shown
    #[arg(long)]
    pub(crate) fail_on: bool,
    /// Print every kind of gap in one line each
    #[arg(long)]
    pub(crate) list: bool,
}

/// `palisade inventory changes`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  palisade inventory changes
  palisade inventory changes --api orders --after 120
  palisade inventory changes --follow --format json")]
pub(crate) struct InventoryChanges {
    /// Where it is.
    #[command(flatten)]
    pub(crate) place: Place,
    /// Of this API alone; may be repeated
    #[arg(long, value_name = "NAME")]
    pub(crate) api: Vec<String>,
    /// Those after the one of this number
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    pub(crate) after: u64,
    /// Go on printing changes as they are made
    #[arg(long, short)]
    pub(crate) follow: bool,
    /// One readable line, or one JSON object, for each
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub(crate) format: crate::output::Format,
}

/// `palisade inventory undo`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  palisade inventory undo 120 --why 'it was the log of another system'

Numbers are those that `changes` prints. What a run read is taken back whole: its requests do not count any
more, and its files may be read again. What follows from a change goes with it.")]
pub(crate) struct InventoryUndo {
    /// The number of the change
    #[arg(value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) event: u64,
    /// Where it is.
    #[command(flatten)]
    pub(crate) place: Place,
    /// Who takes it back.
    #[command(flatten)]
    pub(crate) author: Author,
}

/// What another tool reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExportFormat {
    /// Entities of Backstage, of kind API, as YAML.
    Backstage,
    /// Services of CycloneDX 1.6, as JSON.
    Cyclonedx,
    /// One OpenAPI 3.1 document of one API, as JSON.
    Openapi,
    /// A line an API.
    Csv,
}

/// `palisade inventory export`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  palisade inventory export backstage > catalog-info.yaml
  palisade inventory export cyclonedx --output services.cdx.json
  palisade inventory export openapi --api orders.example > learned.json")]
pub(crate) struct InventoryExport {
    /// For which tool
    #[arg(value_enum, value_name = "FORMAT")]
    pub(crate) format: ExportFormat,
    /// Where it is.
    #[command(flatten)]
    pub(crate) place: Place,
    /// Of this API alone; may be repeated
    #[arg(long, value_name = "NAME")]
    pub(crate) api: Vec<String>,
    /// Write to this file, in place of standard output
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

fn field(name: &str) -> Result<Field, String> {
    Field::of(name).ok_or_else(|| {
        let names: Vec<&str> = Field::WORDS.iter().map(|(_, name)| *name).collect();
        format!("there is no field `{name}`; there are {}", names.join(", "))
    })
}

impl std::str::FromStr for Said {
    type Err = String;

    fn from_str(text: &str) -> Result<Said, String> {
        let (name, value) = text.split_once('=').ok_or("it is written as in `owner=team-orders`")?;
        let field = field(name)?;
        if value.is_empty() {
            return Ok(Said(field, None));
        }
        Fact::parse(field, value).map(|fact| Said(field, Some(fact))).map_err(|fault| fault.to_string())
    }
}
