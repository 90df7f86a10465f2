//! JSON that is read as it comes, piece by piece, without ever being held whole.

use super::number::{self, Reading};
use super::scanner::word_length;
use super::text::{self, Run};
use super::{JsonError, JsonErrorKind, JsonLimits};

/// Bytes of the longest escape: two halves of a surrogate pair (RFC 8259, section 7).
const ESCAPE_BYTES_MAX: usize = 12;

/// A part of a JSON text. All pieces after each other are the text, byte by byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece<'b> {
    /// White space between tokens; more may follow.
    Space(&'b [u8]),
    /// `{` or `[`.
    Open(&'b [u8]),
    /// `}` or `]`.
    Close(&'b [u8]),
    /// `:`
    Colon(&'b [u8]),
    /// `,`
    Comma(&'b [u8]),
    /// A whole name of a member.
    Name {
        /// With its quotes, as it is written.
        raw: &'b [u8],
        /// Its escapes decoded.
        name: &'b str,
    },
    /// A string that is a value, or a part of it.
    Text {
        /// As it is written; with the first part comes the opening quote, with the last the closing one.
        raw: &'b [u8],
        /// It is the first part.
        begins: bool,
        /// It is the last part.
        ends: bool,
    },
    /// A whole number or literal.
    Word(&'b [u8]),
}

/// Reads a text that comes in parts: what [`super::parse`] takes, except that names may repeat, and that only depth, names
/// and numbers are limited: nothing else is held.
#[derive(Debug)]
pub struct JsonStream {
    limits: JsonLimits,
    /// What is open: whether it is an object.
    open: Vec<bool>,
    next: Next,
    /// A token whose end has not come; bounded by the limits on names and numbers.
    unfinished: Vec<u8>,
    /// Escapes of a name, decoded.
    name: String,
    /// Where in the whole text what comes next stands.
    offset: usize,
}

/// What the grammar allows next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    Value,
    FirstItem,
    Name,
    FirstName,
    Colon,
    Separator,
    /// More of a string that has begun.
    Text,
    End,
}

/// How far a part was read.
enum Step {
    /// This many bytes, after which this is allowed.
    Read(usize, Next),
    /// The token goes on in the next part.
    Unfinished,
}

impl JsonStream {
    /// A reader at the beginning of a text. Of `limits` those on depth, numbers, and strings count, the last for names alone.
    pub fn new(limits: &JsonLimits) -> JsonStream {
        let depth_max = limits.depth_max.min(JsonLimits::DEPTH_CEILING);
        JsonStream {
            limits: JsonLimits { depth_max, ..*limits },
            open: Vec::new(),
            next: Next::Value,
            unfinished: Vec::new(),
            name: String::new(),
            offset: 0,
        }
    }

    /// Reads on. `sink` gets every piece that is complete.
    ///
    /// # Errors
    /// The first fault. `sink` has got what stands before it; nothing may be read after it.
    pub fn push(&mut self, bytes: &[u8], sink: &mut impl FnMut(Piece<'_>)) -> Result<(), JsonError> {
        if self.unfinished.is_empty() {
            let read = self.read(bytes, false, sink)?;
            self.unfinished.extend_from_slice(bytes.get(read..).unwrap_or_default());
            return Ok(());
        }
        let mut joined = std::mem::take(&mut self.unfinished);
        joined.extend_from_slice(bytes);
        let read = self.read(&joined, false, sink)?;
        joined.drain(..read);
        self.unfinished = joined;
        Ok(())
    }

    /// Says that there is no more.
    ///
    /// # Errors
    /// As [`JsonStream::push`]; the text may have ended too early.
    pub fn finish(&mut self, sink: &mut impl FnMut(Piece<'_>)) -> Result<(), JsonError> {
        let rest = std::mem::take(&mut self.unfinished);
        self.read(&rest, true, sink)?;
        if self.next == Next::End { Ok(()) } else { Err(self.fault(0, JsonErrorKind::UnexpectedEnd)) }
    }

    /// How many of `bytes` are done with; more come unless they are the last.
    fn read(
        &mut self,
        bytes: &[u8],
        last: bool,
        sink: &mut impl FnMut(Piece<'_>),
    ) -> Result<usize, JsonError> {
        let mut at = 0;
        while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
            let space = rest.iter().position(|byte| !is_space(*byte)).unwrap_or(rest.len());
            let step = if space > 0 && self.next != Next::Text {
                sink(Piece::Space(rest.get(..space).unwrap_or_default()));
                Step::Read(space, self.next)
            } else {
                self.token(rest, last, sink)?
            };
            match step {
                Step::Read(length, next) => {
                    at += length;
                    self.offset += length;
                    self.next = next;
                }
                Step::Unfinished if last => return Err(self.fault(rest.len(), JsonErrorKind::UnexpectedEnd)),
                Step::Unfinished => break,
            }
        }
        Ok(at)
    }

    fn fault(&self, further: usize, kind: JsonErrorKind) -> JsonError {
        JsonError { offset: self.offset + further, kind }
    }

    /// One token at the beginning of `rest`, which is not empty and does not begin with white space.
    fn token(
        &mut self,
        rest: &[u8],
        last: bool,
        sink: &mut impl FnMut(Piece<'_>),
    ) -> Result<Step, JsonError> {
        let (byte, first) = (rest.first().copied().unwrap_or_default(), rest.get(..1).unwrap_or_default());
        match (self.next, byte) {
            (Next::Text, _) => self.text(rest, false, sink),
            (Next::FirstItem, b']') | (Next::FirstName, b'}') => Ok(self.close(first, sink)),
            (Next::Value | Next::FirstItem, b'"') => self.text(rest, true, sink),
            (Next::Value | Next::FirstItem, b'{' | b'[') => self.enter(byte == b'{', first, sink),
            (Next::Value | Next::FirstItem, _) => self.word(rest, last, sink),
            (Next::Name | Next::FirstName, b'"') => self.member(rest, sink),
            (Next::Name | Next::FirstName, _) => Err(self.fault(0, JsonErrorKind::ExpectedName)),
            (Next::Colon, b':') => {
                sink(Piece::Colon(first));
                Ok(Step::Read(1, Next::Value))
            }
            (Next::Colon, _) => Err(self.fault(0, JsonErrorKind::ExpectedColon)),
            (Next::Separator, b',') => {
                sink(Piece::Comma(first));
                Ok(Step::Read(1, if self.open.last() == Some(&true) { Next::Name } else { Next::Value }))
            }
            (Next::Separator, b'}') if self.open.last() == Some(&true) => Ok(self.close(first, sink)),
            (Next::Separator, b']') if self.open.last() == Some(&false) => Ok(self.close(first, sink)),
            (Next::Separator, _) => Err(self.fault(0, JsonErrorKind::ExpectedComma)),
            (Next::End, _) => Err(self.fault(0, JsonErrorKind::TrailingData)),
        }
    }

    fn enter(
        &mut self,
        is_object: bool,
        raw: &[u8],
        sink: &mut impl FnMut(Piece<'_>),
    ) -> Result<Step, JsonError> {
        if self.open.len() >= self.limits.depth_max {
            return Err(self.fault(0, JsonErrorKind::TooDeep));
        }
        self.open.push(is_object);
        sink(Piece::Open(raw));
        Ok(Step::Read(1, if is_object { Next::FirstName } else { Next::FirstItem }))
    }

    fn close(&mut self, raw: &[u8], sink: &mut impl FnMut(Piece<'_>)) -> Step {
        self.open.pop();
        sink(Piece::Close(raw));
        Step::Read(1, self.after_value())
    }

    fn after_value(&self) -> Next {
        if self.open.is_empty() { Next::End } else { Next::Separator }
    }

    /// A number or a literal, whose end only shows in what comes after it.
    fn word(&self, rest: &[u8], last: bool, sink: &mut impl FnMut(Piece<'_>)) -> Result<Step, JsonError> {
        let length = word_length(rest);
        if length > self.limits.number_bytes_max {
            return Err(self.fault(0, JsonErrorKind::NumberTooLong));
        }
        if length == rest.len() && !last {
            return Ok(Step::Unfinished);
        }
        let raw = rest.get(..length).unwrap_or_default();
        let text = std::str::from_utf8(raw).unwrap_or_default();
        if !matches!(text, "null" | "true" | "false") {
            if !text.starts_with(|first: char| first == '-' || first.is_ascii_digit()) {
                return Err(self.fault(0, JsonErrorKind::ExpectedValue));
            }
            match number::reading(text) {
                Reading::Number => {}
                Reading::OutOfRange => return Err(self.fault(0, JsonErrorKind::NumberOutOfRange)),
                Reading::Other => return Err(self.fault(0, JsonErrorKind::InvalidNumber)),
            }
        }
        sink(Piece::Word(raw));
        Ok(Step::Read(length, self.after_value()))
    }

    /// A part of a string: up to its end, to a fault, or to what cannot be told before more has come.
    fn text(&self, rest: &[u8], begins: bool, sink: &mut impl FnMut(Piece<'_>)) -> Result<Step, JsonError> {
        let (end, ended) = self.text_end(rest, usize::from(begins));
        if end > 0 {
            let ends = matches!(ended, Ok(true));
            sink(Piece::Text { raw: rest.get(..end).unwrap_or_default(), begins, ends });
        }
        match ended? {
            true => Ok(Step::Read(end, self.after_value())),
            false if end == 0 => Ok(Step::Unfinished),
            false => Ok(Step::Read(end, Next::Text)),
        }
    }

    /// How far the string at the beginning of `rest`, whose text goes on at `from`, can be told; whether it ends there.
    fn text_end(&self, rest: &[u8], mut from: usize) -> (usize, Result<bool, JsonError>) {
        loop {
            let run = text::run(rest, from);
            let plain_end = match run {
                Run::Plain { close } => close,
                Run::Escape { at } | Run::Control { at } => at,
                Run::Open => rest.len(),
            };
            let valid = match self.utf8(rest, from, plain_end, matches!(run, Run::Open)) {
                Ok(length) => from + length,
                Err(error) => return (error.offset - self.offset, Err(error)),
            };
            match run {
                Run::Plain { close } => return (close + 1, Ok(true)),
                Run::Control { at } => return (at, Err(self.fault(at, JsonErrorKind::ControlCharacter))),
                Run::Open => return (valid, Ok(false)),
                Run::Escape { at } => match self.escape(rest, at) {
                    Ok(Some((_, length))) => from = at + length,
                    Ok(None) => return (at, Ok(false)),
                    Err(error) => return (at, Err(error)),
                },
            }
        }
    }

    /// A whole name.
    fn member(&mut self, rest: &[u8], sink: &mut impl FnMut(Piece<'_>)) -> Result<Step, JsonError> {
        self.name.clear();
        let mut from = 1;
        let close = loop {
            let run = text::run(rest, from);
            let plain_end = match run {
                Run::Plain { close } => close,
                Run::Escape { at } | Run::Control { at } => at,
                Run::Open => rest.len(),
            };
            let valid = from + self.utf8(rest, from, plain_end, matches!(run, Run::Open))?;
            let plain = rest.get(from..valid).and_then(|plain| std::str::from_utf8(plain).ok());
            self.name.push_str(plain.unwrap_or_default());
            if self.name.len() > self.limits.string_bytes_max {
                return Err(self.fault(0, JsonErrorKind::StringTooLong));
            }
            match run {
                Run::Plain { close } => break close,
                Run::Control { at } => return Err(self.fault(at, JsonErrorKind::ControlCharacter)),
                Run::Open => return Ok(Step::Unfinished),
                Run::Escape { at } => {
                    let Some((character, length)) = self.escape(rest, at)? else {
                        return Ok(Step::Unfinished);
                    };
                    self.name.push(character);
                    from = at + length;
                }
            }
        };
        sink(Piece::Name { raw: rest.get(..=close).unwrap_or_default(), name: &self.name });
        Ok(Step::Read(close + 1, Next::Colon))
    }

    /// How many bytes of `rest` from `from` to `end` are characters; at the end of what has come one may be cut.
    fn utf8(&self, rest: &[u8], from: usize, end: usize, may_be_cut: bool) -> Result<usize, JsonError> {
        match std::str::from_utf8(rest.get(from..end).unwrap_or_default()) {
            Ok(text) => Ok(text.len()),
            Err(error) if may_be_cut && error.error_len().is_none() => Ok(error.valid_up_to()),
            Err(error) => Err(self.fault(from + error.valid_up_to(), JsonErrorKind::InvalidUtf8)),
        }
    }

    /// The escape at `at`, unless it may go on in what has not come.
    fn escape(&self, rest: &[u8], at: usize) -> Result<Option<(char, usize)>, JsonError> {
        let escaped = rest.get(at..).unwrap_or_default();
        match text::escape(escaped) {
            Ok(decoded) => Ok(Some(decoded)),
            Err(_) if escaped.len() < ESCAPE_BYTES_MAX => Ok(None),
            Err(kind) => Err(self.fault(at, kind)),
        }
    }
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\n' | b'\r' | b'\t')
}

#[cfg(test)]
mod tests;
