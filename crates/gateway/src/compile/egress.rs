//! The third parties that are called through the gateway, and what is wrong with how they are set up.

use std::sync::Arc;

use model::Severity;
use spec::Node;

use super::{Compiled, Ingredients};
use crate::config::{Api, Credential as CredentialConfig, SecretSource};
use crate::destination::is_public;
use crate::engine::{Backends, Origin};
use crate::normalize::{self, Scheme};
use crate::snapshot::ApiPlan;
use crate::third_party::{Credential, Side, ThirdParty};

/// Redirects that may be followed one after the other.
const REDIRECTS_MAX: u8 = 10;

/// How the third party of `api`, which has `egress`, is called; nothing where something is wrong with that, and a problem.
pub(super) fn third_party(
    ingredients: &Ingredients<'_>,
    api: &Api,
    (node, backends): (Node<'_>, &Backends),
    compiled: &mut Compiled,
) -> Option<Arc<ThirdParty>> {
    let settings = api.egress.as_ref()?;
    let place = node.get("egress").unwrap_or(node);
    let mut origins = backends.origins();
    let (Some(origin), None) = (origins.next(), origins.next()) else {
        let place = node.get("upstream").unwrap_or(node);
        let problem =
            ingredients.document.problem(Severity::Error, place, "a third party has several origins");
        compiled.problems.push(problem.help("make each an api of its own"));
        return None;
    };
    if !settings.private && !is_outside(origin) {
        let place = node.get("upstream").unwrap_or(node);
        let message = "a third party is called at public addresses and over TLS";
        let problem = ingredients.document.problem(Severity::Error, place, message);
        compiled
            .problems
            .push(problem.help("write `egress: { private: true }` where it is in a network of your own"));
        return None;
    }
    let credential = match &settings.credential {
        None => None,
        Some(config) => Some(credential(ingredients, api, (config, place), compiled)?),
    };
    let scheme = if origin.tls.is_some() { Scheme::Https } else { Scheme::Http };
    let Some(host) = normalize::own_host(&authority(origin), scheme) else {
        let message = format!("`{}` is no host", origin.host);
        compiled.problems.push(ingredients.document.problem(Severity::Error, place, message));
        return None;
    };
    let api_key_header = ingredients.feeds.api_key_header.clone();
    let redirects_max = settings.redirects_max;
    if redirects_max > REDIRECTS_MAX {
        let place = place.get("redirects-max").unwrap_or(place);
        let message = format!("more than {REDIRECTS_MAX} redirects are not followed");
        compiled.problems.push(ingredients.document.problem(Severity::Error, place, message));
        return None;
    }
    Some(Arc::new(ThirdParty { host, scheme, credential, redirects_max, api_key_header }))
}

fn authority(origin: &Origin) -> String {
    let Origin { host, port, .. } = origin;
    if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}

/// Whether it is spoken to over TLS, and no address of the inside; where a name leads is seen when it is connected to.
fn is_outside(origin: &Origin) -> bool {
    origin.tls.is_some() && origin.host.parse().map_or(true, is_public)
}

fn credential(
    ingredients: &Ingredients<'_>,
    api: &Api,
    (config, place): (&CredentialConfig, Node<'_>),
    compiled: &mut Compiled,
) -> Option<Credential> {
    let source = config.oauth.as_ref().map(|oauth| &oauth.client_secret).or(config.secret.as_ref());
    if let Some(SecretSource::File(path)) = source {
        compiled.files.push(ingredients.folder.join(path));
    }
    let made = match (&config.secret, &config.oauth) {
        (Some(secret), None) => (ingredients.secret)(secret)
            .and_then(|secret| Credential::new(config, secret).map_err(str::to_owned)),
        (None, Some(oauth)) => {
            compiled.files.extend(oauth.ca.iter().map(|path| ingredients.folder.join(path)));
            // Where there are none it was said why.
            let tokens = ingredients.feeds.client_tokens.get(&api.name)?;
            Credential::token(config, tokens).map_err(str::to_owned)
        }
        _ => Err("write either `secret` or `oauth`".to_owned()),
    };
    match made {
        Ok(credential) => Some(credential),
        Err(error) => {
            let message = format!("the credential for `{}`: {error}", api.name);
            let place = place.get("credential").unwrap_or(place);
            compiled.problems.push(ingredients.document.problem(Severity::Error, place, message));
            None
        }
    }
}

/// Says what is wrong with listeners and third parties taken together.
pub(super) fn check(ingredients: &Ingredients<'_>, apis: &[ApiPlan], compiled: &mut Compiled) {
    let root = ingredients.document.root();
    let listen = &ingredients.config.listen;
    let mut say = |severity, place: Node<'_>, message: String, help: &str| {
        compiled.problems.push(ingredients.document.problem(severity, place, message).help(help));
    };
    let has_listener = listen.iter().any(|listen| listen.egress);
    for api in apis.iter().filter(|api| api.side() == Side::Egress && !has_listener) {
        let place = root.get("apis").unwrap_or(root);
        let message = format!("no listener takes calls to `{}`", api.name);
        say(Severity::Warning, place, message, "add `listen: [{ address: …, egress: true }]`");
    }
    for (index, listen) in listen.iter().enumerate().filter(|(_, listen)| listen.egress) {
        let place = root.get("listen").and_then(|listen| listen.items().nth(index)).unwrap_or(root);
        if listen.decisions.is_some() {
            let help = "make it a listener of its own";
            let message = "nothing is decided for another proxy where third parties are called";
            say(Severity::Error, place, message.to_owned(), help);
        }
        if apis.iter().all(|api| api.side() == Side::Ingress) {
            let message = "no third party can be called through this listener";
            say(Severity::Warning, place, message.to_owned(), "add `egress` to an api of one");
        }
    }
}
