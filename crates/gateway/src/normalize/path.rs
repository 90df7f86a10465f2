//! The one spelling of a path (RFC 3986 5.2.4, 6.2.2).

use std::borrow::Cow;

use super::{is_plain, is_tolerated, is_unreserved, octet, push_encoded};
use crate::denial::{Denial, Reason};

/// The one spelling of `raw`, which borrows from it where it has that spelling already.
pub(super) fn spell(raw: &str) -> Result<Cow<'_, str>, Denial> {
    if is_spelled(raw.as_bytes()) {
        return Ok(Cow::Borrowed(raw));
    }
    let Some(relative) = raw.strip_prefix('/') else {
        return Err(refused("a path that does not begin with `/`"));
    };
    let mut out = String::with_capacity(raw.len() + 8);
    let (mut has_empty, mut has_climbed, mut ends_with_slash) = (false, false, false);
    let mut segments = relative.split('/').peekable();
    while let Some(segment) = segments.next() {
        let is_last = segments.peek().is_none();
        if segment.is_empty() {
            has_empty |= !is_last;
            ends_with_slash = true;
            continue;
        }
        ends_with_slash = false;
        let start = out.len();
        out.push('/');
        spell_segment(segment, &mut out)?;
        match out.get(start + 1..) {
            Some(".") => {
                out.truncate(start);
                ends_with_slash = true;
            }
            Some("..") => {
                out.truncate(start);
                let parent =
                    out.rfind('/').ok_or_else(|| refused("dot segments that climb above the root"))?;
                out.truncate(parent);
                has_climbed = true;
                ends_with_slash = true;
            }
            spelled => {
                let spelled = spelled.unwrap_or_default();
                refuse_hidden_dots(spelled)?;
                refuse_hidden_structure(spelled)?;
            }
        }
    }
    // `/a//../b` is `/a/b` by RFC 3986 5.2.4 and `/b` for a server that merges slashes first.
    if has_empty && has_climbed {
        return Err(refused("empty segments together with `..`"));
    }
    if ends_with_slash {
        out.push('/');
    }
    Ok(Cow::Owned(out))
}

/// Whether `raw` needs no change and no closer look: the common case, decided in one pass.
///
/// Merging `//` is right although RFC 3986 6 keeps empty segments: nginx, Apache, Envoy and most frameworks merge
/// them, so a path that differs only there reaches the same handler and must meet the same operation.
fn is_spelled(raw: &[u8]) -> bool {
    if raw.first() != Some(&b'/') {
        return false;
    }
    let mut after_slash = false;
    for &byte in raw {
        let begins_odd_segment = after_slash && matches!(byte, b'/' | b'.');
        if begins_odd_segment || byte == b';' || !(byte == b'/' || is_plain(byte)) {
            return false;
        }
        after_slash = byte == b'/';
    }
    true
}

fn spell_segment(segment: &str, out: &mut String) -> Result<(), Denial> {
    if segment.starts_with(';') {
        return Err(refused("a segment of parameters alone, which some servers read as empty"));
    }
    let mut rest = segment.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        if byte == b'%' {
            let decoded = octet(tail).ok_or_else(|| refused("a `%` without two hexadecimal digits"))?;
            rest = tail.get(2..).unwrap_or_default();
            match decoded {
                0x80.. => rest = spell_character(decoded, rest, out)?,
                _ => spell_octet(decoded, out)?,
            }
        } else if is_plain(byte) {
            out.push(char::from(byte));
        } else if is_tolerated(byte) {
            push_encoded(out, byte);
        } else {
            return Err(refused("a byte that does not stand in a path unencoded"));
        }
    }
    Ok(())
}

/// Appends one decoded ASCII octet, in the form that keeps its meaning.
fn spell_octet(decoded: u8, out: &mut String) -> Result<(), Denial> {
    match decoded {
        0..=0x1f | 0x7f => return Err(refused("an encoded control character")),
        b'\\' => return Err(refused("an encoded backslash, which some servers read as `/`")),
        _ if is_unreserved(decoded) => out.push(char::from(decoded)),
        _ => push_encoded(out, decoded),
    }
    Ok(())
}

/// Refuses a segment that a second decoding would give another structure. It is looked at in its one spelling: as it
/// came, the digits after `%25` may be encoded themselves.
fn refuse_hidden_structure(segment: &str) -> Result<(), Denial> {
    if segment.split("%25").skip(1).any(|rest| spells_structure(rest.as_bytes())) {
        return Err(refused("a dot, slash, backslash or control character that is encoded twice"));
    }
    Ok(())
}

/// Whether a second decoding of `%` and these digits would yield something that changes the path's structure.
///
/// An encoded percent sign is kept as it is and never decoded twice; only where a backend that does decode twice
/// would walk another path is there nothing to gain by passing it.
fn spells_structure(mut rest: &[u8]) -> bool {
    while let Some(deeper) = rest.strip_prefix(b"25") {
        rest = deeper;
    }
    octet(rest).is_some_and(|twice| matches!(twice, b'.' | b'/' | b'\\' | 0..=0x1f | 0x7f))
}

/// Appends a run of encoded octets beyond ASCII, which must be UTF-8 (RFC 3987 3.1; overlong forms are not), and
/// returns what follows it.
fn spell_character<'r>(first: u8, mut rest: &'r [u8], out: &mut String) -> Result<&'r [u8], Denial> {
    let mut run = vec![first];
    while let Some(octet) = rest.strip_prefix(b"%").and_then(octet).filter(|&octet| octet >= 0x80) {
        run.push(octet);
        rest = rest.get(3..).unwrap_or_default();
    }
    if std::str::from_utf8(&run).is_err() {
        return Err(refused("encoded octets that are not UTF-8"));
    }
    for octet in run {
        push_encoded(out, octet);
    }
    Ok(rest)
}

/// Refuses a segment that is no dot segment and becomes one for a server that cuts parameters off (`/..;/`), or
/// decodes `%2F` before it resolves dots.
fn refuse_hidden_dots(segment: &str) -> Result<(), Denial> {
    if !segment.contains('.') {
        return Ok(());
    }
    for piece in segment.split("%2F") {
        let name = piece.split(';').next().and_then(|name| name.split("%3B").next());
        if matches!(name, Some("." | "..")) {
            return Err(refused("a dot segment behind a parameter or an encoded slash"));
        }
    }
    Ok(())
}

fn refused(detail: &'static str) -> Denial {
    Denial::protocol(Reason::AmbiguousPath, detail)
}
