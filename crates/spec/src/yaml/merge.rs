//! Merge keys: `<<: *base` adds the members of `base` that the mapping does not have itself.

use std::collections::HashSet;

use super::Reader;
use crate::document::Fault;

impl Reader<'_> {
    /// The key `<<` was just added; what follows is no member, and is merged when the mapping ends.
    pub(super) fn merge_key(&mut self) {
        self.builder.hide_key();
        if let (Some(opened), Some(key)) = (self.opened.last_mut(), self.builder.len().checked_sub(1)) {
            opened.merges.push(u32::try_from(key).unwrap_or(u32::MAX));
        }
    }

    /// Adds to the open mapping the members that its merge keys, the records `keys`, stand for.
    ///
    /// What the mapping has itself comes first, then what was merged earlier.
    pub(super) fn merge(&mut self, keys: &[u32]) {
        let object = self.builder.open_index();
        let mut names: HashSet<String> = self.members(object).into_iter().map(|member| member.0).collect();
        for key in keys {
            for source in self.merge_sources(*key) {
                for (name, value, span) in self.members(source) {
                    if !names.contains(&name) && self.expands(value, span) {
                        self.builder.copy_member(value - 1);
                        names.insert(name);
                    }
                }
            }
        }
    }

    /// Names, values and places of the members of an object.
    fn members(&self, object: u32) -> Vec<(String, u32, (usize, usize))> {
        let node = self.builder.tree().node(self.source, object);
        node.entries().map(|entry| (entry.key.to_owned(), entry.value.index(), entry.key_span)).collect()
    }

    /// The mappings that the merge key at `key` names.
    fn merge_sources(&mut self, key: u32) -> Vec<u32> {
        let value = self.builder.tree().node(self.source, key + 1);
        let sources: Vec<_> = if value.is_array() { value.items().collect() } else { vec![value] };
        if sources.iter().all(|source| source.is_object()) {
            return sources.iter().map(|source| source.index()).collect();
        }
        let span = value.span();
        self.fault(Fault::error(span, "`<<` merges a mapping or a list of mappings"));
        Vec::new()
    }
}
