//! What was known of files when they were compared, so that what other runs count meanwhile is seen.

use std::collections::HashSet;

use model::inventory::FileMark;

/// Marks with which files were compared.
#[derive(Debug, Default)]
pub(super) struct Compared(HashSet<(u64, String)>);

impl Compared {
    pub(super) fn with<'m>(marks: impl IntoIterator<Item = &'m FileMark>) -> Compared {
        let mut compared = Compared::default();
        compared.add(marks);
        compared
    }

    pub(super) fn add<'m>(&mut self, marks: impl IntoIterator<Item = &'m FileMark>) {
        self.0.extend(marks.into_iter().map(|mark| (mark.bytes, mark.digest.clone())));
    }

    /// Those with which nothing was compared.
    pub(super) fn others<'m>(&self, marks: impl IntoIterator<Item = &'m FileMark>) -> Vec<FileMark> {
        let is_other = |mark: &&FileMark| !self.0.contains(&(mark.bytes, mark.digest.clone()));
        marks.into_iter().filter(is_other).cloned().collect()
    }
}
