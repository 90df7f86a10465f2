//! The command against a log that is written while it reads.

use std::borrow::Cow;
use std::path::Path;

use clap::Parser;
use gateway::record::{Log, Opened, Settings, Writer};
use model::{
    Client, ControlOutcome, Denied, ExchangeId, Mode, OperationKey, Outcome, Principal, PrincipalKind,
    Record, RequestFacts, ResponseFacts, SCHEMA_VERSION, Timing, Verdict,
};

use super::*;
use model::Completion;

#[derive(Debug, Parser)]
struct Line {
    #[command(flatten)]
    log: LogArguments,
}

fn time(second: u64) -> Timestamp {
    Timestamp::from_secs(1_764_000_000 + second)
}

/// Exchange `second`: every third is refused, every fifth would have been.
fn exchange(second: u64) -> Exchange<'static> {
    let is_refused = second.is_multiple_of(3);
    let outcome = |is_denied: bool| if is_denied { Outcome::Denied } else { Outcome::Allowed };
    let control = |id, mode, is_denied: bool, reason| ControlOutcome {
        id: Cow::Borrowed(id),
        mode,
        outcome: outcome(is_denied),
        reason: is_denied.then_some(Cow::Borrowed(reason)),
    };
    Exchange {
        schema_version: SCHEMA_VERSION,
        id: ExchangeId::new(time(second), u128::from(second)),
        request_id: format!("r{second}").into(),
        time: time(second),
        client: Client { ip: [10, 0, 0, second as u8].into() },
        principal: match is_refused {
            true => Principal::ANONYMOUS,
            false => Principal {
                kind: PrincipalKind::User,
                id: Some("alice".into()),
                issuer: None,
                client: Some("shop".into()),
            },
        },
        request: RequestFacts {
            method: "GET".into(),
            host: "api.example.com".into(),
            path: format!("/orders/{second}").into(),
            bytes: 0,
            undeclared: Vec::new(),
        },
        operation: Some(OperationKey {
            api: "orders".into(),
            method: "GET".into(),
            path: "/orders/{id}".into(),
        }),
        response: ResponseFacts { status: if is_refused { 401 } else { 200 }, bytes: None, whole: false },
        verdict: if is_refused { Verdict::Refused } else { Verdict::Forwarded },
        decided_for: None,
        denial: is_refused.then(|| Denied {
            reason: "token-missing".into(),
            control: "jwt".into(),
            detail: "".into(),
        }),
        controls: vec![
            control("jwt", Mode::Enforce, is_refused, "token-missing"),
            control("scope", Mode::Shadow, second.is_multiple_of(5), "scope-missing"),
        ],
        timing_us: Timing { total: 1234, decide: 40, upstream: 1000 },
        leaks: Vec::new(),
    }
}

fn open(data: &Path) -> Opened {
    Log::open(&data.join(EXCHANGES), Settings::default(), 1).unwrap()
}

fn append(writer: &mut Writer, seconds: impl IntoIterator<Item = u64>) {
    for second in seconds {
        writer.append(Record::Exchange(&exchange(second))).unwrap();
    }
}

fn session(data: &Path, arguments: &str) -> Session {
    let words = ["log", "--data", data.to_str().unwrap()].into_iter().chain(arguments.split_whitespace());
    Session::open(&Line::parse_from(words).log, false, time(100)).unwrap()
}

fn printed(data: &Path, arguments: &str) -> String {
    let mut out = Vec::new();
    session(data, arguments).run(&mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// The seconds of the exchanges that `arguments` print.
fn check(data: &Path, arguments: &str, expected: &[u64]) {
    let json = printed(data, &format!("--format json {arguments}"));
    let id = |line: &str| serde_json::from_str::<serde_json::Value>(line).unwrap()["request_id"].clone();
    let seen: Vec<String> = json.lines().map(|line| id(line).as_str().unwrap().to_owned()).collect();
    let expected: Vec<String> = expected.iter().map(|second| format!("r{second}")).collect();
    assert_eq!(seen, expected, "{arguments}");
}

#[test]
fn filters_choose_and_all_of_them_have_to_hold() {
    let data = tempfile::tempdir().unwrap();
    let mut log = open(data.path());
    append(&mut log.writers[0], 0..8);
    for (arguments, expected) in [
        ("", &[0, 1, 2, 3, 4, 5, 6, 7][..]),
        ("--status 4xx", &[0, 3, 6]),
        ("--status 401 --status 500-599", &[0, 3, 6]),
        ("--status 2xx --verdict refused", &[]),
        ("--verdict forwarded", &[1, 2, 4, 5, 7]),
        ("--control scope", &[0, 5]),
        ("--reason token-missing", &[0, 3, 6]),
        ("--principal alice", &[1, 2, 4, 5, 7]),
        ("--principal shop --control scope", &[5]),
        ("--ip 10.0.0.4", &[4]),
        ("--method get --path /orders/7", &[7]),
        ("--method POST", &[]),
        ("--operation orders/{id}", &[0, 1, 2, 3, 4, 5, 6, 7]),
        ("--operation payments", &[]),
        ("--since 2025-11-24T16:00:05Z", &[5, 6, 7]),
        ("--since 98s --until 96s", &[2, 3, 4]),
        ("--limit 2", &[0, 1]),
        ("--last 2", &[6, 7]),
        ("--last 2 --status 4xx", &[3, 6]),
    ] {
        check(data.path(), arguments, expected);
    }
}

#[test]
fn json_is_the_documented_form_with_the_completion_merged_in() {
    let data = tempfile::tempdir().unwrap();
    let mut log = open(data.path());
    append(&mut log.writers[0], [1]);
    let id = exchange(1).id;
    let completion =
        Completion { id, bytes: 588, request_bytes: 7, duration_us: 9000, aborted: true, said: None };
    log.writers[0].append(Record::Completion(&completion)).unwrap();
    let json: serde_json::Value = serde_json::from_str(&printed(data.path(), "--format json")).unwrap();
    let mut expected = serde_json::to_value(exchange(1)).unwrap();
    expected["response"]["bytes"] = 588.into();
    expected["request"]["bytes"] = 7.into();
    expected["duration_us"] = 9000.into();
    expected["aborted"] = true.into();
    assert_eq!(json, expected);
}

#[test]
fn an_answer_that_was_there_as_a_whole_has_its_end_in_its_record() {
    let data = tempfile::tempdir().unwrap();
    let mut log = open(data.path());
    let (mut whole, mut cut_off) = (exchange(1), exchange(2));
    whole.response = ResponseFacts { status: 200, bytes: Some(588), whole: true };
    cut_off.response = whole.response.clone();
    for exchange in [&whole, &cut_off] {
        log.writers[0].append(Record::Exchange(exchange)).unwrap();
    }
    let end = Completion {
        id: cut_off.id,
        bytes: 100,
        request_bytes: 0,
        duration_us: 9000,
        aborted: true,
        said: None,
    };
    log.writers[0].append(Record::Completion(&end)).unwrap();
    let printed = printed(data.path(), "--format json");
    let ends = printed.lines().map(|line| {
        let json: serde_json::Value = serde_json::from_str(line).unwrap();
        (json["response"]["bytes"].clone(), json["duration_us"].clone(), json["aborted"].clone())
    });
    let ends: Vec<_> = ends.collect();
    assert_eq!(ends, [(588.into(), 1234.into(), false.into()), (100.into(), 9000.into(), true.into())]);
}

#[test]
fn text_is_one_aligned_line_for_each() {
    let data = tempfile::tempdir().unwrap();
    let mut log = open(data.path());
    append(&mut log.writers[0], [1, 3, 5]);
    let expected = "\
2025-11-24T16:00:01.000000Z 200 forwarded                  1.234 ms 10.0.0.1        alice                GET     /orders/1  orders /orders/{id}
2025-11-24T16:00:03.000000Z 401 token-missing              1.234 ms 10.0.0.3        -                    GET     /orders/3  orders /orders/{id}
2025-11-24T16:00:05.000000Z 200 shadow:scope-missing       1.234 ms 10.0.0.5        alice                GET     /orders/5  orders /orders/{id}
";
    assert_eq!(printed(data.path(), ""), expected);
    let mut coloured = session(data.path(), "");
    coloured.is_coloured = true;
    let mut out = Vec::new();
    coloured.run(&mut out).unwrap();
    let out = String::from_utf8(out).unwrap();
    assert!(out.contains("\x1b[31mtoken-missing"), "{out}");
    assert_eq!(anstream::adapter::strip_str(&out).to_string(), expected);
}

#[test]
fn following_prints_what_comes_and_ends_with_its_limit() {
    let data = tempfile::tempdir().unwrap();
    let mut log = open(data.path());
    append(&mut log.writers[0], 0..3);
    let mut session = session(data.path(), "--follow --limit 6 --format json");
    let count = |session: &mut Session| {
        let mut out = Vec::new();
        session.reader.refresh().unwrap();
        session.print(&mut out).unwrap();
        String::from_utf8(out).unwrap().lines().count()
    };
    assert_eq!(count(&mut session), 3);
    assert_eq!(count(&mut session), 0);
    append(&mut log.writers[0], 3..5);
    assert_eq!(count(&mut session), 2);
    // The gateway is restarted.
    log.writers.clear();
    drop(log.log);
    let mut log = open(data.path());
    append(&mut log.writers[0], 5..9);
    assert_eq!(count(&mut session), 1);
    session.run(&mut Vec::new()).unwrap();
}

#[test]
fn an_end_that_comes_after_its_line_is_a_line_of_its_own() {
    let data = tempfile::tempdir().unwrap();
    let mut log = open(data.path());
    append(&mut log.writers[0], [1, 2, 3]);
    let mut text = session(data.path(), "--follow --limit 4 --path /orders/1");
    let mut json = session(data.path(), "--follow --format json");
    let print = |session: &mut Session| {
        let mut out = Vec::new();
        session.reader.refresh().unwrap();
        session.print(&mut out).unwrap();
        String::from_utf8(out).unwrap()
    };
    assert_eq!((print(&mut text).lines().count(), print(&mut json).lines().count()), (1, 3));
    for second in [1, 2] {
        let id = exchange(second).id;
        let end = Completion {
            id,
            bytes: 588,
            request_bytes: 0,
            duration_us: 9_000_000,
            aborted: second == 1,
            said: None,
        };
        log.writers[0].append(Record::Completion(&end)).unwrap();
    }
    let expected = "2025-11-24T16:00:01.000000Z 200 ended                   9000.000 ms 10.0.0.1        alice                GET     /orders/1  orders /orders/{id}  aborted\n";
    assert_eq!(print(&mut text), expected);
    assert_eq!(text.left, 3, "an end is no further request");
    let ends = print(&mut json);
    let ends: Vec<serde_json::Value> = ends.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let told = ends.iter().map(|end| (&end["request_id"], &end["late"], &end["response"]["bytes"]));
    assert!(told.eq([(&"r1".into(), &true.into(), &588.into()), (&"r2".into(), &true.into(), &588.into())]));
    assert_eq!((print(&mut text), print(&mut json)), (String::new(), String::new()));
}

#[test]
fn following_holds_requests_back_until_earlier_ones_can_be_there() {
    let data = tempfile::tempdir().unwrap();
    let mut log = Log::open(&data.path().join(EXCHANGES), Settings::default(), 2).unwrap();
    append(&mut log.writers[0], [1, 3]);
    let mut session = session(data.path(), "--follow --format json");
    let mut seen = |now: u64| {
        let mut out = Vec::new();
        session.reader.refresh().unwrap();
        session.hold_back(time(now));
        session.print(&mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        let id = |line: &str| serde_json::from_str::<serde_json::Value>(line).unwrap()["request_id"].clone();
        text.lines().map(id).collect::<Vec<_>>()
    };
    assert_eq!(seen(3), ["r1"]);
    append(&mut log.writers[1], [2]);
    assert_eq!(seen(4), ["r2", "r3"]);
}

#[test]
fn a_closed_pipe_ends_it_and_a_missing_log_says_where_it_was_looked_for() {
    struct Closed;
    impl Write for Closed {
        fn write(&mut self, _bytes: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let data = tempfile::tempdir().unwrap();
    let nowhere = Line::parse_from(["log", "--data", data.path().to_str().unwrap()]).log;
    let stop = Session::open(&nowhere, false, time(0)).err().unwrap();
    assert!(matches!(stop, Stop::NoLog { directory, .. } if directory == data.path().join(EXCHANGES)));
    let mut log = open(data.path());
    append(&mut log.writers[0], 0..3);
    let stop = session(data.path(), "").run(&mut Closed).unwrap_err();
    assert!(matches!(stop, Stop::Output(error) if error.kind() == io::ErrorKind::BrokenPipe));
}
