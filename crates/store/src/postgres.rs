//! The inventory in a database of PostgreSQL.

mod tls;

use std::time::Duration;

use model::inventory::{Edit, Event, Inventory};
use tokio::runtime::{Builder, Runtime};
use tokio_postgres::config::SslMode;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Config, IsolationLevel, NoTls, Transaction};

use crate::error::{Committed, StoreError};
use crate::row::{self, Cell, Row};
use crate::{EVENTS_MAX, Store, schema};
use tls::Verifying;

/// How long a connection may take to come about.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Names the lock under which tables are made, so that two that start at once do not make them twice: `palisade`.
const MIGRATION_LOCK: i64 = 0x7061_6c69_7361_6465;

/// A connection, with a thread of its own that runs it.
#[derive(Debug)]
pub struct Postgres {
    runtime: Runtime,
    client: Client,
    config: Config,
}

impl Postgres {
    /// Connects to the database of this URL, and makes its tables where they are not there. The connection is encrypted where
    /// it leaves this machine or the URL says `sslmode=require`, and not where it says `sslmode=disable`.
    ///
    /// # Errors
    /// Where it cannot be reached, is not who it should be, does not let us in, or is of a later version of this program.
    pub fn open(url: &str) -> Result<Postgres, StoreError> {
        let mut config: Config = url.parse()?;
        config.application_name("palisade").connect_timeout(CONNECT_TIMEOUT);
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("inventory")
            .enable_all()
            .build()
            .map_err(StoreError::Runtime)?;
        let client = runtime.block_on(connect(&config))?;
        let mut store = Postgres { runtime, client, config };
        let Postgres { runtime, client, .. } = &mut store;
        runtime.block_on(migrate(client))?;
        Ok(store)
    }

    /// Connects again where the connection is known to have ended.
    fn revive(&mut self) -> Result<(), StoreError> {
        if self.client.is_closed() {
            self.client = self.runtime.block_on(connect(&self.config))?;
        }
        Ok(())
    }

    /// Asks for something, and once more on a new connection where the server ended the old one meanwhile. An edit is never
    /// made so: it may have been made before the end.
    fn ask<T>(
        &mut self,
        mut question: impl FnMut(&Runtime, &mut Client) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.revive()?;
        match question(&self.runtime, &mut self.client) {
            Err(StoreError::Postgres(error)) if is_end(&error) => {
                self.client = self.runtime.block_on(connect(&self.config))?;
                question(&self.runtime, &mut self.client)
            }
            answer => answer,
        }
    }
}

/// Whether an error says that the connection has ended.
fn is_end(error: &tokio_postgres::Error) -> bool {
    let ends = [SqlState::ADMIN_SHUTDOWN, SqlState::CRASH_SHUTDOWN, SqlState::CANNOT_CONNECT_NOW];
    error.is_closed() || error.code().is_some_and(|code| ends.contains(code))
}

async fn connect(config: &Config) -> Result<Client, StoreError> {
    if !tls::is_wanted(config) {
        let (client, connection) = config.connect(NoTls).await?;
        keep(connection);
        return Ok(client);
    }
    // A server that offers no encryption is not spoken with in clear.
    let mut config = config.clone();
    config.ssl_mode(SslMode::Require);
    let (client, connection) = config.connect(Verifying::with_native_roots()?).await?;
    keep(connection);
    Ok(client)
}

/// Runs a connection. It ends with its client; how, the client's next question says.
fn keep(connection: impl Future<Output = Result<(), tokio_postgres::Error>> + Send + 'static) {
    tokio::spawn(async move { drop(connection.await) });
}

async fn migrate(client: &mut Client) -> Result<(), StoreError> {
    let transaction = client.transaction().await?;
    transaction.query("SELECT pg_advisory_xact_lock($1)", &[&MIGRATION_LOCK]).await?;
    transaction.batch_execute(schema::VERSION_TABLE).await?;
    let rows = transaction.query(schema::VERSION, &[]).await?;
    let found: i64 = rows.first().map(|row| row.try_get(0)).transpose()?.unwrap_or(0);
    let known = schema::MIGRATIONS.len() as i64;
    if found > known {
        return Err(StoreError::Version { found, known });
    }
    for step in schema::MIGRATIONS.iter().skip(usize::try_from(found).unwrap_or(0)) {
        transaction.batch_execute(step).await?;
    }
    if found < known {
        transaction.execute(schema::SET_VERSION, &[&known]).await?;
    }
    Ok(transaction.commit().await?)
}

async fn load(client: &mut Client) -> Result<Inventory, StoreError> {
    let start = client.build_transaction().isolation_level(IsolationLevel::RepeatableRead).read_only(true);
    let transaction = start.start().await?;
    let mut inventory = Inventory::default();
    for row in transaction.query(schema::REVISION, &[]).await? {
        inventory.revision = Row::some_number(&row, 0)?;
        inventory.last_event = Row::some_number(&row, 1)?;
    }
    for row in transaction.query(schema::SOURCES, &[]).await? {
        row::read_source(&row, &mut inventory)?;
    }
    for row in transaction.query(schema::SIGHTINGS, &[]).await? {
        row::read_sighting(&row, &mut inventory)?;
    }
    for row in transaction.query(schema::FACTS, &[]).await? {
        row::read_fact(&row, &mut inventory)?;
    }
    transaction.commit().await?;
    Ok(inventory)
}

async fn commit(client: &mut Client, revision: u64, edit: &Edit) -> Result<Committed, StoreError> {
    let transaction = client.transaction().await?;
    let revision = i64::try_from(revision).unwrap_or(i64::MAX);
    // The row is locked from here on: who comes later waits, and then finds another revision.
    if transaction.execute(schema::SET_REVISION, &[&(revision + 1), &revision]).await? == 0 {
        return Ok(Committed::Conflict);
    }
    for change in &edit.changes {
        for (sql, cells) in row::statements(change)? {
            execute(&transaction, sql, &cells).await?;
        }
    }
    transaction.commit().await?;
    Ok(Committed::Yes)
}

async fn execute(
    transaction: &Transaction<'_>,
    sql: &str,
    cells: &[Cell],
) -> Result<(), tokio_postgres::Error> {
    let typed: Vec<(&(dyn ToSql + Sync), Type)> = cells
        .iter()
        .map(|cell| match cell {
            Cell::Number(number) => (number as &(dyn ToSql + Sync), Type::INT8),
            Cell::Text(text) => (text as &(dyn ToSql + Sync), Type::TEXT),
            Cell::NoNumber => (&None::<i64> as &(dyn ToSql + Sync), Type::INT8),
            Cell::NoText => (&None::<String> as &(dyn ToSql + Sync), Type::TEXT),
        })
        .collect();
    // With the types said, question and answer are one round.
    transaction.query_typed(sql, &typed).await.map(drop)
}

impl Store for Postgres {
    fn load(&mut self) -> Result<Inventory, StoreError> {
        self.ask(|runtime, client| runtime.block_on(load(client)))
    }

    fn commit(&mut self, revision: u64, edit: &Edit) -> Result<Committed, StoreError> {
        self.revive()?;
        self.runtime.block_on(commit(&mut self.client, revision, edit))
    }

    fn events(&mut self, after: u64) -> Result<Vec<Event>, StoreError> {
        let after = i64::try_from(after).unwrap_or(i64::MAX);
        let limit = i64::from(EVENTS_MAX);
        let rows = self
            .ask(|runtime, client| Ok(runtime.block_on(client.query(schema::EVENTS, &[&after, &limit]))?))?;
        rows.iter().map(row::read_event).collect()
    }
}

impl Row for tokio_postgres::Row {
    fn number(&self, column: usize) -> Result<Option<i64>, StoreError> {
        Ok(self.try_get(column)?)
    }

    fn text(&self, column: usize) -> Result<Option<String>, StoreError> {
        Ok(self.try_get(column)?)
    }
}
