//! Finds texts that callers send and that may be anything.

use model::Severity;

use crate::report::Findings;
use crate::rule::Rule;
use crate::view::{Keywords, Types, View};

pub(super) const RULE: Rule = Rule {
    id: "unrestricted-string",
    title: "a text that callers send may be anything",
    severity: Severity::Note,
    control: "request-schema",
    owasp: &["API8:2023", "API4:2023"],
    cwe: &["CWE-20"],
    nist: &["REC-API-5", "REC-API-13"],
    why: "What may be anything is what injections are written in. A note, for free text is free. Texts that are returned \
          alone are left out.",
    fix: "give the text a `format`, `pattern`, `enum` or `const`",
    bad: "
components:
  schemas:
    Code: { type: string, maxLength: 10 }
#   ^^^^
",
    good: "
components:
  schemas:
    Code: { type: string, pattern: '^[A-Z]{3}$' }
    Day: { type: string, format: date }
",
    check,
};

fn check<'l>(view: &View<'l>, findings: &mut Findings<'_, 'l>) {
    let kinds = Keywords::FORMAT.or(Keywords::PATTERN).or(Keywords::CHOICE);
    for schema in view.values_of(Types::STRING).filter(|schema| schema.is_sent()) {
        if !view.says_any(schema, kinds) {
            let name = view.name_of(schema.spot).unwrap_or("items");
            findings.add(schema.spot, format!("the text `{name}` may be anything"));
        }
    }
}
