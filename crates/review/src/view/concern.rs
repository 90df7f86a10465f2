//! Which operations a place of a document matters to: those it stands in, and those that reach it by `$ref`.

use spec::Spot;

use super::nest::Nest;
use super::{Operation, Scheme, View};

/// A set of operations, by their place in [`View::operations`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Set(Vec<u64>);

impl Set {
    pub(crate) fn none(view: &View<'_>) -> Set {
        Set(vec![0; view.operations.len().div_ceil(64)])
    }

    pub(crate) fn of(view: &View<'_>, is_in: impl Fn(usize) -> bool) -> Set {
        let mut set = Set::none(view);
        (0..view.operations.len()).filter(|index| is_in(*index)).for_each(|index| set.insert(index));
        set
    }

    fn insert(&mut self, index: usize) {
        if let Some(word) = self.0.get_mut(index / 64) {
            *word |= 1 << (index % 64);
        }
    }

    pub(crate) fn add(&mut self, other: &Set) {
        self.0.iter_mut().zip(&other.0).for_each(|(word, more)| *word |= more);
    }

    pub(crate) fn take(&mut self, other: &Set) {
        self.0.iter_mut().zip(&other.0).for_each(|(word, less)| *word &= !less);
    }

    pub(crate) fn len(&self) -> usize {
        self.0.iter().map(|word| word.count_ones() as usize).sum()
    }
}

/// The references of a document, followed from every operation.
#[derive(Debug)]
pub(crate) struct Concerns<'v, 'l> {
    view: &'v View<'l>,
    /// What is declared to be shared, and so matters only to those that refer to it.
    shared: Vec<Spot<'l>>,
    /// The items of paths, and the operations of each and of those around it.
    items: Nest<'l>,
    of_items: Vec<Set>,
    /// What references lead to, and the operations that reach it or what is around it.
    targets: Nest<'l>,
    reached: Vec<Set>,
}

impl<'v, 'l> Concerns<'v, 'l> {
    pub(crate) fn of(view: &'v View<'l>) -> Concerns<'v, 'l> {
        let references = references(view);
        let items = Nest::of(view.operations.iter().map(|operation| operation.item).collect());
        let mut of_items = vec![Set::none(view); items.spots.len()];
        for (index, operation) in view.operations.iter().enumerate() {
            let set = items.number_of(operation.item).and_then(|number| of_items.get_mut(number));
            set.into_iter().for_each(|set| set.insert(index));
        }
        add_outer(&items, &mut of_items);
        let mut concerns = Concerns {
            view,
            shared: declared_shared(view),
            items,
            of_items,
            targets: Nest::of(references.iter().map(|(_, target)| *target).collect()),
            reached: Vec::new(),
        };
        concerns.reached = concerns.followed(references);
        add_outer(&concerns.targets, &mut concerns.reached);
        concerns
    }

    /// The operations that begin to reach each target, then on from there until nothing is new.
    fn followed(&self, references: Vec<(Spot<'l>, Spot<'l>)>) -> Vec<Set> {
        let count = self.targets.spots.len();
        let mut leads: Vec<Vec<usize>> = vec![Vec::new(); count];
        let (mut reached, mut fresh) = (vec![Set::none(self.view); count], vec![Set::none(self.view); count]);
        for (from, to) in references {
            let Some(target) = self.targets.number_of(to) else { continue };
            for around in self.targets.around(from) {
                leads.get_mut(around).into_iter().for_each(|leads| leads.push(target));
            }
            fresh.get_mut(target).into_iter().for_each(|set| _ = self.add_standing(from, set));
        }
        let mut left: Vec<usize> = (0..count).collect();
        while let Some(target) = left.pop() {
            let (Some(known), Some(new)) = (reached.get_mut(target), fresh.get_mut(target)) else { continue };
            new.take(known);
            if new.len() == 0 {
                continue;
            }
            known.add(new);
            let new = std::mem::replace(new, Set::none(self.view));
            for lead in leads.get(target).into_iter().flatten() {
                fresh.get_mut(*lead).into_iter().for_each(|set| set.add(&new));
                left.push(*lead);
            }
        }
        reached
    }

    /// Adds the operations that `spot` matters to to `set`. Says that there are none where it belongs to no operation and is
    /// nothing that is shared, and so matters to the API as a whole.
    pub(crate) fn add(&self, spot: Spot<'l>, set: &mut Set) -> bool {
        if self.add_standing(spot, set) {
            return true;
        }
        if let Some(target) = self.targets.around(spot).next() {
            self.reached.get(target).into_iter().for_each(|reached| set.add(reached));
            return true;
        }
        if self.is_shared(spot) {
            return true;
        }
        let holds = |scheme: &&Scheme<'l>| scheme.spot.node.holds(spot.node);
        let Some(scheme) = self.view.schemes.iter().find(holds) else { return false };
        let asks =
            |operation: &Operation<'l>| self.view.needs_of(operation).any(|need| need.scheme == scheme.name);
        let operations = self.view.operations.iter().enumerate();
        operations.filter(|(_, operation)| asks(operation)).for_each(|(index, _)| set.insert(index));
        true
    }

    /// Adds the operations that `spot` stands in, or those of its path; says whether there are any.
    fn add_standing(&self, spot: Spot<'l>, set: &mut Set) -> bool {
        let mut around = self.view.operations_around(spot).peekable();
        if around.peek().is_some() {
            around.for_each(|index| set.insert(index));
            return true;
        }
        let of_item = self.items.around(spot).next().and_then(|item| self.of_items.get(item));
        of_item.into_iter().for_each(|of_item| set.add(of_item));
        of_item.is_some()
    }

    fn is_shared(&self, spot: Spot<'l>) -> bool {
        spot.document != self.view.root.document || self.shared.iter().any(|held| held.node.holds(spot.node))
    }
}

/// Adds to the set of each place those of the places around it.
fn add_outer(nest: &Nest<'_>, sets: &mut [Set]) {
    for (number, (_, around)) in nest.spots.iter().enumerate() {
        let outer = around.and_then(|around| sets.get(around).cloned());
        let inner = sets.get_mut(number);
        inner.into_iter().zip(outer).for_each(|(inner, outer)| inner.add(&outer));
    }
}

fn declared_shared<'l>(view: &View<'l>) -> Vec<Spot<'l>> {
    let components = view.root.members_of("components").filter(|(key, _)| *key != "securitySchemes");
    let of_swagger =
        ["definitions", "parameters", "responses"].into_iter().filter_map(|key| view.root.get(key));
    components.map(|(_, held)| held).chain(of_swagger).collect()
}

/// Every `$ref` that leads somewhere: where it stands, and where it leads.
fn references<'l>(view: &View<'l>) -> Vec<(Spot<'l>, Spot<'l>)> {
    let numbered = (0_u32..).zip(view.library.documents());
    let mut left: Vec<Spot<'l>> =
        numbered.map(|(document, found)| Spot { document, node: found.root() }).collect();
    let mut found = Vec::new();
    while let Some(spot) = left.pop() {
        let is_reference = spot.text("$ref").is_some();
        let target = is_reference.then(|| view.library.follow(spot.document, spot.node).ok()).flatten();
        found.extend(target.map(|(document, node)| (spot, Spot { document, node })));
        left.extend(spot.items().chain(spot.members().map(|(_, value)| value)));
    }
    found
}
