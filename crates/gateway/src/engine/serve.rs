//! Serves one request: normalise, route, decide, forward, record, answer.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::net::IpAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::request::Parts;
use http::{HeaderMap, Request, Response, StatusCode};
use identity::{ClientCertificate, TokenError};
use model::{ExchangeId, Timestamp};
use smallvec::SmallVec;
use tokio::sync::Notify;
use tokio::time::{Instant, timeout};

use super::accept::Shared;
use super::account::Begun;
use super::answer_body::AnswerBody;
use super::body::{RequestBody, Source};
use super::decide;
use super::filter::Filter;
use super::follow::Led;
use super::going::{Asked, Going, facts, offered};
use super::held::{Budget, HeldBody};
use super::http1::Service;
use super::judge;
use super::peer::Peer;
use super::phase::Phase;
use super::transport::Scratch;
use super::upstream::{Exchange, Head, Outgoing, Upstream};
use super::whole;
use crate::config::{Asker, Limits, WhenFull};
use crate::denial::{Denial, Reason};
use crate::normalize::{self, Scheme, Target};
use crate::pipeline::{Admitted, Judged};
use crate::policy::{AnswerField, Authorization, Caller, Context, Hold, Permit, WorkerState};
use crate::record::Writer;
use crate::snapshot::{ApiPlan, ListenerKey, Snapshot};
use crate::third_party::Side;
use crate::wire::Fault;

/// What one worker thread owns.
#[derive(Debug)]
pub(super) struct Worker {
    pub shared: Shared,
    pub writer: RefCell<Writer>,
    pub scratch: Scratch,
    state: WorkerState,
    upstreams: RefCell<Upstreams>,
    /// Seed of the random half of exchange ids; unpredictable, but no secret.
    random: Cell<u128>,
    open: Cell<u32>,
    closed: Notify,
}

/// The backends of one snapshot's APIs, in their order.
#[derive(Debug, Default)]
struct Upstreams {
    generation: u64,
    upstreams: Vec<Rc<Upstream>>,
}

/// What is known of the connection that a request came over.
#[derive(Debug, Clone, Copy)]
pub(super) struct Connection {
    /// The peer's address, or the one that a proxy announced for the whole connection.
    pub ip: IpAddr,
    /// How it carries HTTP.
    pub scheme: Scheme,
    /// The listener that it came in by.
    pub listener: ListenerKey,
    /// Which APIs it serves.
    pub side: Side,
    /// The proxy that asks for decisions over it; absent where it brings requests.
    pub asker: Option<Asker>,
}

/// Answers the requests of one connection.
#[derive(Debug)]
pub(super) struct Served {
    pub worker: Rc<Worker>,
    pub connection: Connection,
    /// Who is at its other end, over TLS.
    pub peer: Option<Peer>,
}

/// Counts a connection as open until it is dropped.
#[derive(Debug)]
pub(super) struct Open(Rc<Worker>);

/// What the caller gets, unless it is a refusal.
#[expect(clippy::large_enum_variant, reason = "made once a request; a box would cost each an allocation")]
pub(super) enum Answer {
    /// A policy's answer in the backend's place.
    Given(StatusCode),
    /// The backend's.
    Forwarded(Forwarded),
    /// None yet: the proxy that asked sends the request on, with these fields as they should be.
    Admitted(HeaderMap),
}

/// What a request comes to.
pub(super) struct Finished {
    /// The answer; empty where another proxy may send the request on.
    pub answer: Response<AnswerBody>,
    /// What another proxy needs to know to send the request on, where it may.
    pub admission: Option<Box<Admission>>,
    /// How long the answer is to wait.
    pub delay: Option<Duration>,
    /// How many redirects are followed from here; none but of third parties.
    pub redirects_max: u8,
}

/// What another proxy needs to know to send a request on.
pub(super) struct Admission {
    /// The fields that the backend should get.
    pub fields: HeaderMap,
    /// What becomes of the answer's fields.
    pub answer_fields: SmallVec<[AnswerField; 4]>,
}

/// The backend's answer, not sent yet.
pub(super) struct Forwarded {
    pub head: Head,
    /// What was read of the body already, to be judged.
    pub held: HeldBody,
    /// The rest of it.
    pub exchange: Exchange,
    /// What reads all of it on its way to the caller.
    pub filter: Option<Box<Filter>>,
}

impl Connection {
    /// As seen from the client, where proxies stand between that are believed.
    fn seen_through(self, headers: &HeaderMap, snapshot: &Snapshot) -> Connection {
        let plan = snapshot.listener(self.listener);
        let Some(proxies) = plan.and_then(|plan| plan.proxies.as_ref()) else { return self };
        let client = normalize::client(headers, self.ip, proxies);
        Connection { ip: client.ip, scheme: client.scheme.unwrap_or(self.scheme), ..self }
    }
}

impl Served {
    fn certificate(
        &self,
        snapshot: &Snapshot,
        asked: &Asked<'_>,
        now: Timestamp,
    ) -> Result<Option<&Arc<ClientCertificate>>, Denial> {
        let Some(peer) = &self.peer else { return Ok(None) };
        peer.certificate(snapshot, asked.host.as_ref(), now)
    }
}

impl Service for Served {
    async fn answer(&self, request: Result<(Box<Parts>, Source), Fault>) -> Response<AnswerBody> {
        if let Some(asker) = self.connection.asker {
            return decide::answer(self, asker, request).await;
        }
        let request = request.map_err(Fault::denial);
        let finished = self.worker.serve(self, request).await;
        if let Some(delay) = finished.delay {
            self.worker.wait(delay).await;
        }
        finished.answer
    }
}

impl Worker {
    pub(super) fn new(shared: Shared, writer: Writer) -> Worker {
        let mut seed = [0; 16];
        if let Err(error) = getrandom::fill(&mut seed) {
            tracing::error!(%error, "no randomness for exchange ids; they repeat across restarts");
        }
        Worker {
            shared,
            writer: RefCell::new(writer),
            scratch: Scratch::default(),
            state: WorkerState::default(),
            upstreams: RefCell::default(),
            random: Cell::new(u128::from_le_bytes(seed)),
            open: Cell::new(0),
            closed: Notify::new(),
        }
    }

    pub(super) fn opened(self: &Rc<Self>) -> Open {
        self.open.set(self.open.get() + 1);
        Open(Rc::clone(self))
    }

    pub(super) fn open(&self) -> u32 {
        self.open.get()
    }

    pub(super) fn limits(&self) -> Limits {
        self.shared.snapshot.load().limits.clone()
    }

    /// The room for held bodies, of which `limits` say how much there is.
    pub(super) fn budget(&self, limits: &Limits) -> Budget<'_> {
        Budget { taken: &self.shared.metrics.held_bytes, bytes_max: limits.held_bytes_max.0 }
    }

    /// Waits until no connection is open.
    pub(super) async fn drained(&self) {
        while self.open.get() > 0 {
            self.closed.notified().await;
        }
    }

    /// Answers one request, or why there is none. There is always an answer.
    pub(super) async fn serve(
        self: &Rc<Self>,
        served: &Served,
        request: Result<(Box<Parts>, Source), Denial>,
    ) -> Finished {
        let (mut parts, body, refused) = match request {
            Ok((parts, body)) => (parts, body, None),
            // Of a head that is refused nothing is known.
            Err(denial) => (Box::new(Request::new(()).into_parts().0), Source::Empty, Some(denial)),
        };
        let led = Led::of(served, &parts, &body);
        let finished = self.judge_and_answer(served, &mut parts, body, refused).await;
        self.scratch.keep(parts.headers);
        match led {
            // Boxed, so that a request that is not led has no room for another.
            Some(led) => Box::pin(led.follow(served, finished)).await,
            None => finished,
        }
    }

    /// Lets an answer wait that is on record and of which nothing is held any more, unless too many wait or the gateway stops.
    async fn wait(&self, delay: Duration) {
        let delayed_max = self.shared.snapshot.load().limits.delayed_max;
        let Some(_place) = Permit::take(&self.shared.delayed, 0, delayed_max) else { return };
        self.shared.metrics.answers_delayed.inc();
        let mut phase = self.shared.phase.clone();
        // Either way the answer leaves.
        drop(timeout(delay, phase.wait_for(|&phase| phase != Phase::Serving)).await);
    }

    pub(super) async fn judge_and_answer(
        self: &Rc<Self>,
        served: &Served,
        parts: &mut Parts,
        body: Source,
        refused: Option<Denial>,
    ) -> Finished {
        let (started, now) = (Instant::now(), wall_clock());
        let snapshot = self.shared.snapshot.load_full();
        let connection = served.connection.seen_through(&parts.headers, &snapshot);
        let id = self.exchange_id(now);
        let cleaned = match refused {
            Some(denial) => Err(denial),
            None => normalize::inbound(&mut parts.headers, &snapshot.identity_headers),
        };
        let parts = &*parts;
        let read = cleaned.and_then(|()| Asked::read(parts, &connection, &snapshot.limits));
        let (asked, refused) = match read {
            Ok(asked) => (asked, None),
            Err(denial) => (Asked::default(), Some(denial)),
        };
        let (certificate, refused) = match (served.certificate(&snapshot, &asked, now), refused) {
            (Ok(certificate), refused) => (certificate, refused),
            (Err(denial), refused) => (None, refused.or(Some(denial))),
        };
        let to = (connection.side, asked.host_text());
        let found = snapshot.find(to, &parts.method, &parts.headers, &asked.target.path);
        let plan = found.as_ref().map(|found| (found.api_index, found.plan));
        let going = Going::new(id, started, parts, &snapshot, plan, connection);
        let cx = Context {
            now,
            client: connection.ip,
            systems: snapshot.systems.as_deref(),
            scheme: connection.scheme,
            certificate,
            method: &parts.method,
            host: asked.host_text(),
            path: &asked.target.path,
            query: asked.target.query.as_deref(),
            has_matrix: asked.target.has_matrix,
            headers: &parts.headers,
            has_body: !body.is_at_end(),
            operation: found.as_ref().filter(|found| found.declared).map(|found| &found.plan.key),
            captures: found.as_ref().map_or(&[], |found| &found.captures),
            path_methods: found.as_ref().map_or(&[], |found| &found.methods),
            caller: Caller::default(),
            answer_fields: SmallVec::new(),
            answer: None,
            authorization: Authorization::default(),
            lookup: None,
            looked_up: None,
            names: Vec::new(),
            permits: SmallVec::new(),
            worker: &self.state,
        };
        let mut begun = Begun { worker: self, going, cx, is_recorded: false };
        let outcome = match refused {
            Some(denial) => Err(denial),
            None => {
                let Begun { going, cx, .. } = &mut begun;
                self.decide_and_forward(going, cx, parts, &asked, body).await
            }
        };
        let Begun { going, cx, .. } = &mut begun;
        let delay = match (&outcome, going.plan) {
            // Another proxy waits for a decision no longer than it will, and may then let the request through.
            (Err(denial), Some((_, plan))) if connection.asker.is_none() => {
                plan.pipeline.delay(cx, denial, &mut going.trace)
            }
            _ => None,
        };
        Finished { delay, ..self.finish(&mut begun, outcome) }
    }

    /// Takes the request through its pipeline, and on to the backend if every policy let it through.
    async fn decide_and_forward(
        &self,
        going: &mut Going<'_>,
        cx: &mut Context<'_>,
        parts: &Parts,
        asked: &Asked<'_>,
        body: Source,
    ) -> Result<Answer, Denial> {
        let Some((_, plan)) = going.plan else {
            return Err(going.snapshot.nowhere(going.connection.side, cx.host));
        };
        if going.snapshot.when_full == WhenFull::Refuse && !self.writer.borrow_mut().is_ready() {
            return Err(Denial::fixed(
                Reason::LogUnavailable,
                "protocol",
                "the exchange log takes no records",
            ));
        }
        going.offer = offered(parts, plan)?;
        let mut judged = plan.pipeline.head(cx, &mut going.trace)?;
        if let Judged::Introspect(waiting) = judged {
            let answer = match cx.lookup.take() {
                // Boxed, so that a request whose token needs no issuer has no room for one's TLS.
                Some(lookup) => Box::pin(lookup.ask(&wall_clock)).await,
                None => Err(TokenError::IntrospectionUnavailable),
            };
            judged = waiting.answered(cx, &mut going.trace, answer)?;
        }
        if let Some(status) = cx.answer {
            return Ok(Answer::Given(status));
        }
        let bounds = (going.transit(plan), self.budget(&going.snapshot.limits));
        let (judged, body) = whole::take(going, cx, judged, body, bounds).await?;
        let admitted = match judged {
            Judged::Admitted(admitted) => admitted,
            Judged::Resolve(resolving) => {
                let resolved = self.shared.resolver.resolve(&cx.names).await;
                resolving.answered(cx, &resolved, &mut going.trace)?
            }
            Judged::Introspect(_) | Judged::Body(_) => {
                return Err(Denial::fixed(Reason::Internal, "jwt", "two questions about one token"));
            }
        };
        going.decided = Some(Instant::now());
        let authorization = std::mem::take(&mut cx.authorization);
        if going.connection.asker.is_some() {
            let facts = facts(going, asked, &authorization, Hold::No);
            return Ok(Answer::Admitted(decide::fields(&admitted, parts, &facts)));
        }
        let forwarded = self.forward(admitted, going, (parts, &authorization, cx.now), asked, body).await?;
        going.is_answered = true;
        let budget = self.budget(&going.snapshot.limits);
        judge::answer(going, cx, forwarded, budget).await.map(Answer::Forwarded)
    }

    /// Sends an admitted request to its backend.
    async fn forward(
        &self,
        _admitted: Admitted,
        going: &mut Going<'_>,
        (parts, authorization, now): (&Parts, &Authorization, Timestamp),
        asked: &Asked<'_>,
        body: RequestBody,
    ) -> Result<Forwarded, Denial> {
        let upstream = going.plan.and_then(|(api_index, _)| self.upstream(going.snapshot, api_index));
        let Some(upstream) = upstream else {
            return Err(Denial::fixed(Reason::Internal, "upstream", "no backend for the api"));
        };
        let holds = going.plan.map_or(Hold::No, |(_, plan)| plan.pipeline.holds_answers());
        let token = match going.third_party() {
            Some(third_party) => third_party.token(now)?,
            None => None,
        };
        let facts = normalize::Facts { token: token.as_deref(), ..facts(going, asked, authorization, holds) };
        let Target { path, query, has_matrix } = &asked.target;
        let query = match facts.third_party {
            Some(third_party) => third_party.query(query.as_deref())?,
            None => query.as_deref().map(Cow::Borrowed),
        };
        let target = Target { path: Cow::Borrowed(path), query, has_matrix: *has_matrix };
        let sent = going.decided.unwrap_or(going.started);
        let outgoing = Outgoing {
            parts,
            target: &target,
            facts: &facts,
            body_bytes: body.bytes(),
            offer: going.offer.as_ref(),
            sent,
            now,
        };
        let answer = upstream.send(outgoing, body).await;
        going.upstream = sent.elapsed();
        match answer {
            Ok((head, exchange)) => Ok(Forwarded { head, held: HeldBody::default(), exchange, filter: None }),
            Err(failure) => Err(Going::failed(&failure)),
        }
    }

    fn exchange_id(&self, now: Timestamp) -> ExchangeId {
        // splitmix-like step: ids only have to differ, and to not repeat across workers and restarts.
        let random =
            self.random.get().wrapping_mul(0x2360_ed05_1fc6_5da4_4385_df64_9fcc_f645).wrapping_add(1);
        self.random.set(random);
        ExchangeId::new(now, random >> 40)
    }

    fn upstream(&self, snapshot: &Snapshot, api_index: usize) -> Option<Rc<Upstream>> {
        let mut current = self.upstreams.borrow_mut();
        if current.generation != snapshot.generation {
            let upstream =
                |api: &ApiPlan| Rc::new(Upstream::new(&api.upstream, &snapshot.limits, &self.scratch));
            let upstreams = snapshot.apis.iter().map(upstream).collect();
            *current = Upstreams { generation: snapshot.generation, upstreams };
        }
        current.upstreams.get(api_index).cloned()
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.open.set(self.0.open.get() - 1);
        self.0.closed.notify_waiters();
    }
}

/// The only place of the gateway that reads the wall clock.
pub(super) fn wall_clock() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    Timestamp::from_micros(u64::try_from(since.as_micros()).unwrap_or(u64::MAX))
}
