//! How the gateway proves to an authorisation server which client it is.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;
use http::header::InvalidHeaderValue;
use model::Secret;

/// The value of `Authorization` for `client_id` and its secret (HTTP Basic as RFC 6749 section 2.3.1 wants it).
///
/// # Errors
/// They cannot stand in a header field.
pub(crate) fn basic(client_id: &str, client_secret: &Secret) -> Result<HeaderValue, InvalidHeaderValue> {
    let mut pair = form_encoded(client_id.as_bytes());
    pair.push(':');
    pair.push_str(&form_encoded(client_secret.expose()));
    let mut authorization = HeaderValue::from_str(&format!("Basic {}", STANDARD.encode(pair)))?;
    authorization.set_sensitive(true);
    Ok(authorization)
}

/// `application/x-www-form-urlencoded`, as RFC 6749 appendix B wants it.
pub(crate) fn form_encoded(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() + 16);
    for &byte in bytes {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'*') {
            text.push(char::from(byte));
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    text
}
