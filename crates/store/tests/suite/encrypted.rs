//! PostgreSQL behind TLS: what stands before it speaks the beginning of its protocol, and passes on what is within.

use std::sync::Arc;

use rustls::ServerConfig;
use rustls::pki_types::PrivatePkcs8KeyDer;
use store::{Location, StoreError};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use crate::child;
use crate::server::Server;

/// Asks for encryption: its length, and a number that is no version of the protocol.
const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];

/// Stands before the server at `behind`; the port that it takes, and the certificate of its authority.
fn stand_before(behind: String) -> (u16, String) {
    let authority_key = rcgen::KeyPair::generate().unwrap();
    let mut authority = rcgen::CertificateParams::new(Vec::<String>::new()).unwrap();
    authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let authority_certificate = authority.self_signed(&authority_key).unwrap();
    let issuer = rcgen::Issuer::new(authority, authority_key);
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate = rcgen::CertificateParams::new(vec!["localhost".to_owned()])
        .unwrap()
        .signed_by(&key, &issuer)
        .unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.der().clone()],
            PrivatePkcs8KeyDer::from(key.serialize_der()).into(),
        )
        .unwrap();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(serve(listener, TlsAcceptor::from(Arc::new(config)), behind));
    });
    (port, authority_certificate.pem())
}

async fn serve(listener: std::net::TcpListener, acceptor: TlsAcceptor, behind: String) {
    listener.set_nonblocking(true).unwrap();
    let listener = TcpListener::from_std(listener).unwrap();
    loop {
        let (mut stream, _) = listener.accept().await.unwrap();
        let (acceptor, behind) = (acceptor.clone(), behind.clone());
        tokio::spawn(async move {
            let mut asked = [0; 8];
            stream.read_exact(&mut asked).await.unwrap();
            assert_eq!(asked, SSL_REQUEST, "nothing is said in clear");
            stream.write_all(b"S").await.unwrap();
            // Who does not trust us ends it here.
            let Ok(mut within) = acceptor.accept(stream).await else { return };
            let mut server = TcpStream::connect(behind).await.unwrap();
            drop(tokio::io::copy_bidirectional(&mut within, &mut server).await);
        });
    }
}

#[test]
fn a_connection_is_encrypted_to_a_server_that_a_root_vouches_for_and_to_no_other() {
    let Some(server) = Server::start() else { return };
    let address = server.url.split(['@', '/']).nth(3).unwrap().to_owned();
    let (port, root) = stand_before(address);
    let folder = tempfile::tempdir().unwrap();
    let roots = folder.path().join("roots.pem");
    std::fs::write(&roots, root).unwrap();
    let location = Location::of(&format!("postgres://palisade@localhost:{port}/postgres?sslmode=require"));
    let committed = child::killed_after(&location, 3, Some(&roots));
    let inventory = Location::of(&server.url).open().unwrap().load().unwrap();
    assert!(inventory.last_event >= committed);

    let refused = location.open().err().unwrap();
    assert!(matches!(refused, StoreError::Postgres(_)), "nobody vouches for it here: {refused}");
    let clear = Location::of(&format!("{}?sslmode=require", server.url)).open().err().unwrap();
    assert!(matches!(clear, StoreError::Postgres(_)), "a server without encryption: {clear}");
}
