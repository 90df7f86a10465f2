//! A file of JSON or YAML with the place of everything in it, however broken it is.

mod position;

use std::borrow::Cow;
use std::sync::OnceLock;

use model::{Position, Problem, Severity};

use crate::json::{self, JsonError, JsonErrorKind, JsonLimits};
use crate::tree::{Entry, Node, Parents, Tree};
use crate::yaml;

pub(crate) use position::Texts;

/// How large a document may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the file.
    pub bytes_max: usize,
    /// Arrays and objects inside each other; never more than [`JsonLimits::DEPTH_CEILING`].
    pub depth_max: usize,
    /// Values and member names together, those that aliases and merge keys stand for included.
    pub nodes_max: usize,
    /// YAML aliases and merge keys that are expanded.
    pub aliases_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { bytes_max: 32 << 20, depth_max: 256, nodes_max: 4_000_000, aliases_max: 10_000 }
    }
}

/// A parsed file, or a file with overlays laid over it.
#[derive(Debug, Clone)]
pub struct Document {
    texts: Texts,
    tree: Tree,
    /// Found when a place is first asked for.
    parents: OnceLock<Parents>,
}

/// A fault of a document before its place is worked out, which needs the finished tree.
#[derive(Debug)]
pub(crate) struct Fault {
    pub(crate) span: (usize, usize),
    pub(crate) severity: Severity,
    pub(crate) message: Cow<'static, str>,
    pub(crate) help: Option<&'static str>,
}

impl Document {
    /// Reads `bytes`, the content of the file that the user calls `file`, as JSON or YAML, whichever it is.
    ///
    /// It never fails: what can be understood is in the document, and what is wrong with the rest in the problems.
    pub fn parse(file: &str, bytes: impl Into<Vec<u8>>, limits: &Limits) -> (Document, Vec<Problem>) {
        let mut faults = Vec::new();
        let text = decoded(bytes.into(), limits, &mut faults);
        let tree = tree_of(file, &text, limits, &mut faults);
        let document = Document::from_parts(Texts::one(file.into(), text), tree);
        let problems = faults.into_iter().map(|fault| document.problem_of(fault)).collect();
        (document, problems)
    }

    /// Takes `bytes`, the content of the file that the user calls `file`, as text of another form, in which there are
    /// places and no nodes.
    pub fn plain(file: &str, bytes: impl Into<Vec<u8>>, limits: &Limits) -> (Document, Vec<Problem>) {
        let mut faults = Vec::new();
        let text = decoded(bytes.into(), limits, &mut faults);
        let document = Document::from_parts(Texts::one(file.into(), text), Tree::default());
        let problems = faults.into_iter().map(|fault| document.problem_of(fault)).collect();
        (document, problems)
    }

    pub(crate) fn from_parts(texts: Texts, tree: Tree) -> Document {
        Document { texts, tree, parents: OnceLock::new() }
    }

    pub(crate) fn into_parts(self) -> (Texts, Tree) {
        (self.texts, self.tree)
    }

    /// `tree` must be over the same texts.
    pub(crate) fn set_tree(&mut self, tree: Tree) {
        self.tree = tree;
        self.parents = OnceLock::new();
    }

    pub(crate) fn texts(&self) -> &Texts {
        &self.texts
    }

    /// The texts of all files, over which the spans of nodes run.
    pub(crate) fn all_text(&self) -> &str {
        self.texts.all()
    }

    pub(crate) fn tree(&self) -> &Tree {
        &self.tree
    }

    /// Its one value; `null` where nothing could be understood.
    pub fn root(&self) -> Node<'_> {
        self.tree.root(self.texts.all())
    }

    /// The node with this [`Node::index`], for those who keep places of a document without borrowing it.
    pub fn node(&self, index: u32) -> Node<'_> {
        self.tree.node(self.texts.all(), index)
    }

    /// The text of the file, without that of overlays.
    pub fn source(&self) -> &str {
        self.texts.first()
    }

    /// The file as the user named it.
    pub fn file(&self) -> &str {
        self.texts.first_file()
    }

    /// The text that belongs to the file of a position in this document, to draw carets under.
    pub fn source_of(&self, file: &str) -> Option<&str> {
        self.texts.text_of(file)
    }

    /// Where a node stands.
    pub fn position(&self, node: Node<'_>) -> Position {
        self.texts.position(node.span(), self.pointer(node))
    }

    /// Where the bytes from the first of `span` to before the second stand.
    pub fn position_at(&self, span: (usize, usize)) -> Position {
        let end = self.texts.all().len();
        let (start, stop) = (span.0.min(end), span.1.min(end));
        let node = self.tree.node_at(self.texts.all(), start);
        self.texts.position((start, stop.max(start)), self.pointer(node))
    }

    /// Where the name of a member stands.
    pub fn key_position(&self, entry: &Entry<'_>) -> Position {
        self.texts.position(entry.key_span, self.pointer(entry.value))
    }

    /// The JSON pointer of a node.
    pub fn pointer(&self, node: Node<'_>) -> String {
        self.parents().pointer(self.node(node.index()))
    }

    /// The nodes on the way from the root, which is left out, to `node` itself: one for each token of its JSON pointer.
    pub fn path(&self, node: Node<'_>) -> Vec<Node<'_>> {
        self.parents().path(self.node(node.index()))
    }

    /// The member whose value `node` is; nothing for an item or the root.
    pub fn entry_of(&self, node: Node<'_>) -> Option<Entry<'_>> {
        self.parents().entry(self.node(node.index()))
    }

    fn parents(&self) -> &Parents {
        self.parents.get_or_init(|| Parents::of(&self.tree))
    }

    /// Something is wrong with a node.
    pub fn problem(&self, severity: Severity, node: Node<'_>, message: impl Into<String>) -> Problem {
        Problem { severity, ..Problem::error(message) }.at(self.position(node))
    }

    /// Something is wrong with a member's name.
    pub fn key_problem(&self, severity: Severity, entry: &Entry<'_>, message: impl Into<String>) -> Problem {
        Problem { severity, ..Problem::error(message) }.at(self.key_position(entry))
    }

    fn problem_of(&self, fault: Fault) -> Problem {
        let problem = Problem { severity: fault.severity, ..Problem::error(fault.message) }
            .at(self.position_at(fault.span));
        match fault.help {
            Some(help) => problem.help(help),
            None => problem,
        }
    }
}

/// The text of a file. A byte order mark stays in it, so that offsets are those of the file.
fn decoded(bytes: Vec<u8>, limits: &Limits, faults: &mut Vec<Fault>) -> String {
    if bytes.len() > limits.bytes_max.min(i32::MAX as usize) {
        faults.push(Fault::error((0, 0), format!("the file is larger than {} bytes", limits.bytes_max)));
        return String::new();
    }
    String::from_utf8(bytes).unwrap_or_else(|error| {
        let at = error.utf8_error().valid_up_to();
        let help = match error.as_bytes() {
            [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => "the file looks like UTF-16; save it as UTF-8",
            _ => "save the file as UTF-8",
        };
        let fault = Fault::error((at, at), "the file is not UTF-8 from here on");
        faults.push(Fault { help: Some(help), ..fault });
        String::from_utf8_lossy(error.as_bytes()).into_owned()
    })
}

/// JSON is tried first where the text looks like it, since YAML's reader is slower and forgives more.
fn tree_of(file: &str, text: &str, limits: &Limits, faults: &mut Vec<Fault>) -> Tree {
    let start = text.trim_start_matches('\u{feff}').trim_start();
    if start.is_empty() {
        faults.push(Fault::error((0, 0), "the file is empty"));
    }
    if !start.starts_with(['{', '[']) {
        let (tree, found) = yaml::parse(text, limits);
        faults.extend(found);
        return tree;
    }
    let json_limits = JsonLimits {
        depth_max: limits.depth_max,
        nodes_max: limits.nodes_max,
        string_bytes_max: usize::MAX,
        number_bytes_max: usize::MAX,
        array_items_max: usize::MAX,
        object_members_max: usize::MAX,
    };
    let (tree, errors) = json::parse_forgiving(text, &json_limits);
    let is_json =
        errors.iter().all(|error| error.kind == JsonErrorKind::DuplicateName || error.kind.is_limit());
    if !is_json && !file.ends_with(".json") {
        let (yaml_tree, found) = yaml::parse(text, limits);
        if found.is_empty() || file.ends_with(".yaml") || file.ends_with(".yml") {
            faults.extend(found);
            return yaml_tree;
        }
    }
    faults.extend(errors.into_iter().map(|error| Fault::of_json(error, text)));
    tree
}

impl Fault {
    pub(crate) fn error(span: (usize, usize), message: impl Into<Cow<'static, str>>) -> Fault {
        Fault { span, severity: Severity::Error, message: message.into(), help: None }
    }

    pub(crate) fn warning(span: (usize, usize), message: impl Into<Cow<'static, str>>) -> Fault {
        Fault { severity: Severity::Warning, ..Fault::error(span, message) }
    }

    fn of_json(error: JsonError, text: &str) -> Fault {
        let rest = text.get(error.offset..).unwrap_or_default();
        let length = match error.kind {
            JsonErrorKind::DuplicateName => quoted_length(rest),
            _ => rest.chars().next().map_or(0, char::len_utf8),
        };
        let help = match error.kind {
            JsonErrorKind::DuplicateName => Some("only the first is used; remove one of them"),
            JsonErrorKind::UnexpectedEnd => Some("the file may be cut off; what comes before is used"),
            _ => None,
        };
        Fault { help, ..Fault::error((error.offset, error.offset + length), error.kind.as_str()) }
    }
}

/// Bytes of the string at the beginning of `text`, quotes included.
fn quoted_length(text: &str) -> usize {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            b'"' if !escaped => return at + 1,
            b'\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    text.len()
}

#[cfg(test)]
mod tests;
