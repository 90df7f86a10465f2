//! The closed list of reasons, each with its name, the status of the answer, and the words for the caller.

use std::fmt;

use http::StatusCode;

/// Why a request is refused. Its name is the problem type, the metric label and the log field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// The head is not HTTP/1.1 grammar (RFC 9112 2.2, 3, 5.1).
    MalformedRequest,
    /// A question of another proxy from which no request can be told.
    MalformedQuestion,
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
    /// A body that a control must see, and that the proxy that asked for a decision did not send.
    BodyWithheld,
    /// The contract does not declare this content type for the operation (RFC 9110 15.5.16).
    UnsupportedMediaType,
    /// A content coding the gateway does not read, or more than it unpacks (RFC 9110 8.4, 15.5.16).
    UnsupportedContentEncoding,
    /// The body is not what its content type says (RFC 8259, RFC 7578).
    BodyMalformed,
    /// The connection is for another host, of which other client certificates are asked (RFC 9110 15.5.20).
    MisdirectedRequest,
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
    /// A credential that is repeated, or is none (RFC 6750 3.1 `invalid_request`).
    CredentialMalformed,
    /// A token that is not accepted (RFC 6750 3.1 `invalid_token`).
    InvalidToken,
    /// A proof of possession that is absent or not accepted (RFC 9449 7.1 `invalid_dpop_proof`).
    InvalidProof,
    /// A proof of possession without a nonce of ours that is still good (RFC 9449 9 `use_dpop_nonce`).
    NonceRequired,
    /// The keys that would verify the token cannot be had; not the caller's fault (RFC 9110 15.6.4).
    KeysUnavailable,
    /// The issuer that would say what an opaque token is cannot be asked (RFC 9110 15.6.4).
    IntrospectionUnavailable,
    /// No token for a third party could be got; not the caller's fault (RFC 9110 15.6.4).
    CredentialUnavailable,
    /// The token lacks a scope of the operation (RFC 6750 3.1 `insufficient_scope`).
    InsufficientScope,
    /// The caller has authenticated too weakly, or too long ago (RFC 9470 3 `insufficient_user_authentication`).
    StepUpRequired,
    /// No policy of the API permits it, or one forbids it; or it is for other applications to call.
    NotPermitted,
    /// No client certificate where one is needed, or one that is no longer good.
    CertificateRequired,
    /// A client certificate of a service that may not call.
    CertificateRefused,
    /// An API key in the URL, where logs and histories keep it.
    KeyInUrl,
    /// An API key alone where the operation wants a caller who is authenticated.
    KeyNotSufficient,
    /// Who calls, or where from, is blocked (RFC 9110 15.5.4).
    Blocked,
    /// One address sends too much (RFC 6585 4).
    IpLimited,
    /// One caller, client or operation is used too much (RFC 6585 4).
    RateLimited,
    /// Too many requests are in flight for this operation (RFC 9110 15.6.4).
    ConcurrencyLimited,
    /// A step of a flow before its turn (RFC 9110 15.5.10, OWASP API6:2023).
    FlowOrder,
    /// A step of a flow too soon after the one before (RFC 6585 4).
    FlowTooSoon,
    /// The end of a flow more often than it may be had (RFC 6585 4).
    FlowBudget,
    /// A parameter is not what the contract describes.
    ParameterInvalid,
    /// The body is not what the contract describes.
    BodyInvalid,
    /// A URL in the request leads where the API must not go (OWASP API7:2023).
    UrlRefused,
    /// What should be GraphQL is not, or could be read in two ways.
    GraphqlMalformed,
    /// A GraphQL document asks for more than is allowed (OWASP API4:2023).
    GraphqlTooMuch,
    /// A GraphQL operation that is not allowed here, or a question about the schema (OWASP API8:2023).
    GraphqlRefused,
    /// The request names its object twice, in ways that disagree (OWASP API1:2023).
    AmbiguousObject,
    /// An origin that may not call from a browser (WHATWG Fetch, CORS protocol).
    CorsRefused,
    /// The record of the request cannot be written, so it may not happen (RFC 9110 15.6.4).
    LogUnavailable,
    /// The backend cannot be reached (RFC 9110 15.6.3).
    UpstreamUnreachable,
    /// Every backend has failed too often of late and is left alone for a while (RFC 9110 15.6.4).
    UpstreamUnavailable,
    /// The backend did not answer in time (RFC 9110 15.6.5).
    UpstreamTimeout,
    /// The backend's answer is not HTTP (RFC 9110 15.6.3).
    UpstreamMalformed,
    /// The backend's answer is not what the contract describes (RFC 9110 15.6.3).
    AnswerInvalid,
    /// The backend's answer is larger than what is held to be judged (RFC 9110 15.6.3).
    AnswerTooLarge,
    /// The backend's answer is in a coding, or has a form, in which it cannot be judged (RFC 9110 15.6.3).
    AnswerUnreadable,
    /// The backend's answer gives away what it must not (OWASP API3:2023).
    AnswerLeaks,
    /// The backend's answer leads callers where they must not go (OWASP API10:2023).
    RedirectRefused,
    /// The backend's answer is an error whose words are its own; the status is the backend's.
    ErrorAnswer,
    /// What is asked for belongs to somebody else (OWASP API1:2023).
    NotYours,
    /// What is asked for does not exist, or belongs to somebody else and must look alike (RFC 9110 15.5.5).
    NoSuchObject,
    /// The operation was taken out of service (RFC 9110 15.5.11, RFC 8594).
    Retired,
    /// The operation is out of service for a while, so that callers notice that it will go (RFC 9110 15.6.4).
    BrownOut,
    /// The gateway is at a limit of its own (RFC 9110 15.6.4).
    Overloaded,
    /// A fault of the gateway (RFC 9110 15.6.1).
    Internal,
}

/// What is fixed for a reason: its name in kebab case, the status, and the words for the caller, which hold no input, no
/// name of a rule and no number.
struct Facts(&'static str, StatusCode, &'static str);

impl Reason {
    /// Every reason, in the order a request can meet them.
    pub const ALL: &[Reason] = &[
        Reason::MalformedRequest,
        Reason::MalformedQuestion,
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
        Reason::BodyWithheld,
        Reason::UnsupportedMediaType,
        Reason::UnsupportedContentEncoding,
        Reason::BodyMalformed,
        Reason::MisdirectedRequest,
        Reason::UndeclaredHost,
        Reason::UndeclaredOperation,
        Reason::MethodNotAllowed,
        Reason::UndeclaredParameter,
        Reason::Unauthenticated,
        Reason::CredentialMalformed,
        Reason::InvalidToken,
        Reason::InvalidProof,
        Reason::NonceRequired,
        Reason::KeysUnavailable,
        Reason::IntrospectionUnavailable,
        Reason::CredentialUnavailable,
        Reason::InsufficientScope,
        Reason::StepUpRequired,
        Reason::NotPermitted,
        Reason::CertificateRequired,
        Reason::CertificateRefused,
        Reason::KeyInUrl,
        Reason::KeyNotSufficient,
        Reason::Blocked,
        Reason::IpLimited,
        Reason::RateLimited,
        Reason::ConcurrencyLimited,
        Reason::FlowOrder,
        Reason::FlowTooSoon,
        Reason::FlowBudget,
        Reason::ParameterInvalid,
        Reason::BodyInvalid,
        Reason::UrlRefused,
        Reason::GraphqlMalformed,
        Reason::GraphqlTooMuch,
        Reason::GraphqlRefused,
        Reason::AmbiguousObject,
        Reason::CorsRefused,
        Reason::LogUnavailable,
        Reason::UpstreamUnreachable,
        Reason::UpstreamUnavailable,
        Reason::UpstreamTimeout,
        Reason::UpstreamMalformed,
        Reason::AnswerInvalid,
        Reason::AnswerTooLarge,
        Reason::AnswerUnreadable,
        Reason::AnswerLeaks,
        Reason::RedirectRefused,
        Reason::ErrorAnswer,
        Reason::NotYours,
        Reason::NoSuchObject,
        Reason::Retired,
        Reason::BrownOut,
        Reason::Overloaded,
        Reason::Internal,
    ];

    /// The stable name in kebab case.
    pub fn as_str(self) -> &'static str {
        self.facts().0
    }

    /// The status of the answer.
    pub fn status(self) -> StatusCode {
        self.facts().1
    }

    /// The words for the caller.
    pub fn title(self) -> &'static str {
        self.facts().2
    }

    #[rustfmt::skip]
    #[expect(clippy::too_many_lines, reason = "a table, one line a reason")]
    fn facts(self) -> Facts {
        use Reason as R;
        use StatusCode as S;
        match self {
            R::MalformedRequest => Facts("malformed-request", S::BAD_REQUEST, "The request is not valid HTTP"),
            R::MalformedQuestion => Facts("malformed-question", S::BAD_REQUEST, "The question does not describe a request"),
            R::AmbiguousFraming => Facts("ambiguous-framing", S::BAD_REQUEST, "The length of the request is ambiguous"),
            R::AmbiguousPath => Facts("ambiguous-path", S::BAD_REQUEST, "The path of the request is ambiguous"),
            R::HostMismatch => Facts("host-mismatch", S::BAD_REQUEST, "The host of the request is missing or ambiguous"),
            R::UriTooLong => Facts("uri-too-long", S::URI_TOO_LONG, "The request target is too long"),
            R::HeadersTooLarge => Facts("headers-too-large", S::REQUEST_HEADER_FIELDS_TOO_LARGE, "The request header fields are too large"),
            R::RequestTimeout => Facts("request-timeout", S::REQUEST_TIMEOUT, "The request did not arrive in time"),
            R::ExpectationFailed => Facts("expectation-failed", S::EXPECTATION_FAILED, "The expectation cannot be met"),
            R::UnsupportedVersion => Facts("unsupported-version", S::HTTP_VERSION_NOT_SUPPORTED, "The HTTP version is not supported"),
            R::UnsupportedTransferCoding => Facts("unsupported-transfer-coding", S::NOT_IMPLEMENTED, "The transfer coding is not supported"),
            R::MethodNotImplemented => Facts("method-not-implemented", S::NOT_IMPLEMENTED, "The method is not supported"),
            R::UpgradeRefused => Facts("upgrade-refused", S::BAD_REQUEST, "The connection cannot change its protocol"),
            R::BodyTooLarge => Facts("body-too-large", S::PAYLOAD_TOO_LARGE, "The request body is too large"),
            R::BodyWithheld => Facts("body-withheld", S::FORBIDDEN, "The request body cannot be checked here"),
            R::UnsupportedMediaType => Facts("unsupported-media-type", S::UNSUPPORTED_MEDIA_TYPE, "The content type is not supported here"),
            R::UnsupportedContentEncoding => Facts("unsupported-content-encoding", S::UNSUPPORTED_MEDIA_TYPE, "The content encoding is not supported here"),
            R::BodyMalformed => Facts("body-malformed", S::BAD_REQUEST, "The request body is malformed"),
            R::MisdirectedRequest => Facts("misdirected-request", S::MISDIRECTED_REQUEST, "This connection is for another host"),
            R::UndeclaredHost => Facts("undeclared-host", S::MISDIRECTED_REQUEST, "This host is not served here"),
            R::UndeclaredOperation => Facts("undeclared-operation", S::NOT_FOUND, "There is no such resource"),
            R::MethodNotAllowed => Facts("method-not-allowed", S::METHOD_NOT_ALLOWED, "The method is not allowed here"),
            R::UndeclaredParameter => Facts("undeclared-parameter", S::BAD_REQUEST, "A parameter of the request is not known"),
            R::Unauthenticated => Facts("unauthenticated", S::UNAUTHORIZED, "Authentication is required"),
            R::CredentialMalformed => Facts("credential-malformed", S::BAD_REQUEST, "The credential of the request is malformed"),
            R::InvalidToken => Facts("invalid-token", S::UNAUTHORIZED, "The token is not accepted"),
            R::InvalidProof => Facts("invalid-proof", S::UNAUTHORIZED, "The proof that belongs to the token is not accepted"),
            R::NonceRequired => Facts("nonce-required", S::UNAUTHORIZED, "The proof that belongs to the token needs a fresh nonce"),
            R::KeysUnavailable => Facts("keys-unavailable", S::SERVICE_UNAVAILABLE, "Authentication is not available at the moment"),
            R::IntrospectionUnavailable => Facts("introspection-unavailable", S::SERVICE_UNAVAILABLE, "Tokens cannot be checked at the moment"),
            R::CredentialUnavailable => Facts("credential-unavailable", S::SERVICE_UNAVAILABLE, "The service behind the gateway cannot be called at the moment"),
            R::InsufficientScope => Facts("insufficient-scope", S::FORBIDDEN, "The token does not allow this"),
            R::StepUpRequired => Facts("step-up-required", S::UNAUTHORIZED, "This asks for stronger or more recent authentication"),
            R::NotPermitted => Facts("not-permitted", S::FORBIDDEN, "This caller may not do this"),
            R::CertificateRequired => Facts("certificate-required", S::FORBIDDEN, "A client certificate is needed"),
            R::CertificateRefused => Facts("certificate-refused", S::FORBIDDEN, "This client certificate is not accepted here"),
            R::KeyInUrl => Facts("key-in-url", S::BAD_REQUEST, "A key must not be sent in the URL"),
            R::KeyNotSufficient => Facts("key-not-sufficient", S::FORBIDDEN, "A key alone does not allow this"),
            R::Blocked => Facts("blocked", S::FORBIDDEN, "This is not allowed"),
            R::IpLimited => Facts("ip-limited", S::TOO_MANY_REQUESTS, "Too many requests"),
            R::RateLimited => Facts("rate-limited", S::TOO_MANY_REQUESTS, "Too many requests"),
            R::ConcurrencyLimited => Facts("concurrency-limited", S::SERVICE_UNAVAILABLE, "Too many requests at the same time"),
            R::FlowOrder => Facts("flow-order", S::CONFLICT, "This step is not due"),
            R::FlowTooSoon => Facts("flow-too-soon", S::TOO_MANY_REQUESTS, "This step comes too soon"),
            R::FlowBudget => Facts("flow-budget", S::TOO_MANY_REQUESTS, "Too many requests"),
            R::ParameterInvalid => Facts("parameter-invalid", S::BAD_REQUEST, "A parameter of the request is not valid"),
            R::BodyInvalid => Facts("body-invalid", S::BAD_REQUEST, "The request body is not valid"),
            R::UrlRefused => Facts("url-refused", S::BAD_REQUEST, "A URL in the request is not allowed"),
            R::GraphqlMalformed => Facts("graphql-malformed", S::BAD_REQUEST, "The GraphQL request is not valid"),
            R::GraphqlTooMuch => Facts("graphql-too-much", S::BAD_REQUEST, "The GraphQL request asks for too much"),
            R::GraphqlRefused => Facts("graphql-refused", S::FORBIDDEN, "This is not allowed"),
            R::AmbiguousObject => Facts("ambiguous-object", S::BAD_REQUEST, "The request says in different ways what it is about"),
            R::CorsRefused => Facts("cors-refused", S::FORBIDDEN, "This origin may not make the request"),
            R::LogUnavailable => Facts("log-unavailable", S::SERVICE_UNAVAILABLE, "The service is not available at the moment"),
            R::UpstreamUnavailable => Facts("upstream-unavailable", S::SERVICE_UNAVAILABLE, "The service behind the gateway is not available"),
            R::UpstreamUnreachable => Facts("upstream-unreachable", S::BAD_GATEWAY, "The service behind the gateway cannot be reached"),
            R::UpstreamTimeout => Facts("upstream-timeout", S::GATEWAY_TIMEOUT, "The service behind the gateway did not answer in time"),
            R::UpstreamMalformed => Facts("upstream-malformed", S::BAD_GATEWAY, "The service behind the gateway gave no usable answer"),
            R::AnswerInvalid => Facts("answer-invalid", S::BAD_GATEWAY, "The service behind the gateway gave no usable answer"),
            R::AnswerTooLarge => Facts("answer-too-large", S::BAD_GATEWAY, "The service behind the gateway gave too large an answer"),
            R::AnswerUnreadable => Facts("answer-unreadable", S::BAD_GATEWAY, "The service behind the gateway gave an answer that cannot be read"),
            R::AnswerLeaks => Facts("answer-leaks", S::BAD_GATEWAY, "The service behind the gateway gave an answer that is withheld"),
            R::RedirectRefused => Facts("redirect-refused", S::BAD_GATEWAY, "The service behind the gateway leads elsewhere"),
            R::ErrorAnswer => Facts("error-answer", S::BAD_GATEWAY, "The service behind the gateway failed"),
            R::NotYours => Facts("not-yours", S::FORBIDDEN, "This belongs to somebody else"),
            R::NoSuchObject => Facts("no-such-object", S::NOT_FOUND, "There is no such resource"),
            R::Retired => Facts("retired", S::GONE, "This operation is no longer in service"),
            R::BrownOut => Facts("brown-out", S::SERVICE_UNAVAILABLE, "This operation is about to be taken out of service"),
            R::Overloaded => Facts("overloaded", S::SERVICE_UNAVAILABLE, "The service is busy"),
            R::Internal => Facts("internal", S::INTERNAL_SERVER_ERROR, "The request could not be handled"),
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
        ("malformed-question", 400),
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
        ("body-withheld", 403),
        ("unsupported-media-type", 415),
        ("unsupported-content-encoding", 415),
        ("body-malformed", 400),
        ("misdirected-request", 421),
        ("undeclared-host", 421),
        ("undeclared-operation", 404),
        ("method-not-allowed", 405),
        ("undeclared-parameter", 400),
        ("unauthenticated", 401),
        ("credential-malformed", 400),
        ("invalid-token", 401),
        ("invalid-proof", 401),
        ("nonce-required", 401),
        ("keys-unavailable", 503),
        ("introspection-unavailable", 503),
        ("credential-unavailable", 503),
        ("insufficient-scope", 403),
        ("step-up-required", 401),
        ("not-permitted", 403),
        ("certificate-required", 403),
        ("certificate-refused", 403),
        ("key-in-url", 400),
        ("key-not-sufficient", 403),
        ("blocked", 403),
        ("ip-limited", 429),
        ("rate-limited", 429),
        ("concurrency-limited", 503),
        ("flow-order", 409),
        ("flow-too-soon", 429),
        ("flow-budget", 429),
        ("parameter-invalid", 400),
        ("body-invalid", 400),
        ("url-refused", 400),
        ("graphql-malformed", 400),
        ("graphql-too-much", 400),
        ("graphql-refused", 403),
        ("ambiguous-object", 400),
        ("cors-refused", 403),
        ("log-unavailable", 503),
        ("upstream-unreachable", 502),
        ("upstream-unavailable", 503),
        ("upstream-timeout", 504),
        ("upstream-malformed", 502),
        ("answer-invalid", 502),
        ("answer-too-large", 502),
        ("answer-unreadable", 502),
        ("answer-leaks", 502),
        ("redirect-refused", 502),
        ("error-answer", 502),
        ("not-yours", 403),
        ("no-such-object", 404),
        ("retired", 410),
        ("brown-out", 503),
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
}
