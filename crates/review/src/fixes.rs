//! Fixes: what mends a finding where nobody has to decide, as changes of the document that it is in.

mod answers;
mod bounds;
mod closed;
mod scheme;
mod tls;

use std::collections::HashMap;

use model::Finding;
use serde_json::Value;
use spec::{Change, Edit, Library, Spot, is_own_text};

use crate::view::View;

/// How findings of one rule are mended.
#[derive(Debug)]
pub struct Fixer {
    /// The rule.
    pub rule: &'static str,
    /// What it does, in one line that ends a sentence which begins with "`--fix`".
    pub what: &'static str,
    /// What mends what was found at this place; nothing where somebody has to decide.
    fix: for<'l> fn(&View<'l>, Spot<'l>) -> Option<Mend>,
}

/// Every fixer, in the order of its rule's id.
pub const FIXERS: &[Fixer] = &[
    closed::ADDITIONAL,
    bounds::INTEGER_WITHOUT_FORMAT,
    answers::MISSING_401,
    answers::MISSING_429,
    answers::MISSING_500,
    answers::MISSING_RETRY_AFTER,
    answers::MISSING_VALIDATION_ERROR,
    tls::PLAIN_HTTP,
    tls::PLAIN_HTTP_TOKENS,
    scheme::UNAUTHENTICATED_WRITE,
    bounds::UNBOUNDED_ADDITIONAL_PROPERTIES,
    bounds::UNBOUNDED_ARRAY,
    bounds::UNBOUNDED_NUMBER,
    bounds::UNBOUNDED_PAGE,
    bounds::UNBOUNDED_STRING,
    closed::UNEVALUATED,
];

/// What mends one finding.
#[derive(Debug, Clone, PartialEq)]
pub struct Fix {
    /// The document of the library that is changed.
    pub document: u32,
    /// What is changed in it.
    pub edits: Vec<Edit>,
    /// What that does, such as "add `maxItems: 1000`".
    pub title: String,
    /// Whether a value was chosen that nobody named, so that somebody is to confirm it.
    pub is_assumed: bool,
}

/// What a fixer says.
#[derive(Debug)]
struct Mend {
    document: u32,
    edits: Vec<Edit>,
    title: String,
    is_assumed: bool,
}

impl Mend {
    /// The object at `spot` gets members; nothing where it has one of them.
    fn adding(spot: Spot<'_>, members: &[(&str, Value)], is_assumed: bool) -> Option<Mend> {
        let is_free = spot.node.is_object() && members.iter().all(|(key, _)| spot.get(key).is_none());
        let add = |(key, value): &(&str, Value)| Edit {
            node: spot.node.index(),
            change: Change::Add((*key).to_owned(), value.clone()),
        };
        let said: Vec<String> = members.iter().map(|(key, value)| format!("`{key}: {value}`")).collect();
        let edits = members.iter().map(add).collect();
        is_free.then(|| Mend {
            document: spot.document,
            edits,
            title: format!("add {}", said.join(" and ")),
            is_assumed,
        })
    }

    /// The value at `spot` gives way to another.
    fn replacing(spot: Spot<'_>, value: Value) -> Mend {
        let title = format!("write `{}`", value.as_str().map_or_else(|| value.to_string(), str::to_owned));
        let edits = vec![Edit { node: spot.node.index(), change: Change::Replace(value) }];
        Mend { document: spot.document, edits, title, is_assumed: false }
    }
}

/// How findings of the rule `id` are mended, if they ever are.
pub fn fixer(id: &str) -> Option<&'static Fixer> {
    FIXERS.iter().find(|fixer| fixer.rule == id)
}

/// What mends each of `findings`, which were found in the documents of `library`.
pub fn fixes(library: &Library, findings: &[Finding]) -> Vec<Option<Fix>> {
    let Ok(view) = View::of(library) else { return findings.iter().map(|_| None).collect() };
    let mut fixes: Vec<Option<Fix>> = findings.iter().map(|finding| fix(&view, finding)).collect();
    settle(findings, &mut fixes);
    fixes
}

/// Of two that want other values at one place, the one of the more severe finding is left.
fn settle(findings: &[Finding], fixes: &mut [Option<Fix>]) {
    let mut order: Vec<usize> = (0..fixes.len()).collect();
    order.sort_by_key(|number| std::cmp::Reverse(findings.get(*number).map(|finding| finding.severity)));
    let mut wanted: HashMap<(u32, u32, Option<String>), Value> = HashMap::new();
    for number in order {
        let Some(slot) = fixes.get_mut(number) else { continue };
        let Some(fix) = slot else { continue };
        let places = || {
            fix.edits.iter().map(|Edit { node, change }| match change {
                Change::Add(key, value) => ((fix.document, *node, Some(key.clone())), value),
                Change::Replace(value) => ((fix.document, *node, None), value),
            })
        };
        // Objects are merged, as what is shared is declared piece by piece.
        let conflicts = |(place, value): (_, &Value)| {
            wanted
                .get(&place)
                .is_some_and(|known| known != value && !(known.is_object() && value.is_object()))
        };
        if places().any(conflicts) {
            *slot = None;
            continue;
        }
        let new: Vec<_> = places().map(|(place, value)| (place, value.clone())).collect();
        wanted.extend(new);
    }
}

fn fix(view: &View<'_>, finding: &Finding) -> Option<Fix> {
    let fixer = fixer(finding.rule)?;
    let documents = view.library.documents();
    let number = documents.iter().position(|document| document.file() == &*finding.position.file)?;
    let node = documents.get(number)?.root().pointer(&finding.position.pointer)?;
    let spot = Spot { document: u32::try_from(number).ok()?, node };
    let Mend { document, edits, title, is_assumed } = (fixer.fix)(view, spot)?;
    let changed = view.library.document(document)?;
    let is_own = edits.iter().all(|edit| is_own_text(changed, changed.node(edit.node)));
    is_own.then_some(Fix { document, edits, title, is_assumed })
}
