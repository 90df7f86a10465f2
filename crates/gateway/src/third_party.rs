//! Third parties, whose APIs are called through the gateway, and what they see in place of what an application sends.

use std::borrow::Cow;

use http::header::{self, HeaderName};
use memchr::memmem;
use model::Secret;
use spec::{PAIRS_MAX, Query};

use crate::config;
use crate::denial::{Denial, Reason};
use crate::normalize::{Host, Scheme};

/// The shortest credential in bytes: a shorter one would be found in answers that do not hold it.
pub(crate) const SECRET_BYTES_MIN: usize = 8;

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
    /// The field by which applications name themselves to the gateway.
    pub api_key_header: HeaderName,
}

/// A credential that no application holds.
#[derive(Debug)]
pub struct Credential {
    place: Place,
    /// As it is sent.
    value: Secret,
    /// As it was read.
    secret: Secret,
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
        let whole = Secret::new([config.prefix.as_bytes(), secret.expose()].concat());
        match (&config.header, &config.query) {
            (Some(_), Some(_)) => Err("a credential in both a header field and the query"),
            (None, Some(name)) if name.is_empty() => Err("a query parameter without a name"),
            (None, Some(name)) => {
                let value = Secret::new(encoded(whole.expose()));
                Ok(Credential { place: Place::Query(name.clone()), value, secret })
            }
            (header, None) => {
                let name = header.as_deref().unwrap_or("authorization");
                let name =
                    HeaderName::from_bytes(name.as_bytes()).or(Err("a name that is no header name"))?;
                if NO_CREDENTIAL.contains(&name) || name.as_str().starts_with("proxy-") {
                    return Err("a header field that carries no credential");
                }
                // Nothing of a value that is refused is in the error, which is dropped all the same.
                if http::HeaderValue::from_bytes(whole.expose()).is_err() {
                    return Err("a credential with bytes that no header field has");
                }
                Ok(Credential { place: Place::Header(name), value: whole, secret })
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

    /// The field that carries the credential, if one does.
    pub(crate) fn field(&self) -> Option<(&str, &[u8])> {
        match &self.credential {
            Some(Credential { place: Place::Header(name), value, .. }) => {
                Some((name.as_str(), value.expose()))
            }
            _ => None,
        }
    }

    /// The query as the third party gets it: that of the application, and the credential where it stands there.
    ///
    /// # Errors
    /// `key-in-url` where the application says a credential of its own, `parameter-invalid` where it cannot be told.
    pub(crate) fn query<'q>(&self, sent: Option<&'q str>) -> Result<Option<Cow<'q, str>>, Denial> {
        let Some(Credential { place: Place::Query(name), value, .. }) = &self.credential else {
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

    /// Whether `bytes` hold the credential, as it was read or as it is sent.
    pub(crate) fn is_shown_in(&self, bytes: &[u8]) -> bool {
        self.credential.as_ref().is_some_and(|credential| {
            [&credential.secret, &credential.value]
                .iter()
                .any(|needle| memmem::find(bytes, needle.expose()).is_some())
        })
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
