//! `palisade discover secrets`: credentials that stand in code, configs and specifications.

mod table;

use discover::Progress;
use discover::secrets::{SecretFindings, read};
use model::Problem;
use serde::Serialize;

use super::unread::{NotRead, not_read};
use super::{fail, missing, progress};
use crate::cli::{DiscoverSecrets, Exit};
use crate::output::problems::Tool;
use crate::output::{self, Format, Look, problems};

/// Looks through the files that the arguments name, and says where credentials stand in them.
pub(crate) fn secrets(arguments: &DiscoverSecrets) -> Exit {
    let missing: Vec<Problem> = missing(&arguments.paths);
    if !missing.is_empty() {
        return fail(&problems::text(missing, &|_| None, Look::of_stderr()));
    }
    let workers = arguments.workers.count();
    let done = Progress::default();
    let findings = progress::shown(&done, None, "files", || read(&arguments.paths, workers, &done));
    if output::report(&table::told(&findings)).is_err() {
        return Exit::Failed;
    }
    let is_found = findings.secrets.iter().any(|secret| !secret.is_in_test);
    let exit = match is_found && !arguments.fail_on.is_empty() {
        true => Exit::Findings,
        false => Exit::Clean,
    };
    let text = match arguments.format {
        Format::Text => Ok(table::text(&findings.secrets, Look::of_stdout())),
        Format::Json => json(&findings),
    };
    match text.map(|text| output::print(&text)) {
        Ok(Ok(())) => exit,
        Ok(Err(_)) | Err(_) => Exit::Failed,
    }
}

fn json(findings: &SecretFindings) -> serde_json::Result<String> {
    #[derive(Serialize)]
    struct Report<'r> {
        schema_version: u32,
        tool: Tool,
        secrets: Vec<Listed<'r>>,
        placeholders: u64,
        not_read: Vec<NotRead<'r>>,
    }
    #[derive(Serialize)]
    struct Listed<'r> {
        class: &'r str,
        #[serde(skip_serializing_if = "Option::is_none")]
        name: Option<&'r str>,
        masked: &'r str,
        in_test: bool,
        file: &'r str,
        line: u64,
        column: u64,
    }
    let listed = findings.secrets.iter().map(|secret| Listed {
        class: secret.class,
        name: secret.name.as_deref(),
        masked: &secret.masked,
        in_test: secret.is_in_test,
        file: &secret.file,
        line: secret.line,
        column: secret.column,
    });
    let report = Report {
        schema_version: model::SCHEMA_VERSION,
        tool: Tool::THIS,
        secrets: listed.collect(),
        placeholders: findings.placeholders,
        not_read: not_read(&findings.not_read),
    };
    serde_json::to_string_pretty(&report).map(|text| text + "\n")
}
