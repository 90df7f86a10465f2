//! What calls and marks mean for routes, in words that all frameworks have in common.

use super::facts::Below;
use super::syntax::{Call, Class, Function, Node};

/// All values of one kind that a request has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Whole {
    Body,
    Query,
    Header,
    Cookie,
    Path,
    /// The query or the body.
    Any,
}

/// Methods, with what handles each.
pub(crate) type Answers<'c> = Vec<(Vec<String>, Vec<&'c Node>)>;

/// A call, as a framework sees it.
#[derive(Debug)]
pub(crate) struct Called<'c> {
    pub(crate) call: &'c Call,
    /// What is called, with the module that it comes from: `express.Router`.
    pub(crate) origin: String,
    /// The last part of that.
    pub(crate) name: &'c str,
    /// The function that the call stands before with `@`.
    pub(crate) target: Option<&'c Function>,
    /// The class that it stands before with `@`.
    pub(crate) class: Option<&'c Class>,
}

/// What a call means for routes. Where it is a method, it is about what it is called on.
#[derive(Debug)]
pub(crate) enum Meaning<'c> {
    /// It makes a program that is served.
    Root { path: Option<&'c Node>, inside: Vec<&'c Node> },
    /// It makes a router that is to be mounted.
    Router { path: Option<&'c Node>, guards: Vec<&'c Node>, inside: Vec<&'c Node> },
    /// It adds a route. Of handlers the last one handles; those before may be guards.
    Route { methods: Vec<String>, path: Option<&'c Node>, handlers: Vec<&'c Node> },
    /// It adds several routes of one path.
    Routes { path: &'c Node, answers: Answers<'c> },
    /// Guards stand before what the router has by now.
    Around { guards: Vec<&'c Node> },
    /// It mounts routers. Guards may stand among them.
    Mount { path: Option<&'c Node>, children: Vec<&'c Node>, guards: Vec<&'c Node> },
    /// It mounts several routers, each below a path of its own.
    Mounts(Vec<(&'c Node, &'c Node)>),
    /// It makes a router within, which is its value; closures inside get it.
    Group { path: Option<&'c Node>, guards: Vec<&'c Node>, inside: Vec<&'c Node> },
    /// Guards stand before what comes from here on, or before the route that was added last.
    Guards { under: Option<&'c Node>, guards: Vec<&'c Node> },
    /// It makes a router within what it is given.
    Within { of: &'c Node, path: Option<&'c Node> },
    /// It adds routes that a class or function handles, for the methods that it has itself where none are said.
    View { paths: Vec<&'c Node>, view: &'c Node, methods: Option<Vec<String>>, guards: Vec<&'c Node> },
    /// So does the class that it stands before.
    ViewOfClass { paths: Vec<&'c Node> },
    /// It adds the routes of a set of views: for all of them, for one, and for its actions.
    ViewSet { path: &'c Node, view: &'c Node },
    /// It makes a router of sets of views, which may stand below one of another set.
    SetRouter { below: Option<(&'c Node, &'c Node, &'c Node)>, is_slashless: bool },
    /// It adds a route of which a class says the path and the query.
    OfResource { methods: Vec<String>, kind: &'c Node, handlers: Vec<&'c Node> },
    /// It stands guard before the route that was added last, or before all that the router has and gets.
    Conventions { guard: &'c Call },
    /// It mounts what it is called on.
    MountOn { on: &'c Node },
    /// It adds a route that an object tells of: `{ method: 'get', path: '/orders' }`.
    Described { of: &'c Node, handlers: Vec<&'c Node> },
    /// It mounts functions that are all files of a folder.
    Folder { folder: &'c Node, path: Option<&'c Node> },
    /// Modules have paths that those of their controllers begin with: which, with modules within.
    Modules { tree: &'c Node },
    /// A module has controllers, and modules within.
    Module { controllers: Vec<&'c Node>, inside: Option<&'c Node> },
    /// The route that was added last is for these methods.
    Restrict { methods: Vec<String> },
    /// The route that was added last is asked with these in its query.
    Asked { names: Vec<&'c Node> },
    /// It adds the routes of resources.
    Resources(Vec<Resource<'c>>),
    /// Routes of a file hang on what it is called on, below a path; what stands beside it is gone through as well.
    File { file: &'c Node, path: Option<&'c Node>, beside: Option<&'c Node> },
    /// A part of a program that has a name and routes of its own is made of what stands inside, or mounted where nothing does.
    Engine { name: &'c Node, path: Option<&'c Node>, inside: Vec<&'c Node> },
    /// Routes within are methods of a class.
    Controlled { controller: &'c Node, inside: Vec<&'c Node> },
    /// Routes that several resources have are kept by a name.
    Concern { name: &'c Node, inside: &'c Node },
    /// Those of these names are added.
    Concerns { names: Vec<&'c Node> },
    /// Guards stand before the resource that was added last.
    BeforeResource { guards: Vec<&'c Node> },
    /// Members of the resource that was added last are not below what that is in.
    Shallow,
    /// Members of resources inside are not below what those are in.
    Shallows { inside: Vec<&'c Node> },
    /// Members of the resource that was added last are called so.
    Member { name: &'c Node },
    /// The guard that was added last is before these methods alone, or before all but these.
    Narrow { names: Vec<&'c Node>, is_kept: bool },
    /// The class has a route, which its only method handles.
    Invoked { methods: Vec<String>, path: Option<&'c Node> },
    /// Its routes are those of a library, which are not known.
    Foreign { what: &'c str },
    /// Of the resource that was added last it keeps these actions, or all but these.
    Only { names: Vec<&'c Node>, is_kept: bool },
    /// What stands inside is about the `collection` of the resource around, or about a `member`.
    Among { which: &'c str, inside: Vec<&'c Node> },
    /// So is a route.
    RouteAmong { which: &'c str, methods: Vec<String>, paths: Vec<&'c Node>, handlers: Vec<&'c Node> },
    /// Guards stand before methods of the class.
    BeforeActions { guards: Vec<&'c Node>, only: Option<&'c Node>, except: Option<&'c Node>, is_lifted: bool },
    /// It registers a function, which gets a router within: what the function is called says nothing of guards.
    Plugin { path: Option<&'c Node>, plugin: &'c Node },
    /// Paths of the router begin so, wherever it is mounted.
    Prefix { path: &'c Node },
    /// It is worth what it is given.
    Itself { of: &'c Node },
    /// All paths of some files begin so, with one part behind the other.
    Everywhere { path: Vec<&'c Node>, except: Option<&'c Node>, below: Below },
    /// Methods of classes are reached by their names, below a path in which those stand; one alone, if an object names it.
    Convention { path: Option<&'c Node>, area: Option<&'c Node>, alone: Option<&'c Node> },
    /// What was said last of files below a folder is below this path.
    Below { path: &'c Node },
    /// The route that was added last is handled by this.
    Handled { by: &'c Node },
    /// Versions of classes and functions stand in paths; those that say none are of the default.
    Versions { default: Option<&'c Node> },
}

/// A collection with its members, by one name.
#[derive(Debug)]
pub(crate) struct Resource<'c> {
    /// Its name, with those that it is nested in before it and dots between.
    pub(crate) name: &'c str,
    /// The line of its own, where it has one.
    pub(crate) line: Option<u32>,
    /// What its path is called, where that is not its name.
    pub(crate) below: Option<&'c Node>,
    /// The class that handles it, or the name of one.
    pub(crate) controller: Option<&'c Node>,
    pub(crate) only: Option<&'c Node>,
    pub(crate) except: Option<&'c Node>,
    pub(crate) inside: Vec<&'c Node>,
    /// Its actions: what handles each, its method, and whether it is about one member.
    pub(crate) actions: &'static [(&'static str, &'static str, bool)],
    /// Whether a member is called in a path as the collection is.
    pub(crate) is_named: bool,
    /// What a member is called in a path, where it is said.
    pub(crate) parameter: Option<&'c Node>,
    /// Routes that it has as others have them.
    pub(crate) concerns: Option<&'c Node>,
    /// Whether members of what is within are not below it.
    pub(crate) is_shallow: bool,
}

/// A route that marks declare.
#[derive(Debug)]
pub(crate) struct Declared<'c> {
    /// None where only a convention leads to the function.
    pub(crate) methods: Vec<String>,
    pub(crate) path: Option<&'c Node>,
    /// The line of the mark; zero where the function itself is what declares it.
    pub(crate) line: u32,
}
