//! Who may call: schemes, and what an operation asks for once inheritance is worked out.

use spec::{Format, Spot};

use super::View;

/// A declared security scheme.
#[derive(Debug)]
pub(crate) struct Scheme<'l> {
    pub(crate) name: &'l str,
    /// What its `$ref` leads to, or itself.
    pub(crate) spot: Spot<'l>,
}

/// What is asked of whoever calls.
#[derive(Debug, Clone)]
pub(crate) struct Security<'l> {
    /// The `security` that holds: the operation's own, else the root's.
    pub(crate) declared: Option<Spot<'l>>,
    /// Whether it is a list; what else it may be is not known to be an open door.
    is_understood: bool,
    /// One of these must be satisfied; one without needs is satisfied by anybody.
    pub(crate) alternatives: Vec<Vec<Need<'l>>>,
}

/// A scheme that an alternative asks for.
#[derive(Debug, Clone)]
pub(crate) struct Need<'l> {
    pub(crate) scheme: &'l str,
    /// Where it is asked for: the list of its scopes.
    pub(crate) spot: Spot<'l>,
}

impl<'l> Scheme<'l> {
    /// Its `type` is `http` with this `scheme`, in any case of letters.
    pub(crate) fn is_http(&self, scheme: &str) -> bool {
        self.spot.text("scheme").is_some_and(|found| found.eq_ignore_ascii_case(scheme))
    }

    pub(crate) fn is_type(&self, name: &str) -> bool {
        self.spot.text("type") == Some(name)
    }

    /// The flows of OAuth 2.0 by the names of OpenAPI 3.
    pub(crate) fn flows(&self) -> Vec<(&'l str, Spot<'l>)> {
        if !self.is_type("oauth2") {
            return Vec::new();
        }
        let own = self.spot.text("flow").map(|flow| match flow {
            "accessCode" => "authorizationCode",
            "application" => "clientCredentials",
            other => other,
        });
        let flows = self.spot.members_of("flows").filter(|(name, _)| !name.starts_with("x-"));
        own.map(|flow| (flow, self.spot)).into_iter().chain(flows).collect()
    }
}

impl<'l> Need<'l> {
    pub(crate) fn scopes(&self) -> impl Iterator<Item = &'l str> {
        self.spot.items().filter_map(|scope| scope.node.as_str())
    }
}

impl Default for Security<'_> {
    /// Nothing is said.
    fn default() -> Self {
        Security { declared: None, is_understood: true, alternatives: Vec::new() }
    }
}

impl<'l> Security<'l> {
    /// What `holder`, the root or an operation, says; nothing where it does not say.
    pub(crate) fn of(holder: Spot<'l>) -> Option<Security<'l>> {
        let declared = holder.get("security")?;
        let alternatives = declared
            .items()
            .map(|alternative| alternative.members().map(|(scheme, spot)| Need { scheme, spot }).collect());
        let is_understood = declared.node.is_array();
        Some(Security { declared: Some(declared), is_understood, alternatives: alternatives.collect() })
    }

    /// Whether anybody may call: nothing is asked, or one of the alternatives asks for nothing.
    pub(crate) fn is_open(&self) -> bool {
        self.is_understood && self.alternatives.is_empty() || self.alternatives.iter().any(Vec::is_empty)
    }

    /// Whether the document says so in words: `security: []`, or an alternative `{}`.
    pub(crate) fn is_openly_said(&self) -> bool {
        self.declared.is_some() && self.is_open()
    }

    pub(crate) fn needs(&self) -> impl Iterator<Item = &Need<'l>> {
        self.alternatives.iter().flatten()
    }
}

impl<'l> View<'l> {
    pub(super) fn declared_schemes(&self) -> Vec<Scheme<'l>> {
        let declared = match self.format {
            Format::Swagger20 => self.root.get("securityDefinitions"),
            _ => self.root.get("components").and_then(|components| components.get("securitySchemes")),
        };
        let members = declared.into_iter().flat_map(Spot::members);
        members.filter_map(|(name, spot)| Some(Scheme { name, spot: self.follow(spot)? })).collect()
    }

    /// The scheme called `name`.
    pub(crate) fn scheme(&self, name: &str) -> Option<&Scheme<'l>> {
        self.schemes.iter().find(|scheme| scheme.name == name)
    }
}
