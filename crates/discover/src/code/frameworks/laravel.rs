//! Laravel.

use super::{BLANK, Called, Framework, Meaning, Resource, Style, Whole, parameter, verb, verbs_of};
use crate::code::facts::{In, Taken};
use crate::code::syntax::{Call, Kind, Node, Parameter, Unit};

pub(super) const FRAMEWORK: Framework = Framework {
    id: "laravel",
    product: "Laravel",
    source: "https://laravel.com/docs/routing",
    languages: &["PHP"],
    marks: &["Illuminate\\", "Laravel\\Lumen"],
    style: Style::Braces,
    call,
    file,
    here: &["Route", "router", "app"],
    takes,
    whole,
    parameter: parameter_of,
    same: &[
        "name",
        "where",
        "whereNumber",
        "whereUuid",
        "scopeBindings",
        "domain",
        "as",
        "names",
        "scoped",
        "namespace",
        "missing",
        "withTrashed",
    ],
    doc: DOC,
    ..BLANK
};

/// A resource, with what its options leave of it.
fn resource<'c>(name: &'c str, call: &'c Call) -> Resource<'c> {
    let option = |name: &str| call.value(2).and_then(|options| options.member(name));
    Resource {
        name,
        line: None,
        below: None,
        controller: call.value(1),
        only: option("only"),
        except: option("except"),
        inside: Vec::new(),
        actions: if call.name().to_ascii_lowercase().contains("singleton") { ONE } else { ACTIONS },
        is_named: true,
        parameter: None,
        concerns: None,
        is_shallow: false,
    }
}

/// `apiResources(['photos' => PhotoController::class])`
fn several<'c>(list: &'c Node, call: &'c Call) -> Vec<Resource<'c>> {
    let Kind::Map(members) = &list.kind else { return Vec::new() };
    let of = |(name, controller): &'c (Box<str>, Node)| Resource {
        controller: Some(controller),
        line: Some(controller.line),
        ..resource(name, call)
    };
    members.iter().map(of).collect()
}

/// Whether it is called on the facade itself, and not on what that gave.
fn is_facade(call: &Call) -> bool {
    call.receiver().is_some_and(|on| on.last_name() == "Route" && on.call().is_none())
}

/// Whether what is called on is a resource, with what is left of it.
fn is_of_resource(on: &Node) -> bool {
    let mut next = Some(on);
    while let Some(call) = next.and_then(Node::call) {
        if call.name().to_ascii_lowercase().contains("resource") {
            return true;
        }
        next = call.receiver();
    }
    false
}

/// Files under `routes` hang their routes on the application; those of `api.php` under `/api`.
fn file(path: &str, _: &Unit) -> Option<String> {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let below = folder.rsplit_once("routes/").map(|(_, below)| below);
    let is_routes = folder == "routes" || folder.ends_with("/routes") || below.is_some();
    // Providers of the program and its beginning say which files have routes.
    if name.ends_with("RouteServiceProvider.php") || path.ends_with("bootstrap/app.php") {
        return Some(String::new());
    }
    is_routes.then(|| {
        if name == "api.php" || below.is_some_and(|below| below.starts_with("api")) {
            "/api".to_owned()
        } else {
            String::new()
        }
    })
}

/// Files that are taken in, middleware that a controller has by itself, and routes of libraries.
fn around<'c>(called: &Called<'c>) -> Option<Meaning<'c>> {
    let call = called.call;
    let path = call.value(0);
    if called.name == "require" {
        return Some(Meaning::File { file: path?, path: None, beside: None });
    }
    if called.name == "withRouting" {
        return Some(Meaning::File {
            file: call.named("api")?,
            path: Some(call.named("apiPrefix")?),
            beside: call.named("then"),
        });
    }
    let on = call.receiver()?;
    let is_of_this = |of: &Call| of.receiver().is_some_and(|this| this.last_name() == "this");
    if called.name == "middleware" && is_of_this(call) {
        return Some(Meaning::BeforeActions {
            guards: path?.values().iter().collect(),
            only: None,
            except: None,
            is_lifted: false,
        });
    }
    if on.call().is_some_and(|of| of.name() == "middleware" && is_of_this(of)) {
        return Some(Meaning::Narrow { names: call.values_from(0), is_kept: called.name == "only" });
    }
    if on.last_name() == "Auth" && called.name == "routes" {
        return Some(Meaning::Foreign { what: "Auth::routes" });
    }
    None
}

/// Resources, and what is said of them behind them.
fn of_resources<'c>(called: &Called<'c>) -> Option<Meaning<'c>> {
    let call = called.call;
    call.receiver()?;
    let path = call.value(0);
    match called.name {
        "apiResource" | "resource" | "singleton" | "apiSingleton" => {
            Some(Meaning::Resources(vec![resource(path?.text()?, call)]))
        }
        "apiResources" | "resources" => Some(Meaning::Resources(several(path?, call))),
        "shallow" => Some(Meaning::Shallow),
        "parameters" => match &path?.kind {
            Kind::Map(members) => Some(Meaning::Member { name: &members.first()?.1 }),
            _ => None,
        },
        "parameter" => Some(Meaning::Member { name: call.value(1)? }),
        "only" => Some(Meaning::Only { names: call.values_from(0), is_kept: true }),
        "except" => Some(Meaning::Only { names: call.values_from(0), is_kept: false }),
        _ => None,
    }
}

fn call<'c>(called: &Called<'c>) -> Option<Meaning<'c>> {
    let call = called.call;
    if let Some(meaning) = around(called).or_else(|| of_resources(called)) {
        return Some(meaning);
    }
    let (on, path) = (call.receiver()?, call.value(0));
    match called.name {
        "prefix" => Some(Meaning::Group { path, guards: Vec::new(), inside: Vec::new() }),
        "name" | "domain" | "as" if is_facade(call) => {
            Some(Meaning::Group { path: None, guards: Vec::new(), inside: Vec::new() })
        }
        "controller" => Some(Meaning::Controlled { controller: path?, inside: Vec::new() }),
        "middleware" => {
            let guards = call.values_from(0);
            // Before a group it is about what comes within, behind a route about that.
            Some(if is_of_resource(on) {
                Meaning::BeforeResource { guards }
            } else if is_facade(call) {
                Meaning::Group { path: None, guards, inside: Vec::new() }
            } else {
                Meaning::Guards { under: None, guards }
            })
        }
        "withoutMiddleware" => Some(Meaning::Guards { under: None, guards: Vec::new() }),
        "group" => {
            let options = path.filter(|options| matches!(options.kind, Kind::Map(_)));
            let inside = call
                .arguments
                .last()
                .map(|argument| &argument.value)
                .filter(|last| last.function().is_some());
            if let Some(file) = path.filter(|file| call.arguments.len() == 1 && file.function().is_none()) {
                return Some(Meaning::File { file, path: None, beside: None });
            }
            Some(Meaning::Group {
                path: options.and_then(|options| options.member("prefix")),
                guards: options.and_then(|options| options.member("middleware")).into_iter().collect(),
                inside: inside.into_iter().collect(),
            })
        }
        "match" => Some(Meaning::Route {
            methods: verbs_of(path?),
            path: call.value(1),
            handlers: vec![call.value(2)?],
        }),
        "view" if call.receiver().is_some_and(|on| on.last_name() == "Route") => {
            Some(Meaning::Route { methods: vec!["GET".to_owned()], path, handlers: Vec::new() })
        }
        name => {
            let methods = verb(name).filter(|_| call.arguments.len() > 1)?;
            Some(Meaning::Route { methods, path, handlers: vec![call.value(1)?] })
        }
    }
}

/// Actions of a resource: method, and whether it is about one.
const ACTIONS: &[(&str, &str, bool)] = &[
    ("index", "GET", false),
    ("store", "POST", false),
    ("show", "GET", true),
    ("update", "PUT", true),
    ("update", "PATCH", true),
    ("destroy", "DELETE", true),
];

/// Those of a resource of which there is one.
const ONE: &[(&str, &str, bool)] =
    &[("show", "GET", false), ("update", "PUT", false), ("update", "PATCH", false)];

/// A request of a class of its own, whose rules say what it holds.
fn parameter_of(parameter: &Parameter) -> Option<Taken> {
    let is_request = &*parameter.name == "request" || parameter.kind.ends_with("Request");
    let is_own = is_request
        && !parameter.kind.is_empty()
        && !matches!(&*parameter.kind, "Request" | "ServerRequestInterface");
    is_own.then(|| Taken::AnyOf(parameter.kind.rsplit('\\').next().unwrap_or_default().to_owned()))
}

/// Names that rules are for, of which those behind a dot are within others.
fn ruled(rules: &Node) -> Option<Taken> {
    let Kind::Map(members) = &rules.kind else { return None };
    let names = members.iter().map(|(name, _)| name.split('.').next().unwrap_or_default().to_owned());
    Some(Taken::Fields(names.filter(|name| !name.is_empty()).collect()))
}

/// `$request->bio`: a member of a request is a value of the query or the body.
fn whole(node: &Node) -> Option<Whole> {
    matches!(&node.kind, Kind::Name(name) if &**name == "request").then_some(Whole::Any)
}

/// `$request->query('page')`, `$request->input('name')`, `$request->header('X-Tenant')`, `$request->validate([…])`.
fn takes(node: &Node) -> Option<Taken> {
    let Kind::Call(call) = &node.kind else { return None };
    if call.receiver().is_none() && call.name() == "request" {
        return Some(Taken::Any(call.value(0)?.text()?.to_owned()));
    }
    // `$this->validate($request, […])`, `Validator::make($request->all(), […])`
    if matches!(call.name(), "validate" | "make" | "validateWithBag") && call.arguments.len() > 1 {
        return ruled(call.value(1)?);
    }
    if call.receiver()?.last_name() != "request" {
        return None;
    }
    match call.name() {
        "validate" => return ruled(call.value(0)?),
        "only" => {
            let names = call.values_from(0).into_iter().flat_map(Node::values).filter_map(Node::text);
            return Some(Taken::Fields(names.map(str::to_owned).collect()));
        }
        _ => {}
    }
    let name = call.value(0)?.text()?;
    match call.name() {
        "query" => parameter(In::Query, name),
        "header" | "bearerToken" => parameter(In::Header, name),
        "cookie" => parameter(In::Cookie, name),
        "post" | "file" => Some(Taken::Field(name.to_owned())),
        "input" | "get" | "string" | "str" | "integer" | "float" | "boolean" | "date" | "enum"
        | "collect" => Some(Taken::Any(name.to_owned())),
        _ => None,
    }
}

const DOC: &str = r#"
Files under `routes` with verbs, `match`, prefixes, middleware and groups, resources with `only` and `except`, and what handlers that are closures
or methods of controllers read. So are files that another file or a provider loads within a group, controllers of groups, rules of form requests, and
middleware of a controller's constructor. What `Auth::routes` adds is said to be there, and not listed.

~~~file routes/api.php
<?php

use App\Http\Controllers\OrderController;
use Illuminate\Support\Facades\Route;

Route::get('/health', fn () => 'ok');
Route::middleware('auth:sanctum')->group(function () {
    Route::prefix('v1')->group(function () {
        Route::apiResource('orders', OrderController::class)->only(['index', 'show', 'store']);
        Route::post('/orders/{order}/cancel', [OrderController::class, 'cancel'])->middleware('can:cancel')->name('cancel');
    });
});
// Route::get('/old', 'Old@index');
Route::group(['prefix' => 'admin', 'middleware' => ['auth', 'role:admin']], function () {
    Route::match(['put', 'patch'], '/users/{id?}', function (Request $request) {
        Cache::get('/nothing', 1);
        return $request->input('email');
    });
});
~~~
~~~file app/Http/Controllers/OrderController.php
<?php

namespace App\Http\Controllers;

class OrderController extends Controller
{
    public function index(Request $request) { return $request->query('page'); }

    public function cancel(Request $request) { return $request->input('reason'); }
}
~~~
~~~routes
PATCH /api/admin/users guards=auth,role:admin body=email
PATCH /api/admin/users/{id} guards=auth,role:admin body=email
PUT /api/admin/users guards=auth,role:admin body=email
PUT /api/admin/users/{id} guards=auth,role:admin body=email
GET /api/health
GET /api/v1/orders guards=auth:sanctum query=page
POST /api/v1/orders guards=auth:sanctum
POST /api/v1/orders/{order}/cancel guards=auth:sanctum,can:cancel body=reason
GET /api/v1/orders/{order} guards=auth:sanctum
~~~
"#;
