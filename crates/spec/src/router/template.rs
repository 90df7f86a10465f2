//! Path templates of OpenAPI, read into literal text and parameters.

use std::fmt;

/// The most parameters one template may have; more is a mistake, and each costs at every lookup.
const PARAMETERS_MAX: usize = 64;

/// A path template such as `/d/{year}-{month}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    pub(super) parts: Vec<Part>,
}

/// A stretch of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    /// Text in the normal form of RFC 3986, section 6.2.2, as normalised request paths have it.
    Literal(String),
    /// The name of a parameter, never empty.
    Parameter(String),
}

/// What is wrong with a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TemplateFault {
    /// It does not begin with `/`.
    NoLeadingSlash,
    /// A `{` without its `}` in the same segment, or a `}` without its `{`.
    UnbalancedBrace,
    /// `{}`.
    EmptyName,
    /// Two parameters with nothing between them: where one ends is undecidable.
    Adjacent,
    /// A parameter name occurs twice.
    DuplicateName,
    /// `?` or `#`: those never are part of a path.
    QueryOrFragment,
    /// More parameters than one template may have.
    TooManyParameters,
    /// It cannot be told apart from others.
    Unroutable,
}

impl Template {
    /// Reads a template as it stands in a document.
    pub fn parse(text: &str) -> Result<Template, TemplateFault> {
        if !text.starts_with('/') {
            return Err(TemplateFault::NoLeadingSlash);
        }
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((literal, from_brace)) = rest.split_once('{') {
            push_literal(&mut parts, literal)?;
            let (name, after) = from_brace.split_once('}').ok_or(TemplateFault::UnbalancedBrace)?;
            push_parameter(&mut parts, name)?;
            rest = after;
        }
        push_literal(&mut parts, rest)?;
        Ok(Template { parts })
    }

    /// The names of the parameters, in order.
    pub fn parameters(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Parameter(name) => Some(name.as_str()),
            Part::Literal(_) => None,
        })
    }

    /// The template in the router's own syntax, parameters named by their ordinal: templates of one shape
    /// match the same paths, and parameters at the same place are the same branch whatever they are called.
    pub(super) fn shape(&self) -> String {
        let mut shape = String::new();
        let mut ordinal = 0;
        for part in &self.parts {
            match part {
                Part::Literal(text) => shape.push_str(text),
                Part::Parameter(_) => {
                    shape.push_str(&format!("<{ordinal}>"));
                    ordinal += 1;
                }
            }
        }
        shape
    }
}

impl fmt::Display for TemplateFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            TemplateFault::NoLeadingSlash => "does not begin with `/`",
            TemplateFault::UnbalancedBrace => "has a brace without its partner",
            TemplateFault::EmptyName => "has a parameter without a name",
            TemplateFault::Adjacent => "has two parameters with nothing between them",
            TemplateFault::DuplicateName => "names a parameter twice",
            TemplateFault::QueryOrFragment => "has a `?` or `#`, which no path has",
            TemplateFault::TooManyParameters => "has too many parameters",
            TemplateFault::Unroutable => "cannot be told apart from the other paths",
        })
    }
}

fn push_literal(parts: &mut Vec<Part>, text: &str) -> Result<(), TemplateFault> {
    if text.contains('}') {
        return Err(TemplateFault::UnbalancedBrace);
    }
    if text.contains(['?', '#']) {
        return Err(TemplateFault::QueryOrFragment);
    }
    if !text.is_empty() {
        parts.push(Part::Literal(normalised(text)));
    }
    Ok(())
}

fn push_parameter(parts: &mut Vec<Part>, name: &str) -> Result<(), TemplateFault> {
    if name.is_empty() {
        return Err(TemplateFault::EmptyName);
    }
    if name.contains(['{', '/']) {
        return Err(TemplateFault::UnbalancedBrace);
    }
    if matches!(parts.last(), Some(Part::Parameter(_))) {
        return Err(TemplateFault::Adjacent);
    }
    let mut names = 0;
    for part in parts.iter() {
        if let Part::Parameter(earlier) = part {
            names += 1;
            if earlier == name {
                return Err(TemplateFault::DuplicateName);
            }
        }
    }
    if names == PARAMETERS_MAX {
        return Err(TemplateFault::TooManyParameters);
    }
    parts.push(Part::Parameter(name.to_owned()));
    Ok(())
}

/// Literal text in the spelling that normalised paths have: triplets in upper case, those of unreserved
/// characters decoded, and everything that may not stand in a path encoded.
fn normalised(text: &str) -> String {
    let mut normal = String::with_capacity(text.len());
    let mut bytes = text.as_bytes();
    while let Some((&byte, rest)) = bytes.split_first() {
        bytes = rest;
        if byte == b'%'
            && let Some((value, after)) = triplet(rest)
        {
            bytes = after;
            if is_unreserved(value) {
                normal.push(char::from(value));
            } else {
                push_encoded(&mut normal, value);
            }
        } else if is_path_byte(byte) {
            normal.push(char::from(byte));
        } else {
            push_encoded(&mut normal, byte);
        }
    }
    normal
}

fn triplet(after_percent: &[u8]) -> Option<(u8, &[u8])> {
    let (&[high, low], rest) = after_percent.split_first_chunk::<2>()?;
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    Some((digit(high)? << 4 | digit(low)?, rest))
}

fn push_encoded(normal: &mut String, byte: u8) {
    normal.push_str(percent_encoding::percent_encode_byte(byte));
}

/// RFC 3986, section 2.3.
fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

/// `pchar` and `/` of RFC 3986, section 3.3, without the percent sign.
fn is_path_byte(byte: u8) -> bool {
    is_unreserved(byte)
        || matches!(
            byte,
            b'/' | b':' | b'@' | b'!' | b'$' | b'&' | b'\'' | b'(' | b')' | b'*' | b'+' | b',' | b';' | b'='
        )
}
