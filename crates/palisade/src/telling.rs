//! Tells the inventory what the gateway sees: a thread beside the workers, which reads the log that they write anyway.

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use arc_swap::ArcSwap;
use discover::inventory::{Exchanges, Stamp, declared_operations, take_in};
use gateway::config::{Api, Config, InventoryStore};
use gateway::record::{LogError, Reader};
use model::Timestamp;
use model::inventory::{Change, Edit, Event, Report, SourceKind, Status, What};
use prometheus_client::metrics::counter::Counter;
use spec::Contract;
use store::{Location, Store, StoreError};

use crate::commands::log::EXCHANGES;
use crate::secret::secret;

/// How long exchanges are held back, since workers record when they answer.
const WINDOW: Duration = Duration::from_millis(500);

/// What the contracts in force declare, and what their APIs are called in the inventory, by their names in the config.
#[derive(Debug, Default)]
pub(crate) struct Declared {
    names: HashMap<String, String>,
    reports: Vec<Report>,
}

impl Declared {
    /// Of APIs with their contracts.
    pub(crate) fn of<'c>(apis: impl Iterator<Item = (&'c Api, &'c Contract)>) -> Declared {
        let mut declared = Declared::default();
        for (api, contract) in apis {
            let mut report = declared_operations(contract, &format!("gateway: {}", api.name));
            if let Some(known) = &mut report.told.api {
                // Where the gateway serves it counts as well as where its document says that it is served.
                known.hosts.extend(api.hosts.iter().map(|host| host.to_ascii_lowercase()));
                declared.names.insert(api.name.clone(), known.name.clone());
            }
            declared.reports.push(report);
        }
        declared
    }
}

/// Where the inventory is, if the config names one.
pub(crate) fn location(config: &Config, folder: &Path) -> Result<Option<Location>, String> {
    let Some(inventory) = &config.inventory else { return Ok(None) };
    Ok(Some(match &inventory.store {
        InventoryStore::File(path) => Location::File(folder.join(path)),
        InventoryStore::Postgres(source) => {
            let url = secret(source, folder)?;
            let url = str::from_utf8(url.expose()).map_err(|error| format!("the URL is no text: {error}"))?;
            match Location::of(url) {
                Location::File(_) => return Err("the URL does not begin with `postgres://`".to_owned()),
                location @ Location::Postgres(_) => location,
            }
        }
    }))
}

/// The thread. Dropped, it tells for the last time and ends.
#[derive(Debug)]
pub(crate) struct Telling {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Telling {
    /// Starts telling the inventory at `location`, as often as `config` says, of what is in its data folder.
    pub(crate) fn start(
        config: &Config,
        location: Location,
        declared: Arc<ArcSwap<Declared>>,
        shadows: Counter,
    ) -> std::io::Result<Telling> {
        let interval = config.inventory.as_ref().map_or(Duration::MAX, |inventory| inventory.interval.0);
        let directory = config.data.directory.clone();
        let teller = Teller {
            name: format!("{} since {}", directory.display(), now()),
            directory,
            location,
            store: None,
            log: None,
            declared,
            declared_told: None,
            shadows,
        };
        let (stop, stopped) = channel();
        let thread =
            Builder::new().name("inventory".to_owned()).spawn(move || teller.run(interval, &stopped))?;
        Ok(Telling { stop: Some(stop), thread: Some(thread) })
    }
}

impl Telling {
    /// Tells for the last time of what came until just now, and leaves the rest to the gateway that takes over.
    pub(crate) fn hand_over(self) {
        if let Some(stop) = &self.stop
            && let Err(error) = stop.send(())
        {
            tracing::error!(%error, "the thread that tells the inventory has ended");
        }
    }
}

impl Drop for Telling {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread that tells the inventory has ended");
        }
    }
}

#[derive(Debug)]
enum Fault {
    Store(StoreError),
    Log(LogError),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Store(error) => error.fmt(f),
            Fault::Log(error) => error.fmt(f),
        }
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Fault {
        Fault::Store(error)
    }
}

impl From<LogError> for Fault {
    fn from(error: LogError) -> Fault {
        Fault::Log(error)
    }
}

struct Teller {
    /// What this run of the gateway is called as a source.
    name: String,
    directory: PathBuf,
    location: Location,
    store: Option<Box<dyn Store + Send>>,
    log: Option<Seen>,
    declared: Arc<ArcSwap<Declared>>,
    /// Those of which the inventory was told.
    declared_told: Option<Arc<Declared>>,
    shadows: Counter,
}

/// What was read of the log.
struct Seen {
    reader: Reader,
    /// What came up to then was told by an earlier run.
    after: Timestamp,
    exchanges: Exchanges,
    /// Whether anything came that was not told yet.
    is_new: bool,
}

impl Teller {
    fn run(mut self, interval: Duration, stopped: &Receiver<()>) {
        self.try_to(Teller::tell_declared);
        loop {
            let next = stopped.recv_timeout(interval);
            let is_last = next != Err(RecvTimeoutError::Timeout);
            // Only where nobody records any more there is nothing to wait for.
            let is_over = next == Err(RecvTimeoutError::Disconnected);
            let until = if is_over { now() } else { before(now(), WINDOW) };
            self.try_to(Teller::tell_declared);
            self.try_to(|teller| teller.tell_seen(until));
            if is_last {
                return;
            }
        }
    }

    /// What cannot be told now is told the next time.
    fn try_to(&mut self, tell: impl FnOnce(&mut Teller) -> Result<(), Fault>) {
        if let Err(error) = tell(self) {
            tracing::warn!(inventory = %self.location, %error, "the inventory is not told of what the gateway sees");
        }
    }

    fn tell_declared(&mut self) -> Result<(), Fault> {
        let declared = self.declared.load_full();
        if self.declared_told.as_ref().is_some_and(|told| Arc::ptr_eq(told, &declared)) {
            return Ok(());
        }
        for report in &declared.reports {
            self.tell(report)?;
        }
        self.declared_told = Some(declared);
        Ok(())
    }

    fn tell_seen(&mut self, until: Timestamp) -> Result<(), Fault> {
        if self.log.is_none() {
            let after = self.told_until()?;
            let reader = Reader::open_since(&self.directory.join(EXCHANGES), after)?;
            self.log = Some(Seen { reader, after, exchanges: Exchanges::default(), is_new: false });
        }
        let Some(seen) = &mut self.log else { return Ok(()) };
        seen.read(until)?;
        if !seen.is_new {
            return Ok(());
        }
        let names = self.declared.load();
        let report = seen
            .exchanges
            .report(&self.name, |api| names.names.get(api).cloned().unwrap_or_else(|| api.to_owned()));
        self.tell(&report)?;
        if let Some(seen) = &mut self.log {
            seen.is_new = false;
        }
        Ok(())
    }

    /// Up to when earlier runs on the same data folder have told.
    fn told_until(&mut self) -> Result<Timestamp, Fault> {
        let start = format!("{} since ", self.directory.display());
        let inventory = self.store()?.load()?;
        let sources = inventory.sources.values();
        let of_folder =
            sources.filter(|source| source.kind == SourceKind::Gateway && source.name.starts_with(&start));
        Ok(of_folder.filter_map(|source| source.told.until).max().unwrap_or_default())
    }

    fn store(&mut self) -> Result<&mut (dyn Store + Send + 'static), StoreError> {
        let store = match self.store.take() {
            Some(store) => store,
            None => self.location.open()?,
        };
        Ok(&mut **self.store.insert(store))
    }

    fn tell(&mut self, report: &Report) -> Result<(), Fault> {
        let stamp = Stamp { at: now(), who: "palisade run".to_owned(), why: None };
        let edit = store::update(self.store()?, |inventory| {
            Ok::<_, StoreError>(take_in(inventory, report, &stamp))
        })?;
        self.shadows.inc_by(edit.as_ref().map_or(0, new_shadows));
        Ok(())
    }
}

impl Seen {
    fn read(&mut self, until: Timestamp) -> Result<(), LogError> {
        self.reader.refresh()?;
        self.reader.hold_after(until);
        for entry in self.reader.by_ref() {
            let entry = entry?;
            if let (false, Ok(exchange)) = (entry.is_late, entry.exchange())
                && exchange.time > self.after
            {
                self.exchanges.observe(&exchange);
                self.is_new = true;
            }
        }
        Ok(())
    }
}

/// Operations that came, and that nobody declared.
fn new_shadows(edit: &Edit) -> u64 {
    let is_new = |change: &&Change| match change {
        Change::Event(Event { what: What::Status { before: None, after, .. }, .. }) => {
            *after == Some(Status::Shadow)
        }
        _ => false,
    };
    edit.changes.iter().filter(is_new).count() as u64
}

fn before(time: Timestamp, span: Duration) -> Timestamp {
    let micros = u64::try_from(span.as_micros()).unwrap_or(u64::MAX);
    Timestamp::from_micros(time.as_micros().saturating_sub(micros))
}

fn now() -> Timestamp {
    Timestamp::default().plus(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default())
}
