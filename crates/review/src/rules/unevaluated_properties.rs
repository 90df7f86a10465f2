//! Finds composed objects that callers send with members of any name.

use model::Severity;

use crate::report::Findings;
use crate::rule::Rule;
use crate::view::{Types, View};

pub(super) const RULE: Rule = Rule {
    id: "unevaluated-properties",
    title: "a composed object that callers send is said to be open to any member",
    severity: Severity::Warning,
    control: "request-schema",
    owasp: &["API3:2023"],
    cwe: &["CWE-915"],
    nist: &["REC-API-3", "REC-API-13"],
    why: "`unevaluatedProperties` is how an object that is composed by `allOf` is closed; set to `true`, it says that members \
          that nobody described are welcome. Objects that are returned alone are left out.",
    fix: "write `unevaluatedProperties: false`",
    bad: "
components:
  schemas:
    User: { type: object, unevaluatedProperties: true }
#                                                ^^^^
",
    good: "
components:
  schemas:
    User: { type: object, unevaluatedProperties: false }
    Other: { type: object }
",
    check,
};

fn check<'l>(view: &View<'l>, findings: &mut Findings<'_, 'l>) {
    for schema in view.values_of(Types::OBJECT).filter(|schema| schema.is_sent()) {
        let Some(others) = schema.spot.get("unevaluatedProperties") else { continue };
        if others.node.as_bool() == Some(true) || (others.node.is_object() && others.node.is_empty()) {
            let name = view.name_of(schema.spot).unwrap_or("items");
            findings.add(others, format!("the object `{name}` takes members of any name and kind"));
        }
    }
}
