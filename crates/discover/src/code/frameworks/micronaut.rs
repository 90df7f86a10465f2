//! Micronaut.

use super::{BLANK, Declared, Framework, Style, class_of, marked, prefixes, scalar, verb};
use crate::code::facts::{In, Taken};
use crate::code::syntax::{Call, Class, Function, Node, Parameter};

pub(super) const FRAMEWORK: Framework = Framework {
    id: "micronaut",
    product: "Micronaut",
    source: "https://docs.micronaut.io/latest/guide/#routing",
    languages: &["Java", "Kotlin", "YAML", "properties"],
    marks: &["io.micronaut.http"],
    style: Style::Braces,
    settings: |path, unit| prefixes(path, unit, &["micronaut.server.context-path"]),
    class,
    method,
    parameter,
    open: |name| name == "PermitAll" || name == "Secured(SecurityRule.IS_ANONYMOUS)",
    doc: DOC,
    ..BLANK
};

fn paths(mark: &Call) -> Vec<Option<&Node>> {
    let path = mark.named("value").or(mark.named("uri")).or(mark.named("uris")).or(mark.unnamed(0));
    path.map_or_else(|| vec![None], |path| path.values().iter().map(Some).collect())
}

fn class<'c>(class: &'c Class, _: &str) -> Vec<Option<&'c Node>> {
    marked(&class.marks, "Controller").map(paths).unwrap_or_default()
}

fn method<'c>(function: &'c Function, _: Option<&str>) -> Vec<Declared<'c>> {
    let mut declared = Vec::new();
    for mark in function.marks.iter().filter_map(Node::call) {
        let is_mark = mark.name().starts_with(char::is_uppercase) && mark.name() != "Any";
        let custom = mark.named("method").and_then(Node::text).filter(|_| mark.name() == "CustomHttpMethod");
        let methods = custom.map(|method| vec![method.to_owned()]).or_else(|| verb(mark.name()));
        let Some(methods) = methods.filter(|_| is_mark) else { continue };
        declared.extend(paths(mark).into_iter().map(|path| Declared {
            methods: methods.clone(),
            path,
            line: mark.callee.line,
        }));
    }
    declared
}

fn parameter(parameter: &Parameter) -> Option<Taken> {
    let mark =
        parameter.marks.iter().filter_map(Node::call).find(|mark| {
            ["QueryValue", "Header", "CookieValue", "PathVariable", "Body"].contains(&mark.name())
        });
    let name = mark.and_then(|mark| mark.named("value").or(mark.unnamed(0))).and_then(Node::text);
    let name = name.unwrap_or(&parameter.name).to_owned();
    let kind = scalar(&parameter.kind);
    let place = match mark.map(Call::name) {
        Some("Body") if kind.is_some() => return Some(Taken::Field(name)),
        Some("Body") => return Some(Taken::Body(class_of(&parameter.kind).to_owned())),
        Some("Header") => In::Header,
        Some("CookieValue") => In::Cookie,
        Some("PathVariable") => In::Path,
        Some(_) => In::Query,
        // A simple value without an annotation is of the path if that has it, or else of the query.
        None => return kind.map(|kind| Taken::Parameter(In::Query, name, kind.to_owned())),
    };
    Some(Taken::Parameter(place, name, kind.unwrap_or_default().to_owned()))
}

const DOC: &str = r#"
Controllers and their methods, also with several paths, parameters, bodies and `@Secured`. A context path of `application.yml`
or `application.properties` is that of all. Routes that a `RouteBuilder` makes are not understood.

~~~file src/main/java/shop/BookController.java
package shop;

import io.micronaut.http.annotation.*;
import io.micronaut.security.annotation.Secured;

@Controller("/books")
@Secured("isAuthenticated()")
class BookController {
    @Get("/{?page}")
    List<Book> list(@QueryValue int page) { return client.get("/nothing"); }

    @Get(uris = {"/{isbn}", "/by-isbn/{isbn}"})
    @PermitAll
    Book show(String isbn) { return null; }

    @Post
    Book save(@Body NewBook book, @Header("X-Tenant") String tenant) { return null; }

    @Delete(uri = "/{id}", produces = MediaType.TEXT_PLAIN)
    void remove(Long id) {}
}

@Client("/remote")
interface Remote {
    @Get("/things") String things();
}

record NewBook(String title) {}
~~~
~~~routes
GET /books guards=Secured(isAuthenticated()) query=page
POST /books guards=Secured(isAuthenticated()) header=X-Tenant body=title
GET /books/by-isbn/{isbn}
DELETE /books/{id} guards=Secured(isAuthenticated())
GET /books/{isbn}
~~~
"#;
