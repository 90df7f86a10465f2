//! What a caller showed to say who they are: kinds of it, never the thing itself.

/// What a caller showed to say who they are, as far as is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Credential {
    /// Nothing, where everything that they showed is seen.
    Nothing,
    /// A user is named; how they proved it is not.
    User,
    /// A password with each request.
    Basic,
    /// A token, of which is not seen what it is.
    Bearer,
    /// A token that says by itself who calls.
    Jwt,
    /// A token that whoever gave it out must be asked about.
    Opaque,
    /// An `Authorization` field of another scheme, or one that is hidden.
    Authorization,
    /// A key of the application.
    ApiKey,
    /// A cookie.
    Cookie,
    /// A certificate of the client.
    Certificate,
}

impl Credential {
    /// All of them, in their order.
    pub const ALL: [Credential; 10] = [
        Credential::Nothing,
        Credential::User,
        Credential::Basic,
        Credential::Bearer,
        Credential::Jwt,
        Credential::Opaque,
        Credential::Authorization,
        Credential::ApiKey,
        Credential::Cookie,
        Credential::Certificate,
    ];

    /// Its stable name.
    pub fn name(self) -> &'static str {
        match self {
            Credential::Nothing => "none",
            Credential::User => "user",
            Credential::Basic => "basic",
            Credential::Bearer => "bearer",
            Credential::Jwt => "bearer-jwt",
            Credential::Opaque => "bearer-opaque",
            Credential::Authorization => "authorization",
            Credential::ApiKey => "api-key",
            Credential::Cookie => "cookie",
            Credential::Certificate => "mtls",
        }
    }

    /// What the value of an `Authorization` field shows.
    pub(crate) fn of_authorization(value: &str) -> Credential {
        let (scheme, token) = value.trim().split_once(' ').unwrap_or((value, ""));
        match scheme {
            _ if scheme.eq_ignore_ascii_case("bearer") => Credential::of_token(token.trim()),
            _ if scheme.eq_ignore_ascii_case("basic") => Credential::Basic,
            _ => Credential::Authorization,
        }
    }

    /// What a token is: a JWT begins with the object that its header is (RFC 7519, section 3), and has parts.
    fn of_token(token: &str) -> Credential {
        let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte);
        if token.starts_with("eyJ") && token.contains('.') {
            Credential::Jwt
        } else if token.len() >= OPAQUE_BYTES_MIN && token.bytes().all(is_token) {
            Credential::Opaque
        } else {
            Credential::Bearer
        }
    }

    /// What the header field `name` shows, if it is one that says who calls.
    pub(crate) fn of_field(name: &str, value: &str) -> Option<Credential> {
        let is = |known: &&str| name.eq_ignore_ascii_case(known);
        if value.trim().is_empty() {
            return None;
        }
        match () {
            () if is(&"authorization") => Some(Credential::of_authorization(value)),
            () if is(&"cookie") => Some(Credential::Cookie),
            () if KEY_FIELDS.iter().any(is) => Some(Credential::ApiKey),
            () if CERTIFICATE_FIELDS.iter().any(is) => Some(Credential::Certificate),
            () => None,
        }
    }
}

/// A shorter token is taken for a word that stands for one.
const OPAQUE_BYTES_MIN: usize = 16;

/// Header fields in which keys are sent.
const KEY_FIELDS: &[&str] = &[
    "x-api-key",
    "api-key",
    "apikey",
    "x-apikey",
    "x-api-token",
    "x-auth-token",
    "x-access-token",
    "x-goog-api-key",
    "x-rapidapi-key",
    "ocp-apim-subscription-key",
];

/// Header fields in which a proxy says which certificate it was shown.
const CERTIFICATE_FIELDS: &[&str] =
    &["client-cert", "x-forwarded-client-cert", "x-ssl-client-cert", "x-client-cert", "ssl-client-cert"];

/// Parameters of a query in which keys are sent.
const KEY_PARAMETERS: &[&str] = &["api_key", "apikey", "api-key", "x-api-key", "subscription-key"];

/// The most parameters of one query that are looked at.
const PARAMETERS_MAX: usize = 64;

/// A set of [`Credential`]s.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Credentials(u16);

impl Credentials {
    /// Those that a query shows: a key, or a token as RFC 6750, section 2.3, has it.
    pub(crate) fn of_query(query: &str) -> Credentials {
        let mut shown = Credentials::default();
        for pair in query.split('&').take(PARAMETERS_MAX) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            if value.is_empty() {
                continue;
            }
            if name == "access_token" {
                shown.insert(Credential::of_token(value));
            } else if KEY_PARAMETERS.iter().any(|known| name.eq_ignore_ascii_case(known)) {
                shown.insert(Credential::ApiKey);
            }
        }
        shown
    }

    /// Puts one in.
    pub fn insert(&mut self, credential: Credential) {
        self.0 |= 1 << credential as u16;
    }

    /// Puts in all of `other`.
    pub fn extend(&mut self, other: Credentials) {
        self.0 |= other.0;
    }

    /// Those that are in it.
    pub fn iter(self) -> impl Iterator<Item = Credential> {
        Credential::ALL.into_iter().filter(move |credential| self.0 & (1 << *credential as u16) != 0)
    }

    /// Whether everything that was shown is seen, and says nothing of who called.
    pub fn is_anonymous(self) -> bool {
        self.0 == 1 << Credential::Nothing as u16
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_is_told_and_not_kept() {
        let check = |name: &str, value: &str, expected: &str| {
            let shown = Credential::of_field(name, value).map_or("", Credential::name);
            assert_eq!(shown, expected, "{name}: {value}");
        };
        check("Authorization", "Bearer eyJhbGciOiJSUzI1NiJ9.e30.c2ln", "bearer-jwt");
        check("authorization", "bearer 0123456789abcdef0123", "bearer-opaque");
        check("Authorization", "Bearer [Filtered]", "bearer");
        check("Authorization", "Bearer {{token}}", "bearer");
        check("Authorization", "Basic YWxpY2U6cGFzcw==", "basic");
        check("Authorization", "AWS4-HMAC-SHA256 Credential=x", "authorization");
        check("X-Api-Key", "k", "api-key");
        check("Cookie", "a=b", "cookie");
        check("X-Forwarded-Client-Cert", "Hash=1", "mtls");
        check("X-Api-Key", " ", "");
        check("Accept", "x", "");
    }

    #[test]
    fn a_query_may_hold_a_key() {
        let check = |query: &str, expected: &[&str]| {
            let shown: Vec<&str> = Credentials::of_query(query).iter().map(Credential::name).collect();
            assert_eq!(shown, expected, "{query}");
        };
        check("page=2&api_key=abc", &["api-key"]);
        check("access_token=0123456789abcdef", &["bearer-opaque"]);
        check("api_key=&apikey", &[]);
    }
}
