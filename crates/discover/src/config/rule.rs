//! The rules of Traefik's routers, as alternatives of which each is a list of what must hold.

/// Parentheses inside each other; a rule that has more is not read.
const DEPTH_MAX: usize = 32;

/// Alternatives that one rule comes to; a rule that has more is not read.
const ALTERNATIVES_MAX: usize = 256;

/// What must hold together in one alternative.
const TERMS_MAX: usize = 64;

/// One thing that must hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    /// Whether it must not.
    pub is_denied: bool,
    /// What is looked at: `Host`, `PathPrefix`, `Method`.
    pub matcher: String,
    /// What it must be, one of.
    pub values: Vec<String>,
}

/// The alternatives of a rule: one is enough, of which all terms must hold.
pub type Alternatives = Vec<Vec<Term>>;

/// Reads a rule; what is wrong with it otherwise.
///
/// # Errors
/// Where it is none, or comes to more than is kept.
pub fn parse(rule: &str) -> Result<Alternatives, &'static str> {
    let mut reader = Reader { text: rule, at: 0 };
    let tree = reader.any(0)?;
    reader.space();
    match reader.rest().is_empty() {
        true => alternatives(&tree, false),
        false => Err("something stands behind the rule"),
    }
}

#[derive(Debug)]
enum Tree {
    Term(Term),
    Not(Box<Tree>),
    All(Vec<Tree>),
    Any(Vec<Tree>),
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Reader<'t> {
    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn space(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    /// Passes over `mark`, if it stands here.
    fn eat(&mut self, mark: &str) -> bool {
        self.space();
        let is_there = self.rest().starts_with(mark);
        self.at += if is_there { mark.len() } else { 0 };
        is_there
    }

    fn any(&mut self, depth: usize) -> Result<Tree, &'static str> {
        let mut trees = vec![self.all(depth)?];
        while self.eat("||") {
            trees.push(self.all(depth)?);
        }
        Ok(Tree::Any(trees))
    }

    fn all(&mut self, depth: usize) -> Result<Tree, &'static str> {
        let mut trees = vec![self.one(depth)?];
        while self.eat("&&") {
            trees.push(self.one(depth)?);
        }
        Ok(Tree::All(trees))
    }

    fn one(&mut self, depth: usize) -> Result<Tree, &'static str> {
        if depth >= DEPTH_MAX {
            return Err("it is nested too deep");
        }
        if self.eat("!") {
            return Ok(Tree::Not(Box::new(self.one(depth + 1)?)));
        }
        if self.eat("(") {
            let tree = self.any(depth + 1)?;
            return if self.eat(")") { Ok(tree) } else { Err("a parenthesis is not closed") };
        }
        self.term().map(Tree::Term)
    }

    fn term(&mut self) -> Result<Term, &'static str> {
        self.space();
        let rest = self.rest();
        let end = rest.find(|letter: char| !letter.is_ascii_alphanumeric()).unwrap_or(rest.len());
        let matcher = rest.get(..end).unwrap_or_default().to_owned();
        self.at += end;
        if matcher.is_empty() || !self.eat("(") {
            return Err("a matcher is missing");
        }
        let mut values = Vec::new();
        while !self.eat(")") {
            values.push(self.value()?);
            if !self.eat(",") && !self.rest().trim_start().starts_with(')') {
                return Err("a comma or a parenthesis is missing");
            }
        }
        Ok(Term { is_denied: false, matcher, values })
    }

    fn value(&mut self) -> Result<String, &'static str> {
        self.space();
        let quote = self.rest().chars().next().filter(|quote| matches!(quote, '`' | '"'));
        let Some(quote) = quote else { return Err("a value is not quoted") };
        let mut value = String::new();
        let mut is_escaped = false;
        for (at, letter) in self.rest().char_indices().skip(1) {
            match letter {
                _ if is_escaped => {
                    is_escaped = false;
                    value.push(letter);
                }
                '\\' if quote == '"' => is_escaped = true,
                letter if letter == quote => {
                    self.at += at + 1;
                    return Ok(value);
                }
                letter => value.push(letter),
            }
        }
        Err("a value is not closed")
    }
}

/// What a tree comes to; of one that is denied, what its parts come to when each is denied.
fn alternatives(tree: &Tree, is_denied: bool) -> Result<Alternatives, &'static str> {
    match (tree, is_denied) {
        (Tree::Term(term), _) => Ok(vec![vec![Term { is_denied, ..term.clone() }]]),
        (Tree::Not(tree), _) => alternatives(tree, !is_denied),
        (Tree::Any(trees), false) | (Tree::All(trees), true) => {
            let mut all = Vec::new();
            for tree in trees {
                all.append(&mut alternatives(tree, is_denied)?);
                bounded(&all)?;
            }
            Ok(all)
        }
        (Tree::All(trees), false) | (Tree::Any(trees), true) => {
            let mut all: Alternatives = vec![Vec::new()];
            for tree in trees {
                let more = alternatives(tree, is_denied)?;
                if all.len() * more.len() > ALTERNATIVES_MAX {
                    return Err("it has too many alternatives");
                }
                let both = |one: &Vec<Term>| {
                    let one = one.clone();
                    more.iter().map(move |other| [&one[..], other].concat()).collect::<Vec<_>>()
                };
                all = all.iter().flat_map(both).collect();
                bounded(&all)?;
            }
            Ok(all)
        }
    }
}

fn bounded(all: &Alternatives) -> Result<(), &'static str> {
    match all.len() <= ALTERNATIVES_MAX && all.iter().all(|terms| terms.len() <= TERMS_MAX) {
        true => Ok(()),
        false => Err("it has too many alternatives"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(alternatives: &Alternatives) -> String {
        let term = |term: &Term| {
            let not = if term.is_denied { "!" } else { "" };
            format!("{not}{}:{}", term.matcher, term.values.join(","))
        };
        let all = |terms: &Vec<Term>| terms.iter().map(term).collect::<Vec<_>>().join(" ");
        alternatives.iter().map(all).collect::<Vec<_>>().join(" | ")
    }

    fn check(rule: &str, expected: Result<&str, &'static str>) {
        assert_eq!(parse(rule).map(|all| text(&all)), expected.map(str::to_owned), "{rule}");
    }

    #[test]
    fn rules_become_alternatives() {
        check("Host(`a`)", Ok("Host:a"));
        check("Host(`a`, \"b\\\"\") && PathPrefix(`/x`)", Ok("Host:a,b\" PathPrefix:/x"));
        check("Host(`a`) || Host(`b`) && Path(`/`)", Ok("Host:a | Host:b Path:/"));
        check("Host(`a`) && (Path(`/x`) || Path(`/y`))", Ok("Host:a Path:/x | Host:a Path:/y"));
        check("!(Host(`a`) && !Path(`/`))", Ok("!Host:a | Path:/"));
        check("!(Host(`a`) || Path(`/`))", Ok("!Host:a !Path:/"));
    }

    #[test]
    fn what_is_no_rule_is_said_and_what_grows_is_bounded() {
        check("", Err("a matcher is missing"));
        check("Host(`a`", Err("a comma or a parenthesis is missing"));
        check("Host(`a)", Err("a value is not closed"));
        check("Host(a)", Err("a value is not quoted"));
        check("Host(`a`) Path(`/`)", Err("something stands behind the rule"));
        check("(Host(`a`)", Err("a parenthesis is not closed"));
        check(&"!".repeat(100), Err("it is nested too deep"));
        let wide = vec!["(Host(`a`) || Host(`b`))"; 20].join(" && ");
        check(&wide, Err("it has too many alternatives"));
    }
}
