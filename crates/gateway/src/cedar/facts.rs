//! What policies can know of who calls, and of how.

use cedar_policy::RestrictedExpression;
use model::{Principal, PrincipalKind};

use super::value::text;
use crate::normalize::Scheme;
use crate::policy::Context;

/// One attribute: how the schema calls it, and where it is taken from.
#[derive(Debug)]
pub(super) struct Fact {
    pub(super) name: &'static str,
    pub(super) cedar_type: &'static str,
    /// Whether there always is one.
    pub(super) required: bool,
    pub(super) of: fn(&Context<'_>, &Principal<'_>) -> Option<RestrictedExpression>,
}

/// A kind of principal.
#[derive(Debug)]
pub(super) struct PrincipalType {
    pub(super) kind: PrincipalKind,
    pub(super) name: &'static str,
    /// What stands before it in the schema.
    pub(super) meaning: &'static str,
    pub(super) facts: &'static [&'static Fact],
    /// Whether it may have a token, and so claims.
    pub(super) has_claims: bool,
}

pub(super) const PRINCIPALS: [PrincipalType; 4] = [
    PrincipalType {
        kind: PrincipalKind::User,
        name: "User",
        meaning: "A person, proven by a token with a subject, which is the id.",
        facts: &[&ID, &ISSUER, &CLIENT, &SCOPES],
        has_claims: true,
    },
    PrincipalType {
        kind: PrincipalKind::Service,
        name: "Service",
        meaning: "A machine, proven by a token or a certificate of its own.",
        facts: &[&ID, &PERHAPS_ISSUER, &CLIENT, &SCOPES],
        has_claims: true,
    },
    PrincipalType {
        kind: PrincipalKind::Client,
        name: "Client",
        meaning: "A client application, known by its API key alone: identified, not authenticated.",
        facts: &[&ID, &SCOPES],
        has_claims: false,
    },
    PrincipalType {
        kind: PrincipalKind::Anonymous,
        name: "Anonymous",
        meaning: "Nobody said who they are; so there is no id that could equal another.",
        facts: &[&SCOPES],
        has_claims: false,
    },
];

static ID: Fact = Fact {
    name: "id",
    cedar_type: "String",
    required: true,
    of: |_, principal| principal.id.as_deref().map(text),
};
static ISSUER: Fact = Fact { required: true, ..PERHAPS_ISSUER };
const PERHAPS_ISSUER: Fact = Fact {
    name: "issuer",
    cedar_type: "String",
    required: false,
    of: |_, principal| principal.issuer.as_deref().map(text),
};
static CLIENT: Fact = Fact {
    name: "client",
    cedar_type: "String",
    required: false,
    of: |_, principal| principal.client.as_deref().map(text),
};
static SCOPES: Fact = Fact {
    name: "scopes",
    cedar_type: "Set<String>",
    required: true,
    of: |cx, _| {
        let scopes = cx.caller.token.iter().flat_map(|token| &token.claims.scopes);
        Some(RestrictedExpression::new_set(scopes.map(text)))
    },
};

/// What is known of how the request came.
pub(super) const CONTEXT: [Fact; 6] = [
    Fact {
        name: "ip",
        cedar_type: "ipaddr",
        required: true,
        of: |cx, _| Some(RestrictedExpression::new_ip(cx.client.to_string())),
    },
    Fact {
        name: "time",
        cedar_type: "datetime",
        required: true,
        of: |cx, _| {
            // Cedar's times have milliseconds.
            let time = cx.now.to_string();
            Some(RestrictedExpression::new_datetime(format!("{}Z", time.get(..23)?)))
        },
    },
    Fact { name: "method", cedar_type: "String", required: true, of: |cx, _| Some(text(cx.method.as_str())) },
    Fact {
        name: "scheme",
        cedar_type: "String",
        required: true,
        of: |cx, _| Some(text(if cx.scheme == Scheme::Https { "https" } else { "http" })),
    },
    Fact { name: "host", cedar_type: "String", required: true, of: |cx, _| Some(text(cx.host)) },
    Fact {
        name: "service",
        cedar_type: "String",
        required: false,
        of: |cx, _| cx.caller.service().map(text),
    },
];
