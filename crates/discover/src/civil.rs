//! Points in time, in the spellings that logs have.

use model::Timestamp;

const MONTHS: [&[u8; 3]; 12] =
    [b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec"];

const SECOND_US: u64 = 1_000_000;

/// The point that `text` names: a date and time as in RFC 3339 (a space in place of `T`, no zone meaning UTC), as in the
/// common log format (`10/Oct/2025:13:55:36 +0000`, `06/10/2021:11:19:31 -0000`), or a number since the epoch, whose size
/// says whether it counts seconds, milliseconds, microseconds or nanoseconds.
pub(crate) fn parse(text: &str) -> Option<Timestamp> {
    let bytes = text.trim().as_bytes();
    let micros = match (bytes.get(2), bytes.get(4)) {
        (Some(b'/'), _) => common(bytes),
        (_, Some(b'-')) => rfc3339(bytes),
        _ => return epoch(text.trim()),
    };
    micros.map(Timestamp::from_micros)
}

/// Microseconds from the epoch to the beginning of the day that `text` (`2025-10-10`) names.
pub(crate) fn date(text: &str) -> Option<u64> {
    let mut at = Cursor(text.as_bytes());
    let days = at.date()?;
    at.0.is_empty().then(|| days * 86_400 * SECOND_US)
}

/// Microseconds from midnight to the time that `text` (`13:55:36.5`) names.
pub(crate) fn time_of_day(text: &str) -> Option<u64> {
    let mut at = Cursor(text.as_bytes());
    let micros = at.time()?;
    at.0.is_empty().then_some(micros)
}

fn rfc3339(bytes: &[u8]) -> Option<u64> {
    let mut at = Cursor(bytes);
    let days = at.date()?;
    let (b'T' | b't' | b' ') = at.byte()? else { return None };
    let micros = days * 86_400 * SECOND_US + at.time()?;
    at.zone(micros)
}

fn common(bytes: &[u8]) -> Option<u64> {
    let mut at = Cursor(bytes);
    let first = at.digits(2)?;
    at.literal(b'/')?;
    // Two digits of a month come first, as some write in North America.
    let (day, month) = match at.0.first()?.is_ascii_digit() {
        true => (at.digits(2)?, first),
        false => (first, at.month()?),
    };
    at.literal(b'/')?;
    let days = days(at.digits(4)?, month, day)?;
    at.literal(b':')?;
    let micros = days * 86_400 * SECOND_US + at.time()?;
    at.zone(micros)
}

fn epoch(text: &str) -> Option<Timestamp> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let number: u64 = whole.parse().ok()?;
    let unit_us = match number {
        // Seconds, up to the year 5138.
        0..100_000_000_000 => return Some(Timestamp::from_micros(number * SECOND_US + micros(fraction)?)),
        100_000_000_000..100_000_000_000_000 => number * 1000,
        100_000_000_000_000..100_000_000_000_000_000 => number,
        _ => number / 1000,
    };
    Some(Timestamp::from_micros(unit_us))
}

/// The digits after a point as microseconds.
pub(crate) fn micros(fraction: &str) -> Option<u64> {
    let mut value = 0;
    for place in 0..6 {
        let digit = fraction.as_bytes().get(place).copied().unwrap_or(b'0');
        value = value * 10 + u64::from(digit.checked_sub(b'0').filter(|digit| *digit < 10)?);
    }
    Some(value)
}

/// What is still to be read.
struct Cursor<'b>(&'b [u8]);

impl Cursor<'_> {
    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    fn literal(&mut self, wanted: u8) -> Option<()> {
        (self.byte()? == wanted).then_some(())
    }

    fn digits(&mut self, count: usize) -> Option<u64> {
        let (digits, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        digits.iter().try_fold(0, |value, byte| {
            Some(value * 10 + u64::from(byte.checked_sub(b'0').filter(|digit| *digit < 10)?))
        })
    }

    fn month(&mut self) -> Option<u64> {
        let (name, rest) = self.0.split_at_checked(3)?;
        self.0 = rest;
        MONTHS.iter().position(|known| *known == name).map(|index| index as u64 + 1)
    }

    /// Days from the epoch to `2025-10-10`.
    fn date(&mut self) -> Option<u64> {
        let year = self.digits(4)?;
        self.literal(b'-')?;
        let month = self.digits(2)?;
        self.literal(b'-')?;
        days(year, month, self.digits(2)?)
    }

    /// Microseconds from midnight to `13:55:36` or `13:55:36.127`.
    fn time(&mut self) -> Option<u64> {
        let hour = self.digits(2)?;
        self.literal(b':')?;
        let minute = self.digits(2)?;
        self.literal(b':')?;
        let second = self.digits(2)?;
        if hour > 23 || minute > 59 || second > 60 {
            return None;
        }
        let mut micros = ((hour * 60 + minute) * 60 + second) * SECOND_US;
        if let Some((b'.' | b',', rest)) = self.0.split_first() {
            let length = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
            let (digits, rest) = rest.split_at_checked(length)?;
            let mut place_us = SECOND_US;
            for digit in digits {
                place_us /= 10;
                micros += u64::from(digit - b'0') * place_us;
            }
            self.0 = rest;
        }
        Some(micros)
    }

    /// `micros`, which are local to the zone that comes now and ends the text, as microseconds of UTC.
    fn zone(&mut self, micros: u64) -> Option<u64> {
        while let Some((b' ', rest)) = self.0.split_first() {
            self.0 = rest;
        }
        let is_east = match self.0 {
            b"" | b"Z" | b"z" | b"UTC" | b"GMT" => return Some(micros),
            _ => match self.byte()? {
                b'+' => true,
                b'-' => false,
                _ => return None,
            },
        };
        let hours = self.digits(2)?;
        if let Some((b':', rest)) = self.0.split_first() {
            self.0 = rest;
        }
        let minutes = if self.0.is_empty() { 0 } else { self.digits(2)? };
        let offset = (hours * 60 + minutes) * 60 * SECOND_US;
        let utc = if is_east { micros.checked_sub(offset)? } else { micros + offset };
        self.0.is_empty().then_some(utc)
    }
}

/// Days from the epoch to a day of the Gregorian calendar, none before the epoch.
///
/// Counted from 0000-03-01, so that the leap day is the last of its year.
fn days(year: u64, month: u64, day: u64) -> Option<u64> {
    if !(1970..=9999).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let before_year = year * 365 + year / 4 - year / 100 + year / 400;
    (before_year + (153 * month + 2) / 5 + day - 1).checked_sub(719_468)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        let said = parse(text).map(|time| time.to_string()).unwrap_or_default();
        assert_eq!(said, expected, "{text}");
    }

    #[test]
    fn every_spelling_names_the_same_point() {
        let point = "2025-10-10T13:55:36.000000Z";
        for text in [
            "10/Oct/2025:13:55:36 +0000",
            "10/Oct/2025:15:55:36 +0200",
            "10/10/2025:13:55:36 -0000",
            "2025-10-10T13:55:36Z",
            "2025-10-10 13:55:36",
            "2025-10-10T08:25:36-05:30",
            "2025-10-10T13:55:36 UTC",
            "1760104536",
            "1760104536000",
            "1760104536000000",
            "1760104536000000000",
        ] {
            check(text, point);
        }
        check("14/Jan/2015:12:48:57.127", "2015-01-14T12:48:57.127000Z");
        check("2026-01-14T10:45:33.759014877+01:00", "2026-01-14T09:45:33.759014Z");
        check("1703373474.8155608", "2023-12-23T23:17:54.815560Z");
        check("31/Jan/2015:14:29:44 ", "2015-01-31T14:29:44.000000Z");
    }

    #[test]
    fn what_is_no_point_is_none() {
        for text in [
            "",
            "-",
            "10/Okt/2025:13:55:36",
            "2025-13-10T13:55:36Z",
            "2025-10-10T24:00:00Z",
            "2025-10-10",
            "2025-10-10T13:55:36Q",
            "February - 10, 2012:16:42:07",
            "1760104536x",
            "1969-12-31T23:59:59Z",
        ] {
            check(text, "");
        }
    }

    #[test]
    fn days_are_those_of_the_calendar() {
        for day in 0..60_000_u64 {
            let noon = Timestamp::from_secs(day * 86_400 + 43_200);
            assert_eq!(parse(&noon.to_string()), Some(noon));
        }
    }
}
