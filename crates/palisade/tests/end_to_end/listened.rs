//! An interface that is listened to: real servers and clients on the loopback interface, in clear text and within TLS.
//!
//! Where packets may not be captured, the tests say so and pass.

use std::fs::File;
use std::io::Write;
use std::net::{SocketAddr, TcpStream};
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use serde_json::Value;

use crate::authority::Authority;
use crate::client::{Client, DEADLINE};
use crate::encrypted::Encrypted;
use crate::gateway::{Process, Signal};
use crate::stage::Stage;

/// Whether this machine lets us listen.
fn may_listen(stage: &Stage) -> bool {
    let output = stage.palisade(&["discover", "traffic", "--interface", "lo", "--for", "1ms", "--dry-run"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    if said.contains("listening to an interface is not permitted") {
        assert!(said.contains("setcap cap_net_raw+ep") && output.status.code() == Some(3), "{output:?}");
        println!("skipped: packets cannot be captured here");
        return false;
    }
    assert!(output.status.success(), "{output:?}");
    true
}

fn listen(stage: &Stage, arguments: &[&str]) -> Process {
    let all = [&["discover", "traffic", "--interface", "lo", "--every", "20ms"], arguments].concat();
    let mut process = Process::start(stage.command(&all).env_remove("PALISADE_INVENTORY"), Stdio::null());
    process.wait_for("listening to `lo`");
    process
}

/// Requests of a host as `method path count`; other tests speak on the same interface.
fn of_host(stage: &Stage, host: &str) -> Vec<String> {
    if !stage.path("palisade-data/inventory.db").exists() {
        return Vec::new();
    }
    let mut command = stage.command(&["inventory", "list", "--format", "json", "--api", host]);
    let output = command.env_remove("PALISADE_INVENTORY").output().unwrap();
    let document: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
    let operations = document["operations"].as_array().cloned().unwrap_or_default();
    let line = |operation: &Value| {
        let sources = operation["sources"].as_array().unwrap().iter();
        let count: u64 = sources.map(|source| source["count"].as_u64().unwrap_or(0)).sum();
        format!("{} {} {count}", operation["method"].as_str().unwrap(), operation["path"].as_str().unwrap())
    };
    operations.iter().map(line).collect()
}

/// Waits until that is what is known of a host; each look is a run of the program, which is pause enough.
fn wait_for(stage: &Stage, host: &str, expected: &[&str]) {
    let deadline = Instant::now() + DEADLINE;
    while of_host(stage, host) != expected {
        assert!(Instant::now() < deadline, "{:?} in place of {expected:?}", of_host(stage, host));
    }
}

fn ask(client: &mut Client<impl std::io::Read + std::io::Write>, host: &str, numbers: std::ops::Range<u32>) {
    for number in numbers {
        let request = format!("GET /orders/{number} HTTP/1.1\r\nHost: {host}\r\n\r\n");
        assert_eq!(client.ask(request.as_bytes()).status, 200);
    }
}

#[test]
fn what_is_said_on_an_interface_is_told_once() {
    let stage = Stage::new();
    if !may_listen(&stage) {
        return;
    }
    let process = listen(&stage, &[]);
    let mut client = Client::connect(stage.upstream.address);
    ask(&mut client, "clear.example", 0..5);
    wait_for(&stage, "clear.example", &["GET /orders/{orderId} 5"]);
    ask(&mut client, "clear.example", 5..8);
    wait_for(&stage, "clear.example", &["GET /orders/{orderId} 8"]);
    ask(&mut client, "clear.example", 8..9);
    process.signal(Signal::INT);
    let (status, said) = process.wait();
    assert!(status.success(), "{said}");
    assert!(said.contains("formats: interface") && said.contains("clear.example/orders/{orderId}"), "{said}");
    assert_eq!(of_host(&stage, "clear.example"), ["GET /orders/{orderId} 9"]);
}

/// Writes keys of TLS down as browsers do.
#[derive(Debug)]
struct KeyFile(Mutex<File>);

impl rustls::KeyLog for KeyFile {
    fn log(&self, label: &str, client_random: &[u8], secret: &[u8]) {
        let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        writeln!(self.0.lock().unwrap(), "{label} {} {}", hex(client_random), hex(secret)).unwrap();
    }
}

fn connect(
    authority: &Authority,
    address: SocketAddr,
    keys: Arc<KeyFile>,
    version: &'static rustls::SupportedProtocolVersion,
) -> Client<StreamOwned<ClientConnection, TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(authority.certificate()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_protocol_versions(&[version]).unwrap();
    let mut config = config.with_root_certificates(roots).with_no_client_auth();
    config.key_log = keys;
    let tls = ClientConnection::new(Arc::new(config), "localhost".try_into().unwrap()).unwrap();
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
    Client::over(StreamOwned::new(tls, stream))
}

#[test]
fn what_is_said_within_tls_is_read_with_keys_that_come_meanwhile() {
    let stage = Stage::new();
    if !may_listen(&stage) {
        return;
    }
    let own = Authority::new("own");
    let server = Encrypted::start(&own, &[]);
    let process = listen(&stage, &["--keylog", "keys.log"]);
    let keys = Arc::new(KeyFile(Mutex::new(File::create(stage.path("keys.log")).unwrap())));
    for (version, host) in
        [(&rustls::version::TLS13, "newer.example"), (&rustls::version::TLS12, "older.example")]
    {
        let mut client = connect(&own, server.address, Arc::clone(&keys), version);
        ask(&mut client, host, 0..5);
        wait_for(&stage, host, &["GET /orders/{orderId} 5"]);
    }
    process.signal(Signal::TERM);
    assert!(process.wait().0.success());
}

#[test]
fn it_ends_after_a_while_or_with_a_shadow() {
    let stage = Stage::new();
    if !may_listen(&stage) {
        return;
    }
    stage.write("spec.yaml", "openapi: 3.1.0\ninfo: { title: none, version: '1' }\npaths: {}\n");
    let process = listen(&stage, &["--spec", "spec.yaml", "--fail-on", "shadow"]);
    let mut client = Client::connect(stage.upstream.address);
    ask(&mut client, "shadow.example", 0..1);
    let (status, said) = process.wait();
    assert_eq!(status.code(), Some(1), "{said}");
    let (status, said) = listen(&stage, &["--for", "20ms", "--dry-run"]).wait();
    assert!(status.success(), "{said}");
}

#[test]
fn what_cannot_be_listened_to_is_said() {
    let stage = Stage::new();
    for (arguments, said) in [
        (&["--interface", "no-such"][..], "help: there are `"),
        (&["--interface", "lo", "a.pcap"], "cannot be used with"),
        (&["--for", "1s", "a.pcap"], "cannot be used with"),
        (&["--for", "1s"], "--interface <NAME>"),
        (&[], "<PATH>"),
    ] {
        let output = stage.palisade(&[&["discover", "traffic"], arguments].concat());
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {output:?}");
        let noted = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(noted.contains(said), "{arguments:?}: {noted}");
        assert!(!stage.path("palisade-data").exists());
    }
}
