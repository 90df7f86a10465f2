//! HTTP Archive.

use std::io::{self, Read};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::{Format, Mark, Tell, Told};
use crate::civil;
use crate::elements::{Elements, Held};
use crate::keys::KeyLog;
use crate::line::Line;
use crate::message;
use crate::tally::Position;

pub(super) const FORMAT: Format = Format {
    id: "har",
    product: "browsers, proxies and load generators",
    source: "https://w3c.github.io/web-performance/specs/HAR/Overview.html",
    mark: Mark::Members(&["log"]),
    read,
    doc: DOC,
};

fn read(stream: &mut dyn Read, _: &KeyLog, tell: &mut Tell<'_>) -> io::Result<()> {
    let mut elements = Elements::new(stream);
    elements.enter(b'{')?;
    while let Some(name) = elements.member()? {
        if name != "log" || !elements.enter(b'{')? {
            elements.skip()?;
            continue;
        }
        while let Some(name) = elements.member()? {
            if name == "entries" && elements.enter(b'[')? {
                entries(&mut elements, tell)?;
            } else {
                elements.skip()?;
            }
        }
    }
    Ok(())
}

fn entries(elements: &mut Elements<impl Read>, tell: &mut Tell<'_>) -> io::Result<()> {
    let mut number = 0;
    while elements.element()? {
        number += 1;
        tell(Told::Next);
        let position = Position::Entry(number);
        let text = match elements.hold()? {
            Held::Text(text) => text,
            Held::TooLarge => {
                tell(Told::Unknown(position, "larger than what is read".to_owned()));
                continue;
            }
        };
        match serde_json::from_str::<Value>(&String::from_utf8_lossy(&text)) {
            Ok(entry) => tell(told(&entry, position)),
            Err(error) => tell(Told::Unknown(position, error.to_string())),
        }
    }
    Ok(())
}

fn told(entry: &Value, position: Position) -> Told<'static> {
    let at = |pointer| entry.pointer(pointer);
    let text = |pointer| at(pointer).and_then(Value::as_str);
    let count = |pointer| at(pointer).and_then(Value::as_u64);
    let (Some(method), Some(url)) = (text("/request/method"), text("/request/url")) else {
        return Told::Unknown(position, "an entry without method or URL".to_owned());
    };
    let mut line = Line { time: text("/startedDateTime").and_then(civil::parse), ..Line::default() };
    message::method(&mut line, method);
    // Of what stands in the page itself (`data:`, `blob:`) nobody was asked.
    if !message::url(&mut line, url) || line.method.is_none() {
        return Told::Nothing;
    }
    let version = text("/request/httpVersion").filter(|version| !version.is_empty());
    line.protocol = version.map(|version| version.to_owned().into());
    // A request that was cut off has the status 0.
    let status = count("/response/status").and_then(|status| u16::try_from(status).ok());
    line.status = status.filter(|status| (100..1000).contains(status));
    line.bytes = count("/response/content/size").filter(|_| line.status.is_some());
    line.request_bytes = count("/request/bodySize");
    let millis = at("/time").and_then(Value::as_f64).filter(|millis| *millis > 0.0);
    line.duration_us = millis.map(|millis| (millis * 1000.0) as u64);
    for (name, pointer) in
        [("content-type", "/request/postData/mimeType"), ("cookie", "/request/cookies/0/name")]
    {
        if let Some(value) = text(pointer) {
            message::request_field(&mut line, name, value);
        }
    }
    if let Some(value) = text("/response/content/mimeType") {
        message::answer_field(&mut line, "content-type", value);
    }
    pairs(at("/request/headers")).for_each(|(name, value)| message::request_field(&mut line, name, value));
    pairs(at("/response/headers")).for_each(|(name, value)| message::answer_field(&mut line, name, value));
    message::all_was_seen(&mut line);
    // What browsers save is unpacked already.
    line.request_body.is_unpacked();
    line.answer_body.is_unpacked();
    line.request_body.push(text("/request/postData/text").unwrap_or_default().as_bytes());
    let answered = text("/response/content/text").unwrap_or_default();
    match text("/response/content/encoding") {
        None => line.answer_body.push(answered.as_bytes()),
        Some(_) => line.answer_body.push(&STANDARD.decode(answered).unwrap_or_default()),
    }
    Told::Request(line, position)
}

/// Names and values of a list of header fields.
fn pairs(list: Option<&Value>) -> impl Iterator<Item = (&str, &str)> {
    let pairs = list.and_then(Value::as_array).into_iter().flatten();
    pairs.filter_map(|pair| Some((pair.get("name")?.as_str()?, pair.get("value")?.as_str()?)))
}

const DOC: &str = r##"
What the developer tools of browsers save, and mitmproxy, Charles, Fiddler, Playwright, k6 and many more. Bodies in JSON are looked
into, and may be as large as they like. A request without an answer has the status 0 there.

~~~file
{"log":{"version":"1.2","creator":{"name":"x","version":"1"},"entries":[
{"startedDateTime":"2025-10-10T13:55:36.123Z","time":12.5,"request":{"method":"POST","url":"https://shop.example:443/v1/orders?dry=1#top","httpVersion":"HTTP/2.0","cookies":[],"headers":[{"name":"Authorization","value":"Bearer eyJhbGciOiJSUzI1NiJ9.e30.c2ln"},{"name":"User-Agent","value":"curl/8.5"}],"queryString":[],"headersSize":216,"bodySize":49,"postData":{"mimeType":"application/json","text":"{}"}},"response":{"status":201,"headers":[{"name":"content-type","value":"application/json"}],"content":{"size":56,"mimeType":"application/json","text":"{}"}},"cache":{},"timings":{}},
{"startedDateTime":"2025-10-10T13:55:37Z","time":0,"request":{"method":"GET","url":"data:image/png;base64,AAAA","headers":[]},"response":{"status":200,"headers":[],"content":{}}},
{"startedDateTime":"2025-10-10T13:55:38Z","request":{"method":"GET","url":7}},
{"startedDateTime":"2025-10-10T13:55:39Z","time":0,"request":{"method":"GET","url":"http://alice:secret@shop.example/health","headers":[],"bodySize":-1},"response":{"status":0,"headers":[],"content":{"size":0}}}
]}}
~~~
~~~says
1: time=2025-10-10T13:55:36.123000Z method=POST host=shop.example path=/v1/orders query=dry=1 protocol=HTTP/2.0 status=201 bytes=56 request_bytes=49 request_type=application/json answer_type=application/json duration_us=12500 user_agent=curl/8.5 shows=bearer-jwt
nothing
3: unknown
4: time=2025-10-10T13:55:39.000000Z method=GET host=shop.example path=/health shows=basic
~~~
"##;
