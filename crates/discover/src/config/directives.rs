//! The text of nginx's config as directives, of which some have a block of others.

/// Blocks inside each other; what is deeper is not read.
const DEPTH_MAX: usize = 32;

/// Directives of one file; what comes after them is not read.
const DIRECTIVES_MAX: usize = 1 << 16;

/// One directive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Directive {
    /// Its name.
    pub name: String,
    /// What stands behind the name, without quotes.
    pub arguments: Vec<String>,
    /// What it holds, if it is one that holds others.
    pub block: Option<Vec<Directive>>,
    /// The line where it begins, counted from one.
    pub line: u64,
}

/// A place from which on a text is not understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The line.
    pub line: u64,
    /// What is wrong.
    pub what: &'static str,
}

/// The directives of `text`, as far as it is understood, and where it is not any more.
pub fn parse(text: &str) -> (Vec<Directive>, Option<Fault>) {
    let mut reader = Reader { text, at: 0, line: 1, count: 0 };
    let mut fault = None;
    let directives = reader.block(0, &mut fault);
    (directives, fault)
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    line: u64,
    count: usize,
}

#[derive(Debug, PartialEq, Eq)]
enum Token {
    Word(String),
    /// `;`
    Stop,
    /// `{`
    Open,
    /// `}`
    Close,
    End,
}

impl Reader<'_> {
    /// Reads to the end of a block, or of the text where `depth` is none.
    fn block(&mut self, depth: usize, fault: &mut Option<Fault>) -> Vec<Directive> {
        let mut directives = Vec::new();
        let mut words: Vec<String> = Vec::new();
        let mut line = self.line;
        loop {
            let token = self.token();
            if words.is_empty() {
                line = self.line;
            }
            let what = match token {
                Token::Word(word) => {
                    words.push(word);
                    continue;
                }
                Token::Stop | Token::Open if words.is_empty() => "a directive has no name",
                Token::Stop | Token::Open if self.count >= DIRECTIVES_MAX => "there are too many directives",
                Token::Open if depth >= DEPTH_MAX => "blocks are nested too deep",
                Token::Stop => {
                    directives.push(self.directive(&mut words, None, line));
                    continue;
                }
                Token::Open => {
                    let is_code = words.first().is_some_and(|name| name.ends_with("_by_lua_block"));
                    let block = if is_code { self.skip(fault) } else { self.block(depth + 1, fault) };
                    directives.push(self.directive(&mut words, Some(block), line));
                    if fault.is_some() {
                        return directives;
                    }
                    continue;
                }
                Token::Close if depth > 0 && words.is_empty() => return directives,
                Token::End if depth == 0 && words.is_empty() => return directives,
                Token::Close => "a block ends here that did not begin, or in a directive",
                Token::End => "the file ends in a block or a directive",
            };
            fault.get_or_insert(Fault { line: self.line, what });
            return directives;
        }
    }

    fn directive(&mut self, words: &mut Vec<String>, block: Option<Vec<Directive>>, line: u64) -> Directive {
        self.count += 1;
        let mut words = std::mem::take(words).into_iter();
        let name = words.next().unwrap_or_default();
        Directive { name, arguments: words.collect(), block, line }
    }

    /// Passes over a block of code.
    fn skip(&mut self, fault: &mut Option<Fault>) -> Vec<Directive> {
        let mut depth = 1_usize;
        while let Some(letter) = self.letter() {
            match letter {
                '{' => depth += 1,
                '}' => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                return Vec::new();
            }
        }
        fault.get_or_insert(Fault { line: self.line, what: "the file ends in a block or a directive" });
        Vec::new()
    }

    fn peek(&self) -> Option<char> {
        self.text.get(self.at..).and_then(|rest| rest.chars().next())
    }

    fn letter(&mut self) -> Option<char> {
        let letter = self.peek()?;
        self.at += letter.len_utf8();
        self.line += u64::from(letter == '\n');
        Some(letter)
    }

    fn token(&mut self) -> Token {
        loop {
            match self.peek() {
                None => return Token::End,
                Some(letter) if letter.is_whitespace() || letter == '\u{feff}' => drop(self.letter()),
                Some('#') => while self.letter().is_some_and(|letter| letter != '\n') {},
                Some(_) => break,
            }
        }
        match self.peek() {
            Some(';') => self.mark(Token::Stop),
            Some('{') => self.mark(Token::Open),
            Some('}') => self.mark(Token::Close),
            Some(quote @ ('"' | '\'')) => self.quoted(quote),
            _ => self.word(),
        }
    }

    fn mark(&mut self, token: Token) -> Token {
        self.at += 1;
        token
    }

    fn quoted(&mut self, quote: char) -> Token {
        self.at += 1;
        let mut word = String::new();
        while let Some(letter) = self.letter() {
            match letter {
                '\\' => match self.letter() {
                    Some(next) if next == quote || next == '\\' => word.push(next),
                    Some(next) => word.extend(['\\', next]),
                    None => {}
                },
                letter if letter == quote => return Token::Word(word),
                letter => word.push(letter),
            }
        }
        Token::Word(word)
    }

    /// A word goes on to a space or a mark; `${name}` is a part of it.
    fn word(&mut self) -> Token {
        let mut word = String::new();
        let mut is_variable = false;
        while let Some(letter) = self.peek() {
            match letter {
                '{' if word.ends_with('$') => is_variable = true,
                '}' if is_variable => is_variable = false,
                ';' | '{' | '}' if !is_variable => break,
                letter if letter.is_whitespace() => break,
                _ => {}
            }
            self.letter();
            word.push(letter);
            if letter == '\\'
                && let Some(next) = self.letter()
            {
                word.push(next);
            }
        }
        Token::Word(word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(directives: &[Directive]) -> String {
        let each = directives.iter().map(|one| {
            let words = [one.name.as_str()].into_iter().chain(one.arguments.iter().map(String::as_str));
            let words = words.collect::<Vec<_>>().join("|");
            let block = one.block.as_ref().map(|block| format!("{{{}}}", text(block))).unwrap_or_default();
            format!("{}:{words}{block}", one.line)
        });
        each.collect::<Vec<_>>().join(" ")
    }

    fn check(source: &str, expected: &str, fault: Option<(u64, &'static str)>) {
        let (directives, found) = parse(source);
        assert_eq!(text(&directives), expected, "{source}");
        assert_eq!(found.map(|fault| (fault.line, fault.what)), fault, "{source}");
    }

    #[test]
    fn words_blocks_quotes_and_comments_are_told_apart() {
        check("a b; # c {\nd {\n e 'f; g' \"h\\\"\";\n}\n", "1:a|b 2:d{3:e|f; g|h\"}", None);
        check("proxy_pass http://${host}/x;", "1:proxy_pass|http://${host}/x", None);
        check(r"location ~ \.php$ { }", r"1:location|~|\.php${}", None);
        check("x_by_lua_block { if a then b = { 1 } end }\ny;", "1:x_by_lua_block{} 2:y", None);
    }

    #[test]
    fn what_is_not_understood_has_a_line() {
        check("a;\n}", "1:a", Some((2, "a block ends here that did not begin, or in a directive")));
        check("a {\nb;\n", "1:a{2:b}", Some((3, "the file ends in a block or a directive")));
        check(";", "", Some((1, "a directive has no name")));
        let deep = "a {".repeat(40);
        assert_eq!(parse(&deep).1.unwrap().what, "blocks are nested too deep");
        let many = "a;".repeat(DIRECTIVES_MAX + 1);
        assert_eq!(parse(&many).1.unwrap().what, "there are too many directives");
    }
}
