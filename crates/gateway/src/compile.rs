//! From config and specifications to what runs, with every problem at once.

mod cedar;
mod decisions;
mod egress;
mod files;
mod listener;
mod origin;
mod plan;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use model::{Problem, Secret, Severity};
use spec::{Contract, Document, Library, LibraryLimits, Location, Node};

use crate::config::{Api, Config, Protocol, SecretSource};
use crate::feeds::Feeds;
use crate::metrics::Metrics;
use crate::normalize::IdentityHeaders;
use crate::snapshot::{ApiPlan, Snapshot};

/// What a snapshot is compiled from.
#[expect(missing_debug_implementations, reason = "it holds closures")]
#[derive(Clone, Copy)]
pub struct Ingredients<'a> {
    /// The config as it was read, for positions.
    pub document: &'a Document,
    /// The config.
    pub config: &'a Config,
    /// The folder that paths in the config are relative to.
    pub folder: &'a Path,
    /// Reads a file that the config names.
    pub read: &'a dyn Fn(&Path) -> io::Result<Vec<u8>>,
    /// Reads a secret that the config refers to; an error says why not, and nothing of the secret.
    pub secret: &'a dyn Fn(&SecretSource) -> Result<Secret, String>,
    /// Reads what a specification in a folder refers to.
    pub load: &'a dyn Fn(&Path, Location<'_>) -> io::Result<Vec<u8>>,
    /// Tables that policies read.
    pub feeds: &'a Feeds,
    /// Counters that outlive the snapshot.
    pub metrics: &'a Metrics,
    /// The number of the snapshot.
    pub generation: u64,
}

/// What came of compiling.
#[derive(Debug)]
pub struct Compiled {
    /// The snapshot; absent where any problem is an error.
    pub snapshot: Option<Snapshot>,
    /// The contract of each API, in their order; absent where its document could not be read.
    pub contracts: Vec<Option<Arc<Contract>>>,
    /// Everything that is wrong or worth knowing.
    pub problems: Vec<Problem>,
    /// The text of every file that was read, for showing problems; by the name that positions give.
    pub documents: Vec<Document>,
    /// Every file that was read, so that a change of one can be noticed.
    pub files: Vec<PathBuf>,
}

/// Reads a config as far as it can be understood: the rest of it can then be checked all the same. The document comes
/// back without the parts that could not be read, so that what is in the config and what is in the document agree.
///
/// The config can be used where there are no problems.
pub fn read_config(document: Document) -> (Document, Option<Config>, Vec<Problem>) {
    let lacking = lacking(&document);
    let (document, config, mut problems) = spec::deserialize_partly(document);
    problems.extend(lacking);
    (document, config, problems)
}

/// Everything that a config must have and this one does not.
fn lacking(document: &Document) -> Vec<Problem> {
    let missing = |node: Node<'_>, key: &str, help: &str| {
        let is_missing = node.is_object() && node.get(key).is_none();
        let problem = || document.problem(Severity::Error, node, format!("`{key}` is missing")).help(help);
        is_missing.then(problem)
    };
    let root = document.root();
    let of_root = [
        missing(root, "version", "a config begins with `version: 1`"),
        missing(root, "apis", "list the apis to protect, each with `name`, `spec` and `upstream`"),
    ];
    let of_api = |api| {
        [
            missing(api, "name", "call it what records and metrics are to call it"),
            missing(api, "spec", "name its OpenAPI document"),
            missing(api, "upstream", "write the origin of its backend, as in `http://127.0.0.1:9000`"),
        ]
    };
    let apis = root.get("apis").into_iter().flat_map(Node::items);
    of_root.into_iter().chain(apis.flat_map(of_api)).flatten().collect()
}

/// Compiles a snapshot. Problems never stop at the first: what can be read is read.
pub fn compile(ingredients: &Ingredients<'_>) -> Compiled {
    let mut compiled = Compiled {
        snapshot: None,
        contracts: Vec::new(),
        problems: Vec::new(),
        documents: Vec::new(),
        files: Vec::new(),
    };
    let config = ingredients.config;
    let apis_node = ingredients.document.root().get("apis");
    let mut apis = Vec::new();
    for (index, api) in config.apis.iter().enumerate() {
        let node = apis_node.and_then(|apis| apis.items().nth(index)).unwrap_or(ingredients.document.root());
        let before = compiled.contracts.len();
        apis.extend(compile_api(ingredients, api, node, &mut compiled));
        compiled.contracts.resize(before + 1, None);
    }
    let listeners = listener::all(ingredients, &mut compiled);
    if let Some(apis) = apis_node.filter(|apis| apis.is_empty()) {
        let problem = ingredients.document.problem(Severity::Error, apis, "no api to protect");
        compiled.problems.push(problem.help("list one under `apis`"));
    }
    decisions::check(ingredients, &apis, &mut compiled);
    egress::check(ingredients, &apis, &mut compiled);
    if !compiled.problems.iter().any(|problem| problem.severity == Severity::Error) {
        compiled.snapshot = Some(Snapshot {
            generation: ingredients.generation,
            limits: config.limits.clone(),
            listeners,
            when_full: config.data.when_full,
            identity_headers: IdentityHeaders::default(),
            systems: ingredients.feeds.systems.clone(),
            apis,
        });
    }
    compiled
}

fn compile_api(
    ingredients: &Ingredients<'_>,
    api: &Api,
    node: Node<'_>,
    compiled: &mut Compiled,
) -> Option<ApiPlan> {
    let config = ingredients.document;
    let upstream = match node.get("upstream") {
        Some(_) => origin::backends(ingredients, api, node, compiled),
        None => None,
    };
    let third_party = upstream
        .as_ref()
        .and_then(|upstream| egress::third_party(ingredients, api, (node, upstream), compiled));
    let library = library(ingredients, api, node, compiled)?;
    let (mut contract, problems) = spec::compile(&library);
    compiled.problems.extend(problems);
    if api.egress.is_some() {
        // It is what the third party asks of the gateway.
        contract.without_security();
    }
    if api.egress.is_some() || judges_answers(config, &library) {
        compiled.problems.extend(spec::compile_answers(&library, &mut contract));
    }
    let contract = Arc::new(contract);
    let cedar = cedar::policies(ingredients, api, node, &contract, compiled);
    let parts = plan::Parts {
        contract: &contract,
        config,
        api_node: node,
        api,
        library: &library,
        cedar: cedar.as_ref(),
        third_party: third_party.as_ref(),
    };
    let (plans, problems) = plan::plans(ingredients, &parts);
    compiled.problems.extend(problems);
    compiled.contracts.push(Some(Arc::clone(&contract)));
    compiled.documents.extend(library.documents().iter().cloned());
    let plan::Plans { router, base_paths, operations, undeclared } = plans;
    if api.upstream.0.protocol == Protocol::Http2 && operations.iter().any(|plan| plan.is_websocket) {
        let place = node.get("upstream").unwrap_or(node);
        let problem =
            config.problem(Severity::Error, place, "no WebSocket is opened over HTTP/2 to a backend");
        compiled
            .problems
            .push(problem.help("serve its operation by an api of its own, without `protocol: http2`"));
    }
    if api.egress.is_some() && third_party.is_none() {
        return None;
    }
    let own = third_party.iter().map(|third_party| third_party.host.name());
    let hosts = api.hosts.iter().map(String::as_str).chain(own).map(str::to_ascii_lowercase).collect();
    Some(ApiPlan {
        name: api.name.as_str().into(),
        hosts,
        base_paths,
        router,
        operations,
        undeclared,
        upstream: Arc::new(upstream?),
        third_party,
    })
}

/// Whether anything asks for answers to be held against their schemas. Where nothing does, start-up does without them.
fn judges_answers(config: &Document, library: &Library) -> bool {
    let names = |document: &Document| document.source().contains("response-schema");
    names(config) || library.documents().iter().any(names)
}

/// The API's document with its overlays applied and everything it refers to.
fn library(
    ingredients: &Ingredients<'_>,
    api: &Api,
    node: Node<'_>,
    compiled: &mut Compiled,
) -> Option<Library> {
    let mut document = read_document(ingredients, &api.spec, node.get("spec")?, compiled)?;
    let overlays = node.get("overlays");
    for (index, path) in api.overlays.iter().enumerate() {
        let place = overlays.and_then(|overlays| overlays.items().nth(index)).unwrap_or(node);
        let Some(overlay) = read_document(ingredients, path, place, compiled) else { continue };
        let (overlaid, problems) = spec::overlay(document, &overlay);
        compiled.problems.extend(problems);
        document = overlaid;
    }
    let limits = LibraryLimits { hosts: api.reference_hosts.clone(), ..LibraryLimits::default() };
    let root = PathBuf::from(document.file());
    let folder = root.parent().unwrap_or(Path::new(""));
    let (library, problems) =
        Library::load(document, &limits, &|location: Location<'_>| (ingredients.load)(folder, location));
    compiled.problems.extend(problems);
    compiled.files.extend(library.paths().iter().cloned());
    Some(library)
}

fn read_document(
    ingredients: &Ingredients<'_>,
    path: &Path,
    place: Node<'_>,
    compiled: &mut Compiled,
) -> Option<Document> {
    let bytes = files::read_file(ingredients, path, place, compiled)?;
    let name = ingredients.folder.join(path);
    let (document, problems) = Document::parse(&name.to_string_lossy(), bytes, &spec::Limits::default());
    compiled.problems.extend(problems);
    Some(document)
}

#[cfg(test)]
mod tests {
    use model::{Mode, Timestamp};

    use super::*;
    use crate::limiter::Limiter;
    use crate::progress::Progress;

    const SPECIFICATION: &str = "
openapi: 3.1.0
info: { title: example, version: '1' }
x-palisade: { undeclared: shadow, request-schema: shadow }
paths:
  /orders:
    get:
      x-palisade: { body-limits: shadow }
      responses: { '200': { description: ok } }
";

    const CONFIG: &str = "
version: 1
controls: { undeclared: off }
apis:
- { name: example, spec: spec.yaml, upstream: 'http://127.0.0.1:9', controls: { request-schema: off } }
";

    #[test]
    fn each_control_takes_the_nearest_setting_of_its_own() {
        let document = Document::parse("palisade.yaml", CONFIG, &spec::Limits::default()).0;
        let proofs = identity::proof::Proofs::new(Default::default(), 0, &[7; 32]);
        let limiter = Limiter::new(8, [0x9e37_79b9_7f4a_7c15, 7], Timestamp::default());
        let feeds = Feeds::unconfigured(proofs, limiter, Progress::new(64));
        let (document, config, problems) = read_config(document);
        assert_eq!(problems, []);
        let compiled = compile(&Ingredients {
            document: &document,
            config: &config.unwrap(),
            folder: Path::new(""),
            read: &|_| Ok(SPECIFICATION.as_bytes().to_vec()),
            secret: &|_| Err("there is none".to_owned()),
            load: &|_, _| Err(io::ErrorKind::NotFound.into()),
            feeds: &feeds,
            metrics: &Metrics::default(),
            generation: 1,
        });
        let snapshot = compiled.snapshot.unwrap();
        let steps = snapshot.apis[0].operations[0].pipeline.steps();
        let modes: Vec<(&str, Mode)> = steps.iter().map(|step| (step.id, step.mode)).collect();
        let own = [("block", Mode::Enforce), ("undeclared", Mode::Shadow), ("body-limits", Mode::Shadow)];
        let everyones = ["error-answers", "leak", "security-headers"].map(|id| (id, Mode::Enforce));
        assert_eq!(modes, [&own[..], &everyones].concat());
    }
}
