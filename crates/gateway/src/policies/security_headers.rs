//! Has answers say how they may be used and cached, and not what made them.

use http::header::{
    CACHE_CONTROL, HeaderName, HeaderValue, STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS,
};
use model::{Mode, Severity};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::build::Build;
use crate::config::Span;
use crate::denial::Verdict;
use crate::policy::{Answer, AnswerField, Context, Kind, Policy, Stage};

pub(super) const KIND: Kind =
    Kind { id: "security-headers", stage: Stage::Headers, build, settings: Settings::json_schema, doc: DOC };

/// Fields that say what made an answer, by the beginning of their names.
const BANNERS: &[&str] =
    &["server", "x-powered-by", "x-aspnet", "x-generator", "x-runtime", "x-drupal", "x-varnish"];

/// Two years, as browsers ask for before they take a host into their lists.
const HSTS_SECS: u64 = 2 * 365 * 86_400;

/// Settings of `security-headers`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
#[schemars(inline)]
struct Settings {
    // The snapshot reads it and no policy does; it stands here so that it is no unknown key.
    /// How it is applied.
    #[schemars(with = "Option<super::ModeSchema>")]
    mode: Option<Mode>,
    /// How long browsers come over TLS only, once they came so. Default: 730 days.
    hsts: Option<Span>,
    /// Let what the backend's server calls itself through. Default: no.
    banners: bool,
}

#[derive(Debug)]
struct SecurityHeaders {
    hsts: HeaderValue,
    banners: bool,
}

fn build(build: &mut Build<'_>) -> Option<Box<dyn Policy>> {
    let settings: Settings = build.settings()?;
    let secs = settings.hsts.map_or(HSTS_SECS, |span| span.0.as_secs());
    let Ok(hsts) = HeaderValue::try_from(format!("max-age={secs}; includeSubDomains")) else {
        build.problem(Severity::Error, "`hsts` makes no header field", "");
        return None;
    };
    Some(Box::new(SecurityHeaders { hsts, banners: settings.banners }))
}

impl Policy for SecurityHeaders {
    fn answer_head(&self, cx: &Context<'_>, answer: &mut Answer<'_>) -> Verdict {
        if !self.banners {
            for banner in BANNERS {
                let is_there = |name: &HeaderName| name.as_str().starts_with(banner);
                if answer.headers.keys().any(is_there) {
                    answer.fields.push(AnswerField::Drop(banner));
                }
            }
        }
        answer.fields.push(AnswerField::Set(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")));
        if answer.is_encrypted {
            answer.fields.push(AnswerField::Default(STRICT_TRANSPORT_SECURITY, self.hsts.clone()));
        }
        // RFC 9111 5.2.2.5. A shared cache would keep an answer to `Authorization` out by itself, but not one to a key.
        let is_authenticated = cx.caller.token.is_some() || cx.caller.client.is_some();
        if is_authenticated && !answer.headers.contains_key(CACHE_CONTROL) {
            answer.fields.push(AnswerField::Set(CACHE_CONTROL, HeaderValue::from_static("no-store")));
        }
        Ok(())
    }
}

const DOC: &str = r"
Sets `X-Content-Type-Options: nosniff`; over TLS `Strict-Transport-Security` where the backend does not; and
`Cache-Control: no-store` on answers to callers that are known, where the backend says nothing about caching. Takes out
fields that say what made the answer: those whose names begin with `Server`, `X-Powered-By`, `X-AspNet`, `X-Generator`,
`X-Runtime`, `X-Drupal` and `X-Varnish`. It never refuses.

| setting | meaning | default |
|---|---|---|
| `hsts` | how long browsers come over TLS only, once they came so | `730d` |
| `banners` | let what the backend's server calls itself through | `false` |

~~~yaml operation
/orders:
  get: { security: [{ token: [] }], responses: { '200': { description: ok } } }
~~~
~~~http allowed
GET /orders HTTP/1.1
Host: api.example
Authorization: Bearer {token alice}
<<< backend
HTTP/1.1 200 OK
Server: Apache/2.4.1 (Unix)
X-Powered-By: PHP/5.6
Content-Type: text/plain

ok
>>> caller
X-Content-Type-Options: nosniff
Cache-Control: no-store
!Server
!X-Powered-By
!Strict-Transport-Security

ok
~~~
~~~http allowed
GET /orders HTTP/1.1
Host: api.example
Authorization: Bearer {token alice}
<<< backend
HTTP/1.1 200 OK
Cache-Control: private, max-age=60
Content-Type: text/plain

ok
>>> caller
Cache-Control: private, max-age=60

ok
~~~

When this is wrong: a host that is reached over TLS at the gateway is reached without it elsewhere: set `hsts: 0s`.
";
