//! Reads lists of networks that are blocked, as providers of reputation publish them.

use std::path::Path;

use gateway::{Block, BlockEntry, Network};
use model::{Problem, Severity};

use crate::load::{Loaded, read_file};

/// Networks of one list. A table of this many takes some 100 MB.
const NETWORKS_MAX: usize = 500_000;

/// What the lists of the config block; what is wrong with one goes to `problems`, and nothing of it counts.
pub(crate) fn read(loaded: &Loaded, problems: &mut Vec<Problem>) -> Vec<Block> {
    let mut all = Vec::new();
    let nodes = loaded.document.root().get("block-lists");
    for (index, list) in loaded.config.block_lists.iter().enumerate() {
        let path = loaded.folder.join(&list.file);
        match blocks(&path, &list.reason) {
            Ok(blocks) => all.extend(blocks),
            Err(wrong) => {
                let node = nodes.and_then(|nodes| nodes.items().nth(index)).unwrap_or(loaded.document.root());
                let message = format!("`{}` {wrong}", path.display());
                let problem =
                    loaded.document.problem(Severity::Error, node.get("file").unwrap_or(node), message);
                problems
                    .push(problem.help("write one address or network a line, and comments after `#` or `;`"));
            }
        }
    }
    all
}

/// The blocks of one list; in records its file is who says so.
fn blocks(path: &Path, reason: &str) -> Result<Vec<Block>, String> {
    let text = read_file(path).map_err(|error| format!("cannot be read: {error}"))?;
    let by = path.file_name().unwrap_or_default().to_string_lossy();
    let block = |address| {
        Block::try_from(BlockEntry {
            principal: None,
            issuer: None,
            client: None,
            address: Some(address),
            country: None,
            reason: reason.to_owned(),
            until: None,
            by: Some(by.clone().into_owned()),
        })
    };
    let blocks: Result<Vec<Block>, &'static str> = parse(&text)?.into_iter().map(block).collect();
    blocks.map_err(|expected| format!("blocks nobody: {expected}"))
}

/// The networks of a list, one a line, comments after `#` or `;`.
///
/// # Errors
/// The first line that is something else: who misreads it lets somebody in.
fn parse(text: &[u8]) -> Result<Vec<Network>, String> {
    let text = std::str::from_utf8(text).map_err(|error| format!("is not UTF-8: {error}"))?;
    let mut networks = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let line = line.split(['#', ';']).next().unwrap_or_default().trim();
        if line.is_empty() {
            continue;
        }
        if networks.len() == NETWORKS_MAX {
            return Err(format!("has more than {NETWORKS_MAX} networks"));
        }
        let wrong = || format!("has `{}` in line {}, which is no network", line.escape_debug(), number + 1);
        networks.push(Network::parse(line).ok_or_else(wrong)?);
    }
    Ok(networks)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let said = match parse(text.as_bytes()) {
            Ok(networks) => networks.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
            Err(wrong) => wrong,
        };
        assert_eq!(said, expected, "{text}");
    }

    #[test]
    fn a_list_has_one_network_a_line_and_comments() {
        check("", "");
        check(
            "; a list\n192.0.2.0/24 ; SBL1\n\n198.51.100.7\r\n2001:db8::/32 # six\n",
            "192.0.2.0/24 198.51.100.7/32 2001:db8::/32",
        );
        check("10.0.0.0/8\nevil.example\n", "has `evil.example` in line 2, which is no network");
        check("10.0.0.7/8", "has `10.0.0.7/8` in line 1, which is no network");
        check("10.0.0.0/8,US", "has `10.0.0.0/8,US` in line 1, which is no network");
        assert!(parse(b"\xff").unwrap_err().starts_with("is not UTF-8"));
        let many = "192.0.2.1\n".repeat(NETWORKS_MAX + 1);
        check(&many, "has more than 500000 networks");
    }
}
