//! The chunked transfer coding (RFC 9112 7.1) without what readers differ in: no extensions, no trailer fields.
//!
//! Chunk extensions mean nothing to anybody and have hidden line ends that one reader saw and another did not. Trailer
//! fields arrive after every decision on the head was made, and some servers merge them into it. A caller may send
//! neither; what a backend sends of them is read over, up to a bound.

use std::ops::Range;

use super::{Fault, at_most};

/// What a chunked body may hold beside its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ChunkRules {
    /// Digits of a chunk size.
    pub(crate) digits_max: usize,
    /// Bytes of extensions and trailer fields in the whole body; zero refuses the first of them.
    pub(crate) extra_bytes_max: usize,
}

/// Where in a chunked body the next byte stands.
#[derive(Debug, Default)]
pub(crate) struct Chunked {
    place: Place,
    /// Bytes of extensions and trailer fields so far.
    extra_bytes: usize,
}

#[derive(Debug)]
enum Place {
    Size { value: u64, digits: usize },
    Extension { value: u64 },
    SizeLineFeed { value: u64 },
    Data { remaining: u64 },
    DataReturn,
    DataLineFeed,
    LastReturn,
    Trailer,
    TrailerLineFeed,
    LastLineFeed,
    Done,
}

impl Default for Place {
    fn default() -> Place {
        Place::Size { value: 0, digits: 0 }
    }
}

impl Chunked {
    /// The body has ended.
    pub(crate) fn is_done(&self) -> bool {
        matches!(self.place, Place::Done)
    }

    /// The next piece of the body at the front of `input`: how many bytes it takes, and where in them its content
    /// lies, which is empty where there is framing alone.
    ///
    /// Bytes before a fault are taken first, so that what is taken does not depend on how the input was cut.
    pub(crate) fn next(&mut self, input: &[u8], rules: &ChunkRules) -> Result<(usize, Range<usize>), Fault> {
        let mut at = 0;
        let mut data = 0..0;
        while let Some(&byte) = input.get(at) {
            match &mut self.place {
                Place::Done => break,
                Place::Data { .. } if !data.is_empty() => break,
                Place::Data { remaining } => {
                    let count = at_most(input.len() - at, *remaining);
                    *remaining -= count as u64;
                    if *remaining == 0 {
                        self.place = Place::DataReturn;
                    }
                    data = at..at + count;
                    at += count;
                }
                _ => match self.after(byte, rules) {
                    Ok(after) => {
                        self.place = after;
                        at += 1;
                    }
                    Err(fault) if at == 0 => return Err(fault),
                    Err(_) => break,
                },
            }
        }
        Ok((at, data))
    }

    /// The place after one byte of the framing itself.
    fn after(&mut self, byte: u8, rules: &ChunkRules) -> Result<Place, Fault> {
        match (&self.place, byte) {
            (Place::Size { digits: 1.., value }, b';') => {
                let value = *value;
                self.extra(rules, "a chunk extension").map(|()| Place::Extension { value })
            }
            (Place::Size { value, digits }, _) => after_size(*value, *digits, byte, rules),
            (Place::Extension { value }, b'\r') => Ok(Place::SizeLineFeed { value: *value }),
            (Place::Extension { value }, 0x20.. | b'\t') => {
                let value = *value;
                self.extra(rules, "a chunk extension").map(|()| Place::Extension { value })
            }
            (Place::SizeLineFeed { value: 0 }, b'\n') => Ok(Place::LastReturn),
            (Place::SizeLineFeed { value }, b'\n') => Ok(Place::Data { remaining: *value }),
            (Place::DataReturn, b'\r') => Ok(Place::DataLineFeed),
            (Place::DataLineFeed, b'\n') => Ok(Place::default()),
            (Place::LastReturn, b'\r') => Ok(Place::LastLineFeed),
            (Place::LastLineFeed, b'\n') => Ok(Place::Done),
            (Place::Trailer, b'\r') => Ok(Place::TrailerLineFeed),
            (Place::LastReturn | Place::Trailer, 0x20.. | b'\t') => {
                self.extra(rules, "trailer fields after the last chunk").map(|()| Place::Trailer)
            }
            (Place::TrailerLineFeed, b'\n') => Ok(Place::LastReturn),
            (Place::LastReturn, _) => Err(Fault::body("trailer fields after the last chunk")),
            _ => Err(Fault::body("a chunk or its size that does not end with CRLF")),
        }
    }

    fn extra(&mut self, rules: &ChunkRules, what: &'static str) -> Result<(), Fault> {
        if self.extra_bytes >= rules.extra_bytes_max {
            return Err(Fault::body(what));
        }
        self.extra_bytes += 1;
        Ok(())
    }
}

fn after_size(value: u64, digits: usize, byte: u8, rules: &ChunkRules) -> Result<Place, Fault> {
    let digit = match byte {
        b'0'..=b'9' => byte - b'0',
        b'a'..=b'f' => byte - b'a' + 10,
        b'A'..=b'F' => byte - b'A' + 10,
        b'\r' if digits > 0 => return Ok(Place::SizeLineFeed { value }),
        _ => return Err(Fault::body("a chunk size that is not hexadecimal digits alone")),
    };
    if digits == rules.digits_max {
        return Err(Fault::body("a chunk size of too many digits"));
    }
    let value = value
        .checked_mul(16)
        .and_then(|value| value.checked_add(u64::from(digit)))
        .ok_or(Fault::body("a chunk size beyond 64 bits"))?;
    Ok(Place::Size { value, digits: digits + 1 })
}
