//! The expressions of filters (RFC 9535, section 2.3.5).

use regex::RegexBuilder;

use super::{NESTING_MAX, Parser, PathFault};
use crate::overlay::path::{Comparison, Operand, Query, Test};

/// Bytes of a compiled pattern.
const PATTERN_BYTES_MAX: usize = 1 << 20;

impl Parser {
    /// An expression after `?`.
    pub(super) fn filter(&mut self) -> Result<Test, PathFault> {
        self.nesting += 1;
        if self.nesting > NESTING_MAX {
            return Err(self.fault("less nesting"));
        }
        let mut tests = vec![self.conjunction()?];
        while self.accept_all("||") {
            tests.push(self.conjunction()?);
        }
        self.nesting -= 1;
        Ok(Test::Any(tests))
    }

    fn conjunction(&mut self) -> Result<Test, PathFault> {
        let mut tests = Vec::new();
        loop {
            self.skip_space();
            tests.push(self.term()?);
            self.skip_space();
            if !self.accept_all("&&") {
                return Ok(Test::All(tests));
            }
        }
    }

    fn term(&mut self) -> Result<Test, PathFault> {
        if self.peek() == Some('!') {
            self.at += 1;
            self.skip_space();
            return match self.peek() {
                Some('!') => Err(self.fault("a test")),
                _ => self.term().map(|test| Test::Not(Box::new(test))),
            };
        }
        if self.accept('(') {
            let test = self.filter()?;
            self.expect(')', "`)`")?;
            return Ok(test);
        }
        for (name, is_whole) in [("match(", true), ("search(", false)] {
            if self.accept_all(name) {
                return self.pattern(is_whole);
            }
        }
        let left = self.operand()?;
        self.skip_space();
        let comparison = match self.comparison() {
            Some(comparison) => comparison,
            None => return self.existence(left),
        };
        self.skip_space();
        let right = self.operand()?;
        if is_singular(&left) && is_singular(&right) {
            return Ok(Test::Compare(left, comparison, right));
        }
        Err(self.fault("queries that select one node at most on both sides before"))
    }

    fn existence(&self, operand: Operand) -> Result<Test, PathFault> {
        match operand {
            Operand::Value(query) => Ok(Test::Exists(query)),
            _ => Err(self.fault("a comparison")),
        }
    }

    fn comparison(&mut self) -> Option<Comparison> {
        let signs = [
            ("==", Comparison::Equal),
            ("!=", Comparison::NotEqual),
            ("<=", Comparison::LessOrEqual),
            (">=", Comparison::GreaterOrEqual),
            ("<", Comparison::Less),
            (">", Comparison::Greater),
        ];
        signs.into_iter().find(|(sign, _)| self.accept_all(sign)).map(|(_, comparison)| comparison)
    }

    fn operand(&mut self) -> Result<Operand, PathFault> {
        match self.peek() {
            Some('@' | '$') => return self.query().map(Operand::Value),
            Some('\'' | '"') => return self.quoted().map(Operand::Text),
            Some('-' | '0'..='9') => return self.number(),
            _ => {}
        }
        let words = [("true", Operand::Bool(true)), ("false", Operand::Bool(false)), ("null", Operand::Null)];
        for (word, operand) in words {
            if self.accept_all(word) {
                return Ok(operand);
            }
        }
        let operand = if self.accept_all("length(") {
            self.argument(Parser::operand).map(|operand| Operand::Length(Box::new(operand)))?
        } else if self.accept_all("count(") {
            self.argument(Parser::query).map(Operand::Count)?
        } else {
            return Err(self.fault("`@`, `$`, a literal or a function"));
        };
        self.expect(')', "`)`")?;
        Ok(operand)
    }

    /// An argument of a function, with the space around it.
    fn argument<T>(&mut self, read: fn(&mut Parser) -> Result<T, PathFault>) -> Result<T, PathFault> {
        self.nesting += 1;
        if self.nesting > NESTING_MAX {
            return Err(self.fault("less nesting"));
        }
        self.skip_space();
        let argument = read(self)?;
        self.skip_space();
        self.nesting -= 1;
        Ok(argument)
    }

    /// What follows `match(` or `search(`.
    fn pattern(&mut self, is_whole: bool) -> Result<Test, PathFault> {
        let operand = self.argument(Parser::operand)?;
        self.expect(',', "`,`")?;
        self.skip_space();
        if !matches!(self.peek(), Some('\'' | '"')) {
            return Err(self.fault("a pattern in quotes"));
        }
        let text = self.quoted()?;
        self.skip_space();
        self.expect(')', "`)`")?;
        let text = if is_whole { format!("^(?:{text})$") } else { text };
        let pattern = RegexBuilder::new(&text).size_limit(PATTERN_BYTES_MAX).build();
        let pattern = pattern.map_err(|_described_by_its_place| self.fault("a regular expression before"))?;
        Ok(Test::Matches(operand, pattern))
    }

    fn query(&mut self) -> Result<Query, PathFault> {
        let is_relative = self.accept('@');
        if !is_relative {
            self.expect('$', "`@` or `$`")?;
        }
        Ok(Query { is_relative, path: self.segments()? })
    }

    fn number(&mut self) -> Result<Operand, PathFault> {
        let start = self.at;
        while self.peek().is_some_and(|c| c.is_ascii_digit() || matches!(c, '-' | '+' | '.' | 'e' | 'E')) {
            self.at += 1;
        }
        let text: String = self.characters.get(start..self.at).unwrap_or_default().iter().collect();
        let is_number = crate::json::reading(&text) == crate::json::Reading::Number;
        text.parse()
            .ok()
            .filter(|_| is_number)
            .map(Operand::Number)
            .ok_or_else(|| self.fault("a number before"))
    }
}

fn is_singular(operand: &Operand) -> bool {
    match operand {
        Operand::Value(query) => query.path.is_singular(),
        _ => true,
    }
}
