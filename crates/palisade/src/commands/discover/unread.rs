//! What was not understood of files, and what was not read, as results in JSON have it.

use discover::code;
use serde::Serialize;

/// A part that was not understood.
#[derive(Debug, Serialize)]
pub(super) struct NotUnderstood<'r> {
    file: &'r str,
    line: u32,
    what: &'r str,
}

/// A file that was not read, or not all of it.
#[derive(Debug, Serialize)]
pub(super) struct NotRead<'r> {
    file: &'r str,
    fault: &'r str,
}

/// Every part that was not understood.
pub(super) fn not_understood(unclear: &[code::Unclear]) -> Vec<NotUnderstood<'_>> {
    unclear.iter().map(|one| NotUnderstood { file: &one.file, line: one.line, what: &one.what }).collect()
}

/// Every file that was not read.
pub(super) fn not_read(files: &[code::NotRead]) -> Vec<NotRead<'_>> {
    files.iter().map(|one| NotRead { file: &one.file, fault: &one.why }).collect()
}
