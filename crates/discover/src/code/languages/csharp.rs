//! C#.

use super::{Branch, Form, Language, Reader, call, child_of, children, children_of, line};
use crate::code::syntax::{Argument, Class, Function, Kind, Let, Node, Parameter};

pub(super) const CSHARP: Language = Language {
    name: "C#",
    endings: &["cs"],
    form: Form::Grammar(|| tree_sitter_c_sharp::LANGUAGE.into(), read, |_| {}),
};

fn read(reader: &Reader<'_>, part: Branch<'_>) -> Kind {
    match part.kind() {
        "string_literal" | "verbatim_string_literal" | "raw_string_literal" => reader.literal(part),
        "interpolated_string_expression" => {
            reader.joined(part, &["string_content", "interpolated_string_text"], &["interpolation"])
        }
        "identifier" | "this" | "this_expression" => Kind::Name(reader.text(part).into()),
        "generic_name" => Kind::Name(part.named_child(0).map(|name| reader.word(name)).unwrap_or_default()),
        "member_access_expression" | "qualified_name" => {
            let of = part.child_by_field_name("expression").or(part.child_by_field_name("qualifier"));
            let name = reader.field(part, "name");
            Kind::Member(Box::new(of.map(|of| reader.node(of)).unwrap_or_default()), name.last_name().into())
        }
        "invocation_expression" => {
            call(reader.field(part, "function"), arguments(reader, part.child_by_field_name("arguments")))
        }
        "object_creation_expression" => {
            call(reader.field(part, "type"), arguments(reader, part.child_by_field_name("arguments")))
        }
        "attribute" => {
            let list = child_of(part, &["attribute_argument_list"]);
            call(reader.field(part, "name"), arguments(reader, list))
        }
        "anonymous_object_creation_expression" => Kind::Map(members(reader, part)),
        "element_access_expression" => {
            let of = reader.field(part, "expression");
            let callee = Node { line: line(part), kind: Kind::Member(Box::new(of), "[]".into()) };
            call(callee, arguments(reader, part.child_by_field_name("subscript")))
        }
        "implicit_array_creation_expression" | "array_creation_expression" => {
            let values = child_of(part, &["initializer_expression"]).map(|part| reader.all(part));
            Kind::List(values.unwrap_or_default())
        }
        "collection_expression" | "initializer_expression" => Kind::List(reader.all(part)),
        "collection_element" | "expression_element" => reader.inner(part),
        "binary_expression"
            if part.child_by_field_name("operator").is_some_and(|sign| sign.kind() == "+") =>
        {
            Kind::Join(vec![reader.field(part, "left"), reader.field(part, "right")])
        }
        "parenthesized_expression" | "expression_statement" | "await_expression" | "global_statement" => {
            reader.inner(part)
        }
        "arrow_expression_clause" => Kind::Return(Box::new(reader.first(part))),
        "lambda_expression"
        | "anonymous_method_expression"
        | "method_declaration"
        | "local_function_statement"
        | "constructor_declaration" => Kind::Function(Box::new(function(reader, part))),
        "class_declaration" | "record_declaration" | "struct_declaration" | "interface_declaration" => {
            Kind::Class(Box::new(class(reader, part)))
        }
        "variable_declarator" => {
            let value = children(part)
                .into_iter()
                .next_back()
                .filter(|value| Some(*value) != part.child_by_field_name("name"));
            let value = value.map(|value| reader.node(value)).unwrap_or_default();
            Kind::Let(Box::new(Let { name: reader.word_of(part, "name"), value }))
        }
        "assignment_expression" => Kind::Let(Box::new(Let {
            name: reader.word_of(part, "left"),
            value: reader.field(part, "right"),
        })),
        "return_statement" => Kind::Return(Box::new(reader.first(part))),
        _ => reader.other(part),
    }
}

/// `new { controller = "Blog", action = "Article" }`
fn members(reader: &Reader<'_>, part: Branch<'_>) -> Vec<(Box<str>, Node)> {
    let named = children(part).into_iter().filter_map(|value| {
        let sign = value.prev_sibling().filter(|sign| sign.kind() == "=")?;
        Some((reader.word(sign.prev_sibling()?), reader.node(value)))
    });
    named.collect()
}

fn arguments(reader: &Reader<'_>, part: Option<Branch<'_>>) -> Vec<Argument> {
    let parts = part.map(|part| children_of(part, &["argument", "attribute_argument"])).unwrap_or_default();
    let argument = |part: Branch<'_>| {
        let inside = children(part);
        let name = part.child_by_field_name("name").or(child_of(part, &["name_equals", "name_colon"]));
        let value = inside.last().map(|value| match value.kind() {
            // `Policy = "admin"` of an attribute.
            "assignment_expression" => (Some(reader.word_of(*value, "left")), reader.field(*value, "right")),
            _ => (None, reader.node(*value)),
        });
        let (assigned, value) = value.unwrap_or_default();
        let name = name.filter(|name| Some(name) != inside.last()).map(|name| reader.word(name));
        Argument { name: name.map(|name| name.trim_end_matches(['=', ':']).into()).or(assigned), value }
    };
    parts.into_iter().map(argument).collect()
}

fn marks(reader: &Reader<'_>, part: Branch<'_>) -> Vec<Node> {
    let lists = children_of(part, &["attribute_list"]).into_iter();
    lists.flat_map(|list| children_of(list, &["attribute"])).map(|mark| reader.node(mark)).collect()
}

fn parameters(reader: &Reader<'_>, part: Option<Branch<'_>>) -> Vec<Parameter> {
    let parameter = |part: Branch<'_>| Parameter {
        name: part.child_by_field_name("name").map_or_else(|| reader.word(part), |name| reader.word(name)),
        kind: reader.word_of(part, "type"),
        marks: marks(reader, part),
        default: None,
    };
    let parts = part.map(|part| children_of(part, &["parameter", "implicit_parameter", "identifier"]));
    parts.unwrap_or_default().into_iter().map(parameter).collect()
}

fn function(reader: &Reader<'_>, part: Branch<'_>) -> Function {
    let given = part.child_by_field_name("parameters");
    let parameters = match given {
        Some(one) if matches!(one.kind(), "identifier" | "implicit_parameter") => {
            vec![Parameter { name: reader.word(one), ..Parameter::default() }]
        }
        given => parameters(reader, given.or(child_of(part, &["parameter_list"]))),
    };
    Function {
        name: reader.word_of(part, "name"),
        parameters,
        result: "".into(),
        marks: marks(reader, part).into_iter().chain(hidden(reader, part)).collect(),
        body: part.child_by_field_name("body").map(|body| vec![reader.node(body)]).unwrap_or_default(),
        of: None,
    }
}

/// What only some may call is as good as marked so.
fn hidden(reader: &Reader<'_>, part: Branch<'_>) -> Option<Node> {
    let words = children_of(part, &["modifier"]);
    let is_open = words.iter().any(|word| reader.text(*word) == "public");
    let is_static = words.iter().any(|word| reader.text(*word) == "static");
    let callee = Node { line: line(part), kind: Kind::Name("NonAction".into()) };
    let kind = call(callee, Vec::new());
    (part.kind() == "method_declaration" && (!is_open || is_static)).then(|| Node { line: line(part), kind })
}

fn class(reader: &Reader<'_>, part: Branch<'_>) -> Class {
    let body = part.child_by_field_name("body");
    let mut fields = parameters(reader, child_of(part, &["parameter_list"]));
    for field in body.map(|body| children_of(body, &["property_declaration"])).unwrap_or_default() {
        let (name, kind) = (reader.word_of(field, "name"), reader.word_of(field, "type"));
        fields.push(Parameter { name, kind, marks: marks(reader, field), default: None });
    }
    let above = child_of(part, &["base_list"]).map(|part| reader.text(part)).unwrap_or_default();
    Class {
        name: reader.word_of(part, "name"),
        bases: super::names(above, &[]),
        marks: marks(reader, part),
        is_abstract: children_of(part, &["modifier"]).iter().any(|word| reader.text(*word) == "abstract"),
        fields,
        body: body.map(|body| reader.all(body)).unwrap_or_default(),
    }
}
