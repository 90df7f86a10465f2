//! Parameters: from the text in a path, query, header or cookie to a value that a schema has checked.

mod cookie;
pub(crate) mod deep;
mod shape;
mod style;
#[cfg(test)]
mod tests;
mod value;

use http::HeaderMap;
use serde_json::{Map, Value};
use smallvec::SmallVec;

pub(crate) use shape::{Shape, Types};
pub use style::Style;
pub(crate) use style::{Candidates, Escapes, StyleFault, array, insert, push_scalars, split};
pub use value::{Field, ValueType};

use crate::contract::NodeRef;
use crate::json::{self, JsonLimits};
use crate::query::Query;
use crate::schema::{Instance, Place, Validator, Violation};

/// Where a parameter stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ParameterLocation {
    /// In the path, named by the template.
    Path,
    /// In the query string.
    Query,
    /// The query string as a whole, of OpenAPI 3.2.
    QueryString,
    /// In a header.
    Header,
    /// In a cookie.
    Cookie,
}

/// A declared parameter.
#[derive(Debug, Clone)]
pub struct Parameter {
    /// Its name, as the document has it.
    pub name: String,
    /// Where it stands.
    pub location: ParameterLocation,
    /// Whether a request must have it.
    pub required: bool,
    /// Whether callers are asked to leave it.
    pub deprecated: bool,
    /// Where it is declared; what only the path names is declared nowhere.
    pub at: Option<NodeRef>,
    /// Its ordinal among the parameters of the path template.
    pub(crate) capture: Option<usize>,
    /// An empty value is let through, whatever the schema says.
    pub(crate) allow_empty: bool,
    pub(crate) spelling: Spelling,
    pub(crate) shape: Shape,
    pub(crate) validator: Validator,
}

/// How a value is spelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Spelling {
    Styled {
        style: Style,
        explode: bool,
    },
    /// `content: application/json`.
    Json,
    /// `content` of another media type: only its presence is checked.
    Opaque,
}

/// What of a request its parameters are read from.
#[derive(Debug, Clone, Copy)]
pub struct RequestView<'a, 'q> {
    /// The raw texts that the router captured, in template order.
    pub captures: &'a [&'a str],
    /// The query string.
    pub query: &'a Query<'q>,
    /// The header fields.
    pub headers: &'a HeaderMap,
}

type Texts<'a> = SmallVec<[&'a str; 4]>;

impl ParameterLocation {
    /// The part of the message.
    pub fn place(self) -> Place {
        match self {
            ParameterLocation::Path => Place::Path,
            ParameterLocation::Query | ParameterLocation::QueryString => Place::Query,
            ParameterLocation::Header => Place::Header,
            ParameterLocation::Cookie => Place::Cookie,
        }
    }
}

impl Parameter {
    /// Checks the parameter in `request`.
    ///
    /// # Errors
    /// It is missing and required, occurs more often than it may, is not spelled as declared, or its schema
    /// does not accept it.
    pub fn check(&self, request: &RequestView<'_, '_>) -> Result<(), Violation> {
        match self.location {
            ParameterLocation::Path => {
                let texts: Texts<'_> =
                    self.capture.and_then(|at| request.captures.get(at).copied()).into_iter().collect();
                self.check_texts(&texts, Escapes::Percent)
            }
            ParameterLocation::Query => self.check_query(request.query),
            ParameterLocation::QueryString => self.check_members(request.query, Some),
            ParameterLocation::Header => {
                let mut texts = Texts::new();
                for value in request.headers.get_all(self.name.as_str()) {
                    let text = std::str::from_utf8(value.as_bytes());
                    texts.push(text.or(Err(self.violation("syntax", "is not UTF-8")))?);
                }
                self.check_texts(&texts, Escapes::Literal)
            }
            ParameterLocation::Cookie => {
                let texts: Texts<'_> = cookie::values(request.headers, &self.name).collect();
                self.check_texts(&texts, Escapes::Percent)
            }
        }
    }

    /// Whether its schema says that it is a URL, or a list of them.
    pub fn is_url(&self) -> bool {
        self.shape.url || self.shape.item().url
    }

    /// Whether it may be text, or a list of texts.
    pub fn is_text(&self) -> bool {
        let types = self.shape.types;
        types.has(Types::STRING) || types.has(Types::ARRAY) && self.shape.item().types.has(Types::STRING)
    }

    /// What stands between the items where one text is a list of them.
    pub fn separator(&self) -> Option<char> {
        let Spelling::Styled { style, explode } = self.spelling else { return None };
        if !self.shape.types.has(Types::ARRAY) || self.shape.types == Types::ANY {
            return None;
        }
        match style {
            Style::Form if explode => None,
            Style::Simple | Style::Form | Style::Matrix | Style::DeepObject => Some(','),
            Style::Label => Some('.'),
            Style::SpaceDelimited => Some(' '),
            Style::TabDelimited => Some('\t'),
            Style::PipeDelimited => Some('|'),
        }
    }

    /// Whether the query name `name` belongs to this parameter.
    pub(crate) fn owns_query_name(&self, name: &str) -> bool {
        match (self.location, self.spelling) {
            (ParameterLocation::QueryString, _) => true,
            (ParameterLocation::Query, Spelling::Styled { style: Style::DeepObject, .. }) => deep::path(name)
                .is_some_and(|(head, members)| {
                    head == self.name && members.first().is_none_or(|member| self.shape.may_have(member))
                }),
            (ParameterLocation::Query, Spelling::Styled { style: Style::Form, explode: true })
                if self.is_object() =>
            {
                self.shape.names(name)
            }
            (ParameterLocation::Query, _) => self.name == name,
            (ParameterLocation::Path | ParameterLocation::Header | ParameterLocation::Cookie, _) => false,
        }
    }

    fn check_query(&self, query: &Query<'_>) -> Result<(), Violation> {
        match self.spelling {
            Spelling::Styled { style: Style::DeepObject, .. } => self.check_deep(query),
            Spelling::Styled { style: Style::Form, explode: true } if self.is_object() => {
                self.check_members(query, |name| self.shape.properties.contains_key(name).then_some(name))
            }
            _ => {
                let texts: Texts<'_> = query.values(&self.name).collect();
                self.check_texts(&texts, Escapes::Form)
            }
        }
    }

    /// Checks the texts that came for the parameter, one by one.
    fn check_texts(&self, texts: &Texts<'_>, escapes: Escapes) -> Result<(), Violation> {
        let Some((&first, others)) = texts.split_first() else { return self.check_absent() };
        if self.takes_several(escapes) && (!others.is_empty() || self.is_exploded_array()) {
            return self.check_several(texts, escapes);
        }
        if !others.is_empty() {
            return Err(self.violation("style", "occurs more than once"));
        }
        if self.validator.accepts_anything() && self.shape.types == Types::STRING
            || self.allow_empty && first.is_empty()
        {
            return Ok(());
        }
        match self.spelling {
            Spelling::Opaque => Ok(()),
            Spelling::Json => self.check_json(first, escapes),
            Spelling::Styled { style, explode } => self.check_text(first, style, explode, escapes),
        }
    }

    fn check_text(&self, text: &str, style: Style, explode: bool, escapes: Escapes) -> Result<(), Violation> {
        let Some(text) = style::unprefixed(style, &self.name, &self.shape, explode, text) else {
            return Err(self.violation("style", StyleFault::Prefix.as_str()));
        };
        if self.shape.types == Types::STRING {
            let decoded = escapes.decode(text).map_err(|fault| self.misspelled(fault))?;
            return self.accept(self.validator.check_instance(Instance::Text(&decoded)));
        }
        let candidates = split(style, explode, &self.name, &self.shape, escapes, text);
        self.check_candidates(&candidates.map_err(|fault| self.misspelled(fault))?)
    }

    /// `name=a&name=b`, or a header field on several lines: the items of an array.
    fn check_several(&self, texts: &Texts<'_>, escapes: Escapes) -> Result<(), Violation> {
        let mut candidates = Candidates::new();
        let items = match escapes {
            // A list field on several lines is one list (RFC 9110, section 5.3).
            Escapes::Literal => array(texts.iter().flat_map(|line| line.split(',')), &self.shape, escapes),
            Escapes::Percent | Escapes::Form => array(texts.iter().copied(), &self.shape, escapes),
        };
        candidates.push(items.map_err(|fault| self.misspelled(fault))?);
        if let ([only], true) = (texts.as_slice(), self.shape.types.scalars().has(Types::ANY)) {
            let decoded = escapes.decode(only).map_err(|fault| self.misspelled(fault))?;
            push_scalars(&mut candidates, &self.shape, &decoded);
        }
        self.check_candidates(&candidates)
    }

    /// Checks the pairs that are members of an object, `member` giving the name of the member.
    fn check_members<'q>(
        &self,
        query: &'q Query<'_>,
        member: impl Fn(&'q str) -> Option<&'q str>,
    ) -> Result<(), Violation> {
        let mut members = Map::new();
        for pair in query.pairs() {
            let Some(name) = member(&pair.name) else { continue };
            let text = Escapes::Form.decode(pair.raw_value).map_err(|fault| self.misspelled(fault))?;
            let shape = self.shape.property(name);
            let is_list = shape.types.has(Types::ARRAY) && !shape.types.scalars().has(Types::ANY);
            if is_list {
                let items = members.entry(name).or_insert_with(|| Value::Array(Vec::new()));
                if let Value::Array(items) = items {
                    items.push(shape.item().scalar(&text).0);
                }
                continue;
            }
            let value = shape.scalar(&text).0;
            insert(&mut members, name.into(), value).map_err(|fault| self.misspelled(fault))?;
        }
        if members.is_empty() {
            return self.check_absent();
        }
        self.accept(self.validator.check_instance(Instance::Value(&Value::Object(members))))
    }

    /// Checks the pairs `name[member]=value`.
    fn check_deep(&self, query: &Query<'_>) -> Result<(), Violation> {
        let mut members = Map::new();
        for pair in query.pairs() {
            let Some((head, path)) = deep::path(&pair.name).filter(|(head, _)| *head == self.name) else {
                continue;
            };
            let text = Escapes::Form.decode(pair.raw_value).map_err(|fault| self.misspelled(fault))?;
            let added = deep::add(&mut members, head, &path, &text, &self.shape);
            added.map_err(|fault| self.misspelled(fault))?;
        }
        match members.get(&self.name) {
            Some(value) => self.accept(self.validator.check_instance(Instance::Value(value))),
            None => self.check_absent(),
        }
    }

    fn check_json(&self, text: &str, escapes: Escapes) -> Result<(), Violation> {
        let decoded = escapes.decode(text).map_err(|fault| self.misspelled(fault))?;
        match json::parse(decoded.as_bytes(), &JsonLimits::default()) {
            Ok(json) => self.accept(self.validator.check(json.root())),
            Err(error) => Err(self.violation("syntax", error.kind.as_str())),
        }
    }

    /// One of the readings must be valid; of several the first says what is wrong.
    fn check_candidates(&self, candidates: &Candidates) -> Result<(), Violation> {
        let Some((first, others)) = candidates.split_first() else {
            return Err(self.violation("style", "is not spelled as its style asks"));
        };
        if others.iter().any(|candidate| self.validator.is_valid(Instance::Value(candidate))) {
            return Ok(());
        }
        self.accept(self.validator.check_instance(Instance::Value(first)))
    }

    fn check_absent(&self) -> Result<(), Violation> {
        if self.required { Err(self.violation("required", "is missing")) } else { Ok(()) }
    }

    /// Whether more than one text may come for it.
    fn takes_several(&self, escapes: Escapes) -> bool {
        let repeats = match self.spelling {
            Spelling::Styled { style: Style::Form, explode: true } => escapes == Escapes::Form,
            Spelling::Styled { .. } => escapes == Escapes::Literal,
            Spelling::Json | Spelling::Opaque => false,
        };
        repeats && self.shape.types.has(Types::ARRAY)
    }

    /// `name=a` is an array of one, with a comma in `a` belonging to it.
    fn is_exploded_array(&self) -> bool {
        matches!(self.spelling, Spelling::Styled { style: Style::Form, explode: true })
    }

    /// Whether it can be nothing but an object.
    fn is_object(&self) -> bool {
        self.shape.types == Types::OBJECT || self.shape.types == Types::OBJECT.or(Types::NULL)
    }

    fn accept(&self, checked: Result<(), Violation>) -> Result<(), Violation> {
        checked.map_err(|violation| violation.of(self.location.place(), &self.name))
    }

    fn misspelled(&self, fault: StyleFault) -> Violation {
        self.violation("style", fault.as_str())
    }

    fn violation(&self, keyword: &'static str, message: &'static str) -> Violation {
        Violation::new(self.location.place(), keyword, message).of(self.location.place(), &self.name)
    }
}
