//! `--overlay`: what a specification lacks, as an OpenAPI Overlay beside it.

use std::io;
use std::path::Path;

use discover::{Addition, Findings, additions};
use spec::{Contract, Library, OverlayAction, overlay_text};

use crate::load::read_file;

/// How an overlay of ours begins; a file that begins otherwise is not written over.
const MARK: &str =
    "# Made by `palisade discover --overlay`: read each change before you lay it over the document.\n";

/// Writes the overlay, and says what is in it and what is not.
///
/// # Errors
/// Where the file cannot be written, or is another's.
pub(super) fn write(
    file: &Path,
    library: &Library,
    contract: &Contract,
    findings: &Findings,
) -> io::Result<String> {
    match read_file(file) {
        Ok(known) if !known.starts_with(MARK.as_bytes()) => {
            let message = "it is there, and is no overlay made by `--overlay`";
            return Err(io::Error::new(io::ErrorKind::AlreadyExists, message));
        }
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Ok(_) | Err(_) => {}
    }
    let Some(document) = library.documents().first() else { return Ok(String::new()) };
    let found = additions(library, contract, 0, findings);
    let actions: Vec<OverlayAction<'_>> = found
        .made
        .iter()
        .map(|Addition { edit, description }| OverlayAction { edit, description: description.clone() })
        .collect();
    let title = format!("What {} lacks", document.file().rsplit('/').next().unwrap_or_default());
    std::fs::write(file, format!("{MARK}{}", overlay_text(document, &title, &actions)))?;
    let s = if actions.len() == 1 { "" } else { "s" };
    let mut said = format!("wrote {} addition{s} to `{}`\n", actions.len(), file.display());
    for left_out in &found.left_out {
        said.push_str(&format!("not in it: {}\n", left_out.escape_debug()));
    }
    Ok(said)
}
