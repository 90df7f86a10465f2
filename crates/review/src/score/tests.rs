//! Shares, reach, and rows of which nothing was judged.

use model::Severity;
use spec::{Document, Library, Limits};

use super::*;

fn check(paths: &str, rules: &[&str], row: &str) -> Score {
    let text = format!("openapi: 3.1.0\ninfo: {{ title: t, version: '1' }}\n{paths}");
    let (document, problems) = Document::parse("a.yaml", text, &Limits::default());
    assert_eq!(problems, []);
    let rules: Vec<&Rule> = rules.iter().map(|id| crate::rule(id).unwrap()).collect();
    let review = crate::review(&Library::of(document), &rules, "2026-01-01".parse().unwrap());
    review.scores.into_iter().find(|score| score.row == row).unwrap()
}

const ONE_OF_FOUR: &str = "
security: [{ token: [] }]
paths:
  /a: { get: { security: [], responses: {} }, post: { responses: {} } }
  /b: { get: { responses: {} }, post: { responses: {} } }
components: { securitySchemes: { token: { type: http, scheme: bearer } } }
";

#[test]
fn a_row_loses_the_weight_of_a_finding_by_the_share_of_operations() {
    let score = check(ONE_OF_FOUR, &["unauthenticated-read"], "API2:2023");
    let tenths = (weight(Severity::Note) * 10).div_ceil(4);
    assert_eq!((score.tenths, score.operations), (Ok(FULL_TENTHS - tenths), 4));
    let cost = Cost { rule: "unauthenticated-read", tenths, operations: 1, findings: 1 };
    assert_eq!(score.costs, [cost]);
}

#[test]
fn a_schema_costs_by_those_who_reach_it_and_nothing_where_nobody_does() {
    let paths = "
paths:
  /a: { post: { requestBody: { $ref: '#/components/requestBodies/A' }, responses: {} } }
  /b: { get: { responses: {} } }
components:
  requestBodies: { A: { content: { application/json: { schema: { $ref: '#/components/schemas/A' } } } } }
  schemas:
    A: { properties: { b: { $ref: '#/components/schemas/B' } } }
    B: { type: string }
    C: { type: string }
";
    let score = check(paths, &["unbounded-string"], "API4:2023");
    let cost = &score.costs[0];
    assert_eq!((cost.operations, cost.findings, score.operations), (1, 2, 2));
    let unused = paths
        .replace("'#/components/schemas/B'", "'#/components/schemas/D'")
        .replace("    C:", "    D: { type: integer }\n    C:");
    let score = check(&unused, &["unbounded-string"], "API4:2023");
    assert_eq!((score.tenths, score.costs[0].operations), (Ok(FULL_TENTHS), 0));
}

#[test]
fn what_matters_to_the_api_as_a_whole_costs_by_what_the_row_judges() {
    let paths = "
security: [{ token: [] }]
paths:
  /a: { get: { responses: {} } }
  /a/{id}: { get: { responses: {} } }
components: { securitySchemes: { token: { type: http, scheme: bearer } } }
";
    let score = check(paths, &["unowned-object"], "API1:2023");
    let tenths = weight(Severity::Note) * 10;
    assert_eq!((score.tenths, score.operations), (Ok(FULL_TENTHS - tenths), 1));
    assert_eq!(score.costs, [Cost { rule: "unowned-object", tenths, operations: 1, findings: 1 }]);
}

#[test]
fn what_was_not_judged_has_no_score() {
    let all = ["flow-without-budget", "plain-http-callback", "unowned-object"];
    for (row, why) in [
        ("API1:2023", "no path takes the id of an object"),
        ("API6:2023", "no path is known to be of a flow of business"),
        ("API10:2023", "there are no callbacks and no webhooks"),
        ("API2:2023", "no rule of the row was asked"),
    ] {
        assert_eq!(check(ONE_OF_FOUR, &all, row).tenths, Err(why), "{row}");
    }
}

#[test]
fn every_row_has_a_rule_and_every_rule_a_row() {
    let rows: Vec<&str> = ROWS.iter().map(|(row, ..)| *row).collect();
    for rule in crate::ALL {
        assert!(rule.owasp.iter().all(|row| rows.contains(row)), "{}", rule.id);
    }
    for row in rows {
        assert!(crate::ALL.iter().any(|rule| rule.owasp.contains(&row)), "{row}");
    }
}
