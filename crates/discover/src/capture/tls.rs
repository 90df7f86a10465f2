//! What a handshake of TLS says in clear text: which host is meant, how it will be spoken, and whose certificate was shown.

use super::dialogue::Side;
use super::stream::At;
use crate::host::{Evidence, Host};

/// The most bytes of one side's handshake that are held.
const HANDSHAKE_BYTES_MAX: usize = 1 << 16;

/// The most names of a certificate that are told.
const NAMES_MAX: usize = 64;

const HANDSHAKE: u8 = 22;
const CLIENT_HELLO: u8 = 1;
const SERVER_HELLO: u8 = 2;
const CERTIFICATE: u8 = 11;

/// A connection whose handshake is listened to.
#[derive(Debug, Default)]
pub(crate) struct Tls {
    client: Records,
    server: Records,
    name: Option<String>,
    /// Protocols that the client offers, and the one that the server chose.
    offered: Vec<String>,
    chosen: Option<String>,
    names: Vec<String>,
    shows_certificate: bool,
    is_told: bool,
}

/// The records of one side, until they are encrypted.
#[derive(Debug, Default)]
struct Records {
    record: Vec<u8>,
    handshake: Vec<u8>,
    is_over: bool,
}

impl Tls {
    /// What it holds, in bytes.
    pub(crate) fn cost(&self) -> usize {
        let of = |records: &Records| records.record.capacity() + records.handshake.capacity();
        of(&self.client) + of(&self.server)
    }

    /// Takes in what one side says.
    pub(crate) fn bytes(&mut self, side: Side, bytes: &[u8]) {
        let records = if side == Side::Client { &mut self.client } else { &mut self.server };
        if records.is_over {
            return;
        }
        for message in records.take(bytes) {
            self.message(side, &message);
        }
    }

    /// Gives up on one side, of which bytes are missing.
    pub(crate) fn lost(&mut self, side: Side) {
        let records = if side == Side::Client { &mut self.client } else { &mut self.server };
        *records = Records { is_over: true, ..Records::default() };
    }

    /// What was found once both sides have said what they say in clear text, or at the end; told once.
    pub(crate) fn hosts(&mut self, is_over: bool, at: At, port: u16) -> Vec<Host> {
        if self.is_told || !(is_over || (self.client.is_over && self.server.is_over)) {
            return Vec::new();
        }
        self.is_told = true;
        let protocol =
            self.chosen.take().or_else(|| (self.offered.len() == 1).then(|| self.offered.remove(0)));
        let host = |name: String, evidence| Host {
            name: name.to_ascii_lowercase().into(),
            port,
            evidence,
            protocol: protocol.clone().map(Into::into),
            shows_certificate: self.shows_certificate,
            time: at.time,
        };
        let asked = self.name.take().map(|name| host(name, Evidence::ServerName));
        let names = std::mem::take(&mut self.names);
        // What the client asked for says more than all that the certificate is for.
        match asked {
            Some(asked) => vec![asked],
            None => names.into_iter().map(|name| host(name, Evidence::Certificate)).collect(),
        }
    }

    fn message(&mut self, side: Side, message: &[u8]) -> Option<()> {
        let (kind, body) = (*message.first()?, Reader(message.get(4..)?));
        match (side, kind) {
            (Side::Client, CLIENT_HELLO) => self.client_hello(body),
            (Side::Server, SERVER_HELLO) => self.server_hello(body),
            (Side::Server, CERTIFICATE) => self.certificate(body),
            (Side::Client, CERTIFICATE) => {
                self.shows_certificate = message.len() > 7;
                Some(())
            }
            _ => Some(()),
        }
    }

    /// RFC 8446, section 4.1.2.
    fn client_hello(&mut self, mut body: Reader<'_>) -> Option<()> {
        body.bytes(34)?;
        body.vector(1)?;
        body.vector(2)?;
        body.vector(1)?;
        let mut extensions = body.vector(2)?;
        while let Some((kind, mut extension)) = extensions.extension() {
            match kind {
                // RFC 6066, section 3: a list, of which one is the name of a host.
                0 => {
                    let mut names = extension.vector(2)?;
                    if names.number(1)? == 0 {
                        self.name = host_name(names.vector(2)?.0);
                    }
                }
                // RFC 7301, section 3.1.
                16 => self.offered = protocols(extension.vector(2)?),
                _ => {}
            }
        }
        Some(())
    }

    fn server_hello(&mut self, mut body: Reader<'_>) -> Option<()> {
        body.bytes(34)?;
        body.vector(1)?;
        body.bytes(3)?;
        let mut extensions = body.vector(2)?;
        while let Some((kind, mut extension)) = extensions.extension() {
            match kind {
                16 => self.chosen = protocols(extension.vector(2)?).pop(),
                // Version 1.3: all else is encrypted.
                43 if extension.0 == [3, 4] => self.server.is_over = true,
                _ => {}
            }
        }
        if self.server.is_over {
            self.client.is_over = true;
        }
        Some(())
    }

    /// RFC 5246, section 7.4.2: the first certificate is the server's own.
    fn certificate(&mut self, mut body: Reader<'_>) -> Option<()> {
        let own = body.vector(3)?.vector(3)?.0.to_vec().into();
        let certificate = webpki::EndEntityCert::try_from(&own).ok()?;
        let names = certificate.valid_dns_names().take(NAMES_MAX);
        self.names = names.filter_map(|name| host_name(name.as_bytes())).collect();
        Some(())
    }
}

impl Records {
    /// Takes in bytes: the messages of the handshake that are whole with them.
    fn take(&mut self, bytes: &[u8]) -> Vec<Vec<u8>> {
        let mut messages = Vec::new();
        self.record.extend_from_slice(bytes.get(..bytes.len().min(HANDSHAKE_BYTES_MAX)).unwrap_or_default());
        while let Some(head) = self.record.first_chunk::<5>().copied() {
            let length = usize::from(u16::from_be_bytes([head[3], head[4]]));
            let is_clear = head[0] == HANDSHAKE && head[1] == 3;
            if !is_clear || self.handshake.len() + self.record.len() > HANDSHAKE_BYTES_MAX {
                *self = Records { is_over: true, ..Records::default() };
                break;
            }
            if self.record.len() < 5 + length {
                break;
            }
            self.handshake.extend(self.record.drain(..5 + length).skip(5));
            while let Some(length) =
                self.handshake.first_chunk::<4>().map(|head| u32::from_be_bytes(*head) & 0x00ff_ffff)
            {
                let end = 4 + length as usize;
                if self.handshake.len() < end {
                    break;
                }
                messages.push(self.handshake.drain(..end).collect());
            }
        }
        messages
    }
}

/// What of a message is not read yet.
struct Reader<'b>(&'b [u8]);

impl<'b> Reader<'b> {
    fn bytes(&mut self, count: usize) -> Option<&'b [u8]> {
        let (bytes, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(bytes)
    }

    fn number(&mut self, size: usize) -> Option<usize> {
        Some(self.bytes(size)?.iter().fold(0, |number, byte| (number << 8) | usize::from(*byte)))
    }

    /// What stands behind its length, which has `size` bytes.
    fn vector(&mut self, size: usize) -> Option<Reader<'b>> {
        let length = self.number(size)?;
        self.bytes(length).map(Reader)
    }

    fn extension(&mut self) -> Option<(usize, Reader<'b>)> {
        Some((self.number(2)?, self.vector(2)?))
    }
}

fn protocols(mut list: Reader<'_>) -> Vec<String> {
    let mut names = Vec::new();
    while let Some(name) = list.vector(1) {
        names.push(String::from_utf8_lossy(name.0).into_owned());
    }
    names
}

/// A name as it may stand in DNS; anything else may be anything.
fn host_name(bytes: &[u8]) -> Option<String> {
    let is_name = (1..=253).contains(&bytes.len())
        && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-._*".contains(byte));
    is_name.then(|| String::from_utf8_lossy(bytes).into_owned())
}
