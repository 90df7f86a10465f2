//! Why the inventory cannot be read or written.

/// What became of an edit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Committed {
    /// It is made, and on disk.
    Yes,
    /// Somebody else was faster, so that nothing was done.
    Conflict,
}

/// Why the inventory cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file, or its folder, cannot be made.
    #[error("the inventory's file cannot be made: {0}")]
    Unmade(#[source] std::io::Error),
    /// SQLite says no.
    #[error("the inventory's file: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// PostgreSQL says no.
    #[error("the inventory's database: {}", said(.0))]
    Postgres(#[from] tokio_postgres::Error),
    /// There can be no encryption.
    #[error("the connection to the inventory's database cannot be encrypted: {0}")]
    Tls(#[from] rustls::Error),
    /// There can be no runtime for the connection.
    #[error("the connection to the inventory's database cannot be run: {0}")]
    Runtime(#[source] std::io::Error),
    /// A row is none that this program writes.
    #[error("the inventory holds a row that cannot be read: {0}")]
    Row(String),
    /// It was written by a later version.
    #[error("the inventory is of version {found}, and this program knows {known}")]
    Version {
        /// Its version.
        found: i64,
        /// The last one that is known here.
        known: i64,
    },
    /// Others change it all the time.
    #[error("the inventory is changed by others all the time")]
    Busy,
}

/// What PostgreSQL says, with its own words where it has some.
fn said(error: &tokio_postgres::Error) -> String {
    let cause = std::error::Error::source(error).map(|cause| format!(": {cause}"));
    format!("{error}{}", cause.unwrap_or_default())
}
