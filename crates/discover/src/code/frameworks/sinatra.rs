//! Sinatra.

use super::{BLANK, Called, Framework, Meaning, Style, Whole, parameter, verb};
use crate::code::facts::{In, Taken};
use crate::code::syntax::{Class, Kind, Node, Unit};

pub(super) const FRAMEWORK: Framework = Framework {
    id: "sinatra",
    product: "Sinatra",
    source: "https://sinatrarb.com/intro.html#routes",
    languages: &["Ruby"],
    marks: &["sinatra", "Sinatra::"],
    style: Style::Colon,
    call,
    file,
    application,
    here: &["URLMap"],
    takes,
    whole,
    doc: DOC,
    ..BLANK
};

/// A file that requires `sinatra` itself is a program.
fn file(path: &str, unit: &Unit) -> Option<String> {
    if path.ends_with("config.ru") {
        return Some(String::new());
    }
    unit.imports.iter().any(|import| &*import.module == "sinatra").then(String::new)
}

fn application(class: &Class) -> bool {
    class.bases.iter().any(|base| base.starts_with("Sinatra::"))
}

fn call<'c>(called: &Called<'c>) -> Option<Meaning<'c>> {
    let call = called.call;
    if called.name == "new" && call.receiver()?.last_name() == "URLMap" {
        // Paths stand where values do, and what they lead to behind them.
        let pairs = call.arguments.iter().zip(call.arguments.iter().skip(1));
        let pairs = pairs.filter(|(path, of)| path.name.is_none() && of.name.as_deref() == Some("to"));
        return Some(Meaning::Mounts(pairs.map(|(path, of)| (&path.value, &of.value)).collect()));
    }
    if call.receiver().is_some() {
        return None;
    }
    if called.name == "use" && called.call.arguments.len() == 1 {
        return Some(Meaning::Mount { path: None, children: call.values_from(0), guards: Vec::new() });
    }
    let closure =
        call.arguments.last().map(|argument| &argument.value).filter(|last| last.function().is_some())?;
    let path = call.unnamed(0).filter(|path| path.function().is_none());
    match called.name {
        "map" => {
            let inside = closure.function()?.body.iter().filter_map(Node::call);
            let run = inside.filter(|call| call.name() == "run").find_map(|call| call.value(0))?;
            let run = run.call().map_or(run, |made| &made.callee);
            Some(Meaning::Mount { path, children: vec![run], guards: Vec::new() })
        }
        "route" => {
            let methods = path?.text()?.to_ascii_uppercase();
            Some(Meaning::Route { methods: vec![methods], path: call.unnamed(1), handlers: vec![closure] })
        }
        "namespace" => Some(Meaning::Group { path, guards: Vec::new(), inside: vec![closure] }),
        "before" => {
            let guards =
                closure.function().map(|function| function.body.iter().collect()).unwrap_or_default();
            Some(Meaning::Guards { under: path, guards })
        }
        name => {
            let is_lower = name.bytes().all(|byte| byte.is_ascii_lowercase());
            let methods = verb(name).filter(|_| is_lower && name != "all" && name != "any")?;
            Some(Meaning::Route { methods, path: Some(path?), handlers: vec![closure] })
        }
    }
}

/// `JSON.parse(request.body.read)`
fn whole(node: &Node) -> Option<Whole> {
    let call = node.call()?;
    (call.name() == "parse" && call.receiver()?.last_name() == "JSON").then_some(Whole::Body)
}

/// `request.env["HTTP_X_TENANT"]`, `request.cookies["session"]`.
fn takes(node: &Node) -> Option<Taken> {
    let Kind::Call(call) = &node.kind else { return None };
    let name = call.value(0)?.text().filter(|_| call.name() == "[]")?;
    match call.receiver()?.last_name() {
        "env" => parameter(In::Header, &name.strip_prefix("HTTP_")?.replace('_', "-")),
        "params" => Some(Taken::Any(name.to_owned())),
        "cookies" => parameter(In::Cookie, name),
        _ => None,
    }
}

const DOC: &str = r#"
Programs and classes of `Sinatra::Base`, namespaces, and filters that call what is named like a guard. A `config.ru` says where a class is
mapped. Patterns that are regular expressions are not understood.

~~~file app.rb
require 'sinatra/base'
require 'sinatra/namespace'

class Shop < Sinatra::Base
  get '/health' do
    'ok'
  end

  namespace '/api' do
    before { authenticate! }

    get '/orders/:id' do |id|
      cache.get('/nothing') { 1 }
      request.env['HTTP_X_TENANT']
    end

    post('/orders') { create }
    # delete '/old' do
  end

  def get_price(item)
    client.get "/prices/#{item}"
  end
end
~~~
~~~routes
POST /api/orders guards=authenticate!
GET /api/orders/{id} guards=authenticate! header=X-TENANT
GET /health
~~~
"#;
