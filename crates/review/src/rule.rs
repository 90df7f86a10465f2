//! What a rule is: what it says of a document, and its own page.

use model::Severity;

use crate::page::Page;
use crate::report::Findings;
use crate::view::View;

/// A kind of documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// OpenAPI: requests and answers.
    OpenApi,
    /// AsyncAPI: messages.
    AsyncApi,
}

/// What stands between the examples of a rule.
const BETWEEN: &str = "\n---\n";

/// A rule. Its examples are its test: the bad one gives its finding at each mark, the good one none.
#[derive(Debug)]
pub struct Rule {
    /// Stable name in kebab case, of what is wrong: it reads after "allow".
    pub id: &'static str,
    /// What is wrong, in one line.
    pub title: &'static str,
    /// How much it matters: an error is wrong whatever the API is for.
    pub severity: Severity,
    /// The control of the catalogue that would be missing.
    pub control: &'static str,
    /// Rows of the OWASP API Security Top 10 (2023).
    pub owasp: &'static [&'static str],
    /// Entries of the Common Weakness Enumeration.
    pub cwe: &'static [&'static str],
    /// Recommendations of NIST SP 800-228.
    pub nist: &'static [&'static str],
    /// What can come of it, and when the rule is wrong.
    pub why: &'static str,
    /// What to do, in one line.
    pub fix: &'static str,
    /// A document, or what is left of one without its first lines, with `^^^` under each place that is found. Of several,
    /// with `---` between them, each is of another kind, and the rule is about documents of these kinds.
    pub bad: &'static str,
    /// The same, mended.
    pub good: &'static str,
    /// Looks at the whole document.
    pub(crate) check: for<'l> fn(&View<'l>, &mut Findings<'_, 'l>),
}

impl Kind {
    /// As it is written.
    pub fn name(self) -> &'static str {
        match self {
            Kind::OpenApi => "OpenAPI",
            Kind::AsyncApi => "AsyncAPI",
        }
    }
}

impl Rule {
    /// What there is to say of it.
    pub fn page(&self) -> Page {
        let Rule { id, title, severity, control, owasp, cwe, nist, why, fix, .. } = *self;
        Page { id, title, severity, control, owasp, cwe, nist, why, fix }
    }

    /// The kinds of documents that it is about: those of its bad examples, so that each is proven.
    pub fn kinds(&self) -> impl Iterator<Item = Kind> {
        self.bad.split(BETWEEN).map(|example| match example.trim_start().starts_with("asyncapi:") {
            true => Kind::AsyncApi,
            false => Kind::OpenApi,
        })
    }
}
