//! Reading with a cap, so that no input grows memory without bound.

use std::io::{self, Read};

/// Reads `reader` to its end, or fails with [`io::ErrorKind::FileTooLarge`] once more than `bytes_max` bytes came.
pub fn read_capped(reader: impl Read, bytes_max: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let cap = u64::try_from(bytes_max).unwrap_or(u64::MAX).saturating_add(1);
    #[expect(clippy::disallowed_methods, reason = "this is the capped reader that the rule asks for")]
    reader.take(cap).read_to_end(&mut bytes)?;
    if bytes.len() > bytes_max {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("larger than {bytes_max} bytes")));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cap_is_the_largest_size_accepted() {
        assert_eq!(read_capped(&b"abcd"[..], 4).unwrap(), b"abcd");
        assert_eq!(read_capped(&b"abcde"[..], 4).unwrap_err().kind(), io::ErrorKind::FileTooLarge);
        assert!(read_capped(io::repeat(0), 1 << 16).is_err());
    }
}
