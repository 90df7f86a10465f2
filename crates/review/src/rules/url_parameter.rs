//! Finds parameters and properties by which callers name an address.

use model::Severity;

use crate::report::Findings;
use crate::rule::Rule;
use crate::view::{Parameter, View};
use crate::words;

pub(super) const RULE: Rule = Rule {
    id: "url-parameter",
    title: "a caller may name an address",
    severity: Severity::Note,
    control: "ssrf",
    owasp: &["API7:2023"],
    cwe: &["CWE-918"],
    nist: &["REC-API-13", "REC-API-26"],
    why: "If the backend opens what callers name, it opens what they cannot reach themselves: internal services, metadata of \
          the cloud. If it sends a browser there, it lends its name to others. What is looked at are parameters whose name \
          says so (`callback`, `redirect`, `imageUrl`) or whose format is `uri` or `url`. A choice of fixed values is left \
          out, and the name of a function for JSONP.",
    fix: "take a name from a fixed list, or hold the address against one; the gateway's `ssrf` refuses addresses that are not public",
    bad: "
paths:
  /preview:
    get:
      parameters:
      - { name: image_url, in: query, schema: { type: string } }
#               ^^^^^^^^^
      responses: {}
",
    good: "
paths:
  /preview:
    get:
      parameters:
      - { name: image, in: query, schema: { type: string } }
      - { name: redirect, in: query, schema: { enum: [home, cart] } }
      - { name: callback, in: query, description: Name of the JSONP function, schema: { type: string } }
      responses: {}
",
    check,
};

fn check<'l>(view: &View<'l>, findings: &mut Findings<'_, 'l>) {
    for parameter in view.parameters() {
        let schema = parameter.schema.and_then(|schema| view.schema(schema));
        let is_choice = schema.is_some_and(|schema| view.says_any(schema, crate::view::Keywords::CHOICE));
        let format = schema.and_then(|schema| schema.spot.text("format")).unwrap_or_default();
        let is_url = words::is_url_name(parameter.name) || matches!(format, "uri" | "url" | "iri");
        if is_url && !is_choice && !is_function(parameter) && parameter.location != "header" {
            let at = parameter.spot.get("name").unwrap_or(parameter.spot);
            findings.add(at, format!("a caller may name an address in `{}`", parameter.name));
        }
    }
}

/// Whether it names the function that an answer is wrapped in, and no address.
fn is_function(parameter: &Parameter<'_>) -> bool {
    let said = parameter.spot.text("description").unwrap_or_default().to_ascii_lowercase();
    words::words(parameter.name).last().is_some_and(|word| word == "callback")
        && ["jsonp", "function", "wrap"].iter().any(|word| said.contains(word))
}
