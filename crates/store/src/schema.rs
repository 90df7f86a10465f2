//! The tables, in the SQL that SQLite and PostgreSQL share, and how they came to be.

/// Each step makes the tables of its number out of those of the one before. Steps are never changed, only added.
pub(crate) const MIGRATIONS: &[&str] = &["
CREATE TABLE inventory (only_row INTEGER PRIMARY KEY CHECK (only_row = 1), revision BIGINT NOT NULL);
INSERT INTO inventory (only_row, revision) VALUES (1, 0);
CREATE TABLE source (
    id BIGINT PRIMARY KEY,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    taken_at BIGINT NOT NULL,
    is_withdrawn BIGINT NOT NULL,
    told TEXT NOT NULL
);
CREATE TABLE sighting (
    source BIGINT NOT NULL,
    api TEXT NOT NULL,
    host TEXT NOT NULL,
    method TEXT NOT NULL,
    path TEXT NOT NULL,
    place TEXT,
    account TEXT NOT NULL,
    PRIMARY KEY (source, api, host, method, path)
);
CREATE TABLE fact (
    api TEXT NOT NULL,
    field TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (api, field)
);
CREATE TABLE event (
    id BIGINT PRIMARY KEY,
    at BIGINT NOT NULL,
    who TEXT NOT NULL,
    why TEXT,
    kind TEXT NOT NULL,
    api TEXT,
    undoes BIGINT,
    what TEXT NOT NULL
);
"];

/// The table that says which steps were made.
pub(crate) const VERSION_TABLE: &str = "CREATE TABLE IF NOT EXISTS version (only_row INTEGER PRIMARY KEY CHECK (only_row = 1), number BIGINT NOT NULL)";

pub(crate) const VERSION: &str = "SELECT number FROM version";
pub(crate) const SET_VERSION: &str = "INSERT INTO version (only_row, number) VALUES (1, $1)
    ON CONFLICT (only_row) DO UPDATE SET number = excluded.number";

pub(crate) const REVISION: &str = "SELECT revision, (SELECT COALESCE(MAX(id), 0) FROM event) FROM inventory";
pub(crate) const SET_REVISION: &str = "UPDATE inventory SET revision = $1 WHERE revision = $2";

pub(crate) const SOURCES: &str = "SELECT id, kind, name, taken_at, is_withdrawn, told FROM source";
pub(crate) const PUT_SOURCE: &str = "INSERT INTO source (id, kind, name, taken_at, is_withdrawn, told)
    VALUES ($1, $2, $3, $4, $5, $6)
    ON CONFLICT (id) DO UPDATE SET taken_at = excluded.taken_at, is_withdrawn = excluded.is_withdrawn, told = excluded.told";
pub(crate) const DROP_SOURCE: &str = "DELETE FROM source WHERE id = $1";

pub(crate) const SIGHTINGS: &str = "SELECT source, api, host, method, path, place, account FROM sighting";
pub(crate) const PUT_SIGHTING: &str = "INSERT INTO sighting (source, api, host, method, path, place, account)
    VALUES ($1, $2, $3, $4, $5, $6, $7)
    ON CONFLICT (source, api, host, method, path) DO UPDATE SET place = excluded.place, account = excluded.account";
pub(crate) const DROP_SIGHTINGS: &str = "DELETE FROM sighting WHERE source = $1";

pub(crate) const FACTS: &str = "SELECT api, field, value FROM fact";
pub(crate) const PUT_FACT: &str = "INSERT INTO fact (api, field, value) VALUES ($1, $2, $3)
    ON CONFLICT (api, field) DO UPDATE SET value = excluded.value";
pub(crate) const DROP_FACT: &str = "DELETE FROM fact WHERE api = $1 AND field = $2";

pub(crate) const EVENTS: &str =
    "SELECT id, at, who, why, undoes, what FROM event WHERE id > $1 ORDER BY id LIMIT $2";
pub(crate) const PUT_EVENT: &str = "INSERT INTO event (id, at, who, why, kind, api, undoes, what)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
