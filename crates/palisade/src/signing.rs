//! The keys that sign tokens for the inside: kept in the data folder, rotated while the gateway runs.

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use gateway::Feeds;
use gateway::config::{Config, Internal};
use identity::internal::{InternalIssuer, LIFETIME_MAX, Ring};
use model::Problem;
use model::limit::read_capped;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::feeds::wall_clock;
use crate::kept;

/// Where keys are kept, in the data folder.
const FILE: &str = "identity/signing-keys.json";

/// Largest file of keys, in bytes.
const FILE_BYTES_MAX: usize = 64 << 10;

/// How often it is looked whether a key is due.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// The shortest time that a key may sign.
const ROTATION_MIN: Duration = Duration::from_secs(4);

/// The issuer that `config` describes: with the keys that `before` has, or with new ones that are kept nowhere yet.
pub(crate) fn issuer(
    config: &Internal,
    before: Option<&Feeds>,
    problems: &mut Vec<Problem>,
) -> Option<InternalIssuer> {
    let Internal { issuer, lifetime, rotation } = config;
    if issuer.is_empty() {
        problems.push(Problem::error("`identity.internal.issuer` is empty"));
        return None;
    }
    if lifetime.0 > LIFETIME_MAX || lifetime.0.is_zero() {
        let problem = Problem::error("`identity.internal.lifetime` is zero or too long");
        problems.push(problem.help(format!("write at most {} s", LIFETIME_MAX.as_secs())));
        return None;
    }
    if rotation.0 < ROTATION_MIN {
        let problem = Problem::error("`identity.internal.rotation` is too short");
        problems.push(problem.help(format!("write at least {} s; a day is usual", ROTATION_MIN.as_secs())));
        return None;
    }
    if let Some(before) = before.and_then(|feeds| feeds.internal.as_ref()) {
        return Some(before.with_settings(issuer.clone(), lifetime.0, rotation.0));
    }
    match Ring::fresh(wall_clock()) {
        Ok(ring) => Some(InternalIssuer::new(issuer.clone(), lifetime.0, rotation.0, ring)),
        Err(error) => {
            problems.push(Problem::error(error.to_string()));
            None
        }
    }
}

/// Gives the issuer of `feeds` the keys that are kept, or keeps those that it has where there are none.
pub(crate) fn open(feeds: &Feeds, config: &Config) -> Result<(), String> {
    let Some(issuer) = &feeds.internal else { return Ok(()) };
    let path = config.data.directory.join(FILE);
    let wrong = |error: &dyn std::fmt::Display| format!("`{}`: {error}", path.display());
    match File::open(&path).and_then(|file| read_capped(file, FILE_BYTES_MAX)) {
        Ok(bytes) => issuer.replace(Ring::from_kept(&bytes).map_err(|error| wrong(&error))?),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            keep(&path, &issuer.ring()).map_err(|error| wrong(&error))?;
        }
        Err(error) => return Err(wrong(&error)),
    }
    rotate(issuer, &path);
    Ok(())
}

/// Rotates the keys of the issuer of `feeds` for as long as `tasks` lives.
pub(crate) fn keep_rotating(feeds: &Feeds, config: &Config, tasks: &mut JoinSet<()>) {
    let Some(issuer) = feeds.internal.clone() else { return };
    let path = config.data.directory.join(FILE);
    tasks.spawn(async move {
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            let (issuer, path) = (Arc::clone(&issuer), path.clone());
            // It writes to a disk, which may take its time.
            if let Err(error) = tokio::task::spawn_blocking(move || rotate(&issuer, &path)).await {
                tracing::error!(%error, "signing keys could not be looked at");
            }
        }
    });
}

/// Puts the next key in place, where one is due; where it cannot be kept, the keys stay as they are.
fn rotate(issuer: &InternalIssuer, path: &Path) {
    let next = match issuer.rotated(wall_clock()) {
        Ok(None) => return,
        Ok(Some(next)) => next,
        Err(error) => {
            tracing::error!(%error, "no new signing key could be made; the last one stays in use");
            return;
        }
    };
    match keep(path, &next) {
        Ok(()) => {
            issuer.replace(next);
            tracing::info!("the signing keys for the inside were rotated");
        }
        Err(error) => {
            tracing::error!(%error, path = %path.display(), "a new signing key could not be kept; the last one stays in use");
        }
    }
}

/// Writes the keys for nobody but this user to read, whole or not at all.
fn keep(path: &Path, ring: &Ring) -> io::Result<()> {
    kept::keep(path, &ring.to_kept().map_err(io::Error::other)?)
}

/// The public keys of the issuer of `feeds`; none where there is no issuer.
pub(crate) fn key_set(feeds: &Feeds) -> Value {
    feeds.internal.as_ref().map_or_else(|| json!({ "keys": [] }), |issuer| issuer.key_set())
}
