//! Reads and compiles everything that a config names, and says every problem at once.

use std::path::PathBuf;
use std::sync::Arc;

use gateway::config::{Config, KeySource, SecretSource};
use gateway::limiter::Limiter;
use gateway::{Compiled, Feeds, Metrics, Snapshot};
use model::{Problem, Severity};
use serde::Serialize;
use spec::Document;
use store::Location;

use crate::feeds;
use crate::load::{Loaded, Unread, in_words_of_flags};
use crate::telling::{self, Declared};

/// What outlives a config.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Before<'b> {
    /// The table of all limits.
    pub(crate) limiter: &'b Arc<Limiter>,
    /// The tables in force, whose keys are kept; absent at the start.
    pub(crate) feeds: Option<&'b Feeds>,
    /// Counters.
    pub(crate) metrics: &'b Metrics,
}

/// What came of it.
#[derive(Debug)]
pub(crate) struct Prepared {
    /// What can be run; absent where any problem is an error.
    pub(crate) ready: Option<Ready>,
    /// The APIs, in the config's order; those that cannot be read have no operations.
    pub(crate) apis: Vec<ApiRead>,
    /// Every problem of the config, the documents, the overlays, the key sets and the certificates.
    pub(crate) problems: Vec<Problem>,
    /// The text of every file, for showing problems.
    pub(crate) documents: Vec<Document>,
}

/// A config that can be run, with all that it names.
#[derive(Debug)]
pub(crate) struct Ready {
    /// The config.
    pub(crate) config: Config,
    /// The tables that policies read; new ones are still without keys.
    pub(crate) feeds: Feeds,
    /// What is to be in force.
    pub(crate) snapshot: Snapshot,
    /// Every file that was read.
    pub(crate) files: Vec<PathBuf>,
    /// Where the inventory is that is told what the gateway sees.
    pub(crate) inventory: Option<Location>,
    /// What it is told of the contracts.
    pub(crate) declared: Declared,
}

/// One API that was read.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ApiRead {
    /// Its name in the config.
    pub(crate) name: String,
    /// The document, as it was named.
    pub(crate) spec: String,
    /// How many operations it declares.
    pub(crate) operations: usize,
}

impl From<Unread> for Prepared {
    fn from(Unread { problems, document }: Unread) -> Prepared {
        Prepared { ready: None, apis: Vec::new(), problems, documents: document.into_iter().collect() }
    }
}

/// Prepares the snapshot with the number `generation`.
pub(crate) fn prepare(loaded: Result<Loaded, Box<Unread>>, before: Before<'_>, generation: u64) -> Prepared {
    let mut loaded = match loaded {
        Ok(loaded) => loaded,
        Err(unread) => return (*unread).into(),
    };
    let mut problems = std::mem::take(&mut loaded.problems);
    let (feeds, of_feeds) = feeds::feeds(&loaded, before.limiter, before.feeds);
    problems.extend(of_feeds);
    let Compiled { snapshot, contracts, problems: more, mut documents, files } =
        loaded.compile(&feeds, before.metrics, generation);
    problems.extend(more);
    let mut problems: Vec<Problem> = problems.into_iter().map(in_words_of_flags).collect();
    let apis = contracts.iter().zip(&loaded.config.apis).map(|(contract, api)| ApiRead {
        name: api.name.clone(),
        spec: api.spec.display().to_string(),
        operations: contract.as_ref().map_or(0, |contract| contract.operations.len()),
    });
    let apis = apis.collect();
    let inventory = telling::location(&loaded.config, &loaded.folder).unwrap_or_else(|error| {
        problems.push(Problem::error(format!("the URL of the inventory: {error}")));
        None
    });
    // Nobody is told where there is no inventory.
    let declared = inventory.as_ref().map_or_else(Declared::default, |_| {
        let named = contracts.iter().zip(&loaded.config.apis);
        Declared::of(named.filter_map(|(contract, api)| Some((api, &**contract.as_ref()?))))
    });
    let is_usable = !problems.iter().any(|problem| problem.severity == Severity::Error);
    let files = all_files(&loaded, files);
    let Loaded { document, config, .. } = loaded;
    documents.push(document);
    let ready = snapshot.filter(|_| is_usable).map(|snapshot| Ready {
        config,
        feeds,
        snapshot,
        files,
        inventory,
        declared,
    });
    Prepared { ready, apis, problems, documents }
}

/// Every file that was read: those that were compiled, those with keys, and the config.
fn all_files(loaded: &Loaded, compiled: Vec<PathBuf>) -> Vec<PathBuf> {
    let keys = loaded.config.identity.issuers.iter().filter_map(|issuer| match &issuer.keys {
        KeySource::File(path) => Some(loaded.folder.join(path)),
        KeySource::Url(_) | KeySource::Discovery => None,
    });
    let revocations = loaded.config.identity.revocations.as_ref().map(|path| loaded.folder.join(path));
    let secrets = loaded.config.identity.issuers.iter().filter_map(|issuer| {
        match &issuer.introspection.as_ref()?.client_secret {
            SecretSource::File(path) => Some(loaded.folder.join(path)),
            SecretSource::Env(_) => None,
        }
    });
    let geography = loaded.config.geography.iter();
    let geography = geography.flat_map(|geography| [&geography.database, &geography.autonomous_systems]);
    let geography = geography.flatten().map(|file| loaded.folder.join(file));
    let lists = loaded.config.block_lists.iter().map(|list| loaded.folder.join(&list.file));
    let files =
        compiled.into_iter().chain(keys).chain(secrets).chain(revocations).chain(geography).chain(lists);
    files.chain(loaded.file.clone()).collect()
}
