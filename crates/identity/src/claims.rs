//! The claims of a token, read once (RFC 7519 section 4, RFC 7800, RFC 8693 section 4, RFC 9068).

use model::Timestamp;
use serde_json::{Map, Value};

use crate::error::TokenError;
use crate::json;
use crate::thumbprint::Thumbprint;

/// The largest date that is told apart from later ones, in seconds since the epoch: the year 9999.
const DATE_SECS_MAX: f64 = 253_402_300_799.0;

/// The claims of one token.
#[derive(Debug, Clone, PartialEq)]
pub struct Claims {
    /// `iss`, who made the token.
    pub issuer: String,
    /// `sub`, who it speaks for.
    pub subject: Option<String>,
    /// `aud`, whom it is meant for; one or many.
    pub audiences: Vec<String>,
    /// `exp`, when it ends.
    pub expires: Option<Timestamp>,
    /// `nbf`, when it begins.
    pub not_before: Option<Timestamp>,
    /// `iat`, when it was made.
    pub issued: Option<Timestamp>,
    /// `jti`, its own name.
    pub id: Option<String>,
    /// `client_id`, or `azp` where that is absent: the client application.
    pub client: Option<String>,
    /// The words of `scope`, or of `scp` where that is absent.
    pub scopes: Vec<String>,
    /// `cnf`, what whoever sends the token must prove to hold.
    pub confirmation: Option<Confirmation>,
    members: Map<String, Value>,
}

/// What the sender of a token must hold: all of it that is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Confirmation {
    /// `jkt`: the key that signs its DPoP proofs (RFC 9449 section 6.1).
    pub key: Option<Thumbprint>,
    /// `x5t#S256`: the certificate of its TLS connection (RFC 8705 section 3.1).
    pub certificate: Option<Thumbprint>,
}

impl Confirmation {
    /// Whether there is anything in it that can be proven here; what cannot be proven must be refused.
    pub fn is_provable(&self) -> bool {
        self.key.is_some() || self.certificate.is_some()
    }
}

impl Claims {
    /// Reads the payload of a token; it must be strict JSON, and the claims above of their kinds.
    pub fn parse(payload: &[u8]) -> Result<Claims, TokenError> {
        let Ok(members) = json::object(payload) else { return Err(TokenError::Malformed) };
        Claims::of(members)
    }

    /// The claims among `members`.
    pub(crate) fn of(members: Map<String, Value>) -> Result<Claims, TokenError> {
        let client = match text(&members, "client_id")? {
            Some(client) => Some(client),
            None => text(&members, "azp")?,
        };
        let scopes = match words(&members, "scope")? {
            Some(scopes) => scopes,
            None => words(&members, "scp")?.unwrap_or_default(),
        };
        Ok(Claims {
            issuer: text(&members, "iss")?.ok_or(TokenError::MissingClaim("iss"))?,
            subject: text(&members, "sub")?,
            audiences: audiences(&members)?,
            expires: date(&members, "exp")?,
            not_before: date(&members, "nbf")?,
            issued: date(&members, "iat")?,
            id: text(&members, "jti")?,
            client,
            scopes,
            confirmation: confirmation(&members)?,
            members,
        })
    }

    /// Any claim, by its name.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.members.get(name)
    }

    /// Whether the token carries `scope`.
    pub fn has_scope(&self, scope: &str) -> bool {
        self.scopes.iter().any(|own| own == scope)
    }
}

pub(crate) fn text(members: &Map<String, Value>, name: &'static str) -> Result<Option<String>, TokenError> {
    match members.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(TokenError::InvalidClaim(name)),
    }
}

/// A NumericDate (RFC 7519 section 2): seconds since the epoch, fractions allowed.
pub(crate) fn date(
    members: &Map<String, Value>,
    name: &'static str,
) -> Result<Option<Timestamp>, TokenError> {
    let Some(value) = members.get(name) else { return Ok(None) };
    if let Some(secs) = value.as_u64() {
        return Ok(Some(Timestamp::from_secs(secs)));
    }
    match value.as_f64() {
        Some(secs) if secs >= 0.0 => {
            Ok(Some(Timestamp::from_micros((secs.min(DATE_SECS_MAX) * 1_000_000.0) as u64)))
        }
        _ => Err(TokenError::InvalidClaim(name)),
    }
}

/// RFC 7800 section 3.1: an object. Members that are not known are passed over; what none is known of is for those who
/// use the token to refuse.
fn confirmation(members: &Map<String, Value>) -> Result<Option<Confirmation>, TokenError> {
    let wrong = TokenError::InvalidClaim("cnf");
    let Some(value) = members.get("cnf") else { return Ok(None) };
    let members = value.as_object().ok_or(wrong)?;
    let thumbprint = |name: &str| match members.get(name) {
        None => Ok(None),
        Some(value) => value.as_str().and_then(Thumbprint::parse).map(Some).ok_or(wrong),
    };
    Ok(Some(Confirmation { key: thumbprint("jkt")?, certificate: thumbprint("x5t#S256")? }))
}

fn audiences(members: &Map<String, Value>) -> Result<Vec<String>, TokenError> {
    match members.get("aud") {
        None => Ok(Vec::new()),
        Some(Value::String(one)) => Ok(vec![one.clone()]),
        Some(Value::Array(many)) => strings(many, "aud"),
        Some(_) => Err(TokenError::InvalidClaim("aud")),
    }
}

/// Words separated by spaces (RFC 6749 section 3.3), or the list that some issuers send.
fn words(members: &Map<String, Value>, name: &'static str) -> Result<Option<Vec<String>>, TokenError> {
    match members.get(name) {
        None => Ok(None),
        Some(Value::String(line)) => {
            Ok(Some(line.split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect()))
        }
        Some(Value::Array(list)) => strings(list, name).map(Some),
        Some(_) => Err(TokenError::InvalidClaim(name)),
    }
}

fn strings(list: &[Value], name: &'static str) -> Result<Vec<String>, TokenError> {
    list.iter().map(|item| item.as_str().map(str::to_owned).ok_or(TokenError::InvalidClaim(name))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn claims(members: &str) -> Claims {
        Claims::parse(format!(r#"{{"iss":"i",{members}}}"#).as_bytes()).unwrap()
    }

    #[track_caller]
    fn check(members: &str, expected: TokenError) {
        let payload = format!(r#"{{"iss":"i",{members}}}"#);
        assert_eq!(Claims::parse(payload.as_bytes()).unwrap_err(), expected, "{members}");
    }

    #[test]
    fn one_audience_or_many() {
        assert_eq!(claims(r#""aud":"a""#).audiences, ["a"]);
        assert_eq!(claims(r#""aud":["a","b"]"#).audiences, ["a", "b"]);
        assert!(claims(r#""aud":[]"#).audiences.is_empty());
        check(r#""aud":[1]"#, TokenError::InvalidClaim("aud"));
        check(r#""aud":null"#, TokenError::InvalidClaim("aud"));
    }

    #[test]
    fn scopes_come_as_words_or_as_a_list_and_scope_wins() {
        assert_eq!(claims(r#""scope":" read  write ""#).scopes, ["read", "write"]);
        assert_eq!(claims(r#""scp":["read","write all"]"#).scopes, ["read", "write all"]);
        assert_eq!(claims(r#""scp":"read""#).scopes, ["read"]);
        assert_eq!(claims(r#""scope":"","scp":"admin""#).scopes, Vec::<String>::new());
        assert!(claims(r#""scope":"readers""#).has_scope("readers"));
        assert!(!claims(r#""scope":"readers""#).has_scope("read"));
        check(r#""scope":{}"#, TokenError::InvalidClaim("scope"));
    }

    #[test]
    fn dates_are_numbers() {
        assert_eq!(claims(r#""exp":17"#).expires, Some(Timestamp::from_secs(17)));
        assert_eq!(claims(r#""exp":17.5"#).expires, Some(Timestamp::from_micros(17_500_000)));
        assert_eq!(claims(r#""exp":1e300"#).expires, Some(Timestamp::from_secs(253_402_300_799)));
        for value in ["-1", "\"17\"", "null", "true", "-0.5"] {
            check(&format!(r#""exp":{value}"#), TokenError::InvalidClaim("exp"));
        }
    }

    #[test]
    fn the_client_is_client_id_or_else_azp() {
        assert_eq!(claims(r#""client_id":"a","azp":"b""#).client.as_deref(), Some("a"));
        assert_eq!(claims(r#""azp":"b""#).client.as_deref(), Some("b"));
        check(r#""azp":7"#, TokenError::InvalidClaim("azp"));
    }

    #[test]
    fn a_confirmation_names_digests() {
        let print = "A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v0";
        let of = |members: &str| claims(members).confirmation;
        assert_eq!(of(r#""a":1"#), None);
        let unknown = of(r#""cnf":{"kid":"1"}"#).unwrap();
        assert!(!unknown.is_provable());
        let both = of(&format!(r#""cnf":{{"jkt":"{print}","x5t#S256":"{print}","kid":"1"}}"#)).unwrap();
        assert_eq!(both.key.unwrap().to_string(), print);
        assert_eq!(both.certificate, both.key);
        assert!(both.is_provable());
        let short = print.split_at(42).0;
        for value in ["null", "[]", "\"x\"", r#"{"jkt":7}"#, r#"{"jkt":null}"#, r#"{"x5t#S256":""}"#] {
            check(&format!(r#""cnf":{value}"#), TokenError::InvalidClaim("cnf"));
        }
        for text in [short, &format!("{print}="), &format!("{print}A")] {
            check(&format!(r#""cnf":{{"jkt":"{text}"}}"#), TokenError::InvalidClaim("cnf"));
        }
    }

    #[test]
    fn any_claim_is_found_by_name_and_none_stands_twice() {
        assert_eq!(claims(r#""tenant":{"id":7}"#).get("tenant").unwrap()["id"], 7);
        assert_eq!(claims(r#""a":1"#).get("b"), None);
        check(r#""sub":"a","sub":"b""#, TokenError::Malformed);
        check(r#""sub":1"#, TokenError::InvalidClaim("sub"));
        assert_eq!(Claims::parse(b"{}").unwrap_err(), TokenError::MissingClaim("iss"));
        assert_eq!(Claims::parse(b"[]").unwrap_err(), TokenError::Malformed);
    }
}
