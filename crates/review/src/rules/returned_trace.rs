//! Finds answers that show a trace of the program.

use std::collections::HashSet;

use model::Severity;

use crate::report::Findings;
use crate::rule::Rule;
use crate::view::{Property, View};
use crate::words;

pub(super) const RULE: Rule = Rule {
    id: "returned-trace",
    title: "an error shows what the program is made of",
    severity: Severity::Warning,
    control: "error-answers",
    owasp: &["API8:2023"],
    cwe: &["CWE-209"],
    nist: &["REC-API-23"],
    why: "Traces name files, versions and queries, and are read by whoever causes the error. Properties of errors are looked at \
          that are called `stackTrace` or alike, and examples everywhere for the forms of traces and of databases' errors.",
    fix: "answer with a code, and keep the trace in the log",
    bad: "
paths:
  /orders:
    get:
      responses:
        '500':
          description: broken
          content:
            application/json:
              schema: { properties: { message: { type: string }, stackTrace: { type: string } } }
#                                                                ^^^^^^^^^^
              example: { message: 'Traceback (most recent call last):' }
#                                 ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
",
    good: "
paths:
  /orders:
    get:
      responses:
        '500':
          description: broken
          content:
            application/json:
              schema: { properties: { message: { type: string }, trace_id: { type: string } } }
              example: { message: try again later }
",
    check,
};

/// Values inside an error that are looked at.
const LEVELS: usize = 3;

fn check<'l>(view: &View<'l>, findings: &mut Findings<'_, 'l>) {
    let mut seen = HashSet::new();
    let errors =
        view.called().flat_map(|operation| &operation.responses).filter(|response| response.is_error());
    for schema in errors.flat_map(|error| &error.contents).filter_map(|content| content.schema) {
        if !seen.insert(view.follow(schema).unwrap_or(schema).key()) {
            continue;
        }
        for Property { name, spot } in view.properties_below(schema, LEVELS) {
            if words::is_trace_name(name) && seen.insert(spot.key()) {
                findings.add_named(spot, format!("an error shows `{name}`"));
            }
        }
    }
    for spot in view.examples() {
        if spot.node.as_str().is_some_and(words::is_trace) {
            findings.add_hidden(spot, "the example shows a trace of the program");
        }
    }
}
