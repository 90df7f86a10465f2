//! Packets of a capture file, one after the other: pcap and pcapng.
//!
//! <https://ietf-opsawg-wg.github.io/draft-ietf-opsawg-pcap/>: the two drafts that define them.

use std::io::{self, Read};

use model::Timestamp;

/// The largest packet, in bytes: the snapshot length that tcpdump allows.
const PACKET_BYTES_MAX: u32 = 262_144;

/// The largest block of a pcapng file that is read, in bytes; what is larger is passed over.
const BLOCK_BYTES_MAX: u32 = 1 << 20;

/// The most interfaces of one section of a pcapng file.
const INTERFACES_MAX: usize = 1 << 12;

/// The block that begins a section of a pcapng file, whose type reads the same in both byte orders.
const SECTION: u32 = 0x0a0d_0d0a;

/// What stands in a capture file.
#[derive(Debug)]
pub(crate) enum Record<'b> {
    Packet(Packet<'b>),
    /// Secrets of TLS, as a log of keys has them.
    Keys(&'b [u8]),
}

/// The type of secrets that are a log of keys.
const TLS_KEYS: u32 = 0x544c_534b;

/// A packet as it was captured.
#[derive(Debug)]
pub(crate) struct Packet<'b> {
    /// The type of its link layer.
    pub(crate) link: u32,
    pub(crate) time: Option<Timestamp>,
    /// What was captured of it.
    pub(crate) bytes: &'b [u8],
}

/// A capture file, and how far it was read.
pub(crate) struct Packets<R> {
    stream: R,
    buffer: Vec<u8>,
    /// Bytes that were read.
    at: u64,
    form: Form,
}

/// How a file, or the section that it stands in, is written.
struct Form {
    is_big_endian: bool,
    kind: Kind,
}

enum Kind {
    /// Nothing was read yet.
    Begin,
    Pcap {
        link: u32,
        /// Parts of a second, a thousand million or a million.
        unit: u64,
        /// Bytes between the header of a packet and the packet.
        extra: usize,
    },
    Pcapng(Vec<Interface>),
}

/// An interface of a section of a pcapng file.
#[derive(Clone, Copy)]
struct Interface {
    link: u32,
    snapshot: u32,
    /// Units of its clock in a second.
    unit: u64,
    /// Seconds that are added to its times.
    offset: i64,
}

/// What was found in the file.
enum Found {
    Packet { link: u32, time: Option<Timestamp>, from: usize, to: usize },
    Keys { from: usize, to: usize },
    Other,
    End,
}

impl<R: Read> Packets<R> {
    pub(crate) fn new(stream: R) -> Packets<R> {
        let form = Form { is_big_endian: false, kind: Kind::Begin };
        Packets { stream, buffer: Vec::new(), at: 0, form }
    }

    /// The next packet, or what else is of interest; none at the end of the file.
    ///
    /// # Errors
    ///
    /// Reading failed, or the file is damaged: nothing says where the next packet would begin.
    pub(crate) fn next(&mut self) -> io::Result<Option<Record<'_>>> {
        loop {
            let found = match &self.form.kind {
                Kind::Begin => self.begin()?,
                Kind::Pcap { link, unit, extra } => {
                    let (link, unit, extra) = (*link, *unit, *extra);
                    self.record(link, unit, extra)?
                }
                Kind::Pcapng(_) => self.block()?,
            };
            match found {
                Found::Packet { link, time, from, to } => {
                    let bytes = self.buffer.get(from..to).unwrap_or_default();
                    return Ok(Some(Record::Packet(Packet { link, time, bytes })));
                }
                Found::Keys { from, to } => {
                    return Ok(Some(Record::Keys(self.buffer.get(from..to).unwrap_or_default())));
                }
                Found::Other => {}
                Found::End => return Ok(None),
            }
        }
    }

    /// The magic number, and the rest of the header of a pcap file.
    fn begin(&mut self) -> io::Result<Found> {
        if !self.fill(4)? {
            return Ok(Found::End);
        }
        let magic = word(&self.buffer, 0, false);
        if magic == SECTION {
            self.form.kind = Kind::Pcapng(Vec::new());
            return self.section();
        }
        let (is_big_endian, unit, extra) = match magic {
            0xa1b2_c3d4 => (false, 1_000_000, 0),
            0xd4c3_b2a1 => (true, 1_000_000, 0),
            0xa1b2_3c4d => (false, 1_000_000_000, 0),
            0x4d3c_b2a1 => (true, 1_000_000_000, 0),
            // Written by a kernel that was patched: the header of a packet has eight bytes more.
            0xa1b2_cd34 => (false, 1_000_000, 8),
            0x34cd_b2a1 => (true, 1_000_000, 8),
            _ => return Err(self.damaged("no magic number of a capture file")),
        };
        self.form.is_big_endian = is_big_endian;
        self.need(20)?;
        // The upper bits say how long check sums of frames are.
        let link = word(&self.buffer, 16, is_big_endian) & 0x0fff_ffff;
        self.form.kind = Kind::Pcap { link, unit, extra };
        Ok(Found::Other)
    }

    /// A packet of a pcap file.
    fn record(&mut self, link: u32, unit: u64, extra: usize) -> io::Result<Found> {
        if !self.fill(16 + extra)? {
            return Ok(Found::End);
        }
        let of = |at| word(&self.buffer, at, self.form.is_big_endian);
        let (seconds, parts, length) = (of(0), of(4), of(8));
        if length > PACKET_BYTES_MAX {
            return Err(self.damaged("a packet that is longer than packets are"));
        }
        self.need(length as usize)?;
        let time = time(u64::from(seconds) * unit + u64::from(parts), unit, 0);
        Ok(Found::Packet { link, time, from: 0, to: length as usize })
    }

    /// A block of a pcapng file.
    fn block(&mut self) -> io::Result<Found> {
        if !self.fill(8)? {
            return Ok(Found::End);
        }
        let kind = word(&self.buffer, 0, self.form.is_big_endian);
        if kind == SECTION {
            self.rewind_section()?;
            return Ok(Found::Other);
        }
        let length = word(&self.buffer, 4, self.form.is_big_endian);
        if length < 12 || !length.is_multiple_of(4) {
            return Err(self.damaged("a block whose length cannot be"));
        }
        if length > BLOCK_BYTES_MAX {
            self.pass_over(u64::from(length) - 8)?;
            return Ok(Found::Other);
        }
        self.need(length as usize - 8)?;
        let end = word(&self.buffer, length as usize - 12, self.form.is_big_endian);
        if end != length {
            return Err(self.damaged("a block whose two lengths differ"));
        }
        let body = self.buffer.get(..length as usize - 12).unwrap_or_default();
        let is_big_endian = self.form.is_big_endian;
        let Kind::Pcapng(interfaces) = &mut self.form.kind else { return Ok(Found::Other) };
        match kind {
            1 => {
                if interfaces.len() < INTERFACES_MAX {
                    interfaces.push(Interface::of(body, is_big_endian));
                }
                Ok(Found::Other)
            }
            2 | 6 => Ok(enhanced(kind, body, interfaces, is_big_endian)),
            3 => {
                let (Some(interface), original) = (interfaces.first(), word(body, 0, is_big_endian)) else {
                    return Ok(Found::Other);
                };
                let snapshot = if interface.snapshot == 0 { u32::MAX } else { interface.snapshot };
                let length = original.min(snapshot) as usize;
                Ok(Found::Packet {
                    link: interface.link,
                    time: None,
                    from: 4,
                    to: body.len().min(4 + length),
                })
            }
            // Secrets: their type, their length, and they.
            10 if word(body, 0, is_big_endian) == TLS_KEYS => {
                let length = word(body, 4, is_big_endian) as usize;
                Ok(Found::Keys { from: 8, to: body.len().min(length.saturating_add(8)) })
            }
            _ => Ok(Found::Other),
        }
    }

    /// The rest of a section's header, of which eight bytes were read; its byte order is its own.
    fn rewind_section(&mut self) -> io::Result<()> {
        let length = self.buffer.get(4..8).unwrap_or_default().to_vec();
        self.need(4)?;
        self.section_of(&length)
    }

    /// The header of the first section, of which four bytes were read.
    fn section(&mut self) -> io::Result<Found> {
        self.need(8)?;
        let length = self.buffer.get(..4).unwrap_or_default().to_vec();
        self.buffer.drain(..4);
        self.section_of(&length)?;
        Ok(Found::Other)
    }

    fn section_of(&mut self, length: &[u8]) -> io::Result<()> {
        self.form.is_big_endian = match word(&self.buffer, 0, false) {
            0x1a2b_3c4d => false,
            0x4d3c_2b1a => true,
            _ => return Err(self.damaged("a section without byte order")),
        };
        let length = word(length, 0, self.form.is_big_endian);
        if length < 28 || !length.is_multiple_of(4) {
            return Err(self.damaged("a section whose length cannot be"));
        }
        self.form.kind = Kind::Pcapng(Vec::new());
        self.pass_over(u64::from(length) - 12)
    }

    fn damaged(&self, what: &str) -> io::Error {
        io::Error::new(io::ErrorKind::InvalidData, format!("{what}, before byte {}", self.at))
    }

    /// Reads so many bytes into the buffer; false where the file ends before them.
    fn fill(&mut self, count: usize) -> io::Result<bool> {
        let filled = self.read(count)?;
        if filled == 0 {
            return Ok(false);
        }
        if filled < count { Err(self.breaks_off()) } else { Ok(true) }
    }

    fn need(&mut self, count: usize) -> io::Result<()> {
        if self.read(count)? < count { Err(self.breaks_off()) } else { Ok(()) }
    }

    fn breaks_off(&self) -> io::Error {
        io::Error::new(io::ErrorKind::UnexpectedEof, format!("it breaks off at byte {}", self.at))
    }

    fn read(&mut self, count: usize) -> io::Result<usize> {
        self.buffer.resize(count, 0);
        let mut filled = 0;
        while let Some(free) = self.buffer.get_mut(filled..).filter(|free| !free.is_empty()) {
            match self.stream.read(free) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Ok(0) => break,
                Ok(more) => filled += more,
                Err(error) => return Err(error),
            }
        }
        self.at += filled as u64;
        Ok(filled)
    }

    fn pass_over(&mut self, count: u64) -> io::Result<()> {
        let passed = io::copy(&mut self.stream.by_ref().take(count), &mut io::sink())?;
        self.at += passed;
        if passed < count { Err(self.breaks_off()) } else { Ok(()) }
    }
}

impl Interface {
    /// What an interface description block says.
    fn of(body: &[u8], is_big_endian: bool) -> Interface {
        let mut interface = Interface {
            link: u32::from(half(body, 0, is_big_endian)),
            snapshot: word(body, 4, is_big_endian),
            unit: 1_000_000,
            offset: 0,
        };
        let mut options = body.get(8..).unwrap_or_default();
        while let Some((head, rest)) = options.split_at_checked(4) {
            let (code, length) = (half(head, 0, is_big_endian), usize::from(half(head, 2, is_big_endian)));
            let Some((padded, more)) = rest.split_at_checked(length.next_multiple_of(4)) else { break };
            let value = padded.get(..length).unwrap_or_default();
            match (code, value) {
                (0, _) => break,
                (9, [exponent, ..]) => {
                    let base: u64 = if exponent & 0x80 == 0 { 10 } else { 2 };
                    interface.unit = base.checked_pow(u32::from(exponent & 0x7f)).unwrap_or(1_000_000);
                }
                (14, [_, _, _, _, _, _, _, _]) => {
                    let (one, two) = (word(value, 0, is_big_endian), word(value, 4, is_big_endian));
                    let (low, high) = if is_big_endian { (two, one) } else { (one, two) };
                    interface.offset = ((u64::from(high) << 32) | u64::from(low)).cast_signed();
                }
                _ => {}
            }
            options = more;
        }
        interface
    }
}

/// The packet of an enhanced packet block, or of a packet block, which it replaced.
fn enhanced(kind: u32, body: &[u8], interfaces: &[Interface], is_big_endian: bool) -> Found {
    let of = |at| word(body, at, is_big_endian);
    let number = if kind == 6 { of(0) as usize } else { usize::from(half(body, 0, is_big_endian)) };
    let Some(interface) = interfaces.get(number) else { return Found::Other };
    let ticks = (u64::from(of(4)) << 32) | u64::from(of(8));
    let length = (of(12) as usize).min(body.len().saturating_sub(20));
    let time = time(ticks, interface.unit, interface.offset);
    Found::Packet { link: interface.link, time, from: 20, to: 20 + length }
}

/// The point so many units of a clock after the epoch.
fn time(ticks: u64, unit: u64, offset: i64) -> Option<Timestamp> {
    let micros = u128::from(ticks) * 1_000_000 / u128::from(unit.max(1));
    let micros = i128::try_from(micros).ok()? + i128::from(offset) * 1_000_000;
    u64::try_from(micros).ok().filter(|micros| *micros > 0).map(Timestamp::from_micros)
}

/// Four bytes at `at`; 0 where there are none.
fn word(bytes: &[u8], at: usize, is_big_endian: bool) -> u32 {
    let word = bytes.get(at..).and_then(|rest| rest.first_chunk()).copied().unwrap_or_default();
    if is_big_endian { u32::from_be_bytes(word) } else { u32::from_le_bytes(word) }
}

fn half(bytes: &[u8], at: usize, is_big_endian: bool) -> u16 {
    let half = bytes.get(at..).and_then(|rest| rest.first_chunk()).copied().unwrap_or_default();
    if is_big_endian { u16::from_be_bytes(half) } else { u16::from_le_bytes(half) }
}
