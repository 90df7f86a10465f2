//! Values that cannot be printed or compared with `==`.

use std::fmt;

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// A credential: its bytes leave only through [`Secret::expose`], never through `Debug`, `Display` or serde.
///
/// There is no `PartialEq` on purpose; [`Secret::matches`] compares in constant time.
#[derive(Clone)]
pub struct Secret(Zeroizing<Vec<u8>>);

impl Secret {
    /// Takes the bytes; they are wiped when the last clone is dropped.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Secret {
        Secret(Zeroizing::new(bytes.into()))
    }

    /// The bytes themselves, for the one call that needs them.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// Whether `candidate` is this secret, in time that depends on the length alone.
    pub fn matches(&self, candidate: &[u8]) -> bool {
        self.0.as_slice().ct_eq(candidate).into()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

/// Text about untrusted input that may stand in a log: what was made from it, never the input itself.
///
/// It can only be built from fixed text and from values that say nothing secret (lengths, numbers, names of the
/// contract), so a credential cannot reach a record by way of an error message.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Redacted(String);

impl Redacted {
    /// Fixed text of the program.
    pub fn fixed(text: &'static str) -> Redacted {
        Redacted(text.to_owned())
    }

    /// Text that holds only names of the contract or config, counts and positions; the caller vouches for it.
    pub fn vouched(text: String) -> Redacted {
        Redacted(text)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Redacted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_never_printed() {
        let secret = Secret::new("hunter2");
        assert_eq!(format!("{secret:?}"), "[secret]");
    }

    #[test]
    fn only_the_same_bytes_match() {
        let secret = Secret::new("hunter2");
        assert!(secret.matches(b"hunter2"));
        assert!(!secret.matches(b"hunter3"));
        assert!(!secret.matches(b"hunter"));
        assert!(!secret.matches(b""));
    }
}
