//! Where URLs are found in requests, and what is said of them.

use super::gateway::{Gateway, Seen, check};

const HOOKS: &str = "
/hooks/{site_url}:
  post:
    security: []
    parameters:
    - { name: site_url, in: path, required: true, schema: { type: string } }
    - { name: next, in: query, schema: { type: string, format: uri-reference } }
    - { name: feeds, in: query, explode: false, schema: { type: array, items: { type: string, format: uri } } }
    - { name: returnUrl, in: query, schema: { type: array, items: { type: string } } }
    - { name: max_url, in: query, schema: { type: integer } }
    - { name: X-Callback, in: header, schema: { type: string } }
    requestBody:
      content:
        application/json:
          schema:
            type: object
            properties:
              target: { $ref: '#/x-target' }
              steps: { type: array, items: { anyOf: [{ type: string, format: uri }, { type: integer }] } }
              by_name: { type: object, additionalProperties: { type: string, format: iri } }
        application/x-www-form-urlencoded:
          schema: { type: object, properties: { target: { type: string, format: uri }, note: { type: string } } }
        multipart/form-data:
          schema: { type: object, properties: { target: { type: string, format: uri }, file: { type: string, format: binary } } }
    responses: { '200': { description: ok } }
";

const GOOD: &str = "https:%2F%2Fa.example";

fn paths() -> String {
    HOOKS.replace("{ $ref: '#/x-target' }", "{ allOf: [{ type: string, format: uri }] }")
}

fn ask(settings: &str, target: &str, rest: &str) -> Seen {
    Gateway::new(&paths(), settings).serve(&format!("POST {target} HTTP/1.1\n{rest}"))
}

/// What is said of a request with the default settings, or `allowed`.
#[track_caller]
fn said(target: &str, rest: &str, expected: &str) {
    let seen = ask("{ ssrf: enforce, request-schema: off }", target, rest);
    let detail = seen.denial.as_ref().map_or(seen.verdict.as_str(), |denial| denial.detail.as_str());
    assert_eq!(detail, expected, "{target} {rest}");
    assert_eq!(seen.control, if expected == "allowed" { "" } else { "ssrf" });
}

fn json(body: &str) -> String {
    format!("Content-Type: application/json\n\n{body}\n")
}

const NOT_PUBLIC: &str = "an address that is not public";

#[test]
fn parameters_are_judged_by_schema_and_by_name() {
    let path = format!("/hooks/{GOOD}");
    said(&path, "", "allowed");
    said("/hooks/https:%2F%2F10.0.0.1", "", &format!("`site_url` in the path: {NOT_PUBLIC}"));
    said(&format!("{path}?next=https://a.example/%3Fa&max_url=5"), "", "allowed");
    said(
        &format!("{path}?next=//169.254.169.254/"),
        "",
        "`next` in the query: no absolute URL with `//` and a host",
    );
    said(&format!("{path}?next="), "", "`next` in the query: no absolute URL with `//` and a host");
    said(&format!("{path}?n%65xt=https://10.0.0.1"), "", &format!("`next` in the query: {NOT_PUBLIC}"));
    said(
        &format!("{path}?next=https://a.example&next=https://10.0.0.1"),
        "",
        &format!("`next` in the query: {NOT_PUBLIC}"),
    );
    said(&format!("{path}?feeds=https://a.example,https://b.example"), "", "allowed");
    said(
        &format!("{path}?feeds=https://a.example,https://[::1]"),
        "",
        &format!("`feeds` in the query: {NOT_PUBLIC}"),
    );
    said(&format!("{path}?returnUrl=https://a.example/a,b"), "", "allowed");
    said(
        &format!("{path}?returnUrl=%68ttps://127.0.0.1"),
        "",
        &format!("`returnUrl` in the query: {NOT_PUBLIC}"),
    );
    said(&path, "X-Callback: https://a.example\n", "allowed");
    said(
        &path,
        "X-Callback: https://a.example\nX-Callback: https://0.0.0.0\n",
        &format!("`X-Callback` in the header: {NOT_PUBLIC}"),
    );
    said(&path, "Referer: https://10.0.0.1/\n", "allowed");
    let loose = "{ ssrf: enforce, undeclared: { query: allow }, request-schema: off }";
    for query in ["hook[callback-uri]", "image_url", "IMAGEURL", "urls[]", "redirect.uri"] {
        let seen = ask(loose, &format!("{path}?{query}=https://10.0.0.1"), "");
        assert_eq!(seen.verdict, "400 url-refused", "{query}");
        assert!(!seen.denial.unwrap().detail.as_str().contains(query), "a name that the caller made up");
    }
    assert_eq!(ask(loose, &format!("{path}?q=https://10.0.0.1"), "").verdict, "allowed");
}

#[test]
fn bodies_are_judged_by_schema_and_by_name_wherever_it_stands() {
    let path = format!("/hooks/{GOOD}");
    for (body, expected) in [
        (
            r#"{"target":"https://a.example","steps":["https://b.example",3],"by_name":{"x":"https://c.example"}}"#,
            "allowed".to_owned(),
        ),
        (r#"{"note":"http://10.0.0.1","deep":{"notes":["http://10.0.0.1"]}}"#, "allowed".to_owned()),
        (r#"{"target":"https://10.0.0.1"}"#, format!("`/target` in the body: {NOT_PUBLIC}")),
        (r#"{"target":"https:\/\/10.0.0.1"}"#, format!("`/target` in the body: {NOT_PUBLIC}")),
        (
            r#"{"steps":["https://b.example","https://10.0.0.1"]}"#,
            format!("`/steps/*` in the body: {NOT_PUBLIC}"),
        ),
        (r#"{"by_name":{"secret":"https://10.0.0.1"}}"#, format!("`/by_name/*` in the body: {NOT_PUBLIC}")),
        (
            r#"{"a":[{"secret_webhookUrl":["https://10.0.0.1"]}]}"#,
            format!("a member called `url` in the body: {NOT_PUBLIC}"),
        ),
        (r#"{"url":{"note":"https://10.0.0.1"},"uri":null,"urls":[1,true]}"#, "allowed".to_owned()),
    ] {
        said(&path, &json(body), &expected);
    }
    let form = |body: &str| format!("Content-Type: application/x-www-form-urlencoded\n\n{body}\n");
    said(&path, &form("target=https%3A%2F%2Fa.example&note=http://10.0.0.1"), "allowed");
    said(&path, &form("target=https%3A%2F%2F10.0.0.1"), &format!("`target` in the form: {NOT_PUBLIC}"));
    said(&path, &form("note=a&hook%5Burl%5D=https://10.0.0.1"), &format!("`url` in the form: {NOT_PUBLIC}"));
    let parts = |name: &str, value: &str| {
        format!(
            "Content-Type: multipart/form-data; boundary=b\n\n--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n--b--\n"
        )
    };
    said(&path, &parts("target", "https://a.example"), "allowed");
    said(&path, &parts("target", "https://10.0.0.1"), &format!("`target` in the form: {NOT_PUBLIC}"));
    said(
        &path,
        &parts("target\"; filename=\"a", "https://10.0.0.1"),
        &format!("`target` in the form: {NOT_PUBLIC}"),
    );
    said(&path, &parts("my_url", "https://10.0.0.1"), &format!("`url` in the form: {NOT_PUBLIC}"));
}

#[test]
fn names_are_judged_by_where_they_lead() {
    let path = format!("/hooks/{GOOD}");
    for (name, why) in [
        ("inside.example", "leads to an address that is not public"),
        ("INSIDE.example", "leads to an address that is not public"),
        ("metadata.example", "leads to an address that is not public"),
        ("six.example", "leads to an address that is not public"),
        ("mapped.example", "leads to an address that is not public"),
        ("nowhere.example", "cannot be looked up"),
        ("slow.example", "is not looked up in time"),
    ] {
        let url = format!("https://{name}/a");
        let refused = |place: &str| format!("{place}: a name that {why}");
        said(&format!("/hooks/https:%2F%2F{name}"), "", &refused("`site_url` in the path"));
        said(&format!("{path}?next={url}"), "", &refused("`next` in the query"));
        said(&path, &format!("X-Callback: {url}\n"), &refused("`X-Callback` in the header"));
        said(&path, &json(&format!(r#"{{"target":"{url}"}}"#)), &refused("`/target` in the body"));
        said(
            &path,
            &json(&format!(r#"{{"a":[{{"b_url":"{url}"}}]}}"#)),
            &refused("a member called `url` in the body"),
        );
        let steps = format!(r#"{{"steps":["https://a.example","https://b.example","{url}"]}}"#);
        said(&path, &json(&steps), &refused("`/steps/*` in the body"));
    }
    let busy = ask("ssrf: enforce", &format!("{path}?next=https://busy.example/"), "");
    assert_eq!((busy.verdict.as_str(), busy.control), ("503 overloaded", "ssrf"));
    assert_eq!(busy.denial.unwrap().retry_after_secs, Some(1));
}

#[test]
fn only_so_many_names_are_looked_up_for_one_request() {
    let path = format!("/hooks/{GOOD}");
    let steps = |count: usize| {
        let urls: Vec<String> = (1..count).map(|number| format!("\"https://n{number}.example/\"")).collect();
        json(&format!(r#"{{"steps":[{}]}}"#, urls.join(",")))
    };
    said(&path, &steps(8), "allowed");
    said(&path, &steps(9), "`/steps/*` in the body: more names than are looked up for one request");
    let same: Vec<String> = (0..99).map(|number| format!("\"https://A.example/{number}\"")).collect();
    said(&path, &json(&format!(r#"{{"steps":[{}]}}"#, same.join(","))), "allowed");
}

#[test]
fn names_are_asked_about_after_everything_else_and_in_shadow_refuse_nobody() {
    let target = format!("/hooks/{GOOD}?next=https://nowhere.example/");
    let other = ask("{ ssrf: enforce, body-limits: { bytes: 4B } }", &target, &json(r#"{"n":1}"#));
    assert_ne!(other.control, "ssrf", "what another control refuses is not looked up");
    let shadow = ask("{ ssrf: shadow, request-schema: off }", &target, "");
    assert_eq!(shadow.verdict, "allowed");
    assert!(shadow.said.contains(&("ssrf", Some("url-refused".to_owned()))), "{:?}", shadow.said);
}

#[test]
fn it_is_on_where_it_is_set_and_a_gap_says_so_elsewhere() {
    let off = Gateway::new(&paths(), "");
    let seen = off.serve("POST /hooks/https:%2F%2F10.0.0.1 HTTP/1.1\n");
    assert!(seen.said.iter().all(|(id, _)| *id != "ssrf") && seen.is_allowed());
    assert!(off.gaps().contains("set `ssrf`"), "{}", off.gaps());
    assert!(!Gateway::new(&paths(), "ssrf: enforce").gaps().contains("ssrf"));
    let plain = "\n/a:\n  get: { security: [], parameters: [{ name: q, in: query, schema: { type: string } }], responses: { '200': { description: ok } } }\n";
    assert!(!Gateway::new(plain, "").gaps().contains("ssrf"));
}

#[test]
fn every_setting_is_heard() {
    let target = |url: &str| format!("POST /hooks/{GOOD}?next={url} HTTP/1.1\n");
    for (settings, url, expected) in [
        ("{ schemes: [https, http] }", "http://a.example", "allowed"),
        ("{ schemes: [wss] , relative: true }", "wss://a.example", "400 url-refused"),
        ("{ ports: [443, 8443] }", "https://a.example:8443", "allowed"),
        ("{ ports: [443, 8443] }", "https://a.example:8444", "400 url-refused"),
        ("{ hosts: [a.example] }", "https://a.example", "allowed"),
        ("{ hosts: [a.example] }", "https://b.example", "400 url-refused"),
        ("{ refuse: ['*.b.example'] }", "https://a.b.example", "400 url-refused"),
        ("{ relative: true }", "/done", "allowed"),
        ("{ names: [seite] }", "https://10.0.0.1", "400 url-refused"),
        ("{ hosts: [a.example, inside.example] }", "https://inside.example", "400 url-refused"),
        ("{ internal: [inside.example] }", "https://inside.example", "allowed"),
        ("{ internal: [inside.example] }", "https://a.example", "allowed"),
        ("{ internal: [inside.example], hosts: [a.example] }", "https://b.example", "400 url-refused"),
        ("{ internal: [localhost] }", "https://localhost", "allowed"),
        ("{ internal: ['*.corp'], refuse: [a.corp] }", "https://a.corp", "400 url-refused"),
        ("{ internal: ['*.corp'], refuse: [a.corp] }", "https://b.corp", "allowed"),
        ("{ resolve: false }", "https://inside.example", "allowed"),
        ("{ resolve: false }", "https://localhost", "400 url-refused"),
    ] {
        check(&paths(), &format!("ssrf: {settings}\nrequest-schema: off"), &target(url), expected);
    }
    let loose = "undeclared: { query: allow }";
    let request = format!("POST /hooks/{GOOD}?web-Seite=https://10.0.0.1&x_url=https://10.0.0.1 HTTP/1.1\n");
    check(&paths(), &format!("ssrf: {{ names: [Web_seite] }}\n{loose}"), &request, "400 url-refused");
    check(&paths(), &format!("ssrf: {{ names: [] }}\n{loose}"), &request, "allowed");
    let umlaut = format!("POST /hooks/{GOOD}?gro%C3%9Fes_Zi%C3%A9l=https://10.0.0.1 HTTP/1.1\n");
    check(&paths(), &format!("ssrf: {{ names: [Ziél] }}\n{loose}"), &umlaut, "400 url-refused");
    for (settings, expected) in [
        ("{ hosts: ['https://a.example'] }", "`https://a.example` is no host"),
        ("{ hosts: ['10.0.0.1'] }", "`10.0.0.1` is not public"),
        ("{ internal: ['10.0.0.1'] }", "`10.0.0.1` is not public"),
        ("{ refuse: ['127.1'] }", "`127.1` is no host"),
        ("{ schemes: ['HTTPS:'] }", "`HTTPS:` is no scheme"),
        ("{ names: ['-'] }", "a name without a letter"),
        ("{ host: [] }", "host"),
    ] {
        let problems = Gateway::problems(&paths(), &format!("ssrf: {settings}"));
        let problem = problems.iter().find(|problem| problem.message.contains(expected));
        assert!(problem.is_some_and(|problem| problem.position.is_some()), "{settings}: {problems:?}");
    }
}

#[test]
fn what_no_contract_declares_is_judged_by_its_names() {
    let settings = "{ ssrf: enforce, undeclared: shadow }";
    check(&paths(), settings, "GET /elsewhere?url=https://10.0.0.1 HTTP/1.1\n", "400 url-refused");
    check(
        &paths(),
        settings,
        &format!("POST /elsewhere HTTP/1.1\n{}", json(r#"{"url":"https://10.0.0.1"}"#)),
        "400 url-refused",
    );
    check(&paths(), settings, "GET /elsewhere?url=https://a.example HTTP/1.1\n", "allowed");
}
