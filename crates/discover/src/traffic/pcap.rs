//! pcap and pcapng.

use super::{Format, Mark};
use crate::capture;

pub(super) const FORMAT: Format = Format {
    id: "pcap",
    product: "tcpdump, Wireshark and whatever uses libpcap",
    source: "https://ietf-opsawg-wg.github.io/draft-ietf-opsawg-pcap/",
    mark: Mark::Bytes(&[
        &[0xa1, 0xb2, 0xc3, 0xd4],
        &[0xd4, 0xc3, 0xb2, 0xa1],
        &[0xa1, 0xb2, 0x3c, 0x4d],
        &[0x4d, 0x3c, 0xb2, 0xa1],
        &[0xa1, 0xb2, 0xcd, 0x34],
        &[0x34, 0xcd, 0xb2, 0xa1],
        &[0x0a, 0x0d, 0x0d, 0x0a],
    ]),
    read: capture::read,
    doc: DOC,
};

const DOC: &str = r##"
Packets, in either of the two formats, of Ethernet (tagged or not), PPP, loopback, raw IP and Linux's "any" interface. Connections
are put together from packets in whatever order they come, and what was not captured is passed over up to the next message.
"##;
