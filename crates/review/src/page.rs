//! What there is to say of a rule, whatever it looks at.

use model::{Finding, OperationKey, Severity};
use spec::Spot;

use crate::fingerprint;
use crate::report::position;
use crate::view::View;

/// Characters of a value that are kept as evidence.
const VALUE_MAX: usize = 200;

/// A rule of the review or a kind of change, without its examples.
#[derive(Debug, Clone, Copy)]
pub struct Page {
    /// Stable name in kebab case: it reads after "allow".
    pub id: &'static str,
    /// What is wrong, in one line.
    pub title: &'static str,
    /// How much it matters.
    pub severity: Severity,
    /// The control of the catalogue that would be missing.
    pub control: &'static str,
    /// Rows of the OWASP API Security Top 10 (2023).
    pub owasp: &'static [&'static str],
    /// Entries of the Common Weakness Enumeration.
    pub cwe: &'static [&'static str],
    /// Recommendations of NIST SP 800-228.
    pub nist: &'static [&'static str],
    /// What can come of it, and when it is meant.
    pub why: &'static str,
    /// What to do, in one line.
    pub fix: &'static str,
}

impl Page {
    /// The finding at `spot`, with its place, its operation and its fingerprint.
    pub(crate) fn finding<'l>(
        &self,
        view: &View<'l>,
        spot: Spot<'l>,
        severity: Severity,
        message: String,
        value: Option<&str>,
    ) -> Option<Finding> {
        let document = view.library.document(spot.document)?;
        let Page { id, control, owasp, cwe, nist, fix, .. } = *self;
        let operation = view.operation_around(spot).map(|operation| OperationKey {
            api: view.title.to_owned().into(),
            method: operation.method.clone().into(),
            path: operation.path.to_owned().into(),
        });
        let position = position(document, spot);
        let evidence = value.map(|value| {
            let end = value.char_indices().nth(VALUE_MAX).map_or(value.len(), |(end, _)| end);
            ("value", value.get(..end).unwrap_or(value).to_owned())
        });
        Some(Finding {
            rule: id,
            severity,
            message,
            control,
            owasp,
            cwe,
            nist,
            fingerprint: fingerprint::of(id, document, spot.node, &position.pointer),
            position,
            operation,
            evidence: Vec::from_iter(evidence),
            fix,
        })
    }
}
