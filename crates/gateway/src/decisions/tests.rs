//! Questions of nginx and Traefik, as they are read.

use http::HeaderName;

use super::*;
use crate::config::{Asker, Decisions};
use crate::network::Network;

/// A good question of nginx about `GET /orders?x=1`.
const OF_NGINX: &[(&str, &str)] = &[
    ("host", "palisade"),
    ("x-original-method", "GET"),
    ("x-original-uri", "/orders?x=1"),
    ("x-original-host", "api.example"),
    ("x-original-body", ";"),
    ("x-forwarded-for", "6.6.6.6, 192.0.2.7"),
    ("x-forwarded-proto", "https"),
    ("accept", "a/b"),
];

/// The same of Traefik.
const OF_TRAEFIK: &[(&str, &str)] = &[
    ("host", "palisade"),
    ("x-forwarded-method", "GET"),
    ("x-forwarded-uri", "/orders?x=1"),
    ("x-forwarded-host", "api.example"),
    ("x-forwarded-for", "192.0.2.7"),
    ("x-forwarded-proto", "https"),
    ("accept", "a/b"),
];

/// What is read of a question with these fields: the request, or why not.
fn read(asker: Asker, bodies: Bodies, fields: &[(&str, &str)], is_enclosed: bool) -> String {
    let trusted = vec![Network::parse("127.0.0.0/8").unwrap()];
    let settings = Decisions { asker, trusted, bodies };
    let mut headers = HeaderMap::new();
    for (name, value) in fields {
        headers.append(HeaderName::from_bytes(name.as_bytes()).unwrap(), value.parse().unwrap());
    }
    let peer = "127.0.0.1".parse().unwrap();
    match of_subrequest(headers, is_enclosed, peer, &settings, &WireLimits::default()) {
        Ok(Question { parts, body, client, scheme }) => {
            let field = |name: &str| parts.headers.get(name).map_or("-", |value| value.to_str().unwrap());
            let (method, uri, scheme) = (&parts.method, &parts.uri, scheme.as_str());
            let (host, length) = (field("host"), field("content-length"));
            format!("{method} {uri} {host} {client} {scheme} {body:?} {length}")
        }
        Err(denial) => denial.reason.to_string(),
    }
}

/// The fields of `good` with `name` said as `values`, in place of what it says.
fn with<'a>(good: &[(&'a str, &'a str)], name: &'a str, values: &[&'a str]) -> Vec<(&'a str, &'a str)> {
    let others = good.iter().filter(|(other, _)| *other != name).copied();
    others.chain(values.iter().map(|value| (name, *value))).collect()
}

#[test]
fn the_fields_of_a_question_describe_one_request() {
    let expected = "GET /orders?x=1 api.example 192.0.2.7 https Nothing -";
    assert_eq!(read(Asker::Nginx, Bodies::Withheld, OF_NGINX, false), expected);
    assert_eq!(read(Asker::Traefik, Bodies::Withheld, OF_TRAEFIK, false), expected);
    let enclosed = "GET /orders?x=1 api.example 192.0.2.7 https Enclosed -";
    assert_eq!(read(Asker::Traefik, Bodies::Sent, OF_TRAEFIK, true), enclosed);
}

#[test]
fn a_field_that_is_missing_or_there_twice_is_refused() {
    for (asker, good) in [(Asker::Nginx, OF_NGINX), (Asker::Traefik, OF_TRAEFIK)] {
        for (name, value) in good.iter().filter(|(name, _)| name.starts_with("x-")) {
            for values in [&[][..], &[*value, *value], &[*value, "/status"]] {
                let fields = with(good, name, values);
                assert_eq!(read(asker, Bodies::Withheld, &fields, false), "malformed-question", "{fields:?}");
            }
        }
    }
    let swapped = read(Asker::Traefik, Bodies::Withheld, OF_NGINX, false);
    assert_eq!(swapped, "malformed-question", "one proxy's fields are none of another's");
}

#[test]
fn a_field_that_says_no_such_thing_is_refused() {
    let check = |name: &str, value: &str, expected: &str| {
        let fields = with(OF_NGINX, name, &[value]);
        assert_eq!(read(Asker::Nginx, Bodies::Withheld, &fields, false), expected, "{name}: {value}");
    };
    check("x-original-method", "G T", "malformed-question");
    check("x-original-method", "", "malformed-question");
    check("x-original-uri", "orders", "malformed-request");
    check("x-original-uri", "http://api.example/orders", "malformed-question");
    check("x-original-uri", "/orders#/status", "malformed-request");
    check("x-original-uri", "", "malformed-request");
    check("x-original-body", "", "malformed-question");
    check("x-forwarded-for", "unknown", "malformed-question");
    check("x-forwarded-for", "192.0.2.7, ", "malformed-question");
    check("x-forwarded-proto", "ftp", "malformed-question");
    for name in
        ["x-http-method-override", "x-original-url", "x-rewrite-url", "x-method-override", "x-http-method"]
    {
        check(name, "DELETE", "malformed-request");
    }
}

#[test]
fn a_body_is_none_only_where_nothing_speaks_for_one() {
    let check = |method: &str, said: &str, expected: &str| {
        let fields = with(&with(OF_NGINX, "x-original-method", &[method]), "x-original-body", &[said]);
        let read = read(Asker::Nginx, Bodies::Withheld, &fields, false);
        assert_eq!(read.split_once("https ").map(|(_, body)| body), Some(expected), "{method} {said}");
    };
    check("GET", ";", "Nothing -");
    check("GET", "0;", "Nothing 0");
    check("GET", "4;", "Kept 4");
    check("GET", ";chunked", "Kept -");
    check("GET", "0;chunked", "Kept 0");
    check("DELETE", ";", "Nothing -");
    for method in ["POST", "PUT", "PATCH", "SPELL", "get"] {
        check(method, ";", "Kept -");
        check(method, "0;", "Nothing 0");
    }
    let posted = with(OF_TRAEFIK, "x-forwarded-method", &["POST"]);
    let body = |bodies| read(Asker::Traefik, bodies, &posted, false).split(' ').nth(5).unwrap().to_owned();
    let all = [Bodies::Sent, Bodies::Withheld, Bodies::Unseen].map(body);
    assert_eq!(all, ["Nothing", "Kept", "Kept"]);
}
