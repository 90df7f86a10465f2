//! The same request in all that packets are carried in, and in both kinds of files.

use super::tape::{Client, Server, Talk, file, read, version4};

const EXPECTED: &str = "method=GET path=/a protocol=HTTP/1.1 status=204 bytes=0 request_bytes=0 shows=none";

fn talk() -> Vec<Vec<u8>> {
    let mut talk = Talk::new();
    talk.say(Client, "GET /a HTTP/1.1\r\n\r\n").say(Server, "HTTP/1.1 204 No Content\r\n\r\n");
    talk.packets
}

fn check(link: u32, frame: impl Fn(&Vec<u8>) -> Vec<u8>) {
    let frames: Vec<Vec<u8>> = talk().iter().map(frame).collect();
    assert_eq!(read(&file(link, &frames)), (vec![format!("4: {EXPECTED}")], None), "{link}");
}

fn behind(head: &[u8]) -> impl Fn(&Vec<u8>) -> Vec<u8> {
    move |packet| [head, packet].concat()
}

/// An Ethernet frame whose addresses are followed by this.
fn ethernet(rest: &[u8]) -> impl Fn(&Vec<u8>) -> Vec<u8> {
    move |packet| [&[0; 12], rest, packet].concat()
}

/// The payload of a packet of IPv4 in one of IPv6, with these headers between them.
fn version6(between: &[u8], first: u8, packet: &[u8]) -> Vec<u8> {
    let payload = [between, &packet[20..]].concat();
    let mut out = vec![0x60, 0, 0, 0];
    out.extend((payload.len() as u16).to_be_bytes());
    out.extend([first, 64]);
    for address in [&packet[12..16], &packet[16..20]] {
        out.extend([0x20, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        out.extend(address);
    }
    out.extend(payload);
    out
}

#[test]
fn every_link_layer_is_taken_off() {
    check(0, behind(&[2, 0, 0, 0]));
    check(108, behind(&[0, 0, 0, 2]));
    check(1, ethernet(&[0x08, 0x00]));
    check(1, ethernet(&[0x81, 0x00, 0, 5, 0x08, 0x00]));
    check(1, ethernet(&[0x88, 0xa8, 0, 5, 0x81, 0x00, 0, 6, 0x08, 0x00]));
    check(1, ethernet(&[0x88, 0x47, 0, 0, 0x10, 64, 0, 0, 0x21, 64]));
    check(1, ethernet(&[0x88, 0x64, 0x11, 0, 0, 1, 0, 80, 0x00, 0x21]));
    check(9, behind(&[0xff, 0x03, 0x00, 0x21]));
    check(101, Vec::clone);
    check(228, Vec::clone);
    check(113, behind(&[0, 0, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0, 0, 0, 0x08, 0x00]));
    check(276, behind(&[0x08, 0x00, 0, 0, 0, 0, 0, 1, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0, 0, 0]));
}

#[test]
fn headers_of_ip_and_tunnels_are_taken_off() {
    check(229, |packet| version6(&[], 6, packet));
    check(101, |packet| version6(&[60, 0, 0, 0, 0, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0], 0, packet));
    // A fragment that is the whole.
    check(101, |packet| version6(&[6, 0, 0, 0, 0, 0, 0, 9], 44, packet));
    check(101, |packet| version4(4, [1; 4], [2; 4], 0, packet));
    check(101, |packet| {
        version4(47, [1; 4], [2; 4], 0, &[&[0x20, 0, 0x08, 0, 0, 0, 0, 7], &packet[..]].concat())
    });
    // What fills a short frame up is none of it.
    check(1, |packet| [&[0; 12], &[0x08, 0x00][..], packet, &[0; 9]].concat());
}

#[test]
fn fragments_are_put_together_in_any_order() {
    let cut = |packet: &Vec<u8>| -> Vec<Vec<u8>> {
        let (from, to) = (packet[12..16].try_into().unwrap(), packet[16..20].try_into().unwrap());
        let pieces: Vec<&[u8]> = packet[20..].chunks(8).collect();
        let last = pieces.len() - 1;
        let fragment = |(at, piece): (usize, &&[u8])| {
            version4(6, from, to, at as u16 | if at < last { 0x2000 } else { 0 }, piece)
        };
        let mut fragments: Vec<Vec<u8>> = pieces.iter().enumerate().map(fragment).collect();
        fragments.reverse();
        fragments
    };
    let frames: Vec<Vec<u8>> = talk().iter().flat_map(cut).collect();
    let (lines, fault) = read(&file(101, &frames));
    assert_eq!(fault, None);
    assert_eq!(lines.len(), 1);
    assert!(lines[0].ends_with(EXPECTED), "{lines:?}");
}

/// A block of a pcapng file.
fn block(kind: u32, body: &[u8]) -> Vec<u8> {
    let mut body = body.to_vec();
    body.resize(body.len().next_multiple_of(4), 0);
    let length = body.len() as u32 + 12;
    [&kind.to_be_bytes()[..], &length.to_be_bytes(), &body, &length.to_be_bytes()].concat()
}

#[test]
fn both_kinds_of_files_are_read_in_both_byte_orders() {
    let mut section = vec![0x1a, 0x2b, 0x3c, 0x4d, 0, 1, 0, 0];
    section.extend([0xff; 8]);
    // An interface of raw packets, whose clock counts nanoseconds.
    let interface = [0, 101, 0, 0, 0, 0, 0, 0, 0, 9, 0, 1, 9, 0, 0, 0, 0, 0, 0, 0];
    let mut pcapng = [block(0x0a0d_0d0a, &section), block(1, &interface), block(0x99, b"other")].concat();
    for packet in talk() {
        let time = 1_760_104_536_000_000_000_u64;
        let length = packet.len() as u32;
        let head = [0, (time >> 32) as u32, time as u32, length, length].map(u32::to_be_bytes).concat();
        pcapng.extend(block(6, &[&head[..], &packet].concat()));
    }
    assert_eq!(read(&pcapng), (vec![format!("4: {EXPECTED}")], None));
    let mut swapped = file(101, &[]);
    for word in swapped.chunks_mut(4) {
        word.reverse();
    }
    for packet in talk() {
        let length = packet.len() as u32;
        swapped.extend([1_760_104_536, 5, length, length].map(u32::to_be_bytes).concat());
        swapped.extend(packet);
    }
    assert_eq!(read(&swapped), (vec![format!("4: {EXPECTED}")], None));
}

#[test]
fn a_file_that_is_damaged_says_where_and_what_came_before_counts() {
    let whole = file(101, &talk());
    let (lines, fault) = read(&whole[..whole.len() - 5]);
    assert_eq!(lines, ["4: method=GET path=/a protocol=HTTP/1.1 request_bytes=0 shows=none"]);
    assert_eq!(fault.unwrap(), format!("it breaks off at byte {}", whole.len() - 5));
    let mut wrong = whole;
    wrong.extend([0xff; 16]);
    let (lines, fault) = read(&wrong);
    assert_eq!(lines, [format!("4: {EXPECTED}")]);
    assert!(fault.unwrap().starts_with("a packet that is longer than packets are"));
}
