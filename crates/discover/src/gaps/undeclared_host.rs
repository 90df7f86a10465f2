//! Hosts at which an API is called, and that its specification does not name.

use std::collections::BTreeSet;

use model::inventory::{Api, Catalog};

use super::{Found, Kind, of_api, quoted};
use crate::host_name;

/// The kind.
pub(super) const KIND: Kind = Kind {
    id: "undeclared-host",
    title: "a host at which an API is called, and that its specification does not name",
    why: "A second way to the same API may have none of the controls of the first.",
    fix: "name the host in `servers`, or close it",
    points: 4,
    points_max: 12,
    find,
    bad: "spec orders: GET /orders\ncalls api=orders: GET /orders host=old.example,orders.example",
    says: "it is called at `old.example`, which its specification does not name",
    good: "spec orders: GET /orders\ncalls api=orders: GET /orders host=orders.example",
};

fn find(api: &Api, _: &Catalog) -> Vec<Found> {
    if !api.is_declared || api.hosts.is_empty() {
        return Vec::new();
    }
    let seen: BTreeSet<String> = api.hosts_seen().into_iter().map(str::to_ascii_lowercase).collect();
    let is_named = |host: &str| api.hosts.iter().any(|known| host_name::names(known, host));
    let others: Vec<&str> = seen.iter().map(String::as_str).filter(|host| !is_named(host)).collect();
    let message = || {
        format!("it is called at {}, which its specification does not name", quoted(others.iter().copied()))
    };
    (!others.is_empty()).then(|| of_api(message())).into_iter().collect()
}
