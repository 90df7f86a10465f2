//! PHP.

use super::{Branch, Language, Reader, call, child_of, children, children_of, line};
use crate::code::syntax::{Argument, Class, Function, Kind, Let, Node, Parameter};

pub(super) const PHP: Language =
    Language { name: "PHP", endings: &["php"], grammar: || tree_sitter_php::LANGUAGE_PHP.into(), read };

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
    let list = part.child_by_field_name("attributes").map(children).unwrap_or_default().into_iter();
    list.flat_map(|group| children_of(group, &["attribute"])).map(|mark| reader.node(mark)).collect()
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
