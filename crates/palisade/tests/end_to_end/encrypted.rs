//! Backends over TLS: HTTP/2 where they agree to it, and whether they are well.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{Request, Response, Version};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::ServerConfig;
use serde_json::json;
use tokio_rustls::TlsAcceptor;

use crate::authority::Authority;
use crate::client::request;
use crate::stage::Stage;

/// A backend over TLS; it runs until the test's process ends.
pub(crate) struct Encrypted {
    pub(crate) address: SocketAddr,
    /// Version, path and length of the body of each request.
    seen: Arc<Mutex<Vec<(Version, String, usize)>>>,
}

impl Encrypted {
    /// With a certificate of `authority`, and what it agrees to speak by ALPN.
    pub(crate) fn start(authority: &Authority, protocols: &[&[u8]]) -> Encrypted {
        let issued = authority.issue("localhost", 1);
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![issued.certificate.clone()], issued.key())
            .unwrap();
        config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let (address, seen) = (listener.local_addr().unwrap(), Arc::default());
        let (acceptor, shared) = (TlsAcceptor::from(Arc::new(config)), Arc::clone(&seen));
        std::thread::spawn(move || {
            runtime.block_on(async move {
                loop {
                    let (stream, _) = listener.accept().await.unwrap();
                    tokio::spawn(serve(acceptor.clone(), stream, Arc::clone(&shared)));
                }
            })
        });
        Encrypted { address, seen }
    }

    fn url(&self) -> String {
        format!("https://localhost:{}", self.address.port())
    }

    fn seen(&self) -> Vec<(Version, String, usize)> {
        self.seen.lock().unwrap().clone()
    }

    fn asked(&self, path: &str) -> usize {
        self.seen().iter().filter(|(_, seen, _)| seen == path).count()
    }
}

async fn serve(
    acceptor: TlsAcceptor,
    stream: tokio::net::TcpStream,
    seen: Arc<Mutex<Vec<(Version, String, usize)>>>,
) {
    // Whoever does not trust the certificate ends the handshake.
    let Ok(stream) = acceptor.accept(stream).await else { return };
    let is_http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
    let service = service_fn(move |request: Request<Incoming>| {
        let seen = Arc::clone(&seen);
        async move {
            let (version, path) = (request.version(), request.uri().path().to_owned());
            let body = request.into_body().collect().await.unwrap().to_bytes();
            seen.lock().unwrap().push((version, path, body.len()));
            Ok::<_, Infallible>(Response::new(Full::new(Bytes::from_static(b"ok"))))
        }
    });
    // How a connection ends is of no interest once the answers are there.
    if is_http2 {
        drop(http2::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service).await);
    } else {
        drop(http1::Builder::new().serve_connection(TokioIo::new(stream), service).await);
    }
}

#[test]
fn http2_is_spoken_to_a_backend_that_agrees_to_it() {
    let own = Authority::new("own");
    let backend = Encrypted::start(&own, &[b"h2", b"http/1.1"]);
    let mut stage = Stage::new();
    stage.write("ca.pem", &own.pem());
    stage.config["apis"][0]["upstream"] =
        json!({ "url": backend.url(), "protocol": "http2", "tls": { "ca": "ca.pem" } });
    let gateway = stage.start();
    let answer = gateway.get("/status");
    assert_eq!((answer.status, answer.body.as_slice()), (200, &b"ok"[..]), "{answer:?}");
    let body = vec![b'x'; 60];
    let upload = request("POST", "/upload", &[("Content-Type", "application/octet-stream")], &body);
    assert_eq!(gateway.ask(&upload).status, 200);
    gateway.stop();
    assert_eq!(
        backend.seen(),
        [(Version::HTTP_2, "/status".to_owned(), 0), (Version::HTTP_2, "/upload".to_owned(), 60)]
    );
}

#[test]
fn a_backend_that_does_not_agree_to_http2_gets_nothing() {
    let own = Authority::new("own");
    for protocols in [&[&b"http/1.1"[..]][..], &[]] {
        let backend = Encrypted::start(&own, protocols);
        let mut stage = Stage::new();
        stage.write("ca.pem", &own.pem());
        stage.config["apis"][0]["upstream"] =
            json!({ "url": backend.url(), "protocol": "http2", "tls": { "ca": "ca.pem" } });
        let gateway = stage.start();
        let answer = gateway.get("/status");
        assert_eq!((answer.status, answer.problem().as_str()), (502, "upstream-unreachable"));
        assert_eq!(backend.seen(), []);
        // The same backend in the protocol that it speaks.
        stage.config["apis"][0]["upstream"] = json!({ "url": backend.url(), "tls": { "ca": "ca.pem" } });
        let mut stage_again = stage;
        stage_again.config["data"]["directory"] = json!("again");
        assert_eq!(stage_again.start().get("/status").status, 200);
        assert_eq!(backend.seen(), [(Version::HTTP_11, "/status".to_owned(), 0)]);
    }
}

#[test]
fn a_backend_over_tls_is_well_only_if_its_certificate_is_good() {
    for protocol in ["http1", "http2"] {
        let (own, stranger) = (Authority::new("own"), Authority::new("own"));
        let protocols: &[&[u8]] = if protocol == "http2" { &[b"h2"] } else { &[] };
        let good = Encrypted::start(&own, protocols);
        let unknown = Encrypted::start(&stranger, protocols);
        let mut stage = Stage::new();
        stage.write("ca.pem", &own.pem());
        stage.config["apis"][0]["upstream"] = json!({
            "urls": [good.url(), unknown.url()],
            "protocol": protocol,
            "tls": { "ca": "ca.pem" },
            "health": { "path": "/healthz", "interval": "10ms", "timeout": "5s", "healthy-after": 1, "unhealthy-after": 1 },
        });
        let gateway = stage.start();
        while gateway.metric("palisade_backends_unhealthy{api=\"orders\"}") != 1 {}
        let backends = &gateway.page("/snapshot").json()["apis"][0]["backends"];
        assert_eq!((&backends[0]["healthy"], &backends[1]["healthy"]), (&json!(true), &json!(false)));
        for _ in 0..4 {
            assert_eq!(gateway.get("/status").status, 200, "{protocol}");
        }
        gateway.stop();
        assert!(good.asked("/healthz") > 0);
        assert_eq!((good.asked("/status"), unknown.seen()), (4, vec![]));
    }
}
