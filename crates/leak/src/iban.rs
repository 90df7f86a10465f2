//! Bank accounts: IBAN by country, length and checksum (ISO 13616).

use std::ops::Range;

use super::{Detector, Group, Trigger, text};

pub(super) const DETECTOR: Detector =
    Detector { class: "iban", group: Group::Personal, triggers: &[Trigger::Words(verify)], doc: DOC };

/// Characters of an account, by country.
const LENGTHS: &[(&[u8; 2], usize)] = &[
    (b"AD", 24),
    (b"AE", 23),
    (b"AL", 28),
    (b"AT", 20),
    (b"AZ", 28),
    (b"BA", 20),
    (b"BE", 16),
    (b"BG", 22),
    (b"BH", 22),
    (b"BI", 27),
    (b"BR", 29),
    (b"BY", 28),
    (b"CH", 21),
    (b"CR", 22),
    (b"CY", 28),
    (b"CZ", 24),
    (b"DE", 22),
    (b"DJ", 27),
    (b"DK", 18),
    (b"DO", 28),
    (b"EE", 20),
    (b"EG", 29),
    (b"ES", 24),
    (b"FI", 18),
    (b"FK", 18),
    (b"FO", 18),
    (b"FR", 27),
    (b"GB", 22),
    (b"GE", 22),
    (b"GI", 23),
    (b"GL", 18),
    (b"GR", 27),
    (b"GT", 28),
    (b"HN", 28),
    (b"HR", 21),
    (b"HU", 28),
    (b"IE", 22),
    (b"IL", 23),
    (b"IQ", 23),
    (b"IS", 26),
    (b"IT", 27),
    (b"JO", 30),
    (b"KW", 30),
    (b"KZ", 20),
    (b"LB", 28),
    (b"LC", 32),
    (b"LI", 21),
    (b"LT", 20),
    (b"LU", 20),
    (b"LV", 21),
    (b"LY", 25),
    (b"MC", 27),
    (b"MD", 24),
    (b"ME", 22),
    (b"MK", 19),
    (b"MN", 20),
    (b"MR", 27),
    (b"MT", 31),
    (b"MU", 30),
    (b"NI", 28),
    (b"NL", 18),
    (b"NO", 15),
    (b"OM", 23),
    (b"PK", 24),
    (b"PL", 28),
    (b"PS", 29),
    (b"PT", 25),
    (b"QA", 29),
    (b"RO", 24),
    (b"RS", 22),
    (b"RU", 33),
    (b"SA", 24),
    (b"SC", 31),
    (b"SD", 18),
    (b"SE", 24),
    (b"SI", 19),
    (b"SK", 24),
    (b"SM", 27),
    (b"SO", 23),
    (b"ST", 25),
    (b"SV", 28),
    (b"TL", 23),
    (b"TN", 24),
    (b"TR", 26),
    (b"UA", 29),
    (b"VA", 22),
    (b"VG", 24),
    (b"XK", 20),
    (b"YE", 30),
];

fn verify(text: &[u8], word: Range<usize>) -> Option<Range<usize>> {
    let country: [u8; 2] = text.get(word.start..word.start + 2)?.try_into().ok()?;
    let country = country.map(|byte| byte.to_ascii_uppercase());
    let length = LENGTHS.iter().find(|(known, _)| **known == country).map(|(_, length)| *length)?;
    let mut account = [0_u8; 34];
    let mut count = 0;
    let mut at = word.start;
    while count < length {
        let byte = *text.get(at)?;
        if byte.is_ascii_alphanumeric() {
            *account.get_mut(count)? = byte;
            count += 1;
        } else if !(matches!(byte, b' ' | b'-') && count > 0 && count.is_multiple_of(4)) {
            return None;
        }
        at += 1;
    }
    (text::ends_word(text, at) && is_valid(account.get(..length)?)).then_some(word.start..at)
}

/// Whether the number that the account stands for leaves 1 when divided by 97.
fn is_valid(account: &[u8]) -> bool {
    let (head, tail) = account.split_at(4.min(account.len()));
    if !head.iter().skip(2).all(u8::is_ascii_digit) {
        return false;
    }
    let rest = tail.iter().chain(head).fold(0_u32, |rest, byte| match byte {
        b'0'..=b'9' => (rest * 10 + u32::from(byte - b'0')) % 97,
        letter => (rest * 100 + u32::from(letter.to_ascii_uppercase() - b'A') + 10) % 97,
    });
    rest == 1
}

const DOC: &str = r#"
International bank account numbers (ISO 13616): a country that has them, its length, and the right checksum.

~~~found
{"account":"DE89370400440532013000"}
~~~
~~~found
pay to GB82 WEST 1234 5698 7654 32 by Friday
~~~
~~~clean
{"account":"DE89370400440532013001","sku":"DE8937040044"}
~~~
~~~clean
ZZ82 WEST 1234 5698 7654 32
~~~
"#;
