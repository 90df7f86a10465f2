//! Where in a JSON text a byte lies: walked only when something was found, in one go for all of it.

use std::fmt::Write;
use std::ops::Range;

/// Arrays and objects inside each other that a pointer follows.
const DEPTH_MAX: usize = 128;

/// Longest pointer, in bytes: names in an answer have no bound of their own, and records have a place for each.
const POINTER_BYTES_MAX: usize = 256;

/// Longest name that is shown, in bytes.
const NAME_BYTES_MAX: usize = 48;

/// What kind of value a byte belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The text of a string.
    String,
    /// The name of a member.
    Name,
    /// A number, or another value without quotes.
    Bare,
}

/// Where something lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Located {
    /// The JSON pointer of the value (RFC 6901), cut to a bound; for a name that of its member. Names that may be data
    /// stand as `*`.
    pub pointer: String,
    /// What the value is.
    pub place: Place,
    /// The value, without quotes.
    pub value: Range<usize>,
}

/// One array or object that is open.
#[derive(Debug, Clone)]
enum Level {
    Array(usize),
    Object(Range<usize>),
}

/// Finds each of `offsets`, which must be sorted. As far as the text is JSON, that is: from its first fault on nothing
/// is located, and what lies between values neither.
pub fn locate(text: &[u8], offsets: &[usize]) -> Vec<Option<Located>> {
    let mut located = Vec::with_capacity(offsets.len());
    let mut levels: Vec<Level> = Vec::new();
    let mut at = 0;
    let mut names_follow = false;
    while located.len() < offsets.len() && at < text.len() {
        let byte = text.get(at).copied().unwrap_or_default();
        let (start, end, place) = match byte {
            b'"' => {
                let end = string_end(text, at + 1);
                (at + 1, end, if names_follow { Place::Name } else { Place::String })
            }
            b'{' | b'[' if levels.len() >= DEPTH_MAX => break,
            b'{' => {
                levels.push(Level::Object(0..0));
                names_follow = true;
                at += 1;
                continue;
            }
            b'[' => {
                levels.push(Level::Array(0));
                names_follow = false;
                at += 1;
                continue;
            }
            b'}' | b']' => {
                levels.pop();
                names_follow = false;
                at += 1;
                continue;
            }
            b':' => {
                names_follow = false;
                at += 1;
                continue;
            }
            b',' => {
                match levels.last_mut() {
                    Some(Level::Array(index)) => *index += 1,
                    Some(Level::Object(_)) => names_follow = true,
                    None => {}
                }
                at += 1;
                continue;
            }
            byte if byte.is_ascii_whitespace() => {
                at += 1;
                continue;
            }
            _ => (at, bare_end(text, at), Place::Bare),
        };
        if place == Place::Name
            && let Some(Level::Object(name)) = levels.last_mut()
        {
            *name = start..end;
        }
        // What lies before this value lies in none.
        while let Some(offset) = offsets.get(located.len()).filter(|offset| **offset < end.max(start + 1)) {
            let found = (*offset + 1 >= start).then(|| Located {
                pointer: pointer(text, &levels),
                place,
                value: start..end,
            });
            located.push(found);
        }
        at = (end + usize::from(place != Place::Bare)).max(at + 1);
    }
    located.resize(offsets.len(), None);
    located
}

fn string_end(text: &[u8], from: usize) -> usize {
    let mut at = from;
    while let Some(byte) = text.get(at) {
        match byte {
            b'"' => return at,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    text.len()
}

fn bare_end(text: &[u8], from: usize) -> usize {
    let ends = |byte: &u8| {
        matches!(byte, b',' | b'}' | b']' | b':' | b'"' | b'{' | b'[') || byte.is_ascii_whitespace()
    };
    let rest = text.get(from..).unwrap_or_default();
    from + rest.iter().position(ends).unwrap_or(rest.len())
}

/// Whether a name is one that programs give. Others may be data themselves, as where a member is named by an address of
/// mail, and are never shown.
fn is_plain(name: &[u8]) -> bool {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'$');
    let digits = name.iter().filter(|byte| byte.is_ascii_digit()).count();
    (1..=NAME_BYTES_MAX).contains(&name.len()) && name.iter().all(is_part) && digits <= 4
}

fn pointer(text: &[u8], levels: &[Level]) -> String {
    let mut pointer = String::new();
    for level in levels {
        pointer.push('/');
        match level {
            Level::Array(index) => {
                let written = write!(pointer, "{index}");
                debug_assert!(written.is_ok(), "writing to a string cannot fail");
            }
            Level::Object(name) => {
                let name = text.get(name.clone()).unwrap_or_default();
                let plain = std::str::from_utf8(name).ok().filter(|_| is_plain(name));
                pointer.push_str(plain.unwrap_or("*"));
            }
        }
        if pointer.len() > POINTER_BYTES_MAX {
            pointer.truncate(pointer.floor_char_boundary(POINTER_BYTES_MAX));
            pointer.push('…');
            break;
        }
    }
    pointer
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where the first `!` lies.
    fn check(text: &str, expected: &str) {
        let offset = text.find('!').unwrap();
        let shown = match locate(text.as_bytes(), &[offset]).pop().unwrap() {
            None => "nowhere".to_owned(),
            Some(located) => {
                format!("{} {:?} {}", located.pointer, located.place, text.get(located.value).unwrap())
            }
        };
        assert_eq!(shown, expected, "{text}");
    }

    #[test]
    fn a_byte_is_found_by_the_pointer_of_its_value() {
        check(r#""a!""#, " String a!");
        check(r#"{"a":"b","c":[1,{"d_e-f":" x! "}]}"#, "/c/1/d_e-f String  x! ");
        check(r#"[[],{},[ "\"", 1!0 ]]"#, "/2/1 Bare 1!0");
        check(r#"{"a":{"b":1},"c!":2}"#, "/* Name c!");
        check(r#"{"a" : {"b":[]}, "c":"\\!"}"#, r"/c String \\!");
    }

    #[test]
    fn what_is_no_json_is_located_as_far_as_it_goes() {
        check(r#"{"a":"b!"#, "/a String b!");
        check("plain text!", " Bare text!");
        check(r#"{"a":1 ! }"#, "/a Bare !");
    }

    #[test]
    fn several_are_found_in_one_walk() {
        let found = locate(br#"{"a":"xy","b":[7]}"#, &[6, 7, 15]);
        let pointers: Vec<_> = found.into_iter().map(|found| found.unwrap().pointer).collect();
        assert_eq!(pointers, ["/a", "/a", "/b/0"]);
    }

    #[test]
    fn a_name_that_may_be_data_is_not_shown_and_a_long_pointer_is_cut() {
        check(r#"{"ana@shop.example":{"4155550132":["!"]}}"#, "/*/*/0 String !");
        let text = format!("{}\"!\"", r#"{"name-of-forty-bytes-that-nobody-would-write":"#.repeat(20));
        let offset = text.find('!').unwrap();
        let found = locate(text.as_bytes(), &[offset]).pop().unwrap().unwrap();
        assert!(found.pointer.len() < 270 && found.pointer.ends_with('…'));
    }
}
