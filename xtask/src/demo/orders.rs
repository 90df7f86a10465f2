//! The demo's backend: an orders API written in a hurry, which trusts whoever reaches it. Careless on purpose.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http::{Method, Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::failure::{Outcome, because};
use crate::say;

/// What the shop calls itself in each answer.
pub(super) const BANNER: &str = "shop/0.1";
/// The card that orders were paid with, of which every answer tells.
pub(super) const CARD: &str = "4539578763621486";

/// What `cargo xtask orders` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Where to listen; port 0 takes a free one
    #[arg(long, default_value = "127.0.0.1:0")]
    address: SocketAddr,
}

/// Serves until it is killed. Says where on stdout, and then each request that reached it.
pub(crate) fn run(arguments: &Arguments) -> Outcome<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(because("cannot start a runtime"))?.block_on(serve(arguments.address))
}

async fn serve(address: SocketAddr) -> Outcome<()> {
    let listener =
        TcpListener::bind(address).await.map_err(because(format!("cannot listen on {address}")))?;
    let bound = listener.local_addr().map_err(because("cannot tell the bound address"))?;
    say::result(&format!("listening on http://{bound}"));
    let shop = Arc::new(Mutex::new(Shop::open()));
    loop {
        let (stream, _) = listener.accept().await.map_err(because("cannot accept"))?;
        let shop = Arc::clone(&shop);
        tokio::spawn(async move {
            let service = service_fn(|request| answer(Arc::clone(&shop), request));
            // A client that goes away is no matter of the shop's.
            drop(http1::Builder::new().serve_connection(TokioIo::new(stream), service).await);
        });
    }
}

async fn answer(
    shop: Arc<Mutex<Shop>>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    let (status, value) = {
        let mut shop = shop.lock().unwrap_or_else(PoisonError::into_inner);
        shop.handle(&head.method, head.uri.path(), &body)
    };
    say::result(&format!("saw {} {} {status}", head.method, head.uri));
    let mut response = Response::new(Full::new(Bytes::from(value.to_string())));
    *response.status_mut() = http::StatusCode::from_u16(status).unwrap_or_default();
    response.headers_mut().insert("content-type", http::HeaderValue::from_static("application/json"));
    response.headers_mut().insert("server", http::HeaderValue::from_static(BANNER));
    Ok(response)
}

/// Everything the shop knows. It grows only while the demo runs.
struct Shop {
    users: BTreeMap<u64, Value>,
    orders: BTreeMap<u64, Value>,
}

impl Shop {
    fn open() -> Self {
        let user = |name: &str, role: &str| json!({"name": name, "email": format!("{name}@shop.example"), "role": role, "password_hash": "5f4dcc3b"});
        let order = |owner: u64, sku: &str| json!({"owner": owner, "items": [{"sku": sku, "quantity": 1}], "total": 4200, "card": CARD, "status": "paid"});
        Self {
            users: BTreeMap::from([
                (1, user("alice", "customer")),
                (2, user("bob", "customer")),
                (3, user("root", "admin")),
                (6, user("dave", "customer")),
            ]),
            orders: BTreeMap::from([
                (1, order(1, "TEA-0001")),
                (2, order(2, "CUP-0002")),
                (3, order(2, "POT-0003")),
            ]),
        }
    }

    /// Nobody asks who calls, whose the object is, or what the body should look like.
    fn handle(&mut self, method: &Method, path: &str, body: &[u8]) -> (u16, Value) {
        let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
        match (method.as_str(), parts.as_slice()) {
            ("GET", ["v1", "status"]) => (200, json!({"status": "open"})),
            ("GET", ["v1", "catalogue"]) => (200, json!({"items": ["TEA-0001", "CUP-0002", "POT-0003"]})),
            ("GET", ["v1", "orders"]) => (200, json!({"orders": self.orders.values().collect::<Vec<_>>()})),
            ("POST", ["v1", "orders"]) => self.place(body),
            ("GET", ["v1", "orders", id]) => found(&self.orders, id),
            ("POST", ["v1", "orders", id, "refund"]) => self.refund(id),
            ("DELETE", ["v1", "orders", id]) => self.cancel(id),
            ("GET", ["v1", "users", id]) => found(&self.users, id),
            ("PATCH", ["v1", "users", id]) => self.change_user(id, body),
            ("GET", ["v1", "admin", "users"]) => (200, json!({"users": self.users})),
            ("POST", ["reopen"]) => {
                *self = Self::open();
                (200, json!({}))
            }
            ("GET", ["debug", "env"]) => (200, json!({"DATABASE_URL": "postgres://shop:hunter2@db/shop"})),
            _ => (404, json!({"error": format!("no route for {method} {path}"), "framework": "shop/0.1"})),
        }
    }

    fn place(&mut self, body: &[u8]) -> (u16, Value) {
        match serde_json::from_slice::<Value>(body) {
            Ok(order) => {
                let id = self.orders.len() as u64 + 1;
                self.orders.insert(id, order.clone());
                (201, json!({"id": id, "order": order}))
            }
            Err(error) => {
                (500, json!({"error": error.to_string(), "at": "shop::orders::place (src/orders.rs:88)"}))
            }
        }
    }

    /// Falls over what has no total.
    fn refund(&self, id: &str) -> (u16, Value) {
        match found(&self.orders, id) {
            (200, order) if order.get("total").is_none() => {
                (500, json!({"error": "no total", "at": "shop::orders::refund (src/orders.rs:131)"}))
            }
            answer => answer,
        }
    }

    fn cancel(&mut self, id: &str) -> (u16, Value) {
        let removed = id.parse().ok().and_then(|id: u64| self.orders.remove(&id));
        removed.map_or_else(|| (404, json!({"error": "no such order"})), |order| (200, order))
    }

    /// Takes every member it is sent, `role` too.
    fn change_user(&mut self, id: &str, body: &[u8]) -> (u16, Value) {
        let changes = serde_json::from_slice::<BTreeMap<String, Value>>(body).unwrap_or_default();
        let Some(user) = id.parse().ok().and_then(|id: u64| self.users.get_mut(&id)) else {
            return (404, json!({"error": "no such user"}));
        };
        for (name, value) in changes {
            user[name] = value;
        }
        (200, user.clone())
    }
}

fn found(table: &BTreeMap<u64, Value>, id: &str) -> (u16, Value) {
    let row = id.parse().ok().and_then(|id: u64| table.get(&id));
    row.map_or_else(|| (404, json!({"error": format!("no row {id}")})), |row| (200, row.clone()))
}

#[test]
fn the_shop_is_as_careless_as_the_demo_says() {
    let mut shop = Shop::open();
    let (status, user) = shop.handle(&Method::PATCH, "/v1/users/1", br#"{"role":"admin"}"#);
    assert_eq!((status, user["role"].as_str()), (200, Some("admin")));
    assert_eq!(shop.handle(&Method::GET, "/debug/env", b"").0, 200);
    assert_eq!(shop.handle(&Method::GET, "/v1/orders/2", b"").1["owner"], 2);
    let (status, error) = shop.handle(&Method::POST, "/v1/orders", b"{");
    assert_eq!(status, 500);
    assert_eq!(error["at"], "shop::orders::place (src/orders.rs:88)");
    assert_eq!(shop.handle(&Method::POST, "/v1/orders", b"{}").0, 201);
    assert_eq!(shop.handle(&Method::POST, "/v1/orders/4/refund", b"").0, 500);
    assert_eq!(shop.handle(&Method::POST, "/reopen", b"").0, 200);
    assert_eq!(shop.handle(&Method::POST, "/v1/orders/4/refund", b"").0, 404);
    let (_, user) = shop.handle(&Method::GET, "/v1/users/1", b"");
    assert_eq!(user["role"], "customer");
}
