//! Mail addresses.

use std::ops::Range;

use super::{Detector, Group, Trigger, text};

pub(super) const DETECTOR: Detector =
    Detector { class: "email", group: Group::Personal, triggers: &[Trigger::Byte(b'@', verify)], doc: DOC };

/// Longest local part (RFC 5321 section 4.5.3.1.1).
const LOCAL_BYTES_MAX: usize = 64;

/// Ends of file names that look like a domain: `logo@2x.png`.
const NOT_DOMAINS: &[&str] = &["png", "jpg", "jpeg", "gif", "svg", "webp", "css", "js", "ts", "json", "html"];

fn verify(text: &[u8], at: usize) -> Option<Range<usize>> {
    let is_local =
        |byte: u8| byte.is_ascii_alphanumeric() || b".!#$%&'*+-_~^`".contains(&byte) || byte >= 0x80;
    let mut start = text::run_back(text, at, LOCAL_BYTES_MAX + 1, is_local);
    // Escapes and quotes in front are no part of it.
    while text.get(start).is_some_and(|byte| !byte.is_ascii_alphanumeric() && *byte < 0x80 && *byte != b'_') {
        start += 1;
    }
    if text::before(text, start) == Some(b'\\') && matches!(text.get(start), Some(b'n' | b'r' | b't')) {
        start += 1;
    }
    let local = text.get(start..at)?;
    if local.is_empty() || local.len() > LOCAL_BYTES_MAX || local.ends_with(b".") || local == b"git" {
        return None;
    }
    // Between a scheme and a host it is a user, and what stands before it a password.
    if matches!(text::before(text, start), Some(b'/' | b':'))
        && text.get(start.saturating_sub(40)..start)?.windows(3).any(|part| part == b"://")
    {
        return None;
    }
    let end = domain_end(text, at + 1)?;
    Some(start..end)
}

/// Where the domain from `start` ends, if it has a top level that is made of letters.
fn domain_end(text: &[u8], start: usize) -> Option<usize> {
    let mut end = text::run(text, start, |byte| text::is_dashed(byte) || byte == b'.' || byte >= 0x80);
    while end > start && matches!(text::before(text, end), Some(b'.' | b'-')) {
        end -= 1;
    }
    let domain = text.get(start..end)?;
    let top = domain.rsplit(|byte| *byte == b'.').next()?;
    let is_top =
        (2..=24).contains(&top.len()) && top.iter().all(|byte| byte.is_ascii_alphabetic() || *byte >= 0x80);
    let is_punycode = top.len() > 4 && top.get(..4).is_some_and(|head| head.eq_ignore_ascii_case(b"xn--"));
    let has_labels =
        domain.len() > top.len() + 1 && domain.split(|byte| *byte == b'.').all(|label| !label.is_empty());
    let is_file = NOT_DOMAINS.iter().any(|end| top.eq_ignore_ascii_case(end.as_bytes()));
    (has_labels && (is_top || is_punycode) && !is_file).then_some(end)
}

const DOC: &str = r#"
Mail addresses with a domain of at least two labels (RFC 5321).

~~~found
{"contact":"ada.lovelace+orders@engine.example"}
~~~
~~~found
write to <o'neil@mail.example.co.uk>, please
~~~
~~~found
"line one\nana@shop.example\n"
~~~
~~~clean
{"image":"logo@2x.png","package":"left-pad@1.3.0","user":"root@localhost"}
~~~
~~~clean
git@code.example:team/orders.git is where it lives, or mail me at ana@example.
~~~
"#;
