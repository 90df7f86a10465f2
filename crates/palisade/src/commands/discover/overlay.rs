//! `--overlay`: what a specification lacks, as an OpenAPI Overlay beside it.

use std::io;
use std::path::Path;

use discover::{Addition, Findings, additions};
use spec::{Contract, Library, OverlayAction, overlay_text};

use crate::output;

/// How an overlay of ours begins.
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
    let Some(document) = library.documents().first() else { return Ok(String::new()) };
    let found = additions(library, contract, 0, findings);
    let actions: Vec<OverlayAction<'_>> = found
        .made
        .iter()
        .map(|Addition { edit, description }| OverlayAction { edit, description: description.clone() })
        .collect();
    let title = format!("What {} lacks", document.file().rsplit('/').next().unwrap_or_default());
    output::overlay::write(file, MARK, &overlay_text(document, &title, &actions), "--overlay")?;
    let s = if actions.len() == 1 { "" } else { "s" };
    let mut said = format!("wrote {} addition{s} to `{}`\n", actions.len(), file.display());
    for left_out in &found.left_out {
        said.push_str(&format!("not in it: {}\n", left_out.escape_debug()));
    }
    Ok(said)
}
