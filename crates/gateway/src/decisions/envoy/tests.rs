//! Envoy's questions as they are read, and the answers as Envoy reads them.

use proptest::prelude::*;
use prost::Message as _;

use super::messages::{AttributeContext, Field, Peer, RawHeaders, Request, SocketAddress};
use super::*;
use crate::policy::AnswerField;

/// A question about `POST /orders?x=1` with these fields, sent raw, after `edit`.
fn asked(fields: &[(&str, &str)], edit: impl FnOnce(&mut HttpRequest)) -> Vec<u8> {
    let field = |(key, value): &(&str, &str)| Field {
        key: (*key).to_owned(),
        value: String::new(),
        raw_value: Bytes::copy_from_slice(value.as_bytes()),
    };
    let mut http = HttpRequest {
        method: "POST".to_owned(),
        path: "/orders?x=1".to_owned(),
        host: "api.example".to_owned(),
        scheme: "https".to_owned(),
        header_map: Some(RawHeaders { headers: fields.iter().map(field).collect() }),
        ..HttpRequest::default()
    };
    edit(&mut http);
    let address = SocketAddress { address: "::ffff:192.0.2.7".to_owned() };
    let source = Peer { address: Some(Address { socket_address: Some(address) }) };
    let request = Request { http: Some(http) };
    let attributes = AttributeContext { source: Some(source), request: Some(request) };
    CheckRequest { attributes: Some(attributes) }.encode_to_vec()
}

/// What is read of a question: the request, or why not.
fn read(message: &[u8], bodies: Bodies) -> String {
    match question(message, bodies, &WireLimits::default()) {
        Ok(Question { parts, body, client, scheme }) => {
            let fields: Vec<String> = parts
                .headers
                .iter()
                .map(|(name, value)| format!("{name}: {}", String::from_utf8_lossy(value.as_bytes())))
                .collect();
            let (method, uri, scheme) = (parts.method, parts.uri, scheme.as_str());
            format!("{method} {uri} {} {client} {scheme} {body:?}", fields.join(", "))
        }
        Err(denial) => format!("{}: {}", denial.reason, denial.detail),
    }
}

fn check(fields: &[(&str, &str)], edit: impl FnOnce(&mut HttpRequest), bodies: Bodies, expected: &str) {
    assert_eq!(read(&asked(fields, edit), bodies), expected, "{fields:?}");
}

#[test]
fn a_question_describes_one_request() {
    let head = "POST /orders?x=1 cookie: a=1, cookie: b=2, host: api.example 192.0.2.7 https";
    let fields =
        [(":path", "/orders?x=1"), ("cookie", "a=1"), ("cookie", "b=2"), (":authority", "api.example")];
    check(&fields, |_| {}, Bodies::Sent, &format!("{head} Nothing"));
    let joined = |http: &mut HttpRequest| {
        http.header_map = None;
        http.headers.insert("cookie".to_owned(), "a=1".to_owned());
    };
    let head = "POST /orders?x=1 cookie: a=1, host: api.example 192.0.2.7 https";
    check(&[], joined, Bodies::Sent, &format!("{head} Nothing"));
}

#[test]
fn what_describes_no_request_or_two_is_refused() {
    let refused = |fields: &[(&str, &str)], edit: fn(&mut HttpRequest), detail: &str| {
        check(fields, edit, Bodies::Sent, &format!("malformed-question: {detail}"));
    };
    refused(&[(":path", "/other")], |_| {}, "a request that is described twice");
    refused(&[(":method", "GET")], |_| {}, "a request that is described twice");
    refused(&[(":authority", "other.example")], |_| {}, "a request that is described twice");
    refused(&[("a b", "1")], |_| {}, "a field that is none");
    refused(&[("a", "1\n2")], |_| {}, "a field that is none");
    refused(&[], |http| http.scheme.clear(), "a scheme that is neither `http` nor `https`");
    refused(&[], |http| http.method = "PO ST".to_owned(), "a method that is not a token");
    refused(&[], |http| http.path = "http://a/b".to_owned(), "a target that is not a path");
    refused(&[], |http| http.body = "x".to_owned(), "a body of which nothing says that it is whole");
    let inner = "malformed-request: a byte that does not stand in a request target";
    check(&[], |http| http.path = "/orders#x".to_owned(), Bodies::Sent, inner);
    check(&[], |http| http.path = "/or ders".to_owned(), Bodies::Sent, inner);
    let upgrade = "upgrade-refused: an upgrade to another protocol";
    check(&[("upgrade", "websocket")], |_| {}, Bodies::Sent, upgrade);
    let many = vec![("a", "1"); 100];
    check(&many, |_| {}, Bodies::Sent, "headers-too-large: more fields than the limit");
    assert_eq!(read(b"\xff", Bodies::Sent), "malformed-question: a message that is none");
    assert_eq!(read(b"", Bodies::Sent), "malformed-question: a question without attributes");
    let whole = asked(&[], |_| {});
    for end in 0..whole.len() {
        assert!(read(&whole[..end], Bodies::Sent).starts_with("malformed-question"), "{end}");
    }
}

#[test]
fn a_body_is_whole_only_where_envoy_says_so_and_nothing_is_missing() {
    let body = |fields: &[(&str, &str)], bodies: Bodies, sent: &'static [u8], expected: Described| {
        let message = asked(fields, |http| http.raw_body = Bytes::from_static(sent));
        let read = question(&message, bodies, &WireLimits::default()).unwrap();
        assert_eq!(read.body, expected, "{fields:?} {bodies:?}");
        assert!(!read.parts.headers.contains_key(PARTIAL));
    };
    let (whole, partial) = (("x-envoy-auth-partial-body", "false"), ("x-envoy-auth-partial-body", "true"));
    let (four, nothing) = (("content-length", "4"), ("content-length", "0"));
    body(&[whole], Bodies::Sent, b"body", Described::Whole(Bytes::from_static(b"body")));
    body(&[whole, four], Bodies::Withheld, b"body", Described::Whole(Bytes::from_static(b"body")));
    body(&[whole, four], Bodies::Sent, b"bod", Described::Kept);
    body(&[partial, four], Bodies::Sent, b"bod", Described::Partial);
    body(&[four], Bodies::Sent, b"", Described::Kept);
    body(&[("transfer-encoding", "chunked")], Bodies::Sent, b"", Described::Kept);
    body(&[nothing], Bodies::Withheld, b"", Described::Nothing);
    body(&[], Bodies::Sent, b"", Described::Nothing);
    body(&[], Bodies::Withheld, b"", Described::Kept);
    body(&[], Bodies::Unseen, b"", Described::Kept);
}

fn headers(fields: &[(&'static str, &'static str)]) -> HeaderMap {
    let pair = |(name, value): &(&'static str, &'static str)| {
        (HeaderName::from_static(name), HeaderValue::from_static(value))
    };
    fields.iter().map(pair).collect()
}

/// Options as `name=value action`, with `+` where older releases are told to append.
fn said(options: &[HeaderValueOption]) -> Vec<String> {
    let said = |option: &HeaderValueOption| {
        let field = option.header.as_ref().unwrap();
        let plus = if option.append.is_some() { "+" } else { "" };
        format!("{}={} {}{plus}", field.key, field.value, option.append_action)
    };
    options.iter().map(said).collect()
}

#[test]
fn an_admitted_request_changes_only_where_its_backend_should_get_something_else() {
    let sent = headers(&[
        ("host", "api.example"),
        ("authorization", "Bearer outside"),
        ("accept", "a/b"),
        ("x-user", "root"),
        ("x-forwarded-for", "6.6.6.6"),
        ("forwarded", "for=6.6.6.6"),
        ("te", "trailers"),
    ]);
    let wanted = headers(&[
        ("host", "api.example"),
        ("authorization", "Bearer inside"),
        ("accept", "a/b"),
        ("x-request-id", "1"),
    ]);
    let vary = HeaderValue::from_static("origin");
    let of_answer = [
        AnswerField::Set(HeaderName::from_static("ratelimit"), HeaderValue::from_static("r=1")),
        AnswerField::Add(HeaderName::from_static("vary"), vary.clone()),
        AnswerField::Default(HeaderName::from_static("link"), vary),
        AnswerField::Drop("access-control-"),
    ];
    let message = CheckResponse::decode(allowed(&sent, &wanted, &of_answer)).unwrap();
    assert_eq!(message.status, Some(Status { code: 0 }));
    let Some(HttpResponse::Ok(response)) = message.http_response else { panic!("{message:?}") };
    assert_eq!(said(&response.headers), ["authorization=Bearer inside 2", "x-request-id=1 2"]);
    assert_eq!(response.headers_to_remove, ["x-user", "forwarded"]);
    assert_eq!(
        said(&response.response_headers_to_add),
        ["ratelimit=r=1 2", "vary=origin 0", "link=origin 1"]
    );
}

#[test]
fn a_refusal_is_never_ok_and_carries_the_whole_answer() {
    let fields =
        headers(&[("www-authenticate", "Bearer"), ("connection", "close"), ("www-authenticate", "DPoP")]);
    for (status, code) in [(401, 16), (403, 7), (204, 7), (503, 7)] {
        let status = StatusCode::from_u16(status).unwrap();
        let message = CheckResponse::decode(refused(status, &fields, b"{}")).unwrap();
        assert_eq!(message.status, Some(Status { code }));
        let Some(HttpResponse::Denied(response)) = message.http_response else { panic!("{message:?}") };
        assert_eq!(response.status, Some(HttpStatus { code: i32::from(status.as_u16()) }));
        assert_eq!(said(&response.headers), ["www-authenticate=Bearer 2", "www-authenticate=DPoP 0+"]);
        assert_eq!(response.body, "{}");
    }
}

#[test]
fn the_fuzzer_s_seeds_are_read_for_what_they_are() {
    let (end, host) = ("192.0.2.7 https", "host: api.example");
    for (seed, expected) in [
        ("joined", format!("POST /orders?x=1 authorization: Bearer a.b.c, {host} {end} Nothing")),
        ("raw", format!("POST /orders?x=1 cookie: a=1, cookie: b=2, {host} {end} Nothing")),
        ("whole-body", format!("POST /orders?x=1 content-length: 2, {host} {end} Whole(b\"{{}}\")")),
        ("partial-body", format!("POST /orders?x=1 content-length: 9, {host} {end} Partial")),
        ("described-twice", "malformed-question: a request that is described twice".to_owned()),
        // What the path means is the normaliser's to say.
        ("dot-segments", format!("POST /status/../orders {host} {end} Nothing")),
        ("unknown-fields", format!("POST /orders?x=1 {host} {end} Nothing")),
        ("size-that-lies", "malformed-question: a message that is none".to_owned()),
    ] {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/seeds/question");
        let message = std::fs::read(std::path::Path::new(folder).join(seed)).unwrap();
        assert_eq!(read(&message, Bodies::Sent), expected, "{seed}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 2048, ..ProptestConfig::default() })]

    #[test]
    fn a_damaged_question_is_refused_or_is_one_request(at in 0..200_usize, byte: u8, cut in 0..200_usize) {
        let fields = [("cookie", "a=1"), ("x-envoy-auth-partial-body", "false"), (":path", "/orders?x=1")];
        let mut message = asked(&fields, |http| http.raw_body = Bytes::from_static(b"{}"));
        let length = message.len();
        message[at % length] = byte;
        message.truncate(length - cut % length);
        if let Ok(question) = question(&message, Bodies::Sent, &WireLimits::default()) {
            prop_assert!(question.parts.uri.authority().is_none());
            prop_assert_eq!(question.parts.headers.get_all(HOST).iter().count(), 1);
            prop_assert!(matches!(question.body, Described::Whole(_) | Described::Nothing | Described::Kept));
        }
    }
}
