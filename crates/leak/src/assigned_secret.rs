//! Secrets that are known by the name of what holds them: `"password":"…"`, `API_KEY=…`.

use std::ops::Range;

use super::{Detector, Group, Trigger, text};

pub(super) const DETECTOR: Detector = Detector {
    class: "assigned-secret",
    group: Group::Credential,
    triggers: &[
        Trigger::Texts(&["password", "passwd", "passphrase", "passwort", "pwd"], password),
        Trigger::Texts(
            &[
                "secret",
                "token",
                "apikey",
                "api_key",
                "api-key",
                "api key",
                "accesskey",
                "access_key",
                "access-key",
                "access key",
                "privatekey",
                "private_key",
                "private-key",
                "private key",
                "credential",
                "authkey",
                "auth_key",
                "auth-key",
                "_key",
                "-key",
                "key=",
                "key:",
                "key\"",
                "key '",
                "key \"",
                " key ",
                "bearer ",
                "access ",
                "private ",
                "-access-",
            ],
            key,
        ),
    ],
    doc: DOC,
};

/// Longest name, and longest value that is looked at.
const BYTES_MAX: usize = 512;

/// Values that stand where a secret will be.
const PLACEHOLDERS: &[&str] = &[
    "null",
    "none",
    "true",
    "false",
    "undefined",
    "string",
    "example",
    "placeholder",
    "changeme",
    "redacted",
    "required",
    "optional",
    "hidden",
    "xxxx",
    "****",
    "....",
    "your",
    "todo",
    "env.",
    "process.",
    "config.",
    "password",
    "secret",
    "token",
];

/// Whether the value only stands for a secret: a variable, a mask, a word for it.
pub(super) fn is_placeholder(value: &[u8]) -> bool {
    let marks = value.iter().any(|byte| matches!(byte, b'$' | b'{' | b'<' | b'%'))
        && value.iter().all(|byte| !byte.is_ascii_whitespace());
    let opens = matches!(value.first(), Some(b'$' | b'{' | b'<' | b'%' | b'*' | b'[' | b'('));
    let same = value.windows(2).all(|pair| matches!(pair, [a, b] if a == b));
    opens
        || same
        || marks && value.contains(&b'{')
        || PLACEHOLDERS.iter().any(|word| {
            value.eq_ignore_ascii_case(word.as_bytes())
                || word.len() == 4 && text::starts_with_any_case(value, 0, word)
        })
}

/// The value that is assigned to the name in which `at` lies, and whether it is quoted.
fn value(text: &[u8], at: usize) -> Option<(usize, usize, bool)> {
    let limit = text.len().min(at + BYTES_MAX);
    let name_end = text::run(text, at, text::is_url_safe);
    let mut from = name_end;
    let mut assigned = false;
    let mut spaced = false;
    // Quotes, what assigns, and a quote again; escaped ones as well. What a second quote begins is another value.
    while from < limit && from < name_end + 12 {
        match text.get(from)? {
            quote @ (b'"' | b'\'' | b'`') if assigned => {
                let nested =
                    text.get(from + 1).is_some_and(|next| matches!(next, b'"' | b'\'') && next != quote);
                from += 1 + usize::from(nested);
                break;
            }
            b'"' | b'\'' | b'`' | b'\\' => {}
            b':' | b'=' | b'?' | b'>' | b'|' | b'(' => assigned = true,
            b' ' | b'\t' => spaced = true,
            _ => break,
        }
        from += 1;
    }
    let quoted = matches!(text::before(text, from), Some(b'"' | b'\'' | b'`'));
    let ends = |byte: u8| {
        matches!(byte, b'"' | b'\'' | b'`' | b'\\' | b'\n' | b'\r')
            || !quoted
                && (byte.is_ascii_whitespace()
                    || matches!(byte, b',' | b';' | b'&' | b')' | b'}' | b']' | b'<'))
    };
    let end = text::run(text, from, |byte| !ends(byte)).min(limit);
    (from > name_end && (assigned || spaced) && end > from).then_some((from, end, assigned))
}

/// A password may be any text that is not a word for one.
fn password(text: &[u8], at: usize) -> Option<Range<usize>> {
    let (from, end, assigned) = value(text, at)?;
    let value = text.get(from..end)?;
    let is_quoted = matches!(text::before(text, from), Some(b'"' | b'\''));
    let is_text = value.len() >= 4 && (is_quoted || mixes(value)) && !value.contains(&b' ');
    // `password: must have eight characters`, `passwordReset: "/reset"`.
    let is_code = matches!(value.first(), Some(b'/' | b'.' | b'#'))
        || value.contains(&b'(')
        || value.starts_with(b"http");
    (assigned && is_text && !is_code && !is_placeholder(value)).then_some(from..end)
}

/// A key mixes letters and digits, and is long.
fn key(text: &[u8], at: usize) -> Option<Range<usize>> {
    if let Some(range) = joined(text, at) {
        return Some(range);
    }
    let (from, end, assigned) = value(text, at)?;
    let value = text.get(from..end)?;
    let least = if assigned { 16 } else { 20 };
    let is_key = value.len() >= least
        && value.iter().all(|byte| text::is_padded(*byte) || matches!(byte, b'~' | b':' | b'|'))
        && mixes(value);
    let is_address = value.starts_with(b"http")
        || value.starts_with(b"/")
        || value.iter().filter(|byte| **byte == b'.').count() > 3;
    (is_key && text::varies(value) && !is_address && !is_named_public(text, at) && !is_placeholder(value))
        .then_some(from..end)
}

/// `orders-secret-0b1f…`: the name and the secret are one word.
fn joined(text: &[u8], at: usize) -> Option<Range<usize>> {
    let word = text::run(text, at, |byte| byte.is_ascii_alphabetic() || byte == b' ');
    let end = text::run(text, at, text::is_url_safe);
    let from = text::run(text, word, |byte| matches!(byte, b'-' | b'_'));
    let value = text.get(from..end)?;
    let digits = value.iter().filter(|byte| byte.is_ascii_digit()).count();
    (from > word
        && value.len() >= 20
        && digits >= 6
        && mixes(value)
        && text::varies(value)
        && !is_named_public(text, at))
    .then_some(from..end)
}

/// `public_key`, `key_id`, `primary key`: names of what may be known.
fn is_named_public(text: &[u8], at: usize) -> bool {
    let from = text::run_back(text, at, 24, |byte| text::is_url_safe(byte) || byte == b' ');
    let to = text::run(text, at, text::is_url_safe);
    let name = text.get(from..to).unwrap_or_default();
    text::has_any(
        name,
        &[
            "public",
            "primary",
            "foreign",
            "keyid",
            "key_id",
            "key-id",
            "token_type",
            "tokentype",
            "sort",
            "cache",
            "idempotency",
            "partition",
            "page",
            "next",
            "cursor",
            "continuation",
            "xsrf",
            "csrf",
            "sid",
            "tialid",
            "secretname",
            "secret_name",
            "length",
            "vault",
            "meshing",
            "webtoken",
        ],
    )
}

/// Letters and digits both.
fn mixes(value: &[u8]) -> bool {
    value.iter().any(u8::is_ascii_digit) && value.iter().any(u8::is_ascii_alphabetic)
}

const DOC: &str = r#"
Values of members and variables whose name says that they are secret: `password`, `secret`, `token`, `api_key` and their
like. A password may be any text; a key is long and mixes letters and digits. What stands in a secret's place, a variable, a
mask or a word for it, is none, and neither is what the name calls public.

~~~found
{"user":"ada","password":"correct-horse"}
~~~
~~~found
API_KEY=Qw3rTyUiOpAsDfGhJkLz
~~~
~~~found
{\"client_secret\":\"0b1f9d7c2a3e4f5a6b7c8d9e\"}
~~~
~~~clean
{"password":null,"reset":"/password","password_hint":"","token_type":"Bearer","api_key":"${API_KEY}","secret":"********"}
~~~
~~~clean
{"key":"orders","public_key":"Qw3rTyUiOpAsDfGhJkLz","next_page_token":"Qw3rTyUiOpAsDfGhJkLz","monkey":"123"}
~~~
"#;
