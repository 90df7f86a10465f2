//! Which credentials an operation asks for, as far as the gateway can check them.

use http::HeaderName;
use spec::{Contract, KeyLocation, Operation, Requirement, SchemeKind, Security};

use crate::denial::Challenge;
use crate::feeds::Feeds;
use crate::policy::Context;

/// The alternatives of an operation, one of which must be satisfied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Access {
    /// Whether the specification says anything at all.
    pub(crate) declared: bool,
    /// The alternatives; none where nobody can satisfy the operation.
    pub(crate) alternatives: Vec<Alternative>,
    /// Names and kinds of schemes that cannot be checked, and that alternatives were dropped for.
    pub(crate) unchecked: Vec<String>,
    /// Query parameters in which the specification wants keys sent.
    pub(crate) key_queries: Vec<String>,
}

/// Everything that one alternative asks for. If it asks for nothing, anybody satisfies it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Alternative {
    /// Whether it asks for a token.
    pub(crate) token: bool,
    /// The scopes that the token must carry.
    pub(crate) scopes: Vec<String>,
    /// The header fields in which it asks for a key.
    pub(crate) key_headers: Vec<HeaderName>,
    /// Whether it asks for a client certificate.
    pub(crate) certificate: bool,
}

impl Access {
    /// What `operation` asks for; what nothing is said about asks for nothing.
    pub(crate) fn of(contract: &Contract, operation: Option<&Operation>, feeds: &Feeds) -> Access {
        let anybody = vec![Alternative::default()];
        let mut access = Access {
            declared: true,
            alternatives: Vec::new(),
            unchecked: Vec::new(),
            key_queries: Vec::new(),
        };
        match operation.map(|operation| &operation.security) {
            None | Some(Security::Undeclared) => {
                access.declared = false;
                access.alternatives = anybody;
            }
            Some(Security::Public) => access.alternatives = anybody,
            Some(Security::OneOf(alternatives)) => {
                for requirements in alternatives {
                    if let Some(alternative) = access.alternative(contract, requirements, feeds) {
                        access.alternatives.push(alternative);
                    }
                }
            }
        }
        access
    }

    /// Whether some alternative has a token in it.
    pub(crate) fn knows_tokens(&self) -> bool {
        self.alternatives.iter().any(|alternative| alternative.token)
    }

    /// Whether some alternative has a client certificate in it.
    pub(crate) fn knows_certificates(&self) -> bool {
        self.alternatives.iter().any(|alternative| alternative.certificate)
    }

    /// Whether no alternative can do without a client certificate.
    pub(crate) fn needs_certificate(&self) -> bool {
        !self.alternatives.is_empty() && self.alternatives.iter().all(|alternative| alternative.certificate)
    }

    /// Whether each alternative asks for keys, certificates or nothing, and none was dropped.
    pub(crate) fn asks_for_no_token(&self) -> bool {
        !self.alternatives.is_empty() && !self.knows_tokens() && self.unchecked.is_empty()
    }

    /// Whether no alternative can do without a key.
    pub(crate) fn needs_key(&self) -> bool {
        !self.alternatives.is_empty()
            && self.alternatives.iter().all(|alternative| !alternative.key_headers.is_empty())
    }

    /// The ways to get in for a caller who has none: a token, where some alternative asks for one, and a key in each
    /// header field that some alternative takes; without the alternatives that take no token where `needs_token`.
    pub(crate) fn challenges(&self, needs_token: bool) -> Vec<Challenge> {
        let open = self.alternatives.iter().filter(|alternative| alternative.token || !needs_token);
        let mut challenges = Vec::new();
        for alternative in open {
            let token = alternative.token.then_some(Challenge::TOKEN);
            let keys = alternative.key_headers.iter().cloned().map(Challenge::ApiKey);
            for challenge in token.into_iter().chain(keys) {
                if !challenges.contains(&challenge) {
                    challenges.push(challenge);
                }
            }
        }
        challenges
    }

    fn alternative(
        &mut self,
        contract: &Contract,
        requirements: &[Requirement],
        feeds: &Feeds,
    ) -> Option<Alternative> {
        let mut alternative = Alternative::default();
        let mut is_checked = true;
        for requirement in requirements {
            let scheme = contract.security_schemes.get(requirement.scheme)?;
            let kind = match &scheme.kind {
                SchemeKind::Bearer { .. } | SchemeKind::OAuth2(_) | SchemeKind::OpenIdConnect { .. } => {
                    alternative.token = true;
                    alternative.scopes.extend(requirement.scopes.iter().cloned());
                    continue;
                }
                SchemeKind::ApiKey { location: KeyLocation::Header, name } => {
                    match HeaderName::from_bytes(name.as_bytes()) {
                        Ok(header) => {
                            alternative.key_headers.push(header);
                            continue;
                        }
                        Err(_) => "a key in a header whose name is no header name",
                    }
                }
                SchemeKind::ApiKey { location: KeyLocation::Query, name } => {
                    // A key in a URL is refused, so it is taken from the header that keys stand in here.
                    self.key_queries.push(name.clone());
                    alternative.key_headers.push(feeds.api_key_header.clone());
                    continue;
                }
                SchemeKind::ApiKey { location: KeyLocation::Cookie, .. } => "a cookie",
                SchemeKind::Basic => "HTTP Basic",
                SchemeKind::Http(_) => "an HTTP scheme other than Bearer",
                SchemeKind::MutualTls => {
                    alternative.certificate = true;
                    continue;
                }
                SchemeKind::Unknown => "a kind of scheme that is not known",
            };
            is_checked = false;
            let text = format!("`{}` ({kind})", scheme.name);
            if !self.unchecked.contains(&text) {
                self.unchecked.push(text);
            }
        }
        is_checked.then_some(alternative)
    }
}

impl Alternative {
    /// Whether what it asks for beside a token is proven: the keys, and a certificate that names a service.
    pub(crate) fn has_its_others(&self, cx: &Context<'_>) -> bool {
        self.has_its_keys(cx) && (!self.certificate || has_certificate(cx))
    }

    /// Whether the keys that it asks for are proven: the client is known, and each of the fields was sent. That all
    /// of them are keys of that client is what let it be known.
    pub(crate) fn has_its_keys(&self, cx: &Context<'_>) -> bool {
        let sent = || self.key_headers.iter().all(|header| cx.headers.contains_key(header));
        self.key_headers.is_empty() || (cx.caller.client.is_some() && sent())
    }
}

/// Whether the client proved to hold a certificate that names a service.
pub(crate) fn has_certificate(cx: &Context<'_>) -> bool {
    cx.certificate.is_some_and(|certificate| certificate.service.is_some())
}
