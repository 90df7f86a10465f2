//! The backend of an API, from the URL that the config gives.

use std::path::PathBuf;
use std::sync::Arc;

use http::Uri;
use model::Severity;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use spec::Node;

use super::files::read_file;
use super::{Compiled, Ingredients};
use crate::config::Api;
use crate::engine::{Origin, client_config, tls_problem};

/// The origin of `api`'s backend, or what is wrong with it.
pub(super) fn origin(
    ingredients: &Ingredients<'_>,
    api: &Api,
    node: Node<'_>,
    compiled: &mut Compiled,
) -> Option<Origin> {
    let place = node.get("upstream").unwrap_or(node);
    let place = place.get("url").unwrap_or(place);
    let url = api.upstream.url.as_str();
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
    match scheme {
        "http" if api.upstream.tls.is_some() || api.upstream_authorities.is_some() => {
            wrong("TLS is only spoken to a backend whose origin begins with `https:`".to_owned());
            None
        }
        "http" => Some(Origin { host, port: authority.port_u16().unwrap_or(80), tls: None }),
        "https" => {
            let Ok(name) = ServerName::try_from(host.clone()) else {
                wrong(format!("`{host}` is no name that a certificate can be for"));
                return None;
            };
            let config = tls(ingredients, api, node, compiled)?;
            Some(Origin { host, port: authority.port_u16().unwrap_or(443), tls: Some((config, name)) })
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
    let settings = api.upstream.tls.clone().unwrap_or_default();
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
        Ok(config) => Some(config),
        Err(error) => {
            compiled.problems.push(tls_problem(ingredients.document, node, &error));
            None
        }
    }
}
