//! The catalog that follows from everything that was told: which sightings are of one operation, and what it is then.

mod expose;

use std::collections::{BTreeMap, BTreeSet};

use model::OperationKey;
use model::inventory::{
    Account, Api, Calls, Catalog, Confidence, DataClass, Exposed, Exposure, Fact, Field, Inventory, Known,
    Lifecycle, Operation, ParameterPlace, Proposal, Sighting, Source, SourceKind, Status, Subject, Whose,
};

use super::messages;
use crate::host_name;
use crate::learn::is_common;

/// What an API is called whose host no source names.
pub(super) const UNKNOWN_HOST: &str = "unknown-host";

/// Everything that is known of all APIs.
///
/// What a source tells of an API by its name is of that API. What it tells of a host is of the API that is declared to be
/// served there, and of an operation of it whose template takes the path; of several, of the closest. Without either, the
/// host itself is an API. Of no host, it is of the one API that the same source tells of, if that is one alone; what every server
/// has, `/` or its health, is of an API only with more of it. What a gateway lets through is of every API with an operation behind
/// it; of what nobody knows, it is treated as a host.
///
/// What code serves has a template and no path, so it is of the operation of the very shape; whatever the method is, of all of
/// them that there are.
pub fn catalog(inventory: &Inventory) -> Catalog {
    let mut draft = Draft::default();
    // What a specification proposes goes before what others do, whichever came first.
    let (specs, others): (Vec<_>, Vec<_>) =
        inventory.current().partition(|source| source.kind == SourceKind::Spec);
    for source in specs.into_iter().chain(others) {
        draft.declare(source);
    }
    for source in inventory.current() {
        for sighting in inventory.told_by(source.id) {
            if let Whose::Api(name) = &sighting.subject.whose {
                draft.apis.entry(name).or_default().put(source.kind, sighting, &key(&sighting.subject));
            }
        }
    }
    let told = inventory.current().flat_map(|source| inventory.told_by(source.id));
    let hosts = told.filter_map(|sighting| match &sighting.subject.whose {
        Whose::Host(host) => Some(host.as_str()),
        Whose::Api(_) => None,
    });
    draft.servers = hosts.filter(|host| host.contains('{')).collect();
    // What is served for any method is what others have named: so it comes last.
    for is_any in [false, true] {
        for source in inventory.current() {
            draft.attribute(source, inventory, is_any);
        }
    }
    draft.expose(inventory);
    Catalog { apis: draft.apis.into_iter().map(|(name, api)| api.finish(name, inventory)).collect() }
}

/// Names an operation within its API, whatever its parameters are called: the shape of its path, and its method.
type Key = (String, String);

/// The method of what is served whatever the method is.
const ANY: &str = "*";

fn key(subject: &Subject) -> Key {
    (shape(&subject.path), subject.method.clone())
}

/// A path template without the names of its parameters.
pub fn shape(path: &str) -> String {
    let mut shape = String::with_capacity(path.len());
    let mut rest = path;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((_, after)) = after.split_once('}') else { break };
        shape.push_str(before);
        shape.push_str("{}");
        rest = after;
    }
    shape + rest
}

#[derive(Default)]
struct Draft<'i> {
    apis: BTreeMap<&'i str, DraftApi<'i>>,
    /// Servers with many names, as they were learned.
    servers: BTreeSet<&'i str>,
}

#[derive(Default)]
struct DraftApi<'i> {
    is_declared: bool,
    hosts: Vec<String>,
    base_paths: Vec<&'i str>,
    proposals: Vec<&'i Proposal>,
    operations: BTreeMap<Key, Vec<(SourceKind, &'i Sighting)>>,
    /// What lets each operation be called.
    exposed: BTreeMap<Key, Vec<&'i Exposure>>,
    /// Everything that is let through to it, and whether that is declared.
    exposures: Vec<(&'i Exposure, bool)>,
}

impl<'i> Draft<'i> {
    fn declare(&mut self, source: &'i Source) {
        let Some(declared) = &source.told.api else { return };
        let api = self.apis.entry(&declared.name).or_default();
        api.is_declared |= source.kind == SourceKind::Spec;
        api.hosts.extend(declared.hosts.iter().map(|host| host.to_ascii_lowercase()));
        api.base_paths.extend(declared.base_paths.iter().map(String::as_str));
        api.proposals.extend(&source.told.proposals);
    }

    /// Finds the place of everything that `source` tells of hosts, by what was known before it: of what is for any method, or
    /// of the rest.
    fn attribute(&mut self, source: &'i Source, inventory: &'i Inventory, is_any: bool) {
        let (mut placed, mut common, mut homeless) = (Vec::new(), Vec::new(), Vec::new());
        let mut apis: BTreeSet<&str> = BTreeSet::new();
        for sighting in inventory.told_by(source.id) {
            match &sighting.subject.whose {
                Whose::Api(api) => drop(apis.insert(api)),
                Whose::Host(host) => match self.place(host, sighting) {
                    Some((api, key)) if host.is_empty() && is_common(&key.0) => {
                        common.push((sighting, api, key));
                    }
                    Some((api, key)) => {
                        apis.insert(api);
                        placed.push((sighting, api, key));
                    }
                    None => homeless.push(sighting),
                },
            }
        }
        // What every server has is of an API that more of the source is of, or that there is nothing beside.
        let is_alone = homeless.is_empty();
        for (sighting, api, key) in common {
            match is_alone || apis.contains(api) {
                true => placed.push((sighting, api, key)),
                false => homeless.push(sighting),
            }
        }
        // What tells of one API alone tells of that one, too, where it names no host.
        let home = match (apis.len(), apis.first(), source.kind) {
            (1, Some(api), _) => api,
            (_, _, SourceKind::Code) => source.name.as_str(),
            _ => UNKNOWN_HOST,
        };
        for sighting in homeless {
            let key = key(&sighting.subject);
            let own: Vec<_> = self.apis.iter().filter(|(known, _)| **known == home).collect();
            let (api, key) = closest(&own, &key, is_template(sighting)).unwrap_or((home, key));
            placed.push((sighting, api, key));
        }
        for (sighting, api, key) in placed.into_iter().filter(|(_, _, key)| (key.1 == ANY) == is_any) {
            let api = self.apis.entry(api).or_default();
            let named: Vec<Key> = if is_any { api.of_shape(&key.0).cloned().collect() } else { Vec::new() };
            if named.is_empty() {
                api.put(source.kind, sighting, &key);
            }
            named.iter().for_each(|key| api.put(source.kind, sighting, key));
        }
    }

    /// The API and the operation that something is of which is told of a host; none where no host is told and no API takes it.
    fn place(&self, host: &'i str, sighting: &Sighting) -> Option<(&'i str, Key)> {
        let subject = &sighting.subject;
        let lower = host.to_ascii_lowercase();
        let serves = |api: &DraftApi<'_>| api.hosts.iter().any(|known| host_name::names(known, &lower));
        let is_named = self.apis.values().any(&serves);
        // An API whose document names no host may be anywhere, and a request of no host may be for any API.
        let may_serve = |api: &DraftApi<'_>| match is_named {
            true => serves(api),
            false => api.is_declared && (lower.is_empty() || api.hosts.is_empty()),
        };
        let candidates: Vec<_> = self.apis.iter().filter(|(_, api)| may_serve(api)).collect();
        let (key, is_template) = (key(subject), is_template(sighting));
        if let Some(found) = closest(&candidates, &key, is_template) {
            return Some(found);
        }
        let has_path = |api: &DraftApi<'_>| api.operations.keys().any(|(shape, _)| takes_path(shape, &key.0));
        let is_below = |api: &DraftApi<'_>| {
            let mut bases = api.base_paths.iter().filter(|base| !base.is_empty());
            bases.any(|base| subject.path.strip_prefix(base).is_some_and(|rest| rest.starts_with('/')))
        };
        let is_it: [&dyn Fn(&DraftApi<'_>) -> bool; 3] = [&has_path, &is_below, &|_| is_named];
        for is_it in is_it {
            let mut found = candidates.iter().filter(|(_, api)| is_it(api));
            if let (Some((name, _)), None) = (found.next(), found.next()) {
                return Some((name, key.clone()));
            }
        }
        if host.is_empty() {
            return None;
        }
        // A host that was one by itself once may turn out to be one of many names of a server.
        let host = self.servers.iter().copied().find(|known| host_name::names(known, &lower)).unwrap_or(host);
        let own: Vec<_> = self.apis.iter().filter(|(known, _)| **known == host).collect();
        closest(&own, &key, is_template).or(Some((host, key.clone())))
    }
}

/// Whether the path of a sighting is a template by itself, and not one that was asked for.
fn is_template(sighting: &Sighting) -> bool {
    matches!(sighting.account, Account::Served(_))
}

/// The operation that is asked for by a path: one of the very shape, else one whose template takes it. A template is one of
/// the very shape alone, maybe below a base path, which what stands before a program may take off.
fn closest<'i>(apis: &[(&&'i str, &DraftApi<'i>)], asked: &Key, is_template: bool) -> Option<(&'i str, Key)> {
    let exact = apis.iter().find(|(_, api)| api.has(asked));
    if let Some((name, _)) = exact {
        return Some((name, asked.clone()));
    }
    if is_template {
        let below = |base: &&str| (shape(base) + &asked.0, asked.1.clone());
        return apis.iter().find_map(|(name, api)| {
            let mut keys = api.base_paths.iter().filter(|base| !base.is_empty()).map(below);
            keys.find(|key| api.has(key)).map(|key| (**name, key))
        });
    }
    let all =
        apis.iter().flat_map(|(name, api)| api.operations.iter().map(move |(key, seen)| (name, key, seen)));
    let templates = all.filter(|(_, key, _)| key.1 == asked.1 && key.0.contains("{}"));
    let taking = templates.filter(|(_, _, seen)| is_open(seen));
    let with_rank = taking.filter_map(|(name, key, _)| Some((words_in_common(&key.0, &asked.0)?, name, key)));
    with_rank.max_by_key(|(rank, _, _)| *rank).map(|(_, name, key)| (**name, key.clone()))
}

/// Whether the parameters of an operation take any value: they do unless they were learned from values of one kind.
fn is_open(seen: &[(SourceKind, &Sighting)]) -> bool {
    seen.iter().any(|(_, sighting)| match &sighting.account {
        Account::Declared(_) | Account::Served(_) => true,
        Account::Called(calls) => calls
            .parameters
            .iter()
            .filter(|parameter| parameter.place == ParameterPlace::Path)
            .all(|parameter| matches!(parameter.kind.as_deref(), None | Some("slug" | "opaque"))),
    })
}

/// Whether a template takes a path; both are shapes.
pub(crate) fn takes_path(template: &str, path: &str) -> bool {
    words_in_common(template, path).is_some()
}

/// How many segments of `path` stand in `template` as they are; none where the template does not take the path.
fn words_in_common(template: &str, path: &str) -> Option<usize> {
    let (mut templates, mut segments) = (template.split('/'), path.split('/'));
    let mut common = 0;
    loop {
        match (templates.next(), segments.next()) {
            (None, None) => return Some(common),
            (Some(template), Some(segment)) if template == segment => common += 1,
            (Some(template), Some(segment)) if takes(template, segment) => {}
            _ => return None,
        }
    }
}

fn takes(template: &str, segment: &str) -> bool {
    template.split_once("{}").is_some_and(|(before, after)| {
        let value = segment.strip_prefix(before).and_then(|rest| rest.strip_suffix(after));
        value.is_some_and(|value| !value.is_empty())
    })
}

impl<'i> DraftApi<'i> {
    /// Its operations of this shape, whatever their methods are.
    fn of_shape(&self, shape: &str) -> impl Iterator<Item = &Key> {
        let from = self.operations.range((shape.to_owned(), String::new())..);
        from.map(|(key, _)| key).take_while(move |key| key.0 == shape)
    }

    fn has(&self, asked: &Key) -> bool {
        if asked.1 == ANY {
            self.of_shape(&asked.0).next().is_some()
        } else {
            self.operations.contains_key(asked)
        }
    }

    fn put(&mut self, kind: SourceKind, sighting: &'i Sighting, key: &Key) {
        self.operations.entry(key.clone()).or_default().push((kind, sighting));
    }

    /// The classes of data that were seen in bodies, and where one of them was first.
    fn data(&self) -> Option<Proposal> {
        let mut classes = BTreeSet::new();
        let mut place = None;
        for (_, sighting) in self.operations.values().flatten() {
            let Account::Called(calls) = &sighting.account else { continue };
            let here: BTreeSet<DataClass> =
                calls.fields.iter().flat_map(|field| field.classes.keys().copied()).collect();
            if !here.is_empty() {
                place = place.or(sighting.place.clone());
                classes.extend(here);
            }
        }
        (!classes.is_empty()).then_some(Proposal { fact: Fact::Data(classes), place })
    }

    fn finish(self, name: &str, inventory: &Inventory) -> Api {
        let mut facts: BTreeMap<Field, Known> = BTreeMap::new();
        // What was said of a host holds for the API that turned out to be served there.
        let hosts = self.hosts.iter().map(String::as_str);
        for name in hosts.chain([name]) {
            let of_name = inventory.facts.iter().filter(|((api, _), _)| api == name);
            facts.extend(of_name.map(|((_, field), fact)| (*field, Known::Confirmed(fact.clone()))));
        }
        let data = self.data();
        for proposal in self.proposals.into_iter().chain(&data) {
            match facts.get_mut(&proposal.fact.field()) {
                Some(Known::Confirmed(_)) => {}
                Some(Known::Proposed(_, others)) => others.push(proposal.clone()),
                None => {
                    let proposed = Known::Proposed(proposal.clone(), Vec::new());
                    facts.insert(proposal.fact.field(), proposed);
                }
            }
        }
        let mut api = Api {
            name: name.to_owned(),
            is_declared: self.is_declared,
            hosts: self.hosts,
            facts,
            operations: Vec::new(),
            exposures: Vec::new(),
        };
        let exposed =
            |(exposure, is_declared): (&Exposure, bool)| Exposed { exposure: exposure.clone(), is_declared };
        api.exposures = self.exposures.into_iter().map(exposed).collect();
        api.hosts.sort();
        api.hosts.dedup();
        let is_leaving = matches!(
            api.fact(Field::Lifecycle),
            Some(Fact::Lifecycle(Lifecycle::Deprecated | Lifecycle::Retired))
        );
        for (key, seen) in self.operations {
            let exposures = self.exposed.get(&key).into_iter().flatten();
            let exposures: Vec<Exposure> = exposures.map(|exposure| (*exposure).clone()).collect();
            api.operations.push(Operation { exposures, ..operation(name, key, seen, is_leaving) });
        }
        api
    }
}

fn operation(api: &str, key: Key, seen: Vec<(SourceKind, &Sighting)>, is_leaving: bool) -> Operation {
    let mut calls: Option<Calls> = None;
    let (mut declared, mut served, mut is_deprecated) = (None, None, false);
    for (_, sighting) in &seen {
        match &sighting.account {
            Account::Declared(declaration) => {
                declared = Some(&sighting.subject.path);
                is_deprecated = declaration.deprecated;
            }
            Account::Served(_) => served = Some(&sighting.subject.path),
            Account::Called(more) => calls.get_or_insert_default().add(more),
        }
    }
    let is_called = calls.as_ref().is_some_and(|calls| calls.confidence > Confidence::None);
    let status = match (declared.is_some(), is_called) {
        (false, _) => Status::Shadow,
        // No source sees who sends messages.
        (true, false) if [messages::SEND, messages::RECEIVE].contains(&&*key.1) => Status::Declared,
        (true, false) => Status::Orphan,
        (true, true) if is_deprecated || is_leaving => Status::Zombie,
        (true, true) => Status::Declared,
    };
    // A path that was asked may be a value that the template of another source takes.
    let called = seen.iter().map(|(_, sighting)| &sighting.subject.path).find(|path| shape(path) == key.0);
    let path = declared.or(served).or(called).cloned().unwrap_or(key.0);
    let key = OperationKey { api: api.to_owned().into(), method: key.1.into(), path: path.into() };
    let sightings = seen.into_iter().map(|(kind, sighting)| (kind, sighting.clone())).collect();
    Operation { key, status, sightings, calls, exposures: Vec::new() }
}
