//! Spring MVC and WebFlux.

use super::{BLANK, Called, Declared, Framework, Meaning, Style, marked, prefixes, scalar, verb, verbs_of};
use crate::code::facts::{In, Taken};
use crate::code::syntax::{Call, Class, Function, Kind, Node, Parameter, Unit};

pub(super) const FRAMEWORK: Framework = Framework {
    id: "spring",
    product: "Spring MVC, Spring WebFlux",
    source: "https://docs.spring.io/spring-framework/reference/web/webmvc/mvc-controller/ann-requestmapping.html",
    languages: &["Java", "Kotlin", "YAML", "properties"],
    marks: &["org.springframework.web"],
    style: Style::Braces,
    call,
    file,
    settings: |path, unit| prefixes(path, unit, PREFIXES),
    class,
    method,
    handed: |class| {
        marked(&class.marks, "RequestMapping").and_then(|mark| paths(mark).into_iter().next().flatten())
    },
    parameter,
    same: &["build", "and"],
    here: &["accept", "contentType"],
    doc: DOC,
    ..BLANK
};

/// Settings that all paths begin with, one behind the other.
const PREFIXES: &[&str] = &[
    "server.servlet.context-path",
    "server.context-path",
    "spring.mvc.servlet.path",
    "server.servlet-path",
    "spring.webflux.base-path",
];

/// Routes that are functions hang on the program itself.
fn file(_: &str, unit: &Unit) -> Option<String> {
    let is_functional = unit.imports.iter().any(|import| {
        import.module.contains("web.reactive.function.server")
            || import.module.contains("web.servlet.function")
    });
    is_functional.then(String::new)
}

/// `route(GET("/orders"), handler)`, `route().GET("/orders", handler).path("/items", …)`.
fn call<'c>(called: &Called<'c>) -> Option<Meaning<'c>> {
    let call = called.call;
    let closure = call.arguments.last().map(|last| &last.value).filter(|last| last.function().is_some());
    match called.name {
        "route" if call.arguments.is_empty() => Some(Meaning::Root { path: None, inside: Vec::new() }),
        "coRouter" | "router" => Some(Meaning::Root { path: None, inside: vec![closure?] }),
        "route" | "andRoute" => {
            let (methods, path) = predicate(call.value(0)?);
            Some(Meaning::Route { methods: methods?, path, handlers: call.values_from(1) })
        }
        "nest" if call.arguments.len() == 1 => {
            // `"/orders".nest { … }`
            let path = call.receiver().filter(|path| matches!(path.kind, Kind::Text(_) | Kind::Join(_)));
            Some(Meaning::Group { path, guards: Vec::new(), inside: vec![closure?] })
        }
        "path" | "nest" | "andNest" if call.arguments.len() == 2 => {
            let first = call.value(0)?;
            let path = first.call().map_or(Some(first), |_| predicate(first).1);
            // What is built goes on behind a group.
            if let Some(plugin) = closure.filter(|_| call.receiver().is_some_and(|on| on.call().is_some())) {
                return Some(Meaning::Plugin { path, plugin });
            }
            Some(Meaning::Group { path, guards: Vec::new(), inside: call.values_from(1) })
        }
        name if call.receiver().is_none_or(|on| on.call().is_some() || on.last_name() != "") => {
            let is_verb = name.bytes().all(|byte| byte.is_ascii_uppercase());
            let methods = verb(name).filter(|_| is_verb && call.arguments.len() > 1)?;
            let handler = call.arguments.last().map(|argument| &argument.value);
            Some(Meaning::Route { methods, path: call.value(0), handlers: handler.into_iter().collect() })
        }
        _ => None,
    }
}

/// The methods and the path of what requests must be like: `GET("/orders").and(accept(JSON))`, `method(GET).and(path("/orders"))`.
fn predicate(node: &Node) -> (Option<Vec<String>>, Option<&Node>) {
    let (mut methods, mut path) = (None, None);
    node.visit(&mut |node| {
        if let Some(call) = node.call() {
            let is_verb = call.name().bytes().all(|byte| byte.is_ascii_uppercase());
            match call.name() {
                "path" | "pathPrefix" => path = path.or(call.value(0)),
                "method" => methods = methods.take().or(call.value(0).map(verbs_of)),
                name if is_verb && verb(name).is_some() => {
                    (methods, path) = (methods.take().or(verb(name)), path.or(call.value(0)));
                }
                _ => {}
            }
        }
        true
    });
    (methods, path)
}

fn paths(mark: &Call) -> Vec<Option<&Node>> {
    let named = mark.named("value").or(mark.named("path"));
    let unnamed = mark.arguments.iter().filter(|one| one.name.is_none()).map(|one| &one.value);
    let paths: Vec<&Node> = named.into_iter().chain(unnamed).flat_map(Node::values).collect();
    if paths.is_empty() { vec![None] } else { paths.into_iter().map(Some).collect() }
}

fn class<'c>(class: &'c Class, _: &str) -> Vec<Option<&'c Node>> {
    if marked(&class.marks, "RestController").or(marked(&class.marks, "Controller")).is_none() {
        return Vec::new();
    }
    marked(&class.marks, "RequestMapping").map_or_else(|| vec![None], paths)
}

fn method<'c>(function: &'c Function, _: Option<&str>) -> Vec<Declared<'c>> {
    let mut declared = Vec::new();
    for mark in function.marks.iter().filter_map(Node::call) {
        let methods = match mark.name().strip_suffix("Mapping") {
            Some("Request") => mark.named("method").map_or_else(|| vec!["*".to_owned()], verbs_of),
            Some(name) => match verb(name) {
                Some(methods) => methods,
                None => continue,
            },
            None => continue,
        };
        declared.extend(paths(mark).into_iter().map(|path| Declared {
            methods: methods.clone(),
            path,
            line: mark.callee.line,
        }));
    }
    declared
}

/// What the framework gives to handlers itself.
const SERVICES: &[&str] = &[
    "Model",
    "ModelMap",
    "ModelAndView",
    "BindingResult",
    "Errors",
    "HttpServletRequest",
    "HttpServletResponse",
    "HttpSession",
    "Principal",
    "Authentication",
    "Pageable",
    "RedirectAttributes",
    "UriComponentsBuilder",
    "ServerWebExchange",
    "ServerRequest",
    "WebRequest",
    "NativeWebRequest",
    "Locale",
    "MultipartFile",
    "Sort",
    "SessionStatus",
];

fn parameter(parameter: &Parameter) -> Option<Taken> {
    let is_plain = parameter
        .marks
        .iter()
        .all(|mark| matches!(mark.last_name(), "Valid" | "Validated" | "ModelAttribute" | "ParameterObject"));
    let class = super::class_of(&parameter.kind);
    if is_plain && scalar(&parameter.kind).is_none() && !SERVICES.contains(&class) && !class.is_empty() {
        return Some(Taken::AnyOf(class.to_owned()));
    }
    let mark = parameter.marks.iter().filter_map(Node::call).find(|mark| {
        ["RequestParam", "RequestHeader", "CookieValue", "PathVariable", "RequestBody", "RequestPart"]
            .contains(&mark.name())
    })?;
    let said = mark.named("value").or(mark.named("name")).or(mark.unnamed(0)).and_then(Node::text);
    let name = said.unwrap_or(&parameter.name).to_owned();
    let kind = scalar(&parameter.kind).unwrap_or_default().to_owned();
    let place = match mark.name() {
        "RequestBody" => return Some(Taken::Body(super::class_of(&parameter.kind).to_owned())),
        "RequestPart" => return Some(Taken::Field(name)),
        "RequestParam" => In::Query,
        "RequestHeader" => In::Header,
        "CookieValue" => In::Cookie,
        _ => In::Path,
    };
    Some(Taken::Parameter(place, name, kind))
}

const DOC: &str = r#"
Controllers with their mappings, also with several paths or with constants of other classes, parameters, bodies, and annotations that are
named like guards; routes of WebFlux that are functions, one behind the other or nested. Mappings that stand in an interface or a class
above are those of the controller. Context paths that `application.yml` or `application.properties` sets are those of all routes of its module. What a chain of security filters says of paths is not understood.

~~~file src/main/java/shop/OrderController.java
package shop;

import org.springframework.web.bind.annotation.*;
import shop.Paths;

@RestController
@RequestMapping(Paths.API + "/orders")
@PreAuthorize("isAuthenticated()")
public class OrderController {
    private final Map<String, Order> cache;

    @GetMapping({"", "/all"})
    public List<Order> list(@RequestParam(name = "page", defaultValue = "0") int page) {
        return cache.get("/nothing");
    }

    @PostMapping
    public Order create(@RequestBody OrderRequest request, @RequestHeader("X-Tenant") String tenant) {
        return null;
    }

    @RequestMapping(value = "/{id:\\d+}", method = {RequestMethod.PUT, RequestMethod.DELETE})
    @RolesAllowed("ADMIN")
    public void change(@PathVariable Long id) {}
}

@FeignClient("billing")
interface Billing {
    @GetMapping("/invoices")
    String invoices();
}
~~~
~~~file src/main/java/shop/OrderRequest.java
package shop;

public record OrderRequest(String sku, int quantity) {}
~~~
~~~file src/main/java/shop/Paths.java
package shop;

public final class Paths {
    public static final String API = "/api/v1";
}
~~~
~~~file src/main/java/shop/Routes.java
package shop;

import static org.springframework.web.reactive.function.server.RouterFunctions.route;
import static org.springframework.web.reactive.function.server.RequestPredicates.*;

@Configuration
class Routes {
    @Bean
    RouterFunction<ServerResponse> routes(Handler handler) {
        return route(GET("/people/{id}").and(accept(APPLICATION_JSON)), handler::get)
            .andRoute(POST("/people"), handler::create);
    }

    @Bean
    RouterFunction<ServerResponse> more(Handler handler) {
        return route()
            .GET("/health", handler::health)
            .path("/files", files -> files
                .DELETE("/{name}", handler::remove))
            .build();
    }
}
~~~
~~~routes
GET /api/v1/orders guards=PreAuthorize(isAuthenticated()) query=page
GET /api/v1/orders/all guards=PreAuthorize(isAuthenticated()) query=page
POST /api/v1/orders guards=PreAuthorize(isAuthenticated()) header=X-Tenant body=quantity,sku
DELETE /api/v1/orders/{id} guards=PreAuthorize(isAuthenticated()),RolesAllowed(ADMIN)
PUT /api/v1/orders/{id} guards=PreAuthorize(isAuthenticated()),RolesAllowed(ADMIN)
DELETE /files/{name}
GET /health
POST /people
GET /people/{id}
~~~

~~~file orders/src/main/resources/application.yml
spring:
  application.name: orders
  mvc:
    servlet.path: api
server:
  servlet:
    context-path: ${CONTEXT:/shop}
~~~
~~~file orders/src/main/java/shop/OrderController.java
package shop;

import org.springframework.web.bind.annotation.*;

@RestController
class OrderController {
    @GetMapping("/orders")
    String list() { return ""; }
}
~~~
~~~file stock/src/main/resources/application.properties
# server.servlet.context-path=/none
spring.webflux.base-path=/stock
~~~
~~~file stock/src/main/java/stock/ItemController.java
package stock;

import org.springframework.web.bind.annotation.*;

@RestController
class ItemController {
    @GetMapping("/items")
    String list() { return ""; }
}
~~~
~~~routes
GET /shop/api/orders
GET /stock/items
~~~
"#;
