//! Envoy: virtual hosts with their routes, wherever they stand in its config, and the filters before them.

use std::collections::BTreeMap;

use model::inventory::{Authentication, Exposure, Guard, Paths};

use super::{Format, closest_host_first, guard, is_structured};
use crate::config::ConfigFindings;
use crate::config::input::{Input, Spot};

pub(super) const FORMAT: Format = Format {
    id: "envoy",
    product: "Envoy",
    source: "https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/route/v3/route_components.proto",
    is_named: is_structured,
    marks: &["domains", "route_config_name"],
    is_one: |input| input.roots().any(|root| tells(root, 0)),
    read,
    doc: DOC,
};

/// Objects inside each other that are looked into; a virtual host in a bootstrap is in the twelfth.
const DEPTH_MAX: usize = 24;

/// HTTP filters that ask who calls.
const FILTERS: &[(&str, Authentication)] = &[
    ("envoy.filters.http.api_key_auth", Authentication::ApiKey),
    ("envoy.filters.http.basic_auth", Authentication::Basic),
    ("envoy.filters.http.ext_authz", Authentication::Other),
    (JWT, Authentication::BearerJwt),
    ("envoy.filters.http.oauth2", Authentication::Bearer),
    ("envoy.filters.http.rbac", Authentication::Other),
];

/// The filter that asks for tokens by path.
const JWT: &str = "envoy.filters.http.jwt_authn";

/// What stands before virtual hosts.
#[derive(Debug, Clone, Default)]
struct Before<'i> {
    filters: Vec<(&'static str, Authentication, Spot<'i>)>,
    asks_certificate: bool,
    is_encrypted: Option<bool>,
    /// The table of virtual hosts, by the place where it stands.
    table: Option<String>,
    /// Settings of filters by name, of which the innermost hold.
    settings: BTreeMap<&'i str, Spot<'i>>,
}

/// Whether there is a virtual host, or a name of routes that stand elsewhere.
fn tells(spot: Spot<'_>, depth: usize) -> bool {
    let tells_of = is_host(spot) || named_routes(spot).is_some();
    depth < DEPTH_MAX && (tells_of || spot.children().into_iter().any(|child| tells(child, depth + 1)))
}

fn named_routes(spot: Spot<'_>) -> Option<&str> {
    spot.get("rds")?.text("route_config_name")
}

fn is_host(spot: Spot<'_>) -> bool {
    spot.get("domains").is_some() && spot.get("routes").is_some()
}

fn read(inputs: &[&Input], findings: &mut ConfigFindings) {
    let mut named = BTreeMap::new();
    for root in inputs.iter().flat_map(|input| input.roots()) {
        names(root, &Before::default(), &mut named, 0);
    }
    let mut walk = Walk { named, exposures: Vec::new(), findings };
    for root in inputs.iter().flat_map(|input| input.roots()) {
        walk.look(root, &Before::default(), 0);
    }
    let Walk { mut exposures, findings, .. } = walk;
    closest_host_first(&mut exposures);
    findings.expose_all(exposures);
}

/// Finds what stands before routes that are named in one place and written in another.
fn names<'i>(spot: Spot<'i>, outer: &Before<'i>, named: &mut BTreeMap<&'i str, Before<'i>>, depth: usize) {
    if depth >= DEPTH_MAX {
        return;
    }
    let before = outer.within(spot);
    if let Some(name) = named_routes(spot) {
        named.insert(name, before.clone());
    }
    for child in spot.children() {
        names(child, &before, named, depth + 1);
    }
}

struct Walk<'w, 'i> {
    named: BTreeMap<&'i str, Before<'i>>,
    exposures: Vec<Exposure>,
    findings: &'w mut ConfigFindings,
}

impl<'i> Walk<'_, 'i> {
    fn look(&mut self, spot: Spot<'i>, outer: &Before<'i>, depth: usize) {
        if depth >= DEPTH_MAX {
            return;
        }
        let named = spot.get("virtual_hosts").and_then(|_| self.named.get(spot.text("name")?));
        let before = named.filter(|_| outer.filters.is_empty()).unwrap_or(outer).within(spot);
        if is_host(spot) {
            for route in spot.items("routes") {
                self.route(route, spot, &before);
            }
            return;
        }
        for child in spot.children() {
            self.look(child, &before, depth + 1);
        }
    }

    fn route(&mut self, route: Spot<'i>, host: Spot<'i>, outer: &Before<'i>) {
        let Some(asked) = route.get("match") else { return };
        let before = outer.within(route);
        let mut exposure = Exposure {
            hosts: hosts(host),
            listeners: before.table.iter().cloned().collect(),
            is_encrypted: match host.text("require_tls") {
                Some("ALL" | "EXTERNAL_ONLY") => Some(true),
                _ => before.is_encrypted,
            },
            ..Exposure::any(FORMAT.id, route.place())
        };
        exposure.paths = match paths(asked) {
            Some(paths) => paths,
            None => {
                self.findings.unclear(route.file, asked.line(), "a match by something else than a path");
                Paths::Unknown("match".to_owned())
            }
        };
        conditions(asked, &mut exposure);
        match route.get("route") {
            Some(action) => leads(action, &mut exposure),
            None => exposure.is_closed = true,
        }
        if !exposure.is_closed {
            exposure.guards = self.guards(&before, &exposure, route);
        }
        self.exposures.push(exposure);
    }

    fn guards(&mut self, before: &Before<'i>, exposure: &Exposure, route: Spot<'i>) -> Vec<Guard> {
        let mut guards = Vec::new();
        for (name, asks_for, filter) in &before.filters {
            if before.settings.get(name).is_some_and(|settings| is_off(name, *settings)) {
                continue;
            }
            let asks = match *name == JWT {
                false => true,
                true => asks_token(*filter, exposure).unwrap_or_else(|| {
                    let what =
                        "tokens are asked for on a part of what it lets through, which is taken as open";
                    self.findings.unclear(route.file, route.line(), what);
                    false
                }),
            };
            if asks {
                guards.push(guard(name.rsplit('.').next().unwrap_or(name), *asks_for));
            }
        }
        if before.asks_certificate {
            guards.push(guard("require_client_certificate", Authentication::Mtls));
        }
        guards
    }
}

impl<'i> Before<'i> {
    /// What holds below `spot`.
    fn within(&self, spot: Spot<'i>) -> Before<'i> {
        let mut before = self.clone();
        if let Some(socket) = spot.get("transport_socket").and_then(|socket| socket.get("typed_config")) {
            before.is_encrypted = Some(true);
            before.asks_certificate |= socket.is_true("require_client_certificate");
        } else if spot.get("filters").is_some() {
            before.is_encrypted = before.is_encrypted.or(Some(false));
        }
        if spot.get("virtual_hosts").is_some() {
            before.table = Some(format!("{}:{}", spot.file, spot.line()));
        }
        for filter in spot.items("http_filters") {
            let known =
                FILTERS.iter().find(|(name, _)| filter.text("name") == Some(name) || is_of(filter, name));
            if let Some((name, asks_for)) = known.filter(|_| !filter.is_true("disabled")) {
                before.filters.push((name, *asks_for, filter));
            }
        }
        if let Some(settings) = spot.get("typed_per_filter_config") {
            before.settings.extend(settings.members());
        }
        before
    }
}

/// Whether a filter is of this kind, whatever it is called.
fn is_of(filter: Spot<'_>, name: &str) -> bool {
    let kind = filter.get("typed_config").and_then(|config| config.text("@type")).unwrap_or_default();
    let short = name.rsplit('.').next().unwrap_or(name);
    kind.contains(&format!(".http.{short}."))
}

/// Whether settings of a route switch a filter off.
fn is_off(name: &str, settings: Spot<'_>) -> bool {
    settings.is_true("disabled") || name.ends_with("rbac") && settings.get("rbac").is_none()
}

/// Whether a token is asked for on all that is let through; none where it is on a part of it.
fn asks_token(filter: Spot<'_>, exposure: &Exposure) -> Option<bool> {
    let path = match &exposure.paths {
        Paths::Exact(path) | Paths::Below(path) | Paths::Beginning(path) => path.as_str(),
        Paths::Matching(_) | Paths::Unknown(_) => "",
    };
    for rule in filter.get("typed_config")?.items("rules") {
        let asks = rule.get("requires").is_some_and(|requires| {
            requires.get("allow_missing").is_none() && requires.get("allow_missing_or_failed").is_none()
        });
        match rule.get("match").and_then(paths) {
            Some(Paths::Beginning(prefix) | Paths::Below(prefix)) if path.starts_with(&prefix) => {
                return Some(asks);
            }
            Some(Paths::Exact(exact)) if matches!(exposure.paths, Paths::Exact(_)) && exact == path => {
                return Some(asks);
            }
            Some(Paths::Beginning(text) | Paths::Below(text) | Paths::Exact(text))
                if !text.starts_with(path) => {}
            _ if asks => return None,
            _ => {}
        }
    }
    Some(false)
}

fn hosts(host: Spot<'_>) -> Vec<String> {
    let without_port = |domain: &str| match domain.rsplit_once(':') {
        Some((name, port)) if port == "*" || port.parse::<u16>().is_ok() => name.to_ascii_lowercase(),
        _ => domain.to_ascii_lowercase(),
    };
    let hosts: Vec<String> = host.texts("domains").into_iter().map(without_port).collect();
    if hosts.iter().any(|host| host == "*") { Vec::new() } else { hosts }
}

fn paths(asked: Spot<'_>) -> Option<Paths> {
    let is_any_case = asked.node.get("case_sensitive").is_some_and(|node| node.as_bool() == Some(false));
    let paths = if let Some(prefix) = asked.text("prefix") {
        Paths::Beginning(prefix.to_owned())
    } else if let Some(path) = asked.text("path") {
        Paths::Exact(path.to_owned())
    } else if let Some(prefix) = asked.text("path_separated_prefix") {
        Paths::Below(prefix.to_owned())
    } else if let Some(regex) = asked.get("safe_regex").and_then(|regex| regex.text("regex")) {
        Paths::Matching(format!("^(?:{regex})$"))
    } else {
        let template = asked.below(&["path_match_policy", "typed_config"])?.text("path_template")?;
        of_template(template)
    };
    Some(match paths {
        Paths::Beginning(path) if is_any_case => Paths::Matching(format!("(?i)^{}", regex::escape(&path))),
        Paths::Exact(path) if is_any_case => Paths::Matching(format!("(?i)^{}$", regex::escape(&path))),
        paths => paths,
    })
}

/// `/orders/{id}/**`, in which `*` is one segment and `**` is all that follow.
fn of_template(template: &str) -> Paths {
    let mut path = String::new();
    for segment in template.split('/').skip(1) {
        let pattern = segment.trim_matches(['{', '}']).rsplit('=').next().unwrap_or(segment);
        match (pattern, segment.contains(['{', '*'])) {
            ("**", _) => return Paths::Below(path),
            (_, true) => path.push_str("/{}"),
            (_, false) => path.extend(["/", segment]),
        }
    }
    Paths::Exact(path)
}

fn conditions(asked: Spot<'_>, exposure: &mut Exposure) {
    for header in asked.items("headers") {
        let Some(name) = header.text("name") else { continue };
        let exact = header.text("exact_match").or_else(|| header.get("string_match")?.text("exact"));
        match (name, exact) {
            (":method", Some(method)) => drop(exposure.methods.insert(method.to_owned())),
            _ => exposure.conditions.push(format!("header {name}")),
        }
    }
    let names = asked.items("query_parameters");
    let names = names.iter().filter_map(|one| one.text("name")).map(|name| format!("query {name}"));
    exposure.conditions.extend(names);
}

fn leads(action: Spot<'_>, exposure: &mut Exposure) {
    let clusters = action.get("weighted_clusters").map(|weighted| weighted.items("clusters"));
    let clusters = clusters.unwrap_or_default();
    let names: Vec<&str> = clusters.iter().filter_map(|cluster| cluster.text("name")).collect();
    let weighted = (!names.is_empty()).then(|| names.join(","));
    exposure.leads_to = action.text("cluster").map(str::to_owned).or(weighted);
    exposure.replaced_by = action.text("prefix_rewrite").map(str::to_owned);
}

const DOC: &str = r#"
Virtual hosts with their routes, in a bootstrap, in resources of listeners and routes, or alone: domains, `path`, `prefix`,
`path_separated_prefix`, `safe_regex` and templates of paths, methods, other headers and the query, clusters and rewritten
prefixes. Filters that ask who calls are guards (`jwt_authn` by its rules, `ext_authz`, `rbac`, `basic_auth`, `api_key_auth`,
`oauth2`), unless a route switches them off, and so is a certificate that is required. Routes in one file get the filters of the
listener of another that names them. A route that redirects or answers by itself is closed. The virtual
host is looked for first: what no route of it takes goes to no other of the same table.

~~~file envoy.yaml
static_resources:
  listeners:
  - name: edge
    filter_chains:
    - transport_socket:
        name: tls
        typed_config: { "@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext }
      filters:
      - name: envoy.filters.network.http_connection_manager
        typed_config:
          http_filters:
          - name: envoy.filters.http.jwt_authn
            typed_config:
              rules:
              - match: { prefix: /health }
              - match: { prefix: / }
                requires: { provider_name: idp }
          - name: authz
            typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.ext_authz.v3.ExtAuthz }
          - name: envoy.filters.http.router
          route_config:
            virtual_hosts:
            - name: any
              domains: ["*"]
              routes:
              - match: { prefix: / }
                redirect: { https_redirect: true }
            - name: shop
              domains: ["shop.example:*"]
              routes:
              - match: { path: /health }
                route: { cluster: orders }
                typed_per_filter_config: { envoy.filters.http.ext_authz: { disabled: true } }
              - match:
                  path_separated_prefix: /orders
                  headers: [{ name: ":method", string_match: { exact: GET } }]
                route: { cluster: orders, prefix_rewrite: / }
              - match: { safe_regex: { regex: "/users/[0-9]+" } }
                route: { weighted_clusters: { clusters: [{ name: a, weight: 1 }, { name: b, weight: 9 }] } }
              - match:
                  path_match_policy:
                    typed_config: { path_template: "/items/{id}/{rest=**}" }
                route: { cluster: items }
              - match: { connect_matcher: {} }
                route: { cluster: tunnel }
~~~
~~~exposes
* https://shop.example/health to=orders (envoy.yaml:31)
GET https://shop.example/orders/** guards=jwt_authn:bearer-jwt,ext_authz:other to=orders as=/ (envoy.yaml:34)
* https://shop.example~^(?:/users/[0-9]+)$ guards=ext_authz:other to=a,b (envoy.yaml:38)
* https://shop.example/items/{}/** guards=jwt_authn:bearer-jwt,ext_authz:other to=items (envoy.yaml:40)
* https://shop.example?match guards=ext_authz:other to=tunnel (envoy.yaml:44)
* https://*/* closed (envoy.yaml:26)
~~~
~~~unclear
envoy.yaml:38: tokens are asked for on a part of what it lets through, which is taken as open
envoy.yaml:44: a match by something else than a path
envoy.yaml:44: tokens are asked for on a part of what it lets through, which is taken as open
~~~

~~~file lds.json
{ "resources": [{ "filter_chains": [{ "filters": [{ "typed_config": {
  "rds": { "route_config_name": "local" },
  "http_filters": [{ "name": "envoy.filters.http.basic_auth" }] } }] }] }] }
~~~
~~~file rds.json
{ "resources": [{ "@type": "type.googleapis.com/envoy.config.route.v3.RouteConfiguration", "name": "local",
  "virtual_hosts": [{ "name": "a", "domains": ["*.shop.example"], "routes": [
    { "match": { "prefix": "/Api", "case_sensitive": false }, "route": { "cluster": "api" } } ] }] }] }
~~~
~~~exposes
* http://*.shop.example~(?i)^/Api guards=basic_auth:basic to=api (rds.json:3)
~~~
"#;
