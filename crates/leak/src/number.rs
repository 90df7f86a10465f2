//! A number as people write it: digits in groups, with one kind of separator or several.

/// Digits that are kept; longer numbers are none that anybody looks for.
const DIGITS_MAX: usize = 24;

/// Groups that are kept.
const GROUPS_MAX: usize = 8;

/// A number in a text.
#[derive(Debug, Clone)]
pub(crate) struct Number {
    /// Its first digit.
    pub start: usize,
    /// The byte after its last digit.
    pub end: usize,
    digits: [u8; DIGITS_MAX],
    count: usize,
    groups: [u8; GROUPS_MAX],
    group_count: usize,
    /// The separator between its groups, if it is everywhere the same.
    pub separator: Option<u8>,
    ends: [usize; GROUPS_MAX],
}

impl Number {
    /// Its digits, as numbers.
    pub(crate) fn digits(&self) -> &[u8] {
        self.digits.get(..self.count).unwrap_or_default()
    }

    /// How many digits each group has.
    pub(crate) fn groups(&self) -> &[u8] {
        self.groups.get(..self.group_count).unwrap_or_default()
    }

    /// Whether the digits stand together.
    pub(crate) fn is_solid(&self) -> bool {
        self.group_count == 1
    }

    /// The first groups of it, as many as have `count` digits together; nothing where no group ends there.
    pub(crate) fn beginning(&self, count: usize) -> Option<Number> {
        let mut sum = 0;
        let groups = self.groups().iter().position(|group| {
            sum += usize::from(*group);
            sum >= count
        })? + 1;
        let end = *self.ends.get(groups - 1)?;
        (sum == count).then(|| Number { end, count, group_count: groups, ..self.clone() })
    }

    /// Whether it is written like a date: `2026-11-25` or `25.11.2026`.
    fn is_date(&self) -> bool {
        matches!(self.groups(), [4, 2, 2, ..] | [2, 2, 4, ..])
            && matches!(self.separator, Some(b'-' | b'.' | b'/'))
    }
}

/// The number of at least six digits that begins at `start`; a date is none.
pub(super) fn read(text: &[u8], start: usize) -> Option<Number> {
    let mut number = Number {
        start,
        end: start,
        digits: [0; DIGITS_MAX],
        count: 0,
        groups: [0; GROUPS_MAX],
        group_count: 0,
        separator: None,
        ends: [0; GROUPS_MAX],
    };
    let mut separators = None;
    let mut at = start;
    loop {
        let from = number.count;
        while let Some(digit) = text.get(at).filter(|byte| byte.is_ascii_digit()) {
            *number.digits.get_mut(number.count)? = digit - b'0';
            number.count += 1;
            at += 1;
        }
        // Letters right behind make the group part of a word.
        if text.get(at).is_some_and(u8::is_ascii_alphabetic) && number.group_count > 0 {
            number.count = from;
            break;
        }
        *number.groups.get_mut(number.group_count)? = u8::try_from(number.count - from).unwrap_or(u8::MAX);
        *number.ends.get_mut(number.group_count)? = at;
        number.group_count += 1;
        number.end = at;
        let Some(separator) = text.get(at).filter(|byte| matches!(byte, b' ' | b'-' | b'.' | b'/')) else {
            break;
        };
        let mut next = at + 1;
        // `(0) 30`, `) 555`, ` - `: what people put between groups.
        while text.get(next).is_some_and(|byte| matches!(byte, b' ' | b'-')) && next < at + 3 {
            next += 1;
        }
        if !text.get(next).is_some_and(u8::is_ascii_digit) || number.group_count == GROUPS_MAX {
            break;
        }
        separators = match separators {
            None => Some(Some(*separator)),
            Some(Some(known)) if known == *separator => Some(Some(known)),
            Some(_) => Some(None),
        };
        at = next;
    }
    number.separator = separators.flatten();
    (number.count >= 6 && !number.is_date()).then_some(number)
}
