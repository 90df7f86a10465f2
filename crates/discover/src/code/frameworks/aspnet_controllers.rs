//! Controllers of ASP.NET Core.

use super::{
    BLANK, Called, Declared, Framework, Meaning, Style, class_of, dotnet_parameter, marked, verb, verbs_of,
};
use crate::code::facts::Taken;
use crate::code::syntax::{Call, Class, Function, Node, Parameter};

pub(super) const FRAMEWORK: Framework = Framework {
    id: "aspnet-controllers",
    product: "ASP.NET Core controllers",
    source: "https://learn.microsoft.com/aspnet/core/mvc/controllers/routing",
    languages: &["C#"],
    marks: &["ControllerBase", "[ApiController]", "Microsoft.AspNetCore.Mvc"],
    style: Style::Braces,
    call,
    by_convention: true,
    class,
    method,
    handed: |class| marked(&class.marks, "Route").and_then(|mark| mark.value(0)),
    parameter,
    open: |name| name == "AllowAnonymous",
    absolute: true,
    doc: DOC,
    ..BLANK
};

/// Conventions, by which methods without a path are reached.
fn call<'c>(called: &Called<'c>) -> Option<Meaning<'c>> {
    let call = called.call;
    let path =
        |at| call.named("pattern").or(call.named("template")).or(call.named("url")).or(call.unnamed(at));
    match called.name {
        "MapControllerRoute" | "MapRoute" => {
            let alone = call.named("defaults").or(call.unnamed(2));
            Some(Meaning::Convention { path: Some(path(1)?), area: None, alone })
        }
        "MapDefaultControllerRoute" | "UseMvcWithDefaultRoute" => {
            Some(Meaning::Convention { path: None, area: None, alone: None })
        }
        "MapAreaControllerRoute" | "MapAreaRoute" => {
            let area = call.named("areaName").or(call.unnamed(1));
            Some(Meaning::Convention { path: Some(path(2)?), area, alone: None })
        }
        _ => None,
    }
}

fn class<'c>(class: &'c Class, _: &str) -> Vec<Option<&'c Node>> {
    let is_based = class.bases.iter().any(|base| {
        base.ends_with("Controller") || base.ends_with("ControllerBase") || base.starts_with("EndpointBase")
    });
    if class.is_abstract || !is_based && marked(&class.marks, "ApiController").is_none() {
        return Vec::new();
    }
    let routes = class.marks.iter().filter_map(Node::call).filter(|mark| mark.name() == "Route");
    let routes: Vec<Option<&Node>> = routes.map(|mark| mark.value(0)).collect();
    if routes.is_empty() { vec![None] } else { routes }
}

fn method<'c>(function: &'c Function, class: Option<&str>) -> Vec<Declared<'c>> {
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
    if declared.is_empty() && route.is_some() {
        let methods = vec!["*".to_owned()];
        declared.push(Declared { methods, path: route, line: 0 });
    }
    let is_action =
        class.is_some_and(|class| class != &*function.name) && !function.name.starts_with("OnAction");
    if declared.is_empty() && is_action {
        declared.push(Declared { methods: Vec::new(), path: None, line: 0 });
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
bodies, `[Authorize]` and `[AllowAnonymous]`. What has no route of its own is reached by the conventions of the program
(`MapControllerRoute`), also in areas and where one is for one action alone. Pages of Razor, and policies that stand for the
whole application are not understood.

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

~~~file Program.cs
using Microsoft.AspNetCore.Mvc;

app.MapControllerRoute(name: "areas", pattern: "{area:exists}/{controller=Home}/{action=Index}/{id?}");
app.MapControllerRoute("default", "{controller=Home}/{action=Index}/{id?}");
app.MapControllerRoute("tabs", "tabs/{tab}", new { controller = "Home", action = "Details" });
app.MapControllers();
~~~
~~~file Controllers/HomeController.cs
using Microsoft.AspNetCore.Mvc;

public class HomeController : Controller
{
    public HomeController(IClock clock) {}

    public IActionResult Index() => View();

    public async Task<IActionResult> DetailsAsync(int id, string tab) => View(Count());

    [HttpPost]
    public IActionResult Contact(ContactForm form) => View();

    [HttpGet("about")]
    public IActionResult About() => View();

    [NonAction]
    public IActionResult Hidden() => View();

    private int Count() => 1;

    protected override void Dispose(bool isDisposing) {}
}

[Area("Admin")]
[Authorize]
public class UsersController : Controller
{
    public IActionResult Index() => View();
}

[Route("api/[controller]")]
public class PricesController : Controller
{
    public int Helper() => 1;

    [HttpGet]
    public IActionResult List() => Ok();
}
~~~
~~~routes
* /
* /Admin/Users guards=Authorize
* /Admin/Users/Index guards=Authorize
* /Home
* /Home/Details/{id} query=tab
* /Home/Index
* /tabs/{tab} query=id
GET /about
GET /api/Prices
POST /Home/Contact
~~~
"#;
