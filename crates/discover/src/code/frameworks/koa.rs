//! Koa.

use super::{BLANK, Called, Framework, Meaning, Style, verb};
use crate::code::requests;
use crate::code::syntax::{Kind, Node};

pub(super) const FRAMEWORK: Framework = Framework {
    id: "koa",
    product: "Koa with @koa/router",
    source: "https://github.com/koajs/router/blob/master/API.md",
    languages: &["JavaScript", "TypeScript", "TSX"],
    marks: &["'koa'", "\"koa\"", "@koa/router", "koa-router"],
    style: Style::Colon,
    call,
    takes: requests::javascript_takes,
    same: &["routes", "middleware", "allowedMethods"],
    mounts_guards: true,
    whole: requests::javascript_whole,
    member: requests::javascript_member,
    must_be_used: true,
    doc: DOC,
    ..BLANK
};

fn call<'c>(called: &Called<'c>) -> Option<Meaning<'c>> {
    let call = called.call;
    match called.origin.as_str() {
        "koa" => return Some(Meaning::Root { path: None, inside: Vec::new() }),
        "@koa/router" | "koa-router" | "@koa/router.Router" => {
            let path = call.value(0).and_then(|options| options.member("prefix"));
            return Some(Meaning::Router { path, guards: Vec::new(), inside: Vec::new() });
        }
        "koa-combine-routers" | "koa-compose" => {
            return Some(Meaning::Router { path: None, guards: Vec::new(), inside: call.values_from(0) });
        }
        "koa-mount" => {
            return Some(Meaning::Router {
                path: call.value(0),
                guards: Vec::new(),
                inside: call.values_from(1),
            });
        }
        _ => {}
    }
    let is_path = |node: &&Node| match &node.kind {
        Kind::Text(_) | Kind::Join(_) => true,
        Kind::List(parts) => parts.iter().all(|part| part.text().is_some()),
        _ => false,
    };
    let path = call.value(0).filter(is_path);
    match called.name {
        "use" => {
            let children = call.values_from(usize::from(path.is_some()));
            Some(Meaning::Mount { path, children, guards: Vec::new() })
        }
        "prefix" if call.arguments.len() == 1 => Some(Meaning::Prefix { path: call.value(0)? }),
        name => {
            let methods = verb(name)?;
            // A name may stand before the path.
            let named = call.value(1).filter(is_path);
            let handlers = call.values_from(if named.is_some() { 2 } else { 1 });
            let path = named.or(path).filter(|_| !handlers.is_empty());
            Some(Meaning::Route { methods, path: Some(path?), handlers })
        }
    }
}

const DOC: &str = r#"
Applications, routers with their prefixes, routers within routers, `koa-mount`, and middleware that is named like a guard. Other
routers than `@koa/router` and its older name are not known.

~~~file index.js
const Koa = require('koa');
const Router = require('@koa/router');
const users = require('./users');
const { ensureAuthenticated } = require('./auth');

const app = new Koa();
const router = new Router({ prefix: '/api' });
router.get('/health', (ctx) => { ctx.body = 'ok'; });
router.use('/users', ensureAuthenticated, users.routes(), users.allowedMethods());
app.use(require('koa-bodyparser')());
app.use(router.routes());
app.use(router.allowedMethods());
app.listen(3000);
~~~
~~~file users.js
const Router = require('@koa/router');
const router = new Router();
router.get('user', '/:id', (ctx) => { ctx.body = ctx.query.fields; });
router.del('/:id', async (ctx) => { await store.del('/users/' + ctx.params.id); });
router.post('/', async (ctx) => { ctx.body = ctx.request.body.email; });
module.exports = router;
~~~
~~~routes
GET /api/health
POST /api/users guards=ensureAuthenticated body=email
DELETE /api/users/{id} guards=ensureAuthenticated
GET /api/users/{id} guards=ensureAuthenticated query=fields
~~~
"#;
