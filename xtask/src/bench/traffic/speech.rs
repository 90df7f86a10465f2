//! What clients and servers say: requests and answers in HTTP/1.1, and in HTTP/2 in clear text.

use super::tape::{Client, Packet, Server, Talk};
use crate::bench::chance::Chance;
use crate::bench::request::Request;

/// Of a hundred answers in HTTP/1.1 those in chunks.
const CHUNKED_PERCENT: u64 = 10;
/// The largest frame of HTTP/2.
const FRAME_BYTES: usize = 16_384;

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const SETTINGS: u8 = 4;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

const TOKEN: &str =
    "Bearer eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJjLTIwOTMxIiwic2NvcGUiOiJvcmRlcnM6cmVhZCJ9.c2lnbmF0dXJl";

/// All packets of the `number`th connection, on which these requests are made one after the other.
pub(super) fn connection(
    number: u64,
    requests: &[Request],
    is_http2: bool,
    chance: &mut Chance,
) -> Vec<Packet> {
    let client = ([10, 1, (number >> 8) as u8, number as u8], 32_768 + (number % 28_000) as u16);
    let server = ([10, 2, 0, 1 + (number % 4) as u8], 8080);
    let mut talk = Talk::open(client, server, chance);
    if is_http2 {
        http2(&mut talk, requests, chance);
    } else {
        http1(&mut talk, requests, chance);
    }
    talk.close(chance)
}

fn http1(talk: &mut Talk, requests: &[Request], chance: &mut Chance) {
    for request in requests {
        let Request { method, host, user_agent, status, .. } = request;
        let body = if has_body(request) { body(300, chance) } else { String::new() };
        let fields = if has_body(request) {
            format!("Content-Type: application/json\r\nContent-Length: {}\r\n", body.len())
        } else {
            String::new()
        };
        let asked = format!(
            "{method} {} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: {user_agent}\r\nAccept: application/json\r\nAccept-Encoding: gzip, \
             deflate, br\r\nAuthorization: {TOKEN}\r\nX-Request-Id: {:016x}\r\n{fields}\r\n{body}",
            request.target(),
            chance.next(),
        );
        talk.say(Client, asked.as_bytes(), false);
        let head = format!(
            "HTTP/1.1 {status} Whatever\r\nServer: nginx\r\nDate: Fri, 10 Oct 2025 13:55:36 GMT\r\nContent-Type: \
             application/json\r\nCache-Control: no-store\r\nStrict-Transport-Security: max-age=31536000\r\n"
        );
        talk.say(Server, answer(&head, *status, &self::body(request.bytes, chance), chance).as_bytes(), true);
    }
}

fn answer(head: &str, status: u16, body: &str, chance: &mut Chance) -> String {
    if status == 304 {
        return format!("{head}\r\n");
    }
    if chance.percent(CHUNKED_PERCENT) {
        let (first, rest) = body.split_at_checked(body.len() / 2).unwrap_or((body, ""));
        return format!(
            "{head}Transfer-Encoding: chunked\r\n\r\n{:x}\r\n{first}\r\n{:x}\r\n{rest}\r\n0\r\n\r\n",
            first.len(),
            rest.len()
        );
    }
    format!("{head}Content-Length: {}\r\n\r\n{body}", body.len())
}

fn http2(talk: &mut Talk, requests: &[Request], chance: &mut Chance) {
    let settings = frame(SETTINGS, 0, 0, &[0, 3, 0, 0, 0, 100]);
    talk.say(Client, &[PREFACE, &settings].concat(), false);
    talk.say(Server, &settings, false);
    for (index, request) in requests.iter().enumerate() {
        let stream = 1 + 2 * index as u32;
        let block = asked(request, chance);
        let body = has_body(request).then(|| self::body(300, chance));
        talk.say(Client, &message(stream, &block, body), false);
        let body = (request.status != 304).then(|| self::body(request.bytes, chance));
        talk.say(Server, &message(stream, &answered(request), body), false);
    }
}

/// Fields, and a body in frames that are not too large.
fn message(stream: u32, block: &[u8], body: Option<String>) -> Vec<u8> {
    let Some(body) = body else { return frame(HEADERS, END_HEADERS | END_STREAM, stream, block) };
    let mut message = frame(HEADERS, END_HEADERS, stream, block);
    let count = body.len().div_ceil(FRAME_BYTES);
    for (index, piece) in body.as_bytes().chunks(FRAME_BYTES).enumerate() {
        let flags = if index + 1 == count { END_STREAM } else { 0 };
        message.extend(frame(DATA, flags, stream, piece));
    }
    message
}

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = (payload.len() as u32).to_be_bytes();
    [length.get(1..).unwrap_or_default(), &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// Fields of a request, by their numbers in the table that both sides know (RFC 7541, appendix A).
fn asked(request: &Request, chance: &mut Chance) -> Vec<u8> {
    // `:scheme` is `http`.
    let mut block = vec![0x86];
    match request.method {
        "GET" => block.push(0x82),
        "POST" => block.push(0x83),
        other => literal(&mut block, 0x02, other),
    }
    literal(&mut block, 0x04, &request.target());
    literal(&mut block, 0x41, request.host);
    literal(&mut block, 0x7a, &request.user_agent);
    literal(&mut block, 0x57, TOKEN);
    literal(&mut block, 0x53, "application/json");
    if has_body(request) {
        literal(&mut block, 0x5f, "application/json");
    }
    block.push(0);
    text(&mut block, "x-request-id");
    text(&mut block, &format!("{:016x}", chance.next()));
    block
}

fn answered(request: &Request) -> Vec<u8> {
    let mut block = Vec::new();
    match request.status {
        200 => block.push(0x88),
        304 => block.push(0x8b),
        404 => block.push(0x8d),
        other => literal(&mut block, 0x48, &other.to_string()),
    }
    literal(&mut block, 0x5f, "application/json");
    literal(&mut block, 0x76, "nginx");
    block
}

/// A field whose name is known by its number, which stands in `first` with how the field is kept.
fn literal(block: &mut Vec<u8>, first: u8, value: &str) {
    block.push(first);
    text(block, value);
}

/// A text as it is, its length before it (RFC 7541, section 5.2).
fn text(block: &mut Vec<u8>, text: &str) {
    match u8::try_from(text.len()) {
        Ok(length) if length < 127 => block.push(length),
        _ => {
            block.push(127);
            let mut rest = text.len().saturating_sub(127);
            while rest >= 128 {
                block.push((rest % 128) as u8 | 128);
                rest /= 128;
            }
            block.push(rest as u8);
        }
    }
    block.extend(text.bytes());
}

fn has_body(request: &Request) -> bool {
    matches!(request.method, "POST" | "PUT" | "PATCH")
}

/// A JSON object of about so many bytes.
fn body(bytes: u64, chance: &mut Chance) -> String {
    let mut text = format!(
        r#"{{"id":{},"status":"paid","total":{},"items":["#,
        chance.below(5000),
        chance.below(90_000)
    );
    loop {
        let (sku, quantity) = (chance.below(800), 1 + chance.below(9));
        text.push_str(&format!(r#"{{"sku":"TEA-{sku:04}","quantity":{quantity},"price":1475,"note":null}}"#));
        if text.len() as u64 >= bytes {
            break;
        }
        text.push(',');
    }
    text.push_str("]}");
    text
}

#[test]
fn bodies_are_json_and_lengths_are_numbers() {
    let mut chance = Chance::of(3);
    serde_json::from_str::<serde_json::Value>(&body(900, &mut chance)).expect("is JSON");
    let mut block = Vec::new();
    text(&mut block, &"a".repeat(1337));
    // 1337 is the example of RFC 7541, section C.1.2, there with a prefix of five bits.
    assert_eq!(block[..3], [127, 0xba, 9]);
    text(&mut block, "b");
    assert_eq!(block[3 + 1337..], [1, b'b']);
}
