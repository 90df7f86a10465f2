//! One file that may be a config: its text, and its documents with the places of everything in them.

use model::Severity;
use model::inventory::{At, Place};
use spec::{Document, Kind, Limits, Node};

use super::formats::{self, is_structured, is_toml};
use super::toml::{self, Rewritten};

/// The most documents of one file.
const DOCUMENTS_MAX: usize = 1 << 14;

/// The most values of one document.
const NODES_MAX: usize = 1 << 20;

/// A file.
#[derive(Debug)]
pub(crate) struct Input {
    pub(crate) name: String,
    pub(crate) text: String,
    /// What is in it, where it is YAML or JSON.
    pub(crate) documents: Vec<Part>,
}

/// One of the documents of a file.
#[derive(Debug)]
pub(crate) struct Part {
    document: Document,
    lines_before: u64,
    /// Of each line of the document the one of the file, where those are not the same.
    lines: Vec<u64>,
}

/// Why a file tells nothing.
#[derive(Debug)]
pub(crate) enum Unusable {
    /// Nothing in it is like a config of a gateway.
    NoConfig,
    /// It may be one, and cannot be read.
    Fault(String),
}

/// An object of a document, which tells where it stands.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Spot<'i> {
    pub(crate) file: &'i str,
    part: &'i Part,
    pub(crate) node: Node<'i>,
}

impl Input {
    /// Reads a file, if it is like a config of a gateway.
    pub(crate) fn of(name: &str, text: &str) -> Result<Input, Unusable> {
        if !formats::is_like_one(name, text) {
            return Err(Unusable::NoConfig);
        }
        match is_structured(name) {
            true => Input::structured(name, text),
            false if is_toml(name) => {
                let Rewritten { json, lines } = toml::rewrite(text)
                    .map_err(|fault| Unusable::Fault(format!("line {}: {}", fault.line, fault.why)))?;
                let mut documents = parts(name, &json)?;
                documents.iter_mut().for_each(|part| part.lines.clone_from(&lines));
                Ok(Input { name: name.to_owned(), text: text.to_owned(), documents })
            }
            false => Ok(Input { name: name.to_owned(), text: text.to_owned(), documents: Vec::new() }),
        }
    }

    /// Reads a file of YAML or JSON, whatever is in it.
    pub(crate) fn structured(name: &str, text: &str) -> Result<Input, Unusable> {
        let documents = parts(name, text)?;
        Ok(Input { name: name.to_owned(), text: text.to_owned(), documents })
    }

    /// The roots of its documents.
    pub(crate) fn roots(&self) -> impl Iterator<Item = Spot<'_>> {
        self.documents.iter().map(|part| Spot { file: &self.name, part, node: part.document.root() })
    }

    /// The resources of Kubernetes in it, those of lists one by one.
    pub(crate) fn resources(&self) -> Vec<Spot<'_>> {
        let mut resources = Vec::new();
        for root in self.roots() {
            if root.text("kind").is_some_and(|kind| kind.ends_with("List")) {
                resources.extend(root.items("items"));
            }
            resources.push(root);
        }
        resources
    }
}

/// The documents of a file. What stands between `---` is read by itself, so that one that is broken leaves the others.
fn parts(name: &str, text: &str) -> Result<Vec<Part>, Unusable> {
    let limits = Limits { nodes_max: NODES_MAX, ..Limits::default() };
    let mut parts = Vec::new();
    for (lines_before, piece) in pieces(text) {
        if parts.len() >= DOCUMENTS_MAX {
            return Err(Unusable::Fault(format!("it has more than {DOCUMENTS_MAX} documents")));
        }
        let (document, problems) = Document::parse(name, piece, &limits);
        let broken = problems.iter().find(|problem| problem.severity == Severity::Error);
        match broken {
            None => parts.push(Part { document, lines_before, lines: Vec::new() }),
            Some(_) if piece.contains("{{") => {
                let why = "it is a template without its values; render it first, as `helm template` does";
                return Err(Unusable::Fault(why.to_owned()));
            }
            Some(problem) => {
                let line = problem.position.as_ref().map_or(0, |position| position.line as u64);
                return Err(Unusable::Fault(format!("line {}: {}", lines_before + line, problem.message)));
            }
        }
    }
    Ok(parts)
}

/// The texts between lines of `---`, with how many lines come before each.
pub(crate) fn pieces(text: &str) -> Vec<(u64, &str)> {
    let (mut pieces, mut start, mut at, mut first) = (Vec::new(), 0, 0, 0);
    for (number, line) in text.split_inclusive('\n').enumerate() {
        if line.trim_end() == "---" || line.starts_with("--- ") {
            pieces.push((first, text.get(start..at).unwrap_or_default()));
            start = at + line.len();
            first = number as u64 + 1;
        }
        at += line.len();
    }
    pieces.push((first, text.get(start..).unwrap_or_default()));
    let is_comment = |line: &str| line.trim().is_empty() || line.trim_start().starts_with('#');
    pieces.retain(|(_, piece)| !piece.lines().all(is_comment));
    pieces
}

impl<'i> Spot<'i> {
    pub(crate) fn at(self, node: Node<'i>) -> Spot<'i> {
        Spot { node, ..self }
    }

    /// The member so called.
    pub(crate) fn get(self, key: &str) -> Option<Spot<'i>> {
        self.node.get(key).filter(|node| !node.is_null()).map(|node| self.at(node))
    }

    /// What lies below, member by member.
    pub(crate) fn below(self, keys: &[&str]) -> Option<Spot<'i>> {
        keys.iter().try_fold(self, |spot, key| spot.get(key))
    }

    /// The text of the member so called, be it a number.
    pub(crate) fn text(self, key: &str) -> Option<&'i str> {
        self.node.get(key)?.scalar().filter(|text| !text.is_empty())
    }

    /// The items of the member so called; where it is one alone, that.
    pub(crate) fn items(self, key: &str) -> Vec<Spot<'i>> {
        match self.get(key) {
            Some(list) if list.node.kind() == Kind::Array => {
                list.node.items().map(|node| self.at(node)).collect()
            }
            Some(one) => vec![one],
            None => Vec::new(),
        }
    }

    /// The texts of the member so called.
    pub(crate) fn texts(self, key: &str) -> Vec<&'i str> {
        self.items(key).into_iter().filter_map(|item| item.node.scalar()).collect()
    }

    /// The members, each with its name.
    pub(crate) fn members(self) -> impl Iterator<Item = (&'i str, Spot<'i>)> {
        self.node.entries().map(move |entry| (entry.key, self.at(entry.value)))
    }

    /// Everything one level below.
    pub(crate) fn children(self) -> Vec<Spot<'i>> {
        let members = self.node.entries().map(|entry| self.at(entry.value));
        members.chain(self.node.items().map(|node| self.at(node))).collect()
    }

    /// Whether the member so called is `true`.
    pub(crate) fn is_true(self, key: &str) -> bool {
        self.node.get(key).is_some_and(|node| node.as_bool() == Some(true))
    }

    pub(crate) fn line(self) -> u64 {
        let line = self.part.document.position(self.node).line;
        let of_file = line.checked_sub(1).and_then(|at| self.part.lines.get(at));
        of_file.copied().unwrap_or(self.part.lines_before + line as u64)
    }

    pub(crate) fn place(self) -> Place {
        Place { file: self.file.to_owned(), at: At::Line(self.line()) }
    }

    /// `metadata.name` of a resource.
    pub(crate) fn name(self) -> Option<&'i str> {
        self.get("metadata")?.text("name")
    }

    /// Whether it is a resource of this group and kind, of whichever version.
    pub(crate) fn is_resource(self, groups: &[&str], kind: &str) -> bool {
        let group =
            self.text("apiVersion").and_then(|version| version.split_once('/')).map(|(group, _)| group);
        self.text("kind") == Some(kind) && group.is_some_and(|group| groups.contains(&group))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_told_apart_and_keep_their_lines() {
        let text = "# first\n---\nkind: A\n---\n# nothing\n---\nkind: B\nmetadata:\n  name: b\n";
        let parts = parts("a.yaml", text).unwrap();
        let input = Input { name: "a.yaml".to_owned(), text: text.to_owned(), documents: parts };
        let lines: Vec<_> =
            input.roots().map(|root| (root.text("kind").unwrap().to_owned(), root.line())).collect();
        assert_eq!(lines, [("A".to_owned(), 3), ("B".to_owned(), 7)]);
        let name = input.roots().nth(1).unwrap().below(&["metadata"]).unwrap();
        assert_eq!(name.line(), 9);
    }

    #[test]
    fn a_template_is_said_to_be_one() {
        let fault =
            parts("a.yaml", "kind: Ingress\n{{- if .Values.on }}\nspec: {}\n{{- end }}\n").unwrap_err();
        assert!(matches!(fault, Unusable::Fault(why) if why.contains("helm template")));
        let fault = parts("a.yaml", "kind: [Ingress\n").unwrap_err();
        assert!(matches!(fault, Unusable::Fault(why) if why.starts_with("line ")));
    }
}
