//! The one type of a value, and the one value of a parameter, for those who can do with nothing less certain.

use serde_json::Value;
use smallvec::SmallVec;

use super::style::{array, split, unprefixed};
use super::{Escapes, Parameter, ParameterLocation, RequestView, Shape, Spelling, Style, Texts, Types};
use crate::schema::Violation;

/// The type of a value, where its schema names exactly one; `null` stands for no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ValueType {
    /// `string`.
    Text,
    /// `boolean`.
    Boolean,
    /// `integer`.
    Integer,
    /// `number`.
    Number,
    /// `array` of items of one type.
    List(Box<ValueType>),
    /// `object` with these members, and perhaps others.
    Record(Vec<Field>),
}

/// A member of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// Whether every request has it.
    pub required: bool,
    /// Its type.
    pub value_type: ValueType,
}

impl ValueType {
    /// As deep as the shape is.
    pub(crate) fn of(shape: &Shape) -> Option<ValueType> {
        Some(match without_null(shape.types) {
            Types::STRING if !shape.binary => ValueType::Text,
            Types::BOOLEAN => ValueType::Boolean,
            Types::INTEGER => ValueType::Integer,
            types if types == Types::NUMBER.or(Types::INTEGER) => ValueType::Number,
            Types::ARRAY => {
                let item = shape.items.as_ref().filter(|item| !item.types.has(Types::NULL))?;
                ValueType::List(Box::new(ValueType::of(item)?))
            }
            Types::OBJECT => {
                let fields = shape.properties.iter().filter_map(|(name, property)| {
                    let required = !property.types.has(Types::NULL) && shape.required.contains(name);
                    Some(Field { name: name.clone(), required, value_type: ValueType::of(property)? })
                });
                ValueType::Record(fields.collect())
            }
            _ => return None,
        })
    }

    fn is_scalar(&self) -> bool {
        !matches!(self, ValueType::List(_) | ValueType::Record(_))
    }
}

fn without_null(types: Types) -> Types {
    if types.has(Types::NULL) && types != Types::ANY { types.without(Types::NULL) } else { types }
}

impl Parameter {
    /// The one type of its values: what its schema names, text where that may be several things that text can stand for,
    /// or nothing where it is an object or stands in a header field or cookie.
    pub fn value_type(&self) -> Option<ValueType> {
        let Spelling::Styled { style, .. } = self.spelling else {
            return (self.spelling == Spelling::Opaque).then_some(ValueType::Text);
        };
        let is_looked_into = matches!(self.location, ParameterLocation::Path | ParameterLocation::Query);
        if !is_looked_into || style == Style::DeepObject {
            return None;
        }
        match ValueType::of(&self.shape) {
            Some(ValueType::List(item)) => item.is_scalar().then_some(ValueType::List(item)),
            Some(ValueType::Record(_)) => None,
            Some(scalar) => Some(scalar),
            None if self.shape.types == Types::ANY => Some(ValueType::Text),
            None => (self.shape.types.scalars() == self.shape.types).then_some(ValueType::Text),
        }
    }

    /// Its value in `request`, read as `wanted`, which is its [`Parameter::value_type`]; nothing where there is none.
    ///
    /// # Errors
    /// It occurs more often than it may, is not spelled as declared, or is not of the type.
    pub fn value(
        &self,
        wanted: &ValueType,
        request: &RequestView<'_, '_>,
    ) -> Result<Option<Value>, Violation> {
        let escapes = match self.location {
            ParameterLocation::Path => Escapes::Percent,
            ParameterLocation::Query => Escapes::Form,
            _ => return Ok(None),
        };
        let mut texts = Texts::new();
        match escapes {
            Escapes::Percent => texts.extend(self.capture.and_then(|at| request.captures.get(at).copied())),
            _ => request.query.values(&self.name).for_each(|text| texts.push(text)),
        }
        let Some((&first, others)) = texts.split_first() else { return Ok(None) };
        let is_list = matches!(wanted, ValueType::List(_));
        if is_list && self.takes_several(escapes) && (!others.is_empty() || self.is_exploded_array()) {
            let items = array(texts.iter().copied(), &self.shape, escapes);
            return items.map(Some).map_err(|fault| self.misspelled(fault));
        }
        if !others.is_empty() {
            return Err(self.violation("style", "occurs more than once"));
        }
        let Spelling::Styled { style, explode } = self.spelling else {
            let text = escapes.decode(first).map_err(|fault| self.misspelled(fault))?;
            return Ok(Some(Value::String(text.into_owned())));
        };
        let text = unprefixed(style, &self.name, &self.shape, explode, first);
        let text = text.ok_or_else(|| self.violation("style", "does not begin as its style asks"))?;
        if is_list {
            let candidates: SmallVec<_> = split(style, explode, &self.name, &self.shape, escapes, text)
                .map_err(|fault| self.misspelled(fault))?;
            return Ok(candidates.into_iter().next());
        }
        let text = escapes.decode(text).map_err(|fault| self.misspelled(fault))?;
        match wanted {
            ValueType::Text => Ok(Some(Value::String(text.into_owned()))),
            _ => match self.shape.typed(&text) {
                Some(value) => Ok(Some(value).filter(|value| !value.is_null())),
                None => Err(self.violation("type", "is not of its type")),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;

    use super::*;
    use crate::contract::trial::Trial;
    use crate::query::{PAIRS_MAX, Query};

    /// The type of the one parameter, and what is read of it.
    #[track_caller]
    fn check(parameter: &str, path: &str, target: &str, expected: &str) {
        let trial = Trial::of_paths(&format!(
            "  {path}:\n    get:\n      responses: {{}}\n      parameters: [{{ {parameter} }}]\n"
        ));
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let query = Query::parse(query, PAIRS_MAX).unwrap();
        let found = trial.contract.router.find(path).unwrap();
        let captures: Vec<&str> = found.captures().collect();
        let request = RequestView { captures: &captures, query: &query, headers: &HeaderMap::new() };
        let parameter = &trial.contract.operations[0].parameters[0];
        let read = match parameter.value_type() {
            None => "no type".to_owned(),
            Some(wanted) => match parameter.value(&wanted, &request) {
                Ok(Some(value)) => format!("{wanted:?} {value}"),
                Ok(None) => format!("{wanted:?} absent"),
                Err(violation) => violation.to_string(),
            },
        };
        assert_eq!(read, expected, "{target}");
    }

    #[test]
    fn a_value_has_the_type_that_the_schema_names() {
        let id = |schema: &str| format!("name: id, in: path, required: true, schema: {schema}");
        check(&id("{ type: string }"), "/{id}", "/a%2Fb", r#"Text "a/b""#);
        check(&id("{ type: integer }"), "/{id}", "/7", "Integer 7");
        check(&id("{ type: integer }"), "/{id}", "/07", "path `id`: is not of its type");
        check(&id("{ type: boolean }"), "/{id}", "/true", "Boolean true");
        check(&id("{ type: number }"), "/{id}", "/1.50", "Number 1.5");
        check(&id("{}"), "/{id}", "/7", r#"Text "7""#);
        check(&id("{ oneOf: [{ type: integer }, { type: string }] }"), "/{id}", "/7", r#"Text "7""#);
        check(&id("{ type: array, items: { type: integer } }"), "/{id}", "/1,2", "List(Integer) [1,2]");
        check(&id("{ type: object, properties: { a: { type: string } } }"), "/{id}", "/a,1", "no type");
    }

    #[test]
    fn what_the_query_says_twice_is_a_list_or_nothing_certain() {
        let tag = |schema: &str| format!("name: tag, in: query, schema: {schema}");
        check(&tag("{ type: string }"), "/", "/?tag=a+b", r#"Text "a b""#);
        check(&tag("{ type: string }"), "/", "/?other=a", "Text absent");
        check(&tag("{ type: string }"), "/", "/?tag=a&tag=a", "query `tag`: occurs more than once");
        check(&tag("{ type: integer, nullable: true }"), "/", "/?tag=null", "Integer absent");
        let texts = tag("{ type: array, items: { type: string } }");
        check(&texts, "/", "/?tag=a,b", r#"List(Text) ["a,b"]"#);
        check(&texts, "/", "/?tag=a&tag=b", r#"List(Text) ["a","b"]"#);
        check("name: tag, in: header, schema: { type: string }", "/", "/", "no type");
    }

    #[test]
    fn members_of_a_body_are_required_as_far_as_a_request_must_have_them() {
        let trial = Trial::of_paths(
            "  /:\n    post:\n      responses: {}\n      requestBody:\n        content:\n          application/json:\n            \
             schema:\n              required: [id, size, note]\n              type: object\n              properties:\n                \
             id: { type: string, readOnly: true }\n                size: { type: integer }\n                \
             note: { type: string, nullable: true }\n                any: {}\n                \
             owner: { type: object, properties: { name: { type: string } } }\n",
        );
        let body = trial.contract.operations[0].request_body.as_ref().unwrap();
        let Some(ValueType::Record(fields)) = &body.content[0].value_type else { panic!("no record") };
        let shown: Vec<String> = fields
            .iter()
            .map(|field| format!("{} {} {:?}", field.name, field.required, field.value_type))
            .collect();
        let owner = r#"owner false Record([Field { name: "name", required: false, value_type: Text }])"#;
        assert_eq!(shown, ["id false Text", "note false Text", owner, "size true Integer"]);
    }
}
