//! `--ruleset`: rules of a team, read once for all documents.

use std::path::{Path, PathBuf};

use model::Problem;
use review::Ruleset;
use spec::{Document, read_below};

use super::FILE_BYTES_MAX;
use crate::load::read_file;

/// The rulesets in `files`, and what of them is not run.
pub(super) fn read(files: &[PathBuf]) -> (Vec<Ruleset>, Vec<Problem>) {
    let (mut rulesets, mut problems) = (Vec::new(), Vec::new());
    let current = std::env::current_dir().unwrap_or_default();
    for file in files {
        let name = file.to_string_lossy();
        let bytes = match read_file(file) {
            Ok(bytes) => bytes,
            Err(error) => {
                problems.push(Problem::error(format!("the ruleset `{name}` cannot be read: {error}")));
                continue;
            }
        };
        let (document, found) = Document::parse(&name, bytes, &spec::Limits::default());
        problems.extend(found);
        let folder = file.parent().unwrap_or(Path::new("")).to_owned();
        let loader = |path: &Path| read_below(&folder, path, FILE_BYTES_MAX);
        let (ruleset, found) = Ruleset::load(document, &current, &loader);
        problems.extend(found);
        rulesets.push(ruleset);
    }
    (rulesets, problems)
}
