//! Cedar policies: read from files, checked against what the contract declares, and cut down to what can speak of an
//! operation.

mod facts;
mod policies;
mod reads;
mod schema;
mod slice;
mod value;

use std::collections::BTreeMap;
use std::path::Path;

use cedar_policy::{Policy, PolicySet, Schema, ValidationError, ValidationMode, Validator};
use model::{Problem, Severity};
use spec::{Contract, Document, Operation, ValueType};

use crate::config::ClaimType;
use policies::File;
use schema::Action;
pub(crate) use slice::Slice;

/// The control that policies here are of.
const CONTROL: &str = "cedar";

/// Claims that policies may read, each with its type.
type Claims = BTreeMap<String, ValueType>;

/// The policies of an API.
#[derive(Debug)]
pub(crate) struct ApiPolicies {
    policies: Vec<Policy>,
    /// By the index of the operation.
    actions: Vec<Action>,
    claims: Claims,
    is_whole: bool,
}

impl ApiPolicies {
    /// Reads the policies in `files`, each under the name that the config gives it, as far as they can be understood and
    /// are true to the schema of `contract`; and everything that is wrong with them.
    pub(crate) fn new(
        contract: &Contract,
        claims: &BTreeMap<String, ClaimType>,
        files: &[(&Path, Document)],
    ) -> (ApiPolicies, Vec<Problem>) {
        let claims = typed(claims);
        let actions = schema::actions(contract);
        let mut problems = Vec::new();
        let files: Vec<File<'_>> = files.iter().map(|(name, text)| File::read(name, text)).collect();
        for file in &files {
            problems.extend(file.problems.iter().cloned());
        }
        problems.extend(policies::repeated(&files));
        match Schema::from_cedarschema_str(&schema::text(contract, &actions, &claims)) {
            Ok((schema, _)) => problems.extend(validate(schema, &files)),
            Err(error) => problems.push(Problem::error(format!("the contract has no Cedar schema: {error}"))),
        }
        let is_whole = !problems.iter().any(|problem| problem.severity == Severity::Error);
        let policies = files.into_iter().flat_map(|file| file.policies).map(|placed| placed.policy).collect();
        (ApiPolicies { policies, actions, claims, is_whole }, problems)
    }

    /// Whether nothing is wrong with them. What is wrong was said, and they are not to decide.
    pub(crate) fn is_whole(&self) -> bool {
        self.is_whole
    }

    /// What can speak of `operation`; nothing where it cannot be put together, and nobody may call then.
    pub(crate) fn slice(&self, operation: &Operation) -> Option<Slice> {
        Slice::new(&self.policies, self.actions.get(operation.id.0 as usize)?, &self.claims)
    }
}

/// The Cedar schema of an API, as its policies are checked against it.
pub fn cedar_schema(contract: &Contract, claims: &BTreeMap<String, ClaimType>) -> String {
    schema::text(contract, &schema::actions(contract), &typed(claims))
}

fn typed(claims: &BTreeMap<String, ClaimType>) -> Claims {
    let value_type = |claim: &ClaimType| match claim {
        ClaimType::String => ValueType::Text,
        ClaimType::Integer => ValueType::Integer,
        ClaimType::Boolean => ValueType::Boolean,
        ClaimType::Strings => ValueType::List(Box::new(ValueType::Text)),
    };
    claims.iter().map(|(name, claim)| (name.clone(), value_type(claim))).collect()
}

/// What the policies say that the schema does not have, or that cannot be true.
fn validate(schema: Schema, files: &[File<'_>]) -> Vec<Problem> {
    let policies = files.iter().flat_map(|file| &file.policies).map(|placed| placed.policy.clone());
    // Names that are repeated were said.
    let Ok(set) = PolicySet::from_policies(policies) else { return Vec::new() };
    let result = Validator::new(schema).validate(&set, ValidationMode::Strict);
    // A name that is not known leaves a policy without anything that it could speak of, which need not be said besides.
    let is_name = |error: &&ValidationError| {
        matches!(error, ValidationError::UnrecognizedActionId(_) | ValidationError::UnrecognizedEntityType(_))
    };
    let unnamed: Vec<_> =
        result.validation_errors().filter(is_name).map(ValidationError::policy_id).collect();
    let follows = |error: &ValidationError| {
        matches!(error, ValidationError::InvalidActionApplication(_)) && unnamed.contains(&error.policy_id())
    };
    let errors = result.validation_errors().filter(|error| !follows(error)).filter_map(|error| {
        let (file, placed) = policies::placed(files, error.policy_id())?;
        Some(file.problem(Severity::Error, error, placed.span))
    });
    let is_wrong = |id| result.validation_errors().any(|error| error.policy_id() == id);
    let warnings = result.validation_warnings().filter(|warning| !is_wrong(warning.policy_id()));
    let warnings = warnings.filter_map(|warning| {
        let (file, placed) = policies::placed(files, warning.policy_id())?;
        Some(file.problem(Severity::Warning, warning, placed.span))
    });
    errors.chain(warnings).collect()
}

#[cfg(test)]
mod tests;
