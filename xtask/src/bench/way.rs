//! How requests reach whoever is measured: which HTTP, in the clear or not, and what they ask for.

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rcgen::{CertificateParams, KeyPair, SanType};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::failure::{Failure, Outcome, because};

/// Requests at once on a connection of HTTP/2.
const STREAMS: usize = 8;

/// How requests reach a contender.
#[derive(Debug, Clone)]
pub(super) enum Way {
    /// HTTP/1.1 in the clear.
    Http1,
    /// HTTP/2 in the clear, eight requests at once on a connection.
    Http2,
    /// HTTP/1.1 over TLS, whose handshakes come before the clock starts.
    Tls(Arc<ClientConfig>),
    /// HTTP/1.1 in the clear, and documents of GraphQL in the place of orders.
    GraphQl,
}

/// One who sends a request and waits for the answer.
pub(super) enum Sender {
    Http1(http1::SendRequest<Full<Bytes>>),
    Http2(http2::SendRequest<Full<Bytes>>),
}

impl Way {
    /// As many who send as `connections` says; of HTTP/2 several share one connection.
    pub(super) async fn senders(&self, address: SocketAddr, connections: usize) -> Outcome<Vec<Sender>> {
        let mut senders = Vec::with_capacity(connections);
        while senders.len() < connections {
            match self {
                Way::Http2 => {
                    let sender = http2(address).await?;
                    let streams = STREAMS.min(connections - senders.len());
                    senders.extend((0..streams).map(|_| Sender::Http2(sender.clone())));
                }
                Way::Tls(config) => senders.push(Sender::Http1(tls(address, config).await?)),
                Way::Http1 | Way::GraphQl => senders.push(Sender::Http1(http1(open(address).await?).await?)),
            }
        }
        Ok(senders)
    }
}

impl Sender {
    pub(super) async fn send(&mut self, request: Request<Full<Bytes>>) -> Outcome<Response<Incoming>> {
        let answer = match self {
            Sender::Http1(sender) => sender.send_request(request).await,
            Sender::Http2(sender) => sender.send_request(request).await,
        };
        answer.map_err(because("a request failed"))
    }
}

async fn open(address: SocketAddr) -> Outcome<TcpStream> {
    let stream =
        TcpStream::connect(address).await.map_err(because(format!("cannot connect to {address}")))?;
    stream.set_nodelay(true).map_err(because("cannot set nodelay"))?;
    Ok(stream)
}

async fn http1<S>(stream: S) -> Outcome<http1::SendRequest<Full<Bytes>>>
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + 'static,
{
    let (sender, connection) =
        http1::handshake(TokioIo::new(stream)).await.map_err(because("no HTTP connection"))?;
    // Its end shows in the sender too.
    tokio::task::spawn_local(async move { drop(connection.await) });
    Ok(sender)
}

async fn http2(address: SocketAddr) -> Outcome<http2::SendRequest<Full<Bytes>>> {
    let stream = TokioIo::new(open(address).await?);
    let handshake = http2::handshake(TokioExecutor::new(), stream).await;
    let (sender, connection) = handshake.map_err(because("no HTTP/2 connection"))?;
    tokio::task::spawn_local(async move { drop(connection.await) });
    Ok(sender)
}

async fn tls(address: SocketAddr, config: &Arc<ClientConfig>) -> Outcome<http1::SendRequest<Full<Bytes>>> {
    let name = ServerName::IpAddress(address.ip().into());
    let stream = TlsConnector::from(Arc::clone(config)).connect(name, open(address).await?).await;
    http1(stream.map_err(because("no TLS connection"))?).await
}

/// A certificate for the address of the contenders and its key, PEM both, and a client that takes no other.
pub(super) fn certificate() -> Outcome<(String, String, Way)> {
    let failed = || because::<rcgen::Error>("cannot make a certificate");
    let mut params = CertificateParams::new(Vec::new()).map_err(failed())?;
    params.subject_alt_names = vec![SanType::IpAddress([127, 0, 0, 1].into())];
    let key = KeyPair::generate().map_err(failed())?;
    let certificate = params.self_signed(&key).map_err(failed())?;
    let mut roots = RootCertStore::empty();
    roots.add(certificate.der().clone()).map_err(because("the certificate cannot be trusted"))?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = builder.map_err(|error| Failure::new(format!("no TLS client: {error}")))?;
    let client = builder.with_root_certificates(roots).with_no_client_auth();
    Ok((certificate.pem(), key.serialize_pem(), Way::Tls(Arc::new(client))))
}
