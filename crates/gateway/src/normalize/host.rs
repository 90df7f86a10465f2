//! The one spelling of the host that a request is for (RFC 9110 4.2.3, 7.2; RFC 9112 3.2).

use std::borrow::Cow;
use std::net::{Ipv4Addr, Ipv6Addr};

use http::{HeaderMap, Uri, Version, header};

use crate::denial::{Denial, Reason};

/// The longest host name, in bytes (RFC 1035 2.3.4).
const NAME_BYTES_MAX: usize = 253;
/// The longest label of a host name, in bytes (RFC 1035 2.3.4).
const LABEL_BYTES_MAX: usize = 63;

/// A host in lower case, without a trailing dot, and with a port only where it is not the scheme's own.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Host<'a> {
    text: Cow<'a, str>,
    name_bytes: usize,
}

/// How the connection carries HTTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// In the clear.
    Http,
    /// Over TLS.
    Https,
}

/// The host of a request: what the target says and what `Host` says, which must be the same.
///
/// `None` only for HTTP/1.0 without `Host`, where there is nothing to go by.
///
/// # Errors
/// `host-mismatch` where the host is missing, empty, repeated, invalid, or said differently in two places; where
/// the target names a scheme other than HTTP's, or carries user information (RFC 9110 4.2.4).
pub fn host<'a>(
    version: Version,
    uri: &'a Uri,
    headers: &'a HeaderMap,
    scheme: Scheme,
) -> Result<Option<Host<'a>>, Denial> {
    let mut fields = headers.get_all(header::HOST).iter();
    let field = match (fields.next(), fields.next()) {
        (Some(value), None) => {
            let text = value.to_str().ok().ok_or_else(|| refused("a host that is not ASCII"))?;
            Some(parse(text, scheme)?)
        }
        (None, _) => None,
        (Some(_), Some(_)) => return Err(refused("more than one `host`")),
    };
    let authority = match uri.authority() {
        Some(_) if uri.scheme_str().is_none() => return Err(refused("a target of authority form")),
        Some(authority) => Some(parse(authority.as_str(), named_scheme(uri)?)?),
        None => None,
    };
    match (authority, field) {
        (Some(authority), Some(field)) if authority != field => {
            Err(refused("the target names another host than `host`"))
        }
        (Some(_), None) if version == Version::HTTP_11 => Err(refused("no `host`")),
        (None, None) if version != Version::HTTP_10 => Err(refused("no `host`")),
        (Some(host), _) | (None, Some(host)) => Ok(Some(host)),
        (None, None) => Ok(None),
    }
}

/// Whether `text` is a host with an optional port that [`host`] accepts.
pub(crate) fn is_authority(text: &str) -> bool {
    parse(text, Scheme::Http).is_ok()
}

/// The host that the config's own `text` names.
pub(crate) fn own_host(text: &str, scheme: Scheme) -> Option<Host<'static>> {
    let Host { text, name_bytes } = parse(text, scheme).ok()?;
    Some(Host { text: Cow::Owned(text.into_owned()), name_bytes })
}

impl Scheme {
    /// The scheme as a URI spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Scheme::Http => "http",
            Scheme::Https => "https",
        }
    }

    fn default_port(self) -> u16 {
        match self {
            Scheme::Http => 80,
            Scheme::Https => 443,
        }
    }
}

impl Host<'_> {
    /// A registered name, an IPv4 address, or an IPv6 address in brackets.
    pub fn name(&self) -> &str {
        self.text.get(..self.name_bytes).unwrap_or_default()
    }

    /// The port behind a colon, or nothing.
    pub fn port(&self) -> &str {
        self.text.get(self.name_bytes..).unwrap_or_default()
    }

    /// The name, and the port behind a colon if there is one.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

/// An HTTP/2 client behind something that ends TLS says `https` on a connection in the clear, so the scheme that
/// is named decides which port is the default one.
fn named_scheme(uri: &Uri) -> Result<Scheme, Denial> {
    match uri.scheme_str() {
        Some("http") => Ok(Scheme::Http),
        Some("https") => Ok(Scheme::Https),
        _ => Err(refused("a target of another scheme")),
    }
}

fn parse(text: &str, scheme: Scheme) -> Result<Host<'_>, Denial> {
    let (name, port) = split_port(text)?;
    let port = port.map(parse_port).transpose()?.filter(|&port| port != scheme.default_port());
    let name = if let Some(address) = name.strip_prefix('[') {
        let address: Option<Ipv6Addr> = address.strip_suffix(']').and_then(|address| address.parse().ok());
        let address = address.ok_or_else(|| refused("an invalid IPv6 address"))?;
        // IPv6 has many spellings of one address; RFC 5952 names one.
        Cow::Owned(format!("[{address}]"))
    } else {
        parse_name(name)?
    };
    let name_bytes = name.len();
    let text = match (name, port) {
        (Cow::Borrowed(name), None) => Cow::Borrowed(name),
        // A name that is spelled as it should be, and a port behind it, which has one spelling.
        (Cow::Borrowed(name), Some(_)) if text.as_bytes().get(name.len()) == Some(&b':') => {
            Cow::Borrowed(text)
        }
        (name, None) => name,
        (name, Some(port)) => Cow::Owned(format!("{name}:{port}")),
    };
    Ok(Host { text, name_bytes })
}

fn split_port(text: &str) -> Result<(&str, Option<&str>), Denial> {
    let find = |wanted| text.bytes().position(|byte| byte == wanted);
    let name_end = match find(b']') {
        Some(bracket) => bracket + 1,
        None => find(b':').unwrap_or(text.len()),
    };
    let (name, rest) = text.split_at_checked(name_end).ok_or_else(|| refused("an invalid host"))?;
    match rest.strip_prefix(':') {
        Some(port) => Ok((name, Some(port))),
        None if rest.is_empty() => Ok((name, None)),
        None => Err(refused("an invalid host")),
    }
}

/// An empty port and leading zeros are allowed by RFC 3986 3.2.3; no client sends them and servers differ.
fn parse_port(digits: &str) -> Result<u16, Denial> {
    let is_plain = digits.bytes().all(|digit| digit.is_ascii_digit()) && !digits.starts_with('0');
    let port = if is_plain { digits.parse().ok() } else { None };
    port.ok_or_else(|| refused("an invalid port"))
}

/// Letters, digits, hyphen, underscore and dots. RFC 3986 3.2.2 allows more in a registered name, for name systems
/// that are not DNS; what servers make of it differs.
fn parse_name(name: &str) -> Result<Cow<'_, str>, Denial> {
    let name = name.strip_suffix('.').unwrap_or(name);
    if name.is_empty() || name.len() > NAME_BYTES_MAX {
        return Err(refused("an empty host name, or one that is too long"));
    }
    let mut label_bytes = 0;
    let mut has_upper = false;
    for byte in name.bytes() {
        match byte {
            b'.' if label_bytes == 0 => return Err(refused("an empty label in the host name")),
            b'.' => label_bytes = 0,
            b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' => label_bytes += 1,
            b'A'..=b'Z' => {
                has_upper = true;
                label_bytes += 1;
            }
            _ => return Err(refused("a byte that does not stand in a host name")),
        }
        if label_bytes > LABEL_BYTES_MAX {
            return Err(refused("a label of the host name is too long"));
        }
    }
    if label_bytes == 0 {
        return Err(refused("an empty label in the host name"));
    }
    // `127.1`, `0177.0.0.1` and `0x7f.1` are addresses for some and names for others.
    if ends_in_number(name) && name.parse::<Ipv4Addr>().is_err() {
        return Err(refused("an IPv4 address that is not four decimal numbers"));
    }
    Ok(if has_upper { Cow::Owned(name.to_ascii_lowercase()) } else { Cow::Borrowed(name) })
}

/// WHATWG URL, "ends in a number": such a host is an IPv4 address or nothing.
fn ends_in_number(name: &str) -> bool {
    let last_starts = name.bytes().rposition(|byte| byte == b'.').map_or(0, |dot| dot + 1);
    let last = name.get(last_starts..).unwrap_or_default();
    let is_hexadecimal = last
        .strip_prefix("0x")
        .or_else(|| last.strip_prefix("0X"))
        .is_some_and(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
    is_hexadecimal || last.bytes().all(|digit| digit.is_ascii_digit())
}

fn refused(detail: &'static str) -> Denial {
    Denial::protocol(Reason::HostMismatch, detail)
}
