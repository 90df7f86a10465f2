//! Third parties, whose APIs are called through the gateway, and what they see in place of what an application sends.

use std::borrow::Cow;
use std::sync::Arc;

use http::header::{self, HeaderName};
use identity::client_tokens::{ClientToken, ClientTokens};
use memchr::memmem;
use model::{Secret, Timestamp};
use spec::{PAIRS_MAX, Query};

use crate::config;
use crate::denial::{Denial, Reason};
use crate::normalize::{Host, Scheme};

/// The shortest credential in bytes: a shorter one would be found in answers that do not hold it.
pub(crate) const SECRET_BYTES_MIN: usize = 8;

/// Seconds after which there may be a token again.
const RETRY_AFTER_SECS: u64 = 5;

/// What applications say to the gateway, or to each other, and to nobody outside.
static INSIDE: [HeaderName; 7] = [
    header::AUTHORIZATION,
    header::COOKIE,
    header::FORWARDED,
    HeaderName::from_static("baggage"),
    HeaderName::from_static("dpop"),
    HeaderName::from_static("traceparent"),
    HeaderName::from_static("tracestate"),
];

/// Fields that frame a message, or route it: none of them carries a credential.
static NO_CREDENTIAL: [HeaderName; 9] = [
    header::CONNECTION,
    header::CONTENT_LENGTH,
    header::CONTENT_TYPE,
    header::EXPECT,
    header::HOST,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

/// Which APIs a listener serves. Those of one side are not found from the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Side {
    /// Those that are protected.
    Ingress,
    /// Those of third parties.
    Egress,
}

/// How a third party is called.
#[derive(Debug)]
pub struct ThirdParty {
    /// Its host.
    pub host: Host<'static>,
    /// Whether over TLS.
    pub scheme: Scheme,
    /// What it is shown; absent for nothing.
    pub credential: Option<Credential>,
    /// How many of its redirects are followed in an application's place.
    pub redirects_max: u8,
    /// The field by which applications name themselves to the gateway.
    pub api_key_header: HeaderName,
}

/// A credential that no application holds.
#[derive(Debug)]
pub struct Credential {
    place: Place,
    shown: Shown,
}

/// What of a credential is shown.
#[derive(Debug)]
enum Shown {
    Fixed {
        /// As it is sent.
        value: Secret,
        /// As it was read.
        secret: Secret,
    },
    /// A token that is got, and what stands before it.
    Token { prefix: String, tokens: Arc<ClientTokens> },
}

#[derive(Debug)]
enum Place {
    Header(HeaderName),
    Query(String),
}

impl Credential {
    /// The credential `secret`, sent as `config` says.
    ///
    /// # Errors
    /// What is wrong, without anything of the secret.
    pub(crate) fn new(config: &config::Credential, secret: Secret) -> Result<Credential, &'static str> {
        if secret.expose().len() < SECRET_BYTES_MIN {
            return Err("a credential of less than 8 bytes");
        }
        let prefix = config.prefix.as_deref().unwrap_or_default();
        let whole = Secret::new([prefix.as_bytes(), secret.expose()].concat());
        let place = Place::of(config)?;
        let value = match place {
            Place::Query(_) => Secret::new(encoded(whole.expose())),
            // Nothing of a value that is refused is in the error, which is dropped all the same.
            Place::Header(_) if http::HeaderValue::from_bytes(whole.expose()).is_err() => {
                return Err("a credential with bytes that no header field has");
            }
            Place::Header(_) => whole,
        };
        Ok(Credential { place, shown: Shown::Fixed { value, secret } })
    }

    /// The token of the time out of `tokens`, sent as `config` says.
    ///
    /// # Errors
    /// What is wrong.
    pub(crate) fn token(
        config: &config::Credential,
        tokens: &Arc<ClientTokens>,
    ) -> Result<Credential, &'static str> {
        let place = Place::of(config)?;
        let prefix = config.prefix.clone().unwrap_or_else(|| "Bearer ".to_owned());
        if matches!(place, Place::Query(_)) {
            // RFC 6750 section 5.3.
            return Err("a token in the query, where it ends up in logs");
        }
        if http::HeaderValue::from_str(&prefix).is_err() {
            return Err("a prefix with bytes that no header field has");
        }
        Ok(Credential { place, shown: Shown::Token { prefix, tokens: Arc::clone(tokens) } })
    }
}

impl Place {
    fn of(config: &config::Credential) -> Result<Place, &'static str> {
        match (&config.header, &config.query) {
            (Some(_), Some(_)) => Err("a credential in both a header field and the query"),
            (None, Some(name)) if name.is_empty() => Err("a query parameter without a name"),
            (None, Some(name)) => Ok(Place::Query(name.clone())),
            (header, None) => {
                let name = header.as_deref().unwrap_or("authorization");
                let name =
                    HeaderName::from_bytes(name.as_bytes()).or(Err("a name that is no header name"))?;
                if NO_CREDENTIAL.contains(&name) || name.as_str().starts_with("proxy-") {
                    return Err("a header field that carries no credential");
                }
                Ok(Place::Header(name))
            }
        }
    }
}

impl ThirdParty {
    /// Whether a field called `name` stays inside when an application sends it.
    pub(crate) fn withholds(&self, name: &HeaderName) -> bool {
        let own = match &self.credential {
            Some(Credential { place: Place::Header(own), .. }) => Some(own),
            _ => None,
        };
        INSIDE.iter().chain(own).chain([&self.api_key_header]).any(|known| is_read_as(name, known))
    }

    /// The token that it is shown at `now`, where that is what it is shown.
    ///
    /// # Errors
    /// `credential-unavailable` while there is none.
    pub(crate) fn token(&self, now: Timestamp) -> Result<Option<Arc<ClientToken>>, Denial> {
        let Some(Credential { shown: Shown::Token { tokens, .. }, .. }) = &self.credential else {
            return Ok(None);
        };
        tokens.token(now).map(Some).ok_or_else(|| {
            let mut denial = Denial::fixed(
                Reason::CredentialUnavailable,
                "egress",
                "no token for the third party was got",
            );
            denial.retry_after_secs = Some(RETRY_AFTER_SECS);
            denial
        })
    }

    /// The field that carries the credential, if one does, its value in two parts; `token` is that of
    /// [`ThirdParty::token`].
    pub(crate) fn field<'f>(&'f self, token: Option<&'f ClientToken>) -> Option<(&'f str, [&'f [u8]; 2])> {
        let Credential { place: Place::Header(name), shown } = self.credential.as_ref()? else { return None };
        let value = match shown {
            Shown::Fixed { value, .. } => [b"".as_slice(), value.expose()],
            Shown::Token { prefix, .. } => [prefix.as_bytes(), token?.value.expose()],
        };
        Some((name.as_str(), value))
    }

    /// The query as the third party gets it: that of the application, and the credential where it stands there.
    ///
    /// # Errors
    /// `key-in-url` where the application says a credential of its own, `parameter-invalid` where it cannot be told.
    pub(crate) fn query<'q>(&self, sent: Option<&'q str>) -> Result<Option<Cow<'q, str>>, Denial> {
        let Some(Credential { place: Place::Query(name), shown: Shown::Fixed { value, .. } }) =
            &self.credential
        else {
            return Ok(sent.map(Cow::Borrowed));
        };
        let refused = |reason, detail| Denial::fixed(reason, "egress", detail);
        let sent = sent.filter(|sent| !sent.is_empty());
        if let Some(sent) = sent {
            let query = Query::parse(sent, PAIRS_MAX)
                .map_err(|fault| refused(Reason::ParameterInvalid, fault.as_str()))?;
            if query.pairs().iter().any(|pair| pair.name.eq_ignore_ascii_case(name)) {
                return Err(refused(Reason::KeyInUrl, "a credential of the application's own in the query"));
            }
        }
        let Ok(value) = std::str::from_utf8(value.expose()) else {
            return Err(refused(Reason::Internal, "a credential that is not encoded"));
        };
        let mut query = sent.map_or_else(String::new, |sent| format!("{sent}&"));
        query.push_str(&encoded(name.as_bytes()));
        query.push('=');
        query.push_str(value);
        Ok(Some(Cow::Owned(query)))
    }

    /// Whether `bytes` hold the credential, as it was read or as it is sent; of tokens the last, or the one before it.
    pub(crate) fn is_shown_in(&self, bytes: &[u8]) -> bool {
        let holds = |needle: &[u8]| memmem::find(bytes, needle).is_some();
        match self.credential.as_ref().map(|credential| &credential.shown) {
            None => false,
            Some(Shown::Fixed { value, secret }) => holds(secret.expose()) || holds(value.expose()),
            Some(Shown::Token { tokens, .. }) => tokens.any(holds),
        }
    }
}

/// Whether a server may take the field `name` for `known`: those like CGI do not tell `_` from `-`.
fn is_read_as(name: &HeaderName, known: &HeaderName) -> bool {
    let fold = |byte: u8| if byte == b'_' { b'-' } else { byte };
    name.as_str().len() == known.as_str().len()
        && name.as_str().bytes().map(fold).eq(known.as_str().bytes().map(fold))
}

/// Percent-encoded but for what RFC 3986 2.3 leaves as it is.
fn encoded(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for &byte in bytes {
        match byte {
            _ if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) => text.push(char::from(byte)),
            _ => text.push_str(&format!("%{byte:02X}")),
        }
    }
    text
}

#[cfg(test)]
mod tests;
