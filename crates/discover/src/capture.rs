//! Captured packets: connections are put together, and what is said on them is told.

mod cipher;
mod connections;
mod dialogue;
mod exchanges;
mod file;
mod fragments;
pub(crate) mod head;
mod hpack;
mod http2;
mod messages;
mod packet;
mod stream;
#[cfg(test)]
mod tests;
mod tls;

use std::io::{self, Read};

use model::Timestamp;

use crate::keys::KeyLog;
use crate::traffic::{Tell, Told};
use connections::{ConnectionLimits, Connections};
pub(crate) use file::Packet;
use file::{Packets, Record};
use fragments::Fragments;

/// Packets that are listened to, and the connections that they are of.
pub(crate) struct Capture {
    fragments: Fragments,
    connections: Connections,
    /// How many packets came, and when the last one did.
    number: u64,
    until: Option<Timestamp>,
}

impl std::fmt::Debug for Capture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Capture").field("number", &self.number).finish_non_exhaustive()
    }
}

impl Capture {
    /// Nothing was heard; what is encrypted can be read with `keys`.
    pub(crate) fn new(keys: &KeyLog) -> Capture {
        let connections = Connections::new(ConnectionLimits::default(), keys.clone());
        Capture { fragments: Fragments::default(), connections, number: 0, until: None }
    }

    /// Takes in the next packet.
    pub(crate) fn hear(&mut self, packet: &Packet<'_>, tell: &mut Tell<'_>) {
        self.number += 1;
        self.until = self.until.max(packet.time);
        tell(Told::Next);
        if let Some(segment) = packet::segment(packet.link, packet.bytes, &mut self.fragments) {
            self.connections.hear(&segment, self.number, packet.time, tell);
        }
    }

    /// How many packets came.
    pub(crate) fn packets(&self) -> u64 {
        self.number
    }

    /// When the last one came, by the clock of the packets.
    pub(crate) fn until(&self) -> Option<Timestamp> {
        self.until
    }

    /// Takes in all packets of a capture file.
    ///
    /// # Errors
    ///
    /// Reading failed, or the file is damaged; the packets before that were taken in.
    pub(crate) fn read(&mut self, stream: &mut dyn Read, tell: &mut Tell<'_>) -> io::Result<()> {
        let mut packets = Packets::new(io::BufReader::with_capacity(1 << 17, stream));
        while let Some(record) = packets.next()? {
            match record {
                Record::Keys(text) => self.add_keys(&String::from_utf8_lossy(text)),
                Record::Packet(packet) => self.hear(&packet, tell),
            }
        }
        Ok(())
    }

    /// Takes in secrets of connections.
    pub(crate) fn add_keys(&mut self, text: &str) {
        self.connections.add_keys(text);
    }

    /// Nothing more comes.
    pub(crate) fn end(&mut self, tell: &mut Tell<'_>) {
        self.connections.end(tell);
    }
}

/// Reads a capture file, and tells the requests in it, also encrypted ones whose keys are in `keys` or in the file.
///
/// # Errors
///
/// Reading failed, or the file is damaged; what is said in the packets before that is told.
pub(crate) fn read(stream: &mut dyn Read, keys: &KeyLog, tell: &mut Tell<'_>) -> io::Result<()> {
    let mut capture = Capture::new(keys);
    let result = capture.read(stream, tell);
    capture.end(tell);
    result
}

/// When the first packet came of a capture file that begins with `head`.
pub(crate) fn begins_at(head: &[u8]) -> Option<Timestamp> {
    let mut packets = Packets::new(head);
    loop {
        match packets.next() {
            Ok(Some(Record::Packet(packet))) => return packet.time,
            Ok(Some(Record::Keys(_))) => {}
            Ok(None) | Err(_) => return None,
        }
    }
}
