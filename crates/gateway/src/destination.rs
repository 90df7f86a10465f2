//! Where a URL leads: one strict reading of it, and whether it may lead there.

mod address;
mod reference;
#[cfg(test)]
mod tests;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::resolution::{Resolved, Unresolved};
pub use address::is_public;
pub use reference::Reference;

/// Longest name of a host in bytes (RFC 1035 section 2.3.4).
const HOST_BYTES_MAX: usize = 253;

/// Longest part of one.
const LABEL_BYTES_MAX: usize = 63;

/// Names that lead somewhere else depending on who asks, and all below them.
const INTERNAL: &[&str] = &[
    "corp",
    "home",
    "home.arpa",
    "internal",
    "intranet",
    "lan",
    "local",
    "localdomain",
    "localhost",
    "metadata.goog",
    "private",
];

/// Where URLs may lead.
#[derive(Debug)]
pub struct Rules {
    /// Schemes, lowercase.
    pub schemes: Vec<String>,
    /// Ports; where there are none, that of the scheme.
    pub ports: Vec<u16>,
    /// The only hosts; where there are none, every public one.
    pub hosts: Vec<Hosts>,
    /// Hosts of the inside, which may be named besides and lead anywhere.
    pub internal: Vec<Hosts>,
    /// Hosts that are refused all the same.
    pub refused: Vec<Hosts>,
    /// Whether a path alone will do, which stays where it is.
    pub relative: bool,
}

/// One host, or every one below a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hosts {
    /// An address.
    Address(IpAddr),
    /// A name.
    Name(String),
    /// Every name that ends in a dot and this.
    Below(String),
}

/// Why a URL is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    Characters,
    NotAbsolute,
    Scheme,
    Credentials,
    Host,
    AddressSpelling,
    Port,
    AddressNotPublic,
    NameInternal,
    HostRefused,
    HostUnlisted,
    LeadsInside,
    NotResolved,
    NotResolvedInTime,
    TooManyNames,
}

#[derive(Debug, Clone, Copy)]
enum Host<'u> {
    Address(IpAddr),
    Name(&'u str),
}

impl Fault {
    /// In words, without anything of the URL.
    pub fn as_str(self) -> &'static str {
        match self {
            Fault::Characters => "a character that a URL does not have, or a broken escape",
            Fault::NotAbsolute => "no absolute URL with `//` and a host",
            Fault::Scheme => "a scheme that is not allowed",
            Fault::Credentials => "something before an `@` that can be read as credentials",
            Fault::Host => "a host that is not spelled as one",
            Fault::AddressSpelling => "an address in another spelling than four decimal numbers",
            Fault::Port => "a port that is not allowed",
            Fault::AddressNotPublic => "an address that is not public",
            Fault::NameInternal => "a name of an internal network",
            Fault::HostRefused => "a host that is refused by name",
            Fault::HostUnlisted => "a host that is not on the list",
            Fault::LeadsInside => "a name that leads to an address that is not public",
            Fault::NotResolved => "a name that cannot be looked up",
            Fault::NotResolvedInTime => "a name that is not looked up in time",
            Fault::TooManyNames => "more names than are looked up for one request",
        }
    }
}

impl Hosts {
    /// Reads a name, `*.` and a name, or an address (IPv6 in brackets), as strictly as in a URL.
    pub fn parse(text: &str) -> Option<Hosts> {
        if let Some(below) = text.strip_prefix("*.") {
            return match host(below) {
                Ok(Host::Name(name)) => Some(Hosts::Below(name.to_ascii_lowercase())),
                _ => None,
            };
        }
        Some(match host(text).ok()? {
            Host::Address(address) => Hosts::Address(address),
            Host::Name(name) => Hosts::Name(name.to_ascii_lowercase()),
        })
    }

    /// Whether it is a name, or an address that everybody reaches.
    pub fn may_be_public(&self) -> bool {
        match self {
            Hosts::Address(address) => is_public(*address),
            Hosts::Name(_) | Hosts::Below(_) => true,
        }
    }

    fn covers(&self, host: Host<'_>) -> bool {
        match (self, host) {
            (Hosts::Address(own), Host::Address(address)) => *own == address,
            (Hosts::Name(own), Host::Name(name)) => own.eq_ignore_ascii_case(name),
            (Hosts::Below(own), Host::Name(name)) => is_below(name, own),
            _ => false,
        }
    }
}

impl Rules {
    /// Whether the URL `text` may be followed, as far as its spelling tells; the name in it, where that must be looked up to
    /// know.
    ///
    /// # Errors
    /// Why not. Whatever two readers could take for different hosts is refused: this is no parser of all URLs.
    pub fn judge<'u>(&self, text: &'u str) -> Result<Option<&'u str>, Fault> {
        if !text.bytes().all(is_of_url) || spec::decoded(text).is_err() {
            return Err(Fault::Characters);
        }
        if self.relative && text.starts_with('/') && !text.starts_with("//") {
            return Ok(None);
        }
        let (scheme, rest) = text.split_once(':').ok_or(Fault::NotAbsolute)?;
        let known = self.schemes.iter().find(|known| known.eq_ignore_ascii_case(scheme));
        let scheme = known.ok_or(Fault::Scheme)?;
        let rest = rest.strip_prefix("//").ok_or(Fault::NotAbsolute)?;
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, tail) = rest.split_at_checked(end).ok_or(Fault::Host)?;
        // Some readers end the authority at a `/` alone.
        if authority.contains('@') || !tail.starts_with('/') && tail.contains('@') {
            return Err(Fault::Credentials);
        }
        let (host_text, port) = split_port(authority)?;
        self.judge_port(scheme, port)?;
        self.judge_host(host(host_text)?)
    }

    fn judge_port(&self, scheme: &str, port: Option<u16>) -> Result<(), Fault> {
        let own = default_port(scheme);
        let is_allowed = match port.or(own) {
            Some(port) if self.ports.is_empty() => own == Some(port),
            Some(port) => self.ports.contains(&port),
            None => self.ports.is_empty(),
        };
        if is_allowed { Ok(()) } else { Err(Fault::Port) }
    }

    fn judge_host<'u>(&self, host: Host<'u>) -> Result<Option<&'u str>, Fault> {
        if self.refused.iter().any(|hosts| hosts.covers(host)) {
            return Err(Fault::HostRefused);
        }
        if self.internal.iter().any(|hosts| hosts.covers(host)) {
            return Ok(None);
        }
        // A list makes no address public; it may well name an internal host.
        if let Host::Address(address) = host
            && !is_public(address)
        {
            return Err(Fault::AddressNotPublic);
        }
        match host {
            _ if !self.hosts.is_empty() && !self.hosts.iter().any(|hosts| hosts.covers(host)) => {
                Err(Fault::HostUnlisted)
            }
            Host::Name(name) if self.hosts.is_empty() && is_internal(name) => Err(Fault::NameInternal),
            Host::Name(name) => Ok(Some(name)),
            Host::Address(_) => Ok(None),
        }
    }
}

/// Whether a name may be followed that leads to `resolved`.
///
/// # Errors
/// Why not: one address that is not public is enough, since it is not known which of them would be taken.
pub fn judge_resolved(resolved: &Resolved) -> Result<(), Fault> {
    match resolved {
        Ok(addresses) if addresses.iter().all(|&address| is_public(address)) => Ok(()),
        Ok(_) => Err(Fault::LeadsInside),
        Err(Unresolved::Unknown | Unresolved::Overloaded) => Err(Fault::NotResolved),
        Err(Unresolved::TimedOut) => Err(Fault::NotResolvedInTime),
    }
}

/// What RFC 3986 section 2 has, and nothing that another reader would fold into it.
fn is_of_url(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&'()*+,;=%".contains(&byte)
}

fn default_port(scheme: &str) -> Option<u16> {
    match scheme {
        "https" | "wss" => Some(443),
        "http" | "ws" => Some(80),
        "ftp" => Some(21),
        _ => None,
    }
}

/// The host, in brackets if it is in some, and the port.
fn split_port(authority: &str) -> Result<(&str, Option<u16>), Fault> {
    let end = if authority.starts_with('[') {
        authority.find(']').map(|end| end + 1)
    } else {
        authority.find(':').or(Some(authority.len()))
    };
    let (host, rest) = end.and_then(|end| authority.split_at_checked(end)).ok_or(Fault::Host)?;
    if rest.is_empty() {
        return Ok((host, None));
    }
    let digits = rest.strip_prefix(':').ok_or(Fault::Host)?;
    let is_plain = digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.starts_with('0');
    let port = digits.parse().ok().filter(|_| is_plain).ok_or(Fault::Port)?;
    Ok((host, Some(port)))
}

fn host(text: &str) -> Result<Host<'_>, Fault> {
    if let Some(inside) = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')) {
        let address: Ipv6Addr = inside.parse().or(Err(Fault::Host))?;
        return Ok(Host::Address(address.into()));
    }
    let is_label = |label: &str| {
        let is_plain = label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
        (1..=LABEL_BYTES_MAX).contains(&label.len())
            && is_plain
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    if text.len() > HOST_BYTES_MAX || !text.split('.').all(is_label) {
        return Err(Fault::Host);
    }
    if text.rsplit('.').next().is_some_and(is_number) {
        // What `inet_aton` and browsers read as an address; of its spellings the plain one alone is read alike by all.
        let address: Ipv4Addr = text.parse().or(Err(Fault::AddressSpelling))?;
        return Ok(Host::Address(address.into()));
    }
    Ok(Host::Name(text))
}

/// Whether a last label makes a host an address: decimal, octal or hexadecimal digits.
fn is_number(label: &str) -> bool {
    let hexadecimal = label.strip_prefix("0x").or(label.strip_prefix("0X"));
    match hexadecimal {
        Some(digits) => digits.bytes().all(|byte| byte.is_ascii_hexdigit()),
        None => label.bytes().all(|byte| byte.is_ascii_digit()),
    }
}

/// A name without a dot is looked up in the domains of whoever looks.
fn is_internal(name: &str) -> bool {
    !name.contains('.') || INTERNAL.iter().any(|own| own.eq_ignore_ascii_case(name) || is_below(name, own))
}

fn is_below(name: &str, own: &str) -> bool {
    let at = name.len().checked_sub(own.len());
    let split = at.and_then(|at| name.split_at_checked(at));
    split.is_some_and(|(before, end)| {
        before.len() > 1 && before.ends_with('.') && end.eq_ignore_ascii_case(own)
    })
}
