//! Lets applications call a third party, and keeps its answers from leading them elsewhere or showing the credential.

use std::sync::Arc;

use http::StatusCode;
use http::header::LOCATION;
use model::{Mode, Severity};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::build::Build;
use crate::content;
use crate::denial::{Challenge, Denial, Reason, Verdict};
use crate::destination::{Hosts, Reference, Rules};
use crate::policy::{Answer, AnswerField, Body, Caller, Context, Hold, Judgement, Kind, Policy, Stage};
use crate::third_party::ThirdParty;

pub(super) const KIND: Kind =
    Kind { id: "egress", stage: Stage::Authorize, build, settings: Settings::json_schema, doc: DOC };

/// Settings of `egress`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
#[schemars(inline)]
struct Settings {
    // The snapshot reads it and no policy does; it stands here so that it is no unknown key.
    /// How it is applied.
    #[schemars(with = "Option<super::ModeSchema>")]
    mode: Option<Mode>,
    /// Applications that may call: client applications by the name of their key or of their token's client, services by
    /// what their certificate names. Default: every one that the other controls let in.
    callers: Vec<String>,
    /// Hosts that the third party may redirect applications to, over `https:`. Default: none but its own.
    redirects: Vec<String>,
}

#[derive(Debug)]
struct Egress {
    third_party: Arc<ThirdParty>,
    callers: Vec<String>,
    /// The ways to say who calls.
    challenges: Vec<Challenge>,
    /// Where redirects may lead; nowhere else where absent.
    redirects: Option<Rules>,
}

fn build(build: &mut Build<'_>) -> Option<Box<dyn Policy>> {
    let third_party = Arc::clone(build.third_party?);
    let settings: Settings = build.settings()?;
    if settings.callers.is_empty() && build.operation.is_some() {
        build.gap("no callers are named, so every application that reaches the listener and that no other control refuses may call: set `egress: { callers: … }`");
    }
    let mut hosts = Vec::new();
    for text in &settings.redirects {
        match Hosts::parse(text) {
            Some(parsed) => hosts.push(parsed),
            None => {
                let help = "write a name, `*.` and a name, or an address, without scheme, port and path";
                build.problem(Severity::Error, format!("`{text}` is no host"), help);
            }
        }
    }
    let rules = |hosts| Rules {
        schemes: vec!["https".to_owned()],
        ports: Vec::new(),
        hosts,
        internal: Vec::new(),
        refused: Vec::new(),
        relative: false,
    };
    let token = build.feeds.verifier.is_some().then_some(Challenge::TOKEN);
    let key = build.feeds.api_keys.is_some().then(|| Challenge::ApiKey(build.feeds.api_key_header.clone()));
    Some(Box::new(Egress {
        third_party,
        callers: settings.callers,
        challenges: token.into_iter().chain(key).collect(),
        redirects: (!hosts.is_empty()).then(|| rules(hosts)),
    }))
}

impl Policy for Egress {
    fn head(&self, cx: &mut Context<'_>) -> Verdict {
        if self.callers.is_empty() {
            return Ok(());
        }
        let mut names = names(&cx.caller).peekable();
        if names.peek().is_none() {
            return Err(self.unknown());
        }
        if names.any(|name| self.callers.iter().any(|known| known == name)) {
            return Ok(());
        }
        Err(Denial::fixed(Reason::NotPermitted, KIND.id, "an application that may not call the third party"))
    }

    fn answer_head(&self, _cx: &Context<'_>, answer: &mut Answer<'_>) -> Verdict {
        let shown = answer.headers.values().any(|value| self.third_party.is_shown_in(value.as_bytes()));
        if shown {
            return Err(Denial::fixed(Reason::AnswerLeaks, KIND.id, "the credential in a header field"));
        }
        self.judge_location(answer)
    }

    fn holds(&self, answer: Option<&Answer<'_>>) -> Hold {
        // What has no end cannot be seen whole.
        if answer.is_some_and(|answer| content::is_event_stream(answer.headers)) {
            return Hold::No;
        }
        Hold::Needed
    }

    fn answer_body(&self, _cx: &Context<'_>, _answer: &mut Answer<'_>, body: &Body<'_>) -> Judgement {
        match self.third_party.is_shown_in(body.bytes) {
            true => Err(Denial::fixed(Reason::AnswerLeaks, KIND.id, "the credential in the body")),
            false => Ok(None),
        }
    }
}

impl Egress {
    /// A refusal of a caller who is no application that is known.
    fn unknown(&self) -> Denial {
        let detail = "no application is named";
        if self.challenges.is_empty() {
            return Denial::fixed(Reason::CertificateRequired, KIND.id, detail);
        }
        let mut denial = Denial::fixed(Reason::Unauthenticated, KIND.id, detail);
        denial.challenges.clone_from(&self.challenges);
        denial
    }

    /// Brings applications that follow the third party to itself back to the gateway, and refuses to send them elsewhere.
    fn judge_location(&self, answer: &mut Answer<'_>) -> Verdict {
        let mut fields = answer.headers.get_all(LOCATION).iter();
        let Some(field) = fields.next() else { return Ok(()) };
        let refused = |detail| Err(Denial::fixed(Reason::RedirectRefused, KIND.id, detail));
        let text = match (field.to_str(), fields.next()) {
            (Ok(text), None) => text,
            _ => return refused("a `location` that is repeated, or no text"),
        };
        let third_party = &self.third_party;
        match Reference::read(text, third_party.scheme, third_party.host.as_str()) {
            Ok(Reference::Relative) => Ok(()),
            Ok(Reference::Own(path)) => match path.parse() {
                Ok(path) => {
                    answer.fields.push(AnswerField::Set(LOCATION, path));
                    Ok(())
                }
                Err(_) => refused("a `location` that is no text"),
            },
            // That something was made elsewhere sends nobody there.
            Ok(Reference::Foreign) if answer.status == StatusCode::CREATED => Ok(()),
            Ok(Reference::Foreign) => match &self.redirects {
                None => refused("a redirect to another host"),
                // Whoever follows it looks it up.
                Some(rules) => rules.judge(text).map(drop).or_else(|fault| refused(fault.as_str())),
            },
            Err(fault) => refused(fault.as_str()),
        }
    }
}

/// The names of the application that calls, as far as they are proven or, for a key, said. A user's name is none.
fn names(caller: &Caller) -> impl Iterator<Item = &str> {
    let of_key = caller.client.as_ref().map(|client| client.name.as_str());
    let of_token = caller.token.as_ref().and_then(|token| token.claims.client.as_deref());
    of_key.into_iter().chain(of_token).chain(caller.service())
}

const DOC: &str = r#"
Lets applications call a third party's API through a listener with `egress`, and judges what comes back. It runs for APIs
with `egress`, and for no other. The third party gets the credential of the config, and nothing by which applications show
who they are: not `Authorization`, `DPoP`, cookies, nor the header of API keys; no `Forwarded` and no trace of the inside
either. That is so in every mode of this control, and whatever the others are set to. Where the credential is a token of
`oauth` and there is none, nothing is sent, and the answer is 503 with the reason `credential-unavailable`.

Of its answers, `Location` is judged: what leads to the third party itself is made relative, so that whoever follows comes
back to the gateway; what leads elsewhere is refused with 502, but for `https:` on the hosts of `redirects`. Applications
get what is let through, unless `egress: { redirects-max: … }` of the API has it followed: then each hop, to the third party
itself or to another one of the config, is a call of its own. It is judged by all controls, counts for all limits, must be
declared, is shown the credential of its own third party alone, and is on record under the request id of the call. A hop has
no body: after 301, 302 and 303 a `POST` is followed by a `GET` (RFC 9110 15.4), and 307 and 308 of a request with a body are
for the application, as are other forms of `Location` than a path or an address. An answer that holds the credential, in a header field or in the body, the token before the
present one included, is refused with 502, and one
that is larger than `limits: { answer-bytes-max: … }` as well; event streams are not looked into. `response-schema` is on for
these APIs unless it is set otherwise.

It reads nothing from the specification. What that says of `security` is between the third party and the gateway, and no
application is asked for it: who may call is said here, on top of `mtls`, `jwt`, `cedar`, `rate-limit` and the like, which
are set as for any API.

| setting | meaning | default |
|---|---|---|
| `callers` | applications that may call: names of API keys, clients of tokens, services of certificates | every one that the other controls let in |
| `redirects` | hosts that redirects may lead to: names, `*.` and a name for all below, addresses | none but its own |

~~~yaml settings
egress: { callers: [shop], redirects: ['docs.example'] }
~~~
~~~yaml operation
/charges/{id}:
  get:
    security: [{ basic: [] }]
    parameters: [{ name: id, in: path, required: true, schema: { type: integer } }]
    responses:
      '200': { description: ok, content: { text/plain: {} } }
      '303': { description: elsewhere }
~~~
~~~http allowed
GET /charges/7 HTTP/1.1
Host: api.example
X-Api-Key: {key shop}
<<< backend
HTTP/1.1 303 See Other
Location: https://api.example/charges/8?a=b
>>> caller
Location: /charges/8?a=b

~~~
~~~http allowed
GET /charges/7 HTTP/1.1
Host: api.example
X-Api-Key: {key shop}
<<< backend
HTTP/1.1 303 See Other
Location: https://docs.example/charges
>>> caller
Location: https://docs.example/charges

~~~
~~~http refused 401 unauthenticated
GET /charges/7 HTTP/1.1
Host: api.example
~~~
~~~http refused 403 not-permitted
GET /charges/7 HTTP/1.1
Host: api.example
X-Api-Key: {key kiosk}
~~~
~~~http refused 502 redirect-refused
GET /charges/7 HTTP/1.1
Host: api.example
X-Api-Key: {key shop}
<<< backend
HTTP/1.1 303 See Other
Location: https://elsewhere.example/charges
~~~

In these examples the credential is `partner-secret-0123456789`.

~~~http refused 502 answer-leaks
GET /charges/7 HTTP/1.1
Host: api.example
X-Api-Key: {key shop}
<<< backend
HTTP/1.1 200 OK
Content-Type: text/plain

you sent Bearer partner-secret-0123456789
~~~

When this is wrong: an application follows redirects to hosts of the third party that you did not know of. The record says
that it was refused; add the host to `redirects`.
"#;
