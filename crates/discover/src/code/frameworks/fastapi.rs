//! FastAPI.

use super::{BLANK, Called, Framework, Meaning, Style, scalar, verb, verbs_of};
use crate::code::facts::{In, Taken};
use crate::code::syntax::{Node, Parameter};

pub(super) const FRAMEWORK: Framework = Framework {
    id: "fastapi",
    product: "FastAPI",
    source: "https://fastapi.tiangolo.com/tutorial/bigger-applications/",
    languages: &["Python"],
    marks: &["import fastapi", "from fastapi"],
    style: Style::Braces,
    call,
    parameter,
    parameter_guard,
    depends,
    types: &["FastAPI", "APIRouter"],
    same: &["router"],
    keeps_slash: true,
    doc: DOC,
    ..BLANK
};

fn call<'c>(called: &Called<'c>) -> Option<Meaning<'c>> {
    let call = called.call;
    let guards: Vec<&Node> = call.named("dependencies").into_iter().collect();
    match called.origin.as_str() {
        "fastapi.FastAPI" => return Some(Meaning::Root { path: None, inside: Vec::new() }),
        "fastapi.APIRouter" | "fastapi.routing.APIRouter" => {
            return Some(Meaning::Router { path: call.named("prefix"), guards, inside: Vec::new() });
        }
        _ => {}
    }
    let path = call.named("path").or(call.unnamed(0));
    // Classes that are made from routers are called after them.
    let is_router = called.name.ends_with("Router") && called.name.starts_with(char::is_uppercase);
    if is_router && call.receiver().is_none() && call.unnamed(0).is_none() && call.named("default").is_none()
    {
        return Some(Meaning::Router { path: call.named("prefix"), guards, inside: Vec::new() });
    }
    match called.name {
        "include_router" => {
            Some(Meaning::Mount { path: call.named("prefix"), children: vec![call.value(0)?], guards })
        }
        "mount" => Some(Meaning::Mount { path, children: vec![call.unnamed(1)?], guards }),
        "add_api_route" => {
            let methods = call.named("methods").map(verbs_of).unwrap_or_else(|| vec!["GET".to_owned()]);
            let handler = call.named("endpoint").or(call.unnamed(1));
            Some(Meaning::Route { methods, path, handlers: guards.into_iter().chain(handler).collect() })
        }
        name => {
            let methods = match name {
                "api_route" => call.named("methods").map(verbs_of).unwrap_or_else(|| vec!["GET".to_owned()]),
                name => verb(name).filter(|methods| methods.iter().all(|method| method != "*"))?,
            };
            let methods = Some(methods).filter(|_| called.target.is_some())?;
            Some(Meaning::Route { methods, path, handlers: guards })
        }
    }
}

/// What a parameter says where it stands, of its type, its default and what is said with `Annotated`.
fn parameter(parameter: &Parameter) -> Option<Taken> {
    let (kind, said) = annotated(&parameter.kind);
    let default = parameter.default.as_ref().map(Node::last_name).unwrap_or_default();
    let said = if said.is_empty() { default } else { said };
    let name = parameter.name.to_string();
    let plain = kind.trim_start_matches("Optional[").trim_end_matches(']');
    let plain = plain.split('|').next().unwrap_or_default();
    let place = match said {
        "Header" => return super::parameter(In::Header, &name.replace('_', "-")),
        "Cookie" => In::Cookie,
        "Path" => In::Path,
        "Query" => In::Query,
        "Body"
            if !is_embedded(parameter)
                && scalar(plain).is_none()
                && plain.starts_with(char::is_uppercase) =>
        {
            return Some(Taken::Body(plain.to_owned()));
        }
        "Body" | "Form" | "File" => return Some(Taken::Field(name)),
        _ if plain == "UploadFile" => return Some(Taken::Field(name)),
        "Depends" | "Security" => return None,
        _ if plain.is_empty()
            || matches!(plain, "Request" | "Response" | "BackgroundTasks" | "WebSocket" | "Session") =>
        {
            return None;
        }
        _ => match scalar(plain) {
            Some(_) => In::Query,
            None if plain.starts_with(char::is_uppercase) => return Some(Taken::Body(plain.to_owned())),
            None => In::Query,
        },
    };
    Some(Taken::Parameter(place, name, scalar(plain).unwrap_or_default().to_owned()))
}

/// Whether a body has a member of the name of the parameter.
fn is_embedded(parameter: &Parameter) -> bool {
    let default = parameter.default.as_ref().and_then(Node::call).and_then(|call| call.named("embed"));
    default.is_some_and(|embed| embed.last_name() == "True") || parameter.kind.contains("embed=True")
}

/// What a parameter asks for: the function that it depends on, or the class.
fn depends(parameter: &Parameter) -> Option<String> {
    let default = parameter.default.as_ref().and_then(Node::call);
    let written = parameter.kind.split_once("Depends(").or(parameter.kind.split_once("Security("));
    match (default.filter(|call| matches!(call.name(), "Depends" | "Security")), written) {
        (Some(call), _) => match call.value(0) {
            // What a function gives takes what is not seen here.
            Some(of) => of.dotted(),
            None => Some(parameter.kind.to_string()),
        },
        (None, Some((kind, inside))) => {
            if inside.split(')').next().is_some_and(|inside| inside.contains('(')) {
                return None;
            }
            let name = inside.split([')', ',']).next().filter(|name| !name.is_empty());
            let class = || kind.strip_prefix("Annotated[").and_then(|kind| kind.split(',').next());
            name.or_else(class).map(str::to_owned)
        }
        (None, None) => None,
    }
}

/// The type and the name of what is said of it in `Annotated[type,Name(...)]`.
fn annotated(kind: &str) -> (&str, &str) {
    let Some(inside) = kind.strip_prefix("Annotated[") else { return (kind, "") };
    let (kind, rest) = inside.split_once(',').unwrap_or((inside, ""));
    (kind, rest.split('(').next().unwrap_or_default())
}

fn parameter_guard(parameter: &Parameter) -> Option<String> {
    let of = |call: &crate::code::syntax::Call| {
        let of = call.value(0).filter(|_| matches!(call.name(), "Depends" | "Security"))?;
        of.call().map_or(of, |made| &made.callee).dotted()
    };
    if let Some(name) = parameter.default.as_ref().and_then(Node::call).and_then(of) {
        return Some(name);
    }
    // `user: CurrentUser`, a name for a type with what it depends on.
    let is_alias = parameter.kind.starts_with("Current")
        || ["Dep", "Dependency"].iter().any(|end| parameter.kind.ends_with(end));
    if is_alias && parameter.kind.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Some(parameter.kind.to_string());
    }
    let (_, said) = parameter.kind.split_once("Depends(").or(parameter.kind.split_once("Security("))?;
    Some(said.split([')', ',', '(']).next().unwrap_or_default().to_owned())
}

const DOC: &str = r#"
Applications, routers with their prefixes and dependencies, `include_router`, applications that are mounted, dependencies that are
named like guards, parameters and the fields of models. What functions and classes that are depended on take is a part of the request.

~~~file shop/main.py
from fastapi import Depends, FastAPI
from shop.routers import orders
from shop.deps import require_token

app = FastAPI()
app.include_router(orders.router, prefix="/v1", dependencies=[Depends(require_token)])

@app.get("/health")
async def health():
    return {}
~~~
~~~file shop/routers/orders.py
from typing import Annotated
from fastapi import APIRouter, Depends, Header
from ..models import OrderIn
from ..deps import get_current_user, get_db

router = APIRouter(prefix="/orders", tags=["orders"])

@router.get("")
def list_orders(page: int = 1, db=Depends(get_db)):
    return db.get("/nothing")

@router.post("", status_code=201)
def create(order: OrderIn, x_tenant: Annotated[str, Header()], user=Depends(get_current_user)):
    return order

@router.api_route("/{order_id}/state", methods=["PUT", "DELETE"])
def state(order_id: int):
    return None
~~~
~~~file shop/models.py
from pydantic import BaseModel

class OrderIn(BaseModel):
    sku: str
    quantity: int = 1
~~~
~~~routes
GET /health
GET /v1/orders guards=require_token query=page
POST /v1/orders guards=require_token,get_current_user header=x-tenant body=quantity,sku
DELETE /v1/orders/{order_id}/state guards=require_token
PUT /v1/orders/{order_id}/state guards=require_token
~~~
"#;
