//! The one place that turns a refusal into HTTP: RFC 9457 problem details that never say more than they must.

use std::fmt::Write;

use bytes::Bytes;
use http::header::{
    ALLOW, CACHE_CONTROL, CONNECTION, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

use crate::denial::{Denial, Reason};
use crate::grpc;
use crate::policy::AnswerField;

/// Prefix of every problem type (RFC 9457 section 3.1.1); the reason's name follows.
pub const PROBLEM_TYPE: &str = "urn:palisade:problem:";

/// Status, header fields and body of the answer to a refused request.
///
/// The body names the problem's type, its fixed title, the control and the request id: nothing of the request, nothing
/// of the backend, no rule. `X-Request-Id` and what policies add are the engine's.
pub fn respond(denial: &Denial, request_id: &str) -> (StatusCode, HeaderMap, Bytes) {
    let status = denial.status();
    let mut headers = HeaderMap::with_capacity(6);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Some(secs) = denial.retry_after_secs {
        headers.insert(RETRY_AFTER, HeaderValue::from(secs));
    }
    if !denial.allow.is_empty() {
        let methods: Vec<&str> = denial.allow.iter().map(http::Method::as_str).collect();
        append(&mut headers, ALLOW, &methods.join(", "));
    }
    for challenge in &denial.challenges {
        // A field each: within one field, commas would end both a challenge and a parameter of it.
        append(&mut headers, WWW_AUTHENTICATE, &challenge.to_string());
    }
    if closes(denial.reason) {
        headers.insert(CONNECTION, HeaderValue::from_static("close"));
    }
    (status, headers, body(denial, status, request_id))
}

/// The same to a caller of gRPC, who reads statuses of gRPC alone, as a call that ended before it began: fields without a
/// body (gRPC over HTTP2, "Trailers-Only"). Who must authenticate is told how, and who may try again is told when.
pub(crate) fn respond_grpc(denial: &Denial) -> (StatusCode, HeaderMap, Bytes) {
    let (_, mut headers, _) = respond(denial, "");
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    headers.insert("grpc-status", HeaderValue::from_static(grpc::status(denial.reason)));
    // Letters and spaces, which need no encoding.
    headers.insert("grpc-message", HeaderValue::from_static(denial.reason.title()));
    (StatusCode::OK, headers, Bytes::new())
}

/// Changes the header fields of an answer as policies ask, in their order.
pub(crate) fn change(headers: &mut HeaderMap, fields: impl IntoIterator<Item = AnswerField>) {
    for field in fields {
        match field {
            AnswerField::Set(name, value) => {
                headers.insert(name, value);
            }
            AnswerField::Default(name, value) => {
                headers.entry(name).or_insert(value);
            }
            AnswerField::Add(name, value) => add(headers, name, value),
            AnswerField::Drop(prefix) => {
                let dropped: Vec<HeaderName> =
                    headers.keys().filter(|name| name.as_str().starts_with(prefix)).cloned().collect();
                for name in dropped {
                    headers.remove(name);
                }
            }
        }
    }
}

/// Joins `value` to the list that the answer has, as one field: not every cache reads a second one.
fn add(headers: &mut HeaderMap, name: HeaderName, value: HeaderValue) {
    if !headers.contains_key(&name) {
        headers.insert(name, value);
        return;
    }
    let mut list = Vec::new();
    for value in headers.get_all(&name).iter().chain([&value]) {
        for member in value.as_bytes().split(|byte| *byte == b',').map(<[u8]>::trim_ascii) {
            let is_known = |known: &&[u8]| known.eq_ignore_ascii_case(member);
            if !member.is_empty() && !list.iter().any(is_known) {
                list.push(member);
            }
        }
    }
    if let Ok(joined) = HeaderValue::from_bytes(&list.join(&b", "[..])) {
        headers.insert(name, joined);
    }
}

/// Whether nothing more can be read from the connection after this refusal: where its next message begins is in doubt,
/// or a body is left unread on it.
fn closes(reason: Reason) -> bool {
    matches!(
        reason,
        Reason::MalformedRequest
            | Reason::AmbiguousFraming
            | Reason::UriTooLong
            | Reason::HeadersTooLarge
            | Reason::RequestTimeout
            | Reason::UnsupportedVersion
            | Reason::UnsupportedTransferCoding
            | Reason::BodyTooLarge
    )
}

fn body(denial: &Denial, status: StatusCode, request_id: &str) -> Bytes {
    let mut text = String::with_capacity(256);
    // Every value is fixed text of the program or a request id of checked characters, so nothing needs escaping.
    let written = write!(
        text,
        r#"{{"type":"{PROBLEM_TYPE}{}","title":"{}","status":{},"control":"{}","request_id":"{request_id}"}}"#,
        denial.reason.as_str(),
        denial.reason.title(),
        status.as_u16(),
        denial.control,
    );
    debug_assert!(written.is_ok(), "writing to a string cannot fail");
    Bytes::from(text)
}

/// A header made of the contract's own words; one that cannot stand in a header is left out rather than mangled.
fn append(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.append(name, value);
    }
}

#[cfg(test)]
mod tests {
    use http::Method;
    use http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_MAX_AGE, VARY};
    use model::Redacted;

    use super::*;
    use crate::denial::{BearerError, Challenge, DpopError};

    #[test]
    fn every_reason_is_a_problem_document_that_says_no_more_than_its_name() {
        for &reason in Reason::ALL {
            let detail = Redacted::fixed("what only the log may know");
            let (status, headers, body) = respond(&Denial::new(reason, "protocol", detail), "r-1");
            let problem: serde_json::Value = serde_json::from_slice(&body).unwrap();
            assert_eq!(problem["type"], format!("urn:palisade:problem:{}", reason.as_str()));
            assert_eq!(problem["title"], reason.title());
            assert_eq!(problem["status"], status.as_u16());
            assert_eq!(problem["request_id"], "r-1");
            assert_eq!(headers[CONTENT_TYPE], "application/problem+json");
            assert!(status.is_client_error() || status.is_server_error(), "{reason}");
            assert!(!String::from_utf8_lossy(&body).contains("only the log"), "{reason}");
        }
    }

    #[test]
    fn a_caller_of_grpc_gets_a_status_of_grpc_and_no_body() {
        let check = |reason, status: &str| {
            let (code, headers, body) = respond_grpc(&Denial::fixed(reason, "protocol", "only for the log"));
            assert_eq!((code, body.len()), (StatusCode::OK, 0), "{reason}");
            assert_eq!(headers[CONTENT_TYPE], "application/grpc");
            assert_eq!(headers["grpc-status"], status, "{reason}");
            assert_eq!(headers["grpc-message"], reason.title());
        };
        check(Reason::Unauthenticated, "16");
        check(Reason::InsufficientScope, "7");
        check(Reason::RateLimited, "8");
        check(Reason::UndeclaredOperation, "12");
        check(Reason::NoSuchObject, "5");
        check(Reason::UpstreamTimeout, "4");
        check(Reason::UpstreamUnreachable, "14");
        check(Reason::ParameterInvalid, "3");
        check(Reason::Internal, "13");
        for &reason in Reason::ALL {
            let status = respond_grpc(&Denial::fixed(reason, "protocol", "")).1["grpc-status"].clone();
            assert_ne!(status, "0", "{reason}");
        }
    }

    #[test]
    fn every_way_to_authenticate_is_a_challenge_of_its_own() {
        let mut denial = Denial::fixed(Reason::Unauthenticated, "scope", "");
        let scopes = vec!["orders:read".to_owned(), "orders:write".to_owned()];
        denial.challenges = vec![
            Challenge::TOKEN,
            Challenge::bearer(BearerError::InvalidToken),
            Challenge::Bearer { error: Some(BearerError::InsufficientScope), scopes },
            Challenge::ApiKey(HeaderName::from_static("x-api-key")),
            Challenge::Dpop { error: None },
            Challenge::Dpop { error: Some(DpopError::UseNonce) },
            Challenge::StepUp { acr: vec!["a:b".to_owned(), "c".to_owned()], max_age_secs: Some(300) },
            Challenge::StepUp { acr: Vec::new(), max_age_secs: Some(0) },
        ];
        let (_, headers, _) = respond(&denial, "r");
        let challenges: Vec<_> = headers.get_all(WWW_AUTHENTICATE).iter().collect();
        assert_eq!(
            challenges,
            [
                r#"Bearer realm="palisade""#,
                r#"Bearer realm="palisade", error="invalid_token""#,
                r#"Bearer realm="palisade", error="insufficient_scope", scope="orders:read orders:write""#,
                r#"ApiKey realm="palisade", header="x-api-key""#,
                r#"DPoP realm="palisade", algs="RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA""#,
                r#"DPoP realm="palisade", error="use_dpop_nonce", algs="RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA""#,
                r#"Bearer realm="palisade", error="insufficient_user_authentication", acr_values="a:b c", max_age="300""#,
                r#"Bearer realm="palisade", error="insufficient_user_authentication", max_age="0""#,
            ]
        );
    }

    #[test]
    fn a_refusal_that_passes_says_when_to_try_again() {
        let mut denial = Denial::fixed(Reason::RateLimited, "rate-limit", "");
        denial.retry_after_secs = Some(7);
        assert_eq!(respond(&denial, "r").1[RETRY_AFTER], "7");
        let lasting = respond(&Denial::fixed(Reason::UndeclaredOperation, "undeclared", ""), "r").1;
        assert!(!lasting.contains_key(RETRY_AFTER));
    }

    #[test]
    fn a_refused_method_says_which_are_allowed() {
        let mut denial = Denial::fixed(Reason::MethodNotAllowed, "undeclared", "");
        denial.allow = vec![Method::GET, Method::PATCH];
        let (_, headers, _) = respond(&denial, "r");
        assert_eq!(headers[ALLOW], "GET, PATCH");
    }

    #[test]
    fn a_list_is_joined_to_the_backend_s_and_nothing_is_said_twice() {
        let check = |from_backend: &[&'static str], expected: &str| {
            let mut headers = HeaderMap::new();
            for value in from_backend {
                headers.append(VARY, HeaderValue::from_static(value));
            }
            change(&mut headers, [AnswerField::Add(VARY, HeaderValue::from_static("origin"))]);
            let values: Vec<_> = headers.get_all(VARY).iter().collect();
            assert_eq!(values, [expected], "{from_backend:?}");
        };
        check(&[], "origin");
        check(&["Accept-Encoding"], "Accept-Encoding, origin");
        check(&["Accept-Encoding", "Accept,, Origin"], "Accept-Encoding, Accept, Origin");
        check(&["*"], "*, origin");
    }

    #[test]
    fn fields_are_dropped_by_the_beginning_of_their_names_and_set_afterwards() {
        let mut headers = HeaderMap::new();
        for name in [ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_MAX_AGE, ALLOW, RETRY_AFTER] {
            headers.append(name, HeaderValue::from_static("1"));
        }
        let two = HeaderValue::from_static("2");
        change(
            &mut headers,
            [
                AnswerField::Drop("access-control-"),
                AnswerField::Set(ACCESS_CONTROL_ALLOW_ORIGIN, two.clone()),
                AnswerField::Set(RETRY_AFTER, two),
            ],
        );
        let left = |name| headers.get(name).map(HeaderValue::as_bytes);
        assert_eq!(left(ACCESS_CONTROL_MAX_AGE), None);
        assert_eq!(left(ACCESS_CONTROL_ALLOW_ORIGIN), Some(&b"2"[..]));
        assert_eq!((left(ALLOW), left(RETRY_AFTER)), (Some(&b"1"[..]), Some(&b"2"[..])));
    }

    #[test]
    fn a_connection_in_doubt_is_closed_and_others_are_kept() {
        let closing = respond(&Denial::fixed(Reason::AmbiguousFraming, "protocol", ""), "r").1;
        assert_eq!(closing[CONNECTION], "close");
        let kept = respond(&Denial::fixed(Reason::Unauthenticated, "jwt", ""), "r").1;
        assert!(!kept.contains_key(CONNECTION));
    }
}
