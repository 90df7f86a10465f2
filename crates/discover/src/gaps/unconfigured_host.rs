//! Hosts at which an API is called, and that no gateway in front of it is configured for.

use model::inventory::{Api, Catalog};

use super::{Found, Kind, of_api, quoted};
use crate::host_name::covers;

/// The kind.
pub(super) const KIND: Kind = Kind {
    id: "unconfigured-host",
    title: "a host at which an API is called, and that no gateway in front of it is configured for",
    why: "There is a way past the gateway, and past everything that it asks.",
    fix: "have the backend answer to the gateway alone, or tell of the config that names the host",
    points: 8,
    points_max: 16,
    find,
    bad: "spec orders: GET /orders\nconfig edge: * orders.example/**\ncalls api=orders: GET /orders host=10.0.0.7:8080,orders.example",
    says: "it is called at `10.0.0.7:8080`, which no config of a gateway names",
    good: "spec orders: GET /orders\nconfig edge: * orders.example/**\ncalls api=orders: GET /orders host=orders.example:8443",
};

fn find(api: &Api, _: &Catalog) -> Vec<Found> {
    let exposures = || api.exposures.iter().map(|exposed| &exposed.exposure);
    // A route for any host names none that others could miss.
    if api.exposures.is_empty() || exposures().any(|exposure| exposure.hosts.is_empty()) {
        return Vec::new();
    }
    let is_named =
        |host: &str| exposures().flat_map(|exposure| &exposure.hosts).any(|known| covers(known, host));
    let others: Vec<&str> = api.hosts_seen().into_iter().filter(|host| !is_named(host)).collect();
    let message =
        || format!("it is called at {}, which no config of a gateway names", quoted(others.iter().copied()));
    (!others.is_empty()).then(|| of_api(message())).into_iter().collect()
}
