//! Many connections at once from as many addresses as the gateway's limit for one makes necessary.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::{JoinSet, LocalSet};

use crate::failure::{Outcome, because};

/// Connections from one address, fewer than the gateway allows by default.
const PER_ADDRESS: usize = 900;
/// Connections that are being opened at once; more than the gateway's queue would be dropped there.
const OPENING_MAX: usize = 500;
/// Bytes that the kernel takes for an attacker who does not read: the rest stays with the gateway.
const TAKEN_BYTES: u32 = 4_096;
/// How long an attack may take at most, if the gateway does nothing about it.
pub(super) const PATIENCE: Duration = Duration::from_secs(90);
/// How long what can be repeated is repeated.
pub(super) const REPEATED_FOR: Duration = Duration::from_secs(10);

/// Opens `count` connections, has each `act`, and counts what each came to.
pub(super) fn run<F>(
    address: SocketAddr,
    count: usize,
    act: impl Fn(TcpStream) -> F + Clone + 'static,
) -> Outcome<BTreeMap<String, usize>>
where
    F: Future<Output = String> + 'static,
{
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(because("cannot start a runtime"))?;
    LocalSet::new().block_on(&runtime, async {
        let mut streams = Vec::with_capacity(count);
        for first in (0..count).step_by(OPENING_MAX) {
            let mut opening = JoinSet::new();
            for number in first..count.min(first + OPENING_MAX) {
                opening.spawn_local(connect(address, number));
            }
            while let Some(opened) = opening.join_next().await {
                let opened = opened.map_err(because("a task of the attack broke"))?;
                streams.push(opened.map_err(because("an attacker cannot connect"))?);
            }
        }
        let mut acting = JoinSet::new();
        for stream in streams {
            acting.spawn_local(act.clone()(stream));
        }
        let mut outcomes = BTreeMap::new();
        while let Some(ended) = acting.join_next().await {
            *outcomes.entry(ended.map_err(because("a task of the attack broke"))?).or_default() += 1;
        }
        Ok(outcomes)
    })
}

/// Repeats `act`, each time on `count` new connections, for as long as attacks are repeated.
pub(super) fn repeat<F>(
    address: SocketAddr,
    count: usize,
    act: impl Fn(TcpStream) -> F + Clone + 'static,
) -> Outcome<String>
where
    F: Future<Output = String> + 'static,
{
    let started = Instant::now();
    let mut outcomes = BTreeMap::new();
    while started.elapsed() < REPEATED_FOR {
        for (outcome, times) in run(address, count, act.clone())? {
            *outcomes.entry(outcome).or_default() += times;
        }
    }
    Ok(in_words(&outcomes))
}

/// `3 × answered 400, 1 × ended`.
pub(super) fn in_words(outcomes: &BTreeMap<String, usize>) -> String {
    let words = outcomes.iter().map(|(outcome, times)| format!("{times} × {outcome}"));
    words.collect::<Vec<_>>().join(", ")
}

async fn connect(address: SocketAddr, number: usize) -> std::io::Result<TcpStream> {
    let host = u8::try_from(2 + number / PER_ADDRESS).unwrap_or(u8::MAX);
    let socket = TcpSocket::new_v4()?;
    socket.set_recv_buffer_size(TAKEN_BYTES)?;
    socket.bind((Ipv4Addr::new(127, 0, 0, host), 0).into())?;
    socket.connect(address).await
}

/// Sends all of `bytes`, or as much as the gateway takes.
pub(super) async fn send(stream: &mut TcpStream, bytes: &[u8]) -> bool {
    stream.write_all(bytes).await.is_ok()
}

/// Sends one of `bytes` a second, over and over, until the gateway says something or ends the connection.
pub(super) async fn drip(stream: &mut TcpStream, bytes: &[u8]) {
    let until = Instant::now() + PATIENCE;
    for byte in bytes.iter().cycle() {
        let waited = tokio::time::timeout(Duration::from_secs(1), stream.readable()).await;
        if waited.is_ok() || Instant::now() > until || !send(stream, &[*byte]).await {
            return;
        }
    }
}

/// What the gateway says in HTTP/1 until it ends the connection.
pub(super) async fn verdict(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    let mut chunk = [0; 1024];
    let ended = tokio::time::timeout(PATIENCE, async {
        while let Ok(count @ 1..) = stream.read(&mut chunk).await {
            answer.extend_from_slice(chunk.get(..count).unwrap_or_default());
            answer.truncate(16);
        }
    });
    let is_ended = ended.await.is_ok();
    match (String::from_utf8_lossy(&answer).get(9..12), is_ended) {
        (Some(status), _) => format!("answered {status}"),
        (None, true) => "ended".to_owned(),
        (None, false) => "left open".to_owned(),
    }
}

#[test]
fn outcomes_are_counted_in_words() {
    let outcomes = BTreeMap::from([("answered 400".to_owned(), 3), ("ended".to_owned(), 1)]);
    assert_eq!(in_words(&outcomes), "3 × answered 400, 1 × ended");
}
