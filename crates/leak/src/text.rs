//! Small questions about the bytes around a candidate.

/// Whether `what` stands at `at`.
pub(super) fn starts_with(text: &[u8], at: usize, what: &str) -> bool {
    text.get(at..).is_some_and(|rest| rest.starts_with(what.as_bytes()))
}

/// The same in any case.
pub(super) fn starts_with_any_case(text: &[u8], at: usize, what: &str) -> bool {
    text.get(at..at + what.len()).is_some_and(|found| found.eq_ignore_ascii_case(what.as_bytes()))
}

/// Where the run of bytes from `from` ends of which `is` holds.
pub(super) fn run(text: &[u8], from: usize, is: impl Fn(u8) -> bool) -> usize {
    let rest = text.get(from..).unwrap_or_default();
    from + rest.iter().position(|byte| !is(*byte)).unwrap_or(rest.len())
}

/// Where the run of bytes before `to` begins of which `is` holds, at most `max` bytes back.
pub(super) fn run_back(text: &[u8], to: usize, max: usize, is: impl Fn(u8) -> bool) -> usize {
    let before = text.get(to.saturating_sub(max)..to).unwrap_or_default();
    to - before.iter().rev().position(|byte| !is(*byte)).unwrap_or(before.len())
}

/// The byte before `at`.
pub(super) fn before(text: &[u8], at: usize) -> Option<u8> {
    text.get(at.checked_sub(1)?).copied()
}

/// Whether no letter or digit stands before `at`. The letter of an escape (`\n`) is none.
pub(super) fn begins_word(text: &[u8], at: usize) -> bool {
    match before(text, at) {
        Some(b'n' | b'r' | b't') => at >= 2 && before(text, at - 1) == Some(b'\\'),
        Some(byte) => !byte.is_ascii_alphanumeric(),
        None => true,
    }
}

/// Whether no letter or digit stands at `at`.
pub(super) fn ends_word(text: &[u8], at: usize) -> bool {
    text.get(at).is_none_or(|byte| !byte.is_ascii_alphanumeric())
}

/// Whether `words` has one that stands in `text`, which is short, in any case.
pub(super) fn has_any(text: &[u8], words: &[&str]) -> bool {
    words.iter().any(|word| text.windows(word.len()).any(|part| part.eq_ignore_ascii_case(word.as_bytes())))
}

/// What leads to the value that begins at `at`: the name of its member, or the words before it, at most 40 bytes.
pub(super) fn lead(text: &[u8], at: usize) -> &[u8] {
    let from = run_back(text, at, 40, |byte| byte != b',' && byte != b'{' && byte != b'\n');
    text.get(from..at).unwrap_or_default()
}

/// Whether what stands at `start..end` is a part of something longer: of a UUID, a path, a time.
pub(super) fn continues(text: &[u8], start: usize, end: usize) -> bool {
    let joins = |byte: Option<u8>| byte.is_some_and(|byte| matches!(byte, b'-' | b'_' | b'.' | b'/' | b':'));
    let is_inside = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric());
    let head = start >= 2 && joins(before(text, start)) && is_inside(before(text, start - 1));
    let tail = joins(text.get(end).copied()) && is_inside(text.get(end + 1).copied());
    head || tail
}

/// Whether the value stands in JSON as a number, without quotes.
pub(super) fn is_bare_number(text: &[u8], start: usize, end: usize) -> bool {
    let rest = text.get(end..).unwrap_or_default().trim_ascii_start();
    let head = text.get(start.saturating_sub(8)..start).unwrap_or_default().trim_ascii_end();
    let closes = matches!(rest.first(), Some(b',' | b']' | b'}'));
    closes
        && match head {
            [.., quote, b':'] => *quote == b'"' || quote.is_ascii_whitespace(),
            [.., last] => matches!(last, b'[' | b','),
            [] => false,
        }
}

/// Whether the text has at least eight different characters: keys do, and what stands in their place does not.
pub(super) fn varies(value: &[u8]) -> bool {
    let seen = value.iter().fold(0_u128, |seen, byte| seen | 1 << (byte & 0x7f));
    seen.count_ones() >= 8
}

pub(super) fn is_alnum(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
}

pub(super) fn is_upper_or_digit(byte: u8) -> bool {
    byte.is_ascii_uppercase() || byte.is_ascii_digit()
}

pub(super) fn is_lower_or_digit(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit()
}

pub(super) fn is_hex(byte: u8) -> bool {
    byte.is_ascii_hexdigit()
}

pub(super) fn is_digit(byte: u8) -> bool {
    byte.is_ascii_digit()
}

/// The alphabet of base64url, and of most keys.
pub(super) fn is_url_safe(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}

pub(super) fn is_dashed(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-'
}

pub(super) fn is_underscored(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// The alphabet of base64, with padding.
pub(super) fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=')
}

/// The alphabet of keys that are made of parts.
pub(super) fn is_dotted(byte: u8) -> bool {
    is_url_safe(byte) || byte == b'.'
}

/// The same with the padding of base64.
pub(super) fn is_padded(byte: u8) -> bool {
    is_dotted(byte) || matches!(byte, b'+' | b'/' | b'=')
}

/// Whether groups of digits are those of a date.
pub(super) fn is_date_like(groups: &[u8]) -> bool {
    matches!(groups, [4, 2, 2, ..] | [2, 2, 4, ..] | [2, 2, 2])
}
