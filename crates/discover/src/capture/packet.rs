//! What is in a packet, from the link layer up to TCP.

use std::borrow::Cow;
use std::net::{IpAddr, SocketAddr};

use super::fragments::{Fragment, Fragments};

/// How many headers that are put around each other are looked through: tags of VLANs, headers of IPv6, tunnels.
const HEADERS_MAX: usize = 16;

/// How deep packets may lie in packets.
const TUNNELS_MAX: usize = 4;

/// A segment of TCP.
#[derive(Debug)]
pub(crate) struct Segment<'b> {
    pub(crate) from: SocketAddr,
    pub(crate) to: SocketAddr,
    pub(crate) sequence: u32,
    /// What the sender says it has, if it says so.
    pub(crate) acknowledged: Option<u32>,
    pub(crate) is_syn: bool,
    pub(crate) is_fin: bool,
    pub(crate) is_reset: bool,
    pub(crate) payload: Cow<'b, [u8]>,
    /// Bytes behind the payload that were sent and not captured.
    pub(crate) missing: u32,
}

/// The segment of TCP that a frame carries, if it carries one; fragments wait until the last of them came.
pub(crate) fn segment<'b>(link: u32, frame: &'b [u8], fragments: &mut Fragments) -> Option<Segment<'b>> {
    let packet = network(link, frame)?;
    internet(Cow::Borrowed(packet), fragments, 0)
}

/// The packet of IP within a frame; <https://www.tcpdump.org/linktypes.html>.
fn network(link: u32, frame: &[u8]) -> Option<&[u8]> {
    match link {
        // NULL and LOOP: the family of the addresses in the byte order of the host or of the network. A packet says it, too.
        0 | 108 => frame.get(4..),
        1 => ether(half(frame, 12)?, frame.get(14..)?),
        // PPP, with and without the bytes of HDLC.
        9 | 50 => match frame {
            [0xff, 0x03, rest @ ..] => point_to_point(rest),
            _ => point_to_point(frame),
        },
        12 | 14 | 101 | 228 | 229 => Some(frame),
        // SLL and SLL2.
        113 => ether(half(frame, 14)?, frame.get(16..)?),
        276 => ether(half(frame, 0)?, frame.get(20..)?),
        _ => None,
    }
}

/// What stands behind the type of a frame of Ethernet: an IP packet, perhaps after tags.
fn ether(mut kind: u16, mut rest: &[u8]) -> Option<&[u8]> {
    for _ in 0..HEADERS_MAX {
        match kind {
            0x0800 | 0x86dd => return Some(rest),
            0x8100 | 0x88a8 | 0x9100 | 0x9200 => {
                kind = half(rest, 2)?;
                rest = rest.get(4..)?;
            }
            // MPLS: labels up to the one whose bit says that it is the last.
            0x8847 | 0x8848 => {
                let is_last = rest.get(2)? & 1 == 1;
                rest = rest.get(4..)?;
                if is_last {
                    return Some(rest);
                }
            }
            0x8864 => return point_to_point(rest.get(6..)?),
            _ => return None,
        }
    }
    None
}

fn point_to_point(frame: &[u8]) -> Option<&[u8]> {
    match half(frame, 0)? {
        0x0021 | 0x0057 => frame.get(2..),
        _ => None,
    }
}

/// The segment in a packet of IP.
fn internet<'b>(packet: Cow<'b, [u8]>, fragments: &mut Fragments, depth: usize) -> Option<Segment<'b>> {
    if depth > TUNNELS_MAX {
        return None;
    }
    let datagram = match packet.first()? >> 4 {
        4 => version4(&packet)?,
        6 => version6(&packet)?,
        _ => return None,
    };
    let (addresses, protocol) = ((datagram.from, datagram.to), datagram.protocol);
    let missing = datagram.missing;
    let (from, to) = (datagram.start, datagram.end);
    let payload: Cow<'b, [u8]> = match datagram.fragment {
        // What was cut off would be a hole that nothing fills.
        Some(_) if missing > 0 => return None,
        Some(fragment) => Cow::Owned(fragments.add(addresses, fragment, packet.get(from..to)?)?),
        None => match packet {
            Cow::Borrowed(packet) => Cow::Borrowed(packet.get(from..to)?),
            Cow::Owned(packet) => Cow::Owned(packet.get(from..to)?.to_vec()),
        },
    };
    match protocol {
        6 => transport(addresses, payload, missing),
        4 | 41 => internet(payload, fragments, depth + 1),
        47 => internet(generic(payload)?, fragments, depth + 1),
        _ => None,
    }
}

/// What GRE carries (RFC 2784 and RFC 2890), if that is IP.
fn generic(payload: Cow<'_, [u8]>) -> Option<Cow<'_, [u8]>> {
    let (flags, kind) = (half(&payload, 0)?, half(&payload, 2)?);
    let optional = [0x8000, 0x2000, 0x1000].into_iter().filter(|flag| flags & flag != 0).count();
    let start = 4 + 4 * optional;
    if !matches!(kind, 0x0800 | 0x86dd) || flags & 7 != 0 {
        return None;
    }
    Some(match payload {
        Cow::Borrowed(payload) => Cow::Borrowed(payload.get(start..)?),
        Cow::Owned(payload) => Cow::Owned(payload.get(start..)?.to_vec()),
    })
}

/// Where what a packet of IP carries stands in it.
struct Datagram {
    from: IpAddr,
    to: IpAddr,
    protocol: u8,
    fragment: Option<Fragment>,
    start: usize,
    end: usize,
    missing: u32,
}

fn version4(packet: &[u8]) -> Option<Datagram> {
    let start = usize::from(packet.first()? & 0x0f) * 4;
    // A card that cuts segments itself leaves the length open.
    let length = Some(usize::from(half(packet, 2)?)).filter(|length| *length > 0).unwrap_or(packet.len());
    let flags = half(packet, 6)?;
    let address = |at: usize| packet.get(at..at + 4)?.first_chunk::<4>().copied().map(IpAddr::from);
    let fragment = (flags & 0x3fff != 0).then_some(Fragment {
        id: u32::from(half(packet, 4)?),
        protocol: *packet.get(9)?,
        offset: usize::from(flags & 0x1fff) * 8,
        is_last: flags & 0x2000 == 0,
    });
    let end = length.min(packet.len());
    (start >= 20 && start <= end).then_some(Datagram {
        from: address(12)?,
        to: address(16)?,
        protocol: *packet.get(9)?,
        fragment,
        start,
        end,
        missing: u32::try_from(length - end).ok()?,
    })
}

fn version6(packet: &[u8]) -> Option<Datagram> {
    let length = usize::from(half(packet, 4)?);
    let length = if length == 0 { packet.len() } else { 40 + length };
    let end = length.min(packet.len());
    let address = |at: usize| packet.get(at..at + 16)?.first_chunk::<16>().copied().map(IpAddr::from);
    let (mut next, mut start, mut fragment) = (*packet.get(6)?, 40, None);
    for _ in 0..HEADERS_MAX {
        let header = packet.get(start..)?;
        match next {
            // Options of hops and of the destination, a route.
            0 | 43 | 60 => start += 8 + usize::from(*header.get(1)?) * 8,
            51 => start += 8 + usize::from(*header.get(1)?) * 4,
            44 => {
                let place = half(header, 2)?;
                start += 8;
                fragment = Some(Fragment {
                    id: u32::from_be_bytes(*header.get(4..)?.first_chunk()?),
                    protocol: *header.first()?,
                    offset: usize::from(place & 0xfff8),
                    is_last: place & 1 == 0,
                });
                next = *header.first()?;
                // What follows in the first fragment is of the whole packet.
                break;
            }
            _ => break,
        }
        next = *header.first()?;
    }
    // A fragment that is the whole is none.
    let fragment = fragment.filter(|fragment| fragment.offset > 0 || !fragment.is_last);
    (start <= end).then_some(Datagram {
        from: address(8)?,
        to: address(24)?,
        protocol: next,
        fragment,
        start,
        end,
        missing: u32::try_from(length - end).ok()?,
    })
}

fn transport<'b>(addresses: (IpAddr, IpAddr), bytes: Cow<'b, [u8]>, missing: u32) -> Option<Segment<'b>> {
    let of = |at: usize| Some(u32::from_be_bytes(*bytes.get(at..)?.first_chunk()?));
    let flags = *bytes.get(13)?;
    let start = usize::from(bytes.get(12)? >> 4) * 4;
    if start < 20 {
        return None;
    }
    let (from, to) =
        (SocketAddr::new(addresses.0, half(&bytes, 0)?), SocketAddr::new(addresses.1, half(&bytes, 2)?));
    let (sequence, acknowledged) = (of(4)?, (flags & 0x10 != 0).then_some(of(8)?));
    let payload = match bytes {
        Cow::Borrowed(bytes) => Cow::Borrowed(bytes.get(start..)?),
        Cow::Owned(bytes) => Cow::Owned(bytes.get(start..)?.to_vec()),
    };
    Some(Segment {
        from,
        to,
        sequence,
        acknowledged,
        is_syn: flags & 0x02 != 0,
        is_fin: flags & 0x01 != 0,
        is_reset: flags & 0x04 != 0,
        payload,
        missing,
    })
}

fn half(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk().map(|half| u16::from_be_bytes(*half))
}
