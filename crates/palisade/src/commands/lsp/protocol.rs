//! What of the Language Server Protocol (3.17) is understood and said.

use model::Severity;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::position::Range;

/// Mends one finding.
pub(super) const QUICK_FIX: &str = "quickfix";

/// Mends all of a file at once.
pub(super) const FIX_ALL: &str = "source.fixAll.palisade";

/// Codes of errors (JSON-RPC 2.0, section 5.1; LSP 3.17, `ErrorCodes`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ErrorCode {
    ParseError = -32700,
    InvalidRequest = -32600,
    MethodNotFound = -32601,
    InvalidParams = -32602,
    ServerNotInitialized = -32002,
}

/// A request, or a notification where it has no `id`. An answer to a request of ours there cannot be, as there are none.
#[derive(Debug, Deserialize)]
pub(super) struct Incoming {
    pub(super) id: Option<Value>,
    pub(super) method: String,
    #[serde(default)]
    pub(super) params: Value,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Initialize {
    #[serde(default)]
    pub(super) capabilities: Capabilities,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Capabilities {
    #[serde(default)]
    pub(super) general: General,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct General {
    #[serde(default)]
    pub(super) position_encodings: Vec<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct TextDocumentItem {
    pub(super) uri: String,
    #[serde(default)]
    pub(super) version: i64,
    pub(super) text: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct TextDocument {
    pub(super) uri: String,
    #[serde(default)]
    pub(super) version: Option<i64>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Opened {
    pub(super) text_document: TextDocumentItem,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Changed {
    pub(super) text_document: TextDocument,
    pub(super) content_changes: Vec<ContentChange>,
}

/// A change of a part of a document, or of the whole where no range is said.
#[derive(Debug, Deserialize)]
pub(super) struct ContentChange {
    pub(super) range: Option<Range>,
    pub(super) text: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Closed {
    pub(super) text_document: TextDocument,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct HoverAt {
    pub(super) text_document: TextDocument,
    pub(super) position: super::position::Position,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ActionsIn {
    pub(super) text_document: TextDocument,
    pub(super) range: Range,
    #[serde(default)]
    context: ActionContext,
}

/// Which actions an editor wants.
#[derive(Debug, Default, Deserialize)]
struct ActionContext {
    /// Kinds, each with all below it.
    only: Option<Vec<String>>,
}

impl ActionsIn {
    /// Whether actions of `kind` are wanted. Where no kind is named it is for a place, and so not what mends the whole.
    pub(super) fn wants(&self, kind: &str) -> bool {
        let is_in = |asked: &String| {
            kind.strip_prefix(asked.as_str()).is_some_and(|below| below.is_empty() || below.starts_with('.'))
        };
        match &self.context.only {
            Some(asked) => asked.iter().any(is_in),
            None => kind == QUICK_FIX,
        }
    }
}

/// Something that is shown under its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Diagnostic {
    pub(super) range: Range,
    /// 1 for errors to 3 for notes; 4 for hints, which most editors do not list.
    pub(super) severity: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) code: Option<&'static str>,
    pub(super) source: &'static str,
    pub(super) message: String,
}

impl Diagnostic {
    pub(super) fn new(
        range: Range,
        severity: Severity,
        code: Option<&'static str>,
        message: &str,
        help: Option<&str>,
    ) -> Diagnostic {
        let help = help.map_or_else(String::new, |help| format!("\nhelp: {help}"));
        let severity = match severity {
            Severity::Error => 1,
            Severity::Warning => 2,
            Severity::Note => 3,
        };
        Diagnostic { range, severity, code, source: "palisade", message: format!("{message}{help}") }
    }

    /// What is known already.
    pub(super) fn into_hint(self) -> Diagnostic {
        Diagnostic { severity: 4, message: format!("{}\nnote: it is in the baseline", self.message), ..self }
    }
}

/// The answer to a request.
pub(super) fn answer(id: &Value, result: &Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "result": result })
}

/// The refusal of a request; `id` is `null` where it could not be read.
pub(super) fn refusal(id: &Value, code: ErrorCode, message: &str) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "error": { "code": code as i32, "message": message } })
}

pub(super) fn notification(method: &str, params: &Value) -> Value {
    json!({ "jsonrpc": "2.0", "method": method, "params": params })
}

/// What the server can do.
pub(super) fn capabilities(encoding: &str) -> Value {
    json!({
        "capabilities": {
            "positionEncoding": encoding,
            // Changes come as parts of the text.
            "textDocumentSync": { "openClose": true, "change": 2 },
            "hoverProvider": true,
            "codeActionProvider": { "codeActionKinds": [QUICK_FIX, FIX_ALL] },
        },
        "serverInfo": { "name": "palisade", "version": env!("CARGO_PKG_VERSION") },
    })
}
