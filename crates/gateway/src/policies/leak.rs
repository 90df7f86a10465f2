//! Finds personal data, credentials, traces and internals in answers, and reports, masks or blocks them.

use std::collections::BTreeMap;
use std::ops::Range;

use model::{Leak as Found, Mode, Redacted, Severity};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::build::Build;
use crate::content;
use crate::denial::{Denial, Reason};
use crate::policy::{Answer, Body, Context, Hold, Judgement, Kind, Policy, Stage};
use ::leak::{ALL, Classes, Detector, Group, Hit, Located, Place, locate, scan};

pub(super) const KIND: Kind =
    Kind { id: "leak", stage: Stage::Leak, build, settings: Settings::json_schema, doc: DOC };

/// Places of one answer that go on record; an answer with more is a leak as a whole.
const FOUND_MAX: usize = 32;

/// Places of one answer that are looked at.
const HITS_MAX: usize = 4096;

/// What stands in place of what is masked.
const MASK: &[u8] = b"***";

/// Settings of `leak`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
#[schemars(inline)]
struct Settings {
    // The snapshot reads it and no policy does; it stands here so that it is no unknown key.
    /// How it is applied.
    #[schemars(with = "Option<super::ModeSchema>")]
    mode: Option<Mode>,
    /// What happens to what is found. Default: `report`.
    action: Action,
    /// The same for a class, or for all classes of a group: `personal`, `credential`, `trace`, `internal`.
    classes: BTreeMap<String, Action>,
    /// JSON pointers, `*` for any member or item, at which something is meant to be: `/access_token`.
    except: Vec<String>,
}

/// What happens to what is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Action {
    /// It is not looked for.
    Ignore,
    /// It goes on record.
    #[default]
    Report,
    /// The value becomes `***`, or `null` where it is no string.
    Mask,
    /// The answer is withheld.
    Block,
}

#[derive(Debug)]
struct Leak {
    looked_for: Classes,
    masked: Classes,
    blocked: Classes,
    except: Vec<String>,
}

fn group_name(group: Group) -> &'static str {
    match group {
        Group::Personal => "personal",
        Group::Credential => "credential",
        Group::Trace => "trace",
        Group::Internal => "internal",
    }
}

fn build(build: &mut Build<'_>) -> Option<Box<dyn Policy>> {
    let settings: Settings = build.settings()?;
    let groups = ["personal", "credential", "trace", "internal"];
    for name in settings.classes.keys() {
        let is_known = groups.contains(&name.as_str()) || ALL.iter().any(|detector| detector.class == name);
        if !is_known {
            let known: Vec<&str> =
                groups.into_iter().chain(ALL.iter().map(|detector| detector.class)).collect();
            let help = format!("the classes are {}", known.join(", "));
            build.problem(Severity::Error, format!("no class of leaks is called `{name}`"), &help);
        }
    }
    let action = |detector: &Detector| {
        let own = settings.classes.get(detector.class);
        *own.or(settings.classes.get(group_name(detector.group))).unwrap_or(&settings.action)
    };
    let policy = Leak {
        looked_for: Classes::of(|detector| action(detector) != Action::Ignore),
        masked: Classes::of(|detector| action(detector) == Action::Mask),
        blocked: Classes::of(|detector| action(detector) == Action::Block),
        except: settings.except,
    };
    if policy.looked_for.is_empty() { None } else { Some(Box::new(policy)) }
}

/// Whether a body of `media_type` is text that is searched. Event streams are not: they end when somebody leaves.
fn is_searched(media_type: &str) -> bool {
    let kinds =
        ["json", "xml", "javascript", "x-www-form-urlencoded", "yaml", "graphql", "json-seq", "jsonl"];
    media_type.starts_with("text/") && media_type != content::EVENT_STREAM
        || kinds.iter().any(|kind| media_type.ends_with(kind))
}

/// Whether it may be bytes, or comes piece by piece: it is held only where something would be done.
fn is_doubtful(media_type: &str) -> bool {
    let streamed = ["ndjson", "jsonl", "json-seq", "stream+json"];
    media_type.is_empty() || streamed.iter().any(|kind| media_type.ends_with(kind))
}

impl Policy for Leak {
    fn holds(&self, answer: Option<&Answer<'_>>) -> Hold {
        let most =
            if self.masked.is_empty() && self.blocked.is_empty() { Hold::Wanted } else { Hold::Needed };
        let Some(answer) = answer else { return most };
        match answer.media_type() {
            Some(media_type) if is_doubtful(&media_type) && most == Hold::Wanted => Hold::No,
            Some(media_type) if !is_searched(&media_type) && !media_type.is_empty() => Hold::No,
            _ => most,
        }
    }

    fn answer_body(&self, _cx: &Context<'_>, answer: &mut Answer<'_>, body: &Body<'_>) -> Judgement {
        let mut hits = Vec::new();
        let mut too_many = false;
        scan(body.bytes, self.looked_for, &mut |hit| {
            too_many = hits.len() >= HITS_MAX;
            if !too_many {
                hits.push(hit);
            }
        });
        if hits.is_empty() {
            return Ok(None);
        }
        hits.sort_by_key(|hit| (hit.range.start, hit.range.end));
        let offsets: Vec<usize> = hits.iter().map(|hit| hit.range.start).collect();
        let mut located = if body.is_json() { locate(body.bytes, &offsets) } else { vec![None; hits.len()] };
        self.drop_excepted(&mut hits, &mut located);
        for (hit, located) in hits.iter().zip(&located) {
            let pointer = located.as_ref().map_or("", |located| located.pointer.as_str());
            let found = Found { class: hit.class().into(), pointer: pointer.to_owned().into() };
            if answer.leaks.len() < FOUND_MAX && !answer.leaks.contains(&found) {
                answer.leaks.push(found);
            }
        }
        let blocked = hits.iter().zip(&located).find(|(hit, _)| self.blocked.has(hit.place));
        if let Some((hit, located)) = blocked {
            return Err(withheld(hit, located.as_ref()));
        }
        if too_many && !self.masked.is_empty() {
            return Err(Denial::fixed(Reason::AnswerLeaks, KIND.id, "more is found than can be masked"));
        }
        Ok(self.masked(body.bytes, &hits, &located))
    }
}

impl Leak {
    /// What is meant to be where it stands is no leak.
    fn drop_excepted(&self, hits: &mut Vec<Hit>, located: &mut Vec<Option<Located>>) {
        if self.except.is_empty() {
            return;
        }
        let is_meant = |located: &Option<Located>| {
            let pointer = located.as_ref().map(|located| located.pointer.as_str());
            pointer.is_some_and(|pointer| self.except.iter().any(|pattern| leads_to(pattern, pointer)))
        };
        let kept: Vec<bool> = located.iter().map(|located| !is_meant(located)).collect();
        let mut keep = kept.iter().copied();
        hits.retain(|_| keep.next().unwrap_or(true));
        let mut keep = kept.iter().copied();
        located.retain(|_| keep.next().unwrap_or(true));
    }

    /// The text without what is masked, if anything is: of JSON whole values, so that it stays JSON.
    fn masked(&self, text: &[u8], hits: &[Hit], located: &[Option<Located>]) -> Option<Vec<u8>> {
        let mut masked = Vec::with_capacity(text.len());
        let mut from = 0;
        for (hit, located) in hits.iter().zip(located).filter(|(hit, _)| self.masked.has(hit.place)) {
            let (range, with): (Range<usize>, &[u8]) = match located {
                Some(Located { value, place: Place::Bare, .. }) => (value.clone(), b"null"),
                Some(Located { value, .. }) => (value.clone(), MASK),
                None => (hit.range.clone(), MASK),
            };
            // Values that were masked for an earlier hit are gone already.
            if range.end <= from {
                continue;
            }
            masked.extend_from_slice(text.get(from..range.start).unwrap_or_default());
            masked.extend_from_slice(with);
            from = range.end;
        }
        if from == 0 {
            return None;
        }
        masked.extend_from_slice(text.get(from..).unwrap_or_default());
        Some(masked)
    }
}

fn withheld(hit: &Hit, located: Option<&Located>) -> Denial {
    let detail = match located {
        Some(located) => format!("{} at `{}`", hit.class(), located.pointer),
        None => hit.class().to_owned(),
    };
    Denial::new(Reason::AnswerLeaks, KIND.id, Redacted::vouched(detail))
}

/// Whether `pattern` leads to `pointer`, `*` standing for any one segment.
fn leads_to(pattern: &str, pointer: &str) -> bool {
    let (mut patterns, mut segments) = (pattern.split('/'), pointer.split('/'));
    loop {
        match (patterns.next(), segments.next()) {
            (None, None) => return true,
            (Some(pattern), Some(segment)) if pattern == "*" || pattern == segment => {}
            _ => return false,
        }
    }
}

const DOC: &str = r#"
Searches answers for what should not leave, in one pass over the bytes, and reports it, masks it or withholds the answer. The
record names the class and the JSON pointer of each place, never the value; names of members that may be data themselves
stand as `*`. Masking replaces the whole value, and leaves all other bytes as they are.

Classes by group. `personal`: `card` (prefix, length and check digit), `email`, `iban` (country, length and checksum),
`national-id` (of some thirty countries, with checksums), `phone`. `credential`: `assigned-secret` (known by its name, as
`"password": "…"`), `chat-key`, `cloud-key`, `code-key`, `connection-string`, `jwt`, `mail-key`, `password-hash`,
`payment-key`, `private-key`, `service-key`. `trace`: `sql-error`, `stack-trace`. `internal`: `file-path`,
`internal-address`.

It searches JSON, XML, forms, scripts and other text, but no event stream; what comes line by line or has no
`Content-Type` only where anything is masked or blocked. An answer that is larger than
`limits: { answer-bytes-max: … }`, or in a content coding other than gzip and deflate, is refused where anything is masked
or blocked; where all is only reported it goes unsearched, and the record says `unsearched`. Text that is hidden by escapes
within a string (`\u0040`) is not found.

| setting | meaning | default |
|---|---|---|
| `action` | `ignore`, `report`, `mask` or `block` what is found | `report` |
| `classes` | the same for a class or a group, by name | |
| `except` | pointers at which something is meant to be: `/access_token` | none |

~~~yaml operation
/users/{id}:
  get:
    security: []
    parameters: [{ name: id, in: path, required: true, schema: { type: integer } }]
    responses: { '200': { description: ok } }
~~~
~~~yaml settings
leak: { classes: { credential: block, card: mask, trace: block }, except: ['/session/token'] }
~~~
~~~http allowed
GET /users/7 HTTP/1.1
Host: api.example
<<< backend
HTTP/1.1 200 OK
Content-Type: application/json

{"mail": "ada@engine.example", "card": "4539578763621486", "pay": [4539578763621486], "note": "a \"b\""}
>>> caller
Content-Type: application/json

{"mail": "ada@engine.example", "card": "***", "pay": [null], "note": "a \"b\""}
~~~
~~~http allowed
GET /users/7 HTTP/1.1
Host: api.example
<<< backend
HTTP/1.1 200 OK
Content-Type: application/json

{"session": {"token": "ghp_Qw3rTyUiOpAsDfGhJkLzXcVbNm1234567890"}}
~~~
~~~http refused 502 answer-leaks
GET /users/7 HTTP/1.1
Host: api.example
<<< backend
HTTP/1.1 200 OK
Content-Type: application/json

{"debug": {"token": "ghp_Qw3rTyUiOpAsDfGhJkLzXcVbNm1234567890"}}
~~~
~~~http refused 502 answer-leaks
GET /users/7 HTTP/1.1
Host: api.example
<<< backend
HTTP/1.1 200 OK
Content-Type: text/plain

java.lang.IllegalStateException: closed
	at shop.orders.Store.find(Store.java:42)
~~~

When this is wrong: an answer is meant to carry what is found, as that of a token endpoint. Name the pointer under `except`,
or set the class to `ignore` for the operation.
"#;
