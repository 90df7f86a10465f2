//! What is said of one request, by a line of a log or by what was recorded of traffic.

mod field;

use std::borrow::Cow;
use std::fmt;
use std::net::IpAddr;

use model::Timestamp;

use crate::body::Body;
use crate::credential::Credentials;
pub(crate) use field::{Field, field_of};

/// One request and its answer, as far as it is told of; texts are borrowed from where they stand as they are.
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
    /// Bytes of the body of the request.
    pub request_bytes: Option<u64>,
    /// `Content-Type` of the request.
    pub request_type: Option<Cow<'l, str>>,
    /// `Content-Type` of the answer.
    pub answer_type: Option<Cow<'l, str>>,
    /// How long it took, in microseconds.
    pub duration_us: Option<u64>,
    /// `User-Agent`.
    pub user_agent: Option<Cow<'l, str>>,
    /// `Referer`.
    pub referer: Option<Cow<'l, str>>,
    /// What the caller showed of themselves.
    pub credentials: Credentials,
    /// The body of the request.
    pub request_body: Body,
    /// The body of the answer.
    pub answer_body: Body,
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
            number("request_bytes", self.request_bytes),
            text("request_type", &self.request_type),
            text("answer_type", &self.answer_type),
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
