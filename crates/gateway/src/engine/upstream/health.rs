//! Asks backends how they are, beside the requests that they get.

use std::sync::atomic::Ordering;
use std::time::Duration;

use http::{HeaderValue, Method, Request, StatusCode, Uri, Version, header};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsConnector;

use super::{Backends, Origin};
use crate::config::Health;

/// How far a pause is from the interval, at most: the questions of many gateways must not fall together.
const JITTER_PERCENT: u32 = 10;

/// What was said last, and how many times in a row it differed from what is held.
#[derive(Debug, Default)]
struct Opinion {
    is_unhealthy: bool,
    others: u32,
}

impl Opinion {
    /// Takes one more answer.
    fn take(&mut self, is_good: bool, health: &Health) {
        if is_good != self.is_unhealthy {
            self.others = 0;
            return;
        }
        self.others += 1;
        let needed = if is_good { health.healthy_after } else { health.unhealthy_after };
        if self.others >= needed {
            *self = Opinion { is_unhealthy: !is_good, others: 0 };
        }
    }
}

impl Backends {
    /// How many of the backends are to be asked: all or none.
    pub fn watched(&self) -> usize {
        if self.health.is_some() { self.len() } else { 0 }
    }

    /// Asks the backend at `index` over and over, until the future is dropped. It needs a runtime of its own, apart from
    /// those that serve requests.
    pub async fn watch(&self, index: usize) {
        let (Some((health, unhealthy)), Some(backend)) = (&self.health, self.backends.get(index)) else {
            return;
        };
        let mut opinion = Opinion::default();
        loop {
            let status = timeout(health.timeout.0, ask(&backend.origin, &health.path)).await;
            let is_good = status.ok().flatten().is_some_and(|status| health.takes(status.as_u16()));
            let before = opinion.is_unhealthy;
            opinion.take(is_good, health);
            if opinion.is_unhealthy != before {
                backend.is_unhealthy.store(opinion.is_unhealthy, Ordering::Relaxed);
                tracing::warn!(backend = %backend.origin.address(), healthy = !opinion.is_unhealthy, "a backend's health changed");
            }
            let count = self.healths().filter(|(_, is_healthy)| !is_healthy).count();
            unhealthy.set(i64::try_from(count).unwrap_or(i64::MAX));
            sleep(jittered(health.interval.0)).await;
        }
    }

    /// Each backend's address, and whether it is well as far as is known.
    pub fn healths(&self) -> impl Iterator<Item = (String, bool)> {
        self.backends
            .iter()
            .map(|backend| (backend.origin.address(), !backend.is_unhealthy.load(Ordering::Relaxed)))
    }

    /// Whether every backend says that it is not well.
    pub fn are_all_unhealthy(&self) -> bool {
        self.backends.iter().all(|backend| backend.is_unhealthy.load(Ordering::Relaxed))
    }
}

impl Origin {
    fn address(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }
}

/// The status that a backend answers with; nothing where it does not.
async fn ask(origin: &Origin, path: &str) -> Option<StatusCode> {
    let stream = origin.reach().await.ok()?;
    match &origin.tls {
        None => status(stream, origin, path).await,
        Some((config, name)) => {
            let tls = TlsConnector::from(std::sync::Arc::clone(config));
            status(tls.connect(name.clone(), stream).await.ok()?, origin, path).await
        }
    }
}

async fn status<T>(io: T, origin: &Origin, path: &str) -> Option<StatusCode>
where
    T: tokio::io::AsyncRead + tokio::io::AsyncWrite + Send + Unpin + 'static,
{
    let io = TokioIo::new(io);
    if origin.is_http2 {
        let scheme = if origin.tls.is_some() { "https" } else { "http" };
        let uri =
            Uri::builder().scheme(scheme).authority(origin.address()).path_and_query(path).build().ok()?;
        let http2 = hyper::client::conn::http2::handshake(TokioExecutor::new(), io);
        let (mut sender, connection) = http2.await.ok()?;
        let answer = sender.send_request(question(uri, None)?);
        return answered(connection, answer).await;
    }
    let (mut sender, connection) = hyper::client::conn::http1::handshake(io).await.ok()?;
    let answer = sender.send_request(question(path.parse().ok()?, Some(&origin.address()))?);
    answered(connection, answer).await
}

/// Drives a connection until the answer has begun.
async fn answered<B>(
    connection: impl Future<Output = hyper::Result<()>>,
    answer: impl Future<Output = hyper::Result<http::Response<B>>>,
) -> Option<StatusCode> {
    tokio::pin!(answer);
    tokio::select! {
        biased;
        answer = &mut answer => answer.ok().map(|answer| answer.status()),
        _ = connection => answer.await.ok().map(|answer| answer.status()),
    }
}

fn question(uri: Uri, host: Option<&str>) -> Option<Request<String>> {
    let mut request = Request::new(String::new());
    *request.method_mut() = Method::GET;
    *request.uri_mut() = uri;
    if let Some(host) = host {
        request.headers_mut().insert(header::HOST, HeaderValue::from_str(host).ok()?);
    } else {
        *request.version_mut() = Version::HTTP_2;
    }
    request.headers_mut().insert(header::USER_AGENT, HeaderValue::from_static("palisade"));
    Some(request)
}

/// About `interval`.
fn jittered(interval: Duration) -> Duration {
    let random = getrandom::u32().unwrap_or(u32::MAX / 2);
    let percent = 100 - JITTER_PERCENT + random % (2 * JITTER_PERCENT + 1);
    interval * percent / 100
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_opinion_changes_after_as_many_answers_in_a_row_as_were_said() {
        let health = Health { unhealthy_after: 3, healthy_after: 2, ..Health::default() };
        let mut opinion = Opinion::default();
        let mut taken = String::new();
        for answer in "--+---+-++-".chars() {
            opinion.take(answer == '+', &health);
            taken.push(if opinion.is_unhealthy { 'u' } else { 'h' });
        }
        assert_eq!(taken, "hhhhhuuuuhh");
    }

    #[test]
    fn a_pause_is_about_the_interval() {
        for _ in 0..100 {
            let pause = jittered(Duration::from_secs(10));
            assert!((Duration::from_secs(9)..=Duration::from_secs(11)).contains(&pause), "{pause:?}");
        }
    }
}
