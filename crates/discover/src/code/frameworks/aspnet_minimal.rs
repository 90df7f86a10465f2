//! Minimal APIs of ASP.NET Core.

use super::{BLANK, Called, Framework, Meaning, Style, class_of, dotnet_parameter, verb, verbs_of};
use crate::code::facts::Taken;
use crate::code::syntax::Parameter;

pub(super) const FRAMEWORK: Framework = Framework {
    id: "aspnet-minimal",
    product: "ASP.NET Core minimal APIs",
    source: "https://learn.microsoft.com/aspnet/core/fundamentals/minimal-apis/route-handlers",
    languages: &["C#"],
    marks: &["WebApplication", "IEndpointRouteBuilder"],
    style: Style::Braces,
    call,
    parameter,
    types: &["WebApplication", "IEndpointRouteBuilder", "RouteGroupBuilder"],
    same: &[
        "WithName",
        "WithTags",
        "WithOpenApi",
        "Produces",
        "ProducesProblem",
        "WithSummary",
        "WithDescription",
        "Accepts",
        "AddEndpointFilter",
        "WithMetadata",
        "DisableAntiforgery",
        "CacheOutput",
        "RequireRateLimiting",
        "RequireCors",
        "ExcludeFromDescription",
        "HasApiVersion",
        "MapToApiVersion",
    ],
    open: |name| name == "AllowAnonymous",
    is_fluent: true,
    entry: |name| matches!(name, "AddRoutes" | "AddRoute" | "DefineEndpoints"),
    doc: DOC,
    ..BLANK
};

fn call<'c>(called: &Called<'c>) -> Option<Meaning<'c>> {
    let call = called.call;
    let path = call.value(0);
    if called.origin.starts_with("WebApplication.") && matches!(called.name, "Build" | "Create") {
        return Some(Meaning::Root { path: None, inside: Vec::new() });
    }
    match called.name {
        "MapGroup" => Some(Meaning::Group { path, guards: Vec::new(), inside: Vec::new() }),
        "NewVersionedApi" => Some(Meaning::Group { path: None, guards: Vec::new(), inside: Vec::new() }),
        "RequireAuthorization" | "AllowAnonymous" | "HasPermission" | "RequirePermission" | "RequireRole" => {
            Some(Meaning::Conventions { guard: call })
        }
        "MapHealthChecks" | "MapPrometheusScrapingEndpoint" => {
            Some(Meaning::Route { methods: vec!["*".to_owned()], path, handlers: Vec::new() })
        }
        "MapIdentityApi" => Some(Meaning::Foreign { what: "MapIdentityApi" }),
        "MapMethods" => {
            Some(Meaning::Route { methods: verbs_of(call.value(1)?), path, handlers: call.values_from(2) })
        }
        "Map" if call.arguments.len() == 2 => {
            Some(Meaning::Route { methods: vec!["*".to_owned()], path, handlers: call.values_from(1) })
        }
        name => {
            let methods = verb(name.strip_prefix("Map")?)?;
            Some(Meaning::Route { methods, path, handlers: call.values_from(1) })
        }
    }
}

/// Ends of names of what the program gives to handlers itself.
const SERVICES: &[&str] = &[
    "Context",
    "Db",
    "Service",
    "Repository",
    "Token",
    "Factory",
    "Manager",
    "Logger",
    "Client",
    "Principal",
    "HttpRequest",
    "HttpResponse",
    "Mediator",
    "Sender",
    "Store",
];

fn parameter(parameter: &Parameter) -> Option<Taken> {
    dotnet_parameter(parameter).or_else(|| {
        let class = class_of(&parameter.kind);
        let mut letters = class.chars();
        let is_interface = letters.next() == Some('I') && letters.next().is_some_and(char::is_uppercase);
        if parameter.marks.iter().any(|mark| mark.last_name() == "AsParameters") {
            return Some(Taken::QueryOf(class.to_owned()));
        }
        let is_service = is_interface || SERVICES.iter().any(|end| class.ends_with(end));
        (parameter.marks.is_empty() && !class.is_empty() && !is_service)
            .then(|| Taken::Body(class.to_owned()))
    })
}

const DOC: &str = r#"
Applications, groups and the methods of extension that get them, endpoints that are classes of one interface, modules of Carter, `MapMethods`, parameters, bodies, `RequireAuthorization` and
`AllowAnonymous`. Filters, fallbacks, `MapControllers` (those are read as controllers), and policies that stand for the whole application are not.

~~~file Program.cs
var builder = WebApplication.CreateBuilder(args);
builder.Services.AddAuthorization();
var app = builder.Build();

app.UseAuthentication();
app.MapGet("/health", () => Results.Ok()).AllowAnonymous().WithName("Health");
var api = app.MapGroup("/api/v1").RequireAuthorization();
api.MapOrders();
api.MapMethods("/things/{id:int}", new[] { "PUT", "PATCH" }, (int id, Thing thing) => Results.Ok());
app.Run();

public record Thing(string Name);
~~~
~~~file Endpoints/Orders.cs
namespace Shop;

public static class OrderEndpoints
{
    public static IEndpointRouteBuilder MapOrders(this IEndpointRouteBuilder routes)
    {
        var orders = routes.MapGroup("/orders");
        orders.MapGet("/", async (int page, OrdersDb db) => await db.Get("/nothing"));
        orders.MapPost("/", Create).RequireAuthorization("writers");
        return routes;
    }

    private static IResult Create([FromBody] NewOrder order, IMailer mailer) => Results.Ok();
}

public class NewOrder
{
    public string Sku { get; set; }
}
~~~
~~~routes
GET /api/v1/orders guards=RequireAuthorization query=page
POST /api/v1/orders guards=RequireAuthorization,RequireAuthorization(writers) body=Sku
PATCH /api/v1/things/{id} guards=RequireAuthorization body=Name
PUT /api/v1/things/{id} guards=RequireAuthorization body=Name
GET /health
~~~
"#;
