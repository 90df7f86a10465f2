//! What is allowed, where, until when, and what is said of allowances that do not hold.

use super::*;

const SPEC: &str = "\
openapi: 3.1.0
info: { title: a, version: '1' }
paths:
  # palisade-allow: unauthenticated-write until 2027-01-31, a health check of partners
  /a: { post: { responses: {} } }
  /b:
    post: # palisade-allow: unauthenticated-write until 2026-01-31, until the spring
      responses: {}
  /c:
    x-palisade-allow: [unauthenticated-write until 2027-01-31 because]
    post: { responses: {} }
  /d: { x-palisade-allow: 'unauthenticated-write until 2027-01-31, meant so', post: { responses: {} } }
  /e: { x-palisade-allow: 'unauthenticated-writes until 2027-01-31, meant so', post: { responses: {} } }
  /f: { x-palisade-allow: 'unauthenticated-write until 2027-01-31, meant so', get: { responses: {} } }
";

#[test]
fn an_allowance_holds_for_its_rule_below_its_place_until_its_day() {
    let (document, _) = spec::Document::parse("a.yaml", SPEC, &spec::Limits::default());
    let rules = [rules::rule("unauthenticated-write").unwrap()];
    let review = crate::review(&Library::of(document), &rules, "2026-11-27".parse().unwrap());
    let places: Vec<&str> = review.findings.iter().map(|finding| finding.position.pointer.as_str()).collect();
    assert_eq!(places, ["/paths/~1b/post", "/paths/~1c/post", "/paths/~1e/post"]);
    assert_eq!(review.judged.allowed, 2);
    let mut said: Vec<String> = review.not_judged.iter().map(ToString::to_string).collect();
    said.sort();
    assert_eq!(
        said,
        [
            "a.yaml:10:24: the allowance is not understood: it has no `,` and a reason (help: write `RULE until 2027-01-31, reason`)",
            "a.yaml:13:27: no rule is called `unauthenticated-writes` (help: did you mean `unauthenticated-write`?)",
            "a.yaml:14:27: `unauthenticated-write` is allowed here, and finds nothing (help: remove the allowance)",
            "a.yaml:7:11: the allowance of `unauthenticated-write` ended on 2026-01-31 (help: mend what it finds, or give it another day)",
        ]
    );
}
