//! Whose refusals wait, and how long.

use std::time::Duration;

use super::gateway::{Gateway, NOW, Seen};

const PATHS: &str = "
/orders:
  get: { security: [{ token: ['orders:read'] }], responses: { '200': { description: ok } } }
/open:
  get: { security: [], responses: { '200': { description: ok } } }
";

/// The waits of as many equal requests, in milliseconds; 0 where there is none.
fn waits(gateway: &Gateway, request: &str, count: usize) -> Vec<u128> {
    (0..count).map(|_| wait(&gateway.serve(request))).collect()
}

fn wait(seen: &Seen) -> u128 {
    seen.delay.map_or(0, |delay| delay.as_millis())
}

const UNKNOWN: &str = "GET /admin HTTP/1.1\n";

#[test]
fn each_refusal_beyond_the_free_ones_waits_twice_as_long_up_to_the_most() {
    let mut gateway = Gateway::new(PATHS, "tarpit: { rate: 3/min, delay: 100ms, delay-max: 500ms }");
    assert_eq!(waits(&gateway, UNKNOWN, 8), [0, 0, 0, 100, 200, 400, 500, 500]);
    // One comes back in twenty seconds.
    gateway.now = NOW.plus(Duration::from_secs(20));
    assert_eq!(waits(&gateway, UNKNOWN, 2), [500, 500]);
    gateway.now = NOW.plus(Duration::from_secs(20 + 60));
    assert_eq!(waits(&gateway, UNKNOWN, 2), [200, 400]);
    gateway.now = NOW.plus(Duration::from_secs(600));
    assert_eq!(waits(&gateway, UNKNOWN, 4), [0, 0, 0, 100]);
}

#[test]
fn by_default_ten_a_minute_are_free() {
    let gateway = Gateway::new(PATHS, "tarpit: enforce");
    assert_eq!(waits(&gateway, UNKNOWN, 18)[9..], [0, 250, 500, 1000, 2000, 4000, 8000, 10_000, 10_000]);
}

#[test]
fn each_address_waits_for_itself_and_what_is_let_through_never() {
    let gateway = Gateway::new(PATHS, "tarpit: { rate: 1/min }");
    assert_eq!(waits(&gateway, UNKNOWN, 2), [0, 250]);
    assert_eq!(waits(&gateway, "GET /admin HTTP/1.1\nClient-Address: 192.0.2.2\n", 1), [0]);
    assert_eq!(waits(&gateway, "GET /admin HTTP/1.1\nClient-Address: 2001:db8::1\n", 1), [0]);
    assert_eq!(
        waits(&gateway, "GET /admin HTTP/1.1\nClient-Address: 2001:db8::2\n", 1),
        [250],
        "one subscriber"
    );
    let seen = gateway.serve("GET /open HTTP/1.1\n");
    assert!(seen.is_allowed() && seen.delay.is_none() && seen.changed.is_empty());
}

#[test]
fn refusals_count_by_the_controls_that_are_named() {
    let refused = |request: &str, expected: &str| {
        let seen = move |settings: &str| {
            let gateway = Gateway::new(PATHS, settings);
            let first = gateway.serve(request);
            assert_eq!(first.control, expected, "{request}");
            wait(&gateway.serve(request))
        };
        (seen("tarpit: { rate: 1/min }"), seen("tarpit: { rate: 1/min, controls: [scope] }"))
    };
    let bearer = |words: &str| format!("GET /orders HTTP/1.1\nAuthorization: Bearer {{{words}}}\n");
    assert_eq!(refused(UNKNOWN, "undeclared"), (250, 0));
    assert_eq!(refused("GET /orders HTTP/1.1\n", "jwt"), (250, 0));
    assert_eq!(refused(&bearer("expired-token alice"), "jwt"), (250, 0));
    assert_eq!(refused(&bearer("token mallory"), "block"), (250, 0));
    assert_eq!(refused("GET /open HTTP/1.1\nClient-Address: 203.0.113.200\n", "block"), (250, 0));
    assert_eq!(refused(&bearer("token alice other"), "scope"), (0, 250));
}

#[test]
fn a_shadow_says_that_an_answer_would_wait() {
    let gateway = Gateway::new(PATHS, "tarpit: { mode: shadow, rate: 1/min }");
    gateway.serve(UNKNOWN);
    let seen = gateway.serve(UNKNOWN);
    assert_eq!((seen.delay, seen.changed.as_slice()), (None, &["tarpit"][..]));
    let off = Gateway::new(PATHS, "tarpit: { mode: off, rate: 1/min }");
    off.serve(UNKNOWN);
    assert!(off.serve(UNKNOWN).changed.is_empty());
    // Whoever is refused before its turn waits all the same.
    let gateway = Gateway::new(PATHS, "tarpit: { rate: 1/min }");
    let blocked = "GET /open HTTP/1.1\nClient-Address: 203.0.113.200\n";
    gateway.serve(blocked);
    let seen = gateway.serve(blocked);
    assert_eq!((wait(&seen), seen.changed.as_slice()), (250, &["tarpit"][..]));
    let ran: Vec<&str> = seen.said.iter().map(|(id, _)| *id).collect();
    assert_eq!(ran, ["block", "tarpit"]);
}

#[test]
fn settings_that_cannot_work_are_problems_with_a_place() {
    for (settings, expected) in [
        ("{ delay: 0s }", "are no waits of up to 60s"),
        ("{ delay: 2s, delay-max: 1s }", "are no waits of up to 60s"),
        ("{ delay-max: 61s }", "are no waits of up to 60s"),
        ("{ controls: [login] }", "no control is called `login`"),
        ("{ wait: 2s }", "wait"),
    ] {
        let problems = Gateway::problems(PATHS, &format!("tarpit: {settings}"));
        let problem = problems.iter().find(|problem| format!("{problem}").contains(expected));
        assert!(problem.is_some_and(|problem| problem.position.is_some()), "{settings}: {problems:?}");
    }
    assert_eq!(
        Gateway::new(PATHS, "tarpit: { rate: 5/min }").limits(0, "tarpit"),
        ["5/min refusals of one address without a wait, 250ms to 10s for each beyond them"]
    );
}
