//! The backends of an API, from the URLs that the config gives.

use std::path::PathBuf;
use std::sync::Arc;

use http::Uri;
use model::Severity;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use spec::Node;

use super::files::read_file;
use super::{Compiled, Ingredients};
use crate::config::{Api, Health, Protocol};
use crate::engine::{Backends, Origin, client_config, tls_problem};

/// The backends of `api`, or what is wrong with them.
pub(super) fn backends(
    ingredients: &Ingredients<'_>,
    api: &Api,
    node: Node<'_>,
    compiled: &mut Compiled,
) -> Option<Backends> {
    let upstreams = &api.upstream.0;
    let place = node.get("upstream").unwrap_or(node);
    let places: Vec<Node<'_>> = match (&upstreams.url, place.get("urls")) {
        (Some(_), None) => vec![place.get("url").unwrap_or(place)],
        (None, Some(urls)) if !upstreams.urls.is_empty() => urls.items().collect(),
        _ => {
            let problem = ingredients.document.problem(
                Severity::Error,
                place,
                "a backend is named by `url`, or several by `urls`",
            );
            compiled.problems.push(problem.help("write one of the two"));
            return None;
        }
    };
    if upstreams.ejection.is_some_and(|ejection| ejection.failures == 0) {
        let place = place.get("ejection").unwrap_or(place);
        let problem = ingredients.document.problem(Severity::Error, place, "`failures` must be at least 1");
        compiled.problems.push(problem.help("say how many failures in a row are too many"));
        return None;
    }
    if let Some(wrong) = upstreams.health.as_ref().and_then(wrong_with_health) {
        let place = place.get("health").unwrap_or(place);
        let problem = ingredients.document.problem(Severity::Error, place, wrong);
        compiled
            .problems
            .push(problem.help("as in `health: { path: /healthz, interval: 10s, timeout: 2s }`"));
        return None;
    }
    let urls = upstreams.url.iter().chain(&upstreams.urls);
    let mut origins = Vec::new();
    for (url, place) in urls.zip(places) {
        origins.push(origin(ingredients, api, (url, place, node), compiled)?);
    }
    let backends = Backends::new(origins, upstreams.balance, upstreams.ejection, upstreams.retries);
    Some(match &upstreams.health {
        Some(health) => backends.with_health(health.clone(), ingredients.metrics.unhealthy(&api.name)),
        None => backends,
    })
}

fn wrong_with_health(health: &Health) -> Option<&'static str> {
    if !health.path.starts_with('/') || health.path.parse::<Uri>().is_err() {
        return Some("the `path` of a health check begins with `/`");
    }
    if health.healthy_after == 0 || health.unhealthy_after == 0 {
        return Some("a backend's health changes after at least 1 answer");
    }
    (health.interval.0.is_zero() || health.timeout.0.is_zero()).then_some("a health check takes time")
}

/// The origin that `url` at `place` names.
fn origin(
    ingredients: &Ingredients<'_>,
    api: &Api,
    (url, place, node): (&str, Node<'_>, Node<'_>),
    compiled: &mut Compiled,
) -> Option<Origin> {
    let mut wrong = |message: String| {
        let problem = ingredients.document.problem(Severity::Error, place, message);
        compiled.problems.push(problem.help("write an origin, as in `http://127.0.0.1:9000`"));
    };
    let Ok(uri) = url.parse::<Uri>() else {
        wrong(format!("`{url}` is no url"));
        return None;
    };
    let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
        wrong(format!("`{url}` names no scheme and host"));
        return None;
    };
    if !matches!(uri.path(), "" | "/") || uri.query().is_some() || authority.as_str().contains('@') {
        wrong("an upstream has no path, query or user".to_owned());
        return None;
    }
    let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_owned();
    let is_http2 = api.upstream.0.protocol == Protocol::Http2;
    let is_outside = api.egress.as_ref().is_some_and(|egress| !egress.private);
    match scheme {
        "http" if api.upstream.0.tls.is_some() || api.upstream_authorities.is_some() => {
            wrong("TLS is only spoken to a backend whose origin begins with `https:`".to_owned());
            None
        }
        "http" => {
            let port = authority.port_u16().unwrap_or(80);
            Some(Origin { host, port, tls: None, is_http2, is_outside })
        }
        "https" => {
            let Ok(name) = ServerName::try_from(host.clone()) else {
                wrong(format!("`{host}` is no name that a certificate can be for"));
                return None;
            };
            let config = tls(ingredients, api, node, compiled)?;
            let port = authority.port_u16().unwrap_or(443);
            Some(Origin { host, port, tls: Some((config, name)), is_http2, is_outside })
        }
        other => {
            wrong(format!("`{other}` is not spoken to a backend"));
            None
        }
    }
}

/// How TLS is spoken to the backend of `api`.
fn tls(
    ingredients: &Ingredients<'_>,
    api: &Api,
    node: Node<'_>,
    compiled: &mut Compiled,
) -> Option<Arc<ClientConfig>> {
    let settings = api.upstream.0.tls.clone().unwrap_or_default();
    let mut wrong = |message: &str, help: &str| {
        compiled.problems.push(ingredients.document.problem(Severity::Error, node, message).help(help));
    };
    if settings.ca.is_some() && api.upstream_authorities.is_some() {
        wrong("the authorities of the backend are given twice", "leave out `upstream-authorities`");
        return None;
    }
    if settings.certificate.is_some() != settings.key.is_some() {
        wrong("a certificate for the backend without its key, or a key without", "give both, or neither");
        return None;
    }
    let mut read = |path: Option<PathBuf>| match path {
        None => Some(None),
        Some(path) => read_file(ingredients, &path, node, compiled).map(Some),
    };
    let authorities = read(settings.ca.or_else(|| api.upstream_authorities.clone()));
    let (certificate, key) = (read(settings.certificate), read(settings.key));
    let (authorities, certificate, key) = (authorities?, certificate?, key?);
    match client_config(authorities.as_deref(), certificate.as_deref().zip(key.as_deref())) {
        Ok(mut config) if api.upstream.0.protocol == Protocol::Http2 => {
            Arc::make_mut(&mut config).alpn_protocols = vec![b"h2".to_vec()];
            Some(config)
        }
        Ok(config) => Some(config),
        Err(error) => {
            compiled.problems.push(tls_problem(ingredients.document, node, &error));
            None
        }
    }
}
