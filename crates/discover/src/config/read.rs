//! Reads the configs below folders.

use std::path::PathBuf;
use std::sync::atomic::Ordering;

use super::{ConfigFindings, FILE_BYTES_MAX, formats, of_texts};
use crate::code::NotRead;
use crate::files::{Files, text};
use crate::read::Progress;

/// The most bytes of configs that are read together.
const BYTES_MAX: usize = 512 << 20;

/// What the configs below `roots` say.
pub fn read(roots: &[PathBuf], progress: &Progress) -> ConfigFindings {
    let Files { files, mut not_read } = Files::below(roots, &formats::may_be_one);
    let (mut texts, mut others, mut bytes) = (Vec::new(), 0, 0);
    for (name, path) in files {
        match text(&path, FILE_BYTES_MAX) {
            Ok(text) => {
                progress.bytes.fetch_add(text.len() as u64, Ordering::Relaxed);
                progress.lines.fetch_add(1, Ordering::Relaxed);
                if !formats::is_like_one(&name, &text) {
                    others += 1;
                } else if bytes + text.len() > BYTES_MAX {
                    let why = format!("there are more than {} MB of configs", BYTES_MAX >> 20);
                    not_read.push(NotRead { file: name, why });
                } else {
                    bytes += text.len();
                    texts.push((name, text));
                }
            }
            Err(why) => not_read.push(NotRead { file: name, why }),
        }
    }
    let mut findings = of_texts(&texts);
    findings.others += others;
    findings.not_read.append(&mut not_read);
    findings.not_read.sort_unstable();
    findings
}
