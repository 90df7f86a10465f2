//! An arena of JSON-like nodes: one layout for specifications, config files and request bodies.

mod builder;
mod iterate;
mod parents;
mod value;

pub(crate) use builder::Builder;
pub use iterate::{Entries, Entry, Items};
pub(crate) use parents::Parents;

/// What a node is; integers and other numbers are one kind, as in JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Kind {
    /// `null`, or a YAML value that is not there.
    Null,
    /// `true` or `false`.
    Bool,
    /// A number, kept as its text.
    Number,
    /// A string.
    String,
    /// A list of items.
    Array,
    /// Members with unlike names, in document order.
    Object,
}

/// Nodes in document order, each followed by its descendants; a member is its key and then its value.
///
/// It does not own the source: what is spelled there verbatim is read from there, and only decoded text is kept.
#[derive(Debug, Clone, Default)]
pub struct Tree {
    records: Vec<Record>,
    /// Text that is not a slice of the source: decoded escapes, folded lines, normalised numbers.
    decoded: String,
    /// Sorted members of the objects too large for a walk: offsets of key records from their object's record.
    sorted: Vec<u32>,
}

/// One node or member key. Nothing in it is absolute but places in texts, so a subtree is copied as it stands.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Record {
    /// First byte in the source.
    pub(crate) start: u32,
    /// First byte after it.
    pub(crate) end: u32,
    /// Records of the subtree, this one included; while a container is open, the record of its parent.
    pub(crate) size: u32,
    /// Where the text begins in `Tree::decoded`; for an object, where its members begin in `Tree::sorted`.
    pub(crate) place: u32,
    /// Bytes of that text; for a container, its members or items.
    pub(crate) length: u32,
    pub(crate) kind: Kind,
    pub(crate) form: Form,
    /// Set on the key of a member that is not to be seen: a duplicate, a merge key, a member without a value.
    pub(crate) hidden: bool,
}

const _: () = assert!(size_of::<Record>() == 24, "a record is what a large document costs most");

/// Where the text of a scalar stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Form {
    /// It is the span.
    Verbatim,
    /// It is the span without the quotes around it.
    Quoted,
    /// It was decoded.
    Decoded,
}

/// In [`Record::place`] of a container: it has no sorted members.
const NOT_SORTED: u32 = u32::MAX;

/// Objects with more members than this are searched by halving.
const WALKED_MEMBERS_MAX: usize = 16;

impl Record {
    pub(crate) fn new(kind: Kind, form: Form, span: (u32, u32)) -> Record {
        let (start, end) = span;
        Record { start, end, size: 1, place: NOT_SORTED, length: 0, kind, form, hidden: false }
    }
}

impl Tree {
    /// The first node, or `null` where there is none. `source` is the text that the tree was made from.
    pub fn root<'t>(&'t self, source: &'t str) -> Node<'t> {
        self.node(source, 0)
    }

    /// The node with this [`Node::index`].
    pub fn node<'t>(&'t self, source: &'t str, index: u32) -> Node<'t> {
        Node { tree: self, source, index }
    }

    /// Values and member names together.
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// Whether there is no node at all.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    pub(crate) fn record(&self, index: u32) -> Option<&Record> {
        self.records.get(index as usize)
    }

    /// Text of a scalar or key.
    fn text<'t>(&'t self, source: &'t str, record: &Record) -> &'t str {
        let (start, end) = (record.start as usize, record.end as usize);
        let text = match record.form {
            Form::Verbatim => source.get(start..end),
            Form::Quoted => source.get(start + 1..end.saturating_sub(1)),
            Form::Decoded => {
                let place = record.place as usize;
                self.decoded.get(place..place + record.length as usize)
            }
        };
        text.unwrap_or_default()
    }
}

/// A cheap handle on one node.
#[derive(Debug, Clone, Copy)]
pub struct Node<'t> {
    tree: &'t Tree,
    source: &'t str,
    index: u32,
}

impl<'t> Node<'t> {
    /// What it is.
    pub fn kind(self) -> Kind {
        self.record().kind
    }

    /// The string, decoded; of nothing else.
    pub fn as_str(self) -> Option<&'t str> {
        let record = self.record();
        (record.kind == Kind::String).then(|| self.tree.text(self.source, record))
    }

    /// The boolean.
    pub fn as_bool(self) -> Option<bool> {
        let record = self.record();
        (record.kind == Kind::Bool).then(|| self.tree.text(self.source, record).starts_with(['t', 'T']))
    }

    /// The text of a number in JSON's grammar; YAML's other spellings are normalised to it.
    pub fn number(self) -> Option<&'t str> {
        let record = self.record();
        (record.kind == Kind::Number).then(|| self.tree.text(self.source, record))
    }

    /// The number, if it is written as an integer and fits.
    pub fn as_u64(self) -> Option<u64> {
        self.number()?.parse().ok()
    }

    /// The number, if it is written as an integer and fits.
    pub fn as_i64(self) -> Option<i64> {
        self.number()?.parse().ok()
    }

    /// The nearest double; `None` where that would be infinite.
    pub fn as_f64(self) -> Option<f64> {
        self.number()?.parse().ok().filter(|number: &f64| number.is_finite())
    }

    /// The text of a scalar as it is written (`3.0`, `0x10`, `yes`), decoded if it is a string.
    pub fn scalar(self) -> Option<&'t str> {
        let record = self.record();
        match (record.kind, record.form) {
            (Kind::Array | Kind::Object, _) => None,
            // A number that was normalised stands in the source as it was written.
            (Kind::Number, Form::Decoded) => self.source.get(record.start as usize..record.end as usize),
            _ => Some(self.tree.text(self.source, record)),
        }
    }

    /// The value of the member called `key`; of several with one name only the first is kept.
    pub fn get(self, key: &str) -> Option<Node<'t>> {
        let record = self.record();
        if record.kind != Kind::Object {
            return None;
        }
        if record.place == NOT_SORTED {
            return self.entries().find(|entry| entry.key == key).map(|entry| entry.value);
        }
        let place = record.place as usize;
        let members = self.tree.sorted.get(place..place + record.length as usize)?;
        let key_of = |offset: &u32| {
            self.tree.record(self.index + offset).map_or("", |record| self.tree.text(self.source, record))
        };
        let found = members.binary_search_by(|offset| key_of(offset).cmp(key)).ok()?;
        members.get(found).map(|offset| self.at(self.index + offset + 1))
    }

    /// The members in document order; none unless it is an object.
    pub fn entries(self) -> Entries<'t> {
        Entries::new(self)
    }

    /// The items in order; none unless it is an array.
    pub fn items(self) -> Items<'t> {
        Items::new(self)
    }

    /// How many members or items.
    pub fn len(self) -> usize {
        let record = self.record();
        match record.kind {
            Kind::Array | Kind::Object => record.length as usize,
            Kind::Null | Kind::Bool | Kind::Number | Kind::String => 0,
        }
    }

    /// Whether there are no members or items.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// Whether it is an object.
    pub fn is_object(self) -> bool {
        self.kind() == Kind::Object
    }

    /// Whether it is an array.
    pub fn is_array(self) -> bool {
        self.kind() == Kind::Array
    }

    /// Whether it is `null`.
    pub fn is_null(self) -> bool {
        self.kind() == Kind::Null
    }

    /// First byte of the value in its text and the one after it.
    pub fn span(self) -> (usize, usize) {
        let record = self.record();
        (record.start as usize, record.end as usize)
    }

    /// Names the node within its tree.
    pub fn index(self) -> u32 {
        self.index
    }

    /// Whether both handles are on the same node of the same tree.
    pub fn is(self, other: Node<'_>) -> bool {
        std::ptr::eq(self.tree, other.tree) && self.index == other.index
    }

    /// Whether `other` is this node or lies below it.
    pub fn holds(self, other: Node<'_>) -> bool {
        let below = self.index..self.index + self.record().size;
        std::ptr::eq(self.tree, other.tree) && below.contains(&other.index)
    }

    /// How deep arrays and objects nest here: nothing for a scalar.
    pub(crate) fn height(self) -> usize {
        let mut ends: Vec<u32> = Vec::new();
        let mut height = 0;
        for at in self.index..self.index + self.record().size {
            let Some(record) = self.tree.record(at) else { break };
            while ends.last().is_some_and(|end| *end <= at) {
                ends.pop();
            }
            if matches!(record.kind, Kind::Array | Kind::Object) {
                ends.push(at + record.size);
                height = height.max(ends.len());
            }
        }
        height
    }

    pub(crate) fn tree(self) -> &'t Tree {
        self.tree
    }

    pub(crate) fn record(self) -> &'t Record {
        const NOTHING: Record = Record {
            start: 0,
            end: 0,
            size: 1,
            place: NOT_SORTED,
            length: 0,
            kind: Kind::Null,
            form: Form::Verbatim,
            hidden: false,
        };
        self.tree.record(self.index).unwrap_or(&NOTHING)
    }

    fn at(self, index: u32) -> Node<'t> {
        Node { index, ..self }
    }
}
