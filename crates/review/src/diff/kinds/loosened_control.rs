//! Finds controls that `x-palisade` applies less strictly, or not at all.

use model::Severity;
use spec::Spot;

use crate::diff::change::{Change, Matter};
use crate::diff::controls::{Mode, Setting, settings};
use crate::diff::pair::Pair;
use crate::diff::report::{At, Changes};

pub(super) const CHANGE: Change = Change {
    id: "loosened-control",
    title: "a control is applied less strictly than before",
    matter: Matter::Security,
    severity: Severity::Error,
    control: "object",
    owasp: &["API1:2023", "API5:2023", "API8:2023"],
    cwe: &["CWE-693"],
    nist: &["REC-API-12", "REC-API-24"],
    why: "What `x-palisade` says is what the gateway does. A control that goes from `enforce` to `off` refuses nothing more, and in \
          `shadow` it only looks, which is a warning. A setting that is gone, as the rule that says whose an object is, is found \
          too; one that has another value is not, but for the rates that `looser-rate-limit` looks at. Settings are those of the \
          operation, else of its path, else of the root; overlays are not read.",
    fix: "set the control again, or allow the change with a reason",
    old: "
paths:
  /orders/{id}:
    x-palisade:
      object: { answer: [{ at: /owner, claim: sub }] }
#     ^^^^^^
      request-schema: enforce
      sensitive: true
    get: { responses: {} }
",
    bad: "
paths:
  /orders/{id}:
    x-palisade:
      request-schema: 'off'
#                     ^^^^^
      sensitive: false
#                ^^^^^
    get: { responses: {} }
",
    good: "
x-palisade: { object: { hide: true, answer: [{ at: /owner, claim: sub }] } }
paths:
  /orders/{id}:
    get: { x-palisade: { request-schema: { mode: enforce }, sensitive: true }, responses: {} }
",
    check,
};

fn check<'v, 'l>(pair: &Pair<'v, 'l>, changes: &mut Changes<'_, 'v, 'l>) {
    for matched in pair.called() {
        let (before, now) = (settings(pair.old, matched.old), settings(pair.new, matched.new));
        let name = matched.new.name();
        for setting in &before {
            let twin = now.iter().find(|known| known.control == setting.control);
            match (setting.control, twin) {
                ("sensitive", twin) => {
                    let is_gone = setting.spot.node.as_bool() == Some(true)
                        && twin.is_none_or(|twin| twin.spot.node.as_bool() != Some(true));
                    let at = twin.map_or(At::Gone(setting.spot, matched.new.spot), |twin| At::New(twin.spot));
                    if is_gone {
                        changes.add(at, format!("`{name}` is not `sensitive` any more"));
                    }
                }
                (control, None) if setting.mode() == Mode::Enforce => {
                    // A mode alone says what is so anyway, unless the config says otherwise.
                    let has_settings = setting.members().next().is_some();
                    let severity = if has_settings { CHANGE.severity } else { Severity::Note };
                    let message = format!("`{control}` is not set for `{name}` any more");
                    changes.add_as(severity, At::Gone(setting.spot, matched.new.spot), message);
                }
                (_, None) => {}
                (_, Some(twin)) => dropped(setting, twin, &name, changes),
            }
        }
        // What was not set was enforced, if it was on at all.
        for setting in now.iter().filter(|setting| setting.control != "sensitive") {
            let twin = before.iter().find(|known| known.control == setting.control);
            let (was, is) = (twin.map_or(Mode::Enforce, Setting::mode), setting.mode());
            if is < was {
                let severity = if is == Mode::Off { CHANGE.severity } else { Severity::Warning };
                let at = setting.spot.get("mode").unwrap_or(setting.spot);
                let word = if is == Mode::Off { "off" } else { "shadow" };
                changes.add_as(
                    severity,
                    At::New(at),
                    format!("`{}` is `{word}` for `{name}`", setting.control),
                );
            }
        }
    }
}

/// Settings, and items of their lists, that are gone.
fn dropped<'l>(before: &Setting<'l>, now: &Setting<'l>, name: &str, changes: &mut Changes<'_, '_, 'l>) {
    let control = before.control;
    for (key, spot) in before.members() {
        let twin = now.spot.get(key);
        let is_fewer = twin.is_some_and(|twin| twin.node.is_array() && items(twin) < items(spot));
        let is_rate = matches!(control, "rate-limit" | "ip-limit");
        if twin.is_none() && before.mode() == Mode::Enforce {
            let message = format!("`{key}` of `{control}` is not set for `{name}` any more");
            changes.add(At::Gone(spot, now.spot), message);
        } else if is_fewer && !is_rate {
            let message = format!("`{key}` of `{control}` has fewer items for `{name}`");
            changes.add_as(Severity::Warning, At::New(twin.unwrap_or(now.spot)), message);
        }
    }
}

fn items(spot: Spot<'_>) -> usize {
    spot.node.items().len()
}
