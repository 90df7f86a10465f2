//! Hosts that were talked to and of which nothing else is known, since all that was said is encrypted.

use std::collections::BTreeMap;

use model::Timestamp;

use crate::tally::Place;

/// The most hosts that are kept.
const HOSTS_MAX: usize = 1 << 12;

/// What says that a host was talked to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Evidence {
    /// The name that the client asked for (SNI).
    ServerName,
    /// A name in the certificate that the server showed.
    Certificate,
}

impl Evidence {
    /// Its stable name.
    pub fn name(self) -> &'static str {
        match self {
            Evidence::ServerName => "sni",
            Evidence::Certificate => "certificate",
        }
    }
}

/// One connection to a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host {
    /// Its name, in small letters; in a certificate there may be a `*` in it.
    pub name: Box<str>,
    /// The port.
    pub port: u16,
    /// How it is known.
    pub evidence: Evidence,
    /// The protocol within, as ALPN names it, if that was agreed on in clear text.
    pub protocol: Option<Box<str>>,
    /// Whether the client showed a certificate.
    pub shows_certificate: bool,
    /// When.
    pub time: Option<Timestamp>,
}

/// All connections to a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostTally {
    /// How many.
    pub connections: u64,
    /// The best of how it is known.
    pub evidence: Evidence,
    /// Protocols that were agreed on.
    pub protocols: Vec<Box<str>>,
    /// Whether clients showed certificates.
    pub shows_certificate: bool,
    /// When the first was.
    pub first_seen: Option<Timestamp>,
    /// When the last was.
    pub last_seen: Option<Timestamp>,
    /// Where the first stands.
    pub place: Place,
}

/// Hosts by name and port.
#[derive(Debug, Clone, Default)]
pub(crate) struct Hosts {
    known: BTreeMap<(Box<str>, u16), HostTally>,
}

impl Hosts {
    /// Takes in one connection.
    pub(crate) fn observe(&mut self, host: Host, place: Place) {
        let tally = HostTally {
            connections: 1,
            evidence: host.evidence,
            protocols: host.protocol.into_iter().collect(),
            shows_certificate: host.shows_certificate,
            first_seen: host.time,
            last_seen: host.time,
            place,
        };
        self.add((host.name, host.port), tally);
    }

    fn add(&mut self, key: (Box<str>, u16), more: HostTally) {
        if let Some(known) = self.known.get_mut(&key) {
            known.merge(more);
        } else if self.known.len() < HOSTS_MAX {
            self.known.insert(key, more);
        }
    }

    /// Takes in all of `other`.
    pub(crate) fn merge(&mut self, other: Hosts) {
        other.known.into_iter().for_each(|(key, more)| self.add(key, more));
    }

    /// All of them, by name and port.
    pub(crate) fn finish(self) -> Vec<(Box<str>, u16, HostTally)> {
        self.known.into_iter().map(|((name, port), tally)| (name, port, tally)).collect()
    }
}

impl HostTally {
    fn merge(&mut self, other: HostTally) {
        self.connections += other.connections;
        self.evidence = self.evidence.min(other.evidence);
        for protocol in other.protocols {
            if !self.protocols.contains(&protocol) && self.protocols.len() < 4 {
                self.protocols.push(protocol);
            }
        }
        self.shows_certificate |= other.shows_certificate;
        self.first_seen = self.first_seen.into_iter().chain(other.first_seen).min();
        self.last_seen = self.last_seen.max(other.last_seen);
        self.place = self.place.min(other.place);
    }
}
