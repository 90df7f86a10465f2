//! `palisade check`: how the outcome of reading everything is said.

use gateway::Metrics;
use model::{Problem, Severity};
use serde::Serialize;
use spec::Document;

use crate::cli::{Check, Exit, FailOn};
use crate::commands::review::unknown_rules;
use crate::feeds;
use crate::load::load;
use crate::output::problems::{self, Sources, Tally, Tool};
use crate::output::{self, Format, Look};
use crate::prepare::{ApiRead, Before, Prepared, prepare};

/// What was read and what is wrong with it.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// The APIs, in the config's order; those that cannot be read have no operations.
    pub(crate) apis: Vec<ApiRead>,
    /// Every problem of the config and of all that it names.
    pub(crate) problems: Vec<Problem>,
}

/// Reads everything that the arguments name, as `run` would, and says what is wrong with it.
pub(crate) fn run(arguments: &Check) -> Exit {
    let (outcome, documents) = read(arguments);
    let status = exit(&outcome.problems, arguments.fail_on);
    let sources =
        |file: &str| documents.iter().find_map(|document| document.source_of(file)).map(str::to_owned);
    let printed = render(outcome, &sources, arguments.format, Look::of_stdout());
    match printed.map(|text| output::print(&text)) {
        Ok(Ok(())) => status,
        Ok(Err(_)) | Err(_) => Exit::Failed,
    }
}

fn read(arguments: &Check) -> (Outcome, Vec<Document>) {
    let loaded = load(&arguments.source, arguments.upstream.as_deref());
    let before = Before { limiter: &feeds::limiter(), feeds: None, metrics: &Metrics::default() };
    // The gateway does not look at it, so what is wrong with it stops nothing.
    let unknown = loaded.as_ref().map(|loaded| unknown_rules(&loaded.document)).unwrap_or_default();
    let Prepared { apis, mut problems, documents, .. } = prepare(loaded, before, 1);
    problems.extend(unknown.into_iter().map(|problem| Problem { severity: Severity::Warning, ..problem }));
    (Outcome { apis, problems }, documents)
}

/// The outcome in the form that was asked for.
pub(crate) fn render(
    outcome: Outcome,
    sources: &Sources<'_>,
    format: Format,
    look: Look,
) -> serde_json::Result<String> {
    let Outcome { apis, problems } = outcome;
    if format == Format::Json {
        return json(apis, problems);
    }
    let usable = !problems.iter().any(|problem| problem.severity == Severity::Error);
    let mut text = problems::text(problems, sources, look);
    if usable {
        for ApiRead { name, spec, operations } in apis {
            let s = if operations == 1 { "" } else { "s" };
            text.push_str(&format!("{name}: {operations} operation{s} from {spec}\n"));
        }
    }
    Ok(text)
}

/// The status: [`Exit::Usage`] where `run` would not start, [`Exit::Findings`] where a problem is at or above `fail_on`.
pub(crate) fn exit(problems: &[Problem], fail_on: FailOn) -> Exit {
    match problems.iter().map(|problem| problem.severity).max() {
        Some(Severity::Error) => Exit::Usage,
        Some(severity) if severity >= fail_on.severity() => Exit::Findings,
        _ => Exit::Clean,
    }
}

fn json(apis: Vec<ApiRead>, mut problems: Vec<Problem>) -> serde_json::Result<String> {
    #[derive(Serialize)]
    struct Report {
        schema_version: u32,
        tool: Tool,
        apis: Vec<ApiRead>,
        counts: Tally,
        problems: Vec<Problem>,
    }
    problems::arrange(&mut problems);
    let counts = Tally::of(&problems);
    let report = Report { schema_version: model::SCHEMA_VERSION, tool: Tool::THIS, apis, counts, problems };
    serde_json::to_string_pretty(&report).map(|text| text + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(problems: Vec<Problem>, fail_on: FailOn, expected_exit: Exit, expected: &str) {
        assert_eq!(exit(&problems, fail_on), expected_exit);
        let apis =
            vec![ApiRead { name: "orders".to_owned(), spec: "openapi.yaml".to_owned(), operations: 3 }];
        let text = render(Outcome { apis, problems }, &|_| None, Format::Text, Look::PLAIN).unwrap();
        assert_eq!(text, expected);
    }

    fn warning() -> Problem {
        Problem::warning("`security` is empty")
    }

    #[test]
    fn what_is_usable_is_counted_and_what_is_not_is_refused() {
        check(vec![], FailOn::Note, Exit::Clean, "orders: 3 operations from openapi.yaml\n");
        let warned = "warning: `security` is empty\n\n1 warning\norders: 3 operations from openapi.yaml\n";
        check(vec![warning()], FailOn::Error, Exit::Clean, warned);
        check(vec![warning()], FailOn::Warning, Exit::Findings, warned);
        let refused = "error: no `paths`\n\nwarning: `security` is empty\n\n1 error, 1 warning\n";
        check(vec![warning(), Problem::error("no `paths`")], FailOn::Warning, Exit::Usage, refused);
    }

    #[test]
    fn the_json_form_counts_and_lists_everything() {
        let apis =
            vec![ApiRead { name: "orders".to_owned(), spec: "openapi.yaml".to_owned(), operations: 3 }];
        let outcome = Outcome { apis, problems: vec![warning()] };
        let text = render(outcome, &|_| None, Format::Json, Look::PLAIN).unwrap();
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&text).unwrap(),
            serde_json::json!({
                "schema_version": 1,
                "tool": { "name": "palisade", "version": env!("CARGO_PKG_VERSION") },
                "apis": [{ "name": "orders", "spec": "openapi.yaml", "operations": 3 }],
                "counts": { "errors": 0, "warnings": 1, "notes": 0 },
                "problems": [{ "severity": "warning", "message": "`security` is empty" }]
            })
        );
    }
}
