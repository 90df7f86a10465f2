//! Whether what looks like a credential is one, only stands for one, or is something else.

use std::ops::Range;

/// What speaks against it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Doubt {
    /// Nothing does.
    None,
    /// It stands where a credential will be, or shows how one looks.
    Placeholder,
    /// It is a name, a path or code.
    Nothing,
}

/// Words that values have which somebody wrote instead of a credential.
const WORDS: &[&str] = &[
    "example",
    "sample",
    "dummy",
    "placeholder",
    "changeme",
    "change-me",
    "change_me",
    "replace",
    "redacted",
    "insert",
    "your-",
    "your_",
    "yourapi",
    "xxxxx",
    "fake",
    "notreal",
    "not-a-real",
    "todo",
    "fixme",
    "abcdef",
    "12345678",
    "foobar",
    "mysecret",
    "my-secret",
    "supersecret",
    "<",
    "${",
    "{{",
    "$(",
    "%(",
    "#{",
    "…",
    "****",
    "lorem",
];

/// Words for credentials. A value that has one is a name for it, or a label.
const LABELS: &[&str] =
    &["password", "passwd", "passwort", "secret", "token", "apikey", "api-key", "api_key", "credential"];

/// Ends of names of files in which values are written as they are, without quotes.
const PLAIN: &[&str] = &[
    ".env",
    ".properties",
    ".ini",
    ".cfg",
    ".conf",
    ".config",
    ".toml",
    ".yaml",
    ".yml",
    ".json",
    ".xml",
    ".tfvars",
    ".npmrc",
    ".pypirc",
    ".netrc",
    ".sh",
    ".txt",
    ".log",
    ".sql",
];

/// Users whose password is known to be that of a machine where software is written.
const LOCAL_HOSTS: &[&str] =
    &["localhost", "127.0.0.1", "[::1]", "host.docker.internal", ".example", "example.com"];

/// The longest name, in bytes, and the most digits that it has: what is longer may be a value.
const NAME_BYTES_MAX: usize = 48;
const NAME_DIGITS_MAX: usize = 3;

/// The least information of a key, in bits a character: words have less.
const BITS_MIN: f64 = 3.0;

/// The least of a password, which people choose.
const PASSWORD_BITS_MIN: f64 = 2.0;

/// Whether a file has values in quotes alone.
pub(super) fn is_code(name: &str) -> bool {
    let file = name.rsplit('/').next().unwrap_or(name);
    let has_end = PLAIN.iter().any(|end| file.ends_with(end));
    !has_end && !file.starts_with(".env") && !file.starts_with("Dockerfile") && file.contains('.')
}

/// What speaks against the value at `range`.
pub(super) fn of(class: &str, text: &str, range: Range<usize>, is_code: bool) -> Doubt {
    let Some(value) = text.get(range.clone()) else { return Doubt::Nothing };
    let lower = value.to_lowercase();
    match class {
        "private-key" | "jwt" | "password-hash" => Doubt::None,
        "connection-string" => connection(&lower),
        "assigned-secret" => assigned(text, range, &lower, is_code),
        _ if has_any(&lower, WORDS) => Doubt::Placeholder,
        _ => Doubt::None,
    }
}

fn connection(lower: &str) -> Doubt {
    let (name, password, rest) = match lower.split_once("://").and_then(|(_, rest)| rest.rsplit_once('@')) {
        Some((user, rest)) => {
            let (name, password) = user.split_once(':').unwrap_or(("", user));
            (name, password, rest)
        }
        None => ("", in_pairs(lower), ""),
    };
    let is_made_up =
        has_any(password, WORDS) || has_any(password, LABELS) || password == name && !name.is_empty();
    let is_local =
        LOCAL_HOSTS.iter().any(|host| rest.starts_with(host) || host.starts_with('.') && rest.contains(host));
    match (password.len() < 3 || password == "pass", is_made_up || is_local) {
        (false, false) => Doubt::None,
        _ => Doubt::Placeholder,
    }
}

/// The password of a list of pairs; what keys of storage are is the last.
fn in_pairs(lower: &str) -> &str {
    let pairs = lower.split(';').filter_map(|pair| pair.split_once('='));
    let (passwords, others): (Vec<_>, Vec<_>) =
        pairs.partition(|(name, _)| matches!(name.trim(), "password" | "pwd"));
    passwords.first().or(others.last()).map_or("", |(_, value)| value.trim())
}

fn assigned(text: &str, range: Range<usize>, lower: &str, is_code: bool) -> Doubt {
    let before = text.get(..range.start).unwrap_or_default();
    let is_quoted = before.ends_with(['"', '\'', '`']);
    let name = name(text, range.start).unwrap_or_default().to_lowercase();
    let is_password = ["pass", "pwd"].iter().any(|word| name.contains(word));
    if is_code && !is_quoted {
        return Doubt::Nothing;
    }
    if has_any(lower, WORDS) {
        return Doubt::Placeholder;
    }
    if has_any(lower, LABELS) {
        // `changeme-password` stands for one, `reset-password` is a name of something.
        return if is_password { Doubt::Placeholder } else { Doubt::Nothing };
    }
    let least = if is_password { PASSWORD_BITS_MIN } else { BITS_MIN };
    match () {
        () if !is_password && is_name(lower) => Doubt::Nothing,
        () if lower.contains(' ') || is_version(lower) => Doubt::Nothing,
        () if bits(lower) < least => Doubt::Placeholder,
        () => Doubt::None,
    }
}

/// What a value that begins at `start` is assigned to: the last word before it, if it is like one that people give. What
/// may be a part of a value itself is never told.
pub(super) fn name(text: &str, start: usize) -> Option<String> {
    let line = text.get(..start)?.rsplit('\n').next()?;
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-' | '.');
    let end = line.trim_end_matches(|letter: char| !is_part(letter));
    let between = line.get(end.len()..)?;
    // Between a name and its value stands little, and something that assigns.
    if between.len() > 12 || !between.contains(['=', ':']) {
        return None;
    }
    let from = end.rfind(|letter: char| !is_part(letter)).map_or(0, |at| at + 1);
    let name = end.get(from..)?.trim_matches(['.', '-']);
    let digits = name.bytes().filter(u8::is_ascii_digit).count();
    ((1..=NAME_BYTES_MAX).contains(&name.len()) && digits <= NAME_DIGITS_MAX).then(|| name.to_owned())
}

/// Whether it is made of words, with short numbers: `orders.v1.created`, `checkout-step-2`.
fn is_name(value: &str) -> bool {
    let parts = value.split(['.', '-', '_', '/', ':']);
    let is_word = |part: &str| {
        let digits = part.bytes().filter(u8::is_ascii_digit).count();
        part.is_empty() || digits == part.len() && digits <= 4 || digits <= 1 && part.len() <= 16
    };
    let count = value.split(['.', '-', '_', '/', ':']).count();
    count > 1 && parts.into_iter().all(is_word)
}

fn is_version(value: &str) -> bool {
    value.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b':' | b'/'))
}

/// Information in bits a character, by how often each stands in the text.
fn bits(text: &str) -> f64 {
    let bytes = text.as_bytes();
    let length = bytes.len() as f64;
    let mut seen = std::collections::BTreeMap::new();
    bytes.iter().for_each(|byte| *seen.entry(*byte).or_insert(0_u32) += 1);
    seen.values().map(|count| f64::from(*count) / length).map(|share| -share * share.log2()).sum()
}

fn has_any(text: &str, words: &[&str]) -> bool {
    words.iter().any(|word| text.contains(word))
}
