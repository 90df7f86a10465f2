//! Finds APIs that no version can be told of.

use model::Severity;

use crate::report::Findings;
use crate::rule::Rule;
use crate::view::View;
use crate::words;

pub(super) const RULE: Rule = Rule {
    id: "unversioned-api",
    title: "callers cannot tell which version of the API they call",
    severity: Severity::Note,
    control: "lifecycle",
    owasp: &["API9:2023"],
    cwe: &["CWE-1059"],
    nist: &["REC-API-4"],
    why: "Where two versions cannot stand side by side, the old one is never switched off, or breaks its callers. A version is \
          looked for in servers, in paths, in the names of parameters and headers (`api-version`) and in media types; and \
          `info.version` must say which one the document is of.",
    fix: "begin the servers' paths with the version, `/v1`",
    bad: "
openapi: 3.1.0
info: { title: Orders, version: '1' }
#              ^^^^^^
servers: [{ url: https://api.example }]
paths: { /orders: { get: { responses: {} } } }
",
    good: "
openapi: 3.1.0
info: { title: Orders, version: '1' }
servers: [{ url: https://api.example/v1 }]
paths: { /orders: { get: { responses: {} } } }
",
    check,
};

fn check<'l>(view: &View<'l>, findings: &mut Findings<'_, 'l>) {
    let Some(info) = view.root.get("info") else { return };
    let at = info.get("title").unwrap_or(info);
    if info
        .get("version")
        .and_then(|version| version.node.scalar())
        .is_none_or(|version| version.trim().is_empty())
    {
        findings.add(at, "the document does not say of which version it is");
    }
    if view.called().next().is_some() && !has_version(view) {
        findings.add(at, "callers cannot tell which version they call");
    }
}

fn has_version(view: &View<'_>) -> bool {
    let servers = view.servers.iter().filter_map(|server| server.node.as_str());
    let of_swagger = ["host", "basePath"].into_iter().filter_map(|key| view.root.text(key));
    let paths = view.called().map(|operation| operation.path);
    let is_number =
        |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    // A number alone is a version in the path of a server (`/api/1.0`), and may be anything in another path.
    let mut bases = servers.clone().map(path_of).chain(view.root.text("basePath"));
    let is_numbered = bases.any(|base| base.split('/').any(is_number));
    let mut urls = servers.chain(of_swagger).chain(paths).flat_map(|url| url.split(['/', '.', ':']));
    let is_parameter = |name: &str| words::words(name).contains(&"version".to_owned());
    let is_media = |media: &str| {
        media.split(['.', '+', ';', '-']).any(|part| words::is_version(part) || part.contains("version="))
    };
    is_numbered
        || urls.any(|part| words::is_version(part.trim_matches(['{', '}'])))
        || view.parameters().any(|parameter| parameter.location != "path" && is_parameter(parameter.name))
        || view
            .called()
            .flat_map(|operation| &operation.responses)
            .flat_map(|response| &response.contents)
            .any(|content| is_media(content.media))
}

/// The path of `url`, which may be one already.
fn path_of(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.find('/').and_then(|at| rest.get(at..)).unwrap_or_default()
}
