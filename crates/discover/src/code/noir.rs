//! What OWASP Noir found: endpoints in its JSON or JSON lines, for languages and frameworks that are not read here.

use spec::{Document, Limits, Node};

use super::{CodeFindings, In, NotRead, Parameter, Route};

/// What the routes are said to be of.
const FRAMEWORK: &str = "noir";

/// The most endpoints of one file.
const ENDPOINTS_MAX: usize = 1 << 17;

/// Adds the endpoints of a file, if it is one of Noir's.
pub(super) fn add(file: &str, text: &str, findings: &mut CodeFindings) {
    let before = findings.routes.len();
    let lines = if file.ends_with(".jsonl") { text.lines().collect() } else { vec![text] };
    for (number, line) in lines.into_iter().enumerate().filter(|(_, line)| line.contains("\"url\"")) {
        let (document, _) = Document::parse(file, line, &Limits::default());
        let root = document.root();
        let endpoints: Vec<Node<'_>> = match root.get("endpoints") {
            Some(endpoints) => endpoints.items().collect(),
            None => vec![root],
        };
        for endpoint in endpoints {
            if findings.routes.len() - before >= ENDPOINTS_MAX {
                let why = format!("it has more than {ENDPOINTS_MAX} endpoints");
                findings.not_read.push(NotRead { file: file.to_owned(), why });
                return;
            }
            let own_line = number + document.position(endpoint).line;
            let place = (file.to_owned(), u32::try_from(own_line).unwrap_or(u32::MAX));
            findings.routes.extend(route(endpoint, place));
        }
    }
    if findings.routes.len() > before {
        let counts = findings.languages.entry(FRAMEWORK).or_default();
        *counts = (counts.0 + 1, counts.1 + text.lines().count() as u64);
        findings.routes.sort_unstable();
        findings.routes.dedup();
    }
}

/// The route that an endpoint is; it stands where the code has it, or else in the file itself.
fn route(endpoint: Node<'_>, own_place: (String, u32)) -> Option<Route> {
    let path = template(path_of(endpoint.get("url")?.as_str()?));
    let method = endpoint.get("method")?.as_str()?.to_ascii_uppercase();
    let code = endpoint.pointer("/details/code_paths/0");
    let place = code.and_then(|code| {
        let line = code.get("line").and_then(Node::as_u64).and_then(|line| u32::try_from(line).ok());
        Some((code.get("path")?.as_str()?.trim_start_matches("./").to_owned(), line.unwrap_or(1)))
    });
    let (file, line) = place.unwrap_or(own_place);
    let mut route = Route {
        path,
        method: if method == "ANY" { "*".to_owned() } else { method },
        framework: FRAMEWORK,
        parameters: Vec::new(),
        body: Vec::new(),
        guards: Vec::new(),
        file,
        line,
        is_mounted: true,
    };
    for parameter in endpoint.get("params").into_iter().flat_map(Node::items) {
        let Some(name) = parameter.get("name").and_then(Node::as_str) else { continue };
        let kind = parameter.get("param_type").or_else(|| parameter.get("type")).and_then(Node::as_str);
        let place = match kind {
            Some("json" | "form") => {
                route.body.push(name.to_owned());
                continue;
            }
            Some("path") => In::Path,
            Some("header") => In::Header,
            Some("cookie") => In::Cookie,
            _ => In::Query,
        };
        route.parameters.push(Parameter { place, name: name.to_owned(), kind: String::new() });
    }
    Some(route)
}

/// The path of a URL; Noir puts a host before it where it is told of one.
fn path_of(url: &str) -> &str {
    let path = match url.split_once("://") {
        Some((_, rest)) => rest.find('/').and_then(|at| rest.get(at..)).unwrap_or("/"),
        None => url,
    };
    path.split(['?', '#']).next().unwrap_or(path)
}

/// A path with `{name}` where values stand, however its framework writes that: `:id`, `<int:id>`, `{id:[0-9]+}`, `*path`.
fn template(path: &str) -> String {
    let mut template = String::new();
    for segment in path.split('/').filter(|segment| !segment.is_empty()) {
        let name = match segment.chars().next() {
            Some(':' | '*') => segment.trim_start_matches([':', '*']),
            Some('<') => segment.trim_matches(['<', '>']).rsplit(':').next().unwrap_or(segment),
            Some('{') => segment.trim_matches(['{', '}']).split(':').next().unwrap_or(segment),
            _ => {
                template.extend(["/", segment]);
                continue;
            }
        };
        let is_part = |letter: &char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-');
        let name: String = name.chars().take_while(is_part).collect();
        template.push_str(&format!("/{{{}}}", if name.is_empty() { "value" } else { &name }));
    }
    if template.is_empty() { "/".to_owned() } else { template }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(file: &str, text: &str, expected: &[&str]) {
        let mut findings = CodeFindings::default();
        add(file, text, &mut findings);
        let said = |route: &Route| {
            let names: Vec<String> =
                route.parameters.iter().map(|one| format!("{:?}:{}", one.place, one.name)).collect();
            let (names, body) = (names.join(","), route.body.join(","));
            format!("{} {} [{names}] [{body}] {}:{}", route.method, route.path, route.file, route.line)
        };
        assert_eq!(findings.routes.iter().map(said).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn endpoints_are_routes_with_their_places_in_code() {
        let text = r#"{ "endpoints": [
  { "url": "https://shop.example/users/:id", "method": "GET", "protocol": "http", "tags": [],
    "params": [{ "name": "id", "value": "", "param_type": "path" }, { "name": "x-key", "param_type": "header" }],
    "details": { "code_paths": [{ "path": "./src/app.cr", "line": 8 }] } },
  { "url": "/orders/<int:order_id>", "method": "POST", "params": [{ "name": "note", "type": "json" }] },
  { "url": "/broken" }
] }"#;
        check(
            "noir.json",
            text,
            &[
                "POST /orders/{order_id} [] [note] noir.json:5",
                "GET /users/{id} [Path:id,Header:x-key] [] src/app.cr:8",
            ],
        );
    }

    #[test]
    fn lines_are_read_one_by_one_and_other_files_left_alone() {
        let text =
            "{\"url\":\"/\",\"method\":\"GET\",\"params\":[]}\n{\"url\":\"/a?b=1\",\"method\":\"any\"}\n";
        check("noir.jsonl", text, &["GET / [] [] noir.jsonl:1", "* /a [] [] noir.jsonl:2"]);
        check("package.json", r#"{"name":"shop","url":"https://shop.example"}"#, &[]);
        check("noir.json", "{ broken", &[]);
    }
}
