//! Which operations a place of a document matters to: those it stands in, and those that reach it by `$ref`.

use spec::Spot;

use super::{Operation, View};

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

    fn of_one(view: &View<'_>, index: usize) -> Set {
        let mut set = Set::none(view);
        set.insert(index);
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

/// What a `$ref` leads to.
#[derive(Debug)]
struct Target<'l> {
    spot: Spot<'l>,
    /// The target around it.
    around: Option<usize>,
    /// The operations that reach it.
    reached: Set,
    /// What the references inside it lead to.
    leads: Vec<usize>,
}

/// The references of a document, followed from every operation.
#[derive(Debug)]
pub(crate) struct Concerns<'v, 'l> {
    view: &'v View<'l>,
    /// By document and place.
    targets: Vec<Target<'l>>,
}

impl<'v, 'l> Concerns<'v, 'l> {
    pub(crate) fn of(view: &'v View<'l>) -> Concerns<'v, 'l> {
        let references = references(view);
        let mut spots: Vec<Spot<'l>> = references.iter().map(|(_, target)| *target).collect();
        spots.sort_by_key(|spot| spot.key());
        spots.dedup_by_key(|spot| spot.key());
        let mut concerns = Concerns { view, targets: Vec::new() };
        for spot in spots {
            let around = concerns.innermost(spot);
            concerns.targets.push(Target { spot, around, reached: Set::none(view), leads: Vec::new() });
        }
        // Operations that begin to reach a target, then on from there until nothing is new.
        let mut left: Vec<(usize, Set)> = Vec::new();
        for (from, to) in references {
            let Some(index) = concerns.index_of(to) else { continue };
            for around in concerns.chain(from).collect::<Vec<_>>() {
                if let Some(target) = concerns.targets.get_mut(around) {
                    target.leads.push(index);
                }
            }
            left.extend(concerns.standing(from).map(|set| (index, set)));
        }
        while let Some((index, mut set)) = left.pop() {
            let Some(target) = concerns.targets.get_mut(index) else { continue };
            set.take(&target.reached);
            if set.len() > 0 {
                target.reached.add(&set);
                left.extend(target.leads.iter().map(|lead| (*lead, set.clone())));
            }
        }
        concerns
    }

    /// The operations that `spot` matters to; nothing where it belongs to none and is nothing that is shared, and so matters to
    /// the API as a whole.
    pub(crate) fn concerned(&self, spot: Spot<'l>) -> Option<Set> {
        if let Some(set) = self.standing(spot) {
            return Some(set);
        }
        let mut shared = Set::none(self.view);
        let mut chain = self.chain(spot).peekable();
        if chain.peek().is_some() || self.is_shared(spot) {
            chain.filter_map(|index| self.targets.get(index)).for_each(|target| shared.add(&target.reached));
            return Some(shared);
        }
        let scheme = self.view.schemes.iter().find(|scheme| scheme.spot.node.holds(spot.node))?;
        let asks =
            |operation: &Operation<'l>| self.view.needs_of(operation).any(|need| need.scheme == scheme.name);
        Some(Set::of(self.view, |index| self.view.operations.get(index).is_some_and(asks)))
    }

    /// The operation that `spot` stands in, or those of its path.
    fn standing(&self, spot: Spot<'l>) -> Option<Set> {
        let operations = &self.view.operations;
        if let Some(around) = self.view.operation_around(spot) {
            return Some(Set::of_one(
                self.view,
                operations.iter().position(|one| one.spot.key() == around.spot.key())?,
            ));
        }
        let of_path = Set::of(self.view, |index| {
            operations.get(index).is_some_and(|one| one.item.node.holds(spot.node))
        });
        (of_path.len() > 0).then_some(of_path)
    }

    /// Whether `spot` is among what is declared to be shared, and so matters only to those that refer to it.
    fn is_shared(&self, spot: Spot<'l>) -> bool {
        let root = self.view.root;
        let components = root.members_of("components").filter(|(key, _)| *key != "securitySchemes");
        let of_swagger =
            ["definitions", "parameters", "responses"].into_iter().filter_map(|key| root.get(key));
        spot.document != root.document
            || components.map(|(_, held)| held).chain(of_swagger).any(|held| held.node.holds(spot.node))
    }

    /// The targets around `spot`, from within.
    fn chain(&self, spot: Spot<'l>) -> impl Iterator<Item = usize> {
        let around = |index: &usize| self.targets.get(*index)?.around;
        std::iter::successors(self.innermost(spot), around)
    }

    /// The innermost target that holds `spot`, among those that stand before it.
    fn innermost(&self, spot: Spot<'l>) -> Option<usize> {
        let before = self.targets.partition_point(|target| target.spot.key() <= spot.key());
        let holds =
            |index: &usize| self.targets.get(*index).is_some_and(|target| target.spot.node.holds(spot.node));
        let around = |index: &usize| self.targets.get(*index)?.around;
        std::iter::successors(before.checked_sub(1), around).find(holds)
    }

    fn index_of(&self, spot: Spot<'l>) -> Option<usize> {
        self.targets.binary_search_by_key(&spot.key(), |target| target.spot.key()).ok()
    }
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
