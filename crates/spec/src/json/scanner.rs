//! The one scanner: it stops at the first fault of a body, and notes and survives the faults of a document.

use super::number::{self, Reading};
use super::text::{self, Run};
use super::{JsonError, JsonErrorKind, JsonLimits};
use crate::tree::{Builder, Form, Kind, Record, Tree};

/// Faults noted in one document; what comes after them is not read.
const FAULTS_MAX: usize = 100;

/// Reads a body, whose first fault is the last.
pub(super) fn parse_strict(source: &str, limits: &JsonLimits) -> Result<Tree, JsonError> {
    let mut scanner = Scanner::new(source, limits, None);
    scanner.run()?;
    Ok(scanner.builder.finish())
}

/// Reads a document as far as it can be understood, with what is wrong with it in order of discovery.
pub(crate) fn parse_forgiving(source: &str, limits: &JsonLimits) -> (Tree, Vec<JsonError>) {
    let mut scanner = Scanner::new(source, limits, Some(Vec::new()));
    let stopped = scanner.run();
    scanner.close_all();
    let mut faults = scanner.faults.unwrap_or_default();
    faults.extend(stopped.err());
    (scanner.builder.finish(), faults)
}

struct Scanner<'s> {
    source: &'s str,
    bytes: &'s [u8],
    at: usize,
    limits: JsonLimits,
    builder: Builder,
    /// Where faults are noted; a body has no such place.
    faults: Option<Vec<JsonError>>,
}

/// What the grammar allows next.
enum Next {
    Value,
    FirstItem,
    FirstName,
    Name,
    Separator,
    End,
}

impl<'s> Scanner<'s> {
    fn new(source: &'s str, limits: &JsonLimits, faults: Option<Vec<JsonError>>) -> Scanner<'s> {
        let depth_max = limits.depth_max.min(JsonLimits::DEPTH_CEILING);
        let limits = JsonLimits { depth_max, ..*limits };
        let builder = Builder::new(source.len());
        Scanner { source, bytes: source.as_bytes(), at: 0, limits, builder, faults }
    }

    fn run(&mut self) -> Result<(), JsonError> {
        if self.bytes.len() > i32::MAX as usize {
            return Err(JsonError { offset: 0, kind: JsonErrorKind::TooLarge });
        }
        if self.source.starts_with('\u{feff}') {
            if self.faults.is_none() {
                return Err(JsonError { offset: 0, kind: JsonErrorKind::ByteOrderMark });
            }
            self.at = '\u{feff}'.len_utf8();
        }
        let mut next = Next::Value;
        loop {
            let byte = self.skip_space();
            next = match next {
                Next::Value => self.value(byte)?,
                Next::FirstItem if byte == Some(b']') => self.close()?,
                Next::FirstItem => self.value(byte)?,
                Next::FirstName if byte == Some(b'}') => self.close()?,
                Next::FirstName | Next::Name => self.name(byte)?,
                Next::Separator => self.separator(byte)?,
                Next::End => {
                    return if byte.is_some() { self.fault(JsonErrorKind::TrailingData) } else { Ok(()) };
                }
            };
        }
    }

    /// Notes a fault at the current byte, or ends on it.
    fn fault(&mut self, kind: JsonErrorKind) -> Result<(), JsonError> {
        self.fault_at(self.at, kind)
    }

    fn fault_at(&mut self, offset: usize, kind: JsonErrorKind) -> Result<(), JsonError> {
        let error = JsonError { offset, kind };
        match &mut self.faults {
            Some(faults) if faults.len() < FAULTS_MAX && !kind.is_limit() => {
                faults.push(error);
                Ok(())
            }
            _ => Err(error),
        }
    }

    fn skip_space(&mut self) -> Option<u8> {
        while let Some(byte) = self.bytes.get(self.at) {
            if !matches!(byte, b' ' | b'\n' | b'\r' | b'\t') {
                return Some(*byte);
            }
            self.at += 1;
        }
        None
    }

    fn value(&mut self, byte: Option<u8>) -> Result<Next, JsonError> {
        match byte {
            Some(b'"') => {
                let record = self.string()?;
                self.scalar(record)
            }
            Some(b'{') => self.open(Kind::Object, Next::FirstName),
            Some(b'[') => self.open(Kind::Array, Next::FirstItem),
            Some(b'-' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z') => {
                let record = self.word()?;
                self.scalar(record)
            }
            Some(b']' | b'}') => {
                let kind = if self.builder.key_waits() {
                    JsonErrorKind::ExpectedValue
                } else {
                    JsonErrorKind::TrailingComma
                };
                // Outside every container there is nothing that the bracket could end.
                let stray = self.builder.container().is_none();
                self.fault(if stray { JsonErrorKind::ExpectedValue } else { kind })?;
                self.at += usize::from(stray);
                self.leave_out_value();
                Ok(if stray { Next::Value } else { Next::Separator })
            }
            Some(b',') => {
                self.fault(JsonErrorKind::ExpectedValue)?;
                self.leave_out_value();
                Ok(self.after_value())
            }
            Some(_) => {
                self.fault(JsonErrorKind::ExpectedValue)?;
                self.skip_character();
                Ok(Next::Value)
            }
            None => self.end_early(),
        }
    }

    fn name(&mut self, byte: Option<u8>) -> Result<Next, JsonError> {
        let record = match byte {
            Some(b'"') => self.string()?,
            Some(b'}') => {
                self.fault(JsonErrorKind::TrailingComma)?;
                return Ok(Next::Separator);
            }
            Some(b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'$' | b'-') => {
                self.fault(JsonErrorKind::ExpectedName)?;
                let start = self.at;
                self.at += word_length(self.bytes.get(start..).unwrap_or_default());
                Record::new(Kind::String, Form::Verbatim, span(start, self.at))
            }
            Some(_) => {
                self.fault(JsonErrorKind::ExpectedName)?;
                self.skip_character();
                return Ok(Next::Name);
            }
            None => return self.end_early(),
        };
        self.room(self.limits.object_members_max, JsonErrorKind::ObjectTooLarge)?;
        self.builder.key(record);
        match self.skip_space() {
            Some(b':') => {
                self.at += 1;
                Ok(Next::Value)
            }
            Some(byte) => {
                self.fault(JsonErrorKind::ExpectedColon)?;
                if matches!(byte, b',' | b'}') {
                    self.leave_out_value();
                    return Ok(Next::Separator);
                }
                Ok(Next::Value)
            }
            None => self.end_early(),
        }
    }

    fn separator(&mut self, byte: Option<u8>) -> Result<Next, JsonError> {
        let Some(container) = self.builder.container() else { return Ok(Next::End) };
        let other = if container == Kind::Object { Kind::Array } else { Kind::Object };
        match (byte, container) {
            (Some(b','), _) => {
                self.at += 1;
                Ok(self.after_comma())
            }
            (Some(b'}'), Kind::Object) | (Some(b']'), Kind::Array) => self.close(),
            (Some(b'}' | b']'), _) => {
                self.fault(JsonErrorKind::ExpectedComma)?;
                if self.builder.within(other) {
                    self.close_at(self.at)?;
                } else {
                    self.at += 1;
                }
                Ok(Next::Separator)
            }
            (Some(_), _) => {
                self.fault(JsonErrorKind::ExpectedComma)?;
                Ok(self.after_comma())
            }
            (None, _) => self.end_early(),
        }
    }

    fn after_comma(&self) -> Next {
        if self.builder.container() == Some(Kind::Object) { Next::Name } else { Next::Value }
    }

    fn after_value(&self) -> Next {
        if self.builder.container().is_some() { Next::Separator } else { Next::End }
    }

    fn scalar(&mut self, record: Record) -> Result<Next, JsonError> {
        self.item_room()?;
        self.builder.scalar(record);
        Ok(Next::Separator)
    }

    fn open(&mut self, kind: Kind, next: Next) -> Result<Next, JsonError> {
        self.item_room()?;
        if self.builder.depth() >= self.limits.depth_max {
            self.fault(JsonErrorKind::TooDeep)?;
        }
        self.builder.open(kind, place(self.at));
        self.at += 1;
        Ok(next)
    }

    fn close(&mut self) -> Result<Next, JsonError> {
        self.at += 1;
        self.close_at(self.at)?;
        Ok(self.after_value())
    }

    fn close_at(&mut self, end: usize) -> Result<(), JsonError> {
        for key in self.builder.close(place(end), self.source) {
            let offset = self.builder.tree().record(key).map_or(end, |record| record.start as usize);
            self.fault_at(offset, JsonErrorKind::DuplicateName)?;
        }
        Ok(())
    }

    /// Whether there is room for one more value here.
    fn item_room(&mut self) -> Result<(), JsonError> {
        if self.builder.container() == Some(Kind::Array) {
            return self.room(self.limits.array_items_max, JsonErrorKind::ArrayTooLong);
        }
        if self.builder.len() >= self.limits.nodes_max {
            self.fault(JsonErrorKind::TooManyNodes)
        } else {
            Ok(())
        }
    }

    fn room(&mut self, entries_max: usize, kind: JsonErrorKind) -> Result<(), JsonError> {
        if self.builder.container_length() >= entries_max {
            self.fault(kind)?;
        }
        if self.builder.len() >= self.limits.nodes_max {
            self.fault(JsonErrorKind::TooManyNodes)
        } else {
            Ok(())
        }
    }

    /// Gives a name whose value is missing one that nobody sees.
    fn leave_out_value(&mut self) {
        if self.builder.key_waits() {
            self.builder.hide_key();
            self.builder.scalar(Record::new(Kind::Null, Form::Verbatim, span(self.at, self.at)));
        }
    }

    fn end_early(&mut self) -> Result<Next, JsonError> {
        self.fault_at(self.bytes.len(), JsonErrorKind::UnexpectedEnd)?;
        self.close_all();
        Ok(Next::End)
    }

    /// Ends everything that is open, so that what was read before a fault can be used.
    fn close_all(&mut self) {
        self.leave_out_value();
        while self.builder.container().is_some() {
            let repeated = self.builder.close(place(self.at), self.source);
            if let Some(faults) = &mut self.faults {
                for key in repeated {
                    let offset =
                        self.builder.tree().record(key).map_or(self.at, |record| record.start as usize);
                    if faults.len() < FAULTS_MAX {
                        faults.push(JsonError { offset, kind: JsonErrorKind::DuplicateName });
                    }
                }
            }
        }
    }

    fn skip_character(&mut self) {
        let rest = self.source.get(self.at..).unwrap_or_default();
        self.at += rest.chars().next().map_or(1, char::len_utf8);
    }

    /// A number or a literal; in a document anything else of that shape is taken for a string.
    fn word(&mut self) -> Result<Record, JsonError> {
        let start = self.at;
        let word = self.bytes.get(start..).unwrap_or_default();
        let length = word_length(word);
        let text = self.source.get(start..start + length).unwrap_or_default();
        let kind = match text {
            "null" => Kind::Null,
            "true" | "false" => Kind::Bool,
            _ => self.number_or_string(text)?,
        };
        self.at += length;
        Ok(Record::new(kind, Form::Verbatim, span(start, self.at)))
    }

    fn number_or_string(&mut self, text: &str) -> Result<Kind, JsonError> {
        if !text.starts_with(|first: char| first == '-' || first.is_ascii_digit()) {
            self.fault(JsonErrorKind::ExpectedValue)?;
            return Ok(Kind::String);
        }
        if text.len() > self.limits.number_bytes_max {
            self.fault(JsonErrorKind::NumberTooLong)?;
        }
        match number::reading(text) {
            Reading::Number => return Ok(Kind::Number),
            Reading::OutOfRange => self.fault(JsonErrorKind::NumberOutOfRange)?,
            Reading::Other => self.fault(JsonErrorKind::InvalidNumber)?,
        }
        Ok(Kind::String)
    }

    /// A string whose opening quote is the current byte.
    fn string(&mut self) -> Result<Record, JsonError> {
        let start = self.at;
        match text::run(self.bytes, start + 1) {
            Run::Plain { close } => {
                if close - start - 1 > self.limits.string_bytes_max {
                    self.fault(JsonErrorKind::StringTooLong)?;
                }
                self.at = close + 1;
                Ok(Record::new(Kind::String, Form::Quoted, span(start, self.at)))
            }
            Run::Escape { .. } | Run::Control { .. } | Run::Open => self.decoded_string(start),
        }
    }

    /// A string in which something does not stand for itself.
    fn decoded_string(&mut self, start: usize) -> Result<Record, JsonError> {
        let place = self.builder.decoding().len();
        let mut from = start + 1;
        loop {
            let run = text::run(self.bytes, from);
            let plain_end = match run {
                Run::Plain { close } => close,
                Run::Escape { at } | Run::Control { at } => at,
                Run::Open => self.bytes.len(),
            };
            let plain = self.source.get(from..plain_end).unwrap_or_default();
            self.builder.decoding().push_str(plain);
            if self.builder.decoding().len() - place > self.limits.string_bytes_max {
                self.fault_at(start, JsonErrorKind::StringTooLong)?;
            }
            self.at = plain_end;
            match run {
                Run::Plain { .. } => self.at += 1,
                Run::Escape { .. } => {
                    self.decode_escape()?;
                    from = self.at;
                    continue;
                }
                Run::Control { at } if self.bytes.get(at) != Some(&b'\n') => {
                    self.fault(JsonErrorKind::ControlCharacter)?;
                    self.builder.decoding().push(char::from(self.bytes.get(at).copied().unwrap_or(b' ')));
                    from = at + 1;
                    continue;
                }
                // A quote that is missing is more likely than a line break that is meant.
                Run::Control { .. } => self.fault(JsonErrorKind::ControlCharacter)?,
                Run::Open => self.fault(JsonErrorKind::UnexpectedEnd)?,
            }
            return Ok(self.builder.decoded(Kind::String, span(start, self.at), place));
        }
    }

    fn decode_escape(&mut self) -> Result<(), JsonError> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let (character, length) = match text::escape(rest) {
            Ok(decoded) => decoded,
            Err(kind) => {
                self.fault(kind)?;
                // The `\` is taken as it stands; of a surrogate nothing sensible could be.
                if kind == JsonErrorKind::LoneSurrogate {
                    (char::REPLACEMENT_CHARACTER, 6)
                } else {
                    ('\\', 1)
                }
            }
        };
        self.builder.decoding().push(character);
        self.at += length;
        Ok(())
    }
}

/// Bytes up to the next that cannot be part of a number, a literal or a bare word.
pub(super) fn word_length(bytes: &[u8]) -> usize {
    let in_word =
        |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'+' | b'.' | b'_' | b'$');
    bytes.iter().position(|byte| !in_word(byte)).unwrap_or(bytes.len())
}

fn span(start: usize, end: usize) -> (u32, u32) {
    (place(start), place(end))
}

/// The length of the source was checked, so nothing is cut here.
fn place(offset: usize) -> u32 {
    u32::try_from(offset).unwrap_or(u32::MAX)
}
