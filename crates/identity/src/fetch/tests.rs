//! One GET against hosts of every kind.

use rcgen::generate_simple_self_signed;
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use tokio_rustls::TlsAcceptor;

use super::server::{Reply, Server};
use super::*;

const BYTES_MAX: usize = 1000;

fn client() -> KeyClient {
    KeyClient::new(None, PlainHttp::LoopbackOnly).unwrap()
}

async fn get(reply: Reply) -> Result<Fetched, FetchError> {
    let server = Server::start(None).await;
    server.set("/keys", reply);
    client().get(&server.url("/keys").parse().unwrap(), BYTES_MAX).await
}

async fn refused(url: &str) -> FetchError {
    client().get(&url.parse().unwrap(), BYTES_MAX).await.unwrap_err()
}

#[tokio::test]
async fn a_document_is_fetched_whole_by_one_plain_request() {
    let server = Server::start(None).await;
    server.set("/keys?a=1", Reply::new(200, &["cache-control: public, Max-Age=120, must-revalidate"], "{}"));
    let fetched = client().get(&server.url("/keys?a=1").parse().unwrap(), BYTES_MAX).await.unwrap();
    assert_eq!(&fetched.body[..], b"{}");
    assert_eq!(fetched.max_age, Some(Duration::from_secs(120)));
    let head = server.last_head();
    assert!(head.contains(&format!("host: {}\r\n", server.address)), "{head}");
    assert!(!head.contains("cookie") && !head.contains("authorization"), "{head}");
}

#[tokio::test]
async fn a_body_may_end_with_the_connection() {
    let fetched = get(Reply::raw("HTTP/1.1 200 OK\r\n\r\n{\"keys\":[]}")).await.unwrap();
    assert_eq!(&fetched.body[..], b"{\"keys\":[]}");
    assert_eq!(fetched.max_age, None);
}

#[tokio::test]
async fn what_must_not_be_kept_is_fresh_for_no_time() {
    for value in ["no-store", "private, NO-CACHE", "max-age=0"] {
        let fetched = get(Reply::new(200, &[&format!("cache-control: {value}")], "{}")).await.unwrap();
        assert_eq!(fetched.max_age, Some(Duration::ZERO), "{value}");
    }
    let fetched = get(Reply::new(200, &["cache-control: max-age=soon"], "{}")).await.unwrap();
    assert_eq!(fetched.max_age, None);
}

#[tokio::test]
async fn a_body_larger_than_the_limit_is_not_read_to_its_end() {
    let said = get(Reply::ok(&"x".repeat(BYTES_MAX + 1))).await.unwrap_err();
    assert!(matches!(said, FetchError::TooLarge(BYTES_MAX)), "{said}");
    let chunk = format!("{BYTES_MAX:x}\r\n{}\r\n", "x".repeat(BYTES_MAX)).repeat(20);
    let unsaid = format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{chunk}");
    let unsaid = get(Reply::raw(unsaid).held()).await.unwrap_err();
    assert!(matches!(unsaid, FetchError::TooLarge(BYTES_MAX)), "{unsaid}");
    assert!(get(Reply::ok(&"x".repeat(BYTES_MAX))).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_host_that_says_too_little_is_left() {
    for bytes in [
        "",
        "HTTP/1.1 200 OK\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n{",
        "HTTP/1.1 103 x\r\n\r\n",
    ] {
        let error = get(Reply::raw(bytes).held()).await.unwrap_err();
        assert!(matches!(error, FetchError::TimedOut), "{bytes}: {error}");
    }
}

#[tokio::test]
async fn an_answer_that_breaks_off_or_is_none_is_an_error() {
    for bytes in [
        "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n{",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
        "SSH-2.0-server\r\n",
        "",
        "HTTP/1.1 200",
    ] {
        let answer = get(Reply::raw(bytes)).await;
        assert!(matches!(answer, Err(FetchError::Http(_) | FetchError::Body(_))), "{bytes}: {answer:?}");
    }
    let long = format!("HTTP/1.1 200 OK\r\nx: {}\r\n\r\n", "x".repeat(HEAD_BYTES_MAX * 4));
    assert!(matches!(get(Reply::raw(long)).await.unwrap_err(), FetchError::Http(_)));
}

#[tokio::test]
async fn only_200_counts_and_no_redirect_is_followed() {
    for status in [204, 301, 302, 307, 308, 404, 500] {
        let error = get(Reply::new(status, &["location: /keys"], "")).await.unwrap_err();
        assert!(matches!(error, FetchError::Status(own) if own == status), "{error}");
    }
    let error = get(Reply::new(200, &["content-encoding: gzip"], "x")).await.unwrap_err();
    assert!(matches!(error, FetchError::Encoded), "{error}");
}

#[tokio::test]
async fn plain_http_is_for_this_machine_unless_allowed() {
    for url in
        ["http://issuer.example/keys", "http://10.0.0.1/", "http://localhost.example/", "http://[::2]/"]
    {
        assert!(matches!(refused(url).await, FetchError::Insecure), "{url}");
    }
    for host in ["localhost", "127.0.0.1", "127.9.9.9", "::1"] {
        assert!(is_loopback(host), "{host}");
    }
    let url: Uri = "http://issuer.example/".parse().unwrap();
    assert!(Target::of(&url, PlainHttp::Allowed).is_ok());
}

#[tokio::test]
async fn a_url_has_a_scheme_a_host_and_no_user() {
    for url in ["/keys", "ftp://issuer.example/", "https://user:secret@issuer.example/", "issuer.example:443"]
    {
        let error = refused(url).await;
        assert!(matches!(error, FetchError::Address), "{url}");
        let text = format!("{error} {error:?}");
        assert!(!text.contains("secret"), "{text}");
    }
}

#[tokio::test]
async fn a_host_proves_itself_under_a_trusted_root() {
    let own = generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(own.signing_key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![own.cert.der().clone()], key)
        .unwrap();
    let server = Server::start(Some(TlsAcceptor::from(Arc::new(config)))).await;
    server.set("/keys", Reply::ok("{}"));
    let url: Uri = format!("https://{}/keys", server.address).parse().unwrap();

    let trusting = KeyClient::new(Some(own.cert.pem().as_bytes()), PlainHttp::LoopbackOnly).unwrap();
    assert_eq!(&trusting.get(&url, BYTES_MAX).await.unwrap().body[..], b"{}");
    assert!(matches!(client().get(&url, BYTES_MAX).await.unwrap_err(), FetchError::Tls(_)));
    let other = format!("https://localhost:{}/keys", server.address.port());
    assert!(matches!(
        trusting.get(&other.parse().unwrap(), BYTES_MAX).await.unwrap_err(),
        FetchError::Tls(_)
    ));
}

#[test]
fn extra_roots_are_certificates() {
    for pem in ["", "x", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
        assert!(KeyClient::new(Some(pem.as_bytes()), PlainHttp::LoopbackOnly).is_err(), "{pem}");
    }
}
