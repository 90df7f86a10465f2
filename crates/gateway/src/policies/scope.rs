//! Authorises each operation by the scopes of the token.

use model::{Mode, Redacted};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::access::{Access, Alternative};
use crate::build::Build;
use crate::denial::{BearerError, Challenge, Denial, Reason, Verdict};
use crate::policy::{Context, Kind, Policy, Stage};

pub(super) const KIND: Kind =
    Kind { id: "scope", stage: Stage::Authorize, build, settings: Settings::json_schema, doc: DOC };

/// Settings of `scope`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
#[schemars(inline)]
struct Settings {
    // The snapshot reads it and no policy does; it stands here so that it is no unknown key.
    /// How it is applied.
    #[schemars(with = "Option<super::ModeSchema>")]
    mode: Option<Mode>,
    /// Scopes that a token must carry beside those of the specification.
    scopes: Vec<String>,
}

#[derive(Debug)]
struct Scope {
    alternatives: Vec<Alternative>,
    /// The ways in that are no token.
    keys: Vec<Challenge>,
    extra: Vec<String>,
}

fn build(build: &mut Build<'_>) -> Option<Box<dyn Policy>> {
    let settings: Settings = build.settings()?;
    let mut access = Access::of(build.contract, build.operation, build.feeds);
    if settings.scopes.is_empty() && !access.knows_tokens() {
        return None;
    }
    if settings.scopes.is_empty()
        && access.alternatives.iter().all(|alternative| alternative.scopes.is_empty())
    {
        build.gap("the specification asks for a token but for no scope, so every good token may call: name scopes in `security`, or set `scope: { scopes: … }`");
    }
    if build.sensitive {
        // Here as well: with `jwt` in shadow or off, anything in `authorization` would do beside a key.
        access.alternatives.retain(|alternative| alternative.token || alternative.certificate);
    }
    let mut keys = access.challenges(build.sensitive || !settings.scopes.is_empty());
    keys.retain(|challenge| *challenge != Challenge::TOKEN);
    Some(Box::new(Scope { alternatives: access.alternatives, keys, extra: settings.scopes }))
}

impl Policy for Scope {
    fn head(&self, cx: &mut Context<'_>) -> Verdict {
        let is_met = self.alternatives.iter().any(|alternative| is_met(alternative, cx));
        let has_extra = self.extra.iter().all(|scope| carries(cx, scope));
        if is_met && has_extra { Ok(()) } else { Err(self.refused(cx)) }
    }
}

/// Whether the caller has all that `alternative` asks for. That this is judged here once more, after authentication,
/// keeps an operation closed whose `jwt` control is in shadow or off.
fn is_met(alternative: &Alternative, cx: &Context<'_>) -> bool {
    let has_token = !alternative.token || cx.caller.token.is_some();
    has_token && alternative.has_its_others(cx) && alternative.scopes.iter().all(|scope| carries(cx, scope))
}

fn carries(cx: &Context<'_>, scope: &str) -> bool {
    cx.caller.token.as_ref().is_some_and(|token| token.claims.has_scope(scope))
}

impl Scope {
    fn refused(&self, cx: &Context<'_>) -> Denial {
        // Of several alternatives the one that lacks least is named.
        let lacking = |alternative: &&Alternative| {
            alternative.scopes.iter().filter(|scope| !carries(cx, scope)).count()
        };
        let nearest = self.alternatives.iter().filter(|alternative| alternative.token).min_by_key(lacking);
        let declared = nearest.into_iter().flat_map(|alternative| &alternative.scopes);
        let mut scopes: Vec<String> = declared.chain(&self.extra).cloned().collect();
        scopes.dedup();
        if cx.caller.token.is_none() {
            let mut denial = Denial::fixed(Reason::Unauthenticated, KIND.id, "no token to carry scopes");
            denial.challenges = vec![Challenge::Bearer { error: None, scopes }];
            denial.challenges.extend(self.keys.iter().cloned());
            return denial;
        }
        let detail = Redacted::vouched(format!("needs `{}`", scopes.join(" ")));
        let mut denial = Denial::new(Reason::InsufficientScope, KIND.id, detail);
        let error = Some(BearerError::InsufficientScope);
        denial.challenges = vec![Challenge::Bearer { error, scopes }];
        denial
    }
}

const DOC: &str = r"
Lets a token call only the operations whose scopes it carries; otherwise 403, with the scopes that would do. Scopes are
read from the token's `scope`, or `scp` where that is absent.

It reads the scopes in `security`: one alternative must be satisfied with all its scopes. Names listed for schemes other
than `oauth2` and `openIdConnect` are taken for scopes too. A caller without a token is let through only where some
alternative asks for none.

| setting | meaning | default |
|---|---|---|
| `scopes` | scopes that a token must carry besides | none |

~~~yaml operation
/orders:
  get: { security: [{ token: ['orders:read'] }], responses: { '200': { description: ok } } }
~~~
~~~http allowed
GET /orders HTTP/1.1
Host: api.example
Authorization: Bearer {token alice orders:read}
~~~
~~~http refused 403 insufficient-scope
GET /orders HTTP/1.1
Host: api.example
Authorization: Bearer {token alice orders:write}
~~~

When this is wrong: the issuer names scopes otherwise than the specification does. With `jwt` in `shadow` or
`required: false`, callers without a token are still refused here; put `scope` in `shadow` as well.
";
