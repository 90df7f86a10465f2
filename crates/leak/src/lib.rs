//! Finds in a text what should not leave: personal data, credentials, traces and internals, in one pass.

mod assigned_secret;
mod card;
mod chat_key;
mod cloud_key;
mod code_key;
mod connection_string;
mod email;
mod file_path;
mod filter;
mod iban;
mod internal_address;
mod jwt;
mod locate;
mod mail_key;
mod national_id;
mod number;
mod password_hash;
mod payment_key;
mod phone;
mod private_key;
mod service_key;
mod sql_error;
mod stack_trace;
#[cfg(test)]
mod tests;
mod text;

use std::ops::Range;

pub use filter::scan;
pub use locate::{Located, Place, locate};
pub(crate) use number::Number;

/// One class of what should not leave. A leaf: its page holds the examples that prove it.
#[derive(Debug)]
pub struct Detector {
    /// The stable name in kebab case, in records and in settings.
    pub class: &'static str,
    /// What kind of thing it is, for settings that speak of many classes at once.
    pub group: Group,
    /// Where it is looked for, and how a place is verified.
    pub(crate) triggers: &'static [Trigger],
    /// What it finds, with texts in which it finds something (`~~~found`) and texts in which it must not (`~~~clean`).
    pub doc: &'static str,
}

/// What kind of thing a class is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Group {
    /// It says something of a person.
    Personal,
    /// It opens something.
    Credential,
    /// It tells how the program behind is made, since that failed.
    Trace,
    /// It tells how the network or the machines behind are made.
    Internal,
}

/// Verifies what stands at a byte; the range is what was found.
pub(crate) type Verify = fn(&[u8], usize) -> Option<Range<usize>>;

/// Where a detector looks.
#[derive(Debug)]
pub(crate) enum Trigger {
    /// Where one of these stands, in any case; each has at least three bytes.
    Texts(&'static [&'static str], Verify),
    /// Where one of these prefixes stands, in exactly this case, and what follows is as the format says.
    Formats(&'static [Format]),
    /// At each of these bytes, which must be rare.
    Byte(u8, Verify),
    /// At numbers of six digits and more, in groups or not.
    Numbers(fn(&[u8], &Number) -> Option<Range<usize>>),
    /// At runs of letters and digits, of four bytes or of seven and more, that have both.
    Words(fn(&[u8], Range<usize>) -> Option<Range<usize>>),
}

/// A credential that is known by how it begins.
#[derive(Debug)]
pub(crate) struct Format {
    pub prefix: &'static str,
    pub body: fn(u8) -> bool,
    pub bytes_min: usize,
    pub bytes_max: usize,
}

impl Format {
    /// `prefix`, and then `min` to `max` bytes of which `body` holds, no more.
    pub(crate) const fn new(prefix: &'static str, body: fn(u8) -> bool, min: usize, max: usize) -> Format {
        Format { prefix, body, bytes_min: min, bytes_max: max }
    }

    pub(crate) fn verify(&self, text: &[u8], at: usize) -> Option<Range<usize>> {
        let body = at + self.prefix.len();
        if !text::starts_with(text, at, self.prefix) || !text::begins_word(text, at) {
            return None;
        }
        let end = text::run(text, body, self.body);
        let found = text.get(body..end)?;
        ((self.bytes_min..=self.bytes_max).contains(&found.len()) && text::varies(found)).then_some(at..end)
    }
}

/// Every class, alphabetical.
pub const ALL: &[&Detector] = &[
    &assigned_secret::DETECTOR,
    &card::DETECTOR,
    &chat_key::DETECTOR,
    &cloud_key::DETECTOR,
    &code_key::DETECTOR,
    &connection_string::DETECTOR,
    &email::DETECTOR,
    &file_path::DETECTOR,
    &iban::DETECTOR,
    &internal_address::DETECTOR,
    &jwt::DETECTOR,
    &mail_key::DETECTOR,
    &national_id::DETECTOR,
    &password_hash::DETECTOR,
    &payment_key::DETECTOR,
    &phone::DETECTOR,
    &private_key::DETECTOR,
    &service_key::DETECTOR,
    &sql_error::DETECTOR,
    &stack_trace::DETECTOR,
];

/// A set of classes, by their places in [`ALL`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Classes(u32);

impl Classes {
    /// All of them.
    pub const ALL: Classes = Classes((1 << ALL.len()) - 1);

    /// The classes of which `wanted` holds.
    pub fn of(wanted: impl Fn(&Detector) -> bool) -> Classes {
        let chosen = ALL.iter().enumerate().filter(|(_, detector)| wanted(detector));
        Classes(chosen.fold(0, |set, (place, _)| set | 1 << place))
    }

    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether the class at `place` in [`ALL`] is one of them.
    pub fn has(self, place: usize) -> bool {
        self.0 & 1 << place != 0
    }
}

/// Something found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// The place of its class in [`ALL`].
    pub place: usize,
    /// First byte of it in the text, and the one after it.
    pub range: Range<usize>,
}

impl Hit {
    /// Its class.
    pub fn class(&self) -> &'static str {
        ALL.get(self.place).map_or("", |detector| detector.class)
    }
}
