//! Finds texts without an end that callers send.

use std::collections::HashSet;

use model::Severity;
use spec::Spot;

use crate::report::Findings;
use crate::rule::Rule;
use crate::view::{Keywords, Schema, Types, View};
use crate::words::shown;

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
          left out: no caller decides how long they are. Those of one object are said together, at the object: they are \
          bounded in one go or not at all, and a list of each would hide what else is wrong. In bodies it is a warning; in \
          parameters a note, for every server bounds a URL and a header; and a note where no operation is known to take it.",
    fix: "give the text a `maxLength`",
    bad: "
components:
  schemas:
    Note: { type: string }
#   ^^^^
    Order: { type: object, properties: { note: { type: string }, city: { type: string } } }
#   ^^^^^
---
asyncapi: 3.0.0
info: { title: Orders, version: '1' }
servers: { broker: { host: broker.example, protocol: amqps } }
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
    let schemas = view.parameters().filter_map(|parameter| view.schema(parameter.schema?));
    let of_parameters: HashSet<(u32, u32)> = schemas.map(|schema| schema.spot.key()).collect();
    let texts = view.values_of(Types::STRING).filter(|schema| schema.is_sent());
    let endless: Vec<&Schema<'l>> = texts.filter(|schema| !is_bounded(view, schema)).collect();
    for (at, names) in view.by_object(&endless) {
        let is_in_body = at.is_sent_for_sure() && !of_parameters.contains(&at.spot.key());
        let severity = if is_in_body { RULE.severity } else { Severity::Note };
        findings.add_as(severity, at.spot, format!("{} without a `maxLength`", shown(&names)));
    }
}

/// The texts without an end that a finding at `spot` is about: itself, or the properties of the object there.
pub(crate) fn endless_at<'l>(view: &View<'l>, spot: Spot<'l>) -> Vec<Spot<'l>> {
    let properties = spot.members_of("properties").map(|(_, property)| property);
    let is_endless = |at: &Spot<'l>| {
        let schema = view.schema(*at).filter(|schema| schema.spot.key() == at.key());
        schema.is_some_and(|schema| {
            schema.types.has(Types::STRING)
                && schema.is_value()
                && schema.is_sent()
                && !is_bounded(view, schema)
        })
    };
    std::iter::once(spot).chain(properties).filter(is_endless).collect()
}

fn is_bounded<'l>(view: &View<'l>, schema: &Schema<'l>) -> bool {
    let parts = view.parts(schema.spot);
    let text = |key: &str| parts.iter().find_map(|part| part.text(key));
    view.says_any(schema, Keywords::MAX_LENGTH.or(Keywords::CHOICE))
        || text("format").is_some_and(|format| SHORT.contains(&format))
        || text("pattern").is_some_and(ends)
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
