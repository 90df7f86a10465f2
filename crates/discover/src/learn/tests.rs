//! Small streams of paths and the templates that are learned from them.

use std::borrow::Cow;

use super::*;
use crate::body::Body;
use crate::line::Line;
use crate::tally::{Place, Position};

/// Learns from lines `METHOD path status [times]`, and tells operations with their kinds and counts.
fn learned(limits: LearnLimits, requests: &[(String, u16)]) -> (Vec<String>, Lesson) {
    let mut learner = Learner::new(limits);
    for (number, (request, status)) in requests.iter().enumerate() {
        let (method, path) = request.split_once(' ').unwrap();
        let line = Line {
            method: Some(Cow::Borrowed(method)),
            path: Some(Cow::Borrowed(path)),
            status: Some(*status),
            ..Line::default()
        };
        learner.observe(&Observation {
            line: &line,
            place: Place { file: 0, position: Position::Line(number as u64 + 1) },
        });
    }
    let lesson = learner.finish();
    let told = lesson.operations.iter().map(|operation| {
        let kinds: Vec<&str> = operation.parameters.iter().map(|(_, kind)| kind.name()).collect();
        format!("{} {} {} {}", operation.method, operation.path, kinds.join(","), operation.tally.count)
            .replace("  ", " ")
    });
    (told.collect(), lesson)
}

fn check(requests: &[(String, u16)], expected: &[&str]) {
    assert_eq!(learned(LearnLimits::default(), requests).0, expected);
}

fn words(count: usize) -> impl Iterator<Item = String> {
    let syllables = ["ba", "co", "du", "fe", "gi", "ha", "jo", "ku", "le", "mi"];
    (0..count).map(move |number| {
        [number / 100 % 10, number / 10 % 10, number % 10].map(|digit| syllables[digit]).concat()
    })
}

#[test]
fn values_that_show_their_kind_are_parameters_from_the_first_request() {
    let uuid = "0191e0c7-7a5f-7cc1-b1c5-0d3a5b1b2c3d";
    check(
        &[
            ("GET /users/7".to_owned(), 200),
            ("GET /users/8/orders/9.json".to_owned(), 200),
            ("GET /users/me".to_owned(), 200),
            (format!("DELETE /files/{uuid}"), 204),
            ("GET /debug".to_owned(), 200),
            ("GET /status/418".to_owned(), 418),
        ],
        &[
            "GET /debug 1",
            "DELETE /files/{fileId} uuid 1",
            "GET /status/{statusId} integer 1",
            "GET /users/me 1",
            "GET /users/{userId} integer 1",
            "GET /users/{userId}/orders/{orderId}.json integer,integer 1",
        ],
    );
}

#[test]
fn words_are_values_once_they_are_many_and_rare() {
    let mut requests: Vec<(String, u16)> =
        words(50).map(|word| (format!("GET /users/{word}"), 200)).collect();
    requests.extend(words(20).map(|word| (format!("GET /users/{word}/posts"), 200)));
    requests.extend((0..50).map(|_| ("GET /users/top".to_owned(), 200)));
    requests.push(("GET /users/export".to_owned(), 200));
    let expected = [
        "GET /users/export 1",
        "GET /users/top 50",
        "GET /users/{user} slug 50",
        "GET /users/{user}/posts slug 20",
    ];
    check(&requests, &expected);
    let few: Vec<(String, u16)> = words(15).map(|word| (format!("GET /{word}"), 200)).collect();
    assert_eq!(learned(LearnLimits::default(), &few).0.len(), 15);
}

#[test]
fn a_number_that_never_varies_is_a_name() {
    let requests: Vec<(String, u16)> = (0..20).map(|id| (format!("GET /v/4/things/{id}"), 200)).collect();
    check(&requests, &["GET /v/4/things/{thingId} integer 20"]);
}

#[test]
fn keys_in_brackets_are_parameters_as_odata_writes_them() {
    check(
        &[
            ("GET /Users(7)".to_owned(), 200),
            ("GET /Users(8)/Orders('A-1')".to_owned(), 200),
            ("GET /Users".to_owned(), 200),
            ("GET /Users/find(name='ann')".to_owned(), 200),
            ("GET /Users/top()".to_owned(), 200),
            ("GET /Orders('A-1')".to_owned(), 200),
        ],
        &[
            "GET /Users 1",
            "GET /Users/top() 1",
            "GET /Users/find(name='{find}') slug 1",
            "GET /Users({UserId}) integer 1",
            "GET /Users({UserId})/Orders('{Order}') integer,slug 1",
            "GET /Orders('{Order}') slug 1",
        ],
    );
}

#[test]
fn a_word_may_stand_before_a_value_unless_there_are_many_such_words() {
    let reports = (1..=20).flat_map(|id| {
        [format!("GET /report.{id}"), format!("GET /list.2025-01-{id:02}.csv"), "GET /release.5".to_owned()]
    });
    let requests: Vec<(String, u16)> = reports.map(|request| (request, 200)).collect();
    check(
        &requests,
        &["GET /release.5 20", "GET /report.{reportId} integer 20", "GET /list.{list}.csv date 20"],
    );
    let words = words(20).zip(1000..).map(|(word, year)| (format!("GET /users/{word}.{year}"), 200));
    check(&words.collect::<Vec<_>>(), &["GET /users/{user} slug 20"]);
}

#[test]
fn what_stands_around_values_in_many_ways_is_a_part_of_them() {
    let verbs = words(60).zip(words(500).skip(200)).map(|(one, other)| format!("GET /workers/{one}:{other}"));
    let requests: Vec<(String, u16)> = verbs.map(|request| (request, 200)).collect();
    check(&requests, &["GET /workers/{worker} slug 60"]);
    let numbered = words(60).map(|word| (format!("GET /workers/7:{word}"), 200));
    check(&numbered.collect::<Vec<_>>(), &["GET /workers/{workerId} opaque 60"]);
    let verbs = ["start", "stop", "cancel"]
        .into_iter()
        .flat_map(|verb| words(30).map(move |word| (format!("POST /jobs/{word}:{verb}"), 200)));
    check(
        &verbs.collect::<Vec<_>>(),
        &[
            "POST /jobs/{job}:cancel slug 30",
            "POST /jobs/{job}:start slug 30",
            "POST /jobs/{job}:stop slug 30",
        ],
    );
    // As many as a tree has room for cost no more than a look at each.
    let known: Vec<String> = words(1000).collect();
    let dotted = (0..20_000)
        .map(|number| (format!("GET /files/{}.{}", known[number % 1000], known[number / 20]), 200));
    check(&dotted.collect::<Vec<_>>(), &["GET /files/{file} slug 20000"]);
}

#[test]
fn words_below_a_version_are_told_from_values_too() {
    let requests: Vec<(String, u16)> =
        words(50).map(|word| (format!("GET /2015-11-01/users/{word}"), 200)).collect();
    check(&requests, &["GET /2015-11-01/users/{user} slug 50"]);
}

#[test]
fn names_of_tenants_are_values_since_the_same_is_below_each() {
    let places = ["bills", "clients", "journals", "payments", "reports", "taxes", "accounts", "transfers"];
    let more = ["invoices", "refunds", "items", "orders", "quotes", "budgets", "assets", "ledgers", "teams"];
    let mut requests = Vec::new();
    for (number, place) in places.into_iter().chain(more).enumerate() {
        for (turn, tenant) in words(40).chain(words(40)).enumerate() {
            let id = words(100).nth((number * 7 + turn) % 100).unwrap();
            requests.push((format!("GET /companies/{tenant}/push/{place}"), 200));
            requests.push((format!("GET /companies/{tenant}/push/{place}/{id}"), 200));
        }
    }
    let (told, _) = learned(LearnLimits::default(), &requests);
    assert_eq!(told.len(), 2 * 17, "{told:#?}");
    for place in places.into_iter().chain(more) {
        let expected = format!("GET /companies/{{company}}/push/{place} slug 80");
        assert!(told.contains(&expected), "{told:#?}");
    }
    // Collections that have the same below them are asked often, each by itself.
    let mut requests = Vec::new();
    for collection in words(20) {
        for id in words(50) {
            requests.push((format!("GET /{collection}/{id}/search"), 200));
            requests.push((format!("GET /{collection}/{id}/export"), 200));
        }
    }
    assert_eq!(learned(LearnLimits::default(), &requests).0.len(), 2 * 20);
}

#[test]
fn words_below_values_of_two_kinds_are_values_together() {
    let below = |(number, word): (usize, String)| match number % 8 {
        0 => (format!("GET /seats/aBcD{word}/{word}"), 200),
        _ => (format!("GET /seats/{number}/{word}"), 200),
    };
    let requests: Vec<(String, u16)> = words(48).enumerate().map(below).collect();
    check(&requests, &["GET /seats/{seat}/{id} slug,slug 48"]);
}

#[test]
fn what_nobody_answers_is_no_operation_and_what_misses_one_is_counted_there() {
    let mut requests = vec![("GET /users/1".to_owned(), 200), ("GET /.env".to_owned(), 404)];
    requests.push(("GET /users/2".to_owned(), 404));
    requests.push(("GET /admin.php".to_owned(), 404));
    let (told, lesson) = learned(LearnLimits::default(), &requests);
    assert_eq!(told, ["GET /users/{userId} integer 2"]);
    assert_eq!(lesson.unanswered, (2, 2));
}

#[test]
fn templates_of_the_log_itself_keep_their_names() {
    check(&[("GET /pets/{petId}".to_owned(), 200)], &["GET /pets/{petId} slug 1"]);
    // Unless a value before it has the same.
    check(
        &[("GET /pets/7/toys/{petId}".to_owned(), 200)],
        &["GET /pets/{petId}/toys/{petId2} integer,slug 1"],
    );
}

#[test]
fn memory_is_bounded_and_what_is_not_kept_is_counted() {
    let limits = LearnLimits { nodes: 200, hosts: 2, unanswered: 10, shapes: 0 };
    let mut requests: Vec<(String, u16)> = words(1000).map(|word| (format!("GET /{word}/a"), 200)).collect();
    requests.extend(words(1000).map(|word| (format!("GET /none/{word}"), 404)));
    requests.push((format!("GET /{}", "a/".repeat(SEGMENTS_MAX + 1)), 200));
    requests.push((format!("GET /{}", "a".repeat(SEGMENT_BYTES_MAX + 1)), 200));
    let (told, lesson) = learned(limits, &requests);
    assert!(told.iter().any(|told| told.starts_with("GET /{id}/a")), "{told:?}");
    let counted: u64 = lesson.operations.iter().map(|operation| operation.tally.count).sum();
    assert_eq!(counted + lesson.unanswered.0 + lesson.not_kept, requests.len() as u64);
    assert!(told.len() <= 200);
    assert_eq!(lesson.unanswered, (10, 10));
}

#[test]
fn a_tree_of_names_alone_stops_growing() {
    let limits = LearnLimits { nodes: 100, ..LearnLimits::default() };
    let often = |word: String| (0..10).map(move |_| (format!("GET /{word}"), 200));
    let requests: Vec<(String, u16)> = words(150).flat_map(often).collect();
    let (told, lesson) = learned(limits, &requests);
    assert_eq!((told.len(), lesson.not_kept), (100, 500));
}

/// A word of its own for each number, of letters of which no ending of files is made.
fn word(number: usize) -> String {
    number.to_string().bytes().map(|digit| char::from(b"bcdfghlmnr"[usize::from(digit - b'0')])).collect()
}

#[test]
fn many_words_at_one_place_are_soon_values() {
    let requests: Vec<(String, u16)> =
        (0..40_000).map(|number| (format!("GET /{0}.{0}/x/{0}", word(number)), 200)).collect();
    check(&requests, &["GET /{id}/x/{x} slug,slug 40000"]);
}

#[test]
fn many_names_at_one_place_stop_growing() {
    let often = |number| (0..5).map(move |_| (format!("GET /{}", word(number)), 200));
    let mut requests = vec![("GET /once".to_owned(), 200)];
    requests.extend((0..9000).flat_map(often));
    let (told, lesson) = learned(LearnLimits::default(), &requests);
    assert_eq!((told.len(), lesson.not_kept), (1 << 13, (9001 - (1 << 13)) * 5));
}

#[test]
fn methods_are_bounded_together_with_paths() {
    let limits = LearnLimits { nodes: 100, ..LearnLimits::default() };
    let of_path = |path: String| {
        (0..16).flat_map(move |method| {
            let request = format!("{} /{path}", word(method).to_uppercase());
            (0..10).map(move |_| (request.clone(), 200))
        })
    };
    let requests: Vec<(String, u16)> = words(50).flat_map(of_path).collect();
    let (told, lesson) = learned(limits, &requests);
    assert_eq!((told.len(), lesson.not_kept), (100, 43 * 160));
}

#[test]
fn bodies_are_looked_into_as_far_as_there_is_room() {
    let mut learner = Learner::new(LearnLimits { shapes: 100, ..LearnLimits::default() });
    for word in words(500) {
        let mut body = Body::default();
        body.field("content-type", "application/json");
        body.push(format!("{{\"{word}\": {{\"{word}\": 1}}}}").as_bytes());
        let line = Line {
            method: Some(Cow::Borrowed("GET")),
            path: Some(Cow::Owned(format!("/{word}/x"))),
            status: Some(200),
            answer_body: body,
            ..Line::default()
        };
        learner.observe(&Observation { line: &line, place: Place { file: 0, position: Position::Line(1) } });
    }
    assert_eq!(learner.room, 0);
    let operations = learner.finish().operations;
    let tallies: Vec<&Tally> = operations.iter().map(|operation| &operation.tally).collect();
    assert_eq!(tallies.iter().map(|tally| tally.count).collect::<Vec<_>>(), [500]);
    assert!((35..=100).contains(&tallies[0].shapes()), "{}", tallies[0].shapes());
}
