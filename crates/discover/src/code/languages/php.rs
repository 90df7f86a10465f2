//! PHP.

use super::{Branch, Form, Language, Reader, call, child_of, children, children_of, line};
use crate::code::syntax::{Argument, Class, Function, Kind, Let, Node, Parameter};

pub(super) const PHP: Language = Language {
    name: "PHP",
    endings: &["php"],
    form: Form::Grammar(|| tree_sitter_php::LANGUAGE_PHP.into(), read, |_| {}),
};

fn read(reader: &Reader<'_>, part: Branch<'_>) -> Kind {
    match part.kind() {
        "string" => reader.literal(part),
        "encapsed_string" => {
            let parts = children(part).into_iter().map(|child| match child.kind() {
                "string_content" => Node { line: line(child), kind: Kind::Text(reader.text(child).into()) },
                _ => reader.node(child),
            });
            let mut parts: Vec<Node> = parts.collect();
            if parts.len() == 1 { parts.remove(0).kind } else { Kind::Join(parts) }
        }
        "name" | "relative_scope" => Kind::Name(reader.text(part).into()),
        "variable_name" => Kind::Name(reader.text(part).trim_start_matches('$').into()),
        "qualified_name" => Kind::Name(reader.text(part).rsplit('\\').next().unwrap_or_default().into()),
        "member_access_expression" | "nullsafe_member_access_expression" => {
            Kind::Member(Box::new(reader.field(part, "object")), reader.word_of(part, "name"))
        }
        "class_constant_access_expression" | "scoped_property_access_expression" => constant(reader, part),
        "member_call_expression" | "nullsafe_member_call_expression" => method(reader, part, "object"),
        "scoped_call_expression" => method(reader, part, "scope"),
        "function_call_expression" => {
            call(reader.field(part, "function"), arguments(reader, part.child_by_field_name("arguments")))
        }
        "object_creation_expression" => {
            let name = child_of(part, &["name", "qualified_name"]).map(|name| reader.node(name));
            call(name.unwrap_or_default(), arguments(reader, child_of(part, &["arguments"])))
        }
        "attribute" => {
            let name = part.named_child(0).map(|name| reader.node(name)).unwrap_or_default();
            call(name, arguments(reader, part.child_by_field_name("parameters")))
        }
        "subscript_expression" => element(reader, part),
        "array_creation_expression" => array(reader, part),
        "binary_expression"
            if part.child_by_field_name("operator").is_some_and(|sign| sign.kind() == ".") =>
        {
            Kind::Join(vec![reader.field(part, "left"), reader.field(part, "right")])
        }
        "parenthesized_expression" | "expression_statement" | "argument" => reader.inner(part),
        "anonymous_function"
        | "anonymous_function_creation_expression"
        | "arrow_function"
        | "function_definition"
        | "method_declaration" => Kind::Function(Box::new(function(reader, part))),
        "require_expression"
        | "require_once_expression"
        | "include_expression"
        | "include_once_expression" => {
            let callee = Node { line: line(part), kind: Kind::Name("require".into()) };
            call(callee, super::unnamed(vec![reader.first(part)]))
        }
        "foreach_statement" => each(reader, part),
        "class_declaration" | "interface_declaration" | "trait_declaration" => {
            Kind::Class(Box::new(class(reader, part)))
        }
        "assignment_expression" => Kind::Let(Box::new(Let {
            name: reader.word_of(part, "left").trim_start_matches('$').replace("->", ".").into(),
            value: reader.field(part, "right"),
        })),
        "const_element" => {
            let inside = children(part);
            Kind::Let(Box::new(Let {
                name: inside.first().map(|name| reader.word(*name)).unwrap_or_default(),
                value: inside.get(1).map(|value| reader.node(*value)).unwrap_or_default(),
            }))
        }
        "return_statement" => Kind::Return(Box::new(reader.first(part))),
        _ => reader.other(part),
    }
}

/// `foreach ($routes as $route) { … }` is a call for each of them.
fn each(reader: &Reader<'_>, part: Branch<'_>) -> Kind {
    let inside = children(part);
    let name = inside.get(1).map(|name| children(*name).into_iter().next_back().unwrap_or(*name));
    let name: Box<str> =
        name.map(|name| reader.word(name).trim_start_matches('$').into()).unwrap_or_default();
    let function = Function {
        parameters: vec![Parameter { name, ..Parameter::default() }],
        body: vec![reader.field(part, "body")],
        ..Function::default()
    };
    let line = line(part);
    let list = inside.first().map(|list| reader.node(*list)).unwrap_or_default();
    let callee = Node { line, kind: Kind::Member(Box::new(list), "forEach".into()) };
    call(callee, super::unnamed(vec![Node { line, kind: Kind::Function(Box::new(function)) }]))
}

/// `$data['title']` is a call of `[]`.
fn element(reader: &Reader<'_>, part: Branch<'_>) -> Kind {
    let mut inside = reader.all(part).into_iter();
    let of = inside.next().unwrap_or_default();
    let callee = Node { line: of.line, kind: Kind::Member(Box::new(of), "[]".into()) };
    call(callee, super::unnamed(inside.collect()))
}

/// `Order::PATH`; `Order::class` is the class itself.
fn constant(reader: &Reader<'_>, part: Branch<'_>) -> Kind {
    let inside = children(part);
    let of = inside.first().map(|of| reader.node(*of)).unwrap_or_default();
    let name = inside.last().map(|name| reader.word(*name)).unwrap_or_default();
    match (&*name, &of.kind) {
        ("class", _) => of.kind,
        (_, Kind::Name(scope)) if matches!(&**scope, "self" | "static") => {
            Kind::Member(Box::new(Node { line: of.line, kind: Kind::Name("this".into()) }), name)
        }
        _ => Kind::Member(Box::new(of), name),
    }
}

fn method(reader: &Reader<'_>, part: Branch<'_>, of: &str) -> Kind {
    let callee = Kind::Member(Box::new(reader.field(part, of)), reader.word_of(part, "name"));
    // A chain is told of where its last part stands.
    let at = part.child_by_field_name("name").map_or(line(part), line);
    call(Node { line: at, kind: callee }, arguments(reader, part.child_by_field_name("arguments")))
}

fn arguments(reader: &Reader<'_>, part: Option<Branch<'_>>) -> Vec<Argument> {
    let argument = |part: Branch<'_>| Argument {
        name: part.child_by_field_name("name").map(|name| reader.word(name)),
        value: children(part).last().map(|value| reader.node(*value)).unwrap_or_default(),
    };
    part.map(|part| children_of(part, &["argument"])).unwrap_or_default().into_iter().map(argument).collect()
}

/// A list, or a map where its elements have keys.
fn array(reader: &Reader<'_>, part: Branch<'_>) -> Kind {
    let elements = children_of(part, &["array_element_initializer"]);
    let is_map = elements.iter().any(|element| element.named_child_count() > 1);
    let mut values = elements.into_iter().map(|element| reader.all(element));
    if !is_map {
        return Kind::List(values.filter_map(|mut value| value.pop()).collect());
    }
    let mut members = Vec::new();
    for mut pair in values.by_ref() {
        let value = pair.pop().unwrap_or_default();
        let key = pair.pop().and_then(|key| key.text().map(Into::into)).unwrap_or_default();
        members.push((key, value));
    }
    Kind::Map(members)
}

fn marks(reader: &Reader<'_>, part: Branch<'_>) -> Vec<Node> {
    let before = part.prev_named_sibling().filter(|before| before.kind() == "comment");
    let mut noted = before.map(|comment| notes(reader.text(comment), line(comment))).unwrap_or_default();
    let list = part.child_by_field_name("attributes").map(children).unwrap_or_default().into_iter();
    noted.extend(list.flat_map(|group| children_of(group, &["attribute"])).map(|mark| reader.node(mark)));
    noted
}

/// Names that stand in comments before what they are about.
const NOTES: &[&str] = &["Route", "IsGranted", "Security", "Get", "Post", "Put", "Patch", "Delete"];

/// The most of them that are read in one comment.
const NOTES_MAX: usize = 32;

/// `@Route("/orders", methods={"GET"})` in a comment, as older programs have it, as calls.
fn notes(comment: &str, first: u32) -> Vec<Node> {
    let mut notes = Vec::new();
    for (at, _) in comment.match_indices('@').take(NOTES_MAX) {
        let (before, rest) =
            (comment.get(..at).unwrap_or_default(), comment.get(at + 1..).unwrap_or_default());
        let Some((name, rest)) = rest.split_once('(') else { continue };
        let name = name.rsplit('\\').next().unwrap_or(name);
        if !NOTES.contains(&name) {
            continue;
        }
        let line = first + u32::try_from(before.matches('\n').count()).unwrap_or_default();
        let mut given = Vec::new();
        for one in parts(rest) {
            let (name, value) = match one.split_once('=').filter(|(name, _)| !name.contains(['"', '{'])) {
                Some((name, value)) => (Some(name.trim().into()), value.trim()),
                None => (None, one),
            };
            given.push(Argument { name, value: note(value, line) });
        }
        let callee = Node { line, kind: Kind::Name(name.into()) };
        notes.push(Node { line, kind: call(callee, given) });
    }
    notes
}

/// A value in a comment: a text, or a list of them.
fn note(value: &str, line: u32) -> Node {
    let text = |value: &str| Node { line, kind: Kind::Text(value.trim_matches(['"', ' ']).into()) };
    match value.strip_prefix('{').and_then(|inside| inside.strip_suffix('}')) {
        Some(inside) => Node { line, kind: Kind::List(parts(inside).into_iter().map(text).collect()) },
        None => text(value),
    }
}

/// What stands between commas, up to the parenthesis that closes.
fn parts(text: &str) -> Vec<&str> {
    let (mut parts, mut start, mut depth, mut is_text) = (Vec::new(), 0, 0_usize, false);
    let mut end = text.len();
    for (at, letter) in text.char_indices() {
        match letter {
            '"' => is_text = !is_text,
            _ if is_text => {}
            '{' | '(' => depth += 1,
            ')' if depth == 0 => {
                end = at;
                break;
            }
            '}' | ')' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                parts.extend(text.get(start..at));
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.extend(text.get(start..end));
    let clean = |part: &str| -> bool { !part.trim_matches([' ', '*', '\n', '\r', '\t']).is_empty() };
    parts.retain(|part| clean(part));
    parts.into_iter().map(|part| part.trim_matches([' ', '*', '\n', '\r', '\t'])).collect()
}

fn function(reader: &Reader<'_>, part: Branch<'_>) -> Function {
    let given = part.child_by_field_name("parameters").map(children).unwrap_or_default();
    let parameter = |part: Branch<'_>| Parameter {
        name: reader.word_of(part, "name").trim_start_matches('$').into(),
        kind: reader.word_of(part, "type"),
        marks: marks(reader, part),
        default: None,
    };
    let body = part.child_by_field_name("body");
    Function {
        result: "".into(),
        name: reader.word_of(part, "name"),
        parameters: given
            .into_iter()
            .filter(|part| part.kind().contains("parameter"))
            .map(parameter)
            .collect(),
        marks: marks(reader, part),
        body: body.map(|body| vec![reader.node(body)]).unwrap_or_default(),
        of: None,
    }
}

fn class(reader: &Reader<'_>, part: Branch<'_>) -> Class {
    let body = part.child_by_field_name("body");
    let mut fields = Vec::new();
    for field in body.map(|body| children_of(body, &["property_declaration"])).unwrap_or_default() {
        for name in children_of(field, &["property_element"]) {
            let name = name.child_by_field_name("name").map(|name| reader.word(name)).unwrap_or_default();
            let kind = reader.word_of(field, "type");
            fields.push(Parameter {
                name: name.trim_start_matches('$').into(),
                kind,
                ..Parameter::default()
            });
        }
    }
    // Fields may be declared where the constructor gets them.
    for method in body.map(|body| children_of(body, &["method_declaration"])).unwrap_or_default() {
        let given = method.child_by_field_name("parameters");
        for one in
            given.map(|given| children_of(given, &["property_promotion_parameter"])).unwrap_or_default()
        {
            let name = reader.word_of(one, "name").trim_start_matches('$').into();
            fields.push(Parameter { name, kind: reader.word_of(one, "type"), ..Parameter::default() });
        }
    }
    let above = child_of(part, &["base_clause"]).map(|part| reader.text(part)).unwrap_or_default();
    Class {
        is_abstract: false,
        name: reader.word_of(part, "name"),
        bases: super::names(above, &["extends"]),
        marks: marks(reader, part),
        fields,
        body: body.map(|body| reader.all(body)).unwrap_or_default(),
    }
}
