//! Credentials that stand in files: whoever reads the files has them.

mod doubt;
mod read;
#[cfg(test)]
mod tests;

use leak::{Classes, Group, Hit};

use crate::code::{NotRead, is_test};
use doubt::Doubt;
pub use read::read;

/// The most that are told of one file; a dump of thousands is one mistake.
const FILE_SECRETS_MAX: usize = 200;

/// The most places of one file that are looked at more closely.
const FILE_HITS_MAX: usize = 1 << 12;

/// Letters of a credential that are shown: those that say what it is of, which all of its kind have.
const SHOWN_LETTERS: usize = 4;

/// Classes whose format alone shows that something is a credential, wherever it stands.
const CERTAIN: &[&str] = &["chat-key", "cloud-key", "code-key", "mail-key", "payment-key", "service-key"];

/// The class that goes by names.
const ASSIGNED: &str = "assigned-secret";

/// A credential in a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Secret {
    /// The file.
    pub file: String,
    /// The line, counted from one.
    pub line: u64,
    /// The character in the line, counted from one.
    pub column: u64,
    /// Its class, as the detectors of leaks name it.
    pub class: &'static str,
    /// What it is assigned to, if that can be seen.
    pub name: Option<String>,
    /// What may be shown of it: never the credential.
    pub masked: String,
    /// Whether it stands in a test or an example, where it may be made up.
    pub is_in_test: bool,
}

/// What a tree holds.
#[derive(Debug, Clone, Default)]
pub struct SecretFindings {
    /// Credentials, by file and place.
    pub secrets: Vec<Secret>,
    /// How many values look like one, and are left out as made up.
    pub placeholders: u64,
    /// How many files were looked through.
    pub files: u64,
    /// What was not read.
    pub not_read: Vec<NotRead>,
}

/// Adds what stands in the file `name`.
pub fn find(name: &str, text: &str, findings: &mut SecretFindings) {
    let classes = Classes::of(|detector| detector.group == Group::Credential);
    let mut hits: Vec<Hit> = Vec::new();
    leak::scan(text.as_bytes(), classes, &mut |hit| {
        if hits.len() < FILE_HITS_MAX {
            hits.push(hit);
        }
    });
    // One value may be found as two classes, of which the format tells more than the name.
    let known: Vec<_> =
        hits.iter().filter(|hit| hit.class() != ASSIGNED).map(|hit| hit.range.clone()).collect();
    let is_known =
        |hit: &Hit| known.iter().any(|range| range.start < hit.range.end && hit.range.start < range.end);
    hits.retain(|hit| hit.class() != ASSIGNED || !is_known(hit));
    hits.sort_by_key(|hit| (hit.range.start, std::cmp::Reverse(hit.range.end)));
    let (is_test, is_code) = (is_test(name) || is_example(name), doubt::is_code(name));
    let (mut end, mut told) = (0, 0);
    let mut lines = Lines { text, at: 0, line: 1, start: 0 };
    for hit in hits {
        let Some(value) = text.get(hit.range.clone()).filter(|_| hit.range.start >= end) else { continue };
        end = hit.range.end;
        match doubt::of(hit.class(), text, hit.range.clone(), is_code) {
            Doubt::Nothing => {}
            Doubt::Placeholder => findings.placeholders += 1,
            Doubt::None if told >= FILE_SECRETS_MAX => {
                let why = format!("it has more than {FILE_SECRETS_MAX} credentials; the others are not told");
                findings.not_read.push(NotRead { file: name.to_owned(), why });
                return;
            }
            Doubt::None => {
                told += 1;
                let (line, column) = lines.place(hit.range.start);
                findings.secrets.push(Secret {
                    file: name.to_owned(),
                    line,
                    column,
                    class: hit.class(),
                    name: doubt::name(text, hit.range.start),
                    masked: masked(hit.class(), value),
                    is_in_test: is_test && !CERTAIN.contains(&hit.class()),
                });
            }
        }
    }
}

/// The beginning that all of a kind have, and how long it is; of what has no such beginning, the length alone.
fn masked(class: &str, value: &str) -> String {
    let shown = if CERTAIN.contains(&class) { SHOWN_LETTERS } else { 0 };
    let letters: String = value.chars().take(shown).collect();
    format!("{letters}… ({} characters)", value.chars().count())
}

/// Whether a file is there to be read by people, or to be copied.
fn is_example(name: &str) -> bool {
    let (folder, file) = name.rsplit_once('/').unwrap_or(("", name));
    let is_folder = |part: &str| {
        let words = ["example", "sample", "doc", "demo", "seed", "mock", "fixture"];
        words.contains(&part) || part.strip_suffix('s').is_some_and(|part| words.contains(&part))
    };
    folder.split('/').any(is_folder)
        || ["test.", "tests."].iter().any(|begin| file.starts_with(begin))
        || [".md", ".mdx", ".rst", ".adoc"].iter().any(|end| file.ends_with(end))
        || [".example", ".sample", ".template", ".dist"].iter().any(|mark| file.contains(mark))
}

/// Lines are counted once, since places come in order.
struct Lines<'t> {
    text: &'t str,
    at: usize,
    line: u64,
    start: usize,
}

impl Lines<'_> {
    fn place(&mut self, offset: usize) -> (u64, u64) {
        for (at, _) in self.text.get(self.at..offset).unwrap_or_default().match_indices('\n') {
            self.line += 1;
            self.start = self.at + at + 1;
        }
        self.at = offset;
        let before = self.text.get(self.start..offset).unwrap_or_default();
        (self.line, before.chars().count() as u64 + 1)
    }
}
