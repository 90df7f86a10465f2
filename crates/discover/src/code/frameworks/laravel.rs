//! Laravel.

use super::{BLANK, Called, Framework, Meaning, Resource, Style, parameter, verb, verbs_of};
use crate::code::facts::{In, Taken};
use crate::code::syntax::{Call, Kind, Node, Unit};

pub(super) const FRAMEWORK: Framework = Framework {
    id: "laravel",
    product: "Laravel",
    source: "https://laravel.com/docs/routing",
    languages: &["PHP"],
    marks: &["Illuminate\\"],
    style: Style::Braces,
    call,
    file,
    here: &["Route"],
    takes,
    same: &[
        "name",
        "where",
        "whereNumber",
        "whereUuid",
        "scopeBindings",
        "domain",
        "as",
        "names",
        "parameters",
    ],
    doc: DOC,
    ..BLANK
};

/// A resource, with what its options leave of it.
fn resource<'c>(path: &'c Node, call: &'c Call) -> Resource<'c> {
    let option = |name: &str| call.value(2).and_then(|options| options.member(name));
    Resource {
        path,
        below: None,
        controller: call.value(1),
        only: option("only"),
        except: option("except"),
        inside: Vec::new(),
        actions: ACTIONS,
        is_named: true,
    }
}

/// Whether it is called on the facade itself, and not on what that gave.
fn is_facade(call: &Call) -> bool {
    call.receiver().is_some_and(|on| on.last_name() == "Route" && on.call().is_none())
}

/// Files under `routes` hang their routes on the application; those of `api.php` under `/api`.
fn file(path: &str, _: &Unit) -> Option<String> {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let is_routes = folder == "routes" || folder.ends_with("/routes");
    is_routes.then(|| if name == "api.php" { "/api".to_owned() } else { String::new() })
}

fn call<'c>(called: &Called<'c>) -> Option<Meaning<'c>> {
    let call = called.call;
    call.receiver()?;
    let path = call.value(0);
    match called.name {
        "prefix" => Some(Meaning::Group { path, guards: Vec::new(), inside: Vec::new() }),
        "name" | "domain" | "as" if is_facade(call) => {
            Some(Meaning::Group { path: None, guards: Vec::new(), inside: Vec::new() })
        }
        "controller" => Some(Meaning::Group { path: None, guards: Vec::new(), inside: Vec::new() }),
        "middleware" => {
            let guards = call.values_from(0);
            // Before a group it is about what comes within, behind a route about that.
            Some(if is_facade(call) {
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
            Some(Meaning::Group {
                path: options.and_then(|options| options.member("prefix")),
                guards: options.and_then(|options| options.member("middleware")).into_iter().collect(),
                inside: inside.into_iter().collect(),
            })
        }
        "apiResource" | "resource" => Some(Meaning::Resources(vec![resource(path?, call)])),
        "only" => Some(Meaning::Only { names: call.values_from(0), is_kept: true }),
        "except" => Some(Meaning::Only { names: call.values_from(0), is_kept: false }),
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

/// `$request->query('page')`, `$request->input('name')`, `$request->header('X-Tenant')`, `$request->validate([…])`.
fn takes(node: &Node) -> Option<Taken> {
    let Kind::Call(call) = &node.kind else { return None };
    if call.receiver()?.last_name() != "request" {
        return None;
    }
    if call.name() == "validate" {
        let Kind::Map(members) = &call.value(0)?.kind else { return None };
        return Some(Taken::Fields(members.iter().map(|(name, _)| name.to_string()).collect()));
    }
    let name = call.value(0)?.text()?;
    match call.name() {
        "query" => parameter(In::Query, name),
        "header" | "bearerToken" => parameter(In::Header, name),
        "cookie" => parameter(In::Cookie, name),
        "input" | "post" | "string" | "integer" | "boolean" | "date" => Some(Taken::Field(name.to_owned())),
        _ => None,
    }
}

const DOC: &str = r#"
Files under `routes` with verbs, `match`, prefixes, middleware and groups, resources with `only` and `except`, and what handlers that are closures
or methods of controllers read. Files that a provider loads under another prefix, controllers of groups, rules of form requests, and
middleware of a controller's constructor are not understood.

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
