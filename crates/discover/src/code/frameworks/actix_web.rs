//! actix-web.

use super::axum::{rust_guard, rust_takes};
use super::{BLANK, Called, Declared, Framework, Meaning, Style, class_of, scalar, verb};
use crate::code::facts::Taken;
use crate::code::syntax::{Function, Node, Parameter};

pub(super) const FRAMEWORK: Framework = Framework {
    id: "actix-web",
    product: "actix-web",
    source: "https://actix.rs/docs/url-dispatch",
    languages: &["Rust"],
    marks: &["actix_web"],
    style: Style::Braces,
    call,
    method,
    marks_functions: true,
    takes: rust_takes,
    parameter,
    parameter_guard: rust_guard,
    types: &["ServiceConfig"],
    same: &["app_data", "default_service", "guard", "name"],
    doc: DOC,
    ..BLANK
};

fn call<'c>(called: &Called<'c>) -> Option<Meaning<'c>> {
    let call = called.call;
    let path = call.value(0);
    match called.name {
        "new" if called.origin.ends_with("App.new") => Some(Meaning::Root { path: None, inside: Vec::new() }),
        "scope" | "resource"
            if called.origin.ends_with("web.scope") || called.origin.ends_with("web.resource") =>
        {
            Some(Meaning::Router { path, guards: Vec::new(), inside: Vec::new() })
        }
        "service" => Some(Meaning::Mount { path: None, children: call.values_from(0), guards: Vec::new() }),
        "configure" => Some(Meaning::Mount { path: None, children: call.values_from(0), guards: Vec::new() }),
        "route" => {
            let has_path = call.arguments.len() == 2;
            let (methods, handler) = answer(call.value(usize::from(has_path))?)?;
            let path = path.filter(|_| has_path);
            Some(Meaning::Route { methods, path, handlers: handler.into_iter().collect() })
        }
        "to" if call.receiver().and_then(Node::call).is_some_and(|on| on.name() == "resource") => {
            Some(Meaning::Route { methods: vec!["*".to_owned()], path: None, handlers: call.values_from(0) })
        }
        "wrap" => Some(Meaning::Guards { under: None, guards: call.values_from(0) }),
        _ => None,
    }
}

/// `web::get().to(list)`: the method, and what handles it.
fn answer(node: &Node) -> Option<(Vec<String>, Option<&Node>)> {
    let (mut next, mut handler) = (Some(node), None);
    while let Some(call) = next.and_then(Node::call) {
        if call.name() == "to" {
            handler = call.value(0);
        }
        let guarded = call.value(0).and_then(Node::call).filter(|_| call.name() == "guard");
        if let Some(methods) = guarded.and_then(|guard| verb(guard.name())) {
            return Some((methods, handler.or_else(|| handled(node))));
        }
        match verb(call.name()) {
            Some(methods) => return Some((methods, handler)),
            None if call.name() == "route" => return Some((vec!["*".to_owned()], handler)),
            None => next = call.receiver(),
        }
    }
    None
}

/// What a chain of calls ends in.
fn handled(node: &Node) -> Option<&Node> {
    node.call().filter(|call| call.name() == "to")?.value(0)
}

fn method<'c>(function: &'c Function, _: Option<&str>) -> Vec<Declared<'c>> {
    let mut declared = Vec::new();
    for mark in function.marks.iter().filter_map(Node::call) {
        let path = mark.value(0).filter(|path| path.text().is_some());
        match (verb(mark.name()), mark.name()) {
            (Some(methods), _) if path.is_some() => {
                declared.push(Declared { methods, path, line: mark.callee.line })
            }
            (None, "route") => {
                let given =
                    mark.arguments.iter().filter(|argument| argument.name.as_deref() == Some("method"));
                let methods = given.filter_map(|argument| argument.value.text()).map(str::to_ascii_uppercase);
                declared.push(Declared { methods: methods.collect(), path, line: mark.callee.line });
            }
            _ => {}
        }
    }
    declared
}

/// `order: web::Json<Order>`, `filter: web::Query<Filter>`.
fn parameter(parameter: &Parameter) -> Option<Taken> {
    let class = class_of(&parameter.kind);
    let extractor = parameter.kind.split('<').next().unwrap_or_default();
    match extractor.rsplit(':').next().unwrap_or_default() {
        "Json" | "Form" => Some(Taken::Body(class.to_owned())),
        "Query" if scalar(class).is_none() => Some(Taken::QueryOf(class.to_owned())),
        _ => None,
    }
}

const DOC: &str = r#"
Applications, scopes and resources, handlers with attributes where they are given to `service`, `configure` with a function of another
module, `wrap` with what is named like a guard, extractors of the program's own that are, bodies and queries, resources of several paths. Guards of routes
other than those of methods (`guard::Header`) are not understood, and neither are services that an iterator makes.

~~~file src/main.rs
use actix_web::{get, web, App, HttpServer, Responder};

mod orders;

#[get("/health")]
async fn health() -> impl Responder { "ok" }

#[get("/forgotten")]
async fn forgotten() -> impl Responder { cache.get("/nothing") }

#[actix_web::main]
async fn main() -> std::io::Result<()> {
    HttpServer::new(|| {
        App::new()
            .wrap(Logger::default())
            .service(health)
            .service(
                web::scope("/api")
                    .wrap(HttpAuthentication::bearer(validator))
                    .configure(orders::configure)
                    .route("/ping", web::get().to(ping)),
            )
    })
    .bind(("127.0.0.1", 8080))?
    .run()
    .await
}
~~~
~~~file src/orders.rs
use actix_web::{post, web, HttpResponse};

pub fn configure(cfg: &mut web::ServiceConfig) {
    cfg.service(
        web::resource("/orders/{id:\\d+}")
            .route(web::get().to(show))
            .route(web::delete().to(remove)),
    )
    .service(create)
    .service(web::resource(["/live", "/ready"]).to(ping));
}

#[derive(serde::Deserialize)]
pub struct NewOrder { pub sku: String }

#[post("/orders", wrap = "RequireRole")]
async fn create(order: web::Json<NewOrder>) -> HttpResponse { HttpResponse::Ok().finish() }
async fn show(id: web::Path<u32>, view: web::Query<View>) -> HttpResponse { HttpResponse::Ok().finish() }
async fn remove(claims: Claims) -> HttpResponse { HttpResponse::Ok().finish() }

#[derive(serde::Deserialize)]
struct View { fields: String }
~~~
~~~unclear
src/main.rs:8: a router that nothing mounts, as far as is understood
~~~
~~~routes
* /api/live guards=HttpAuthentication.bearer(validator)
* /api/ready guards=HttpAuthentication.bearer(validator)
POST /api/orders guards=HttpAuthentication.bearer(validator),RequireRole body=sku
DELETE /api/orders/{id} guards=HttpAuthentication.bearer(validator),Claims
GET /api/orders/{id} guards=HttpAuthentication.bearer(validator) query=fields
GET /api/ping guards=HttpAuthentication.bearer(validator)
GET /forgotten
GET /health
~~~
"#;
