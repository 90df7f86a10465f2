//! Ruby on Rails.

use super::{BLANK, Called, Framework, Meaning, Resource, Style, verb, verbs_of};
use crate::code::facts::Taken;
use crate::code::syntax::{Call, Kind, Node, Unit};

pub(super) const FRAMEWORK: Framework = Framework {
    id: "rails",
    product: "Ruby on Rails",
    source: "https://guides.rubyonrails.org/routing.html",
    languages: &["Ruby"],
    marks: &["application.routes.draw", "Engine.routes.draw"],
    style: Style::Colon,
    call,
    file,
    takes,
    doc: DOC,
    ..BLANK
};

/// Files that `draw` names hang their routes on the program where it stands.
fn file(path: &str, _: &Unit) -> Option<String> {
    (path.starts_with("config/routes/") || path.contains("/config/routes/")).then(String::new)
}

fn closure(call: &Call) -> Vec<&Node> {
    call.arguments
        .last()
        .map(|argument| &argument.value)
        .filter(|last| last.function().is_some())
        .into_iter()
        .collect()
}

/// Routes that are kept by a name, stand in a file, or are those of a library.
fn named<'c>(called: &Called<'c>) -> Option<Meaning<'c>> {
    let call = called.call;
    let first = call.unnamed(0);
    match called.name {
        "draw" => Some(Meaning::File { file: first?, path: None, beside: None }),
        "concern" => Some(Meaning::Concern { name: first?, inside: closure(call).into_iter().next()? }),
        "concerns" => Some(Meaning::Concerns {
            names: call.arguments.iter().filter(|one| one.name.is_none()).map(|one| &one.value).collect(),
        }),
        "controller" => Some(Meaning::Controlled { controller: first?, inside: closure(call) }),
        "devise_for" => Some(Meaning::Foreign { what: "devise_for" }),
        "use_doorkeeper" => Some(Meaning::Foreign { what: "use_doorkeeper" }),
        "mount_devise_token_auth_for" => Some(Meaning::Foreign { what: "mount_devise_token_auth_for" }),
        "mount" if first?.last_name().ends_with("::Engine") => {
            Some(Meaning::Engine { name: first?, path: call.named("at"), inside: Vec::new() })
        }
        "mount" => Some(Meaning::Foreign { what: "mount" }),
        _ => None,
    }
}

fn call<'c>(called: &Called<'c>) -> Option<Meaning<'c>> {
    let call = called.call;
    let first = call.unnamed(0).filter(|first| first.function().is_none());
    if called.name == "draw" && call.receiver()?.last_name() == "routes" {
        if let Some(of) = call.receiver()?.call().and_then(Call::receiver)
            && of.last_name().ends_with("::Engine")
        {
            return Some(Meaning::Engine { name: of, path: None, inside: closure(call) });
        }
        return Some(Meaning::Root { path: None, inside: closure(call) });
    }
    if call.receiver().is_some() {
        return None;
    }
    if let Some(named) = named(called) {
        return Some(named);
    }
    match called.name {
        "before_action" | "before_filter" | "prepend_before_action" | "skip_before_action" => {
            Some(Meaning::BeforeActions {
                guards: call
                    .arguments
                    .iter()
                    .filter(|one| one.name.is_none())
                    .map(|one| &one.value)
                    .collect(),
                only: call.named("only"),
                except: call.named("except"),
                is_lifted: called.name == "skip_before_action",
            })
        }
        "namespace" | "scope" => Some(Meaning::Group {
            path: call.named("path").or(first),
            guards: Vec::new(),
            inside: closure(call),
        }),
        "constraints" | "defaults" | "authenticate" | "authenticated" | "unauthenticated"
        | "devise_scope" | "with_options" => {
            let guards =
                if called.name.starts_with("authenticate") { vec![&call.callee] } else { Vec::new() };
            Some(Meaning::Group { path: None, guards, inside: closure(call) })
        }
        "shallow" => Some(Meaning::Shallows { inside: closure(call) }),
        "resources" | "resource" => Some(Meaning::Resources(resources(call))),
        "member" | "collection" => Some(Meaning::Among { which: called.name, inside: closure(call) }),
        "root" => Some(Meaning::Route {
            methods: vec!["GET".to_owned()],
            path: None,
            handlers: first.or(call.named("to")).into_iter().collect(),
        }),
        "match" => {
            let methods = call.named("via").map(verbs_of).unwrap_or_default();
            let methods = methods
                .into_iter()
                .map(|method| if method == "ALL" { "*".to_owned() } else { method })
                .collect();
            Some(Meaning::Route { methods, path: first, handlers: call.named("to").into_iter().collect() })
        }
        name => {
            let is_lower = name.bytes().all(|byte| byte.is_ascii_lowercase());
            let methods = verb(name).filter(|_| is_lower && name != "all" && name != "any")?;
            let handlers = call.named("to").into_iter().collect();
            match call.named("on").and_then(Node::text) {
                Some(which) => {
                    let paths = call.arguments.iter().filter(|one| one.name.is_none()).map(|one| &one.value);
                    Some(Meaning::RouteAmong { which, methods, paths: paths.collect(), handlers })
                }
                None => Some(Meaning::Route { methods, path: Some(first?), handlers }),
            }
        }
    }
}

/// Actions of a resource: method, and whether it is about one.
const ALL: &[(&str, &str, bool)] = &[
    ("index", "GET", false),
    ("create", "POST", false),
    ("show", "GET", true),
    ("update", "PATCH", true),
    ("update", "PUT", true),
    ("destroy", "DELETE", true),
];

/// Those of a resource of which there is one.
const ONE: &[(&str, &str, bool)] = &[
    ("create", "POST", false),
    ("show", "GET", false),
    ("update", "PATCH", false),
    ("update", "PUT", false),
    ("destroy", "DELETE", false),
];

/// `resources :orders, :items, only: [:index]`
fn resources(call: &Call) -> Vec<Resource<'_>> {
    let names = call.arguments.iter().filter(|one| one.name.is_none()).map(|one| &one.value);
    let names = names.filter(|name| name.function().is_none());
    let of = |name| Resource {
        name,
        line: None,
        controller: call.named("controller"),
        below: call.named("path"),
        only: call.named("only"),
        except: call.named("except"),
        inside: closure(call),
        actions: if call.name() == "resources" { ALL } else { ONE },
        is_named: false,
        parameter: call.named("param"),
        concerns: call.named("concerns"),
        is_shallow: call.named("shallow").is_some_and(|value| value.last_name() == "true"),
    };
    names.filter_map(Node::text).map(of).collect()
}

/// `params.require(:order).permit(:sku, :quantity)`: the first of the fields; `request.headers["X-Tenant"]`.
fn takes(node: &Node) -> Option<Taken> {
    let Kind::Call(call) = &node.kind else { return None };
    match call.name() {
        "permit" => {
            let names = call.arguments.iter();
            let names = names.filter_map(|argument| argument.name.as_deref().or(argument.value.text()));
            Some(Taken::Fields(names.map(str::to_owned).collect()))
        }
        "[]" if call.receiver()?.last_name() == "headers" => {
            super::parameter(super::In::Header, call.value(0)?.text()?)
        }
        "[]" if call.receiver()?.last_name() == "params" => {
            Some(Taken::Any(call.value(0)?.text()?.to_owned()))
        }
        _ => None,
    }
}

const DOC: &str = r#"
`resources` and `resource` with `only`, `except`, members, collections and what is nested in them, namespaces, scopes, verbs, `match` and `root`, actions
of controllers with filters (`before_action`) of their class and those above that are named like a guard, and fields that are permitted. The pages `new` and `edit` are left
out. Concerns, shallow resources and files that `draw` names are followed; engines that are mounted
are followed where they are part of the tree, and what others and `devise_for` add is said to be there, and not listed.

~~~file config/routes.rb
Rails.application.routes.draw do
  root to: 'home#index'
  get '/health', to: 'health#show'
  namespace :api do
    scope '/v1' do
      resources :orders, only: [:index, :show, :create] do
        member { post :cancel }
        get :stats, on: :collection
        resources :items, only: %i[destroy]
      end
      shallow do
        resources :lists, only: [:index] do
          resources :entries, only: [:create, :destroy]
        end
      end
      resource :profile, except: [:destroy, :create]
      match 'search', to: 'search#run', via: [:get, :post]
    end
  end
  # get '/old', to: 'old#show'
end
~~~
~~~file app/controllers/api/orders_controller.rb
class Api::OrdersController < ApplicationController
  before_action :authenticate_user!, except: [:index]
  before_action :set_order, only: [:show]

  def index
    cache.get '/nothing'
  end

  def create
    Order.create(params.require(:order).permit(:sku, :quantity))
  end

  def show; end
end
~~~
~~~routes
GET /
GET /api/v1/orders
POST /api/v1/orders guards=authenticate_user! body=quantity,sku
GET /api/v1/orders/stats guards=authenticate_user!
GET /api/v1/orders/{id} guards=authenticate_user!
POST /api/v1/orders/{id}/cancel guards=authenticate_user!
DELETE /api/v1/orders/{order_id}/items/{id}
DELETE /api/v1/entries/{id}
GET /api/v1/lists
POST /api/v1/lists/{list_id}/entries
GET /api/v1/profile
PATCH /api/v1/profile
PUT /api/v1/profile
GET /api/v1/search
POST /api/v1/search
GET /health
~~~

~~~file config/routes.rb
Rails.application.routes.draw do
  mount Blog::Engine => "/blog"
  mount Pay::Engine, at: "/pay", as: "pay"
end
~~~
~~~file engines/blog/config/routes.rb
Blog::Engine.routes.draw do
  resources :statuses, only: [:index, :show] do
    get :raw
  end
end
~~~
~~~unclear
config/routes.rb:3: routes of a library: `Pay::Engine`
~~~
~~~routes
GET /blog/statuses
GET /blog/statuses/{id}
GET /blog/statuses/{status_id}/raw
~~~
"#;
