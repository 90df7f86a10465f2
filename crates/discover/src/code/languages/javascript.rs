//! JavaScript and TypeScript.

use super::{Branch, Form, Language, Reader, call, child_of, children, children_of, compiled, unnamed};
use crate::code::syntax::{Class, Function, Kind, Let, Node, Parameter};

pub(super) const JAVASCRIPT: Language = Language {
    name: "JavaScript",
    endings: &["js", "mjs", "cjs", "jsx"],
    form: Form::Grammar(|| tree_sitter_javascript::LANGUAGE.into(), read, compiled::decorate),
};

pub(super) const TYPESCRIPT: Language = Language {
    name: "TypeScript",
    endings: &["ts", "mts", "cts"],
    form: Form::Grammar(|| tree_sitter_typescript::LANGUAGE_TYPESCRIPT.into(), read, |_| {}),
};

pub(super) const TSX: Language = Language {
    name: "TSX",
    endings: &["tsx"],
    form: Form::Grammar(|| tree_sitter_typescript::LANGUAGE_TSX.into(), read, |_| {}),
};

fn read(reader: &Reader<'_>, part: Branch<'_>) -> Kind {
    match part.kind() {
        "string" => reader.literal(part),
        "template_string" => reader.joined(part, &["string_fragment"], &["template_substitution"]),
        "identifier" | "property_identifier" | "this" | "type_identifier" | "private_property_identifier" => {
            Kind::Name(reader.text(part).into())
        }
        "parenthesized_expression"
        | "await_expression"
        | "yield_expression"
        | "as_expression"
        | "satisfies_expression"
        | "non_null_expression"
        | "expression_statement"
        | "decorator" => reader.inner(part),
        "member_expression" => {
            compiled::member(reader.field(part, "object"), reader.word_of(part, "property"))
        }
        "call_expression" => called(reader, part),
        "new_expression" => {
            call(reader.field(part, "constructor"), unnamed(reader.all_of(part, "arguments")))
        }
        "binary_expression"
            if part.child_by_field_name("operator").is_some_and(|sign| sign.kind() == "+") =>
        {
            Kind::Join(vec![reader.field(part, "left"), reader.field(part, "right")])
        }
        "sequence_expression" => compiled::sequence(reader, part),
        "subscript_expression" => reader.element(part, "object", "index"),
        "array" => Kind::List(reader.all(part)),
        "object" => object(reader, part),
        "arrow_function"
        | "function_expression"
        | "generator_function"
        | "function_declaration"
        | "generator_function_declaration"
        | "method_definition" => Kind::Function(Box::new(function(reader, part))),
        "class_declaration"
        | "class"
        | "abstract_class_declaration"
        | "interface_declaration"
        | "type_alias_declaration" => Kind::Class(Box::new(class(reader, part))),
        "for_in_statement" => each(reader, part),
        "enum_declaration" => enumeration(reader, part),
        "variable_declarator" => binding(reader, part),
        "assignment_expression" => assignment(reader, part),
        "return_statement" => Kind::Return(Box::new(reader.first(part))),
        "import_statement" => {
            imports(reader, part);
            Kind::default()
        }
        "export_statement" => export(reader, part),
        _ => reader.other(part),
    }
}

fn called(reader: &Reader<'_>, part: Branch<'_>) -> Kind {
    let arguments = reader.all_of(part, "arguments");
    let callee = part.child_by_field_name("function");
    if let (Some("require" | "import"), [only]) = (callee.map(|callee| reader.text(callee)), &arguments[..])
        && let Some(module) = only.text()
    {
        return reader.inline_import(module);
    }
    let callee = callee.map(|callee| reader.node(callee)).unwrap_or_default();
    compiled::written(reader, part, &callee, &arguments).unwrap_or_else(|| call(callee, unnamed(arguments)))
}

fn object(reader: &Reader<'_>, part: Branch<'_>) -> Kind {
    let mut members = Vec::new();
    for child in children(part) {
        match child.kind() {
            "pair" => {
                let key = child.child_by_field_name("key").map(|key| match reader.literal(key) {
                    Kind::Text(text) => text,
                    _ => "".into(),
                });
                members.push((key.unwrap_or_default(), reader.field(child, "value")));
            }
            "shorthand_property_identifier" => members.push((reader.word(child), reader.node(child))),
            "method_definition" => members.push((reader.word_of(child, "name"), reader.node(child))),
            "spread_element" => {
                members.push(("...".into(), Node { kind: reader.inner(child), ..reader.node(child) }))
            }
            _ => {}
        }
    }
    Kind::Map(members)
}

fn function(reader: &Reader<'_>, part: Branch<'_>) -> Function {
    let parameters = part.child_by_field_name("parameters").map(children).unwrap_or_default();
    let alone = part.child_by_field_name("parameter");
    let mut function = Function {
        name: reader.word_of(part, "name"),
        parameters: parameters.into_iter().chain(alone).map(|part| parameter(reader, part)).collect(),
        marks: decorators(reader, part),
        ..Function::default()
    };
    if let Some(body) = part.child_by_field_name("body") {
        function.body = if body.kind() == "statement_block" {
            reader.all(body)
        } else {
            let value = reader.node(body);
            vec![Node { line: value.line, kind: Kind::Return(Box::new(value)) }]
        };
    }
    function
}

fn parameter(reader: &Reader<'_>, part: Branch<'_>) -> Parameter {
    let pattern = part.child_by_field_name("pattern").or(part.child_by_field_name("left")).unwrap_or(part);
    let kind = reader.word_of(part, "type");
    Parameter {
        name: reader.word(pattern),
        kind: kind.trim_start_matches(':').into(),
        marks: decorators(reader, part),
        default: part.child_by_field_name("value").map(|value| reader.node(value)),
    }
}

/// What stands with `@` before or in a part.
fn decorators(reader: &Reader<'_>, part: Branch<'_>) -> Vec<Node> {
    let mut marks: Vec<Node> = Vec::new();
    let mut before = part.prev_named_sibling();
    while let Some(mark) = before.filter(|part| matches!(part.kind(), "decorator" | "comment")) {
        if mark.kind() == "decorator" {
            marks.insert(0, reader.node(mark));
        }
        before = mark.prev_named_sibling();
    }
    marks.extend(children_of(part, &["decorator"]).into_iter().map(|mark| reader.node(mark)));
    marks
}

fn class(reader: &Reader<'_>, part: Branch<'_>) -> Class {
    let body = part.child_by_field_name("body").or(part.child_by_field_name("value"));
    let inside = body.map(children).unwrap_or_default();
    let fields = ["public_field_definition", "field_definition", "property_signature"];
    let is_field = |part: &&Branch<'_>| fields.contains(&part.kind());
    let heritage = child_of(part, &["class_heritage", "extends_type_clause"]);
    let bases = heritage.map(|part| reader.text(part)).unwrap_or_default();
    let is_word = |word: &&str| !matches!(*word, "" | "extends" | "implements");
    let mut members = Vec::new();
    for child in &inside {
        let value = child.child_by_field_name("value").filter(|_| is_field(&child));
        match value {
            // A field that holds a function is as good as a method.
            Some(value) => members.push(Node {
                line: super::line(*child),
                kind: Kind::Let(Box::new(Let {
                    name: format!("this.{}", field_name(reader, *child)).into(),
                    value: reader.node(value),
                })),
            }),
            None if child.kind() == "decorator" => {}
            None => members.push(reader.node(*child)),
        }
    }
    Class {
        is_abstract: false,
        name: reader.word_of(part, "name"),
        bases: bases
            .split(|letter: char| !letter.is_alphanumeric() && !"_.".contains(letter))
            .filter(is_word)
            .map(Into::into)
            .collect(),
        marks: decorators(reader, part),
        fields: inside
            .iter()
            .filter(is_field)
            .map(|part| Parameter {
                name: field_name(reader, *part),
                kind: type_of(reader, *part),
                marks: Vec::new(),
                default: None,
            })
            .collect(),
        body: members,
    }
}

fn field_name(reader: &Reader<'_>, part: Branch<'_>) -> Box<str> {
    let name = part.child_by_field_name("name").or(part.child_by_field_name("property"));
    name.map(|name| reader.word(name)).unwrap_or_default()
}

fn type_of(reader: &Reader<'_>, part: Branch<'_>) -> Box<str> {
    reader.word_of(part, "type").trim_start_matches(':').into()
}

fn binding(reader: &Reader<'_>, part: Branch<'_>) -> Kind {
    let Some(name) = part.child_by_field_name("name") else { return Kind::default() };
    let value = reader.field(part, "value");
    if name.kind() != "object_pattern" {
        return Kind::Let(Box::new(Let { name: reader.word(name), value }));
    }
    let taken = children(name).into_iter().filter_map(|taken| {
        let (member, local) = match taken.kind() {
            "shorthand_property_identifier_pattern" => (reader.word(taken), reader.word(taken)),
            "pair_pattern" => (reader.word_of(taken, "key"), reader.word_of(taken, "value")),
            "object_assignment_pattern" => (reader.word_of(taken, "left"), reader.word_of(taken, "left")),
            _ => return None,
        };
        let of = Kind::Member(Box::new(value.clone()), member);
        let value = Node { line: value.line, kind: of };
        let kind = Kind::Let(Box::new(Let { name: local, value }));
        Some(Node { line: super::line(taken), kind })
    });
    Kind::Other(taken.collect())
}

/// `for (const route of routes) { … }` is as good as `routes.forEach((route) => { … })`.
fn each(reader: &Reader<'_>, part: Branch<'_>) -> Kind {
    let function = Function {
        parameters: vec![Parameter { name: reader.word_of(part, "left"), ..Parameter::default() }],
        body: vec![reader.field(part, "body")],
        ..Function::default()
    };
    let line = super::line(part);
    let list = Box::new(reader.field(part, "right"));
    let callee = Node { line, kind: Kind::Member(list, "forEach".into()) };
    call(callee, unnamed(vec![Node { line, kind: Kind::Function(Box::new(function)) }]))
}

/// An enumeration is as good as an object of its values.
fn enumeration(reader: &Reader<'_>, part: Branch<'_>) -> Kind {
    let values = part.child_by_field_name("body").map(|body| children_of(body, &["enum_assignment"]));
    let members = values.unwrap_or_default().into_iter();
    let members = members.map(|one| (reader.word_of(one, "name"), reader.field(one, "value"))).collect();
    let value = Node { line: super::line(part), kind: Kind::Map(members) };
    Kind::Let(Box::new(Let { name: reader.word_of(part, "name"), value }))
}

fn assignment(reader: &Reader<'_>, part: Branch<'_>) -> Kind {
    let name = reader.word_of(part, "left");
    let value = reader.field(part, "right");
    let line = value.line;
    let bind =
        |name: &str, value: Node| Node { line, kind: Kind::Let(Box::new(Let { name: name.into(), value })) };
    let exported = name.strip_prefix("module.").unwrap_or(&name);
    match exported.strip_prefix("exports") {
        Some("") => {
            // `module.exports = { ...require('./orders') }`
            if let Kind::Map(members) = &value.kind {
                let spread =
                    members.iter().filter(|(name, _)| &**name == "...").map(|(_, of)| of.last_name());
                spread.for_each(|local| reader.import_all(local));
            }
            let members = if let Kind::Map(members) = &value.kind { members.clone() } else { Vec::new() };
            let named = members.into_iter().map(|(name, value)| bind(&name, value));
            Kind::Other(named.chain([bind("default", value)]).collect())
        }
        Some(member) if member.starts_with('.') => bind(member.trim_start_matches('.'), value).kind,
        _ => bind(&name, value).kind,
    }
}

fn imports(reader: &Reader<'_>, part: Branch<'_>) {
    let Some(Kind::Text(module)) = part.child_by_field_name("source").map(|source| reader.literal(source))
    else {
        return;
    };
    for clause in child_of(part, &["import_clause"]).map(children).unwrap_or_default() {
        match clause.kind() {
            "identifier" => reader.import(reader.text(clause), &module, "default"),
            "namespace_import" => {
                let local = clause.named_child(0).map(|name| reader.text(name)).unwrap_or_default();
                reader.import(local, &module, "*");
            }
            _ => specifiers(reader, clause, &module),
        }
    }
}

fn specifiers(reader: &Reader<'_>, clause: Branch<'_>, module: &str) {
    for one in children_of(clause, &["import_specifier", "export_specifier"]) {
        let name = reader.word_of(one, "name");
        let local = reader.word_of(one, "alias");
        reader.import(if local.is_empty() { &name } else { &local }, module, &name);
    }
}

fn export(reader: &Reader<'_>, part: Branch<'_>) -> Kind {
    let clause = child_of(part, &["export_clause"]);
    if let Some(Kind::Text(module)) = part.child_by_field_name("source").map(|source| reader.literal(source))
    {
        let Some(clause) = clause else {
            reader.import("*", &module, "*");
            return Kind::default();
        };
        specifiers(reader, clause, &module);
        let given = children_of(clause, &["export_specifier"]).into_iter().map(|one| {
            let name = one.child_by_field_name("alias").or(one.child_by_field_name("name"));
            let name: Box<str> = name.map(|name| reader.word(name)).unwrap_or_default();
            reader.export(&name);
            let value = Node { line: super::line(one), kind: Kind::Name(name.clone()) };
            Node { line: super::line(one), kind: Kind::Let(Box::new(Let { name, value })) }
        });
        return Kind::Other(given.collect());
    }
    let bind = |name: &str, value: Node| Node {
        line: value.line,
        kind: Kind::Let(Box::new(Let { name: name.into(), value })),
    };
    if let Some(clause) = clause {
        let renamed = children_of(clause, &["export_specifier"]).into_iter().filter_map(|one| {
            let Some(alias) = one.child_by_field_name("alias") else {
                reader.export(&reader.word_of(one, "name"));
                return None;
            };
            reader.export(reader.text(alias));
            Some(Node { line: super::line(one), ..bind(reader.text(alias), reader.field(one, "name")) })
        });
        return Kind::Other(renamed.collect());
    }
    // `export = router`, of which the grammar has no name.
    let whole = part.child(1).filter(|sign| sign.kind() == "=").and_then(|_| part.named_child(0));
    if let Some(whole) = whole {
        return bind("default", reader.node(whole)).kind;
    }
    let what = part.child_by_field_name("declaration").or(part.child_by_field_name("value"));
    let Some(what) = what.map(|what| reader.node(what)) else { return reader.other(part) };
    let is_default = reader.text(part).contains("default") && children_default(part);
    let name: Box<str> = match &what.kind {
        Kind::Function(function) => function.name.clone(),
        Kind::Class(class) => class.name.clone(),
        _ => "".into(),
    };
    match &what.kind {
        Kind::Other(parts) => parts.iter().for_each(|part| {
            if let Kind::Let(binding) = &part.kind {
                reader.export(&binding.name);
            }
        }),
        _ => reader.export(&name),
    }
    match (is_default, name.is_empty()) {
        (false, _) => what.kind,
        (true, true) => bind("default", what).kind,
        (true, false) => {
            let alias = bind("default", Node { line: what.line, kind: Kind::Name(name) });
            Kind::Other(vec![what, alias])
        }
    }
}

fn children_default(part: Branch<'_>) -> bool {
    part.children(&mut part.walk()).any(|child| child.kind() == "default")
}
