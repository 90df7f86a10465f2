//! The frame that holds one record: what a writer publishes with one store, and what a reader accepts.
//!
//! A frame is eight bytes of prefix, the payload, and zeros up to the next multiple of eight. The prefix is one
//! little-endian 64-bit word: payload length (24 bits), kind (8 bits), CRC-32C of those four bytes and the payload
//! (32 bits). The payload is written while the prefix is still zero, and the prefix follows as one release store, so
//! at any instant a frame is either absent or whole, for other processes and for the death of this one. A power cut
//! may keep the prefix and lose the payload's page; the checksum tells.
//!
//! The payload is compact JSON, which has no byte below 0x20, while the kind byte of every prefix is such a byte: no
//! request can smuggle text into the log that reads as a frame when a reader looks for the next one after damage.

/// The largest payload. Facts of a request are cut to bounds long before this.
pub const RECORD_BYTES_MAX: usize = 64 * 1024;

/// Bytes before the payload.
pub(super) const PREFIX_BYTES: usize = 8;

/// Every frame starts at a multiple of this, so that its prefix can be one atomic store.
pub(super) const ALIGNMENT: usize = 8;

/// The largest frame.
pub(super) const FRAME_BYTES_MAX: usize = RECORD_BYTES_MAX + PREFIX_BYTES;

/// What a frame's payload is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A [`model::Exchange`].
    Exchange = 1,
    /// A [`model::Completion`].
    Completion = 2,
}

/// What stands at one place of a segment.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found<'b> {
    /// A whole frame.
    Frame {
        /// What the payload is.
        kind: Kind,
        /// The JSON.
        payload: &'b [u8],
    },
    /// No frame was begun, or it is not published.
    Nothing,
    /// Bytes that are no frame.
    Torn,
}

/// The prefix that publishes `payload`, which must not be empty nor larger than [`RECORD_BYTES_MAX`].
pub(super) fn prefix(kind: Kind, payload: &[u8]) -> u64 {
    let word = payload.len() as u32 | (kind as u32) << 24;
    u64::from(word) | u64::from(crc32c::crc32c_append(word, payload)) << 32
}

/// Bytes from the start of a frame to the start of the next.
pub(super) const fn stride(payload_bytes: usize) -> usize {
    (PREFIX_BYTES + payload_bytes).next_multiple_of(ALIGNMENT)
}

/// Reads the frame at the start of `bytes`.
pub(super) fn read(bytes: &[u8]) -> Found<'_> {
    let Some((prefix, rest)) = bytes.split_first_chunk::<PREFIX_BYTES>() else { return Found::Nothing };
    let prefix = u64::from_le_bytes(*prefix);
    if prefix == 0 {
        return Found::Nothing;
    }
    let word = prefix as u32;
    let length = (word & 0x00ff_ffff) as usize;
    let kind = match word >> 24 {
        1 => Kind::Exchange,
        2 => Kind::Completion,
        _ => return Found::Torn,
    };
    if length == 0 || length > RECORD_BYTES_MAX {
        return Found::Torn;
    }
    match rest.get(..length) {
        Some(payload) if crc32c::crc32c_append(word, payload) == (prefix >> 32) as u32 => {
            Found::Frame { kind, payload }
        }
        _ => Found::Torn,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn framed(kind: Kind, payload: &[u8]) -> Vec<u8> {
        let mut bytes = prefix(kind, payload).to_le_bytes().to_vec();
        bytes.extend_from_slice(payload);
        bytes.resize(stride(payload.len()), 0);
        bytes
    }

    #[test]
    fn zeros_are_nothing_and_text_is_never_a_frame() {
        assert_eq!(read(&[]), Found::Nothing);
        assert_eq!(read(&[0; 64]), Found::Nothing);
        assert_eq!(read(br#"{"schema_version":1}"#), Found::Torn);
    }

    #[test]
    fn the_largest_payload_reads_back() {
        let payload = vec![b'x'; RECORD_BYTES_MAX];
        let bytes = framed(Kind::Exchange, &payload);
        assert_eq!(bytes.len(), FRAME_BYTES_MAX);
        assert_eq!(read(&bytes), Found::Frame { kind: Kind::Exchange, payload: &payload });
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, cases: 512, ..ProptestConfig::default() })]

        #[test]
        fn a_frame_reads_back_and_no_flipped_bit_is_accepted(
            payload in prop::collection::vec(any::<u8>(), 1..300),
            flip in any::<prop::sample::Index>(),
        ) {
            let mut bytes = framed(Kind::Completion, &payload);
            prop_assert_eq!(read(&bytes), Found::Frame { kind: Kind::Completion, payload: &payload });
            let bit = flip.index((PREFIX_BYTES + payload.len()) * 8);
            bytes[bit / 8] ^= 1 << (bit % 8);
            prop_assert_eq!(read(&bytes), Found::Torn);
        }

        #[test]
        fn json_text_is_never_taken_for_a_frame(text in "\\PC{0,200}") {
            let json = serde_json::to_vec(&text).unwrap();
            for at in 0..json.len() {
                let is_frame = matches!(read(&json[at..]), Found::Frame { .. });
                prop_assert!(!is_frame, "at {}", at);
            }
        }
    }
}
