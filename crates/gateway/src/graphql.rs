//! What a GraphQL document asks for, counted without a schema: executable documents of the specification of September 2025.

mod lexer;
mod measure;
mod parse;
#[cfg(test)]
mod tests;

use std::fmt;

use spec::Node;

/// Selection sets and values inside each other, where no limit is lower: what reads them recurses.
const NESTING_MAX: usize = 100;

/// What one document asks for. Where it has several operations, each number is that of the one that asks for most, since
/// only the server knows which it runs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Measures {
    /// Fields inside each other; fragments count where they are spread.
    pub depth: u64,
    /// Fields, each as often as the lists around it have items.
    pub complexity: u64,
    /// Fields under another name, fragments spread.
    pub aliases: u64,
    /// Fields of the operation itself, fragments spread.
    pub root_fields: u64,
    /// Directives, as they are written.
    pub directives: u64,
    /// Fragments that are defined.
    pub fragments: u64,
    /// Whether `__schema` or `__type` is asked for anywhere.
    pub has_introspection: bool,
    /// What its operations are, in order.
    pub operations: Vec<OperationType>,
}

/// What an operation does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "GraphqlOperation")]
pub enum OperationType {
    /// It reads.
    Query,
    /// It writes.
    Mutation,
    /// It listens.
    Subscription,
}

/// Why a document is not measured. It holds nothing of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It is no executable document.
    Malformed {
        /// What is wrong.
        what: &'static str,
        /// The byte at which it shows.
        at: usize,
    },
    /// It has more tokens than are read.
    TooManyTokens,
}

/// How a document is read.
#[derive(Debug, Clone, Copy)]
pub struct Reading<'r> {
    /// Names of arguments that say how many items a list will have.
    pub sizes: &'r [String],
    /// Tokens that are read at most.
    pub tokens_max: usize,
}

/// Measures the document `text`, whose variables have the values of `variables`. It takes time that grows with the length
/// of both and with nothing else, however often fragments are spread.
///
/// # Errors
/// What is no executable document of the specification, spreads fragments that are not there, twice there or spread
/// themselves, or has too many tokens.
pub fn measure(text: &str, variables: Option<Node<'_>>, reading: Reading<'_>) -> Result<Measures, Fault> {
    let document = parse::parse(text, reading)?;
    measure::measure(&document, variables, reading.sizes)
}

impl Measures {
    /// Adds what another document of the same request asks for.
    pub fn add(&mut self, other: Measures) {
        self.depth = self.depth.max(other.depth);
        self.complexity = self.complexity.saturating_add(other.complexity);
        self.aliases = self.aliases.saturating_add(other.aliases);
        self.root_fields = self.root_fields.saturating_add(other.root_fields);
        self.directives = self.directives.saturating_add(other.directives);
        self.fragments = self.fragments.saturating_add(other.fragments);
        self.has_introspection |= other.has_introspection;
        self.operations.extend(other.operations);
    }
}

impl OperationType {
    /// Its keyword.
    pub fn as_str(self) -> &'static str {
        match self {
            OperationType::Query => "query",
            OperationType::Mutation => "mutation",
            OperationType::Subscription => "subscription",
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Malformed { what, at } => write!(f, "{what} at byte {at}"),
            Fault::TooManyTokens => f.write_str("too many tokens"),
        }
    }
}
