//! Fiber.

use super::{BLANK, Called, Framework, Meaning, Style, parameter, verb};
use crate::code::facts::{In, Taken};
use crate::code::requests;
use crate::code::syntax::{Kind, Node};

pub(super) const FRAMEWORK: Framework = Framework {
    id: "fiber",
    product: "Fiber",
    source: "https://docs.gofiber.io/guide/routing",
    languages: &["Go"],
    marks: &["github.com/gofiber/fiber"],
    style: Style::Colon,
    call,
    takes,
    types: &["fiber.App", "fiber.Router", "fiber.Group"],
    whole: requests::go_whole,
    doc: DOC,
    ..BLANK
};

fn call<'c>(called: &Called<'c>) -> Option<Meaning<'c>> {
    let call = called.call;
    let path = call.value(0);
    if called.origin.starts_with("github.com/gofiber/fiber") && called.name == "New" {
        return Some(Meaning::Root { path: None, inside: Vec::new() });
    }
    match called.name {
        "Group" => Some(Meaning::Group { path, guards: call.values_from(1), inside: Vec::new() }),
        "Route" if call.arguments.len() > 1 => {
            Some(Meaning::Group { path, guards: Vec::new(), inside: call.values_from(1) })
        }
        "Mount" => Some(Meaning::Mount { path, children: call.values_from(1), guards: Vec::new() }),
        "Use" => {
            let under = path.filter(|path| path.text().is_some());
            Some(Meaning::Guards { under, guards: call.values_from(usize::from(under.is_some())) })
        }
        "Add" if call.arguments.len() > 2 => {
            let methods = vec![requests::go_method(path?)?];
            Some(Meaning::Route { methods, path: call.value(1), handlers: call.values_from(2) })
        }
        name => {
            let methods = verb(name).filter(|_| call.arguments.len() > 1)?;
            Some(Meaning::Route { methods, path, handlers: call.values_from(1) })
        }
    }
}

/// `c.Query("page")`, `c.Get("X-Tenant")`, `c.BodyParser(&request)`.
fn takes(node: &Node) -> Option<Taken> {
    if let Some(taken) = requests::go_takes(node) {
        return Some(taken);
    }
    let Kind::Call(call) = &node.kind else { return None };
    let name = || call.value(0).and_then(Node::text);
    let is_context = call.receiver().is_some_and(|on| matches!(on.last_name(), "c" | "ctx"));
    match call.name() {
        "Query" | "QueryInt" | "QueryBool" => parameter(In::Query, name()?),
        "Get" if is_context => parameter(In::Header, name()?),
        "Cookies" => parameter(In::Cookie, name()?),
        "FormValue" => Some(Taken::Field(name()?.to_owned())),
        _ => None,
    }
}

const DOC: &str = r#"
Applications, groups, `Route`, applications that are mounted, functions that get an application or a group, guards, also those that
stand before a prefix, and the fields of structures that bodies are parsed into. `Static` is left out.

~~~file main.go
package main

import (
	"github.com/gofiber/fiber/v2"
	jwtware "github.com/gofiber/contrib/jwt"
)

func main() {
	app := fiber.New()
	app.Get("/health", func(c *fiber.Ctx) error { return c.SendString("ok") })
	app.Use("/admin", requireAdmin)
	app.Get("/admin/stats", stats)
	api := app.Group("/api", jwtware.New(jwtware.Config{}))
	setup(api)
	app.Mount("/legacy", legacy())
	app.Listen(":3000")
}

func setup(router fiber.Router) {
	router.Post("/orders/:id?", func(c *fiber.Ctx) error {
		var in orderInput
		if err := c.BodyParser(&in); err != nil {
			return err
		}
		return c.SendString(c.Query("dry_run"))
	})
}

type orderInput struct {
	Sku string `json:"sku"`
}

func legacy() *fiber.App {
	micro := fiber.New()
	micro.All("/ping", ping)
	return micro
}
~~~
~~~routes
GET /admin/stats guards=requireAdmin
POST /api/orders guards=jwtware.New query=dry_run body=sku
POST /api/orders/{id} guards=jwtware.New query=dry_run body=sku
GET /health
* /legacy/ping
~~~
"#;
