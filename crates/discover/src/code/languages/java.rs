//! Java.

use super::{Branch, Form, Language, Reader, call, child_of, children, children_of, line, unnamed};
use crate::code::syntax::{Argument, Class, Function, Kind, Let, Node, Parameter};

pub(super) const JAVA: Language = Language {
    name: "Java",
    endings: &["java"],
    form: Form::Grammar(|| tree_sitter_java::LANGUAGE.into(), read, |_| {}),
};

/// What stands for a class.
const CLASSES: &[&str] =
    &["class_declaration", "interface_declaration", "record_declaration", "enum_declaration"];

fn read(reader: &Reader<'_>, part: Branch<'_>) -> Kind {
    match part.kind() {
        "string_literal" => reader.literal(part),
        "identifier" | "type_identifier" | "this" => Kind::Name(reader.text(part).into()),
        "field_access" | "scoped_identifier" => {
            let (of, name) =
                if part.kind() == "field_access" { ("object", "field") } else { ("scope", "name") };
            Kind::Member(Box::new(reader.field(part, of)), reader.word_of(part, name))
        }
        "method_invocation" => {
            let name = reader.word_of(part, "name");
            let callee = match part.child_by_field_name("object") {
                Some(of) => Kind::Member(Box::new(reader.node(of)), name),
                None => Kind::Name(name),
            };
            call(Node { line: line(part), kind: callee }, unnamed(reader.all_of(part, "arguments")))
        }
        "object_creation_expression" => {
            let kind = reader.word_of(part, "type");
            let name = kind.split('<').next().unwrap_or_default();
            let callee = Node { line: line(part), kind: Kind::Name(name.into()) };
            call(callee, unnamed(reader.all_of(part, "arguments")))
        }
        "marker_annotation" | "annotation" => {
            let callee = Node { line: line(part), kind: Kind::Name(reader.word_of(part, "name")) };
            call(callee, annotation_arguments(reader, part))
        }
        "element_value_array_initializer" | "array_initializer" => Kind::List(reader.all(part)),
        "binary_expression"
            if part.child_by_field_name("operator").is_some_and(|sign| sign.kind() == "+") =>
        {
            Kind::Join(vec![reader.field(part, "left"), reader.field(part, "right")])
        }
        "parenthesized_expression" | "expression_statement" => reader.inner(part),
        "lambda_expression" => Kind::Function(Box::new(lambda(reader, part))),
        "method_declaration" | "constructor_declaration" => Kind::Function(Box::new(function(reader, part))),
        kind if CLASSES.contains(&kind) => Kind::Class(Box::new(class(reader, part))),
        "variable_declarator" => Kind::Let(Box::new(Let {
            name: reader.word_of(part, "name"),
            value: reader.field(part, "value"),
        })),
        "assignment_expression" => Kind::Let(Box::new(Let {
            name: reader.word_of(part, "left"),
            value: reader.field(part, "right"),
        })),
        "return_statement" => Kind::Return(Box::new(reader.first(part))),
        "import_declaration" => {
            let name = part.named_child(0).map(|name| reader.word(name)).unwrap_or_default();
            if let Some((module, last)) = name.rsplit_once('.') {
                reader.import(last, module, last);
            }
            Kind::default()
        }
        _ => reader.other(part),
    }
}

fn annotation_arguments(reader: &Reader<'_>, part: Branch<'_>) -> Vec<Argument> {
    let arguments = part.child_by_field_name("arguments").map(children).unwrap_or_default();
    let argument = |part: Branch<'_>| match part.kind() {
        "element_value_pair" => {
            Argument { name: Some(reader.word_of(part, "key")), value: reader.field(part, "value") }
        }
        _ => Argument { name: None, value: reader.node(part) },
    };
    arguments.into_iter().map(argument).collect()
}

fn marks(reader: &Reader<'_>, part: Branch<'_>) -> Vec<Node> {
    let modifiers = child_of(part, &["modifiers"]);
    let marks =
        modifiers.map(|part| children_of(part, &["marker_annotation", "annotation"])).unwrap_or_default();
    marks.into_iter().map(|mark| reader.node(mark)).collect()
}

fn parameters(reader: &Reader<'_>, part: Option<Branch<'_>>) -> Vec<Parameter> {
    let parts = part.map(|part| children_of(part, &["formal_parameter"])).unwrap_or_default();
    let parameter = |part: Branch<'_>| Parameter {
        name: reader.word_of(part, "name"),
        kind: reader.word_of(part, "type"),
        marks: marks(reader, part),
        default: None,
    };
    parts.into_iter().map(parameter).collect()
}

fn function(reader: &Reader<'_>, part: Branch<'_>) -> Function {
    Function {
        name: reader.word_of(part, "name"),
        parameters: parameters(reader, part.child_by_field_name("parameters")),
        marks: marks(reader, part),
        result: reader.word_of(part, "type"),
        body: reader.all_of(part, "body"),
        of: None,
    }
}

fn lambda(reader: &Reader<'_>, part: Branch<'_>) -> Function {
    let given = part.child_by_field_name("parameters");
    let names = given.map(|given| if given.kind() == "identifier" { vec![given] } else { children(given) });
    Function {
        parameters: names
            .unwrap_or_default()
            .into_iter()
            .map(|name| Parameter { name: reader.word(name), ..Parameter::default() })
            .collect(),
        body: vec![reader.field(part, "body")],
        ..Function::default()
    }
}

fn class(reader: &Reader<'_>, part: Branch<'_>) -> Class {
    let body = part.child_by_field_name("body");
    let mut fields = parameters(reader, part.child_by_field_name("parameters"));
    for field in body.map(|body| children_of(body, &["field_declaration"])).unwrap_or_default() {
        // What belongs to the class and not to what is made of it is no part of a body.
        let is_static =
            child_of(field, &["modifiers"]).is_some_and(|part| reader.text(part).contains("static"));
        let name = field.child_by_field_name("declarator").map(|part| reader.word_of(part, "name"));
        if let Some(name) = name.filter(|_| !is_static) {
            let kind = reader.word_of(field, "type");
            fields.push(Parameter { name, kind, marks: marks(reader, field), default: None });
        }
    }
    let above = ["superclass", "interfaces"].map(|field| part.child_by_field_name(field));
    let above: String = above.into_iter().flatten().map(|part| format!(" {}", reader.text(part))).collect();
    Class {
        is_abstract: false,
        name: reader.word_of(part, "name"),
        bases: super::names(&above, &["extends", "implements"]),
        marks: marks(reader, part),
        fields,
        body: body.map(|body| reader.all(body)).unwrap_or_default(),
    }
}
