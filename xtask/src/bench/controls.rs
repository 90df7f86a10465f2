//! What each control costs alone, and all of them together, beside a gateway that has every one off.

use std::path::Path;

use identity::Algorithm;

use super::field::{Contender, Field};
use super::load::Plan;
use super::report::{self, Spread};
use super::sample::{self, Sample};
use super::{Arguments, palisade, write};
use crate::failure::Outcome;
use crate::say::{self, FAINT, styled};

/// One row: its name, and the settings that are not off in it. What stands further left is of the API.
struct Row {
    name: &'static str,
    on: &'static [&'static str],
    settings: &'static str,
}

/// The first is what others are compared with. Controls that need a caller stand on `jwt`, whose own row says what that
/// costs.
const ROWS: &[Row] = &[
    Row { name: "none", on: &[], settings: "" },
    Row { name: "undeclared", on: &["undeclared"], settings: "" },
    Row {
        name: "ip-limit",
        on: &["ip-limit"],
        settings: "      ip-limit: { rate: 1000000/s, burst: 1000000 }\n",
    },
    Row { name: "jwt", on: &["jwt"], settings: "" },
    Row { name: "jwt, scope", on: &["jwt", "scope"], settings: "" },
    Row {
        name: "jwt, rate-limit of three keys",
        on: &["jwt", "rate-limit"],
        settings: "      rate-limit:
        limits:
          - { key: [principal], rate: 1000000/s, burst: 1000000 }
          - { key: [client, operation], rate: 1000000/s, burst: 1000000 }
          - { key: [ip], rate: 1000000/s, burst: 1000000 }
",
    },
    Row {
        name: "concurrency",
        on: &["concurrency"],
        settings: "      concurrency: { requests-max: 10000 }\n",
    },
    Row { name: "body-limits", on: &["body-limits"], settings: "" },
    Row { name: "request-schema", on: &["request-schema"], settings: "" },
    Row { name: "ssrf", on: &[], settings: "      ssrf: {}\n" },
    Row { name: "jwt, cedar", on: &["jwt"], settings: palisade::CEDAR },
    Row { name: "response-schema", on: &["response-schema"], settings: "      response-schema: enforce\n" },
    Row {
        name: "fields",
        on: &["fields"],
        settings: "      fields: { rules: [{ name: ssn, scopes: ['users:identity'] }] }\n",
    },
    Row { name: "leak", on: &["leak"], settings: "      leak: { action: report }\n" },
    Row { name: "error-answers", on: &["error-answers"], settings: "" },
    Row { name: "security-headers", on: &["security-headers"], settings: "" },
    Row { name: "all of these", on: palisade::ALL_CONTROLS, settings: ALL },
];

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
    let rows = ROWS.iter().filter(|row| row.name == "none" || arguments.wants(row.name));
    let start = |(number, row): (usize, &Row)| {
        palisade::start_controls(row.name, field, number, (row.on, row.settings))
    };
    rows.enumerate().map(start).collect()
}

/// What each row takes more than the first, round by round.
fn table(arguments: &Arguments, contenders: &[Contender], samples: &[Vec<Sample>]) -> String {
    let mut text =
        "| controls | CPU µs a request | more than none | of none |\n|---|---:|---:|---:|\n".to_owned();
    let none = samples.first().map(Vec::as_slice);
    for (contender, samples) in contenders.iter().zip(samples) {
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
