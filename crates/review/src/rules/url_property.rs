//! Finds properties of bodies by which callers name an address that the backend is to call.

use std::collections::HashSet;

use model::Severity;
use spec::Spot;

use crate::report::Findings;
use crate::rule::Rule;
use crate::view::{Keywords, Types, View};
use crate::words;

pub(super) const RULE: Rule = Rule {
    id: "url-property",
    title: "a caller may name an address for the backend to call",
    severity: Severity::Note,
    control: "ssrf",
    owasp: &["API7:2023"],
    cwe: &["CWE-918"],
    nist: &["REC-API-13", "REC-API-26"],
    why: "If the backend opens what callers name, it opens what they cannot reach themselves: internal services, metadata of \
          the cloud. Properties of bodies are looked at whose name says that it is called (`webhookUrl`, `callback_url`, \
          `importUrl`), or is that of a picture or a file (`imageUrl`), which backends are wont to fetch, and a `url` alone \
          where the path says that something is fetched (`/imports`, `/previews`, `/webhooks`); a `website` that is only shown \
          is none, nor one of fixed values, nor one to which a browser is sent back after a login.",
    fix: "hold the address against a fixed list; the gateway's `ssrf` refuses addresses that are not public",
    bad: "
paths:
  /hooks:
    post:
      requestBody:
        content: { application/json: { schema: { properties: { webhookUrl: { type: string } } } } }
#                                                              ^^^^^^^^^^
      responses: {}
  /imports:
    post:
      requestBody:
        content: { application/json: { schema: { properties: { url: { type: string } } } } }
#                                                              ^^^
      responses: {}
",
    good: "
paths:
  /hooks:
    post:
      requestBody:
        content: { application/json: { schema: { properties: { website: { type: string, format: uri } } } } }
      responses: {}
  /bookmarks:
    post:
      requestBody:
        content: { application/json: { schema: { properties: { url: { type: string } } } } }
      responses: {}
",
    check,
};

fn check<'l>(view: &View<'l>, findings: &mut Findings<'_, 'l>) {
    let is_of_login =
        |name: &str| words::words(name).iter().any(|word| word.contains("auth") || word == "oidc");
    for schema in view.schemas.iter().filter(|schema| schema.is_sent_for_sure()) {
        // Where a browser is sent back after a login, the backend does not call.
        if view.name_of(schema.spot).is_some_and(is_of_login) {
            continue;
        }
        for (name, property) in schema.spot.members_of("properties") {
            if words::is_called_url_name(name) && is_free(view, property) {
                findings.add_named(property, format!("a caller may name an address in `{name}`"));
            }
        }
    }
    let mut seen = HashSet::new();
    for operation in view.called().filter(|operation| words::is_of_fetching(&operation.words())) {
        let schemas = operation.body.iter().filter_map(|content| content.schema);
        for property in schemas.flat_map(|schema| view.properties_below(schema, 0)) {
            let is_url = matches!(property.name, "url" | "uri" | "link" | "href");
            if is_url && is_free(view, property.spot) && seen.insert(property.spot.key()) {
                let message =
                    format!("a caller of `{}` may name an address in `{}`", operation.name(), property.name);
                findings.add_named(property.spot, message);
            }
        }
    }
}

/// Whether a caller may write what they want there.
fn is_free<'l>(view: &View<'l>, property: Spot<'l>) -> bool {
    let is_ours = view.parts(property).iter().any(|part| part.is_true("readOnly"));
    let known = view.schema(property).filter(|known| known.types.has(Types::STRING));
    !is_ours && known.is_some_and(|known| !view.says_any(known, Keywords::CHOICE))
}
