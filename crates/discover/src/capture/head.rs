//! What the head of a message of HTTP/1 says, however it is written.

use std::borrow::Cow;

use super::messages::{is_like_method, version_of};
use crate::line::{Field, Line};
use crate::message;

/// The most header fields of one message that are looked at.
const FIELDS_MAX: usize = 256;

/// What the head of a request says beside what a [`Line`] holds.
#[derive(Debug, Default)]
pub(crate) struct RequestHead {
    pub(crate) is_head: bool,
    pub(crate) is_connect: bool,
    /// Whether it is of HTTP/0.9, whose answers have no head.
    pub(crate) is_bare: bool,
    pub(crate) body: BodyFields,
}

/// What the head of an answer says beside what a [`Line`] holds.
#[derive(Debug, Default)]
pub(crate) struct AnswerHead {
    pub(crate) status: Option<u16>,
    pub(crate) body: BodyFields,
}

/// The fields that frame a body, and the protocol that is asked for or switched to.
#[derive(Debug, Default)]
pub(crate) struct BodyFields {
    pub(crate) is_chunked: bool,
    pub(crate) length: Option<u64>,
    pub(crate) is_h2c: bool,
}

/// Reads the head of a request into `line`.
pub(crate) fn request(head: &[u8], line: &mut Line<'static>) -> RequestHead {
    let text = String::from_utf8_lossy(head);
    let mut lines = lines(&text);
    let first = lines.next().unwrap_or_default();
    let first = first.trim_start();
    let (method, rest) = first.split_at_checked(first.find(' ').unwrap_or(first.len())).unwrap_or_default();
    let version = version_of(rest.as_bytes());
    let (target, version) = version.and_then(|at| rest.split_at_checked(at)).unwrap_or((rest, ""));
    if is_like_method(method.as_bytes()) {
        message::method(line, method);
    }
    if !version.is_empty() {
        line.set(Field::Protocol, Cow::Owned(version.trim().to_owned()));
    }
    let mut said = RequestHead {
        is_head: method.eq_ignore_ascii_case("head"),
        is_connect: method.eq_ignore_ascii_case("connect"),
        is_bare: version.is_empty(),
        body: BodyFields::default(),
    };
    message::url(line, target.trim());
    for field in lines.take(FIELDS_MAX) {
        if let Some((name, value)) = field.split_once(':') {
            message::request_field(line, name.trim(), value.trim());
            said.body.field(name.trim(), value.trim());
        }
    }
    said
}

/// Reads the head of an answer into `line`.
pub(crate) fn answer(head: &[u8], line: &mut Line<'static>) -> AnswerHead {
    let text = String::from_utf8_lossy(head);
    let mut lines = lines(&text);
    let first = lines.next().unwrap_or_default();
    let status = first.split_ascii_whitespace().nth(1).and_then(|status| status.get(..3));
    let status = status.and_then(|status| status.parse().ok()).filter(|status| (100..1000).contains(status));
    let mut said = AnswerHead { status, body: BodyFields::default() };
    for field in lines.take(FIELDS_MAX) {
        if let Some((name, value)) = field.split_once(':') {
            if status.is_some_and(|status| status >= 200) {
                message::answer_field(line, name.trim(), value.trim());
            }
            said.body.field(name.trim(), value.trim());
        }
    }
    said
}

impl BodyFields {
    fn field(&mut self, name: &str, value: &str) {
        let has = |word: &str| value.split(',').any(|part| part.trim().eq_ignore_ascii_case(word));
        if name.eq_ignore_ascii_case("transfer-encoding") {
            self.is_chunked |= has("chunked");
        } else if name.eq_ignore_ascii_case("content-length") {
            let is_number = value.bytes().all(|byte| byte.is_ascii_digit());
            // No body is as long as what does not fit; many peers take that for none.
            let length =
                value.parse::<i64>().ok().filter(|_| is_number).and_then(|length| u64::try_from(length).ok());
            self.length = self.length.or(length);
        } else if name.eq_ignore_ascii_case("upgrade") {
            self.is_h2c |= has("h2c");
        }
    }
}

/// The lines of a head; what begins with space belongs to the line before (RFC 9112, section 5.2).
fn lines(text: &str) -> impl Iterator<Item = Cow<'_, str>> {
    let mut rest = text.split('\n').map(|line| line.trim_end_matches('\r')).peekable();
    std::iter::from_fn(move || {
        let mut line = Cow::Borrowed(rest.next()?);
        while let Some(more) = rest.next_if(|next| next.starts_with([' ', '\t'])) {
            line.to_mut().push(' ');
            line.to_mut().push_str(more.trim());
        }
        Some(line)
    })
    .filter(|line| !line.is_empty())
}
