//! Shows each caller only the properties of an answer that its scopes allow.

use std::sync::Arc;

use model::{Mode, Severity};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::build::Build;
use crate::content;
use crate::denial::{Denial, Reason};
use crate::policy::{Answer, Body, Context, Hold, Judgement, Kind, Policy, Stage};
use crate::sieve::{Fate, Hidden, Hiding, Sieve, Target, sieve};

pub(super) const KIND: Kind =
    Kind { id: "fields", stage: Stage::Filter, build, settings: Settings::json_schema, doc: DOC };

/// Settings of `fields`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
#[schemars(inline)]
struct Settings {
    // The snapshot reads it and no policy does; it stands here so that it is no unknown key.
    /// How it is applied.
    #[schemars(with = "Option<super::ModeSchema>")]
    mode: Option<Mode>,
    /// What only some may see.
    rules: Vec<Restriction>,
}

/// Properties that only some callers may see.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Restriction {
    /// JSON pointer of the property, `*` for any member or item: `/items/*/email`.
    #[serde(default)]
    at: Option<String>,
    /// Name of the property, wherever in the answer it stands.
    #[serde(default)]
    name: Option<String>,
    /// Scopes any of which lets a caller see it. Default: nobody sees it.
    #[serde(default)]
    scopes: Vec<String>,
    /// What happens to it for others. Default: `remove`.
    #[serde(default)]
    otherwise: Otherwise,
}

/// What happens to a property that a caller may not see.
#[derive(Debug, Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Otherwise {
    /// It is not there.
    #[default]
    Remove,
    /// A string becomes `***`, any other value `null`.
    Mask,
}

#[derive(Debug)]
struct Fields {
    rules: Arc<[Hiding]>,
}

fn build(build: &mut Build<'_>) -> Option<Box<dyn Policy>> {
    let settings: Settings = build.settings()?;
    let mut rules = Vec::new();
    for Restriction { at, name, scopes, otherwise } in settings.rules {
        let target = match (at, name) {
            (Some(at), None) if at.starts_with('/') => Target::at(&at),
            (None, Some(name)) => Target::Name(name),
            _ => {
                build.problem(
                    Severity::Error,
                    "a rule of `fields` says either `at`, a pointer that begins with `/`, or `name`",
                    "write one of the two",
                );
                continue;
            }
        };
        let fate = match otherwise {
            Otherwise::Remove => Fate::Remove,
            Otherwise::Mask => Fate::Mask,
        };
        rules.push(Hiding { target, scopes, fate });
    }
    if rules.is_empty() {
        return None;
    }
    Some(Box::new(Fields { rules: rules.into() }))
}

impl Policy for Fields {
    /// What is no JSON has no properties.
    fn holds(&self, answer: Option<&Answer<'_>>) -> Hold {
        match answer.map(Answer::media_type) {
            None | Some(None) => Hold::Needed,
            Some(Some(media_type)) if media_type.is_empty() => Hold::Needed,
            Some(Some(media_type)) if content::is_json(&media_type) => Hold::Passed,
            Some(Some(_)) => Hold::No,
        }
    }

    fn answer_body(&self, cx: &Context<'_>, _answer: &mut Answer<'_>, body: &Body<'_>) -> Judgement {
        let Some(hidden) = self.hidden(cx) else { return Ok(None) };
        sieve(body.bytes, hidden)
            .map_err(|error| Denial::fixed(Reason::AnswerUnreadable, KIND.id, error.kind.as_str()))
    }

    fn sieve(&self, cx: &Context<'_>) -> Option<Sieve<Hidden>> {
        self.hidden(cx).map(Sieve::new)
    }
}

impl Fields {
    fn hidden(&self, cx: &Context<'_>) -> Option<Hidden> {
        let token = cx.caller.token.as_ref();
        Hidden::from(&self.rules, |scope| token.is_some_and(|token| token.claims.has_scope(scope)))
    }
}

const DOC: &str = r#"
Takes properties out of JSON answers, or masks them, unless the caller's token carries one of the scopes that may see them.
All other bytes are sent as the backend wrote them: no number is read and written again. Where a name repeats, each of its
members is taken out.

An answer of up to 64 KiB that says how long it is, and one that is held for another control, is judged as a whole: if it
cannot be read it is refused. Any other is read as it passes, of whatever size, and memory holds none of it but the member at hand:
the caller gets it without a length, and is cut off at the first byte that is no JSON, since what comes after cannot be known. The
log says with the answer's end whether anything was taken out.

A pointer leads from the top of the answer, `*` standing for any member or item; a name is taken out wherever it stands.
Answers that are no JSON are not looked into.

| setting | meaning | default |
|---|---|---|
| `rules` | what only some may see | none |
| `rules: at` | JSON pointer of the property: `/items/*/email` | |
| `rules: name` | or its name, anywhere in the answer | |
| `rules: scopes` | scopes any of which may see it | nobody |
| `rules: otherwise` | `remove`, or `mask`: a string becomes `***`, other values `null` | `remove` |

~~~yaml operation
/users:
  get: { security: [{ token: [] }], responses: { '200': { description: ok } } }
~~~
~~~yaml settings
fields:
  rules:
  - { at: /items/*/email, scopes: ['users:contact'], otherwise: mask }
  - { name: ssn, scopes: ['users:identity'] }
~~~
~~~http allowed
GET /users HTTP/1.1
Host: api.example
Authorization: Bearer {token alice users:contact}
<<< backend
HTTP/1.1 200 OK
Content-Type: application/json

{"items": [{"ssn": "1", "email": "a@b.example", "score": 1.50}], "email": "x"}
>>> caller
Content-Type: application/json

{"items": [{"email": "a@b.example", "score": 1.50}], "email": "x"}
~~~
~~~http allowed
GET /users HTTP/1.1
Host: api.example
Authorization: Bearer {token alice users:identity}
<<< backend
HTTP/1.1 200 OK
Content-Type: application/json

{"items": [{"ssn": "1", "email": "a@b.example"}, {"email": 7}], "a": {"b": [{"ssn": 2, "ssn": 3}]}}
>>> caller
Content-Type: application/json

{"items": [{"ssn": "1", "email": "***"}, {"email": null}], "a": {"b": [{"ssn": 2, "ssn": 3}]}}
~~~
~~~http refused 502 answer-unreadable
GET /users HTTP/1.1
Host: api.example
Authorization: Bearer {token alice}
<<< backend
HTTP/1.1 200 OK
Content-Type: application/json

{"ssn": "1", "ssn": "2"
~~~

When this is wrong: a property that callers need is hidden from them: name a scope that they have.
"#;
