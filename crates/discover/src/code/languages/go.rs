//! Go.

use super::{Branch, Form, Language, Reader, call, child_of, children, children_of, line, unnamed};
use crate::code::frameworks::verb;
use crate::code::syntax::{Argument, Class, Function, Kind, Let, Node, Parameter};
use crate::code::unroll::{CHOICE, LOOP, unroll};

pub(super) const GO: Language = Language {
    name: "Go",
    endings: &["go"],
    form: Form::Grammar(|| tree_sitter_go::LANGUAGE.into(), read, unroll),
};

fn read(reader: &Reader<'_>, part: Branch<'_>) -> Kind {
    match part.kind() {
        "interpreted_string_literal" | "raw_string_literal" => reader.literal(part),
        "identifier" | "field_identifier" | "type_identifier" | "package_identifier" => {
            Kind::Name(reader.text(part).into())
        }
        "selector_expression" | "qualified_type" => {
            let (of, name) =
                if part.kind() == "qualified_type" { ("package", "name") } else { ("operand", "field") };
            Kind::Member(Box::new(reader.field(part, of)), reader.word_of(part, name))
        }
        "call_expression" => called(reader, part),
        // `decode[Order](r)`, which looks as if something was made another type.
        "type_conversion_expression" => converted(reader, part),
        "binary_expression" if reader.text(part).contains('+') => {
            Kind::Join(vec![reader.field(part, "left"), reader.field(part, "right")])
        }
        "binary_expression" => {
            let (left, right) = (reader.field(part, "left"), reader.field(part, "right"));
            let right = if left.last_name() == "Method" { method(right) } else { right };
            Kind::Other(vec![left, right])
        }
        "composite_literal" => composite(reader, part),
        "unary_expression" | "parenthesized_expression" | "expression_statement" | "literal_element" => {
            reader.inner(part)
        }
        "index_expression" => reader.element(part, "operand", "index"),
        "func_literal" | "function_declaration" | "method_declaration" => {
            Kind::Function(Box::new(function(reader, part)))
        }
        "for_statement" => each(reader, part),
        "expression_switch_statement" => choice(reader, part),
        "type_spec" => structure(reader, part),
        "short_var_declaration" | "assignment_statement" => {
            bindings(reader, part.child_by_field_name("left"), part.child_by_field_name("right"))
        }
        "const_spec" | "var_spec" => specification(reader, part),
        "return_statement" => {
            let values = part.named_child(0).map(|list| reader.all(list)).unwrap_or_default();
            let value = values.into_iter().next().unwrap_or_default();
            Kind::Return(Box::new(Node { line: line(part), ..value }))
        }
        "import_spec" => {
            import(reader, part);
            Kind::default()
        }
        _ => reader.other(part),
    }
}

/// `for _, route := range routes { … }` is a call for each of them.
fn each(reader: &Reader<'_>, part: Branch<'_>) -> Kind {
    let Some(range) = child_of(part, &["range_clause"]) else { return reader.other(part) };
    let names = range.child_by_field_name("left").map(children).unwrap_or_default();
    let parameter = |name: Branch<'_>| Parameter { name: reader.word(name), ..Parameter::default() };
    let function = Function {
        parameters: names.into_iter().map(parameter).collect(),
        body: vec![reader.field(part, "body")],
        ..Function::default()
    };
    // The index alone is no element.
    let function = if function.parameters.len() < 2 {
        Function { parameters: Vec::new(), ..function }
    } else {
        function
    };
    let line = line(part);
    let list = reader.field(range, "right");
    let callee = Node { line, kind: Kind::Member(Box::new(list), LOOP.into()) };
    call(callee, unnamed(vec![Node { line, kind: Kind::Function(Box::new(function)) }]))
}

/// The constant that a method has a name by, where it is written out: `http.MethodPut` of `"PUT"`.
fn method(node: Node) -> Node {
    let name = node.text().filter(|text| *text == text.to_ascii_uppercase() && verb(text).is_some());
    let Some(name) = name.map(str::to_ascii_lowercase) else { return node };
    let (first, rest) = name.split_at_checked(1).unwrap_or_default();
    let of = Node { line: node.line, kind: Kind::Name("http".into()) };
    Node {
        line: node.line,
        kind: Kind::Member(Box::new(of), format!("Method{}{rest}", first.to_ascii_uppercase()).into()),
    }
}

/// `switch route.Method { case "GET": … }`
fn choice(reader: &Reader<'_>, part: Branch<'_>) -> Kind {
    let list = |line, values| Node { line, kind: Kind::List(values) };
    let of = reader.field(part, "value");
    let is_of_method = of.last_name() == "Method";
    let value = |part: Branch<'_>| {
        let value = reader.node(part);
        if is_of_method { method(value) } else { value }
    };
    let case = |case: Branch<'_>| {
        let line = line(case);
        let values = case.child_by_field_name("value");
        let inside = children(case).into_iter().filter(|part| Some(*part) != values && !part.is_extra());
        let does = Node { line, kind: Kind::Other(inside.map(|part| reader.node(part)).collect()) };
        list(
            line,
            vec![list(line, values.map(children).unwrap_or_default().into_iter().map(value).collect()), does],
        )
    };
    let cases = children_of(part, &["expression_case", "default_case"]).into_iter().map(case);
    let callee = Node { line: line(part), kind: Kind::Name(CHOICE.into()) };
    call(callee, unnamed([of].into_iter().chain(cases).collect()))
}

fn converted(reader: &Reader<'_>, part: Branch<'_>) -> Kind {
    let kind = part.child_by_field_name("type").filter(|kind| kind.kind() == "generic_type");
    let Some(kind) = kind else { return reader.other(part) };
    let mut given = unnamed(vec![reader.field(part, "operand")]);
    let of = kind.child_by_field_name("type_arguments").and_then(|types| types.named_child(0));
    if let Some(of) = of {
        given.push(Argument { name: Some("<>".into()), value: reader.first(of) });
    }
    call(reader.field(kind, "type"), given)
}

/// A call; the type that it is of stands before it in `decode[Order](r)`.
fn called(reader: &Reader<'_>, part: Branch<'_>) -> Kind {
    let mut given = unnamed(reader.all_of(part, "arguments"));
    let mut callee = reader.field(part, "function");
    if let Some(types) = part.child_by_field_name("type_arguments") {
        given.push(Argument { name: Some("<>".into()), value: reader.first(types) });
    }
    if let Kind::Call(inner) = &mut callee.kind
        && inner.name() == "[]"
        && let Some(kind) = inner.arguments.pop()
        && let Kind::Member(of, _) = &mut inner.callee.kind
    {
        given.push(Argument { name: Some("<>".into()), value: kind.value });
        callee = std::mem::take(of);
    }
    call(callee, given)
}

/// `[]string{"a"}` is a list, `Server{router: r}` makes one of a class.
fn composite(reader: &Reader<'_>, part: Branch<'_>) -> Kind {
    let body = part.child_by_field_name("body");
    if let Some(of) = part.child_by_field_name("type").and_then(|kind| element(reader, kind)) {
        return Kind::List(body.map(|body| rows(reader, body, of)).unwrap_or_default());
    }
    let elements = body.map(children).unwrap_or_default().into_iter().map(|element| match element.kind() {
        "keyed_element" => {
            let inside = children(element);
            Argument {
                name: inside.first().map(|name| reader.word(*name)),
                value: inside.get(1).map(|value| reader.node(*value)).unwrap_or_default(),
            }
        }
        _ => Argument { name: None, value: reader.node(element) },
    });
    let made = part.child_by_field_name("type");
    if made.is_some_and(|kind| kind.kind() == "map_type") {
        let members =
            elements.map(|one| (one.name.unwrap_or_default().trim_matches(['"', '`']).into(), one.value));
        return Kind::Map(members.collect());
    }
    if let Some(kind) = made.filter(|kind| kind.kind() == "struct_type") {
        return unnamed_structure(reader, kind);
    }
    let callee = reader.field(part, "type");
    call(callee, elements.collect())
}

/// The type of the elements of a list, whose type may have a name.
fn element<'t>(reader: &Reader<'_>, kind: Branch<'t>) -> Option<Branch<'t>> {
    match kind.kind() {
        "type_identifier" => {
            let list = defined(reader, kind)?;
            (list.kind() == "slice_type").then(|| list.child_by_field_name("element")).flatten()
        }
        known if known.contains("array") || known.contains("slice") => kind.child_by_field_name("element"),
        _ => None,
    }
}

/// What the name of a type stands for in this file.
fn defined<'t>(reader: &Reader<'_>, name: Branch<'t>) -> Option<Branch<'t>> {
    let mut above = name.parent();
    while let Some(part) = above {
        for specification in children_of(part, &["type_declaration"]).into_iter().flat_map(children) {
            let own = specification.child_by_field_name("name");
            if own.is_some_and(|own| reader.text(own) == reader.text(name)) {
                return specification.child_by_field_name("type");
            }
        }
        above = part.parent();
    }
    None
}

/// Elements of a list; those of a structure are rows with names.
fn rows(reader: &Reader<'_>, body: Branch<'_>, of: Branch<'_>) -> Vec<Node> {
    let of = if of.kind() == "pointer_type" { of.named_child(0).unwrap_or(of) } else { of };
    let structure = if of.kind() == "struct_type" { Some(of) } else { defined(reader, of) };
    let list = structure
        .filter(|kind| kind.kind() == "struct_type")
        .and_then(|kind| child_of(kind, &["field_declaration_list"]));
    let mut columns: Vec<Box<str>> = Vec::new();
    for field in list.map(|list| children_of(list, &["field_declaration"])).unwrap_or_default() {
        let mut cursor = field.walk();
        columns.extend(field.children_by_field_name("name", &mut cursor).map(|name| reader.word(name)));
    }
    let element = |part: Branch<'_>| {
        let mut inner = part;
        while matches!(inner.kind(), "literal_element" | "unary_expression") {
            inner = inner.named_child(0).filter(|inside| !inside.is_extra()).unwrap_or(inner);
            if inner.named_child_count() == 0 {
                break;
            }
        }
        let own = inner.child_by_field_name("type").filter(|_| inner.kind() == "composite_literal");
        let is_row = own.is_some_and(|own| !columns.is_empty() && reader.text(own) == reader.text(of));
        let literal = if is_row { inner.child_by_field_name("body") } else { Some(inner) };
        match literal.filter(|literal| literal.kind() == "literal_value") {
            Some(literal) => Node { line: line(part), kind: row(reader, literal, &columns) },
            None => reader.node(part),
        }
    };
    children(body).into_iter().filter(|part| !part.is_extra()).map(element).collect()
}

/// A row, whose values have names or stand in their order.
fn row(reader: &Reader<'_>, literal: Branch<'_>, columns: &[Box<str>]) -> Kind {
    let parts = children(literal).into_iter().filter(|part| !part.is_extra()).enumerate();
    let member = |(index, part): (usize, Branch<'_>)| match part.kind() {
        "keyed_element" => {
            let inside = children(part);
            let name = inside.first().map(|name| reader.word(*name)).unwrap_or_default();
            (name, inside.get(1).map(|value| reader.node(*value)).unwrap_or_default())
        }
        _ => {
            let name = columns.get(index).cloned().unwrap_or_else(|| format!("#{index}").into());
            (name, reader.node(part))
        }
    };
    Kind::Map(parts.map(member).collect())
}

/// A structure without a name, and what is made of it: `var input struct { … }`, `struct { … }{}`.
fn unnamed_structure(reader: &Reader<'_>, kind: Branch<'_>) -> Kind {
    let at = kind.start_position();
    let name: Box<str> = format!("struct@{}:{}", at.row + 1, at.column).into();
    let line = line(kind);
    let class = fields(reader, kind, name.clone()).unwrap_or_default();
    // The structure stands where it is made, so that its fields are known.
    call(
        Node { line, kind: Kind::Name(name) },
        unnamed(vec![Node { line, kind: Kind::Class(Box::new(class)) }]),
    )
}

fn parameters(reader: &Reader<'_>, part: Option<Branch<'_>>) -> Vec<Parameter> {
    let mut parameters = Vec::new();
    for one in part.map(|part| children_of(part, &["parameter_declaration"])).unwrap_or_default() {
        let kind = reader.word_of(one, "type");
        let mut cursor = one.walk();
        let names: Vec<Box<str>> =
            one.children_by_field_name("name", &mut cursor).map(|name| reader.word(name)).collect();
        let names = if names.is_empty() { vec!["_".into()] } else { names };
        parameters.extend(names.into_iter().map(|name| Parameter {
            name,
            kind: kind.clone(),
            ..Parameter::default()
        }));
    }
    parameters
}

fn function(reader: &Reader<'_>, part: Branch<'_>) -> Function {
    Function {
        name: reader.word_of(part, "name"),
        of: parameters(reader, part.child_by_field_name("receiver")).into_iter().next(),
        parameters: parameters(reader, part.child_by_field_name("parameters")),
        result: "".into(),
        marks: Vec::new(),
        body: reader.all_of(part, "body"),
    }
}

/// A structure with the names that its fields have in JSON.
fn structure(reader: &Reader<'_>, part: Branch<'_>) -> Kind {
    let kind = part.child_by_field_name("type").filter(|kind| kind.kind() == "struct_type");
    let class = kind.and_then(|kind| fields(reader, kind, reader.word_of(part, "name")));
    class.map(|class| Kind::Class(Box::new(class))).unwrap_or_default()
}

fn fields(reader: &Reader<'_>, kind: Branch<'_>, name: Box<str>) -> Option<Class> {
    let list = child_of(kind, &["field_declaration_list"])?;
    let is_open = |field: &Parameter| &*field.name != "-" && !field.name.is_empty();
    let fields = children_of(list, &["field_declaration"]).into_iter().map(|field| {
        let name = reader.word_of(field, "name");
        let tag = reader.word_of(field, "tag");
        let tagged = ["json:\"", "form:\"", "query:\""].iter().find_map(|mark| tag.split_once(mark));
        let tagged =
            tagged.and_then(|(_, rest)| rest.split(['"', ',']).next()).filter(|name| !name.is_empty());
        // What is not exported is not read into.
        let name = if name.starts_with(char::is_lowercase) { "-".into() } else { name };
        Parameter {
            name: tagged.map_or(name, Into::into),
            kind: reader.word_of(field, "type"),
            ..Parameter::default()
        }
    });
    Some(Class { name, fields: fields.filter(is_open).collect(), ..Class::default() })
}

fn bindings(reader: &Reader<'_>, left: Option<Branch<'_>>, right: Option<Branch<'_>>) -> Kind {
    let names = left.map(children).unwrap_or_default();
    let values = right.map(children).unwrap_or_default();
    let pairs = names.into_iter().zip(values).map(|(name, value)| Node {
        line: line(name),
        kind: Kind::Let(Box::new(Let { name: reader.word(name), value: reader.node(value) })),
    });
    Kind::Other(pairs.collect())
}

/// `const a, b = 1, 2`, and `var request Request`, which makes one of a class.
fn specification(reader: &Reader<'_>, part: Branch<'_>) -> Kind {
    let mut cursor = part.walk();
    let names: Vec<Branch<'_>> = part.children_by_field_name("name", &mut cursor).collect();
    let values = part.child_by_field_name("value").map(children).unwrap_or_default();
    let written = part.child_by_field_name("type");
    let kind = reader.field(part, "type");
    let pairs = names.into_iter().enumerate().map(|(index, name)| {
        let value = match (values.get(index), written.filter(|kind| kind.kind() == "struct_type")) {
            (Some(value), _) => reader.node(*value),
            (None, Some(kind)) => Node { line: line(name), kind: unnamed_structure(reader, kind) },
            (None, None) => Node { line: line(name), kind: call(kind.clone(), Vec::new()) },
        };
        Node { line: line(name), kind: Kind::Let(Box::new(Let { name: reader.word(name), value })) }
    });
    Kind::Other(pairs.collect())
}

fn import(reader: &Reader<'_>, part: Branch<'_>) {
    let Some(Kind::Text(path)) = part.child_by_field_name("path").map(|path| reader.literal(path)) else {
        return;
    };
    let alias = reader.word_of(part, "name");
    let mut parts = path.rsplit('/');
    let last = parts.next().unwrap_or_default();
    // The name of a module of a later version is what stands before that.
    let is_version =
        last.strip_prefix('v').is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit()));
    let name = if is_version { parts.next().unwrap_or(last) } else { last };
    let name = name.split('.').next().unwrap_or(name).rsplit('-').next().unwrap_or(name);
    reader.import(if alias.is_empty() { name } else { &alias }, &path, "*");
}
