//! Frames of HTTP/2 written by hand, and what comes back read as frames (RFC 9113).

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// What a client begins with (RFC 9113 3.4), and settings that change nothing.
pub(crate) const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

/// How long anything may take that is waited for; far more than it does.
const DEADLINE: Duration = Duration::from_secs(20);

/// Types of frames (RFC 9113 6).
pub(crate) const DATA: u8 = 0;
pub(crate) const HEADERS: u8 = 1;
pub(crate) const PRIORITY: u8 = 2;
pub(crate) const RST_STREAM: u8 = 3;
pub(crate) const SETTINGS: u8 = 4;
pub(crate) const PUSH_PROMISE: u8 = 5;
pub(crate) const PING: u8 = 6;
pub(crate) const GOAWAY: u8 = 7;
pub(crate) const WINDOW_UPDATE: u8 = 8;
pub(crate) const CONTINUATION: u8 = 9;

/// Flags of frames.
pub(crate) const ACK: u8 = 1;
pub(crate) const END_STREAM: u8 = 1;
pub(crate) const END_HEADERS: u8 = 4;
pub(crate) const PADDED: u8 = 8;
pub(crate) const WITH_PRIORITY: u8 = 32;

/// A request as a whole.
pub(crate) const WHOLE: u8 = END_STREAM | END_HEADERS;

/// One frame.
pub(crate) fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// Fields as literals that no table is to keep (RFC 7541 6.2.2).
pub(crate) fn fields(fields: &[(&str, &str)]) -> Vec<u8> {
    let literal = |&(name, value): &(&str, &str)| [&[0], &*text(name), &*text(value)].concat();
    fields.iter().flat_map(literal).collect()
}

/// A string without Huffman coding (RFC 7541 5.2).
pub(crate) fn text(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    match text.len() {
        length @ 0..127 => bytes.push(u8::try_from(length).unwrap()),
        length => {
            bytes.push(127);
            let mut rest = length - 127;
            while rest >= 128 {
                bytes.push(u8::try_from(rest % 128).unwrap() | 128);
                rest /= 128;
            }
            bytes.push(u8::try_from(rest).unwrap());
        }
    }
    bytes.extend_from_slice(text.as_bytes());
    bytes
}

/// The fields of a request that is admitted, and `more`.
pub(crate) fn request(method: &str, more: &[(&str, &str)]) -> Vec<u8> {
    let head = [
        (":method", method),
        (":scheme", "http"),
        (":authority", "api.example"),
        (":path", "/v1/orders/7"),
        ("x-pass", "1"),
    ];
    fields(&[&head, more].concat())
}

/// A request that is admitted, on `stream`.
pub(crate) fn get(stream: u32) -> Vec<u8> {
    frame(HEADERS, WHOLE, stream, &request("GET", &[]))
}

/// What the other side says that matters here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Said {
    /// GOAWAY with this code.
    Goaway(u32),
    /// RST_STREAM with this code.
    Reset(u32),
    /// The head of an answer with this status.
    Answer(u16),
    /// The acknowledgement of a ping.
    Pong,
    /// The connection ended.
    End,
}

/// One connection.
#[derive(Debug)]
pub(crate) struct Client {
    stream: TcpStream,
    read: Vec<u8>,
}

impl Client {
    pub(crate) fn connect(address: SocketAddr) -> Client {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        stream.set_write_timeout(Some(DEADLINE)).unwrap();
        Client { stream, read: Vec::new() }
    }

    /// The same connection, to be written to while this one reads.
    pub(crate) fn second(&self) -> Client {
        Client { stream: self.stream.try_clone().unwrap(), read: Vec::new() }
    }

    /// Sends what the other side may refuse before it was all sent.
    pub(crate) fn send(&mut self, bytes: &[u8]) {
        drop(self.stream.write_all(bytes));
    }

    /// The next thing that matters.
    pub(crate) fn next(&mut self) -> Said {
        loop {
            let Some((kind, flags, payload)) = self.frame() else { return Said::End };
            let code = |at: usize| u32::from_be_bytes(payload[at..at + 4].try_into().unwrap());
            match kind {
                GOAWAY => return Said::Goaway(code(4)),
                RST_STREAM => return Said::Reset(code(0)),
                HEADERS => return Said::Answer(status(&payload)),
                PING if flags & ACK != 0 => return Said::Pong,
                _ => {}
            }
        }
    }

    fn frame(&mut self) -> Option<(u8, u8, Vec<u8>)> {
        let head = self.take(9)?;
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
        let payload = self.take(usize::try_from(length).unwrap())?;
        Some((head[3], head[4], payload))
    }

    fn take(&mut self, count: usize) -> Option<Vec<u8>> {
        while self.read.len() < count {
            let mut chunk = [0; 4096];
            match self.stream.read(&mut chunk) {
                Ok(0) => return None,
                Ok(read) => self.read.extend_from_slice(&chunk[..read]),
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                    panic!("nothing came in {DEADLINE:?}")
                }
                Err(_) => return None,
            }
        }
        Some(self.read.drain(..count).collect())
    }
}

/// The status that a header block begins with: one of the static table, or a literal with or without Huffman coding.
fn status(block: &[u8]) -> u16 {
    match block[0] {
        0x88 => 200,
        0x8b => 304,
        0x8c => 400,
        0x8d => 404,
        0x8e => 500,
        _ if block[1] & 0x80 == 0 => std::str::from_utf8(&block[2..5]).unwrap().parse().unwrap(),
        // Digits are coded in five bits from 0 to 2, and in six above (RFC 7541 B).
        _ => {
            let coded = &block[2..2 + usize::from(block[1] & 0x7f)];
            let bits: String = coded.iter().map(|byte| format!("{byte:08b}")).collect();
            let (mut digits, mut rest) = (String::new(), bits.as_str());
            while digits.len() < 3 {
                let short = u8::from_str_radix(&rest[..5], 2).unwrap();
                let (digit, width) = match short {
                    0..=2 => (short, 5),
                    _ => (u8::from_str_radix(&rest[..6], 2).unwrap() - 0x19 + 3, 6),
                };
                digits.push(char::from(b'0' + digit));
                rest = &rest[width..];
            }
            digits.parse().unwrap()
        }
    }
}
