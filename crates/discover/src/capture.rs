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

use crate::keys::KeyLog;
use crate::traffic::{Tell, Told};
use connections::{ConnectionLimits, Connections};
use file::{Packets, Record};
use fragments::Fragments;

/// Reads a capture file, and tells the requests in it, also encrypted ones whose keys are in `keys` or in the file.
///
/// # Errors
///
/// Reading failed, or the file is damaged; what is said in the packets before that is told.
pub(crate) fn read(stream: &mut dyn Read, keys: &KeyLog, tell: &mut Tell<'_>) -> io::Result<()> {
    let mut packets = Packets::new(io::BufReader::with_capacity(1 << 17, stream));
    let mut fragments = Fragments::default();
    let mut connections = Connections::new(ConnectionLimits::default(), keys.clone());
    let mut number = 0;
    let result = loop {
        match packets.next() {
            Ok(Some(Record::Keys(text))) => connections.add_keys(&String::from_utf8_lossy(text)),
            Ok(Some(Record::Packet(packet))) => {
                number += 1;
                tell(Told::Next);
                if let Some(segment) = packet::segment(packet.link, packet.bytes, &mut fragments) {
                    connections.hear(&segment, number, packet.time, tell);
                }
            }
            Ok(None) => break Ok(()),
            Err(error) => break Err(error),
        }
    };
    connections.end(tell);
    result
}
