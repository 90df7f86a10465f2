//! The demo's token issuer: a key, its public half over HTTP, and a token for whoever asks by name.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use identity::Algorithm;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::failure::{Outcome, because};
use crate::tokens::{Signer, now};

/// How long a token is good for, in seconds.
const LIFETIME_S: u64 = 3_600;

/// Who the issuer knows, which user of the shop that is, and what each may do.
const PEOPLE: &[(&str, u64, &str)] = &[
    ("alice", 1, "orders:read orders:write profile"),
    ("bob", 2, "orders:read"),
    ("root", 3, "admin"),
    ("mallory", 4, "orders:read"),
    ("carol", 5, "orders:write"),
    ("dave", 6, "profile"),
    ("eve", 7, "orders:read"),
];

/// An issuer that answers on a thread of its own until the process ends.
#[derive(Debug)]
pub(super) struct Issuer {
    /// Its identifier, which is also where its keys are.
    pub(super) url: String,
    pub(super) signer: Signer,
}

impl Issuer {
    pub(super) fn start() -> Outcome<Arc<Self>> {
        let signer = Signer::generate(Algorithm::Es256)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(because("cannot start a runtime"))?;
        let listener = runtime.block_on(TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))));
        let listener = listener.map_err(because("the issuer cannot listen"))?;
        let bound = listener.local_addr().map_err(because("the issuer cannot tell its address"))?;
        let issuer = Arc::new(Self { url: format!("http://{bound}"), signer });
        let served = Arc::clone(&issuer);
        std::thread::spawn(move || runtime.block_on(serve(listener, served)));
        Ok(issuer)
    }

    /// The claims of a good token for `name`.
    pub(super) fn claims(&self, name: &str) -> Value {
        let known = PEOPLE.iter().find(|(known, ..)| *known == name);
        let (user, scope) = known.map_or((0, ""), |(_, user, scope)| (*user, *scope));
        json!({
            "iss": self.url, "aud": "orders", "sub": name, "scope": scope, "client_id": "demo", "shop_user": user,
            "iat": now(), "exp": now() + LIFETIME_S, "jti": format!("{name}-{}", now()),
        })
    }

    /// A good token for `name`.
    pub(super) fn token(&self, name: &str) -> Outcome<String> {
        self.signer.sign(&self.claims(name))
    }

    fn answer(&self, path: &str) -> (StatusCode, &'static str, String) {
        match path {
            "/jwks.json" => (StatusCode::OK, "application/json", self.signer.key_set().to_string()),
            "/.well-known/openid-configuration" => {
                let keys = format!("{}/jwks.json", self.url);
                (
                    StatusCode::OK,
                    "application/json",
                    json!({"issuer": self.url, "jwks_uri": keys}).to_string(),
                )
            }
            _ => match path
                .strip_prefix("/token/")
                .filter(|name| PEOPLE.iter().any(|(known, ..)| known == name))
            {
                Some(name) => (StatusCode::OK, "text/plain", self.token(name).unwrap_or_default()),
                None => (StatusCode::NOT_FOUND, "text/plain", "try /token/alice\n".to_owned()),
            },
        }
    }
}

async fn serve(listener: TcpListener, issuer: Arc<Issuer>) {
    while let Ok((stream, _)) = listener.accept().await {
        let issuer = Arc::clone(&issuer);
        tokio::spawn(async move {
            let service = service_fn(|request| respond(Arc::clone(&issuer), request));
            // A client that goes away is no matter of the issuer's.
            drop(http1::Builder::new().serve_connection(TokioIo::new(stream), service).await);
        });
    }
}

async fn respond(
    issuer: Arc<Issuer>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (status, content_type, text) = issuer.answer(request.uri().path());
    let mut response = Response::new(Full::new(Bytes::from(text)));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    Ok(response)
}
