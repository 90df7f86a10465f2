//! Finds texts without an end that callers send.

use model::Severity;

use crate::report::Findings;
use crate::rule::Rule;
use crate::view::{Keywords, Types, View};

pub(super) const RULE: Rule = Rule {
    id: "unbounded-string",
    title: "a text that callers send has no end",
    severity: Severity::Warning,
    control: "request-schema",
    owasp: &["API4:2023", "API8:2023"],
    cwe: &["CWE-770"],
    nist: &["REC-API-5", "REC-API-14"],
    why: "A text without an end is memory, storage and time without an end. It is bounded by `maxLength`, `enum`, `const`, a \
          `format` of fixed length (`date`, `date-time`, `uuid`, `ipv4` and their like) or a `pattern` that repeats nothing \
          without end; in any part of `allOf`, or in every branch of `oneOf` and `anyOf`. Texts that are returned alone are \
          left out: no caller decides how long they are.",
    fix: "give the text a `maxLength`",
    bad: "
components:
  schemas:
    Note: { type: string }
#   ^^^^
",
    good: "
components:
  schemas:
    Note: { type: string, maxLength: 1000 }
    Day: { type: string, format: date }
    Kind: { type: string, oneOf: [{ const: one }, { enum: [two, three] }] }
",
    check,
};

/// Formats whose texts are short.
const SHORT: &[&str] = &[
    "date",
    "date-time",
    "time",
    "uuid",
    "ulid",
    "guid",
    "ipv4",
    "ipv6",
    "int32",
    "int64",
    "color",
    "byte-size",
    "country-code",
    "currency",
    "binary",
];

fn check<'l>(view: &View<'l>, findings: &mut Findings<'_, 'l>) {
    for schema in view.values_of(Types::STRING).filter(|schema| schema.is_sent()) {
        if view.says_any(schema, Keywords::MAX_LENGTH.or(Keywords::CHOICE)) {
            continue;
        }
        let parts = view.parts(schema.spot);
        let text = |key: &str| parts.iter().find_map(|part| part.text(key));
        if text("format").is_some_and(|format| SHORT.contains(&format)) || text("pattern").is_some_and(ends) {
            continue;
        }
        let name = view.name_of(schema.spot).unwrap_or("items");
        findings.add(schema.spot, format!("the text `{name}` has no `maxLength`"));
    }
}

/// Whether `pattern` holds the whole text and repeats nothing without end.
fn ends(pattern: &str) -> bool {
    let is_whole = pattern.starts_with('^') && pattern.ends_with('$');
    let open = pattern
        .split('{')
        .skip(1)
        .any(|after| after.split('}').next().is_some_and(|count| count.ends_with(',')));
    is_whole && !open && !pattern.replace("\\+", "").replace("\\*", "").contains(['+', '*', '|'])
}
