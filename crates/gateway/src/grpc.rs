//! What the gateway knows of gRPC (gRPC over HTTP2): who speaks it, how long they wait, and how they are refused.

use std::time::Duration;

use http::header::CONTENT_TYPE;
use http::{HeaderMap, StatusCode};

use crate::denial::Reason;

/// What the media types of gRPC begin with; `+proto` and the like may follow.
const MEDIA_TYPE: &[u8] = b"application/grpc";

/// Whether `media_type` is one of gRPC, and not of gRPC-Web, which is another protocol.
pub(crate) fn is_media_type(media_type: &[u8]) -> bool {
    let (name, rest) = media_type.split_at_checked(MEDIA_TYPE.len()).unwrap_or_default();
    name.eq_ignore_ascii_case(MEDIA_TYPE) && matches!(rest.first(), None | Some(b'+' | b';' | b' '))
}

/// Whether who sends these fields reads answers as gRPC.
pub(crate) fn is_call(headers: &HeaderMap) -> bool {
    headers.get(CONTENT_TYPE).is_some_and(|value| is_media_type(value.as_bytes()))
}

/// How long the caller waits, where it says so: at most eight digits and a unit.
pub(crate) fn timeout(headers: &HeaderMap) -> Option<Duration> {
    let value = headers.get("grpc-timeout")?.to_str().ok()?;
    let (digits, unit) = value.split_at_checked(value.len().checked_sub(1)?)?;
    if digits.is_empty() || digits.len() > 8 || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let number: u64 = digits.parse().ok()?;
    match unit {
        "H" => Some(Duration::from_secs(number * 3600)),
        "M" => Some(Duration::from_secs(number * 60)),
        "S" => Some(Duration::from_secs(number)),
        "m" => Some(Duration::from_millis(number)),
        "u" => Some(Duration::from_micros(number)),
        "n" => Some(Duration::from_nanos(number)),
        _ => None,
    }
}

/// The status of gRPC that says of a refusal what `reason` says. Unlike what gRPC makes of an answer that is none of its
/// own, it tells a call that may be repeated from one that may not.
pub(crate) fn status(reason: Reason) -> &'static str {
    match reason.status() {
        // No such method, rather than no such object.
        _ if matches!(reason, Reason::UndeclaredOperation | Reason::UndeclaredHost | Reason::Retired) => "12",
        StatusCode::UNAUTHORIZED => "16",
        StatusCode::FORBIDDEN => "7",
        StatusCode::NOT_FOUND => "5",
        StatusCode::METHOD_NOT_ALLOWED | StatusCode::NOT_IMPLEMENTED => "12",
        StatusCode::REQUEST_TIMEOUT | StatusCode::GATEWAY_TIMEOUT => "4",
        StatusCode::CONFLICT => "10",
        StatusCode::PAYLOAD_TOO_LARGE
        | StatusCode::TOO_MANY_REQUESTS
        | StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => "8",
        StatusCode::BAD_GATEWAY | StatusCode::SERVICE_UNAVAILABLE => "14",
        status if status.is_client_error() => "3",
        _ => "13",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timeout_is_a_number_with_a_unit() {
        let check = |text: &'static str, expected: Option<Duration>| {
            let mut headers = HeaderMap::new();
            headers.insert("grpc-timeout", http::HeaderValue::from_static(text));
            assert_eq!(timeout(&headers), expected, "{text}");
        };
        check("2H", Some(Duration::from_secs(7200)));
        check("3M", Some(Duration::from_secs(180)));
        check("99999999S", Some(Duration::from_secs(99_999_999)));
        check("100m", Some(Duration::from_millis(100)));
        check("5u", Some(Duration::from_micros(5)));
        check("7n", Some(Duration::from_nanos(7)));
        for text in ["", "S", "1", "1s", "-1S", "999999999S", "1.5S", "1 S"] {
            check(text, None);
        }
        assert_eq!(timeout(&HeaderMap::new()), None);
    }

    #[test]
    fn grpc_is_told_by_its_media_type() {
        for text in ["application/grpc", "application/grpc+proto", "Application/GRPC;x=1"] {
            assert!(is_media_type(text.as_bytes()), "{text}");
        }
        for text in ["", "application/grpc-web", "application/grpcx", "application/json"] {
            assert!(!is_media_type(text.as_bytes()), "{text}");
        }
    }
}
