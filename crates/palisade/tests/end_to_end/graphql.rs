//! GraphQL through the program: which documents reach the backend, and what of the others is on record.

use std::fmt::Write;

use crate::client::request;
use crate::stage::Stage;

const SPEC: &str = "
openapi: 3.1.0
info: { title: Shop, version: 1.0.0 }
security: []
paths:
  /graphql:
    x-palisade: { graphql: { complexity: 1000, aliases: 5 } }
    get:
      parameters: [{ name: query, in: query, schema: { type: string } }]
      responses: { '200': { description: ok } }
    post:
      requestBody: { content: { application/json: { schema: { type: [object, array] } } } }
      responses: { '200': { description: ok } }
";

#[test]
fn documents_that_ask_for_too_much_never_reach_the_backend() {
    let stage = Stage::new();
    stage.write("openapi.yaml", SPEC);
    let gateway = stage.start();
    let post = |body: serde_json::Value| {
        let body = body.to_string();
        gateway.ask(&request("POST", "/graphql", &[("Content-Type", "application/json")], body.as_bytes()))
    };
    let query = |text: &str| post(serde_json::json!({ "query": text }));
    let good = query("query { orders(first: 50) { id lines(first: 5) { name } } }");
    assert!(good.status < 300, "{good:?}");
    assert!(gateway.get("/graphql?query=%7Bme%7Bid%7D%7D").status < 300);
    assert_eq!(stage.upstream.seen().len(), 2);
    let mut bomb = "{ ...Secret0 }".to_owned();
    for level in 0..30 {
        write!(bomb, "fragment Secret{level} on T {{ a ...Secret{0} ...Secret{0} }}", level + 1).unwrap();
    }
    bomb.push_str("fragment Secret30 on T { a }");
    let guesses: String = (0..6).map(|code| format!("guess{code}: login(secret: {code}) {{ ok }}")).collect();
    for (answer, expected) in [
        (query("{ orders(first: 501) { secret } }"), (400, "graphql-too-much")),
        (query(&bomb), (400, "graphql-too-much")),
        (query(&format!("mutation {{ {guesses} }}")), (400, "graphql-too-much")),
        (
            post(serde_json::json!([{ "query": "{ secret }" }, { "query": "{ secret }" }])),
            (400, "graphql-too-much"),
        ),
        (query("{ ...Secret } fragment Secret on T { ...Secret }"), (400, "graphql-malformed")),
        (query("{ secret"), (400, "graphql-malformed")),
        (query("{ secret: __schema { types { name } } }"), (403, "graphql-refused")),
        (gateway.get("/graphql?query=mutation%7Bsecret%7D"), (403, "graphql-refused")),
    ] {
        assert_eq!((answer.status, answer.problem().as_str()), expected);
        let said = String::from_utf8_lossy(&answer.body).to_lowercase();
        let record = stage.record(answer.field("x-request-id").unwrap()).to_string();
        assert!(record.contains("\"graphql\"") && !said.contains("secret"), "{record} {said}");
        assert!(!record.to_lowercase().contains("secret"), "{record}");
    }
    assert_eq!(stage.upstream.seen().len(), 2, "nothing that was refused got through");
    let explained =
        stage.palisade(&["explain", "-c", "palisade.yaml", "GET", "/graphql?query=%7B__schema%7Ba%7D%7D"]);
    let said = String::from_utf8(explained.stdout).unwrap();
    assert!(said.contains("refused with 403: graphql-refused by graphql"), "{said}");
    assert!(said.contains("1000 fields, lists counted by their items"), "{said}");
}
