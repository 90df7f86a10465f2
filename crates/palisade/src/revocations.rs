//! Reads the file of what was revoked.

use std::path::Path;

use gateway::config::{RevocationEntry, RevocationFile};
use identity::revocation::{Revocation, Revocations, Revoked};
use model::{Problem, Severity, Timestamp};
use spec::{Document, Limits};

use crate::load::read_file;

/// What the file at `path` revokes, or everything that is wrong with it.
pub(crate) fn read(path: &Path, now: Timestamp) -> Result<Revocations, Vec<Problem>> {
    match read_file(path) {
        Ok(text) => parse(&path.to_string_lossy(), text, now),
        Err(error) => Err(vec![Problem::error(format!("`{}` cannot be read: {error}", path.display()))]),
    }
}

fn parse(name: &str, text: Vec<u8>, now: Timestamp) -> Result<Revocations, Vec<Problem>> {
    let (document, problems) = Document::parse(name, text, &Limits::default());
    if problems.iter().any(|problem| problem.severity == Severity::Error) {
        return Err(problems);
    }
    let file: RevocationFile = spec::deserialize(&document, document.root())?;
    let list = document.root().get("revoked");
    let (mut revocations, mut problems) = (Vec::new(), Vec::new());
    for (index, entry) in file.revoked.into_iter().enumerate() {
        match revocation(entry) {
            Ok(revocation) => revocations.push(revocation),
            Err(help) => {
                let place = list.and_then(|list| list.items().nth(index)).unwrap_or(document.root());
                let message = "this entry does not say what is revoked";
                problems.push(document.problem(Severity::Error, place, message).help(help));
            }
        }
    }
    if problems.is_empty() { Ok(Revocations::new(revocations, now)) } else { Err(problems) }
}

/// One entry; or what to write instead, since one that was misread would revoke nothing.
fn revocation(entry: RevocationEntry) -> Result<Revocation, &'static str> {
    let RevocationEntry { jti, sub, issuer, issued_before, until } = entry;
    let what = match (jti, sub, issued_before) {
        (Some(jti), None, None) => Revoked::Token(jti),
        (None, Some(sub), issued_before) => Revoked::Subject(sub, issued_before),
        (Some(_), None, Some(_)) => return Err("`issued-before` goes with `sub`"),
        _ => return Err("give it a `jti` or a `sub`, and not both"),
    };
    Ok(Revocation { what, issuer, until })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Result<usize, &str>) {
        let read = parse("revoked.yaml", text.as_bytes().to_vec(), Timestamp::from_secs(1_764_000_000));
        match (read, expected) {
            (Ok(revocations), Ok(count)) => assert_eq!(revocations.len(), count, "{text}"),
            (Err(problems), Err(part)) => {
                let said = problems.iter().map(|problem| format!("{problem:?}")).collect::<String>();
                assert!(said.contains(part), "{said}");
                assert!(problems.iter().all(|problem| problem.position.is_some()), "{said}");
            }
            (read, expected) => panic!("{read:?}, not {expected:?}:\n{text}"),
        }
    }

    #[test]
    fn tokens_and_subjects_are_listed() {
        check("revoked: []", Ok(0));
        check("revoked:\n- { jti: a, issuer: i, until: '2030-01-01T00:00:00Z' }\n- { sub: alice }\n", Ok(2));
        check("revoked: [{ sub: alice, issued-before: '2025-11-24T16:00:00Z' }]", Ok(1));
        check(r#"{"revoked": [{"jti": "a"}, {"jti": "b"}]}"#, Ok(2));
        check("revoked: [{ jti: a, until: '2020-01-01T00:00:00Z' }]", Ok(0));
    }

    #[test]
    fn an_entry_that_would_revoke_nothing_is_a_problem_with_a_place() {
        check("revoked: [{ issuer: i }]", Err("give it a `jti` or a `sub`"));
        check("revoked: [{ jti: a, sub: b }]", Err("and not both"));
        check("revoked: [{ jti: a, issued-before: '2025-11-24T16:00:00Z' }]", Err("goes with `sub`"));
        check("revoked: [{ jit: a }]", Err("jit"));
        check("revoked: [{ jti: a, until: tomorrow }]", Err("until"));
        check("{}", Err("revoked"));
    }
}
