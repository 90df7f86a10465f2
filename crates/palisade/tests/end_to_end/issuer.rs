//! An issuer of real signed tokens, whose keys are in a file or served over real HTTP.

use std::collections::HashMap;
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use identity::Algorithm;
use identity::issue::{SigningKey, key_set};
use serde_json::{Value, json};

use crate::client::{Client, DEADLINE};

/// What tokens are for.
pub(crate) const AUDIENCE: &str = "orders";

/// One issuer and its present key.
#[derive(Debug)]
pub(crate) struct Issuer {
    pub(crate) url: String,
    pub(crate) key: SigningKey,
}

impl Issuer {
    /// An issuer with the identifier `url` and a fresh key with the id `kid`.
    pub(crate) fn new(url: &str, kid: &str) -> Issuer {
        Issuer { url: url.to_owned(), key: fresh_key(kid) }
    }

    /// The public half of its key as a JWKS.
    pub(crate) fn key_set(&self) -> String {
        key_set(&[&self.key]).to_string()
    }

    /// The claims of a good token for alice.
    pub(crate) fn claims(&self, scope: &str) -> Value {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        json!({
            "iss": self.url, "aud": AUDIENCE, "sub": "alice", "scope": scope,
            "iat": now, "exp": now + 3600, "jti": "1",
        })
    }

    /// A good token for alice.
    pub(crate) fn token(&self, scope: &str) -> String {
        self.key.sign("at+jwt", &self.claims(scope)).unwrap()
    }

    /// The value of `Authorization` with a good token for alice.
    pub(crate) fn bearer(&self, scope: &str) -> String {
        format!("Bearer {}", self.token(scope))
    }
}

/// A key that nobody has seen.
pub(crate) fn fresh_key(kid: &str) -> SigningKey {
    SigningKey::generate(Algorithm::Es256, kid).unwrap()
}

/// Serves keys at `/jwks.json`, and metadata where OpenID Connect Discovery wants it, until the process ends.
#[derive(Debug)]
pub(crate) struct Provider {
    pub(crate) url: String,
    state: Arc<State>,
}

#[derive(Debug, Default)]
struct State {
    inner: Mutex<Inner>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Inner {
    keys: String,
    /// Other answers, by path: status line and further fields, and body.
    others: HashMap<String, (String, String)>,
    is_down: bool,
    fetches: Vec<String>,
}

impl Provider {
    pub(crate) fn start() -> Provider {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(State::default());
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut client = Client::over(stream.unwrap());
                while let Some(head) = client.head() {
                    let path = head.split(' ').nth(1).unwrap().to_owned();
                    client.send(answer(&path, address, &shared).as_bytes());
                }
            }
        });
        Provider { url: format!("http://{address}"), state }
    }

    /// Puts other keys in place.
    pub(crate) fn publish(&self, keys: String) {
        self.state.inner.lock().unwrap().keys = keys;
    }

    /// Answers `path` with this text.
    pub(crate) fn serve(&self, path: &str, text: &str) {
        self.answer_with(path, "200 OK", text);
    }

    /// Answers `path` by leading to another one.
    pub(crate) fn redirect(&self, path: &str, to: &str) {
        self.answer_with(path, &format!("302 Found\r\nLocation: {}{to}", self.url), "");
    }

    fn answer_with(&self, path: &str, status: &str, text: &str) {
        let answer = (status.to_owned(), text.to_owned());
        self.state.inner.lock().unwrap().others.insert(path.to_owned(), answer);
    }

    /// Answers nothing but errors from now on.
    pub(crate) fn go_down(&self) {
        self.state.inner.lock().unwrap().is_down = true;
    }

    /// Paths that were asked for, in order.
    pub(crate) fn fetches(&self) -> Vec<String> {
        self.state.inner.lock().unwrap().fetches.clone()
    }

    /// Waits until something was asked for `count` times.
    pub(crate) fn wait_for(&self, count: usize) {
        let inner = self.state.inner.lock().unwrap();
        let waited =
            self.state.changed.wait_timeout_while(inner, DEADLINE, |inner| inner.fetches.len() < count);
        let (inner, timeout) = waited.unwrap();
        assert!(!timeout.timed_out(), "asked for {:?} only", inner.fetches);
    }
}

fn answer(path: &str, address: SocketAddr, state: &State) -> String {
    let mut inner = state.inner.lock().unwrap();
    inner.fetches.push(path.to_owned());
    state.changed.notify_all();
    let url = format!("http://{address}");
    let (status, body) = match path {
        _ if inner.is_down => ("503 Service Unavailable", String::new()),
        "/jwks.json" => ("200 OK", inner.keys.clone()),
        "/.well-known/openid-configuration" => {
            ("200 OK", json!({ "issuer": url, "jwks_uri": format!("{url}/jwks.json") }).to_string())
        }
        _ => match inner.others.get(path) {
            Some((status, body)) => (status.as_str(), body.clone()),
            None => ("404 Not Found", String::new()),
        },
    };
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}
