//! Overlays that commands write beside documents.

use std::io;
use std::path::Path;

use crate::load::read_file;

/// Writes an overlay made by the option `made_by`, which its first line `mark` says. A file that begins otherwise is another's,
/// and is not written over.
///
/// # Errors
/// Where the file cannot be written, or is another's.
pub(crate) fn write(file: &Path, mark: &str, text: &str, made_by: &str) -> io::Result<()> {
    match read_file(file) {
        Ok(known) if !known.starts_with(mark.as_bytes()) => {
            let message = format!("it is there, and is no overlay made by `{made_by}`");
            return Err(io::Error::new(io::ErrorKind::AlreadyExists, message));
        }
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Ok(_) | Err(_) => {}
    }
    std::fs::write(file, format!("{mark}{text}"))
}
