//! What was seen and is not declared, as changes of the document that does not declare it: for an overlay to lay over it.

mod fields;
#[cfg(test)]
mod tests;

use serde_json::{Value, json};
use spec::{Change, Contract, Edit, Library, ParameterLocation, Spot};

use crate::host_name;
use crate::inventory::shape;
use crate::learn::Learned;
use crate::openapi::{self, METHODS};
use crate::survey::Findings;
use crate::tally::{Confidence, Tally};
use fields::Fields;

/// Something that the document lacks.
#[derive(Debug, Clone, PartialEq)]
pub struct Addition {
    /// The change of the first document of the library that declares it.
    pub edit: Edit,
    /// What it is.
    pub description: String,
}

/// What a document lacks.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Additions {
    /// What can be added.
    pub made: Vec<Addition>,
    /// What cannot, and why.
    pub left_out: Vec<String>,
}

/// What `findings`, which were held against `contract` as the one with the number `number`, have beside what it declares;
/// it was compiled from `library`. What nobody answered is not there, and is left out.
pub fn additions(library: &Library, contract: &Contract, number: usize, findings: &Findings) -> Additions {
    let mut draft = Draft { library, fields: Fields::default(), additions: Additions::default() };
    let tallies = findings.declared.get(number).map(Vec::as_slice).unwrap_or_default();
    for (operation, tally) in contract.operations.iter().zip(tallies) {
        if let Some(tally) = tally.as_ref().filter(|tally| tally.confidence > Confidence::None) {
            draft.complete(operation, tally);
        }
    }
    for learned in &findings.lesson.operations {
        if learned.tally.confidence > Confidence::None {
            draft.declare(contract, learned);
        }
    }
    draft.additions
}

struct Draft<'l> {
    library: &'l Library,
    fields: Fields,
    additions: Additions,
}

impl<'l> Draft<'l> {
    /// The object at which `method` of `path` is declared.
    fn operation(&self, path: &str, method: &str) -> Option<Spot<'l>> {
        let item = self.follow(self.library.root()?.get("paths")?.get(path)?)?;
        item.get(&method.to_ascii_lowercase()).or_else(|| item.get("additionalOperations")?.get(method))
    }

    /// What a `$ref` leads to, or `spot` itself.
    fn follow(&self, spot: Spot<'l>) -> Option<Spot<'l>> {
        let found = self.library.follow(spot.document, spot.node).ok();
        found.map(|(document, node)| Spot { document, node })
    }

    /// Adds a member to the object at `spot`, if that is in the document itself.
    fn add(&mut self, spot: Spot<'l>, key: &str, value: Value, description: String) {
        if spot.document != 0 {
            self.additions.left_out.push(format!("{description}: that is declared in another file"));
            return;
        }
        let edit = Edit { node: spot.node.index(), change: Change::Add(key.to_owned(), value) };
        let addition = Addition { edit, description };
        if !self.additions.made.iter().any(|known| known.edit == addition.edit) {
            self.additions.made.push(addition);
        }
    }

    /// Adds what was seen of a declared operation.
    fn complete(&mut self, operation: &spec::Operation, tally: &Tally) {
        let name = format!("{} {}", operation.method, operation.path);
        let Some(spot) = self.operation(&operation.path, operation.method.as_str()) else { return };
        let in_query = |name: &str| {
            let mut declared = operation.parameters.iter();
            declared.any(|parameter| match parameter.location {
                ParameterLocation::Query => {
                    parameter.name == name || name.split('[').next() == Some(parameter.name.as_str())
                }
                ParameterLocation::QueryString => true,
                _ => false,
            })
        };
        for (parameter, kind) in tally.query.iter().filter(|(name, _)| !in_query(name)) {
            let value = json!([openapi::in_query(parameter, *kind)]);
            self.add(
                spot,
                "parameters",
                value,
                format!("`{name}` was called with `{parameter}` in the query"),
            );
        }
        let answer = |status: u16| {
            let declared = operation.response(http::StatusCode::from_u16(status).ok()?)?;
            Some(declared.status.to_string())
        };
        let responses = spot.get("responses");
        let seen = |status: u16| {
            let answers = tally.bodies.iter().flat_map(|bodies| &bodies.answers);
            answers.into_iter().find(|(known, _)| *known == status).map(|(_, bodies)| bodies)
        };
        for (status, _) in tally.statuses.iter().filter(|(status, _)| answer(*status).is_none()) {
            let value = openapi::response(&tally.answer_types, seen(*status));
            let description = format!("`{name}` answered with {status}");
            match responses {
                Some(responses) => self.add(responses, &status.to_string(), value, description),
                None => self.add(spot, "responses", json!({ status.to_string(): value }), description),
            }
        }
        let Some(bodies) = &tally.bodies else { return };
        if let Some(body) = spot.get("requestBody").and_then(|body| self.follow(body)) {
            self.complete_content(&name, "takes", body, &bodies.request.shape);
        } else if bodies.request.shape.count > 0 {
            let content = openapi::content(&tally.request_types, Some(&bodies.request));
            self.add(spot, "requestBody", json!({ "content": content }), format!("`{name}` takes a body"));
        }
        for (status, bodies) in &bodies.answers {
            let declared = answer(*status).zip(responses).and_then(|(name, responses)| {
                responses.members().find(|(known, _)| known.eq_ignore_ascii_case(&name))
            });
            if let Some(response) = declared.and_then(|(_, response)| self.follow(response)) {
                self.complete_content(&name, "answers with", response, &bodies.shape);
            }
        }
    }

    /// Adds the fields of `shape` that the contents in JSON of a body do not declare.
    fn complete_content(&mut self, name: &str, does: &str, body: Spot<'l>, shape: &crate::shape::Shape) {
        let contents = body.members_of("content").filter(|(media, _)| media.contains("json"));
        // Swagger 2.0 has the schema of an answer at hand.
        let schemas = [body].into_iter().chain(contents.map(|(_, content)| content));
        let schemas: Vec<Spot<'l>> = schemas.filter_map(|holder| holder.get("schema")).collect();
        let mut fields = std::mem::take(&mut self.fields);
        for schema in schemas {
            for missing in fields.missing(&|spot| self.follow(spot), schema, shape) {
                let description = format!("`{name}` {does} `{}`", missing.pointer);
                self.add(missing.object, &missing.key, missing.value, description);
            }
        }
        self.fields = fields;
    }

    /// Adds an operation that nobody declared, where the host and the path are the API's.
    fn declare(&mut self, contract: &Contract, learned: &Learned) {
        let name = format!("{} {}{}", learned.method, learned.host, learned.path);
        let mut hosts = contract.servers.iter().flat_map(|server| &server.hosts).peekable();
        let is_served = learned.host.is_empty() || hosts.peek().is_none();
        if !is_served && !hosts.any(|host| host_name::names(host, &learned.host)) {
            self.additions.left_out.push(format!("`{name}`: the document names other servers"));
            return;
        }
        let bases = contract.servers.iter().map(|server| server.base_path.as_str());
        let below = bases.filter_map(|base| {
            let rest = learned.path.strip_prefix(base)?;
            (rest.starts_with('/')).then_some((base.len(), rest))
        });
        let Some((_, path)) = below.max() else {
            self.additions
                .left_out
                .push(format!("`{name}`: it is not below a path that the document has servers at"));
            return;
        };
        let method = learned.method.to_ascii_lowercase();
        let Some(root) = self.library.root().filter(|_| METHODS.contains(&method.as_str())) else {
            self.additions.left_out.push(format!("`{name}`: a document has no place for its method"));
            return;
        };
        let description = format!("`{name}` is there");
        let Some(paths) = root.get("paths") else {
            let item = json!({ path: { method: openapi::operation(learned) } });
            return self.add(root, "paths", item, description);
        };
        let known = paths.members().find(|(known, _)| shape(known) == shape(path));
        match known.and_then(|(known, item)| Some((known, self.follow(item)?))) {
            Some((known, item)) => {
                let value = openapi::operation(&renamed(learned, known));
                self.add(item, &method, value, description);
            }
            None => {
                let item = json!({ method: openapi::operation(learned) });
                self.add(paths, path, item, description);
            }
        }
    }
}

/// The operation with its parameters called as in the template `path`, which is of the same shape.
fn renamed(learned: &Learned, path: &str) -> Learned {
    let names = path.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name);
    let mut learned = learned.clone();
    // A template that has a base path before it has no more parameters than the learned one, and those at the end.
    let skipped = learned.parameters.len().saturating_sub(names.clone().count());
    for ((known, _), name) in learned.parameters.iter_mut().skip(skipped).zip(names) {
        name.clone_into(known);
    }
    learned.parameters.drain(..skipped);
    learned
}
