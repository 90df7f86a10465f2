//! Routes of the Gateway API, with the listeners that they are attached to.

use std::collections::BTreeSet;

use model::inventory::{Authentication, Exposure, Guard, Paths};

use super::{Format, closest_first, guard, is_structured};
use crate::config::ConfigFindings;
use crate::config::input::{Input, Spot};

pub(super) const FORMAT: Format = Format {
    id: "gateway-api",
    product: "Kubernetes Gateway API",
    source: "https://gateway-api.sigs.k8s.io/reference/spec/",
    marks: &["gateway.networking.k8s.io/", "gateway.envoyproxy.io/"],
    is_named: is_structured,
    is_one: |input| input.resources().into_iter().any(|spot| is_route(spot) || is_around(spot)),
    read,
    doc: DOC,
};

const GROUPS: &[&str] = &["gateway.networking.k8s.io"];

/// Members of a SecurityPolicy of Envoy Gateway that ask who calls.
const POLICIES: &[(&str, Authentication)] = &[
    ("apiKeyAuth", Authentication::ApiKey),
    ("basicAuth", Authentication::Basic),
    ("extAuth", Authentication::Other),
    ("jwt", Authentication::BearerJwt),
    ("oidc", Authentication::Bearer),
];

fn is_route(spot: Spot<'_>) -> bool {
    spot.is_resource(GROUPS, "HTTPRoute") || spot.is_resource(GROUPS, "GRPCRoute")
}

/// Whether it says something of routes that stand elsewhere.
fn is_around(spot: Spot<'_>) -> bool {
    is_gateway(spot) || is_policy(spot)
}

fn is_gateway(spot: Spot<'_>) -> bool {
    spot.is_resource(GROUPS, "Gateway")
}

fn is_policy(spot: Spot<'_>) -> bool {
    spot.is_resource(&["gateway.envoyproxy.io"], "SecurityPolicy")
}

fn read(inputs: &[&Input], findings: &mut ConfigFindings) {
    let resources: Vec<Spot<'_>> = inputs.iter().flat_map(|input| input.resources()).collect();
    let around: Vec<Spot<'_>> = resources.iter().filter(|spot| is_around(**spot)).copied().collect();
    let mut exposures = Vec::new();
    for spot in resources.iter().filter(|spot| is_route(**spot)) {
        let Some(spec) = spot.get("spec") else { continue };
        let attached = attached(&around, spec);
        let mut hosts: Vec<String> =
            spec.texts("hostnames").iter().map(|host| host.to_ascii_lowercase()).collect();
        if hosts.is_empty() {
            hosts = attached.hosts.into_iter().collect();
        }
        let base = Exposure {
            hosts,
            guards: guards(&around, *spot, spec),
            is_encrypted: attached.is_encrypted,
            ..Exposure::any(FORMAT.id, spot.place())
        };
        let is_grpc = spot.text("kind") == Some("GRPCRoute");
        for rule in spec.items("rules") {
            exposures.extend(rule_of(rule, &base, is_grpc));
        }
    }
    closest_first(&mut exposures);
    findings.expose_all(exposures);
}

/// What the listeners say that a route is attached to.
struct Attached {
    hosts: BTreeSet<String>,
    is_encrypted: Option<bool>,
}

fn attached(around: &[Spot<'_>], spec: Spot<'_>) -> Attached {
    let mut attached = Attached { hosts: BTreeSet::new(), is_encrypted: None };
    for parent in spec.items("parentRefs") {
        let section = parent.text("sectionName");
        let is_parent = |spot: &&Spot<'_>| is_gateway(**spot) && spot.name() == parent.text("name");
        for gateway in around.iter().filter(is_parent) {
            let listeners = gateway.get("spec").map(|spec| spec.items("listeners")).unwrap_or_default();
            for listener in listeners {
                if section.is_some() && listener.text("name") != section {
                    continue;
                }
                attached.hosts.extend(listener.text("hostname").map(str::to_ascii_lowercase));
                let is_encrypted = matches!(listener.text("protocol"), Some("HTTPS" | "TLS"));
                // One listener in clear text is enough.
                attached.is_encrypted = Some(attached.is_encrypted.unwrap_or(true) && is_encrypted);
            }
        }
    }
    attached
}

/// What policies that are attached to the route, or to its gateway, ask for.
fn guards(around: &[Spot<'_>], route: Spot<'_>, spec: Spot<'_>) -> Vec<Guard> {
    let parents = spec.items("parentRefs");
    let parents: Vec<&str> = parents.iter().filter_map(|parent| parent.text("name")).collect();
    let is_target = |target: Spot<'_>| match target.text("kind") {
        Some("Gateway") => target.text("name").is_some_and(|name| parents.contains(&name)),
        kind => kind == route.text("kind") && target.text("name") == route.name(),
    };
    let mut guards = Vec::new();
    for policy in around.iter().filter(|spot| is_policy(**spot)) {
        let Some(policy) = policy.get("spec") else { continue };
        let mut targets = policy.items("targetRef").into_iter().chain(policy.items("targetRefs"));
        if targets.any(is_target) {
            let asked = POLICIES.iter().filter(|(member, _)| policy.get(member).is_some());
            guards.extend(asked.map(|(member, asks_for)| guard(*member, *asks_for)));
        }
    }
    guards
}

fn rule_of(rule: Spot<'_>, base: &Exposure, is_grpc: bool) -> Vec<Exposure> {
    let filters = rule.items("filters");
    let of = |kind: &str| filters.iter().find(|filter| filter.text("type") == Some(kind));
    let backends = rule.items("backendRefs");
    if of("RequestRedirect").is_some() && backends.is_empty() {
        return Vec::new();
    }
    let names: Vec<&str> = backends.iter().filter_map(|backend| backend.text("name")).collect();
    let rewrite = of("URLRewrite").and_then(|filter| filter.below(&["urlRewrite", "path"]));
    let replaced = |path: Spot<'_>| {
        let replaced = path.text("replacePrefixMatch").or_else(|| path.text("replaceFullPath"));
        replaced.map(str::to_owned)
    };
    let mut base = Exposure {
        leads_to: (!names.is_empty()).then(|| names.join(",")),
        replaced_by: rewrite.and_then(replaced),
        place: rule.place(),
        ..base.clone()
    };
    if of("ExternalAuth").is_some() {
        base.guards.push(guard("ExternalAuth", Authentication::Other));
    }
    let matches = rule.items("matches");
    let each = matches.iter().map(|asked| match is_grpc {
        true => grpc(*asked, &base),
        false => http(*asked, &base),
    });
    let each: Vec<Exposure> = each.collect();
    if each.is_empty() { vec![base] } else { each }
}

fn http(asked: Spot<'_>, base: &Exposure) -> Exposure {
    let mut exposure = Exposure { place: asked.place(), ..base.clone() };
    if let Some(path) = asked.get("path") {
        let text = path.text("value").unwrap_or("/").to_owned();
        exposure.paths = match path.text("type") {
            Some("Exact") => Paths::Exact(text),
            Some("RegularExpression") => Paths::Matching(format!("^(?:{text})$")),
            _ => Paths::Below(text),
        };
    }
    exposure.methods.extend(asked.text("method").map(str::to_owned));
    for (member, what) in [("headers", "header"), ("queryParams", "query")] {
        exposure.conditions.extend(named(asked, member, what));
    }
    exposure
}

fn grpc(asked: Spot<'_>, base: &Exposure) -> Exposure {
    let mut exposure = Exposure { place: asked.place(), ..base.clone() };
    exposure.methods.insert("POST".to_owned());
    if let Some(method) = asked.get("method") {
        let is_regex = method.text("type") == Some("RegularExpression");
        exposure.paths = match (method.text("service"), method.text("method")) {
            (service, name) if is_regex => {
                let any = "[^/]+";
                Paths::Matching(format!("^/(?:{})/(?:{})$", service.unwrap_or(any), name.unwrap_or(any)))
            }
            (Some(service), Some(name)) => Paths::Exact(format!("/{service}/{name}")),
            (Some(service), None) => Paths::Below(format!("/{service}")),
            (None, Some(name)) => Paths::Exact(format!("/{{}}/{name}")),
            (None, None) => exposure.paths,
        };
    }
    exposure.conditions.extend(named(asked, "headers", "header"));
    exposure
}

/// What is asked of headers or of the query, by their names.
fn named(asked: Spot<'_>, member: &str, what: &str) -> Vec<String> {
    let items = asked.items(member);
    items.iter().filter_map(|one| one.text("name")).map(|name| format!("{what} {name}")).collect()
}

const DOC: &str = r#"
HTTPRoutes and GRPCRoutes: host names, or those of the listeners that they are attached to where the gateway is in the same
files, matches by path, method, header and query, rewritten paths, and backends. What a SecurityPolicy of Envoy Gateway asks
of callers, and a filter `ExternalAuth`, are guards. A rule that only redirects lets nothing through.

~~~file gateway.yaml
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: { name: edge }
spec:
  listeners:
    - { name: web, protocol: HTTPS, port: 443, hostname: "*.shop.example" }
    - { name: plain, protocol: HTTP, port: 80 }
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: orders }
spec:
  parentRefs: [{ name: edge, sectionName: web }]
  rules:
    - matches:
        - path: { type: PathPrefix, value: /orders }
          method: GET
        - path: { type: Exact, value: /orders/export }
          headers: [{ name: x-role, value: admin }]
      filters:
        - type: URLRewrite
          urlRewrite: { path: { type: ReplacePrefixMatch, replacePrefixMatch: / } }
      backendRefs: [{ name: orders, port: 8080 }]
    - filters: [{ type: RequestRedirect, requestRedirect: { scheme: https } }]
---
apiVersion: gateway.networking.k8s.io/v1
kind: GRPCRoute
metadata: { name: ledger }
spec:
  parentRefs: [{ name: edge }]
  hostnames: [ledger.shop.example]
  rules:
    - matches: [{ method: { service: shop.Ledger } }]
      backendRefs: [{ name: ledger, port: 9090 }]
~~~
~~~file policy.yaml
apiVersion: gateway.envoyproxy.io/v1alpha1
kind: SecurityPolicy
metadata: { name: tokens }
spec:
  targetRefs:
    - { group: gateway.networking.k8s.io, kind: GRPCRoute, name: ledger }
  jwt: { providers: [{ name: idp, issuer: "https://idp.example" }] }
~~~
~~~exposes
POST http://ledger.shop.example/shop.Ledger/** guards=jwt:bearer-jwt to=ledger (gateway.yaml:33)
* https://*.shop.example/orders/export if=header x-role to=orders as=/ (gateway.yaml:18)
GET https://*.shop.example/orders/** to=orders as=/ (gateway.yaml:16)
~~~
"#;
