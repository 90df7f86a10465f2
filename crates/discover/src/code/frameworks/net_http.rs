//! net/http, and the routers of gorilla/mux, which are like it.

use super::{BLANK, Called, Framework, Meaning, Style, verbs_of};
use crate::code::requests;
use crate::code::syntax::{Kind, Node, Unit};

pub(super) const FRAMEWORK: Framework = Framework {
    id: "net-http",
    product: "net/http, gorilla/mux",
    source: "https://pkg.go.dev/net/http#ServeMux",
    languages: &["Go"],
    marks: &["\"net/http\""],
    style: Style::Braces,
    call,
    file,
    here: &["http"],
    takes: requests::go_takes,
    compared: requests::go_compared_method,
    types: &["http.ServeMux", "mux.Router"],
    same: &["Subrouter", "Name", "Schemes", "StrictSlash"],
    keeps_slash: true,
    whole: requests::go_whole,
    must_be_used: true,
    doc: DOC,
    ..BLANK
};

/// Functions of the package itself are about a router that is always there.
fn file(_: &str, unit: &Unit) -> Option<String> {
    unit.imports.iter().any(|import| &*import.module == "net/http").then(String::new)
}

fn call<'c>(called: &Called<'c>) -> Option<Meaning<'c>> {
    let call = called.call;
    let path = call.value(0);
    match called.origin.as_str() {
        "net/http.NewServeMux" | "net/http.ServeMux" | "github.com/gorilla/mux.NewRouter" => {
            return Some(Meaning::Root { path: None, inside: Vec::new() });
        }
        _ => {}
    }
    // Without a receiver it is a function of the program's own.
    call.receiver()?;
    match called.name {
        "PathPrefix" => Some(Meaning::Group { path, guards: Vec::new(), inside: Vec::new() }),
        "Use" => Some(Meaning::Guards { under: None, guards: call.values_from(0) }),
        // A route may say its path and its handler by calls of their own.
        "Path" => Some(Meaning::Group { path, guards: Vec::new(), inside: Vec::new() }),
        "Handler" | "HandlerFunc" if call.arguments.len() == 1 && is_route(call.receiver()?) => {
            Some(Meaning::Route { methods: Vec::new(), path: None, handlers: call.values_from(0) })
        }
        "Queries" => Some(Meaning::Asked { names: call.values_from(0).into_iter().step_by(2).collect() }),
        "Methods" => {
            Some(Meaning::Restrict { methods: call.values_from(0).into_iter().flat_map(verbs_of).collect() })
        }
        "Handle" | "HandleFunc" if call.arguments.len() == 2 => {
            let mut handlers = Vec::new();
            let mut handler = call.value(1)?;
            while let Some(inner) = handler.call() {
                if inner.name() == "StripPrefix" {
                    return Some(Meaning::Mount {
                        path: inner.value(0),
                        children: vec![inner.value(1)?],
                        guards: handlers,
                    });
                }
                let Some(inside) = inner.arguments.last().map(|argument| &argument.value) else { break };
                if matches!(inside.kind, Kind::Text(_)) {
                    break;
                }
                handlers.push(&inner.callee);
                handler = inside;
            }
            handlers.push(handler);
            Some(Meaning::Route { methods: Vec::new(), path, handlers: guards_first(handlers) })
        }
        _ => None,
    }
}

/// Whether a router is one route, by a path in the calls that made it: a prefix is none.
fn is_route(on: &Node) -> bool {
    let mut next = Some(on);
    while let Some(call) = next.and_then(Node::call) {
        match call.name() {
            "Path" => return true,
            "PathPrefix" | "Subrouter" => return false,
            _ => next = call.receiver(),
        }
    }
    false
}

/// Converters of types say nothing.
fn guards_first(handlers: Vec<&Node>) -> Vec<&Node> {
    handlers.into_iter().filter(|node| node.last_name() != "HandlerFunc").collect()
}

const DOC: &str = r#"
Routes of the package and of its multiplexers, with the methods that patterns name (`GET /orders/{id}`) or that the handler compares
with, functions around handlers that are named like guards, multiplexers behind `StripPrefix`, and routers of gorilla/mux with their
`Methods`, `Path`, `PathPrefix` and `Queries`. Loops over tables of routes that are written down in their file are followed, and so are
small functions of the file that only add a route. A multiplexer that is mounted without `StripPrefix`, and guards around a whole
multiplexer, are not followed.

~~~file main.go
package main

import (
	"encoding/json"
	"net/http"

	"example.com/shop/catalog"
)

func main() {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /orders/{id}", getOrder)
	mux.Handle("/orders", requireToken(http.HandlerFunc(orders)))
	mux.Handle("/catalog/", http.StripPrefix("/catalog", catalog.Routes()))
	http.HandleFunc("/debug/vars", vars)
	http.ListenAndServe(":8080", mux)
	http.Get("https://other.example/feed")
}

type newOrder struct {
	Sku string `json:"sku"`
}

func orders(w http.ResponseWriter, r *http.Request) {
	switch r.Method {
	case http.MethodGet:
		status := r.URL.Query().Get("status")
	case http.MethodPost:
		var in newOrder
		json.NewDecoder(r.Body).Decode(&in)
	}
}

func getOrder(w http.ResponseWriter, r *http.Request) {}
~~~
~~~file catalog/catalog.go
package catalog

import (
	"net/http"

	"github.com/gorilla/mux"
)

func Routes() http.Handler {
	r := mux.NewRouter()
	r.HandleFunc("/items/{id:[0-9]+}", item).Methods("GET", "HEAD")
	s := r.PathPrefix("/admin").Subrouter()
	s.Use(adminOnly)
	s.HandleFunc("/items", addItem).Methods(http.MethodPost)
	return r
}
~~~
~~~routes
POST /catalog/admin/items guards=adminOnly
GET /catalog/items/{id}
HEAD /catalog/items/{id}
* /debug/vars
GET /orders guards=requireToken query=status
POST /orders guards=requireToken query=status body=sku
GET /orders/{id}
~~~

~~~file main.go
package main

import "net/http"

type route struct {
	name, method, pattern string
	handler               http.HandlerFunc
}

var routes = []route{
	{"list", http.MethodGet, "/pets", list},
	route{name: "add", method: "POST", pattern: "/pets", handler: add},
}

func main() {
	mux := http.NewServeMux()
	for _, one := range routes {
		mux.HandleFunc(one.method+" "+one.pattern, one.handler)
	}
	for pattern, handler := range map[string]http.HandlerFunc{"/a": list, "/b": add} {
		mux.HandleFunc(pattern, handler)
	}
	get := func(pattern string, handler http.HandlerFunc) {
		mux.Handle("GET "+pattern, logged(handler))
	}
	get("/flags/{name}", flags)
	get("/flags", flags)
	for _, one := range load() {
		mux.HandleFunc(one.pattern, one.handler)
	}
	http.ListenAndServe(":8080", mux)
}

func list(w http.ResponseWriter, r *http.Request) { _ = r.URL.Query().Get("tag") }
~~~
~~~unclear
main.go:29: a path that is computed: `one.pattern`
~~~
~~~routes
GET /flags
GET /flags/{name}
GET /pets query=tag
POST /pets
* /a query=tag
* /b
~~~
"#;
