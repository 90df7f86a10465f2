//! What a limit counts for: an address, its network, its operator, a caller, a client, an operation, the value of a claim.

use std::borrow::Cow;
use std::net::IpAddr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de};

use super::KeyHasher;
use crate::policy::Context;

/// One part of a limit's key. Requests that agree in all parts share a bucket.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Subject {
    /// The address; of IPv6 the /64, since that is what one subscriber has.
    Ip,
    /// The network around the address: the /24 of IPv4 and the /48 of IPv6, which one holder usually has.
    Network,
    /// The autonomous system of the address, which is all of a hoster or provider (OWASP API2:2023); where none is known, the
    /// network.
    AutonomousSystem,
    /// The caller, proven by a token or by the certificate of its connection, or else the client by its key, or else the
    /// address.
    Principal,
    /// The client application of the token or key, or else the service of the certificate, or else the address.
    Client,
    /// The operation.
    Operation,
    /// A claim of the token, or else the address.
    Claim(String),
}

impl Subject {
    /// Adds what this is in the request of `cx`. Nobody escapes a limit by saying less about themselves: where a
    /// request has no such thing, its address counts.
    pub fn add<'h>(&self, key: KeyHasher<'h>, cx: &Context<'_>) -> KeyHasher<'h> {
        let token = cx.caller.token.as_ref().map(|token| &token.claims);
        let client = cx.caller.client.as_ref().map(|client| client.name.as_str());
        let service = cx.caller.service();
        let client = token.and_then(|claims| claims.client.as_deref()).or(client);
        match self {
            Subject::Ip => address(key, cx.client),
            Subject::Network => network(key, cx.client),
            Subject::AutonomousSystem => match cx.systems.and_then(|systems| systems.number(cx.client)) {
                Some(number) => key.part(11_u8).part(number),
                None => network(key, cx.client),
            },
            Subject::Principal => match (token, client) {
                (Some(claims), _) if claims.subject.is_some() || claims.client.is_some() => {
                    key.part(1_u8).part(&claims.issuer).part(&claims.subject).part(&claims.client)
                }
                (Some(_), None) => address(key, cx.client),
                (None, client) => match (service, client) {
                    (Some(service), _) => key.part(8_u8).part(service),
                    (None, Some(name)) => key.part(2_u8).part(name),
                    (None, None) => address(key, cx.client),
                },
                (Some(_), Some(name)) => key.part(2_u8).part(name),
            },
            Subject::Client => match (client, service) {
                (Some(name), _) => key.part(2_u8).part(name),
                (None, Some(service)) => key.part(8_u8).part(service),
                (None, None) => address(key, cx.client),
            },
            Subject::Operation => match cx.operation {
                Some(operation) => key.part(3_u8).part(&operation.method).part(&operation.path),
                None => key.part(4_u8),
            },
            Subject::Claim(name) => match token.and_then(|claims| claims.get(name)) {
                Some(value) => key.part(5_u8).part(value),
                None => address(key, cx.client),
            },
        }
    }

    /// The word for it in the name of a limit.
    pub fn word(&self) -> &str {
        match self {
            Subject::Ip => "ip",
            Subject::Network => "network",
            Subject::AutonomousSystem => "asn",
            Subject::Principal => "principal",
            Subject::Client => "client",
            Subject::Operation => "operation",
            Subject::Claim(name) => name,
        }
    }

    /// The subject that `text` spells.
    pub fn parse(text: &str) -> Option<Subject> {
        Some(match text {
            "ip" => Subject::Ip,
            "network" => Subject::Network,
            "asn" => Subject::AutonomousSystem,
            "principal" => Subject::Principal,
            "client" => Subject::Client,
            "operation" => Subject::Operation,
            _ => {
                let name = text.strip_prefix("claim:").filter(|name| !name.is_empty())?;
                Subject::Claim(name.to_owned())
            }
        })
    }
}

fn network(key: KeyHasher<'_>, address: IpAddr) -> KeyHasher<'_> {
    match address.to_canonical() {
        IpAddr::V4(address) => key.part(9_u8).part(address.to_bits() >> 8),
        IpAddr::V6(address) => key.part(10_u8).part(address.to_bits() >> 80),
    }
}

/// Adds an address: IPv4 whole, also where it is written as IPv6, and the first 64 bits of IPv6.
fn address(key: KeyHasher<'_>, address: IpAddr) -> KeyHasher<'_> {
    match address.to_canonical() {
        IpAddr::V4(address) => key.part(6_u8).part(address.to_bits()),
        IpAddr::V6(address) => key.part(7_u8).part(address.to_bits() >> 64),
    }
}

impl<'de> Deserialize<'de> for Subject {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<str>::deserialize(deserializer)?;
        Subject::parse(&text).ok_or_else(|| {
            de::Error::custom(
                "a key is made of `ip`, `network`, `asn`, `principal`, `client`, `operation` and `claim:NAME`",
            )
        })
    }
}

impl JsonSchema for Subject {
    fn schema_name() -> Cow<'static, str> {
        "LimitKey".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "pattern": "^(ip|network|asn|principal|client|operation|claim:.+)$",
            "examples": ["principal", "claim:tenant"]
        })
    }
}
