//! What handlers take out of requests, where several frameworks of a language share how that is written.

use super::facts::{In, Taken};
use super::frameworks::parameter;
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
    let on = call.receiver()?;
    match (call.name(), on.last_name()) {
        ("Get", "Query") if on.call().is_some() => parameter(In::Query, name()?),
        ("Get", "Header") => parameter(In::Header, name()?),
        ("FormValue" | "PostFormValue", _) => Some(Taken::Field(name()?.to_owned())),
        ("Cookie", "r" | "req" | "request") => parameter(In::Cookie, name()?),
        ("Decode", "NewDecoder") => go_body(call),
        _ => None,
    }
}

/// The body, as the variable that it is read into.
pub(super) fn go_body(call: &Call) -> Option<Taken> {
    call.value(0)?.dotted().map(Taken::Body)
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
