//! Which operation, parameter, body and answer of the old version is which of the new one.

use std::collections::{BTreeMap, HashMap, HashSet};

use spec::Spot;

use super::server::Server;
use crate::view::{Content, Direction, Operation, Parameter, Response, View};

/// An operation in both versions.
#[derive(Debug)]
pub(crate) struct Matched<'v, 'l> {
    pub(crate) old: &'v Operation<'l>,
    pub(crate) new: &'v Operation<'l>,
}

/// Which operations are in both versions, and which in the old one alone.
#[derive(Debug, Default)]
pub(super) struct Operations<'v, 'l> {
    pub(super) both: Vec<Matched<'v, 'l>>,
    pub(super) gone: Vec<&'v Operation<'l>>,
    /// Those that send messages where they received them, or the reverse.
    pub(super) turned: Vec<(&'v Operation<'l>, &'v Operation<'l>)>,
}

/// A parameter of a request, by what makes it the same: of a path it is its place, since its name says nothing.
pub(crate) type Place = (String, String);

impl<'v, 'l> Matched<'v, 'l> {
    /// Parameters that are in both.
    pub(crate) fn parameters(&self) -> Vec<(&'v Parameter<'l>, &'v Parameter<'l>)> {
        let new = parameters(self.new);
        let old = parameters(self.old);
        old.into_iter().filter_map(|(place, old)| Some((old, *new.get(&place)?))).collect()
    }

    /// Parameters of one version alone.
    pub(crate) fn removed_parameters(&self) -> Vec<&'v Parameter<'l>> {
        without(self.old, self.new)
    }

    /// Parameters of the new version that the old one has not.
    pub(crate) fn added_parameters(&self) -> Vec<&'v Parameter<'l>> {
        without(self.new, self.old)
    }

    /// Answers that are in both.
    pub(crate) fn responses(&self) -> impl Iterator<Item = (&'v Response<'l>, &'v Response<'l>)> {
        let new = self.new;
        self.old.responses.iter().filter_map(move |old| Some((old, response(new, old.status)?)))
    }

    /// Answers of the old version that the new one has not.
    pub(crate) fn removed_responses(&self) -> impl Iterator<Item = &'v Response<'l>> {
        let new = self.new;
        self.old.responses.iter().filter(move |old| response(new, old.status).is_none())
    }
}

fn response<'v, 'l>(operation: &'v Operation<'l>, status: &str) -> Option<&'v Response<'l>> {
    operation.responses.iter().find(|known| known.status.eq_ignore_ascii_case(status))
}

fn without<'v, 'l>(one: &'v Operation<'l>, other: &'v Operation<'l>) -> Vec<&'v Parameter<'l>> {
    let known = parameters(other);
    parameters(one).into_iter().filter(|(place, _)| !known.contains_key(place)).map(|(_, own)| own).collect()
}

/// Parameters by place; fields of a form of Swagger 2.0 are none.
fn parameters<'v, 'l>(operation: &'v Operation<'l>) -> BTreeMap<Place, &'v Parameter<'l>> {
    let names: Vec<&str> = names_in(operation.path).collect();
    let mut places = BTreeMap::new();
    for parameter in operation.parameters.iter().filter(|parameter| parameter.location != "formData") {
        let name = match parameter.location {
            "path" => names.iter().position(|name| *name == parameter.name).map(|place| place.to_string()),
            "header" => Some(parameter.name.to_ascii_lowercase()),
            _ => None,
        };
        let name = name.unwrap_or_else(|| parameter.name.to_owned());
        places.insert((parameter.location.to_owned(), name), parameter);
    }
    places
}

/// Names of the parameters of a path template.
pub(super) fn names_in(path: &str) -> impl Iterator<Item = &str> {
    path.split('{').skip(1).filter_map(|after| after.split_once('}')).map(|(name, _)| name)
}

/// How a path template is compared.
type Spelling = fn(&str) -> String;

/// A path template as it is written.
fn named(path: &str) -> String {
    path.to_owned()
}

/// A path template without the names of its parameters.
pub(crate) fn nameless(path: &str) -> String {
    let mut nameless = String::with_capacity(path.len());
    let mut is_inside = false;
    for character in path.chars() {
        match character {
            '{' => is_inside = true,
            '}' => is_inside = false,
            _ if is_inside => continue,
            _ => {}
        }
        nameless.push(character);
    }
    nameless
}

/// What makes an operation the same.
type Key<'o> = (Direction, &'o str, String);

/// Operations of both versions, and those that only the old one has. Whole paths are held against each other first, so that a
/// base path may move into the servers; what is left over, by the path as it is written.
pub(super) fn matched<'v, 'l>(
    (old, old_servers): (&'v View<'l>, &[Server<'l>]),
    (new, new_servers): (&'v View<'l>, &[Server<'l>]),
) -> Operations<'v, 'l> {
    let (old_bases, new_bases) = (bases(old_servers), bases(new_servers));
    let mut found = Vec::new();
    let mut left: Vec<&'v Operation<'l>> = old.operations.iter().collect();
    let mut taken = HashSet::new();
    // Some documents have two paths that differ in the names of their parameters alone.
    let passes = [(&old_bases[..], &new_bases[..]), (&[""], &[""])];
    let passes =
        passes.into_iter().flat_map(|bases| [(bases, named as Spelling), (bases, nameless as Spelling)]);
    for ((old_bases, new_bases), spelling) in passes {
        let mut known: HashMap<Key<'_>, usize> = HashMap::new();
        for (index, operation) in
            new.operations.iter().enumerate().filter(|(index, _)| !taken.contains(index))
        {
            for key in keys(new, (operation, spelling), new_bases) {
                known.entry(key).or_insert(index);
            }
        }
        left.retain(|operation| {
            let index = keys(old, (operation, spelling), old_bases).find_map(|key| known.get(&key).copied());
            let twin = index.filter(|index| !taken.contains(index));
            let Some((index, twin)) = twin.and_then(|index| Some((index, new.operations.get(index)?))) else {
                return true;
            };
            taken.insert(index);
            found.push(Matched { old: operation, new: twin });
            false
        });
    }
    Operations { both: found, gone: left, turned: Vec::new() }
}

/// A callback is the same where it is of the same operation.
fn keys<'o, 'b>(
    view: &View<'_>,
    (operation, spelling): (&'o Operation<'_>, Spelling),
    bases: &'b [&'b str],
) -> impl Iterator<Item = Key<'o>> + use<'o, 'b> {
    let owner = operation.within.and_then(|(index, name)| Some((view.operations.get(index)?, name)));
    let owner = owner.map(|(owner, name)| format!("{} {} {name} ", owner.method, spelling(owner.path)));
    let bases = if operation.is_called() { bases } else { &[""] };
    bases.iter().map(move |base| {
        let path = spelling(&format!("{base}{}", operation.path));
        (operation.direction, operation.method.as_str(), owner.clone().unwrap_or_default() + &path)
    })
}

fn bases<'s>(servers: &'s [Server<'_>]) -> Vec<&'s str> {
    let mut bases: Vec<&str> = Vec::new();
    for server in servers.iter().filter(|server| server.is_of_root) {
        if !bases.contains(&server.base_path()) {
            bases.push(server.base_path());
        }
    }
    if bases.is_empty() { vec![""] } else { bases }
}

/// A media type without its parameters, in lower case; nothing where any is meant.
pub(crate) fn essence(media: &str) -> Option<String> {
    let essence = media.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    (!essence.is_empty() && essence != "*/*").then_some(essence)
}

/// Bodies in both versions, by media type; one that says none is all of them.
pub(crate) fn contents<'c, 'l>(
    old: &'c [Content<'l>],
    new: &'c [Content<'l>],
) -> Vec<(&'c Content<'l>, &'c Content<'l>)> {
    let twin = |content: &&'c Content<'l>| {
        let wanted = essence(content.media);
        let same = new.iter().find(|known| essence(known.media) == wanted);
        same.or_else(|| new.iter().find(|known| wanted.is_none() || essence(known.media).is_none()))
    };
    old.iter().filter_map(|content| Some((content, twin(&content)?))).collect()
}

/// Media types of `old` that `new` does not have.
pub(crate) fn removed_contents<'c, 'l>(
    old: &'c [Content<'l>],
    new: &'c [Content<'l>],
) -> Vec<&'c Content<'l>> {
    let kept: Vec<&str> = contents(old, new).into_iter().map(|(old, _)| old.media).collect();
    old.iter().filter(|content| !kept.contains(&content.media)).collect()
}

/// The fields of a form of Swagger 2.0.
pub(crate) fn fields<'l>(operation: &Operation<'l>) -> Vec<(&'l str, Spot<'l>)> {
    let fields = operation.parameters.iter().filter(|parameter| parameter.location == "formData");
    fields.map(|parameter| (parameter.name, parameter.spot)).collect()
}
