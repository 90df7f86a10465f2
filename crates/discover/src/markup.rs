//! Walks the tags of one XML document as it comes, however large, as far as exports of tools have need of it.

use std::io::{self, Read};

/// How much is read at once, in bytes.
const BUFFER_BYTES: usize = 1 << 16;

/// Text of one element is held up to so many bytes; what comes after is passed over.
const TEXT_BYTES_MAX: usize = 1 << 20;

/// The longest tag, in bytes.
const TAG_BYTES_MAX: usize = 1 << 12;

/// A tag, and the text that stands before it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Tag {
    pub(crate) text: Vec<u8>,
    /// The name, with `/` before it where the tag closes an element.
    pub(crate) name: String,
    /// What stands behind the name.
    pub(crate) attributes: String,
}

/// A document, and how far it was walked.
pub(crate) struct Markup<R> {
    stream: R,
    buffer: Vec<u8>,
    from: usize,
    to: usize,
    before: u64,
}

impl<R: Read> Markup<R> {
    /// A document at its beginning.
    pub(crate) fn new(stream: R) -> Markup<R> {
        Markup { stream, buffer: vec![0; BUFFER_BYTES], from: 0, to: 0, before: 0 }
    }

    /// The next tag; none at the end of the document.
    ///
    /// # Errors
    ///
    /// Reading failed, or the document ends within a tag.
    pub(crate) fn next(&mut self) -> io::Result<Option<Tag>> {
        let mut text = Vec::new();
        loop {
            match self.byte()? {
                None => return Ok(None),
                Some(b'<') => {}
                Some(b'&') => {
                    let letter = self.entity()?;
                    keep(&mut text, &letter);
                    continue;
                }
                Some(byte) => {
                    keep(&mut text, &[byte]);
                    continue;
                }
            }
            let tag = self.tag()?;
            if tag.starts_with(b"![CDATA[") {
                let start = tag.get(8..).unwrap_or_default().to_vec();
                self.until(b"]]>", start, &mut text)?;
            } else if tag.starts_with(b"!--") {
                let start = tag.get(3..).unwrap_or_default().to_vec();
                self.until(b"-->", start, &mut Vec::new())?;
            } else if !tag.starts_with(b"!") && !tag.starts_with(b"?") {
                let tag = String::from_utf8_lossy(tag.strip_suffix(b">").unwrap_or(&tag)).into_owned();
                let end = tag.find(|c: char| c.is_ascii_whitespace()).unwrap_or(tag.len());
                let (name, attributes) = tag.split_at_checked(end).unwrap_or_default();
                return Ok(Some(Tag { text, name: name.to_owned(), attributes: attributes.to_owned() }));
            }
        }
    }

    fn byte(&mut self) -> io::Result<Option<u8>> {
        while self.from == self.to {
            self.before += self.to as u64;
            (self.from, self.to) = (0, 0);
            match self.stream.read(&mut self.buffer) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Ok(0) => return Ok(None),
                Ok(count) => self.to = count,
                Err(error) => return Err(error),
            }
        }
        let byte = self.buffer.get(self.from).copied();
        self.from += 1;
        Ok(byte)
    }

    fn need(&mut self) -> io::Result<u8> {
        let at = self.before + self.from as u64;
        let breaks_off =
            || io::Error::new(io::ErrorKind::UnexpectedEof, format!("it breaks off at byte {at}"));
        self.byte()?.ok_or_else(breaks_off)
    }

    /// What stands behind `<`: up to `>`, or up to where it shows that it is text as it is, or a comment.
    fn tag(&mut self) -> io::Result<Vec<u8>> {
        let mut tag = Vec::new();
        let mut depth = 0_usize;
        let mut quote = None;
        loop {
            let byte = self.need()?;
            if tag.len() < TAG_BYTES_MAX {
                tag.push(byte);
            }
            match (byte, quote) {
                (_, Some(open)) if byte == open => quote = None,
                (_, Some(_)) => {}
                _ if tag == b"![CDATA[" || tag == b"!--" => return Ok(tag),
                // A list of declarations is in brackets, and has tags of its own.
                (b'[', None) => depth += 1,
                (b']', None) => depth = depth.saturating_sub(1),
                (b'"' | b'\'', None) => quote = Some(byte),
                (b'>', None) if depth == 0 => return Ok(tag),
                _ => {}
            }
        }
    }

    /// Takes everything up to `end` into `text`, where `start` was read already.
    fn until(&mut self, end: &[u8], start: Vec<u8>, text: &mut Vec<u8>) -> io::Result<()> {
        let mut last = start;
        loop {
            if last.ends_with(end) {
                return Ok(());
            }
            if last.len() >= end.len() {
                let done = last.remove(0);
                keep(text, &[done]);
            }
            last.push(self.need()?);
        }
    }

    /// The character that stands between `&` and `;`.
    fn entity(&mut self) -> io::Result<Vec<u8>> {
        let mut name = Vec::new();
        while name.len() < 10 {
            match self.need()? {
                b';' => break,
                byte => name.push(byte),
            }
        }
        let number = |digits: &str, radix| u32::from_str_radix(digits, radix).ok().and_then(char::from_u32);
        let letter = match &*String::from_utf8_lossy(&name) {
            "lt" => Some('<'),
            "gt" => Some('>'),
            "amp" => Some('&'),
            "quot" => Some('"'),
            "apos" => Some('\''),
            name => match name.strip_prefix("#x") {
                Some(digits) => number(digits, 16),
                None => name.strip_prefix('#').and_then(|digits| number(digits, 10)),
            },
        };
        Ok(letter.unwrap_or(char::REPLACEMENT_CHARACTER).to_string().into_bytes())
    }
}

fn keep(text: &mut Vec<u8>, bytes: &[u8]) {
    if text.len() + bytes.len() <= TEXT_BYTES_MAX {
        text.extend_from_slice(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags(text: &str) -> Result<Vec<String>, String> {
        let mut markup = Markup::new(text.as_bytes());
        let mut tags = Vec::new();
        while let Some(tag) = markup.next().map_err(|error| error.to_string())? {
            tags.push(format!(
                "{}<{}|{}>",
                String::from_utf8_lossy(&tag.text),
                tag.name,
                tag.attributes.trim()
            ));
        }
        Ok(tags)
    }

    #[test]
    fn tags_come_with_the_text_before_them() {
        let text = "<?xml version=\"1.0\"?><!DOCTYPE items [<!ELEMENT items (item*)><!-- > -->]><items v=\"1>\">\
            <a>x &lt;&#65;&#x42; y</a><b><![CDATA[<c>]]]]></b><!-- <d> --></items>";
        assert_eq!(
            tags(text).unwrap(),
            ["<items|v=\"1>\">", "<a|>", "x <AB y</a|>", "<b|>", "<c>]]</b|>", "</items|>"]
        );
    }

    #[test]
    fn a_document_that_breaks_off_says_where() {
        assert_eq!(tags("<a><b").unwrap_err(), "it breaks off at byte 5");
        assert_eq!(tags("<a><![CDATA[x").unwrap_err(), "it breaks off at byte 13");
    }
}
