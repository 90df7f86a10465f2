//! Filters of paths: expressions of JavaScript, as far as rulesets use them.

use regex::{Regex, RegexBuilder};

use super::{Parser, PathFault};

/// Parentheses and negations inside each other.
const NESTING_MAX: usize = 16;

/// Bytes that a compiled pattern may take.
const PATTERN_BYTES_MAX: usize = 1 << 20;

#[derive(Debug)]
pub(super) enum Expression {
    Any(Vec<Expression>),
    All(Vec<Expression>),
    Not(Box<Expression>),
    Compare(Box<Expression>, Comparison, Box<Expression>),
    /// `.match(/…/)` and `/…/.test(…)`.
    Matches(Box<Expression>, Regex),
    /// `.includes(…)`, of a text or a list.
    Includes(Box<Expression>, Box<Expression>),
    StartsWith(Box<Expression>, Box<Expression>),
    EndsWith(Box<Expression>, Box<Expression>),
    IndexOf(Box<Expression>, Box<Expression>),
    Length(Box<Expression>),
    /// A member of what stands before it.
    Member(Box<Expression>, String),
    List(Vec<Expression>),
    /// `@`
    This,
    /// `@property`
    Property,
    /// `@parent`
    Parent,
    /// `@parentProperty`
    ParentProperty,
    /// `@root`
    Root,
    Undefined,
    Null,
    Bool(bool),
    Number(f64),
    Text(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// A pattern as JavaScript writes it between slashes, with its flags.
pub(in super::super) fn pattern(source: &str, flags: &str) -> Option<Regex> {
    let is_known = flags.chars().all(|flag| "gimsuyd".contains(flag));
    let mut builder = RegexBuilder::new(&translated(source));
    let builder = builder.case_insensitive(flags.contains('i')).multi_line(flags.contains('m'));
    let builder = builder.dot_matches_new_line(flags.contains('s')).size_limit(PATTERN_BYTES_MAX);
    is_known.then(|| builder.build().ok())?
}

/// A pattern of JavaScript, where `\/` is a slash, and a brace that counts nothing is itself.
fn translated(source: &str) -> String {
    let mut translated = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(character) = rest.chars().next() {
        let after = rest.get(character.len_utf8()..).unwrap_or_default();
        let inner = after.split_once('}').map_or("", |(inner, _)| inner);
        let counts = inner.starts_with(|c: char| c.is_ascii_digit())
            && inner.bytes().all(|byte| byte.is_ascii_digit() || byte == b',');
        // A count, an escape or a class by name (`\p{L}`) is taken as a whole.
        let length = match character {
            '\\' if after.starts_with(['p', 'P']) => rest.find('}').map_or(2, |end| end + 1),
            '\\' => 1 + after.chars().next().map_or(0, char::len_utf8),
            '{' if counts => inner.len() + 2,
            _ => character.len_utf8(),
        };
        let (whole, next) = rest.split_at_checked(length).unwrap_or((rest, ""));
        match whole {
            "\\/" => translated.push('/'),
            "{" | "}" => translated.extend(['\\', character]),
            other => translated.push_str(other),
        }
        rest = next;
    }
    translated
}

impl Parser {
    pub(super) fn expression(&mut self) -> Result<Expression, PathFault> {
        self.nesting += 1;
        if self.nesting > NESTING_MAX {
            return Err(self.fault("less that is nested"));
        }
        let mut any = vec![self.all()?];
        while self.operator("||") {
            any.push(self.all()?);
        }
        self.nesting -= 1;
        Ok(one_or(any, Expression::Any))
    }

    fn all(&mut self) -> Result<Expression, PathFault> {
        let mut all = vec![self.comparison()?];
        while self.operator("&&") {
            all.push(self.comparison()?);
        }
        Ok(one_or(all, Expression::All))
    }

    fn operator(&mut self, text: &str) -> bool {
        self.skip_space();
        self.accept_all(text)
    }

    fn comparison(&mut self) -> Result<Expression, PathFault> {
        let left = self.unary()?;
        const COMPARISONS: &[(&str, Comparison)] = &[
            ("===", Comparison::Equal),
            ("!==", Comparison::NotEqual),
            ("==", Comparison::Equal),
            ("!=", Comparison::NotEqual),
            ("<=", Comparison::LessOrEqual),
            (">=", Comparison::GreaterOrEqual),
            ("<", Comparison::Less),
            (">", Comparison::Greater),
        ];
        let found = COMPARISONS.iter().find(|(text, _)| self.operator(text));
        let Some((_, comparison)) = found else { return Ok(left) };
        Ok(Expression::Compare(Box::new(left), *comparison, Box::new(self.unary()?)))
    }

    fn unary(&mut self) -> Result<Expression, PathFault> {
        self.skip_space();
        if self.peek() == Some('!') && self.characters.get(self.at + 1) != Some(&'=') {
            self.at += 1;
            self.nesting += 1;
            if self.nesting > NESTING_MAX {
                return Err(self.fault("less that is nested"));
            }
            let inner = self.unary()?;
            self.nesting -= 1;
            return Ok(Expression::Not(Box::new(inner)));
        }
        let mut value = self.primary()?;
        loop {
            if self.accept('[') {
                self.skip_space();
                let name = match self.peek() {
                    Some('\'' | '"') => self.quoted()?,
                    _ => self.name(),
                };
                self.skip_space();
                self.expect(']', "`]`")?;
                value = Expression::Member(Box::new(value), name);
            } else if self.accept_all("?.") || self.accept('.') {
                value = self.member(value)?;
            } else {
                return Ok(value);
            }
        }
    }

    /// A member or method of `value`, whose dot was read.
    fn member(&mut self, value: Expression) -> Result<Expression, PathFault> {
        let name = self.name();
        let value = Box::new(value);
        if !self.accept('(') {
            return match name.as_str() {
                "" => Err(self.fault("a name")),
                "length" => Ok(Expression::Length(value)),
                _ => Ok(Expression::Member(value, name)),
            };
        }
        self.skip_space();
        let expression = if name == "match" {
            Expression::Matches(value, self.pattern()?)
        } else {
            let argument = Box::new(self.expression()?);
            match name.as_str() {
                "includes" => Expression::Includes(value, argument),
                "startsWith" => Expression::StartsWith(value, argument),
                "endsWith" => Expression::EndsWith(value, argument),
                "indexOf" => Expression::IndexOf(value, argument),
                _ => {
                    return Err(
                        self.fault("`match`, `includes`, `startsWith`, `endsWith` or `indexOf` before this")
                    );
                }
            }
        };
        self.skip_space();
        self.expect(')', "`)`")?;
        Ok(expression)
    }

    /// `/…/flags`
    fn pattern(&mut self) -> Result<Regex, PathFault> {
        let start = self.at;
        self.expect('/', "a pattern")?;
        let (mut source, mut in_class) = (String::new(), false);
        loop {
            let Some(character) = self.peek() else { return Err(self.fault("a closing `/`")) };
            self.at += 1;
            match character {
                '/' if !in_class => break,
                '\\' => {
                    source.push('\\');
                    source.extend(self.peek());
                    self.at += 1;
                    continue;
                }
                '[' => in_class = true,
                ']' => in_class = false,
                _ => {}
            }
            source.push(character);
        }
        let flags = self.name();
        pattern(&source, &flags).ok_or_else(|| PathFault {
            expected: "a pattern without look-around and back-references",
            character: start + 1,
        })
    }

    fn primary(&mut self) -> Result<Expression, PathFault> {
        self.skip_space();
        match self.peek() {
            Some('(') => {
                self.at += 1;
                let inner = self.expression()?;
                self.skip_space();
                self.expect(')', "`)`")?;
                Ok(inner)
            }
            Some('@') => {
                self.at += 1;
                self.context()
            }
            Some('\'' | '"') => self.quoted().map(Expression::Text),
            Some('/') => {
                let pattern = self.pattern()?;
                if !self.accept_all(".test(") {
                    return Err(self.fault("`.test(`"));
                }
                let of = self.expression()?;
                self.skip_space();
                self.expect(')', "`)`")?;
                Ok(Expression::Matches(Box::new(of), pattern))
            }
            Some('[') => {
                self.at += 1;
                self.list()
            }
            Some(c) if c.is_ascii_digit() || c == '-' => {
                let start = self.at;
                while self.peek().is_some_and(|c| c.is_ascii_digit() || c == '.' || c == '-') {
                    self.at += 1;
                }
                let text: String = self.characters.get(start..self.at).unwrap_or_default().iter().collect();
                text.parse()
                    .map(Expression::Number)
                    .map_err(|std::num::ParseFloatError { .. }| self.fault("a number"))
            }
            _ => self.word(),
        }
    }

    fn word(&mut self) -> Result<Expression, PathFault> {
        let start = self.at;
        let word = self.name();
        let word = match word.as_str() {
            "true" => Expression::Bool(true),
            "false" => Expression::Bool(false),
            "null" => Expression::Null,
            "undefined" => Expression::Undefined,
            "void" => {
                self.skip_space();
                self.expect('0', "`0`")?;
                Expression::Undefined
            }
            _ => {
                self.at = start;
                return Err(self.fault("a value, or what begins with `@`"));
            }
        };
        Ok(word)
    }

    /// What `@`, which was read, begins.
    fn context(&mut self) -> Result<Expression, PathFault> {
        let start = self.at;
        let word = self.name();
        match word.as_str() {
            "" => Ok(Expression::This),
            "property" => Ok(Expression::Property),
            "parent" => Ok(Expression::Parent),
            "parentProperty" => Ok(Expression::ParentProperty),
            "root" => Ok(Expression::Root),
            _ => {
                self.at = start;
                Err(self.fault("`@`, `@property`, `@parent`, `@parentProperty` or `@root`"))
            }
        }
    }

    fn list(&mut self) -> Result<Expression, PathFault> {
        let mut items = Vec::new();
        loop {
            self.skip_space();
            if self.accept(']') {
                return Ok(Expression::List(items));
            }
            items.push(self.expression()?);
            self.skip_space();
            if !self.accept(',') {
                self.expect(']', "`,` or `]`")?;
                return Ok(Expression::List(items));
            }
        }
    }
}

fn one_or(mut several: Vec<Expression>, all: impl FnOnce(Vec<Expression>) -> Expression) -> Expression {
    match several.pop() {
        Some(only) if several.is_empty() => only,
        last => {
            several.extend(last);
            all(several)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(source: &str, text: &str, matches: bool) {
        assert_eq!(pattern(source, "").unwrap().is_match(text), matches, "{source} {text}");
    }

    #[test]
    fn patterns_of_javascript_mean_what_they_do_there() {
        check("^(/|[a-z0-9-.]+|{[a-zA-Z0-9_]+})+$", "/a-b/{id}", true);
        check("^(/|[a-z0-9-.]+|{[a-zA-Z0-9_]+})+$", "/A", false);
        check("^a{2,3}\\/\\{$", "aa/{", true);
        check("^\\p{Lu}}$", "A}", true);
        assert!(pattern("(?=x)", "").is_none() && pattern("x", "q").is_none());
    }
}
