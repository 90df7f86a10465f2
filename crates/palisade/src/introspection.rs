//! Makes what asks an issuer about opaque tokens, from what the config says of it.

use std::path::Path;
use std::sync::Arc;

use gateway::config::{Introspection, IntrospectionEndpoint, SecretSource};
use identity::Issuer;
use identity::feed::KeyFeed;
use identity::introspection::{CACHE_MAX, Introspector, Settings};
use model::{Problem, Secret};

use crate::feeds::key_client;
use crate::load::{Loaded, read_file};

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

/// The secret that `source` names. No error holds any of it.
fn secret(source: &SecretSource, folder: &Path) -> Result<Secret, String> {
    let bytes = match source {
        SecretSource::File(path) => {
            let path = folder.join(path);
            read_file(&path).map_err(|error| format!("`{}` cannot be read: {error}", path.display()))?
        }
        SecretSource::Env(name) => match std::env::var_os(name) {
            Some(value) => value.into_encoded_bytes(),
            None => return Err(format!("there is no environment variable `{name}`")),
        },
    };
    let secret = bytes.trim_ascii_end();
    if secret.is_empty() { Err("its client secret is empty".to_owned()) } else { Ok(Secret::new(secret)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_read_from_where_it_is_and_never_empty() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("secret"), "s3cret \n").unwrap();
        std::fs::write(folder.path().join("empty"), "\n").unwrap();
        let read = |source: SecretSource| secret(&source, folder.path());
        assert!(read(SecretSource::File("secret".into())).unwrap().matches(b"s3cret"));
        assert!(read(SecretSource::File("empty".into())).unwrap_err().contains("empty"));
        assert!(read(SecretSource::File("absent".into())).unwrap_err().contains("cannot be read"));
        let absent = read(SecretSource::Env("PALISADE_NO_SUCH_SECRET".to_owned())).unwrap_err();
        assert_eq!(absent, "there is no environment variable `PALISADE_NO_SUCH_SECRET`");
    }
}
