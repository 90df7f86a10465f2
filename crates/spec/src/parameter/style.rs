//! How values are spelled in paths, queries, headers and cookies (RFC 6570 as OpenAPI uses it).

use std::borrow::Cow;

use serde_json::{Map, Value};
use smallvec::SmallVec;

use super::shape::{Shape, Types};
use crate::query::{QueryFault, decoded, decoded_form};

/// The most items or members that one parameter is split into.
pub(crate) const PIECES_MAX: usize = 1000;

/// The style of a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// `a,b,c`
    Simple,
    /// `.a.b.c`
    Label,
    /// `;name=a`
    Matrix,
    /// `name=a,b,c`
    Form,
    /// `name=a%20b%20c`
    SpaceDelimited,
    /// `name=a%09b`, of Swagger 2.0
    TabDelimited,
    /// `name=a|b|c`
    PipeDelimited,
    /// `name[a]=1&name[b]=2`
    DeepObject,
}

/// How the pieces of a raw text are decoded once they are split.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Escapes {
    /// `%XX`.
    Percent,
    /// `%XX`, and `+` is a space.
    Form,
    /// None: headers are taken as they are.
    Literal,
}

/// Why text does not follow its style.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StyleFault {
    Escape(QueryFault),
    /// The prefix of the style is missing.
    Prefix,
    /// A list of names and values has a name without a value.
    OddPairs,
    /// A name occurs twice.
    Repeated,
    TooManyPieces,
}

/// Values to try, the likeliest first.
pub(crate) type Candidates = SmallVec<[Value; 2]>;

impl Escapes {
    pub(crate) fn decode(self, text: &str) -> Result<Cow<'_, str>, StyleFault> {
        match self {
            Escapes::Percent => decoded(text),
            Escapes::Form => decoded_form(text),
            Escapes::Literal => Ok(Cow::Borrowed(text.trim_matches([' ', '\t']))),
        }
        .map_err(StyleFault::Escape)
    }
}

impl StyleFault {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            StyleFault::Escape(fault) => fault.as_str(),
            StyleFault::Prefix => "does not begin as its style asks",
            StyleFault::OddPairs => "has a name without a value",
            StyleFault::Repeated => "has a name twice",
            StyleFault::TooManyPieces => "has too many items",
        }
    }
}

/// The text of a path parameter without the prefix of its style.
pub(crate) fn unprefixed<'t>(
    style: Style,
    name: &str,
    shape: &Shape,
    explode: bool,
    text: &'t str,
) -> Option<&'t str> {
    match style {
        Style::Label => text.strip_prefix('.'),
        Style::Matrix => {
            let text = text.strip_prefix(';')?;
            // An exploded object is `;a=1;b=2`: the names are those of its properties.
            if explode && shape.types.has(Types::OBJECT) && !shape.types.scalars().has(Types::ANY) {
                return Some(text);
            }
            text.strip_prefix(name)?.strip_prefix('=')
        }
        _ => Some(text),
    }
}

/// What one text can mean: an array or object split at the style's delimiters, or one scalar.
pub(crate) fn split(
    style: Style,
    explode: bool,
    name: &str,
    shape: &Shape,
    escapes: Escapes,
    text: &str,
) -> Result<Candidates, StyleFault> {
    let mut candidates = Candidates::new();
    let delimiter = delimiter(style, explode);
    if shape.types.has(Types::OBJECT) {
        match object(text, delimiter, explode, shape, escapes) {
            Ok(value) => candidates.push(value),
            Err(fault) if !shape.types.has(Types::ARRAY) && !shape.types.scalars().has(Types::ANY) => {
                return Err(fault);
            }
            Err(_) => {}
        }
    }
    if shape.types.has(Types::ARRAY) {
        let again = format!("{name}=");
        let exploded_matrix = style == Style::Matrix && explode;
        let pieces = pieces(text, delimiter)?;
        let pieces = pieces.into_iter().map(|piece| match exploded_matrix {
            true => piece.strip_prefix(&again).unwrap_or(piece),
            false => piece,
        });
        candidates.push(array(pieces, shape, escapes)?);
    }
    if shape.types.scalars().has(Types::ANY) {
        push_scalars(&mut candidates, shape, &escapes.decode(text)?);
    }
    Ok(candidates)
}

pub(crate) fn push_scalars(candidates: &mut Candidates, shape: &Shape, text: &str) {
    let (first, second) = shape.scalar(text);
    candidates.push(first);
    candidates.extend(second);
}

/// An array of texts that came one by one.
pub(crate) fn array<'t>(
    texts: impl Iterator<Item = &'t str>,
    shape: &Shape,
    escapes: Escapes,
) -> Result<Value, StyleFault> {
    let item = shape.item();
    let mut items = Vec::new();
    for text in texts {
        if items.len() == PIECES_MAX {
            return Err(StyleFault::TooManyPieces);
        }
        items.push(item.scalar(&escapes.decode(text)?).0);
    }
    Ok(Value::Array(items))
}

/// Adds a member, unless it is there.
pub(crate) fn insert(
    members: &mut Map<String, Value>,
    name: Cow<'_, str>,
    value: Value,
) -> Result<(), StyleFault> {
    if members.len() == PIECES_MAX {
        return Err(StyleFault::TooManyPieces);
    }
    match members.insert(name.into_owned(), value) {
        Some(_) => Err(StyleFault::Repeated),
        None => Ok(()),
    }
}

/// `a,1,b,2`, or exploded `a=1,b=2`.
fn object(
    text: &str,
    delimiter: Delimiter,
    explode: bool,
    shape: &Shape,
    escapes: Escapes,
) -> Result<Value, StyleFault> {
    let mut members = Map::new();
    let pieces = pieces(text, delimiter)?;
    let mut pieces = pieces.into_iter();
    while let Some(piece) = pieces.next() {
        let (name, value) = match explode {
            true => piece.split_once('=').ok_or(StyleFault::OddPairs)?,
            false => (piece, pieces.next().ok_or(StyleFault::OddPairs)?),
        };
        let name = escapes.decode(name)?;
        let value = shape.property(&name).scalar(&escapes.decode(value)?).0;
        insert(&mut members, name, value)?;
    }
    Ok(Value::Object(members))
}

/// What stands between pieces: a character, and its percent-encoded form where the style has that one.
type Delimiter = (char, Option<&'static str>);

fn delimiter(style: Style, explode: bool) -> Delimiter {
    match style {
        Style::Label if explode => ('.', None),
        Style::Matrix if explode => (';', None),
        Style::SpaceDelimited => ('+', Some("%20")),
        Style::TabDelimited => ('\t', Some("%09")),
        Style::PipeDelimited => ('|', Some("%7C")),
        Style::Simple | Style::Label | Style::Matrix | Style::Form | Style::DeepObject => (',', None),
    }
}

fn pieces(text: &str, (character, encoded): Delimiter) -> Result<SmallVec<[&str; 8]>, StyleFault> {
    let mut pieces = SmallVec::new();
    let mut rest = text;
    loop {
        let at = rest.find(character);
        let encoded_at = encoded.and_then(|encoded| find_ignoring_case(rest, encoded));
        let (end, width) = match (at, encoded_at) {
            (Some(at), Some(encoded)) if at < encoded => (at, character.len_utf8()),
            (Some(at), None) => (at, character.len_utf8()),
            (_, Some(at)) => (at, 3),
            (None, None) => (rest.len(), 0),
        };
        if pieces.len() == PIECES_MAX {
            return Err(StyleFault::TooManyPieces);
        }
        let (piece, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
        pieces.push(piece);
        if width == 0 {
            return Ok(pieces);
        }
        rest = after.get(width..).unwrap_or_default();
    }
}

fn find_ignoring_case(text: &str, escape: &str) -> Option<usize> {
    memchr::memchr_iter(b'%', text.as_bytes())
        .find(|&at| text.get(at..at + escape.len()).is_some_and(|found| found.eq_ignore_ascii_case(escape)))
}
