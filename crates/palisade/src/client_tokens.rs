//! Makes what gets tokens for third parties, from what the config says of it, and keeps one at hand.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use gateway::Feeds;
use gateway::config::ClientCredentials;
use identity::client_tokens::{ClientTokens, Settings};
use model::Problem;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::feeds::wall_clock;
use crate::load::{Loaded, read_file};
use crate::secret::secret;

/// How long a start waits for each first token before it goes on without.
const FIRST_TOKEN_TIMEOUT: Duration = Duration::from_secs(5);

/// What gets the tokens for each API that is shown one: what `before` has where nothing was changed, with its token.
pub(crate) fn client_tokens(
    loaded: &Loaded,
    before: Option<&Feeds>,
    problems: &mut Vec<Problem>,
) -> BTreeMap<String, Arc<ClientTokens>> {
    let mut all = BTreeMap::new();
    for api in &loaded.config.apis {
        let credential = api.egress.as_ref().and_then(|egress| egress.credential.as_ref());
        let Some(oauth) = credential.and_then(|credential| credential.oauth.as_ref()) else { continue };
        let known = before.and_then(|feeds| feeds.client_tokens.get(&api.name));
        match made(&api.name, oauth, &loaded.folder, known) {
            Ok(tokens) => drop(all.insert(api.name.clone(), tokens)),
            Err(message) => {
                problems.push(Problem::error(format!("the tokens for `{}`: {message}", api.name)))
            }
        }
    }
    all
}

fn made(
    name: &str,
    oauth: &ClientCredentials,
    folder: &Path,
    known: Option<&Arc<ClientTokens>>,
) -> Result<Arc<ClientTokens>, String> {
    let url = &oauth.token_url;
    let unread = |path: &Path, error| format!("`{}` cannot be read: {error}", path.display());
    let read = |path: &Path| read_file(&folder.join(path)).map_err(|error| unread(path, error));
    let settings = Settings {
        name: name.to_owned(),
        token_url: url.parse().map_err(|error| format!("`{url}` is no url: {error}"))?,
        client_id: oauth.client_id.clone(),
        client_secret: secret(&oauth.client_secret, folder)?,
        scopes: oauth.scopes.clone(),
        authorities: oauth.ca.as_deref().map(read).transpose()?,
    };
    match known.filter(|known| known.is_of(&settings)) {
        Some(known) => Ok(Arc::clone(known)),
        None => ClientTokens::new(settings).map(Arc::new).map_err(|error| error.to_string()),
    }
}

/// Gets the first token for each third party that is shown one, and the next ones for as long as `tasks` lives.
pub(crate) async fn keep(feeds: &Feeds, tasks: &mut JoinSet<()>) {
    for (name, tokens) in &feeds.client_tokens {
        match timeout(FIRST_TOKEN_TIMEOUT, tokens.refresh(&wall_clock)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                tracing::error!(third_party = name, %error, "no token; calls are refused while there is none");
            }
            Err(_) => {
                tracing::error!(
                    third_party = name,
                    "no token in time; calls are refused while there is none"
                );
            }
        }
        let tokens = Arc::clone(tokens);
        tasks.spawn(async move { tokens.run(&wall_clock).await });
    }
}
