//! Numbers of the Americas.

use std::ops::Range;

use super::checksum::{last, luhn, varies, weighted};
use super::{Digits, Letters, Solid, digits_of, pair, text};

pub(super) const DIGITS: &[Digits] = &[
    // United States: social security, and the tax numbers of those who have none.
    Digits {
        count: 9,
        groups: &[&[3, 2, 4], &[3, 6], &[5, 4]],
        solid: Solid::Named(&["ssn", "social", "itin", "tax"]),
        check: |digits| social_security(digits) || taxpayer(digits),
    },
    // United States, bank routing.
    Digits { count: 9, groups: &[&[4, 4, 1]], solid: Solid::Yes, check: routing },
    // United States, providers of health care.
    Digits {
        count: 10,
        groups: &[],
        solid: Solid::Named(&["npi", "provider"]),
        check: |digits| {
            let prefixed: Vec<u8> = [8, 0, 8, 4, 0].into_iter().chain(digits.iter().copied()).collect();
            matches!(digits.first(), Some(1 | 2)) && luhn(&prefixed)
        },
    },
    // Canada.
    Digits {
        count: 9,
        groups: &[&[3, 3, 3]],
        solid: Solid::Named(&["sin", "social", "nas"]),
        check: |digits| varies(digits) && !matches!(digits.first(), Some(0 | 8)) && luhn(digits),
    },
    // Brazil: people and companies.
    Digits { count: 11, groups: &[&[3, 3, 3, 2]], solid: Solid::Yes, check: brazilian },
    Digits {
        count: 14,
        groups: &[&[2, 3, 3, 4, 2]],
        solid: Solid::Named(&["cnpj"]),
        check: |digits| {
            let digit = |weights: &[u32], count: usize| match weighted(
                digits.get(..count).unwrap_or_default(),
                weights,
            ) % 11
            {
                0 | 1 => 0,
                rest => 11 - rest,
            };
            let first = digit(&[5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2], 12);
            let second = digit(&[6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2], 13);
            varies(digits) && pair(digits, 12) == first * 10 + second
        },
    },
    // Argentina.
    Digits {
        count: 11,
        groups: &[&[2, 8, 1]],
        solid: Solid::Named(&["cuit", "cuil"]),
        check: |digits| {
            let check = 11 - weighted(digits, &[5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11;
            check % 11 == last(digits)
        },
    },
];

pub(super) const LETTERS: &[Letters] = &[
    // Mexico.
    Letters { form: "AAAA999999AAAAAA*9", check: mexican },
    // Medicare of the United States.
    Letters { form: "9A*9A*9AA99", check: medicare },
];

fn social_security(digits: &[u8]) -> bool {
    let area = pair(digits, 0) * 10 + digits.get(2).map_or(0, |digit| u32::from(*digit));
    let serial = pair(digits, 5) * 100 + pair(digits, 7);
    let printed = [[0, 7, 8, 0, 5, 1, 1, 2, 0], [2, 1, 9, 0, 9, 9, 9, 9, 9], [1, 2, 3, 4, 5, 6, 7, 8, 9]];
    let is_advertised = printed.iter().any(|number| number == digits);
    !matches!(area, 0 | 666 | 900..) && pair(digits, 3) != 0 && serial != 0 && !is_advertised
}

fn taxpayer(digits: &[u8]) -> bool {
    digits.first() == Some(&9) && matches!(pair(digits, 3), 50..=65 | 70..=88 | 90..=92 | 94..=99)
}

fn routing(digits: &[u8]) -> bool {
    let district = pair(digits, 0);
    let sum = weighted(digits, &[3, 7, 1, 3, 7, 1, 3, 7, 1]);
    matches!(district, 1..=12 | 21..=32 | 61..=72 | 80) && sum.is_multiple_of(10)
}

fn brazilian(digits: &[u8]) -> bool {
    let digit = |count: usize| {
        let weights: Vec<u32> = (2..=count as u32 + 1).rev().collect();
        weighted(digits.get(..count).unwrap_or_default(), &weights) * 10 % 11 % 10
    };
    varies(digits) && pair(digits, 9) == digit(9) * 10 + digit(10)
}

/// Sex and date; the check digit needs a letter that is not in every alphabet.
fn mexican(word: &[u8]) -> bool {
    let digits = digits_of(word.get(4..10).unwrap_or_default());
    let is_sex = word.get(10).is_some_and(|byte| b"HMX".contains(&byte.to_ascii_uppercase()));
    is_sex && (1..=12).contains(&pair(&digits, 2)) && (1..=31).contains(&pair(&digits, 4))
}

/// Letters that look like digits are none of Medicare's.
fn is_medicare_letter(byte: &u8) -> bool {
    byte.is_ascii_uppercase() && !b"SLOIBZ".contains(byte)
}

fn medicare(word: &[u8]) -> bool {
    let letters = [1, 4, 7, 8];
    let either = [2, 5];
    let is_letter = |at: &usize| word.get(*at).is_some_and(is_medicare_letter);
    let is_either =
        |at: &usize| word.get(*at).is_some_and(|byte| byte.is_ascii_digit() || is_medicare_letter(byte));
    word.first() != Some(&b'0') && letters.iter().all(is_letter) && either.iter().all(is_either)
}

/// Medicare as it is printed: `1EG4-TE5-MK73`. The word is the last of its three parts.
pub(super) fn beneficiary(text: &[u8], word: Range<usize>) -> Option<Range<usize>> {
    let start = word.end.checked_sub(13)?;
    let whole = text.get(start..word.end)?;
    let (Some(b'-'), Some(b'-')) = (whole.get(4), whole.get(8)) else { return None };
    let solid: Vec<u8> = whole.iter().copied().filter(|byte| *byte != b'-').collect();
    (text::begins_word(text, start) && super::has_form(&solid, "9A*9A*9AA99") && medicare(&solid))
        .then_some(start..word.end)
}
