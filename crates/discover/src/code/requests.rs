//! What handlers take out of requests, where several frameworks of a language share how that is written.

use super::facts::{In, Taken};
use super::frameworks::{Whole, parameter};
use super::syntax::{Call, Kind, Node};

/// The method that is named by a text or a constant of Go: `"GET"`, `http.MethodGet`.
pub(super) fn go_method(node: &Node) -> Option<String> {
    let name = node.text().unwrap_or(node.last_name().strip_prefix("Method").unwrap_or_default());
    let is_method = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphabetic());
    is_method.then(|| name.to_ascii_uppercase())
}

/// A method that a handler of Go compares with: `http.MethodPost`.
pub(super) fn go_compared_method(node: &Node) -> Option<String> {
    let Kind::Member(of, name) = &node.kind else { return None };
    let is_constant = of.last_name() == "http" && name.starts_with("Method") && name.len() > "Method".len();
    is_constant.then(|| go_method(node)).flatten()
}

/// `r.URL.Query().Get("page")`, `r.Header.Get("X-Tenant")`, `json.NewDecoder(r.Body).Decode(&request)`.
pub(super) fn go_takes(node: &Node) -> Option<Taken> {
    let Kind::Call(call) = &node.kind else { return None };
    let name = || call.value(0).and_then(Node::text);
    if let Some(body) = go_read(call) {
        return Some(body);
    }
    let on = call.receiver()?;
    match (call.name(), on.last_name()) {
        ("Get", "Query") if on.call().is_some() => parameter(In::Query, name()?),
        ("Get", "Header") => parameter(In::Header, name()?),
        ("FormValue", _) => Some(Taken::Any(name()?.to_owned())),
        ("PostFormValue", _) => Some(Taken::Field(name()?.to_owned())),
        ("Cookie", "r" | "req" | "request") => parameter(In::Cookie, name()?),
        _ => None,
    }
}

/// `r.URL.Query()`, `r.Header`, `c.QueryParams()`.
pub(super) fn go_whole(node: &Node) -> Option<Whole> {
    match &node.kind {
        Kind::Call(call) if matches!(call.name(), "Query" | "QueryParams") && call.arguments.is_empty() => {
            Some(Whole::Query)
        }
        Kind::Member(of, name)
            if &**name == "Header" && matches!(of.last_name(), "r" | "req" | "Request") =>
        {
            Some(Whole::Header)
        }
        _ => None,
    }
}

/// `json.NewDecoder(r.Body).Decode(&request)`, `render.Bind(r, data)`, `readJSON(w, r, &input)`, `decode[request](r)`.
fn go_read(call: &Call) -> Option<Taken> {
    let lower = call.name().to_ascii_lowercase();
    let is_reading = [
        "decode",
        "unmarshal",
        "bind",
        "parsebody",
        "bodyparser",
        "readjson",
        "parsejson",
        "readrequest",
        "bindjson",
    ]
    .iter()
    .any(|word| lower.contains(word));
    if !is_reading || lower.contains("uri") {
        return None;
    }
    if let Some(kind) = call.named("<>") {
        return kind.dotted().map(Taken::Body);
    }
    let into = call.arguments.last()?.value.dotted()?;
    Some(if lower.contains("query") { Taken::QueryOf(into) } else { Taken::Body(into) })
}

/// `req.query.page`, `req.body.name`, `req.get('X-Tenant')`, also of `ctx.request` and `request`.
pub(super) fn javascript_takes(node: &Node) -> Option<Taken> {
    match &node.kind {
        Kind::Member(of, name) => of_request(of, name),
        Kind::Call(call) => {
            let name = call.value(0)?.text()?;
            let on = call.receiver()?;
            match call.name() {
                "[]" => of_request(on, name),
                "get" | "header" if matches!(on.last_name(), "req" | "request" | "ctx") => {
                    parameter(In::Header, name)
                }
                _ => None,
            }
        }
        _ => None,
    }
}

fn of_request(of: &Node, name: &str) -> Option<Taken> {
    if let Some(read) = of.call() {
        // `const { sku } = await request.json()`
        let is_request = matches!(read.receiver()?.last_name(), "req" | "request");
        let is_body = matches!(read.name(), "json" | "formData" | "parseBody") && is_request;
        return is_body.then(|| Taken::Field(name.to_owned()));
    }
    let dotted = of.dotted()?;
    let (on, what) = dotted.rsplit_once('.')?;
    let on = on.rsplit('.').next().unwrap_or(on);
    if !matches!(on, "req" | "request" | "ctx") || matches!(name, "[]" | "get" | "has") {
        return None;
    }
    match what {
        "query" => parameter(In::Query, name),
        "body" => Some(Taken::Field(name.to_owned())),
        "cookies" | "signedCookies" => parameter(In::Cookie, name),
        "headers" => parameter(In::Header, name),
        _ => None,
    }
}

/// What a member of a request of JavaScript holds.
pub(super) fn javascript_member(name: &str) -> Option<Whole> {
    match name {
        "body" => Some(Whole::Body),
        "query" => Some(Whole::Query),
        "cookies" | "signedCookies" => Some(Whole::Cookie),
        "headers" => Some(Whole::Header),
        "params" => Some(Whole::Path),
        _ => None,
    }
}

/// `req.body`, `await request.json()`, `c.req.valid('json')`, `request.nextUrl.searchParams`.
pub(super) fn javascript_whole(node: &Node) -> Option<Whole> {
    match &node.kind {
        Kind::Member(_, name) if &**name == "searchParams" => Some(Whole::Query),
        Kind::Member(of, name) => {
            let whole = javascript_member(name)?;
            matches!(of.last_name(), "req" | "request" | "_req" | "ctx").then_some(whole)
        }
        Kind::Call(call) => {
            let on = call.receiver()?.last_name();
            let place = call.value(0).and_then(Node::text);
            match call.name() {
                "json" | "formData" | "parseBody" if matches!(on, "req" | "request" | "_req") => {
                    Some(Whole::Body)
                }
                "valid" if on == "req" => {
                    Some(if place == Some("query") { Whole::Query } else { Whole::Body })
                        .filter(|_| matches!(place, Some("json" | "form" | "query")))
                }
                "query" if on == "req" && call.arguments.is_empty() => Some(Whole::Query),
                _ => None,
            }
        }
        _ => None,
    }
}

/// `request.json`, `request.get_json()`, `self.request.query_params`, `json.loads(request.body)`, `api.payload`.
pub(super) fn python_whole(node: &Node) -> Option<Whole> {
    match &node.kind {
        Kind::Member(of, name) => {
            let is_request = of.last_name() == "request";
            match &**name {
                "json" | "form" | "data" | "POST" if is_request => Some(Whole::Body),
                "args" | "GET" | "query_params" if is_request => Some(Whole::Query),
                "headers" if is_request => Some(Whole::Header),
                "cookies" | "COOKIES" if is_request => Some(Whole::Cookie),
                "payload" if matches!(of.last_name(), "api" | "ns" | "namespace") => Some(Whole::Body),
                _ => None,
            }
        }
        Kind::Call(call) => match call.name() {
            "get_json" => Some(Whole::Body),
            "loads" => {
                let of = call.value(0)?;
                let of = of.call().and_then(Call::receiver).unwrap_or(of).dotted()?;
                of.strip_prefix("self.").unwrap_or(&of).starts_with("request.").then_some(Whole::Body)
            }
            _ => None,
        },
        _ => None,
    }
}
