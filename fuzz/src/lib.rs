//! What several targets share: captures that are written packet by packet, and what is told of them.

use discover::KeyLog;
use discover::traffic::{Recording, Told};

/// The head of a capture file of packets of IP.
const HEAD: [u32; 6] = [0xa1b2_c3d4, 0x0004_0002, 0, 0, 65_535, 101];

/// A packet of IP with a segment of TCP.
fn packet(is_client: bool, flags: u8, said: [u32; 2], payload: &[u8]) -> Vec<u8> {
    let (own, other) = if is_client { (0, 1) } else { (1, 0) };
    let ends = [40_000_u16, 80];
    let addresses = [[10, 0, 0, 1], [10, 0, 0, 2]];
    let mut packet = vec![0x45, 0];
    packet.extend((40 + payload.len() as u16).to_be_bytes());
    packet.extend([0, 0, 0, 0, 64, 6, 0, 0]);
    packet.extend(addresses[own]);
    packet.extend(addresses[other]);
    packet.extend(ends[own].to_be_bytes());
    packet.extend(ends[other].to_be_bytes());
    packet.extend(said[own].to_be_bytes());
    packet.extend(said[other].to_be_bytes());
    packet.extend([0x50, flags, 0, 0, 0, 0, 0, 0]);
    packet.extend(payload);
    packet
}

/// A capture file of what two peers say in turn, the client where the flag says so, in segments of so many bytes.
pub fn capture(turns: &[(bool, &[u8])], segment_bytes: usize) -> Vec<u8> {
    let mut packets = vec![packet(true, 0x02, [0, 0], b""), packet(false, 0x12, [0, 1], b"")];
    let mut said = [1_u32, 1];
    for (is_client, bytes) in turns {
        for piece in bytes.chunks(segment_bytes) {
            packets.push(packet(*is_client, 0x10, said, piece));
            said[usize::from(!is_client)] += piece.len() as u32;
        }
    }
    let mut file: Vec<u8> = HEAD.iter().flat_map(|word| word.to_le_bytes()).collect();
    for (number, packet) in packets.iter().enumerate() {
        for word in [1, number as u32, packet.len() as u32, packet.len() as u32] {
            file.extend(word.to_le_bytes());
        }
        file.extend(packet);
    }
    file
}

/// The requests that a capture tells, without what depends on packets.
pub fn told(file: &[u8]) -> Vec<String> {
    let mut lines = Vec::new();
    let recording = Recording::open(file).expect("memory can be read").expect("it is a capture");
    let read = recording.read(&KeyLog::default(), &mut |told| {
        if let Told::Request(mut line, _) = told {
            (line.time, line.duration_us) = (None, None);
            lines.push(line.to_string());
        }
    });
    read.expect("it is whole");
    lines
}
