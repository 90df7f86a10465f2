//! Tells hosts that are one server under many names (tenants, pods, addresses) from servers of their own.
//!
//! Names that differ in one label are those of one server where most of what each serves is served at others as well: services
//! beside each other under one domain share their checks of health, and little else.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};

use super::tree::Node;
use crate::kind::Kind;

/// How many hosts there must be that differ in a word. Where it shows that it is a value, as an address does, two are enough.
const WORDS_MIN: usize = 8;

/// So many places must be served at several of those, beside what every server has.
const SHARED_MIN: usize = 2;

/// Labels that say what a server is for, so that it is one of its own.
const RESERVED: &[&str] = &[
    "admin",
    "api",
    "app",
    "auth",
    "beta",
    "canary",
    "cdn",
    "demo",
    "dev",
    "development",
    "edge",
    "gateway",
    "internal",
    "intern",
    "legacy",
    "old",
    "preprod",
    "preview",
    "private",
    "prod",
    "production",
    "public",
    "qa",
    "sandbox",
    "stage",
    "staging",
    "static",
    "svc",
    "test",
    "testing",
    "uat",
    "v1",
    "v2",
    "v3",
    "www",
];

/// Labels at the end that are never values: the domain that somebody has registered, or that of a cluster.
const DOMAIN_LABELS: usize = 2;

/// Segments before that which tells one server from others.
const BASES: &[&str] = &["api", "apis", "rest", "service", "services", "v1", "v2", "v3", "v4", "1.0", "2.0"];

/// What every server has.
const COMMON: &[&str] = &[
    "",
    "actuator",
    "docs",
    "favicon.ico",
    "health",
    "healthz",
    "info",
    "live",
    "livez",
    "metrics",
    "openapi.json",
    "ping",
    "ready",
    "readyz",
    "robots.txt",
    "status",
    "swagger",
    "version",
];

/// The most places of one host that are looked at.
const PLACES_MAX: usize = 256;

/// Hosts that are one server: what they are called together, and each of them.
pub(super) fn groups(hosts: &BTreeMap<Box<str>, Node>) -> Vec<(String, Vec<Box<str>>)> {
    let mut alike: BTreeMap<String, Vec<(&str, bool)>> = BTreeMap::new();
    for host in hosts.keys() {
        for (pattern, is_value) in patterns(host) {
            alike.entry(pattern).or_default().push((host, is_value));
        }
    }
    // Of several labels that a host could differ in, that counts in which more hosts do.
    let mut alike: Vec<_> = alike.into_iter().filter(|(_, members)| members.len() > 1).collect();
    alike.sort_by_key(|(_, members)| std::cmp::Reverse(members.len()));
    let places: BTreeMap<&str, BTreeSet<String>> = alike
        .iter()
        .flat_map(|(_, members)| members)
        .filter_map(|(host, _)| Some((*host, places(hosts.get(*host)?))))
        .collect();
    let mut taken: BTreeSet<&str> = BTreeSet::new();
    let mut groups = Vec::new();
    for (pattern, mut members) in alike {
        members.retain(|(host, _)| !taken.contains(host));
        let (members, are_words) = of_one_server(&members, &places);
        if !members.is_empty() {
            taken.extend(&members);
            let pattern = if are_words { pattern } else { pattern.replace("{name}", "{id}") };
            groups.push((pattern, members.into_iter().map(Into::into).collect()));
        }
    }
    groups
}

/// Names of a server that is known by its pattern already, and that pattern: they are like it, and serve what it serves. Patterns
/// of ids may be of one of words.
pub(super) fn of_known(
    hosts: &BTreeMap<Box<str>, Node>,
    patterns: &BTreeMap<Box<str>, Node>,
) -> Vec<(Box<str>, Box<str>)> {
    let known: Vec<(&Box<str>, BTreeSet<String>)> =
        patterns.iter().map(|(pattern, root)| (pattern, places(root))).collect();
    let names = hosts.iter().chain(patterns);
    let found = names.filter_map(|(name, root)| {
        let is_of = |pattern: &str| *pattern != **name && takes(pattern, name);
        let mut taking = known.iter().filter(|(pattern, _)| is_of(pattern)).peekable();
        taking.peek()?;
        let own = places(root);
        let (pattern, _) = taking.find(|(_, known)| is_like(own.len(), own.intersection(known).count()))?;
        Some((name.clone(), (*pattern).clone()))
    });
    found.collect()
}

/// Whether a host that serves so many places, so many of which others serve as well, is like those.
fn is_like(own: usize, shared: usize) -> bool {
    shared > 0 && shared * 2 >= own
}

/// Whether a host that is not known is one of those that are called `pattern` together.
pub(super) fn takes(pattern: &str, host: &str) -> bool {
    let value = || {
        let (before, rest) = pattern.split_once('{')?;
        let (variable, after) = rest.split_once('}')?;
        Some((variable, host.strip_prefix(before)?.strip_suffix(after)?))
    };
    value().is_some_and(|(variable, value)| match variable {
        "address" => is_address(value),
        _ if value.is_empty() || value.contains('.') => false,
        "id" => Kind::of(value).is_some(),
        _ => !RESERVED.contains(&value),
    })
}

/// Whether every server has this path, so that it says nothing of which one it is.
pub(crate) fn is_common(path: &str) -> bool {
    super::segments(path).next().is_some_and(|first| COMMON.contains(&first))
}

fn is_address(text: &str) -> bool {
    text.trim_matches(['[', ']']).parse::<IpAddr>().is_ok()
}

/// What a host may be one of, and whether the part in which it differs shows that it is a value.
fn patterns(host: &str) -> Vec<(String, bool)> {
    let (name, port) = match host.parse::<SocketAddr>() {
        Ok(_) => host.rsplit_once(':').unwrap_or((host, "")),
        Err(_) => match host.split_once(':').filter(|_| host.parse::<IpAddr>().is_err()) {
            Some((name, port)) => (name, port),
            None => (host, ""),
        },
    };
    let port = if port.is_empty() { String::new() } else { format!(":{port}") };
    if is_address(name) {
        return vec![(format!("{{address}}{port}"), true)];
    }
    let labels: Vec<&str> = name.split('.').collect();
    let count = labels.len().saturating_sub(DOMAIN_LABELS);
    let differing = labels.iter().take(count).enumerate().filter(|(_, label)| !RESERVED.contains(label));
    let pattern = |(at, label): (usize, &&str)| {
        let mut labels = labels.clone();
        if let Some(label) = labels.get_mut(at) {
            *label = "{name}";
        }
        (format!("{}{port}", labels.join(".")), Kind::of(label).is_some())
    };
    differing.map(pattern).collect()
}

/// Those of hosts that differ in one label which serve what others of them serve, and whether some of them are words; none where
/// that may be chance.
fn of_one_server<'h>(
    members: &[(&'h str, bool)],
    places: &BTreeMap<&str, BTreeSet<String>>,
) -> (Vec<&'h str>, bool) {
    let mut hosts: BTreeMap<&str, usize> = BTreeMap::new();
    for place in members.iter().filter_map(|(host, _)| places.get(host)).flatten() {
        *hosts.entry(place).or_default() += 1;
    }
    let shared = |host: &str| -> Vec<&str> {
        let own = places.get(host).into_iter().flatten();
        own.map(String::as_str).filter(|place| hosts.get(place).is_some_and(|count| *count > 1)).collect()
    };
    let is_like_others = |host: &str| is_like(places.get(host).map_or(0, BTreeSet::len), shared(host).len());
    let alike: Vec<(&str, bool)> = members.iter().copied().filter(|(host, _)| is_like_others(host)).collect();
    let values: Vec<&str> = alike.iter().filter(|(_, is_value)| *is_value).map(|(host, _)| *host).collect();
    let together: BTreeSet<&str> = alike.iter().flat_map(|(host, _)| shared(host)).collect();
    if alike.len() >= WORDS_MIN && together.len() >= SHARED_MIN {
        return (alike.into_iter().map(|(host, _)| host).collect(), true);
    }
    (if values.len() > 1 { values } else { Vec::new() }, false)
}

/// Where what a host serves begins: the first segments that tell one server from others.
fn places(root: &Node) -> BTreeSet<String> {
    let mut places = BTreeSet::new();
    gather(root, "", &mut places);
    places
}

fn gather(node: &Node, path: &str, places: &mut BTreeSet<String>) {
    if !node.parameters.is_empty() {
        places.insert(format!("{path}/{{}}"));
    }
    for (word, child) in &node.words {
        if BASES.contains(&&**word) {
            gather(child, &format!("{path}/{word}"), places);
        } else if !COMMON.contains(&&**word) && places.len() < PLACES_MAX {
            places.insert(format!("{path}/{word}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{LearnLimits, Learner};
    use crate::line::Line;
    use crate::tally::{Observation, Place, Position};

    /// Learns from `host/path`s, and tells `host path count`.
    fn check(limits: LearnLimits, requests: &[String], expected: &[&str]) {
        let mut learner = Learner::new(limits);
        learn(&mut learner, requests);
        assert_eq!(told(learner), expected);
    }

    fn learn<'r>(learner: &mut Learner, requests: impl IntoIterator<Item = &'r String>) {
        for (number, request) in requests.into_iter().enumerate() {
            let (host, path) = request.split_at(request.find('/').unwrap());
            let line = Line {
                method: Some("GET".into()),
                host: Some(host.into()),
                path: Some(path.into()),
                status: Some(200),
                ..Line::default()
            };
            let place = Place { file: 0, position: Position::Line(number as u64 + 1) };
            learner.observe(&Observation { line: &line, place });
        }
    }

    fn told(learner: Learner) -> Vec<String> {
        let operations = learner.finish().operations;
        let told = operations
            .iter()
            .map(|operation| format!("{} {} {}", operation.host, operation.path, operation.tally.count));
        told.collect()
    }

    const TENANTS: [&str; 8] = ["acme", "globex", "initech", "umbrella", "hooli", "stark", "wayne", "wonka"];

    #[test]
    fn tenants_are_one_host_and_names_beside_them_are_others() {
        let of_tenant = |(id, tenant)| {
            [format!("orders/{id}"), "users/ann".to_owned()]
                .map(|path| format!("{tenant}.shop.example/v1/{path}"))
        };
        let mut requests: Vec<String> = TENANTS.iter().enumerate().flat_map(of_tenant).collect();
        requests
            .extend(["staging.shop.example/v1/orders/7", "status.shop.example/incidents"].map(Into::into));
        check(
            LearnLimits::default(),
            &requests,
            &[
                "staging.shop.example /v1/orders/{orderId} 1",
                "status.shop.example /incidents 1",
                "{name}.shop.example /v1/orders/{orderId} 8",
                "{name}.shop.example /v1/users/ann 8",
            ],
        );
    }

    #[test]
    fn services_beside_each_other_are_not_one() {
        let of_service = |name: &str| {
            ["health", "metrics", &format!("api/v1/{name}")].map(|path| format!("{name}.shop.svc/{path}"))
        };
        let requests: Vec<String> = TENANTS.iter().flat_map(|name| of_service(name)).collect();
        let mut expected: Vec<String> = TENANTS
            .iter()
            .flat_map(|name| {
                [
                    format!("{name}.shop.svc /api/v1/{name} 1"),
                    format!("{name}.shop.svc /health 1"),
                    format!("{name}.shop.svc /metrics 1"),
                ]
            })
            .collect();
        expected.sort();
        check(LearnLimits::default(), &requests, &expected.iter().map(String::as_str).collect::<Vec<_>>());
    }

    #[test]
    fn addresses_and_ids_are_one_host_from_two_on() {
        let requests = [
            "10.0.0.7:8080/orders/1",
            "10.0.0.8:8080/orders/2",
            "10.0.0.9:9000/orders/3",
            "[::1]:8080/orders/4",
            "0191e0c7-7a5f-7cc1-b1c5-0d3a5b1b2c3d.apps.example/hooks",
            "0291e0c7-7a5f-7cc1-b1c5-0d3a5b1b2c3d.apps.example/hooks",
            "acme.apps.example/hooks",
            "{name}.apps.example/hooks",
        ];
        check(
            LearnLimits::default(),
            &requests.map(Into::into),
            &[
                " /hooks 1",
                "10.0.0.9:9000 /orders/{orderId} 1",
                "acme.apps.example /hooks 1",
                "{address}:8080 /orders/{orderId} 3",
                "{id}.apps.example /hooks 2",
            ],
        );
    }

    /// Requests of tenants, by words and by ids, of addresses, and of servers beside them.
    fn of_many_names() -> Vec<String> {
        let id = |number: usize| format!("0{number}91e0c7-7a5f-7cc1-b1c5-0d3a5b1b2c3d");
        let names = TENANTS.iter().map(ToString::to_string).chain((0..3).map(id));
        let mut requests: Vec<String> = names
            .flat_map(|name| {
                ["orders/7", "users/ann", "health"].map(|path| format!("{name}.shop.example/v1/{path}"))
            })
            .collect();
        for address in 1..5 {
            requests.extend(["orders/1", "users/bob"].map(|path| format!("10.0.0.{address}:8080/{path}")));
        }
        let others =
            ["staging.shop.example/v1/orders/7", "status.shop.example/incidents", "shop.example/v1/orders/7"];
        requests.extend(others.map(Into::into));
        requests
    }

    #[test]
    fn those_of_whom_another_saw_few_are_of_the_pattern_and_what_only_looks_so_is_not() {
        let requests = of_many_names();
        let limits = LearnLimits::default();
        let is_few = |request: &&String| {
            ["wonka", "status", "10.0.0.4", "0291"].iter().any(|few| request.starts_with(few))
        };
        let (few, many): (Vec<&String>, Vec<&String>) = requests.iter().partition(is_few);
        let (mut first, mut second) = (Learner::new(limits), Learner::new(limits));
        learn(&mut first, many.into_iter().chain([&"acme2.shop.example/v1/orders/9".to_owned()]));
        first.fold_hosts();
        learn(&mut second, few);
        first.merge(second);
        let told = told(first);
        assert!(told.iter().any(|line| line == "status.shop.example /incidents 1"), "{told:?}");
        let apart = ["wonka", "0291", "10.0.0.4"];
        assert!(!told.iter().any(|line| apart.iter().any(|host| line.starts_with(host))), "{told:?}");
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn parts_that_are_joined_tell_what_one_learner_tells(
            parts in proptest::collection::vec(0..3_usize, of_many_names().len()),
            are_folded in any::<[bool; 3]>(),
        ) {
            let requests = of_many_names();
            let mut twin = Learner::new(LearnLimits::default());
            learn(&mut twin, &requests);
            let mut joined = Learner::new(LearnLimits::default());
            for (part, is_folded) in are_folded.into_iter().enumerate() {
                let mut learner = Learner::new(LearnLimits::default());
                let own = requests.iter().zip(&parts).filter(|(_, of)| **of == part);
                learn(&mut learner, own.map(|(request, _)| request));
                if is_folded {
                    learner.fold_hosts();
                }
                joined.merge(learner);
            }
            prop_assert_eq!(told(joined), told(twin));
        }
    }

    #[test]
    fn hosts_beyond_the_limit_are_of_those_that_are_known() {
        let request = |number: usize| {
            ["orders", "users"].map(|path| format!("tenant-{}.shop.example/{path}/{number}", number % 500))
        };
        let requests: Vec<String> = (0..1000).flat_map(request).collect();
        check(
            LearnLimits { hosts: 16, ..LearnLimits::default() },
            &requests,
            &["{name}.shop.example /orders/{orderId} 1000", "{name}.shop.example /users/{userId} 1000"],
        );
    }

    #[test]
    fn servers_with_many_names_are_bounded_too() {
        let request =
            |number: usize| format!("{}.{}.example/orders/{number}", number % 2, TENANTS[number / 2]);
        check(
            LearnLimits { hosts: 4, ..LearnLimits::default() },
            &(0..16).map(request).collect::<Vec<_>>(),
            &[
                " /orders/{orderId} 9",
                "0.umbrella.example /orders/{orderId} 1",
                "{id}.acme.example /orders/{orderId} 2",
                "{id}.globex.example /orders/{orderId} 2",
                "{id}.initech.example /orders/{orderId} 2",
            ],
        );
    }
}
