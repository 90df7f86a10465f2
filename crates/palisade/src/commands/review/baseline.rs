//! Findings that are known already, in a file: only others fail.

use std::collections::HashSet;
use std::io;
use std::path::Path;

use model::Finding;
use serde::{Deserialize, Serialize};

use crate::load::read_file;

/// The findings of an earlier review.
#[derive(Debug)]
pub(in crate::commands) struct Baseline {
    known: HashSet<(String, String)>,
}

/// The form of the file.
#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    schema_version: u32,
    /// What found them: `review` or `diff`.
    command: String,
    findings: Vec<Known>,
}

/// What stands for a finding: the file as it was named and the fingerprint; the others are for those who read it.
#[derive(Debug, Serialize, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
struct Known {
    file: String,
    pointer: String,
    rule: String,
    fingerprint: String,
}

impl Baseline {
    /// Reads `file`, which `command` wrote; it need not be there where it `is_to_be_written`.
    ///
    /// # Errors
    /// Why it cannot be read.
    pub(in crate::commands) fn read(
        file: &Path,
        command: &str,
        is_to_be_written: bool,
    ) -> Result<Baseline, String> {
        let bytes = match read_file(file) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound && is_to_be_written => {
                return Ok(Baseline { known: HashSet::new() });
            }
            Err(error) => return Err(format!("the baseline `{}` cannot be read: {error}", file.display())),
        };
        let kept: Kept = serde_json::from_slice(&bytes)
            .map_err(|error| format!("`{}` is no baseline: {error}", file.display()))?;
        if kept.schema_version != model::SCHEMA_VERSION {
            return Err(format!("`{}` is a baseline of another version", file.display()));
        }
        if kept.command != command {
            return Err(format!("`{}` is a baseline of `palisade {}`", file.display(), kept.command));
        }
        Ok(Baseline {
            known: kept.findings.into_iter().map(|known| (known.file, known.fingerprint)).collect(),
        })
    }

    pub(super) fn has(&self, finding: &Finding) -> bool {
        self.knows(&finding.position.file, &finding.fingerprint)
    }

    /// Whether a finding of this fingerprint is known of the file that was named `file`.
    pub(in crate::commands) fn knows(&self, file: &str, fingerprint: &str) -> bool {
        self.known.contains(&(file.to_owned(), fingerprint.to_owned()))
    }
}

/// Writes `findings` of `command` to `file`, sorted, and returns how many that were.
pub(super) fn write<'f>(
    file: &Path,
    command: &str,
    findings: impl Iterator<Item = &'f Finding>,
) -> io::Result<usize> {
    let mut known: Vec<Known> = findings
        .map(|finding| Known {
            file: finding.position.file.to_string(),
            pointer: finding.position.pointer.clone(),
            rule: finding.rule.to_owned(),
            fingerprint: finding.fingerprint.clone(),
        })
        .collect();
    known.sort();
    known.dedup();
    let count = known.len();
    let kept = Kept { schema_version: model::SCHEMA_VERSION, command: command.to_owned(), findings: known };
    let text = serde_json::to_string_pretty(&kept)? + "\n";
    std::fs::write(file, text)?;
    Ok(count)
}
