//! Executable documents (specification of September 2025, section 2), as a flat list of what happens in them.

use super::lexer::{Lexer, Token};
use super::measure::{Sizes, size_of};
use super::{Fault, NESTING_MAX, OperationType, Reading};

/// A document as it is measured: its definitions, and what happens in each, in the order it is written.
#[derive(Debug, Default)]
pub(super) struct Document<'t> {
    pub(super) events: Vec<Event<'t>>,
    pub(super) definitions: Vec<Definition<'t>>,
    /// Variables with a default, and how many items that asks for.
    pub(super) defaults: Vec<(&'t str, Sizes)>,
    pub(super) directives: u64,
    pub(super) has_introspection: bool,
}

/// An operation or a fragment, and where its events are.
#[derive(Debug)]
pub(super) struct Definition<'t> {
    pub(super) what: What<'t>,
    /// The byte at which its selection begins.
    pub(super) at: usize,
    pub(super) first: usize,
    pub(super) end: usize,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum What<'t> {
    Operation(OperationType),
    Fragment(&'t str),
}

/// What happens in a selection set. An inline fragment is none: what it selects is selected where it stands.
#[derive(Debug, Clone, Copy)]
pub(super) enum Event<'t> {
    /// The next field has as many items as a variable says, or says inside.
    SizedBy {
        variable: &'t str,
        is_size: bool,
    },
    /// A field of at least `size` items; if it opens, all until its `Close` is inside.
    Field {
        size: u64,
        is_alias: bool,
        opens: bool,
    },
    Close,
    /// A fragment is spread; where that is written.
    Spread {
        name: &'t str,
        at: usize,
    },
}

/// Where a value stands, which decides what a variable in it means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Among the arguments of a field.
    Field,
    /// Among the arguments of a directive.
    Directive,
    /// Where there are no variables.
    Constant,
}

struct Parser<'t, 'r> {
    lexer: Lexer<'t>,
    token: Token<'t>,
    nesting: usize,
    sizes: &'r [String],
    document: Document<'t>,
}

/// Reads `text`.
///
/// # Errors
/// As [`super::measure`], but for fragments that are not there.
pub(super) fn parse<'t>(text: &'t str, reading: Reading<'_>) -> Result<Document<'t>, Fault> {
    let mut lexer = Lexer::new(text, reading.tokens_max);
    let token = lexer.next()?;
    let document = Document::default();
    let mut parser = Parser { lexer, token, nesting: 0, sizes: reading.sizes, document };
    loop {
        parser.definition()?;
        if parser.token == Token::End {
            return Ok(parser.document);
        }
    }
}

impl<'t> Parser<'t, '_> {
    fn advance(&mut self) -> Result<(), Fault> {
        self.token = self.lexer.next()?;
        Ok(())
    }

    fn is_at(&self, mark: u8) -> bool {
        self.token == Token::Mark(mark)
    }

    /// Takes `mark` if it is next.
    fn accepts(&mut self, mark: u8) -> Result<bool, Fault> {
        let is_at = self.is_at(mark);
        if is_at {
            self.advance()?;
        }
        Ok(is_at)
    }

    fn expect(&mut self, mark: u8, what: &'static str) -> Result<(), Fault> {
        if self.accepts(mark)? { Ok(()) } else { Err(self.lexer.fault(what)) }
    }

    fn name(&mut self) -> Result<&'t str, Fault> {
        let Token::Name(name) = self.token else { return Err(self.lexer.fault("a name should stand here")) };
        self.advance()?;
        Ok(name)
    }

    /// Does what is one level deeper.
    fn deeper<T>(&mut self, inside: impl FnOnce(&mut Self) -> Result<T, Fault>) -> Result<T, Fault> {
        if self.nesting == NESTING_MAX {
            return Err(self.lexer.fault("nested too deep to be read"));
        }
        self.nesting += 1;
        let outcome = inside(self)?;
        self.nesting -= 1;
        Ok(outcome)
    }

    fn definition(&mut self) -> Result<(), Fault> {
        let first = self.document.events.len();
        // Section 2.3: all but the short form of a query may be described.
        if self.token == Token::Text {
            self.advance()?;
        } else if self.is_at(b'{') {
            return self.define(What::Operation(OperationType::Query), first);
        }
        let what = match self.name()? {
            "query" => What::Operation(OperationType::Query),
            "mutation" => What::Operation(OperationType::Mutation),
            "subscription" => What::Operation(OperationType::Subscription),
            "fragment" => match self.name()? {
                "on" => return Err(self.lexer.fault("a fragment is not called `on`")),
                name => What::Fragment(name),
            },
            _ => return Err(self.lexer.fault("an operation or a fragment should begin here")),
        };
        match what {
            What::Operation(_) => {
                if let Token::Name(_) = self.token {
                    self.advance()?;
                }
                if self.accepts(b'(')? {
                    self.variables()?;
                }
            }
            What::Fragment(_) => {
                if self.name()? != "on" {
                    return Err(self.lexer.fault("a fragment says `on` which type it is"));
                }
                self.name()?;
            }
        }
        self.directives(Place::Directive)?;
        self.define(what, first)
    }

    fn define(&mut self, what: What<'t>, first: usize) -> Result<(), Fault> {
        let at = self.lexer.begun();
        self.selection_set()?;
        let end = self.document.events.len();
        self.document.definitions.push(Definition { what, at, first, end });
        Ok(())
    }

    /// Section 2.10, after the parenthesis.
    fn variables(&mut self) -> Result<(), Fault> {
        loop {
            if self.token == Token::Text {
                self.advance()?;
            }
            self.expect(b'$', "a variable should stand here")?;
            let name = self.name()?;
            self.expect(b':', "a variable has a type")?;
            self.variable_type()?;
            if self.accepts(b'=')? {
                let sizes = self.value(Place::Constant, false)?;
                self.document.defaults.push((name, sizes));
            }
            self.directives(Place::Constant)?;
            if self.accepts(b')')? {
                return Ok(());
            }
        }
    }

    fn variable_type(&mut self) -> Result<(), Fault> {
        if self.accepts(b'[')? {
            self.deeper(Self::variable_type)?;
            self.expect(b']', "a list type should end here")?;
        } else {
            self.name()?;
        }
        self.accepts(b'!')?;
        Ok(())
    }

    fn directives(&mut self, place: Place) -> Result<(), Fault> {
        while self.accepts(b'@')? {
            self.document.directives += 1;
            self.name()?;
            self.arguments(place)?;
        }
        Ok(())
    }

    /// How many items they ask for, variables aside.
    fn arguments(&mut self, place: Place) -> Result<u64, Fault> {
        let mut size = 1;
        if !self.accepts(b'(')? {
            return Ok(size);
        }
        loop {
            size = size.max(self.member(place)?);
            if self.accepts(b')')? {
                return Ok(size);
            }
        }
    }

    /// `name: value`, an argument or a member of an object.
    fn member(&mut self, place: Place) -> Result<u64, Fault> {
        let name = self.name()?;
        self.expect(b':', "`:` should stand here")?;
        let is_size = self.sizes.iter().any(|size| size == name);
        let sizes = self.value(place, is_size)?;
        Ok(if is_size { sizes.own.max(sizes.inside) } else { sizes.inside })
    }

    /// Section 2.9; `is_size` says whether it stands under a name that says how many items a list will have.
    fn value(&mut self, place: Place, is_size: bool) -> Result<Sizes, Fault> {
        let mut sizes = Sizes::default();
        match self.token {
            Token::Number(text) => sizes.own = size_of(text),
            Token::Text | Token::Name(_) => {}
            Token::Mark(b'$') if place != Place::Constant => {
                self.advance()?;
                let variable = self.name()?;
                if place == Place::Field {
                    self.document.events.push(Event::SizedBy { variable, is_size });
                }
                return Ok(sizes);
            }
            Token::Mark(b'[') => {
                self.advance()?;
                while !self.accepts(b']')? {
                    let item = self.deeper(|parser| parser.value(place, is_size))?;
                    sizes = sizes.or(item);
                }
                return Ok(sizes);
            }
            Token::Mark(b'{') => {
                self.advance()?;
                while !self.accepts(b'}')? {
                    sizes.inside = sizes.inside.max(self.deeper(|parser| parser.member(place))?);
                }
                return Ok(sizes);
            }
            _ => return Err(self.lexer.fault("a value should stand here")),
        }
        self.advance()?;
        Ok(sizes)
    }

    /// Section 2.4.
    fn selection_set(&mut self) -> Result<(), Fault> {
        self.expect(b'{', "a selection should begin here")?;
        loop {
            match self.token {
                Token::Spread => self.spread()?,
                _ => self.field()?,
            }
            if self.accepts(b'}')? {
                return Ok(());
            }
        }
    }

    /// Section 2.5 to 2.7.
    fn field(&mut self) -> Result<(), Fault> {
        let mut name = self.name()?;
        let is_alias = self.accepts(b':')?;
        if is_alias {
            name = self.name()?;
        }
        // Section 4.1: `__typename` says nothing of the schema that the answer does not.
        self.document.has_introspection |= matches!(name, "__schema" | "__type");
        let size = self.arguments(Place::Field)?;
        self.directives(Place::Directive)?;
        let opens = self.is_at(b'{');
        self.document.events.push(Event::Field { size, is_alias, opens });
        if opens {
            self.deeper(Self::selection_set)?;
            self.document.events.push(Event::Close);
        }
        Ok(())
    }

    /// Section 2.8, a fragment that is spread or stands inline.
    fn spread(&mut self) -> Result<(), Fault> {
        self.advance()?;
        match self.token {
            Token::Name("on") => {
                self.advance()?;
                self.name()?;
            }
            Token::Name(name) => {
                self.document.events.push(Event::Spread { name, at: self.lexer.begun() });
                self.advance()?;
                return self.directives(Place::Directive);
            }
            _ => {}
        }
        self.directives(Place::Directive)?;
        self.deeper(Self::selection_set)
    }
}
