//! `palisade explain`: what would become of one request, by the engine that runs, without sending it.

use std::io::Read;

use gateway::explain::{Explained, Question, RequestOutcome, explain};
use gateway::{Metrics, Side};
use http::HeaderMap;
use model::Outcome;
use model::limit::read_capped;

use crate::blocks;
use crate::cli::{BodyText, Exit, Explain};
use crate::feeds;
use crate::load::{load, read_file};
use crate::output::{self, Format, problems};
use crate::prepare::{Before, Prepared, Ready, prepare};
use crate::summary;

/// Largest body that is explained, in bytes.
const BODY_BYTES_MAX: usize = 64 << 20;

/// Explains the request that the arguments describe, and ends as the help says.
pub(crate) fn run(arguments: &Explain) -> Exit {
    let loaded = load(&arguments.source, arguments.upstream.as_deref());
    let before = Before { limiter: &feeds::limiter(), feeds: None, metrics: &Metrics::default() };
    let Prepared { ready, problems, documents, .. } = prepare(loaded, before, 1);
    let Some(Ready { config, feeds, snapshot, .. }) = ready else {
        return problems::refuse(problems, &documents, arguments.format);
    };
    if let Err(message) = blocks::open(&feeds, &config).and_then(|_| fetch_keys(&feeds)) {
        return fail(&message);
    }
    let body = match body(arguments.data.as_ref()) {
        Ok(body) => body,
        Err(error) => return fail(&format!("the body cannot be read: {error}")),
    };
    let explained = explain(&snapshot, question(arguments, body));
    let text = match arguments.format {
        Format::Text => text(&explained),
        Format::Json => match serde_json::to_string_pretty(&explained) {
            Ok(json) => json + "\n",
            Err(error) => return fail(&error.to_string()),
        },
    };
    match output::print(&text) {
        Ok(()) if explained.outcome == RequestOutcome::Refused => Exit::Findings,
        Ok(()) => Exit::Clean,
        Err(error) => fail(&error.to_string()),
    }
}

fn question(arguments: &Explain, body: Vec<u8>) -> Question {
    let mut headers = HeaderMap::new();
    for field in &arguments.headers {
        headers.append(field.name.clone(), field.value.clone());
    }
    Question {
        side: if arguments.egress { Side::Egress } else { Side::Ingress },
        method: arguments.method.clone(),
        uri: arguments.url.clone(),
        headers,
        body,
        client: arguments.ip,
        now: feeds::wall_clock(),
    }
}

/// The keys of every issuer, once; without them no token can be judged.
fn fetch_keys(feeds: &gateway::Feeds) -> Result<(), String> {
    if feeds.verifier.is_none() {
        return Ok(());
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| format!("the runtime cannot be started: {error}"))?;
    let client = feeds::key_client().map_err(|error| error.to_string())?;
    runtime.block_on(async { drop(feeds::keep_fresh(feeds, &client).await) });
    Ok(())
}

fn body(text: Option<&BodyText>) -> std::io::Result<Vec<u8>> {
    match text {
        None => Ok(Vec::new()),
        Some(BodyText::Text(text)) => Ok(text.clone().into_bytes()),
        Some(BodyText::File(path)) => read_file(path),
        Some(BodyText::Stdin) => read_capped(std::io::stdin().by_ref(), BODY_BYTES_MAX),
    }
}

/// One fact a line, its kind in front; what is listed stands in the order in which it is asked or sent.
fn text(explained: &Explained) -> String {
    let mut text = String::new();
    let mut line = |kind: &str, fact: &str| {
        text.push_str(format!("{kind:<10} {fact}").trim_end());
        text.push('\n');
    };
    match &explained.operation {
        Some(operation) => line("operation", &operation.to_string()),
        None => line("operation", "none: no contract declares it"),
    }
    for said in &explained.controls {
        let outcome = match said.outcome {
            Some(Outcome::Allowed) => "allowed",
            Some(Outcome::Denied) => "denied",
            Some(Outcome::Changed) => "changed",
            Some(Outcome::Pending) => "pending",
            None => "not asked",
        };
        let mode = summary::mode(said.mode);
        let reason = said.reason.unwrap_or_default();
        let colon = if said.detail.is_some() { ": " } else { "" };
        let detail = said.detail.as_deref().unwrap_or_default();
        line("control", &format!("{:<16} {mode:<8} {outcome:<9} {reason}{colon}{detail}", said.id));
    }
    for set in &explained.limits {
        line("limit", &format!("{:<16} {}", set.control, set.limit));
    }
    match (&explained.denial, explained.outcome) {
        (Some(denial), _) => {
            let control = &denial.control;
            line("verdict", &format!("refused with {}: {} by {control}", explained.status, denial.reason));
            if !denial.detail.is_empty() {
                line("because", &denial.detail);
            }
        }
        (None, RequestOutcome::Answered) => {
            line("verdict", &format!("answered with {} by the gateway", explained.status));
        }
        (None, _) => line("verdict", "forwarded"),
    }
    for field in &explained.answer_fields {
        line("answer", &format!("{}: {}", field.name, field.value));
    }
    for prefix in &explained.dropped_fields {
        line("answer", &format!("without the backend's `{prefix}…`"));
    }
    text
}

fn fail(message: &str) -> Exit {
    match output::report(&format!("error: {message}\n")) {
        Ok(()) | Err(_) => Exit::Failed,
    }
}

#[cfg(test)]
mod tests;
