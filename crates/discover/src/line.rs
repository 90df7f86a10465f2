//! What one line of a log says of one request.

mod field;

use std::borrow::Cow;
use std::fmt;
use std::net::IpAddr;

use model::Timestamp;

pub(crate) use field::{Field, field_of};

/// One request and its answer, as far as a line tells; texts are borrowed from the line where they stand in it as they are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Line<'l> {
    /// When; of its beginning or its end, as the product has it.
    pub time: Option<Timestamp>,
    /// The address it came from: the nearest that the log has.
    pub client: Option<IpAddr>,
    /// Who called, as the product names them.
    pub user: Option<Cow<'l, str>>,
    /// The method. Absent, like the path, where what came was no HTTP.
    pub method: Option<Cow<'l, str>>,
    /// The host that was asked, with its port unless that is 80 or 443.
    pub host: Option<Cow<'l, str>>,
    /// The path, still percent-encoded.
    pub path: Option<Cow<'l, str>>,
    /// The query, without `?`.
    pub query: Option<Cow<'l, str>>,
    /// The protocol (`HTTP/1.1`).
    pub protocol: Option<Cow<'l, str>>,
    /// The status of the answer.
    pub status: Option<u16>,
    /// Bytes of the answer: of its body or of all of it, as the product counts.
    pub bytes: Option<u64>,
    /// How long it took, in microseconds.
    pub duration_us: Option<u64>,
    /// `User-Agent`.
    pub user_agent: Option<Cow<'l, str>>,
    /// `Referer`.
    pub referer: Option<Cow<'l, str>>,
    /// What the caller showed of themselves.
    pub credentials: Credentials,
}

/// What a caller showed to say who they are, as far as a log tells of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Credential {
    /// A user is named; how they proved it is not.
    User,
    /// A password with each request.
    Basic,
    /// A token.
    Bearer,
    /// An `Authorization` field of another scheme, or one that the log hides.
    Authorization,
    /// A key of the application.
    ApiKey,
    /// A cookie.
    Cookie,
    /// A certificate of the client.
    Certificate,
}

impl Credential {
    /// All of them, in their order.
    pub const ALL: [Credential; 7] = [
        Credential::User,
        Credential::Basic,
        Credential::Bearer,
        Credential::Authorization,
        Credential::ApiKey,
        Credential::Cookie,
        Credential::Certificate,
    ];

    /// Its stable name.
    pub fn name(self) -> &'static str {
        match self {
            Credential::User => "user",
            Credential::Basic => "basic",
            Credential::Bearer => "bearer",
            Credential::Authorization => "authorization",
            Credential::ApiKey => "api-key",
            Credential::Cookie => "cookie",
            Credential::Certificate => "mtls",
        }
    }
}

/// A set of [`Credential`]s.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Credentials(u8);

impl Credentials {
    /// Puts one in.
    pub fn insert(&mut self, credential: Credential) {
        self.0 |= 1 << credential as u8;
    }

    /// Puts in all of `other`.
    pub fn extend(&mut self, other: Credentials) {
        self.0 |= other.0;
    }

    /// Those that are in it.
    pub fn iter(self) -> impl Iterator<Item = Credential> {
        Credential::ALL.into_iter().filter(move |credential| self.0 & (1 << *credential as u8) != 0)
    }
}

impl<'l> Line<'l> {
    /// Whether it tells of a request that has a path.
    pub fn is_request(&self) -> bool {
        self.path.is_some()
    }

    /// Takes in what stands for `field`; false where it cannot stand for it.
    pub(crate) fn set(&mut self, field: Field, value: Cow<'l, str>) -> bool {
        field::set(self, field, value)
    }
}

impl fmt::Display for Line<'_> {
    /// Everything that it says, as `name=value`, in the order of the fields: how examples are written.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |name, value: &Option<Cow<'_, str>>| value.as_ref().map(|value| (name, value.to_string()));
        let number = |name, value: Option<u64>| value.map(|value| (name, value.to_string()));
        let facts = [
            self.time.map(|time| ("time", time.to_string())),
            self.client.map(|client| ("client", client.to_string())),
            text("user", &self.user),
            text("method", &self.method),
            text("host", &self.host),
            text("path", &self.path),
            text("query", &self.query),
            text("protocol", &self.protocol),
            number("status", self.status.map(u64::from)),
            number("bytes", self.bytes),
            number("duration_us", self.duration_us),
            text("user_agent", &self.user_agent),
            text("referer", &self.referer),
        ];
        let credentials = self.credentials.iter().map(|credential| ("shows", credential.name().to_owned()));
        for (index, (name, value)) in facts.into_iter().flatten().chain(credentials).enumerate() {
            write!(f, "{}{name}={value}", if index == 0 { "" } else { " " })?;
        }
        Ok(())
    }
}
