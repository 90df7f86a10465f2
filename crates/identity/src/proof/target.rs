//! Whether the address in a proof is that of the request, both in one spelling (RFC 9449 section 4.3, RFC 3986 6.2).

/// Bytes of an address that is looked at.
const BYTES_MAX: usize = 8 * 1024;

/// Whether `address` is `scheme://host path`, query and fragment of it left aside.
///
/// Case of scheme and host, a port that is the scheme's own, dot segments, empty segments, and the spelling of
/// percent-encoded octets do not matter. What has no one spelling is nobody's address.
pub(super) fn is_same(address: &str, scheme: &str, host: &str, path: &str) -> bool {
    if address.len() > BYTES_MAX || host.is_empty() {
        return false;
    }
    let address = address.split_once('#').map_or(address, |(before, _)| before);
    let address = address.split_once('?').map_or(address, |(before, _)| before);
    let Some((own_scheme, rest)) = address.split_once("://") else { return false };
    let (own_host, own_path) = match rest.find('/') {
        Some(at) => rest.split_at(at),
        None => (rest, "/"),
    };
    own_scheme.eq_ignore_ascii_case(scheme)
        && without_default_port(own_host, scheme).eq_ignore_ascii_case(without_default_port(host, scheme))
        && (own_path == path || spelled(own_path).is_some_and(|own| spelled(path) == Some(own)))
}

fn without_default_port<'h>(host: &'h str, scheme: &str) -> &'h str {
    let port = if scheme.eq_ignore_ascii_case("https") { ":443" } else { ":80" };
    let host = host.strip_suffix(port).unwrap_or(host);
    host.strip_suffix(':').unwrap_or(host)
}

/// The one spelling of `path`; nothing where an octet is badly encoded, or it climbs above the root.
fn spelled(path: &str) -> Option<Vec<u8>> {
    let mut segments: Vec<Vec<u8>> = Vec::new();
    let mut ends_in_folder = false;
    for segment in path.split('/') {
        let segment = decoded(segment)?;
        ends_in_folder = matches!(segment.as_slice(), b"" | b"." | b"..");
        match segment.as_slice() {
            b"" | b"." => {}
            b".." => drop(segments.pop()?),
            _ => segments.push(segment),
        }
    }
    if ends_in_folder {
        segments.push(Vec::new());
    }
    Some(segments.join(&b'/'))
}

/// Percent-encoded octets that need no encoding stand for themselves, the others are written in upper case.
fn decoded(segment: &str) -> Option<Vec<u8>> {
    let mut octets = segment.bytes();
    let mut text = Vec::with_capacity(segment.len());
    while let Some(octet) = octets.next() {
        if octet != b'%' {
            text.push(octet);
            continue;
        }
        let digits = [octets.next()?, octets.next()?];
        let value = |digit: u8| char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok());
        let octet = value(digits[0])? << 4 | value(digits[1])?;
        if octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'.' | b'_' | b'~') {
            text.push(octet);
        } else {
            text.push(b'%');
            text.extend(digits.map(|digit| digit.to_ascii_uppercase()));
        }
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(address: &str, expected: bool) {
        assert_eq!(is_same(address, "https", "api.example", "/v1/orders/a%2Fb"), expected, "{address}");
    }

    #[test]
    fn spelling_does_not_matter() {
        for address in [
            "https://api.example/v1/orders/a%2Fb",
            "https://api.example/v1/orders/a%2fb",
            "https://api.example/v1/orders/%61%2Fb",
            "HTTPS://API.Example:443/v1/orders/a%2Fb",
            "https://api.example:/v1/orders/a%2Fb",
            "https://api.example/v1/orders/a%2Fb?limit=1",
            "https://api.example/v1/orders/a%2Fb#part",
            "https://api.example/v1/./x/../orders/a%2Fb",
            "https://api.example/v1//orders/a%2Fb",
        ] {
            check(address, true);
        }
        assert!(is_same("https://api.example", "https", "api.example", "/"));
        assert!(is_same("http://[::1]:80/a/", "http", "[::1]", "/a/"));
        assert!(is_same("http://api.example:8080/a/.", "http", "api.example:8080", "/a/"));
    }

    #[test]
    fn everything_else_does() {
        for address in [
            "http://api.example/v1/orders/a%2Fb",
            "https://api.example:8443/v1/orders/a%2Fb",
            "https://api.example:80/v1/orders/a%2Fb",
            "https://api.example.org/v1/orders/a%2Fb",
            "https://xapi.example/v1/orders/a%2Fb",
            "https://user@api.example/v1/orders/a%2Fb",
            "https://api.example/v1/orders/a/b",
            "https://api.example/v1/orders/a%252Fb",
            "https://api.example/v1/orders/a%2Fb/",
            "https://api.example/v1/orders/A%2Fb",
            "https://api.example/v1/orders/a%2Fb%",
            "https://api.example/v1/orders/a%2Gb",
            "https://api.example/../../v1/orders/a%2Fb",
            "https://api.example",
            "/v1/orders/a%2Fb",
            "api.example/v1/orders/a%2Fb",
            "",
        ] {
            check(address, false);
        }
        assert!(!is_same("https:///a", "https", "", "/a"));
        assert!(!is_same("https://api.example/%zz", "https", "api.example", "/%zy"));
    }
}
