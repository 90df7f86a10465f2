//! Every mutant of the demo's policy, found by walking its documents node by node.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use spec::{Document, Kind, Limits, Node};

use super::change::{self, Change, MODES, Place};
use crate::demo::policy::Policy;
use crate::failure::{Failure, Outcome};

/// Members that say nothing of who may do what, wherever they stand.
const DESCRIBING: &[&str] =
    &["openapi", "overlay", "info", "summary", "description", "operationId", "default", "reason"];

/// Members that are read by nothing that is in force in the demo: no control holds answers against the document, and what a
/// flow of OAuth looks like is the issuer's to know.
const UNREAD: &[&str] = &["responses", "flows"];

/// Members of the config that say where the program runs, and not what it lets through.
const RUNNING: &[&str] = &["version", "listen", "admin", "data", "workers", "upstream"];

/// Where the modes of controls are set.
const CONTROLS: &str = "/apis/0/controls";

/// A policy that differs in one node.
#[derive(Debug)]
pub(super) struct Mutant {
    pub(super) file: &'static str,
    /// Of the node; first is 1.
    line: usize,
    column: usize,
    pub(super) pointer: String,
    pub(super) what: String,
    pub(super) policy: Policy,
}

impl Mutant {
    /// Where, and what was changed.
    pub(super) fn line(&self) -> String {
        format!("{}:{}:{}: {} {}", self.file, self.line, self.column, self.pointer, self.what)
    }
}

/// The same policy in the form that mutants have, with nothing changed.
pub(super) fn unchanged(policy: &Policy) -> Outcome<Policy> {
    let files =
        policy.0.iter().map(|(name, text)| Ok((*name, read(name, text)?.root().to_value().to_string())));
    files.collect::<Outcome<_>>().map(Policy)
}

/// Every mutant; `in_force` are the controls that can be turned off.
pub(super) fn all(policy: &Policy, in_force: &BTreeSet<String>) -> Outcome<Vec<Mutant>> {
    let unchanged = unchanged(policy)?;
    let mut mutants = Vec::new();
    for (file, text) in &policy.0 {
        let document = read(file, text)?;
        let root = document.root().to_value();
        let walk = Walk { file, document: &document, scopes: scopes(&root), root, unchanged: &unchanged };
        walk.below(&mut Vec::new(), document.root(), &mut mutants);
        if let Some(controls) = document.root().pointer(CONTROLS) {
            walk.modes(controls, in_force, &mut mutants);
        }
    }
    Ok(mutants)
}

fn read(file: &str, text: &str) -> Outcome<Document> {
    let (document, problems) = Document::parse(file, text, &Limits::default());
    match problems.first() {
        None => Ok(document),
        Some(problem) => Err(Failure::new(format!("`{file}`: {problem}"))),
    }
}

/// Scopes that a document declares, in its order.
fn scopes(root: &Value) -> Vec<String> {
    let members = |value: &Value| value.as_object().cloned().unwrap_or_default();
    let schemes = members(root.pointer("/components/securitySchemes").unwrap_or(&Value::Null));
    let flows = schemes.values().filter_map(|scheme| scheme.get("flows")).flat_map(members);
    flows
        .filter_map(|(_, flow)| flow.get("scopes").map(members))
        .flat_map(|scopes| scopes.into_iter())
        .map(|(name, _)| name)
        .collect()
}

struct Walk<'w> {
    file: &'static str,
    document: &'w Document,
    root: Value,
    scopes: Vec<String>,
    unchanged: &'w Policy,
}

impl Walk<'_> {
    /// The mutants of everything below `node`, which is at `path`.
    fn below(&self, path: &mut Vec<String>, node: Node<'_>, mutants: &mut Vec<Mutant>) {
        let children: Vec<(String, Node<'_>)> = match node.kind() {
            Kind::Object => node.entries().map(|entry| (entry.key.to_owned(), entry.value)).collect(),
            _ => node.items().enumerate().map(|(number, item)| (number.to_string(), item)).collect(),
        };
        for (name, child) in children {
            if !self.is_policy(path, &name) {
                continue;
            }
            path.push(name);
            let value = child.to_value();
            for change in change::all(&Place { path, value: &value, scopes: &self.scopes }) {
                mutants.extend(self.mutant(path, child, change));
            }
            self.below(path, child, mutants);
            path.pop();
        }
    }

    /// Each control that is in force by itself, set for the whole API.
    fn modes(&self, controls: Node<'_>, in_force: &BTreeSet<String>, mutants: &mut Vec<Mutant>) {
        for control in in_force.iter().filter(|control| controls.get(control).is_none()) {
            for mode in MODES {
                let path: Vec<String> =
                    CONTROLS.split('/').skip(1).chain([control.as_str()]).map(str::to_owned).collect();
                let change = Change { what: change::mode_words(mode), after: Some(json!(mode)) };
                mutants.extend(self.mutant(&path, controls, change));
            }
        }
    }

    fn is_policy(&self, path: &[String], name: &str) -> bool {
        // Names of properties and parameters are the team's, and may be any.
        let is_free =
            path.last().is_some_and(|last| ["properties", "paths", "scopes"].contains(&last.as_str()));
        let is_running = self.file == "palisade.yaml"
            && (path.is_empty() || path.len() == 2)
            && (RUNNING.contains(&name) || (path.len() == 2 && name == "name"));
        is_free || !(DESCRIBING.contains(&name) || UNREAD.contains(&name) || is_running)
    }

    fn mutant(&self, path: &[String], place: Node<'_>, change: Change) -> Option<Mutant> {
        let text = edited(&self.root, path, change.after)?.to_string();
        let files = self.unchanged.0.iter().map(|(name, unchanged)| {
            (*name, if *name == self.file { text.clone() } else { unchanged.clone() })
        });
        let position = self.document.position(place);
        let pointer =
            path.iter().map(|name| format!("/{}", name.replace('~', "~0").replace('/', "~1"))).collect();
        Some(Mutant {
            file: self.file,
            line: position.line,
            column: position.column,
            pointer,
            what: change.what,
            policy: Policy(files.collect()),
        })
    }
}

/// `root` with the node at `path` replaced, added, or taken out.
fn edited(root: &Value, path: &[String], after: Option<Value>) -> Option<Value> {
    let mut root = root.clone();
    let (last, parents) = path.split_last()?;
    let parent = parents.iter().try_fold(&mut root, |value, name| match value {
        Value::Object(members) => members.get_mut(name),
        Value::Array(items) => items.get_mut(name.parse::<usize>().ok()?),
        _ => None,
    })?;
    match (parent, after) {
        (Value::Object(members), Some(after)) => drop(members.insert(last.clone(), after)),
        (Value::Object(members), None) => drop(members.remove(last)?),
        (Value::Array(items), Some(after)) => *items.get_mut(last.parse::<usize>().ok()?)? = after,
        (Value::Array(items), None) => drop(items.remove(last.parse().ok()?)),
        _ => return None,
    }
    Some(root)
}

#[test]
fn each_node_of_each_file_is_changed_and_named_by_its_place() {
    let spec = "openapi: 3.1.0\npaths:\n  /a:\n    get:\n      summary: A\n      security: [{ t: [r] }]\n";
    let schemes = "components:\n  securitySchemes:\n    t: { flows: { x: { scopes: { r: R, w: W } } } }\n";
    let config = "version: 1\napis:\n  - name: a\n    controls: { scope: { mode: shadow } }\n";
    let policy =
        Policy(vec![("openapi.yaml", format!("{spec}{schemes}")), ("palisade.yaml", config.to_owned())]);
    let mutants = all(&policy, &BTreeSet::from(["jwt".to_owned()])).expect("they are read");
    let lines: Vec<String> = mutants.iter().map(Mutant::line).collect();
    assert_eq!(
        lines,
        [
            "openapi.yaml:3:3: /paths dropped",
            "openapi.yaml:4:5: /paths/~1a dropped",
            "openapi.yaml:5:7: /paths/~1a/get dropped",
            "openapi.yaml:5:7: /paths/~1a/get opened to everybody",
            "openapi.yaml:6:17: /paths/~1a/get/security dropped",
            "openapi.yaml:6:18: /paths/~1a/get/security/0 dropped",
            "openapi.yaml:6:23: /paths/~1a/get/security/0/t dropped",
            "openapi.yaml:6:24: /paths/~1a/get/security/0/t/0 dropped",
            "openapi.yaml:6:24: /paths/~1a/get/security/0/t/0 swapped for `\"w\"`",
            "openapi.yaml:8:3: /components dropped",
            "openapi.yaml:9:5: /components/securitySchemes dropped",
            "openapi.yaml:9:8: /components/securitySchemes/t dropped",
            "palisade.yaml:3:3: /apis dropped",
            "palisade.yaml:3:5: /apis/0 dropped",
            "palisade.yaml:4:15: /apis/0/controls dropped",
            "palisade.yaml:4:24: /apis/0/controls/scope dropped",
            "palisade.yaml:4:24: /apis/0/controls/scope set to `off`",
            "palisade.yaml:4:24: /apis/0/controls/scope set to `shadow`",
            "palisade.yaml:4:32: /apis/0/controls/scope/mode dropped",
            "palisade.yaml:4:15: /apis/0/controls/jwt set to `off`",
            "palisade.yaml:4:15: /apis/0/controls/jwt set to `shadow`",
        ]
    );
    let opened = &mutants[3].policy.0;
    assert!(opened[0].1.contains(r#""security":[]"#) && opened[1].1.contains(r#""mode":"shadow""#));
    assert!(!mutants[6].policy.0[0].1.contains(r#""t":["r"]"#));
}
