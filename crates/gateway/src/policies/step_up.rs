//! Lets only callers do what matters most who have authenticated strongly, or of late.

use std::time::Duration;

use model::{Mode, Severity, Timestamp};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use crate::build::Build;
use crate::config::Span;
use crate::denial::{Challenge, Denial, Reason, Verdict};
use crate::policy::{Context, Kind, Policy, Stage};

pub(super) const KIND: Kind =
    Kind { id: "step-up", stage: Stage::Authorize, build, settings: Settings::json_schema, doc: DOC };

/// Settings of `step-up`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
#[schemars(inline)]
struct Settings {
    // The snapshot reads it and no policy does; it stands here so that it is no unknown key.
    /// How it is applied.
    #[schemars(with = "Option<super::ModeSchema>")]
    mode: Option<Mode>,
    /// Ways of authentication, one of which the token must name as its `acr`.
    acr: Vec<String>,
    /// How long ago the caller may have authenticated.
    max_age: Option<Span>,
}

#[derive(Debug)]
struct StepUp {
    acr: Vec<String>,
    max_age: Option<Duration>,
}

fn build(build: &mut Build<'_>) -> Option<Box<dyn Policy>> {
    if !build.is_configured() {
        return None;
    }
    let Settings { acr, max_age, .. } = build.settings()?;
    if acr.is_empty() && max_age.is_none() {
        let help = "say how, as in `acr: [urn:example:otp]`, or how lately, as in `max-age: 5min`";
        build.problem(Severity::Error, "`step-up` has neither `acr` nor `max-age`", help);
    }
    // They are sent back in a quoted string, with spaces between (RFC 9470 section 3).
    let can_be_sent = |value: &String| {
        !value.is_empty() && value.bytes().all(|byte| matches!(byte, b'!' | b'#'..=b'[' | b']'..=b'~'))
    };
    if !acr.iter().all(can_be_sent) {
        let help = "name values as the issuer writes them into `acr`: visible ASCII, no quotes";
        build.problem(Severity::Error, "a value of `acr` that no challenge can name", help);
    }
    Some(Box::new(StepUp { acr, max_age: max_age.map(|span| span.0) }))
}

impl Policy for StepUp {
    fn head(&self, cx: &mut Context<'_>) -> Verdict {
        let Some(token) = &cx.caller.token else {
            let mut denial =
                Denial::fixed(Reason::Unauthenticated, KIND.id, "no token says who authenticated");
            denial.challenges = vec![self.challenge()];
            return Err(denial);
        };
        let acr = token.claims.get("acr").and_then(Value::as_str);
        if !self.acr.is_empty() && !self.acr.iter().any(|wanted| Some(wanted.as_str()) == acr) {
            return Err(self.refused("another `acr` is asked for"));
        }
        let Some(max_age) = self.max_age else { return Ok(()) };
        // Fractions are allowed (RFC 7519 section 2), and do not matter here.
        let authenticated = token.claims.get("auth_time").and_then(Value::as_f64).filter(|secs| *secs >= 0.0);
        let authenticated = authenticated.map(|secs| Timestamp::from_secs(secs as u64));
        match authenticated {
            None => Err(self.refused("the token has no `auth_time`")),
            Some(at) if at.plus(max_age) < cx.now => Err(self.refused("`auth_time` is too long ago")),
            Some(_) => Ok(()),
        }
    }
}

impl StepUp {
    fn refused(&self, why: &'static str) -> Denial {
        let mut denial = Denial::fixed(Reason::StepUpRequired, KIND.id, why);
        denial.challenges = vec![self.challenge()];
        denial
    }

    fn challenge(&self) -> Challenge {
        let max_age_secs = self.max_age.map(|age| age.as_secs());
        Challenge::StepUp { acr: self.acr.clone(), max_age_secs }
    }
}

const DOC: &str = r#"
Asks more of a caller than a good token where it matters: that its user authenticated in a certain way, as with a second
factor, or a short while ago. Otherwise 401 with the challenge of RFC 9470, which says what would do; a client that knows it
sends its user to the issuer once more and comes back with another token.

It reads nothing from the specification, and does nothing until it is configured; written at an operation it is for that
operation. What it looks at are the claims `acr` and `auth_time`, which the issuer must put into access tokens (RFC 9068
section 2.2.1) or say when it is asked about opaque ones. A token without them is refused.

| setting | meaning | default |
|---|---|---|
| `acr` | ways to authenticate as the issuer names them, one of which must be the token's | any |
| `max-age` | how long ago the caller may have authenticated | any time |

~~~yaml settings
step-up: { acr: ['urn:example:otp'], max-age: 5min }
~~~
~~~yaml operation
/orders:
  get:
    security: [{ token: [] }]
    x-palisade: { step-up: { max-age: 1h } }
    responses: { '200': { description: ok } }
/payments:
  post: { security: [{ token: [] }], responses: { '200': { description: ok } } }
~~~
~~~http allowed
GET /orders HTTP/1.1
Host: api.example
Authorization: Bearer {token alice}
~~~
~~~http refused 401 step-up-required
POST /payments HTTP/1.1
Host: api.example
Authorization: Bearer {token alice}
~~~

In these examples a token says that its caller authenticated a minute ago, by `urn:example:password`.

When this is wrong: machines do not authenticate anew, so an operation that they call too needs another way in for them.
Issuers differ in what they call a way, and some leave `auth_time` out of access tokens unless they are told.
"#;
