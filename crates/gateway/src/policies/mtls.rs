//! Authenticates services by the certificates of their connections.

use std::sync::Arc;

use identity::ClientCertificate;
use model::Mode;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::access::{Access, Alternative, has_certificate};
use crate::build::Build;
use crate::denial::{Challenge, Denial, Reason, Verdict};
use crate::policy::{Context, Kind, Policy, Stage};

pub(super) const KIND: Kind =
    Kind { id: "mtls", stage: Stage::Identify, build, settings: Settings::json_schema, doc: DOC };

/// Settings of `mtls`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
#[schemars(inline)]
struct Settings {
    // The snapshot reads it and no policy does; it stands here so that it is no unknown key.
    /// How it is applied.
    #[schemars(with = "Option<super::ModeSchema>")]
    mode: Option<Mode>,
    /// Whether a certificate must be shown, whatever the specification says.
    required: Option<bool>,
    /// Services that may call, by SPIFFE id or DNS name; one that ends in `/*` or begins with `*.` names all below.
    /// Default: every one that an authority vouches for.
    services: Vec<String>,
}

#[derive(Debug)]
struct Mtls {
    needed: Needed,
    services: Vec<String>,
    /// The other ways in.
    challenges: Vec<Challenge>,
}

/// When a caller without a certificate is refused.
#[derive(Debug)]
enum Needed {
    /// Always.
    Always,
    /// Where it satisfies none of these either, which have no token in them.
    UnlessOther(Vec<Alternative>),
    /// Never here: where an alternative has a token in it, it is judged as a whole after authentication.
    Never,
}

fn build(build: &mut Build<'_>) -> Option<Box<dyn Policy>> {
    let settings: Settings = build.settings()?;
    let mut access = Access::of(build.contract, build.operation, build.feeds);
    if build.sensitive && !access.knows_tokens() {
        // A key alone is not enough for what is sensitive, nor is nothing at all.
        access.alternatives.retain(|alternative| alternative.certificate);
    }
    let needed = if settings.required == Some(true) || access.needs_certificate() {
        Needed::Always
    } else if access.knows_certificates() && !access.knows_tokens() && settings.required.is_none() {
        Needed::UnlessOther(access.alternatives.clone())
    } else {
        Needed::Never
    };
    let asks = build.feeds.client_certificates;
    if !matches!(needed, Needed::Never) && !asks {
        build.gap("a client certificate is asked for and no listener asks clients for one, so nobody is let in by it: add `clients` to its `tls`");
    }
    if matches!(needed, Needed::Never) && settings.services.is_empty() && !asks {
        return None;
    }
    Some(Box::new(Mtls { needed, services: settings.services, challenges: access.challenges(false) }))
}

impl Policy for Mtls {
    fn head(&self, cx: &mut Context<'_>) -> Verdict {
        if let Some(certificate) = cx.certificate.filter(|_| has_certificate(cx)) {
            if !self.services.is_empty() && !self.services.iter().any(|pattern| names(certificate, pattern)) {
                return Err(Denial::fixed(
                    Reason::CertificateRefused,
                    KIND.id,
                    "a service that may not call",
                ));
            }
            cx.caller.certificate = Some(Arc::clone(certificate));
            if matches!(self.needed, Needed::Always) {
                return Ok(());
            }
        }
        match &self.needed {
            Needed::Never => Ok(()),
            Needed::UnlessOther(others) if others.iter().any(|other| other.has_its_others(cx)) => Ok(()),
            Needed::UnlessOther(_) if !self.challenges.is_empty() => {
                let mut denial =
                    Denial::fixed(Reason::Unauthenticated, KIND.id, "neither a certificate nor a key");
                denial.challenges.clone_from(&self.challenges);
                Err(denial)
            }
            _ => Err(Denial::fixed(
                Reason::CertificateRequired,
                KIND.id,
                "no certificate that names a service",
            )),
        }
    }
}

/// Whether `pattern` names the service of `certificate`, or one of its DNS names.
fn names(certificate: &ClientCertificate, pattern: &str) -> bool {
    let is = |name: &str| match (pattern.strip_suffix("/*"), pattern.strip_prefix("*.")) {
        (Some(folder), _) => {
            name.strip_prefix(folder).is_some_and(|rest| rest.len() > 1 && rest.starts_with('/'))
        }
        (None, Some(domain)) => {
            name.split_once('.').is_some_and(|(_, rest)| rest.eq_ignore_ascii_case(domain))
        }
        // A SPIFFE id is compared to the letter, and a DNS name has no letters that its pattern would not have.
        (None, None) => name == pattern,
    };
    certificate.service.iter().chain(&certificate.names).any(|name| is(name))
}

const DOC: &str = r"
Lets services in by the certificate of their TLS connection, where a listener asks for one with `clients`, for all its
names or for those of one certificate. The service that it names, by SPIFFE id or else by its first DNS name, is the
principal in records and limits unless a token names another. The chain is verified in the handshake, and again for each
connection that is open when authorities or revocation lists are loaded anew, with its next request; on top of that once
a minute. Where certificates are asked for no TLS session is resumed, since a resumed one would skip the first check.

It reads `mutualTLS` in `security`. Where every alternative asks for a certificate, its absence is answered 403. A
certificate that names no service satisfies nothing, but a token may still be bound to it. Where listeners ask nobody,
nobody is let in by a certificate.

| setting | meaning | default |
|---|---|---|
| `required` | `true` asks for a certificate, whatever the specification says | as specified |
| `services` | who may call: SPIFFE ids or DNS names, `spiffe://prod/*` for all below, `*.internal.example` for one label | every service that an authority vouches for |

~~~yaml settings
mtls: { services: ['spiffe://prod/billing', '*.internal.example'] }
~~~
~~~yaml operation
/ledger:
  get: { security: [{ service: [] }], responses: { '200': { description: ok } } }
~~~

In these examples `Client-Certificate` stands for the certificate of the connection; a field of that name is nothing to
the gateway.

~~~http allowed
GET /ledger HTTP/1.1
Host: api.example
Client-Certificate: spiffe://prod/billing
~~~
~~~http allowed
GET /ledger HTTP/1.1
Host: api.example
Client-Certificate: shop.internal.example
~~~
~~~http refused 403 certificate-required
GET /ledger HTTP/1.1
Host: api.example
~~~
~~~http refused 403 certificate-refused
GET /ledger HTTP/1.1
Host: api.example
Client-Certificate: spiffe://prod/billing/test
~~~

When this is wrong: TLS ends before the gateway, which then never sees a certificate. Fields in which a terminator says
what it saw are taken out, since anybody could send them.
";
