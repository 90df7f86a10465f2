//! Numbers that states give to people: by their form, and by their checksum where they have one.

mod americas;
mod asia;
mod checksum;
mod europe;

use std::ops::Range;

use super::{Detector, Group, Number, Trigger, text};

pub(super) use checksum::luhn;

pub(super) const DETECTOR: Detector = Detector {
    class: "national-id",
    group: Group::Personal,
    triggers: &[Trigger::Numbers(number), Trigger::Words(word), Trigger::Texts(&["756."], europe::swiss)],
    doc: DOC,
};

/// A number of digits alone.
struct Digits {
    count: usize,
    /// The groups in which it is written.
    groups: &'static [&'static [u8]],
    solid: Solid,
    check: fn(&[u8]) -> bool,
}

/// Whether the digits may stand together.
enum Solid {
    /// In a string or in running text.
    Yes,
    /// Where what leads to it has one of these words.
    Named(&'static [&'static str]),
}

/// A number that has letters.
struct Letters {
    /// Each character: `9` a digit, `A` a letter, `*` either, any other itself. Letters are compared in any case.
    form: &'static str,
    check: fn(&[u8]) -> bool,
}

fn number(text: &[u8], number: &Number) -> Option<Range<usize>> {
    if let Some(range) = europe::nino(text, number) {
        return Some(range);
    }
    if text::continues(text, number.start, number.end) {
        return None;
    }
    let is_bare = text::is_bare_number(text, number.start, number.end);
    let all = [europe::DIGITS, americas::DIGITS, asia::DIGITS];
    all.iter().copied().flatten().find_map(|rule| {
        let found = number.beginning(rule.count)?;
        let goes_on = found.end != number.end;
        // What goes on behind a dash or a point is longer than what is looked for.
        if goes_on && text.get(found.end) != Some(&b' ') || !text::ends_word(text, found.end) {
            return None;
        }
        let written = if found.is_solid() {
            match rule.solid {
                Solid::Yes => !is_bare,
                Solid::Named(words) => text::has_any(text::lead(text, found.start), words),
            }
        } else {
            rule.groups.contains(&found.groups())
        };
        (written && (rule.check)(found.digits())).then_some(found.start..found.end)
    })
}

fn word(text: &[u8], word: Range<usize>) -> Option<Range<usize>> {
    let found = text.get(word.clone())?;
    let all = [europe::LETTERS, americas::LETTERS, asia::LETTERS];
    let known = all.iter().copied().flatten().any(|rule| has_form(found, rule.form) && (rule.check)(found));
    if known {
        return Some(word);
    }
    europe::dashed(text, word.clone()).or_else(|| americas::beneficiary(text, word))
}

fn has_form(word: &[u8], form: &str) -> bool {
    let fits = |(byte, wanted): (&u8, u8)| match wanted {
        b'9' => byte.is_ascii_digit(),
        b'A' => byte.is_ascii_alphabetic(),
        b'*' => byte.is_ascii_alphanumeric(),
        other => byte.eq_ignore_ascii_case(&other),
    };
    word.len() == form.len() && word.iter().zip(form.bytes()).all(fits)
}

/// Two digits as a number.
fn pair(digits: &[u8], at: usize) -> u32 {
    digits.get(at..at + 2).unwrap_or_default().iter().fold(0, |sum, digit| sum * 10 + u32::from(*digit))
}

/// Whether the digits at `month` and `day` can be those of a date.
fn has_date(digits: &[u8], month: usize, day: usize) -> bool {
    (1..=12).contains(&pair(digits, month)) && (1..=31).contains(&pair(digits, day))
}

/// The digits of a word as numbers, without its letters.
fn digits_of(word: &[u8]) -> Vec<u8> {
    word.iter().filter(|byte| byte.is_ascii_digit()).map(|byte| byte - b'0').collect()
}

const DOC: &str = r#"
National identity, tax, insurance and health numbers with the right checksum, where they have one, and in their own form:
of the United States, Canada, Mexico, Brazil, Argentina, Chile, the United Kingdom, Ireland, Germany, France, Spain,
Portugal, Italy, the Netherlands, Belgium, Switzerland, Austria, Sweden, Norway, Denmark, Finland, Poland, Czechia, Romania,
Bulgaria, Turkey, South Africa, India, China, Hong Kong, Singapore, South Korea, Thailand, Israel and Australia. Numbers whose
form says little are looked for only where a name says what they are.

~~~found
{"ssn":"536-90-4399"}
~~~
~~~found
{"nhs":"401 023 2137"}
~~~
~~~found
{"dni":"12345678Z","other":1}
~~~
~~~found
{"pesel":"44051401359"}
~~~
~~~found
CPF 529.982.247-25
~~~
~~~found
"PAN: ABCPE1234F"
~~~
~~~found
{"personnummer":"811218-9876"}
~~~
~~~clean
{"order":"12345678A","ssn":"000-12-3456","total":44051401359,"pesel":"44051401358"}
~~~
~~~clean
{"created":"2026-11-25","range":"123-45-678","uuid":"12345678-1234-1234-1234-123456789012"}
~~~
"#;
