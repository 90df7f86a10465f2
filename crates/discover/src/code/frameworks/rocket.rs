//! Rocket.

use super::axum::rust_guard;
use super::{BLANK, Called, Declared, Framework, Meaning, Style, class_of, verb};
use crate::code::facts::Taken;
use crate::code::syntax::{Function, Node, Parameter};

pub(super) const FRAMEWORK: Framework = Framework {
    id: "rocket",
    product: "Rocket",
    source: "https://rocket.rs/guide/v0.5/requests/",
    languages: &["Rust"],
    marks: &["rocket::", "#[macro_use] extern crate rocket"],
    style: Style::Angles,
    call,
    method,
    marks_functions: true,
    parameter,
    asked,
    parameter_guard: rust_guard,
    same: &["attach", "manage", "register", "configure"],
    doc: DOC,
    ..BLANK
};

fn call<'c>(called: &Called<'c>) -> Option<Meaning<'c>> {
    let call = called.call;
    match called.name {
        "build" | "custom" | "ignite" if called.origin.starts_with("rocket") => {
            Some(Meaning::Root { path: None, inside: Vec::new() })
        }
        "on_ignite" | "try_on_ignite" => {
            let closure =
                call.arguments.last().map(|last| &last.value).filter(|last| last.function().is_some());
            Some(Meaning::Root { path: None, inside: vec![closure?] })
        }
        "extend" | "append" => {
            Some(Meaning::Mount { path: None, children: call.values_from(0), guards: Vec::new() })
        }
        "mount" => {
            let routes = call.value(1)?;
            let children =
                match routes.call().filter(|call| call.name() == "routes" && !call.arguments.is_empty()) {
                    Some(list) => list.value(0)?.values().iter().collect(),
                    None => vec![routes],
                };
            Some(Meaning::Mount { path: call.value(0), children, guards: Vec::new() })
        }
        "routes" => Some(Meaning::Router {
            path: None,
            guards: Vec::new(),
            inside: call.value(0)?.values().iter().collect(),
        }),
        _ => None,
    }
}

fn method<'c>(function: &'c Function, _: Option<&str>) -> Vec<Declared<'c>> {
    let mut declared = Vec::new();
    for mark in function.marks.iter().filter_map(Node::call) {
        let path = mark.named("uri").or(mark.unnamed(0)).filter(|path| path.text().is_some());
        match verb(mark.name()) {
            Some(methods) if path.is_some() => {
                declared.push(Declared { methods, path, line: mark.callee.line })
            }
            _ if mark.name() == "route" => {
                let methods = mark.unnamed(0).filter(|first| first.text().is_none()).map(Node::last_name);
                let methods = methods.and_then(verb).unwrap_or_default();
                let path = mark.named("uri").or(path);
                declared.push(Declared { methods, path, line: mark.callee.line });
            }
            _ => {}
        }
    }
    declared
}

/// `order: Json<Order>`, `order: Form<Order>`.
fn parameter(parameter: &Parameter) -> Option<Taken> {
    let extractor = parameter.kind.split('<').next().unwrap_or_default();
    let is_body = matches!(extractor.rsplit(':').next(), Some("Json" | "Form" | "MsgPack"));
    is_body.then(|| Taken::Body(class_of(&parameter.kind).to_owned()))
}

/// `#[get("/orders?<filter..>")]` with `filter: Filter`.
fn asked(function: &Function) -> Vec<Taken> {
    let paths =
        function.marks.iter().filter_map(Node::call).filter_map(|mark| mark.named("uri").or(mark.unnamed(0)));
    let queries = paths.filter_map(|path| path.text()?.split_once('?')).map(|(_, query)| query);
    let names =
        queries.flat_map(|query| query.split(['<', '>', '&'])).filter_map(|name| name.strip_suffix(".."));
    let kinds = names.filter_map(|name| function.parameters.iter().find(|one| *one.name == *name));
    kinds.map(|one| Taken::QueryOf(class_of(&one.kind).to_owned())).collect()
}

const DOC: &str = r#"
Functions with attributes, where `mount` or a function of another module names them in `routes!`, the query that an attribute names, also as a class,
bodies, and request guards that are named like one. Catchers and what fairings do are not routes.

~~~file src/main.rs
#[macro_use] extern crate rocket;
use rocket::serde::json::Json;

mod admin;

#[get("/health")]
fn health() -> &'static str { "ok" }

#[derive(Deserialize)]
struct Task { title: String, done: bool }

#[post("/tasks?<dry_run>", data = "<task>")]
fn create(task: Json<Task>, user: AuthenticatedUser, dry_run: bool) -> Json<Task> { task }

#[derive(FromForm)]
struct Filter { done: Option<bool>, tag: String }

#[get("/tasks?<filter..>&<page>")]
fn list(filter: Filter, page: u32) {}

#[get("/files/<path..>", rank = 2)]
fn files(path: PathBuf) {}

#[launch]
fn rocket() -> _ {
    rocket::build()
        .mount("/", routes![health])
        .mount("/api", routes![create, files, list])
        .mount("/admin", admin::routes())
}
~~~
~~~file src/admin.rs
use rocket::Route;

#[delete("/users/<id>")]
fn remove(id: u32, admin: AdminUser) {}

pub fn routes() -> Vec<Route> {
    routes![remove]
}
~~~
~~~routes
DELETE /admin/users/{id} guards=AdminUser
GET /api/files/{path}
GET /api/tasks query=done,page,tag
POST /api/tasks guards=AuthenticatedUser query=dry_run body=done,title
GET /health
~~~
"#;
