//! Walks the members of one JSON object without building anything.
//!
//! It is no judge of JSON: what it does not need it passes over. A line that breaks off is not walked to its end, and is
//! then none of the known formats.

use std::borrow::Cow;

/// The deepest nesting that is walked; what lies deeper is passed over.
const DEPTH_MAX: usize = 8;

/// The longest path of a member that is told; longer ones are passed over.
const PATH_BYTES_MAX: usize = 256;

/// A value as it is told.
pub(crate) enum Value<'l> {
    /// A string, still escaped.
    Text(&'l str),
    /// A number, `true`, `false` or `null`, as it is written.
    Bare(&'l str),
    /// An object or an array, whose members come next.
    Nested,
}

impl<'l> Value<'l> {
    /// The text of a string or of a number; none for what says nothing.
    pub(crate) fn text(self) -> Option<Cow<'l, str>> {
        match self {
            Value::Text(raw) => Some(unescaped(raw)),
            Value::Bare("null" | "true" | "false") | Value::Nested => None,
            Value::Bare(number) => Some(Cow::Borrowed(number)),
        }
    }
}

/// Tells `visit` every member below the object `text`, with the names that lead to it joined by `.`; members of arrays are
/// named by their number. `visit` says whether to go on.
///
/// None where `text` is not one whole object, or where `visit` did not go on.
pub(crate) fn walk<'l>(text: &'l str, visit: &mut dyn FnMut(&[u8], Value<'l>) -> bool) -> Option<()> {
    let mut walk = Walk { text, at: 0, path: [0; PATH_BYTES_MAX], visit };
    walk.space();
    walk.object(0, 0)?;
    walk.space();
    (walk.at == text.len()).then_some(())
}

struct Walk<'l, 'v> {
    text: &'l str,
    at: usize,
    path: [u8; PATH_BYTES_MAX],
    visit: &'v mut dyn FnMut(&[u8], Value<'l>) -> bool,
}

impl<'l> Walk<'l, '_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn space(&mut self) {
        while let Some(b' ' | b'\t' | b'\r' | b'\n') = self.peek() {
            self.at += 1;
        }
    }

    fn byte(&mut self, wanted: u8) -> Option<()> {
        (self.peek()? == wanted).then(|| self.at += 1)
    }

    /// The members of the object that starts here; its own path has `length` bytes.
    fn object(&mut self, length: usize, depth: usize) -> Option<()> {
        self.byte(b'{')?;
        self.space();
        if self.byte(b'}').is_some() {
            return Some(());
        }
        loop {
            self.space();
            let name = self.string()?;
            self.space();
            self.byte(b':')?;
            self.space();
            let length = self.push(length, name.as_bytes());
            self.value(length, depth + 1)?;
            self.space();
            match self.peek()? {
                b',' => self.at += 1,
                b'}' => {
                    self.at += 1;
                    return Some(());
                }
                _ => return None,
            }
        }
    }

    fn array(&mut self, length: usize, depth: usize) -> Option<()> {
        self.byte(b'[')?;
        self.space();
        if self.byte(b']').is_some() {
            return Some(());
        }
        let mut index = 0_u8;
        loop {
            self.space();
            // Members after the tenth have no name that could be asked for.
            let name = [b'0' + index.min(10)];
            let length = self.push(length, &name);
            self.value(length, depth + 1)?;
            index = index.saturating_add(1);
            self.space();
            match self.peek()? {
                b',' => self.at += 1,
                b']' => {
                    self.at += 1;
                    return Some(());
                }
                _ => return None,
            }
        }
    }

    fn value(&mut self, length: usize, depth: usize) -> Option<()> {
        let first = self.peek()?;
        match first {
            b'{' | b'[' if depth >= DEPTH_MAX => self.pass_over(),
            b'{' => {
                self.tell(length, Value::Nested)?;
                self.object(length, depth)
            }
            b'[' => {
                self.tell(length, Value::Nested)?;
                self.array(length, depth)
            }
            b'"' => {
                let text = self.string()?;
                self.tell(length, Value::Text(text))
            }
            _ => {
                let bare = self.bare()?;
                self.tell(length, Value::Bare(bare))
            }
        }
    }

    fn tell(&mut self, length: usize, value: Value<'l>) -> Option<()> {
        match self.path.get(..length) {
            Some(path) => (self.visit)(path, value).then_some(()),
            None => Some(()),
        }
    }

    /// Writes `name` behind the first `length` bytes of the path: the length of both, beyond every path if they do not fit.
    fn push(&mut self, length: usize, name: &[u8]) -> usize {
        let start = if length == 0 { 0 } else { length.saturating_add(1) };
        let end = start.saturating_add(name.len());
        match self.path.get_mut(start..end) {
            Some(place) => place.copy_from_slice(name),
            None => return usize::MAX,
        }
        if let Some(dot) = start.checked_sub(1).and_then(|dot| self.path.get_mut(dot)) {
            *dot = b'.';
        }
        end
    }

    fn string(&mut self) -> Option<&'l str> {
        self.byte(b'"')?;
        let start = self.at;
        loop {
            let rest = self.text.as_bytes().get(self.at..)?;
            let next = memchr::memchr2(b'"', b'\\', rest)?;
            self.at += next;
            if self.peek()? == b'"' {
                let text = self.text.get(start..self.at);
                self.at += 1;
                return text;
            }
            self.at += 2;
        }
    }

    fn bare(&mut self) -> Option<&'l str> {
        let start = self.at;
        while let Some(byte) = self.peek()
            && (byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'))
        {
            self.at += 1;
        }
        self.text.get(start..self.at).filter(|bare| !bare.is_empty())
    }

    /// Passes over an object or an array, however deep.
    fn pass_over(&mut self) -> Option<()> {
        let mut depth = 0_usize;
        loop {
            match self.peek()? {
                b'"' => {
                    self.string()?;
                    continue;
                }
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth -= 1,
                _ => {}
            }
            self.at += 1;
            if depth == 0 {
                return Some(());
            }
        }
    }
}

/// The text that an escaped string stands for; what is no escape stands as it is.
pub(crate) fn unescaped(raw: &str) -> Cow<'_, str> {
    if memchr::memchr(b'\\', raw.as_bytes()).is_none() {
        return Cow::Borrowed(raw);
    }
    let mut text = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some((before, after)) = rest.split_once('\\') {
        text.push_str(before);
        let mut letters = after.chars();
        rest = match letters.next() {
            Some('n') => push(&mut text, '\n', &letters),
            Some('t') => push(&mut text, '\t', &letters),
            Some('r') => push(&mut text, '\r', &letters),
            Some('b') => push(&mut text, '\u{8}', &letters),
            Some('f') => push(&mut text, '\u{c}', &letters),
            Some('u') => match unit(letters.as_str()) {
                Some((letter, rest)) => {
                    text.push(letter);
                    rest
                }
                None => push(&mut text, char::REPLACEMENT_CHARACTER, &letters),
            },
            Some(letter) => push(&mut text, letter, &letters),
            None => "",
        };
    }
    text.push_str(rest);
    Cow::Owned(text)
}

fn push<'t>(text: &mut String, letter: char, rest: &std::str::Chars<'t>) -> &'t str {
    text.push(letter);
    rest.as_str()
}

/// The letter of `XXXX` or `XXXX\uXXXX` at the beginning of `text`, and what comes after.
fn unit(text: &str) -> Option<(char, &str)> {
    let (digits, rest) = text.split_at_checked(4)?;
    let high = u32::from_str_radix(digits, 16).ok()?;
    if let Some(letter) = char::from_u32(high) {
        return Some((letter, rest));
    }
    let (digits, rest) = rest.strip_prefix("\\u")?.split_at_checked(4)?;
    let low = u32::from_str_radix(digits, 16).ok()?;
    let code = 0x10000 + ((high.checked_sub(0xd800)? & 0x3ff) << 10) + (low.checked_sub(0xdc00)? & 0x3ff);
    char::from_u32(code).map(|letter| (letter, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn members(text: &str) -> Option<Vec<String>> {
        let mut members = Vec::new();
        walk(text, &mut |path, value| {
            let path = String::from_utf8_lossy(path).into_owned();
            if let Some(text) = value.text() {
                members.push(format!("{path}={text}"));
            }
            true
        })?;
        Some(members)
    }

    #[test]
    fn members_are_told_with_the_names_that_lead_to_them() {
        let text = r#" {"a":1,"b":{"c":"x","d":[{"e":-1.5e3},"f"]},"g":null,"h":"a\"b\u00e9\ud83d\ude00\n","i":{},"j":[]} "#;
        let expected = ["a=1", "b.c=x", "b.d.0.e=-1.5e3", "b.d.1=f", "h=a\"bé😀\n"];
        assert_eq!(members(text).unwrap(), expected);
    }

    #[test]
    fn what_is_not_one_object_is_none() {
        for text in
            ["", "1", "[1]", "{", "{\"a\":1", "{\"a\" 1}", "{\"a\":1}x", "{\"a\":}", "{\"a\":\"b}", "{a:1}"]
        {
            assert_eq!(members(text), None, "{text}");
        }
    }

    #[test]
    fn depth_and_names_are_bounded() {
        let deep = format!("{{\"a\":{}1{}}}", "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(members(&deep).unwrap(), [""; 0]);
        let long = format!("{{\"{}\":1,\"b\":2}}", "a".repeat(PATH_BYTES_MAX + 1));
        assert_eq!(members(&long).unwrap(), ["b=2"]);
    }
}
