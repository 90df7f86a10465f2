//! Files in the data folder that must outlive the process: whole or not there, and for nobody else to read.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// Puts `bytes` in the place of the file at `path`. What was there stays where that fails.
pub(crate) fn keep(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().map(Path::to_path_buf).unwrap_or_default();
    DirBuilder::new().recursive(true).mode(0o700).create(&folder)?;
    let new: PathBuf = path.with_extension("new");
    // One that a death left behind may have been made by another hand, and keep its mode.
    match std::fs::remove_file(&new) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&new, path)?;
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_kept_file_is_replaced_whole_and_nobody_else_can_read_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("data/part/kept.json");
        keep(&path, b"first").unwrap();
        std::fs::write(path.with_extension("new"), b"left behind").unwrap();
        keep(&path, b"2").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"2");
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
        assert!(!path.with_extension("new").exists());
    }
}
