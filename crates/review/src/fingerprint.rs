//! What makes a finding the same in another version of its document.

use spec::{Document, Node};

/// 32 hexadecimal digits over `rule` and the stable form of `pointer`, which is that of `node`: no line, no column, and no
/// number of an item that has a name.
pub(crate) fn of(rule: &str, document: &Document, node: Node<'_>, pointer: &str) -> String {
    let mut hash = Fnv::new();
    hash.add(rule);
    let mut at = document.root();
    for (token, below) in pointer.split('/').skip(1).zip(document.path(node)) {
        match name_of(below).filter(|_| at.is_array()) {
            Some((name, place)) => {
                hash.add(name);
                hash.add(place);
            }
            None => hash.add(token),
        }
        at = below;
    }
    format!("{:032x}", hash.0)
}

/// What an item is called, where its place in the list means nothing: a parameter, a tag or a server.
fn name_of(item: Node<'_>) -> Option<(&str, &str)> {
    let text = |key: &str| item.get(key).and_then(Node::as_str);
    let name = text("name").or_else(|| text("url")).or_else(|| text("$ref"))?;
    Some((name, text("in").unwrap_or_default()))
}

/// FNV-1a of 128 bits.
struct Fnv(u128);

impl Fnv {
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;

    fn new() -> Fnv {
        Fnv(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d)
    }

    /// Adds `text` and its end.
    fn add(&mut self, text: &str) {
        for byte in text.bytes().chain([0]) {
            self.0 = (self.0 ^ u128::from(byte)).wrapping_mul(Fnv::PRIME);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn print(text: &str, pointer: &str) -> String {
        let (document, _) = Document::parse("a.yaml", text, &spec::Limits::default());
        of("rule", &document, document.root().pointer(pointer).unwrap(), pointer)
    }

    #[test]
    fn lines_and_order_do_not_matter_and_names_do() {
        let one = print("parameters: [{name: a, in: query}, {name: b, in: query}]", "/parameters/1");
        assert_eq!(one, print("x: 1\nparameters:\n- {in: query, name: b}\n", "/parameters/0"));
        assert_ne!(one, print("parameters: [{name: b, in: path}]", "/parameters/0"));
        assert_ne!(one, print("parameters: [{name: a, in: query}]", "/parameters/0"));
    }
}
