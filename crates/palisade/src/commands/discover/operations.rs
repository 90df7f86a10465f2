//! The operations that were found, as they are listed and written.

use discover::{Confidence, Credential, Findings, HostTally, Kind, Learned, Place, Position, Read, Tally};
use model::Timestamp;
use serde::Serialize;
use spec::{Contract, Operation, ParameterLocation};

use super::fields::{Field, fields};
use crate::cli::Status;
use crate::output::problems::Tool;

/// One operation, as it is listed.
#[derive(Debug, Serialize)]
pub(super) struct Listed<'r> {
    /// The title of the specification; of what is not declared, the host.
    pub(super) api: &'r str,
    pub(super) method: &'r str,
    pub(super) path: String,
    parameters: Vec<Parameter<'r>>,
    pub(super) authentication: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) status: Option<Status>,
    confidence: &'static str,
    /// Answers by the first digit of their status.
    #[serde(skip_serializing_if = "Option::is_none")]
    responses: Option<Classes>,
    #[serde(skip_serializing_if = "Option::is_none")]
    clients: Option<u64>,
    /// Media types that were seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    content_types: Option<ContentTypes<'r>>,
    /// Fields of bodies in JSON.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fields: Vec<Field>,
    sources: Vec<Source<'r>>,
    #[serde(skip)]
    pub(super) tally: Option<&'r Tally>,
}

#[derive(Debug, Serialize)]
struct Parameter<'r> {
    name: &'r str,
    r#in: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    r#type: Option<&'static str>,
}

#[derive(Debug, Serialize)]
struct Classes {
    #[serde(rename = "1xx")]
    informational: u64,
    #[serde(rename = "2xx")]
    success: u64,
    #[serde(rename = "3xx")]
    redirection: u64,
    #[serde(rename = "4xx")]
    client_error: u64,
    #[serde(rename = "5xx")]
    server_error: u64,
    unknown: u64,
}

#[derive(Debug, Serialize)]
struct ContentTypes<'r> {
    request: &'r [Box<str>],
    response: &'r [Box<str>],
}

#[derive(Debug, Serialize)]
struct Source<'r> {
    kind: &'static str,
    file: &'r str,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    entry: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    packet: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    first_seen: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_seen: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    count: Option<u64>,
}

/// Every operation: those of each contract, and those that none declares, by status, host, path and method.
pub(super) fn listed<'r>(
    contracts: &'r [Contract],
    findings: &'r Findings,
    files: &'r [String],
) -> Vec<Listed<'r>> {
    let mut listed: Vec<Listed<'r>> = Vec::new();
    for (contract, tallies) in contracts.iter().zip(&findings.declared) {
        for (operation, tally) in contract.operations.iter().zip(tallies) {
            listed.push(declared(contract, operation, tally.as_ref(), files));
        }
    }
    let status = (!contracts.is_empty()).then_some(Status::Shadow);
    listed.extend(findings.lesson.operations.iter().map(|learned| shadow(learned, status, files)));
    listed.sort_by(|a, b| (a.status, a.api, &a.path, a.method).cmp(&(b.status, b.api, &b.path, b.method)));
    listed
}

fn declared<'r>(
    contract: &'r Contract,
    operation: &'r Operation,
    tally: Option<&'r Tally>,
    files: &'r [String],
) -> Listed<'r> {
    let is_seen = tally.is_some_and(|tally| tally.confidence > Confidence::None);
    let status = match (is_seen, operation.deprecated) {
        (false, _) => Status::Orphan,
        (true, true) => Status::Zombie,
        (true, false) => Status::Declared,
    };
    let parameters = operation.parameters.iter().map(|parameter| Parameter {
        name: &parameter.name,
        r#in: match parameter.location {
            ParameterLocation::Path => "path",
            ParameterLocation::Query => "query",
            ParameterLocation::QueryString => "querystring",
            ParameterLocation::Header => "header",
            ParameterLocation::Cookie => "cookie",
        },
        r#type: None,
    });
    let spec = operation.position.as_ref().map(|position| Source {
        kind: "spec",
        file: &position.file,
        line: Some(position.line as u64),
        entry: None,
        packet: None,
        first_seen: None,
        last_seen: None,
        count: None,
    });
    let base = operation.base_paths.first().map(String::as_str).unwrap_or_default();
    Listed {
        api: &contract.title,
        method: operation.method.as_str(),
        path: format!("{base}{}", operation.path),
        parameters: parameters.collect(),
        authentication: tally.map(authentication).unwrap_or_default(),
        status: Some(status),
        confidence: Confidence::High.name(),
        responses: tally.map(classes),
        clients: tally.map(|tally| tally.clients.count()),
        content_types: tally.and_then(content_types),
        fields: tally.map(fields).unwrap_or_default(),
        sources: spec.into_iter().chain(tally.map(|tally| traffic(tally, files))).collect(),
        tally,
    }
}

fn shadow<'r>(learned: &'r Learned, status: Option<Status>, files: &'r [String]) -> Listed<'r> {
    let parameter =
        |name: &'r str, place, kind: Kind| Parameter { name, r#in: place, r#type: Some(kind.name()) };
    let path = learned.parameters.iter().map(|(name, kind)| parameter(name, "path", *kind));
    let query = learned.tally.query.iter().map(|(name, kind)| parameter(name, "query", *kind));
    Listed {
        api: &learned.host,
        method: &learned.method,
        path: learned.path.clone(),
        parameters: path.chain(query).collect(),
        authentication: authentication(&learned.tally),
        status,
        confidence: learned.tally.confidence.name(),
        responses: Some(classes(&learned.tally)),
        clients: Some(learned.tally.clients.count()),
        content_types: content_types(&learned.tally),
        fields: fields(&learned.tally),
        sources: vec![traffic(&learned.tally, files)],
        tally: Some(&learned.tally),
    }
}

fn traffic<'r>(tally: &Tally, files: &'r [String]) -> Source<'r> {
    let (first_seen, last_seen) = (tally.first_seen, tally.last_seen);
    Source { first_seen, last_seen, count: Some(tally.count), ..at(tally.place, files) }
}

/// A place in what was read.
fn at<'r>(place: Place, files: &'r [String]) -> Source<'r> {
    let number = |is: fn(Position) -> bool| is(place.position).then(|| place.position.number());
    Source {
        kind: "traffic",
        file: files.get(place.file as usize).map(String::as_str).unwrap_or_default(),
        line: number(|at| matches!(at, Position::Line(_))),
        entry: number(|at| matches!(at, Position::Entry(_))),
        packet: number(|at| matches!(at, Position::Packet(_))),
        first_seen: None,
        last_seen: None,
        count: None,
    }
}

/// What callers showed; empty where nothing tells of it, since most logs do not.
fn authentication(tally: &Tally) -> Vec<&'static str> {
    tally.credentials.iter().map(Credential::name).collect()
}

/// The media types of bodies; none where nothing tells of them, as in most logs.
fn content_types(tally: &Tally) -> Option<ContentTypes<'_>> {
    let (request, response) = (&tally.request_types[..], &tally.answer_types[..]);
    (!request.is_empty() || !response.is_empty()).then_some(ContentTypes { request, response })
}

fn classes(tally: &Tally) -> Classes {
    let [unknown, informational, success, redirection, client_error, server_error] = tally.classes;
    Classes { informational, success, redirection, client_error, server_error, unknown }
}

/// A host of which only encrypted connections were seen.
#[derive(Debug, Serialize)]
struct Host<'r> {
    name: &'r str,
    port: u16,
    evidence: &'static str,
    protocols: &'r [Box<str>],
    authentication: &'static [&'static str],
    sources: [Source<'r>; 1],
}

fn hosts<'r>(findings: &'r Findings, files: &'r [String]) -> Vec<Host<'r>> {
    let listed = |(name, port, host): &'r (Box<str>, u16, HostTally)| Host {
        name,
        port: *port,
        evidence: host.evidence.name(),
        protocols: &host.protocols,
        authentication: if host.shows_certificate { &["mtls"] } else { &[] },
        sources: [Source {
            first_seen: host.first_seen,
            last_seen: host.last_seen,
            count: Some(host.connections),
            ..at(host.place, files)
        }],
    };
    findings.hosts.iter().map(listed).collect()
}

/// The operations and what was not read, as one document.
pub(super) fn json(operations: &[Listed<'_>], files: &[String], read: &Read) -> serde_json::Result<String> {
    #[derive(Serialize)]
    struct Report<'r> {
        schema_version: u32,
        tool: Tool,
        operations: &'r [Listed<'r>],
        /// Of what is encrypted.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        hosts: Vec<Host<'r>>,
        unanswered: Unanswered,
        not_read: Vec<NotRead<'r>>,
    }
    #[derive(Serialize)]
    struct Unanswered {
        requests: u64,
        paths: u64,
        no_request: u64,
        not_kept: u64,
    }
    #[derive(Serialize)]
    struct NotRead<'r> {
        file: &'r str,
        /// Of recorded traffic, entries.
        lines: u64,
        #[serde(skip_serializing_if = "Option::is_none")]
        fault: Option<&'r str>,
        first: Vec<Shown<'r>>,
    }
    #[derive(Serialize)]
    struct Shown<'r> {
        line: u64,
        text: &'r str,
    }
    let not_read = files.iter().zip(&read.files).filter(|(_, file)| file.unknown > 0 || file.fault.is_some());
    let not_read = not_read.map(|(name, file)| NotRead {
        file: name,
        lines: file.unknown,
        fault: file.fault.as_deref(),
        first: file.shown.iter().map(|(line, text)| Shown { line: *line, text }).collect(),
    });
    let lesson = &read.findings.lesson;
    let report = Report {
        schema_version: model::SCHEMA_VERSION,
        tool: Tool::THIS,
        operations,
        hosts: hosts(&read.findings, files),
        unanswered: Unanswered {
            requests: lesson.unanswered.0,
            paths: lesson.unanswered.1,
            no_request: read.findings.no_request,
            not_kept: lesson.not_kept,
        },
        not_read: not_read.collect(),
    };
    serde_json::to_string_pretty(&report).map(|text| text + "\n")
}
