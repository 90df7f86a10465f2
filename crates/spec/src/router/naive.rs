//! The slow, obviously right router that the fast one must never disagree with.

use std::cmp::Reverse;

use super::template::{Part, Template};

/// The first difference decides: literal text before a value, a longer value before a shorter one, and a
/// value that ends the path last of all.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    Literal,
    ValueBeforeLiteral(Reverse<usize>),
    ValueAtEnd,
}

/// The index of the best template for `path` and the captured values.
pub(super) fn find<'p>(templates: &[Template], path: &'p str) -> Option<(usize, Vec<&'p str>)> {
    let mut best: Option<(Vec<Step>, usize, Vec<&str>)> = None;
    for (index, template) in templates.iter().enumerate() {
        for (steps, values) in readings(&template.parts, path) {
            if best.as_ref().is_none_or(|(champion, _, _)| steps < *champion) {
                best = Some((steps, index, values));
            }
        }
    }
    best.map(|(_, index, values)| (index, values))
}

/// Every way in which `parts` can be read into all of `path`.
fn readings<'p>(parts: &[Part], path: &'p str) -> Vec<(Vec<Step>, Vec<&'p str>)> {
    let Some((part, later)) = parts.split_first() else {
        return if path.is_empty() { vec![(Vec::new(), Vec::new())] } else { Vec::new() };
    };
    match part {
        Part::Literal(text) => {
            let Some(rest) = path.strip_prefix(text.as_str()) else { return Vec::new() };
            let mut found = readings(later, rest);
            for (steps, _) in &mut found {
                steps.splice(0..0, text.bytes().map(|_| Step::Literal));
            }
            found
        }
        Part::Parameter(_) => {
            let segment = path.split('/').next().unwrap_or_default();
            let mut found = Vec::new();
            for end in 1..=segment.len() {
                let (value, rest) = path.split_at(end);
                let step =
                    if later.is_empty() { Step::ValueAtEnd } else { Step::ValueBeforeLiteral(Reverse(end)) };
                for (mut steps, mut values) in readings(later, rest) {
                    let step = match &step {
                        Step::ValueBeforeLiteral(end) => Step::ValueBeforeLiteral(*end),
                        _ => Step::ValueAtEnd,
                    };
                    steps.insert(0, step);
                    values.insert(0, value);
                    found.push((steps, values));
                }
            }
            found
        }
    }
}
