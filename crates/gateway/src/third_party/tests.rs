//! What a third party gets of what an application sends, and what it does not.

use std::path::PathBuf;

use identity::client_tokens::Settings;

use super::*;
use crate::config::SecretSource;
use crate::normalize::own_host;

fn config(header: Option<&str>, query: Option<&str>, prefix: &str) -> config::Credential {
    config::Credential {
        header: header.map(str::to_owned),
        query: query.map(str::to_owned),
        prefix: Some(prefix.to_owned()),
        secret: Some(SecretSource::File(PathBuf::new())),
        oauth: None,
    }
}

fn third_party(config: &config::Credential, secret: &str) -> ThirdParty {
    ThirdParty {
        host: own_host("api.partner.example", Scheme::Https).unwrap(),
        scheme: Scheme::Https,
        credential: Some(Credential::new(config, Secret::new(secret)).unwrap()),
        redirects_max: 0,
        api_key_header: HeaderName::from_static("x-shop-key"),
    }
}

#[test]
fn what_applications_say_to_the_gateway_stays_inside_in_every_spelling() {
    let third_party = third_party(&config(Some("X-Partner-Key"), None, ""), "s3cret-0123");
    let withheld = [
        "authorization",
        "baggage",
        "cookie",
        "dpop",
        "forwarded",
        "traceparent",
        "tracestate",
        "x-partner-key",
        "x-shop-key",
        "x_partner_key",
        "x_shop-key",
    ];
    for name in withheld {
        assert!(third_party.withholds(&HeaderName::from_static(name)), "{name}");
    }
    for name in ["accept", "content-type", "x-partner-keys", "x-request-id"] {
        assert!(!third_party.withholds(&HeaderName::from_static(name)), "{name}");
    }
    assert_eq!(third_party.field(None), Some(("x-partner-key", [&b""[..], b"s3cret-0123"])));
    assert_eq!(third_party.query(Some("a=b")).unwrap().as_deref(), Some("a=b"));
}

#[test]
fn a_credential_in_the_query_is_the_gateway_s_alone() {
    let third_party = third_party(&config(None, Some("key"), "v1:"), "s3cret &x=1");
    assert_eq!(third_party.field(None), None);
    let query = |sent| third_party.query(sent).map_err(|denial| denial.reason);
    assert_eq!(query(None).unwrap().as_deref(), Some("key=v1%3As3cret%20%26x%3D1"));
    assert_eq!(query(Some("")).unwrap().as_deref(), Some("key=v1%3As3cret%20%26x%3D1"));
    assert_eq!(query(Some("a=b")).unwrap().as_deref(), Some("a=b&key=v1%3As3cret%20%26x%3D1"));
    for own in ["key=mine", "a=b&KEY=mine", "%6bey=mine", "key", "a&key="] {
        assert_eq!(query(Some(own)), Err(Reason::KeyInUrl), "{own}");
    }
    assert_eq!(query(Some("%ff=mine")), Err(Reason::ParameterInvalid));
    assert!(third_party.is_shown_in(b"{\"sent\":\"s3cret &x=1\"}"));
    assert!(third_party.is_shown_in(b"?key=v1%3As3cret%20%26x%3D1"));
    assert!(!third_party.is_shown_in(b"s3cret"));
}

#[test]
fn what_cannot_be_sent_is_said_without_the_secret() {
    let refused = |config: &config::Credential, secret: &str| {
        Credential::new(config, Secret::new(secret)).map(|_| ()).unwrap_err()
    };
    let header = |name| config(Some(name), None, "");
    assert_eq!(refused(&header("X-Key"), "1234567"), "a credential of less than 8 bytes");
    assert!(Credential::new(&header("X-Key"), Secret::new("12345678")).is_ok(), "8 bytes are enough");
    assert_eq!(refused(&header("X Key"), "12345678"), "a name that is no header name");
    for name in ["Host", "Content-Length", "Transfer-Encoding", "Connection", "Proxy-Authorization"] {
        assert_eq!(refused(&header(name), "12345678"), "a header field that carries no credential");
    }
    assert_eq!(refused(&header("X-Key"), "1234\r\nX: 5"), "a credential with bytes that no header field has");
    let both = config(Some("X-Key"), Some("key"), "");
    assert_eq!(refused(&both, "12345678"), "a credential in both a header field and the query");
    assert_eq!(refused(&config(None, Some(""), ""), "12345678"), "a query parameter without a name");
}

#[test]
fn while_there_is_no_token_nothing_is_sent() {
    let settings = Settings {
        name: "partner".to_owned(),
        token_url: "https://issuer.example/token".parse().unwrap(),
        client_id: "gateway".to_owned(),
        client_secret: Secret::new("s3cret"),
        scopes: Vec::new(),
        authorities: None,
    };
    let tokens = Arc::new(ClientTokens::new(settings).unwrap());
    let oauth =
        |header, query| config::Credential { prefix: None, secret: None, ..config(header, query, "") };
    let third_party = ThirdParty {
        credential: Some(Credential::token(&oauth(None, None), &tokens).unwrap()),
        ..third_party(&config(None, None, ""), "s3cret-0123")
    };
    let denial = third_party.token(Timestamp::from_secs(1)).unwrap_err();
    assert_eq!((denial.reason, denial.control), (Reason::CredentialUnavailable, "egress"));
    assert_eq!(denial.retry_after_secs, Some(5));
    assert_eq!(third_party.field(None), None);
    assert!(third_party.withholds(&header::AUTHORIZATION) && !third_party.is_shown_in(b"anything"));
    let refused = |config: &config::Credential| Credential::token(config, &tokens).map(drop).unwrap_err();
    assert_eq!(refused(&oauth(None, Some("key"))), "a token in the query, where it ends up in logs");
    let prefix = config::Credential { prefix: Some("a\r\n".to_owned()), ..oauth(None, None) };
    assert_eq!(refused(&prefix), "a prefix with bytes that no header field has");
}
