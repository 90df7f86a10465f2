//! Keeps the inventory: a file of SQLite, or a database of PostgreSQL that several machines share.
//!
//! Whoever edits reads the whole inventory, works out the edit, and commits it for the revision that was read. If somebody
//! else was faster nothing happens, and the edit is worked out again: no writer ever waits for a person, or undoes another.

mod error;
mod postgres;
mod row;
mod schema;
mod sqlite;

use std::path::PathBuf;

use model::inventory::{Edit, Event, Inventory};

pub use error::{Committed, StoreError};
pub use postgres::Postgres;
pub use sqlite::Sqlite;

/// The most events that are read at once.
pub const EVENTS_MAX: u32 = 1000;

/// Where an inventory is kept.
pub trait Store {
    /// Everything, as it was at one moment.
    ///
    /// # Errors
    /// Where it cannot be read.
    fn load(&mut self) -> Result<Inventory, StoreError>;

    /// Makes an edit that was worked out from `revision`: all of it, on disk when this returns, or nothing.
    ///
    /// # Errors
    /// Where it cannot be written. That somebody else was faster is no error.
    fn commit(&mut self, revision: u64, edit: &Edit) -> Result<Committed, StoreError>;

    /// Events after the one of this number, in order, no more than [`EVENTS_MAX`].
    ///
    /// # Errors
    /// Where they cannot be read.
    fn events(&mut self, after: u64) -> Result<Vec<Event>, StoreError>;

    /// The event of this number.
    ///
    /// # Errors
    /// Where it cannot be read.
    fn event(&mut self, id: u64) -> Result<Option<Event>, StoreError> {
        let after = id.checked_sub(1);
        let events = after.map(|after| self.events(after)).transpose()?.unwrap_or_default();
        Ok(events.into_iter().next().filter(|event| event.id == id))
    }
}

/// How often an edit is worked out again before others are too fast.
const ATTEMPTS_MAX: usize = 100;

/// Works out an edit and commits it, again if somebody else was faster. Whether there was anything to change.
///
/// # Errors
/// What `edit` refuses, and where the store cannot be read or written.
pub fn update<E: From<StoreError>>(
    store: &mut dyn Store,
    edit: impl Fn(&Inventory) -> Result<Option<Edit>, E>,
) -> Result<Option<Edit>, E> {
    for _ in 0..ATTEMPTS_MAX {
        let inventory = store.load()?;
        let Some(edit) = edit(&inventory)? else { return Ok(None) };
        if store.commit(inventory.revision, &edit)? == Committed::Yes {
            return Ok(Some(edit));
        }
    }
    Err(StoreError::Busy.into())
}

/// Where an inventory is kept, as users name it.
#[derive(Clone, PartialEq, Eq)]
pub enum Location {
    /// A file.
    File(PathBuf),
    /// A database of PostgreSQL, by its URL, which may hold a password.
    Postgres(String),
}

impl Location {
    /// `postgres://…` and `postgresql://…` name a database; everything else is a file.
    pub fn of(text: &str) -> Location {
        let is_url = ["postgres://", "postgresql://"].iter().any(|scheme| text.starts_with(scheme));
        if is_url { Location::Postgres(text.to_owned()) } else { Location::File(PathBuf::from(text)) }
    }

    /// Opens what is there, and makes it where it is not.
    ///
    /// # Errors
    /// Where it cannot be opened, or is of a later version of this program.
    pub fn open(&self) -> Result<Box<dyn Store + Send>, StoreError> {
        Ok(match self {
            Location::File(path) => Box::new(Sqlite::open(path)?),
            Location::Postgres(url) => Box::new(Postgres::open(url)?),
        })
    }
}

impl std::fmt::Display for Location {
    /// The file, or the URL without user and password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Location::File(path) => write!(f, "{}", path.display()),
            Location::Postgres(url) => {
                let host = url
                    .rsplit_once('@')
                    .map_or_else(|| url.split_once("://").map_or("", |(_, rest)| rest), |(_, host)| host);
                write!(f, "postgres://{}", host.split('?').next().unwrap_or_default())
            }
        }
    }
}

impl std::fmt::Debug for Location {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Location({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_location_is_a_file_or_a_database_and_never_shows_a_password() {
        let check = |text: &str, expected: &str| {
            let location = Location::of(text);
            assert_eq!(location.to_string(), expected);
            assert_eq!(format!("{location:?}"), format!("Location({expected})"));
        };
        check("data/inventory.db", "data/inventory.db");
        check("postgres://me:secret@db.example:5432/apis?sslmode=disable", "postgres://db.example:5432/apis");
        check("postgresql://me:se@cret@db.example/apis", "postgres://db.example/apis");
        check("postgres://db.example/apis?password=secret", "postgres://db.example/apis");
    }
}
