//! Handshakes of TLS, and the hosts that they show.

use super::tape::{Client, Server, Talk, told};

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
