//! What the inventory knows of the operations that findings are about: how often they are called, by whom, and when last.

use std::collections::HashMap;

use model::OperationKey;
use model::inventory::{Calls, Catalog, Operation};

use crate::output::findings::Subject;

/// Adds to each finding what is known of its operation.
pub(super) fn tell(catalog: &Catalog, subjects: &mut [Subject]) {
    let mut known: HashMap<(&str, &str), Vec<&Operation>> = HashMap::new();
    for (api, operation) in catalog.operations() {
        known.entry((&api.name, &operation.key.method)).or_default().push(operation);
    }
    for finding in subjects.iter_mut().flat_map(|subject| &mut subject.review.findings) {
        let Some(key) = &finding.operation else { continue };
        let operations = known.get(&(&*key.api, &*key.method)).into_iter().flatten();
        // Of those whose paths end so, the one that has no more than a base path before that.
        let ending = operations.copied().filter(|operation| ends_as(operation, key));
        let found = ending.min_by_key(|operation| operation.key.path.len());
        if let Some(calls) = found.and_then(|operation| operation.calls.as_ref()) {
            let evidence = evidence(calls);
            finding.evidence.extend(evidence);
        }
    }
}

/// Whether it may be what a document calls `key`, whose path has no base path.
fn ends_as(operation: &Operation, key: &OperationKey<'_>) -> bool {
    operation.declaration().is_some() && operation.key.path.ends_with(&*key.path)
}

fn evidence(calls: &Calls) -> Vec<(&'static str, String)> {
    let consumers: Vec<&str> = calls.consumers.iter().map(String::as_str).collect();
    let mut evidence = vec![("requests", calls.count.to_string())];
    evidence.extend(calls.last_seen.map(|time| ("last-called", time.to_string())));
    if !consumers.is_empty() {
        evidence.push(("consumers", consumers.join(", ")));
    }
    evidence
}
