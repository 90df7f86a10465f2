//! What happens to the fields of a request: which end here, which are made, which are refused.

use http::{HeaderMap, HeaderName, HeaderValue, Uri, Version};
use model::{ExchangeId, Timestamp};

use crate::normalize::{Facts, IdentityHeaders, Scheme, forwardable, host, inbound, request_id};
use crate::policy::Hold;

fn fields(lines: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for line in lines.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (name, value) = line.split_once(": ").unwrap();
        headers.append(HeaderName::try_from(name).unwrap(), value.parse().unwrap());
    }
    headers
}

/// What is left of the fields in `lines`, names sorted, or the name of the reason of refusal.
fn check_inbound(lines: &str, expected: &str) {
    let mut headers = fields(lines);
    let actual = match inbound(&mut headers, &IdentityHeaders::default()) {
        Ok(()) => {
            let mut left: Vec<_> =
                headers.iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect();
            left.sort();
            left.join(", ")
        }
        Err(denial) => denial.reason.to_string(),
    };
    assert_eq!(actual, expected, "{lines}");
}

#[test]
fn rfc9110_7_6_1_fields_of_the_connection_end_here() {
    let lines = "accept: a\nkeep-alive: 5\nproxy-connection: x\nproxy-authorization: y\nte: trailers\ntrailer: a\n\
                 transfer-encoding: chunked\nupgrade: h2c\nexpect: 100-continue\ncontent-length: 3";
    check_inbound(lines, "accept: a, content-length: 3");
    check_inbound("connection: close, X-Hop ,\nx-hop: 1\nx-stay: 2", "x-stay: 2");
    for name in ["Authorization", "host", "Content-Type", "cookie", "x-request-id"] {
        check_inbound(&format!("connection: keep-alive, {name}"), "malformed-request");
    }
    check_inbound("connection: a b", "malformed-request");
}

#[test]
fn a_caller_cannot_claim_an_identity() {
    let lines = "x-forwarded-for: 127.0.0.1\nforwarded: for=127.0.0.1\nx-real-ip: 127.0.0.1\nx-user-id: 1\n\
                 client-cert: :AA==:\nclient-cert-chain: :AA==:\n\
                 x-palisade-principal: root\nx-authenticated-user: root\nx-consumer-id: 1\n\
                 x-http-method-override: DELETE\nx-original-url: /admin\nx_forwarded_for: 127.0.0.1\nx-trace: 1";
    check_inbound(lines, "x-trace: 1");
}

#[test]
fn an_underscore_does_not_shadow_a_dash() {
    check_inbound("content_length: 3", "malformed-request");
    check_inbound("x_tenant: 3\nx-tenant: 4", "malformed-request");
    check_inbound("api_key: 3", "api_key: 3");
}

#[test]
fn rfc9110_5_3_a_field_of_one_value_is_not_repeated() {
    check_inbound("authorization: a\nauthorization: b", "malformed-request");
    check_inbound("content-type: a/b\ncontent-type: a/b", "malformed-request");
    check_inbound("accept: a\naccept: b", "accept: a, accept: b");
}

#[test]
fn rfc9113_8_2_3_cookie_crumbs_are_joined() {
    check_inbound("cookie: a=1\ncookie: b=2\ncookie: c=3", "cookie: a=1; b=2; c=3");
}

#[test]
fn identity_headers_are_configurable() {
    let identity = IdentityHeaders::new(["x-mine", "x-ours-*"]);
    assert!(identity.contains("x-mine") && identity.contains("x-ours-a"));
    assert!(!identity.contains("x-min") && !identity.contains("x-forwarded-for") && !identity.contains(""));
}

#[test]
fn an_answer_that_is_looked_into_is_asked_for_whole_and_in_a_coding_that_can_be_undone() {
    for (lines, expected) in [
        ("accept-encoding: br, GZIP;q=0.5\nrange: bytes=1-2\nif-range: x", "gzip"),
        ("accept-encoding: gzip;q=0.0, br", "identity"),
        ("accept: a/b", "identity"),
    ] {
        let sent = sent(lines, "192.0.2.7", "a", Hold::Needed);
        let codings: Vec<_> = sent.get_all("accept-encoding").iter().collect();
        assert_eq!(codings, [expected], "{lines}");
        assert!(!sent.contains_key("range") && !sent.contains_key("if-range"), "{lines}");
    }
    let wanted = sent("accept-encoding: br\nrange: bytes=1-2", "192.0.2.7", "a", Hold::Wanted);
    assert_eq!(
        (&wanted["accept-encoding"], &wanted["range"]),
        (&"identity".parse().unwrap(), &"bytes=1-2".parse().unwrap())
    );
    let sent = sent_on("accept-encoding: br\nrange: bytes=1-2", "192.0.2.7", "a");
    assert_eq!(
        (&sent["accept-encoding"], &sent["range"]),
        (&"br".parse().unwrap(), &"bytes=1-2".parse().unwrap())
    );
}

fn sent_on(lines: &str, client: &str, host_text: &str) -> HeaderMap {
    sent(lines, client, host_text, Hold::No)
}

fn sent(lines: &str, client: &str, host_text: &str, holds: Hold) -> HeaderMap {
    let uri: Uri = "/".parse().unwrap();
    let host_fields = fields(&format!("host: {host_text}"));
    let host = host(Version::HTTP_11, &uri, &host_fields, Scheme::Https).unwrap();
    let headers = fields(lines);
    let id = ExchangeId::new(Timestamp::from_micros(1_764_000_000_123_456), 7);
    let facts = Facts {
        id,
        client: client.parse().unwrap(),
        host: host.as_ref(),
        scheme: Scheme::Https,
        authorization: None,
        holds,
        third_party: None,
        token: None,
    };
    let mut sent = HeaderMap::new();
    forwardable(&headers, &facts, |name, value| {
        sent.append(HeaderName::try_from(name).unwrap(), HeaderValue::from_bytes(&value.concat()).unwrap());
    });
    sent
}

#[test]
fn rfc7239_4_forwarded_says_what_the_gateway_saw() {
    let headers = sent_on("host: A.example:443", "192.0.2.7", "A.example:443");
    assert_eq!(headers["forwarded"], "for=192.0.2.7;host=a.example;proto=https");
    assert_eq!(headers["host"], "a.example");
    let headers = sent_on("host: a.example:8443", "2001:db8::1", "a.example:8443");
    assert_eq!(headers["forwarded"], "for=\"[2001:db8::1]\";host=\"a.example:8443\";proto=https");
    assert_eq!(headers["host"], "a.example:8443");
}

#[test]
fn a_well_formed_request_id_is_kept_and_any_other_replaced() {
    let fresh = "019ab697e87b00000000000000000007";
    for (lines, expected) in [
        ("x-request-id: aZ09._~+/=-", "aZ09._~+/=-"),
        ("", fresh),
        ("x-request-id: a b", fresh),
        ("x-request-id: a\nx-request-id: b", fresh),
    ] {
        let headers = sent_on(lines, "192.0.2.7", "a");
        assert_eq!(headers["x-request-id"], expected);
        assert_eq!(request_id(&headers), Some(expected));
    }
    let long = "a".repeat(128);
    assert_eq!(sent_on(&format!("x-request-id: {long}"), "192.0.2.7", "a")["x-request-id"], long);
    assert_eq!(sent_on(&format!("x-request-id: {long}a"), "192.0.2.7", "a")["x-request-id"], fresh);
}

#[test]
fn w3c_trace_context_3_2_a_well_formed_traceparent_is_kept() {
    let kept = [
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-what-the-future-brings",
    ];
    for value in kept {
        let headers = sent_on(&format!("traceparent: {value}\ntracestate: a=1"), "192.0.2.7", "a");
        assert_eq!(headers["traceparent"], value);
        assert_eq!(headers["tracestate"], "a=1");
    }
    let fresh = "00-019ab697e87b00000000000000000007-0000000000000007-01";
    let replaced = [
        "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
        "00-00000000000000000000000000000000-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
        "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-x",
        "cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01.x",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
        "x",
    ];
    for value in replaced {
        let headers = sent_on(&format!("traceparent: {value}\ntracestate: a=1"), "192.0.2.7", "a");
        assert_eq!(headers["traceparent"], fresh, "{value}");
        assert!(!headers.contains_key("tracestate"));
    }
}
