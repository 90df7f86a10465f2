//! axum.

use super::{Answers, BLANK, Called, Framework, Meaning, Style, class_of, scalar, verb};
use crate::code::facts::Taken;
use crate::code::syntax::{Node, Parameter};

pub(super) const FRAMEWORK: Framework = Framework {
    id: "axum",
    product: "axum",
    source: "https://github.com/tokio-rs/axum",
    languages: &["Rust"],
    marks: &["axum::", "use axum"],
    style: Style::Colon,
    call,
    answers,
    takes: rust_takes,
    parameter,
    parameter_guard: rust_guard,
    same: &["with_state", "fallback", "into_make_service", "method_not_allowed_fallback"],
    types: &["Router"],
    must_be_used: true,
    doc: DOC,
    ..BLANK
};

fn call<'c>(called: &Called<'c>) -> Option<Meaning<'c>> {
    let call = called.call;
    let path = call.value(0);
    match called.name {
        "new" | "default"
            if called.origin.ends_with("axum.Router.new")
                || called.origin.ends_with("axum.Router.default") =>
        {
            Some(Meaning::Root { path: None, inside: Vec::new() })
        }
        "route" if call.arguments.len() == 2 => {
            let answers = answers(call.value(1)?);
            if answers.is_empty() {
                // What a function of the program gives says itself what it answers.
                let of = call.value(1)?.call().map(|call| &call.callee).or(call.value(1))?;
                return Some(Meaning::View {
                    paths: vec![path?],
                    view: of,
                    methods: None,
                    guards: Vec::new(),
                });
            }
            Some(Meaning::Routes { path: path?, answers })
        }
        "nest" | "nest_service" => {
            Some(Meaning::Mount { path, children: call.values_from(1), guards: Vec::new() })
        }
        "merge" => Some(Meaning::Mount { path: None, children: call.values_from(0), guards: Vec::new() }),
        // What comes around a router is around all that it has by then.
        "layer" | "route_layer" => Some(Meaning::Around { guards: layers(path?) }),
        _ => None,
    }
}

/// `get(list).post(create)`: each method with what handles it.
fn answers(node: &Node) -> Answers<'_> {
    let mut answers = Vec::new();
    let mut next = Some(node);
    while let Some(call) = next.and_then(Node::call) {
        if let Some(methods) = verb(call.name()) {
            answers.push((methods, call.values_from(0)));
        } else if call.name() == "on" {
            let methods = call.value(0).map(Node::last_name).and_then(verb);
            answers.extend(methods.map(|methods| (methods, call.values_from(1))));
        }
        next = call.receiver();
    }
    answers.reverse();
    answers
}

/// `middleware::from_fn(auth)`, `from_fn_with_state(state, auth)`, or a layer by its own name.
fn layers(node: &Node) -> Vec<&Node> {
    match node.call() {
        Some(call) if call.name().starts_with("from_") => {
            call.arguments.last().map(|argument| &argument.value).into_iter().collect()
        }
        Some(call) => vec![&call.callee],
        None => vec![node],
    }
}

/// `Json(order): Json<Order>`, `Query(filter): Query<Filter>`.
fn parameter(parameter: &Parameter) -> Option<Taken> {
    let class = class_of(&parameter.kind);
    let extractor = parameter.kind.split('<').next().unwrap_or_default();
    match extractor.rsplit(':').next().unwrap_or_default() {
        "Json" | "Form" => Some(Taken::Body(class.to_owned())),
        "Query" if scalar(class).is_none() => Some(Taken::QueryOf(class.to_owned())),
        _ => None,
    }
}

/// `headers.get("x-signature")`, `request.headers().get("x-signature")`.
pub(super) fn rust_takes(node: &Node) -> Option<Taken> {
    let call = node.call().filter(|call| call.name() == "get")?;
    let is_headers = call.receiver()?.last_name() == "headers";
    is_headers.then(|| super::parameter(super::In::Header, call.value(0)?.text()?)).flatten()
}

/// Extractors that a program has itself may ask who calls.
pub(super) fn rust_guard(parameter: &Parameter) -> Option<String> {
    let kind = parameter.kind.trim_start_matches('&');
    let name = kind.split('<').next().unwrap_or_default().rsplit(':').next().unwrap_or_default();
    let is_extractor =
        !matches!(name, "" | "Json" | "Query" | "Path" | "State" | "Form" | "Extension" | "str" | "String");
    let inner = class_of(kind);
    match name {
        "Extension" | "TypedHeader" | "ReqData" => Some(inner.to_owned()),
        _ => is_extractor.then(|| name.to_owned()),
    }
}

const DOC: &str = r#"
Routers with `route`, `nest`, `merge` and what functions of other modules and crates give, as far as something is done with them, layers that are named like guards, extractors of the
program's own that are, bodies and queries. Routes that a macro makes (`aide`, `utoipa-axum`), services, and constants that `format!` joins are not understood.

~~~file src/main.rs
use axum::{Router, routing::get, middleware};

mod orders;
mod auth;

#[tokio::main]
async fn main() {
    let api = Router::new()
        .nest("/orders", orders::router())
        .route("/me", get(me))
        .layer(middleware::from_fn(auth::require_token));
    let app = Router::new()
        .route("/health", get(|| async { "ok" }))
        .nest("/api", api);
    let listener = tokio::net::TcpListener::bind("0.0.0.0:3000").await.unwrap();
    axum::serve(listener, app).await.unwrap();
}

async fn me() -> String { map.get("/nothing") }

#[cfg(test)]
mod tests {
    use super::*;
    fn app() { Router::new().route("/only-in-tests", get(me)); }
}
~~~
~~~file src/orders/mod.rs
use axum::{extract::{Path, Query}, routing::{delete, get}, Json, Router};

pub fn router() -> Router<AppState> {
    Router::new()
        .route("/", get(list).post(create))
        .route("/{id}", delete(remove))
}

#[derive(Deserialize)]
struct Filter { status: Option<String> }

#[derive(Deserialize)]
struct NewOrder { sku: String, quantity: u32 }

async fn list(Query(filter): Query<Filter>) -> Json<Vec<Order>> { todo!() }
async fn create(user: CurrentUser, Json(order): Json<NewOrder>) -> Json<Order> { todo!() }
async fn remove(Path(id): Path<u64>) {}
~~~
~~~routes
GET /api/me guards=auth.require_token
GET /api/orders guards=auth.require_token query=status
POST /api/orders guards=auth.require_token,CurrentUser body=quantity,sku
DELETE /api/orders/{id} guards=auth.require_token
GET /health
~~~
"#;
