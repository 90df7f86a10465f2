//! `palisade run`: the gateway, from its config to its last request.

mod succession;

use std::io;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use arc_swap::ArcSwap;
use gateway::config::{Config, Listen};
use gateway::record::{Log, Opened, Repair, Settings};
use gateway::{Engine, Feeds, Listening, Metrics, Side, Snapshot};
use model::{Problem, Severity};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::registry::Registry;
use spec::Document;
use store::Location;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::oneshot;
use tokio::task::{AbortHandle, JoinSet};

use crate::admin;
use crate::blocks::{self, KeptBlocks};
use crate::cli::{Exit, Run};
use crate::client_tokens;
use crate::commands::log::EXCHANGES;
use crate::feeds;
use crate::load::{Loaded, Unread, load};
use crate::memory;
use crate::output::{self, Look, problems};
use crate::prepare::{Before, Prepared, Ready, prepare};
use crate::signing;
use crate::summary;
use crate::take_over::Successor;
use crate::telling::{Declared, Telling};
use crate::watch::{Cause, Watch};
use succession::{Inheritance, inherit, succeed};

/// What the gateway runs on, and how it is replaced.
struct Running {
    arguments: Run,
    snapshot: Arc<ArcSwap<Snapshot>>,
    feeds: Arc<ArcSwap<Feeds>>,
    blocks: Arc<KeptBlocks>,
    metrics: Arc<Metrics>,
    limiter: Arc<gateway::limiter::Limiter>,
    key_client: identity::fetch::KeyClient,
    /// Says when to load again; absent where this machine gives no way to.
    watch: Option<Watch>,
    /// Where the inventory is that is told what is seen; it is the one of the start.
    inventory: Option<Location>,
    /// What it is told of the contracts in force.
    declared: Arc<ArcSwap<Declared>>,
    /// Operations that came to it, and that nobody declares.
    shadows: Counter,
    /// Keeps the keys of the present config fresh; dropping it stops that.
    refreshing: JoinSet<()>,
}

/// Why the gateway serves no longer.
enum End {
    /// It was told to stop.
    Stopped,
    /// This one has taken over.
    Succeeded(Successor),
}

/// The signals that end the gateway.
struct Stop {
    terminate: Signal,
    interrupt: Signal,
}

impl Stop {
    fn listen() -> io::Result<Stop> {
        Ok(Stop { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    /// Waits for one of them. Dropping the future loses none.
    async fn told(&mut self) {
        tokio::select! { _ = self.terminate.recv() => {}, _ = self.interrupt.recv() => {} }
    }
}

/// Runs the gateway until it is told to stop.
pub(crate) fn run(arguments: Run) -> Exit {
    memory::with_huge_pages();
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&format!("the runtime cannot be started: {error}")),
    };
    let mut successor = None;
    let exit = runtime.block_on(serve(arguments, &mut successor));
    // Its tasks hold the log. A gateway that has taken over takes up what we have written once it sees our end.
    drop(runtime);
    drop(successor);
    exit
}

async fn serve(arguments: Run, successor: &mut Option<Successor>) -> Exit {
    let (metrics, limiter) = (Arc::new(Metrics::default()), feeds::limiter());
    let before = Before { limiter: &limiter, feeds: None, metrics: &metrics };
    let Prepared { ready, problems, documents, .. } = prepare(read(&arguments), before, 1);
    report_problems(problems, &documents);
    let Some(Ready { config, feeds, snapshot, files, inventory, declared }) = ready else {
        return Exit::Usage;
    };
    let key_client = match feeds::key_client() {
        Ok(client) => client,
        Err(error) => return fail(&error.to_string()),
    };
    let opened = signing::open(&feeds, &config).and_then(|()| blocks::open(&feeds, &config));
    let blocks = match opened {
        Ok(blocks) => Arc::new(blocks),
        Err(error) => return fail(&error),
    };
    // Before the keys are waited for: a file that changes in the meantime is noticed.
    let watch = watch(files);
    let mut refreshing = feeds::keep_fresh(&feeds, &key_client).await;
    client_tokens::keep(&feeds, &mut refreshing).await;
    signing::keep_rotating(&feeds, &config, &mut refreshing);
    keep_asking(&snapshot, &mut refreshing);
    report(&summary::text(&snapshot));
    let running = Running {
        arguments,
        snapshot: Arc::new(ArcSwap::from_pointee(snapshot)),
        feeds: Arc::new(ArcSwap::from_pointee(feeds)),
        blocks,
        metrics,
        limiter,
        key_client,
        watch,
        inventory,
        declared: Arc::new(ArcSwap::from_pointee(declared)),
        shadows: Counter::default(),
        refreshing,
    };
    start(running, &config, successor).await
}

/// Opens the log, binds every address, and serves until a signal says to stop.
async fn start(mut running: Running, config: &Config, successor: &mut Option<Successor>) -> Exit {
    // Before anybody is told that the gateway is up: a stop that comes right after drains like any other.
    let mut stop = match Stop::listen() {
        Ok(stop) => stop,
        Err(error) => return fail(&format!("signals cannot be received: {error}")),
    };
    let Inheritance { predecessor, listening, admin: admin_socket, lock } =
        match inherit(&running.arguments, config) {
            Ok(inheritance) => inheritance,
            Err(message) => return fail(&message),
        };
    let Opened { log, writers, repairs } = match open_log(config, lock) {
        Ok(opened) => opened,
        Err(error) => return fail(&error.to_string()),
    };
    for repair in &repairs {
        report(&repaired(repair));
    }
    let started = Engine::start(&config.listen, &running.snapshot, &running.metrics, writers, listening);
    let (engine, listening) = match started {
        Ok(started) => started,
        Err(error) => return fail(&error.to_string()),
    };
    let log = Arc::new(log);
    let is_stopping = Arc::new(AtomicBool::new(false));
    let admin = match admin(&running, config, admin_socket, &log, &is_stopping) {
        Ok(admin) => admin,
        Err(message) => {
            engine.stop();
            return fail(&message);
        }
    };
    if let Some(predecessor) = predecessor {
        succeed(predecessor, &log);
    }
    let telling = match tell(&mut running, config) {
        Ok(telling) => telling,
        Err(error) => {
            engine.stop();
            return fail(&format!("the inventory cannot be told of anything: {error}"));
        }
    };
    // Whoever reads that this gateway is up may start the next one.
    let successors = succession::offer(config, &engine, &log, admin.kept);
    report(&addresses(&listening, admin.bound));
    let stopped = match until_stopped(&mut running, &mut stop, successors).await {
        End::Stopped => {
            // First of all, so that whoever sends requests here sees it and sends them elsewhere.
            is_stopping.store(true, Ordering::Relaxed);
            report("stopping: requests in flight are answered\n");
            tokio::task::spawn_blocking(move || {
                engine.stop();
                drop(telling);
            })
            .await
        }
        End::Succeeded(by) => {
            *successor = Some(by);
            // Who asks from now on asks the other.
            admin.serving.abort();
            report("taken over: open connections are answered once more\n");
            tokio::task::spawn_blocking(move || leave(engine, telling)).await
        }
    };
    if let Err(error) = stopped {
        tracing::error!(%error, "the engine did not stop cleanly");
    }
    Exit::Clean
}

/// Answers what is open and leaves the rest to the gateway that has taken over, the telling of the inventory first of all.
fn leave(engine: Engine, telling: Option<Telling>) {
    if let Some(telling) = telling {
        telling.hand_over();
    }
    engine.leave();
}

/// Starts telling the inventory what is seen, where the config names one.
fn tell(running: &mut Running, config: &Config) -> io::Result<Option<Telling>> {
    let Some(location) = running.inventory.clone() else { return Ok(None) };
    Telling::start(config, location, Arc::clone(&running.declared), running.shadows.clone()).map(Some)
}

/// Asks backends for their health, where the config says so, until the set is dropped.
fn keep_asking(snapshot: &Snapshot, tasks: &mut JoinSet<()>) {
    for api in &snapshot.apis {
        for index in 0..api.upstream.watched() {
            let backends = Arc::clone(&api.upstream);
            tasks.spawn(async move { backends.watch(index).await });
        }
    }
}

fn open_log(config: &Config, lock: Option<OwnedFd>) -> Result<Opened, gateway::record::LogError> {
    let settings = Settings {
        segment_bytes: config.data.segment.as_usize(),
        bytes_max: config.data.bytes_max.0,
        age_max: config.data.age_max.0,
        ..Settings::default()
    };
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let workers = config.workers.map_or(cores, usize::from);
    let directory = config.data.directory.join(EXCHANGES);
    match lock {
        Some(lock) => Log::open_beside(&directory, settings, workers, lock),
        None => Log::open(&directory, settings, workers),
    }
}

/// The admin listener.
struct Admin {
    bound: SocketAddr,
    /// To be handed on, by its address in the config.
    kept: (SocketAddr, std::net::TcpListener),
    serving: AbortHandle,
}

/// Starts the admin listener, on the socket of a gateway that it takes over from if that had the same address.
fn admin(
    running: &Running,
    config: &Config,
    inherited: Option<(SocketAddr, std::net::TcpListener)>,
    log: &Arc<Log>,
    is_stopping: &Arc<AtomicBool>,
) -> Result<Admin, String> {
    let address = config.admin.address;
    if !address.ip().is_loopback() && !config.admin.public {
        return Err(format!("the admin address `{address}` is not loopback; set `admin.public` to mean it"));
    }
    let names = config.admin.hosts.clone();
    if let Some(name) = names.iter().find(|name| !admin::is_host_name(name)) {
        return Err(format!("`{name}` in `admin.hosts` is no host name; write it without scheme and port"));
    }
    let failed = |error: io::Error| format!("cannot listen on `{address}`: {error}");
    let kept = match inherited.filter(|(inherited, _)| *inherited == address) {
        Some((_, listener)) => listener,
        None => std::net::TcpListener::bind(address).map_err(failed)?,
    };
    kept.set_nonblocking(true).map_err(failed)?;
    let bound = kept.local_addr().map_err(failed)?;
    let listener = kept.try_clone().and_then(TcpListener::from_std).map_err(failed)?;
    let mut registry = Registry::default();
    running.metrics.register(&mut registry);
    if running.inventory.is_some() {
        let help = "Operations that are new in the inventory and that no specification declares";
        registry.register("palisade_inventory_shadow_operations", help, running.shadows.clone());
    }
    let (log, feeds, snapshot) = (Arc::clone(log), Arc::clone(&running.feeds), Arc::clone(&running.snapshot));
    let (is_stopping, signers) = (Arc::clone(is_stopping), Arc::clone(&running.feeds));
    let (configured, served) = (Arc::clone(&running.feeds), Arc::clone(&running.snapshot));
    let facts = admin::Facts {
        not_ready: Arc::new(move || {
            summary::not_ready(&log, &feeds.load(), &served.load(), is_stopping.load(Ordering::Relaxed))
        }),
        metrics: Arc::new(registry),
        key_set: Arc::new(move || signing::key_set(&signers.load())),
        snapshot: Arc::new(move || summary::json(&snapshot.load())),
        blocks: Arc::clone(&running.blocks),
        block_feed: Arc::new(move || configured.load().blocks.clone()),
    };
    // It ends with the runtime: the last requests are answered while it says that the gateway is stopping.
    let serving = tokio::spawn(async move {
        if let Err(error) = admin::serve(listener, &names, facts).await {
            tracing::error!(%error, "the admin listener ended");
        }
    });
    Ok(Admin { bound, kept: (address, kept), serving: serving.abort_handle() })
}

/// Watches `files`, as far as this machine lets anybody.
fn watch(files: Vec<PathBuf>) -> Option<Watch> {
    match Watch::start() {
        Ok((mut watch, error)) => {
            if let Some(error) = error {
                tracing::warn!(%error, "files are not watched; send SIGHUP to reload");
            }
            name_files(&mut watch, files);
            Some(watch)
        }
        Err(error) => {
            tracing::error!(%error, "neither files nor SIGHUP are watched");
            None
        }
    }
}

fn name_files(watch: &mut Watch, files: Vec<PathBuf>) {
    for (folder, error) in watch.files(files) {
        tracing::warn!(folder = %folder.display(), %error, "a folder is not watched; send SIGHUP to reload");
    }
}

/// Reloads whenever there is a reason to, until SIGTERM or SIGINT, or until another has taken over.
async fn until_stopped(
    running: &mut Running,
    stop: &mut Stop,
    successors: Option<oneshot::Receiver<Successor>>,
) -> End {
    let mut succeeded = std::pin::pin!(async {
        match successors {
            // Where nobody offers any more, nobody takes.
            Some(successors) => match successors.await {
                Ok(successor) => successor,
                Err(_) => std::future::pending().await,
            },
            None => std::future::pending().await,
        }
    });
    let mut generation = 1;
    loop {
        let next = async {
            match &mut running.watch {
                Some(watch) => watch.next().await,
                None => std::future::pending().await,
            }
        };
        let cause = tokio::select! {
            () = stop.told() => return End::Stopped,
            successor = &mut succeeded => return End::Succeeded(successor),
            cause = next => cause,
        };
        generation += 1;
        report(&match cause {
            Cause::Signal => "reloading: SIGHUP\n".to_owned(),
            Cause::Files(files) => format!(
                "reloading: {} changed\n",
                files.iter().map(|file| file.display().to_string()).collect::<Vec<_>>().join(", ")
            ),
        });
        if let Some(files) = reload(running, generation).await
            && let Some(watch) = &mut running.watch
        {
            name_files(watch, files);
        }
    }
}

/// Compiles everything again and swaps it in; what does not compile changes nothing. The files it was read from.
async fn reload(running: &mut Running, generation: u64) -> Option<Vec<PathBuf>> {
    let kept = "nothing was changed; the last good config stays in force\n";
    let prepared = {
        let in_force = running.feeds.load();
        let before = Before { limiter: &running.limiter, feeds: Some(&in_force), metrics: &running.metrics };
        prepare(read(&running.arguments), before, generation)
    };
    report_problems(prepared.problems, &prepared.documents);
    let Some(Ready { config, feeds, snapshot, files, declared, .. }) = prepared.ready else {
        report(kept);
        return None;
    };
    if let Err(error) = signing::open(&feeds, &config) {
        report(&format!("error: {error}\n"));
        report(kept);
        return None;
    }
    // The keys come first, so that no request meets a snapshot whose tokens cannot be verified yet.
    let mut refreshing = feeds::keep_fresh(&feeds, &running.key_client).await;
    client_tokens::keep(&feeds, &mut refreshing).await;
    signing::keep_rotating(&feeds, &config, &mut refreshing);
    keep_asking(&snapshot, &mut refreshing);
    running.feeds.store(Arc::new(feeds));
    running.snapshot.store(Arc::new(snapshot));
    running.declared.store(Arc::new(declared));
    running.refreshing = refreshing;
    report("reloaded\n");
    Some(files)
}

/// The config with the command line's words in place of its own.
fn read(arguments: &Run) -> Result<Loaded, Box<Unread>> {
    let mut loaded = load(&arguments.source, arguments.upstream.as_deref())?;
    let config = &mut loaded.config;
    if !arguments.listen.is_empty() {
        config.listen = arguments.listen.iter().copied().map(Listen::at).collect();
    }
    if let Some(address) = arguments.admin {
        config.admin.address = address;
    }
    if let Some(directory) = &arguments.data {
        config.data.directory.clone_from(directory);
    }
    config.workers = arguments.workers.or(config.workers);
    Ok(loaded)
}

/// What was done to a segment that the last run left open.
fn repaired(repair: &Repair) -> String {
    let Repair { file, records_kept, bytes_dropped, bytes_damaged } = repair;
    let mut text = format!("repaired `{}`: {records_kept} records kept", file.display());
    if *bytes_dropped > 0 {
        text.push_str(&format!(", {bytes_dropped} bytes of a torn record were cut off"));
    }
    if *bytes_damaged > 0 {
        text.push_str(&format!(", {bytes_damaged} damaged bytes between records are left out"));
    }
    text + "\n"
}

fn addresses(listening: &[Listening], admin: SocketAddr) -> String {
    let mut text = String::new();
    for Listening { address, tls, asker, side } in listening {
        let scheme = if *tls { "https" } else { "http" };
        let what = match (asker, side) {
            (Some(asker), _) => format!("deciding for {asker}"),
            (None, Side::Egress) => "taking calls to third parties".to_owned(),
            (None, Side::Ingress) => "listening".to_owned(),
        };
        text.push_str(&format!("{what} on {scheme}://{address}\n"));
    }
    text.push_str(&format!("admin on http://{admin}\n"));
    text
}

fn report_problems(problems: Vec<Problem>, documents: &[Document]) {
    if problems.iter().all(|problem| problem.severity == Severity::Note) {
        return;
    }
    let sources =
        |file: &str| documents.iter().find_map(|document| document.source_of(file)).map(str::to_owned);
    report(&problems::text(problems, &sources, Look::of_stderr()));
}

fn fail(message: &str) -> Exit {
    report(&format!("error: {message}\n"));
    Exit::Failed
}

/// Says something on standard error. Nobody may be listening there, which must not stop a gateway.
fn report(text: &str) {
    if let Err(error) = output::report(text) {
        tracing::debug!(%error, "standard error is closed");
    }
}
