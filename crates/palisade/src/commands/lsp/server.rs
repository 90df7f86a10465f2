//! The server: what it knows of the editor, and what it says when.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::time::{Duration, Instant};

use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::analysis::Analysis;
use super::open::{Documents, TooMuch};
use super::position::Encoding;
use super::protocol::{
    ActionsIn, Changed, Closed, Diagnostic, ErrorCode, FIX_ALL, HoverAt, Incoming, Initialize, Opened,
    QUICK_FIX, answer, capabilities, notification, refusal,
};
use super::wire::{self, Received};
use crate::cli::Exit;
use crate::reference::rules::explained;

/// How long nothing must change before documents are judged.
const QUIET: Duration = Duration::from_millis(120);

/// How long a change waits at most, however much is typed after it.
const WAIT_MAX: Duration = Duration::from_millis(600);

/// Rules whose pages are shown at one place.
const PAGES_MAX: usize = 3;

/// Where the conversation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Begun,
    Running,
    ShutDown,
}

/// Whether the conversation goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    Go,
    End(Exit),
}

/// Documents that were opened, changed or closed and not looked at since.
#[derive(Debug)]
struct Pending {
    uris: BTreeSet<String>,
    first: Instant,
    last: Instant,
}

/// One conversation with an editor.
#[derive(Debug)]
pub(super) struct Server<W> {
    output: W,
    phase: Phase,
    encoding: Encoding,
    documents: Documents,
    /// By the URI of the document that stands for itself.
    analyses: BTreeMap<String, Analysis>,
    /// What is shown of each file that has anything.
    shown: BTreeMap<String, Vec<Diagnostic>>,
    pending: Option<Pending>,
}

impl<W: io::Write> Server<W> {
    pub(super) fn new(output: W) -> Server<W> {
        Server {
            output,
            phase: Phase::Begun,
            encoding: Encoding::Utf16,
            documents: Documents::default(),
            analyses: BTreeMap::new(),
            shown: BTreeMap::new(),
            pending: None,
        }
    }

    /// When the next review is due, if anything changed.
    pub(super) fn review_at(&self) -> Option<Instant> {
        self.pending.as_ref().map(|pending| (pending.last + QUIET).min(pending.first + WAIT_MAX))
    }

    /// Takes what came.
    ///
    /// # Errors
    /// Where nothing can be said to the editor any more.
    pub(super) fn take(&mut self, received: Received, now: Instant) -> io::Result<Next> {
        let message = match received {
            Received::Message(message) => message,
            Received::Unreadable(why) => {
                self.refuse(&Value::Null, ErrorCode::ParseError, why)?;
                return Ok(Next::Go);
            }
        };
        // No request is sent to the editor, so an answer is to none of ours.
        if message.get("method").is_none()
            && (message.get("result").is_some() || message.get("error").is_some())
        {
            return Ok(Next::Go);
        }
        let id = message.get("id").cloned().unwrap_or(Value::Null);
        match serde_json::from_value::<Incoming>(message) {
            Ok(Incoming { id: Some(id), method, params }) => self.request(&id, &method, params)?,
            Ok(Incoming { id: None, method, .. }) if method == "exit" => {
                let is_announced = self.phase == Phase::ShutDown;
                return Ok(Next::End(if is_announced { Exit::Clean } else { Exit::Findings }));
            }
            Ok(Incoming { id: None, method, params }) => self.notified(&method, params, now)?,
            Err(_) => self.refuse(&id, ErrorCode::InvalidRequest, "neither a request nor a notification")?,
        }
        Ok(Next::Go)
    }

    fn request(&mut self, id: &Value, method: &str, params: Value) -> io::Result<()> {
        match (self.phase, method) {
            (Phase::Begun, "initialize") => {
                let Some(said) = self.understood::<Initialize>(id, params)? else { return Ok(()) };
                self.encoding = Encoding::best_of(&said.capabilities.general.position_encodings);
                self.phase = Phase::Running;
                self.say(&answer(id, &capabilities(self.encoding.name())))
            }
            (Phase::Begun, _) => self.refuse(id, ErrorCode::ServerNotInitialized, "`initialize` comes first"),
            (Phase::ShutDown, _) => self.refuse(id, ErrorCode::InvalidRequest, "the server was shut down"),
            (Phase::Running, "shutdown") => {
                self.phase = Phase::ShutDown;
                self.say(&answer(id, &Value::Null))
            }
            (Phase::Running, "textDocument/hover") => {
                let Some(asked) = self.understood::<HoverAt>(id, params)? else { return Ok(()) };
                self.review_changed()?;
                let hover = self.hover(&asked);
                self.say(&answer(id, &hover))
            }
            (Phase::Running, "textDocument/codeAction") => {
                let Some(asked) = self.understood::<ActionsIn>(id, params)? else { return Ok(()) };
                self.review_changed()?;
                let uri = &asked.text_document.uri;
                let mut actions: Vec<Value> = Vec::new();
                for analysis in self.analyses.values() {
                    if asked.wants(QUICK_FIX) {
                        actions.extend(analysis.actions(uri, asked.range, self.encoding));
                    }
                    if asked.wants(FIX_ALL) {
                        actions.extend(analysis.fix_all(uri, self.encoding));
                    }
                }
                actions.dedup();
                self.say(&answer(id, &Value::Array(actions)))
            }
            (Phase::Running, _) => {
                self.refuse(id, ErrorCode::MethodNotFound, &format!("`{method}` is not understood"))
            }
        }
    }

    /// What is not understood is passed over: notifications have no answer.
    fn notified(&mut self, method: &str, params: Value, now: Instant) -> io::Result<()> {
        if self.phase != Phase::Running {
            return Ok(());
        }
        let (uri, kept) = match method {
            "textDocument/didOpen" => {
                let Ok(Opened { text_document: item }) = serde_json::from_value(params) else {
                    return Ok(());
                };
                (item.uri.clone(), self.documents.open(item.uri, item.version, item.text))
            }
            "textDocument/didChange" => {
                let Ok(Changed { text_document: it, content_changes }) = serde_json::from_value(params)
                else {
                    return Ok(());
                };
                let changed = self.documents.change(&it.uri, it.version, content_changes, self.encoding);
                if changed == Ok(false) {
                    return Ok(());
                }
                (it.uri, changed.map(|_| ()))
            }
            "textDocument/didClose" => {
                let Ok(Closed { text_document: it }) = serde_json::from_value(params) else { return Ok(()) };
                if !self.documents.close(&it.uri) {
                    return Ok(());
                }
                (it.uri, Ok(()))
            }
            _ => return Ok(()),
        };
        if let Err(TooMuch) = kept {
            let message = format!("`{uri}` is not looked at: too many or too large documents are open");
            self.say(&notification("window/showMessage", &json!({ "type": 2, "message": message })))?;
        }
        let pending = self.pending.get_or_insert(Pending { uris: BTreeSet::new(), first: now, last: now });
        pending.uris.insert(uri);
        pending.last = now;
        Ok(())
    }

    /// Looks again at what changed and at what refers to it, and shows what is new.
    pub(super) fn review_changed(&mut self) -> io::Result<()> {
        let Some(Pending { uris, .. }) = self.pending.take() else { return Ok(()) };
        let paths: Vec<_> = uris.iter().filter_map(|uri| super::open::path_of(uri)).collect();
        let refers = |analysis: &Analysis| paths.iter().any(|path| analysis.refers_to(path));
        let referring =
            self.analyses.iter().filter(|(_, analysis)| refers(analysis)).map(|(uri, _)| uri.clone());
        let again: BTreeSet<String> = referring.collect::<BTreeSet<_>>().union(&uris).cloned().collect();
        for uri in &again {
            let open = self.documents.get(uri);
            match open.and_then(|open| Analysis::of(uri, open, &self.documents)) {
                Some(analysis) => self.analyses.insert(uri.clone(), analysis),
                None => self.analyses.remove(uri),
            };
        }
        let mut now: BTreeMap<String, Vec<Diagnostic>> = BTreeMap::new();
        for (uri, diagnostics) in
            self.analyses.values().flat_map(|analysis| analysis.diagnostics(self.encoding))
        {
            let of_file = now.entry(uri).or_default();
            let new = diagnostics.into_iter().filter(|diagnostic| !of_file.contains(diagnostic));
            let new: Vec<Diagnostic> = new.collect();
            of_file.extend(new);
        }
        let before = std::mem::take(&mut self.shown);
        let gone = before.keys().filter(|uri| !now.contains_key(*uri)).map(|uri| (uri, &[][..]));
        let new = now.iter().map(|(uri, diagnostics)| (uri, diagnostics.as_slice()));
        for (uri, diagnostics) in new.chain(gone) {
            let known = before.get(uri).map_or(&[][..], Vec::as_slice);
            if known != diagnostics || again.contains(uri) {
                let version = self.documents.get(uri).map(|open| open.version);
                let mut params = json!({ "uri": uri, "diagnostics": diagnostics });
                if let (Some(version), Some(members)) = (version, params.as_object_mut()) {
                    members.insert("version".to_owned(), json!(version));
                }
                wire::write(&mut self.output, &notification("textDocument/publishDiagnostics", &params))?;
            }
        }
        self.shown = now;
        Ok(())
    }

    /// The pages of the rules that found something there.
    fn hover(&self, asked: &HoverAt) -> Value {
        let uri = &asked.text_document.uri;
        let rules =
            self.analyses.values().flat_map(|analysis| analysis.rules_at(uri, asked.position, self.encoding));
        let rules: BTreeSet<&str> = rules.collect();
        let pages = rules.iter().filter_map(|rule| review::rule(rule).ok()).take(PAGES_MAX).map(explained);
        let pages: Vec<String> = pages.collect();
        if pages.is_empty() {
            return Value::Null;
        }
        json!({ "contents": { "kind": "markdown", "value": pages.join("\n---\n\n") } })
    }

    /// `params` in the form that the request `id` has; it is refused where they are of another.
    fn understood<T: DeserializeOwned>(&mut self, id: &Value, params: Value) -> io::Result<Option<T>> {
        match serde_json::from_value(params) {
            Ok(params) => Ok(Some(params)),
            Err(error) => {
                self.refuse(id, ErrorCode::InvalidParams, &error.to_string())?;
                Ok(None)
            }
        }
    }

    fn refuse(&mut self, id: &Value, code: ErrorCode, message: &str) -> io::Result<()> {
        self.say(&refusal(id, code, message))
    }

    fn say(&mut self, message: &Value) -> io::Result<()> {
        wire::write(&mut self.output, message)
    }
}
