//! The reference in the tree is what the program prints.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a test fails by panicking"
)]

use std::path::Path;
use std::process::Command;

#[test]
fn the_reference_is_current() {
    let pages = [
        ("config-schema", "config.schema.json"),
        ("config", "config.md"),
        ("policies", "policies.md"),
        ("rules", "rules.md"),
        ("changes", "changes.md"),
        ("frameworks", "frameworks.md"),
        ("gaps", "gaps.md"),
        ("configs", "configs.md"),
        ("cli", "cli.md"),
    ];
    for (page, file) in pages {
        let printed =
            Command::new(env!("CARGO_BIN_EXE_palisade")).args(["reference", page]).output().unwrap();
        assert!(printed.status.success(), "{page}: {}", String::from_utf8_lossy(&printed.stderr));
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference").join(file);
        let kept = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            kept.as_bytes() == printed.stdout,
            "docs/reference/{file} is not what `palisade reference {page}` prints; run `cargo xtask codegen`"
        );
    }
}
