//! The load: requests prepared before the clock starts, sent over connections that are kept open.

use std::cell::Cell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use http::{HeaderValue, Method, Request, Uri};
use http_body_util::{BodyExt, Full};
use identity::Algorithm;
use serde_json::{Value, json};
use tokio::task::{JoinSet, LocalSet};

use super::nginx::CUSTOMER;
use super::way::{Sender, Way};
use crate::failure::{Failure, Outcome, because};
use crate::tokens::{Signer, now};

/// Who the tokens are from.
pub(super) const ISSUER: &str = "https://issuer.example";
/// Who the tokens are for.
pub(super) const AUDIENCE: &str = "orders";

/// Of so many requests the last places an order; the others read one.
const READS_A_WRITE: usize = 10;
/// How long the tokens of a run are good for, in seconds.
const LIFETIME_S: u64 = 6 * 3_600;
/// What is asked for where documents of GraphQL are: orders with what is in them, their owner by a fragment.
const DOCUMENT: &str = r#"{"query":"query Orders($n: Int) { orders(first: $n) { id status items(first: 10) { sku quantity price } customer { ...Who } } } fragment Who on Customer { id name address { city country } }","variables":{"n":20}}"#;
/// Where they are sent.
const DOCUMENTS: &str = "/v1/graphql";
/// Prepared requests, at least; they are sent round and round.
const SHOTS_MIN: usize = 5_000;

/// Requests, ready to be sent in this order, over and over.
#[derive(Debug)]
pub(super) struct Plan {
    shots: Vec<Shot>,
    /// Keys that verify the tokens.
    pub(super) key_set: Value,
}

#[derive(Debug, Clone)]
struct Shot {
    method: Method,
    target: Uri,
    authorization: HeaderValue,
    body: Bytes,
}

/// How long each request of one run took.
#[derive(Debug)]
pub(super) struct Latencies {
    /// In ascending order.
    sorted: Vec<Duration>,
    /// From the first request to the last answer.
    pub(super) whole: Duration,
}

impl Plan {
    /// Nine readers of orders to one who places one.
    pub(super) fn mixed(principals: usize, algorithm: Algorithm) -> Outcome<Self> {
        let body = order(200);
        Self::prepare(principals, algorithm, |index| {
            if index % READS_A_WRITE == READS_A_WRITE - 1 {
                (Method::POST, "/v1/orders".to_owned(), body.clone())
            } else {
                (Method::GET, format!("/v1/orders/{}", order_of(index % principals)), Bytes::new())
            }
        })
    }

    /// Readers, spread over this many operations.
    pub(super) fn spread(operations: usize, algorithm: Algorithm) -> Outcome<Self> {
        Self::prepare(100, algorithm, |index| {
            let operation = index * 7_919 % operations;
            (Method::GET, format!("{}/{}", super::palisade::collection(operation), 1 + index), Bytes::new())
        })
    }

    /// Writers of bodies of about this many bytes.
    pub(super) fn bodies(bytes: usize, algorithm: Algorithm) -> Outcome<Self> {
        let body = order(bytes);
        Self::prepare(100, algorithm, |_| (Method::POST, "/v1/orders".to_owned(), body.clone()))
    }

    fn prepare(
        principals: usize,
        algorithm: Algorithm,
        request: impl Fn(usize) -> (Method, String, Bytes),
    ) -> Outcome<Self> {
        let signer = Signer::generate(algorithm)?;
        let mut tokens = Vec::with_capacity(principals);
        for principal in 0..principals {
            let token = format!("Bearer {}", signer.sign(&claims(principal))?);
            tokens.push(HeaderValue::try_from(token).map_err(because("a token is no header"))?);
        }
        let shots =
            (0..principals.max(SHOTS_MIN)).zip(tokens.iter().cycle()).map(|(index, authorization)| {
                let (method, target, body) = request(index);
                let target = target.parse().map_err(because(format!("`{target}` is no target")))?;
                Ok(Shot { method, target, authorization: authorization.clone(), body })
            });
        Ok(Self { shots: shots.collect::<Outcome<_>>()?, key_set: signer.key_set() })
    }

    /// The head of a request that reads an order, and of one that places one, each but for its length and its last line
    /// end.
    pub(super) fn heads(&self) -> (String, String) {
        let head = |wanted: &Method| {
            let shot = self.shots.iter().find(|shot| shot.method == *wanted);
            let (target, token) = shot.map_or(("/", ""), |shot| {
                (shot.target.path(), shot.authorization.to_str().unwrap_or_default())
            });
            format!("{wanted} {target} HTTP/1.1\r\nhost: a\r\nauthorization: {token}\r\n")
        };
        (head(&Method::GET), head(&Method::POST) + "content-type: application/json\r\n")
    }

    /// Sends `requests` over `connections` at once, all on this thread, and waits for every answer.
    pub(super) fn send(
        &self,
        address: SocketAddr,
        way: &Way,
        requests: usize,
        connections: usize,
    ) -> Outcome<Latencies> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(because("cannot start a runtime"))?;
        LocalSet::new().block_on(&runtime, self.send_all(address, way, requests, connections))
    }

    async fn send_all(
        &self,
        address: SocketAddr,
        way: &Way,
        requests: usize,
        connections: usize,
    ) -> Outcome<Latencies> {
        let shots: Rc<[Shot]> = self.shots.iter().map(|shot| shot.on(way)).collect::<Outcome<_>>()?;
        let next = Rc::new(Cell::new(0));
        let senders = way.senders(address, connections).await?;
        let host = HeaderValue::try_from(address.to_string()).map_err(because("an address is no header"))?;
        let started = Instant::now();
        let mut running = JoinSet::new();
        for sender in senders {
            let (shots, next, host) = (Rc::clone(&shots), Rc::clone(&next), host.clone());
            running.spawn_local(fire(sender, shots, (next, requests), host));
        }
        let mut sorted = Vec::with_capacity(requests);
        while let Some(ended) = running.join_next().await {
            sorted.extend(ended.map_err(because("a connection of the load broke"))??);
        }
        let whole = started.elapsed();
        sorted.sort_unstable();
        Ok(Latencies { sorted, whole })
    }
}

impl Latencies {
    /// These and others.
    pub(super) fn and(mut self, others: Latencies) -> Latencies {
        self.sorted.extend(others.sorted);
        self.sorted.sort_unstable();
        self.whole += others.whole;
        self
    }

    /// The time within which `share` of the requests were answered.
    pub(super) fn quantile(&self, share: f64) -> Duration {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a share of a length is one"
        )]
        let index = (self.sorted.len().saturating_sub(1) as f64 * share) as usize;
        self.sorted.get(index).copied().unwrap_or_default()
    }
}

async fn fire(
    mut sender: Sender,
    shots: Rc<[Shot]>,
    (next, requests): (Rc<Cell<usize>>, usize),
    host: HeaderValue,
) -> Outcome<Vec<Duration>> {
    let mut latencies = Vec::with_capacity(requests);
    loop {
        let index = next.get();
        if index >= requests {
            return Ok(latencies);
        }
        next.set(index + 1);
        let Some(shot) = shots.get(index % shots.len()) else { return Ok(latencies) };
        let request = shot.request(&sender, &host)?;
        let started = Instant::now();
        let answer = sender.send(request).await?;
        let status = answer.status();
        let body = answer.into_body().collect().await.map_err(because("an answer broke off"))?;
        latencies.push(started.elapsed());
        if !status.is_success() {
            let text = String::from_utf8_lossy(&body.to_bytes()).into_owned();
            return Err(Failure::new(format!(
                "{} {} was answered {status}: {text}",
                shot.method, shot.target
            )));
        }
    }
}

impl Shot {
    /// The same caller's request, as it is where requests come this way.
    fn on(&self, way: &Way) -> Outcome<Shot> {
        if !matches!(way, Way::GraphQl) {
            return Ok(self.clone());
        }
        let target = DOCUMENTS.parse().map_err(because(format!("`{DOCUMENTS}` is no target")))?;
        let body = Bytes::from_static(DOCUMENT.as_bytes());
        Ok(Shot { method: Method::POST, target, body, ..self.clone() })
    }

    fn request(&self, sender: &Sender, host: &HeaderValue) -> Outcome<Request<Full<Bytes>>> {
        let mut request = Request::new(Full::new(self.body.clone()));
        *request.method_mut() = self.method.clone();
        let headers = request.headers_mut();
        headers.insert(AUTHORIZATION, self.authorization.clone());
        if !self.body.is_empty() {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        match sender {
            Sender::Http1(_) => {
                headers.insert(HOST, host.clone());
                *request.uri_mut() = self.target.clone();
            }
            Sender::Http2(_) => {
                let mut parts = self.target.clone().into_parts();
                parts.scheme = Some(http::uri::Scheme::HTTP);
                parts.authority = host.to_str().ok().and_then(|host| host.parse().ok());
                *request.uri_mut() = Uri::from_parts(parts).map_err(because("no target of HTTP/2"))?;
            }
        }
        Ok(request)
    }
}

/// The order that a caller reads, which no other does.
fn order_of(principal: usize) -> usize {
    1 + principal * 7_919 % 1_000_000
}

fn claims(principal: usize) -> Value {
    json!({
        "iss": ISSUER, "aud": AUDIENCE, "sub": format!("user-{principal}"), "client_id": "bench",
        "scope": "orders:read orders:write profile", "iat": now(), "exp": now() + LIFETIME_S,
        "jti": format!("token-{principal}"), "order": order_of(principal), "customer": CUSTOMER,
    })
}

/// An order of about this many bytes.
fn order(bytes: usize) -> Bytes {
    let item = r#"{"sku":"TEA-0001","quantity":2,"note":"as always"}"#;
    let (head, tail) = (r#"{"items":["#, "]}");
    let room = bytes.saturating_sub(head.len() + tail.len() + item.len());
    let mut text = format!("{head}{item}");
    for _ in 0..room / (item.len() + 1) {
        text.push(',');
        text.push_str(item);
    }
    text.push_str(tail);
    Bytes::from(text)
}

#[test]
fn an_order_is_json_of_about_its_length() {
    for bytes in [200, 1_000, 1_000_000] {
        let order = order(bytes);
        assert!(order.len() <= bytes && order.len() + 60 > bytes, "{bytes}: {}", order.len());
        serde_json::from_slice::<Value>(&order).expect("is JSON");
    }
}

#[test]
fn quantiles_are_of_the_sorted_times() {
    let sorted = (1..=100).map(Duration::from_micros).collect();
    let latencies = Latencies { sorted, whole: Duration::ZERO };
    assert_eq!(latencies.quantile(0.5), Duration::from_micros(50));
    assert_eq!(latencies.quantile(0.99), Duration::from_micros(99));
}
