//! Any edits of any document: what is written parses to what was meant, and no byte beside the patches is another.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Value};
use spec::{Change, Document, Edit, Limits, patched, patches};

/// Between the document and the edits, which are lines of a JSON pointer, a name and a value, with tabs between them; where
/// the name is empty, the value replaces what is there.
const FENCE: &str = "\n======\n";

fuzz_target!(|text: &str| {
    let Some((source, lines)) = text.split_once(FENCE) else { return };
    let limits = Limits { bytes_max: 1 << 16, depth_max: 50, nodes_max: 500, aliases_max: 50 };
    for file in ["a.yaml", "a.json"] {
        let (document, _) = Document::parse(file, source, &limits);
        let (mut edits, mut meant) = (Vec::new(), Some(document.root().to_value()));
        for line in lines.lines().take(8) {
            let mut parts = line.splitn(3, '\t');
            let (Some(pointer), Some(key), Some(text)) = (parts.next(), parts.next(), parts.next()) else {
                continue;
            };
            let Some(node) = document.root().pointer(pointer) else { continue };
            let value = serde_json::from_str(text).unwrap_or_else(|_| Value::from(text));
            meant = meant.and_then(|meant| changed(meant, &document.pointer(node), key, &value));
            let change = if key.is_empty() { Change::Replace(value) } else { Change::Add(key.into(), value) };
            edits.push(Edit { node: node.index(), change });
        }
        let Ok(patches) = patches(&document, &edits) else { continue };
        let written = patched(document.source(), &patches).expect("patches of this text");
        let (read, _) = Document::parse(file, written.as_str(), &Limits::default());
        assert_eq!(Some(read.root().to_value()), meant, "{written}");
        let (mut kept, mut at) = (written.as_str(), 0);
        for patch in &patches {
            let before = &document.source()[at..patch.span.0];
            kept =
                kept.strip_prefix(before).and_then(|kept| kept.strip_prefix(&*patch.text)).expect("in order");
            at = patch.span.1;
        }
        assert_eq!(kept, &document.source()[at..]);
    }
});

/// What is meant by one edit; nothing where what it is about is gone, or no object.
fn changed(mut root: Value, pointer: &str, key: &str, value: &Value) -> Option<Value> {
    let at = root.pointer_mut(pointer)?;
    match key {
        "" => *at = value.clone(),
        key => lacking(at.as_object_mut()?, key, value),
    }
    Some(root)
}

fn lacking(members: &mut Map<String, Value>, key: &str, value: &Value) {
    let known = members.entry(key).or_insert_with(|| value.clone());
    if let (Some(known), Some(more)) = (known.as_object_mut(), value.as_object()) {
        more.iter().for_each(|(key, value)| lacking(known, key, value));
    }
}
