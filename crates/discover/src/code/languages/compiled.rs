//! What compilers make of modules, decorators and asynchronous functions of JavaScript, read as it was written before.

use std::collections::BTreeMap;

use super::{Branch, Reader, call, children, unnamed};
use crate::code::syntax::{Call, Class, Function, Kind, Let, Node, Parameter};

/// Functions around a module, or around a function, that give what they are given.
const WRAPPERS: &[&str] = &[
    "__importDefault",
    "__importStar",
    "__toESM",
    "_interopRequireDefault",
    "_interopRequireWildcard",
    "_interop_require_default",
    "_interop_require_wildcard",
    "_asyncToGenerator",
    "_async_to_generator",
];

/// Functions that stand decorators before a class or a member, before a parameter, and that tell a type.
const DECORATE: &[&str] = &["__decorate", "__decorateClass", "_ts_decorate"];
const PARAMETER: &[&str] = &["__param", "__decorateParam", "_ts_param"];
const TYPE: &[&str] = &["__metadata", "_ts_metadata"];

/// What a call was before it was compiled, if it is of a function of a compiler.
pub(super) fn written(
    reader: &Reader<'_>,
    part: Branch<'_>,
    callee: &Node,
    arguments: &[Node],
) -> Option<Kind> {
    let name = match (&callee.kind, callee.last_name()) {
        // `_interop_require_default._(require('express'))`
        (Kind::Member(of, _), "_") => of.last_name(),
        (_, name) => name,
    };
    match (name, arguments) {
        (_, [first, ..]) if WRAPPERS.contains(&name) => Some(first.kind.clone()),
        ("__awaiter", [.., last]) => last.function().map(|function| Kind::Other(function.body.clone())),
        // Which parameter it is would be lost with all numbers.
        (_, [first, mark]) if PARAMETER.contains(&name) => {
            let index = part.child_by_field_name("arguments")?.named_child(0)?;
            let index = Node { line: first.line, kind: Kind::Text(reader.word(index)) };
            Some(call(callee.clone(), unnamed(vec![index, mark.clone()])))
        }
        ("__toCommonJS", _) => Some(Kind::default()),
        ("__exportStar" | "_export_star", [module, ..]) => {
            reader.import_all(module.last_name());
            Some(Kind::default())
        }
        // `__export(exports, { router: () => router })`
        ("__export" | "_export", [_, Node { kind: Kind::Map(members), .. }]) => {
            Some(Kind::Other(members.iter().filter_map(|(name, value)| got(name, value)).collect()))
        }
        ("defineProperty", [object, name, about]) if object.last_name() == "exports" => {
            let value = got(name.text()?, about.member("get")?)?;
            Some(Kind::Other(vec![value]))
        }
        _ => None,
    }
}

/// A name for what a function gives and does nothing else.
fn got(name: &str, function: &Node) -> Option<Node> {
    let Kind::Return(value) = &function.function()?.body.first()?.kind else { return None };
    let binding = Let { name: name.into(), value: (**value).clone() };
    Some(Node { line: function.line, kind: Kind::Let(Box::new(binding)) })
}

/// A member of something: what a module exports by its name, and a module that is imported for what it is mainly by its own.
pub(super) fn member(object: Node, name: Box<str>) -> Kind {
    match &object.kind {
        Kind::Name(of) if &**of == "exports" => Kind::Name(name),
        Kind::Name(of) if &*name == "default" && is_module(of) => object.kind,
        _ => Kind::Member(Box::new(object), name),
    }
}

/// Whether compilers give such a name to a module: `express_1`, `_express`, `import_express`.
fn is_module(name: &str) -> bool {
    numbered(name).is_some() || ["_", "import_", "import@"].iter().any(|start| name.starts_with(start))
}

/// The name of a module without the number that compilers of TypeScript give it: `express` of `express_1`.
pub(crate) fn numbered(name: &str) -> Option<&str> {
    let (plain, number) = name.rsplit_once('_')?;
    number.parse::<u32>().is_ok().then_some(plain)
}

/// `(0, express_1.Router)`, which is a call without what it stands in.
pub(super) fn sequence(reader: &Reader<'_>, part: Branch<'_>) -> Kind {
    let parts = children(part);
    match (parts.first(), parts.last()) {
        (Some(first), Some(last)) if first.kind() == "number" => reader.node(*last).kind,
        _ => reader.other(part),
    }
}

/// What stood with `@` before a class, its members and their parameters.
#[derive(Default)]
struct Decorated {
    class: Vec<Node>,
    members: BTreeMap<Box<str>, Vec<Node>>,
}

/// Puts decorators back where they stood.
pub(super) fn decorate(body: &mut [Node]) {
    let mut classes: BTreeMap<Box<str>, Decorated> = BTreeMap::new();
    body.iter().for_each(|node| {
        node.visit(&mut |node| {
            if let Some(call) = node.call().filter(|call| DECORATE.contains(&call.name())) {
                remember(&mut classes, call);
            }
            true
        });
    });
    if !classes.is_empty() {
        body.iter_mut().for_each(|node| put_back(&classes, node));
    }
}

fn remember(classes: &mut BTreeMap<Box<str>, Decorated>, call: &Call) {
    let (Some(marks), Some(on)) = (call.value(0), call.value(1)) else { return };
    let of = if let Kind::Member(of, _) = &on.kind { of } else { on };
    let class = classes.entry(of.last_name().into()).or_default();
    let marks = marks.values().iter().cloned();
    match call.value(2).and_then(Node::text) {
        Some(member) => class.members.entry(member.into()).or_default().extend(marks),
        None => class.class.extend(marks),
    }
}

fn put_back(classes: &BTreeMap<Box<str>, Decorated>, node: &mut Node) {
    match &mut node.kind {
        Kind::Let(binding) => {
            let Let { name, value } = &mut **binding;
            if let Kind::Class(class) = &mut value.kind
                && class.name.is_empty()
            {
                class.name = name.clone();
            }
        }
        Kind::Class(class) => {
            if let Some(decorated) = classes.get(&class.name) {
                of_class(class, decorated);
            }
        }
        Kind::Call(call) if DECORATE.contains(&call.name()) => node.kind = Kind::default(),
        _ => {}
    }
    node.parts_mut().into_iter().for_each(|part| put_back(classes, part));
}

fn of_class(class: &mut Class, decorated: &Decorated) {
    class.marks.extend(decorated.class.iter().filter(|mark| told(mark, TYPE).is_none()).cloned());
    let mut left = decorated.members.clone();
    for node in &mut class.body {
        let function = match &mut node.kind {
            Kind::Function(function) => Some(function),
            _ => None,
        };
        if let Some(function) = function
            && let Some(marks) = left.remove(&function.name)
        {
            of_function(function, &marks);
        }
    }
    for (name, marks) in left {
        let kind =
            marks.iter().filter_map(|mark| told(mark, TYPE)).find_map(|call| typed(call, "design:type"));
        let kind = kind.map(type_name).unwrap_or_default();
        class.fields.retain(|field| field.name != name);
        class.fields.push(Parameter { name, kind, ..Parameter::default() });
    }
}

fn of_function(function: &mut Function, marks: &[Node]) {
    for mark in marks {
        if let Some(call) = told(mark, PARAMETER) {
            let index = call.value(0).and_then(|index| index.text()?.parse::<usize>().ok());
            let parameter = index.and_then(|index| function.parameters.get_mut(index));
            if let (Some(parameter), Some(mark)) = (parameter, call.value(1)) {
                parameter.marks.push(mark.clone());
            }
        } else if let Some(call) = told(mark, TYPE) {
            let types = typed(call, "design:paramtypes").map(Node::values).unwrap_or_default();
            for (parameter, kind) in function.parameters.iter_mut().zip(types) {
                parameter.kind = type_name(kind);
            }
        } else {
            function.marks.push(mark.clone());
        }
    }
}

/// The call of one of these functions that a mark is.
fn told<'m>(mark: &'m Node, functions: &[&str]) -> Option<&'m Call> {
    mark.call().filter(|call| functions.contains(&call.name()))
}

fn typed<'m>(call: &'m Call, what: &str) -> Option<&'m Node> {
    call.value(1).filter(|_| call.value(0).and_then(Node::text) == Some(what))
}

/// A type as it was written: compilers name the objects of plain ones.
fn type_name(node: &Node) -> Box<str> {
    match node.last_name() {
        "String" => "string".into(),
        "Number" => "number".into(),
        "Boolean" => "boolean".into(),
        _ => node.dotted().unwrap_or_default().into(),
    }
}
