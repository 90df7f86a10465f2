//! Reads what to protect: a config file, or the flags that stand for one.

use std::io;
use std::path::{Path, PathBuf};

use gateway::config::{Config, KeySource};
use gateway::{Compiled, Feeds, Ingredients, Metrics};
use model::Problem;
use model::limit::read_capped;
use serde_json::{Map, Value, json};
use spec::{Document, Location};

use crate::cli::Source;
use crate::references::References;
use crate::secret::secret;

/// Largest file that is read, in bytes.
const FILE_BYTES_MAX: usize = 64 << 20;

/// The name of a config that was made from flags.
const COMMAND_LINE: &str = "command line";

/// A config that was read, as far as it can be understood.
#[derive(Debug)]
pub(crate) struct Loaded {
    /// Its text, for positions, without what could not be understood.
    pub(crate) document: Document,
    /// What it says.
    pub(crate) config: Config,
    /// The folder that its paths are relative to.
    pub(crate) folder: PathBuf,
    /// The file it is in; absent for flags.
    pub(crate) file: Option<PathBuf>,
    /// What is wrong with it. It is only to be checked, and not to be run, where anything is.
    pub(crate) problems: Vec<Problem>,
}

/// Why there is no config: the problems, and the document they are in, if it could be read.
#[derive(Debug)]
pub(crate) struct Unread {
    /// What is wrong.
    pub(crate) problems: Vec<Problem>,
    /// The text that the problems are about.
    pub(crate) document: Option<Document>,
}

/// Reads the config that `source` names, or makes it from the flags.
pub(crate) fn load(source: &Source, upstream: Option<&str>) -> Result<Loaded, Box<Unread>> {
    let (text, name, folder) = match &source.config {
        Some(path) => match read_file(path) {
            Ok(text) => (text, path.to_string_lossy().into_owned(), folder_of(path)),
            Err(error) => {
                let problem = Problem::error(format!("`{}` cannot be read: {error}", path.display()));
                return Err(Box::new(Unread { problems: vec![problem], document: None }));
            }
        },
        None => (flags(source, upstream).to_string().into_bytes(), COMMAND_LINE.to_owned(), PathBuf::new()),
    };
    let (document, mut problems) = Document::parse(&name, text, &spec::Limits::default());
    let (document, config, more) = gateway::read_config(document);
    problems.extend(more);
    match config {
        Some(config) => Ok(Loaded { document, config, folder, file: source.config.clone(), problems }),
        None => Err(Box::new(Unread { problems, document: Some(document) })),
    }
}

impl Loaded {
    /// Compiles the snapshot with this number.
    pub(crate) fn compile(&self, feeds: &Feeds, metrics: &Metrics, generation: u64) -> Compiled {
        let references = References::new();
        let load = |folder: &Path, location: Location<'_>| match location {
            Location::File(file) => spec::read_below(folder, file, FILE_BYTES_MAX),
            Location::Url(url) => references.fetch(url),
        };
        gateway::compile(&Ingredients {
            document: &self.document,
            config: &self.config,
            folder: &self.folder,
            read: &read_file,
            secret: &|source| secret(source, &self.folder),
            load: &load,
            feeds,
            metrics,
            generation,
        })
    }
}

/// What is wrong with a config, in the words of whoever wrote it: where that was flags, the flag in place of a position.
pub(crate) fn in_words_of_flags(problem: Problem) -> Problem {
    let Some(position) = problem.position.as_ref().filter(|position| &*position.file == COMMAND_LINE) else {
        return problem;
    };
    let flags = [
        ("/apis/0/spec", "--spec"),
        ("/apis/0/overlays", "--overlay"),
        ("/apis/0/upstream", "--upstream"),
        ("/identity/issuers/0/keys", "--jwks"),
        ("/identity/issuers/0/audiences", "--audience"),
        ("/identity", "--issuer"),
        ("/controls", "--control"),
    ];
    let flag = flags.iter().find(|(pointer, _)| position.pointer.starts_with(pointer));
    let message = match flag {
        Some((_, flag)) => format!("{flag}: {}", problem.message),
        None => problem.message,
    };
    Problem { message, position: None, ..problem }
}

/// A whole file, under a cap.
pub(crate) fn read_file(path: &Path) -> io::Result<Vec<u8>> {
    read_capped(std::fs::File::open(path)?, FILE_BYTES_MAX)
}

/// The config that the flags stand for.
fn flags(source: &Source, upstream: Option<&str>) -> Value {
    let controls: Map<String, Value> =
        source.control.iter().map(|control| (control.id.to_owned(), json!(control.mode))).collect();
    let mut identity = json!({});
    if let Some(issuer) = &source.issuer {
        let keys = match &source.jwks {
            None => json!("discovery"),
            Some(KeySource::File(path)) => json!({ "file": path }),
            Some(KeySource::Url(url)) => json!({ "url": url }),
            Some(KeySource::Discovery) => json!("discovery"),
        };
        identity = json!({ "issuers": [{ "issuer": issuer, "audiences": source.audience, "keys": keys }] });
    }
    json!({
        "version": 1,
        "identity": identity,
        "controls": controls,
        "apis": [{
            "name": api_name(source),
            "spec": source.spec,
            "overlays": source.overlay,
            "upstream": upstream.unwrap_or("http://127.0.0.1:9"),
        }],
    })
}

/// The specification's file name without its ending.
fn api_name(source: &Source) -> String {
    let stem = source.spec.as_deref().and_then(Path::file_stem);
    stem.map_or_else(|| "api".to_owned(), |stem| stem.to_string_lossy().into_owned())
}

fn folder_of(path: &Path) -> PathBuf {
    path.parent().map(Path::to_path_buf).unwrap_or_default()
}
