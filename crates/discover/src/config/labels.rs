//! Labels of containers in Compose files, with which Traefik is told of routers.

use std::collections::BTreeMap;

use model::inventory::Place;

use super::formats::traefik::{Middleware, Router, asks};
use super::input::Spot;

/// One label, and the line that it stands on.
struct Label<'i> {
    name: &'i str,
    value: &'i str,
    spot: Spot<'i>,
}

/// Whether a document has containers that tell Traefik something.
pub(crate) fn has(root: Spot<'_>) -> bool {
    containers(root).iter().any(|(_, labels)| labels.iter().any(|label| label.name.starts_with("traefik.")))
}

/// Takes in the routers and middlewares that labels of containers tell of.
pub(crate) fn read(
    root: Spot<'_>,
    routers: &mut Vec<Router>,
    middlewares: &mut BTreeMap<String, Middleware>,
) {
    for (container, labels) in containers(root) {
        let mut own: BTreeMap<&str, Vec<(&str, &Label<'_>)>> = BTreeMap::new();
        for label in &labels {
            let Some(rest) = label.name.strip_prefix("traefik.http.") else { continue };
            match rest.split('.').collect::<Vec<_>>()[..] {
                ["routers", name, ref setting @ ..] if !setting.is_empty() => {
                    let setting = setting.first().copied().unwrap_or_default();
                    own.entry(name).or_default().push((setting, label));
                }
                ["middlewares", name, kind, ..] => {
                    let known = middlewares.entry(name.to_owned()).or_default();
                    known.guard = known.guard.take().or_else(|| asks(&kind.to_ascii_lowercase()));
                    match kind.to_ascii_lowercase().as_str() {
                        "stripprefix" => known.replaced_by = Some("/".to_owned()),
                        "replacepath" => known.replaced_by = Some(label.value.to_owned()),
                        "chain" => known.chain = list(label.value),
                        _ => {}
                    }
                }
                _ => {}
            }
        }
        routers.extend(own.into_values().filter_map(|settings| router(container, &settings)));
    }
}

fn router(container: &str, settings: &[(&str, &Label<'_>)]) -> Option<Router> {
    let of = |wanted: &str| settings.iter().find(|(setting, _)| *setting == wanted).map(|(_, label)| *label);
    let rule = of("rule")?;
    let place: Place = rule.spot.place();
    Some(Router {
        rule: rule.value.to_owned(),
        middlewares: of("middlewares").map(|label| list(label.value)).unwrap_or_default(),
        leads_to: Some(of("service").map_or(container, |label| label.value).to_owned()),
        is_encrypted: of("tls").is_some_and(|label| label.value != "false"),
        priority: of("priority").and_then(|label| label.value.parse().ok()),
        line: rule.spot.line(),
        place,
    })
}

fn list(value: &str) -> Vec<String> {
    value.split(',').map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect()
}

/// The containers of a document with their labels, which may be a list or members.
fn containers(root: Spot<'_>) -> Vec<(&str, Vec<Label<'_>>)> {
    let Some(services) = root.get("services") else { return Vec::new() };
    let mut containers = Vec::new();
    for (name, service) in services.members() {
        let deployed = service.get("deploy");
        let mut labels = Vec::new();
        for holder in [Some(service), deployed].into_iter().flatten() {
            let Some(held) = holder.get("labels") else { continue };
            for (name, spot) in held.members() {
                labels.push(Label { name, value: spot.node.scalar().unwrap_or_default(), spot });
            }
            for spot in held.node.items().map(|node| held.at(node)) {
                let Some((name, value)) = spot.node.as_str().and_then(|text| text.split_once('=')) else {
                    continue;
                };
                labels.push(Label { name, value, spot });
            }
        }
        containers.push((name, labels));
    }
    containers
}
