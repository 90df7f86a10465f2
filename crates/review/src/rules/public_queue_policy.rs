//! Finds queues and topics of AWS that anybody may use.

use model::Severity;
use spec::Spot;

use crate::report::Findings;
use crate::rule::Rule;
use crate::view::View;

pub(super) const RULE: Rule = Rule {
    id: "public-queue-policy",
    title: "the policy of a queue or topic lets anybody use it",
    severity: Severity::Error,
    control: "scope",
    owasp: &["API5:2023", "API8:2023"],
    cwe: &["CWE-732"],
    nist: &["REC-API-12"],
    why: "`principal: '*'` in the policy of an SQS queue or an SNS topic is every account there is. A statement with a `condition` \
          is left out: it may narrow that to one account.",
    fix: "name the accounts or roles that need it",
    bad: "
asyncapi: 3.0.0
info: { title: Orders, version: '1' }
servers: { aws: { host: sqs.eu-west-1.amazonaws.com, protocol: sqs } }
channels:
  orders:
    bindings:
      sqs:
        queue:
          name: orders
          policy: { statements: [{ effect: Allow, principal: '*', action: 'sqs:*' }] }
#                                                            ^^^
",
    good: "
asyncapi: 3.0.0
info: { title: Orders, version: '1' }
servers: { aws: { host: sqs.eu-west-1.amazonaws.com, protocol: sqs } }
channels:
  orders:
    bindings:
      sqs:
        queue:
          name: orders
          policy: { statements: [{ effect: Allow, principal: { AWS: '123456789012' }, action: 'sqs:SendMessage' }] }
",
    check,
};

fn check<'l>(view: &View<'l>, findings: &mut Findings<'_, 'l>) {
    for channel in &view.events.channels {
        let bindings = channel.spot.get("bindings").and_then(|bindings| view.follow(bindings));
        let own = bindings
            .into_iter()
            .flat_map(|bindings| ["sns", "sqs"].into_iter().filter_map(move |key| bindings.get(key)));
        let queues: Vec<Spot<'l>> = own
            .flat_map(|binding| [Some(binding), binding.get("queue"), binding.get("deadLetterQueue")])
            .flatten()
            .collect();
        let policies = queues.into_iter().filter_map(|queue| queue.get("policy"));
        for statement in policies.flat_map(|policy| policy.items_of("statements")) {
            let allows = statement.text("effect").is_some_and(|effect| effect.eq_ignore_ascii_case("allow"));
            let principal = statement.get("principal").and_then(anybody);
            if let Some(at) = principal.filter(|_| allows && statement.get("condition").is_none()) {
                findings.add(at, format!("anybody may use `{}`", channel.name));
            }
        }
    }
}

/// Where `principal` is everybody: a text, a list, or either under `AWS`.
fn anybody(principal: Spot<'_>) -> Option<Spot<'_>> {
    let principal = principal.get("AWS").unwrap_or(principal);
    std::iter::once(principal).chain(principal.items()).find(|one| one.node.as_str() == Some("*"))
}
