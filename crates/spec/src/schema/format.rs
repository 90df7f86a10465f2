//! Formats that are asserted: those with one meaning on which everybody agrees.

/// Formats that strings are checked for. Others are annotations, as JSON Schema 2020-12 has it.
pub(super) const ASSERTED: [&str; 9] =
    ["byte", "date", "date-time", "email", "hostname", "ipv4", "ipv6", "uri", "uuid"];

/// The bounds that a format of OpenAPI sets on integers.
pub(super) fn integer_bounds(format: &str) -> Option<(i64, i64)> {
    match format {
        "int32" => Some((i32::MIN.into(), i32::MAX.into())),
        "int64" => Some((i64::MIN, i64::MAX)),
        _ => None,
    }
}

/// Base64 (RFC 4648, section 4) with its padding.
pub(super) fn is_base64(text: &str) -> bool {
    let digits = text.strip_suffix("==").or(text.strip_suffix('=')).unwrap_or(text);
    text.len().is_multiple_of(4)
        && digits.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'/')
}
