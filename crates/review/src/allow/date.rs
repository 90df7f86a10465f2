//! A day of the calendar, which is compared and never read from a clock.

use std::fmt;
use std::str::FromStr;

/// A day, as in `2027-01-31`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date {
    year: u16,
    month: u8,
    day: u8,
}

impl Date {
    /// The last day that can be written: every allowance has ended on it.
    pub const LAST: Date = Date { year: 9999, month: 12, day: 31 };
}

/// The text is no day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoDate;

impl FromStr for Date {
    type Err = NoDate;

    fn from_str(text: &str) -> Result<Date, NoDate> {
        let is_shaped = text.len() == 10 && text.bytes().all(|byte| byte == b'-' || byte.is_ascii_digit());
        let mut parts = text.split('-').map(str::parse::<u16>);
        let (Some(Ok(year)), Some(Ok(month)), Some(Ok(day)), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(NoDate);
        };
        match (u8::try_from(month), u8::try_from(day)) {
            (Ok(month @ 1..=12), Ok(day @ 1..=31)) if is_shaped => Ok(Date { year, month, day }),
            _ => Err(NoDate),
        }
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_ordered_and_what_is_none_is_refused() {
        let day = |text: &str| text.parse::<Date>();
        assert!(day("2026-12-31").unwrap() < day("2027-01-01").unwrap());
        assert_eq!(day("2027-01-31").unwrap().to_string(), "2027-01-31");
        for text in
            ["", "2027", "2027-1-31", "2027-13-01", "2027-00-10", "2027-01-32", "+027-01-31", "2027-01-31-"]
        {
            assert_eq!(day(text), Err(NoDate), "{text}");
        }
    }
}
