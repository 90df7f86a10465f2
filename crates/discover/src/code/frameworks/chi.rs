//! chi.

use super::{BLANK, Called, Framework, Meaning, Style, verb};
use crate::code::requests;
use crate::code::syntax::Kind;

pub(super) const FRAMEWORK: Framework = Framework {
    id: "chi",
    product: "chi",
    source: "https://go-chi.io/#/pages/routing",
    languages: &["Go"],
    marks: &["github.com/go-chi/chi"],
    style: Style::Braces,
    call,
    takes: requests::go_takes,
    types: &["Router", "chi.Mux"],
    whole: requests::go_whole,
    must_be_used: true,
    doc: DOC,
    ..BLANK
};

fn call<'c>(called: &Called<'c>) -> Option<Meaning<'c>> {
    let call = called.call;
    let path = call.value(0);
    let is_chi = called.origin.starts_with("github.com/go-chi/chi");
    if is_chi && matches!(called.name, "NewRouter" | "NewMux") {
        return Some(Meaning::Root { path: None, inside: Vec::new() });
    }
    match called.name {
        "Route" if call.arguments.len() == 2 => {
            Some(Meaning::Group { path, guards: Vec::new(), inside: call.values_from(1) })
        }
        "Group" if path.is_some_and(|inside| matches!(inside.kind, Kind::Function(_))) => {
            Some(Meaning::Group { path: None, guards: Vec::new(), inside: call.values_from(0) })
        }
        "With" => Some(Meaning::Group { path: None, guards: call.values_from(0), inside: Vec::new() }),
        "Use" => Some(Meaning::Guards { under: None, guards: call.values_from(0) }),
        "Mount" => Some(Meaning::Mount { path, children: call.values_from(1), guards: Vec::new() }),
        "Method" | "MethodFunc" => {
            let methods = vec![requests::go_method(path?)?];
            Some(Meaning::Route { methods, path: call.value(1), handlers: call.values_from(2) })
        }
        "Handle" | "HandleFunc" if call.arguments.len() == 2 => {
            Some(Meaning::Route { methods: vec!["*".to_owned()], path, handlers: call.values_from(1) })
        }
        name => {
            let methods = verb(name).filter(|_| call.arguments.len() == 2)?;
            Some(Meaning::Route { methods, path, handlers: call.values_from(1) })
        }
    }
}

const DOC: &str = r#"
Routers, `Route`, `Group`, `With`, `Mount` of a router or of a function that gives one, in this package or another, guards that are
used before routes, and fields of structures that bodies are decoded into.

~~~file cmd/server/main.go
package main

import (
	"net/http"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"example.com/shop/users"
)

func main() {
	r := chi.NewRouter()
	r.Use(middleware.Logger)
	r.Get("/health", health)
	r.Route("/orders", func(r chi.Router) {
		r.Use(Authenticator)
		r.Post("/", createOrder)
		r.Route("/{orderID:[0-9]+}", func(r chi.Router) {
			r.With(adminOnly).Delete("/", deleteOrder)
		})
	})
	r.Mount("/users", users.Routes())
	http.ListenAndServe(":3000", r)
}

func createOrder(w http.ResponseWriter, r *http.Request) {
	tenant := r.Header.Get("X-Tenant")
	client.Get("https://other.example/orders")
}
~~~
~~~file users/users.go
package users

import "github.com/go-chi/chi/v5"

func Routes() chi.Router {
	r := chi.NewRouter()
	r.Get("/{id}", func(w http.ResponseWriter, r *http.Request) {
		fields := r.URL.Query().Get("fields")
	})
	return r
}
~~~
~~~routes
GET /health
POST /orders guards=Authenticator header=X-Tenant
DELETE /orders/{orderID} guards=Authenticator,adminOnly
GET /users/{id} query=fields
~~~
"#;
