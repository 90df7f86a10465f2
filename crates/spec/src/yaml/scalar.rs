//! What a scalar is by the core schema (YAML 1.2.2, section 10.3): `yes` and `on` are strings there.

use std::borrow::Cow;

use granit_parser::Tag;
use model::Severity;

use crate::json::{Reading, reading};
use crate::tree::Kind;

/// How a scalar was read.
pub(super) struct Read {
    pub(super) kind: Kind,
    /// The number in JSON's grammar, where it is not written in it.
    pub(super) normalised: Option<String>,
    pub(super) fault: Option<(Severity, Cow<'static, str>)>,
}

/// Reads a scalar with this text, quoted or a block (`quoted`) or plain, and with this tag.
pub(super) fn read(text: &str, quoted: bool, tag: Option<&Tag>) -> Read {
    let Some(tag) = tag else {
        return if quoted { Read::of(Kind::String) } else { plain(text) };
    };
    if tag.original() == "!" || tag.is_yaml_core_schema_tag("str") {
        return Read::of(Kind::String);
    }
    let Some(suffix) = tag.core_suffix() else {
        let untagged = if quoted { Read::of(Kind::String) } else { plain(text) };
        return untagged.with(Severity::Note, format!("tag `{}` is ignored", tag.original()));
    };
    let read = plain(text);
    let agrees = match suffix {
        "null" => read.kind == Kind::Null,
        "bool" => read.kind == Kind::Bool,
        "int" | "float" => read.kind == Kind::Number,
        _ => return read.with(Severity::Note, format!("tag `!!{suffix}` is ignored")),
    };
    if agrees {
        return read;
    }
    Read::of(Kind::String)
        .with(Severity::Error, format!("`{}` is not what its tag `!!{suffix}` says", cut(text)))
}

fn plain(text: &str) -> Read {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Read::of(Kind::Null),
        "true" | "True" | "TRUE" | "false" | "False" | "FALSE" => Read::of(Kind::Bool),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" | "-.inf" | "-.Inf" | "-.INF" | ".nan"
        | ".NaN" | ".NAN" => Read::of(Kind::String)
            .with(Severity::Warning, format!("`{text}` is no number in JSON; taken as a string")),
        _ => number(text),
    }
}

fn number(text: &str) -> Read {
    if !text.starts_with(|first: char| first.is_ascii_digit() || matches!(first, '-' | '+' | '.')) {
        return Read::of(Kind::String);
    }
    let normalised = if let Some(digits) = text.strip_prefix("0x") {
        whole(digits, 16)
    } else if let Some(digits) = text.strip_prefix("0o") {
        whole(digits, 8)
    } else {
        decimal(text).map(Ok)
    };
    let number = match normalised {
        None => return Read::of(Kind::String),
        Some(Err(())) => Cow::Borrowed("1e999"),
        Some(Ok(number)) => number,
    };
    match reading(&number) {
        Reading::Number => {
            let normalised = (number != text).then(|| number.into_owned());
            Read { kind: Kind::Number, normalised, fault: None }
        }
        Reading::OutOfRange => {
            let message = format!("`{}` is beyond the range of numbers; taken as a string", cut(text));
            Read::of(Kind::String).with(Severity::Warning, message)
        }
        Reading::Other => Read::of(Kind::String),
    }
}

/// Digits of another base in decimal; an inner error if they are too many.
fn whole(digits: &str, radix: u32) -> Option<Result<Cow<'static, str>, ()>> {
    let only_digits = !digits.is_empty() && digits.chars().all(|digit| digit.is_digit(radix));
    only_digits
        .then(|| u128::from_str_radix(digits, radix).map(|number| number.to_string().into()).map_err(drop))
}

/// A decimal number in JSON's grammar: no plus sign, no leading zeros, digits on both sides of the point.
fn decimal(text: &str) -> Option<Cow<'_, str>> {
    if reading(text) != Reading::Other {
        return Some(Cow::Borrowed(text));
    }
    let (sign, unsigned) = match text.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    if unsigned.starts_with(['-', '+']) {
        return None;
    }
    let (mantissa, exponent) = match unsigned.find(['e', 'E']) {
        Some(at) => unsigned.split_at_checked(at)?,
        None => (unsigned, ""),
    };
    let (integer, fraction) = mantissa.split_once('.').map_or((mantissa, None), |(i, f)| (i, Some(f)));
    if integer.is_empty() && fraction.is_none_or(str::is_empty) {
        return None;
    }
    let integer = match integer.trim_start_matches('0') {
        "" => "0",
        digits => digits,
    };
    let point = if fraction.is_some() { "." } else { "" };
    let fraction = match fraction {
        Some("") => "0",
        Some(digits) => digits,
        None => "",
    };
    // Whether the parts were digits at all is checked on the whole.
    let number = format!("{sign}{integer}{point}{fraction}{exponent}");
    (reading(&number) != Reading::Other).then_some(Cow::Owned(number))
}

/// So much of an input as belongs in a message.
fn cut(text: &str) -> &str {
    text.get(..text.floor_char_boundary(40)).unwrap_or_default()
}

impl Read {
    fn of(kind: Kind) -> Read {
        Read { kind, normalised: None, fault: None }
    }

    fn with(self, severity: Severity, message: impl Into<Cow<'static, str>>) -> Read {
        Read { fault: Some((severity, message.into())), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, kind: Kind, normalised: Option<&str>) {
        let read = read(text, false, None);
        assert_eq!((read.kind, read.normalised.as_deref()), (kind, normalised), "{text}");
    }

    #[test]
    fn plain_scalars_follow_the_core_schema() {
        for text in ["", "~", "null", "Null", "NULL"] {
            check(text, Kind::Null, None);
        }
        for text in ["true", "False", "TRUE"] {
            check(text, Kind::Bool, None);
        }
        for text in [
            "yes",
            "no",
            "on",
            "off",
            "y",
            "nULL",
            "tRUE",
            "1.2.3",
            "1_000",
            "0b11",
            "12:30:45",
            "-",
            ".",
            "+",
            "1e",
            "0x",
            "2001-01-01",
            "-0x10",
            "..",
            "1..2",
            "+-1",
        ] {
            check(text, Kind::String, None);
        }
        for text in ["0", "-1", "200", "3.0", "1e5", "-0.5"] {
            check(text, Kind::Number, None);
        }
        for (text, number) in [
            ("+1", "1"),
            ("007", "7"),
            ("0x1F", "31"),
            ("0o17", "15"),
            (".5", "0.5"),
            ("5.", "5.0"),
            ("-.5e3", "-0.5e3"),
            ("+012.e1", "12.0e1"),
            ("00", "0"),
        ] {
            check(text, Kind::Number, Some(number));
        }
    }

    #[test]
    fn what_json_cannot_say_is_a_string_with_a_warning() {
        for text in [".inf", "-.INF", ".NaN", "1e999", "0xfffffffffffffffffffffffffffffffff"] {
            let read = read(text, false, None);
            assert_eq!(read.kind, Kind::String, "{text}");
            assert!(read.fault.is_some(), "{text}");
        }
    }
}
