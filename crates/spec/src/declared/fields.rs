//! The fields of bodies that a contract declares, named one by one: for those who keep them apart from the document.

use std::collections::{BTreeMap, BTreeSet};

use super::{Declarations, Declared, Schemas};
use crate::contract::{Contract, Format, NodeRef, Operation, Response, StatusRange};
use crate::reference::Library;
use crate::schema::Dialect;
use crate::source::{Source, Spot};

/// The most fields of one body that are named; where there are more, none is.
const FIELDS_MAX: usize = 256;

/// The most answers of one operation whose fields are named; those of further ones may be anything.
const ANSWERS_MAX: usize = 16;

/// Objects and arrays inside each other whose fields are named.
const DEPTH_MAX: usize = 8;

/// The fields of the bodies in JSON of one operation, as JSON pointers, `*` for any item or member: those at which the
/// document says no more, so that one stands for everything below it as well. A body that may be anything is `""`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BodyFields {
    /// Of its request.
    pub request: BTreeSet<String>,
    /// Of each of its answers that may have a body in JSON, without what is only written.
    pub answers: BTreeMap<StatusRange, BTreeSet<String>>,
}

/// The fields that each operation of `contract` declares, in their order; it was compiled from `library`.
pub fn body_fields(library: &Library, contract: &Contract) -> Vec<BodyFields> {
    let source = Source::new(library);
    let dialect = if contract.format >= Format::OpenApi31 { Dialect::Draft202012 } else { Dialect::Draft4 };
    let mut declarations = Declarations::new(&source, dialect);
    let mut bodies: Vec<Bodies> = Vec::new();
    let mut declared =
        |spots: Vec<_>| spots.into_iter().map(|spot| declarations.of(spot)).collect::<Vec<Declared>>();
    for operation in &contract.operations {
        let answers = answers(&source, operation).into_iter().enumerate().map(|(number, (status, spots))| {
            (status, if number < ANSWERS_MAX { declared(spots) } else { Vec::new() })
        });
        let answers = answers.collect();
        bodies.push((declared(requests(&source, operation)), answers));
    }
    let table = declarations.finish();
    let named = |declared: Vec<Declared>, is_answer| {
        let mut found = BTreeSet::new();
        for mut declared in declared {
            declared.attach(&table);
            declared.name(&declared.root(), "", is_answer, &mut found);
        }
        found
    };
    let anything = || BTreeSet::from([String::new()]);
    let bounded = |found: BTreeSet<String>| if found.len() > FIELDS_MAX { anything() } else { found };
    let named = bodies.into_iter().map(|(request, answers)| BodyFields {
        request: bounded(named(request, false)),
        answers: answers
            .into_iter()
            .map(|(status, declared)| match declared.is_empty() {
                true => (status, anything()),
                false => (status, bounded(named(declared, true))),
            })
            .collect(),
    });
    named.collect()
}

/// What is declared of the bodies of an operation: of its request, and of its answers.
type Bodies = (Vec<Declared>, BTreeMap<StatusRange, Vec<Declared>>);

fn requests<'l>(source: &Source<'l>, operation: &Operation) -> Vec<Spot<'l>> {
    let Some(body) = operation.request_body.as_ref().and_then(|body| source.spot(body.at)) else {
        return Vec::new();
    };
    let Some(body) = source.follow(body) else { return Vec::new() };
    // The parameter in `body` of Swagger 2.0 has its schema at hand.
    let content = body.members_of("content").filter(|(media, _)| media.contains("json"));
    let content = content.filter_map(|(_, content)| source.follow(content));
    [body].into_iter().chain(content).filter_map(|holder| holder.get("schema")).collect()
}

/// The schemas of each answer that has one in JSON.
fn answers<'l>(source: &Source<'l>, operation: &Operation) -> BTreeMap<StatusRange, Vec<Spot<'l>>> {
    let of_answer = |response: &Response| {
        let of_json = response.content.iter().filter(|content| content.media.as_str().contains("json"));
        let schemas: Vec<Spot<'l>> = of_json.filter_map(|content| source.spot(content.schema?)).collect();
        (!schemas.is_empty()).then_some((response.status, schemas))
    };
    operation.responses.iter().filter_map(of_answer).collect()
}

impl<'l> Source<'l> {
    fn spot(&self, at: NodeRef) -> Option<Spot<'l>> {
        self.node((at.document, at.node))
    }
}

impl Declared {
    /// Adds the fields below `pointer`, of whose value `schemas` speak.
    fn name(&self, schemas: &Schemas, pointer: &str, is_answer: bool, found: &mut BTreeSet<String>) {
        if found.len() > FIELDS_MAX {
            return;
        }
        let known = || schemas.iter().filter_map(|index| self.schema(*index));
        let mut below: Vec<(String, Schemas)> = Vec::new();
        let names: BTreeSet<&str> =
            known().flat_map(|schema| schema.properties.keys().map(|name| &**name)).collect();
        for name in &names {
            let is_hidden =
                is_answer && known().any(|schema| schema.write_only.iter().any(|hidden| **hidden == **name));
            let by_name = known().filter_map(|schema| schema.properties.get(*name).copied()).collect();
            if !is_hidden {
                let token = name.replace('~', "~0").replace('/', "~1");
                below.push((format!("{pointer}/{token}"), self.closed(by_name)));
            }
        }
        if known().any(|schema| schema.is_open) {
            let others = known().filter_map(|schema| schema.additional).collect();
            below.push((format!("{pointer}/*"), self.closed(others)));
        }
        let items: Schemas =
            known().flat_map(|schema| schema.prefix_items.iter().copied().chain(schema.items)).collect();
        if !items.is_empty() {
            below.push((format!("{pointer}/*"), self.closed(items)));
        }
        let is_deep = pointer.matches('/').count() >= DEPTH_MAX;
        if below.is_empty() && names.is_empty() || is_deep {
            found.insert(pointer.to_owned());
            return;
        }
        for (pointer, schemas) in below {
            self.name(&schemas, &pointer, is_answer, found);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::compile;
    use crate::document::{Document, Limits};

    /// What operations declare, as `request` and `answer` with a pointer each.
    fn check(paths: &str, expected: &[&str]) {
        let text = format!(
            "openapi: 3.1.0\ninfo: {{title: t, version: '1'}}\npaths:\n{paths}\ncomponents:\n  schemas:\n    Node: {{type: object, properties: {{name: {{type: string}}, next: {{$ref: '#/components/schemas/Node'}}}}}}\n    Base: {{type: object, properties: {{id: {{type: integer}}, secret: {{type: string, writeOnly: true}}}}}}\n"
        );
        let (document, problems) = Document::parse("spec.yaml", text, &Limits::default());
        assert_eq!(problems, []);
        let library = Library::of(document);
        let (contract, _) = compile(&library);
        let mut said = Vec::new();
        for fields in body_fields(&library, &contract) {
            said.extend(fields.request.iter().map(|pointer| format!("request {pointer}")));
            for (status, answer) in &fields.answers {
                said.extend(answer.iter().map(|pointer| format!("{status} {pointer}")));
            }
        }
        assert_eq!(said, expected);
    }

    fn operation(request: &str, answer: &str) -> String {
        format!(
            "  /a: {{post: {{requestBody: {{content: {{application/json: {{schema: {request}}}}}}}, responses: {{'200': {{description: d, content: {{application/json: {{schema: {answer}}}, text/plain: {{schema: {{type: object, properties: {{no: {{}}}}}}}}}}}}}}}}}}"
        )
    }

    #[test]
    fn members_items_and_parts_are_named_and_what_is_only_written_is_of_requests_alone() {
        let all = "{allOf: [{$ref: '#/components/schemas/Base'}, {properties: {tags: {type: array, items: {properties: {a/b: {type: string}}}}}}]}";
        check(
            &operation(all, all),
            &["request /id", "request /secret", "request /tags/*/a~1b", "200 /id", "200 /tags/*/a~1b"],
        );
    }

    #[test]
    fn what_may_be_anything_stands_for_all_below_it() {
        check(
            &operation(
                "{}",
                "{type: object, properties: {free: {type: object}}, additionalProperties: {type: integer}}",
            ),
            &["request ", "200 /*", "200 /free"],
        );
        check("  /a: {get: {responses: {'204': {description: d}}}}", &[]);
    }

    #[test]
    fn what_holds_itself_ends() {
        let node = "{$ref: '#/components/schemas/Node'}";
        let text = operation(node, "{type: string}");
        let deepest = format!("request {}", "/next".repeat(DEPTH_MAX));
        let names = (0..DEPTH_MAX).map(|depth| format!("request {}/name", "/next".repeat(depth)));
        let mut expected: Vec<String> = names.chain([deepest]).collect();
        expected.sort();
        expected.push("200 ".to_owned());
        check(&text, &expected.iter().map(String::as_str).collect::<Vec<_>>());
    }

    #[test]
    fn each_answer_has_its_own() {
        let answer = |status: &str, name: &str| {
            format!(
                "'{status}': {{description: d, content: {{application/json: {{schema: {{properties: {{{name}: {{}}}}}}}}}}}}"
            )
        };
        let of = |answers: &[String]| format!("  /a: {{get: {{responses: {{{}}}}}}}", answers.join(", "));
        let text = "'204': {description: d}".to_owned();
        check(
            &of(&[answer("default", "title"), answer("2XX", "id"), answer("200", "tea"), text]),
            &["default /title", "2XX /id", "200 /tea"],
        );
        let many: Vec<String> =
            (0..=ANSWERS_MAX).map(|number| answer(&(400 + number).to_string(), "a")).collect();
        let mut expected: Vec<String> =
            (0..ANSWERS_MAX).map(|number| format!("{} /a", 400 + number)).collect();
        expected.push(format!("{} ", 400 + ANSWERS_MAX));
        check(&of(&many), &expected.iter().map(String::as_str).collect::<Vec<_>>());
    }
}
