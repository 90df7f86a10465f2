//! What stands in front of a listener and speaks for its clients.

use schemars::JsonSchema;
use serde::Deserialize;
use std::net::IpAddr;

use crate::network::Network;

/// The proxies and load balancers in front of a listener. What they say of whom a request is from is believed; what
/// anybody else says is not.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Proxies {
    /// Their addresses and networks.
    pub trusted: Vec<Network>,
    /// Where they say it.
    pub client: ClientSource,
}

/// Where a proxy says whom a connection or a request is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ClientSource {
    /// In `X-Forwarded-For`, to which each proxy appends the address it was called from, and `X-Forwarded-Proto`.
    XForwardedFor,
    /// In `Forwarded` (RFC 7239), to which each proxy appends an element.
    Forwarded,
    /// At the start of each connection, in the PROXY protocol, version 1 or 2. Connections of others, and those that
    /// start otherwise, are closed.
    ProxyProtocol,
}

impl Proxies {
    /// Whether `address` is that of one of them.
    pub fn trusts(&self, address: IpAddr) -> bool {
        self.trusted.iter().any(|network| network.contains(address))
    }
}
