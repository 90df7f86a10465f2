//! What a gateway saw since it started, from its own log.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use model::inventory::{
    Account, Authentication, Calls, Confidence, Parameter, ParameterPlace, Report, SourceKind, Subject, Told,
    Whose,
};
use model::{Exchange, Outcome, PrincipalKind, Timestamp, Verdict};

use super::report::of_learned;
use crate::distinct::Distinct;
use crate::learn::{LearnLimits, Learner};
use crate::line::Line;
use crate::tally::{self, Observation, Place, Position, QUERY_NAMES_MAX};

/// What is kept while learning what nobody declared: enough for the paths of an API, and a few megabytes.
const LIMITS: LearnLimits = LearnLimits { nodes: 1 << 13, hosts: 1 << 6, unanswered: 1 << 9, shapes: 0 };

/// The most names of consumers of one operation.
const CONSUMERS_MAX: usize = 64;

/// The most declared operations that are counted.
const OPERATIONS_MAX: usize = 1 << 14;

/// Exchanges, counted.
#[derive(Debug)]
pub struct Exchanges {
    declared: BTreeMap<(String, String, String), Seen>,
    learner: Learner,
    /// When the last one came.
    until: Option<Timestamp>,
}

#[derive(Debug, Default)]
struct Seen {
    calls: Calls,
    clients: Distinct,
}

impl Default for Exchanges {
    fn default() -> Exchanges {
        Exchanges { declared: BTreeMap::new(), learner: Learner::new(LIMITS), until: None }
    }
}

impl Exchanges {
    /// Counts one. Of what no contract declares only that counts which was let through: that something was asked for, and
    /// refused, tells nothing of what there is.
    pub fn observe(&mut self, exchange: &Exchange<'_>) {
        self.until = self.until.max(Some(exchange.time));
        let status = Some(exchange.response.status).filter(|status| *status != 0);
        match &exchange.operation {
            Some(key) => {
                let key = (key.api.to_string(), key.method.to_string(), key.path.to_string());
                if self.declared.len() < OPERATIONS_MAX || self.declared.contains_key(&key) {
                    self.declared.entry(key).or_default().add(exchange, status);
                }
            }
            None if exchange.verdict == Verdict::Forwarded => {
                // Names without values, as a query is written.
                let names = exchange.request.undeclared.join("&");
                let line = Line {
                    time: Some(exchange.time),
                    client: Some(exchange.client.ip),
                    method: Some(Cow::Borrowed(&exchange.request.method)),
                    host: Some(Cow::Borrowed(&exchange.request.host)),
                    path: Some(Cow::Borrowed(&exchange.request.path)),
                    query: Some(Cow::Owned(names)),
                    status,
                    ..Line::default()
                };
                let place = Place { file: 0, position: Position::Entry(1) };
                self.learner.observe(&Observation { line: &line, place });
            }
            None => {}
        }
    }

    /// Everything that was counted, as what the source `name` tells; `name_of` says what the API of a config is called in the
    /// inventory.
    pub fn report(&self, name: &str, name_of: impl Fn(&str) -> String) -> Report {
        let declared = self.declared.iter().map(|((api, method, path), seen)| {
            let whose = Whose::Api(name_of(api));
            let calls = Calls { clients: seen.clients.count(), ..seen.calls.clone() };
            (Subject { whose, method: method.clone(), path: path.clone() }, None, Account::Called(calls))
        });
        let lesson = self.learner.clone().finish();
        let learned = lesson.operations.iter().map(|learned| {
            let (subject, account) = of_learned(learned);
            (subject, None, account)
        });
        Report {
            kind: SourceKind::Gateway,
            name: name.to_owned(),
            accounts: declared.chain(learned).collect(),
            told: Told { until: self.until, ..Told::default() },
        }
    }
}

impl Seen {
    fn add(&mut self, exchange: &Exchange<'_>, status: Option<u16>) {
        let confidence = match tally::Confidence::of(status) {
            tally::Confidence::None => Confidence::None,
            tally::Confidence::Low => Confidence::Low,
            tally::Confidence::High => Confidence::High,
        };
        let is_anonymous = exchange.principal.kind == PrincipalKind::Anonymous;
        let is_success = status.is_some_and(|status| (200..300).contains(&status));
        self.clients.insert(&exchange.client.ip);
        let consumer =
            exchange.principal.client.as_ref().filter(|_| self.calls.consumers.len() < CONSUMERS_MAX);
        self.calls.add(&Calls {
            count: 1,
            first_seen: Some(exchange.time),
            last_seen: Some(exchange.time),
            statuses: status.map(|status| (status, 1)).into_iter().collect(),
            confidence,
            clients: 0,
            consumers: consumer.map(ToString::to_string).into_iter().collect(),
            authentication: if is_anonymous { BTreeSet::new() } else { shown(exchange) },
            anonymous: u64::from(is_anonymous && is_success && exchange.verdict == Verdict::Forwarded),
            parameters: self.parameters(exchange, confidence),
            hosts: [exchange.request.host.to_string()].into(),
            fields: Vec::new(),
            bodies: Vec::new(),
        });
    }
}

impl Seen {
    /// Names in the query that the operation does not declare and that somebody answered.
    fn parameters(&self, exchange: &Exchange<'_>, confidence: Confidence) -> Vec<Parameter> {
        if confidence < Confidence::High {
            return Vec::new();
        }
        let room = QUERY_NAMES_MAX.saturating_sub(self.calls.parameters.len());
        let is_known = |name: &str| self.calls.parameters.iter().any(|known| known.name == name);
        let names = exchange.request.undeclared.iter().filter(|name| !is_known(name)).take(room);
        let parameter = |name: &Cow<'_, str>| Parameter {
            name: name.to_string(),
            place: ParameterPlace::Query,
            kind: None,
        };
        names.map(parameter).collect()
    }
}

/// How the caller showed who they are, by the controls that let them through.
fn shown(exchange: &Exchange<'_>) -> BTreeSet<Authentication> {
    let passed = exchange.controls.iter().filter(|control| control.outcome == Outcome::Allowed);
    let ways = passed.filter_map(|control| match (&*control.id, exchange.principal.kind) {
        ("api-key", PrincipalKind::Client) => Some(Authentication::ApiKey),
        ("jwt", PrincipalKind::User | PrincipalKind::Service) => Some(Authentication::Bearer),
        ("mtls", PrincipalKind::Service) => Some(Authentication::Mtls),
        _ => None,
    });
    ways.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exchange(verdict: &str, operation: &str, path: &str, status: u16) -> String {
        let operation = match operation {
            "" => String::new(),
            path => format!("\"operation\":{{\"api\":\"orders\",\"method\":\"GET\",\"path\":\"{path}\"}},"),
        };
        format!(
            "{{\"schema_version\":1,\"id\":\"019ab697e87bffffffffffffffffffff\",\"time\":\"2026-11-27T10:00:00.000000Z\",\
             \"client\":{{\"ip\":\"192.0.2.7\"}},\"principal\":{{\"kind\":\"user\",\"client\":\"app\"}},\
             \"request\":{{\"method\":\"GET\",\"host\":\"h\",\"path\":\"{path}\",\"undeclared\":[\"s{status}\"]}},{operation}\
             \"response\":{{\"status\":{status}}},\"verdict\":\"{verdict}\",\"controls\":[\"jwt\"],\
             \"timing_us\":{{\"total\":1,\"decide\":1,\"upstream\":0}}}}"
        )
    }

    #[test]
    fn what_was_let_through_is_told_and_what_was_refused_unless_it_is_declared_is_not() {
        let mut exchanges = Exchanges::default();
        for text in [
            exchange("forwarded", "/orders/{id}", "/orders/1", 200),
            exchange("refused", "/orders/{id}", "/orders/2", 403),
            exchange("forwarded", "", "/debug/1", 200),
            exchange("forwarded", "", "/debug/2", 200),
            exchange("refused", "", "/wp-login.php", 404),
        ] {
            exchanges.observe(&serde_json::from_str(&text).unwrap());
        }
        let report = exchanges.report("edge", str::to_uppercase);
        let told: Vec<_> = report
            .accounts
            .iter()
            .map(|(subject, _, account)| {
                let Account::Called(calls) = account else { panic!("{account:?}") };
                let in_query = calls.parameters.iter().filter(|one| one.place == ParameterPlace::Query);
                let names: Vec<&str> = in_query.map(|one| one.name.as_str()).collect();
                format!(
                    "{:?} {} {} {:?} {names:?}",
                    subject.whose, subject.path, calls.count, calls.consumers
                )
            })
            .collect();
        assert_eq!(
            told,
            [
                "Api(\"ORDERS\") /orders/{id} 2 {\"app\"} [\"s200\"]",
                "Host(\"h\") /debug/{debugId} 2 {} [\"s200\"]"
            ]
        );
        let Account::Called(calls) = &report.accounts[0].2 else { panic!() };
        assert_eq!((calls.anonymous, calls.clients), (0, 1));
        assert_eq!(calls.authentication, [Authentication::Bearer].into());
        assert_eq!(report.told.until.unwrap().to_string(), "2026-11-27T10:00:00.000000Z");
    }
}
