//! Services that prove who they are by certificates: asked for, vouched for, revoked; and the gateway itself to a backend.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::ServerName;
use rustls::server::WebPkiClientVerifier;
use rustls::{
    ClientConfig, ClientConnection, HandshakeKind, RootCertStore, ServerConfig, ServerConnection, StreamOwned,
};
use serde_json::{Value, json};

use crate::authority::{Authority, Issued};
use crate::client::{Answer, Client, DEADLINE, get, request};
use crate::gateway::Gateway;
use crate::stage::Stage;

const BILLING: &str = "spiffe://prod/billing";

/// `/ledger` is for services, `/orders` for tokens, `/status` for anybody.
const SPEC: &str = "
openapi: 3.1.0
info: { title: Orders, version: 1.0.0 }
paths:
  /ledger:
    get: { security: [{ services: [] }], responses: { '200': { description: ok } } }
  /orders:
    get: { security: [{ tokens: [] }], responses: { '200': { description: ok } } }
  /status:
    get: { security: [], responses: { '200': { description: ok } } }
components:
  securitySchemes:
    services: { type: mutualTLS }
    tokens: { type: http, scheme: bearer }
";

type Connection = Client<StreamOwned<ClientConnection, TcpStream>>;

/// A gateway with the names `a.example` and `b.example`, and the authorities of its own certificates and of its clients.
struct House {
    stage: Stage,
    own: Authority,
    clients: Authority,
}

impl House {
    /// What is asked of clients is added to the listener and to its certificate for `b.example`.
    fn new(listener: &Value, of_b: Value) -> House {
        let (mut stage, own, clients) = (Stage::new(), Authority::new("own"), Authority::new("clients"));
        stage.write("openapi.yaml", SPEC);
        stage.write("clients.pem", &clients.pem());
        stage.write("revoked.pem", &clients.revoke(&[], 2100));
        let mut certificates = Vec::new();
        for (serial, name) in (1..).zip(["a.example", "b.example"]) {
            let issued = own.issue(name, serial);
            stage.write(&format!("{name}.pem"), &issued.pem);
            stage.write(&format!("{name}.key"), &issued.key_pem);
            certificates.push(
                json!({ "certificate": format!("{name}.pem"), "key": format!("{name}.key"), "clients": null }),
            );
        }
        certificates[1]["clients"] = of_b;
        let tls = json!({ "certificates": certificates, "clients": listener });
        stage.config["listen"] = json!([{ "address": "127.0.0.1:0", "tls": tls }]);
        House { stage, own, clients }
    }

    /// A client with this certificate.
    fn config(&self, issued: Option<&Issued>) -> Arc<ClientConfig> {
        let mut roots = RootCertStore::empty();
        roots.add(self.own.certificate()).unwrap();
        let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots);
        Arc::new(match issued {
            None => config.with_no_client_auth(),
            Some(issued) => {
                config.with_client_auth_cert(vec![issued.certificate.clone()], issued.key()).unwrap()
            }
        })
    }

    fn connect(&self, gateway: &Gateway, name: &str, issued: Option<&Issued>) -> Option<Connection> {
        connect(self.config(issued), gateway.address(), name)
    }
}

/// A connection, unless the handshake fails; that may come out with the first request only.
fn connect(config: Arc<ClientConfig>, address: SocketAddr, name: &str) -> Option<Connection> {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
    let mut tls = ClientConnection::new(config, ServerName::try_from(name.to_owned()).unwrap()).unwrap();
    while tls.is_handshaking() {
        tls.complete_io(&mut stream).ok()?;
    }
    Some(Client::over(StreamOwned::new(tls, stream)))
}

fn ask(connection: Option<Connection>, path: &str, host: &str) -> Option<Answer> {
    connection?.try_ask(&to(path, host, &[]))
}

/// A request to this host.
fn to(path: &str, host: &str, fields: &[(&str, &str)]) -> Vec<u8> {
    let text = String::from_utf8(request("GET", path, fields, b"")).unwrap();
    text.replace("Host: api.example", &format!("Host: {host}")).into_bytes()
}

fn clients(mode: &str) -> Value {
    json!({ "ca": "clients.pem", "mode": mode, "crls": ["revoked.pem"] })
}

#[test]
fn only_services_of_the_authority_get_a_connection_where_one_is_required() {
    let house = House::new(&clients("required"), json!(null));
    let gateway = house.stage.start();
    let billing = house.clients.issue(BILLING, 7);
    let answer = house
        .connect(&gateway, "a.example", Some(&billing))
        .unwrap()
        .ask(&get("/ledger", &[("X-Request-Id", "by-billing")]));
    assert_eq!(answer.status, 200, "{answer:?}");
    let record = house.stage.record("by-billing");
    assert_eq!(record["principal"], json!({ "kind": "service", "id": BILLING }));

    let stranger = Authority::new("clients").issue(BILLING, 7);
    for issued in [None, Some(&stranger)] {
        assert_eq!(ask(house.connect(&gateway, "a.example", issued), "/status", "a.example"), None);
    }
    assert_eq!(house.stage.upstream.seen().len(), 1);
}

#[test]
fn where_certificates_are_optional_the_operations_decide() {
    let house = House::new(&clients("optional"), json!(null));
    let gateway = house.stage.start();
    let mut nobody = house.connect(&gateway, "a.example", None).unwrap();
    assert_eq!(nobody.ask(&get("/status", &[])).status, 200);
    assert_eq!(nobody.ask(&get("/ledger", &[])).problem(), "certificate-required");
    let claimed = nobody.ask(&get("/ledger", &[("Client-Certificate", BILLING)]));
    assert_eq!(claimed.problem(), "certificate-required");
    // What is shown must be good, also where nothing needs to be shown.
    let stranger = Authority::new("clients").issue(BILLING, 7);
    assert_eq!(ask(house.connect(&gateway, "a.example", Some(&stranger)), "/status", "a.example"), None);
    let shop = house.clients.issue("shop.internal.example", 8);
    let answer = ask(house.connect(&gateway, "a.example", Some(&shop)), "/ledger", "a.example").unwrap();
    assert_eq!(answer.status, 200, "{answer:?}");
}

#[test]
fn a_revoked_certificate_is_refused_on_open_connections_and_in_new_handshakes() {
    for (mode, refused) in [("required", "certificate-required"), ("optional", "certificate-required")] {
        let house = House::new(&clients(mode), json!(null));
        let mut gateway = house.stage.start();
        let (billing, shop) = (house.clients.issue(BILLING, 7), house.clients.issue("spiffe://prod/shop", 8));
        let mut open = house.connect(&gateway, "a.example", Some(&billing)).unwrap();
        let mut other = house.connect(&gateway, "a.example", Some(&shop)).unwrap();
        assert_eq!(open.ask(&get("/ledger", &[])).status, 200);
        house.stage.write("revoked.pem", &house.clients.revoke(&[7], 2100));
        gateway.wait_for("reloaded");
        assert_eq!(open.ask(&get("/ledger", &[])).problem(), refused, "{mode}");
        assert_eq!(other.ask(&get("/ledger", &[])).status, 200, "{mode}");
        assert_eq!(ask(house.connect(&gateway, "a.example", Some(&billing)), "/ledger", "a.example"), None);
        assert!(ask(house.connect(&gateway, "a.example", Some(&shop)), "/ledger", "a.example").is_some());
    }
}

#[test]
fn a_list_that_has_expired_or_is_of_another_authority_lets_nobody_in() {
    let house = House::new(&clients("required"), json!(null));
    let billing = house.clients.issue(BILLING, 7);
    for list in [house.clients.revoke(&[], 2021), Authority::new("other").revoke(&[], 2100)] {
        house.stage.write("revoked.pem", &list);
        let gateway = house.stage.start();
        assert_eq!(ask(house.connect(&gateway, "a.example", Some(&billing)), "/ledger", "a.example"), None);
    }
    house.stage.write("revoked.pem", "no list");
    house.stage.write_config();
    let output = house.stage.palisade(&["check", "-c", "palisade.yaml"]);
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(!output.status.success() && said.contains("no revocation list in PEM form"), "{said}");
}

#[test]
fn what_is_asked_for_one_name_cannot_be_passed_by_by_asking_for_another() {
    let house = House::new(&json!(null), clients("required"));
    let gateway = house.stage.start();
    let mut to_a = house.connect(&gateway, "a.example", None).unwrap();
    assert_eq!(to_a.ask(&to("/status", "a.example", &[])).status, 200);
    let answer = to_a.ask(&to("/status", "b.example", &[]));
    assert_eq!((answer.status, answer.problem().as_str()), (421, "misdirected-request"));
    assert_eq!(ask(house.connect(&gateway, "b.example", None), "/status", "b.example"), None);
    let billing = house.clients.issue(BILLING, 7);
    let mut to_b = house.connect(&gateway, "b.example", Some(&billing)).unwrap();
    assert_eq!(to_b.ask(&to("/ledger", "b.example", &[])).status, 200);
    assert_eq!(to_b.ask(&to("/ledger", "a.example", &[])).problem(), "misdirected-request");
}

#[test]
fn no_session_is_resumed_where_certificates_are_asked_for() {
    for (asked, kind) in [(json!(null), HandshakeKind::Resumed), (clients("optional"), HandshakeKind::Full)] {
        let house = House::new(&asked, json!(null));
        let gateway = house.stage.start();
        let config = house.config(Some(&house.clients.issue(BILLING, 7)));
        let mut last = None;
        for _ in 0..2 {
            let mut connection = connect(Arc::clone(&config), gateway.address(), "a.example").unwrap();
            assert_eq!(connection.ask(&get("/status", &[])).status, 200);
            last = connection.stream().conn.handshake_kind();
        }
        assert_eq!(last, Some(kind));
    }
}

#[test]
fn a_token_that_is_bound_to_a_certificate_is_good_with_it_alone() {
    let house = House::new(&clients("optional"), json!(null));
    let gateway = house.stage.start();
    let (own, other) = (house.clients.issue(BILLING, 7), house.clients.issue(BILLING, 8));
    let print = base64url(digest(&SHA256, &own.certificate).as_ref());
    let mut claims = house.stage.issuer.claims("");
    claims["cnf"] = json!({ "x5t#S256": print });
    let bearer = format!("Bearer {}", house.stage.issuer.key.sign("at+jwt", &claims).unwrap());
    let orders = get("/orders", &[("Authorization", &bearer)]);
    for (issued, status) in [(Some(&own), 200), (Some(&other), 401), (None, 401)] {
        let answer = house.connect(&gateway, "a.example", issued).unwrap().ask(&orders);
        assert_eq!(answer.status, status, "{answer:?}");
    }
}

/// Base64url without padding, six bits at a time.
pub(crate) fn base64url(bytes: &[u8]) -> String {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let bit = |at: usize| bytes.get(at / 8).is_some_and(|byte| byte >> (7 - at % 8) & 1 == 1);
    let letter = |at| ALPHABET[(0..6).fold(0, |sum, step| sum << 1 | usize::from(bit(at + step)))];
    (0..bytes.len() * 8).step_by(6).map(|at| char::from(letter(at))).collect()
}

/// A backend that answers whoever shows a certificate of `clients`.
fn backend(own: &Authority, clients: &Authority) -> SocketAddr {
    let issued = own.issue("localhost", 1);
    let mut roots = RootCertStore::empty();
    roots.add(clients.certificate()).unwrap();
    let provider = Arc::new(default_provider());
    let verifier =
        WebPkiClientVerifier::builder_with_provider(roots.into(), provider.clone()).build().unwrap();
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_client_cert_verifier(verifier)
        .with_single_cert(vec![issued.certificate.clone()], issued.key())
        .unwrap();
    let (config, listener) = (Arc::new(config), TcpListener::bind("127.0.0.1:0").unwrap());
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let tls = ServerConnection::new(Arc::clone(&config)).unwrap();
            let mut client = Client::over(StreamOwned::new(tls, stream.unwrap()));
            while client.head().is_some() {
                client.try_send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
            }
        }
    });
    address
}

#[test]
fn the_gateway_proves_itself_to_a_backend_that_asks() {
    let (own, clients) = (Authority::new("own"), Authority::new("clients"));
    let url = format!("https://localhost:{}", backend(&own, &clients).port());
    let gateway_s = clients.issue("spiffe://prod/gateway", 1);
    let with = |tls: Value| {
        let mut stage = Stage::new();
        stage.write("ca.pem", &own.pem());
        stage.write("own.pem", &gateway_s.pem);
        stage.write("own.key", &gateway_s.key_pem);
        stage.config["apis"][0]["upstream"] = json!({ "url": url, "tls": tls });
        stage
    };
    let proven = with(json!({ "ca": "ca.pem", "certificate": "own.pem", "key": "own.key" }));
    let answer = proven.start().get("/status");
    assert_eq!((answer.status, answer.body.as_slice()), (200, &b"ok"[..]), "{answer:?}");
    let unproven = with(json!({ "ca": "ca.pem" })).start().get("/status");
    assert_eq!(unproven.status, 502, "{unproven:?}");

    let half = with(json!({ "ca": "ca.pem", "certificate": "own.pem" }));
    half.write_config();
    let output = half.palisade(&["check", "-c", "palisade.yaml"]);
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(!output.status.success() && said.contains("without its key"), "{said}");
}

#[test]
fn a_proxy_that_asks_with_a_certificate_does_not_lend_it_to_callers() {
    let mut house = House::new(&clients("required"), json!(null));
    house.stage.config["listen"][0]["decisions"] = json!({ "for": "traefik" });
    let gateway = house.stage.start();
    let proxy = house.clients.issue("spiffe://prod/proxy", 7);
    let mut connection = house.connect(&gateway, "a.example", Some(&proxy)).unwrap();
    let mut status = |path: &str| {
        let question = [
            ("X-Forwarded-Method", "GET"),
            ("X-Forwarded-Uri", path),
            ("X-Forwarded-Host", "api.example"),
            ("X-Forwarded-For", "192.0.2.7"),
            ("X-Forwarded-Proto", "https"),
        ];
        connection.ask(&get("/decide", &question)).status
    };
    assert_eq!((status("/status"), status("/ledger")), (200, 403));
    // One that is revoked may not ask on, over a connection that was open before.
    house.stage.write("revoked.pem", &house.clients.revoke(&[7], 2100));
    let mut gateway = gateway;
    gateway.wait_for("reloaded");
    assert_eq!(status("/status"), 403);
    let last = house.stage.log().pop().unwrap();
    assert_eq!(
        (&last["denial"]["reason"], &last["decided_for"]),
        (&json!("certificate-required"), &json!("traefik"))
    );
    assert_eq!(
        house
            .connect(&gateway, "a.example", None)
            .and_then(|mut client| client.try_ask(&get("/decide", &[]))),
        None
    );
}
