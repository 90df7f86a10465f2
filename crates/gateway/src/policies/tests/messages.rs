//! What requests may contain: operations, content types, parameters and bodies.

use super::gateway::{Gateway, check};

const PATHS: &str = "
/orders:
  get:
    security: []
    parameters:
    - { name: filter, in: query, style: deepObject, schema: { type: object, additionalProperties: false, properties: { state: { type: string } } } }
    - { name: page, in: query, schema: { type: integer, minimum: 1 } }
    - { name: X-Trace, in: header, schema: { type: string, maxLength: 4 } }
    - { name: lang, in: cookie, schema: { enum: [de, en] } }
    responses: { '200': { description: ok } }
  post:
    security: []
    requestBody:
      required: true
      content:
        application/json:
          schema:
            type: object
            required: [item]
            properties:
              item: { type: string, maxLength: 5 }
              id: { type: integer, readOnly: true }
              lines: { additionalProperties: { additionalProperties: { type: integer } } }
        application/x-www-form-urlencoded:
          schema: { type: object, required: [item], properties: { item: { type: string, maxLength: 5 } } }
        multipart/form-data:
          schema: { type: object, required: [item], properties: { item: { type: string, maxLength: 5 } } }
    responses: { '201': { description: created } }
/orders/{id}:
  get:
    security: []
    parameters: [{ name: id, in: path, required: true, schema: { type: integer } }]
    responses: { '200': { description: ok } }
/files:
  put:
    security: []
    requestBody: { content: { application/octet-stream: {}, 'image/*': {} } }
    responses: { '204': { description: kept } }
";

fn with_body(method: &str, path: &str, content_type: &str, body: &str) -> String {
    let field =
        if content_type.is_empty() { String::new() } else { format!("Content-Type: {content_type}\n") };
    format!("{method} {path} HTTP/1.1\n{field}Content-Length: {}\n\n{body}\n", body.len())
}

#[track_caller]
fn get(target: &str, headers: &str, expected: &str) {
    check(PATHS, "", &format!("GET {target} HTTP/1.1\n{headers}"), expected);
}

#[track_caller]
fn post(content_type: &str, body: &str, expected: &str) {
    check(PATHS, "", &with_body("POST", "/orders", content_type, body), expected);
}

#[test]
fn only_declared_operations_exist() {
    get("/orders", "", "allowed");
    get("/orders/1", "", "allowed");
    get("/orders/1/items", "", "404 undeclared-operation");
    get("/", "", "404 undeclared-operation");
    let seen = Gateway::new(PATHS, "").serve("PATCH /orders HTTP/1.1\n");
    assert_eq!(seen.verdict, "405 method-not-allowed");
    assert_eq!(seen.denial.unwrap().allow, ["GET", "POST"]);
    check(PATHS, "undeclared: off", "GET /nowhere HTTP/1.1\n", "allowed");
}

#[test]
fn query_parameters_are_declared_or_refused() {
    get("/orders?page=2&filter[state]=open", "", "allowed");
    get("/orders?Page=2", "", "400 undeclared-parameter");
    get("/orders?filter[owner]=x", "", "400 undeclared-parameter");
    get("/orders?", "", "allowed");
    get("/orders/1?x", "", "400 undeclared-parameter");
    check(PATHS, "undeclared: { query: allow }", "GET /orders?debug=1 HTTP/1.1\n", "allowed");
    let many = format!("GET /orders?{} HTTP/1.1\n", "page=1&".repeat(300));
    check(PATHS, "", &many, "400 undeclared-parameter");
}

#[test]
fn matrix_parameters_in_a_path_are_refused() {
    get("/orders/1;a=b", "", "400 ambiguous-path");
    check(PATHS, "undeclared: { matrix: allow }", "GET /orders/1;a=b HTTP/1.1\n", "400 parameter-invalid");
}

#[test]
fn content_types_are_declared_or_refused() {
    post("application/json", r#"{"item":"a"}"#, "allowed");
    post("Application/JSON; charset=UTF-8", r#"{"item":"a"}"#, "allowed");
    post("application/json; charset=utf-16", r#"{"item":"a"}"#, "415 unsupported-media-type");
    post("text/plain", "a", "415 unsupported-media-type");
    post("", "a", "415 unsupported-media-type");
    post("application/json\nContent-Type: text/plain", "{}", "415 unsupported-media-type");
    check(PATHS, "", &with_body("PUT", "/files", "", "a"), "allowed");
    check(PATHS, "", &with_body("PUT", "/files", "image/png", "a"), "allowed");
    check(PATHS, "", &with_body("PUT", "/files", "text/html", "a"), "415 unsupported-media-type");
    check(PATHS, "", &with_body("GET", "/orders", "application/json", "{}"), "415 unsupported-media-type");
}

#[test]
fn parameters_are_checked_wherever_they_stand() {
    get("/orders?page=0", "", "400 parameter-invalid");
    get("/orders?page=two", "", "400 parameter-invalid");
    get("/orders?page=1&page=2", "", "400 parameter-invalid");
    get("/orders/abc", "", "400 parameter-invalid");
    get("/orders", "X-Trace: abcd\n", "allowed");
    get("/orders", "X-Trace: abcde\n", "400 parameter-invalid");
    get("/orders", "Cookie: lang=de\n", "allowed");
    get("/orders", "Cookie: lang=fr\n", "400 parameter-invalid");
}

#[test]
fn bodies_are_checked_in_every_form() {
    post("application/json", r#"{"item":"abcde"}"#, "allowed");
    post("application/json", r#"{"item":"abcdef"}"#, "400 body-invalid");
    post("application/json", r#"{"item":"a","id":1}"#, "400 body-invalid");
    post("application/json", "{}", "400 body-invalid");
    post("application/json", "[]", "400 body-invalid");
    post("application/x-www-form-urlencoded", "item=abc", "allowed");
    post("application/x-www-form-urlencoded", "item=abcdef", "400 body-invalid");
    let part = |value: &str| {
        format!("--b\r\nContent-Disposition: form-data; name=\"item\"\r\n\r\n{value}\r\n--b--\r\n")
    };
    post("multipart/form-data; boundary=b", &part("abc"), "allowed");
    post("multipart/form-data; boundary=b", &part("abcdef"), "400 body-invalid");
    post("multipart/form-data", &part("abc"), "400 body-invalid");
    check(PATHS, "", "POST /orders HTTP/1.1\n", "400 body-invalid");
}

#[test]
fn a_refusal_says_what_must_hold_where_and_nothing_that_was_sent() {
    let gateway = Gateway::new(PATHS, "");
    let detail = |request: &str| {
        let seen = gateway.serve(request);
        assert!(!format!("{seen:?}").contains("canary"), "{seen:?}");
        seen.denial.unwrap().detail.to_string()
    };
    let json = |body: &str| detail(&with_body("POST", "/orders", "application/json", body));
    assert_eq!(json(r#"{"item":"canary"}"#), "body: `/item` must have at most 5 characters");
    assert_eq!(json(r#"{"item":["canary"]}"#), "body: `/item` must be a string, is an array");
    assert_eq!(json(r#"{"canary":"a"}"#), "body: must have the property `item`");
    let lines = r#"{"item":"a","lines":{"canary":{"4111111111111111":"x"}}}"#;
    assert_eq!(json(lines), "body: `/lines/*/*` must be an integer, is a string");
    let get = |target: &str| detail(&format!("GET {target} HTTP/1.1\n"));
    assert_eq!(get("/orders?page=canary"), "query `page`: must be an integer, is a string");
    assert_eq!(get("/orders?page=0"), "query `page`: must be at least 1");
    assert_eq!(get("/orders/canary"), "path `id`: must be an integer, is a string");
    assert_eq!(
        detail("GET /orders HTTP/1.1\nCookie: lang=canary\n"),
        r#"cookie `lang`: must be one of ["de","en"]"#
    );
    let form = |body: &str| detail(&with_body("POST", "/orders", "application/x-www-form-urlencoded", body));
    assert_eq!(form("item=a&canary=1&canary=2"), "body `*`: has a name twice");
}

#[test]
fn the_detail_of_a_refusal_has_a_bound() {
    let paths = PATHS.replace("item: {", &format!("{}: {{", "ä".repeat(400)));
    let seen = Gateway::new(&paths, "").serve(&with_body(
        "POST",
        "/orders",
        "application/json",
        &format!(r#"{{"item":"a","{}":7}}"#, "ä".repeat(400)),
    ));
    let detail = seen.denial.unwrap().detail.to_string();
    assert!(detail.starts_with("body: `/ää") && detail.ends_with("ä…"), "{detail}");
    assert_eq!(detail.len(), 512 + "…".len());
}

#[test]
fn malformed_json_is_told_from_json_that_is_too_large() {
    for malformed in [
        r#"{"item":"a""#,
        r#"{"item":"a"} x"#,
        r#"{"item":"a","item":"b"}"#,
        r#"{"item":"\ud800"}"#,
        "nul",
        r#"{"item":01}"#,
    ] {
        post("application/json", malformed, "400 body-malformed");
    }
    let deep = |depth: usize| format!(r#"{{"item":"a","more":{}1{}}}"#, "[".repeat(depth), "]".repeat(depth));
    post("application/json", &deep(31), "allowed");
    post("application/json", &deep(32), "413 body-too-large");
    post("application/json", &format!(r#"{{"item":"a","more":[{}1]}}"#, "1,".repeat(9_999)), "allowed");
    post(
        "application/json",
        &format!(r#"{{"item":"a","more":[{}1]}}"#, "1,".repeat(10_000)),
        "413 body-too-large",
    );
    let string = format!(r#"{{"item":"a","more":"{}"}}"#, "x".repeat(262_145));
    post("application/json", &string, "413 body-too-large");
}

#[test]
fn sizes_are_bounded_before_and_after_the_body_came() {
    let settings = "body-limits: { bytes: 20 }";
    let body = |length: usize| format!(r#"{{"item":"a"{}}}"#, " ".repeat(length - 12));
    check(PATHS, settings, &with_body("POST", "/orders", "application/json", &body(20)), "allowed");
    check(
        PATHS,
        settings,
        &with_body("POST", "/orders", "application/json", &body(21)),
        "413 body-too-large",
    );
    let chunked = format!(
        "POST /orders HTTP/1.1\nContent-Type: application/json\nTransfer-Encoding: chunked\n\n{}\n",
        body(21)
    );
    check(PATHS, settings, &chunked, "413 body-too-large");
    check(PATHS, "", "PUT /files HTTP/1.1\nContent-Length: 1048577\n", "413 body-too-large");
    check(PATHS, "", "PUT /files HTTP/1.1\nContent-Length: 1048576\n", "allowed");
    check(PATHS, "", "PUT /nowhere HTTP/1.1\nContent-Length: 99999999\n", "404 undeclared-operation");
}

#[test]
fn every_bound_of_json_holds_without_a_schema() {
    let paths = "\n/any:\n  post: { security: [], requestBody: { content: { application/json: {} } }, responses: {} }\n";
    let string = |bytes: usize| format!(r#""{}""#, "x".repeat(bytes));
    for (setting, fits, passes) in [
        ("depth: 2", "[[1]]".to_owned(), "[[[1]]]".to_owned()),
        ("nodes: 4", r#"{"a":[1]}"#.to_owned(), r#"{"a":[1,2]}"#.to_owned()),
        ("string: 3", string(3), string(4)),
        ("string: 3", r#"{"abc":1}"#.to_owned(), r#"{"abcd":1}"#.to_owned()),
        ("array: 2", "[1,2]".to_owned(), "[1,2,3]".to_owned()),
        ("object: 1", r#"{"a":1}"#.to_owned(), r#"{"a":1,"b":2}"#.to_owned()),
        ("bytes: 5", string(3), string(4)),
    ] {
        let serve = |body: &str, mode: &str| {
            let settings = format!("body-limits: {{ mode: {mode}, {setting} }}");
            Gateway::new(paths, &settings).serve(&with_body("POST", "/any", "application/json", body))
        };
        assert_eq!(serve(&fits, "enforce").verdict, "allowed", "{setting}");
        assert_eq!(serve(&passes, "enforce").verdict, "413 body-too-large", "{setting}");
        let shadow = serve(&passes, "shadow");
        assert_eq!(shadow.verdict, "allowed", "{setting}");
        let said = ("body-limits", Some("body-too-large".to_owned()));
        assert!(shadow.said.contains(&said), "{setting}: {:?}", shadow.said);
    }
}

#[test]
fn a_body_that_cannot_be_read_is_refused_by_what_is_in_force_alone() {
    let json = with_body("POST", "/orders", "application/json", r#"{"item":"a"}"#);
    let packed = json.replace("Content-Length", "Content-Encoding: br\nContent-Length");
    check(PATHS, "", &packed, "415 unsupported-content-encoding");
    check(PATHS, "body-limits: shadow", &packed, "415 unsupported-content-encoding");
    let shadow = "{ body-limits: shadow, request-schema: shadow }";
    let seen = Gateway::new(PATHS, shadow).serve(&packed);
    assert_eq!(seen.verdict, "allowed");
    for control in ["body-limits", "request-schema"] {
        let said = (control, Some("unsupported-content-encoding".to_owned()));
        assert!(seen.said.contains(&said), "{:?}", seen.said);
    }
    check(PATHS, "{ body-limits: off, request-schema: off }", &packed, "allowed");
}

#[test]
fn json_is_bounded_wherever_it_is_sent() {
    let deep = format!("{}1{}", "[".repeat(33), "]".repeat(33));
    for content_type in ["application/json", "text/json", "application/vnd.any+json"] {
        for (method, path) in [("PUT", "/files"), ("POST", "/orders"), ("POST", "/nowhere")] {
            let request = with_body(method, path, content_type, &deep);
            check(PATHS, "{ undeclared: off, request-schema: off }", &request, "413 body-too-large");
        }
    }
}

#[test]
fn what_is_said_of_every_declared_type_is_not_escaped_by_another() {
    let other = with_body("POST", "/orders", "application/xml", "<order/>");
    check(PATHS, "undeclared: off", &other, "400 body-invalid");
    check(PATHS, "undeclared: off", &with_body("PUT", "/files", "text/html", "a"), "allowed");
}
