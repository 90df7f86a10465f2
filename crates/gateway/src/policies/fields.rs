//! Shows each caller only the properties of an answer that its scopes allow.

use model::{Mode, Severity};
use schemars::JsonSchema;
use serde::Deserialize;
use smallvec::SmallVec;

use crate::build::Build;
use crate::content;
use crate::denial::{Denial, Reason};
use crate::policy::{Answer, Body, Context, Hold, Judgement, Kind, Policy, Stage};
use crate::sieve::{Fate, Rule, sieve};

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
    rules: Vec<Compiled>,
}

#[derive(Debug)]
struct Compiled {
    target: Target,
    scopes: Vec<String>,
    fate: Fate,
}

#[derive(Debug)]
enum Target {
    Path(Vec<Segment>),
    Name(String),
}

#[derive(Debug)]
enum Segment {
    Any,
    Named(String),
}

impl Segment {
    fn matches(&self, name: &str) -> bool {
        match self {
            Segment::Any => true,
            Segment::Named(own) => own == name,
        }
    }
}

fn build(build: &mut Build<'_>) -> Option<Box<dyn Policy>> {
    let settings: Settings = build.settings()?;
    let mut rules = Vec::new();
    for Restriction { at, name, scopes, otherwise } in settings.rules {
        let target = match (at, name) {
            (Some(at), None) if at.starts_with('/') => Target::Path(segments(&at)),
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
        rules.push(Compiled { target, scopes, fate });
    }
    if rules.is_empty() {
        return None;
    }
    Some(Box::new(Fields { rules }))
}

/// RFC 6901 section 4.
fn segments(pointer: &str) -> Vec<Segment> {
    let segment = |text: &str| match text {
        "*" => Segment::Any,
        text => Segment::Named(text.replace("~1", "/").replace("~0", "~")),
    };
    pointer.split('/').skip(1).map(segment).collect()
}

impl Policy for Fields {
    /// What is no JSON has no properties.
    fn holds(&self, answer: Option<&Answer<'_>>) -> Hold {
        let media_type = answer.map(Answer::media_type);
        match media_type {
            None | Some(None) => Hold::Needed,
            Some(Some(media_type)) if media_type.is_empty() || content::is_json(&media_type) => Hold::Needed,
            Some(Some(_)) => Hold::No,
        }
    }

    fn answer_body(&self, cx: &Context<'_>, _answer: &mut Answer<'_>, body: &Body<'_>) -> Judgement {
        let may_see = |rule: &&Compiled| {
            let token = cx.caller.token.as_ref();
            rule.scopes.iter().any(|scope| token.is_some_and(|token| token.claims.has_scope(scope)))
        };
        let hidden: SmallVec<[&Compiled; 8]> = self.rules.iter().filter(|rule| !may_see(rule)).collect();
        if hidden.is_empty() {
            return Ok(None);
        }
        let json = body
            .json()
            .map_err(|error| Denial::fixed(Reason::AnswerUnreadable, KIND.id, error.kind.as_str()))?;
        Ok(sieve(json, &Hidden(&hidden)).map(|sieved| sieved.text))
    }
}

/// What this caller may not see.
struct Hidden<'r>(&'r [&'r Compiled]);

/// Rules whose pointer led here, by place and by how many of its segments did.
type Reached = SmallVec<[(u16, u16); 8]>;

impl Hidden<'_> {
    /// What becomes of a value that is reached by `matches`; rules by name are asked with `name`.
    fn step(
        &self,
        state: &Reached,
        matches: impl Fn(&Segment) -> bool,
        name: Option<&str>,
    ) -> (Fate, Option<Reached>) {
        let mut fate = Fate::Keep;
        let mut inside = Reached::new();
        for (place, depth) in state {
            let Some(Compiled { target: Target::Path(path), fate: own, .. }) =
                self.0.get(usize::from(*place))
            else {
                continue;
            };
            let depth = usize::from(*depth);
            if !path.get(depth).is_some_and(&matches) {
                continue;
            }
            if depth + 1 == path.len() {
                fate = stricter(fate, *own);
            } else {
                inside.push((*place, u16::try_from(depth + 1).unwrap_or(u16::MAX)));
            }
        }
        let mut names = false;
        for rule in self.0 {
            if let Target::Name(own) = &rule.target {
                names = true;
                if name == Some(own) {
                    fate = stricter(fate, rule.fate);
                }
            }
        }
        (fate, (names || !inside.is_empty()).then_some(inside))
    }
}

fn stricter(one: Fate, other: Fate) -> Fate {
    match (one, other) {
        (Fate::Remove, _) | (_, Fate::Remove) => Fate::Remove,
        (Fate::Mask, _) | (_, Fate::Mask) => Fate::Mask,
        (Fate::Keep, Fate::Keep) => Fate::Keep,
    }
}

impl Rule for Hidden<'_> {
    type State = Reached;

    fn root(&self) -> Option<Reached> {
        let places = (0..self.0.len()).map(|place| (u16::try_from(place).unwrap_or(u16::MAX), 0));
        Some(places.collect())
    }

    fn member(&self, state: &Reached, name: &str) -> (Fate, Option<Reached>) {
        self.step(state, |segment| segment.matches(name), Some(name))
    }

    fn item(&self, state: &Reached, index: usize) -> (Fate, Option<Reached>) {
        let matches = |segment: &Segment| match segment {
            Segment::Any => true,
            Segment::Named(own) => own.parse() == Ok(index),
        };
        self.step(state, matches, None)
    }
}

const DOC: &str = r#"
Takes properties out of JSON answers, or masks them, unless the caller's token carries one of the scopes that may see them.
All other bytes are sent as the backend wrote them: no number is read and written again. An answer that cannot be read, in
which a name repeats, or which is too large to be held, is refused, since what it shows cannot be known.

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

{"items": [{"ssn": "1", "email": "a@b.example"}, {"email": 7}], "a": {"b": [{"ssn": 2}]}}
>>> caller
Content-Type: application/json

{"items": [{"ssn": "1", "email": "***"}, {"email": null}], "a": {"b": [{"ssn": 2}]}}
~~~
~~~http refused 502 answer-unreadable
GET /users HTTP/1.1
Host: api.example
Authorization: Bearer {token alice}
<<< backend
HTTP/1.1 200 OK
Content-Type: application/json

{"ssn": "1", "ssn": "2"}
~~~

When this is wrong: a property that callers need is hidden from them: name a scope that they have.
"#;
