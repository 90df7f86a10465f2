//! A point in time that is always passed in, never read.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp as Instant;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Microseconds since 1970-01-01T00:00:00Z, written as RFC 3339 in UTC with microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(u64);

impl Timestamp {
    /// From microseconds since the epoch.
    pub const fn from_micros(micros: u64) -> Timestamp {
        Timestamp(micros)
    }

    /// From whole seconds since the epoch.
    pub const fn from_secs(secs: u64) -> Timestamp {
        Timestamp(secs.saturating_mul(1_000_000))
    }

    /// Microseconds since the epoch.
    pub const fn as_micros(self) -> u64 {
        self.0
    }

    /// Whole seconds since the epoch.
    pub const fn as_secs(self) -> u64 {
        self.0 / 1_000_000
    }

    /// How long after `earlier` this is; zero if it is not after it.
    pub fn since(self, earlier: Timestamp) -> Duration {
        Duration::from_micros(self.0.saturating_sub(earlier.0))
    }

    /// This point, `duration` later.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Timestamp {
        Timestamp(self.0.saturating_add(u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)))
    }
}

impl Timestamp {
    /// The last point that has four digits for its year.
    const LAST: u64 = 253_402_300_799_999_999;

    /// The 27 bytes of `2025-11-24T16:00:00.123456Z`; what lies beyond the year 9999 is written as its last microsecond.
    ///
    /// Each exchange writes one, so it is done without a formatter.
    pub fn to_rfc3339(self) -> [u8; 27] {
        let micros = self.0.min(Self::LAST);
        let (seconds, micros) = (micros / 1_000_000, micros % 1_000_000);
        let (days, second) = (seconds / 86_400, seconds % 86_400);
        let (year, month, day) = civil(days);
        let mut text = *b"0000-00-00T00:00:00.000000Z";
        let fields = [
            (0, 4, year),
            (5, 2, month),
            (8, 2, day),
            (11, 2, second / 3600),
            (14, 2, second / 60 % 60),
            (17, 2, second % 60),
            (20, 6, micros),
        ];
        for (start, digits, value) in fields {
            let mut rest = value;
            for digit in text.iter_mut().skip(start).take(digits).rev() {
                *digit = b'0' + (rest % 10) as u8;
                rest /= 10;
            }
        }
        text
    }
}

/// The year, month and day of the Gregorian calendar that is `days` after 1970-01-01.
///
/// Counted from 0000-03-01, so that the leap day is the last of its year, in eras of 400 years, which are all alike.
fn civil(days: u64) -> (u64, u64, u64) {
    let since_march_of_year_zero = days + 719_468;
    let (era, day) = (since_march_of_year_zero / 146_097, since_march_of_year_zero % 146_097);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    // Five months from March on have 153 days, again and again.
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (carry, month) = if month < 10 { (0, month + 3) } else { (1, month - 9) };
    (era * 400 + year + carry, month, day)
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        str::from_utf8(&self.to_rfc3339()).map_or(Err(fmt::Error), |text| f.write_str(text))
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    /// From RFC 3339, or from microseconds since the epoch.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reading)
    }
}

struct Reading;

impl de::Visitor<'_> for Reading {
    type Value = Timestamp;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a time as RFC 3339, or microseconds since 1970")
    }

    fn visit_u64<E: de::Error>(self, micros: u64) -> Result<Timestamp, E> {
        Ok(Timestamp(micros))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Timestamp, E> {
        let instant: Instant = text.parse().map_err(E::custom)?;
        u64::try_from(instant.as_microsecond()).map(Timestamp).map_err(E::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_day_is_written_as_jiff_writes_it() {
        let days = (0..253_402_207_200 / 86_400).map(|day| day * 86_400_000_000);
        for (index, day) in days.enumerate() {
            let micros = day + (index as u64 * 7_919_123_457) % 86_400_000_000;
            let expected = format!("{:.6}", Instant::from_microsecond(micros as i64).unwrap());
            assert_eq!(Timestamp::from_micros(micros).to_string(), expected);
        }
        assert_eq!(Timestamp::from_micros(u64::MAX).to_string(), "9999-12-31T23:59:59.999999Z");
    }

    #[test]
    fn is_written_as_rfc_3339_and_read_back() {
        let time = Timestamp::from_micros(1_764_000_000_123_456);
        let text = serde_json::to_string(&time).unwrap();
        assert_eq!(text, r#""2025-11-24T16:00:00.123456Z""#);
        assert_eq!(serde_json::from_str::<Timestamp>(&text).unwrap(), time);
    }
}
