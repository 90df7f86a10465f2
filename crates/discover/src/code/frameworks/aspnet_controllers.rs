//! Controllers of ASP.NET Core.

use super::{BLANK, Declared, Framework, Style, class_of, dotnet_parameter, marked, verb, verbs_of};
use crate::code::facts::Taken;
use crate::code::syntax::{Call, Class, Function, Node, Parameter};

pub(super) const FRAMEWORK: Framework = Framework {
    id: "aspnet-controllers",
    product: "ASP.NET Core controllers",
    source: "https://learn.microsoft.com/aspnet/core/mvc/controllers/routing",
    languages: &["C#"],
    marks: &["ControllerBase", "[ApiController]", "Microsoft.AspNetCore.Mvc"],
    style: Style::Braces,
    class,
    method,
    handed: |class| marked(&class.marks, "Route").and_then(|mark| mark.value(0)),
    parameter,
    open: |name| name == "AllowAnonymous",
    absolute: true,
    doc: DOC,
    ..BLANK
};

fn class<'c>(class: &'c Class, _: &str) -> Vec<Option<&'c Node>> {
    let is_based =
        class.bases.iter().any(|base| base.ends_with("Controller") || base.ends_with("ControllerBase"));
    if class.is_abstract || !is_based && marked(&class.marks, "ApiController").is_none() {
        return Vec::new();
    }
    let routes = class.marks.iter().filter_map(Node::call).filter(|mark| mark.name() == "Route");
    let routes: Vec<Option<&Node>> = routes.map(|mark| mark.value(0)).collect();
    if routes.is_empty() { vec![None] } else { routes }
}

fn method<'c>(function: &'c Function, _: Option<&str>) -> Vec<Declared<'c>> {
    let route = marked(&function.marks, "Route").and_then(|mark| mark.unnamed(0));
    let mut declared = Vec::new();
    if marked(&function.marks, "NonAction").is_some() {
        return declared;
    }
    for mark in function.marks.iter().filter_map(Node::call) {
        let methods = match (mark.name(), mark.name().strip_prefix("Http")) {
            ("AcceptVerbs", _) => all_verbs(mark),
            (_, Some(name)) => match verb(name) {
                Some(methods) => methods,
                None => continue,
            },
            _ => continue,
        };
        let path = mark.unnamed(0).filter(|_| mark.name() != "AcceptVerbs").or(mark.named("Route")).or(route);
        declared.push(Declared { methods, path, line: mark.callee.line });
    }
    declared
}

fn all_verbs(mark: &Call) -> Vec<String> {
    let unnamed = mark.arguments.iter().filter(|one| one.name.is_none());
    unnamed.flat_map(|one| verbs_of(&one.value)).collect()
}

fn parameter(parameter: &Parameter) -> Option<Taken> {
    dotnet_parameter(parameter).or_else(|| {
        let is_plain =
            parameter.marks.is_empty() && parameter.kind.ends_with(|letter: char| letter.is_alphanumeric());
        let class = class_of(&parameter.kind);
        (is_plain && class != "CancellationToken").then(|| Taken::Body(class.to_owned()))
    })
}

const DOC: &str = r#"
Controllers with the routes of class and method, `[controller]` and `[action]`, paths that begin at the root, `AcceptVerbs`, parameters,
bodies, `[Authorize]` and `[AllowAnonymous]`. Routes by convention (`MapControllerRoute`), and policies that stand for the whole
application, are not understood.

~~~file Controllers/OrdersController.cs
using Microsoft.AspNetCore.Mvc;

namespace Shop.Controllers;

[ApiController]
[Authorize]
[Route("api/v1/[controller]")]
public class OrdersController : ControllerBase
{
    private readonly Dictionary<string, Order> cache = new();

    [HttpGet]
    [AllowAnonymous]
    public IActionResult List([FromQuery] int page, string? status) => Ok(cache.Get("/nothing"));

    [HttpGet("{id:guid}")]
    public IActionResult Get(Guid id) { return Ok(); }

    [HttpPost]
    [Authorize(Policy = "writers")]
    public IActionResult Create([FromBody] NewOrder order, [FromHeader(Name = "X-Tenant")] string tenant) { return Ok(); }

    [AcceptVerbs("PUT", "PATCH")]
    [Route("{id}/[action]")]
    public IActionResult Approve(int id, Approval approval) { return Ok(); }

    [HttpDelete("/admin/orders/{id}")]
    public void Purge(int id) {}

    public void Helper() {}
}

public record NewOrder(string Sku, int Quantity);

public class Approval
{
    public string Comment { get; set; }
}
~~~
~~~routes
DELETE /admin/orders/{id} guards=Authorize
GET /api/v1/Orders query=page,status
POST /api/v1/Orders guards=Authorize,Authorize(writers) header=X-Tenant body=Quantity,Sku
GET /api/v1/Orders/{id} guards=Authorize
PATCH /api/v1/Orders/{id}/Approve guards=Authorize body=Comment
PUT /api/v1/Orders/{id}/Approve guards=Authorize body=Comment
~~~
"#;
