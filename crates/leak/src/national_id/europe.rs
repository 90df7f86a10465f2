//! Numbers of Europe, Turkey and South Africa.

use std::ops::Range;

use super::checksum::{last, luhn, mod_11_10, rest, varies, weighted};
use super::{Digits, Letters, Number, Solid, digits_of, has_date, pair, text};

pub(super) const DIGITS: &[Digits] = &[
    // United Kingdom, health service.
    Digits { count: 10, groups: &[&[3, 3, 4]], solid: Solid::Yes, check: nhs },
    // Germany, tax.
    Digits { count: 11, groups: &[&[2, 3, 3, 3]], solid: Solid::Yes, check: german_tax },
    // France.
    Digits { count: 15, groups: &[&[1, 2, 2, 2, 3, 3, 2], &[13, 2]], solid: Solid::Yes, check: french },
    // Poland.
    Digits { count: 11, groups: &[], solid: Solid::Yes, check: polish },
    // Sweden: people, with or without a century, and organisations.
    Digits { count: 10, groups: &[&[6, 4]], solid: Solid::Yes, check: swedish },
    Digits {
        count: 12,
        groups: &[&[8, 4]],
        solid: Solid::Yes,
        check: |digits| {
            let century = pair(digits, 0);
            (18..=20).contains(&century)
                && has_date(digits, 4, 6)
                && luhn(digits.get(2..).unwrap_or_default())
        },
    },
    // Norway.
    Digits { count: 11, groups: &[&[6, 5]], solid: Solid::Yes, check: norwegian },
    // Denmark, which gave up its check digit.
    Digits {
        count: 10,
        groups: &[&[6, 4]],
        solid: Solid::Named(&["cpr"]),
        check: |digits| has_date(digits, 2, 0),
    },
    // Netherlands.
    Digits {
        count: 9,
        groups: &[],
        solid: Solid::Named(&["bsn", "burger"]),
        check: |digits| {
            varies(digits)
                && (weighted(digits, &[9, 8, 7, 6, 5, 4, 3, 2]) + 10 * last(digits)).is_multiple_of(11)
        },
    },
    // Belgium.
    Digits { count: 11, groups: &[&[2, 2, 2, 3, 2], &[6, 3, 2]], solid: Solid::Yes, check: belgian },
    // Portugal.
    Digits {
        count: 9,
        groups: &[&[3, 3, 3]],
        solid: Solid::Named(&["nif", "contribuinte"]),
        check: |digits| {
            let check = 11 - weighted(digits, &[9, 8, 7, 6, 5, 4, 3, 2]) % 11;
            (if check > 9 { 0 } else { check }) == last(digits)
        },
    },
    // Austria.
    Digits {
        count: 10,
        groups: &[&[4, 6]],
        solid: Solid::Named(&["svnr", "sozial"]),
        check: |digits| {
            let check = weighted(digits, &[3, 7, 9, 0, 5, 8, 4, 2, 1, 6]) % 11;
            has_date(digits, 6, 4) && digits.get(3).is_some_and(|digit| u32::from(*digit) == check)
        },
    },
    // Czechia and Slovakia.
    Digits {
        count: 10,
        groups: &[&[6, 4]],
        solid: Solid::Yes,
        check: |digits| {
            let month = pair(digits, 2) % 50 % 20;
            (1..=12).contains(&month) && (1..=31).contains(&pair(digits, 4)) && rest(digits, 11) == 0
        },
    },
    // Romania.
    Digits {
        count: 13,
        groups: &[],
        solid: Solid::Yes,
        check: |digits| {
            let check = weighted(digits, &[2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9]) % 11 % 10;
            (1..=9).contains(&digits.first().copied().unwrap_or(0))
                && has_date(digits, 3, 5)
                && check == last(digits)
        },
    },
    // Bulgaria.
    Digits {
        count: 10,
        groups: &[],
        solid: Solid::Named(&["egn", "егн"]),
        check: |digits| weighted(digits, &[2, 4, 8, 5, 10, 9, 7, 3, 6]) % 11 % 10 == last(digits),
    },
    // Italy, value added tax.
    Digits {
        count: 11,
        groups: &[],
        solid: Solid::Yes,
        check: |digits| varies(digits) && pair(digits, 0) < 13 && luhn(digits),
    },
    // Turkey.
    Digits { count: 11, groups: &[], solid: Solid::Yes, check: turkish },
    // South Africa.
    Digits {
        count: 13,
        groups: &[&[6, 4, 3], &[6, 4, 2, 1]],
        solid: Solid::Yes,
        check: |digits| {
            has_date(digits, 2, 4) && digits.get(10).is_some_and(|digit| *digit <= 2) && luhn(digits)
        },
    },
    // Spain, social security.
    Digits {
        count: 12,
        groups: &[&[2, 8, 2], &[2, 10]],
        solid: Solid::Named(&["naf", "seguridad"]),
        check: |digits| rest(digits.get(..10).unwrap_or_default(), 97) == u64::from(pair(digits, 10)),
    },
    // Croatia.
    Digits { count: 11, groups: &[], solid: Solid::Named(&["oib"]), check: mod_11_10 },
];

pub(super) const LETTERS: &[Letters] = &[
    Letters { form: "99999999A", check: spanish },
    Letters { form: "9999999A", check: spanish },
    Letters { form: "X9999999A", check: spanish },
    Letters { form: "Y9999999A", check: spanish },
    Letters { form: "Z9999999A", check: spanish },
    Letters { form: "AAAAAA**A**A***A", check: italian },
    Letters { form: "99999999A999", check: german_pension },
    Letters { form: "A999999999", check: german_health },
    Letters { form: "9999999A", check: irish },
    Letters { form: "9999999AA", check: irish },
    Letters { form: "AA999999A", check: |word| is_nino(word) },
    // Driving licences of the United Kingdom: surname, decade, month, day, year, initials.
    Letters { form: "*****999999***AA", check: british_licence },
    // Finland, since 2023 with letters in place of the dash.
    Letters { form: "999999A999*", check: finnish },
];

fn nhs(digits: &[u8]) -> bool {
    let check = 11 - weighted(digits, &[10, 9, 8, 7, 6, 5, 4, 3, 2]) % 11;
    varies(digits) && check != 10 && check % 11 == last(digits)
}

/// Of the first ten digits exactly one comes two or three times, and the first is not zero.
fn german_tax(digits: &[u8]) -> bool {
    let head = digits.get(..10).unwrap_or_default();
    let most = (0..10).map(|digit| head.iter().filter(|found| **found == digit).count()).max().unwrap_or(0);
    digits.first() != Some(&0) && most <= 3 && mod_11_10(digits)
}

fn french(digits: &[u8]) -> bool {
    let month = pair(digits, 3);
    let plausible =
        matches!(digits.first(), Some(1 | 2)) && (matches!(month, 1..=12 | 20..=42) || month >= 50);
    let key = 97 - rest(digits.get(..13).unwrap_or_default(), 97);
    plausible && key == u64::from(pair(digits, 13))
}

fn polish(digits: &[u8]) -> bool {
    let sum = weighted(digits, &[1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1]);
    let month = pair(digits, 2) % 20;
    sum.is_multiple_of(10) && (1..=12).contains(&month) && (1..=31).contains(&pair(digits, 4))
}

fn swedish(digits: &[u8]) -> bool {
    let day = pair(digits, 4);
    let is_person = (1..=12).contains(&pair(digits, 2)) && (matches!(day, 1..=31 | 61..=91));
    let is_organisation = pair(digits, 2) >= 20 && digits.first().is_some_and(|digit| *digit > 0);
    (is_person || is_organisation) && luhn(digits)
}

fn norwegian(digits: &[u8]) -> bool {
    let first = weighted(digits, &[3, 7, 6, 1, 8, 9, 4, 5, 2, 1]);
    let second = weighted(digits, &[5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1]);
    let day = pair(digits, 0) % 40;
    (1..=31).contains(&day)
        && (1..=12).contains(&(pair(digits, 2) % 40))
        && first.is_multiple_of(11)
        && second.is_multiple_of(11)
}

/// The check is of nine digits, with a two before them for those born since 2000.
fn belgian(digits: &[u8]) -> bool {
    let head = digits.get(..9).unwrap_or_default();
    let check = u64::from(pair(digits, 9));
    let plain = rest(head, 97);
    let later = (rest(&[2, 0, 0, 0, 0, 0, 0, 0, 0, 0], 97) + plain) % 97;
    (1..=12).contains(&(pair(digits, 2) % 20)) && (97 - plain == check || 97 - later == check)
}

fn turkish(digits: &[u8]) -> bool {
    let head = digits.get(..9).unwrap_or_default();
    let sum = |from: usize| head.iter().skip(from).step_by(2).map(|digit| i32::from(*digit)).sum::<i32>();
    let tenth = (sum(0) * 7 - sum(1)).rem_euclid(10);
    let eleventh = (sum(0) + sum(1) + tenth) % 10;
    let is = |at: usize, value: i32| digits.get(at).is_some_and(|digit| i32::from(*digit) == value);
    digits.first() != Some(&0) && is(9, tenth) && is(10, eleventh)
}

/// NIF and NIE: the letter is that of the number's rest.
fn spanish(word: &[u8]) -> bool {
    const TABLE: &[u8] = b"TRWAGMYFPDXBNJZSQVHLCKE";
    let first = match word.first() {
        Some(b'Y' | b'y') => Some(1),
        Some(b'Z' | b'z') => Some(2),
        _ => None,
    };
    let digits: Vec<u8> = first.into_iter().chain(digits_of(word)).collect();
    let letter = TABLE.get(usize::try_from(rest(&digits, 23)).unwrap_or(0));
    letter.is_some_and(|letter| word.last().is_some_and(|last| last.eq_ignore_ascii_case(letter)))
}

/// Letters that stand for a digit where two people would have the same number.
fn italian(word: &[u8]) -> bool {
    const ODD: [u8; 26] =
        [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23];
    let value = |byte: &u8| match byte {
        b'0'..=b'9' => usize::from(byte - b'0'),
        letter => usize::from(letter.to_ascii_uppercase() - b'A'),
    };
    let sum: usize = word
        .iter()
        .take(15)
        .enumerate()
        .map(|(place, byte)| match place % 2 {
            0 => ODD.get(value(byte)).copied().map_or(0, usize::from),
            _ => value(byte),
        })
        .sum();
    let has_digits = word.iter().filter(|byte| byte.is_ascii_digit()).count() >= 5;
    let is_month = word.get(8).is_some_and(|byte| b"ABCDEHLMPRST".contains(&byte.to_ascii_uppercase()));
    has_digits && is_month && word.last().is_some_and(|last| value(last) == sum % 26)
}

/// The letter counts as its two digits.
fn german_pension(word: &[u8]) -> bool {
    let letter = word.get(8).map_or(0, |byte| byte.to_ascii_uppercase() - b'A' + 1);
    let mut digits = digits_of(word);
    digits.splice(8..8, [letter / 10, letter % 10]);
    let cross: u32 = digits
        .iter()
        .zip([2_u32, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1])
        .map(|(digit, weight)| {
            let product = u32::from(*digit) * weight;
            product / 10 + product % 10
        })
        .sum();
    let day = pair(&digits, 2);
    cross % 10 == last(&digits) && matches!(day, 1..=31 | 51..=81) && (1..=12).contains(&pair(&digits, 4))
}

fn german_health(word: &[u8]) -> bool {
    let letter = word.first().map_or(0, |byte| byte.to_ascii_uppercase().wrapping_sub(b'A').wrapping_add(1));
    let mut digits = vec![letter / 10, letter % 10];
    digits.extend(digits_of(word));
    let cross: u32 = digits
        .iter()
        .take(10)
        .enumerate()
        .map(|(place, digit)| {
            let product = u32::from(*digit) * if place % 2 == 0 { 1 } else { 2 };
            product / 10 + product % 10
        })
        .sum();
    word.first().is_some_and(u8::is_ascii_uppercase) && cross % 10 == last(&digits)
}

fn irish(word: &[u8]) -> bool {
    let digits = digits_of(word);
    let second = word.get(8).map_or(0, |byte| u32::from(byte.to_ascii_uppercase() - b'A') + 1);
    let sum = weighted(&digits, &[8, 7, 6, 5, 4, 3, 2]) + 9 * second;
    let expected = b"WABCDEFGHIJKLMNOPQRSTUV".get(sum as usize % 23);
    word.get(7).is_some_and(|letter| Some(letter) == expected)
        && word.get(8).is_none_or(|byte| b"ABH".contains(byte))
}

/// The first five are the surname, filled up with nines; the month of women is higher by fifty.
fn british_licence(word: &[u8]) -> bool {
    let digits = word.get(5..11).unwrap_or_default().iter().map(|byte| byte - b'0').collect::<Vec<_>>();
    let month = pair(&digits, 1);
    let name = word.get(..5).unwrap_or_default();
    let letters = name.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
    let is_name = letters >= 1 && name.iter().skip(letters).all(|byte| *byte == b'9');
    is_name && matches!(month, 1..=12 | 51..=62) && (1..=31).contains(&pair(&digits, 3))
}

fn finnish(word: &[u8]) -> bool {
    const TABLE: &[u8] = b"0123456789ABCDEFHJKLMNPRSTUVWXY";
    let digits = digits_of(word.get(..10).unwrap_or_default());
    let check = TABLE.get(usize::try_from(rest(&digits, 31)).unwrap_or(0));
    let century = word.get(6).is_some_and(|byte| b"-+ABCDEFUVWXY".contains(&byte.to_ascii_uppercase()));
    digits.len() == 9
        && century
        && has_date(&digits, 2, 0)
        && word.get(10).map(u8::to_ascii_uppercase).as_ref() == check
}

/// What is written with a dash inside: `131052-308T`, `55555555-K`, `X1234567-L`.
pub(super) fn dashed(text: &[u8], word: Range<usize>) -> Option<Range<usize>> {
    let start = text::run_back(text, word.start, 10, |byte| text::is_dashed(byte) || byte == b'+');
    let whole = text.get(start..word.end)?;
    if whole.len() == 11 && whole.get(..6)?.iter().all(u8::is_ascii_digit) && finnish(whole) {
        return Some(start..word.end);
    }
    // `AB 123456C`.
    if let Some(pair) = word.start.checked_sub(3).filter(|_| word.len() == 7) {
        let joined: Vec<u8> =
            text.get(pair..word.end)?.iter().copied().filter(|byte| *byte != b' ').collect();
        return (is_nino(&joined) && text::begins_word(text, pair)).then_some(pair..word.end);
    }
    let end = word.end + 2;
    let with_letter: Vec<u8> =
        text.get(word.start..end)?.iter().copied().filter(|byte| *byte != b'-').collect();
    let forms = ["X9999999A", "Y9999999A", "Z9999999A"];
    let is_known =
        text.get(word.end) == Some(&b'-') && forms.iter().any(|form| super::has_form(&with_letter, form));
    (is_known && text::ends_word(text, end) && spanish(&with_letter)).then_some(word.start..end)
}

/// United Kingdom, national insurance, in pairs: `AB 12 34 56 C`. And Spain's with a dash: `55555555-K`.
pub(super) fn nino(text: &[u8], number: &Number) -> Option<Range<usize>> {
    let end = number.end + 2;
    if number.is_solid() && matches!(number.digits().len(), 7 | 8) && text.get(number.end) == Some(&b'-') {
        let word: Vec<u8> =
            text.get(number.start..end)?.iter().copied().filter(|byte| *byte != b'-').collect();
        return (word.last()?.is_ascii_alphabetic() && text::ends_word(text, end) && spanish(&word))
            .then_some(number.start..end);
    }
    if !matches!(number.groups(), [2, 2, 2] | [6]) {
        return None;
    }
    let start = number.start.checked_sub(3)?;
    let end = if text.get(number.end) == Some(&b' ') { number.end + 2 } else { number.end + 1 };
    let word: Vec<u8> = text.get(start..end)?.iter().copied().filter(|byte| *byte != b' ').collect();
    let is_whole = text::begins_word(text, start) && text::ends_word(text, end);
    (is_whole && is_nino(&word)).then_some(start..end)
}

fn is_nino(word: &[u8]) -> bool {
    let upper: Vec<u8> = word.iter().map(u8::to_ascii_uppercase).collect();
    let (Some(first), Some(second), Some(suffix)) = (upper.first(), upper.get(1), upper.get(8)) else {
        return false;
    };
    let reserved =
        [&b"BG"[..], b"GB", b"NK", b"KN", b"TN", b"NT", b"ZZ"].iter().any(|prefix| upper.starts_with(prefix));
    let digits = upper.get(2..8).unwrap_or_default();
    upper.len() == 9
        && first.is_ascii_alphabetic()
        && digits.iter().all(u8::is_ascii_digit)
        && !b"DFIQUV".contains(first)
        && second.is_ascii_alphabetic()
        && !b"DFIOQUV".contains(second)
        && !reserved
        && (b'A'..=b'D').contains(suffix)
}

/// Switzerland: `756.` and the check digit of a bar code.
pub(super) fn swiss(text: &[u8], at: usize) -> Option<Range<usize>> {
    let end = at + 16;
    let digits = digits_of(text.get(at..end)?);
    let dots = text.get(at..end)?.iter().filter(|byte| **byte == b'.').count();
    let sum = weighted(&digits, &[1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1]);
    (digits.len() == 13
        && dots == 3
        && sum.is_multiple_of(10)
        && text::begins_word(text, at)
        && text::ends_word(text, end))
    .then_some(at..end)
}
