//! Whom a request is from, where proxies that are believed stand before the gateway.

use std::net::{IpAddr, SocketAddr};

use http::HeaderMap;
use http::header::{FORWARDED, HeaderName};
use smallvec::SmallVec;

use super::Scheme;
use crate::config::{ClientSource, Proxies};

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// Whom a request came from, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Client {
    /// The address.
    pub ip: IpAddr,
    /// How it spoke HTTP, where a proxy that is believed says so.
    pub scheme: Option<Scheme>,
}

/// One hop, as the proxy that it led to has written it down.
struct Hop {
    ip: Option<IpAddr>,
    scheme: Option<Scheme>,
}

/// Whom a request over a connection from `peer` is from: each proxy that is believed says whom it was called by, from
/// the nearest to the farthest. Who is not believed, or says nothing that is an address, ends the chain; what stands
/// beyond it anybody could have written.
///
/// Called before [`super::inbound`] takes these fields out.
pub fn client(headers: &HeaderMap, peer: IpAddr, proxies: &Proxies) -> Client {
    let mut client = Client { ip: peer, scheme: None };
    let hops: SmallVec<[Hop; 4]> = match proxies.client {
        ClientSource::ProxyProtocol => SmallVec::new(),
        ClientSource::XForwardedFor => addresses(headers),
        ClientSource::Forwarded => elements(headers),
    };
    let mut hops = hops.into_iter();
    while proxies.trusts(client.ip)
        && let Some(hop) = hops.next()
    {
        client.scheme = hop.scheme.or(client.scheme);
        let Some(ip) = hop.ip else { break };
        client.ip = ip.to_canonical();
    }
    if proxies.client == ClientSource::XForwardedFor && proxies.trusts(peer) {
        client.scheme = last(headers, &X_FORWARDED_PROTO).and_then(scheme);
    }
    client
}

/// The hops of `X-Forwarded-For`, the nearest first.
fn addresses(headers: &HeaderMap) -> SmallVec<[Hop; 4]> {
    let lines: SmallVec<[&str; 2]> =
        headers.get_all(X_FORWARDED_FOR).iter().map(|value| value.to_str().unwrap_or_default()).collect();
    let words = lines.into_iter().rev().flat_map(|line| line.rsplit(','));
    words.map(|word| Hop { ip: address(word.trim()), scheme: None }).collect()
}

/// The last word of the last field called `name`: the nearest proxy's.
fn last<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    headers.get_all(name).iter().next_back()?.to_str().ok()?.rsplit(',').next().map(str::trim)
}

/// The hops of `Forwarded` (RFC 7239 4), the nearest first. A field that is no list of elements is a hop to nowhere.
fn elements(headers: &HeaderMap) -> SmallVec<[Hop; 4]> {
    let mut hops = SmallVec::new();
    for value in headers.get_all(FORWARDED) {
        match value.to_str().ok().and_then(|line| split(line, ',')) {
            Some(elements) => hops.extend(elements.into_iter().map(element)),
            None => hops.push(Hop { ip: None, scheme: None }),
        }
    }
    hops.reverse();
    hops
}

fn element(text: &str) -> Hop {
    let mut hop = Hop { ip: None, scheme: None };
    for pair in split(text, ';').unwrap_or_default() {
        let Some((name, value)) = pair.trim().split_once('=') else { continue };
        let value = value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value);
        if name.eq_ignore_ascii_case("for") {
            hop.ip = address(value);
        } else if name.eq_ignore_ascii_case("proto") {
            hop.scheme = scheme(value);
        }
    }
    hop
}

/// The parts of `text` between separators that do not stand in quotes; nothing where a quote is not closed.
fn split(text: &str, separator: char) -> Option<SmallVec<[&str; 4]>> {
    let mut parts = SmallVec::new();
    let (mut start, mut is_quoted) = (0, false);
    for (at, character) in text.char_indices() {
        if character == '"' {
            is_quoted = !is_quoted;
        } else if character == separator && !is_quoted {
            parts.push(text.get(start..at)?);
            start = at + 1;
        }
    }
    parts.push(text.get(start..)?);
    (!is_quoted).then_some(parts)
}

/// An address, alone or with a port; IPv6 with a port is in brackets, and may be without.
pub(crate) fn address(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    bare.parse().ok().or_else(|| text.parse().ok().map(|address: SocketAddr| address.ip()))
}

fn scheme(text: &str) -> Option<Scheme> {
    if text.eq_ignore_ascii_case("https") {
        Some(Scheme::Https)
    } else {
        text.eq_ignore_ascii_case("http").then_some(Scheme::Http)
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;
    use crate::network::Network;

    /// Whom a request from `peer` with these fields is from, behind proxies in 10.0.0.0/8.
    fn check(source: ClientSource, peer: &str, fields: &[(HeaderName, &'static str)], expected: &str) {
        let proxies = Proxies { trusted: vec![Network::parse("10.0.0.0/8").unwrap()], client: source };
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            headers.append(name, HeaderValue::from_static(value));
        }
        let client = client(&headers, peer.parse().unwrap(), &proxies);
        let scheme = client.scheme.map_or("", Scheme::as_str);
        assert_eq!(format!("{} {scheme}", client.ip).trim_end(), expected, "{fields:?}");
    }

    #[test]
    fn x_forwarded_for_is_believed_as_far_as_its_writers_are() {
        let check = |peer: &str, lines: &[&'static str], expected: &str| {
            let fields: Vec<_> = lines.iter().map(|line| (X_FORWARDED_FOR, *line)).collect();
            check(ClientSource::XForwardedFor, peer, &fields, expected);
        };
        check("10.0.0.1", &[], "10.0.0.1");
        check("10.0.0.1", &["192.0.2.7"], "192.0.2.7");
        check("10.0.0.1", &["6.6.6.6, 192.0.2.7"], "192.0.2.7");
        check("10.0.0.1", &["6.6.6.6", "192.0.2.7,10.0.0.2"], "192.0.2.7");
        check("10.0.0.1", &["10.0.0.3, 10.0.0.2"], "10.0.0.3");
        check("192.0.2.9", &["6.6.6.6"], "192.0.2.9");
        check("10.0.0.1", &["6.6.6.6, unknown"], "10.0.0.1");
        check("10.0.0.1", &["6.6.6.6, "], "10.0.0.1");
        check("10.0.0.1", &["[2001:db8::7]:80"], "2001:db8::7");
        check("10.0.0.1", &["2001:db8::7"], "2001:db8::7");
        check("10.0.0.1", &["192.0.2.7:80"], "192.0.2.7");
        check("10.0.0.1", &["::ffff:10.0.0.9, ::ffff:10.0.0.2"], "10.0.0.9");
    }

    #[test]
    fn rfc7239_forwarded_is_believed_as_far_as_its_writers_are() {
        let check = |peer: &str, lines: &[&'static str], expected: &str| {
            let fields: Vec<_> = lines.iter().map(|line| (FORWARDED, *line)).collect();
            check(ClientSource::Forwarded, peer, &fields, expected);
        };
        check("10.0.0.1", &["for=192.0.2.7;proto=https"], "192.0.2.7 https");
        check("10.0.0.1", &["for=6.6.6.6;proto=http, For=\"192.0.2.7:80\"; Proto=HTTPS"], "192.0.2.7 https");
        check("10.0.0.1", &["for=192.0.2.7;proto=https, for=10.0.0.2;proto=http"], "192.0.2.7 https");
        check("10.0.0.1", &["for=\"[2001:db8::7]:80\""], "2001:db8::7");
        check("10.0.0.1", &["for=6.6.6.6", "for=_hidden"], "10.0.0.1");
        check("10.0.0.1", &["for=\"6.6.6.6, for=192.0.2.7"], "10.0.0.1");
        check("10.0.0.1", &["for=\"6.6.6.6,\";by=a, for=192.0.2.7"], "192.0.2.7");
        check("192.0.2.9", &["for=6.6.6.6;proto=https"], "192.0.2.9");
    }

    #[test]
    fn the_scheme_is_the_nearest_proxy_s_word() {
        let fields = [(X_FORWARDED_FOR, "192.0.2.7"), (X_FORWARDED_PROTO, "http, https")];
        check(ClientSource::XForwardedFor, "10.0.0.1", &fields, "192.0.2.7 https");
        check(ClientSource::XForwardedFor, "192.0.2.9", &fields, "192.0.2.9");
        check(ClientSource::ProxyProtocol, "10.0.0.1", &fields, "10.0.0.1");
    }
}
