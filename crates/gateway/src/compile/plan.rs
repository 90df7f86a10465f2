//! The pipeline of each operation: every kind of policy, with the settings nearest to the operation.

use std::sync::Arc;

use model::{Mode, OperationKey, Problem, Severity};
use spec::{
    Contract, Document, JsonLimits, Library, Node, NodeRef, Operation, OperationIndex, Route, Router,
};

use super::Ingredients;
use crate::build::{Build, Setting};
use crate::cedar::ApiPolicies;
use crate::config::Api;
use crate::grpc;
use crate::pipeline::{Pipeline, Step};
use crate::policies;
use crate::policy::Kind;
use crate::query_names::QueryNames;
use crate::snapshot::Plan;
use crate::third_party::ThirdParty;

/// What the plans of one API are made from.
pub(super) struct Parts<'a> {
    pub contract: &'a Arc<Contract>,
    pub config: &'a Document,
    pub api_node: Node<'a>,
    pub api: &'a Api,
    pub library: &'a Library,
    pub cedar: Option<&'a ApiPolicies>,
    pub third_party: Option<&'a Arc<ThirdParty>>,
}

/// Everything that decides on one API's requests.
pub(super) struct Plans {
    pub router: Router,
    pub base_paths: Vec<String>,
    pub operations: Vec<Plan>,
    pub undeclared: Plan,
}

/// Settings of controls, from the nearest to the farthest place.
type Layers<'a> = [Option<Setting<'a>>; 5];

/// The keys of `x-palisade` that belong to no single control.
const OPERATION_KEYS: &[&str] = &["sensitive"];

/// Those that are said of one operation alone.
const OWN_KEYS: &[&str] = &["sensitive", "upgrade"];

pub(super) fn plans(ingredients: &Ingredients<'_>, parts: &Parts<'_>) -> (Plans, Vec<Problem>) {
    let contract = parts.contract;
    let mut problems = Vec::new();
    let of_config = |node| Setting { document: parts.config, node };
    let everyone = ingredients.document.root().get("controls").map(of_config);
    let own = parts.api_node.get("controls").map(of_config);
    let of_document = extension(parts.library, contract.extension);
    for layer in [everyone, own, of_document].into_iter().flatten() {
        unknown_controls(layer, OPERATION_KEYS, &mut problems);
    }
    let reasons = ingredients.metrics.refusals(&parts.api.name);
    let mut plan = |key: OperationKey<'static>, operation: Option<&Operation>, layers: Layers<'_>| {
        let (plan, said) = plan(ingredients, parts, key, operation, layers, &reasons);
        problems.extend(said);
        Plan { query_names: query_names(ingredients, contract, operation), ..plan }
    };
    let mut operations = Vec::new();
    let mut routes = Vec::new();
    for (index, operation) in contract.operations.iter().enumerate() {
        let of_operation = extension(parts.library, operation.extension);
        let of_path = extension(parts.library, operation.path_extension);
        let layers = [of_operation, of_path, own, of_document, everyone];
        let bases = base_paths(parts.api, operation);
        let first = bases.first().cloned().unwrap_or_default();
        let key = OperationKey {
            api: parts.api.name.clone().into(),
            method: operation.method.as_str().to_owned().into(),
            path: format!("{first}{}", operation.path).into(),
        };
        let index = OperationIndex(u32::try_from(index).unwrap_or(u32::MAX));
        routes.extend(bases.iter().map(|base| Route {
            template: format!("{base}{}", operation.path),
            methods: vec![(operation.method.clone(), index)],
        }));
        operations.push(plan(key, Some(operation), layers));
    }
    let any = OperationKey { api: parts.api.name.clone().into(), method: "*".into(), path: "*".into() };
    let undeclared = plan(any, None, [None, None, own, of_document, everyone]);
    let mut bases: Vec<String> =
        contract.operations.iter().flat_map(|operation| base_paths(parts.api, operation)).collect();
    bases.sort();
    bases.dedup();
    // What cannot be routed is said where the contract is compiled, by the same rule.
    let (router, _) = Router::build(routes);
    (Plans { router, base_paths: bases, operations, undeclared }, problems)
}

/// Nobody is told where there is no inventory.
fn query_names(
    ingredients: &Ingredients<'_>,
    contract: &Arc<Contract>,
    operation: Option<&Operation>,
) -> QueryNames {
    match (&ingredients.config.inventory, operation) {
        (None, _) => QueryNames::None,
        (Some(_), None) => QueryNames::All,
        (Some(_), Some(operation)) => QueryNames::Undeclared(Arc::clone(contract), operation.id),
    }
}

fn base_paths(api: &Api, operation: &Operation) -> Vec<String> {
    match &api.base_path {
        Some(base) => vec![base.trim_end_matches('/').to_owned()],
        None => operation.base_paths.clone(),
    }
}

fn extension(library: &Library, reference: Option<NodeRef>) -> Option<Setting<'_>> {
    let reference = reference?;
    let document = library.document(reference.document)?;
    Some(Setting { document, node: document.node(reference.node) })
}

/// Every key of a settings object that names no control and is none of `keys`.
fn unknown_controls(layer: Setting<'_>, keys: &[&str], problems: &mut Vec<Problem>) {
    for entry in layer.node.entries() {
        let is_known = policies::ALL.iter().any(|kind| kind.id == entry.key) || keys.contains(&entry.key);
        if !is_known {
            let known: Vec<&str> = policies::ALL.iter().map(|kind| kind.id).collect();
            let problem = layer.document.key_problem(
                Severity::Error,
                &entry,
                format!("no control is called `{}`", entry.key),
            );
            let help = match spec::nearest(entry.key, &known) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("the controls are {}", known.join(", ")),
            };
            problems.push(problem.help(help));
        }
    }
}

fn plan(
    ingredients: &Ingredients<'_>,
    parts: &Parts<'_>,
    key: OperationKey<'static>,
    operation: Option<&Operation>,
    layers: Layers<'_>,
    reasons: &Arc<[prometheus_client::metrics::counter::Counter]>,
) -> (Plan, Vec<Problem>) {
    let [of_operation, of_path, ..] = layers;
    let mut problems = Vec::new();
    for (layer, keys) in [(of_operation, OWN_KEYS), (of_path, OPERATION_KEYS)] {
        if let Some(layer) = layer {
            unknown_controls(layer, keys, &mut problems);
        }
    }
    let flag = |name: &str| layers.iter().flatten().find_map(|layer| layer.node.get(name)?.as_bool());
    let limits = &ingredients.config.limits;
    let mut build = Build {
        contract: parts.contract,
        operation,
        key: &key,
        limits,
        feeds: ingredients.feeds,
        metrics: ingredients.metrics,
        cedar: parts.cedar,
        third_party: parts.third_party,
        setting: None,
        sensitive: flag("sensitive").unwrap_or(false),
        body_bytes_max: limits.body_bytes_max.as_usize(),
        json_limits: JsonLimits::default(),
        problems,
        gaps: Vec::new(),
    };
    let mut steps = Vec::new();
    for kind in policies::ALL {
        let nearest = layers
            .iter()
            .flatten()
            .find_map(|layer| layer.node.get(kind.id).map(|node| Setting { document: layer.document, node }));
        build.setting = nearest;
        steps.extend(step(kind, &mut build));
    }
    let is_websocket = is_websocket(of_operation, &mut build);
    if is_websocket && !steps.iter().any(|step| step.id == "cors" && step.mode == Mode::Enforce) {
        build.gap("pages of any origin may open the WebSocket in their user's name: `cors` names no origins");
    }
    let Build { body_bytes_max, json_limits, problems, gaps, .. } = build;
    let counters = ingredients.metrics.operation(&key, reasons);
    let pipeline = Pipeline::new(steps);
    let is_grpc = operation.is_some_and(is_grpc);
    let plan = Plan {
        key,
        pipeline,
        body_bytes_max,
        json_limits,
        is_websocket,
        is_grpc,
        query_names: QueryNames::None,
        gaps,
        counters,
    };
    (plan, problems)
}

/// Whether the body is one of gRPC.
fn is_grpc(operation: &Operation) -> bool {
    let body = operation.request_body.as_ref();
    body.is_some_and(|body| {
        body.content.iter().any(|content| grpc::is_media_type(content.media.as_str().as_bytes()))
    })
}

/// Whether the operation says of itself, and not of all its neighbours, that it is a WebSocket.
fn is_websocket<'a>(layer: Option<Setting<'a>>, build: &mut Build<'a>) -> bool {
    let Some(said) = layer.and_then(|layer| Some(Setting { node: layer.node.get("upgrade")?, ..layer }))
    else {
        return false;
    };
    build.setting = Some(said);
    if said.node.as_str() != Some("websocket") {
        build.problem(Severity::Error, "an operation can be upgraded to a `websocket` alone", "");
    } else if build.key.method != "GET" {
        build.problem(
            Severity::Error,
            "a WebSocket is opened by `GET` (RFC 6455 4.1)",
            "say it of the `get`",
        );
    }
    true
}

/// The step of one kind, unless it is off or has nothing to decide.
fn step(kind: &Kind, build: &mut Build<'_>) -> Option<Step> {
    let mode = mode(build);
    if mode == Mode::Off {
        return None;
    }
    let limits = (build.body_bytes_max, build.json_limits);
    let policy = (kind.build)(build)?;
    if mode == Mode::Shadow {
        // What is lowered for the whole operation would be enforced by those who read it.
        (build.body_bytes_max, build.json_limits) = limits;
    }
    Some(Step { id: kind.id, stage: kind.stage, mode, policy })
}

/// `jwt: shadow`, `jwt: { mode: shadow }`, or enforced.
fn mode(build: &mut Build<'_>) -> Mode {
    let Some(setting) = build.setting else { return Mode::Enforce };
    let named = if setting.node.is_object() { setting.node.get("mode") } else { Some(setting.node) };
    match named.map(|node| node.as_str()) {
        None | Some(Some("enforce")) => Mode::Enforce,
        Some(Some("shadow")) => Mode::Shadow,
        Some(Some("off")) => Mode::Off,
        Some(_) => {
            build.problem(
                Severity::Error,
                "a control is on in the mode `enforce`, `shadow` or `off`",
                "write one of the three, or an object with settings",
            );
            Mode::Enforce
        }
    }
}
