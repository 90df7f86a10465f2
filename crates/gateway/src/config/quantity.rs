//! Durations, sizes and rates as people write them: `250ms`, `2MiB`, `100/min`.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de};

/// A duration: a whole number and `us`, `ms`, `s`, `m`, `h` or `d`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span(pub Duration);

/// A size in bytes: a whole number, alone or with `KiB`, `MiB`, `GiB` (powers of 1024) or `kB`, `MB`, `GB` (of 1000).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Size(pub u64);

/// A rate: a whole number above zero, `/`, and `s`, `min`, `h` or `d`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// How many in one period.
    pub count: u32,
    /// The period.
    pub period: Duration,
}

impl Span {
    /// A number of seconds.
    pub const fn secs(secs: u64) -> Span {
        Span(Duration::from_secs(secs))
    }

    /// The duration that a text says.
    pub fn parse(text: &str) -> Option<Span> {
        let (count, unit) = number_and_unit(text)?;
        let micros: u64 = match unit {
            "us" => 1,
            "ms" => 1_000,
            "s" => 1_000_000,
            "m" | "min" => 60_000_000,
            "h" => 3_600_000_000,
            "d" => 86_400_000_000,
            _ => return None,
        };
        Some(Span(Duration::from_micros(count.checked_mul(micros)?)))
    }
}

impl Size {
    /// A number of kibibytes.
    pub const fn kib(kib: u64) -> Size {
        Size(kib << 10)
    }

    /// The size as an in-memory length.
    pub fn as_usize(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }

    fn parse(text: &str) -> Option<Size> {
        let (count, unit) = number_and_unit(text)?;
        let factor = match unit {
            "" | "B" => 1,
            "kB" => 1_000,
            "MB" => 1_000_000,
            "GB" => 1_000_000_000,
            "KiB" => 1 << 10,
            "MiB" => 1 << 20,
            "GiB" => 1 << 30,
            _ => return None,
        };
        count.checked_mul(factor).map(Size)
    }
}

impl Rate {
    fn parse(text: &str) -> Option<Rate> {
        let (count, period) = text.split_once('/')?;
        let count: u32 = count.trim().parse().ok().filter(|&count| count > 0)?;
        let secs = match period.trim() {
            "s" => 1,
            "min" | "m" => 60,
            "h" => 3_600,
            "d" => 86_400,
            _ => return None,
        };
        Some(Rate { count, period: Duration::from_secs(secs) })
    }
}

/// Splits `12 KiB` into its digits and its unit.
fn number_and_unit(text: &str) -> Option<(u64, &str)> {
    let digits_end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, unit) = text.split_at_checked(digits_end)?;
    Some((digits.parse().ok()?, unit.trim()))
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            bytes if bytes >= 1 << 20 && bytes.trailing_zeros() >= 20 => write!(f, "{} MiB", bytes >> 20),
            bytes if bytes >= 1 << 10 && bytes.trailing_zeros() >= 10 => write!(f, "{} KiB", bytes >> 10),
            bytes => write!(f, "{bytes} B"),
        }
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.period.as_secs() {
            1 => write!(f, "{}/s", self.count),
            60 => write!(f, "{}/min", self.count),
            3_600 => write!(f, "{}/h", self.count),
            _ => write!(f, "{}/d", self.count),
        }
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<str>::deserialize(deserializer)?;
        Span::parse(&text).ok_or_else(|| {
            de::Error::custom("a duration is a whole number and a unit, as in `250ms`, `30s`, `5m` or `7d`")
        })
    }
}

impl<'de> Deserialize<'de> for Size {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written<'a> {
            Bytes(u64),
            Text(#[serde(borrow)] Cow<'a, str>),
        }
        match Written::deserialize(deserializer)? {
            Written::Bytes(bytes) => Ok(Size(bytes)),
            Written::Text(text) => Size::parse(&text).ok_or_else(|| {
                de::Error::custom(
                    "a size is a whole number of bytes, or one with a unit, as in `64KiB` or `2MiB`",
                )
            }),
        }
    }
}

impl<'de> Deserialize<'de> for Rate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<str>::deserialize(deserializer)?;
        Rate::parse(&text)
            .ok_or_else(|| de::Error::custom("a rate is a whole number above zero and a period, as in `10/s`, `100/min`, `1000/h` or `5000/d`"))
    }
}

impl JsonSchema for Span {
    fn schema_name() -> Cow<'static, str> {
        "Duration".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^[0-9]+ ?(us|ms|s|m|min|h|d)$", "examples": ["250ms", "30s"] })
    }
}

impl JsonSchema for Size {
    fn schema_name() -> Cow<'static, str> {
        "Size".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "anyOf": [
                { "type": "integer", "minimum": 0 },
                { "type": "string", "pattern": "^[0-9]+ ?(B|kB|MB|GB|KiB|MiB|GiB)?$", "examples": ["64KiB", "2MiB"] }
            ]
        })
    }
}

impl JsonSchema for Rate {
    fn schema_name() -> Cow<'static, str> {
        "Rate".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^[1-9][0-9]* ?/ ?(s|m|min|h|d)$", "examples": ["10/s", "100/min"] })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_need_a_unit_and_fit_in_64_bits() {
        assert_eq!(Span::parse("250ms"), Some(Span(Duration::from_millis(250))));
        assert_eq!(Span::parse("7d"), Some(Span(Duration::from_secs(7 * 86_400))));
        for wrong in ["", "5", "s", "-1s", "1.5s", "1w", "99999999999999999999s", "9999999999999999d"] {
            assert_eq!(Span::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn sizes_are_powers_of_1024_only_where_they_say_so() {
        assert_eq!(Size::parse("2MiB"), Some(Size(2 << 20)));
        assert_eq!(Size::parse("2 MB"), Some(Size(2_000_000)));
        assert_eq!(Size::parse("512"), Some(Size(512)));
        for wrong in ["", "KiB", "1mib", "1TiB", "-1", "99999999999 GiB"] {
            assert_eq!(Size::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn rates_are_above_zero() {
        assert_eq!(Rate::parse("100/min"), Some(Rate { count: 100, period: Duration::from_secs(60) }));
        for wrong in ["", "0/s", "10", "10/y", "/s", "1.5/s"] {
            assert_eq!(Rate::parse(wrong), None, "{wrong}");
        }
    }
}
