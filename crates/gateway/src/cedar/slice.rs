//! What decides on one operation: the policies that can speak of it, and what they read of a request.

use std::collections::{HashMap, HashSet};

use cedar_policy::{
    ActionConstraint, Authorizer, Context as Facts, Decision, Effect, Entities, Entity, EntityId,
    EntityTypeName, EntityUid, Policy, PolicySet, Request, ResourceConstraint, Response,
    RestrictedExpression,
};
use model::{Principal, Redacted};
use spec::{Node, Operation, PAIRS_MAX, ParameterLocation, Query, RequestView, ValueType};

use super::facts::{CONTEXT, Fact, PRINCIPALS, PrincipalType};
use super::reads::{Reads, Root};
use super::schema::{Action, Attribute, Body};
use super::{CONTROL, Claims, value};
use crate::denial::{Denial, Reason, Verdict};
use crate::policy::Context;

/// Policies that are named where several refuse.
const NAMED_MAX: usize = 4;

/// Attributes on their way into an entity.
type Attributes = Vec<(String, RestrictedExpression)>;

/// The policies of one operation.
#[derive(Debug)]
pub(crate) struct Slice {
    policies: PolicySet,
    action: EntityUid,
    /// The action and the groups that it is in.
    actions: Entities,
    principals: Vec<Caller>,
    context: Vec<&'static Fact>,
    resource: EntityTypeName,
    parameters: Vec<Attribute>,
    reads_path: bool,
    reads_query: bool,
    body: Option<Body>,
    can_permit: bool,
}

/// A kind of principal, with those of its attributes that are read.
#[derive(Debug)]
struct Caller {
    of: &'static PrincipalType,
    name: EntityTypeName,
    facts: Vec<&'static Fact>,
    /// The claims; absent where there can be none, or where none is read.
    claims: Option<Claims>,
}

impl Slice {
    /// The ones of `all` that can speak of `action`.
    pub(super) fn new(all: &[Policy], action: &Action, claims: &Claims) -> Option<Slice> {
        let uid = |name: &str| -> Option<EntityUid> {
            Some(EntityUid::from_type_name_and_id("Action".parse().ok()?, EntityId::new(name)))
        };
        let own = uid(&action.name)?;
        let groups: HashSet<EntityUid> =
            action.groups.iter().map(|group| uid(group)).collect::<Option<_>>()?;
        let resource: EntityTypeName = action.resource.parse().ok()?;
        let can_speak = |policy: &&Policy| {
            let of_action = match policy.action_constraint() {
                ActionConstraint::Any => true,
                ActionConstraint::Eq(named) => named == own,
                ActionConstraint::In(named) => named.iter().any(|name| *name == own || groups.contains(name)),
            };
            of_action
                && match policy.resource_constraint() {
                    ResourceConstraint::Any => true,
                    ResourceConstraint::Eq(named) | ResourceConstraint::In(named) => {
                        *named.type_name() == resource
                    }
                    ResourceConstraint::Is(name) | ResourceConstraint::IsIn(name, _) => name == resource,
                }
        };
        let policies: Vec<Policy> = all.iter().filter(can_speak).cloned().collect();
        let reads = Reads::of(policies.iter());
        let read_facts = |root, facts: &mut dyn Iterator<Item = &'static Fact>| -> Vec<&'static Fact> {
            facts.filter(|fact| reads.touch(root, &[fact.name])).collect()
        };
        let principals = PRINCIPALS.iter().map(|of| {
            let facts = read_facts(Root::Principal, &mut of.facts.iter().copied());
            let claims = (of.has_claims && reads.touch(Root::Principal, &["claims"]))
                .then(|| read_claims(claims, &reads));
            Some(Caller { of, name: of.name.parse().ok()?, facts, claims })
        });
        // As in the schema: policies ask whether a resource has a part before they look into it.
        let has_part = |location| action.parameters.iter().any(|attribute| attribute.location == location);
        let mut entities: Vec<Entity> = vec![Entity::new_no_attrs(own.clone(), groups.clone())];
        entities.extend(groups.into_iter().map(Entity::with_uid));
        Some(Slice {
            can_permit: policies.iter().any(|policy| policy.effect() == Effect::Permit),
            action: own,
            actions: Entities::from_entities(entities, None).ok()?,
            principals: principals.collect::<Option<_>>()?,
            context: read_facts(Root::Context, &mut CONTEXT.iter()),
            resource,
            parameters: read_parameters(action, &reads),
            reads_path: has_part(ParameterLocation::Path) && reads.touch(Root::Resource, &["path"]),
            reads_query: has_part(ParameterLocation::Query) && reads.touch(Root::Resource, &["query"]),
            body: read_body(action, &reads),
            policies: PolicySet::from_policies(policies).ok()?,
        })
    }

    /// The name of the action.
    pub(crate) fn action(&self) -> &str {
        self.action.id().unescaped()
    }

    /// The ids of its policies, in order.
    #[cfg(test)]
    pub(super) fn policy_ids(&self) -> Vec<&str> {
        let mut ids: Vec<&str> = self.policies.policies().map(|policy| policy.id().as_ref()).collect();
        ids.sort_unstable();
        ids
    }

    /// Whether anybody at all may call.
    pub(crate) fn can_permit(&self) -> bool {
        self.can_permit
    }

    /// Whether something in the body is read.
    pub(crate) fn reads_body(&self) -> bool {
        self.can_permit && self.body.is_some()
    }

    /// Decides on a request to `operation` with this body, if it has one.
    pub(crate) fn judge(&self, cx: &Context<'_>, operation: &Operation, body: Option<Node<'_>>) -> Verdict {
        if !self.can_permit {
            return Err(refused("no policy permits this to anybody"));
        }
        let resource = self.resource(cx, operation, body)?;
        let caller = cx.caller.principal();
        let principal = self.principal(cx, &caller)?;
        let facts = self.context.iter();
        let facts = facts.filter_map(|fact| Some((fact.name.to_owned(), (fact.of)(cx, &caller)?)));
        let asked = Facts::from_pairs(facts).ok().and_then(|facts| {
            Request::new(principal.uid(), self.action.clone(), resource.uid(), facts, None).ok()
        });
        let entities = self.actions.clone().add_entities([principal, resource], None).ok();
        match (asked, entities) {
            (Some(asked), Some(entities)) => {
                verdict(&Authorizer::new().is_authorized(&asked, &self.policies, &entities))
            }
            _ => Err(refused("the request cannot be put to the policies")),
        }
    }

    fn principal(&self, cx: &Context<'_>, principal: &Principal<'_>) -> Result<Entity, Denial> {
        let caller = self.principals.iter().find(|caller| caller.of.kind == principal.kind);
        let caller = caller.ok_or_else(|| refused("the caller is of no kind that policies know"))?;
        let facts =
            caller.facts.iter().filter_map(|fact| Some((fact.name.to_owned(), (fact.of)(cx, principal)?)));
        let mut attributes: Attributes = facts.collect();
        if let Some(claims) = &caller.claims {
            attributes.push(("claims".to_owned(), record(self.claims(cx, claims)?)?));
        }
        let id = EntityId::new(principal.id.as_deref().unwrap_or_default());
        entity(EntityUid::from_type_name_and_id(caller.name.clone(), id), attributes)
    }

    fn claims(&self, cx: &Context<'_>, wanted: &Claims) -> Result<Attributes, Denial> {
        let mut claims = Attributes::new();
        let Some(token) = &cx.caller.token else { return Ok(claims) };
        for (name, value_type) in wanted {
            let Some(claim) = token.claims.get(name).filter(|claim| !claim.is_null()) else { continue };
            let value = match (value_type, claim.as_str()) {
                (ValueType::List(_), Some(one)) => Some(RestrictedExpression::new_set([value::text(one)])),
                _ => value::of_value(value_type, claim),
            };
            let wrong = || denied(Reason::NotPermitted, format!("the claim `{name}` is not of its type"));
            claims.push((name.clone(), value.ok_or_else(wrong)?));
        }
        Ok(claims)
    }

    fn resource(
        &self,
        cx: &Context<'_>,
        operation: &Operation,
        body: Option<Node<'_>>,
    ) -> Result<Entity, Denial> {
        let mut attributes = Attributes::new();
        if self.reads_path || self.reads_query {
            let sent = cx.query.filter(|_| self.reads_query).unwrap_or_default();
            let query = Query::parse(sent, PAIRS_MAX)
                .map_err(|fault| Denial::fixed(Reason::ParameterInvalid, CONTROL, fault.as_str()))?;
            let request = RequestView { captures: cx.captures, query: &query, headers: cx.headers };
            for (is_read, name, location) in [
                (self.reads_path, "path", ParameterLocation::Path),
                (self.reads_query, "query", ParameterLocation::Query),
            ] {
                if is_read {
                    let parameters = self.parameters_in(location, operation, &request)?;
                    attributes.push((name.to_owned(), record(parameters)?));
                }
            }
        }
        if let Some(declared) = &self.body
            && let Some(value) = body_value(declared, body)?
        {
            attributes.push(("body".to_owned(), value));
        }
        entity(EntityUid::from_type_name_and_id(self.resource.clone(), EntityId::new(cx.path)), attributes)
    }

    fn parameters_in(
        &self,
        location: ParameterLocation,
        operation: &Operation,
        request: &RequestView<'_, '_>,
    ) -> Result<Attributes, Denial> {
        let mut values = Attributes::new();
        for Attribute { index, field, .. } in
            self.parameters.iter().filter(|attribute| attribute.location == location)
        {
            let wrong = |why: &str| denied(Reason::ParameterInvalid, format!("`{}`: {why}", field.name));
            let parameter = operation.parameters.get(*index).ok_or_else(|| wrong("is not declared"))?;
            let read = parameter.value(&field.value_type, request);
            match read.map_err(|violation| denied(Reason::ParameterInvalid, violation.to_string()))? {
                Some(read) => {
                    let value = value::of_value(&field.value_type, &read);
                    values.push((field.name.clone(), value.ok_or_else(|| wrong("is not of its type"))?));
                }
                None if field.required => return Err(wrong("is missing")),
                None => {}
            }
        }
        Ok(values)
    }
}

fn read_claims(claims: &Claims, reads: &Reads) -> Claims {
    let read = claims.iter().filter(|(name, _)| reads.touch(Root::Principal, &["claims", name]));
    read.map(|(name, value_type)| (name.clone(), value_type.clone())).collect()
}

fn read_parameters(action: &Action, reads: &Reads) -> Vec<Attribute> {
    let is_read = |attribute: &&Attribute| {
        let part = if attribute.location == ParameterLocation::Path { "path" } else { "query" };
        reads.touch(Root::Resource, &[part, &attribute.field.name])
    };
    action.parameters.iter().filter(is_read).cloned().collect()
}

fn read_body(action: &Action, reads: &Reads) -> Option<Body> {
    let body = action.body.as_ref().filter(|_| reads.touch(Root::Resource, &["body"]))?;
    let is_read = |field: &&spec::Field| reads.touch(Root::Resource, &["body", &field.name]);
    Some(Body { required: body.required, fields: body.fields.iter().filter(is_read).cloned().collect() })
}

/// The members of the body that are read; nothing where there is no body and need be none.
fn body_value(declared: &Body, body: Option<Node<'_>>) -> Result<Option<RestrictedExpression>, Denial> {
    let invalid = |why: String| denied(Reason::BodyInvalid, why);
    let root = match body {
        Some(root) if root.is_object() => root,
        Some(_) => return Err(invalid("the body is no object".to_owned())),
        None if declared.required => return Err(invalid("the body is missing".to_owned())),
        None => return Ok(None),
    };
    let mut members = Attributes::new();
    for field in &declared.fields {
        let wrong = || invalid(format!("body `/{}`: is not as declared", field.name));
        let value = value::member(field, root).ok_or_else(wrong)?;
        members.extend(value.map(|value| (field.name.clone(), value)));
    }
    record(members).map(Some)
}

fn record(members: Attributes) -> Result<RestrictedExpression, Denial> {
    RestrictedExpression::new_record(members).ok().ok_or_else(|| refused("two attributes have one name"))
}

fn entity(uid: EntityUid, attributes: Attributes) -> Result<Entity, Denial> {
    let attributes: HashMap<String, RestrictedExpression> = attributes.into_iter().collect();
    let unreadable = || refused("a value that the policies read is none that they can compare");
    Entity::new(uid, attributes, HashSet::new()).ok().ok_or_else(unreadable)
}

/// An error counts as a refusal: Cedar goes on without the policy, which may be the one that forbids.
fn verdict(response: &Response) -> Verdict {
    let said = response.diagnostics();
    if let Some(cedar_policy::AuthorizationError::PolicyEvaluationError(error)) = said.errors().next() {
        let id: &str = error.policy_id().as_ref();
        return Err(denied(Reason::NotPermitted, format!("`{id}` cannot be evaluated")));
    }
    if response.decision() == Decision::Allow {
        return Ok(());
    }
    let mut reasons: Vec<&str> = said.reason().map(|id| id.as_ref()).collect();
    if reasons.is_empty() {
        return Err(refused("no policy permits it"));
    }
    reasons.sort_unstable();
    reasons.truncate(NAMED_MAX);
    Err(denied(Reason::NotPermitted, format!("forbidden by `{}`", reasons.join("`, `"))))
}

fn refused(why: &'static str) -> Denial {
    Denial::fixed(Reason::NotPermitted, CONTROL, why)
}

/// `why` holds names of the contract, the config and the policies, and no value.
fn denied(reason: Reason, why: String) -> Denial {
    Denial::new(reason, CONTROL, Redacted::vouched(why))
}
