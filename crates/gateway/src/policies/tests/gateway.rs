//! A gateway without a network: raw requests through compiled pipelines, on a fixed clock with known callers.

use std::cell::RefCell;
use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use identity::internal::{InternalIssuer, Ring};
use identity::introspection;
use identity::issue::{SigningKey, key_set};
use identity::proof::{ProofRules, Proofs};
use identity::{
    Algorithm, Algorithms, ApiClient, ApiKeys, ClientCertificate, Issuer, KeyDigest, KeySet, Thumbprint,
    Verifier, feed::KeyFeed,
};
use model::{Outcome, Problem, Secret, Timestamp};
use serde_json::json;
use smallvec::SmallVec;
use spec::{Document, JsonLimits, Limits};

use crate::blocks::{Block, BlockFeed, Blocks};
use crate::compile::{Compiled, Ingredients, compile, read_config};
use crate::denial::{Denial, Verdict};
use crate::feeds::Feeds;
use crate::geography::Geography;
use crate::geography::tests::database;
use crate::limiter::Limiter;
use crate::metrics::Metrics;
use crate::normalize::Scheme;
use crate::pipeline::{Judged, Trace};
use crate::policy::{Answer, Authorization, Caller, Context, Hold, Permit, WorkerState};
use crate::progress::Progress;
use crate::resolution::{Resolved, Unresolved};
use crate::respond::change;
use crate::snapshot::{Plan, Snapshot};

pub(super) const NOW: Timestamp = Timestamp::from_secs(1_764_000_000);

/// What stands above and below the paths of an example.
const HEAD: &str = "openapi: 3.1.0\ninfo: { title: example, version: '1' }\ncomponents:\n  securitySchemes:\n    \
    token: { type: http, scheme: bearer }\n    \
    oauth: { type: oauth2, flows: { clientCredentials: { tokenUrl: 'https://issuer.example/token', scopes: {} } } }\n    \
    key: { type: apiKey, in: header, name: X-Api-Key }\n    \
    url-key: { type: apiKey, in: query, name: appid }\n    \
    session: { type: apiKey, in: cookie, name: sid }\n    \
    basic: { type: http, scheme: basic }\n    \
    service: { type: mutualTLS }\npaths:\n";

/// The API, as what is protected and as what is called.
const BACKEND: &str = "apis:\n- name: example\n  spec: spec.yaml\n  upstream: http://127.0.0.1:9";
const THIRD_PARTY: &str = "listen: [{ address: '127.0.0.1:0', egress: true }]\napis:\n- name: example\n  spec: spec.yaml\n  \
    upstream: https://api.example\n  egress: { credential: { prefix: 'Bearer ', secret: { env: PARTNER } } }";

/// What the third party is shown.
pub(super) const PARTNER_SECRET: &str = "partner-secret-0123456789";

/// What stands between the paths of an example and its Cedar policies.
pub(super) const CEDAR: &str = "~~~cedar\n";

/// Where names lead, a line a name; every other one leads to the address of none. What is no address is why it does not.
const NAMES: &str = "
 93.184.216.34
inside.example 93.184.216.34 10.0.0.1
metadata.example 169.254.169.254
six.example 2606:4700::1111 fd00:ec2::254
mapped.example ::ffff:127.0.0.1
nowhere.example Unknown
slow.example TimedOut
busy.example Overloaded
";

static SIGNER: LazyLock<SigningKey> =
    LazyLock::new(|| SigningKey::generate(Algorithm::Ed25519, "k1").unwrap());

pub(super) struct Gateway {
    snapshot: Snapshot,
    pub(super) now: Timestamp,
    pub(super) client: IpAddr,
    pub(super) certificate: Option<Arc<ClientCertificate>>,
    /// What an issuer says when it is asked, the last first.
    pub(super) looked_up: RefCell<Vec<introspection::Answer>>,
}

/// What became of the last of some requests.
#[derive(Debug)]
pub(super) struct Seen {
    /// `allowed`, `answered 204`, or status and reason.
    pub(super) verdict: String,
    /// The control that refused; empty where none did.
    pub(super) control: &'static str,
    pub(super) denial: Option<Denial>,
    /// How long the refusal waits.
    pub(super) delay: Option<Duration>,
    /// Each control that ran, and why it denied or would have.
    pub(super) said: Vec<(&'static str, Option<String>)>,
    /// Each control that changed the answer, or would have.
    pub(super) changed: Vec<&'static str>,
    pub(super) headers: HeaderMap,
    /// What of the backend's answer the caller gets, where an example has one.
    pub(super) body: Option<String>,
    /// Class and pointer of what the answer gives away.
    pub(super) leaks: Vec<String>,
    pub(super) principal: Option<String>,
    /// What the backend gets as `Authorization`, where that is not what was sent; empty for nothing.
    pub(super) authorization: Option<String>,
}

impl Seen {
    pub(super) fn is_allowed(&self) -> bool {
        self.denial.is_none()
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }
}

/// Serves `requests`, and compares what became of the last.
#[track_caller]
pub(super) fn check(paths: &str, settings: &str, requests: &str, expected: &str) {
    assert_eq!(Gateway::new(paths, settings).serve(requests).verdict, expected, "{settings}\n{requests}");
}

impl Gateway {
    #[track_caller]
    pub(super) fn new(paths: &str, settings: &str) -> Gateway {
        Gateway::with_feeds(paths, settings, &feeds())
    }

    /// The same with the control `id` in another mode.
    #[track_caller]
    pub(super) fn with_mode(paths: &str, settings: &str, id: &str, mode: &str) -> Gateway {
        let document = Document::parse("settings.yaml", settings, &Limits::default()).0;
        let mut controls = match document.root().to_value() {
            serde_json::Value::Object(controls) => controls,
            _ => serde_json::Map::new(),
        };
        let own = controls.entry(id).or_insert_with(|| json!({}));
        own["mode"] = mode.into();
        Gateway::new(paths, &serde_json::Value::Object(controls).to_string())
    }

    #[track_caller]
    pub(super) fn with_feeds(paths: &str, settings: &str, feeds: &Feeds) -> Gateway {
        Gateway::with_metrics(paths, settings, feeds, &Metrics::default())
    }

    #[track_caller]
    pub(super) fn with_metrics(paths: &str, settings: &str, feeds: &Feeds, metrics: &Metrics) -> Gateway {
        let compiled = compiled(paths, settings, feeds, metrics);
        let snapshot = compiled.snapshot.unwrap_or_else(|| panic!("{settings}\n{:#?}", compiled.problems));
        Gateway {
            snapshot,
            now: NOW,
            client: Ipv4Addr::new(192, 0, 2, 1).into(),
            certificate: None,
            looked_up: RefCell::default(),
        }
    }

    pub(super) fn problems(paths: &str, settings: &str) -> Vec<Problem> {
        compiled(paths, settings, &feeds(), &Metrics::default()).problems
    }

    /// What cannot be enforced on the first operation.
    pub(super) fn gaps(&self) -> String {
        self.snapshot.apis[0].operations[0].gaps.join("\n")
    }

    /// What the control `id` says of its limits on an operation.
    pub(super) fn limits(&self, operation: usize, id: &str) -> Vec<String> {
        let steps = self.snapshot.apis[0].operations[operation].pipeline.steps();
        steps.iter().filter(|step| step.id == id).flat_map(|step| step.policy.limits()).collect()
    }

    /// Serves requests that are separated by `###`; all but the last must be let through.
    #[track_caller]
    pub(super) fn serve(&self, requests: &str) -> Seen {
        self.serve_on(&WorkerState::default(), requests)
    }

    /// Serves requests that are separated by `###`, whatever becomes of them.
    pub(super) fn serve_each(&self, requests: &str) -> Seen {
        requests.split("###\n").map(|request| self.serve(request)).last().unwrap()
    }

    #[track_caller]
    pub(super) fn serve_on(&self, worker: &WorkerState, requests: &str) -> Seen {
        let mut in_flight = Vec::new();
        let mut last: Option<Seen> = None;
        for request in requests.split("###\n") {
            if let Some(before) = &last {
                assert!(before.is_allowed(), "{} before:\n{request}", before.verdict);
            }
            last = Some(self.one(worker, &filled(request), &mut in_flight));
        }
        last.unwrap()
    }

    fn one(&self, worker: &WorkerState, example: &str, in_flight: &mut Vec<Permit>) -> Seen {
        let (request, backend) = match example.split_once("<<< backend\n") {
            Some((request, backend)) => (request, Some(backend)),
            None => (example, None),
        };
        let (method, target, mut headers, body) = parsed(request);
        // Stands for the connection's certificate in examples; a real request has none in its fields.
        let certificate = headers.remove("client-certificate").map(|service| {
            let service = service.to_str().unwrap().to_owned();
            let thumbprint = Thumbprint::of_certificate(service.as_bytes());
            Arc::new(ClientCertificate { thumbprint, service: Some(service), names: Vec::new() })
        });
        // Stands for where the connection comes from.
        let client = headers.remove("client-address");
        let client = client.map_or(self.client, |client| client.to_str().unwrap().parse().unwrap());
        let (path, query) =
            target.split_once('?').map_or((target, None), |(path, query)| (path, Some(query)));
        let to = (self.snapshot.apis[0].side(), "api.example");
        let found = self.snapshot.find(to, &method, &headers, path).unwrap();
        let mut cx = Context {
            now: self.now,
            client,
            systems: self.snapshot.systems.as_deref(),
            scheme: Scheme::Https,
            certificate: certificate.as_ref().or(self.certificate.as_ref()),
            method: &method,
            host: "api.example",
            path,
            query,
            has_matrix: path.contains(';'),
            headers: &headers,
            has_body: !body.is_empty(),
            operation: found.declared.then_some(&found.plan.key),
            captures: &found.captures,
            path_methods: &found.methods,
            caller: Caller::default(),
            answer_fields: SmallVec::new(),
            answer: None,
            authorization: Authorization::default(),
            lookup: None,
            looked_up: None,
            names: Vec::new(),
            permits: SmallVec::new(),
            worker,
        };
        let mut trace = Trace::new();
        let verdict = decide(&mut cx, found.plan, body, &mut trace, &self.looked_up);
        in_flight.extend(cx.permits.drain(..));
        let (answered, verdict) = match (backend, verdict) {
            (Some(backend), Ok(())) => {
                let mut answered = Answered::default();
                let verdict = answered.judge(&mut cx, found.plan, backend, &mut trace);
                (answered, verdict)
            }
            (_, verdict) => (Answered::default(), verdict),
        };
        let denial = verdict.err();
        let delay = denial.as_ref().and_then(|denial| found.plan.pipeline.delay(&cx, denial, &mut trace));
        Seen { delay, ..seen(&cx, answered, denial, &trace) }
    }
}

fn decide(
    cx: &mut Context<'_>,
    plan: &Plan,
    body: &str,
    trace: &mut Trace,
    looked_up: &RefCell<Vec<introspection::Answer>>,
) -> Verdict {
    let mut judged = plan.pipeline.head(cx, trace)?;
    if let Judged::Introspect(waiting) = judged {
        assert!(cx.lookup.is_some());
        judged = waiting.answered(cx, trace, looked_up.borrow_mut().pop().expect("a question"))?;
    }
    match judged {
        Judged::Body(pending) => {
            let whole = Bytes::copy_from_slice(body.as_bytes());
            let read = crate::content::read(cx.headers, &whole, plan.body_bytes_max, 100);
            let body = read.as_ref().map(|read| read.body(&plan.json_limits));
            judged = pending.body(cx, body.as_ref().map_err(|denial| *denial), trace)?;
        }
        other => judged = other,
    }
    match judged {
        Judged::Introspect(_) | Judged::Body(_) => panic!("two questions"),
        Judged::Admitted(_) => Ok(()),
        Judged::Resolve(resolving) => {
            let resolved: Vec<Resolved> = cx.names.iter().map(|host| leads(&host.name)).collect();
            resolving.answered(cx, &resolved, trace).map(|_| ())
        }
    }
}

/// Where `name` leads by [`NAMES`].
fn leads(name: &str) -> Resolved {
    let of = |name: &str| NAMES.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    let words = of(name).or(of("")).unwrap();
    match words {
        "Unknown" => Err(Unresolved::Unknown),
        "TimedOut" => Err(Unresolved::TimedOut),
        "Overloaded" => Err(Unresolved::Overloaded),
        addresses => Ok(addresses.split(' ').map(|address| address.parse().unwrap()).collect()),
    }
}

/// What became of a backend's answer.
#[derive(Default)]
struct Answered {
    headers: HeaderMap,
    body: Option<String>,
    leaks: Vec<String>,
}

impl Answered {
    /// Judges the answer, a status line, header lines, an empty line and a body, as the engine does.
    fn judge(&mut self, cx: &mut Context<'_>, plan: &Plan, backend: &str, trace: &mut Trace) -> Verdict {
        let (head, body) = backend.split_once("\n\n").unwrap_or((backend, ""));
        let body = body.strip_suffix('\n').unwrap_or(body);
        let mut lines = head.lines();
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let headers = fields(lines);
        let mut answer = Answer::new(status, &headers, !body.is_empty(), false);
        let judged = judge_answer(cx, plan, &mut answer, body, trace);
        cx.answer_fields.extend(answer.fields.drain(..));
        self.leaks = answer.leaks.iter().map(|leak| format!("{} {}", leak.class, leak.pointer)).collect();
        let body = judged?;
        self.headers = headers;
        self.body = Some(body);
        Ok(())
    }
}

fn judge_answer(
    cx: &Context<'_>,
    plan: &Plan,
    answer: &mut Answer<'_>,
    body: &str,
    trace: &mut Trace,
) -> Result<String, Denial> {
    if plan.pipeline.answer_head(cx, answer, trace)? == Hold::No {
        return Ok(body.to_owned());
    }
    let limits = JsonLimits::default();
    let read = crate::content::read(answer.headers, body.as_bytes(), 1 << 20, 100);
    let read = read.as_ref().map(|read| read.body(&limits));
    let judged = plan.pipeline.answer_body(cx, answer, read.as_ref().map_err(|denial| *denial), trace)?;
    if read.is_err() {
        // What could be read as it passes is for tests of the engine.
        assert!(plan.pipeline.passing(cx, answer, trace)?.is_none());
    }
    Ok(judged.body.map_or(body.to_owned(), |body| String::from_utf8(body).unwrap()))
}

fn fields<'l>(lines: impl Iterator<Item = &'l str>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for line in lines {
        let (name, value) = line.split_once(':').unwrap();
        headers.append(HeaderName::try_from(name).unwrap(), HeaderValue::from_str(value.trim()).unwrap());
    }
    headers
}

fn seen(cx: &Context<'_>, answered: Answered, denial: Option<Denial>, trace: &Trace) -> Seen {
    let verdict = match (&denial, cx.answer) {
        (Some(denial), _) => format!("{} {}", denial.status().as_u16(), denial.reason),
        (None, Some(status)) => format!("answered {}", status.as_u16()),
        (None, None) => "allowed".to_owned(),
    };
    Seen {
        verdict,
        control: denial.as_ref().map_or("", |denial| denial.control),
        said: trace
            .iter()
            .map(|said| (said.id, said.denied.as_ref().map(|denial| denial.reason.to_string())))
            .collect(),
        changed: trace.iter().filter(|said| said.otherwise == Outcome::Changed).map(|said| said.id).collect(),
        headers: {
            let mut headers = answered.headers;
            change(&mut headers, cx.answer_fields.iter().cloned());
            headers
        },
        body: answered.body,
        leaks: answered.leaks,
        authorization: match &cx.authorization {
            Authorization::AsSent => None,
            Authorization::Nothing => Some(String::new()),
            Authorization::Instead(value) => Some(String::from_utf8(value.to_vec()).unwrap()),
        },
        principal: cx.caller.principal().id.map(|id| id.into_owned()),
        denial,
        delay: None,
    }
}

fn compiled(paths: &str, settings: &str, feeds: &Feeds, metrics: &Metrics) -> Compiled {
    let indented =
        |text: &str, by: &str| text.lines().map(|line| format!("{by}{line}\n")).collect::<String>();
    let (paths, policies) = paths.split_once(CEDAR).unwrap_or((paths, ""));
    let cedar = match policies {
        "" => "",
        _ => {
            "\n  cedar: { policies: [policy.cedar], claims: { groups: strings, tenant: string, level: integer } }"
        }
    };
    let specification = format!("{HEAD}{}", indented(paths, "  "));
    let settings = if settings.trim().is_empty() { "{}" } else { settings };
    // Where `egress` is set the API is a third party's.
    let upstream = if settings.contains("egress") { THIRD_PARTY } else { BACKEND };
    let config = format!("version: 1\n{upstream}{cedar}\n  controls:\n{}", indented(settings, "    "));
    let (document, problems) = Document::parse("palisade.yaml", config.as_str(), &Limits::default());
    assert!(problems.is_empty(), "{problems:?}\n{config}");
    let read = |path: &Path| {
        let is_cedar = path.extension().is_some_and(|extension| extension == "cedar");
        Ok(if is_cedar { policies } else { &specification }.as_bytes().to_vec())
    };
    let (document, config, problems) = read_config(document);
    assert!(problems.is_empty(), "{problems:?}");
    compile(&Ingredients {
        document: &document,
        config: &config.unwrap(),
        folder: Path::new(""),
        read: &read,
        secret: &|_| Ok(Secret::new(PARTNER_SECRET)),
        load: &|_, _| Err(io::ErrorKind::NotFound.into()),
        feeds,
        metrics,
        generation: 1,
    })
}

/// An issuer, a client called `shop`, and empty buckets.
pub(super) fn feeds() -> Feeds {
    let keys = key_set(&[&SIGNER]).to_string();
    let keys = Arc::new(KeyFeed::fixed(KeySet::parse(keys.as_bytes(), Algorithms::ALL).unwrap()));
    let issuer = Issuer::new("https://issuer.example", vec!["orders-api".to_owned()]);
    let clients = ["shop", "kiosk", "stolen"].map(|name| {
        let client = ApiClient { name: name.to_owned(), attributes: std::collections::BTreeMap::new() };
        (client, vec![KeyDigest::of(key_of(name).as_bytes())])
    });
    let limiter = Limiter::new(1024, [0x2545_f491_4f6c_dd1d, 0x9e37_79b9_7f4a_7c15], NOW);
    let proofs = Proofs::new(ProofRules::default(), 0, &[7; 32]);
    Feeds {
        verifier: Some(Arc::new(Verifier::new(vec![(issuer, keys)]).unwrap())),
        internal: Some(Arc::new(InternalIssuer::new(
            "https://palisade.internal".to_owned(),
            Duration::from_secs(60),
            Duration::from_secs(86_400),
            Ring::fresh(NOW).unwrap(),
        ))),
        blocks: BlockFeed {
            configured: Arc::new(blocked()),
            live: Arc::default(),
            geography: Some(Arc::new(Geography::new(countries()).unwrap())),
        },
        client_certificates: true,
        api_keys: Some(Arc::new(ApiKeys::new(clients.into()).unwrap())),
        ..Feeds::unconfigured(proofs, limiter, Progress::new(64))
    }
}

/// Where addresses are in examples.
fn countries() -> Vec<u8> {
    database(&[("192.0.2.0/24", "DE"), ("198.51.100.0/25", "AT"), ("198.51.100.128/25", "KP")])
}

/// What is blocked in examples.
fn blocked() -> Blocks {
    let entries = [
        r#"{ "principal": "mallory", "reason": "stolen laptop", "by": "night shift" }"#,
        r#"{ "client": "stolen", "reason": "key in a public repository" }"#,
        r#"{ "address": "203.0.113.128/25", "reason": "floods" }"#,
        r#"{ "country": "KP", "reason": "sanctions" }"#,
    ];
    Blocks::new(entries.map(|entry| serde_json::from_str::<Block>(entry).unwrap()), NOW)
}

fn key_of(client: &str) -> String {
    format!("demo-key-of-{client}-0123456789")
}

/// Replaces `{token NAME SCOPE…}`, `{expired-token NAME}` and `{key CLIENT}`.
fn filled(request: &str) -> String {
    let mut text = String::new();
    let mut rest = request;
    while let Some((before, after)) = rest.split_once('{') {
        text.push_str(before);
        let filled = after.split_once('}').and_then(|(words, rest)| Some((credential(words)?, rest)));
        match filled {
            Some((credential, after)) => {
                text.push_str(&credential);
                rest = after;
            }
            None => {
                text.push('{');
                rest = after;
            }
        }
    }
    text + rest
}

/// A token of the issuer with these claims beside the usual ones.
pub(super) fn token(claims: &serde_json::Value) -> String {
    let mut all = json!({
        "iss": "https://issuer.example", "aud": "orders-api", "sub": "alice", "iat": NOW.as_secs() - 60,
        "exp": NOW.as_secs() + 300,
    });
    all.as_object_mut().unwrap().extend(claims.as_object().unwrap().clone());
    SIGNER.sign("at+jwt", &all).unwrap()
}

fn credential(words: &str) -> Option<String> {
    let mut words = words.split(' ');
    let (kind, name) = (words.next()?, words.next());
    let expires = match kind {
        "key" => return Some(key_of(name?)),
        "token" => NOW.as_secs() + 300,
        "expired-token" => NOW.as_secs() - 300,
        _ => return None,
    };
    let claims = json!({
        "iss": "https://issuer.example", "aud": "orders-api", "sub": name?, "exp": expires, "iat": NOW.as_secs() - 600,
        "scope": words.collect::<Vec<_>>().join(" "), "tenant": format!("tenant-of-{}", name?),
        "groups": [format!("friends-of-{}", name?)], "acr": "urn:example:password", "auth_time": NOW.as_secs() - 60,
    });
    Some(SIGNER.sign("at+jwt", &claims).unwrap())
}

fn parsed(request: &str) -> (Method, &str, HeaderMap, &str) {
    let (head, body) = request.split_once("\n\n").unwrap_or((request, ""));
    let mut lines = head.lines();
    let mut words = lines.next().unwrap().split(' ');
    let method = Method::from_bytes(words.next().unwrap().as_bytes()).unwrap();
    let target = words.next().unwrap();
    let headers = fields(lines);
    (method, target, headers, body.strip_suffix('\n').unwrap_or(body))
}
