//! The exceptions, counted in one file that may only shrink.

use std::collections::BTreeMap;

use super::Fault;

/// The sum of all exceptions. It is lowered with the file and never raised.
pub(super) const EXCEPTIONS_MAX: usize = 1;

/// How many faults of one rule one file may have.
pub(super) type Allowed = BTreeMap<(String, String), usize>;

/// Reads lines of `rule path count`, with comments after `#`.
pub(super) fn parse(text: &str) -> Allowed {
    let mut allowed = Allowed::new();
    for line in text.lines().map(|line| line.split('#').next().unwrap_or_default().trim()) {
        let words: Vec<&str> = line.split_whitespace().collect();
        if let [rule, path, count] = words.as_slice() {
            let count = count.parse().expect("the third word of a line in ratchet.txt is a count");
            allowed.insert(((*rule).to_owned(), (*path).to_owned()), count);
        } else {
            assert!(words.is_empty(), "a line of ratchet.txt is `rule path count`: {line}");
        }
    }
    allowed
}

/// What is wrong: faults beyond the exceptions, exceptions that nothing needs, and too many exceptions.
pub(super) fn judge(faults: Vec<Fault>, allowed: &Allowed, exceptions_max: usize) -> Vec<String> {
    let mut found: BTreeMap<(String, String), Vec<Fault>> = BTreeMap::new();
    for fault in faults {
        found.entry((fault.rule.to_owned(), fault.path.clone())).or_default().push(fault);
    }
    let mut verdict = Vec::new();
    for (key, faults) in &found {
        if faults.len() > allowed.get(key).copied().unwrap_or(0) {
            verdict.extend(faults.iter().map(Fault::render));
        }
    }
    for ((rule, path), count) in allowed {
        let used = found.get(&(rule.clone(), path.clone())).map_or(0, Vec::len);
        if used < *count {
            verdict.push(format!(
                "xtask/ratchet.txt: `{rule} {path}` allows {count} and {used} are left; lower it"
            ));
        }
    }
    let sum: usize = allowed.values().sum();
    if sum != exceptions_max {
        verdict.push(format!("xtask/ratchet.txt allows {sum} in all; EXCEPTIONS_MAX says {exceptions_max}"));
    }
    verdict
}

#[test]
fn exceptions_only_shrink() {
    let fault = |line| Fault::new("rule", "a.rs", line, "is wrong");
    assert_eq!(judge(vec![fault(3)], &Allowed::new(), 0), ["a.rs:3: rule: is wrong"]);
    assert_eq!(judge(Vec::new(), &Allowed::new(), 0), [""; 0]);
    let one_too_many = judge(vec![fault(3)], &parse("rule a.rs 2 # why\n\n# a comment\n"), 0);
    assert_eq!(one_too_many[0], "xtask/ratchet.txt: `rule a.rs` allows 2 and 1 are left; lower it");
    assert!(one_too_many[1].contains("allows 2 in all"), "{one_too_many:?}");
}
