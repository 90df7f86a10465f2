//! The listeners that decide for other proxies, and what is wrong with how they are set up.

use model::Severity;

use super::{Compiled, Ingredients};
use crate::config::{AskClients, Asker, Bodies, Decisions, Listen, Tls};
use crate::decisions::gaps;
use crate::metrics::Metrics;
use crate::network::Network;
use crate::snapshot::{ApiPlan, Deciding};
use crate::third_party::Side;

/// What runs of a listener's `decisions`.
pub(super) fn deciding(listen: &Listen, metrics: &Metrics) -> Option<Deciding> {
    let settings = listen.decisions.clone()?;
    let counters = metrics.decisions(settings.asker);
    Some(Deciding { settings, counters })
}

/// Says what is wrong with the decisions of each listener, and what of `apis` they cannot enforce.
pub(super) fn check(ingredients: &Ingredients<'_>, apis: &[ApiPlan], compiled: &mut Compiled) {
    let root = ingredients.document.root();
    for (index, listen) in ingredients.config.listen.iter().enumerate() {
        let Some(settings) = &listen.decisions else { continue };
        let node = root.get("listen").and_then(|listen| listen.items().nth(index)).unwrap_or(root);
        let place = node.get("decisions").unwrap_or(node);
        let mut say = |severity, message: String, help: &str| {
            compiled.problems.push(ingredients.document.problem(severity, place, message).help(help));
        };
        if settings.asker == Asker::Nginx && settings.bodies == Bodies::Sent {
            let help = "leave `bodies` out, or let them go with `bodies: unseen`";
            say(Severity::Error, "nginx sends no bodies with its questions".to_owned(), help);
        }
        if listen.proxies.is_some() {
            let message = "the proxy that asks says whom a request is from, so `proxies` means nothing here";
            say(Severity::Error, message.to_owned(), "name who may ask in `decisions: { trusted: … }`");
        }
        if is_open(listen, settings) {
            let message = "whoever sends from a trusted address of another machine can ask, and say whom requests are from";
            let help = "ask for certificates with `tls: { clients: … }`, or trust no other machine";
            say(Severity::Warning, message.to_owned(), help);
        }
        for api in apis.iter().filter(|api| api.side() == Side::Ingress) {
            for (gap, plans) in gaps(settings, api) {
                let (count, of) = (plans.len(), api.operations.len());
                let message = format!(
                    "`{}` is not enforced for {} on {count} of {of} operations of `{}`: {}",
                    gap.control, settings.asker, api.name, gap.what
                );
                say(Severity::Note, message, "turn it off there, or put the gateway itself in front");
            }
        }
    }
}

/// Whether another machine may ask without a certificate.
fn is_open(listen: &Listen, settings: &Decisions) -> bool {
    let is_asked = |tls: &Tls| {
        tls.certificates.iter().all(|certificate| {
            let clients = certificate.clients.as_ref().or(tls.clients.as_ref());
            clients.is_some_and(|clients| clients.mode == AskClients::Required)
        })
    };
    let is_asked = listen.tls.as_ref().is_some_and(is_asked);
    !is_asked && !settings.trusted.iter().all(Network::is_loopback)
}
