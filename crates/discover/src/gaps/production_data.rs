//! Data that matters at hosts where nobody guards it as such.

use model::inventory::{Api, Catalog, Fact, Field, Word};

use super::{Found, Kind, is_labelled, of_api, quoted};

/// Labels of hosts that are not for production.
const NOT_PRODUCTION: &[&str] = &[
    "dev",
    "development",
    "test",
    "testing",
    "qa",
    "uat",
    "stage",
    "staging",
    "sandbox",
    "preprod",
    "demo",
    "int",
];

/// The kind.
pub(super) const KIND: Kind = Kind {
    id: "production-data",
    title: "an API with data that matters, called at a host that is not for production",
    why: "Copies for tests hold the same data, and are watched by nobody.",
    fix: "put invented data there, or the same controls as before the real one",
    points: 10,
    points_max: 10,
    find,
    bad: "spec orders: GET /orders\nset orders: data=payment\ncalls api=orders: GET /orders host=orders.staging.example",
    says: "it has data of class payment, and is called at `orders.staging.example`",
    good: "spec orders: GET /orders\nset orders: data=none\ncalls api=orders: GET /orders host=orders.staging.example",
};

fn find(api: &Api, _: &Catalog) -> Vec<Found> {
    let Some(Fact::Data(classes)) = api.fact(Field::Data) else { return Vec::new() };
    let hosts: Vec<&str> =
        api.hosts_seen().into_iter().filter(|host| is_labelled(host, NOT_PRODUCTION)).collect();
    if classes.is_empty() || hosts.is_empty() {
        return Vec::new();
    }
    let classes: Vec<&str> = classes.iter().map(|class| class.name()).collect();
    let what = format!("it has data of class {}, and is called at {}", classes.join(", "), quoted(hosts));
    vec![of_api(what)]
}
