//! Finds operations that end later than was announced, or do not say any more when.

use model::Severity;
use spec::Spot;

use crate::allow::Date;
use crate::diff::change::{Change, Matter};
use crate::diff::matching::Matched;
use crate::diff::pair::Pair;
use crate::diff::report::{At, Changes};

pub(super) const CHANGE: Change = Change {
    id: "later-sunset",
    title: "an operation ends later than was announced, or does not say when",
    matter: Matter::Security,
    severity: Severity::Warning,
    control: "lifecycle",
    owasp: &["API9:2023"],
    cwe: &["CWE-1059"],
    nist: &["REC-API-4"],
    why: "An old version that stays is the one that nobody mends. A day that moves is a day that callers learn not to believe. \
          It is read from `x-palisade` (`lifecycle`) and from extensions whose name says `sunset`; of texts that are no days, \
          only whether they are there.",
    fix: "keep the day, or allow the change with a reason",
    old: "
paths:
  /orders:
    get: { deprecated: true, x-sunset: '2027-01-31', responses: {} }
",
    bad: "
paths:
  /orders:
    get: { deprecated: true, x-sunset: '2028-01-31', responses: {} }
#                                      ^^^^^^^^^^^^
",
    good: "
paths:
  /orders:
    get: { deprecated: true, x-palisade: { lifecycle: { sunset: '2027-01-31T00:00:00Z' } }, responses: {} }
",
    check,
};

fn check<'v, 'l>(pair: &Pair<'v, 'l>, changes: &mut Changes<'_, 'v, 'l>) {
    for Matched { old, new } in pair.called() {
        let Some((before, _)) = sunset(old.spot) else { continue };
        let name = new.name();
        match sunset(new.spot) {
            None => changes.add(At::New(new.spot), format!("`{name}` does not say any more when it ends")),
            Some((now, spot)) => {
                if let (Some(was), Some(is)) = (day(before), day(now))
                    && is > was
                {
                    changes.add(At::New(spot), format!("`{name}` ends on {is}, and was to end on {was}"));
                }
            }
        }
    }
}

/// The day on which an operation ends, as it is written, and where.
fn sunset(operation: Spot<'_>) -> Option<(&str, Spot<'_>)> {
    let own = operation.get("x-palisade");
    let settings = own.and_then(|own| own.get("lifecycle").or_else(|| own.get("controls")?.get("lifecycle")));
    let extension =
        |(key, _): &(&str, Spot<'_>)| key.starts_with("x-") && key.to_ascii_lowercase().contains("sunset");
    let spot = settings.and_then(|settings| settings.get("sunset"));
    let spot = spot.or_else(|| operation.members().find(extension).map(|(_, spot)| spot))?;
    Some((spot.node.scalar().unwrap_or_default(), spot))
}

fn day(text: &str) -> Option<Date> {
    text.get(..10)?.parse().ok()
}
