//! Traefik: routers with their rules and middlewares, in files, in resources of Kubernetes and on containers.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use model::inventory::{Authentication, Exposure, Guard, Paths, Place};

use super::{Format, guard, is_structured, is_toml};
use crate::config::ConfigFindings;
use crate::config::input::{Input, Spot};
use crate::config::labels;
use crate::config::rule::{Term, parse};

pub(super) const FORMAT: Format = Format {
    id: "traefik",
    product: "Traefik",
    source: "https://doc.traefik.io/traefik/routing/routers/",
    is_named: |name| is_structured(name) || is_toml(name),
    marks: &["routers", "traefik.io/", "traefik.containo.us/"],
    is_one: |input| {
        let mut roots = input.roots();
        roots.any(|root| is_file(root) || labels::has(root))
            || input
                .resources()
                .into_iter()
                .any(|spot| is_of(spot, "IngressRoute") || is_of(spot, "Middleware"))
    },
    read,
    doc: DOC,
};

const GROUPS: &[&str] = &["traefik.io", "traefik.containo.us"];

/// Middlewares that ask who calls, in lower case.
const MIDDLEWARES: &[(&str, Authentication)] = &[
    ("apikey", Authentication::ApiKey),
    ("basicauth", Authentication::Basic),
    ("digestauth", Authentication::Other),
    ("forwardauth", Authentication::Other),
    ("hmac", Authentication::Other),
    ("jwt", Authentication::BearerJwt),
    ("ldap", Authentication::Basic),
    ("oauthintrospection", Authentication::BearerOpaque),
    ("oidc", Authentication::Bearer),
];

/// A router, wherever it is written.
#[derive(Debug)]
pub(crate) struct Router {
    pub(crate) rule: String,
    pub(crate) middlewares: Vec<String>,
    pub(crate) leads_to: Option<String>,
    pub(crate) is_encrypted: bool,
    pub(crate) priority: Option<u64>,
    pub(crate) place: Place,
    pub(crate) line: u64,
}

/// What a middleware does that matters here.
#[derive(Debug, Clone, Default)]
pub(crate) struct Middleware {
    pub(crate) guard: Option<Guard>,
    /// What stands in the place of the path, or of its beginning.
    pub(crate) replaced_by: Option<String>,
    /// Others, of which it is made.
    pub(crate) chain: Vec<String>,
}

fn is_of(spot: Spot<'_>, kind: &str) -> bool {
    spot.is_resource(GROUPS, kind)
}

fn is_file(root: Spot<'_>) -> bool {
    root.below(&["http", "routers"]).is_some() || root.below(&["http", "middlewares"]).is_some()
}

fn read(inputs: &[&Input], findings: &mut ConfigFindings) {
    let (mut routers, mut middlewares) = (Vec::new(), BTreeMap::new());
    for root in inputs.iter().flat_map(|input| input.roots()) {
        file(root, &mut routers, &mut middlewares);
        labels::read(root, &mut routers, &mut middlewares);
    }
    for spot in inputs.iter().flat_map(|input| input.resources()) {
        resource(spot, &mut routers, &mut middlewares);
    }
    // Rules without a priority have their length for one.
    routers.sort_by_key(|router| Reverse(router.priority.unwrap_or(router.rule.len() as u64)));
    let mut exposures = Vec::new();
    for router in &routers {
        let unclear = of_router(router, &middlewares, &mut exposures);
        unclear.iter().for_each(|what| findings.unclear(&router.place.file, router.line, what));
    }
    findings.expose_all(exposures);
}

fn file(root: Spot<'_>, routers: &mut Vec<Router>, middlewares: &mut BTreeMap<String, Middleware>) {
    let of = |what: &str| root.below(&["http", what]).into_iter().flat_map(Spot::members);
    for (name, middleware) in of("middlewares") {
        middlewares.insert(name.to_owned(), of_members(middleware));
    }
    for (_, router) in of("routers") {
        routers.push(Router {
            rule: router.text("rule").unwrap_or_default().to_owned(),
            middlewares: router.texts("middlewares").into_iter().map(str::to_owned).collect(),
            leads_to: router.text("service").map(str::to_owned),
            is_encrypted: router.get("tls").is_some(),
            priority: router.node.get("priority").and_then(|priority| priority.as_u64()),
            place: router.place(),
            line: router.line(),
        });
    }
}

fn resource(spot: Spot<'_>, routers: &mut Vec<Router>, middlewares: &mut BTreeMap<String, Middleware>) {
    let Some(spec) = spot.get("spec") else { return };
    if is_of(spot, "Middleware") {
        middlewares.insert(spot.name().unwrap_or_default().to_owned(), of_members(spec));
    }
    if !is_of(spot, "IngressRoute") {
        return;
    }
    for route in spec.items("routes") {
        let services = route.items("services");
        let names: Vec<&str> = services.iter().filter_map(|service| service.text("name")).collect();
        let asked = route.items("middlewares");
        routers.push(Router {
            rule: route.text("match").unwrap_or_default().to_owned(),
            middlewares: asked.iter().filter_map(|one| one.text("name")).map(str::to_owned).collect(),
            leads_to: (!names.is_empty()).then(|| names.join(",")),
            is_encrypted: spec.get("tls").is_some(),
            priority: route.node.get("priority").and_then(|priority| priority.as_u64()),
            place: route.place(),
            line: route.line(),
        });
    }
}

/// A middleware by its members, of which each says what it is.
fn of_members(spot: Spot<'_>) -> Middleware {
    let mut middleware = Middleware::default();
    for (kind, settings) in spot.members() {
        let kind = kind.to_ascii_lowercase();
        middleware.guard = middleware.guard.take().or_else(|| asks(&kind));
        match kind.as_str() {
            "stripprefix" => middleware.replaced_by = Some("/".to_owned()),
            "replacepath" => middleware.replaced_by = settings.text("path").map(str::to_owned),
            "chain" => {
                let of_file = settings.texts("middlewares").into_iter().map(str::to_owned);
                let named = settings.items("middlewares");
                let of_resource = named.iter().filter_map(|one| one.text("name")).map(str::to_owned);
                middleware.chain = of_file.chain(of_resource).collect();
            }
            "plugin" => {
                let known = settings.members().find_map(|(name, _)| asks(&name.to_ascii_lowercase()));
                middleware.guard = middleware.guard.take().or(known);
            }
            _ => {}
        }
    }
    middleware
}

/// The guard that a kind of middleware is.
pub(crate) fn asks(kind: &str) -> Option<Guard> {
    let (name, asks_for) = MIDDLEWARES.iter().find(|(name, _)| *name == kind)?;
    Some(guard(*name, *asks_for))
}

/// Adds what a router lets through; what is not understood.
fn of_router(
    router: &Router,
    middlewares: &BTreeMap<String, Middleware>,
    exposures: &mut Vec<Exposure>,
) -> Vec<String> {
    let mut unclear = Vec::new();
    let alternatives = match parse(&router.rule) {
        Ok(alternatives) => alternatives,
        Err(what) => return vec![format!("not a rule: {what}")],
    };
    let mut base = Exposure {
        is_encrypted: Some(router.is_encrypted),
        leads_to: router.leads_to.clone(),
        ..Exposure::any(FORMAT.id, router.place.clone())
    };
    let chained = |name: &String| {
        let chain = known(middlewares, name).map(|one| one.chain.clone()).unwrap_or_default();
        [name.clone()].into_iter().chain(chain).collect::<Vec<_>>()
    };
    for name in router.middlewares.iter().flat_map(chained) {
        match known(middlewares, &name) {
            Some(one) => {
                base.guards.extend(one.guard.clone());
                base.replaced_by = one.replaced_by.clone().or(base.replaced_by.take());
            }
            None => unclear.push(format!("the middleware `{name}` is not among the files")),
        }
    }
    for terms in alternatives {
        let mut exposure = base.clone();
        for term in terms {
            narrow(&mut exposure, &term);
        }
        exposures.push(exposure);
    }
    unclear
}

/// A middleware by its name, which may say who tells of it: `auth@file`, `shop-auth@kubernetescrd`.
fn known<'m>(middlewares: &'m BTreeMap<String, Middleware>, name: &str) -> Option<&'m Middleware> {
    middlewares.get(name).or_else(|| middlewares.get(name.split('@').next().unwrap_or(name)))
}

/// Takes from an exposure what a term does not let through.
fn narrow(exposure: &mut Exposure, term: &Term) {
    let first = term.values.first().cloned().unwrap_or_default();
    let is_new = exposure.paths == Paths::Below("/".to_owned());
    match (term.matcher.as_str(), term.is_denied) {
        ("Host" | "HostHeader", false) => {
            exposure.hosts.extend(term.values.iter().map(|host| host.to_ascii_lowercase()));
        }
        ("HostRegexp", false) => exposure.hosts.extend(term.values.iter().map(|host| format!("~{host}"))),
        ("Method", false) => exposure.methods.extend(term.values.iter().cloned()),
        ("Path", false) if is_new => exposure.paths = Paths::Exact(template(&first)),
        ("PathPrefix", false) if is_new && first.contains('{') => {
            exposure.paths = Paths::Below(template(&first))
        }
        ("PathPrefix", false) if is_new => exposure.paths = Paths::Beginning(first),
        ("PathRegexp", false) if is_new => exposure.paths = Paths::Matching(first),
        (matcher, is_denied) => {
            let not = if is_denied { "not " } else { "" };
            exposure
                .conditions
                .push(format!("{not}{matcher} {}", term.values.join(" ")).trim_end().to_owned());
        }
    }
}

/// `/orders/{id:[0-9]+}`, as version 2 has it, with `{}` for parameters.
fn template(path: &str) -> String {
    let mut template = String::new();
    let mut rest = path;
    while let Some((before, after)) = rest.split_once('{') {
        let mut depth = 1_usize;
        let end = after.find(|letter: char| {
            depth = match letter {
                '{' => depth + 1,
                '}' => depth.saturating_sub(1),
                _ => depth,
            };
            depth == 0
        });
        let Some(end) = end else { break };
        template.extend([before, "{}"]);
        rest = after.get(end + 1..).unwrap_or_default();
    }
    template + rest
}

const DOC: &str = r#"
Routers of dynamic configs in YAML and TOML, of IngressRoutes, and of labels in Compose files, in the order of their priorities: rules with
`Host`, `Path`, `PathPrefix`, `PathRegexp`, `Method`, `&&`, `||`, `!` and parentheses; everything else that a rule asks is a
condition. Middlewares that ask who calls are guards (`basicAuth`, `digestAuth`, `forwardAuth`, and of Traefik Hub `apiKey`,
`jwt`, `oidc`, `ldap`, `hmac`, `oAuthIntrospection`), also in chains; `stripPrefix` and `replacePath` say under which path requests
go on.

~~~file dynamic.yml
http:
  routers:
    orders:
      rule: "Host(`Shop.example`) && (PathPrefix(`/orders`) || Path(`/users/{id:[0-9]{2}}`)) && !Header(`X-Test`, `1`)"
      middlewares: [guarded@file, strip]
      service: orders
      tls: {}
    everything:
      rule: "HostRegexp(`^.+\\.shop\\.example$`) && Method(`GET`)"
      service: web
      middlewares: [lost@docker]
    urgent: { rule: "PathRegexp(`^/v[0-9]/`)", service: web, priority: 1000 }
    broken: { rule: "Host(shop.example)", service: web }
  middlewares:
    guarded: { chain: { middlewares: [login, limit] } }
    login: { forwardAuth: { address: "http://auth" } }
    limit: { rateLimit: { average: 10 } }
    strip: { stripPrefix: { prefixes: [/orders] } }
~~~
~~~exposes
* http://*~^/v[0-9]/ to=web (dynamic.yml:12)
* https://shop.example/orders* guards=forwardauth:other if=not Header X-Test 1 to=orders as=/ (dynamic.yml:4)
* https://shop.example/users/{} guards=forwardauth:other if=not Header X-Test 1 to=orders as=/ (dynamic.yml:4)
GET http://~^.+\.shop\.example$/** to=web (dynamic.yml:9)
~~~
~~~unclear
dynamic.yml:9: the middleware `lost@docker` is not among the files
dynamic.yml:13: not a rule: a value is not quoted
~~~

~~~file dynamic.toml
[http.routers.orders]
  rule = "Host(`shop.example`) && PathPrefix(`/orders`)"
  middlewares = ["users"]
  service = "orders"
  [http.routers.orders.tls]

[http.routers.web]
  rule = """Path(`/`)"""
  service = "web"
  priority = 1

[http.middlewares.users.basicAuth]
  users = ["ada:$apr1$x"]
~~~
~~~exposes
* https://shop.example/orders* guards=basicauth:basic to=orders (dynamic.toml:1)
* http://*/ to=web (dynamic.toml:7)
~~~

~~~file routes.yaml
apiVersion: traefik.io/v1alpha1
kind: IngressRoute
metadata: { name: shop }
spec:
  routes:
    - match: Host(`a.example`, `b.example`)
      kind: Rule
      middlewares: [{ name: users }]
      services: [{ name: shop, port: 80 }]
---
apiVersion: traefik.io/v1alpha1
kind: Middleware
metadata: { name: users }
spec: { basicAuth: { secret: users } }
~~~
~~~exposes
* http://a.example,b.example/** guards=basicauth:basic to=shop (routes.yaml:6)
~~~

~~~file compose.yaml
services:
  shop:
    image: shop
    labels:
      - traefik.enable=true
      - "traefik.http.routers.shop.rule=Host(`shop.example`) && PathPrefix(`/api`)"
      - traefik.http.routers.shop.tls=true
      - traefik.http.routers.shop.middlewares=users
  admin:
    labels:
      traefik.http.routers.admin.rule: Host(`admin.example`)
      traefik.http.middlewares.users.basicauth.users: "ada:$$apr1$$x"
~~~
~~~exposes
* https://shop.example/api* guards=basicauth:basic to=shop (compose.yaml:6)
* http://admin.example/** to=admin (compose.yaml:11)
~~~
"#;
