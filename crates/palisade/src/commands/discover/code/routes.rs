//! The routes of source code, as they are listed and written.

use std::collections::BTreeSet;

use discover::code::{CodeFindings, In, Route};
use http::Method;
use serde::Serialize;
use spec::{Contract, OperationIndex};

use crate::cli::Status;
use crate::commands::discover::unread::{NotRead, NotUnderstood, not_read, not_understood};
use crate::output::problems::Tool;

/// One route, or an operation that has none.
#[derive(Debug, Serialize)]
pub(super) struct Listed<'r> {
    /// The title of the specification; of what is not declared, the framework.
    api: &'r str,
    pub(super) method: &'r str,
    pub(super) path: String,
    parameters: Vec<Parameter<'r>>,
    /// Names of fields of the body.
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    pub(super) body: &'r [String],
    /// What stands guard, as the code calls it.
    pub(super) authentication: &'r [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) status: Option<Status>,
    confidence: &'static str,
    pub(super) sources: Vec<Source<'r>>,
}

#[derive(Debug, Serialize)]
struct Parameter<'r> {
    name: &'r str,
    r#in: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    r#type: Option<&'r str>,
}

#[derive(Debug, Serialize)]
pub(super) struct Source<'r> {
    kind: &'static str,
    pub(super) file: &'r str,
    pub(super) line: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    framework: Option<&'r str>,
}

/// An operation of a contract: the numbers of both.
type Declared = (usize, usize);

/// Every route, and every operation that has none, by status, path and method.
pub(super) fn listed<'r>(contracts: &'r [Contract], routes: &'r [Route]) -> Vec<Listed<'r>> {
    let mut found: BTreeSet<Declared> = BTreeSet::new();
    let mut listed = Vec::new();
    for route in routes {
        let operations = declared(contracts, route);
        let is_declared = !operations.is_empty();
        found.extend(operations.iter().copied());
        let title = operations.first().and_then(|(contract, _)| contracts.get(*contract));
        let status = match (contracts.is_empty(), is_declared) {
            (true, _) => None,
            (false, true) => Some(Status::Declared),
            // What nothing serves, as far as is known, is the shadow of nothing.
            (false, false) => Some(Status::Shadow).filter(|_| route.is_mounted),
        };
        listed.push(of_route(route, title.map_or(route.framework, |contract| &contract.title), status));
    }
    for (number, contract) in contracts.iter().enumerate() {
        for (index, operation) in contract.operations.iter().enumerate() {
            if !found.contains(&(number, index)) {
                listed.push(orphan(contract, operation));
            }
        }
    }
    listed.sort_by(|a, b| (a.status, &a.path, a.method).cmp(&(b.status, &b.path, b.method)));
    listed
}

/// The operations of contracts that a route serves, whatever their parameters are called.
fn declared(contracts: &[Contract], route: &Route) -> Vec<Declared> {
    let wanted = shape(&route.path);
    let mut declared = Vec::new();
    for (number, contract) in contracts.iter().enumerate() {
        for operation in &contract.operations {
            let is_method = route.method == "*"
                || Method::from_bytes(route.method.as_bytes()).is_ok_and(|method| method == operation.method);
            let OperationIndex(index) = operation.id;
            // Where a program is mounted by what stands before it, its routes have no base path.
            let mut bases = operation.base_paths.iter().map(String::as_str).chain([""]);
            if is_method && bases.any(|base| shape(&format!("{base}{}", operation.path)) == wanted) {
                declared.push((number, index as usize));
            }
        }
    }
    declared
}

/// A template without the names of its parameters, and without a slash at its end.
fn shape(path: &str) -> String {
    discover::inventory::shape(path.trim_end_matches('/'))
}

fn of_route<'r>(route: &'r Route, api: &'r str, status: Option<Status>) -> Listed<'r> {
    let parameters = route.parameters.iter().map(|parameter| Parameter {
        name: &parameter.name,
        r#in: match parameter.place {
            In::Path => "path",
            In::Query => "query",
            In::Header => "header",
            In::Cookie => "cookie",
        },
        r#type: Some(parameter.kind.as_str()).filter(|kind| !kind.is_empty()),
    });
    Listed {
        api,
        method: &route.method,
        path: route.path.clone(),
        parameters: parameters.collect(),
        body: &route.body,
        authentication: &route.guards,
        status,
        confidence: if route.is_mounted { "high" } else { "low" },
        sources: vec![Source {
            kind: "code",
            file: &route.file,
            line: route.line.into(),
            framework: Some(route.framework),
        }],
    }
}

fn orphan<'r>(contract: &'r Contract, operation: &'r spec::Operation) -> Listed<'r> {
    let base = operation.base_paths.first().map(String::as_str).unwrap_or_default();
    let position = operation.position.as_ref();
    Listed {
        api: &contract.title,
        method: operation.method.as_str(),
        path: format!("{base}{}", operation.path),
        parameters: Vec::new(),
        body: &[],
        authentication: &[],
        status: Some(Status::Orphan),
        confidence: "high",
        sources: position
            .map(|position| Source {
                kind: "spec",
                file: &position.file,
                line: position.line as u64,
                framework: None,
            })
            .into_iter()
            .collect(),
    }
}

/// The routes and what was not understood, as one document.
pub(super) fn json(routes: &[Listed<'_>], findings: &CodeFindings) -> serde_json::Result<String> {
    #[derive(Serialize)]
    struct Report<'r> {
        schema_version: u32,
        tool: Tool,
        operations: &'r [Listed<'r>],
        documents: Vec<Document<'r>>,
        not_understood: Vec<NotUnderstood<'r>>,
        not_read: Vec<NotRead<'r>>,
        skipped: Skipped,
    }
    #[derive(Serialize)]
    struct Document<'r> {
        file: &'r str,
        kind: &'static str,
        #[serde(skip_serializing_if = "Option::is_none")]
        operations: Option<u64>,
    }
    #[derive(Serialize)]
    struct Skipped {
        folders: u64,
        bundles: u64,
        tests: u64,
        examples: u64,
        ignored: u64,
        other_files: u64,
    }
    let report = Report {
        schema_version: model::SCHEMA_VERSION,
        tool: Tool::THIS,
        operations: routes,
        documents: findings
            .documents
            .iter()
            .map(|one| Document { file: &one.file, kind: one.kind.name(), operations: one.operations })
            .collect(),
        not_understood: not_understood(&findings.unclear),
        not_read: not_read(&findings.not_read),
        skipped: Skipped {
            folders: findings.skipped.folders,
            bundles: findings.skipped.bundles,
            tests: findings.skipped.tests,
            examples: findings.skipped.examples,
            ignored: findings.skipped.ignored,
            other_files: findings.skipped.others,
        },
    };
    serde_json::to_string_pretty(&report).map(|text| text + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_parameters_do_not_matter() {
        assert_eq!(shape("/orders/{id}/items/{item}/"), "/orders/{}/items/{}");
        assert_eq!(shape("/orders/{id}"), shape("/orders/{orderId}"));
        assert_ne!(shape("/orders/{id}"), shape("/orders/id"));
        assert_ne!(shape("/a/{b}.json"), shape("/a/{b}"));
    }
}
