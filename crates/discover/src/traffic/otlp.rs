//! Spans of OpenTelemetry, OTLP in JSON.

use std::borrow::Cow;
use std::io::{self, Read};

use serde_json::Value;

use super::{Format, Mark, Tell, Told};
use crate::civil;
use crate::elements::{Elements, Held};
use crate::keys::KeyLog;
use crate::line::{Field, Line};
use crate::message;
use crate::tally::Position;

pub(super) const FORMAT: Format = Format {
    id: "otlp",
    product: "OpenTelemetry",
    source: "https://opentelemetry.io/docs/specs/otlp/",
    mark: Mark::Members(&["resourceSpans"]),
    read,
    doc: DOC,
};

/// Attributes by what they say, the conventions of today before those of before.
const ATTRIBUTES: &[(&str, Field)] = &[
    ("http.request.method_original", Field::Method),
    ("http.request.method", Field::Method),
    ("http.method", Field::Method),
    ("http.response.status_code", Field::Status),
    ("http.status_code", Field::Status),
    ("http.response.body.size", Field::Bytes),
    ("http.response_content_length", Field::Bytes),
    ("user_agent.original", Field::UserAgent),
    ("http.user_agent", Field::UserAgent),
    ("client.address", Field::Client),
    ("http.client_ip", Field::Client),
    ("enduser.id", Field::User),
];

/// Names of the host, each with that of its port.
const HOSTS: &[(&str, &str)] = &[
    ("server.address", "server.port"),
    ("http.host", ""),
    ("net.host.name", "net.host.port"),
    ("net.peer.name", "net.peer.port"),
    ("http.server_name", ""),
];

/// Attributes that are header fields of the request begin so.
const REQUEST_FIELD: &str = "http.request.header.";

/// Those of the answer.
const ANSWER_FIELD: &str = "http.response.header.";

fn read(stream: &mut dyn Read, _: &KeyLog, tell: &mut Tell<'_>) -> io::Result<()> {
    let mut elements = Elements::new(stream);
    let mut number = 0;
    // One document, or one a line: what is damaged is one of them.
    while elements.enter(b'{')? {
        let Err(error) = document(&mut elements, &mut number, tell) else { continue };
        if error.kind() != io::ErrorKind::InvalidData {
            return Err(error);
        }
        tell(Told::Unknown(Position::Entry(number), error.to_string()));
        if !elements.resume(b'{')? {
            break;
        }
    }
    Ok(())
}

fn document(elements: &mut Elements<impl Read>, number: &mut u64, tell: &mut Tell<'_>) -> io::Result<()> {
    list(elements, &["resourceSpans"], &mut |elements| {
        object(elements, |elements| {
            list(elements, &["scopeSpans", "instrumentationLibrarySpans"], &mut |elements| {
                object(elements, |elements| {
                    list(elements, &["spans"], &mut |elements| {
                        *number += 1;
                        tell(Told::Next);
                        let position = Position::Entry(*number);
                        tell(match elements.hold()? {
                            Held::Text(text) => span(&text, position),
                            Held::TooLarge => Told::Unknown(position, "larger than what is read".to_owned()),
                        });
                        Ok(())
                    })
                })
            })
        })
    })
}

/// Goes into the object that comes now; anything else is passed over.
fn object<R: Read>(
    elements: &mut Elements<R>,
    each: impl FnOnce(&mut Elements<R>) -> io::Result<()>,
) -> io::Result<()> {
    if elements.enter(b'{')? { each(elements) } else { elements.skip() }
}

/// Gives the elements of the lists with these names, in the object that was gone into.
fn list<R: Read>(
    elements: &mut Elements<R>,
    names: &[&str],
    each: &mut dyn FnMut(&mut Elements<R>) -> io::Result<()>,
) -> io::Result<()> {
    while let Some(name) = elements.member()? {
        if !names.contains(&name.as_str()) || !elements.enter(b'[')? {
            elements.skip()?;
            continue;
        }
        while elements.element()? {
            each(elements)?;
        }
    }
    Ok(())
}

fn span(text: &[u8], position: Position) -> Told<'static> {
    let span: Value = match serde_json::from_str(&String::from_utf8_lossy(text)) {
        Ok(span) => span,
        Err(error) => return Told::Unknown(position, error.to_string()),
    };
    let attributes: Vec<(&str, Cow<'_, str>)> = span
        .get("attributes")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|pair| Some((pair.get("key")?.as_str()?, value(pair.get("value")?)?)))
        .collect();
    let find = |name: &str| attributes.iter().find(|(known, _)| *known == name).map(|(_, value)| &**value);
    let mut line = Line::default();
    for (name, field) in ATTRIBUTES.iter().rev() {
        if let Some(value) = find(name) {
            line.set(*field, Cow::Owned(value.to_owned()));
        }
    }
    if line.method.is_none() {
        return Told::Nothing;
    }
    let moment = |name| span.get(name).and_then(scalar).and_then(|text| civil::parse(&text));
    line.time = moment("startTimeUnixNano");
    let micros = |time: model::Timestamp| time.as_micros();
    let ends = (line.time.map(micros), moment("endTimeUnixNano").map(micros));
    line.duration_us = ends.1.zip(ends.0).and_then(|(end, start)| end.checked_sub(start));
    let size = find("http.request.body.size").or_else(|| find("http.request_content_length"));
    line.request_bytes = size.and_then(|size| size.parse().ok());
    place(&mut line, &find);
    for (name, value) in &attributes {
        if let Some(name) = name.strip_prefix(REQUEST_FIELD) {
            message::request_field(&mut line, &name.replace('_', "-"), value);
        } else if let Some(name) = name.strip_prefix(ANSWER_FIELD) {
            message::answer_field(&mut line, &name.replace('_', "-"), value);
        }
    }
    Told::Request(line, position)
}

/// Takes in host, path and query.
fn place<'f>(line: &mut Line<'static>, find: &dyn Fn(&str) -> Option<&'f str>) {
    for (name, port) in HOSTS {
        if let Some(host) = find(name).filter(|_| line.host.is_none()) {
            let port = find(port).map(|port| format!(":{port}")).unwrap_or_default();
            line.set(Field::Host, Cow::Owned(format!("{host}{port}")));
        }
    }
    let found = [find("url.full"), find("http.url"), find("http.target"), find("url.path")];
    found.into_iter().flatten().any(|text| message::url(line, text));
    if let Some(query) = find("url.query") {
        line.set(Field::Query, Cow::Owned(query.to_owned()));
    }
    if let Some(route) = find("http.route").and_then(template)
        && line.path.as_ref().is_none_or(|path| is_of(path, &route))
    {
        line.path = Some(Cow::Owned(route));
    }
}

/// A route as a template: `/orders/:id` and `orders/<int:id>` become `/orders/{id}`; none of what is a pattern of another kind.
fn template(route: &str) -> Option<String> {
    if route.contains(['^', '(', '*', '$', '\\', '|']) {
        return None;
    }
    let segments = route.strip_prefix('/').unwrap_or(route).split('/').map(|segment| {
        let angled = segment.strip_prefix('<').and_then(|rest| rest.strip_suffix('>'));
        let name = angled.map(|name| name.rsplit(':').next().unwrap_or(name)).or(segment.strip_prefix(':'));
        name.map_or(segment.to_owned(), |name| format!("{{{}}}", name.trim_end_matches('?')))
    });
    Some(format!("/{}", segments.collect::<Vec<_>>().join("/")))
}

/// Whether a path is of a template: where a router is mounted within another, its routes are not whole.
fn is_of(path: &str, template: &str) -> bool {
    let mut pairs = path.split('/').zip(template.split('/'));
    path.split('/').count() == template.split('/').count()
        && pairs.all(|(word, wanted)| word == wanted || wanted.starts_with('{'))
}

/// The text of an attribute's value; of a list the first.
fn value(value: &Value) -> Option<Cow<'_, str>> {
    let list = value.pointer("/arrayValue/values/0");
    list.unwrap_or(value).as_object()?.values().find_map(scalar)
}

fn scalar(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::String(text) => Some(Cow::Borrowed(text)),
        Value::Number(number) => Some(Cow::Owned(number.to_string())),
        _ => None,
    }
}

const DOC: &str = r##"
Traces as the file exporter of the collector writes them, one document or one a line, with the names of the semantic conventions of
today and of before. Spans of servers and of clients are requests alike; where one file has both sides of a call, it counts twice.
What callers showed is known of header fields that were captured alone.

~~~file
{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"orders"}}]},"scopeSpans":[{"scope":{"name":"x"},"spans":[
{"traceId":"5b8e","spanId":"eee1","name":"GET /v1/orders/{id}","kind":2,"startTimeUnixNano":"1760104536123000000","endTimeUnixNano":"1760104536135500000","attributes":[{"key":"http.request.method","value":{"stringValue":"GET"}},{"key":"url.path","value":{"stringValue":"/v1/orders/7"}},{"key":"url.query","value":{"stringValue":"expand=items"}},{"key":"http.route","value":{"stringValue":"/v1/orders/:id"}},{"key":"server.address","value":{"stringValue":"shop.example"}},{"key":"server.port","value":{"intValue":"8080"}},{"key":"http.response.status_code","value":{"intValue":200}},{"key":"http.request.header.authorization","value":{"arrayValue":{"values":[{"stringValue":"Bearer [hidden]"}]}}}]},
{"name":"SELECT","kind":3,"attributes":[{"key":"db.system","value":{"stringValue":"postgresql"}}]}
]}]}]}
{"resourceSpans":[{"scopeSpans":[{"spans":[}]}]}]}
{"resourceSpans":[{"instrumentationLibrarySpans":[{"spans":[{"startTimeUnixNano":1760104536000000000,"attributes":[{"key":"http.method","value":{"stringValue":"POST"}},{"key":"http.url","value":{"stringValue":"https://pay.example/charges?x=1"}},{"key":"http.status_code","value":{"intValue":"402"}}]}]}]}]}
~~~
~~~says
1: time=2025-10-10T13:55:36.123000Z method=GET host=shop.example:8080 path=/v1/orders/{id} query=expand=items status=200 duration_us=12500 shows=bearer
nothing
2: unknown
3: time=2025-10-10T13:55:36.000000Z method=POST host=pay.example path=/charges query=x=1 status=402
~~~
"##;
