//! Where an API is served, in one form for all versions.

use spec::{Format, Spot};

use crate::view::{Transport, View};
use crate::words;

/// The most servers of one document that are looked at.
const SERVERS_MAX: usize = 1000;

/// A server.
#[derive(Debug, Clone)]
pub(crate) struct Server<'l> {
    /// The URL with the defaults of its variables; of Swagger 2.0, made of its three members.
    pub(crate) url: String,
    /// What says so.
    pub(crate) spot: Spot<'l>,
    /// It is for the whole API.
    pub(crate) is_of_root: bool,
    /// Others on the way can read what is sent, and it is not this machine.
    pub(crate) is_plain: bool,
}

impl Server<'_> {
    pub(crate) fn host(&self) -> Option<String> {
        words::host_of(&self.url).map(str::to_ascii_lowercase)
    }

    fn of(url: String, spot: Spot<'_>, is_of_root: bool) -> Server<'_> {
        Server { is_plain: words::is_plain_http(&url), url, spot, is_of_root }
    }

    /// The path without a slash at its end; empty for none.
    pub(crate) fn base_path(&self) -> &str {
        let path = match self.url.split_once("://") {
            Some((_, rest)) => rest.find('/').and_then(|at| rest.get(at..)).unwrap_or_default(),
            None => &self.url,
        };
        let path = path.split(['?', '#']).next().unwrap_or_default();
        path.trim_start_matches('.').trim_end_matches('/')
    }
}

/// The servers of the API, its paths and its operations.
pub(super) fn servers<'l>(view: &View<'l>) -> Vec<Server<'l>> {
    if view.format == Format::Swagger20 {
        return swagger(view.root);
    }
    if view.format.is_asyncapi() {
        return of_messages(view);
    }
    let root = view.root.items_of("servers").map(|spot| (spot, true));
    let items = view.root.members_of("paths").map(|(_, item)| item);
    let own = items.flat_map(|item| {
        let operations = item.members().map(|(_, operation)| operation);
        std::iter::once(item).chain(operations.filter(|operation| operation.node.is_object()))
    });
    let all = root.chain(own.flat_map(|holder| holder.items_of("servers")).map(|spot| (spot, false)));
    all.filter_map(|(spot, is_of_root)| Some(Server::of(url(spot)?, spot.get("url")?, is_of_root)))
        .take(SERVERS_MAX)
        .collect()
}

fn of_messages<'l>(view: &View<'l>) -> Vec<Server<'l>> {
    let servers = view.events.own_servers().iter().take(SERVERS_MAX);
    let servers = servers.map(|server| Server {
        url: server.url.clone(),
        spot: server.address.unwrap_or(server.spot),
        is_of_root: true,
        is_plain: server.transport == Transport::Plain && !server.is_loopback(),
    });
    servers.collect()
}

fn swagger(root: Spot<'_>) -> Vec<Server<'_>> {
    let base = root.text("basePath").unwrap_or_default();
    let server = |url, spot| Server::of(url, spot, true);
    let Some(host) = root.get("host") else {
        return root.get("basePath").map(|spot| server(base.to_owned(), spot)).into_iter().collect();
    };
    let name = host.node.as_str().unwrap_or_default();
    let schemes: Vec<Server<'_>> = root
        .items_of("schemes")
        .filter_map(|scheme| Some(server(format!("{}://{name}{base}", scheme.node.as_str()?), scheme)))
        .collect();
    if schemes.is_empty() { vec![server(format!("https://{name}{base}"), host)] } else { schemes }
}

/// The URL with the defaults of its variables; a variable without one stands as it is.
fn url(server: Spot<'_>) -> Option<String> {
    let mut url = server.text("url")?.to_owned();
    for (name, variable) in server.members_of("variables") {
        if let Some(default) = variable.get("default").and_then(|default| default.node.scalar()) {
            url = url.replace(&format!("{{{name}}}"), default);
        }
    }
    Some(url)
}
