//! What the user writes of the backends of an API.

use std::borrow::Cow;
use std::fmt;
use std::path::PathBuf;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::Span;

/// The backends of an API: one origin as text, or an object.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
#[schemars(inline)]
pub struct Upstreams {
    /// The origin of the one backend, as in `https://orders.internal`.
    pub url: Option<String>,
    /// The origins of several that are alike, in place of `url`.
    pub urls: Vec<String>,
    /// How TLS is spoken to them.
    pub tls: Option<UpstreamTls>,
    /// What is spoken to them.
    pub protocol: Protocol,
    /// Which of several gets the next request.
    pub balance: Balance,
    /// How many times a request may be sent again, each time to another backend where there is one. Only what cannot
    /// have been done twice is: a request that never reached its backend, and one of an idempotent method (RFC 9110
    /// 9.2.2) whose connection closed before any answer.
    pub retries: u8,
    /// When a backend that fails gets no requests for a while. Absent: never.
    pub ejection: Option<Ejection>,
    /// How backends are asked whether they are well, beside the requests that they get. Absent: none is asked.
    pub health: Option<Health>,
}

/// How backends are asked whether they are well: by `GET`, from the start on, over a connection each time. One that is not
/// gets no requests until it is again. Where none is, all get requests, since the question itself may fail, and ejection
/// alone decides.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Health {
    /// The path that is asked for, query included.
    pub path: String,
    /// Between two questions to a backend, give or take a tenth.
    pub interval: Span,
    /// For the connection and the head of the answer together.
    pub timeout: Span,
    /// Good answers in a row after which a backend is well again.
    pub healthy_after: u32,
    /// Bad ones, or none in time, after which it is not.
    pub unhealthy_after: u32,
    /// The status of a good answer. Absent: any from 200 to 299.
    pub status: Option<u16>,
}

impl Health {
    /// Whether an answer of this status is a good one.
    pub fn takes(&self, status: u16) -> bool {
        self.status.map_or((200..300).contains(&status), |wanted| wanted == status)
    }
}

impl Default for Health {
    fn default() -> Health {
        Health {
            path: "/".to_owned(),
            interval: Span::secs(10),
            timeout: Span::secs(2),
            healthy_after: 2,
            unhealthy_after: 3,
            status: None,
        }
    }
}

/// What is spoken to a backend.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Protocol {
    /// HTTP/1.1.
    #[default]
    Http1,
    /// HTTP/2: with prior knowledge to `http:` (RFC 9113 3.3), as TLS agrees on it to `https:`. Fields that come after a
    /// body reach callers of HTTP/2, which gRPC needs.
    Http2,
}

/// Which of several backends gets the next request.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Balance {
    /// One after another.
    #[default]
    RoundRobin,
    /// The one with the fewest requests in flight.
    LeastRequests,
}

/// When a backend that fails gets no requests for a while, as a circuit breaker has it: closed, then open for a time, then
/// half open. Where no backend is left, requests are answered 503 at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Ejection {
    /// Failures in a row: no connection, no answer in time, an answer that is none, or 502, 503 or 504.
    pub failures: u32,
    /// For how long. After it, the first failure is enough again, until one request succeeds.
    pub time: Span,
}

impl Default for Ejection {
    fn default() -> Ejection {
        Ejection { failures: 5, time: Span::secs(10) }
    }
}

/// TLS towards a backend.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct UpstreamTls {
    /// PEM file of authorities that vouch for the backend, in place of the system's.
    pub ca: Option<PathBuf>,
    /// File with the chain that proves to the backend who calls, leaf first; goes with `key`.
    pub certificate: Option<PathBuf>,
    /// File with the private key of that chain.
    pub key: Option<PathBuf>,
}

/// As it is written: text, or an object.
#[derive(Debug, Clone, Default)]
pub struct Upstream(pub Upstreams);

impl<'de> Deserialize<'de> for Upstream {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Upstream, D::Error> {
        struct Either;

        impl<'de> Visitor<'de> for Either {
            type Value = Upstream;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an origin, or an object with `url` or `urls`")
            }

            fn visit_str<E: Error>(self, url: &str) -> Result<Upstream, E> {
                Ok(Upstream(Upstreams { url: Some(url.to_owned()), ..Upstreams::default() }))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Upstream, A::Error> {
                Deserialize::deserialize(MapAccessDeserializer::new(map)).map(Upstream)
            }
        }

        deserializer.deserialize_any(Either)
    }
}

impl JsonSchema for Upstream {
    fn schema_name() -> Cow<'static, str> {
        "Upstream".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "The backends of an API: an origin as text, or an object as below.",
            "anyOf": [{ "type": "string" }, Upstreams::json_schema(generator)]
        })
    }
}
