//! What the user writes of certificates: those asked of clients, and the one shown to a backend.

use std::borrow::Cow;
use std::fmt;
use std::path::PathBuf;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// What is asked of clients.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Clients {
    /// PEM file of the authorities that vouch for clients.
    pub ca: PathBuf,
    /// Whether a client without a certificate gets a connection.
    #[serde(default)]
    pub mode: AskClients,
    /// Files of revocation lists, PEM or DER. Where there is any, each authority of a client's chain must have one that
    /// has not expired; loaded again when they change, and held against open connections too.
    #[serde(default)]
    pub crls: Vec<PathBuf>,
}

/// Whether clients must show a certificate.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum AskClients {
    /// The handshake fails without one.
    #[default]
    Required,
    /// Operations that need one refuse whoever has none; others do not ask.
    Optional,
}

/// A backend: an origin, or an origin and how TLS is spoken to it.
#[derive(Debug, Clone, Default)]
pub struct Upstream {
    /// The origin, as in `https://orders.internal`.
    pub url: String,
    /// How TLS is spoken to it.
    pub tls: Option<UpstreamTls>,
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

/// A backend by its origin, and how TLS is spoken to it.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct UpstreamObject {
    /// The origin, as in `https://orders.internal`.
    url: String,
    /// How TLS is spoken to it.
    #[serde(default)]
    tls: Option<UpstreamTls>,
}

impl<'de> Deserialize<'de> for Upstream {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Upstream, D::Error> {
        struct Either;

        impl<'de> Visitor<'de> for Either {
            type Value = Upstream;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an origin, or an object with `url` and `tls`")
            }

            fn visit_str<E: Error>(self, url: &str) -> Result<Upstream, E> {
                Ok(Upstream { url: url.to_owned(), tls: None })
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Upstream, A::Error> {
                let UpstreamObject { url, tls } = Deserialize::deserialize(MapAccessDeserializer::new(map))?;
                Ok(Upstream { url, tls })
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
            "description": "A backend: an origin as text, or an object as below.",
            "anyOf": [{ "type": "string" }, generator.subschema_for::<UpstreamObject>()]
        })
    }
}
