//! Finds parameters whose values are written in another form.

use model::Severity;

use crate::diff::change::{Change, Matter};
use crate::diff::pair::Pair;
use crate::diff::report::{At, Changes};
use crate::view::{Parameter, Types, View};

pub(super) const CHANGE: Change = Change {
    id: "other-parameter-form",
    title: "callers must write the values of a parameter in another form",
    matter: Matter::Breaking,
    severity: Severity::Error,
    control: "request-schema",
    owasp: &["API8:2023"],
    cwe: &["CWE-436", "CWE-439"],
    nist: &["REC-API-3"],
    why: "Where `ids=1,2` becomes `ids=1&ids=2`, what was a list is one value to one side and many to the other: requests that were \
          right are refused, or are read as something else than was checked. `style` and `explode` are compared with what they \
          mean where they are left out, and Swagger 2.0's `collectionFormat` with both. Nothing is said of parameters that are \
          neither lists nor objects, which look alike in every form.",
    fix: "go on to take the form that callers write",
    old: "
paths:
  /orders:
    get: { parameters: [{ name: ids, in: query, schema: { type: array, items: { type: string } } }], responses: {} }
",
    bad: "
paths:
  /orders:
    get: { parameters: [{ name: ids, in: query, explode: false, schema: { type: array, items: { type: string } } }], responses: {} }
#                                                        ^^^^^
",
    good: "
paths:
  /orders:
    get: { parameters: [{ name: ids, in: query, style: form, explode: true, schema: { type: array, items: { type: string } } }], responses: {} }
",
    check,
};

/// Members that say which form it is.
const SAYING: &[&str] = &["style", "explode", "collectionFormat"];

fn check<'v, 'l>(pair: &Pair<'v, 'l>, changes: &mut Changes<'_, 'v, 'l>) {
    for matched in pair.called() {
        for (old, new) in matched.parameters() {
            let is_compound = |parameter: &Parameter<'l>, view: &View<'l>| {
                let schema = parameter.schema.and_then(|schema| view.schema(schema));
                schema.is_some_and(|schema| schema.types.has(Types::ARRAY) || schema.types.has(Types::OBJECT))
            };
            let (before, now) = (form(old), form(new));
            if before == now || !is_compound(old, pair.old) || !is_compound(new, pair.new) {
                continue;
            }
            let at = SAYING.iter().find_map(|key| new.spot.get(key)).unwrap_or(new.spot);
            let name = matched.new.name();
            let message =
                format!("the parameter `{}` of `{name}` is written as {now}, and was as {before}", new.name);
            changes.add(At::New(at), message);
        }
    }
}

/// The form in the words of OpenAPI 3: a style, and whether each value stands for itself.
fn form(parameter: &Parameter<'_>) -> String {
    if parameter.spot.get("content").is_some() {
        return "the text of a media type".to_owned();
    }
    let by_place = match parameter.location {
        "query" | "cookie" => "form",
        _ => "simple",
    };
    let of_swagger = parameter.spot.text("collectionFormat");
    let (style, is_exploded) = match of_swagger {
        Some("multi") => ("form", true),
        Some("ssv") => ("spaceDelimited", false),
        Some("pipes") => ("pipeDelimited", false),
        Some("tsv") => ("tabDelimited", false),
        Some(_) => (by_place, false),
        // In Swagger 2.0, whose parameters have no `schema`, values are parted by commas.
        None if parameter.schema.is_some_and(|schema| schema.key() == parameter.spot.key()) => {
            (by_place, false)
        }
        None => {
            let style = parameter.spot.text("style").unwrap_or(by_place);
            let said = parameter.spot.get("explode").and_then(|said| said.node.as_bool());
            (style, said.unwrap_or(style == "form"))
        }
    };
    // Exploded or not, the items of a list look alike there.
    let explode = if style == "simple" {
        ""
    } else if is_exploded {
        " exploded"
    } else {
        " not exploded"
    };
    format!("`{style}`{explode}")
}
