//! Announces, rehearses and enforces the end of an operation.

use http::header::{HeaderName, HeaderValue, LINK};
use model::{Mode, Redacted, Severity, Timestamp};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::build::Build;
use crate::config::Span;
use crate::denial::{Denial, Reason, Verdict};
use crate::metrics::Callers;
use crate::policy::{Answer, AnswerField, Context, Kind, Policy, Stage};

pub(super) const KIND: Kind =
    Kind { id: "lifecycle", stage: Stage::Lifecycle, build, settings: Settings::json_schema, doc: DOC };

/// RFC 9745 section 2.
const DEPRECATION: HeaderName = HeaderName::from_static("deprecation");

/// RFC 8594 section 3.
const SUNSET: HeaderName = HeaderName::from_static("sunset");

/// Settings of `lifecycle`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
#[schemars(inline)]
struct Settings {
    // The snapshot reads it and no policy does; it stands here so that it is no unknown key.
    /// How it is applied.
    #[schemars(with = "Option<super::ModeSchema>")]
    mode: Option<Mode>,
    /// Since when, or from when on, callers are asked to leave (RFC 3339): `2026-03-01T00:00:00Z`.
    #[schemars(with = "Option<String>")]
    deprecated: Option<Timestamp>,
    /// When the operation goes (RFC 3339); from then on it is answered 410.
    #[schemars(with = "Option<String>")]
    sunset: Option<Timestamp>,
    /// Address of what callers should know of the deprecation.
    information: Option<String>,
    /// Address of what takes its place.
    successor: Option<String>,
    /// Times before the sunset in which it is answered 503, so that callers notice.
    brown_outs: Vec<BrownOut>,
}

/// A time in which the operation is out of service.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct BrownOut {
    /// When it begins (RFC 3339).
    #[schemars(with = "String")]
    from: Timestamp,
    /// How long it lasts.
    lasts: Span,
}

#[derive(Debug)]
struct Lifecycle {
    sunset: Option<Timestamp>,
    brown_outs: Vec<(Timestamp, Timestamp)>,
    fields: Vec<(HeaderName, HeaderValue)>,
    links: Vec<HeaderValue>,
    callers: Callers,
}

fn build(build: &mut Build<'_>) -> Option<Box<dyn Policy>> {
    let settings: Settings = build.settings()?;
    let is_deprecated = build.operation.is_some_and(|operation| operation.deprecated);
    if settings.deprecated.is_none() && settings.sunset.is_none() {
        if is_deprecated {
            build.gap("the operation is deprecated, and nothing says since when: set `lifecycle: { deprecated: … }`");
        }
        if !settings.brown_outs.is_empty() {
            build.problem(
                Severity::Error,
                "`brown-outs` without a `sunset` rehearse nothing",
                "say when the operation goes",
            );
        }
        return None;
    }
    let (deprecated, sunset) = (settings.deprecated, settings.sunset);
    if let (Some(deprecated), Some(sunset)) = (deprecated, sunset)
        && sunset < deprecated
    {
        // RFC 9745 section 4.
        build.problem(
            Severity::Error,
            "`sunset` is before `deprecated`",
            "what is gone cannot be deprecated any more",
        );
    }
    let mut fields = Vec::new();
    fields.extend(deprecated.and_then(|time| field(DEPRECATION, &format!("@{}", time.as_secs()))));
    fields.extend(sunset.and_then(|time| field(SUNSET, &http_date(time))));
    let mut links = Vec::new();
    let targets = [
        (&settings.information, if deprecated.is_some() { "deprecation" } else { "sunset" }),
        (&settings.successor, "successor-version"),
    ];
    for (address, relation) in targets {
        let Some(address) = address else { continue };
        let is_plain =
            address.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'<' | b'>' | b'"'));
        match HeaderValue::try_from(format!("<{address}>; rel=\"{relation}\"")).ok().filter(|_| is_plain) {
            Some(link) => links.push(link),
            None => build.problem(Severity::Error, format!("`{address}` is no address"), "write a URL"),
        }
    }
    let brown_outs = settings.brown_outs.iter().map(|rest| (rest.from, rest.from.plus(rest.lasts.0)));
    Some(Box::new(Lifecycle {
        sunset,
        brown_outs: brown_outs.collect(),
        fields,
        links,
        callers: build.metrics.callers(build.key),
    }))
}

fn field(name: HeaderName, value: &str) -> Option<(HeaderName, HeaderValue)> {
    HeaderValue::from_str(value).ok().map(|value| (name, value))
}

impl Policy for Lifecycle {
    fn head(&self, cx: &mut Context<'_>) -> Verdict {
        let fields = self.fields.iter().cloned().map(|(name, value)| AnswerField::Set(name, value));
        cx.answer_fields.extend(fields);
        cx.answer_fields.extend(self.links.iter().cloned().map(|link| AnswerField::Add(LINK, link)));
        if self.sunset.is_some_and(|sunset| cx.now >= sunset) {
            return Err(Denial::fixed(Reason::Retired, KIND.id, "its sunset has passed"));
        }
        let resting = self.brown_outs.iter().find(|(from, to)| (*from..*to).contains(&cx.now));
        match resting {
            None => Ok(()),
            Some((_, to)) => {
                let detail = Redacted::fixed("within a brown-out");
                let mut denial = Denial::new(Reason::BrownOut, KIND.id, detail);
                denial.retry_after_secs = Some(to.since(cx.now).as_secs().max(1));
                Err(denial)
            }
        }
    }

    /// By now it is known who calls.
    fn answer_head(&self, cx: &Context<'_>, _answer: &mut Answer<'_>) -> Verdict {
        let principal = cx.caller.principal();
        let client = principal.client.as_deref().or(principal.id.as_deref());
        self.callers.called_by(client.unwrap_or("anonymous"));
        Ok(())
    }

    fn limits(&self) -> Vec<String> {
        self.sunset.map(|sunset| format!("in service until {sunset}")).into_iter().collect()
    }
}

/// `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110 section 5.6.7).
fn http_date(time: Timestamp) -> String {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    // The first of January 1970 was a Thursday.
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    let text = time.to_rfc3339();
    let part = |from: usize, to: usize| {
        std::str::from_utf8(text.get(from..to).unwrap_or_default()).unwrap_or_default()
    };
    let day = time.as_secs() / 86_400 % 7;
    let weekday = usize::try_from(day).ok().and_then(|day| DAYS.get(day)).unwrap_or(&"Thu");
    let month = part(5, 7)
        .parse::<usize>()
        .ok()
        .and_then(|month| MONTHS.get(month.checked_sub(1)?))
        .unwrap_or(&"Jan");
    format!("{weekday}, {} {month} {} {} GMT", part(8, 10), part(0, 4), part(11, 19))
}

const DOC: &str = r#"
Says on every answer since when an operation is deprecated (`Deprecation`, RFC 9745), when it goes (`Sunset`, RFC 8594), and
where to read about it and what takes its place (`Link`). In a brown-out it is answered 503 with `Retry-After`, and from its
sunset on 410, before anybody is asked for a token. Set for an API, it retires a whole version of it.

Who still calls is counted in `palisade_retiring_requests_total`, by operation and client application.

| setting | meaning | default |
|---|---|---|
| `deprecated` | since when callers are asked to leave (RFC 3339) | |
| `sunset` | when the operation goes (RFC 3339) | |
| `information` | address of what callers should know | |
| `successor` | address of what takes its place | |
| `brown-outs` | times out of service before the sunset: `from` (RFC 3339) and `lasts` | none |

~~~yaml operation
/v1/orders:
  get:
    deprecated: true
    security: []
    x-palisade:
      lifecycle:
        deprecated: '2025-09-01T00:00:00Z'
        sunset: '2026-06-01T00:00:00Z'
        information: https://api.example/v1-ends
        successor: https://api.example/v2/orders
    responses: { '200': { description: ok } }
/v1/old:
  get:
    security: []
    x-palisade: { lifecycle: { sunset: '2025-11-01T00:00:00Z' } }
    responses: { '200': { description: ok } }
/v1/resting:
  get:
    security: []
    x-palisade:
      lifecycle:
        sunset: '2026-06-01T00:00:00Z'
        brown-outs: [{ from: '2025-11-24T15:55:00Z', lasts: 10min }]
    responses: { '200': { description: ok } }
~~~
~~~http allowed
GET /v1/orders HTTP/1.1
Host: api.example
<<< backend
HTTP/1.1 200 OK
Content-Type: text/plain

ok
>>> caller
Deprecation: @1756684800
Sunset: Mon, 01 Jun 2026 00:00:00 GMT
Link: <https://api.example/v1-ends>; rel="deprecation", <https://api.example/v2/orders>; rel="successor-version"

ok
~~~
~~~http refused 410 retired
GET /v1/old HTTP/1.1
Host: api.example
~~~
~~~http refused 503 brown-out
GET /v1/resting HTTP/1.1
Host: api.example
~~~

When this is wrong: callers that cannot move yet. Move the sunset, or run it in `shadow` to see who they are.
"#;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_written_as_http_has_it() {
        assert_eq!(http_date(Timestamp::from_secs(784_111_777)), "Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(http_date(Timestamp::from_secs(1_764_000_000)), "Mon, 24 Nov 2025 16:00:00 GMT");
    }
}
