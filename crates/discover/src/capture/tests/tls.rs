//! Handshakes of TLS, and the hosts that they show.

use std::io::Write;
use std::sync::{Arc, Mutex};

use super::tape::{Client, Server, Side, Talk, file, read_with, told};
use crate::capture::{Capture, Packet};
use crate::keys::KeyLog;
use crate::traffic::Told;

/// `bytes` behind their length, which has `size` bytes.
fn vector(size: usize, bytes: &[u8]) -> Vec<u8> {
    let length = (bytes.len() as u32).to_be_bytes();
    [&length[4 - size..], bytes].concat()
}

fn handshake(kind: u8, body: &[u8]) -> Vec<u8> {
    [&[kind], &vector(3, body)[..]].concat()
}

fn record(kind: u8, bytes: &[u8]) -> Vec<u8> {
    [&[kind, 3, 3], &vector(2, bytes)[..]].concat()
}

fn extension(kind: u16, body: &[u8]) -> Vec<u8> {
    [&kind.to_be_bytes()[..], &vector(2, body)].concat()
}

fn client_hello(name: &str, protocols: &[&str]) -> Vec<u8> {
    let mut extensions = Vec::new();
    if !name.is_empty() {
        extensions.extend(extension(0, &vector(2, &[&[0], &vector(2, name.as_bytes())[..]].concat())));
    }
    let list: Vec<u8> = protocols.iter().flat_map(|name| vector(1, name.as_bytes())).collect();
    extensions.extend(extension(16, &vector(2, &list)));
    let body =
        [&[3, 3], &[7; 32][..], &[0], &vector(2, &[0x13, 1]), &vector(1, &[0]), &vector(2, &extensions)]
            .concat();
    handshake(1, &body)
}

fn server_hello(extensions: &[u8]) -> Vec<u8> {
    handshake(2, &[&[3, 3], &[7; 32][..], &[0], &[0x13, 1, 0], &vector(2, extensions)].concat())
}

#[test]
fn the_name_that_is_asked_for_is_evidence_of_a_host() {
    for segment_bytes in [1, 50, 1000] {
        let mut talk = Talk::new();
        talk.segment_bytes = segment_bytes;
        talk.say(Client, record(22, &client_hello("API.example", &["h2"])));
        talk.say(Server, record(22, &server_hello(&extension(43, &[3, 4]))));
        talk.say(Server, record(23, b"secret")).say(Client, record(23, b"GET / HTTP/1.1\r\n\r\n"));
        let lines = told(&talk.packets);
        assert_eq!(lines.len(), 1);
        assert!(lines[0].ends_with(": api.example 80 sni h2 false"), "{lines:?}");
    }
}

#[test]
fn names_in_a_certificate_are_evidence_where_no_name_was_asked_for() {
    let names = ["shop.example".to_owned(), "*.shop.example".to_owned()];
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate = rcgen::CertificateParams::new(names).unwrap().self_signed(&key).unwrap();
    let chain = handshake(11, &vector(3, &vector(3, certificate.der())));
    let mut talk = Talk::new();
    talk.say(Client, record(22, &client_hello("", &["h2", "http/1.1"])));
    let chosen = extension(16, &vector(2, &vector(1, b"http/1.1")));
    let server = [server_hello(&chosen), chain, handshake(14, &[])].concat();
    // Messages are cut into records where it pleases.
    let (first, second) = server.split_at(60);
    talk.say(Server, record(22, first)).say(Server, record(22, second));
    talk.say(Client, record(22, &handshake(11, &vector(3, &vector(3, b"a certificate")))));
    talk.say(Client, record(20, &[1])).say(Server, record(20, &[1]));
    let lines: Vec<String> = told(&talk.packets);
    assert_eq!(
        lines,
        ["9: shop.example 80 certificate http/1.1 true", "9: *.shop.example 80 certificate http/1.1 true"]
    );
}

#[test]
fn what_only_looks_like_a_handshake_shows_nothing() {
    let mut talk = Talk::new();
    talk.say(Client, record(22, &[1; 400]))
        .say(Server, record(22, &[0xff; 400]))
        .say(Client, [22, 3, 3, 0xff, 0xff]);
    assert_eq!(told(&talk.packets), [""; 0]);
}

/// Lines of a key log, as a library of TLS writes them.
#[derive(Debug, Default)]
struct Lines(Mutex<String>);

impl rustls::KeyLog for Lines {
    fn log(&self, label: &str, client_random: &[u8], secret: &[u8]) {
        let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let line = format!("{label} {} {}\n", hex(client_random), hex(secret));
        self.0.lock().unwrap().push_str(&line);
    }
}

/// A conversation over a real connection of TLS, and the log of its keys.
fn encrypted(suite: rustls::SupportedCipherSuite, said: &[(Side, &[u8])]) -> (Talk, String) {
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate =
        rcgen::CertificateParams::new(["shop.example".to_owned()]).unwrap().self_signed(&key).unwrap();
    let mut provider = rustls::crypto::aws_lc_rs::default_provider();
    provider.cipher_suites = vec![suite];
    let provider = Arc::new(provider);
    let versions = &[suite.version()];
    let mut roots = rustls::RootCertStore::empty();
    roots.add(certificate.der().clone()).unwrap();
    let server = rustls::ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(versions)
        .unwrap();
    let secret = key.serialize_der().try_into().unwrap();
    let server =
        server.with_no_client_auth().with_single_cert(vec![certificate.der().clone()], secret).unwrap();
    let client =
        rustls::ClientConfig::builder_with_provider(provider).with_protocol_versions(versions).unwrap();
    let mut client = client.with_root_certificates(roots).with_no_client_auth();
    let lines = Arc::new(Lines::default());
    client.key_log = Arc::clone(&lines) as Arc<dyn rustls::KeyLog>;
    let mut client =
        rustls::ClientConnection::new(Arc::new(client), "shop.example".try_into().unwrap()).unwrap();
    let mut server = rustls::ServerConnection::new(Arc::new(server)).unwrap();
    let mut talk = Talk::new();
    let pass =
        |talk: &mut Talk, client: &mut rustls::ClientConnection, server: &mut rustls::ServerConnection| {
            while client.wants_write() || server.wants_write() {
                let mut bytes = Vec::new();
                client.write_tls(&mut bytes).unwrap();
                talk.say(Client, &bytes);
                server.read_tls(&mut &bytes[..]).unwrap();
                server.process_new_packets().unwrap();
                let mut bytes = Vec::new();
                server.write_tls(&mut bytes).unwrap();
                talk.say(Server, &bytes);
                client.read_tls(&mut &bytes[..]).unwrap();
                client.process_new_packets().unwrap();
            }
        };
    pass(&mut talk, &mut client, &mut server);
    for (side, bytes) in said {
        match side {
            Client => client.writer().write_all(bytes).unwrap(),
            Server => server.writer().write_all(bytes).unwrap(),
        }
        if suite.version() == &rustls::version::TLS13 {
            match side {
                Client => client.refresh_traffic_keys().unwrap(),
                Server => server.refresh_traffic_keys().unwrap(),
            }
        }
        pass(&mut talk, &mut client, &mut server);
    }
    let log = lines.0.lock().unwrap().clone();
    (talk, log)
}

#[test]
fn keys_that_are_written_down_during_the_handshake_are_found() {
    let ask = b"GET /1 HTTP/1.1\r\nHost: shop.example\r\n\r\n";
    let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
    for suite in rustls::crypto::aws_lc_rs::ALL_CIPHER_SUITES {
        if format!("{suite:?}").contains("RSA") {
            continue;
        }
        let (talk, log) = encrypted(*suite, &[(Client, ask), (Server, answer)]);
        // After the hellos and the flight of the server, and in TLS 1.2 after the client's last message of the handshake.
        let hears = |before: usize| {
            let (mut capture, mut requests) = (Capture::new(&KeyLog::default()), 0);
            let mut tell = |told: Told<'_>| requests += usize::from(matches!(told, Told::Request(..)));
            for (number, bytes) in talk.packets.iter().enumerate() {
                if number == before {
                    capture.add_keys(&log);
                }
                capture.hear(&Packet { link: 101, time: None, bytes }, &mut tell);
            }
            capture.end(&mut tell);
            requests
        };
        assert_eq!([hears(0), hears(6), hears(talk.packets.len())], [1, 1, 0], "{suite:?}");
    }
}

#[test]
fn what_is_encrypted_is_read_where_the_keys_are_known() {
    let line = |path: &str| {
        format!(
            "method=GET host=shop.example path={path} protocol=HTTP/1.1 status=200 bytes=2 request_bytes=0 shows=none"
        )
    };
    let ask = |path: &str| format!("GET {path} HTTP/1.1\r\nHost: shop.example\r\n\r\n");
    let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
    for suite in rustls::crypto::aws_lc_rs::ALL_CIPHER_SUITES {
        if format!("{suite:?}").contains("RSA") {
            continue;
        }
        let (one, two) = (ask("/1"), ask("/2"));
        let said: [(Side, &[u8]); 4] =
            [(Client, one.as_bytes()), (Server, answer), (Client, two.as_bytes()), (Server, answer)];
        let (talk, log) = encrypted(*suite, &said);
        let mut keys = KeyLog::default();
        keys.add(&log);
        let (lines, fault) = read_with(&keys, &file(101, &talk.packets));
        assert_eq!(fault, None);
        let without_number =
            |line: &String| line.split_once(": ").map_or(line.clone(), |(_, rest)| rest.to_owned());
        let host = "shop.example 80 sni - false".to_owned();
        assert_eq!(
            lines.iter().map(without_number).collect::<Vec<_>>(),
            [host.clone(), line("/1"), line("/2")],
            "{suite:?}"
        );
        let (lines, _) = read_with(&KeyLog::default(), &file(101, &talk.packets));
        assert_eq!(lines.iter().map(without_number).collect::<Vec<_>>(), [host], "without keys");
    }
}
