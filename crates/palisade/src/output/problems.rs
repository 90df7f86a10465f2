//! Draws problems under the source lines they are about, or prints them for programs.

mod excerpt;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet, normalize_untrusted_str};
use anstyle::{AnsiColor, Style};
use model::{Position, Problem, Severity};
use serde::Serialize;
use spec::Document;

use crate::cli::Exit;
use crate::output::{self, Format, Look};
use excerpt::Excerpt;

/// The text of a file by the name that positions give it; nothing where it cannot be read again.
pub(crate) type Sources<'a> = dyn Fn(&str) -> Option<String> + 'a;

/// Problems drawn at once. What is left out is counted and said.
const DRAWN_MAX: usize = 50;

/// How many problems there are, by severity.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Tally {
    /// What cannot be used as it is.
    pub(crate) errors: usize,
    /// What is not understood in part.
    pub(crate) warnings: usize,
    /// What is worth knowing.
    pub(crate) notes: usize,
}

/// The problems as text, sorted by file and place, each once, ended by a line that counts them; empty if there are none.
///
/// Of more than [`DRAWN_MAX`], the most severe are drawn, and a line says how many are not.
pub(crate) fn text(mut problems: Vec<Problem>, sources: &Sources<'_>, look: Look) -> String {
    arrange(&mut problems);
    let all = Tally::of(&problems);
    let left_out = keep_most_severe(&mut problems);
    let mut text = String::new();
    let mut source: Option<(&str, Option<String>)> = None;
    for problem in &problems {
        let body = problem.position.as_ref().and_then(|position| {
            if source.as_ref().is_none_or(|(file, _)| **file != *position.file) {
                source = Some((&position.file, sources(&position.file)));
            }
            source.as_ref().and_then(|(_, body)| body.as_deref())
        });
        text.push_str(&draw(Drawing { problem, code: None, note: None }, body, look));
    }
    if left_out != Tally::default() {
        text.push_str(&format!(
            "{left_out} more are not drawn; `palisade check --format json` prints all of them\n"
        ));
    }
    if all != Tally::default() {
        text.push_str(&format!("{all}\n"));
    }
    text
}

/// The problems as one JSON document, sorted by file and place, each once, all of them.
pub(crate) fn json(mut problems: Vec<Problem>) -> serde_json::Result<String> {
    #[derive(Serialize)]
    struct Report {
        schema_version: u32,
        tool: Tool,
        problems: Vec<Problem>,
    }
    arrange(&mut problems);
    let report = Report { schema_version: model::SCHEMA_VERSION, tool: Tool::THIS, problems };
    serde_json::to_string_pretty(&report).map(|text| text + "\n")
}

/// Says what is wrong with what was to be used, and ends as what cannot be used does.
pub(crate) fn refuse(problems: Vec<Problem>, documents: &[Document], format: Format) -> Exit {
    let sources =
        |file: &str| documents.iter().find_map(|document| document.source_of(file)).map(str::to_owned);
    let said = match format {
        Format::Json => match json(problems) {
            Ok(json) => output::print(&json),
            Err(_) => return Exit::Failed,
        },
        Format::Text => output::report(&text(problems, &sources, Look::of_stderr())),
    };
    match said {
        Ok(()) => Exit::Usage,
        Err(_) => Exit::Failed,
    }
}

/// The program that made a report.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Tool {
    name: &'static str,
    version: &'static str,
}

impl Tool {
    /// This program.
    pub(crate) const THIS: Tool = Tool { name: "palisade", version: env!("CARGO_PKG_VERSION") };
}

impl Tally {
    /// Counts `problems`.
    pub(crate) fn of(problems: &[Problem]) -> Tally {
        let count = |severity| problems.iter().filter(|problem| problem.severity == severity).count();
        Tally {
            errors: count(Severity::Error),
            warnings: count(Severity::Warning),
            notes: count(Severity::Note),
        }
    }
}

impl std::fmt::Display for Tally {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut separator = "";
        for (count, name) in [(self.errors, "error"), (self.warnings, "warning"), (self.notes, "note")] {
            if count > 0 {
                write!(f, "{separator}{count} {name}{}", if count == 1 { "" } else { "s" })?;
                separator = ", ";
            }
        }
        Ok(())
    }
}

/// Sorts by file and place, what has no place first, and drops repetitions.
pub(crate) fn arrange(problems: &mut Vec<Problem>) {
    type Place<'a> = Option<(&'a str, usize, usize)>;
    fn place(problem: &Problem) -> Place<'_> {
        problem.position.as_ref().map(|Position { file, span, .. }| (&**file, span.0, span.1))
    }
    problems.sort_by(|a, b| {
        place(a).cmp(&place(b)).then(b.severity.cmp(&a.severity)).then_with(|| a.message.cmp(&b.message))
    });
    problems.dedup();
}

/// Keeps the [`DRAWN_MAX`] most severe in their order; returns the count of the others.
fn keep_most_severe(problems: &mut Vec<Problem>) -> Tally {
    let before = Tally::of(problems);
    let mut places = DRAWN_MAX;
    let mut share = |count: usize| {
        let kept = count.min(places);
        places -= kept;
        kept
    };
    let mut kept =
        Tally { errors: share(before.errors), warnings: share(before.warnings), notes: share(before.notes) };
    let left_out = Tally {
        errors: before.errors - kept.errors,
        warnings: before.warnings - kept.warnings,
        notes: before.notes - kept.notes,
    };
    problems.retain(|problem| {
        let left = match problem.severity {
            Severity::Error => &mut kept.errors,
            Severity::Warning => &mut kept.warnings,
            Severity::Note => &mut kept.notes,
        };
        let keep = *left > 0;
        *left = left.saturating_sub(1);
        keep
    });
    left_out
}

/// A problem, and what stands beside it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Drawing<'p> {
    pub(crate) problem: &'p Problem,
    /// What found it.
    pub(crate) code: Option<&'static str>,
    /// What there is to know of it.
    pub(crate) note: Option<&'p str>,
}

/// One problem, ended by an empty line.
pub(crate) fn draw(drawing: Drawing<'_>, source: Option<&str>, look: Look) -> String {
    let Drawing { problem, code, note } = drawing;
    let renderer = if look.color { Renderer::styled() } else { Renderer::plain() };
    // Lines are cut before they reach the renderer, which would count columns in the cut line.
    let renderer = renderer.term_width(look.width.saturating_mul(4));
    let level = match problem.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    };
    let title = level.clone().primary_title(one_line(&problem.message));
    let mut title = Group::with_title(match code {
        Some(code) => title.id(code),
        None => title,
    });
    let note = note.map(|note| Level::NOTE.message(note));
    let help = problem.help.as_ref().map(|help| Level::HELP.message(one_line(help)));
    let Some(position) = &problem.position else {
        title = title.elements(note).elements(help);
        return format!("{}\n\n", renderer.render(&[title]));
    };
    let mut text = format!("{}\n{}\n", renderer.render(&[title]), arrow(position, look.color));
    let excerpt = source.and_then(|source| excerpt::of(source, position, look.width));
    let mut below = Group::with_level(level);
    if let Some(Excerpt { line, caret }) = excerpt {
        let snippet = Snippet::source(line).line_start(position.line);
        below = below.element(snippet.annotation(AnnotationKind::Primary.span(caret)));
    }
    below = below.elements(note).elements(help);
    if !below.is_empty() {
        text.push_str(&renderer.render(&[below]));
        text.push('\n');
    }
    text.push('\n');
    text
}

/// The line that says where. The renderer's own would count the column in the excerpt instead of in the file.
fn arrow(position: &Position, color: bool) -> String {
    let style = if color { AnsiColor::BrightBlue.on_default().bold() } else { Style::new() };
    let Position { file, line, column, .. } = position;
    let indent = line.checked_ilog10().unwrap_or(0) as usize + 1;
    format!("{:indent$}{style}-->{style:#} {}:{line}:{column}", "", one_line(file))
}

/// `text` without line breaks and control characters.
fn one_line(text: &str) -> String {
    normalize_untrusted_str(&text.replace(['\n', '\r'], " "))
}

#[cfg(test)]
mod tests;
