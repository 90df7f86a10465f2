//! Shares, reach, and rows of which nothing was judged.

use model::Severity;
use spec::{Document, Library, Limits};

use super::*;
use crate::Kind;

fn check(paths: &str, rules: &[&str], row: &str) -> Score {
    check_text(&format!("openapi: 3.1.0\ninfo: {{ title: t, version: '1' }}\n{paths}"), rules, row)
}

fn check_text(text: &str, rules: &[&str], row: &str) -> Score {
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
        ("API10:2023", "there are no callbacks, no webhooks and no servers of others"),
        ("API2:2023", "no rule of the row was asked"),
    ] {
        assert_eq!(check(ONE_OF_FOUR, &all, row).tenths, Err(why), "{row}");
    }
}

const MESSAGES: &str = "
asyncapi: 2.6.0
info: { title: t, version: '1' }
servers:
  open: { url: 'broker.example.com', protocol: kafka-secure }
  basic: { url: 'broker.example.com', protocol: kafka-secure, security: [{ basic: [] }] }
channels:
  a:
    servers: [basic]
    publish: { message: { payload: { type: object, properties: { a: { type: string } } } } }
    subscribe: { message: { payload: { type: string, maxLength: 5 } } }
  b: { servers: [open], subscribe: { message: { name: b } } }
  c: { servers: [], subscribe: { message: { name: c } } }
components: { securitySchemes: { basic: { type: http, scheme: basic } } }
";

#[test]
fn rows_judge_messages_that_are_sent_and_received() {
    let check = |row| {
        let rules = [
            "basic-authentication",
            "additional-properties",
            "unbounded-array",
            "caller-chosen-reply",
            "missing-owner",
        ];
        let score = check_text(MESSAGES, &rules, row);
        (score.tenths.is_ok(), score.operations)
    };
    assert_eq!(check("API2:2023"), (true, 4));
    assert_eq!(check("API3:2023"), (true, 2));
    assert_eq!(check("API4:2023"), (true, 1));
    assert_eq!(check("API7:2023"), (true, 1));
    assert_eq!(check("API9:2023"), (true, 4));
}

#[test]
fn a_scheme_costs_those_who_are_on_servers_that_ask_for_it() {
    let score = check_text(MESSAGES, &["basic-authentication"], "API2:2023");
    // Both of `a`, and that of `c`, which is on all servers.
    assert_eq!((score.costs[0].operations, score.operations), (3, 4));
    assert!(score.tenths.unwrap() < FULL_TENTHS);
}

#[test]
fn what_cannot_be_judged_of_messages_is_said_in_their_words() {
    let sent = "asyncapi: 2.6.0\ninfo: { title: t, version: '1' }\nchannels: { a: { subscribe: {} } }\n";
    // What is found is judged: a message without a schema would be.
    let all: Vec<&str> =
        crate::ALL.iter().map(|rule| rule.id).filter(|id| *id != "message-without-schema").collect();
    for (row, why) in [
        ("API1:2023", "no rule looks at whose objects messages are about"),
        ("API2:2023", "no server says how clients connect and who they are"),
        ("API3:2023", "no message is described"),
        ("API4:2023", "no operation receives messages"),
        ("API5:2023", "nothing says who may send or receive what: no scheme knows scopes"),
        ("API6:2023", "no rule looks at flows of business in messages"),
        ("API7:2023", "no operation receives messages"),
        ("API8:2023", "no server says how clients connect and who they are"),
        ("API10:2023", "no rule looks at messages as what other APIs are trusted with"),
    ] {
        let score = check_text(sent, &all, row);
        assert_eq!((score.tenths, score.operations), (Err(why), 0), "{row}");
    }
    let score = check_text(sent, &["unauthenticated-read"], "API2:2023");
    assert_eq!(score.tenths, Err("no rule of the row was asked"), "a rule about requests alone");
}

#[test]
fn every_row_has_a_rule_and_every_rule_a_row() {
    let rows: Vec<&str> = rows::of(Kind::OpenApi).iter().map(|(row, ..)| *row).collect();
    let of_messages: Vec<&str> = rows::of(Kind::AsyncApi).iter().map(|(row, ..)| *row).collect();
    assert_eq!(rows, of_messages);
    for rule in crate::ALL {
        assert!(rule.owasp.iter().all(|row| rows.contains(row)), "{}", rule.id);
    }
    for row in rows {
        assert!(crate::ALL.iter().any(|rule| rule.owasp.contains(&row)), "{row}");
    }
}
