//! What is released and what is refused, by rule and against a slow, obvious twin.

use std::mem::MaybeUninit;

use proptest::prelude::{
    Just, ProptestConfig, Strategy, any, prop, prop_assert, prop_assert_eq, prop_oneof, proptest,
};

use super::{Fault, Framing, Piece, WireLimits};

mod twin;

const LIMITS: WireLimits =
    WireLimits { head_bytes_max: 400, headers_max: 6, target_bytes_max: 120, chunk_digits_max: 6 };

/// What came of feeding an input in pieces.
#[derive(Debug, Default)]
struct Fed {
    released: usize,
    fault: Option<Fault>,
}

fn feed(input: &[u8], cuts: &[usize], limits: WireLimits) -> Fed {
    let mut framing = Framing::new(limits);
    let mut fed = Fed::default();
    for &cut in cuts.iter().chain([&input.len()]) {
        let advance = framing.advance(&input[fed.released..cut.max(fed.released)]);
        assert!(fed.fault.is_none() || advance.released == 0, "released after a fault");
        assert!(
            fed.fault.is_none() || fed.fault == advance.fault || cut <= fed.released,
            "a fault went away"
        );
        fed.released += advance.released;
        fed.fault = fed.fault.or(advance.fault);
    }
    fed
}

/// Feeds `text` with `\n` as CRLF; `expected` is `clean`, `more` (a message is under way), or the reason of refusal.
fn check(text: &str, expected: &str) {
    check_bytes(text.replace('\n', "\r\n").as_bytes(), expected);
}

fn check_bytes(input: &[u8], expected: &str) {
    for cuts in [vec![], (0..input.len()).collect()] {
        let mut framing = Framing::new(LIMITS);
        let mut released = 0;
        let mut actual = "clean";
        for &cut in cuts.iter().chain([&input.len()]) {
            let advance = framing.advance(&input[released..cut]);
            released += advance.released;
            actual = match advance.fault {
                Some(fault) => fault.reason.as_str(),
                None if released < cut || !framing.is_between_messages() => "more",
                None => "clean",
            };
            if advance.fault.is_some() {
                break;
            }
        }
        assert_eq!(actual, expected, "{}", String::from_utf8_lossy(input));
    }
}

/// A request with this field line beside its host.
fn check_field(line: &str, expected: &str) {
    check_bytes(format!("POST / HTTP/1.1\r\nHost: a\r\n{line}\r\n\r\n").as_bytes(), expected);
}

#[test]
fn rfc9112_3_a_request_line_has_exactly_its_spaces() {
    check("GET / HTTP/1.1\nHost: a\n\n", "clean");
    check("\nGET / HTTP/1.1\nHost: a\n\n", "clean");
    check("GET / HTTP/1.0\n\n", "clean");
    for line in [
        "GET  / HTTP/1.1",
        "GET /  HTTP/1.1",
        " GET / HTTP/1.1",
        "GET / HTTP/1.1 ",
        "GET\t/ HTTP/1.1",
        "GET /",
    ] {
        check(&format!("{line}\nHost: a\n\n"), "malformed-request");
    }
    for line in
        ["GET", "", "G(T / HTTP/1.1", "GET / HTTPS/1.1", "GET / http/1.1", "GET / HTTP/11", "GET  HTTP/1.1"]
    {
        check(&format!("\n{line}\nHost: a\n\n"), "malformed-request");
    }
    for version in ["HTTP/0.9", "HTTP/1.2", "HTTP/2.0", "HTTP/5.6"] {
        check(&format!("GET / {version}\n"), "unsupported-version");
    }
    check(&format!("{} / HTTP/1.1\n", "A".repeat(33)), "malformed-request");
    check("CONNECT a:443 HTTP/1.1\n", "method-not-implemented");
    check("TRACE / HTTP/1.1\n", "method-not-implemented");
}

#[test]
fn rfc9112_2_2_a_line_ends_with_crlf() {
    for input in [
        "GET / HTTP/1.1\nHost: a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\n\n",
        "GET / HTTP/1.1\r\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nA: b\rc\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\n\rX: y\r\n\r\n",
        "\n",
        "\r\n\r\n",
    ] {
        check_bytes(input.as_bytes(), "malformed-request");
    }
}

#[test]
fn rfc9112_3_2_a_target_has_a_form() {
    for target in ["/", "/a?b=c/?d", "*", "http://a/b", "HTTPS://a:1?b", "http://a", "/[a]{b}|^", "//a"] {
        check(&format!("GET {target} HTTP/1.1\nHost: a\n\n"), "clean");
    }
    for target in
        ["a", "a:443", "?a", "ftp://a/", "/a#b", "/\"", "/<", "/`", "/\\", "/\u{e9}", "/\u{7f}", "/\u{1}"]
    {
        check(&format!("GET {target} HTTP/1.1\nHost: a\n\n"), "malformed-request");
    }
    for target in ["http://", "http:///a", "http://u@a/", "http://a:b/", "http://[::1/"] {
        check(&format!("GET {target} HTTP/1.1\nHost: a\n\n"), "host-mismatch");
    }
}

#[test]
fn rfc9112_5_a_field_line_is_name_colon_value() {
    for line in ["A: b", "A:b", "A:", "A:\t b \t", "!#$%&'*+-.^_`|~09: x", "A: \u{fc}"] {
        check_field(line, "clean");
    }
    for line in [
        " A: b",
        "\tA: b",
        "A : b",
        ": b",
        "A",
        "A b: c",
        "A\u{e9}: b",
        "A(: b",
        "A: b\u{0}",
        "A: \u{c}",
        "A: \u{7f}",
    ] {
        check_field(line, "malformed-request");
    }
    check_bytes(b"GET / HTTP/1.1\r\nHost: a\r\nUser: \x85admin\xa0\r\n\r\n", "malformed-request");
    check("GET / HTTP/1.1\nHost: a\nA: b\n c\n\n", "malformed-request");
}

#[test]
fn rfc9112_3_2_there_is_one_host() {
    check("GET / HTTP/1.1\n\n", "host-mismatch");
    check("GET / HTTP/1.1\nHost: a\nhost: a\n\n", "host-mismatch");
    check("GET / HTTP/1.1\nHost:\n\n", "host-mismatch");
    check("GET / HTTP/1.1\nHost: a b\n\n", "host-mismatch");
    check("GET / HTTP/1.0\nHost: a\nHost: a\n\n", "host-mismatch");
}

#[test]
fn rfc9112_6_2_a_length_is_one_number() {
    check("POST / HTTP/1.1\nHost: a\nContent-Length: 0\n\n", "clean");
    check("POST / HTTP/1.1\nHost: a\ncontent-LENGTH:  3 \n\nabc", "clean");
    check("POST / HTTP/1.1\nHost: a\nContent-Length: 4\n\nabc", "more");
    for value in [
        "",
        "+1",
        "-1",
        "0x1",
        "1 2",
        "1,1",
        "01",
        "00",
        "1_0",
        "1.0",
        "9223372036854775808",
        "99999999999999999999",
    ] {
        check_field(&format!("Content-Length: {value}"), "ambiguous-framing");
    }
    check_field("Content-Length: 1\r\nContent-Length: 1", "ambiguous-framing");
}

#[test]
fn rfc9112_6_1_the_only_transfer_coding_is_chunked() {
    let chunked = "POST / HTTP/1.1\nHost: a\nTransfer-Encoding: Chunked\n\n";
    check(&format!("{chunked}0\n\n"), "clean");
    for value in ["gzip", "gzip, chunked", "identity"] {
        check_field(&format!("Transfer-Encoding: {value}"), "unsupported-transfer-coding");
    }
    for value in [
        "",
        ",chunked",
        "chunked,",
        "chunked, gzip",
        "chunked, chunked",
        "\"chunked\"",
        "chunked;a=b",
        "\u{b}chunked",
    ] {
        let expected = if value.starts_with('\u{b}') { "malformed-request" } else { "ambiguous-framing" };
        check_field(&format!("Transfer-Encoding: {value}"), expected);
    }
    check_field("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", "ambiguous-framing");
    check_field("Transfer-Encoding: chunked\r\nContent-Length: 3", "ambiguous-framing");
    check_field("Content-Length: 3\r\nTransfer-Encoding: chunked", "ambiguous-framing");
    check("POST / HTTP/1.0\nTransfer-Encoding: chunked\n\n", "ambiguous-framing");
}

#[test]
fn rfc9112_7_1_a_chunk_is_size_and_data() {
    let head = "POST / HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\n\n";
    for body in ["5\nhello\n0\n\n", "a\n0123456789\n00A\n0123456789\n000\n\n"] {
        check(&format!("{head}{body}"), "clean");
    }
    for body in ["", "5", "5\nhel", "0\n"] {
        check(&format!("{head}{body}"), "more");
    }
    let refused = [
        "\n",
        "x",
        "5;a=b\n",
        "5 \n",
        " 5\n",
        "0x5\n",
        "+5\n",
        "5_\n",
        "5\nhelloX",
        "5\nhello0\n\n",
        "0\nA: b\n\n",
        "0\n\u{0}",
        "1000000\n",
        "5\u{e9}",
    ];
    for body in refused {
        check(&format!("{head}{body}"), "ambiguous-framing");
    }
    check_bytes(format!("{}5\n", head.replace('\n', "\r\n")).as_bytes(), "ambiguous-framing");
    check_bytes(format!("{}5\r\r", head.replace('\n', "\r\n")).as_bytes(), "ambiguous-framing");
    let mut framing = Framing::new(WireLimits::default());
    let head = head.replace('\n', "\r\n");
    framing.advance(head.as_bytes());
    assert_eq!(framing.advance(b"FFFFFFFFFFFFFFFF\r\n").fault, None);
}

#[test]
fn expectations_and_upgrades_beyond_the_usual_are_refused() {
    check_field("Expect: 100-Continue", "clean");
    check_field("Expect: 200-ok", "expectation-failed");
    check_field("Upgrade: h2c", "clean");
    check_field("Upgrade: h2c\r\nUpgrade: h2c", "clean");
    check_field("Upgrade: HTTP/2.0, h2c", "upgrade-refused");
}

#[test]
fn a_websocket_is_asked_for_in_one_way() {
    check_field("Connection: keep-alive, Upgrade\r\nUpgrade: WebSocket", "clean");
    check_field("Upgrade: websocket", "upgrade-refused");
    check_field("Connection: close\r\nUpgrade: websocket", "upgrade-refused");
    check_field("Connection: upgrade\r\nUpgrade: websocket\r\nUpgrade: websocket", "upgrade-refused");
    check_field("Connection: upgrade\r\nUpgrade: h2c\r\nUpgrade: websocket", "upgrade-refused");
    check_field("Connection: upgrade\r\nUpgrade: websocket, h2c", "upgrade-refused");
    check_field("Connection: upgrade\r\nUpgrade: websocket\r\nContent-Length: 0", "upgrade-refused");
    check_field("Connection: upgrade\r\nUpgrade: websocket\r\nTransfer-Encoding: chunked", "upgrade-refused");
    check("GET / HTTP/1.0\nConnection: keep-alive, upgrade\nUpgrade: websocket\n\n", "upgrade-refused");
}

#[test]
fn what_follows_a_request_for_a_websocket_is_no_request() {
    let head = "GET / HTTP/1.1\nHost: a\nConnection: upgrade\nUpgrade: websocket\n\n";
    check(&format!("{head}GET /inner HTTP/1.1\nHost: a\n\n"), "malformed-request");
    let mut framing = Framing::new(WireLimits::default());
    let head = head.replace('\n', "\r\n");
    assert_eq!(framing.next(head.as_bytes()), Ok(Piece::Head(head.len())));
    assert!(framing.head().asks_websocket && !framing.may_go_on());
}

#[test]
fn each_limit_is_the_largest_size_accepted() {
    let head = |size: usize| {
        let frame = "GET / HTTP/1.1\nHost: a\nA: \n\n";
        frame.replace("A: ", &format!("A: {}", "b".repeat(size - frame.len() - 4)))
    };
    check(&head(400), "clean");
    check(&head(401), "headers-too-large");
    check(&"A: b\n".repeat(100).replacen("A: b", "GET / HTTP/1.1", 1), "headers-too-large");
    check(&format!("GET / HTTP/1.1\nHost: a\n{}\n", "A: b\n".repeat(5)), "clean");
    check(&format!("GET / HTTP/1.1\nHost: a\n{}\n", "A: b\n".repeat(6)), "headers-too-large");
    check(&format!("GET /{} HTTP/1.1\nHost: a\n\n", "a".repeat(119)), "clean");
    check(&format!("GET /{} HTTP/1.1\nHost: a\n\n", "a".repeat(120)), "uri-too-long");
    check(&"a".repeat(500), "uri-too-long");
}

#[test]
fn rfc9112_9_3_2_messages_follow_each_other() {
    let two = "POST /1 HTTP/1.1\nHost: a\nContent-Length: 3\n\nabcGET /2 HTTP/1.1\nHost: a\n\n";
    check(two, "clean");
    check(&two.replace("3\n\nabc", "2\n\nabc"), "clean");
    check(&two.replace("3\n\nabc", "2\n\nab "), "malformed-request");
    check(&two.replace("Host: a\nContent", "Host: a\nConnection: x, Close\nContent"), "malformed-request");
    check("GET / HTTP/1.0\n\nGET / HTTP/1.0\n\n", "malformed-request");
    check("GET / HTTP/1.0\nConnection: Keep-Alive\n\nGET / HTTP/1.0\n\n", "clean");
}

#[test]
fn a_fault_stays_and_says_where_it_lies() {
    let mut framing = Framing::new(LIMITS);
    let good = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    let first = framing.advance(b"GET / HTTP/1.1\r\n\r\n");
    assert_eq!((first.released, first.fault.map(|fault| fault.is_in_body)), (0, Some(false)));
    assert_eq!(framing.advance(good), first);
    let mut framing = Framing::new(LIMITS);
    let input = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab";
    let advance = framing.advance(input);
    assert_eq!(
        (advance.released, advance.fault.map(|fault| fault.is_in_body)),
        (input.len() - 1, Some(true))
    );
}

/// Requests made of lines that servers disagree on, then cut, repeated and damaged.
fn tricky_input() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        6 => Just("GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
        6 => prop::sample::select(vec![
            "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc",
            "POST /a?b HTTP/1.1\r\nhost:a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n",
            "PUT http://a/ HTTP/1.1\r\nHost: a\r\ntransfer-encoding:CHUNKED\r\nA: b\r\n\r\na\r\n0123456789\r\n",
            "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
        ]),
        3 => prop::sample::select(vec![
            "GET / HTTP/1.1\r\n", "POST /x HTTP/1.1\r\n", "GET / HTTP/1.0\r\n", "Host: a\r\n", "\r\n", "0\r\n\r\n", "1\r\nx\r\n",
            "Content-Length: 2\r\n", "Content-Length: 02\r\n", "Transfer-Encoding: chunked\r\n", "Connection: close\r\n",
            "Transfer-Encoding: gzip, chunked\r\n", "Upgrade: h2c\r\n", "Upgrade: websocket\r\n", "Connection: upgrade\r\n", "Expect: 100-continue\r\n", "X: y\r\n",
        ]),
        1 => prop::sample::select(vec![
            "\n", "\r", " ", "\t", ":", ";", ",", "\u{0}", "é", "0x", "HTTP/1.1", "#", "\\", "Content-Length", "chunked",
        ]),
    ];
    let pieces = prop::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat().into_bytes());
    let damage = prop::collection::vec((any::<prop::sample::Index>(), prop::option::of(any::<u8>())), 0..2);
    (pieces, damage, prop::bool::weighted(0.5)).prop_map(|(mut bytes, damage, is_damaged)| {
        for (at, byte) in damage.into_iter().filter(|_| is_damaged && !bytes.is_empty()).collect::<Vec<_>>() {
            let at = at.index(bytes.len());
            match byte {
                Some(byte) => bytes.insert(at, byte),
                None => drop(bytes.remove(at)),
            }
            if bytes.is_empty() {
                break;
            }
        }
        bytes
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2048, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_framing_is_what_the_slow_twin_says(input in tricky_input(), seed in prop::collection::vec(any::<prop::sample::Index>(), 0..5)) {
        let expected = twin::frame(&input, &LIMITS);
        let mut cuts: Vec<usize> = seed.iter().map(|index| index.index(input.len() + 1)).collect();
        cuts.sort_unstable();
        for cuts in [vec![], cuts, (0..input.len()).collect()] {
            let fed = feed(&input, &cuts, LIMITS);
            prop_assert_eq!(fed.released, expected.released, "{:?}", fed);
            prop_assert_eq!(fed.fault.is_some(), expected.is_refused, "{:?}", fed);
        }
    }

    /// A head that the library refused would be answered by the library, without a record.
    #[test]
    fn the_http_library_reads_every_released_head_alike(input in tricky_input()) {
        let framed = twin::frame(&input, &LIMITS);
        let mut framing = Framing::new(LIMITS);
        let (mut released, mut heads) = (0, Vec::new());
        for cut in 0..=input.len() {
            let was_between = framing.is_between_messages();
            let count = framing.advance(&input[released..cut]).released;
            if count > 0 && was_between {
                let mut fields = [const { MaybeUninit::uninit() }; 100];
                let mut request = httparse::Request::new(&mut []);
                let parsed = request.parse_with_uninit_headers(&input[released..cut], &mut fields);
                prop_assert_eq!(parsed, Ok(httparse::Status::Complete(count)));
                prop_assert!(http::Uri::try_from(request.path.unwrap()).is_ok());
                prop_assert!(http::Method::try_from(request.method.unwrap()).is_ok());
                heads.push(cut);
            }
            released += count;
        }
        prop_assert_eq!(heads, framed.heads);
    }
}
