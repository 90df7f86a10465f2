//! Fastify.

use super::{BLANK, Called, Framework, Meaning, Style, verb, verbs_of};
use crate::code::requests;
use crate::code::syntax::{Kind, Node};

pub(super) const FRAMEWORK: Framework = Framework {
    id: "fastify",
    product: "Fastify",
    source: "https://fastify.dev/docs/latest/Reference/Routes/",
    languages: &["JavaScript", "TypeScript", "TSX"],
    marks: &["'fastify'", "\"fastify\""],
    style: Style::Colon,
    call,
    takes: requests::javascript_takes,
    types: &["FastifyInstance"],
    same: &["withTypeProvider", "after", "ready"],
    whole: requests::javascript_whole,
    member: requests::javascript_member,
    doc: DOC,
    ..BLANK
};

/// Options that name what comes before the handler.
const HOOKS: &[&str] = &["onRequest", "preValidation", "preHandler", "preParsing"];

fn call<'c>(called: &Called<'c>) -> Option<Meaning<'c>> {
    let call = called.call;
    let first = call.value(0);
    if matches!(called.origin.as_str(), "fastify" | "fastify.fastify" | "fastify.Fastify" | "fastify.default")
    {
        return Some(Meaning::Root { path: None, inside: Vec::new() });
    }
    if matches!(called.origin.as_str(), "fastify-plugin" | "fastify-plugin.fastifyPlugin") {
        return Some(Meaning::Itself { of: first? });
    }
    match called.name {
        // `register(autoload, { dir })`
        "register" if call.value(1).is_some_and(|options| options.member("dir").is_some()) => {
            let options = call.value(1)?;
            let path =
                options.member("prefix").or(options.member("options").and_then(|of| of.member("prefix")));
            Some(Meaning::Folder { folder: options.member("dir")?, path })
        }
        "register" => Some(Meaning::Plugin {
            path: call.value(1).and_then(|options| options.member("prefix")),
            plugin: first?,
        }),
        "addHook" if HOOKS.contains(&first.and_then(Node::text).unwrap_or_default()) => {
            Some(Meaning::Guards { under: None, guards: call.values_from(1) })
        }
        "route" => {
            let options = first?;
            let methods = verbs_of(options.member("method")?);
            let path = options.member("url").or(options.member("path"));
            let handlers = guards(options).into_iter().chain(options.member("handler")).collect();
            Some(Meaning::Route { methods, path, handlers })
        }
        name => {
            let methods = verb(name).filter(|_| call.arguments.len() > 1)?;
            let options = call.value(1).filter(|options| matches!(options.kind, Kind::Map(_)));
            let handler = options.and_then(|options| options.member("handler"));
            let handler = handler.or(call.arguments.last().map(|argument| &argument.value));
            let handlers = options.map(guards).unwrap_or_default().into_iter().chain(handler).collect();
            Some(Meaning::Route { methods, path: first, handlers })
        }
    }
}

/// What stands before a handler: its schema, and what else its options name.
fn guards(options: &Node) -> Vec<&Node> {
    let schema = options.member("schema").into_iter();
    schema.chain(hooks(options)).collect()
}

fn hooks(options: &Node) -> Vec<&Node> {
    HOOKS.iter().filter_map(|hook| options.member(hook)).flat_map(Node::values).collect()
}

const DOC: &str = r#"
Servers, plugins that are registered with a prefix, whether here or in another file, `route`, the short forms, hooks and options that
name guards. Folders that `autoload` names,
and schemas of bodies, queries and header fields are understood; `_id` of a folder is taken for a parameter, whatever its options say.

~~~file server.ts
import Fastify from 'fastify';
import orders from './plugins/orders';

const app = Fastify({ logger: true });
app.get('/health', async () => ({ ok: true }));
app.register(orders, { prefix: '/api/orders' });
app.register(async (admin) => {
  admin.addHook('onRequest', admin.authenticate);
  admin.route({ method: ['PUT', 'PATCH'], url: '/users/:id', handler: update });
}, { prefix: '/admin' });
async function update(request, reply) {
  return request.body.name;
}
app.listen({ port: 3000 });
~~~
~~~file plugins/orders.ts
import { FastifyInstance } from 'fastify';
import { verifyToken } from '../auth';

export default async function orders(fastify: FastifyInstance) {
  const cache = await import('./cache');
  fastify.get('/', async (request) => cache.get(request.query.status));
  fastify.post<{ Body: Order }>('/', { preHandler: [verifyToken], schema: {} }, async (request) => {
    return request.headers['x-tenant'];
  });
}
~~~
~~~routes
PATCH /admin/users/{id} guards=admin.authenticate body=name
PUT /admin/users/{id} guards=admin.authenticate body=name
GET /api/orders query=status
POST /api/orders guards=verifyToken header=x-tenant
GET /health
~~~
"#;
