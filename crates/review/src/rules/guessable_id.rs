//! Finds objects that are asked for by what others know of a person.

use model::Severity;

use crate::report::Findings;
use crate::rule::Rule;
use crate::view::View;
use crate::words;

pub(super) const RULE: Rule = Rule {
    id: "guessable-id",
    title: "an object is asked for by what others know of a person",
    severity: Severity::Note,
    control: "object-access",
    owasp: &["API1:2023"],
    cwe: &["CWE-639", "CWE-598"],
    nist: &["REC-API-12"],
    why: "Who knows an address of e-mail or a telephone number knows where the account is, and lists of both are for sale. What \
          stands in a path is also written into logs. Parameters of paths are looked at whose name says that they are said of a \
          person (`email`, `phone`, `ssn`, `iban`).",
    fix: "ask for the object by a random id, and search in the body of a request",
    bad: "
paths:
  /users/{email}:
    get:
      parameters:
      - { name: email, in: path, required: true, schema: { type: string, format: email } }
#               ^^^^^
      responses: {}
",
    good: "
paths:
  /users/{id}:
    get:
      parameters:
      - { name: id, in: path, required: true, schema: { type: string, format: uuid } }
      - { name: email, in: query, schema: { type: string, format: email } }
      responses: {}
",
    check,
};

fn check<'l>(view: &View<'l>, findings: &mut Findings<'_, 'l>) {
    for parameter in view.parameters().filter(|parameter| parameter.location == "path") {
        if words::is_personal_name(parameter.name) {
            let at = parameter.spot.get("name").unwrap_or(parameter.spot);
            findings.add(at, format!("`{}` is known to others, or can be guessed", parameter.name));
        }
    }
}
