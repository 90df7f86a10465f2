//! From documents to a contract.

use std::collections::{HashMap, HashSet};

use model::{Problem, Severity};

use super::operation::PathItem;
use super::reader::Reader;
use super::{Contract, Format, NodeRef, Operation, OperationIndex, Security, Server};
use crate::reference::Library;
use crate::router::{Refusal, Route, Router, Template};
use crate::schema::{Definitions, Dialect};
use crate::source::{Source, Spot};

/// The most operations that one contract holds.
const OPERATIONS_MAX: usize = 100_000;

/// Compiles the contract that `library` describes, overlays applied.
///
/// It never fails: what cannot be compiled is left out, or accepts nothing, and is said.
pub fn compile(library: &Library) -> (Contract, Vec<Problem>) {
    let source = Source::new(library);
    let contract = compiled(&source);
    (contract, source.into_problems())
}

fn compiled<'l>(source: &Source<'l>) -> Contract {
    let digest = digest(source.texts());
    let root = source.root();
    let format = root.and_then(Format::of);
    let (Some(root), Some(format)) = (root, format.filter(|format| !format.is_asyncapi())) else {
        if let Some(root) = root {
            let message = match format {
                Some(_) => "the document is one of AsyncAPI, which describes no requests",
                None => "the document says neither `swagger: \"2.0\"` nor `openapi: 3.0`, `3.1` or `3.2`",
            };
            source.problem(Severity::Error, root, message);
        }
        return Contract::empty(digest);
    };
    let dialect = if format >= Format::OpenApi31 { Dialect::Draft202012 } else { Dialect::Draft4 };
    let mut reader = Reader {
        source,
        definitions: Definitions::new(source, dialect),
        format,
        root,
        schemes: Vec::new(),
        security: Security::Undeclared,
    };
    reader.schemes = reader.security_schemes(root);
    reader.security = reader.security(root, &reader.schemes);
    let servers = match format {
        Format::Swagger20 => reader.swagger_servers(root),
        _ => reader.servers(root),
    };
    let (operations, spots) = reader.operations(&servers);
    reader.check_operation_ids(&operations, &spots);
    let router = reader.router(&operations, &spots);
    let info = |key: &str| {
        let text = root.get("info").and_then(|info| info.get(key)?.node.scalar());
        if text.is_none() {
            source.problem(Severity::Warning, root, format!("the document has no `info.{key}`"));
        }
        text.unwrap_or_default().to_owned()
    };
    let contract = Contract {
        title: info("title"),
        version: info("version"),
        format,
        servers,
        operations,
        router,
        extension: root.get("x-palisade").map(NodeRef::of),
        security_schemes: reader.schemes,
        digest,
    };
    reader.definitions.compile();
    contract
}

impl Contract {
    fn empty(digest: [u8; 16]) -> Contract {
        Contract {
            title: String::new(),
            version: String::new(),
            format: Format::OpenApi30,
            servers: Vec::new(),
            operations: Vec::new(),
            router: Router::build([]).0,
            security_schemes: Vec::new(),
            extension: None,
            digest,
        }
    }
}

impl Format {
    /// What the root of a document says that it is.
    pub fn of(root: Spot<'_>) -> Option<Format> {
        let version = |key: &str| root.get(key).and_then(|version| version.node.scalar());
        if let Some(version) = version("openapi") {
            let known = [("3.0", Format::OpenApi30), ("3.1", Format::OpenApi31), ("3.2", Format::OpenApi32)];
            let mut known = known.into_iter();
            return known.find(|(wanted, _)| is_of(version, wanted)).map(|(_, format)| format);
        }
        if let Some(version) = version("asyncapi") {
            let is_one = |known: &[&str]| known.iter().any(|wanted| is_of(version, wanted));
            let is_second = is_one(&["2.0", "2.1", "2.2", "2.3", "2.4", "2.5", "2.6"]);
            let second = is_second.then_some(Format::AsyncApi2);
            return second.or_else(|| is_one(&["3.0", "3.1"]).then_some(Format::AsyncApi3));
        }
        version("swagger").filter(|version| *version == "2.0").map(|_| Format::Swagger20)
    }

    /// Whether it describes messages and no requests.
    pub fn is_asyncapi(self) -> bool {
        matches!(self, Format::AsyncApi2 | Format::AsyncApi3)
    }

    /// Whether what stands beside a `$ref` of a schema counts, as JSON Schema has it since 2019-09.
    pub fn keeps_beside_references(self) -> bool {
        matches!(self, Format::OpenApi31 | Format::OpenApi32)
    }
}

/// Whether `version` is `wanted` or a patch of it.
fn is_of(version: &str, wanted: &str) -> bool {
    version.strip_prefix(wanted).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

impl<'l> Reader<'_, 'l> {
    /// Every operation, and where each stands.
    fn operations(&mut self, servers: &[Server]) -> (Vec<Operation>, Vec<Spot<'l>>) {
        let mut operations = Vec::new();
        let mut spots = Vec::new();
        let paths = self.root.members_of("paths").filter(|(path, _)| !path.starts_with("x-"));
        for (path, own) in paths {
            let Some(item) = self.source.follow(own) else { continue };
            let template = match Template::parse(path) {
                Ok(template) => Some(template),
                Err(fault) => {
                    let message = format!("the path `{path}` {fault}, so its operations are not routed");
                    self.source.report(Severity::Error, own, message, help_for(path));
                    None
                }
            };
            let item = PathItem { path, own, item, template: template.as_ref(), root_servers: servers };
            for (method, spot) in item.operations(self.format) {
                if !spot.node.is_object() {
                    self.source.problem(
                        Severity::Error,
                        spot,
                        "an operation is an object, so this one is left out",
                    );
                    continue;
                }
                let Some(id) =
                    u32::try_from(operations.len()).ok().filter(|_| operations.len() < OPERATIONS_MAX)
                else {
                    self.source.problem(
                        Severity::Error,
                        spot,
                        "there are too many operations, so this one is left out",
                    );
                    return (operations, spots);
                };
                operations.push(self.operation(OperationIndex(id), method, &item, spot));
                spots.push(spot);
            }
        }
        (operations, spots)
    }

    fn check_operation_ids(&self, operations: &[Operation], spots: &[Spot<'l>]) {
        let mut seen: HashSet<&str> = HashSet::new();
        for (operation, spot) in operations.iter().zip(spots) {
            if let Some(id) = &operation.operation_id
                && !seen.insert(id)
            {
                let message = format!("another operation is called `{id}` too");
                self.source.problem(Severity::Warning, spot.get("operationId").unwrap_or(*spot), message);
            }
        }
    }

    /// Routes every operation under each of its base paths.
    fn router(&self, operations: &[Operation], spots: &[Spot<'l>]) -> Router {
        let mut routes: Vec<Route> = Vec::new();
        let mut owners = Vec::new();
        let mut by_template: HashMap<(String, &str), usize> = HashMap::new();
        for (operation, spot) in operations.iter().zip(spots) {
            if Template::parse(&operation.path).is_err() {
                continue;
            }
            for base_path in &operation.base_paths {
                let template = format!("{base_path}{}", operation.path);
                let method = (operation.method.clone(), operation.id);
                let next = routes.len();
                let at = *by_template.entry((template.clone(), &operation.path)).or_insert(next);
                match routes.get_mut(at) {
                    Some(route) => route.methods.push(method),
                    None => {
                        routes.push(Route { template, methods: vec![method] });
                        owners.push(*spot);
                    }
                }
            }
        }
        let templates: Vec<String> = routes.iter().map(|route| route.template.clone()).collect();
        let (router, refused) = Router::build(routes);
        for (index, refusal) in refused {
            let (Some(spot), Some(template)) = (owners.get(index), templates.get(index)) else { continue };
            let (severity, message, help) = match refusal {
                Refusal::Malformed(fault) => {
                    let message = format!("`{template}` {fault}, so its operations are not routed");
                    (Severity::Error, message, help_for(template))
                }
                Refusal::Collides(first) => {
                    (Severity::Warning, format!("`{template}` matches the same requests as `{first}`"), None)
                }
                Refusal::MethodTaken(method) => (
                    Severity::Error,
                    format!("`{method} {template}` is never reached, for an earlier path takes it"),
                    Some(
                        "the two differ in names of parameters only: remove one, here or by an overlay"
                            .to_owned(),
                    ),
                ),
            };
            self.source.report(severity, *spot, message, help);
        }
        router
    }
}

/// What to write in place of a path that cannot be routed.
fn help_for(path: &str) -> Option<String> {
    let help = if path.contains('?') {
        "write what comes after `?` as parameters with `in: query`; a path with one operation a method is left"
    } else if path.contains('#') {
        "no request has what comes after `#`: write the path alone, and tell its operations apart by a parameter"
    } else if path.contains("}{") {
        "put something between the two, or make them one parameter: where one ends cannot be told"
    } else {
        return None;
    };
    Some(format!("{help}; to go on without the path, remove it by an overlay"))
}

/// FNV-1a of 128 bits, over the texts and their lengths.
fn digest<'t>(texts: impl Iterator<Item = &'t str>) -> [u8; 16] {
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
    let mut hash: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    for text in texts {
        let length = (text.len() as u64).to_be_bytes();
        for byte in text.bytes().chain(length) {
            hash = (hash ^ u128::from(byte)).wrapping_mul(PRIME);
        }
    }
    hash.to_be_bytes()
}
