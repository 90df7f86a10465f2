//! Hono.

use super::{BLANK, Called, Framework, Meaning, Style, parameter, verb, verbs_of};
use crate::code::facts::{In, Taken};
use crate::code::requests::javascript_takes;
use crate::code::syntax::{Kind, Node};

pub(super) const FRAMEWORK: Framework = Framework {
    id: "hono",
    product: "Hono",
    source: "https://hono.dev/docs/api/routing",
    languages: &["JavaScript", "TypeScript", "TSX"],
    marks: &["'hono'", "\"hono\"", "@hono/"],
    style: Style::Colon,
    call,
    takes,
    types: &["Hono", "OpenAPIHono"],
    whole: crate::code::requests::javascript_whole,
    member: crate::code::requests::javascript_member,
    must_be_used: true,
    doc: DOC,
    ..BLANK
};

fn call<'c>(called: &Called<'c>) -> Option<Meaning<'c>> {
    let call = called.call;
    if matches!(
        called.origin.as_str(),
        "hono.Hono" | "@hono/zod-openapi.OpenAPIHono" | "hono/quick.Hono" | "hono/tiny.Hono"
    ) {
        return Some(Meaning::Root { path: None, inside: Vec::new() });
    }
    // `createFactory().createApp()`
    if called.name == "createApp" && call.receiver().is_some() {
        return Some(Meaning::Root { path: None, inside: Vec::new() });
    }
    let path = call.value(0).filter(|node| matches!(node.kind, Kind::Text(_) | Kind::Join(_)));
    match called.name {
        "basePath" => Some(Meaning::Group { path, guards: Vec::new(), inside: Vec::new() }),
        "openapi" => Some(Meaning::Described { of: call.value(0)?, handlers: call.values_from(1) }),
        "route" if call.arguments.len() == 2 => {
            Some(Meaning::Mount { path, children: call.values_from(1), guards: Vec::new() })
        }
        "use" => Some(Meaning::Guards { under: path, guards: call.values_from(usize::from(path.is_some())) }),
        "on" => {
            let methods = verbs_of(call.value(0)?);
            Some(Meaning::Route { methods, path: call.value(1), handlers: call.values_from(2) })
        }
        name => {
            let methods = verb(name).filter(|_| call.arguments.len() > 1)?;
            Some(Meaning::Route { methods, path: Some(path?), handlers: call.values_from(1) })
        }
    }
}

/// `c.req.query('page')`, `c.req.header('X-Tenant')`.
fn takes(node: &Node) -> Option<Taken> {
    let Kind::Call(call) = &node.kind else { return javascript_takes(node) };
    let is_request = call.receiver()?.last_name() == "req";
    let name = call.value(0)?.text().filter(|_| is_request)?;
    match call.name() {
        "query" | "queries" => parameter(In::Query, name),
        "header" => parameter(In::Header, name),
        _ => None,
    }
}

const DOC: &str = r#"
Applications, `route` with an application of here or of another file, `basePath`, `on`, chains of routes, and middleware that is named
like a guard, also where it stands before a prefix. Routes of `@hono/zod-openapi` are what their objects say,
and bodies what validators of zod say. An application with which nothing is done is told apart.

~~~file src/index.ts
import { Hono } from 'hono';
import { jwt } from 'hono/jwt';
import books from './books';

const app = new Hono();
app.use('*', logger());
app.get('/health', (c) => c.text('ok'));
app.use('/admin/*', jwt({ secret: 'x' }));
app.on(['PUT', 'DELETE'], '/admin/post/:id', (c) => c.text(c.req.header('X-Reason')));
app.route('/books', books);
export default app;
~~~
~~~file src/books.ts
import { Hono } from 'hono';

const books = new Hono()
  .get('/', (c) => c.json(map.get('/list')))
  .post('/:id{[0-9]+}/loans', (c) => c.json(c.req.query('days')));
export default books;
~~~
~~~routes
DELETE /admin/post/{id} guards=jwt header=X-Reason
PUT /admin/post/{id} guards=jwt header=X-Reason
GET /books
POST /books/{id}/loans query=days
GET /health
~~~
"#;
