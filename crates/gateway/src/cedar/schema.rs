//! The Cedar schema of an API: an action for each operation, and what its requests have for policies to look at.

use std::collections::BTreeSet;

use spec::{Contract, Field, Operation, ParameterLocation, ValueType};

use super::Claims;
use super::facts::{CONTEXT, Fact, PRINCIPALS};

/// The group of actions that only look (RFC 9110 section 9.2.1), and that of all others.
const READ: &str = "read";
const WRITE: &str = "write";

/// Names of types that the schema language has itself.
const BUILT_IN: &[&str] = &[
    "Bool",
    "Boolean",
    "Entity",
    "Extension",
    "Long",
    "Record",
    "Set",
    "String",
    "datetime",
    "decimal",
    "duration",
    "ipaddr",
];

/// Words of the language, which name nothing else.
const WORDS: &[&str] = &["true", "false", "if", "then", "else", "in", "is", "like", "has", "__cedar"];

/// One operation as policies see it.
#[derive(Debug)]
pub(super) struct Action {
    /// Its `operationId`, or its method and path.
    pub(super) name: String,
    /// The groups that it is in.
    pub(super) groups: Vec<String>,
    /// The type of what it is done to.
    pub(super) resource: String,
    /// What stands in the path and in the query.
    pub(super) parameters: Vec<Attribute>,
    /// What stands in a body of JSON.
    pub(super) body: Option<Body>,
}

/// A parameter.
#[derive(Debug, Clone)]
pub(super) struct Attribute {
    pub(super) location: ParameterLocation,
    /// Its place among the operation's parameters.
    pub(super) index: usize,
    pub(super) field: Field,
}

/// A body.
#[derive(Debug, Clone)]
pub(super) struct Body {
    /// Whether every request has one.
    pub(super) required: bool,
    pub(super) fields: Vec<Field>,
}

/// The actions of the contract's operations, in their order.
pub(super) fn actions(contract: &Contract) -> Vec<Action> {
    let (mut names, mut types) = (BTreeSet::new(), BTreeSet::new());
    names.extend([READ, WRITE].map(str::to_owned));
    let tags = contract.operations.iter().flat_map(|operation| &operation.tags);
    names.extend(tags.map(|tag| group_of(tag)));
    contract.operations.iter().map(|operation| action(operation, &mut names, &mut types)).collect()
}

fn action(operation: &Operation, names: &mut BTreeSet<String>, types: &mut BTreeSet<String>) -> Action {
    let own = operation.operation_id.clone().filter(|id| !names.contains(id));
    let name = own.unwrap_or_else(|| format!("{} {}", operation.method, operation.path));
    names.insert(name.clone());
    let mut resource = identifier(&name);
    while !types.insert(resource.clone()) {
        resource.push('_');
    }
    let is_safe = matches!(operation.method.as_str(), "GET" | "HEAD" | "OPTIONS" | "TRACE" | "QUERY");
    let mut groups = vec![if is_safe { READ } else { WRITE }.to_owned()];
    groups.extend(operation.tags.iter().map(|tag| group_of(tag)));
    groups.dedup();
    let parameters = operation.parameters.iter().enumerate().filter_map(|(index, parameter)| {
        let value_type = parameter.value_type()?;
        let field = Field { name: parameter.name.clone(), required: parameter.required, value_type };
        Some(Attribute { location: parameter.location, index, field })
    });
    Action {
        name,
        groups,
        resource: format!("Resource::{resource}"),
        parameters: parameters.collect(),
        body: body(operation),
    }
}

/// The first body that is an object of JSON with members that are declared.
fn body(operation: &Operation) -> Option<Body> {
    let body = operation.request_body.as_ref()?;
    let is_json = |content: &&spec::Content| {
        content.media.closeness("application/json").is_some()
            || crate::content::is_json(content.media.as_str())
    };
    let fields = body.content.iter().filter(is_json).find_map(|content| match &content.value_type {
        Some(ValueType::Record(fields)) if !fields.is_empty() => Some(fields.clone()),
        _ => None,
    });
    Some(Body { required: body.required, fields: fields? })
}

fn group_of(tag: &str) -> String {
    format!("tag:{tag}")
}

/// The name of a type that is as near to `name` as the language allows.
fn identifier(name: &str) -> String {
    let plain = |letter: char| if letter.is_ascii_alphanumeric() { letter } else { '_' };
    let mut text: String = name.chars().map(plain).collect();
    if !text.starts_with(|first: char| first.is_ascii_alphabetic()) {
        text.insert(0, '_');
    }
    if BUILT_IN.contains(&text.as_str()) || WORDS.contains(&text.as_str()) {
        text.push('_');
    }
    text
}

/// The schema in Cedar's own language.
pub(super) fn text(contract: &Contract, actions: &[Action], claims: &Claims) -> String {
    let mut text = format!("// What policies of `{}` can speak of.\n", one_line(&contract.title));
    let claims = claims.iter().map(|(name, value_type)| member(name, false, &cedar_type(value_type)));
    text.push_str(&format!(
        "\n// Of the token, as the config names them.\ntype Claims = {};\n",
        braced(claims)
    ));
    text.push_str(&format!("\ntype Context = {};\n", braced(CONTEXT.iter().map(fact))));
    for principal in &PRINCIPALS {
        let claims = principal.has_claims.then(|| member("claims", true, "Claims"));
        let facts = principal.facts.iter().map(|own| fact(own)).chain(claims);
        text.push_str(&format!(
            "\n// {}\nentity {} = {};\n",
            principal.meaning,
            principal.name,
            braced(facts)
        ));
    }
    let groups: BTreeSet<&str> =
        actions.iter().flat_map(|action| &action.groups).map(String::as_str).collect();
    if !groups.is_empty() {
        let groups: Vec<String> = groups.into_iter().map(quoted).collect();
        text.push_str(&format!("\naction {};\n", groups.join(", ")));
    }
    let principals = PRINCIPALS.each_ref().map(|principal| principal.name).join(", ");
    for (action, operation) in actions.iter().zip(&contract.operations) {
        let groups: Vec<String> = action.groups.iter().map(|group| quoted(group)).collect();
        let place = one_line(&format!("{} {}", operation.method, operation.path));
        text.push_str(&format!(
            "\n// {place}\naction {} in [{}] appliesTo {{\n",
            quoted(&action.name),
            groups.join(", ")
        ));
        text.push_str(&format!("  principal: [{principals}],\n  resource: {},\n", action.resource));
        text.push_str("  context: Context,\n};\n");
    }
    text.push_str("\nnamespace Resource {\n");
    for action in actions {
        let name = action.resource.trim_start_matches("Resource::");
        text.push_str(&format!("  entity {name} = {};\n", resource(action)));
    }
    text + "}\n"
}

fn resource(action: &Action) -> String {
    let part = |name: &str, location| {
        let attributes = action.parameters.iter().filter(move |attribute| attribute.location == location);
        let fields: Vec<&Field> = attributes.map(|attribute| &attribute.field).collect();
        (!fields.is_empty()).then(|| member(name, true, &record(fields.into_iter())))
    };
    let body = action.body.as_ref().map(|body| member("body", body.required, &record(body.fields.iter())));
    let parts = [part("path", ParameterLocation::Path), part("query", ParameterLocation::Query), body];
    braced(parts.into_iter().flatten())
}

fn fact(fact: &Fact) -> String {
    member(fact.name, fact.required, fact.cedar_type)
}

fn record<'f>(fields: impl Iterator<Item = &'f Field>) -> String {
    braced(fields.map(|field| member(&field.name, field.required, &cedar_type(&field.value_type))))
}

fn cedar_type(value_type: &ValueType) -> String {
    match value_type {
        ValueType::Text => "String".to_owned(),
        ValueType::Boolean => "Bool".to_owned(),
        ValueType::Integer => "Long".to_owned(),
        ValueType::Number => "decimal".to_owned(),
        ValueType::List(item) => format!("Set<{}>", cedar_type(item)),
        ValueType::Record(fields) => record(fields.iter()),
    }
}

fn member(name: &str, required: bool, cedar_type: &str) -> String {
    let is_plain = identifier(name) == name;
    let name = if is_plain { name.to_owned() } else { quoted(name) };
    format!("{name}{}: {cedar_type}", if required { "" } else { "?" })
}

fn braced(members: impl Iterator<Item = String>) -> String {
    let members: Vec<String> = members.collect();
    if members.is_empty() { "{}".to_owned() } else { format!("{{ {} }}", members.join(", ")) }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.escape_debug())
}

/// `text` within a comment.
fn one_line(text: &str) -> String {
    text.replace(char::is_control, " ")
}
