//! The form of a JSONPath query (RFC 9535), parsed.

use regex::Regex;

/// A query from the root.
#[derive(Debug)]
pub(super) struct Path {
    pub(super) segments: Vec<Segment>,
}

/// A step from nodes to nodes.
#[derive(Debug)]
pub(super) struct Segment {
    /// Whether it starts at every descendant rather than at the node alone.
    pub(super) is_descendant: bool,
    pub(super) selectors: Vec<Selector>,
}

/// Which children of a node.
#[derive(Debug)]
pub(super) enum Selector {
    Name(String),
    Wildcard,
    Index(i64),
    Slice { start: Option<i64>, end: Option<i64>, step: i64 },
    Filter(Test),
}

/// What a filter asks of a child.
#[derive(Debug)]
pub(super) enum Test {
    Any(Vec<Test>),
    All(Vec<Test>),
    Not(Box<Test>),
    Exists(Query),
    Compare(Operand, Comparison, Operand),
    Matches(Operand, Regex),
}

/// A query inside a filter.
#[derive(Debug)]
pub(super) struct Query {
    /// Whether it starts at the child in question (`@`) rather than at the root (`$`).
    pub(super) is_relative: bool,
    pub(super) path: Path,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// One side of a comparison.
#[derive(Debug)]
pub(super) enum Operand {
    Null,
    Bool(bool),
    Number(f64),
    Text(String),
    /// The value of the one node that the query selects; nothing if there is none or several.
    Value(Query),
    Length(Box<Operand>),
    Count(Query),
}

impl Path {
    /// Whether it selects one node at most.
    pub(super) fn is_singular(&self) -> bool {
        self.segments.iter().all(|segment| {
            !segment.is_descendant
                && matches!(segment.selectors.as_slice(), [Selector::Name(_) | Selector::Index(_)])
        })
    }
}
