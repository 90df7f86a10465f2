//! What the user writes in `palisade.yaml`; [`crate::snapshot`] turns it into what runs.

mod cedar;
mod decisions;
mod egress;
mod identity;
mod inventory;
mod proxies;
mod quantity;
mod review;
mod tls;
mod upstream;

use std::net::SocketAddr;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::blocks::{Block, BlockEntry};
use crate::policies::ControlsSchema;

pub use cedar::{Cedar, ClaimType};
pub use decisions::{Asker, Bodies, Decisions};
pub use egress::{ClientCredentials, Credential, Egress};
pub use identity::{
    Dpop, Internal, Introspection, IntrospectionEndpoint, Nonce, RevocationEntry, RevocationFile,
    SecretSource,
};
pub use inventory::{Inventory, InventoryStore};
pub use proxies::{ClientSource, Proxies};
pub use quantity::{Rate, Size, Span};
pub use review::{FileRules, Level, Review, Threshold};
pub use tls::{AskClients, Clients};
pub use upstream::{Balance, Ejection, Health, Protocol, Upstream, UpstreamTls, Upstreams};

// What must be in it may be absent here, and what must be said of an API empty, so that the rest is read and checked all
// the same; `read_config` says what is missing.
/// The whole file.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(extend("required" = ["version", "apis"]))]
pub struct Config {
    /// The version of this format: `1`.
    #[serde(default)]
    #[schemars(with = "Version")]
    pub version: Option<Version>,
    /// Where requests come in.
    #[serde(default = "default_listen")]
    pub listen: Vec<Listen>,
    /// Where health, metrics and the snapshot are read, and blocks set. Never reachable through a data port.
    #[serde(default)]
    pub admin: Admin,
    /// Where the exchange log is kept, and how much of it.
    #[serde(default)]
    pub data: Data,
    /// Worker threads, each with its own listening socket and upstream connections. Default: one a core.
    #[serde(default)]
    pub workers: Option<u16>,
    /// Who may vouch for callers.
    #[serde(default)]
    pub identity: Identity,
    /// Who and what is blocked, from the moment on that the config is loaded. The admin listener takes more.
    #[serde(default)]
    #[schemars(with = "Vec<BlockEntry>")]
    pub blocks: Vec<Block>,
    /// Lists of networks that are blocked, which are loaded again when they change.
    #[serde(default)]
    pub block_lists: Vec<BlockList>,
    /// Where addresses are. Absent: no country is known, and none can be blocked.
    #[serde(default)]
    pub geography: Option<Geography>,
    /// Settings of controls for every API, by control; an API's and an operation's own replace them.
    #[serde(default)]
    #[schemars(with = "Option<ControlsSchema>")]
    pub controls: Option<IgnoredAny>,
    /// The APIs to protect.
    #[serde(default)]
    pub apis: Vec<Api>,
    /// Bounds on connections, heads, bodies and times.
    #[serde(default)]
    pub limits: Limits,
    /// How specifications are reviewed.
    #[serde(default)]
    pub review: Review,
    /// Where the gateway tells what it sees. Absent: nowhere.
    #[serde(default)]
    pub inventory: Option<Inventory>,
}

/// Where addresses are. Each file is read anew when it changes.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Geography {
    /// A MaxMind DB file with the countries of addresses.
    #[serde(default)]
    pub database: Option<PathBuf>,
    /// A MaxMind DB file with the autonomous systems of addresses, as of hosters and providers; limits count by them.
    #[serde(default)]
    pub autonomous_systems: Option<PathBuf>,
}

/// The format's version. There is one.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(try_from = "u64")]
#[schemars(with = "u64")]
pub struct Version;

impl TryFrom<u64> for Version {
    type Error = &'static str;

    fn try_from(version: u64) -> Result<Version, Self::Error> {
        if version == 1 { Ok(Version) } else { Err("this palisade reads `version: 1`") }
    }
}

/// One address to accept connections on.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Listen {
    /// Address and port; port 0 takes a free one and says which.
    pub address: SocketAddr,
    /// Accept TLS only, with these certificates. Absent: plain HTTP.
    #[serde(default)]
    pub tls: Option<Tls>,
    /// Proxies and load balancers in front, which say whom requests are from. Absent: a request is from whoever connects.
    #[serde(default)]
    pub proxies: Option<Proxies>,
    /// Decide for another proxy, and forward nothing: questions are taken here, and requests are not. Absent: requests are.
    #[serde(default)]
    pub decisions: Option<Decisions>,
    /// Take calls to the APIs of third parties, those with `egress`, and to no other. Other listeners take none to them.
    /// What a listener is stands from the start of the program on.
    #[serde(default)]
    pub egress: bool,
}

/// TLS of a listener.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Tls {
    /// Certificates; the one whose names cover the client's SNI is used, the first where none does or none is sent.
    pub certificates: Vec<Certificate>,
    /// Ask clients for certificates. Absent: nobody is asked.
    #[serde(default)]
    pub clients: Option<Clients>,
}

/// A certificate chain and its key, PEM.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Certificate {
    /// File with the chain, leaf first.
    pub certificate: PathBuf,
    /// File with the private key.
    pub key: PathBuf,
    /// What is asked of clients that ask for a name of this certificate, in place of what the listener asks. Where this
    /// differs within a listener, a request must be for the very host that its connection asked for.
    #[serde(default)]
    pub clients: Option<Clients>,
}

/// The admin listener.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Admin {
    /// Address and port. Only loopback addresses are accepted unless `public` is set.
    pub address: SocketAddr,
    /// Allow an address that is not loopback. Nothing on the admin listener asks who calls; blocks are taken from loopback
    /// addresses alone all the same.
    pub public: bool,
    /// Host names that it answers to beside `localhost` and its addresses, without a port: the name of the service by
    /// which a scraper calls it. A page of another site could read it under any other name that is pointed here.
    pub hosts: Vec<String>,
}

/// The exchange log.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Data {
    /// The folder that palisade owns.
    pub directory: PathBuf,
    /// Size of one segment file, allocated ahead.
    pub segment: Size,
    /// Oldest segments go once all of them are larger than this.
    pub bytes_max: Size,
    /// Segments go once their newest record is older than this.
    pub age_max: Span,
    /// What happens to requests that cannot be recorded.
    pub when_full: WhenFull,
}

/// What happens to requests while the exchange log takes no records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum WhenFull {
    /// They are answered 503.
    Refuse,
    /// They are served, and counted in `palisade_exchanges_unrecorded_total`.
    Serve,
}

/// Who may vouch for callers.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Identity {
    /// Issuers of signed tokens.
    pub issuers: Vec<Issuer>,
    /// Keys that identify client applications.
    pub api_keys: Option<ApiKeys>,
    /// Issuer of tokens for the inside, which `phantom-token` puts in place of the caller's.
    pub internal: Option<Internal>,
    /// Proofs that the sender of a bound token holds its key (RFC 9449).
    pub dpop: Dpop,
    /// File of tokens and subjects that are revoked, YAML or JSON: `revoked`, a list of entries with `jti` or `sub`,
    /// and where wanted `issuer`, `issued-before` (with `sub`) and `until`, after which the entry counts no more. Loaded
    /// again when it changes.
    pub revocations: Option<PathBuf>,
}

/// An issuer of JWT access tokens.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Issuer {
    /// Its identifier, compared exactly with the token's `iss`.
    pub issuer: String,
    /// A token must name at least one of these in `aud`.
    pub audiences: Vec<String>,
    /// Where its keys are. Absent: found by OIDC discovery at the issuer.
    #[serde(default)]
    pub keys: KeySource,
    /// Signature algorithms to accept, within what each key allows. Default: every supported one.
    #[serde(default)]
    pub algorithms: Vec<String>,
    /// How far clocks may differ.
    #[serde(default = "default_clock_skew")]
    pub clock_skew: Span,
    /// Accept only tokens of type `at+jwt` (RFC 9068).
    #[serde(default)]
    pub access_tokens_only: bool,
    /// Refuse tokens that live longer than this.
    #[serde(default)]
    pub lifetime_max: Option<Span>,
    /// Ask this issuer about tokens that are no signed ones (RFC 7662). One issuer at most can be asked, since an opaque
    /// token does not say whose it is.
    #[serde(default)]
    pub introspection: Option<Introspection>,
}

/// Where an issuer's keys are.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum KeySource {
    /// `{issuer}/.well-known/openid-configuration` says.
    #[default]
    Discovery,
    /// A JWKS file.
    File(PathBuf),
    /// A JWKS address; `http:` only on loopback.
    Url(String),
}

/// Client applications known by key.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ApiKeys {
    /// The header that carries the key where the specification names none.
    #[serde(default = "default_api_key_header")]
    pub header: String,
    /// The clients.
    pub clients: Vec<ClientKey>,
}

/// One client application.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ClientKey {
    /// Its name in records and limits.
    pub name: String,
    /// SHA-256 of the key, 64 hexadecimal digits. The key itself is written nowhere.
    pub sha256: String,
}

/// A list of networks that are blocked, as providers of reputation publish them: one a line, comments after `#` or `;`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct BlockList {
    /// The file.
    pub file: PathBuf,
    /// Why they are blocked. It stands in records, beside the name of the file; the caller never sees it.
    pub reason: String,
}

/// One API to protect.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(extend("required" = ["name", "spec", "upstream"]))]
pub struct Api {
    /// Its name in records, metrics and findings.
    #[serde(default)]
    #[schemars(!default)]
    pub name: String,
    /// The OpenAPI document (2.0 to 3.2, JSON or YAML), relative to this file.
    #[serde(default)]
    #[schemars(!default)]
    pub spec: PathBuf,
    /// OpenAPI Overlays applied to it, in order.
    #[serde(default)]
    pub overlays: Vec<PathBuf>,
    /// Origin of the backend, as in `http://127.0.0.1:9000`, or an object with `url` or `urls`.
    #[serde(default)]
    #[schemars(!default)]
    pub upstream: Upstream,
    /// Host names it answers to. Empty: any. That of a third party always answers to its own.
    #[serde(default)]
    pub hosts: Vec<String>,
    /// Path prefix it is served under. Absent: the base paths of the document's servers.
    #[serde(default)]
    pub base_path: Option<String>,
    /// Hosts that `$ref`s may be fetched from, as `host` or `host:port`: over `https:`, or `http:` on this machine, without
    /// redirects, up to 16 MiB each and 30 s for all. Empty: none, references stay within the document's folder.
    #[serde(default)]
    pub reference_hosts: Vec<String>,
    /// PEM file of authorities that vouch for the backend, in place of the system's.
    #[serde(default)]
    pub upstream_authorities: Option<PathBuf>,
    /// Policies that say who may call which of its operations; what none permits is refused.
    #[serde(default)]
    pub cedar: Option<Cedar>,
    /// It is the API of a third party, which applications call through the gateway. Absent: it is one to protect.
    #[serde(default)]
    pub egress: Option<Egress>,
    /// Settings of controls for this API.
    #[serde(default)]
    #[schemars(with = "Option<ControlsSchema>")]
    pub controls: Option<IgnoredAny>,
}

/// Bounds on connections, heads, bodies and times.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Limits {
    /// Connections at once, over all workers.
    pub connections_max: u32,
    /// Connections at once from one address.
    pub connections_per_ip_max: u32,
    /// Answers that wait at once, over all workers, because `tarpit` lets them; beyond that they leave at once.
    pub delayed_max: u32,
    /// Header fields of a request.
    pub headers_max: u16,
    /// Bytes of a request head.
    pub head_bytes_max: Size,
    /// Bytes of a request target.
    pub target_bytes_max: Size,
    /// Bytes of a request body, whatever an operation allows; also what is kept in memory to be judged.
    pub body_bytes_max: Size,
    /// Bytes of an answer that are held in memory to be judged. What is larger is refused where a control must see it
    /// whole, and goes unseen where it only wants to.
    pub answer_bytes_max: Size,
    /// Bytes that all held bodies, of requests and of answers, take together, over all workers. While they are taken, a
    /// request whose body would have to be held is answered 503, and so is one whose answer a control must see whole. A
    /// body takes up to twice its length while it comes, and counts until the last of it was sent.
    pub held_bytes_max: Size,
    /// How many times its compressed size a body may unpack to.
    pub decompression_ratio_max: u32,
    /// HTTP/2 streams at once on one connection.
    pub streams_max: u32,
    /// From accepting a connection to the end of its TLS handshake.
    pub handshake_timeout: Span,
    /// From accepting a connection to its first byte.
    pub first_byte_timeout: Span,
    /// From the first byte of a request head to its last.
    pub header_timeout: Span,
    /// From the request head to the last byte of the body.
    pub body_timeout: Span,
    /// Without a byte, within a body in either direction.
    pub body_idle_timeout: Span,
    /// Without a byte, in what has no end of its own: tunnels of WebSockets, event streams, calls of gRPC.
    pub stream_idle_timeout: Span,
    /// The life of such a stream. It outlives the token that it was admitted with, by this at most.
    pub stream_lifetime_max: Span,
    /// Between two requests of a connection.
    pub idle_timeout: Span,
    /// To connect to a backend, TLS included.
    pub upstream_connect_timeout: Span,
    /// From the end of the request to the head of the backend's answer.
    pub upstream_response_timeout: Span,
    /// How long an unused connection to a backend is kept.
    pub upstream_idle_timeout: Span,
    /// Connections to one backend kept unused, per worker.
    pub upstream_idle_max: u16,
    /// Requests at once over one HTTP/2 connection to a backend, where it allows as many; more open another.
    pub upstream_streams_max: u16,
    /// How long a stop waits for requests in flight.
    pub drain_timeout: Span,
}

impl Listen {
    /// A listener at `address` of which nothing else is said.
    pub fn at(address: SocketAddr) -> Listen {
        Listen { address, tls: None, proxies: None, decisions: None, egress: false }
    }
}

impl Default for Admin {
    fn default() -> Admin {
        Admin { address: SocketAddr::from(([127, 0, 0, 1], 9901)), public: false, hosts: Vec::new() }
    }
}

impl Default for Data {
    fn default() -> Data {
        Data {
            directory: PathBuf::from("palisade-data"),
            segment: Size::kib(16 << 10),
            bytes_max: Size::kib(4 << 20),
            age_max: Span::secs(30 * 86_400),
            when_full: WhenFull::Refuse,
        }
    }
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            connections_max: 10_000,
            connections_per_ip_max: 1_000,
            delayed_max: 256,
            headers_max: 100,
            head_bytes_max: Size::kib(32),
            target_bytes_max: Size::kib(8),
            body_bytes_max: Size::kib(8 << 10),
            answer_bytes_max: Size::kib(8 << 10),
            held_bytes_max: Size::kib(256 << 10),
            decompression_ratio_max: 100,
            streams_max: 128,
            handshake_timeout: Span::secs(10),
            first_byte_timeout: Span::secs(30),
            header_timeout: Span::secs(10),
            body_timeout: Span::secs(60),
            body_idle_timeout: Span::secs(15),
            stream_idle_timeout: Span::secs(600),
            stream_lifetime_max: Span::secs(4 * 3600),
            idle_timeout: Span::secs(75),
            upstream_connect_timeout: Span::secs(5),
            upstream_response_timeout: Span::secs(60),
            upstream_idle_timeout: Span::secs(50),
            upstream_idle_max: 256,
            upstream_streams_max: 100,
            drain_timeout: Span::secs(30),
        }
    }
}

fn default_listen() -> Vec<Listen> {
    vec![Listen::at(SocketAddr::from(([127, 0, 0, 1], 8080)))]
}

fn default_clock_skew() -> Span {
    Span::secs(30)
}

fn default_api_key_header() -> String {
    "x-api-key".to_owned()
}
