//! Secrets of connections of TLS, as clients and servers write them down where they are told to: the NSS key log format.
//!
//! <https://datatracker.ietf.org/doc/draft-ietf-tls-keylogfile/>

use std::collections::HashMap;
use std::fmt;

use zeroize::Zeroizing;

/// The most secrets of one log.
const SECRETS_MAX: usize = 1 << 20;

/// The random bytes of a client's first message, by which connections are known.
pub(crate) type ClientRandom = [u8; 32];

/// What a secret is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Label {
    /// TLS 1.2: from which all keys of a connection follow.
    Master,
    /// TLS 1.3: from which the keys follow that one side writes data with.
    Client,
    Server,
}

/// Secrets by the connections that they are of.
#[derive(Default, Clone)]
pub struct KeyLog {
    secrets: HashMap<(Label, ClientRandom), Zeroizing<Vec<u8>>>,
}

impl fmt::Debug for KeyLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyLog({} secrets)", self.secrets.len())
    }
}

impl KeyLog {
    /// Takes in the lines of a log. Those that are for other purposes, or are none, are passed over.
    pub fn add(&mut self, text: &str) {
        for line in text.lines() {
            let mut words = line.split_ascii_whitespace();
            let label = match words.next() {
                Some("CLIENT_RANDOM") => Label::Master,
                Some("CLIENT_TRAFFIC_SECRET_0") => Label::Client,
                Some("SERVER_TRAFFIC_SECRET_0") => Label::Server,
                _ => continue,
            };
            let random =
                words.next().and_then(bytes).and_then(|bytes| ClientRandom::try_from(&bytes[..]).ok());
            let secret = words.next().and_then(bytes).filter(|secret| (32..=48).contains(&secret.len()));
            if let (Some(random), Some(secret)) = (random, secret)
                && self.secrets.len() < SECRETS_MAX
            {
                self.secrets.insert((label, random), secret);
            }
        }
    }

    /// Forgets all, where there are so many that no more would be taken: connections that are known have theirs.
    pub(crate) fn make_room(&mut self) {
        if self.secrets.len() >= SECRETS_MAX {
            self.secrets.clear();
        }
    }

    /// How many secrets there are.
    pub fn len(&self) -> usize {
        self.secrets.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.secrets.is_empty()
    }

    pub(crate) fn secret(&self, label: Label, random: &ClientRandom) -> Option<&[u8]> {
        self.secrets.get(&(label, *random)).map(|secret| &secret[..])
    }
}

/// The bytes that hexadecimal digits stand for.
fn bytes(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    if !text.len().is_multiple_of(2) || text.len() > 128 {
        return None;
    }
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let (pairs, _) = text.as_bytes().as_chunks::<2>();
    let pairs = pairs.iter().map(|[high, low]| u8::try_from(digit(*high)? * 16 + digit(*low)?).ok());
    pairs.collect::<Option<Vec<u8>>>().map(Zeroizing::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_found_and_not_printed() {
        let random = "0a".repeat(32);
        let mut keys = KeyLog::default();
        keys.add(&format!(
            "# a comment\nCLIENT_RANDOM {random} {}\nCLIENT_TRAFFIC_SECRET_0 {random} {}\nEXPORTER_SECRET {random} 00\nCLIENT_RANDOM xx 00\nSERVER_TRAFFIC_SECRET_0 {random}\n",
            "bb".repeat(48),
            "cc".repeat(32),
        ));
        assert_eq!(keys.secret(Label::Master, &[10; 32]), Some(&[0xbb; 48][..]));
        assert_eq!(keys.secret(Label::Client, &[10; 32]), Some(&[0xcc; 32][..]));
        assert_eq!(keys.secret(Label::Server, &[10; 32]), None);
        assert_eq!(format!("{keys:?}"), "KeyLog(2 secrets)");
    }
}
