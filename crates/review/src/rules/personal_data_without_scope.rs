//! Finds answers with personal data that no scope stands before.

use std::collections::{BTreeSet, HashMap};

use model::Severity;

use crate::report::Findings;
use crate::rule::Rule;
use crate::view::{Operation, Property, Types, View};
use crate::words;

pub(super) const RULE: Rule = Rule {
    id: "personal-data-without-scope",
    title: "an answer holds personal data, and no scope is asked for",
    severity: Severity::Warning,
    control: "fields",
    owasp: &["API3:2023"],
    cwe: &["CWE-359", "CWE-213"],
    nist: &["REC-API-6", "REC-API-7", "REC-API-20"],
    why: "Every token that opens the operation shows whose address, birthday or account it is, whatever it was handed out for. \
          Properties of answers of success are known by their names and formats. Where they say how to reach somebody (`email`, \
          `phone`), it is a note; where they are what identities are stolen with (`ssn`, `iban`, `dateOfBirth`), a warning. \
          Left out are operations about the caller's own data (`/me`, `/profile`, `/user`), those by which accounts are opened and \
          entered, those whose properties the gateway's `fields` shows by scope, and contact data where the document has no \
          scheme that knows scopes.",
    fix: "ask for a scope of its own, or show the properties by scope with `x-palisade: { fields: … }`",
    bad: "
security: [{ login: [] }]
paths:
  /customers/{id}:
    get:
#   ^^^
      responses:
        '200':
          description: ok
          content: { application/json: { schema: { properties: { birthDate: { type: string, format: date } } } } }
components: { securitySchemes: { login: { type: openIdConnect, openIdConnectUrl: https://a.example } } }
",
    good: "
security: [{ login: [] }]
paths:
  /customers/{id}:
    get:
      security: [{ login: ['customers:read'] }]
      responses:
        '200':
          description: ok
          content: { application/json: { schema: { properties: { birthDate: { type: string, format: date } } } } }
  /me:
    get:
      responses:
        '200':
          description: ok
          content: { application/json: { schema: { properties: { email: { type: string } } } } }
components: { securitySchemes: { login: { type: openIdConnect, openIdConnectUrl: https://a.example } } }
",
    check,
};

/// Values inside values that are looked at.
const LEVELS: usize = 3;

/// Words of paths that lead to the caller's own data, or to an account that is only opened.
const OWN: &[&str] = &[
    "me",
    "my",
    "self",
    "myself",
    "whoami",
    "profile",
    "userinfo",
    "login",
    "signin",
    "signup",
    "register",
    "registration",
    "token",
    "oauth",
    "oauth2",
    "auth",
];

/// What a property says of a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Personal {
    No,
    Contact,
    Special,
}

/// What properties say, each looked at once by its place: most stand in many answers.
type Properties = HashMap<(u32, u32), Personal>;

/// What an answer says of persons.
#[derive(Debug, Clone, Default)]
struct Said<'l> {
    contact: BTreeSet<&'l str>,
    special: BTreeSet<&'l str>,
}

fn check<'l>(view: &View<'l>, findings: &mut Findings<'_, 'l>) {
    let knows_scopes =
        view.schemes.iter().any(|scheme| scheme.is_type("oauth2") || scheme.is_type("openIdConnect"));
    let (mut known, mut properties) = (HashMap::new(), Properties::new());
    for operation in view.called().filter(|operation| !is_own(operation) && !asks_for_scope(operation)) {
        if view.control(operation, "fields").is_some() {
            continue;
        }
        let contents = operation.responses.iter().filter(|response| response.is_success());
        let schemas = contents.flat_map(|response| &response.contents).filter_map(|content| content.schema);
        let mut all = Said::default();
        for schema in schemas {
            let said: &Said<'l> =
                known.entry(schema.key()).or_insert_with(|| said(view, schema, &mut properties));
            all.contact.extend(&said.contact);
            all.special.extend(&said.special);
        }
        let (severity, names) = if all.special.is_empty() && knows_scopes {
            (Severity::Note, all.contact)
        } else {
            (RULE.severity, all.special)
        };
        if !names.is_empty() {
            let message = format!(
                "`{}` asks for no scope and answers with {}",
                operation.name(),
                words::shown(&names.into_iter().collect::<Vec<_>>())
            );
            findings.add_named_as(severity, operation.spot, message);
        }
    }
}

fn is_own(operation: &Operation<'_>) -> bool {
    let words = operation.words();
    let is_callers = |last: &String| matches!(last.as_str(), "user" | "account" | "viewer" | "identity");
    words.iter().any(|word| OWN.contains(&&**word))
        || !operation.path.contains('{') && words.last().is_some_and(is_callers)
}

fn asks_for_scope(operation: &Operation<'_>) -> bool {
    let alternatives = &operation.security.alternatives;
    let asks = |needs: &Vec<crate::view::Need<'_>>| needs.iter().any(|need| !need.spot.node.is_empty());
    !alternatives.is_empty() && alternatives.iter().all(asks)
}

fn said<'l>(view: &View<'l>, schema: spec::Spot<'l>, properties: &mut Properties) -> Said<'l> {
    let mut said = Said::default();
    for property in view.properties_below(schema, LEVELS) {
        let personal = properties.entry(property.spot.key()).or_insert_with(|| personal(view, property));
        match personal {
            Personal::No => {}
            Personal::Contact => _ = said.contact.insert(property.name),
            Personal::Special => _ = said.special.insert(property.name),
        }
    }
    said
}

fn personal<'l>(view: &View<'l>, Property { name, spot }: Property<'l>) -> Personal {
    let known = view.schema(spot).filter(|known| known.types.has(Types::STRING));
    let Some(known) = known else { return Personal::No };
    let is_email = matches!(known.spot.text("format"), Some("email" | "idn-email"));
    if view.parts(spot).iter().any(|part| part.is_true("writeOnly")) {
        Personal::No
    } else if words::is_special_name(name) {
        Personal::Special
    } else if words::is_personal_name(name) || is_email {
        Personal::Contact
    } else {
        Personal::No
    }
}
