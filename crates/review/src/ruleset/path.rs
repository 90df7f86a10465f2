//! JSONPath in the dialect of Spectral's rulesets: that of Goessner's article, with `^`, `~`, and filters of JavaScript.

mod filter;
mod select;

use std::fmt;

use filter::Expression;
pub(super) use filter::pattern;
pub(super) use select::{Key, Selected, select};

/// Characters of a path that is read at all.
const CHARACTERS_MAX: usize = 4096;

/// A path from the root.
#[derive(Debug)]
pub(super) struct Path {
    segments: Vec<Segment>,
}

/// A step from nodes to nodes.
#[derive(Debug)]
struct Segment {
    /// Whether it starts at every descendant rather than at the node alone.
    is_descendant: bool,
    selector: Selector,
}

/// Which nodes a step leads to.
#[derive(Debug)]
enum Selector {
    Wildcard,
    /// Members of these names, or items with these numbers.
    Names(Vec<String>),
    /// The items from the first to before the second; from the end where negative.
    Slice(Option<i64>, Option<i64>),
    Filter(Expression),
    /// `^`: what the node stands in.
    Parent,
    /// `~`: the name of the node.
    Name,
}

/// Why a text is no path that is understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PathFault {
    expected: &'static str,
    /// One-based.
    character: usize,
}

impl fmt::Display for PathFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not a path that is understood: expected {} at character {}", self.expected, self.character)
    }
}

/// Reads a path.
///
/// # Errors
/// What was expected, and at which character.
pub(super) fn parse(text: &str) -> Result<Path, PathFault> {
    let characters: Vec<char> = text.chars().take(CHARACTERS_MAX + 1).collect();
    let mut parser = Parser { characters, at: 0, nesting: 0 };
    if parser.characters.len() > CHARACTERS_MAX {
        return Err(parser.fault("a shorter path"));
    }
    parser.expect('$', "`$`")?;
    let mut segments = Vec::new();
    while parser.peek().is_some() {
        segments.push(parser.segment()?);
    }
    Ok(Path { segments })
}

struct Parser {
    characters: Vec<char>,
    at: usize,
    nesting: usize,
}

impl Parser {
    fn fault(&self, expected: &'static str) -> PathFault {
        PathFault { expected, character: self.at + 1 }
    }

    fn peek(&self) -> Option<char> {
        self.characters.get(self.at).copied()
    }

    fn accept(&mut self, character: char) -> bool {
        let accepted = self.peek() == Some(character);
        self.at += usize::from(accepted);
        accepted
    }

    fn accept_all(&mut self, text: &str) -> bool {
        let matches =
            text.chars().enumerate().all(|(offset, c)| self.characters.get(self.at + offset) == Some(&c));
        self.at += if matches { text.chars().count() } else { 0 };
        matches
    }

    fn expect(&mut self, character: char, name: &'static str) -> Result<(), PathFault> {
        if self.accept(character) { Ok(()) } else { Err(self.fault(name)) }
    }

    fn skip_space(&mut self) {
        while self.peek().is_some_and(char::is_whitespace) {
            self.at += 1;
        }
    }

    fn segment(&mut self) -> Result<Segment, PathFault> {
        if self.accept('^') {
            return Ok(Segment { is_descendant: false, selector: Selector::Parent });
        }
        if self.accept('~') {
            return Ok(Segment { is_descendant: false, selector: Selector::Name });
        }
        let is_descendant = self.accept_all("..");
        if !is_descendant && !self.accept('.') && self.peek() != Some('[') {
            return Err(self.fault("`.`, `[`, `^` or `~`"));
        }
        let selector = if self.accept('[') { self.brackets()? } else { self.shorthand()? };
        Ok(Segment { is_descendant, selector })
    }

    /// `*` or a name after a dot.
    fn shorthand(&mut self) -> Result<Selector, PathFault> {
        if self.accept('*') {
            return Ok(Selector::Wildcard);
        }
        let name = self.name();
        if name.is_empty() { Err(self.fault("a name or `*`")) } else { Ok(Selector::Names(vec![name])) }
    }

    /// A name without quotes: whatever cannot begin the next step.
    fn name(&mut self) -> String {
        let mut name = String::new();
        while let Some(character) = self.peek().filter(|c| c.is_alphanumeric() || "_-$@/".contains(*c)) {
            name.push(character);
            self.at += 1;
        }
        name
    }

    /// What stands between brackets, of which the first is read.
    fn brackets(&mut self) -> Result<Selector, PathFault> {
        self.skip_space();
        let selector = if self.accept('*') {
            Selector::Wildcard
        } else if self.accept('?') {
            self.skip_space();
            self.expect('(', "`(`")?;
            let expression = self.expression()?;
            self.skip_space();
            self.expect(')', "`)`")?;
            Selector::Filter(expression)
        } else {
            self.names_or_slice()?
        };
        self.skip_space();
        self.expect(']', "`]`")?;
        Ok(selector)
    }

    fn names_or_slice(&mut self) -> Result<Selector, PathFault> {
        let mut names = Vec::new();
        loop {
            self.skip_space();
            let name = match self.peek() {
                Some('\'' | '"') => self.quoted()?,
                _ => self.name(),
            };
            if self.accept(':') {
                let end = self.name();
                let number = |text: &str| text.parse::<i64>().ok();
                let is_number = |text: &str| text.is_empty() || number(text).is_some();
                if !names.is_empty() || !is_number(&name) || !is_number(&end) {
                    return Err(self.fault("two whole numbers"));
                }
                return Ok(Selector::Slice(number(&name), number(&end)));
            }
            if name.is_empty() {
                return Err(self.fault("a name, a number, `*` or `?`"));
            }
            names.push(name);
            self.skip_space();
            if !self.accept(',') {
                return Ok(Selector::Names(names));
            }
        }
    }

    /// A text whose opening quote comes next.
    fn quoted(&mut self) -> Result<String, PathFault> {
        let quote = self.peek().unwrap_or('"');
        self.at += 1;
        let mut text = String::new();
        loop {
            let Some(character) = self.peek() else { return Err(self.fault("a closing quote")) };
            self.at += 1;
            match character {
                c if c == quote => return Ok(text),
                '\\' => {
                    let Some(escaped) = self.peek() else { return Err(self.fault("a closing quote")) };
                    self.at += 1;
                    text.push(match escaped {
                        'n' => '\n',
                        't' => '\t',
                        'r' => '\r',
                        other => other,
                    });
                }
                c => text.push(c),
            }
        }
    }
}
