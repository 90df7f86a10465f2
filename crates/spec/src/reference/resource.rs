//! The schema resources of a document: parts with an `$id` of their own, against which references in them are read
//! (JSON Schema 2020-12, section 8.2.1; RFC 3986, section 5).

use crate::document::Document;
use crate::tree::Node;

/// A document, or a part of it that has an `$id`.
#[derive(Debug, Clone)]
pub(crate) struct Resource {
    /// Its node.
    pub(crate) node: u32,
    /// The index after its last node.
    end: u32,
    /// The resource around it, by its place in the list.
    around: usize,
    /// The absolute URI that references in it are read against, without a fragment.
    pub(super) address: String,
}

/// Members whose value is data and no schema, whatever it looks like.
const DATA: [&str; 5] = ["const", "enum", "default", "example", "examples"];

/// Members whose value is an object of named things, so that any name may stand in it.
const NAMED: [&str; 12] = [
    "properties",
    "patternProperties",
    "$defs",
    "definitions",
    "dependentSchemas",
    "schemas",
    "responses",
    "headers",
    "parameters",
    "requestBodies",
    "pathItems",
    "content",
];

/// The resources of a document whose own address is `address`, in document order; the document itself is the first.
///
/// Only documents that are `modern`, of OpenAPI 3.1 and later, know `$id`; and `$self` at their root, which is the same.
pub(super) fn resources(document: &Document, address: &str, is_modern: bool) -> Vec<Resource> {
    let root = document.root();
    let mut found =
        vec![Resource { node: root.index(), end: u32::MAX, around: 0, address: address.to_owned() }];
    if !is_modern {
        return found;
    }
    if let Some(first) = found.first_mut() {
        let own = root.get("$self").and_then(Node::as_str).or_else(|| id_of(root));
        first.address = own.map_or_else(|| address.to_owned(), |own| joined(address, own));
    }
    // Each with the place of the resource around it, and whether it is an object of named schemas.
    let mut left: Vec<(Node<'_>, usize, bool)> = vec![(root, 0, false)];
    while let Some((node, mut around, is_named)) = left.pop() {
        if let Some(id) = id_of(node).filter(|_| !is_named && node.index() != root.index()) {
            let base = found.get(around).map_or("", |around| &around.address);
            let address = joined(base, id);
            let end = node.index() + node.record().size;
            found.push(Resource { node: node.index(), end, around, address });
            around = found.len() - 1;
        }
        // The last is taken first, so they are put in backwards: resources are found in document order.
        let before = left.len();
        left.extend(node.items().map(|item| (item, around, false)));
        let is_schema = |key: &str| is_named || !DATA.contains(&key);
        let members = node.entries().filter(|entry| is_schema(entry.key));
        left.extend(members.map(|entry| (entry.value, around, !is_named && NAMED.contains(&entry.key))));
        if let Some(added) = left.get_mut(before..) {
            added.reverse();
        }
    }
    found
}

/// The innermost of `resources` that the node with `index` lies in.
pub(super) fn innermost(resources: &[Resource], index: u32) -> usize {
    let mut at = resources.partition_point(|resource| resource.node <= index).saturating_sub(1);
    while let Some(resource) = resources.get(at)
        && at > 0
        && index >= resource.end
    {
        at = resource.around;
    }
    at
}

/// The `$id` of a schema, without a fragment; one that is a fragment only names no resource.
fn id_of(node: Node<'_>) -> Option<&str> {
    let id = node.get("$id")?.as_str()?;
    let id = id.split_once('#').map_or(id, |(id, _)| id);
    (!id.is_empty()).then_some(id)
}

/// What `reference` names where it stands in a resource with the address `base`; neither has a fragment.
pub(super) fn joined(base: &str, reference: &str) -> String {
    if scheme(reference).is_some() {
        let (start, path) = split(reference);
        return format!("{start}{}", without_dots(path));
    }
    let (start, path) = split(base);
    if reference.is_empty() {
        return base.to_owned();
    }
    if reference.starts_with("//") {
        let scheme = scheme(base).unwrap_or_default();
        return joined("", &format!("{scheme}:{reference}"));
    }
    if reference.starts_with('/') {
        return format!("{start}{}", without_dots(reference));
    }
    let folder = match path.rfind('/') {
        Some(slash) => path.get(..=slash).unwrap_or_default(),
        // RFC 3986 section 5.2.3: a base with an authority and no path.
        None if start.contains("//") => "/",
        None => "",
    };
    format!("{start}{}", without_dots(&format!("{folder}{reference}")))
}

/// The scheme of an absolute URI.
fn scheme(uri: &str) -> Option<&str> {
    let (scheme, _) = uri.split_once(':')?;
    let is_scheme = scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'));
    is_scheme.then_some(scheme)
}

/// What comes before the path of an absolute URI, and the path.
fn split(uri: &str) -> (&str, &str) {
    let after_scheme = scheme(uri).map_or(0, |scheme| scheme.len() + 1);
    let rest = uri.get(after_scheme..).unwrap_or_default();
    let authority = match rest.strip_prefix("//") {
        Some(authority) => 2 + authority.find('/').unwrap_or(authority.len()),
        None => 0,
    };
    uri.split_at_checked(after_scheme + authority).unwrap_or((uri, ""))
}

/// A path without `.` and `..` segments (RFC 3986, section 5.2.4).
fn without_dots(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let mut segments = path.split('/').peekable();
    while let Some(segment) = segments.next() {
        let is_last = segments.peek().is_none();
        match segment {
            "." => {}
            ".." => {
                // The empty segment before the first slash stays.
                if kept.len() > 1 || kept.first().is_some_and(|first| !first.is_empty()) {
                    kept.pop();
                }
            }
            segment => {
                kept.push(segment);
                continue;
            }
        }
        if is_last {
            kept.push("");
        }
    }
    kept.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Limits;

    #[test]
    fn references_are_joined_as_rfc_3986_says() {
        let base = "http://a/b/c/d;p";
        for (reference, expected) in [
            ("g:h", "g:h"),
            ("g", "http://a/b/c/g"),
            ("./g", "http://a/b/c/g"),
            ("g/", "http://a/b/c/g/"),
            ("/g", "http://a/g"),
            ("//g", "http://g"),
            ("", "http://a/b/c/d;p"),
            (".", "http://a/b/c/"),
            ("..", "http://a/b/"),
            ("../g", "http://a/b/g"),
            ("../../g", "http://a/g"),
            ("../../../g", "http://a/g"),
            ("/./g", "http://a/g"),
            ("/../g", "http://a/g"),
            ("g/../h", "http://a/b/c/h"),
            ("urn:uuid:1", "urn:uuid:1"),
            ("http://x/a/../b", "http://x/b"),
        ] {
            assert_eq!(joined(base, reference), expected, "{reference}");
        }
        assert_eq!(joined("urn:a:b", ""), "urn:a:b");
        assert_eq!(joined("http://a", "b"), "http://a/b");
    }

    #[test]
    fn each_id_begins_a_resource_and_what_is_data_or_a_name_does_not() {
        let text = "
$id: http://h/root
a: { $id: sub/a, b: { $id: b, c: 1 }, d: 1 }
enum: [ { $id: http://h/data } ]
properties: { $id: { $id: http://h/named }, enum: { $id: http://h/property } }
e: { $id: '#fragment' }
";
        let (document, _) = Document::parse("a.yaml", text, &Limits::default());
        let found = resources(&document, "file:///a.yaml", true);
        let addresses: Vec<&str> = found.iter().map(|resource| resource.address.as_str()).collect();
        let expected =
            ["http://h/root", "http://h/sub/a", "http://h/sub/b", "http://h/named", "http://h/property"];
        assert_eq!(addresses, expected);
        let inside = |pointer: &str| {
            let node = document.root().pointer(pointer).unwrap();
            found[innermost(&found, node.index())].address.clone()
        };
        assert_eq!(inside("/a"), "http://h/sub/a");
        assert_eq!(inside("/a/b/c"), "http://h/sub/b");
        assert_eq!(inside("/a/d"), "http://h/sub/a");
        assert_eq!(inside("/enum/0"), "http://h/root");
        assert_eq!(inside("/properties/enum"), "http://h/property");
        assert_eq!(inside("/e"), "http://h/root");
        assert_eq!(resources(&document, "file:///a.yaml", false).len(), 1);
    }
}
