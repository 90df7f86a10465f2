//! The PROXY protocol: what a load balancer says, before anything else, of whom it passes a connection on for.
//!
//! Versions 1 and 2 of the specification by HAProxy (2020/03/05). A receiver must not guess whether the header is there.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The longest header of version 1, in bytes, as the specification says.
const TEXT_BYTES_MAX: usize = 107;

/// The longest header of version 2 that is read, in bytes: addresses, and a few extensions, which are not used.
const BINARY_BYTES_MAX: usize = 16 + 2048;

/// What a header of version 2 begins with.
const SIGNATURE: &[u8; 12] = b"\r\n\r\n\0\r\nQUIT\n";

/// What stands at the front of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Announced {
    /// Too little to say.
    Partial,
    /// A header of this many bytes.
    Header {
        /// Its length.
        bytes: usize,
        /// Where the connection comes from; absent where the proxy calls for itself, or does not know.
        client: Option<IpAddr>,
    },
    /// No header.
    Malformed,
}

/// Reads the header at the front of `input`.
pub fn announced(input: &[u8]) -> Announced {
    let start = input.get(..SIGNATURE.len().min(input.len())).unwrap_or_default();
    if SIGNATURE.starts_with(start) {
        binary(input)
    } else if b"PROXY ".starts_with(start) || start.starts_with(b"PROXY ") {
        text(input)
    } else {
        Announced::Malformed
    }
}

fn text(input: &[u8]) -> Announced {
    let head = input.get(..TEXT_BYTES_MAX.min(input.len())).unwrap_or_default();
    let Some(end) = head.windows(2).position(|window| window == b"\r\n") else {
        return if input.len() < TEXT_BYTES_MAX { Announced::Partial } else { Announced::Malformed };
    };
    let line = head.get(..end).and_then(|line| std::str::from_utf8(line).ok()).unwrap_or_default();
    let mut words = line.split(' ').skip(1);
    let client = match words.next() {
        // What follows says nothing that is to be read.
        Some("UNKNOWN") => Some(None),
        Some("TCP4") => addresses::<Ipv4Addr>(words).map(|client| Some(client.into())),
        Some("TCP6") => addresses::<Ipv6Addr>(words).map(|client| Some(client.into())),
        _ => None,
    };
    match client {
        Some(client) => Announced::Header { bytes: end + 2, client },
        None => Announced::Malformed,
    }
}

/// The first of two addresses and two ports.
fn addresses<'w, A: std::str::FromStr>(mut words: impl Iterator<Item = &'w str>) -> Option<A> {
    let source = words.next()?.parse().ok()?;
    words.next()?.parse::<A>().ok()?;
    for _ in 0..2 {
        let port = words.next()?;
        let is_plain =
            port.bytes().all(|byte| byte.is_ascii_digit()) && (port == "0" || !port.starts_with('0'));
        port.parse::<u16>().ok().filter(|_| is_plain)?;
    }
    if words.next().is_some() { None } else { Some(source) }
}

fn binary(input: &[u8]) -> Announced {
    let Some((&[command, family, high, low], rest)) =
        input.get(SIGNATURE.len()..).and_then(<[u8]>::split_first_chunk)
    else {
        return Announced::Partial;
    };
    let length = usize::from(u16::from_be_bytes([high, low]));
    let bytes = SIGNATURE.len() + 4 + length;
    if bytes > BINARY_BYTES_MAX || !matches!(command, 0x20 | 0x21) {
        return Announced::Malformed;
    }
    let Some(body) = rest.get(..length) else { return Announced::Partial };
    // A proxy that calls for itself says nothing of a client, whatever follows.
    if command == 0x20 {
        return Announced::Header { bytes, client: None };
    }
    let client = match family >> 4 {
        1 if length >= 12 => body.first_chunk::<4>().map(|octets| IpAddr::from(*octets)),
        2 if length >= 36 => body.first_chunk::<16>().map(|octets| IpAddr::from(*octets)),
        0 | 3 => None,
        _ => return Announced::Malformed,
    };
    Announced::Header { bytes, client }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What each beginning of `input` says: nothing before its end, and the same whatever follows.
    fn check(input: &[u8], expected: Announced) {
        for cut in 0..input.len() {
            let announced = announced(&input[..cut]);
            let is_early = matches!(announced, Announced::Header { .. });
            assert!(!is_early, "{:?}", String::from_utf8_lossy(&input[..cut]));
            assert!(
                announced == Announced::Partial || expected == Announced::Malformed,
                "{cut} of {input:?}"
            );
        }
        assert_eq!(announced(input), expected, "{:?}", String::from_utf8_lossy(input));
        assert_eq!(announced(&[input, b"GET / HTTP/1.1\r\n\r\n"].concat()), expected);
    }

    fn header(text: &str, client: Option<&str>) {
        let client = client.map(|client| client.parse().unwrap());
        check(text.as_bytes(), Announced::Header { bytes: text.len(), client });
    }

    #[test]
    fn version_1_names_the_client_or_nobody() {
        header("PROXY TCP4 192.0.2.7 198.51.100.1 56324 443\r\n", Some("192.0.2.7"));
        header("PROXY TCP6 2001:db8::7 2001:db8::1 56324 443\r\n", Some("2001:db8::7"));
        header("PROXY UNKNOWN\r\n", None);
        header("PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n", None);
    }

    #[test]
    fn version_1_has_exactly_its_words() {
        for line in [
            "PROXY TCP4 192.0.2.7 198.51.100.1 56324\r\n",
            "PROXY TCP4 192.0.2.7 198.51.100.1 56324 443 1\r\n",
            "PROXY TCP4 192.0.2.7 198.51.100.1 056324 443\r\n",
            "PROXY TCP4 192.0.2.7 198.51.100.1 +1 443\r\n",
            "PROXY TCP4 192.0.2.7  198.51.100.1 1 443\r\n",
            "PROXY TCP4 192.0.2.256 198.51.100.1 1 443\r\n",
            "PROXY TCP4 2001:db8::7 2001:db8::1 1 443\r\n",
            "PROXY TCP5 192.0.2.7 198.51.100.1 1 443\r\n",
            "PROXY tcp4 192.0.2.7 198.51.100.1 1 443\r\n",
            "proxy TCP4 192.0.2.7 198.51.100.1 1 443\r\n",
        ] {
            assert_eq!(announced(line.as_bytes()), Announced::Malformed, "{line}");
        }
        assert_eq!(announced(b"GET / HTTP/1.1\r\n"), Announced::Malformed);
        assert_eq!(announced(format!("PROXY UNKNOWN {}", "a".repeat(120)).as_bytes()), Announced::Malformed);
    }

    #[test]
    fn version_2_names_the_client_or_nobody() {
        let binary = |command: u8, family: u8, body: &[u8]| {
            [SIGNATURE.as_slice(), &[command, family], &(body.len() as u16).to_be_bytes(), body].concat()
        };
        let v4 = [192, 0, 2, 7, 198, 51, 100, 1, 0, 1, 0, 2];
        let said = |input: &[u8], client: Option<&str>| {
            let client = client.map(|client| client.parse().unwrap());
            check(input, Announced::Header { bytes: input.len(), client });
        };
        said(&binary(0x21, 0x11, &v4), Some("192.0.2.7"));
        said(&binary(0x21, 0x11, &[&v4[..], b"\x03\0\x01x"].concat()), Some("192.0.2.7"));
        let v6 = [&"2001:db8::7".parse::<Ipv6Addr>().unwrap().octets()[..], &[0; 20]].concat();
        said(&binary(0x21, 0x21, &v6), Some("2001:db8::7"));
        said(&binary(0x20, 0, &[]), None);
        said(&binary(0x20, 0x11, &v4), None);
        said(&binary(0x21, 0, &[]), None);
        for malformed in [
            binary(0x22, 0x11, &v4),
            binary(0x11, 0x11, &v4),
            binary(0x21, 0x11, &v4[..11]),
            binary(0x21, 0x41, &v4),
        ] {
            assert_eq!(announced(&malformed), Announced::Malformed);
        }
        assert_eq!(announced(&binary(0x21, 0x11, &[0; 4000])), Announced::Malformed);
    }
}
