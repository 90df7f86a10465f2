//! One connection over a pipe, in paused time: what its service sees, and what its caller reads.

#![allow(clippy::string_slice, reason = "a test fails by panicking")]

use std::cell::Cell;

use bytes::Bytes;
use http::StatusCode;
use prometheus_client::metrics::gauge::Gauge;
use proptest::prelude::{ProptestConfig, any, prop, prop_assert_eq, proptest};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::task::LocalSet;

use super::*;
use crate::engine::body::{BodyError, Bounded, Progress, Transit};
use crate::engine::held::Budget;
use crate::engine::transport::Scratch;
use crate::wire::{HTTP2_PREFACE, WireLimits};

const TIMEOUTS: Timeouts = Timeouts {
    first_byte: Duration::from_secs(5),
    header: Duration::from_secs(10),
    idle: Duration::from_secs(60),
};

/// What the service saw, and what the caller read: one line a request, one status an answer.
#[derive(Debug, Default, PartialEq, Eq)]
struct Seen {
    served: Vec<String>,
    answers: Vec<u16>,
    closed: bool,
}

type Log = Rc<RefCell<Vec<String>>>;

/// Answers every request with an empty 200 and notes it; `/slow` late, `/unread` without a look at its body.
struct Noting {
    log: Log,
    dropped: Rc<Cell<bool>>,
}

impl Service for Noting {
    async fn answer(&self, request: Result<(Box<Parts>, Source), Fault>) -> Response<AnswerBody> {
        let answer = |status: StatusCode| {
            let mut answer = Response::new(AnswerBody::Whole(Bytes::new()));
            *answer.status_mut() = status;
            answer
        };
        let (parts, body) = match request {
            Ok(request) => request,
            Err(fault) => {
                self.log.borrow_mut().push(format!("fault {}", fault.reason));
                return answer(fault.reason.status());
            }
        };
        let line = format!("{} {}", parts.method, parts.uri);
        if parts.uri.path() == "/unread" {
            self.log.borrow_mut().push(line);
            return answer(StatusCode::UNAUTHORIZED);
        }
        if parts.uri.path() == "/slow" {
            let noticed = Noticed(Rc::clone(&self.dropped));
            pass(TIMEOUTS.idle * 3).await;
            std::mem::forget(noticed);
        }
        let transit =
            Transit { bytes_max: 1 << 20, idle: TIMEOUTS.idle, deadline: Instant::now() + TIMEOUTS.idle * 9 };
        let (taken, bytes_max) = (Gauge::default(), 1 << 20);
        let whole = Bounded::new(body, transit, Rc::<Progress>::default());
        let (said, status) = match whole.whole(Budget { taken: &taken, bytes_max }).await {
            Ok(body) => (String::from_utf8_lossy(body.bytes()).into_owned(), StatusCode::OK),
            Err(BodyError::Refused(fault)) => (format!("broken {}", fault.reason), fault.reason.status()),
            Err(_) => ("cut".to_owned(), StatusCode::BAD_REQUEST),
        };
        self.log.borrow_mut().push(format!("{line} [{said}]"));
        answer(status)
    }
}

/// Notes that an answer under way was given up.
struct Noticed(Rc<Cell<bool>>);

impl Drop for Noticed {
    fn drop(&mut self) {
        self.0.set(true);
    }
}

fn inbound(io: DuplexStream) -> Inbound {
    Inbound::new(Box::new(io), Scratch::default(), WireLimits::default(), TIMEOUTS)
}

/// Serves one end of a pipe and gives the other end, and the log. The gateway stops when `stop` is sent true.
fn start(chunk: usize, stopping: watch::Receiver<Phase>) -> (DuplexStream, Log, Rc<Cell<bool>>) {
    let (caller, server) = duplex(chunk);
    let (log, dropped) = (Log::default(), Rc::<Cell<bool>>::default());
    let service = Noting { log: Rc::clone(&log), dropped: Rc::clone(&dropped) };
    tokio::task::spawn_local(async move {
        let mut inbound = inbound(server);
        assert_eq!(poll_fn(|cx| inbound.poll_protocol(cx)).await, Protocol::Http1);
        serve(&service, inbound, TIMEOUTS.idle, stopping).await;
    });
    (caller, log, dropped)
}

/// Lets time pass. The clock is paused, so nobody waits.
async fn pass(time: Duration) {
    tokio::time::sleep(time).await;
}

fn in_paused_time<T>(test: impl Future<Output = T>) -> T {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    LocalSet::new().block_on(&runtime, test)
}

fn statuses(answers: &str) -> Vec<u16> {
    let status = |line: &str| line.strip_prefix("HTTP/1.")?.get(2..5)?.parse().ok();
    answers.lines().filter_map(status).collect()
}

/// Sends the pieces of `script` (`\n` is CRLF), waiting `pause` seconds between them, then reads to the end.
fn exchange(script: &[&str], pause_secs: u64) -> Seen {
    let (text, log, closed) = read(script, pause_secs);
    Seen { served: log, answers: statuses(&text), closed }
}

/// What the caller reads, what the service saw, and whether the connection was closed.
fn read(script: &[&str], pause_secs: u64) -> (String, Vec<String>, bool) {
    in_paused_time(async {
        let (_stop, stopping) = watch::channel(Phase::Serving);
        let (caller, log, _) = start(1 << 16, stopping);
        let (mut reader, mut writer) = tokio::io::split(caller);
        for (index, piece) in script.iter().enumerate() {
            if index > 0 {
                pass(Duration::from_secs(pause_secs)).await;
            }
            // A connection that was closed in between is what some scripts are about.
            writer.write_all(piece.replace('\n', "\r\n").as_bytes()).await.ok();
        }
        let mut answers = String::new();
        let closed =
            tokio::time::timeout(TIMEOUTS.idle * 10, reader.read_to_string(&mut answers)).await.is_ok();
        let served = log.borrow().clone();
        (answers, served, closed)
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
fn a_caller_that_expects_it_is_told_to_go_on_once_its_body_is_wanted() {
    let expecting =
        "POST /p HTTP/1.1\nHost: a\nExpect: 100-continue\nContent-Length: 3\nConnection: close\n\n";
    let (answers, served, closed) = read(&[expecting, "abc"], 1);
    assert!(answers.starts_with("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n"), "{answers}");
    assert_eq!((served, closed), (vec!["POST /p [abc]".to_owned()], true));
    let unwanted = expecting.replace("/p", "/unread");
    let (answers, _, closed) = read(&[&unwanted], 1);
    assert!(answers.starts_with("HTTP/1.1 401 Unauthorized\r\n"), "{answers}");
    assert!(closed && !answers.contains("100 Continue"), "{answers}");
}

#[test]
fn a_body_that_nobody_wants_is_skipped_or_ends_the_connection() {
    let unread = "POST /unread HTTP/1.1\nHost: a\nContent-Length: 3\n\n";
    let (answers, served, _) = read(&[&[unread, "abc", GET].concat()], 1);
    assert_eq!((statuses(&answers), served.len()), (vec![401, 200], 2), "{answers}");
    assert!(!answers.contains("connection: close"), "{answers}");
    let (answers, served, closed) = read(&[unread, "abc", GET], 1);
    assert_eq!((statuses(&answers), served.len(), closed), (vec![401], 1, true), "{answers}");
    assert!(answers.contains("connection: close\r\n"), "{answers}");
}

#[test]
fn an_old_caller_is_told_what_becomes_of_its_connection() {
    let (answers, _, closed) = read(&["GET / HTTP/1.0\n\n"], 1);
    assert!(closed && answers.contains("connection: close\r\n"), "{answers}");
    let (answers, served, _) = read(&["GET / HTTP/1.0\nConnection: keep-alive\n\n", GET], 1);
    assert!(answers.contains("connection: keep-alive\r\n") && served.len() == 2, "{answers}");
}

#[test]
fn a_connection_that_is_over_is_not_waited_for() {
    let lasted = |request: &'static str| {
        in_paused_time(async move {
            let (_stop, stopping) = watch::channel(Phase::Serving);
            let (mut caller, server) = duplex(1 << 16);
            caller.write_all(request.replace('\n', "\r\n").as_bytes()).await.unwrap();
            let service = Noting { log: Log::default(), dropped: Rc::default() };
            let started = Instant::now();
            serve(&service, inbound(server), TIMEOUTS.idle, stopping).await;
            // The caller's side is open until here.
            drop(caller);
            started.elapsed()
        })
    };
    assert_eq!(lasted("GET / HTTP/1.1\nHost: a\nConnection: close\n\n"), Duration::ZERO);
    // What is refused may be followed by more, which has to be read for the caller to see why.
    assert_eq!(lasted("GET  / HTTP/1.1\nHost: a\n\n"), TIMEOUTS.idle);
}

#[test]
fn an_answer_under_way_is_given_up_when_its_caller_leaves() {
    in_paused_time(async {
        let (_stop, stopping) = watch::channel(Phase::Serving);
        let (mut caller, log, dropped) = start(1 << 16, stopping);
        caller.write_all(b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
        pass(Duration::from_secs(1)).await;
        assert!(!dropped.get());
        drop(caller);
        pass(Duration::from_secs(1)).await;
        assert!(dropped.get() && log.borrow().is_empty());
    });
}

#[test]
fn a_gateway_that_stops_ends_idle_connections_and_answers_what_it_has() {
    in_paused_time(async {
        let (stop, stopping) = watch::channel(Phase::Serving);
        let (mut idle, _, _) = start(1 << 16, stopping.clone());
        let (mut busy, log, _) = start(1 << 16, stopping.clone());
        let (mut partial, _, _) = start(1 << 16, stopping);
        idle.write_all(GET.replace('\n', "\r\n").as_bytes()).await.unwrap();
        busy.write_all(b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
        partial.write_all(b"GET / HTTP/1.1\r\nHost").await.unwrap();
        pass(Duration::from_secs(1)).await;
        stop.send(Phase::Stopping).unwrap();
        let (mut first, mut second, mut third) = (String::new(), String::new(), String::new());
        idle.read_to_string(&mut first).await.unwrap();
        assert_eq!(statuses(&first), [200]);
        partial.write_all(b": a\r\n\r\n").await.unwrap();
        partial.read_to_string(&mut third).await.unwrap();
        assert!(third.starts_with("HTTP/1.1 200") && third.contains("connection: close\r\n"), "{third}");
        busy.read_to_string(&mut second).await.unwrap();
        assert!(second.starts_with("HTTP/1.1 200") && second.contains("connection: close\r\n"), "{second}");
        assert_eq!(*log.borrow(), ["GET /slow []"]);
    });
}

#[test]
fn an_http2_preface_is_told_apart_and_nothing_is_lost() {
    in_paused_time(async {
        for cut in [1, 10, HTTP2_PREFACE.len()] {
            let (mut caller, server) = duplex(1024);
            let mut inbound = inbound(server);
            let bytes = [HTTP2_PREFACE, b"\0\0\0\x04"].concat();
            let (first, second) = bytes.split_at(cut);
            caller.write_all(first).await.unwrap();
            let told = tokio::join!(poll_fn(|cx| inbound.poll_protocol(cx)), async {
                tokio::task::yield_now().await;
                caller.write_all(second).await.unwrap();
            });
            assert_eq!(told.0, Protocol::Http2);
            drop(caller);
            let (io, held) = inbound.into_parts();
            let mut read = Vec::new();
            crate::engine::transport::Prefixed::new(held.rest(), io).read_to_end(&mut read).await.unwrap();
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
        let (served, answers) = in_paused_time(async {
            let (_stop, stopping) = watch::channel(Phase::Serving);
            let (caller, log, _) = start(chunk, stopping);
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
