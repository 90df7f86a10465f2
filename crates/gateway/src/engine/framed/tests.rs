//! Framed under a real HTTP/1 server, over a pipe, in paused time.

#![allow(clippy::string_slice, reason = "a test fails by panicking")]

use std::cell::RefCell;
use std::convert::Infallible;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use proptest::prelude::{ProptestConfig, any, prop, prop_assert_eq, proptest};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::task::LocalSet;
use tokio::time::sleep;

use super::*;

const TIMEOUTS: Timeouts = Timeouts {
    first_byte: std::time::Duration::from_secs(5),
    header: std::time::Duration::from_secs(10),
    idle: std::time::Duration::from_secs(60),
};

/// What the service saw, and what the caller read: one line a request, one status an answer.
#[derive(Debug, Default, PartialEq, Eq)]
struct Seen {
    served: Vec<String>,
    answers: Vec<u16>,
    closed: bool,
}

type Log = Rc<RefCell<Vec<String>>>;

async fn serve(
    inbound: Rc<Inbound>,
    log: Log,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let _in_flight = inbound.begin();
    let answer = |status: StatusCode| Ok(Response::builder().status(status).body(Full::default()).unwrap());
    if let Some(fault) = inbound.fault_of(request.uri()) {
        log.borrow_mut().push(format!("fault {}", fault.reason));
        return answer(fault.reason.status());
    }
    let line = format!("{} {}", request.method(), request.uri());
    if request.uri().path() == "/slow" {
        sleep(TIMEOUTS.idle * 3).await;
        assert!(inbound.body_fault().is_none(), "another request's fault");
    }
    let body = request.into_body().collect().await;
    let (said, status) = match (body, inbound.body_fault()) {
        (Ok(body), _) => (String::from_utf8_lossy(&body.to_bytes()).into_owned(), StatusCode::OK),
        (Err(_), Some(fault)) => (format!("broken {}", fault.reason), fault.reason.status()),
        (Err(_), None) => ("cut".to_owned(), StatusCode::BAD_REQUEST),
    };
    log.borrow_mut().push(format!("{line} [{said}]"));
    answer(status)
}

/// Starts a server on one end of a pipe and gives the other end and the log.
fn start(chunk: usize) -> (DuplexStream, Log) {
    let (caller, server) = duplex(chunk);
    let (inbound, log) = (Rc::<Inbound>::default(), Log::default());
    let (shared, served) = (Rc::clone(&inbound), Rc::clone(&log));
    tokio::task::spawn_local(async move {
        let mut framed = Framed::new(server, WireLimits::default(), TIMEOUTS, Rc::clone(&inbound));
        assert_eq!(framed.protocol().await.unwrap(), Protocol::Http1);
        let service = service_fn(move |request| serve(Rc::clone(&shared), Rc::clone(&served), request));
        hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(framed), service).await.ok();
    });
    (caller, log)
}

fn statuses(answers: &str) -> Vec<u16> {
    let status = |line: &str| line.strip_prefix("HTTP/1.")?.get(2..5)?.parse().ok();
    answers.lines().filter_map(status).collect()
}

/// Sends the pieces of `script` (`\n` is CRLF), waiting `pause` seconds between them, then reads to the end.
fn exchange(script: &[&str], pause_secs: u64) -> Seen {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    LocalSet::new().block_on(&runtime, async {
        let (caller, log) = start(1 << 16);
        let (mut reader, mut writer) = tokio::io::split(caller);
        for (index, piece) in script.iter().enumerate() {
            if index > 0 {
                sleep(std::time::Duration::from_secs(pause_secs)).await;
            }
            // A connection that was closed in between is what some scripts are about.
            writer.write_all(piece.replace('\n', "\r\n").as_bytes()).await.ok();
        }
        let mut answers = String::new();
        let closed =
            tokio::time::timeout(TIMEOUTS.idle * 10, reader.read_to_string(&mut answers)).await.is_ok();
        let served = log.borrow().clone();
        Seen { served, answers: statuses(&answers), closed }
    })
}

fn check(script: &[&str], served: &[&str], answers: &[u16]) {
    let seen = exchange(script, 1);
    assert_eq!(seen.served, served, "{script:?}");
    assert_eq!(seen.answers, answers, "{script:?}");
    assert!(seen.closed, "left open: {script:?}");
}

const GET: &str = "GET / HTTP/1.1\nHost: a\n\n";
const POST: &str = "POST /p HTTP/1.1\nHost: a\nContent-Length: 3\n\nabc";
const CHUNKED: &str = "POST /c HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\n\n";

#[test]
fn pipelined_requests_are_served_in_order() {
    check(
        &[&[GET, POST, CHUNKED, "2\nxy\n0\n\n", GET].concat()],
        &["GET / []", "POST /p [abc]", "POST /c [xy]", "GET / []"],
        &[200; 4],
    );
}

#[test]
fn a_refused_head_is_served_as_its_fault_and_the_connection_ends() {
    check(
        &["POST / HTTP/1.1\nHost: a\nContent-Length: 6\nTransfer-Encoding: chunked\n\n0\n\nX"],
        &["fault ambiguous-framing"],
        &[400],
    );
    check(&["GET / HTTP/1.1\n\n"], &["fault host-mismatch"], &[400]);
    check(&["GET / HTTP/3.0\n"], &["fault unsupported-version"], &[505]);
    check(&[&format!("GET /{} HTTP/1.1\n", "a".repeat(9000))], &["fault uri-too-long"], &[414]);
}

#[test]
fn a_fault_in_the_second_request_leaves_the_first_its_answer() {
    check(
        &[&[POST, "GET / HTTP/1.1 \n", GET].concat()],
        &["POST /p [abc]", "fault malformed-request"],
        &[200, 400],
    );
    check(&[GET, "GET  / HTTP/1.1\n"], &["GET / []", "fault malformed-request"], &[200, 400]);
}

#[test]
fn a_body_with_a_fault_is_never_complete() {
    for body in ["2\nxy\n0\nX: y\n\n", "2;a=b\nxy\n0\n\n", "2\nxyz\n0\n\n", "g\n"] {
        check(&[&[CHUNKED, body, GET].concat()], &["POST /c [broken ambiguous-framing]"], &[400]);
        check(&[CHUNKED, body, GET], &["POST /c [broken ambiguous-framing]"], &[400]);
    }
}

#[test]
fn a_fault_in_a_body_is_of_its_own_request() {
    let slow = "GET /slow HTTP/1.1\nHost: a\n\n";
    let pipelined = [slow, CHUNKED, "x\n"].concat();
    check(&[&pipelined], &["GET /slow []", "POST /c [broken ambiguous-framing]"], &[200, 400]);
}

#[test]
fn a_smuggled_request_is_not_served() {
    let smuggled = "GET /smuggled HTTP/1.1\nHost: a\n\n";
    for head in [
        "POST / HTTP/1.1\nHost: a\nContent-Length: 3\nContent-Length: 0\n\n",
        "POST / HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\nTransfer-Encoding: identity\n\n0\n\n",
        "POST / HTTP/1.1\nHost: a\nTransfer-Encoding : chunked\n\n0\n\n",
        "POST / HTTP/1.1\nHost: a\nTransfer-Encoding: xchunked\n\n0\n\n",
        "POST / HTTP/1.1\nHost: a\nContent-Length: +3\n\nabc",
        "GET / HTTP/1.0\n\n",
        "GET / HTTP/1.1\nHost: a\nConnection: close\n\n",
    ] {
        let seen = exchange(&[head, smuggled], 1);
        assert!(seen.served.iter().all(|line| !line.contains("/smuggled")), "{head}: {seen:?}");
        assert_eq!(seen.answers.len(), 1, "{head}");
        assert!(seen.closed, "{head}");
    }
}

#[test]
fn the_stand_in_cannot_be_sent_by_a_caller() {
    let stand_in = std::str::from_utf8(STAND_IN).unwrap().replace("\r\n", "\n");
    check(&[&stand_in], &["fault malformed-request"], &[400]);
}

#[test]
fn a_head_in_part_that_stops_is_answered_408() {
    check(&["GET / HTTP/1.1\nHos"], &["fault request-timeout"], &[408]);
    check(&["P"], &["fault request-timeout"], &[408]);
    check(&[GET, "GET"], &["GET / []", "fault request-timeout"], &[200, 408]);
}

#[test]
fn a_head_that_trickles_does_not_gain_time() {
    let pieces: Vec<&str> = GET.split_inclusive(|_| true).collect();
    let seen = exchange(&pieces, 3);
    assert_eq!((seen.served, seen.answers), (vec!["fault request-timeout".to_owned()], vec![408]));
    let seen = exchange(&pieces[..4].iter().copied().chain([&GET[4..]]).collect::<Vec<_>>(), 2);
    assert_eq!((seen.served, seen.answers), (vec!["GET / []".to_owned()], vec![200]));
}

#[test]
fn a_silent_connection_is_closed_without_a_word() {
    check(&[], &[], &[]);
    check(&["\n"], &[], &[]);
    check(&[GET, "\n"], &["GET / []"], &[200]);
    assert_eq!(exchange(&["", GET], 6).answers, [0; 0]);
    assert_eq!(exchange(&[GET, GET], 59).answers, [200, 200]);
    assert_eq!(exchange(&[GET, GET], 61).answers, [200]);
}

#[test]
fn a_connection_is_not_idle_while_a_request_is_served() {
    let slow = "GET /slow HTTP/1.1\nHost: a\n\n";
    check(&[slow], &["GET /slow []"], &[200]);
    let seen = exchange(&[slow, "", "", "", GET], 59);
    assert_eq!(seen.answers, [200, 200]);
}

#[test]
fn an_http2_preface_is_told_apart_and_nothing_is_lost() {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(async {
        for cut in [1, 10, HTTP2_PREFACE.len()] {
            let (mut caller, server) = duplex(1024);
            let mut framed = Framed::new(server, WireLimits::default(), TIMEOUTS, Rc::default());
            let bytes = [HTTP2_PREFACE, b"\0\0\0\x04"].concat();
            let (first, second) = bytes.split_at(cut);
            caller.write_all(first).await.unwrap();
            let told = tokio::join!(framed.protocol(), async {
                tokio::task::yield_now().await;
                caller.write_all(second).await.unwrap();
            });
            assert_eq!(told.0.unwrap(), Protocol::Http2);
            drop(caller);
            let mut read = Vec::new();
            framed.read_to_end(&mut read).await.unwrap();
            assert_eq!(read, bytes);
        }
    });
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn how_the_bytes_are_cut_changes_nothing(cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..6), chunk in 1_usize..200) {
        let script = [POST, CHUNKED, "2\nxy\n0\n\n", GET, "GET / HTTP/1.1\nHost: a b\n\n"].concat().replace('\n', "\r\n");
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(script.len())).collect();
        cuts.extend([0, script.len()]);
        cuts.sort_unstable();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let (served, answers) = LocalSet::new().block_on(&runtime, async {
            let (caller, log) = start(chunk);
            let (mut reader, mut writer) = tokio::io::split(caller);
            let sent = async {
                for cut in cuts.windows(2) {
                    // The refused head may end the connection before its last bytes are sent.
 writer.write_all(&script.as_bytes()[cut[0]..cut[1]]).await.ok();
                    tokio::task::yield_now().await;
                }
            };
            let mut answers = String::new();
            let (_, read) = tokio::join!(sent, reader.read_to_string(&mut answers));
            read.unwrap();
            (log.borrow().clone(), statuses(&answers))
        });
        prop_assert_eq!(served, ["POST /p [abc]", "POST /c [xy]", "GET / []", "fault host-mismatch"]);
        prop_assert_eq!(answers, [200, 200, 200, 400]);
    }
}
