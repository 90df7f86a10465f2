//! The chunked transfer coding (RFC 9112 7.1) without what readers differ in: no extensions, no trailer fields.
//!
//! Chunk extensions mean nothing to anybody and have hidden line ends that one reader saw and another did not. Trailer
//! fields arrive after every decision on the head was made, and some servers merge them into it.

use super::{Fault, WireLimits};

/// Where in a chunked body the next byte stands.
#[derive(Debug)]
pub(super) enum Chunked {
    Size { value: u64, digits: usize },
    SizeLineFeed { value: u64 },
    Data { remaining: u64 },
    DataReturn,
    DataLineFeed,
    LastReturn,
    LastLineFeed,
    Done,
}

impl Default for Chunked {
    fn default() -> Chunked {
        Chunked::Size { value: 0, digits: 0 }
    }
}

impl Chunked {
    /// The body has ended.
    pub(super) fn is_done(&self) -> bool {
        matches!(self, Chunked::Done)
    }

    /// How many of the leading bytes of `input` belong to the body; all of them unless it ends before.
    ///
    /// Bytes before a fault are counted first, so that what is released does not depend on how the input was cut.
    pub(super) fn advance(&mut self, input: &[u8], limits: &WireLimits) -> Result<usize, Fault> {
        let mut rest = input;
        while let Some((&byte, tail)) = rest.split_first() {
            match self {
                Chunked::Done => break,
                Chunked::Data { remaining } => {
                    let count =
                        usize::try_from(*remaining).map_or(rest.len(), |remaining| rest.len().min(remaining));
                    *remaining -= count as u64;
                    if *remaining == 0 {
                        *self = Chunked::DataReturn;
                    }
                    rest = rest.get(count..).unwrap_or_default();
                }
                _ => match self.after(byte, limits) {
                    Ok(after) => {
                        *self = after;
                        rest = tail;
                    }
                    Err(fault) if rest.len() == input.len() => return Err(fault),
                    Err(_) => break,
                },
            }
        }
        Ok(input.len() - rest.len())
    }

    /// The state after one byte of the framing itself.
    fn after(&self, byte: u8, limits: &WireLimits) -> Result<Chunked, Fault> {
        match (self, byte) {
            (Chunked::Size { value, digits }, _) => after_size(*value, *digits, byte, limits),
            (Chunked::SizeLineFeed { value: 0 }, b'\n') => Ok(Chunked::LastReturn),
            (Chunked::SizeLineFeed { value }, b'\n') => Ok(Chunked::Data { remaining: *value }),
            (Chunked::DataReturn, b'\r') => Ok(Chunked::DataLineFeed),
            (Chunked::DataLineFeed, b'\n') => Ok(Chunked::default()),
            (Chunked::LastReturn, b'\r') => Ok(Chunked::LastLineFeed),
            (Chunked::LastLineFeed, b'\n') => Ok(Chunked::Done),
            (Chunked::LastReturn, _) => Err(Fault::body("trailer fields after the last chunk")),
            _ => Err(Fault::body("a chunk or its size that does not end with CRLF")),
        }
    }
}

fn after_size(value: u64, digits: usize, byte: u8, limits: &WireLimits) -> Result<Chunked, Fault> {
    let digit = match byte {
        b'0'..=b'9' => byte - b'0',
        b'a'..=b'f' => byte - b'a' + 10,
        b'A'..=b'F' => byte - b'A' + 10,
        b'\r' if digits > 0 => return Ok(Chunked::SizeLineFeed { value }),
        b';' if digits > 0 => return Err(Fault::body("a chunk extension")),
        _ => return Err(Fault::body("a chunk size that is not hexadecimal digits alone")),
    };
    if digits == limits.chunk_digits_max {
        return Err(Fault::body("a chunk size of too many digits"));
    }
    let value = value
        .checked_mul(16)
        .and_then(|value| value.checked_add(u64::from(digit)))
        .ok_or(Fault::body("a chunk size beyond 64 bits"))?;
    Ok(Chunked::Size { value, digits: digits + 1 })
}
