//! Who answers for the APIs that were found, as their repositories say it: proposals until a person confirms them.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use discover::owners::{Repositories, report};
use model::inventory::Report;
use model::limit::read_capped;

/// The last so many changes of a file are looked at.
const CHANGES_MAX: &str = "--max-count=200";

/// The most that git says of them, in bytes.
const AUTHORS_BYTES_MAX: usize = 64 << 10;

/// What is proposed of the APIs that `declared` tells of, and of those that the repositories of `paths` have in Backstage.
pub(super) fn proposed(
    declared: &[Report],
    paths: &[PathBuf],
    repositories: &mut Repositories,
) -> Vec<Report> {
    let mut reports = Vec::new();
    for spec in declared {
        let api = spec.told.api.as_ref();
        reports.extend(api.and_then(|api| of_api(&api.name, Path::new(&spec.name), repositories)));
    }
    for path in paths {
        for entity in &repositories.of(path).owners.entities {
            let is_told =
                |report: &Report| report.told.api.as_ref().is_some_and(|api| entity.is_called(&api.name));
            if !entity.proposals.is_empty() && !declared.iter().chain(&reports).any(is_told) {
                reports.push(report(&entity.name, entity.proposals.clone()));
            }
        }
    }
    reports
}

/// What is proposed of the API that is called `name`, and that is in the file or folder at `path`.
pub(super) fn of_api(name: &str, path: &Path, repositories: &mut Repositories) -> Option<Report> {
    let repository = repositories.of(path);
    let inside = repository.path_of(path)?;
    let authors = authors(repository.root(), &inside);
    let proposals = repository.owners.of_file(&inside, name, &authors);
    (!proposals.is_empty()).then(|| report(name, proposals))
}

/// The names of those who changed a file or a folder, the last one first; none where there is no git, or no history.
fn authors(root: &Path, path: &str) -> Vec<String> {
    let path = if path.is_empty() { "." } else { path };
    let started = Command::new("git")
        .arg("-C")
        .arg(root)
        .args(["log", "--no-merges", CHANGES_MAX, "--format=%aN", "--", path])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    let Ok(mut git) = started else { return Vec::new() };
    let said = git.stdout.take().map(|stdout| read_capped(stdout, AUTHORS_BYTES_MAX));
    let is_done = git.wait().is_ok_and(|status| status.success());
    match said {
        Some(Ok(said)) if is_done => String::from_utf8_lossy(&said).lines().map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}
