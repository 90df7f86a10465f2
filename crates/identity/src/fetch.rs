//! One bounded GET of a document over TCP or TLS: no redirects, no cookies, no reuse.

use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, HOST, USER_AGENT};
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode, Uri};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

/// From the first packet to the last byte of the body.
const FETCH_TIMEOUT: Duration = Duration::from_secs(10);

/// Bytes of a response head.
const HEAD_BYTES_MAX: usize = 32 * 1024;

/// Fetches key sets, discovery documents and what API documents refer to.
#[derive(Clone)]
pub struct KeyClient {
    tls: TlsConnector,
    plain_http: PlainHttp,
}

/// What keys and metadata are asked for as.
const JSON: &str = "application/json, application/jwk-set+json";

/// What API documents are asked for as.
const DOCUMENT: &str = "application/yaml, application/json, */*;q=0.5";

/// Where keys may be fetched without TLS, so that whoever stands between can replace them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlainHttp {
    /// From this machine only.
    LoopbackOnly,
    /// From anywhere.
    Allowed,
}

/// Why no client could be made.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The extra roots are not PEM certificates.
    #[error("the extra root certificates are not PEM: {0}")]
    Pem(#[from] rustls::pki_types::pem::Error),
    /// There is none among them, or one is no certificate.
    #[error("the extra root certificates cannot be used: {0}")]
    Root(rustls::Error),
    /// The TLS library refuses its own settings.
    #[error("tls cannot be set up: {0}")]
    Tls(rustls::Error),
}

/// Why a document was not fetched.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// Not an absolute http or https URL, or it holds a user name.
    #[error("the URL must be https or http with a host and without a user name")]
    Address,
    /// It is plain http to another machine.
    #[error("the URL must be https: plain http is only allowed on this machine")]
    Insecure,
    /// The host was not reached.
    #[error("no connection: {0}")]
    Connect(#[source] io::Error),
    /// The host did not prove who it is, or broke off.
    #[error("tls failed: {0}")]
    Tls(#[source] io::Error),
    /// The exchange broke.
    #[error("the exchange failed: {0}")]
    Http(#[from] hyper::Error),
    /// The request could not be written.
    #[error("the request cannot be made: {0}")]
    Request(#[from] http::Error),
    /// The body broke off.
    #[error("the body broke off: {0}")]
    Body(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The host answered with another status than 200; redirects are not followed.
    #[error("the host answered {0}; only 200 is accepted, and redirects are not followed")]
    Status(StatusCode),
    /// The body is compressed, which was not asked for.
    #[error("the body is compressed")]
    Encoded,
    /// The body is larger than the limit, in bytes.
    #[error("the body is larger than {0} bytes")]
    TooLarge(usize),
    /// It took longer than 10 s.
    #[error("no complete answer within {} s", FETCH_TIMEOUT.as_secs())]
    TimedOut,
}

/// A document and how long it says it is fresh.
#[derive(Debug)]
pub(crate) struct Fetched {
    pub(crate) body: Bytes,
    pub(crate) max_age: Option<Duration>,
}

/// What is posted: a form, and the credentials of whoever posts it.
pub(crate) struct Form {
    pub(crate) body: Bytes,
    pub(crate) authorization: HeaderValue,
}

impl KeyClient {
    /// A client that trusts the machine's roots and those of `extra_roots_pem`.
    ///
    /// A machine without readable roots is no error here: what is then fetched over https fails and says so.
    pub fn new(extra_roots_pem: Option<&[u8]>, plain_http: PlainHttp) -> Result<KeyClient, ClientError> {
        let mut roots = RootCertStore::empty();
        let native = rustls_native_certs::load_native_certs();
        for error in &native.errors {
            tracing::warn!(%error, "root certificates of the machine could not be read");
        }
        roots.add_parsable_certificates(native.certs);
        if let Some(pem) = extra_roots_pem {
            let mut count = 0;
            for certificate in CertificateDer::pem_slice_iter(pem) {
                roots.add(certificate?).map_err(ClientError::Root)?;
                count += 1;
            }
            if count == 0 {
                return Err(ClientError::Root(rustls::Error::NoCertificatesPresented));
            }
        }
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(ClientError::Tls)?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(KeyClient { tls: TlsConnector::from(Arc::new(config)), plain_http })
    }

    /// # Errors
    /// Why nothing is ever fetched from `url`.
    pub(crate) fn check(&self, url: &Uri) -> Result<(), FetchError> {
        Target::of(url, self.plain_http).map(drop)
    }

    /// The document at `url`, of at most `bytes_max` bytes.
    pub(crate) async fn get(&self, url: &Uri, bytes_max: usize) -> Result<Fetched, FetchError> {
        self.get_as(url, JSON, bytes_max).await
    }

    /// The API document at `url`, of at most `bytes_max` bytes, on the same terms as keys: within 10 s, over TLS unless
    /// `plain_http` says otherwise, and without following a redirect.
    pub async fn document(&self, url: &Uri, bytes_max: usize) -> Result<Bytes, FetchError> {
        self.get_as(url, DOCUMENT, bytes_max).await.map(|fetched| fetched.body)
    }

    async fn get_as(&self, url: &Uri, accept: &'static str, bytes_max: usize) -> Result<Fetched, FetchError> {
        let fetched = self.fetch(url, accept, None, bytes_max);
        timeout(FETCH_TIMEOUT, fetched).await.unwrap_or(Err(FetchError::TimedOut))
    }

    /// The answer to a form that is posted to `url`, of at most `bytes_max` bytes. How long that may take is for the
    /// caller to say.
    pub(crate) async fn post(&self, url: &Uri, form: Form, bytes_max: usize) -> Result<Bytes, FetchError> {
        self.fetch(url, JSON, Some(form), bytes_max).await.map(|fetched| fetched.body)
    }

    async fn fetch(
        &self,
        url: &Uri,
        accept: &'static str,
        form: Option<Form>,
        bytes_max: usize,
    ) -> Result<Fetched, FetchError> {
        let target = Target::of(url, self.plain_http)?;
        let request = target.request(url, accept, form)?;
        let stream = TcpStream::connect((target.host, target.port)).await.map_err(FetchError::Connect)?;
        match target.server_name {
            None => exchange(stream, request, bytes_max).await,
            Some(name) => {
                let stream = self.tls.connect(name, stream).await.map_err(FetchError::Tls)?;
                exchange(stream, request, bytes_max).await
            }
        }
    }
}

impl std::fmt::Debug for KeyClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeyClient").field("plain_http", &self.plain_http).finish_non_exhaustive()
    }
}

/// Where a URL leads.
struct Target<'u> {
    host: &'u str,
    port: u16,
    authority: &'u str,
    /// Present for https.
    server_name: Option<ServerName<'static>>,
}

impl<'u> Target<'u> {
    fn of(url: &'u Uri, plain_http: PlainHttp) -> Result<Target<'u>, FetchError> {
        let (Some(scheme), Some(authority)) = (url.scheme_str(), url.authority()) else {
            return Err(FetchError::Address);
        };
        if authority.as_str().contains('@') {
            return Err(FetchError::Address);
        }
        let host = authority.host().trim_start_matches('[').trim_end_matches(']');
        let (port, server_name) = match scheme {
            "https" => match ServerName::try_from(host.to_owned()) {
                Ok(name) => (443, Some(name)),
                Err(_) => return Err(FetchError::Address),
            },
            "http" if plain_http == PlainHttp::Allowed || is_loopback(host) => (80, None),
            "http" => return Err(FetchError::Insecure),
            _ => return Err(FetchError::Address),
        };
        let port = authority.port_u16().unwrap_or(port);
        Ok(Target { host, port, authority: authority.as_str(), server_name })
    }

    fn request(
        &self,
        url: &Uri,
        accept: &'static str,
        form: Option<Form>,
    ) -> Result<Request<Full<Bytes>>, http::Error> {
        let request = Request::builder()
            .uri(url.path_and_query().map_or("/", |path| path.as_str()))
            .header(HOST, self.authority)
            .header(ACCEPT, accept)
            .header(USER_AGENT, "palisade");
        match form {
            None => request.method(Method::GET).body(Full::default()),
            Some(Form { body, authorization }) => request
                .method(Method::POST)
                .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
                .header(AUTHORIZATION, authorization)
                .body(Full::new(body)),
        }
    }
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

async fn exchange<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
    stream: S,
    request: Request<Full<Bytes>>,
    bytes_max: usize,
) -> Result<Fetched, FetchError> {
    let (mut sender, connection) =
        http1::Builder::new().max_buf_size(HEAD_BYTES_MAX).handshake(TokioIo::new(stream)).await?;
    let exchange = pin!(async move {
        let response = sender.send_request(request).await?;
        if response.status() != StatusCode::OK {
            return Err(FetchError::Status(response.status()));
        }
        if response.headers().contains_key(CONTENT_ENCODING) {
            return Err(FetchError::Encoded);
        }
        let max_age = max_age(response.headers());
        let body = match Limited::new(response.into_body(), bytes_max).collect().await {
            Ok(body) => body.to_bytes(),
            Err(error) if error.is::<LengthLimitError>() => return Err(FetchError::TooLarge(bytes_max)),
            Err(error) => return Err(FetchError::Body(error)),
        };
        Ok(Fetched { body, max_age })
    });
    // The connection only moves while it is polled, and what it read may still stand in the body after it ended.
    match select(exchange, pin!(connection)).await {
        Ok(fetched) => fetched,
        Err(exchange) => exchange.await,
    }
}

/// The first of the two to end; the exchange itself if that was the connection.
async fn select<E: Future + Unpin, C: Future>(mut exchange: E, connection: C) -> Result<E::Output, E> {
    tokio::select! {
        biased;
        output = &mut exchange => Ok(output),
        _ = connection => Err(exchange),
    }
}

/// `max-age` of RFC 9111 section 5.2.2.1, zero where the answer must not be kept.
fn max_age(headers: &HeaderMap) -> Option<Duration> {
    let directives = headers.get_all(CACHE_CONTROL).into_iter().filter_map(|value| value.to_str().ok());
    directives.flat_map(|value| value.split(',')).find_map(|directive| {
        match directive.trim().split_once('=') {
            Some((name, secs)) if name.eq_ignore_ascii_case("max-age") => {
                secs.trim_matches('"').parse().ok().map(Duration::from_secs)
            }
            None if ["no-store", "no-cache"]
                .iter()
                .any(|name| directive.trim().eq_ignore_ascii_case(name)) =>
            {
                Some(Duration::ZERO)
            }
            _ => None,
        }
    })
}

#[cfg(test)]
pub(crate) mod server;

#[cfg(test)]
mod tests;
