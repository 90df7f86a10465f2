//! What a kind of change is: what it says of two versions of a document, and its own page.

use model::Severity;

use super::pair::Pair;
use super::report::Changes;
use crate::page::Page;

/// Whom a change harms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Matter {
    /// Whoever runs the API, or is in it: a protection is gone.
    Security,
    /// Whoever calls it: what worked does not any more.
    Breaking,
}

/// A kind of change. Its examples are its test: from `old` to `bad` it gives its finding at each mark, to `good` none.
#[derive(Debug)]
pub struct Change {
    /// Stable name in kebab case, of what became worse: it reads after "allow".
    pub id: &'static str,
    /// What became worse, in one line.
    pub title: &'static str,
    /// Whom it harms.
    pub matter: Matter,
    /// How much it matters.
    pub severity: Severity,
    /// The control of the catalogue that is weakened.
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
    /// The old version, or what is left of it without its first lines; `^^^` under what is gone. One of AsyncAPI stands behind
    /// that of OpenAPI, with `---` between them, here and below.
    pub old: &'static str,
    /// A new version that is worse, with `^^^` under each place that is found.
    pub bad: &'static str,
    /// A new version that is not.
    pub good: &'static str,
    /// Looks at both versions.
    pub(crate) check: for<'v, 'l> fn(&Pair<'v, 'l>, &mut Changes<'_, 'v, 'l>),
}

impl Change {
    /// What there is to say of it.
    pub fn page(&self) -> Page {
        let Change { id, title, severity, control, owasp, cwe, nist, why, fix, .. } = *self;
        Page { id, title, severity, control, owasp, cwe, nist, why, fix }
    }
}
