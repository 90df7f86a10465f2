//! Packets of TCP as they are captured: cut, late, repeated, missing.

use crate::bench::chance::Chance;

const FIN: u8 = 0x01;
const SYN: u8 = 0x02;
const ACK: u8 = 0x10;

/// The most bytes of a segment.
const SEGMENT_BYTES: usize = 1448;
/// Ethernet, IPv4 and TCP.
const HEADERS_BYTES: usize = 14 + 20 + 20;
/// Between two packets, in microseconds.
const STEP_US: u64 = 20;
/// 2025-10-10 00:00 UTC.
const START_S: u64 = 1_760_054_400;

/// Of a thousand segments those that come after the next two, that come twice, and that are missing.
const LATE: u64 = 8;
const TWICE: u64 = 5;
const MISSING: u64 = 1;

/// The same in words.
pub(super) const DISTURBANCES: &str = "of a thousand segments 8 come late, 5 twice, and 1 of those within bodies of HTTP/1.1 answers is missing";

/// Who sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Client,
    Server,
}
pub(super) use Side::{Client, Server};

/// A frame of Ethernet.
#[derive(Debug, Clone)]
pub(super) struct Packet {
    bytes: Vec<u8>,
    /// Nobody would miss more than a part of a body.
    may_miss: bool,
}

/// The head of a pcap file with microseconds.
pub(super) fn head() -> Vec<u8> {
    [0xa1b2_c3d4_u32, 0x0004_0002, 0, 0, 262_144, 1].into_iter().flat_map(u32::to_le_bytes).collect()
}

impl Packet {
    /// As it stands in the file, as its `number`th.
    pub(super) fn record(&self, number: u64) -> Vec<u8> {
        let micros = number * STEP_US;
        let length = self.bytes.len() as u64;
        let words = [START_S + micros / 1_000_000, micros % 1_000_000, length, length];
        let mut record: Vec<u8> = words.into_iter().flat_map(|word| (word as u32).to_le_bytes()).collect();
        record.extend(&self.bytes);
        record
    }

    /// What it says above TCP.
    pub(super) fn payload(&self) -> &[u8] {
        self.bytes.get(HEADERS_BYTES..).unwrap_or_default()
    }
}

/// A connection that is spoken on.
#[derive(Debug)]
pub(super) struct Talk {
    packets: Vec<Packet>,
    /// Numbers of the next bytes of client and server.
    next: [u32; 2],
    client: ([u8; 4], u16),
    server: ([u8; 4], u16),
}

impl Talk {
    /// A connection, opened.
    pub(super) fn open(client: ([u8; 4], u16), server: ([u8; 4], u16), chance: &mut Chance) -> Self {
        let next = [chance.next() as u32, chance.next() as u32];
        let mut talk = Self { packets: Vec::new(), next, client, server };
        talk.packet(Client, SYN, b"", false);
        talk.advance(Client, 1);
        talk.packet(Server, SYN | ACK, b"", false);
        talk.advance(Server, 1);
        talk.packet(Client, ACK, b"", false);
        talk
    }

    /// One side says `bytes`, and the other has them; all but the first segment may be missing where `may_miss`.
    pub(super) fn say(&mut self, side: Side, bytes: &[u8], may_miss: bool) {
        for (index, piece) in bytes.chunks(SEGMENT_BYTES).enumerate() {
            self.packet(side, ACK, piece, may_miss && index > 0);
            self.advance(side, piece.len() as u32);
        }
        self.packet(if side == Client { Server } else { Client }, ACK, b"", false);
    }

    /// Ends it: its packets as they were captured.
    pub(super) fn close(mut self, chance: &mut Chance) -> Vec<Packet> {
        for side in [Client, Server] {
            self.packet(side, FIN | ACK, b"", false);
            self.advance(side, 1);
        }
        self.packet(Client, ACK, b"", false);
        disturbed(self.packets, chance)
    }

    fn advance(&mut self, side: Side, count: u32) {
        let [client, server] = &mut self.next;
        let next = if side == Client { client } else { server };
        *next = next.wrapping_add(count);
    }

    fn packet(&mut self, side: Side, flags: u8, payload: &[u8], may_miss: bool) {
        let [client, server] = self.next;
        let (from, to, own, other) = match side {
            Client => (self.client, self.server, client, server),
            Server => (self.server, self.client, server, client),
        };
        let length = (HEADERS_BYTES - 14 + payload.len()) as u16;
        let mut bytes = vec![2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0, 0x45, 0];
        bytes.extend(length.to_be_bytes());
        bytes.extend([0, 9, 0x40, 0, 64, 6, 0, 0]);
        bytes.extend(from.0);
        bytes.extend(to.0);
        bytes.extend(from.1.to_be_bytes());
        bytes.extend(to.1.to_be_bytes());
        bytes.extend(own.to_be_bytes());
        bytes.extend(if flags & ACK == 0 { 0 } else { other }.to_be_bytes());
        bytes.extend([0x50, flags, 0xff, 0xff, 0, 0, 0, 0]);
        bytes.extend(payload);
        self.packets.push(Packet { bytes, may_miss });
    }
}

/// What a capture has of `packets`.
fn disturbed(packets: Vec<Packet>, chance: &mut Chance) -> Vec<Packet> {
    let mut captured = Vec::with_capacity(packets.len());
    let mut late: Option<(usize, Packet)> = None;
    for (index, packet) in packets.into_iter().enumerate() {
        let drawn = if packet.payload().is_empty() { u64::MAX } else { chance.below(1000) };
        if drawn < LATE && late.is_none() {
            late = Some((index + 2, packet));
        } else if (LATE..LATE + TWICE).contains(&drawn) {
            captured.extend([packet.clone(), packet]);
        } else if !(packet.may_miss && (LATE + TWICE..LATE + TWICE + MISSING).contains(&drawn)) {
            captured.push(packet);
        }
        captured.extend(late.take_if(|(due, _)| *due <= index).map(|(_, packet)| packet));
    }
    captured.extend(late.map(|(_, packet)| packet));
    captured
}

#[test]
fn some_packets_come_late_or_twice_or_never() {
    let mut chance = Chance::of(1);
    let mut talk = Talk::open(([10, 0, 0, 1], 40_000), ([10, 0, 0, 2], 80), &mut chance);
    for _ in 0..10 {
        talk.say(Server, &vec![b'x'; SEGMENT_BYTES * 1000], true);
    }
    let (said, captured) = (talk.packets.clone(), talk.close(&mut chance));
    let numbers = |packets: &[Packet]| -> Vec<u32> {
        let number = |packet: &Packet| u32::from_be_bytes(packet.bytes[38..42].try_into().expect("four"));
        packets.iter().filter(|packet| !packet.payload().is_empty()).map(number).collect()
    };
    let (said, captured) = (numbers(&said), numbers(&captured));
    let mut known = captured.clone();
    known.sort_unstable();
    known.dedup();
    assert_eq!(said.len(), 10_000);
    assert!((1..30).contains(&(said.len() - known.len())), "{} are missing", said.len() - known.len());
    assert!((20..90).contains(&(captured.len() - known.len())), "{} twice", captured.len() - known.len());
    let late = captured.windows(2).filter(|pair| pair[1] < pair[0]).count();
    assert!((40..140).contains(&late), "{late} late");
}
