//! Strings at one place: their formats, how long they are, whether they are a few words, and what is sensitive in them.

use leak::{ALL, Classes, scan};

use crate::kind::Kind;

/// Words that are kept to see whether they are all there are.
const WORDS_MAX: usize = 16;

/// Longest of them, in bytes.
const WORD_BYTES_MAX: usize = 32;

/// Longest string that is searched for what is sensitive, in bytes; of a longer one the beginning.
const SEARCHED_BYTES_MAX: usize = 4096;

/// How often each word is seen on average before it is taken for one of all there are.
const PER_WORD_MIN: u64 = 8;

/// Strings at one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Strings {
    /// How many there were.
    pub count: u64,
    /// Characters of the shortest and of the longest.
    pub chars: (u64, u64),
    /// The formats that all of them have.
    formats: u8,
    /// The words, in their order, as long as they are few and none is anything but a word.
    words: Option<Vec<Box<str>>>,
    /// By place of its class in [`ALL`]: how many of the strings hold something of it.
    found: Vec<(u8, u64)>,
}

/// A format of strings, as JSON Schema calls it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Format {
    /// RFC 9562.
    Uuid,
    /// RFC 3339, a day.
    Date,
    /// RFC 3339, a day with a time and a zone.
    DateTime,
    /// RFC 5321.
    Email,
    /// RFC 3986, with a scheme.
    Uri,
    /// RFC 2673.
    Ipv4,
    /// RFC 4291.
    Ipv6,
}

const FORMATS: [Format; 7] =
    [Format::Uuid, Format::Date, Format::DateTime, Format::Email, Format::Uri, Format::Ipv4, Format::Ipv6];

impl Format {
    /// Its name in JSON Schema.
    pub fn name(self) -> &'static str {
        match self {
            Format::Uuid => "uuid",
            Format::Date => "date",
            Format::DateTime => "date-time",
            Format::Email => "email",
            Format::Uri => "uri",
            Format::Ipv4 => "ipv4",
            Format::Ipv6 => "ipv6",
        }
    }

    fn is_of(self, text: &str) -> bool {
        let kind = Kind::of(text);
        match self {
            Format::Uuid => kind == Some(Kind::Uuid),
            Format::Date => text.parse::<jiff::civil::Date>().is_ok() && text.len() == 10,
            Format::DateTime => {
                let is_part = |byte: u8| byte.is_ascii_digit() || b"TtZz:.+-".contains(&byte);
                text.bytes().all(is_part)
                    && text.contains(['T', 't'])
                    && text.parse::<jiff::Timestamp>().is_ok()
            }
            Format::Email => kind == Some(Kind::Mail) && !text.contains([' ', '/', '%']),
            Format::Uri => {
                let scheme = text.split_once("://").map_or("", |(scheme, _)| scheme);
                (1..=16).contains(&scheme.len())
                    && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric())
                    && !text.contains(char::is_whitespace)
            }
            Format::Ipv4 => text.parse::<std::net::Ipv4Addr>().is_ok(),
            Format::Ipv6 => text.parse::<std::net::Ipv6Addr>().is_ok(),
        }
    }
}

impl Default for Strings {
    fn default() -> Strings {
        Strings {
            count: 0,
            chars: (u64::MAX, 0),
            formats: u8::MAX,
            words: Some(Vec::new()),
            found: Vec::new(),
        }
    }
}

impl Strings {
    pub(super) fn learn(&mut self, text: &str) {
        self.count += 1;
        let chars = text.chars().count() as u64;
        self.chars = (self.chars.0.min(chars), self.chars.1.max(chars));
        for (bit, format) in FORMATS.iter().enumerate() {
            if self.formats & (1 << bit) != 0 && !format.is_of(text) {
                self.formats &= !(1 << bit);
            }
        }
        self.learn_word(text);
        let searched = text.get(..text.floor_char_boundary(SEARCHED_BYTES_MAX)).unwrap_or_default();
        let mut classes = [false; ALL.len()];
        scan(searched.as_bytes(), Classes::ALL, &mut |hit| {
            if let Some(class) = classes.get_mut(hit.place) {
                *class = true;
            }
        });
        for (place, is_there) in (0_u8..).zip(classes) {
            if is_there {
                self.find(place, 1);
            }
        }
    }

    pub(super) fn merge(&mut self, other: Strings) {
        self.count += other.count;
        self.chars = (self.chars.0.min(other.chars.0), self.chars.1.max(other.chars.1));
        self.formats &= other.formats;
        match other.words {
            Some(words) => words.iter().for_each(|word| self.learn_word(word)),
            None => self.words = None,
        }
        other.found.into_iter().for_each(|(place, count)| self.find(place, count));
    }

    fn learn_word(&mut self, text: &str) {
        let Some(words) = &mut self.words else { return };
        let Err(at) = words.binary_search_by(|word| (**word).cmp(text)) else { return };
        let is_word = text.len() <= WORD_BYTES_MAX
            && text.starts_with(|first: char| first.is_ascii_alphabetic())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'))
            && Kind::of(text).is_none();
        if is_word && words.len() < WORDS_MAX {
            words.insert(at, text.into());
        } else {
            self.words = None;
        }
    }

    fn find(&mut self, place: u8, count: u64) {
        match self.found.iter_mut().find(|(known, _)| *known == place) {
            Some((_, known)) => *known += count,
            None => self.found.push((place, count)),
        }
    }

    /// The format that all of them have, if there is one.
    pub fn format(&self) -> Option<Format> {
        let has = |bit: usize| self.count > 0 && self.formats & (1 << bit) != 0;
        FORMATS.iter().enumerate().find(|(bit, _)| has(*bit)).map(|(_, format)| *format)
    }

    /// The words, if it is likely that there are no others.
    pub fn enumeration(&self) -> Option<&[Box<str>]> {
        let words = self.words.as_deref().filter(|words| !words.is_empty())?;
        (self.count >= PER_WORD_MIN * words.len() as u64 && self.found.is_empty()).then_some(words)
    }

    /// Classes of what was found in them, and in how many of them.
    pub fn found(&self) -> impl Iterator<Item = (&'static leak::Detector, u64)> {
        self.found.iter().filter_map(|(place, count)| Some((*ALL.get(usize::from(*place))?, *count)))
    }
}
