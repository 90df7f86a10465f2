//! Symfony.

use super::{BLANK, Called, Declared, Framework, Meaning, Style, Whole, class_of, parameter, verbs_of};
use crate::code::facts::{In, Taken};
use crate::code::syntax::{Call, Class, Function, Kind, Node, Parameter};

pub(super) const FRAMEWORK: Framework = Framework {
    id: "symfony",
    product: "Symfony",
    source: "https://symfony.com/doc/current/routing.html",
    languages: &["PHP"],
    marks: &["Symfony\\Component\\Routing", "Symfony\\Component\\HttpFoundation"],
    style: Style::Braces,
    call,
    class,
    method,
    whole,
    takes,
    parameter: of_parameter,
    keeps_slash: true,
    doc: DOC,
    ..BLANK
};

fn path(mark: &Call) -> Option<&Node> {
    mark.named("path").or(mark.named("value")).or(mark.unnamed(0))
}

fn routes(marks: &[Node]) -> impl Iterator<Item = &Call> {
    marks.iter().filter_map(Node::call).filter(|mark| mark.name() == "Route")
}

/// A class with `__invoke` has routes of its own.
fn call<'c>(called: &Called<'c>) -> Option<Meaning<'c>> {
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
Attributes `#[Route]` of classes and methods, `#[IsGranted]`, and what handlers read or have mapped. Annotations of comments are as good as attributes. Routes in YAML, XML or PHP, firewalls and access control of the configuration, and prefixes of imported resources are not understood.

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
"#;
