//! Rulesets of Spectral: what they find, and what of them is said not to be run.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::Path;

use model::{Problem, Severity};
use review::Ruleset;
use serde_json::Value;
use spec::{Document, Library, Limits};

const CASES: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/corpus/lint/spectral_rulesets_cases.json");

const DOCUMENT: &str = "\
openapi: 3.1.0
info: { title: Orders, version: '1' }
tags: [{ name: b }, { name: a }]
paths:
  /order_lines/:
    get:
      operationId: GetLines
      summary: x
      parameters: [{ $ref: '#/components/parameters/page' }]
      responses: { '200': { description: ok } }
    post:
      operationId: addLine
      responses: { '2XX': { description: ok } }
components:
  parameters:
    page: { name: Page_Size, in: query, schema: { type: integer, enum: [1, two] } }
";

fn parsed(file: &str, text: &str) -> Document {
    let (document, problems) = Document::parse(file, text, &Limits::default());
    assert_eq!(problems, [], "{text}");
    document
}

fn nothing(_: &Path) -> io::Result<Vec<u8>> {
    Err(io::ErrorKind::NotFound.into())
}

fn loaded(text: &str) -> (Ruleset, Vec<Problem>) {
    Ruleset::load(parsed("rules/team.yaml", text), Path::new("/team"), &nothing)
}

/// Rule, pointer and message of what is found.
fn found(ruleset: &Ruleset, document: &str) -> Vec<(String, String)> {
    let library = Library::of(parsed("api.yaml", document));
    let (findings, left_out) = ruleset.findings(&library);
    assert_eq!(left_out, [""; 0]);
    findings.into_iter().map(|finding| (finding.position.pointer, finding.message)).collect()
}

/// What one rule finds in the document above: pointers.
#[track_caller]
fn check(rule: &str, expected: &[&str]) {
    let (ruleset, problems) = loaded(&format!("rules: {{ r: {{ {rule} }} }}\n"));
    assert_eq!(problems, [], "{rule}");
    let found: Vec<String> = found(&ruleset, DOCUMENT).into_iter().map(|(pointer, _)| pointer).collect();
    assert_eq!(found, expected, "{rule}");
}

#[test]
fn functions_find_what_is_wrong() {
    check("given: $, then: { field: info.contact, function: truthy }", &["/info"]);
    check("given: $.info, then: { field: title, function: falsy }", &["/info/title"]);
    check("given: $.info, then: { field: license, function: defined }", &["/info"]);
    check("given: $.info, then: { field: version, function: undefined }", &["/info/version"]);
    check(
        "given: $.paths, then: { field: '@key', function: pattern, functionOptions: { notMatch: '/$' } }",
        &["/paths/~1order_lines~1"],
    );
    check(
        "given: '$.paths[*][*].operationId', then: { function: casing, functionOptions: { type: camel } }",
        &["/paths/~1order_lines~1/get/operationId"],
    );
    check(
        "given: '$.paths[*][*].operationId', then: { function: pattern, functionOptions: { match: '/^get/i' } }",
        &["/paths/~1order_lines~1/post/operationId"],
    );
    check(
        "given: $.openapi, then: { function: enumeration, functionOptions: { values: [3.0.3, '3.1.1'] } }",
        &["/openapi"],
    );
    check("given: $, then: { field: tags, function: length, functionOptions: { max: 1 } }", &["/tags"]);
    check(
        "given: $, then: { field: tags, function: alphabetical, functionOptions: { keyedBy: name } }",
        &["/tags/0"],
    );
    check(
        "given: $.info, then: { function: xor, functionOptions: { properties: [title, version] } }",
        &["/info"],
    );
    check("given: $.info, then: { function: or, functionOptions: { properties: [x, version] } }", &[]);
    check(
        "given: '$..[?(@ && @.enum && @.type)]', then: { function: typedEnum }",
        &["/components/parameters/page/schema/enum/1"],
    );
    check(
        "given: '$.paths[*][*]', then: { field: parameters, function: schema, functionOptions: { schema: { type: array, items: { properties: { in: { const: path } } } } } }",
        &["/components/parameters/page/in", "/paths/~1order_lines~1/post"],
    );
    check(
        "given: $.components.parameters, then: { function: unreferencedReusableObject, functionOptions: { reusableObjectsLocation: '#/components/parameters' } }",
        &[],
    );
}

#[test]
fn paths_select_what_those_of_spectral_do() {
    let check = |given: &str, expected: &[&str]| {
        check(&format!("given: \"{given}\", then: {{ function: falsy }}"), expected)
    };
    check(
        "$.paths[*][?( @property === 'get' || @property == 'put' )].operationId",
        &["/paths/~1order_lines~1/get/operationId"],
    );
    check(
        "$.paths.*.*.responses[?( @property.match(/^2(XX|04)$/i) )]",
        &["/paths/~1order_lines~1/post/responses/2XX"],
    );
    check("$..parameters[?( @.in === 'query' )].name", &["/components/parameters/page/name"]);
    check("$..enum^", &["/components/parameters/page/schema"]);
    check("$.paths[*]~", &["/paths/~1order_lines~1"]);
    check("$.paths[*][get,put]", &["/paths/~1order_lines~1/get"]);
    check("$.tags[-1:]", &["/tags/1"]);
    check("$.tags[?( @parentProperty === 'tags' && @.name != 'a' )]", &["/tags/0"]);
    check(
        "$.paths.*[?( !@.summary && ['post','put'].includes(@property) )]",
        &["/paths/~1order_lines~1/post"],
    );
    check("$.tags[?( @.name.length > 1 || @.x.y || /z/.test(@.name) )]", &[]);
}

#[test]
fn what_is_not_run_is_said_with_its_place() {
    let (ruleset, problems) = loaded(
        "extends: ['https://a.example/x.yaml', './missing.yaml', '@stoplight/spectral-owasp-ruleset']\n\
         functions: [mine]\n\
         rules:\n  \
           a: { given: '$.x[(@.length-1)]', then: { function: truthy } }\n  \
           b: { given: $, then: { function: mine } }\n  \
           c: { given: $, then: { function: pattern, functionOptions: { match: '(?=x)' } } }\n  \
           d: off\n  \
           e: { given: '#None', then: { function: truthy }, surprise: 1 }\n  \
           f: { given: $, then: { field: info.x, function: truthy } }\n",
    );
    let said: Vec<(Severity, usize, &str)> = problems
        .iter()
        .map(|problem| (problem.severity, problem.position.as_ref().unwrap().line, problem.message.as_str()))
        .collect();
    let has = |severity, line, part: &str| {
        assert!(
            said.iter().any(|(s, l, text)| *s == severity && *l == line && text.contains(part)),
            "{part}: {said:#?}"
        );
    };
    has(Severity::Warning, 1, "`https://a.example/x.yaml` is not run");
    has(Severity::Error, 1, "`./missing.yaml` cannot be read");
    has(Severity::Note, 1, "the rules that are built in");
    has(Severity::Warning, 2, "`functions` of a ruleset is not looked at");
    has(
        Severity::Warning,
        4,
        "the rule `a` is not run: `$.x[(@.length-1)]` is not a path that is understood",
    );
    has(Severity::Warning, 5, "the function `mine` is not one that is run");
    has(Severity::Warning, 6, "look-around");
    has(Severity::Note, 7, "the rule `d` is not one that is run");
    has(Severity::Warning, 8, "no alias is called `None`");
    has(Severity::Warning, 8, "`surprise` of the rule `e`");
    assert_eq!(ruleset.ids().collect::<Vec<_>>(), ["f"]);
}

#[test]
fn rulesets_are_extended_and_their_rules_changed() {
    let base = "aliases: { Info: [$.info] }\nrules:\n  on: { given: '#Info', message: 'no {{property}} at {{path}}', then: { field: x, function: truthy } }\n  rare: { recommended: false, given: $.info, then: { field: y, function: truthy } }\n";
    let loader = |path: &Path| match path.to_str() {
        Some("rules/./base.yaml" | "rules/base.yaml") => Ok(base.as_bytes().to_vec()),
        _ => nothing(path),
    };
    let load = |text: &str| Ruleset::load(parsed("rules/team.yaml", text), Path::new("/team"), &loader).0;
    let severities = |text: &str| -> Vec<(&'static str, Severity)> {
        let library = Library::of(parsed("api.yaml", DOCUMENT));
        load(text).findings(&library).0.into_iter().map(|finding| (finding.rule, finding.severity)).collect()
    };
    assert_eq!(severities("extends: ./base.yaml\n"), [("on", Severity::Warning)]);
    assert_eq!(
        severities("extends: [[base.yaml, all]]\nrules: { on: error, rare: hint }\n"),
        [("on", Severity::Error), ("rare", Severity::Note)]
    );
    assert_eq!(
        severities("extends: [[base.yaml, off]]\nrules: { rare: true }\n"),
        [("rare", Severity::Warning)]
    );
    assert_eq!(severities("extends: base.yaml\nrules: { on: off }\n"), []);
    assert_eq!(severities("extends: base.yaml\nrules: { on: { severity: error, formats: [oas2] } }\n"), []);
    let found = found(&load("extends: base.yaml\n"), DOCUMENT);
    assert_eq!(found, [("/info".to_owned(), "no x at /info".to_owned())]);
}

const OVERRIDES: &str = "\
overrides:
  - { files: ['*.yaml'], rules: { a: error } }
  - { files: ['../v1/**'], rules: { a: off, b: true, c: { given: $.info, then: { field: z, function: truthy } } } }
  - files: ['../v2/api.yaml#/paths/~1a~1%7Bid%7D', '../v2/api.yaml#/paths/~1a~1%7Bid%7D/get/responses']
    rules: { a: hint }
  - { files: ['../v2/*#/paths/~1a'], rules: { a: off, b: error } }
  - { files: ['../v3/x.yaml'], rules: { a: { severity: info, then: { field: y, function: truthy } } } }
  - { files: ['**/v3/*'], rules: { a: { then: { field: responses, function: falsy } } } }
rules:
  a: { given: '$.paths[*][*]', then: { field: x, function: truthy } }
  b: { recommended: false, given: '$.paths[*][*]', then: { field: y, function: truthy } }
";

#[test]
fn overrides_are_for_documents_and_for_places_in_them() {
    let (ruleset, problems) = loaded(OVERRIDES);
    assert_eq!(problems, []);
    assert_eq!(ruleset.ids().collect::<BTreeSet<_>>(), BTreeSet::from(["a", "b", "c"]));
    let document = "openapi: 3.1.0\ninfo: {}\npaths: { /a: { get: { responses: {} } }, '/a/{id}': { get: { responses: {} } } }\n";
    let check = |file: &str, expected: &[(&str, Severity, &str)]| {
        let library = Library::of(parsed(file, document));
        let (findings, _) = ruleset.findings(&library);
        let found: Vec<(&str, Severity, &str)> = findings
            .iter()
            .map(|finding| (finding.rule, finding.severity, finding.position.pointer.as_str()))
            .collect();
        assert_eq!(found, expected, "{file}");
    };
    let (a, id) = ("/paths/~1a/get", "/paths/~1a~1{id}/get");
    let warned = [("a", Severity::Warning, a), ("a", Severity::Warning, id)];
    check("api.json", &warned);
    check("rules/v1/api.json", &warned);
    check("other/api.yaml", &[("a", Severity::Error, a), ("a", Severity::Error, id)]);
    check(
        "/team/v1/x/api.yaml",
        &[("b", Severity::Warning, a), ("b", Severity::Warning, id), ("c", Severity::Warning, "/info")],
    );
    check("./v2/api.yaml", &[("a", Severity::Note, id), ("b", Severity::Error, a)]);
    check("v2/api.json", &[("a", Severity::Warning, id), ("b", Severity::Error, a)]);
    let noted = [("a", Severity::Note, a), ("a", Severity::Note, id)];
    check("v3/x.yaml", &noted);
    let responses = ["/paths/~1a/get/responses", "/paths/~1a~1{id}/get/responses"];
    check("rules/v3/x.json", &responses.map(|pointer| ("a", Severity::Warning, pointer)));
}

#[test]
fn what_of_overrides_is_not_looked_at_is_said_with_its_place() {
    let (_, problems) = loaded(
        "rules: { a: { given: $, then: { function: truthy } } }\n\
         overrides:\n  \
           - { files: ['*.yaml'], extends: 'spectral:oas', rules: { a: error, b: error, c: off } }\n  \
           - { files: ['x(', '#/paths', 'x#paths', '+(x)'] }\n  \
           - { files: ['x#/paths'], rules: { a: { given: $.info } } }\n  \
           - { rules: { a: what } }\n  \
           - { files: [x], rules: { d: { given: $, then: { function: mine } }, e: { given: $, surprise: 1 } } }\n",
    );
    let said: Vec<(Severity, usize, &str)> = problems
        .iter()
        .map(|problem| (problem.severity, problem.position.as_ref().unwrap().line, problem.message.as_str()))
        .collect();
    let warned = |line, text| (Severity::Warning, line, text);
    let expected = [
        warned(3, "`extends` of an override is not looked at"),
        warned(4, "`#/paths` names no documents: it is for no file"),
        warned(4, "`x#paths` names no documents: it is no JSON pointer"),
        warned(4, "`+(x)` names no documents: it is a pattern with `(`, which is not understood"),
        warned(6, "the override names no `files`"),
        warned(3, "the rule `b` is not one that is run"),
        (Severity::Note, 3, "the rule `c` is not one that is run"),
        warned(5, "the rule `a` is not changed: at a place it takes a severity alone"),
        warned(6, "neither a rule nor a severity"),
        warned(7, "the rule `d` is not run: the function `mine` is not one that is run"),
        warned(7, "`surprise` of the rule `e` is not looked at"),
        warned(7, "the rule `e` is not run: it has no `then`"),
    ];
    assert_eq!(said, expected);
}

/// Cases whose rule `spectral:oas` has here are answered alike: at the same places.
#[test]
fn cases_of_spectral_are_answered_alike() {
    let Ok(text) = std::fs::read(CASES) else {
        println!("skipped: no cases at {CASES}");
        return;
    };
    let cases: Vec<Value> = serde_json::from_slice(&text).unwrap();
    let (mut run, mut not_run, mut differing) = (0, BTreeMap::new(), Vec::new());
    for case in &cases {
        let rule = case["rule"].as_str().unwrap();
        let (ruleset, problems) =
            loaded(&format!("extends: [['spectral:oas', off]]\nrules: {{ '{rule}': true }}\n"));
        if !problems.is_empty() {
            *not_run.entry(rule).or_insert(0) += 1;
            continue;
        }
        run += 1;
        let text = case["document"].to_string();
        let (document, _) = Document::parse("case.json", text.as_str(), &Limits::default());
        let (findings, _) = ruleset.findings(&Library::of(document));
        let found: BTreeSet<String> = findings.into_iter().map(|finding| finding.position.pointer).collect();
        let places = case["expect"].as_array().unwrap().iter().filter_map(|one| one["path"].as_array());
        let pointer = |path: &Vec<Value>| -> String {
            let tokens =
                path.iter().map(|token| token.as_str().map_or_else(|| token.to_string(), str::to_owned));
            tokens.map(|token| format!("/{}", token.replace('~', "~0").replace('/', "~1"))).collect()
        };
        let expected: BTreeSet<String> = places.map(pointer).collect();
        if found != expected {
            differing.push(format!("{rule}: {}: {found:?} for {expected:?}", case["name"]));
        }
    }
    println!("{run} cases of {} run; the rules of the others are not: {not_run:?}", cases.len());
    assert_eq!(differing, [""; 0]);
    assert!(run > 50, "{run}");
}
