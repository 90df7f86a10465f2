//! Flask.

use super::{BLANK, Called, Framework, Meaning, Style, parameter, verb, verbs_of};
use crate::code::facts::{In, Taken};
use crate::code::requests;
use crate::code::syntax::{Kind, Node};

pub(super) const FRAMEWORK: Framework = Framework {
    id: "flask",
    product: "Flask, Flask-RESTful",
    source: "https://flask.palletsprojects.com/en/stable/quickstart/#routing",
    languages: &["Python"],
    marks: &["import flask", "from flask"],
    style: Style::Angles,
    call,
    takes,
    whole: requests::python_whole,
    mount_replaces: true,
    keeps_slash: true,
    doc: DOC,
    ..BLANK
};

/// Applications, blueprints, namespaces and APIs.
fn made<'c>(called: &Called<'c>) -> Option<Meaning<'c>> {
    let call = called.call;
    let router = |path| Some(Meaning::Router { path, guards: Vec::new(), inside: Vec::new() });
    match called.origin.as_str() {
        "flask.Flask" | "apiflask.APIFlask" | "flask_openapi3.OpenAPI" => {
            Some(Meaning::Root { path: None, inside: Vec::new() })
        }
        "flask_restx.Namespace" | "flask_restplus.Namespace" => {
            router(call.named("path").or(call.unnamed(0)))
        }
        "flask_restful.Api" | "flask_restx.Api" | "flask_restplus.Api" | "flask_smorest.Api" => {
            let path = call.named("url_prefix").or(call.named("prefix"));
            // An API that is given a blueprint or an application is a part of it.
            match call.unnamed(0) {
                Some(of) => Some(Meaning::Within { of, path }),
                None => router(path),
            }
        }
        "flask.Blueprint"
        | "flask_smorest.Blueprint"
        | "flask_openapi3.APIBlueprint"
        | "apiflask.APIBlueprint" => router(call.named("url_prefix")),
        _ => None,
    }
}

fn call<'c>(called: &Called<'c>) -> Option<Meaning<'c>> {
    let call = called.call;
    let path = call.value(0);
    if let Some(made) = made(called) {
        return Some(made);
    }
    let methods = call.named("methods").map(verbs_of);
    match called.name {
        "route" if called.class.is_some() => {
            let paths = call.values_from(0).into_iter().filter(|path| path.text().is_some()).collect();
            Some(Meaning::ViewOfClass { paths })
        }
        "init_app" => Some(Meaning::MountOn { on: call.value(0)? }),
        "add_namespace" => Some(Meaning::Mount {
            path: call.named("path").or(call.unnamed(1)),
            children: vec![call.value(0)?],
            guards: Vec::new(),
        }),
        "route" if called.target.is_some() => {
            let methods = methods.unwrap_or_else(|| vec!["GET".to_owned()]);
            Some(Meaning::Route { methods, path, handlers: Vec::new() })
        }
        "add_url_rule" => {
            let handler = call.named("view_func").or(call.unnamed(2))?;
            match handler.call().filter(|call| call.name() == "as_view") {
                Some(view) => Some(Meaning::View {
                    paths: vec![path?],
                    view: view.receiver()?,
                    methods,
                    guards: Vec::new(),
                }),
                None => {
                    let methods = methods.unwrap_or_else(|| vec!["GET".to_owned()]);
                    Some(Meaning::Route { methods, path, handlers: vec![handler] })
                }
            }
        }
        "add_resource" => {
            let given = call.arguments.iter().skip(1).filter(|given| given.name.is_none());
            let paths = given.map(|given| &given.value).filter(|path| path.text().is_some()).collect();
            Some(Meaning::View { paths, view: call.value(0)?, methods: None, guards: Vec::new() })
        }
        "register_blueprint" => {
            let path = call.named("url_prefix");
            Some(Meaning::Mount { path, children: vec![call.value(0)?], guards: Vec::new() })
        }
        name => {
            let methods = verb(name).filter(|_| called.target.is_some())?;
            Some(Meaning::Route { methods, path, handlers: Vec::new() })
        }
    }
}

/// `request.args.get('page')`, `request.json['name']`, `request.headers['X-Tenant']`.
fn takes(node: &Node) -> Option<Taken> {
    let Kind::Call(call) = &node.kind else { return None };
    if call.name() == "parse_args" {
        return call.receiver().and_then(Node::dotted).map(Taken::Schema);
    }
    if !matches!(call.name(), "get" | "[]" | "getlist") {
        return None;
    }
    let name = call.value(0)?.text()?;
    let of = call.receiver()?.dotted()?;
    match of.strip_prefix("request.")? {
        "args" => parameter(In::Query, name),
        "headers" => parameter(In::Header, name),
        "cookies" => parameter(In::Cookie, name),
        "json" | "form" => Some(Taken::Field(name.to_owned())),
        _ => None,
    }
}

const DOC: &str = r#"
Applications, blueprints within blueprints, `route`, the short decorators, `add_url_rule`, views that are classes, resources of
Flask-RESTful and Flask-RESTX with their namespaces, blueprints of flask-smorest, schemas and parsers that decorators name; decorators that are named like guards. What runs `before_request` is not understood as a guard.

~~~file app/__init__.py
from flask import Flask
from app.orders import bp as orders_bp
from .health import health

def create_app():
    app = Flask(__name__)
    app.register_blueprint(orders_bp, url_prefix="/api/orders")
    app.add_url_rule("/health", view_func=health)
    return app
~~~
~~~file app/health.py
def health():
    return "ok"
~~~
~~~file app/orders.py
from flask import Blueprint, request
from app.auth import login_required

bp = Blueprint("orders", __name__)
cache = {}

@bp.route("/", methods=["GET", "POST"])
def orders():
    status = request.args.get("status")
    return cache.get("/orders")

@bp.get("/<int:order_id>")
@login_required
def order(order_id):
    return {}

# @bp.get("/old")
@bp.patch("/<int:order_id>/note")
def note(order_id):
    return request.json["text"]
~~~
~~~routes
GET /api/orders/ query=status
POST /api/orders/ query=status
GET /api/orders/{order_id} guards=login_required
PATCH /api/orders/{order_id}/note body=text
GET /health
~~~
"#;
