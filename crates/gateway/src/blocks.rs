//! Who and what is blocked: principals, client applications, networks and countries, each with a reason and perhaps an end.

use std::collections::HashMap;
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use arc_swap::ArcSwap;
use model::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::geography::{Country, Geography};
use crate::network::Network;

/// Longest name of a principal, issuer or client in a block, in bytes.
const NAME_BYTES_MAX: usize = 512;
/// Longest reason of a block, in bytes.
const REASON_BYTES_MAX: usize = 256;
/// Longest `by` of a block, in bytes.
const BY_BYTES_MAX: usize = 128;

/// One block.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "BlockEntry")]
pub struct Block {
    /// Who or what is blocked.
    #[serde(flatten)]
    pub what: Blocked,
    /// Why: for the log, never for the caller.
    pub reason: String,
    /// From when on it counts no more; never where it is absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// Who set it, as they call themselves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}

/// Who or what is blocked.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(untagged)]
pub enum Blocked {
    /// Whoever is recorded under this id.
    Principal {
        /// The id.
        principal: String,
        /// The issuer that must vouch for it; any, or none, where it is absent.
        #[serde(skip_serializing_if = "Option::is_none")]
        issuer: Option<String>,
    },
    /// A client application, by API key or by the `client_id` or `azp` of a token.
    Client {
        /// Its name.
        client: String,
    },
    /// Whoever calls from this network, which may be one address.
    Network {
        /// The network.
        address: Network,
    },
    /// Whoever calls from this country, as far as that can be told from an address.
    Country {
        /// The country.
        country: Country,
    },
}

/// One block as it is written: exactly one of `principal`, `client`, `address` and `country`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct BlockEntry {
    /// Id of a principal as it stands in records: the subject of a token, a client that acts for itself, or the service of
    /// a certificate.
    #[serde(default)]
    pub principal: Option<String>,
    /// With `principal`: the issuer that vouches for it. Absent: any.
    #[serde(default)]
    pub issuer: Option<String>,
    /// Name of a client application, by API key or by the `client_id` or `azp` of a token.
    #[serde(default)]
    pub client: Option<String>,
    /// An address, or a network as in `192.0.2.0/24`.
    #[serde(default)]
    pub address: Option<Network>,
    /// A country by its two letters, as in `KP`; needs `geography`.
    #[serde(default)]
    pub country: Option<Country>,
    /// Why. It stands in records; the caller never sees it.
    pub reason: String,
    /// From when on the block counts no more (RFC 3339): `2026-03-01T00:00:00Z`. Absent: never.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub until: Option<Timestamp>,
    /// Who set it.
    #[serde(default)]
    pub by: Option<String>,
}

impl TryFrom<BlockEntry> for Block {
    type Error = &'static str;

    /// Whoever misreads an entry blocks nobody, or somebody else; so what is in doubt is an error.
    fn try_from(entry: BlockEntry) -> Result<Block, Self::Error> {
        let BlockEntry { principal, issuer, client, address, country, reason, until, by } = entry;
        let is_plain = |text: &String, bytes_max| {
            !text.is_empty() && text.len() <= bytes_max && !text.chars().any(char::is_control)
        };
        if ![&principal, &issuer, &client].into_iter().flatten().all(|name| is_plain(name, NAME_BYTES_MAX)) {
            return Err("expected names of 1 to 512 bytes without control characters");
        }
        if !is_plain(&reason, REASON_BYTES_MAX) {
            return Err("expected a `reason` of 1 to 256 bytes without control characters");
        }
        if !by.iter().all(|by| is_plain(by, BY_BYTES_MAX)) {
            return Err("expected a `by` of 1 to 128 bytes without control characters");
        }
        let what = match (principal, client, address, country, issuer) {
            (Some(principal), None, None, None, issuer) => Blocked::Principal { principal, issuer },
            (None, Some(client), None, None, None) => Blocked::Client { client },
            (None, None, Some(address), None, None) => Blocked::Network { address },
            (None, None, None, Some(country), None) => Blocked::Country { country },
            (_, _, _, _, Some(_)) => return Err("expected `issuer` beside a `principal` only"),
            _ => return Err("expected one of `principal`, `client`, `address` and `country`"),
        };
        Ok(Block { what, reason, until, by })
    }
}

impl Block {
    /// Whether it still counts at `now`.
    pub fn lasts(&self, now: Timestamp) -> bool {
        self.until.is_none_or(|until| now < until)
    }
}

impl fmt::Display for Block {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.what {
            Blocked::Principal { .. } => "the principal is blocked",
            Blocked::Client { .. } => "the client is blocked",
            Blocked::Network { .. } => "the address is blocked",
            Blocked::Country { .. } => "the country is blocked",
        })?;
        if let Some(by) = &self.by {
            write!(f, " by {by}")?;
        }
        write!(f, ": {}", self.reason)
    }
}

/// A list of blocks, asked for each request. It never changes; another takes its place.
#[derive(Debug, Default)]
pub struct Blocks {
    all: Vec<Block>,
    principals: HashMap<Box<str>, Vec<usize>>,
    clients: HashMap<Box<str>, Vec<usize>>,
    networks: HashMap<Network, Vec<usize>>,
    countries: HashMap<Country, Vec<usize>>,
    /// How many leading bits the networks of each family have, each number once: an address is looked up once for each.
    v4_bits: Vec<u8>,
    v6_bits: Vec<u8>,
}

impl Blocks {
    /// A table of `blocks`; those that count no more at `now` are left out.
    pub fn new(blocks: impl IntoIterator<Item = Block>, now: Timestamp) -> Blocks {
        let mut table = Blocks::default();
        for block in blocks.into_iter().filter(|block| block.lasts(now)) {
            let at = match &block.what {
                Blocked::Principal { principal, .. } => {
                    table.principals.entry(principal.as_str().into()).or_default()
                }
                Blocked::Client { client } => table.clients.entry(client.as_str().into()).or_default(),
                Blocked::Network { address } => {
                    let lengths = if address.is_ipv4() { &mut table.v4_bits } else { &mut table.v6_bits };
                    if !lengths.contains(&address.bits()) {
                        lengths.push(address.bits());
                    }
                    table.networks.entry(*address).or_default()
                }
                Blocked::Country { country } => table.countries.entry(*country).or_default(),
            };
            at.push(table.all.len());
            table.all.push(block);
        }
        table
    }

    /// Every block, in the order they were given.
    pub fn all(&self) -> &[Block] {
        &self.all
    }

    /// What blocks `address` at `now`. An IPv4 address that is mapped into IPv6 is one of IPv4.
    pub fn of_address(&self, address: IpAddr, now: Timestamp) -> Option<&Block> {
        let address = address.to_canonical();
        let lengths = if address.is_ipv4() { &self.v4_bits } else { &self.v6_bits };
        lengths.iter().find_map(|&bits| {
            let at = self.networks.get(&Network::around(address, bits)?)?;
            self.lasting(at, now).next()
        })
    }

    /// Whether any country is blocked, or was.
    pub fn has_countries(&self) -> bool {
        !self.countries.is_empty()
    }

    /// What blocks `country` at `now`.
    pub fn of_country(&self, country: Country, now: Timestamp) -> Option<&Block> {
        self.lasting(self.countries.get(&country)?, now).next()
    }

    /// What blocks the principal `id`, for whom `issuer` vouches if anybody does, at `now`.
    pub fn of_principal(&self, id: &str, issuer: Option<&str>, now: Timestamp) -> Option<&Block> {
        let is_meant = |block: &&Block| match &block.what {
            Blocked::Principal { issuer: Some(of), .. } => issuer == Some(of.as_str()),
            _ => true,
        };
        self.lasting(self.principals.get(id)?, now).find(is_meant)
    }

    /// What blocks the client application `name` at `now`.
    pub fn of_client(&self, name: &str, now: Timestamp) -> Option<&Block> {
        self.lasting(self.clients.get(name)?, now).next()
    }

    fn lasting<'b>(&'b self, at: &'b [usize], now: Timestamp) -> impl Iterator<Item = &'b Block> {
        at.iter().filter_map(|&at| self.all.get(at)).filter(move |block| block.lasts(now))
    }
}

/// All blocks: those of the config, which are fixed with it, and those that are set and lifted while it runs.
#[derive(Debug, Clone, Default)]
pub struct BlockFeed {
    /// What the config says.
    pub configured: Arc<Blocks>,
    /// What was set since, kept over reloads: what is put here counts from the next request on.
    pub live: Arc<ArcSwap<Blocks>>,
    /// Which country an address is of; absent if no database is configured.
    pub geography: Option<Arc<Geography>>,
}

#[cfg(test)]
mod tests;
