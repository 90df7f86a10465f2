//! One report in every form.

use serde_json::Value;

use super::*;

const SPEC: &str = "\
openapi: 3.1.0
info: { title: Orders, version: '1', contact: { name: Orders } }
servers: [{ url: 'http://api.example', description: prod, x-internal: false }]
paths: {}
";

fn report() -> Report {
    report_of(SPEC)
}

fn report_of(spec: &str) -> Report {
    let (document, problems) = Document::parse("a b.yaml", spec, &spec::Limits::default());
    let library = Library::of(document);
    let review = review::review(&library, review::ALL, "2026-01-01".parse().unwrap());
    let subject = Subject { file: "a b.yaml".to_owned(), library, old: None, review };
    let not_judged = vec![Problem::warning("`x<y` cannot be read")];
    assert_eq!(problems, []);
    let rules = review::ALL.iter().map(|rule| rule.page()).collect();
    Report {
        command: "review",
        rules,
        subjects: vec![subject],
        not_judged,
        known: 2,
        fail_on: Severity::Error,
    }
}

fn rendered(format: FindingsFormat) -> String {
    rendered_of(&report(), format)
}

fn rendered_of(report: &Report, format: FindingsFormat) -> String {
    let mut out = Vec::new();
    write(report, format, false, Look::PLAIN, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn text_draws_the_place_and_ends_with_a_summary_that_begins_with_what_was_not_judged() {
    let text = rendered(FindingsFormat::Text);
    assert!(text.starts_with("warning: `x<y` cannot be read"), "{text}");
    let place = " --> a b.yaml:3:18\n  |\n3 | servers: [{ url: 'http://api.example', description: prod, x-internal: false }]\n";
    assert!(text.contains("error[plain-http]: `http://api.example` is without TLS\n"), "{text}");
    assert!(text.contains(place), "{text}");
    let summary = format!(
        "not judged: 1 thing, said first\njudged: 1 document, 0 operations, 0 schemas, by {} rules\nfound: 1 error; 2 in the baseline\n",
        review::ALL.iter().filter(|rule| rule.kinds().any(|kind| kind == review::Kind::OpenApi)).count()
    );
    assert!(text.contains(&summary), "{text}");
    assert!(
        text.ends_with(
            "\n  API9      -  there is no operation\n  API10     -  there are no callbacks, no webhooks and no servers of others\n"
        ),
        "{text}"
    );
}

#[test]
fn json_says_everything_of_a_finding() {
    let json: Value = serde_json::from_str(&rendered(FindingsFormat::Json)).unwrap();
    assert_eq!(json["judged"]["in_baseline"], 2);
    assert_eq!(json["not_judged"][0]["message"], "`x<y` cannot be read");
    assert_eq!(json["scores"][0]["rows"][0]["not_judged"], "no path takes the id of an object");
    let finding = &json["findings"][0];
    assert_eq!(finding["rule"], "plain-http");
    assert_eq!((&finding["line"], &finding["column"]), (&Value::from(3), &Value::from(18)));
    assert_eq!(finding["pointer"], "/servers/0/url");
    assert_eq!(finding["evidence"]["value"], "http://api.example");
    assert_eq!(finding["owasp"][0], "API8:2023");
    assert_eq!(finding["fingerprint"].as_str().unwrap().len(), 32);
}

#[test]
fn every_point_that_a_score_lacks_is_said_with_its_rule() {
    let paths = "paths: { /orders: { get: { responses: { '200': { description: ok } } } } }\n";
    let report = report_of(&SPEC.replace("paths: {}\n", paths));
    let json: Value = serde_json::from_str(&rendered_of(&report, FindingsFormat::Json)).unwrap();
    let row = &json["scores"][0]["rows"][7];
    let costs = row["costs"].as_array().unwrap().iter().map(|cost| cost["points"].as_f64().unwrap());
    assert_eq!(
        (row["row"].as_str(), row["score"].as_f64()),
        (Some("API8:2023"), Some(100.0 - costs.sum::<f64>()))
    );
    let text = rendered_of(&report, FindingsFormat::Text);
    assert!(text.contains("plain-http -50.0 (1 of 1 operations)"), "{text}");
    let markdown = rendered_of(&report, FindingsFormat::Markdown);
    assert!(markdown.contains("\n| a b.yaml | - | "), "{markdown}");
}

#[test]
fn sarif_has_region_fingerprint_and_rule() {
    let log: Value = serde_json::from_str(&rendered(FindingsFormat::Sarif)).unwrap();
    let run = &log["runs"][0];
    let result = &run["results"][0];
    let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
    assert_eq!(run["tool"]["driver"]["rules"][index]["id"], result["ruleId"]);
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "a%20b.yaml");
    assert_eq!(place["region"], serde_json::json!({ "startLine": 3, "startColumn": 18, "endColumn": 38 }));
    assert_eq!(result["partialFingerprints"]["palisade/v1"].as_str().unwrap().len(), 32);
    assert_eq!(run["invocations"][0]["toolExecutionNotifications"][0]["level"], "warning");
}

#[test]
fn the_other_forms_escape_what_means_something_in_them() {
    let junit = rendered(FindingsFormat::Junit);
    assert!(
        junit.contains(
            "<failure message=\"the API is served without TLS\" type=\"error\">a b.yaml:3:18: error: "
        ),
        "{junit}"
    );
    assert!(junit.contains("<error message=\"`x&lt;y` cannot be read\"/>"), "{junit}");
    let github = rendered(FindingsFormat::Github);
    assert!(
        github.contains(
            "::error file=a b.yaml,line=3,col=18,title=plain-http::`http://api.example` is without TLS%0A"
        ),
        "{github}"
    );
    let markdown = rendered(FindingsFormat::Markdown);
    assert!(markdown.contains("| error | `plain-http` | 1 |"), "{markdown}");
    assert!(
        markdown.contains("- a b.yaml:3 **plain-http** `http://api.example` is without TLS\n"),
        "{markdown}"
    );
}
