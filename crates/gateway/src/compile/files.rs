//! Reads the files that the config names, and remembers which they were.

use std::path::Path;

use model::Severity;
use spec::Node;

use super::{Compiled, Ingredients};

/// The bytes of a file that the config names at `place`.
pub(super) fn read_file(
    ingredients: &Ingredients<'_>,
    path: &Path,
    place: Node<'_>,
    compiled: &mut Compiled,
) -> Option<Vec<u8>> {
    let path = ingredients.folder.join(path);
    compiled.files.push(path.clone());
    match (ingredients.read)(&path) {
        Ok(bytes) => Some(bytes),
        Err(error) => {
            let message = format!("`{}` cannot be read: {error}", path.display());
            compiled.problems.push(ingredients.document.problem(Severity::Error, place, message));
            None
        }
    }
}
