//! GraphQL over HTTP: where a document may stand, and what is said of it.

use super::gateway::{Gateway, Seen, check};

const PATHS: &str = "
/graphql:
  get: { security: [], responses: { '200': { description: ok } } }
  post: { security: [], responses: { '200': { description: ok } } }
";

/// With everything off that would speak first.
fn ask(settings: &str, request: &str) -> Seen {
    let settings = format!("undeclared: off\nrequest-schema: off\ngraphql: {settings}");
    Gateway::new(PATHS, &settings).serve(request)
}

/// What is said of a request, or `allowed`.
#[track_caller]
fn said(settings: &str, request: &str, expected: &str) {
    let seen = ask(settings, request);
    let detail = seen.denial.as_ref().map_or(seen.verdict.as_str(), |denial| denial.detail.as_str());
    assert_eq!(detail, expected, "{request}");
    assert_eq!(seen.control, if expected == "allowed" { "" } else { "graphql" });
}

fn post(content_type: &str, body: &str) -> String {
    format!("POST /graphql HTTP/1.1\nContent-Type: {content_type}\n\n{body}\n")
}

fn json(body: &str) -> String {
    post("application/json", body)
}

#[test]
fn a_document_is_read_where_servers_read_it() {
    said("{}", &json(r#"{"query":"{ a }","variables":null,"operationName":"A","extensions":{}}"#), "allowed");
    said("{}", &post("application/graphql+json; charset=UTF-8", r#"{"query":"{ a }"}"#), "allowed");
    said("{}", &post("application/graphql", "{ a }"), "allowed");
    said(
        "{}",
        "GET /graphql?query=%7B+a%0A%7D&variables=%7B%22a%22%3A1%7D&operationName=A HTTP/1.1\n",
        "allowed",
    );
    for (request, expected) in [
        (json(r#"{"variables":{}}"#), "no document"),
        (json(r#"{"query":null}"#), "no document"),
        (json(r#"{"query":["{ a }"]}"#), "no document"),
        (json("\"{ a }\""), "no document"),
        (json("[]"), "a batch of nothing"),
        (json("[\"{ a }\"]"), "no document"),
        (json(r#"{"query":"{ a }","variables":[]}"#), "variables that are no object"),
        (
            json(r#"{"query":"{ a }","QUERY":"{ b }"}"#),
            "a member in a spelling that some servers take for another",
        ),
        (
            json(r#"{"query":"{ a }","operationname":"b"}"#),
            "a member in a spelling that some servers take for another",
        ),
        (json(r#"{"query":"{ a"}"#), "a name should stand here at byte 3"),
        (post("application/x-www-form-urlencoded", "query={a}"), "neither JSON nor a document"),
        (post("multipart/form-data; boundary=b", "--b--"), "neither JSON nor a document"),
        (post("text/plain", "{ a }"), "neither JSON nor a document"),
        (post("application/graphql; charset=utf-16", "{ a }"), "a charset other than UTF-8"),
        ("POST /graphql HTTP/1.1\n".to_owned(), "no document"),
        ("GET /graphql HTTP/1.1\n".to_owned(), "no document"),
        ("GET /graphql?query=%7Ba%7D&query=%7Bb%7D HTTP/1.1\n".to_owned(), "a part of it twice"),
        (
            "GET /graphql?query=%7Ba%7D&operationName=a&operationName=b HTTP/1.1\n".to_owned(),
            "a part of it twice",
        ),
        ("GET /graphql?query=%7Ba%7D&variables=%7B HTTP/1.1\n".to_owned(), "the text ends too early"),
        ("GET /graphql?query=%7Ba%ff%7D HTTP/1.1\n".to_owned(), "encoded bytes that are not UTF-8"),
    ] {
        said("{}", &request, expected);
    }
    for name in ["query", "variables", "operationName", "extensions"] {
        let request =
            json(r#"{"query":"{ a }"}"#).replace("/graphql HTTP", &format!("/graphql?{name}=x HTTP"));
        said("{}", &request, "a part of it in the query beside a body");
    }
}

#[test]
fn every_limit_lets_the_boundary_through_and_no_more() {
    for (settings, good, bad, expected) in [
        ("{ depth: 2 }", "{ a { b } }", "{ a { b { c } } }", "more than 2 fields inside each other"),
        (
            "{ complexity: 20 }",
            "{ a(first: 10) { b } }",
            "{ a(first: 10) { b } c }",
            "more than 20 fields, lists counted by their items",
        ),
        ("{ aliases: 1 }", "{ x: a }", "{ x: a y: a }", "more than 1 aliases"),
        (
            "{ root-fields: 2 }",
            "{ a b }",
            "{ a ...F } fragment F on T { b c }",
            "more than 2 fields at the root",
        ),
        ("{ directives: 1 }", "{ a @b }", "{ a @b @b }", "more than 1 directives"),
        (
            "{ fragments: 1 }",
            "{ ...F } fragment F on T { b }",
            "{ ...F } fragment F on T { ...G } fragment G on T { b }",
            "more than 1 fragments",
        ),
        ("{ operations-max: 1 }", "query A { a }", "query A { a } query B { a }", "more than 1 operations"),
        ("{ tokens: 3 }", "{ a }", "{ a b }", "more than 3 tokens"),
        (
            "{ sizes: [count], complexity: 9 }",
            "{ a(first: 99, count: 9) }",
            "{ a(count: 10) }",
            "more than 9 fields, lists counted by their items",
        ),
        ("{}", "{ __typename }", "{ a { __schema { b } } }", "introspection"),
        (
            "{ introspection: true, operations: [query] }",
            "{ __schema { a } }",
            "mutation { a }",
            "a mutation",
        ),
        ("{}", "mutation { a }", "subscription { a }", "a subscription"),
        ("{ operations: [subscription] }", "subscription { a }", "{ a }", "a query"),
    ] {
        said(settings, &post("application/graphql", good), "allowed");
        said(settings, &post("application/graphql", bad), expected);
    }
}

#[test]
fn a_batch_counts_together() {
    let batch = |documents: &[&str]| {
        let requests: Vec<_> =
            documents.iter().map(|document| serde_json::json!({ "query": document })).collect();
        json(&serde_json::to_string(&requests).unwrap())
    };
    said("{}", &batch(&["{ a }"]), "allowed");
    said("{}", &batch(&["{ a }", "{ b }"]), "more than 1 requests in one body");
    said("{ batch: 2, depth: 1, root-fields: 2 }", &batch(&["{ a }", "{ b }"]), "allowed");
    said("{ batch: 2, root-fields: 2 }", &batch(&["{ a }", "{ b c }"]), "more than 2 fields at the root");
    said("{ batch: 2, aliases: 1 }", &batch(&["{ x: a }", "{ x: a }"]), "more than 1 aliases");
    said(
        "{ batch: 2 }",
        &batch(&["{ a }", "{ __type(name: \\\"a\\\") { b } }"]),
        "no token begins so at byte 15",
    );
    said("{ batch: 2 }", &batch(&["{ a }", "{ __type(name: 1) { b } }"]), "introspection");
}

#[test]
fn variables_count_however_they_are_written() {
    let settings = "{ complexity: 10 }";
    let with = |variables: &str| {
        json(&format!(r#"{{"query":"query ($n: Int) {{ a(first: $n) }}","variables":{variables}}}"#))
    };
    let expected = "more than 10 fields, lists counted by their items";
    said(settings, &with(r#"{"n":10}"#), "allowed");
    said(settings, &with(r#"{"n":11}"#), expected);
    said(settings, &with(r#""{\"n\":11}""#), expected);
    said(settings, &with(r#""{\"n\":10}""#), "allowed");
    said(settings, &with(r#""""#), "the text ends too early");
    let query = "GET /graphql?query=query($n:Int)%7Ba(first:$n)%7D&variables=%7B%22n%22:11%7D HTTP/1.1\n";
    said(settings, query, expected);
}

#[test]
fn what_a_browser_can_be_made_to_send_only_reads() {
    said("{}", "GET /graphql?query=mutation%7Ba%7D HTTP/1.1\n", "a mutation by `GET` or in the URL");
    said(
        "{ operations: [subscription] }",
        "GET /graphql?query=subscription%7Ba%7D HTTP/1.1\n",
        "a subscription by `GET` or in the URL",
    );
    said("{}", "POST /graphql?query=%7Ba%7D HTTP/1.1\n", "allowed");
    said("{}", "POST /graphql?query=mutation%7Ba%7D HTTP/1.1\n", "a mutation by `GET` or in the URL");
    let with_body = json(r#"{"query":"mutation { a }"}"#).replace("POST", "GET");
    said("{}", &with_body, "a mutation by `GET` or in the URL");
}

#[test]
fn nothing_of_the_request_is_said() {
    for body in
        ["{ secretName", "{ secret(a: \"\\secret\") }", "{ ...secret }", "{ a { secret { secret } } }"]
    {
        let seen = ask("{ depth: 1 }", &post("application/graphql", body));
        let denial = seen.denial.unwrap();
        assert!(!denial.detail.as_str().contains("secret"), "{}", denial.detail.as_str());
    }
}

#[test]
fn it_is_on_where_it_is_set_and_a_gap_says_so_elsewhere() {
    let off = Gateway::new(PATHS, "");
    assert!(off.gaps().contains("set `graphql`"), "{}", off.gaps());
    assert!(off.serve("POST /graphql HTTP/1.1\n").said.iter().all(|(id, _)| *id != "graphql"));
    assert!(!Gateway::new(PATHS, "graphql: enforce").gaps().contains("graphql"));
    let elsewhere = PATHS.replace("/graphql", "/orders");
    assert!(!Gateway::new(&elsewhere, "").gaps().contains("graphql"));
    check(PATHS, "undeclared: off\ngraphql: enforce", "GET /elsewhere HTTP/1.1\n", "400 graphql-malformed");
}

#[test]
fn settings_that_cannot_work_are_problems_with_a_place() {
    for (settings, expected) in [
        ("{ tokens: 100001 }", "`tokens` is more than 100000"),
        ("{ operations: [] }", "`operations` lets nothing through"),
        ("{ operations: [read] }", "read"),
        ("{ deep: 3 }", "deep"),
        ("{ depth: -1 }", "not negative"),
    ] {
        let problems = Gateway::problems(PATHS, &format!("graphql: {settings}"));
        let problem = problems.iter().find(|problem| format!("{problem}").contains(expected));
        assert!(problem.is_some_and(|problem| problem.position.is_some()), "{settings}: {problems:?}");
    }
}
