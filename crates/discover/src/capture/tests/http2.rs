//! Frames of HTTP/2, and what their streams tell.

use super::tape::{Client, Server, Talk, told};
use crate::capture::http2::PREFACE;

const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;
const PADDED: u8 = 8;

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = (payload.len() as u32).to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// A block of fields, each as a literal that is kept in the table.
fn block(fields: &[(&str, &str)]) -> Vec<u8> {
    let mut block = Vec::new();
    for (name, value) in fields {
        block.extend([0x40, name.len() as u8]);
        block.extend(name.bytes());
        block.push(value.len() as u8);
        block.extend(value.bytes());
    }
    block
}

const ASKED: &[(&str, &str)] = &[
    (":method", "POST"),
    (":scheme", "http"),
    (":path", "/pay.Charges/Make?x=1"),
    (":authority", "pay.example"),
    ("content-type", "application/grpc"),
    ("authorization", "Bearer eyJhbGciOiJub25lIn0.e30."),
];

const LINE: &str = "method=POST host=pay.example path=/pay.Charges/Make query=x=1 protocol=HTTP/2 status=200 bytes=6 request_bytes=5 request_type=application/grpc answer_type=application/grpc shows=bearer-jwt";

fn answer() -> Vec<u8> {
    [
        frame(1, END_HEADERS, 1, &block(&[(":status", "200"), ("content-type", "application/grpc")])),
        frame(0, 0, 1, b"abc"),
        // Padding is no body.
        frame(0, PADDED, 1, &[&[2], &b"def"[..], &[0, 0]].concat()),
        frame(1, END_HEADERS | END_STREAM, 1, &block(&[("grpc-status", "0")])),
    ]
    .concat()
}

fn check(client: &[u8], server: &[u8], expected: &[&str]) {
    for segment_bytes in [1, 10, 1000] {
        let mut talk = Talk::new();
        talk.segment_bytes = segment_bytes;
        talk.say(Client, client).say(Server, server);
        let lines = told(&talk.packets);
        let without_number =
            |line: &String| line.split_once(": ").map_or(line.clone(), |(_, rest)| rest.to_owned());
        assert_eq!(lines.iter().map(without_number).collect::<Vec<_>>(), expected, "{segment_bytes}");
    }
}

#[test]
fn streams_are_requests() {
    let asked = block(ASKED);
    let settings = frame(4, 0, 0, &[0, 1, 0, 0, 0, 0]);
    let client = [
        PREFACE,
        &settings,
        &frame(1, END_HEADERS, 1, &asked),
        &frame(0, END_STREAM, 1, b"hello"),
        // The second request stands in the table that the first one filled.
        &frame(1, END_HEADERS | END_STREAM, 3, &[0xc3, 0xc2, 0xc1, 0xc0, 0xbf, 0xbe]),
    ]
    .concat();
    let second = frame(1, END_HEADERS | END_STREAM, 3, &block(&[(":status", "404")]));
    let server = [&settings[..], &second, &answer()].concat();
    let other = "method=POST host=pay.example path=/pay.Charges/Make query=x=1 protocol=HTTP/2 status=404 bytes=0 request_bytes=0 request_type=application/grpc shows=bearer-jwt";
    check(&client, &server, &[other, LINE]);
}

#[test]
fn blocks_are_continued_and_padded() {
    let asked = block(ASKED);
    let (first, rest) = asked.split_at(20);
    let (second, third) = rest.split_at(7);
    // Padding, and what once were priorities.
    let padded = [&[3, 0, 0, 0, 0, 16], first, &[0; 3]].concat();
    let client = [
        PREFACE,
        &frame(1, PADDED | 0x20, 1, &padded),
        &frame(9, 0, 1, second),
        &frame(9, END_HEADERS, 1, third),
        &frame(0, END_STREAM, 1, b"hello"),
    ]
    .concat();
    check(&client, &answer(), &[LINE]);
}

#[test]
fn a_connection_may_go_over_from_http1() {
    let mut talk = Talk::new();
    talk.say(Client, "GET /a HTTP/1.1\r\nHost: b\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n");
    talk.say(Server, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n");
    talk.say(Server, frame(4, 0, 0, &[])).say(Client, [PREFACE, &frame(4, 0, 0, &[])].concat());
    talk.say(Server, frame(1, END_HEADERS | END_STREAM, 1, &block(&[(":status", "200")])));
    talk.say(
        Client,
        frame(
            1,
            END_HEADERS | END_STREAM,
            3,
            &block(&[(":method", "GET"), (":path", "/c"), (":authority", "b")]),
        ),
    );
    talk.say(Server, frame(1, END_HEADERS, 3, &block(&[(":status", "201")])))
        .say(Server, frame(0, END_STREAM, 3, b"x"));
    assert_eq!(
        told(&talk.packets),
        [
            "4: method=GET host=b path=/a protocol=HTTP/1.1 status=200 bytes=0 request_bytes=0 shows=none",
            "9: method=GET host=b path=/c protocol=HTTP/2 status=201 bytes=1 request_bytes=0 shows=none",
        ]
    );
}

#[test]
fn what_is_broken_or_too_large_ends_what_is_understood() {
    let broken =
        [PREFACE, &frame(1, END_HEADERS, 1, &[0xff; 8]), &frame(1, END_HEADERS, 3, &block(ASKED))].concat();
    check(&broken, b"", &[]);
    let large = vec![0; 1 << 19];
    let mut client = [PREFACE, &frame(1, 0, 1, &large[..1000])].concat();
    for _ in 0..600 {
        client.extend(frame(9, 0, 1, &large[..1000]));
    }
    let mut talk = Talk::new();
    talk.say(Client, client);
    assert_eq!(told(&talk.packets), [""; 0]);
}
