//! TLS towards callers: certificates by name, reloaded, and both versions of HTTP over it.

use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::{BodyExt, Empty};
use hyper::client::conn::http2::{SendRequest, handshake};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use serde_json::json;

use crate::client::{Client, DEADLINE, get};
use crate::gateway::Signal;
use crate::stage::Stage;

/// What a caller trusts and speaks.
struct Caller {
    trusted: Vec<CertificateDer<'static>>,
    protocols: &'static [&'static [u8]],
}

/// Puts a fresh certificate for `name` and its key into the stage's folder.
fn issue(stage: &Stage, name: &str) -> CertificateDer<'static> {
    let made = rcgen::generate_simple_self_signed([name.to_owned()]).unwrap();
    stage.write(&format!("{name}.key"), &made.signing_key.serialize_pem());
    stage.write(&format!("{name}.pem"), &made.cert.pem());
    made.cert.der().clone()
}

/// A stage whose one listener has a certificate for each of `names`.
fn stage(names: &[&str]) -> (Stage, Vec<CertificateDer<'static>>) {
    let mut stage = Stage::new();
    let issued = names.iter().map(|name| issue(&stage, name)).collect();
    let certificate =
        |name: &&str| json!({ "certificate": format!("{name}.pem"), "key": format!("{name}.key") });
    let certificates: Vec<_> = names.iter().map(certificate).collect();
    stage.config["listen"] = json!([{ "address": "127.0.0.1:0", "tls": { "certificates": certificates } }]);
    (stage, issued)
}

impl Caller {
    fn config(&self) -> Arc<ClientConfig> {
        let mut roots = RootCertStore::empty();
        self.trusted.iter().for_each(|certificate| roots.add(certificate.clone()).unwrap());
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = self.protocols.iter().map(|protocol| protocol.to_vec()).collect();
        Arc::new(config)
    }

    /// Connects to the host `name`; the connection, or why its certificate was not accepted.
    fn connect(
        &self,
        address: SocketAddr,
        name: &str,
    ) -> std::io::Result<Client<StreamOwned<ClientConnection, TcpStream>>> {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        let name = ServerName::try_from(name.to_owned()).unwrap();
        let mut tls = ClientConnection::new(self.config(), name).unwrap();
        while tls.is_handshaking() {
            tls.complete_io(&mut stream)?;
        }
        Ok(Client::over(StreamOwned::new(tls, stream)))
    }

    /// Connects and speaks HTTP/2.
    async fn connect_http2(&self, address: SocketAddr, name: &str) -> SendRequest<Empty<Bytes>> {
        let stream = tokio::net::TcpStream::connect(address).await.unwrap();
        let name = ServerName::try_from(name.to_owned()).unwrap();
        let tls = tokio_rustls::TlsConnector::from(self.config()).connect(name, stream).await.unwrap();
        assert_eq!(tls.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
        http2(TokioIo::new(tls)).await
    }
}

async fn http2<IO>(io: IO) -> SendRequest<Empty<Bytes>>
where
    IO: hyper::rt::Read + hyper::rt::Write + Unpin + Send + 'static,
{
    let (sender, connection) = handshake(TokioExecutor::new(), io).await.unwrap();
    // How it ends is of no interest once the answers are there.
    tokio::spawn(async move { drop(connection.await) });
    sender
}

/// Asks for many things at once on one connection and holds each answer against its request.
async fn check_http2(stage: &Stage, scheme: &str, sender: SendRequest<Empty<Bytes>>) {
    let mut waiting = tokio::task::JoinSet::new();
    for number in 0..20 {
        let (path, status) = if number % 2 == 0 { ("status", 200) } else { ("secret", 404) };
        let request_id = format!("stream-{number}");
        let request = http::Request::get(format!("{scheme}://a.example/{path}"))
            .header("x-request-id", &request_id)
            .body(Empty::new())
            .unwrap();
        let answer = sender.clone().send_request(request);
        waiting.spawn(async move {
            let answer = answer.await.unwrap();
            assert_eq!(answer.version(), http::Version::HTTP_2);
            assert_eq!(answer.status(), status);
            assert_eq!(answer.headers()["x-request-id"], request_id);
            let body = answer.into_body().collect().await.unwrap().to_bytes();
            assert_eq!(body == br#"{"ok":true}"#[..], status == 200, "{body:?}");
        });
    }
    while let Some(done) = waiting.join_next().await {
        done.unwrap();
    }
    let seen = stage.upstream.seen();
    assert_eq!(seen.len(), 10, "only what is declared reaches the backend");
    for seen in seen {
        assert!(seen.head.starts_with("GET /status HTTP/1.1\r\n"), "{seen:?}");
        assert_eq!(seen.field("host"), Some("a.example"));
        let forwarded = format!("for=127.0.0.1;host=a.example;proto={scheme}");
        assert_eq!(seen.field("forwarded"), Some(forwarded.as_str()));
    }
    assert_eq!(stage.log().len(), 20);
}

#[test]
fn the_certificate_is_the_one_of_the_name_that_is_asked_for() {
    let (stage, issued) = stage(&["a.example", "b.example"]);
    let mut gateway = stage.start();
    assert!(gateway.said().contains("listening on https://127.0.0.1:"), "{}", gateway.said());
    let caller = Caller { trusted: issued.clone(), protocols: &[b"http/1.1"] };
    for (name, certificate) in ["a.example", "b.example"].iter().zip(&issued) {
        let mut client = caller.connect(gateway.address(), name).unwrap();
        assert_eq!(client.stream().conn.peer_certificates().unwrap().first(), Some(certificate));
        let answer = client.ask(&get("/status", &[]));
        assert_eq!(answer.status, 200, "{answer:?}");
        assert!(answer.head.starts_with("HTTP/1.1 "), "{answer:?}");
    }
    // The first is given to whoever asks for another name, who does not accept it.
    assert!(caller.connect(gateway.address(), "c.example").is_err());
    let seen = stage.upstream.seen();
    assert_eq!(seen.len(), 2);
    assert_eq!(seen[0].field("forwarded"), Some("for=127.0.0.1;host=api.example;proto=https"));
}

#[test]
fn a_new_certificate_is_used_without_a_restart_and_open_connections_stay() {
    let (stage, issued) = stage(&["a.example"]);
    let mut gateway = stage.start();
    let old = Caller { trusted: issued, protocols: &[b"http/1.1"] };
    let mut open = old.connect(gateway.address(), "a.example").unwrap();
    assert_eq!(open.ask(&get("/status", &[])).status, 200);

    // A key that does not belong to the certificate is not taken.
    let key = std::fs::read_to_string(stage.path("a.example.key")).unwrap();
    stage.write("a.example.key", &rcgen::KeyPair::generate().unwrap().serialize_pem());
    gateway.wait_for("nothing was changed; the last good config stays in force");
    assert!(gateway.said().contains("palisade.yaml:"), "{}", gateway.said());
    assert_eq!(old.connect(gateway.address(), "a.example").unwrap().ask(&get("/status", &[])).status, 200);
    stage.write("a.example.key", &key);
    gateway.wait_for("reloaded");

    // Key and certificate are two files: together they are in place once both have been written.
    let new = Caller { trusted: vec![issue(&stage, "a.example")], protocols: &[b"http/1.1"] };
    gateway.wait_for("reloaded");
    assert!(old.connect(gateway.address(), "a.example").is_err());
    assert_eq!(new.connect(gateway.address(), "a.example").unwrap().ask(&get("/status", &[])).status, 200);
    assert_eq!(open.ask(&get("/status", &[])).status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn http2_is_spoken_where_alpn_agrees_on_it() {
    let (stage, issued) = stage(&["a.example"]);
    let gateway = stage.start();
    let caller = Caller { trusted: issued, protocols: &[b"h2", b"http/1.1"] };
    let sender = caller.connect_http2(gateway.address(), "a.example").await;
    check_http2(&stage, "https", sender).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn http2_is_spoken_in_the_clear_with_prior_knowledge() {
    let stage = Stage::new();
    let gateway = stage.start();
    let stream = tokio::net::TcpStream::connect(gateway.address()).await.unwrap();
    let sender = http2(TokioIo::new(stream)).await;
    check_http2(&stage, "http", sender).await;
}

#[test]
fn whoever_speaks_no_tls_or_none_in_time_is_cut_off() {
    let (mut stage, issued) = stage(&["a.example"]);
    stage.config["limits"] = json!({ "handshake-timeout": "300ms" });
    let gateway = stage.start();
    let plain = Client::connect(gateway.address()).try_ask(&get("/status", &[]));
    assert_eq!(plain, None);
    assert_eq!(Client::connect(gateway.address()).rest(), b"", "silence ends the connection");
    let caller = Caller { trusted: issued, protocols: &[b"http/1.1"] };
    let mut good = caller.connect(gateway.address(), "a.example").unwrap();
    assert_eq!(good.ask(&get("/status", &[])).status, 200);
    assert_eq!(stage.upstream.seen().len(), 1);
}

#[test]
fn a_listener_keeps_its_settings_wherever_it_stands_in_the_config() {
    let (mut stage, issued) = stage(&["a.example"]);
    let encrypted = stage.config["listen"][0].take();
    let mut plain = json!({ "address": "127.0.0.2:0" });
    stage.config["listen"] = json!([encrypted, plain]);
    let mut gateway = stage.start();
    let [of_encrypted, of_plain] = gateway.addresses[..] else { panic!("{:?}", gateway.addresses) };
    let caller = Caller { trusted: issued, protocols: &[b"http/1.1"] };
    let ask_encrypted = || {
        caller
            .connect(of_encrypted, "a.example")
            .ok()?
            .try_ask(&get("/status", &[]))
            .map(|answer| answer.status)
    };
    let ask_plain = |fields: &[(&str, &str)]| {
        Client::connect(of_plain).try_ask(&get("/status", fields)).map(|answer| answer.status)
    };
    assert_eq!((ask_encrypted(), ask_plain(&[])), (Some(200), Some(200)));

    plain["proxies"] = json!({ "trusted": ["127.0.0.1"], "client": "x-forwarded-for" });
    let mut reload = |listen: serde_json::Value| {
        stage.config["listen"] = listen;
        stage.write_config();
        gateway.signal(Signal::HUP);
        gateway.wait_for("reloading: SIGHUP");
        gateway.wait_for("reloaded");
    };
    reload(json!([plain, encrypted]));
    let forwarded = [("X-Forwarded-For", "192.0.2.7")];
    assert_eq!((ask_encrypted(), ask_plain(&forwarded)), (Some(200), Some(200)));

    // What the config has no more has no settings, so nothing is taken there, least of all in the clear.
    reload(json!([plain]));
    assert_eq!((ask_encrypted(), ask_plain(&[])), (None, Some(200)));
    assert_eq!(Client::connect(of_encrypted).try_ask(&get("/status", &[])), None);
    reload(json!([encrypted, plain]));
    assert_eq!((ask_encrypted(), ask_plain(&[])), (Some(200), Some(200)));
    let seen = stage.upstream.seen();
    let forwarded: Vec<_> = seen.iter().map(|seen| seen.field("forwarded").unwrap()).collect();
    assert_eq!(forwarded[3], "for=192.0.2.7;host=api.example;proto=http");
    assert_eq!(forwarded[2], "for=127.0.0.1;host=api.example;proto=https");
}
