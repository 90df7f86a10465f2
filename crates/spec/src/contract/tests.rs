//! What contracts hold, version by version.

use http::StatusCode;

use super::trial::Trial;
use super::*;

fn operations(trial: &Trial) -> Vec<String> {
    let shown =
        trial.contract.operations.iter().map(|operation| format!("{} {}", operation.method, operation.path));
    shown.collect()
}

#[test]
fn each_version_is_recognised_and_others_are_refused() {
    for (version, expected) in [
        ("swagger: '2.0'", Format::Swagger20),
        ("swagger: 2.0", Format::Swagger20),
        ("openapi: 3.0.3", Format::OpenApi30),
        ("openapi: '3.1.0'", Format::OpenApi31),
        ("openapi: 3.2.0", Format::OpenApi32),
    ] {
        let trial = Trial::of(&format!("{version}\ninfo: {{title: t, version: 1.0}}\npaths: {{}}"));
        assert_eq!(trial.said(), Vec::<String>::new(), "{version}");
        assert_eq!((trial.contract.format, trial.contract.version.as_str()), (expected, "1.0"));
    }
    for version in [
        "openapi: 3.10.0",
        "openapi: 4.0.0",
        "swagger: '1.2'",
        "asyncapi: 2.6.0",
        "asyncapi: 3.0.0",
        "asyncapi: 1.2.0",
        "a: 1",
    ] {
        let trial = Trial::of(version);
        assert_eq!(trial.said().len(), 1, "{version}");
        assert!(trial.contract.operations.is_empty());
    }
}

#[test]
fn query_and_further_methods_come_with_3_2() {
    let paths = "info: {title: t, version: '1'}\npaths:\n  /a:\n    get: {}\n    query: {}\n    additionalOperations: {COPY: {}}";
    let trial = Trial::of(&format!("openapi: 3.2.0\n{paths}"));
    assert_eq!(operations(&trial), ["GET /a", "QUERY /a", "COPY /a"]);
    trial.check(&[("QUERY /a", "ok"), ("COPY /a", "ok"), ("POST /a", "no method")]);
    assert_eq!(operations(&Trial::of(&format!("openapi: 3.1.0\n{paths}"))), ["GET /a"]);
}

#[test]
fn parameters_of_the_path_are_overridden_by_name_and_place() {
    let trial = Trial::of_paths(
        "  /a:
    parameters:
      - {name: n, in: query, schema: {type: integer}}
      - {name: n, in: header, schema: {type: integer}}
    get:
      parameters:
        - {name: n, in: query, schema: {type: boolean}}
      responses: {}",
    );
    trial.check(&[
        ("GET /a?n=true", "ok"),
        ("GET /a?n=1", "query `n`: must be a boolean, is a string"),
        ("GET /a\nn: x", "header `n`: must be an integer, is a string"),
    ]);
}

#[test]
fn path_items_and_parameters_may_be_references() {
    let trial = Trial::of(
        "openapi: 3.1.0
info: {title: t, version: '1'}
paths:
  /a/{id}:
    $ref: '#/components/pathItems/A'
    parameters: [{name: q, in: query, schema: {type: integer}}]
components:
  pathItems:
    A:
      parameters: [{$ref: '#/components/parameters/Id'}]
      get: {responses: {}}
  parameters:
    Id: {name: id, in: path, required: true, schema: {type: integer}}",
    );
    assert_eq!(trial.said(), Vec::<String>::new());
    trial.check(&[
        ("GET /a/1", "ok"),
        ("GET /a/x", "path `id`: must be an integer, is a string"),
        ("GET /a/1?q=x", "query `q`: must be an integer, is a string"),
    ]);
}

#[test]
fn base_paths_come_from_the_nearest_servers() {
    let trial = Trial::of(
        "openapi: 3.0.0
info: {title: t, version: '1'}
servers:
  - url: https://API.example.com:8443/{stage}/
    variables: {stage: {default: v1}}
  - url: /v2
  - url: http://localhost
  - url: https://{tenant}.{region}.example.com
    variables: {tenant: {default: demo}, region: {default: eu, enum: [eu, US]}}
paths:
  /a: {get: {}}
  /b: {servers: [{url: 'https://b.example.com/b'}], get: {}, put: {servers: [{url: /own}]}}",
    );
    assert_eq!(trial.said(), Vec::<String>::new());
    let hosts: Vec<_> = trial.contract.servers.iter().map(|server| server.hosts.join(" ")).collect();
    assert_eq!(
        hosts,
        ["api.example.com:8443", "", "localhost", "{tenant}.eu.example.com {tenant}.us.example.com"]
    );
    trial.check(&[
        ("GET /v1/a", "ok"),
        ("GET /v2/a", "ok"),
        ("GET /a", "ok"),
        ("GET /v1/a/", "no path"),
        ("GET /b/b", "ok"),
        ("GET /own/b", "no method"),
        ("PUT /own/b", "ok"),
        ("GET /b", "no path"),
    ]);
    let unknown = Trial::of(
        "openapi: 3.0.0\ninfo: {title: t, version: '1'}\nservers: [{url: '/{x}'}]\npaths: {/a: {get: {}}}",
    );
    assert_eq!(
        unknown.said(),
        ["warning 3: the server variable `x` has no default, so the server is left out"]
    );
    unknown.check(&[("GET /a", "ok")]);
}

#[test]
fn security_tells_silence_from_public_from_anonymous() {
    let document = |root: &str| {
        Trial::of(&format!(
            "openapi: 3.0.0
info: {{title: t, version: '1'}}
{root}
paths:
  /inherits: {{get: {{}}}}
  /public: {{get: {{security: []}}}}
  /either: {{get: {{security: [{{key: [], oauth: [read]}}, {{}}]}}}}
  /unknown: {{get: {{security: [{{nothing: []}}]}}}}
components:
  securitySchemes:
    key: {{type: apiKey, in: query, name: api_key}}
    oauth: {{type: oauth2, flows: {{clientCredentials: {{tokenUrl: 'https://t', scopes: {{read: r, write: w}}}}}}}}"
        ))
    };
    let security = |trial: &Trial| {
        trial.contract.operations.iter().map(|operation| operation.security.clone()).collect::<Vec<_>>()
    };
    let requirement = |scheme, scopes: &[&str]| Requirement {
        scheme,
        scopes: scopes.iter().map(|scope| (*scope).to_owned()).collect(),
    };
    let either = Security::OneOf(vec![vec![requirement(0, &[]), requirement(1, &["read"])], vec![]]);
    let silent = document("");
    assert_eq!(
        silent.said(),
        ["error 8: no security scheme is called `nothing`, so nobody satisfies this requirement"]
    );
    assert_eq!(security(&silent), [Security::Undeclared, Security::Public, either, Security::OneOf(vec![])]);
    let inherited = Security::OneOf(vec![vec![requirement(1, &["write"])]]);
    assert_eq!(security(&document("security: [{oauth: [write]}]"))[0], inherited);
    let scopes = vec!["read".to_owned(), "write".to_owned()];
    let flow = Flow {
        name: "clientCredentials".to_owned(),
        authorization_url: None,
        token_url: Some("https://t".to_owned()),
        scopes,
    };
    assert_eq!(silent.contract.security_schemes[1].kind, SchemeKind::OAuth2(vec![flow]));
    silent.check(&[("GET /either?api_key=k", "ok"), ("GET /public?api_key=k", "undeclared api_key")]);
}

#[test]
fn every_kind_of_scheme_is_known() {
    let trial = Trial::of(
        "openapi: 3.1.0
info: {title: t, version: '1'}
paths: {}
components:
  securitySchemes:
    a: {type: http, scheme: Bearer, bearerFormat: JWT}
    b: {type: http, scheme: basic}
    c: {type: http, scheme: Digest}
    d: {type: openIdConnect, openIdConnectUrl: 'https://o'}
    e: {type: mutualTLS}
    f: {type: apiKey, in: cookie, name: sid}
    g: {type: magic}",
    );
    let kinds: Vec<_> = trial.contract.security_schemes.into_iter().map(|scheme| scheme.kind).collect();
    assert_eq!(
        kinds,
        [
            SchemeKind::Bearer { format: Some("JWT".to_owned()) },
            SchemeKind::Basic,
            SchemeKind::Http("digest".to_owned()),
            SchemeKind::OpenIdConnect { url: "https://o".to_owned() },
            SchemeKind::MutualTls,
            SchemeKind::ApiKey { location: KeyLocation::Cookie, name: "sid".to_owned() },
            SchemeKind::Unknown,
        ]
    );
}

#[test]
fn swagger_has_base_path_bodies_forms_and_collections() {
    let trial = Trial::of(
        "swagger: '2.0'
info: {title: t, version: '1'}
host: Example.com
basePath: /v1/
schemes: [https]
consumes: [application/json]
securityDefinitions:
  b: {type: basic}
  o: {type: oauth2, flow: accessCode, authorizationUrl: 'https://a', tokenUrl: 'https://t', scopes: {r: read}}
paths:
  /a/{id}:
    put:
      parameters:
        - {name: id, in: path, required: true, type: integer}
        - {name: ids, in: query, type: array, items: {type: integer}, collectionFormat: pipes}
        - {name: multi, in: query, type: array, items: {type: integer}, collectionFormat: multi}
        - {name: csv, in: query, type: array, items: {type: integer}}
        - {name: body, in: body, required: true, schema: {$ref: '#/definitions/A'}}
      responses: {'200': {schema: {type: string}}}
  /f:
    post:
      consumes: [application/x-www-form-urlencoded]
      parameters:
        - {name: n, in: formData, required: true, type: integer}
        - {name: s, in: formData, type: string, maxLength: 2}
      responses: {}
  /u:
    post:
      parameters: [{name: file, in: formData, required: true, type: file}]
      responses: {}
definitions:
  A: {type: object, required: [n], properties: {n: {type: integer, minimum: 0, exclusiveMinimum: true}}}",
    );
    assert_eq!(trial.said(), Vec::<String>::new());
    assert_eq!(trial.contract.servers[0].url, "https://example.com/v1".replace("example", "Example"));
    let json = "\nContent-Type: application/json\n\n";
    let form = "\nContent-Type: application/x-www-form-urlencoded\n\n";
    trial.check(&[
        (&format!("PUT /v1/a/1?ids=1|2&multi=1&multi=2&csv=1,2{json}{{\"n\":1}}"), "ok"),
        (&format!("PUT /v1/a/1{json}{{\"n\":0}}"), "body: `/n` must be more than 0"),
        ("PUT /v1/a/1", "body: the body is missing"),
        (&format!("PUT /v1/a/x{json}{{\"n\":1}}"), "path `id`: must be an integer, is a string"),
        (&format!("PUT /v1/a/1?csv=1,x{json}{{\"n\":1}}"), "query `csv`: `/1` must be an integer, is a string"),
        ("PUT /v1/a/1\nContent-Type: text/plain\n\nn", "body: the content type is not declared"),
        (&format!("POST /v1/f{form}n=1&s=ab"), "ok"),
        (&format!("POST /v1/f{form}n=x"), "body: `/n` must be an integer, is a string"),
        (&format!("POST /v1/f{form}s=ab"), "body: must have the property `n`"),
        (&format!("POST /v1/f{form}n=1&s=abc"), "body: `/s` must have at most 2 characters"),
        ("POST /v1/u\nContent-Type: multipart/form-data; boundary=x\n\n--x\r\nContent-Disposition: form-data; name=file; filename=f\r\n\r\n1\r\n--x--", "ok"),
        ("POST /v1/u\nContent-Type: multipart/form-data; boundary=x\n\n--x\r\nContent-Disposition: form-data; name=other\r\n\r\n1\r\n--x--", "body: must have the property `file`"),
    ]);
}

#[test]
fn responses_are_found_by_status() {
    let trial = Trial::of_paths(
        "  /a:
    get:
      responses:
        '200': {description: d, content: {application/json: {schema: {type: string}}}, headers: {X-A: {required: true, schema: {type: integer}}}}
        2XX: {description: d}
        default: {description: d}",
    );
    let operation = &trial.contract.operations[0];
    let status = |code: u16| operation.response(StatusCode::from_u16(code).unwrap()).unwrap().status;
    assert_eq!(status(200), StatusRange::Exactly(200));
    assert_eq!(status(204), StatusRange::Class(2));
    assert_eq!(status(500), StatusRange::Default);
    let ok = operation.response(StatusCode::OK).unwrap();
    assert_eq!((ok.content[0].media.as_str(), ok.content[0].schema.is_some()), ("application/json", true));
    assert_eq!((ok.headers[0].name.as_str(), ok.headers[0].required), ("X-A", true));
}

#[test]
fn a_broken_operation_is_said_and_the_others_stand() {
    let trial = Trial::of(
        "openapi: 3.0.0
info: {title: t, version: '1'}
paths:
  /a: {get: 1, put: {operationId: p}}
  /{x}{y}: {get: {}}
  /b/{id}: {get: {operationId: p}}
  /b/{name}: {get: {}, put: {}}
  /c: {get: {parameters: [{in: query}, {name: n, in: nowhere}, {$ref: '#/nowhere'}]}}",
    );
    assert_eq!(
        trial.said(),
        [
            "error 4: an operation is an object, so this one is left out",
            "error 5: the path `/{x}{y}` has two parameters with nothing between them, so its operations are not routed",
            "warning 6: the path parameter `id` is not declared, so it may be any text",
            "warning 7: the path parameter `name` is not declared, so it may be any text",
            "warning 7: the path parameter `name` is not declared, so it may be any text",
            "error 8: `#/nowhere` leads to nothing in its document",
            "error 8: the parameter has no name, so it is left out",
            "error 8: the parameter stands in no place that is known, so it is left out",
            "warning 6: another operation is called `p` too",
            "warning 7: `/b/{name}` matches the same requests as `/b/{id}`",
            "error 7: `GET /b/{name}` is never reached, for an earlier path takes it",
        ]
    );
    trial.check(&[
        ("PUT /a", "ok"),
        ("GET /b/1", "ok"),
        ("PUT /b/1", "ok"),
        ("GET /c", "ok"),
        ("GET /a", "no method"),
    ]);
}

#[test]
fn extensions_are_kept_as_nodes() {
    let trial = Trial::of(
        "openapi: 3.0.0\ninfo: {title: t, version: '1'}\nx-palisade: 1\npaths: {/a: {x-palisade: 2, get: {x-palisade: 3}}}",
    );
    let operation = &trial.contract.operations[0];
    assert!(
        trial.contract.extension.is_some()
            && operation.extension.is_some()
            && operation.path_extension.is_some()
    );
    assert_ne!(operation.extension, operation.path_extension);
}

#[test]
fn the_digest_is_that_of_the_text() {
    let digest = |text: &str| Trial::of(text).contract.digest;
    assert_eq!(digest("a: 1"), digest("a: 1"));
    assert_ne!(digest("a: 1"), digest("a: 2"));
}

#[test]
fn a_contract_can_be_shared_by_threads() {
    fn assert_shared<T: Send + Sync + 'static>() {}
    assert_shared::<Contract>();
}

#[test]
fn bodies_and_parameters_say_where_urls_stand() {
    let trial = Trial::of(
        "openapi: 3.1.0
info: { title: t, version: '1' }
components:
  schemas:
    Hook:
      type: object
      properties:
        to: { type: string, format: uri }
        next: { $ref: '#/components/schemas/Hook' }
paths:
  /a:
    post:
      parameters:
      - { name: one, in: query, schema: { type: string, format: url } }
      - { name: list, in: query, explode: false, schema: { type: array, items: { type: string, format: iri-reference } } }
      - { name: pipes, in: query, style: pipeDelimited, explode: false, schema: { type: [array, 'null'], items: {} } }
      - { name: count, in: query, schema: { type: integer } }
      - { name: id, in: query, schema: { type: string, format: uuid } }
      requestBody:
        content:
          application/json:
            schema:
              allOf: [{ type: object, properties: { logo: { oneOf: [{ type: string, format: uri-reference }, { type: 'null' }] } } }]
              properties:
                hooks: { type: array, items: { $ref: '#/components/schemas/Hook' } }
                by_name: { type: object, additionalProperties: { type: string, format: iri } }
                note: { type: string }
          text/plain: { schema: { type: string, format: uri } }
      responses: { '200': { description: ok } }
",
    );
    assert_eq!(trial.said(), Vec::<String>::new());
    let operation = &trial.contract.operations[0];
    let said: Vec<_> = operation
        .parameters
        .iter()
        .map(|parameter| (&*parameter.name, parameter.is_url(), parameter.is_text(), parameter.separator()))
        .collect();
    let expected = [
        ("one", true, true, None),
        ("list", true, true, Some(',')),
        ("pipes", false, true, Some('|')),
        ("count", false, false, None),
        ("id", false, true, None),
    ];
    assert_eq!(said, expected);
    let content = &operation.request_body.as_ref().unwrap().content;
    let urls: Vec<String> = content[0].urls.iter().map(|path| path.join("/")).collect();
    // A schema that contains itself is followed as deep as shapes are, and no further.
    let hooks = ["hooks/*/next/next/to", "hooks/*/next/to", "hooks/*/to"];
    assert_eq!(urls, [&["by_name/*"][..], &hooks, &["logo"]].concat());
    assert_eq!(content[0].members, ["by_name", "hooks", "logo", "note"]);
    assert_eq!(content[1].urls, [Vec::<String>::new()]);
}
