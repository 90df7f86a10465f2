//! Decrypts records of TLS 1.2 and 1.3 with secrets that a peer wrote down.

use std::fmt;

use aws_lc_rs::aead::{
    AES_128_GCM, AES_256_GCM, Aad, Algorithm, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey,
};
use aws_lc_rs::hmac;
use zeroize::Zeroizing;

use crate::keys::{ClientRandom, KeyLog, Label};

/// Records that were sent before data is, and that other keys are for, are tried at the most so often.
const TRIES_MAX: u32 = 64;

/// A cipher suite that is understood: those of <https://www.rfc-editor.org/rfc/rfc9325>, section 4.2, and of TLS 1.3.
#[derive(Clone, Copy)]
pub(super) struct Suite {
    algorithm: &'static Algorithm,
    hash: hmac::Algorithm,
    is_13: bool,
}

impl fmt::Debug for Suite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Suite({:?})", self.algorithm)
    }
}

impl Suite {
    /// The one with this number.
    pub(super) fn of(number: u16) -> Option<Suite> {
        let (algorithm, hash, is_13) = match number {
            0x1301 => (&AES_128_GCM, hmac::HMAC_SHA256, true),
            0x1302 => (&AES_256_GCM, hmac::HMAC_SHA384, true),
            0x1303 => (&CHACHA20_POLY1305, hmac::HMAC_SHA256, true),
            0x009c | 0x009e | 0xc02b | 0xc02f => (&AES_128_GCM, hmac::HMAC_SHA256, false),
            0x009d | 0x009f | 0xc02c | 0xc030 => (&AES_256_GCM, hmac::HMAC_SHA384, false),
            0xcca8..=0xccaa => (&CHACHA20_POLY1305, hmac::HMAC_SHA256, false),
            _ => return None,
        };
        Some(Suite { algorithm, hash, is_13 })
    }
}

/// What decrypts the records of one side.
pub(super) struct Opener {
    suite: Suite,
    key: LessSafeKey,
    nonce: [u8; 12],
    sequence: u64,
    /// Of TLS 1.3: what the next keys follow from.
    secret: Zeroizing<Vec<u8>>,
    tries: u32,
}

impl fmt::Debug for Opener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Opener({})", self.sequence)
    }
}

/// The openers of both sides, if the log has the secrets of the connection; so many records of each were passed over, which
/// counts where the same keys were for them.
pub(super) fn openers(
    suite: Suite,
    keys: &KeyLog,
    client_random: &ClientRandom,
    server_random: &[u8],
    missed: (u32, u32),
) -> Option<(Opener, Opener)> {
    if suite.is_13 {
        let of =
            |label| Opener::of_secret(suite, Zeroizing::new(keys.secret(label, client_random)?.to_vec()));
        return Some((of(Label::Client)?, of(Label::Server)?));
    }
    // RFC 5246, section 6.3: ciphers that authenticate have no keys for it.
    let (key_bytes, is_counted) = (suite.algorithm.key_len(), suite.algorithm == &CHACHA20_POLY1305);
    let nonce_bytes = if is_counted { 12 } else { 4 };
    let seed = [server_random, client_random].concat();
    let master = keys.secret(Label::Master, client_random)?;
    let block = expanded(suite.hash, master, b"key expansion", &seed, 2 * (key_bytes + nonce_bytes));
    let (write_keys, nonces) = block.split_at_checked(2 * key_bytes)?;
    let (client, server) = (write_keys.split_at_checked(key_bytes)?, nonces.split_at_checked(nonce_bytes)?);
    let opener = |key, nonce, missed| {
        let opener = Opener::new(suite, key, nonce, Zeroizing::default())?;
        Some(Opener { sequence: u64::from(missed), ..opener })
    };
    Some((opener(client.0, server.0, missed.0)?, opener(client.1, server.1, missed.1)?))
}

/// The pseudorandom function of TLS 1.2 (RFC 5246, section 5).
fn expanded(
    hash: hmac::Algorithm,
    secret: &[u8],
    label: &[u8],
    seed: &[u8],
    length: usize,
) -> Zeroizing<Vec<u8>> {
    let key = hmac::Key::new(hash, secret);
    let seed = [label, seed].concat();
    let mut bytes = Zeroizing::new(Vec::new());
    let mut chained = hmac::sign(&key, &seed);
    while bytes.len() < length {
        bytes.extend_from_slice(hmac::sign(&key, &[chained.as_ref(), &seed].concat()).as_ref());
        chained = hmac::sign(&key, chained.as_ref());
    }
    bytes.truncate(length);
    bytes
}

/// `HKDF-Expand-Label` of RFC 8446, section 7.1, of no more than one hash and without context.
fn labelled(hash: hmac::Algorithm, secret: &[u8], label: &str, length: u8) -> Zeroizing<Vec<u8>> {
    let label = format!("tls13 {label}");
    let info = [&[0, length, label.len() as u8], label.as_bytes(), &[0, 1]].concat();
    let tag = hmac::sign(&hmac::Key::new(hash, secret), &info);
    Zeroizing::new(tag.as_ref().iter().copied().take(usize::from(length)).collect())
}

impl Opener {
    fn new(suite: Suite, key: &[u8], start: &[u8], secret: Zeroizing<Vec<u8>>) -> Option<Opener> {
        let key = LessSafeKey::new(UnboundKey::new(suite.algorithm, key).ok()?);
        let mut nonce = [0; 12];
        nonce.get_mut(..start.len())?.copy_from_slice(start);
        Some(Opener { suite, key, nonce, sequence: 0, secret, tries: 0 })
    }

    fn of_secret(suite: Suite, secret: Zeroizing<Vec<u8>>) -> Option<Opener> {
        let key = labelled(suite.hash, &secret, "key", u8::try_from(suite.algorithm.key_len()).ok()?);
        let nonce = labelled(suite.hash, &secret, "iv", 12);
        Opener::new(suite, &key, &nonce, secret)
    }

    /// Takes the next keys of TLS 1.3 (section 7.2).
    pub(super) fn update(&mut self) {
        let length = u8::try_from(self.secret.len()).unwrap_or(u8::MAX);
        let next = labelled(self.suite.hash, &self.secret, "traffic upd", length);
        if let Some(opener) = Opener::of_secret(self.suite, next) {
            *self = opener;
        }
    }

    /// What a record of this kind holds, with the kind that it really is; none where it does not open.
    pub(super) fn open(&mut self, kind: u8, payload: &[u8]) -> Option<(u8, Vec<u8>)> {
        if self.tries >= TRIES_MAX {
            return None;
        }
        let opened = if self.suite.is_13 { self.open_13(kind, payload) } else { self.open_12(kind, payload) };
        match &opened {
            Some(_) => {
                self.sequence += 1;
                self.tries = 0;
            }
            None => self.tries += 1,
        }
        opened
    }

    /// RFC 8446, section 5.2: the kind stands behind the data, with zeros behind it.
    fn open_13(&self, kind: u8, payload: &[u8]) -> Option<(u8, Vec<u8>)> {
        let length = u16::try_from(payload.len()).ok()?.to_be_bytes();
        let [high, low] = length;
        let mut bytes = payload.to_vec();
        let length = self
            .key
            .open_in_place(self.counted(), Aad::from([kind, 3, 3, high, low]), &mut bytes)
            .ok()?
            .len();
        bytes.truncate(length);
        while bytes.pop_if(|last| *last == 0).is_some() {}
        let kind = bytes.pop()?;
        Some((kind, bytes))
    }

    /// RFC 5246, section 6.2.3.3, with the nonces of RFC 5288 or RFC 7905.
    fn open_12(&self, kind: u8, payload: &[u8]) -> Option<(u8, Vec<u8>)> {
        let is_counted = self.suite.algorithm == &CHACHA20_POLY1305;
        let (explicit, sealed) = payload.split_at_checked(if is_counted { 0 } else { 8 })?;
        let nonce = if is_counted {
            self.counted()
        } else {
            let mut nonce = self.nonce;
            nonce.get_mut(4..)?.copy_from_slice(explicit);
            Nonce::assume_unique_for_key(nonce)
        };
        let length = u16::try_from(sealed.len().checked_sub(self.suite.algorithm.tag_len())?).ok()?;
        let aad = [&self.sequence.to_be_bytes()[..], &[kind, 3, 3], &length.to_be_bytes()].concat();
        let mut bytes = sealed.to_vec();
        let length = self.key.open_in_place(nonce, Aad::from(aad), &mut bytes).ok()?.len();
        bytes.truncate(length);
        Some((kind, bytes))
    }

    /// The nonce of the next record: the number of it, mixed into the first one.
    fn counted(&self) -> Nonce {
        let mut nonce = self.nonce;
        let tail = nonce.iter_mut().skip(4);
        tail.zip(self.sequence.to_be_bytes()).for_each(|(byte, number)| *byte ^= number);
        Nonce::assume_unique_for_key(nonce)
    }
}
