//! Base64url as RFC 7515 section 2 wants it: one spelling of each value, so that no token has a second form.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// The bytes that `text` spells; nothing for padding, white space, the other alphabet or non-zero trailing bits.
pub(crate) fn decode(text: impl AsRef<[u8]>) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

/// The one spelling of `bytes`.
pub(crate) fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{ProptestConfig, any, prop, proptest};
    use proptest::prop_assert_eq;

    use super::*;

    /// Six bits at a time, and the leftover bits must be zero.
    fn slow(text: &[u8]) -> Option<Vec<u8>> {
        const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        let mut bits = Vec::new();
        for byte in text {
            let value = ALPHABET.iter().position(|letter| letter == byte)?;
            bits.extend((0..6).rev().map(|bit| value >> bit & 1 == 1));
        }
        let whole = bits.len() / 8 * 8;
        let rest = bits.split_off(whole);
        if rest.len() >= 6 || rest.contains(&true) {
            return None;
        }
        Some(bits.chunks(8).map(|byte| byte.iter().fold(0, |sum, bit| sum << 1 | u8::from(*bit))).collect())
    }

    #[test]
    fn padding_white_space_and_loose_bits_are_refused() {
        assert_eq!(decode("Zm9v").unwrap(), b"foo");
        assert_eq!(decode("Zg").unwrap(), b"f");
        for text in ["Zg==", "Zh", "Zm9v\n", " Zm9v", "Zm9", "+/+/", "Z", "Zm9vé"] {
            assert_eq!(decode(text), None, "{text}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, cases: 512, ..ProptestConfig::default() })]

        #[test]
        fn agrees_with_the_slow_decoder(text in "[A-Za-z0-9_=+/. -]{0,24}") {
            prop_assert_eq!(decode(&text), slow(text.as_bytes()));
        }

        #[test]
        fn what_is_encoded_reads_back_and_nothing_else_spells_it(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            let text = encode(&bytes);
            prop_assert_eq!(decode(&text), Some(bytes.clone()));
            prop_assert_eq!(slow(text.as_bytes()), Some(bytes));
        }
    }
}
