//! Packets that are lost, late, repeated and made up.

use proptest::prelude::*;

use super::tape::{Client, RESET, Server, Talk, told};
use crate::capture::connections::{ConnectionLimits, Connections};
use crate::capture::fragments::Fragments;
use crate::capture::packet;
use crate::capture::stream::{At, Content, Stream};
use crate::keys::KeyLog;

/// Twenty requests, each answered, with an answer in two segments.
fn talk() -> Talk {
    let mut talk = Talk::new();
    for number in 0..20 {
        talk.say(Client, format!("GET /{number} HTTP/1.1\r\nHost: a\r\n\r\n")).acknowledge(Server);
        talk.say(Server, format!("HTTP/1.1 {} X\r\nContent-Length: 10\r\n\r\n", 400 + number))
            .say(Server, "0123456789");
        talk.acknowledge(Client);
    }
    talk
}

fn line(number: usize) -> String {
    let status = 400 + number;
    format!(
        "method=GET host=a path=/{number} protocol=HTTP/1.1 status={status} bytes=10 request_bytes=0 shows=none"
    )
}

/// What is told, without the numbers of packets.
fn lines(packets: &[Vec<u8>]) -> Vec<String> {
    told(packets)
        .into_iter()
        .map(|line| line.split_once(": ").map_or(line.clone(), |(_, rest)| rest.to_owned()))
        .collect()
}

/// The place of the packet with the head of an answer, and of its body.
fn of_answer(number: usize) -> (usize, usize) {
    (3 + number * 5 + 2, 3 + number * 5 + 3)
}

#[test]
fn what_is_lost_costs_its_own_message_alone() {
    let mut packets = talk().packets;
    packets.remove(of_answer(7).0);
    let expected: Vec<String> = (0..20)
        .map(|number| match number {
            7 => "method=GET host=a path=/7 protocol=HTTP/1.1 request_bytes=0 shows=none".to_owned(),
            // The answers that wait behind the hole come when it is given up.
            _ => line(number),
        })
        .collect();
    assert_eq!(lines(&packets), expected);

    let mut packets = talk().packets;
    packets.remove(of_answer(7).1);
    assert_eq!(
        lines(&packets),
        (0..20).map(line).collect::<Vec<_>>(),
        "the length says where the next one begins"
    );

    let mut packets = talk().packets;
    packets.remove(of_answer(7).0 - 2);
    let mut expected: Vec<String> = (0..20).map(line).collect();
    expected[7] = "nothing".to_owned();
    assert_eq!(lines(&packets), expected, "an answer to what was not seen is none of the next request");
}

#[test]
fn a_connection_may_be_met_in_its_middle() {
    let packets = talk().packets;
    assert_eq!(lines(&packets[3..]), (0..20).map(line).collect::<Vec<_>>());
    let (_, body) = of_answer(4);
    assert_eq!(lines(&packets[body..]), (5..20).map(line).collect::<Vec<_>>());
    let (head, _) = of_answer(4);
    let mut expected = vec!["nothing".to_owned()];
    expected.extend((5..20).map(line));
    assert_eq!(lines(&packets[head..]), expected);
}

#[test]
fn a_reset_ends_a_connection_and_another_may_follow() {
    let mut first = talk();
    first.say(Client, "GET /last HTTP/1.1\r\n\r\n").packet(Server, RESET, b"");
    let packets = [first.packets, talk().packets].concat();
    let mut expected: Vec<String> = (0..20).map(line).collect();
    expected.push("method=GET path=/last protocol=HTTP/1.1 request_bytes=0 shows=none".to_owned());
    expected.extend((0..20).map(line));
    assert_eq!(lines(&packets), expected);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_stream_is_the_same_however_its_segments_come(
        bytes in prop::collection::vec(any::<u8>(), 1..400),
        first in any::<u32>(),
        mut cuts in prop::collection::vec((0_usize..400, 1_usize..60), 0..60),
        order in any::<u64>(),
    ) {
        // Segments that overlap as they like, and together are the whole.
        cuts.extend((0..bytes.len()).step_by(50).map(|at| (at, 50)));
        let mut segments: Vec<(usize, &[u8])> = cuts
            .into_iter()
            .filter(|(at, _)| *at < bytes.len())
            .map(|(at, length)| (at, &bytes[at..bytes.len().min(at + length)]))
            .collect();
        let mut state = order;
        for at in (1..segments.len()).rev() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            segments.swap(at, (state >> 33) as usize % (at + 1));
        }
        let mut stream = Stream::default();
        stream.begin(first);
        let mut told = Vec::new();
        for (at, segment) in segments {
            stream.add(first.wrapping_add(at as u32), segment, 0, At::default());
            while let Some((content, _)) = stream.pop() {
                let Content::Bytes(piece) = content else { panic!("{content:?}") };
                told.extend(piece);
            }
        }
        prop_assert_eq!(told, bytes);
        prop_assert_eq!(stream.cost(), 0);
    }

    #[test]
    fn requests_are_the_same_however_packets_are_repeated_and_swapped(
        repeats in prop::collection::vec(3_usize..100, 0..20),
        swaps in prop::collection::vec(3_usize..100, 0..20),
    ) {
        let mut packets = talk().packets;
        for at in swaps {
            packets.swap(at, at + 1);
        }
        for at in repeats {
            packets.insert(at + 1, packets[at].clone());
        }
        let mut told = lines(&packets);
        // Requests are told when their answers are whole.
        told.sort();
        let mut expected: Vec<String> = (0..20).map(line).collect();
        expected.sort();
        prop_assert_eq!(told, expected);
    }
}

#[test]
fn a_hostile_capture_costs_bounded_memory() {
    let limits = ConnectionLimits { connections: 100, connection_bytes: 10_000, bytes: 200_000 };
    let mut connections = Connections::new(limits, KeyLog::default());
    let mut fragments = Fragments::default();
    let (mut most, mut count) = (0, 0);
    for round in 0..2000_u32 {
        let mut talk = Talk::in_the_middle(1024 + (round % 500) as u16);
        // A head that does not end, pieces behind holes, and requests without answers.
        talk.say(Client, format!("GET /{round} HTTP/1.1\r\nX: {}", "x".repeat(900)));
        talk.packets.push(talk.packets[0].clone());
        let last = talk.packets.last_mut().unwrap();
        last[20 + 4..20 + 8].copy_from_slice(&round.wrapping_mul(2_654_435_761).to_be_bytes());
        for packet in &talk.packets {
            let segment = packet::segment(101, packet, &mut fragments).unwrap();
            connections.hear(&segment, u64::from(round), None, &mut |_| count += 1);
            most = most.max(connections.cost());
        }
    }
    assert!(most > 50_000, "{most}");
    assert!(most <= limits.bytes + limits.connection_bytes, "{most}");
    connections.end(&mut |_| count += 1);
    assert_eq!(connections.cost(), 0);
    assert!(count > 0);
}
