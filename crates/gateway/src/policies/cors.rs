//! Lets only named origins call from a browser, and answers their preflights.

use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE,
    ACCESS_CONTROL_REQUEST_HEADERS, ORIGIN, VARY,
};
use http::{HeaderName, HeaderValue, Method, StatusCode, Uri};
use model::{Mode, Severity};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::build::Build;
use crate::config::Span;
use crate::denial::{Denial, Reason, Verdict};
use crate::policy::{AnswerField, Context, Kind, Policy, Stage};
use crate::preflight;

/// After the limits of an address, which count preflights as well; before identity, since a preflight carries no
/// credentials (WHATWG Fetch, "CORS protocol and credentials").
pub(super) const KIND: Kind =
    Kind { id: "cors", stage: Stage::Lifecycle, build, settings: Settings::json_schema, doc: DOC };

/// Header fields that a browser may send without asking (WHATWG Fetch, CORS-safelisted request-header).
const SAFE_HEADERS: &[&str] = &["accept", "accept-language", "content-language"];

const METHOD: &str = "the method may not be called from another origin";

/// Settings of `cors`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
#[schemars(inline)]
struct Settings {
    // The snapshot reads it and no policy does; it stands here so that it is no unknown key.
    /// How it is applied.
    #[schemars(with = "Option<super::ModeSchema>")]
    mode: Option<Mode>,
    /// Origins, exactly as browsers send them, as in `https://shop.example`; or `*` alone.
    allowed_origins: Vec<String>,
    /// Methods that may be called. Default: every one that is declared.
    methods: Option<Vec<String>>,
    /// Header fields that scripts may send.
    headers: Vec<String>,
    /// Header fields of answers that scripts may read.
    expose: Vec<String>,
    /// How long a browser may keep the answer to a preflight. Default: 10 minutes.
    max_age: Option<Span>,
    /// Whether browsers may send cookies and the like.
    credentials: bool,
}

#[derive(Debug)]
struct Cors {
    origins: Origins,
    methods: Option<Vec<Method>>,
    headers: Vec<HeaderName>,
    allow_headers: Option<HeaderValue>,
    expose: Option<HeaderValue>,
    max_age: HeaderValue,
    credentials: bool,
}

#[derive(Debug)]
enum Origins {
    Any,
    These(Vec<HeaderValue>),
}

fn build(build: &mut Build<'_>) -> Option<Box<dyn Policy>> {
    if !build.is_configured() {
        return None;
    }
    let settings: Settings = build.settings()?;
    match cors(settings) {
        Ok(cors) => Some(Box::new(cors)),
        Err((message, help)) => {
            build.problem(Severity::Error, message, help);
            None
        }
    }
}

/// The policy, or what is wrong with its settings and what to do.
fn cors(settings: Settings) -> Result<Cors, (String, &'static str)> {
    let methods =
        settings.methods.map(|methods| methods.iter().map(|name| method(name)).collect()).transpose()?;
    let headers = header_names(&settings.headers)?;
    let max_age_secs = settings.max_age.map_or(600, |span| span.0.as_secs());
    Ok(Cors {
        origins: origins(&settings.allowed_origins, settings.credentials)?,
        methods,
        allow_headers: list(&headers),
        headers,
        expose: list(&header_names(&settings.expose)?),
        max_age: HeaderValue::from(max_age_secs),
        credentials: settings.credentials,
    })
}

fn origins(written: &[String], credentials: bool) -> Result<Origins, (String, &'static str)> {
    const EXACT: &str =
        "write origins as browsers send them: scheme, host and port, as in `https://shop.example`";
    if written.is_empty() {
        return Err(("`cors` has no `allowed-origins`".to_owned(), EXACT));
    }
    if let [only] = written
        && only == "*"
    {
        return match credentials {
            true => Err((
                "`credentials` with every origin allowed would let any site act for the user".to_owned(),
                EXACT,
            )),
            false => Ok(Origins::Any),
        };
    }
    let exact = written.iter().map(|origin| match HeaderValue::from_str(origin) {
        Ok(value) if is_origin(origin) => Ok(value),
        _ => Err((format!("`{origin}` is not an origin"), EXACT)),
    });
    exact.collect::<Result<_, _>>().map(Origins::These)
}

/// Whether `text` is spelled as a browser spells an origin: lowercase, no path, no default port.
fn is_origin(text: &str) -> bool {
    let Ok(uri) = text.parse::<Uri>() else { return false };
    let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else { return false };
    let default_port = if scheme == "https" { Some(443) } else { Some(80) };
    matches!(scheme, "http" | "https")
        && authority.port_u16() != default_port
        && !authority.as_str().contains(['@', '*'])
        && text == format!("{scheme}://{}", authority.as_str().to_ascii_lowercase())
}

fn method(name: &str) -> Result<Method, (String, &'static str)> {
    match Method::from_bytes(name.as_bytes()) {
        Ok(method) if name != "*" => Ok(method),
        _ => Err((format!("`{name}` is not a method"), "write methods as requests do, as in `GET`")),
    }
}

fn header_names(names: &[String]) -> Result<Vec<HeaderName>, (String, &'static str)> {
    let parsed = names.iter().map(|name| match HeaderName::from_bytes(name.as_bytes()) {
        Ok(header) if name != "*" => Ok(header),
        _ => Err((
            format!("`{name}` is not the name of a header field"),
            "name each field, as in `content-type`",
        )),
    });
    parsed.collect()
}

fn list(names: &[HeaderName]) -> Option<HeaderValue> {
    let names: Vec<&str> = names.iter().map(HeaderName::as_str).collect();
    HeaderValue::from_str(&names.join(", ")).ok().filter(|value| !value.is_empty())
}

impl Policy for Cors {
    fn head(&self, cx: &mut Context<'_>) -> Verdict {
        let asked = preflight::asked(cx.method, cx.headers);
        if asked.is_some_and(|asked| is_of_another_operation(asked, cx)) {
            return Ok(());
        }
        // Two sources of these fields would contradict each other, or let the backend allow what was refused here.
        cx.answer_fields.push(AnswerField::Drop("access-control-"));
        // Answers differ by origin, also to requests that have none, or a cache would give one origin's to another
        // (WHATWG Fetch, "CORS protocol and HTTP caches").
        let vary = match asked {
            Some(_) => "origin, access-control-request-method, access-control-request-headers",
            None => "origin",
        };
        cx.answer_fields.push(AnswerField::Add(VARY, HeaderValue::from_static(vary)));
        let mut origins = cx.headers.get_all(ORIGIN).iter();
        let Some(origin) = origins.next() else { return Ok(()) };
        if origins.next().is_some() {
            return Err(refused("several origins"));
        }
        let Some(allowed) = self.allowed(origin) else {
            // Browsers name their own origin too when a request may change something.
            return if is_same(origin, cx.host) { Ok(()) } else { Err(refused("the origin may not call")) };
        };
        let set = |name, value| AnswerField::Set(name, value);
        cx.answer_fields.push(set(ACCESS_CONTROL_ALLOW_ORIGIN, allowed));
        if self.credentials {
            cx.answer_fields.push(set(ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true")));
        }
        if let Some(asked) = asked {
            return self.answer(asked, cx);
        }
        cx.answer_fields.extend(self.expose.clone().map(|names| set(ACCESS_CONTROL_EXPOSE_HEADERS, names)));
        // A browser sends some methods without asking first, so the call itself is judged as well.
        if self.may_call(cx.method) { Ok(()) } else { Err(refused(METHOD)) }
    }

    fn answers_preflights(&self) -> bool {
        true
    }
}

impl Cors {
    /// What `Access-Control-Allow-Origin` says to `origin`: a value of the settings, never the one that was sent.
    fn allowed(&self, origin: &HeaderValue) -> Option<HeaderValue> {
        match &self.origins {
            Origins::Any => Some(HeaderValue::from_static("*")),
            Origins::These(origins) => origins.iter().find(|allowed| *allowed == origin).cloned(),
        }
    }

    /// Answers the preflight for `asked`, a method that no other operation of the path has.
    fn answer(&self, asked: &[u8], cx: &mut Context<'_>) -> Verdict {
        let declared = cx.path_methods.iter().find(|method| method.as_str().as_bytes() == asked);
        let Some(method) = declared.filter(|method| self.may_call(method)) else {
            return Err(refused(METHOD));
        };
        for field in cx.headers.get_all(ACCESS_CONTROL_REQUEST_HEADERS) {
            let names =
                field.to_str().unwrap_or("\u{0}").split(',').map(str::trim).filter(|name| !name.is_empty());
            if !names.into_iter().all(|name| self.may_send(name)) {
                return Err(refused("a header field may not be sent from another origin"));
            }
        }
        // No method beside the one that was asked for: others have settings of their own, and browsers keep the answer.
        let method = HeaderValue::from_str(method.as_str());
        let fields = [
            (ACCESS_CONTROL_ALLOW_METHODS, method.ok()),
            (ACCESS_CONTROL_ALLOW_HEADERS, self.allow_headers.clone()),
            (ACCESS_CONTROL_MAX_AGE, Some(self.max_age.clone())),
        ];
        let set = |(name, value): (HeaderName, Option<HeaderValue>)| Some(AnswerField::Set(name, value?));
        cx.answer_fields.extend(fields.into_iter().filter_map(set));
        cx.answer = Some(StatusCode::NO_CONTENT);
        Ok(())
    }

    fn may_call(&self, method: &Method) -> bool {
        self.methods.as_ref().is_none_or(|methods| methods.contains(method))
    }

    fn may_send(&self, name: &str) -> bool {
        let is_named = |known: &str| known.eq_ignore_ascii_case(name);
        self.headers.iter().any(|header| is_named(header.as_str()))
            || SAFE_HEADERS.iter().any(|&safe| is_named(safe))
    }
}

/// Whether a preflight asks for an operation other than the one that judges: that one's `cors` is not in force, so
/// nothing answers in its place.
fn is_of_another_operation(asked: &[u8], cx: &Context<'_>) -> bool {
    let is_asked = |method: &str| method.as_bytes() == asked;
    cx.path_methods.iter().any(|method| is_asked(method.as_str()))
        && !cx.operation.is_some_and(|key| is_asked(&key.method))
}

/// Whether the host of `origin` is the one that was asked; its scheme is not known here.
fn is_same(origin: &HeaderValue, host: &str) -> bool {
    let authority = origin.to_str().ok().and_then(|text| text.split_once("://"));
    authority.is_some_and(|(_, authority)| !host.is_empty() && authority.eq_ignore_ascii_case(host))
}

fn refused(detail: &'static str) -> Denial {
    Denial::fixed(Reason::CorsRefused, KIND.id, detail)
}

const DOC: &str = r"
Says which web pages may call the API. The browser's question before a call (the preflight) is judged by the settings of
the operation that it asks for, answered by the gateway with 204, and never reaches the backend; it needs no credentials,
and no `OPTIONS` in the specification. A call from an origin that is not listed is refused with 403; a page of the API's
own host may always call. What a request sends as `Origin` is never repeated back: the answer names the listed origin.

Where it is in force the gateway alone speaks of CORS: `Access-Control-…` fields of the backend's answers are dropped, and
`Origin` joins their `Vary`. An operation where it is `off` is not helped by the settings of its neighbours: a preflight
for it is an `OPTIONS` request like any other. In `shadow` calls are judged for the record, and preflights go their way.

It reads the methods of the path, and does nothing until it is configured.

| setting | meaning | default |
|---|---|---|
| `allowed-origins` | origins, exactly; or `*` alone, which excludes `credentials` | must be given |
| `methods` | methods that may be called | every declared one |
| `headers` | header fields that scripts may send | none |
| `expose` | header fields of answers that scripts may read | none |
| `max-age` | how long a browser may keep the answer | `10m` |
| `credentials` | whether browsers may send cookies and the like | `false` |

~~~yaml settings
cors: { allowed-origins: ['https://shop.example'], headers: [content-type] }
~~~
~~~yaml operation
/orders:
  post:
    security: []
    requestBody: { content: { application/json: { schema: { type: object } } } }
    responses: { '201': { description: created } }
~~~
~~~http allowed
OPTIONS /orders HTTP/1.1
Host: api.example
Origin: https://shop.example
Access-Control-Request-Method: POST
Access-Control-Request-Headers: content-type
~~~
~~~http refused 403 cors-refused
POST /orders HTTP/1.1
Host: api.example
Origin: https://evil.example
Content-Type: application/json
Content-Length: 2

{}
~~~

When this is wrong: the backend answers preflights itself and differently. Programs that are no browser send any
`Origin` they like, so this protects users of browsers, not the API.
";
