//! Header fields of HTTP/2 out of their packing, HPACK (RFC 7541), in bounded memory.

use std::collections::VecDeque;
use std::sync::LazyLock;

/// The largest table that an encoder may ask for, in bytes; whoever uses more is not understood.
const TABLE_BYTES_MAX: usize = 1 << 18;

/// What the entries of a table cost beside their bytes (section 4.1).
const ENTRY_BYTES: usize = 32;

/// Fields of one block are told up to so many bytes: a small block can stand for very much.
const TOLD_BYTES_MAX: usize = 1 << 18;

/// The table that both sides know (appendix A).
const STATIC: [(&str, &str); 61] = [
    (":authority", ""),
    (":method", "GET"),
    (":method", "POST"),
    (":path", "/"),
    (":path", "/index.html"),
    (":scheme", "http"),
    (":scheme", "https"),
    (":status", "200"),
    (":status", "204"),
    (":status", "206"),
    (":status", "304"),
    (":status", "400"),
    (":status", "404"),
    (":status", "500"),
    ("accept-charset", ""),
    ("accept-encoding", "gzip, deflate"),
    ("accept-language", ""),
    ("accept-ranges", ""),
    ("accept", ""),
    ("access-control-allow-origin", ""),
    ("age", ""),
    ("allow", ""),
    ("authorization", ""),
    ("cache-control", ""),
    ("content-disposition", ""),
    ("content-encoding", ""),
    ("content-language", ""),
    ("content-length", ""),
    ("content-location", ""),
    ("content-range", ""),
    ("content-type", ""),
    ("cookie", ""),
    ("date", ""),
    ("etag", ""),
    ("expect", ""),
    ("expires", ""),
    ("from", ""),
    ("host", ""),
    ("if-match", ""),
    ("if-modified-since", ""),
    ("if-none-match", ""),
    ("if-range", ""),
    ("if-unmodified-since", ""),
    ("last-modified", ""),
    ("link", ""),
    ("location", ""),
    ("max-forwards", ""),
    ("proxy-authenticate", ""),
    ("proxy-authorization", ""),
    ("range", ""),
    ("referer", ""),
    ("refresh", ""),
    ("retry-after", ""),
    ("server", ""),
    ("set-cookie", ""),
    ("strict-transport-security", ""),
    ("transfer-encoding", ""),
    ("user-agent", ""),
    ("vary", ""),
    ("via", ""),
    ("www-authenticate", ""),
];

/// How many bits each byte has in the code of appendix B. Codes of the same length follow each other in the order of the bytes.
#[rustfmt::skip]
const BITS: [u8; 256] = [
    13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28,
    28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,
    6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6,
    5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
    13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,
    7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6,
    15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5,
    6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28,
    20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23,
    24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,
    22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23,
    21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
    26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25,
    19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,
    20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23,
    26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,
];

/// The longest code of a byte, in bits.
const BITS_MAX: usize = 30;

/// Codes of one length: the first of them, and the bytes that they stand for.
#[derive(Default, Clone)]
struct Codes {
    first: u32,
    bytes: Vec<u8>,
}

/// The code by the length of its words.
static CODES: LazyLock<Vec<Codes>> = LazyLock::new(|| {
    let mut code = 0_u32;
    (0..=BITS_MAX)
        .map(|length| {
            code <<= 1;
            let first = code;
            let of_length = (0..=u8::MAX).zip(BITS).filter(|(_, bits)| usize::from(*bits) == length);
            let bytes: Vec<u8> = of_length.map(|(byte, _)| byte).collect();
            code += bytes.len() as u32;
            Codes { first, bytes }
        })
        .collect()
});

/// A block that cannot be understood. What comes after it cannot be either.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Broken;

/// What one side has told of its fields.
#[derive(Debug)]
pub(crate) struct Decoder {
    /// The newest entry first.
    entries: VecDeque<(Vec<u8>, Vec<u8>)>,
    bytes: usize,
    bytes_max: usize,
}

impl Default for Decoder {
    fn default() -> Decoder {
        Decoder { entries: VecDeque::new(), bytes: 0, bytes_max: 4096 }
    }
}

impl Decoder {
    /// What its table costs, in bytes.
    pub(crate) fn cost(&self) -> usize {
        self.bytes
    }

    /// Tells the fields of a block.
    pub(crate) fn decode(&mut self, block: &[u8], tell: &mut dyn FnMut(&[u8], &[u8])) -> Result<(), Broken> {
        let mut rest = Rest(block);
        let mut told = 0;
        while let Some(first) = rest.0.first().copied() {
            let (name, value, is_kept) = match first {
                0x80.. => {
                    let index = rest.number(7)?;
                    let (name, value) = self.entry(index)?;
                    (name, value, false)
                }
                0x20..0x40 => {
                    self.resize(rest.number(5)?)?;
                    continue;
                }
                _ => {
                    let is_kept = first >= 0x40;
                    let index = rest.number(if is_kept { 6 } else { 4 })?;
                    let name = if index == 0 { rest.string()? } else { self.entry(index)?.0 };
                    (name, rest.string()?, is_kept)
                }
            };
            told += name.len() + value.len() + 1;
            if told <= TOLD_BYTES_MAX {
                tell(&name, &value);
            }
            if is_kept {
                self.keep(name, value);
            }
        }
        Ok(())
    }

    fn entry(&self, index: usize) -> Result<(Vec<u8>, Vec<u8>), Broken> {
        let index = index.checked_sub(1).ok_or(Broken)?;
        if let Some((name, value)) = STATIC.get(index) {
            return Ok((name.as_bytes().to_vec(), value.as_bytes().to_vec()));
        }
        self.entries.get(index - STATIC.len()).cloned().ok_or(Broken)
    }

    fn keep(&mut self, name: Vec<u8>, value: Vec<u8>) {
        let cost = name.len() + value.len() + ENTRY_BYTES;
        self.shrink_to(self.bytes_max.saturating_sub(cost));
        // An entry that is larger than the table empties it (section 4.4).
        if cost <= self.bytes_max {
            self.bytes += cost;
            self.entries.push_front((name, value));
        }
    }

    fn resize(&mut self, bytes_max: usize) -> Result<(), Broken> {
        if bytes_max > TABLE_BYTES_MAX {
            return Err(Broken);
        }
        self.bytes_max = bytes_max;
        self.shrink_to(bytes_max);
        Ok(())
    }

    fn shrink_to(&mut self, bytes: usize) {
        while self.bytes > bytes
            && let Some((name, value)) = self.entries.pop_back()
        {
            self.bytes -= name.len() + value.len() + ENTRY_BYTES;
        }
    }
}

/// What of a block is not read yet.
struct Rest<'b>(&'b [u8]);

impl Rest<'_> {
    fn byte(&mut self) -> Result<u8, Broken> {
        let (first, rest) = self.0.split_first().ok_or(Broken)?;
        self.0 = rest;
        Ok(*first)
    }

    /// A number that begins in the lower `bits` of the next byte (section 5.1).
    fn number(&mut self, bits: u32) -> Result<usize, Broken> {
        let mask = (1_usize << bits) - 1;
        let mut value = usize::from(self.byte()?) & mask;
        if value < mask {
            return Ok(value);
        }
        for shift in [0, 7, 14, 21] {
            let byte = self.byte()?;
            value += usize::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(Broken)
    }

    fn string(&mut self) -> Result<Vec<u8>, Broken> {
        let is_packed = self.0.first().ok_or(Broken)? & 0x80 != 0;
        let length = self.number(7)?;
        let (bytes, rest) = self.0.split_at_checked(length).ok_or(Broken)?;
        self.0 = rest;
        if is_packed { unpacked(bytes) } else { Ok(bytes.to_vec()) }
    }
}

/// The bytes that a string of bits stands for (section 5.2).
fn unpacked(packed: &[u8]) -> Result<Vec<u8>, Broken> {
    let mut bytes = Vec::with_capacity(packed.len() * 2);
    let (mut code, mut length) = (0_u32, 0_usize);
    for byte in packed {
        for shift in (0..8).rev() {
            code = (code << 1) | u32::from((byte >> shift) & 1);
            length += 1;
            let codes = CODES.get(length).ok_or(Broken)?;
            let found = code.checked_sub(codes.first).and_then(|at| codes.bytes.get(at as usize));
            if let Some(byte) = found {
                bytes.push(*byte);
                (code, length) = (0, 0);
            }
        }
    }
    // The last byte is filled up with ones.
    if length > 7 || code != (1 << length) - 1 { Err(Broken) } else { Ok(bytes) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(text: &str) -> Vec<u8> {
        let digits: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
        digits
            .chunks(2)
            .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
            .collect()
    }

    fn decode(decoder: &mut Decoder, block: &str) -> Result<String, Broken> {
        let mut told = Vec::new();
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        decoder
            .decode(&hex(block), &mut |name, value| told.push(format!("{}={}", text(name), text(value))))?;
        Ok(told.join(" "))
    }

    #[test]
    fn the_examples_of_the_specification_are_read() {
        let mut plain = Decoder::default();
        let first = ":method=GET :scheme=http :path=/ :authority=www.example.com";
        let second = format!("{first} cache-control=no-cache");
        let third =
            ":method=GET :scheme=https :path=/index.html :authority=www.example.com custom-key=custom-value";
        // Appendix C.3.
        let blocks =
            ["8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d", "8286 84be 5808 6e6f 2d63 6163 6865"];
        assert_eq!(decode(&mut plain, blocks[0]).unwrap(), first);
        assert_eq!(decode(&mut plain, blocks[1]).unwrap(), second);
        let block = "8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65";
        assert_eq!(decode(&mut plain, block).unwrap(), third);
        assert_eq!(plain.bytes, 164);
        // Appendix C.4, packed.
        let mut packed = Decoder::default();
        assert_eq!(decode(&mut packed, "8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff").unwrap(), first);
        assert_eq!(decode(&mut packed, "8286 84be 5886 a8eb 1064 9cbf").unwrap(), second);
        let block = "8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf";
        assert_eq!(decode(&mut packed, block).unwrap(), third);
    }

    #[test]
    fn every_byte_has_a_code_and_none_begins_another() {
        let space: u64 = BITS.iter().map(|bits| 1_u64 << (BITS_MAX - usize::from(*bits))).sum();
        // The one word that is left stands for the end of a string.
        assert_eq!(space, (1 << BITS_MAX) - 1);
    }

    #[test]
    fn what_cannot_be_is_broken_and_what_swells_is_bounded() {
        for block in ["80", "be", "ff", "40", "4001", "00 81 00 00", "3f ff ff ff 7f", "ff ff ff ff ff ff"] {
            assert_eq!(decode(&mut Decoder::default(), block), Err(Broken), "{block}");
        }
        let mut decoder = Decoder::default();
        let mut block = vec![0x40, 1, b'a', 0x7f, 0x80, 0x1e];
        block.extend(vec![b'x'; 3967]);
        block.extend(vec![0xbe; 100_000]);
        let mut told = 0;
        decoder.decode(&block, &mut |name, value| told += name.len() + value.len()).unwrap();
        assert!((TOLD_BYTES_MAX / 2..=TOLD_BYTES_MAX).contains(&told), "{told}");
        assert!(decoder.cost() <= 4096);
    }
}
