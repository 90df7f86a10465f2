//! Bounds what GraphQL documents ask for, and refuses introspection.

use std::borrow::Cow;

use http::Method;
use model::{Mode, Redacted, Severity};
use schemars::JsonSchema;
use serde::Deserialize;
use spec::{JsonLimits, MediaType, Node, PAIRS_MAX, Query, decoded_form, parse_json};

use crate::build::Build;
use crate::denial::{Denial, Reason, Verdict};
use crate::graphql::{Fault, Measures, OperationType, Reading, measure};
use crate::policy::{Body, Context, Kind, Policy, Stage};

pub(super) const KIND: Kind =
    Kind { id: "graphql", stage: Stage::Validate, build, settings: Settings::json_schema, doc: DOC };

/// The media type of a document without anything around it.
const DOCUMENT: &str = "application/graphql";

/// What a request has, in a query or in a body (GraphQL over HTTP, section 5).
const MEMBERS: &[&str] = &["query", "variables", "operationName", "extensions"];

/// No limit is higher, so that what is measured stays small beside the body that it comes from.
const TOKENS_CEILING: u32 = 100_000;

/// Settings of `graphql`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
#[schemars(inline)]
struct Settings {
    // The snapshot reads it and no policy does; it stands here so that it is no unknown key.
    /// How it is applied.
    #[schemars(with = "Option<super::ModeSchema>")]
    mode: Option<Mode>,
    /// Fields inside each other. Default: 10.
    depth: Option<u32>,
    /// Fields, each as often as the lists around it have items. Default: 5,000.
    complexity: Option<u32>,
    /// Fields under another name. Default: 15.
    aliases: Option<u32>,
    /// Fields of the operation itself. Default: 10.
    root_fields: Option<u32>,
    /// Directives. Default: 50.
    directives: Option<u32>,
    /// Fragments that are defined. Default: 50.
    fragments: Option<u32>,
    /// Tokens of the document. Default: 2,000.
    tokens: Option<u32>,
    /// Requests in one body. Default: 1.
    batch: Option<u32>,
    /// Operations in one document. Default: 10.
    operations_max: Option<u32>,
    /// What operations may be. Default: queries and mutations.
    operations: Option<Vec<OperationType>>,
    /// Arguments that say how many items a list will have. Default: `first`, `last`, `limit`.
    sizes: Option<Vec<String>>,
    /// Whether the schema may be asked for.
    introspection: bool,
}

#[derive(Debug)]
struct Graphql {
    /// What is counted, how many are allowed, and how to count.
    bounds: Vec<Bound>,
    tokens_max: usize,
    batch_max: usize,
    operations: Vec<OperationType>,
    sizes: Vec<String>,
    introspection: bool,
    json_limits: JsonLimits,
}

#[derive(Debug)]
struct Bound {
    what: &'static str,
    most: u64,
    of: fn(&Measures) -> u64,
}

fn build(build: &mut Build<'_>) -> Option<Box<dyn Policy>> {
    if !build.is_configured() {
        let path = build.operation.map(|operation| operation.path.to_ascii_lowercase()).unwrap_or_default();
        if path.ends_with("/graphql") {
            build.gap(
                "its path says that it takes GraphQL, and nothing bounds what that asks for: set `graphql`",
            );
        }
        return None;
    }
    let settings: Settings = build.settings()?;
    if settings.tokens.is_some_and(|tokens| tokens > TOKENS_CEILING) {
        let message = format!("`tokens` is more than {TOKENS_CEILING}");
        build.problem(Severity::Error, message, "no document that is worth reading is as long");
    }
    let operations =
        settings.operations.unwrap_or_else(|| vec![OperationType::Query, OperationType::Mutation]);
    if operations.is_empty() {
        build.problem(Severity::Error, "`operations` lets nothing through", "name `query` at least");
    }
    let bound = |what, setting: Option<u32>, default: u32, of| {
        let most = u64::from(setting.unwrap_or(default));
        Bound { what, most, of }
    };
    let bounds = vec![
        bound("fields inside each other", settings.depth, 10, |measures: &Measures| measures.depth),
        bound("fields, lists counted by their items", settings.complexity, 5_000, |measures| {
            measures.complexity
        }),
        bound("aliases", settings.aliases, 15, |measures| measures.aliases),
        bound("fields at the root", settings.root_fields, 10, |measures| measures.root_fields),
        bound("directives", settings.directives, 50, |measures| measures.directives),
        bound("fragments", settings.fragments, 50, |measures| measures.fragments),
        bound("operations", settings.operations_max, 10, |measures| measures.operations.len() as u64),
    ];
    let sizes = settings.sizes.unwrap_or_else(|| ["first", "last", "limit"].map(str::to_owned).into());
    Some(Box::new(Graphql {
        bounds,
        tokens_max: settings.tokens.unwrap_or(2_000) as usize,
        batch_max: settings.batch.unwrap_or(1) as usize,
        operations,
        sizes,
        introspection: settings.introspection,
        json_limits: build.json_limits,
    }))
}

impl Policy for Graphql {
    fn head(&self, cx: &mut Context<'_>) -> Verdict {
        let query = Query::parse(cx.query.unwrap_or_default(), PAIRS_MAX)
            .map_err(|fault| malformed(fault.as_str()))?;
        if cx.has_body {
            // Some servers believe the one and some the other.
            let is_there = MEMBERS.iter().any(|name| query.values(name).next().is_some());
            return if is_there { Err(malformed("a part of it in the query beside a body")) } else { Ok(()) };
        }
        let text = one(&query, "query")?.ok_or_else(|| malformed("no document"))?;
        let variables = one(&query, "variables")?;
        let json = variables.as_deref().map(|variables| self.json(variables)).transpose()?;
        one(&query, "operationName")?;
        let measures = self.measure(&text, json.as_ref().map(spec::Json::root))?;
        self.judge(cx, &measures)
    }

    fn body(&self, cx: &mut Context<'_>, body: &Body<'_>) -> Verdict {
        let charset = MediaType::parse(body.content_type).and_then(|media| media.charset);
        if charset.is_some_and(|charset| !charset.eq_ignore_ascii_case("utf-8")) {
            return Err(Denial::fixed(Reason::UnsupportedMediaType, KIND.id, "a charset other than UTF-8"));
        }
        if body.media_type == DOCUMENT {
            let text = std::str::from_utf8(body.bytes).ok().ok_or_else(|| malformed("is not UTF-8"))?;
            return self.judge(cx, &self.measure(text, None)?);
        }
        if !body.is_json() {
            let detail = "neither JSON nor a document";
            return Err(Denial::fixed(Reason::UnsupportedMediaType, KIND.id, detail));
        }
        let root = body.json().map_err(|error| malformed(error.kind.as_str()))?.root();
        if !root.is_array() {
            return self.judge(cx, &self.request(root)?);
        }
        if root.is_empty() {
            return Err(malformed("a batch of nothing"));
        }
        if root.len() > self.batch_max {
            return Err(too_much(format!("more than {} requests in one body", self.batch_max)));
        }
        let mut all = Measures::default();
        for item in root.items() {
            all.add(self.request(item)?);
        }
        self.judge(cx, &all)
    }

    fn limits(&self) -> Vec<String> {
        let mut limits: Vec<String> =
            self.bounds.iter().map(|bound| format!("{} {}", bound.most, bound.what)).collect();
        limits.push(format!("{} tokens, {} requests in one body", self.tokens_max, self.batch_max));
        let operations: Vec<&str> = self.operations.iter().map(|operation| operation.as_str()).collect();
        limits.push(format!("operations: {}", operations.join(", ")));
        limits
    }

    /// A body of any other type is refused.
    fn needs_body(&self, _media_type: Option<&str>) -> bool {
        true
    }
}

impl Graphql {
    fn measure(&self, text: &str, variables: Option<Node<'_>>) -> Result<Measures, Denial> {
        let reading = Reading { sizes: &self.sizes, tokens_max: self.tokens_max };
        measure(text, variables, reading).map_err(|fault| match fault {
            Fault::TooManyTokens => too_much(format!("more than {} tokens", self.tokens_max)),
            Fault::Malformed { .. } => {
                Denial::new(Reason::GraphqlMalformed, KIND.id, Redacted::vouched(fault.to_string()))
            }
        })
    }

    fn json<'t>(&self, text: &'t str) -> Result<spec::Json<'t>, Denial> {
        parse_json(text.as_bytes(), &self.json_limits).map_err(|error| malformed(error.kind.as_str()))
    }

    /// Measures one request in JSON.
    fn request(&self, request: Node<'_>) -> Result<Measures, Denial> {
        // Some servers do not tell `Query` from `query`, and take the last.
        let is_other =
            |key: &str| MEMBERS.iter().any(|member| key != *member && key.eq_ignore_ascii_case(member));
        if request.entries().any(|entry| is_other(entry.key)) {
            return Err(malformed("a member in a spelling that some servers take for another"));
        }
        let text = request.get("query").and_then(Node::as_str).ok_or_else(|| malformed("no document"))?;
        let variables = request.get("variables").filter(|variables| !variables.is_null());
        match variables {
            Some(variables) if !variables.is_object() => {
                // Some servers take an object that is written as a string.
                let written = variables.as_str().ok_or_else(|| malformed("variables that are no object"))?;
                let json = self.json(written)?;
                self.measure(text, Some(json.root()))
            }
            variables => self.measure(text, variables),
        }
    }

    fn judge(&self, cx: &Context<'_>, measures: &Measures) -> Verdict {
        for operation in &measures.operations {
            if !self.operations.contains(operation) {
                return Err(refused(format!("a {}", operation.as_str())));
            }
            // What another site can have a browser do without a preflight must not write.
            let is_simple = !cx.has_body || matches!(*cx.method, Method::GET | Method::HEAD);
            if *operation != OperationType::Query && is_simple {
                return Err(refused(format!("a {} by `GET` or in the URL", operation.as_str())));
            }
        }
        if measures.has_introspection && !self.introspection {
            return Err(refused("introspection".to_owned()));
        }
        match self.bounds.iter().find(|bound| (bound.of)(measures) > bound.most) {
            Some(bound) => Err(too_much(format!("more than {} {}", bound.most, bound.what))),
            None => Ok(()),
        }
    }
}

/// The decoded value of the pair called `name`, of which there may be one.
fn one<'q>(query: &Query<'q>, name: &str) -> Result<Option<Cow<'q, str>>, Denial> {
    let mut values = query.pairs().iter().filter(|pair| pair.name == name).map(|pair| pair.raw_value);
    let value = values.next();
    if values.next().is_some() {
        return Err(malformed("a part of it twice"));
    }
    value.map(decoded_form).transpose().map_err(|fault| malformed(fault.as_str()))
}

fn malformed(why: &'static str) -> Denial {
    Denial::fixed(Reason::GraphqlMalformed, KIND.id, why)
}

/// `what` is made of limits and of words of the program.
fn too_much(what: String) -> Denial {
    Denial::new(Reason::GraphqlTooMuch, KIND.id, Redacted::vouched(what))
}

/// `what` is made of words of the program.
fn refused(what: String) -> Denial {
    Denial::new(Reason::GraphqlRefused, KIND.id, Redacted::vouched(what))
}

const DOC: &str = r#"
Bounds what a GraphQL document asks for before the backend reads it. One operation of HTTP is all operations of GraphQL, so
that what is limited, authorised and validated by operation elsewhere says little here. It reads nothing from the
specification, and is on where it is set: at the operation, or for the API, that takes GraphQL.

Documents are read by the grammar of September 2025, in `query` of a JSON body or of the URL, or as a body of
`application/graphql`; all else is refused, as is what servers could read in two ways: a part of the request in the URL
beside a body, or under a name in another case. Mutations are refused in the URL and where the method is `GET`, since any
web page can have a browser send those. Introspection (`__schema`
and `__type`, not `__typename`) is refused unless it is allowed.

A field counts one, and what it is asked for in a list as often as the list may have items: as one of its arguments, or a
member inside them, called `first`, `last` or `limit` says, as a number or by a variable. So `orders(first: 50) { id }`
counts 100. Lists without such an argument count as one item, since no schema is known here. Fragments count wherever they
are spread, and take no longer to count for it; those that spread themselves are refused. Of a document with several
operations the one that asks for most counts; of a batch, all together.

| setting | meaning | default |
|---|---|---|
| `depth` | fields inside each other | 10 |
| `complexity` | fields, each as often as the lists around it have items | 5,000 |
| `aliases` | fields under another name | 15 |
| `root-fields` | fields of the operation itself | 10 |
| `directives` | directives | 50 |
| `fragments` | fragments that are defined | 50 |
| `tokens` | tokens of the document | 2,000 |
| `batch` | requests in one body | 1 |
| `operations` | what operations may be: `query`, `mutation`, `subscription` | `query`, `mutation` |
| `operations-max` | operations in one document | 10 |
| `sizes` | arguments that say how many items a list will have | `first`, `last`, `limit` |
| `introspection` | lets the schema be asked for | `false` |

~~~yaml operation
/graphql:
  get:
    security: []
    parameters: [{ name: query, in: query, schema: { type: string } }]
    responses: { '200': { description: ok } }
  post:
    security: []
    requestBody: { content: { application/json: {}, application/graphql: {} } }
    responses: { '200': { description: ok } }
~~~
~~~yaml settings
graphql: { depth: 3, complexity: 200, aliases: 2 }
~~~
~~~http allowed
POST /graphql HTTP/1.1
Host: api.example
Content-Type: application/json

{"query": "query ($n: Int) { orders(first: $n) { id } me { __typename } }", "variables": {"n": 50}}
~~~
~~~http refused 400 graphql-too-much
POST /graphql HTTP/1.1
Host: api.example
Content-Type: application/json

{"query": "query ($n: Int) { orders(first: $n) { id } }", "variables": {"n": 101}}
~~~
~~~http refused 400 graphql-too-much
POST /graphql HTTP/1.1
Host: api.example
Content-Type: application/json

{"query": "{ me { ...A } } fragment A on User { friends { ...B } } fragment B on User { friends { name } }"}
~~~
~~~http refused 400 graphql-too-much
POST /graphql HTTP/1.1
Host: api.example
Content-Type: application/graphql

mutation { a: login(code: 1) { ok } b: login(code: 2) { ok } c: login(code: 3) { ok } }
~~~
~~~http refused 400 graphql-too-much
POST /graphql HTTP/1.1
Host: api.example
Content-Type: application/json

[{"query": "{ a }"}, {"query": "{ b }"}]
~~~
~~~http refused 400 graphql-malformed
POST /graphql HTTP/1.1
Host: api.example
Content-Type: application/json

{"query": "{ me { ...A } } fragment A on User { ...B } fragment B on User { ...A }"}
~~~
~~~http refused 403 graphql-refused
GET /graphql?query=%7B__schema%7Btypes%7Bname%7D%7D%7D HTTP/1.1
Host: api.example
~~~

When this is wrong: clients ask by the hash of a document that the server keeps, or send files by
`multipart/form-data`; both are refused, since what they ask for is not there to be read. Subscriptions over WebSocket do
not come through here at all. Where lists have no such arguments, name in `sizes` those that they have.
"#;
