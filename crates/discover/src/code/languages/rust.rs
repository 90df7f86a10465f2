//! Rust.

use super::{Branch, Form, Language, Reader, call, child_of, children, children_of, line, unnamed};
use crate::code::syntax::{Class, Function, Kind, Let, Node, Parameter};

pub(super) const RUST: Language = Language {
    name: "Rust",
    endings: &["rs"],
    form: Form::Grammar(|| tree_sitter_rust::LANGUAGE.into(), read, |_| {}),
};

fn read(reader: &Reader<'_>, part: Branch<'_>) -> Kind {
    match part.kind() {
        "string_literal" => reader.literal(part),
        "raw_string_literal" => {
            let content = child_of(part, &["string_content"]).map(|text| reader.text(text));
            Kind::Text(content.unwrap_or_default().into())
        }
        "identifier" | "type_identifier" | "field_identifier" | "self" | "crate" | "super" => {
            Kind::Name(reader.text(part).into())
        }
        "scoped_identifier" | "scoped_type_identifier" => {
            let name = reader.word_of(part, "name");
            match part.child_by_field_name("path") {
                // Where a path begins does not tell more than where it ends.
                Some(path) if matches!(path.kind(), "crate" | "self" | "super") => Kind::Name(name),
                Some(path) => Kind::Member(Box::new(reader.node(path)), name),
                None => Kind::Name(name),
            }
        }
        "field_expression" => {
            Kind::Member(Box::new(reader.field(part, "value")), reader.word_of(part, "field"))
        }
        "generic_function" => reader.field(part, "function").kind,
        "generic_type" => reader.field(part, "type").kind,
        "struct_expression" => call(reader.field(part, "name"), unnamed(reader.all_of(part, "body"))),
        "call_expression" => call(reader.field(part, "function"), unnamed(reader.all_of(part, "arguments"))),
        "array_expression" | "tuple_expression" => Kind::List(reader.all(part)),
        "reference_expression"
        | "await_expression"
        | "try_expression"
        | "parenthesized_expression"
        | "expression_statement" => reader.inner(part),
        "macro_invocation" => macro_call(reader, part),
        "closure_expression" => Kind::Function(Box::new(closure(reader, part))),
        "function_item" => Kind::Function(Box::new(function(reader, part))),
        "impl_item" => Kind::Class(Box::new(Class {
            name: reader.word_of(part, "type").split('<').next().unwrap_or_default().into(),
            body: reader.all_of(part, "body"),
            ..Class::default()
        })),
        "struct_item" => Kind::Class(Box::new(structure(reader, part))),
        "let_declaration" => {
            let name = reader.word_of(part, "pattern");
            let name = name.strip_prefix("mut").unwrap_or(&name).into();
            Kind::Let(Box::new(Let { name, value: reader.field(part, "value") }))
        }
        "const_item" | "static_item" => Kind::Let(Box::new(Let {
            name: reader.word_of(part, "name"),
            value: reader.field(part, "value"),
        })),
        "assignment_expression" => Kind::Let(Box::new(Let {
            name: reader.word_of(part, "left"),
            value: reader.field(part, "right"),
        })),
        "return_expression" => Kind::Return(Box::new(reader.first(part))),
        "mod_item" if is_test(reader, part) => Kind::default(),
        "use_declaration" => {
            if let Some(tree) = part.child_by_field_name("argument") {
                import(reader, tree, "");
            }
            Kind::default()
        }
        _ => reader.other(part),
    }
}

/// `format!` joins; of other macros what is between commas is a list of names.
fn macro_call(reader: &Reader<'_>, part: Branch<'_>) -> Kind {
    let name = reader.word_of(part, "macro");
    let name: Box<str> = name.rsplit(':').next().unwrap_or_default().into();
    let Some(tokens) = child_of(part, &["token_tree"]) else { return Kind::default() };
    let inside = reader.text(tokens);
    if matches!(&*name, "format" | "concat") {
        return Kind::Other(Vec::new());
    }
    let inside = inside.trim_matches(|letter: char| "()[]{}".contains(letter));
    let is_path = |text: &&str| {
        !text.is_empty() && text.chars().all(|letter| letter.is_alphanumeric() || "_:".contains(letter))
    };
    let paths = inside.split(',').map(str::trim).filter(is_path).take(NAMES_MAX);
    let values: Vec<Node> = paths.map(|path| Node { line: line(tokens), kind: path_of(path) }).collect();
    let list = Node { line: line(tokens), kind: Kind::List(values) };
    call(Node { line: line(part), kind: Kind::Name(name) }, unnamed(vec![list]))
}

/// The most names that are read in one macro.
const NAMES_MAX: usize = 1024;

/// The most parts of one name.
const PARTS_MAX: usize = 16;

fn path_of(path: &str) -> Kind {
    let mut parts = path
        .split("::")
        .filter(|part| !part.is_empty() && *part != "crate" && *part != "self")
        .take(PARTS_MAX);
    let mut kind = Kind::Name(parts.next().unwrap_or_default().into());
    for part in parts {
        kind = Kind::Member(Box::new(Node { line: 0, kind }), part.into());
    }
    kind
}

/// Attributes before a part, as calls; what is in them is read as texts and names with values.
fn marks(reader: &Reader<'_>, part: Branch<'_>) -> Vec<Node> {
    let mut marks = Vec::new();
    let mut before = part.prev_named_sibling();
    while let Some(mark) = before.filter(|part| part.kind() == "attribute_item" || part.is_extra()) {
        if let Some(attribute) = child_of(mark, &["attribute"]) {
            marks.insert(0, attribute_call(reader, attribute));
        }
        before = mark.prev_named_sibling();
    }
    marks
}

fn attribute_call(reader: &Reader<'_>, part: Branch<'_>) -> Node {
    let name = part.named_child(0).map(|name| reader.node(name)).unwrap_or_default();
    let mut arguments = Vec::new();
    let mut named: Option<Box<str>> = None;
    let tokens = part.child_by_field_name("arguments").map(children).unwrap_or_default();
    for token in tokens {
        match reader.node(token) {
            node if matches!(node.kind, Kind::Text(_)) => {
                arguments.push(crate::code::syntax::Argument { name: named.take(), value: node });
            }
            node => {
                named = Some(node.last_name().into());
                // `#[post("/", data = "<order>")]` and `#[protect(ADMIN)]` are told apart by what comes behind.
                let next = token.next_sibling().is_some_and(|next| next.kind() == "=");
                if !next {
                    arguments.push(crate::code::syntax::Argument { name: None, value: node });
                    named = None;
                }
            }
        }
    }
    let line = line(part);
    Node { line, kind: Kind::Call(Box::new(crate::code::syntax::Call { callee: name, arguments })) }
}

/// Whether a module is for tests only.
fn is_test(reader: &Reader<'_>, part: Branch<'_>) -> bool {
    let before = part.prev_named_sibling().filter(|part| part.kind() == "attribute_item");
    before.is_some_and(|part| reader.text(part).contains("cfg(test)"))
}

fn function(reader: &Reader<'_>, part: Branch<'_>) -> Function {
    let parts = part.child_by_field_name("parameters").map(|part| children_of(part, &["parameter"]));
    let parameter = |part: Branch<'_>| Parameter {
        name: reader.word_of(part, "pattern"),
        kind: reader.word_of(part, "type"),
        ..Parameter::default()
    };
    Function {
        name: reader.word_of(part, "name"),
        parameters: parts.unwrap_or_default().into_iter().map(parameter).collect(),
        result: "".into(),
        marks: marks(reader, part),
        body: part.child_by_field_name("body").map(|body| block(reader, body)).unwrap_or_default(),
        of: None,
    }
}

/// The statements of a block; the value at its end is given back.
fn block(reader: &Reader<'_>, part: Branch<'_>) -> Vec<Node> {
    let parts: Vec<Branch<'_>> = children(part).into_iter().filter(|part| !part.is_extra()).collect();
    let mut nodes: Vec<Node> = parts.iter().map(|part| reader.node(*part)).collect();
    let is_value = parts.last().is_some_and(|last| {
        !last.kind().ends_with("_statement")
            && !last.kind().ends_with("_declaration")
            && !last.kind().ends_with("_item")
    });
    if is_value && let Some(last) = nodes.pop() {
        nodes.push(Node { line: last.line, kind: Kind::Return(Box::new(last)) });
    }
    nodes
}

fn closure(reader: &Reader<'_>, part: Branch<'_>) -> Function {
    let parts = part.child_by_field_name("parameters").map(children).unwrap_or_default();
    let parameter = |part: Branch<'_>| match part.kind() {
        "parameter" => Parameter {
            name: reader.word_of(part, "pattern"),
            kind: reader.word_of(part, "type"),
            ..Parameter::default()
        },
        _ => Parameter { name: reader.word(part), ..Parameter::default() },
    };
    Function {
        parameters: parts.into_iter().map(parameter).collect(),
        body: vec![reader.field(part, "body")],
        ..Function::default()
    }
}

fn structure(reader: &Reader<'_>, part: Branch<'_>) -> Class {
    let fields = part.child_by_field_name("body").map(|body| children_of(body, &["field_declaration"]));
    let field = |part: Branch<'_>| Parameter {
        name: reader.word_of(part, "name"),
        kind: reader.word_of(part, "type"),
        marks: marks(reader, part),
        default: None,
    };
    Class {
        name: reader.word_of(part, "name"),
        marks: marks(reader, part),
        fields: fields.unwrap_or_default().into_iter().map(field).collect(),
        ..Class::default()
    }
}

/// The names of a `use`, with what stands before them.
fn import(reader: &Reader<'_>, part: Branch<'_>, before: &str) {
    let joined = |text: &str| if before.is_empty() { text.to_owned() } else { format!("{before}::{text}") };
    match part.kind() {
        "scoped_use_list" => {
            let path = joined(&reader.word_of(part, "path"));
            for one in part.child_by_field_name("list").map(children).unwrap_or_default() {
                import(reader, one, &path);
            }
        }
        "use_list" => children(part).into_iter().for_each(|one| import(reader, one, before)),
        "use_as_clause" => {
            named(reader, &joined(&reader.word_of(part, "path")), Some(&reader.word_of(part, "alias")))
        }
        "use_wildcard" => {
            let path = part.named_child(0).map(|path| joined(&reader.word(path))).unwrap_or_default();
            reader.import("*", &path.replace("::", "."), "*");
        }
        _ => named(reader, &joined(&reader.word(part)), None),
    }
}

fn named(reader: &Reader<'_>, path: &str, alias: Option<&str>) {
    let (module, name) = path.rsplit_once("::").unwrap_or(("", path));
    // `use a::b::{self}` names the module itself.
    let (module, name) =
        if name == "self" { module.rsplit_once("::").unwrap_or(("", module)) } else { (module, name) };
    reader.import(alias.unwrap_or(name), &module.replace("::", "."), name);
}
