//! Requests that are explained, as text, as JSON, and by the status that the command ends with.

use std::path::Path;

use clap::Parser;
use gateway::Metrics;

use super::*;
use crate::cli::{Cli, Command};

const SPECIFICATION: &str = "
openapi: 3.1.0
info: { title: t, version: '1' }
paths:
  /orders:
    get:
      security: []
      parameters: [{ name: page, in: query, schema: { type: integer } }]
      x-palisade:
        cors: { allowed-origins: ['https://shop.example'] }
        rate-limit: { limits: [{ key: [ip], rate: 60/min, burst: 5, cost: 2, name: orders }] }
        concurrency: { requests-max: 3 }
        ip-limit: { mode: shadow, rate: 10/s }
      responses: { '200': { description: ok } }
";

fn arguments(folder: &Path, line: &str) -> Box<Explain> {
    std::fs::write(folder.join("spec.yaml"), SPECIFICATION).unwrap();
    let spec = folder.join("spec.yaml");
    let words = ["palisade", "explain", "--spec", spec.to_str().unwrap()].into_iter();
    match Cli::try_parse_from(words.chain(line.split('|'))).unwrap().command {
        Command::Explain(explain) => explain,
        _ => panic!("not explain"),
    }
}

fn explained(line: &str) -> Explained {
    let folder = tempfile::tempdir().unwrap();
    let arguments = arguments(folder.path(), line);
    let loaded = load(&arguments.source, None).unwrap();
    let (feeds, problems) = feeds::feeds(&loaded, &feeds::limiter(), None);
    assert_eq!(problems, []);
    let snapshot = loaded.compile(&feeds, &Metrics::default(), 1).snapshot.unwrap();
    explain(&snapshot, question(&arguments, Vec::new()))
}

fn ends(line: &str) -> Exit {
    let folder = tempfile::tempdir().unwrap();
    run(&arguments(folder.path(), line))
}

#[test]
fn the_status_says_what_would_become_of_the_request() {
    assert_eq!(ends("GET|/orders?page=1"), Exit::Clean);
    let preflight = "OPTIONS|/orders|-H|Origin: https://shop.example|-H|Access-Control-Request-Method: GET";
    assert_eq!(ends(preflight), Exit::Clean);
    assert_eq!(ends("GET|/orders?page=x"), Exit::Findings);
    assert_eq!(ends("GET|/orders?page=x|--format|json"), Exit::Findings);
    assert_eq!(ends("GET|/orders|--control|jwt=shadow|--overlay|missing.yaml"), Exit::Usage);
    assert_eq!(ends("POST|/orders|-d|@missing.json"), Exit::Failed);
}

#[test]
fn text_says_every_control_limit_and_answer_field() {
    let seen = text(&explained("GET|/orders?page=x|-H|Origin: https://shop.example"));
    let expected = "\
operation  spec GET /orders
control    block            enforce  allowed
control    ip-limit         shadow   allowed
control    cors             enforce  allowed
control    undeclared       enforce  allowed
control    concurrency      enforce  allowed
control    rate-limit       enforce  allowed
control    body-limits      enforce  allowed
control    request-schema   enforce  denied    parameter-invalid: query `page`: must be an integer, is a string
control    error-answers    enforce  not asked
control    leak             enforce  not asked
control    security-headers enforce  not asked
limit      ip-limit         10/s of one address, 10 at once
limit      concurrency      3 in flight
limit      rate-limit       `orders`: 60/min by ip, 5 at once, of which a request takes 2
limit      body-limits      a body of 1048576 bytes
limit      body-limits      json 32 deep, of 50000 values, 262144 bytes a string, 10000 items an array, 1000 members an object
verdict    refused with 400: parameter-invalid by request-schema
because    query `page`: must be an integer, is a string
answer     access-control-allow-origin: https://shop.example
answer     cache-control: no-store
answer     content-type: application/problem+json
answer     ratelimit: \"orders\";r=1;t=1
answer     ratelimit-policy: \"orders\";q=2;w=5
answer     vary: origin
answer     x-content-type-options: nosniff
";
    assert_eq!(seen, expected);
}

#[test]
fn json_tells_forwarded_answered_and_refused_apart() {
    let json = |line: &str| serde_json::to_value(explained(line)).unwrap();
    let forwarded = json("GET|/orders|-H|Origin: https://shop.example");
    assert_eq!((&forwarded["outcome"], &forwarded["status"]), (&"forwarded".into(), &0.into()));
    assert_eq!(forwarded["dropped_fields"], serde_json::json!(["access-control-"]));
    let origin =
        serde_json::json!({ "name": "access-control-allow-origin", "value": "https://shop.example" });
    assert!(forwarded["answer_fields"].as_array().unwrap().contains(&origin), "{forwarded}");
    let limit = serde_json::json!({ "control": "concurrency", "limit": "3 in flight" });
    assert!(forwarded["limits"].as_array().unwrap().contains(&limit), "{forwarded}");

    let preflight = "OPTIONS|/orders|-H|Origin: https://shop.example|-H|Access-Control-Request-Method: GET";
    let answered = json(preflight);
    assert_eq!((&answered["outcome"], &answered["status"]), (&"answered".into(), &204.into()));
    let outcomes: Vec<_> =
        answered["controls"].as_array().unwrap().iter().map(|said| &said["outcome"]).collect();
    assert!(outcomes[..3].iter().all(|&outcome| outcome == "allowed"), "{answered}");
    assert!(outcomes[3..].iter().all(|outcome| outcome.is_null()), "{answered}");
    assert_eq!(answered["dropped_fields"], serde_json::json!([]));

    let refused = json("DELETE|/orders");
    assert_eq!((&refused["outcome"], &refused["status"]), (&"refused".into(), &405.into()));
    let allow = serde_json::json!({ "name": "allow", "value": "GET" });
    assert!(refused["answer_fields"].as_array().unwrap().contains(&allow), "{refused}");
    assert!(refused["operation"].is_null());
}
