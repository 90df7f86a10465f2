//! The one file of this crate that touches the disk: reading what a reference names, and nothing outside its folder.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use model::limit::read_capped;

/// The content of `file`, if it is a regular file that lies at or below `folder` once symbolic links are resolved.
///
/// # Errors
/// `PermissionDenied` for what leads out of the folder or is no regular file, `FileTooLarge` above `bytes_max`, and
/// whatever the system says.
pub fn read_below(folder: &Path, file: &Path, bytes_max: usize) -> io::Result<Vec<u8>> {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let (folder, path) = (fs::canonicalize(folder)?, fs::canonicalize(file)?);
    if !path.starts_with(&folder) || !fs::metadata(&path)?.is_file() {
        return Err(io::Error::new(
            io::ErrorKind::PermissionDenied,
            "leads out of its folder or is no regular file",
        ));
    }
    read_capped(File::open(path)?, bytes_max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_out_of_the_folder_are_refused() {
        let outer = tempfile::tempdir().unwrap();
        let folder = outer.path().join("api");
        fs::create_dir(&folder).unwrap();
        fs::write(outer.path().join("secret"), "s").unwrap();
        fs::write(folder.join("a.yaml"), "a: 1").unwrap();
        std::os::unix::fs::symlink("../secret", folder.join("out.yaml")).unwrap();
        std::os::unix::fs::symlink("a.yaml", folder.join("in.yaml")).unwrap();
        let read = |name: &str, max: usize| {
            read_below(&folder, &folder.join(name), max).map_err(|error| error.kind())
        };
        assert_eq!(read("a.yaml", 10), Ok(b"a: 1".to_vec()));
        assert_eq!(read("in.yaml", 10), Ok(b"a: 1".to_vec()));
        assert_eq!(read("out.yaml", 10), Err(io::ErrorKind::PermissionDenied));
        assert_eq!(read("../secret", 10), Err(io::ErrorKind::PermissionDenied));
        assert_eq!(read(".", 10), Err(io::ErrorKind::PermissionDenied));
        assert_eq!(read("none", 10), Err(io::ErrorKind::NotFound));
        assert_eq!(read("a.yaml", 3), Err(io::ErrorKind::FileTooLarge));
    }
}
