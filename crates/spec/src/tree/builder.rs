//! Making a [`Tree`] in document order, without a stack of its own: an open container keeps its parent.

use super::{Form, Kind, NOT_SORTED, Node, Record, Tree, WALKED_MEMBERS_MAX};

/// No container is open.
const NONE: u32 = u32::MAX;

/// A tree in the making.
#[derive(Debug)]
pub(crate) struct Builder {
    tree: Tree,
    /// The innermost open container.
    open: u32,
    /// How many containers are open.
    depth: usize,
    /// Whether the last record is a key whose value is still to come.
    key_waits: bool,
}

impl Builder {
    /// `source_bytes` is the length of the text, from which the arena's size is guessed.
    pub(crate) fn new(source_bytes: usize) -> Builder {
        let records = Vec::with_capacity(source_bytes / 12 + 4);
        let tree = Tree { records, decoded: String::new(), sorted: Vec::new() };
        Builder { tree, open: NONE, depth: 0, key_waits: false }
    }

    /// How many containers are open.
    pub(crate) fn depth(&self) -> usize {
        self.depth
    }

    /// How many records there are.
    pub(crate) fn len(&self) -> usize {
        self.tree.records.len()
    }

    /// Whether a key waits for its value.
    pub(crate) fn key_waits(&self) -> bool {
        self.key_waits
    }

    /// The kind of the innermost open container.
    pub(crate) fn container(&self) -> Option<Kind> {
        self.tree.record(self.open).map(|record| record.kind)
    }

    /// Whether a container of this kind is open at any depth.
    pub(crate) fn within(&self, kind: Kind) -> bool {
        let mut at = self.open;
        while let Some(record) = self.tree.record(at) {
            if record.kind == kind {
                return true;
            }
            at = record.size;
        }
        false
    }

    /// The record of the innermost open container.
    pub(crate) fn open_index(&self) -> u32 {
        self.open
    }

    /// Members or items of the innermost open container so far.
    pub(crate) fn container_length(&self) -> usize {
        self.tree.record(self.open).map_or(0, |record| record.length as usize)
    }

    /// The tree so far; open containers must not be read.
    pub(crate) fn tree(&self) -> &Tree {
        &self.tree
    }

    /// Starts decoded text; what is pushed to the returned string belongs to the next [`Builder::decoded`].
    pub(crate) fn decoding(&mut self) -> &mut String {
        &mut self.tree.decoded
    }

    /// A record whose text was decoded to everything from byte `place` of [`Builder::decoding`] on.
    pub(crate) fn decoded(&self, kind: Kind, span: (u32, u32), place: usize) -> Record {
        let length = self.tree.decoded.len().saturating_sub(place);
        Record { place: narrow(place), length: narrow(length), ..Record::new(kind, Form::Decoded, span) }
    }

    /// Adds the name of a member to the open object.
    pub(crate) fn key(&mut self, record: Record) {
        self.tree.records.push(Record { kind: Kind::String, ..record });
        self.key_waits = true;
        self.count();
    }

    /// Hides the key that waits, so that its member is not seen; its value is still to be added.
    pub(crate) fn hide_key(&mut self) {
        if let Some(key) = self.tree.records.last_mut().filter(|_| self.key_waits) {
            key.hidden = true;
        }
    }

    /// Adds a scalar.
    pub(crate) fn scalar(&mut self, record: Record) {
        self.value();
        self.tree.records.push(record);
    }

    /// Opens a container.
    pub(crate) fn open(&mut self, kind: Kind, start: u32) {
        self.value();
        let index = narrow(self.tree.records.len());
        self.tree
            .records
            .push(Record { size: self.open, ..Record::new(kind, Form::Verbatim, (start, start)) });
        self.open = index;
        self.depth += 1;
    }

    /// Closes the innermost container and returns the keys that repeat an earlier one, which are hidden.
    pub(crate) fn close(&mut self, end: u32, source: &str) -> Vec<u32> {
        let index = self.open;
        let size = narrow(self.tree.records.len()).saturating_sub(index);
        let mut repeated = Vec::new();
        if let Some(record) = self.tree.records.get_mut(index as usize) {
            self.open = record.size;
            self.depth -= 1;
            record.size = size;
            record.end = end.max(record.start);
            if record.kind == Kind::Object {
                repeated = self.tree.settle(index, source);
            }
        }
        repeated
    }

    /// Copies the finished subtree at `index` to the end, as the next value.
    pub(crate) fn copy(&mut self, index: u32) {
        self.value();
        self.copy_records(index);
    }

    /// Copies the finished member whose key is at `index` to the open object.
    pub(crate) fn copy_member(&mut self, index: u32) {
        if let Some(key) = self.tree.record(index).copied() {
            self.key(key);
            self.copy(index + 1);
        }
    }

    /// A tree that may hold records of `other` as they stand.
    pub(crate) fn over(other: &Tree) -> Builder {
        let records = Vec::with_capacity(other.records.len());
        let tree = Tree { records, decoded: other.decoded.clone(), sorted: other.sorted.clone() };
        Builder { tree, open: NONE, depth: 0, key_waits: false }
    }

    /// Opens a container in the place of `record`.
    pub(crate) fn open_like(&mut self, record: &Record) {
        self.open(record.kind, record.start);
        if let Some(open) = self.tree.records.last_mut() {
            open.end = record.end;
        }
    }

    /// Closes the innermost container where [`Builder::open_like`] said it ends.
    pub(crate) fn close_like(&mut self, source: &str) -> Vec<u32> {
        let end = self.tree.record(self.open).map_or(0, |record| record.end);
        self.close(end, source)
    }

    /// Copies a finished subtree of the tree that this one is made over, or of one joined with it.
    pub(crate) fn copy_from(&mut self, node: Node<'_>) {
        self.value();
        let first = node.index as usize;
        let records = node.tree.records.get(first..first + node.record().size as usize);
        self.tree.records.extend_from_slice(records.unwrap_or_default());
    }

    /// Drops every record from `index` on, which must be below the open container.
    pub(crate) fn truncate(&mut self, index: u32) {
        self.tree.records.truncate(index as usize);
    }

    /// After [`Builder::truncate`] left a key as the last record: its value is still to come.
    pub(crate) fn await_value(&mut self) {
        self.key_waits = true;
    }

    /// The tree; every container must be closed.
    pub(crate) fn finish(mut self) -> Tree {
        if self.tree.records.is_empty() {
            self.tree.records.push(Record::new(Kind::Null, Form::Verbatim, (0, 0)));
        }
        self.tree
    }

    fn copy_records(&mut self, index: u32) {
        let size = self.tree.record(index).map_or(0, |record| record.size) as usize;
        let first = index as usize;
        if let Some(end) = first.checked_add(size).filter(|end| *end <= self.tree.records.len()) {
            self.tree.records.extend_from_within(first..end);
        }
    }

    fn value(&mut self) {
        self.key_waits = false;
        if self.container() == Some(Kind::Array) {
            self.count();
        }
    }

    fn count(&mut self) {
        if let Some(record) = self.tree.records.get_mut(self.open as usize) {
            record.length += 1;
        }
    }
}

impl Tree {
    /// This tree and `other`, whose source was moved by `moved` bytes, over the same texts: records of either may
    /// stand in a tree made over the first.
    pub(crate) fn joined(self, other: &Tree, moved: usize) -> (Tree, Tree) {
        let (decoded_moved, sorted_moved) = (narrow(self.decoded.len()), narrow(self.sorted.len()));
        let mut both = self;
        both.decoded.push_str(&other.decoded);
        both.sorted.extend_from_slice(&other.sorted);
        let moved_record = |record: &Record| {
            let place = match record.kind {
                Kind::Object if record.place != NOT_SORTED => record.place + sorted_moved,
                _ if record.form == Form::Decoded => record.place + decoded_moved,
                _ => record.place,
            };
            Record { start: record.start + narrow(moved), end: record.end + narrow(moved), place, ..*record }
        };
        let records = other.records.iter().map(moved_record).collect();
        let other = Tree { records, decoded: both.decoded.clone(), sorted: both.sorted.clone() };
        (both, other)
    }

    /// Hides repeated members of the closed object at `index`, counts the others, and sorts them if they are many.
    fn settle(&mut self, index: u32, source: &str) -> Vec<u32> {
        let Some(object) = self.record(index) else { return Vec::new() };
        let end = index + object.size;
        let repeated = if object.length as usize <= WALKED_MEMBERS_MAX {
            self.repeated_of_few(index, end, source)
        } else {
            self.sort_members(index, end, source)
        };
        for key in &repeated {
            if let Some(record) = self.records.get_mut(*key as usize) {
                record.hidden = true;
            }
        }
        repeated
    }

    fn repeated_of_few(&mut self, index: u32, end: u32, source: &str) -> Vec<u32> {
        let mut names = [""; WALKED_MEMBERS_MAX];
        let mut count = 0;
        let mut repeated = Vec::new();
        let mut at = index + 1;
        while at < end
            && let Some(key) = self.record(at)
        {
            if !key.hidden {
                let name = self.text(source, key);
                if names.iter().take(count).any(|earlier| *earlier == name) {
                    repeated.push(at);
                } else if let Some(slot) = names.get_mut(count) {
                    *slot = name;
                    count += 1;
                }
            }
            at += 1 + self.record(at + 1).map_or(1, |value| value.size);
        }
        if let Some(object) = self.records.get_mut(index as usize) {
            object.length = narrow(count);
        }
        repeated
    }

    fn sort_members(&mut self, index: u32, end: u32, source: &str) -> Vec<u32> {
        let mut members: Vec<(&str, u32)> = Vec::new();
        let mut at = index + 1;
        while at < end
            && let Some(key) = self.record(at)
        {
            if !key.hidden {
                members.push((self.text(source, key), at - index));
            }
            at += 1 + self.record(at + 1).map_or(1, |value| value.size);
        }
        members.sort_unstable();
        let mut repeated = Vec::new();
        members.dedup_by(|later, earlier| {
            let same = later.0 == earlier.0;
            if same {
                repeated.push(index + later.1);
            }
            same
        });
        repeated.sort_unstable();
        let offsets: Vec<u32> = members.into_iter().map(|(_, offset)| offset).collect();
        let place = narrow(self.sorted.len());
        self.sorted.extend_from_slice(&offsets);
        if let Some(object) = self.records.get_mut(index as usize) {
            object.length = narrow(offsets.len());
            object.place = if place == NOT_SORTED { NOT_SORTED } else { place };
        }
        repeated
    }
}

/// Lengths fit: a source is refused above 2^31 bytes, and no record is made without a byte of it or of a budget.
pub(super) fn narrow(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
