//! What becomes of answers beside the examples of the pages: modes, records, and what cannot be read.

use super::gateway::{Gateway, Seen, feeds};
use crate::metrics::Metrics;

pub(super) const USERS: &str = "
/users/{id}:
  get:
    security: [{ token: [] }]
    parameters: [{ name: id, in: path, required: true, schema: { type: integer } }]
    responses:
      '200':
        description: ok
        headers: { X-Total: { schema: { type: integer } } }
        content:
          application/json:
            schema: { type: object, required: [id], properties: { id: { type: integer }, mail: { type: string } } }
      default: { description: other, content: { application/problem+json: {} } }
";

/// What becomes of a backend's answer to Alice.
#[track_caller]
pub(super) fn answered(settings: &str, backend: &str) -> Seen {
    let request = "GET /users/7 HTTP/1.1\nAuthorization: Bearer {token alice}\n";
    Gateway::new(USERS, settings).serve(&format!("{request}<<< backend\nHTTP/1.1 {backend}"))
}

#[track_caller]
fn check(settings: &str, backend: &str, expected: &str) {
    assert_eq!(answered(settings, backend).verdict, expected, "{settings}\n{backend}");
}

fn said<'s>(seen: &'s Seen, id: &str) -> Option<&'s str> {
    seen.said.iter().find(|(known, _)| *known == id).map(|(_, reason)| reason.as_deref().unwrap_or("nothing"))
}

#[test]
fn a_record_names_class_and_place_and_never_the_value() {
    let seen = answered(
        "",
        "200 OK\nContent-Type: application/json\n\n{\"id\":7,\"people\":[{\"mail\":\"ada@engine.example\"}],\"ada@engine.example\":1}",
    );
    assert_eq!(seen.verdict, "allowed");
    assert_eq!(seen.leaks, ["email /people/0/mail", "email /*"]);
    assert!(seen.body.unwrap().contains("ada@engine.example"), "it is only reported");
    let seen = answered(
        "leak: { classes: { email: block } }",
        "200 OK\nContent-Type: application/json\n\n{\"mail\":\"ada@engine.example\"}",
    );
    assert_eq!((seen.verdict.as_str(), seen.leaks.len()), ("502 answer-leaks", 1));
    let denial = seen.denial.unwrap();
    assert_eq!(denial.detail.as_str(), "email at `/mail`");
}

#[test]
fn what_is_masked_is_the_value_that_was_found() {
    let masked = |body: &str, expected: &str| {
        let answer = format!("200 OK\nContent-Type: application/json\n\n{body}");
        let seen = answered("leak: { action: mask }", &answer);
        assert_eq!(seen.body.as_deref(), Some(expected), "{body}");
    };
    masked(
        r#"{"kty":"OKP","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A","x":"11qYAYKxCrfVS"}"#,
        r#"{"kty":"OKP","d":"***","x":"11qYAYKxCrfVS"}"#,
    );
    masked(
        r#"{"a":"look at it","b":"at shop.Store.find(Store.java:42)","c":1}"#,
        r#"{"a":"look at it","b":"***","c":1}"#,
    );
    masked(r#"{"a":["x@b.example y@b.example",4539578763621486]}"#, r#"{"a":["***",null]}"#);
    masked(r#"{"x@b.example":"x@b.example"}"#, r#"{"***":"***"}"#);
}

#[test]
fn what_cannot_be_read_goes_unsearched_unless_something_would_be_done() {
    let coded = "200 OK\nContent-Type: application/json\nContent-Encoding: br\n\nxyz";
    let seen = answered("", coded);
    assert_eq!((seen.verdict.as_str(), seen.leaks.as_slice()), ("allowed", &["unsearched ".to_owned()][..]));
    check("leak: { action: mask }", coded, "502 answer-unreadable");
    check("leak: { mode: shadow, action: mask }", coded, "allowed");
    check("fields: { rules: [{ name: mail }] }", coded, "502 answer-unreadable");
    check("leak: off", coded, "allowed");
}

#[test]
fn in_shadow_an_answer_is_judged_and_stays_as_it_is() {
    let backend = "200 OK\nContent-Type: application/json\nServer: x\n\n{\"id\":7,\"role\":\"admin\",\"mail\":\"a@b.example\"}";
    let settings = "{ response-schema: { repair: true, mode: shadow }, fields: { mode: shadow, rules: [{ name: mail }] }, \
                    security-headers: shadow, leak: { mode: shadow, action: block } }";
    let seen = answered(settings, backend);
    assert_eq!(seen.verdict, "allowed");
    assert_eq!(seen.body.as_deref(), backend.split("\n\n").nth(1));
    assert_eq!((seen.header("server"), seen.header("x-content-type-options")), (Some("x"), None));
    assert_eq!(said(&seen, "leak"), Some("answer-leaks"));
    assert_eq!(seen.changed, ["response-schema", "fields"]);
}

#[test]
fn each_stage_gets_what_the_one_before_left() {
    let settings = "{ response-schema: { repair: true }, fields: { rules: [{ name: mail, otherwise: mask }] }, \
                    leak: { action: block } }";
    let seen = answered(
        settings,
        "200 OK\nContent-Type: application/json\n\n{\"id\":7,\"role\":\"AKIAQWERTYUIOP234567\",\"mail\":\"a@b.example\"}",
    );
    assert_eq!(
        (seen.verdict.as_str(), seen.body.as_deref()),
        ("allowed", Some("{\"id\":7,\"mail\":\"***\"}"))
    );
    assert_eq!(seen.leaks, [""; 0]);
}

#[test]
fn an_answer_without_a_body_is_judged_by_its_head() {
    check("response-schema: enforce", "200 OK", "allowed");
    check("response-schema: enforce", "304 Not Modified", "allowed");
    check("response-schema: enforce", "200 OK\nX-Total: many", "502 answer-invalid");
    check("object: { answer: [{ at: /id, claim: sub }] }", "200 OK", "403 not-yours");
    check(
        "object: { answer: [{ at: /id, claim: sub }], hide: true }",
        "304 Not Modified",
        "404 no-such-object",
    );
    check("object: { answer: [{ at: /id, claim: sub }] }", "404 Not Found", "allowed");
    check("", "500 Internal Server Error", "allowed");
}

#[test]
fn ownership_is_of_every_item_and_fails_closed() {
    let settings = "object: { answer: [{ at: /items/*/owner, claim: sub }, { at: /tenant, claim: tenant }] }";
    let answer = |body: &str| format!("200 OK\nContent-Type: application/json\n\n{body}");
    for (body, expected) in [
        (r#"{"tenant":"tenant-of-alice","items":[{"owner":"alice"},{"owner":"alice"}]}"#, "allowed"),
        (r#"{"tenant":"tenant-of-alice","items":[]}"#, "allowed"),
        (r#"{"tenant":"tenant-of-alice","items":[{"owner":"alice"},{"owner":"bob"}]}"#, "403 not-yours"),
        (r#"{"tenant":"tenant-of-alice","items":[{"owner":"alice"},{}]}"#, "403 not-yours"),
        (r#"{"tenant":"tenant-of-alice","items":"alice"}"#, "403 not-yours"),
        (r#"{"tenant":"tenant-of-bob","items":[]}"#, "403 not-yours"),
        (r#"{"items":[]}"#, "403 not-yours"),
        (r#"{"tenant":"tenant-of-alice","tenant":"x","items":[]}"#, "502 answer-unreadable"),
        ("alice", "502 answer-unreadable"),
    ] {
        check(settings, &answer(body), expected);
    }
}

#[test]
fn an_error_keeps_its_status_and_its_challenge_and_the_record_its_digest_and_its_words() {
    let seen = answered(
        "",
        "401 Unauthorized\nContent-Type: text/html\nWWW-Authenticate: Basic realm=\"x\"\n\n<p>/var/www/app/login.php</p>",
    );
    assert_eq!(seen.verdict, "401 error-answer");
    assert_eq!(seen.header("www-authenticate"), Some("Basic realm=\"x\""));
    let detail = seen.denial.unwrap().detail;
    assert!(detail.as_str().starts_with("status 401, 29 bytes, sha-256 "), "{}", detail.as_str());
    assert!(
        detail.as_str().ends_with(", file-path, html: <…>/…login.php</…>")
            && !detail.as_str().contains("app"),
        "{}",
        detail.as_str()
    );
    let seen = answered("", "503 Service Unavailable\nRetry-After: 7\nContent-Type: application/json\n\n{}");
    assert_eq!(seen.denial.unwrap().retry_after_secs, Some(7));
    check("error-answers: { server-errors: keep }", "500 X\nContent-Type: application/json\n\n{}", "allowed");
}

#[test]
fn a_part_of_the_settings_that_means_nothing_is_a_problem() {
    for (settings, expected) in [
        ("leak: { classes: { emails: block } }", "emails"),
        ("fields: { rules: [{ at: mail }] }", "`at`, a pointer"),
        ("fields: { rules: [{ at: /a, name: b }] }", "`at`, a pointer"),
        ("object: { answer: [{ at: owner, claim: sub }] }", "`owner` is no pointer"),
        (
            "lifecycle: { deprecated: '2026-01-01T00:00:00Z', sunset: '2025-01-01T00:00:00Z' }",
            "`sunset` is before",
        ),
        ("lifecycle: { sunset: tomorrow }", "four digit"),
        ("lifecycle: { brown-outs: [{ from: '2025-01-01T00:00:00Z', lasts: 1h }] }", "rehearse nothing"),
    ] {
        let problems = Gateway::problems(USERS, settings);
        assert!(
            problems.iter().any(|problem| format!("{problem} {}", problem.message).contains(expected)),
            "{settings}: {problems:?}"
        );
    }
}

#[test]
fn a_retired_operation_in_shadow_is_served_and_who_calls_is_counted() {
    let settings = "lifecycle: { mode: shadow, sunset: '2025-01-01T00:00:00Z' }";
    let metrics = Metrics::default();
    let gateway = Gateway::with_metrics(USERS, settings, &feeds(), &metrics);
    let request =
        "GET /users/7 HTTP/1.1\nAuthorization: Bearer {token alice}\n<<< backend\nHTTP/1.1 200 OK\n";
    let seen = gateway.serve(request);
    assert_eq!((seen.verdict.as_str(), seen.header("sunset")), ("allowed", None));
    assert_eq!(said(&seen, "lifecycle"), Some("retired"));
    let mut registry = prometheus_client::registry::Registry::default();
    metrics.register(&mut registry);
    let mut text = String::new();
    prometheus_client::encoding::text::encode(&mut text, &registry).unwrap();
    let line = text.lines().find(|line| line.starts_with("palisade_retiring_requests_total{")).unwrap();
    assert!(line.contains("client=\"alice\"") && line.ends_with(" 1"), "{line}");
    let refused =
        Gateway::new(USERS, "lifecycle: { sunset: '2025-01-01T00:00:00Z' }").serve("GET /users/7 HTTP/1.1\n");
    assert_eq!(refused.verdict, "410 retired", "nobody is asked for a token");
}
