//! The framing again, slow and obvious: over the whole input at once, with strings and searches.

use crate::normalize::is_authority;
use crate::wire::WireLimits;

/// Where the messages of an input lie.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Framed {
    /// End of each complete head.
    pub(super) heads: Vec<usize>,
    /// How many leading bytes are clean.
    pub(super) released: usize,
    pub(super) is_refused: bool,
}

/// A stop: the input is refused, or has come to its end.
enum Stop {
    Refused,
    End,
}

enum Body {
    Fixed(u64),
    Chunked,
}

pub(super) fn frame(input: &[u8], limits: &WireLimits) -> Framed {
    let mut framed = Framed::default();
    let mut is_last = false;
    loop {
        match message(input, &mut framed, &mut is_last, limits) {
            Ok(()) => {}
            Err(Stop::End) => return framed,
            Err(Stop::Refused) => {
                framed.is_refused = true;
                return framed;
            }
        }
    }
}

fn message(input: &[u8], framed: &mut Framed, is_last: &mut bool, limits: &WireLimits) -> Result<(), Stop> {
    let rest = &input[framed.released..];
    if rest.is_empty() {
        return Err(Stop::End);
    }
    if *is_last {
        return Err(Stop::Refused);
    }
    let (head_bytes, body, asks_close) = head(rest, limits)?;
    *is_last = asks_close;
    framed.released += head_bytes;
    framed.heads.push(framed.released);
    match body {
        Body::Fixed(length) => {
            let left = (input.len() - framed.released) as u64;
            framed.released += left.min(length) as usize;
            if left < length { Err(Stop::End) } else { Ok(()) }
        }
        Body::Chunked => chunked(input, &mut framed.released, limits),
    }
}

fn head(rest: &[u8], limits: &WireLimits) -> Result<(usize, Body, bool), Stop> {
    let mut lines: Vec<&[u8]> = Vec::new();
    let mut at = 0;
    loop {
        let line_end = rest[at..].iter().position(|&byte| byte == b'\n').map(|found| at + found + 1);
        let is_request_line = lines.iter().all(|line| line.is_empty());
        let least_end = line_end.unwrap_or(rest.len() + 1);
        if least_end > limits.head_bytes_max
            || is_request_line && least_end - at > limits.target_bytes_max + 32 + 12
        {
            return Err(Stop::Refused);
        }
        let Some(line_end) = line_end else {
            if rest[at..].windows(2).any(|pair| pair[0] == b'\r') {
                return Err(Stop::Refused);
            }
            break;
        };
        let line = rest[at..line_end].strip_suffix(b"\r\n").ok_or(Stop::Refused)?;
        at = line_end;
        lines.push(line);
        if line.is_empty() && lines.len() > 1 && !(lines.len() == 2 && lines[0].is_empty()) {
            break;
        }
    }
    let is_complete = lines.len() > 1 && lines.last().is_some_and(|line| line.is_empty());
    if lines.first().is_some_and(|line| line.is_empty()) {
        lines.remove(0);
    }
    let Some((request_line, fields)) = lines.split_first() else { return Err(Stop::End) };
    let is_http11 = request(request_line, limits).ok_or(Stop::Refused)?;
    let facts = facts(fields, is_http11, limits).ok_or(Stop::Refused)?;
    if !is_complete {
        return Err(Stop::End);
    }
    let host_is_there = !is_http11 || facts.1;
    if !host_is_there || facts.4 || facts.3 && (facts.2.is_some() || !is_http11) {
        return Err(Stop::Refused);
    }
    let body = if facts.3 { Body::Chunked } else { Body::Fixed(facts.2.unwrap_or(0)) };
    Ok((at, body, facts.0))
}

/// Whether the version is 1.1.
fn request(line: &[u8], limits: &WireLimits) -> Option<bool> {
    let line = std::str::from_utf8(line).ok()?;
    let [method, target, version] = line.split(' ').collect::<Vec<_>>().try_into().ok()?;
    let is_method = is_token(method) && method.len() <= 32 && !["CONNECT", "TRACE"].contains(&method);
    let is_visible =
        target.chars().all(|letter| ('!'..='~').contains(&letter) && !"\"#<>\\`".contains(letter));
    let lower = target.to_ascii_lowercase();
    let authority = lower.strip_prefix("http://").or(lower.strip_prefix("https://"));
    let is_form = target.starts_with('/')
        || target == "*"
        || authority.is_some_and(|rest| is_authority(rest.split(['/', '?']).next().unwrap()));
    let is_clean = is_method && is_visible && is_form && target.len() <= limits.target_bytes_max;
    match version {
        "HTTP/1.1" if is_clean => Some(true),
        "HTTP/1.0" if is_clean => Some(false),
        _ => None,
    }
}

/// Whether it is the last message, whether it has a host, its content length, whether it is chunked, and whether it asks
/// for a WebSocket in a way that is not clean.
fn facts(
    lines: &[&[u8]],
    is_http11: bool,
    limits: &WireLimits,
) -> Option<(bool, bool, Option<u64>, bool, bool)> {
    let mut fields: Vec<(String, &str)> = Vec::new();
    for line in lines.iter().filter(|line| !line.is_empty()) {
        let line = std::str::from_utf8(line).ok()?;
        let (name, value) = line.split_once(':')?;
        let value = value.trim_matches([' ', '\t']);
        if !is_token(name) || value.bytes().any(|byte| byte.is_ascii_control() && byte != b'\t') {
            return None;
        }
        fields.push((name.to_ascii_lowercase(), value));
    }
    let all = |wanted: &str| -> Vec<&str> {
        fields.iter().filter(|(name, _)| name == wanted).map(|(_, value)| *value).collect()
    };
    let (hosts, lengths, codings) = (all("host"), all("content-length"), all("transfer-encoding"));
    let connection = all("connection").join(",").to_ascii_lowercase();
    let has_option =
        |option: &str| connection.split(',').any(|part| part.trim_matches([' ', '\t']) == option);
    let upgrades: Vec<String> = all("upgrade").iter().map(|value| value.to_ascii_lowercase()).collect();
    let is_websocket = upgrades == ["websocket"];
    let is_decimal = |text: &str| {
        text.bytes().all(|digit| digit.is_ascii_digit())
            && text.parse::<i64>().is_ok_and(|n| n.to_string() == text)
    };
    let is_clean = fields.len() <= limits.headers_max
        && hosts.len() <= 1
        && hosts.iter().all(|host| is_authority(host))
        && lengths.len() <= 1
        && lengths.iter().all(|length| is_decimal(length))
        && codings.len() <= 1
        && codings.iter().all(|coding| coding.eq_ignore_ascii_case("chunked"))
        && all("expect").iter().all(|value| value.eq_ignore_ascii_case("100-continue"))
        && (upgrades.iter().all(|value| value == "h2c") || is_websocket);
    let is_last = has_option("close") || !is_http11 && !has_option("keep-alive") || is_websocket;
    let is_doubtful =
        is_websocket && !(is_http11 && has_option("upgrade") && lengths.is_empty() && codings.is_empty());
    let length = lengths.first().and_then(|length| length.parse().ok());
    is_clean.then_some((is_last, !hosts.is_empty(), length, !codings.is_empty(), is_doubtful))
}

fn chunked(input: &[u8], at: &mut usize, limits: &WireLimits) -> Result<(), Stop> {
    loop {
        let mut digits = String::new();
        while let Some(digit) = input.get(*at).filter(|byte| byte.is_ascii_hexdigit()) {
            if digits.len() == limits.chunk_digits_max {
                return Err(Stop::Refused);
            }
            digits.push(char::from(*digit));
            *at += 1;
        }
        if digits.is_empty() {
            return Err(if *at < input.len() { Stop::Refused } else { Stop::End });
        }
        literal(input, at, b"\r\n")?;
        let size = u64::from_str_radix(&digits, 16).unwrap();
        if size == 0 {
            return literal(input, at, b"\r\n");
        }
        let left = (input.len() - *at) as u64;
        *at += left.min(size) as usize;
        if left < size {
            return Err(Stop::End);
        }
        literal(input, at, b"\r\n")?;
    }
}

fn literal(input: &[u8], at: &mut usize, expected: &[u8]) -> Result<(), Stop> {
    for byte in expected {
        match input.get(*at) {
            Some(found) if found == byte => *at += 1,
            Some(_) => return Err(Stop::Refused),
            None => return Err(Stop::End),
        }
    }
    Ok(())
}

fn is_token(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c))
}
