//! Looks through the files below folders on all cores: the part of the search for credentials that touches the disk.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use super::{SecretFindings, find};
use crate::code::NotRead;
use crate::files::{Files, text};
use crate::read::Progress;

/// The largest file that is looked through, in bytes; what people write is smaller.
const FILE_BYTES_MAX: u64 = 2 << 20;

/// Files of what programs wrote, with numbers that look like keys.
const MADE: &[&str] = &[
    "package-lock.json",
    "npm-shrinkwrap.json",
    "yarn.lock",
    "pnpm-lock.yaml",
    "Cargo.lock",
    "poetry.lock",
    "uv.lock",
    "Pipfile.lock",
    "composer.lock",
    "Gemfile.lock",
    "go.sum",
    ".min.js",
    ".min.css",
    ".map",
    ".svg",
    ".ipynb",
    ".snap",
];

/// What the files below `roots` hold.
pub fn read(roots: &[PathBuf], workers: usize, progress: &Progress) -> SecretFindings {
    let is_wanted = |name: &str| !MADE.iter().any(|end| name.ends_with(end));
    let Files { files, not_read } = Files::below(roots, &is_wanted);
    let next = AtomicUsize::new(0);
    let work = || {
        let mut findings = SecretFindings::default();
        while let Some((name, path)) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
            look(name, path, &mut findings, progress);
        }
        findings
    };
    let parts: Vec<SecretFindings> = thread::scope(|scope| {
        let workers: Vec<_> = (0..workers.max(1)).map(|_| scope.spawn(work)).collect();
        let joined = workers.into_iter().map(|worker| worker.join());
        joined.map(|part| part.unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
    });
    let mut findings = SecretFindings { not_read, ..SecretFindings::default() };
    for mut part in parts {
        findings.secrets.append(&mut part.secrets);
        findings.not_read.append(&mut part.not_read);
        findings.placeholders += part.placeholders;
        findings.files += part.files;
    }
    findings.secrets.sort_unstable();
    findings.not_read.sort_unstable();
    findings
}

fn look(name: &str, path: &Path, findings: &mut SecretFindings, progress: &Progress) {
    match text(path, FILE_BYTES_MAX) {
        // Pictures and programs are no text.
        Ok(text) if text.contains('\0') => {}
        Ok(text) => {
            findings.files += 1;
            find(name, &text, findings);
            progress.bytes.fetch_add(text.len() as u64, Ordering::Relaxed);
            progress.lines.fetch_add(1, Ordering::Relaxed);
        }
        Err(why) => findings.not_read.push(NotRead { file: name.to_owned(), why }),
    }
}
