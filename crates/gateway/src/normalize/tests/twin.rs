//! The path normaliser again, slow and obvious: every rule is a search over the whole text.

/// The one spelling of `raw`, or `None` where it is refused.
pub(super) fn spell(raw: &str) -> Option<String> {
    let bytes = raw.as_bytes();
    if !raw.starts_with('/') || !raw.is_ascii() {
        return None;
    }
    let (mut text, mut decoded) = (String::new(), Vec::new());
    let mut at = 0;
    while at < bytes.len() {
        let byte = bytes[at];
        if byte == b'%' {
            let digits = raw
                .get(at + 1..at + 3)
                .filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))?;
            let octet = u8::from_str_radix(digits, 16).unwrap();
            decoded.push(octet);
            if octet.is_ascii_control() || octet == b'\\' {
                return None;
            }
            if octet.is_ascii_alphanumeric() || b"-._~".contains(&octet) {
                text.push(char::from(octet));
            } else {
                text.push_str(&format!("%{octet:02X}"));
            }
            at += 3;
            continue;
        }
        decoded.push(byte);
        at += 1;
        if b"[]{}|^".contains(&byte) {
            text.push_str(&format!("%{byte:02X}"));
        } else if byte.is_ascii_alphanumeric() || b"/-._~!$&'()*+,;=:@".contains(&byte) {
            text.push(char::from(byte));
        } else {
            return None;
        }
    }
    String::from_utf8(decoded).ok()?;
    let is_refused = hides_dots(&text) || is_encoded_twice(&text) || climbs(&text) || text.contains("/;");
    (!is_refused).then(|| remove_dot_segments(&merged(&text)))
}

fn hides_dots(text: &str) -> bool {
    text.split('/').filter(|segment| !matches!(*segment, "." | "..")).any(|segment| {
        let pieces = segment.replace("%2F", "/");
        pieces.split('/').any(|piece| {
            let name = piece.replace("%3B", ";");
            matches!(name.split(';').next(), Some("." | ".."))
        })
    })
}

fn is_encoded_twice(text: &str) -> bool {
    text.match_indices("%25").any(|(at, _)| {
        let mut rest = text.split_at(at + 3).1.to_ascii_lowercase();
        while rest.starts_with("25") {
            rest.replace_range(..2, "");
        }
        ["2e", "2f", "5c", "7f"].iter().any(|octet| rest.starts_with(octet))
            || rest.starts_with(['0', '1'])
                && rest.chars().nth(1).is_some_and(|digit| digit.is_ascii_hexdigit())
    })
}

fn climbs(text: &str) -> bool {
    let segments: Vec<&str> = text.split('/').skip(1).collect();
    let mut depth = 0;
    for segment in &segments {
        match *segment {
            ".." => depth -= 1,
            "." | "" => {}
            _ => depth += 1,
        }
        if depth < 0 {
            return true;
        }
    }
    text.contains("//") && segments.contains(&"..")
}

fn merged(text: &str) -> String {
    let mut text = text.to_owned();
    while text.contains("//") {
        text = text.replace("//", "/");
    }
    text
}

/// RFC 3986 5.2.4 to the letter, for a path that begins with `/`.
fn remove_dot_segments(path: &str) -> String {
    let (mut input, mut output) = (path.to_owned(), String::new());
    while !input.is_empty() {
        if input.starts_with("/./") || input == "/." {
            input = format!("/{}", input.get(3..).unwrap_or_default());
        } else if input.starts_with("/../") || input == "/.." {
            input = format!("/{}", input.get(4..).unwrap_or_default());
            output.truncate(output.rfind('/').unwrap_or(0));
        } else {
            let end = input.match_indices('/').nth(1).map_or(input.len(), |(at, _)| at);
            output.push_str(input.split_at(end).0);
            input.replace_range(..end, "");
        }
    }
    output
}
