//! Kong: services, routes and plugins of a declarative config, as decK and Kong without a database read it.

use std::collections::BTreeMap;

use model::inventory::{Authentication, Exposure, Guard, Paths};

use super::{Format, closest_first, guard, is_structured};
use crate::config::ConfigFindings;
use crate::config::input::{Input, Spot};

pub(super) const FORMAT: Format = Format {
    id: "kong",
    product: "Kong Gateway",
    source: "https://docs.konghq.com/gateway/latest/production/deployment-topologies/db-less-and-declarative-config/",
    is_named: is_structured,
    marks: &["_format_version"],
    is_one: |input| input.roots().any(|root| root.text("_format_version").is_some()),
    read,
    doc: DOC,
};

/// Plugins that ask who calls.
const PLUGINS: &[(&str, Authentication)] = &[
    ("basic-auth", Authentication::Basic),
    ("hmac-auth", Authentication::Other),
    ("jwt", Authentication::BearerJwt),
    ("jwt-signer", Authentication::BearerJwt),
    ("key-auth", Authentication::ApiKey),
    ("key-auth-enc", Authentication::ApiKey),
    ("ldap-auth", Authentication::Basic),
    ("ldap-auth-advanced", Authentication::Basic),
    ("mtls-auth", Authentication::Mtls),
    ("oauth2", Authentication::BearerOpaque),
    ("oauth2-introspection", Authentication::BearerOpaque),
    ("openid-connect", Authentication::Bearer),
];

/// A plugin with which the gateway answers by itself.
const ANSWERS: &str = "request-termination";

/// Plugins that are in force, by name: those of a route before those of its service before those of all.
type Plugins<'i> = BTreeMap<&'i str, Spot<'i>>;

fn read(inputs: &[&Input], findings: &mut ConfigFindings) {
    let mut exposures = Vec::new();
    for root in inputs.iter().flat_map(|input| input.roots()) {
        let config = Config { root, services: root.items("services") };
        let global = config.plugins(&|plugin| {
            ["service", "route", "consumer", "consumer_group"].iter().all(|of| plugin.get(of).is_none())
        });
        for service in config.services.iter().filter(|service| is_enabled(**service)) {
            for route in service.items("routes") {
                config.route(route, Some(*service), &global, &mut exposures);
            }
        }
        for route in root.items("routes") {
            let service = config.services.iter().find(|service| is_named(**service, route.get("service")));
            config.route(route, service.copied(), &global, &mut exposures);
            if route.get("expression").is_some() {
                findings.unclear(route.file, route.line(), "a route by an expression");
            }
        }
    }
    closest_first(&mut exposures);
    findings.expose_all(exposures);
}

fn is_enabled(spot: Spot<'_>) -> bool {
    spot.node.get("enabled").is_none_or(|enabled| enabled.as_bool() != Some(false))
}

/// Whether `spot` is what a reference means: by name or id, written alone or as a member.
fn is_named(spot: Spot<'_>, reference: Option<Spot<'_>>) -> bool {
    let Some(reference) = reference else { return false };
    let meant = [reference.node.as_str(), reference.text("name"), reference.text("id")];
    meant.into_iter().flatten().any(|name| spot.text("name") == Some(name) || spot.text("id") == Some(name))
}

struct Config<'i> {
    root: Spot<'i>,
    services: Vec<Spot<'i>>,
}

impl<'i> Config<'i> {
    /// The plugins at the top of which `is_meant` holds.
    fn plugins(&self, is_meant: &dyn Fn(Spot<'i>) -> bool) -> Plugins<'i> {
        named(self.root.items("plugins").into_iter().filter(|plugin| is_meant(*plugin)).collect())
    }

    fn route(
        &self,
        route: Spot<'i>,
        service: Option<Spot<'i>>,
        global: &Plugins<'i>,
        exposures: &mut Vec<Exposure>,
    ) {
        let mut plugins = global.clone();
        for of in service.into_iter().chain([route]) {
            let key = if of.node.is(route.node) { "route" } else { "service" };
            plugins.extend(self.plugins(&|plugin| is_named(of, plugin.get(key))));
            plugins.extend(named(of.items("plugins")));
        }
        let protocols = route.texts("protocols");
        if protocols.iter().any(|protocol| matches!(*protocol, "tcp" | "tls" | "udp" | "tls_passthrough")) {
            return;
        }
        let is_encrypted = |protocol: &&str| matches!(*protocol, "https" | "grpcs" | "wss");
        let base = Exposure {
            hosts: route.texts("hosts").into_iter().map(str::to_ascii_lowercase).collect(),
            methods: route.texts("methods").into_iter().map(str::to_owned).collect(),
            conditions: conditions(route),
            guards: guards(&plugins),
            is_closed: plugins.contains_key(ANSWERS),
            is_encrypted: Some(!protocols.is_empty() && protocols.iter().all(is_encrypted)),
            leads_to: service.and_then(name).map(str::to_owned),
            replaced_by: service.filter(|_| is_stripped(route)).map(behind),
            ..Exposure::any(FORMAT.id, route.place())
        };
        let is_old = self.root.text("_format_version").is_some_and(|version| version < "3");
        let paths = route.texts("paths");
        for path in &paths {
            let paths = match path.strip_prefix('~') {
                Some(regex) => Paths::Matching(format!("^(?:{regex})")),
                None if is_old && path.contains(['(', '[', '\\', '$', '+']) => {
                    Paths::Matching(format!("^(?:{path})"))
                }
                None => Paths::Beginning((*path).to_owned()),
            };
            exposures.push(Exposure { paths, ..base.clone() });
        }
        if paths.is_empty() {
            let expression = route.text("expression").map(|text| Paths::Unknown(text.to_owned()));
            exposures.push(Exposure { paths: expression.unwrap_or(base.paths.clone()), ..base });
        }
    }
}

fn named(plugins: Vec<Spot<'_>>) -> Plugins<'_> {
    let enabled = plugins.into_iter().filter(|plugin| is_enabled(*plugin));
    enabled.filter_map(|plugin| Some((plugin.text("name")?, plugin))).collect()
}

fn guards(plugins: &Plugins<'_>) -> Vec<Guard> {
    let mut guards = Vec::new();
    for (name, asks_for) in PLUGINS {
        let Some(plugin) = plugins.get(name) else { continue };
        // Whoever shows nothing is let through as this consumer.
        let lets_anybody = plugin.get("config").is_some_and(|config| config.text("anonymous").is_some());
        if !lets_anybody {
            guards.push(guard(*name, *asks_for));
        }
    }
    guards
}

fn conditions(route: Spot<'_>) -> Vec<String> {
    let headers = route.get("headers").into_iter().flat_map(Spot::members);
    let headers = headers.map(|(name, _)| format!("header {name}"));
    headers.chain(route.texts("snis").into_iter().map(|name| format!("sni {name}"))).collect()
}

fn name(service: Spot<'_>) -> Option<&str> {
    service.text("name").or_else(|| service.text("host")).or_else(|| service.text("url"))
}

fn is_stripped(route: Spot<'_>) -> bool {
    route.node.get("strip_path").is_none_or(|strip| strip.as_bool() != Some(false))
}

/// The path of a service, which stands in the place of what is stripped.
fn behind(service: Spot<'_>) -> String {
    let of_url = || {
        let (_, rest) = service.text("url")?.split_once("://")?;
        rest.split_once('/').map(|(_, path)| format!("/{path}"))
    };
    service.text("path").map(str::to_owned).or_else(of_url).unwrap_or_else(|| "/".to_owned())
}

const DOC: &str = r#"
Services and routes with hosts, methods, paths (beginnings of a text, and expressions behind `~`; before version 3 those that
look like one), headers and names of TLS. Plugins that ask who calls are guards where they are enabled, those of a route before
those of its service before those of all; one that lets callers through as an `anonymous` consumer is none. With
`request-termination` a route is closed. Routes that are written as expressions are told of, and not understood.

~~~file kong.yaml
_format_version: "3.0"
plugins:
  - name: key-auth
  - name: rate-limiting
  - name: basic-auth
    service: legacy
services:
  - name: orders
    url: http://orders.internal:8080/v1
    plugins:
      - name: jwt
      - name: key-auth
        config: { anonymous: guest }
    routes:
      - name: orders
        hosts: [Shop.example]
        methods: [GET, POST]
        paths: [/orders, "~/users/\\d+$"]
        protocols: [https]
      - name: admin
        paths: [/admin]
        strip_path: false
        plugins: [{ name: request-termination }]
  - name: legacy
    host: legacy.internal
    path: /old
  - { name: gone, host: gone.internal, enabled: false, routes: [{ paths: [/gone] }] }
routes:
  - name: legacy
    service: { name: legacy }
    headers: { x-version: ["1"] }
  - name: written
    service: { name: legacy }
    expression: http.path ^= "/x"
~~~
~~~exposes
GET,POST https://shop.example~^(?:/users/\d+$) guards=jwt:bearer-jwt to=orders as=/v1 (kong.yaml:15)
GET,POST https://shop.example/orders* guards=jwt:bearer-jwt to=orders as=/v1 (kong.yaml:15)
* http://*/admin* closed guards=jwt:bearer-jwt to=orders (kong.yaml:20)
* http://*/** guards=basic-auth:basic,key-auth:api-key if=header x-version to=legacy as=/old (kong.yaml:29)
* http://*?http.path ^= "/x" guards=basic-auth:basic,key-auth:api-key to=legacy as=/old (kong.yaml:32)
~~~
~~~unclear
kong.yaml:32: a route by an expression
~~~
"#;
