//! Finds uploads without an end.

use model::Severity;
use spec::Spot;

use crate::report::Findings;
use crate::rule::Rule;
use crate::view::{Content, Keywords, Types, View};

pub(super) const RULE: Rule = Rule {
    id: "unbounded-upload",
    title: "a caller may upload a file of any size",
    severity: Severity::Warning,
    control: "body-limits",
    owasp: &["API4:2023"],
    cwe: &["CWE-770", "CWE-400"],
    nist: &["REC-API-14", "REC-API-26"],
    why: "Files fill memory, disks and what scans them. Parts of forms are looked at whose format is `binary`, whose \
          `contentMediaType` is said or whose type is `file`, and bodies of media that are no JSON, form, XML or text. A \
          `maxLength` bounds them, in bytes; so do the gateway's `body-limits`.",
    fix: "give the file a `maxLength`, or the operation `x-palisade: { body-limits: { bytes: 10MiB } }`",
    bad: "
paths:
  /pictures:
    post:
      requestBody:
        content:
          multipart/form-data: { schema: { properties: { file: { type: string, format: binary }, title: {} } } }
#                                                        ^^^^
      responses: {}
    put: { requestBody: { content: { image/png: {}, image/gif: {} } }, responses: {} }
#                                    ^^^^^^^^^
",
    good: "
paths:
  /pictures:
    post:
      requestBody:
        content:
          image/png: { schema: { type: string, format: binary, maxLength: 1000000 } }
      responses: {}
    put:
      x-palisade: { body-limits: { bytes: 1MiB } }
      requestBody: { content: { image/png: {} } }
      responses: {}
",
    check,
};

fn check<'l>(view: &View<'l>, findings: &mut Findings<'_, 'l>) {
    let mut seen = std::collections::HashSet::new();
    for operation in view.called().filter(|operation| view.control(operation, "body-limits").is_none()) {
        let files =
            operation.parameters.iter().filter(|parameter| parameter.spot.text("type") == Some("file"));
        let mut files: Vec<Spot<'l>> = files.map(|parameter| parameter.spot).collect();
        for content in &operation.body {
            files.extend(if is_form(content) { parts(view, content) } else { whole(view, content) });
        }
        // One of several media types, or of several files, says enough of an operation.
        if let Some(file) = files.first().copied().filter(|file| seen.insert(file.key())) {
            findings.add_named(file, format!("a file of any size may be sent to `{}`", operation.name()));
        }
    }
}

fn is_form(content: &Content<'_>) -> bool {
    content.media.to_ascii_lowercase().starts_with("multipart/")
}

/// The files of a form that have no end.
fn parts<'l>(view: &View<'l>, content: &Content<'l>) -> Vec<Spot<'l>> {
    let schema = content.schema.map(|schema| view.parts(schema)).unwrap_or_default();
    let properties = schema.into_iter().flat_map(|part| part.members_of("properties"));
    properties.map(|(_, property)| property).filter(|property| is_endless_file(view, *property)).collect()
}

fn is_endless_file<'l>(view: &View<'l>, property: Spot<'l>) -> bool {
    let Some(schema) = view.schema(property) else { return false };
    let one = schema.spot.get("items").and_then(|items| view.schema(items)).unwrap_or(schema);
    let is_file = one.spot.text("format") == Some("binary") || one.spot.text("contentMediaType").is_some();
    is_file && !view.says_any(one, Keywords::MAX_LENGTH)
}

/// Whether the media type is one of files.
pub(crate) fn is_file(content: &Content<'_>) -> bool {
    let media = content.media.to_ascii_lowercase();
    ["image/", "video/", "audio/", "application/octet-stream", "application/zip", "application/pdf"]
        .iter()
        .any(|start| media.starts_with(start))
}

/// The body, where it is a file without an end.
fn whole<'l>(view: &View<'l>, content: &Content<'l>) -> Vec<Spot<'l>> {
    let schema = content.schema.and_then(|schema| view.schema(schema));
    let is_other = schema.is_some_and(|schema| {
        schema.types.has(Types::OBJECT)
            || schema.types.has(Types::ARRAY)
            || view.says_any(schema, Keywords::MAX_LENGTH)
    });
    if is_file(content) && !is_other { vec![content.spot] } else { Vec::new() }
}
