//! Strings: finding their end and decoding their escapes (RFC 8259, section 7).

use memchr::memchr2;

use super::JsonErrorKind;

/// What follows an opening quote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Run {
    /// The text up to the closing quote stands for itself.
    Plain {
        /// Where the closing quote stands.
        close: usize,
    },
    /// The text up to here stands for itself, and here an escape begins.
    Escape {
        /// Where the `\` stands.
        at: usize,
    },
    /// A control character comes before the closing quote.
    Control {
        /// Where it stands.
        at: usize,
    },
    /// There is no closing quote.
    Open,
}

/// What comes first from `from` on: the closing quote, an escape, or something amiss.
pub(super) fn run(bytes: &[u8], from: usize) -> Run {
    let rest = bytes.get(from..).unwrap_or_default();
    let found = memchr2(b'"', b'\\', rest);
    let plain = rest.get(..found.unwrap_or(rest.len())).unwrap_or_default();
    // Folded without a branch so that it runs as vectors; the place is looked for only where there is one.
    if plain.iter().fold(false, |seen, byte| seen | (*byte < 0x20))
        && let Some(at) = plain.iter().position(|byte| *byte < 0x20)
    {
        return Run::Control { at: from + at };
    }
    match found {
        None => Run::Open,
        Some(place) if rest.get(place) == Some(&b'"') => Run::Plain { close: from + place },
        Some(place) => Run::Escape { at: from + place },
    }
}

/// The character that the escape at the beginning of `rest` stands for, and how many bytes the escape has.
///
/// # Errors
/// [`JsonErrorKind::InvalidEscape`], [`JsonErrorKind::LoneSurrogate`] or [`JsonErrorKind::UnexpectedEnd`].
pub(super) fn escape(rest: &[u8]) -> Result<(char, usize), JsonErrorKind> {
    let Some(letter) = rest.get(1) else { return Err(JsonErrorKind::UnexpectedEnd) };
    let character = match letter {
        b'"' => '"',
        b'\\' => '\\',
        b'/' => '/',
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        b'u' => return code_unit(rest),
        _ => return Err(JsonErrorKind::InvalidEscape),
    };
    Ok((character, 2))
}

fn code_unit(rest: &[u8]) -> Result<(char, usize), JsonErrorKind> {
    let high = hexadecimal(rest.get(2..6)).ok_or(JsonErrorKind::InvalidEscape)?;
    if let Some(character) = char::from_u32(high) {
        return Ok((character, 6));
    }
    let low = match rest.get(6..8) {
        Some(b"\\u") => hexadecimal(rest.get(8..12)).ok_or(JsonErrorKind::InvalidEscape)?,
        _ => return Err(JsonErrorKind::LoneSurrogate),
    };
    if high >= 0xdc00 || !(0xdc00..0xe000).contains(&low) {
        return Err(JsonErrorKind::LoneSurrogate);
    }
    let scalar = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
    char::from_u32(scalar).map(|character| (character, 12)).ok_or(JsonErrorKind::LoneSurrogate)
}

fn hexadecimal(digits: Option<&[u8]>) -> Option<u32> {
    digits?.iter().try_fold(0, |number, digit| Some(number * 16 + char::from(*digit).to_digit(16)?))
}
