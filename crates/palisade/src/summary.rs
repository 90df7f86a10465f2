//! What is in force, in words and as JSON.

use std::collections::BTreeMap;

use gateway::config::Decisions;
use gateway::decisions::{self, Gap};
use gateway::record::Log;
use gateway::{ApiPlan, Deciding, Feeds, Plan, Side, Snapshot};
use model::{Mode, SCHEMA_VERSION};
use serde_json::{Value, json};

use crate::feeds::wall_clock;

/// What a start says: the operations, the controls on them, and what cannot be enforced.
pub(crate) fn text(snapshot: &Snapshot) -> String {
    let mut text = String::new();
    for api in &snapshot.apis {
        let count = api.operations.len();
        let what = match api.side() {
            Side::Ingress => "protecting",
            Side::Egress => "calling for applications",
        };
        text.push_str(&format!(
            "{what} {}: {count} operation{}\n",
            api.name,
            if count == 1 { "" } else { "s" }
        ));
        let mut controls: BTreeMap<(&str, &str), usize> = BTreeMap::new();
        for step in api.operations.iter().flat_map(|plan| plan.pipeline.steps()) {
            *controls.entry((step.id, mode(step.mode))).or_default() += 1;
        }
        for ((id, mode), operations) in controls {
            text.push_str(&format!("  {mode:<8} {id:<16} on {operations} of {count}\n"));
        }
        let mut gaps: BTreeMap<&str, usize> = BTreeMap::new();
        for gap in api.operations.iter().flat_map(|plan| &plan.gaps) {
            *gaps.entry(gap).or_default() += 1;
        }
        for (gap, operations) in gaps {
            text.push_str(&format!("  not enforced on {operations} of {count}: {gap}\n"));
        }
        let decisions = snapshot.listeners.iter().filter_map(|listener| listener.decisions.as_ref());
        let decisions = decisions.filter(|_| api.side() == Side::Ingress);
        for Deciding { settings, .. } in decisions {
            for (Gap { control, what }, plans) in decisions::gaps(settings, api) {
                let (asker, operations) = (settings.asker, plans.len());
                text.push_str(&format!(
                    "  not for {asker} {control:<16} on {operations} of {count}: {what}\n"
                ));
            }
        }
    }
    text
}

/// The snapshot by operation and control, as the admin listener gives it.
pub(crate) fn json(snapshot: &Snapshot) -> Value {
    let apis: Vec<Value> = snapshot
        .apis
        .iter()
        .map(|api| {
            json!({
                "name": api.name,
                "egress": api.side() == Side::Egress,
                "hosts": api.hosts,
                "base_paths": api.base_paths,
                "backends": backends(api),
                "undeclared": controls(&api.undeclared),
                "operations": api.operations.iter().map(operation).collect::<Vec<_>>(),
            })
        })
        .collect();
    let decisions: Vec<Value> = snapshot
        .listeners
        .iter()
        .enumerate()
        .filter_map(|(index, listener)| {
            Some(of_listener(index, &listener.decisions.as_ref()?.settings, &snapshot.apis))
        })
        .collect();
    json!({
        "schema_version": SCHEMA_VERSION,
        "generation": snapshot.generation,
        "apis": apis,
        "decisions": decisions,
    })
}

/// A listener that decides for another proxy, and what it does not enforce.
fn of_listener(index: usize, settings: &Decisions, apis: &[ApiPlan]) -> Value {
    let gap = |(Gap { control, what }, plans): (Gap, Vec<&Plan>)| {
        let operations: Vec<_> = plans.iter().map(|plan| &plan.key).collect();
        json!({ "control": control, "what": what, "operations": operations })
    };
    json!({
        "listen": index,
        "for": settings.asker.as_str(),
        "trusted": settings.trusted,
        "not_enforced": apis.iter().filter(|api| api.side() == Side::Ingress).flat_map(|api| decisions::gaps(settings, api)).map(gap).collect::<Vec<_>>(),
    })
}

/// Each backend, and whether it is well, where it is asked.
fn backends(api: &gateway::ApiPlan) -> Vec<Value> {
    let is_watched = api.upstream.watched() > 0;
    let backend = |(address, is_healthy)| match is_watched {
        true => json!({ "address": address, "healthy": is_healthy }),
        false => json!({ "address": address }),
    };
    api.upstream.healths().map(backend).collect()
}

fn operation(plan: &Plan) -> Value {
    json!({
        "operation": plan.key,
        "controls": controls(plan),
        "body_bytes_max": plan.body_bytes_max,
        "not_enforced": plan.gaps,
    })
}

fn controls(plan: &Plan) -> Vec<Value> {
    let step = |step: &gateway::Step| json!({ "id": step.id, "mode": step.mode });
    plan.pipeline.steps().iter().map(step).collect()
}

/// Why the gateway should get no traffic for the time being.
pub(crate) fn not_ready(log: &Log, feeds: &Feeds, snapshot: &Snapshot, is_stopping: bool) -> Vec<String> {
    let mut reasons = Vec::new();
    if is_stopping {
        reasons.push("stopping: requests in flight are answered, and no others".to_owned());
    }
    reasons.extend(log.health().failure.map(|failure| format!("exchange log: {failure}")));
    for (issuer, feed) in feeds.verifier.iter().flat_map(|verifier| verifier.issuers()) {
        if !feed.status(wall_clock()).is_usable {
            reasons.push(format!("no usable keys of issuer `{}`", issuer.url));
        }
    }
    for (name, _) in feeds.client_tokens.iter().filter(|(_, tokens)| tokens.token(wall_clock()).is_none()) {
        reasons.push(format!("no token for `{name}`"));
    }
    for api in snapshot.apis.iter().filter(|api| api.upstream.are_all_unhealthy()) {
        reasons.push(format!("no backend of `{}` is well", api.name));
    }
    reasons
}

/// The word for `mode`.
pub(crate) fn mode(mode: Mode) -> &'static str {
    match mode {
        Mode::Enforce => "enforce",
        Mode::Shadow => "shadow",
        Mode::Off => "off",
    }
}
