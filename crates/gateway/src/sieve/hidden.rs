//! What one caller may not see of an answer, by JSON pointer or by name.

use std::sync::Arc;

use smallvec::SmallVec;

use super::{Fate, Rule};

/// Hides a property from those who have none of its scopes.
#[derive(Debug)]
pub struct Hiding {
    /// Which property.
    pub target: Target,
    /// Scopes any of which may see it.
    pub scopes: Vec<String>,
    /// What becomes of it for others.
    pub fate: Fate,
}

/// Which property.
#[derive(Debug)]
pub enum Target {
    /// What the segments of a pointer lead to.
    Path(Vec<Segment>),
    /// Every member of the name.
    Name(String),
}

/// One step of a pointer.
#[derive(Debug)]
pub enum Segment {
    /// `*`: any member or item.
    Any,
    /// The member of the name, or the item of the number.
    Named(String),
}

/// The rules that hide something from one caller.
#[derive(Debug)]
pub struct Hidden {
    rules: Arc<[Hiding]>,
    /// The places of those that do.
    in_force: SmallVec<[u16; 8]>,
}

/// Rules whose pointer led here, by place and by how many of its segments did.
type Reached = SmallVec<[(u16, u16); 8]>;

impl Target {
    /// What `pointer` leads to (RFC 6901 section 4).
    pub fn at(pointer: &str) -> Target {
        let segment = |text: &str| match text {
            "*" => Segment::Any,
            text => Segment::Named(text.replace("~1", "/").replace("~0", "~")),
        };
        Target::Path(pointer.split('/').skip(1).map(segment).collect())
    }
}

impl Segment {
    fn matches(&self, name: &str) -> bool {
        match self {
            Segment::Any => true,
            Segment::Named(own) => own == name,
        }
    }
}

impl Hidden {
    /// What `rules` hide from a caller who has the scopes that `has_scope` says; nothing if they hide nothing.
    pub fn from(rules: &Arc<[Hiding]>, has_scope: impl Fn(&str) -> bool) -> Option<Hidden> {
        let hides = |rule: &Hiding| !rule.scopes.iter().any(|scope| has_scope(scope));
        let in_force: SmallVec<[u16; 8]> =
            (0_u16..).zip(rules.iter()).filter(|(_, rule)| hides(rule)).map(|(place, _)| place).collect();
        if in_force.is_empty() { None } else { Some(Hidden { rules: Arc::clone(rules), in_force }) }
    }

    fn rule(&self, place: u16) -> Option<&Hiding> {
        self.rules.get(usize::from(place))
    }

    /// What becomes of a value that is reached by `matches`; rules by name are asked with `name`.
    fn step(
        &self,
        state: &Reached,
        matches: impl Fn(&Segment) -> bool,
        name: Option<&str>,
    ) -> (Fate, Option<Reached>) {
        let mut fate = Fate::Keep;
        let mut inside = Reached::new();
        for (place, depth) in state {
            let Some(Hiding { target: Target::Path(path), fate: own, .. }) = self.rule(*place) else {
                continue;
            };
            let depth = usize::from(*depth);
            if !path.get(depth).is_some_and(&matches) {
                continue;
            }
            if depth + 1 == path.len() {
                fate = stricter(fate, *own);
            } else {
                inside.push((*place, u16::try_from(depth + 1).unwrap_or(u16::MAX)));
            }
        }
        let mut names = false;
        for rule in self.in_force.iter().filter_map(|&place| self.rule(place)) {
            if let Target::Name(own) = &rule.target {
                names = true;
                if name == Some(own) {
                    fate = stricter(fate, rule.fate);
                }
            }
        }
        (fate, (names || !inside.is_empty()).then_some(inside))
    }
}

fn stricter(one: Fate, other: Fate) -> Fate {
    match (one, other) {
        (Fate::Remove, _) | (_, Fate::Remove) => Fate::Remove,
        (Fate::Mask, _) | (_, Fate::Mask) => Fate::Mask,
        (Fate::Keep, Fate::Keep) => Fate::Keep,
    }
}

impl Rule for Hidden {
    type State = Reached;

    fn root(&self) -> Option<Reached> {
        Some(self.in_force.iter().map(|&place| (place, 0)).collect())
    }

    fn member(&self, state: &Reached, name: &str) -> (Fate, Option<Reached>) {
        self.step(state, |segment| segment.matches(name), Some(name))
    }

    fn item(&self, state: &Reached, index: usize) -> (Fate, Option<Reached>) {
        let matches = |segment: &Segment| match segment {
            Segment::Any => true,
            Segment::Named(own) => own.parse() == Ok(index),
        };
        self.step(state, matches, None)
    }
}
