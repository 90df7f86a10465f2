//! Conformance by section of the RFCs, and agreement with a slow, obvious twin.

use http::{HeaderMap, HeaderValue, Method, Uri, Version};
use proptest::prelude::{
    Just, ProptestConfig, Strategy, any, prop, prop_assert, prop_assert_eq, prop_oneof, proptest,
};

use super::{IdentityHeaders, Scheme, TARGET_BYTES_MAX, host, inbound, path, target};
use crate::denial::Reason;

mod fields;
mod twin;

/// `expected` is the one spelling, or the name of the reason of refusal.
fn check_path(raw: &str, expected: &str) {
    let actual = match path::spell(raw) {
        Ok(path) => path.into_owned(),
        Err(denial) => denial.reason.to_string(),
    };
    assert_eq!(actual, expected, "{raw}");
}

/// `request` is `METHOD target`; `expected` is `path ? query`, or the name of the reason of refusal.
fn check_target(request: &str, expected: &str) {
    let (method, uri) = request.split_once(' ').unwrap();
    let method: Method = method.parse().unwrap();
    let uri: Uri = uri.parse().unwrap();
    let actual = match target(&method, &uri, TARGET_BYTES_MAX) {
        Ok(target) => match target.query {
            Some(query) => format!("{} ? {query}", target.path),
            None => target.path.into_owned(),
        },
        Err(denial) => denial.reason.to_string(),
    };
    assert_eq!(actual, expected, "{request}");
}

/// `uri` and the values of `Host`; `expected` is the host, `none`, or the name of the reason of refusal.
fn check_host(version: Version, uri: &str, hosts: &[&str], expected: &str) {
    let uri: Uri = uri.parse().unwrap();
    let mut headers = HeaderMap::new();
    for host in hosts {
        headers.append("host", HeaderValue::from_bytes(host.as_bytes()).unwrap());
    }
    let actual = match host(version, &uri, &headers, Scheme::Http) {
        Ok(Some(host)) => host.as_str().to_owned(),
        Ok(None) => "none".to_owned(),
        Err(denial) => denial.reason.to_string(),
    };
    assert_eq!(actual, expected, "{uri} {hosts:?}");
}

#[test]
fn rfc3986_2_3_unreserved_characters_are_decoded() {
    check_path("/%41%7a%30%2D%5f%7E", "/Az0-_~");
    check_path("/a%2Eb", "/a.b");
}

#[test]
fn rfc3986_2_2_reserved_characters_stay_as_they_came() {
    check_path("/a%2fb", "/a%2Fb");
    check_path("/a%3Bb;c=d,e", "/a%3Bb;c=d,e");
    check_path("/!$&'()*+,=:@", "/!$&'()*+,=:@");
    check_path("/%21%24%26%27", "/%21%24%26%27");
}

#[test]
fn rfc3986_6_2_2_1_hexadecimal_digits_are_upper_case() {
    check_path("/%c3%a9%2f", "/%C3%A9%2F");
}

#[test]
fn rfc3986_2_1_a_percent_sign_is_followed_by_two_digits() {
    for raw in ["/%", "/%4", "/%zz", "/%4z/a", "/a%"] {
        check_path(raw, "ambiguous-path");
    }
}

#[test]
fn rfc3986_5_2_4_dot_segments_are_resolved() {
    check_path("/a/b/c/./../../g", "/a/g");
    check_path("/a/.", "/a/");
    check_path("/a/b/..", "/a/");
    check_path("/a/..", "/");
    check_path("/.", "/");
    check_path("/a/%2e%2E/b", "/b");
    check_path("/a/.%2e/b", "/b");
    check_path("/.well-known/a..b/...", "/.well-known/a..b/...");
}

#[test]
fn rfc3986_5_4_2_climbing_above_the_root_is_refused() {
    for raw in ["/..", "/../a", "/a/../../b", "/%2e%2e/a", "/./.."] {
        check_path(raw, "ambiguous-path");
    }
}

#[test]
fn empty_segments_are_merged_except_beside_dot_dot() {
    check_path("//a///b//", "/a/b/");
    check_path("/a/.//b", "/a/b");
    check_path("/a//../b", "ambiguous-path");
    check_path("/a/b/..//c", "ambiguous-path");
}

#[test]
fn rfc3987_3_1_encoded_octets_are_utf8() {
    for raw in ["/%c0%ae%c0%ae/a", "/%e0%80%af", "/%ff", "/%c3", "/%c3/%a9", "/%c3a%a9", "/%ed%a0%80"] {
        check_path(raw, "ambiguous-path");
    }
    check_path("/%e2%82%ac%f0%9f%98%80", "/%E2%82%AC%F0%9F%98%80");
}

#[test]
fn control_characters_and_backslashes_are_refused() {
    for raw in
        ["/%00", "/a%0d%0ab", "/%1f", "/%7f", "/a%5cb", "/a\\b", "/a\u{e9}", "/a b", "/a\"", "/<a>", "/`"]
    {
        check_path(raw, "ambiguous-path");
    }
    check_path("/a%20b", "/a%20b");
}

#[test]
fn what_browsers_leave_unencoded_is_encoded() {
    check_path("/a[0]|{b}^", "/a%5B0%5D%7C%7Bb%7D%5E");
}

#[test]
fn nothing_is_decoded_twice() {
    check_path("/100%25", "/100%25");
    check_path("/%2541", "/%2541");
    check_path("/%252520", "/%252520");
    for raw in [
        "/%252e%252e/a",
        "/a%252Fb",
        "/%255c",
        "/%25252e",
        "/%2500",
        "/%252%65%252%65/a",
        "/%25%32e",
        "/%25%32%35%32f",
    ] {
        check_path(raw, "ambiguous-path");
    }
}

#[test]
fn dot_segments_do_not_hide_behind_parameters_or_encoded_slashes() {
    for raw in [
        "/a/..;/b",
        "/a/..;x=1/b",
        "/.;/b",
        "/a/..%3b/b",
        "/a/..%2fb",
        "/a%2f..%2fb",
        "/a%2f..",
        "/;/b",
        "/;x",
    ] {
        check_path(raw, "ambiguous-path");
    }
    check_path("/a;v=1/b", "/a;v=1/b");
}

#[test]
fn rfc9112_3_2_each_form_of_target_is_for_its_method() {
    check_target("GET /a?b=c", "/a ? b=c");
    check_target("GET /a?", "/a ? ");
    check_target("GET http://a.example", "/");
    check_target("GET http://a.example/b/../c?d", "/c ? d");
    check_target("OPTIONS *", "*");
    check_target("GET *", "malformed-request");
    check_target("CONNECT a.example:443", "method-not-implemented");
    check_target("TRACE /", "method-not-implemented");
    check_target("GET a.example:443", "ambiguous-path");
}

#[test]
fn rfc3986_3_4_a_query_is_kept_and_valid() {
    check_target("GET /?a=%2e%2F&b=1/2?3", "/ ? a=%2e%2F&b=1/2?3");
    check_target("GET /?f[a]=1|2", "/ ? f%5Ba%5D=1%7C2");
    check_target("GET /?a=%", "malformed-request");
    check_target("GET /?a=%f", "malformed-request");
    check_target("GET /?a=\u{e9}", "malformed-request");
    check_target("GET /?a=`", "malformed-request");
}

#[test]
fn a_target_beyond_the_limit_is_refused() {
    check_target(
        &format!("GET /{}", "a".repeat(TARGET_BYTES_MAX - 1)),
        &format!("/{}", "a".repeat(TARGET_BYTES_MAX - 1)),
    );
    check_target(&format!("GET /{}", "a".repeat(TARGET_BYTES_MAX)), "uri-too-long");
    check_target(&format!("GET /?{}", "a".repeat(TARGET_BYTES_MAX - 1)), "uri-too-long");
}

#[test]
fn a_normal_path_is_borrowed() {
    let uri: Uri = "/orders/1042/items?page=2".parse().unwrap();
    let target = target(&Method::GET, &uri, TARGET_BYTES_MAX).unwrap();
    assert!(matches!(target.path, std::borrow::Cow::Borrowed(_)));
    assert!(matches!(target.query, Some(std::borrow::Cow::Borrowed(_))));
    assert!(!target.has_matrix);
}

#[test]
fn rfc9110_4_2_3_a_host_has_one_spelling() {
    check_host(Version::HTTP_11, "/", &["API.Example.COM"], "api.example.com");
    check_host(Version::HTTP_11, "/", &["api.example.com."], "api.example.com");
    check_host(Version::HTTP_11, "/", &["api.example.com:80"], "api.example.com");
    check_host(Version::HTTP_11, "/", &["api_1.example.com:443"], "api_1.example.com:443");
    check_host(Version::HTTP_11, "/", &["[2001:DB8:0::1]:8080"], "[2001:db8::1]:8080");
    check_host(Version::HTTP_11, "/", &["127.0.0.1"], "127.0.0.1");
}

#[test]
fn rfc9112_3_2_an_invalid_host_is_refused() {
    let invalid = [
        "",
        ".",
        "a..b",
        ".a",
        "a:",
        "a:x",
        "a:0",
        "a:080",
        "a:65536",
        "a:80:80",
        "a b",
        "a/b",
        "a@b",
        "u:p@b",
        "[::1",
        "::1",
        "[::1]a",
        "[fe80::1%25eth0]",
        "a%2eb",
        "127.1",
        "0x7f.1",
        "0177.0.0.1",
        "1",
        "a,b",
        "a\u{e9}",
        "a;b",
        "0.0.0.0=5000",
    ];
    for host in invalid {
        check_host(Version::HTTP_11, "/", &[host], "host-mismatch");
    }
    check_host(Version::HTTP_11, "/", &[&"a".repeat(64)], "host-mismatch");
    check_host(Version::HTTP_11, "/", &[&"a.".repeat(128)], "host-mismatch");
}

#[test]
fn rfc9112_3_2_2_target_and_host_name_the_same() {
    check_host(Version::HTTP_11, "http://a.example/", &["A.example:80"], "a.example");
    check_host(Version::HTTP_11, "http://a.example/", &["b.example"], "host-mismatch");
    check_host(Version::HTTP_11, "http://a.example/", &["a.example:81"], "host-mismatch");
    check_host(Version::HTTP_11, "http://a.example/", &[], "host-mismatch");
    check_host(Version::HTTP_11, "http://u@a.example/", &["a.example"], "host-mismatch");
    check_host(Version::HTTP_11, "ftp://a.example/", &["a.example"], "host-mismatch");
    check_host(Version::HTTP_11, "a.example:443", &["a.example:443"], "host-mismatch");
    check_host(Version::HTTP_11, "/", &["a", "a"], "host-mismatch");
    check_host(Version::HTTP_11, "/", &[], "host-mismatch");
    check_host(Version::HTTP_10, "/", &[], "none");
    check_host(Version::HTTP_10, "/", &["a"], "a");
}

#[test]
fn rfc9113_8_3_1_authority_and_host_agree() {
    check_host(Version::HTTP_2, "https://a.example:443/", &[], "a.example");
    check_host(Version::HTTP_2, "http://a.example/", &["a.example"], "a.example");
    check_host(Version::HTTP_2, "http://a.example/", &["b.example"], "host-mismatch");
    check_host(Version::HTTP_2, "/", &[], "host-mismatch");
}

/// Paths made of the pieces that servers disagree on.
fn tricky_path() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => Just("/"),
        2 => prop::sample::select(vec![".", "..", "%2e", "%2E%2e", "a", "B", "~", "%7e", "%41"]),
        2 => prop::sample::select(vec!["%2f", "%2F", ";", "%3b", ";x=1", "%25", "2e", "25", "2F", "%20", "%c3%a9"]),
        1 => prop::sample::select(vec!["%", "%5c", "\\", "%00", "%c0%ae", "%ff", "[", "|", "<", "\u{e9}", " ", "?"]),
    ];
    prop::collection::vec(piece, 0..14).prop_map(|pieces| format!("/{}", pieces.concat()))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2048, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_path_is_what_the_slow_twin_says(raw in tricky_path()) {
        let fast = path::spell(&raw);
        prop_assert_eq!(fast.as_deref().ok().map(str::to_owned), twin::spell(&raw), "{:?}", fast);
    }

    #[test]
    fn normalising_twice_is_the_same_as_once(raw in tricky_path()) {
        if let Ok(once) = path::spell(&raw) {
            let twice = path::spell(&once);
            prop_assert_eq!(twice.as_deref().ok(), Some(&*once));
            prop_assert!(Uri::try_from(&*once).is_ok());
        }
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        if let Ok(uri) = Uri::try_from(&bytes[..])
            && let Err(denial) = target(&Method::GET, &uri, TARGET_BYTES_MAX)
        {
            prop_assert!(denial.reason != Reason::Internal);
        }
        let mut headers = HeaderMap::new();
        if let Ok(value) = HeaderValue::from_bytes(&bytes) {
            headers.insert("host", value.clone());
            headers.insert("connection", value.clone());
            headers.insert("traceparent", value);
        }
        let root = Uri::default();
        if let Ok(Some(once)) = host(Version::HTTP_11, &root, &headers, Scheme::Http) {
            let mut again = HeaderMap::new();
            again.insert("host", once.as_str().parse().unwrap());
            let twice = host(Version::HTTP_11, &root, &again, Scheme::Http).ok().flatten();
            prop_assert_eq!(twice.as_ref(), Some(&once));
        }
        inbound(&mut headers, &IdentityHeaders::default()).ok();
    }
}
