//! Makes what asks an issuer about opaque tokens, from what the config says of it.

use std::path::Path;
use std::sync::Arc;

use gateway::config::{Introspection, IntrospectionEndpoint};
use identity::Issuer;
use identity::feed::KeyFeed;
use identity::introspection::{CACHE_MAX, Introspector, Settings};
use model::Problem;

use crate::feeds::key_client;
use crate::load::Loaded;
use crate::secret::secret;

/// What asks the one issuer of `issuers` that can be asked, in the order of the config. Where something is wrong,
/// nothing, and a problem.
pub(crate) fn introspector(
    loaded: &Loaded,
    issuers: &[(Issuer, Arc<KeyFeed>)],
    problems: &mut Vec<Problem>,
) -> Option<Introspector> {
    let configured = loaded.config.identity.issuers.iter();
    let mut asked = configured.filter_map(|issuer| Some((&issuer.issuer, issuer.introspection.as_ref()?)));
    let (url, introspection) = asked.next()?;
    if let Some((other, _)) = asked.next() {
        let message = format!("both `{url}` and `{other}` have `introspection`");
        let help = "leave it to one: an opaque token does not say whose it is, and is shown to no other";
        problems.push(Problem::error(message).help(help));
        return None;
    }
    let (issuer, _) = issuers.iter().find(|(issuer, _)| issuer.url == *url)?;
    match settings(issuer, introspection, &loaded.folder) {
        Ok(settings) => made(settings, problems),
        Err(message) => {
            problems.push(Problem::error(format!("the introspection of issuer `{url}`: {message}")));
            None
        }
    }
}

fn made(settings: Settings, problems: &mut Vec<Problem>) -> Option<Introspector> {
    let client = match key_client() {
        Ok(client) => client,
        Err(error) => {
            problems.push(Problem::error(error.to_string()));
            return None;
        }
    };
    match Introspector::new(settings, client) {
        Ok(introspector) => Some(introspector),
        Err(error) => {
            problems.push(Problem::error(format!("client id and secret cannot be sent: {error}")));
            None
        }
    }
}

fn settings(issuer: &Issuer, introspection: &Introspection, folder: &Path) -> Result<Settings, String> {
    let endpoint = match &introspection.endpoint {
        IntrospectionEndpoint::Discovery => None,
        IntrospectionEndpoint::Url(url) => {
            Some(url.parse().map_err(|error| format!("`{url}` is no url: {error}"))?)
        }
    };
    if introspection.cache_max.0 > CACHE_MAX {
        return Err(format!("`cache-max` is longer than {} s", CACHE_MAX.as_secs()));
    }
    Ok(Settings {
        issuer: issuer.clone(),
        endpoint,
        client_id: introspection.client_id.clone(),
        client_secret: secret(&introspection.client_secret, folder)?,
        cache_max: introspection.cache_max.0,
        aud_optional: introspection.aud_optional,
    })
}
