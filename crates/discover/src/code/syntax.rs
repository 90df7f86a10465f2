//! Source code as all languages have it in common: names, calls, texts, functions, classes. What is told apart is what routes are made of.

/// A file of a program.
#[derive(Debug, Default)]
pub(crate) struct Unit {
    pub(crate) body: Vec<Node>,
    pub(crate) imports: Vec<Import>,
    /// Names that it exports, where its language says so.
    pub(crate) exports: Vec<Box<str>>,
    /// Whether parts of it are nested too deep and were left out, or are no program of its language.
    pub(crate) is_damaged: bool,
}

/// A part of a program, and the line that it begins on, counted from one.
#[derive(Debug, Clone, Default)]
pub(crate) struct Node {
    pub(crate) line: u32,
    pub(crate) kind: Kind,
}

/// What a part of a program is.
#[derive(Debug, Clone)]
pub(crate) enum Kind {
    /// A text that stands there as it is.
    Text(Box<str>),
    /// A text that is made of others.
    Join(Vec<Node>),
    /// A name alone.
    Name(Box<str>),
    /// A member of something, or a name within a module: `a.b`, `a::b`, `a->b`.
    Member(Box<Node>, Box<str>),
    Call(Box<Call>),
    List(Vec<Node>),
    /// Members with names that stand there, in their order.
    Map(Vec<(Box<str>, Node)>),
    Function(Box<Function>),
    Class(Box<Class>),
    Let(Box<Let>),
    Return(Box<Node>),
    /// Anything else, of which only the parts matter.
    Other(Vec<Node>),
}

/// A call, or what is made of a class. Blocks that belong to it are its last argument.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) callee: Node,
    pub(crate) arguments: Vec<Argument>,
}

/// A value that is given to a call, with its name where it has one.
#[derive(Debug, Clone)]
pub(crate) struct Argument {
    pub(crate) name: Option<Box<str>>,
    pub(crate) value: Node,
}

/// A function, method or closure.
#[derive(Debug, Clone, Default)]
pub(crate) struct Function {
    /// Empty of closures.
    pub(crate) name: Box<str>,
    /// The type that it is a method of where it does not stand in its class: receivers of Go, extensions of Kotlin.
    pub(crate) of: Option<Parameter>,
    pub(crate) parameters: Vec<Parameter>,
    /// The type of what it gives, where it says so.
    pub(crate) result: Box<str>,
    /// Annotations, attributes and decorators.
    pub(crate) marks: Vec<Node>,
    pub(crate) body: Vec<Node>,
}

/// A parameter, or a field of a class.
#[derive(Debug, Clone, Default)]
pub(crate) struct Parameter {
    pub(crate) name: Box<str>,
    /// As it is written, without white space.
    pub(crate) kind: Box<str>,
    pub(crate) marks: Vec<Node>,
    /// What it is where nothing is given.
    pub(crate) default: Option<Node>,
}

/// A class, interface, structure or record.
#[derive(Debug, Clone, Default)]
pub(crate) struct Class {
    pub(crate) name: Box<str>,
    pub(crate) bases: Vec<Box<str>>,
    /// Whether only classes that are made from it are made.
    pub(crate) is_abstract: bool,
    pub(crate) marks: Vec<Node>,
    /// Fields that stand in its head or its body.
    pub(crate) fields: Vec<Parameter>,
    pub(crate) body: Vec<Node>,
}

/// A name that is given to a value. Members are written with dots (`this.router`).
#[derive(Debug, Clone)]
pub(crate) struct Let {
    pub(crate) name: Box<str>,
    pub(crate) value: Node,
}

/// A name of another file: what is there called `name`, in `module`, is here called `local`.
#[derive(Debug, Clone)]
pub(crate) struct Import {
    pub(crate) local: Box<str>,
    pub(crate) module: Box<str>,
    /// `*` of the module as a whole, `default` of what it is mainly.
    pub(crate) name: Box<str>,
}

impl Default for Kind {
    fn default() -> Kind {
        Kind::Other(Vec::new())
    }
}

impl Node {
    /// The text, if it is one as it is.
    pub(crate) fn text(&self) -> Option<&str> {
        if let Kind::Text(text) = &self.kind { Some(text) } else { None }
    }

    pub(crate) fn call(&self) -> Option<&Call> {
        if let Kind::Call(call) = &self.kind { Some(call) } else { None }
    }

    pub(crate) fn function(&self) -> Option<&Function> {
        if let Kind::Function(function) = &self.kind { Some(function) } else { None }
    }

    /// The values of a list; something else stands for itself.
    pub(crate) fn values(&self) -> &[Node] {
        if let Kind::List(values) = &self.kind { values } else { std::slice::from_ref(self) }
    }

    /// The value of a member of a map.
    pub(crate) fn member(&self, name: &str) -> Option<&Node> {
        let Kind::Map(members) = &self.kind else { return None };
        members.iter().find(|(known, _)| **known == *name).map(|(_, value)| value)
    }

    /// The name with all that stands before it (`app.routes.users`); none of what is computed.
    pub(crate) fn dotted(&self) -> Option<String> {
        match &self.kind {
            Kind::Name(name) => Some(name.to_string()),
            Kind::Member(of, name) => Some(format!("{}.{name}", of.dotted()?)),
            _ => None,
        }
    }

    /// The last part of a name, of a call that of what is called.
    pub(crate) fn last_name(&self) -> &str {
        match &self.kind {
            Kind::Name(name) | Kind::Member(_, name) => name,
            Kind::Call(call) => call.callee.last_name(),
            _ => "",
        }
    }

    /// Every part, itself first, that `enter` does not keep closed.
    pub(crate) fn visit<'n>(&'n self, enter: &mut dyn FnMut(&'n Node) -> bool) {
        if enter(self) {
            self.parts().into_iter().for_each(|part| part.visit(enter));
        }
    }

    fn parts(&self) -> Vec<&Node> {
        match &self.kind {
            Kind::Text(_) | Kind::Name(_) => Vec::new(),
            Kind::Join(parts) | Kind::List(parts) | Kind::Other(parts) => parts.iter().collect(),
            Kind::Member(of, _) | Kind::Return(of) => vec![of],
            Kind::Call(call) => {
                let arguments = call.arguments.iter().map(|argument| &argument.value);
                [&call.callee].into_iter().chain(arguments).collect()
            }
            Kind::Map(members) => members.iter().map(|(_, value)| value).collect(),
            Kind::Function(function) => function.body.iter().collect(),
            Kind::Class(class) => class.body.iter().collect(),
            Kind::Let(binding) => vec![&binding.value],
        }
    }

    pub(crate) fn parts_mut(&mut self) -> Vec<&mut Node> {
        match &mut self.kind {
            Kind::Text(_) | Kind::Name(_) => Vec::new(),
            Kind::Join(parts) | Kind::List(parts) | Kind::Other(parts) => parts.iter_mut().collect(),
            Kind::Member(of, _) | Kind::Return(of) => vec![of],
            Kind::Call(call) => {
                let arguments = call.arguments.iter_mut().map(|argument| &mut argument.value);
                [&mut call.callee].into_iter().chain(arguments).collect()
            }
            Kind::Map(members) => members.iter_mut().map(|(_, value)| value).collect(),
            Kind::Function(function) => function.body.iter_mut().collect(),
            Kind::Class(class) => class.body.iter_mut().collect(),
            Kind::Let(binding) => vec![&mut binding.value],
        }
    }
}

impl Call {
    /// The value at a place, whatever its name.
    pub(crate) fn value(&self, index: usize) -> Option<&Node> {
        self.arguments.get(index).map(|argument| &argument.value)
    }

    /// The value that is given by name.
    pub(crate) fn named(&self, name: &str) -> Option<&Node> {
        let is_it = |argument: &&Argument| argument.name.as_deref() == Some(name);
        self.arguments.iter().find(is_it).map(|argument| &argument.value)
    }

    /// The values from a place on.
    pub(crate) fn values_from(&self, index: usize) -> Vec<&Node> {
        self.arguments.iter().skip(index).map(|argument| &argument.value).collect()
    }

    /// The values that have no name.
    pub(crate) fn unnamed(&self, index: usize) -> Option<&Node> {
        self.arguments
            .iter()
            .filter(|argument| argument.name.is_none())
            .nth(index)
            .map(|argument| &argument.value)
    }

    /// What the method is called on.
    pub(crate) fn receiver(&self) -> Option<&Node> {
        if let Kind::Member(of, _) = &self.callee.kind { Some(of) } else { None }
    }

    /// The last part of the name of what is called.
    pub(crate) fn name(&self) -> &str {
        self.callee.last_name()
    }
}
