//! The compiled form of an API document: what a request may be, ready to be checked.

mod answer;
mod body;
mod compile;
mod media;
mod operation;
mod reader;
mod response;
mod security;
mod server;
mod swagger;
#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) mod trial;

use http::Method;
use model::Position;

pub use answer::{AnswerCheck, compile_answers};
pub use body::{Accepted, BodyKind, BodyLimits, Content, RequestBody};
pub use compile::compile;
pub use media::{MediaRange, MediaType};
pub use response::{Response, ResponseContent, ResponseHeader, StatusRange};
pub use security::{Flow, KeyLocation, Requirement, SchemeKind, Security, SecurityScheme};
pub use server::Server;

use crate::parameter::{Parameter, ParameterLocation, RequestView};
use crate::query::Query;
use crate::router::Router;
use crate::schema::Violation;

/// An API as its document declares it.
#[derive(Debug)]
pub struct Contract {
    /// `info.title`.
    pub title: String,
    /// `info.version`.
    pub version: String,
    /// What the document is written in.
    pub format: Format,
    /// Where the API is served, in document order; none where the document does not say.
    pub servers: Vec<Server>,
    /// Every operation, in document order. An [`OperationIndex`] is a place in it.
    pub operations: Vec<Operation>,
    /// Finds the operations of a path, base paths included.
    pub router: Router,
    /// How callers may prove who they are, in document order.
    pub security_schemes: Vec<SecurityScheme>,
    /// `x-palisade` at the root.
    pub extension: Option<NodeRef>,
    /// Digest of the text of all documents: for telling versions apart, not for trust.
    pub digest: [u8; 16],
}

/// The description formats that are understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// Swagger 2.0.
    Swagger20,
    /// OpenAPI 3.0.
    OpenApi30,
    /// OpenAPI 3.1.
    OpenApi31,
    /// OpenAPI 3.2.
    OpenApi32,
    /// AsyncAPI 2.0 to 2.6, which describes messages and no requests: never that of a contract.
    AsyncApi2,
    /// AsyncAPI 3.0 and 3.1, likewise.
    AsyncApi3,
}

/// Names an operation within its contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OperationIndex(pub u32);

/// A node of the library that the contract was compiled from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct NodeRef {
    /// The number of the document in its library.
    pub document: u32,
    /// The node in that document.
    pub node: u32,
}

/// One method of one path.
#[derive(Debug)]
pub struct Operation {
    /// Its place in the contract.
    pub id: OperationIndex,
    /// `operationId`.
    pub operation_id: Option<String>,
    /// Its method.
    pub method: Method,
    /// Its path template, without a base path: `/orders/{id}`.
    pub path: String,
    /// Distinct base paths under which it is routed, without a slash at the end; at least one, `""` for none.
    pub base_paths: Vec<String>,
    /// Its parameters, those of its path included.
    pub parameters: Vec<Parameter>,
    /// The body that it takes.
    pub request_body: Option<RequestBody>,
    /// Its answers, in document order.
    pub responses: Vec<Response>,
    /// Who may call it.
    pub security: Security,
    /// Whether callers are asked to leave it.
    pub deprecated: bool,
    /// `summary`.
    pub summary: Option<String>,
    /// `tags`.
    pub tags: Vec<String>,
    /// `x-palisade` of the operation.
    pub extension: Option<NodeRef>,
    /// `x-palisade` of its path item.
    pub path_extension: Option<NodeRef>,
    /// Where it is declared.
    pub position: Option<Position>,
    /// Query names that carry a key of the operation's security schemes.
    pub(crate) key_names: Vec<String>,
}

impl Contract {
    /// The operation with this index.
    pub fn operation(&self, index: OperationIndex) -> Option<&Operation> {
        self.operations.get(index.0 as usize)
    }

    /// Takes out what it says of who may call, where somebody else decides that: every operation is public, and no query
    /// parameter is declared by being a key.
    pub fn without_security(&mut self) {
        self.security_schemes.clear();
        for operation in &mut self.operations {
            operation.security = Security::Public;
            operation.key_names.clear();
        }
    }
}

impl Operation {
    /// Checks every declared parameter.
    ///
    /// # Errors
    /// The first violation, in document order.
    pub fn check_parameters(&self, request: &RequestView<'_, '_>) -> Result<(), Violation> {
        self.parameters.iter().try_for_each(|parameter| parameter.check(request))
    }

    /// The first name in the query that neither a parameter nor a security scheme of the operation declares.
    pub fn undeclared_query<'q>(&self, query: &'q Query<'_>) -> Option<&'q str> {
        query.pairs().iter().map(|pair| &*pair.name).find(|name| !self.declares_query(name))
    }

    /// Whether a parameter or a security scheme of the operation declares this name in the query.
    pub fn declares_query(&self, name: &str) -> bool {
        self.parameters.iter().any(|parameter| parameter.owns_query_name(name))
            || self.key_names.iter().any(|key| key == name)
    }

    /// The answer declared for `status`: exactly, by its class, or by default.
    pub fn response(&self, status: http::StatusCode) -> Option<&Response> {
        self.responses
            .iter()
            .filter(|response| response.status.covers(status))
            .max_by_key(|response| response.status)
    }

    /// Parameters in `location`.
    pub fn parameters_in(&self, location: ParameterLocation) -> impl Iterator<Item = &Parameter> {
        self.parameters.iter().filter(move |parameter| parameter.location == location)
    }
}
