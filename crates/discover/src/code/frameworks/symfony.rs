//! Symfony.

use super::{BLANK, Called, Declared, Framework, Meaning, Style, Whole, class_of, parameter, verbs_of};
use crate::code::facts::{Below, In, Taken};
use crate::code::syntax::{Call, Class, Function, Kind, Node, Parameter, Unit};

pub(super) const FRAMEWORK: Framework = Framework {
    id: "symfony",
    product: "Symfony",
    source: "https://symfony.com/doc/current/routing.html",
    languages: &["PHP", "YAML"],
    marks: &["Symfony\\Component\\Routing", "Symfony\\Component\\HttpFoundation"],
    style: Style::Braces,
    call,
    types: &["RoutingConfigurator"],
    entry: |name| name.is_empty() || name == "configureRoutes",
    file,
    settings,
    class,
    method,
    whole,
    takes,
    parameter: of_parameter,
    keeps_slash: true,
    doc: DOC,
    ..BLANK
};

/// Files of settings have routes by themselves.
fn file(path: &str, _: &Unit) -> Option<String> {
    let is_settings = [".yaml", ".yml"].iter().any(|ending| path.ends_with(ending));
    (is_settings && !path.contains("application.")).then(String::new)
}

/// Routes of YAML, other files of routes, and folders of controllers.
fn settings<'c>(path: &str, unit: &'c Unit) -> Vec<(u32, Meaning<'c>)> {
    let mut meanings = Vec::new();
    for node in unit.body.iter().filter(|_| file(path, unit).is_some()) {
        let Kind::Map(members) = &node.kind else { continue };
        for (name, value) in members {
            match (name.strip_prefix("when@"), &value.kind) {
                (None, _) => setting(path, value, &mut meanings),
                (Some("prod"), Kind::Map(inside)) => {
                    inside.iter().for_each(|(_, value)| setting(path, value, &mut meanings));
                }
                _ => {}
            }
        }
    }
    meanings
}

/// Texts of a setting, of which there may be one for each language that people speak.
fn texts(node: &Node) -> Vec<&Node> {
    match &node.kind {
        Kind::Map(members) => members.iter().map(|(_, value)| value).collect(),
        _ => vec![node],
    }
}

fn setting<'c>(file: &str, value: &'c Node, meanings: &mut Vec<(u32, Meaning<'c>)>) {
    if let Some(resource) = value.member("resource") {
        let prefixes = value.member("prefix").map(texts).unwrap_or_default().into_iter().map(Some);
        let prefixes: Vec<Option<&Node>> = prefixes.collect();
        for prefix in if prefixes.is_empty() { vec![None] } else { prefixes } {
            let meaning = resourced(file, resource, value.member("type"), prefix);
            meanings.extend(meaning.map(|meaning| (resource.line, meaning)));
        }
        return;
    }
    let methods = value.member("methods").map(verbs_of).unwrap_or_default();
    let methods: Vec<String> = methods.iter().flat_map(|one| one.split('|')).map(str::to_owned).collect();
    let methods = if methods.is_empty() { vec!["*".to_owned()] } else { methods };
    let handler =
        value.member("controller").or(value.member("defaults").and_then(|all| all.member("_controller")));
    for path in value.member("path").map(texts).unwrap_or_default() {
        let handlers = handler.into_iter().collect();
        let meaning = Meaning::Route { methods: methods.clone(), path: Some(path), handlers };
        meanings.push((path.line, meaning));
    }
}

/// What is taken in: a file of routes, a folder of controllers, or what a library has.
fn resourced<'c>(
    file: &str,
    resource: &'c Node,
    kind: Option<&'c Node>,
    prefix: Option<&'c Node>,
) -> Option<Meaning<'c>> {
    let resource = resource.member("path").unwrap_or(resource);
    let text = resource.text()?;
    let kind = kind.and_then(Node::text);
    let is_marks = matches!(kind, Some("attribute" | "annotation"));
    if !is_marks && [".yaml", ".yml", ".xml", ".php"].iter().any(|ending| text.ends_with(ending)) {
        return Some(Meaning::File { file: resource, path: prefix, beside: None });
    }
    if let Some(what) = kind.filter(|_| !is_marks) {
        return Some(Meaning::Foreign { what });
    }
    Some(Meaning::Everywhere { path: prefix.into_iter().collect(), except: None, below: below(file, text) })
}

/// Which files a resource is: it is named from where the settings stand, from the program, or by its bundle.
fn below(file: &str, resource: &str) -> Below {
    let plain = resource.split(['*', '{']).next().unwrap_or(resource).trim_end_matches('/');
    if let Some(bundle) = plain.strip_prefix('@') {
        return Below::Named(bundle.to_owned());
    }
    let program = format!("/{file}").find("/config/").and_then(|at| file.get(..at));
    let (folder, rest) = match plain.strip_prefix("%kernel.project_dir%/") {
        Some(rest) => (program.unwrap_or_default(), rest),
        None => (file.rsplit_once('/').map_or("", |(folder, _)| folder), plain),
    };
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in rest.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    let root = if folder.starts_with('/') { "/" } else { "" };
    Below::Folder(format!("{root}{}", parts.join("/")))
}

fn path(mark: &Call) -> Option<&Node> {
    mark.named("path").or(mark.named("value")).or(mark.unnamed(0))
}

fn routes(marks: &[Node]) -> impl Iterator<Item = &Call> {
    marks.iter().filter_map(Node::call).filter(|mark| mark.name() == "Route")
}

/// Routes and folders of controllers that settings in PHP add.
fn configured<'c>(call: &'c Call) -> Option<Meaning<'c>> {
    let on = call.receiver()?;
    match call.name() {
        "add" => {
            let methods = vec!["*".to_owned()];
            Some(Meaning::Route { methods, path: Some(call.value(1)?), handlers: Vec::new() })
        }
        "methods" => Some(Meaning::Restrict { methods: verbs_of(call.value(0)?) }),
        "controller" => Some(Meaning::Handled { by: call.value(0)? }),
        "import" => {
            let text = call.value(0)?.text()?;
            let is_folder = !text.ends_with(".php") && !text.ends_with(".yaml") && !text.ends_with(".xml");
            let name = text.split(['*', '{']).next().unwrap_or(text).trim_matches(['.', '/']).to_owned();
            is_folder.then(|| Meaning::Everywhere {
                path: Vec::new(),
                except: None,
                below: Below::Named(name),
            })
        }
        "prefix" if on.call().is_some_and(|of| of.name() == "import") => {
            Some(Meaning::Below { path: call.value(0)? })
        }
        _ => None,
    }
}

/// A class with `__invoke` has routes of its own.
fn call<'c>(called: &Called<'c>) -> Option<Meaning<'c>> {
    if let Some(configured) = configured(called.call) {
        return Some(configured);
    }
    let class = called.class.filter(|class| called.name == "Route" && is_invoked(class))?;
    let has_other =
        class.body.iter().filter_map(Node::function).any(|one| routes(&one.marks).next().is_some());
    let methods = called.call.named("methods").map_or_else(|| vec!["*".to_owned()], verbs_of);
    (!has_other).then(|| Meaning::Invoked { methods, path: path(called.call) })
}

fn is_invoked(class: &Class) -> bool {
    class.body.iter().any(|node| node.function().is_some_and(|one| &*one.name == "__invoke"))
}

/// `json_decode($request->getContent(), true)`, `$request->toArray()`
fn whole(node: &Node) -> Option<Whole> {
    let call = node.call()?;
    let of = if call.name() == "json_decode" { call.value(0)?.call()? } else { call };
    let is_request = of.receiver()?.last_name() == "request";
    (is_request && matches!(of.name(), "getContent" | "toArray" | "getPayload")).then_some(Whole::Body)
}

fn class<'c>(class: &'c Class, _: &str) -> Vec<Option<&'c Node>> {
    // Any class may have routes; its own is what they begin with.
    let own: Vec<Option<&Node>> = routes(&class.marks).map(path).collect();
    if own.is_empty() || is_invoked(class) { vec![None] } else { own }
}

fn method<'c>(function: &'c Function, _: Option<&str>) -> Vec<Declared<'c>> {
    let declared = |mark: &'c Call| Declared {
        methods: mark.named("methods").map_or_else(|| vec!["*".to_owned()], verbs_of),
        path: path(mark),
        line: mark.callee.line,
    };
    routes(&function.marks).map(declared).collect()
}

/// `#[MapRequestPayload] NewOrder $order`, `#[MapQueryParameter] int $page`.
fn of_parameter(parameter: &Parameter) -> Option<Taken> {
    let marks = || parameter.marks.iter().map(Node::last_name);
    if marks().any(|name| name == "MapRequestPayload") {
        return Some(Taken::Body(class_of(&parameter.kind).to_owned()));
    }
    if marks().any(|name| name == "MapQueryString") {
        return Some(Taken::QueryOf(class_of(&parameter.kind).to_owned()));
    }
    if marks().any(|name| name == "MapQueryParameter") {
        super::parameter(In::Query, &parameter.name)
    } else {
        None
    }
}

/// `$request->query->get('page')`, `$request->headers->get('X-Tenant')`, `$request->request->get('name')`.
fn takes(node: &Node) -> Option<Taken> {
    let Kind::Call(call) = &node.kind else { return None };
    let on = call.receiver()?.dotted()?;
    let name = call.value(0)?.text().filter(|_| call.name().starts_with("get"))?;
    match on.strip_prefix("request.")? {
        "query" => parameter(In::Query, name),
        "headers" => parameter(In::Header, name),
        "cookies" => parameter(In::Cookie, name),
        "request" | "payload" => Some(Taken::Field(name.to_owned())),
        _ => None,
    }
}

const DOC: &str = r#"
Attributes `#[Route]` of classes and methods, `#[IsGranted]`, and what handlers read or have mapped. Annotations of comments are as good as attributes.
Routes in YAML are found, with the files and folders of controllers that are taken in below a prefix; in PHP routes and folders.
Routes in XML, firewalls and access control of the configuration are not understood.

~~~file src/Controller/OrderController.php
<?php

namespace App\Controller;

use Symfony\Component\HttpFoundation\Request;
use Symfony\Component\Routing\Attribute\Route;
use Symfony\Component\Security\Http\Attribute\IsGranted;

#[Route('/api/orders', name: 'orders_')]
#[IsGranted('ROLE_USER')]
class OrderController extends AbstractController
{
    #[Route('', name: 'list', methods: ['GET'])]
    public function list(Request $request): Response
    {
        $this->cache->get('/nothing');
        return $this->json($request->query->get('page'));
    }

    #[Route('/{id<\d+>}', methods: ['PUT', 'PATCH'])]
    #[IsGranted('ROLE_ADMIN')]
    public function change(int $id, #[MapRequestPayload] OrderChange $change): Response { return new Response(); }

    public function helper(): void {}
}
~~~
~~~file src/Controller/HealthController.php
<?php

namespace App\Controller;

use Symfony\Component\Routing\Attribute\Route;

class HealthController
{
    #[Route(path: '/health')]
    public function __invoke(): Response { return new Response('ok'); }
}

class OrderChange
{
    public function __construct(public readonly string $note, public int $quantity) {}
}
~~~
~~~routes
GET /api/orders guards=IsGranted(ROLE_USER) query=page
PATCH /api/orders/{id} guards=IsGranted(ROLE_USER),IsGranted(ROLE_ADMIN) body=note,quantity
PUT /api/orders/{id} guards=IsGranted(ROLE_USER),IsGranted(ROLE_ADMIN) body=note,quantity
* /health
~~~

~~~file config/routes.yaml
controllers:
    resource: { path: ../src/Controller/, namespace: App\Controller }
    type: attribute
    prefix: /shop
reports:
    resource: "routes/reports.yaml"
    prefix: { en: /reports, de: /berichte }
login:
    path: /login
    methods: [POST]
api:
    resource: .
    type: api_platform
when@dev:
    profiler:
        path: /_profiler
~~~
~~~file config/routes/reports.yaml
daily:
    path: /daily/{day}
    controller: App\Report\DailyController::show
    methods: GET|HEAD
hook:
    path: { en: /hook, de: /haken }
    controller: App\Report\LoginController
~~~
~~~file src/Controller/CartController.php
<?php

namespace App\Controller;

use Symfony\Component\Routing\Attribute\Route;

class CartController
{
    #[Route('/cart', methods: ['GET'])]
    public function show(): Response {}
}
~~~
~~~file src/Report/DailyController.php
<?php

namespace App\Report;

use Symfony\Component\HttpFoundation\Request;

class DailyController
{
    public function show(Request $request): Response { return $this->json($request->query->get('part')); }
}
~~~
~~~unclear
config/routes.yaml:12: routes of a library: `api_platform`
~~~
~~~routes
POST /login
GET /berichte/daily/{day} query=part
GET /reports/daily/{day} query=part
HEAD /berichte/daily/{day} query=part
HEAD /reports/daily/{day} query=part
* /berichte/haken
* /berichte/hook
* /reports/haken
* /reports/hook
GET /shop/cart
~~~

~~~file config/routes.php
<?php

use App\Legacy\PageController;
use Symfony\Component\Routing\Loader\Configurator\RoutingConfigurator;

return static function (RoutingConfigurator $routes): void {
    $routes->add('page', '/pages/{slug}')->controller([PageController::class, 'show'])->methods(['GET']);
    $routes->import('../src/Hook/', 'attribute')->prefix('/hooks');
};
~~~
~~~file src/Legacy/PageController.php
<?php

namespace App\Legacy;

class PageController
{
    public function show(Request $request) { return $request->query->get('draft'); }
}
~~~
~~~file src/Hook/MailController.php
<?php

namespace App\Hook;

use Symfony\Component\Routing\Attribute\Route;

class MailController
{
    #[Route('/mail', methods: ['POST'])]
    public function mail(): Response {}
}
~~~
~~~routes
POST /hooks/mail
GET /pages/{slug} query=draft
~~~
"#;
