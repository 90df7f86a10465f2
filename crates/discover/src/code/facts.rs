//! What one file says of routes, in names that other files may give meaning to.

use std::collections::{BTreeMap, BTreeSet};

use super::syntax::Import;

/// Texts of which the whole is made.
pub(crate) type Pieces = Vec<Piece>;

/// A part of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Piece {
    Text(String),
    /// What a constant holds, maybe in another file.
    Name(String),
    /// What only the running program knows, as it is written.
    Computed(String),
}

/// How much is known of what routes hang on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Standing {
    /// It may be anything: a client, a map, a name of another file.
    Unknown,
    /// It is a router, by what made it or by its type; something else must mount it.
    Router,
    /// It is served as it is.
    Root,
}

/// What routes hang on.
#[derive(Debug, Clone)]
pub(crate) struct Router {
    /// What it is called for others: `users`, `Server.router`, `create()` for what a function gives, `register#0` for what it gets.
    pub(crate) key: Option<String>,
    pub(crate) standing: Standing,
    /// Whether it is what its key names; otherwise the key is looked for elsewhere.
    pub(crate) is_defined: bool,
    /// What all its paths begin with, wherever it is mounted.
    pub(crate) prefix: Pieces,
    pub(crate) line: u32,
    /// The class whose methods its routes are.
    pub(crate) class: Option<String>,
    /// Whether something is done with it beside adding to it: it is given, served, or part of something.
    pub(crate) is_used: bool,
    /// Whether the paths of its sets of views end without a slash.
    pub(crate) is_slashless: bool,
}

/// Something that may stand guard: what it is called, and the router that it is if it is none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Guard {
    pub(crate) name: String,
    pub(crate) maybe_router: Option<usize>,
    /// It stands before paths that begin so, within its router.
    pub(crate) under: Pieces,
    /// That there is none is what it says.
    pub(crate) is_open: bool,
}

/// One router within another.
#[derive(Debug, Clone)]
pub(crate) struct Mount {
    pub(crate) parent: usize,
    pub(crate) child: usize,
    pub(crate) path: Pieces,
    pub(crate) guards: Vec<Guard>,
}

/// A route, as far as its file tells.
#[derive(Debug, Clone)]
pub(crate) struct RouteFact {
    pub(crate) router: usize,
    pub(crate) methods: Methods,
    pub(crate) path: Pieces,
    pub(crate) guards: Vec<Guard>,
    /// Its versions, where the program has some; an empty one stands for none.
    pub(crate) versions: Vec<String>,
    /// Keys of what handles it.
    pub(crate) handlers: Vec<String>,
    /// What it takes by what stands before its handler.
    pub(crate) takes: Vec<Taken>,
    pub(crate) line: u32,
}

/// What a route is asked with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Methods {
    /// These, in upper case; `*` of any.
    These(Vec<String>),
    /// Those that the class or function of this name has.
    OfView(String),
    /// Those that the class of this name has for all of a kind and for one of them.
    OfSet(String),
    /// Any, where nothing but a convention leads to what handles it.
    OfAction,
    /// The one that a constant of this name holds.
    Named(String),
}

/// Where a value of a request stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum In {
    /// In the path.
    Path,
    /// In the query.
    Query,
    /// In a header field.
    Header,
    /// In a cookie.
    Cookie,
}

/// What code takes out of a request.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Taken {
    /// A parameter, and its type as the code has it.
    Parameter(In, String, String),
    /// A field of the body.
    Field(String),
    /// A value that the framework looks for in the query and in the body.
    Any(String),
    /// Several of them.
    Fields(Vec<String>),
    /// The query, as what a class of this name says.
    QueryOf(String),
    /// The body, as what a class of this name says.
    Body(String),
    /// The query or the body, as what a class of this name says.
    AnyOf(String),
    /// Whatever a schema of this name has parts for, or else the body.
    Schema(String),
}

/// What a function says of the requests that it handles.
#[derive(Debug, Clone, Default)]
pub(crate) struct FunctionFact {
    pub(crate) takes: Vec<Taken>,
    pub(crate) guards: Vec<Guard>,
    /// Methods that it says it is for.
    pub(crate) methods: Vec<String>,
    pub(crate) action: Option<Action>,
    /// Methods that what it gives answers, and keys of what handles them.
    pub(crate) answers: Vec<(String, Option<String>)>,
    /// What it gives the request to, and methods of its class that it calls.
    pub(crate) calls: Vec<String>,
}

/// What a method of a set of views is reached by.
#[derive(Debug, Clone)]
pub(crate) struct Action {
    /// Whether it is about one of the set.
    pub(crate) is_of_one: bool,
    pub(crate) path: String,
}

/// What a class says.
#[derive(Debug, Clone, Default)]
pub(crate) struct ClassFact {
    pub(crate) bases: Vec<String>,
    /// Fields with their types.
    pub(crate) fields: Vec<(String, String)>,
    pub(crate) methods: Vec<String>,
    pub(crate) guards: Vec<Guard>,
    /// Guards before some of its methods, in their order.
    pub(crate) filters: Vec<Filter>,
    /// Whether it is no class, but a schema that values are held against.
    pub(crate) is_schema: bool,
    /// Methods that it is for, where it says so; others are not answered, whatever it is made from.
    pub(crate) only: Vec<String>,
    /// The schema of bodies that it is sent.
    pub(crate) serializer: Option<String>,
    /// The part of the program that it is of.
    pub(crate) area: Option<String>,
}

/// A guard before some methods of a class and of those that are made from it.
#[derive(Debug, Clone)]
pub(crate) struct Filter {
    pub(crate) name: String,
    /// Whether it no longer stands there.
    pub(crate) is_lifted: bool,
    pub(crate) only: Option<Vec<String>>,
    pub(crate) except: Vec<String>,
}

/// What the paths of all routes of some files begin with.
#[derive(Debug, Clone)]
pub(crate) struct Everywhere {
    pub(crate) path: Pieces,
    /// Paths that do not begin so.
    pub(crate) except: Vec<String>,
    pub(crate) below: Below,
}

/// A path by which methods of classes are reached that have none themselves.
#[derive(Debug, Clone)]
pub(crate) struct Convention {
    pub(crate) path: Pieces,
    /// The part of the program that it is for.
    pub(crate) area: Option<String>,
    /// The class and the method that it is for alone.
    pub(crate) alone: Option<(String, String)>,
}

/// Which files something is about.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum Below {
    /// Those below the folder of the file that says it.
    #[default]
    Own,
    /// Those below this folder, or this file.
    Folder(String),
    /// Those below a folder whose path ends so.
    Named(String),
}

/// A part of a file that was not understood.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Note {
    pub(crate) line: u32,
    pub(crate) what: String,
}

/// How keys end of parts of programs that have routes of their own.
pub(crate) const ENGINE: &str = ".#engine";

/// What one framework reads in one file.
#[derive(Debug, Clone, Default)]
pub(crate) struct Facts {
    pub(crate) routers: Vec<Router>,
    pub(crate) mounts: Vec<Mount>,
    pub(crate) routes: Vec<RouteFact>,
    /// Routers that are one.
    pub(crate) same: Vec<(usize, usize)>,
    pub(crate) everywhere: Vec<Everywhere>,
    pub(crate) conventions: Vec<Convention>,
    /// Whether versions stand in paths, and that of those that say none.
    pub(crate) versions: Option<Option<String>>,
    pub(crate) notes: Vec<Note>,
    /// Names that stand in the file, where it matters who names what.
    pub(crate) mentions: BTreeSet<Box<str>>,
    /// Other files whose routes hang on a router, by how their names end.
    pub(crate) files: Vec<(usize, String)>,
    /// Folders whose files are functions that get a router each: which router, and which folder below that of the file.
    pub(crate) folders: Vec<(usize, String)>,
    /// What names stand for, by key.
    pub(crate) keys: BTreeMap<String, usize>,
    pub(crate) aliases: BTreeMap<String, String>,
    pub(crate) constants: BTreeMap<String, Pieces>,
    /// Texts that are given to functions: to which, at which place.
    pub(crate) given: Vec<(String, usize, Pieces)>,
    /// What else is given to them, by its name: to which parameter, or member or element of one.
    pub(crate) handed: Vec<(String, String)>,
    pub(crate) functions: BTreeMap<String, FunctionFact>,
    pub(crate) classes: BTreeMap<String, ClassFact>,
    pub(crate) imports: Vec<Import>,
}

/// The first part of a key, and the rest with its dot.
pub(crate) fn head(key: &str) -> (&str, &str) {
    let at = key.find(['.', '(', '#']).unwrap_or(key.len());
    key.split_at(at)
}
