//! Security schemes and the requirements that name them.

use model::{Position, Severity};

use super::Format;
use super::reader::Reader;
use crate::source::Spot;
use crate::tree::Node;

/// Who may call an operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Security {
    /// Neither the operation nor the root says anything.
    Undeclared,
    /// The document says that nobody need prove anything: `security: []`.
    Public,
    /// One of these alternatives must be satisfied. One without requirements is satisfied by anybody; where the list
    /// is empty, because nothing in it could be understood, nobody satisfies it.
    OneOf(Vec<Vec<Requirement>>),
}

/// One scheme that an alternative asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requirement {
    /// The place of the scheme in [`super::Contract::security_schemes`].
    pub scheme: usize,
    /// The scopes or roles that are asked for.
    pub scopes: Vec<String>,
}

/// A way to prove who calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecurityScheme {
    /// Its name in the document.
    pub name: String,
    /// What it is.
    pub kind: SchemeKind,
    /// Where it is declared.
    pub position: Option<Position>,
}

/// The kinds of security schemes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SchemeKind {
    /// A key under a name.
    ApiKey {
        /// Where the key stands.
        location: KeyLocation,
        /// Under which name.
        name: String,
    },
    /// `Authorization: Bearer`.
    Bearer {
        /// `bearerFormat`, as `JWT`.
        format: Option<String>,
    },
    /// `Authorization: Basic`.
    Basic,
    /// Another scheme of the `Authorization` field, in lower case.
    Http(String),
    /// OAuth 2.0.
    OAuth2(Vec<Flow>),
    /// OpenID Connect.
    OpenIdConnect {
        /// Where the provider describes itself.
        url: String,
    },
    /// A client certificate.
    MutualTls,
    /// None of these: nothing satisfies it.
    Unknown,
}

/// Where an API key stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyLocation {
    /// In a header.
    Header,
    /// In the query string.
    Query,
    /// In a cookie.
    Cookie,
}

/// A flow of OAuth 2.0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flow {
    /// Its name in OpenAPI 3: `authorizationCode`.
    pub name: String,
    /// `authorizationUrl`.
    pub authorization_url: Option<String>,
    /// `tokenUrl`.
    pub token_url: Option<String>,
    /// The scopes it knows.
    pub scopes: Vec<String>,
}

impl<'l> Reader<'_, 'l> {
    /// Every scheme that the document declares.
    pub(super) fn security_schemes(&self, root: Spot<'l>) -> Vec<SecurityScheme> {
        let declared = match self.format {
            Format::Swagger20 => root.get("securityDefinitions"),
            _ => root.get("components").and_then(|components| components.get("securitySchemes")),
        };
        let schemes = declared.into_iter().flat_map(Spot::members);
        let known = schemes.map(|(name, scheme)| {
            let kind =
                self.source.follow(scheme).map_or(SchemeKind::Unknown, |scheme| self.scheme_kind(scheme));
            SecurityScheme { name: name.to_owned(), kind, position: self.source.position(scheme) }
        });
        known.collect()
    }

    fn scheme_kind(&self, scheme: Spot<'l>) -> SchemeKind {
        let kind = match scheme.text("type") {
            Some("apiKey") => self.api_key(scheme),
            Some("basic") => Some(SchemeKind::Basic),
            Some("http") => scheme.text("scheme").map(|name| match name.to_ascii_lowercase().as_str() {
                "bearer" => SchemeKind::Bearer { format: scheme.text("bearerFormat").map(str::to_owned) },
                "basic" => SchemeKind::Basic,
                other => SchemeKind::Http(other.to_owned()),
            }),
            Some("oauth2") if self.format == Format::Swagger20 => {
                Some(SchemeKind::OAuth2(vec![flow(swagger_flow(scheme.text("flow")), scheme)]))
            }
            Some("oauth2") => {
                let flows = scheme.members_of("flows").filter(|(name, _)| !name.starts_with("x-"));
                Some(SchemeKind::OAuth2(flows.map(|(name, spot)| flow(name, spot)).collect()))
            }
            Some("openIdConnect") => {
                scheme.text("openIdConnectUrl").map(|url| SchemeKind::OpenIdConnect { url: url.to_owned() })
            }
            Some("mutualTLS") => Some(SchemeKind::MutualTls),
            _ => None,
        };
        kind.unwrap_or_else(|| {
            let message = "the security scheme is of no kind that is known, so nobody satisfies it";
            self.source.problem(Severity::Error, scheme, message);
            SchemeKind::Unknown
        })
    }

    fn api_key(&self, scheme: Spot<'l>) -> Option<SchemeKind> {
        let location = match scheme.text("in")? {
            "header" => KeyLocation::Header,
            "query" => KeyLocation::Query,
            "cookie" => KeyLocation::Cookie,
            _ => return None,
        };
        Some(SchemeKind::ApiKey { location, name: scheme.text("name")?.to_owned() })
    }

    /// What `holder` (the root or an operation) asks for; [`Security::Undeclared`] where it does not say.
    pub(super) fn security(&self, holder: Spot<'l>, schemes: &[SecurityScheme]) -> Security {
        let Some(security) = holder.get("security") else { return Security::Undeclared };
        if !security.node.is_array() {
            self.source.problem(
                Severity::Error,
                security,
                "`security` is a list, so nobody satisfies this one",
            );
            return Security::OneOf(Vec::new());
        }
        if security.node.is_empty() {
            return Security::Public;
        }
        Security::OneOf(
            security.items().filter_map(|alternative| self.alternative(alternative, schemes)).collect(),
        )
    }

    fn alternative(&self, alternative: Spot<'l>, schemes: &[SecurityScheme]) -> Option<Vec<Requirement>> {
        if !alternative.node.is_object() {
            let message = "a security requirement is an object, so nobody satisfies this one";
            self.source.problem(Severity::Error, alternative, message);
            return None;
        }
        let mut requirements = Vec::new();
        for (name, scopes) in alternative.members() {
            let Some(scheme) = schemes.iter().position(|scheme| scheme.name == name) else {
                let message =
                    format!("no security scheme is called `{name}`, so nobody satisfies this requirement");
                self.source.problem(Severity::Error, scopes, message);
                return None;
            };
            let scopes = scopes.items().filter_map(|scope| scope.node.as_str().map(str::to_owned)).collect();
            requirements.push(Requirement { scheme, scopes });
        }
        Some(requirements)
    }
}

/// Query names of the keys that `security` asks for.
pub(super) fn key_names(security: &Security, schemes: &[SecurityScheme]) -> Vec<String> {
    let Security::OneOf(alternatives) = security else { return Vec::new() };
    let named = alternatives.iter().flatten().filter_map(|requirement| schemes.get(requirement.scheme));
    let keys = named.filter_map(|scheme| match &scheme.kind {
        SchemeKind::ApiKey { location: KeyLocation::Query, name } => Some(name.clone()),
        _ => None,
    });
    keys.collect()
}

fn flow(name: &str, spot: Spot<'_>) -> Flow {
    let text = |key: &str| spot.node.get(key).and_then(Node::as_str).map(str::to_owned);
    Flow {
        name: name.to_owned(),
        authorization_url: text("authorizationUrl"),
        token_url: text("tokenUrl"),
        scopes: spot.members_of("scopes").map(|(scope, _)| scope.to_owned()).collect(),
    }
}

/// The names that OpenAPI 3 has for the flows of Swagger 2.0.
fn swagger_flow(name: Option<&str>) -> &str {
    match name {
        Some("accessCode") => "authorizationCode",
        Some("application") => "clientCredentials",
        other => other.unwrap_or_default(),
    }
}
