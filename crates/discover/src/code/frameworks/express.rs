//! Express.

use super::{BLANK, Called, Framework, Meaning, Style, verb};
use crate::code::guard::is_guard;
use crate::code::requests;
use crate::code::syntax::{Kind, Node};

pub(super) const FRAMEWORK: Framework = Framework {
    id: "express",
    product: "Express",
    source: "https://expressjs.com/en/guide/routing.html",
    languages: &["JavaScript", "TypeScript", "TSX"],
    marks: &["'express'", "\"express\""],
    style: Style::Colon,
    call,
    types: &["Express", "Application", "express.Router", "express.Application", "Router", "IRouter"],
    takes: requests::javascript_takes,
    mounts_guards: true,
    whole: requests::javascript_whole,
    member: requests::javascript_member,
    doc: DOC,
    ..BLANK
};

fn call<'c>(called: &Called<'c>) -> Option<Meaning<'c>> {
    let call = called.call;
    // Of a method of HTTP the first value is the path, whatever it is called, unless `route` had it before.
    let is_first = verb(called.name).is_some()
        && call.arguments.len() > 1
        && call.receiver().is_some_and(|on| on.call().is_none());
    let is_name = |node: &Node| matches!(node.kind, Kind::Name(_) | Kind::Member(..));
    let path = call.value(0).filter(|path| !is_handler(path) || is_first && is_name(path));
    let rest = call.values_from(usize::from(path.is_some()));
    match called.origin.as_str() {
        "express" => return Some(Meaning::Root { path: None, inside: Vec::new() }),
        "express.Router" | "express-promise-router" | "express-async-router.AsyncRouter" => {
            return Some(Meaning::Router { path: None, guards: Vec::new(), inside: Vec::new() });
        }
        _ => {}
    }
    match called.name {
        "use" => Some(Meaning::Mount { path, children: rest, guards: Vec::new() }),
        "route" if call.arguments.len() == 1 => {
            Some(Meaning::Group { path, guards: Vec::new(), inside: Vec::new() })
        }
        // Of a path, `all` with what stands guard is before the methods that come behind.
        "all"
            if path.is_none_or(is_below)
                && rest.iter().all(|node| is_guard(&node.dotted().unwrap_or_default())) =>
        {
            Some(Meaning::Guards { under: path, guards: rest })
        }
        // `app.get('setting')` asks for a setting; a route of a group has handlers alone.
        name => {
            let methods = verb(name).filter(|_| !rest.is_empty())?;
            let is_of_group = call.receiver().is_some_and(|on| on.call().is_some());
            (path.is_some() || is_of_group).then_some(Meaning::Route { methods, path, handlers: rest })
        }
    }
}

/// Whether a path is that of all below another.
fn is_below(path: &Node) -> bool {
    match &path.kind {
        Kind::Text(text) => text.ends_with('*'),
        Kind::Join(parts) => parts.last().is_some_and(is_below),
        _ => false,
    }
}

/// Whether an argument is no path.
fn is_handler(node: &Node) -> bool {
    match &node.kind {
        Kind::Text(_) | Kind::Join(_) => false,
        Kind::List(parts) => !parts.iter().all(|part| part.text().is_some()),
        Kind::Name(name) => !is_constant(name),
        Kind::Member(_, name) => !is_constant(name) && !name.to_ascii_lowercase().contains("path"),
        _ => true,
    }
}

/// Names in capitals, and those that say so, are of paths and not of functions.
fn is_constant(name: &str) -> bool {
    let is_capital =
        name.chars().all(|letter| letter.is_ascii_uppercase() || letter == '_' || letter.is_ascii_digit());
    let lower = name.to_ascii_lowercase();
    is_capital || ["prefix", "path", "base", "route_", "url"].iter().any(|word| lower.ends_with(word))
}

const DOC: &str = r#"
Applications, routers and `route()`, mounted with `use`, whether here, in another file that is required or imported, or in a
function that gets the application. So are routers that classes hold, and that are given to functions in objects and lists.
Bodies are what handlers read, and what schemas of zod, Joi and celebrate say. What middleware does with paths that it is not mounted
on is not understood. Modules that TypeScript or Babel compiled, one file each, are read as what they were written as.

~~~file app.js
const express = require('express');
const orders = require('./routes/orders');
const { requireAuth } = require('./auth');

const app = express();
const api = express.Router();
app.use(express.json());
app.get('/health', (req, res) => res.send('ok'));
api.use(requireAuth);
api.use('/orders', orders);
app.use('/api/v1', api);
app.set('view cache', true);
if (app.get('env') === 'production') app.enable('trust proxy');
require('./routes/admin')(app);
app.listen(3000);
~~~
~~~file auth.js
exports.requireAuth = (req, res, next) => next();
~~~
~~~file routes/orders.js
const { Router } = require('express');
const cache = new Map();
const router = Router();
// router.get('/old', old);
router.route('/:orderId(\\d+)')
  .get((req, res) => res.json(cache.get(req.params.orderId)))
  .put(update);
router.get('/', (req, res) => res.json(list(req.query.status)));
function update(req, res) {
  const { quantity } = req.body;
  res.json(req.body.note);
}
module.exports = router;
~~~
~~~file routes/admin.js
module.exports = function (app) {
  app.delete(`/admin/users/:id`, requireRole('admin'), (req, res) => res.end());
};
~~~
~~~routes
GET /api/v1/orders guards=requireAuth query=status
GET /api/v1/orders/{orderId} guards=requireAuth
PUT /api/v1/orders/{orderId} guards=requireAuth body=note,quantity
DELETE /admin/users/{id} guards=requireRole(admin)
GET /health
~~~
"#;
