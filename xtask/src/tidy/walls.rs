//! Which crate may use which: siblings meet only as `model` values inside `palisade`.

use super::Fault;
use super::source::{Repository, lines};

/// A crate, and the crates of the workspace that it may use.
const EDGES: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("spec", &["model"]),
    ("review", &["model", "spec"]),
    ("identity", &["model"]),
    ("leak", &["model"]),
    ("gateway", &["model", "spec", "identity", "leak"]),
    ("discover", &["model", "spec", "leak"]),
    ("store", &["model"]),
    ("palisade", &["model", "spec", "review", "identity", "leak", "gateway", "discover", "store"]),
    ("xtask", &["spec", "identity"]),
    ("fuzz", &["model", "spec", "identity", "leak", "gateway", "discover", "review"]),
];

/// Manifests that name a crate of ours that they may not.
pub(super) fn edges(repository: &Repository) -> Vec<Fault> {
    let manifests = repository.files().filter(|file| file.path.ends_with("/Cargo.toml"));
    manifests.flat_map(|file| manifest(&file.path, &file.text)).collect()
}

fn manifest(path: &str, text: &str) -> Vec<Fault> {
    let folder = path.rsplit('/').nth(1).unwrap_or_default();
    let Some((_, allowed)) = EDGES.iter().find(|(name, _)| *name == folder) else {
        let message = format!("`{folder}` has no row in xtask/src/tidy/walls.rs");
        return vec![Fault::new("crate-edge", path, 0, message)];
    };
    let mut faults = Vec::new();
    let mut in_dependencies = false;
    for (number, line) in lines(text) {
        if let Some(section) = line.trim().strip_prefix('[') {
            in_dependencies = section.contains("dependencies");
        }
        let name = line.split(['.', '=', ' ']).next().unwrap_or_default();
        let ours = EDGES.iter().any(|(known, _)| *known == name);
        if in_dependencies && ours && !allowed.contains(&name) {
            let message = format!("`{folder}` may not use `{name}`; it may use {allowed:?}");
            faults.push(Fault::new("crate-edge", path, number, message));
        }
    }
    faults
}

#[test]
fn an_edge_that_is_not_allowed_is_found() {
    let check = |path: &str, text: &str| {
        manifest(path, text).into_iter().map(|fault| (fault.line, fault.message)).collect::<Vec<_>>()
    };
    assert_eq!(
        check("crates/spec/Cargo.toml", "[dependencies]\nmodel.workspace = true\nserde = \"1\"\n"),
        []
    );
    assert_eq!(
        check("crates/spec/Cargo.toml", "[dev-dependencies]\nidentity.workspace = true\n"),
        [(2, "`spec` may not use `identity`; it may use [\"model\"]".to_owned())]
    );
    assert_eq!(check("crates/model/Cargo.toml", "[package]\nname = \"model\"\n"), []);
    assert_eq!(check("crates/core/Cargo.toml", "")[0].0, 0);
}
