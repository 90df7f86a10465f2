//! Walks one JSON document as it comes, however large: names and elements one after the other, and values held or passed over.
//!
//! What is passed over is not judged; what is held is judged by whoever reads it. So one damaged element is that one alone,
//! unless its brackets or quotes are not closed.

use std::io::{self, Read};

/// How much is read at once, in bytes.
const BUFFER_BYTES: usize = 1 << 16;

/// A longer string is held as an empty one, in bytes: a body, which nobody needs.
const STRING_BYTES_MAX: usize = 1 << 16;

/// A larger value is not held, in bytes, without its long strings.
const VALUE_BYTES_MAX: usize = 1 << 23;

/// A longer name of a member is cut, in bytes.
const NAME_BYTES_MAX: usize = 256;

/// A document, and how far it was walked.
pub(crate) struct Elements<R> {
    stream: R,
    buffer: Vec<u8>,
    from: usize,
    to: usize,
    /// Bytes before the buffer.
    before: u64,
}

/// A value that was to be held.
pub(crate) enum Held {
    /// As it is written, but for long strings.
    Text(Vec<u8>),
    /// It is larger than what is held.
    TooLarge,
}

impl<R: Read> Elements<R> {
    /// A document at its beginning.
    pub(crate) fn new(stream: R) -> Elements<R> {
        Elements { stream, buffer: vec![0; BUFFER_BYTES], from: 0, to: 0, before: 0 }
    }

    /// Whether an object or an array comes now, which `bracket` opens; then it is gone into.
    pub(crate) fn enter(&mut self, bracket: u8) -> io::Result<bool> {
        let is_there = self.peek()? == Some(bracket);
        if is_there {
            self.from += 1;
        }
        Ok(is_there)
    }

    /// The name of the next member of the object that was gone into; none at its end.
    pub(crate) fn member(&mut self) -> io::Result<Option<String>> {
        loop {
            match self.peek()? {
                Some(b',') => self.from += 1,
                Some(b'}') => {
                    self.from += 1;
                    return Ok(None);
                }
                Some(b'"') => break,
                other => return Err(self.fault(other, "a name")),
            }
        }
        let mut name = Vec::new();
        self.string(&mut |piece| {
            let free = NAME_BYTES_MAX.saturating_sub(name.len());
            name.extend_from_slice(piece.get(..free.min(piece.len())).unwrap_or_default());
        })?;
        match self.peek()? {
            Some(b':') => self.from += 1,
            other => return Err(self.fault(other, "`:`")),
        }
        Ok(Some(String::from_utf8_lossy(&name).into_owned()))
    }

    /// Whether the array that was gone into has a next element, which comes now.
    pub(crate) fn element(&mut self) -> io::Result<bool> {
        loop {
            match self.peek()? {
                Some(b',') => self.from += 1,
                Some(b']') => {
                    self.from += 1;
                    return Ok(false);
                }
                Some(b'}' | b':') | None => {
                    let found = self.peek()?;
                    return Err(self.fault(found, "`]`"));
                }
                Some(_) => return Ok(true),
            }
        }
    }

    /// The value that comes now.
    pub(crate) fn hold(&mut self) -> io::Result<Held> {
        let mut held = Vec::new();
        let mut is_too_large = false;
        self.value(&mut |piece| {
            if held.len() + piece.len() > VALUE_BYTES_MAX {
                is_too_large = true;
                held.clear();
            } else if !is_too_large {
                held.extend_from_slice(piece);
            }
        })?;
        Ok(if is_too_large { Held::TooLarge } else { Held::Text(held) })
    }

    /// Passes over the value that comes now.
    pub(crate) fn skip(&mut self) -> io::Result<()> {
        self.value(&mut |_| {})
    }

    /// After damage, goes on at the next line that begins with `bracket`; false where there is none.
    pub(crate) fn resume(&mut self, bracket: u8) -> io::Result<bool> {
        loop {
            let rest = self.buffer.get(self.from..self.to).unwrap_or_default();
            match memchr::memchr(b'\n', rest) {
                Some(at) => self.from += at + 1,
                None if self.fill()? => continue,
                None => return Ok(false),
            }
            if self.from == self.to && !self.fill()? {
                return Ok(false);
            }
            if self.buffer.get(self.from) == Some(&bracket) {
                return Ok(true);
            }
        }
    }

    /// Where it is, in bytes from the beginning.
    fn at(&self) -> u64 {
        self.before + self.from as u64
    }

    fn fault(&self, found: Option<u8>, wanted: &str) -> io::Error {
        let at = self.at();
        match found {
            None => io::Error::new(io::ErrorKind::UnexpectedEof, format!("it breaks off at byte {at}")),
            Some(byte) => {
                let found = char::from(byte).escape_default();
                io::Error::new(
                    io::ErrorKind::InvalidData,
                    format!("`{found}` in place of {wanted} at byte {at}"),
                )
            }
        }
    }

    /// The next byte that is no space.
    fn peek(&mut self) -> io::Result<Option<u8>> {
        loop {
            let rest = self.buffer.get(self.from..self.to).unwrap_or_default();
            let is_space = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | 0xef | 0xbb | 0xbf);
            match rest.iter().position(|byte| !is_space(byte)) {
                Some(at) => {
                    self.from += at;
                    return Ok(rest.get(at).copied());
                }
                None => {
                    self.from = self.to;
                    if !self.fill()? {
                        return Ok(None);
                    }
                }
            }
        }
    }

    /// Reads on; false at the end. All that was read before is done with.
    fn fill(&mut self) -> io::Result<bool> {
        self.before += self.to as u64;
        (self.from, self.to) = (0, 0);
        loop {
            match self.stream.read(&mut self.buffer) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Ok(count) => {
                    self.to = count;
                    return Ok(count > 0);
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Goes over one value, and gives it to `take` in pieces, with long strings empty.
    fn value(&mut self, take: &mut dyn FnMut(&[u8])) -> io::Result<()> {
        let mut depth = 0_usize;
        loop {
            let Some(byte) = self.peek()? else { return Err(self.fault(None, "a value")) };
            match byte {
                b'"' => self.whole_string(take)?,
                b'{' | b'[' => {
                    self.from += 1;
                    take(&[byte]);
                    depth += 1;
                }
                b'}' | b']' if depth > 0 => {
                    self.from += 1;
                    take(&[byte]);
                    depth -= 1;
                }
                b',' | b':' if depth > 0 => {
                    self.from += 1;
                    take(&[byte]);
                    continue;
                }
                b',' | b':' | b'}' | b']' => return Err(self.fault(Some(byte), "a value")),
                _ => self.bare(take)?,
            }
            if depth == 0 {
                return Ok(());
            }
        }
    }

    /// A number or a word, up to what ends it.
    fn bare(&mut self, take: &mut dyn FnMut(&[u8])) -> io::Result<()> {
        // Words that damage left without a comma between them do not become one.
        take(b" ");
        loop {
            let rest = self.buffer.get(self.from..self.to).unwrap_or_default();
            let end = rest.iter().position(|byte| b"{}[],:\" \t\r\n".contains(byte));
            take(rest.get(..end.unwrap_or(rest.len())).unwrap_or_default());
            self.from += end.unwrap_or(rest.len());
            if end.is_some() || !self.fill()? {
                return Ok(());
            }
        }
    }

    /// A string with its quotes, empty if it is long.
    fn whole_string(&mut self, take: &mut dyn FnMut(&[u8])) -> io::Result<()> {
        let mut held = Vec::new();
        let mut is_long = false;
        self.string(&mut |piece| {
            is_long |= held.len() + piece.len() > STRING_BYTES_MAX;
            if is_long {
                held.clear();
            } else {
                held.extend_from_slice(piece);
            }
        })?;
        take(b"\"");
        take(&held);
        take(b"\"");
        Ok(())
    }

    /// What stands between the quotes of the string that comes now, still escaped.
    fn string(&mut self, take: &mut dyn FnMut(&[u8])) -> io::Result<()> {
        self.from += 1;
        let mut is_escaped = false;
        loop {
            let rest = self.buffer.get(self.from..self.to).unwrap_or_default();
            let mut end = 0;
            while let Some(byte) = rest.get(end) {
                match byte {
                    _ if is_escaped => is_escaped = false,
                    b'\\' => is_escaped = true,
                    b'"' => break,
                    _ => {
                        let more = rest.get(end..).and_then(|rest| memchr::memchr2(b'"', b'\\', rest));
                        end = more.map_or(rest.len(), |more| end + more);
                        continue;
                    }
                }
                end += 1;
            }
            take(rest.get(..end).unwrap_or_default());
            let is_closed = end < rest.len();
            self.from += end;
            if is_closed {
                self.from += 1;
                return Ok(());
            }
            if !self.fill()? {
                return Err(self.fault(None, "`\"`"));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A stream that gives one byte at a time.
    struct Slow<'b>(&'b [u8]);

    impl Read for Slow<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let Some((first, rest)) = self.0.split_first() else { return Ok(0) };
            buffer[0] = *first;
            self.0 = rest;
            Ok(1)
        }
    }

    fn elements(text: &str) -> (Vec<String>, Option<String>) {
        let mut elements = Elements::new(Slow(text.as_bytes()));
        let mut told = Vec::new();
        let mut walk = || -> io::Result<()> {
            assert!(elements.enter(b'{')?);
            while let Some(name) = elements.member()? {
                if name != "list" || !elements.enter(b'[')? {
                    elements.skip()?;
                    continue;
                }
                while elements.element()? {
                    if let Held::Text(text) = elements.hold()? {
                        told.push(String::from_utf8(text).unwrap());
                    }
                }
            }
            Ok(())
        };
        let fault = walk().err().map(|error| error.to_string());
        (told, fault)
    }

    #[test]
    fn elements_are_held_one_by_one() {
        let (told, fault) = elements(
            "\u{feff}{\"a\": {\"list\": [1]}, \"list\" : [ {\"b\": \"]\\\"}\"}, [1, 2], 3, null ], \"c\": 1}",
        );
        assert_eq!(told, ["{\"b\":\"]\\\"}\"}", "[ 1, 2]", " 3", " null"]);
        assert_eq!(fault, None);
    }

    #[test]
    fn what_came_before_damage_counts_and_its_place_is_said() {
        assert_eq!(
            elements("{\"list\": [1, {\"a\": \"b"),
            (vec![" 1".to_owned()], Some("it breaks off at byte 21".to_owned()))
        );
        assert_eq!(
            elements("{\"list\": [1}"),
            (vec![" 1".to_owned()], Some("`}` in place of `]` at byte 11".to_owned()))
        );
        // Damage within brackets is that element's alone.
        assert_eq!(elements("{\"list\": [{\"a\" 1 2 x}, 3]}").0, ["{\"a\" 1 2 x}", " 3"]);
    }

    #[test]
    fn long_strings_are_empty_and_large_values_are_not_held() {
        let long = "x".repeat(STRING_BYTES_MAX + 1);
        assert_eq!(elements(&format!("{{\"list\": [\"{long}\", 1]}}")).0, ["\"\"", " 1"]);
        let large = "1,".repeat(VALUE_BYTES_MAX / 2);
        assert_eq!(elements(&format!("{{\"list\": [[{large}1], 1]}}")).0, [" 1"]);
    }
}
