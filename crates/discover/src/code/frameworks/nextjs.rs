//! Next.js.

use super::{BLANK, Called, Declared, Framework, Meaning, Style, verb};
use crate::code::facts::{Below, Taken};
use crate::code::requests;
use crate::code::syntax::{Function, Kind, Node, Unit};

pub(super) const FRAMEWORK: Framework = Framework {
    id: "nextjs",
    product: "Next.js",
    source: "https://nextjs.org/docs/app/building-your-application/routing/route-handlers",
    languages: &["JavaScript", "TypeScript", "TSX"],
    marks: &["NextRequest", "NextResponse", "NextApiRequest", "'next", "\"next"],
    style: Style::Braces,
    call,
    same: &["handler"],
    by_exports: true,
    settings,
    file,
    method,
    binding,
    compared,
    takes,
    whole: requests::javascript_whole,
    member: requests::javascript_member,
    doc: DOC,
    ..BLANK
};

/// Routers of `next-connect`, which have the path of the file: `nc().use(auth).get(list)`.
fn call<'c>(called: &Called<'c>) -> Option<Meaning<'c>> {
    let call = called.call;
    if called.origin.starts_with("next-connect") {
        return Some(Meaning::Router { path: None, guards: Vec::new(), inside: Vec::new() });
    }
    let path = call.value(0).filter(|path| path.text().is_some());
    let handlers = call.values_from(usize::from(path.is_some()));
    let is_handler = |node: &&Node| {
        matches!(node.kind, Kind::Function(_) | Kind::Name(_) | Kind::Member(..) | Kind::Call(_))
    };
    let is_route = call.receiver().is_some() && !handlers.is_empty() && handlers.iter().all(is_handler);
    match called.name {
        "use" => Some(Meaning::Guards { under: None, guards: handlers }),
        name => {
            let is_lower = name.bytes().all(|byte| byte.is_ascii_lowercase());
            let methods = verb(name).filter(|_| is_lower && is_route)?;
            Some(Meaning::Route { methods, path, handlers })
        }
    }
}

/// The path of a file of routes: `app/**/route.ts`, `pages/api/**`.
fn file(path: &str, _: &Unit) -> Option<String> {
    let (stem, _) = path.rsplit_once('.')?;
    let parts: Vec<&str> = stem.split('/').collect();
    if parts.last() == Some(&"route") {
        let at = parts.iter().position(|part| *part == "app")?;
        return Some(template(parts.get(at + 1..parts.len() - 1)?));
    }
    let at = parts.windows(2).position(|pair| pair == ["pages", "api"])?;
    Some(template(parts.get(at + 1..)?))
}

/// `basePath` of `next.config.js`.
fn settings<'c>(path: &str, unit: &'c Unit) -> Vec<(u32, Meaning<'c>)> {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let mut base = None;
    for node in unit.body.iter().filter(|_| name.starts_with("next.config.")) {
        node.visit(&mut |node| {
            base = base.or(node.member("basePath").filter(|path| path.text().is_some()));
            base.is_none()
        });
    }
    let below = || Below::Folder(folder.to_owned());
    let meaning =
        |path: &'c Node| (path.line, Meaning::Everywhere { path: vec![path], except: None, below: below() });
    base.into_iter().map(meaning).collect()
}

fn template(parts: &[&str]) -> String {
    let mut template = String::new();
    for part in parts {
        if part.starts_with(['(', '@']) || *part == "index" {
            continue;
        }
        let name = part.trim_start_matches('[').trim_end_matches(']').trim_start_matches("...");
        template.push('/');
        template.push_str(&match part.starts_with('[') {
            true if part.starts_with("[[") => format!("{{{name}?}}"),
            true => format!("{{{name}}}"),
            false => name.to_owned(),
        });
    }
    template
}

fn method<'c>(function: &'c Function, class: Option<&str>) -> Vec<Declared<'c>> {
    let methods = binding(&function.name).filter(|_| class.is_none() && &*function.name != "default");
    methods.map(|methods| Declared { methods, path: None, line: 0 }).into_iter().collect()
}

/// What a file of routes gives by these names handles them.
fn binding(name: &str) -> Option<Vec<String>> {
    let is_verb = name.bytes().all(|byte| byte.is_ascii_uppercase());
    if name == "default" {
        Some(Vec::new())
    } else {
        verb(name).filter(|_| is_verb && name != "ANY" && name != "ALL")
    }
}

/// `if (req.method === 'POST')`, `case 'POST':`.
fn compared(node: &Node) -> Option<String> {
    let text = node.text()?;
    let is_verb = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_uppercase());
    verb(text).filter(|_| is_verb)?.into_iter().next().filter(|method| method != "*")
}

/// As other handlers of JavaScript, and `searchParams.get('page')`.
fn takes(node: &Node) -> Option<Taken> {
    if let Kind::Call(call) = &node.kind
        && call.name() == "get"
    {
        let place = match call.receiver()?.last_name() {
            "searchParams" => super::In::Query,
            "headers" => super::In::Header,
            "cookies" => super::In::Cookie,
            _ => return requests::javascript_takes(node),
        };
        return super::parameter(place, call.value(0)?.text()?);
    }
    requests::javascript_takes(node)
}

const DOC: &str = r#"
Route handlers under `app`, and functions under `pages/api` with the methods that they compare with,
as far as they are exported, and routers of `next-connect`. `basePath` of `next.config.js` is that of all. What `middleware.ts` guards,
rewrites of the configuration, and server actions are not understood.

~~~file src/app/(shop)/api/orders/[id]/route.ts
import { NextRequest, NextResponse } from 'next/server';

export async function GET(request: NextRequest) {
  const page = request.nextUrl.searchParams.get('page');
  return NextResponse.json({});
}

export const DELETE = withAuth(async (request: NextRequest) => NextResponse.json({}));

function POST_PROCESS() {}
~~~
~~~file src/pages/api/files/[...path].js
export default function handler(req, res) {
  switch (req.method) {
    case 'PUT':
      return res.json(req.body.content);
    case 'HEAD':
      return res.end();
  }
}
~~~
~~~file src/pages/about.js
export default function About() { return null; }
export function GET() {}
~~~
~~~routes
DELETE /api/orders/{id} guards=withAuth
GET /api/orders/{id} query=page
HEAD /api/files/{path}
PUT /api/files/{path} body=content
~~~

~~~file next.config.mjs
const config = { reactStrictMode: true, basePath: '/shop' };
export default config;
~~~
~~~file app/api/orders/route.ts
import { NextResponse } from 'next/server';

export async function GET() {
  return NextResponse.json([]);
}
~~~
~~~routes
GET /shop/api/orders
~~~
"#;
