//! Reads secrets from where the config says that they are.

use std::path::Path;

use gateway::config::SecretSource;
use model::Secret;

use crate::load::read_file;

/// The secret that `source` names, relative to `folder`. No error holds any of it.
pub(crate) fn secret(source: &SecretSource, folder: &Path) -> Result<Secret, String> {
    let bytes = match source {
        SecretSource::File(path) => {
            let path = folder.join(path);
            read_file(&path).map_err(|error| format!("`{}` cannot be read: {error}", path.display()))?
        }
        SecretSource::Env(name) => match std::env::var_os(name) {
            Some(value) => value.into_encoded_bytes(),
            None => return Err(format!("there is no environment variable `{name}`")),
        },
    };
    let secret = bytes.trim_ascii_end();
    if secret.is_empty() { Err("its secret is empty".to_owned()) } else { Ok(Secret::new(secret)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_read_from_where_it_is_and_never_empty() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("secret"), "s3cret \n").unwrap();
        std::fs::write(folder.path().join("empty"), "\n").unwrap();
        let read = |source: SecretSource| secret(&source, folder.path());
        assert!(read(SecretSource::File("secret".into())).unwrap().matches(b"s3cret"));
        assert!(read(SecretSource::File("empty".into())).unwrap_err().contains("empty"));
        assert!(read(SecretSource::File("absent".into())).unwrap_err().contains("cannot be read"));
        let absent = read(SecretSource::Env("PALISADE_NO_SUCH_SECRET".to_owned())).unwrap_err();
        assert_eq!(absent, "there is no environment variable `PALISADE_NO_SUCH_SECRET`");
    }
}
