//! Every framework, and what each of its calls and marks means for routes.

mod actix_web;
mod aspnet_controllers;
mod aspnet_minimal;
mod axum;
mod chi;
mod django;
mod echo;
mod express;
mod fastapi;
mod fastify;
mod fiber;
mod flask;
mod gin;
mod hono;
mod jax_rs;
mod koa;
mod ktor;
mod laravel;
mod micronaut;
mod nestjs;
mod net_http;
mod nextjs;
mod rails;
mod rocket;
mod sinatra;
mod spring;
mod symfony;
#[cfg(test)]
mod tests;

use super::facts::{Action, Below, In, Taken};
pub(crate) use super::languages::setting;
pub(crate) use super::meaning::{Answers, Called, Declared, Meaning, Resource, Whole};
use super::syntax::{Call, Class, Function, Node, Parameter, Unit};
use super::template::Style;

/// One framework. A leaf: its page holds the examples that prove it.
#[derive(Debug)]
pub struct Framework {
    /// Its stable name in kebab case.
    pub id: &'static str,
    /// What it is called.
    pub product: &'static str,
    /// Where it is described.
    pub source: &'static str,
    /// Names of the languages that it is used from.
    pub languages: &'static [&'static str],
    /// Words of which one stands in some file of each program that uses it.
    pub(crate) marks: &'static [&'static str],
    /// How it writes paths.
    pub(crate) style: Style,
    /// What a call means.
    pub(crate) call: for<'c> fn(&Called<'c>) -> Option<Meaning<'c>>,
    /// Members and methods of a router that are the router itself.
    pub(crate) same: &'static [&'static str],
    /// Types that only routers have.
    pub(crate) types: &'static [&'static str],
    /// Words for what routes hang on where nothing else is said.
    pub(crate) here: &'static [&'static str],
    /// Whether a file hangs its routes on the program itself, and with which prefix.
    pub(crate) file: fn(&str, &Unit) -> Option<String>,
    /// What a file of settings says of routes, each with its line.
    pub(crate) settings: for<'c> fn(&str, &'c Unit) -> Vec<(u32, Meaning<'c>)>,
    /// Whether a value of this name is a list of routes, and whether that is served as it is.
    pub(crate) list: fn(&str, &Node) -> Option<bool>,
    /// What the paths of a class begin with whose methods are routes; several where it has several names.
    pub(crate) class: for<'c> fn(&'c Class, &str) -> Vec<Option<&'c Node>>,
    /// What a class says that the paths of classes made from it begin with, where they do not say it themselves.
    pub(crate) handed: for<'c> fn(&'c Class) -> Option<&'c Node>,
    /// The versions that a mark says; an empty one stands for none.
    pub(crate) version: fn(&Node) -> Vec<String>,
    /// The path of requests that a class stands for.
    pub(crate) resource: for<'c> fn(&'c Class) -> Option<&'c Node>,
    /// Whether a class is a program, of which the calls in its body are routes.
    pub(crate) application: fn(&Class) -> bool,
    /// The routes that the marks of a function declare, in a class of this name.
    pub(crate) method: for<'c> fn(&'c Function, Option<&str>) -> Vec<Declared<'c>>,
    /// What the paths begin with of a class that a function gives, of which the methods are routes as well.
    pub(crate) within: for<'c> fn(&'c Function) -> Option<&'c Node>,
    /// The methods that a value of this name handles, in a file that hangs its routes on the program itself.
    pub(crate) binding: fn(&str) -> Option<Vec<String>>,
    /// Whether only what a file exports has routes by its name.
    pub(crate) by_exports: bool,
    /// Whether what is called on a router and not known gives the router back.
    pub(crate) is_fluent: bool,
    /// Whether a function of this name is called with the program itself.
    pub(crate) entry: fn(&str) -> bool,
    /// Whether a program is a router like others, so that only what is done with it tells that it is served.
    pub(crate) must_be_used: bool,
    /// Whether functions that stand alone may have such marks.
    pub(crate) marks_functions: bool,
    /// Methods that a mark says a function is for.
    pub(crate) methods: fn(&Node) -> Vec<String>,
    /// A method that a part of a function says it is for, where nothing else says it.
    pub(crate) compared: fn(&Node) -> Option<String>,
    /// The methods that a value answers, and what handles each.
    pub(crate) answers: for<'c> fn(&'c Node) -> Answers<'c>,
    /// What reaches a function that is a method of a set of views.
    pub(crate) action: fn(&Function) -> Option<Action>,
    /// What a part of a function takes out of a request.
    pub(crate) takes: fn(&Node) -> Option<Taken>,
    /// Whether a part of a function is all that a request has of one kind.
    pub(crate) whole: fn(&Node) -> Option<Whole>,
    /// What a member of a request of this name holds, where functions take requests apart.
    pub(crate) member: fn(&str) -> Option<Whole>,
    /// Whether that may stand in functions within the function.
    pub(crate) deep: bool,
    /// What a parameter of a function stands for.
    pub(crate) parameter: fn(&Parameter) -> Option<Taken>,
    /// What a function takes out of a request by what its marks and parameters say together.
    pub(crate) asked: fn(&Function) -> Vec<Taken>,
    /// The name of what a parameter asks for before the function is called.
    pub(crate) parameter_guard: fn(&Parameter) -> Option<String>,
    /// What a parameter asks for, which takes more out of the request: a function, or what makes something of a class.
    pub(crate) depends: fn(&Parameter) -> Option<String>,
    /// Whether a name says that nobody stands guard.
    pub(crate) open: fn(&str) -> bool,
    /// What a text is the name of where it stands for a router: the key of it, behind its module.
    pub(crate) texts_are: &'static str,
    /// Whether what is named like a guard is one where it stands among the routers of a mount.
    pub(crate) mounts_guards: bool,
    /// Whether a path of a mount stands in place of the path that the router has itself.
    pub(crate) mount_replaces: bool,
    /// Whether functions without a path are reached by a convention of the program, if it has one.
    pub(crate) by_convention: bool,
    /// Whether a path that begins with `/` stands alone, whatever it stands in.
    pub(crate) absolute: bool,
    /// Whether one path is written behind another as it stands, with the slash at its end.
    pub(crate) keeps_slash: bool,
    /// What is understood, what is not, and examples: files (`~~~file NAME`) and their routes (`~~~routes`).
    pub doc: &'static str,
}

impl Framework {
    /// What of it is understood and what is not, without the examples.
    pub fn understood(&self) -> &'static str {
        self.doc.split("\n~~~").next().unwrap_or_default().trim()
    }
}

/// A framework of which nothing is known.
pub(crate) const BLANK: Framework = Framework {
    id: "",
    product: "",
    source: "",
    languages: &[],
    marks: &[],
    style: Style::Colon,
    call: |_| None,
    same: &[],
    types: &[],
    here: &[],
    file: |_, _| None,
    settings: |_, _| Vec::new(),
    list: |_, _| None,
    class: |_, _| Vec::new(),
    handed: |_| None,
    version: |_| Vec::new(),
    resource: |_| None,
    application: |_| false,
    method: |_, _| Vec::new(),
    within: |_| None,
    binding: |_| None,
    by_exports: false,
    is_fluent: false,
    must_be_used: false,
    entry: |_| false,
    marks_functions: false,
    methods: |_| Vec::new(),
    compared: |_| None,
    answers: |_| Vec::new(),
    action: |_| None,
    takes: |_| None,
    whole: |_| None,
    member: |_| None,
    deep: true,
    parameter: |_| None,
    asked: |_| Vec::new(),
    parameter_guard: |_| None,
    depends: |_| None,
    open: |_| false,
    texts_are: "",
    mounts_guards: false,
    mount_replaces: false,
    by_convention: false,
    absolute: false,
    keeps_slash: false,
    doc: "",
};

/// Every framework, alphabetical.
pub const ALL: &[&Framework] = &[
    &actix_web::FRAMEWORK,
    &aspnet_controllers::FRAMEWORK,
    &aspnet_minimal::FRAMEWORK,
    &axum::FRAMEWORK,
    &chi::FRAMEWORK,
    &django::FRAMEWORK,
    &echo::FRAMEWORK,
    &express::FRAMEWORK,
    &fastapi::FRAMEWORK,
    &fastify::FRAMEWORK,
    &fiber::FRAMEWORK,
    &flask::FRAMEWORK,
    &gin::FRAMEWORK,
    &hono::FRAMEWORK,
    &jax_rs::FRAMEWORK,
    &koa::FRAMEWORK,
    &ktor::FRAMEWORK,
    &laravel::FRAMEWORK,
    &micronaut::FRAMEWORK,
    &nestjs::FRAMEWORK,
    &net_http::FRAMEWORK,
    &nextjs::FRAMEWORK,
    &rails::FRAMEWORK,
    &rocket::FRAMEWORK,
    &sinatra::FRAMEWORK,
    &spring::FRAMEWORK,
    &symfony::FRAMEWORK,
];

/// Methods that have functions of their own.
const VERBS: &[&str] = &["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];

/// The method that a name is of, whatever its case; `*` of `any`.
pub(crate) fn verb(name: &str) -> Option<Vec<String>> {
    let upper = name.to_ascii_uppercase();
    match upper.as_str() {
        "ANY" | "ALL" => Some(vec!["*".to_owned()]),
        "DEL" => Some(vec!["DELETE".to_owned()]),
        _ => VERBS.contains(&upper.as_str()).then(|| vec![upper]),
    }
}

/// What a type is in OpenAPI's words, if its values fit in a path or a query; nothing of what is a text.
pub(crate) fn scalar(kind: &str) -> Option<&'static str> {
    match kind.trim_end_matches('?') {
        "int" | "Integer" | "Long" | "long" | "Int" | "short" | "i32" | "i64" | "u32" | "u64" | "usize"
        | "i16" | "u16" | "u8" => Some("integer"),
        "float" | "double" | "Double" | "Float" | "decimal" | "Decimal" | "BigDecimal" | "f32" | "f64"
        | "number" => Some("number"),
        "bool" | "boolean" | "Boolean" => Some("boolean"),
        "UUID" | "Guid" | "Uuid" => Some("uuid"),
        "str" | "String" | "string" | "date" | "datetime" | "LocalDate" | "DateTime" | "Instant"
        | "OffsetDateTime" => Some(""),
        _ => None,
    }
}

/// The call of the mark of this name.
pub(crate) fn marked<'m>(marks: &'m [Node], name: &str) -> Option<&'m Call> {
    marks.iter().filter_map(Node::call).find(|mark| mark.name() == name)
}

/// What only holds what a type is about.
const HOLDERS: &[&str] = &[
    "Mono",
    "Flux",
    "Uni",
    "Multi",
    "List",
    "Set",
    "Collection",
    "Iterable",
    "Optional",
    "Option",
    "Vec",
    "Json",
    "Form",
    "Query",
    "Valid",
    "Validated",
    "Garde",
    "Result",
    "HttpEntity",
    "RequestEntity",
    "IEnumerable",
    "IList",
    "ICollection",
    "Class",
    "Array",
    "Promise",
    "Partial",
    "Flow",
    "MsgPack",
    "Lenient",
    "Strict",
    "Box",
    "Path",
    "list",
    "List",
    "Publisher",
    "CompletionStage",
    "Task",
    "BeanParam",
    "Single",
    "Maybe",
    "Readonly",
    "ReqData",
    "Extension",
    "TypedHeader",
    "State",
    "Data",
];

/// The class that a type is about: `Order` of `Mono<Order>`, `List<Order>` and `Order?`, but `Page` of `Page<Order>`.
pub(crate) fn class_of(kind: &str) -> &str {
    let mut kind = kind;
    while let Some((outer, inner)) = kind.split_once(['<', '[']) {
        let name = outer.rsplit([':', '.']).next().unwrap_or(outer);
        let inner = inner.trim_end_matches(['>', ']']);
        if !name.is_empty() && !HOLDERS.contains(&name) || inner.is_empty() {
            kind = outer;
            break;
        }
        kind = inner;
    }
    let kind = kind.split(',').next().unwrap_or(kind);
    kind.trim_matches(|letter: char| !letter.is_alphanumeric() && letter != '_')
}

/// What a parameter of .NET says by its attributes, or by a simple type.
pub(crate) fn dotnet_parameter(parameter: &Parameter) -> Option<Taken> {
    let kind = scalar(parameter.kind.trim_end_matches("[]"));
    let mark = parameter.marks.iter().filter_map(Node::call).find(|mark| mark.name().starts_with("From"));
    let said = mark.and_then(|mark| mark.named("Name")).and_then(Node::text);
    let name = said.unwrap_or(&parameter.name).to_owned();
    let place = match mark.map(Call::name) {
        Some("FromQuery") if kind.is_none() => {
            return Some(Taken::QueryOf(class_of(&parameter.kind).to_owned()));
        }
        Some("FromQuery") => In::Query,
        Some("FromHeader") => In::Header,
        Some("FromRoute") => In::Path,
        Some("FromForm") if kind.is_some() => return Some(Taken::Field(name)),
        Some("FromBody" | "FromForm") => return Some(Taken::Body(class_of(&parameter.kind).to_owned())),
        Some(_) => return None,
        None => return kind.map(|kind| Taken::Parameter(In::Query, name, kind.to_owned())),
    };
    Some(Taken::Parameter(place, name, kind.unwrap_or_default().to_owned()))
}

/// Names of methods in a list of texts.
pub(crate) fn verbs_of(node: &Node) -> Vec<String> {
    let name = |node: &Node| {
        let name = node.text().unwrap_or(node.last_name());
        name.strip_prefix("METHOD_").or(name.strip_prefix("Method")).unwrap_or(name).to_ascii_uppercase()
    };
    node.values().iter().map(name).filter(|name| !name.is_empty()).collect()
}

/// What the paths of a module of Java begin with, as its settings say it: these, one behind the other.
pub(crate) fn prefixes<'c>(path: &str, unit: &'c Unit, names: &[&str]) -> Vec<(u32, Meaning<'c>)> {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    if !name.starts_with("application.") {
        return Vec::new();
    }
    let named = |name: &&str| unit.body.iter().find_map(|node| setting(node, name));
    let path: Vec<&Node> = names.iter().filter_map(named).filter(|node| node.text().is_some()).collect();
    let Some(line) = path.first().map(|node| node.line) else { return Vec::new() };
    let module = format!("/{folder}/").find("/src/main/").and_then(|at| folder.get(..at.saturating_sub(1)));
    let below = Below::Folder(module.unwrap_or(folder).to_owned());
    vec![(line, Meaning::Everywhere { path, except: None, below })]
}

/// A parameter of a request, of no type.
pub(crate) fn parameter(place: In, name: &str) -> Option<Taken> {
    // How callers prove who they are is no parameter.
    let is_credential = matches!(place, In::Header) && name.eq_ignore_ascii_case("authorization");
    let is_name = !name.is_empty()
        && !is_credential
        && name.len() <= 64
        && name.chars().all(|letter| letter.is_alphanumeric() || "_-.[]".contains(letter));
    is_name.then(|| Taken::Parameter(place, name.to_owned(), String::new()))
}
