//! Finds the declared path of a request among the path templates of a contract.
//!
//! The path is matched as it came after normalisation, still percent-encoded: `%2F` is three characters of a
//! parameter, never a separator. Reading left to right, a template that continues with the path's own text
//! beats one that has a parameter there; a parameter stays within its segment, is never empty, and of the
//! values that lead to a match takes the longest one followed by literal text, or else the rest of the segment.

#[cfg(test)]
mod naive;
mod template;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

use http::Method;

use crate::contract::OperationIndex;
pub use template::{Template, TemplateFault};

/// Full path templates (base path included) and what each of them offers.
pub struct Router {
    tree: wayfind::Router<usize>,
    routes: Vec<Route>,
}

/// One full path template with the operations it offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// The template as documents write it, base path included: `/v1/orders/{id}`.
    pub template: String,
    /// What each method does here, in document order.
    pub methods: Vec<(Method, OperationIndex)>,
}

/// A path that met a route.
pub struct Match<'r, 'p> {
    /// What was met.
    pub route: &'r Route,
    found: wayfind::Match<'r, 'p, usize>,
}

/// Why a template is not in the router.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The template cannot be read.
    Malformed(TemplateFault),
    /// Another template, the one named, already matches exactly the same paths; it took over the methods that it had
    /// not.
    Collides(String),
    /// The same paths already offer this method.
    MethodTaken(Method),
}

impl Router {
    /// Builds the router of `routes`; of two that match the same paths the first wins, and offers the methods of both.
    ///
    /// What was refused comes back with its index in `routes`.
    pub fn build(routes: impl IntoIterator<Item = Route>) -> (Router, Vec<(usize, Refusal)>) {
        let mut builder = wayfind::RouterBuilder::new();
        let mut kept: Vec<Route> = Vec::new();
        let mut by_shape: HashMap<String, usize> = HashMap::new();
        let mut refused = Vec::new();
        for (index, route) in routes.into_iter().enumerate() {
            let template = match Template::parse(&route.template) {
                Ok(template) => template,
                Err(fault) => {
                    refused.push((index, Refusal::Malformed(fault)));
                    continue;
                }
            };
            let shape = template.shape();
            if let Some(first) = by_shape.get(&shape).and_then(|&at| kept.get_mut(at)) {
                refused.extend(first.absorb(route).into_iter().map(|refusal| (index, refusal)));
                continue;
            }
            match builder.insert(&shape, kept.len()) {
                Ok(()) => {
                    by_shape.insert(shape, kept.len());
                    kept.push(route);
                }
                Err(_) => refused.push((index, Refusal::Malformed(TemplateFault::Unroutable))),
            }
        }
        (Router { tree: builder.build(), routes: kept }, refused)
    }

    /// The route of `path`, a normalised path, still percent-encoded, without a query.
    pub fn find<'r, 'p>(&'r self, path: &'p str) -> Option<Match<'r, 'p>> {
        let found = self.tree.search(path)?;
        Some(Match { route: self.routes.get(*found.data())?, found })
    }

    /// Every route, in the order they were given.
    pub fn routes(&self) -> &[Route] {
        &self.routes
    }
}

impl std::fmt::Debug for Router {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Router").field("routes", &self.routes).finish_non_exhaustive()
    }
}

impl Route {
    /// The operation that `method` names here.
    pub fn operation(&self, method: &Method) -> Option<OperationIndex> {
        self.methods.iter().find(|(offered, _)| offered == method).map(|&(_, operation)| operation)
    }

    /// Takes over the methods of a route of the same shape, and says what is wrong with that.
    fn absorb(&mut self, other: Route) -> Vec<Refusal> {
        let mut refused = Vec::new();
        if other.template != self.template {
            refused.push(Refusal::Collides(self.template.clone()));
        }
        for (method, operation) in other.methods {
            match self.operation(&method) {
                Some(_) => refused.push(Refusal::MethodTaken(method)),
                None => self.methods.push((method, operation)),
            }
        }
        refused
    }
}

impl<'r, 'p> Match<'r, 'p> {
    /// The raw text of the parameter that stands at `ordinal` among the parameters of the template.
    pub fn capture(&self, ordinal: usize) -> Option<&'p str> {
        self.found.parameters().get(ordinal).map(|&(_, value)| value)
    }

    /// The raw texts of all parameters, in template order.
    pub fn captures(&self) -> impl Iterator<Item = &'p str> {
        self.found.parameters().iter().map(|&(_, value)| value)
    }
}

impl std::fmt::Debug for Match<'_, '_> {
    /// Names the route only: captured values are the caller's data.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Match").field("route", &self.route.template).finish_non_exhaustive()
    }
}
