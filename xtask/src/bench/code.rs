//! How many lines of source code are read a second, beside what only counts or searches them, on one core.

mod tree;

use std::path::Path;

use super::beside::{self, Input, Reader};
use super::{Arguments, machine, write};
use crate::failure::{Outcome, because};
use crate::say;
use crate::tools;

/// What is near a route in most frameworks.
const LIKE_ROUTES: &str = r"\.(get|post|put|patch|delete|GET|POST|PUT|PATCH|DELETE|route|Map(Get|Post|Put|Delete)) ?\(|@(Get|Post|Put|Patch|Delete|Request)(Mapping)?\(|Route::|\[(Http(Get|Post|Put|Delete)|Route)|^ *(get|post|put|patch|delete|resources?) ";

pub(super) fn run(arguments: &Arguments, program: &Path, copies: usize) -> Outcome<()> {
    let folder = beside::folder()?.join("tree");
    let tree = tree::write(&folder, copies)?;
    let input = Input { name: "tree", bytes: tree.bytes, amount: tree.lines as f64 };
    let rows = beside::rows(&input, &mut readers(program, &folder)?, arguments.rounds)?;
    let removed = std::fs::remove_dir_all(&folder);
    removed.map_err(because(format!("cannot remove `{}`", folder.display())))?;
    let head = beside::head("code", "lines/s", "routes");
    let report = format!("{head}{rows}\n{}", beside::circumstances(arguments, &notes(&tree)));
    say::result(&report);
    if arguments.write { write("code", report.trim_end()) } else { Ok(()) }
}

fn readers(program: &Path, folder: &Path) -> Outcome<[Reader; 4]> {
    let own = ["discover", "code", "--dry-run", "--workers", "1", "--format", "json"];
    let (sh, find) = (tools::debian("sh", "dash")?, "find \"$0\" -type f -exec wc -l {} +");
    let mut readers = [
        Reader {
            name: "palisade discover code",
            command: beside::command(program, &own),
            found: of_palisade,
        },
        Reader { name: "wc -l", command: beside::command(&sh, &["-c", find]), found: |_| None },
        Reader {
            name: "ripgrep",
            command: beside::command(
                &tools::debian("rg", "ripgrep")?,
                &["--threads=1", "--no-ignore", "--", LIKE_ROUTES],
            ),
            found: lines,
        },
        Reader {
            name: "grep -rE",
            command: beside::command(&tools::debian("grep", "grep")?, &["-rE", "--", LIKE_ROUTES]),
            found: lines,
        },
    ];
    for reader in &mut readers {
        reader.command.arg(folder);
    }
    Ok(readers)
}

fn of_palisade(printed: &str) -> Option<u64> {
    let report: serde_json::Value = serde_json::from_str(printed).ok()?;
    Some(report.get("operations")?.as_array()?.len() as u64)
}

fn lines(printed: &str) -> Option<u64> {
    Some(printed.lines().count() as u64)
}

fn notes(tree: &tree::Tree) -> Vec<String> {
    let tree::Tree { lines, files, routes, programs, .. } = tree;
    vec![
        format!(
            "the tree has {lines} lines in {files} files, the same in each run: {programs} programs, which are those of {} with code \
             without routes around them; they say that they have {routes} routes",
            tree::FRAMEWORKS.join(", ")
        ),
        "palisade discover code: parses each file, follows mounts and prefixes from file to file, and finds out method, path, \
         parameters, fields and guards; `--dry-run`, one worker"
            .to_owned(),
        format!("wc -l: {}; counts lines: the least that reading costs", machine::said("wc", &["--version"])),
        format!(
            "ripgrep, grep -rE: {}; {}; search for one pattern of what is near a route: a floor, since a line that looks like one is \
             neither a path nor a method",
            machine::said("rg", &["--version"]),
            machine::said("grep", &["--version"])
        ),
    ]
}

#[test]
fn routes_are_read_from_what_palisade_prints() {
    assert_eq!(of_palisade(r#"{"operations":[{},{}]}"#), Some(2));
    assert_eq!(lines("a\nb\n"), Some(2));
}
