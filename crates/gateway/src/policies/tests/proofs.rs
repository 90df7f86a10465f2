//! For every policy its proofs: allowed, refused and only said in shadow by its page, and here its bound and its errors.

use std::path::{Path, PathBuf};

use super::super::ALL;
use super::answers::{USERS, answered};
use super::gateway::{Gateway, check};
use crate::policy::WorkerState;
use model::Timestamp;

/// Proofs beside the examples of a page, which are allowed, refused in force, only said in shadow, and not even that when
/// off.
struct Proof {
    id: &'static str,
    /// The test of what is let through at the bound, and is not beyond it.
    bound: &'static str,
    inside: Inside,
}

/// What becomes of an error inside.
enum Inside {
    /// It is a refusal, by this test.
    Refused(&'static str),
    /// There is none to be had, for this reason.
    None(&'static str),
}

use Inside::{None, Refused};

const READ_AT_THE_START: &str = "all it works with was read at the start, and a comparison does not fail";
const COUNTS: &str = "it counts in a table of fixed size, where whoever cannot be counted is refused";

const fn proof(id: &'static str, bound: &'static str, inside: Inside) -> Proof {
    Proof { id, bound, inside }
}

const PROOFS: &[Proof] = &[
    proof(
        "api-key",
        "a_key_names_its_client_and_a_token_its_subject",
        Refused("repeated_or_mixed_credentials_are_refused"),
    ),
    proof(
        "block",
        "a_block_counts_from_the_next_request_on_and_no_longer_than_it_stands",
        Refused("without_a_database_nobody_gets_past_a_block_of_a_country"),
    ),
    proof(
        "body-limits",
        "every_bound_of_json_holds_without_a_schema",
        Refused("a_body_that_cannot_be_read_is_refused_by_what_is_in_force_alone"),
    ),
    proof(
        "cedar",
        "claims_are_of_their_type_or_the_request_is_refused",
        Refused("an_error_in_a_policy_refuses_whichever_way_it_would_have_decided"),
    ),
    proof("concurrency", "only_so_many_requests_are_in_flight_by_operation_and_caller", None(COUNTS)),
    proof(
        "cors",
        "a_preflight_for_more_than_is_allowed_is_refused_and_told_nothing",
        Refused("two_questions_at_once_are_no_preflight"),
    ),
    proof(
        "egress",
        "redirects_come_back_to_the_gateway_or_lead_where_the_list_says",
        Refused("an_answer_that_shows_the_credential_is_refused"),
    ),
    proof(
        "error-answers",
        "an_answer_is_an_error_of_the_backend_s_from_500_on",
        Refused("an_answer_that_cannot_be_read_is_refused_by_whoever_must_see_it"),
    ),
    proof(
        "fields",
        "a_rule_takes_what_it_names_and_nothing_beside_it",
        Refused("an_answer_that_cannot_be_read_is_refused_by_whoever_must_see_it"),
    ),
    proof("flow", "a_step_is_neither_too_late_nor_too_soon", None(COUNTS)),
    proof(
        "graphql",
        "every_limit_lets_the_boundary_through_and_no_more",
        Refused("a_document_is_read_where_servers_read_it"),
    ),
    proof("ip-limit", "an_address_gets_its_burst_and_then_its_rate", None(COUNTS)),
    proof(
        "jwt",
        "time_is_judged_with_the_skew_and_not_a_second_more",
        Refused("an_error_inside_a_policy_is_a_refusal"),
    ),
    proof(
        "leak",
        "every_class_proves_its_documentation",
        Refused("an_answer_that_cannot_be_read_is_refused_by_whoever_must_see_it"),
    ),
    proof(
        "lifecycle",
        "an_operation_goes_at_its_sunset_and_rests_in_its_brown_outs",
        None(READ_AT_THE_START),
    ),
    proof("mtls", "only_services_that_are_named_may_call", Refused("where_no_listener_asks_that_is_said")),
    proof(
        "object",
        "ownership_is_of_every_item_and_fails_closed",
        Refused("an_answer_that_cannot_be_read_is_refused_by_whoever_must_see_it"),
    ),
    proof(
        "object-access",
        "a_value_is_the_claim_or_one_of_it_once_it_is_decoded",
        Refused("what_is_missing_or_said_twice_differently_is_refused"),
    ),
    proof(
        "phantom-token",
        "one_token_is_made_for_all_requests_until_it_is_nearly_over",
        Refused("no_token_goes_on_where_none_can_be_made"),
    ),
    proof("rate-limit", "a_burst_is_let_through_and_then_the_rate", None(COUNTS)),
    proof(
        "request-schema",
        "parameters_are_checked_wherever_they_stand",
        Refused("an_error_inside_a_policy_is_a_refusal"),
    ),
    proof(
        "response-schema",
        "a_string_of_an_answer_is_as_long_as_its_schema_says",
        Refused("an_answer_that_cannot_be_read_is_refused_by_whoever_must_see_it"),
    ),
    proof(
        "scope",
        "scopes_are_alternatives_of_sets",
        Refused("scope_keeps_an_operation_closed_that_jwt_leaves_open"),
    ),
    proof(
        "security-headers",
        "banners_are_told_from_fields_that_only_look_like_them",
        None("it refuses nothing"),
    ),
    proof(
        "ssrf",
        "parameters_are_judged_by_schema_and_by_name",
        Refused("bodies_are_judged_by_schema_and_by_name_wherever_it_stands"),
    ),
    proof(
        "step-up",
        "authentication_is_good_to_the_last_second_of_its_age",
        Refused("without_a_token_nobody_has_authenticated"),
    ),
    proof(
        "tarpit",
        "each_refusal_beyond_the_free_ones_waits_twice_as_long_up_to_the_most",
        None("it refuses nothing, and whoever cannot be counted waits"),
    ),
    proof(
        "undeclared",
        "query_parameters_are_declared_or_refused",
        Refused("an_error_inside_a_policy_is_a_refusal"),
    ),
];

/// The tests of a crate's sources, by name.
fn tests_below(folder: PathBuf, names: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            tests_below(path, names);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(path).unwrap();
            let after = text.split("#[test]\n").skip(1);
            names.extend(after.filter_map(|rest| {
                Some(rest.trim_start().strip_prefix("fn ")?.split('(').next()?.to_owned())
            }));
        }
    }
}

#[test]
fn every_policy_has_its_five_proofs() {
    let ids: Vec<&str> = PROOFS.iter().map(|proof| proof.id).collect();
    assert_eq!(ids, ALL.iter().map(|kind| kind.id).collect::<Vec<_>>());
    let mut tests = Vec::new();
    for folder in ["src", "../identity/src", "../leak/src"] {
        tests_below(Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &mut tests);
    }
    for Proof { id, bound, inside } in PROOFS {
        let named = match inside {
            Refused(test) => vec![bound, test],
            None(why) => {
                assert!(!why.is_empty(), "{id}");
                vec![bound]
            }
        };
        for test in named {
            assert!(tests.iter().any(|known| known == test), "{id}: there is no test `{test}`");
        }
    }
}

fn json(status: &str, body: &str) -> String {
    format!("{status}\nContent-Type: application/json\n\n{body}")
}

#[test]
fn an_answer_is_an_error_of_the_backend_s_from_500_on() {
    let verdict = |status: &str| answered("", &json(status, r#"{"code":"late"}"#)).verdict;
    assert_eq!(verdict("499 Late"), "allowed");
    assert_eq!(verdict("500 Late"), "500 error-answer");
    assert_eq!(verdict("599 Late"), "599 error-answer");
}

#[test]
fn an_answer_that_cannot_be_read_is_refused_by_whoever_must_see_it() {
    let coded =
        |status: &str| format!("{status}\nContent-Type: application/json\nContent-Encoding: br\n\nxyz");
    for (control, settings, status) in [
        ("error-answers", "error-answers: enforce", "500 Late"),
        ("fields", "fields: { rules: [{ name: mail }] }", "200 OK"),
        ("leak", "leak: { action: block }", "200 OK"),
        ("object", "object: { answer: [{ at: /id, claim: sub }] }", "200 OK"),
        ("response-schema", "response-schema: enforce", "200 OK"),
    ] {
        let seen = answered(settings, &coded(status));
        assert_eq!(seen.control, control, "{}", seen.verdict);
        assert_eq!(seen.body, Option::None, "{control}");
    }
}

#[test]
fn a_rule_takes_what_it_names_and_nothing_beside_it() {
    let body = r#"{"id":7,"mail":1,"mails":2,"Mail":3,"a":{"mail":4},"b":[{"mail":5}]}"#;
    let left =
        |rule: &str| answered(&format!("fields: {{ rules: [{rule}] }}"), &json("200 OK", body)).body.unwrap();
    assert_eq!(left("{ at: /mail }"), r#"{"id":7,"mails":2,"Mail":3,"a":{"mail":4},"b":[{"mail":5}]}"#);
    assert_eq!(left("{ at: /*/mail }"), r#"{"id":7,"mail":1,"mails":2,"Mail":3,"a":{},"b":[{"mail":5}]}"#);
    assert_eq!(left("{ name: mail }"), r#"{"id":7,"mails":2,"Mail":3,"a":{},"b":[{}]}"#);
}

#[test]
fn an_operation_goes_at_its_sunset_and_rests_in_its_brown_outs() {
    let settings = "lifecycle: { sunset: '2026-06-01T00:00:00Z', \
                    brown-outs: [{ from: '2026-01-01T00:00:00Z', lasts: 10min }] }";
    let mut gateway = Gateway::new(USERS, settings);
    let mut at = |seconds: u64, micros_before: u64| {
        gateway.now = Timestamp::from_micros(seconds * 1_000_000 - micros_before);
        gateway.serve("GET /users/7 HTTP/1.1\nAuthorization: Bearer {token alice}\n").verdict
    };
    let (rest, sunset) = (1_767_225_600, 1_780_272_000);
    assert_ne!(at(rest, 1), "503 brown-out");
    assert_eq!(at(rest, 0), "503 brown-out");
    assert_eq!(at(rest + 600, 1), "503 brown-out");
    assert_ne!(at(rest + 600, 0), "503 brown-out");
    assert_ne!(at(sunset, 1), "410 retired");
    assert_eq!(at(sunset, 0), "410 retired");
}

#[test]
fn a_string_of_an_answer_is_as_long_as_its_schema_says() {
    let paths = USERS.replace("mail: { type: string }", "mail: { type: string, maxLength: 3 }");
    let answer = |mail: &str| {
        let body = json("200 OK", &format!(r#"{{"id":7,"mail":"{mail}"}}"#));
        format!("GET /users/7 HTTP/1.1\nAuthorization: Bearer {{token alice}}\n<<< backend\nHTTP/1.1 {body}")
    };
    check(&paths, "response-schema: enforce", &answer("abc"), "allowed");
    check(&paths, "response-schema: enforce", &answer("abcd"), "502 answer-invalid");
}

#[test]
fn banners_are_told_from_fields_that_only_look_like_them() {
    let seen = answered("", "200 OK\nServer: a\nX-Powered-By: b\nX-Power: c\nX-Served-By: d\n\n");
    assert_eq!((seen.header("server"), seen.header("x-powered-by")), (Option::None, Option::None));
    assert_eq!((seen.header("x-power"), seen.header("x-served-by")), (Some("c"), Some("d")));
}

#[test]
fn no_token_goes_on_where_none_can_be_made() {
    // A cache that is in use, which no request can bring about.
    let gateway = Gateway::new(USERS, "phantom-token: { audience: backend }");
    let worker = WorkerState::default();
    let request = "GET /users/7 HTTP/1.1\nAuthorization: Bearer {token alice}\n";
    let in_use = worker.minted.borrow_mut();
    let seen = gateway.serve_on(&worker, request);
    assert_eq!((seen.verdict.as_str(), seen.control), ("500 internal", "phantom-token"));
    assert_eq!(seen.authorization.as_deref(), Some(""), "the caller's own goes no further either");
    drop(in_use);
    assert_eq!(gateway.serve_on(&worker, request).verdict, "allowed");
}
