//! Values of flags that have a grammar of their own.

use std::convert::Infallible;
use std::path::PathBuf;
use std::str::FromStr;

use gateway::config::{KeySource, Span};
use http::{HeaderName, HeaderValue};
use model::Mode;

/// `ID=MODE`: how one control is applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ControlMode {
    /// The control's id in the catalogue.
    pub(crate) id: &'static str,
    /// How it is applied.
    pub(crate) mode: Mode,
}

/// `Name: value`: one header field.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct HeaderField {
    /// Its name.
    pub(crate) name: HeaderName,
    /// Its value, without space around it.
    pub(crate) value: HeaderValue,
}

/// Where the body of a request to explain comes from.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum BodyText {
    /// The argument itself.
    Text(String),
    /// A file.
    File(PathBuf),
    /// Standard input.
    Stdin,
}

/// Where what mends findings is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum FixTo {
    /// An overlay beside each document.
    Beside,
    /// An overlay of this name.
    File(PathBuf),
    /// The documents themselves.
    InPlace,
}

impl FromStr for FixTo {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<FixTo, Infallible> {
        Ok(match text {
            "" => FixTo::Beside,
            "in-place" => FixTo::InPlace,
            file => FixTo::File(PathBuf::from(file)),
        })
    }
}

/// A duration above zero.
pub(super) fn span(text: &str) -> Result<Span, &'static str> {
    let span = Span::parse(text).filter(|span| !span.0.is_zero());
    span.ok_or("a duration is a whole number above zero with `ms`, `s`, `m`, `h` or `d`")
}

/// Where keys are: an `http:` or `https:` address, else a file.
pub(super) fn key_source(text: &str) -> Result<KeySource, &'static str> {
    let scheme = text.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
    match scheme.as_deref() {
        Some("http" | "https") => Ok(KeySource::Url(text.to_owned())),
        Some(_) => Err("keys are read from a file or from an http: or https: address"),
        None if text.is_empty() => Err("the name of the file is empty"),
        None => Ok(KeySource::File(PathBuf::from(text))),
    }
}

impl FromStr for ControlMode {
    type Err = String;

    fn from_str(text: &str) -> Result<ControlMode, String> {
        let (id, mode) =
            text.split_once('=').ok_or("a control and its mode are written as in `jwt=shadow`")?;
        let mode = match mode {
            "enforce" => Mode::Enforce,
            "shadow" => Mode::Shadow,
            "off" => Mode::Off,
            _ => return Err(format!("`{mode}` is no mode; a control is in `enforce`, `shadow` or `off`")),
        };
        let Some(control) = model::control(id) else {
            let ids: Vec<&str> = model::CONTROLS.iter().map(|control| control.id).collect();
            return Err(format!("there is no control `{id}`; there are {}", ids.join(", ")));
        };
        Ok(ControlMode { id: control.id, mode })
    }
}

impl FromStr for HeaderField {
    type Err = &'static str;

    // The errors never repeat the field: it may be a credential.
    fn from_str(text: &str) -> Result<HeaderField, &'static str> {
        let (name, value) = text.split_once(':').ok_or("a header field is written as in `Name: value`")?;
        let name = HeaderName::from_bytes(name.as_bytes())
            .map_err(|_invalid| "the name before `:` is not a token")?;
        let value = HeaderValue::from_str(value.trim())
            .map_err(|_invalid| "the value holds a byte that no field may hold")?;
        Ok(HeaderField { name, value })
    }
}

impl FromStr for BodyText {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<BodyText, &'static str> {
        match (text, text.strip_prefix('@')) {
            ("-" | "@-", _) => Ok(BodyText::Stdin),
            (_, Some("")) => Err("the name of the file after `@` is missing"),
            (_, Some(file)) => Ok(BodyText::File(PathBuf::from(file))),
            (_, None) => Ok(BodyText::Text(text.to_owned())),
        }
    }
}

impl std::fmt::Debug for HeaderField {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "HeaderField({}: [{} bytes])", self.name, self.value.len())
    }
}

impl std::fmt::Debug for BodyText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            BodyText::Text(text) => write!(f, "Text([{} bytes])", text.len()),
            BodyText::File(path) => f.debug_tuple("File").field(path).finish(),
            BodyText::Stdin => f.write_str("Stdin"),
        }
    }
}
