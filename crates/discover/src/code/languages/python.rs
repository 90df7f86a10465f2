//! Python.

use super::{Branch, Form, Language, Reader, children, children_of};
use crate::code::syntax::{Argument, Call, Class, Function, Kind, Let, Node, Parameter};

pub(super) const PYTHON: Language = Language {
    name: "Python",
    endings: &["py"],
    form: Form::Grammar(|| tree_sitter_python::LANGUAGE.into(), read, |_| {}),
};

/// `for router in routers:` is a call for each of them.
fn each(reader: &Reader<'_>, part: Branch<'_>) -> Kind {
    let function = Function {
        parameters: vec![Parameter { name: reader.word_of(part, "left"), ..Parameter::default() }],
        body: vec![reader.field(part, "body")],
        ..Function::default()
    };
    let line = super::line(part);
    let callee = Node { line, kind: Kind::Member(Box::new(reader.field(part, "right")), "forEach".into()) };
    let given = Node { line, kind: Kind::Function(Box::new(function)) };
    super::call(callee, super::unnamed(vec![given]))
}

fn read(reader: &Reader<'_>, part: Branch<'_>) -> Kind {
    match part.kind() {
        "string" => reader.joined(part, &["string_content"], &["interpolation"]),
        "concatenated_string" => Kind::Join(reader.all(part)),
        "identifier" | "true" | "false" | "none" => Kind::Name(reader.text(part).into()),
        "attribute" => {
            Kind::Member(Box::new(reader.field(part, "object")), reader.word_of(part, "attribute"))
        }
        "call" => Kind::Call(Box::new(Call {
            callee: reader.field(part, "function"),
            arguments: arguments(reader, part.child_by_field_name("arguments")),
        })),
        "subscript" => reader.element(part, "value", "subscript"),
        "for_statement" => each(reader, part),
        "binary_operator" => Kind::Join(vec![reader.field(part, "left"), reader.field(part, "right")]),
        "list" | "tuple" | "set" => Kind::List(reader.all(part)),
        "dictionary" => dictionary(reader, part),
        "parenthesized_expression" | "await" | "expression_statement" | "decorator" => reader.inner(part),
        "decorated_definition" => decorated(reader, part),
        "function_definition" => Kind::Function(Box::new(function(reader, part, Vec::new()))),
        "lambda" => Kind::Function(Box::new(Function {
            body: vec![reader.field(part, "body")],
            ..Function::default()
        })),
        "class_definition" => Kind::Class(Box::new(class(reader, part, Vec::new()))),
        "assignment" | "augmented_assignment" => Kind::Let(Box::new(Let {
            name: reader.word_of(part, "left"),
            value: reader.field(part, "right"),
        })),
        "return_statement" => Kind::Return(Box::new(reader.first(part))),
        "import_statement" | "import_from_statement" => {
            import(reader, part);
            Kind::default()
        }
        _ => reader.other(part),
    }
}

fn arguments(reader: &Reader<'_>, part: Option<Branch<'_>>) -> Vec<Argument> {
    let parts = part.map(children).unwrap_or_default().into_iter().filter(|part| part.kind() != "comment");
    parts
        .map(|part| match part.kind() {
            "keyword_argument" => {
                Argument { name: Some(reader.word_of(part, "name")), value: reader.field(part, "value") }
            }
            _ => Argument { name: None, value: reader.node(part) },
        })
        .collect()
}

fn dictionary(reader: &Reader<'_>, part: Branch<'_>) -> Kind {
    let pairs = children_of(part, &["pair"]).into_iter().map(|pair| {
        let key = reader.field(pair, "key");
        (key.text().unwrap_or_default().into(), reader.field(pair, "value"))
    });
    Kind::Map(pairs.collect())
}

fn decorated(reader: &Reader<'_>, part: Branch<'_>) -> Kind {
    let marks = children_of(part, &["decorator"]).into_iter().map(|mark| reader.node(mark)).collect();
    let Some(what) = part.child_by_field_name("definition") else { return Kind::default() };
    if what.kind() == "class_definition" {
        Kind::Class(Box::new(class(reader, what, marks)))
    } else {
        Kind::Function(Box::new(function(reader, what, marks)))
    }
}

fn function(reader: &Reader<'_>, part: Branch<'_>, marks: Vec<Node>) -> Function {
    let parameters = part.child_by_field_name("parameters").map(children).unwrap_or_default();
    Function {
        name: reader.word_of(part, "name"),
        parameters: parameters.into_iter().map(|part| parameter(reader, part)).collect(),
        result: "".into(),
        marks,
        body: reader.all_of(part, "body"),
        of: None,
    }
}

fn parameter(reader: &Reader<'_>, part: Branch<'_>) -> Parameter {
    let name = part.child_by_field_name("name").or(part.named_child(0)).unwrap_or(part);
    Parameter {
        name: reader.word(name),
        kind: reader.word_of(part, "type"),
        marks: Vec::new(),
        default: part.child_by_field_name("value").map(|value| reader.node(value)),
    }
}

fn class(reader: &Reader<'_>, part: Branch<'_>, marks: Vec<Node>) -> Class {
    let body = part.child_by_field_name("body").map(children).unwrap_or_default();
    let statements =
        body.iter().filter_map(|part| part.named_child(0).filter(|_| part.kind() == "expression_statement"));
    let fields =
        statements.filter(|part| part.kind() == "assignment" && part.child_by_field_name("type").is_some());
    let bases = arguments(reader, part.child_by_field_name("superclasses"));
    Class {
        is_abstract: false,
        name: reader.word_of(part, "name"),
        bases: bases.iter().filter_map(|base| base.value.dotted()).map(Into::into).collect(),
        marks,
        fields: fields
            .map(|part| Parameter {
                name: reader.word_of(part, "left"),
                kind: reader.word_of(part, "type"),
                marks: Vec::new(),
                default: None,
            })
            .collect(),
        body: body.iter().map(|part| reader.node(*part)).collect(),
    }
}

fn import(reader: &Reader<'_>, part: Branch<'_>) {
    let module = reader.word_of(part, "module_name");
    let is_whole = part.kind() == "import_statement";
    let mut cursor = part.walk();
    for one in part.children_by_field_name("name", &mut cursor) {
        let name =
            if one.kind() == "aliased_import" { reader.word_of(one, "name") } else { reader.word(one) };
        let alias = reader.word_of(one, "alias");
        let local = if alias.is_empty() { &name } else { &alias };
        if is_whole {
            reader.import(local, &name, "*");
        } else {
            reader.import(local, &module, &name);
        }
    }
    if !children_of(part, &["wildcard_import"]).is_empty() {
        reader.import("*", &module, "*");
    }
}
