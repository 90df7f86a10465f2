//! What two peers say to each other on one connection, whatever the protocol is: found by what is said.

use std::cell::RefCell;
use std::rc::Rc;

use super::exchanges::{Exchanges, Switched};
use super::http2::{Http2, PREFACE};
use super::messages::{Kind, Messages, is_like_method, is_version};
use super::stream::{At, Content};
use super::tls::Tls;
use crate::keys::KeyLog;
use crate::tally::Position;
use crate::traffic::{Tell, Told};

/// What a client says is held up to so many bytes to find the protocol.
const HELLO_BYTES_MAX: usize = 32;

/// Who says something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Client,
    Server,
}

/// A connection above TCP.
#[derive(Debug)]
pub(crate) struct Dialogue {
    protocol: Protocol,
    /// The port of the server.
    port: u16,
    keys: Rc<RefCell<KeyLog>>,
    /// Whether it is said within TLS.
    is_within: bool,
}

#[derive(Debug)]
enum Protocol {
    /// What the client said until now does not tell.
    Unknown {
        hello: Vec<u8>,
        is_at_start: bool,
    },
    Http1(Box<Http1>),
    Http2(Box<Http2>),
    Tls(Box<Encrypted>),
    /// One that is not looked into.
    Other,
}

/// A connection of TLS, and what is said within it, where that can be read.
#[derive(Debug)]
struct Encrypted {
    tls: Tls,
    within: Dialogue,
}

#[derive(Debug)]
struct Http1 {
    requests: Messages,
    answers: Messages,
    exchanges: Exchanges,
}

impl Dialogue {
    /// A connection of which nothing was said yet, or whose beginning is missing.
    pub(crate) fn new(port: u16, is_at_start: bool, keys: &Rc<RefCell<KeyLog>>) -> Dialogue {
        let protocol = Protocol::Unknown { hello: Vec::new(), is_at_start };
        Dialogue { protocol, port, keys: Rc::clone(keys), is_within: false }
    }

    /// What it holds, in bytes.
    pub(crate) fn cost(&self) -> usize {
        match &self.protocol {
            Protocol::Http1(http) => http.requests.cost() + http.answers.cost() + http.exchanges.cost(),
            Protocol::Http2(http) => http.cost(),
            Protocol::Tls(of) => of.tls.cost() + of.within.cost(),
            Protocol::Unknown { .. } | Protocol::Other => 0,
        }
    }

    /// Whether answers come that no request waits for: then a request may be on its way.
    pub(crate) fn waits_for_request(&self) -> bool {
        match &self.protocol {
            Protocol::Unknown { .. } => true,
            Protocol::Http1(http) => http.exchanges.is_empty(),
            Protocol::Http2(_) => true,
            Protocol::Tls(of) => of.tls.is_open() && of.within.waits_for_request(),
            Protocol::Other => false,
        }
    }

    /// Takes in what comes next from one side.
    pub(crate) fn hear(&mut self, side: Side, content: &Content, at: At, tell: &mut Tell<'_>) {
        match content {
            Content::Bytes(bytes) => self.bytes(side, bytes, at, tell),
            Content::Lost(count) => self.lost(side, *count, at, tell),
        }
    }

    fn bytes(&mut self, side: Side, bytes: &[u8], at: At, tell: &mut Tell<'_>) {
        match &mut self.protocol {
            Protocol::Unknown { hello, is_at_start } => {
                let is_at_start = *is_at_start;
                if side == Side::Server {
                    // A server may speak first, as that of a mail service does; a client that asks it all the same is heard.
                    if !is_at_start && is_version(bytes) {
                        self.protocol = Protocol::Http1(Box::new(Http1::new(false)));
                        self.bytes(side, bytes, at, tell);
                    }
                    return;
                }
                hello.extend_from_slice(bytes);
                let said = std::mem::take(hello);
                let Some(known) = guess(&said, is_at_start) else {
                    *hello = said;
                    return;
                };
                self.protocol = match known {
                    Guess::Other => Protocol::Other,
                    Guess::Http1 => Protocol::Http1(Box::new(Http1::new(is_at_start))),
                    Guess::Http2 => Protocol::Http2(Box::new(Http2::new())),
                    Guess::Tls if self.is_within => Protocol::Other,
                    Guess::Tls => {
                        let within =
                            Dialogue { is_within: true, ..Dialogue::new(self.port, true, &self.keys) };
                        Protocol::Tls(Box::new(Encrypted { tls: Tls::default(), within }))
                    }
                };
                self.bytes(side, &said, at, tell);
            }
            Protocol::Http1(http) => {
                let rest = http.bytes(side, bytes, at, tell).to_vec();
                self.switch(side, &rest, at, tell);
            }
            Protocol::Http2(http) => http.bytes(side, bytes, at, tell),
            Protocol::Tls(of) => {
                let data = of.tls.bytes(side, bytes, &self.keys.borrow());
                if !data.is_empty() {
                    of.within.bytes(side, &data, at, tell);
                }
                self.tell_hosts(false, at, tell);
            }
            Protocol::Other => {}
        }
    }

    /// Tells the hosts that an encrypted connection shows, once they are known.
    fn tell_hosts(&mut self, is_over: bool, at: At, tell: &mut Tell<'_>) {
        if let Protocol::Tls(of) = &mut self.protocol {
            for host in of.tls.hosts(is_over, at, self.port) {
                tell(Told::Host(host, Position::Packet(at.packet)));
            }
        }
    }

    fn lost(&mut self, side: Side, count: u64, at: At, tell: &mut Tell<'_>) {
        match &mut self.protocol {
            Protocol::Unknown { is_at_start, .. } => *is_at_start = false,
            Protocol::Http1(http) => http.lost(side, count, at, tell),
            Protocol::Http2(http) => http.lost(side, count, at, tell),
            Protocol::Tls(of) => {
                of.tls.lost(side);
                of.within.lost(side, count, at, tell);
            }
            Protocol::Other => {}
        }
    }

    /// Goes over to another protocol, if an answer said so; `rest` was said in that one.
    fn switch(&mut self, side: Side, rest: &[u8], at: At, tell: &mut Tell<'_>) {
        let Protocol::Http1(http) = &mut self.protocol else { return };
        let Some(switched) = http.exchanges.switched.take() else { return };
        let upgraded = http.exchanges.take_first();
        self.protocol = match (switched, upgraded) {
            (Switched::Tunnel, _) => Protocol::Unknown { hello: Vec::new(), is_at_start: true },
            (Switched::Http2, Some((line, packet))) => {
                Protocol::Http2(Box::new(Http2::upgraded(line, packet)))
            }
            (Switched::Http2 | Switched::Other, _) => Protocol::Other,
        };
        if !rest.is_empty() {
            self.bytes(side, rest, at, tell);
        }
    }

    /// Nothing more comes from anybody.
    pub(crate) fn finish(&mut self, at: At, tell: &mut Tell<'_>) {
        match &mut self.protocol {
            Protocol::Http1(http) => http.finish(at, tell),
            Protocol::Http2(http) => http.finish(tell),
            Protocol::Tls(of) => {
                of.within.finish(at, tell);
                self.tell_hosts(true, at, tell);
            }
            Protocol::Unknown { .. } | Protocol::Other => {}
        }
    }
}

/// A protocol that is looked into, or none of them.
enum Guess {
    Http1,
    Http2,
    Tls,
    Other,
}

/// The protocol that a client speaks which said this first; none where more must be known.
fn guess(hello: &[u8], is_at_start: bool) -> Option<Guess> {
    let trimmed = hello.trim_ascii_start();
    let word = trimmed.split(|byte| *byte == b' ').next().unwrap_or_default();
    match hello {
        _ if hello.starts_with(PREFACE) => Some(Guess::Http2),
        _ if hello.len() < PREFACE.len() && PREFACE.starts_with(hello) => None,
        [0x16, 3, ..] => Some(Guess::Tls),
        [0x16] => None,
        _ if word.len() < trimmed.len() && is_like_method(word) => Some(Guess::Http1),
        _ if hello.len() < HELLO_BYTES_MAX && (word.is_empty() || is_like_method(word)) => None,
        // In the middle of a connection a message may begin later.
        _ if !is_at_start => Some(Guess::Http1),
        _ => Some(Guess::Other),
    }
}

impl Http1 {
    fn new(is_at_start: bool) -> Http1 {
        Http1 {
            // What came first is looked at as the beginning of a message even where it may be none.
            requests: Messages::new(Kind::Request, is_at_start),
            answers: Messages::new(Kind::Answer, is_at_start),
            exchanges: Exchanges::default(),
        }
    }

    fn bytes<'b>(&mut self, side: Side, bytes: &'b [u8], at: At, tell: &mut Tell<'_>) -> &'b [u8] {
        let exchanges = &mut self.exchanges;
        match side {
            Side::Client => self.requests.feed(bytes, at, &mut |event| exchanges.asked(event, at, tell)),
            Side::Server => {
                self.answers.expect_bare(exchanges.may_be_bare());
                self.answers.feed(bytes, at, &mut |event| exchanges.answered(event, at, tell))
            }
        }
    }

    fn lost(&mut self, side: Side, count: u64, at: At, tell: &mut Tell<'_>) {
        let exchanges = &mut self.exchanges;
        match side {
            Side::Client => self.requests.lose(count, &mut |event| exchanges.asked(event, at, tell)),
            Side::Server => self.answers.lose(count, &mut |event| exchanges.answered(event, at, tell)),
        }
    }

    fn finish(&mut self, at: At, tell: &mut Tell<'_>) {
        let exchanges = &mut self.exchanges;
        self.requests.end(&mut |event| exchanges.asked(event, at, tell));
        let exchanges = &mut self.exchanges;
        self.answers.end(&mut |event| exchanges.answered(event, at, tell));
        self.exchanges.finish(tell);
    }
}
