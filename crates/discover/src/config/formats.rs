//! Every format of configs that is read.

mod envoy;
mod gateway_api;
mod kong;
mod kubernetes_ingress;
mod nginx;
#[cfg(test)]
mod tests;
pub(crate) mod traefik;

use std::cmp::Reverse;

use model::inventory::{Authentication, Exposure, Guard, Paths};

use super::ConfigFindings;
use super::input::Input;
use crate::host_name;

/// One format of configs. A leaf: its page holds the examples that prove it.
#[derive(Debug)]
pub struct Format {
    /// Its stable name in kebab case.
    pub id: &'static str,
    /// What reads it.
    pub product: &'static str,
    /// Where it is defined.
    pub source: &'static str,
    /// Whether a file that is so called may be in it.
    pub(crate) is_named: fn(&str) -> bool,
    /// Words of which one stands in each file that is in it.
    pub(crate) marks: &'static [&'static str],
    /// Whether a file is in it.
    pub(crate) is_one: fn(&Input) -> bool,
    /// What all files that are in it say together.
    pub(crate) read: fn(&[&Input], &mut ConfigFindings),
    /// What is understood and what is not, with files (`~~~file name`) and what they let through (`~~~exposes`).
    pub doc: &'static str,
}

/// Every format, alphabetical.
pub const ALL: &[&Format] = &[
    &envoy::FORMAT,
    &gateway_api::FORMAT,
    &kong::FORMAT,
    &kubernetes_ingress::FORMAT,
    &nginx::FORMAT,
    &traefik::FORMAT,
];

/// Whether a file that is so called may be a config of a gateway.
pub(crate) fn may_be_one(name: &str) -> bool {
    ALL.iter().any(|format| (format.is_named)(name))
}

/// Whether a file may be a config of a gateway, before it is read.
pub(crate) fn is_like_one(name: &str, text: &str) -> bool {
    ALL.iter().any(|format| (format.is_named)(name) && format.marks.iter().any(|mark| text.contains(mark)))
}

/// Whether a file is YAML or JSON by its name.
pub(crate) fn is_structured(name: &str) -> bool {
    [".yaml", ".yml", ".json"].iter().any(|end| name.ends_with(end))
}

/// Whether a file is TOML by its name.
pub(crate) fn is_toml(name: &str) -> bool {
    name.ends_with(".toml")
}

/// Sorts what a gateway tries by how closely it is described: hosts first, then paths, the longest before the others.
pub(crate) fn closest_first(exposures: &mut [Exposure]) {
    exposures.sort_by_key(|exposure| {
        let path = match &exposure.paths {
            Paths::Exact(path) => (4, path.len()),
            Paths::Matching(pattern) => (3, pattern.len()),
            Paths::Below(path) | Paths::Beginning(path) => (2, path.len()),
            Paths::Unknown(_) => (1, 0),
        };
        let narrow = (!exposure.methods.is_empty(), exposure.conditions.len());
        Reverse((closeness(exposure), path, narrow))
    });
}

/// The same by hosts alone; what has the same hosts stays in its order.
pub(crate) fn closest_host_first(exposures: &mut [Exposure]) {
    exposures.sort_by_key(|exposure| Reverse(closeness(exposure)));
}

fn closeness(exposure: &Exposure) -> (u8, usize) {
    exposure.hosts.first().map_or((0, 0), |host| host_name::closeness(host))
}

/// Something that asks who calls.
pub(crate) fn guard(name: impl Into<String>, asks_for: Authentication) -> Guard {
    Guard { name: name.into(), asks_for }
}
