//! Settings in YAML and in properties, of which some say where routes are, and what their paths begin with.

use spec::{Document, Limits};

use super::{Form, Language};
use crate::code::syntax::{Kind, Node, Unit};
use crate::config::input::pieces;

pub(super) const YAML: Language =
    Language { name: "YAML", endings: &["yaml", "yml"], form: Form::Settings(yaml) };

pub(super) const PROPERTIES: Language =
    Language { name: "properties", endings: &["properties"], form: Form::Settings(properties) };

/// Names without endings of files that hold such settings.
const STEMS: &[&str] = &["application", "routes", "routing"];

/// Folders all files of which hold such settings.
const FOLDERS: &[&str] = &["config/routes", "config/routing"];

/// The most values of one file, and how deep they stand in each other.
const LIMITS: Limits = Limits { bytes_max: 2 << 20, depth_max: 32, nodes_max: 1 << 16, aliases_max: 256 };

/// Whether a file holds settings that may say something of routes: most of YAML is of other things.
pub(super) fn are_of_routes(path: &str) -> bool {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let folder = format!("/{folder}/");
    STEMS.contains(&stem) || FOLDERS.iter().any(|known| folder.contains(&format!("/{known}/")))
}

/// The documents of a file, one after the other.
fn yaml(text: &str) -> Unit {
    let mut unit = Unit::default();
    for (lines_before, piece) in pieces(text) {
        let (document, _) = Document::parse("", piece, &LIMITS);
        let line = |line: usize| u32::try_from(lines_before + line as u64).unwrap_or(u32::MAX);
        unit.body.push(node(&document, document.root(), &line));
    }
    unit
}

fn node(document: &Document, part: spec::Node<'_>, line: &dyn Fn(usize) -> u32) -> Node {
    let kind = match part.kind() {
        spec::Kind::Object => {
            let member = |entry: spec::Entry<'_>| {
                // What a member is begins with its name.
                let at = line(document.key_position(&entry).line);
                (entry.key.into(), Node { line: at, ..node(document, entry.value, line) })
            };
            Kind::Map(part.entries().map(member).collect())
        }
        spec::Kind::Array => Kind::List(part.items().map(|item| node(document, item, line)).collect()),
        _ => part.scalar().map_or_else(Kind::default, |text| Kind::Text(text.into())),
    };
    Node { line: line(document.position(part).line), kind }
}

/// `server.servlet.context-path=/shop`, a line each.
fn properties(text: &str) -> Unit {
    let member = |(number, line): (usize, &str)| {
        let line = line.trim();
        let (name, value) = line.split_once(['=', ':']).filter(|_| !line.starts_with(['#', '!']))?;
        let at = u32::try_from(number + 1).unwrap_or(u32::MAX);
        Some((name.trim().into(), Node { line: at, kind: Kind::Text(value.trim().into()) }))
    };
    let members = text.lines().enumerate().filter_map(member).take(LIMITS.nodes_max).collect();
    Unit { body: vec![Node { line: 1, kind: Kind::Map(members) }], ..Unit::default() }
}

/// The setting of this name: members are within each other, or have names with dots, and hyphens are no matter.
pub(crate) fn setting<'n>(node: &'n Node, name: &str) -> Option<&'n Node> {
    let Kind::Map(members) = &node.kind else { return None };
    let plain = |name: &str| name.replace('-', "").to_ascii_lowercase();
    let name = plain(name);
    members.iter().find_map(|(member, value)| match name.strip_prefix(&plain(member))? {
        "" => Some(value),
        rest => setting(value, rest.strip_prefix('.')?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_of_routes_are_known_by_their_names() {
        for (path, expected) in [
            ("config/routes.yaml", true),
            ("config/routes/api/orders.yaml", true),
            ("src/main/resources/application.yml", true),
            ("application.properties", true),
            ("config/services.yaml", false),
            ("routes/openapi.yaml", false),
            ("application-test.yml", false),
        ] {
            assert_eq!(are_of_routes(path), expected, "{path}");
        }
    }

    #[test]
    fn a_setting_is_found_however_its_name_is_written() {
        let of_yaml = "a: 1\n---\nserver:\n  servlet.contextPath: /shop\n  port: 80\n";
        let found = |unit: &Unit, name: &str| {
            let found = unit.body.iter().find_map(|node| setting(node, name));
            found.and_then(|node| Some((node.line, node.text()?.to_owned())))
        };
        let yaml = yaml(of_yaml);
        assert_eq!(found(&yaml, "server.servlet.context-path"), Some((4, "/shop".to_owned())));
        assert_eq!(found(&yaml, "server.servlet"), None);
        let properties = properties("# server.port=1\nserver.servlet.context-path = /a=b\n");
        assert_eq!(found(&properties, "server.servlet.contextPath"), Some((2, "/a=b".to_owned())));
        assert_eq!(found(&properties, "server.port"), None);
    }
}
