//! What may stand in a line, under which names, and how it is read.

use std::borrow::Cow;
use std::net::{IpAddr, SocketAddr};
use std::ops::Range;

use model::Timestamp;

use super::Line;
use crate::civil;
use crate::credential::Credential;

/// Something that a line says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Field {
    /// Nothing that is needed, in one word.
    Ignored,
    /// Nothing that is needed.
    Rest,
    /// Nothing that is needed: numbers alone.
    Numbers,
    /// Nothing that is needed: numbers, and texts in quotes, either maybe with a name before it.
    More,
    /// The address of the client, in a list the last one, or a name of it.
    Client,
    /// The address of the client and always a port behind it.
    ClientAndPort,
    /// A list of addresses of which the first is the client, as in `X-Forwarded-For`.
    Forwarded,
    User,
    Time,
    /// The day of [`Field::TimeOfDay`].
    Date,
    TimeOfDay,
    /// Method, target and protocol, as in the first line of a request of HTTP/1.
    Request,
    Method,
    /// Path and query, or a whole URL.
    Target,
    Path,
    Query,
    Host,
    /// A host that must be there.
    VirtualHost,
    Protocol,
    Status,
    Bytes,
    Seconds,
    /// Seconds where there is a point, milliseconds where there is none.
    SecondsOrMillis,
    Millis,
    Micros,
    Nanos,
    UserAgent,
    Referer,
    Authorization,
    ApiKey,
    Cookie,
    Certificate,
}

/// Names of variables in a pattern. Those of nginx mean what they mean there; the last of them are ours.
const VARIABLES: &[(&str, Field)] = &[
    ("remote_addr", Field::Client),
    ("http_x_forwarded_for", Field::Forwarded),
    ("remote_user", Field::User),
    ("time_local", Field::Time),
    ("time_iso8601", Field::Time),
    ("msec", Field::Time),
    ("request", Field::Request),
    ("request_method", Field::Method),
    ("request_uri", Field::Target),
    ("uri", Field::Path),
    ("document_uri", Field::Path),
    ("args", Field::Query),
    ("query_string", Field::Query),
    ("host", Field::Host),
    ("http_host", Field::Host),
    ("server_name", Field::Host),
    ("server_protocol", Field::Protocol),
    ("status", Field::Status),
    ("body_bytes_sent", Field::Bytes),
    ("bytes_sent", Field::Bytes),
    ("request_time", Field::Seconds),
    ("http_user_agent", Field::UserAgent),
    ("http_referer", Field::Referer),
    ("http_authorization", Field::Authorization),
    ("http_cookie", Field::Cookie),
    ("http_x_api_key", Field::ApiKey),
    ("ssl_client_s_dn", Field::Certificate),
    ("ssl_client_verify", Field::Certificate),
    ("time", Field::Time),
    ("remote_addr_port", Field::ClientAndPort),
    ("request_time_ms", Field::Millis),
    ("request_time_us", Field::Micros),
    ("request_time_ns", Field::Nanos),
    ("vhost", Field::VirtualHost),
    ("rest", Field::Rest),
    ("numbers", Field::Numbers),
    ("more", Field::More),
];

/// What the variable called `name` says; a name that is not known says nothing that is needed.
pub(crate) fn field_of(name: &str) -> Field {
    // Of several backends nginx writes a list.
    let unknown = if name.starts_with("upstream_") { Field::Rest } else { Field::Ignored };
    VARIABLES.iter().find(|(known, _)| *known == name).map_or(unknown, |(_, field)| *field)
}

impl Field {
    /// Whether its value may have spaces in it where neither quotes nor brackets are around it.
    pub(crate) fn is_spacious(self) -> bool {
        matches!(
            self,
            Field::Rest
                | Field::Numbers
                | Field::More
                | Field::User
                | Field::Time
                | Field::Request
                | Field::UserAgent
        )
    }
}

/// Takes in what stands for `field`; what says nothing (`-`) is right for each.
pub(super) fn set<'l>(line: &mut Line<'l>, field: Field, value: Cow<'l, str>) -> bool {
    let text = trimmed(&value);
    if matches!(text, "" | "-" | "\"-\"") {
        return field != Field::VirtualHost;
    }
    match field {
        Field::Ignored | Field::Rest => true,
        Field::Numbers => text.bytes().all(is_numeric),
        Field::More => is_more(text),
        Field::Client => {
            // Most are one address, and no list.
            line.client = text.parse().ok().map(IpAddr::V4);
            line.client.is_some() || client(line, text.rsplit(',').next().unwrap_or(text).trim())
        }
        Field::ClientAndPort => {
            text.rsplit_once(':').is_some_and(|(address, port)| is_number(port) && client(line, address))
        }
        Field::Forwarded => client(line, text.split(',').next().unwrap_or(text).trim()),
        Field::User => {
            line.credentials.insert(Credential::User);
            line.user = Some(value);
            true
        }
        Field::Time => {
            line.time = civil::parse(text);
            line.time.is_some()
        }
        Field::Date => add_time(line, civil::date(text)),
        Field::TimeOfDay => add_time(line, civil::time_of_day(text)),
        Field::Request => request(line, &value),
        Field::Method => method(line, value),
        Field::Target => target(line, value),
        Field::Path => path(line, value),
        Field::Query => {
            line.query = Some(strip(value, '?'));
            true
        }
        Field::Host | Field::VirtualHost => host(line, &value),
        Field::Protocol => {
            line.protocol = Some(value);
            true
        }
        Field::Status => status(line, text),
        Field::Bytes => {
            line.bytes = text.parse().ok();
            line.bytes.is_some()
        }
        Field::Seconds | Field::SecondsOrMillis | Field::Millis | Field::Micros | Field::Nanos => {
            line.duration_us = duration_us(field, text);
            line.duration_us.is_some() || text.starts_with('-')
        }
        Field::UserAgent => {
            line.user_agent = Some(value);
            true
        }
        Field::Referer => {
            line.referer = Some(value);
            true
        }
        Field::Authorization | Field::ApiKey | Field::Cookie | Field::Certificate => {
            credential(line, field, text);
            true
        }
    }
}

/// Without space around it, which hardly any has.
fn trimmed(text: &str) -> &str {
    match text.as_bytes() {
        [b'!'..=b'~', .., b'!'..=b'~'] => text,
        _ => text.trim(),
    }
}

fn credential(line: &mut Line<'_>, field: Field, text: &str) {
    let credential = match field {
        Field::Authorization => Credential::of_authorization(text),
        Field::ApiKey => Credential::ApiKey,
        Field::Cookie => Credential::Cookie,
        _ if text == "NONE" || text.starts_with("FAILED") => return,
        _ => Credential::Certificate,
    };
    line.credentials.insert(credential);
}

/// The same text without `first` at its beginning.
fn strip(text: Cow<'_, str>, first: char) -> Cow<'_, str> {
    if text.starts_with(first) { cut(&text, first.len_utf8()..text.len()) } else { text }
}

/// A part of `text`, borrowed from where that is.
fn cut<'l>(text: &Cow<'l, str>, range: Range<usize>) -> Cow<'l, str> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.get(range).unwrap_or_default()),
        Cow::Owned(text) => Cow::Owned(text.get(range).unwrap_or_default().to_owned()),
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_numeric(byte: u8) -> bool {
    byte.is_ascii_digit() || b" .:,;+-".contains(&byte)
}

/// Whether everything in it is a number, an address or in quotes.
fn is_more(text: &str) -> bool {
    let mut outside = true;
    let mut pieces = text.split('"');
    let all = pieces.by_ref().all(|piece| {
        let fits = !outside || piece.split(' ').all(is_named_number);
        outside = !outside;
        fits
    });
    // An even number of quotes leaves the last piece outside of them.
    all && !outside
}

/// A number, a list or a range of them, or nothing, maybe with a name before it as in `rt=0.012`.
fn is_named_number(word: &str) -> bool {
    let is_number = |text: &str| text.bytes().all(|byte| is_numeric(byte) || byte == b'\t');
    let is_name = |name: &str| {
        name.starts_with(|first: char| first.is_ascii_alphabetic())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    is_number(word) || word.split_once('=').is_some_and(|(name, value)| is_name(name) && is_number(value))
}

/// An address with or without brackets or a port, or the name of a machine, of which nothing is kept.
fn client(line: &mut Line<'_>, text: &str) -> bool {
    line.client = address(text);
    line.client.is_some() || (is_host(text) && !text.contains(':'))
}

fn address(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    let with_port = || text.parse::<SocketAddr>().ok().map(|address| address.ip());
    let address = bare.parse().ok().or_else(with_port)?;
    Some(match address {
        IpAddr::V6(v6) => v6.to_ipv4_mapped().map_or(address, IpAddr::V4),
        IpAddr::V4(_) => address,
    })
}

fn add_time(line: &mut Line<'_>, micros: Option<u64>) -> bool {
    let Some(micros) = micros else { return false };
    let before = line.time.map_or(0, Timestamp::as_micros);
    line.time = Some(Timestamp::from_micros(before.saturating_add(micros)));
    true
}

/// The first line of a request. What came may have been anything: then neither method nor path are known.
#[expect(clippy::ptr_arg, reason = "parts are borrowed from the line where the text is")]
fn request<'l>(line: &mut Line<'l>, text: &Cow<'l, str>) -> bool {
    let Some(method_end) = memchr::memchr(b' ', text.as_bytes()) else { return true };
    let (target_end, protocol) = match memchr::memrchr(b' ', text.as_bytes()) {
        Some(at) if at > method_end && text.get(at + 1..).is_some_and(|end| end.starts_with("HTTP/")) => {
            (at, Some(cut(text, at + 1..text.len())))
        }
        _ => (text.len(), None),
    };
    if is_method(text.get(..method_end).unwrap_or_default()) {
        let whole = cut(text, method_end + 1..target_end);
        if target(line, whole) {
            line.method = Some(cut(text, 0..method_end));
            line.protocol = protocol;
        }
    }
    true
}

/// A token of RFC 9110 in capitals, as every registered method is.
fn is_method(text: &str) -> bool {
    (1..=24).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'-' || byte == b'_')
}

fn method<'l>(line: &mut Line<'l>, value: Cow<'l, str>) -> bool {
    let is_method = is_method(&value);
    line.method = Some(value).filter(|_| is_method);
    is_method
}

/// Path and query, perhaps with scheme and host before them; false for what is neither.
fn target<'l>(line: &mut Line<'l>, value: Cow<'l, str>) -> bool {
    if !value.starts_with('/')
        && let Some((scheme, after)) = value.split_once("://")
        && !scheme.is_empty()
        && scheme.bytes().all(|byte| byte.is_ascii_alphabetic())
    {
        let start = value.len() - after.len();
        let end = after.find(['/', '?']).map_or(value.len(), |at| start + at);
        if !host(line, &cut(&value, start..end)) {
            return false;
        }
        if end == value.len() {
            line.path = Some(Cow::Borrowed("/"));
            return true;
        }
        return target(line, cut(&value, end..value.len()));
    }
    let end = memchr::memchr(b'?', value.as_bytes()).unwrap_or(value.len());
    if end < value.len() {
        line.query = Some(cut(&value, end + 1..value.len())).filter(|query| !query.is_empty());
    }
    path(line, if end < value.len() { cut(&value, 0..end) } else { value })
}

/// A path begins with `/`; the server as a whole is `*`, which has none.
fn path<'l>(line: &mut Line<'l>, value: Cow<'l, str>) -> bool {
    let is_path = value.starts_with('/');
    if is_path {
        line.path = Some(value);
    }
    is_path
}

/// The longest name that a host can have, with a port.
const HOST_BYTES_MAX: usize = 260;

fn is_host(text: &str) -> bool {
    (1..=HOST_BYTES_MAX).contains(&text.len())
        && text.bytes().all(|byte| {
            byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b':' | b'[' | b']' | b'*')
        })
}

/// A name or an address, perhaps with a port. `_` is how nginx writes that there is none.
#[expect(clippy::ptr_arg, reason = "parts are borrowed from the line where the text is")]
fn host<'l>(line: &mut Line<'l>, value: &Cow<'l, str>) -> bool {
    if !is_host(value) {
        return false;
    }
    let default_port = [":80", ":443"].into_iter().find(|port| value.ends_with(port)).map_or(0, str::len);
    let bare = cut(value, 0..value.len() - default_port);
    if &*bare != "_" {
        let has_capitals = bare.bytes().any(|byte| byte.is_ascii_uppercase());
        line.host = Some(if has_capitals { Cow::Owned(bare.to_ascii_lowercase()) } else { bare });
    }
    true
}

/// Three digits; some write `0` or a negative number where there was no answer.
fn status(line: &mut Line<'_>, text: &str) -> bool {
    let Ok(status) = text.parse::<i32>() else { return false };
    line.status = u16::try_from(status).ok().filter(|status| (100..1000).contains(status));
    line.status.is_some() || status <= 0
}

fn duration_us(field: Field, text: &str) -> Option<u64> {
    // A unit that is written overrides what the field says.
    let units = [("ms", Field::Millis), ("µs", Field::Micros), ("us", Field::Micros), ("s", Field::Seconds)];
    let written = units.into_iter().find_map(|(unit, field)| Some((text.strip_suffix(unit)?, field)));
    let (text, field) = written.unwrap_or((text, field));
    let (whole, fraction) = text.trim_start_matches('+').split_once('.').unwrap_or((text, ""));
    let fraction = fraction.split(['e', 'E']).next().unwrap_or_default();
    let whole: u64 = whole.trim_start_matches('+').parse().ok()?;
    let scale = match field {
        Field::SecondsOrMillis if text.contains('.') => 1_000_000,
        Field::Seconds => 1_000_000,
        Field::SecondsOrMillis | Field::Millis => 1000,
        Field::Nanos => return Some(whole / 1000),
        _ => 1,
    };
    Some(whole.saturating_mul(scale).saturating_add(civil::micros(fraction)? * scale / 1_000_000))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(field: Field, value: &str, expected: &str) {
        let mut line = Line::default();
        let said =
            if set(&mut line, field, Cow::Borrowed(value)) { line.to_string() } else { "no".to_owned() };
        assert_eq!(said, expected, "{field:?} `{value}`");
    }

    #[test]
    fn a_request_is_taken_apart_and_nonsense_is_left() {
        check(Field::Request, "GET /a?b=c HTTP/1.1", "method=GET path=/a query=b=c protocol=HTTP/1.1");
        check(Field::Request, "GET /a b HTTP/1.1", "method=GET path=/a b protocol=HTTP/1.1");
        check(Field::Request, "GET /a", "method=GET path=/a");
        check(
            Field::Request,
            "GET https://Shop.example:443/a?b HTTP/1.1",
            "method=GET host=shop.example path=/a query=b protocol=HTTP/1.1",
        );
        check(
            Field::Request,
            "GET http://a.example:8080 HTTP/2",
            "method=GET host=a.example:8080 path=/ protocol=HTTP/2",
        );
        for nonsense in
            ["", "-", "\\x16\\x03\\x01", "batman", "SSH-2.0-Go x", "OPTIONS * HTTP/1.1", "a /b HTTP/1.1"]
        {
            check(Field::Request, nonsense, "");
        }
    }

    #[test]
    fn values_that_cannot_be_are_refused() {
        check(Field::Client, "1.2.3.4", "client=1.2.3.4");
        check(Field::Client, "[2001:db8::1]:443", "client=2001:db8::1");
        check(Field::Client, "::ffff:1.2.3.4", "client=1.2.3.4");
        check(Field::Client, "192.168.1.100,10.0.0.50", "client=10.0.0.50");
        check(Field::Forwarded, "192.168.1.100, 10.0.0.50", "client=192.168.1.100");
        check(Field::ClientAndPort, "2001:db8::1:1234", "client=2001:db8::1");
        check(Field::ClientAndPort, "2001:db8::x", "no");
        check(Field::Client, "crawl-66-249.example.com", "");
        check(Field::Client, "a b", "no");
        check(Field::Status, "200", "status=200");
        check(Field::Status, "-1", "");
        check(Field::Status, "20x", "no");
        check(Field::Status, "2000", "no");
        check(Field::Bytes, "12", "bytes=12");
        check(Field::Bytes, "12ms", "no");
        check(Field::Host, "Shop.Example:80", "host=shop.example");
        check(Field::Host, "_", "");
        check(Field::Host, "a/b", "no");
        check(Field::Path, "batman", "no");
        check(Field::Method, "get", "no");
    }

    #[test]
    fn durations_have_the_unit_that_is_written_or_meant() {
        check(Field::Seconds, "0.227", "duration_us=227000");
        check(Field::Seconds, "0.001335486", "duration_us=1335");
        check(Field::Millis, "+25", "duration_us=25000");
        check(Field::Millis, "100.99", "duration_us=100990");
        check(Field::Nanos, "357313", "duration_us=357");
        check(Field::Seconds, "42ms", "duration_us=42000");
        check(Field::SecondsOrMillis, "42", "duration_us=42000");
        check(Field::SecondsOrMillis, "0.042", "duration_us=42000");
        check(Field::Seconds, "-1", "");
        check(Field::Seconds, "fast", "no");
    }

    #[test]
    fn what_may_come_after_is_numbers_or_in_quotes() {
        for more in [
            "rt=0.012 uct=\"0.000\" urt=\"-\"",
            "\"-\"",
            "\"-\" 0.001 - \"a b\"",
            "12 0.5",
            "10.0.0.1:80, 10.0.0.2:80",
        ] {
            check(Field::More, more, "");
        }
        for other in ["0ms", "\"a", "a \"b\"", "\"a\" id"] {
            check(Field::More, other, "no");
        }
        check(Field::Numbers, "12 0.5 -", "");
        check(Field::Numbers, "12 \"a\"", "no");
    }

    #[test]
    fn what_a_caller_shows_is_known_by_its_kind_alone() {
        check(Field::Authorization, "Bearer abc", "shows=bearer");
        check(Field::Authorization, "basic abc", "shows=basic");
        check(Field::Authorization, "REDACTED", "shows=authorization");
        check(Field::Certificate, "NONE", "");
        check(Field::Certificate, "SUCCESS", "shows=mtls");
        check(Field::User, "alice", "user=alice shows=user");
    }
}
