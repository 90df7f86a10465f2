//! Echo.

use super::{BLANK, Called, Framework, Meaning, Style, parameter, verb};
use crate::code::facts::{In, Taken};
use crate::code::requests;
use crate::code::syntax::{Kind, Node};

pub(super) const FRAMEWORK: Framework = Framework {
    id: "echo",
    product: "Echo",
    source: "https://echo.labstack.com/docs/routing",
    languages: &["Go"],
    marks: &["github.com/labstack/echo"],
    style: Style::Colon,
    call,
    takes,
    types: &["echo.Echo", "echo.Group"],
    keeps_slash: true,
    whole: requests::go_whole,
    doc: DOC,
    ..BLANK
};

fn call<'c>(called: &Called<'c>) -> Option<Meaning<'c>> {
    let call = called.call;
    let path = call.value(0);
    if called.origin.starts_with("github.com/labstack/echo") && called.name == "New" {
        return Some(Meaning::Root { path: None, inside: Vec::new() });
    }
    match called.name {
        "Group" => Some(Meaning::Group { path, guards: call.values_from(1), inside: Vec::new() }),
        "Use" | "Pre" => Some(Meaning::Guards { under: None, guards: call.values_from(0) }),
        "Add" if call.arguments.len() > 2 => {
            let methods = vec![requests::go_method(path?)?];
            Some(Meaning::Route { methods, path: call.value(1), handlers: handlers(call.values_from(2)) })
        }
        "Match" if call.arguments.len() > 2 => {
            let methods = path?.values().iter().filter_map(requests::go_method).collect();
            Some(Meaning::Route { methods, path: call.value(1), handlers: handlers(call.values_from(2)) })
        }
        name => {
            let is_verb = name == "Any" || name.chars().all(|letter| letter.is_ascii_uppercase());
            let methods = verb(name).filter(|_| is_verb && call.arguments.len() > 1)?;
            Some(Meaning::Route { methods, path, handlers: handlers(call.values_from(1)) })
        }
    }
}

/// What handles comes first here, and what stands before it comes behind.
fn handlers(mut given: Vec<&Node>) -> Vec<&Node> {
    if !given.is_empty() {
        given.rotate_left(1);
    }
    given
}

/// `c.QueryParam("page")`, `c.Request().Header.Get("X-Tenant")`, `c.Bind(&request)`.
fn takes(node: &Node) -> Option<Taken> {
    if let Some(taken) = requests::go_takes(node) {
        return Some(taken);
    }
    let Kind::Call(call) = &node.kind else { return None };
    let name = || call.value(0).and_then(Node::text);
    match call.name() {
        "QueryParam" => parameter(In::Query, name()?),
        "FormValue" => Some(Taken::Field(name()?.to_owned())),
        "Get" if call.receiver()?.last_name() == "Header" => parameter(In::Header, name()?),
        "Cookie" => parameter(In::Cookie, name()?),
        _ => None,
    }
}

const DOC: &str = r#"
Servers, groups and the groups that functions are given, `Add`, `Any`, guards of groups and routes, and the fields of structures that
bodies are bound to. `Static`, `File` and `Match` are left out.

~~~file main.go
package main

import (
	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"
	echojwt "github.com/labstack/echo-jwt/v4"
)

func main() {
	e := echo.New()
	e.Use(middleware.Logger())
	e.GET("/health", health)
	admin := e.Group("/admin", echojwt.JWT([]byte("secret")))
	admin.PUT("/users/:id", updateUser, requireRole("admin"))
	mountFiles(e.Group("/files"))
	e.Logger.Fatal(e.Start(":1323"))
}

func mountFiles(g *echo.Group) {
	g.Any("/*", func(c echo.Context) error { return c.String(200, c.QueryParam("version")) })
}

type user struct {
	Name string `json:"name"`
}

func updateUser(c echo.Context) error {
	u := new(user)
	if err := c.Bind(u); err != nil {
		return err
	}
	return c.JSON(200, u)
}
~~~
~~~routes
PUT /admin/users/{id} guards=echojwt.JWT,requireRole(admin) body=name
* /files/{path} query=version
GET /health
~~~
"#;
