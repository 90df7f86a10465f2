//! Finds rate limits of `x-palisade` that let more requests through.

use model::Severity;
use spec::{Node, Spot};

use crate::diff::change::{Change, Matter};
use crate::diff::controls::{Setting, settings};
use crate::diff::pair::Pair;
use crate::diff::report::{At, Changes};

pub(super) const CHANGE: Change = Change {
    id: "looser-rate-limit",
    title: "a limit lets more requests through than before",
    matter: Matter::Security,
    severity: Severity::Warning,
    control: "rate-limit",
    owasp: &["API4:2023", "API6:2023"],
    cwe: &["CWE-770", "CWE-799"],
    nist: &["REC-API-15"],
    why: "A limit is what guessing, scraping and buying up costs. `rate` and `burst` of `rate-limit` and `ip-limit` and \
          `requests-max` of `concurrency` are looked at; limits of a list are held against each other by name, else in their \
          order, and one that is gone is found.",
    fix: "set the limit again, or say why callers need more",
    old: "
paths:
  /orders:
    get: { x-palisade: { rate-limit: { limits: [{ rate: 10/s, burst: 20 }, { rate: 100/m }] } }, responses: {} }
#                                                                          ^^^^^^^^^^^^^^^
",
    bad: "
paths:
  /orders:
    get: { x-palisade: { rate-limit: { limits: [{ rate: 1000/m, burst: 50 }] } }, responses: {} }
#                                                       ^^^^^^
#                                                                      ^^
",
    good: "
x-palisade: { rate-limit: { limits: [{ rate: 600/m, burst: 20 }, { rate: 1/s }] } }
paths:
  /orders:
    get: { responses: {} }
",
    check,
};

fn check<'v, 'l>(pair: &Pair<'v, 'l>, changes: &mut Changes<'_, 'v, 'l>) {
    for matched in pair.called() {
        let now = settings(pair.new, matched.new);
        for setting in settings(pair.old, matched.old) {
            let Some(twin) = now.iter().find(|known| known.control == setting.control) else { continue };
            let (old, new) = (limits(&setting), limits(twin));
            for (place, before) in old.iter().enumerate() {
                let name = before.text("name");
                let twin_limit = match name {
                    Some(_) => new.iter().find(|limit| limit.text("name") == name),
                    None => new.get(place),
                };
                match twin_limit {
                    Some(limit) => looser(*before, *limit, &matched.new.name(), changes),
                    None => {
                        let message = format!("a limit of `{}` is gone", matched.new.name());
                        changes.add(At::Gone(*before, twin.spot), message);
                    }
                }
            }
        }
    }
}

/// The objects that hold the bounds of a control.
fn limits<'l>(setting: &Setting<'l>) -> Vec<Spot<'l>> {
    match setting.control {
        "rate-limit" => setting.spot.items_of("limits").collect(),
        "ip-limit" | "concurrency" => vec![setting.spot],
        _ => Vec::new(),
    }
}

fn looser<'l>(before: Spot<'l>, now: Spot<'l>, name: &str, changes: &mut Changes<'_, '_, 'l>) {
    for key in ["rate", "burst", "requests-max"] {
        let (Some(was), Some(is)) = (before.get(key), now.get(key)) else { continue };
        if let (Some(less), Some(more)) = (value(was.node), value(is.node))
            && more > less * (1.0 + f64::EPSILON)
        {
            let text = |spot: Spot<'l>| spot.node.scalar().unwrap_or_default();
            changes
                .add(At::New(is), format!("the `{key}` of `{name}` is {}, and was {}", text(is), text(was)));
        }
    }
}

/// A count, or a rate as in `100/min`, a second.
fn value(node: Node<'_>) -> Option<f64> {
    let text = node.scalar()?;
    let (count, period) = text.split_once('/').unwrap_or((text, "s"));
    let count: f64 = count.trim().parse().ok()?;
    let seconds = match period.trim() {
        "s" => 1.0,
        "m" | "min" => 60.0,
        "h" => 3600.0,
        "d" => 86_400.0,
        _ => return None,
    };
    Some(count / seconds)
}
