//! The page of the policies: what each does, when it runs, who asks for it, and its settings.

use gateway::{Kind, Stage};
use schemars::generate::SchemaSettings;

use crate::reference::{GENERATED, cell, schema};

/// The page of `kinds`.
pub(super) fn page(kinds: &[&Kind]) -> String {
    let mut page = format!(
        "{GENERATED}\n\n# Policies\n\n\
         Each is one control of the catalogue, in the order in which a request meets them. The mode of each is `enforce`, \
         `shadow` (its verdict is recorded and the request goes on) or `off`, for everything, for one API or for one \
         operation.\n\n\
         | policy | stage | what it does | OWASP API Top 10 | NIST SP 800-228 |\n|---|---|---|---|---|\n"
    );
    let mut kinds = kinds.to_vec();
    kinds.sort_by_key(|kind| kind.stage);
    for kind in &kinds {
        let (title, owasp, nist) = facts(kind.id);
        let stage = stage_name(kind.stage);
        page.push_str(&format!(
            "| [`{0}`](#{0}) | {stage} | {1} | {owasp} | {nist} |\n",
            kind.id,
            cell(title)
        ));
    }
    for kind in &kinds {
        let (title, ..) = facts(kind.id);
        page.push_str(&format!("\n## {}\n\n*{title}; stage: {}*\n", kind.id, stage_name(kind.stage)));
        page.push_str(&format!("\n{}\n", demoted(kind.doc)));
        page.push_str(&settings(kind));
    }
    page.push_str(&leaks());
    page
}

/// What each class of leaks is, as its page says in its first paragraph.
fn leaks() -> String {
    let mut section = "\n## Classes of leaks\n\n| class | what it is |\n|---|---|\n".to_owned();
    for detector in leak::ALL {
        let first = detector.doc.trim().split("\n\n").next().unwrap_or_default().replace('\n', " ");
        section.push_str(&format!("| `{}` | {} |\n", detector.class, first.replace('|', "\\|")));
    }
    section
}

fn facts(id: &str) -> (&'static str, String, String) {
    match model::control(id) {
        Some(control) => (control.title, control.owasp.join(", "), control.nist.join(", ")),
        None => ("", String::new(), String::new()),
    }
}

/// The settings of a policy; nothing where it has none.
fn settings(kind: &Kind) -> String {
    // The objects of all policies would meet under one name on this page, so each is described where it is used.
    let inline =
        SchemaSettings::draft2020_12().for_deserialize().with(|settings| settings.inline_subschemas = true);
    let settings = schema::sorted((kind.settings)(&mut inline.into_generator()));
    let table = schema::table(settings.as_value());
    if table.is_empty() { String::new() } else { format!("\n{table}") }
}

/// `doc` under a heading of the second level: its highest headings get the third.
fn demoted(doc: &str) -> String {
    let lines = outside_code(doc.trim());
    let levels = lines.iter().filter(|(_, is_text)| *is_text).filter_map(|(line, _)| heading_level(line));
    let deeper = "#".repeat(3_usize.saturating_sub(levels.min().unwrap_or(3)));
    let lines = lines.into_iter().map(|(line, is_text)| match heading_level(line) {
        Some(_) if is_text => format!("{deeper}{line}"),
        _ => line.to_owned(),
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The lines of `doc`, and for each whether it stands outside code blocks, where `#` begins a comment.
fn outside_code(doc: &str) -> Vec<(&str, bool)> {
    let mut fence: Option<&str> = None;
    let lines = doc.lines().map(|line| {
        let mark = ["```", "~~~"].into_iter().find(|mark| line.trim_start().starts_with(mark));
        let is_text = fence.is_none();
        match (fence, mark) {
            (None, Some(mark)) => fence = Some(mark),
            (Some(open), Some(mark)) if open == mark => fence = None,
            _ => {}
        }
        (line, is_text)
    });
    lines.collect()
}

fn heading_level(line: &str) -> Option<usize> {
    let level = line.bytes().take_while(|&byte| byte == b'#').count();
    (level > 0 && line.as_bytes().get(level) == Some(&b' ')).then_some(level)
}

fn stage_name(stage: Stage) -> &'static str {
    match stage {
        Stage::Shed => "shed",
        Stage::Lifecycle => "lifecycle",
        Stage::Identify => "identify",
        Stage::Authorize => "authorize",
        Stage::Limit => "limit",
        Stage::Validate => "validate",
        Stage::Exchange => "exchange",
        Stage::Contract => "contract",
        Stage::Ownership => "ownership",
        Stage::Filter => "filter",
        Stage::Leak => "leak",
        Stage::Headers => "headers",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_of_a_policy_go_below_its_own_and_code_stays() {
        let doc = "\n# Settings\n~~~yaml\n# a comment\n```\n# another\n~~~\n## More\n";
        assert_eq!(demoted("## Settings"), "### Settings");
        assert_eq!(demoted("#### Settings"), "#### Settings");
        assert_eq!(demoted(doc), "### Settings\n~~~yaml\n# a comment\n```\n# another\n~~~\n#### More");
    }

    #[test]
    fn every_policy_is_in_the_table_and_has_a_section() {
        let page = page(gateway::policies::ALL);
        for kind in gateway::policies::ALL {
            assert!(
                page.contains(&format!("| [`{0}`](#{0}) | {1} |", kind.id, stage_name(kind.stage))),
                "{}",
                kind.id
            );
            assert!(page.contains(&format!("\n## {}\n", kind.id)), "{}", kind.id);
        }
    }
}
