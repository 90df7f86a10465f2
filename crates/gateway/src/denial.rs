//! The closed list of what the gateway refuses and why, with the status and the words the caller gets.

use std::fmt;

use http::{Method, StatusCode};
use model::Redacted;

/// What a policy says of a request: go on, or why not.
pub type Verdict = Result<(), Denial>;

/// One refusal: what the caller may know, and what the log keeps beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denial {
    /// Why: decides status, problem type and title.
    pub reason: Reason,
    /// The control that refused, an id of [`model::CONTROLS`].
    pub control: &'static str,
    /// What exactly; for the log, never for the caller.
    pub detail: Redacted,
    /// Seconds after which another try may succeed: `Retry-After` (RFC 9110 10.2.3).
    pub retry_after_secs: Option<u64>,
    /// The methods that the resource has: `Allow`, which a 405 must carry (RFC 9110 15.5.6).
    pub allow: Vec<Method>,
    /// How to authenticate: `WWW-Authenticate`, which a 401 must carry (RFC 9110 15.5.2).
    pub challenge: Option<Challenge>,
}

/// A `Bearer` challenge (RFC 6750 3).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Challenge {
    /// What was wrong with the credential; absent where none was sent (RFC 6750 3.1).
    pub error: Option<BearerError>,
    /// The scopes that would be enough; empty where scope is not the matter.
    pub scopes: Vec<String>,
}

/// The `error` codes of a `Bearer` challenge (RFC 6750 3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BearerError {
    /// The request repeats or mixes ways to send a token.
    InvalidRequest,
    /// The token is expired, revoked, malformed or otherwise invalid.
    InvalidToken,
    /// The token is good and does not carry the scope.
    InsufficientScope,
}

/// Why a request is refused. Its name is the problem type, the metric label and the log field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// The head is not HTTP/1.1 grammar (RFC 9112 2.2, 3, 5.1).
    MalformedRequest,
    /// Two parsers could see the message end in different places (RFC 9112 6.3, 11.2).
    AmbiguousFraming,
    /// Two parsers could see different paths (RFC 3986 5.2.4, 6.2.2).
    AmbiguousPath,
    /// The host is missing, repeated, invalid, or said differently in two places (RFC 9112 3.2).
    HostMismatch,
    /// The request target is longer than the limit (RFC 9110 15.5.15).
    UriTooLong,
    /// The head is larger, or has more fields, than the limit (RFC 6585 5).
    HeadersTooLarge,
    /// The request did not arrive in time (RFC 9110 15.5.9).
    RequestTimeout,
    /// An expectation other than `100-continue` (RFC 9110 10.1.1).
    ExpectationFailed,
    /// A version other than HTTP/1.0, HTTP/1.1 and HTTP/2 (RFC 9110 15.6.6).
    UnsupportedVersion,
    /// A transfer coding other than `chunked` (RFC 9112 6.1 asks for 501).
    UnsupportedTransferCoding,
    /// A method of tunnels or loops, `CONNECT` and `TRACE`, that the gateway does not implement (RFC 9110 9.1).
    MethodNotImplemented,
    /// The client asks to leave HTTP on this connection (RFC 9110 7.8).
    UpgradeRefused,
    /// The body is larger than the limit (RFC 9110 15.5.14).
    BodyTooLarge,
    /// The contract does not declare this content type for the operation (RFC 9110 15.5.16).
    UnsupportedMediaType,
    /// A content coding the gateway does not read, or more than it unpacks (RFC 9110 8.4, 15.5.16).
    UnsupportedContentEncoding,
    /// The body is not what its content type says (RFC 8259, RFC 7578).
    BodyMalformed,
    /// No API answers to this host (RFC 9110 15.5.20).
    UndeclaredHost,
    /// No contract declares this path (RFC 9110 15.5.5).
    UndeclaredOperation,
    /// The path is declared, the method is not (RFC 9110 15.5.6).
    MethodNotAllowed,
    /// A parameter that the contract does not declare.
    UndeclaredParameter,
    /// No credential where one is needed (RFC 9110 15.5.2, RFC 6750 3.1).
    Unauthenticated,
    /// A token that is not accepted (RFC 6750 3.1 `invalid_token`).
    InvalidToken,
    /// The keys that would verify the token cannot be had; not the caller's fault (RFC 9110 15.6.4).
    KeysUnavailable,
    /// The token lacks a scope of the operation (RFC 6750 3.1 `insufficient_scope`).
    InsufficientScope,
    /// An API key in the URL, where logs and histories keep it.
    KeyInUrl,
    /// An API key alone where the operation wants a caller who is authenticated.
    KeyNotSufficient,
    /// One address sends too much (RFC 6585 4).
    IpLimited,
    /// One caller, client or operation is used too much (RFC 6585 4).
    RateLimited,
    /// Too many requests are in flight for this operation (RFC 9110 15.6.4).
    ConcurrencyLimited,
    /// A parameter is not what the contract describes.
    ParameterInvalid,
    /// The body is not what the contract describes.
    BodyInvalid,
    /// An origin that may not call from a browser (WHATWG Fetch, CORS protocol).
    CorsRefused,
    /// The record of the request cannot be written, so it may not happen (RFC 9110 15.6.4).
    LogUnavailable,
    /// The backend cannot be reached (RFC 9110 15.6.3).
    UpstreamUnreachable,
    /// The backend did not answer in time (RFC 9110 15.6.5).
    UpstreamTimeout,
    /// The backend's answer is not HTTP (RFC 9110 15.6.3).
    UpstreamMalformed,
    /// The gateway is at a limit of its own (RFC 9110 15.6.4).
    Overloaded,
    /// A fault of the gateway (RFC 9110 15.6.1).
    Internal,
}

impl Denial {
    /// A refusal without any fact for the caller beyond its reason.
    pub fn new(reason: Reason, control: &'static str, detail: Redacted) -> Denial {
        Denial { reason, control, detail, retry_after_secs: None, allow: Vec::new(), challenge: None }
    }

    /// A refusal whose detail is fixed text.
    pub fn fixed(reason: Reason, control: &'static str, detail: &'static str) -> Denial {
        Denial::new(reason, control, Redacted::fixed(detail))
    }

    /// A refusal by the protocol itself, before any policy has looked.
    pub fn protocol(reason: Reason, detail: &'static str) -> Denial {
        Denial::fixed(reason, "protocol", detail)
    }
}

impl BearerError {
    /// The code as it stands in the challenge.
    pub fn as_str(self) -> &'static str {
        match self {
            BearerError::InvalidRequest => "invalid_request",
            BearerError::InvalidToken => "invalid_token",
            BearerError::InsufficientScope => "insufficient_scope",
        }
    }
}

impl Reason {
    /// Every reason, in the order a request can meet them.
    pub const ALL: &[Reason] = &[
        Reason::MalformedRequest,
        Reason::AmbiguousFraming,
        Reason::AmbiguousPath,
        Reason::HostMismatch,
        Reason::UriTooLong,
        Reason::HeadersTooLarge,
        Reason::RequestTimeout,
        Reason::ExpectationFailed,
        Reason::UnsupportedVersion,
        Reason::UnsupportedTransferCoding,
        Reason::MethodNotImplemented,
        Reason::UpgradeRefused,
        Reason::BodyTooLarge,
        Reason::UnsupportedMediaType,
        Reason::UnsupportedContentEncoding,
        Reason::BodyMalformed,
        Reason::UndeclaredHost,
        Reason::UndeclaredOperation,
        Reason::MethodNotAllowed,
        Reason::UndeclaredParameter,
        Reason::Unauthenticated,
        Reason::InvalidToken,
        Reason::KeysUnavailable,
        Reason::InsufficientScope,
        Reason::KeyInUrl,
        Reason::KeyNotSufficient,
        Reason::IpLimited,
        Reason::RateLimited,
        Reason::ConcurrencyLimited,
        Reason::ParameterInvalid,
        Reason::BodyInvalid,
        Reason::CorsRefused,
        Reason::LogUnavailable,
        Reason::UpstreamUnreachable,
        Reason::UpstreamTimeout,
        Reason::UpstreamMalformed,
        Reason::Overloaded,
        Reason::Internal,
    ];

    /// The stable name in kebab case.
    pub fn as_str(self) -> &'static str {
        match self {
            Reason::MalformedRequest => "malformed-request",
            Reason::AmbiguousFraming => "ambiguous-framing",
            Reason::AmbiguousPath => "ambiguous-path",
            Reason::HostMismatch => "host-mismatch",
            Reason::UriTooLong => "uri-too-long",
            Reason::HeadersTooLarge => "headers-too-large",
            Reason::RequestTimeout => "request-timeout",
            Reason::ExpectationFailed => "expectation-failed",
            Reason::UnsupportedVersion => "unsupported-version",
            Reason::UnsupportedTransferCoding => "unsupported-transfer-coding",
            Reason::MethodNotImplemented => "method-not-implemented",
            Reason::UpgradeRefused => "upgrade-refused",
            Reason::BodyTooLarge => "body-too-large",
            Reason::UnsupportedMediaType => "unsupported-media-type",
            Reason::UnsupportedContentEncoding => "unsupported-content-encoding",
            Reason::BodyMalformed => "body-malformed",
            Reason::UndeclaredHost => "undeclared-host",
            Reason::UndeclaredOperation => "undeclared-operation",
            Reason::MethodNotAllowed => "method-not-allowed",
            Reason::UndeclaredParameter => "undeclared-parameter",
            Reason::Unauthenticated => "unauthenticated",
            Reason::InvalidToken => "invalid-token",
            Reason::KeysUnavailable => "keys-unavailable",
            Reason::InsufficientScope => "insufficient-scope",
            Reason::KeyInUrl => "key-in-url",
            Reason::KeyNotSufficient => "key-not-sufficient",
            Reason::IpLimited => "ip-limited",
            Reason::RateLimited => "rate-limited",
            Reason::ConcurrencyLimited => "concurrency-limited",
            Reason::ParameterInvalid => "parameter-invalid",
            Reason::BodyInvalid => "body-invalid",
            Reason::CorsRefused => "cors-refused",
            Reason::LogUnavailable => "log-unavailable",
            Reason::UpstreamUnreachable => "upstream-unreachable",
            Reason::UpstreamTimeout => "upstream-timeout",
            Reason::UpstreamMalformed => "upstream-malformed",
            Reason::Overloaded => "overloaded",
            Reason::Internal => "internal",
        }
    }

    /// The status of the answer.
    pub fn status(self) -> StatusCode {
        match self {
            Reason::MalformedRequest
            | Reason::AmbiguousFraming
            | Reason::AmbiguousPath
            | Reason::HostMismatch
            | Reason::UpgradeRefused
            | Reason::BodyMalformed
            | Reason::UndeclaredParameter
            | Reason::KeyInUrl
            | Reason::ParameterInvalid
            | Reason::BodyInvalid => StatusCode::BAD_REQUEST,
            Reason::Unauthenticated | Reason::InvalidToken => StatusCode::UNAUTHORIZED,
            Reason::InsufficientScope | Reason::KeyNotSufficient | Reason::CorsRefused => {
                StatusCode::FORBIDDEN
            }
            Reason::UndeclaredOperation => StatusCode::NOT_FOUND,
            Reason::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Reason::RequestTimeout => StatusCode::REQUEST_TIMEOUT,
            Reason::BodyTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Reason::UriTooLong => StatusCode::URI_TOO_LONG,
            Reason::UnsupportedMediaType | Reason::UnsupportedContentEncoding => {
                StatusCode::UNSUPPORTED_MEDIA_TYPE
            }
            Reason::ExpectationFailed => StatusCode::EXPECTATION_FAILED,
            Reason::UndeclaredHost => StatusCode::MISDIRECTED_REQUEST,
            Reason::IpLimited | Reason::RateLimited => StatusCode::TOO_MANY_REQUESTS,
            Reason::HeadersTooLarge => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            Reason::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            Reason::UnsupportedTransferCoding | Reason::MethodNotImplemented => StatusCode::NOT_IMPLEMENTED,
            Reason::UpstreamUnreachable | Reason::UpstreamMalformed => StatusCode::BAD_GATEWAY,
            Reason::KeysUnavailable
            | Reason::ConcurrencyLimited
            | Reason::LogUnavailable
            | Reason::Overloaded => StatusCode::SERVICE_UNAVAILABLE,
            Reason::UpstreamTimeout => StatusCode::GATEWAY_TIMEOUT,
            Reason::UnsupportedVersion => StatusCode::HTTP_VERSION_NOT_SUPPORTED,
        }
    }

    /// The words for the caller: no input, no name of a rule, no number.
    pub fn title(self) -> &'static str {
        match self {
            Reason::MalformedRequest => "The request is not valid HTTP",
            Reason::AmbiguousFraming => "The length of the request is ambiguous",
            Reason::AmbiguousPath => "The path of the request is ambiguous",
            Reason::HostMismatch => "The host of the request is missing or ambiguous",
            Reason::UriTooLong => "The request target is too long",
            Reason::HeadersTooLarge => "The request header fields are too large",
            Reason::RequestTimeout => "The request did not arrive in time",
            Reason::ExpectationFailed => "The expectation cannot be met",
            Reason::UnsupportedVersion => "The HTTP version is not supported",
            Reason::UnsupportedTransferCoding => "The transfer coding is not supported",
            Reason::MethodNotImplemented => "The method is not supported",
            Reason::UpgradeRefused => "The connection cannot change its protocol",
            Reason::BodyTooLarge => "The request body is too large",
            Reason::UnsupportedMediaType => "The content type is not supported here",
            Reason::UnsupportedContentEncoding => "The content encoding is not supported here",
            Reason::BodyMalformed => "The request body is malformed",
            Reason::UndeclaredHost => "This host is not served here",
            Reason::UndeclaredOperation => "There is no such resource",
            Reason::MethodNotAllowed => "The method is not allowed here",
            Reason::UndeclaredParameter => "A parameter of the request is not known",
            Reason::Unauthenticated => "Authentication is required",
            Reason::InvalidToken => "The token is not accepted",
            Reason::KeysUnavailable => "Authentication is not available at the moment",
            Reason::InsufficientScope => "The token does not allow this",
            Reason::KeyInUrl => "A key must not be sent in the URL",
            Reason::KeyNotSufficient => "A key alone does not allow this",
            Reason::IpLimited | Reason::RateLimited => "Too many requests",
            Reason::ConcurrencyLimited => "Too many requests at the same time",
            Reason::ParameterInvalid => "A parameter of the request is not valid",
            Reason::BodyInvalid => "The request body is not valid",
            Reason::CorsRefused => "This origin may not make the request",
            Reason::LogUnavailable => "The service is not available at the moment",
            Reason::UpstreamUnreachable => "The service behind the gateway cannot be reached",
            Reason::UpstreamTimeout => "The service behind the gateway did not answer in time",
            Reason::UpstreamMalformed => "The service behind the gateway gave no usable answer",
            Reason::Overloaded => "The service is busy",
            Reason::Internal => "The request could not be handled",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Every reason and the status of its answer: the table that a caller's code depends on.
    const STATUS: &[(&str, u16)] = &[
        ("malformed-request", 400),
        ("ambiguous-framing", 400),
        ("ambiguous-path", 400),
        ("host-mismatch", 400),
        ("uri-too-long", 414),
        ("headers-too-large", 431),
        ("request-timeout", 408),
        ("expectation-failed", 417),
        ("unsupported-version", 505),
        ("unsupported-transfer-coding", 501),
        ("method-not-implemented", 501),
        ("upgrade-refused", 400),
        ("body-too-large", 413),
        ("unsupported-media-type", 415),
        ("unsupported-content-encoding", 415),
        ("body-malformed", 400),
        ("undeclared-host", 421),
        ("undeclared-operation", 404),
        ("method-not-allowed", 405),
        ("undeclared-parameter", 400),
        ("unauthenticated", 401),
        ("invalid-token", 401),
        ("keys-unavailable", 503),
        ("insufficient-scope", 403),
        ("key-in-url", 400),
        ("key-not-sufficient", 403),
        ("ip-limited", 429),
        ("rate-limited", 429),
        ("concurrency-limited", 503),
        ("parameter-invalid", 400),
        ("body-invalid", 400),
        ("cors-refused", 403),
        ("log-unavailable", 503),
        ("upstream-unreachable", 502),
        ("upstream-timeout", 504),
        ("upstream-malformed", 502),
        ("overloaded", 503),
        ("internal", 500),
    ];

    #[test]
    fn every_reason_has_its_own_name_and_the_pinned_status() {
        let actual: Vec<_> =
            Reason::ALL.iter().map(|reason| (reason.as_str(), reason.status().as_u16())).collect();
        assert_eq!(actual, STATUS);
        let names: BTreeSet<_> = Reason::ALL.iter().map(|reason| reason.as_str()).collect();
        assert_eq!(names.len(), Reason::ALL.len());
    }

    #[test]
    fn a_title_is_one_plain_sentence_without_a_number() {
        for reason in Reason::ALL {
            let title = reason.title();
            assert!(title.starts_with(|first: char| first.is_ascii_uppercase()), "{title}");
            assert!(title.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b' '), "{title}");
        }
    }

    #[test]
    fn the_protocol_is_a_control_of_the_catalogue() {
        let denial =
            Denial::protocol(Reason::AmbiguousFraming, "both `content-length` and `transfer-encoding`");
        assert!(model::control(denial.control).is_some());
        assert!(denial.allow.is_empty() && denial.challenge.is_none() && denial.retry_after_secs.is_none());
    }
}
