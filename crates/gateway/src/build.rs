//! What a policy is made from: the operation's contract, its settings, and what the gateway shares.

use std::sync::Arc;

use model::{OperationKey, Problem, Severity};
use serde::de::DeserializeOwned;
use spec::{Contract, Document, JsonLimits, Node, Operation};

use crate::cedar::ApiPolicies;
use crate::config::Limits;
use crate::feeds::Feeds;
use crate::limiter::Subject;
use crate::metrics::Metrics;
use crate::third_party::ThirdParty;

/// A node of a document: settings as the user wrote them.
#[derive(Debug, Clone, Copy)]
pub struct Setting<'a> {
    /// The document, for positions.
    pub document: &'a Document,
    /// The node within it.
    pub node: Node<'a>,
}

/// Everything the policies of one operation are made from, and what they say while they are made.
#[derive(Debug)]
pub struct Build<'a> {
    /// The API's contract.
    pub contract: &'a Arc<Contract>,
    /// The operation; absent while the policies for undeclared requests are made.
    pub operation: Option<&'a Operation>,
    /// The operation's key; for undeclared requests, method and path are `*`.
    pub key: &'a OperationKey<'static>,
    /// The bounds of the whole gateway.
    pub limits: &'a Limits,
    /// Tables that are refreshed elsewhere or shared between operations.
    pub feeds: &'a Feeds,
    /// Counters that outlive the snapshot.
    pub metrics: &'a Metrics,
    /// The API's Cedar policies; absent where it names none.
    pub(crate) cedar: Option<&'a ApiPolicies>,
    /// The third party whose API it is; absent for an API that is protected.
    pub(crate) third_party: Option<&'a Arc<ThirdParty>>,
    /// The settings of the control that is being built: the operation's, else the API's, else everyone's.
    pub setting: Option<Setting<'a>>,
    /// Other keys of the operation's `x-palisade` (`sensitive`), which belong to no single control.
    pub sensitive: bool,
    /// Largest body of the operation in bytes, streamed ones included; a policy may lower it.
    pub body_bytes_max: usize,
    /// How large a JSON body may grow; a policy may lower it.
    pub json_limits: JsonLimits,
    /// What is wrong.
    pub problems: Vec<Problem>,
    /// What cannot be enforced because nothing says how, in plain words.
    pub gaps: Vec<String>,
}

impl Build<'_> {
    /// The settings of this control, or its defaults where nobody wrote any. Nothing where something is wrong with them:
    /// that is a problem then, and the snapshot is never used.
    pub fn settings<T: DeserializeOwned + Default>(&mut self) -> Option<T> {
        let Some(setting) = self.setting else { return Some(T::default()) };
        // `jwt: shadow` is short for `jwt: { mode: shadow }`; the mode itself is read by the pipeline alone.
        if setting.node.as_str().is_some() {
            return Some(T::default());
        }
        match spec::deserialize(setting.document, setting.node) {
            Ok(settings) => Some(settings),
            Err(problems) => {
                self.problems.extend(problems);
                None
            }
        }
    }

    /// Whether anybody wrote settings for this control.
    pub fn is_configured(&self) -> bool {
        self.setting.is_some()
    }

    /// Something wrong with the settings of this control; at the operation where there are none.
    pub fn problem(&mut self, severity: Severity, message: impl Into<String>, help: &str) {
        let position = match (self.setting, self.operation) {
            (Some(setting), _) => Some(setting.document.position(setting.node)),
            (None, Some(operation)) => operation.position.clone(),
            (None, None) => None,
        };
        let problem = Problem { severity, message: message.into(), help: None, position };
        self.problems.push(if help.is_empty() { problem } else { problem.help(help) });
    }

    /// Whether requests can be counted for these `subjects`; what cannot be told of any request is a problem.
    pub(crate) fn can_count(&mut self, subjects: &[Subject]) -> bool {
        let can = self.feeds.systems.is_some() || !subjects.contains(&Subject::AutonomousSystem);
        if !can {
            let help = "name one, as in `geography: { autonomous-systems: asn.mmdb }`";
            self.problem(
                Severity::Error,
                "no database says which autonomous system an address belongs to",
                help,
            );
        }
        can
    }

    /// Says what cannot be enforced on this operation because nothing says how.
    pub fn gap(&mut self, text: impl Into<String>) {
        self.gaps.push(text.into());
    }
}
