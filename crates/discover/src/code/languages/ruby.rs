//! Ruby.

use super::{Branch, Form, Language, Reader, children, children_of, line};
use crate::code::syntax::{Argument, Call, Class, Function, Kind, Let, Node, Parameter};

pub(super) const RUBY: Language = Language {
    name: "Ruby",
    endings: &["rb", "ru"],
    form: Form::Grammar(|| tree_sitter_ruby::LANGUAGE.into(), read, |_| {}),
};

fn read(reader: &Reader<'_>, part: Branch<'_>) -> Kind {
    match part.kind() {
        "string" => reader.joined(part, &["string_content"], &["interpolation"]),
        "simple_symbol" | "hash_key_symbol" | "bare_symbol" | "bare_string" => {
            Kind::Text(reader.text(part).trim_start_matches(':').into())
        }
        "identifier" | "constant" | "instance_variable" | "self" | "true" | "false" => {
            Kind::Name(reader.text(part).into())
        }
        // Every part of a program has an `Engine`: only its whole name tells which.
        "scope_resolution" if reader.text(part).ends_with("::Engine") => Kind::Name(reader.word(part)),
        "scope_resolution" => Kind::Name(reader.word_of(part, "name")),
        "call" => called(reader, part),
        "element_reference" => {
            let inside = reader.all(part);
            let mut inside = inside.into_iter();
            let of = inside.next().unwrap_or_default();
            let callee = Node { line: of.line, kind: Kind::Member(Box::new(of), "[]".into()) };
            super::call(callee, super::unnamed(inside.collect()))
        }
        "array" | "symbol_array" | "string_array" => Kind::List(reader.all(part)),
        "hash" => {
            let pairs = children_of(part, &["pair"]).into_iter();
            let pair = |pair: Branch<'_>| (key(reader, pair), reader.field(pair, "value"));
            Kind::Map(pairs.map(pair).collect())
        }
        "binary" if reader.text(part).contains('+') => {
            Kind::Join(vec![reader.field(part, "left"), reader.field(part, "right")])
        }
        "parenthesized_statements" => reader.inner(part),
        "do_block" | "block" | "lambda" => Kind::Function(Box::new(function(reader, part))),
        "method" | "singleton_method" => Kind::Function(Box::new(function(reader, part))),
        "class" => Kind::Class(Box::new(class(reader, part))),
        "assignment" => Kind::Let(Box::new(Let {
            name: reader.word_of(part, "left"),
            value: reader.field(part, "right"),
        })),
        _ => reader.other(part),
    }
}

fn key(reader: &Reader<'_>, pair: Branch<'_>) -> Box<str> {
    reader.field(pair, "key").text().unwrap_or_default().into()
}

/// A call; its block is its last argument. In `get "/orders" => "orders#index"` the value is what the path leads to.
fn called(reader: &Reader<'_>, part: Branch<'_>) -> Kind {
    let name = reader.word_of(part, "method");
    let mut given = Vec::new();
    for one in part.child_by_field_name("arguments").map(children).unwrap_or_default() {
        let is_path =
            one.kind() == "pair" && one.child_by_field_name("key").is_some_and(|key| key.kind() == "string");
        if is_path {
            given.push(Argument { name: None, value: reader.field(one, "key") });
            given.push(Argument { name: Some("to".into()), value: reader.field(one, "value") });
        } else if one.kind() == "pair" && &*name == "mount" && !reader.text(one).contains(": ") {
            given.push(Argument { name: None, value: reader.field(one, "key") });
            given.push(Argument { name: Some("at".into()), value: reader.field(one, "value") });
        } else if one.kind() == "pair" {
            given.push(Argument { name: Some(key(reader, one)), value: reader.field(one, "value") });
        } else {
            given.push(Argument { name: None, value: reader.node(one) });
        }
    }
    if let ("require" | "require_relative", [only]) = (&*name, &given[..])
        && let Some(module) = only.value.text()
    {
        reader.import(module.rsplit('/').next().unwrap_or(module), module, "*");
    }
    if let Some(block) = part.child_by_field_name("block") {
        given.push(Argument { name: None, value: reader.node(block) });
    }
    let callee = match part.child_by_field_name("receiver") {
        Some(of) => Kind::Member(Box::new(reader.node(of)), name),
        None => Kind::Name(name),
    };
    Kind::Call(Box::new(Call { callee: Node { line: line(part), kind: callee }, arguments: given }))
}

fn function(reader: &Reader<'_>, part: Branch<'_>) -> Function {
    let given = part.child_by_field_name("parameters").map(children).unwrap_or_default();
    let parameter = |part: Branch<'_>| Parameter { name: reader.word(part), ..Parameter::default() };
    Function {
        name: reader.word_of(part, "name"),
        parameters: given.into_iter().map(parameter).collect(),
        body: reader.all_of(part, "body"),
        ..Function::default()
    }
}

fn class(reader: &Reader<'_>, part: Branch<'_>) -> Class {
    let above = part.child_by_field_name("superclass").map(|part| reader.text(part)).unwrap_or_default();
    let name = reader.word_of(part, "name");
    Class {
        name: name.rsplit(':').next().unwrap_or_default().into(),
        bases: above.split(['<', ' ']).filter(|name| !name.is_empty()).map(Into::into).collect(),
        body: reader.all_of(part, "body"),
        ..Class::default()
    }
}
