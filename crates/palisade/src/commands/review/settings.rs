//! What the config says of the review: which rules, how severely, what fails and what is known.

use std::path::{Path, PathBuf};

use gateway::config::{FileRules, Level, Review, Threshold};
use model::{Finding, Problem, Severity};
use spec::{Document, Node};

use super::files::matches;
use crate::cli::FailOn;
use crate::load::read_file;

/// The config's name, where none is given.
pub(in crate::commands) const CONFIG: &str = "palisade.yaml";

/// What the config says, and what it is relative to.
#[derive(Debug, Default)]
pub(in crate::commands) struct Settings {
    review: Review,
    folder: PathBuf,
}

/// What is wrong with a config, and its text.
#[derive(Debug)]
pub(in crate::commands) struct Refused {
    pub(in crate::commands) problems: Vec<Problem>,
    pub(in crate::commands) document: Option<Document>,
}

impl Settings {
    /// Reads the section `review` of the config that is `given`, else of the one that stands in the current folder or beside
    /// `spec`; nothing is said where there is none. Other sections are not looked at: they are for `palisade check`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(in crate::commands) fn read(
        given: Option<&Path>,
        spec: Option<&str>,
    ) -> Result<Settings, Box<Refused>> {
        let Some(file) = given.map(Path::to_path_buf).or_else(|| found(spec)) else {
            return Ok(Settings::default());
        };
        let bytes = read_file(&file).map_err(|error| {
            let problem = Problem::error(format!("`{}` cannot be read: {error}", file.display()));
            Box::new(Refused { problems: vec![problem], document: None })
        })?;
        Settings::of(&file, bytes)
    }

    /// As [`Settings::read`], of a config that is at `file` and holds `bytes`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(in crate::commands) fn of(file: &Path, bytes: Vec<u8>) -> Result<Settings, Box<Refused>> {
        let refused = |problems, document| Box::new(Refused { problems, document });
        let (document, problems) = Document::parse(&file.to_string_lossy(), bytes, &spec::Limits::default());
        if !problems.is_empty() {
            return Err(refused(problems, Some(document)));
        }
        let folder = file.parent().unwrap_or(Path::new("")).to_owned();
        let Some(section) = document.root().get("review") else {
            return Ok(Settings { folder, ..Settings::default() });
        };
        let (read, unknown) = (spec::deserialize::<Review>(&document, section), unknown_rules(&document));
        match read {
            Ok(review) if unknown.is_empty() => Ok(Settings { review, folder }),
            read => {
                let problems = read.err().into_iter().flatten().chain(unknown).collect();
                Err(refused(problems, Some(document)))
            }
        }
    }

    /// The severity from which on a finding fails: what was `asked` for, else what the config says.
    pub(in crate::commands) fn fail_on(&self, asked: Option<FailOn>) -> Severity {
        match (asked, self.review.fail_on) {
            (Some(asked), _) => asked.severity(),
            (None, Some(Threshold::Note)) => Severity::Note,
            (None, Some(Threshold::Warning)) => Severity::Warning,
            (None, Some(Threshold::Error) | None) => Severity::Error,
        }
    }

    /// The baseline of `review` that was `asked` for, else that of the config.
    pub(in crate::commands) fn baseline(&self, asked: Option<&Path>) -> Option<PathBuf> {
        self.asked_or(asked, self.review.baseline.as_deref())
    }

    /// As [`Settings::baseline`], of `diff`.
    pub(in crate::commands) fn diff_baseline(&self, asked: Option<&Path>) -> Option<PathBuf> {
        self.asked_or(asked, self.review.diff_baseline.as_deref())
    }

    fn asked_or(&self, asked: Option<&Path>, own: Option<&Path>) -> Option<PathBuf> {
        asked.map(Path::to_path_buf).or_else(|| own.map(|file| self.folder.join(file)))
    }

    /// Whether the rule called `id` is to be asked, of no file in particular.
    pub(in crate::commands) fn is_on(&self, id: &str) -> bool {
        self.review.rules.get(id) != Some(&Level::Off)
            || self.of_files().any(|rules| rules.rules.contains_key(id))
    }

    /// The severity of the rule called `id`, which has `severity` of its own.
    pub(in crate::commands) fn severity(&self, id: &str, severity: Severity) -> Severity {
        self.review.rules.get(id).and_then(|level| of_level(*level)).unwrap_or(severity)
    }

    /// Gives a finding of `file` the severity that the config has for it, and says whether it stays: not one of what is off,
    /// but for those `asked` for by name.
    pub(in crate::commands) fn keep(&self, file: &str, asked: &[String], finding: &mut Finding) -> bool {
        let of_file = self.of_files().filter(|rules| matches(&rules.pattern, file));
        let of_file = of_file.filter_map(|rules| rules.rules.get(finding.rule)).next_back();
        let Some(level) = of_file.or_else(|| self.review.rules.get(finding.rule)) else { return true };
        let severity = of_level(*level);
        finding.severity = severity.unwrap_or(finding.severity);
        severity.is_some() || asked.iter().any(|id| id == finding.rule)
    }

    fn of_files(&self) -> impl DoubleEndedIterator<Item = &FileRules> {
        self.review.files.iter()
    }
}

fn of_level(level: Level) -> Option<Severity> {
    match level {
        Level::Off => None,
        Level::Note => Some(Severity::Note),
        Level::Warning => Some(Severity::Warning),
        Level::Error => Some(Severity::Error),
    }
}

/// The config of the current folder, else of the folder that `spec` is, or is in.
fn found(spec: Option<&str>) -> Option<PathBuf> {
    let spec = spec.filter(|spec| *spec != "-").map(Path::new);
    let beside = spec.and_then(|spec| if spec.is_dir() { Some(spec) } else { spec.parent() });
    let files = [Some(Path::new("")), beside].into_iter().flatten().map(|folder| folder.join(CONFIG));
    files.into_iter().find(|file| file.is_file())
}

/// Ids under `review` that no rule and no kind of change has, with their places.
pub(crate) fn unknown_rules(config: &Document) -> Vec<Problem> {
    let Some(section) = config.root().get("review") else { return Vec::new() };
    let files = section.get("files").into_iter().flat_map(Node::items);
    let named = std::iter::once(section).chain(files).filter_map(|holder| holder.get("rules"));
    let mut problems = Vec::new();
    for entry in named.flat_map(Node::entries) {
        if let Err(near) = known(entry.key) {
            let problem =
                config.key_problem(Severity::Error, &entry, format!("no rule is called `{}`", entry.key));
            let help = near.map_or_else(
                || "see `palisade review --list` and `palisade diff --list`".to_owned(),
                |near| format!("did you mean `{near}`?"),
            );
            problems.push(problem.help(help));
        }
    }
    problems
}

/// Whether a rule or a kind of change is called `id`; else what was probably meant.
fn known(id: &str) -> Result<(), Option<&'static str>> {
    match (review::rule(id), review::change(id)) {
        (Ok(_), _) | (_, Ok(_)) => Ok(()),
        (Err(rule), Err(change)) => Err(rule.or(change)),
    }
}
