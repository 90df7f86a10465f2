//! What is done to one node of a policy: a rule dropped, a scope widened, a limit raised, a claim swapped.

use serde_json::{Value, json};

/// A node, as far as a change looks at it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'p> {
    /// Names of members and numbers of items on the way from the root.
    pub(super) path: &'p [String],
    pub(super) value: &'p Value,
    /// Scopes that the document declares.
    pub(super) scopes: &'p [String],
}

/// What a node becomes.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Change {
    /// In plain words.
    pub(super) what: String,
    /// Nothing where it is taken out.
    pub(super) after: Option<Value>,
}

/// Every kind of change.
const KINDS: &[fn(&Place<'_>) -> Vec<Change>] =
    &[dropped, disarmed, flipped, raised, opened, widened, swapped];

const METHODS: &[&str] = &["get", "put", "post", "delete", "options", "head", "patch", "trace"];

/// Audience and claim that the demo's tokens have as well, the one in a token that is for somebody else.
const OTHER_AUDIENCE: &str = "billing";
const OTHER_CLAIM: &str = "sub";

/// What a limit may count by.
const KEYS: &[&str] = &["ip", "principal", "client", "operation"];

/// Members whose text names something that another text would not.
const NAMING: &[&str] = &["issuer", "principal", "sha256", "name", "at", "path", "url"];

/// Modes in which a control refuses nothing.
pub(super) const MODES: &[&str] = &["off", "shadow"];

/// Every change of one node.
pub(super) fn all(place: &Place<'_>) -> Vec<Change> {
    KINDS.iter().flat_map(|kind| kind(place)).collect()
}

impl<'p> Place<'p> {
    /// The name of the member that the node is, or that the list is whose item it is.
    fn name(&self) -> &'p str {
        let names = self.path.iter().rev().map(String::as_str);
        names.into_iter().find(|name| name.parse::<usize>().is_err()).unwrap_or_default()
    }
}

fn to(value: Value, what: &str) -> Vec<Change> {
    vec![Change { what: format!("{what} `{value}`"), after: Some(value) }]
}

fn dropped(_: &Place<'_>) -> Vec<Change> {
    vec![Change { what: "dropped".to_owned(), after: None }]
}

/// The settings of a control kept, and the control off or only watching.
fn disarmed(place: &Place<'_>) -> Vec<Change> {
    let is_control = matches!(place.path, [.., above, _] if above == "x-palisade" || above == "controls");
    let Some(settings) = place.value.as_object().filter(|_| is_control) else { return Vec::new() };
    let set = |mode: &&str| {
        let mut settings = settings.clone();
        settings.insert("mode".to_owned(), json!(mode));
        Change { what: mode_words(mode), after: Some(Value::Object(settings)) }
    };
    MODES.iter().map(set).collect()
}

/// What it is called where a control gets a mode.
pub(super) fn mode_words(mode: &str) -> String {
    format!("set to `{mode}`")
}

fn flipped(place: &Place<'_>) -> Vec<Change> {
    place.value.as_bool().map_or_else(Vec::new, |value| to(json!(!value), "flipped to"))
}

/// Bounds of schemas by one, all others twofold.
fn raised(place: &Place<'_>) -> Vec<Change> {
    let name = place.name();
    match (place.value.as_i64(), place.value.as_str().and_then(doubled)) {
        (Some(bound), _) if name.starts_with("min") => to(json!(bound - 1), "lowered to"),
        (Some(bound), _) if name.starts_with("max") => to(json!(bound + 1), "raised to"),
        (Some(bound), _) => to(json!(bound * 2), "raised to"),
        (None, Some(quantity)) => to(json!(quantity), "raised to"),
        (None, None) => Vec::new(),
    }
}

/// Twice a quantity, as in `16KiB` and `20/min`.
fn doubled(text: &str) -> Option<String> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at_checked(digits)?;
    let is_unit = unit.chars().all(|letter| letter.is_ascii_alphabetic() || letter == '/');
    let number: u64 = number.parse().ok()?;
    (is_unit && !unit.is_empty()).then(|| format!("{}{unit}", number * 2))
}

/// An operation that asks nobody for anything.
fn opened(place: &Place<'_>) -> Vec<Change> {
    let is_operation =
        matches!(place.path, [paths, _, method] if paths == "paths" && METHODS.contains(&method.as_str()));
    let mut operation = place.value.clone();
    match operation.as_object_mut() {
        Some(members) if is_operation && members.get("security") != Some(&json!([])) => {
            members.insert("security".to_owned(), json!([]));
            vec![Change { what: "opened to everybody".to_owned(), after: Some(operation) }]
        }
        _ => Vec::new(),
    }
}

/// Another scope in the place of one that is asked for, and another audience beside those that are accepted.
fn widened(place: &Place<'_>) -> Vec<Change> {
    match (place.path, place.value) {
        ([.., security, _, _, _], Value::String(scope)) if security == "security" => {
            let others = place.scopes.iter().filter(|other| *other != scope);
            others.flat_map(|other| to(json!(other), "swapped for")).collect()
        }
        ([.., audiences], Value::Array(accepted)) if audiences == "audiences" => {
            let more: Vec<Value> = accepted.iter().cloned().chain([json!(OTHER_AUDIENCE)]).collect();
            to(json!(more), "widened to")
        }
        _ => Vec::new(),
    }
}

fn swapped(place: &Place<'_>) -> Vec<Change> {
    let Some(text) = place.value.as_str() else { return Vec::new() };
    let others: Vec<String> = match place.name() {
        "claim" => vec![OTHER_CLAIM.to_owned()],
        "audiences" => vec![OTHER_AUDIENCE.to_owned()],
        "key" => KEYS.iter().filter(|key| **key != text).map(|key| (*key).to_owned()).collect(),
        name if NAMING.contains(&name) => vec![another(text)],
        _ => Vec::new(),
    };
    others.into_iter().flat_map(|other| to(json!(other), "swapped for")).collect()
}

/// A text of the same form: its last letter or digit is the next one.
fn another(text: &str) -> String {
    let mut letters: Vec<char> = text.chars().collect();
    if let Some(last) = letters.last_mut() {
        *last = if *last == 'a' { 'b' } else { 'a' };
    }
    letters.into_iter().collect()
}

#[test]
fn each_kind_of_node_has_its_changes() {
    let check = |path: &str, value: Value| {
        let path: Vec<String> = path.split(' ').map(str::to_owned).collect();
        let scopes = ["read".to_owned(), "write".to_owned()];
        let changes = all(&Place { path: &path, value: &value, scopes: &scopes });
        assert_eq!(changes[0], Change { what: "dropped".into(), after: None });
        changes[1..].iter().map(|change| change.what.clone()).collect::<Vec<_>>()
    };
    assert_eq!(check("a pattern", json!("^a$")), [""; 0]);
    assert_eq!(check("a hide", json!(true)), ["flipped to `false`"]);
    assert_eq!(check("x-palisade object", json!({"hide": true})), ["set to `off`", "set to `shadow`"]);
    assert_eq!(check("x-palisade sensitive", json!(true)), ["flipped to `false`"]);
    assert_eq!(check("a maxItems", json!(20)), ["raised to `21`"]);
    assert_eq!(check("a minItems", json!(1)), ["lowered to `0`"]);
    assert_eq!(check("limits 0 burst", json!(40)), ["raised to `80`"]);
    assert_eq!(check("limits 0 rate", json!("20/min")), ["raised to `\"40/min\"`"]);
    assert_eq!(check("body-limits bytes", json!("16KiB")), ["raised to `\"32KiB\"`"]);
    assert_eq!(check("paths /a get", json!({"security": [{"t": []}]})), ["opened to everybody"]);
    assert_eq!(check("paths /a get", json!({"security": []})), [""; 0]);
    assert_eq!(check("paths /a get", json!({})), ["opened to everybody"]);
    assert_eq!(check("security 0 tokens 0", json!("read")), ["swapped for `\"write\"`"]);
    assert_eq!(check("issuers 0 audiences", json!(["orders"])), ["widened to `[\"orders\",\"billing\"]`"]);
    assert_eq!(check("audiences 0", json!("orders")), ["swapped for `\"billing\"`"]);
    assert_eq!(check("owner claim", json!("shop_user")), ["swapped for `\"sub\"`"]);
    assert_eq!(check("key 0", json!("principal")).len(), 3);
    assert_eq!(check("answer 0 at", json!("/owner")), ["swapped for `\"/ownea\"`"]);
}
