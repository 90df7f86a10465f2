//! Identifies the client application by its key; a key never authenticates anybody.

use std::sync::Arc;

use http::HeaderName;
use http::header::AUTHORIZATION;
use identity::{ApiClient, ApiKeys};
use model::Mode;
use schemars::JsonSchema;
use serde::Deserialize;
use spec::{KeyLocation, PAIRS_MAX, Query, SchemeKind};

use crate::access::{Access, Alternative, has_certificate};
use crate::build::Build;
use crate::denial::{Challenge, Denial, Reason, Verdict};
use crate::policy::{Context, Kind, Policy, Stage};

pub(super) const KIND: Kind =
    Kind { id: "api-key", stage: Stage::Identify, build, settings: Settings::json_schema, doc: DOC };

/// Query names under which people send keys; a value under one of these is looked up.
const KEY_NAMES: &[&str] = &["api-key", "api_key", "apikey", "key", "access-key", "access_key", "x-api-key"];

/// Settings of `api-key`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
#[schemars(inline)]
struct Settings {
    // The snapshot reads it and no policy does; it stands here so that it is no unknown key.
    /// How it is applied.
    #[schemars(with = "Option<super::ModeSchema>")]
    mode: Option<Mode>,
}

#[derive(Debug)]
struct ApiKey {
    keys: Option<Arc<ApiKeys>>,
    /// Header fields that may carry a key.
    headers: Vec<HeaderName>,
    /// Query names that the specification gives to keys.
    queries: Vec<String>,
    /// What the specification asks for, if all of it has a key in it.
    needed: Option<Vec<Alternative>>,
    /// Whether a key alone is not enough.
    sensitive: bool,
    /// Whether a token could be sent beside or in place of the key.
    knows_tokens: bool,
    /// The ways in.
    challenges: Vec<Challenge>,
}

fn build(build: &mut Build<'_>) -> Option<Box<dyn Policy>> {
    let Settings { .. } = build.settings()?;
    let access = Access::of(build.contract, build.operation, build.feeds);
    let mut headers: Vec<HeaderName> = Vec::new();
    let mut queries = Vec::new();
    for scheme in &build.contract.security_schemes {
        match &scheme.kind {
            SchemeKind::ApiKey { location: KeyLocation::Header, name } => {
                headers.extend(HeaderName::from_bytes(name.as_bytes()));
            }
            SchemeKind::ApiKey { location: KeyLocation::Query, name } => queries.push(name.clone()),
            _ => {}
        }
    }
    let keys = build.feeds.api_keys.clone();
    if headers.is_empty() && queries.is_empty() && keys.is_none() {
        return None;
    }
    if headers.is_empty() || !queries.is_empty() {
        headers.push(build.feeds.api_key_header.clone());
    }
    headers.sort_by(|a, b| a.as_str().cmp(b.as_str()));
    headers.dedup();
    say_gaps(build, &access);
    Some(Box::new(ApiKey {
        keys,
        headers,
        queries,
        needed: access.needs_key().then(|| access.alternatives.clone()),
        sensitive: build.sensitive,
        knows_tokens: access.knows_tokens(),
        challenges: access.challenges(build.sensitive),
    }))
}

fn say_gaps(build: &mut Build<'_>, access: &Access) {
    let header = build.feeds.api_key_header.clone();
    if build.feeds.api_keys.is_none() && access.alternatives.iter().any(|one| !one.key_headers.is_empty()) {
        build.gap("the specification asks for an API key and no keys are configured, so no key is accepted: add `identity: { api-keys: … }`");
    }
    for name in &access.key_queries {
        build.gap(format!(
            "the specification wants the API key in the query parameter `{name}`, where logs keep it; it is refused there and accepted in the header `{header}`"
        ));
    }
    if build.sensitive && !access.knows_tokens() && !access.knows_certificates() {
        build.gap("the operation is sensitive and the specification accepts no token for it, so nobody can call it: add a token scheme to its `security`");
    }
}

impl Policy for ApiKey {
    fn head(&self, cx: &mut Context<'_>) -> Verdict {
        self.check_url(cx)?;
        if let Some(client) = self.presented(cx)? {
            cx.caller.client = Some(Arc::clone(client));
        }
        let is_met =
            |needed: &Vec<Alternative>| needed.iter().any(|alternative| alternative.has_its_keys(cx));
        if !self.needed.as_ref().is_none_or(is_met) {
            return Err(self.unauthenticated("no key", None));
        }
        // Whether a token that was sent is good is for `jwt` to say.
        let has_token = self.knows_tokens && cx.headers.contains_key(AUTHORIZATION);
        if self.sensitive && cx.caller.client.is_some() && !has_token && !has_certificate(cx) {
            return Err(Denial::fixed(
                Reason::KeyNotSufficient,
                KIND.id,
                "a key alone for a sensitive operation",
            ));
        }
        Ok(())
    }
}

impl ApiKey {
    /// The client of the keys in the head, if there are any.
    fn presented(&self, cx: &Context<'_>) -> Result<Option<&Arc<ApiClient>>, Denial> {
        let mut client: Option<&Arc<ApiClient>> = None;
        for header in &self.headers {
            let mut fields = cx.headers.get_all(header).iter();
            let Some(field) = fields.next() else { continue };
            if fields.next().is_some() {
                return Err(Denial::fixed(Reason::CredentialMalformed, KIND.id, "a key field is repeated"));
            }
            let Some(found) = self.keys.as_ref().and_then(|keys| keys.find(field.as_bytes())) else {
                return Err(self.unauthenticated("an unknown key", Some(header)));
            };
            if client.is_some_and(|other| other.name != found.name) {
                return Err(self.unauthenticated("keys of two clients", Some(header)));
            }
            client = Some(found);
        }
        Ok(client)
    }

    /// Refuses a key in the query: whatever stands under a name that the specification gives to keys, and a known key
    /// under a usual one.
    fn check_url(&self, cx: &Context<'_>) -> Verdict {
        let Some(text) = cx.query.filter(|text| !text.is_empty()) else { return Ok(()) };
        let refused = || Denial::fixed(Reason::KeyInUrl, KIND.id, "a key in the query");
        // What cannot be read may hold a key.
        let query = Query::parse(text, PAIRS_MAX)
            .map_err(|fault| Denial::fixed(Reason::ParameterInvalid, KIND.id, fault.as_str()))?;
        for pair in query.pairs() {
            if self.queries.iter().any(|name| *name == pair.name) {
                return Err(refused());
            }
            let is_usual = KEY_NAMES.iter().any(|name| pair.name.eq_ignore_ascii_case(name))
                || self.headers.iter().any(|header| pair.name.eq_ignore_ascii_case(header.as_str()));
            if is_usual
                && self.keys.as_ref().is_some_and(|keys| keys.find(pair.raw_value.as_bytes()).is_some())
            {
                return Err(refused());
            }
        }
        Ok(())
    }

    /// Asks for what lets a caller in; for another key in the field `sent` where nothing is needed at all.
    fn unauthenticated(&self, detail: &'static str, sent: Option<&HeaderName>) -> Denial {
        let mut denial = Denial::fixed(Reason::Unauthenticated, KIND.id, detail);
        denial.challenges.clone_from(&self.challenges);
        if denial.challenges.is_empty() {
            denial.challenges.extend(sent.cloned().map(Challenge::ApiKey));
        }
        denial
    }
}

const DOC: &str = r#"
Reads the key of a client application and names the client for records and limits. A key is a name, not a proof: an
operation marked `sensitive` is never open to a key alone. Only SHA-256 digests of keys are kept.

It reads the `apiKey` schemes of the specification: their header fields, and which operations ask for them. A key that
is sent must be known, also where none is needed; where every alternative of an operation asks for one, its absence is
answered 401, and the challenge `ApiKey realm="palisade", header="x-api-key"` names the field. A key in the URL is
refused with 400, since URLs are kept in logs and histories. Without configured keys no key is accepted.

It has no settings of its own; keys are configured under `identity: { api-keys: … }`.

~~~yaml operation
/orders:
  get: { security: [{ key: [] }], responses: { '200': { description: ok } } }
/refunds:
  post: { security: [{ key: [] }, { token: [] }], x-palisade: { sensitive: true }, responses: { '200': { description: ok } } }
~~~
~~~http allowed
GET /orders HTTP/1.1
Host: api.example
X-Api-Key: {key shop}
~~~
~~~http refused 401 unauthenticated
GET /orders HTTP/1.1
Host: api.example
~~~
~~~http refused 401 unauthenticated
GET /orders HTTP/1.1
Host: api.example
X-Api-Key: guessed
~~~
~~~http refused 403 key-not-sufficient
POST /refunds HTTP/1.1
Host: api.example
X-Api-Key: {key shop}
~~~

When this is wrong: the header carries something that only the backend can check. Turn it `off` there; the backend then
decides alone.
"#;
