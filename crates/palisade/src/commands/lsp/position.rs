//! Places as the protocol counts them: lines, and code units of the encoding that was agreed on.

use serde::{Deserialize, Serialize};

/// A place in a text (LSP 3.17, `Position`): both from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Position {
    pub(super) line: u32,
    /// Code units of the line before it.
    pub(super) character: u32,
}

/// From a place to before another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Range {
    pub(super) start: Position,
    pub(super) end: Position,
}

/// What a character counts as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    /// Bytes.
    Utf8,
    /// One, or two outside of the basic plane: what is meant where nothing is agreed on.
    Utf16,
    /// One.
    Utf32,
}

/// Bytes between two marks.
const MARK_BYTES: usize = 1024;

/// A text, and where its lines begin: after `\n`, `\r\n` and `\r` alone.
#[derive(Debug)]
pub(super) struct Lines<'t> {
    text: &'t str,
    starts: Vec<usize>,
    /// Code units before each multiple of [`MARK_BYTES`]: minified documents are one line of megabytes.
    marks: Vec<usize>,
    encoding: Encoding,
}

impl Encoding {
    /// The best that an editor offers: that in which nothing has to be counted, if it does.
    pub(super) fn best_of(offered: &[String]) -> Encoding {
        let has = |name: &str| offered.iter().any(|offer| offer == name);
        if has("utf-8") {
            Encoding::Utf8
        } else if has("utf-32") && !has("utf-16") {
            Encoding::Utf32
        } else {
            Encoding::Utf16
        }
    }

    /// Its name in the protocol.
    pub(super) fn name(self) -> &'static str {
        match self {
            Encoding::Utf8 => "utf-8",
            Encoding::Utf16 => "utf-16",
            Encoding::Utf32 => "utf-32",
        }
    }

    fn units(self, character: char) -> usize {
        match self {
            Encoding::Utf8 => character.len_utf8(),
            Encoding::Utf16 => character.len_utf16(),
            Encoding::Utf32 => 1,
        }
    }
}

impl<'t> Lines<'t> {
    pub(super) fn of(text: &'t str, encoding: Encoding) -> Lines<'t> {
        let bytes = text.as_bytes();
        let ends = bytes.iter().enumerate().filter(|(at, byte)| match byte {
            b'\n' => true,
            b'\r' => bytes.get(at + 1) != Some(&b'\n'),
            _ => false,
        });
        let starts = std::iter::once(0).chain(ends.map(|(at, _)| at + 1)).collect();
        let mut marks = Vec::with_capacity(text.len() / MARK_BYTES + 1);
        let mut units = 0;
        for (at, character) in text.char_indices() {
            while at >= marks.len() * MARK_BYTES {
                marks.push(units);
            }
            units += encoding.units(character);
        }
        Lines { text, starts, marks, encoding }
    }

    /// The place of a byte.
    pub(super) fn position(&self, offset: usize) -> Position {
        let offset = self.text.floor_char_boundary(offset);
        let line = self.starts.partition_point(|start| *start <= offset).saturating_sub(1);
        let start = self.starts.get(line).copied().unwrap_or(0);
        let character = self.units_before(offset) - self.units_before(start);
        Position { line: narrow(line), character: narrow(character) }
    }

    fn units_before(&self, offset: usize) -> usize {
        let mark = (offset / MARK_BYTES).min(self.marks.len().saturating_sub(1));
        // The first character at or behind the mark is the first that is not counted in it.
        let start = self.text.ceil_char_boundary(mark * MARK_BYTES);
        let counted = self.marks.get(mark).copied().unwrap_or(0);
        let Some(between) = self.text.get(start..offset) else { return counted };
        counted + between.chars().map(|character| self.encoding.units(character)).sum::<usize>()
    }

    pub(super) fn range(&self, span: (usize, usize)) -> Range {
        Range { start: self.position(span.0), end: self.position(span.1.max(span.0)) }
    }

    /// The byte at a place; one beyond the end of a line or of the text is at that end, and one inside a character before it.
    pub(super) fn offset(&self, position: Position) -> usize {
        let line = position.line as usize;
        let Some(start) = self.starts.get(line).copied() else { return self.text.len() };
        let end = self.starts.get(line + 1).copied().unwrap_or(self.text.len());
        let text = self.text.get(start..end).unwrap_or_default().trim_end_matches(['\n', '\r']);
        let (mut units, wanted) = (0, position.character as usize);
        for (at, character) in text.char_indices() {
            units += self.encoding.units(character);
            if units > wanted {
                return start + at;
            }
        }
        start + text.len()
    }
}

fn narrow(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(encoding: Encoding, offset: usize, line: u32, character: u32) {
        // A letter of two bytes, one of three, one outside of the basic plane, and ends of lines of three kinds.
        let text = "é€\u{1d11e}x\r\ny\rz\n";
        let lines = Lines::of(text, encoding);
        assert_eq!(lines.position(offset), Position { line, character }, "{encoding:?} {offset}");
        assert_eq!(lines.offset(Position { line, character }), offset, "{encoding:?} {line}:{character}");
    }

    #[test]
    fn characters_count_as_was_agreed() {
        for (offset, utf8, utf16, utf32) in
            [(0, 0, 0, 0), (2, 2, 1, 1), (5, 5, 2, 2), (9, 9, 4, 3), (10, 10, 5, 4)]
        {
            check(Encoding::Utf8, offset, 0, utf8);
            check(Encoding::Utf16, offset, 0, utf16);
            check(Encoding::Utf32, offset, 0, utf32);
        }
        check(Encoding::Utf16, 12, 1, 0);
        check(Encoding::Utf16, 14, 2, 0);
        check(Encoding::Utf16, 16, 3, 0);
    }

    #[test]
    fn places_that_are_none_are_the_nearest_before() {
        let lines = Lines::of("a\u{1d11e}b\nc", Encoding::Utf16);
        let offset = |line, character| lines.offset(Position { line, character });
        assert_eq!(offset(0, 2), 1, "inside a surrogate pair");
        assert_eq!((offset(0, 99), offset(1, 99), offset(99, 0)), (6, 8, 8));
    }

    #[test]
    fn long_lines_are_counted_as_short_ones_are() {
        let text = "é\u{1d11e}a€".repeat(700);
        for encoding in [Encoding::Utf8, Encoding::Utf16, Encoding::Utf32] {
            let lines = Lines::of(&text, encoding);
            let mut units = 0;
            for (at, character) in text.char_indices() {
                assert_eq!(lines.position(at).character as usize, units, "{encoding:?} {at}");
                units += encoding.units(character);
            }
        }
    }

    #[test]
    fn the_best_offered_encoding_is_taken() {
        let best = |offered: &[&str]| {
            Encoding::best_of(&offered.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()).name()
        };
        assert_eq!(best(&[]), "utf-16");
        assert_eq!(best(&["utf-16", "utf-8"]), "utf-8");
        assert_eq!(best(&["utf-16", "utf-32"]), "utf-16");
        assert_eq!(best(&["utf-32"]), "utf-32");
    }
}
