//! Items of Burp Suite, XML.

use std::borrow::Cow;
use std::io::{self, Read};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use model::Timestamp;

use super::{Format, Mark, Tell, Told};
use crate::capture::head;
use crate::civil;
use crate::keys::KeyLog;
use crate::line::{Field, Line};
use crate::markup::{Markup, Tag};
use crate::message;
use crate::tally::Position;

pub(super) const FORMAT: Format = Format {
    id: "burp",
    product: "Burp Suite",
    source: "https://portswigger.net/burp/documentation/desktop/tools/proxy/http-history",
    mark: Mark::Element("items"),
    read,
    doc: DOC,
};

/// What is known of an item while its elements are read.
#[derive(Default)]
struct Item {
    line: Line<'static>,
    url: String,
    request: Option<Vec<u8>>,
    answer: Vec<u8>,
}

fn read(stream: &mut dyn Read, _: &KeyLog, tell: &mut Tell<'_>) -> io::Result<()> {
    let mut markup = Markup::new(stream);
    let mut number = 0;
    let mut item = Item::default();
    let mut is_encoded = false;
    while let Some(tag) = markup.next()? {
        match tag.name.as_str() {
            "item" => {
                number += 1;
                tell(Told::Next);
                item = Item::default();
            }
            "/item" => tell(std::mem::take(&mut item).told(Position::Entry(number))),
            name if name.starts_with('/') => item.take(&tag, is_encoded),
            _ => is_encoded = tag.attributes.contains("base64=\"true\""),
        }
    }
    Ok(())
}

impl Item {
    /// Takes in the element that `tag` closes.
    fn take(&mut self, tag: &Tag, is_encoded: bool) {
        let text = || String::from_utf8_lossy(&tag.text).trim().to_owned();
        match tag.name.as_str() {
            "/time" => self.line.time = time(&text()),
            "/url" => self.url = text(),
            "/method" => message::method(&mut self.line, &text()),
            "/status" => {
                self.line.set(Field::Status, Cow::Owned(text()));
            }
            "/responselength" => self.line.bytes = text().parse().ok(),
            "/request" => self.request = Some(message(&tag.text, is_encoded)),
            "/response" => self.answer = message(&tag.text, is_encoded),
            _ => {}
        }
    }

    fn told(mut self, position: Position) -> Told<'static> {
        if self.url.is_empty() && self.request.is_none() {
            return Told::Unknown(position, "an item without URL and request".to_owned());
        }
        // The URL has the host and the port, which a request may have otherwise.
        let has_url = message::url(&mut self.line, &self.url);
        if let Some(request) = &self.request {
            let (head, body) = parted(request);
            let path = self.line.path.take();
            head::request(head, &mut self.line);
            self.line.path = path.or(self.line.path);
            self.line.request_bytes = Some(body.len() as u64);
            self.line.request_body.push(body);
            message::all_was_seen(&mut self.line);
        }
        if !self.answer.is_empty() {
            let (head, body) = parted(&self.answer);
            let said = head::answer(head, &mut self.line);
            if !said.body.is_chunked {
                self.line.answer_body.push(body);
            }
            self.line.status = self.line.status.or(said.status);
        }
        match has_url || self.line.path.is_some() {
            true => Told::Request(self.line, position),
            false => Told::Nothing,
        }
    }
}

/// The bytes of a message; of a long one the beginning.
fn message(text: &[u8], is_encoded: bool) -> Vec<u8> {
    if !is_encoded {
        return text.to_vec();
    }
    let text: Vec<u8> = text.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let whole = text.get(..text.len() / 4 * 4).unwrap_or_default();
    STANDARD.decode(whole).unwrap_or_default()
}

/// Head and body of a message.
fn parted(message: &[u8]) -> (&[u8], &[u8]) {
    let end = memchr::memmem::find(message, b"\r\n\r\n").map(|at| at + 4);
    let end = end.or_else(|| memchr::memmem::find(message, b"\n\n").map(|at| at + 2));
    message.split_at_checked(end.unwrap_or(message.len())).unwrap_or_default()
}

/// `Fri Nov 27 10:00:00 UTC 2026`, as Java writes it; in a zone that only has a name nothing is known.
fn time(text: &str) -> Option<Timestamp> {
    let words: Vec<&str> = text.split_ascii_whitespace().collect();
    let [_, month, day, time, "UTC" | "GMT" | "Z", year] = words[..] else { return None };
    civil::parse(&format!("{day}/{month}/{year}:{time} +0000"))
}

const DOC: &str = r##"
What "Save items" writes, with requests and answers in base64 or as they are. Of long messages the beginning is read.

~~~file
<?xml version="1.0"?>
<!DOCTYPE items [
<!ELEMENT items (item*)>
<!ATTLIST items burpVersion CDATA "">
]>
<items burpVersion="2025.1" exportTime="Fri Oct 10 13:56:00 UTC 2025">
  <item>
    <time>Fri Oct 10 13:55:36 UTC 2025</time>
    <url><![CDATA[https://shop.example:8443/v1/orders?dry=1]]></url>
    <host ip="203.0.113.7">shop.example</host>
    <port>8443</port>
    <protocol>https</protocol>
    <method><![CDATA[POST]]></method>
    <path><![CDATA[/v1/orders?dry=1]]></path>
    <extension>null</extension>
    <request base64="true"><![CDATA[UE9TVCAvdjEvb3JkZXJzP2RyeT0xIEhUVFAvMS4xDQpIb3N0OiBzaG9wLmV4YW1wbGUNCkNvbnRlbnQtVHlwZTogYXBwbGljYXRpb24vanNvbg0KWC1BcGktS2V5OiBrDQoNCnt9]]></request>
    <status>201</status>
    <responselength>99</responselength>
    <mimetype>JSON</mimetype>
    <response base64="true"><![CDATA[SFRUUC8xLjEgMjAxIENyZWF0ZWQNCkNvbnRlbnQtVHlwZTogYXBwbGljYXRpb24vanNvbg0KDQp7fQ==]]></response>
    <comment></comment>
  </item>
  <item>
    <url>http://shop.example/health</url>
    <request base64="false">GET /health HTTP/1.1
Host: shop.example

</request>
  </item>
  <item><comment>&lt;</comment></item>
</items>
~~~
~~~says
1: time=2025-10-10T13:55:36.000000Z method=POST host=shop.example:8443 path=/v1/orders query=dry=1 protocol=HTTP/1.1 status=201 bytes=99 request_bytes=2 request_type=application/json answer_type=application/json shows=api-key
2: method=GET host=shop.example path=/health protocol=HTTP/1.1 request_bytes=0 shows=none
3: unknown
~~~
"##;
