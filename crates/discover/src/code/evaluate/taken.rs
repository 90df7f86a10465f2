//! What functions and what stands before them take out of requests.

use super::fields::schema;
use super::scope::Value;
use super::{Evaluate, Kind, Node};
use crate::code::facts::{ClassFact, In, Taken};
use crate::code::frameworks::{Whole, parameter};
use crate::code::syntax::{Call, Function};

/// The most values that one function takes out of requests.
const TAKEN_MAX: usize = 128;

/// Members of what holds all values of a kind that are no value of it.
const NO_VALUES: &[&str] = &[
    "[]", "get", "has", "length", "forEach", "map", "filter", "toString", "entries", "keys", "then", "data",
];

/// Methods that hold something against a schema, and give it back.
const CHECKS: &[&str] = &[
    "parse",
    "parseAsync",
    "safeParse",
    "safeParseAsync",
    "validate",
    "validateAsync",
    "validateSync",
    "load",
    "cast",
    "check",
];

impl<'e> Evaluate<'e> {
    /// Methods that a function compares with what it is asked with.
    pub(super) fn compared(&self, function: &'e Function) -> Vec<String> {
        let mut methods: Vec<String> = Vec::new();
        for node in &function.body {
            node.visit(&mut |node| {
                methods.extend((self.framework.compared)(node).filter(|method| !methods.contains(method)));
                true
            });
        }
        methods
    }

    /// What a function takes out of requests.
    pub(super) fn taken(&self, function: &'e Function) -> Vec<Taken> {
        let parameters =
            function.parameters.iter().filter_map(|parameter| (self.framework.parameter)(parameter));
        let mut taken: Vec<Taken> = parameters.chain((self.framework.asked)(function)).collect();
        for mark in function.marks.iter().filter_map(Node::call) {
            taken.extend(taken_by_mark(mark));
        }
        let wholes = self.wholes(function);
        let mut callee: Option<*const Node> = None;
        for node in &function.body {
            node.visit(&mut |node| {
                if taken.len() < TAKEN_MAX {
                    taken.extend((self.framework.takes)(node));
                    // A method of what holds values is none of them; what is called comes right behind the call.
                    if !callee.is_some_and(|callee| std::ptr::eq(callee, node)) {
                        taken.extend(self.taken_of_whole(node, &wholes));
                    }
                    callee = node.call().map(|call| std::ptr::from_ref(&call.callee));
                }
                !matches!(node.kind, Kind::Function(_) | Kind::Class(_)) || self.framework.deep
            });
        }
        for one in &mut taken {
            if let Taken::Body(name) | Taken::QueryOf(name) | Taken::AnyOf(name) = one
                && let Some(class) = local_class(function, name)
            {
                *name = class;
            }
        }
        // What a function is given for anything else is none of its body.
        let is_given = |name: &str| function.parameters.iter().any(|parameter| *parameter.name == *name);
        taken.retain(|one| !matches!(one, Taken::Body(name) | Taken::QueryOf(name) if is_given(name)));
        taken.sort_unstable();
        taken.dedup();
        taken.truncate(TAKEN_MAX);
        taken
    }

    /// Names in a function that stand for all values of a kind: `const body = await request.json()`.
    fn wholes(&self, function: &'e Function) -> Vec<(&'e str, Whole)> {
        let mut wholes: Vec<(&str, Whole)> = Vec::new();
        let first = function.parameters.first().and_then(|first| first.name.strip_prefix('{'));
        let members = first.map(|names| names.trim_end_matches('}').split(',')).into_iter().flatten();
        wholes.extend(members.filter_map(|name| Some((name, (self.framework.member)(name)?))));
        for node in &function.body {
            node.visit(&mut |node| {
                if let Kind::Let(binding) = &node.kind
                    && let Some(whole) = self.whole(&binding.value, &wholes)
                    && wholes.len() < TAKEN_MAX
                {
                    wholes.push((&binding.name, whole));
                }
                true
            });
        }
        wholes
    }

    /// Whether a value is all values of a kind.
    fn whole(&self, node: &'e Node, wholes: &[(&'e str, Whole)]) -> Option<Whole> {
        let named = |name: &str| wholes.iter().find(|(known, _)| *known == name).map(|(_, whole)| *whole);
        let found = (self.framework.whole)(node);
        found.or_else(|| match &node.kind {
            Kind::Name(name) => named(name),
            Kind::Call(call) if CHECKS.contains(&call.name()) => self.whole(call.value(0)?, wholes),
            Kind::Other(parts) => parts.iter().find_map(|part| self.whole(part, wholes)),
            _ => None,
        })
    }

    /// A member of what holds all values of a kind, or a schema that it is held against.
    fn taken_of_whole(&self, node: &'e Node, wholes: &[(&'e str, Whole)]) -> Option<Taken> {
        match &node.kind {
            Kind::Member(of, name) if !NO_VALUES.contains(&&**name) => self.whole(of, wholes)?.taken(name),
            Kind::Call(call) => {
                let given = call.value(0)?;
                if CHECKS.contains(&call.name()) && self.whole(given, wholes) == Some(Whole::Body) {
                    return call.receiver().and_then(Node::dotted).map(Taken::Body);
                }
                let is_read = call.name() == "[]" || call.name().to_ascii_lowercase().starts_with("get");
                self.whole(call.receiver().filter(|_| is_read)?, wholes)?.taken(given.text()?)
            }
            _ => None,
        }
    }

    /// The key of a name; not that of what made it, of which nothing is known.
    pub(super) fn named_key(&mut self, node: &'e Node) -> Option<String> {
        let is_schema = |name: &String| self.facts.classes.get(name).is_some_and(|class| class.is_schema);
        if let Some(name) = node.dotted().filter(is_schema) {
            return Some(name);
        }
        match self.value(node) {
            Value::Key(key) if key.contains('(') => node.dotted(),
            Value::Key(key) => Some(key),
            _ => None,
        }
    }

    /// `parser.add_argument('page', location='args')`
    pub(super) fn add_argument(&mut self, call: &'e Call) {
        let (Some(parser), Some(name)) =
            (call.receiver().and_then(Node::dotted), call.value(0).and_then(Node::text))
        else {
            return;
        };
        let place = call.named("location").and_then(Node::text).and_then(place_of);
        let key =
            if place == Some(Whole::Query) { format!("{parser}.query") } else { format!("{parser}.body") };
        for (key, field) in [(parser, None), (key, Some(name))] {
            let class = self.facts.classes.entry(key).or_default();
            class.is_schema = true;
            if class.fields.len() < TAKEN_MAX {
                class.fields.extend(field.map(|name| (name.to_owned(), String::new())));
            }
        }
    }

    /// Remembers the fields of a schema as those of a class.
    pub(super) fn schema_class(&mut self, name: &str, node: &'e Node) {
        let members = match (schema(node), &node.kind) {
            (Some(members), _) => members,
            (None, Kind::Map(members)) if members.iter().any(|(name, _)| place_of(name).is_some()) => members,
            _ => return,
        };
        for (member, value) in members {
            if place_of(member).is_some() {
                let name = format!("{name}.{member}");
                match value.dotted() {
                    Some(of) => drop(self.facts.aliases.insert(name, of)),
                    None => self.schema_class(&name, value),
                }
            }
        }
        let fields = members.iter().filter(|(name, _)| !name.is_empty() && &**name != "...");
        let fields = fields.map(|(name, _)| (name.to_string(), String::new())).collect();
        self.facts.classes.entry(name.to_owned()).or_insert(ClassFact {
            fields,
            is_schema: true,
            ..ClassFact::default()
        });
    }

    /// What schemas that stand before a handler say of the requests that it gets.
    pub(super) fn taken_before(&mut self, call: &'e Call) -> Vec<Taken> {
        let (mut taken, mut place) = (Vec::new(), None);
        for argument in &call.arguments {
            let value = &argument.value;
            match &value.kind {
                Kind::Text(text) => place = place_of(text),
                Kind::Map(_) if schema(value).is_none() => self.taken_parts(value, &mut taken),
                _ => self.taken_by(value, place, &mut taken),
            }
        }
        taken
    }

    /// What an object says that has a schema for each part of a request.
    pub(super) fn taken_parts(&mut self, node: &'e Node, taken: &mut Vec<Taken>) {
        let Kind::Map(members) = &node.kind else { return };
        for (name, value) in members {
            if let Some(place) = place_of(name) {
                self.taken_by(value, Some(place), taken);
            }
        }
    }

    /// What one schema says; where it does not say of what, of all that it has places for, or of the body.
    pub(super) fn taken_by(&mut self, node: &'e Node, place: Option<Whole>, taken: &mut Vec<Taken>) {
        if let Some(members) = schema(node) {
            let parts = members.iter().filter_map(|(name, value)| Some((place_of(name)?, value)));
            let parts: Vec<(Whole, &Node)> = parts.filter(|_| place.is_none()).collect();
            if parts.is_empty() {
                taken.extend(members.iter().filter_map(|(name, _)| place.unwrap_or(Whole::Body).taken(name)));
            }
            for (place, value) in parts {
                self.taken_by(value, Some(place), taken);
            }
        } else if matches!(node.kind, Kind::Name(_) | Kind::Member(..))
            && let Some(key) = self.named_key(node)
        {
            taken.push(match place {
                Some(Whole::Query) => Taken::QueryOf(key),
                Some(Whole::Body) => Taken::Body(key),
                Some(_) => return,
                None => Taken::Schema(key),
            });
        }
    }
}

/// What marks say that hold requests against schemas: `@blp.arguments(PetQuery, location='query')`, `@api.expect(parser)`.
fn taken_by_mark(mark: &Call) -> Option<Taken> {
    let schema = mark.unnamed(0).map(|schema| schema.call().map_or(schema, |made| &made.callee));
    let name = schema.and_then(Node::dotted)?;
    match mark.name() {
        "arguments" | "use_kwargs" | "use_args" | "input" => {
            let place = mark.named("location").or(mark.unnamed(1)).and_then(Node::text).unwrap_or("json");
            match place_of(place)? {
                Whole::Body => Some(Taken::Body(name)),
                Whole::Query => Some(Taken::QueryOf(name)),
                _ => None,
            }
        }
        "expect" | "UsePipes" => Some(Taken::Schema(name)),
        _ => None,
    }
}

/// What a member of a schema of whole requests is about.
pub(super) fn place_of(name: &str) -> Option<Whole> {
    match name {
        "body" | "json" | "form" | "data" | "files" => Some(Whole::Body),
        "query" | "querystring" | "args" => Some(Whole::Query),
        "headers" | "header" => Some(Whole::Header),
        "cookies" | "cookie" => Some(Whole::Cookie),
        "params" | "param" => Some(Whole::Path),
        _ => None,
    }
}

impl Whole {
    /// What a value of this kind is.
    pub(super) fn taken(self, name: &str) -> Option<Taken> {
        match self {
            Whole::Body => Some(Taken::Field(name.to_owned())).filter(|_| !name.is_empty() && name != "..."),
            Whole::Any => Some(Taken::Any(name.to_owned())),
            Whole::Query => parameter(In::Query, name),
            Whole::Header => parameter(In::Header, name),
            Whole::Cookie => parameter(In::Cookie, name),
            Whole::Path => None,
        }
    }
}

/// The class that a variable of a function is made of.
fn local_class(function: &Function, name: &str) -> Option<String> {
    if let Some(of) = function.of.as_ref().filter(|of| *of.name == *name) {
        return Some(of.kind.trim_start_matches(['*', '&']).to_owned());
    }
    let mut class = None;
    for node in &function.body {
        node.visit(&mut |node| {
            if let Kind::Let(binding) = &node.kind
                && &*binding.name == name
                && let Some(call) = binding.value.call()
            {
                let made = if call.name() == "new" {
                    call.value(0).and_then(Node::dotted)
                } else {
                    call.callee.dotted()
                };
                class = class.take().or(made);
            }
            class.is_none()
        });
    }
    class
}
