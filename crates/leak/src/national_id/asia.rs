//! Numbers of Asia and Australia.

use super::checksum::{last, luhn, varies, verhoeff, weighted};
use super::{Digits, Letters, Solid, digits_of, has_date, pair};

pub(super) const DIGITS: &[Digits] = &[
    // India.
    Digits {
        count: 12,
        groups: &[&[4, 4, 4]],
        solid: Solid::Yes,
        check: |digits| {
            let is_mirrored = digits.iter().eq(digits.iter().rev());
            digits.first().is_some_and(|digit| *digit >= 2) && !is_mirrored && verhoeff(digits)
        },
    },
    // South Korea; since 2020 the last digits of citizens are random.
    Digits { count: 13, groups: &[&[6, 7]], solid: Solid::Yes, check: korean },
    // Thailand.
    Digits {
        count: 13,
        groups: &[&[1, 4, 5, 2, 1]],
        solid: Solid::Yes,
        check: |digits| {
            let sum = weighted(digits, &[13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2]);
            digits.first().is_some_and(|digit| (1..=8).contains(digit))
                && (11 - sum % 11) % 10 == last(digits)
        },
    },
    // China, where the last is a digit.
    Digits { count: 18, groups: &[], solid: Solid::Yes, check: |digits| chinese(digits, last(digits)) },
    // Australia: tax, companies, businesses, Medicare.
    Digits {
        count: 9,
        groups: &[&[3, 3, 3]],
        solid: Solid::Yes,
        check: |digits| varies(digits) && weighted(digits, &[1, 4, 3, 7, 5, 8, 6, 9, 10]).is_multiple_of(11),
    },
    Digits {
        count: 9,
        groups: &[&[3, 3, 3]],
        solid: Solid::Yes,
        check: |digits| {
            let check = 10 - weighted(digits, &[8, 7, 6, 5, 4, 3, 2, 1]) % 10;
            varies(digits) && check % 10 == last(digits)
        },
    },
    Digits {
        count: 11,
        groups: &[&[2, 3, 3, 3]],
        solid: Solid::Yes,
        check: |digits| {
            let less = digits.first().map_or(0, |digit| digit.saturating_sub(1));
            let changed: Vec<u8> = std::iter::once(less).chain(digits.iter().skip(1).copied()).collect();
            digits.first() != Some(&0)
                && weighted(&changed, &[10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19]).is_multiple_of(89)
        },
    },
    Digits {
        count: 10,
        groups: &[&[4, 5, 1]],
        solid: Solid::Yes,
        check: |digits| {
            let check = weighted(digits, &[1, 3, 7, 9, 1, 3, 7, 9]) % 10;
            matches!(digits.first(), Some(2..=6))
                && digits.get(8).is_some_and(|digit| u32::from(*digit) == check)
        },
    },
    // Israel.
    Digits {
        count: 9,
        groups: &[],
        solid: Solid::Named(&["teudat", "zehut"]),
        check: |digits| varies(digits) && luhn(digits),
    },
];

pub(super) const LETTERS: &[Letters] = &[
    // India: tax of people, and of goods and services, which holds it.
    Letters { form: "AAAAA9999A", check: |word| is_indian_holder(word, 3) },
    Letters {
        form: "99AAAAA9999A*Z*",
        check: |word| {
            let state = digits_of(word.get(..2).unwrap_or_default());
            matches!(pair(&state, 0), 1..=38) && word.get(12) != Some(&b'0')
        },
    },
    // Singapore: residents, and companies.
    Letters { form: "A9999999A", check: singaporean },
    Letters {
        form: "99999999A",
        check: |word| {
            is_upper(word) && {
                let sum = weighted(&digits_of(word), &[10, 4, 9, 3, 8, 2, 7, 1]) % 11;
                word.last() == b"XMKECAWLJDB".get(sum as usize)
            }
        },
    },
    Letters {
        form: "999999999A",
        check: |word| {
            is_upper(word) && {
                let digits = digits_of(word);
                let sum = weighted(&digits, &[10, 8, 6, 4, 9, 7, 5, 3, 1]) % 11;
                matches!(pair(&digits, 0), 18..=20) && word.last() == b"ZKCMDNERGWH".get(sum as usize)
            }
        },
    },
    Letters {
        form: "A99AA9999A",
        check: |word| is_upper(word) && word.first().is_some_and(|byte| b"RST".contains(byte)),
    },
    // China, where the last is an X.
    Letters { form: "99999999999999999X", check: |word| chinese(&digits_of(word), 10) },
    // Hong Kong.
    Letters { form: "A9999999", check: hong_kong },
    // Japan and others have no number that its form tells apart.
];

fn is_upper(word: &[u8]) -> bool {
    !word.iter().any(u8::is_ascii_lowercase)
}

/// The fourth letter says what kind of holder it is.
fn is_indian_holder(word: &[u8], at: usize) -> bool {
    let kind = word.get(at).map(u8::to_ascii_uppercase);
    kind.is_some_and(|kind| b"ABCFGHJLPT".contains(&kind)) && digits_of(word).iter().any(|digit| *digit != 0)
}

fn korean(digits: &[u8]) -> bool {
    let century = digits.get(6).copied().unwrap_or(9);
    let check = 11 - weighted(digits, &[2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5]) % 11;
    let is_right = (1..=4).contains(&century) || (5..=8).contains(&century) && check % 10 == last(digits);
    has_date(digits, 2, 4) && is_right
}

fn chinese(digits: &[u8], check: u32) -> bool {
    let sum = weighted(digits, &[7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]) % 11;
    let expected = [1, 0, 10, 9, 8, 7, 6, 5, 4, 3, 2].get(sum as usize).copied();
    matches!(pair(digits, 6), 18..=20) && has_date(digits, 10, 12) && expected == Some(check)
}

fn singaporean(word: &[u8]) -> bool {
    let (Some(first), Some(last)) =
        (word.first().map(u8::to_ascii_uppercase), word.last().map(u8::to_ascii_uppercase))
    else {
        return false;
    };
    let offset = match first {
        b'S' | b'F' => 0,
        b'T' | b'G' => 4,
        b'M' => 3,
        _ => return false,
    };
    let sum = (weighted(&digits_of(word), &[2, 7, 6, 5, 4, 3, 2]) + offset) % 11;
    let table: &[u8] = match first {
        b'S' | b'T' => b"JZIHGFEDCBA",
        b'F' | b'G' => b"XWUTRQPNMLK",
        _ => b"XWUTRQPNJLK",
    };
    let place = if first == b'M' { 10 - sum } else { sum };
    table.get(place as usize) == Some(&last)
}

fn hong_kong(word: &[u8]) -> bool {
    let letter = word.first().map_or(0, |byte| u32::from(byte.to_ascii_uppercase().wrapping_sub(b'A')) + 10);
    let digits = digits_of(word);
    let sum = 36 * 9 + letter * 8 + weighted(&digits, &[7, 6, 5, 4, 3, 2, 1]);
    is_upper(word) && sum.is_multiple_of(11)
}
