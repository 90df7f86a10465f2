//! What no client may send in HTTP/2, a row a case: the error that RFC 9113 wants, nothing for the backend, and everyone
//! else served on.

use model::Mode;
use tokio::io::AsyncWriteExt;
use tokio::runtime::Runtime;

use crate::backends::Backend;
use crate::frames::*;
use crate::stage::Gateway;
use Said::{Answer, End, Goaway, Reset};

/// Codes of errors (RFC 9113 7).
const PROTOCOL_ERROR: u32 = 1;
const FLOW_CONTROL_ERROR: u32 = 3;
const FRAME_SIZE_ERROR: u32 = 6;
const ENHANCE_YOUR_CALM: u32 = 11;

/// What the library says of all that it cannot decode. The RFC has `FRAME_SIZE_ERROR`, `FLOW_CONTROL_ERROR` or
/// `COMPRESSION_ERROR` for some of it, and lets an error of a stream be one of its connection (5.4).
const UNREADABLE: u32 = PROTOCOL_ERROR;

/// A stream of which no row speaks.
const LATER: u32 = 2001;

/// A backend that says 200 to everybody.
pub(crate) async fn agreeable() -> Backend {
    Backend::start(|mut stream, _, _| async move {
        let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok";
        drop(stream.write_all(answer).await);
    })
    .await
}

/// Sends each row's bytes after the preface of a connection of its own, and holds what is said against the row.
fn check(rows: &[(&str, Vec<u8>, Said)]) {
    let runtime = Runtime::new().unwrap();
    let backend = runtime.block_on(agreeable());
    let gateway = Gateway::start(backend.address, Mode::Enforce);
    let mut bystander = Client::connect(gateway.address);
    bystander.send(PREFACE);
    let mut differences = Vec::new();
    for (number, (what, sent, expected)) in (0..).zip(rows) {
        let seen_before = backend.heads.lock().unwrap().len();
        let mut client = Client::connect(gateway.address);
        client.send(&[PREFACE, sent].concat());
        let said = client.next();
        if said != *expected {
            differences.push(format!("{what}: {said:?} and not {expected:?}"));
        }
        if let Goaway(_) | End = said {
            let rest = std::iter::from_fn(|| Some(client.next()).filter(|said| *said != End));
            assert!(rest.take(100).all(|said| !matches!(said, Answer(_))), "{what}");
        } else {
            // An error of a stream is none of the connection (RFC 9113 5.4.2).
            client.send(&get(LATER));
            assert_eq!(client.next(), Answer(200), "{what}, then a request");
        }
        bystander.send(&get(2 * number + 1));
        assert_eq!(bystander.next(), Answer(200), "{what}, for another");
        let admitted = match said {
            Goaway(_) | End => 1,
            Answer(200) => 3,
            _ => 2,
        };
        let seen = backend.heads.lock().unwrap().len() - seen_before;
        assert_eq!(seen, admitted, "{what}, at the backend");
    }
    assert!(differences.is_empty(), "{differences:#?}");
    gateway.stop();
}

/// A header block of `fields` as a whole request.
fn head(block: &[(&str, &str)]) -> Vec<u8> {
    frame(HEADERS, WHOLE, 1, &fields(block))
}

/// A request that also has `more`.
fn with(more: &[(&str, &str)]) -> Vec<u8> {
    frame(HEADERS, WHOLE, 1, &request("GET", more))
}

/// A request whose body is to come, declared as `length` bytes, and what follows.
fn body(length: &str, rest: &[u8]) -> Vec<u8> {
    let head = frame(HEADERS, END_HEADERS, 1, &request("POST", &[("content-length", length)]));
    [&head, rest].concat()
}

/// A setting by its identifier.
fn setting(identifier: u16, value: u32) -> Vec<u8> {
    frame(SETTINGS, 0, 0, &[&identifier.to_be_bytes()[..], &value.to_be_bytes()].concat())
}

#[test]
fn frames_out_of_place_end_the_connection() {
    let block = &request("GET", &[]);
    let unended = frame(HEADERS, END_STREAM, 1, block);
    check(&[
        ("4.2: a frame larger than was allowed", frame(DATA, 0, 1, &[0; 16_385]), Goaway(FRAME_SIZE_ERROR)),
        ("5.1: DATA on an idle stream", frame(DATA, 0, 1, b"x"), Goaway(PROTOCOL_ERROR)),
        ("5.1: RST_STREAM of an idle stream", frame(RST_STREAM, 0, 1, &[0; 4]), Goaway(PROTOCOL_ERROR)),
        (
            "5.1: WINDOW_UPDATE of an idle stream",
            frame(WINDOW_UPDATE, 0, 1, &[0, 0, 0, 1]),
            Goaway(PROTOCOL_ERROR),
        ),
        ("5.1.1: a stream of an even number", frame(HEADERS, WHOLE, 2, block), Goaway(PROTOCOL_ERROR)),
        ("6.1: DATA on stream 0", frame(DATA, 0, 0, b"x"), Goaway(PROTOCOL_ERROR)),
        ("6.2: HEADERS on stream 0", frame(HEADERS, WHOLE, 0, block), Goaway(PROTOCOL_ERROR)),
        (
            "6.2: padding longer than its frame",
            frame(HEADERS, WHOLE | PADDED, 1, &[200, 0x82]),
            Goaway(PROTOCOL_ERROR),
        ),
        ("6.3: PRIORITY on stream 0", frame(PRIORITY, 0, 0, &[0; 5]), Goaway(PROTOCOL_ERROR)),
        ("6.4: RST_STREAM of stream 0", frame(RST_STREAM, 0, 0, &[0; 4]), Goaway(PROTOCOL_ERROR)),
        ("6.4: RST_STREAM of another length", frame(RST_STREAM, 0, 1, &[0; 3]), Goaway(UNREADABLE)),
        ("6.5: SETTINGS on a stream", frame(SETTINGS, 0, 1, &[]), Goaway(PROTOCOL_ERROR)),
        ("6.5: SETTINGS of another length", frame(SETTINGS, 0, 0, &[0; 5]), Goaway(UNREADABLE)),
        ("6.5: SETTINGS that acknowledge and say more", frame(SETTINGS, ACK, 0, &[0; 6]), Goaway(UNREADABLE)),
        ("6.5.2: ENABLE_PUSH is neither 0 nor 1", setting(2, 2), Goaway(PROTOCOL_ERROR)),
        ("6.5.2: INITIAL_WINDOW_SIZE of 2^31", setting(4, 1 << 31), Goaway(UNREADABLE)),
        ("6.5.2: MAX_FRAME_SIZE below its least", setting(5, 16_383), Goaway(PROTOCOL_ERROR)),
        (
            "6.5.3: more acknowledgements than SETTINGS",
            frame(SETTINGS, ACK, 0, &[]).repeat(2),
            Goaway(PROTOCOL_ERROR),
        ),
        (
            "6.6: PUSH_PROMISE of a client",
            frame(PUSH_PROMISE, END_HEADERS, 1, &[0, 0, 0, 2]),
            Goaway(PROTOCOL_ERROR),
        ),
        ("6.7: PING on a stream", frame(PING, 0, 1, &[0; 8]), Goaway(PROTOCOL_ERROR)),
        ("6.7: PING of another length", frame(PING, 0, 0, &[0; 7]), Goaway(UNREADABLE)),
        ("6.8: GOAWAY on a stream", frame(GOAWAY, 0, 1, &[0; 8]), Goaway(PROTOCOL_ERROR)),
        ("6.9: WINDOW_UPDATE of nothing", frame(WINDOW_UPDATE, 0, 0, &[0; 4]), Goaway(PROTOCOL_ERROR)),
        ("6.9: WINDOW_UPDATE of another length", frame(WINDOW_UPDATE, 0, 0, &[0; 3]), Goaway(UNREADABLE)),
        (
            "6.9.1: a window beyond 2^31 - 1",
            frame(WINDOW_UPDATE, 0, 0, &[0x7f, 255, 255, 255]),
            Goaway(FLOW_CONTROL_ERROR),
        ),
        ("6.10: CONTINUATION of nothing", frame(CONTINUATION, END_HEADERS, 1, block), Goaway(PROTOCOL_ERROR)),
        (
            "6.10: another frame within a block",
            [&unended[..], &frame(PING, 0, 0, &[0; 8])].concat(),
            Goaway(PROTOCOL_ERROR),
        ),
        (
            "6.10: CONTINUATION of another stream",
            [&unended[..], &frame(CONTINUATION, 4, 3, &[])].concat(),
            Goaway(PROTOCOL_ERROR),
        ),
    ]);
}

#[test]
fn header_blocks_that_cannot_be_read_end_the_connection() {
    let block = |bytes: &[u8]| frame(HEADERS, WHOLE, 1, bytes);
    // One entry of the dynamic table, and references to it: 8 MB of fields in 6 kB.
    let bomb =
        [&[0x82, 0x86, 0x84, 0x40][..], &text("b"), &text(&"x".repeat(3_900)), &[0xbe; 2_000]].concat();
    let unended = frame(HEADERS, END_STREAM, 1, &request("GET", &[]));
    let flood = [unended, frame(CONTINUATION, 0, 1, &[]).repeat(10_000)].concat();
    check(&[
        ("RFC 7541 2.3.3: an index beyond both tables", block(&[0xc6]), Goaway(UNREADABLE)),
        ("RFC 7541 6.1: index 0", block(&[0x80]), Goaway(UNREADABLE)),
        ("RFC 7541 6.3: a table larger than was allowed", block(&[0x3f, 0xe1, 0xff, 3]), Goaway(UNREADABLE)),
        ("RFC 7541 5.1: a number without end", block(&[0xff; 12]), Goaway(UNREADABLE)),
        ("RFC 7541 5.2: a string longer than its block", block(&[0, 5, b'a']), Goaway(UNREADABLE)),
        ("10.5.1: a block without end (CVE-2024-27316)", flood, Goaway(ENHANCE_YOUR_CALM)),
        ("10.5.1: references that unpack to more than is allowed", block(&bomb), Goaway(ENHANCE_YOUR_CALM)),
    ]);
}

#[test]
fn a_malformed_request_is_none() {
    let base = [
        (":method", "GET"),
        (":scheme", "http"),
        (":path", "/v1/orders/7"),
        (":authority", "a"),
        ("x-pass", "1"),
    ];
    let without =
        |name: &str| head(&base.iter().copied().filter(|field| field.0 != name).collect::<Vec<_>>());
    let twice = |name: &str| {
        let again = base.iter().copied().find(|field| field.0 == name).unwrap();
        head(&[&[again], &base[..]].concat())
    };
    let refused = Reset(PROTOCOL_ERROR);
    check(&[
        ("8.2.1: a name in upper case", with(&[("X-Upper", "1")]), Goaway(UNREADABLE)),
        ("8.2.1: a name with a space", with(&[("a b", "1")]), Goaway(UNREADABLE)),
        ("8.2.1: a name with a colon", with(&[("a:b", "1")]), Goaway(UNREADABLE)),
        ("8.2.1: an empty name", with(&[("", "1")]), Goaway(UNREADABLE)),
        ("8.2.1: a line feed in a value", with(&[("a", "1\nb: 2")]), Goaway(UNREADABLE)),
        ("8.2.1: a zero in a value", with(&[("a", "1\0")]), Goaway(UNREADABLE)),
        ("8.2.2: connection", with(&[("connection", "close")]), refused),
        ("8.2.2: proxy-connection", with(&[("proxy-connection", "close")]), refused),
        ("8.2.2: keep-alive", with(&[("keep-alive", "1")]), refused),
        ("8.2.2: transfer-encoding", with(&[("transfer-encoding", "chunked")]), refused),
        ("8.2.2: upgrade", with(&[("upgrade", "h2c")]), refused),
        ("8.2.2: te that is not trailers", with(&[("te", "gzip")]), refused),
        ("8.3: a pseudo-header after a field", head(&[&[("x-pass", "1")], &base[..]].concat()), refused),
        (
            "8.3: a pseudo-header that is none",
            head(&[&[(":foo", "1")], &base[..]].concat()),
            Goaway(UNREADABLE),
        ),
        ("8.3: a pseudo-header of answers", head(&[&[(":status", "200")], &base[..]].concat()), refused),
        ("8.3.1: no method", without(":method"), refused),
        ("8.3.1: no scheme", without(":scheme"), refused),
        ("8.3.1: no path", without(":path"), refused),
        ("8.3.1: two methods", twice(":method"), refused),
        ("8.3.1: two schemes", twice(":scheme"), refused),
        ("8.3.1: two paths", twice(":path"), refused),
        ("8.3.1: two authorities", twice(":authority"), refused),
        (
            "8.3.1: an empty path",
            head(&[&[(":method", "GET"), (":scheme", "http"), (":path", "")], &base[4..]].concat()),
            refused,
        ),
        ("8.3.1: an authority and another host", with(&[("host", "b")]), Answer(400)),
        ("8.1.1: less than content-length", body("5", &frame(DATA, END_STREAM, 1, b"abc")), refused),
        ("8.1.1: more than content-length", body("2", &frame(DATA, END_STREAM, 1, b"abc")), refused),
        ("8.1.1: content-length without a body", with(&[("content-length", "5")]), refused),
        ("8.1.1: two lengths", with(&[("content-length", "0"), ("content-length", "5")]), refused),
        ("8.1.1: a length that is none", with(&[("content-length", "+0")]), refused),
        (
            "6.9: WINDOW_UPDATE of nothing",
            body("5", &frame(WINDOW_UPDATE, 0, 1, &[0; 4])),
            Goaway(UNREADABLE),
        ),
        (
            "6.9.1: a stream's window beyond 2^31 - 1",
            body("5", &frame(WINDOW_UPDATE, 0, 1, &[0x7f, 255, 255, 255])),
            Reset(FLOW_CONTROL_ERROR),
        ),
        (
            "5.3.1 of RFC 7540: a stream that depends on itself",
            frame(HEADERS, WHOLE | WITH_PRIORITY, 1, &[&[0, 0, 0, 1, 0], &request("GET", &[])[..]].concat()),
            refused,
        ),
        ("10.5.1: more fields than are allowed", with(&[("a", "b"); 100]), Answer(431)),
    ]);
}

#[test]
fn what_means_nothing_is_ignored() {
    let then_get = |frames: &[u8]| [frames, &get(1)].concat();
    check(&[
        ("4.1: flags that mean nothing", frame(HEADERS, WHOLE | 0xc2, 1, &request("GET", &[])), Answer(200)),
        ("5.3.2: PRIORITY of an idle stream", then_get(&frame(PRIORITY, 0, 7, &[0; 5])), Answer(200)),
        ("5.5: a frame of an unknown type", then_get(&frame(0xfa, 0xff, 0, b"anything")), Answer(200)),
        ("6.5.2: an unknown setting", then_get(&setting(0xfff, 1)), Answer(200)),
        ("6.5.3: SETTINGS that were asked for", then_get(&frame(SETTINGS, ACK, 0, &[])), Answer(200)),
        ("8.2.2: te: trailers", with(&[("te", "trailers")]), Answer(200)),
    ]);
}
