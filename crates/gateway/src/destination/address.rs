//! Which addresses are public: all that are not set aside for something else.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What of IPv4 is not public: IANA's special-purpose addresses, those of groups, and where clouds tell secrets.
#[rustfmt::skip]
const SPECIAL_FOUR: &[([u8; 4], u32)] = &[
    ([0, 0, 0, 0], 8),          // this network, RFC 791
    ([10, 0, 0, 0], 8),         // private, RFC 1918
    ([100, 64, 0, 0], 10),      // shared, RFC 6598; Alibaba's metadata at 100.100.100.200
    ([127, 0, 0, 0], 8),        // loopback, RFC 1122
    ([168, 63, 129, 16], 32),   // Azure's platform
    ([169, 254, 0, 0], 16),     // link-local, RFC 3927; metadata at 169.254.169.254
    ([172, 16, 0, 0], 12),      // private, RFC 1918
    ([192, 0, 0, 0], 24),       // protocol assignments, RFC 6890; Oracle's metadata at 192.0.0.192
    ([192, 0, 2, 0], 24),       // documentation, RFC 5737
    ([192, 88, 99, 0], 24),     // relays of 6to4, RFC 7526
    ([192, 168, 0, 0], 16),     // private, RFC 1918
    ([198, 18, 0, 0], 15),      // benchmarks, RFC 2544
    ([198, 51, 100, 0], 24),    // documentation, RFC 5737
    ([203, 0, 113, 0], 24),     // documentation, RFC 5737
    ([224, 0, 0, 0], 4),        // groups, RFC 5771
    ([240, 0, 0, 0], 4),        // reserved, and broadcast, RFC 1112
];

/// What within `2000::/3` is not public. Outside of it nothing is: not `::1`, mapped and compatible IPv4, NAT64, unique
/// local, link-local, and groups.
#[rustfmt::skip]
const SPECIAL_SIX: &[([u16; 2], u32)] = &[
    ([0x2001, 0x0000], 23),     // protocol assignments, RFC 2928, Teredo among them
    ([0x2001, 0x0db8], 32),     // documentation, RFC 3849
    ([0x2002, 0x0000], 16),     // 6to4, RFC 3056, which leads to any IPv4 address
    ([0x3fff, 0x0000], 20),     // documentation, RFC 9637
];

/// Whether everybody reaches the same under `address`, and nobody by being where the API is.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_four(address),
        IpAddr::V6(address) => is_public_six(address),
    }
}

fn is_public_four(address: Ipv4Addr) -> bool {
    let number = u32::from(address);
    let is_in =
        |&(network, bits): &([u8; 4], u32)| (number ^ u32::from_be_bytes(network)) >> (32 - bits) == 0;
    !SPECIAL_FOUR.iter().any(is_in)
}

fn is_public_six(address: Ipv6Addr) -> bool {
    let [first, second, _, _, flag, isatap, high, low] = address.segments();
    let number = u32::from(first) << 16 | u32::from(second);
    let is_in = |&([first, second], bits): &([u16; 2], u32)| {
        (number ^ (u32::from(first) << 16 | u32::from(second))) >> (32 - bits) == 0
    };
    // RFC 5214 section 6.1: an IPv4 address behind any prefix.
    let embedded = Ipv4Addr::from(u32::from(high) << 16 | u32::from(low));
    let is_isatap = matches!(flag, 0 | 0x0200) && isatap == 0x5efe;
    first >> 13 == 1 && !SPECIAL_SIX.iter().any(is_in) && (!is_isatap || is_public_four(embedded))
}
