//! Where an API is served: hosts and base paths.

use model::{Position, Severity};

use super::reader::Reader;
use crate::source::Spot;

/// The most servers that one list is read for.
const SERVERS_MAX: usize = 64;

/// The most hosts that the variables of one server make; where they would make more, any value will do.
const HOSTS_MAX: usize = 256;

/// One place at which an API is served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// The URL with the defaults of its variables.
    pub url: String,
    /// Hosts and ports in lower case: one for each value that the variables in it may have, with `{name}` for a variable that
    /// may have any. None where the URL is relative to wherever the document came from.
    pub hosts: Vec<String>,
    /// The path, without a slash at the end; empty for none.
    pub base_path: String,
    /// Where it is declared.
    pub position: Option<Position>,
}

impl Server {
    fn of(url: String, hosts: Vec<String>, position: Option<Position>) -> Server {
        let base_path = base_path(authority(&url).map_or(&url, |(_, path)| path));
        Server { hosts, base_path, url, position }
    }
}

/// Host and port of an absolute URL, and what comes after them.
fn authority(url: &str) -> Option<(&str, &str)> {
    let (_, after) = url.split_once("://")?;
    let end = after.find(['/', '?', '#']).unwrap_or(after.len());
    let (authority, path) = after.split_at_checked(end)?;
    Some((authority.rsplit_once('@').map_or(authority, |(_, host)| host), path))
}

/// The path before any query, with a slash at its beginning and none at its end.
fn base_path(text: &str) -> String {
    let path = text.split(['?', '#']).next().unwrap_or_default();
    let path = path.trim_start_matches('.').trim_matches('/');
    if path.is_empty() { String::new() } else { format!("/{path}") }
}

impl<'l> Reader<'_, 'l> {
    /// The servers that `holder` (the root, a path item or an operation) lists.
    pub(super) fn servers(&self, holder: Spot<'l>) -> Vec<Server> {
        holder.items_of("servers").take(SERVERS_MAX).filter_map(|server| self.server(server)).collect()
    }

    fn server(&self, server: Spot<'l>) -> Option<Server> {
        let Some(template) = server.text("url") else {
            self.source.problem(Severity::Warning, server, "the server has no `url`, so it is left out");
            return None;
        };
        let mut url = String::new();
        let mut rest = template;
        while let Some((before, from_brace)) = rest.split_once('{') {
            let Some((name, after)) = from_brace.split_once('}') else { break };
            url.push_str(before);
            let variable = server.get("variables").and_then(|variables| variables.get(name));
            let Some(default) = variable.and_then(|variable| variable.get("default")?.node.scalar()) else {
                let message =
                    format!("the server variable `{name}` has no default, so the server is left out");
                self.source.problem(Severity::Warning, server, message);
                return None;
            };
            url.push_str(default);
            rest = after;
        }
        url.push_str(rest);
        Some(Server::of(url, hosts(server, template), self.source.position(server)))
    }

    /// The servers of a Swagger 2.0 document, from `schemes`, `host` and `basePath`.
    pub(super) fn swagger_servers(&self, root: Spot<'l>) -> Vec<Server> {
        let path = root.text("basePath").unwrap_or_default();
        let position = self.source.position(root.get("basePath").or(root.get("host")).unwrap_or(root));
        let Some(host) = root.text("host") else {
            return vec![Server::of(base_path(path), Vec::new(), position)];
        };
        let mut schemes: Vec<&str> =
            root.items_of("schemes").filter_map(|scheme| scheme.node.as_str()).collect();
        if schemes.is_empty() {
            schemes.push("https");
        }
        let urls = schemes.iter().map(|scheme| format!("{scheme}://{host}{}", base_path(path)));
        urls.map(|url| Server::of(url, vec![host.to_ascii_lowercase()], position.clone())).collect()
    }
}

/// The hosts that a template of a URL has.
fn hosts(server: Spot<'_>, template: &str) -> Vec<String> {
    let Some((authority, _)) = authority(template).filter(|(authority, _)| !authority.is_empty()) else {
        return Vec::new();
    };
    let mut hosts = vec![String::new()];
    let mut rest = authority;
    while let Some((before, from_brace)) = rest.split_once('{') {
        let Some((name, after)) = from_brace.split_once('}') else { break };
        let variable = server.get("variables").and_then(|variables| variables.get(name));
        let mut values: Vec<String> = variable
            .into_iter()
            .flat_map(|variable| variable.items_of("enum"))
            .filter_map(|value| value.node.scalar())
            .map(str::to_ascii_lowercase)
            .collect();
        if values.is_empty() || values.len() * hosts.len() > HOSTS_MAX {
            values = vec![format!("{{{name}}}")];
        }
        let before = before.to_ascii_lowercase();
        let with =
            |host: &String| values.iter().map(|value| format!("{host}{before}{value}")).collect::<Vec<_>>();
        hosts = hosts.iter().flat_map(with).collect();
        rest = after;
    }
    let rest = rest.to_ascii_lowercase();
    hosts.iter_mut().for_each(|host| host.push_str(&rest));
    hosts
}

/// The distinct base paths of `servers`; one empty where there is none.
pub(super) fn base_paths(servers: &[Server]) -> Vec<String> {
    let mut paths: Vec<String> = Vec::new();
    for server in servers {
        if !paths.contains(&server.base_path) {
            paths.push(server.base_path.clone());
        }
    }
    if paths.is_empty() {
        paths.push(String::new());
    }
    paths
}
