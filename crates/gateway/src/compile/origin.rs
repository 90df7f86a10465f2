//! The backend of an API, from the URL that the config gives.

use http::Uri;
use model::Severity;
use rustls::pki_types::ServerName;
use spec::Node;

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
    let mut wrong = |message: String| {
        let problem = ingredients.document.problem(Severity::Error, place, message);
        compiled.problems.push(problem.help("write an origin, as in `http://127.0.0.1:9000`"));
    };
    let Ok(uri) = api.upstream.parse::<Uri>() else {
        wrong(format!("`{}` is no url", api.upstream));
        return None;
    };
    let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
        wrong(format!("`{}` names no scheme and host", api.upstream));
        return None;
    };
    if !matches!(uri.path(), "" | "/") || uri.query().is_some() || authority.as_str().contains('@') {
        wrong("an upstream has no path, query or user".to_owned());
        return None;
    }
    let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_owned();
    match scheme {
        "http" => Some(Origin { host, port: authority.port_u16().unwrap_or(80), tls: None }),
        "https" => {
            let Ok(name) = ServerName::try_from(host.clone()) else {
                wrong(format!("`{host}` is no name that a certificate can be for"));
                return None;
            };
            let authorities = match &api.upstream_authorities {
                None => None,
                Some(path) => {
                    let path = ingredients.folder.join(path);
                    compiled.files.push(path.clone());
                    match (ingredients.read)(&path) {
                        Ok(bytes) => Some(bytes),
                        Err(error) => {
                            let message = format!("`{}` cannot be read: {error}", path.display());
                            compiled.problems.push(ingredients.document.problem(
                                Severity::Error,
                                node,
                                message,
                            ));
                            return None;
                        }
                    }
                }
            };
            match client_config(authorities.as_deref()) {
                Ok(config) => Some(Origin {
                    host,
                    port: authority.port_u16().unwrap_or(443),
                    tls: Some((config, name)),
                }),
                Err(error) => {
                    compiled.problems.push(tls_problem(ingredients.document, node, &error));
                    None
                }
            }
        }
        other => {
            wrong(format!("`{other}` is not spoken to a backend"));
            None
        }
    }
}
