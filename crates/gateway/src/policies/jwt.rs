//! Authenticates the caller by a signed token.

mod possession;

use std::sync::Arc;

use http::header::AUTHORIZATION;
use identity::introspection::{Introspector, Lookup};
use identity::proof::Proofs;
use identity::revocation::Revocations;
use identity::{TokenError, Verified, Verifier};
use model::{Mode, Redacted, Severity};
use schemars::JsonSchema;
use serde::Deserialize;
use spec::{PAIRS_MAX, Query};

use crate::access::{Access, Alternative};
use crate::build::Build;
use crate::content;
use crate::denial::{BearerError, Challenge, Denial, DpopError, Reason, Verdict};
use crate::policy::{Body, Context, Kind, Policy, Stage};

pub(super) const KIND: Kind =
    Kind { id: "jwt", stage: Stage::Identify, build, settings: Settings::json_schema, doc: DOC };

/// The name of a token in queries and forms (RFC 6750 sections 2.2 and 2.3).
const TOKEN_NAME: &str = "access_token";

/// Seconds after which what is missing from an issuer may be there.
const RETRY_SECS: u64 = 5;

/// Settings of `jwt`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
#[schemars(inline)]
struct Settings {
    // The snapshot reads it and no policy does; it stands here so that it is no unknown key.
    /// How it is applied.
    #[schemars(with = "Option<super::ModeSchema>")]
    mode: Option<Mode>,
    /// Whether a token must be sent, whatever the specification says.
    required: Option<bool>,
    /// Accept tokens of these issuers only. Default: of every configured one.
    issuers: Vec<String>,
    /// Whether a token must be bound to a key (DPoP) or to a client certificate. One that is bound must always be sent
    /// with its proof.
    sender_constrained: Constrained,
}

/// Whether tokens must be bound to what their sender holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
enum Constrained {
    /// A token that is bound to nothing is refused.
    Required,
    /// It is accepted, and a 401 offers `DPoP` beside `Bearer`.
    Optional,
    /// It is accepted.
    #[default]
    Off,
}

#[derive(Debug)]
struct Jwt {
    verifier: Option<Arc<Verifier>>,
    introspector: Option<Arc<Introspector>>,
    proofs: Arc<Proofs>,
    revocations: Arc<Revocations>,
    constrained: Constrained,
    /// What a request without a token can still satisfy.
    without_token: Vec<Alternative>,
    /// The ways in that are no token.
    keys: Vec<Challenge>,
    issuers: Vec<String>,
}

fn build(build: &mut Build<'_>) -> Option<Box<dyn Policy>> {
    let settings: Settings = build.settings()?;
    let access = Access::of(build.contract, build.operation, build.feeds);
    let verifier = build.feeds.verifier.clone();
    let mut without_token: Vec<Alternative> =
        access.alternatives.iter().filter(|alternative| !alternative.token).cloned().collect();
    match settings.required {
        Some(true) => without_token.clear(),
        Some(false) => without_token = vec![Alternative::default()],
        // Where only keys and certificates are asked for, `api-key` and `mtls` decide alone, in whatever mode they are.
        None if access.asks_for_no_token() && (!build.sensitive || access.knows_certificates()) => {
            without_token = vec![Alternative::default()];
        }
        // A key alone is not enough for what is sensitive, nor is nothing at all.
        None if build.sensitive => without_token.retain(|alternative| alternative.certificate),
        None => {}
    }
    say_gaps(build, &access, &settings);
    check_issuers(build, &settings.issuers);
    if access.unchecked.is_empty()
        && !access.knows_tokens()
        && verifier.is_none()
        && !without_token.is_empty()
    {
        return None;
    }
    let mut keys = access.challenges(build.sensitive || settings.required == Some(true));
    keys.retain(|challenge| *challenge != Challenge::TOKEN);
    Some(Box::new(Jwt {
        verifier,
        introspector: build.feeds.introspector.clone(),
        proofs: Arc::clone(&build.feeds.proofs),
        revocations: Arc::clone(&build.feeds.revocations),
        constrained: settings.sender_constrained,
        without_token,
        keys,
        issuers: settings.issuers,
    }))
}

fn say_gaps(build: &mut Build<'_>, access: &Access, settings: &Settings) {
    if build.operation.is_none() {
        return;
    }
    if !access.declared && settings.required.is_none() && !build.sensitive {
        build.gap("the specification does not say who may call, so anybody may: declare `security`, or set `jwt: { required: true }`");
    }
    let wants_token = access.knows_tokens() || settings.required == Some(true);
    if wants_token && build.feeds.verifier.is_none() {
        build.gap("a token is asked for and no issuer is configured, so no token is accepted: add `identity: { issuers: … }`");
    }
    for scheme in &access.unchecked {
        build.gap(format!("the security scheme {scheme} cannot be checked here, so nobody is let in by it"));
    }
}

fn check_issuers(build: &mut Build<'_>, wanted: &[String]) {
    let Some(verifier) = build.feeds.verifier.clone() else { return };
    for name in wanted {
        if verifier.issuers().iter().all(|(issuer, _)| issuer.url != *name) {
            let message = format!("`{name}` is no configured issuer");
            build.problem(Severity::Error, message, "name one of `identity: { issuers: … }` exactly");
        }
    }
}

impl Policy for Jwt {
    fn head(&self, cx: &mut Context<'_>) -> Verdict {
        check_query(cx)?;
        let Some(sent) = sent(cx)? else {
            let is_met = self.without_token.iter().any(|alternative| alternative.has_its_others(cx));
            if is_met {
                return Ok(());
            }
            let mut denial = Denial::fixed(Reason::Unauthenticated, KIND.id, "no token");
            if self.constrained != Constrained::Off {
                denial.challenges.push(Challenge::Dpop { error: None });
            }
            denial.challenges.push(Challenge::TOKEN);
            denial.challenges.extend(self.keys.iter().cloned());
            return Err(denial);
        };
        let Some(verified) = self.verify(sent, cx)? else { return Ok(()) };
        self.check_possession(&verified, sent, cx)?;
        cx.caller.token = Some(verified);
        Ok(())
    }

    fn body(&self, _cx: &mut Context<'_>, body: &Body<'_>) -> Verdict {
        if has_token_pair(body.bytes) { Err(malformed("a token in a form")) } else { Ok(()) }
    }

    fn needs_body(&self, media_type: Option<&str>) -> bool {
        media_type.is_none_or(|media_type| media_type == content::FORM)
    }
}

impl Jwt {
    /// Who the token speaks for; nothing where its issuer must be asked first.
    fn verify<'a>(&self, sent: Sent<'a>, cx: &mut Context<'a>) -> Result<Option<Arc<Verified>>, Denial> {
        let Some(verifier) = &self.verifier else {
            return Err(keys_unavailable("no issuer is configured"));
        };
        let Ok(mut tokens) = cx.worker.tokens.try_borrow_mut() else {
            return Err(Denial::fixed(Reason::Internal, KIND.id, "the token cache is in use"));
        };
        let refused = |error| refused(error, sent.scheme);
        let verified = match tokens.verify(verifier, sent.token, cx.now) {
            Err(error) if error.is_of_opaque_token() => match (&self.introspector, cx.looked_up.take()) {
                (None, _) => Err(error),
                (Some(_), Some(answer)) => {
                    tokens.remember(verifier, sent.token, &answer, cx.now);
                    answer
                }
                (Some(introspector), None) => {
                    cx.lookup = Some(Lookup::new(introspector, sent.token));
                    return Ok(None);
                }
            },
            answer => answer,
        };
        let verified = verified.map_err(refused)?;
        if !self.issuers.is_empty() && !self.issuers.contains(&verified.claims.issuer) {
            return Err(sent.scheme.invalid_token(Redacted::fixed("an issuer that is not accepted here")));
        }
        // After the cache, so that what is revoked is refused from the next request on.
        if self.revocations.contains(&verified.claims, cx.now) {
            return Err(refused(TokenError::Revoked));
        }
        Ok(Some(verified))
    }
}

/// A token as it was sent.
#[derive(Debug, Clone, Copy)]
struct Sent<'a> {
    scheme: Scheme,
    token: &'a [u8],
}

/// The scheme that a token was sent under.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scheme {
    Bearer,
    Dpop,
}

impl Scheme {
    fn named(name: &[u8]) -> Option<Scheme> {
        if name.eq_ignore_ascii_case(b"bearer") {
            Some(Scheme::Bearer)
        } else {
            name.eq_ignore_ascii_case(b"dpop").then_some(Scheme::Dpop)
        }
    }

    fn invalid_token(self, detail: Redacted) -> Denial {
        let mut denial = Denial::new(Reason::InvalidToken, KIND.id, detail);
        denial.challenges.push(match self {
            Scheme::Bearer => Challenge::bearer(BearerError::InvalidToken),
            Scheme::Dpop => Challenge::Dpop { error: Some(DpopError::InvalidToken) },
        });
        denial
    }
}

/// The token in `Authorization`, if that is what the field carries.
fn sent<'a>(cx: &Context<'a>) -> Result<Option<Sent<'a>>, Denial> {
    let mut fields = cx.headers.get_all(AUTHORIZATION).iter();
    let Some(field) = fields.next() else { return Ok(None) };
    if fields.next().is_some() {
        return Err(malformed("several `authorization` fields"));
    }
    let bytes = field.as_bytes().trim_ascii();
    let scheme_end = bytes.iter().position(|byte| *byte == b' ').unwrap_or(bytes.len());
    let Some((scheme, token)) = bytes.split_at_checked(scheme_end) else { return Ok(None) };
    let Some(scheme) = Scheme::named(scheme) else { return Ok(None) };
    let token = token.trim_ascii_start();
    if token.is_empty() || token.contains(&b' ') {
        return Err(malformed("a bearer scheme without one token"));
    }
    Ok(Some(Sent { scheme, token }))
}

/// RFC 6750 section 2.3 lets a token stand in the query, and says why it should not.
fn check_query(cx: &Context<'_>) -> Verdict {
    let Some(text) = cx.query.filter(|text| !text.is_empty()) else { return Ok(()) };
    let refused = |detail| Denial::fixed(Reason::KeyInUrl, KIND.id, detail);
    let query = Query::parse(text, PAIRS_MAX)
        .map_err(|fault| Denial::fixed(Reason::ParameterInvalid, KIND.id, fault.as_str()))?;
    match query.values(TOKEN_NAME).next() {
        None => Ok(()),
        Some(_) => Err(refused("a token in the query")),
    }
}

/// Whether a form has a pair of the token's name; what cannot be read is left to the policies that check forms.
fn has_token_pair(form: &[u8]) -> bool {
    let query = std::str::from_utf8(form).ok().and_then(|text| Query::parse(text, PAIRS_MAX).ok());
    query.is_some_and(|query| query.values(TOKEN_NAME).next().is_some())
}

fn refused(error: TokenError, scheme: Scheme) -> Denial {
    match error {
        TokenError::KeysUnavailable => keys_unavailable("the keys of the issuer are not available"),
        TokenError::IntrospectionUnavailable => {
            let detail = "the issuer could not be asked about the token";
            later(Denial::fixed(Reason::IntrospectionUnavailable, KIND.id, detail))
        }
        // The texts of token errors are fixed, but for the names of claims.
        _ => scheme.invalid_token(Redacted::vouched(error.to_string())),
    }
}

/// RFC 6750 section 3.1: what is sent twice, or in a place for something else, is a bad request.
fn malformed(detail: &'static str) -> Denial {
    let mut denial = Denial::fixed(Reason::CredentialMalformed, KIND.id, detail);
    denial.challenges.push(Challenge::bearer(BearerError::InvalidRequest));
    denial
}

fn keys_unavailable(detail: &'static str) -> Denial {
    later(Denial::fixed(Reason::KeysUnavailable, KIND.id, detail))
}

fn later(mut denial: Denial) -> Denial {
    denial.retry_after_secs = Some(RETRY_SECS);
    denial
}

const DOC: &str = r"
Verifies the bearer token of a request: its signature against the keys of its issuer, issuer, audience, type and times.
A token with `cnf` is bound to what its sender holds and is accepted only with the proof of that, whatever the settings:
`jkt` asks for `Authorization: DPoP` and one `DPoP` proof of this very request and token, used once (RFC 9449), with a
nonce where `identity: { dpop: { nonce: required } }` says so; `x5t#S256` asks for the client certificate it names, on
this very connection (RFC 8705). The address in a proof is held against the scheme, host and path of the request as it
came in; behind a TLS terminator the scheme is the client's only where the listener believes it (`proxies`). A token is
refused that `identity: { revocations: FILE }` names by `jti` or `sub`, from the moment on that the file is loaded.
The caller a token names is the principal in records and limits. A token that is sent must be good, also where none is
needed; a token in the query or in a form is refused. A 401 says with `Bearer` what was wrong (RFC 6750 section 3), beside
an `ApiKey` for each header field in which a key would do.

It reads `security` and the schemes it names: HTTP `bearer`, `oauth2` and `openIdConnect` ask for a token. One
alternative must be satisfied whole. Schemes that cannot be checked here (HTTP Basic, cookies) let nobody in. Where the specification says nothing about security, anybody may call, and the start says so.

| setting | meaning | default |
|---|---|---|
| `required` | `true` asks for a token, `false` does without, whatever the specification says | as specified |
| `issuers` | accept tokens of these issuers only | every configured one |
| `sender-constrained` | `required` refuses tokens that are bound to nothing, `optional` accepts them and offers `DPoP` beside `Bearer`, `off` accepts them | `off` |

~~~yaml settings
undeclared: { query: allow }
~~~
~~~yaml operation
/orders:
  get: { security: [{ token: [] }], responses: { '200': { description: ok } } }
/catalogue:
  get: { security: [{}, { token: [] }], responses: { '200': { description: ok } } }
~~~
~~~http allowed
GET /orders HTTP/1.1
Host: api.example
Authorization: Bearer {token alice}
~~~
~~~http allowed
GET /catalogue HTTP/1.1
Host: api.example
~~~
~~~http refused 401 unauthenticated
GET /orders HTTP/1.1
Host: api.example
~~~
~~~http refused 401 invalid-token
GET /catalogue HTTP/1.1
Host: api.example
Authorization: Bearer {expired-token alice}
~~~
~~~http refused 400 key-in-url
GET /catalogue?access_token=abc HTTP/1.1
Host: api.example
~~~

A token that is no signed one is opaque: the issuer with `introspection` is asked what it is (RFC 7662), once for all
requests that wait, and its answer is believed no longer than the token lives and than `cache-max`, which is the time in
which a revocation is seen. While the issuer cannot be asked, such tokens are answered 503. Where no issuer is asked, they
are refused.

When this is wrong: the issuer names its tokens' `aud` or `typ` otherwise than is configured.
";
