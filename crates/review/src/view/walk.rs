//! Finds every schema of a document, and in which ways it is met.

use spec::{Format, Spot};

use super::schema::Met;
use super::{Direction, Message, Parameter, Payload, View};

/// Kinds of kinds that are followed.
const KINDS_DEPTH_MAX: usize = 8;

/// A schema that is still to be looked at.
struct Step<'l> {
    spot: Spot<'l>,
    met: Met,
    within: Option<Spot<'l>>,
}

impl<'l> View<'l> {
    /// Fills `schemas`. A schema is looked at again only where it is met in a way that is new, so the walk ends.
    pub(super) fn walk_schemas(&mut self) {
        self.walk(self.schemas_of_operations());
        self.walk(self.schemas_of_events());
        let declared = self.schemas_of_components();
        // A kind of what operations take or give is met where that is, though only its own `allOf` says so.
        for _ in 0..KINDS_DEPTH_MAX {
            let kinds: Vec<Step<'l>> = declared.iter().filter_map(|step| self.as_kind(step)).collect();
            if kinds.is_empty() {
                break;
            }
            self.walk(kinds);
        }
        self.walk(declared);
    }

    fn walk(&mut self, mut left: Vec<Step<'l>>) {
        left.reverse();
        while let Some(step) = left.pop() {
            self.step(&step, &mut left);
        }
    }

    /// A schema that nothing has met, in the directions of those that are its parts.
    fn as_kind(&self, step: &Step<'l>) -> Option<Step<'l>> {
        if self.schema_at.contains_key(&step.spot.key()) {
            return None;
        }
        let parts = self.parts(step.spot);
        let known =
            parts.iter().skip(1).filter_map(|part| self.schemas.get(*self.schema_at.get(&part.key())?));
        let directions = known.fold(Met::default(), |all, schema| all | schema.directions());
        (directions != Met::default()).then_some(Step {
            spot: step.spot,
            met: step.met | directions,
            within: None,
        })
    }

    fn step(&mut self, step: &Step<'l>, left: &mut Vec<Step<'l>>) {
        let Step { spot, met, within } = *step;
        if !spot.node.is_object() {
            return;
        }
        if spot.get("$ref").is_some() && (!self.format.keeps_beside_references() || is_plain_reference(spot))
        {
            left.extend(self.follow(spot).filter(|target| target.key() != spot.key()).map(|spot| Step {
                spot,
                met,
                within: None,
            }));
            return;
        }
        let index = match self.schema_at.get(&spot.key()) {
            Some(index) => *index,
            None => {
                let schema = self.schema_of(spot);
                self.schemas.push(schema);
                self.schema_at.insert(spot.key(), self.schemas.len() - 1);
                self.schemas.len() - 1
            }
        };
        let Some(schema) = self.schemas.get_mut(index) else { return };
        if schema.met.holds(met) {
            return;
        }
        schema.within = schema.within.or(within);
        let is_new = schema.met == Met::default();
        let changed = schema.met.directions() != (schema.met | met).directions();
        schema.met = schema.met | met;
        if is_new || changed {
            self.below(spot, met.directions(), left);
        }
    }

    fn below(&self, spot: Spot<'l>, directions: Met, left: &mut Vec<Step<'l>>) {
        let mut push = |spot: Spot<'l>, met: Met, within: Option<Spot<'l>>| {
            let mut directions = directions;
            if spot.is_true("readOnly") {
                directions = directions.without(Met::SENT);
            }
            if spot.is_true("writeOnly") {
                directions = directions.without(Met::RETURNED);
            }
            left.push(Step { spot, met: met | directions, within });
        };
        for (key, value) in spot.members() {
            match key {
                "properties" | "patternProperties" | "dependentSchemas" => {
                    value.members().for_each(|(_, property)| push(property, Met::VALUE, None));
                }
                "items" if value.node.is_array() => {
                    value.items().for_each(|item| push(item, Met::VALUE, None))
                }
                "prefixItems" => value.items().for_each(|item| push(item, Met::VALUE, None)),
                "items"
                | "additionalProperties"
                | "unevaluatedProperties"
                | "additionalItems"
                | "unevaluatedItems" => {
                    push(value, Met::VALUE, None);
                }
                "allOf" => value.items().for_each(|part| push(part, Met::PART, None)),
                "oneOf" | "anyOf" => value.items().for_each(|part| push(part, Met::BRANCH, Some(spot))),
                "then" | "else" | "if" => push(value, Met::PART, None),
                "$ref" => left_of_reference(self, spot, &mut push),
                _ => {}
            }
        }
    }

    fn schemas_of_operations(&self) -> Vec<Step<'l>> {
        let mut steps = Vec::new();
        for operation in &self.operations {
            let (sent, returned) = match operation.direction {
                Direction::Called => (Met::SENT, Met::RETURNED),
                Direction::Calling => (Met::RETURNED, Met::SENT),
            };
            let mut push = |spot: Option<Spot<'l>>, direction: Met| {
                steps.extend(spot.map(|spot| Step { spot, met: Met::VALUE | direction, within: None }));
            };
            operation.parameters.iter().for_each(|parameter| push(parameter.schema, sent));
            operation.body.iter().for_each(|content| push(content.schema, sent));
            for response in &operation.responses {
                response.contents.iter().for_each(|content| push(content.schema, returned));
                response
                    .headers
                    .iter()
                    .for_each(|(_, header)| push(self.schema_of_header(*header), returned));
            }
        }
        steps
    }

    /// What messages hold, and what channels take beside them. Where there are operations, nobody sends a message that is
    /// part of none.
    fn schemas_of_events(&self) -> Vec<Step<'l>> {
        let step = |spot: Spot<'l>, met: Met| Step { spot, met, within: None };
        let is_used = |message: &&Message<'l>| message.met.has(Met::VALUE) || self.operations.is_empty();
        let messages = self.events.messages.iter().filter(is_used);
        let held = messages.flat_map(|message| message.schemas().map(|schema| step(schema, message.met)));
        let parameters = self.events.channels.iter().flat_map(|channel| &channel.parameters);
        let taken = parameters.filter_map(|parameter| Some(step(parameter.schema?, Met::VALUE | Met::SENT)));
        held.chain(taken).collect()
    }

    /// What is declared to be shared, whether or not anything refers to it.
    fn schemas_of_components(&self) -> Vec<Step<'l>> {
        let step = |spot: Spot<'l>| Step { spot, met: Met::DECLARED, within: None };
        let mut steps = Vec::new();
        let holder =
            if self.format == Format::Swagger20 { Some(self.root) } else { self.root.get("components") };
        let Some(holder) = holder else { return steps };
        let schemas = if self.format == Format::Swagger20 { "definitions" } else { "schemas" };
        let shared = holder.members_of(schemas).map(|(_, schema)| schema);
        if self.format.is_asyncapi() {
            let described = shared.map(|schema| self.described(schema));
            steps.extend(described.filter_map(|payload| match payload {
                Payload::Schema(schema) => Some(step(schema)),
                Payload::Missing | Payload::Foreign(_) => None,
            }));
            return steps;
        }
        steps.extend(shared.map(step));
        let parameters = holder.members_of("parameters").filter_map(|(_, spot)| self.follow(spot));
        let parameters = parameters.filter_map(|spot| Parameter::of(self, spot));
        steps.extend(parameters.filter_map(|parameter| parameter.schema).map(step));
        let bodies = holder.members_of("requestBodies").filter_map(|(_, spot)| self.follow(spot));
        steps.extend(
            bodies.flat_map(|body| self.contents(body)).filter_map(|content| content.schema).map(step),
        );
        let responses = holder.members_of("responses").filter_map(|(_, spot)| self.follow(spot));
        steps.extend(
            responses.flat_map(|spot| self.contents(spot)).filter_map(|content| content.schema).map(step),
        );
        steps
    }
}

fn left_of_reference<'l>(
    view: &View<'l>,
    spot: Spot<'l>,
    push: &mut impl FnMut(Spot<'l>, Met, Option<Spot<'l>>),
) {
    if let Some(target) = view.follow(spot).filter(|target| target.key() != spot.key()) {
        push(target, Met::PART, None);
    }
}

/// Whether nothing stands beside `$ref` that says anything of the value.
fn is_plain_reference(spot: Spot<'_>) -> bool {
    let says_nothing =
        ["$ref", "description", "summary", "title", "deprecated", "example", "examples", "$comment"];
    spot.node.entries().all(|entry| says_nothing.contains(&entry.key) || entry.key.starts_with("x-"))
}
