//! The tree of paths: literal segments, parameters, and the methods that end at each.

use crate::kind::Kind;
use crate::tally::{Place, Tally};

use super::Learned;
use super::segment::{Around, Value, is_version, split, split_end, value};
use super::settle::settle;
use super::template::Template;

/// The most methods that are kept of one path.
const METHODS_MAX: usize = 16;

/// So many things may stand around the values at one place, as each entity of OData does; where there are more, they are parts of
/// the values.
pub(super) const AROUND_MAX: usize = 1 << 10;

/// So many words may stand at one place before they are told from values: each has its place in order among them.
const WORDS_MAX: usize = 1 << 13;

/// A place in the tree.
#[derive(Debug, Clone, Default)]
pub(super) struct Node {
    /// What follows under a name, in the order of the names.
    pub(super) words: Vec<(Box<str>, Box<Node>)>,
    /// What follows under any value, by what stands around the value in the segment.
    pub(super) parameters: Vec<Parameter>,
    /// Requests that end here, by method.
    pub(super) ends: Vec<(Box<str>, Tally)>,
    /// Whether telling words from values did not help any more, so that no other words are learned here.
    pub(super) is_full: bool,
}

/// A place where values stand.
#[derive(Debug, Clone)]
pub(super) struct Parameter {
    pub(super) around: Around<Box<str>>,
    pub(super) kind: Kind,
    /// The name that the log itself has for it, as templates of API Gateway do.
    pub(super) name: Option<Box<str>>,
    /// The one value that was ever seen.
    pub(super) only: Option<Box<str>>,
    pub(super) node: Box<Node>,
}

impl Node {
    /// Where a word is among the words, or where it would be.
    fn place(&self, word: &str) -> Result<usize, usize> {
        // Comparing with an empty text is slow on some processors.
        if word.is_empty() {
            let is_known = self.words.first().is_some_and(|(first, _)| first.is_empty());
            return if is_known { Ok(0) } else { Err(0) };
        }
        self.words.binary_search_by(|(known, _)| (**known).cmp(word))
    }

    /// The node at the end of `segments`, grown where it is not there and `may_grow`; each new one is counted in `nodes`.
    pub(super) fn grow<'s>(
        &mut self,
        segments: impl Iterator<Item = &'s str>,
        may_grow: bool,
        nodes: &mut usize,
    ) -> Option<&mut Node> {
        let mut node = self;
        let mut before = "";
        for segment in segments {
            let value = || value(segment).filter(|_| !is_version(segment, before));
            node = match node.place(segment) {
                Ok(at) => &mut node.words.get_mut(at)?.1,
                Err(_) => match value() {
                    Some(value) => node.parameter(&node.in_room(value, segment), may_grow, nodes)?,
                    None if may_grow && node.has_room(nodes) => {
                        *nodes += 1;
                        node.word(segment)?
                    }
                    None => {
                        let at = node.taking(segment)?;
                        node.parameters.get_mut(at)?.used()
                    }
                },
            };
            before = segment;
        }
        Some(node)
    }

    /// The node below a word, which is new unless it was there.
    fn word(&mut self, word: &str) -> Option<&mut Node> {
        let at = self.place(word).unwrap_or_else(|at| {
            self.words.insert(at, (word.into(), Box::default()));
            at
        });
        self.words.get_mut(at).map(|(_, node)| &mut **node)
    }

    /// Whether another word may be learned here. Where there are many, they are told from values first, as long as that helps.
    fn has_room(&mut self, nodes: &mut usize) -> bool {
        if self.words.len() >= WORDS_MAX && !self.is_full {
            let before = self.size();
            settle(self);
            *nodes = (*nodes + self.size()).saturating_sub(before);
            self.is_full = self.words.len() > WORDS_MAX / 4 * 3;
        }
        self.words.len() < WORDS_MAX && !self.is_full
    }

    /// A value with what stands around it as far as there is room for that, else the whole segment as one.
    fn in_room<'s>(&self, value: Value<'s>, segment: &'s str) -> Value<'s> {
        let is_known = || self.parameters.iter().any(|known| known.around.is(value.around));
        match self.parameters.len() < AROUND_MAX || is_known() {
            true => value,
            false => Value { text: segment, around: Around::default(), kind: Kind::Slug, name: None },
        }
    }

    fn parameter(&mut self, value: &Value<'_>, may_grow: bool, nodes: &mut usize) -> Option<&mut Node> {
        match self.parameters.iter().position(|known| known.around.is(value.around)) {
            Some(at) => {
                let known = self.parameters.get_mut(at)?;
                known.kind = known.kind.or(value.kind);
                if known.only.as_deref().is_some_and(|only| only != value.text) {
                    known.only = None;
                }
                Some(&mut known.node)
            }
            None if may_grow => {
                *nodes += 1;
                self.parameters.push(Parameter {
                    around: value.around.to_owned(),
                    kind: value.kind,
                    name: value.name.map(Into::into),
                    only: value.name.is_none().then(|| value.text.into()),
                    node: Box::default(),
                });
                self.parameters.last_mut().map(|parameter| &mut *parameter.node)
            }
            None => None,
        }
    }

    /// Which parameter takes a segment: that with the same around its values, else one with less.
    fn taking(&self, segment: &str) -> Option<usize> {
        let (_, around) = split(segment);
        let after = split_end(segment).1;
        let less = [around, Around { before: "", after }, Around::default()];
        less.iter().find_map(|around| self.parameters.iter().position(|known| known.around.is(*around)))
    }

    /// The node that `segments` lead to, by names where they are known and through parameters elsewhere.
    pub(super) fn find<'s>(&mut self, segments: impl Iterator<Item = &'s str>) -> Option<&mut Node> {
        let mut node = self;
        for segment in segments {
            node = match node.place(segment) {
                Ok(at) => &mut node.words.get_mut(at)?.1,
                Err(_) => {
                    let at = node.taking(segment)?;
                    &mut node.parameters.get_mut(at)?.node
                }
            };
        }
        Some(node)
    }

    /// The node that a segment leads to.
    pub(super) fn child(&self, segment: &str) -> Option<&Node> {
        match self.place(segment) {
            Ok(at) => self.words.get(at).map(|(_, child)| &**child),
            Err(_) => self.parameters.get(self.taking(segment)?).map(|parameter| &*parameter.node),
        }
    }

    /// The requests of `method` that end here; a method too many is counted as one of the others. All but the first are counted
    /// in `nodes`, since they cost as much.
    pub(super) fn of_method(
        &mut self,
        method: &str,
        place: Place,
        may_grow: bool,
        nodes: &mut usize,
    ) -> &mut Tally {
        let at = self.ends.iter().position(|(known, _)| **known == *method);
        let at = at.unwrap_or_else(|| {
            let is_first = self.ends.is_empty();
            if is_first || (may_grow && self.ends.len() < METHODS_MAX) {
                *nodes += usize::from(!is_first);
                self.ends.push((method.into(), Tally::new(place)));
            }
            self.ends.len() - 1
        });
        #[expect(clippy::indexing_slicing, reason = "one was pushed if there was none")]
        &mut self.ends[at].1
    }

    /// The requests of `method` that end here, if there were any.
    pub(super) fn find_method(&mut self, method: &str) -> Option<&mut Tally> {
        self.ends.iter_mut().find(|(known, _)| **known == *method).map(|(_, tally)| tally)
    }

    /// Takes in all of `other`, which was seen at the same place.
    pub(super) fn merge(&mut self, other: Node) {
        for (word, node) in other.words {
            match self.place(&word) {
                Ok(at) => {
                    if let Some((_, known)) = self.words.get_mut(at) {
                        known.merge(*node);
                    }
                }
                Err(at) => self.words.insert(at, (word, node)),
            }
        }
        for parameter in other.parameters {
            self.merge_parameter(parameter);
        }
        self.is_full |= other.is_full;
        for (method, tally) in other.ends {
            self.of_method(&method, tally.place, true, &mut 0).merge(tally);
        }
    }

    pub(super) fn merge_parameter(&mut self, other: Parameter) {
        match self.parameters.iter_mut().find(|known| known.around == other.around) {
            Some(known) => {
                known.kind = known.kind.or(other.kind);
                known.only = known.only.take().filter(|only| other.only.as_ref() == Some(only));
                known.name = known.name.take().or(other.name);
                known.node.merge(*other.node);
            }
            None => self.parameters.push(other),
        }
    }

    /// How many nodes there are below it, and methods beside the first of each.
    pub(super) fn size(&self) -> usize {
        let words = self.words.iter().map(|(_, node)| node.size() + 1);
        let parameters = self.parameters.iter().map(|parameter| parameter.node.size() + 1);
        self.ends.len().saturating_sub(1) + words.chain(parameters).sum::<usize>()
    }

    /// How many shapes are kept of bodies below it.
    pub(super) fn shapes(&self) -> u32 {
        let ends = self.ends.iter().map(|(_, tally)| tally.shapes());
        let words = self.words.iter().map(|(_, node)| node.shapes());
        let parameters = self.parameters.iter().map(|parameter| parameter.node.shapes());
        ends.chain(words).chain(parameters).fold(0, u32::saturating_add)
    }

    /// How many requests go through it.
    pub(super) fn count(&self) -> u64 {
        let ends = self.ends.iter().map(|(_, tally)| tally.count);
        let words = self.words.iter().map(|(_, node)| node.count());
        let parameters = self.parameters.iter().map(|parameter| parameter.node.count());
        ends.chain(words).chain(parameters).sum()
    }

    /// Tells every operation below it.
    pub(super) fn tell(self, host: &str, operations: &mut Vec<Learned>) {
        self.tell_below(host, &Template::default(), operations);
    }

    fn tell_below(self, host: &str, template: &Template, operations: &mut Vec<Learned>) {
        for (method, tally) in self.ends {
            operations.push(Learned {
                host: host.into(),
                method,
                path: template.path.clone(),
                parameters: template.parameters.clone(),
                tally,
            });
        }
        for (word, node) in self.words {
            node.tell_below(host, &template.with_word(&word), operations);
        }
        for parameter in self.parameters {
            let template = template.with_parameter(&parameter);
            parameter.node.tell_below(host, &template, operations);
        }
    }
}

impl Parameter {
    /// One whose values are words, with `node` below each of them.
    pub(super) fn of_words(around: Around<Box<str>>, node: Box<Node>) -> Parameter {
        Parameter { around, kind: Kind::Slug, name: None, only: None, node }
    }

    fn used(&mut self) -> &mut Node {
        self.kind = self.kind.or(Kind::Slug);
        self.only = None;
        &mut self.node
    }
}
