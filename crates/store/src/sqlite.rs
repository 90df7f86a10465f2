//! The inventory in a file of SQLite.

use std::fs::OpenOptions;
use std::io::ErrorKind;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use model::inventory::{Edit, Event, Inventory};
use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior, params_from_iter, types::Value};

use crate::error::{Committed, StoreError};
use crate::row::{self, Cell, Row};
use crate::{EVENTS_MAX, Store, schema};

/// How long one process waits for another that writes.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// The time between two attempts where SQLite does not wait by itself.
const BUSY_PAUSE: Duration = Duration::from_millis(5);

/// Puts what a row says into the inventory.
type ReadRow = fn(&rusqlite::Row<'_>, &mut Inventory) -> Result<(), StoreError>;

/// An open file.
#[derive(Debug)]
pub struct Sqlite {
    connection: Connection,
}

impl Sqlite {
    /// Opens the file, and makes it, its folder and its tables where they are not there.
    ///
    /// # Errors
    /// Where it cannot be opened, is no such file, or is of a later version of this program.
    pub fn open(path: &Path) -> Result<Sqlite, StoreError> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(StoreError::Unmade)?;
        }
        // It names callers, so it is nobody else's. What SQLite puts beside it is as the file itself.
        let mut made = OpenOptions::new();
        match made.write(true).create_new(true).mode(0o600).open(path) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(StoreError::Unmade(error)),
            Ok(_) | Err(_) => {}
        }
        // A name is the name of a file, and never a URI that says something else.
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut connection = Connection::open_with_flags(path, flags)?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        write_ahead(&connection)?;
        // What is committed is on disk.
        connection.pragma_update(None, "synchronous", "full")?;
        migrate(&mut connection)?;
        Ok(Sqlite { connection })
    }
}

/// With a log beside the file readers do not wait for writers. Of several processes that turn it on at once SQLite has all but one
/// fail at once, whatever the timeout: each would wait for the others.
fn write_ahead(connection: &Connection) -> Result<(), StoreError> {
    let until = Instant::now() + BUSY_TIMEOUT;
    loop {
        match connection.pragma_update(None, "journal_mode", "wal") {
            Err(error)
                if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) && Instant::now() < until =>
            {
                thread::sleep(BUSY_PAUSE);
            }
            done => return Ok(done?),
        }
    }
}

fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute_batch(schema::VERSION_TABLE)?;
    let mut versions = transaction.prepare(schema::VERSION)?;
    let found: i64 = versions.query_map([], |row| row.get(0))?.next().transpose()?.unwrap_or(0);
    drop(versions);
    let known = schema::MIGRATIONS.len() as i64;
    if found > known {
        return Err(StoreError::Version { found, known });
    }
    for step in schema::MIGRATIONS.iter().skip(usize::try_from(found).unwrap_or(0)) {
        transaction.execute_batch(step)?;
    }
    if found < known {
        transaction.execute(schema::SET_VERSION, [known])?;
    }
    Ok(transaction.commit()?)
}

impl Store for Sqlite {
    fn load(&mut self) -> Result<Inventory, StoreError> {
        let transaction = self.connection.transaction()?;
        let mut inventory = Inventory::default();
        let reads: [(&str, ReadRow); 4] = [
            (schema::REVISION, |row, inventory| {
                inventory.revision = Row::some_number(row, 0)?;
                inventory.last_event = Row::some_number(row, 1)?;
                Ok(())
            }),
            (schema::SOURCES, |row, inventory| row::read_source(row, inventory)),
            (schema::SIGHTINGS, |row, inventory| row::read_sighting(row, inventory)),
            (schema::FACTS, |row, inventory| row::read_fact(row, inventory)),
        ];
        for (sql, read) in reads {
            let mut statement = transaction.prepare(sql)?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                read(row, &mut inventory)?;
            }
        }
        Ok(inventory)
    }

    fn commit(&mut self, revision: u64, edit: &Edit) -> Result<Committed, StoreError> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let revision = i64::try_from(revision).unwrap_or(i64::MAX);
        if transaction.execute(schema::SET_REVISION, [revision + 1, revision])? == 0 {
            return Ok(Committed::Conflict);
        }
        for change in &edit.changes {
            for (sql, cells) in row::statements(change)? {
                let mut statement = transaction.prepare_cached(sql)?;
                statement.execute(params_from_iter(cells.into_iter().map(value)))?;
            }
        }
        transaction.commit()?;
        Ok(Committed::Yes)
    }

    fn events(&mut self, after: u64) -> Result<Vec<Event>, StoreError> {
        let mut statement = self.connection.prepare_cached(schema::EVENTS)?;
        let mut rows = statement.query([i64::try_from(after).unwrap_or(i64::MAX), EVENTS_MAX.into()])?;
        let mut events = Vec::new();
        while let Some(row) = rows.next()? {
            events.push(row::read_event(row)?);
        }
        Ok(events)
    }
}

fn value(cell: Cell) -> Value {
    match cell {
        Cell::Number(number) => Value::Integer(number),
        Cell::Text(text) => Value::Text(text),
        Cell::NoNumber | Cell::NoText => Value::Null,
    }
}

impl Row for rusqlite::Row<'_> {
    fn number(&self, column: usize) -> Result<Option<i64>, StoreError> {
        Ok(self.get(column)?)
    }

    fn text(&self, column: usize) -> Result<Option<String>, StoreError> {
        Ok(self.get(column)?)
    }
}
