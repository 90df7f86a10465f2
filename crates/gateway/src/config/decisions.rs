//! What the user writes of a listener that decides for another proxy.

use std::fmt;
use std::net::IpAddr;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::network::Network;

/// A listener that is asked by another proxy whether it may send a request on, and sends nothing anywhere itself. What
/// cannot be enforced that way is said at the start and by `check`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Decisions {
    /// The proxy that asks.
    #[serde(rename = "for")]
    pub asker: Asker,
    /// Addresses and networks that questions are taken from; connections from elsewhere are closed. Whoever may ask says whom
    /// a request is from. Default: this machine.
    #[serde(default = "loopback")]
    pub trusted: Vec<Network>,
    /// What is known of the bodies of requests, and what becomes of those that are not.
    #[serde(default)]
    pub bodies: Bodies,
}

/// The proxy that asks, and so in which form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Asker {
    /// Envoy's filter `ext_authz`, over gRPC: `envoy.service.auth.v3.Authorization/Check`.
    Envoy,
    /// nginx's `auth_request`, over HTTP at `/decide`.
    Nginx,
    /// Traefik's `ForwardAuth`, over HTTP at `/decide`.
    Traefik,
}

/// What is known of the bodies of requests.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Bodies {
    /// The proxy sends them with its questions: Envoy's `with_request_body`, Traefik's `forwardBody`. A body that it
    /// announces and does not send whole is refused where a control must see it.
    Sent,
    /// The proxy does not send them. A request with a body is refused where a control must see it; where nothing says
    /// that there is none, `POST`, `PUT`, `PATCH` and methods of no standard count as such.
    #[default]
    Withheld,
    /// As `withheld`, but controls that must see a body let it go unjudged, as if they were in shadow; the record says so.
    Unseen,
}

impl Decisions {
    /// Whether questions are taken from `address`.
    pub fn trusts(&self, address: IpAddr) -> bool {
        self.trusted.iter().any(|network| network.contains(address))
    }
}

impl Asker {
    /// Its name in the config, in records and in metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Asker::Envoy => "envoy",
            Asker::Nginx => "nginx",
            Asker::Traefik => "traefik",
        }
    }
}

impl fmt::Display for Asker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

fn loopback() -> Vec<Network> {
    ["127.0.0.0/8", "::1"].into_iter().filter_map(Network::parse).collect()
}
