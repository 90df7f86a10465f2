//! `--fix`: what mends findings where nobody has to decide, as overlays beside the documents or in their own text.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use review::{Fix, Kind};
use spec::{Document, Edit, OverlayAction, overlay_text, patched, patches};

use super::files::STDIN;
use crate::cli::FixTo;
use crate::load::read_file;
use crate::output::findings::Subject;
use crate::output::overlay;

/// How an overlay of ours begins.
const MARK: &str =
    "# Made by `palisade review --fix`: read each change before you lay it over the document.\n";

/// What mends a finding, and the number of that finding among those of its subject.
type Mending = (usize, Fix);

/// Writes what mends findings of `subjects`, and takes those out; what is left needs somebody to decide. The lines say what
/// was written.
///
/// # Errors
/// Why nothing more was written.
pub(super) fn fix(to: &FixTo, subjects: &mut [Subject]) -> Result<Vec<String>, String> {
    let mut mendings: Vec<BTreeMap<u32, Vec<Mending>>> = subjects.iter().map(mendings).collect();
    let mut said = Vec::new();
    if *to != FixTo::InPlace {
        leave_messages(subjects, &mut mendings, &mut said)?;
    }
    let mended = mendings.iter().filter(|by_document| !by_document.is_empty()).count();
    if matches!(to, FixTo::File(_)) && mended > 1 {
        return Err("`--fix=FILE` takes one document, and several have something to mend".to_owned());
    }
    for (subject, by_document) in subjects.iter_mut().zip(&mut mendings) {
        let mut fixed = Vec::new();
        for (number, mendings) in by_document {
            let Some(document) = subject.library.document(*number) else { continue };
            let file = target(to, *number, document)?;
            let written = match to {
                FixTo::InPlace => in_place(document, mendings, &file),
                FixTo::Beside | FixTo::File(_) => beside(subject, document, mendings, &file),
            };
            said.push(written.map_err(|error| format!("`{}` cannot be written: {error}", file.display()))?);
            fixed.extend(mendings.iter().map(|(finding, _)| *finding));
        }
        let mut number = 0..;
        subject.review.findings.retain(|_| !number.next().is_some_and(|number| fixed.contains(&number)));
    }
    if said.is_empty() {
        said.push("nothing to mend without somebody who decides".to_owned());
    }
    Ok(said)
}

/// What mends the findings of a subject, by the document that it changes.
fn mendings(subject: &Subject) -> BTreeMap<u32, Vec<Mending>> {
    let fixes = review::fixes(&subject.library, &subject.review.findings);
    let mut by_document: BTreeMap<u32, Vec<Mending>> = BTreeMap::new();
    for (number, fix) in fixes.into_iter().enumerate() {
        if let Some(fix) = fix {
            by_document.entry(fix.document).or_default().push((number, fix));
        }
    }
    by_document
}

/// Takes out what mends documents of AsyncAPI, which an overlay cannot be of, and says so.
///
/// # Errors
/// That nothing is left.
fn leave_messages(
    subjects: &[Subject],
    mendings: &mut [BTreeMap<u32, Vec<Mending>>],
    said: &mut Vec<String>,
) -> Result<(), String> {
    for (subject, mendings) in subjects.iter().zip(mendings.iter_mut()) {
        if subject.review.kind == Some(Kind::AsyncApi) && !mendings.is_empty() {
            mendings.clear();
            said.push(format!(
                "`{}` is of AsyncAPI, and an Overlay is of OpenAPI alone; `--fix=in-place` mends it",
                subject.file
            ));
        }
    }
    let is_empty = mendings.iter().all(BTreeMap::is_empty);
    if is_empty && !said.is_empty() { Err(said.join("; ")) } else { Ok(()) }
}

/// The file that is written for a document.
fn target(to: &FixTo, number: u32, document: &Document) -> Result<PathBuf, String> {
    let own = Path::new(document.file());
    match to {
        FixTo::File(file) if number == 0 => Ok(file.clone()),
        _ if document.file() == STDIN => {
            Err("standard input has no file; write an overlay with `--fix=FILE`".to_owned())
        }
        FixTo::InPlace => Ok(own.to_owned()),
        FixTo::Beside | FixTo::File(_) => {
            let stem = own.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
            Ok(own.with_file_name(format!("{stem}.fixes.overlay.yaml")))
        }
    }
}

/// Writes an overlay, and says what that was.
fn beside(subject: &Subject, document: &Document, mendings: &[Mending], file: &Path) -> io::Result<String> {
    let mut actions: Vec<OverlayAction<'_>> = Vec::new();
    for (number, fix) in mendings {
        let Some(finding) = subject.review.findings.get(*number) else { continue };
        let confirm = if fix.is_assumed { ", which is assumed: confirm it" } else { "" };
        let description = format!("{}: {}; {}{confirm}", finding.rule, finding.message, fix.title);
        for edit in &fix.edits {
            if !actions.iter().any(|known| known.edit == edit) {
                actions.push(OverlayAction { edit, description: description.clone() });
            }
        }
    }
    let title = format!("What mends {}", document.file().rsplit('/').next().unwrap_or_default());
    overlay::write(file, MARK, &overlay_text(document, &title, &actions), "--fix")?;
    Ok(said(mendings, file))
}

/// Writes the changed text of the document itself, and says what that was. What cannot be changed in its text is left.
fn in_place(document: &Document, mendings: &mut Vec<Mending>, file: &Path) -> io::Result<String> {
    let editable = editable(document, &mendings.iter().map(|(_, fix)| fix).collect::<Vec<_>>());
    let mut number = 0..;
    mendings.retain(|_| number.next().is_some_and(|number| editable.contains(&number)));
    let changed = patches(document, &edits(mendings)).ok();
    let changed = changed.and_then(|patches| patched(document.source(), &patches));
    let Some(text) = changed else {
        mendings.clear();
        return Ok(format!("`{}` cannot be changed without changing more than that", file.display()));
    };
    if read_file(file)? != document.source().as_bytes() {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "it has changed since it was read, or is not UTF-8",
        ));
    }
    std::fs::write(file, text)?;
    Ok(said(mendings, file))
}

/// The numbers of those that can be made in the text together.
pub(in crate::commands) fn editable(document: &Document, fixes: &[&Fix]) -> Vec<usize> {
    let mut found = Vec::new();
    let mut left = vec![(0, fixes.len())];
    while let Some((start, end)) = left.pop() {
        let edits =
            |fixes: &[&Fix]| fixes.iter().flat_map(|fix| fix.edits.iter().cloned()).collect::<Vec<_>>();
        let is_editable = |fixes: &[&Fix]| patches(document, &edits(fixes)).is_ok();
        if fixes.get(start..end).is_some_and(is_editable) {
            found.extend(start..end);
        } else if end - start > 1 {
            let half = start + (end - start) / 2;
            left.extend([(start, half), (half, end)]);
        }
    }
    found
}

fn edits(mendings: &[Mending]) -> Vec<Edit> {
    mendings.iter().flat_map(|(_, fix)| fix.edits.iter().cloned()).collect()
}

fn said(mendings: &[Mending], file: &Path) -> String {
    let assumed = mendings.iter().filter(|(_, fix)| fix.is_assumed).count();
    let s = if mendings.len() == 1 { "" } else { "s" };
    let confirm = match assumed {
        0 => String::new(),
        assumed => format!("; {assumed} with a value that is assumed: confirm it"),
    };
    format!("wrote what mends {} finding{s} to `{}`{confirm}", mendings.len(), file.display())
}
