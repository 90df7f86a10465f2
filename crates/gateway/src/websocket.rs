//! The opening handshake of a WebSocket (RFC 6455 4), held strictly on both sides.
//!
//! A proxy that takes any request for a tunnel, or any answer for the beginning of one, lets a caller speak to the
//! backend unseen. So the gateway asks of both sides what the protocol asks of them, and changes over only when the
//! backend has proved, by the digest of the caller's key, that it has done so too.

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{
    SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_EXTENSIONS, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL,
    SEC_WEBSOCKET_VERSION,
};
use http::{HeaderMap, HeaderName};

use crate::denial::{Denial, Reason};

/// What the name of the protocol looks like in `Upgrade`.
pub(crate) const TOKEN: &[u8] = b"websocket";

/// RFC 6455 1.3.
const GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// What a caller offers, by which the backend's answer is judged.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Offer {
    /// What proves that the backend has read this very offer.
    accept: String,
    protocols: Vec<String>,
    extensions: Vec<String>,
}

impl Offer {
    /// The offer of a request.
    ///
    /// # Errors
    /// `upgrade-refused` where key or version are not what RFC 6455 4.2.1 asks for.
    pub(crate) fn read(headers: &HeaderMap) -> Result<Offer, Denial> {
        if single(headers, &SEC_WEBSOCKET_VERSION) != Some(b"13") {
            return Err(refused("a `sec-websocket-version` other than 13"));
        }
        let key = single(headers, &SEC_WEBSOCKET_KEY);
        let key = key.filter(|key| STANDARD.decode(key).is_ok_and(|bytes| bytes.len() == 16));
        let key = key.ok_or_else(|| refused("a `sec-websocket-key` that is not 16 bytes in base64"))?;
        let digest = digest(&SHA1_FOR_LEGACY_USE_ONLY, &[key, GUID].concat());
        Ok(Offer {
            accept: STANDARD.encode(digest),
            protocols: list(headers, &SEC_WEBSOCKET_PROTOCOL),
            extensions: list(headers, &SEC_WEBSOCKET_EXTENSIONS).iter().map(|offer| name(offer)).collect(),
        })
    }

    /// Whether `headers`, of an answer that changes over to a WebSocket, take up this offer and nothing beyond it
    /// (RFC 6455 4.1).
    pub(crate) fn is_taken_up(&self, headers: &HeaderMap) -> bool {
        let protocol = headers.get_all(SEC_WEBSOCKET_PROTOCOL).iter().count();
        single(headers, &SEC_WEBSOCKET_ACCEPT) == Some(self.accept.as_bytes())
            && protocol <= 1
            && list(headers, &SEC_WEBSOCKET_PROTOCOL).len() == protocol
            && list(headers, &SEC_WEBSOCKET_PROTOCOL).iter().all(|chosen| self.protocols.contains(chosen))
            && list(headers, &SEC_WEBSOCKET_EXTENSIONS)
                .iter()
                .all(|chosen| self.extensions.contains(&name(chosen)))
    }
}

/// The value of a field that stands there once.
fn single<'h>(headers: &'h HeaderMap, field: &HeaderName) -> Option<&'h [u8]> {
    let mut values = headers.get_all(field).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => Some(value.as_bytes()),
        _ => None,
    }
}

/// The members of a list. What is no text is a member that nobody offers.
fn list(headers: &HeaderMap, field: &HeaderName) -> Vec<String> {
    let values = headers.get_all(field).iter().map(|value| value.to_str().unwrap_or_default());
    values.flat_map(|value| value.split(',')).map(|member| member.trim().to_owned()).collect()
}

/// The name of an extension, without its parameters.
fn name(extension: &str) -> String {
    extension.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

fn refused(detail: &'static str) -> Denial {
    Denial::protocol(Reason::UpgradeRefused, detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Fields of a head, a line each.
    fn fields(lines: &str) -> HeaderMap {
        let pairs = lines.lines().map(|line| line.split_once(": ").unwrap());
        pairs.map(|(name, value)| (name.parse::<HeaderName>().unwrap(), value.parse().unwrap())).fold(
            HeaderMap::new(),
            |mut headers, (name, value)| {
                headers.append(name, value);
                headers
            },
        )
    }

    /// The example of RFC 6455 1.2, whose key is answered with `s3pPLMBiTxaQ9kYGzzhZRbK+xOo=`.
    const OFFER: &str = "sec-websocket-version: 13\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\n";

    #[track_caller]
    fn check_offer(lines: &str, is_good: bool) {
        let read = Offer::read(&fields(lines));
        assert_eq!(read.is_ok(), is_good, "{lines}");
        assert!(read.err().is_none_or(|denial| denial.reason == Reason::UpgradeRefused), "{lines}");
    }

    #[track_caller]
    fn check_answer(offered: &str, answer: &str, expected: bool) {
        let offer = Offer::read(&fields(&format!("{OFFER}{offered}"))).unwrap();
        let accept = "sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\n";
        assert_eq!(offer.is_taken_up(&fields(&format!("{accept}{answer}"))), expected, "{answer}");
    }

    #[test]
    fn rfc6455_4_2_1_an_offer_has_one_key_of_16_bytes_and_version_13() {
        check_offer(OFFER, true);
        check_offer("", false);
        check_offer(&OFFER.replace("13", "8"), false);
        check_offer(&OFFER.replace("13", "13, 8"), false);
        check_offer(&OFFER.replace("==", ""), false);
        check_offer(&OFFER.replace("dGhl", ""), false);
        check_offer(&format!("{OFFER}{OFFER}"), false);
        check_offer("sec-websocket-version: 13", false);
    }

    #[test]
    fn rfc6455_4_1_an_answer_proves_itself_and_takes_up_what_was_offered() {
        check_answer("", "", true);
        check_answer("sec-websocket-protocol: a, b", "sec-websocket-protocol: b", true);
        check_answer("sec-websocket-protocol: a, b", "", true);
        check_answer("sec-websocket-protocol: a, b", "sec-websocket-protocol: c", false);
        check_answer("sec-websocket-protocol: a, b", "sec-websocket-protocol: a, b", false);
        check_answer("", "sec-websocket-protocol: a", false);
        let offered = "sec-websocket-extensions: permessage-deflate; client_max_window_bits";
        check_answer(
            offered,
            "sec-websocket-extensions: permessage-deflate; server_no_context_takeover",
            true,
        );
        check_answer(offered, "sec-websocket-extensions: x-other", false);
        let offer = Offer::read(&fields(OFFER)).unwrap();
        assert!(!offer.is_taken_up(&HeaderMap::new()));
        assert!(!offer.is_taken_up(&fields("sec-websocket-accept: dGhlIHNhbXBsZSBub25jZQ==")));
    }
}
