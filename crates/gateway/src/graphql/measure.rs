//! Counts what a document asks for: each fragment once, however often and wherever it is spread.

use std::collections::BTreeMap;

use spec::{Kind, Node};

use super::parse::{Definition, Document, Event, What};
use super::{Fault, Measures};

/// How many items a value asks for: by itself where it stands under the name of a size, and by what is inside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sizes {
    pub(super) own: u64,
    pub(super) inside: u64,
}

impl Default for Sizes {
    /// What says nothing of items stands for one.
    fn default() -> Sizes {
        Sizes { own: 1, inside: 1 }
    }
}

impl Sizes {
    /// The larger of each.
    pub(super) fn or(self, other: Sizes) -> Sizes {
        Sizes { own: self.own.max(other.own), inside: self.inside.max(other.inside) }
    }
}

/// The items that a number asks for. What is below nothing may mean all of them, and counts so.
pub(super) fn size_of(number: &str) -> u64 {
    if let Ok(size) = number.parse::<u64>() {
        return size.max(1);
    }
    match number.parse::<f64>() {
        // The conversion saturates.
        Ok(size) if size >= 0.0 => (size.ceil() as u64).max(1),
        _ => u64::MAX,
    }
}

/// What a selection set asks for, fragments spread.
#[derive(Debug, Clone, Copy, Default)]
struct Cost {
    depth: u64,
    complexity: u64,
    aliases: u64,
    /// Fields of the set itself.
    fields: u64,
}

impl Cost {
    /// Adds a field of `size` items, each of which is `inside`.
    fn add_field(&mut self, size: u64, is_alias: bool, inside: Cost) {
        let each = inside.complexity.saturating_add(1);
        self.depth = self.depth.max(inside.depth.saturating_add(1));
        self.complexity = self.complexity.saturating_add(size.saturating_mul(each));
        self.aliases = self.aliases.saturating_add(inside.aliases).saturating_add(u64::from(is_alias));
        self.fields = self.fields.saturating_add(1);
    }

    /// Adds what a fragment selects.
    fn add_fragment(&mut self, fragment: Cost) {
        self.depth = self.depth.max(fragment.depth);
        self.complexity = self.complexity.saturating_add(fragment.complexity);
        self.aliases = self.aliases.saturating_add(fragment.aliases);
        self.fields = self.fields.saturating_add(fragment.fields);
    }
}

/// How far the measuring of a definition is.
#[derive(Debug, Clone, Copy)]
enum State {
    Unknown,
    /// It spreads one that is being measured.
    Begun,
    Known(Cost),
}

/// A definition that is being measured.
struct Begun<'d, 't> {
    index: usize,
    definition: &'d Definition<'t>,
    /// The event that is looked at next.
    next: usize,
}

struct Measurer<'d, 't> {
    document: &'d Document<'t>,
    /// The place of each fragment among the definitions.
    fragments: BTreeMap<&'t str, usize>,
    /// Of each definition.
    states: Vec<State>,
    /// Of each variable that says how many items there will be.
    variables: BTreeMap<&'t str, Sizes>,
}

/// Measures `document`, whose variables have the values of `values`; `names` are those of sizes.
///
/// # Errors
/// No operation at all, or a fragment that is spread and not there, is there twice, or spreads itself.
pub(super) fn measure(
    document: &Document<'_>,
    values: Option<Node<'_>>,
    names: &[String],
) -> Result<Measures, Fault> {
    let mut fragments = BTreeMap::new();
    for (index, definition) in document.definitions.iter().enumerate() {
        if let What::Fragment(name) = definition.what
            && fragments.insert(name, index).is_some()
        {
            return Err(Fault::Malformed { what: "a second fragment of one name", at: definition.at });
        }
    }
    let states = vec![State::Unknown; document.definitions.len()];
    let variables = variables(document, values, names);
    let mut measurer = Measurer { document, fragments, states, variables };
    let mut measures = Measures {
        directives: document.directives,
        fragments: measurer.fragments.len() as u64,
        has_introspection: document.has_introspection,
        ..Measures::default()
    };
    for (index, definition) in document.definitions.iter().enumerate() {
        let cost = measurer.cost(index)?;
        if let What::Operation(operation) = definition.what {
            measures.depth = measures.depth.max(cost.depth);
            measures.complexity = measures.complexity.max(cost.complexity);
            measures.aliases = measures.aliases.max(cost.aliases);
            measures.root_fields = measures.root_fields.max(cost.fields);
            measures.operations.push(operation);
        }
    }
    if measures.operations.is_empty() {
        return Err(Fault::Malformed { what: "no operation", at: 0 });
    }
    Ok(measures)
}

/// What the variables ask for that may matter: by their values, or else by the largest of their defaults, since each
/// operation may have its own.
fn variables<'t>(
    document: &Document<'t>,
    values: Option<Node<'_>>,
    names: &[String],
) -> BTreeMap<&'t str, Sizes> {
    let mut variables = BTreeMap::new();
    for event in &document.events {
        let Event::SizedBy { variable, .. } = *event else { continue };
        if let Some(value) = values.and_then(|values| values.get(variable)) {
            // Each value is looked through once.
            variables.entry(variable).or_insert_with(|| sizes_of(value, names));
        }
    }
    for (variable, default) in &document.defaults {
        let is_given = values.is_some_and(|values| values.get(variable).is_some());
        if !is_given {
            let known: &mut Sizes = variables.entry(variable).or_default();
            *known = known.or(*default);
        }
    }
    variables
}

/// What a value of JSON asks for. As deep as JSON may be.
fn sizes_of(value: Node<'_>, names: &[String]) -> Sizes {
    match value.kind() {
        Kind::Number => Sizes { own: value.number().map_or(u64::MAX, size_of), inside: 1 },
        // Some servers take digits in quotes for a number.
        Kind::String => {
            let text = value.as_str().unwrap_or_default().trim();
            Sizes { own: if text.parse::<f64>().is_ok() { size_of(text) } else { 1 }, inside: 1 }
        }
        Kind::Array => value.items().fold(Sizes::default(), |sizes, item| sizes.or(sizes_of(item, names))),
        Kind::Object => value.entries().fold(Sizes::default(), |sizes, entry| {
            let member = sizes_of(entry.value, names);
            let is_size = names.iter().any(|name| name == entry.key);
            let inside = if is_size { member.own.max(member.inside) } else { member.inside };
            sizes.or(Sizes { own: 1, inside })
        }),
        Kind::Null | Kind::Bool => Sizes::default(),
    }
}

impl<'d, 't> Measurer<'d, 't> {
    /// The cost of the definition at `index`. What it spreads is measured first, without recursion, since a chain of
    /// fragments may be long.
    fn cost(&mut self, index: usize) -> Result<Cost, Fault> {
        let mut begun: Vec<Begun<'d, 't>> = Vec::new();
        begun.extend(self.begin(index));
        while let Some(last) = begun.last_mut() {
            match self.next_unknown(last)? {
                Some(fragment) => begun.extend(self.begin(fragment)),
                None => {
                    let cost = self.count(last.definition);
                    if let Some(state) = self.states.get_mut(last.index) {
                        *state = State::Known(cost);
                    }
                    begun.pop();
                }
            }
        }
        Ok(self.known(index))
    }

    /// Begins with the definition at `index`, unless that is known.
    fn begin(&mut self, index: usize) -> Option<Begun<'d, 't>> {
        let state = self.states.get_mut(index).filter(|state| matches!(state, State::Unknown))?;
        *state = State::Begun;
        let definition = self.document.definitions.get(index)?;
        Some(Begun { index, definition, next: definition.first })
    }

    /// The next fragment that is spread there and not known yet.
    fn next_unknown(&self, begun: &mut Begun<'_, '_>) -> Result<Option<usize>, Fault> {
        let events = self.document.events.get(begun.next..begun.definition.end).unwrap_or_default();
        for event in events {
            begun.next += 1;
            let Event::Spread { name, at } = *event else { continue };
            let missing = Fault::Malformed { what: "a fragment that is not there is spread", at };
            let index = *self.fragments.get(name).ok_or(missing)?;
            match self.states.get(index) {
                Some(State::Known(_)) => {}
                Some(State::Begun) => {
                    return Err(Fault::Malformed { what: "a fragment spreads itself", at });
                }
                Some(State::Unknown) | None => return Ok(Some(index)),
            }
        }
        Ok(None)
    }

    fn known(&self, index: usize) -> Cost {
        match self.states.get(index) {
            Some(State::Known(cost)) => *cost,
            // Is asked only of what is known; anything else must not be cheap.
            _ => Cost { depth: u64::MAX, complexity: u64::MAX, aliases: u64::MAX, fields: u64::MAX },
        }
    }

    /// Counts a definition of which all fragments are known.
    fn count(&self, definition: &Definition<'_>) -> Cost {
        let mut outside: Vec<(Cost, u64, bool)> = Vec::new();
        let mut here = Cost::default();
        let mut sized_by = 1;
        for event in self.document.events.get(definition.first..definition.end).unwrap_or_default() {
            match *event {
                Event::SizedBy { variable, is_size } => {
                    let sizes = self.variables.get(variable).copied().unwrap_or_default();
                    sized_by = sized_by.max(sizes.inside).max(if is_size { sizes.own } else { 1 });
                }
                Event::Field { size, is_alias, opens } => {
                    let size = size.max(sized_by);
                    sized_by = 1;
                    if opens {
                        outside.push((std::mem::take(&mut here), size, is_alias));
                    } else {
                        here.add_field(size, is_alias, Cost::default());
                    }
                }
                Event::Close => {
                    let inside = here;
                    if let Some((around, size, is_alias)) = outside.pop() {
                        here = around;
                        here.add_field(size, is_alias, inside);
                    }
                }
                Event::Spread { name, .. } => {
                    let index = self.fragments.get(name).copied().unwrap_or(usize::MAX);
                    here.add_fragment(self.known(index));
                }
            }
        }
        here
    }
}
