//! What holds in a block of nginx's config: what it asks of callers and where it passes on to, inherited or said there.

use std::collections::{BTreeMap, BTreeSet};

use model::inventory::{Authentication, Exposure, Place};

use super::formats::guard;
use super::includes::Tree;

/// Directives that ask who calls; each holds in the blocks below until one there says something else.
const GUARDS: &[(&str, Authentication)] = &[
    ("auth_request", Authentication::Other),
    ("auth_basic", Authentication::Basic),
    ("auth_jwt", Authentication::BearerJwt),
    ("auth_oidc", Authentication::Bearer),
    ("ssl_verify_client", Authentication::Mtls),
];

/// Directives that pass a request on.
const PASSES: &[&str] = &["proxy_pass", "grpc_pass", "fastcgi_pass", "uwsgi_pass", "scgi_pass"];

/// What holds in a block.
#[derive(Debug, Clone, Default)]
pub(crate) struct Scope {
    pub(crate) hosts: Vec<String>,
    pub(crate) is_encrypted: Option<bool>,
    /// Addresses with ports that are listened at.
    pub(crate) listeners: BTreeSet<String>,
    /// What is said of each guard, by its place in [`GUARDS`]; nothing where it is off.
    guards: BTreeMap<usize, String>,
    /// Whether a network is enough.
    satisfies_any: bool,
}

impl Scope {
    /// What holds in a block with these directives.
    pub(crate) fn within(&self, all: &[Tree<'_>]) -> Scope {
        let mut scope = self.clone();
        for one in all {
            let (name, first) = (one.directive.name.as_str(), one.directive.arguments.first());
            let Some(first) = first else { continue };
            if name == "satisfy" {
                scope.satisfies_any = first == "any";
            }
            let Some(place) = GUARDS.iter().position(|(known, _)| *known == name) else { continue };
            let asks = match name {
                "ssl_verify_client" => first == "on",
                _ => first != "off",
            };
            match asks {
                true => drop(scope.guards.insert(place, first.clone())),
                false => drop(scope.guards.remove(&place)),
            }
        }
        scope
    }

    /// Everything at these hosts, with these guards.
    pub(crate) fn exposure(&self, gateway: &str, place: Place) -> Exposure {
        let guards = self.guards.iter().filter_map(|(place, said)| {
            let (name, asks_for) = GUARDS.get(*place)?;
            // A realm is a text for people.
            let said = if said.starts_with('/') { format!(" {said}") } else { String::new() };
            Some(guard(format!("{name}{said}"), *asks_for))
        });
        Exposure {
            hosts: self.hosts.clone(),
            listeners: self.listeners.clone(),
            guards: if self.satisfies_any { Vec::new() } else { guards.collect() },
            is_encrypted: self.is_encrypted,
            ..Exposure::any(gateway, place)
        }
    }

    /// What a location lets through; `named` are locations that others pass on to.
    pub(crate) fn rows(&self, block: &[Tree<'_>], named: &[&Tree<'_>], base: &Exposure) -> Vec<Exposure> {
        let has = |name: &str, word: &str| {
            block.iter().any(|one| {
                let first = one.directive.arguments.first().map(String::as_str).unwrap_or_default();
                one.directive.name == name && (word.is_empty() || first == word)
            })
        };
        let mut open = base.clone();
        let is_passed = match passed(block) {
            Some(passed) => passed.put(&mut open),
            None => self.tried(block, named, &mut open),
        };
        let has_others = block.iter().any(|one| one.directive.name == "location");
        let is_closed = has("internal", "") || has("deny", "all") && !has("allow", "") || has("return", "");
        if !is_passed && has_others && !is_closed {
            return Vec::new();
        }
        if !is_passed || is_closed {
            return vec![closed(base)];
        }
        let Some(limit) = block.iter().find(|one| one.directive.name == "limit_except") else {
            return vec![open];
        };
        let mut methods: BTreeSet<String> = limit.directive.arguments.iter().cloned().collect();
        if methods.contains("GET") {
            methods.insert("HEAD".to_owned());
        }
        let denies = limit.block.iter().any(|one| one.directive.name == "deny");
        let inside = self.within(&limit.block).exposure(&base.gateway, base.place.clone());
        let others = match denies {
            true => closed(base),
            false => Exposure { guards: inside.guards, ..open.clone() },
        };
        vec![Exposure { methods, ..open }, others]
    }

    /// What `try_files` passes on to a named location.
    fn tried(&self, block: &[Tree<'_>], named: &[&Tree<'_>], open: &mut Exposure) -> bool {
        let tried = block.iter().find(|one| one.directive.name == "try_files");
        let last = tried.and_then(|one| one.directive.arguments.last());
        let target = named.iter().find(|one| one.directive.arguments.first() == last && last.is_some());
        let Some(target) = target else { return false };
        open.guards = self.within(&target.block).exposure(&open.gateway, open.place.clone()).guards;
        passed(&target.block).is_some_and(|passed| passed.put(open))
    }
}

/// The same, where nothing is passed on.
pub(crate) fn closed(base: &Exposure) -> Exposure {
    Exposure { is_closed: true, guards: Vec::new(), ..base.clone() }
}

/// Where requests are passed on to.
struct Passed {
    to: String,
    as_path: Option<String>,
}

fn passed(block: &[Tree<'_>]) -> Option<Passed> {
    let one = block.iter().find(|one| PASSES.contains(&one.directive.name.as_str()))?;
    let url = one.directive.arguments.first()?;
    let rest = url.split_once("://").map_or(url.as_str(), |(_, rest)| rest);
    if rest.starts_with("unix:") || url.starts_with("unix:") {
        return Some(Passed { to: url.clone(), as_path: None });
    }
    let (to, path) = match rest.split_once('/') {
        Some((to, path)) => (to, Some(format!("/{path}"))),
        None => (rest, None),
    };
    let is_known = |path: &String| !path.contains('$');
    Some(Passed { to: to.to_owned(), as_path: path.filter(is_known) })
}

impl Passed {
    fn put(self, open: &mut Exposure) -> bool {
        open.leads_to = Some(self.to);
        open.replaced_by = self.as_path;
        true
    }
}
