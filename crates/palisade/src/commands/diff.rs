//! `palisade diff`: what a new version of a specification makes worse.

mod source;

use model::Problem;
use review::{Change, Page};

use super::review::outcome::{self, Wanted};
use super::review::settings::Settings;
use super::review::{selection, today};
use crate::cli::{self, Exit};
use crate::output;
use crate::output::findings::Subject;
use crate::reference::changes as pages;
use source::Versions;

/// Compares what the arguments name, or says what the kinds of changes are.
pub(crate) fn run(arguments: &cli::Diff) -> Exit {
    let printed = if arguments.list {
        output::print(&pages::list()).map(|()| Exit::Clean)
    } else if let Some(id) = &arguments.explain {
        match review::change(id) {
            Ok(change) => output::print(&pages::explained(change)).map(|()| Exit::Clean),
            Err(near) => selection::refused("change", id, near),
        }
    } else {
        compared(arguments)
    };
    printed.unwrap_or(Exit::Failed)
}

fn compared(arguments: &cli::Diff) -> std::io::Result<Exit> {
    for id in arguments.rules.iter().chain(&arguments.skip) {
        if let Err(near) = review::change(id) {
            return selection::refused("change", id, near);
        }
    }
    let settings =
        match Settings::read(arguments.config.as_deref(), arguments.versions.last().map(String::as_str)) {
            Ok(settings) => settings,
            Err(refused) => return selection::refused_config(*refused),
        };
    let is_asked = |change: &&Change| {
        is_of(arguments.matter, change)
            && selection::is_asked(&arguments.rules, &arguments.skip, &settings, change.id)
    };
    let changes: Vec<&Change> = review::CHANGES.iter().copied().filter(is_asked).collect();
    let mut not_judged: Vec<Problem> = Vec::new();
    let versions: Vec<Versions> = match (&arguments.base, arguments.versions.as_slice()) {
        (Some(base), specs) => source::since(base, specs, &mut not_judged),
        (None, [old, new]) => source::two(old, new, &mut not_judged).into_iter().collect(),
        (None, _) => {
            let message =
                "error: two versions are compared, OLD and NEW; or any number of documents with `--base`\n";
            return output::report(message).map(|()| Exit::Usage);
        }
    };
    let mut subjects = Vec::new();
    for Versions { file, old, new } in versions {
        let mut review = review::diff(&old, &new, &changes, today());
        not_judged.append(&mut review.not_judged);
        review.findings.retain_mut(|finding| settings.keep(&file, &arguments.rules, finding));
        subjects.push(Subject { file, library: new, old: Some(old), review });
    }
    let page =
        |change: &&Change| Page { severity: settings.severity(change.id, change.severity), ..change.page() };
    let wanted = Wanted {
        command: "diff",
        may_be_empty: arguments.base.is_some(),
        format: arguments.format,
        all: arguments.all,
        fail_on: settings.fail_on(arguments.fail_on),
        baseline: settings.diff_baseline(arguments.baseline.as_deref()),
        update_baseline: arguments.update_baseline,
        fix: None,
        rules: changes.iter().map(page).collect(),
    };
    outcome::end(wanted, subjects, not_judged)
}

fn is_of(matter: Option<cli::Matter>, change: &Change) -> bool {
    match matter {
        None => true,
        Some(cli::Matter::Security) => change.matter == review::Matter::Security,
        Some(cli::Matter::Breaking) => change.matter == review::Matter::Breaking,
    }
}
