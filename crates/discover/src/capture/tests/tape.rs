//! Writes captures: what two peers say, as packets that may be cut, lost, repeated and put in another order.

use crate::capture;
use crate::keys::KeyLog;
use crate::traffic::Told;

pub(super) use crate::capture::dialogue::Side::{self, Client, Server};

pub(super) const FIN: u8 = 0x01;
pub(super) const SYN: u8 = 0x02;
pub(super) const RESET: u8 = 0x04;
pub(super) const ACK: u8 = 0x10;

/// Numbers of the first bytes; the client's goes beyond 2^32 soon.
const FIRST: [u32; 2] = [u32::MAX - 20, 7000];

/// A connection that is spoken on, and its packets of IP.
#[derive(Clone)]
pub(super) struct Talk {
    pub(super) packets: Vec<Vec<u8>>,
    said: [u32; 2],
    /// The most bytes of one segment.
    pub(super) segment_bytes: usize,
    client_port: u16,
}

impl Talk {
    /// A connection from its first packet on.
    pub(super) fn new() -> Talk {
        let mut talk = Talk::in_the_middle(40_000);
        talk.said = [0, 0];
        talk.packet(Client, SYN, b"");
        talk.said = [1, 0];
        talk.packet(Server, SYN | ACK, b"");
        talk.said = [1, 1];
        talk.packet(Client, ACK, b"");
        talk
    }

    /// A connection whose beginning was not captured.
    pub(super) fn in_the_middle(client_port: u16) -> Talk {
        Talk { packets: Vec::new(), said: [1, 1], segment_bytes: 1000, client_port }
    }

    pub(super) fn say(&mut self, side: Side, bytes: impl AsRef<[u8]>) -> &mut Talk {
        for piece in bytes.as_ref().chunks(self.segment_bytes) {
            self.packet(side, ACK, piece);
            self.said[side as usize] += piece.len() as u32;
        }
        self
    }

    /// What the other side has is said, too.
    pub(super) fn acknowledge(&mut self, side: Side) -> &mut Talk {
        self.packet(side, ACK, b"");
        self
    }

    pub(super) fn close(&mut self, side: Side) -> &mut Talk {
        self.packet(side, FIN | ACK, b"");
        self.said[side as usize] += 1;
        self
    }

    pub(super) fn packet(&mut self, side: Side, flags: u8, payload: &[u8]) {
        let at = |side: Side| FIRST[side as usize].wrapping_add(self.said[side as usize]);
        let other = if side == Client { Server } else { Client };
        let ends = [self.client_port, 80];
        let mut segment = Vec::new();
        segment.extend(ends[side as usize].to_be_bytes());
        segment.extend(ends[other as usize].to_be_bytes());
        segment.extend(at(side).to_be_bytes());
        segment.extend(if flags & ACK != 0 { at(other) } else { 0 }.to_be_bytes());
        segment.extend([0x50, flags, 0xff, 0xff, 0, 0, 0, 0]);
        segment.extend(payload);
        let addresses = [[10, 0, 0, 1], [10, 0, 0, 2]];
        self.packets.push(version4(6, addresses[side as usize], addresses[other as usize], 0, &segment));
    }
}

/// A packet of IPv4; `place` is what its header says of fragments.
pub(super) fn version4(protocol: u8, from: [u8; 4], to: [u8; 4], place: u16, payload: &[u8]) -> Vec<u8> {
    let mut packet = vec![0x45, 0];
    packet.extend((20 + payload.len() as u16).to_be_bytes());
    packet.extend([0, 9]);
    packet.extend(place.to_be_bytes());
    packet.extend([64, protocol, 0, 0]);
    packet.extend(from);
    packet.extend(to);
    packet.extend(payload);
    packet
}

/// A pcap file of these frames, one a millisecond.
pub(super) fn file(link: u32, frames: &[Vec<u8>]) -> Vec<u8> {
    file_of(link, 0, frames)
}

/// A pcap file of these packets of IP, one a millisecond, the first so many milliseconds later.
pub(super) fn file_from(first: usize, packets: &[Vec<u8>]) -> Vec<u8> {
    file_of(101, first, packets)
}

fn file_of(link: u32, first: usize, frames: &[Vec<u8>]) -> Vec<u8> {
    let mut file = Vec::new();
    for word in [0xa1b2_c3d4_u32, 0x0004_0002, 0, 0, 65_535, link] {
        file.extend(word.to_le_bytes());
    }
    for (number, frame) in frames.iter().enumerate() {
        for word in [1_760_104_536, (first + number) as u32 * 1000, frame.len() as u32, frame.len() as u32] {
            file.extend(word.to_le_bytes());
        }
        file.extend(frame);
    }
    file
}

/// What a file tells, a line each, and why it was not read to its end.
pub(super) fn read(file: &[u8]) -> (Vec<String>, Option<String>) {
    read_with(&KeyLog::default(), file)
}

pub(super) fn read_with(keys: &KeyLog, file: &[u8]) -> (Vec<String>, Option<String>) {
    let mut lines = Vec::new();
    let result = capture::read(&mut &file[..], keys, &mut |told| match told {
        Told::Next => {}
        Told::Request(line, at) => {
            let time = line.time;
            let line = crate::line::Line { time: None, duration_us: None, client: None, ..line };
            assert!(time.is_some());
            lines.push(format!("{}: {line}", at.number()));
        }
        Told::Host(host, at) => {
            let by = host.evidence.name();
            let protocol = host.protocol.as_deref().unwrap_or("-");
            lines.push(format!(
                "{}: {} {} {by} {protocol} {}",
                at.number(),
                host.name,
                host.port,
                host.shows_certificate
            ));
        }
        Told::Nothing => lines.push("nothing".to_owned()),
        Told::Unknown(at, what) => lines.push(format!("{}: {what}", at.number())),
    });
    (lines, result.err().map(|error| error.to_string()))
}

/// What packets of IP tell.
pub(super) fn told(packets: &[Vec<u8>]) -> Vec<String> {
    let (lines, fault) = read(&file(101, packets));
    assert_eq!(fault, None);
    lines
}
