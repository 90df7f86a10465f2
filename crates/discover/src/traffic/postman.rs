//! Collections of Postman.

use std::borrow::Cow;
use std::io::{self, Read};

use serde_json::Value;

use super::{Format, Mark, Tell, Told};
use crate::credential::Credential;
use crate::elements::{Elements, Held};
use crate::keys::KeyLog;
use crate::line::Line;
use crate::message;
use crate::tally::Position;

pub(super) const FORMAT: Format = Format {
    id: "postman",
    product: "Postman",
    source: "https://schema.postman.com/",
    mark: Mark::Members(&["item", "collection"]),
    read,
    doc: DOC,
};

/// How often a variable may stand for another.
const VARIABLES_DEPTH_MAX: usize = 4;

/// The longest URL once variables are filled in, in bytes.
const URL_BYTES_MAX: usize = 1 << 13;

/// The most items, so that a damaged collection ends.
const ITEMS_MAX: u64 = 1 << 20;

/// What holds for a request unless it says otherwise: variables and authentication of the folders it lies in.
#[derive(Clone, Default)]
struct Scope<'v> {
    variables: Vec<(&'v str, &'v str)>,
    auth: Option<&'v Value>,
}

fn read(stream: &mut dyn Read, _: &KeyLog, tell: &mut Tell<'_>) -> io::Result<()> {
    let text = match Elements::new(stream).hold()? {
        Held::Text(text) => text,
        Held::TooLarge => {
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, "larger than what is read"));
        }
    };
    let document: Value = serde_json::from_str(&String::from_utf8_lossy(&text))?;
    let collection = document.get("collection").unwrap_or(&document);
    folder(collection, &Scope::default(), &mut 0, tell);
    Ok(())
}

/// Tells the requests of a collection or of a folder in it.
fn folder(folder: &Value, outer: &Scope<'_>, number: &mut u64, tell: &mut Tell<'_>) {
    let scope = outer.within(folder);
    for item in folder.get("item").and_then(Value::as_array).into_iter().flatten() {
        if *number >= ITEMS_MAX {
            return;
        }
        if item.get("item").is_some() {
            self::folder(item, &scope, number, tell);
            continue;
        }
        *number += 1;
        tell(Told::Next);
        let position = Position::Entry(*number);
        let Some(request) = item.get("request") else {
            tell(Told::Unknown(position, "an item without request".to_owned()));
            continue;
        };
        let Some(line) = asked(request, &scope.within(item)) else {
            tell(Told::Nothing);
            continue;
        };
        let answers = item.get("response").and_then(Value::as_array).filter(|answers| !answers.is_empty());
        match answers {
            None => tell(Told::Request(line, position)),
            Some(answers) => {
                answers
                    .iter()
                    .for_each(|answer| tell(Told::Request(answered(line.clone(), answer), position)));
            }
        }
    }
}

impl<'v> Scope<'v> {
    fn within(&self, folder: &'v Value) -> Scope<'v> {
        let mut scope = self.clone();
        let variables = folder.get("variable").and_then(Value::as_array).into_iter().flatten();
        let pairs = variables.filter_map(|pair| {
            let name = pair.get("key").or_else(|| pair.get("id"))?.as_str()?;
            Some((name, pair.get("value")?.as_str()?))
        });
        scope.variables.extend(pairs);
        scope.auth = folder.get("auth").filter(|auth| auth.is_object()).or(self.auth);
        scope
    }

    fn value(&self, name: &str) -> Option<&'v str> {
        self.variables.iter().rev().find(|(known, _)| *known == name).map(|(_, value)| *value)
    }

    /// The URL with the variables filled in that stand at its beginning, where schemes and hosts do. Others are parameters.
    fn filled(&self, url: &str) -> String {
        let mut text = url.to_owned();
        for _ in 0..VARIABLES_DEPTH_MAX {
            let start = text.find("://").map_or(0, |at| at + 3);
            let path = text.get(start..).and_then(|rest| rest.find('/')).map_or(text.len(), |at| start + at);
            let Some((before, name, after)) = variable(&text).filter(|(before, _, _)| before.len() < path)
            else {
                break;
            };
            let Some(value) = self.value(name) else { break };
            let filled = format!("{before}{value}{after}");
            if filled.len() > URL_BYTES_MAX {
                break;
            }
            text = filled;
        }
        text
    }
}

/// What stands before, in and after the first `{{…}}`.
fn variable(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once("{{")?;
    let (name, after) = rest.split_once("}}")?;
    Some((before, name, after))
}

fn asked(request: &Value, scope: &Scope<'_>) -> Option<Line<'static>> {
    let mut line = Line::default();
    let url = request.get("url").unwrap_or(request);
    let raw = url.as_str().or_else(|| url.get("raw").and_then(Value::as_str));
    let text = scope.filled(&raw.map_or_else(|| assembled(url), str::to_owned));
    message::method(&mut line, request.get("method").and_then(Value::as_str).unwrap_or("GET"));
    place(&mut line, &text);
    line.path.as_ref()?;
    for field in enabled(request.get("header")) {
        if let (Some(name), Some(value)) = (text_of(field, "key"), text_of(field, "value")) {
            message::request_field(&mut line, name, value);
        }
    }
    if let Some("raw") = request.pointer("/body/mode").and_then(Value::as_str)
        && let Some("json") = request.pointer("/body/options/raw/language").and_then(Value::as_str)
    {
        line.request_type.get_or_insert(Cow::Borrowed("application/json"));
        line.request_body.field("content-type", "application/json");
    }
    line.request_body
        .push(request.pointer("/body/raw").and_then(Value::as_str).unwrap_or_default().as_bytes());
    let auth = request.get("auth").filter(|auth| auth.is_object()).or(scope.auth);
    if let Some(credential) = auth.and_then(shown) {
        line.credentials.insert(credential);
    }
    message::all_was_seen(&mut line);
    Some(line)
}

/// The kind of what a request is authenticated with.
fn shown(auth: &Value) -> Option<Credential> {
    let kind = text_of(auth, "type")?;
    match kind {
        "noauth" => None,
        "bearer" | "oauth2" => {
            // An object in version 2.0, a list of pairs in 2.1.
            let of_list =
                || auth.get(kind)?.as_array()?.iter().find(|pair| text_of(pair, "key") == Some("token"));
            let token = auth.get(kind).and_then(|of| text_of(of, "token"));
            let token =
                token.or_else(|| of_list().and_then(|pair| text_of(pair, "value"))).unwrap_or_default();
            Some(Credential::of_authorization(&format!("Bearer {token}")))
        }
        "basic" => Some(Credential::Basic),
        "apikey" => Some(Credential::ApiKey),
        "jwt" => Some(Credential::Jwt),
        _ => Some(Credential::Authorization),
    }
}

fn answered(mut line: Line<'static>, answer: &Value) -> Line<'static> {
    let status = answer.get("code").and_then(Value::as_u64).and_then(|code| u16::try_from(code).ok());
    line.status = status.filter(|status| (100..1000).contains(status));
    for field in enabled(answer.get("header")) {
        if let (Some(name), Some(value)) = (text_of(field, "key"), text_of(field, "value")) {
            message::answer_field(&mut line, name, value);
        }
    }
    line.answer_body.is_unpacked();
    line.answer_body.push(text_of(answer, "body").unwrap_or_default().as_bytes());
    line
}

/// Takes in host, path and query; a variable that stands for the host and has no value leaves it open.
fn place(line: &mut Line<'static>, text: &str) {
    let (scheme, rest) = text.split_once("://").unwrap_or(("https", text));
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (host, target) = rest.split_at_checked(end).unwrap_or_default();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let path = path.split('#').next().unwrap_or_default();
    let segments = path.split('/').skip(1).map(|segment| match segment.strip_prefix(':') {
        Some(name) if !name.is_empty() => format!("{{{name}}}"),
        _ => segment.replace("{{", "{").replace("}}", "}"),
    });
    let path = format!("/{}", segments.collect::<Vec<_>>().join("/"));
    let mark = if query.is_empty() { "" } else { "?" };
    if host.contains("{{") || host.is_empty() {
        message::url(line, &format!("{path}{mark}{query}"));
    } else {
        message::url(line, &format!("{scheme}://{host}{path}{mark}{query}"));
    }
}

/// The URL of which only the parts are given.
fn assembled(url: &Value) -> String {
    let joined = |name: &str, by: &str| match url.get(name) {
        Some(Value::Array(parts)) => parts.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(by),
        Some(Value::String(text)) => text.clone(),
        _ => String::new(),
    };
    let port = text_of(url, "port").map(|port| format!(":{port}")).unwrap_or_default();
    let query: Vec<String> = enabled(url.get("query"))
        .filter_map(|pair| {
            Some(format!("{}={}", text_of(pair, "key")?, text_of(pair, "value").unwrap_or_default()))
        })
        .collect();
    let mark = if query.is_empty() { "" } else { "?" };
    let protocol = text_of(url, "protocol").unwrap_or("https");
    let path = joined("path", "/");
    format!(
        "{protocol}://{}{port}/{}{mark}{}",
        joined("host", "."),
        path.trim_start_matches('/'),
        query.join("&")
    )
}

/// The pairs of a list that are not switched off.
fn enabled(list: Option<&Value>) -> impl Iterator<Item = &Value> {
    let list = list.and_then(Value::as_array).into_iter().flatten();
    list.filter(|pair| pair.get("disabled").and_then(Value::as_bool) != Some(true))
}

fn text_of<'v>(value: &'v Value, name: &str) -> Option<&'v str> {
    value.get(name).and_then(Value::as_str)
}

const DOC: &str = r##"
Collections as Postman exports them, version 2.0 and 2.1, with folders, variables and authentication that is inherited. They say
what somebody meant to ask; that there is something that answers is known where an answer was saved with it.

~~~file
{"info":{"name":"shop","schema":"https://schema.getpostman.com/json/collection/v2.1.0/collection.json"},
"variable":[{"key":"base","value":"{{scheme}}://shop.example/v1"},{"key":"scheme","value":"https"}],
"auth":{"type":"bearer","bearer":[{"key":"token","value":"{{token}}"}]},
"item":[
{"name":"orders","item":[
{"name":"one","request":{"method":"GET","header":[{"key":"Accept","value":"x"}],"url":{"raw":"{{base}}/orders/:id?expand=items","host":["{{base}}"],"path":["orders",":id"]}},"response":[{"code":200,"header":[{"key":"Content-Type","value":"application/json"}]},{"code":404,"header":null}]},
{"name":"new","request":{"method":"POST","auth":{"type":"noauth"},"header":[{"key":"X-Api-Key","value":"k","disabled":true}],"body":{"mode":"raw","raw":"{}","options":{"raw":{"language":"json"}}},"url":{"protocol":"http","host":["shop","example"],"port":"8080","path":["v1","orders"],"query":[{"key":"dry","value":"1"}]}},"response":[]}
]},
{"name":"other","auth":{"type":"apikey"},"item":[{"name":"x","request":"{{unknown}}/things/{{thingId}}"}]},
{"name":"empty"}
]}
~~~
~~~says
1: method=GET host=shop.example path=/v1/orders/{id} query=expand=items status=200 answer_type=application/json shows=bearer
1: method=GET host=shop.example path=/v1/orders/{id} query=expand=items status=404 shows=bearer
2: method=POST host=shop.example:8080 path=/v1/orders query=dry=1 request_type=application/json shows=none
3: method=GET path=/things/{thingId} shows=api-key
4: unknown
~~~
"##;
