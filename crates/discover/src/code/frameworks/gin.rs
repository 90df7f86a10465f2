//! Gin.

use super::{BLANK, Called, Framework, Meaning, Style, parameter, verb};
use crate::code::facts::{In, Taken};
use crate::code::requests;
use crate::code::syntax::{Kind, Node};

pub(super) const FRAMEWORK: Framework = Framework {
    id: "gin",
    product: "Gin",
    source: "https://gin-gonic.com/en/docs/routing/",
    languages: &["Go"],
    marks: &["github.com/gin-gonic/gin"],
    style: Style::Colon,
    call,
    takes,
    types: &["gin.Engine", "gin.RouterGroup", "gin.IRouter", "gin.IRoutes"],
    keeps_slash: true,
    whole: requests::go_whole,
    doc: DOC,
    ..BLANK
};

fn call<'c>(called: &Called<'c>) -> Option<Meaning<'c>> {
    let call = called.call;
    match called.origin.as_str() {
        "github.com/gin-gonic/gin.New" | "github.com/gin-gonic/gin.Default" => {
            return Some(Meaning::Root { path: None, inside: Vec::new() });
        }
        _ => {}
    }
    let path = call.value(0);
    match called.name {
        "Group" => Some(Meaning::Group { path, guards: call.values_from(1), inside: Vec::new() }),
        "Use" => Some(Meaning::Guards { under: None, guards: call.values_from(0) }),
        "Handle" => {
            let methods = vec![requests::go_method(path?)?];
            Some(Meaning::Route { methods, path: call.value(1), handlers: call.values_from(2) })
        }
        "Match" if call.arguments.len() > 2 => {
            let methods = path?.values().iter().filter_map(requests::go_method).collect();
            Some(Meaning::Route { methods, path: call.value(1), handlers: call.values_from(2) })
        }
        name => {
            let is_verb = name == "Any" || name.chars().all(|letter| letter.is_ascii_uppercase());
            let methods = verb(name).filter(|_| is_verb && call.arguments.len() > 1)?;
            Some(Meaning::Route { methods, path, handlers: call.values_from(1) })
        }
    }
}

/// `c.Query("page")`, `c.GetHeader("X-Tenant")`, `c.ShouldBindJSON(&request)`.
fn takes(node: &Node) -> Option<Taken> {
    if let Some(taken) = requests::go_takes(node) {
        return Some(taken);
    }
    let Kind::Call(call) = &node.kind else { return None };
    let name = || call.value(0).and_then(Node::text);
    match call.name() {
        "Query" | "DefaultQuery" | "GetQuery" | "QueryArray" => parameter(In::Query, name()?),
        "GetHeader" => parameter(In::Header, name()?),
        "Cookie" => parameter(In::Cookie, name()?),
        "PostForm" | "DefaultPostForm" => Some(Taken::Field(name()?.to_owned())),
        _ => None,
    }
}

const DOC: &str = r#"
Engines, groups and the groups that functions are given, `Handle`, `Any`, guards of groups and routes, and the fields of structures
that bodies are bound to. `Static` and `NoRoute` are no routes of an API and are left out; `Match` is not understood.

~~~file cmd/api/main.go
package main

import (
	"github.com/gin-gonic/gin"
	"example.com/shop/internal/orders"
	"example.com/shop/internal/auth"
)

const base = "/api"

func main() {
	r := gin.Default()
	r.GET("/health", func(c *gin.Context) { c.String(200, "ok") })
	api := r.Group(base)
	v1 := api.Group("/v1", auth.Required())
	{
		orders.Register(v1.Group("/orders"))
	}
	r.Static("/assets", "./assets")
	r.Run()
}
~~~
~~~file internal/orders/routes.go
package orders

import "github.com/gin-gonic/gin"

type createRequest struct {
	Sku      string `json:"sku"`
	Quantity int    `json:"quantity,omitempty"`
}

// r.GET("/old", old)
func Register(rg *gin.RouterGroup) {
	rg.GET("", list)
	rg.POST("", create)
	rg.Handle("DELETE", "/:id", remove)
}

func list(c *gin.Context) {
	page := c.DefaultQuery("page", "1")
	cache.GET("/nothing", page)
}

func create(c *gin.Context) {
	var req createRequest
	if err := c.ShouldBindJSON(&req); err != nil {
		return
	}
}
~~~
~~~routes
GET /api/v1/orders guards=auth.Required query=page
POST /api/v1/orders guards=auth.Required body=quantity,sku
DELETE /api/v1/orders/{id} guards=auth.Required
GET /health
~~~
"#;
