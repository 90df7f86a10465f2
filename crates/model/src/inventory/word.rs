//! Closed lists of words: what is read from and written to commands, tables and the store.

/// A value that has one stable name of a closed list.
pub trait Word: Copy + PartialEq + 'static {
    /// All values with their names, in the order in which they are shown.
    const WORDS: &'static [(Self, &'static str)];

    /// Its stable name.
    fn name(self) -> &'static str {
        Self::WORDS.iter().find(|(value, _)| *value == self).map(|(_, name)| *name).unwrap_or_default()
    }

    /// The value that is so called.
    fn of(name: &str) -> Option<Self> {
        Self::WORDS.iter().find(|(_, known)| *known == name).map(|(value, _)| *value)
    }
}
