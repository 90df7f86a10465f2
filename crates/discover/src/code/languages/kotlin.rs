//! Kotlin.

use super::{Branch, Form, Language, Reader, child_of, children, children_of, line};
use crate::code::syntax::{Argument, Call, Class, Function, Kind, Let, Node, Parameter};

pub(super) const KOTLIN: Language = Language {
    name: "Kotlin",
    endings: &["kt", "kts"],
    form: Form::Grammar(|| tree_sitter_kotlin_ng::LANGUAGE.into(), read, |_| {}),
};

/// What names a type.
const TYPES: &[&str] = &["user_type", "nullable_type", "function_type"];

fn read(reader: &Reader<'_>, part: Branch<'_>) -> Kind {
    match part.kind() {
        "string_literal" | "multiline_string_literal" => text(reader, part),
        "identifier" | "this_expression" => Kind::Name(reader.text(part).into()),
        "user_type" => Kind::Name(type_name(reader, part)),
        "navigation_expression" => {
            let inside = children(part);
            let name = inside.last().map(|name| reader.word(*name)).unwrap_or_default();
            Kind::Member(Box::new(inside.first().map(|of| reader.node(*of)).unwrap_or_default()), name)
        }
        "index_expression" => {
            let inside = reader.all(part);
            let mut inside = inside.into_iter();
            let of = inside.next().unwrap_or_default();
            let callee = Node { line: of.line, kind: Kind::Member(Box::new(of), "[]".into()) };
            super::call(callee, super::unnamed(inside.collect()))
        }
        "call_expression" => called(reader, part),
        "annotation" | "constructor_invocation" => mark(reader, part),
        "collection_literal" => Kind::List(reader.all(part)),
        "binary_expression" if looks_compared(part) => compared_call(reader, part),
        "additive_expression" | "binary_expression" if reader.text(part).contains('+') => {
            Kind::Join(reader.all(part))
        }
        "parenthesized_expression" => reader.inner(part),
        "lambda_literal" | "anonymous_function" => Kind::Function(Box::new(lambda(reader, part))),
        "annotated_lambda" => reader.inner(part),
        "function_declaration" => Kind::Function(Box::new(function(reader, part))),
        "class_declaration" | "object_declaration" => Kind::Class(Box::new(class(reader, part))),
        "companion_object" => {
            child_of(part, &["class_body"]).map(|body| reader.other(body)).unwrap_or_default()
        }
        "property_declaration" => {
            let declared = child_of(part, &["variable_declaration"]);
            let name =
                declared.and_then(|part| child_of(part, &["identifier"])).map(|name| reader.word(name));
            let value = children(part).into_iter().next_back().filter(|value| {
                !matches!(value.kind(), "variable_declaration" | "modifiers" | "getter" | "setter")
            });
            let mut value = value.map(|value| reader.node(value)).unwrap_or_default();
            // `val order: Order = call.receive()`
            let kind = declared.and_then(|part| child_of(part, TYPES));
            if let (Kind::Call(call), Some(kind)) = (&mut value.kind, kind)
                && call.arguments.is_empty()
            {
                let value = Node { line: line(kind), kind: Kind::Text(reader.word(kind)) };
                call.arguments.push(Argument { name: Some("<>".into()), value });
            }
            Kind::Let(Box::new(Let { name: name.unwrap_or_default(), value }))
        }
        "assignment" => {
            let inside = children(part);
            let name = inside.first().map(|name| reader.word(*name)).unwrap_or_default();
            let value = inside.get(1).map(|value| reader.node(*value)).unwrap_or_default();
            Kind::Let(Box::new(Let { name, value }))
        }
        "return_expression" => Kind::Return(Box::new(reader.first(part))),
        "import" => {
            let name = part.named_child(0).map(|name| reader.word(name)).unwrap_or_default();
            if reader.text(part).trim_end().ends_with('*') {
                reader.import("*", &name, "*");
            } else if let Some((module, last)) = name.rsplit_once('.') {
                reader.import(last, module, last);
            }
            Kind::default()
        }
        _ => reader.other(part),
    }
}

/// Whether something is `get<Order> { … }`, which the grammar takes for two comparisons.
fn looks_compared(part: Branch<'_>) -> bool {
    let is = |part: Branch<'_>, sign: &str| part.child(1).is_some_and(|known| known.kind() == sign);
    let left = part.child_by_field_name("left").filter(|left| left.kind() == "binary_expression");
    let is_lambda = part.child_by_field_name("right").is_some_and(|right| right.kind() == "lambda_literal");
    is_lambda && is(part, ">") && left.is_some_and(|left| is(left, "<"))
}

fn compared_call(reader: &Reader<'_>, part: Branch<'_>) -> Kind {
    let left = part.child_by_field_name("left");
    let kind = left.and_then(|left| left.child_by_field_name("right"));
    let kind = kind
        .map(|kind| Node { line: line(kind), kind: Kind::Text(format!("<{}>", reader.word(kind)).into()) });
    let given = vec![
        Argument { name: Some("<>".into()), value: kind.unwrap_or_default() },
        Argument { name: None, value: reader.field(part, "right") },
    ];
    super::call(left.map(|left| reader.field(left, "left")).unwrap_or_default(), given)
}

/// A text; `$name` in it is a value, of which the grammar has the sign and the rest apart.
fn text(reader: &Reader<'_>, part: Branch<'_>) -> Kind {
    let mut parts: Vec<Node> = Vec::new();
    let mut add = |line: u32, kind: Kind| parts.push(Node { line, kind });
    let mut is_value = false;
    for child in children(part) {
        let text = reader.text(child);
        if child.kind() == "interpolation" {
            add(line(child), reader.inner(child));
        } else if text == "$" {
            is_value = true;
        } else if std::mem::take(&mut is_value) {
            let end =
                text.find(|letter: char| !letter.is_alphanumeric() && letter != '_').unwrap_or(text.len());
            let (name, rest) = text.split_at(end);
            add(line(child), Kind::Name(name.into()));
            add(line(child), Kind::Text(rest.into()));
        } else {
            add(line(child), Kind::Text(text.into()));
        }
    }
    match parts.len() {
        0 => Kind::Text("".into()),
        1 => parts.remove(0).kind,
        _ => Kind::Join(parts),
    }
}

fn type_name(reader: &Reader<'_>, part: Branch<'_>) -> Box<str> {
    reader.word(part).split('<').next().unwrap_or_default().into()
}

/// A call; what stands in braces behind it is its last argument. The type that it is of stands before it in `receive<Order>()`.
fn called(reader: &Reader<'_>, part: Branch<'_>) -> Kind {
    let mut callee = Node::default();
    let mut given = Vec::new();
    for (index, child) in children(part).into_iter().enumerate() {
        match child.kind() {
            "value_arguments" => given.extend(arguments(reader, child)),
            "type_arguments" => {
                let name = Node { line: line(child), kind: Kind::Text(reader.word(child)) };
                given.push(Argument { name: Some("<>".into()), value: name });
            }
            "annotated_lambda" | "lambda_literal" => {
                given.push(Argument { name: None, value: reader.node(child) });
            }
            _ if index == 0 => callee = reader.node(child),
            _ => {}
        }
    }
    if matches!(callee.last_name(), "listOf" | "arrayOf" | "setOf") {
        return Kind::List(given.into_iter().map(|one| one.value).collect());
    }
    // `route("/x") { … }` is a call of the call.
    match callee.kind {
        Kind::Call(mut inner) if children(part).iter().any(|child| child.kind() == "annotated_lambda") => {
            inner.arguments.extend(given);
            Kind::Call(inner)
        }
        kind => Kind::Call(Box::new(Call { callee: Node { line: callee.line, kind }, arguments: given })),
    }
}

fn arguments(reader: &Reader<'_>, part: Branch<'_>) -> Vec<Argument> {
    let argument = |part: Branch<'_>| {
        let inside = children(part);
        let is_named = inside.len() > 1 && inside.first().is_some_and(|name| name.kind() == "identifier");
        Argument {
            name: inside.first().filter(|_| is_named).map(|name| reader.word(*name)),
            value: inside.last().map(|value| reader.node(*value)).unwrap_or_default(),
        }
    };
    children_of(part, &["value_argument"]).into_iter().map(argument).collect()
}

/// An annotation, as a call.
fn mark(reader: &Reader<'_>, part: Branch<'_>) -> Kind {
    let inner = child_of(part, &["constructor_invocation"]).unwrap_or(part);
    let name = child_of(inner, &["user_type"]).map(|name| reader.node(name)).unwrap_or_default();
    let given = child_of(inner, &["value_arguments"]).map(|part| arguments(reader, part));
    Kind::Call(Box::new(Call { callee: name, arguments: given.unwrap_or_default() }))
}

/// Annotations of a part, of which the last has its values in parentheses: behind some lines the grammar takes them for an
/// expression of their own.
fn strays(reader: &Reader<'_>, part: Branch<'_>) -> Vec<Node> {
    let mut marks = Vec::new();
    let mut next = part.prev_named_sibling().filter(|before| before.kind() == "annotated_expression");
    while let Some(expression) = next.take() {
        for child in children(expression) {
            match child.kind() {
                "annotation" => marks.push(reader.node(child)),
                "annotated_expression" => next = Some(child),
                "parenthesized_expression" => {
                    if let Some(Node { kind: Kind::Call(call), .. }) = marks.last_mut() {
                        call.arguments = super::unnamed(reader.all(child));
                    }
                }
                _ => {}
            }
        }
    }
    marks
}

fn marks(reader: &Reader<'_>, part: Option<Branch<'_>>) -> Vec<Node> {
    let marks = part.map(|part| children_of(part, &["annotation"])).unwrap_or_default();
    marks.into_iter().map(|mark| reader.node(mark)).collect()
}

fn lambda(reader: &Reader<'_>, part: Branch<'_>) -> Function {
    let given = child_of(part, &["lambda_parameters"]).map(children).unwrap_or_default();
    Function {
        parameters: given.into_iter().map(|name| parameter(reader, name, Vec::new())).collect(),
        body: reader.all(part),
        ..Function::default()
    }
}

fn parameter(reader: &Reader<'_>, part: Branch<'_>, marks: Vec<Node>) -> Parameter {
    let name = child_of(part, &["identifier"]).unwrap_or(part);
    let kind = child_of(part, TYPES).map(|kind| reader.word(kind)).unwrap_or_default();
    Parameter { name: reader.word(name), kind: kind.trim_end_matches('?').into(), marks, default: None }
}

fn function(reader: &Reader<'_>, part: Branch<'_>) -> Function {
    let mut parameters = Vec::new();
    let mut before = Vec::new();
    for child in child_of(part, &["function_value_parameters"]).map(children).unwrap_or_default() {
        match child.kind() {
            "parameter_modifiers" => before = marks(reader, Some(child)),
            "parameter" => parameters.push(parameter(reader, child, std::mem::take(&mut before))),
            _ => {}
        }
    }
    // The type that an extension is of stands before its name.
    let name = part.child_by_field_name("name");
    let of = children(part)
        .into_iter()
        .take_while(|child| Some(*child) != name)
        .find(|child| TYPES.contains(&child.kind()));
    let body = child_of(part, &["function_body"]);
    let inside = body.and_then(|body| body.named_child(0));
    let body = match inside {
        Some(block) if block.kind() == "block" => reader.all(block),
        Some(value) => {
            let value = reader.node(value);
            vec![Node { line: value.line, kind: Kind::Return(Box::new(value)) }]
        }
        None => Vec::new(),
    };
    Function {
        name: name.map(|name| reader.word(name)).unwrap_or_default(),
        of: of.map(|kind| Parameter {
            name: "this".into(),
            kind: type_name(reader, kind),
            ..Parameter::default()
        }),
        parameters,
        result: "".into(),
        marks: strays(reader, part)
            .into_iter()
            .chain(marks(reader, child_of(part, &["modifiers"])))
            .collect(),
        body,
    }
}

fn class(reader: &Reader<'_>, part: Branch<'_>) -> Class {
    let body = child_of(part, &["class_body"]);
    let head =
        child_of(part, &["primary_constructor"]).and_then(|part| child_of(part, &["class_parameters"]));
    let fields = head.map(|part| children_of(part, &["class_parameter"])).unwrap_or_default();
    let bases = child_of(part, &["delegation_specifiers"]).map(|part| reader.text(part)).unwrap_or_default();
    Class {
        is_abstract: false,
        name: reader.word_of(part, "name"),
        bases: super::names(bases, &["by"]),
        marks: strays(reader, part)
            .into_iter()
            .chain(marks(reader, child_of(part, &["modifiers"])))
            .collect(),
        fields: fields
            .into_iter()
            .map(|part| parameter(reader, part, marks(reader, child_of(part, &["modifiers"]))))
            .collect(),
        body: body.map(|body| reader.all(body)).unwrap_or_default(),
    }
}
