//! Describes the answers that are missing: shared ones, which operations refer to.

use serde_json::{Map, Value, json};
use spec::{Change, Edit, Format, Spot};

use super::{Fixer, Mend};
use crate::view::View;

/// The media type of what refuses a request (RFC 9457).
const PROBLEM: &str = "application/problem+json";

const WHAT: &str = "adds the answer, a problem document (RFC 9457) that all operations share, where answers are declared, or \
                    its `content` where it has none";

pub(super) const MISSING_401: Fixer = Fixer {
    rule: "missing-401",
    what: "adds the answer, a problem document (RFC 9457) that all operations share, where the operation asks who calls, or \
           its `content` where it has none",
    fix: |view, spot| {
        let is_open = view.operation_around(spot)?.security.is_open();
        if is_open && is_list(view, spot) { None } else { described(view, spot, &UNAUTHORIZED) }
    },
};

pub(super) const MISSING_429: Fixer = Fixer {
    rule: "missing-429",
    what: WHAT,
    fix: |view, spot| {
        // That a flow of business has a budget is not for us to say.
        let is_flow = view.operation_around(spot).is_some_and(|operation| operation.is_business_flow());
        if is_flow { None } else { described(view, spot, &TOO_MANY) }
    },
};

pub(super) const MISSING_500: Fixer =
    Fixer { rule: "missing-500", what: WHAT, fix: |view, spot| described(view, spot, &BROKEN) };

pub(super) const MISSING_VALIDATION_ERROR: Fixer =
    Fixer { rule: "missing-validation-error", what: WHAT, fix: |view, spot| described(view, spot, &WRONG) };

pub(super) const MISSING_RETRY_AFTER: Fixer = Fixer {
    rule: "missing-retry-after",
    what: "adds the header where others are declared",
    fix: |view, spot| {
        let is_headers = view.library.document(spot.document)?.entry_of(spot.node)?.key == "headers";
        is_headers.then(|| Mend::adding(spot, &[("Retry-After", header(view, "integer"))], false))?
    },
};

/// An answer that is missing.
struct Answer {
    status: &'static str,
    /// What it is shared by.
    name: &'static str,
    description: &'static str,
}

const WRONG: Answer =
    Answer { status: "400", name: "BadRequestProblem", description: "The request is not as described." };
const UNAUTHORIZED: Answer =
    Answer { status: "401", name: "UnauthorizedProblem", description: "Who calls is not proved." };
const TOO_MANY: Answer =
    Answer { status: "429", name: "TooManyRequestsProblem", description: "More was asked than is allowed." };
const BROKEN: Answer =
    Answer { status: "500", name: "InternalErrorProblem", description: "Something broke." };

/// Whether what was found is the list of an operation's answers, and not one of them.
fn is_list(view: &View<'_>, spot: Spot<'_>) -> bool {
    let entry = view.library.document(spot.document).and_then(|document| document.entry_of(spot.node));
    entry.is_some_and(|entry| entry.key == "responses")
}

fn described<'l>(view: &View<'l>, spot: Spot<'l>, answer: &Answer) -> Option<Mend> {
    if is_list(view, spot) {
        return listed(view, spot, answer);
    }
    let around = view.operation_around(spot)?;
    // Of an operation without any answers somebody has to say more than how it fails.
    if around.spot.key() == spot.key() {
        return None;
    }
    let (key, value) = match view.format {
        Format::Swagger20 => ("schema", problem()),
        _ => ("content", content()),
    };
    let mut mend = Mend::adding(view.follow(spot)?, &[(key, value)], false)?;
    mend.title = format!("describe the problem document of the answer {}", answer.status);
    Some(mend)
}

/// Adds the answer to the list: a reference to a shared one, which is declared unless it is; in a file that is not the
/// document itself, the answer as a whole.
fn listed<'l>(view: &View<'l>, list: Spot<'l>, answer: &Answer) -> Option<Mend> {
    let whole = whole(view, answer);
    let mut mend = if list.document == view.root.document {
        let (shared, place) = shared(view, answer, &whole)?;
        let mut mend = Mend::adding(list, &[(answer.status, json!({ "$ref": place }))], false)?;
        mend.edits.extend(shared);
        mend
    } else {
        Mend::adding(list, &[(answer.status, whole)], false)?
    };
    mend.title = format!("add an answer {}", answer.status);
    Some(mend)
}

/// What declares the shared answer, unless it is declared, and what refers to it.
fn shared(view: &View<'_>, answer: &Answer, whole: &Value) -> Option<(Option<Edit>, String)> {
    let names: &[&str] = match view.format {
        Format::Swagger20 => &["responses"],
        _ => &["components", "responses"],
    };
    let mut at = view.root;
    let mut missing = None;
    for (number, name) in names.iter().enumerate() {
        match at.get(name) {
            Some(below) => at = below,
            None => {
                missing = names.get(number..);
                break;
            }
        }
    }
    let place = format!("#/{}/{}", names.join("/"), answer.name);
    if let Some(known) = at.get(answer.name).filter(|_| missing.is_none()) {
        return (known.node.to_value() == *whole).then_some((None, place));
    }
    let (key, rest) = match missing.and_then(<[&str]>::split_first) {
        Some((first, rest)) => (*first, [rest, &[answer.name]].concat()),
        None => (answer.name, Vec::new()),
    };
    let value = rest.iter().rev().fold(whole.clone(), |value, name| json!({ *name: value }));
    let change = Change::Add(key.to_owned(), value);
    at.node.is_object().then_some((Some(Edit { node: at.node.index(), change }), place))
}

/// The answer with all that other rules ask of one. A header that is declared may be there and need not be.
fn whole(view: &View<'_>, answer: &Answer) -> Value {
    let is_of_caller = answer.status.starts_with('4');
    let mut headers = Map::new();
    if is_of_caller && view.format != Format::Swagger20 {
        headers.insert("RateLimit".to_owned(), header(view, "string"));
    }
    if answer.status == "429" {
        headers.insert("Retry-After".to_owned(), header(view, "integer"));
    }
    if !headers.is_empty() {
        headers.insert("Access-Control-Allow-Origin".to_owned(), header(view, "string"));
    }
    let mut whole = Map::from_iter([("description".to_owned(), json!(answer.description))]);
    if !headers.is_empty() {
        whole.insert("headers".to_owned(), Value::Object(headers));
    }
    match view.format {
        Format::Swagger20 => whole.insert("schema".to_owned(), problem()),
        _ => whole.insert("content".to_owned(), content()),
    };
    Value::Object(whole)
}

fn header(view: &View<'_>, kind: &str) -> Value {
    match view.format {
        Format::Swagger20 => json!({ "type": kind }),
        _ => json!({ "schema": { "type": kind } }),
    }
}

fn content() -> Value {
    json!({ PROBLEM: { "schema": problem() } })
}

/// The members of RFC 9457, section 3.1, that say what happened.
fn problem() -> Value {
    json!({
        "type": "object",
        "properties": {
            "type": { "type": "string" },
            "title": { "type": "string" },
            "status": { "type": "integer" },
            "detail": { "type": "string" },
        },
    })
}
