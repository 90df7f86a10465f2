//! What JSON looked like: the shape of all values that were seen at one place, in bounded memory and without keeping them.

mod class;
mod schema;
mod strings;
#[cfg(test)]
mod tests;

use spec::{JsonLimits, Node, parse_json};

pub use class::{Evidence, classes, classes_of_name};
pub use schema::{Field, fields, schema};
pub use strings::{Format, Strings};

/// Shapes that are kept of the bodies of one operation in one direction; what comes beside them is not looked into.
const SHAPES_MAX: u32 = 4096;

/// Arrays and objects inside each other that are looked into.
const DEPTH_MAX: usize = 24;

/// Names that are kept of one object. Where there are more, they are values, as where orders stand under their numbers.
const NAMES_MAX: usize = 128;

/// Longest name that is kept, in bytes.
const NAME_BYTES_MAX: usize = 96;

/// Items of one array that are looked into.
const ITEMS_MAX: usize = 64;

/// Bodies of one operation in one direction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bodies {
    /// All that were read as JSON.
    pub shape: Shape,
    /// Those that said to be JSON and were none, or were too large.
    pub unread: u64,
    /// Shapes that may still be added.
    left: u32,
}

impl Default for Bodies {
    fn default() -> Bodies {
        Bodies { shape: Shape::default(), unread: 0, left: SHAPES_MAX }
    }
}

/// All values that were seen at one place.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Shape {
    /// How many there were.
    pub count: u64,
    /// How many of them were `null`.
    pub nulls: u64,
    /// How many were `true` or `false`.
    pub booleans: u64,
    /// The numbers.
    pub numbers: Numbers,
    /// The strings; absent where there were none.
    pub strings: Option<Box<Strings>>,
    /// The arrays; absent where there were none.
    pub arrays: Option<Box<Arrays>>,
    /// The objects; absent where there were none.
    pub objects: Option<Box<Objects>>,
}

/// Numbers at one place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Numbers {
    /// How many there were.
    pub count: u64,
    /// How many had a fraction or an exponent.
    pub fractions: u64,
    /// Whether any was below zero.
    pub has_negative: bool,
    /// Digits of the longest, before the point.
    pub digits_max: u32,
}

/// Arrays at one place.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Arrays {
    /// How many there were.
    pub count: u64,
    /// Items of the longest.
    pub items_max: u64,
    /// Their items.
    pub item: Shape,
}

/// Objects at one place.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Objects {
    /// How many there were.
    pub count: u64,
    /// Their members, in the order of the names; empty where the names are values.
    pub members: Vec<(Box<str>, Shape)>,
    /// The members together, where their names are values.
    pub any: Option<Shape>,
}

impl Bodies {
    /// Takes in a body that says to be JSON. As many shapes are added as there is `room` for, which those take up.
    pub fn learn(&mut self, body: &[u8], room: &mut u32) {
        match parse_json(body, &JsonLimits::default()) {
            Ok(json) => {
                let most = self.left.min(*room);
                let is_first = self.shape.count == 0;
                let Some(mut left) = most.checked_sub(u32::from(is_first)) else { return };
                self.shape.learn(json.root(), DEPTH_MAX, &mut left);
                self.left = (self.left - most).saturating_add(left);
                *room = (*room - most).saturating_add(left);
            }
            Err(_) => self.unread += 1,
        }
    }

    /// How many shapes there are, or a few more.
    pub(crate) fn shapes(&self) -> u32 {
        SHAPES_MAX.saturating_sub(self.left)
    }

    /// Takes in all of `other`.
    pub fn merge(&mut self, other: Bodies) {
        let is_first = self.shape.count == 0 && other.shape.count > 0;
        self.left = self.left.saturating_sub(u32::from(is_first));
        self.shape.merge(other.shape, &mut self.left);
        self.unread += other.unread;
    }
}

impl Shape {
    /// Takes in `value`, and what is in it as far as there is room.
    fn learn(&mut self, value: Node<'_>, depth: usize, left: &mut u32) {
        self.count += 1;
        if value.is_null() {
            self.nulls += 1;
        } else if value.as_bool().is_some() {
            self.booleans += 1;
        } else if let Some(text) = value.as_str() {
            self.strings.get_or_insert_default().learn(text);
        } else if let Some(text) = value.number() {
            self.numbers.learn(text);
        } else if value.is_array() {
            let arrays = self.arrays.get_or_insert_default();
            arrays.count += 1;
            arrays.items_max = arrays.items_max.max(value.len() as u64);
            let is_first = arrays.item.count == 0 && !value.is_empty();
            if depth > 0
                && let Some(rest) = left.checked_sub(u32::from(is_first))
            {
                *left = rest;
                value.items().take(ITEMS_MAX).for_each(|item| arrays.item.learn(item, depth - 1, left));
            }
        } else if depth > 0 {
            self.objects.get_or_insert_default().learn(value, depth - 1, left);
        }
    }

    fn merge(&mut self, other: Shape, left: &mut u32) {
        self.count += other.count;
        self.nulls += other.nulls;
        self.booleans += other.booleans;
        self.numbers.merge(other.numbers);
        if let Some(more) = other.strings {
            match &mut self.strings {
                Some(known) => known.merge(*more),
                None => self.strings = Some(more),
            }
        }
        if let Some(more) = other.arrays {
            let known = self.arrays.get_or_insert_default();
            known.count += more.count;
            known.items_max = known.items_max.max(more.items_max);
            *left = left.saturating_sub(u32::from(known.item.count == 0 && more.item.count > 0));
            known.item.merge(more.item, left);
        }
        if let Some(more) = other.objects {
            self.objects.get_or_insert_default().merge(*more, left);
        }
    }
}

impl Numbers {
    fn learn(&mut self, text: &str) {
        self.count += 1;
        self.fractions += u64::from(text.contains(['.', 'e', 'E']));
        self.has_negative |= text.starts_with('-');
        let digits = text.trim_start_matches('-').bytes().take_while(u8::is_ascii_digit).count();
        self.digits_max = self.digits_max.max(u32::try_from(digits).unwrap_or(u32::MAX));
    }

    fn merge(&mut self, other: Numbers) {
        self.count += other.count;
        self.fractions += other.fractions;
        self.has_negative |= other.has_negative;
        self.digits_max = self.digits_max.max(other.digits_max);
    }
}

impl Objects {
    fn learn(&mut self, object: Node<'_>, depth: usize, left: &mut u32) {
        self.count += 1;
        for member in object.entries() {
            if let Some(shape) = self.member(member.key, left) {
                shape.learn(member.value, depth, left);
            }
        }
    }

    fn merge(&mut self, other: Objects, left: &mut u32) {
        self.count += other.count;
        for (name, shape) in other.members {
            if let Some(known) = self.member(&name, left) {
                known.merge(shape, left);
            }
        }
        if let Some(shape) = other.any {
            self.fold(left).merge(shape, left);
        }
    }

    /// Where members called `name` are counted, if there is room for that.
    fn member(&mut self, name: &str, left: &mut u32) -> Option<&mut Shape> {
        if self.any.is_none()
            && self.members.len() >= NAMES_MAX
            && self.members.binary_search_by(|(known, _)| (**known).cmp(name)).is_err()
        {
            self.fold(left);
        }
        if self.any.is_some() {
            return self.any.as_mut();
        }
        let at = match self.members.binary_search_by(|(known, _)| (**known).cmp(name)) {
            Ok(at) => at,
            Err(_) if *left == 0 || name.len() > NAME_BYTES_MAX => return None,
            Err(at) => {
                *left -= 1;
                self.members.insert(at, (name.into(), Shape::default()));
                at
            }
        };
        self.members.get_mut(at).map(|(_, shape)| shape)
    }

    /// Takes the names for values from now on.
    fn fold(&mut self, left: &mut u32) -> &mut Shape {
        let members = std::mem::take(&mut self.members);
        let any = self.any.get_or_insert_default();
        *left = left.saturating_add(u32::try_from(members.len()).unwrap_or(0));
        for (_, shape) in members {
            any.merge(shape, left);
        }
        any
    }

    /// The members together, where their names are values: there are many, or each is a number, an id or an address.
    pub fn values(&self) -> Option<Shape> {
        let is_value = |name: &str| crate::kind::Kind::of(name).is_some();
        if self.any.is_none()
            && (self.members.len() < 2 || !self.members.iter().all(|(name, _)| is_value(name)))
        {
            return None;
        }
        let mut together = self.any.clone().unwrap_or_default();
        let mut left = SHAPES_MAX;
        for (_, shape) in &self.members {
            together.merge(shape.clone(), &mut left);
        }
        Some(together)
    }
}
