//! Gives values the bounds that they lack.

use serde_json::{Value, json};
use spec::Spot;

use super::{Fixer, Mend};
use crate::rules::{unbounded_string, unbounded_upload};
use crate::view::{Keywords, Types, View};
use crate::words;

/// Characters of a text whose format says nothing of them.
const TEXT_MAX: u64 = 1000;

/// Items of a list.
const ITEMS_MAX: u64 = 1000;

/// Members of a map.
const MEMBERS_MAX: u64 = 100;

/// Items of a page.
const PAGE_MAX: i64 = 100;

/// The largest integer that JSON carries exactly everywhere (RFC 8259, section 6).
const EXACT_MAX: i64 = (1 << 53) - 1;

/// The longest texts of formats, in characters.
const FORMATS: &[(&str, u64)] = &[
    // RFC 5321, section 4.5.3.1.3, without its angle brackets.
    ("email", 254),
    ("idn-email", 254),
    // RFC 1035, section 2.3.4.
    ("hostname", 253),
    ("idn-hostname", 253),
    // RFC 9110, section 4.1, asks for 8000; browsers and proxies are known to take less.
    ("uri", 2048),
    ("uri-reference", 2048),
    ("iri", 2048),
    ("url", 2048),
    ("password", 128),
];

/// Formats of texts that are as long as what they carry.
const OPEN_FORMATS: &[&str] = &["byte", "base64", "base64url"];

pub(super) const UNBOUNDED_STRING: Fixer = Fixer {
    rule: "unbounded-string",
    what: "adds the `maxLength` of the format (`email` 254, `hostname` 253, `uri` 2048, `password` 128), else 1000, to be \
           confirmed",
    fix: texts,
};

pub(super) const UNBOUNDED_ARRAY: Fixer =
    Fixer { rule: "unbounded-array", what: "adds `maxItems: 1000`, to be confirmed", fix: list };

pub(super) const UNBOUNDED_ADDITIONAL_PROPERTIES: Fixer = Fixer {
    rule: "unbounded-additional-properties",
    what: "adds `maxProperties: 100`, to be confirmed",
    fix: map,
};

pub(super) const UNBOUNDED_PAGE: Fixer =
    Fixer { rule: "unbounded-page", what: "adds `maximum: 100`, to be confirmed", fix: page };

pub(super) const UNBOUNDED_NUMBER: Fixer = Fixer {
    rule: "unbounded-number",
    what: "adds the bounds that are missing: those of `int32`, else of the integers that JSON carries exactly; of the size \
           of a page 0 and 100, to be confirmed",
    fix: number,
};

pub(super) const INTEGER_WITHOUT_FORMAT: Fixer = Fixer {
    rule: "integer-without-format",
    what: "adds `format: int64`, or `int32` where the bounds allow it, to be confirmed",
    fix: format,
};

/// Mends every text that a finding is about, or none.
fn texts(view: &View<'_>, spot: Spot<'_>) -> Option<Mend> {
    let mends = unbounded_string::endless_at(view, spot).into_iter().map(|at| text(view, at));
    let mut mends = mends.collect::<Option<Vec<Mend>>>()?.into_iter();
    let mut whole = mends.next()?;
    for more in mends {
        if !whole.title.contains(&more.title) {
            whole.title = format!("{}, {}", whole.title, more.title);
        }
        whole.edits.extend(more.edits);
    }
    Some(whole)
}

fn text(view: &View<'_>, spot: Spot<'_>) -> Option<Mend> {
    let parts = view.parts(spot);
    let format = parts.iter().find_map(|part| part.text("format")).unwrap_or_default();
    let is_it = |schema: Spot<'_>| schema.key() == spot.key();
    let mut bodies = view.called().flat_map(|operation| &operation.body);
    let is_file = bodies.any(|body| unbounded_upload::is_file(body) && body.schema.is_some_and(is_it));
    // How large a file may be, its uploaders must be asked.
    if is_file || OPEN_FORMATS.contains(&format) {
        return None;
    }
    let known = FORMATS.iter().find(|(name, _)| *name == format);
    let bound = known.map_or(TEXT_MAX, |(_, bound)| *bound);
    let is_long = |text: &str| text.chars().count() as u64 > bound;
    let has_longer = examples(spot).iter().any(|example| example.node.as_str().is_some_and(is_long));
    bounded(view, spot, "maxLength", ("minLength", bound), has_longer)
}

fn list(view: &View<'_>, spot: Spot<'_>) -> Option<Mend> {
    let has_longer = examples(spot).iter().any(|example| example.node.len() as u64 > ITEMS_MAX);
    bounded(view, spot, "maxItems", ("minItems", ITEMS_MAX), has_longer)
}

fn map(view: &View<'_>, spot: Spot<'_>) -> Option<Mend> {
    let has_longer = examples(spot).iter().any(|example| example.node.len() as u64 > MEMBERS_MAX);
    bounded(view, spot, "maxProperties", ("minProperties", MEMBERS_MAX), has_longer)
}

fn page(view: &View<'_>, spot: Spot<'_>) -> Option<Mend> {
    let has_larger = examples(spot)
        .iter()
        .any(|example| example.node.as_f64().is_some_and(|value| value > PAGE_MAX as f64));
    bounded(view, spot, "maximum", ("minimum", PAGE_MAX.unsigned_abs()), has_larger)
}

/// Adds the upper bound; nothing where the lower one or an example says that it is larger.
fn bounded(
    view: &View<'_>,
    spot: Spot<'_>,
    keyword: &str,
    (lower, bound): (&str, u64),
    has_larger: bool,
) -> Option<Mend> {
    let least = view.parts(spot).into_iter().find_map(|part| part.node.get(lower)?.as_f64());
    let is_free = !has_larger && least.is_none_or(|least| least <= bound as f64);
    is_free.then(|| Mend::adding(spot, &[(keyword, json!(bound))], true))?
}

/// Values that the document itself calls right.
fn examples(spot: Spot<'_>) -> Vec<Spot<'_>> {
    let own = ["example", "x-example", "default"].iter().filter_map(|key| spot.get(key));
    own.chain(spot.items_of("examples")).collect()
}

fn number(view: &View<'_>, spot: Spot<'_>) -> Option<Mend> {
    // What a number that is no integer stands for, a price or a place, somebody has to say.
    let schema = view.schema(spot).filter(|schema| !schema.types.has(Types::NUMBER))?;
    let is_short = view.parts(spot).iter().any(|part| part.text("format") == Some("int32"));
    let is_page = view.name_of(spot).is_some_and(words::is_page_size);
    let (least, most) = if is_page {
        (0, PAGE_MAX)
    } else if is_short {
        (i64::from(i32::MIN), i64::from(i32::MAX))
    } else {
        (-EXACT_MAX, EXACT_MAX)
    };
    let says = |bound: Keywords| view.says_any(schema, bound.or(Keywords::CHOICE));
    let mut bounds: Vec<(&str, Value)> = Vec::new();
    if !says(Keywords::MINIMUM) {
        bounds.push(("minimum", json!(least)));
    }
    if !says(Keywords::MAXIMUM) {
        bounds.push(("maximum", json!(most)));
    }
    let is_within = |value: f64| least as f64 <= value && value <= most as f64;
    let said = ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"];
    let said = said.iter().filter_map(|key| spot.node.get(key)?.as_f64());
    let examples = examples(spot).into_iter().filter_map(|example| example.node.as_f64()).collect::<Vec<_>>();
    let is_meant = !bounds.is_empty() && said.chain(examples).all(is_within);
    is_meant.then(|| Mend::adding(spot, &bounds, is_page))?
}

fn format(_: &View<'_>, spot: Spot<'_>) -> Option<Mend> {
    let is_short = |key: &str| {
        let bound = spot.node.get(key).and_then(spec::Node::as_i64);
        bound.is_some_and(|bound| i32::try_from(bound).is_ok())
    };
    let width = if is_short("maximum") && is_short("minimum") { "int32" } else { "int64" };
    Mend::adding(spot, &[("format", json!(width))], true)
}
