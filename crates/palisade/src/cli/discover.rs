//! `palisade discover`: what may be said.

use std::path::PathBuf;
use std::thread;

use clap::{Args, Subcommand, ValueEnum};

use gateway::config::Span;

use super::inventory::{Author, Place};
use super::values;
use crate::output::Format;

/// `palisade discover`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  palisade discover logs /var/log/nginx
  palisade discover logs access.log.1.gz --spec openapi.yaml --fail-on shadow
  palisade discover traffic session.har
  palisade discover code . --spec openapi.yaml --fail-on shadow
  palisade discover config deploy/ --spec openapi.yaml --fail-on shadow
  palisade discover secrets . --fail-on secret")]
pub(crate) struct Discover {
    /// What to look into.
    #[command(subcommand)]
    pub(crate) of: DiscoverFrom,
}

/// Where APIs are found.
#[derive(Debug, Subcommand)]
pub(crate) enum DiscoverFrom {
    /// Logs of servers and gateways, in whichever format each line is.
    Logs(DiscoverLogs),
    /// Recorded traffic, in whichever form each file is.
    Traffic(DiscoverTraffic),
    /// Source code, in whichever framework each route is written.
    Code(DiscoverCode),
    /// Configs of gateways and proxies: what they let through.
    Config(DiscoverConfig),
    /// Credentials that stand in code, configs and specifications.
    Secrets(DiscoverSecrets),
}

/// `palisade discover logs`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  palisade discover logs /var/log/nginx
  palisade discover logs access.log 'access.log.*.gz' --format json
  palisade discover logs /var/log/nginx --follow
  kubectl logs deploy/gateway | palisade discover logs -
  palisade discover logs access.log --spec openapi.yaml --fail-on shadow
  palisade discover logs access.log --openapi learned.json
  palisade discover logs access.log --spec openapi.yaml --overlay learned.overlay.yaml
  palisade discover logs access.log --pattern '$remote_addr [$time_local] $host \"$request\" $status'

What a specification declares is looked up there; of the rest, templates are learned. With a specification
an operation is `declared`, a `shadow` (asked for, and not declared), an `orphan` (declared, and not asked
for) or a `zombie` (deprecated, and asked for). Paths that nobody answered are counted and not listed.

What is found goes into the inventory, which `palisade inventory` shows, unless --dry-run is there. Files are
known again whatever they are called or packed in, and of a log that has grown only what is new is counted.

With --follow it goes on as logs grow, are renamed, emptied and packed, and as files appear in folders and under
names with `*`; SIGINT and SIGTERM end it. The inventory is told every --every of what came, and so it is of standard
input, and what was told is not counted again by whoever starts next. A line counts once it is whole. What is printed
at the end is what came meanwhile; --fail-on ends it at the first shadow or zombie.

Ends with 0, with 1 where --fail-on finds something, with 2 where a specification or the pattern cannot be
used, and with 3 where a file cannot be read or no line tells of a request.")]
pub(crate) struct DiscoverLogs {
    /// Files, as they are or packed with gzip or Zstandard; folders; names with `*`; `-` for standard input
    #[arg(required = true, value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// What is read, and what becomes of it.
    #[command(flatten)]
    pub(crate) discovery: Discovery,
    /// How lines are made, in place of the known formats: text with the variables of nginx's `log_format`
    #[arg(long, value_name = "TEXT")]
    pub(crate) pattern: Option<String>,
    /// Go on reading as the files grow, are rotated, and appear, until interrupted
    #[arg(long)]
    pub(crate) follow: bool,
}

/// `palisade discover traffic`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  palisade discover traffic capture.pcap
  palisade discover traffic recordings/ --spec openapi.yaml --fail-on shadow
  palisade discover traffic 'staging-*.har.gz' --format json
  palisade discover traffic shop.postman_collection.json --openapi learned.json
  palisade discover traffic capture.pcapng --keylog keys.log
  palisade discover traffic --interface eth0 --for 10m --keylog keys.log
  tcpdump -i eth0 -c 10000 -w - | palisade discover traffic -

Reads captured packets (pcap, pcapng), HTTP Archives (HAR), Postman collections, items of Burp Suite (XML) and
spans of OpenTelemetry (OTLP in JSON). In packets it reads HTTP/1 and HTTP/2 in clear text, and within TLS
where --keylog or the capture has the keys; it lists the hosts of what is encrypted. What is said of logs is
said of it: what a specification declares is looked up there, of the rest templates are learned, and all of it
goes into the inventory, unless --dry-run is there. Values of credentials are neither kept nor printed.

With --interface the packets are those that this machine sends and receives there (Linux; CAP_NET_RAW is needed, the
interface is not made promiscuous), until SIGINT, SIGTERM or the end of --for; a key log may grow meanwhile. The
inventory is told every --every of what came, and so it is of standard input; --fail-on ends it at the first shadow or
zombie.

Ends with 0, with 1 where --fail-on finds something, with 2 where a specification cannot be used, and with 3
where a file cannot be read or none tells of a request.")]
pub(crate) struct DiscoverTraffic {
    /// Files, as they are or packed with gzip or Zstandard; folders; names with `*`; `-` for standard input
    #[arg(required_unless_present = "interface", conflicts_with = "interface", value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// Listen to an interface of this machine, until interrupted
    #[arg(long, value_name = "NAME")]
    pub(crate) interface: Option<String>,
    /// How long the interface is listened to: 30s, 10m, 1h
    #[arg(long = "for", value_name = "DURATION", requires = "interface", conflicts_with = "paths", value_parser = values::span)]
    pub(crate) duration: Option<Span>,
    /// What is read, and what becomes of it.
    #[command(flatten)]
    pub(crate) discovery: Discovery,
    /// Keys of TLS in the NSS key log format, as `SSLKEYLOGFILE` makes clients write them; may be repeated
    #[arg(long, value_name = "FILE")]
    pub(crate) keylog: Vec<PathBuf>,
}

/// `palisade discover code`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  palisade discover code .
  palisade discover code services/ --format json
  palisade discover code . --spec openapi.yaml --fail-on shadow
  palisade discover code . --openapi routes.json
  noir -b . -f json --no-log -o noir.json && palisade discover code . noir.json

Lists the routes of web frameworks with their parameters, fields of bodies, guards and places. Prefixes and
mounts are followed from file to file; what could not be understood is said first. Declared is what --spec
names, else what the OpenAPI documents in the tree say; AsyncAPI, GraphQL and .proto files are listed. A file
in JSON that is named is read as a result of OWASP Noir (`-f json` or `jsonl`), for frameworks that are not
known here. A route is `declared`, a `shadow` (there is code, and it is not declared), and an operation
without code an `orphan`; names of path parameters do not matter. Left out are files that .gitignore names,
folders of dependencies and of what is built, tests and examples. Nothing of the program is run.

What is found goes into the inventory, which `palisade inventory` shows, unless --dry-run is there. Each path
is a source of its own, called as it is named here; read again, it replaces what it told before.

Ends with 0, with 1 where --fail-on finds something, with 2 where a specification cannot be used or --fail-on
finds nothing declared, and with 3 where a path cannot be read or no file is source code.")]
pub(crate) struct DiscoverCode {
    /// Folders or files of source code
    #[arg(required = true, value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// Against what it is held, and what becomes of it.
    #[command(flatten)]
    pub(crate) outcome: Outcome,
    /// End with 1 if there are routes of this status; may be repeated
    #[arg(long, value_enum, value_name = "STATUS")]
    pub(crate) fail_on: Vec<Status>,
    /// Write what was found as an OpenAPI 3.1 document
    #[arg(long, value_name = "FILE")]
    pub(crate) openapi: Option<PathBuf>,
    /// Threads.
    #[command(flatten)]
    pub(crate) workers: Workers,
}

/// `palisade discover config`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  palisade discover config deploy/
  palisade discover config /etc/nginx --spec openapi.yaml --fail-on shadow
  palisade discover config gateway.yaml routes.yaml --format json --dry-run

Reads configs of nginx, Envoy, Kong and Traefik, Ingresses of Kubernetes and routes of the Gateway API, each
by itself, and lists which requests they let through: methods, hosts, paths, what asks who calls, and where
they lead to. What cannot be known from the files, as a variable or a template without its values, is said
first. With a specification a route is `declared` (an operation of it is behind the route) or a `shadow` (none
is), and an operation is an `orphan` (no route leads to it) or a `zombie` (deprecated, and let through).

What is found goes into the inventory, unless --dry-run is there. It takes the place of what was found under
the same paths before.

Ends with 0, with 1 where --fail-on finds something, with 2 where a specification cannot be used, and with 3
where a path cannot be read or no file is a config of a known gateway.")]
pub(crate) struct DiscoverConfig {
    /// Folders or files of configs
    #[arg(required = true, value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// Against what it is held, and what becomes of it.
    #[command(flatten)]
    pub(crate) outcome: Outcome,
    /// End with 1 if there are routes or operations of this status; may be repeated
    #[arg(long, value_enum, value_name = "STATUS", requires = "spec")]
    pub(crate) fail_on: Vec<Status>,
}

/// `palisade discover secrets`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  palisade discover secrets .
  palisade discover secrets . --fail-on secret
  palisade discover secrets src/ deploy/ --format json

Looks for keys by their formats (of clouds, hosts of code, payment, mail, chat and other services), private
keys, JSON Web Tokens, connection strings with a password, and values that are assigned to a name such as
`password` or `api_key`. What only stands for one (a variable, a mask, a word for it) is left out. What may be
made up, as it stands in tests, examples and documents, is listed apart, unless its format shows that it is a
key. Of a value, its length is shown, and of a key the four characters that all of its kind begin with.
Left out are files that .gitignore names, folders of dependencies and of what is built, and lock files.

Ends with 0, with 1 where --fail-on finds something, and with 3 where a path cannot be read.")]
pub(crate) struct DiscoverSecrets {
    /// Folders or files
    #[arg(required = true, value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// The form of the result
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub(crate) format: Format,
    /// End with 1 if there are credentials, beside those of tests and examples
    #[arg(long, value_enum, value_name = "WHAT")]
    pub(crate) fail_on: Vec<FailOnSecret>,
    /// Threads.
    #[command(flatten)]
    pub(crate) workers: Workers,
}

/// What `discover secrets` fails on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FailOnSecret {
    /// A credential.
    Secret,
}

/// What is read, and what becomes of it.
#[derive(Debug, Args)]
pub(crate) struct Discovery {
    /// Against what it is held, and what becomes of it.
    #[command(flatten)]
    pub(crate) outcome: Outcome,
    /// End with 1 if there are operations of this status; may be repeated
    #[arg(long, value_enum, value_name = "STATUS", requires = "spec")]
    pub(crate) fail_on: Vec<Status>,
    /// Write what a specification lacks as an overlay to lay over it; takes one `--spec`
    #[arg(long, value_name = "FILE", requires = "spec")]
    pub(crate) overlay: Option<PathBuf>,
    /// Write what was learned as an OpenAPI 3.1 document; it has what is not declared
    #[arg(long, value_name = "FILE")]
    pub(crate) openapi: Option<PathBuf>,
    /// How often the inventory is told of what goes on, as standard input and interfaces do: 500ms, 10s, 1m
    #[arg(long, value_name = "DURATION", default_value = "1m", value_parser = values::span)]
    pub(crate) every: Span,
    /// Threads.
    #[command(flatten)]
    pub(crate) workers: Workers,
}

/// Against what is held that was found, and what becomes of it.
#[derive(Debug, Args)]
pub(crate) struct Outcome {
    /// An OpenAPI document (2.0 to 3.2, JSON or YAML) of what is declared; may be repeated
    #[arg(long, value_name = "FILE")]
    pub(crate) spec: Vec<PathBuf>,
    /// The form of the result
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub(crate) format: Format,
    /// Where what is found is taken in.
    #[command(flatten)]
    pub(crate) place: Place,
    /// Who reads.
    #[command(flatten)]
    pub(crate) author: Author,
    /// Leave the inventory as it is
    #[arg(long)]
    pub(crate) dry_run: bool,
}

/// Who reads.
#[derive(Debug, Args)]
pub(crate) struct Workers {
    /// Threads that read (one a core)
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(crate) workers: Option<u16>,
}

impl Workers {
    /// How many threads read.
    pub(crate) fn count(&self) -> usize {
        let cores = || thread::available_parallelism().map_or(1, usize::from);
        self.workers.map_or_else(cores, usize::from)
    }
}

/// What an operation is, by what is declared and what is seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Status {
    /// Seen, and not declared.
    Shadow,
    /// Deprecated, and seen.
    Zombie,
    /// Declared, and not seen.
    Orphan,
    /// Declared and seen.
    #[value(skip)]
    Declared,
}

impl Status {
    /// Its stable name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Status::Shadow => "shadow",
            Status::Zombie => "zombie",
            Status::Orphan => "orphan",
            Status::Declared => "declared",
        }
    }
}
