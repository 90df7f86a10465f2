//! What documents say of themselves, and of their operations.

use model::inventory::{Account, At};
use spec::{Document, Library, Limits};

use super::*;

fn told(text: &str) -> Report {
    let (document, problems) = Document::parse("spec.yaml", text, &Limits::default());
    assert_eq!(problems, []);
    let library = Library::of(document);
    let (contract, _) = spec::compile(&library);
    declared(&contract, &library)
}

/// Proposals as `field: value line`.
fn check(text: &str, expected: &[&str]) {
    let report = told(&format!("openapi: 3.1.0\n{text}"));
    let line = |proposal: &Proposal| {
        let line = proposal.place.as_ref().map(|place| match place.at {
            At::Line(line) => format!(" {line}"),
            other => format!("{other:?}"),
        });
        format!("{}: {}{}", proposal.fact.field().name(), proposal.fact, line.unwrap_or_default())
    };
    assert_eq!(report.told.proposals.iter().map(line).collect::<Vec<_>>(), expected);
}

#[test]
fn a_document_proposes_what_it_says_of_itself() {
    check("info: {title: Orders, version: '1'}\npaths: {}", &["purpose: Orders 2"]);
    check(
        "info:\n  title: Orders\n  version: '1'\n  description: |\n    Takes orders. And more\n    of that.\n  contact:\n    email: a@b.example\n    name: tea\npaths: {}",
        &["owner: tea 10", "purpose: Takes orders. 6"],
    );
    check(
        "x-owner: milk\ninfo: {title: Orders, version: '1', summary: s, contact: {name: tea}, x-audience: component-internal}\npaths: {}",
        &["owner: milk 2", "purpose: s 3", "visibility: internal 3"],
    );
    check("info: {title: ' ', version: '1', x-audience: everybody, contact: {name: ''}}\npaths: {}\n", &[]);
}

#[test]
fn how_callers_prove_who_they_are_is_proposed_where_the_document_says_it() {
    let schemes = "components: {securitySchemes: {k: {type: apiKey, in: query, name: key}, b: {type: http, scheme: bearer, bearerFormat: JWT}}}";
    let text = |security: &str| {
        format!(
            "info: {{title: t, version: '1'}}\n{schemes}\npaths: {{/a: {{get: {{{security}responses: {{'200': {{description: d}}}}}}}}}}"
        )
    };
    check(&text(""), &["purpose: t 2"]);
    check(&text("security: [], "), &["purpose: t 2", "authentication: none"]);
    check(&text("security: [{k: []}, {b: []}], "), &["purpose: t 2", "authentication: api-key,bearer-jwt"]);
    check(&text("security: [{k: []}, {}], "), &["purpose: t 2", "authentication: none"]);

    let report = told(&format!("openapi: 3.1.0\n{}", text("security: [{k: []}], ")));
    let Account::Declared(declaration) = &report.accounts[0].2 else { panic!("{report:?}") };
    assert_eq!(declaration.statuses, ["200"]);
    assert_eq!(declaration.parameters[0].name, "key");
    assert_eq!(declaration.parameters[0].place, ParameterPlace::Query);
}
