//! Ingresses of Kubernetes, with what their annotations ask of callers.

use std::collections::BTreeSet;

use model::inventory::{Authentication, Exposure, Guard, Paths};

use super::{Format, closest_first, guard, is_structured};
use crate::config::ConfigFindings;
use crate::config::input::{Input, Spot};

pub(super) const FORMAT: Format = Format {
    id: "kubernetes-ingress",
    product: "Kubernetes Ingress",
    source: "https://kubernetes.io/docs/concepts/services-networking/ingress/",
    marks: &["networking.k8s.io/", "extensions/v1beta1"],
    is_named: is_structured,
    is_one: |input| input.resources().into_iter().any(is_ingress),
    read,
    doc: DOC,
};

/// Groups that had the kind, one after the other.
const GROUPS: &[&str] = &["networking.k8s.io", "extensions"];

/// Annotations that ask who calls, with the values that ask nobody.
const GUARDS: &[(&str, &[&str], Authentication)] = &[
    ("nginx.ingress.kubernetes.io/auth-type", &[], Authentication::Basic),
    ("nginx.ingress.kubernetes.io/auth-url", &[], Authentication::Other),
    ("nginx.ingress.kubernetes.io/auth-tls-secret", &[], Authentication::Mtls),
    ("alb.ingress.kubernetes.io/auth-type", &["none"], Authentication::Bearer),
    ("haproxy.org/auth-type", &[], Authentication::Basic),
    ("haproxy-ingress.github.io/auth-url", &[], Authentication::Other),
    ("haproxy-ingress.github.io/auth-secret", &[], Authentication::Basic),
];

/// An annotation of ingress-nginx with which a certificate is asked for, and need not be shown.
const VERIFY: &str = "nginx.ingress.kubernetes.io/auth-tls-verify-client";

fn is_ingress(spot: Spot<'_>) -> bool {
    spot.is_resource(GROUPS, "Ingress")
}

fn read(inputs: &[&Input], findings: &mut ConfigFindings) {
    let mut exposures = Vec::new();
    for spot in inputs.iter().flat_map(|input| input.resources()).filter(|spot| is_ingress(*spot)) {
        ingress(spot, &mut exposures);
    }
    closest_first(&mut exposures);
    findings.expose_all(exposures);
}

fn ingress(spot: Spot<'_>, exposures: &mut Vec<Exposure>) {
    let Some(spec) = spot.get("spec") else { return };
    let annotation = |name: &str| spot.get("metadata")?.get("annotations")?.text(name);
    let encrypted: BTreeSet<String> =
        spec.items("tls").iter().flat_map(|tls| tls.texts("hosts")).map(str::to_ascii_lowercase).collect();
    let guards = guards(&annotation);
    let target = annotation("nginx.ingress.kubernetes.io/rewrite-target");
    let is_regex = target.is_some_and(|target| target.contains('$'))
        || annotation("nginx.ingress.kubernetes.io/use-regex") == Some("true");
    let mut add = |place: Spot<'_>, host: Option<&str>, paths: Paths, backend: Option<Spot<'_>>| {
        let host = host.map(str::to_ascii_lowercase);
        exposures.push(Exposure {
            is_encrypted: Some(host.as_ref().is_some_and(|host| encrypted.contains(host))),
            hosts: host.into_iter().collect(),
            paths,
            guards: guards.clone(),
            leads_to: backend.and_then(service).map(str::to_owned),
            // `/$2` is what a group of the pattern kept.
            replaced_by: target.map(|target| target.split('$').next().unwrap_or_default().to_owned()),
            ..Exposure::any(FORMAT.id, place.place())
        });
    };
    for rule in spec.items("rules") {
        let host = rule.text("host");
        for path in rule.get("http").map(|http| http.items("paths")).unwrap_or_default() {
            add(path, host, paths(path, is_regex), path.get("backend"));
        }
    }
    for backend in ["defaultBackend", "backend"].iter().filter_map(|name| spec.get(name)) {
        add(backend, None, Paths::Below("/".to_owned()), Some(backend));
    }
}

fn guards<'s>(annotation: &dyn Fn(&str) -> Option<&'s str>) -> Vec<Guard> {
    let mut guards = Vec::new();
    for (name, idle, asks_for) in GUARDS {
        let Some(value) = annotation(name).filter(|value| !idle.contains(value)) else { continue };
        let is_optional = *asks_for == Authentication::Mtls
            && annotation(VERIFY).is_some_and(|verify| verify.starts_with('o'));
        if !is_optional {
            let short = name.rsplit('/').next().unwrap_or(name);
            let value = if short == "auth-type" { format!(" {value}") } else { String::new() };
            guards.push(guard(format!("{short}{value}"), *asks_for));
        }
    }
    guards
}

fn paths(path: Spot<'_>, is_regex: bool) -> Paths {
    let text = path.text("path").unwrap_or("/").to_owned();
    match path.text("pathType") {
        Some("Exact") => Paths::Exact(text),
        _ if is_regex => Paths::Matching(format!("(?i)^{text}")),
        Some("Prefix") => Paths::Below(text),
        _ => Paths::Beginning(text),
    }
}

/// The service, as each version of the resource writes it.
fn service(backend: Spot<'_>) -> Option<&str> {
    let resource = || backend.get("resource")?.text("name");
    let service = backend.get("service").and_then(|service| service.text("name"));
    service.or_else(|| backend.text("serviceName")).or_else(resource)
}

const DOC: &str = r#"
Ingresses of `networking.k8s.io` and, as they once were, of `extensions`: hosts, paths by type, default backends, which take what
no path of a host does, and whether a host has a certificate. A path of the type `ImplementationSpecific` is taken as nginx takes it, as the beginning of a text. Of
ingress-nginx, the AWS load balancer and HAProxy the annotations that ask who calls are guards; a certificate that need not be
shown is none. What snippets of nginx's own config do is not understood.

~~~file shop.yaml
apiVersion: v1
kind: Service
metadata: { name: orders }
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: shop
  annotations:
    nginx.ingress.kubernetes.io/auth-url: https://auth.shop.example/verify
spec:
  tls:
    - hosts: [shop.example]
      secretName: shop
  rules:
    - host: Shop.example
      http:
        paths:
          - { path: /, pathType: ImplementationSpecific, backend: { service: { name: web, port: { number: 80 } } } }
          - path: /orders
            pathType: Prefix
            backend: { service: { name: orders, port: { name: http } } }
          - { path: /status, pathType: Exact, backend: { service: { name: orders, port: { number: 80 } } } }
~~~
~~~exposes
* https://shop.example/status guards=auth-url:other to=orders (shop.yaml:23)
* https://shop.example/orders/** guards=auth-url:other to=orders (shop.yaml:20)
* https://shop.example/* guards=auth-url:other to=web (shop.yaml:19)
~~~

~~~file rewritten.yml
apiVersion: v1
kind: List
items:
- apiVersion: extensions/v1beta1
  kind: Ingress
  metadata:
    annotations:
      nginx.ingress.kubernetes.io/rewrite-target: /$2
      nginx.ingress.kubernetes.io/auth-tls-secret: shop/ca
      nginx.ingress.kubernetes.io/auth-tls-verify-client: optional
  spec:
    rules:
    - host: "*.shop.example"
      http:
        paths:
        - path: /orders(/|$)(.*)
          backend: { serviceName: orders, servicePort: 80 }
    backend: { serviceName: fallback, servicePort: 80 }
~~~
~~~exposes
* http://*.shop.example~(?i)^/orders(/|$)(.*) to=orders as=/ (rewritten.yml:16)
* http://*/** to=fallback as=/ (rewritten.yml:18)
~~~

~~~file templates/ingress.yaml
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: {{ include "shop.fullname" . }}
spec:
  rules: {{ toYaml .Values.rules | nindent 4 }}
~~~
~~~unread
templates/ingress.yaml: it is a template without its values; render it first, as `helm template` does
~~~
"#;
