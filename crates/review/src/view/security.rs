//! Who may call: schemes, and what an operation asks for once inheritance is worked out.

use std::collections::HashSet;

use spec::{Format, Spot};

use super::{Operation, View};

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
#[derive(Debug, Clone, Copy)]
pub(crate) struct Need<'l> {
    pub(crate) scheme: &'l str,
    /// Where it is asked for: the list of its scopes; of AsyncAPI 3.x, the scheme or the reference to it.
    pub(crate) spot: Spot<'l>,
    /// The list of its scopes, where there is one.
    pub(crate) listed: Option<Spot<'l>>,
}

impl<'l> Scheme<'l> {
    /// Its `type` is `http` with this `scheme`, in any case of letters.
    pub(crate) fn is_http(&self, scheme: &str) -> bool {
        self.spot.text("scheme").is_some_and(|found| found.eq_ignore_ascii_case(scheme))
    }

    pub(crate) fn is_type(&self, name: &str) -> bool {
        self.spot.text("type") == Some(name)
    }

    /// Whether it is a key that is sent with each request.
    pub(crate) fn is_api_key(&self) -> bool {
        self.is_type("apiKey") || self.is_type("httpApiKey")
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
        self.listed.into_iter().flat_map(Spot::items).filter_map(|scope| scope.node.as_str())
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
        let alternatives = declared.items().map(|alternative| {
            alternative.members().map(|(scheme, spot)| Need { scheme, spot, listed: Some(spot) }).collect()
        });
        let is_understood = declared.node.is_array();
        Some(Security { declared: Some(declared), is_understood, alternatives: alternatives.collect() })
    }

    /// As [`Security::of`], where each item is a scheme or refers to one: AsyncAPI 3.x.
    pub(super) fn of_references(view: &View<'l>, holder: Spot<'l>) -> Option<Security<'l>> {
        let declared = holder.get("security")?;
        let alternatives = declared.items().map(|spot| {
            let scheme = view.follow(spot).and_then(|target| view.scheme_at(target));
            let listed = scheme.and_then(|scheme| scheme.spot.get("scopes"));
            vec![Need { scheme: scheme.map_or("", |scheme| scheme.name), spot, listed }]
        });
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

    /// Keeps the scheme that is asked for at `spot`, where it stands there or in another document.
    pub(super) fn add_scheme(&mut self, spot: Spot<'l>) {
        let Some(target) = self.follow(spot) else { return };
        if self.scheme_at(target).is_none() {
            let entry =
                self.library.document(target.document).and_then(|document| document.entry_of(target.node));
            let name = entry.map(|entry| entry.key).or_else(|| target.text("type")).unwrap_or("security");
            self.schemes.push(Scheme { name, spot: target });
        }
    }

    fn scheme_at(&self, spot: Spot<'l>) -> Option<&Scheme<'l>> {
        self.schemes.iter().find(|scheme| scheme.spot.key() == spot.key())
    }

    /// The scheme that is asked for.
    pub(crate) fn scheme_of(&self, need: &Need<'l>) -> Option<&Scheme<'l>> {
        match self.format {
            Format::AsyncApi3 => self.scheme_at(self.follow(need.spot)?),
            _ => self.scheme(need.scheme),
        }
    }

    /// Every scheme that is asked for, by the root, by operations that callers ask for, by servers; what several share, once.
    pub(crate) fn needs(&self) -> Vec<Need<'l>> {
        let is_event = self.format.is_asyncapi();
        let of_root = if is_event { None } else { Security::of(self.root) };
        let of_servers = self.events.servers.iter().map(|server| &server.security);
        let operations = self.operations.iter().filter(|operation| is_event || operation.is_called());
        let of_operations = operations.map(|operation| &operation.security);
        let all = of_root.iter().chain(of_servers).chain(of_operations);
        let mut seen = HashSet::new();
        all.flat_map(Security::needs).filter(|need| seen.insert(need.spot.key())).copied().collect()
    }

    /// What is asked of whoever calls `operation`; of messages, also by the servers that it is on.
    pub(crate) fn needs_of<'a>(&'a self, operation: &'a Operation<'l>) -> impl Iterator<Item = &'a Need<'l>> {
        let of_servers = self.servers_of_operation(operation).flat_map(|server| server.security.needs());
        operation.security.needs().chain(of_servers)
    }

    /// The scheme called `name`.
    pub(crate) fn scheme(&self, name: &str) -> Option<&Scheme<'l>> {
        self.schemes.iter().find(|scheme| scheme.name == name)
    }
}
