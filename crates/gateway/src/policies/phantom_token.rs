//! Gives the backend a short-lived token of the inside in place of the caller's.

use std::sync::Arc;

use identity::internal::{InternalIssuer, Subject};
use model::{Mode, Severity};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::build::Build;
use crate::denial::{Challenge, Denial, Reason, Verdict};
use crate::minted::Stands;
use crate::policy::{Authorization, Context, Kind, Policy, Stage};

pub(super) const KIND: Kind =
    Kind { id: "phantom-token", stage: Stage::Exchange, build, settings: Settings::json_schema, doc: DOC };

/// Settings of `phantom-token`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
#[schemars(inline)]
struct Settings {
    // The snapshot reads it and no policy does; it stands here so that it is no unknown key.
    /// How it is applied.
    #[schemars(with = "Option<super::ModeSchema>")]
    mode: Option<Mode>,
    /// What stands in the token's `aud`: the name of the backend.
    audience: String,
    /// Claims of the caller's token that are said again, beside those that always are.
    claims: Vec<String>,
    /// Whether a caller who proved nothing is refused, whatever the specification says.
    required: bool,
}

#[derive(Debug)]
struct PhantomToken {
    issuer: Arc<InternalIssuer>,
    audience: String,
    claims: Vec<String>,
    required: bool,
    /// Tells its tokens from those of another policy.
    itself: Arc<()>,
}

fn build(build: &mut Build<'_>) -> Option<Box<dyn Policy>> {
    // A third party has nothing to do with tokens of the inside.
    if !build.is_configured() || build.third_party.is_some() {
        return None;
    }
    let Settings { audience, claims, required, .. } = build.settings()?;
    if audience.is_empty() {
        let help =
            "write `phantom-token: { audience: NAME }`, with the name that the backend knows itself by";
        build.problem(Severity::Error, "no audience for the tokens of the inside", help);
        return None;
    }
    let Some(issuer) = build.feeds.internal.clone() else {
        let help = "add `identity: { internal: { issuer: NAME } }`";
        build.problem(Severity::Error, "nobody signs tokens for the inside", help);
        return None;
    };
    Some(Box::new(PhantomToken { issuer, audience, claims, required, itself: Arc::default() }))
}

impl Policy for PhantomToken {
    fn head(&self, cx: &mut Context<'_>) -> Verdict {
        // Nothing of the outside goes further, whatever it is.
        cx.authorization = Authorization::Nothing;
        let stands = match (&cx.caller.token, &cx.caller.certificate) {
            (Some(verified), _) => Stands::Token(Arc::clone(verified)),
            (None, Some(certificate)) => Stands::Certificate(Arc::clone(certificate)),
            (None, None) if self.required => return Err(unproven(cx)),
            (None, None) => return Ok(()),
        };
        let Ok(mut minted) = cx.worker.minted.try_borrow_mut() else {
            return Err(Denial::fixed(Reason::Internal, KIND.id, "the cache of tokens is in use"));
        };
        if let Some(value) = minted.get(&stands, &self.itself, cx.now) {
            cx.authorization = Authorization::Instead(value);
            return Ok(());
        }
        let subject = Subject {
            principal: cx.caller.principal(),
            verified: cx.caller.token.as_deref(),
            audience: &self.audience,
            claims: &self.claims,
        };
        let Ok(made) = self.issuer.mint(&subject, cx.now) else {
            return Err(Denial::fixed(Reason::Internal, KIND.id, "no token could be signed"));
        };
        let value: Arc<[u8]> = [b"Bearer ", made.token.as_bytes()].concat().into();
        minted.keep((stands, &self.itself), &value, &made, cx.now);
        cx.authorization = Authorization::Instead(value);
        Ok(())
    }
}

/// A refusal of a caller who proved nothing, or named itself by a key alone.
fn unproven(cx: &Context<'_>) -> Denial {
    if cx.caller.client.is_some() {
        return Denial::fixed(Reason::KeyNotSufficient, KIND.id, "a key alone, of which no token is made");
    }
    let mut denial = Denial::fixed(Reason::Unauthenticated, KIND.id, "nobody to make a token for");
    denial.challenges.push(Challenge::TOKEN);
    denial
}

const DOC: &str = r"
Puts a token of the inside in place of the caller's `Authorization` and takes its `DPoP` away, so that no token of the
outside reaches a backend or its logs, and the backend needs to trust one issuer and one key set: `identity: { internal }`,
whose keys the admin listener publishes at `/jwks.json`. The token (RFC 9068, ES256) says `sub`, `client_id` and `scope` as
they were proven, in `sub_iss` who vouched for the subject, and in `act` (RFC 8693) that the gateway acts for it, with
those below who acted before. It lives for `lifetime` and never longer than what it stands for, and is made once for all
requests with the same outside token until a quarter of its life is left. Keys are rotated every `rotation`, and each is
published before it signs and until the last token that it signed is over.

It reads nothing from the specification, and does nothing where it is not configured. A service that proved itself by a
certificate gets a token as well; a caller known by an API key alone, or by nothing, goes on without any
`Authorization`.

| setting | meaning | default |
|---|---|---|
| `audience` | what stands in `aud`: the name of the backend | required |
| `claims` | claims of the caller's token to say again besides | none |
| `required` | refuse callers who proved nothing | `false` |

~~~yaml settings
phantom-token: { audience: orders-backend, required: true }
~~~
~~~yaml operation
/orders:
  get: { security: [{ token: [] }, { key: [] }], responses: { '200': { description: ok } } }
~~~
~~~http allowed
GET /orders HTTP/1.1
Host: api.example
Authorization: Bearer {token alice}
~~~
~~~http refused 403 key-not-sufficient
GET /orders HTTP/1.1
Host: api.example
X-Api-Key: {key shop}
~~~

When this is wrong: the backend itself calls others with the caller's token, or asks the outside issuer about it.
";
