//! Every language that is read, and how a file of it becomes syntax: in bounded time, and bounded memory.

mod compiled;
mod csharp;
mod go;
mod java;
mod javascript;
mod kotlin;
mod php;
mod python;
mod ruby;
mod rust;
mod settings;

use std::cell::{Cell, RefCell};
use std::ops::ControlFlow;

pub(crate) use compiled::numbered;
pub(crate) use settings::setting;
use tree_sitter::{ParseOptions, ParseState, Parser};

use super::syntax::{Argument, Call, Import, Kind, Node, Unit};

/// A part that is nested deeper is left out.
const DEPTH_MAX: usize = 160;

/// How often a parser may ask whether to go on, for a file without text and for each of its bytes. It asks after a fixed number of
/// steps, of which a file takes few; one that takes more was made to.
const ASKED_MAX: usize = 4096;
const ASKED_A_BYTE: usize = 1;

/// One language.
#[derive(Debug)]
pub(crate) struct Language {
    /// What it is called.
    pub(crate) name: &'static str,
    /// How the names of its files end.
    pub(crate) endings: &'static [&'static str],
    form: Form,
}

/// How a file becomes syntax.
#[derive(Debug)]
enum Form {
    /// By a grammar, what a part of its tree is, and what is done with all of it then.
    Grammar(fn() -> tree_sitter::Language, fn(&Reader<'_>, Branch<'_>) -> Kind, fn(&mut [Node])),
    /// It holds settings: of those that say something of routes, lists, objects and texts.
    Settings(fn(&str) -> Unit),
}

/// Every language.
pub(crate) const ALL: &[&Language] = &[
    &csharp::CSHARP,
    &go::GO,
    &java::JAVA,
    &javascript::JAVASCRIPT,
    &javascript::TYPESCRIPT,
    &javascript::TSX,
    &kotlin::KOTLIN,
    &php::PHP,
    &python::PYTHON,
    &ruby::RUBY,
    &rust::RUST,
    &settings::YAML,
    &settings::PROPERTIES,
];

/// The language of a file, by its name.
pub(crate) fn of(path: &str) -> Option<&'static Language> {
    let (_, ending) = path.rsplit('/').next().unwrap_or(path).rsplit_once('.')?;
    let of_ending = ALL.iter().find(|language| language.endings.contains(&ending)).copied();
    of_ending.filter(|language| matches!(language.form, Form::Grammar(..)) || settings::are_of_routes(path))
}

/// A part of the tree as the parser has it.
pub(crate) type Branch<'t> = tree_sitter::Node<'t>;

/// Why a file was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unread {
    /// The parser cannot be had.
    Grammar,
    /// It takes too long.
    Time,
}

/// Reads one file.
pub(crate) struct Reader<'r> {
    text: &'r str,
    read: fn(&Reader<'_>, Branch<'_>) -> Kind,
    depth: Cell<usize>,
    is_cut: Cell<bool>,
    imports: RefCell<Vec<Import>>,
    exports: RefCell<Vec<Box<str>>>,
}

impl Language {
    /// The syntax of a file.
    pub(crate) fn parse(&self, text: &str) -> Result<Unit, Unread> {
        let (grammar, read, finish) = match self.form {
            Form::Grammar(grammar, read, finish) => (grammar, read, finish),
            Form::Settings(read) => return Ok(read(text)),
        };
        let mut parser = Parser::new();
        if parser.set_language(&grammar()).is_err() {
            return Err(Unread::Grammar);
        }
        let mut left = ASKED_MAX + text.len() * ASKED_A_BYTE;
        let mut go_on = |_: &ParseState| {
            left = left.saturating_sub(1);
            if left == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        let mut bytes = |at: usize, _| text.as_bytes().get(at..).unwrap_or_default();
        let options = ParseOptions::new().progress_callback(&mut go_on);
        let Some(tree) = parser.parse_with_options(&mut bytes, None, Some(options)) else {
            return Err(Unread::Time);
        };
        let reader = Reader {
            text,
            read,
            depth: Cell::new(0),
            is_cut: Cell::new(false),
            imports: RefCell::default(),
            exports: RefCell::default(),
        };
        let root = tree.root_node();
        let mut body = reader.all(root);
        finish(&mut body);
        let is_damaged = reader.is_cut.get() || root.has_error();
        let (imports, exports) = (reader.imports.into_inner(), reader.exports.into_inner());
        Ok(Unit { body, imports, exports, is_damaged })
    }
}

impl<'r> Reader<'r> {
    /// The text of a part.
    pub(crate) fn text(&self, part: Branch<'_>) -> &'r str {
        self.text.get(part.byte_range()).unwrap_or_default()
    }

    /// The text of a part as one word, without white space.
    pub(crate) fn word(&self, part: Branch<'_>) -> Box<str> {
        self.text(part).split_whitespace().collect::<String>().into()
    }

    /// The word of a field; empty where there is none.
    pub(crate) fn word_of(&self, part: Branch<'_>, field: &str) -> Box<str> {
        part.child_by_field_name(field).map(|part| self.word(part)).unwrap_or_default()
    }

    /// What a part is.
    pub(crate) fn node(&self, part: Branch<'_>) -> Node {
        let line = line(named(part).unwrap_or(part));
        let depth = self.depth.get();
        if depth >= DEPTH_MAX {
            self.is_cut.set(true);
            return Node { line, kind: Kind::default() };
        }
        self.depth.set(depth + 1);
        let kind = (self.read)(self, part);
        self.depth.set(depth);
        Node { line, kind }
    }

    /// What a field is; nothing where there is none.
    pub(crate) fn field(&self, part: Branch<'_>, field: &str) -> Node {
        part.child_by_field_name(field).map(|part| self.node(part)).unwrap_or_default()
    }

    /// What all parts within a part are.
    pub(crate) fn all(&self, part: Branch<'_>) -> Vec<Node> {
        children(part).into_iter().filter(|part| !part.is_extra()).map(|part| self.node(part)).collect()
    }

    /// What all parts within a field are.
    pub(crate) fn all_of(&self, part: Branch<'_>, field: &str) -> Vec<Node> {
        part.child_by_field_name(field).map(|part| self.all(part)).unwrap_or_default()
    }

    /// What the first part within a part is: of parentheses and their like, which mean no more than it.
    pub(crate) fn inner(&self, part: Branch<'_>) -> Kind {
        part.named_child(0).map(|part| self.node(part).kind).unwrap_or_default()
    }

    /// The first part within a part.
    pub(crate) fn first(&self, part: Branch<'_>) -> Node {
        part.named_child(0).map(|part| self.node(part)).unwrap_or_default()
    }

    /// A part of which only the parts matter.
    pub(crate) fn other(&self, part: Branch<'_>) -> Kind {
        Kind::Other(self.all(part))
    }

    /// The text between the marks of a literal, as it stands; escapes are rare in paths, and stay.
    pub(crate) fn literal(&self, part: Branch<'_>) -> Kind {
        let text = self.text(part);
        let is_mark = |letter: char| "\"'`".contains(letter);
        let text =
            text.trim_start_matches(|letter: char| letter.is_ascii_alphabetic() || "@$#".contains(letter));
        let text = if text.starts_with(is_mark) { text.trim_matches(is_mark) } else { self.text(part) };
        Kind::Text(text.into())
    }

    /// A text with values in it: parts of these kinds are text, and all others are values.
    pub(crate) fn joined(&self, part: Branch<'_>, texts: &[&str], values: &[&str]) -> Kind {
        let mut parts: Vec<Node> = Vec::new();
        for child in children(part) {
            if texts.contains(&child.kind()) {
                parts.push(Node { line: line(child), kind: Kind::Text(self.text(child).into()) });
            } else if values.contains(&child.kind()) {
                let inside = children(child).into_iter().find(|value| !value.kind().contains("brace"));
                parts.push(inside.map(|value| self.node(value)).unwrap_or_default());
            }
        }
        match parts.len() {
            0 => Kind::Text("".into()),
            1 if parts.iter().all(|part| part.text().is_some()) => parts.remove(0).kind,
            _ => Kind::Join(parts),
        }
    }

    /// An element of something, as a call of `[]`.
    pub(crate) fn element(&self, part: Branch<'_>, of: &str, index: &str) -> Kind {
        let of = self.field(part, of);
        let callee = Node { line: of.line, kind: Kind::Member(Box::new(of), "[]".into()) };
        call(callee, unnamed(vec![self.field(part, index)]))
    }

    /// Remembers what is imported.
    pub(crate) fn import(&self, local: &str, module: &str, name: &str) {
        let (local, module, name) = (local.into(), module.into(), name.into());
        self.imports.borrow_mut().push(Import { local, module, name });
    }

    /// Remembers what other files may name.
    pub(crate) fn export(&self, name: &str) {
        self.exports.borrow_mut().push(name.into());
    }

    /// Remembers that all of a module is imported, which has this name here.
    pub(crate) fn import_all(&self, local: &str) {
        let known =
            self.imports.borrow().iter().find(|import| &*import.local == local).map(|one| one.module.clone());
        known.into_iter().for_each(|module| self.import("*", &module, "*"));
    }

    /// A name for a module that is named where it is used.
    pub(crate) fn inline_import(&self, module: &str) -> Kind {
        let local = format!("import@{}", self.imports.borrow().len());
        self.import(&local, module, "default");
        Kind::Name(local.into())
    }
}

/// The name of the method that is called: in a chain of calls it is where the reader looks for it.
fn named(part: Branch<'_>) -> Option<Branch<'_>> {
    let of = match part.kind() {
        "expression_statement" | "await_expression" | "parenthesized_expression" => {
            return named(part.named_child(0)?);
        }
        "call_expression" | "invocation_expression" | "call" => {
            part.child_by_field_name("function").unwrap_or(part)
        }
        "method_invocation" | "member_call_expression" => part,
        _ => return None,
    };
    ["property", "field", "name", "attribute", "method"].iter().find_map(|name| of.child_by_field_name(name))
}

/// The line that a part begins on, counted from one.
pub(crate) fn line(part: Branch<'_>) -> u32 {
    u32::try_from(part.start_position().row).unwrap_or(u32::MAX).saturating_add(1)
}

/// Parts that have a name in the grammar.
pub(crate) fn children(part: Branch<'_>) -> Vec<Branch<'_>> {
    part.named_children(&mut part.walk()).collect()
}

/// The parts of some kind.
pub(crate) fn children_of<'t>(part: Branch<'t>, kinds: &[&str]) -> Vec<Branch<'t>> {
    children(part).into_iter().filter(|part| kinds.contains(&part.kind())).collect()
}

/// The first part of some kind.
pub(crate) fn child_of<'t>(part: Branch<'t>, kinds: &[&str]) -> Option<Branch<'t>> {
    children(part).into_iter().find(|part| kinds.contains(&part.kind()))
}

/// Names in the head of a class, without these words and without what stands in angles.
pub(crate) fn names(text: &str, words: &[&str]) -> Vec<Box<str>> {
    let mut depth = 0_usize;
    let mut plain = String::new();
    for letter in text.chars() {
        match letter {
            '<' | '(' => depth += 1,
            '>' | ')' => depth = depth.saturating_sub(1),
            _ if depth == 0 => plain.push(letter),
            _ => {}
        }
    }
    let names = plain.split(|letter: char| !letter.is_alphanumeric() && !"_.".contains(letter));
    names.filter(|name| !name.is_empty() && !words.contains(name)).map(Into::into).collect()
}

/// A call of what is called so, with these values.
pub(crate) fn call(callee: Node, arguments: Vec<Argument>) -> Kind {
    Kind::Call(Box::new(Call { callee, arguments }))
}

/// Values without names.
pub(crate) fn unnamed(values: Vec<Node>) -> Vec<Argument> {
    values.into_iter().map(|value| Argument { name: None, value }).collect()
}
