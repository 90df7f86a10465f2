//! The command line: what may be said, what it means by default, and the status a command ends with.

mod diff;
mod discover;
mod inventory;
mod values;

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{ArgGroup, Args, Parser, Subcommand, ValueEnum};
use gateway::config::KeySource;
use model::Severity;

use crate::commands::log::LogArguments;
use crate::output::Format;
use crate::output::findings::FindingsFormat;
pub(crate) use diff::{Diff, Matter};
pub(crate) use discover::{
    Discover, DiscoverCode, DiscoverConfig, DiscoverFrom, DiscoverLogs, DiscoverSecrets, DiscoverTraffic,
    Discovery, Outcome, Status,
};
pub(crate) use inventory::{
    Author, ExportFormat, Inventory, InventoryChanges, InventoryCommand, InventoryConfirm, InventoryExport,
    InventoryFormat, InventoryGaps, InventoryList, InventorySet, InventoryShadow, InventoryShow,
    InventoryUndo, InventoryView, Place, Said,
};
pub(crate) use values::{BodyText, ControlMode, FixTo, HeaderField};

/// API security in one binary: a gateway that holds every request against the API's own specification.
#[derive(Debug, Parser)]
#[command(name = "palisade", version, propagate_version = true, max_term_width = 110, after_help = STATUS)]
pub(crate) struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

const STATUS: &str = "\
Exit status:
  0  done, nothing to complain of
  1  findings at or above --fail-on
  2  wrong usage, or a config or specification that cannot be used
  3  the work could not be done (a file that cannot be written, an address in use)

Results go to standard output, everything else to standard error. NO_COLOR is honoured.";

const LOG_EXAMPLES: &str = "\
Examples:
  palisade log --follow
  palisade log --verdict refused --since 10m
  palisade log --control jwt --format json

Filters of different kinds all have to hold. With --follow a request is printed half a second after it
came, so that those of other workers stand in order. One whose answer is still being sent is printed
without its end, which is a line of its own when it comes: `ended` in place of the verdict; in JSON the
whole request once more, with `\"late\": true`.";

/// What palisade does.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Protect an API: stand in front of it and let through what its specification and the config allow.
    Run(Run),
    /// Read the config and everything it names, and say every problem at once.
    Check(Check),
    /// Say what would become of one request, and why, without sending it.
    Explain(Box<Explain>),
    /// Find the APIs that there are, by what others wrote down about them.
    Discover(Discover),
    /// Keep one inventory of every API: what is known of it, what is not, and who said so.
    Inventory(Inventory),
    /// Print what the Cedar policies of an API can speak of: the schema that is made from its specification.
    CedarSchema(CedarSchema),
    /// Judge specifications before any code is written: what they get wrong, where, and what to do.
    Review(Review),
    /// Say what a new version of a specification makes worse: protections that are gone, and what breaks callers.
    Diff(Diff),
    /// Judge specifications as one types them: a language server, for editors.
    Lsp(Lsp),
    /// Print recorded requests in time order, while the gateway runs or after it stopped.
    #[command(after_help = LOG_EXAMPLES)]
    Log(LogArguments),
    /// Print reference material made from this program.
    #[command(hide = true)]
    Reference(Reference),
}

/// How a command ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Done, nothing to complain of.
    Clean,
    /// Findings at or above the severity that was asked for.
    Findings,
    /// Wrong usage, or a config or specification that cannot be used. Also what clap ends with.
    Usage,
    /// The work could not be done.
    Failed,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(match exit {
            Exit::Clean => 0,
            Exit::Findings => 1,
            Exit::Usage => 2,
            Exit::Failed => 3,
        })
    }
}

/// `palisade run`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  palisade run --spec openapi.yaml --upstream http://127.0.0.1:9000
  palisade run --spec openapi.yaml --upstream http://127.0.0.1:9000 \\
      --issuer https://login.example.com --audience orders --control request-schema=shadow
  palisade run -c palisade.yaml

SIGHUP, or a change of any file it was started from, loads everything again; what does not compile
changes nothing. SIGTERM stops accepting and lets requests in flight end.")]
pub(crate) struct Run {
    /// What to protect.
    #[command(flatten)]
    pub(crate) source: Source,
    /// Origin of the backend
    #[arg(long, value_name = "URL", required_unless_present = "config", conflicts_with = "config")]
    pub(crate) upstream: Option<String>,
    /// Address to accept requests on, in place of the config's (127.0.0.1:8080); port 0 takes a free one and says
    /// which; may be repeated
    #[arg(long, value_name = "ADDR")]
    pub(crate) listen: Vec<SocketAddr>,
    /// Address of health, metrics and the snapshot, in place of the config's (127.0.0.1:9901)
    #[arg(long, value_name = "ADDR")]
    pub(crate) admin: Option<SocketAddr>,
    /// Folder of the exchange log, in place of the config's (palisade-data)
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// Worker threads, in place of the config's (one a core)
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) workers: Option<u16>,
    /// Take the place of the gateway that runs on the same data folder: its listening sockets are handed over, and it ends
    /// once its requests are answered
    #[arg(long)]
    pub(crate) take_over: bool,
}

/// `palisade check`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  palisade check -c palisade.yaml
  palisade check --spec openapi.yaml --fail-on warning
  palisade check -c palisade.yaml --format json

Ends with 2 where `run` would not start, else with 1 where a problem is at or above --fail-on.")]
pub(crate) struct Check {
    /// What to read.
    #[command(flatten)]
    pub(crate) source: Source,
    /// Origin of the backend, which is only looked at
    #[arg(long, value_name = "URL", conflicts_with = "config")]
    pub(crate) upstream: Option<String>,
    /// The form of the result
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub(crate) format: Format,
    /// End with 1 if a problem is at least this severe
    #[arg(long, value_enum, default_value_t = FailOn::Error, value_name = "SEVERITY")]
    pub(crate) fail_on: FailOn,
}

/// `palisade explain`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  palisade explain GET http://localhost/orders/7 -c palisade.yaml
  palisade explain GET '/orders?limit=1000' --spec openapi.yaml
  palisade explain POST /orders -c palisade.yaml -H \"Authorization: Bearer $TOKEN\" \\
      -H 'Content-Type: application/json' -d '{\"item\": \"tea\"}'
  palisade explain --egress POST https://api.payments.example/v1/charges -c palisade.yaml -H \"X-Api-Key: $KEY\"

The engine that judges is the one that runs. Nothing is sent, and nothing is recorded; limits have not
been used by anyone.

Ends with 0 where the request would be forwarded, or answered by a control (a preflight), with 1 where
it would be refused, with 2 where `run` would not start, and with 3 where nothing could be judged.")]
pub(crate) struct Explain {
    /// The method of the request
    pub(crate) method: http::Method,
    /// Its address, or its path alone
    pub(crate) url: http::Uri,
    /// A header field of the request; may be repeated
    #[arg(short = 'H', long = "header", value_name = "NAME: VALUE")]
    pub(crate) headers: Vec<HeaderField>,
    /// Its body; `@FILE` reads a file, `-` or `@-` standard input
    #[arg(short, long = "data", value_name = "BODY|@FILE|-", allow_hyphen_values = true)]
    pub(crate) data: Option<BodyText>,
    /// The address it comes from
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1")]
    pub(crate) ip: IpAddr,
    /// It is a call to a third party, so it comes to a listener with `egress`
    #[arg(long)]
    pub(crate) egress: bool,
    /// What would judge it.
    #[command(flatten)]
    pub(crate) source: Source,
    /// Origin of the backend, which is never asked
    #[arg(long, value_name = "URL", conflicts_with = "config")]
    pub(crate) upstream: Option<String>,
    /// The form of the result
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub(crate) format: Format,
}

/// `palisade cedar-schema`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  palisade cedar-schema --spec openapi.yaml
  palisade cedar-schema -c palisade.yaml --api orders > orders.cedarschema

It is in Cedar's own language: editors complete and check policies with it. Policies need not be there
yet, and whether they are right is for `palisade check` to say.")]
pub(crate) struct CedarSchema {
    /// What to read.
    #[command(flatten)]
    pub(crate) source: Source,
    /// The API, where the config has several
    #[arg(long, value_name = "NAME")]
    pub(crate) api: Option<String>,
}

/// `palisade review`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  palisade review openapi.yaml
  palisade review apis/ --fail-on warning --format sarif > review.sarif
  palisade review 'apis/**/*.yaml' --baseline review.json
  palisade review openapi.yaml --fix
  palisade review --explain unauthenticated-write

Of a folder or pattern, files that are no API documents are passed over. Baselines know files by the
name they are given here, so run it from the same folder. Ends with 2 where a document cannot be read or
judged, or nothing was, else with 1 where a finding that the baseline does not know is at or above --fail-on.")]
pub(crate) struct Review {
    /// OpenAPI and AsyncAPI documents (2.0 to 3.2 and 2.0 to 3.1, JSON or YAML), folders of them, patterns with `*`, `**` and `?`, or `-` for standard input
    #[arg(value_name = "SPEC", required_unless_present_any = ["list", "explain"])]
    pub(crate) specs: Vec<String>,
    /// The form of the result
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub(crate) format: FindingsFormat,
    /// End with 1 if a finding is at least this severe, in place of what the config says (error)
    #[arg(long, value_enum, value_name = "SEVERITY")]
    pub(crate) fail_on: Option<FailOn>,
    /// The config, for its section `review`: rules that are off, severities, a baseline. Without it, `palisade.yaml` of this
    /// folder, else of that of the first SPEC
    #[arg(short, long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Ask this rule alone; may be repeated
    #[arg(long = "rule", value_name = "RULE")]
    pub(crate) rules: Vec<String>,
    /// Do not ask this rule; may be repeated
    #[arg(long, value_name = "RULE")]
    pub(crate) skip: Vec<String>,
    /// Findings that are known: they are counted, and neither shown nor failed on
    #[arg(long, value_name = "FILE")]
    pub(crate) baseline: Option<PathBuf>,
    /// Write what is found to the baseline in place of showing it, and say what was not judged
    #[arg(long)]
    pub(crate) update_baseline: bool,
    /// A ruleset of Spectral, whose rules are asked beside those that are built in; what of it is not run is said; may be
    /// repeated
    #[arg(long, value_name = "FILE")]
    pub(crate) ruleset: Vec<PathBuf>,
    /// Write what mends findings where nobody has to decide, and show the others: as an OpenAPI Overlay beside each
    /// document, or as FILE for the one that is named; `in-place`, into the text of the documents themselves, of which
    /// everything else stays as it is. An Overlay is of OpenAPI alone: documents of AsyncAPI are mended in place
    #[arg(long, value_name = "FILE|in-place", num_args = 0..=1, require_equals = true, default_missing_value = "",
          conflicts_with = "update_baseline")]
    pub(crate) fix: Option<FixTo>,
    /// Take what the OpenAPI documents declare into this inventory, a file of SQLite or a database of PostgreSQL, and say of
    /// findings how often their operations are called; of one rule and severity, what is called most comes first
    #[arg(long, value_name = "FILE|postgres://…")]
    pub(crate) inventory: Option<String>,
    /// As text, draw every place of every rule, and not the first few alone
    #[arg(long)]
    pub(crate) all: bool,
    /// Print every rule in one line each
    #[arg(long, exclusive = true)]
    pub(crate) list: bool,
    /// Print the page of a rule
    #[arg(long, value_name = "RULE", exclusive = true)]
    pub(crate) explain: Option<String>,
}

/// `palisade lsp`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  palisade lsp

It speaks the Language Server Protocol (3.17) on standard input and output, and is started by editors:
findings under their places, the rule's page where the pointer rests, and quick fixes. A document is
judged with the files that it refers to, as they are in the editor, saved or not. `palisade.yaml` is
held against what it may say.")]
pub(crate) struct Lsp {
    /// Speak on standard input and output, as it does without being told; many editors say it
    #[arg(long)]
    stdio: bool,
}

/// `palisade reference`
#[derive(Debug, Args)]
pub(crate) struct Reference {
    /// Which one
    pub(crate) page: Page,
}

/// A page of the reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Page {
    /// The JSON Schema of `palisade.yaml`.
    ConfigSchema,
    /// Every key of `palisade.yaml`.
    Config,
    /// Every policy.
    Policies,
    /// Every rule of the review.
    Rules,
    /// Every kind of change that `diff` finds.
    Changes,
    /// Every framework whose routes are found in source code.
    Frameworks,
    /// Every kind of gap of the inventory.
    Gaps,
    /// Every format of configs that `discover config` reads.
    Configs,
    /// Every command.
    Cli,
}

/// Where the description of what to protect comes from: a config file, or a specification and a few flags.
#[derive(Debug, Args)]
#[group(skip)]
#[command(group = ArgGroup::new("source").required(true))]
pub(crate) struct Source {
    /// The config file
    #[arg(short, long, value_name = "FILE", group = "source")]
    pub(crate) config: Option<PathBuf>,
    /// The OpenAPI document (2.0 to 3.2, JSON or YAML) of the one API, instead of a config file
    #[arg(long, value_name = "FILE", group = "source")]
    pub(crate) spec: Option<PathBuf>,
    /// An OpenAPI Overlay to apply to the document; may be repeated, in order
    #[arg(long, value_name = "FILE", conflicts_with = "config")]
    pub(crate) overlay: Vec<PathBuf>,
    /// The issuer of tokens, exactly as their `iss` says it
    #[arg(long, value_name = "URL", conflicts_with = "config", requires = "audience")]
    pub(crate) issuer: Option<String>,
    /// What tokens must be for, as in their `aud`; may be repeated, one is enough
    #[arg(long, value_name = "AUDIENCE", conflicts_with = "config", requires = "issuer")]
    pub(crate) audience: Vec<String>,
    /// The issuer's keys, a JWKS; without it they are found by OIDC discovery at the issuer
    #[arg(long, value_name = "FILE|URL", conflicts_with = "config", requires = "issuer", value_parser = values::key_source)]
    pub(crate) jwks: Option<KeySource>,
    /// How a control is applied, as in `jwt=shadow`: enforce, shadow or off; may be repeated
    #[arg(long, value_name = "ID=MODE", conflicts_with = "config")]
    pub(crate) control: Vec<ControlMode>,
}

/// The least severity that is a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FailOn {
    /// Everything that is worth knowing.
    Note,
    /// What is not understood in part.
    Warning,
    /// What cannot be used as it is.
    Error,
}

impl FailOn {
    /// The severity that it names.
    pub(crate) fn severity(self) -> Severity {
        match self {
            FailOn::Note => Severity::Note,
            FailOn::Warning => Severity::Warning,
            FailOn::Error => Severity::Error,
        }
    }
}

#[cfg(test)]
mod tests;
