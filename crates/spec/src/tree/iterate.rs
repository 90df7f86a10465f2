//! Walking the members of an object and the items of an array.

use super::{Kind, Node, Record};

/// A member of an object.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'t> {
    /// Its name, decoded; of a YAML key that is no string, the text.
    pub key: &'t str,
    /// First byte of the name in its text, quotes included, and the one after it.
    pub key_span: (usize, usize),
    /// Its value.
    pub value: Node<'t>,
}

/// The members of an object, in document order.
#[derive(Debug, Clone)]
pub struct Entries<'t> {
    node: Node<'t>,
    next: u32,
    left: u32,
}

/// The items of an array, in order.
#[derive(Debug, Clone)]
pub struct Items<'t> {
    node: Node<'t>,
    next: u32,
    left: u32,
}

impl<'t> Entry<'t> {
    pub(crate) fn key_record(&self) -> Option<&'t Record> {
        self.value.tree.record(self.value.index.checked_sub(1)?)
    }
}

impl<'t> Entries<'t> {
    pub(super) fn new(node: Node<'t>) -> Entries<'t> {
        let record = node.record();
        let left = if record.kind == Kind::Object { record.length } else { 0 };
        Entries { node, next: node.index + 1, left }
    }
}

impl<'t> Iterator for Entries<'t> {
    type Item = Entry<'t>;

    fn next(&mut self) -> Option<Entry<'t>> {
        while self.left > 0 {
            let key = self.node.tree.record(self.next)?;
            let value = self.node.at(self.next + 1);
            self.next = value.index + value.record().size;
            if key.hidden {
                continue;
            }
            self.left -= 1;
            let text = self.node.tree.text(self.node.source, key);
            return Some(Entry { key: text, key_span: (key.start as usize, key.end as usize), value });
        }
        None
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left as usize, Some(self.left as usize))
    }
}

impl<'t> Items<'t> {
    pub(super) fn new(node: Node<'t>) -> Items<'t> {
        let record = node.record();
        let left = if record.kind == Kind::Array { record.length } else { 0 };
        Items { node, next: node.index + 1, left }
    }
}

impl<'t> Iterator for Items<'t> {
    type Item = Node<'t>;

    fn next(&mut self) -> Option<Node<'t>> {
        self.left = self.left.checked_sub(1)?;
        let item = self.node.at(self.next);
        self.next += item.record().size;
        Some(item)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left as usize, Some(self.left as usize))
    }
}

impl ExactSizeIterator for Entries<'_> {}
impl ExactSizeIterator for Items<'_> {}
