//! Sends written-down requests to a written-down contract, for tests.

use http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use http::{HeaderMap, Method};
use model::Severity;

use super::{BodyLimits, Contract, compile};
use crate::document::{Document, Limits};
use crate::parameter::RequestView;
use crate::query::Query;
use crate::reference::Library;

/// A contract and what was wrong with its document.
pub(crate) struct Trial {
    pub(crate) contract: Contract,
    pub(crate) problems: Vec<model::Problem>,
}

impl Trial {
    pub(crate) fn of(document: &str) -> Trial {
        let (document, mut problems) = Document::parse("api.yaml", document, &Limits::default());
        let (contract, found) = compile(&Library::of(document));
        problems.extend(found);
        Trial { contract, problems }
    }

    /// An OpenAPI 3.0 document with these `paths`, which must compile without a word.
    pub(crate) fn of_paths(paths: &str) -> Trial {
        let trial = Trial::of(&format!("openapi: 3.0.3\ninfo: {{title: t, version: '1'}}\npaths:\n{paths}"));
        assert_eq!(trial.said(), Vec::<String>::new());
        trial
    }

    /// Severity, line and message of every problem.
    pub(crate) fn said(&self) -> Vec<String> {
        let shown = self.problems.iter().map(|problem| {
            let severity = match problem.severity {
                Severity::Note => "note",
                Severity::Warning => "warning",
                Severity::Error => "error",
            };
            let line = problem.position.as_ref().map_or(0, |position| position.line);
            format!("{severity} {line}: {}", problem.message)
        });
        shown.collect()
    }

    /// What comes of a request written as `METHOD /path?query`, header lines, an empty line and a body: `ok`, `no
    /// path`, `no method`, `undeclared name`, or the violation.
    pub(crate) fn send(&self, request: &str) -> String {
        let (head, body) = request.split_once("\n\n").unwrap_or((request, ""));
        let mut lines = head.lines();
        let (method, target) = lines.next().unwrap().split_once(' ').unwrap();
        let mut headers = HeaderMap::new();
        for line in lines {
            let (name, value) = line.trim().split_once(':').unwrap();
            headers.append(name.parse::<HeaderName>().unwrap(), HeaderValue::from_str(value.trim()).unwrap());
        }
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let Some(found) = self.contract.router.find(path) else { return "no path".to_owned() };
        let Some(index) = found.route.operation(&method.parse::<Method>().unwrap()) else {
            return "no method".to_owned();
        };
        let operation = self.contract.operation(index).unwrap();
        let query = match Query::parse(query, 64) {
            Ok(query) => query,
            Err(fault) => return fault.as_str().to_owned(),
        };
        let captures: Vec<&str> = found.captures().collect();
        let view = RequestView { captures: &captures, query: &query, headers: &headers };
        if let Err(violation) = operation.check_parameters(&view) {
            return violation.to_string();
        }
        if let Some(name) = operation.undeclared_query(&query) {
            return format!("undeclared {name}");
        }
        let content_type = headers.get(CONTENT_TYPE).map(|value| value.to_str().unwrap());
        let checked = operation
            .request_body
            .as_ref()
            .map(|declared| declared.check(content_type, body.as_bytes(), &BodyLimits::default()));
        match checked {
            Some(Err(violation)) => violation.to_string(),
            Some(Ok(())) | None => "ok".to_owned(),
        }
    }

    /// Every request with what must come of it.
    #[track_caller]
    pub(crate) fn check(&self, cases: &[(&str, &str)]) {
        for (request, expected) in cases {
            assert_eq!(self.send(request), *expected, "{request}");
        }
    }

    /// The same for JSON sent to `POST /`.
    #[track_caller]
    pub(crate) fn check_bodies(&self, cases: &[(&str, &str)]) {
        for (body, expected) in cases {
            let request = format!("POST /\nContent-Type: application/json\n\n{body}");
            assert_eq!(self.send(&request), *expected, "{body}");
        }
    }
}
