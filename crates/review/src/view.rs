//! A document as rules look at it, compiled once: operations, security, schemas with composition resolved.

mod concern;
mod events;
mod facts;
mod nest;
mod operation;
mod reach;
mod schema;
mod security;
mod walk;

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};

use model::{Problem, Severity};
use spec::{Format, Library, Node, Spot};

use crate::{Judged, Kind, words};

pub(crate) use concern::{Concerns, Set};
pub(crate) use events::{Channel, Events, Message, Payload, Server, Transport};
pub(crate) use facts::{Keywords, Types};
use nest::Nest;
pub(crate) use operation::{Carried, Content, Direction, Operation, Parameter, Response};
pub(crate) use reach::Property;
pub(crate) use schema::Schema;
pub(crate) use security::{Need, Scheme, Security};

/// The most gaps that are said of one document; one with more is broken in a way that these show.
const GAPS_MAX: usize = 200;

/// What names a place: [`Spot::key`].
type Key = (u32, u32);

/// One API and all that it refers to.
#[derive(Debug)]
pub(crate) struct View<'l> {
    pub(crate) library: &'l Library,
    pub(crate) format: Format,
    pub(crate) root: Spot<'l>,
    /// `info.title`, or nothing.
    pub(crate) title: &'l str,
    /// Every operation, also those that the API itself calls; of messages, those that it receives and those that it sends.
    pub(crate) operations: Vec<Operation<'l>>,
    /// The security schemes that are declared.
    pub(crate) schemes: Vec<Scheme<'l>>,
    /// The `url`s of all servers; of Swagger 2.0, its `schemes`.
    pub(crate) servers: Vec<Spot<'l>>,
    /// What an AsyncAPI document has in place of paths.
    pub(crate) events: Events<'l>,
    /// Every schema, each once, in the order in which it was met.
    pub(crate) schemas: Vec<Schema<'l>>,
    schema_at: HashMap<Key, usize>,
    /// The places of operations.
    operation_at: Nest<'l>,
    /// The operations of each place: several where their paths share one item.
    operations_of: Vec<Vec<usize>>,
    /// What references lead to, by the places of those who make them: rules follow the same ones again and again.
    followed: RefCell<HashMap<Key, Option<Key>>>,
    gaps: RefCell<Gaps>,
}

/// What cannot be judged.
#[derive(Debug, Default)]
struct Gaps {
    problems: Vec<Problem>,
    said: HashSet<Key>,
}

impl<'l> View<'l> {
    /// Compiles the view.
    ///
    /// # Errors
    /// Where the document is no API document of a version that is known.
    pub(crate) fn of(library: &'l Library) -> Result<View<'l>, Box<Problem>> {
        let root = library.root().ok_or_else(|| Box::new(Problem::error("there is no document")))?;
        let Some(format) = Format::of(root) else { return Err(Box::new(unknown(library, root))) };
        let mut view = View {
            library,
            format,
            root,
            title: root.get("info").and_then(|info| info.text("title")).unwrap_or_default(),
            operations: Vec::new(),
            schemes: Vec::new(),
            servers: Vec::new(),
            events: Events::default(),
            schemas: Vec::new(),
            schema_at: HashMap::new(),
            operation_at: Nest::default(),
            operations_of: Vec::new(),
            followed: RefCell::default(),
            gaps: RefCell::default(),
        };
        view.schemes = view.declared_schemes();
        if format.is_asyncapi() {
            view.read_events();
        } else {
            view.servers = view.declared_servers();
            view.operations = view.declared_operations();
        }
        view.place_operations();
        view.walk_schemas();
        Ok(view)
    }

    /// What kind of document it is.
    pub(crate) fn kind(&self) -> Kind {
        if self.format.is_asyncapi() { Kind::AsyncApi } else { Kind::OpenApi }
    }

    /// How much there is to judge.
    pub(crate) fn judged(&self) -> Judged {
        let operations = match self.kind() {
            Kind::OpenApi => self.called().count(),
            Kind::AsyncApi => self.operations.len(),
        };
        Judged {
            documents: 1,
            operations,
            channels: self.events.channels.len(),
            messages: self.events.messages.len(),
            schemas: self.schemas.len(),
            allowed: 0,
        }
    }

    pub(crate) fn into_gaps(self) -> Vec<Problem> {
        self.gaps.into_inner().problems
    }

    /// What `spot` stands for: itself, or what its `$ref` leads to. Where that leads nowhere it is said, once.
    pub(crate) fn follow(&self, spot: Spot<'l>) -> Option<Spot<'l>> {
        if spot.get("$ref").is_none() {
            return Some(spot);
        }
        if let Some(known) = self.followed.borrow().get(&spot.key()) {
            let (document, node) = (*known)?;
            return self.library.document(document).map(|found| Spot { document, node: found.node(node) });
        }
        let found = self.find(spot);
        self.followed.borrow_mut().insert(spot.key(), found.map(Spot::key));
        found
    }

    fn find(&self, spot: Spot<'l>) -> Option<Spot<'l>> {
        match self.library.follow(spot.document, spot.node) {
            Ok((document, node)) => Some(Spot { document, node }),
            Err((document, node, fault)) => {
                let text = node.as_str().unwrap_or_default();
                self.gap(Spot { document, node }, format!("`{text}` {fault}"));
                None
            }
        }
    }

    /// What stands at `spot` is not judged; said once.
    pub(crate) fn gap(&self, spot: Spot<'l>, message: String) {
        let mut gaps = self.gaps.borrow_mut();
        if gaps.said.insert(spot.key()) && gaps.problems.len() < GAPS_MAX {
            let document = self.library.document(spot.document);
            let problem = document.map(|document| document.problem(Severity::Warning, spot.node, message));
            gaps.problems.extend(problem);
        }
    }

    /// The operations that callers can ask for.
    pub(crate) fn called(&self) -> impl Iterator<Item = &Operation<'l>> {
        self.operations.iter().filter(|operation| operation.is_called())
    }

    /// Every parameter of operations that callers ask for and of channels, one that several share once.
    pub(crate) fn parameters(&self) -> impl Iterator<Item = &Parameter<'l>> {
        let mut seen = HashSet::new();
        let is_event = self.format.is_asyncapi();
        let operations = self.operations.iter().filter(move |operation| is_event || operation.is_called());
        let of_channels = self.events.channels.iter().flat_map(|channel| &channel.parameters);
        let parameters = operations.flat_map(|operation| &operation.parameters).chain(of_channels);
        parameters.filter(move |parameter| seen.insert(parameter.spot.key()))
    }

    /// What the document says of a control of the gateway for `operation`: there, else for its path, else for all.
    pub(crate) fn control(&self, operation: &Operation<'l>, id: &str) -> Option<Spot<'l>> {
        let places = [operation.spot, operation.item, self.root];
        places.into_iter().find_map(|place| place.get("x-palisade")?.get(id))
    }

    /// The operation that `spot` stands in.
    pub(crate) fn operation_around(&self, spot: Spot<'l>) -> Option<&Operation<'l>> {
        self.operations_around(spot).next().and_then(|index| self.operations.get(index))
    }

    /// The operation that `spot` stands in, by its number: several where their paths share one item.
    pub(crate) fn operations_around(&self, spot: Spot<'l>) -> impl Iterator<Item = usize> {
        let number = self.operation_at.around(spot).next();
        let found = number.and_then(|number| self.operations_of.get(number));
        found.into_iter().flatten().rev().copied()
    }

    fn place_operations(&mut self) {
        self.operation_at = Nest::of(self.operations.iter().map(|operation| operation.spot).collect());
        self.operations_of = vec![Vec::new(); self.operation_at.spots.len()];
        for (index, operation) in self.operations.iter().enumerate() {
            let number = self.operation_at.number_of(operation.spot);
            let place = number.and_then(|number| self.operations_of.get_mut(number));
            place.into_iter().for_each(|place| place.push(index));
        }
    }

    /// The schema that `spot` is or refers to.
    pub(crate) fn schema(&self, spot: Spot<'l>) -> Option<&Schema<'l>> {
        let at = |spot: Spot<'l>| self.schema_at.get(&spot.key()).and_then(|index| self.schemas.get(*index));
        at(spot).or_else(|| at(self.follow(spot)?))
    }

    /// What a schema is called: by its parameter, else by the key under which it stands; of an item, nothing.
    pub(crate) fn name_of(&self, spot: Spot<'l>) -> Option<&'l str> {
        let of_parameter = || {
            let of_operation = self.operation_around(spot).map(|operation| &operation.parameters);
            let of_channels = self.events.channels.iter().flat_map(|channel| &channel.parameters);
            let mut parameters = of_operation.into_iter().flatten().chain(of_channels);
            parameters.find(|parameter| parameter.schema.is_some_and(|schema| schema.key() == spot.key()))
        };
        match self.library.document(spot.document)?.entry_of(spot.node)?.key {
            "schema" => Some(of_parameter().map_or("schema", |parameter| parameter.name)),
            key => Some(key),
        }
    }

    /// The server of a third party that callers of `operation` are sent to: one of its own, or of its path, whose domain is
    /// none of those of the whole document.
    pub(crate) fn third_party_of(&self, operation: &Operation<'l>) -> Option<Spot<'l>> {
        let domain = |server: Spot<'l>| words::domain_of(words::host_of(server.text("url")?)?);
        let holder =
            [operation.spot, operation.item].into_iter().find(|holder| holder.get("servers").is_some())?;
        let own: Vec<String> = self.root.items_of("servers").filter_map(domain).collect();
        let is_foreign = |server: &Spot<'l>| {
            domain(*server).is_some_and(|domain| !own.is_empty() && !own.contains(&domain))
        };
        holder.items_of("servers").find(is_foreign)?.get("url")
    }

    fn declared_servers(&self) -> Vec<Spot<'l>> {
        let items = self.root.members_of("paths").map(|(_, item)| item);
        let holders = items.flat_map(|item| {
            let operations = item.members().map(|(_, operation)| operation);
            std::iter::once(item).chain(operations.filter(|operation| operation.node.is_object()))
        });
        let holders = std::iter::once(self.root).chain(holders);
        if self.format == Format::Swagger20 {
            return holders.flat_map(|holder| holder.items_of("schemes")).collect();
        }
        holders.flat_map(|holder| holder.items_of("servers")).filter_map(|server| server.get("url")).collect()
    }
}

fn unknown(library: &Library, root: Spot<'_>) -> Problem {
    let has = |key: &str| root.get(key).is_some();
    let (message, help) = if has("asyncapi") {
        let help = "the versions 2.0 to 2.6, 3.0 and 3.1 are read";
        ("the document is of a version of AsyncAPI that is not known", help)
    } else if has("openapi") || has("swagger") {
        ("the document is of a version that is not known", "the versions 2.0 and 3.0 to 3.2 are read")
    } else {
        let message = "the document says neither `swagger: \"2.0\"`, nor `openapi: 3.0`, `3.1` or `3.2`, nor `asyncapi`";
        (message, "name an API document")
    };
    let problem = match library.document(root.document) {
        Some(document) => document.problem(Severity::Error, root.node, message),
        None => Problem::error(message),
    };
    problem.help(help)
}

/// The text of the member called `key`, in lower case.
pub(crate) fn lowercase(node: Node<'_>, key: &str) -> Option<String> {
    node.get(key)?.as_str().map(str::to_ascii_lowercase)
}
