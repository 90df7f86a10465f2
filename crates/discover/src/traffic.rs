//! Every form in which traffic is recorded, and how a file is read in whichever of them it is.

mod burp;
mod har;
mod otlp;
mod pcap;
mod postman;
#[cfg(test)]
mod tests;

use std::io::{self, Read};

use crate::elements::Elements;
use crate::host::Host;
use crate::keys::KeyLog;
use crate::line::Line;
use crate::markup::Markup;
use crate::tally::Position;

/// One form in which tools write down traffic. A leaf: its page holds the examples that prove it.
#[derive(Debug)]
pub struct Format {
    /// Its stable name in kebab case.
    pub id: &'static str,
    /// What writes it.
    pub product: &'static str,
    /// Where it is defined.
    pub source: &'static str,
    /// How a file shows that it is one.
    pub(crate) mark: Mark,
    /// Reads a file.
    pub(crate) read: fn(&mut dyn Read, &KeyLog, &mut Tell<'_>) -> io::Result<()>,
    /// What it is, with files (`~~~file`) and what each of them says (`~~~says`).
    pub doc: &'static str,
}

/// How a file shows in which format it is.
#[derive(Debug)]
pub(crate) enum Mark {
    /// It begins with one of these.
    Bytes(&'static [&'static [u8]]),
    /// It is XML, and its root has this name.
    Element(&'static str),
    /// It is a JSON object with one of these members.
    Members(&'static [&'static str]),
}

/// Every format, alphabetical.
pub const ALL: &[&Format] = &[&burp::FORMAT, &har::FORMAT, &otlp::FORMAT, &pcap::FORMAT, &postman::FORMAT];

/// What a file tells, one after the other.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "there is one at a time, and most are the large one")]
pub enum Told<'t> {
    /// The next entry or packet begins.
    Next,
    /// A request, and where it stands.
    Request(Line<'t>, Position),
    /// A connection that is encrypted, and the host that it shows.
    Host(Host, Position),
    /// What the entry is about is no request.
    Nothing,
    /// Something is damaged: where, and what is wrong with it.
    Unknown(Position, String),
}

/// Takes in what is told.
pub type Tell<'t> = dyn FnMut(Told<'_>) + 't;

/// How much of a file is looked at to tell its format, in bytes.
const HEAD_BYTES: usize = 1 << 16;

/// A file of recorded traffic, of which is known in which format it is.
#[derive(Debug)]
pub struct Recording<R> {
    format: &'static Format,
    head: Vec<u8>,
    stream: R,
}

impl<R: Read> Recording<R> {
    /// Looks at the beginning of `stream`; none where it is like no format.
    ///
    /// # Errors
    ///
    /// Reading failed.
    pub fn open(mut stream: R) -> io::Result<Option<Recording<R>>> {
        let mut head = vec![0; HEAD_BYTES];
        let mut filled = 0;
        while let Some(free) = head.get_mut(filled..).filter(|free| !free.is_empty()) {
            match stream.read(free)? {
                0 => break,
                more => filled += more,
            }
        }
        head.truncate(filled);
        let format = ALL.iter().find(|format| format.mark.is_on(&head));
        Ok(format.map(|format| Recording { format, head, stream }))
    }

    /// Its first bytes.
    pub(crate) fn head(&self) -> &[u8] {
        &self.head
    }

    /// The format that it is in.
    pub fn format(&self) -> &'static Format {
        self.format
    }

    /// Reads all of it; what is encrypted with the secrets of `keys`.
    ///
    /// # Errors
    ///
    /// Reading failed, or the file is damaged where that cannot be passed over; what came before was told.
    pub fn read(self, keys: &KeyLog, tell: &mut Tell<'_>) -> io::Result<()> {
        (self.format.read)(&mut self.head.chain(self.stream), keys, tell)
    }
}

impl Mark {
    fn is_on(&self, head: &[u8]) -> bool {
        match self {
            Mark::Bytes(marks) => marks.iter().any(|mark| head.starts_with(mark)),
            Mark::Element(name) => has_element(head, name),
            Mark::Members(names) => has_member(head, names),
        }
    }
}

/// Whether an object begins in `head` of which a member has one of these names.
fn has_member(head: &[u8], names: &[&str]) -> bool {
    let mut elements = Elements::new(head);
    if !matches!(elements.enter(b'{'), Ok(true)) {
        return false;
    }
    while let Ok(Some(name)) = elements.member() {
        if names.contains(&name.as_str()) {
            return true;
        }
        if elements.skip().is_err() {
            return false;
        }
    }
    false
}

/// Whether the first element in `head` has this name.
fn has_element(head: &[u8], name: &str) -> bool {
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
    head.starts_with(b"<") && matches!(Markup::new(head).next(), Ok(Some(tag)) if tag.name == name)
}
