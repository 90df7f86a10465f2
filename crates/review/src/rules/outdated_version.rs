//! Finds old versions of paths that stand beside new ones and are not said to end.

use std::collections::{BTreeMap, HashSet};

use model::Severity;

use crate::report::Findings;
use crate::rule::Rule;
use crate::view::{Operation, View};

pub(super) const RULE: Rule = Rule {
    id: "outdated-version",
    title: "an old version stands beside a new one and is not deprecated",
    severity: Severity::Note,
    control: "lifecycle",
    owasp: &["API9:2023"],
    cwe: &["CWE-1059"],
    nist: &["REC-API-4"],
    why: "What was mended in the new version is open in the old one. Operations are found whose method and path are there again \
          with a higher version (`/v1/orders` and `/v2/orders`), and that are not `deprecated`.",
    fix: "write `deprecated: true` and when it ends",
    bad: "
paths:
  /v1/orders: { get: { responses: {} } }
#               ^^^
  /v2/orders: { get: { responses: {} } }
",
    good: "
paths:
  /v1/orders: { get: { deprecated: true, responses: {} } }
  /v1/customers: { get: { responses: {} } }
  /v2/orders: { get: { responses: {} } }
",
    check,
};

fn check<'l>(view: &View<'l>, findings: &mut Findings<'_, 'l>) {
    let mut versions: BTreeMap<(String, &str), Vec<(u32, &Operation<'l>)>> = BTreeMap::new();
    for operation in view.called() {
        if let Some((version, path)) = versioned(operation.path) {
            versions.entry((path, &operation.method)).or_default().push((version, operation));
        }
    }
    let mut seen = HashSet::new();
    for known in versions.values() {
        let newest = known.iter().map(|(version, _)| *version).max().unwrap_or_default();
        for (version, operation) in known.iter().filter(|(version, _)| *version < newest) {
            if !operation.spot.is_true("deprecated") && seen.insert(operation.spot.key()) {
                let message =
                    format!("`{}` is of version {version}, and there is version {newest}", operation.name());
                findings.add_named(operation.spot, message);
            }
        }
    }
}

/// The version in a path and the path without it and without the names of parameters.
fn versioned(path: &str) -> Option<(u32, String)> {
    let mut version = None;
    let mut rest = String::new();
    for segment in path.split('/') {
        let number = segment.strip_prefix(['v', 'V']).and_then(|number| number.parse().ok());
        match (version, number) {
            (None, Some(number)) => version = Some(number),
            _ => {
                rest.push('/');
                rest.push_str(if segment.starts_with('{') { "{}" } else { segment });
            }
        }
    }
    Some((version?, rest))
}
