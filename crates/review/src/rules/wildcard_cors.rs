//! Finds answers that pages of any origin may read.

use std::collections::HashSet;

use model::Severity;
use spec::Spot;

use crate::report::Findings;
use crate::rule::Rule;
use crate::view::View;

pub(super) const RULE: Rule = Rule {
    id: "wildcard-cors",
    title: "an answer for known callers may be read by pages of any origin",
    severity: Severity::Warning,
    control: "cors",
    owasp: &["API8:2023"],
    cwe: &["CWE-942"],
    nist: &["REC-API-10"],
    why: "Any page that a user opens may then read what the API answers with what the page can get hold of, and reach an API of \
          the inside through the user's browser. The value `*` of `Access-Control-Allow-Origin` is looked for in examples, \
          defaults and fixed values of the header. Operations that anybody may call are left out.",
    fix: "name the origins; the gateway's `cors` answers only those",
    bad: "
security: [{ login: [] }]
paths:
  /orders:
    get:
      responses:
        '200':
          description: ok
          headers: { Access-Control-Allow-Origin: { schema: { type: string, example: '*' } } }
#                                                                                    ^^^
components: { securitySchemes: { login: { type: http, scheme: bearer } } }
",
    good: "
security: [{ login: [] }]
paths:
  /orders:
    get:
      responses:
        '200':
          description: ok
          headers: { Access-Control-Allow-Origin: { schema: { type: string, example: 'https://shop.example' } } }
components: { securitySchemes: { login: { type: http, scheme: bearer } } }
",
    check,
};

fn check<'l>(view: &View<'l>, findings: &mut Findings<'_, 'l>) {
    let mut seen = HashSet::new();
    for operation in view.called().filter(|operation| !operation.security.is_open()) {
        let headers = operation.responses.iter().flat_map(|response| &response.headers);
        for (_, header) in
            headers.filter(|(name, _)| name.eq_ignore_ascii_case("access-control-allow-origin"))
        {
            let schema = header.get("schema").and_then(|schema| view.follow(schema));
            let mut values = [Some(*header), schema].into_iter().flatten().flat_map(values);
            let wildcard = values.find(|value| value.node.as_str() == Some("*"));
            if let Some(value) = wildcard.filter(|value| seen.insert(value.key())) {
                findings.add(value, format!("any origin may read `{}`", operation.name()));
            }
        }
    }
}

/// What a header or its schema says that it holds.
fn values(holder: Spot<'_>) -> Vec<Spot<'_>> {
    let single = ["example", "default", "const"].into_iter().filter_map(|key| holder.get(key));
    let listed = ["enum", "examples"].into_iter().flat_map(|key| holder.items_of(key));
    let named = holder.members_of("examples").filter_map(|(_, example)| example.get("value"));
    single.chain(listed).chain(named).collect()
}
