//! What each node stands in, so that the way from the root to a node is not searched again for each of thousands.

use super::value::push_token;
use super::{Entry, Kind, Node, Tree};

/// For each record that of the container it stands in; for the key of a member, that of its value.
#[derive(Debug, Clone)]
pub(crate) struct Parents(Vec<u32>);

/// A container that is being walked.
struct Open {
    index: u32,
    /// The record after its last.
    end: u32,
    /// Where its next key is expected; nowhere in an array.
    key: Option<u32>,
}

impl Parents {
    /// Looks through the whole of `tree`.
    pub(crate) fn of(tree: &Tree) -> Parents {
        let mut parents = Vec::with_capacity(tree.records.len());
        let mut open: Vec<Open> = Vec::new();
        for (index, record) in (0_u32..).zip(&tree.records) {
            while open.last().is_some_and(|container| container.end <= index) {
                open.pop();
            }
            match open.last_mut() {
                Some(container) if container.key == Some(index) => {
                    let value = tree.record(index + 1).map_or(1, |value| value.size);
                    container.key = Some(index + 1 + value);
                    parents.push(index + 1);
                    continue;
                }
                around => parents.push(around.map_or(index, |container| container.index)),
            }
            if matches!(record.kind, Kind::Array | Kind::Object) {
                let key = (record.kind == Kind::Object).then_some(index + 1);
                open.push(Open { index, end: index + record.size, key });
            }
        }
        Parents(parents)
    }

    /// The nodes on the way from the root, which is left out, to `node` itself; of the key of a member, to its value. Where that
    /// leads through a member that is not seen it ends before it.
    pub(crate) fn path<'t>(&self, node: Node<'t>) -> Vec<Node<'t>> {
        let mut path = Vec::new();
        let mut at = node;
        while let Some(around) = self.around(at.index) {
            let container = at.at(around);
            if around < at.index {
                path.push(at);
                if container.kind() == Kind::Object && at.key().is_none() {
                    path.clear();
                }
            }
            at = container;
        }
        path.reverse();
        path
    }

    /// The JSON pointer (RFC 6901) of a node; of the key of a member, that of its value.
    pub(crate) fn pointer(&self, node: Node<'_>) -> String {
        let mut pointer = String::new();
        let mut container = node.at(0);
        for below in self.path(node) {
            match below.key().filter(|_| container.kind() == Kind::Object) {
                Some(key) => push_token(&mut pointer, key),
                None => {
                    let number = container.items().position(|item| item.index == below.index);
                    push_token(&mut pointer, &number.unwrap_or_default().to_string());
                }
            }
            container = below;
        }
        pointer
    }

    /// The member whose value is `node`; nothing for an item, a key or the root.
    pub(crate) fn entry<'t>(&self, node: Node<'t>) -> Option<Entry<'t>> {
        let around = self.around(node.index).filter(|around| *around < node.index)?;
        let is_member = node.at(around).kind() == Kind::Object;
        let key = node.tree.record(node.index.checked_sub(1)?).filter(|_| is_member)?;
        let key_span = (key.start as usize, key.end as usize);
        Some(Entry { key: node.key()?, key_span, value: node })
    }

    /// The container that the node `index` stands in, or the value of which it is the key; nothing for the root.
    fn around(&self, index: u32) -> Option<u32> {
        self.0.get(index as usize).copied().filter(|around| *around != index)
    }
}

impl<'t> Node<'t> {
    /// The key before the value of a member that is seen.
    fn key(self) -> Option<&'t str> {
        let key = self.tree.record(self.index.checked_sub(1)?)?;
        (!key.hidden).then(|| self.tree.text(self.source, key))
    }
}
