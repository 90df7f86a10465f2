//! Tokens of a GraphQL document (specification of September 2025, section 2.1), as many as allowed.
//!
//! Where readers are known to disagree on where a token ends it refuses: a line separator of Unicode, at which some end a
//! comment, and control characters.

use super::Fault;

/// One token. Texts stand as they are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token<'t> {
    /// After the last one.
    End,
    /// One of ``!$&()[]{}:=@|``.
    Mark(u8),
    /// `...`
    Spread,
    Name(&'t str),
    /// With or without a fraction.
    Number(&'t str),
    /// A string, in either form.
    Text,
}

/// Reads tokens from a text.
#[derive(Debug)]
pub(super) struct Lexer<'t> {
    text: &'t str,
    at: usize,
    /// Where the last token began.
    begun: usize,
    /// Tokens that may still be read.
    left: usize,
}

impl<'t> Lexer<'t> {
    pub(super) fn new(text: &'t str, tokens_max: usize) -> Lexer<'t> {
        Lexer { text, at: 0, begun: 0, left: tokens_max }
    }

    /// Where the last token began.
    pub(super) fn begun(&self) -> usize {
        self.begun
    }

    /// That something is wrong with the last token.
    pub(super) fn fault(&self, what: &'static str) -> Fault {
        Fault::Malformed { what, at: self.begun }
    }

    pub(super) fn next(&mut self) -> Result<Token<'t>, Fault> {
        self.skip_ignored()?;
        self.begun = self.at;
        let Some(first) = self.peek(0) else { return Ok(Token::End) };
        self.left = self.left.checked_sub(1).ok_or(Fault::TooManyTokens)?;
        match first {
            b'!' | b'$' | b'&' | b'(' | b')' | b'[' | b']' | b'{' | b'}' | b':' | b'=' | b'@' | b'|' => {
                self.at += 1;
                Ok(Token::Mark(first))
            }
            b'.' if self.rest().starts_with("...") => {
                self.at += 3;
                Ok(Token::Spread)
            }
            b'_' | b'a'..=b'z' | b'A'..=b'Z' => {
                self.skip_while(is_name);
                Ok(Token::Name(self.taken()))
            }
            b'-' | b'0'..=b'9' => self.number(),
            b'"' if self.rest().starts_with("\"\"\"") => self.block(),
            b'"' => self.string(),
            _ => Err(self.fault("no token begins so")),
        }
    }

    fn peek(&self, ahead: usize) -> Option<u8> {
        self.text.as_bytes().get(self.at + ahead).copied()
    }

    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// What was read since the token began.
    fn taken(&self) -> &'t str {
        self.text.get(self.begun..self.at).unwrap_or_default()
    }

    fn skip_while(&mut self, is_more: fn(u8) -> bool) {
        while self.peek(0).is_some_and(is_more) {
            self.at += 1;
        }
    }

    /// White space, line ends, commas, comments, and marks of byte order (section 2.1.1 to 2.1.7).
    fn skip_ignored(&mut self) -> Result<(), Fault> {
        loop {
            match self.peek(0) {
                Some(b' ' | b'\t' | b'\n' | b'\r' | b',') => self.at += 1,
                Some(b'#') => self.skip_comment()?,
                Some(0xEF) if self.rest().starts_with('\u{feff}') => self.at += '\u{feff}'.len_utf8(),
                _ => return Ok(()),
            }
        }
    }

    fn skip_comment(&mut self) -> Result<(), Fault> {
        let line = self.rest().split(['\n', '\r']).next().unwrap_or_default();
        let is_doubtful = |letter: char| {
            (letter.is_control() && letter != '\t') || matches!(letter, '\u{2028}' | '\u{2029}')
        };
        if line.contains(is_doubtful) {
            return Err(Fault::Malformed {
                what: "a comment of which readers see different ends",
                at: self.at,
            });
        }
        self.at += line.len();
        Ok(())
    }

    /// Section 2.9.1 and 2.9.2.
    fn number(&mut self) -> Result<Token<'t>, Fault> {
        if self.peek(0) == Some(b'-') {
            self.at += 1;
        }
        match self.peek(0) {
            Some(b'0') => self.at += 1,
            _ => self.digits()?,
        }
        if self.peek(0) == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.peek(0), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(0), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        match self.peek(0) {
            Some(next) if next == b'.' || is_name(next) => Err(self.fault("a number that does not end")),
            _ => Ok(Token::Number(self.taken())),
        }
    }

    fn digits(&mut self) -> Result<(), Fault> {
        let before = self.at;
        self.skip_while(|byte| byte.is_ascii_digit());
        if self.at == before { Err(self.fault("a number without digits")) } else { Ok(()) }
    }

    /// Section 2.9.4.
    fn string(&mut self) -> Result<Token<'t>, Fault> {
        self.at += 1;
        loop {
            let byte = self.peek(0).ok_or_else(|| self.fault("a string that does not end"))?;
            self.at += 1;
            match byte {
                b'"' => return Ok(Token::Text),
                b'\\' => self.escape()?,
                b'\t' | b' '.. => {}
                _ => return Err(self.fault("a control character in a string")),
            }
        }
    }

    fn escape(&mut self) -> Result<(), Fault> {
        let wrong = self.fault("an escape that there is not");
        let letter = self.peek(0).ok_or(wrong)?;
        self.at += 1;
        if letter != b'u' {
            let is_known = matches!(letter, b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't');
            return if is_known { Ok(()) } else { Err(wrong) };
        }
        let is_braced = self.peek(0) == Some(b'{');
        let rest = self.rest();
        let (digits, length) = match rest.strip_prefix('{').and_then(|rest| rest.split_once('}')) {
            Some((digits, _)) if is_braced => (digits, digits.len() + 2),
            _ => (rest.get(..4).unwrap_or_default(), 4),
        };
        let is_hex = (1..=6).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        self.at += length;
        if is_hex { Ok(()) } else { Err(wrong) }
    }

    /// A block string, in which `\"""` is the one escape.
    fn block(&mut self) -> Result<Token<'t>, Fault> {
        self.at += 3;
        loop {
            let rest = self.rest();
            let (inside, _) =
                rest.split_once("\"\"\"").ok_or_else(|| self.fault("a string that does not end"))?;
            if inside.contains(|letter: char| letter < ' ' && !matches!(letter, '\t' | '\n' | '\r')) {
                return Err(self.fault("a control character in a string"));
            }
            self.at += inside.len() + 3;
            if !inside.ends_with('\\') {
                return Ok(Token::Text);
            }
        }
    }
}

fn is_name(byte: u8) -> bool {
    byte == b'_' || byte.is_ascii_alphanumeric()
}
