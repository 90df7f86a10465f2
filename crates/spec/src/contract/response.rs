//! Declared answers. Their schemas stay in the library until somebody asks for them to be checked.

use std::fmt;

use http::StatusCode;
use model::Severity;

use super::media::MediaRange;
use super::reader::Reader;
use super::{AnswerCheck, Format, NodeRef};
use crate::source::Spot;

/// An answer that an operation may give.
#[derive(Debug, Clone)]
pub struct Response {
    /// For which status codes.
    pub status: StatusRange,
    /// Its bodies by media type, in document order.
    pub content: Vec<ResponseContent>,
    /// Its declared header fields.
    pub headers: Vec<ResponseHeader>,
    /// What it is held against; absent until [`super::compile_answers`] made it.
    pub check: Option<AnswerCheck>,
}

/// Status codes; the later variant is the closer one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum StatusRange {
    /// Whatever no other covers.
    Default,
    /// The codes with this first digit: `2XX`.
    Class(u16),
    /// One code.
    Exactly(u16),
}

/// A body of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResponseContent {
    /// Its media type.
    pub media: MediaRange,
    /// Its schema.
    pub schema: Option<NodeRef>,
}

/// A header field of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResponseHeader {
    /// Its name.
    pub name: String,
    /// Whether every answer has it.
    pub required: bool,
    /// Its schema.
    pub schema: Option<NodeRef>,
}

impl fmt::Display for StatusRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StatusRange::Default => f.write_str("default"),
            StatusRange::Class(class) => write!(f, "{class}XX"),
            StatusRange::Exactly(code) => code.fmt(f),
        }
    }
}

impl StatusRange {
    fn parse(text: &str) -> Option<StatusRange> {
        if text == "default" {
            return Some(StatusRange::Default);
        }
        if let Some(class) = text.strip_suffix("XX").or(text.strip_suffix("xx")) {
            return class.parse().ok().filter(|class| (1..=5).contains(class)).map(StatusRange::Class);
        }
        text.parse().ok().filter(|code| (100..=999).contains(code)).map(StatusRange::Exactly)
    }

    /// Whether it speaks of `status`.
    pub fn covers(self, status: StatusCode) -> bool {
        match self {
            StatusRange::Default => true,
            StatusRange::Class(class) => status.as_u16() / 100 == class,
            StatusRange::Exactly(code) => status.as_u16() == code,
        }
    }
}

impl<'l> Reader<'_, 'l> {
    /// The answers of an operation.
    pub(super) fn responses(&self, operation: Spot<'l>) -> Vec<Response> {
        let declared = operation.members_of("responses").filter(|(status, _)| !status.starts_with("x-"));
        declared.filter_map(|(status, response)| self.response(operation, status, response)).collect()
    }

    fn response(&self, operation: Spot<'l>, status: &str, response: Spot<'l>) -> Option<Response> {
        let Some(range) = StatusRange::parse(status) else {
            let message = format!("`{status}` is no status code, so the response is left out");
            self.source.problem(Severity::Warning, response, message);
            return None;
        };
        let response = self.source.follow(response)?;
        let content = match self.format {
            Format::Swagger20 => {
                let schema = response.get("schema").map(NodeRef::of);
                let produces = self.media_list(operation, "produces");
                produces.into_iter().map(|media| ResponseContent { media, schema }).collect()
            }
            _ => {
                let contents = response.members_of("content").filter_map(|(media, content)| {
                    let schema = self.source.follow(content)?.get("schema").map(NodeRef::of);
                    MediaRange::parse(media).map(|media| ResponseContent { media, schema })
                });
                contents.collect()
            }
        };
        let headers =
            response.members_of("headers").filter_map(|(name, header)| self.response_header(name, header));
        Some(Response { status: range, content, headers: headers.collect(), check: None })
    }

    fn response_header(&self, name: &str, header: Spot<'l>) -> Option<ResponseHeader> {
        let header = self.source.follow(header)?;
        let schema = match self.format {
            Format::Swagger20 => Some(header),
            _ => header.get("schema"),
        };
        let schema = schema.map(NodeRef::of);
        Some(ResponseHeader { name: name.to_owned(), required: header.is_true("required"), schema })
    }
}

impl NodeRef {
    pub(super) fn of(spot: Spot<'_>) -> NodeRef {
        NodeRef { document: spot.document, node: spot.node.index() }
    }
}
