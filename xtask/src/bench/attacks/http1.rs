//! Attacks in HTTP/1.1.

use std::io::Write as _;
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::GzEncoder;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

use super::crowd::{drip, in_words, repeat, run, send, verdict};
use super::{Target, seconds};
use crate::failure::{Outcome, because};

/// How long idle connections are kept.
const IDLE_FOR: Duration = Duration::from_secs(10);
/// Bytes of a body that the operation still takes, by the config.
const BODY_BYTES: usize = 4 << 20;

/// Ten thousand that asked once and keep their connections.
pub(super) fn idle(target: &Target) -> Outcome<String> {
    let (request, started) = (format!("{}\r\n", target.read), Instant::now());
    let outcomes = run(target.address, 10_000, move |mut stream| {
        let request = request.clone();
        async move {
            let mut answer = [0; 4096];
            send(&mut stream, request.as_bytes()).await;
            let answered = stream.read(&mut answer).await.unwrap_or(0) > 0;
            let ended = tokio::time::timeout(IDLE_FOR, stream.read(&mut answer)).await.is_ok();
            let became = if ended { "then ended" } else { "then kept" };
            format!("{}, {became}", if answered { "answered" } else { "not answered" })
        }
    });
    Ok(format!("{} for {}", in_words(&outcomes?), seconds(started)))
}

/// A byte of the head a second (slowloris).
pub(super) fn slow_heads(target: &Target) -> Outcome<String> {
    let started = Instant::now();
    let outcomes = run(target.address, 1_000, |mut stream| async move {
        send(&mut stream, b"GET /v1/orders/1 HTTP/1.1\r\nhost: a\r\n").await;
        drip(&mut stream, b"x-a: b\r\n").await;
        verdict(&mut stream).await
    });
    Ok(format!("{} after {}", in_words(&outcomes?), seconds(started)))
}

/// A byte of the body a second.
pub(super) fn slow_bodies(target: &Target) -> Outcome<String> {
    let started = Instant::now();
    let head = format!("{}content-length: 100000\r\n\r\n{{", target.write);
    let outcomes = run(target.address, 1_000, move |mut stream| {
        let head = head.clone();
        async move {
            send(&mut stream, head.as_bytes()).await;
            drip(&mut stream, b" ").await;
            verdict(&mut stream).await
        }
    });
    Ok(format!("{} after {}", in_words(&outcomes?), seconds(started)))
}

/// All of the largest body but its last byte.
pub(super) fn unended_bodies(target: &Target) -> Outcome<String> {
    let started = Instant::now();
    let head = format!("{}content-length: {BODY_BYTES}\r\n\r\n", target.write);
    let outcomes = run(target.address, 200, move |mut stream| {
        let head = head.clone();
        async move {
            send(&mut stream, head.as_bytes()).await;
            send(&mut stream, &vec![b' '; BODY_BYTES - 1]).await;
            verdict(&mut stream).await
        }
    });
    Ok(format!("{} after {}", in_words(&outcomes?), seconds(started)))
}

/// Requests without end, of whose answers none is read.
pub(super) fn slow_readers(target: &Target) -> Outcome<String> {
    let (requests, started) = (format!("{}\r\n", target.read).repeat(1_000), Instant::now());
    let outcomes = run(target.address, 500, move |mut stream| {
        let requests = requests.clone();
        async move {
            let sent = async { while send(&mut stream, requests.as_bytes()).await {} };
            match tokio::time::timeout(super::crowd::PATIENCE, sent).await {
                Ok(()) => "ended".to_owned(),
                Err(_) => "left open".to_owned(),
            }
        }
    });
    Ok(format!("{} after {}", in_words(&outcomes?), seconds(started)))
}

/// Heads far larger than the limit.
pub(super) fn header_bombs(target: &Target) -> Outcome<String> {
    let head = format!("{}{}\r\n", target.read, format!("x-a: {}\r\n", "b".repeat(1_000)).repeat(1_000));
    repeat(target.address, 100, move |stream| sent(stream, head.clone().into_bytes()))
}

/// Small bodies that unpack to a thousand times their size.
pub(super) fn gzip_bombs(target: &Target) -> Outcome<String> {
    let failed = || because::<std::io::Error>("cannot compress");
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(&vec![b' '; 64 << 20]).map_err(failed())?;
    let body = encoder.finish().map_err(failed())?;
    let head = format!("{}content-encoding: gzip\r\ncontent-length: {}\r\n\r\n", target.write, body.len());
    let bomb = [head.as_bytes(), &body].concat();
    repeat(target.address, 100, move |stream| sent(stream, bomb.clone()))
}

/// The largest bodies that are taken, of which nothing comes.
pub(super) fn declared_lengths(target: &Target) -> Outcome<String> {
    let started = Instant::now();
    let heads = [BODY_BYTES as u64, u64::MAX / 2]
        .map(|length| format!("{}content-length: {length}\r\n\r\n", target.write));
    let mut became = Vec::new();
    for head in heads {
        let outcomes = run(target.address, 1_000, move |stream| sent(stream, head.clone().into_bytes()));
        became.push(format!("{} after {}", in_words(&outcomes?), seconds(started)));
    }
    Ok(became.join("; "))
}

async fn sent(mut stream: TcpStream, bytes: Vec<u8>) -> String {
    send(&mut stream, &bytes).await;
    verdict(&mut stream).await
}
