//! What a gateway takes from the one before it, and leaves to the next.

use std::net::{SocketAddr, TcpListener};
use std::os::fd::OwnedFd;
use std::sync::Arc;

use gateway::config::Config;
use gateway::record::Log;
use gateway::{Engine, Inherited};
use tokio::sync::oneshot;

use super::{repaired, report};
use crate::cli::Run;
use crate::take_over::{self, Belongings, Predecessor, Successor};

/// What a gateway starts with; nothing, unless it takes over.
#[derive(Debug, Default)]
pub(super) struct Inheritance {
    pub(super) predecessor: Option<Predecessor>,
    pub(super) listening: Vec<Inherited>,
    pub(super) admin: Option<(SocketAddr, TcpListener)>,
    pub(super) lock: Option<OwnedFd>,
}

/// Takes what the gateway that runs on the data folder has, if that is asked for.
pub(super) fn inherit(arguments: &Run, config: &Config) -> Result<Inheritance, String> {
    if !arguments.take_over {
        return Ok(Inheritance::default());
    }
    let taken = take_over::take(&config.data.directory);
    let help = "help: name the data folder of the gateway that runs, or start without `--take-over`";
    let (predecessor, Belongings { listening, admin, lock }) =
        taken.map_err(|message| format!("{message}\n{help}"))?;
    Ok(Inheritance { predecessor: Some(predecessor), listening, admin, lock: Some(lock) })
}

/// Tells the gateway before that requests are taken here, and takes up its part of the log once it has ended.
pub(super) fn succeed(predecessor: Predecessor, log: &Arc<Log>) {
    if let Err(error) = predecessor.release() {
        tracing::warn!(%error, "the gateway before cannot be told to leave; has it ended?");
    }
    // It may outlive this gateway, and must not keep the log from being closed.
    let log = Arc::downgrade(log);
    let waiting = std::thread::Builder::new().name("predecessor".to_owned()).spawn(move || {
        if let Err(error) = predecessor.wait() {
            tracing::warn!(%error, "the end of the gateway before cannot be seen");
            return;
        }
        let Some(log) = log.upgrade() else { return };
        match log.adopt() {
            Ok(repairs) => repairs.iter().for_each(|repair| report(&repaired(repair))),
            Err(error) => tracing::error!(%error, "the log of the gateway before is not taken up"),
        }
    });
    if let Err(error) = waiting {
        tracing::error!(%error, "nobody waits for the end of the gateway before");
    }
}

/// Offers all that there is to a gateway that may come to take over. One that cannot be taken over from runs on without.
pub(super) fn offer(
    config: &Config,
    engine: &Engine,
    log: &Arc<Log>,
    (address, admin): (SocketAddr, TcpListener),
) -> Option<oneshot::Receiver<Successor>> {
    let (sockets, log) = (engine.sockets(), Arc::downgrade(log));
    let belongings = move || {
        let log = log.upgrade().ok_or(std::io::ErrorKind::NotConnected)?;
        Ok(Belongings {
            listening: sockets()?,
            admin: Some((address, admin.try_clone()?)),
            lock: log.lock()?,
        })
    };
    take_over::offer(&config.data.directory, belongings)
        .inspect_err(|error| tracing::warn!(%error, "no other gateway can take over from this one"))
        .ok()
}
