//! What the fields of a class are called where they are sent, and the fields of what is as good as a class: schemas of validators.

use crate::code::syntax::{Call, Class, Kind, Node, Parameter};

/// Fields of a class with their types, by the names that they are sent with.
pub(super) fn fields(class: &Class) -> Vec<(String, String)> {
    let style = class.marks.iter().filter_map(Node::call).find_map(|mark| mark.named("rename_all")?.text());
    // What a class of Ktor is within is a field of it, and no value of requests.
    let is_part = class.marks.iter().any(|mark| mark.last_name() == "Resource");
    let own = class.fields.iter().filter(|field| !field.marks.iter().any(is_hidden));
    let own = own.filter(|field| !is_part || &*field.name != "parent");
    let own = own.map(|field| (sent(field, style), field.kind.to_string()));
    let made = class.body.iter().filter_map(|node| match &node.kind {
        // `title = serializers.CharField()`, `name = fields.Str()`
        Kind::Let(binding) if is_field(&binding.value) => Some((binding.name.to_string(), String::new())),
        _ => None,
    });
    // `rules()` of a request of Laravel says what it holds.
    let rules = class.body.iter().filter_map(Node::function).find(|function| &*function.name == "rules");
    let all: Vec<(String, String)> = match rules {
        Some(rules) => ruled(&rules.body),
        None => own.chain(made).collect(),
    };
    let Some(meta) = class.body.iter().find_map(meta) else { return all };
    let listed = |name: &str| meta.iter().find(|(known, _)| *known == name).map(|(_, names)| names);
    let read_only = listed("read_only_fields");
    let names = listed("fields").filter(|names| !names.is_empty());
    let names = names.map_or_else(|| all.iter().map(|(name, _)| name.clone()).collect(), Clone::clone);
    let hidden = |name: &String| {
        class.body.iter().any(|node| matches!(&node.kind, Kind::Let(binding) if *binding.name == **name && is_read_only(&binding.value)))
    };
    let names = names
        .into_iter()
        .filter(|name| !read_only.is_some_and(|names| names.contains(name)) && !hidden(name));
    names.map(|name| (name, String::new())).collect()
}

/// Names of the object that a function gives; those behind a dot are within others.
fn ruled(body: &[Node]) -> Vec<(String, String)> {
    let mut names: Vec<(String, String)> = Vec::new();
    for node in body {
        node.visit(&mut |node| {
            if let Kind::Return(value) = &node.kind
                && let Kind::Map(members) = &value.kind
            {
                let of = |name: &str| name.split('.').next().unwrap_or_default().to_owned();
                names.extend(members.iter().map(|(name, _)| (of(name), String::new())));
            }
            true
        });
    }
    names.retain(|(name, _)| !name.is_empty());
    names
}

/// Lists of names that a class within a class has: `class Meta: fields = ("title", "body")`.
fn meta(node: &Node) -> Option<Vec<(&str, Vec<String>)>> {
    let Kind::Class(class) = &node.kind else { return None };
    (&*class.name == "Meta").then_some(())?;
    let lists = class.body.iter().filter_map(|node| match &node.kind {
        Kind::Let(binding) => {
            let names = binding.value.values().iter().filter_map(Node::text);
            Some((&*binding.name, names.filter(|name| *name != "__all__").map(str::to_owned).collect()))
        }
        _ => None,
    });
    Some(lists.collect())
}

/// Whether a value is the field of a schema, which callers may send.
fn is_field(node: &Node) -> bool {
    let Some(call) = node.call() else { return false };
    let of = call.receiver().map(Node::last_name).unwrap_or_default();
    let is_made =
        matches!(of, "serializers" | "fields" | "ma") && call.name().starts_with(char::is_uppercase);
    (is_made || call.name().ends_with("Field") || call.name().ends_with("Serializer")) && !is_read_only(node)
}

fn is_read_only(node: &Node) -> bool {
    let is_true = |value: &Node| value.last_name() == "True";
    node.call().is_some_and(|call| {
        ["read_only", "dump_only"].iter().any(|name| call.named(name).is_some_and(is_true))
            || call.name() == "SerializerMethodField"
    })
}

/// Marks that give a field the name that it is sent with.
const NAMES: &[&str] = &[
    "JsonProperty",
    "JsonPropertyName",
    "JsonbProperty",
    "SerialName",
    "SerializedName",
    "Json",
    "serde",
    "FromQuery",
    "FromForm",
    "FromHeader",
    "QueryParam",
    "FormParam",
    "QueryValue",
    "Expose",
];

fn sent(field: &Parameter, style: Option<&str>) -> String {
    let said = field.marks.iter().filter_map(Node::call).filter(|mark| NAMES.contains(&mark.name()));
    let mut said = said.filter_map(|mark| {
        let named = ["value", "name", "Name", "rename"].iter().find_map(|name| mark.named(name));
        named.or(mark.unnamed(0)).and_then(Node::text)
    });
    match (said.next_back(), style) {
        (Some(name), _) => name.to_owned(),
        (None, Some("camelCase")) => camel(&field.name),
        (None, Some("PascalCase")) => {
            let name = camel(&field.name);
            let mut letters = name.chars();
            letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect()
        }
        (None, Some("kebab-case")) => field.name.replace('_', "-"),
        (None, _) => field.name.to_string(),
    }
}

fn camel(name: &str) -> String {
    let mut words = name.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |name, word| {
        let mut letters = word.chars();
        let capital = letters.next().into_iter().flat_map(char::to_uppercase);
        name + &capital.chain(letters).collect::<String>()
    })
}

/// Whether a mark says that a field is not sent.
fn is_hidden(mark: &Node) -> bool {
    match mark.call() {
        Some(call) if call.name() == "serde" => {
            call.arguments.iter().any(|one| matches!(one.value.last_name(), "skip" | "skip_deserializing"))
        }
        Some(call) => matches!(call.name(), "JsonIgnore" | "JsonbTransient" | "Transient" | "Exclude"),
        None => false,
    }
}

/// Calls that make a schema of an object: `z.object({…})`, `Joi.object().keys({…})`, `Type.Object({…})`, `api.model('User', {…})`.
const SCHEMAS: &[&str] = &[
    "object",
    "Object",
    "strictObject",
    "looseObject",
    "keys",
    "shape",
    "model",
    "from_dict",
    "strict",
    "partial",
    "required",
];

/// The members of a schema, if a value is one.
pub(super) fn schema(node: &Node) -> Option<&[(Box<str>, Node)]> {
    match &node.kind {
        Kind::Call(call) => schema_of(call),
        // A schema of JSON.
        Kind::Map(_) => match &node.member("properties")?.kind {
            Kind::Map(members) => Some(members),
            _ => None,
        },
        _ => None,
    }
}

fn schema_of(call: &Call) -> Option<&[(Box<str>, Node)]> {
    let is_schema = SCHEMAS.contains(&call.name());
    let given = call.arguments.iter().rev().map(|argument| &argument.value);
    let members = given.filter(|_| is_schema).find_map(|value| match &value.kind {
        Kind::Map(members) => Some(members.as_slice()),
        _ => None,
    });
    // `z.object({…}).strict()`
    members.or_else(|| schema(call.receiver()?))
}
