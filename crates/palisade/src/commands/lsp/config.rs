//! What the config says of a document that is open: which rules are asked, how much they matter, and what is known.

use std::path::{Path, PathBuf};

use model::Finding;
use review::Rule;

use super::super::review::baseline::Baseline;
use super::super::review::settings::{CONFIG, Settings};
use super::open::Documents;
use crate::load::read_file;

/// What the nearest config says.
#[derive(Debug, Default)]
pub(super) struct Config {
    /// Where it is; nothing where there is none.
    file: Option<PathBuf>,
    settings: Settings,
    baseline: Option<Baseline>,
    /// Why it, or its baseline, says nothing.
    pub(super) problem: Option<String>,
}

impl Config {
    /// The config in the folder of `path`, else in the nearest one above it: as it is in the editor, else on the disk.
    pub(super) fn of(path: Option<&Path>, documents: &Documents) -> Config {
        let folders = path.into_iter().flat_map(|path| path.ancestors().skip(1));
        let mut files = folders.map(|folder| folder.join(CONFIG));
        let Some(file) = files.find(|file| documents.at(file).is_some() || file.is_file()) else {
            return Config::default();
        };
        let bytes = match documents.at(&file) {
            Some((_, open)) => Ok(open.text.clone().into_bytes()),
            None => read_file(&file),
        };
        let settings = bytes.map_err(|error| error.to_string());
        let settings = settings.and_then(|bytes| {
            Settings::of(&file, bytes).map_err(|refused| {
                let first = refused.problems.into_iter().next();
                first.map_or_else(String::new, |problem| problem.message)
            })
        });
        let settings = match settings {
            Ok(settings) => settings,
            Err(error) => {
                let problem = format!("`{}` says nothing of this: {error}", file.display());
                return Config { file: Some(file), problem: Some(problem), ..Config::default() };
            }
        };
        let baseline =
            settings.baseline(None).map(|known| Baseline::read(&known, "review", false)).transpose();
        let problem = baseline.as_ref().err().cloned();
        Config { file: Some(file), settings, baseline: baseline.unwrap_or_default(), problem }
    }

    /// Whether it is the file at `path`.
    pub(super) fn is_at(&self, path: &Path) -> bool {
        self.file.as_deref() == Some(path)
    }

    pub(super) fn rules(&self) -> Vec<&'static Rule> {
        review::ALL.iter().copied().filter(|rule| self.settings.is_on(rule.id)).collect()
    }

    /// Gives a finding in the document called `name` the severity that the config has for it, and says whether it stays.
    pub(super) fn keep(&self, name: &str, finding: &mut Finding) -> bool {
        self.settings.keep(self.named(name), &[], finding)
    }

    /// Whether the baseline has a finding, whose file it calls as a review in the config's folder does.
    pub(super) fn knows(&self, finding: &Finding) -> bool {
        let Some(baseline) = &self.baseline else { return false };
        let (file, fingerprint) = (&*finding.position.file, finding.fingerprint.as_str());
        let named = self.named(file);
        [named, &format!("./{named}"), file].into_iter().any(|file| baseline.knows(file, fingerprint))
    }

    /// The path `file` from the config's folder.
    fn named<'f>(&self, file: &'f str) -> &'f str {
        let folder = self.file.as_deref().and_then(Path::parent);
        let below = folder.and_then(|folder| Path::new(file).strip_prefix(folder).ok());
        below.and_then(Path::to_str).unwrap_or(file)
    }
}
