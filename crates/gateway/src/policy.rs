//! What a policy is: a leaf that looks at one request and returns a verdict, and never writes an answer.

use std::borrow::Cow;
use std::cell::{OnceCell, RefCell};
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use identity::introspection::{self, Lookup};
use identity::{ApiClient, CacheLimits, ClientCertificate, TokenCache, Verified};
use model::{Leak, OperationKey, Principal, PrincipalKind, Timestamp};
use schemars::{Schema, SchemaGenerator};
use smallvec::SmallVec;
use spec::{Json, JsonError, JsonLimits};

use crate::build::Build;
use crate::content;
use crate::denial::{Denial, Verdict};
use crate::geography::AutonomousSystems;
use crate::minted::MintedCache;
use crate::normalize::Scheme;
use crate::resolution::{NamedHost, Resolved};
use crate::sieve::{Hidden, Sieve};

/// A kind of policy: how it is named, when it runs, how it is made, and what it is for.
#[derive(Debug)]
pub struct Kind {
    /// The control of the catalogue that it enforces, which is also the key of its settings.
    pub id: &'static str,
    /// When it runs.
    pub stage: Stage,
    /// Makes the policy of one operation from its contract and settings, or nothing where there is nothing to decide.
    pub build: fn(&mut Build<'_>) -> Option<Box<dyn Policy>>,
    /// The JSON Schema of its settings.
    pub settings: fn(&mut SchemaGenerator) -> Schema,
    /// Its page: what it does, what it reads from the specification, its settings, and an example.
    pub doc: &'static str,
}

/// When a policy runs. The order of the variants is the order of the stages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// Before anything costly: what an address may send at all.
    Shed,
    /// Whether the operation may be called by anyone. Before identity, so that a retired operation never asks for
    /// a token, and browsers' preflights, which carry no credentials, are answered.
    Lifecycle,
    /// Who calls. Before every decision about the caller.
    Identify,
    /// Whether this caller may call this operation.
    Authorize,
    /// How often. After identity, since most limits are per caller; after authorisation, so that refusals by
    /// authorisation do not use up a caller's quota.
    Limit,
    /// Whether the request is what the contract says. Late, since it reads the body.
    Validate,
    /// What the backend is told of the caller. Last of all that looks at the head, so that nothing is signed for a
    /// request whose head is refused.
    Exchange,
    /// Whether the answer is what the contract says. First of the answer's stages, since the others rely on its form.
    Contract,
    /// Whether what is answered belongs to the caller. Before anything of it is taken out.
    Ownership,
    /// What of the answer the caller may see.
    Filter,
    /// Whether what is left gives anything away.
    Leak,
    /// What the answer's header fields say. Last, since none of it is undone.
    Headers,
}

impl Stage {
    /// Whether it comes after the backend has answered.
    pub fn is_of_answer(self) -> bool {
        self >= Stage::Contract
    }
}

/// Decides on requests to one operation. Made once, when a snapshot is compiled; it does no IO and reads no clock.
pub trait Policy: Send + Sync + fmt::Debug {
    /// Decides on the request's head.
    fn head(&self, _cx: &mut Context<'_>) -> Verdict {
        Ok(())
    }

    /// Decides on the caller once the `Identify` stage is over; asked of policies up to that stage, for what must be said of
    /// an address before anything costly, and of a caller as soon as it is known.
    fn identified(&self, _cx: &Context<'_>) -> Verdict {
        Ok(())
    }

    /// Decides on the request's whole body; asked only if [`Policy::needs_body`].
    fn body(&self, _cx: &mut Context<'_>, _body: &Body<'_>) -> Verdict {
        Ok(())
    }

    /// Decides on where a host leads that it left in [`Context::names`]; asked once all other policies have let the request
    /// through.
    fn resolved(&self, _host: &NamedHost, _resolved: &Resolved) -> Verdict {
        Ok(())
    }

    /// Whether a body of `media_type` (lowercase and without parameters, empty where none was sent) must be held back
    /// and read whole before it is sent on; without one, whether a body of any type must.
    fn needs_body(&self, _media_type: Option<&str>) -> bool {
        false
    }

    /// How much of the body of `answer` it must see, whatever its stage; without one, the most that it asks for of a successful answer, before
    /// there is any. At least [`Hold::Wanted`] is asked for then if bodies of any answer are looked into.
    fn holds(&self, _answer: Option<&Answer<'_>>) -> Hold {
        Hold::No
    }

    /// Decides on the head of the backend's answer, whatever its stage: what was decided on a request may end here.
    fn answer_head(&self, _cx: &Context<'_>, _answer: &mut Answer<'_>) -> Verdict {
        Ok(())
    }

    /// Decides on the whole body of the backend's answer, and may give another in its place; asked only of answers that
    /// it [`Policy::holds`].
    fn answer_body(&self, _cx: &Context<'_>, _answer: &mut Answer<'_>, _body: &Body<'_>) -> Judgement {
        Ok(None)
    }

    /// What reads the body of an answer of which it asked for [`Hold::Passed`], as it passes; nothing where all may pass.
    fn sieve(&self, _cx: &Context<'_>) -> Option<Sieve<Hidden>> {
        None
    }

    /// How long the answer must wait that says to the caller that `denial` refused the request, if it must.
    fn delay(&self, _cx: &Context<'_>, _denial: &Denial) -> Option<Duration> {
        None
    }

    /// The limits that it sets, in words, for those who ask what is in force.
    fn limits(&self) -> Vec<String> {
        Vec::new()
    }

    /// Whether preflights that ask for the operation are for this policy to answer.
    fn answers_preflights(&self) -> bool {
        false
    }
}

/// What a policy says of an answer's body: let it go, let this go in its place, or why not.
pub type Judgement = Result<Option<Vec<u8>>, Denial>;

/// How much of an answer's body a policy must see before any of it leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Hold {
    /// None of it.
    #[default]
    No,
    /// All of it, as it passes; if it is held for others, all of it with them.
    Passed,
    /// All of it, if it can be held and read; if not, it goes unseen, and the record says so.
    Wanted,
    /// All of it; what cannot be held and read is refused.
    Needed,
}

/// The backend's answer as the policies see it, and what they found out.
#[derive(Debug)]
pub struct Answer<'a> {
    /// Its status.
    pub status: StatusCode,
    /// Its end-to-end header fields.
    pub headers: &'a HeaderMap,
    /// Whether a body follows.
    pub has_body: bool,
    /// Whether the caller's connection is encrypted.
    pub is_encrypted: bool,
    /// What becomes of its header fields, in this order.
    pub fields: SmallVec<[AnswerField; 4]>,
    /// What it gives away: the class, and where.
    pub leaks: Vec<Leak<'static>>,
}

impl<'a> Answer<'a> {
    /// An answer of which nobody has said anything yet.
    pub fn new(status: StatusCode, headers: &'a HeaderMap, has_body: bool, is_encrypted: bool) -> Answer<'a> {
        Answer { status, headers, has_body, is_encrypted, fields: SmallVec::new(), leaks: Vec::new() }
    }

    /// The media type without parameters in lowercase, empty if there is none; absent where readers would disagree on it.
    pub fn media_type(&self) -> Option<Cow<'a, str>> {
        content::media_type(self.headers)
    }
}

/// One change to the header fields of an answer, whoever gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AnswerField {
    /// The field says this and nothing else.
    Set(HeaderName, HeaderValue),
    /// The field says this where the backend has no such field.
    Default(HeaderName, HeaderValue),
    /// The field, a list, has these members as well (RFC 9110 section 5.3).
    Add(HeaderName, HeaderValue),
    /// Nothing that the backend says in fields whose names begin so gets through.
    Drop(&'static str),
}

/// One request as the policies see it, and what they found out. Each field has one writer.
#[derive(Debug)]
pub struct Context<'a> {
    /// When the head was complete.
    pub now: Timestamp,
    /// The address that the connection came from.
    pub client: IpAddr,
    /// Which autonomous system an address belongs to; absent if no database says.
    pub systems: Option<&'a AutonomousSystems>,
    /// How the connection carries HTTP.
    pub scheme: Scheme,
    /// The certificate that the client proved to hold on this connection, if it is still good.
    pub certificate: Option<&'a Arc<ClientCertificate>>,
    /// The method.
    pub method: &'a Method,
    /// The normalised host, empty for HTTP/1.0 without one.
    pub host: &'a str,
    /// The normalised path, percent-encoded.
    pub path: &'a str,
    /// The query as sent, without `?`.
    pub query: Option<&'a str>,
    /// The header fields as sent, hop-by-hop ones included.
    pub headers: &'a HeaderMap,
    /// Whether a body follows, were it empty after all (`Transfer-Encoding: chunked`).
    pub has_body: bool,
    /// The operation's key; absent where no contract declares one.
    pub operation: Option<&'a OperationKey<'static>>,
    /// Values of the path template's parameters, percent-encoded, in the template's order.
    pub captures: &'a [&'a str],
    /// The methods that the contract declares for this path; empty where it declares no such path.
    pub path_methods: &'a [&'a Method],
    /// Whether a segment of the path carries `;` parameters, which servers read differently.
    pub has_matrix: bool,
    /// Who calls: written by the `Identify` stage.
    pub caller: Caller,
    /// What becomes of the answer's header fields, in this order.
    pub answer_fields: SmallVec<[AnswerField; 4]>,
    /// An answer that a policy gives in the backend's place without refusing (a CORS preflight).
    pub answer: Option<StatusCode>,
    /// What becomes of the caller's `Authorization` on the way to the backend: written by the `Exchange` stage.
    pub authorization: Authorization,
    /// The question about an opaque token that must be answered before the `Identify` stage can go on; written by the
    /// policy that has it, for whoever can wait.
    pub lookup: Option<Lookup<'a>>,
    /// Its answer; for the policy that asked, and gone after it.
    pub looked_up: Option<introspection::Answer>,
    /// The hosts of the request that must be looked up before it goes on, for whoever can wait; in the order in which they
    /// were found.
    pub names: Vec<NamedHost>,
    /// Held until the answer has ended.
    pub permits: SmallVec<[Permit; 1]>,
    /// The caches of the worker that serves this request.
    pub worker: &'a WorkerState,
}

/// What becomes of the caller's `Authorization`.
#[derive(Debug, Clone, Default)]
pub enum Authorization {
    /// The backend gets it as it was sent.
    #[default]
    AsSent,
    /// The backend gets none.
    Nothing,
    /// The backend gets this instead.
    Instead(Arc<[u8]>),
}

/// What one worker thread keeps for its policies, without locks.
#[derive(Debug)]
pub struct WorkerState {
    /// Tokens that were verified or refused before.
    pub tokens: RefCell<TokenCache>,
    /// Tokens for the inside that were made before.
    pub minted: RefCell<MintedCache>,
}

impl Default for WorkerState {
    fn default() -> WorkerState {
        WorkerState {
            tokens: RefCell::new(TokenCache::new(CacheLimits::default())),
            minted: RefCell::default(),
        }
    }
}

/// Who calls, as far as it is proven.
#[derive(Debug, Clone, Default)]
pub struct Caller {
    /// The verified token.
    pub token: Option<Arc<Verified>>,
    /// The client application named by an API key.
    pub client: Option<Arc<ApiClient>>,
    /// The certificate of the connection, if it names a service.
    pub certificate: Option<Arc<ClientCertificate>>,
}

impl Caller {
    /// The service that the certificate of the connection names.
    pub fn service(&self) -> Option<&str> {
        self.certificate.as_ref()?.service.as_deref()
    }

    /// The caller as it is recorded.
    pub fn principal(&self) -> Principal<'_> {
        let key = self.client.as_ref().map(|client| client.name.as_str());
        let Some(token) = &self.token else {
            if let Some(service) = self.service() {
                let (kind, id) = (PrincipalKind::Service, Some(service.into()));
                return Principal { kind, id, issuer: None, client: key.map(Into::into) };
            }
            return match key {
                None => Principal::ANONYMOUS,
                Some(name) => Principal {
                    kind: PrincipalKind::Client,
                    id: Some(name.into()),
                    issuer: None,
                    client: Some(name.into()),
                },
            };
        };
        let claims = &token.claims;
        let client = claims.client.as_deref();
        // RFC 9068 section 2.2: where a client acts for itself, `sub` names the client.
        let itself = claims.subject.is_none() || claims.subject.as_deref() == client;
        Principal {
            kind: if itself { PrincipalKind::Service } else { PrincipalKind::User },
            id: claims.subject.as_deref().or(client).map(Into::into),
            issuer: Some(claims.issuer.as_str().into()),
            client: client.or(key).map(Into::into),
        }
    }
}

/// A whole request body.
#[derive(Debug)]
pub struct Body<'a> {
    /// The bytes, with any content coding undone.
    pub bytes: &'a [u8],
    /// The media type without parameters, lowercase; empty if none was sent.
    pub media_type: &'a str,
    /// The value of `Content-Type` as sent.
    pub content_type: &'a str,
    /// How large a JSON document may grow.
    pub json_limits: &'a JsonLimits,
    json: OnceCell<Result<Json<'a>, JsonError>>,
}

impl<'a> Body<'a> {
    /// The body of a request whose `Content-Type` is `content_type` and whose bare media type is `media_type`.
    pub fn new(
        bytes: &'a [u8],
        content_type: &'a str,
        media_type: &'a str,
        json_limits: &'a JsonLimits,
    ) -> Body<'a> {
        Body { bytes, media_type, content_type, json_limits, json: OnceCell::new() }
    }

    /// Whether the media type is one of JSON.
    pub fn is_json(&self) -> bool {
        content::is_json(self.media_type)
    }

    /// The body read as JSON, once for all policies.
    pub fn json(&self) -> Result<&Json<'a>, &JsonError> {
        self.json.get_or_init(|| spec::parse_json(self.bytes, self.json_limits)).as_ref()
    }
}

/// A place among a bounded number of requests in flight; given back when dropped.
#[derive(Debug)]
pub struct Permit {
    counters: Arc<[AtomicU32]>,
    index: usize,
}

impl Permit {
    /// Takes a place in the counter at `index` unless `places` are taken, or there is no such counter.
    pub fn take(counters: &Arc<[AtomicU32]>, index: usize, places: u32) -> Option<Permit> {
        let counter = counters.get(index)?;
        let more = |count: u32| (count < places).then_some(count.saturating_add(1));
        counter.fetch_update(Ordering::AcqRel, Ordering::Acquire, more).ok()?;
        Some(Permit { counters: Arc::clone(counters), index })
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if let Some(counter) = self.counters.get(self.index) {
            counter.fetch_sub(1, Ordering::AcqRel);
        }
    }
}
