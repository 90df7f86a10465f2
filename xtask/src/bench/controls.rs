//! What each control costs alone, and all of them together, beside a gateway that has every one off.

use std::path::Path;

use identity::Algorithm;

use super::field::{Contender, Field};
use super::load::Plan;
use super::palisade::{self, Door};
use super::report::{self, Spread};
use super::sample::{self, Sample};
use super::way::Way;
use super::{Arguments, write};
use crate::failure::Outcome;
use crate::say::{self, FAINT, styled};

/// One row: its name, the settings that are not off in it, and where requests come in. What stands further left is of the
/// API.
struct Row {
    name: &'static str,
    on: &'static [&'static str],
    settings: &'static str,
    door: Door,
}

/// A row of requests for orders, in HTTP/1.1 and in the clear.
const fn row(name: &'static str, on: &'static [&'static str], settings: &'static str) -> Row {
    Row { name, on, settings, door: Door::Http1 }
}

/// What others are compared with.
const NONE: &str = "none";
/// What those are compared with that take documents of GraphQL.
const NONE_OF_GRAPHQL: &str = "none, documents of GraphQL";

/// Controls that need a caller stand on `jwt`, whose own row says what that costs.
const ROWS: &[Row] = &[
    row(NONE, &[], ""),
    row("undeclared", &["undeclared"], ""),
    row("ip-limit", &["ip-limit"], "      ip-limit: { rate: 1000000/s, burst: 1000000 }\n"),
    row("jwt", &["jwt"], ""),
    row("jwt, scope", &["jwt", "scope"], ""),
    row(
        "jwt, rate-limit of three keys",
        &["jwt", "rate-limit"],
        "      rate-limit:
        limits:
          - { key: [principal], rate: 1000000/s, burst: 1000000 }
          - { key: [client, operation], rate: 1000000/s, burst: 1000000 }
          - { key: [ip], rate: 1000000/s, burst: 1000000 }
",
    ),
    row("concurrency", &["concurrency"], "      concurrency: { requests-max: 10000 }\n"),
    row("body-limits", &["body-limits"], ""),
    row("request-schema", &["request-schema"], ""),
    row("ssrf", &[], "      ssrf: {}\n"),
    row("jwt, cedar", &["jwt"], palisade::CEDAR),
    row("response-schema", &["response-schema"], "      response-schema: enforce\n"),
    row("fields", &["fields"], "      fields: { rules: [{ name: ssn, scopes: ['users:identity'] }] }\n"),
    row("leak", &["leak"], "      leak: { action: report }\n"),
    row("error-answers", &["error-answers"], ""),
    row("security-headers", &["security-headers"], ""),
    row("jwt, object-access", &["jwt"], OBJECT_ACCESS),
    row(
        "jwt, object",
        &["jwt", "object"],
        "      object: { answer: [{ at: /customer, claim: customer }] }\n",
    ),
    row("flow of two steps", &[], FLOW),
    row("jwt, phantom-token", &["jwt"], "      phantom-token: { audience: orders }\n"),
    Row { door: Door::Egress, ..row("egress, with a credential", &[], EGRESS) },
    row("all of these", palisade::ALL_CONTROLS, ALL),
    Row { door: Door::GraphQl, ..row(NONE_OF_GRAPHQL, &[], "") },
    Row { door: Door::GraphQl, ..row("graphql", &[], "      graphql: enforce\n") },
    Row { door: Door::Http2, ..row("none, HTTP/2", &[], "") },
    Row { door: Door::Http2, ..row("all of these, HTTP/2", palisade::ALL_CONTROLS, ALL) },
    Row { door: Door::Tls, ..row("none, TLS", &[], "") },
    Row { door: Door::Tls, ..row("all of these, TLS", palisade::ALL_CONTROLS, ALL) },
];

/// Callers read the one order that their token names.
const OBJECT_ACCESS: &str = "    overlays: [owners.overlay.yaml]\n";

/// By address, since callers who place an order have not all read one.
const FLOW: &str = "      flow: { flows: { order: { steps: ['GET /orders/{id}', 'POST /orders'], by: ip, once: false } } }\n";

const EGRESS: &str =
    "    egress: { private: true, credential: { prefix: 'Bearer ', secret: { file: credential } } }\n";

const ALL: &str = "      ip-limit: { rate: 1000000/s, burst: 1000000 }
      rate-limit:
        limits:
          - { key: [principal], rate: 1000000/s, burst: 1000000 }
          - { key: [client, operation], rate: 1000000/s, burst: 1000000 }
          - { key: [ip], rate: 1000000/s, burst: 1000000 }
      concurrency: { requests-max: 10000 }
      ssrf: {}
      response-schema: enforce
      fields: { rules: [{ name: ssn, scopes: ['users:identity'] }] }
      leak: { action: report }
      object: { answer: [{ at: /customer, claim: customer }] }
      phantom-token: { audience: orders }
      flow: { flows: { order: { steps: ['GET /orders/{id}', 'POST /orders'], by: ip, once: false } } }
    overlays: [owners.overlay.yaml]
    cedar: { policies: [orders.cedar] }
";

pub(super) fn run(arguments: &Arguments, program: &Path) -> Outcome<()> {
    let plan = Plan::mixed(arguments.principals, Algorithm::from(arguments.algorithm))?;
    let field = Field::open(&plan, program)?;
    let contenders = contenders(arguments, &field)?;
    let mut samples: Vec<Vec<Sample>> = contenders.iter().map(|_| Vec::new()).collect();
    for round in 1..=arguments.rounds {
        for (contender, samples) in contenders.iter().zip(&mut samples) {
            let sample = sample::take(contender, &plan, arguments.requests, arguments.connections)?;
            let line =
                format!("round {round}/{}  {:<30} {}", arguments.rounds, contender.name, sample.line());
            say::progress(&styled(FAINT, &line));
            samples.push(sample);
        }
    }
    let report = table(arguments, &contenders, &samples);
    say::result(&report);
    if arguments.write { write("controls", &report) } else { Ok(()) }
}

/// A gateway for each row.
pub(super) fn contenders(arguments: &Arguments, field: &Field) -> Outcome<Vec<Contender>> {
    let rows = ROWS.iter().filter(|row| {
        row.name == NONE
            || arguments.wants(row.name)
            || (row.name == NONE_OF_GRAPHQL && arguments.wants("graphql"))
    });
    let start = |(number, row): (usize, &Row)| {
        palisade::start_controls(row.name, field, number, (row.on, row.settings), row.door)
    };
    rows.enumerate().map(start).collect()
}

/// What each row takes more than the first, round by round.
fn table(arguments: &Arguments, contenders: &[Contender], samples: &[Vec<Sample>]) -> String {
    let mut text =
        "| controls | CPU µs a request | more than none | of none |\n|---|---:|---:|---:|\n".to_owned();
    let base = |name: &str| {
        let index = contenders.iter().position(|contender| contender.name == name);
        index.and_then(|index| samples.get(index)).map(Vec::as_slice)
    };
    for (contender, samples) in contenders.iter().zip(samples) {
        let is_document = matches!(contender.way, Way::GraphQl);
        let none = base(if is_document { NONE_OF_GRAPHQL } else { NONE });
        let median = |numbers: &mut dyn Iterator<Item = f64>| Spread::of(numbers).median;
        let more = samples.iter().zip(none.unwrap_or_default());
        text.push_str(&format!(
            "| {} | {:.1} | {:.1} | {} |\n",
            contender.name,
            median(&mut samples.iter().map(|sample| sample.processor_us)),
            median(&mut more.map(|(sample, none)| sample.processor_us - none.processor_us)),
            report::ratio(samples, none),
        ));
    }
    format!("{text}\n{}", report::circumstances(arguments)).trim_end().to_owned()
}
