//! What a handshake of TLS says in clear text: which host is meant, how it will be spoken, and whose certificate was shown; and
//! what is said after it, where the keys are known.

use super::cipher::{Opener, Suite, openers};
use super::dialogue::Side;
use super::stream::At;
use crate::host::{Evidence, Host};
use crate::keys::{ClientRandom, KeyLog};

/// The most bytes of one side's handshake that are held.
const HANDSHAKE_BYTES_MAX: usize = 1 << 16;

/// The most bytes of one record (RFC 5246, section 6.2.3).
const RECORD_BYTES_MAX: usize = (1 << 14) + 2048;

/// The most names of a certificate that are told.
const NAMES_MAX: usize = 64;

/// So many encrypted records of one side may pass before its keys are there.
const MISSED_MAX: u32 = 64;

const CHANGE_CIPHER_SPEC: u8 = 20;
const HANDSHAKE: u8 = 22;
const DATA: u8 = 23;
const CLIENT_HELLO: u8 = 1;
const SERVER_HELLO: u8 = 2;
const CERTIFICATE: u8 = 11;
const KEY_UPDATE: u8 = 24;

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
    /// What keys are found and made with.
    client_random: ClientRandom,
    server_random: Vec<u8>,
    suite: Option<Suite>,
    opens: Opens,
}

/// Whether the keys of a connection are known.
#[derive(Debug, Default)]
enum Opens {
    /// They were not found yet. Of a connection that is listened to while it goes on, they may be written down any moment.
    #[default]
    Unknown,
    No,
    Yes(Box<(Opener, Opener)>),
}

/// The records of one side.
#[derive(Debug, Default)]
struct Records {
    record: Vec<u8>,
    handshake: Vec<u8>,
    phase: Phase,
    /// How many encrypted records passed before the keys were there.
    missed: u32,
}

/// How far one side is.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// What it says is clear.
    #[default]
    Clear,
    /// What it says is encrypted.
    Sealed,
    /// What it says is not looked at any more.
    Over,
}

/// What was found in the bytes of one side.
enum Item {
    /// A message of the handshake.
    Message(Vec<u8>),
    /// A record that is encrypted, and its kind.
    Sealed(u8, Vec<u8>),
}

impl Tls {
    /// What it holds, in bytes.
    pub(crate) fn cost(&self) -> usize {
        let of = |records: &Records| records.record.capacity() + records.handshake.capacity();
        of(&self.client) + of(&self.server)
    }

    /// Takes in what one side says: what is in the records that could be opened.
    pub(crate) fn bytes(&mut self, side: Side, mut bytes: &[u8], keys: &KeyLog) -> Vec<u8> {
        let mut data = Vec::new();
        // A message may change how what follows it is read.
        while !bytes.is_empty() && self.records(side).phase != Phase::Over {
            let (used, items) = self.records(side).take(bytes);
            bytes = bytes.get(used..).unwrap_or_default();
            for item in items {
                match item {
                    Item::Message(message) => {
                        self.message(side, &message);
                    }
                    Item::Sealed(kind, payload) => {
                        data.extend(self.open(side, kind, &payload, keys).unwrap_or_default());
                    }
                }
            }
        }
        data
    }

    /// The data in a record, if there is data in it and the keys are known.
    fn open(&mut self, side: Side, kind: u8, payload: &[u8], keys: &KeyLog) -> Option<Vec<u8>> {
        if kind == CHANGE_CIPHER_SPEC {
            return None;
        }
        if matches!(self.opens, Opens::Unknown) {
            self.opens = self.find(keys);
        }
        if matches!(self.opens, Opens::Unknown) {
            self.records(side).missed += 1;
            return None;
        }
        let Opens::Yes(openers) = &mut self.opens else {
            self.lost(side);
            return None;
        };
        let opener = if side == Side::Client { &mut openers.0 } else { &mut openers.1 };
        let (kind, data) = opener.open(kind, payload)?;
        if kind == HANDSHAKE && data.first() == Some(&KEY_UPDATE) {
            opener.update();
        }
        (kind == DATA).then_some(data)
    }

    /// Looks for the keys.
    fn find(&self, keys: &KeyLog) -> Opens {
        let Some(suite) = self.suite else { return Opens::No };
        let missed = (self.client.missed, self.server.missed);
        match openers(suite, keys, &self.client_random, &self.server_random, missed) {
            Some(found) => Opens::Yes(Box::new(found)),
            None if missed.0.max(missed.1) < MISSED_MAX => Opens::Unknown,
            None => Opens::No,
        }
    }

    /// Whether what is said is understood.
    pub(crate) fn is_open(&self) -> bool {
        matches!(self.opens, Opens::Yes(_))
    }

    fn records(&mut self, side: Side) -> &mut Records {
        if side == Side::Client { &mut self.client } else { &mut self.server }
    }

    /// Gives up on one side, of which bytes are missing.
    pub(crate) fn lost(&mut self, side: Side) {
        *self.records(side) = Records { phase: Phase::Over, ..Records::default() };
    }

    /// What was found once both sides have said what they say in clear text, or at the end; told once.
    pub(crate) fn hosts(&mut self, is_over: bool, at: At, port: u16) -> Vec<Host> {
        let is_clear = |records: &Records| records.phase == Phase::Clear;
        if self.is_told || !(is_over || (!is_clear(&self.client) && !is_clear(&self.server))) {
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
        body.bytes(2)?;
        self.client_random = *body.bytes(32)?.first_chunk()?;
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
        body.bytes(2)?;
        self.server_random = body.bytes(32)?.to_vec();
        body.vector(1)?;
        self.suite = Suite::of(u16::try_from(body.number(2)?).ok()?);
        body.bytes(1)?;
        let mut extensions = body.vector(2)?;
        while let Some((kind, mut extension)) = extensions.extension() {
            match kind {
                16 => self.chosen = protocols(extension.vector(2)?).pop(),
                // Version 1.3: all else is encrypted.
                43 if extension.0 == [3, 4] => {
                    self.server.phase = Phase::Sealed;
                    self.client.phase = Phase::Sealed;
                }
                _ => {}
            }
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
    /// Takes in bytes up to the end of a record: how many, and what is whole with them.
    fn take(&mut self, bytes: &[u8]) -> (usize, Vec<Item>) {
        let wanted = self
            .record
            .first_chunk::<5>()
            .map_or(5, |head| 5 + usize::from(u16::from_be_bytes([head[3], head[4]])));
        let used = wanted.saturating_sub(self.record.len()).min(bytes.len());
        self.record.extend_from_slice(bytes.get(..used).unwrap_or_default());
        let Some([kind, major, _, high, low]) = self.record.first_chunk::<5>().copied() else {
            return (used, Vec::new());
        };
        let length = usize::from(u16::from_be_bytes([high, low]));
        let is_record =
            (CHANGE_CIPHER_SPEC..=DATA).contains(&kind) && major == 3 && length <= RECORD_BYTES_MAX;
        if !is_record || self.handshake.len() + length > HANDSHAKE_BYTES_MAX {
            *self = Records { phase: Phase::Over, ..Records::default() };
            return (used, Vec::new());
        }
        if self.record.len() < 5 + length {
            return (used, Vec::new());
        }
        let payload = self.record.split_off(5);
        self.record.clear();
        if self.phase == Phase::Clear && kind == HANDSHAKE {
            self.handshake.extend(payload);
            return (used, self.messages());
        }
        self.phase = Phase::Sealed;
        (used, vec![Item::Sealed(kind, payload)])
    }

    /// The messages of the handshake that are whole.
    fn messages(&mut self) -> Vec<Item> {
        let mut messages = Vec::new();
        while let Some(head) = self.handshake.first_chunk::<4>() {
            let end = 4 + (u32::from_be_bytes(*head) & 0x00ff_ffff) as usize;
            if self.handshake.len() < end {
                break;
            }
            messages.push(Item::Message(self.handshake.drain(..end).collect()));
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
