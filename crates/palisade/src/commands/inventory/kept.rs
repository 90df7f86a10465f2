//! The inventory where it is kept, and what can go wrong with it.

use std::fmt;
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use discover::inventory::{Refusal, Stamp, take_in};
use model::Timestamp;
use model::inventory::{Catalog, Change, Edit, Inventory, Report, Status, What};
use store::{Location, Store, StoreError};

use crate::cli::{Author, Exit, Place};

/// An inventory that is open.
pub(crate) struct Kept {
    location: Location,
    pub(crate) store: Box<dyn Store + Send>,
}

/// Why a command cannot do what it is told.
#[derive(Debug)]
pub(crate) enum Fault {
    /// The inventory cannot be read or written.
    Store(Location, StoreError),
    /// There is none yet.
    Missing(Location),
    /// What is asked for cannot be done.
    Refused(Refusal),
    /// There is nothing of this name or number.
    Unknown(String),
    /// Another run took in the same files.
    Overtaken,
    /// A result cannot be written.
    Output(std::io::Error),
    /// It cannot be written to this file.
    File(PathBuf, std::io::Error),
}

impl Fault {
    /// How a command ends with it.
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Fault::Refused(_) | Fault::Unknown(_) => Exit::Usage,
            Fault::Store(..) | Fault::Missing(_) | Fault::Overtaken | Fault::Output(_) | Fault::File(..) => {
                Exit::Failed
            }
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Store(location, error) => writeln!(f, "error: `{location}`: {error}")?,
            Fault::Missing(location) => {
                writeln!(f, "error: there is no inventory `{location}`")?;
                f.write_str("  help: `palisade discover` makes it, or name another with `--inventory`\n")?;
            }
            Fault::Refused(refusal) => {
                writeln!(f, "error: {refusal}")?;
                let help = match refusal {
                    Refusal::NoApi(_) => "`palisade inventory show` lists them",
                    Refusal::NothingProposed(_) => "`palisade inventory set` says what is true",
                    Refusal::Follows(_) => "take that one back",
                    Refusal::ChangedSince => {
                        "`palisade inventory changes` says by which, or say what is true with `set`"
                    }
                    Refusal::Undone | Refusal::Merged => return Ok(()),
                };
                writeln!(f, "  help: {help}")?;
            }
            Fault::Unknown(what) => writeln!(f, "error: {what}")?,
            Fault::Overtaken => {
                f.write_str("error: another run took in the same files meanwhile\n  help: run it again\n")?;
            }
            Fault::Output(error) => writeln!(f, "error: the result cannot be written: {error}")?,
            Fault::File(path, error) => {
                writeln!(f, "error: `{}` cannot be written: {error}", path.display())?
            }
        }
        Ok(())
    }
}

impl From<std::io::Error> for Fault {
    fn from(error: std::io::Error) -> Fault {
        Fault::Output(error)
    }
}

/// What an edit may end with, before it is known where the inventory is.
enum Stopped {
    Store(StoreError),
    Fault(Fault),
}

impl From<StoreError> for Stopped {
    fn from(error: StoreError) -> Stopped {
        Stopped::Store(error)
    }
}

impl Kept {
    /// Opens the inventory, and makes it where it is not there.
    pub(crate) fn open(place: &Place) -> Result<Kept, Fault> {
        let location = Location::of(&place.inventory);
        let store = location.open().map_err(|error| Fault::Store(location.clone(), error))?;
        Ok(Kept { location, store })
    }

    /// Opens the inventory where it is there: who only looks at it makes nothing.
    pub(crate) fn open_existing(place: &Place) -> Result<Kept, Fault> {
        match Location::of(&place.inventory) {
            Location::File(path) if !path.exists() => Err(Fault::Missing(Location::File(path))),
            Location::File(_) | Location::Postgres(_) => Kept::open(place),
        }
    }

    /// Everything that is kept.
    pub(crate) fn load(&mut self) -> Result<Inventory, Fault> {
        self.store.load().map_err(|error| Fault::Store(self.location.clone(), error))
    }

    /// Everything that follows from it.
    pub(crate) fn catalog(&mut self) -> Result<Catalog, Fault> {
        Ok(discover::inventory::catalog(&self.load()?))
    }

    /// Changes it, if there is anything to change.
    pub(crate) fn update(
        &mut self,
        edit: impl Fn(&Inventory) -> Result<Option<Edit>, Fault>,
    ) -> Result<Option<Edit>, Fault> {
        let edit = |inventory: &Inventory| edit(inventory).map_err(Stopped::Fault);
        store::update(&mut *self.store, edit).map_err(|stopped| match stopped {
            Stopped::Store(error) => Fault::Store(self.location.clone(), error),
            Stopped::Fault(fault) => fault,
        })
    }

    /// Takes in what sources tell; what changed by it.
    pub(crate) fn take_in(&mut self, reports: &[Report], stamp: &Stamp) -> Result<Vec<Edit>, Fault> {
        let edits =
            reports.iter().map(|report| self.update(|inventory| Ok(take_in(inventory, report, stamp))));
        let edits: Vec<Option<Edit>> = edits.collect::<Result<_, _>>()?;
        Ok(edits.into_iter().flatten().collect())
    }

    /// What the store says, with its place where it says no.
    pub(crate) fn ask<T>(
        &mut self,
        question: impl FnOnce(&mut dyn Store) -> Result<T, StoreError>,
    ) -> Result<T, Fault> {
        question(&mut *self.store).map_err(|error| Fault::Store(self.location.clone(), error))
    }
}

/// Says no where there is no API of one of these names: what is asked of it would be found nowhere, and so all be well.
pub(super) fn all_are_there(catalog: &Catalog, names: &[String]) -> Result<(), Fault> {
    match names.iter().find(|name| catalog.api(name).is_none()) {
        Some(name) => Err(Fault::Refused(Refusal::NoApi(name.clone()))),
        None => Ok(()),
    }
}

/// Who changes the inventory, now.
pub(crate) fn author(author: &Author) -> Stamp {
    let at = Timestamp::default().plus(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default());
    Stamp { at, who: author.by.clone(), why: author.why.clone() }
}

/// What is new by `edits`, in one line without its end.
pub(crate) fn news(edits: &[Edit]) -> String {
    let count = |is: &dyn Fn(&What) -> bool| {
        let changes = edits.iter().flat_map(|edit| &edit.changes);
        changes.filter(|change| matches!(change, Change::Event(event) if is(&event.what))).count()
    };
    let new = count(&|what| matches!(what, What::Status { before: None, .. }));
    let shadow =
        count(&|what| matches!(what, What::Status { before: None, after: Some(Status::Shadow), .. }));
    let other = count(&|what| matches!(what, What::Status { before: Some(_), .. }));
    format!("inventory: {new} new operations, {shadow} of them shadow; {other} changed")
}
