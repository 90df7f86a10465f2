//! What carries lines of logs from one machine to another, and is put around each: syslog, CRI, Docker.

use std::borrow::Cow;

use crate::json;

/// The line within: `text` without what a known carrier put before and around it, or as it is.
pub fn unwrap(text: &str) -> Cow<'_, str> {
    match text.as_bytes().first() {
        Some(b'{') => docker(text).unwrap_or(Cow::Borrowed(text)),
        Some(b'<') => Cow::Borrowed(priority(text).unwrap_or(text)),
        Some(b'A'..=b'Z') => Cow::Borrowed(bsd(text).unwrap_or(text)),
        // An address, as most lines begin with, is no year.
        Some(b'0'..=b'9') if text.as_bytes().get(4) == Some(&b'-') => {
            Cow::Borrowed(cri(text).or_else(|| iso(text)).unwrap_or(text))
        }
        _ => Cow::Borrowed(text),
    }
}

/// `{"log":"…\n","stream":"stdout","time":"…"}`, as Docker's `json-file` writes.
fn docker(text: &str) -> Option<Cow<'_, str>> {
    let quoted = text.strip_prefix("{\"log\":\"")?;
    let end = quoted.rfind("\",\"stream\":\"").or_else(|| quoted.rfind("\",\"time\":\""))?;
    quoted.get(..end).map(json::unescaped)
}

/// `2025-12-31T17:37:40.493035218+01:00 stdout F …`, as container runtimes write.
fn cri(text: &str) -> Option<&str> {
    let (time, rest) = text.split_once(' ')?;
    let rest = rest.strip_prefix("stdout ").or_else(|| rest.strip_prefix("stderr "))?;
    is_time(time).then(|| rest.strip_prefix("F ").or_else(|| rest.strip_prefix("P ")))?
}

/// `<134>…`, with what RFC 3164 or RFC 5424 has behind it.
fn priority(text: &str) -> Option<&str> {
    let (number, rest) = text.strip_prefix('<')?.split_once('>')?;
    if number.len() > 3 || !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    if let Some(rest) = rest.strip_prefix("1 ") {
        return structured(rest);
    }
    bsd(rest).or_else(|| iso(rest))
}

/// `2003-10-11T22:14:15.003Z host app 123 ID47 [data] …`
fn structured(text: &str) -> Option<&str> {
    let mut words = text.splitn(6, ' ');
    let time = words.next()?;
    let rest = words.nth(4)?;
    if time != "-" && !is_time(time) {
        return None;
    }
    let rest = match rest.strip_prefix('[') {
        Some(data) => data.split_once("] ")?.1,
        None => rest.strip_prefix("- ")?,
    };
    Some(rest.trim_start_matches('\u{feff}'))
}

/// `Sep 25 06:05:27 hostname haproxy[6801]: …`
fn bsd(text: &str) -> Option<&str> {
    let (time, rest) = text.split_at_checked(16)?;
    let shape = time.bytes().map(|byte| match byte {
        b'0'..=b'9' => b'0',
        b'a'..=b'z' => b'a',
        other => other,
    });
    let is_time = shape
        .skip(1)
        .zip(*b"aa 00 00:00:00 ")
        .all(|(byte, wanted)| byte == wanted || (wanted == b'0' && byte == b' '));
    if is_time { tagged(rest) } else { None }
}

/// `2021-11-12T16:59:45.1+00:00 hostname tag: …`
fn iso(text: &str) -> Option<&str> {
    let (time, rest) = text.split_once(' ')?;
    if is_time(time) { tagged(rest) } else { None }
}

/// `hostname tag[123]: …`
fn tagged(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once(' ')?;
    let (tag, rest) = rest.split_once(": ")?;
    (!tag.is_empty() && !tag.contains(' ')).then_some(rest)
}

/// Whether it looks as RFC 3339 has it.
fn is_time(text: &str) -> bool {
    text.len() >= 19 && text.as_bytes().get(4) == Some(&b'-') && text.as_bytes().get(10) == Some(&b'T')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_around_a_line_is_taken_off() {
        for carried in [
            "2025-12-31T17:37:40.493035218+01:00 stdout F a: b",
            "Sep 25 06:05:27 hostname haproxy[6801]: a: b",
            "Apr  4 14:30:19 hap-1 haproxy[3946303]: a: b",
            "<134>Oct 11 22:14:15 mymachine su: a: b",
            "<134>2016-07-04T22:37:26Z cache-sjc3128 LogTest[62959]: a: b",
            "<165>1 2003-10-11T22:14:15.003Z host app 123 ID47 [x@1 a=\"b\"] a: b",
            "<165>1 - host app - - - a: b",
            r#"{"log":"a: b","stream":"stdout","time":"2025-12-31T17:37:40Z"}"#,
        ] {
            assert_eq!(unwrap(carried), "a: b", "{carried}");
        }
        assert_eq!(unwrap(r#"{"log":"\"GET\"\n","stream":"stdout"}"#), "\"GET\"\n");
    }

    #[test]
    fn what_only_looks_alike_stays() {
        for plain in [
            "",
            "{\"a\":1}",
            "<x>1",
            "Mozilla/5.0 is not a month",
            "2012-08-16 11:55:13 172.20.1.0 - HTTP",
            "1.2.3.4 - - [10/Feb/2012:16:42:07 -0500] \"GET / HTTP/1.0\" 301 368",
            "<165>1 2003-10-11T22:14:15.003Z host",
        ] {
            assert_eq!(unwrap(plain), plain);
        }
    }
}
