//! Refuses URLs that lead where the API must not go.

use std::sync::Arc;

use model::{Mode, Redacted, Severity};
use schemars::JsonSchema;
use serde::Deserialize;
use spec::{
    Contract, MediaType, MultipartLimits, Node, Operation, OperationIndex, PAIRS_MAX, Parameter,
    ParameterLocation, Query, Template,
};

use crate::build::Build;
use crate::content;
use crate::denial::{Denial, Reason, Verdict};
use crate::destination::{Fault, Hosts, Rules, judge_resolved};
use crate::policy::{Body, Context, Kind, Policy, Stage};
use crate::resolution::{NamedHost, Resolved, Unresolved};

pub(super) const KIND: Kind =
    Kind { id: "ssrf", stage: Stage::Validate, build, settings: Settings::json_schema, doc: DOC };

/// Ends of names that say that a value is a URL.
const NAMES: &[&str] = &["url", "urls", "uri", "uris", "href", "callback", "webhook"];

/// Names that are looked up for one request.
const NAMES_MAX: usize = 8;

/// Seconds after which a name may be looked up again that could not be because too many were.
const RETRY_AFTER_SECS: u64 = 1;

const MULTIPART: &str = "multipart/form-data";

/// Settings of `ssrf`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
#[schemars(inline)]
struct Settings {
    // The snapshot reads it and no policy does; it stands here so that it is no unknown key.
    /// How it is applied.
    #[schemars(with = "Option<super::ModeSchema>")]
    mode: Option<Mode>,
    /// Schemes that URLs may have. Default: `https`.
    schemes: Option<Vec<String>>,
    /// Ports that they may name. Default: that of the scheme.
    ports: Vec<u16>,
    /// The only hosts that they may name: a name, `*.` and a name, or an address. Default: public ones.
    hosts: Vec<String>,
    /// Hosts of the inside that they may name besides. They are not looked up: they may lead anywhere.
    internal: Vec<String>,
    /// Hosts that they may not name, listed or not.
    refuse: Vec<String>,
    /// Whether names are looked up, and refused where they lead to an address that is not public. Default: `true`.
    resolve: Option<bool>,
    /// Whether a path without scheme and host will do.
    relative: bool,
    /// Ends of names that say that a value is a URL, `-`, `_` and case aside.
    names: Option<Vec<String>>,
}

#[derive(Debug)]
struct Ssrf {
    contract: Arc<Contract>,
    /// None for requests that no contract declares, in which names alone tell.
    operation: Option<OperationIndex>,
    watched: Vec<Watched>,
    /// In lowercase, without what stands between words.
    names: Vec<String>,
    rules: Rules,
    resolves: bool,
}

/// A declared parameter whose value is a URL, or several.
#[derive(Debug)]
struct Watched {
    name: String,
    location: ParameterLocation,
    /// The ordinal of a parameter of the path.
    ordinal: Option<usize>,
    separator: Option<char>,
    /// What is no text is no URL, whatever it is called.
    is_text: bool,
}

fn build(build: &mut Build<'_>) -> Option<Box<dyn Policy>> {
    let settings: Settings = build.settings()?;
    let names = settings.names.unwrap_or_else(|| NAMES.iter().map(|name| (*name).to_owned()).collect());
    let names: Vec<String> = names.iter().map(|name| letters(name).collect()).collect();
    let watched = build.operation.map(|operation| watched(operation, &names)).unwrap_or_default();
    if !build.is_configured() {
        let contents = build.operation.and_then(|operation| operation.request_body.as_ref());
        let has_urls =
            contents.is_some_and(|body| body.content.iter().any(|content| !content.urls.is_empty()));
        if has_urls || watched.iter().any(|watched| watched.is_text) {
            build.gap("values of the request are URLs, and nothing says where they may lead: set `ssrf`");
        }
        return None;
    }
    let schemes = settings.schemes.unwrap_or_else(|| vec!["https".to_owned()]);
    let is_scheme = |scheme: &String| {
        scheme.starts_with(|first: char| first.is_ascii_lowercase())
            && scheme
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"+-.".contains(&byte))
    };
    if let Some(scheme) = schemes.iter().find(|scheme| !is_scheme(scheme)) {
        build.problem(
            Severity::Error,
            format!("`{scheme}` is no scheme"),
            "write it as in `https`, in lowercase",
        );
    }
    if names.iter().any(String::is_empty) {
        build.problem(Severity::Error, "a name without a letter says of every value that it is a URL", "");
    }
    let rules = Rules {
        schemes,
        ports: settings.ports,
        hosts: hosts(build, &settings.hosts, true),
        internal: hosts(build, &settings.internal, true),
        refused: hosts(build, &settings.refuse, false),
        relative: settings.relative,
    };
    let operation = build.operation.map(|operation| operation.id);
    let (contract, resolves) = (Arc::clone(build.contract), settings.resolve.unwrap_or(true));
    Some(Box::new(Ssrf { contract, operation, watched, names, rules, resolves }))
}

/// The hosts of a list; one that is never let through is a problem where the list says which are.
fn hosts(build: &mut Build<'_>, texts: &[String], are_allowed: bool) -> Vec<Hosts> {
    let mut hosts = Vec::new();
    for text in texts {
        match Hosts::parse(text) {
            Some(parsed) if are_allowed && !parsed.may_be_public() => {
                let help = "an address that is not public is refused, listed or not: list a name";
                build.problem(Severity::Error, format!("`{text}` is not public"), help);
            }
            Some(parsed) => hosts.push(parsed),
            None => {
                let help = "write a name, `*.` and a name, or an address, without scheme, port and path";
                build.problem(Severity::Error, format!("`{text}` is no host"), help);
            }
        }
    }
    hosts
}

fn watched(operation: &Operation, names: &[String]) -> Vec<Watched> {
    let template = Template::parse(&operation.path).ok();
    let ordinal = |name: &str| template.as_ref()?.parameters().position(|known| known == name);
    let is_url = |parameter: &&Parameter| {
        let is_said = parameter.is_url() || said_by(names, &parameter.name).is_some();
        is_said && parameter.location != ParameterLocation::Cookie
    };
    let watched = operation.parameters.iter().filter(is_url).map(|parameter| Watched {
        name: parameter.name.clone(),
        location: parameter.location,
        ordinal: ordinal(&parameter.name),
        separator: parameter.separator(),
        is_text: parameter.is_text(),
    });
    watched.collect()
}

/// What a name says, without case and without what stands between its words.
fn letters(name: &str) -> impl DoubleEndedIterator<Item = char> {
    let is_between = |letter: &char| matches!(letter, '-' | '_' | '.' | '[' | ']' | ' ' | '$');
    name.chars().filter(move |letter| !is_between(letter)).map(|letter| letter.to_ascii_lowercase())
}

/// The one of `names` in which `name` ends.
fn said_by<'n>(names: &'n [String], name: &str) -> Option<&'n str> {
    let ends_in = |end: &&String| {
        let mut own = letters(name).rev();
        letters(end).rev().all(|letter| own.next() == Some(letter))
    };
    names.iter().find(ends_in).map(String::as_str)
}

impl Policy for Ssrf {
    fn head(&self, cx: &mut Context<'_>) -> Verdict {
        for watched in self.watched.iter().filter(|watched| watched.is_text) {
            match watched.location {
                ParameterLocation::Path => {
                    let place = || format!("`{}` in the path", watched.name);
                    let captured = watched.ordinal.and_then(|ordinal| cx.captures.get(ordinal));
                    let text = captured.copied().unwrap_or_default();
                    self.judge_list(text, watched.separator, spec::decoded, &place, &mut cx.names)?;
                }
                ParameterLocation::Header => {
                    let place = || format!("`{}` in the header", watched.name);
                    for value in cx.headers.get_all(&watched.name) {
                        let text = std::str::from_utf8(value.as_bytes())
                            .ok()
                            .ok_or_else(|| refused(&place(), "is not text"))?;
                        self.judge_list(
                            text.trim_matches([' ', '\t']),
                            watched.separator,
                            |text| Ok(text.into()),
                            &place,
                            &mut cx.names,
                        )?;
                    }
                }
                ParameterLocation::Query | ParameterLocation::QueryString | ParameterLocation::Cookie => {}
            }
        }
        match cx.query {
            Some(text) if !text.is_empty() => self.judge_query(text, &mut cx.names),
            _ => Ok(()),
        }
    }

    fn body(&self, cx: &mut Context<'_>, body: &Body<'_>) -> Verdict {
        if body.bytes.is_empty() {
            return Ok(());
        }
        let operation = self.operation.and_then(|index| self.contract.operation(index));
        let declared = operation.and_then(|operation| operation.request_body.as_ref());
        let accepted = declared.and_then(|declared| declared.accepted(body.content_type).ok());
        let urls = accepted.map(|accepted| accepted.content.urls.as_slice()).unwrap_or_default();
        if body.is_json() {
            let malformed =
                |error: &spec::JsonError| Denial::fixed(Reason::BodyMalformed, KIND.id, error.kind.as_str());
            let root = body.json().map_err(malformed)?.root();
            urls.iter().try_for_each(|path| self.judge_path(root, path, path, &mut cx.names))?;
            return self.judge_members(root, None, &mut cx.names);
        }
        match body.media_type {
            content::FORM => self.judge_form(body, urls, &mut cx.names),
            MULTIPART => self.judge_parts(body, urls, &mut cx.names),
            _ => Ok(()),
        }
    }

    fn resolved(&self, host: &NamedHost, resolved: &Resolved) -> Verdict {
        if let Err(Unresolved::Overloaded) = resolved {
            let mut denial =
                Denial::fixed(Reason::Overloaded, KIND.id, "too many names are looked up at once");
            denial.retry_after_secs = Some(RETRY_AFTER_SECS);
            return Err(denial);
        }
        judge_resolved(resolved).map_err(|fault| refused(&host.place, fault.as_str()))
    }

    /// Of other types nothing is known that would be a URL.
    fn needs_body(&self, media_type: Option<&str>) -> bool {
        media_type.is_none_or(|media_type| {
            content::is_json(media_type) || matches!(media_type, content::FORM | MULTIPART)
        })
    }
}

impl Ssrf {
    /// Judges a URL by its spelling; the name in it comes to those in `names`, to be looked up.
    fn judge(&self, text: &str, place: &dyn Fn() -> String, names: &mut Vec<NamedHost>) -> Verdict {
        let wrong = |fault: Fault| refused(&place(), fault.as_str());
        let name = self.rules.judge(text).map_err(wrong)?.filter(|_| self.resolves);
        let Some(name) = name else { return Ok(()) };
        if names.iter().any(|known| known.name.eq_ignore_ascii_case(name)) {
            return Ok(());
        }
        if names.len() >= NAMES_MAX {
            return Err(wrong(Fault::TooManyNames));
        }
        names.push(NamedHost { name: name.to_ascii_lowercase(), place: place() });
        Ok(())
    }

    /// Judges a text as it was sent, or each item where it is a list of them.
    fn judge_list<'t>(
        &self,
        text: &'t str,
        separator: Option<char>,
        decode: impl Fn(&'t str) -> Result<std::borrow::Cow<'t, str>, spec::QueryFault>,
        place: &dyn Fn() -> String,
        names: &mut Vec<NamedHost>,
    ) -> Verdict {
        text.split(|character| Some(character) == separator).try_for_each(|item| {
            let decoded = decode(item).map_err(|fault| refused(&place(), fault.as_str()))?;
            self.judge(&decoded, place, names)
        })
    }

    fn judge_query(&self, text: &str, names: &mut Vec<NamedHost>) -> Verdict {
        let query = Query::parse(text, PAIRS_MAX)
            .map_err(|fault| Denial::fixed(Reason::ParameterInvalid, KIND.id, fault.as_str()))?;
        for pair in query.pairs() {
            let is_it = |watched: &&Watched| {
                watched.location == ParameterLocation::Query && watched.name == pair.name
            };
            let (name, separator) = match self.watched.iter().find(is_it) {
                Some(watched) if !watched.is_text => continue,
                Some(watched) => (watched.name.as_str(), watched.separator),
                None => match said_by(&self.names, &pair.name) {
                    Some(end) => (end, None),
                    None => continue,
                },
            };
            let place = || format!("`{name}` in the query");
            self.judge_list(pair.raw_value, separator, spec::decoded_form, &place, names)?;
        }
        Ok(())
    }

    fn judge_form(&self, body: &Body<'_>, urls: &[Vec<String>], names: &mut Vec<NamedHost>) -> Verdict {
        let malformed = |why: &'static str| Denial::fixed(Reason::BodyMalformed, KIND.id, why);
        let text = std::str::from_utf8(body.bytes).ok().ok_or_else(|| malformed("the form is not UTF-8"))?;
        let pairs = Query::parse(text, PAIRS_MAX).map_err(|fault| malformed(fault.as_str()))?;
        for pair in pairs.pairs() {
            if let Some(name) = self.is_field(&pair.name, urls) {
                let place = || format!("`{name}` in the form");
                self.judge_list(pair.raw_value, None, spec::decoded_form, &place, names)?;
            }
        }
        Ok(())
    }

    fn judge_parts(&self, body: &Body<'_>, urls: &[Vec<String>], names: &mut Vec<NamedHost>) -> Verdict {
        let malformed = |why: &'static str| Denial::fixed(Reason::BodyMalformed, KIND.id, why);
        let media = MediaType::parse(body.content_type);
        let boundary = media.as_ref().and_then(|media| media.boundary.as_deref()).unwrap_or_default();
        let parts = spec::parse_multipart(body.bytes, boundary, &MultipartLimits::default());
        for part in parts.map_err(|fault| malformed(fault.as_str()))? {
            let Some(name) = self.is_field(&part.name, urls) else {
                continue;
            };
            let place = || format!("`{name}` in the form");
            let text = std::str::from_utf8(part.data).ok().ok_or_else(|| refused(&place(), "is not text"))?;
            self.judge(text, &place, names)?;
        }
        Ok(())
    }

    /// What says that the field called `name` of a form is a URL, in words that are not the caller's.
    fn is_field<'s>(&'s self, name: &str, urls: &'s [Vec<String>]) -> Option<&'s str> {
        let of_schema = urls.iter().filter_map(|path| path.first());
        let declared = of_schema
            .map(String::as_str)
            .find(|first| *first == name || name.split('[').next() == Some(first));
        declared.or_else(|| said_by(&self.names, name))
    }

    /// Judges what `rest` leads to. As deep as the path is long.
    fn judge_path(
        &self,
        node: Node<'_>,
        rest: &[String],
        whole: &[String],
        names: &mut Vec<NamedHost>,
    ) -> Verdict {
        match rest.split_first() {
            None => match node.as_str() {
                Some(text) => self.judge(text, &|| format!("`/{}` in the body", whole.join("/")), names),
                None => Ok(()),
            },
            Some((first, rest)) if first == "*" => {
                let members = node.entries().map(|entry| entry.value);
                node.items().chain(members).try_for_each(|inside| self.judge_path(inside, rest, whole, names))
            }
            Some((first, rest)) => {
                node.get(first).map_or(Ok(()), |inside| self.judge_path(inside, rest, whole, names))
            }
        }
    }

    /// Judges members by their names; `said` is the end of the name under which `node` stands. As deep as JSON may be.
    fn judge_members(&self, node: Node<'_>, said: Option<&str>, names: &mut Vec<NamedHost>) -> Verdict {
        if let (Some(end), Some(text)) = (said, node.as_str()) {
            return self.judge(text, &|| format!("a member called `{end}` in the body"), names);
        }
        node.items().try_for_each(|item| self.judge_members(item, said, names))?;
        node.entries()
            .try_for_each(|entry| self.judge_members(entry.value, said_by(&self.names, entry.key), names))
    }
}

/// `place` is in words of the contract or of the config.
fn refused(place: &str, why: &'static str) -> Denial {
    Denial::new(Reason::UrlRefused, KIND.id, Redacted::vouched(format!("{place}: {why}")))
}

const DOC: &str = r#"
Refuses requests with a URL that leads where the API must not go: in parameters of path, query and header, and in bodies of
JSON and forms. A value is a URL where its schema says so (`format: uri`, `uri-reference`, `iri`, `iri-reference` or `url`,
up to five levels deep), or where the name of the parameter or member ends in one of `names`, wherever it stands. It is on
where it is set; `ssrf: enforce` takes the defaults.

One strict reader decides, and what two readers could take for different hosts is refused: characters that RFC 3986 does
not have (control characters, white space, backslashes, letters of other scripts and wide digits), escapes in the host,
anything before an `@`, a dot at the end of the host, and every spelling of an address but four plain decimal numbers:
`127.1`, `0x7f.1`, `2130706433`, `0177.0.0.1`. Of addresses only public ones are let through: none that is private, shared,
loopback, link-local, of a group, reserved, or that a cloud tells secrets on, and none of IPv6 that holds one of IPv4
(mapped, compatible, NAT64, 6to4, Teredo, ISATAP). A list of hosts does not change that. Names of internal networks
(`localhost`, `metadata.google.internal`, `*.internal`, `*.local`, names without a dot) are refused unless they are listed.

Names that pass are looked up, with the resolver of the gateway's machine, once every other control has let the request
through: all of a name's addresses must be public. That goes for names on the list of `hosts` as well: whoever owns one can
have it lead to the metadata of your cloud. Names of the inside belong under `internal`, and are not looked up. A name that
cannot be looked up, or not within 3 s, is refused, since it may lead somewhere once the API looks; so are more than 8 names
of one request. While 64 names are being looked up, further ones are refused with 503. Where a name leads is believed for
10 s, that it leads nowhere for 2 s.

What this cannot do: the API looks the name up again when it calls, and whoever owns the name may have it lead elsewhere by
then (DNS rebinding). Nor does it see where the API is redirected. Name the hosts, or have the API's own calls go through
something that looks at the address it connects to, as listeners with `egress` do. `palisade explain` looks nothing up.

Cookies, parameters and parts of forms that are JSON, numbers, and bodies of
other types are not looked into; members of an object in a query are known by their names alone.

| setting | meaning | default |
|---|---|---|
| `schemes` | schemes that URLs may have | `https` |
| `ports` | ports that they may have | that of the scheme |
| `hosts` | the only hosts: names, `*.` and a name for all below it, addresses | all public ones |
| `internal` | hosts of the inside that are let through besides, wherever they lead: names, `*.` and a name | none |
| `refuse` | hosts that are refused all the same, as `*.nip.io` | none |
| `resolve` | looks names up; `false` where the gateway cannot, and the API does in a network of its own | `true` |
| `relative` | lets a path through, as in `/after/login`, that stays where it is | `false` |
| `names` | ends of names that say that a value is a URL; case, `-` and `_` do not count | `url`, `urls`, `uri`, `uris`, `href`, `callback`, `webhook` |

~~~yaml operation
/hooks:
  post:
    security: []
    parameters: [{ name: return_url, in: query, schema: { type: string } }]
    requestBody:
      content:
        application/json:
          schema:
            type: object
            properties: { target: { type: string, format: uri }, imageUrl: { type: string }, note: { type: string } }
    responses: { '200': { description: ok } }
~~~
~~~yaml settings
ssrf: { refuse: ['*.nip.io'] }
~~~
~~~http allowed
POST /hooks?return_url=https%3A%2F%2Fshop.example%2Fdone HTTP/1.1
Host: api.example
Content-Type: application/json

{"target": "https://partner.example/hook", "note": "http://127.0.0.1/"}
~~~
~~~http refused 400 url-refused
POST /hooks HTTP/1.1
Host: api.example
Content-Type: application/json

{"target": "https://169.254.169.254/latest/meta-data/"}
~~~
~~~http refused 400 url-refused
POST /hooks HTTP/1.1
Host: api.example
Content-Type: application/json

{"imageUrl": "https://0x7f.1/"}
~~~
~~~http refused 400 url-refused
POST /hooks HTTP/1.1
Host: api.example
Content-Type: application/json

{"imageUrl": "https://10.0.0.1.nip.io/"}
~~~
~~~http refused 400 url-refused
POST /hooks?return_url=https://shop.example@127.0.0.1/ HTTP/1.1
Host: api.example
~~~

In these examples `inside.example` leads to 10.0.0.1, and nobody knows `nowhere.example`.

~~~http refused 400 url-refused
POST /hooks?return_url=https://inside.example/ HTTP/1.1
Host: api.example
~~~
~~~http refused 400 url-refused
POST /hooks HTTP/1.1
Host: api.example
Content-Type: application/json

{"target": "https://nowhere.example/"}
~~~

When this is wrong: the API takes relative URLs, plain `http`, hosts of the inside, or names that only it can look up. Say so
in the settings, or run it in `shadow` first.
"#;
