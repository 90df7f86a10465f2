//! Sinatra.

use super::{BLANK, Called, Framework, Meaning, Style, parameter, verb};
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
    takes,
    doc: DOC,
    ..BLANK
};

/// A file that requires `sinatra` itself is a program.
fn file(_: &str, unit: &Unit) -> Option<String> {
    unit.imports.iter().any(|import| &*import.module == "sinatra").then(String::new)
}

fn application(class: &Class) -> bool {
    class.bases.iter().any(|base| base.starts_with("Sinatra::"))
}

fn call<'c>(called: &Called<'c>) -> Option<Meaning<'c>> {
    let call = called.call;
    if call.receiver().is_some() {
        return None;
    }
    let closure =
        call.arguments.last().map(|argument| &argument.value).filter(|last| last.function().is_some())?;
    let path = call.unnamed(0).filter(|path| path.function().is_none());
    match called.name {
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
Programs and classes of `Sinatra::Base`, namespaces, and filters that call what is named like a guard. Where a `config.ru` maps a class, and
patterns that are regular expressions, are not understood; `params` holds query, path and form alike, and is not read.

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
