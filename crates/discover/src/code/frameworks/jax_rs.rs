//! JAX-RS (Jakarta RESTful Web Services): Jersey, RESTEasy, Quarkus.

use super::{BLANK, Called, Declared, Framework, Meaning, Style, class_of, marked, prefixes, scalar, verb};
use crate::code::facts::{Below, In, Taken};
use crate::code::syntax::{Class, Function, Node, Parameter};

pub(super) const FRAMEWORK: Framework = Framework {
    id: "jax-rs",
    product: "JAX-RS (Jersey, RESTEasy, Quarkus)",
    source: "https://jakarta.ee/specifications/restful-ws/",
    languages: &["Java", "Kotlin", "YAML", "properties"],
    marks: &["javax.ws.rs", "jakarta.ws.rs"],
    style: Style::Braces,
    call,
    settings: |path, unit| {
        prefixes(path, unit, &["quarkus.http.root-path", "quarkus.rest.path", "quarkus.resteasy.path"])
    },
    class,
    method,
    within,
    parameter,
    open: |name| name == "PermitAll",
    doc: DOC,
    ..BLANK
};

fn call<'c>(called: &Called<'c>) -> Option<Meaning<'c>> {
    let is_application = called.name == "ApplicationPath";
    is_application.then(|| called.call.value(0)).flatten().map(|path| Meaning::Everywhere {
        path: vec![path],
        except: None,
        below: Below::Own,
    })
}

fn class<'c>(class: &'c Class, _: &str) -> Vec<Option<&'c Node>> {
    let is_client = marked(&class.marks, "RegisterRestClient").is_some();
    let path = marked(&class.marks, "Path").filter(|_| !is_client);
    path.map(|mark| mark.value(0)).into_iter().collect()
}

fn method<'c>(function: &'c Function, _: Option<&str>) -> Vec<Declared<'c>> {
    let is_verb = |name: &str| name.bytes().all(|byte| byte.is_ascii_uppercase());
    let mut marks = function.marks.iter().filter(|mark| is_verb(mark.last_name()));
    let methods: Vec<String> = marks.clone().filter_map(|mark| verb(mark.last_name())).flatten().collect();
    let Some(line) = marks.next().map(|mark| mark.line).filter(|_| !methods.is_empty()) else {
        return Vec::new();
    };
    let path = marked(&function.marks, "Path").and_then(|mark| mark.value(0));
    vec![Declared { methods, path, line }]
}

/// A method with a path and no method of HTTP gives what handles the rest.
fn within(function: &Function) -> Option<&Node> {
    let is_verb = |mark: &Node| mark.last_name().bytes().all(|byte| byte.is_ascii_uppercase());
    let path = marked(&function.marks, "Path").filter(|_| !function.marks.iter().any(is_verb))?;
    path.value(0)
}

fn parameter(parameter: &Parameter) -> Option<Taken> {
    let kind = scalar(&parameter.kind);
    if parameter.marks.iter().any(|mark| mark.last_name() == "BeanParam") {
        return Some(Taken::QueryOf(class_of(&parameter.kind).to_owned()));
    }
    let Some(mark) =
        parameter.marks.iter().filter_map(Node::call).find(|mark| mark.name().ends_with("Param"))
    else {
        // What has no annotation of its own is the body.
        let is_body = kind.is_none()
            && parameter
                .marks
                .iter()
                .all(|mark| mark.last_name() == "Valid" || mark.last_name() == "NotNull");
        return is_body.then(|| Taken::Body(class_of(&parameter.kind).to_owned()));
    };
    let name = mark.value(0).and_then(Node::text)?.to_owned();
    let place = match mark.name() {
        "QueryParam" => In::Query,
        "HeaderParam" => In::Header,
        "CookieParam" => In::Cookie,
        "PathParam" => In::Path,
        "FormParam" => return Some(Taken::Field(name)),
        _ => return None,
    };
    Some(Taken::Parameter(place, name, kind.unwrap_or_default().to_owned()))
}

const DOC: &str = r#"
Resources with the paths of class and method, `@ApplicationPath`, parameters, the body, and annotations of roles. Resources that a
method gives stand below its path.

~~~file src/main/java/shop/App.java
package shop;

import jakarta.ws.rs.ApplicationPath;

@ApplicationPath("/api")
public class App extends Application {}
~~~
~~~file src/main/java/shop/rest/Orders.java
package shop.rest;

import jakarta.ws.rs.*;

@Path("/orders")
@RolesAllowed("user")
public class Orders {
    @GET
    @PermitAll
    public List<Order> list(@QueryParam("page") int page, @Context UriInfo uri) { return map.get("/x"); }

    @POST
    public Order create(@Valid NewOrder order) { return null; }

    @DELETE
    @Path("{id: \\d+}/items/{item}")
    public void remove(@PathParam("id") long id, @HeaderParam("If-Match") String tag) {}

    // @GET @Path("old")
    void helper() {}
}

class NewOrder {
    public static final int MAX = 3;
    private String sku;
    private int quantity;
}
~~~
~~~routes
GET /api/orders query=page
POST /api/orders guards=RolesAllowed(user) body=quantity,sku
DELETE /api/orders/{id}/items/{item} guards=RolesAllowed(user) header=If-Match
~~~
"#;
