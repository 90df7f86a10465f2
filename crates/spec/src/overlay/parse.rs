//! Reading a JSONPath query (RFC 9535); beyond it, names after a dot may hold hyphens, as authors of overlays expect.

mod filter;

use std::fmt;

use super::path::{Path, Segment, Selector};

/// Characters of a query that is read at all.
const CHARACTERS_MAX: usize = 4096;

/// Filters and parentheses inside each other.
const NESTING_MAX: usize = 16;

/// Reads `text` as a query.
///
/// # Errors
/// What was expected, and at which character.
pub(super) fn path(text: &str) -> Result<Path, PathFault> {
    let characters: Vec<char> = text.chars().take(CHARACTERS_MAX + 1).collect();
    let mut parser = Parser { characters, at: 0, nesting: 0 };
    if parser.characters.len() > CHARACTERS_MAX {
        return Err(parser.fault("a shorter path"));
    }
    parser.expect('$', "`$`")?;
    let path = parser.segments()?;
    if parser.peek().is_some() { Err(parser.fault("`.`, `[` or the end")) } else { Ok(path) }
}

/// Why a text is no JSONPath.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PathFault {
    expected: &'static str,
    /// One-based.
    character: usize,
}

impl fmt::Display for PathFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not a JSONPath: expected {} at character {}", self.expected, self.character)
    }
}

struct Parser {
    characters: Vec<char>,
    at: usize,
    nesting: usize,
}

impl Parser {
    fn fault(&self, expected: &'static str) -> PathFault {
        PathFault { expected, character: self.at + 1 }
    }

    fn peek(&self) -> Option<char> {
        self.characters.get(self.at).copied()
    }

    fn accept(&mut self, character: char) -> bool {
        let accepted = self.peek() == Some(character);
        self.at += usize::from(accepted);
        accepted
    }

    fn accept_all(&mut self, text: &str) -> bool {
        let matches =
            text.chars().enumerate().all(|(offset, c)| self.characters.get(self.at + offset) == Some(&c));
        self.at += if matches { text.chars().count() } else { 0 };
        matches
    }

    fn expect(&mut self, character: char, name: &'static str) -> Result<(), PathFault> {
        if self.accept(character) { Ok(()) } else { Err(self.fault(name)) }
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(' ' | '\t' | '\n' | '\r')) {
            self.at += 1;
        }
    }

    /// Segments up to something that begins none.
    fn segments(&mut self) -> Result<Path, PathFault> {
        let mut segments = Vec::new();
        loop {
            let before = self.at;
            self.skip_space();
            if self.accept_all("..") {
                let selectors = if self.accept('[') { self.brackets()? } else { vec![self.shorthand()?] };
                segments.push(Segment { is_descendant: true, selectors });
            } else if self.accept('.') {
                segments.push(Segment { is_descendant: false, selectors: vec![self.shorthand()?] });
            } else if self.accept('[') {
                segments.push(Segment { is_descendant: false, selectors: self.brackets()? });
            } else {
                self.at = before;
                return Ok(Path { segments });
            }
        }
    }

    /// `*` or a name after a dot.
    fn shorthand(&mut self) -> Result<Selector, PathFault> {
        if self.accept('*') {
            return Ok(Selector::Wildcard);
        }
        let is_name = |c: char, first: bool| {
            c.is_ascii_alphabetic() || c == '_' || !c.is_ascii() || !first && (c.is_ascii_digit() || c == '-')
        };
        let mut name = String::new();
        while let Some(character) = self.peek().filter(|character| is_name(*character, name.is_empty())) {
            name.push(character);
            self.at += 1;
        }
        if name.is_empty() { Err(self.fault("a name or `*`")) } else { Ok(Selector::Name(name)) }
    }

    /// Selectors up to and with `]`.
    fn brackets(&mut self) -> Result<Vec<Selector>, PathFault> {
        let mut selectors = Vec::new();
        loop {
            self.skip_space();
            selectors.push(self.selector()?);
            self.skip_space();
            if self.accept(']') {
                return Ok(selectors);
            }
            self.expect(',', "`,` or `]`")?;
        }
    }

    fn selector(&mut self) -> Result<Selector, PathFault> {
        match self.peek() {
            Some('*') => {
                self.at += 1;
                Ok(Selector::Wildcard)
            }
            Some('?') => {
                self.at += 1;
                self.filter().map(Selector::Filter)
            }
            Some('\'' | '"') => self.quoted().map(Selector::Name),
            _ => self.index_or_slice(),
        }
    }

    fn index_or_slice(&mut self) -> Result<Selector, PathFault> {
        let start = self.integer()?;
        self.skip_space();
        if !self.accept(':') {
            return start
                .map(Selector::Index)
                .ok_or_else(|| self.fault("a name in quotes, a number, `*` or `?`"));
        }
        self.skip_space();
        let end = self.integer()?;
        self.skip_space();
        let step = if self.accept(':') {
            self.skip_space();
            self.integer()?
        } else {
            None
        };
        Ok(Selector::Slice { start, end, step: step.unwrap_or(1) })
    }

    /// A whole number, if one begins here.
    fn integer(&mut self) -> Result<Option<i64>, PathFault> {
        let start = self.at;
        self.accept('-');
        while self.peek().is_some_and(|character| character.is_ascii_digit()) {
            self.at += 1;
        }
        let text: String = self.characters.get(start..self.at).unwrap_or_default().iter().collect();
        if text.is_empty() {
            return Ok(None);
        }
        let digits = text.trim_start_matches('-');
        let plain = digits == text && digits == "0" || !digits.starts_with('0');
        // The bound keeps numbers exact in every JSON reader (RFC 9535, section 2.1).
        let number = text.parse().ok().filter(|number: &i64| plain && number.unsigned_abs() < 1 << 53);
        if number.is_none() {
            self.at = start;
            return Err(self.fault("a whole number"));
        }
        Ok(number)
    }

    /// A string whose opening quote comes next.
    fn quoted(&mut self) -> Result<String, PathFault> {
        let quote = self.peek().unwrap_or('"');
        self.at += 1;
        let mut text = String::new();
        loop {
            let Some(character) = self.peek() else { return Err(self.fault("a closing quote")) };
            self.at += 1;
            match character {
                c if c == quote => return Ok(text),
                '\\' => text.push(self.escape(quote)?),
                c if c < ' ' => return Err(self.fault("no control character")),
                c => text.push(c),
            }
        }
    }

    fn escape(&mut self, quote: char) -> Result<char, PathFault> {
        let letter = self.peek();
        self.at += 1;
        Ok(match letter {
            Some(c) if c == quote => c,
            Some(c @ ('\\' | '/')) => c,
            Some('b') => '\u{8}',
            Some('f') => '\u{c}',
            Some('n') => '\n',
            Some('r') => '\r',
            Some('t') => '\t',
            Some('u') => return self.code_point(),
            _ => return Err(self.fault("an escape of JSON")),
        })
    }

    fn code_point(&mut self) -> Result<char, PathFault> {
        let high = self.code_unit()?;
        if let Some(character) = char::from_u32(high) {
            return Ok(character);
        }
        let low = if self.accept_all("\\u") { self.code_unit()? } else { 0 };
        let is_pair = high < 0xdc00 && (0xdc00..0xe000).contains(&low);
        let scalar = is_pair.then(|| 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00));
        scalar.and_then(char::from_u32).ok_or_else(|| self.fault("a whole surrogate pair"))
    }

    fn code_unit(&mut self) -> Result<u32, PathFault> {
        let digits = self.characters.get(self.at..self.at + 4).unwrap_or_default();
        let unit = digits.iter().try_fold(0, |unit, digit| Some(unit * 16 + digit.to_digit(16)?));
        let unit = unit.filter(|_| digits.len() == 4).ok_or_else(|| self.fault("four hexadecimal digits"))?;
        self.at += 4;
        Ok(unit)
    }
}
