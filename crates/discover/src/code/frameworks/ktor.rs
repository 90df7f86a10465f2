//! Ktor.

use super::{BLANK, Called, Framework, Meaning, Style, class_of, marked, parameter, verb};
use crate::code::facts::{In, Taken};
use crate::code::syntax::{Kind, Node};

pub(super) const FRAMEWORK: Framework = Framework {
    id: "ktor",
    product: "Ktor",
    source: "https://ktor.io/docs/server-routing.html",
    languages: &["Kotlin"],
    marks: &["io.ktor.server"],
    style: Style::Braces,
    call,
    types: &["Route", "Routing", "RoutingBuilder"],
    here: &["this", "it"],
    resource: |class| marked(&class.marks, "Resource").or(marked(&class.marks, "Location"))?.value(0),
    takes,
    deep: true,
    doc: DOC,
    ..BLANK
};

fn call<'c>(called: &Called<'c>) -> Option<Meaning<'c>> {
    let call = called.call;
    let closure =
        call.arguments.last().map(|argument| &argument.value).filter(|last| last.function().is_some());
    let path = call.unnamed(0).filter(|path| path.function().is_none());
    // `route("/x", HttpMethod.Get) { handle { … } }` says the method first.
    let method =
        call.unnamed(1).filter(|method| method.dotted().is_some_and(|name| name.starts_with("HttpMethod.")));
    match called.name {
        "route" if method.is_some() => {
            let methods = method.and_then(|method| verb(method.last_name()))?;
            Some(Meaning::Route { methods, path, handlers: vec![closure?] })
        }
        "handle" => None,
        "routing" => Some(Meaning::Root { path: None, inside: vec![closure?] }),
        "route" => Some(Meaning::Group { path, guards: Vec::new(), inside: closure.into_iter().collect() }),
        "authenticate" => {
            let is_optional = call
                .named("optional")
                .is_some_and(|value| value.last_name() == "true" || value.text() == Some("true"));
            if is_optional {
                return Some(Meaning::Group { path: None, guards: Vec::new(), inside: vec![closure?] });
            }
            // Routes within need what stands in parentheses, which has a name of the program's own.
            Some(Meaning::Group { path: None, guards: vec![&call.callee], inside: vec![closure?] })
        }
        "rateLimit" | "host" | "port" | "header" if closure.is_some() => {
            Some(Meaning::Group { path: None, guards: Vec::new(), inside: closure.into_iter().collect() })
        }
        name => {
            let is_bare = call
                .receiver()
                .is_none_or(|on| matches!(&on.kind, Kind::Name(name) if matches!(&**name, "this" | "it")));
            let methods = verb(name).filter(|_| is_bare)?;
            if let Some(kind) = call.named("<>") {
                return Some(Meaning::OfResource { methods, kind, handlers: vec![closure?] });
            }
            Some(Meaning::Route { methods, path, handlers: vec![closure?] })
        }
    }
}

/// `call.request.queryParameters["page"]`, `call.request.headers["X-Tenant"]`, `call.receive<Order>()`.
fn takes(node: &Node) -> Option<Taken> {
    let Kind::Call(call) = &node.kind else { return None };
    let name = || call.value(0).and_then(Node::text);
    let on = call.receiver()?;
    match (call.name(), on.last_name()) {
        ("[]" | "get", "queryParameters") => parameter(In::Query, name()?),
        ("[]" | "get", "headers") => parameter(In::Header, name()?),
        ("[]" | "get", "cookies") => parameter(In::Cookie, name()?),
        ("header", "request") => parameter(In::Header, name()?),
        ("receive" | "receiveNullable", "call") => {
            Some(Taken::Body(class_of(call.named("<>")?.text()?.trim_end_matches('>')).to_owned()))
        }
        _ => None,
    }
}

const DOC: &str = r#"
`routing`, `route`, `authenticate` and the functions of extension that stand in them, here or in another file, with bodies and
parameters that handlers read. Routes that are classes (`Resources`) have the paths of those around them. Which provider `authenticate` names is not
understood.

~~~file src/main/kotlin/Application.kt
package shop

import io.ktor.server.application.*
import io.ktor.server.routing.*
import shop.orders.orderRoutes

const val API = "/api"

fun Application.module() {
    install(Authentication) { jwt("jwt") { realm = "shop" } }
    routing {
        get("/health") { call.respondText("ok") }
        route("$API/v1") {
            authenticate("jwt") {
                orderRoutes()
            }
            post("/feedback") {
                val feedback = call.receive<Feedback>()
                cache.get("/nothing")
            }
        }
    }
}

data class Feedback(val text: String, val stars: Int = 5)
~~~
~~~file src/main/kotlin/orders/OrderRoutes.kt
package shop.orders

import io.ktor.server.routing.*

fun Route.orderRoutes() {
    route("/orders") {
        get {
            val status = call.request.queryParameters["status"]
        }
        // get("/old") { }
        delete("/{id}") { call.respond(call.request.headers["If-Match"]) }
        get("/files/{path...}") { }
    }
}
~~~
~~~routes
POST /api/v1/feedback body=stars,text
GET /api/v1/orders guards=authenticate query=status
GET /api/v1/orders/files/{path} guards=authenticate
DELETE /api/v1/orders/{id} guards=authenticate header=If-Match
GET /health
~~~
"#;
