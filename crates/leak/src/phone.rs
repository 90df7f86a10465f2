//! Telephone numbers: with a country code, grouped as people write them, or in a member that is called so.

use std::ops::Range;

use super::{Detector, Group, Number, Trigger, text};

pub(super) const DETECTOR: Detector =
    Detector { class: "phone", group: Group::Personal, triggers: &[Trigger::Numbers(verify)], doc: DOC };

/// Words that lead to a telephone number.
const WORDS: &[&str] = &["phone", "mobile", "cell", "tel", "fax", "whatsapp", "msisdn", "call"];

fn verify(text: &[u8], number: &Number) -> Option<Range<usize>> {
    let count = number.digits().len();
    let (start, has_plus, has_bracket) = beginning(text, number.start);
    if !((7..=15).contains(&count) && text::ends_word(text, number.end)) {
        return None;
    }
    // E.164: a plus, then eight to fifteen digits.
    let international = has_plus && count >= 8;
    let digits = number.digits();
    let groups = number.groups();
    let grouped = match groups {
        // North America, of which neither area nor exchange begins with 0 or 1.
        [3, 3, 4] => starts_from_two(digits, 0) && starts_from_two(digits, 3),
        [1, 3, 3, 4] => digits.first() == Some(&1) && starts_from_two(digits, 1),
        // With the trunk prefix of most other countries.
        [2..=5, _, ..] if digits.first() == Some(&0) => {
            count >= 9 && (has_bracket || groups.iter().skip(1).all(|group| (2..=8).contains(group)))
        }
        _ => has_bracket && count >= 9,
    };
    let named = (7..=15).contains(&count)
        && !text::is_date_like(groups)
        && text::has_any(text::lead(text, start), WORDS);
    let plausible = number.separator != Some(b'/') && digits.iter().any(|digit| *digit != 0);
    (plausible && (international || grouped || named)).then_some(start..number.end)
}

/// Whether the digit at `at` is none of those that begin no North American area.
fn starts_from_two(digits: &[u8], at: usize) -> bool {
    digits.get(at).is_some_and(|digit| *digit >= 2)
}

/// What stands before the digits and belongs to them: `+`, `(`, `+1 (`.
fn beginning(text: &[u8], start: usize) -> (usize, bool, bool) {
    let is_part = |byte: u8| matches!(byte, b'+' | b'(' | b' ' | b'-' | b'.') || byte.is_ascii_digit();
    let mut from = text::run_back(text, start, 8, is_part);
    while from < start && !matches!(text.get(from), Some(b'+' | b'(')) {
        from += 1;
    }
    let part = text.get(from..start).unwrap_or_default();
    let has_plus = part.first() == Some(&b'+') && text::begins_word(text, from);
    (from, has_plus, part.contains(&b'('))
}

const DOC: &str = r#"
Telephone numbers: with `+` and a country code (E.164), in the groups of North America or behind the zero of other
countries, and bare digits in a member whose name says what they are.

~~~found
{"contact":"+44 20 7946 0958"}
~~~
~~~found
call (415) 555-0132 today
~~~
~~~found
{"mobile_phone":"4155550132"}
~~~
~~~found
"+4915112345678"
~~~
~~~clean
{"order":4155550132,"date":"2026-11-25","total":"1764.50","version":"10.20.300.4000"}
~~~
~~~clean
{"created":1764000000123,"ratio":0.333333333,"range":"100-200-3000"}
~~~
"#;
