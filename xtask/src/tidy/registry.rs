//! A leaf is one file and one pair of lines in its registry; a leaf that nobody lists never runs.

use super::Fault;
use super::source::{File, Repository, lines};

/// A kind of leaf: its folder, and the file that lists it.
struct Leaves {
    folder: &'static str,
    registry: &'static str,
}

const LEAVES: &[Leaves] = &[
    Leaves { folder: "crates/gateway/src/policies/", registry: "crates/gateway/src/policies.rs" },
    Leaves { folder: "crates/review/src/rules/", registry: "crates/review/src/rules.rs" },
    Leaves { folder: "crates/review/src/diff/kinds/", registry: "crates/review/src/diff/kinds.rs" },
    Leaves { folder: "crates/discover/src/gaps/", registry: "crates/discover/src/gaps.rs" },
    Leaves { folder: "crates/discover/src/logs/", registry: "crates/discover/src/logs.rs" },
    Leaves {
        folder: "crates/discover/src/code/frameworks/",
        registry: "crates/discover/src/code/frameworks.rs",
    },
    Leaves {
        folder: "crates/discover/src/config/formats/",
        registry: "crates/discover/src/config/formats.rs",
    },
    Leaves { folder: "crates/discover/src/traffic/", registry: "crates/discover/src/traffic.rs" },
];

/// Leaves whose id is not their file's name, or that their registry does not list.
pub(super) fn leaves(repository: &Repository) -> Vec<Fault> {
    LEAVES.iter().flat_map(|leaves| kind(repository, leaves)).collect()
}

fn kind(repository: &Repository, leaves: &Leaves) -> Vec<Fault> {
    let registry = repository.file(leaves.registry).map(|file| file.production.as_str()).unwrap_or_default();
    let is_leaf = |file: &&File| {
        let name = file.path.strip_prefix(leaves.folder);
        name.is_some_and(|name| !name.contains('/') && !file.production.is_empty())
    };
    repository.rust().filter(is_leaf).flat_map(|file| leaf(file, registry, leaves.registry)).collect()
}

fn leaf(file: &File, registry: &str, registry_path: &str) -> Vec<Fault> {
    let stem = file.stem();
    let id = stem.replace('_', "-");
    let mut faults = Vec::new();
    match id_of(&file.text) {
        Some((_, found)) if found == id => {}
        Some((line, found)) => {
            let message = format!("its id is `{found}`, its name says `{id}`");
            faults.push(Fault::new("leaf-id", &file.path, line, message));
        }
        None => faults.push(Fault::new("leaf-id", &file.path, 0, format!("it has no line `id: \"{id}\"`"))),
    }
    for form in [format!("mod {stem};"), format!("&{stem}::")] {
        if !registry.contains(&form) {
            let message = format!("`{registry_path}` has no `{form}`");
            faults.push(Fault::new("leaf-registered", &file.path, 0, message));
        }
    }
    faults
}

fn id_of(text: &str) -> Option<(usize, &str)> {
    lines(text).find_map(|(number, line)| {
        let (before, rest) = line.split_once("id: \"")?;
        let is_field = before.trim().is_empty() || before.ends_with("{ ");
        is_field.then(|| rest.split('"').next()).flatten().map(|id| (number, id))
    })
}

#[test]
fn a_leaf_has_its_name_and_its_lines() {
    let check = |leaf: &str, registry: &str| {
        let repository = Repository::of(&[
            ("crates/gateway/src/lib.rs", "mod policies;"),
            ("crates/gateway/src/policies.rs", registry),
            ("crates/gateway/src/policies/api_key.rs", leaf),
        ]);
        leaves(&repository).into_iter().map(|fault| fault.message).collect::<Vec<_>>()
    };
    let listed = "mod api_key;\nconst ALL: &[&Kind] = &[&api_key::KIND];";
    assert_eq!(check("const KIND: Kind = Kind {\n    id: \"api-key\",\n};", listed), [""; 0]);
    assert_eq!(
        check("const KIND: Kind = Kind { id: \"key\", stage };", "mod api_key;"),
        ["its id is `key`, its name says `api-key`", "`crates/gateway/src/policies.rs` has no `&api_key::`"]
    );
}
